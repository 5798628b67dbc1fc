"""Log norms over the whole range of float64, gains, running products and shares of units."""

import numpy as np
import pytest

from core import diagnostics, network
from core.activations import ACTIVATIONS
from core.network import NetSpec

A = np.random.default_rng(0).standard_normal((3, 4, 5))


@pytest.mark.parametrize("axis", [0, -1, (-2, -1), (0, 2), (0, 1, 2)])
def test_log10_norm_is_the_logarithm_of_the_norm(axis):
    expected = np.log10(np.sqrt(np.sum(A * A, axis=axis)))
    ours = diagnostics.log10_norm(A, axis)
    assert np.shape(ours) == np.shape(expected)
    assert ours == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("axis", [3, -4, (0, 3), (0, 0)])
def test_an_axis_that_there_is_not_has_no_norm(axis):
    with pytest.raises(ValueError):
        diagnostics.log10_norm(A, axis)


@pytest.mark.parametrize("exponent", [-319, -300, -160, -145, 150, 160, 300])
def test_log10_norm_where_squares_leave_the_range(exponent):
    tolerance = 1e-12 if exponent > -308 else 1e-3  # subnormal entries hold few digits
    ours = diagnostics.log10_norm(A * 10.0**exponent)
    assert ours == pytest.approx(diagnostics.log10_norm(A) + exponent, abs=tolerance)


def test_log10_norm_of_the_smallest_and_the_largest_numbers():
    assert diagnostics.log10_norm([[5e-324, 0.0]]) == pytest.approx(-323.306, abs=1e-3)
    assert diagnostics.log10_norm([[1e308, -1e308, 1e308]]) == pytest.approx(308.2386, abs=1e-4)
    # One huge entry must not hide a slice of small ones.
    assert diagnostics.log10_norm([[[1e-200]], [[1e200]]]) == pytest.approx([-200.0, 200.0])
    assert diagnostics.log10_norm([[-3e200, -4e200]]) == pytest.approx(200 + np.log10(5))
    assert diagnostics.log10_norm([[10**10, 0]]) == pytest.approx(10.0)  # 10^20 is no int64


def test_log10_norm_of_what_has_no_logarithm():
    values = [[0.0, 0.0], [1.0, -np.inf], [np.nan, 1.0], [np.nan, np.inf]]
    ours = diagnostics.log10_norm(np.array(values)[:, None])
    assert np.array_equal(ours, [-np.inf, np.inf, np.nan, np.nan], equal_nan=True)


def test_log10_norms_stacks_layers_of_different_widths():
    layers = (A, A[:, :2] * 1e-200, np.zeros((3, 1, 7)))
    expected = np.stack([diagnostics.log10_norm(a) for a in layers], axis=1)
    assert np.array_equal(diagnostics.log10_norms(layers), expected)
    assert diagnostics.log10_norms(()).size == 0


def test_calm_is_decided_per_member():
    calm = diagnostics.is_calm(
        np.array([[1.0, 2.0], [-np.inf, 3.0], [0.0, 0.0], [0.0, 0.0]]),
        np.array([[1.0], [0.0], [301.0], [np.nan]]),
    )
    assert calm.tolist() == [True, True, False, False]


def test_a_linear_network_has_the_gain_of_its_weights():
    """Orthogonal weights times 3: every layer triples the rms, forward and backward."""
    spec = NetSpec(6, 6, 5, 6, "identity", initializer="orthogonal", weight_scale=3.0, seeds=2)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.random.default_rng(1).standard_normal((4, 6)))
    gradients = network.backward(spec, params, trace, np.ones((4, 6)))
    assert np.diff(diagnostics.log10_rms(trace.h)) == pytest.approx(np.full((2, 4), np.log10(3)))
    assert diagnostics.backward_gains(gradients) == pytest.approx(np.full((2, 4), 3.0))
    products = np.broadcast_to(np.log10(3.0) * np.array([4, 3, 2, 1, 0]), (2, 5))
    assert diagnostics.jacobian_products(gradients) == pytest.approx(products)
    assert diagnostics.weight_products(params) == pytest.approx(products)
    assert diagnostics.slope_products(trace) == pytest.approx(np.zeros((2, 5)))


def test_running_products_go_from_the_output_back():
    factors = np.log10([[2.0, 3.0, 5.0], [1.0, 1.0, 0.1]])
    products = 10 ** diagnostics.running_products(factors)
    assert products == pytest.approx(np.array([[30.0, 15.0, 5.0, 1.0], [0.1, 0.1, 0.1, 1.0]]))
    assert diagnostics.running_products([1, 2, 3]).tolist() == [6.0, 5.0, 3.0, 0.0]


