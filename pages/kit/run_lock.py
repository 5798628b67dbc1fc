"""One script runs at a time: a class that arrives together is served in turn.

Python computes one thread at a time anyhow. A hundred that all may run take the interpreter from
each other at every message they send; who waits here costs nothing. A script that takes long does
not hold the others up: after a moment the next one runs beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from time import monotonic, sleep

PATIENCE = 0.25  # seconds that a script may keep all others waiting


class RunLock:
    """Held by one thread at a time, or by the next one too after `patience` seconds."""

    def __init__(self, patience: float = PATIENCE):
        self._patience = patience
        self._moved = Condition()
        self._holder: int | None = None  # the thread that has taken it last
        self._running: set[int] = set()  # the holder, and those that it has overtaken
        self._since = 0.0  # when the holder took it
        self._ended = 0.0  # when the last of them released it

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for the length of a `with`; again from within changes nothing."""
        if get_ident() in self._running:
            yield
            return
        self._take()
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Let the next one run: the rest is waiting."""
        with self._moved:
            self._running.discard(get_ident())
            if not self._running:
                self._ended = monotonic()
            if self._holder == get_ident():
                self._holder = None
                self._moved.notify()

    def quiet(self) -> float:
        """For how many seconds no script has run: 0 while one does."""
        return 0.0 if self._running else monotonic() - self._ended

    def sleep(self, seconds: float) -> None:
        """Sleep while others run, then hold it again if it was held."""
        held = get_ident() in self._running
        self.release()
        sleep(seconds)
        if held:
            self._take()

    def _take(self) -> None:
        with self._moved:
            while self._holder is not None and (left := self._left()) > 0:
                self._moved.wait(left)
            self._holder, self._since = get_ident(), monotonic()
            self._running.add(get_ident())

    def _left(self) -> float:
        return self._since + self._patience - monotonic()


LOCK = RunLock()  # of this process
