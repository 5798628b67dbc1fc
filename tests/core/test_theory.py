"""Theory against closed forms, brute force, sampling and the published numbers."""

from math import erf, exp, lgamma, log, log10, pi, sqrt

import numpy as np
import pytest

from core import losses, network, theory
from core.activations import ACTIVATIONS, activation
from core.network import NetSpec

# Means over a Gaussian ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "square", "slope_square"),
    [
        ("tanh", 0.394294, 0.464403),
        ("sigmoid", 0.293379, 0.044836),
        ("relu", 0.5, 0.5),
        ("selu", 1.0, 1.071575),
        ("identity", 1.0, 1.0),
    ],
)
def test_published_moments_at_variance_one(name, square, slope_square):
    m = theory.moments(activation(name))
    assert m.square == pytest.approx(square, abs=5e-7)
    assert m.slope_square == pytest.approx(slope_square, abs=5e-7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_moments_match_brute_force(name):
    """A plain fine midpoint sum, at variances from tiny to saturating."""
    phi = activation(name, negative_slope=0.2)
    z = (np.arange(2_000_000) + 0.5) * 1.3e-5 - 13.0
    density = np.exp(-z * z / 2) / sqrt(2 * pi) * 1.3e-5
    for q in (0.01, 1.0, 300.0):
        f, df = phi.value_and_slope(sqrt(q) * z)
        m = theory.moments(phi, q)
        expected = [f @ density, (f * f) @ density, (df * df) @ density]
        np.testing.assert_allclose(
            [m.mean, m.square, m.slope_square], expected, rtol=1e-7, atol=1e-11 * sqrt(q)
        )


def test_moments_in_closed_form():
    q = np.array([0.09, 1.0, 400.0])
    leaky = theory.moments(activation("leaky_relu", negative_slope=0.2), q)
    np.testing.assert_allclose(leaky.square, q * 1.04 / 2, rtol=1e-13)
    np.testing.assert_allclose(leaky.mean, 0.8 * np.sqrt(q / (2 * pi)), rtol=1e-13)
    half = [0.5 * exp(2 * v) * (1 - erf(sqrt(2 * v))) for v in (0.09, 1.0)]  # E e^{2z} over z < 0
    elu = theory.moments(activation("elu"), q[:2])
    np.testing.assert_allclose(elu.slope_square, 0.5 + np.array(half), rtol=1e-13)


def test_all_kinks_lie_where_the_panels_meet():
    assert {kink for phi in ACTIVATIONS.values() for kink in phi.kinks} <= {0.0}


# Depth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "initializer", "sigma_w2", "bias_std"),
    [
        ("relu", "he", 2.0, 0.0),
        ("tanh", "lecun", 1.0, 0.3),
        ("tanh", "normal", 400.0, 0.0),
        ("sigmoid", "normal", 400.0, 0.0),
        ("silu", "he", 2.0, 0.1),
    ],
)
def test_profile_matches_a_wide_network(name, initializer, sigma_w2, bias_std):
    width, depth = 400, 5
    spec = NetSpec(
        width, width, depth, 8, name, initializer=initializer, bias_std=bias_std, seeds=3
    )
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, width))
    params = network.init(spec, rng=rng)
    trace = network.forward(spec, params, x)
    _, d_output = losses.mean_squared_error(trace.output, rng.standard_normal((40, 8)))
    gradients = network.backward(spec, params, trace, d_output)
    p = theory.depth_profile(
        activation(name), depth=depth, sigma_w2=sigma_w2, sigma_b2=bias_std**2, input_square=1.0
    )
    np.testing.assert_allclose([np.mean(z**2) for z in trace.z], p.q, rtol=0.1)
    np.testing.assert_allclose([np.mean(h**2) for h in trace.h], p.square, rtol=0.1)
    dh = [sqrt(np.mean(g**2)) for g in gradients.dh]
    for i in range(1, depth):  # from h_{i+1} back to h_i
        assert dh[i - 1] / dh[i] == pytest.approx(p.gain[i], rel=0.1)


