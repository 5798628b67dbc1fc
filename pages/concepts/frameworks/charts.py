"""The charts of the page on what frameworks start with."""

from typing import Any

import altair as alt

from pages.concepts.frameworks.clips import MEANINGS
from pages.concepts.frameworks.panel import CASES, DEEPEST, DEPTH
from pages.kit import frames, grammar, theme

BOTTOM, TOP = -30, 10  # the main chart's axis: 10⁻³⁰ … 10¹⁰
END_LOW, END_HIGH = BOTTOM + 1, TOP - 1  # where a dot or a name may stand
LEFT, RIGHT = -2.0, 1.2  # log₁₀ of the gains that the gauge shows
_ROOM = 14  # layers' width to the left of layer 1, for the lines' names
_PHONE = "width < 300"
_COLORS = {"other": "two", "he": "reference", "slopes": "slopes"}


def gradients() -> alt.LayerChart:
    """‖dJ/dz‖ by layer relative to the last layer's, live in the depth.

    Frames, one row per depth: `depth`; packed over DEEPEST layers, log₁₀, with gaps above the last
    one: `line`, its middle half `low`, `high`, and the lines `other`, `he`, `slopes`; of these
    four the end at layer 1 `…_end`, the name `…_name` (or none) and its height `…_at`; the
    `meaning` of the line, an arrow `beyond` where it has left the axis; the texts `says_depth`,
    `says_gain`, `says_end`.
    """
    frame = frames.frame_of(DEPTH)
    return grammar.layered(
        grammar.healthy_band(left=1 - _ROOM, right=DEEPEST + 1, label="healthy"),
        *(part for key in _COLORS for part in _beside(frame, key)),
        *_line(frame),
        *_readout(frame),
        x=grammar.linear_x(
            "layer",
            grammar.toward_the_input("layer"),
            (1 - _ROOM, DEEPEST + 1),
            [1, *range(10, DEEPEST + 1, 10)],
            ticks=False,
        ),
        y=grammar.powers_y("line", "‖dJ/dz‖, relative to the last layer's", BOTTOM, TOP, every=5),
        params=(frames.param(DEPTH),),
        height=theme.MAIN_HEIGHT,
    )


def _named(rows: alt.Chart, key: str) -> alt.Chart:
    rows = rows.transform_filter(f"isValid(datum.{key}_name)").transform_calculate(layer="1")
    return rows.mark_text(align="right", dx=-10, fontSize=grammar.LABEL_SIZE).encode(
        y=alt.Y(field=f"{key}_at"), text=grammar.text(f"{key}_name")
    )


def _beside(frame: alt.Chart, key: str) -> list[alt.Chart]:
    styles: dict[str, dict[str, Any]] = {
        "other": {"strokeWidth": 2.5},
        "he": {"strokeWidth": 1.3, "opacity": 0.8},
        "slopes": {"strokeDash": [2, 4], "strokeWidth": 2.5},
    }
    rows = grammar.colored(frames.by_layer(frame, key), _COLORS[key])
    line = rows.mark_line(clip=True, **styles[key]).encode(y=alt.Y(field=key))
    return [line, _named(grammar.colored(frame, _COLORS[key]), key)]


def _line(frame: alt.Chart) -> list[alt.Chart]:
    end = frame.transform_calculate(layer="1").transform_filter("isValid(datum.line_end)")
    end = end.encode(y=alt.Y(field="line_end"))
    return [*frames.main_line(frame, end), _named(frame, "line")]


def _readout(frame: alt.Chart) -> list[alt.Chart]:
    # In a corner on the right, where all lines are near 1: above them, or below those that rise.
    size = alt.expr("width < 420 ? 18 : 24")
    up = "datum.line_end > 3"
    lines = (
        ("says_depth", size, "bold", f"{up} ? -19 : {TOP - 0.6}"),
        ("says_gain", alt.expr("width < 420 ? 14 : 16"), "bold", f"{up} ? -22.2 : {TOP - 3.8}"),
        ("says_end", alt.expr("width < 420 ? 14 : 16"), 400, f"{up} ? -24.6 : {TOP - 6.2}"),
    )
    return grammar.readout(frame, str(DEEPEST + 1), lines)


