"""Products of random numbers and of random matrices, in the log domain.

They are what a gradient meets on its way back through a linear network at initialization.  The
exact law of the scalar products is in `core.theory`; here are draws.
"""

from dataclasses import dataclass

import numpy as np

from core.checks import whole

MAX_DRAWS = 20_000_000  # n·trials of scalar products: about one second
# trials·n·(width + 8)³ of matrix products: about three seconds.  The 8 is what calling for a small
# matrix costs beyond its arithmetic.
MAX_COST = 1_000_000_000
ITERATIONS = 200  # of `sinkhorn`


@dataclass(frozen=True)
class ScalarProducts:
    """Draws of w_1···w_n with w_i ~ N(0, σ²); entry k-1 of an (n,) array is about k factors.

    log10             (trials,)  log₁₀|w_1···w_n|
    median            (n,)       median of log₁₀|w_1···w_k| over the trials
    share_below_one   (n,)       share of trials with |w_1···w_k| < 1
    log10_rms         (n,)       log₁₀ of the trials' root mean square, summed in the log domain
    log10_rms_theory  (n,)       k·log₁₀ σ, since E (w_1···w_k)² = σ^(2k)

    The sampled rms falls short of the theoretical one as k grows: the mean square is carried by
    draws so large and so rare that no sample holds them.
    """

    log10: np.ndarray
    median: np.ndarray
    share_below_one: np.ndarray
    log10_rms: np.ndarray
    log10_rms_theory: np.ndarray


def scalar_products(
    n: int, *, trials: int, rng: np.random.Generator, sigma: float = 1.0
) -> ScalarProducts:
    """Draw `trials` products of n factors from N(0, σ²).

    One generator state gives the same standard-normal draws for every σ, and a longer product
    continues the shorter one.  Raises ValueError when n or trials is below 1, σ is not positive
    and finite, or n·trials exceeds MAX_DRAWS.
    """
    _check_counts(n=n, trials=trials)
    _check_sigma(sigma)
    if n * trials > MAX_DRAWS:
        raise ValueError(f"n × trials is {n * trials:,}; at most {MAX_DRAWS:,} are drawn.")
    log10_sigma = np.log10(sigma)
    total = np.zeros(trials)
    median, share, rms = np.empty(n), np.empty(n), np.empty(n)
    for k in range(n):
        with np.errstate(divide="ignore"):  # a draw may be exactly 0
            total += np.log10(np.abs(rng.standard_normal(trials))) + log10_sigma
        median[k] = np.median(total)
        share[k] = np.mean(total < 0)
        rms[k] = _log10_rms(total)
    return ScalarProducts(total, median, share, rms, np.arange(1, n + 1) * log10_sigma)


def _log10_rms(log10: np.ndarray) -> float:
    """log₁₀ of the root mean square of numbers whose log₁₀ magnitudes are given."""
    largest = log10.max()
    if largest == -np.inf:
        return -np.inf
    return largest + 0.5 * np.log10(np.mean(np.power(100.0, log10 - largest)))


@dataclass(frozen=True)
class MatrixProducts:
    """Draws of P_k = W_k···W_1, each W width × width with independent N(0, σ²) entries, k = 0…n.

    log10_growth           (trials, n+1)         log₁₀ ‖P_k v‖ for a random unit vector v
    log10_singular_values  (trials, n+1, width)  of P_k, largest first
    log10_predicted        (n+1,)                k·log₁₀(σ√width), the gain law of a wide layer
    """

    log10_growth: np.ndarray
    log10_singular_values: np.ndarray
    log10_predicted: np.ndarray

    @property
    def log10_largest(self) -> np.ndarray:
        """(trials, n+1)"""
        return self.log10_singular_values[..., 0]

    @property
    def log10_median(self) -> np.ndarray:
        """(trials, n+1): median over the singular values; of an even number, the geometric mean
        of the middle two."""
        return np.median(self.log10_singular_values, axis=-1)


