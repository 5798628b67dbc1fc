"""What all charts share: channels, axes in powers of ten, the meanings' colors, expressions.

Sizes of gradients are drawn as log₁₀ values on a linear axis that is labeled in powers of ten:
they span hundreds of decades, and a log scale would draw 0 and infinity as a flat line.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd

from pages.kit.theme import BAND, MEANINGS, SMALL_HEIGHT

Title = str | Sequence[str] | None  # of an axis, in one line or several
Ends = Sequence[Any]  # of an axis: numbers, or expressions
Values = Iterable[float] | None  # at which an axis is labeled
LABEL_SIZE = 14
SUBNORMAL = float(np.log10(np.finfo(np.float64).smallest_normal))  # what is less is subnormal
_QUARTERS = [0, 0.25, 0.5, 0.75, 1]
AXIS: dict[str, Any] = {"labelFontSize": 13, "titleFontSize": 14}  # of every axis
# Of every mark, by its row's meaning; the scale's range is the theme's, in light and in dark.
_COLOR = alt.Color("meaning", type="nominal", scale=alt.Scale(domain=list(MEANINGS)), legend=None)


def colored(chart: alt.Chart, meaning: str) -> alt.Chart:
    """The chart with its marks in the color of one meaning."""
    assert meaning in MEANINGS, meaning
    return chart.transform_calculate(meaning=f"'{meaning}'")


def layered(
    *layers: alt.Chart | alt.LayerChart,
    height: int,
    params: Iterable[alt.Parameter] = (),
    independent: Iterable[str] = (),
    title: alt.TitleParams | None = None,
    **channels: Any,
) -> alt.LayerChart:
    """The layers as one chart as wide as its page, with `independent` scales for each.

    Its `channels` are for all layers, as is the color of each row's `meaning`. A layer that has
    another field on one of them names that alone, `alt.X(field=…)`: scale, axis and type stay the
    chart's. Where a layer goes without a channel, the chart's has no field, and the others name it.

    Made in one go, as each method of a layered chart would copy all of its layers again: that took
    most of the time that a server needs for its first charts.
    """
    scales: dict[str, Any] = dict.fromkeys(independent, "independent")
    chart: Any = alt.layer(
        *layers,
        height=height,
        width="container",
        padding={"right": 4},  # a last label stands flush with the axis, to the pixel
        params=[param.param for param in params],
        encoding=alt.SharedEncoding(**{"color": _COLOR} | channels),
        **({"title": title} if title else {}),
        **({"resolve": alt.Resolve(scale=alt.ScaleResolveMap(**scales))} if scales else {}),
    )
    return chart


# Expressions of Vega --------------------------------------------------------------------------


def superscript(expr: str) -> str:
    """An expression's whole number in raised digits."""
    text = f"format({expr}, 'd')"
    text = f"replace(replace({text}, '-', '⁻'), '\\u2212', '⁻')"
    for plain, raised in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True):
        text = f"replace({text}, regexp('{plain}', 'g'), '{raised}')"
    return text


def power_of_ten(expr: str) -> str:
    """10⁻¹² for −12, and 1 for 0."""
    return f"({expr}) == 0 ? '1' : '10' + ({superscript(expr)})"


def number(log10: str) -> str:
    """The number 10**log10 as `theme.number` writes it."""
    exponent = f"floor({log10} + {math.log10(10 / 9.995)})"  # 9.996 rounds to 10.00: 1.00×10
    mantissa = f"format(pow(10, ({log10}) - {exponent}), '.2f')"
    scientific = f"{mantissa} + '×10' + ({superscript(exponent)})"
    plain = f"({log10}) < 2 ? format(pow(10, {log10}), '.3r') : format(pow(10, {log10}), ',.0f')"
    return f"!isFinite({log10}) ? '0' : ({log10}) >= -3 && ({log10}) < 5 ? ({plain}) : {scientific}"


