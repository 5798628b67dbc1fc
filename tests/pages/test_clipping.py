"""The page on gradient clipping: its numbers, its committed runs, and its sentences."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core import clipping, datasets, diagnostics, network, training
from pages.concepts.clipping import charts, data, make_runs, networks, panel
from pages.kit import theme
from tests.app import answer, open_page, prose, says
from tests.app import charts as drawn

LABELS = {name: net.label for name, net in networks.NETWORKS.items()}
KINDS = {"norm": "By norm", "value": "By value"}


def say(network="large", clip="norm", **query) -> str:
    return says("clipping", network=LABELS[network], clip=KINDS[clip], **query)


# The committed runs ------------------------------------------------------------------------------


def test_the_file_has_every_point_of_the_drag():
    limits = panel.LIMIT.values()
    for name in networks.NETWORKS:
        for clip in KINDS:
            tables = data.thresholds(name, clip)
            assert list(tables["none"]["limit"]) == [charts.UNCLIPPED]
            right = theme.percent(data.runs(name, "none").accuracy)
            assert list(tables["none"]["says"]) == [f"not clipped: {right}"]
            frame = pd.concat(tables.values())
            assert list(frame["limit"]) == [*limits, charts.UNCLIPPED]
            assert frame["loss"].str.split().map(len).nunique() == 1
    assert data.RUNS_FILE.stat().st_size < 300_000


@pytest.mark.parametrize("clip", ["norm", "cure"])
def test_the_script_makes_what_the_file_holds(clip):
    net = networks.CURES["shallow"] if clip == "cure" else networks.NETWORKS["shallow"]
    row = make_runs.runs(net, "none" if clip == "cure" else clip, 0.0)
    held = data.runs("shallow", clip, 0.0)
    # some points of room: another BLAS rounds otherwise, and training magnifies that
    assert row["accuracy"] == pytest.approx(held.accuracy, abs=0.05)
    assert row["last_loss"] == pytest.approx(held.loss, abs=0.1)
    assert (row["clipped"], row["lost"]) == (held.clipped, held.lost)
    assert (held.clipped, held.lost) == ((0, 0) if clip == "cure" else (1, 0))


def test_a_cure_is_what_its_name_says():
    for name, cure in networks.CURES.items():
        spec = networks.NETWORKS[name].spec
        changed = {
            "He ×1": replace(spec, weight_scale=1.0),
            "He": replace(spec, initializer="he"),
            "tanh": replace(spec, activation="tanh"),
        }
        assert cure.spec == changed[cure.label] != spec


def test_lifted_to_the_threshold_is_cut_below_all_entries_with_a_rate_as_much_larger():
    small = networks.NETWORKS["small"]
    rate = small.training.learning_rate / 1e-15
    long = replace(small, training=replace(small.training, learning_rate=rate))
    row = make_runs.runs(long, "value", -15)
    assert row["accuracy"] == pytest.approx(data.runs("small", "lift", 0.0).accuracy, abs=0.05)


@pytest.mark.parametrize(
    "limit,low,high,clipped",
    [
        (-1.0, 0.05, 0.22, (1, 1)),
        (0.0, 0.36, 0.52, (1, 1)),
        (1.0, 0.70, 0.86, (0.8, 0.95)),
        (2.0, 0.74, 0.88, (0.005, 0.05)),
        (3.0, 0.05, 0.6, (0, 0.15)),
    ],
)
def test_where_it_helps(limit, low, high, clipped):
    now = data.runs("large", "norm", limit)
    assert low < now.accuracy < high
    assert clipped[0] <= now.clipped <= clipped[1]


def test_what_it_is_compared_with():
    assert data.runs("large", "none").lost == 7
    assert 0.88 < data.runs("large", "cure").accuracy < 0.95
    slow = data.runs("slow", "none")
    assert 0.55 < slow.accuracy < 0.7 and slow.lost == 0


def test_where_it_does_not_help():
    bad_scale = data.runs("normal", "norm", 0.0)
    assert bad_scale.accuracy < 0.25 and bad_scale.loss > 12 and bad_scale.lost == 0
    small = data.runs("small", "norm", 0.0)
    assert small.clipped == small.most_clipped == 0 and small.accuracy < 0.13
    for clip in KINDS:
        assert data.best("sigmoid", clip)[1].accuracy < 0.15
        assert data.best("small", clip)[1].accuracy < 0.15
        assert data.best("normal", clip)[1].accuracy < 0.3


def test_the_trap_is_accurate_and_wrong_about_everything():
    trap = data.runs("shallow", "value", 0.0)
    assert 0.8 < trap.accuracy < 0.93
    assert 2 < trap.loss < 3.3  # a loss of hundreds


# The sentences -----------------------------------------------------------------------------------


def test_the_finding_below_the_chart():
    now = data.runs("large", "norm", 1.0)
    words = say()
    assert f"at *c* = 10: **{100 * now.accuracy:.0f} %** of the held-out digits" in words
    assert "Without clipping: 7 of 8 end as “not a number”" in words
    assert "Without clipping: 10 %" in say("small", limit=0)


def test_the_window_is_said_where_there_is_one():
    assert "The best threshold here is" in say()
    assert "Even the best threshold," in say("normal")
    assert "No threshold helps" in say("small")
    words = say("sigmoid", limit="-1.0")  # the whole gradient is longer than that, layer 1's is not
    assert "100 % of the steps clipped" in words and "not too large" not in words
    assert "What is too small here is the gradient of layer 1, and no cut" in words
    for name in ("small", "sigmoid"):
        assert data.first_step(name, "norm", 3.0, 0).before < -5


def test_the_clipped_steps_are_said():
    assert "every step of the median network is clipped. All steps then have one" in say(limit=-1)
    assert "An entry that is cut forgets its size" in say(clip="value", limit=-1)
    assert "of the steps are clipped; the others stay" in say(limit=2)
    assert "no step is clipped" in say("small", limit=0)
    assert "falls as *c* grows: fewer" in say("small", limit=-1)


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("clip", KINDS)
def test_the_line_of_steps_clipped_is_said_to_fall_only_where_it_falls(name, clip):
    shares = [data.runs(name, clip, limit).clipped for limit in panel.LIMIT.values()]
    steps = np.diff(shares)
    assert data.rises(name, clip) == bool((steps > 0).any())
    words = say(name, clip, limit=3)
    if 0 < shares[-1] < 1:
        assert ("but not at every threshold" in words) == data.rises(name, clip)


def test_a_step_cut_in_other_layers_is_not_called_uncut():
    first = data.first_step("large", "value", 1.4, 0)
    assert first.cut and first.before == pytest.approx(first.after, abs=1e-4)
    assert "It turned this gradient by" in say(clip="value", limit=1.4)
    assert "the first step is not cut" in say(clip="value", limit=3)


def test_a_zero_gradient_stays():
    assert "A gradient of (0, 0) has no length to cut" in say(gx=0, gy=0)
    assert "turns it by **31.0°**" in say()


def test_the_end_of_the_loss_is_said():
    assert "The network learned." in say(limit=1.4)
    assert "It learned a little." in say("shallow", "value", limit=0.4)
    assert "Accuracy asks only which output is the largest" in say("shallow", "value", limit=0)
    assert "hardly bring them down" in say("normal", "norm", limit=-1)
    assert "have brought the loss down from 100." in say(limit=0)  # to 3.35, with 44 % right
    assert "no more than guessing finds" in say("shallow", "norm", limit=2)  # 12 %, a loss of 2.24
    assert "hardly moved" in say("sigmoid", limit=0)
    assert "finite and lost" in say(clip="value", limit=3)
    assert "some of the networks learned, some stayed" in say(limit=3)


def test_the_lost_networks_have_a_layer_of_dead_units():
    """What “switched most units of a layer off” claims, where the page says it."""
    now, net = data.runs("large", "value", 3.0), networks.NETWORKS["large"]
    assert now.accuracy < 0.15 and now.lost == 0
    assert now.loss == pytest.approx(math.log10(math.log(10)), abs=0.01)
    spec = replace(net.spec, seeds=2)
    how = replace(net.training, clip="value", clip_limit=1000.0, steps=40)
    digits, rngs = datasets.digits(), [np.random.default_rng(seed) for seed in range(2)]
    state, _ = training.train(spec, how, digits, training.start(spec, how, rng=rngs))
    slopes = network.forward(spec, state.params, digits.x_train).slope
    assert (diagnostics.dead_share(slopes).max(axis=1) > 0.75).all()


def test_the_rival_is_said_for_the_network_it_is_a_rival_of():
    assert "An honest rival: a tenth of the learning rate" in say()
    assert "An honest rival" not in say("normal")


# The first step ----------------------------------------------------------------------------------


def test_no_threshold_moves_the_products():
    for clip in KINDS:
        tight, loose = (data.first_step("large", clip, limit, 0) for limit in (-1.0, 3.0))
        assert (tight.slopes, tight.product) == (loose.slopes, loose.product)
        assert tight.after < loose.after


def test_the_products_are_those_of_the_network():
    first, spec = data.first_step("sigmoid", "norm", 0.0, 3), networks.NETWORKS["sigmoid"].spec
    assert first.slopes < 19 * math.log10(0.25)  # twenty layers, nineteen slopes in between
    assert first.product == pytest.approx(first.slopes, abs=0.6)  # Xavier: weights of gain 1
    assert len(first.tables["frame"]) == 4 * spec.depth


def test_norm_clipping_keeps_the_ratio_of_layers_and_value_clipping_does_not():
    norm = data.first_step("large", "norm", 0.0, 0)
    value = data.first_step("large", "value", -1.0, 0)
    assert norm.uneven[0] == pytest.approx(norm.uneven[1], abs=1e-9)
    assert norm.angle < 1e-3
    assert abs(value.uneven[0] - value.uneven[1]) > 0.1
    angles = [data.first_step("large", "value", -1.0, seed).angle for seed in range(8)]
    assert 45 < np.median(angles) < 65
    assert "Norm clipping moves the whole line" in say(limit=0)
    assert "Value clipping cuts each entry by itself" in say(clip="value", limit=-1)
    assert "The two lines of the step are one" in say("small", limit=0)


def test_the_equation_multiplies_out():
    first = data.first_step("large", "norm", 1.0, 0)
    assert first.after - first.before == pytest.approx(1.0 - first.norm, abs=1e-9)


def test_another_seed_is_another_network():
    zero, one = (data.first_step("large", "norm", 1.0, seed) for seed in (0, 1))
    assert zero.norm != one.norm
    assert zero.norm == data.first_step("large", "norm", 1.0, 0).norm


def test_the_first_step_is_that_of_the_runs():
    """Member 5 of the trained ensemble is the lone network of seed 5."""
    spec = networks.NETWORKS["large"].spec
    rngs = [np.random.default_rng(seed) for seed in range(networks.RUNS)]
    x, y = training.first_batch(networks.NETWORKS["large"].training, datasets.digits())
    params = network.init(spec, rng=rngs)
    trace = network.forward(spec, params, x)
    d_output = data.losses.softmax_cross_entropy(trace.output, y)[1]
    norms = clipping.global_norm(network.backward(spec, params, trace, d_output))
    alone = data.first_step("large", "norm", 1.0, 5)
    assert np.log10(norms[5]) == pytest.approx(alone.norm, abs=1e-9)


# The plane and the cliff -------------------------------------------------------------------------


def test_the_articles_interval_turns_the_gradient():
    article, ours = data.turned(3, 4, 1), data.turned(1, 4, 1)
    assert tuple(article.value) == tuple(ours.value) == (1, 1)
    assert article.angle == pytest.approx(8.13, abs=0.01)
    assert ours.angle == pytest.approx(30.96, abs=0.01)
    assert tuple(article.norm) == pytest.approx((0.6, 0.8))
    assert data.turned(-0.3, 0.2, 1).angle == 0
    words = say()
    assert "at *c* = 1, makes (1, 1) of (3, 4), a turn of only 8.1°" in words
    assert "by value leaves (1, 1) and turns it by **31.0°**" in words
    assert "turns it by **0.0°**" in say(gx=-0.5, gy=0.5)


def test_the_lower_bound_is_corrected():
    assert "“lower bound” is −*c*" in say()


def test_the_cliff():
    plain, clipped = data.descent(None), data.descent(0.3)
    assert plain.slope[6] == pytest.approx(-133, abs=1)
    assert plain.b[6] == pytest.approx(-2.30, abs=0.005)
    assert plain.b[7] == pytest.approx(37.7, abs=0.1)
    assert plain.loss[-1] == pytest.approx(0.09) and abs(plain.slope[-1]) < 1e-15
    assert clipped.loss[20:].min() < 5e-4 and 0.25 < clipped.loss[20:].max() < 0.28
    assert np.abs(np.diff(clipped.b)).max() <= 0.3 * 0.3 + 1e-12


def test_the_slope_of_the_cliff_is_the_derivative():
    b, h = -2.28, 1e-6
    (low,), (high,) = data.objective(b - h)[0], data.objective(b + h)[0]
    assert data.objective(b)[1][0] == pytest.approx((high - low) / (2 * h), rel=1e-5)


def test_the_cliff_is_told_when_asked_for():
    at = open_page("clipping")
    assert len(drawn(at)) == 3
    at.session_state["clipping.more"] = "Where clipping comes from: the cliff"
    at.run()
    words = prose(at)
    assert "meets the slope −133 and lands at *b* = 37.7" in words
    assert "J stays at 0.090 for good" in words


# The prediction ----------------------------------------------------------------------------------


def test_the_prediction_answers_each_guess():
    for guess, word in (("repairs", "only ever shortens"), ("lifts", "The lower bound is −*c*")):
        at = open_page("clipping")
        assert "0 % of its steps are clipped" not in prose(at)
        answer(at, guess)
        assert word in prose(at)
        assert "0 % of its steps are clipped" in prose(at)


def test_the_lines_of_the_first_step_fill_their_axis():
    """The axis follows the rows: whatever the network, its lines are not squeezed, nor cut."""
    for name in LABELS:
        found = data.first_step(name, "norm", 0.0, 0)
        rows = found.tables["frame"]
        assert rows["log10"].notna().all() and rows["beyond"].isna().all()
        low, high = rows["low"].iloc[0], rows["high"].iloc[0]
        assert low <= min(rows["log10"].min(), -4) < low + 1 and low == round(low)
        assert high >= max(rows["log10"].max(), 1) > high - 1 and high == round(high)
        assert np.ptp(rows["log10"]) > 0.3 * (high - low), name
        first = rows[rows["layer"] == 1].set_index("series")["log10"]
        assert first["before"] == pytest.approx(found.before)
        assert first["product"] == pytest.approx(found.product)


def test_the_axis_of_the_first_step_has_room_for_what_is_off_it():
    zero, alive = np.array([-np.inf, 0.0]), np.zeros(2)
    rows = data._by_layer({"slopes": zero, "product": alive, "before": alive, "after": alive})
    assert set(rows["frame"]["low"]) == {-16} and set(rows["frame"]["high"]) == {1}


@pytest.mark.parametrize("network", networks.NETWORKS)
def test_the_last_loss_is_that_of_the_last_step_in_the_table_too(network):
    rows = data.runs_table(SimpleNamespace(network=network, clip="norm"))
    last = rows[rows["step"] == rows["step"].max()]
    assert last["log10_loss"].to_numpy() == pytest.approx(
        last["log10_last_loss"].to_numpy(), abs=0.006
    )


def test_a_cap_that_is_too_loose_leaves_half_of_the_networks_at_guessing():
    (preset,) = (preset for preset in panel.PANEL.presets if preset.name == "Too loose")
    assert "half of the networks at guessing" in preset.comment
    at = pd.read_csv(data.RUNS_FILE).query("network == 'large' and clip == 'norm' and limit == 3")
    assert at["accuracy_low"].item() < 0.15 < 0.25 < at["accuracy_high"].item()


def test_what_is_too_small_is_every_layer_or_the_first_and_what_the_last_ones_see():
    """Weights ×0.6 shrink every layer's gradient alike; twenty sigmoids leave the last layers'
    alone, and erase what tells the digits apart."""
    moved, apart = {}, {}
    for name in ("small", "sigmoid"):
        net = networks.NETWORKS[name]
        state = training.start(
            net.spec, net.training, rng=[np.random.default_rng(s) for s in range(8)]
        )
        _, step = training.advance(net.spec, net.training, datasets.digits(), state)
        moved[name] = np.median(step.log10_update, axis=0)[:-1]
        x, _ = training.first_batch(net.training, datasets.digits())
        h = network.forward(net.spec, state.params, x).h
        apart[name] = np.median(diagnostics.log10_spread(h), axis=0)[-1]
    assert np.all(moved["small"] < -5.5) and np.ptp(moved["small"]) < 0.7
    assert moved["sigmoid"][0] < -12 and moved["sigmoid"][-1] > -3
    assert apart["sigmoid"] < -8 < -1 < apart["small"]
    assert "gradient of every layer" in say("small")
    assert "no layer moves by more than a trifle" in say("small")
    assert "gradient of layer 1" in say("sigmoid") and "all digits look alike" in say("sigmoid")
