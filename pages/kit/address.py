"""The address of a page: it says every control that is not at its default, and opens it so again.

Streamlit could bind each widget to the address. A bound widget writes there before it tells the
server, and the browser then renders the whole page once more before it draws a chart: 10 to 20 ms
of every key press. So the address is written by a fragment of the page like any other. It has read
every control, and comes after the charts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.kit import mode, site, values
from pages.kit.panels import Panel

ANSWER, SHOWN = "answer", "shown"  # what a link says that shows the answer
PIN = "pin"  # a pinned line, with the page's name before it as a control's: see `Panel.pin_text`
_LONGEST = 40  # characters of a link's value; what is longer is none
_LONGEST_PIN = 240
_VISIT = "address.visit"
_SAID = "address.said"  # by page: what its address was last made to say of its controls
_BARE = "address.bare"  # by page: the values that an address without any was last come to with
_LEFT = "address.left"  # by page and address: see `go_to`
# A fragment that runs by itself has the browser ask for the page after each loss of the connection:
# what the reader has moved meanwhile, as a chart can be, comes with it. It need not run for that.
_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class _Visit:
    """How the reader came to the page that is open."""

    page: str
    corrected: bool  # the address carried a value that is not allowed
    answer: bool  # it asks to show the answer to the page's question, and nobody has yet
    pin_refused: bool = False  # it asks for a pinned line that cannot be
    begins: bool = True  # with the run that draws the page now


@dataclass(frozen=True)
class _Asked:
    """What an address asks for: values as texts and as their controls take them, and a pin."""

    told: dict[str, str]
    parsed: dict[str, Any]
    is_pinned: bool
    pin: Mapping[str, Any] | None  # none, too, where it cannot be

    @property
    def is_bare(self) -> bool:
        return not (self.told or self.is_pinned)


def read_url(panel: Panel) -> None:
    """Begin a run of the page with what the address says: the one place that reads a link.

    A visit begins so, and a step through the browser's history; afterward the widgets decide.
    """
    visit, stepped = st.session_state.get(_VISIT), stepped_through_history()
    begins = visit is None or visit.page != panel.page
    if visit and not begins:
        st.session_state[_VISIT] = replace(visit, begins=False)
    if not begins and not stepped:
        values.begin(panel)
        return
    asked = _asked(panel)
    meant = _as_it_was_left(panel) if stepped else None
    meant = meant or _meant(panel, asked, begins=begins, stepped=stepped)
    step = mode.now().on(panel.page)
    values.begin(panel, meant[0] if meant else {}, arriving=begins)
    if meant:
        values.set_pin(panel, meant[1])
    elif not stepped and step is not mode.now().step:
        st.session_state.setdefault(_BARE, {})[panel.page] = _now(panel)
    if begins:
        if asked.told and not stepped:
            values.note_handed(panel.page)
        heard = asked.told.keys() - step.locked  # no address sets the others
        st.session_state[_VISIT] = _Visit(
            panel.page,
            corrected=not all(panel[n].means(asked.told[n], asked.parsed[n]) for n in heard),
            answer=st.query_params.get_all(ANSWER) == [SHOWN],
            pin_refused=asked.is_pinned and asked.pin is None,
        )


def _asked(panel: Panel) -> _Asked:
    if _is_of_another(panel):
        return _Asked({}, {}, is_pinned=False, pin=None)
    told = {c.name: _text(key) for c in panel.controls if (key := panel.key(c.name)) in _query()}
    for name, translated in panel.former.items():
        if (key := panel.key(name)) in _query():
            told = translated(_text(key), told) | told
    parsed = {name: panel[name].parse(raw) for name, raw in told.items()}
    key = panel.key(PIN) if panel.key(PIN) in _query() else PIN  # of older links
    is_pinned = key in _query()
    pin = panel.parse_pin(_text(key, _LONGEST_PIN)) if is_pinned else None
    return _Asked(told, parsed, is_pinned, pin)


_Meant = tuple[Mapping[str, Any], Mapping[str, Any] | None]  # the page's values, and its pin


def _meant(panel: Panel, asked: _Asked, *, begins: bool, stepped: bool) -> _Meant | None:
    """What the address sets the page to, or None where the reader's own values stay.

    They stay where it says nothing. In the history that means what the reader came to it with.
    """
    is_taught = mode.now().on(panel.page) is mode.now().step  # the page of a lesson's step
    if stepped and _is_of_another(panel):
        return None  # see `_write`
    if begins and stepped and not asked.is_pinned and not is_taught:
        in_address = {panel.key(name): text for name, text in asked.told.items()}
        if st.session_state.get(_SAID, {}).get(panel.page) == in_address:
            return None  # left so soon after a move that the address did not hear of it
    if not asked.is_bare:
        return values.opening(panel) | asked.parsed, asked.pin
    if not stepped:
        return None
    if is_taught:
        return values.opening(panel), None
    return st.session_state.get(_BARE, {}).get(panel.page, (panel.defaults, None))


def _now(panel: Panel) -> _Meant:
    return dict(vars(values.now(panel))), values.pin_now(panel)


def _is_of_another(panel: Panel) -> bool:
    """Whether the address names controls of another page and none of this one."""
    names = {
        page.path: any(key.startswith(f"{page.path}_") for key in _query()) for page in site.PAGES
    }
    return any(names.values()) and not names[panel.page]


def go_to(path: str, undo: Callable[[], None] | None = None) -> None:
    """Run this page instead of the one that is open, shown as pages are now.

    Streamlit tells the browser the new page's address while the other is still open there, so that
    this gets an entry in the history that it never had. Who comes back to that entry means the page
    as it was left: its values, and how it was shown, which `undo` brings back.
    """
    if (here := values.open_page()) != path:
        left = st.session_state.setdefault(_LEFT, {})
        left[here, _frozen(mode.now().address)] = _now(site.panel(here)), undo
    site.go_to(path)


def _as_it_was_left(panel: Panel) -> "_Meant | None":
    left = st.session_state.get(_LEFT, {})
    meant, undo = left.get((panel.page, _frozen(st.query_params.to_dict())), (None, None))
    if undo:
        undo()
    return meant


def _frozen(address: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(address.items())


def _query() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def stepped_through_history() -> bool:
    """Whether the reader has come to this address by Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _text(key: str, longest: int = _LONGEST) -> str:
    """What the address says for a key: nothing where it says it twice, or goes on and on."""
    said = st.query_params.get_all(key)
    return said[0] if len(said) == 1 and len(said[0]) <= longest else ""


