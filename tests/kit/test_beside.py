"""Lines beside a chart's own, and the pin: on the chart, in the session, in the link."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import vl_convert

from pages.concepts.chain_rule import data as chain_rule
from pages.concepts.initialization import data as initialization
from pages.concepts.products import data as products
from pages.kit import beside, live
from pages.kit.mode import Mode
from pages.kit.panels import Choice, Panel, Range
from tests.app import charts, link, open_page, prose, set_value, tables, values_of
from tests.panels import PANELS

PINNING = [path for path, panel in PANELS.items() if panel.pins]
PANEL = Panel(
    "toy",
    controls=(
        Range("w", "w", -2.0, 2.0, 0.1, 0.6),
        Choice("kind", "Kind", {"plain": "Plain, no words", "odd": "Odd"}, "plain"),
    ),
    pins=("w", "kind"),
)


def pinned_rows(at):
    """The rows of the page's pinned line."""
    (found,) = [t.to_pandas() for t in tables(at) if {"at_x", "says"} <= set(t.column_names)][:1]
    return found


# The table and the layers -------------------------------------------------------------------------


def test_a_line_is_named_once_where_its_axis_shows_it():
    rows = beside.named(beside.line([0, 1, 2, 3], [0, -5, -30, -40], seen=(-20, 20)), "pinned")
    assert rows["says"].tolist() in (["pinned", "", "", ""], ["", "pinned", "", ""])
    assert rows["at_y"].tolist() == [0, -5, -30, -40]


@pytest.mark.parametrize("value,end", [(-np.inf, "then 0"), (np.inf, "then ∞")])
def test_where_a_line_has_no_place_its_name_says_what_follows(value, end):
    rows = beside.named(beside.line([0, 1, 2], [0, 1, value], seen=(-20, 20)), "w = 0")
    assert rows["says"].tolist() == ["", f"w = 0, {end}", ""]
    assert np.isnan(rows["at_y"].iloc[2])


def test_a_line_that_the_axis_does_not_show_has_no_name():
    assert not beside.line([0, 1], [50, 60], seen=(-20, 20))["named"].any()
    assert beside.nothing().empty


def test_the_lines_beside_a_chart_take_its_main_lines_scales_and_lie_beneath_it():
    main = {"name": beside.MAIN, "mark": "line"}
    spec = {"layer": [{"mark": "rule"}, {"layer": [{"mark": "area"}, main]}]}
    inner = beside.drawn(spec, [beside.PINNED], 1.0)["layer"][1]["layer"]
    assert [part.get("data", {}).get("name") for part in inner] == [None, *["pinned"] * 4, None]
    assert inner[-1] is main
    assert "scale" not in json.dumps(inner)
    assert beside.drawn(spec, [], 1.0) == spec


@pytest.mark.parametrize("path", PINNING)
def test_a_pinned_line_is_drawn_on_every_chart_that_has_one(path):
    panel = PANELS[path]
    text = panel.pin_text(panel.defaults)
    at = open_page(path, pin=text)
    rows = pinned_rows(at)
    assert rows["says"].str.startswith("pinned: ").sum() == 1
    (chart,) = [c for c in charts(at) if '"pinned"' in c.spec]
    spec = json.loads(chart.spec)
    bare = [part for part in spec["params"] if not {"select", "on"} & part.keys()]
    tied = [{"name": part["name"], "value": 1.0} for part in spec["params"] if "bind" in part]
    present = [part for part in bare if "bind" not in part and part["name"] != live.PRESENT]
    rows = rows.assign(at_y=rows["at_y"].astype(object).where(rows["at_y"].notna(), None))
    spec |= {"params": [*tied, *present], "data": {"name": "frame", "values": [{"depth": 16}]}}
    spec["width"] = 600
    spec["layer"] = [part for part in spec["layer"] if part.get("data", {}) != live.PRESENT]
    spec["datasets"] = {beside.PINNED: rows.to_dict("records")}
    del spec["spec"]
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert "pinned: " in svg and 'stroke-dasharray="8,5"' in svg


# The pin ------------------------------------------------------------------------------------------


def test_what_an_address_says_of_a_pin_is_read_back():
    pin = {"w": 1.5, "kind": "odd"}
    assert PANEL.pin_text(pin) == "w:1.5,kind:odd"
    assert PANEL.parse_pin("w:1.5,kind:odd") == PANEL.parse_pin("kind:odd,w:1.5") == pin


