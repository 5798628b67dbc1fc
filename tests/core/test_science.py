"""Published results, and what the simple story gets wrong, on small protocols with tolerances.

Sizes are measured on the digits or on Gaussian inputs at initialization; runs are short. What is
asserted are bands: figures move with the seed, orderings do not.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from core import (
    clipping,
    datasets,
    diagnostics,
    losses,
    network,
    recurrent,
    sweeps,
    theory,
    training,
)
from core import products as random_products
from core.activations import ACTIVATIONS, activation
from core.initializers import INITIALIZERS
from core.network import NetSpec, Params
from core.training import TrainSpec
from tests.core.reference_recurrent import jacobian_products

DIGITS = datasets.digits()
RATES = (0.001, 0.01, 0.1, 1.0)


def at_start(spec, *, examples=64, scale=1.0, seed=0):
    """The profile of a spec at initialization on the digits; one weight scale."""
    x = DIGITS.x_train[:examples]
    rng = np.random.default_rng(seed)
    return sweeps.profile(replace(spec, n_in=64), x, weight_scales=[scale], rng=rng)


def on_gaussian_inputs(spec, *, examples=16, scale=1.0):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((examples, spec.n_in))
    return sweeps.profile(spec, x, weight_scales=[scale], rng=rng)


def forward_gains(profile):
    """Factors on the size of h from each hidden layer to the next: (S, L − 1)."""
    return 10 ** np.diff(profile.log10_h[0])


def backward_gains(profile):
    """Factors on the size of dJ/dz from each hidden layer to the one below it: (S, L − 1)."""
    return 10 ** -np.diff(profile.log10_dz[0])


def mean(factors):
    """Their geometric mean."""
    return np.exp(np.log(factors).mean())


def rms_factor(profile):
    """Typical factor on dJ/dz per layer back: the median over seeds of the geometric mean."""
    layers = profile.products.shape[-1] - 1
    return 10 ** np.median(profile.products[0, :, 0] / layers)


def ratio(profile):
    """Median over seeds of ‖dJ/dz₁‖/‖dJ/dz_L‖."""
    return 10 ** np.median(profile.products[0, :, 0])


def trained(spec, rate, *, steps=200, seed=0, **how):
    """(held-out accuracy (S,), the last state, the last step) of a run on the digits."""
    train_spec = TrainSpec(rate, steps=steps, **how)
    begun = training.start(spec, train_spec, rng=np.random.default_rng(seed))
    state, taken = training.train(spec, train_spec, DIGITS, begun)
    accuracy = training.accuracy(spec, state.params, DIGITS.x_test, DIGITS.y_test)
    broken = [halt is not None for halt in state.halts]
    return np.where(broken, 0.0, accuracy), state, taken[-1]


@cache
def best(activation, initializer, depth, residual=0.0, rates=RATES):
    """The best of the rates' median held-out accuracies over two seeds."""
    spec = NetSpec(
        *(64, 64, depth, 10, activation), initializer=initializer, residual=residual, seeds=2
    )
    return max(np.median(trained(spec, rate)[0]) for rate in rates)


# Theory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, square, slope_square",
    [
        ("tanh", 0.394294, 0.464403),
        ("sigmoid", 0.293379, 0.044836),
        ("relu", 0.5, 0.5),
        ("selu", 1.0, 1.071575),
    ],
)
def test_moments_at_q_1(name, square, slope_square):
    moments = theory.moments(ACTIVATIONS[name])
    assert moments.square == pytest.approx(square, abs=1e-6)
    assert moments.slope_square == pytest.approx(slope_square, abs=1e-6)


def test_a_deep_profile_needs_its_own_q():
    """tanh, σ_w² = 2, σ_b² = .05: at q = 1 the gain would be 0.96; at its own 0.72 it is 1.02."""
    phi = ACTIVATIONS["tanh"]
    profile = theory.depth_profile(phi, depth=60, sigma_w2=2.0, sigma_b2=0.05)
    at_one = np.sqrt(2.0 * theory.moments(phi).slope_square)
    assert at_one < 0.97 < 1.02 < profile.gain[-1]
    spec = NetSpec(300, 300, 30, 10, "tanh", initializer="lecun", bias_std=0.05**0.5, seeds=2)
    measured = on_gaussian_inputs(spec, scale=2.0**0.5)
    assert mean(backward_gains(measured)[:, 15:]) == pytest.approx(profile.gain[-1], rel=0.02)


