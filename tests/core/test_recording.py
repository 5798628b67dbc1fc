"""A recorded run: paused, rewound, looked back into, tested, and bounded."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import datasets, network, recording, training
from core.network import NetSpec
from core.optimizers import Adam, Muon
from core.training import TrainSpec
from tests.core.test_training import assert_identical

_RNG = np.random.default_rng(1)
DATA = SimpleNamespace(
    x_train=_RNG.standard_normal((50, 6)),
    y_train=_RNG.integers(0, 3, 50),
    x_test=_RNG.standard_normal((20, 6)),
    y_test=_RNG.integers(0, 3, 20),
)
SPEC = NetSpec(6, 8, 3, 3, "tanh", initializer="xavier", norm="layer", seeds=2)
TRAIN = TrainSpec(0.1, steps=60, batch_size=8, clip="norm", clip_limit=0.5)


def begun(spec=SPEC, train_spec=TRAIN, data=DATA):
    return recording.begin(spec, train_spec, data, rng=np.random.default_rng(3))


def assert_same_run(a, b):
    assert a.step == b.step and len(a.steps) == len(b.steps)
    assert_identical(a.state, b.state)
    for ours, theirs in zip((*a.steps, *a.tests), (*b.steps, *b.tests), strict=True):
        assert_identical(ours, theirs)
    assert [state.step for state in a.kept] == [state.step for state in b.kept]


def test_in_pieces_or_in_one_go_it_is_the_same_run():
    whole = recording.extend(begun(), DATA)
    pieces = begun()
    for steps in (1, 1, 7, 20, 100):
        pieces = recording.extend(pieces, DATA, steps=steps)
    assert whole.ended and pieces.ended and whole.step == 60
    assert_same_run(whole, pieces)
    states = training.start(SPEC, TRAIN, rng=np.random.default_rng(3))
    for _ in range(60):
        states, step = training.advance(SPEC, TRAIN, DATA, states)
    assert_identical(whole.state, states)
    assert_identical(whole.steps[-1], step)


def test_a_recording_is_not_changed_by_what_follows():
    first = recording.extend(begun(), DATA, steps=5)
    before = [a.copy() for a in first.state.params.W]
    longer = recording.extend(first, DATA, steps=5)
    assert first.step == 5 and longer.step == 10 and len(first.steps) == 5
    for ours, theirs in zip(first.state.params.W, before, strict=True):
        assert np.array_equal(ours, theirs)


def test_any_step_can_be_looked_back_into(monkeypatch):
    monkeypatch.setattr(recording, "KEPT_BYTES", 12_000)
    whole = recording.extend(begun(), DATA)
    assert 1 < len(whole.kept) < 20, "states were thinned out"
    assert whole.kept[0].step == 0
    state = begun().state
    for number in range(1, 61):
        state, _ = training.advance(SPEC, TRAIN, DATA, state)
        if number in (1, 17, 32, 59, 60):
            assert_identical(recording.state_at(whole, DATA, number), state)
            assert recording.nearest_kept(whole, number).step <= number


def test_kept_states_stay_within_their_memory(monkeypatch):
    monkeypatch.setattr(recording, "KEPT_BYTES", 30_000)
    whole = recording.extend(begun(), DATA)
    size = sum(a.nbytes for arrays in vars(whole.state.params).values() for a in arrays)
    assert len(whole.kept) * size <= 30_000 + size
    assert {state.step % whole.every for state in whole.kept} == {0}


def test_tests_are_of_the_held_out_examples():
    part = recording.extend(begun(), DATA, steps=20)
    assert [test.step for test in part.tests] == [0, 1, 2, 5, 10, 20]
    last = part.tests[-1]
    right = training.accuracy(SPEC, part.state.params, DATA.x_test, DATA.y_test)
    assert np.array_equal(last.accuracy, right)
    output = network.forward(SPEC, part.state.params, DATA.x_test).output
    label = np.take_along_axis(output, DATA.y_test[None, :, None], 2)[..., 0]
    expected = (np.log(np.exp(output).sum(2)) - label).mean(1)
    assert last.loss == pytest.approx(expected)


def test_it_goes_no_further_than_its_steps_and_can_be_lengthened():
    whole = recording.extend(begun(), DATA, steps=1000)
    assert whole.step == 60 and whole.ended
    assert recording.extend(whole, DATA) is whole
    longer = recording.extend(recording.lengthen(whole, 80), DATA)
    in_one_go = recording.extend(begun(train_spec=replace(TRAIN, steps=80)), DATA)
    assert longer.step == 80
    assert_identical(longer.state, in_one_go.state)


def test_a_member_of_a_recorded_ensemble_equals_a_lone_recording():
    ensemble = recording.extend(begun(), DATA)
    generator = np.random.default_rng(3).spawn(2)[1]
    lone = recording.begin(replace(SPEC, seeds=1), TRAIN, DATA, rng=[generator])
    lone = recording.extend(lone, DATA)
    assert np.array_equal(ensemble.history.loss[:, 1:], lone.history.loss)
    assert np.array_equal(ensemble.history.log10_dz[:, 1:], lone.history.log10_dz)
    assert np.array_equal(ensemble.tests[-1].accuracy[1:], lone.tests[-1].accuracy)


def test_a_run_that_breaks_ends_there():
    spec = NetSpec(6, 8, 3, 3, weight_scale=1e110)
    broken = recording.extend(begun(spec), DATA)
    assert broken.ended and broken.step == 1 and broken.state.halts[0].layer == 3
    assert np.isnan(broken.tests[-1].loss).all() and broken.tests[-1].step == 1


def test_a_member_that_has_halted_is_not_tested():
    params = network.init(replace(SPEC, norm="none"), rng=np.random.default_rng(3))
    params = network.scale_weights(params, [1.0, 1e150])
    spec = replace(SPEC, norm="none", activation="relu")
    run = recording.extend(recording.begin(spec, TRAIN, DATA, params=params), DATA, steps=5)
    assert np.isnan(run.tests[-1].accuracy).tolist() == [False, True]


def test_the_slopes_are_recorded():
    run = recording.extend(begun(), DATA, steps=1)
    state = begun().state
    trace = network.forward(SPEC, state.params, DATA.x_train[run.state.order[:8]])
    slopes = [np.log10(np.sqrt((s**2).mean(axis=(1, 2)))) for s in trace.slope]
    assert run.history.log10_slope[0] == pytest.approx(np.transpose(slopes))


def test_too_much_work_is_refused_before_it_starts():
    big = NetSpec(64, 256, 100, 10, seeds=20)
    assert recording.work(big, TrainSpec(0.1, steps=10_000)) > 10 * recording.MAX_WORK
    with pytest.raises(recording.TooMuchWork):
        recording.begin(big, TrainSpec(0.1, steps=10_000), None, rng=np.random.default_rng(0))
    with pytest.raises(recording.TooMuchWork):
        recording.lengthen(begun(), 10**9)
    usual = NetSpec(64, 64, 20, 10)
    assert recording.work(usual, TrainSpec(0.1, steps=200)) < recording.MAX_WORK / 50
    for more in ({"depth": 40}, {"width": 128}, {"seeds": 3}, {"norm": "batch"}):
        dearer = recording.work(replace(usual, **more), TrainSpec(0.1))
        assert dearer > 1.4 * recording.work(usual, TrainSpec(0.1))


def test_a_recorded_run_of_a_page_is_small():
    data = datasets.digits()
    run = recording.begin(
        NetSpec(64, 64, 20, 10), TrainSpec(0.03, steps=40), data, rng=np.random.default_rng(0)
    )
    run = recording.extend(run, data)
    kept = sum(a.nbytes for s in run.kept for arrays in vars(s.params).values() for a in arrays)
    assert kept <= recording.KEPT_BYTES + 1e6


def test_the_price_of_a_run_is_what_its_products_and_elements_take():
    """Counted by hand: two hidden layers of 4, three inputs, two outputs, batches of 5."""
    train = TrainSpec(0.1, steps=7, batch_size=5)
    weights = 3 * 4 + 4 * 4 + 4 * 2
    products = (3 * 5 + recording.PER_WEIGHT) * weights
    calls = recording.PER_LAYER * 3
    for activation, norm, per_element in (
        ("relu", "none", recording.PER_ELEMENT),
        ("tanh", "none", recording.PER_ELEMENT + recording.PER_SMOOTH_ELEMENT),
        ("relu", "batch", recording.PER_ELEMENT + recording.PER_NORMALIZED_ELEMENT),
    ):
        for seeds in (1, 3):
            spec = NetSpec(3, 4, 2, 2, activation, norm=norm, seeds=seeds)
            step = products + per_element * 5 * 4 * 2
            assert recording.work(spec, train) == 7 * (seeds * step + calls)
    by_adam = recording.work(NetSpec(3, 4, 2, 2), replace(train, rule=Adam()))
    kept = 2 * recording.PER_KEPT * weights
    assert by_adam == recording.work(NetSpec(3, 4, 2, 2), train) + 7 * kept
    by_muon = recording.work(NetSpec(3, 4, 2, 2), replace(train, rule=Muon()))
    assert by_muon == by_adam + 7 * 3 * 5 * 4 * weights
    flat = NetSpec(3, 4, 0, 2, "relu")
    assert recording.work(flat, train) < recording.work(NetSpec(3, 4, 1, 2, "relu"), train)


def test_just_as_much_work_as_is_allowed_is_allowed(monkeypatch):
    asked = recording.work(SPEC, TRAIN)
    monkeypatch.setattr(recording, "MAX_WORK", asked)
    run = begun()
    assert recording.lengthen(run, TRAIN.steps).train_spec == TRAIN
    with pytest.raises(recording.TooMuchWork) as refused:
        recording.lengthen(run, TRAIN.steps + 1)
    assert refused.value.asked == asked * (TRAIN.steps + 1) / TRAIN.steps


def test_it_is_tested_often_at_first_and_then_every_twenty_steps():
    tested = [step for step in range(101) if recording.is_tested(step)]
    assert tested == [0, 1, 2, 5, 10, 20, 40, 50, 60, 80, 100]
    run = recording.extend(begun(), DATA)
    assert [test.step for test in run.tests] == [0, 1, 2, 5, 10, 20, 40, 50, 60]


def test_its_history_is_its_steps_stacked():
    run = recording.extend(begun(), DATA, steps=4)
    assert np.array_equal(run.history.loss, np.stack([step.loss for step in run.steps]))


def test_kept_states_are_thinned_when_they_take_too_much_and_never_below_two(monkeypatch):
    size = sum(a.nbytes for arrays in vars(begun().state.params).values() for a in arrays)
    monkeypatch.setattr(recording, "KEPT_BYTES", 4 * size)
    run = recording.extend(begun(), DATA, steps=3)
    assert [state.step for state in run.kept] == [0, 1, 2, 3] and run.every == 1  # just enough room
    run = recording.extend(run, DATA, steps=1)
    assert [state.step for state in run.kept] == [0, 2, 4] and run.every == 2
    run = recording.extend(run, DATA, steps=30)
    assert [state.step for state in run.kept] == [0, 16, 32] and run.every == 16
    assert recording.nearest_kept(run, 31).step == 16
    assert recording.nearest_kept(run, 32) is run.kept[-1]
    assert recording.nearest_kept(run, 34) is run.state
    assert recording.state_at(run, DATA, 16) is run.kept[1], "run again although it was kept"
    for step in (2.5, True, -1, run.step + 1):
        with pytest.raises(ValueError):
            recording.state_at(run, DATA, step)
    monkeypatch.setattr(recording, "KEPT_BYTES", 0)
    run = recording.extend(begun(), DATA, steps=9)
    assert [state.step for state in run.kept] == [0, 8]


def test_what_has_halted_is_tested_as_not_a_number():
    data = SimpleNamespace(**{**vars(DATA), "x_train": np.full((50, 6), np.inf)})
    run = recording.extend(begun(replace(SPEC, norm="none"), data=data), data, steps=5)
    assert run.ended and run.step == 1 and [test.step for test in run.tests] == [0, 1]
    assert np.isfinite(run.tests[0].loss).all()
    assert np.isnan(run.tests[1].loss).all() and np.isnan(run.tests[1].accuracy).all()
