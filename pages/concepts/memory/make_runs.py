"""Train recurrent networks to remember, and write what came of it: runs.csv, a row per cell,
length, way of clipping, learning rate and seed.

    python -m pages.concepts.memory.make_runs

The task is a delayed copy: one of four symbols is shown at the first step, noise follows, and at
the last step the network says which symbol it was. About half an hour on two cores.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from core import gates, optimizers, recurrent
from core.diagnostics import log10_norm
from core.gates import GateSpec
from core.losses import LOSSES
from core.network import Params
from core.recurrent import RnnSpec
from pages.concepts.memory.data import RUNS_FILE

SYMBOLS, WIDTH, BATCH, STEPS, SEEDS = 4, 16, 16, 500, 8
LENGTHS, RATES = (10, 20, 50, 100, 200), (0.01, 0.03)
LIMIT = 1.0  # of the norm of the whole gradient, where it is clipped
TESTS = 256  # new sequences
CLIPPED = (False, True)
# What the page calls a network: its kind, and what its spec says.
CELLS: dict[str, tuple[str, dict[str, Any]]] = {
    "RNN": ("rnn", {}),
    "RNN, orthogonal": ("rnn", {"recurrent": "orthogonal"}),
    "GRU": ("gru", {}),
    "LSTM, bias 0": ("lstm", {"forget_bias": 0.0}),
    "LSTM, bias 1": ("lstm", {"forget_bias": 1.0}),
    "LSTM, bias 4": ("lstm", {"forget_bias": 4.0}),
}


@dataclass(frozen=True)
class Job:
    """One cell at one length and learning rate: SEEDS networks clipped, and the same ones not."""

    cell: str
    length: int
    rate: float


def network(job: Job):
    """The module of a job's cell, and the spec of its networks."""
    kind, says = CELLS[job.cell]
    sizes = (SYMBOLS + 1, WIDTH, job.length, SYMBOLS)
    seeds = len(CLIPPED) * SEEDS
    if kind == "rnn":
        return recurrent, RnnSpec(*sizes, **says, seeds=seeds)
    return gates, GateSpec(kind, *sizes, **says, seeds=seeds)


def sequences(count: int, length: int, rngs: list[np.random.Generator]):
    """x (S, count, length, SYMBOLS + 1): the symbol at the first step, then noise; symbols (S,
    count). A member of each generator; as many again follow that are the same."""
    x = np.zeros((len(rngs), count, length, SYMBOLS + 1))
    symbols = np.array([rng.integers(SYMBOLS, size=count) for rng in rngs])
    np.put_along_axis(x[:, :, 0], symbols[..., None], 1.0, axis=-1)
    x[:, :, 1:, -1] = [rng.standard_normal((count, length - 1)) for rng in rngs]
    again = len(CLIPPED)
    return np.concatenate([x] * again), np.concatenate([symbols] * again)


def train(job: Job):
    """The parameters after STEPS steps of Adam."""
    module, spec = network(job)
    rngs = [np.random.default_rng(seed) for _ in CLIPPED for seed in range(SEEDS)]
    params = module.init(spec, rng=rngs)
    names = list(vars(params))
    tree = _tree([getattr(params, name) for name in names])
    memory = optimizers.begin(optimizers.Adam(), tree)
    batches = [np.random.default_rng([1, seed]) for seed in range(SEEDS)]
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            x, symbols = sequences(BATCH, job.length, batches)
            trace = module.forward(spec, params, x)
            found = module.backward(spec, params, trace, _cross_entropy(trace.output, symbols))
            gradient = _clipped(_tree([getattr(found, f"d{name}") for name in names]))
            tree, memory = optimizers.step(tree, gradient, memory, job.rate)
            arrays = map(_member_first, tree.W)
            params = replace(params, **dict(zip(names, arrays, strict=True)))
    return params


def _member_first(a: np.ndarray) -> np.ndarray:
    """From (G, S, ·, ·) to (S, G, ·, ·) and back; (S, ·, ·) stays."""
    return np.ascontiguousarray(a.swapaxes(0, 1)) if a.ndim == 4 else a


def _tree(arrays) -> Params:
    """All parameters of a cell, or their gradients, as those that the optimizers know."""
    return Params(tuple(map(_member_first, arrays)), ())


def _clipped(gradient: Params) -> Params:
    """The gradient of the later half of the members shortened to LIMIT where it is longer."""
    rows, views = optimizers.packed(gradient)  # (S, P)
    clips = np.repeat(CLIPPED, SEEDS)
    over = np.where(clips, np.maximum(0.0, log10_norm(rows, axis=1) - np.log10(LIMIT)), 0.0)
    rows *= 10.0 ** -over[:, None]
    return views


def _cross_entropy(output: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """dJ/d(output), (S, N, SYMBOLS), J each member's own mean over its N examples."""
    flat = output.reshape(1, -1, SYMBOLS)
    _, d_output = LOSSES["softmax_cross_entropy"](flat, symbols.ravel())
    return len(output) * d_output.reshape(output.shape)


def accuracy(job: Job, params) -> np.ndarray:
    """Share of new sequences whose symbol is right, by member; (S,). What is not a number
    has none right."""
    module, spec = network(job)
    x, symbols = sequences(TESTS, job.length, [np.random.default_rng(2)])
    x, symbols = x[:1], symbols[0]
    output = module.forward(spec, params, x).output
    right = (output.argmax(axis=2) == symbols) & np.isfinite(output).all(axis=2)
    return right.mean(axis=1)


def rows(job: Job) -> list[dict]:
    said = accuracy(job, train(job)).reshape(len(CLIPPED), SEEDS)
    return [
        {
            "cell": job.cell,
            "length": job.length,
            "clipped": clipped,
            "rate": job.rate,
            "seed": seed,
            "accuracy": round(float(right), 4),
        }
        for clipped, of in zip(CLIPPED, said, strict=True)
        for seed, right in enumerate(of)
    ]


def jobs() -> Iterator[Job]:
    """The longest first, so that no processor is left with one at the end."""
    for length in reversed(LENGTHS):
        yield from (Job(cell, length, rate) for cell, rate in product(reversed(CELLS), RATES))


def main() -> None:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = [row for part in pool.map(rows, jobs()) for row in part]
    table = pd.DataFrame(made)
    table["cell"] = pd.Categorical(table["cell"], list(CELLS))
    keys = ["cell", "length", "clipped", "rate", "seed"]
    table.sort_values(keys).to_csv(RUNS_FILE, index=False)


if __name__ == "__main__":
    main()
