"""The training lab: what is trained is what is shown, in pieces or in one go, within bounds."""

import re
import threading
import time
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from core import network, recording, training
from core.activations import ACTIVATIONS
from core.clipping import clip_by_global_norm
from core.datasets import digits
from core.losses import LOSSES
from core.optimizers import Adam, Muon
from core.training import TrainSpec
from pages.concepts.activations import data as activations_data
from pages.concepts.training import buttons, charts, data, networks, pairs, panel, turns, words
from pages.concepts.training import lab as labs
from pages.concepts.training.networks import Duel, Net
from pages.concepts.training.panel import MOST
from pages.kit import site, specs, theme
from tests.app import charts as drawn
from tests.app import choose_preset, open_page, prose, set_to, set_value, tables
from tests.core.test_training import assert_identical

PANEL = site.panel("training")
SMALL = {"a_depth": 3, "b_depth": 3, "a_width": 8, "b_width": 8, "steps": "50"}
NET = Net(4, 16, "relu", "he", 1.0, "none", "none", "none", 1.0, 0.03)
DUEL = Duel(replace(NET, initializer="xavier"), NET, "digits", 0)
BROKEN = replace(NET, depth=20, width=64, initializer="normal")


def query(**values):
    """A link's text for these values of controls."""
    return {PANEL.key(n): PANEL[n].text(PANEL[n].parse(str(v))) for n, v in values.items()}


@pytest.fixture(autouse=True)
def nobody_else():
    """What the readers of other tests have trained is not handed on to this one's."""
    pairs._trained.cache_clear()


def arrive(**values):
    """A reader who comes by a link: the training begins."""
    return open_page("training", **query(**(SMALL | values)))


def open_lab(**values):
    """A reader who has set the same by hand: nothing is trained."""
    at = arrive(**values)
    lab = lab_of(at)
    lab.running, lab.pair = None, pairs.pair(lab.pair.duel)
    lab.jobs.clear()
    at.run()
    assert not at.exception
    return at


def lab_of(at) -> labs.Lab:
    return list(at.session_state["training.labs"].values())[-1]


# One button: what it says while it starts, goes on, and pauses.
TRAINS = {"start.top": r"Train [\d,]+ |Continue ", "more.top": "Train on ", "pause.top": "Pause "}


def press(at, name: str):
    button = at.button(key=f"training.{'train.top' if name in TRAINS else name}")
    assert re.match(rf"\*\*(?:{TRAINS.get(name, '')})", button.label) or name not in TRAINS
    button.click().run()
    assert not at.exception
    return at


def until_it_rests(at):
    for _ in range(400):
        if lab_of(at).running is None:
            return at
        at.run()
        assert not at.exception
    raise AssertionError("the training never ended")


def trained(duel=DUEL, steps=40):
    return pairs.finished(duel, steps)


# The buttons -------------------------------------------------------------------------------------


def test_a_visit_shows_the_pages_own_networks_trained():
    pair = lab_of(open_page("training")).pair
    assert {run.step for run in pair.runs.values()} == {200}
    accuracy = {name: run.tests[-1].accuracy[0] for name, run in pair.runs.items()}
    assert accuracy["A"] < 0.25 and accuracy["B"] > 0.5


def test_trained_through_the_page_it_is_the_run_of_the_core():
    at = until_it_rests(press(open_lab(), "start.top"))
    pair = lab_of(at).pair
    for name, net in pair.duel.nets.items():
        run = recording.begin(
            net.spec("digits"), net.how(50), pair.duel.dataset, rng=np.random.default_rng(0)
        )
        run = recording.extend(run, pair.duel.dataset)
        assert_identical(pair.runs[name].state, run.state)
    words = prose(at)
    for name, run in pair.runs.items():
        share = 100 * run.tests[-1].accuracy[0]
        assert f"**{name}** gets {share:.0f} % of the held-out digits right" in words


def test_paused_and_continued_it_is_the_same_run(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.005)
    whole = trained(lab_of(open_lab()).pair.duel, 50)
    at = press(press(open_lab(), "step"), "step")
    assert {run.step for run in lab_of(at).pair.runs.values()} == {2}
    press(at, "start.top")
    press(at, "pause.top")
    assert lab_of(at).running is None and not lab_of(at).pair.done(50)
    held = lab_of(at).pair.step
    at.run()
    assert lab_of(at).pair.step == held, "a paused run went on"
    again = lab_of(until_it_rests(press(at, "start.top"))).pair
    for name in data.NETS:
        assert_identical(again.runs[name].state, whole.runs[name].state)


def test_a_second_press_on_what_pauses_does_not_go_on():
    """It was meant for the label that the reader still saw, and so was one as the training ends."""
    at = arrive(steps="2000")
    at.double = 60.0
    press(at, "pause.top")
    for _ in range(3):
        press(at, "start.top")
        assert lab_of(at).running is None
    at.double = 0.0
    assert lab_of(press(at, "start.top")).running == "pair"
    at.double = 60.0
    assert lab_of(press(at, "pause.top")).running == "pair", "two presses on Train pause"


def test_a_press_on_what_pauses_as_it_ends_trains_no_further(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.005)  # it does not end at once
    at = until_it_rests(arrive())
    at.double = 60.0
    press(at, "more.top")
    assert lab_of(at).running is None and at.session_state["training.turned"][1] > 0


def test_a_tick_leaves_a_and_b_level(monkeypatch):
    """Of different depths, so that one of them is faster."""
    monkeypatch.setattr(labs, "work", lambda readers: 0.01)
    at = press(open_lab(a_depth=20, b_depth=1, a_width=64, steps="2000"), "start.top")
    for _ in range(3):
        steps = {run.step for run in lab_of(at).pair.runs.values()}
        assert len(steps) == 1 and 0 < max(steps) < 2000
        at.run()


def test_outputs_that_are_no_numbers_are_said_to_be_none():
    values = {"a_depth": 20, "a_width": 64, "a_initializer": "normal", "step": 2}
    at = until_it_rests(arrive(**values))
    run = lab_of(at).pair.runs["A"]
    assert run.state.halts[0].step > 2 and not np.isfinite(run.tests[2].loss[0])
    assert "**A**'s held-out loss is no longer finite (after step 2)" in prose(at)
    assert "over 99.99 %" not in prose(at)


def test_nothing_is_drawn_by_layer_of_the_step_that_broke():
    pair = trained(replace(DUEL, a=BROKEN), 30)
    frame = data.run_frame(pair, 30, False)
    rows = frame[frame["name"] == "A"].set_index("at")
    for column in ("gradient", "slopes", "update"):
        assert set(rows.loc[30, column].split()) == {"x"}
        assert "x" not in rows.loc[1, column]


def test_pairs_share_a_network_and_its_first_step():
    deep = replace(DUEL, a=replace(NET, depth=7), b=replace(NET, depth=9))
    deeper = replace(deep, a=replace(NET, depth=8))
    one, other = pairs.pair(deep), pairs.pair(deeper)
    assert one.runs["B"] is other.runs["B"] and one.runs["A"] is not other.runs["A"]
    assert one.first["B"] is other.first["B"]
    taken = trained(deep, 1)
    for name in ("A", "B"):
        assert np.array_equal(one.first[name].log10_dz, taken.runs[name].steps[0].log10_dz)
    a, b = one.runs["A"].state.params, one.runs["B"].state.params
    for layer in range(len(a.W) - 1):
        assert a.W[layer] is b.W[layer], "held twice"
    assert not np.array_equal(a.W[-1], b.W[-1])
    alone = pairs.begin(deep.a, deep.data, deep.seed).state.params
    for held, again in ((a.W, alone.W), (a.b, alone.b)):
        assert all(map(np.array_equal, held, again))
        assert all(array.base is None for array in held), "parts of a block that is held too"
    elsewhere = pairs.pair(replace(deep, seed=deep.seed + 1))
    assert not np.array_equal(one.first["B"].log10_dz, elsewhere.first["B"].log10_dz)


