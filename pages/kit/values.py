"""What the controls are set to: one place that holds it, and one function that changes it.

The place is the reader's session. A value stays there as long as the session lasts, whether its
control is drawn or not, and on whichever page the reader is. Widgets and charts hold no value: they
are drawn with the present one, and say so when the reader has moved it.

A page stands in fragments, parts of its script that Streamlit can run by themselves. Each is noted
with the values that it has read and those that its widgets show. `change` runs the fragments whose
notes do not hold any more, and nothing else. So nobody lists what depends on what, nothing that
does is forgotten, and what one message has interrupted the next one finishes.
"""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import randrange
from threading import Event
from time import monotonic
from types import SimpleNamespace
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.kit import mode, run_lock, site
from pages.kit.panels import Panel

AHEAD = 0.04  # seconds that the first chart of a change is ahead of what follows it
LONGEST = 5.0  # seconds that a run waits until a busy server has sent what it has drawn
FORMER = 8  # revisions of a view that are remembered
LOOK = 0.002  # seconds until it looks for that again, at first
PAGE = "page"  # the fragment that is the page itself, outside of all others
_PIN = "pin"  # what a fragment's note calls the values of the line that is pinned


@dataclass
class _View:
    """A widget or a live chart: what it shows, and its revision while it says that itself."""

    shows: Any
    revision: int
    former: dict[int, Any] = field(default_factory=dict)  # what each earlier one showed last
    anew: bool = False  # whether it is to have another revision whatever it shows


@dataclass
class _Fragment:
    """What a fragment was drawn with."""

    within: str  # the fragment that it stands in
    read: dict[str, Any] = field(default_factory=dict)
    views: dict[str, _View] = field(default_factory=dict)  # by the control's name
    mentioned: set[str] = field(default_factory=set)  # terms
    drawn: bool = False  # to its end


_Notes = dict[str, _Fragment]  # by the fragments' keys
_Place = tuple[str, int]  # the outermost fragment, and how many sections have begun before it


@dataclass
class _Session:
    page: str = ""  # the open one
    values: dict[str, dict[str, Any]] = field(default_factory=dict)  # by page and name
    pins: dict[str, dict[str, Any]] = field(default_factory=dict)  # pinned lines' values, by page
    handed: set[str] = field(default_factory=set)  # pages whose values somebody else has chosen
    notes: _Notes = field(default_factory=dict)  # of the open page
    views: dict[tuple[str, str], _View] = field(default_factory=dict)  # of this visit
    mentioned: dict[str, str] = field(default_factory=dict)  # which fragment is the first to use it
    sections: list[str] = field(default_factory=list)  # the fragments that begin one
    charts: list[_Place] = field(default_factory=list)
    controls: list[_Place] = field(default_factory=list)
    due: set[str] = field(default_factory=set)  # what the run for the last change has yet to draw
    awaited: bool = False  # the reader waits for the first chart of the run for a change
    # The next view's revision. A browser that comes back to a server that was started anew must not
    # take the new session's widgets for those it has.
    revision: int = field(default_factory=lambda: randrange(10**6))


# What this thread draws: the notes of its run of the page, and the fragment. A run that another one
# has replaced goes on for a moment in its own thread, and must not write into the other's notes.
_drawing: ContextVar[tuple[_Notes, str]] = ContextVar("drawing")


# What runs in this thread, and its session. A page asks for it a hundred times, by Streamlit's own
# way a fifteenth of the page's time.
_found: ContextVar[tuple[Any, _Session | None]] = ContextVar("found")


def _session() -> _Session:
    context, (of, session) = get_script_run_ctx(suppress_warning=True), _found.get((None, None))
    if session is None or context is None or of is not context:
        session = st.session_state.setdefault("values", _Session())
        _found.set((context, session))
    return session


