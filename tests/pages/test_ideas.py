"""What a wrong answer to each page's question would give: on its chart, and in words."""

from functools import cache
from unittest.mock import patch

import numpy as np
import pytest

from core.formats import FORMATS
from pages.concepts.activations import data as activations
from pages.concepts.chain_rule import data as chain_rule
from pages.concepts.clipping import data as clipping
from pages.concepts.home import data as home
from pages.concepts.initialization import data as initialization
from pages.concepts.optimizers import data as optimizers
from pages.concepts.precision import data as precision
from pages.concepts.shortcuts import data as shortcuts
from pages.concepts.training import data as training
from pages.kit import beside, predict, theme
from pages.kit.mode import Mode, Step
from pages.kit.panels import Range
from tests.app import link, open_page, prose, set_value, tables
from tests.panels import PANELS


@cache
def question(path):
    """The wrong answers that a page offers, the right ones, and what makes ideas of them."""
    asked, makers = [], []

    def spy(name):
        function = getattr(predict, name)

        def call(*args, **how):
            (makers.append(args[1]) if name == "idea" else asked.append(how))
            return function(*args, **how)

        return patch.object(predict, name, call)

    with spy("choice"), spy("size"), spy("idea"):
        at = open_page(path)
        at.session_state[f"{path}.answer"] = predict.TOLD
        at.run()
    assert makers, f"the article of {path} gives its first chart no idea="
    how = asked[0]
    if "options" in how:
        wrong = [name for name in how["options"] if name != how["truth"]]
        return wrong, [how["truth"]], makers[0]
    wrong = [guess for guess in how["guesses"] if abs(guess - how["truth"]) >= theme.CLOSE]
    return wrong, [guess for guess in how["guesses"] if guess not in wrong], makers[0]


def shown(at, name=beside.IDEA):
    """What the page's charts have of ideas, in the tables of this name."""
    return [table.to_pandas() for table in tables(at, name) if len(table)]


def answered(path, answer):
    at = open_page(path)
    at.session_state[f"{path}.answer"] = predict.Answer(answer)
    return at.run()


# Every wrong answer ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PANELS)
def test_each_wrong_answer_and_no_right_one_has_an_idea(path):
    wrong, right, make = question(path)
    assert len(wrong) >= 2 and right
    assert not any(make(answer) for answer in right)
    for answer in wrong:
        idea = make(answer)
        assert idea.rule and idea.name and idea.truth
        assert len(idea.x) == len(idea.y) == len(idea.measured) > 5
        assert idea.parting is not None, "a wrong answer differs from what is so"
        ends = np.isnan(idea.measured[idea.parting])
        assert ("the gray one is not a number" in idea.says) == ends
        assert ("by more than" in idea.says) != ends


@pytest.mark.parametrize("path", PANELS)
def test_what_is_drawn_of_an_idea_is_finite_and_named_once(path):
    wrong, _, make = question(path)
    for answer in wrong:
        idea = make(answer)
        rows = beside.held_against(idea)
        own, names = rows[beside.IDEA], rows[beside.NAMES[beside.IDEA]]
        assert np.isfinite(own[["at_x", "at_y"]]).all(axis=1).sum() > 5
        lost = ~np.isfinite(own[["at_x", "at_y"]]).all(axis=1)
        name = f"your idea: {idea.name}" + (", then 0" if lost.any() else "")
        assert names["says"].tolist() == [name]
        low, high = idea.seen
        assert low <= names["at_y"].item() <= high, "its name is beyond the axis"


@pytest.mark.parametrize("path", PANELS)
def test_the_gray_line_has_its_name_on_the_chart_away_from_the_ideas(path):
    """It may be of another network than the one that is set."""
    wrong, _, make = question(path)
    for answer in wrong:
        idea = make(answer)
        rows = beside.held_against(idea)
        named = rows[beside.NAMES[beside.MEASURED]]
        if path == "home":  # it is one of the chart's own, which has a name at its end
            assert named.empty
            continue
        assert len(named) == 1 and named["says"].item().split(", then")[0] == idea.so != ""
        assert set(named["meaning"]) == {"reference"}
        for width in (900, 270):  # of the plot, on a desktop and on a phone
            (a, b), (c, d) = (
                _box(rows[beside.NAMES[which]], idea, path == "memory", width)
                for which in (beside.IDEA, beside.MEASURED)
            )
            assert a[1] <= c[0] or c[1] <= a[0] or b[1] <= d[0] or d[1] <= b[0], (answer, width)


