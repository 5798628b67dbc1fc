"""What all charts share: channels, axes in powers of ten, the meanings' colors, expressions.

Sizes of gradients are drawn as log₁₀ values on a linear axis that is labeled in powers of ten:
they span hundreds of decades, and a log scale would draw 0 and infinity as a flat line.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt

from pages.kit.theme import BAND, MEANINGS, SMALL_HEIGHT

LABEL_SIZE = 14
SUBNORMAL = float(np.log10(np.finfo(np.float64).smallest_normal))  # what is less is subnormal
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
    **channels,
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
    mantissa = f"format(pow(10, ({log10}) - floor({log10})), '.2f')"
    scientific = f"{mantissa} + '×10' + ({superscript(f'floor({log10})')})"
    plain = f"({log10}) < 2 ? format(pow(10, {log10}), '.3r') : format(pow(10, {log10}), ',.0f')"
    return f"!isFinite({log10}) ? '0' : ({log10}) >= -3 && ({log10}) < 5 ? ({plain}) : {scientific}"


def clamp(expr: str, low: float, high: float) -> str:
    """An expression's value, held between low and high."""
    return f"min(max({expr}, {low}), {high})"


def outcome(log10: str) -> str:
    """The meaning of a ratio that is 1 when all is well, as `theme.outcome`."""
    return f"({log10}) < {-BAND} ? 'vanishing' : ({log10}) > {BAND} ? 'exploding' : 'healthy'"


# Channels and layers ---------------------------------------------------------------------------


def powers_y(field: str, title: str, low: int, high: int, *, every: int, room: float = 0) -> alt.Y:
    """A vertical axis of log₁₀ values, labeled in powers of ten, with a fixed domain.

    `room` is for what stands above it.
    """
    return alt.Y(**_powers(field, title, low, high, every, room, gridOpacity=0.5))


def powers_x(field: str, title: str, low: int, high: int, *, every: int, **more) -> alt.X:
    """A horizontal axis of log₁₀ values, as `powers_y`."""
    return alt.X(**_powers(field, title, low, high, every, 0, grid=False), **more)


def _powers(field: str, title: str, low: int, high: int, every: int, room: float, **axis) -> dict:
    return {
        "shorthand": field,
        "type": "quantitative",
        "scale": alt.Scale(domain=[low, high + room], nice=False, zero=False),
        "axis": alt.Axis(
            title=title,
            values=list(range(low, high + 1, every)),
            labelExpr=power_of_ten("datum.value"),
            **AXIS,
            **axis,
        ),
    }


def off_the_axis(field: str, low: float, high: float, *, across: str) -> list[alt.Chart]:
    """What a vertical axis of log₁₀ values has no place for: exact 0 at its foot, ∞ at its head.

    No scale can draw them, and left out they would be missed. A cross for each row of `field` that
    is −∞ or ∞, and at the first along the field `across` of the horizontal axis what it is. So are
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
    cross = rows.mark_point(shape="cross", angle=45, size=60, filled=True, opacity=1, aria=False)
    grouped: Any = {"groupby": ["edge_says"]}
    first = rows.transform_joinaggregate(foremost=f"min({across})", **grouped)
    word = first.transform_filter(f"datum.{across} == datum.foremost").mark_text(
        dx=12, fontSize=LABEL_SIZE, fontWeight="bold", aria=False
    )
    return [
        cross.encode(**at),
        word.encode(text=alt.Text("edge_says", type="nominal"), **at),
    ]


def count_x(field: str, title: str | list[str], high: int, *, every: int, room: int = 0) -> alt.X:
    """A horizontal axis of counts from 0 to `high`, with `room` at its end for lines' labels."""
    return alt.X(
        field,
        type="quantitative",
        scale=alt.Scale(domain=[0, high + room], nice=False),
        axis=alt.Axis(title=title, values=list(range(0, high + 1, every)), grid=False, **AXIS),
    )


