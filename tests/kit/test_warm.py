"""What readers ask for first is there: after warming, the pages make nothing that takes long."""

import altair as alt
import pytest

from core import network, recording, sweeps, training
from pages.concepts.training import networks, pairs
from pages.kit import run_lock, specs, warm
from tests.app import choose_preset, open_page, set_value, title
from tests.panels import PANELS, PATHS


@pytest.fixture(scope="module")
def warmed():
    specs.built.cache_clear()
    pairs.pair.cache_clear()  # as in a new process: what other tests made counts no more
    warm.compute(warm.first_charts(), rest=0)
    warm.compute(warm.first_visits(), rest=0)
    warm.compute(warm.first_sliders(), rest=0)
    warm.compute(warm.first_presets(), rest=0)


def refuse(*_, **__):
    raise AssertionError("computed anew")


@pytest.fixture
def nothing_is_computed(warmed, monkeypatch):
    for owner, name in (
        (sweeps, "profile"),
        (network, "forward"),
        (recording, "begin"),
        (pairs, "_begun"),
        (recording, "extend"),
        (training, "train"),
        (alt.TopLevelMixin, "to_dict"),
    ):
        monkeypatch.setattr(owner, name, refuse)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_a_first_visit_finds_its_results(path, nothing_is_computed):
    assert title(open_page(path))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path,name",
    [
        ("home", "network"),
        ("initialization", "depth"),
        ("activations", "n"),
        ("training", "a_depth"),
    ],
)
def test_the_first_slider_finds_its_results(path, name, nothing_is_computed):
    at, control, key = open_page(path), PANELS[path][name], PANELS[path].key(name)
    for value in control.options if path == "home" else (control.low, 7, control.high):
        set_value(at, key, value)
        at.run()
        assert not at.exception


@pytest.mark.slow
def test_a_preset_of_the_lab_finds_its_runs(nothing_is_computed):
    at = open_page("training")
    for preset in PANELS["training"].presets[:-1]:  # the last one opens a look that takes a moment
        choose_preset(at, preset.name)
        assert not at.exception, preset.name


def test_the_labs_own_settings_are_those_that_are_kept(warmed):
    assert pairs.finished(networks.FIRST, networks.FIRST_STEPS).done(networks.FIRST_STEPS)


def test_a_host_may_do_without(monkeypatch):
    monkeypatch.setenv("SITE_PRECOMPUTE", "no")
    for step in ("sleep", "compute"):
        monkeypatch.setattr(warm, step, refuse)
    warm.in_turn()


def test_it_rests_between_its_calls(monkeypatch):
    rests = []
    monkeypatch.setattr(run_lock, "LOCK", run_lock.RunLock())
    monkeypatch.setattr(warm, "sleep", rests.append)
    clock = iter([0.0, 0.5, 1.0, 1.1])
    monkeypatch.setattr(warm, "perf_counter", lambda: next(clock))
    warm.compute([int, int], rest=2.0)
    assert rests == pytest.approx([1.0, 0.2])


def test_readers_come_first(monkeypatch):
    lock, rests, made = run_lock.RunLock(), [], []
    monkeypatch.setattr(run_lock, "LOCK", lock)
    with lock.held():
        monkeypatch.setattr(warm, "sleep", lambda seconds: (rests.append(seconds), lock.release()))
        monkeypatch.setattr(warm, "QUIET", 1e-9)
        assert lock.quiet() == 0
        warm.compute([lambda: made.append(len(rests))])
    assert made == [1], "it has waited until the script was done"
