"""What the controls are set to: one place that holds it, and one function that changes it.

The place is the reader's session. A value stays there as long as the session lasts, whether its
control is drawn or not, and on whichever page the reader is. Widgets and charts hold no value: they
are drawn with the present one, and say so when the reader has moved it.

A page stands in fragments, parts of its script that Streamlit can run by themselves. Each is noted
with the values that it has read and those that its widgets show. `change` runs the fragments whose
notes do not hold any more, and nothing else. So nobody lists what depends on what, nothing that
does is forgotten, and what one message has interrupted the next one finishes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import randrange
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.kit.panels import Panel

PAGE = "page"  # the fragment that is the page itself, outside of all others


@dataclass
class _View:
    """A widget or a live chart: what it shows, and a number for as long as it says that itself."""

    shows: Any
    number: int


@dataclass
class _Fragment:
    """What a fragment was drawn with."""

    within: str  # the fragment that it stands in
    read: dict[str, Any] = field(default_factory=dict)
    views: dict[str, _View] = field(default_factory=dict)  # by the control's name
    drawn: bool = False  # to its end


@dataclass
class _Session:
    values: dict[str, dict[str, Any]] = field(default_factory=dict)  # by page and name
    fragments: dict[str, _Fragment] = field(default_factory=dict)  # of the open page
    views: dict[tuple[str, str], _View] = field(default_factory=dict)  # of this visit
    drawing: str = PAGE  # the fragment that is being drawn
    # The next view's number. A browser that comes back to a server that was started anew must not
    # take the new session's widgets for those it has.
    number: int = field(default_factory=lambda: randrange(10**6))


def _session() -> _Session:
    return st.session_state.setdefault("values", _Session())


def begin(panel: Panel, raw: Mapping[str, Any] | None = None, *, arriving: bool = False) -> None:
    """A run of the page begins, with these values if there are any, else with those it has.

    A reader who arrives gets widgets and charts of which nobody has said anything.
    """
    session = _session()
    if arriving:
        session.views = {}
    session.fragments, session.drawing = {PAGE: _Fragment(within="")}, PAGE
    session.values.setdefault(panel.page, panel.defaults)
    _set(panel, raw or {})


def end() -> None:
    """All of the page is drawn."""
    _session().fragments[PAGE].drawn = True


def now(panel: Panel) -> SimpleNamespace:
    """The values, noted for no fragment: for callbacks."""
    return SimpleNamespace(**_session().values[panel.page])


class Reading:
    """Values by name, as attributes; each that is looked at is noted."""

    def __init__(self, values: dict[str, Any], note: dict[str, Any]):
        self._values, self._note = values, note

    def __getattr__(self, name: str) -> Any:  # the first time; then it is an attribute
        self._note[name] = value = self.__dict__[name] = self._values[name]
        return value


def read(panel: Panel) -> Reading:
    """The values, for the fragment that is being drawn."""
    session = _session()
    return Reading(session.values[panel.page], session.fragments[session.drawing].read)


def change(panel: Panel, raw: Mapping[str, Any], *, anew: str | None = None) -> None:
    """Set controls, from a callback, and run what was drawn with other values: that ends it.

    What is no allowed value becomes the nearest. `anew` is a fragment to run in any case.
    """
    _set(panel, raw)
    session, context = _session(), get_script_run_ctx()
    if context and not context.fragment_ids_this_run:
        return  # the whole page follows, or another one: a rerun of parts would take its place
    if anew in session.fragments:
        session.fragments[anew].drawn = False
    stale = _stale(session, panel)
    if PAGE in stale:
        st.rerun()
    if stale:
        st.rerun(stale)


def _set(panel: Panel, raw: Mapping[str, Any]) -> None:
    values = _session().values[panel.page]
    values.update({name: panel[name].parse(value) for name, value in raw.items()})


def _stale(session: _Session, panel: Panel) -> list[str]:
    """The fragments that were drawn with other values than those now, each within no other."""
    values, stale = session.values[panel.page], []
    for key, fragment in session.fragments.items():
        shown = {name: view.shows for name, view in fragment.views.items()}
        if not fragment.drawn or any(
            values[name] != value for name, value in (fragment.read | shown).items()
        ):
            stale.append(key)
    return [key for key in stale if not set(stale) & set(_around(session, key))]


def _around(session: _Session, key: str) -> Iterator[str]:
    """The fragments that a fragment stands in, but for the page."""
    while (key := session.fragments[key].within) not in ("", PAGE):
        yield key


def fragment(function: Callable, *, key: str, run_every: float | None = None) -> Callable:
    """A part of the page that can run by itself."""

    def run(*args):
        with _drawn(key):
            return function(*args)

    return st.fragment(run, key=key, run_every=run_every)


@contextmanager
def _drawn(key: str) -> Iterator[None]:
    """A fragment is drawn: a new note of it, and none of the fragments that stood in it."""
    session = _session()
    fragments, outer = session.fragments, session.drawing
    # alone it stands where it stood
    within = fragments[key].within if outer == PAGE and key in fragments else outer
    inside = [other for other in fragments if key in _around(session, other)]
    for other in inside:
        del fragments[other]
    fragments[key] = _Fragment(within=within)
    session.drawing = key
    try:
        yield
    finally:
        session.drawing = outer
    fragments[key].drawn = True


# Widgets and live charts -------------------------------------------------------------------------


def shown(view: str, value: Any, *, control: str | None = None) -> int:
    """A widget or chart of the fragment that is being drawn shows a value: its number.

    It has another number as soon as it shows what it has not said itself. The number belongs into
    its key: then the browser draws it anew, with the value, and what still comes from the one
    before was said of something that is not there any more. `control` names the control whose
    value it is.
    """
    session = _session()
    key = session.drawing, view
    if key not in session.views or session.views[key].shows != value:
        session.number += 1
        session.views[key] = _View(value, session.number)
    if control:
        session.fragments[session.drawing].views[control] = session.views[key]
    return session.views[key].number


def said(fragment: str, view: str, number: int, value: Any) -> bool:
    """In a callback: a widget or chart of this number shows this; whether the reader moved it.

    If not, it was said before, or of what has been drawn anew since. Streamlit keeps the callbacks
    of widgets that are gone.
    """
    found = _session().views.get((fragment, view))
    if found is None or found.number != number or found.shows == value:
        return False
    found.shows = value
    return True


def last_shown(view: str) -> Any:
    """What a widget of the fragment that is being drawn has shown last; None if it never was."""
    session = _session()
    found = session.views.get((session.drawing, view))
    return found and found.shows


def drawing() -> str:
    """The fragment that is being drawn."""
    return _session().drawing