def shares_y(field: str, title: str, *, room: float = 0, digits: str = "") -> alt.Y:
    """A vertical axis of shares from 0 to 100 %, with `room` above for what stands there."""
    return alt.Y(
        field,
        type="quantitative",
        scale=alt.Scale(domain=[0, 1 + room], nice=False),
        axis=alt.Axis(
            title=title,
            format=f"{digits}%",
            values=[0, 0.25, 0.5, 0.75, 1],
            gridOpacity=0.5,
            **AXIS,
        ),
    )


def right_by_way(title: str) -> alt.LayerChart:
    """Held-out digits named right after training, a point per seed and a bar at the median.

    Rows: `way`, `accuracy`, `median`, `meaning`, `says`. `title` says what the ways are.
    """
    x = alt.X(
        "accuracy",
        type="quantitative",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(
            title="held-out digits named right",
            format="%",
            values=[0, 0.25, 0.5, 0.75, 1],
            **AXIS,
        ),
    )
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
    dots = rows.mark_point(size=50, filled=True, opacity=0.7, clip=True)
    bar = rows.mark_tick(thickness=3, size=22).encode(x=alt.X(field="median"))
    return layered(dots, bar, x=x, y=y, height=SMALL_HEIGHT)


def right_by_step(series: str, title: str) -> alt.Chart:
    """Held-out digits named right over the steps of training, a line per option of `series`.

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
            alt.Tooltip("says", type="nominal", title="named right"),
        ],
    )


# Panels ----------------------------------------------------------------------------------------

WIDE = "width > 560"


def wide(there: str, else_: str) -> alt.ExprRef:
    """An expression where there is room, and another on a phone."""
    return alt.ExprRef(f"{WIDE} ? {there} : {else_}")


def placed(field, title, domain, span, values, /, *, labels="datum.label", **axis):
    """Scale and axis of what takes only a part of the view: of `alt.X` or `alt.Y`."""
    return {
        "shorthand": field or alt.Undefined,
        "type": "quantitative",
        "scale": alt.Scale(domain=list(domain), range=span, nice=False, zero=False),
        "axis": alt.Axis(
            title=title, values=values, labelExpr=labels, **({"grid": False} | AXIS | axis)
        ),
    }


@dataclass(frozen=True)
class Pane:
    """A panel with axes of its own that takes a part of the view.

    Panels stand side by side where there is room and one above the other on a phone, all in one
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

    def x(self, field: str | None, title, domain, values, /, **axis) -> alt.X:
        """Its horizontal axis, at its foot."""
        axis = {"orient": "bottom", "offset": self._height(1, "- height")} | axis
        return alt.X(**placed(field, title, domain, [self.left, self.right], values, **axis))

    def y(self, field: str | None, title, domain, values, /, **axis) -> alt.Y:
        """Its vertical axis, on its left."""
        axis = {"orient": "left", "offset": wide(f"-{self.across[0]} * width", "0")} | axis
        return alt.Y(**placed(field, title, domain, [self.bottom(), self.top()], values, **axis))


def healthy_band(*, left: float, right: float, label: str) -> alt.LayerChart:
    """The green band in which a ratio has kept its size, with its name on it."""
    # one made-up row, so that the frame stays the only data of the spec
    base = colored(alt.Chart(alt.sequence(0, 1)), "healthy").transform_calculate(
        left=str(left), right=str(right), low=str(-BAND), high=str(BAND), label=f"'{label}'"
    )
    area = base.mark_rect(opacity=0.13).encode(
        x=alt.X(field="left"), x2=alt.X2("right"), y=alt.Y(field="low"), y2=alt.Y2("high")
    )
    name = base.mark_text(align="right", baseline="top", dx=-6, dy=4, fontSize=LABEL_SIZE).encode(
        x=alt.X(field="right"), y=alt.Y(field="low"), text=alt.Text("label", type="nominal")
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
