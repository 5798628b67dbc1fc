"""Backpropagation through time against central differences, an unrolled network and bounds."""

from dataclasses import replace
from math import log10

import numpy as np
import pytest

from core import losses, recurrent
from core.activations import ACTIVATIONS
from core.recurrent import RnnParams, RnnSpec
from tests.core.reference_recurrent import jacobian_products

NAMES = ("W_x", "W_h", "b", "W_out", "b_out")


def run(spec, *, seed=0, examples=3):
    rng = np.random.default_rng(seed)
    params = recurrent.init(spec, rng=rng)
    x = rng.standard_normal((examples, spec.steps, spec.n_in))
    trace = recurrent.forward(spec, params, x)
    target = rng.standard_normal(trace.output.shape)
    return params, x, trace, target


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("read_out", ["last", "each"])
def test_gradients_match_central_differences(name, read_out):
    spec = RnnSpec(2, 4, 5, 3, name, read_out=read_out, bias_std=0.3, seeds=2)
    params, x, trace, target = run(spec, seed=3)
    if ACTIVATIONS[name].kinks:
        assert min(np.abs(z).min() for z in trace.z) > 1e-4

    def loss(p):  # J = ½ Σ (output − target)² of each member
        output = recurrent.forward(spec, p, x).output
        return 0.5 * np.sum((output - target) ** 2, axis=tuple(range(1, output.ndim)))

    gradients = recurrent.backward(spec, params, trace, trace.output - target)
    rng, step = np.random.default_rng(0), 1e-6
    for tensor in NAMES:
        value = getattr(params, tensor)
        for _ in range(3):
            direction = rng.standard_normal(value.shape)
            up, down = (
                loss(replace(params, **{tensor: value + sign * step * direction}))
                for sign in (1, -1)
            )
            gradient = getattr(gradients, "d" + tensor)
            got = np.sum(gradient * direction, axis=(1, 2))
            np.testing.assert_allclose(
                got, (up - down) / (2 * step), rtol=2e-6, atol=1e-7, err_msg=tensor
            )


def test_state_gradients_are_derivatives_of_the_rest_of_the_run():
    """dJ/dh_t: start a shorter run from h_t, moved a little through the bias of its first step."""
    spec = RnnSpec(2, 3, 6, 2, "tanh", read_out="each")
    params, x, trace, target = run(spec, examples=1)
    gradients = recurrent.backward(spec, params, trace, trace.output - target)

    def rest(t, h):
        """J of the outputs from step t on, in plain loops."""
        total = 0.0
        for k in range(t, spec.steps + 1):
            if k > t:
                h = np.tanh(x[0, k - 1] @ params.W_x[0] + h @ params.W_h[0] + params.b[0, 0])
            y = h @ params.W_out[0] + params.b_out[0, 0]
            total += 0.5 * np.sum((y - target[0, 0, k - 1]) ** 2)
        return total

    for t in (1, 3, 6):
        h = trace.h[t - 1][0, 0]
        for i in range(3):
            e = 1e-6 * np.eye(3)[i]
            difference = (rest(t, h + e) - rest(t, h - e)) / 2e-6
            assert gradients.dh[t - 1][0, 0, i] == pytest.approx(difference, rel=1e-6, abs=1e-9)
            assert gradients.dz[t - 1][0, 0, i] == pytest.approx(
                gradients.dh[t - 1][0, 0, i] * (1 - h[i] ** 2)
            )


def test_a_scalar_network_is_the_scalar_chain():
    """Width 1, identity, input at the first step alone: h_T = w^(T−1)·x, dJ/dh_t = w^(T−t)."""
    spec = RnnSpec(1, 1, 16, 1, "identity")
    params = RnnParams(*(np.full((1, 1, 1), v) for v in (1.0, 0.6, 0.0, 1.0, 0.0)))
    x = np.zeros((1, 16, 1))
    x[0, 0, 0] = 1.0
    trace = recurrent.forward(spec, params, x)
    assert trace.output.item() == pytest.approx(0.6**15, rel=1e-13)
    gradients = recurrent.backward(spec, params, trace, np.ones((1, 1, 1)))
    norms = recurrent.step_norms(gradients)
    np.testing.assert_allclose(norms[0], np.arange(15, -1, -1) * log10(0.6), atol=1e-12)
    assert gradients.dW_h.item() == pytest.approx(15 * 0.6**14)
    assert 10 ** norms[0, 0] == pytest.approx(4.70185e-4, rel=1e-5)


