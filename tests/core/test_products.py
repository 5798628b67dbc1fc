"""Products of random numbers and matrices, against exact cases and the theory."""

from fractions import Fraction
from math import log, log10, pi

import numpy as np
import pytest

from core import products, theory
from core.products import (
    GradedProduct,
    matrix_products,
    scalar_products,
    sinkhorn,
    stream_products,
)


def rng(seed=0):
    return np.random.default_rng(seed)


# Numbers -----------------------------------------------------------------------------------------


def test_scalar_products_are_products():
    drawn = scalar_products(5, trials=1000, rng=rng(), sigma=1.5)
    w = 1.5 * rng().standard_normal((5, 1000))
    direct = np.abs(np.prod(w, axis=0))
    np.testing.assert_allclose(10.0**drawn.log10, direct, rtol=1e-11)
    assert 10 ** drawn.log10_rms[-1] == pytest.approx(np.sqrt(np.mean(direct**2)), rel=1e-10)
    assert 10 ** drawn.median[2] == pytest.approx(
        np.median(np.abs(np.prod(w[:3], axis=0))), rel=1e-3
    )
    assert drawn.share_below_one[-1] == np.mean(direct < 1)
    assert 10.0**drawn.log10_rms_theory == pytest.approx(1.5 ** np.arange(1.0, 6.0))


class Drawn:
    """A generator whose next draws are known."""

    def __init__(self, *rows):
        self.rows = [np.array(row, float) for row in rows]

    def standard_normal(self, size):
        return self.rows.pop(0).reshape(size)


def test_a_draw_of_exactly_zero_is_a_product_of_zero():
    drawn = scalar_products(2, trials=2, rng=Drawn([0, 0], [1, 2]))
    assert (drawn.log10 == -np.inf).all() and (drawn.log10_rms == -np.inf).all()
    assert drawn.share_below_one.tolist() == [1.0, 1.0]
    half = scalar_products(1, trials=2, rng=Drawn([0, 2]))
    assert 10 ** half.log10_rms[0] == pytest.approx(np.sqrt(2))


def test_a_product_of_exactly_one_is_not_below_one():
    assert scalar_products(1, trials=2, rng=Drawn([1, -1])).share_below_one[0] == 0.0


def test_the_rms_of_draws_far_apart_is_that_of_the_largest():
    drawn = scalar_products(1, trials=2, rng=Drawn([1e-200, 1e200]))
    assert drawn.log10_rms[0] == pytest.approx(200 - 0.5 * log10(2), rel=1e-14)


def test_scale_and_length_keep_the_draws():
    long, short = (scalar_products(n, trials=50, rng=rng(3)) for n in (9, 4))
    np.testing.assert_array_equal(long.median[:4], short.median)
    scaled = scalar_products(4, trials=50, rng=rng(3), sigma=2.0)
    np.testing.assert_allclose(scaled.log10 - short.log10, 4 * log10(2), rtol=1e-12)


def test_fifteen_normal_weights_follow_the_exact_law():
    """A mean of 1 hides a collapse: the median is 1e-4, and 99.5 % are below 1."""
    drawn = scalar_products(60, trials=100_000, rng=rng())
    for n in (1, 15, 60):
        exact = theory.probability_below_one(n)
        assert drawn.share_below_one[n - 1] == pytest.approx(
            exact, abs=5 * np.sqrt(exact * (1 - exact) / 1e5) + 1e-5
        )
        # 0.5/√trials in probability is about 1.25 sd/√trials in the median.
        sd = theory.log10_product_mean_sd(n)[1]
        assert drawn.median[n - 1] == pytest.approx(
            theory.log10_product_median(n), abs=5 * 1.25 * sd / np.sqrt(1e5)
        )
    assert 0.5 < 10 ** drawn.log10_rms[14] < 1.6
    assert 10 ** drawn.log10_rms[59] < 0.1  # the true one is 1: no sample holds what carries it
    x = np.sort(drawn.log10)
    empirical = (np.arange(x.size) + 0.5) / x.size
    distance = np.abs(empirical - theory.log10_product_cdf(x[::50], 60).repeat(50)).max()
    assert distance < 0.01


