"""One script at a time: a class that arrives together is served in turn.

Python computes one script at a time anyhow. A hundred that are all allowed to run take the
interpreter from each other at every message they send, and that costs a third of the processor.
Who waits here costs nothing. A script that takes long does not hold the others up: after a moment
the next one runs beside it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from time import monotonic, sleep

PATIENCE = 0.25  # seconds that a script may keep all others waiting


class Turnstile:
    """Lets one thread through at a time, or the next one after `patience` seconds."""

    def __init__(self, patience: float = PATIENCE):
        self._patience = patience
        self._moved = threading.Condition()
        self._inside: int | None = None  # the thread that went through last
        self._since = 0.0  # when it did

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the one inside, for the length of a `with`; again from within changes nothing."""
        if self._inside == threading.get_ident():
            yield
            return
        self._enter()
        try:
            yield
        finally:
            self.leave()

    def _enter(self) -> None:
        with self._moved:
            while self.busy:
                self._moved.wait(self._left())
            self._inside, self._since = threading.get_ident(), monotonic()

    def pause(self, seconds: float) -> None:
        """Wait outside while others go through, then queue up again."""
        inside = self._inside == threading.get_ident()
        self.leave()
        sleep(seconds)
        if inside:
            self._enter()

    def leave(self) -> None:
        """Let the next one through: what follows takes long."""
        with self._moved:
            if self._inside == threading.get_ident():
                self._inside = None
                self._moved.notify()

    @property
    def busy(self) -> bool:
        """Whether somebody is inside who has not kept the others waiting for long."""
        return self._inside is not None and self._left() > 0

    def _left(self) -> float:
        return self._since + self._patience - monotonic()


@cache
def turnstile() -> Turnstile:
    """The one of this process."""
    return Turnstile()


def in_turn(function: Callable) -> Callable:
    """The function, run as the one script that runs."""

    @wraps(function)
    def waited(*args, **kwargs):
        with turnstile().turn():
            return function(*args, **kwargs)

    return waited
