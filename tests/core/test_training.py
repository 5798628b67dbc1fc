"""Training: one explicit state at a time, ensembles, and where a run breaks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import clipping, diagnostics, losses, network, training
from core.network import NetSpec
from core.optimizers import SGD, Adam, AdamW, Momentum, Muon, RMSProp
from core.training import Halt, TrainSpec

_RNG = np.random.default_rng(0)
DATA = SimpleNamespace(x_train=_RNG.standard_normal((50, 6)), y_train=_RNG.integers(0, 3, 50))
SPEC = NetSpec(6, 8, 3, 3, "tanh", initializer="xavier", bias_std=0.1)
TRAIN = TrainSpec(0.1, steps=12, batch_size=8)
VARIANTS = {
    "plain": TRAIN,
    "momentum": replace(TRAIN, rule=Momentum(0.9)),
    "clip by value": replace(TRAIN, clip="value", clip_limit=0.01),
    "clip by norm, momentum": replace(TRAIN, clip="norm", clip_limit=0.3, rule=Momentum(0.5)),
    "adam": replace(TRAIN, learning_rate=0.01, rule=Adam()),
    "muon, clip by norm": replace(TRAIN, rule=Muon(), clip="norm", clip_limit=0.3),
}


def generators(seeds, first=10):
    return [np.random.default_rng(first + s) for s in range(seeds)]


def run(spec, train_spec, data=DATA, **start):
    """All states and steps of a run."""
    states, steps = [training.start(spec, train_spec, **start)], []
    while states[-1].step < train_spec.steps and not states[-1].halted:
        state, step = training.advance(spec, train_spec, data, states[-1])
        states.append(state)
        steps.append(step)
    return states, steps


def arrays_of(record):
    """The arrays of a frozen dataclass, nested ones too, in a fixed order."""
    for value in vars(record).values():
        if isinstance(value, tuple):
            for a in value:
                if isinstance(a, np.ndarray):
                    yield a
                elif hasattr(a, "__dataclass_fields__"):
                    yield from arrays_of(a)
        elif isinstance(value, np.ndarray):
            yield value
        elif hasattr(value, "__dataclass_fields__"):
            yield from arrays_of(value)


def assert_identical(a, b):
    ours, theirs = list(arrays_of(a)), list(arrays_of(b))
    assert len(ours) == len(theirs) > 0
    for mine, other in zip(ours, theirs, strict=True):
        assert np.array_equal(mine, other, equal_nan=True)


@pytest.mark.parametrize("variant", VARIANTS)
def test_pause_and_rewind_are_bit_identical(variant):
    spec, train_spec = replace(SPEC, seeds=2, norm="batch"), VARIANTS[variant]
    states, steps = run(spec, train_spec, rng=generators(2))
    # Continue from the middle, later and in one go; then from the beginning again.
    end, resumed = training.train(spec, train_spec, DATA, states[5])
    assert_identical(end, states[-1])
    assert [step.step for step in resumed] == [6, 7, 8, 9, 10, 11, 12]
    for ours, theirs in zip(resumed, steps[5:], strict=True):
        assert_identical(ours, theirs)
    again, _ = run(spec, train_spec, params=states[0].params)
    assert_identical(again[-1], states[-1])
    longer = replace(train_spec, steps=20)
    assert len(training.train(spec, longer, DATA, states[-1])[1]) == 8


def test_a_step_does_not_write_into_the_state_it_starts_from():
    train_spec = VARIANTS["clip by norm, momentum"]
    state = training.start(SPEC, train_spec, rng=generators(1))
    state, _ = training.advance(SPEC, train_spec, DATA, state)
    before = [a.copy() for a in arrays_of(state)]
    training.advance(SPEC, train_spec, DATA, state)
    for ours, theirs in zip(arrays_of(state), before, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_member_s_of_an_ensemble_equals_a_lone_run(variant):
    spec, train_spec = replace(SPEC, seeds=3), VARIANTS[variant]
    states, steps = run(spec, train_spec, rng=generators(3))
    for s in range(3):
        lone_states, lone_steps = run(replace(SPEC, seeds=1), train_spec, rng=[generators(3)[s]])
        member = diagnostics.member(states[-1].params, s)
        assert_identical(member, lone_states[-1].params)
        for ours, theirs in zip(steps, lone_steps, strict=True):
            for a, b in zip(arrays_of(ours), arrays_of(theirs), strict=True):
                assert np.array_equal(a[s : s + 1], b)


def test_a_member_equals_a_lone_run_at_the_size_of_a_page_too():
    """Where matrix products are large enough for a library to split the work differently."""
    spec, rng = (
        NetSpec(64, 64, 4, 10, "tanh", initializer="xavier", seeds=6),
        np.random.default_rng(2),
    )
    data = SimpleNamespace(x_train=rng.standard_normal((64, 64)), y_train=rng.integers(0, 10, 64))
    train_spec = TrainSpec(0.1, steps=3)
    states, _ = run(spec, train_spec, data=data, rng=generators(6))
    lone, _ = run(replace(spec, seeds=1), train_spec, data=data, rng=[generators(6)[4]])
    assert_identical(diagnostics.member(states[-1].params, 4), lone[-1].params)


def test_a_step_is_what_it_says():
    """Loss, norms, clipping and update of one step, computed again by hand."""
    spec, train_spec = replace(SPEC, seeds=2), replace(TRAIN, clip="norm", clip_limit=0.5)
    state = training.start(spec, train_spec, rng=generators(2))
    after, step = training.advance(spec, train_spec, DATA, state)
    rows = after.order[:8]
    trace = network.forward(spec, state.params, DATA.x_train[rows])
    loss, d_output = losses.softmax_cross_entropy(trace.output, DATA.y_train[rows])
    gradients = network.backward(spec, state.params, trace, d_output)
    clipped = clipping.clip_by_global_norm(gradients, 0.5)
    assert step.loss == pytest.approx(loss)
    assert step.accuracy == pytest.approx(
        np.mean(trace.output.argmax(axis=2) == DATA.y_train[rows], axis=1)
    )
    assert step.clip_factor == pytest.approx(clipped.factor)
    assert (step.clip_factor < 1).all()
    assert step.log10_dz == pytest.approx(diagnostics.log10_norms(gradients.dz))
    assert step.log10_dW == pytest.approx(diagnostics.log10_norms(gradients.dW))
    moved = [new - old for new, old in zip(after.params.W, state.params.W, strict=True)]
    expected = diagnostics.log10_norms(moved) - diagnostics.log10_norms(state.params.W)
    assert step.log10_update == pytest.approx(expected, abs=1e-9)
    assert moved[0] == pytest.approx(-0.1 * clipped.gradients.dW[0], rel=1e-9)


def test_the_first_batch_is_that_of_the_first_step():
    train_spec = replace(TRAIN, batch_seed=3)
    begun = training.start(SPEC, train_spec, rng=generators(1))
    after, _ = training.advance(SPEC, train_spec, DATA, begun)
    x, y = training.first_batch(train_spec, DATA)
    rows = after.order[: TRAIN.batch_size]
    assert np.array_equal(x, DATA.x_train[rows]) and np.array_equal(y, DATA.y_train[rows])


def test_an_epoch_shows_every_example_once_in_a_new_order():
    data = SimpleNamespace(x_train=DATA.x_train[:40], y_train=DATA.y_train[:40])
    states, _ = run(SPEC, replace(TRAIN, steps=10), data=data, rng=generators(1))
    first, second = states[1].order, states[6].order
    assert np.array_equal(states[5].order, first)
    assert sorted(first) == sorted(second) == list(range(40))
    assert not np.array_equal(first, second)


def test_the_batches_depend_on_their_own_seed_alone():
    def order(batch_seed, first):
        train_spec = replace(TRAIN, steps=1, batch_seed=batch_seed)
        return run(SPEC, train_spec, rng=generators(1, first))[0][-1].order

    assert np.array_equal(order(0, 10), order(0, 20))
    assert not np.array_equal(order(0, 10), order(1, 10))


def test_it_learns():
    """A rule that a line can find, from three losses."""
    x = np.random.default_rng(3).standard_normal((200, 6))
    labels = (x[:, 0] > 0.0).astype(int)
    data = SimpleNamespace(x_train=x, y_train=labels)
    for loss, n_out in (
        ("softmax_cross_entropy", 2),
        ("binary_cross_entropy", 1),
        ("mean_squared_error", 1),
    ):
        spec = replace(SPEC, n_out=n_out)
        train_spec = TrainSpec(0.1, steps=150, rule=Momentum(0.9), loss=loss)
        states, steps = run(spec, train_spec, data=data, rng=generators(1))
        history = training.record(steps)
        assert history.loss.shape == (150, 1) and history.log10_dz.shape == (150, 1, 3)
        assert history.loss[-1] < 0.3 * history.loss[0]
        assert training.accuracy(spec, states[-1].params, x, labels, loss=loss) > 0.95
        assert history.accuracy[-5:].mean() > 0.95


def test_momentum_may_begin_where_a_run_is_continued():
    plain = TRAIN
    state, _ = training.advance(SPEC, plain, DATA, training.start(SPEC, plain, rng=generators(1)))
    heavy = replace(TRAIN, rule=Momentum(0.9))
    for _ in range(2):
        state, _ = training.advance(SPEC, heavy, DATA, state)
    assert state.memory.rule == Momentum(0.9)
    assert max(np.abs(v).max() for v in state.memory.kept[0].W) > 0


def test_regression_has_no_accuracy():
    data = SimpleNamespace(x_train=DATA.x_train, y_train=DATA.x_train[:, :3])
    train_spec = replace(TRAIN, loss="mean_squared_error")
    state = training.start(SPEC, train_spec, rng=generators(1))
    _, step = training.advance(SPEC, train_spec, data, state)
    assert np.isnan(step.accuracy).all() and np.isfinite(step.loss).all()


def test_depth_0_trains():
    spec = replace(SPEC, depth=0)
    _, steps = run(spec, replace(TRAIN, steps=60, batch_size=50), rng=generators(1))
    assert steps[-1].loss < steps[0].loss
    assert steps[0].log10_dz.shape == (1, 0) and steps[0].log10_dW.shape == (1, 1)


# Where a run breaks -------------------------------------------------------------------------


def only(spec, train_spec, *, data=DATA, params=None):
    """The halt of a lone run, which must be its last step."""
    start = {"params": params} if params else {"rng": generators(1)}
    states, steps = run(spec, train_spec, data=data, **start)
    assert all(step.halts == (None,) for step in steps[:-1])
    assert steps[-1].halts == states[-1].halts
    return steps[-1].halts[0], states


def relu_net(**changes):
    return NetSpec(6, 8, 3, 3, **changes)


def test_a_run_that_stays_finite_does_not_halt():
    halt, states = only(SPEC, TRAIN)
    assert halt is None and states[-1].step == 12


def test_an_overflowing_pre_activation():
    # Three layers of 1e110 each: the third product is 1e330.
    halt, states = only(relu_net(weight_scale=1e110), TRAIN)
    assert (halt.step, halt.layer, halt.operation) == (1, 3, "pre-activation")
    assert not np.isfinite(halt.value)
    assert_identical(states[-1].params, states[0].params)


def test_an_overflow_that_the_next_activation_hides():
    """−∞ in every unit, of which ReLU makes 0: the loss is finite, and the run is broken."""
    spec, W = NetSpec(1, 1, 2, 3, initializer="normal"), [1e200, -1e200, 1.0]
    ones = [(1, 1, 1), (1, 1, 1), (1, 1, 3)]
    params = network.Params(
        W=tuple(np.full(shape, w) for shape, w in zip(ones, W, strict=True)),
        b=tuple(np.zeros((1, 1, shape[2])) for shape in ones),
    )
    data = SimpleNamespace(x_train=np.full((8, 1), 1e100), y_train=np.zeros(8, int))
    halt, _ = only(spec, TRAIN, data=data, params=params)
    assert halt == Halt(1, 2, "pre-activation", -np.inf)


def test_an_overflowing_activation():
    """A residual branch of factor 1e300: z is 1e10, and h = x + 1e300·z is not a number to have."""
    spec = NetSpec(6, 6, 2, 3, "identity", weight_scale=1e5, residual=1e300)
    data = SimpleNamespace(x_train=1e5 * DATA.x_train, y_train=DATA.y_train)
    halt, _ = only(spec, TRAIN, data=data)
    assert (halt.step, halt.layer, halt.operation) == (1, 1, "activation")


def test_an_overflowing_loss():
    data = SimpleNamespace(x_train=DATA.x_train, y_train=DATA.x_train[:, :3])
    spec = replace(relu_net(), weight_scale=1e50)
    halt, _ = only(spec, replace(TRAIN, loss="mean_squared_error"), data=data)
    assert halt == Halt(1, 4, "loss", np.inf)


def test_an_overflowing_gradient():
    """A tiny input keeps the forward pass in range; going back, each matrix is worth 1e120."""
    spec = NetSpec(6, 8, 3, 3, "identity", weight_scale=1e120)
    data = SimpleNamespace(x_train=1e-250 * DATA.x_train, y_train=DATA.y_train)
    halt, _ = only(spec, TRAIN, data=data)
    assert (halt.step, halt.layer, halt.operation) == (1, 1, "gradient")


def test_an_overflowing_update():
    data = SimpleNamespace(x_train=1e3 * DATA.x_train, y_train=DATA.y_train)
    halt, states = only(relu_net(), replace(TRAIN, learning_rate=1.7e308), data=data)
    assert (halt.step, halt.layer, halt.operation) == (1, 1, "update")
    assert_identical(states[-1].params, states[0].params)


def test_a_diverging_run_halts_where_the_forward_pass_first_breaks():
    spec = relu_net(activation="leaky_relu")
    halt, states = only(spec, replace(TRAIN, learning_rate=1e3, steps=100))
    assert 1 < halt.step < 100 and halt.operation == "pre-activation"
    assert all(np.isfinite(W).all() for W in states[-1].params.W)
    rows = states[-1].order
    trace = network.forward(spec, states[-1].params, DATA.x_train[rows])
    assert network.first_non_finite(trace).layer == halt.layer


def test_a_rule_of_another_kind_begins_with_no_memory():
    states, _ = run(SPEC, replace(TRAIN, rule=Adam(), learning_rate=0.01), rng=generators(1))
    other = replace(TRAIN, rule=SGD(), learning_rate=0.01)
    state, _ = training.advance(SPEC, other, DATA, states[5])
    assert state.memory.kept == () and state.memory.steps == 1
    # the same kind with other settings remembers
    again = replace(TRAIN, rule=Adam(epsilon=1e-3), learning_rate=0.01)
    state, _ = training.advance(SPEC, again, DATA, states[5])
    assert state.memory.steps == 6


@pytest.mark.parametrize(
    "rule, clip",
    [
        (SGD(), "none"),
        (Momentum(0.9), "none"),
        (SGD(), "norm"),
        (AdamW(), "none"),
        (Muon(), "norm"),
    ],
)
def test_the_others_go_on_when_one_member_halts(rule, clip):
    """Only the second member's first layer is scaled up so far that its run breaks."""
    spec = NetSpec(6, 8, 3, 3, seeds=3)
    train_spec = TrainSpec(0.05, steps=10, batch_size=8, rule=rule, clip=clip)
    params = network.init(spec, rng=generators(3))
    params = network.scale_weights(params, [1.0, 1e100, 1.0])
    states, steps = run(spec, train_spec, params=params)
    assert [step.halts[1] is None for step in steps] == [False] * 10
    assert steps[-1].halts[1] == steps[0].halts[1]
    assert steps[-1].halts[0] is steps[-1].halts[2] is None and len(steps) == 10
    assert np.isnan(steps[1].loss).tolist() == [False, True, False]
    assert np.isnan(steps[-1].log10_update[1]).all()
    assert_identical(diagnostics.member(states[-1].params, 1), diagnostics.member(params, 1))
    for s in (0, 2):
        alone = replace(spec, seeds=1)
        lone, lone_steps = run(alone, train_spec, params=diagnostics.member(params, s))
        assert_identical(diagnostics.member(states[-1].params, s), lone[-1].params)
        assert steps[-1].loss[s] == lone_steps[-1].loss[0]