def test_reading_out_each_step_adds_up():
    each = RnnSpec(2, 5, 4, 3, read_out="each")
    params, x, trace, _ = run(each)
    last = replace(each, read_out="last")
    final = recurrent.forward(last, params, x)
    np.testing.assert_array_equal(final.output, trace.output[:, :, -1])
    d_output = np.zeros(trace.output.shape)
    d_output[:, :, -1] = 1.0
    a = recurrent.backward(each, params, trace, d_output)
    b = recurrent.backward(last, params, final, np.ones(final.output.shape))
    for tensor in NAMES:
        np.testing.assert_allclose(getattr(a, "d" + tensor), getattr(b, "d" + tensor), rtol=1e-12)


def test_it_takes_the_losses_of_the_network():
    spec = RnnSpec(2, 6, 4, 3, seeds=2)
    params, _, trace, _ = run(spec)
    labels = np.array([0, 2, 1])
    loss, d_output = losses.LOSSES["softmax_cross_entropy"](trace.output, labels)
    gradients = recurrent.backward(spec, params, trace, d_output)
    better = RnnParams(*(getattr(params, n) - 1e-3 * getattr(gradients, "d" + n) for n in NAMES))
    output = recurrent.forward(spec, better, trace.x).output
    lower, _ = losses.LOSSES["softmax_cross_entropy"](output, labels)
    square = sum(np.sum(getattr(gradients, "d" + n) ** 2, axis=(1, 2)) for n in NAMES)
    np.testing.assert_allclose(loss - lower, 1e-3 * square, rtol=0.02)


def test_a_member_equals_a_lone_run():
    spec = RnnSpec(3, 5, 7, 2, seeds=3, recurrent="spectral_radius", recurrent_scale=1.3)
    children = np.random.default_rng(4).spawn(3)
    together = recurrent.init(spec, rng=np.random.default_rng(4))
    x = np.random.default_rng(5).standard_normal((4, 7, 3))
    trace = recurrent.forward(spec, together, x)
    gradients = recurrent.backward(spec, together, trace, np.ones(trace.output.shape))
    one = replace(spec, seeds=1)
    for s in range(3):
        params = recurrent.init(one, rng=[children[s]])
        lone = recurrent.forward(one, params, x)
        lone_gradients = recurrent.backward(one, params, lone, np.ones(lone.output.shape))
        np.testing.assert_array_equal(together.W_h[s], params.W_h[0])
        np.testing.assert_allclose(trace.output[s], lone.output[0], rtol=1e-13)
        np.testing.assert_allclose(gradients.dW_h[s], lone_gradients.dW_h[0], rtol=1e-11)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.7])
def test_the_recurrent_matrix_has_the_size_it_is_given(scale):
    base = RnnSpec(2, 12, 3, 1, seeds=2, recurrent_scale=scale)
    draws = {
        kind: recurrent.init(replace(base, recurrent=kind), rng=np.random.default_rng(0)).W_h
        for kind in recurrent.RECURRENT
    }
    radius = np.abs(np.linalg.eigvals(draws["spectral_radius"])).max(axis=-1)
    np.testing.assert_allclose(radius, scale, rtol=1e-12)
    largest = np.linalg.svd(draws["singular_value"], compute_uv=False)[:, 0]
    np.testing.assert_allclose(largest, scale, rtol=1e-12)
    every = np.linalg.svd(draws["orthogonal"], compute_uv=False)
    np.testing.assert_allclose(every, scale, rtol=1e-12)
    # The same draw, differently scaled.
    if scale:
        ratio = draws["singular_value"] / draws["scheme"]
        np.testing.assert_allclose(ratio, ratio[:, :1, :1].repeat(12, 1).repeat(12, 2), rtol=1e-9)


def test_biases_and_scales_follow_the_spec():
    spec = RnnSpec(
        50, 60, 2, 70, weight_scale=3.0, recurrent_scale=0.5, bias_mean=-2.0, bias_std=0.5, seeds=4
    )
    plain = replace(spec, weight_scale=1.0, recurrent_scale=1.0, bias_mean=0.0, bias_std=1.0)
    ours, theirs = (recurrent.init(s, rng=np.random.default_rng(0)) for s in (spec, plain))
    for name, factor in (("W_x", 3.0), ("W_out", 3.0), ("W_h", 0.5)):
        np.testing.assert_allclose(getattr(ours, name), factor * getattr(theirs, name), rtol=1e-15)
    for b, c in ((ours.b, theirs.b), (ours.b_out, theirs.b_out)):
        np.testing.assert_allclose(b, -2.0 + 0.5 * c, rtol=1e-14)
        # 240 draws of N(0, 1): the mean within 4/√240, the deviation within 4/√480.
        assert abs(c.mean()) < 0.26 and c.std() == pytest.approx(1, abs=0.18)
    # The scheme's own draws, not rescaled: LeCun's Var[w] is 1/fan_in.
    for W, fan_in in ((theirs.W_x, 50), (theirs.W_h, 60), (theirs.W_out, 60)):
        assert W.std() == pytest.approx(1 / np.sqrt(fan_in), rel=0.03)


