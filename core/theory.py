"""What the theory predicts: gains of wide layers, mean field of tanh, laws of random products.

Wide layers: with weights of variance σ_w²/fan_in and biases of variance σ_b², each z is close to
N(0, q), and layer by layer q ← σ_w²·E φ(z)² + σ_b²; going back, the mean square of a gradient is
multiplied by χ = σ_w²·E φ′(z)² (Poole et al. 2016; Schoenholz et al. 2017).  All means are over
z ~ N(0, q); σ_w² is fan_in·Var[w], so He is 2 and LeCun 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import acosh, exp, log, pi, sqrt

import numpy as np

from core.activations import Activation, activation
from core.checks import whole

LN10 = log(10.0)
# ReLU after batch normalization: rms factor of a gradient per layer at initialization, wide layers
# and large batches (Yang et al. 2019).
BATCH_NORM_RELU_GAIN = sqrt(pi / (pi - 1))


# Means over a Gaussian ---------------------------------------------------------------------------


def gaussian_mean(f: Callable, q=1.0) -> np.ndarray:
    """E f(z), z ~ N(0, q), to about 1e-14 for every activation, its slope and their squares.

    f is elementwise, q of any shape, q <= 1e7 where f saturates.  Gauss–Legendre panels meet at 0,
    where the activations have their kinks, and shrink toward it geometrically, so that a unit
    that saturates far inside √q is still resolved.
    """
    x, weight = _panels()
    with np.errstate(all="ignore"):
        return f(_scaled(q, x)) @ weight


def _scaled(q, x: np.ndarray) -> np.ndarray:
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


def moments(phi: Activation, q=1.0) -> Moments:
    """The moments of one activation at variance q, any shape."""
    x, weight = _panels()
    h, slope = phi.value_and_slope(_scaled(q, x))
    with np.errstate(all="ignore"):
        return Moments(h @ weight, (h * h) @ weight, (slope * slope) @ weight)


# Depth -------------------------------------------------------------------------------------------


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
    phi: Activation, *, depth: int, sigma_w2, sigma_b2=0.0, input_square=1.0
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


def fourth_moment_ratio(widths) -> float:
    """E‖h‖⁴ / (E‖h‖²)² after He-initialized ReLU layers of these widths: ∏(1 + 5/n).

    From an input that is fixed.  It says how far a mean is from typical (Hanin 2018).
    """
    widths = np.asarray(widths, dtype=float)
    if (widths < 1).any():
        raise ValueError("A layer has at least one unit.")
    return float(np.prod(1 + 5 / widths))


# Mean field of tanh ------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeanField:
    """The limit of a deep wide tanh network (Poole et al. 2016; Schoenholz et al. 2017).

    q            q*, the variance of z that the layers settle at
    chi          χ₁, the factor on the mean square of a gradient per layer there: below 1 ordered
                 (vanishing), above 1 chaotic (exploding)
    depth_scale  1/|ln χ₁|: layers over which a mean square changes by a factor e; inf at χ₁ = 1
    """

    q: np.ndarray
    chi: np.ndarray
    depth_scale: np.ndarray


def tanh_mean_field(sigma_w2, sigma_b2) -> MeanField:
    """Fixed point of the tanh length map; σ_w² and σ_b² broadcast.

    Raises ValueError unless 0 < σ_w² and 0 <= σ_b², both at most 10⁹.
    """
    sigma_w2, sigma_b2 = np.broadcast_arrays(
        np.asarray(sigma_w2, dtype=float), np.asarray(sigma_b2, dtype=float)
    )
    if not ((sigma_w2 > 0) & (sigma_w2 <= 1e9) & (sigma_b2 >= 0) & (sigma_b2 <= 1e9)).all():
        raise ValueError("σ_w² must be positive and σ_b² not negative, both at most 10⁹.")

    def above(q):  # the map is concave: above the diagonal before q*, below it after
        return sigma_w2 * gaussian_mean(lambda z: np.tanh(z) ** 2, q) + sigma_b2 > q

    # tanh² z ≤ min(1, z²): below σ_w² = 1 this keeps the bracket in proportion to a tiny σ_b².
    linear = np.where(sigma_w2 < 1, sigma_b2 / np.where(sigma_w2 < 1, 1 - sigma_w2, 1.0), np.inf)
    q = _bisect(above, 1.0 * sigma_b2, np.minimum(sigma_w2 + sigma_b2, linear))
    chi = sigma_w2 * moments(activation("tanh"), q).slope_square
    rate = np.abs(np.log(chi))
    with np.errstate(divide="ignore"):  # below 1e-12 a rate is rounding, and the point is critical
        return MeanField(q, chi, 1 / np.where(rate < 1e-12, 0.0, rate))


def _bisect(below: Callable, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where `below`, true left of the root and false right of it, changes; elementwise."""
    for _ in range(80):
        middle = (low + high) / 2
        left = below(middle)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2


