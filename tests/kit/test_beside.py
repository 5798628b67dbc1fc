"""Lines beside a chart's own, and the pin: on the chart, in the session, in the link."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import vl_convert

from pages.kit import beside, live
from pages.kit.panels import Choice, Panel, Range
from tests.app import charts, frame_with, link, open_page, prose, set_value, tables, values_of
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


def pinned_rows(at, name=beside.PINNED):
    """The rows of the page's pinned line."""
    (found,) = tables(at, name)
    return found.to_pandas()


def pinned_name(at):
    """What stands beside the page's pinned line."""
    return pinned_rows(at, beside.NAMES[beside.PINNED])["says"].tolist()


# The table and the layers -------------------------------------------------------------------------


def test_a_line_is_named_once_where_its_axis_shows_it():
    line, name = beside.pinned(
        beside.line([0, 1, 2, 3], [0, -5, -30, -40], seen=(-20, 20)), "pinned"
    ).values()
    assert name["says"].tolist() == ["pinned"] and name["at_y"].item() in (0, -5)
    assert line["at_y"].tolist() == [0, -5, -30, -40]


@pytest.mark.parametrize("value,end", [(-np.inf, "then 0"), (np.inf, "then ∞")])
def test_where_a_line_has_no_place_its_name_says_what_follows(value, end):
    rows = beside.line([0, 1, 2], [0, 1, value], seen=(-20, 20))
    line, name = beside.pinned(rows, "w = 0").values()
    assert name[["at_x", "says"]].values.tolist() == [[1, f"w = 0, {end}"]]
    assert np.isnan(line["at_y"].iloc[2])


def test_a_line_that_the_axis_does_not_show_has_no_name():
    assert not beside.line([0, 1], [50, 60], seen=(-20, 20))["named"].any()
    for which in beside.LINES:
        assert all(table.empty for table in beside.nothing(which).values())


@pytest.mark.parametrize(("rise", "above", "below"), [(8, "right", "left"), (-8, "left", "right")])
def test_a_name_stands_on_the_free_side_of_a_steep_line(rise, above, below):
    lines = {
        side: beside.line([0, 1], [0, rise], seen=(-9, 9), below=side) for side in (False, True)
    }
    assert set(lines[0]["align"]) == {above} and (lines[0]["dy"] < 0).all()
    assert set(lines[1]["align"]) == {below} and (lines[1]["dy"] > 0).all()


def test_a_pinned_line_takes_its_main_lines_scales_and_lies_beneath_it_its_name_over_it():
    main = {"name": beside.MAIN, "mark": "line"}
    spec = {"layer": [{"mark": "rule"}, {"layer": [{"mark": "area"}, main]}]}
    inner = beside.drawn(spec, [beside.PINNED], 1.0)["layer"][1]["layer"]
    assert [part.get("data", {}).get("name") for part in inner] == [
        None,
        "pinned",
        None,
        "pinned_name",
    ]
    assert inner[2] is main
    assert inner[3]["name"].startswith("haloed"), "the line is broken where its name stands"
    assert "scale" not in json.dumps(inner)
    assert beside.drawn(spec, [], 1.0) == spec


@pytest.mark.parametrize("path", PINNING)
def test_a_pinned_line_is_drawn_on_every_chart_that_has_one(path):
    panel = PANELS[path]
    text = panel.pin_text(panel.defaults)
    at = open_page(path, pin=text)
    (name,) = pinned_name(at)
    assert name.startswith("pinned: ")
    (chart,) = [c for c in charts(at) if '"pinned"' in c.spec]
    spec = json.loads(chart.spec)
    bare = [part for part in spec["params"] if not {"select", "on"} & part.keys()]
    tied = [{"name": part["name"], "value": 1.0} for part in spec["params"] if "bind" in part]
    present = [part for part in bare if "bind" not in part and part["name"] != live.PRESENT]
    drawn = {name: pinned_rows(at, name) for name in (beside.PINNED, "pinned_name")}
    spec |= {"params": [*tied, *present], "data": {"name": "frame", "values": [{"depth": 16}]}}
    spec["width"] = 600
    spec["layer"] = [part for part in spec["layer"] if part.get("data", {}) != live.PRESENT]
    spec["datasets"] = {
        name: rows.astype(object).where(rows.notna(), None).to_dict("records")
        for name, rows in drawn.items()
    }
    del spec["spec"]
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert "pinned: " in svg and 'stroke-dasharray="8,5"' in svg
    on_a_phone = vl_convert.vegalite_to_svg(json.dumps(spec | {"width": 340}))
    assert ">pinned<" in on_a_phone and "pinned: " not in on_a_phone