def begin(panel: Panel, raw: Mapping[str, Any] | None = None, *, arriving: bool = False) -> None:
    """A run of the page begins, with these values if there are any, else with those it has.

    A reader who arrives gets widgets and charts of which nobody has said anything, and what still
    comes from the page before has no fragment to run any more: it would take the browser back.
    """
    session, context = _session(), get_script_run_ctx()
    session.awaited, session.due = False, set()
    if arriving:
        session.views = {}
        if context:
            context.fragment_storage.clear()
    session.page, session.notes = panel.page, {PAGE: _Fragment(within="")}
    session.mentioned, session.sections = {}, []
    session.charts, session.controls = [], []
    _drawing.set((session.notes, PAGE))
    session.values.setdefault(panel.page, panel.defaults)
    _set(panel, raw or {})


def end() -> None:
    """All of the page is drawn."""
    notes, _ = _drawing.get()
    notes[PAGE].drawn = True
    _hand_over()


def now(panel: Panel) -> SimpleNamespace:
    """The values, noted for no fragment: for callbacks."""
    return SimpleNamespace(**_session().values[panel.page])


def later(panel: Panel) -> Callable[[], SimpleNamespace]:
    """What gives the values at a later moment, in a thread that no script runs in."""
    session = _session()
    return lambda: SimpleNamespace(**session.values[panel.page])


class Reading:
    """Values by name, as attributes; each that is looked at is noted."""

    def __init__(self, values: dict[str, Any], note: dict[str, Any]):
        self._values, self._note = values, note

    def __getattr__(self, name: str) -> Any:  # the first time; then it is an attribute
        self._note[name] = value = self.__dict__[name] = self._values[name]
        return value


def read(panel: Panel) -> Reading:
    """The values, for the fragment that is being drawn."""
    notes, fragment = _drawing.get()
    return Reading(_session().values[panel.page], notes[fragment].read)


def change(panel: Panel, raw: Mapping[str, Any], *, anew: str | Sequence[str] = ()) -> None:
    """Set controls, from a callback, and run what was drawn with other values: that ends it.

    What is no allowed value becomes the nearest. `anew` are fragments to run in any case.
    """
    stay(panel.page)
    _set(panel, raw)
    session, context = _session(), get_script_run_ctx()
    if context and not context.fragment_ids_this_run:
        return  # the whole page follows, or another one: a rerun of parts would take its place
    for key in [anew] if isinstance(anew, str) else anew:
        if key in session.notes:
            session.notes[key].drawn = False
    stale = _stale(session.notes, session.values[panel.page] | {_PIN: pin_now(panel)})
    if PAGE in stale:
        st.rerun()
    if stale:
        # Which comes last is not known here: a message can change twice, and Streamlit then draws
        # what the second change adds after all that the first one asked for.
        session.due, session.awaited = set(stale), True
        st.rerun(stale)


def set_only(panel: Panel, raw: Mapping[str, Any]) -> None:
    """In a callback: set controls and run nothing: `change` is to follow."""
    stay(panel.page)
    _set(panel, raw)


def pinned(panel: Panel) -> dict[str, Any] | None:
    """The values at which the reader has pinned the main line, for the fragment being drawn."""
    notes, fragment = _drawing.get()
    pin = notes[fragment].read[_PIN] = pin_now(panel)
    return pin


def pin_now(panel: Panel) -> dict[str, Any] | None:
    """The same, noted for no fragment."""
    return _session().pins.get(panel.page)


def set_pin(panel: Panel, pin: Mapping[str, Any] | None) -> None:
    """Pin the main line at the values of the panel's `pins`, or none. `change` then runs what
    shows it."""
    if pin is None:
        _session().pins.pop(panel.page, None)
    else:
        _session().pins[panel.page] = {name: pin[name] for name in panel.pins}


def stay(page: str) -> None:
    """In a callback of a page: if the reader has left it, nothing is done but to go on there.

    What was under way when the reader left has taken the browser back, to a page that is gone.
    """
    if page != (open_now := _session().page):
        site.go_to(open_now)


def prepare(panel: Panel, raw: Mapping[str, Any]) -> None:
    """What the page's controls will be set to when it opens, the locked ones too."""
    said = {name: panel[name].parse(value) for name, value in raw.items()}
    held = {name: opening(panel)[name] for name in mode.now().on(panel.page).locked}
    _session().values[panel.page] = panel.defaults | said | held
    note_handed(panel.page)
    set_pin(panel, None)


