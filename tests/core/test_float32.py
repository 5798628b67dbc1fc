"""A run in float32: all of it is computed in that format, it breaks where the format ends, and it
is the run that PyTorch has."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import clipping, diagnostics, losses, network, optimizers, recording, training
from core.activations import ACTIVATIONS
from core.datasets import digits
from core.formats import FORMATS, as_floats
from core.network import NORMS, NetSpec
from core.optimizers import RULES, SGD, Adam, RMSProp
from core.training import CLIPS, TrainSpec
from tests.core.test_recipes import ACCURACY, LOSS, RUNS, WRITERS, core_run, run_here, script_of
from tests.core.test_training import arrays_of, assert_identical

_RNG = np.random.default_rng(0)
DATA = SimpleNamespace(
    x_train=_RNG.standard_normal((40, 6)),
    y_train=_RNG.integers(0, 3, 40),
    x_test=_RNG.standard_normal((20, 6)),
    y_test=_RNG.integers(0, 3, 20),
)
SPEC = NetSpec(6, 8, 3, 3, "tanh", initializer="xavier", bias_std=0.1)
SINGLE = TrainSpec(0.01, steps=4, batch_size=8, dtype="float32")
SINGLE_TYPE = np.dtype(np.float32)
TWO_LOSSES = ("softmax_cross_entropy", "mean_squared_error")
# Each activation with each of what else there is, in turns.
WAYS = [
    (
        replace(SPEC, activation=name, norm=NORMS[i % 3], residual=0.5 * (i % 2), seeds=2),
        replace(
            SINGLE,
            rule=list(RULES.values())[i % len(RULES)](),
            clip=CLIPS[(i // 2) % 3],
            clip_limit=0.1,
            loss=TWO_LOSSES[(i // 3) % 2],
        ),
    )
    for i, name in enumerate(2 * list(ACTIVATIONS))
]
NAMED = [f"{s.activation}, {s.norm}, {t.rule.label}, {t.clip}, {t.loss}" for s, t in WAYS]


class Watched(np.ndarray):
    """An array that fails where it meets a float64: not even a scalar may sneak in."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        measured = settings.get("dtype") == np.float64  # the norms that a Step records
        types = {one.dtype for one in inputs if isinstance(one, np.ndarray | np.generic)}
        inputs = tuple(np.asarray(a) if isinstance(a, Watched) else a for a in inputs)
        into = {} if out is None else {"out": tuple(map(np.asarray, out))}
        result = getattr(ufunc, method)(*inputs, **into, **settings)
        if measured or SINGLE_TYPE not in types:
            return result
        types |= {result.dtype, *(a.dtype for a in into.get("out", ()))}
        assert np.dtype(np.float64) not in types, f"a float64 in {ufunc.__name__}"
        return np.asarray(result).view(Watched) if out is None else out[0]


def watched(a):
    a = as_floats(a)
    return a.view(Watched) if a.dtype == np.float32 else a


@pytest.mark.parametrize(("spec", "how"), WAYS, ids=NAMED)
def test_no_float64_sneaks_into_a_step(spec, how, monkeypatch):
    """Every array that a step computes in is watched, its parameters and what is kept too."""
    state, allocate = training.start(spec, how, rng=np.random.default_rng(1)), network.empty

    def empty(*groups, **settings):
        return [[a.view(Watched) for a in arrays] for arrays in allocate(*groups, **settings)]

    for module in (network, training, optimizers):
        monkeypatch.setattr(module, "empty", empty)
    for module in (losses, clipping):
        monkeypatch.setattr(module, "as_floats", watched)
    run = training.Run(spec, how, DATA, state)
    assert isinstance(run.params.W[0], Watched) and isinstance(run._trace.h[0], Watched)
    for _ in range(3):
        run.step()
    assert not any(run.halts)


def test_a_sneaking_float64_is_seen():
    a = np.ones(3, np.float32).view(Watched)
    assert (a * 2.0).dtype == np.float32, "a number of Python's has no format of its own"
    for sneak in (lambda: a * np.float64(2), lambda: np.sqrt(a, out=np.empty(3))):
        with pytest.raises(AssertionError, match=r"multiply|sqrt"):
            sneak()