def test_a_single_layer_has_the_empty_product():
    params = network.init(NetSpec(3, 4, 1, 2, seeds=2), rng=np.random.default_rng(0))
    assert diagnostics.weight_products(params).tolist() == [[0.0], [0.0]]


def test_without_a_hidden_layer_there_is_no_product():
    spec = NetSpec(3, 4, 0, 2, seeds=2)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.ones((5, 3)))
    assert diagnostics.weight_products(params).shape == (2, 0)
    assert diagnostics.slope_products(trace).shape == (2, 0)


def test_the_slopes_of_a_chain_multiply_up():
    """Width 1, one example: the product of φ′(z) over the layers that a gradient crosses."""
    spec = NetSpec(1, 1, 6, 1, "tanh", initializer="normal", bias_std=0.5)
    params = network.init(spec, rng=np.random.default_rng(4))
    trace = network.forward(spec, params, [[0.7]])
    slopes = np.array([slope.item() for slope in trace.slope])
    expected = [np.prod(slopes[layer:-1]) for layer in range(6)]
    assert 10 ** diagnostics.slope_products(trace)[0] == pytest.approx(expected)
    gradients = network.backward(spec, params, trace, np.ones((1, 1, 1)))
    total = diagnostics.slope_products(trace) + diagnostics.weight_products(params)
    assert diagnostics.jacobian_products(gradients) == pytest.approx(total)


def test_shares_of_saturated_off_and_dead_units():
    # Two units, four examples: the first is off for all of them, the second for one.
    slope = np.array([[[0.0, 1.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.04]]])
    assert diagnostics.off_share((slope,)).tolist() == [[5 / 8]]
    assert diagnostics.dead_share((slope,)).tolist() == [[1 / 2]]
    assert diagnostics.saturated_share((slope,), 1.0).tolist() == [[6 / 8]]
    assert diagnostics.saturated_share((slope,), 0.25).tolist() == [[5 / 8]]
    # A slope of exactly 5 % is not below it, and a steep one that falls is not flat.
    edges = np.array([[[0.05, 0.0499], [-0.04, -0.5]]])
    assert diagnostics.saturated_share((edges,), 1.0).tolist() == [[2 / 4]]
    for share in (diagnostics.off_share, diagnostics.dead_share):
        assert share(()).shape == (0, 0)


@pytest.mark.parametrize("name, edge", [("sigmoid", 4.36), ("tanh", 2.18)])
def test_where_saturation_begins(name, edge):
    record = ACTIVATIONS[name]
    slopes = record.df(np.array([[[-edge - 0.01, -edge + 0.01, edge - 0.01, edge + 0.01]]]))
    assert diagnostics.saturated_share((slopes,), record.max_slope).item() == 0.5


def test_a_dead_network_is_zero_divided_by_zero_and_no_warning():
    spec = NetSpec(3, 4, 3, 2, bias_mean=-100.0, seeds=2)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.ones((2, 3)))
    gradients = network.backward(spec, params, trace, np.ones((2, 2)))
    assert np.isneginf(diagnostics.log10_norms(gradients.dz)).all()
    assert np.isnan(diagnostics.backward_gains(gradients)).all()
    assert np.isneginf(diagnostics.jacobian_products(gradients)).all()
    assert np.isneginf(diagnostics.slope_products(trace)[:, :-1]).all()
    assert (diagnostics.dead_share(trace.slope) == 1.0).all()


