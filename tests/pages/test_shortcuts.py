"""The page on shortcuts: what the core gives at its settings, and what its sentences say."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import residual
from core.losses import LOSSES
from pages.concepts.shortcuts import charts, data, words
from pages.concepts.shortcuts.panel import DEEP, PANEL, R
from pages.kit import theme
from tests.app import frame_with, open_page, prose


def of(place="shortcut", blocks=24, activation="relu", seed=0) -> data.Setting:
    return data.Setting(place, blocks, activation, "rms", seed)


def ratio(place, blocks, r=0.0, **more) -> float:
    return 10.0 ** float(data.at_r(of(place, blocks, **more), r).dh[0])


@pytest.mark.parametrize("place", ["plain", "shortcut", "zero", "post", "pre", "peri", "deep"])
@pytest.mark.parametrize("blocks", [6, 24, 48])
@pytest.mark.parametrize("r", [0.0, -0.7])
def test_theory_and_measurement_agree_within_a_factor_of_three(place, blocks, r):
    """The band of the equation's ≈; the plain stack of width 32 shrinks below it at 48."""
    miss = data.predicted(place, blocks, r) - np.log10(ratio(place, blocks, r))
    assert abs(miss) < (1.0 if place == "plain" else 0.5)


def test_the_place_of_the_norm_decides_how_the_gradient_arrives():
    assert 1e3 < ratio("shortcut", 24) < 1e4
    assert 1.2 < ratio("shortcut", 24, -0.7) < 2
    for blocks, low, high in ((6, 2, 4), (24, 4, 8), (48, 6, 12)):
        assert low < ratio("pre", blocks) < high
    assert 0.3 < ratio("post", 24) < 3 and 0.2 < ratio("post", 48) < 3
    assert 0.8 < ratio("deep", 48) < 1.4
    assert ratio("zero", 48) == 1
    assert ratio("plain", 24, activation="sigmoid") < 1e-6
    assert 0.5 < ratio("shortcut", 24, -0.7, activation="sigmoid") < 2


def test_the_slopes_vanish_where_the_gradient_does_not():
    found = data.at_r(of("shortcut", 24, "sigmoid"), -0.7)
    assert found.slopes[0] < -10 and abs(found.dh[0]) < 0.3


def test_frames_of_the_drag_are_the_stacks_of_the_words():
    frame = data.lines(of())
    row = frame.iloc[R.values().index(0.0)]
    found = data.at_r(of(), 0.0)
    assert [float(v) for v in row["dh"].split()] == pytest.approx(found.dh, abs=6e-7)
    assert row["dW2"].split()[0] == "x" and len(row["slopes"].split()) == 25
    assert row["dh_says"].split(": ")[1] in prose(open_page("shortcuts", shortcuts_r="0"))


def test_a_line_that_leaves_the_chart_says_where_it_goes():
    told = data.lines(of(blocks=60)).set_index("r")["dh_says"]
    assert told[0.5].endswith(" ↑") and not told[-2.5].endswith(("↑", "↓"))
    plain = data.lines(of("plain", 60, "sigmoid"))
    assert all(says.endswith("↓") for says in plain["dh_says"])


def test_short_paths_carry_the_gradient_and_follow_the_binomial_law():
    shares = data.path_squares(of(), -0.7).shares
    assert shares[:4].sum() > 0.95 and shares[24] < 1e-20
    assert shares[:4] == pytest.approx(data.binomial(24, -0.7)[:4], abs=0.05)
    assert data.path_squares(of("plain"), -0.7).shares[24] == 1
    assert data.path_squares(of("zero"), -0.7).shares[0] == 1
    middle = data.path_squares(of(), 0.0).shares
    assert 10 <= np.sum(np.arange(25) * middle) <= 14


def test_a_deep_plain_gradient_is_noise_and_one_with_shortcuts_a_curve():
    """At every seed, as the page says it."""
    for seed in range(8):
        near = {place: np.median(of, axis=1) for place, of in data.alike(seed).items()}
        assert near["plain"][-1] < 0.35 and near["shortcut"][-1] > 0.6
        assert near["plain"][0] > 0.5
        assert (near["plain"] < near["shortcut"]).all()


def test_the_circle_is_drawn_once_around():
    (spec,) = set(re.findall(r"datum\.i \* 360 / (\d+)", json.dumps(charts.noise().to_dict())))
    for curve in data.curves(0)["plain"]:
        assert len(curve.split()) == int(spec) + 1


def test_the_network_that_is_drawn_is_the_one_whose_plain_stack_is_the_median():
    of = {place: data.alike(3)[place] for place in ("plain", "shortcut")}
    for i, curve in enumerate(data.drawn(3)["plain"]):
        assert data.autocorrelation(curve, data.NEAR) == np.median(of["plain"][i])
        own = data.autocorrelation(data.drawn(3)["shortcut"][i], data.NEAR)
        assert own == of["shortcut"][i][list(of["plain"][i]).index(np.median(of["plain"][i]))]