def clamp(expr: str, low: float | str, high: float | str) -> str:
    """An expression's value, held between low and high, numbers or expressions."""
    return f"min(max({expr}, {low}), {high})"


def outcome(log10: str) -> str:
    """The meaning of a ratio that is 1 when all is well, as `theme.outcome`."""
    return f"({log10}) < {-BAND} ? 'vanishing' : ({log10}) > {BAND} ? 'exploding' : 'healthy'"


def beyond(log10: str, low: float, high: float) -> str:
    """Where a line goes that leaves its axis, after a number, as `theme.beyond`."""
    return f"({log10}) > {high} ? ' ↑' : ({log10}) < {low} ? ' ↓' : ''"


# Axes ------------------------------------------------------------------------------------------


def linear_x(
    field: str | None, title: Title, domain: Ends, values: Values = None, /, **axis: Any
) -> alt.X:
    """A horizontal axis of exactly this domain, labeled at `values`.

    Of no field where the layers have one each. `span` is where it begins and ends if not with the
    view; the rest is for `alt.Axis`.
    """
    return alt.X(**_linear(field, title, domain, values, **{"grid": False} | axis))


def linear_y(
    field: str | None, title: Title, domain: Ends, values: Values = None, /, **axis: Any
) -> alt.Y:
    """A vertical axis of exactly this domain, as `linear_x`, with faint lines across."""
    return alt.Y(**_linear(field, title, domain, values, **{"gridOpacity": 0.5} | axis))


def _linear(
    field: str | None,
    title: Title,
    domain: Ends,
    values: Values,
    /,
    *,
    span: Sequence[Any] | None = None,
    **axis: Any,
) -> dict[str, Any]:
    at = alt.Undefined if values is None else list(values)
    scale = {"domain": list(domain), "range": span or alt.Undefined, "nice": False, "zero": False}
    return {
        "shorthand": field or alt.Undefined,
        "type": "quantitative",
        "scale": alt.Scale(**scale),
        "axis": alt.Axis(title=title, values=at, **AXIS | axis),
    }


def powers_y(field: str, title: str, low: int, high: int, *, every: int, room: float = 0) -> alt.Y:
    """A vertical axis of log₁₀ values, labeled in powers of ten.

    `room` is for what stands above it.
    """
    values = range(low, high + 1, every)
    return linear_y(field, title, (low, high + room), values, labelExpr=power_of_ten("datum.value"))


def powers_x(field: str, title: str, low: int, high: int, *, every: int) -> alt.X:
    """A horizontal axis of log₁₀ values, as `powers_y`."""
    values = range(low, high + 1, every)
    return linear_x(field, title, (low, high), values, labelExpr=power_of_ten("datum.value"))


def toward_the_input(title: str) -> list[str]:
    """An axis's title, and below it which way the gradient travels on an axis of layers."""
    return [title, "← the gradient travels toward the input"]


def count_x(field: str, title: str | list[str], high: int, *, every: int, room: int = 0) -> alt.X:
    """A horizontal axis of counts from 0 to `high`, with `room` at its end for lines' labels."""
    return linear_x(field, title, (0, high + room), range(0, high + 1, every))


def whole_x(
    field: str,
    title: str | list[str],
    low: float | alt.ExprRef,
    high: float | alt.ExprRef,
    /,
    **axis: Any,
) -> alt.X:
    """A horizontal axis of whole numbers, labeled wherever there is room."""
    return linear_x(field, title, (low, high), tickMinStep=1, **axis)


def from_frame(column: str, default: float) -> alt.ExprRef:
    """An axis's end that is no constant: what the frame's first row says of it.

    To let the axis follow its rows, and reach a least end, has the browser warn once per layer.
    """
    return alt.ExprRef(f"length(data('frame')) ? data('frame')[0].{column} : {default:g}")


def shares_y(field: str, title: str, *, room: float = 0, digits: str = "") -> alt.Y:
    """A vertical axis of shares from 0 to 100 %, with `room` above for what stands there."""
    return linear_y(field, title, (0, 1 + room), _QUARTERS, format=f"{digits}%")