def test_rms_survives_where_squares_do_not():
    drawn = scalar_products(50, trials=20, rng=rng(), sigma=1e10)
    assert np.isfinite(drawn.log10_rms).all() and drawn.log10_rms[-1] > 450


@pytest.mark.parametrize(
    "bad",
    [
        {"n": 0},
        {"trials": 0},
        {"n": 2.5},
        {"sigma": 0.0},
        {"sigma": np.nan},
        {"sigma": np.inf},
        {"n": 1000, "trials": 100_000},
    ],
)
def test_scalar_products_refuse(bad):
    with pytest.raises(ValueError):
        scalar_products(**{"n": 3, "trials": 5, "rng": rng()} | bad)


# Matrices ----------------------------------------------------------------------------------------


def direct_singular_values(factors):
    product = np.eye(factors.shape[-1])
    for w in factors:
        product = w @ product
    return np.log10(np.linalg.svd(product, compute_uv=False))


def test_short_products_agree_with_the_plain_svd():
    drawn = matrix_products(3, width=5, trials=4, rng=rng(), sigma=0.7)
    source = rng()
    v = source.standard_normal((4, 5, 1))
    w = np.stack([0.7 * source.standard_normal((4, 5, 5)) for _ in range(3)])
    for trial in range(4):
        np.testing.assert_allclose(
            drawn.log10_singular_values[trial, 3], direct_singular_values(w[:, trial]), atol=1e-10
        )
        u = v[trial] / np.linalg.norm(v[trial])
        grown = np.linalg.norm(w[2, trial] @ w[1, trial] @ w[0, trial] @ u)
        assert drawn.log10_growth[trial, 3] == pytest.approx(log10(grown), abs=1e-12)
    assert (drawn.log10_singular_values[:, 0] == 0).all() and (drawn.log10_growth[:, 0] == 0).all()
    np.testing.assert_allclose(drawn.log10_predicted, np.arange(4) * log10(0.7 * np.sqrt(5)))


def test_small_singular_values_of_two_by_two_products_are_exact():
    """σ₁σ₂ = ∏|det| and σ₁² + σ₂² = ‖P‖², both without rounding in rational arithmetic."""
    source, product = rng(1), GradedProduct.identity(1, 2)
    exact, determinant = np.array([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]), 1
    for n in range(1, 121):
        w = source.integers(-9, 10, size=(2, 2))
        if w[0, 0] * w[1, 1] == w[0, 1] * w[1, 0]:
            continue
        product = product.times(w[None].astype(float))
        f = np.array([[Fraction(int(e)) for e in row] for row in w])
        exact, determinant = f @ exact, determinant * abs(f[0, 0] * f[1, 1] - f[0, 1] * f[1, 0])
        square, det = log_fraction(np.sum(exact * exact)), log_fraction(determinant)
        largest, smallest = product.log10_singular_values()[0]
        assert largest + smallest == pytest.approx(det, rel=1e-12, abs=1e-12)
        # σ₁² + σ₂² in logs
        assert 2 * largest + np.log10(1 + 10 ** (2 * (smallest - largest))) == pytest.approx(
            square, rel=1e-12, abs=1e-12
        ), n
    assert largest - smallest > 20  # a plain product keeps 16 decades


def log_fraction(x) -> float:
    return (log(x.numerator) - log(x.denominator)) / log(10)


@pytest.mark.parametrize("decades", [1.0, 25.0])
def test_hidden_diagonals_are_recovered(decades):
    """Orthogonal changes of basis that cancel, O₂D₂O₁ᵀ·O₁D₁: the singular values are ∏D.

    The smallest come first, the wrong order for a QR factorization. At 25 decades per factor the
    product spans 500, more than a float; D then stays unmixed, as a mixed one would itself be lost
    to rounding.
    """
    width, n, source = 6, 20, rng(2)
    spread = np.linspace(-decades / 2, decades / 2, width)
    product, before, total = GradedProduct.identity(1, width), np.eye(width), np.zeros(width)
    for _ in range(n):
        if decades > 10:
            after = np.eye(width) * source.choice([-1.0, 1.0], width)
        else:
            after = np.linalg.qr(source.standard_normal((width, width)))[0]
        product = product.times((after @ np.diag(10.0**spread) @ before.T)[None])
        before, total = after, total + spread
    got = product.log10_singular_values()[0]
    np.testing.assert_allclose(got, np.sort(total)[::-1], atol=1e-9 * decades)


