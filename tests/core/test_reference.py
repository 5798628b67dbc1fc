"""Against values that others computed: PyTorch's, the article's, and closed forms.

The golden file is made by scripts/make_golden.py from the arrays of tests/golden/recipe.py; these
tests do not need PyTorch.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import clipping, gates, losses, network, recurrent, scalar_chain, theory, training
from core.activations import ACTIVATIONS
from core.initializers import INITIALIZERS
from core.network import NetSpec, Params
from core.optimizers import RULES, Momentum
from tests.golden import recipe

with np.load(Path(__file__).parents[1] / "golden" / "golden.npz") as _file:
    GOLDEN = dict(_file)
TOLERANCE = 1e-10  # of the largest entry


def spec_of(case):
    return NetSpec(
        n_in=case.n_in,
        width=case.width,
        depth=case.depth,
        n_out=case.n_out,
        activation=case.activation,
        negative_slope=case.negative_slope,
        residual=case.residual,
        norm=case.norm,
        seeds=case.seeds,
    )


def differences(prefix, kind, arrays, scale=None):
    """One line per layer whose digest is not the golden one; both numbers are in the line."""
    golden, ours = GOLDEN[f"{prefix}/{kind}"], recipe.digest(arrays)
    if golden.shape != ours.shape:
        return [f"{kind}: {len(ours)} layers for {len(golden)}"]
    scale = golden[:, 0] if scale is None else np.maximum(golden[:, 0], scale)
    lines = []
    for layer, (theirs, mine, size) in enumerate(zip(golden, ours, scale, strict=True), start=1):
        worst = np.argmax(np.abs(theirs - mine))
        if not np.abs(theirs - mine)[worst] <= TOLERANCE * size:
            lines.append(f"{kind}[{layer}]: {theirs[worst]!r}, ours {mine[worst]!r}, of {size:.3g}")
    return lines


def rounding_of(case, kind):
    """What an entry of `kind` is a sum of. Batch norm subtracts the mean over the examples, so that
    the gradient of a shift before it, db, is 0, and through identity layers dbeta as well: what
    PyTorch and we return is the rounding of the sum, and only beside its terms is it small."""
    if case.norm != "batch" or kind not in ("db", "dbeta", "clipped db", "clipped dbeta"):
        return 0.0
    return GOLDEN[f"{case.name}/dz"][:, 0].max()


def by_kind(result, names):
    return {name: getattr(result, name) for name in names if getattr(result, name)}


@pytest.mark.parametrize("case", recipe.CASES, ids=lambda case: case.name)
def test_a_network_agrees_with_pytorch(case):
    inputs, spec = recipe.network_inputs(case), spec_of(case)
    params = Params(inputs.W, inputs.b, inputs.gamma, inputs.beta)
    trace = network.forward(spec, params, inputs.x)
    loss, d_output = losses.LOSSES[case.loss](trace.output, inputs.target)
    gradients = network.backward(spec, params, trace, d_output)
    ours = {"output": [trace.output], "loss": [loss]}
    ours |= by_kind(trace, ("h", "u", "z"))
    ours |= by_kind(gradients, ("dW", "db", "dgamma", "dbeta", "dz", "dh"))
    if case.clip != "none":
        clip = {"value": clipping.clip_by_value, "norm": clipping.clip_by_global_norm}[case.clip]
        clipped = clip(gradients, case.clip_limit).gradients
        ours |= {f"clipped {kind}": a for kind, a in by_kind(clipped, clipping.TENSORS).items()}

    stored = {
        key.removeprefix(f"{case.name}/") for key in GOLDEN if key.startswith(f"{case.name}/")
    }
    assert {kind for kind in stored if "trained" not in kind and kind != "losses"} == set(ours)
    report = [
        line
        for kind, arrays in ours.items()
        for line in differences(case.name, kind, arrays, rounding_of(case, kind))
    ]
    assert not report, "\n".join(["PyTorch disagrees:", *report])


def rule_of(case):
    """The optimizer of a case."""
    if case.momentum:
        return Momentum(case.momentum)
    settings = {
        "adam": {"epsilon": case.epsilon},
        "adamw": {"epsilon": case.epsilon, "decay": case.decay},
    }
    return RULES[case.rule](**settings.get(case.rule, {}))


TRAINED = [case for case in recipe.CASES if case.steps]


@pytest.mark.parametrize("case", TRAINED, ids=lambda case: case.name)
def test_training_agrees_with_pytorch(case):
    """Twenty-five steps on the whole batch: losses and final parameters of PyTorch's optimizers."""
    inputs, spec = recipe.network_inputs(case), spec_of(case)
    train_spec = training.TrainSpec(
        case.learning_rate,
        steps=case.steps,
        batch_size=case.examples,
        clip=case.clip,
        clip_limit=case.clip_limit,
        loss=case.loss,
        rule=rule_of(case),
    )
    data = SimpleNamespace(x_train=inputs.x, y_train=inputs.target)
    params = Params(inputs.W, inputs.b, inputs.gamma, inputs.beta)
    begun = training.start(spec, train_spec, params=params)
    state, steps = training.train(spec, train_spec, data, begun)
    report = differences(case.name, "losses", [step.loss[:, None] for step in steps])
    for kind, arrays in by_kind(state.params, ("W", "b", "gamma", "beta")).items():
        report += differences(case.name, f"trained {kind}", arrays)
    assert not report, "\n".join(["PyTorch disagrees:", *report])


