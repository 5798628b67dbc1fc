"""A lesson: views of pages in order, what is set, locked and hidden on each; as JSON, as a link.

Whatever comes from outside is checked here. A lesson holds names and numbers that the site knows,
and notes, which are drawn as text.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pages.kit.mode import Answers, Step
from pages.kit.panels import Panel

VERSION = 1
MOST_STEPS = 40
LONGEST_NOTE = 600  # characters
LONGEST_TITLE = 80
LONGEST_LINK = 6000  # characters that servers and messengers take without cutting
LARGEST_FILE = 200_000  # bytes

_KNOWN = {"page", "set", "lock", "presets", "answers", "note"}
_PACKED = re.compile(r"[A-Za-z0-9_-]+")
# No letters: what would turn the direction of a text, half characters, bells.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Panels = Mapping[str, Panel]  # by the pages' paths


@dataclass(frozen=True)
class Lesson:
    """Steps in order; a lesson that can be opened has one at least."""

    title: str = ""
    steps: tuple[Step, ...] = ()


class NotALesson(ValueError):
    """A sentence for the reader: what is wrong with what should be a lesson."""


def written(lesson: Lesson, panels: Panels, *, short: bool = False) -> str:
    """The lesson as JSON; `short` without the values that are their pages' defaults."""
    steps = [_written(step, panels[step.page], short) for step in lesson.steps]
    return json.dumps(
        {"version": VERSION, "title": lesson.title, "steps": steps},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _written(step: Step, panel: Panel, short: bool) -> dict[str, Any]:
    usual = panel.defaults.items() if short else ()
    says = {n: panel[n].text(value) for n, value in step.values.items() if (n, value) not in usual}
    return {
        "page": step.page,
        **({"set": says} if says else {}),
        **({"lock": sorted(step.locked)} if step.locked else {}),
        **({} if step.presets else {"presets": False}),
        **({} if step.answers == "asked" else {"answers": step.answers}),
        **({"note": step.note} if step.note else {}),
    }


def read(text: str | bytes, panels: Panels) -> Lesson:
    """The lesson that this JSON is. Raises NotALesson."""
    if len(text) > LARGEST_FILE:
        raise NotALesson("This is too large to be a lesson.")
    try:
        says = json.loads(text)
    except (ValueError, RecursionError):
        raise NotALesson("This is no lesson, or a part of one is missing.") from None
    if not isinstance(says, dict) or "steps" not in says:
        raise NotALesson("This is no lesson.")
    version = says.get("version")
    if type(version) is not int or version != VERSION:  # True and 1.0 are equal to 1
        raise NotALesson("This lesson was made with another version of this site.")
    steps = says["steps"]
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        raise NotALesson(f"A lesson has 1 to {MOST_STEPS} steps.")
    title = _text(says.get("title", ""), LONGEST_TITLE)
    return Lesson(title, tuple(_step(i, step, panels) for i, step in enumerate(steps, 1)))


def _step(i: int, says: Any, panels: Panels) -> Step:
    if not isinstance(says, dict) or not says.keys() <= _KNOWN:
        raise NotALesson(f"Step {i} of this lesson says something that this site does not know.")
    page = says.get("page")
    if not isinstance(page, str) or page not in panels:
        raise NotALesson(f"Step {i} of this lesson is on a page that this site does not have.")
    panel, told, lock = panels[page], says.get("set", {}), says.get("lock", [])
    names = {control.name for control in panel.controls}
    if not isinstance(told, dict) or not isinstance(lock, list):
        raise NotALesson(f"Step {i} of this lesson needs “set” by name, and “lock” as a list.")
    if not told.keys() <= names:
        raise NotALesson(f"Step {i} of this lesson sets a control that its page does not have.")
    if not all(isinstance(name, str) and name in names for name in lock):
        raise NotALesson(f"Step {i} of this lesson locks a control that its page does not have.")
    values = {name: _value(i, panel, name, raw) for name, raw in told.items()}
    presets, answers = says.get("presets", True), says.get("answers", "asked")
    if not isinstance(presets, bool) or answers not in get_args(Answers):
        raise NotALesson(f"Step {i} of this lesson hides what cannot be hidden.")
    note = _text(says.get("note", ""), LONGEST_NOTE)
    return Step(page, panel.defaults | values, frozenset(lock), presets, answers, note)


def _value(i: int, panel: Panel, name: str, raw: Any) -> Any:
    value = panel[name].parse(raw) if isinstance(raw, str) else None
    if value is None or not panel[name].means(raw, value):
        raise NotALesson(
            f"Step {i} of this lesson sets “{name}” to what it cannot be. "
            "A value is a text, as in a link."
        )
    return value


def _text(raw: Any, longest: int) -> str:
    if not isinstance(raw, str) or len(raw) > longest:
        raise NotALesson("This lesson has a title or a note that is too long, or no text.")
    return _UNSEEN.sub("", raw)


def packed(lesson: Lesson, panels: Panels) -> str:
    """The lesson as a link carries it: letters, digits, - and _; short, as its code is scanned."""
    squeezed = zlib.compress(written(lesson, panels, short=True).encode(), 9)
    return base64.urlsafe_b64encode(squeezed).rstrip(b"=").decode()


def unpacked(text: str, panels: Panels) -> Lesson:
    """The lesson that a link carries. Raises NotALesson."""
    if len(text) > LONGEST_LINK or not _PACKED.fullmatch(text):
        raise NotALesson("This link carries no lesson, or more than a lesson.")
    try:
        squeezed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(squeezed, LARGEST_FILE)
    except (binascii.Error, zlib.error, ValueError):
        raise NotALesson("This link to a lesson is damaged: was it cut?") from None
    if not unpacking.eof:
        raise NotALesson("This link to a lesson is damaged: was it cut?")
    return read(plain, panels)
