"""GRU and LSTM against central differences, plain loops, and what a gate does to a memory."""

from dataclasses import replace

import numpy as np
import pytest

from core import gates, losses
from core.gates import GateParams, GateSpec

NAMES = ("W_x", "W_h", "b", "b_h", "W_out", "b_out")
KINDS = (("lstm", "after"), ("gru", "after"), ("gru", "before"))


def run(spec, *, seed=0, examples=3):
    """A network whose biases are not 0, its batch, trace and target."""
    rng = np.random.default_rng(seed)
    params = gates.init(spec, rng=rng)
    inside = 0.3 if spec.cell == "gru" and spec.reset == "after" else 0.0
    params = replace(
        params,
        b=params.b + 0.3 * rng.standard_normal(params.b.shape),
        b_h=inside * rng.standard_normal(params.b_h.shape),
    )
    x = rng.standard_normal((examples, spec.steps, spec.n_in))
    trace = gates.forward(spec, params, x)
    return params, x, trace, rng.standard_normal(trace.output.shape)


@pytest.mark.parametrize("cell,reset", KINDS)
@pytest.mark.parametrize("steps", [1, 6])
def test_gradients_match_central_differences(cell, reset, steps):
    spec = GateSpec(cell, 2, 4, steps, 3, reset, forget_bias=0.5, seeds=2)
    params, x, trace, target = run(spec, seed=3)

    def loss(p):  # J = ½ Σ (output − target)² of each member
        return 0.5 * np.sum((gates.forward(spec, p, x).output - target) ** 2, axis=(1, 2))

    gradients = gates.backward(spec, params, trace, trace.output - target)
    rng, step = np.random.default_rng(0), 1e-6
    for tensor in NAMES:
        value = getattr(params, tensor)
        if tensor == "b_h" and (cell, reset) != ("gru", "after"):
            assert not gradients.db_h.any()  # it is not used
            continue
        by_member = 1 if tensor in ("W_x", "W_h", "b") else 0
        others = tuple(d for d in range(value.ndim) if d != by_member)
        for _ in range(4):
            direction = rng.standard_normal(value.shape)
            up, down = (
                loss(replace(params, **{tensor: value + sign * step * direction}))
                for sign in (1, -1)
            )
            got = np.sum(getattr(gradients, f"d{tensor}") * direction, axis=others)
            np.testing.assert_allclose(
                got, (up - down) / (2 * step), rtol=2e-6, atol=1e-8, err_msg=tensor
            )


def rest(spec, params, x, t, h, c):
    """½‖output‖² of a run that goes on from h_t and c_t, in plain loops of one example."""
    W_x, W_h, b = params.W_x[:, 0], params.W_h[:, 0], params.b[:, 0, 0]

    def sigma(u):
        return 1 / (1 + np.exp(-u))

    for k in range(t, spec.steps):
        u = [x[k] @ W_x[g] + b[g] for g in range(spec.gates)]
        if spec.cell == "lstm":
            u = [u_g + h @ W_h[g] for g, u_g in enumerate(u)]
            c = sigma(u[1]) * c + sigma(u[0]) * np.tanh(u[3])
            h = sigma(u[2]) * np.tanh(c)
        else:
            r, z = (sigma(u[g] + h @ W_h[g]) for g in (0, 1))
            past = r * (h @ W_h[2] + params.b_h[0, 0])
            past = past if spec.reset == "after" else (r * h) @ W_h[2]
            h = z * h + (1 - z) * np.tanh(u[2] + past)
    output = h @ params.W_out[0] + params.b_out[0, 0]
    return 0.5 * output @ output


@pytest.mark.parametrize("cell,reset", KINDS)
def test_state_gradients_are_derivatives_of_the_rest_of_the_run(cell, reset):
    spec = GateSpec(cell, 2, 3, 5, 2, reset, forget_bias=1.0)
    params, x, trace, _ = run(spec, examples=1)
    gradients = gates.backward(spec, params, trace, trace.output)
    for t in (1, 3, 5):
        h, c = trace.h[0, t - 1, 0], trace.c[0, t - 1, 0]
        for i, e in enumerate(1e-6 * np.eye(3)):
            of_h = [rest(spec, params, x[0], t, h + sign * e, c) for sign in (1, -1)]
            if cell == "lstm":  # the whole of dJ/dc_t goes through h_t as well
                o = trace.gate[2, 0, t - 1, 0]
                of_c = [
                    rest(spec, params, x[0], t, o * np.tanh(c + s * e), c + s * e) for s in (1, -1)
                ]
            else:
                of_c = of_h
            for name, (up, down) in (("dh", of_h), ("dc", of_c)):
                got = getattr(gradients, name)[0, t - 1, 0, i]
                assert got == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-10), (name, t)


@pytest.mark.parametrize("bias,keeps", [(0.0, 0.5), (1.0, 0.7310585786300049)])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_with_nothing_else_a_forget_bias_is_what_is_kept_of_a_memory(cell, bias, keeps):
    """No recurrent weights and no input: each step back multiplies dJ/dc by σ(bias), and bias 0
    halves it, bias 1 keeps 73 %."""
    spec = GateSpec(
        cell, 1, 4, 40, 1, forget_bias=bias, weight_scale=1.0, recurrent_scale=0.0, seeds=2
    )
    params = gates.init(spec, rng=np.random.default_rng(0))
    trace = gates.forward(spec, params, np.zeros((3, 40, 1)))
    gradients = gates.backward(spec, params, trace, np.ones((2, 3, 1)))
    exact = np.arange(39, -1, -1) * np.log10(keeps)
    np.testing.assert_allclose(gates.keep_products(trace), np.tile(exact, (2, 1)), atol=1e-10)
    norms = gates.memory_norms(gradients)
    np.testing.assert_allclose(norms - norms[:, -1:], np.tile(exact, (2, 1)), atol=1e-10)