def test_rectifier_gains_are_exact_and_other_gains_as_measured():
    relu = theory.depth_profile(activation("relu"), depth=20, sigma_w2=[2.0, 1.0, 64.0])
    # He, Xavier, N(0, 1) at width 64
    np.testing.assert_allclose(relu.gain[:, 0], [1, 1 / sqrt(2), sqrt(32)], rtol=1e-12)
    np.testing.assert_allclose(relu.gain, relu.gain[:, :1].repeat(20, axis=1), rtol=1e-12)
    # N(0, 1) sigmoid layers by width, and tanh at width 64 (findings 1 and 2).
    sigmoid = theory.depth_profile(activation("sigmoid"), depth=20, sigma_w2=[10, 64, 100, 256])
    assert sigmoid.gain[:, -1] == pytest.approx([0.55, 0.89, 0.99, 1.25], abs=0.01)
    xavier = theory.depth_profile(activation("sigmoid"), depth=20, sigma_w2=1.0)
    assert xavier.gain[-1] == pytest.approx(0.24, abs=0.01)
    tanh = theory.depth_profile(activation("tanh"), depth=20, sigma_w2=64.0)
    assert tanh.gain[-1] == pytest.approx(2.1, abs=0.05)


@pytest.mark.parametrize(
    "name,exact", [("relu", sqrt(2)), ("identity", 1.0), ("leaky_relu", sqrt(2 / 1.0001))]
)
@pytest.mark.parametrize("depth", [2, 60])
def test_the_scale_of_gain_one_of_what_is_homogeneous_is_exact(name, exact, depth):
    found = theory.scale_of_gain_one(activation(name), 2.0 ** np.arange(-2, 3, 0.2), depth=depth)
    assert found == pytest.approx(exact, rel=2e-4)


def test_where_no_gain_rises_through_one_there_is_no_scale():
    assert theory.scale_of_gain_one(activation("relu"), np.array([0.5, 1.0]), depth=9) is None
    assert theory.scale_of_gain_one(activation("relu"), np.array([1.5, 3.0]), depth=9) is None


def test_one_layer_has_no_gain_between_layers():
    with pytest.raises(ValueError, match="depth"):
        theory.scale_of_gain_one(activation("relu"), np.array([0.5, 3.0]), depth=1)


@pytest.mark.parametrize(("name", "scale"), [("relu", 1.414), ("tanh", 1.25), ("sigmoid", 10.5)])
def test_the_scale_at_which_twenty_layers_have_gain_one(name, scale):
    profile = theory.depth_profile(activation(name), depth=20, sigma_w2=scale**2)
    assert np.exp(np.log(profile.gain).mean()) == pytest.approx(1, abs=0.02)


def test_uniform_classic_shrinks_by_the_square_root_of_three():
    """Glorot and Bengio 2010: n·Var[w] = 1/3, a linear layer loses ×0.577 both ways."""
    spec = NetSpec(300, 300, 4, 1, "identity", initializer="uniform_classic")
    rng = np.random.default_rng(0)
    trace = network.forward(spec, network.init(spec, rng=rng), rng.standard_normal((200, 300)))
    rms = [sqrt(np.mean(h**2)) for h in trace.h]
    p = theory.depth_profile(activation("identity"), depth=4, sigma_w2=1 / 3)
    np.testing.assert_allclose(np.sqrt(p.square), 3.0 ** -(np.arange(1, 5) / 2))
    np.testing.assert_allclose(rms, np.sqrt(p.square), rtol=0.03)


def test_infinite_profiles_are_data():
    p = theory.depth_profile(activation("relu"), depth=1000, sigma_w2=64.0)
    assert np.isinf(p.q[-1]) and p.gain[100] == pytest.approx(sqrt(32))


def test_batch_norm_with_relu_has_its_own_gain():
    spec = NetSpec(300, 300, 8, 1, norm="batch", seeds=2)
    rng = np.random.default_rng(0)
    params = network.init(spec, rng=rng)
    trace = network.forward(spec, params, rng.standard_normal((300, 300)))
    gradients = network.backward(spec, params, trace, rng.standard_normal((300, 1)))
    rms = np.array([sqrt(np.mean(g**2)) for g in gradients.dh])
    # In the middle, away from the ends; finite width and batch take a little.
    assert np.mean(np.log(rms[1:5] / rms[2:6])) == pytest.approx(
        log(theory.BATCH_NORM_RELU_GAIN), abs=0.03
    )
    assert pytest.approx(1.211, abs=5e-4) == theory.BATCH_NORM_RELU_GAIN


