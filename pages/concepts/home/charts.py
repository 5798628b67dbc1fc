"""The charts of the home page."""

import altair as alt

from pages.concepts.home import picture
from pages.concepts.home.panel import LAYERS, C
from pages.kit import beside, frames, grammar, theme

THREE = (0.6, 1.0, 1.6)  # the networks of the page's title
SEEN = (-6, 8)  # log₁₀ of the gradients that the axis has
_ROOM = 2.2  # to the left of layer 1, for the lines' names


def gradients() -> alt.LayerChart:
    """‖dJ/dz_l‖ relative to the last layer's, by layer: the three networks, and the dragged one.

    Above them stands the network itself, layer over layer of the axis.

    Frames, one row per factor: `c`; `median`, `low`, `high` and `slopes`, packed log₁₀ by layer;
    `first`, the median at layer 1; and what `picture.layers` wants.
    """
    x = grammar.linear_x(
        "layer",
        grammar.toward_the_input("hidden layer"),
        (1 - _ROOM, LAYERS + 1.4),
        [1, 4, 8, 12, 16],
    )
    y = grammar.powers_y("median", "size of the gradient, last layer = 1", *SEEN, every=2, room=6.4)
    frame = frames.frame_of(C)
    return grammar.layered(
        grammar.healthy_band(left=1 - _ROOM, right=LAYERS + 1.4, label="healthy"),
        *(layer for factor in THREE for layer in _network(factor)),
        *_slopes(frame),
        *picture.layers(frame),
        *_dragged(frame),
        x=x,
        y=y,
        params=(frames.param(C), *picture.params()),
        height=theme.MAIN_HEIGHT + 30,
    )


def _by_layer(chart: alt.Chart, *columns: str) -> alt.Chart:
    chart = chart.transform_calculate(meaning=grammar.outcome("datum.first"))
    return frames.by_layer(chart, *columns)


def _network(factor: float) -> list[alt.Chart]:
    """One of the three: a thin line with its band, and its name at layer 1."""
    rows = alt.Chart().transform_filter(f"abs(datum.c - {factor}) < 1e-9")
    rows = _by_layer(rows, "median", "low", "high")
    band = rows.mark_area(opacity=0.15, clip=True).encode(y=alt.Y(field="low"), y2=alt.Y2("high"))
    line = rows.mark_line(strokeWidth=1.8, clip=True)
    name = rows.transform_filter("datum.layer == 1").mark_text(
        align="right", dx=-9, fontSize=grammar.LABEL_SIZE + 1, fontWeight="bold"
    )
    name = name.transform_calculate(name=f"'×{factor:g}'")
    return [band, line, name.encode(text=grammar.text("name"))]


def _slopes(frame: alt.Chart) -> list[alt.Chart]:
    rows = frames.by_layer(frame, "slopes")
    line = grammar.colored(rows, "slopes").mark_line(strokeDash=[2, 4], strokeWidth=2.5, clip=True)
    # In the other corner that no line reaches.
    name = grammar.colored(frame, "slopes").transform_calculate(
        name=r"'the slopes alone\n··· ∏ φ′(z)'"
    )
    style = {"align": "right", "baseline": "bottom", "dx": -8, "dy": -17, "lineBreak": "\n"}
    name = name.mark_text(fontSize=grammar.LABEL_SIZE, **style)
    return [
        line.encode(y=alt.Y(field="slopes")),
        name.encode(x=alt.value("width"), y=alt.value("height"), text=grammar.text("name")),
    ]


