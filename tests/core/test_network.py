"""Networks: specs, draws, ensembles and sweeps, edge cases, where numbers stop being finite."""

from dataclasses import replace

import numpy as np
import pytest

from core.network import (
    Gradients,
    NetSpec,
    NonFinite,
    Params,
    _normalize,
    backward,
    first_non_finite,
    folded,
    forward,
    init,
    output,
    scale_weights,
)


def draw(spec, seed=0):
    return init(spec, rng=np.random.default_rng(seed))


def inputs(spec, examples=7):
    return np.random.default_rng(99).normal(size=(examples, spec.n_in))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("depth", -1, "depth must be a whole number of at least 0"),
        ("depth", 1001, "depth must be at most 1000"),
        ("width", 0, "width must be a whole number of at least 1"),
        ("n_in", 2.0, "n_in must be a whole number"),
        ("n_out", True, "n_out must be a whole number"),
        ("seeds", 0, "seeds must be"),
        ("activation", "swish", "unknown activation 'swish'"),
        ("initializer", "kaiming", "unknown initializer 'kaiming'"),
        ("norm", "group", "norm must be one of none, layer, batch"),
        ("weight_scale", -1.0, "cannot be negative"),
        ("bias_std", -0.1, "cannot be negative"),
        ("residual", float("nan"), "residual must be finite"),
        ("weight_scale", float("inf"), "weight_scale must be finite"),
    ],
)
def test_a_spec_without_meaning_is_refused(field, value, message):
    with pytest.raises(ValueError, match=message):
        replace(NetSpec(2, 3, 4, 5), **{field: value})


def test_a_spec_hashes_and_lists_its_widths():
    assert len({NetSpec(2, 3, 2, 5), NetSpec(2, 3, 2, 5), NetSpec(2, 3, 2, 4)}) == 2
    assert NetSpec(2, 3, 2, 5).widths == (2, 3, 3, 5)
    assert NetSpec(2, 3, 0, 5).widths == (2, 5)


def test_shapes():
    spec = NetSpec(2, 3, 4, 5, norm="layer", seeds=6)
    params = draw(spec)
    trace = forward(spec, params, inputs(spec))
    gradients = backward(spec, params, trace, np.ones((6, 7, 5)))
    assert [W.shape for W in params.W] == [(6, 2, 3), *[(6, 3, 3)] * 3, (6, 3, 5)]
    assert [b.shape for b in params.b] == [*[(6, 1, 3)] * 4, (6, 1, 5)]
    assert trace.x.shape == (1, 7, 2) and trace.output.shape == (6, 7, 5)
    for arrays in (trace.h, trace.u, trace.z, trace.slope, trace.x_hat, gradients.dz, gradients.dh):
        assert [a.shape for a in arrays] == [(6, 7, 3)] * 4
    for d_name, name in (("dW", "W"), ("db", "b"), ("dgamma", "gamma"), ("dbeta", "beta")):
        shapes = [a.shape for a in getattr(params, name)]
        assert [a.shape for a in getattr(gradients, d_name)] == shapes


def test_without_a_normalizer_z_is_u():
    spec = NetSpec(2, 3, 2, 1)
    trace = forward(spec, draw(spec), inputs(spec))
    assert trace.z[1] is trace.u[1] and trace.x_hat == ()


def test_biases_scale_and_the_output_layer_follow_the_spec():
    spec = NetSpec(50, 60, 2, 70, weight_scale=3.0, bias_mean=-2.0, bias_std=0.5, seeds=4)
    params, plain = draw(spec), draw(replace(spec, weight_scale=1.0, bias_mean=0.0, bias_std=1.0))
    for W, V in zip(params.W, plain.W, strict=True):
        np.testing.assert_allclose(W, 3.0 * V, rtol=1e-15)
    for b, c in zip(params.b, plain.b, strict=True):
        np.testing.assert_allclose(b, -2.0 + 0.5 * c, rtol=1e-14)
    assert params.W[-1].std() == pytest.approx(3 * np.sqrt(2 / 60), rel=0.03)


def test_a_deeper_network_begins_with_the_same_layers():
    shallow, deep = draw(NetSpec(3, 4, 2, 1)), draw(NetSpec(3, 4, 5, 1))
    np.testing.assert_array_equal(shallow.W[1], deep.W[1])


