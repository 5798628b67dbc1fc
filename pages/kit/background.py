"""Work of the process that no reader waits for: a thread for each, from the first visit on."""

import threading
from collections.abc import Callable

import streamlit as st
from streamlit import runtime


@st.cache_resource(show_spinner=False)
def _thread(name: str, _work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=_work, name=name, daemon=True)
    thread.start()
    return thread


def begin(name: str, work: Callable[[], None]) -> None:
    """Start a piece of work under its name, once in a process that serves."""
    if runtime.exists():
        _thread(name, work)