def test_the_scale_of_the_weights_is_a_learning_rate():
    found = data.rescaled()
    c = found["hidden weights ×"].to_numpy()
    assert found["gradient ×"].astype(float).to_numpy() == pytest.approx(1 / c, rel=5e-3)
    assert found["relative step ×"].astype(float).to_numpy() == pytest.approx(1 / c**2, rel=5e-3)
    assert set(found["output moves by"]) <= {"0 %", "under 0.01 %"}


def test_batch_norm_multiplies_by_what_theory_says():
    found = data.norm_gains()
    assert found["batch"] == pytest.approx(found["theory"], rel=0.02)
    assert found["layer"] == pytest.approx(1, abs=0.05)
    assert "1.21" in words.norm_gains()


def test_the_ruler_marks_one_over_l_and_its_root():
    marks = frame_with(open_page("shortcuts", shortcuts_blocks="16"), "at", "says")
    share = marks.set_index("says")["at"] / 16
    r = 10 ** (R.low + share * (R.high - R.low))
    assert r["1/L"] == pytest.approx(1 / 16) and r["1/√L"] == pytest.approx(1 / 4)


@pytest.mark.parametrize("blocks", ["1", "2", "60"])
@pytest.mark.parametrize("place", ["plain, F(h)", "peri-norm", "shortcut, W₂ = 0"])
def test_the_page_stands_at_its_ends(blocks, place):
    told = prose(open_page("shortcuts", shortcuts_blocks=blocks, shortcuts_place=place))
    assert "not a number" not in told and "nan" not in told.lower()


def median(way, blocks) -> float:
    found = data.trained(blocks)
    return float(found.loc[found["way"] == way, "median"].iloc[0])


def test_the_committed_runs_tell_what_the_page_says_of_them():
    tried = data.runs().groupby(["way", "blocks"])["rate"].nunique()
    best = data.runs().groupby(["way", "blocks", "rate"])["accuracy"].median()
    for (way, blocks), count in tried.items():
        rate = best[way, blocks].idxmax()
        if best[way, blocks].max() > data.GUESSING:
            assert rate > best[way, blocks].index.min(), "a smaller rate may be better"
        else:
            assert count == 12, "it guesses at every rate"
        assert data.runs().query("way == @way and blocks == @blocks")["seed"].nunique() == 8
    for blocks in ("10", "20", "30", "60"):
        for way in ("h + F/√L", "pre-norm", "peri-norm", "DeepNorm", "zero branch"):
            assert median(way, blocks) > 0.9, (way, blocks)
    assert median("h + F", "10") > 0.8 and 0.4 < median("h + F", "20") < 0.6
    assert "**h + F** 49 % (η = 0.0001)" in words.training("20")
    assert "**h + F** 10 % (no more at any rate tried)" in words.training("60")
    trained = data.trained("30").set_index("way")["meaning"]
    assert (trained["h + F"] == "exploding").all() and (trained["plain"] == "reference").all()
    assert median("plain", "10") > 0.5 and median("plain", "20") < 0.4
    assert median("post-norm", "10") > 0.9 and median("post-norm", "60") < 0.3
    assert "that was not enough" in words.training("60")
    assert "that was not enough" not in words.training("10")


@pytest.mark.parametrize("way", ["h + F/√L", "post-norm", "zero branch"])
def test_the_committed_runs_can_be_made_again(way):
    from pages.concepts.shortcuts import make_runs

    runs = data.runs().set_index(["way", "blocks", "rate", "seed"])["accuracy"]
    (found,) = make_runs.train(way, 10, [(0.03, 0)])
    assert found == pytest.approx(runs[(way, 10, 0.03, 0)], abs=0.02)


@pytest.mark.parametrize("blocks,root,inverse", [(1, "1.41", "1.41"), (24, "1.63", "1.02")])
def test_the_marks_are_said_by_the_law(blocks, root, inverse):
    words = prose(open_page("shortcuts", shortcuts_blocks=str(blocks)))
    assert f"the gradient by {root} in theory, which is below √e ≈ 1.65" in words
    assert f"with 1/L by {inverse}." in words
    assert "Of 1 branch the" in words if blocks == 1 else "Of 24 branches the" in words


def test_slopes_behind_shortcuts_are_no_larger():
    """What the preset “Sigmoid, shortcut” says of its neighbor."""
    for seed in range(0, 30, 3):
        plain, shortcut = (
            float(data.at_r(data.Setting(place, 24, "sigmoid", "rms", seed), r).slopes[0])
            for place, r in (("plain", 0.0), ("shortcut", -0.7))
        )
        assert shortcut < plain


