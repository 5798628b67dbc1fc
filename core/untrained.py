"""Networks on real digits before training: the one experiment that several pages look at.

Whoever asks for the same network and seed gets the same draws, the same digits and the same start
of the gradient, and takes the middle of the networks in the same way. So one experiment has one
number, wherever it is shown.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core import datasets, sweeps
from core.network import NetSpec

EXAMPLES = 8  # digits that the networks see, the first of the training set
# Networks of each width: as many as a drag over all scales can afford, fewer where every scale
# needs a run of its own. Odd numbers, so that the median is one of them. No drag asks for widths of
# 32 and 128.
_EXACT = {5: 21, 10: 21, 16: 21, 32: 15, 64: 21, 100: 11, 128: 15, 256: 3}
_DEAR = {5: 21, 10: 11, 16: 7, 32: 15, 64: 5, 100: 3, 128: 15, 256: 1}
_ORTHOGONAL = 5  # at most: dear to make, and much alike


def count(spec: NetSpec) -> int:
    """How many networks of a kind are measured. KeyError for a width that no page has."""
    exact = sweeps.is_exact(spec)
    many = (_EXACT if exact else _DEAR)[spec.width]
    if spec.initializer == "orthogonal":
        return min(many, 1 if spec.width == 256 else _ORTHOGONAL)
    return many


def digits() -> np.ndarray:
    """The digits that all of them see, (EXAMPLES, 64)."""
    return datasets.digits().x_train[:EXAMPLES]


def generators(seed: int, count: int) -> list[np.random.Generator]:
    """A generator for each of so many networks: the first of more are the same."""
    return np.random.default_rng(seed).spawn(count)


def profile(
    spec: NetSpec,
    seed: int,
    *,
    weight_scales: Sequence[float] = (1.0,),
    draw: int | None = None,
) -> sweeps.Profile:
    """Measure the networks of one kind and seed at each scale; `draw` asks for one, from 0 on.

    The gradient starts as standard-normal numbers at the output, each network's own, after its
    weights' draws: no loss has a say in what a layer does to it.
    """
    own = generators(seed, count(spec) if draw is None else draw + 1)
    own = own if draw is None else own[draw:]
    spec = replace(spec, seeds=len(own))
    return sweeps.profile(spec, digits(), weight_scales=weight_scales, rng=own)


def quartiles(log10: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower quartile, median and upper quartile over the networks, of each network's own ratio.

    Quantiles that occurred: the dead, at −∞, cannot be averaged with the living.
    """
    low, median, high = np.quantile(log10, [0.25, 0.5, 0.75], axis=axis, method="inverted_cdf")
    return low, median, high
