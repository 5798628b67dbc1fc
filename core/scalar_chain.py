"""The article's chain: one neuron per layer, so that a gradient is a product of plain numbers.

A product of many factors leaves the range of a float long before it stops being interesting.
It is therefore carried as a `SignedLog`: a sign and a base-10 logarithm of the magnitude.
"""

from dataclasses import dataclass
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from core.activations import activation as find_activation
from core.formats import Format, rounded, too_large


@dataclass(frozen=True)
class SignedLog:
    """The numbers sign · 10^log10, two arrays of one shape.  Zero is sign 0 with log10 = -inf."""

    sign: np.ndarray
    log10: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """As float64, to about 1e-15·|log10| relative; 0 or ±inf where float64 ends."""
        with np.errstate(all="ignore"):
            return self.sign * np.power(10.0, self.log10)


def running_product(factors: npt.ArrayLike, *, from_the_end: bool = False) -> SignedLog:
    """Running products along the last axis, in the log domain.

    Entry l is factors[0]···factors[l], or factors[l]···factors[-1] with `from_the_end`, the
    direction in which a gradient travels.  A zero factor gives 0 from there on; a NaN, or zero
    times infinity, gives NaN.
    """
    factors = np.asarray(factors, dtype=float)
    with np.errstate(all="ignore"):
        sign, log10 = np.sign(factors), np.log10(np.abs(factors))
        if from_the_end:
            sign, log10 = sign[..., ::-1], log10[..., ::-1]
        sign, log10 = np.cumprod(sign, axis=-1), np.cumsum(log10, axis=-1)
    sign = np.where(np.isnan(log10), np.nan, sign)  # 0·∞: the signs alone would say 0
    if from_the_end:
        sign, log10 = sign[..., ::-1], log10[..., ::-1]
    return SignedLog(sign, log10)


# w^n ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Power(SignedLog):
    """w^n in the log domain, and `exact`: w^n as float64 rounds it (0, ±inf where it ends)."""

    exact: np.ndarray


def power(w: npt.ArrayLike, n: npt.ArrayLike) -> Power:
    """w^n for real w and whole n >= 0, broadcast against each other; 0^0 is 1.

    Raises ValueError when w is not finite or n is negative or not whole.
    """
    w, n = np.broadcast_arrays(np.asarray(w, dtype=float), np.asarray(n, dtype=float))
    if not np.isfinite(w).all():
        raise ValueError("w must be finite.")
    if not (np.isfinite(n) & (n >= 0) & (n == np.floor(n))).all():
        raise ValueError("n must be a whole number, 0 or more.")
    with np.errstate(all="ignore"):
        log10 = np.where(n == 0, 0.0, n * np.log10(np.abs(w)))  # 0·log 0 would be NaN
        sign = np.where(n == 0, 1.0, np.sign(w) ** np.where(n % 2 == 0, 2.0, 1.0))
        return Power(sign, log10, np.power(w, n))


MOST_STEPS = 2000  # factors that are multiplied step by step


@dataclass(frozen=True)
class PowerEnd:
    """Where a format loses |w|^n.

    n, once         first n at which |w|^n, rounded once to the format, is lost, and what it is from
                    there: 0, infinity, or NaN where the format has no infinity; (None, 1) at
                    |w| = 1, where no n does this
    steps_n, steps  the first n at which multiplying by w again and again *in* the format ends, and
                    what it ends at: 0, infinity, NaN, or a number that rounding gives back for
                    ever.  For |w| > 1/2 the product thus never reaches 0: the smallest subnormal
                    times 0.6 rounds up to itself.  None if it still changes after the last factor,
                    and its size then
    """

    form: Format
    n: int | None
    once: float
    steps_n: int | None
    steps: float


def power_end(w: float, form: Format, *, most: int = MOST_STEPS) -> PowerEnd:
    """What becomes of |w|^n in a format, with at most so many factors multiplied step by step.

    Raises ValueError when w is not finite.
    """
    if not np.isfinite(w):
        raise ValueError("w must be finite.")
    return PowerEnd(form, *_rounded_once(abs(w), form), *_step_by_step(abs(w), form, most))