def test_two_who_ask_for_first_steps_at_once_do_not_wait_for_each_other():
    """A reader's page, and what computes first results early."""
    one, other = (pairs.pair(replace(DUEL, seed=seed)) for seed in (901, 902))
    begun = threading.Event()

    def slowly(pair):
        begun.set()
        time.sleep(0.2)  # the other is at its first steps, too
        return pair.first

    threads = [
        threading.Thread(target=lambda: one.once(slowly), daemon=True),
        threading.Thread(target=lambda: begun.wait() and other.first, daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in threads)


def test_a_gradient_of_zero_is_drawn_and_said():
    """Four ReLUs a layer, fifty layers: all of one are off, and nothing comes back."""
    narrow = replace(NET, depth=50, width=4)
    pair = pairs.pair(replace(DUEL, a=narrow))
    assert np.isneginf(pair.first["A"].log10_dz[0, [0, -1]]).all()
    assert np.isnan(data.relative_gradient(pair.first["A"])).all()  # 0/0
    above = replace(pair.first["A"], log10_dz=np.array([[-np.inf, -3.0, -2.0]]))
    assert data.relative_gradient(above).tolist() == [-np.inf, -1, 0]
    rows = data.run_frame(pair, 50, False)
    drawn = rows[rows["name"] == "A"]["gradient"].iloc[0].split()
    assert len(drawn) == 50 and set(drawn) == {"x"}  # nothing
    words = prose(open_lab(a_depth=50, a_width=4))
    assert "A's gradient at layer 1 is exactly 0" in words
    assert "not all of the gradient is a finite number" not in words


def test_steps_that_were_taken_are_gone_through_and_none_is_lost():
    at = press(press(open_lab(), "step"), "step")
    assert "(after step 2)" in prose(at)
    press(at, "back")
    assert set_to(at, "training_step") == 1 and lab_of(at).pair.step == 2
    assert "(after step 1)" in prose(at)
    press(press(at, "back"), "step")
    assert set_to(at, "training_step") == 1 and lab_of(at).pair.step == 2
    press(press(at, "step"), "step")
    assert "(after step 2)" in prose(at) and lab_of(at).pair.step == 3
    press(at, "rewind")
    assert set_to(at, "training_step") == 0 and lab_of(at).pair.step == 3
    assert "(after step 0)" in prose(at)


def test_a_box_goes_to_any_step_that_was_taken():
    at = press(press(open_lab(), "step"), "step")
    (box,) = (box for box in at.number_input if box.label == "Step, of 2")
    assert (box.value, box.max) == (2, 2)
    box.set_value(1).run()
    assert set_to(at, "training_step") == 1 and "(after step 1)" in prose(at)


def test_a_link_is_trained_for_who_comes_by_it(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.005)
    at = arrive(b_width=64, b_depth=20)
    assert lab_of(at).running == "pair" and lab_of(at).pair.step
    assert re.search(r"step \d+ of 50 · [\d.]+ s", at.get("progress")[0].proto.text)
    assert lab_of(at).jobs["pair"].seconds > 0
    pair = lab_of(until_it_rests(at)).pair
    assert pair.step == 50 and "(after step 50)" in prose(at)
    monkeypatch.undo()
    again = lab_of(until_it_rests(arrive(seed=3))).pair
    assert again.step == 50 and again.duel.seed == 3


def test_a_button_pressed_twice_trains_to_the_step_that_it_says(monkeypatch):
    """The second press comes before the browser has heard of the first."""
    asked = []
    monkeypatch.setattr(labs, "start", lambda lab, name, runs, steps: asked.append(steps))
    lab = SimpleNamespace(pair=SimpleNamespace(runs={}), refused=None)
    for steps in ("200", "500"):
        changes = buttons._train_on(lab, SimpleNamespace(steps=steps), 500)
    assert asked == [500, 500] and changes["steps"] == "500"


def test_seconds_away_from_the_page_are_not_counted(monkeypatch):
    now = 100.0
    monkeypatch.setattr(labs, "monotonic", lambda: now)
    job = labs.Job({}, 50, counted=now)
    for seconds in (0.5, 2.8, 60.0, 0.5):
        now += seconds
        job.count()
    assert job.seconds == pytest.approx(0.5 + 2.8 + turns.FORGOTTEN + 0.5)


def test_a_lesson_s_and_a_room_s_settings_are_trained_too():
    at = open_page("training")
    at.session_state["values"].values["training"].update(b_depth=19)
    at.session_state["values"].handed.add("training")
    at.run()
    assert lab_of(at).pair.duel.b.depth == 19 and lab_of(at).running == "pair"


@pytest.mark.parametrize("preset", PANEL.presets[::3], ids=lambda preset: preset.name)
def test_a_preset_comes_trained(preset):
    at = open_page("training")
    choose_preset(at, preset.name)
    assert not at.exception
    pair, steps = lab_of(at).pair, int(preset.values.get("steps", "200"))
    assert lab_of(at).running is None and pair.done(steps) and pair.step == steps
    assert pair is pairs.finished(pair.duel, steps), "trained once for all"
    assert "Nothing is trained yet" not in prose(at)


def test_a_preset_at_another_seed_is_trained_at_once(monkeypatch):
    at = open_page("training", **query(seed=5))
    until_it_rests(at)
    monkeypatch.setattr(labs, "work", lambda readers: 0.005)
    choose_preset(at, "Ten sigmoid layers")
    assert lab_of(at).running == "pair" and lab_of(at).pair.duel.seed == 5
    monkeypatch.undo()
    assert lab_of(until_it_rests(at)).pair.step == 200


def test_who_sets_a_control_by_hand_presses_train():
    at = open_page("training")
    set_value(at, "training_b_depth", 19)
    at.run()
    assert lab_of(at).running is None and "Nothing is trained yet" in prose(at)


def test_what_a_class_trains_together_is_trained_once(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.02)
    taken, step = [], training.Run.step
    monkeypatch.setattr(training.Run, "step", lambda run: taken.append(run.spec) or step(run))
    class_ = [arrive(steps="200") for _ in range(4)]
    first_looks = len(taken)
    while any(lab_of(at).running for at in class_):
        for at in class_:
            at.run()
    pairs = [lab_of(at).pair for at in class_]
    assert all(pair.step == 200 for pair in pairs)
    # what the site computes ahead has other shapes
    assert [Counter(taken)[run.spec] for run in pairs[0].runs.values()] == [200, 200]
    assert 0 < first_looks < len(taken), "each has trained some of it"
    assert len({id(pair) for pair in pairs}) == 1, "and what is found of it is found once"


def test_training_goes_on_beyond_its_last_step():
    at = until_it_rests(press(open_lab(), "start.top"))
    at = until_it_rests(press(at, "more.top"))
    assert set_to(at, "training_steps") == "200"
    assert {run.step for run in lab_of(at).pair.runs.values()} == {200}


def test_the_runs_of_the_settings_before_are_kept():
    at = until_it_rests(press(open_lab(), "start.top"))
    set_value(at, "training_b_depth", 4)
    at.run()
    assert lab_of(at).pair.step == 0
    set_value(at, "training_b_depth", 3)
    at.run()
    assert lab_of(at).pair.step == 50


def test_other_settings_stop_a_run():
    at = press(open_lab(steps="2000"), "start.top")
    running = lab_of(at)
    assert running.running == "pair"
    set_value(at, "training_seed", 7)
    at.run()
    assert running.running is None and lab_of(at).running is None


def test_a_is_copied_to_b():
    at = press(open_lab(a_activation="tanh", a_norm="batch", b_rate="1"), "copy")
    duel = lab_of(at).pair.duel
    assert duel.a == duel.b and duel.b.activation == "tanh"
    assert "A and B are the same network" in prose(at)


def test_too_much_is_refused_in_words():
    at = open_lab(
        a_depth=50, b_depth=50, a_width=128, b_width=128, steps="2000", seeds="20", view="seeds"
    )
    press(at, "repeat")
    duel = lab_of(at).pair.duel
    asked = sum(recording.work(net.spec("digits", 20), net.how(2000)) for net in duel.nets.values())
    assert at.warning[0].value == words.refused(asked / recording.MAX_WORK)
    assert "about a minute of one processor" in at.warning[0].value
    assert "nothing was started" in at.warning[0].value
    assert lab_of(at).running is None and "seeds" not in lab_of(at).jobs
    press(at, "step")
    assert lab_of(at).pair.step == 1


def test_the_same_over_seeds():
    at = until_it_rests(press(open_lab(view="seeds"), "repeat"))
    job = lab_of(at).jobs["seeds"]
    assert {run.step for run in job.runs.values()} == {50}
    assert {run.spec.seeds for run in job.runs.values()} == {5}
    words = prose(at)
    for name, run in job.runs.items():
        right = run.tests[-1].accuracy
        assert f"**{name}**: median {100 * np.median(right):.0f} %" in words
    alone = lab_of(until_it_rests(press(at, "start.top"))).pair
    for name, run in job.runs.items():
        assert run.steps[-1].loss[0] == alone.runs[name].steps[-1].loss[0]


def test_while_seeds_train_their_look_says_so(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.005)
    at = press(open_lab(view="seeds"), "repeat")
    assert lab_of(at).running == "seeds" and "They train now" in prose(at)
    assert "They train now" not in prose(until_it_rests(at))


# What is shown -----------------------------------------------------------------------------------


def test_only_what_differs_differs():
    """Two networks of one shape have the same standard normal draws and the same batches."""
    pair = trained()
    for W_a, W_b in zip(*(pair.runs[n].kept[0].params.W for n in "AB"), strict=True):
        ratio = W_a / W_b
        assert np.allclose(ratio, ratio.flat[0]), "Xavier's and He's differ by one factor"
    assert np.array_equal(pair.runs["A"].state.order, pair.runs["B"].state.order)
    same = trained(Duel(NET, NET, "digits", 0))
    assert_identical(same.runs["A"].state, same.runs["B"].state)


def test_the_chart_has_the_numbers_of_the_run():
    pair = trained()
    frame = data.run_frame(pair, 40, False)
    assert len(frame) < 3000
    rows = frame[frame["name"] == "B"].set_index("at")
    assert list(rows.index) == list(range(41)) and set(rows["taken"]) == {40}
    for at in (0, 20, 40):
        record = pair.runs["B"].steps[max(1, at) - 1]
        shown = [float(text) for text in rows.loc[at, "gradient"].split()]
        assert shown == pytest.approx(record.log10_dz[0] - record.log10_dz[0, -1], abs=6e-3)
        update = [float(text) for text in rows.loc[at, "update"].split()]
        assert update == pytest.approx(record.log10_update[0, :-1], abs=6e-3)
        slopes = [float(text) for text in rows.loc[at, "slopes"].split()]
        products = [record.log10_slope[0, i:-1].sum() for i in range(4)]
        assert slopes == pytest.approx(products, abs=6e-3)
        right = theme.percent(pair.tested("B", at).accuracy[0])
        assert rows.loc[at, "says"].startswith(f"B: held-out {right} right, batch loss ")
    curve = data.curves(pair, 40)["tests"].set_index("name").loc["B"]
    losses = [test.loss[0] for test in pair.runs["B"].tests]
    assert [float(t) for t in curve["loss"].split()] == pytest.approx(np.log10(losses), abs=1e-4)


def test_what_lies_beyond_an_axis_is_drawn_along_its_end():
    vega = vl_convert.vegalite_to_vega(specs.built(charts.run))
    clamped = [scale["clamp"] for scale in vega["scales"] if scale["name"].endswith("_y")]
    assert clamped == [True] * 4


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_chart_is_as_tall_as_its_panels_want(scale):
    spec = specs.built(charts.run, scale)
    (height,) = (param["expr"] for param in spec["params"] if param["name"] == "height")
    grown = spec["height"] / charts._HEIGHT
    assert (grown > 1) == (scale > 1)
    assert height == "width > 560 ? 500 : 710" if scale == 1 else height.endswith(f") * {grown}")
    for top, bottom in (pane.phone for pane in charts._PANES.values()):
        assert (bottom - top) * charts._PHONE >= 120


@pytest.mark.parametrize("broken", ["a", "b", "ab"])
def test_halts_are_named_from_the_first_row_on_above_who_goes_on(broken):
    nets = {name: replace(NET, rate=1e30) for name in broken}
    rows = data.curves(trained(replace(DUEL, **nets), 20), 20)["halts"]
    assert [name.lower() for name in rows["name"]] == list(broken)
    assert rows["row"].tolist() == list(range(len(broken)))


def test_while_it_runs_one_frame_shows_wherever_the_scrubber_stands():
    rows = data.run_frame(trained(), 200, True)
    assert list(rows["at"]) == [-1, -1] and list(rows["name"]) == ["A", "B"]
    assert set(rows["step_says"]) == {"step 40 of 200"}


def test_a_long_run_stays_light():
    pair = trained(replace(DUEL, a=replace(NET, depth=1, width=4), b=replace(NET, depth=1)), 2000)
    frame, curves = data.run_frame(pair, 2000, False), data.curves(pair, 2000)
    lines = [*curves["batches"]["px"], *curves["tests"]["px"]]
    points = sum(len(text.split()) for text in lines)
    assert points < 3000 and len(frame) == 2 * 2001
    assert sum(table.nbytes for table in map(specs.arrow, (frame, *curves.values()))) < 1e6
    assert len(data.gradient_map(pair, 2000, "dz")) <= 3000
    deep = trained(replace(DUEL, a=replace(NET, depth=50), b=replace(NET, depth=50)), 50)
    assert len(data.gradient_map(deep, 50, "dW")) <= 3000


def test_the_map_shows_the_recorded_norms():
    pair = trained()
    cells = data.gradient_map(pair, 40, "dW")
    cell = cells[(cells["name"] == "A") & (cells["x"] == 0) & (cells["y"] == 0.5)].iloc[0]
    assert cell["log10"] == pytest.approx(pair.runs["A"].steps[0].log10_dW[0, 2])
    assert cell["says"].startswith("layer 3, step 1: ")


def test_every_activation_is_in_the_histogram():
    pair = trained()
    assert {state.step for state in data.states(pair, 17).values()} == {17}
    rows = data.histograms(pair, 17)
    sums = rows.groupby(["name", "y"])["share"].sum()
    assert len(sums) == 8 and sums.to_numpy() == pytest.approx(1)
    off = rows[(rows["name"] == "B") & (rows["y"] == 0) & (rows["x"] == charts.HISTOGRAM_BINS[0])]
    state = training.start(pair.runs["B"].spec, NET.how(40), params=pair.runs["B"].kept[0].params)
    for _ in range(17):
        state, _ = training.advance(pair.runs["B"].spec, NET.how(40), DUEL.dataset, state)
    h = network.forward(pair.runs["B"].spec, state.params, DUEL.dataset.x_test[:64]).h[0]
    assert off["share"].iloc[0] == pytest.approx((h == 0).mean())


def test_the_histogram_of_a_normalized_network_is_of_the_network_that_is_tested():
    net = replace(NET, norm="batch")
    pair = trained(Duel(net, net, "digits", 0), 30)
    state = data.looked_at(pair, "A", 30)
    together = network.forward(pair.runs["A"].spec, state.params, DUEL.dataset.x_test)
    found = data.histograms(pair, 30)
    found = found[(found["name"] == "A") & (found["y"] == 0)]
    off = found[found["x"] == charts.HISTOGRAM_BINS[0]]["share"].iloc[0]
    assert off == pytest.approx((together.h[0][0, :64] == 0).mean(), abs=1e-12)
    among_them = network.forward(pair.runs["A"].spec, state.params, DUEL.dataset.x_test[:64])
    assert off != (among_them.h[0] == 0).mean()


def test_a_far_step_that_would_take_long_is_the_last_kept_one(monkeypatch):
    pair = trained()
    monkeypatch.setattr(data, "MOST_REPLAYED", 0.0)
    monkeypatch.setattr(recording, "KEPT_BYTES", 100_000)
    begun = recording.lengthen(pairs.pair(DUEL).runs["B"], pair.step)
    run = recording.extend(begun, DUEL.dataset)
    near = data.looked_at(pairs.Pair(DUEL, {"B": run}), "B", 39)
    assert near.step < 39 and near.step % run.every == 0


def test_the_boundary_is_the_networks_answer():
    pair = trained(Duel(NET, replace(NET, activation="tanh"), "spirals", 0), 20)
    tables = data.boundary(pair, 20)
    cells, points = tables["frame"], tables["points"]
    cell = cells[cells["name"] == "A"].iloc[333]
    half = 2.2 / data.GRID
    x = np.array([[cell["x"] + half, cell["y"] + half]])
    run = pair.runs["A"]
    logits = network.forward(run.spec, run.state.params, x).output[0, 0]
    p = np.exp(logits[1]) / np.exp(logits).sum()
    assert cell["p"] == pytest.approx(p, rel=1e-5)
    assert set(points["p"]) == {0, 1}
    held = pair.duel.dataset
    examples = {(*x, float(y)) for x, y in zip(held.x_train, held.y_train, strict=True)}
    assert set(zip(points["x"], points["y"], points["p"], strict=True)) <= examples


def test_with_batch_normalization_the_plane_shows_what_the_network_answers():
    """Its cells are no batch: each is seen with the statistics of the held-out examples."""
    net = Net(4, 32, "relu", "xavier", 1.0, "none", "batch", "none", 1.0, 0.1)
    pair = trained(Duel(net, replace(net, activation="tanh"), "spirals", 0), 300)
    cells, held = data.boundary(pair, 300)["frame"], pair.duel.dataset
    for name, of in cells.groupby("name"):
        middle = of[["x", "y"]].to_numpy() + 2.2 / data.GRID
        near = np.abs(held.x_test[:, None] - middle).sum(axis=-1).argmin(axis=1)
        inside = (np.abs(held.x_test) < 2.2).all(axis=1)
        right = ((of["p"].to_numpy()[near] > 0.5) == held.y_test)[inside].mean()
        told = pair.tested(name, 300).accuracy[0]
        assert told > 0.9 and right > told - 0.1


def test_what_is_found_of_a_pair_is_found_once_and_only_the_latest_is_kept():
    pair, calls = trained(), []

    def find(of, *what):
        calls.append((of, *what))
        return len(calls)

    assert [pair.once(find, "a", 1), pair.once(find, "a", 1)] == [1, 1]
    assert calls == [(pair, "a", 1)]
    assert pair.once(find, "a", 2) == 2
    assert pairs.Pair(DUEL, pair.runs).once(find, "a", 1) == 3
    for i in range(pairs.FOUND):
        pair.once(find, "b", i)
    assert pair.once(find, "b", 0) == 4
    assert pair.once(find, "a", 1) == len(calls) == 4 + pairs.FOUND


def test_every_view_is_drawn_where_there_is_something_to_see():
    at = until_it_rests(press(open_lab(a_clip="norm", a_limit="0.1", data="spirals"), "start.top"))
    for view in ("map", "activations", "clipping", "boundary"):
        set_value(at, "training_view", view)
        at.run()
        assert not at.exception and len(drawn(at)) == 2, view
    at = open_lab(view="clipping")
    assert len(drawn(at)) == 1 and "neither network clips its gradient" in prose(at)
    assert "cannot be drawn" in prose(open_lab(view="boundary"))


def test_the_difference_in_words():
    say = words.difference
    assert say(NET, NET).startswith("A and B are the same network")
    assert (
        say(NET, replace(NET, rate=0.1)) == "A and B differ in learning rate (0.03 in A, 0.1 in B)."
    )
    three = say(NET, replace(NET, depth=9, shortcut="plain", norm="batch"))
    assert three.count("in A") == 3 and three.count(" and ") == 2
    # a threshold where nothing is clipped in one of them is part of the clipping
    both = say(NET, replace(NET, clip="norm", limit=0.1))
    assert "clipping (none in A, by norm in B)" in both and "threshold" not in both
    epsilon = say(replace(NET, rule="adam"), replace(NET, rule="adam", epsilon=1e-30))
    assert "(10⁻⁸ in A, 10⁻³⁰ in B)" in epsilon


# The sentences -----------------------------------------------------------------------------------


def test_what_a_and_b_have_come_to_is_said_for_the_step_that_is_shown():
    pair = trained(replace(DUEL, a=BROKEN), 30)
    halt = pair.halt("A")
    assert "**A** gets" in words.reading(pair, halt.step - 2)
    lost = "**A**'s held-out loss is no longer finite (after step 2). **B** gets"
    assert halt.step == 3 and lost in words.reading(pair, 2)
    assert "**A** broke at step 3: its" in words.reading(pair, halt.step)
    assert "(after step 20). A and B differ in depth" in words.reading(pair, 30)


def test_the_gradient_is_said_of_the_first_step_and_once_there_is_one_of_the_last():
    assert words.gradients(pairs.pair(DUEL), "dW").count("in the first step") == 2
    assert "in the last one" not in words.gradients(pairs.pair(DUEL), "dW")
    pair = trained()
    first, last = (theme.from_log10(pair.runs["B"].steps[i].log10_dW[0, 0], 2) for i in (0, -1))
    said = words.gradients(pair, "dW")
    assert said.startswith("‖dJ/dW‖ of layer 1. A: ")
    assert f"; B: {first} in the first step, {last} in the last one. A gradient" in said


def test_an_equation_needs_two_layers_and_multiplies_out():
    lone = replace(NET, depth=1)
    assert words.equations(pairs.pair(Duel(lone, lone, "digits", 0)), 0) == ""
    one = words.equations(pairs.pair(Duel(lone, NET, "digits", 0)), 0)
    assert r"\text{B:}" in one and r"\text{A:}" not in one
    assert "Before the first step, from the last hidden layer" in one
    values = [float(v) for v in re.findall(r"\}_\{([\d.]+)\}", one)]
    assert values[0] == pytest.approx(values[1] * values[2], rel=0.01)
    assert "At step 7, from the last" in words.equations(trained(), 7)


def test_a_gradient_of_exactly_0_is_said_and_has_no_ratio():
    """With PyTorch's default all units of a layer are off for the last batch."""
    at = PANEL.defaults | {"a_initializer": "uniform_classic"}
    pair = pairs.finished(networks.duel(SimpleNamespace(**at)), 200)
    depth, zero = pair.runs["A"].spec.depth, np.isneginf(pair.at("A", 200).log10_dz[0])
    assert zero.all() and np.isnan(data.relative_gradient(pair.at("A", 200))).all()
    said = words.equations(pair, 200)
    assert said.startswith(
        f"In step 200 of A dJ/d*z* is exactly 0 in layers 1 to {depth}: all units of layer {depth} "
        "are off for its batch. Over 0 in the last layer there is no ratio to draw."
    )
    assert r"\text{B:}" in said and "exactly" not in words.equations(pair, 100)


def test_no_layer_stops_a_gradient_that_has_a_shortcut():
    """Layers with a gradient stand behind layer 19, whose units are all off."""
    at = PANEL.defaults | {"data": "pixels", "b_width": 32, "b_shortcut": "scaled"}
    pair = pairs.finished(networks.duel(SimpleNamespace(**at)), 39)
    record = pair.at("B", 39)
    zero, off = (np.isneginf(a[0]) for a in (record.log10_dz, record.log10_slope))
    assert zero[18] and not zero[:18].all() and (zero == off).all()
    said = words.equations(pair, 39)
    assert "and 19: in each of them all units are off for its batch." in said


@pytest.mark.parametrize("ahead", "AB")
@pytest.mark.parametrize(
    "name", ["Float64 or float32", "Clipping's rescue", "Batch norm, sigmoid", "Spirals"]
)
def test_while_one_network_has_begun_and_the_other_has_not_all_can_be_said(name, ahead):
    """Steps come in pieces, one network's after the other's, and a reader may look between them."""
    (preset,) = (preset for preset in PANEL.presets if preset.name == name)
    duel = networks.duel(SimpleNamespace(**PANEL.defaults | preset.values))
    none = pairs.pair(duel).runs
    pair = pairs.Pair(duel, none | {ahead: pairs.finished(duel, 3).runs[ahead]})
    assert sorted(bool(run.steps) for run in pair.runs.values()) == [False, True]
    for step in (0, pair.step):
        assert words.reading(pair, step)
        words.formats(pair, step)
        words.equations(pair, step)
        assert len(data.table_of_step(pair, step))
    assert len(words.notes(pair)) > 1 and words.gradients(pair, "dW") and words.clipping(pair)
    assert len(data.gradient_map(pair, 50, "dz")) and len(data.table(pair))
    data.curves(pair, 50)
    assert len(data.run_frame(pair, 50, True))
    if clips := data.clipped(pair):
        data.clip_factors(pair, 50)
        waits = "has taken no step yet" in words.clipping(pair)
        assert waits == any(name != ahead for name in clips)


def test_a_shade_is_a_probability_only_where_a_softmax_is_trained():
    squared = replace(NET, loss="mean_squared_error")
    said = {
        (a.loss, b.loss): words.boundary(pairs.Pair(replace(DUEL, a=a, b=b), {}))
        for a in (NET, squared)
        for b in (NET, squared)
    }
    both, a_is, b_is, none = said.values()
    assert both.startswith("The shade is the probability of the dark class. ")
    assert "dark class in A; in B it is a sigmoid" in a_is
    assert "dark class in B; in A it is a sigmoid" in b_is
    assert "probability" not in none


def test_where_nothing_is_clipped_it_is_said_why():
    assert "neither network clips" in words.clipping(trained())
    clips = replace(DUEL, b=replace(NET, clip="norm", limit=0.01))
    assert "nothing is trained yet" in words.clipping(pairs.pair(clips))
    said = words.clipping(trained(clips, 20))
    assert said == "B: 100 % of 20 steps cut. Where the line lies at 1 a step was taken in full."
    breaks = replace(
        DUEL, a=replace(BROKEN, depth=50, width=128, dtype="float32", clip="norm"), b=NET
    )
    said = words.clipping(trained(breaks, 20))
    assert said.startswith("A broke at its first step, before anything was cut.")


def test_a_network_that_stopped_is_counted_over_the_seeds():
    run = recording.lengthen(pairs.begin(BROKEN, "digits", seed=0, seeds=2), 9)
    run = recording.extend(run, DUEL.dataset)
    said = words.seeds({"A": run, "B": trained().runs["B"]})
    assert f"**A**: median 0 %, all at 0 % over 2 seeds after step {run.step}; 2 of them no" in said
    assert (
        "counts as 0 %. **B**: median " in said
        and "over 1 seed after" in said
        and said.endswith("after step 40.")
    )


def test_what_stops_after_the_last_test_is_still_counted_as_it_was():
    run = recording.lengthen(pairs.begin(BROKEN, "digits", seed=0, seeds=2), 200)
    run = recording.extend(run, DUEL.dataset, steps=4)
    before = replace(run, tests=run.tests[:2])
    assert all(run.state.halts) and before.tests[-1].step < run.state.halts[0].step
    end = data.over_seeds(before)
    assert end.lost == 0 and end.low > 0 and "no longer" not in words.seeds({"A": before})


def test_too_much_work_is_never_said_to_be_no_more_than_is_allowed():
    assert "would take 1.1 times as long" in words.refused(1.001)


def test_a_first_gradient_that_is_not_finite_is_said():
    pair = trained()
    first = pair.runs["A"].steps[0]
    broken = replace(first, log10_dz=np.full_like(first.log10_dz, np.nan))
    runs = pair.runs | {"A": replace(pair.runs["A"], steps=(broken,))}
    a, b, _ = words.notes(pairs.Pair(DUEL, runs))
    assert a == "In A's first step not all of the gradient is a finite number."
    assert b.startswith("Before any training B's gradient at layer 1 is ")


def test_a_first_step_that_is_not_taken_moves_nothing():
    large = replace(
        BROKEN, depth=24, dtype="float32", loss="mean_squared_error", clip="norm", limit=1.0
    )
    pair = trained(replace(DUEL, a=large), 3)
    assert pair.halt("A").step == 1
    a, b, _ = words.notes(pair)
    assert a.endswith("and the first step is not taken: numbers are no longer finite.")
    assert b.endswith("of their size.")


def test_layers_of_weights_are_not_said_to_turn_bluer():
    pair = trained()
    assert "turns bluer toward the input." in words.gradients(pair, "dz")
    assert "bluer" not in words.gradients(pair, "dW")


def test_the_line_beside_the_curves_says_no_number_that_is_none():
    pair = trained(replace(DUEL, a=BROKEN), 30)
    said = data.run_frame(pair, 30, False)["says"]
    assert said.str.contains("held-out loss no longer finite").any()
    assert not said.str.contains("not a number|∞|nan").any()


# The autopsy -------------------------------------------------------------------------------------


def test_the_autopsy_names_layer_step_and_operation_and_tries_changes():
    values = {"a_depth": 20, "a_width": 64, "a_initializer": "normal", "b_initializer": "he"}
    at = until_it_rests(press(open_lab(**values), "start.top"))
    halt = lab_of(at).pair.halt("A")
    words = prose(at)
    assert f"**Autopsy of A.** At step {halt.step}, the sums *z*" in words
    assert f"of layer {halt.layer} became" in words and "Autopsy of B" not in words
    assert len(at.dataframe[0].value) == halt.step - 1
    press(at, "trials.A")
    at = until_it_rests(at)
    words = prose(at)
    trials = lab_of(at).jobs["trials A"].runs
    assert set(trials) == set(data.changes(lab_of(at).pair.duel.a))
    assert at.dataframe[0].value["largest ‖ΔW‖/‖W‖"].str.endswith("(output layer)").any()
    he = trials["He weights at scale 1"].tests[-1]
    assert he.accuracy[0] > 0.12
    assert f"With He weights at scale 1: {100 * he.accuracy[0]:.0f} % of the held-out" in words


@pytest.mark.parametrize(
    "layer,operation,value,said",
    [
        (21, "loss", np.inf, "the loss of the output layer became infinite: float64"),
        (4, "gradient", np.nan, "the gradient on its way back of layer 4 became not a number:"),
    ],
)
def test_what_broke_is_said(layer, operation, value, said):
    halt = training.Halt(step=7, layer=layer, operation=operation, value=value)
    assert words.autopsy("B", halt, depth=20).startswith(f"**Autopsy of B.** At step 7, {said}")


def test_a_change_that_did_not_help_is_said_not_to():
    pair = trained(replace(DUEL, a=BROKEN), 30)
    lost = replace(pair.runs["B"].tests[-1], loss=np.array([np.inf]))
    runs = {"a": pair.runs["A"], "b": pair.runs["B"], "c": replace(pair.runs["B"], tests=(lost,))}
    _, a, b, c = words.trials(runs, "digits").split("\n")
    assert a == f"- With a: no longer finite at step {pair.halt('A').step}."
    assert b.startswith("- With b: ") and " of the held-out digits right after 20 steps" in b
    assert c == "- With c: no longer finite at step 20."


def test_the_steps_before_the_break_are_those_of_the_run():
    run = recording.begin(
        BROKEN.spec("digits"), BROKEN.how(9), DUEL.dataset, rng=np.random.default_rng(0)
    )
    run = recording.extend(run, DUEL.dataset)
    rows = data.last_steps(run)
    assert list(rows["step"]) == list(range(1, run.step))
    assert not len(rows.select_dtypes("floating").columns), "shown with four decimals"
    assert len(data.last_steps(replace(run, steps=run.steps * 5))) == 5


def test_changes_change_one_thing_each():
    for net in (BROKEN, replace(BROKEN, shortcut="plain", activation="sigmoid", clip="value")):
        for changed in data.changes(net).values():
            differing = networks.differing(net, changed)
            assert set(differing) <= {"initializer", "scale"} or len(differing) == 1


# In two number formats ---------------------------------------------------------------------------


def preset_duel(name: str) -> tuple[Duel, int]:
    (preset,) = (p for p in PANEL.presets if p.name == name)
    at = SimpleNamespace(**PANEL.defaults | preset.values)
    return networks.duel(at), int(at.steps)


def in_two_formats(net: Net, steps: int) -> pairs.Pair:
    return trained(Duel(net, replace(net, dtype="float32"), "digits", 0), steps)


def test_float32_breaks_where_float64_goes_on():
    duel, steps = preset_duel("Float64 or float32")
    pair = trained(duel, steps)
    halt = pair.halt("B")
    assert networks.differing(duel.a, duel.b) == ["dtype"] and pair.halt("A") is None
    assert halt.step == 2 and pair.runs["A"].tests[-1].accuracy[0] > 0.4
    assert pair.runs["A"].steps[0].loss[0] == pytest.approx(pair.runs["B"].steps[0].loss[0])
    said = words.formats(pair, steps)
    assert said.startswith("**In float32 it breaks at step 2**: the sums *z* ")
    assert f"of layer {halt.layer} became infinite, and float32 ends at 3.4×10³⁸" in said
    assert "In float64 it goes on. Up to step 1 the two losses agree to 1 %." in said
    assert "In step 1 of B the entries of dJ/dW in all layers are about " in said
    assert "squares are exactly 0 in float32, and only ε, 10⁻³⁰, is left for Adam" in said
    largest = pair.runs["B"].steps[0].log10_update[0].max()
    assert f"up to {theme.from_log10(largest, 2)} times the weights" in said and largest > 3
    before = words.formats(pair, 1)
    assert "breaks" not in before and "goes on" not in before and "In step 1 of B" in before
    other = words.formats(trained(replace(duel, a=duel.b, b=duel.a), steps), steps)
    assert other == said.replace("of B", "of A"), "whichever side is in float32"


def test_the_shares_of_zeros_are_said_by_layer():
    faint = replace(NET, depth=40, activation="sigmoid", initializer="xavier", scale=0.1)
    pair = in_two_formats(faint, 3)
    zero = pair.runs["B"].steps[2].zero_dW[0]
    alike = int(np.argmax(zero < 1))  # that many layers have nothing left
    assert alike > 5 and zero[-1] == 0 == pair.runs["A"].steps[2].zero_dW[0, 1]
    said = words.formats(pair, 3)
    assert "In step 3 of B the entries of dJ/dW in layers 1 to " in said
    assert "have a root mean square below" in said
    assert f"Exactly 0 are 100 % of them in layers 1 to {alike}, " in said
    assert f"{theme.percent(zero[alike])} in layer {alike + 1}" in said
    least = pair.runs["A"].steps[2].log10_dW[0, 0] - 0.5 * np.log10(64 * 16)
    assert f"In float64 those of layer 1 are about {theme.from_log10(least, 2)}." in said
    # beside another network there is nothing to compare it with
    alone = words.formats(trained(Duel(NET, pair.duel.b, "digits", 0), 3), 3)
    assert "Exactly 0 are 100 %" in alone and "In float64" not in alone and "losses" not in alone


def test_nothing_is_said_of_formats_where_all_is_float64():
    assert words.formats(trained(), 40) == ""
    assert words.formats(pairs.pair(replace(DUEL, b=replace(NET, dtype="float32"))), 0) == ""


def test_where_two_formats_part_is_found():
    net = replace(NET, depth=20, width=64)
    pair = in_two_formats(net, 200)
    found = data.parted(pair, 200)
    a, b = (np.array([s.loss[0] for s in run.steps]) for run in pair.runs.values())
    apart = np.abs(a - b) / np.maximum(a, b) > 0.01
    assert found.compared == 200 and found.loss == int(apart.argmax()) + 1
    assert not apart[: found.loss - 1].any()
    said = words.formats(pair, 200)
    assert f"At step {found.loss} the two losses first differ by more than 1 %" in said
    assert (found.right is not None) == ("get right by more than 5 points" in said)
    just_before = words.formats(pair, found.loss - 1)
    assert just_before == f"Up to step {found.loss - 1} the two losses agree to 1 %."


def test_both_formats_may_break_and_each_where_it_ends():
    pair = in_two_formats(BROKEN, 9)
    wide, single = pair.halt("A"), pair.halt("B")
    assert single.step < wide.step
    said = words.formats(pair, 9)
    assert f"In float32 it breaks at step {single.step}" in said and "3.4×10³⁸" in said
    assert f"In float64 it breaks at step {wide.step}" in said and "1.8×10³⁰⁸" in said
    assert "goes on" not in said
    before = words.formats(pair, wide.step - 1)
    assert "In float64 its held-out loss is no longer finite either." in before
    assert "float32 ends at 3.4×10³⁸" in words.autopsy("B", single, 20, "float32")


def test_layers_are_listed():
    say = words._layers
    assert say([3], 5) == "layer 3" and say([1, 2, 3, 5], 5) == "layers 1 to 3 and 5"
    assert say([1, 6], 5) == "layer 1 and the output layer" and say(range(1, 7), 5) == "all layers"
    many = words._shares(range(1, 10), [1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0], 20)
    assert many == "100 % of them in layers 1 to 2, and so on to 0 % in layer 9"


def test_the_format_is_a_setting_and_a_link_says_it_only_where_it_differs():
    at = open_page("training", **query(b_dtype="float32"))
    assert lab_of(at).pair.duel.b == replace(networks.FIRST.b, dtype="float32")
    assert lab_of(at).pair.duel.a == networks.FIRST.a
    assert query(b_dtype="float32") == {"training_b_dtype": "float32"}
    assert networks.HE.dtype == "float64" and networks.HE.how(10) == TrainSpec(0.03, steps=10)
    assert pairs.begin(replace(NET, dtype="float32"), "digits", 0).state.params.W[0].dtype == "f4"
    assert pairs.pair(lab_of(at).pair.duel).runs["B"].state.params.W[0].dtype == "f4"
    tried = data.changes(replace(NET, dtype="float32", rule="adam", epsilon=1e-30))
    assert {"numbers in float64", "an ε of 10⁻⁸"} <= set(tried)


# Taken away --------------------------------------------------------------------------------------


def test_the_table_is_the_run():
    pair = trained()
    table = data.table(pair)
    assert len(table) == 2 * 40 * 5
    row = table[(table["network"] == "B") & (table["step"] == 20) & (table["layer"] == 2)].iloc[0]
    record = pair.runs["B"].steps[19]
    assert row["batch_loss"] == record.loss[0]
    assert row["log10_dJdz"] == record.log10_dz[0, 1]
    product = data.slope_products(record)[1]
    assert row["log10_product_of_slopes"] == pytest.approx(product)
    last = table[(table["network"] == "B") & (table["step"] == 20) & (table["layer"] == 5)]
    assert last["log10_dJdW"].iloc[0] == record.log10_dW[0, 4] and last["log10_dJdz"].isna().all()
    assert row["held_out_loss"] == next(t for t in pair.runs["B"].tests if t.step == 20).loss[0]


def test_the_table_of_a_network_that_died():
    """The product over the layers below L has no part of layer L, whose slopes are all 0."""
    dying = replace(NET, scale=2.0, rate=0.3)
    pair = pairs.finished(Duel(dying, dying, "spirals", 0), 20)
    table = data.table(pair)
    rows = table[(table["network"] == "A") & (table["step"] == 20) & (table["layer"] <= 4)]
    slopes = 10 ** rows["log10_rms_slope"].to_numpy()
    assert slopes[-1] == 0
    products = [np.prod(slopes[layer:-1]) for layer in range(4)]
    assert 10 ** rows["log10_product_of_slopes"].to_numpy() == pytest.approx(np.array(products))


def test_the_scripts_are_of_the_networks_that_are_set():
    at = open_lab(a_activation="tanh", b_norm="layer")
    at.session_state["training.more"] = "Take it away: scripts"
    at.run()
    assert not at.exception
    labels = [button.label for button in at.get("download_button")]
    assert [
        f"{name} as a {kind} script" for name in "AB" for kind in ("NumPy", "PyTorch", "Keras")
    ] == labels


def test_a_link_holds_the_settings():
    told = query(a_depth=7, b_activation="selu", steps="500", data="spirals", step=30)
    at = open_page("training", **told)
    press(at, "pause.top")
    duel = lab_of(at).pair.duel
    assert (duel.a.depth, duel.b.activation, duel.data) == (7, "selu", "spirals")
    assert re.search(r"Continue to step 500", at.button(key="training.train.top").label)


# The presets, over seeds -------------------------------------------------------------------------


def outcomes(name: str, seeds: int = 3) -> dict[str, np.ndarray]:
    """Held-out accuracy of A and B of a preset, a halted one counting as 0."""
    preset = next(p for p in PANEL.presets if p.name == name)
    values = {control.name: control.default for control in PANEL.controls} | dict(preset.values)
    steps, found = int(values["steps"]), {}
    for side in "ab":
        settings = {k: values[f"{side}_{k}"] for k in networks.SETTINGS}
        net = Net(**settings | {k: float(settings[k]) for k in networks.NUMBERS})
        run = pairs.begin(net, values["data"], 0, seeds)
        run = recording.extend(
            recording.lengthen(run, steps),
            pairs.pair(DUEL).duel.dataset
            if values["data"] == "digits"
            else Duel(net, net, "spirals", 0).dataset,
        )
        found[side.upper()] = np.nan_to_num(run.tests[-1].accuracy)
        found[f"{side.upper()} lost"] = np.array([halt is not None for halt in run.state.halts])
        found[f"{side.upper()} loss"] = run.tests[-1].loss
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "name,a,b",
    [
        ("Xavier or He", (0.05, 0.25), (0.4, 0.85)),
        ("Ten sigmoid layers", (0.05, 0.15), (0.93, 0.99)),
        ("Tanh with Xavier", (0.4, 0.85), (0.88, 0.97)),
        ("N(0, 1) weights", (0, 0), (0.4, 0.85)),
        ("Clipping's rescue", (0, 0), (0.05, 0.35)),
        ("Scaled shortcut", (0, 0), (0.88, 0.96)),
        ("Batch norm, sigmoid", (0.05, 0.15), (0.92, 0.99)),
        ("SGD or Adam", (0.05, 0.15), (0.35, 0.8)),
        ("Float64 or float32", (0.35, 0.8), (0, 0)),
        ("Large targets", (0, 0), (0.88, 0.95)),
        ("Spirals", (0.4, 0.6), (0.95, 1)),
    ],
)
def test_a_preset_does_what_its_comment_says(name, a, b):
    found = outcomes(name)
    for side, (low, high) in {"A": a, "B": b}.items():
        assert low <= np.median(found[side]) <= high, (side, found[side])
        assert found[f"{side} lost"].all() == (high == 0)
    if name == "Clipping's rescue":
        assert (np.log10(found["B loss"]) > 12).all()