def gauge() -> alt.LayerChart:
    """The gain of each framework's default layer: a dot in its row, by size.

    Rows: `name`, `log10` of the gain, `says` and `in_all`, `version` and `call`, `meaning`; `here`
    is true of the reader's own; `low` and `high`, between which a gain can be borne.
    """
    x = grammar.linear_x(
        "log10",
        "a layer's gain on ‖dJ/dz‖",
        (LEFT, RIGHT),
        [-2, -1.301, -1, -0.699, -0.301, 0, 0.301, 0.699, 1],
        labelExpr="format(pow(10, datum.value), '.1~r')",
        gridOpacity=0.5,
        orient="top",
        grid=True,
    )
    y = alt.Y(
        "name",
        type="nominal",
        sort=None,
        scale=alt.Scale(paddingOuter=0.3),
        axis=alt.Axis(
            title="default of",
            labelOverlap=False,
            ticks=False,
            domain=False,
            labelLimit=130,
            **grammar.AXIS,
        ),
    )
    rows = alt.Chart()
    told = grammar.tooltip(
        name="framework", version="version", call="layer", says="gain", in_all="over all layers"
    )
    here = rows.transform_filter("datum.here")
    band = grammar.colored(here, "healthy").mark_rect(opacity=0.25, clip=True)
    leftward = f"datum.log10 < 0 && datum.log10 > {LEFT + 0.5}"
    stem = rows.transform_calculate(one="0").mark_rule(strokeWidth=2, opacity=0.5, clip=True)
    return grammar.layered(
        band.encode(
            x=alt.X(field="low"), x2=alt.X2("high"), y=alt.value(0), y2=alt.value("height")
        ),
        stem.encode(x2=alt.X2("one")),
        rows.mark_point(size=60, filled=True, opacity=1).encode(tooltip=told),
        here.mark_point(size=260, filled=True, opacity=1).encode(tooltip=told),
        rows.mark_text(
            align=alt.ExprRef(f"{leftward} ? 'right' : 'left'"),
            dx=alt.ExprRef(f"{leftward} ? -12 : 12"),
            dy=alt.ExprRef(f"datum.log10 > {LEFT} ? 0 : -9"),
            fontSize=13,
        ).encode(text=grammar.text("says")),
        x=x,
        y=y,
        height=24 * 24,
    )


def clips() -> alt.LayerChart:
    """What clipping by norm makes of each case: a cell per call and case.

    Rows: `who` and its `version`, `case`, `mark` in the cell, `verdict`, `says` what came out,
    `meaning`.
    """
    axis = grammar.AXIS | {"ticks": False, "domain": False}
    scale = alt.Scale(paddingInner=0.05, paddingOuter=0)
    x = alt.X(
        "case",
        type="ordinal",
        sort=list(CASES.values()),
        scale=scale,
        axis=alt.Axis(title="given", orient="top", labelAngle=-60, labelOverlap=False, **axis),
    )
    # on a phone the call has a line of its own, without its modules
    call = "lastindexof(datum.label, ' ')"
    name = f"replace(slice(datum.label, {call} + 1), regexp('^.*[.]'), '')"
    on_two = f"[slice(datum.label, 0, {call}), {name}]"
    y = alt.Y(
        "who",
        type="ordinal",
        sort=None,
        scale=scale,
        axis=alt.Axis(
            title="clipped by",
            labelExpr=f"{_PHONE} ? {on_two} : datum.label",
            labelLimit=alt.ExprRef(f"{_PHONE} ? 140 : 320"),
            labelLineHeight=13,
            labelOverlap=False,
            labelFlush=False,
            labelOffset=alt.ExprRef(f"{_PHONE} ? -6 : 0"),
            **axis,
        ),
    )
    assert set(MEANINGS.values()) <= set(theme.MEANINGS)
    rows = alt.Chart()
    cells = rows.mark_rect(cornerRadius=2, opacity=0.85).encode(
        tooltip=grammar.tooltip(
            who="clipped by", version="version", case="given", says="comes out", verdict="that is"
        )
    )
    marks = rows.mark_text(fontSize=15, fontWeight=600).encode(
        text=grammar.text("mark"), color=alt.value("#111111")
    )
    return grammar.layered(cells, marks, x=x, y=y, height=theme.MAIN_HEIGHT + 60)