def test_an_open_forget_gate_hands_the_gradient_through_unchanged():
    spec = GateSpec("lstm", 2, 8, 200, 1, forget_bias=40.0, recurrent_scale=0.0)
    params, _, trace, _ = run(spec)
    gradients = gates.backward(spec, params, trace, np.ones(trace.output.shape))
    dc = gradients.dc[0]
    np.testing.assert_allclose(dc, np.broadcast_to(dc[-1], dc.shape), rtol=1e-12)


@pytest.mark.parametrize("cell,reset", KINDS)
def test_a_member_equals_a_lone_run(cell, reset):
    spec = GateSpec(cell, 3, 5, 7, 2, reset, forget_bias=1.0, orthogonal=True, seeds=3)
    children = np.random.default_rng(4).spawn(3)
    together = gates.init(spec, rng=np.random.default_rng(4))
    x = np.random.default_rng(5).standard_normal((4, 7, 3))
    trace = gates.forward(spec, together, x)
    gradients = gates.backward(spec, together, trace, np.ones(trace.output.shape))
    one = replace(spec, seeds=1)
    for s in range(3):
        params = gates.init(one, rng=[children[s]])
        lone = gates.forward(one, params, x)
        lone_gradients = gates.backward(one, params, lone, np.ones(lone.output.shape))
        np.testing.assert_array_equal(together.W_h[:, s], params.W_h[:, 0])
        np.testing.assert_allclose(trace.output[s], lone.output[0], rtol=1e-12)
        np.testing.assert_allclose(gradients.dW_h[:, s], lone_gradients.dW_h[:, 0], atol=1e-13)
        np.testing.assert_allclose(gradients.dc[s], lone_gradients.dc[0], atol=1e-14)


def test_orthogonal_gates_are_orthogonal_and_a_bias_stands_at_the_gate_that_keeps():
    for cell in gates.CELLS:
        spec = GateSpec(cell, 2, 6, 3, 1, forget_bias=1.5, orthogonal=True, recurrent_scale=2.0)
        params = gates.init(spec, rng=np.random.default_rng(0))
        for W in params.W_h[:, 0]:
            np.testing.assert_allclose(W.T @ W, 4 * np.eye(6), atol=1e-12)
        assert (params.b[gates.KEEPS] == 1.5).all()
        assert not np.delete(params.b, gates.KEEPS, axis=0).any()


def test_it_takes_the_losses_of_the_network():
    spec = GateSpec("lstm", 2, 6, 4, 3, seeds=2)
    params, x, trace, _ = run(spec)
    labels = np.array([0, 2, 1])
    loss, d_output = losses.LOSSES["softmax_cross_entropy"](trace.output, labels)
    gradients = gates.backward(spec, params, trace, d_output)
    better = GateParams(*(getattr(params, n) - 1e-3 * getattr(gradients, f"d{n}") for n in NAMES))
    output = gates.forward(spec, better, x).output
    lower, _ = losses.LOSSES["softmax_cross_entropy"](output, labels)
    assert (lower < loss).all()


def test_infinity_passes_through_and_saturated_gates_stay_numbers():
    spec = GateSpec("lstm", 1, 3, 5, 1, forget_bias=1e6)
    params, _, trace, _ = run(spec)
    gradients = gates.backward(spec, params, trace, np.ones(trace.output.shape))
    assert all(np.isfinite(a).all() for a in vars(gradients).values())
    broken = gates.forward(spec, params, np.full((1, 5, 1), np.nan))
    assert np.isnan(broken.output).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"cell": "rnn"},
        {"width": 0},
        {"steps": 2.5},
        {"steps": 1001},
        {"seeds": True},
        {"reset": "never"},
        {"initializer": "zero"},
        {"forget_bias": np.inf},
        {"recurrent_scale": -1.0},
        {"weight_scale": np.nan},
    ],
)
def test_specs_refuse(bad):
    with pytest.raises(ValueError):
        GateSpec(**{"cell": "lstm", "n_in": 1, "width": 2, "steps": 3, "n_out": 1} | bad)


def test_wrong_shapes_are_refused():
    spec = GateSpec("gru", 2, 3, 4, 1, seeds=2)
    params = gates.init(spec, rng=np.random.default_rng(0))
    for shape in ((5, 3, 2), (5, 4, 3), (3, 5, 4, 2), (0, 4, 2), (4, 2)):
        with pytest.raises(ValueError, match="x must be"):
            gates.forward(spec, params, np.zeros(shape))
    with pytest.raises(ValueError, match="generators"):
        gates.init(spec, rng=[np.random.default_rng(0)])


def test_parameters_of_another_cell_are_named():
    spec, x = GateSpec("lstm", 2, 4, 5, 3), np.ones((1, 5, 2))
    others = (replace(spec, cell="gru"), "W_x"), (replace(spec, width=6), "W_x")
    for other, name in (*others, (replace(spec, n_out=2), "W_out")):
        params = gates.init(other, rng=np.random.default_rng(0))
        with pytest.raises(ValueError, match=f"{name} must be of shape"):
            gates.forward(spec, params, x)