def test_chi_is_measured_on_a_wide_network():
    spec = NetSpec(300, 300, 30, 10, "tanh", initializer="lecun", bias_std=0.05**0.5, seeds=2)
    measured = on_gaussian_inputs(spec)
    assert mean(backward_gains(measured)[:, 10:]) ** 2 == pytest.approx(0.759, rel=0.03)


# Initialization -------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme, gain", [("uniform_classic", 3**-0.5), ("xavier_uniform", 1.0)])
def test_glorot_and_bengio_2010(scheme, gain):
    """n·Var[W] = 1/3 loses ×0.577 a linear layer both ways; the normalized scheme holds."""
    spec = NetSpec(200, 200, 10, 200, "identity", initializer=scheme, seeds=10)
    profile = on_gaussian_inputs(spec)
    assert mean(forward_gains(profile)) == pytest.approx(gain, rel=0.02)
    assert mean(backward_gains(profile)) == pytest.approx(gain, rel=0.02)


@pytest.mark.parametrize("scheme, gain", [("xavier", 2**-0.5), ("he", 1.0)])
def test_he_et_al_2015(scheme, gain):
    spec = NetSpec(200, 200, 10, 200, "relu", initializer=scheme, seeds=10)
    profile = on_gaussian_inputs(spec)
    assert mean(forward_gains(profile)) == pytest.approx(gain, rel=0.03)
    assert mean(backward_gains(profile)) == pytest.approx(gain, rel=0.03)


def test_hanin_2018():
    """E‖h‖⁴/(E‖h‖²)² = ∏(1 + 5/n) = 2.59 at n = 50, L = 10: the mean is not typical."""
    spec, squares = NetSpec(20, 50, 10, 1, seeds=500), []
    for seed in range(8):
        params = network.init(spec, rng=np.random.default_rng(seed))
        trace = network.forward(spec, params, np.ones((1, 20)))
        squares.append(np.sum(trace.h[-1] ** 2, axis=(1, 2)))
    squares = np.concatenate(squares)
    assert np.mean(squares**2) / np.mean(squares) ** 2 == pytest.approx(
        (1 + 5 / 50) ** 10, rel=0.12
    )


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_pennington_2017(depth):
    """Squared singular values of a linear product, mean 1: variance L if Gaussian, 0 orthogonal."""
    rng, variances = np.random.default_rng(depth), {}
    for scheme in ("lecun", "orthogonal"):
        factors = [INITIALIZERS[scheme].sample(rng, 200, 200) for _ in range(depth)]
        squares = np.linalg.svd(np.linalg.multi_dot([np.eye(200), *factors]), compute_uv=False) ** 2
        variances[scheme] = np.var(squares / squares.mean())
    assert variances["lecun"] == pytest.approx(depth, rel=0.12)
    assert variances["orthogonal"] == pytest.approx(0.0, abs=1e-20)


def test_three_scales_of_one_network():
    """The article's 0.6 and 1.6 in a real network: 0.6¹⁵ = 4.7e-4, 1.6¹⁵ = 1153."""
    spec, x = NetSpec(64, 64, 16, 10, seeds=20), DIGITS.x_train[:64]
    profile = sweeps.profile(spec, x, weight_scales=[0.6, 1.0, 1.6], rng=np.random.default_rng(0))
    shrinks, holds, grows = 10 ** np.median(profile.products[..., 0], axis=1)
    assert 3e-4 < shrinks < 7e-4
    assert 0.6 < holds < 1.5
    assert 700 < grows < 1700


@pytest.mark.parametrize(
    "phi, scheme, low, high",
    [
        ("relu", "normal", 1e14, 4e14),
        ("relu", "he", 0.6, 1.5),
        ("relu", "xavier", 7e-4, 2e-3),
        ("tanh", "xavier", 0.15, 0.3),
        ("sigmoid", "xavier", 6e-13, 2e-12),
        ("sigmoid", "normal", 0.03, 0.15),
    ],
)
def test_twenty_layers_of_width_64(phi, scheme, low, high):
    spec = NetSpec(64, 64, 20, 10, phi, initializer=scheme, seeds=10)
    assert low < ratio(at_start(spec)) < high


# Findings that the simple story gets wrong ----------------------------------------------------


