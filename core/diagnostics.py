"""What to measure on a trace and its gradients: log norms, gains, running products, shares.

Sizes are decimal logarithms ("decades"), because a gradient leaves the range of float64 long
before it stops being interesting. Zero has the logarithm −inf, and a NaN stays NaN. A share or a
gain is per member of the ensemble: shape (S, depth), layer 1 first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numpy.lib.array_utils import normalize_axis_tuple

from core.network import Gradients, Params, Trace

# If every norm of a step is below 10^CALM, nothing that it computed is infinite or NaN: no single
# result is more than 18 decades above these norms. Only beyond is every array searched.
CALM = 290.0
CALM_IN_FLOAT32 = 20.0  # 18 decades below 3.4e38
SATURATED = 0.05  # of an activation's largest slope: |z| > 4.36 for sigmoid, 2.18 for tanh
SMALLEST_SAFE_SUM = 1e-280  # of squares: what underflowed in a larger sum is below its last digit


def log10_norm(a: npt.ArrayLike, axis: int | tuple[int, ...] = (-2, -1)) -> np.ndarray:
    """log₁₀ of the Euclidean norm of `a` over `axis`, right wherever the entries are representable.

    Squares overflow at half the depth at which the values do: a slice whose sum of squares leaves
    the safe range is divided by its largest magnitude first. A slice of zeros gives −inf, one with
    an infinity +inf, one with a NaN NaN. Raises ValueError where there is no such axis.
    """
    a = np.asarray(a, dtype=float)
    summed = normalize_axis_tuple(axis, a.ndim)
    kept = tuple(d for d in range(a.ndim) if d not in summed)
    shape = tuple(a.shape[d] for d in kept)
    size = prod(a.shape[d] for d in summed)
    log_norms = log10_block_norms([a.transpose(*kept, *summed).reshape(prod(shape), 1, size)])
    return log_norms.reshape(shape)[()]


def log10_norms(layers: Sequence[np.ndarray]) -> np.ndarray:
    """log₁₀ norm of each layer's array per member: a tuple of (S, ·, ·) -> (S, layers)."""
    return log10_block_norms([a.reshape(len(a), 1, -1) for a in layers])


def log10_block_norms(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """`log10_norms` of layers that lie in blocks, one call for each: a list of (S, k, ·), k layers
    of one size, -> (S, Σk)."""
    squares = np.empty((len(blocks[0]) if blocks else 0, sum(block.shape[1] for block in blocks)))
    with np.errstate(all="ignore"):  # squared in float64 whatever the blocks are in
        for block, at in _with_columns(blocks):
            np.vecdot(block, block, out=squares[:, at], dtype=np.float64)
        log_norms = 0.5 * np.log10(squares)
        if not (squares.min(initial=1) > SMALLEST_SAFE_SUM and squares.max(initial=1) < np.inf):
            safe = (squares > SMALLEST_SAFE_SUM) & (squares < np.inf)
            for block, at in _with_columns(blocks):
                unsafe = ~safe[:, at]  # and no other: a member's norm is the same in any company
                if unsafe.any():
                    log_norms[:, at][unsafe] = _scaled_log10_norm(block[unsafe])
    return log_norms


def _with_columns(blocks: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, slice]]:
    """Each block (S, k, ·) with the columns of its layers among those of all: a slice."""
    end = 0
    for block in blocks:
        start, end = end, end + block.shape[1]
        yield block, slice(start, end)