def test_the_negative_slope_reaches_the_network():
    spec = RnnSpec(1, 1, 1, 1, "leaky_relu", negative_slope=0.5)
    params = RnnParams(*(np.full((1, 1, 1), v) for v in (1.0, 1.0, 0.0, 1.0, 0.0)))
    trace = recurrent.forward(spec, params, [[[-2.0]]])
    assert trace.output.item() == -1.0 and trace.slope[0].item() == 0.5


def test_lists_and_whole_numbers_are_taken():
    spec = RnnSpec(2, 3, 2, 1, "relu")
    params = recurrent.init(spec, rng=np.random.default_rng(0))
    x = [[[1, 2], [3, 4]], [[0, -1], [2, 2]]]
    trace = recurrent.forward(spec, params, x)
    exact = recurrent.forward(spec, params, np.array(x, dtype=np.float64))
    assert trace.x.dtype == np.float64
    np.testing.assert_array_equal(trace.output, exact.output)
    # A gradient of one number is that number for every output.
    one, ones = (recurrent.backward(spec, params, trace, d) for d in (1, np.ones((1, 2, 1))))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, "d" + name), getattr(ones, "d" + name))


# Jacobians ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid", "selu"])
def test_jacobians_are_derivatives_of_the_last_state(name):
    spec = RnnSpec(2, 4, 6, 1, name, seeds=2, recurrent_scale=1.5)
    params, x, trace, _ = run(spec, seed=2)
    jacobians = jacobian_products(spec, params, trace, example=1)
    dh = recurrent.backward(spec, params, trace, np.ones(trace.output.shape)).dh
    phi = ACTIVATIONS[name]

    def last_state(s, t, h):
        for k in range(t, spec.steps):
            h = phi.f(x[1, k] @ params.W_x[s] + h @ params.W_h[s] + params.b[s, 0])
        return h

    for s in range(2):
        for t in range(1, spec.steps + 1):
            h = trace.h[t - 1][s, 1]
            numeric = np.stack(
                [
                    (last_state(s, t, h + e) - last_state(s, t, h - e)) / 2e-6
                    for e in 1e-6 * np.eye(4)
                ],
                axis=1,
            )
            ours = jacobians.matrix[s, t - 1] * 10.0 ** jacobians.log10_scale[s, t - 1]
            np.testing.assert_allclose(ours, numeric, rtol=1e-5, atol=1e-8)
            carried = dh[-1][s, 1] @ ours  # what the gradient of the last state becomes
            np.testing.assert_allclose(dh[t - 1][s, 1], carried, rtol=1e-10, atol=1e-14)
            if numeric.any():
                assert np.abs(jacobians.matrix[s, t - 1]).max() == pytest.approx(1, rel=1e-15)
                assert 10 ** jacobians.log10_largest[s, t - 1] == pytest.approx(
                    np.linalg.norm(numeric, ord=2), rel=1e-5, abs=1e-8
                )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["singular_value", "orthogonal"])
@pytest.mark.parametrize("scale", [0.7, 1.0, 3.0])
def test_pascanus_bound_is_never_exceeded(name, kind, scale):
    spec = RnnSpec(2, 6, 40, 1, name, seeds=3, recurrent=kind, recurrent_scale=scale)
    params, _, trace, _ = run(spec)
    jacobians = jacobian_products(spec, params, trace)
    assert (jacobians.log10_largest <= jacobians.log10_bound + 1e-9).all()
    gamma = ACTIVATIONS[name].max_slope
    np.testing.assert_allclose(
        jacobians.log10_bound[:, 0], 39 * log10(gamma * scale), rtol=1e-9, atol=1e-9
    )