DRAWN = {  # where a page's main line is packed: its table's column, and what moves it
    **{"shortcuts": ("dh", "r"), "memory": ("gradient", "sigma")},
    **{"optimizers": ("move", "e"), "frameworks": ("line", "depth")},
}


@pytest.mark.parametrize("path", DRAWN)
def test_a_pinned_line_lies_where_the_page_has_drawn_its_main_one(path):
    panel, (column, moves) = PANELS[path], DRAWN[path]
    for value in (panel[moves].default, panel[moves].values()[2]):
        there = panel.defaults | {moves: value}
        at = open_page(path, pin=panel.pin_text(there), **{panel.key(moves): str(value)})
        frame = frame_with(at, column, moves)
        packed = frame.loc[frame[moves] == value, column].item().split()
        drawn = [float(number) for number in packed if number != "x"]
        pinned = pinned_rows(at).sort_values("at_x")["at_y"].dropna()
        np.testing.assert_allclose(pinned, drawn[: len(pinned)], atol=0.006)
        assert len(pinned) > 1


def test_only_a_page_whose_main_chart_is_no_line_has_nothing_to_pin():
    # a histogram above rulers, and a chart of two networks that are trained as the reader looks
    assert set(PANELS) - set(PINNING) == {"precision", "training"}


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
    shown = {
        path: panel.pin_shown(panel.defaults, SimpleNamespace(**panel.defaults))
        for path, panel in PANELS.items()
        if panel.pins
    }  # within a sentence
    deeper = SimpleNamespace(**PANELS["frameworks"].defaults | {"depth": 40})
    now = PANELS["frameworks"].pin_shown(PANELS["frameworks"].defaults, deeper)
    assert now == "PyTorch, layers = 30"
    wide = SimpleNamespace(**PANELS["initialization"].defaults | {"width": "5"})
    now = PANELS["initialization"].pin_shown(PANELS["initialization"].defaults, wide)
    assert now == "σ√n = 8, width n = 64"
    bare = PANELS["memory"].defaults | {"activation": "identity"}
    now = PANELS["memory"].pin_shown(bare, SimpleNamespace(**PANELS["memory"].defaults))
    assert now == "σ₁ = 0.90, activation = None"
    assert shown["activations"] == "layers n = 15" and shown["clipping"].startswith("ReLU, ")


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
    assert f"pinned: w = 1.50, {was}" in pinned_name(at)
    press(at)
    assert pinned_rows(at).empty and "pinned at" not in prose(at)


def test_a_pin_is_in_the_address_and_in_the_link_and_opens_there_again():
    at = press(open_page("products", products_w="1.5"))
    set_value(at, "products_w", -1.0)
    at.run()
    assert dict(at.query_params)["products_pin"] in (said := "w:1.5,activation:identity", [said])
    said = link(at, "products")
    assert said["products_pin"] == "w:1.5,activation:identity"
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
    assert "products_pin" not in at.query_params


def test_a_page_without_pins_refuses_one():
    path = next(path for path, panel in PANELS.items() if not panel.pins)
    assert "None is pinned." in prose(open_page(path, pin="w:1"))


def test_reset_takes_the_pin_away():
    at = press(open_page("products"))
    at.button(key="products.reset_all").click().run()
    assert pinned_rows(at).empty and "products_pin" not in at.query_params


def test_no_control_has_the_name_of_the_pin():
    assert not [path for path, panel in PANELS.items() if "pin" in panel._by_name]


# An idea ------------------------------------------------------------------------------------------


def idea(y, measured, **how):
    x = np.arange(len(y))
    how = {"seen": (-1, 1), "point": lambda x: f"n = {x:g}"} | how
    told = ("a rule", "a name", "what is so", "so")
    return beside.Idea(*told, x=x, y=y, measured=measured, **how)


def test_an_idea_parts_where_it_is_a_factor_of_two_away():
    found = idea(0.2 * np.arange(5), np.zeros(5))
    assert found.parting == 2  # 0.4 > log₁₀ 2 = 0.301 > 0.2
    assert "the two part at n = 2, in the circle, by more than a factor of 2." in found.says
    rows = beside.held_against(found)
    assert rows[beside.PARTS][["at_x", "at_y"]].values.tolist() == [[2, 0.4]]
    assert rows[beside.NAMES[beside.IDEA]]["says"].tolist() == ["your idea: a name"]
    meanings = {name: set(table["meaning"]) for name, table in rows.items()}
    assert meanings.pop(beside.MEASURED) == {"reference"}
    assert meanings.pop(beside.NAMES[beside.MEASURED]) == {"reference"}
    assert all(meaning == {"dark"} for meaning in meanings.values())


def test_an_idea_that_does_not_part_says_so():
    found = idea(0.1 * np.arange(3), np.zeros(3))
    assert found.parting is None and "here the two stay within a factor of 2." in found.says
    assert beside.held_against(found)[beside.PARTS].empty