def opening(panel: Panel) -> dict[str, Any]:
    """What the page opens with: its defaults, or what the step of a lesson that is on it says."""
    told = mode.now().on(panel.page).values
    return panel.defaults | {name: panel[name].parse(raw) for name, raw in told.items()}


def note_handed(page: str) -> None:
    """Note that a page's values come from a link, a lesson or a room, not the reader's own hand."""
    _session().handed.add(page)


def take_handed(page: str) -> bool:
    """Whether that was noted since this was asked last."""
    mine = page in _session().handed
    _session().handed.discard(page)
    return mine


def open_page() -> str:
    """The page that is open, or was opened last."""
    return _session().page


def _set(panel: Panel, raw: Mapping[str, Any]) -> None:
    values, locked = _session().values[panel.page], mode.now().on(panel.page).locked
    says = {name: panel[name].parse(said) for name, said in raw.items() if name not in locked}
    values.update(says)


def _stale(notes: _Notes, values: dict[str, Any]) -> list[str]:
    """The fragments that were drawn with other values than these, each within no other."""
    stale = []
    for key, note in notes.items():
        shown = {name: view.shows for name, view in note.views.items()}
        if not note.drawn or any(
            values[name] != value for name, value in (note.read | shown).items()
        ):
            stale.append(key)
    return [key for key in stale if not set(stale) & set(_around(notes, key))]


def _around(notes: _Notes, key: str) -> Iterator[str]:
    """The fragments that a fragment stands in, but for the page."""
    while (key := notes[key].within) not in ("", PAGE):
        yield key


def fragment(function: Callable, *, key: str, run_every: float | None = None) -> Callable:
    """A part of the page that can run by itself."""

    def run(*args: Any) -> Any:
        with run_lock.LOCK.held(), _drawn(key):
            return function(*args)

    return st.fragment(run, key=key, run_every=run_every)


@contextmanager
def _drawn(key: str) -> Iterator[None]:
    """A fragment is drawn: a new note of it, and none of the fragments that stood in it."""
    present = _session().notes
    notes, outer = _drawing.get((present, PAGE))
    if outer == PAGE:
        notes = present  # by itself, perhaps in a thread that has drawn another run of the page
    within = notes[key].within if outer == PAGE and key in notes else outer
    for inside in [other for other in notes if key in _around(notes, other)]:
        del notes[inside]
    notes[key] = _Fragment(within=within)  # alone it stands where it stood
    token = _drawing.set((notes, key))
    try:
        yield
    finally:
        _drawing.reset(token)
    notes[key].drawn = True
    due = _session().due
    if outer == PAGE and key in due:
        due.discard(key)
        if not due:
            _hand_over()


def _hand_over() -> None:
    """Wait until all that this run has drawn is sent: some milliseconds.

    What is not would be lost if the reader's next message came first. It begins by throwing away
    what waits to be sent of its own fragment, and if this run's thread has ended, Streamlit starts
    another one and listens to that only.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    server = runtime.get_instance()
    loop = server._get_async_objs().eventloop
    if not isinstance(loop, AbstractEventLoop):  # in a test of a page there is none
        return
    run_lock.LOCK.release()
    sent, end = Event(), monotonic() + LONGEST

    def look(again: float) -> None:  # in the loop: a thread that looked would wait for the others
        info = server._session_mgr.get_active_session_info(context.session_id)
        if info and not info.session._browser_queue.is_empty() and monotonic() < end:
            loop.call_later(again, look, 2 * again)
        else:
            sent.set()

    loop.call_soon_threadsafe(look, LOOK)
    sent.wait(LONGEST)


def chart_first() -> None:
    """A chart is drawn. If it is the first that answers a change, what follows it waits a little.

    Charts and words that come together are rendered together, the chart last: it would change 30 to
    45 ms later.
    """
    session = _session()
    _stands_here(session.charts)
    if session.awaited and runtime.exists():
        run_lock.LOCK.sleep(AHEAD)
    session.awaited = False


def first_mention(term: str) -> bool:
    """Whether the fragment that is being drawn is the page's first to use a term, and just now."""
    notes, fragment = _drawing.get()
    note = notes[fragment]
    is_first = _session().mentioned.setdefault(term, fragment) == fragment
    is_first &= term not in note.mentioned
    note.mentioned.add(term)
    return is_first


