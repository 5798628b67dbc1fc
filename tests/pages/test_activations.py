"""The page on saturation, ReLU and leaky ReLU: its numbers, and its sentences where they differ."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from core.activations import ACTIVATIONS, activation
from pages.concepts.activations import charts as charts_of
from pages.concepts.activations import data, panel
from pages.concepts.activations import words as sentences
from pages.concepts.activations.data import Setting
from pages.concepts.activations.make_runs import runs
from pages.kit import theme
from tests.app import answer, charts, open_page, prose, says

say = partial(says, "activations")


# One z ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,z,slope,over_15",
    [
        ("sigmoid", 2.0, 0.105, 2.1e-15),
        ("tanh", 2.0, 0.0707, 5.5e-18),
        ("relu", 2.0, 1.0, 1.0),
        ("sigmoid", 0.0, 0.25, 9.3e-10),
        ("tanh", 0.0, 1.0, 1.0),
        ("sigmoid", 5.0, 0.0066, 2.2e-33),
        ("tanh", 5.0, 1.82e-4, 7.7e-57),
        ("leaky_relu", -2.0, 0.01, 1e-30),
    ],
)
def test_slopes_and_their_products(name, z, slope, over_15):
    point = data.at(name, z, 15, 0.01)
    assert point.slope == pytest.approx(slope, rel=0.01)
    assert 10**point.log10 == pytest.approx(over_15, rel=0.03)


def test_the_finding_below_the_chart_follows_z():
    assert (
        "over 15 layers: Sigmoid passes **2.08×10⁻¹⁵**, Tanh passes **5.45×10⁻¹⁸**, "
        "ReLU passes **1.00**" in say()
    )
    below = say(z=-2)
    assert "ReLU passes **0**" in below
    assert "for ReLU no weight will do" in below
    assert "over 1 layer: Sigmoid passes **0.105**" in say(n=1)


def test_the_articles_sigmoid_at_five():
    words = say(z=5)
    assert r"\sigma'(5)^{15}" in words
    assert "= 0.00665^{15}" in words
    assert "σ′(5) = 0.0066" in words  # the preset's comment


def test_where_sigmoid_and_tanh_cross():
    sigmoid, tanh = ACTIVATIONS["sigmoid"], ACTIVATIONS["tanh"]
    assert sigmoid.df(1.662) < tanh.df(1.662) and sigmoid.df(1.664) > tanh.df(1.664)
    assert "cross at |*z*| = 1.663. At *z* = 2 the sigmoid is the steeper" in say()
    assert "At *z* = −1.65 tanh is the steeper" in say(z=-1.65)
    assert "At *z* = −1.7 the sigmoid is the steeper" in say(z=-1.7)


def test_flat_is_said_where_it_begins():
    assert "At *z* = 2 none of the three is flat" in say()
    assert "At *z* = 3, Tanh is flat" in say(z=3)
    assert "At *z* = 5, Sigmoid and Tanh are flat" in say(z=5)
    assert "At *z* = −5, Sigmoid, Tanh and ReLU are flat" in say(z=-5)
    for name, edge in (("sigmoid", 4.36), ("tanh", 2.18)):
        assert not data.at(name, edge - 0.01, 1, 0.01).saturated
        assert data.at(name, edge + 0.01, 1, 0.01).saturated


def test_the_sigmoids_best_follows_n():
    assert "¼ per layer: 9.31×10⁻¹⁰ over 15 layers" in say()
    assert "¼ per layer: 0.250 over 1 layer" in say(n=1)


def test_the_weight_that_pays():
    assert "Sigmoid needs 9.52, Tanh needs 14.2, ReLU needs 1.00" in say()
    assert "Sigmoid needs 4.00, Tanh needs 1.00, for ReLU no weight will do" in say(z=0)


def test_the_slope_at_the_kink_is_zero_as_pytorch_has_it():
    assert data.at("relu", 0.0, 15, 0.01).slope == 0
    words = say(z=0)
    assert "PyTorch and this site use 0" in words
    assert "A constant has a derivative, 0" in words


def test_the_leak_is_a_control():
    assert r"\text{Leaky ReLU}'(-2)^{15}" in say(z=-2, second="leaky_relu")
    assert "Leaky ReLU passes **1.00×10⁻³⁰**" in say(z=-2, second="leaky_relu")
    assert "Leaky ReLU passes **3.05×10⁻⁵**" in say(z=-2, second="leaky_relu", leak=0.5)
    assert "Leaky ReLU passes **0**" in say(z=-2, second="leaky_relu", leak=0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_live_frame_is_the_core(name):
    curves = (name, "tanh", "relu")
    frame = data.slopes(curves, 0.2, ("tanh", "xavier"), 0)
    product = data.multiplied(curves, 3, 0.2)
    assert (product["z"] == frame["z"]).all() and (product["drawn"] == frame["drawn"]).all()
    frame = frame.join(product.drop(columns=["z", "drawn", "hue1", "hue2", "hue3"]))
    assert set(panel.Z.values()) < set(frame["z"]) and len(frame) == 243 <= 3000
    record = activation(name, negative_slope=0.2)
    assert np.allclose(frame["s1"], record.df(frame["z"].to_numpy()))
    shown = frame["f_in1"].notna()
    (low, high), (bottom, top) = charts_of.INSET, charts_of.CORNER[2:]
    f = low + (frame["f_in1"][shown] - bottom) / (top - bottom) * (high - low)
    assert np.allclose(f, record.f(frame["z"][shown].to_numpy()), atol=1e-5)
    for line, whole, most in (
        ("slope1", "s1", charts_of.SLOPES),
        ("product1", "p1", charts_of.PRODUCTS),
    ):
        inside = frame[whole] <= most[1]
        assert (frame[line][inside] == frame[whole][inside]).all() and frame[line][
            ~inside
        ].isna().all()
    some = frame["p1"].notna()
    assert np.allclose(10 ** frame["p1"][some], np.abs(frame["s1"][some]) ** 3)
    assert (frame["s1"][~some] == 0).all()
    assert (frame["minus1"] == (frame["s1"] < 0)).all()
    assert not data.multiplied(curves, 4, 0.2)["minus1"].any(), "an even number of factors"


def test_the_inset_and_the_histogram_stand_where_they_should():
    frame = data.slopes(("sigmoid", "tanh", "relu"), 0.2, ("tanh", "xavier"), 0)
    left, right = charts_of.CORNER[:2]
    assert np.allclose(frame["z_in"].iloc[[0, 121, 242]], [left, (left + right) / 2, right])
    bars = frame["seen"].dropna()
    heights = data.seen("tanh", "xavier", 0.2, 0).heights
    assert np.allclose(bars, charts_of.SEEN * np.append(heights, heights[-1]))
    assert bars.max() == np.float32(charts_of.SEEN)
    assert np.allclose(np.diff(frame["z"][bars.index]), 12 / len(heights)), "bars of one width"


# The network behind the histogram ---------------------------------------------------------------


def test_a_sigmoid_vanishes_without_saturation():
    seen = data.seen("sigmoid", "xavier", 0.01, 0)
    assert seen.saturated == 0
    assert seen.mean_slope == pytest.approx(0.233, abs=0.004)
    assert seen.gain == pytest.approx(0.24, abs=0.015)
    words = say()
    assert "0 % of its units are flat" in words and "layer 1: it vanishes." in words


def test_within_a_factor_of_ten_is_not_said_to_keep_its_size():
    assert "×0.24 from layer 15 to layer 1: it stays within a factor of 10" in say(
        seen="tanh xavier"
    )
    assert "layer 1: it keeps its size" in say(seen="relu he")


@pytest.mark.parametrize("seed", range(6))
def test_how_many_of_the_last_layers_units_are_dead(seed):
    found = shares(depth=15, seed=seed)
    assert 0.15 < found.dead[-1] < 0.36


def test_tanh_saturates_and_explodes():
    seen = data.seen("tanh", "normal", 0.01, 0)
    assert seen.saturated == pytest.approx(0.77, abs=0.02)
    assert seen.gain == pytest.approx(2.1, abs=0.12)
    words = say(seen="tanh normal")
    assert f"{seen.saturated:.0%}".replace("%", " %") + " of its units are flat" in words
    assert "layer 1: it explodes." in words
    assert "lie outside the chart" in words


# Real networks ------------------------------------------------------------------------------------


def test_slopes_times_weights_is_about_the_gradient():
    for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
        found = data.products(name, Setting("usual", 15, 0.01, 0))
        assert found.slopes + found.weights == pytest.approx(found.gradient, abs=0.35)
        assert found.slopes[-1] == found.gradient[-1] == 0
    sigmoid = data.products("sigmoid", Setting("usual", 15, 0.01, 0))
    assert sigmoid.gradient[0] == pytest.approx(-8.84, abs=0.15)
    tanh = data.products("tanh", Setting("normal", 15, 0.01, 0))
    assert tanh.slopes[0] == pytest.approx(-8.05, abs=0.2)
    assert tanh.gradient[0] == pytest.approx(4.45, abs=0.5)


def test_relus_slopes_multiply_to_less_than_one_and_he_pays():
    relu = data.products("relu", Setting("he", 15, 0.01, 0))
    assert relu.slopes[0] == pytest.approx(14 * np.log10(0.5**0.5), abs=0.25)
    assert relu.gradient[0] == pytest.approx(0, abs=0.35)
    words = say()
    assert "ReLU, He: slopes 0.00" in words
    assert "He's √2 pays for exactly that." in words
    assert "Xavier's weights do not pay for that." in say(weights="xavier")
    assert "those of a layer of 64 multiply by 8" in say(weights="normal")


def test_relu_and_the_leak_are_on_the_same_draws():
    relu = data.products("relu", Setting("he", 10, 0.0, 3))
    leaky = data.products("leaky_relu", Setting("he", 10, 0.0, 3))
    assert np.array_equal(relu.gradient, leaky.gradient)


def test_the_curves_and_the_leaky_relu_are_the_networks():
    assert data.networks(("sigmoid", "tanh", "relu"))[-1] == "leaky_relu"
    assert data.networks(("gelu", "gelu", "leaky_relu")) == ("gelu", "leaky_relu")
    assert "GELU (tanh form), He: slopes" in say(first="gelu")


# Flat, off, dead ------------------------------------------------------------------------------


def shares(network="relu", depth=20, leak=0.01, bias=0.0, rate=0.0, seed=0):
    return data.shares(network, Setting("usual", depth, leak, seed), bias, rate)


def test_half_are_off_and_deep_units_are_dead_before_training():
    found = shares()
    assert found.off == pytest.approx(0.5, abs=0.12)
    assert found.dead[0] == 0
    assert 0.15 < found.dead[-1] < 0.5
    assert (found.dead <= found.off).all() and (found.off <= found.flat).all()


def test_a_negative_mean_of_the_biases_kills():
    dead = [shares(bias=bias).dead.mean() for bias in (0.0, -0.5, -1.0, -2.0)]
    assert dead == sorted(dead)
    assert dead[0] < 0.25 and dead[2] > 0.7 and dead[3] > 0.85
    assert "The biases push every *z* down." in say(bias=-1)
    assert "The biases push every *z* down." not in say(bias=1)


def test_the_learning_rate_revives_kills_or_breaks():
    before, slow, fast, broken = (shares(depth=15, rate=rate) for rate in (0.0, 0.1, 0.3, 1.0))
    assert slow.dead.mean() < before.dead.mean() < fast.dead.mean()
    assert len(broken.broke) == data.TOGETHER and not len(broken.dead)
    words = say(rate="1")
    assert "3 of 3 networks broke" in words and "None is left to measure" in words
    fast = say(rate="0.3")
    assert "after 50 steps at rate 0.3" in fast and "A step that was too long moved" in fast
    assert "A step that was too long moved" not in say(rate="0.1")


def test_one_network_left_is_one_network():
    for words in (say(rate="0.3", seed=seed) for seed in (2, 3)):
        assert "1 of 3 networks broke: not a number from step" in words
        assert "means of 2 networks" in words
    assert "1 networks" not in words


def test_sigmoid_tanh_and_leaky_relu_are_never_off():
    for network in ("sigmoid", "tanh", "leaky_relu"):
        assert shares(network, depth=8).off.max() == 0
    assert "Sigmoid is never off" in say(network="Sigmoid")
    assert "none can die" in say(network="leaky_relu")
    assert "not even flat by the 5 % rule" in say(network="leaky_relu", leak=0.1)
    assert "none can die" not in say(network="leaky_relu", leak=0)
    assert shares("leaky_relu", depth=8, leak=0.0).off.max() > 0.3


def test_the_bars_stack_to_the_share_that_is_flat():
    found = shares(depth=10)
    top = found.tables["frame"].groupby("layer")["high"].max()
    assert top.to_numpy() == pytest.approx(found.flat)
    assert found.tables["names"]["name"].tolist() == ["dead", "off"]
    assert len(shares("tanh", depth=4, bias=0.0).tables["names"]) == 1
    assert "broke" in shares(depth=15, rate=1.0).tables["names"]["name"].item()


# The committed runs ---------------------------------------------------------------------------


def test_a_row_of_the_file_is_what_its_script_makes():
    kept = data.leak_runs()
    row = kept[(kept["rate"] == 0.1) & (kept["slope"] == 0.1) & (kept["seed"] == 3)]
    made = runs(0.1, 0.1, seeds=[3])
    assert made["accuracy"].item() == pytest.approx(row["accuracy"].item(), abs=0.01)
    assert made["dead"].item() == row["dead"].item() == 0


@pytest.mark.parametrize("slope", panel.LEAK_SLOPES)
@pytest.mark.parametrize("rate", [0.03, 0.1, 0.3])
def test_a_network_that_broke_counts_in_the_median(slope, rate):
    kept = data.leak_runs()
    part = kept[(kept["rate"] == rate) & (kept["slope"] == slope)]
    right = sorted(0.0 if np.isnan(share) else share for share in part["accuracy"])
    found = data.leak(slope, rate)
    assert found.runs == len(right) == 20
    if found.broke > 10:
        assert np.isnan(found.median)
    else:
        assert found.median == pytest.approx((right[9] + right[10]) / 2)


def test_what_the_page_says_about_the_leak():
    relu, small, large, largest = (data.leak(slope, 0.3) for slope in panel.LEAK_SLOPES)
    spread = data.leaks(0.3)["frame"].groupby("place")["accuracy"].std()
    assert abs(small.median - relu.median) < spread[0]
    assert large.median > relu.median + 0.1
    assert largest.broke == largest.runs == 20
    assert relu.dead > 0.05 and small.dead == large.dead == 0
    for rate in (0.03, 0.1):
        each = [data.leak(slope, rate) for slope in panel.LEAK_SLOPES]
        assert all(found.broke == 0 and found.median > 0.85 for found in each)
        assert each[3].median > each[0].median
    words = say()
    assert f"ReLU: {relu.median:.0%}".replace("%", " %") in words
    assert "20 networks of each kind, 10 layers deep, trained at rate 0.3:" in words


# The page -------------------------------------------------------------------------------------


def test_the_prediction_is_answered_by_its_miss():
    at = open_page("activations")
    answer(at, -1.0)
    words = prose(at)
    assert "The answer is **1.4×10⁻⁹**" in words or "The answer is **1.5×10⁻⁹**" in words
    assert "It only means: at least a twentieth of ¼" in words


def test_the_page_has_four_charts_and_one_more_below():
    at = open_page("activations")
    assert len(charts(at)) == 4
    at.session_state["activations.more"] = "Does a leak help? Twenty networks each"
    at.run()
    assert len(charts(at)) == 5


@pytest.mark.parametrize("seed", range(4))
def test_what_the_presets_promise_holds_for_other_seeds(seed):
    assert (
        shares(depth=15, rate=0.1, seed=seed).dead.mean()
        < shares(depth=15, seed=seed).dead.mean()
        < shares(depth=15, rate=0.3, seed=seed).dead.mean()
    )
    assert shares(depth=15, bias=-1.0, seed=seed).dead[6:].min() > 0.8


def test_the_curve_itself_is_no_thumbnail():
    """φ takes a fourth of the panel of its slopes, and hides none of the default's slopes."""
    left, right, bottom, top = charts_of.CORNER
    (low, high), across = charts_of.SLOPES, panel.Z.high - panel.Z.low
    assert (right - left) / across * (top - bottom) / (high - low) > 0.2
    slopes = [activation(name).df(np.array([left, right])) for name in ("sigmoid", "tanh", "relu")]
    assert np.max(slopes) < bottom