# Marks and what they show ------------------------------------------------------------------------

CROSS: dict[str, Any] = {  # where something ends
    "shape": "cross",
    "angle": 45,
    "filled": True,
    "opacity": 1,
}


def text(field: str) -> alt.Text:
    """The text of each row's mark."""
    return alt.Text(field, type="nominal")


def tooltip(**titles: str) -> list[alt.Tooltip]:
    """What a mark shows to who points at it: the columns as they are, each under its title."""
    return [alt.Tooltip(field, type="nominal", title=title) for field, title in titles.items()]


def box(left: str, right: str, low: str, high: str) -> dict[str, Any]:
    """The channels of a rectangle from `left` to `right` and from `low` to `high`."""
    return {
        "x": alt.X(field=left),
        "x2": alt.X2(right),
        "y": alt.Y(field=low),
        "y2": alt.Y2(high),
    }


def level(height: str, right: str = "right") -> dict[str, Any]:
    """The channels of a level rule from `left` to `right`."""
    return {"x": alt.X(field="left"), "x2": alt.X2(right), "y": alt.Y(field=height)}


def once(meaning: str, **values: object) -> alt.Chart:
    """One made-up row of expressions or numbers, so that a spec's only data are its tables."""
    row = colored(alt.Chart(alt.sequence(0, 1)), meaning)
    return row.transform_calculate(**{name: str(value) for name, value in values.items()})


def guessing(left: float, right: float, align: str) -> list[alt.Chart]:
    """The share of ten digits that guessing names right: a rule, and its name under one end of it.

    The rule goes beneath the lines, the name over them, which it breaks.
    """
    base = once("reference", share=0.1, name="'guessing'", left=left, right=right)
    rule = base.mark_rule(strokeDash=[3, 3]).encode(x=alt.X(field="left"), x2=alt.X2("right"))
    style = {"align": align, "dx": 6 if align == "left" else 0, "dy": 13}
    name = base.mark_text(fontSize=LABEL_SIZE - 1, **style)
    name = name.encode(x=alt.X(field=align), text=text("name"))
    return [rule, name.properties(name="haloed_guessing")]


def names(field: str = "name", **style: Any) -> alt.Chart:
    """The lines' names, each to the right of where it stands: the table `names` (`line_names`)."""
    style = {"align": "left", "dx": 6, "fontSize": LABEL_SIZE} | style
    return alt.Chart(alt.NamedData("names")).mark_text(**style).encode(text=text(field))


def in_corner(*rows: alt.Chart, **style: Any) -> list[alt.Chart]:
    """The `text` of each, one above the other in the lower left corner, the last at its foot.

    Each breaks the lines beneath it.
    """
    style = {"align": "left", "baseline": "bottom", "dx": 10, "fontSize": LABEL_SIZE} | style
    return [
        chart.mark_text(dy=-8 - 19 * row, **style)
        .encode(x=alt.value(0), y=alt.value("height"), text=text("text"))
        .properties(name=f"haloed_key_{row}")
        for row, chart in reversed(list(enumerate(reversed(rows))))
    ]


def readout(
    frame: alt.Chart, right: str, lines: Iterable[tuple[str, Any, str | int, str]]
) -> list[alt.Chart]:
    """Words that end at `right`, one below the other: of each its field, size, weight, and height
    on the vertical axis; `right` and the heights are expressions."""
    return [
        frame.transform_calculate(says_at=height, says_to=right)
        .mark_text(fontSize=size, fontWeight=weight, align="right", baseline="top", dx=-8)
        .encode(x=alt.X(field="says_to"), y=alt.Y(field="says_at"), text=text(field))
        for field, size, weight, height in lines
    ]