def test_the_prediction_holds():
    found = data.normalized()
    assert found["none"].accuracy < 0.15 and found["layer"].accuracy < 0.15
    assert found["batch"].accuracy > 0.9
    assert found["layer"].differs < -4 and abs(found["batch"].differs) < 0.01


def test_ticks_come_less_often_when_more_readers_train_and_not_at_every_small_change(monkeypatch):
    monkeypatch.setattr(labs, "work", lambda readers: 0.0)
    lab = lab_of(press(open_lab(steps="2000"), "start.top"))
    began = lab.period
    for wanted, told in ((2, 2), (1.1, 2), (0.9, 0.9), (3, 3)):
        monkeypatch.setattr(labs, "period", lambda readers, wanted=wanted: wanted * began)
        labs.tick(lab)
        assert lab.period == told * began


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_has_one_usual_initializer_on_all_pages(name):
    """What the page on activations draws, and what the lab proposes for a network that broke."""
    usual = activations_data.scheme(name, "usual")
    broken = replace(NET, activation=name, initializer="normal")
    (fitting,) = (n for n in data.changes(broken).values() if n.initializer != "normal")
    assert fitting.initializer == usual == ACTIVATIONS[name].usual_initializer


def test_what_learners_ask_has_a_preset_that_shows_it():
    """PyTorch's own weights, and inputs that nobody normalized."""
    presets = {preset.name: preset for preset in panel.PANEL.presets}

    def ends(name: str, **changes) -> list:
        at = SimpleNamespace(**panel.PANEL.defaults | presets[name].values | changes)
        duel = networks.duel(at)
        runs = [
            recording.begin(
                net.spec(duel.data), net.how(200), duel.dataset, rng=np.random.default_rng(0)
            )
            for net in duel.nets.values()
        ]
        return [recording.extend(run, duel.dataset) for run in runs]

    default, he = ends("PyTorch's default")
    assert default.tests[-1].accuracy[0] < 0.2 < 0.6 < he.tests[-1].accuracy[0]
    a_layer = np.diff(default.steps[0].log10_dz[0]).mean()
    assert 10**-a_layer == pytest.approx(0.4, abs=0.02)
    raw, normalized = ends("Inputs not normalized")
    assert raw.steps[-1].halts[0] and raw.step < 10
    assert normalized.tests[-1].accuracy[0] > 0.9
    shared, he = ends("Weights with a mean")
    assert shared.steps[-1].halts[0] and shared.step < 10 < he.step
    same, _ = ends("Inputs not normalized", data="digits")
    assert same.tests[-1].accuracy[0] > 0.9 and not same.steps[-1].halts[0]