@pytest.mark.parametrize("y,measured", [(0, -np.inf), (-np.inf, 0), (np.nan, 0), (0, np.nan)])
def test_an_idea_parts_where_one_of_the_two_is_no_size_and_is_marked_on_the_other(y, measured):
    found = idea(np.array([0.0, 0, y]), np.array([0.0, 0, measured]))
    assert found.parting == 2
    assert beside.held_against(found)[beside.PARTS]["at_y"].tolist() == [0]


def test_both_zero_is_no_parting():
    assert idea(np.array([0, -np.inf]), np.array([0, -np.inf])).parting is None


def test_shares_part_by_points():
    found = idea(np.array([0.1, 0.19, 0.25]), np.full(3, 0.1), by=beside.POINTS)
    assert found.parting == 2 and "by more than 10 percentage points" in found.says


@pytest.mark.parametrize("guess", [0, -0.3, -1, -1.6, -2, -2.3, -2.6, -3, -10])
def test_a_guess_is_made_up_of_equal_factors_unless_it_is_right(guess):
    measured = np.log10(0.9) * np.arange(51)
    how = {"truth": "0.9ⁿ", "so": "0.9ⁿ", "point": str, "x": np.arange(51), "seen": (-20, 20)}
    found = beside.guessed(guess, measured, "each leaves {}", **how)
    assert (found is None) == (abs(guess - measured[-1]) < 0.5)
    if found:
        np.testing.assert_allclose(np.diff(found.y), guess / 50)
        each = float(found.rule.removeprefix("each leaves "))
        assert 50 * np.log10(each) == pytest.approx(guess, abs=0.05)


def test_what_is_right_may_differ_from_what_is_measured():
    how = {"truth": "", "so": "", "point": str, "x": np.arange(2), "seen": (-9, 9)}
    assert beside.guessed(4, np.array([0, 3.4]), "{}", right=3.6, **how) is None
    assert beside.guessed(4, np.array([0, 3.4]), "{}", **how)


def test_an_idea_is_drawn_over_the_main_line_a_pinned_one_beneath_it():
    spec = {"layer": [{"mark": "rule"}, {"name": beside.MAIN, "mark": "line"}]}
    names = [
        part.get("name") or part.get("data", {}).get("name")
        for part in beside.drawn(spec, beside.LINES, 1.0)["layer"]
    ]
    assert names == [
        *(None, "pinned", "main", "idea_measured", "idea", "idea_parts"),
        *("haloed_pinned", "haloed_idea", "haloed_idea_measured"),
    ]


def test_the_name_of_what_is_so_keeps_to_its_own_side():
    for higher in (0.5, -0.5):
        found = idea(np.zeros(5), higher * np.arange(5) / 4)
        (name,) = beside.held_against(found)[beside.NAMES[beside.MEASURED]].itertuples()
        assert (name.dy < 0) == (higher > 0) and name.says == "so"
    unnamed = replace(idea(np.zeros(5), np.ones(5)), so="")
    assert beside.held_against(unnamed)[beside.NAMES[beside.MEASURED]].empty


def test_an_axis_that_follows_the_frame_is_as_long_as_the_lines_beside():
    """A pinned line of thirty layers beside a network of ten."""
    follows = {"expr": "data('frame')[0].right"}
    scale = {"domain": [0, follows], "nice": False}
    spec = {"layer": [{"name": beside.MAIN}], "encoding": {"x": {"field": "i", "scale": scale}}}
    longer = beside.drawn(spec, beside.LINES, 1.0)["encoding"]["x"]
    assert longer["field"] == "i" and longer["scale"]["domain"][0] == 0
    end = longer["scale"]["domain"][1]["expr"]
    assert follows["expr"] in end and all(f"data('{name}')" in end for name in beside.LINES)
    fixed = spec | {"encoding": {"x": {"scale": {"domain": [0, 30]}}}}
    assert beside.drawn(fixed, beside.LINES, 1.0)["encoding"] == fixed["encoding"]
    assert beside.drawn(spec, (), 1.0)["encoding"] == spec["encoding"]


def test_on_a_projector_what_is_measured_in_pixels_grows():
    spec = {"layer": [{"name": beside.MAIN, "mark": "line"}]}
    one, two = (beside.drawn(spec, ["idea"], scale)["layer"][1:] for scale in (1, 2))
    assert [part["mark"].get("strokeWidth") for part in one] == [1.5, 2.2, *[None] * 3]
    assert [part["mark"].get("strokeWidth") for part in two] == [3.0, 4.4, *[None] * 3]
    assert two[2]["mark"]["size"] == 4 * one[2]["mark"]["size"]
    assert two[3]["mark"]["fontSize"] == 2 * one[3]["mark"]["fontSize"]