def _box(names, idea, turned, width, height=330):
    """About where a name is drawn: its left and right, its top and foot, in pixels."""
    name = names.iloc[0]
    across = (name["at_x"] - idea.x.min()) / np.ptp(idea.x) * width
    across = width - across if turned else across  # an axis that runs from right to left
    down = (idea.seen[1] - name["at_y"]) / (idea.seen[1] - idea.seen[0]) * height + name["dy"]
    long = 7.2 * len(name["says"])
    left = across - {"left": 0, "center": long / 2, "right": long}[name["align"]]
    return (left, left + long), (down - 7, down + 7)


# Each rule gives what the answer claims ----------------------------------------------------------


@pytest.mark.parametrize("path", ["products", "frameworks", "shortcuts", "memory", "activations"])
def test_a_guess_is_where_its_line_ends(path):
    wrong, _, make = question(path)
    for guess in wrong:
        assert make(guess).y[-1] == pytest.approx(guess)
        assert make(guess).y[0] == pytest.approx(0)


def test_home():
    one = home.trained("relu_he", None, 1.0).middle
    fast, slow, alike = map(home.idea, ("large", "slow", "all"))
    assert (fast.y >= one - 0.03).all() and fast.y[5:].min() > one[5]  # the fastest
    assert 0.5 < slow.y[-1] < one[-1]  # it learns, just more slowly
    np.testing.assert_array_equal(alike.y, one)
    assert np.isnan(fast.measured[-1]) and slow.measured[-1] < 0.15


def test_four_cancels_a_quarter_in_the_idea_and_nothing_does_in_the_other():
    yes, explodes = chain_rule.idea("yes"), chain_rule.idea("explodes")
    np.testing.assert_allclose(10**yes.y, 0.25)  # the gradient keeps its size
    np.testing.assert_allclose(np.diff(explodes.y), np.log10(4))
    L15 = int(np.flatnonzero(yes.x == 15)[0])
    assert yes.measured[L15] < yes.y[L15] - 3 and yes.measured[L15] < explodes.y[L15] - 3


def test_activations_follows_the_seed_of_its_question():
    assert activations.idea(activations.asked(7).gradient, seed=7) is None
    held = activations.idea(-1, seed=7).measured
    assert held[-1] == activations.asked(7).gradient != activations.asked(0).gradient


def test_initialization():
    xavier, same = initialization.idea("xavier"), initialization.idea("same")
    assert xavier.x[-1] == same.x[-1] == 1
    assert xavier.y[-1] > same.measured[-1]  # Xavier would let more through than N(0, 1) does
    np.testing.assert_array_equal(same.y, xavier.measured)  # both would let through the same
    assert same.measured[-1] > xavier.measured[-1]  # but N(0, 1) lets more through


def test_clipping():
    repairs, lifts = clipping.idea("repairs"), clipping.idea("lifts")
    cure = clipping.runs("small", "cure").accuracy
    assert set(repairs.y) == {cure}  # whatever c is
    at_one = int(np.abs(lifts.x).argmin())  # the question's c: it would learn a little,
    assert 0.12 < lifts.y[at_one] < 0.25
    assert 0.4 < lifts.y[0] < 0.6 and lifts.x[0] == -1  # and more in smaller steps
    assert max(lifts.measured) < 0.15