def test_one_generator_is_spawned_and_a_sequence_is_used_as_it_is():
    spec = NetSpec(3, 4, 2, 1, seeds=3, bias_std=1.0)
    spawned = init(spec, rng=np.random.default_rng(5))
    listed = init(spec, rng=np.random.default_rng(5).spawn(3))
    np.testing.assert_array_equal(spawned.W[2], listed.W[2])
    np.testing.assert_array_equal(spawned.b[0], listed.b[0])
    with pytest.raises(ValueError, match="2 generators were given for 3 seeds"):
        init(spec, rng=np.random.default_rng(5).spawn(2))


@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
@pytest.mark.parametrize(("width", "examples"), [(5, 3), (64, 32), (160, 64)])
def test_a_member_equals_a_lone_network_to_the_last_bit(norm, width, examples):
    spec = NetSpec(width, width, 2, 3, activation="gelu", norm=norm, residual=0.5, seeds=3)
    params, x = draw(spec), inputs(spec, examples)
    trace = forward(spec, params, x)
    gradients = backward(spec, params, trace, trace.output)
    lone_spec = replace(spec, seeds=1)
    lone_params = init(lone_spec, rng=[np.random.default_rng(0).spawn(3)[2]])
    lone = forward(lone_spec, lone_params, x)
    lone_gradients = backward(lone_spec, lone_params, lone, lone.output)
    np.testing.assert_array_equal(lone.output[0], trace.output[2])
    for name in ("dW", "db", "dz", "dh", "dgamma", "dbeta"):
        for a, b in zip(getattr(lone_gradients, name), getattr(gradients, name), strict=True):
            np.testing.assert_array_equal(a[0], b[2])


def test_a_sweep_of_one_network_equals_specs_of_those_scales():
    spec, x = NetSpec(3, 6, 3, 2, activation="tanh", bias_std=0.1, norm="layer"), np.ones((4, 3))
    swept = forward(spec, scale_weights(draw(spec), [0.5, 1.0, 4.0]), x)
    for s, scale in enumerate((0.5, 1.0, 4.0)):
        scaled = replace(spec, weight_scale=scale)
        np.testing.assert_array_equal(swept.output[s], forward(scaled, draw(scaled), x).output[0])
    with pytest.raises(ValueError, match="do not fit 2 networks"):
        scale_weights(draw(replace(spec, seeds=2)), [1.0, 2.0, 3.0])


def test_depth_zero_is_a_linear_model():
    spec = NetSpec(3, 8, 0, 2, bias_std=1.0)
    params, x = draw(spec), inputs(spec)
    trace = forward(spec, params, x)
    np.testing.assert_allclose(trace.output[0], x @ params.W[0][0] + params.b[0][0], rtol=1e-14)
    gradients = backward(spec, params, trace, np.ones((1, 7, 2)))
    np.testing.assert_allclose(gradients.dW[0][0], x.T @ np.ones((7, 2)), rtol=1e-13)
    assert gradients.dz == gradients.dh == trace.h == ()


@pytest.mark.parametrize(
    ("norm", "width", "examples"), [("layer", 1, 5), ("batch", 4, 1), ("batch", 1, 1)]
)
def test_a_normalizer_of_one_number_gives_zero_and_passes_no_gradient(norm, width, examples):
    spec = NetSpec(3, width, 2, 1, activation="softplus", norm=norm, bias_std=1.0)
    params = draw(spec)
    trace = forward(spec, params, inputs(spec, examples))
    gradients = backward(spec, params, trace, np.ones((1, examples, 1)))
    assert not any(x_hat.any() for x_hat in trace.x_hat)
    assert not gradients.dW[0].any() and not gradients.dgamma[1].any()
    assert gradients.dbeta[1].any()


def test_normalized_units_have_mean_zero_and_variance_one():
    for norm, axis in (("layer", 2), ("batch", 1)):
        spec = NetSpec(20, 30, 2, 1, norm=norm, weight_scale=50.0, seeds=2)
        x_hat = forward(spec, draw(spec), inputs(spec, 40)).x_hat[1]
        np.testing.assert_allclose(x_hat.mean(axis), 0, atol=1e-13)
        np.testing.assert_allclose((x_hat**2).mean(axis), 1, rtol=1e-5)