@pytest.mark.parametrize("width", [10, 64, 256])
def test_xavier_does_not_cure_the_sigmoid(width):
    """×0.24 a layer at any width, close to the bound of ¼; hardly a unit is saturated."""
    spec = NetSpec(64, width, 10, 10, "sigmoid", initializer="xavier", seeds=4)
    assert rms_factor(at_start(spec)) == pytest.approx(0.235, abs=0.02)
    params = network.init(spec, rng=np.random.default_rng(0))
    slopes = network.forward(spec, params, DIGITS.x_train[:64]).slope
    assert (diagnostics.saturated_share(slopes, 0.25)[:, 1:] < 0.01).all()


def test_wide_sigmoid_layers_of_n_0_1_weights_do_not_vanish():
    factors = {}
    for width in (10, 64, 100, 256):
        spec = NetSpec(64, width, 10, 10, "sigmoid", initializer="normal", seeds=6)
        factors[width] = rms_factor(at_start(spec))
    assert factors[10] == pytest.approx(0.5, abs=0.06)
    assert factors[64] == pytest.approx(0.87, abs=0.06)
    assert factors[100] == pytest.approx(1.0, abs=0.07)
    assert factors[256] == pytest.approx(1.25, abs=0.08)


def test_tanh_with_n_0_1_weights_saturates_and_explodes():
    spec = NetSpec(64, 64, 20, 10, "tanh", initializer="normal", seeds=6)
    assert rms_factor(at_start(spec)) == pytest.approx(2.1, abs=0.12)
    params = network.init(spec, rng=np.random.default_rng(0))
    slopes = network.forward(spec, params, DIGITS.x_train[:64]).slope
    assert diagnostics.saturated_share(slopes, 1.0).mean() == pytest.approx(0.77, abs=0.03)


def test_the_slopes_vanish_and_the_gradient_explodes():
    """tanh with N(0, 1) weights, 15 layers: slopes 9e-9, weights 4e12, gradient 3.7e4."""
    profile = at_start(NetSpec(64, 64, 15, 10, "tanh", initializer="normal", seeds=20))
    slopes, weights, gradient = (
        10 ** np.median(values[0, :, 0])
        for values in (profile.slopes, profile.weights, profile.products)
    )
    assert 7e-9 < slopes < 1.1e-8
    assert 3e12 < weights < 6e12
    assert 1.5e4 < gradient < 8e4


def test_relu_weight_gradients_are_flat_while_dz_explodes():
    profile = at_start(NetSpec(64, 64, 20, 10, initializer="normal", seeds=10))
    typical = np.median(profile.log10_dW[0], axis=0)[:-1]
    assert np.ptp(typical) < 0.3
    assert np.median(profile.products[0, :, 0]) > 14


def test_clipping_does_not_rescue_n_0_1_weights():
    """No NaN, and a loss near 1e14: a capped step mends no scale."""
    spec = NetSpec(64, 64, 20, 10, initializer="normal", seeds=2)
    accuracy, state, step = trained(spec, 0.03, clip="norm", clip_limit=1.0)
    assert state.halts == (None, None)
    assert (step.loss > 1e13).all() and (accuracy < 0.35).all()
    assert (step.clip_factor < 1e-14).all()


def test_clipping_does_not_lift_a_small_gradient():
    spec = NetSpec(64, 64, 16, 10, weight_scale=0.6)
    accuracy, _, step = trained(spec, 0.03, clip="norm", clip_limit=1.0)
    assert step.clip_factor == 1.0 and accuracy < 0.2


def test_clipping_helps_where_single_steps_are_too_long():
    spec = NetSpec(64, 64, 8, 10, weight_scale=1.6, seeds=4)
    unclipped = trained(spec, 0.03)
    assert sum(halt is not None for halt in unclipped[1].halts) >= 2
    too_short, right = (
        np.median(trained(spec, 0.03, clip="norm", clip_limit=limit)[0]) for limit in (0.1, 30.0)
    )
    assert too_short < 0.3 < 0.75 < right