def test_the_smallest_profiles():
    p = theory.depth_profile(activation("identity"), depth=1, sigma_w2=0.0, input_square=0.0)
    assert (p.q.tolist(), p.square.tolist(), p.gain.tolist()) == ([0.0], [0.0], [0.0])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"depth": 0}, "at least 1"),
        ({"sigma_w2": -1.0}, "variance cannot be negative"),
        ({"sigma_w2": [1.0, -1.0]}, "variance cannot be negative"),  # one of two
        # Also where what is added to it makes the variance of z positive again.
        ({"sigma_w2": [1.0, -0.5], "sigma_b2": 2.0}, "variance cannot be negative"),
        ({"input_square": [1.0, -0.5], "sigma_b2": 2.0}, "variance cannot be negative"),
        ({"sigma_b2": [0.0, -0.1]}, "variance cannot be negative"),
        ({"input_square": [1.0, -1.0]}, "variance cannot be negative"),
    ],
)
def test_profiles_refuse(bad, message):
    with pytest.raises(ValueError, match=message):
        theory.depth_profile(activation("relu"), **{"depth": 3, "sigma_w2": 1.0} | bad)


# Products of random numbers ----------------------------------------------------------------------


def test_one_factor_is_the_half_normal():
    x = np.linspace(-6, 0.9, 40)
    w = 10.0**x
    np.testing.assert_allclose(
        theory.log10_product_cdf(x, 1, sigma=2.0), [erf(v / (2 * sqrt(2))) for v in w], atol=1e-13
    )
    density = np.log(10) * w * sqrt(2 / pi) * np.exp(-w * w / 2)
    np.testing.assert_allclose(theory.log10_product_density(x, 1), density, atol=1e-13)
    assert theory.probability_below_one(1) == pytest.approx(0.682689, abs=5e-7)
    assert 10 ** theory.log10_product_median(1) == pytest.approx(0.67448975, abs=1e-8)


def test_two_factors_are_a_bessel_function():
    """|w₁w₂| has the density (2/π)·K₀, K₀(x) = ∫₀^∞ e^{−x·cosh t} dt."""
    t = (np.arange(20_000) + 0.5) * 1e-3
    for x in (-6.0, -2.0, 0.0, 0.8):
        bessel = np.exp(-(10**x) * np.cosh(t)).sum() * 1e-3
        assert theory.log10_product_density(x, 2) == pytest.approx(
            log(10) * 10**x * 2 / pi * bessel, rel=1e-9
        )


@pytest.mark.parametrize("n", [2, 5, 15])
def test_the_law_composes(n):
    """The density of n factors is that of n − 1 convolved with that of one."""
    x = np.arange(-30, 4, 0.01)
    one, less = theory.log10_product_density(x, 1), theory.log10_product_density(x, n - 1)
    at = np.array([-4.0, -1.0, 0.0, 1.0])
    convolved = [np.interp(a - x, x, less, left=0, right=0) @ one * 0.01 for a in at]
    np.testing.assert_allclose(theory.log10_product_density(at, n), convolved, atol=2e-5)


@pytest.mark.parametrize("n", [1, 15, 60, 1000])
def test_density_cdf_and_moments_belong_together(n):
    mean, sd = theory.log10_product_mean_sd(n, sigma=1.3)
    x = np.linspace(mean - 14 * sd - 10, mean + 10 * sd + 3, 40_001)
    step = x[1] - x[0]
    density = theory.log10_product_density(x[::10], n, sigma=1.3)
    total = density.sum() * 10 * step
    assert total == pytest.approx(1, abs=1e-6)
    assert (density * x[::10]).sum() * 10 * step == pytest.approx(mean, abs=1e-4)
    variance = (density * (x[::10] - mean) ** 2).sum() * 10 * step
    assert sqrt(variance) == pytest.approx(sd, rel=1e-4)
    at = np.array([mean - sd, mean, mean + 0.7 * sd])
    slope = theory.log10_product_cdf(at + 1e-4, n, sigma=1.3) - theory.log10_product_cdf(
        at - 1e-4, n, sigma=1.3
    )
    np.testing.assert_allclose(
        slope / 2e-4, theory.log10_product_density(at, n, sigma=1.3), rtol=1e-6
    )
    assert mean == pytest.approx(n * (log10(1.3) - (np.euler_gamma + log(2)) / 2 / log(10)))
    assert sd == pytest.approx(sqrt(n * pi**2 / 8) / log(10))