def test_a_run_ends_when_all_have_halted():
    spec = NetSpec(6, 8, 3, 3, seeds=2, weight_scale=1e150)
    state = training.start(spec, TRAIN, rng=generators(2))
    end, steps = training.train(spec, TRAIN, DATA, state)
    assert len(steps) == end.step == 1 and all(steps[0].halts) and end.halted
    assert training.train(spec, TRAIN, DATA, end)[1] == []


@pytest.mark.parametrize(
    "bad",
    [
        {"learning_rate": -0.1},
        {"learning_rate": np.nan},
        {"learning_rate": 10**400},
        {"rule": "adam"},
        {"steps": -1},
        {"steps": 1.5},
        {"batch_size": 0},
        {"batch_seed": -1},
        {"clip": "both"},
        {"clip_limit": 0.0},
        {"clip_limit": np.inf},
        {"clip_limit": 10**400},
        {"loss": "hinge"},
    ],
)
def test_a_train_spec_refuses_what_has_no_meaning(bad):
    with pytest.raises(ValueError):
        replace(TRAIN, **bad)


def test_a_run_starts_from_a_generator_or_from_parameters():
    with pytest.raises(ValueError):
        training.start(SPEC, TRAIN)
    with pytest.raises(ValueError):
        training.record([])


def test_the_share_that_is_right():
    """By the largest output, or by the cut of a single one; nothing where nothing can be right."""
    many = np.array([[[0.2, 0.9, 0.1], [3.0, 1.0, 2.0], [0.0, 0.0, 1.0], [1.0, 2.0, 0.0]]])
    assert training.share_right(many, np.array([1, 0, 0, 1]), "softmax_cross_entropy") == 0.75
    one = np.array([[[0.6], [0.5], [-0.1], [0.0]]])
    labels = np.array([1, 1, 0, 1])
    assert training.share_right(one, labels, "mean_squared_error") == 0.5
    assert training.share_right(one, labels, "binary_cross_entropy") == 0.75
    assert training.share_right(one, np.array([0, 0, 0, 1]), "softmax_cross_entropy") == 0.75
    two = np.array([[[0.9, 0.6], [0.1, 0.2]]])
    assert training.share_right(two, np.array([0, 1]), "mean_squared_error") == 1.0
    for y in (np.array([1.0, 0.0, 0.0, 1.0]), np.array([[1], [0], [0], [1]])):
        assert np.isnan(training.share_right(one, y, "mean_squared_error"))
    lost = np.concatenate([many, many])
    lost[1, 2, 0] = np.nan
    right = training.share_right(lost, np.array([1, 0, 0, 1]), "softmax_cross_entropy")
    assert right[0] == 0.75 and np.isnan(right[1])


@pytest.mark.parametrize("rule", [Adam, RMSProp, Muon])
def test_an_epsilon_is_a_number_of_the_format_that_is_trained_in(rule):
    """Rounded to 0 it would leave 0/0 where a gradient is 0."""
    TrainSpec(0.1, rule=rule(epsilon=1e-60))
    with pytest.raises(ValueError, match=r"epsilon must be at least .* in float32"):
        TrainSpec(0.1, rule=rule(epsilon=1e-60), dtype="float32")