@pytest.mark.parametrize("path", PINNING)
def test_every_option_of_what_is_pinned_can_be_in_an_address(path):
    panel = PANELS[path]
    for name in panel.pins:
        control = panel[name]
        options = control.options if isinstance(control, Choice) else control.values()
        for value in options:
            pin = {n: panel.defaults[n] for n in panel.pins} | {name: value}
            assert panel.parse_pin(panel.pin_text(pin)) == pin
            assert len(panel.pin_text(pin)) <= 240


@pytest.mark.parametrize(
    "text",
    [
        *("", "w", "w:1.5", "w:1.5,kind:odd,kind:odd", "w:9,kind:odd", "w:1.55,kind:odd"),
        *("w:nan,kind:odd", "w:1.5,kind:other", "w:1.5,sort:odd", "w:1.5;kind:odd", "😀:😀,<b>:1"),
    ],
)
def test_what_is_no_pin_is_none(text):
    assert PANEL.parse_pin(text) is None
    assert Panel("bare", ()).parse_pin(text) is None


def test_a_pin_is_said_by_the_first_of_its_values_and_by_what_differs():
    pin, now = {"w": 1.5, "kind": "odd"}, SimpleNamespace(w=0.6, kind="odd")
    assert PANEL.pin_shown(pin, now) == "w = 1.5"
    assert PANEL.pin_shown(pin, SimpleNamespace(w=1.5, kind="plain")) == "w = 1.5, Odd"


# On a page ----------------------------------------------------------------------------------------


def press(at):
    return at.button(key="products.pin").click().run()


def test_a_pinned_line_stays_while_controls_change_and_goes_when_it_is_unpinned():
    at = open_page("products", products_w="1.5")
    assert pinned_rows(at).empty
    before = pinned_rows(press(at))
    assert before["at_y"].iloc[10] == pytest.approx(10 * np.log10(1.5))
    assert "pinned at w = 1.50." in prose(at)
    set_value(at, "products_w", 0.6)
    set_value(at, "products_activation", "tanh")
    at.run()
    assert pinned_rows(at)["at_y"].tolist() == before["at_y"].tolist()
    was = PANELS["products"]["activation"].options["identity"]
    assert f"pinned: w = 1.50, {was}" in set(pinned_rows(at)["says"])
    press(at)
    assert pinned_rows(at).empty and "pinned at" not in prose(at)


def test_a_pin_is_in_the_address_and_in_the_link_and_opens_there_again():
    at = press(open_page("products", products_w="1.5"))
    set_value(at, "products_w", -1.0)
    at.run()
    assert dict(at.query_params)["pin"] in (said := "w:1.5,activation:identity", [said])
    said = link(at, "products")
    assert said["pin"] == "w:1.5,activation:identity"
    again = open_page("products", **said)
    assert values_of(again, "products")["w"] == -1.0
    assert pinned_rows(again)["at_y"].tolist() == pinned_rows(at)["at_y"].tolist()


@pytest.mark.parametrize(
    "pin", ["w:9,activation:tanh", "w:1", "<script>", "x" * 500_000, ["a", "b"]]
)
def test_a_link_with_a_hostile_pin_pins_nothing_says_so_and_is_not_repeated(pin):
    at = open_page("products", pin=pin)
    assert pinned_rows(at).empty
    assert "None is pinned." in prose(at)
    assert "pin" not in at.query_params


def test_a_page_without_pins_refuses_one():
    path = next(path for path, panel in PANELS.items() if not panel.pins)
    assert "None is pinned." in prose(open_page(path, pin="w:1"))


def test_reset_takes_the_pin_away():
    at = press(open_page("products"))
    at.button(key="products.reset_all").click().run()
    assert pinned_rows(at).empty and "pin" not in at.query_params


def test_no_control_has_the_name_of_the_pin():
    assert not [path for path, panel in PANELS.items() if "pin" in panel._by_name]


# An idea ------------------------------------------------------------------------------------------

CHOICES = {  # pages that ask to choose: each option, and whether it is right
    "chain_rule": (chain_rule, {"yes": False, "vanishes": True, "explodes": False}),
    "initialization": (initialization, {"normal": True, "xavier": False, "same": False}),
}