def test_the_biases_are_blamed_for_what_was_dead_before_training_only():
    by_rate = say(bias=-0.1, rate=1, depth=8, seed=2)
    assert "A step that was too long" in by_rate and "The biases push" not in by_rate
    assert "The biases push" in say(bias=-1)
    both = say(network="relu", bias=-0.2, rate=1, depth=20)
    assert "The biases push" in both and "Training killed more of them. A step that was" in both
    revived = say(network="relu", weights="xavier", bias=-0.5, rate=1, depth=3)
    assert "Training brought some of them back." in revived and "killed" not in revived
    before = data.shares("relu", Setting("xavier", 3, 0.01, 0), -0.5, 0.0).dead
    assert f"{theme.percent(before[0])} of layer 1 are dead and " in revived
    assert f"{theme.percent(before[-1])} of layer 3" in revived and before[0] < before[-1] < 1


def test_nothing_is_said_of_curves_that_are_not_drawn():
    said = say(first="Identity", second="GELU (tanh form)", third="ReLU")
    assert not any(f"{whose} sigmoid" in said for whose in ("The", "the", "for the", "of"))
    assert "The slopes of sigmoid and tanh cross" not in said and "That begins" not in said
    one = say(first="Identity", second="Tanh", third="ReLU")
    assert "That begins for tanh at |*z*| = 2.18." in one
    assert "The slopes of sigmoid and tanh cross" not in one and "sigmoid's best" not in one


@pytest.mark.slow
def test_what_was_dead_before_is_told_of_the_networks_that_are_left():
    """At rate 0.3 one of the three networks of seed 8 breaks; the other two began otherwise."""
    values = next(p.values for p in panel.PANEL.presets if p.name == "ReLU, rate 0.3")
    at = SimpleNamespace(**panel.PANEL.defaults | dict(values) | {"seed": 8})
    before, after = (data.shares_at(at, rate) for rate in (0.0, float(at.rate)))
    assert len(after.broke) == 1 and after.ran.sum() == 2
    dead = before.dead_of_each[after.ran].mean()
    assert abs(dead - before.dead.mean()) > 0.01
    told = " ".join(sentences.shares(at, after, before))
    assert f"Before training it was {theme.percent(float(dead))}." in told


def test_a_preset_shows_the_network_that_it_speaks_of():
    """Whatever curves the reader had chosen before."""
    of_networks = [preset for preset in panel.PANEL.presets if "network" in preset.values]
    assert len(of_networks) >= 5
    for preset in of_networks:
        curves = {preset.values[name] for name in ("first", "second", "third")}
        assert preset.values["network"] in curves, preset.name
