"""The networks that the page runs: each default on the same data and from the same draws.

One uniform draw stands behind each weight. Every default makes its own weight of it, by the
quantiles of its distribution: where two differ in scale only, their weights are multiples.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from core import depths
from core.activations import Activation, activation
from core.datasets import digits
from pages.concepts.frameworks.panel import DEEPEST
from pages.concepts.frameworks.tables import CUT, Law
from pages.kit.memoize import memoize

MEMBERS = {16: 21, 64: 9, 256: 1}  # networks of each width: odd, so that the median is one of them
EXAMPLES = {16: 8, 64: 8, 256: 4}  # digits that they see
_AT = np.concatenate([np.geomspace(1e-7, 0.01, 400)[:-1], np.linspace(0.01, 0.5, 400)])
_AT = np.concatenate([_AT[:-1], 1 - _AT[::-1]])
_NORMAL = np.array([NormalDist().inv_cdf(p) for p in _AT])
_BEYOND = NormalDist().cdf(-2)  # of a normal distribution, on each side of ±2σ


def quantiles(family: str, u: np.ndarray) -> np.ndarray:
    """What uniform draws u in (0, 1) become in a family of mean 0 and standard deviation 1."""
    if family == "uniform":
        return np.sqrt(12) * (u - 0.5)
    if family == "cut":
        return np.interp(_BEYOND + (1 - 2 * _BEYOND) * u, _AT, _NORMAL) / CUT
    return np.interp(u, _AT, _NORMAL) if family == "normal" else np.zeros_like(u)


def drawn(law: Law, u: np.ndarray, n_in: int, n_out: int) -> np.ndarray:
    """Weights between these widths by a law, of uniform draws."""
    mean, std = law.at(n_in, n_out)
    return mean + std * quantiles(law.family, u)


@dataclass(frozen=True)
class Run:
    """Networks of 1 … L = DEEPEST layers, log₁₀, [depth − 1, layer − 1] (L, L): over the members
    the median of ‖dJ/dz‖ relative to the last layer's, its middle half, and ∏ φ′(z)."""

    kept: np.ndarray
    low: np.ndarray
    high: np.ndarray
    slopes: np.ndarray

    def gain(self, depth: int) -> float:
        """log₁₀ of what one layer does to ‖dJ/dz‖, the geometric mean over the layers."""
        return float(self.kept[depth - 1, 0]) / (depth - 1)


@memoize(2)
def _draws(width: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Uniform draws for weights (S, D_in, D) and biases (S, 1, D), and dJ/dh of the last layer."""
    rng, S = np.random.default_rng(seed), MEMBERS[width]
    fans = list(pairwise([digits().x_train.shape[1], *[width] * DEEPEST]))
    u = [rng.random((S, *fan), dtype=np.float32) for fan in fans]
    v = [rng.random((S, 1, width), dtype=np.float32) for _ in fans]
    return u, v, rng.standard_normal((S, EXAMPLES[width], width))


@memoize(96)
def run(weights: Law, biases: Law, name: str, width: int, seed: int) -> Run:
    """The networks of one default, with an activation by its name."""
    return run_with(activation(name), weights, biases, width, seed)


def run_with(phi: Activation, weights: Law, biases: Law, width: int, seed: int) -> Run:
    """The networks of one default, with any activation."""
    u, v, d_last = _draws(width, seed)
    x = digits().x_train[: EXAMPLES[width]]
    found = depths.by_depth(
        phi,
        [drawn(weights, each, *each.shape[-2:]) for each in u],
        [drawn(biases, b, *w.shape[-2:]) for b, w in zip(v, u, strict=True)],
        x,
        d_last,
    )
    # quantiles that occurred: the dead cannot be averaged with the living
    kept = np.where(np.isnan(found.kept) & np.tri(DEEPEST, dtype=bool), -np.inf, found.kept)
    low, median, high = np.quantile(kept, [0.25, 0.5, 0.75], axis=0, method="inverted_cdf")
    return Run(median, low, high, np.median(found.slopes, axis=0))