def test_the_gradient_grows_with_the_target():
    """Once the targets are far larger than the first outputs, in proportion."""
    net = replace(NET, loss="mean_squared_error")
    ten, hundred, thousand = (
        pairs._first_step(replace(net, target=t), "digits", 0) for t in (10.0, 100.0, 1000.0)
    )
    for layer in range(4):
        first, second, third = (s.log10_dW[0, layer] for s in (ten, hundred, thousand))
        assert 0.5 < second - first < 1.1 and third - second == pytest.approx(1, abs=0.05)
    # what is not trained is tested with its own loss
    tests = [pairs.pair(Duel(n, n, "digits", 0)).runs["A"].tests[0].loss[0] for n in (NET, net)]
    outputs = network.output(
        net.spec("digits"), pairs._begun(net, "digits", 0).state.params, DUEL.dataset.x_test
    )[0]
    wanted = np.eye(10)[DUEL.dataset.y_test]
    assert tests[1] == pytest.approx(((outputs - wanted) ** 2).mean()) and tests[0] != tests[1]


def test_the_loss_of_guessing_is_drawn_where_both_have_the_same():
    squares = replace(NET, loss="mean_squared_error", target=10.0)

    def guessed(a, b):
        return data.curves(pairs.pair(Duel(a, b, "digits", 0)), 50)["guess"].loc[0, "loss_guessed"]

    wanted = 10.0 * np.eye(10)
    best = ((wanted - wanted.mean(axis=0)) ** 2).mean()
    assert guessed(squares, squares) == pytest.approx(np.log10(best))
    assert guessed(NET, NET) == pytest.approx(np.log10(np.log(10)))
    assert pd.isna(guessed(NET, squares)) and pd.isna(
        guessed(squares, replace(squares, target=1.0))
    )