def off_the_axis(field: str, low: float, high: float, *, along: str) -> list[alt.Chart]:
    """What a vertical axis of log₁₀ values has no place for: exact 0 at its foot, ∞ at its head.

    No scale can draw them, and left out they would be missed. A cross for each row of `field` that
    is −∞ or ∞, and at the first along the field `along` of the horizontal axis what it is. So are
    subnormal numbers, which have lost digits, at the foot; an axis that goes down to them has them
    in their place. What is no number, as the logarithm of what is negative, is a gap.
    """
    is_off = f"datum.{field} == 1 / 0 || datum.{field} == -1 / 0"
    if low > SUBNORMAL:
        is_off += f" || datum.{field} < {SUBNORMAL}"
    rows = alt.Chart().transform_filter(f"isNumber(datum.{field}) && ({is_off})")
    below = f"datum.{field} == -1 / 0 ? '0' : 'subnormal'"
    rows = rows.transform_calculate(
        edge=f"datum.{field} < 0 ? {low} : {high}",
        edge_says=f"datum.{field} < 0 ? ({below}) : '∞'",
    )
    at = {"y": alt.Y(field="edge")}
    cross = rows.mark_point(size=60, **CROSS)
    grouped: Any = {"groupby": ["edge_says"]}
    first = rows.transform_joinaggregate(foremost=f"min({along})", **grouped)
    word = first.transform_filter(f"datum.{along} == datum.foremost").mark_text(
        dy=alt.ExprRef(f"datum.{field} < 0 ? -12 : 14"),
        fontSize=LABEL_SIZE,
        fontWeight="bold",
    )
    return [
        cross.encode(**at),
        word.encode(text=text("edge_says"), **at),
    ]


def right_by_way(title: str) -> alt.LayerChart:
    """Held-out digits right after training, a point per seed and a bar at the median.

    Rows: `way`, `accuracy`, `median`, `meaning`, `says`. `title` says what the ways are.
    """
    x = linear_x("accuracy", "held-out digits right", (0, 1), _QUARTERS, format="%", grid=True)
    y = alt.Y(
        "way",
        type="nominal",
        sort=None,
        axis=alt.Axis(
            title=title,
            labelExpr="split(datum.label, ', ')",  # a line each: room for the dots on a phone
            labelLimit=150,
            **AXIS,
        ),
    )
    rows = alt.Chart()
    dots = rows.mark_point(size=50, filled=True, opacity=0.7, clip=True).encode(
        tooltip=tooltip(way=title, says="right")
    )
    bar = rows.mark_tick(thickness=3, size=22).encode(x=alt.X(field="median"))
    return layered(dots, bar, x=x, y=y, height=SMALL_HEIGHT)


def right_by_step(series: str, title: str) -> alt.Chart:
    """Held-out digits right over the steps of training, a line per option of `series`.

    Rows: `series`, `step`, `share`, `says`, and `yours`, whether it is the chosen one. `title` says
    what the series is.
    """
    line = alt.Chart().mark_line(clip=True)
    return line.encode(
        detail=alt.Detail(series, type="nominal"),
        strokeWidth=alt.condition("datum.yours", alt.value(4), alt.value(2)),
        tooltip=[
            alt.Tooltip(series, type="nominal", title=title),
            alt.Tooltip("step", type="quantitative", title="step"),
            alt.Tooltip("says", type="nominal", title="right"),
        ],
    )


# Panes -----------------------------------------------------------------------------------------

WIDE = "width > 560"
NARROW = "width < 280"  # on the smallest phones


def wide(there: str, else_: str) -> alt.ExprRef:
    """An expression where there is room, and another on a phone."""
    return alt.ExprRef(f"{WIDE} ? {there} : {else_}")


