"""What charts share: panels within a view, and labels that keep apart."""

import json
import math
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from pages.kit import grammar, specs, theme

PANE = grammar.Pane(across=(0.6, 1), down=(0.25, 1), phone=(0.5, 0.9), head=10)


def _panel() -> alt.LayerChart:
    return grammar.layered(
        alt.Chart().mark_point(),
        x=PANE.x("a", "a", (0, 1), [0, 1]),
        y=PANE.y("b", "b", (0, 1), [0, 1], domain=False),
        height=200,
    )


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("width,left,top,bottom", [(1000, 0.6, 0.25, 1), (340, 0, 0.5, 0.9)])
def test_a_panel_and_its_axes_stand_at_its_edges(scale, width, left, top, bottom):
    """Also on a projector, where all that is measured in pixels is larger."""
    spec = specs.built(_panel, scale) | {"width": width}
    spec["datasets"] = {"frame": [{"a": 0, "b": 1}, {"a": 1, "b": 0}]}
    spec["config"] |= {"mark": {}, "axis": {}}  # which then tell what they are, to be found by
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    place = r"translate\(([-\d.]+),([-\d.]+)\)"
    points = np.array(re.findall(rf'aria-label="a: [^>]*{place}', svg), dtype=float)
    height = 200 * scale
    assert points == pytest.approx(
        np.array([[left * width, top * height + 10], [width, bottom * height]])
    )
    (x,), (y,) = (
        re.findall(rf'aria-label="{axis}-axis [^>]*><g transform="{place}"', svg) for axis in "XY"
    )
    assert float(x[1]) == pytest.approx(bottom * height, abs=0.6)
    assert float(y[0]) == pytest.approx(left * width, abs=0.6)


HEIGHTS = st.lists(st.floats(-10, 10), min_size=1, max_size=6)


@given(HEIGHTS, st.floats(0.1, 3))
def test_labels_are_moved_apart_and_keep_their_order(heights, gap):
    moved = grammar.apart(heights, gap)
    order = np.argsort(heights, kind="stable")
    assert np.all(np.diff(moved[order]) > 0.98 * gap)
    if np.all(np.diff(np.sort(heights)) >= gap):
        assert moved == pytest.approx(heights)


@given(HEIGHTS, st.floats(0.1, 3))
def test_labels_stay_on_the_axis(heights, gap):
    moved = grammar.apart(heights, gap, within=(-9, 9))
    assert np.all(np.abs(moved) <= 9 + 1e-9)
    assert np.all(np.diff(np.sort(moved)) > 0.98 * gap)


def test_the_names_of_lines_stand_at_their_ends_moved_apart():
    ends = [{"x": 9, "y": y, "name": name} for y, name in ((0.2, "b"), (0.0, "a"), (5.0, "c"))]
    for rows in (ends, pd.DataFrame(ends)):
        names = grammar.line_names(rows, "y", gap=1.0, within=(0, 9))
        assert names.drop(columns="y").to_dict("list") == {"x": [9, 9, 9], "name": ["b", "a", "c"]}
        assert names["y"].tolist() == pytest.approx([1.0, 0.0, 5.0])


def test_each_frame_has_its_labels_apart_by_themselves():
    heights = np.array([[0.0, 5.0], [0.1, 1.0], [8.0, 8.0]])  # (labels, frames)
    moved = grammar.apart(heights, 1.0, within=(-8, 8))
    for k in range(2):
        assert moved[:, k] == pytest.approx(grammar.apart(heights[:, k], 1.0, within=(-8, 8)))
    assert moved[:, 1].tolist() == [5, 1, 8]


def test_a_chart_writes_a_number_as_the_sentences_do():
    """Also where digits round up to the next power of ten: never 10.00×10⁻⁴."""
    mantissas = [1, 1.004, 1.006, 2.345, 5, 9.984, 9.9949, 9.9951, 9.99999]
    log10 = [math.log10(m) + n for n in (-400, -12, -4, -3, -1, 0, 2, 4, 5, 40) for m in mantissas]
    rows = [{"log10": x, "i": i} for i, x in enumerate([*log10, None])]
    chart = alt.Chart(alt.Data(values=rows)).mark_text()
    told = f"isValid(datum.log10) ? ({grammar.number('datum.log10')}) : 'none'"
    chart = chart.transform_calculate(says=told).encode(
        y=alt.Y("i:O", axis=None), text=alt.Text("says:N")
    )
    svg = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()))
    assert re.findall(r"<text[^>]*>([^<]*)</text>", svg) == [*map(theme.from_log10, log10), "none"]


def test_a_chart_says_where_a_line_goes_as_the_sentences_do():
    log10 = [-11.0, -10, -9.9, 0, 4, 5, 5.1]
    chart = alt.Chart(alt.Data(values=[{"log10": x} for x in log10])).mark_text()
    said = "'at' + (" + grammar.beyond("datum.log10", -10, 5) + ")"
    chart = chart.transform_calculate(says=said).encode(
        y=alt.Y("log10:O", axis=None), text=alt.Text("says:N")
    )
    svg = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()))
    expected = [f"at {theme.beyond(x, -10, 5)}".strip() for x in log10]
    assert re.findall(r"<text[^>]*>([^<]*)</text>", svg) == expected
    assert expected.count("at ↓") == expected.count("at ↑") == 1