def test_a_target_is_a_difference_only_of_squared_errors():
    large = replace(NET, target=100.0)
    squares = replace(NET, loss="mean_squared_error")
    assert networks.differing(NET, large) == [] and NET.how(9) == large.how(9)
    assert networks.differing(large, squares) == ["loss"]
    assert networks.differing(squares, replace(squares, target=100.0)) == ["target"]
    assert "targets of size 1" in data.changes(replace(squares, target=100.0))
    assert "targets of size 1" not in data.changes(large)


def test_he_weights_are_tried_without_a_mean():
    drawn = replace(BROKEN, mean=1.0, rate=0.0003)
    tried = data.changes(drawn)
    he = tried["He weights at scale 1 and mean 0"]
    assert (he.initializer, he.scale, he.mean) == ("he", 1.0, 0.0)
    assert tried["weights of mean 0"] == replace(drawn, mean=0.0)
    assert "a learning rate of 3×10⁻⁵" in tried
    fitting = data.changes(replace(drawn, initializer="he"))
    assert "weights of mean 0" in fitting and not any("He" in change for change in fitting)


def test_an_old_link_to_classic_uniform_opens_pytorchs_default():
    at = open_page("training", training_a_initializer="Classic uniform")
    assert set_to(at, "training_a_initializer") == "uniform_classic"
    assert "The link asked" not in prose(at)


