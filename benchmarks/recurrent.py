"""Time backpropagation through time beside PyTorch: forward and backward of RNN, GRU and LSTM.

    python benchmarks/recurrent.py [--short] [--steps 100] [--width 64] [--batch 32] [--inputs 64]

Both are float64, on one thread, at the same sizes; the loss is the sum of the last state, and both
compute the gradients of all weights and biases. PyTorch's side is torch.nn.RNN, GRU and LSTM with
batch_first. Contestants take turns within a round, and a ratio is taken within its round; the table
shows the median ratio and each one's best time. Peak memory is of one run in a process of its own,
above what the process holds before it (Linux).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--short", action="store_true", help="a few rounds, for a first look")
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--inputs", type=int, default=64)
parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # one contestant, alone
arguments = parser.parse_args()
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # read when NumPy and PyTorch are imported
sys.path[0] = str(Path(__file__).resolve().parents[1])

import re  # noqa: E402
from math import exp, log  # noqa: E402
from statistics import median  # noqa: E402
from time import perf_counter  # noqa: E402

import numpy as np  # noqa: E402

from core import gates, recurrent  # noqa: E402

CELLS = ("RNN", "GRU", "LSTM")
SIZES = {"n_in": arguments.inputs, "width": arguments.width, "steps": arguments.steps, "n_out": 1}
X = np.random.default_rng(0).standard_normal((arguments.batch, arguments.steps, arguments.inputs))


def core_run(cell):
    module = recurrent if cell == "RNN" else gates
    spec = (
        recurrent.RnnSpec(**SIZES) if cell == "RNN" else gates.GateSpec(cell=cell.lower(), **SIZES)
    )
    params = module.init(spec, rng=np.random.default_rng(0))
    d_output = np.ones((1, arguments.batch, 1))

    def run():
        trace = module.forward(spec, params, X)
        return module.backward(spec, params, trace, d_output).dW_h

    return run


def torch_run(cell):
    import torch

    torch.set_num_threads(1)
    layer = getattr(torch.nn, cell)(
        arguments.inputs, arguments.width, batch_first=True, dtype=torch.float64
    )
    x, parameters = torch.tensor(X), list(layer.parameters())

    def run():
        return torch.autograd.grad(layer(x)[0][:, -1].sum(), parameters)

    return run


CONTESTANTS = {"core": core_run, "torch": torch_run}


def peak(contestant, cell):
    """MB that one run adds to a process of its own."""
    command = [sys.executable, __file__, "--memory-of", f"{contestant} {cell}"]
    for name in ("steps", "width", "batch", "inputs"):
        command += [f"--{name}", str(getattr(arguments, name))]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def high_water():
    """The most memory that this process has held, in kB."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def memory_of(contestant, cell):
    run = CONTESTANTS[contestant](cell)
    before = high_water()
    run()
    print((high_water() - before) / 1024)


def seconds(run):
    start = perf_counter()
    run()
    return perf_counter() - start


def main():
    print(
        f"T = {arguments.steps}, width {arguments.width}, {arguments.inputs} inputs, "
        f"batch {arguments.batch}, float64, one thread"
    )
    ratios = []
    for cell in CELLS:
        runs = {name: make(cell) for name, make in CONTESTANTS.items()}
        times = {name: [] for name in runs}
        for _ in range(5 if arguments.short else 40):
            for name, run in runs.items():
                times[name].append(seconds(run))
        ratios.append(median(a / b for a, b in zip(times["core"], times["torch"], strict=True)))
        best = {name: 1e3 * min(spent) for name, spent in times.items()}
        held = {name: peak(name, cell) for name in runs}
        print(
            f"{cell:5} core {best['core']:6.2f} ms   torch {best['torch']:6.2f} ms   "
            f"ratio {ratios[-1]:.2f}   peak {held['core']:.0f} MB and {held['torch']:.0f} MB"
        )
    print(f"geometric mean {exp(sum(map(log, ratios)) / len(ratios)):.2f}")


if __name__ == "__main__":
    memory_of(*arguments.memory_of.split()) if arguments.memory_of else main()