@pytest.mark.parametrize(("spec", "how"), WAYS, ids=NAMED)
def test_every_array_of_a_pass_and_of_the_optimizer_is_float32(spec, how):
    state = training.start(spec, how, rng=np.random.default_rng(1))
    for _ in range(3):
        state, step = training.advance(spec, how, DATA, state)
    trace = network.forward(spec, state.params, DATA.x_train)
    wanted = training.targets(how, DATA.y_train, 3)
    loss, d_output = losses.LOSSES[how.loss](trace.output, wanted)
    gradients = network.backward(spec, state.params, trace, d_output)
    found = [*arrays_of(state.params), *arrays_of(trace), *arrays_of(gradients), loss, d_output]
    found += [a for tree in state.memory.kept for a in arrays_of(tree)]
    assert {a.dtype for a in found} == {np.dtype(np.float32)}
    assert len(state.memory.kept) == how.rule.keeps
    assert {a.dtype for a in arrays_of(step)} == {np.dtype(np.float64)}, "what is measured"
    assert network.output(spec, state.params, DATA.x_train).dtype == np.float32


@pytest.mark.parametrize(("spec", "how"), WAYS, ids=NAMED)
def test_it_is_the_float64_run_within_rounding(spec, how):
    both = []
    for dtype in ("float64", "float32"):
        own = replace(how, dtype=dtype, learning_rate=1e-3)
        state = training.start(spec, own, rng=np.random.default_rng(1))
        both.append(training.train(spec, own, DATA, state)[1])
    for wide, single in zip(*both, strict=True):
        assert single.loss == pytest.approx(wide.loss, rel=2e-4)
        assert not np.array_equal(single.loss, wide.loss)


def test_the_draws_are_those_of_float64_rounded_once():
    wide, single = (
        training.start(SPEC, replace(SINGLE, dtype=dtype), rng=np.random.default_rng(3)).params
        for dtype in ("float64", "float32")
    )
    for a, b in zip(arrays_of(wide), arrays_of(single), strict=True):
        assert b.dtype == np.float32 and np.array_equal(a.astype(np.float32), b)
    assert network.in_format(wide, "float64").W[0] is wide.W[0], "nothing is copied"


@pytest.mark.parametrize("rule", [SGD(), Adam(), RULES["muon"]()])
def test_a_member_equals_a_lone_run_and_a_pause_changes_nothing(rule):
    spec = NetSpec(64, 64, 4, 10, "tanh", initializer="xavier", norm="batch", seeds=3)
    how, rngs = replace(SINGLE, batch_size=32, rule=rule), np.random.default_rng(2).spawn(3)
    run = recording.extend(recording.begin(spec, how, digits(), rng=rngs), digits())
    lone = replace(spec, seeds=1)
    rng = [np.random.default_rng(2).spawn(3)[1]]
    alone = recording.begin(lone, how, digits(), rng=rng)
    for _ in range(how.steps):
        alone = recording.extend(alone, digits(), steps=1)
    assert_identical(diagnostics.member(run.state.params, 1), alone.state.params)
    assert [step.loss[1] for step in run.steps] == [step.loss[0] for step in alone.steps]


# Where the format ends ---------------------------------------------------------------------------


