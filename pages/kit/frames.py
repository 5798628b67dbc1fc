"""The frames of a live drag: what a chart's builder and its tables need for them.

A live control is a parameter of its chart, bound to a range input. Two ways to use it in a builder:

- closed formula: `param(control)` is the parameter, to be used by the control's name in expressions
  over `alt.sequence(…)`;
- frames: the core computes every frame at once; a table holds one row per frame, with the points
  of each line packed into a text (`pack`), and `frame_of(control)` followed by `unpack(…)` turns
  the one row of the current frame into points. The browser then filters some hundred rows instead
  of tens of thousands.

`live.py` draws such a chart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt

from pages.kit import beside, grammar
from pages.kit.panels import Choice, Range


@dataclass(frozen=True)
class Clock:
    """Moves a parameter that has an input, every so often, to what an expression says.

    A live control is moved only while the parameter `plays` is true: from where `begins` says when
    it becomes so, and as long as `lasts` says. Where the control stands when it ends is reported.
    Any other parameter becomes what `then` says whenever the control `after` moves.
    """

    param: str
    milliseconds: int
    update: str
    plays: str = ""
    begins: str = ""
    lasts: str = "true"
    after: str = ""
    then: str = ""

    @property
    def beat(self) -> dict[str, Any]:
        """The event of each move."""
        return {"type": "timer", "throttle": self.milliseconds}


def param(control: Range) -> alt.Parameter:
    """The parameter that a control's range input moves.

    The number of one with a base is the exponent: its name says so to who hears both.
    """
    to_the_power = "" if control.base is None else f", {control.base:g} to the power of"
    range_input = alt.binding_range(
        min=control.low, max=control.high, step=control.step, name=f"{control.label}{to_the_power} "
    )
    return alt.param(name=control.name, bind=range_input, value=control.default)


def reading(control: Range) -> alt.TitleParams:
    """What a control with a base is set to, as its power, right above its range input.

    The number that a range input shows itself is the exponent; style.css hides it.
    """
    power = f"pow({control.base}, {control.name})"
    if control.whole and control.base == 10:
        power = grammar.power_of_ten(control.name)
    elif control.whole:
        power = f"{control.name} < 0 ? '1/' + format(1 / {power}, ',') : format({power}, ',')"
    else:
        power = f"format({power}, ',.3~r')"
    return alt.TitleParams(
        text=alt.ExprRef(f"'{control.label} = ' + ({power})"),
        orient="bottom",
        anchor="start",
        fontSize=16,
        offset=8,
    )


def frame_of(control: Range, rows: alt.Chart | None = None) -> alt.Chart:
    """The row of the current frame, of the chart's frames or of other rows."""
    rows = alt.Chart() if rows is None else rows
    return rows.transform_filter(f"datum.{control.name} == {control.name}")


def by_layer(frame: alt.Chart, *columns: str) -> alt.Chart:
    """The packed columns of the current frame as points of the layers 1, 2, …, in `layer`."""
    return unpack(frame, *columns).transform_calculate(layer="datum.i + 1")


def main_line(frame: alt.Chart, end: alt.Chart) -> list[alt.Chart]:
    """By layer the frame's `line`, with the middle half of the networks, `low` to `high`, shaded.

    `end` is where it arrives, at layer 1: a dot there, or `beyond`, in words, off the axis.
    """
    rows = by_layer(frame, "line", "low", "high")
    rows = rows.transform_calculate(value=grammar.number("datum.line"))
    band = rows.mark_area(opacity=0.2, clip=True).encode(y=alt.Y(field="low"), y2=alt.Y2("high"))
    line = rows.mark_line(strokeWidth=3.5, clip=True).properties(name=beside.MAIN)
    line = line.encode(tooltip=grammar.tooltip(layer="layer", value="relative to the last"))
    dot = end.transform_filter("!isValid(datum.beyond)").mark_point(
        size=130, filled=True, opacity=1
    )
    gone = end.transform_filter("isValid(datum.beyond)")
    beyond = gone.mark_text(fontSize=18, fontWeight="bold").encode(text=grammar.text("beyond"))
    return [band, line, dot, beyond]


def pick(control: Choice) -> alt.Parameter:
    """The selection that a click on a mark makes, to set a control to what the mark stands for.

    The mark's rows carry the option's name in a column named like the control, and in `chosen`
    the option that is set now, so that the same mark can be clicked again after it was left.
    """
    return alt.selection_point(
        name=f"pick_{control.name}",
        fields=[control.name, "chosen"],
        on="click",
        clear=False,
        toggle=False,
    )


READ = ".6f"  # of log₁₀ x: x is right to three digits when a label or a tooltip says it


def pack(rows: npt.ArrayLike, form: str = ".3f") -> list[str]:
    """Each row of numbers as one text, for a table with one row per frame.

    `form` says how a number is written; by its decimals (`READ` where it is read as a number and
    not only drawn), or where sizes differ much by its digits (".6g").

    Vega has no list columns of Arrow tables to flatten, but it splits texts. A missing point is
    written as `x`, which `unpack` turns into a gap; so are infinities and NaN.
    """
    rows = np.asarray(rows, dtype=float)
    form = " ".join([f"%{form}"] * rows.shape[-1])  # per row: twice as fast as per number
    texts = [form % tuple(row) for row in rows.tolist()]
    return [t.replace("-inf", "x").replace("inf", "x").replace("nan", "x") for t in texts]


def unpacked(texts: Iterable[str]) -> np.ndarray:
    """The numbers of texts that `pack` has written, (rows, numbers), NaN for an `x`."""
    return np.array([text.replace("x", "nan").split() for text in texts], dtype=float)


def unpack(chart: alt.Chart, *columns: str, index: str = "i") -> alt.Chart:
    """Turn the packed columns of the current frame into points, numbered 0, 1, … by `index`."""
    texts: list[Any] = [f"_{column}" for column in columns]
    chart = chart.transform_calculate(
        **{text: f"split(datum.{column}, ' ')" for text, column in zip(texts, columns, strict=True)}
    ).transform_flatten(texts, list(columns))
    counted: dict[str, Any] = {"op": "row_number", "as": index}
    chart = chart.transform_window([alt.WindowFieldDef(**counted)])
    numbers = {column: f"toNumber(datum.{column})" for column in columns}  # NaN of an x
    return chart.transform_calculate(**{index: f"datum.{index} - 1"}, **numbers)
