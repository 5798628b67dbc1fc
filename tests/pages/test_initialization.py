"""The page on initialization: its numbers, its sentences where they differ, its trained runs."""

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core import network, sweeps, theory, untrained
from core.activations import activation
from core.datasets import digits
from core.diagnostics import arrives
from pages.concepts.initialization import charts, data, panel
from pages.concepts.initialization import make_runs as script
from pages.concepts.initialization import words as sentences
from pages.concepts.initialization.data import Setting
from pages.kit import theme
from tests.app import answer, choose_preset, open_page, prose, says, set_to
from tests.app import charts as drawn

say = partial(says, "initialization")


def ratio(name: str, g: float, *, width=64, depth=20, draws="lecun", seed=0) -> float:
    """‖dJ/dz‖ of layer 1 over that of the last layer."""
    nets = data.measured(Setting(name, width, depth, draws, 0.0, seed))
    return 10 ** nets.dz.median[charts.STEPS.index(g), 0]


# The lesson's figures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,g,low,high",
    [
        ("relu", 3.0, 1.2e14, 2.6e14),  # N(0, 1): ×5.66 a layer
        ("relu", 0.5, 0.63, 1.5),  # He
        ("relu", 0.0, 0.7e-3, 1.7e-3),  # Xavier
        ("tanh", 0.0, 0.12, 0.35),
        ("sigmoid", 0.0, 0.6e-12, 1.6e-12),
        ("sigmoid", 3.0, 0.02, 0.2),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_each_scheme_lets_through(name, g, low, high, seed):
    assert low < ratio(name, g, seed=seed) < high


@pytest.mark.parametrize("width,g,gain,tolerance", [(10, 1.7, 0.50, 0.03), (256, 4.0, 1.24, 0.05)])
def test_sigmoid_with_n01_depends_on_the_width(width, g, gain, tolerance):
    assert ratio("sigmoid", g, width=width) ** (1 / 19) == pytest.approx(gain, abs=tolerance)


@pytest.mark.parametrize(
    "name,low,high", [("relu", 1.4, 1.43), ("tanh", 1.15, 1.4), ("sigmoid", 9, 12)]
)
def test_where_the_gain_is_one_in_theory_and_measured(name, low, high):
    assert low < data.scale_of_gain_one(name, 20, 0.0) < high
    at = SimpleNamespace(**panel.PANEL.defaults | {"activation": name})
    target, is_one = data.gain_one(at)
    assert low < 2**target < high and is_one


def test_a_gain_of_one_that_no_scale_has_is_not_promised():
    """Of sigmoid layers of width 5 the largest gain on the slider is 0.52."""
    narrow = {"initialization_activation": "sigmoid", "initialization_width": "5"}
    at = open_page("initialization", **narrow)
    assert at.button(key="initialization.gain_one").label == "Set the gain nearest to 1"
    at.button(key="initialization.gain_one").click().run()
    assert "multiplies ‖dJ/dz‖ by 0.5" in prose(at)
    wide = open_page("initialization")
    assert wide.button(key="initialization.gain_one").label == "Set the gain to 1"


@pytest.mark.parametrize("name,one", [("silu", 1.514), ("gelu", 1.4355), ("relu", 2**0.5)])
def test_the_scale_of_gain_one_is_exact_where_the_gain_bends(name, one):
    assert data.scale_of_gain_one(name, 30, 0.0) == pytest.approx(one, rel=5e-4)


def test_theory_and_wide_networks_agree():
    for name in ("relu", "tanh"):
        measured = data.measured(Setting(name, 64, 20, "lecun", 0.0, 0)).gain()
        theory = data.gain_in_theory(name, 20, 0.0)
        inside = np.array(charts.STEPS) <= 3
        assert np.abs(measured - theory)[inside].max() < math.log10(1.07)


def test_narrow_networks_die():
    nets = [data.measured(Setting("relu", 5, 20, "lecun", 0.0, seed)) for seed in range(3)]
    dead = [data.AtScale(those, "median", 0).dead for those in nets]
    assert all(2 <= n <= 9 for n in dead)
    words = say(g="0.5", width="5")
    assert f"{dead[0]} of the 21 networks are dead." in words
    assert "433 times the median: one network makes nine tenths of it or more" in words


def test_how_few_networks_make_the_mean():
    assert sentences._who_makes(np.log10([91.0, 5, 4])) == "one network makes"
    assert sentences._who_makes(np.array([-math.inf, 3.0, 3, 3, 2])) == "3 networks make"
    for seed in (3, 11):
        nets = data.measured(Setting("relu", 10, 30, "lecun", 0.0, seed))
        at = charts.STEPS.index(0.5)
        sizes = 10 ** np.sort(nets.dz.first[at])[::-1]
        assert sizes[:9].sum() >= 0.9 * sizes.sum() > sizes[:8].sum()
        assert sentences._who_makes(nets.dz.first[at]) == "9 networks make"


def test_for_relu_the_gradient_of_the_weights_hides_it():
    nets = data.measured(Setting("relu", 64, 20, "lecun", 0.0, 0))
    at = charts.STEPS.index(3.0)
    assert abs(nets.dW.median[at, 0]) < 0.5 < 13 < nets.dz.median[at, 0]
    assert nets.h.median[at, 0] == pytest.approx(-nets.dz.median[at, 0], abs=0.6)
    assert "dJ/dW alone would tell another story" in say()
    assert "Here both tell one story" in say(g="0.5")
    assert "another story" in say(activation="Tanh", g="0"), "0.2 and 1.1 times"
    mild = say(
        activation="selu", center="mean", bias="0.7", g="-1.9", width="100", depth="3", seed="1"
    )
    assert "0.084 times" in mild and "Here both tell one story" in mild, "1.3 apart, over an edge"
    assert "Here both vanish." in say(activation="Sigmoid", g="0"), "5 times apart, or 100,000"
    ratio = theme.from_log10(float(nets.dW.median[at, 0] - nets.dz.median[at, 0]), 2)
    assert f"and that input accounts for the factor of {ratio} between the two" in say()
    assert "The chart shows" not in say()
    shown = theme.from_log10(float(nets.dW.median[at, 0]), 2)
    told = f"The chart shows ‖dJ/dW‖: that of layer 1 is {shown} times the last one's."
    assert told in say(quantity="dJ/dW")


def test_schemes_share_their_draws():
    ghosts = data.named(Setting("relu", 64, 20, "orthogonal", 0.0, 0))  # runs of their own
    line = data.measured(Setting("relu", 64, 20, "lecun", 0.0, 0))
    for key, g in (("normal", 3.0), ("he", 0.5), ("xavier", 0.0)):
        ghost = ghosts[key].nets.dz.median[ghosts[key].row]
        assert np.allclose(ghost, line.dz.median[charts.STEPS.index(g)])


def test_the_dead_count_as_zero_and_not_as_nothing():
    log10 = np.array([[[0.0, 0.0], [-2.0, 0.0], [-np.inf, -np.inf]]])
    typical = data._typical(arrives(log10, log10[..., -1:]))
    assert typical.median[0, 0] == -2
    assert 10 ** typical.mean[0, 0] == pytest.approx(1.01 / 3)


@pytest.mark.parametrize("center", ["median", "mean"])
def test_the_table_to_take_away_has_the_lines_that_are_drawn(center):
    at = SimpleNamespace(**panel.PANEL.defaults | {"width": "5", "g": 0.5, "depth": 12})
    here, taken = charts.STEPS.index(at.g), data.profile_table(at)
    taken = taken[np.isclose(taken["sigma_sqrt_n"], 2**at.g)]
    shown = data.gradients(data.setting(at), "dz", center, "slopes").iloc[here]
    for column, name in (("line", "dz_over_last"), ("beside", "product_of_slopes")):
        line = [float(text) for text in shown[column].split()]
        assert taken[f"log10_{name}_{center}"].to_numpy() == pytest.approx(line, abs=0.01)
    assert set(taken) == set(data.UNITS)


def own_ratios(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """‖dJ/dz₁‖/‖dJ/dz_L‖ and ‖dJ/dW₁‖/‖dJ/dW_L‖ of each network.

    ReLU, He, 5 wide, run in plain NumPy.
    """
    x, ratios = digits().x_train[: untrained.EXAMPLES], []
    for rng in np.random.default_rng(seed).spawn(21):
        spec = network.NetSpec(64, 5, 20, 10, "relu", initializer="lecun", weight_scale=2**0.5)
        params = network.init(spec, rng=[rng])
        W0, *Ws, W_out = (W[0] for W in params.W)
        h = [np.maximum(x @ W0, 0)]
        for W in Ws:
            h.append(np.maximum(h[-1] @ W, 0))
        dz = [(rng.standard_normal((len(x), 10)) @ W_out.T) * (h[-1] > 0)]
        for W, below in zip(Ws[::-1], h[-2::-1], strict=True):
            dz.append((dz[-1] @ W.T) * (below > 0))
        sizes = [np.linalg.norm(a) for a in (dz[-1], dz[0], x.T @ dz[-1], h[-2].T @ dz[0])]
        ratios.append([a / b if a else 0.0 for a, b in zip(sizes[::2], sizes[1::2], strict=True)])
    return tuple(np.array(ratios).T)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("center", ["median", "mean"])
def test_what_is_said_of_the_networks_is_of_their_own_ratios(center, seed):
    gradient, of_weights = own_ratios(seed)
    lives = gradient > 0
    if center == "median" and not np.median(gradient):  # then of those that live
        gradient, of_weights = gradient[lives], of_weights[lives]
    words = say(g="0.5", width="5", seed=str(seed), center=center)
    middle = {"mean": np.mean, "median": lambda a: np.quantile(a, 0.5, method="inverted_cdf")}
    gets, gets_W = (theme.number(middle[center](a), 2) for a in (gradient, of_weights))
    assert f"ayer 1 gets **{gets}** times" in words
    assert f"times the last one's, ‖dJ/dW‖ {gets_W} times." in words
    assert f"{(~lives).sum()} of the 21 networks are dead" in words


def test_those_that_live_are_described_where_most_are_dead():
    words = say(g="0.5", width="5", seed="3")
    assert "12 of the 21 networks are dead: nothing arrives at layer 1." in words
    assert "In the 9 that live, a layer multiplies ‖dJ/dz‖ by 0.891" in words
    assert "In the 9 that live it is 0.891; the theory says 1.00." in words
    assert "is 2.6×10⁻⁴ to 0.67 times the last layer's" in words


# The page ----------------------------------------------------------------------------------------


def test_the_articles_formulas_are_named_rightly():
    words = say()
    assert "He is √(2/*n*), with *n* the fan-in; √(1/*n*) is LeCun's" in words
    assert "at a fan-in of 100 they have σ = 0.141, those of LeCun and Xavier 0.100" in words
    assert "What should be close to 1 is the gain." in words
    table = open_page("initialization").table[0].value
    assert list(table["σ√n"]) == ["8.00", "1.41", "1.00", "1.00", "1.00"]
    assert list(table["n = 64"]) == ["1.00", "0.177", "0.125", "0.125", "0.125"]
    assert list(table["gain"]) == ["5.6", "1.0", "0.70", "0.70", "–"]


def test_orthogonal_weights_are_in_the_table_where_they_are_drawn():
    assert "Orthogonal weights are computed only when you choose them." in say()
    table = open_page("initialization", initialization_draws="orthogonal").table[0].value
    assert list(table["gain"]) == ["5.6", "1.0", "0.70", "0.70", "0.71"]
    assert table["20 layers"].iloc[-1] != "–"


def test_the_finding_below_the_chart():
    assert "At σ√*n* = 8 a layer multiplies ‖dJ/dz‖ by 5.6" in say()
    assert "At σ√*n* = 1.41 a layer multiplies ‖dJ/dz‖ by 0.99" in say(g="0.5")
    words = say(activation="ReLU", width="5", depth="30", seed="3")
    assert "No scale has most of them live. In the 8 that live, a layer" in words


@pytest.mark.parametrize("activation,low,high", [("ReLU", 1.41, 1.42), ("Sigmoid", 9, 12)])
def test_the_button_sets_the_gain_to_one(activation, low, high):
    at = open_page("initialization", initialization_activation=activation)
    at.button(key="initialization.gain_one").click().run()
    assert low < 2 ** set_to(at, "initialization_g") < high
    assert at.button(key="initialization.gain_one").disabled


def test_depth_narrows_the_range_of_gains():
    assert "only if the gain is between 0.886 and 1.129. 5.635 is not." in say()
    assert "only if the gain is between 0.100 and 10.000" in say(depth="2")
    assert " is. The deeper" in say(g="0.5")


def test_what_the_slopes_leave_out():
    assert "they vanish, the gradient does not" in say()
    assert "they vanish, and so does the gradient" in say(g="0")


def test_theory_is_said_to_fail_where_it_fails():
    assert "agree within 5 percent" in say()
    assert "ever wider layers; these networks differ" in say(width="5", g="0.5")


def test_with_biases_the_scale_decides_who_dies():
    words = say(width="5", depth="30", bias="0.5", g="0")
    assert "nothing arrives at layer 1. At another scale more of them live." in words


def test_a_gain_beyond_the_gauge_is_an_arrow_at_its_end():
    tables = data.gauge(Setting("tanh", 5, 30, "lecun", 0.0, 0), "median", 5.0)
    assert tables["here"]["gain"].item() == charts.LOWEST


def test_the_words_of_the_main_chart_give_way_to_steep_lines():
    shown = data.gradients(Setting("relu", 64, 20, "lecun", 0.0, 0), "dz", "median", "slopes")
    steep = shown.set_index("g")["steep"]
    assert steep[3.0] == 0 and steep[5.0] == 1 and steep[0.5] == 0
    narrow = data.gradients(Setting("tanh", 5, 30, "lecun", 0.0, 0), "dz", "median", "slopes")
    assert narrow.set_index("g")["steep"][5.0] == -1


def test_presets_leave_nothing_of_an_earlier_setting():
    at = open_page("initialization", initialization_bias="2.0", initialization_center="mean")
    choose_preset(at, "ReLU, He")
    assert "The line is flat." in prose(at)
    assert "median of 21 networks)" in prose(at) and "biases" not in prose(at)


def test_one_network_says_so():
    words = say(activation="Tanh", width="256")
    assert "At this width one network is run" in words
    assert "one network)" in words


def test_biases_are_said():
    assert "and biases of σ = 1, the gain is 1" in say(bias="1.0", activation="Tanh")
    assert "and biases" not in say()


def test_how_many_sigmoids_n01_saturates_is_counted():
    shares = []
    for rng in np.random.default_rng(0).spawn(5):
        spec = network.NetSpec(64, 64, 20, 10, "sigmoid", initializer="normal")
        params = network.init(spec, rng=[rng])
        z = network.forward(spec, params, digits().x_train[: untrained.EXAMPLES]).z
        sigmoid = 1 / (1 + np.exp(-np.array(z)))
        shares.append(np.mean(sigmoid * (1 - sigmoid) < 0.05 / 4))
    assert 0.3 < np.mean(shares) < 0.5
    at = open_page("initialization")
    answer(at, "xavier")
    assert f"N(0, 1) saturates {100 * np.mean(shares):.0f} % of the units" in prose(at)


def test_the_prediction():
    at = open_page("initialization")
    assert "lets 0.0" not in prose(at)
    answer(at, "xavier")
    words = prose(at)
    assert "It is the cure for tanh, not for everything." in words
    assert "**N(0, 1)**" in words
    assert "Xavier 1.0×10⁻¹²" in words


def test_orthogonal_layers_keep_a_linear_networks_gradient():
    orthogonal = data.measured(Setting("identity", 64, 20, "orthogonal", 0.0, 0))
    at = charts.STEPS.index(0.0)
    assert np.abs(orthogonal.dz.median[at]).max() < 1e-9
    assert orthogonal.gain()[at] == pytest.approx(0, abs=1e-9)


def test_frames_of_the_live_chart():
    frame = data.gradients(Setting("tanh", 16, 30, "lecun", 0.0, 0), "dz", "median", "h")
    assert len(frame) == len(charts.STEPS) == 71
    assert frame["line"].str.split().map(len).eq(30).all()
    assert frame["g"].tolist() == panel.G.values()
    assert frame.loc[frame["g"] == 3.0, "says_scale"].item() == "σ√n = 8"
    names = frame[["beside_at", "normal_at", "he_at", "xavier_at"]].to_numpy()
    assert np.diff(np.sort(names, axis=1), axis=1).min() > 1.6, "names overlap"
    assert np.abs(names).max() <= charts.END + 1e-6


def test_a_line_that_left_the_axis_has_an_arrow():
    frame = data.gradients(Setting("relu", 64, 30, "lecun", 0.0, 0), "dz", "median", "slopes")
    beyond = dict(zip(frame["g"], frame["beyond"], strict=True))
    assert beyond[-2.0] == "↓" and beyond[5.0] == "↑" and pd.isna(beyond[0.5])
    assert frame["normal_name"].eq("N(0, 1) ↑").all()


def test_histograms_hold_every_activation():
    for scale in (1.0, 8.0):
        frame = data.activations(Setting("relu", 64, 20, "lecun", 0.0, 0), scale)
        assert np.allclose(frame.groupby("layer")["share"].sum(), 1)
        assert len(frame) <= 3000
    tanh = data.activations(Setting("tanh", 64, 20, "lecun", 0.0, 0), 8.0)
    ends = tanh[(tanh["low"] + data.BIN / 2).abs() == 1]
    assert (ends.groupby("layer")["share"].sum() > 0.5).all(), "tanh with N(0, 1) saturates"


# The trainable window ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", panel.CURVES)
def test_a_run_that_stopped_being_a_number_names_no_digit(name):
    rows, cells = data.runs(), data.window(name, 20, None).set_index(["depth", "scale"])
    for (depth, scale), part in rows[rows["activation"] == name].groupby(["depth", "scale"]):
        right = sorted(0.0 if math.isnan(share) else share for share in part["accuracy"])
        assert cells.loc[(depth, scale), "accuracy"] == right[1]
        assert cells.loc[(depth, scale), "lost"] == (right[1] == 0)


def test_the_window_holds_what_the_script_makes():
    scales = [script.SCALES["relu"][5]]
    (made,) = script.runs("relu", 4, scales, 1)
    rows = data.runs()
    kept = rows[
        (rows["activation"] == "relu")
        & (rows["depth"] == 4)
        & (rows["seed"] == 1)
        & np.isclose(rows["scale"], scales[0], atol=1e-5)
    ]
    assert len(rows) == 3 * len(script.DEPTHS) * 12 * len(script.SEEDS)
    # the last digits of a sum depend on the machine: a few of 360 digits may differ
    assert kept["accuracy"].item() == pytest.approx(made["accuracy"], abs=0.02)


@pytest.mark.parametrize(
    "depth,c,low,high",
    [
        (4, 0.5, 0.3, 0.65),
        (4, 1.6, 0.85, 1),
        (8, 0.6, 0, 0.3),
        (8, 1.0, 0.85, 1),
        (16, 0.7, 0, 0.3),
        (16, 1.0, 0.65, 0.9),
        (32, 0.8, 0, 0.25),
        (32, 1.0, 0.2, 0.6),
    ],
)
def test_the_window_of_relu(depth, c, low, high):
    assert low <= data.accuracy("relu", depth, c * 2**0.5) <= high


def test_the_window_narrows_with_depth_and_closes_near_gain_one():
    for name in panel.CURVES:
        found = {d: ends for d, ends in data.learns(name).items() if ends}
        widths = [float(high) / float(low) for low, high in found.values()]
        assert all(a >= b for a, b in pairwise(widths)), name
        one = data.scale_of_gain_one(name, 16, 0.0)
        assert 1 / 1.5 < float(data.best(name, 16)[0]) / one < 1.2, name
    cells = data.window("relu", 20, 0.5)
    assert cells.loc[cells["depth"] == 16].iloc[-1]["text"] == "✕"


def test_your_cell_is_outlined_where_it_is():
    cells = data.window("relu", 20, 0.5)
    assert cells.loc[cells["here"], ["depth", "column"]].to_numpy().tolist() == [[16, "1.41"]]
    assert "nearest to your setting is outlined" in say(g="0.5")
    assert "Your σ√*n* = 8 lies outside the picture." in say()
    for other in ({"width": "16"}, {"bias": "0.5"}, {"draws": "orthogonal"}):
        assert "another width, biases or draws" in say(g="0.5", **other)
    assert "outlined" not in say(activation="Identity", g="0.5")


def test_a_window_that_no_depth_leaves_open():
    assert "nowhere (32)" in say(window="ReLU")
    assert "at least half of the digits right" in say(window="Sigmoid")


def test_the_page_draws_three_charts_and_its_sweeps_are_bounded():
    assert len(drawn(open_page("initialization"))) == 3
    for name in ("tanh", "relu"):
        for width in map(int, ("5", "10", "16", "64", "100", "256")):
            scales = 1 if name == "relu" else len(data.SCALES) + len(charts.GHOSTS)
            spec = sweeps.NetSpec(64, width, 30, 10, name)
            spec = replace(spec, seeds=untrained.count(spec))
            price = sweeps.cost(spec, scales=scales, examples=untrained.EXAMPLES)
            assert price < sweeps.MAX_COST


@pytest.mark.parametrize("depth,at", [(2, 40), (9, 40), (30, 41)])
@pytest.mark.parametrize("name", ["tanh", "gelu"])
def test_a_gain_in_theory_is_that_of_a_network_of_this_depth(name, depth, at):
    """The mean over the layers that a gradient crosses between the last and the first."""
    profile = theory.depth_profile(
        activation(name),
        depth=depth,
        sigma_w2=data.SCALES[at] ** 2,
        sigma_b2=0.25,
        input_square=float(np.mean(digits().x_train[: untrained.EXAMPLES] ** 2)),
    )
    gain = data.gain_in_theory(name, depth, 0.5)[at]
    assert gain == pytest.approx(np.log10(profile.gain[: depth - 1]).mean(), abs=1e-12)


def test_networks_are_alike_where_they_are():
    """Tanh, 16 wide, at σ√n = 19.7: their sizes span decades, though mean and median are near."""
    assert "networks are alike" not in say(activation="tanh", width="16", g="4.3")
    assert "All networks are alike within a factor of 3." in say(
        activation="tanh", width="64", depth="2"
    )


def test_an_activation_that_is_never_off_is_rounded_to_0():
    for name, label in (("softplus", "Softplus"), ("gelu", "GELU (tanh form)")):
        at = SimpleNamespace(**panel.PANEL.defaults | {"activation": name, "width": "5", "g": 5.0})
        here, said = data.at_scale(at), say(activation=name, width="5", g="5")
        ends = np.isneginf(here.nets.dz.first[here.row])
        flat = np.isneginf(here.nets.slopes.first[here.row])
        assert here.dead == ends.sum() and here.flat == (ends & flat).sum() > 0
        assert f"out that float64 rounds the slopes of {label} to 0" in said
        assert ("so small that float64 rounds it to 0" in said) == (here.flat < here.dead)
        assert "every unit is off" not in said


@pytest.mark.parametrize("width", ["64", "100", "256"])
@pytest.mark.parametrize("g", [0.3, 0.5, 3.8])
def test_what_is_said_of_a_scale_is_measured_at_it(width, g):
    """GELU turns from vanishing to arriving between two scales that are near each other."""
    spec = network.NetSpec(64, int(width), 30, 10, "gelu", initializer="lecun")
    run = untrained.profile(spec, 0, weight_scales=[2.0**g])
    dz = arrives(run.log10_dz, run.log10_dz[..., -1:])[0]  # (S, L)
    found = data.measured(data.Setting("gelu", int(width), 30, "lecun", 0.0, 0)).dz
    at = data.STEPS.index(g)
    assert found.median[at] == pytest.approx(untrained.quartiles(dz, axis=0)[1], abs=1e-9)