def matrix_products(
    n: int, *, width: int, trials: int, rng: np.random.Generator, sigma: float = 1.0
) -> MatrixProducts:
    """Draw `trials` products of n random matrices and follow growth and singular values.

    One generator state gives the same draws for every σ, and a longer product continues the
    shorter one.  Raises ValueError when a count is below 1, σ is not positive and finite, or
    trials·n·(width + 8)³ exceeds MAX_COST.
    """
    _check_counts(n=n, width=width, trials=trials)
    _check_sigma(sigma)
    _check_cost(n, width, trials)
    v = rng.standard_normal((trials, width, 1))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    growth = np.zeros((trials, n + 1))
    singular = np.zeros((trials, n + 1, width))
    product = GradedProduct.identity(trials, width)
    for k in range(1, n + 1):
        # At gain 1, so that σ is an exact shift of every curve.
        w = rng.standard_normal((trials, width, width)) / np.sqrt(width)
        v = w @ v
        norm = np.linalg.norm(v, axis=1, keepdims=True)
        v /= norm
        growth[:, k] = growth[:, k - 1] + np.log10(norm[:, 0, 0])
        product = product.times(w)
        singular[:, k] = product.log10_singular_values()
    predicted = np.arange(n + 1) * (np.log10(sigma) + 0.5 * np.log10(width))
    return MatrixProducts(growth + predicted, singular + predicted[:, None], predicted)