def _dragged(frame: alt.Chart) -> list[alt.Chart]:
    rows = _by_layer(frame, "median", "low", "high").transform_calculate(
        size=grammar.number("datum.median")
    )
    line = rows.mark_line(strokeWidth=4, clip=True).properties(name=beside.MAIN)
    dots = rows.mark_point(size=45, filled=True, opacity=1, clip=True).encode(
        tooltip=grammar.tooltip(layer="layer", size="relative size")
    )
    # In the corner that no line reaches: all of them start at 1 on the right.
    once = frame.transform_calculate(
        meaning=grammar.outcome("datum.first"),
        factor="'weights × ' + datum.c",
        says="'gradient at layer 1: × ' + (" + grammar.number("datum.first") + ")",
    ).encode(x=alt.value("width"))
    style = {"align": "right", "baseline": "top", "dx": -8}
    factor = once.mark_text(fontSize=22, fontWeight="bold", **style).encode(
        y=alt.value(152), text=grammar.text("factor")
    )
    says = once.mark_text(fontSize=grammar.LABEL_SIZE + 1, **style).encode(
        y=alt.value(180), text=grammar.text("says")
    )
    return [line, dots, factor, says]


def accuracies() -> alt.LayerChart:
    """Held-out digits right over the steps of training.

    Rows: `step`, `share`, `low`, `high` (the middle half of the draws), `says`, `yours`, whether it
    is the dragged one. The table `names`: `step`, its height `share`, `says`. The table `halts`:
    `step`, `share`, `says` and its `row` among them. All with `network` and `meaning`.
    """
    # two lines, as on the chart beside it, so that their axes are level
    title = ["step of training", "(32 digits each)"]
    x = grammar.count_x("step", title, 200, every=50, room=62)
    y = grammar.shares_y("share", "held-out digits right", room=0.14)
    curve = grammar.right_by_step("network", "weights").properties(name=beside.MAIN)
    band = (
        alt.Chart()
        .mark_area(opacity=0.15, clip=True)
        .encode(
            detail=alt.Detail("network", type="nominal"), y=alt.Y(field="low"), y2=alt.Y2("high")
        )
    )
    rule, guessing = grammar.guessing(0, 200, "right")
    return grammar.layered(
        rule,
        band,
        curve,
        guessing,
        grammar.names("says"),
        *_halts(),
        x=x,
        y=y,
        height=theme.MAIN_HEIGHT,
    )


def _halts() -> list[alt.Chart]:
    """Where the numbers ended: a cross, a rule up from it, and the words at the top."""
    rows = alt.Chart(alt.NamedData("halts")).transform_calculate(top="1.1 - 0.055 * datum.row")
    rule = rows.mark_rule(strokeDash=[2, 2]).encode(y2=alt.Y2("top"))
    cross = rows.mark_point(size=150, **grammar.CROSS)
    words = rows.mark_text(align="left", dx=5, fontSize=grammar.LABEL_SIZE)
    words = words.encode(y=alt.Y(field="top"), text=grammar.text("says"))
    return [rule, cross, words]


def ledger() -> alt.LayerChart:
    """What the slopes and the weights made of the gradient between the last layer and the first.

    Rows: `network`; `part` "slopes" or "weights" with a bar from `start` to `end`, "gradient" with
    a point at `end`; `says` and `meaning`.
    """
    x = grammar.powers_x("start", "factor from the last layer to layer 1", -12, 12, every=4)
    y = alt.Y(
        "network", type="nominal", sort=None, axis=alt.Axis(title="weights", labelFontSize=15)
    )
    parts = ["slopes", "weights", "gradient"]
    rows = alt.Chart()
    bars = rows.transform_filter("datum.part != 'gradient'").mark_bar(height=9, clip=True)
    bars = bars.encode(x2=alt.X2("end"))
    dots = rows.transform_filter("datum.part == 'gradient'").mark_point(
        size=110, filled=True, opacity=1, clip=True
    )
    right = rows.transform_calculate(edge="max(datum.start, datum.end)")
    names = right.mark_text(align="left", dx=7, fontSize=grammar.LABEL_SIZE - 1).encode(
        x=alt.X(field="edge"), text=grammar.text("says")
    )
    return grammar.layered(
        bars,
        dots,
        names,
        x=x,
        y=y,
        yOffset=alt.YOffset("part", type="nominal", scale=alt.Scale(domain=parts)),
        height=theme.SMALL_HEIGHT,
    )