def test_relu_with_wide_normal_weights_is_finite_for_200_layers():
    spec = NetSpec(1000, 1000, 200, 1, initializer="normal")
    # The same layer 200 times: what counts is the size, and 200 matrices would take 1.6 GB.
    params = draw(replace(spec, depth=2))
    params = Params((*[params.W[1]] * 200, params.W[2]), (*[params.b[1]] * 200, params.b[2]))
    trace = forward(spec, params, inputs(spec, 1))
    assert first_non_finite(trace) is None
    assert np.abs(trace.h[-1]).max() > 1e154  # whose square is infinite


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_the_first_value_that_is_not_finite_is_found_in_order_of_computation(bad):
    spec = NetSpec(2, 3, 4, 1, activation="tanh")
    params = draw(spec)
    x = inputs(spec)
    x[3, 1] = bad
    assert first_non_finite(forward(spec, params, x)) == NonFinite(
        "x", 0, pytest.approx(bad, nan_ok=True)
    )

    params.W[2][0, 1, 1] = bad
    trace = forward(spec, params, inputs(spec))
    found = first_non_finite(trace)
    assert (found.operation, found.layer) == ("u", 3) and not np.isfinite(found.value)

    healthy = draw(spec)
    trace = forward(spec, healthy, inputs(spec))
    gradients = backward(spec, params, trace, np.ones((1, 7, 1)))
    found = first_non_finite(gradients)
    assert (found.operation, found.layer) == ("dh", 2)
    assert first_non_finite(backward(spec, healthy, trace, np.ones((1, 7, 1)))) is None
    d_output = np.full((1, 7, 1), bad)
    found = first_non_finite(backward(spec, healthy, trace, d_output))
    assert (found.operation, found.layer) == ("dW", 5)
    assert isinstance(backward(spec, healthy, trace, d_output), Gradients)


def test_an_explosion_is_data_and_not_an_exception():
    spec = NetSpec(4, 4, 1000, 2, activation="identity", weight_scale=10.0)
    trace = forward(spec, draw(spec), inputs(spec))
    found = first_non_finite(trace)
    assert found.operation == "u" and 200 < found.layer < 400


@pytest.mark.parametrize("shape", [(7,), (7, 3), (3, 7, 2), (0, 2), (2, 7, 2, 1)])
def test_inputs_that_do_not_fit_are_refused(shape):
    spec = NetSpec(2, 3, 1, 1, seeds=2)
    with pytest.raises(ValueError, match=r"x must be \(N, 2\) or \(2, N, 2\)"):
        forward(spec, draw(spec), np.zeros(shape))


def test_parameters_of_another_network_are_refused():
    spec = NetSpec(2, 3, 1, 1)
    with pytest.raises(ValueError, match="are not of a network"):
        forward(spec, draw(replace(spec, depth=2)), np.zeros((1, 2)))
    spec, params = NetSpec(2, 3, 2, 1), draw(NetSpec(2, 3, 2, 1))
    with pytest.raises(ValueError):
        backward(spec, params, forward(spec, params, np.zeros((4, 2))), np.zeros((1, 3, 1)))


def test_results_share_nothing_with_the_arguments():
    spec = NetSpec(3, 3, 2, 1, activation="identity", seeds=2)
    params, x = draw(spec), inputs(spec)
    kept = x.copy(), [W.copy() for W in params.W]
    trace = forward(spec, params, x)
    backward(spec, params, trace, trace.output)
    np.testing.assert_array_equal(x, kept[0])
    for W, before in zip(params.W, kept[1], strict=True):
        np.testing.assert_array_equal(W, before)
    again = forward(spec, params, x)
    assert not np.shares_memory(again.h[0], trace.h[0])
    np.testing.assert_array_equal(again.output, trace.output)


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_normalizer_keeps_its_digits_where_squares_overflow(norm):
    spec = NetSpec(4, 8, 2, 3, norm=norm)
    x = np.random.default_rng(0).standard_normal((6, 4))
    params = init(spec, rng=np.random.default_rng(1))
    huge = scale_weights(params, [1e200])
    calm = scale_weights(params, [1e6])
    wanted, found = (forward(spec, p, x) for p in (calm, huge))
    for a, b in zip(wanted.x_hat, found.x_hat, strict=True):
        assert np.abs(a - b).max() < 1e-9


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_an_overflowing_companion_changes_no_bit_of_a_member(norm):
    spec = NetSpec(4, 8, 2, 3, norm=norm)
    x = np.random.default_rng(0).standard_normal((6, 4))
    params = init(spec, rng=np.random.default_rng(1))
    alone = forward(spec, scale_weights(params, [1.0]), x)
    among = forward(spec, scale_weights(params, [1.0, 1e200]), x)
    assert (alone.output[0] == among.output[0]).all()


def test_defaults():
    assert NetSpec(1, 2, 3, 4) == NetSpec(
        1, 2, 3, 4, "relu", 0.01, "he", 1.0, 0.0, 0.0, 0.0, "none", 1
    )


def test_a_value_beyond_the_output_layer_is_found_there():
    spec = NetSpec(2, 3, 4, 1)
    trace = forward(spec, draw(spec), inputs(spec))
    output = trace.output.copy()
    output[0, 2:4, 0] = -np.inf, np.nan
    assert first_non_finite(replace(trace, output=output)) == NonFinite("output", 5, -np.inf)


