"""Every backward formula against central differences, on a second forward pass written plainly.

The second pass knows no blocks, no `out=`, no stacked products, and lets a test push any variable,
also z and h of a hidden layer. A gradient is checked by projection: with a random direction v,
⟨dJ/dx, v⟩ must be dJ(x + εv)/dε, one number against one number. That derivative is taken by central
differences of fourth order, since normalized layers of small variance bend sharply.
"""

from dataclasses import replace

import numpy as np
import pytest

from core.activations import ACTIVATIONS, activation
from core.losses import LOSSES
from core.network import NetSpec, Params, backward, forward, init

STEP = 1e-4
TOLERANCE = 1e-9  # of the projection: ε⁴ from the differences, 1e-16/ε from rounding
KINK_MARGIN = 1e-2  # no step crosses a kink from farther away
PARAMETERS = ("W", "b", "gamma", "beta")


def plain_forward(spec, params, x, push=None):
    """output (S, N, n_out) and every z and h, one member and one layer at a time; push: {(name,
    layer): what to add to z or h}, each (S, N, D)."""
    push, phi = push or {}, activation(spec.activation, negative_slope=spec.negative_slope).f
    outputs, all_z, all_h = [], [], []
    for s in range(len(params.W[0])):
        h = x if x.ndim == 2 else x[s]
        zs, hs = [], []
        for i in range(spec.depth):
            z = np.einsum("ni,io->no", h, params.W[i][s]) + params.b[i][s]
            if spec.norm != "none":
                axis = {"layer": 1, "batch": 0}[spec.norm]
                z = (z - z.mean(axis, keepdims=True)) / np.sqrt(z.var(axis, keepdims=True) + 1e-5)
                z = params.gamma[i][s] * z + params.beta[i][s]
            z = z + push.get(("z", i), np.zeros((s + 1, 1, 1)))[s]
            shortcut = spec.residual != 0 and h.shape[1] == spec.width
            h = h + spec.residual * phi(z) if shortcut else phi(z)
            h = h + push.get(("h", i), np.zeros((s + 1, 1, 1)))[s]
            zs.append(z)
            hs.append(h)
        outputs.append(np.einsum("ni,io->no", h, params.W[-1][s]) + params.b[-1][s])
        all_z.append(zs)
        all_h.append(hs)
    return np.array(outputs), all_z, all_h


def network(spec, *, examples=6, shared_x=False):
    """Parameters with every entry drawn, γ and β too, and an input that keeps z off the kinks."""
    kinks = activation(spec.activation, negative_slope=spec.negative_slope).kinks
    kinks = (0.0,) if spec.activation == "elu" else kinks  # there it is the slope that has one
    for seed in range(200):
        rng = np.random.default_rng(seed)
        params = init(spec, rng=rng)
        params = replace(
            params,
            gamma=tuple(rng.uniform(0.5, 1.5, g.shape) for g in params.gamma),
            beta=tuple(rng.normal(0, 0.3, b.shape) for b in params.beta),
        )
        x = rng.normal(
            size=(examples, spec.n_in) if shared_x else (spec.seeds, examples, spec.n_in)
        )
        trace = forward(spec, params, x)
        if all(np.abs(z - kink).min() > KINK_MARGIN for kink in kinks for z in trace.z):
            return params, x, trace, rng
    raise AssertionError("no draw keeps away from the kinks")


def derivative(J):
    """dJ/dε at ε = 0 by central differences of fourth order."""
    near, far = (J(k * STEP) - J(-k * STEP) for k in (1, 2))
    return (8 * near - far) / (12 * STEP)


def check(what, analytic, numeric, size=1.0):
    assert abs(analytic - numeric) <= TOLERANCE * max(abs(numeric), size), (
        f"{what}: backward says {analytic:.12e}, central differences {numeric:.12e}"
    )