def test_paths_go_through_fewer_branches_than_the_law_says_where_a_branch_keeps_less():
    for activation, fewer in (("relu", False), ("sigmoid", True), ("tanh", True)):
        at = SimpleNamespace(**PANEL.defaults | {"activation": activation, "place": "shortcut"})
        shares = data.path_squares(data.setting(at), 0.0).shares
        law = data.binomial(at.blocks, 0.0)
        mean, by_law = (float(np.sum(np.arange(len(s)) * s)) for s in (shares, law))
        assert (mean < 0.8 * by_law) == fewer
        assert "Where they keep less, the paths go through fewer." in words.paths(at)


@pytest.mark.parametrize(
    "place,activation,r,square",
    [("post", "tanh", 0.5, "0.26"), ("post", "relu", 0.0, "0.57"), ("shortcut", "relu", -2.0, "")],
)
def test_what_lengths_of_paths_add_up_to_is_said_where_they_are_not_at_right_angles(
    place, activation, r, square
):
    changed = {"activation": activation, "place": place, "norm": "layer", "r": r}
    at = SimpleNamespace(**PANEL.defaults | changed)
    said = words.paths(at)
    assert ("nearly at right angles" in said) == (not square)
    assert f"the gradient's own square is {square} times their sum" in said or not square


def test_the_gradients_own_square_is_that_of_the_sum_over_all_lengths():
    of_one = replace(of("post"), blocks=6, activation="tanh")
    found = data.path_squares(of_one, 0.5)
    spec, (x, y) = replace(of_one.spec, branch=10.0**0.5), data._digits()
    own = parts = 0.0
    for params in data._members(of_one):
        trace = residual.forward(spec, params, x)
        d_output = LOSSES["softmax_cross_entropy"](trace.output, y)[1]
        own += np.sum(residual.backward(spec, params, trace, d_output).dh[0] ** 2)
        parts += np.sum(residual.paths(spec, params, trace, d_output) ** 2)
    assert found.own == pytest.approx(own / parts)


def test_next_to_nothing_is_not_nothing():
    of = {"activation": "sigmoid", "blocks": 60, "r": -2.5}
    at = SimpleNamespace(**PANEL.defaults | of | {"place": "shortcut"})
    assert "carries under 0.01 %." in words.paths(at)
    assert "carries nothing." in words.paths(SimpleNamespace(**vars(at) | {"place": "zero"}))


def test_a_correlation_is_numpys_and_has_no_negative_zero():
    curve = data.gradients_on_a_circle(0)["plain"][0, 0]
    along = np.corrcoef(curve[: -data.NEAR], curve[data.NEAR :])[0, 1]
    assert data.autocorrelation(curve, data.NEAR) == pytest.approx(along)
    line = np.arange(20.0)
    assert data.autocorrelation(line, 4) == pytest.approx(1)
    assert [words._correlation(x) for x in (-0.001, -0.2, 1.0)] == ["0.00", "−0.20", "1.00"]


@pytest.mark.parametrize("seed", range(4))
def test_peaks_that_are_cut_are_said(seed):
    at = SimpleNamespace(**PANEL.defaults | {"seed": seed})
    for deep in DEEP.values():
        i = DEEP.values().index(deep)
        rows = [curves[i] for curves in data.drawn(seed).values()]
        cut = max(np.abs(row).max() for row in rows) > charts.PEAK
        said = words.noise(SimpleNamespace(**vars(at) | {"deep": deep}))
        assert ("are cut" in said) == cut


def test_narrow_plain_stacks_fall_short_of_the_law_of_wide_ones():
    """What the fine print says, and the sign in the equation."""
    for blocks, most in ((10, False), (40, True), (60, True)):
        sizes = [data.at_r(of("plain", blocks, seed=seed), 0.0).dh[0] for seed in range(8)]
        assert (np.mean(np.abs(sizes) > theme.CLOSE) > 0.5) == most
        assert most == (np.median(sizes) < -theme.CLOSE)


def test_a_law_of_relu_stands_in_no_equation_of_others():
    at = SimpleNamespace(**PANEL.defaults | {"place": "plain"})
    assert "1^L" in words.equation(at) and "The law on the right" in words.about_equation(at)
    other = SimpleNamespace(**vars(at) | {"activation": "sigmoid"})
    assert "1^L" not in words.equation(other) and r"\neq" not in words.equation(other)
    assert words.about_equation(other).startswith("Measured. There is a law for ReLU blocks only")


def test_post_norm_that_does_vanish_is_said():
    at = SimpleNamespace(**PANEL.defaults | {"activation": "sigmoid", "blocks": 60, "r": 0.5})
    assert "here it does vanish" in " ".join(words.notes(at))
    assert "here it does vanish" not in " ".join(words.notes(SimpleNamespace(**PANEL.defaults)))