def log10_dW_norm(below: np.ndarray, du: np.ndarray) -> np.ndarray:
    """log₁₀ norm of dJ/dW = belowᵀ @ du: (…, N, D_in) and (…, N, D_out) -> (…).

    ‖belowᵀ·du‖² is the sum of (below·belowᵀ)∘(du·duᵀ), N × N each: for few examples that is less
    work than dJ/dW itself.
    """
    (N, D_in), D_out = below.shape[-2:], du.shape[-1]
    if N * (D_in + D_out) >= D_in * D_out:
        return log10_norm(below.mT @ du)
    with np.errstate(all="ignore"):
        by_below, by_du = below @ below.mT, du @ du.mT
        pairs = (a.reshape(*a.shape[:-2], N * N) for a in (by_below, by_du))
        squares = np.vecdot(*pairs)
        largest = np.trace(by_below, 0, -2, -1) * np.trace(by_du, 0, -2, -1)
        log10 = 0.5 * np.log10(squares)
        # Terms that cancel take digits along, and a square has half the range of what is squared.
        sure = (squares > 1e-4 * largest) & (squares > SMALLEST_SAFE_SUM) & (squares < np.inf)
        if not sure.all():
            below = np.broadcast_to(below, (*sure.shape, N, D_in))
            log10[~sure] = log10_norm(below[~sure].mT @ du[~sure])
    return log10


def _scaled_log10_norm(rows: np.ndarray) -> np.ndarray:
    """log₁₀ norm of the last axis, the largest magnitude taken out first."""
    largest = np.abs(rows).max(axis=-1, keepdims=True, initial=0.0)
    unit = np.where((largest > 0.0) & (largest < np.inf), largest, 1.0)
    # In two steps, the power of two first: dividing by a subnormal may overflow.
    mantissa, exponent = np.frexp(unit)
    scaled = np.ldexp(rows, -exponent) / mantissa
    log_unit = np.log10(mantissa) + exponent * np.log10(2.0)
    return log_unit[..., 0] + 0.5 * np.log10(np.vecdot(scaled, scaled))


def is_calm(*log10_sizes: np.ndarray) -> np.ndarray:
    """Whether a member's norms rule out an infinity or NaN anywhere near them.

    Each of log10_sizes is (…, layers), and should hold pre-activations or gradients; (…) of bool.
    """
    return np.all([(sizes < CALM).all(axis=-1) for sizes in log10_sizes], axis=0)


Result = TypeVar("Result", Trace, Params, Gradients)
Field = TypeVar("Field", np.ndarray, tuple[np.ndarray, ...])


def member(result: Result, s: int | np.integer) -> Result:
    """Member s of a Trace, Params or Gradients, as an ensemble of one."""

    def pick(value: Field) -> Field:
        if isinstance(value, tuple):
            return tuple(map(pick, value))
        return value[s : s + 1] if len(value) > 1 else value  # an x may be shared by all

    return replace(result, **{name: pick(value) for name, value in vars(result).items()})


def log10_rms(layers: Sequence[np.ndarray]) -> np.ndarray:
    """log₁₀ of the root mean square per layer: a tuple of (S, ·, ·) -> (S, layers)."""
    sizes = [a.shape[-2] * a.shape[-1] for a in layers]
    return log10_norms(layers) - 0.5 * np.log10(sizes)


def backward_gains(gradients: Gradients) -> np.ndarray:
    """rms of dJ/dz_l over rms of dJ/dz_{l+1}: (S, depth − 1), not logged.

    1 is a healthy layer, whatever its width; 0/0 of a dead network is NaN.
    """
    return _ratios(log10_rms(gradients.dz)[:, ::-1])[:, ::-1]


