"""What every page is made of: header, charts, notes, more, recall, link, previous and next."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any, Literal

import pandas as pd
import streamlit as st

from pages.kit import (
    address,
    beside,
    glossary,
    mode,
    predict,
    prose,
    site,
    specs,
    tables,
    theme,
    values,
    whole,
)
from pages.kit.panels import Panel
from pages.kit.values import Reading

LINK = "Link to this state"  # in the row of what there is beyond the article
_COLOR = r"\textcolor"
_SECTION = re.compile(r"^## ", re.M)
_UTF8 = "utf_8_sig"  # with the mark by which spreadsheets know it
_ON_ITS_WAY = 0.3  # seconds
NOW = "What the first chart shows now"
_ROWS, _TALLEST = 12, 480  # of a table that is not scrolled; pixels of one that is
_STYLE = Path(__file__).with_name("style.css")


def header(panel: Panel) -> None:
    """Title and claim, a line each, and what the first picture shows; a word where the link asked
    for what the page has not."""
    site.ensure_started()
    st.html(_STYLE)
    here = site.info(panel.page)
    address.read_url(panel)
    predict.arrive(panel)
    whole.say(f"# {here.title}\n\n{here.claim}\n\n{here.picture}")
    if address.link_was_corrected():
        st.caption(
            "The link asked for a value that this page does not have. "
            "The nearest one, or the default, is set instead."
        )
    if address.pin_was_refused():
        st.caption("The link asked for a pinned line that this page cannot draw. None is pinned.")


def write(text: str, *, width: int | Literal["stretch"] = "stretch", **says: object) -> None:
    """Draw Markdown, `says` put in by name (see `prose.fill`).

    A color of an equation is there by the name of its meaning. It is written as by day; `style.css`
    turns it when the page turns dark, as the server does not hear of that.
    """
    text = prose.fill(text, **says)
    if _SECTION.search(text):
        values.begins_section()
    if _COLOR in text:
        hues = st.get_option("theme.light.chartCategoricalColors")
        for meaning, hue in zip(theme.MEANINGS, hues, strict=True):
            text = text.replace(f"{_COLOR}{{{meaning}}}", f"{_COLOR}{{{hue}}}")
    whole.say(text, width=width)


def show(
    builder: Callable,
    frame: pd.DataFrame,
    *,
    key: str,
    alt_text: str,
    idea: beside.Idea | None = None,
    **others: pd.DataFrame,
) -> None:
    """Draw a chart: a builder that takes no data, the tidy frame beside it, and a wrong idea.

    `others` are the tables, by name, that the chart has besides the frame: one for each kind of
    mark (`alt.NamedData`).
    """
    scale, drawn = mode.now().scale, {"frame": frame} | others
    spec = specs.built(builder, scale)
    if idea:
        spec = beside.drawn(spec, (beside.IDEA,), scale)
        drawn |= beside.held_against(idea)
    st.vega_lite_chart(spec=specs.with_tables(spec, drawn), key=key, alt=prose.fill(alt_text))
    values.chart_first()
    if idea:
        whole.say(idea.says)


def part(panel: Panel, *, run_every: float | None = None) -> Callable:
    """Draw a part of a page where it stands: a function of the page's values.

        @page.part(PANEL)
        def powers(at): ...

    It runs with the page, and by itself whenever a value changes that it has looked at, or every so
    many seconds.
    """

    def draw(function: Callable) -> None:
        def run() -> None:
            function(values.read(panel))

        values.fragment(run, key=f"{panel.page}.{function.__name__}", run_every=run_every)()

    return draw


def notice(lines: Iterable[str]) -> None:
    """What to notice, a line each."""
    values.begins_section()
    whole.say("## What to notice\n\n" + "\n".join(f"- {line}" for line in lines))


def more(
    panel: Panel,
    entries: Mapping[str, Callable[[], None]],
    *,
    source: tuple[Callable, ...],
    data: Callable[[], None],
) -> None:
    """What there is beyond the article: a row of titles, and what is drawn when one is chosen.

    `entries` are functions by their titles. Each page has its `source`, functions of the core, its
    `data` and its link there too. Only what is open is made. One row and not a box for each, as
    every box of a page costs the reader's browser time whenever a control moves.
    """
    entries = {
        **entries,
        "The NumPy that ran": partial(_source, source),
        "The data": data,
        LINK: partial(_link, panel),
    }
    opened(panel, "more", "More", entries)


def opened(
    panel: Panel,
    name: str,
    label: str,
    entries: Mapping[str, Callable[[], None]],
    *,
    stays: bool = False,
) -> None:
    """A row of titles in a fragment of its own, and what is drawn when one is chosen; where it
    `stays`, on the next page too.

    What a page that was left still says is dropped with its fragments. Outside of them it would
    have the browser draw that page again and then go back, and sometimes it ends with neither.
    """
    key, kept = f"{panel.page}.{name}", f"{name}.kept"

    def chosen() -> None:
        if stays:
            st.session_state[kept] = st.session_state[key]
        values.change(panel, {}, anew=key)

    def draw() -> None:
        # Streamlit forgets what a page that is left had.
        if stays and key not in st.session_state and st.session_state.get(kept) in entries:
            st.session_state[key] = st.session_state[kept]
        title = st.pills(label, list(entries), key=key, on_change=chosen)
        if title:
            st.session_state[f"{key}.was_open"] = True
            entries[title]()

    values.fragment(draw, key=key)()


def _source(functions: tuple[Callable, ...]) -> None:
    for function in functions:
        st.caption(f"`{function.__module__}.{function.__qualname__}`")
        st.code(inspect.getsource(function), language="python")


def file(label: str, make: Callable[[], bytes | str], name: str, mime: str) -> None:
    """A button for a file that is made when it is pressed.

    A press leaves the box that was typed in. What was typed is on its way then, and waited for. A
    button that is drawn anew meanwhile forgets the press: it belongs in a fragment that has read no
    value.
    """

    def made() -> bytes | str:
        sleep(_ON_ITS_WAY)
        return make()

    st.download_button(label, made, file_name=name, mime=mime, key=name, on_click="ignore")


def download(
    frame: pd.DataFrame | Callable[[Any], pd.DataFrame],
    name: str,
    units: Mapping[str, str],
    *,
    label: str = "Data as CSV",
    now: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None = None,
) -> None:
    """The data behind a chart, as CSV: each column's unit in its header, one value in each cell.

    `frame` may be what makes it of the page's values. With `now` it is the main chart's: the rows
    that have these values, or those that it makes of the page's, are what it shows, and stand there
    as a `table`. KeyError where a column has no unit.
    """
    panel = site.panel(values.open_page())
    at = values.later(panel)

    def csv() -> bytes:
        rows = _of(frame, at())
        headers = {column: f"{column} [{units[column]}]" for column in rows}
        return rows.rename(columns=headers).to_csv(index=False).encode(_UTF8)

    file(label, csv, f"{name}.csv", "text/csv")
    if now is not None:

        @part(panel)
        def shown(at: Reading) -> None:
            table(tables.present(_of(frame, at), _of(now, at)), units)


def _of(made: Any, at: Any) -> Any:
    return made(at) if callable(made) else made


def table(frame: pd.DataFrame, units: Mapping[str, str], *, of: str = NOW) -> None:
    """What the main chart shows, as a table of texts: see `tables.readable`.

    It is one for readers of screens, with headers of rows and columns; a data frame of Streamlit's
    is a canvas.
    """
    rows = tables.readable(frame, units)
    if rows.empty:
        st.markdown("There is nothing yet for a table.")
        return
    st.markdown(f"**{of}**, in numbers:")
    st.table(
        rows.set_index(rows.columns[0]),
        height=_TALLEST if len(rows) > _ROWS else "content",
        alt=of,
    )


def _link(panel: Panel) -> None:
    st.markdown("This address holds the value of every control on the page.")

    @part(panel)
    def link(at: Reading) -> None:
        answer = st.checkbox("with the answer to its question", key=f"{panel.page}.with_answer")
        st.code(address.link(panel, at, answer=answer), language=None, wrap_lines=True)


def all_terms() -> None:
    """The words of the site: where the link on each of them leads."""
    values.begins_section()
    st.markdown(f"## Words\n\n{glossary.section()}")


def recall(panel: Panel) -> None:
    """One question about the page before, and its answer when asked for."""
    if panel.recall:
        asked = f"From the page before. {panel.recall.question}"
        opened(panel, "recall", asked, {"The answer": partial(write, panel.recall.answer)})


def recalled(path: str) -> bool:
    """Whether the reader has seen the answer to a page's question about the page before."""
    return f"{path}.recall.was_open" in st.session_state


def _reset(panel: Panel) -> None:
    st.button(
        "Reset this page",
        key=f"{panel.page}.reset_all",
        type="tertiary",
        on_click=partial(_begin_anew, panel),
    )


def _begin_anew(panel: Panel) -> None:
    values.set_pin(panel, None)
    values.change(panel, values.opening(panel))


def footer(panel: Panel) -> None:
    """The address follows the controls; then what to keep, and the pages before and after."""
    address.write_url(panel)
    values.fragment(_reset, key=f"{panel.page}.reset")(panel)
    if mode.now().is_site:
        _neighbors(panel)
    values.end()


def _neighbors(panel: Panel) -> None:
    before, after = site.neighbors(panel.page)
    whole.say(f"**What to keep:** {site.info(panel.page).keep}")
    with st.container(key="neighbors", horizontal=True, horizontal_alignment="distribute"):
        if before:
            site.link(before, f"← {before.title}")
        if after:
            site.link(after, f"{after.title} →")