def _begins() -> bool:
    """Whether this run draws the page for the first time in a visit."""
    context = get_script_run_ctx()
    is_whole = context is not None and not context.fragment_ids_this_run
    return is_whole and st.session_state[_VISIT].begins


def take_answer() -> bool:
    """Whether this visit's address asks to show the answer; true once."""
    visit = st.session_state[_VISIT]
    st.session_state[_VISIT] = replace(visit, answer=False)
    return visit.answer


def link_was_corrected() -> bool:
    """Whether this visit's address asked for a value that the page does not have."""
    return st.session_state[_VISIT].corrected


def pin_was_refused() -> bool:
    """Whether this visit's address asked for a pinned line that the page cannot draw."""
    return st.session_state[_VISIT].pin_refused


def write_url(panel: Panel) -> None:
    """The last fragment of a page: the address says what its controls are set to."""
    values.fragment(_write, key=fragment(panel.page), run_every=_DAY)(panel)


def fragment(page: str) -> str:
    """The key of the fragment that writes the page's address."""
    return f"{page}.address"


def _write(panel: Panel) -> None:
    """Send the address even where the browser says that it is there already: that may be older than
    what has been sent since. Only a page that is come to with the right address sends none: a
    browser that is busy may still have the page before there, and would give that page's address,
    and its place in the history, what is meant for this one.
    """
    _say(panel, values_of(panel, values.read(panel)), values.pinned(panel))


def say_at_once(panel: Panel) -> None:
    """In a callback of a fragment: the address does not wait until all is drawn, as the reader may
    leave before."""
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        say(panel)


def say(panel: Panel) -> None:
    """Send the page's address: what is drawn after the page has changed something that it says."""
    _say(panel, *_now(panel))


def _say(panel: Panel, at: Mapping[str, Any], pin: Mapping[str, Any] | None) -> None:
    # in a lesson an address without a value means what its step says
    usual = panel.defaults.items() & values.opening(panel).items()
    says = query(panel, {name: value for name, value in at.items() if (name, value) not in usual})
    beside = {**_pinned(panel, pin), **mode.now().address}
    told, most = st.query_params.to_dict(), query(panel, at) | beside
    # Values that are usual may be said. Without any, a page opens as a lesson's step says.
    is_right = (says | beside).items() <= told.items() <= most.items() or (
        told == beside and at == values.opening(panel)
    )
    if not (_begins() and is_right):
        st.query_params.from_dict(says | beside)
        told = says
    keys = {panel.key(name) for name in at}
    said = {key: text for key, text in told.items() if key in keys}
    st.session_state.setdefault(_SAID, {})[panel.page] = said


def _pinned(panel: Panel, pin: Mapping[str, Any] | None) -> dict[str, str]:
    """What an address says of the line that is pinned."""
    return {} if pin is None else {panel.key(PIN): panel.pin_text(pin)}


def values_of(panel: Panel, at: values.Reading) -> dict[str, Any]:
    """The values of all controls, noted for the fragment that is being drawn."""
    return {control.name: getattr(at, control.name) for control in panel.controls}


def query(panel: Panel, at: Mapping[str, Any]) -> dict[str, str]:
    """What an address says to open the page with these values."""
    return {panel.key(name): panel[name].text(value) for name, value in at.items()}


def link(panel: Panel, at: values.Reading, *, answer: bool) -> str:
    """This page's address with the value of every control, defaults too; and its answer shown."""
    asks = {ANSWER: SHOWN} if answer else {}
    return here(query(panel, values_of(panel, at)) | _pinned(panel, values.pinned(panel)) | asks)


def here(says: Mapping[str, str], page: str | None = None) -> str:
    """The address of the open page, or of another one of this site, that says this."""
    open_now = urlsplit(st.context.url or "")
    path = open_now.path or values.open_page()
    if page is not None:
        path = f"{path.rpartition('/')[0]}/{page}"
    said = urlencode(says, quote_via=quote)
    return urlunsplit((open_now.scheme, open_now.netloc, path, said, ""))