def test_the_mean_square_comes_out_of_the_law():
    """E (w₁···w_n)² = 1, from a density whose bulk lies far below."""
    x = np.linspace(-12, 3, 6001)
    for n in (1, 2, 3):
        moment = (theory.log10_product_density(x, n) * 100.0**x).sum() * (x[1] - x[0])
        assert moment == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("n", [1, 15, 1000])
def test_a_probability_lies_between_zero_and_one(n):
    mean, sd = theory.log10_product_mean_sd(n)
    cdf = theory.log10_product_cdf(mean + np.linspace(-12, 12, 500) * sd, n)
    assert cdf.min() >= 0 and cdf.max() <= 1


def test_fifteen_normal_weights():
    assert theory.probability_below_one(15) == pytest.approx(0.994902, abs=1e-6)
    assert 10 ** theory.log10_product_median(15) == pytest.approx(9.648e-5, rel=1e-3)
    assert 10 ** theory.log10_product_median(30) == pytest.approx(7e-9, rel=0.01)


def test_far_from_the_law_nothing_breaks():
    assert theory.log10_product_cdf([-np.inf, -1e9, 1e9, np.inf], 15).tolist() == [0, 0, 1, 1]
    assert theory.log10_product_density([-np.inf, -1e9, 1e9], 15).tolist() == [0, 0, 0]
    assert theory.probability_below_one(60, sigma=1e-3) == 1
    assert theory.probability_below_one(100_000) == 1


def test_the_sigma_whose_median_is_one():
    for n in (1, 2, 15, 200):
        sigma = theory.sigma_for_median_one(n)
        assert theory.probability_below_one(n, sigma=sigma) == pytest.approx(0.5, abs=1e-12)
        assert theory.log10_product_median(n, sigma=sigma) == pytest.approx(0, abs=1e-10)
    assert theory.sigma_for_median_one(1) == pytest.approx(1 / 0.67448975, rel=1e-7)
    assert theory.sigma_for_median_one(15) == pytest.approx(1.852, abs=5e-4)
    assert exp(-theory.MEAN_LOG) == pytest.approx(1.8874, abs=5e-5)
    assert theory.sigma_for_median_one(50_000) == pytest.approx(exp(-theory.MEAN_LOG), abs=1e-4)


def test_log_gamma_on_the_real_axis_and_by_reflection():
    x = np.array([0.5, 1.0, 2.5, 30.0])
    np.testing.assert_allclose(
        theory._log_gamma(x + 0j).real, [lgamma(v) for v in x], atol=1e-13, rtol=1e-13
    )
    y = np.linspace(0, 40, 30)
    modulus = 0.5 * (log(pi) - np.logaddexp(pi * y, -pi * y) + log(2))  # |Γ(½+iy)|² = π/cosh πy
    np.testing.assert_allclose(theory._log_gamma(0.5 + 1j * y).real, modulus, atol=1e-12)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"n": 0}, "n must be"),
        ({"n": 1.5}, "n must be"),
        ({"n": 100_001}, "n must be"),
        ({"n": True}, "n must be"),
        ({"n": np.inf}, "n must be"),
        ({"sigma": 0.0}, "σ must be"),
        ({"sigma": -1.0}, "σ must be"),
        ({"sigma": np.inf}, "σ must be"),
        ({"sigma": np.nan}, "σ must be"),
    ],
)
def test_the_law_refuses(bad, message):
    given = {"n": 3, "sigma": 1.0} | bad
    for f in (
        theory.probability_below_one,
        theory.log10_product_median,
        theory.log10_product_mean_sd,
        lambda **given: theory.log10_product_cdf(0.0, **given),
        lambda **given: theory.log10_product_density(0.0, **given),
    ):
        with pytest.raises(ValueError, match=message):
            f(**given)


def test_not_a_number_has_no_probability():
    assert np.isnan(theory.log10_product_cdf(np.nan, 3))
    assert np.isnan(theory.log10_product_density(np.nan, 3))
