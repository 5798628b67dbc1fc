"""Time the core: forward and backward beside PyTorch and beside bare matrix products.

    python benchmarks/core.py [--short] [--threads 1] [--activation relu]

Contestants take turns within a round, so that whatever else the machine does meets all of them, and
a ratio is taken within its round; the table shows the median ratio over the rounds and each
contestant's best time. Fixed for all: float64, one batch, d_output given, width inputs and outputs.

- core: forward and backward as the site calls them, everything newly allocated; they return every
  u, h, φ′(z), dz, dh, dW, db.
- torch: eager PyTorch in its fairest form, addmm for one network and baddbmm for several, and
  autograd.grad of the weights and biases alone (it keeps no dz, dh). Skipped where not installed.
- products: np.matmul of the same shapes (h @ W, h.T @ dz, dz @ W.T) and nothing else, written into
  arrays that were allocated and touched beforehand.
"""

import argparse
import os
import sys
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--short", action="store_true", help="a few rounds, for a first look")
parser.add_argument("--threads", type=int, default=1, help="threads for BLAS and for PyTorch")
parser.add_argument("--activation", default="relu", choices=["relu", "tanh", "sigmoid", "gelu"])
arguments = parser.parse_args()
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = str(arguments.threads)  # read when NumPy and PyTorch are imported
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this file is called core.py as well

from statistics import geometric_mean, median  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402

from core.network import NetSpec, backward, forward, init  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

CASES = [(1, 30, 64, 32), (20, 30, 64, 32), (1, 50, 256, 64), (10, 50, 128, 32), (1, 15, 1, 1)]
CASES.append((1, 100, 100, 100))


def core_contestant(spec, params, x, d_output):
    def run():
        trace = forward(spec, params, x)
        return backward(spec, params, trace, d_output)

    return run


def torch_contestant(spec, params, x, d_output):
    phi = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
    }[spec.activation]
    one = spec.seeds == 1
    affine = torch.addmm if one else torch.baddbmm
    W, b = (
        [torch.tensor(a[0] if one else a, requires_grad=True) for a in arrays]
        for arrays in (params.W, params.b)
    )
    x, d_output = (torch.tensor(a[0] if one else a) for a in (x, d_output))

    def run():
        h = x
        for W_l, b_l in zip(W[:-1], b[:-1], strict=True):
            h = phi(affine(b_l, h, W_l))
        output = affine(b[-1], h, W[-1])
        return torch.autograd.grad(output, [*W, *b], d_output)

    return run


def products_contestant(spec, params, x, d_output):
    layers = len(params.W)
    h, dz = np.random.default_rng(0).standard_normal((2, layers, *x.shape))
    u, dh = np.empty((2, *h.shape))
    dW = np.empty((layers, *params.W[0].shape))

    def run():
        for i in range(layers):
            np.matmul(h[i], params.W[i], out=u[i])
        for i in reversed(range(layers)):
            np.matmul(h[i].mT, dz[i], out=dW[i])
            if i:
                np.matmul(dz[i], params.W[i].mT, out=dh[i])

    return run


def seconds(run, calls):
    start = perf_counter()
    for _ in range(calls):
        run()
    return (perf_counter() - start) / calls


def compare(case, rounds, budget):
    seeds, depth, width, batch = case
    spec = NetSpec(width, width, depth, width, activation=arguments.activation, seeds=seeds)
    rng = np.random.default_rng(0)
    params = init(spec, rng=rng)
    x, d_output = rng.standard_normal((2, seeds, batch, width))
    makers = {"core": core_contestant, "products": products_contestant}
    if torch is not None:
        torch.set_num_threads(arguments.threads)
        makers["torch"] = torch_contestant
    runs = {name: make(spec, params, x, d_output) for name, make in makers.items()}
    calls = max(1, int(budget / max(min(seconds(runs["core"], 1) for _ in range(5)), 1e-9)))
    times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds(run, calls))
    return times


def ratio(times, other):
    return median(a / b for a, b in zip(times["core"], times[other], strict=True))


def depth_slope(calls):
    """Slope of log(time) against log(depth) by least squares: 1 is a cost linear in depth."""
    depths, best = (25, 50, 100, 200, 400), []
    for depth in depths:
        spec = NetSpec(64, 64, depth, 64, activation=arguments.activation)
        rng = np.random.default_rng(0)
        params = init(spec, rng=rng)
        x, d_output = rng.standard_normal((2, 1, 32, 64))
        run = core_contestant(spec, params, x, d_output)
        best.append(min(seconds(run, 1) for _ in range(calls)))
    return depths, best, np.polyfit(np.log(depths), np.log(best), 1)[0]


def main():
    rounds, budget = (7, 0.005) if arguments.short else (41, 0.02)
    print(f"{arguments.activation}, float64, threads {arguments.threads}, {rounds} rounds")
    print("seeds depth width batch |  core ms | products ms  × | torch ms    ×")
    against_torch = []
    for case in CASES:
        times = compare(case, rounds, budget)
        best = {name: 1e3 * min(values) for name, values in times.items()}
        line = "{:5d} {:5d} {:5d} {:5d} |".format(*case)
        line += f" {best['core']:8.3f} | {best['products']:8.3f} {ratio(times, 'products'):5.2f} |"
        if torch is not None:
            against_torch.append(ratio(times, "torch"))
            line += f" {best['torch']:8.3f} {against_torch[-1]:5.2f}"
        print(line, flush=True)
    if torch is not None:
        print(f"× PyTorch: geometric mean {geometric_mean(against_torch):.2f}, ", end="")
        print(f"largest {max(against_torch):.2f}")
    depths, best, slope = depth_slope(30 if arguments.short else 200)
    print("depth", ", ".join(f"{d}: {1e3 * t:.2f} ms" for d, t in zip(depths, best, strict=True)))
    print(f"time ~ depth^{slope:.2f} at width 64, batch 32")


if __name__ == "__main__":
    main()