def test_the_determinant_is_kept_over_five_hundred_layers():
    """Σ log σ_i = Σ log|det W|, over more decades than a float has."""
    source, product, expected = rng(4), GradedProduct.identity(2, 8), np.zeros(2)
    for _ in range(500):
        w = source.standard_normal((2, 8, 8))
        product = product.times(w)
        expected += np.linalg.slogdet(w)[1] / log(10)
    values = product.log10_singular_values()
    np.testing.assert_allclose(values.sum(axis=1), expected, atol=1e-8)
    assert (values[:, 0] - values[:, -1] > 320).all()
    assert (np.diff(values, axis=1) <= 0).all()


def test_an_exact_zero_is_minus_infinity():
    product = GradedProduct.identity(1, 3).times(np.diag([2.0, 0.0, 1.0])[None])
    values = product.log10_singular_values()[0]
    assert values == pytest.approx([log10(2), 0, -np.inf])


def test_scale_is_an_exact_shift_and_length_continues():
    one, two = (matrix_products(6, width=4, trials=2, rng=rng(), sigma=s) for s in (1.0, 3.0))
    shift = np.arange(7) * log10(3)
    np.testing.assert_allclose(two.log10_growth - one.log10_growth, np.tile(shift, (2, 1)))
    np.testing.assert_allclose(two.log10_largest - one.log10_largest, np.tile(shift, (2, 1)))
    longer = matrix_products(9, width=4, trials=2, rng=rng())
    np.testing.assert_array_equal(longer.log10_singular_values[:, :7], one.log10_singular_values)


@pytest.mark.parametrize(
    ("width", "trials", "gain_law"), [(2, 4000, 2.26), (10, 400, 7.50), (64, 40, 13.55)]
)
def test_growth_of_a_random_vector_after_fifteen_layers(width, trials, gain_law):
    """The gain law is a wide layer's. At every width ‖Wv‖² is a chi-square of `width` degrees of
    freedom for each v of length 1, so that the mean of its ln is ψ(width/2) + ln 2 (Cohen and
    Newman 1984); of the widths here ψ(d/2) is a sum."""
    drawn = matrix_products(15, width=width, trials=trials, rng=rng())
    x = np.arange(1, width / 2)
    digamma, trigamma = -np.euler_gamma + np.sum(1 / x), pi**2 / 6 - np.sum(1 / x**2)
    mean = 15 * (digamma + log(2)) / 2 / log(10)
    sd = np.sqrt(15 * trigamma) / 2 / log(10)
    assert drawn.log10_growth[:, -1].mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(trials))
    assert drawn.log10_growth[:, -1].std() == pytest.approx(sd, rel=4 / np.sqrt(2 * trials))
    assert drawn.log10_predicted[-1] == pytest.approx(gain_law, abs=0.005)
    assert mean == pytest.approx({2: 0.38, 10: 7.16, 64: 13.50}[width], abs=0.005)


def test_spectrum_at_gain_one():
    drawn = matrix_products(15, width=64, trials=10, rng=rng(), sigma=1 / 8)
    assert np.median(drawn.log10_largest[:, -1]) == pytest.approx(0.68, abs=0.08)
    assert np.median(drawn.log10_median[:, -1]) == pytest.approx(-2.3, abs=0.15)


def test_singular_values_settle_at_the_lyapunov_exponents():
    """Newman 1986: the i-th of width N grows by ½(ψ((N−i+1)/2) + ln 2) per factor."""
    drawn = matrix_products(400, width=6, trials=10, rng=rng())
    per_factor = drawn.log10_singular_values[:, -1].mean(axis=0) / 400 * log(10)
    psi_half, psi_one = -np.euler_gamma - 2 * log(2), -np.euler_gamma
    psi = [psi_one + 1 + 1 / 2, psi_half + 2 + 2 / 3, psi_one + 1, psi_half + 2, psi_one, psi_half]
    np.testing.assert_allclose(per_factor, (np.array(psi) + log(2)) / 2, atol=0.05)


