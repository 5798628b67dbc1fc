"""Results that are kept for all readers, each computed once.

`lru_cache` alone would let a class that asks for the same result together compute it together.
Streamlit's own caches would copy results, and look at the signature of the function for every
argument of every call, a tenth of what a page costs. What is kept must not be changed in place.
"""

from collections.abc import Callable
from functools import lru_cache, partial, wraps
from threading import RLock
from typing import Any

# One result is made at a time: a hundred threads in the middle of theirs empty each other's caches
# and wait for the interpreter at every step. What is made may ask for others.
_MAKING = RLock()


class Once:
    """A result that is made when it is first asked for; who asks meanwhile waits for it."""

    def __init__(self, make: Callable[[], Any]):
        self._make: Callable[[], Any] | None = make

    def result(self) -> Any:
        if self._make is not None:
            with _MAKING:
                if self._make is not None:
                    self._result, self._make = self._make(), None
        return self._result


def memoize(
    results: int, *, size: Callable[[Any], int] = lambda _: 0, most: int = 0
) -> Callable[[Callable], Callable]:
    """Decorate a pure function: its latest results are kept, by its arguments.

    Where results differ in size, `size` tells a result's bytes, and all are forgotten once what was
    made since the last time comes to more than `most`: who uses one has it still.
    """

    def decorate(function: Callable) -> Callable:
        asked_for = lru_cache(maxsize=results)(lambda *args: Once(partial(made, *args)))
        kept = 0

        def made(*args: Any) -> Any:
            nonlocal kept
            result = function(*args)
            kept += size(result)
            if kept > most:
                forget()
            return result

        def forget() -> None:
            nonlocal kept
            asked_for.cache_clear()
            kept = 0

        @wraps(function)
        def once(*args: Any) -> Any:
            return asked_for(*args).result()

        once.cache_clear = forget  # type: ignore[attr-defined]
        return once

    return decorate