@pytest.mark.parametrize("case", recipe.RECURRENT_CASES, ids=lambda case: case.name)
def test_a_recurrent_network_agrees_with_pytorch(case):
    inputs, prefix = recipe.recurrent_inputs(case), f"rnn {case.name}"
    spec = recurrent.RnnSpec(
        case.n_in, case.width, case.steps, case.n_out, case.activation, seeds=case.seeds
    )
    (W_x, W_h, W_out), (b, b_out) = inputs.W, inputs.b
    params = recurrent.RnnParams(W_x=W_x, W_h=W_h, b=b, W_out=W_out, b_out=b_out)
    trace = recurrent.forward(spec, params, inputs.x)
    loss, d_output = losses.LOSSES[case.loss](trace.output, inputs.target)
    gradients = recurrent.backward(spec, params, trace, d_output)
    ours = {
        "output": [trace.output],
        "loss": [loss],
        **by_kind(trace, ("h", "z")),
        **by_kind(gradients, ("dz", "dh")),
        "dW": [gradients.dW_x, gradients.dW_h, gradients.dW_out],
        "db": [gradients.db, gradients.db_out],
    }
    report = [line for kind, arrays in ours.items() for line in differences(prefix, kind, arrays)]
    assert not report, "\n".join(["PyTorch disagrees:", *report])


@pytest.mark.parametrize("case", recipe.GATE_CASES, ids=lambda case: case.name)
def test_a_network_with_gates_agrees_with_pytorch(case):
    inputs, prefix = recipe.gate_inputs(case), f"gates {case.name}"
    spec = gates.GateSpec(
        *(case.cell, case.n_in, case.width, case.steps, case.n_out),
        reset=case.reset,
        seeds=case.seeds,
    )
    (W_x, W_h, W_out), (b, b_h, b_out) = inputs.W, inputs.b
    params = gates.GateParams(W_x, W_h, b, b_h, W_out, b_out)
    trace = gates.forward(spec, params, inputs.x)
    loss, d_output = losses.LOSSES[case.loss](trace.output, inputs.target)
    found = gates.backward(spec, params, trace, d_output)
    ours = {"output": [trace.output], "loss": [loss]}
    for name in ("h", "c"):
        ours[name] = list(np.moveaxis(getattr(trace, name), 1, 0))
        ours[f"d{name}"] = list(np.moveaxis(getattr(found, f"d{name}"), 1, 0))
    for name in ("dW_x", "dW_h", "db"):  # their members stand behind the gates
        ours[name] = [np.moveaxis(getattr(found, name), 1, 0)]
    for name in ("dW_out", "db_out", "db_h"):
        ours[name] = [getattr(found, name)]
    if f"{prefix}/db_h" not in GOLDEN:
        assert not ours.pop("db_h")[0].any()
    report = [line for kind, arrays in ours.items() for line in differences(prefix, kind, arrays)]
    assert not report, "\n".join(["PyTorch disagrees:", *report])


def test_there_are_enough_golden_cases():
    cases = recipe.CASES
    assert len(cases) + len(recipe.RECURRENT_CASES) >= 40
    assert {case.activation for case in cases} == set(recipe.ACTIVATIONS) == set(ACTIVATIONS)
    assert {case.loss for case in cases} == set(losses.LOSSES)
    assert {case.norm for case in cases} == set(network.NORMS)
    assert {case.clip for case in cases} == set(training.CLIPS)
    assert {case.rule for case in cases} | {"momentum"} == set(RULES)
    assert {0, 50} <= {case.depth for case in cases}
    assert {1, 128} <= {case.width for case in cases}


# The article ---------------------------------------------------------------------------------


def test_powers_of_the_article():
    powers = scalar_chain.power(np.array([0.6, 0.6, 1.6, 0.9]), np.array([3, 15, 15, 50]))
    expected = [0.216, 4.70184984576e-4, 1152.921504606847, 5.153775207320113e-3]
    assert powers.exact == pytest.approx(expected, rel=1e-14)
    assert powers.value == pytest.approx(expected, rel=1e-13)


