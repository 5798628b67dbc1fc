"""The networks that the page runs: each default on the same data and from the same draws.

One uniform draw stands behind each weight. Every default makes its own weight of it, by the
quantiles of its distribution: where two differ in scale only, their weights are multiples.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from core import depths, untrained
from core.activations import ACTIVATIONS, Activation
from core.datasets import digits
from pages.concepts.frameworks.panel import DEEPEST
from pages.concepts.frameworks.tables import CUT, Law
from pages.kit.memoize import memoize

MEMBERS = {16: 11, 64: 5, 256: 1}  # networks of each width: odd, so that the median is one of them
EXAMPLES = {16: 8, 64: 8, 256: 2}  # digits that they see
_AT = np.concatenate([np.geomspace(1e-7, 0.01, 400)[:-1], np.linspace(0.01, 0.5, 400)])
_AT = np.concatenate([_AT[:-1], 1 - _AT[::-1]])
_NORMAL = np.array([NormalDist().inv_cdf(p) for p in _AT])
_BEYOND = NormalDist().cdf(-2)  # of a normal distribution, on each side of ±2σ


@dataclass(frozen=True)
class Setting:
    """Which networks a default is tried on."""

    activation: str
    width: int
    seed: int


def setting(at) -> Setting:
    """What the page's controls are set to."""
    return Setting(at.activation, int(at.width), at.seed)


def quantiles(family: str, u: np.ndarray) -> np.ndarray:
    """What uniform draws u in (0, 1) become in a family of mean 0 and standard deviation 1."""
    if family == "uniform":
        return np.sqrt(12) * (u - 0.5)
    if family == "cut":
        return np.interp(_BEYOND + (1 - 2 * _BEYOND) * u, _AT, _NORMAL) / CUT
    return np.interp(u, _AT, _NORMAL) if family == "normal" else np.zeros_like(u)


def drawn(law: Law, standard: np.ndarray, n_in: int, n_out: int) -> np.ndarray:
    """Numbers between these widths by a law, of draws of mean 0 and standard deviation 1."""
    mean, std = law.at(n_in, n_out)
    numbers = np.multiply(standard, std, dtype=np.float64)
    return numbers + mean if mean else numbers


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


@memoize(4)
def _standard(family: str, width: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draws of a family for the weights (S, D_in, D) and biases (S, 1, D) of each layer.

    In single precision, as they are kept: 16 MB at the largest width.
    """
    rng, S = np.random.default_rng(seed), MEMBERS[width]
    fans = pairwise([digits().x_train.shape[1], *[width] * DEEPEST])

    def draw(*shape: int) -> np.ndarray:
        return quantiles(family, rng.random(shape)).astype(np.float32)

    return [(draw(S, *fan), draw(S, 1, width)) for fan in fans]


@memoize(96)
def run(weights: Law, biases: Law, of: Setting) -> Run:
    """The networks of one default."""
    return run_with(ACTIVATIONS[of.activation], weights, biases, of.width, of.seed)


def run_with(phi: Activation, weights: Law, biases: Law, width: int, seed: int) -> Run:
    """The networks of one default, with any activation."""
    x, last = digits().x_train[: EXAMPLES[width]], (MEMBERS[width], EXAMPLES[width], width)
    found = depths.by_depth(
        phi,
        [drawn(weights, w, *w.shape[-2:]) for w, _ in _standard(weights.family, width, seed)],
        [drawn(biases, b, *w.shape[-2:]) for w, b in _standard(biases.family, width, seed)],
        x,
        d_last=np.random.default_rng((seed, 1)).standard_normal(last),
    )
    kept = np.where(np.isnan(found.kept) & np.tri(DEEPEST, dtype=bool), -np.inf, found.kept)
    low, median, high = untrained.quartiles(kept, axis=0)
    return Run(median, low, high, np.median(found.slopes, axis=0))
