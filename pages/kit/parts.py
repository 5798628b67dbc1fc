"""A page in parts: a changed control runs anew what has read it, and nothing else.

What does not change is written once, by the page itself. What moves is a part: a fragment that is
given the page's values, and is noted as a reader of each that it looks at. So nobody lists what
depends on what, and nothing that does is forgotten. What is not sent again costs the server
nothing, and the browser little.
"""

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st
from streamlit import runtime

from pages.kit import turnstile

PAGE = "page"  # the reader that is the page itself, outside its parts
GLIMPSE = 0.06  # seconds in which a browser draws a chart that it has been sent
_READERS = "parts.readers"  # of this session: the names that each reader has read
_AWAITED = "parts.awaited"  # whether a control has moved and no chart has been sent since


class Values:
    """Values by name, as attributes; each that is looked at is noted."""

    def __init__(self, value: Callable[[str], Any], read: set[str]):
        self._value, self._read = value, read

    def __getattr__(self, name: str) -> Any:  # the first time; then it is an attribute
        self._read.add(name)
        value = self.__dict__[name] = self._value(name)
        return value


def begin() -> None:
    """A run of the whole page: nobody has read anything yet."""
    st.session_state[_READERS] = {PAGE: set()}
    st.session_state[_AWAITED] = False


def reading(reader: str, value: Callable[[str], Any]) -> Values:
    """Values for this reader, by their names; the page adds to what it has read, a part begins."""
    readers = st.session_state[_READERS]
    if reader != PAGE:
        readers[reader] = set()
    return Values(value, readers[reader])


def moved(names: Iterable[str], *, by: str | None = None) -> None:
    """In a callback, after these values have changed: run their readers, all in one go.

    `by` is the reader that has moved them itself: it runs only where nobody else does.
    """
    names, readers = set(names), st.session_state[_READERS]
    told = [reader for reader, read in readers.items() if reader != by and names & read]
    if PAGE in told:
        st.rerun()
    elif told or by:
        st.session_state[_AWAITED] = True
        st.rerun(told or [by])


def chart_sent() -> None:
    """The first chart after a move has been sent: the browser draws it before more comes.

    Sent together, the words of a part would be set before its chart is drawn: 10 to 15 ms.
    """
    awaited, st.session_state[_AWAITED] = st.session_state[_AWAITED], False
    if awaited and runtime.exists():
        turnstile.turnstile().pause(GLIMPSE)


def fragment(
    function: Callable, *, key: str | None = None, run_every: float | None = None
) -> Callable:
    """A part that can run by itself, in turn with all other readers' scripts."""
    return st.fragment(turnstile.in_turn(function), key=key, run_every=run_every)
