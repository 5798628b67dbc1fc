"""Train stacks of each kind and depth on the digits, and write what came of it: runs.csv, a row per
way, number of blocks, learning rate and seed.

    python -m pages.concepts.shortcuts.make_runs

About three quarters of an hour on two cores.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import chain, product

import numpy as np
import pandas as pd

from core import datasets, residual
from core.losses import LOSSES
from core.residual import StackParams, StackSpec
from pages.concepts.shortcuts.data import GUESSING, RUNS_FILE

# What the page calls a way: where shortcut and norm stand, and r as a power of the blocks L.
WAYS = {
    "plain": ("plain", 0.0),
    "h + F": ("shortcut", 0.0),
    "h + F/√L": ("shortcut", -0.5),
    "zero branch": ("zero", 0.0),
    "post-norm": ("post", 0.0),
    "pre-norm": ("pre", 0.0),
    "peri-norm": ("peri", 0.0),
    "DeepNorm": ("deep", 0.0),
}
DEPTHS, RATES = (10, 20, 30, 60), (0.01, 0.03, 0.1, 0.3)
SMALLER = (3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)  # where the smallest was the best
WIDTH, STEPS, BATCH, SEEDS = 32, 200, 32, 8


def spec_of(way: str, blocks: int, members: int) -> StackSpec:
    """The stack of a way, with all branches times its r."""
    place, power = WAYS[way]
    return StackSpec(64, WIDTH, blocks, 10, place, float(blocks**power), seeds=members)


def train(way: str, blocks: int, pairs: list[tuple[float, int]]) -> np.ndarray:
    """Plain gradient descent from each (rate, seed): the share of held-out digits right.

    A seed draws the same weights and the same batches at every rate. What is no number any more
    names all digits alike.
    """
    digits, spec = datasets.digits(), spec_of(way, blocks, len(pairs))
    params = residual.init(spec, rng=[np.random.default_rng(seed) for _, seed in pairs])
    rate = np.array([rate for rate, _ in pairs])[:, None, None]
    batches = {seed: np.random.default_rng([1, seed]) for _, seed in pairs}
    for _ in range(STEPS):
        drawn = {
            seed: rng.permutation(len(digits.x_train))[:BATCH] for seed, rng in batches.items()
        }
        rows = np.array([drawn[seed] for _, seed in pairs])  # (S, N)
        trace = residual.forward(spec, params, digits.x_train[rows])
        d_output = _cross_entropy(trace.output, digits.y_train[rows])
        g = residual.backward(spec, params, trace, d_output)
        with np.errstate(all="ignore"):
            params = StackParams(
                params.W_in - rate * g.dW_in,
                tuple(W - rate * dW for W, dW in zip(params.W1, g.dW1, strict=True)),
                tuple(W - rate * dW for W, dW in zip(params.W2, g.dW2, strict=True)),
                params.W_out - rate * g.dW_out,
            )
    said = residual.forward(spec, params, digits.x_test).output.argmax(axis=2)  # (S, N)
    return np.mean(said == digits.y_test, axis=1)


def _cross_entropy(output: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """dJ/d(output) with labels of each member's own, (S, N)."""
    loss = LOSSES["softmax_cross_entropy"]
    return np.concatenate([loss(o[None], y)[1] for o, y in zip(output, labels, strict=True)])


def rows(task: tuple[int, str]) -> list[dict]:
    """Rows of runs.csv of one number of blocks and way."""
    blocks, way = task
    pairs = list(product(RATES, range(SEEDS)))
    right = dict(zip(pairs, train(way, blocks, pairs).tolist(), strict=True))
    for rate in SMALLER:
        medians = {r: np.median([right[r, seed] for seed in range(SEEDS)]) for r, _ in right}
        best = max(medians, key=medians.__getitem__)
        if best > min(medians) and medians[best] > GUESSING:
            break
        pairs = [(rate, seed) for seed in range(SEEDS)]
        right |= zip(pairs, train(way, blocks, pairs).tolist(), strict=True)
    return [
        {"way": way, "blocks": blocks, "rate": rate, "seed": seed, "accuracy": round(share, 4)}
        for (rate, seed), share in sorted(right.items())
    ]


def main() -> None:
    with ProcessPoolExecutor() as pool:
        found = pool.map(rows, product(DEPTHS, WAYS))
        pd.DataFrame(chain.from_iterable(found)).to_csv(RUNS_FILE, index=False)


if __name__ == "__main__":
    main()