def test_a_linear_orthogonal_network_meets_the_bound():
    spec = RnnSpec(1, 8, 300, 1, "identity", recurrent="orthogonal", recurrent_scale=0.05)
    params, _, trace, _ = run(spec)
    jacobians = jacobian_products(spec, params, trace)
    np.testing.assert_allclose(jacobians.log10_largest, jacobians.log10_bound, rtol=1e-12)
    assert jacobians.log10_largest[0, 0] < -388  # where a float has long been 0
    assert np.isfinite(jacobians.matrix).all()


def test_a_small_singular_value_is_sufficient_and_a_large_one_is_not():
    """σ₁ < 1/γ must vanish. σ₁ > 1/γ need not explode: a shear has σ₁ = 5 and radius ½."""
    spec = RnnSpec(1, 2, 60, 1, "identity")
    shear = np.array([[[0.5, 5.0], [0.0, 0.5]]])
    zero = np.zeros((1, 1, 2))
    params = RnnParams(zero, shear, zero, np.ones((1, 2, 1)), np.zeros((1, 1, 1)))
    trace = recurrent.forward(spec, params, np.zeros((1, 60, 1)))
    jacobians = jacobian_products(spec, params, trace)
    assert jacobians.log10_bound[0, 0] > 40
    assert jacobians.log10_largest[0, 0] < -14
    assert jacobians.log10_largest[0, -3:].max() > 0.5  # it does grow at first


def test_a_dead_network_has_jacobian_zero():
    spec = RnnSpec(1, 3, 5, 1, "relu", bias_mean=-100.0)
    params, _, trace, _ = run(spec)
    jacobians = jacobian_products(spec, params, trace)
    assert (jacobians.matrix[0, :-1] == 0).all()
    assert (jacobians.log10_largest[0] == [-np.inf] * 4 + [0]).all()
    gradients = recurrent.backward(spec, params, trace, np.ones(trace.output.shape))
    norms = recurrent.step_norms(gradients)[0]
    assert np.isneginf(norms[:-1]).all() and np.isfinite(norms[-1])


def test_an_overflow_passes_through():
    spec = RnnSpec(1, 3, 700, 1, "identity", recurrent="orthogonal", recurrent_scale=10.0)
    params, _, trace, _ = run(spec)
    gradients = recurrent.backward(spec, params, trace, np.ones(trace.output.shape))
    for way in (trace.h, gradients.dh[::-1]):  # each as it was computed
        finite = [np.isfinite(a).all() for a in way]
        assert 300 < finite.index(False) < 312 and not any(finite[312:])


@pytest.mark.parametrize(
    "bad",
    [
        {"width": 0},
        {"width": 2.5},
        {"steps": 0},
        {"steps": recurrent.MAX_STEPS + 1},
        {"seeds": True},
        {"activation": "step"},
        {"initializer": "zero"},
        {"recurrent": "unitary"},
        {"read_out": "first"},
        {"recurrent_scale": -1.0},
        {"weight_scale": np.nan},
    ],
)
def test_specs_refuse(bad):
    with pytest.raises(ValueError):
        RnnSpec(**{"n_in": 1, "width": 2, "steps": 3, "n_out": 1} | bad)


def test_as_many_steps_as_the_bound_are_allowed():
    assert RnnSpec(1, 1, recurrent.MAX_STEPS, 1).steps == 1000


def test_wrong_shapes_are_refused():
    spec = RnnSpec(2, 3, 4, 1, seeds=2)
    params = recurrent.init(spec, rng=np.random.default_rng(0))
    for shape in ((5, 3, 2), (5, 4, 3), (3, 5, 4, 2), (0, 4, 2), (4, 2)):
        with pytest.raises(ValueError, match="x must be"):
            recurrent.forward(spec, params, np.zeros(shape))
    with pytest.raises(ValueError, match="generators"):
        recurrent.init(spec, rng=[np.random.default_rng(0)])


def test_defaults():
    assert RnnSpec(1, 2, 3, 4) == RnnSpec(
        1, 2, 3, 4, "tanh", 0.01, "lecun", 1.0, "scheme", 1.0, 0.0, 0.0, "last", 1
    )


def test_parameters_of_another_network_are_named():
    spec, x = RnnSpec(2, 4, 5, 3), np.ones((1, 5, 2))
    for other, name in ((replace(spec, width=6), "W_x"), (replace(spec, n_out=2), "W_out")):
        params = recurrent.init(other, rng=np.random.default_rng(0))
        with pytest.raises(ValueError, match=f"{name} must be of shape"):
            recurrent.forward(spec, params, x)
