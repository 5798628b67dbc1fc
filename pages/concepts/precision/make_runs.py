"""Train the same network with its weights and gradients in several formats, and write what came of
it: runs.csv, a row per way, seed and layer, and scales.csv, the loss scale that adapts by step.

    python -m pages.concepts.precision.make_runs
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from core import datasets, network
from core.formats import FORMATS, Format, rounded
from core.losses import LOSSES
from core.network import NetSpec
from core.rounded import params_in, passes, unscaled
from pages.concepts.precision.data import RUNS_FILE, SCALES_FILE, TRAINED_STEPS, WAIT

SPEC = NetSpec(64, 64, 8, 10, "relu", initializer="he")
RATES, BATCH, SEEDS = (0.03, 0.003), 32, 5
START = 24  # of the scale that adapts: 2**START


@dataclass(frozen=True)
class Way:
    """Where the numbers of a training are kept: of both passes, and of the weights."""

    label: str
    passes: Format
    weights: Format
    scale: float = 1.0
    adapts: bool = False


_SINGLE, _HALF, _BRAIN = (FORMATS[name] for name in ("float32", "float16", "bfloat16"))
WAYS = (
    Way("all in float32", _SINGLE, _SINGLE),
    Way("all in bfloat16", _BRAIN, _BRAIN),
    Way("bfloat16, weights also in float32", _BRAIN, _SINGLE),
    Way("all in float16", _HALF, _HALF),
    Way("float16, weights also in float32", _HALF, _SINGLE),
    Way("float16, weights also in float32, loss × 1,024", _HALF, _SINGLE, 1024.0),
)


@dataclass
class Progress:
    """A training run: its parameters after each step, and which updates changed nothing."""

    params: network.Params
    scale: float
    still: np.ndarray  # (L + 1,) updates other than 0 that changed no weight, by layer
    asked: np.ndarray  # (L + 1,) updates other than 0
    skipped: bool = False


def train(way: Way, seed: int, rate: float) -> Iterator[Progress]:
    """Plain gradient descent on the digits; after each step, how far it is."""
    digits, form = datasets.digits(), way.weights
    params = params_in(network.init(SPEC, rng=np.random.default_rng(seed)), form)
    counts = np.zeros((2, SPEC.depth + 1))
    scale, good, rng = (2.0**START if way.adapts else way.scale), 0, np.random.default_rng(seed)
    for _ in range(TRAINED_STEPS):
        rows = rng.permutation(len(digits.x_train))[:BATCH]
        x, y = digits.x_train[rows], digits.y_train[rows]
        output = passes(SPEC, params, x, np.zeros((1, BATCH, 10)), way.passes)[0].output
        _, d_output = LOSSES["softmax_cross_entropy"](output, y)
        _, scaled = passes(SPEC, params, x, d_output, way.passes, scale=scale)
        gradients = unscaled(scaled, scale)
        finite = all(np.isfinite(a).all() for a in (*gradients.dW, *gradients.db))
        if way.adapts and not finite:
            scale, good = scale / 2, 0
            yield Progress(params, scale, counts[0], counts[1], skipped=True)
            continue
        moved = [
            rounded(W - rounded(rate * g, form), form)
            for W, g in zip(params.W, gradients.dW, strict=True)
        ]
        for i, (W, new, g) in enumerate(zip(params.W, moved, gradients.dW, strict=True)):
            counts[:, i] += np.sum((new == W) & (g != 0)), np.sum(g != 0)
        b = [
            rounded(b - rounded(rate * g, form), form)
            for b, g in zip(params.b, gradients.db, strict=True)
        ]
        params = network.Params(tuple(moved), tuple(b))
        good += 1
        if way.adapts and good == WAIT:
            scale, good = scale * 2, 0
        yield Progress(params, scale, *counts)


def accuracy(params: network.Params) -> float:
    """Share of the held-out digits right."""
    digits = datasets.digits()
    said = network.output(SPEC, params, digits.x_test)[0].argmax(axis=1)
    return float(np.mean(said == digits.y_test))


def rows() -> Iterator[dict]:
    for rate, way in product(RATES, WAYS):
        for seed in range(SEEDS):
            *_, last = train(way, seed, rate)
            right = accuracy(last.params)
            for layer, (still, asked) in enumerate(zip(last.still, last.asked, strict=True), 1):
                share = round(float(still / asked), 4) if asked else np.nan
                yield {
                    "rate": rate,
                    "way": way.label,
                    "seed": seed,
                    "accuracy": round(right, 4),
                    "layer": layer,
                    "still": share,
                }


def scales() -> pd.DataFrame:
    """The loss scale before each step, and whether the step was skipped."""
    found, before = [], 2.0**START
    for step, now in enumerate(train(Way("adapts", _HALF, _SINGLE, adapts=True), 0, RATES[0]), 1):
        found.append({"step": step, "log2_scale": int(np.log2(before)), "skipped": now.skipped})
        before = now.scale
    return pd.DataFrame(found)


if __name__ == "__main__":
    scales().to_csv(SCALES_FILE, index=False)
    pd.DataFrame(rows()).to_csv(RUNS_FILE, index=False)
