"""The lesson that a reader is in, and what the address says of that and of the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from pages.classroom.lesson import Lesson
from pages.kit import address, mode, site, values

CODE = "classroom.room"  # the letters of the room that this session is in
_ARRIVED = Path(__file__).with_name("arrived.css")
_KEY = "classroom.running"
_LED = "classroom.led"  # how often this session has been led to a page, and where on it at last


@dataclass(frozen=True)
class Running:
    """A lesson, how a link says it (not at all, if it is too long), and the index of its step."""

    lesson: Lesson
    packed: str = ""
    index: int = 0

    @property
    def step(self) -> mode.Step:
        return self.lesson.steps[self.index]

    @property
    def where(self) -> str:
        return f"Step {self.index + 1} of {len(self.lesson.steps)}"

    @staticmethod
    def now() -> "Running | None":
        return st.session_state.get(_KEY)


def open_lesson(running: Running) -> None:
    """Be in this lesson at its step, the step's page set as the step says."""
    _be_in(running)
    values.prepare(site.panel(running.step.page), running.step.values)


def leave_lesson() -> None:
    """Be in no lesson. What the controls are set to stays."""
    _be_in(None)


def go_on_in(running: Running) -> None:
    """Open this lesson at its step and run the step's page; the history leads back out of it."""
    lead_into(running, running.step.page, running.step.values)


def lead_into(running: Running | None, path: str, raw: Mapping[str, Any]) -> None:
    """Be in this lesson, or in none, and run this page, set so; the history leads back."""
    before = Running.now()

    def undo() -> None:
        if before:
            open_lesson(before)
        else:
            leave_lesson()
        say_in_address()

    _be_in(running)
    values.prepare(site.panel(path), raw)
    say_in_address()
    lead_to(path, undo)


def lead_to(path: str, undo: Callable[[], None] | None = None, *, at: str = "top") -> None:
    """Run this page, and begin at its top or, `at` "question", at what is asked there; see
    `address.go_to`."""
    times, _ = st.session_state.get(_LED, (0, ""))
    st.session_state[_LED] = times + 1, at
    address.go_to(path, undo)


def draw_arrival() -> None:
    """Before the page: a mark by which the stylesheet knows that the reader was led here anew."""
    times, at = st.session_state.get(_LED, (0, ""))
    if times:
        st.html(_ARRIVED)
        mark = f"arrived-{at}-{1 + times % 2}"
        st.container(key=mark, height=1, border=False)  # an empty one is not sent


def _be_in(running: Running | None) -> None:
    st.session_state[_KEY] = running
    mode.become(replace(mode.now(), step=running.step if running else None))


def say_in_address() -> None:
    """The address says what is shown, so that it opens again after a reload."""
    shown, running = mode.now(), Running.now()
    says = {
        "present": str(shown.section) if shown.section else "",
        "lesson": running.packed if running else "",
        "step": str(running.index + 1) if running and running.packed else "",
        "room": st.session_state.get(CODE, ""),
    }
    mode.become(replace(shown, address={key: text for key, text in says.items() if text}))
