"""A press on a button whose place is another's a moment later: the second click of a double click.

What a button does may put another one under the pointer, which often does the reverse.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

import streamlit as st

DOUBLE = 1.0  # seconds in which a double click comes to its end


def once(name: str, action: Callable[..., Any]) -> Callable[..., Any]:
    """A callback: `action`, unless one of this name was done within the last second."""
    key = f"once.{name}"

    def press(*args: Any) -> Any:
        if is_soon(st.session_state.get(key, 0.0)):
            return None
        st.session_state[key] = monotonic()
        return action(*args)

    return press


def is_soon(since: float) -> bool:
    """Whether so little time has gone since then that a press may be meant for what stood before.

    since: by the monotonic clock, in seconds; 0 is long ago.
    """
    return bool(since) and monotonic() < since + DOUBLE
