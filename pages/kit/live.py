"""Charts that follow a drag in the browser, without the server.

A live control is a Vega selection bound to a range input. Two ways to use it in a builder:

- closed formula: `follow(control)` gives the selection and a parameter with the current value, to
  be used in expressions over `alt.sequence(…)`;
- frames: the core computes every frame at once; a table holds one row per frame, with the points
  of each line packed into a text (`pack`), and `transform_filter(selection)` followed by
  `unpack(…)` turns the one row of the current frame into points. The browser then filters some
  hundred rows instead of tens of thousands.

During a drag nothing is sent. When it rests, one rerun brings the value to Python and into the
address. The chart must not be embedded anew under the reader's hand, so its spec keeps the value
it was first drawn with until something else than the drag moves the control.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pages.kit import controls, parts, specs
from pages.kit.controls import Choice, Panel, Range
from pages.kit.parts import Values


@dataclass(frozen=True)
class Live:
    """A live control inside a chart: `selection` filters frames, `value` is its expression."""

    selection: alt.Parameter
    value: alt.Parameter


def follow(control: Range, *, on: str | None = None) -> Live:
    """The selection bound to a control's range input, and its current value.

    `on` names the events on a mark that carries the control's field and set it too: a handle.
    """
    direct = {} if on is None else {"on": on, "clear": False, "toggle": False}
    selection = alt.selection_point(
        name=f"live_{control.name}",
        fields=[control.name],
        # one dict per field: a bare binding becomes a text box in layered charts
        bind={
            control.name: alt.binding_range(
                min=control.low, max=control.high, step=control.step, name=f"{control.label} "
            )
        },
        value=[{control.name: control.default}],
        **direct,
    )
    field = f"{selection.name}.{control.name}"
    value = alt.param(
        name=control.name,
        expr=f"isArray({field}) ? {field}[0] : isValid({field}) ? {field} : {control.default}",
    )
    return Live(selection, value)


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


def pack(rows: np.ndarray, form: str = ".3f") -> list[str]:
    """Each row of numbers as one text, for a table with one row per frame.

    `form` says how a number is written; by its decimals, or where sizes differ much by its
    digits (".6g").

    Vega has no list columns of Arrow tables to flatten, but it splits texts. A missing point is
    written as `x`, which `unpack` turns into a gap; so are infinities and NaN.
    """
    rows = np.asarray(rows, dtype=float)
    form = " ".join([f"%{form}"] * rows.shape[-1])  # per row: twice as fast as per number
    texts = [form % tuple(row) for row in rows.tolist()]
    return [t.replace("-inf", "x").replace("inf", "x").replace("nan", "x") for t in texts]


def unpack(chart: alt.Chart, *columns: str, index: str = "i") -> alt.Chart:
    """Turn the packed columns of the current frame into points, numbered 0, 1, … by `index`."""
    texts = [f"_{column}" for column in columns]
    chart = chart.transform_calculate(
        **{text: f"split(datum.{column}, ' ')" for text, column in zip(texts, columns, strict=True)}
    ).transform_flatten(texts, list(columns))
    chart = chart.transform_window([alt.WindowFieldDef(**{"op": "row_number", "as": index})])
    numbers = {column: f"toNumber(datum.{column})" for column in columns}  # NaN of an x
    return chart.transform_calculate(**{index: f"datum.{index} - 1"}, **numbers)


@dataclass(frozen=True)
class _Embedded:
    """How a live chart stands in the browser: what it was drawn with, and where it rests."""

    start: dict[str, float]
    rest: dict[str, float]
    epoch: int
    picked: dict[str, dict] = field(default_factory=dict)  # the last click, by control


def show(
    builder,
    frame,
    at: Values,
    *,
    panel: Panel,
    live: tuple[str, ...],
    alt_text: str,
    picks: tuple[str, ...] = (),
    **others: pd.DataFrame,
) -> None:
    """Draw a live chart, and take its controls' values over when a drag rests.

    `builder` takes no data and follows each `panel[name]` for the names in `live`; a click sets
    each `panel[name]` for the names in `picks`. `at` are the values of the part that the chart is
    drawn in: when a drag rests, that part and whatever else has read the control run anew. `others`
    are the tables, by name, that the chart has besides the frame.
    """
    chart = f"{panel.page}.{builder.__name__}"
    values = {name: getattr(at, name) for name in live}
    embedded = st.session_state.get(f"{chart}.embedded") or _Embedded(values, values, 0)
    if embedded.rest != values:  # a preset, a typed number or a link moved them, not the drag
        embedded = _Embedded(start=values, rest=values, epoch=embedded.epoch + 1)
    st.session_state[f"{chart}.embedded"] = embedded
    key = f"{chart}.live.{embedded.epoch}"
    st.vega_lite_chart(
        spec=_starting_at(specs.with_tables(builder, frame, **others), embedded.start),
        key=key,
        on_select=partial(_take_over, chart, key, panel, picks),
        alt=alt_text,
    )
    parts.chart_sent()


def _starting_at(spec: dict, start: dict[str, float]) -> dict:
    values = {f"live_{name}": [{name: value}] for name, value in start.items()}
    params = [
        param | {"value": values[param["name"]]} if param["name"] in values else param
        for param in spec["params"]
    ]
    return spec | {"params": params}


def _take_over(chart: str, key: str, panel: Panel, picks: tuple[str, ...]) -> None:
    embedded = st.session_state[f"{chart}.embedded"]
    selection = st.session_state[key].selection
    rest, picked, moved = dict(embedded.rest), dict(embedded.picked), {}
    for name in rest:
        chosen = selection.get(f"live_{name}")
        if chosen:
            rest[name] = moved[name] = panel[name].parse(chosen[0].get(name))
    for name in picks:
        clicked = selection.get(f"pick_{name}")
        if clicked and clicked[0] != picked.get(name):
            picked[name] = clicked[0]
            moved[name] = panel[name].parse(clicked[0].get(name))
    st.session_state[f"{chart}.embedded"] = replace(embedded, rest=rest, picked=picked)
    controls.move(panel, moved)