def test_an_optimizer_is_a_setting_like_the_others():
    sgd = networks.HE
    adam, small = (
        replace(sgd, rule="adam"),
        replace(sgd, rule="adam", epsilon=1e-30),
    )
    assert networks.differing(sgd, adam) == ["rule"]
    assert networks.differing(adam, small) == ["epsilon"]
    assert networks.differing(sgd, replace(sgd, epsilon=1e-30)) == []
    assert sgd.how(10) == TrainSpec(0.03, steps=10), "what links of before mean"
    assert small.how(10).rule == Adam(epsilon=1e-30)
    assert replace(sgd, rule="muon").how(10).rule == Muon()


def test_a_trained_pair_says_that_the_optimizer_differs():
    at = press(open_lab(b_rule="adam"), "step")
    assert "optimizer" in prose(at) and not at.exception


@pytest.mark.parametrize(
    ("said", "step"), [("30", 150), ("0", 0), ("100", MOST), ("nonsense", MOST), ("7e9", MOST)]
)
def test_an_old_link_that_says_the_step_in_percent_opens_it(said, step):
    at = open_page("training", training_at=said, training_steps="500")
    assert at.session_state["values"].values["training"]["step"] == step


def test_the_scrubber_stands_where_it_was_put_though_there_is_no_such_step_yet():
    at = press(open_page("training", training_step="1900", training_steps="2000"), "pause.top")
    assert lab_of(at).pair.step < 1900
    (row,) = (t.to_pylist() for t in tables(at) if {"told", "step"} <= {*t.column_names})
    assert row[0]["step"] == 1900, "the browser's scrubber would stand elsewhere than the chart"
    assert "At step 1,900" not in prose(at)


