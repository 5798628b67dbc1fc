"""How pages are shown: by themselves, on a projector, within another site, as a step of a lesson.

An article does not know. What draws it asks here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

Answers = Literal["asked", "hidden", "shown"]

PRESENTED = 1.6  # how much larger everything in a chart is on a projector
_KEY = "mode"


@dataclass(frozen=True)
class Step:
    """A page as a lesson shows it.

    values: of its controls, by name. locked: the controls that nobody can move.
    presets: whether they are offered. answers: to the page's question: shown from the start, when
    they are asked for, or never.
    note: the teacher's own words: text, never markup.
    """

    page: str
    values: Mapping[str, Any]
    locked: frozenset[str] = frozenset()
    presets: bool = True
    answers: Answers = "asked"
    note: str = ""


@dataclass(frozen=True)
class Mode:
    """section: the one on the projector, from 1; 0 where the whole page is shown.
    embedded: within another site. step: of a lesson.
    awaited: the page to whose question a class's answers are collected, until they are revealed.
    teaches: whether it is this reader who asks, and does not answer.
    counted: a page, and what this reader has answered to its question in class, on whichever visit.
    address: what the address says of all this.
    """

    section: int = 0
    embedded: bool = False
    step: Step | None = None
    awaited: str = ""
    teaches: bool = False
    counted: tuple[str, str] = ("", "")
    address: Mapping[str, str] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """How much larger charts are than on a page by itself."""
        return PRESENTED if self.section else 1.0

    @property
    def is_site(self) -> bool:
        """Whether there are menus, and ways to other pages."""
        return not (self.section or self.embedded or self.step)

    def on(self, page: str) -> Step:
        """What the lesson says of this page: nothing, if it is not the step's."""
        return self.step if self.step and self.step.page == page else Step(page, {})


def now() -> Mode:
    """How this reader's pages are shown."""
    return st.session_state.get(_KEY, Mode())


def become(mode: Mode) -> None:
    """Show pages so, from the next run on."""
    st.session_state[_KEY] = mode