def test_training():
    none, layer, both = (
        training.idea(name, "digits", steps=200) for name in ("none", "layer", "both")
    )
    assert none.y[-1] < 0.2 < none.measured[-1]  # no normalizer would help; one does
    for idea in (layer, both):
        assert idea.y[-1] > 0.8 and idea.measured[-1] < 0.2
    assert training.idea("layer", "spirals", steps=200) is None
    longer = training.idea("layer", "digits", steps=1000)  # the same steps on a longer axis
    np.testing.assert_allclose(longer.x * 1000, layer.x * 200)
    assert training.idea("layer", "digits", steps=10).x.max() == 1  # and none beyond a shorter one
    assert layer.point(layer.x[layer.parting]) == longer.point(longer.x[longer.parting])


def test_shortcuts_shows_of_its_blocks_as_many_as_its_chart_has():
    whole, few, many = (shortcuts.idea(0, blocks=blocks) for blocks in (24, 1, 60))
    assert few.x.tolist() == [1, 0] and many.x.tolist() == list(range(60, 35, -1))
    np.testing.assert_array_equal(many.measured, whole.measured)
    assert many.point(many.x[many.parting]) == whole.point(whole.x[whole.parting])
    assert few.parting is None and "here the two stay within" in few.says


def test_precision():
    zero, up = precision.idea("zero"), precision.idea("up")
    smallest = np.log10(FORMATS["float16"].smallest)
    assert np.isneginf(zero.y[-1]) and zero.measured[-1] == smallest
    lowest = int(up.y.argmin())
    assert up.y[lowest] == smallest and (np.diff(up.y[lowest:]) >= 0).all() and up.y[-1] > -6.5
    asked = zero.point(zero.x[zero.parting])
    assert asked == f"*n* = {int(np.isneginf(zero.y).argmax())}"


def test_optimizers():
    yes, late, nan = map(optimizers.idea, ("yes", "late", "nan"))
    np.testing.assert_allclose(yes.y, 0, atol=0.1)  # as large as the steps: the learning rate
    assert late.y[-1] == late.measured[0] > late.measured[-1] + 5  # the last layers see it all
    assert nan.y[-1] > 10 and abs(nan.measured[-1]) < 0.1  # 1/|g|, and what Adam does
    assert (yes.point(yes.x[0]), nan.point(nan.x[0])) == ("layer 1", "layer 20")


# On a page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PANELS)
def test_an_idea_is_drawn_after_a_wrong_answer_only(path):
    (wrong, *_), (right, *_), make = question(path)
    at = open_page(path)
    assert not shown(at) and "Your idea" not in prose(at)
    for told in (predict.Answer(right), predict.TOLD):
        at.session_state[f"{path}.answer"] = told
        at.run()
        assert not shown(at) and "Your idea" not in prose(at)
    at.session_state[f"{path}.answer"] = predict.Answer(wrong)
    at.run()
    assert len(shown(at)) == 1 and make(wrong).says in prose(at)
    for hidden in (
        Mode(awaited=path),  # a class that is still answering
        Mode(step=Step(path, {}, answers="hidden")),
    ):
        at.session_state["mode"] = hidden
        at.run()
        assert not shown(at) and "Your idea" not in prose(at)


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("path", PANELS)
def test_an_idea_is_drawn_at_both_ends_of_all_controls(path, end):
    at = answered(path, question(path)[0][0])
    for control in PANELS[path].controls:
        value = getattr(control, end) if isinstance(control, Range) else None
        if value is None:
            value = list(control.options)[0 if end == "low" else -1]
        if control.name == "data" or (path, control.name) == ("home", "network"):
            continue  # the question is of the digits, and of one network
        set_value(at, f"{path}_{control.name}", value)
    at.run()
    assert not at.exception
    for name in (beside.IDEA, beside.MEASURED):
        (rows,) = shown(at, name)
        assert np.isfinite(rows[["at_x", "at_y"]]).sum().min() > 1


def test_another_network_is_not_held_against_what_was_asked_of_one():
    at = answered("home", "large")
    assert len(shown(at)) == 1
    set_value(at, "home_network", "tanh_xavier")
    at.run()
    assert not shown(at) and "Your idea" not in prose(at)


def test_a_link_carries_no_answer():
    at = answered("products", 0)
    again = open_page("products", **link(at, "products"))
    assert not shown(again) and "Your idea" not in prose(again)
