"""Time training: SGD on the digits beside PyTorch and beside bare matrix products.

    python benchmarks/training.py [--short] [--depth 20] [--width 64] [--steps 200]
                                   [--activation relu]

Contestants take turns within a round, so that whatever else the machine does meets all of them, and
a ratio is taken within its round; the table shows the median ratio and each one's best time. All
are float64, on one thread, from the same weights and with the same batches of 32 digits.

- core: `training.train`. A step records the loss, the accuracy, and by layer ‖dJ/dz‖, ‖dJ/dW‖,
  ‖ΔW‖/‖W‖ and the size of the slopes.
- core, recorded: `recording.extend` as the training page calls it: now and then a test on the 360
  held-out digits, and a state that is kept.
- core, Adam: the same steps by Adam.
- torch: eager PyTorch in its fairest form: addmm, one autograd.grad for all gradients, the same
  norms by one _foreach_norm a kind, an in-place update. Skipped where not installed. “torch,
  tested” also makes the tests.
- products: np.matmul of the shapes of a step (h @ W, h.T @ dz, dz @ W.T) and nothing else, into
  arrays allocated and touched beforehand.
"""

import argparse
import os
import sys
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--short", action="store_true", help="a few rounds, for a first look")
parser.add_argument("--depth", type=int, default=20)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--activation", default="relu", choices=["relu", "tanh", "sigmoid"])
arguments = parser.parse_args()
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # read when NumPy and PyTorch are imported
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this file is called training.py as well

import tracemalloc  # noqa: E402
from dataclasses import replace  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402

from core import datasets, network, recording, training  # noqa: E402
from core.network import NetSpec  # noqa: E402
from core.optimizers import Adam  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

RATE = 0.03
BATCH = 32
SPEC = NetSpec(64, arguments.width, arguments.depth, 10, arguments.activation)
TRAIN = training.TrainSpec(RATE, steps=arguments.steps, batch_size=BATCH)
DATA = datasets.digits()
PARAMS = network.init(SPEC, rng=np.random.default_rng(0))


def core_run():
    begun = recording.begin(SPEC, TRAIN, DATA, params=PARAMS)
    return recording.extend(begun, DATA)


def core_steps(how=TRAIN):
    return training.train(SPEC, how, DATA, training.start(SPEC, how, params=PARAMS))


def adam_steps():
    return core_steps(replace(TRAIN, learning_rate=1e-3, rule=Adam()))


def batches():
    """The rows of each step's batch, as core.training draws them."""
    count = len(DATA.x_train) // BATCH
    orders = [
        np.random.default_rng((0, epoch)).permutation(len(DATA.x_train)) for epoch in range(9)
    ]
    for step in range(TRAIN.steps):
        epoch, batch = divmod(step, count)
        yield orders[epoch][batch * BATCH : (batch + 1) * BATCH]


def torch_contestant(tested):
    torch.set_num_threads(1)
    phi = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[SPEC.activation]
    x, y = torch.tensor(DATA.x_train), torch.tensor(DATA.y_train)
    x_test, y_test = torch.tensor(DATA.x_test), torch.tensor(DATA.y_test)
    rows = [torch.tensor(row) for row in batches()]

    def forward(W, b, h):
        zs = []
        for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
            zs.append(torch.addmm(b_l, h, W_l))
            h = phi(zs[-1])
        return zs, h, torch.addmm(b[-1], h, W[-1])

    def slope(z, h):
        """The slopes from what autograd keeps anyway."""
        if SPEC.activation == "relu":
            return (z > 0).double()
        return 1 - h * h if SPEC.activation == "tanh" else h * (1 - h)

    def run():
        W = [torch.tensor(a[0], requires_grad=True) for a in PARAMS.W]
        b = [torch.tensor(a[0], requires_grad=True) for a in PARAMS.b]
        tensors, recorded = [*W, *b], []
        for step, row in enumerate(rows, start=1):
            zs, _, logits = forward(W, b, x[row])
            loss = torch.nn.functional.cross_entropy(logits, y[row])
            grads = torch.autograd.grad(loss, [*tensors, *zs])
            with torch.no_grad():
                norms = [
                    torch.stack(torch._foreach_norm(part)).log10()
                    for part in (grads[: len(W)], W, grads[len(tensors) :])
                ]
                slopes = torch._foreach_norm([slope(z, phi(z)) for z in zs])
                torch._foreach_add_(tensors, grads[: len(tensors)], alpha=-RATE)
                right = (logits.argmax(1) == y[row]).double().mean()
                recorded.append((loss.item(), right.item(), *norms, torch.stack(slopes).log10()))
                if tested and recording.is_tested(step):
                    logits = forward(W, b, x_test)[2]
                    torch.nn.functional.cross_entropy(logits, y_test).item()
                    (logits.argmax(1) == y_test).double().mean().item()
        return recorded

    return run


def products_contestant():
    widths = list(zip(SPEC.widths[:-1], SPEC.widths[1:], strict=True))
    rng = np.random.default_rng(0)
    W = [rng.standard_normal(fans) for fans in widths]
    h = [rng.standard_normal((BATCH, d_in)) for d_in, _ in widths]
    dz = [rng.standard_normal((BATCH, d_out)) for _, d_out in widths]
    u, dW, dh = ([np.ones_like(a) for a in arrays] for arrays in (dz, W, h))

    def run():
        for _ in range(TRAIN.steps):
            for i in range(len(W)):
                np.matmul(h[i], W[i], out=u[i])
            for i in reversed(range(len(W))):
                np.matmul(h[i].T, dz[i], out=dW[i])
                if i:
                    np.matmul(dz[i], W[i].T, out=dh[i])

    return run


def seconds(run):
    start = perf_counter()
    run()
    return perf_counter() - start


def main():
    runs = {
        "core": core_steps,
        "core, Adam": adam_steps,
        "products": products_contestant(),
        "core, recorded": core_run,
    }
    if torch is not None:
        runs |= {"torch": torch_contestant(False), "torch, tested": torch_contestant(True)}
        theirs = [step[0] for step in runs["torch"]()]
        ours = core_run().history.loss[:, 0]
        apart = np.abs(ours / theirs - 1).max()
        print(f"largest relative difference of a loss from PyTorch's: {apart:.1e}")
    times = {name: [] for name in runs}
    for _ in range(5 if arguments.short else 25):
        for name, run in runs.items():
            times[name].append(seconds(run))
    print(
        f"{TRAIN.steps} steps of {BATCH} digits, {SPEC.activation}, width {SPEC.width}, "
        f"depth {SPEC.depth}"
    )
    for name, spent in times.items():
        ratios = [
            median(ours / other for ours, other in zip(times[core], spent, strict=True))
            for core in ("core", "core, recorded")
        ]
        says = "core is {:.2f} ×, recorded {:.2f} ×".format(*ratios)
        print(f"{name:14} best {1e3 * min(spent):7.1f} ms   {says}")
    tracemalloc.start()
    kept = core_run()
    print(f"memory of the recorded run: {tracemalloc.get_traced_memory()[0] / 1e6:.1f} MB")
    assert kept.step == TRAIN.steps


if __name__ == "__main__":
    main()