def test_member_takes_one_network_out_of_an_ensemble():
    spec = NetSpec(3, 4, 2, 2, norm="batch", seeds=3)
    params = network.init(spec, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((5, 3))
    trace, alone = network.forward(spec, params, x), diagnostics.member(params, 1)
    expected = diagnostics.member(trace, 1)
    ours = network.forward(NetSpec(3, 4, 2, 2, norm="batch"), alone, x)
    assert np.array_equal(ours.output, expected.output)
    assert np.array_equal(ours.x_hat[1], expected.x_hat[1])


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_a_shared_input_is_every_members_input(seeds):
    spec = NetSpec(3, 4, 2, 2, seeds=seeds)
    params = network.init(spec, rng=np.random.default_rng(0))
    trace = network.forward(spec, params, np.ones((5, 3)))
    for s in range(seeds):
        alone = diagnostics.member(trace, s)
        assert np.array_equal(alone.x, np.ones((1, 5, 3)))
        assert np.array_equal(alone.output, trace.output[s][None])


def test_a_members_norm_is_the_same_in_any_company():
    for seed in range(50):
        lone = np.random.default_rng(seed).standard_normal((1, 2, 33))
        among = np.concatenate([lone, 0 * lone, 1e300 * lone])
        assert diagnostics.log10_norms([lone])[0, 0] == diagnostics.log10_norms([among])[0, 0]
        huge = diagnostics.log10_norms([among])[2, 0]  # beside a norm that needs no care
        assert huge == pytest.approx(300 + diagnostics.log10_norms([lone])[0, 0], abs=1e-12)


# The norm of dJ/dW -------------------------------------------------------------------------------


def product_norm(below, du):
    """log₁₀ ‖belowᵀ·du‖, the long way."""
    return diagnostics.log10_norm(below.mT @ du)


@pytest.mark.parametrize("seed", range(20))
def test_the_norm_of_a_product_without_the_product(seed):
    rng = np.random.default_rng(seed)
    examples, d_in, d_out = rng.integers(1, 9), *rng.integers(1, 40, 2)
    below, du = (rng.standard_normal((2, 3, examples, d)) for d in (d_in, d_out))
    below, du = below * 10 ** rng.uniform(-9, 9), du * 10 ** rng.uniform(-9, 9)
    ours = diagnostics.log10_dW_norm(below, du)
    assert ours.shape == (2, 3)
    assert ours == pytest.approx(product_norm(below, du), abs=1e-11)
    shared = diagnostics.log10_dW_norm(below[0, 0], du)  # an input is the same for all members
    assert shared == pytest.approx(product_norm(below[0, 0], du), abs=1e-11)


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
def test_the_norm_of_a_product_has_its_range(size):
    below = np.random.default_rng(0).standard_normal((4, 3, 30))
    du = np.random.default_rng(1).standard_normal((4, 3, 30)) * size
    du[2] /= size
    ours = diagnostics.log10_dW_norm(below, du)
    assert ours == pytest.approx(product_norm(below, du), abs=1e-11)
    assert ours[0] == pytest.approx(np.log10(size) + 1.7, abs=0.3)


def test_the_norm_of_a_product_keeps_its_digits_where_terms_cancel():
    """All examples alike, and gradients that sum to nearly nothing: a loss at its optimum."""
    below = np.repeat(np.random.default_rng(0).standard_normal((1, 1, 30)), 3, axis=1)
    du = np.random.default_rng(1).standard_normal((1, 3, 30))
    du -= (1 - 1e-6) * du.mean(axis=1, keepdims=True)
    exact = diagnostics.log10_norm(below[:, 0]) + diagnostics.log10_norm(du.sum(axis=1))
    ours = diagnostics.log10_dW_norm(below, du)
    assert ours == pytest.approx(product_norm(below, du), abs=1e-12)
    assert ours == pytest.approx(exact, abs=1e-8)


def test_the_norm_of_a_product_with_nothing_and_with_no_number():
    below, du = np.ones((3, 2, 30)), np.ones((3, 2, 30))
    du[0], du[1, 0, 0] = 0.0, np.nan
    ours = diagnostics.log10_dW_norm(below, du)
    assert np.isneginf(ours[0]) and np.isnan(ours[1])
    assert ours[2] == pytest.approx(np.log10(60))


def test_spread_is_what_differs_between_the_examples():
    same = np.ones((2, 4, 3))
    apart = np.stack([same[0], np.array([[1.0, 2.0, 3.0]]) * np.array([[1], [-1], [1], [-1]])])
    shifted = apart + np.array([0.0, 5.0])[:, None, None]
    found = diagnostics.log10_spread((apart, shifted))
    assert found[0].tolist() == [-np.inf, -np.inf] and found[1, 0] == pytest.approx(0)
    expected = np.sqrt(14 / 3) / np.sqrt(14 / 3 + 25)
    assert found[1, 1] == pytest.approx(np.log10(expected))


@pytest.mark.parametrize("examples", [3, 6, 7, 32])
def test_what_is_the_same_for_all_examples_has_no_spread(examples):
    """0.1 + 0.1 + … is rounded, and a mean of it is not 0.1."""
    assert diagnostics.log10_spread((np.full((1, examples, 2), 0.1),)).tolist() == [[-np.inf]]


def test_spread_does_not_depend_on_a_relu_networks_scale():
    spec, x = NetSpec(5, 6, 4, 2), A[0]
    params = network.init(spec, rng=np.random.default_rng(0))
    scaled = network.scale_weights(params, [1e-3, 1.0, 1e3])
    found = diagnostics.log10_spread(network.forward(spec, scaled, x).h)
    assert found == pytest.approx(np.tile(found[1], (3, 1)), abs=1e-9)