def test_slope_of_the_sigmoid_at_5_and_the_misprint():
    sigmoid = ACTIVATIONS["sigmoid"]
    assert sigmoid.df(5.0) == pytest.approx(0.00664805667, rel=1e-8)
    assert sigmoid.f(5.0) == pytest.approx(1 / (1 + np.exp(-5.0)), rel=1e-15)
    # Printed as 1/(1 + e^z), which is σ(−z); σ′ is even, so that the article's number survives.
    assert sigmoid.df(-5.0) == pytest.approx(sigmoid.df(5.0), rel=1e-15)


def test_two_thirds_of_the_weights_are_below_1_and_what_that_leaves_out():
    assert theory.probability_below_one(1) == pytest.approx(0.682689492137, rel=1e-10)
    assert theory.probability_below_one(15) == pytest.approx(0.995, abs=5e-4)
    assert 10 ** theory.log10_product_median(15) == pytest.approx(9.648e-5, rel=1e-3)


def test_he_lecun_and_xavier_by_their_own_names():
    std = {name: scheme.std(100, 50) for name, scheme in INITIALIZERS.items()}
    assert std["he"] == pytest.approx(np.sqrt(2 / 100))
    assert std["lecun"] == pytest.approx(np.sqrt(1 / 100))  # the article's other He
    assert std["xavier"] == pytest.approx(np.sqrt(2 / 150))
    assert std["normal"] == 1.0
    assert std["uniform_classic"] == pytest.approx(1 / np.sqrt(3 * 100))


def test_clipping_3_4_to_an_interval_turns_it_and_by_norm_does_not():
    g = np.array([3.0, 4.0])
    assert clipping.clip_by_value(g, 1.0).gradients.tolist() == [1.0, 1.0]
    by_norm = clipping.clip_by_global_norm(g, 1.0)
    assert by_norm.gradients == pytest.approx([0.6, 0.8], rel=1e-15)
    assert (by_norm.norm, by_norm.factor) == (pytest.approx(5.0), pytest.approx(0.2))


def test_the_lower_bound_of_a_clip_is_minus_c():
    small = np.array([1e-9, -2e-7])
    for clip in (clipping.clip_by_value, clipping.clip_by_global_norm):
        assert clip(small, 1.0).gradients.tolist() == small.tolist()


def test_the_slope_of_relu_at_its_kink_is_0_and_left_of_it_too():
    assert ACTIVATIONS["relu"].df(np.array([-1.0, 0.0, 1e-300])).tolist() == [0.0, 0.0, 1.0]


def test_the_two_layer_chain_of_the_lesson():
    """z₂ = 5 by w₁ = 2 and w₂ = 5.6767, where φ′(z₂) = 0.00665 makes dJ/dw₁ = 3.94e-3."""
    chain = scalar_chain.two_layer_chain(w1=2.0, w2=5.6767, x=1.0, y=0.0)
    assert chain.z2 == pytest.approx(5.0, abs=1e-4)
    values = [float(factor.value) for factor in chain.dw1_factors]
    assert values == pytest.approx([0.9933, 0.00665, 5.677, 0.1050, 1.0], rel=2e-3)
    assert chain.dw1 == pytest.approx(3.94e-3, rel=2e-3)
    assert chain.dw2 == pytest.approx(5.82e-3, rel=2e-3)


# Closed forms --------------------------------------------------------------------------------


def test_a_chain_of_width_1_is_the_product_of_its_weights():
    spec = NetSpec(1, 1, 15, 1, "identity")
    params = Params(tuple(np.full((1, 1, 1), 0.6) for _ in range(16)), (np.zeros((1, 1, 1)),) * 16)
    trace = network.forward(spec, params, [[1.0]])
    gradients = network.backward(spec, params, trace, np.ones((1, 1, 1)))
    assert trace.h[14].item() == pytest.approx(0.6**15, rel=1e-14)
    assert [dz.item() for dz in gradients.dz] == pytest.approx(
        [0.6 ** (16 - layer) for layer in range(1, 16)]
    )
    assert [dW.item() for dW in gradients.dW] == pytest.approx([0.6**15] * 16)


def test_depth_0_is_least_squares():
    rng = np.random.default_rng(1)
    x, y, spec = rng.standard_normal((9, 4)), rng.standard_normal((9, 2)), NetSpec(4, 3, 0, 2)
    params = network.init(spec, rng=rng)
    trace = network.forward(spec, params, x)
    value, d_output = losses.mean_squared_error(trace.output, y)
    gradients = network.backward(spec, params, trace, d_output)
    error = x @ params.W[0][0] - y
    assert value.item() == pytest.approx(np.mean(error**2), rel=1e-14)
    assert gradients.dW[0][0] == pytest.approx(2 / error.size * x.T @ error, rel=1e-12)


def test_losses_of_a_network_that_knows_nothing():
    logits = np.zeros((1, 5, 10))
    assert losses.softmax_cross_entropy(logits, np.arange(5))[0] == pytest.approx(np.log(10))
    assert losses.binary_cross_entropy(logits, np.ones((5, 10)))[0] == pytest.approx(np.log(2))