def test_a_plain_residual_network_explodes_and_a_scaled_branch_does_not():
    plain = NetSpec(64, 64, 20, 10, residual=1.0, seeds=4)
    growth = mean(forward_gains(at_start(plain))[:, 2:]) ** 2  # of the variance
    assert growth == pytest.approx(2.9, abs=0.25)
    for rate in (0.001, 0.1):
        _, state, _ = trained(replace(plain, seeds=1), rate)
        assert state.halted
    for depth, rate in ((10, 0.1), (20, 0.1), (50, 0.03)):
        spec = NetSpec(64, 64, depth, 10, residual=depth**-0.5)
        assert trained(spec, rate)[0] > 0.85


def test_batch_norm_with_relu_multiplies_gradients_by_1_21():
    spec = NetSpec(64, 128, 15, 10, norm="batch", seeds=4)
    measured = mean(backward_gains(at_start(spec, examples=256)))
    assert pytest.approx(1.2112, abs=1e-4) == theory.BATCH_NORM_RELU_GAIN
    assert measured == pytest.approx(theory.BATCH_NORM_RELU_GAIN, rel=0.015)


def test_he_preserves_an_expectation_and_narrow_networks_shrink():
    profile = at_start(NetSpec(64, 20, 50, 10, seeds=100), examples=16)
    assert 0.03 < ratio(profile) < 0.2
    narrow = at_start(NetSpec(64, 5, 20, 10, seeds=200), examples=64)
    dead = np.isneginf(narrow.log10_dz[0, :, 0])
    assert dead.mean() == pytest.approx(1 / 3, abs=0.08)
    # Where nothing arrives, 0/0 too, nothing is left of the gradient: and only there.
    assert np.array_equal(np.isneginf(narrow.products[0, :, 0]), dead)
    assert not np.isnan(narrow.products).any()


def test_means_hide_collapse():
    """Thirty N(0, 1) factors: the rms is 1, the median 7e-9, and a sample's rms is neither."""
    assert 10 ** theory.log10_product_median(30) == pytest.approx(7e-9, rel=0.02)
    draws = random_products.scalar_products(30, trials=20_000, rng=np.random.default_rng(0))
    assert draws.median[-1] == pytest.approx(theory.log10_product_median(30), abs=0.1)
    assert draws.log10_rms_theory[-1] == 0.0
    assert draws.log10_rms[-1] < -0.3


def test_half_the_relus_are_off_and_few_are_dead():
    spec = NetSpec(64, 64, 20, 10, seeds=10)
    params = network.init(spec, rng=np.random.default_rng(0))
    slopes = network.forward(spec, params, DIGITS.x_train[:256]).slope
    assert diagnostics.off_share(slopes).mean() == pytest.approx(0.5, abs=0.02)
    dead = diagnostics.dead_share(slopes).mean(axis=0)
    assert dead[0] == 0.0 and 0.2 < dead[-1] < 0.45
    negative = replace(spec, bias_mean=-1.0)
    params = network.init(negative, rng=np.random.default_rng(0))
    slopes = network.forward(negative, params, DIGITS.x_train[:256]).slope
    assert diagnostics.dead_share(slopes).mean() > 0.5