Z = np.concatenate([np.linspace(-130, 130, 2601), np.geomspace(1e-40, 3e38, 400)])
Z = np.concatenate([Z, -Z]).astype(np.float32)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_right_to_the_ends_of_float32(name):
    phi, wide = ACTIVATIONS[name], Z.astype(np.float64)
    for ours, exact in zip(phi.value_and_slope(Z), phi.value_and_slope(wide), strict=True):
        assert ours.dtype == np.float32 and np.isfinite(ours).all()
        # SiLU's slope and GELU's cross 0, where they subtract; the tail of 10⁻³⁸ has fewer digits.
        np.testing.assert_allclose(ours, exact, rtol=2e-5, atol=1e-7)
        small = np.abs(exact) < 1e-3
        assert (np.abs(ours[small]) <= 1.01 * np.abs(exact[small]) + 1e-7).all()
    assert phi.df(np.float32(-1e30)) == np.float32(phi.df(-1e30))


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_normalizer_keeps_its_digits_where_squares_overflow_in_float32(norm):
    spec = replace(SPEC, norm=norm)
    params = network.init(spec, rng=np.random.default_rng(0))
    huge = network.scale_weights(params, [1e25])
    single = network.in_format(huge, "float32")
    ours = network.forward(spec, single, DATA.x_train)
    exact = network.forward(spec, huge, DATA.x_train)
    assert np.abs(ours.u[0]).max() > 1e20 and np.isfinite(ours.x_hat[0]).all()
    for mine, theirs in zip(ours.x_hat, exact.x_hat, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def broken(spec, how, **start):
    """Where a run of this halts in each format."""
    found = {}
    for dtype in ("float64", "float32"):
        own = replace(how, dtype=dtype)
        state = training.start(spec, own, **(start or {"rng": np.random.default_rng(0)}))
        found[dtype] = training.train(spec, own, DATA, state)[0].halts[0]
    return found


def test_a_pre_activation_beyond_float32_halts_it_there():
    spec = replace(SPEC, activation="relu", initializer="he", weight_scale=1e10, bias_std=0.0)
    found = broken(spec, replace(SINGLE, learning_rate=0.0))
    assert found["float64"] is None
    assert (found["float32"].step, found["float32"].operation) == (1, "pre-activation")
    assert found["float32"].layer == 4 and np.isinf(found["float32"].value)


def test_a_square_beyond_float32_is_a_loss_that_is_infinite():
    how = replace(SINGLE, loss="mean_squared_error", learning_rate=0.0)
    found = broken(replace(SPEC, activation="relu", weight_scale=1e5), how)
    assert found["float64"] is None
    assert (found["float32"].operation, found["float32"].layer) == ("loss", 4)


def test_an_update_beyond_float32_halts_it():
    found = broken(replace(SPEC, depth=0), replace(SINGLE, learning_rate=1e39))
    assert found["float32"].operation == "update" and found["float32"].step == 1
    assert found["float64"] is None


@pytest.mark.parametrize("rule", [Adam(epsilon=1e-30), RMSProp(epsilon=1e-30)])
def test_the_square_of_a_small_gradient_is_0_and_epsilon_alone_divides(rule):
    g = np.full((1, 3), 1e-25)
    moved = {}
    for dtype in (np.float64, np.float32):
        rows = g.astype(dtype)
        like = network.Params((rows[:, :, None],), ())
        kept = [np.zeros_like(rows) for _ in range(rule.keeps)]
        factor = rule.turn(rows, np.zeros_like(rows), kept, 1, like)
        moved[dtype] = float(rows[0, 0]) * factor
    size = 1 if isinstance(rule, Adam) else (1 - rule.alpha) ** -0.5
    assert moved[np.float64] == pytest.approx(size, rel=1e-4)
    assert moved[np.float32] == pytest.approx(1e-25 / 1e-30, rel=1e-5)


def test_what_is_recorded_of_small_gradients_is_measured_in_float64():
    """Squares of 1e-30 are no numbers of float32, nor are those of 1e30."""
    for size in (1e-30, 1e30, 1e-42):
        a = np.full((1, 2, 50), size, np.float32)
        exact = np.log10(float(a[0, 0, 0])) + 0.5 * np.log10(50)
        assert diagnostics.log10_block_norms([a])[0] == pytest.approx(exact, abs=1e-7)


def test_the_share_of_zeros_is_that_of_the_gradient():
    """A sigmoid network of 40 layers: the first ones' gradients are below 1e-45."""
    spec = replace(SPEC, activation="sigmoid", depth=40, weight_scale=0.1)
    for dtype in ("float64", "float32"):
        how = replace(SINGLE, dtype=dtype, clip="norm", clip_limit=0.5)
        state = training.start(spec, how, rng=np.random.default_rng(0))
        after, step = training.advance(spec, how, DATA, state)
        trace = network.forward(spec, state.params, DATA.x_train[after.order[:8]])
        _, d_output = losses.softmax_cross_entropy(trace.output, DATA.y_train[after.order[:8]])
        dW = network.backward(spec, state.params, trace, d_output).dW
        assert step.zero_dW[0] == pytest.approx([(a == 0).mean() for a in dW])
        assert (step.zero_dW[0, 0] == 1) == (dtype == "float32")
        assert np.isneginf(step.log10_dW[0, 0]) == (dtype == "float32")
        assert step.zero_dW[0, -1] == 0


def test_norms_near_the_end_of_float32_are_looked_at():
    """Above this size something that was computed may be infinite though no norm is."""
    largest = np.log10(FORMATS["float32"].largest)
    assert largest - diagnostics.CALM_IN_FLOAT32 > 18
    assert np.log10(FORMATS["float64"].largest) - diagnostics.CALM > 18


def test_a_format_that_is_not_trained_in_is_refused():
    with pytest.raises(ValueError, match="dtype must be one of float64, float32, not 'float16'"):
        TrainSpec(0.1, dtype="float16")
    limit = 1e-40  # of few digits in float32
    TrainSpec(0.1, clip="norm", clip_limit=limit)
    with pytest.raises(ValueError, match=r"at least 1\.2e-38 in float32"):
        TrainSpec(0.1, clip="norm", clip_limit=limit, dtype="float32")


def test_a_run_may_go_on_in_another_format():
    how = replace(SINGLE, rule=Adam(), dtype="float64")
    state = training.start(SPEC, how, rng=np.random.default_rng(0))
    state, _ = training.advance(SPEC, how, DATA, state)
    state, _ = training.advance(SPEC, replace(how, dtype="float32"), DATA, state)
    kept = [a for tree in state.memory.kept for a in arrays_of(tree)]
    assert {a.dtype for a in [*kept, *arrays_of(state.params)]} == {np.dtype(np.float32)}
    assert state.memory.steps == 2


# The scripts -------------------------------------------------------------------------------------


def single(name):
    spec, how, dataset = RUNS[name]
    return spec, replace(how, dtype="float32"), dataset


def assert_the_same_run(printed, name, room=1):
    """To six digits, then five. Saturated units decide by their last: there to three in the end."""
    losses, halt, accuracy = core_run(single(name))
    found = [float(loss) for _, loss in LOSS.findall(printed)]
    assert halt is None and len(found) == len(losses)
    assert found == [np.float32(loss) for loss in found], "printed from float32"
    assert found[:3] == pytest.approx(losses[:3], rel=2e-6 * room)
    assert found == pytest.approx(losses, rel=room * (1e-3 if name == "saturated" else 1e-5))
    (right,) = ACCURACY.findall(printed)
    assert float(right) == pytest.approx(accuracy, abs=0.01)


@pytest.mark.parametrize("name", RUNS)
def test_the_numpy_script_has_the_losses_of_the_core(name):
    assert_the_same_run(run_here(script_of(WRITERS["NumPy"], single(name))), name)


@pytest.mark.parametrize("name", RUNS)
def test_pytorch_has_the_losses_of_the_core(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert_the_same_run(run_here(script_of(WRITERS["PyTorch"], single(name))), name)


@pytest.mark.parametrize("name", RUNS)
def test_keras_has_the_losses_of_the_core(name):
    """On whichever backend it has: each multiplies in float32, and rounds its own way."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    before = keras.config.floatx()
    try:
        assert_the_same_run(run_here(script_of(WRITERS["Keras"], single(name))), name, room=5)
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", RUNS)
def test_every_array_of_the_numpy_script_is_float32(name):
    script = script_of(WRITERS["NumPy"], single(name))
    own = {"__name__": "script"}
    exec(compile(script, "script.py", "exec"), own)
    seen = []
    look = own["finite"]
    own["finite"] = lambda arrays: seen.extend(arrays) or look(arrays)
    for called in ("clip", "rmsprop", "adam", "muon"):
        if called in own:
            own[called] = _seen(own[called], seen)
    own["print"] = lambda *_: None
    own["main"]()
    assert {np.asarray(a).dtype for a in seen} == {np.dtype(np.float32)}


def _seen(function, seen):
    def call(*given):
        result = function(*given)
        seen.extend([*result, *(a for of in given if isinstance(of, list) for a in of)])
        return result

    return call


def test_a_script_in_float32_stops_where_the_core_does():
    """Adam's squares are 0 and its ε is tiny: the first step throws the weights away."""
    rule = Adam(epsilon=1e-30)
    spec = NetSpec(64, 32, 20, 10, "gelu", weight_scale=0.1)
    run = spec, TrainSpec(0.003, steps=9, rule=rule, dtype="float32"), "digits"
    losses, halt, _ = core_run(run)
    *steps, last = run_here(script_of(WRITERS["NumPy"], run)).splitlines()
    assert (halt.step, halt.operation, len(losses)) == (2, "pre-activation", 2)
    assert last == "Stopped at step 2: infinity or NaN in the forward pass." and len(steps) == 2


@pytest.mark.parametrize("library", WRITERS)
def test_a_script_says_its_format_and_a_float64_one_does_not(library):
    wide, narrow = (script_of(WRITERS[library], run) for run in (RUNS["digits"], single("digits")))
    assert "# Numbers: float32." in narrow and "six digits" in narrow
    assert "float32" not in wide.replace("3.15 multiplies in float32", "")
    if library == "Keras":
        assert 'set_floatx("float32")' in narrow and 'set_floatx("float64")' in wide