def begins_section() -> None:
    """A heading is drawn: the outermost fragment that it stands in begins a section of the page."""
    sections, outermost = _session().sections, _outermost()
    if outermost == PAGE or outermost not in sections:
        sections.append(outermost)


def _outermost() -> str:
    notes, key = _drawing.get()
    return [key, *_around(notes, key)][-1]


def _stands_here(places: list[_Place]) -> None:
    """In a run of the whole page."""
    if not _session().notes[PAGE].drawn:
        places.append((_outermost(), len(_session().sections)))


def sections_without_what_they_steer() -> set[int]:
    """The sections of the open page, from 1, that have controls and no chart."""
    session = _session()

    def numbers(places: list[_Place]) -> set[int]:
        # a fragment's heading may come after its chart
        begun = {of: 2 + i for i, of in enumerate(session.sections) if of != PAGE}
        return {begun.get(outermost, 1 + before) for outermost, before in places}

    return numbers(session.controls) - numbers(session.charts)


def sections() -> int:
    """How many sections the open page has, the one without a heading included."""
    return 1 + len(_session().sections)


# Widgets and live charts -------------------------------------------------------------------------


def revision(view: str, value: Any, *, control: str | None = None) -> int:
    """A widget or chart of the fragment that is being drawn shows a value: its revision.

    It has another revision as soon as it shows what it has not said itself. The revision belongs
    into its key: then the browser draws it anew, with the value, and what still comes from the one
    before was said of something that is not there any more. `control` names the control whose value
    it is.
    """
    session, (notes, fragment) = _session(), _drawing.get()
    key = fragment, view
    found = session.views.get(key)
    if found is None or found.shows != value or found.anew:
        session.revision += 1
        former = found.former | {found.revision: found.shows} if found else {}
        former = dict([*former.items()][-FORMER:])
        session.views[key] = _View(value, session.revision, former)
    if control:
        notes[fragment].views[control] = session.views[key]
        _stands_here(session.controls)
    return session.views[key].revision


def said(fragment: str, view: str, revision: int, value: Any, *, late: bool = False) -> bool:
    """In a callback: a widget or chart of this revision shows this; whether the reader moved it.

    If not, it was said before, or of what has been drawn anew since. Streamlit keeps the callbacks
    of widgets that are gone. With `late`, what was pressed in the moment in which it was drawn anew
    counts: where a press says all, whatever stood there.
    """
    stay(fragment.partition(".")[0])
    found = _session().views.get((fragment, view))
    if found is None:
        return False
    if late and revision in found.former:
        return found.former[revision] != value
    if found.revision != revision or found.shows == value:
        return False
    found.shows = value
    return True


def said_late(fragment: str, view: str, revision: int, report: Mapping[str, Any]) -> dict[str, Any]:
    """In a callback: of a chart's values that it says by an earlier revision, those that the reader
    has moved and nothing else has changed since.

    A chart that changes while it is dragged may show either value, and its slider another than its
    line: it is to be drawn anew.
    """
    stay(fragment.partition(".")[0])
    found = _session().views.get((fragment, view))
    if found is None:
        return {}
    found.anew = True
    since = [shows for n, shows in found.former.items() if n >= revision] + [found.shows]
    if revision not in found.former:
        return {}
    was = since[0]
    moved = {
        name: value
        for name, value in report.items()
        if value != was[name] and all(shows[name] == was[name] for shows in since)
    }
    for shows in since:
        shows |= moved  # a drag that goes on is held against what it has said
    return moved


def last_shown(view: str) -> Any:
    """What a widget of the fragment that is being drawn has shown last; None if it never was."""
    found = _session().views.get((drawing(), view))
    return found and found.shows


def drawing() -> str:
    """The fragment that is being drawn."""
    return _drawing.get()[1]
