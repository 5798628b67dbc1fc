"""The frame around every page: header, charts, notes, more, recall, link, previous and next."""

import inspect
import weakref
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path

import pandas as pd
import pyarrow as pa
import streamlit as st

from pages.kit import address, controls, parts, site
from pages.kit.controls import Panel
from pages.kit.kept import kept

_FRAME = "frame"  # the name of the data in every spec
_LOOKS = ("scale", "axis", "legend")  # of a channel, for all layers that share them
# Of an axis, for each layer: without them its marks would be described in another format, and the
# axis would count its ticks.
_OF_EACH = ("format", "values")
_STYLE = Path(__file__).with_name("style.css")


def header(panel: Panel) -> None:
    """Title and claim, a line each; a word where the link asked for what the page has not."""
    site.ensure_started()
    st.html(_STYLE)
    here = site.info(panel.page)
    address.arrive(panel)
    controls.begin(panel)
    st.markdown(f"# {here.title}\n\n{here.claim}")
    if address.link_was_corrected():
        st.caption(
            "The link asked for a value that this page does not have. "
            "The nearest one, or the default, is set instead."
        )


@kept(64)
def built(builder: Callable) -> dict:
    """A builder's chart as a dict that draws the frame, made once per process.

    Altair takes 0.1 to 0.4 s for one; validation, which the tests do, would add as much.
    """
    return said_once(inheriting(builder().to_dict(validate=False))) | {"data": {"name": _FRAME}}


def inheriting(spec: dict) -> dict:
    """The spec without Altair's marks for absent data, so that its layers draw the frame."""
    kept = {key: part for key, part in spec.items() if (key, part) != ("data", {"name": "empty"})}
    if "layer" in kept:
        kept["layer"] = [inheriting(layer) for layer in kept["layer"]]
    return kept


def said_once(spec: dict, said: dict[str, dict] | None = None) -> dict:
    """The spec with each scale and axis in the first layer that has it, and not in all that share
    it: it is drawn the same, and a third to a half shorter whenever it is sent.

    `said` is what the layers before have said, by channel.
    """
    said = {} if said is None else said
    if "layer" in spec:
        apart = spec.get("resolve", {}).get("scale", {})  # no layer shares these
        layers = []
        for layer in spec["layer"]:
            inside = {channel: look for channel, look in said.items() if channel not in apart}
            layers.append(said_once(layer, inside))
            said |= {channel: look for channel, look in inside.items() if channel not in apart}
        return spec | {"layer": layers}
    shortened = {}
    for channel, definition in spec.get("encoding", {}).items():
        look = {key: definition[key] for key in _LOOKS if key in definition}
        if isinstance((look.get("scale") or {}).get("domain"), list):  # else of the layer's data
            if channel in said and said[channel] == look:
                definition = {key: v for key, v in definition.items() if key not in _LOOKS}
                axis = look.get("axis") or {}
                if axis := {key: axis[key] for key in _OF_EACH if key in axis}:
                    definition["axis"] = axis
            else:
                said.setdefault(channel, look)
        shortened[channel] = definition
    return spec | ({"encoding": shortened} if shortened else {})


def spec(builder: Callable, frame: pd.DataFrame, **others: pd.DataFrame) -> dict:
    """A builder's chart as a dict, with the frame beside it, and other tables by their names.

    A spec that never changes keeps the drawing in the reader's browser while its data change, and a
    table that does not change keeps its marks.
    """
    tables = {_FRAME: frame} | others
    return built(builder) | {"datasets": {name: arrow(table) for name, table in tables.items()}}


@cache
def _tables() -> dict[int, tuple[weakref.ref, pa.Table]]:
    """What became of frames that are still kept somewhere, by their identity."""
    return {}


def arrow(frame: pd.DataFrame) -> pa.Table:
    """The frame's columns as they travel to the browser, without the index, which no chart reads.

    A text that most rows share is sent once: a packed line that every frame of a drag repeats
    would otherwise be most of the message. A frame that is kept, as cached frames are, is
    converted once; so it must not be changed in place.
    """
    tables, me = _tables(), id(frame)
    if me not in tables:
        table = pa.table({name: _compact(pa.array(column)) for name, column in frame.items()})
        tables[me] = weakref.ref(frame, lambda _: tables.pop(me, None)), table
    return tables[me][1]


def _compact(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    if column.null_count == len(column) or len(column.unique()) > len(column) / 2:
        return column
    return column.dictionary_encode()


def show(builder: Callable, frame: pd.DataFrame, *, key: str, alt_text: str) -> None:
    """Draw a chart: a builder that takes no data, and the tidy frame beside it."""
    st.vega_lite_chart(spec=spec(builder, frame), key=key, alt=alt_text)
    parts.chart_sent()


def part(panel: Panel, *, run_every: float | None = None) -> Callable:
    """A part of a page, as a function of the page's values: `@page.part(PANEL)`.

    It runs with the page, and by itself whenever a value changes that it has looked at, or every so
    many seconds.
    """

    def decorate(function: Callable) -> Callable:
        key = f"{panel.page}.{function.__name__}"

        @wraps(function)
        def run(*args):
            return function(controls.read(panel, key), *args)

        return parts.fragment(run, key=key, run_every=run_every)

    return decorate


def notice(lines: Iterable[str]) -> None:
    """What to notice, a line each."""
    st.markdown("## What to notice\n\n" + "\n".join(f"- {line}" for line in lines))


def more(panel: Panel, **titles: str) -> str | None:
    """What there is beyond the article, as a row of titles: the name of the one that is open.

    Each page has its `source` and its `data` there too. Only what is open is made:
    `if more == "source": …`. One row and not a box for each, as every box of a page costs the
    reader's browser time whenever a control moves.
    """
    titles |= {"source": "The NumPy that ran", "data": "The data"}
    return st.pills("More", list(titles), format_func=titles.get, key=f"{panel.page}.more")


def source(*functions: Callable) -> None:
    """The NumPy that ran."""
    for function in functions:
        st.caption(f"`{function.__module__}.{function.__qualname__}`")
        st.code(inspect.getsource(function), language="python")


def download(frame: pd.DataFrame, name: str) -> None:
    """The data behind a chart, as CSV."""
    st.download_button(
        "Data as CSV",
        lambda: frame.to_csv(index=False),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def recall(question: str, answer: str) -> None:
    """One question about the page before, and its answer when asked for."""
    st.markdown(f"**From the page before.** {question}")
    with st.popover("The answer"):
        st.markdown(answer)


@parts.fragment
def _link(panel: Panel) -> None:
    # opening it reruns it, so that it knows of what moved other parts only
    with st.popover("Link to this state", key=f"{panel.page}.link", on_change="rerun"):
        st.markdown("This address holds the value of every control on the page.")
        st.code(address.link(panel), language=None, wrap_lines=True)


def footer(panel: Panel) -> None:
    """A link that holds the whole state, then the pages before and after."""
    address.follow(panel)
    _link(panel)
    before, after = site.neighbors(panel.page)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if before:
            site.link(before, f"← {before.title}")
        if after:
            site.link(after, f"{after.title} →")