def test_products_of_matrices_of_spectral_radius_below_1_may_grow():
    """Two nilpotent matrices of radius 0: their product has radius 4."""
    a, b = np.array([[0.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [2.0, 0.0]])
    radius = [np.abs(np.linalg.eigvals(m)).max() for m in (a, b, a @ b)]
    assert radius == [0.0, 0.0, 4.0]


@pytest.mark.parametrize("phi", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_pascanu_2013(phi, scale):
    """‖∂h_T/∂h_t‖ ≤ (γσ₁)^(T−t), never violated; σ₁ > 1/γ does not suffice to explode."""
    spec = recurrent.RnnSpec(
        *(4, 16, 40, 2, phi), recurrent="singular_value", recurrent_scale=scale, seeds=3
    )
    rng = np.random.default_rng(2)
    params = recurrent.init(spec, rng=rng)
    trace = recurrent.forward(spec, params, rng.standard_normal((2, 40, 4)))
    products = jacobian_products(spec, params, trace)
    assert (products.log10_largest <= products.log10_bound + 1e-9).all()
    gamma = ACTIVATIONS[phi].max_slope
    steps = 40 - 1 - np.arange(40)
    assert products.log10_bound == pytest.approx(
        np.broadcast_to(steps * np.log10(gamma * scale), (3, 40))
    )
    if gamma * scale < 1:
        assert (products.log10_largest[:, 0] < -2).all()
    if (phi, scale) == ("sigmoid", 3.0):  # below 1/γ = 4
        assert (products.log10_largest[:, 0] < -3).all()


def test_a_singular_value_above_one_over_gamma_is_not_sufficient_to_explode():
    spec = recurrent.RnnSpec(
        4, 16, 40, 2, "sigmoid", recurrent="singular_value", recurrent_scale=6.0, seeds=3
    )
    rng = np.random.default_rng(2)
    params = recurrent.init(spec, rng=rng)
    trace = recurrent.forward(spec, params, rng.standard_normal((2, 40, 4)))
    products = jacobian_products(spec, params, trace)
    assert (products.log10_bound[:, 0] > 6).all()
    assert (products.log10_largest[:, 0] < -2).all()


# Training on the digits -----------------------------------------------------------------------


def test_depth_20_with_relu_xavier_relu_he_and_tanh_xavier():
    xavier, he = best("relu", "xavier", 20), best("relu", "he", 20, rates=(0.01, 0.03, 0.1))
    tanh = best("tanh", "xavier", 20, rates=(0.01, 0.1))
    assert xavier < 0.25
    assert 0.35 < he < 0.85
    assert tanh > 0.9


@pytest.mark.parametrize("depth", [5, 10])
def test_sigmoid_with_xavier_never_leaves_chance(depth):
    assert best("sigmoid", "xavier", depth) < 0.2


@pytest.mark.parametrize("depth", [5, 30])
def test_sigmoid_with_residual_connections_trains(depth):
    assert best("sigmoid", "xavier", depth, residual=1.0, rates=(0.1, 1.0)) > 0.92


def test_the_same_network_learns_stalls_or_breaks():
    """The home page: ReLU, depth 16, rate 0.03, He times 0.6, 1 and 1.6."""
    spec = NetSpec(64, 64, 16, 10, seeds=3)
    stalls, _, step = trained(replace(spec, weight_scale=0.6), 0.03)
    assert (stalls < 0.2).all() and step.loss == pytest.approx(np.log(10), abs=0.02)
    learns, state, step = trained(spec, 0.03)
    assert (learns > 0.6).all() and state.halts == (None,) * 3
    _, state, step = trained(replace(spec, weight_scale=1.6), 0.03)
    assert step.step <= 6
    assert sum(halt is not None and 2 <= halt.step <= 5 for halt in state.halts) >= 2


def test_the_relative_size_of_the_first_update():
    """1.3e-6 where nothing is learned, 3.3e-3 where it is, 5 times the weights where it breaks."""
    sizes = {}
    for scale in (0.6, 1.0, 1.6):
        spec = NetSpec(64, 64, 16, 10, weight_scale=scale, seeds=8)
        _, _, step = trained(spec, 0.03, steps=1)
        sizes[scale] = 10 ** np.median(step.log10_update[:, 0])
    assert 7e-7 < sizes[0.6] < 3e-6
    assert 1.5e-3 < sizes[1.0] < 8e-3
    assert 3 < sizes[1.6] < 12


def test_tanh_with_n_0_1_weights_explodes_and_stays_finite():
    spec = NetSpec(64, 64, 15, 10, "tanh", initializer="normal", seeds=2)
    accuracy, state, _ = trained(spec, 0.1)
    assert state.halts == (None, None) and (accuracy < 0.35).all()


# Edge cases with known answers ----------------------------------------------------------------


def test_the_sigmoid_far_out():
    sigmoid = ACTIVATIONS["sigmoid"]
    assert sigmoid.f(np.array([750.0, -750.0])).tolist() == [1.0, 0.0]
    assert sigmoid.df(40.0) == pytest.approx(4.248354255291589e-18, rel=1e-12)
    assert sigmoid.f(40.0) * (1.0 - sigmoid.f(40.0)) == 0.0
    softplus = ACTIVATIONS["softplus"]
    assert softplus.f(np.array([-700.0, 0.0, 1e4])) == pytest.approx(
        [np.exp(-700.0), np.log(2.0), 1e4], rel=1e-14
    )


def test_where_powers_leave_the_floats():
    quarter = np.cumprod(np.full(600, 0.25))
    assert np.argmax(quarter < np.finfo(float).smallest_normal) + 1 == 512
    assert np.argmax(quarter == 0) + 1 == 538
    assert np.argmax(np.cumprod(np.full(100, 0.25, np.float32)) == 0) + 1 == 75
    for dtype, n in ((np.float16, 28), (np.float32, 219), (np.float64, 1751)):
        with np.errstate(over="ignore"):
            powers = np.float64(1.5) ** np.arange(1, 1800)
            assert np.argmax(np.isinf(powers.astype(dtype))) + 1 == n


def test_the_square_of_a_norm_overflows_at_half_the_depth():
    """ReLU with N(0, 1) weights, width 1,000, 200 layers: 10^270, of which no square exists."""
    rng = np.random.default_rng(0)
    spec = NetSpec(1000, 1000, 200, 1, initializer="normal")
    matrices = rng.standard_normal((4, 1, 1000, 1000))  # four in turn, to spare memory
    params = Params(
        W=(*(matrices[layer % 4] for layer in range(200)), np.ones((1, 1000, 1))),
        b=(*[np.zeros((1, 1, 1000))] * 200, np.zeros((1, 1, 1))),
    )
    trace = network.forward(spec, params, rng.standard_normal((1, 1000)))
    assert network.first_non_finite(trace) is None
    log_norms = diagnostics.log10_norms(trace.h)[0]
    assert log_norms[-1] == pytest.approx(200 * np.log10(np.sqrt(500)) + 1.5, abs=3)
    with np.errstate(over="ignore"):
        naive = [np.sum(h * h) for h in trace.h]
    overflows = int(np.argmax(np.isinf(naive)))
    assert log_norms[overflows] == pytest.approx(154.5, abs=1.0) and 105 < overflows < 125


def test_clipping_at_the_ends_of_the_range():
    g = np.full(4, 5e199)
    clipped = clipping.clip_by_global_norm(g, 1.0)
    with np.errstate(over="ignore"):
        assert np.all(g * (1.0 / np.sqrt(np.sum(g * g))) == 0)  # what a naive norm does
    assert clipped.gradients == pytest.approx(np.full(4, 0.5))
    assert clipped.norm == pytest.approx(1e200)
    for bad in (np.inf, np.nan):
        for clip in (clipping.clip_by_value, clipping.clip_by_global_norm):
            with pytest.raises(clipping.NonFiniteGradient):
                clip(np.array([1.0, bad]), 1.0)
    assert not clipping.clip_by_global_norm(np.zeros(3), 1.0).gradients.any()


def test_a_gradient_that_cannot_be_clipped_is_named_by_its_layer():
    spec = NetSpec(3, 4, 2, 2)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.ones((2, 3)))
    gradients = network.backward(spec, params, trace, np.ones((2, 2)))
    gradients.dW[1][0, 2, 3] = np.nan
    with pytest.raises(clipping.NonFiniteGradient, match="dW of layer 2"):
        clipping.clip_by_global_norm(gradients, 1.0)


@pytest.mark.parametrize("norm, width, examples", [("layer", 1, 5), ("batch", 6, 1)])
def test_a_normalizer_without_a_spread_gives_zero(norm, width, examples):
    spec = NetSpec(3, width, 2, 2, "tanh", norm=norm)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.ones((examples, 3)))
    gradients = network.backward(spec, params, trace, np.ones((examples, 2)))
    assert all((x_hat == 0).all() for x_hat in trace.x_hat)
    assert not any(dW.any() for dW in gradients.dW[:-1])
    assert network.first_non_finite(trace) is network.first_non_finite(gradients) is None


def test_losses_at_extreme_logits():
    logits = np.array([[[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]]])
    value, d_logits = losses.softmax_cross_entropy(logits, np.array([0, 0]))
    assert value == pytest.approx(1e4) and np.isfinite(d_logits).all()
    value, d_logits = losses.binary_cross_entropy(logits, np.array([[1, 0, 1], [1, 0, 1]]))
    assert value == pytest.approx((2 * 1e4 + 2 * np.log(2)) / 6)
    assert d_logits[0, 1] == pytest.approx(np.array([-1.0, 1.0, -0.5]) / 6)


def test_leaky_relu_takes_its_slope():
    steep = activation("leaky_relu", negative_slope=0.2)
    assert steep.f(np.array([-5.0, 5.0])).tolist() == [-1.0, 5.0]
    assert steep.df(np.array([-5.0, 5.0])).tolist() == [0.2, 1.0]