@pytest.mark.parametrize("layers", [1, 3])
def test_squared_singular_values_have_variance_of_the_depth(layers):
    """Pennington et al. 2017, wide linear layers at gain 1: mean 1, variance L."""
    drawn = matrix_products(layers, width=144, trials=3, rng=rng(), sigma=1 / 12)
    squares = 100.0 ** drawn.log10_singular_values[:, -1]
    assert squares.mean() == pytest.approx(1, abs=0.03)
    assert squares.var() == pytest.approx(layers, rel=0.1)


def test_extreme_factors_keep_their_scales():
    """Each factor alone spans 300 decades, and four of them leave the range of a float."""
    product, w = GradedProduct.identity(1, 2), np.array([[[-1e150, 0.0], [0.0, 1e-150]]])
    for _ in range(4):
        product = product.times(w)
        assert np.abs(product.u).max(axis=-1) == pytest.approx(1.0)
    assert product.log10_singular_values()[0] == pytest.approx([600, -600], rel=1e-14)
    steep = GradedProduct.identity(1, 2).times(np.array([[[1e-200, 1e200], [0.0, 1.0]]]))
    assert steep.log10_singular_values()[0, 0] == pytest.approx(200, rel=1e-14)


def test_rows_are_kept_at_a_largest_entry_of_one():
    product = GradedProduct.identity(2, 4)
    for _ in range(6):
        product = product.times(rng().standard_normal((2, 4, 4)))
    np.testing.assert_allclose(np.abs(product.u).max(axis=-1), 1.0, rtol=1e-15)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_singular_factor_leaves_zeros_for_good(rank):
    projection = np.diag([1.0] * rank + [0.0] * (3 - rank))[None]
    product = GradedProduct.identity(1, 3).times(projection)
    for _ in range(3):
        values = product.log10_singular_values()[0]
        assert np.isfinite(values[:rank]).all() and np.isneginf(values[rank:]).all()
        product = product.times(np.eye(3)[None] * 2)


def test_the_costs_at_the_bounds_are_allowed(monkeypatch):
    monkeypatch.setattr(products, "MAX_DRAWS", 50)
    assert scalar_products(5, trials=10, rng=rng()).median.shape == (5,)
    monkeypatch.setattr(products, "MAX_COST", 2 * 4 * (3 + 8) ** 3)
    assert matrix_products(4, width=3, trials=2, rng=rng()).log10_predicted.shape == (5,)
    monkeypatch.setattr(products, "MAX_COST", 2 * 4 * (3 + 8) ** 3 - 1)
    with pytest.raises(ValueError, match="is 10,648, and at most 10,647"):
        matrix_products(4, width=3, trials=2, rng=rng())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"n": 0}, "n must be"),
        ({"width": 0}, "width must be"),
        ({"trials": 0}, "trials must be"),
        ({"sigma": -1.0}, "σ must be"),
        ({"sigma": np.inf}, "σ must be"),
        ({"width": 1000, "n": 50}, "too many"),
    ],
)
def test_matrix_products_refuse(bad, message):
    with pytest.raises(ValueError, match=message):
        matrix_products(**{"n": 3, "width": 3, "trials": 2, "rng": rng()} | bad)


def test_the_bound_bites_before_anything_is_drawn():
    source = rng()
    for n, width in ((10**6, 64), (10**6, 1)):
        with pytest.raises(ValueError, match="at most"):
            matrix_products(n, width=width, trials=10, rng=source)
    with pytest.raises(ValueError, match="at most"):
        scalar_products(10**6, trials=10**6, rng=source)
    assert source.standard_normal() == rng().standard_normal()


# Streams -----------------------------------------------------------------------------------------