def check_every_gradient(spec, *, examples=6, shared_x=False, loss=None):
    params, x, trace, rng = network(spec, examples=examples, shared_x=shared_x)
    output, z, h = plain_forward(spec, params, x)
    np.testing.assert_allclose(trace.output, output, rtol=1e-11, atol=1e-12)
    for i in range(spec.depth):
        for s in range(spec.seeds):
            np.testing.assert_allclose(trace.z[i][s], z[s][i], rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(trace.h[i][s], h[s][i], rtol=1e-10, atol=1e-12)

    cotangent = rng.normal(size=output.shape)
    if loss is None:

        def J(output):
            return float((output * cotangent).sum())

        d_output = cotangent
    else:
        function, target = loss
        d_output = function(trace.output, target)[1]

        def J(output):
            return float(function(output, target)[0].sum())

    gradients = backward(spec, params, trace, d_output)

    def numeric(push):
        return derivative(lambda step: J(plain_forward(spec, *push(step))[0]))

    for name in PARAMETERS:
        for i, array in enumerate(getattr(params, name)):
            v = rng.normal(size=array.shape)

            def push(step, name=name, i=i, v=v):
                arrays = list(getattr(params, name))
                arrays[i] = arrays[i] + step * v
                return replace(params, **{name: tuple(arrays)}), x

            analytic = float((getattr(gradients, f"d{name}")[i] * v).sum())
            check(f"d{name}[{i}] of {spec}", analytic, numeric(push))
    for name in ("z", "h"):
        for i in range(spec.depth):
            v = rng.normal(size=trace.z[i].shape)

            def push(step, name=name, i=i, v=v):
                return params, x, {(name, i): step * v}

            analytic = float((getattr(gradients, f"d{name}")[i] * v).sum())
            check(f"d{name}[{i}] of {spec}", analytic, numeric(push))


@pytest.mark.parametrize("residual", [0.0, 0.6])
@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_layer_kind(name, norm, residual):
    check_every_gradient(
        NetSpec(
            n_in=4,
            width=5,
            depth=3,
            n_out=2,
            activation=name,
            negative_slope=0.2,
            bias_std=0.3,
            residual=residual,
            norm=norm,
            seeds=2,
        )
    )


@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
def test_a_shortcut_from_the_input_and_a_shared_batch(norm):
    spec = NetSpec(5, 5, 2, 3, activation="tanh", residual=-0.7, norm=norm, seeds=3)
    check_every_gradient(spec, shared_x=True)


@pytest.mark.parametrize("name", LOSSES)
def test_through_each_loss(name):
    rng = np.random.default_rng(5)
    target = {
        "softmax_cross_entropy": rng.integers(0, 3, 6),
        "mean_squared_error": rng.normal(size=(6, 3)),
        "binary_cross_entropy": rng.uniform(size=(6, 3)),
    }[name]
    spec = NetSpec(4, 5, 2, 3, activation="silu", bias_std=0.1, seeds=2)
    check_every_gradient(spec, loss=(LOSSES[name], target))


@pytest.mark.parametrize(
    ("spec", "examples"),
    [
        (NetSpec(4, 5, 0, 3, bias_std=1.0), 6),  # a linear model
        (NetSpec(1, 1, 4, 1, activation="sigmoid", weight_scale=2.0), 1),  # the article's chain
        (NetSpec(3, 1, 2, 2, activation="tanh", norm="batch"), 6),
        (NetSpec(3, 6, 12, 2, activation="gelu", residual=0.3), 5),
        (NetSpec(3, 9, 2, 2, activation="elu", initializer="orthogonal", weight_scale=0.5), 4),
    ],
    ids=["depth 0", "width 1", "batch norm of width 1", "depth 12", "orthogonal"],
)
def test_shapes_at_the_edges(spec, examples):
    check_every_gradient(spec, examples=examples)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_products_that_are_cut_into_tiles(norm):
    # Large enough for the tiled products of core/blas.py in all three places.
    spec = NetSpec(64, 160, 2, 64, activation="softplus", initializer="lecun", norm=norm, seeds=2)
    params, x, trace, rng = network(spec, examples=64)
    output, _, _ = plain_forward(spec, params, x)
    np.testing.assert_allclose(trace.output, output, rtol=1e-10, atol=1e-10)
    cotangent = rng.normal(size=output.shape)
    gradients = backward(spec, params, trace, cotangent)
    for i in range(3):
        v = rng.normal(size=params.W[i].shape)

        def J(step, i=i, v=v):
            W = (*params.W[:i], params.W[i] + step * v, *params.W[i + 1 :])
            output = plain_forward(spec, replace(params, W=W), x)[0]
            return float((output * cotangent).sum())

        numeric = derivative(J)
        check(f"dW[{i}]", float((gradients.dW[i] * v).sum()), numeric)


def test_the_check_itself_notices_a_wrong_sign_and_prints_both_numbers():
    with pytest.raises(AssertionError, match=r"dW: backward says 2\.5.*differences -2\.5"):
        check("dW", 2.5, -2.5)
    check("dW", 2.5, 2.5 * (1 + 1e-10))


def test_the_plain_pass_is_pushed():
    spec = NetSpec(2, 3, 1, 1, activation="identity")
    params = Params(
        W=(np.ones((1, 2, 3)), np.ones((1, 3, 1))), b=(np.zeros((1, 1, 3)), np.zeros((1, 1, 1)))
    )
    x = np.ones((4, 2))
    assert plain_forward(spec, params, x)[0].tolist() == [[[6.0]] * 4]
    pushed = plain_forward(spec, params, x, {("z", 0): np.ones((1, 4, 3))})[0]
    assert pushed.tolist() == [[[9.0]] * 4]