@dataclass(frozen=True)
class Pane:
    """A part of the view with axes of its own.

    Panes stand side by side where there is room and one above the other on a phone, all in one
    view: a view of its own for each would not stretch with the page. `across` and `down` are where
    it begins and ends, from the left and from the top, as shares of the view; `phone` is the latter
    on a phone, which it is as wide as. `head`: pixels kept free at its top.
    """

    across: tuple[float, float] = (0, 1)
    down: tuple[float, float] = (0, 1)
    phone: tuple[float, float] | None = None
    head: int = 0

    @property
    def left(self) -> alt.ExprRef:
        return wide(f"{self.across[0]} * width", "0")

    @property
    def right(self) -> alt.ExprRef:
        return wide(f"{self.across[1]} * width", "width")

    def top(self, shift: int = 0) -> alt.ExprRef:
        """Its top, or so many pixels below it."""
        return self._height(0, f"+ {self.head + shift}")

    def bottom(self, shift: int = 0) -> alt.ExprRef:
        """Its bottom, or so many pixels below it."""
        return self._height(1, f"+ {shift}")

    def _height(self, end: int, shift: str) -> alt.ExprRef:
        return wide(
            *(f"{down[end]} * height {shift}" for down in (self.down, self.phone or self.down))
        )

    def x(
        self, field: str | None, title: Title, domain: Ends, values: Values, /, **axis: Any
    ) -> alt.X:
        """Its horizontal axis, at its foot."""
        axis = {"orient": "bottom", "offset": self._height(1, "- height")} | axis
        return linear_x(field, title, domain, values, span=[self.left, self.right], **axis)

    def y(
        self, field: str | None, title: Title, domain: Ends, values: Values, /, **axis: Any
    ) -> alt.Y:
        """Its vertical axis, on its left."""
        axis = {
            "grid": False,
            "orient": "left",
            "offset": wide(f"-{self.across[0]} * width", "0"),
        } | axis
        return linear_y(field, title, domain, values, span=[self.bottom(), self.top()], **axis)


def healthy_area(rows: alt.Chart, left: str = "left", right: str = "right") -> alt.Chart:
    """Where a ratio has kept its size, in green, between these fields of its rows."""
    rows = rows.transform_calculate(low=str(-BAND), high=str(BAND))
    band = colored(rows, "healthy").mark_rect(opacity=0.13)
    return band.encode(**box(left, right, "low", "high"))


def healthy_band(*, left: float, right: float, label: str, names: float = 0) -> alt.LayerChart:
    """The same from `left` to `right`, with its name on it.

    At the right end lines may have `names`, which take so much room: on a phone its own keeps out.
    """
    at = f"width < 400 ? {right - names} : {right}"
    base = once("healthy", left=left, right=right, low=-BAND, label=f"'{label}'", at=at)
    area = healthy_area(base)
    name = base.mark_text(align="right", baseline="top", dx=-6, dy=4, fontSize=LABEL_SIZE).encode(
        x=alt.X(field="at"), y=alt.Y(field="low"), text=text("label")
    )
    return area + name


def apart(
    heights: npt.ArrayLike, gap: float, within: tuple[float, float] = (-np.inf, np.inf)
) -> np.ndarray:
    """The heights of labels (labels, …) moved apart, so that they do not overlap.

    By `gap` at least and in their order, each column by itself; none is moved out of `within`.
    """
    heights = np.asarray(heights, dtype=float)
    order = np.argsort(heights, axis=0, kind="stable")
    moved = np.take_along_axis(heights, order, axis=0)
    for _ in range(50):
        overlap = np.maximum(0, gap - np.diff(moved, axis=0)) / 2
        moved[:-1] -= overlap
        moved[1:] += overlap
    room = np.expand_dims(gap * np.arange(len(moved)), tuple(range(1, moved.ndim)))
    result = np.empty_like(moved)
    kept = np.clip(moved, within[0] + room, within[1] - room[::-1])
    np.put_along_axis(result, order, kept, axis=0)
    return result


def line_names(
    ends: pd.DataFrame | Sequence[Mapping[str, Any]], height: str, **places: Any
) -> pd.DataFrame:
    """The table `names`: the lines' ends, a row each with its name and meaning, and their heights,
    the column `height`, moved apart (see `apart`)."""
    rows = pd.DataFrame(ends)
    return rows.assign(**{height: apart(rows[height], **places)})