def test_sinkhorn_makes_rows_and_columns_sum_to_one():
    mixing = sinkhorn(np.exp(rng().standard_normal((500, 4, 4))))
    assert (mixing > 0).all()
    np.testing.assert_allclose(mixing.sum(axis=-2), 1, rtol=1e-15)
    np.testing.assert_allclose(mixing.sum(axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(mixing, ord=2, axis=(-2, -1)), 1, rtol=1e-14)
    slow = np.random.default_rng(9).standard_normal((6000, 4, 4))
    np.testing.assert_allclose(sinkhorn(np.exp(slow)).sum(axis=-1), 1, rtol=1e-15)
    for shape in ((2, 3), (4,), ()):
        with pytest.raises(ValueError, match="square"):
            sinkhorn(np.ones(shape))


def test_sinkhorn_scales_rows_and_columns_only():
    """Cross ratios stay; of 2 × 2 they give the result: a²/(1 − a)² = ad/bc."""
    ((a, b), (c, d)) = start = np.array([[3.0, 1.0], [0.5, 2.0]])
    root = np.sqrt(a * d / (b * c))
    mixing, share = sinkhorn(start), root / (1 + root)
    np.testing.assert_allclose(mixing, [[share, 1 - share], [1 - share, share]], rtol=1e-12)


@pytest.mark.parametrize("entry", [0.0, -1.0, np.inf, np.nan])
def test_sinkhorn_refuses_what_is_not_positive(entry):
    with pytest.raises(ValueError, match="positive and finite"):
        sinkhorn(np.array([[1.0, entry], [1.0, 1.0]]))


def test_streams_are_products_of_the_matrices():
    n, sigma = 5, 1.5
    drawn = stream_products(n, width=4, trials=3, rng=rng(), sigma=sigma)
    source = rng()
    v, Z = source.standard_normal((3, 4, 1)), source.standard_normal((n, 3, 4, 4))
    free, mixed, length = v, v, np.linalg.norm(v, axis=(1, 2))
    for z in Z:
        free, mixed = sigma * z @ free, sinkhorn(np.exp(z)) @ mixed
    np.testing.assert_allclose(
        10 ** drawn.log10_free[:, -1], np.linalg.norm(free, axis=(1, 2)) / length
    )
    apart = [np.linalg.norm(a - a.mean(axis=1, keepdims=True), axis=(1, 2)) for a in (mixed, v)]
    np.testing.assert_allclose(10 ** drawn.log10_difference[:, -1], apart[0] / apart[1], rtol=1e-9)
    longer = stream_products(n + 2, width=4, trials=3, rng=rng(), sigma=sigma)
    np.testing.assert_array_equal(longer.log10_difference[:, : n + 1], drawn.log10_difference)


def test_of_two_streams_the_difference_has_one_factor_a_matrix():
    drawn = stream_products(40, width=2, trials=5, rng=rng())
    source = rng()
    source.standard_normal((5, 2, 1))
    mixing = sinkhorn(np.exp(source.standard_normal((40, 5, 2, 2))))
    exact = np.log10(np.abs(2 * mixing[..., 0, 0] - 1)).sum(axis=0)
    np.testing.assert_allclose(drawn.log10_difference[:, -1], exact, atol=1e-4)


def test_the_sum_is_kept_and_the_differences_vanish():
    drawn = stream_products(60, width=4, trials=100, rng=rng())
    assert np.abs(drawn.log10_sum).max() < 1e-12
    assert (np.diff(drawn.log10_difference) < 1e-12).all()
    assert (drawn.log10_difference[:, -1] < -20).all()
    free = np.median(drawn.log10_free[:, -1])  # 60·½(ψ(2) + ln 2)/ln 10
    assert free == pytest.approx(30 * (1 - np.euler_gamma + log(2)) / log(10), abs=0.6)


def test_streams_refuse():
    for bad in ({"n": 0}, {"width": 1}, {"trials": 0}, {"sigma": 0.0}, {"width": 1000, "n": 50}):
        with pytest.raises(ValueError, match=r"must be|too many"):
            stream_products(**{"n": 3, "width": 3, "trials": 2, "rng": rng()} | bad)
