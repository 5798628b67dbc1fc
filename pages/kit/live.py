"""Charts that follow a drag in the browser, without the server.

`frames.py` has what their builders are made of. During a drag nothing is sent. When it rests, one
rerun brings the value to Python and into the address. The chart's spec never changes. What its
controls are set to comes as a table of one row, `PRESENT`: wherever the browser draws the chart
anew, in full screen, in the dark, on a page come back to, it begins with that; and if something
else than the drag has moved a control, the chart is told so by the revision in that row.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from pages.kit import address, beside, mode, predict, prose, specs, theme, values, whole
from pages.kit.frames import Clock
from pages.kit.memoize import memoize
from pages.kit.panels import Panel, Range
from pages.kit.press import once
from pages.kit.values import Reading

PRESENT = "present"  # the table of what the live controls are set to
_ROW = f"data('{PRESENT}')[0]"
_TOLD, _REPORT = "told", "report"


def show(
    builder: Callable,
    frame: pd.DataFrame,
    at: Reading | SimpleNamespace,
    *,
    panel: Panel,
    live: tuple[str, ...],
    alt_text: str,
    picks: tuple[str, ...] = (),
    handle: str | None = None,
    clock: Clock | None = None,
    main: Callable[[Any], pd.DataFrame] | None = None,
    idea: Callable[[Any], beside.Idea | None] | None = None,
    **others: pd.DataFrame,
) -> None:
    """Draw a live chart, and take its controls' values over when a drag rests.

    `builder` takes no data and has a `param` for each `panel[name]` in `live`; a click sets each
    `panel[name]` in `picks`; `handle` names events on marks that carry the live controls' values
    and set them too. `at` are the values of the fragment that the chart is drawn in: when a drag
    rests, that fragment and whatever else has read the control run anew. `others` are the tables,
    by name, that the chart has besides the frame; `clock` moves another parameter of it. `main`
    computes the main line at the values of the panel's `pins`: with it the reader can pin that.
    `idea` makes of a wrong answer to the page's question what that would give, of a right one None.
    """
    chart = f"{panel.page}.{builder.__name__}"
    slider = panel[live[0]]
    if isinstance(slider, Range) and slider.base is not None:
        chart += ".in-powers"  # of whose range input style.css hides the exponent
    present = {name: getattr(at, name) for name in live}
    revision = values.revision(chart, present)
    clicks = {
        name: values.revision(f"{chart}.{name}", values.last_shown(f"{chart}.{name}"))
        for name in picks
    }
    row = pa.table({name: [value] for name, value in (present | {_TOLD: revision}).items()})
    tables = {"frame": frame, PRESENT: row} | others
    if main:
        tables |= _pinned(panel, at, main)
    own = predict.idea(panel, idea) if idea else None
    if idea:
        tables |= beside.held_against(own) if own else beside.nothing(beside.IDEA)
    shown = mode.now()
    locked = frozenset(live) & shown.on(panel.page).locked
    lines = tuple(name for name in beside.LINES if name in tables)
    st.vega_lite_chart(
        spec=specs.with_tables(
            wired(builder, live, handle, clock, locked, shown.scale, lines), tables
        ),
        key=chart,
        on_select=partial(_rested, chart, values.drawing(), panel, revision, clicks),
        alt=prose.fill(alt_text),
    )
    values.chart_first()
    if locked:
        held = [panel.says(name, present[name]) for name in live if name in locked]
        them = "it" if len(held) == 1 else "them"
        st.caption(f"This lesson holds {theme.listed(held)}: no drag moves {them}.")
    if main:
        values.fragment(_pin_button, key=f"{chart}.pin")(panel)
    if own:
        whole.say(own.says)


def _pinned(
    panel: Panel, at: Reading | SimpleNamespace, main: Callable[[Any], pd.DataFrame]
) -> beside.Tables:
    """The tables of the line that the reader has pinned."""
    pin = values.pinned(panel)
    if pin is None:
        return beside.nothing(beside.PINNED)
    return beside.pinned(main(SimpleNamespace(**pin)), f"pinned: {panel.pin_shown(pin, at)}")


def _pin_button(panel: Panel) -> None:
    """Pin the line as it is now, or take the pinned one away; and say in words which it is."""
    pin = values.pinned(panel)

    def press() -> None:
        values.set_pin(panel, vars(values.now(panel)) if pin is None else None)
        values.change(panel, {})

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Pin this line" if pin is None else "Unpin",
            key=f"{panel.page}.pin",
            type="tertiary",
            on_click=once(f"{panel.page}.pin", press),
        )
        if pin is not None:
            shown = panel.pin_shown(pin, values.read(panel))
            whole.say(f"The dashed gray line is pinned at {shown}.")


@memoize(128)
def wired(
    builder: Callable,
    live: tuple[str, ...],
    handle: str | None = None,
    clock: Clock | None = None,
    locked: frozenset[str] = frozenset(),
    scale: float = 1.0,
    lines: tuple[str, ...] = (),
) -> dict:
    """A live chart's spec, its parameters tied to the table PRESENT and to what it reports.

    What is locked follows the table alone. `lines` are those beside its main one.

    Vega-Lite hands what stands beside a parameter's binding on to Vega, whose signal the parameter
    becomes. Such a signal takes its value from the table for as long as the reader has not moved it
    since the chart was drawn or was told another revision. A report is made by the reader's hand
    only: what the table has set is not said back. It is made again when the hand lets go: Streamlit
    passes on at once what a click brings, and anything else 0.15 s later, when the reader may have
    left. It listens to selections, wherever in the spec they stand, and passes on what their signal
    holds; Vega-Lite does not read “spec” in a layered chart, so that the report can be a signal of
    our own.
    """
    spec = beside.drawn(specs.built(builder, scale), lines, scale)
    params = [
        _tied(p, handle, p["name"] in locked, clock) if p["name"] in live else _ticking(p, clock)
        for p in spec["params"]
    ]
    says = f"{{{', '.join(f'{name}: {name}' for name in live)}, {_TOLD}: {_ROW}.{_TOLD}}}"
    of_these = " || ".join(f"event.target.name == '{name}'" for name in live)
    moved, let_go = (
        {"source": "window", "type": type_, "filter": of_these} for type_ in ("input", "click")
    )
    by_hand = [moved, let_go, *([handle] if handle else [])]
    report: dict[str, Any] = {
        "name": _REPORT,
        "value": None,
        "on": [{"events": events, "update": says} for events in by_hand],
    }
    if clock and clock.plays:
        ended = {"events": {"signal": clock.plays}, "update": f"{clock.plays} ? {_REPORT} : {says}"}
        report["on"].append(ended)
    # a table is there only if something is drawn with it: a mark that shares no channel
    carrier = {
        "data": {"name": PRESENT},
        "mark": {"type": "text", "text": ""},
        "encoding": dict.fromkeys(spec["encoding"]),
    }
    return spec | {
        "params": [{"name": PRESENT, "expr": _ROW}, *params, report],
        "layer": [*spec["layer"], carrier],
        "spec": {"params": [{"name": _REPORT, "select": "point"}]},
    }


def _tied(param: dict, handle: str | None, locked: bool, clock: Clock | None) -> dict:
    name = param["name"]
    if locked:
        return {"name": name, "expr": f"{_ROW}.{name}"}
    by_hand = f"{_REPORT} && {_REPORT}.{_TOLD} == {PRESENT}.{_TOLD}"
    moved = [
        {
            "events": {"signal": PRESENT},
            "update": f"{by_hand} ? {name} : {PRESENT}.{name}",
            "force": True,  # so that a slider that was moved in the same moment hears of it
        },
    ]
    if handle:
        by_mark = f"datum && isValid(datum.{name}) ? datum.{name} : {name}"
        moved.append({"events": handle, "update": by_mark})
    if clock and clock.param == name:
        begun = f"{clock.plays} ? ({clock.begins}) : {name}"
        moved.append({"events": {"signal": clock.plays}, "update": begun})
        going = f"{clock.plays} ? ({clock.update}) : {name}"
        moved.append({"events": clock.beat, "update": going})
    return {"name": name, "bind": param["bind"], "expr": f"{_ROW}.{name}", "on": moved}


def _ticking(param: dict, clock: Clock | None) -> dict:
    if clock and param["name"] == clock.param:
        # without `force` only another result than the one before counts
        moved = {"events": {"signal": clock.after}, "update": clock.then, "force": True}
        beat = {"events": clock.beat, "update": clock.update}
        return param | {"on": [beat, moved] if clock.after else [beat]}
    if clock and param["name"] == clock.plays:
        lasts = f"{clock.plays} && ({clock.lasts})"
        # a button has said otherwise
        ends = {"events": {"signal": PRESENT}, "update": "false", "force": True}
        return param | {"on": [{"events": clock.beat, "update": lasts}, ends]}
    return param


def _rested(
    chart: str,
    fragment: str,
    panel: Panel,
    revision: int,
    clicks: Mapping[str, int],
) -> None:
    """In a callback: take over where a drag has come to rest, and what was clicked."""
    selection = st.session_state[chart].selection
    moved: dict[str, Any] = {}
    report = dict(selection.get(_REPORT) or {})
    anew, told = "", report.pop(_TOLD, revision)
    if told != revision:
        moved |= values.said_late(fragment, chart, told, report)
        anew = fragment
    elif report and values.said(fragment, chart, revision, report):  # a click says none
        moved |= report
    for name, of_clicks in clicks.items():
        clicked = selection.get(f"pick_{name}") or None
        if values.said(fragment, f"{chart}.{name}", of_clicks, clicked) and clicked:
            moved[name] = clicked[0].get(name)
    if moved:
        values.set_only(panel, moved)
        address.say_at_once(panel)
    values.change(panel, {}, anew=anew)