def _ratios(logs: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return 10.0 ** np.diff(logs, axis=-1)


def log10_spread(layers: Sequence[np.ndarray]) -> np.ndarray:
    """log₁₀ of how far apart the examples are in each layer, relative to its size: (S, layers).

    layers: a tuple of (S, N, D), as Trace.h. The root mean square, over examples and units, of what
    differs from the mean over the examples, over that of the layer itself. 0 if nothing is common
    to the examples; −inf if all are the same to the last digit: then no later layer can tell them
    apart, whatever its weights.
    """
    from_one = [h - h[..., :1, :] for h in layers]  # 0 where all are the same: no mean is rounded
    apart = tuple(h - h.mean(axis=-2, keepdims=True) for h in from_one)
    return arrives(log10_norms(apart), log10_norms(layers))


def running_products(log10_factors: npt.ArrayLike) -> np.ndarray:
    """Products from the output back to each layer, as logarithms: (…, L) -> (…, L + 1).

    `log10_factors[..., l]` belongs between layer l + 1 and layer l + 2. Entry l of the result is
    the sum of the factors l, l + 1, …; the last entry is 0, the empty product.
    """
    factors = np.asarray(log10_factors, dtype=float)
    sums = np.cumsum(factors[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([sums, np.zeros((*factors.shape[:-1], 1))], axis=-1)


def slope_products(trace: Trace) -> np.ndarray:
    """log₁₀ ∏ φ′(z) from the output back to each layer, one rms slope per layer: (S, depth).

    Entry l is the product over the layers l … L − 1, those whose φ′ stands between dJ/dz_L and
    dJ/dz_l; the last entry is 0. The rms over units and examples is the factor by which
    multiplication with φ′ changes the norm of a gradient that knows nothing of it.
    """
    if not trace.slope:
        return np.zeros((len(trace.output), 0))
    return running_products(log10_rms(trace.slope)[:, :-1])


def weight_gains(params: Params) -> np.ndarray:
    """log₁₀ of ‖W‖_F/√D_out of the weights between hidden layers, W_2 … W_L: (S, depth − 1).

    It is the rms factor of ‖dh‖ = ‖du·Wᵀ‖ over all directions of du.
    """
    hidden = params.W[1:-1]
    if not hidden:
        return np.zeros((len(params.W[0]), 0))
    return log10_norms(hidden) - 0.5 * np.log10([W.shape[-1] for W in hidden])


def weight_products(params: Params) -> np.ndarray:
    """log₁₀ ∏ of the layers' weight gains from the output back to each layer: (S, depth).

    Entry l is the product over W_{l+1} … W_L; the output layer is not in it.
    """
    if len(params.W) == 1:
        return np.zeros((len(params.W[0]), 0))
    return running_products(weight_gains(params))


def jacobian_products(gradients: Gradients) -> np.ndarray:
    """log₁₀ of what ∏ W·diag φ′(z) did to this gradient, from the output back: (S, depth).

    Entry l is log₁₀ ‖dJ/dz_l‖ − log₁₀ ‖dJ/dz_L‖; with shortcuts or a normalizer, their Jacobians
    are in the product too. −inf where nothing arrives, also of nothing.
    """
    log_norms = log10_norms(gradients.dz)
    return arrives(log_norms, log_norms[:, -1:])


def saturated_share(slopes: Sequence[np.ndarray], max_slope: float) -> np.ndarray:
    """Share of the units × examples whose φ′ is below 5 % of the activation's largest slope.

    For ReLU that is the share of units that are off. slopes: a tuple of (S, N, D) -> (S, depth).
    """
    return _share(slopes, lambda slope: np.abs(slope) < SATURATED * max_slope)


def off_share(slopes: Sequence[np.ndarray]) -> np.ndarray:
    """Share of the units × examples that pass no gradient, φ′ = 0: (S, depth)."""
    return _share(slopes, lambda slope: slope == 0.0)


def dead_share(slopes: Sequence[np.ndarray]) -> np.ndarray:
    """Share of the units that are off for *all* examples: (S, depth). An off unit is not dead."""
    return _share(slopes, lambda slope: (slope == 0.0).all(axis=-2, keepdims=True))


def _share(
    slopes: Sequence[np.ndarray], is_counted: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    if not slopes:
        return np.zeros((0, 0))
    return np.stack([is_counted(slope).mean(axis=(-2, -1)) for slope in slopes], axis=-1)


def arrives(log10_there: np.ndarray, log10_sent: np.ndarray) -> np.ndarray:
    """log₁₀ of what is there over what was sent, both sizes as log₁₀: −inf if nothing is there.

    That holds of 0/0 too, as in a dead network: its median is one with nothing, not NaN.
    """
    with np.errstate(invalid="ignore"):
        ratio = np.asarray(log10_there) - log10_sent
    return np.where(np.isneginf(log10_there), -np.inf, ratio)