def test_the_scrubber_that_was_put_nowhere_stands_where_the_chart_does():
    at = press(open_page("training", training_steps="2000"), "pause.top")
    taken = lab_of(at).pair.step
    assert taken < MOST
    for shown in (taken, taken + 1):
        (row,) = (t.to_pylist() for t in tables(at) if {"told", "step"} <= {*t.column_names})
        assert row[0]["step"] == shown and f"At step {shown:,}" in prose(at)
        press(at, "step")


WILD = replace(NET, depth=12, width=64, initializer="normal", scale=3.8, dtype="float32")
HALTS = Duel(*[replace(WILD, loss="mean_squared_error")] * 2, "pixels", 0)


def test_there_is_no_equation_of_a_network_that_has_halted():
    broken = pairs.finished(HALTS, 5)
    assert broken.halt("A").step == 1
    assert words.equations(broken, 1) == "" == words.equations(broken, 5)


def test_a_last_layer_that_gets_nothing_is_no_infinite_factor():
    """Dead units in layer 50, which the gradient has come past."""
    past = replace(NET, depth=50, width=4, shortcut="scaled")
    found = pairs.pair(Duel(past, past, "digits", 0))
    sizes = found.first["A"].log10_dz[0]
    assert sizes[-1] == -np.inf < sizes[0]
    assert "A's gradient at the last hidden layer is exactly 0. At layer 1 it is" in " ".join(
        words.notes(found)
    )
    assert words.equations(found, 0) == ""