def test_weights_beyond_the_largest_number_are_infinite_without_a_warning():
    params = draw(NetSpec(2, 30, 1, 1, initializer="normal", weight_scale=1.7e308))
    assert np.isinf(params.W[0]).any()


def test_lists_and_whole_numbers_are_taken():
    spec = NetSpec(2, 3, 2, 2, seeds=2)
    params = draw(spec)
    trace = forward(spec, params, [[1, 2], [3, 4]])
    assert trace.x.dtype == np.float64
    d_outputs = ([[1, 1], [1, 1]], 1, np.ones((2, 2, 2)))
    first, *others = (backward(spec, params, trace, d).dW[0] for d in d_outputs)
    for other in others:
        np.testing.assert_array_equal(first, other)
    with pytest.raises(ValueError, match="do not fit"):
        scale_weights(draw(NetSpec(2, 3, 2, 2)), [[1.0, 2.0]])


@pytest.mark.parametrize(("norm", "axis"), [("layer", 2), ("batch", 1)])
def test_the_spread_of_huge_numbers_is_kept_too(norm, axis):
    """−1, 0, 1 times 1e200: the middle one is exactly the mean, and the deviation 1e200·√⅔."""
    u = np.moveaxis(np.array([[[-1e200, 0.0, 1e200]]]), 2, axis)
    x_hat, inv_std = np.empty_like(u), np.empty((1, 1, 1))
    with np.errstate(all="ignore"):
        _normalize(norm, u, x_hat, inv_std)
    assert x_hat.ravel() == pytest.approx([-np.sqrt(1.5), 0.0, np.sqrt(1.5)], rel=1e-14)
    assert inv_std.item() == pytest.approx(np.sqrt(1.5) * 1e-200, rel=1e-14)


def test_a_calm_companion_changes_nothing_for_a_huge_member():
    spec = NetSpec(4, 8, 2, 3, norm="layer")
    params = init(spec, rng=np.random.default_rng(1))
    alone, among = (
        forward(spec, scale_weights(params, factors), inputs(spec))
        for factors in ([1e200], [1.0, 1e200])
    )
    np.testing.assert_array_equal(alone.x_hat[0][0], among.x_hat[0][1])


def test_the_mean_of_the_weights_adds_the_mean_of_the_inputs():
    """h @ W gains weight_scale · weight_mean · mean(h), in every unit, whatever the width."""
    plain = NetSpec(40, 30, 2, 3, weight_scale=0.7, seeds=2)
    with_mean = replace(plain, weight_mean=-1.5)
    W, W_mean = (init(spec, rng=np.random.default_rng(0)).W for spec in (plain, with_mean))
    for before, after in zip(W, W_mean, strict=True):
        h = np.random.default_rng(1).random((5, before.shape[1]))
        gained = h @ after - h @ before  # (S, 5, D_out)
        assert np.allclose(gained, -1.5 * 0.7 * h.mean(axis=1)[:, None])
    with pytest.raises(ValueError):
        replace(plain, weight_mean=np.inf)


@pytest.mark.parametrize("residual", [0.0, 1.0])
def test_batch_statistics_that_are_kept_make_an_example_independent_of_its_batch(residual):
    spec = NetSpec(5, 6, 3, 2, activation="tanh", norm="batch", residual=residual, seeds=2)
    params, x, rng = draw(spec), inputs(spec), np.random.default_rng(3)
    drawn = [rng.normal(1, 0.3, a.shape) for a in (*params.gamma, *params.beta)]
    params = replace(params, gamma=tuple(drawn[:3]), beta=tuple(drawn[3:]))
    alone, kept = folded(spec, params, x)
    together = output(spec, params, x)
    np.testing.assert_allclose(output(alone, kept, x), together, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(output(alone, kept, x[4:5]), together[:, 4:5], atol=1e-12)
    assert np.abs(output(spec, params, x[4:6]) - together[:, 4:6]).max() > 0.01
    with pytest.raises(ValueError, match="no batch normalization"):
        folded(alone, kept, x)


def test_scaled_weights_keep_their_format():
    spec = NetSpec(5, 6, 3, 2)
    single = [tuple(a.astype(np.float32) for a in arrays) for arrays in vars(draw(spec)).values()]
    scaled = scale_weights(Params(*single), [2.0])
    assert {W.dtype for W in scaled.W} == {np.dtype(np.float32)}
    assert forward(spec, scaled, inputs(spec)).output.dtype == np.float32