@dataclass(frozen=True)
class GradedProduct:
    """A product of square matrices as Q · diag(10^s) · U, for a stack of trials.

    Multiplied out as it stands, a product of 60 matrices has singular values 50 decades apart and
    keeps 16 digits of the largest: the small ones are rounding noise.  So each new factor is split
    by QR, W·Q = Q′·R, re-orthonormalizing as for Lyapunov exponents (Benettin et al. 1980), and
    only the triangular factors are multiplied, with the scale of each row kept as a logarithm.
    The singular values then differ because the *rows* do, largest first, and an SVD by Householder
    reflections keeps small values that arise so (measured: 1e-11 of log₁₀ over 190 decades).

    q (trials, D, D) orthogonal; s (trials, D) base-10 logarithms; u (trials, D, D) rows of
    largest entry 1.
    """

    q: np.ndarray
    s: np.ndarray
    u: np.ndarray

    @staticmethod
    def identity(trials: int, width: int) -> "GradedProduct":
        eye = np.broadcast_to(np.eye(width), (trials, width, width))
        return GradedProduct(eye, np.zeros((trials, width)), eye)

    def times(self, w: np.ndarray) -> "GradedProduct":
        """The product with one more factor on the left, w (trials, D, D)."""
        # Largest scales first: a QR factorization keeps small columns that come after large ones,
        # but loses them if they come before.
        order, s, u = self._largest_first()
        q, r = np.linalg.qr(w @ np.take_along_axis(self.q, order[:, None], axis=-1))
        with np.errstate(all="ignore"):
            # Row i of R·diag(10^s)·U, relative to its largest term 10^m.
            m = np.max(np.log10(np.abs(r)) + s[:, None], axis=-1)  # (trials, D)
            m = np.where(np.isfinite(m), m, 0.0)  # a row of zeros has no scale
            relative = np.where(r == 0, 0.0, np.power(10.0, s[:, None] - m[..., None]))
            u = (r * relative) @ u
            largest = np.max(np.abs(u), axis=-1)
            s = m + np.log10(largest)
        return GradedProduct(q, s, u / np.where(largest > 0, largest, 1.0)[..., None])

    def _largest_first(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The order of the scales, s and u in it."""
        order = np.argsort(-self.s, axis=-1, kind="stable")
        s = np.take_along_axis(self.s, order, axis=-1)
        return order, s, np.take_along_axis(self.u, order[..., None], axis=-2)

    def log10_singular_values(self) -> np.ndarray:
        """(trials, D), largest first; -inf for an exact zero."""
        _, s, u = self._largest_first()
        # A float spans 300 decades, and the SVD squares: go through the scales 100 decades at a
        # time.  Rows far above the window only need to stay far above, rows far below, below.
        with np.errstate(invalid="ignore"):  # −inf − (−inf) of a product that is zero
            below_top = s[:, :1] - s
        window = np.floor_divide(np.where(np.isfinite(below_top), below_top, 0.0), 100.0)
        result = np.full(s.shape, -np.inf)
        for j in range(int(window.max()) + 1):
            center = s[:, :1] - 100.0 * j - 50.0
            center = np.where(np.isfinite(center), center, 0.0)
            with np.errstate(all="ignore"):
                scale = np.power(10.0, np.clip(s - center, -70.0, 70.0))
                values = np.linalg.svd(scale[..., None] * u, compute_uv=False)
                result = np.where(window == j, np.log10(values) + center, result)
        return result


@dataclass(frozen=True)
class StreamProducts:
    """What k = 0…n mixing matrices do to a random vector v of `width` parallel streams, as log₁₀.

    log10_free        (trials, n+1)  ‖P_k v‖ over ‖v‖, the matrices free, with N(0, σ²) entries
    log10_sum         (trials, n+1)  |Σ P_k v| over |Σ v|, the matrices doubly stochastic
    log10_difference  (trials, n+1)  the same matrices: ‖P_k d‖ over ‖d‖, with d = v − its mean
    """

    log10_free: np.ndarray
    log10_sum: np.ndarray
    log10_difference: np.ndarray


def stream_products(
    n: int, *, width: int, trials: int, rng: np.random.Generator, sigma: float = 1.0
) -> StreamProducts:
    """Mix `width` streams n times, by free matrices σZ and by `sinkhorn(exp(Z))`, Z ~ N(0, 1).

    Streams beside each other that matrices mix are hyper-connections (Zhu et al. 2025); doubly
    stochastic ones, by Sinkhorn's iteration, are from Xie et al. 2025 (arXiv 2512.24880). One
    generator state gives the same draws for every σ, and a longer product continues the shorter
    one. Raises ValueError where n or trials is below 1, width below 2 (one stream has no
    differences), σ not positive and finite, or trials·n·(width + 8)³ exceeds MAX_COST.
    """
    _check_counts(n=n, trials=trials, width=width)
    whole("width", width, 2)
    _check_sigma(sigma)
    _check_cost(n, width, trials)
    v = rng.standard_normal((trials, width, 1))
    Z = rng.standard_normal((n, trials, width, width))
    mixing = sinkhorn(np.exp(Z))
    difference = v - v.mean(axis=1, keepdims=True)
    streams, total = v, np.abs(v.sum(axis=(1, 2)))
    free, sums, differences = np.zeros((3, trials, n + 1))
    direction, difference = _unit(v)[0], _unit(difference)[0]
    for k in range(1, n + 1):
        direction, norm = _unit(Z[k - 1] @ direction)
        free[:, k] = free[:, k - 1] + np.log10(sigma * norm)
        streams = mixing[k - 1] @ streams
        sums[:, k] = np.log10(np.abs(streams.sum(axis=(1, 2))) / total)
        # Followed on its own: in `streams` it would soon be below the rounding of the mean.
        difference = mixing[k - 1] @ difference
        difference, norm = _unit(difference - difference.mean(axis=1, keepdims=True))
        differences[:, k] = differences[:, k - 1] + np.log10(norm)
    return StreamProducts(free, sums, differences)


def sinkhorn(positive: np.ndarray) -> np.ndarray:
    """Positive square matrices (…, D, D) made doubly stochastic: every row and column sums to 1.

    Rows and columns are divided by their sums in turn, columns last, so that these sum to 1 to
    rounding, and rows as nearly if entries differ as those of exp(N(0, 1)) do (Sinkhorn and Knopp
    1967). No product of such matrices has a singular value above 1. Raises ValueError where a
    matrix is not square, or an entry not positive and finite.
    """
    a = np.asarray(positive, dtype=float)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"a matrix must be square, and {a.shape} is none.")
    if not (np.isfinite(a) & (a > 0)).all():
        raise ValueError("every entry must be positive and finite.")
    for _ in range(ITERATIONS):
        a = a / a.sum(axis=-1, keepdims=True)
        a = a / a.sum(axis=-2, keepdims=True)
    return a


def _unit(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (trials, D, 1) at length 1, and the length that they had, (trials,)."""
    norm = np.linalg.norm(v, axis=1, keepdims=True)
    return v / norm, norm[:, 0, 0]


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if isinstance(count, float):  # a count is no measurement
            raise ValueError(f"{name} must be a whole number of at least 1, not {count!r}")
        whole(name, count, 1)


def _check_sigma(sigma: float) -> None:
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"σ must be positive and finite, not {sigma!r}.")


def _check_cost(n: int, width: int, trials: int) -> None:
    cost = trials * n * (width + 8) ** 3
    if cost > MAX_COST:
        raise ValueError(
            f"{trials:,} products of {n:,} matrices of width {width:,} are too many to compute: "
            f"trials × n × (width + 8)³ is {cost:,}, and at most {MAX_COST:,} is allowed."
        )
