"""The address of a page: it says every control that is not at its default, and opens it so again.

Streamlit could bind each widget to the address. A bound widget writes there before it tells the
server, and the browser then renders the whole page once more before it draws a chart: 10 to 20 ms
of every key press. So the address is a part of the page like any other. It has read every control,
and comes after the charts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.kit import controls, parts
from pages.kit.controls import Panel

_LONGEST = 40  # characters of a link's value; what is longer is none
_VISIT = "address.visit"


@dataclass(frozen=True)
class _Visit:
    """How the reader came to the page that is open."""

    page: str
    by_link: bool  # the address carried values of this page
    corrected: bool  # and at least one of them was not allowed


def arrive(panel: Panel) -> None:
    """Set the controls to what the address says, where it leads: the one place that reads a link.

    A visit begins so, and a step through the browser's history; afterward the widgets decide.
    """
    visit = st.session_state.get(_VISIT)
    begins = visit is None or visit.page != panel.page
    if not begins and not _stepped_through_history():
        return
    keys = {c.name: panel.key(c.name) for c in panel.controls}
    told = {name: _told(key) for name, key in keys.items() if key in st.query_params}
    values = {name: panel[name].parse(raw) for name, raw in told.items()}
    defaults = {control.name: control.default for control in panel.controls}
    controls.set_values(panel, defaults | values)
    if begins:
        right = all(panel[name].means(raw, values[name]) for name, raw in told.items())
        st.session_state[_VISIT] = _Visit(panel.page, by_link=bool(told), corrected=not right)


def _stepped_through_history() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _told(key: str) -> str:
    """What the address says for a key: nothing where it says it twice, or goes on and on."""
    said = st.query_params.get_all(key)
    return said[0] if len(said) == 1 and len(said[0]) <= _LONGEST else ""


def came_by_link() -> bool:
    """Whether this visit's address carried values of the page."""
    return st.session_state[_VISIT].by_link


def link_was_corrected() -> bool:
    """Whether this visit's address asked for a value that the page does not have."""
    return st.session_state[_VISIT].corrected


def follow(panel: Panel) -> None:
    """The last part of a page: the address says what its controls are set to."""
    key = f"{panel.page}.address"
    parts.fragment(_write, key=key)(panel, key)


def _write(panel: Panel, key: str) -> None:
    values = _values(panel, controls.read(panel, key))
    says = query(panel, {n: value for n, value in values.items() if value != panel[n].default})
    if {key: st.query_params.get_all(key) for key in st.query_params} != {
        key: [text] for key, text in says.items()
    }:
        st.query_params.from_dict(says)


def _values(panel: Panel, at: parts.Values) -> dict[str, Any]:
    return {control.name: getattr(at, control.name) for control in panel.controls}


def query(panel: Panel, values: Mapping[str, Any]) -> dict[str, str]:
    """What an address says to open the page with these values."""
    return {panel.key(name): panel[name].text(value) for name, value in values.items()}


def link(panel: Panel, at: parts.Values) -> str:
    """This page's address with the value of every control, defaults too."""
    values = _values(panel, at)
    here = urlsplit(st.context.url or "")
    says = urlencode(query(panel, values), quote_via=quote)
    return urlunsplit((here.scheme, here.netloc, here.path or panel.page, says, ""))