# Products of random numbers ----------------------------------------------------------------------
#
# ln|w_1···w_n| is a sum of n independent ln|w_i|, w_i ~ N(0, σ²).  With σ = 1 each has mean
# -(γ + ln 2)/2, variance π²/8, and characteristic function E|w|^{it} = 2^{it/2}·Γ((1+it)/2)/√π;
# the n-th power of that, inverted numerically, is the exact law of the sum.

MEAN_LOG = -(np.euler_gamma + log(2)) / 2  # of one factor: E ln|w| = -0.635 at σ = 1
SIGMA_ZERO_MEAN_LOG = exp(-MEAN_LOG)  # 1.887…: typical products neither grow nor shrink


def log10_product_mean_sd(n: int, *, sigma: float = 1.0) -> tuple[float, float]:
    """Mean and standard deviation of log₁₀|w_1···w_n|, w_i ~ N(0, σ²)."""
    _check_product(n, sigma)
    return n * (log(sigma) + MEAN_LOG) / LN10, sqrt(n * pi**2 / 8) / LN10


def log10_product_density(x, n: int, *, sigma: float = 1.0) -> np.ndarray:
    """Density of log₁₀|w_1···w_n| at x, any shape; absolute error about 1e-14."""
    _check_product(n, sigma)
    y, inside = _centered(x, n, sigma)
    t, modulus, phase = _characteristic_function(n)
    density = np.cos(phase - y[..., None] * t) @ modulus * ((t[1] - t[0]) / pi)
    return np.where(inside, np.maximum(density, 0.0), np.where(np.isnan(y), np.nan, 0.0)) * LN10


def log10_product_cdf(x, n: int, *, sigma: float = 1.0) -> np.ndarray:
    """P(log₁₀|w_1···w_n| <= x), any shape; absolute error about 1e-14 (Gil-Pelaez 1951)."""
    _check_product(n, sigma)
    y, inside = _centered(x, n, sigma)
    t, modulus, phase = _characteristic_function(n)
    cdf = 0.5 - np.sin(phase - y[..., None] * t) @ (modulus / t) * ((t[1] - t[0]) / pi)
    return np.where(inside, np.clip(cdf, 0.0, 1.0), np.where(np.isnan(y), np.nan, y > 0))


def log10_product_median(n: int, *, sigma: float = 1.0) -> float:
    """Median of log₁₀|w_1···w_n|."""
    mean, sd = log10_product_mean_sd(n, sigma=sigma)

    def below(x):
        return log10_product_cdf(x, n, sigma=sigma) < 0.5

    # A median lies within one standard deviation of the mean.
    return float(_bisect(below, np.asarray(mean - sd), np.asarray(mean + sd)))


def probability_below_one(n: int, *, sigma: float = 1.0) -> float:
    """P(|w_1···w_n| < 1)."""
    return float(log10_product_cdf(0.0, n, sigma=sigma))


def sigma_for_median_one(n: int) -> float:
    """The σ at which the median of |w_1···w_n| is exactly 1: 1.483 at n = 1, falling short of
    SIGMA_ZERO_MEAN_LOG = 1.887 by less and less as n grows."""
    return 10 ** (-log10_product_median(n) / n)


def _check_product(n: int, sigma: float) -> None:
    if n != int(n) or not 1 <= n <= 100_000:
        raise ValueError(f"n must be a whole number from 1 to 100,000, not {n!r}.")
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"σ must be positive and finite, not {sigma!r}.")


def _reach(n: int) -> float:
    """Distance from the mean, in ln, beyond which less than 1e-25 of the law lies."""
    return 60 + 12 * sqrt(n * pi**2 / 8)


def _centered(x, n: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
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


# Products of random matrices ---------------------------------------------------------------------


def log10_norm_growth(n: int, width: int, *, sigma: float = 1.0) -> tuple[float, float]:
    """Mean and standard deviation of log₁₀ ‖W_n···W_1 v‖ for a unit vector v, W_i ~ N(0, σ²).

    Exact at every width, since ‖W v‖² is σ² times a chi-square of `width` degrees of freedom
    whatever v is.  The gain law n·log₁₀(σ√width) is its limit for a wide layer (Cohen and Newman
    1984).
    """
    _check_product(n, sigma)
    if width != int(width) or width < 1:
        raise ValueError(f"width must be a whole number of at least 1, not {width!r}.")
    digamma, trigamma = _polygamma_at_half(int(width))
    mean = n * (log(sigma) + (digamma + log(2)) / 2)
    return mean / LN10, sqrt(n * trigamma) / 2 / LN10


def _polygamma_at_half(d: int) -> tuple[float, float]:
    """ψ(d/2) and ψ′(d/2), from their values at ½ or 1 by ψ(x+1) = ψ(x) + 1/x."""
    if d % 2:
        digamma, trigamma, start = -np.euler_gamma - 2 * log(2), pi**2 / 2, 0.5
    else:
        digamma, trigamma, start = -np.euler_gamma, pi**2 / 6, 1.0
    x = np.arange(start, d / 2)
    return float(digamma + np.sum(1 / x)), float(trigamma - np.sum(1 / x**2))