def test_no_step_with_numbers_is_said_to_be_none():
    lost = replace(NET, depth=50, width=64, initializer="normal", scale=4.0, dtype="float32")
    said = words.gradients(pairs.finished(Duel(lost, lost, "digits", 0), 3), "dz")
    assert "of layer 1. Neither network has a step with finite numbers. A gradient" in said


def test_what_an_optimizer_remembers_is_divided_by_before_epsilon():
    tiny = dict(activation="tanh", scale=0.1, rate=1.0, epsilon=1e-30, dtype="float32")
    net = replace(NET, depth=8, rule="rmsprop", **tiny)
    pair = trained(Duel(net, NET, "digits", 0), 2)
    first, second = (data.faint(pair, "A", step) for step in (1, 2))
    lost = 0.5 * np.log10(2.0**-150 / 0.01)  # RMSProp keeps a hundredth of a square
    shrunk = (second.log10 < lost) & (first.log10 > lost)
    assert shrunk.any(), "layers whose squares are lost now and were not before"
    said = words.formats(pair, 2)
    assert not any(f"layer {layer + 1} " in said for layer in np.flatnonzero(shrunk))
    assert "only ε" not in said or "squares and of those before, times 0.01, are" in said


@pytest.mark.parametrize("rule,kept", [("adam", ""), ("rmsprop", ", times 0.01,")])
def test_what_a_rule_keeps_of_a_square_is_said(rule, kept):
    (preset,) = (preset for preset in PANEL.presets if preset.name == "Float64 or float32")
    both = {"a_rule": rule, "b_rule": rule}
    duel = networks.duel(SimpleNamespace(**PANEL.defaults | preset.values | both))
    said = words.formats(pairs.finished(duel, 1), 1)
    assert f"Most of their squares{kept} are exactly 0 in float32, and only ε, 10⁻³⁰," in said


@pytest.mark.parametrize("rule,moves", [("rmsprop", False), ("adamw", True)])
def test_squares_beyond_float32_stop_a_weight_for_good(rule, moves):
    """But for AdamW's decay. In float64 they are numbers."""
    net = replace(NET, depth=45, initializer="he", scale=4.0, rule=rule, rate=0.001)
    pair = in_two_formats(net, 3)
    assert pair.halt("B") is None and "infinite in float32" in words.formats(pair, 1)
    wide, single = (data.faint(pair, name, 3) for name in "AB")
    assert (wide.log10 > 0.5 * np.log10(3.5e38)).all() and (wide.log10_update > -5).all()
    most = single.log10_update.max()
    assert wide.log10_update.min() - most > 0.5 and np.isneginf(most) != moves
    said = words.formats(pair, 3)
    assert "the entries of dJ/dW in all layers reached 3×10²³ to " in said
    assert said.endswith(
        f"In step 3 these layers move by up to {theme.from_log10(most, 2)} times their weights."
        if moves
        else "In step 3 none of these layers moves."
    )


def test_squares_within_float32_are_not_called_infinite():
    net = replace(NET, depth=30, initializer="he", scale=4.0, rule="adam", rate=0.001)
    assert "infinite" not in words.formats(in_two_formats(net, 3), 3)


@pytest.mark.parametrize("clip", ["norm", "value"])
def test_what_clipping_made_small_has_no_infinite_square(clip):
    net = replace(NET, depth=45, initializer="he", scale=4.0, rule="rmsprop", rate=0.001)
    pair = in_two_formats(replace(net, clip=clip, limit=1.0), 3)
    found = data.faint(pair, "B", 1)
    assert (found.log10 > 0.5 * np.log10(3.5e38)).all() and (found.given <= 0).all()
    assert "infinite in float32" not in words.formats(pair, 3)
    (squares,) = pair.runs["B"].state.memory.kept
    assert all(np.isfinite(v).all() for v in squares.W)


def test_what_clipping_gives_to_the_optimizer_is_what_is_said_of_it():
    net = replace(NET, depth=20, initializer="he", scale=0.5, rule="adam", dtype="float32")
    net = replace(net, clip="norm", limit=1e-20, epsilon=1e-30)
    pair = trained(Duel(net, NET, "digits", 0), 1)
    run, found = pair.runs["A"], data.faint(pair, "A", 1)
    params = network.in_format(run.kept[0].params, "float32")
    x, labels = training.first_batch(run.train_spec, digits())
    trace = network.forward(run.spec, params, x)
    _, d_output = LOSSES["softmax_cross_entropy"](trace.output, labels)
    gradients = network.backward(run.spec, params, trace, d_output)
    clipped = clip_by_global_norm(gradients, net.limit).gradients
    sizes = [np.sqrt(np.mean(np.float64(dW) ** 2)) for dW in clipped.dW]
    assert found.given == pytest.approx(np.log10(sizes), abs=1e-3)
    assert (found.log10 - found.given).min() > 19
    assert "the entries of dJ/dW, clipped, in all layers" in words.formats(pair, 1)


def test_a_single_hidden_layer_is_not_held_against_itself():
    pair = pairs.pair(replace(DUEL, a=replace(NET, depth=1)))
    first, second, _ = words.notes(pair)
    assert "A's gradient has no second hidden layer to cross, and the first step moves" in first
    assert "times that at the last hidden layer" in second


def test_the_other_format_goes_on_only_while_its_outputs_are_numbers():
    net = replace(NET, depth=50, initializer="normal", scale=4.0)
    pair = in_two_formats(net, 3)
    at = pair.halt("B").step
    assert not np.isfinite(pair.tested("A", at).loss[0])
    said = words.formats(pair, at)
    assert "goes on" not in said and "held-out loss is no longer finite either." in said


def test_the_chart_says_in_what_the_two_networks_differ_where_it_is_one_thing():
    def own(**values):
        duel = networks.duel(SimpleNamespace(**PANEL.defaults | values))
        rows = data.run_frame(pairs.pair(duel), 30, False)
        return [rows.loc[rows["name"] == name, "own"].iloc[0] for name in "AB"]

    assert own() == ["Xavier (Glorot)", "He"]
    assert own(a_initializer="he", b_clip="norm") == ["no clipping", "clipping by norm"]
    assert own(a_initializer="he", b_depth=10) == ["depth 20", "depth 10"]
    assert own(b_depth=10) == ["", ""], "in two things: the text says which"
    assert own(a_initializer="he") == ["", ""], "in nothing"