def _rounded_once(w: float, form: Format) -> tuple[int | None, float]:
    lost = -log2(w) if w else np.inf  # binary digits per factor
    if lost > 0:  # half of the smallest number is a tie, and ties round to even: to 0
        return max(1, ceil((1 - log2(form.smallest)) / lost)), 0.0
    if lost < 0:
        edge, lost_at_it = too_large(form)
        n = ceil((log2(edge) if np.isfinite(edge) else form.highest + 1) / -lost)
        return n + (not lost_at_it and w**n == edge), form.overflow
    return None, 1.0


def _step_by_step(w: float, form: Format, most: int) -> tuple[int | None, float]:
    weight = held = rounded(w, form)
    for n in range(1, most):
        with np.errstate(all="ignore"):
            product = rounded(held * weight, form)
        if not 0 < held <= form.largest or product == held:
            return n, float(held)
        held = product
    return None, float(held)


# A chain of any depth ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """One neuron per layer: z_l = w_l·a_{l-1} + b, a_l = φ(z_l), a_0 = x, for l = 1…L.

    Entry l-1 of the last axis belongs to layer l; `a` has one more entry, a_0 = x.  "…" are the
    leading axes of `weights`, so a whole sweep is one call.

    z, slope        (…, L)    z_l and φ′(z_l)
    a               (…, L+1)  a_0 … a_L
    slope_products  (…, L)    ∏_{k≥l} φ′(z_k)
    d_output        (…,)      dJ/da_L: a_L − y for J = ½(a_L − y)², and 1 for J = a_L
    dz, dw          (…, L)    dJ/dz_l = dJ/da_L · ∏_{k≥l} φ′(z_k) · ∏_{k>l} w_k, and
                              dJ/dw_l = dJ/dz_l · a_{l-1} (each layer's own share, also when
                              all layers carry the same weight)
    """

    weights: np.ndarray
    z: np.ndarray
    a: np.ndarray
    slope: np.ndarray
    slope_products: SignedLog
    d_output: np.ndarray
    dz: SignedLog
    dw: SignedLog


def tied(w: npt.ArrayLike, depth: int) -> np.ndarray:
    """The weights of a chain whose `depth` layers all carry w: (…) -> (…, depth)."""
    if not 1 <= depth <= 10_000:
        raise ValueError("The depth of a chain must be between 1 and 10,000.")
    w = np.asarray(w, dtype=float)
    return np.broadcast_to(w[..., None], (*w.shape, depth))


def chain(
    weights: npt.ArrayLike,
    *,
    x: npt.ArrayLike = 1.0,
    bias: npt.ArrayLike = 0.0,
    target: npt.ArrayLike | None = None,
    activation: str = "sigmoid",
    negative_slope: float = 0.01,
) -> Chain:
    """Forward and backward through a chain with `weights` (…, L); x, target broadcast to (…).

    `bias` broadcasts to (…, L).  With target y the objective is J = ½(a_L − y)², without one it
    is the output itself, so that dz and dw are ∂a_L/∂z_l and ∂a_L/∂w_l.

    The products neither overflow nor underflow.  The forward values are ordinary float64: an
    activation without bounds may reach infinity.

    Raises ValueError when there is no layer or an input is not finite.
    """
    phi = find_activation(activation, negative_slope=negative_slope)
    w = np.asarray(weights, dtype=float)
    if w.ndim == 0 or w.shape[-1] == 0:
        raise ValueError("A chain needs at least one layer: weights of shape (…, L) with L >= 1.")
    lead, depth = w.shape[:-1], w.shape[-1]
    b = np.broadcast_to(np.asarray(bias, dtype=float), w.shape)
    given = (w, b, x) if target is None else (w, b, x, target)
    if not all(np.isfinite(v).all() for v in given):
        raise ValueError("Weights, bias, input and target of a chain must be finite.")
    if any(np.broadcast_shapes(np.shape(v), lead) != lead for v in given[2:]):
        raise ValueError(f"Input and target of a chain must fit its leading axes {lead}.")

    z, slope = np.empty(w.shape), np.empty(w.shape)
    a = np.empty((*lead, depth + 1))
    a[..., 0] = x
    with np.errstate(all="ignore"):
        for i in range(depth):
            z[..., i] = w[..., i] * a[..., i] + b[..., i]
            a[..., i + 1] = phi.f(z[..., i])
        slope[...] = phi.df(z)

        d_output = np.ones(lead) if target is None else a[..., -1] - target
        slope_products = running_product(slope, from_the_end=True)
        # ∏_{k>l} w_k: the product from the next layer on, and 1 at the last one.
        later = running_product(
            np.concatenate([w[..., 1:], np.ones((*lead, 1))], axis=-1), from_the_end=True
        )
        upstream = running_product(d_output[..., None])
        dz = _times(_times(slope_products, later), upstream)
        dw = _times(dz, SignedLog(np.sign(a[..., :-1]), np.log10(np.abs(a[..., :-1]))))
    return Chain(w, z, a, slope, slope_products, d_output, dz, dw)


def _times(p: SignedLog, q: SignedLog) -> SignedLog:
    log10 = p.log10 + q.log10
    return SignedLog(np.where(np.isnan(log10), np.nan, p.sign * q.sign), log10)


# The article's network ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Factor:
    """One factor of a gradient."""

    name: str
    value: np.ndarray


@dataclass(frozen=True)
class TwoLayerChain:
    """ŷ = a₂ = φ(w₂·a₁), a₁ = φ(w₁·x), J = ½(ŷ − y)², and its two gradients factor by factor.

    `dw1_factors` and `dw2_factors` are ordered as the gradient travels, from J to the weight;
    their products are dw1 = dJ/dw₁ and dw2 = dJ/dw₂.  Every value has the broadcast shape of the
    inputs.
    """

    z1: np.ndarray
    a1: np.ndarray
    z2: np.ndarray
    y_hat: np.ndarray
    loss: np.ndarray
    dw1_factors: tuple[Factor, ...]
    dw2_factors: tuple[Factor, ...]
    dw1: np.ndarray
    dw2: np.ndarray


def two_layer_chain(
    *,
    w1: npt.ArrayLike,
    w2: npt.ArrayLike,
    x: npt.ArrayLike = 1.0,
    y: npt.ArrayLike = 0.0,
    activation: str = "sigmoid",
    negative_slope: float = 0.01,
) -> TwoLayerChain:
    """The article's two-layer chain; the inputs broadcast against each other.

    The article leaves J open; ½(ŷ − y)² is our choice.  Raises ValueError on non-finite input.
    """
    phi = find_activation(activation, negative_slope=negative_slope)
    inputs = (np.asarray(v, dtype=float) for v in (w1, w2, x, y))
    w1, w2, x, y = np.broadcast_arrays(*inputs)
    if not all(np.isfinite(v).all() for v in (w1, w2, x, y)):
        raise ValueError("Weights, input and target of a chain must be finite.")
    with np.errstate(all="ignore"):
        z1 = w1 * x
        a1 = phi.f(z1)
        z2 = w2 * a1
        y_hat = phi.f(z2)
        d_output = Factor("dJ/dŷ", y_hat - y)
        slope2 = Factor("φ′(z₂)", phi.df(z2))
        weight2 = Factor("w₂", w2)
        slope1 = Factor("φ′(z₁)", phi.df(z1))
        dw1_factors = (d_output, slope2, weight2, slope1, Factor("x", x))
        dw2_factors = (d_output, slope2, Factor("a₁", a1))
        dw1, dw2 = (
            np.prod([factor.value for factor in factors], axis=0)
            for factors in (dw1_factors, dw2_factors)
        )
        loss = 0.5 * (y_hat - y) ** 2
    return TwoLayerChain(z1, a1, z2, y_hat, loss, dw1_factors, dw2_factors, dw1, dw2)
