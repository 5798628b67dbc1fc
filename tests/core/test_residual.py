"""Stacks of blocks: central differences, PyTorch, the paths' sum, and what theory says of them."""

from dataclasses import replace
from math import comb, log10

import numpy as np
import pytest

from core import residual
from core.diagnostics import log10_norms
from core.residual import NORMS, PLACES, StackSpec
from tests.core.test_reference import differences
from tests.golden import recipe

MATRICES = ("W_in", "W1", "W2", "W_out")


def run(spec, *, examples=5, seed=0):
    rng = np.random.default_rng(seed)
    params = residual.init(spec, rng=rng)
    x = rng.standard_normal((spec.seeds, examples, spec.n_in))
    trace = residual.forward(spec, params, x)
    return params, x, trace, rng.standard_normal(trace.output.shape)


def apart(params, name, amount):
    old = getattr(params, name)
    new = (
        [a + b for a, b in zip(old, amount, strict=True)] if name in ("W1", "W2") else old + amount
    )
    return replace(params, **{name: tuple(new) if isinstance(old, tuple) else new})


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("act", ["tanh", "gelu"])
def test_gradients_match_central_differences(place, norm, act):
    spec = StackSpec(3, 6, 4, 2, place, 0.7, norm, act, seeds=2)
    params, x, trace, d_output = run(spec)
    found = residual.backward(spec, params, trace, d_output)
    rng, step = np.random.default_rng(1), 1e-4

    def J(p, at):
        return np.sum(residual.forward(spec, p, at).output * d_output)

    def slope(of):  # at 0, by differences of fourth order
        return (8 * (of(step) - of(-step)) - (of(2 * step) - of(-2 * step))) / (12 * step)

    for name in MATRICES:
        of = getattr(params, name)
        many = isinstance(of, tuple)
        way = [rng.standard_normal(a.shape) for a in of] if many else rng.standard_normal(of.shape)
        numeric = slope(
            lambda e, name=name, way=way, many=many: J(
                apart(params, name, [e * a for a in way] if many else e * way), x
            )
        )
        gradient = getattr(found, "d" + name)
        got = (
            sum(np.sum(a * b) for a, b in zip(gradient, way, strict=True))
            if many
            else np.sum(gradient * way)
        )
        assert got == pytest.approx(numeric, rel=1e-8, abs=1e-8), name
    way = rng.standard_normal(x.shape)
    numeric = slope(lambda e: J(params, x + e * way))
    assert np.sum(found.dx * way) == pytest.approx(numeric, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("case", recipe.STACK_CASES, ids=lambda case: case.name)
def test_values_and_gradients_are_those_of_pytorch(case):
    inputs = recipe.stack_inputs(case)
    spec = StackSpec(
        *(case.n_in, case.width, case.blocks, case.n_out, case.place, case.branch, case.norm),
        activation=case.activation,
        seeds=case.seeds,
    )
    params = residual.StackParams(inputs.W_in, inputs.W1, inputs.W2, inputs.W_out)
    trace = residual.forward(spec, params, inputs.x)
    found = residual.backward(spec, params, trace, inputs.d_output)
    ours = {
        "output": [trace.output],
        "h": trace.h,
        "dh": found.dh,
        "dW1": found.dW1,
        "dW2": found.dW2,
        "ends": [found.dW_in, found.dW_out],
    }
    for kind, arrays in ours.items():
        assert not differences(f"stack {case.name}", kind, arrays)


@pytest.mark.parametrize("place", PLACES)
def test_the_gradient_at_the_input_alone_is_that_of_the_whole_way_back(place):
    spec = StackSpec(3, 6, 5, 2, place, 0.7, seeds=2)
    params, _, trace, d_output = run(spec)
    alone = residual.to_input(spec, params, trace, d_output)
    np.testing.assert_array_equal(alone, residual.backward(spec, params, trace, d_output).dx)


@pytest.mark.parametrize("place", PLACES)
def test_paths_of_all_lengths_add_up_to_the_gradient(place):
    spec = StackSpec(3, 6, 5, 2, place, 0.7, seeds=2)
    params, _, trace, d_output = run(spec)
    whole = residual.backward(spec, params, trace, d_output).dh[0]
    np.testing.assert_allclose(
        residual.paths(spec, params, trace, d_output).sum(axis=0), whole, rtol=0, atol=1e-12
    )


def test_paths_are_the_sum_over_all_choices_written_out():
    """Of three blocks all eight paths, each branch a matrix."""
    spec = StackSpec(3, 4, 3, 2, "shortcut", 0.5, activation="identity")
    params, _, trace, d_output = run(spec, examples=1)
    found = residual.paths(spec, params, trace, d_output)
    expected = np.zeros_like(found)
    for choice in np.ndindex(2, 2, 2):
        g = (d_output @ params.W_out.mT)[0]
        for i in reversed(range(3)):
            if choice[i]:
                g = 0.5 * g @ params.W2[i][0].T @ params.W1[i][0].T
        expected[sum(choice), 0] += g
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_lengths_of_paths_follow_the_binomial_law_of_wide_linear_stacks():
    """Independent branches add squares: ‖g_k‖² goes with C(L, k)·v^k, v the branch's mean gain."""
    L, r = 8, 0.4
    spec = StackSpec(64, 256, L, 10, "shortcut", r, activation="identity", seeds=4)
    params, _, trace, d_output = run(spec, examples=8)
    squares = (residual.paths(spec, params, trace, d_output) ** 2).sum(axis=(2, 3)).mean(axis=1)
    v = 2 * r**2  # W1 is He's, and no ReLU takes the half away
    law = np.array([comb(L, k) * v**k for k in range(L + 1)])
    np.testing.assert_allclose((squares / squares.sum())[:5], (law / law.sum())[:5], rtol=0.25)


def test_a_sweep_of_r_is_each_run_by_itself():
    spec = StackSpec(3, 6, 4, 2, "pre")
    params, x, _, d_output = run(spec)
    factors = [0.1, 1.0]
    together = residual.forward(spec, params, x, branch=factors)
    swept = residual.backward(spec, params, together, d_output)
    for k, r in enumerate(factors):
        alone = residual.forward(replace(spec, branch=r), params, x)
        np.testing.assert_allclose(together.output[k], alone.output[0], rtol=1e-13)
        lone = residual.backward(replace(spec, branch=r), params, alone, d_output)
        np.testing.assert_allclose(swept.dW2[0][k], lone.dW2[0][0], rtol=1e-10, atol=1e-13)


def test_a_zero_branch_is_the_identity_and_tells_w1_nothing():
    spec = StackSpec(3, 6, 30, 2, "zero")
    params, _, trace, d_output = run(spec)
    found = residual.backward(spec, params, trace, d_output)
    np.testing.assert_array_equal(trace.h[0], trace.h[-1])
    np.testing.assert_array_equal(found.dh[0], found.dh[-1])
    assert all(not dW1.any() for dW1 in found.dW1) and all(dW2.any() for dW2 in found.dW2)


@pytest.mark.parametrize("r", [1.0, 24**-0.5, 1 / 24])
def test_a_shortcut_multiplies_a_gradient_by_the_root_of_one_plus_r_squared(r):
    """ReLU with He and LeCun: a branch keeps the mean square of what comes in, either way."""
    spec = StackSpec(64, 128, 24, 10, "shortcut", r, seeds=8)
    params, _, trace, d_output = run(spec)
    dh = log10_norms(residual.backward(spec, params, trace, d_output).dh)
    theory = 12 * log10(1 + r * r)
    assert np.median(dh[:, 0] - dh[:, -1]) == pytest.approx(theory, abs=max(0.03, 0.12 * theory))


@pytest.mark.parametrize(
    "wrong",
    [{"place": "aside"}, {"norm": "batch"}, {"blocks": 501}, {"branch": np.inf}, {"width": 0}],
)
def test_what_has_no_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match=r"^\S+ .+ \S+"):
        StackSpec(**{"n_in": 2, "width": 3, "blocks": 2, "n_out": 2} | wrong)


def test_parameters_of_another_stack_are_named():
    spec, x = StackSpec(3, 4, 2, 2), np.ones((5, 3))
    for other, name in (
        (replace(spec, width=6), "W_in"),
        (replace(spec, n_out=5), "W_out"),
        (replace(spec, n_in=2), "W_in"),
    ):
        params = residual.init(other, rng=np.random.default_rng(0))
        with pytest.raises(ValueError, match=f"{name} must be of shape"):
            residual.forward(spec, params, x)
    params = residual.init(spec, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="W2 must be of shape"):
        residual.forward(spec, replace(params, W2=(params.W2[0], np.ones((1, 4, 5)))), x)


def test_a_scale_is_not_negative():
    with pytest.raises(ValueError, match="weight_scale"):
        StackSpec(3, 4, 2, 2, weight_scale=-1.0)
