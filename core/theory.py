"""What the theory predicts: gains of wide layers, laws of products of random numbers.

Wide layers: with weights of variance σ_w²/fan_in and biases of variance σ_b², each z is close to
N(0, q), and layer by layer q ← σ_w²·E φ(z)² + σ_b²; going back, the mean square of a gradient is
multiplied by χ = σ_w²·E φ′(z)² (Poole et al. 2016; Schoenholz et al. 2017).  All means are over
z ~ N(0, q); σ_w² is fan_in·Var[w], so He is 2 and LeCun 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import acosh, exp, log, pi, sqrt

import numpy as np
import numpy.typing as npt

from core.activations import Activation
from core.checks import whole

LN10 = log(10.0)
# ReLU after batch normalization: rms factor of a gradient per layer at initialization, wide layers
# and large batches (Yang et al. 2019).
BATCH_NORM_RELU_GAIN = sqrt(pi / (pi - 1))


# Means over a Gaussian ---------------------------------------------------------------------------


def _scaled(q: npt.ArrayLike, x: np.ndarray) -> np.ndarray:
    q = np.asarray(q, dtype=float)
    if (q < 0).any():
        raise ValueError("A variance cannot be negative.")
    return np.sqrt(q)[..., None] * x


@cache
def _panels() -> tuple[np.ndarray, np.ndarray]:
    edges = np.array([0.0, *2.0 ** np.arange(-14, 4), 13.0])  # beyond 13 the density is 1e-37
    node, weight = np.polynomial.legendre.leggauss(16)
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half * (1 + node)).ravel()
    weight = (half * weight).ravel() * np.exp(-x * x / 2) / sqrt(2 * pi)
    return np.concatenate([-x[::-1], x]), np.concatenate([weight[::-1], weight])


@dataclass(frozen=True)
class Moments:
    """E φ(z), E φ(z)² and E φ′(z)² over z ~ N(0, q), of the shape of q."""

    mean: np.ndarray
    square: np.ndarray
    slope_square: np.ndarray


def moments(phi: Activation, q: npt.ArrayLike = 1.0) -> Moments:
    """The moments of one activation at variance q, any shape."""
    x, weight = _panels()
    h, slope = phi.value_and_slope(_scaled(q, x))
    with np.errstate(all="ignore"):
        return Moments(h @ weight, (h * h) @ weight, (slope * slope) @ weight)


# Depth -------------------------------------------------------------------------------------------

NEARER = 3  # times that a scale is looked for, each 32 times as near as the one before


@dataclass(frozen=True)
class DepthProfile:
    """Mean squares by layer l = 1…depth of a wide network at initialization; arrays (…, depth).

    q       variance of z_l
    square  E h_l²
    gain    rms factor on dJ/dh in crossing layer l from h_l back to h_{l-1}, for a gradient that
            is random at the top, dJ/dh_depth
    """

    q: np.ndarray
    square: np.ndarray
    gain: np.ndarray


def depth_profile(
    phi: Activation,
    *,
    depth: int,
    sigma_w2: npt.ArrayLike,
    sigma_b2: npt.ArrayLike = 0.0,
    input_square: npt.ArrayLike = 1.0,
) -> DepthProfile:
    """Self-consistent depth profile of wide layers: the q of each follows from the one below.

    sigma_w2, sigma_b2 and input_square = E x² (with E x = 0) broadcast to (…).

    Raises ValueError on a depth below 1 or a negative variance.
    """
    sigma_w2, sigma_b2, square = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (sigma_w2, sigma_b2, input_square))
    )
    whole("depth", depth, 1)
    for variance in (sigma_w2, sigma_b2, square):
        if not (np.isfinite(variance) & (variance >= 0)).all():
            raise ValueError("A variance cannot be negative, infinite or NaN.")
    layers = []
    with np.errstate(all="ignore"):
        for _ in range(depth):
            q = sigma_w2 * square + sigma_b2
            m = moments(phi, q)
            square = m.square
            layers.append((q, square, np.sqrt(sigma_w2 * m.slope_square)))
        return DepthProfile(*(np.stack(rows, axis=-1) for rows in zip(*layers, strict=True)))


def _bisect(
    below: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Where `below`, true left of the root and false right of it, changes; elementwise."""
    for _ in range(80):
        middle = (low + high) / 2
        left = below(middle)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2


def scale_of_gain_one(
    phi: Activation,
    scales: Sequence[float] | np.ndarray,
    *,
    depth: int,
    sigma_b2: float = 0.0,
    input_square: float = 1.0,
) -> float | None:
    """The scale σ√n at which the mean log gain of a wide network's layers first rises through 0.

    scales: (K,), ascending; looked for is a rise between two of them, and then, as the gain of a
    deep network bends within a step, between ever nearer ones: right to a thousandth of a
    step. None where there is none. The gains are the depth − 1 of `depth_profile` that stand
    between the layers; its conditions hold, and a depth below 2 raises ValueError.
    """
    whole("depth", depth, 2)
    for _ in range(NEARER):
        profile = depth_profile(
            phi,
            depth=depth,
            sigma_w2=np.square(scales),
            sigma_b2=sigma_b2,
            input_square=input_square,
        )
        gain = np.log10(profile.gain[:, : depth - 1]).mean(axis=1)
        above = np.flatnonzero((gain[:-1] < 0) & (gain[1:] >= 0))
        if not len(above):
            return None
        low, high = scales[above[0]], scales[above[0] + 1]
        scales = np.geomspace(low, high, 33)
    return sqrt(low * high)