@pytest.mark.parametrize("path,option", [(p, o) for p, (_, opts) in CHOICES.items() for o in opts])
def test_each_wrong_option_and_no_right_one_has_a_rule(path, option):
    data, options = CHOICES[path]
    idea = data.idea(option)
    assert (idea is None) == options[option]
    if idea:
        assert idea.rule and idea.x.shape == idea.y.shape == idea.measured.shape
        rows = beside.held_against(idea)
        assert rows["says"].str.startswith("your idea: ").sum() == 1
        assert rows["parts"].sum() == 1


@pytest.mark.parametrize("path", CHOICES)
def test_the_options_are_those_that_the_page_offers(path):
    at = open_page(path)
    offered = next(radio for radio in at.radio if radio.key == f"{path}.guess").options
    assert len(offered) == len(CHOICES[path][1])


@pytest.mark.parametrize("guess", [0, -0.3, -1, -1.6, -2, -2.3, -2.6, -3, -10])
def test_each_wrong_guess_of_a_power_has_the_rule_that_gives_it(guess):
    idea = products.idea(guess)
    miss = abs(guess - 50 * np.log10(0.9))
    assert (idea is None) == (miss < 0.5)
    if idea:
        assert idea.y[50] == pytest.approx(guess)
        first = idea.parts
        miss_there = np.abs(idea.y - idea.measured)[[first - 1, first]]
        assert miss_there[0] <= np.log10(2) < miss_there[1]


def test_four_cancels_a_quarter_in_the_idea_and_nothing_does_in_the_other():
    yes, explodes = chain_rule.idea("yes"), chain_rule.idea("explodes")
    np.testing.assert_allclose(10**yes.y, 0.25)  # the gradient keeps its size
    np.testing.assert_allclose(np.diff(explodes.y), np.log10(4))
    L15 = int(np.flatnonzero(yes.x == 15)[0])
    assert yes.measured[L15] < yes.y[L15] - 3 and yes.measured[L15] < explodes.y[L15] - 3


def test_the_ideas_of_initialization_claim_what_their_options_do():
    xavier, same = initialization.idea("xavier"), initialization.idea("same")
    assert xavier.x[-1] == same.x[-1] == 1
    assert xavier.y[-1] > same.measured[-1]  # Xavier would let more through than N(0, 1) does
    np.testing.assert_array_equal(same.y, xavier.measured)  # both would let through the same
    assert same.measured[-1] > xavier.measured[-1]  # but N(0, 1) lets more through


def test_an_idea_that_does_not_part_says_so():
    x = np.arange(3)
    idea = beside.Idea("a rule", "what is so", "n = ", x, 0.1 * x, 0 * x, (-1, 1))
    assert idea.parts is None and "stays within a factor of 2" in idea.says
    assert not beside.held_against(idea)["parts"].any()


def test_where_the_truth_is_zero_an_idea_parts_from_it():
    x = np.arange(3)
    idea = beside.Idea(
        "a rule", "what is so", "n = ", x, 0.0 * x, np.array([0, 0, -np.inf]), (-1, 1)
    )
    assert idea.parts == 2


def ideas_shown(at):
    found = [t.to_pandas() for t in tables(at) if "parts" in t.column_names]
    return [rows for rows in found if len(rows) and rows["measured"].any()]


@pytest.mark.parametrize(
    "path,wrong,right",
    [
        ("products", 0, -2.3),
        ("chain_rule", "yes", "vanishes"),
        ("initialization", "same", "normal"),
    ],
)
def test_an_idea_is_drawn_after_a_wrong_answer_only(path, wrong, right):
    at = open_page(path)
    assert not ideas_shown(at) and "Your idea" not in prose(at)
    at.session_state[f"{path}.predicted"] = right
    at.run()
    assert not ideas_shown(at)
    at.session_state[f"{path}.predicted"] = "nothing guessed"  # “Just tell me”
    at.run()
    assert not ideas_shown(at)
    at.session_state[f"{path}.predicted"] = wrong
    at.run()
    assert len(ideas_shown(at)) == 1 and "Your idea, dashed on the chart:" in prose(at)
    at.session_state["mode"] = Mode(awaited=path)  # a class that is still answering
    at.run()
    assert not ideas_shown(at) and "Your idea" not in prose(at)
