"""Turns at the processor: work that takes long is cut into ticks, so that no reader waits for it.

A page that trains does so in a fragment that reruns by itself. Each of its runs is a tick: it works
for a moment and draws. With more readers at work, each has its ticks more rarely and works less in
each, so that up to some 35 of them take about half of one core together; the other half is for the
readers of all other pages. With more of them a tick has the least work that is worth its drawing,
and they take more: 0.7 of a core at 50. Only one works at a time. A tab that was closed has no more
ticks, so it costs nothing; that it was there is forgotten after a few seconds.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import streamlit as st

SHARE = 0.5  # of one core, for all ticks together
SHORTEST, LONGEST = 0.5, 2.8  # seconds between two ticks of a reader
DRAWING = 0.03  # seconds of each tick that are spent on drawing
LEAST = 0.03  # seconds of work that make a tick worth its drawing
FORGOTTEN = 6.0  # seconds after a reader's last tick


class Turns:
    """Who is at work in this process. Safe to call from any session's thread."""

    def __init__(self, clock=monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._seen: dict[str, float] = {}
        self._desk = threading.Lock()

    def seen(self, reader: str) -> int:
        """Note that this reader is at work; how many are."""
        with self._lock:
            now = self._clock()
            self._seen[reader] = now
            self._seen = {r: t for r, t in self._seen.items() if now - t < FORGOTTEN}
            return len(self._seen)

    def gone(self, reader: str) -> None:
        """This reader has finished, or paused."""
        with self._lock:
            self._seen.pop(reader, None)

    @contextmanager
    def turn(self, patience: float) -> Iterator[bool]:
        """Be the one who works, for the length of a `with`; False if that took too long to get."""
        got = self._desk.acquire(timeout=patience)
        try:
            yield got
        finally:
            if got:
                self._desk.release()


def period(readers: int) -> float:
    """Seconds between two ticks of each of so many readers."""
    return min(max(SHORTEST, readers * (DRAWING + LEAST) / SHARE), LONGEST)


def work(readers: int) -> float:
    """Seconds of work in a tick of each of so many readers, at least a hundredth."""
    return max(0.01, SHARE * period(readers) / readers - DRAWING)


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """The turns of all readers of this process."""
    return Turns()