# Products of random numbers ----------------------------------------------------------------------
#
# ln|w_1···w_n| is a sum of n independent ln|w_i|, w_i ~ N(0, σ²).  With σ = 1 each has mean
# -(γ + ln 2)/2, variance π²/8, and characteristic function E|w|^{it} = 2^{it/2}·Γ((1+it)/2)/√π;
# the n-th power of that, inverted numerically, is the exact law of the sum.

MEAN_LOG = -(np.euler_gamma + log(2)) / 2  # of one factor: E ln|w| = -0.635 at σ = 1


def log10_product_mean_sd(n: int, *, sigma: float = 1.0) -> tuple[float, float]:
    """Mean and standard deviation of log₁₀|w_1···w_n|, w_i ~ N(0, σ²)."""
    _check_product(n, sigma)
    return n * (log(sigma) + MEAN_LOG) / LN10, sqrt(n * pi**2 / 8) / LN10


def log10_product_density(x: npt.ArrayLike, n: int, *, sigma: float = 1.0) -> np.ndarray:
    """Density of log₁₀|w_1···w_n| at x, any shape; absolute error about 1e-14."""
    _check_product(n, sigma)
    y, inside = _centered(x, n, sigma)
    t, modulus, phase = _characteristic_function(n)
    density = np.cos(phase - y[..., None] * t) @ modulus * ((t[1] - t[0]) / pi)
    return np.where(inside, np.maximum(density, 0.0), np.where(np.isnan(y), np.nan, 0.0)) * LN10


def log10_product_cdf(x: npt.ArrayLike, n: int, *, sigma: float = 1.0) -> np.ndarray:
    """P(log₁₀|w_1···w_n| <= x), any shape; absolute error about 1e-14 (Gil-Pelaez 1951)."""
    _check_product(n, sigma)
    y, inside = _centered(x, n, sigma)
    t, modulus, phase = _characteristic_function(n)
    cdf = 0.5 - np.sin(phase - y[..., None] * t) @ (modulus / t) * ((t[1] - t[0]) / pi)
    return np.where(inside, np.clip(cdf, 0.0, 1.0), np.where(np.isnan(y), np.nan, y > 0))


def log10_product_median(n: int, *, sigma: float = 1.0) -> float:
    """Median of log₁₀|w_1···w_n|."""
    mean, sd = log10_product_mean_sd(n, sigma=sigma)

    def below(x: np.ndarray) -> np.ndarray:
        return log10_product_cdf(x, n, sigma=sigma) < 0.5

    # A median lies within one standard deviation of the mean.
    return float(_bisect(below, np.asarray(mean - sd), np.asarray(mean + sd)))


def probability_below_one(n: int, *, sigma: float = 1.0) -> float:
    """P(|w_1···w_n| < 1)."""
    return float(log10_product_cdf(0.0, n, sigma=sigma))


def sigma_for_median_one(n: int) -> float:
    """The σ at which the median of |w_1···w_n| is exactly 1: 1.483 at n = 1, falling short of
    exp(−MEAN_LOG) = 1.887 by less and less as n grows."""
    return 10 ** (-log10_product_median(n) / n)


def _check_product(n: int, sigma: float) -> None:
    if whole("n", n, 1) > 100_000:
        raise ValueError(f"n must be at most 100,000, not {n!r}.")
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"σ must be positive and finite, not {sigma!r}.")


def _reach(n: int) -> float:
    """Distance from the mean, in ln, beyond which less than 1e-25 of the law lies."""
    return 60 + 12 * sqrt(n * pi**2 / 8)


def _centered(x: npt.ArrayLike, n: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """x as ln, less the mean, cut to what the quadrature covers; and where it was inside."""
    y = np.asarray(x, dtype=float) * LN10 - n * (log(sigma) + MEAN_LOG)
    reach = _reach(n)
    return np.clip(y, -reach, reach), np.abs(y) <= reach


@lru_cache(maxsize=128)
def _characteristic_function(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Midpoints t, modulus and phase at σ = 1, less the mean.

    |Γ(½+iy)|² = π/cosh πy makes the modulus cosh(πt/2)^(-n/2).  The midpoint rule is exact but for
    copies of the law at distance 2π/step, so the step keeps these out of reach, and t ends where
    the modulus is e^-40.
    """
    end = 2 / pi * acosh(exp(80 / n))
    step = 2 * pi / (2.2 * _reach(n))
    t = step * (np.arange(int(end / step) + 2) + 0.5)
    angle = t * log(2) / 2 + _log_gamma(0.5 + 0.5j * t).imag
    return t, np.cosh(pi * t / 2) ** (-n / 2), n * (angle - MEAN_LOG * t)


def _log_gamma(z: np.ndarray) -> np.ndarray:
    """ln Γ(z) for Re z > 0: Stirling's series at z + 10, where six terms give 1e-15, and the
    recurrence back (Abramowitz and Stegun 1964)."""
    w = z + 10
    series = sum(
        c / w**k
        for k, c in ((1, 1 / 12), (3, -1 / 360), (5, 1 / 1260), (7, -1 / 1680), (9, 1 / 1188))
    ) - 691 / (360360 * w**11)
    shift = sum(np.log(z + k) for k in range(10))
    return (w - 0.5) * np.log(w) - w + 0.5 * log(2 * pi) + series - shift
