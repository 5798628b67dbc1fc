"""Composing a lesson: views added one by one, each with a note, locks, and what is hidden."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.classroom import lesson, qr
from pages.classroom.lesson import Lesson
from pages.classroom.running import Running, go_on_in
from pages.kit import address, page, site, theme, values
from pages.kit.mode import Step
from pages.kit.panels import Panel
from pages.kit.press import once

_DRAFT = "classroom.draft"
_BEFORE = "classroom.draft.before"  # what stood there before a file took its place
_WRONG = "classroom.teach.wrong"
_LINK = "draft.link"  # the fragment of it
_ANSWERS = {"asked": "when asked for", "shown": "from the start", "hidden": "never"}


def _draft() -> Lesson:
    return st.session_state.get(_DRAFT, Lesson())


def compose(panel: Panel, panels: lesson.Panels) -> None:
    """The lesson so far, and what can be done with it."""
    page.write(
        """
        A lesson is a row of views: pages as you have set them. Set up a page, add it here, go to
        the next page. Then give the link or the file to your class. The draft is in this tab only:
        a reload empties it, and a file brings it back.
        """
    )
    draft = _draft()
    st.button(
        "Add this view",
        key="teach.add",
        type="primary",
        disabled=len(draft.steps) >= lesson.MOST_STEPS,
        on_click=once("teach.add", partial(_add, panel)),
    )
    for i, step in enumerate(draft.steps):
        _step(panel, i, step, panels[step.page], last=len(draft.steps) - 1)
    if draft.steps:
        write = partial(_entitle, panel)
        title = partial(st.text_input, "Title of the lesson", max_chars=lesson.LONGEST_TITLE)
        _widget(title, "title", draft.title, write)
        _hand_out(panel, panels)
    _from_file(panel, panels)


def _step(panel: Panel, i: int, step: Step, of: Panel, last: int) -> None:
    with st.container(border=True, key=f"teach.step.{i}"):
        st.markdown(f"**{i + 1}. {site.info(step.page).menu}.** {_set(step, of)}")
        write = partial(_change, panel, i)
        note = partial(st.text_area, "Note", max_chars=lesson.LONGEST_NOTE, height=96)
        _widget(note, f"note.{i}", step.note, partial(write, "note"))
        names = [control.name for control in of.controls]
        _widget(
            partial(st.multiselect, "Locked", names, format_func=of.label),
            f"lock.{i}",
            sorted(step.locked, key=names.index),
            lambda locked: write("locked", frozenset(locked)),
        )
        _widget(
            partial(st.segmented_control, "Answer to its question", list(_ANSWERS), required=True),
            f"answers.{i}",
            step.answers,
            partial(write, "answers"),
            format_func=_ANSWERS.__getitem__,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            key = f"teach.presets.{i}-{values.revision(f'presets.{i}', step.presets)}"
            st.checkbox(
                "Presets are offered",
                value=step.presets,
                key=key,
                on_change=lambda: write("presets", st.session_state[key]),
            )
            st.button(
                "Up", key=f"teach.up.{i}", disabled=i == 0, on_click=_swap, args=(panel, i - 1)
            )
            st.button(
                "Down", key=f"teach.down.{i}", disabled=i == last, on_click=_swap, args=(panel, i)
            )
            remove = once("teach.remove", partial(_remove, panel, i))
            st.button("Remove", key=f"teach.remove.{i}", on_click=remove)


def _set(step: Step, of: Panel) -> str:
    """What the view sets: each control that is not at its default."""
    differ = [c for c in of.controls if step.values[c.name] != c.default]
    says = ", ".join(of.says(control.name, step.values[control.name]) for control in differ)
    return f"{says}." if says else "As it opens."


def _widget(
    draw: partial,
    name: str,
    value: Any,
    on_change: Callable[[Any], None],
    **how: Any,
) -> None:
    """A widget that shows the draft's value, drawn anew if that changes otherwise."""
    key = f"teach.{name}-{values.revision(name, value)}"
    start = "default" if draw.func in (st.multiselect, st.segmented_control) else "value"
    draw(key=key, on_change=lambda: on_change(st.session_state[key]), **how, **{start: value})


def _keep(panel: Panel, draft: Lesson, *, anew: str = "class") -> None:
    st.session_state[_DRAFT] = draft
    values.change(panel, {}, anew=f"{panel.page}.{anew}")


def _add(panel: Panel) -> None:
    draft, at = _draft(), vars(values.now(panel))
    step = Step(panel.page, {control.name: at[control.name] for control in panel.controls})
    _keep(panel, replace(draft, steps=(*draft.steps, step)))


def _change(panel: Panel, i: int, name: str, value: Any) -> None:
    steps = list(_draft().steps)
    if i < len(steps):  # a press from before it was removed
        steps[i] = replace(steps[i], **{name: value})
    anew = _LINK if name == "note" else "class"
    _keep(panel, replace(_draft(), steps=tuple(steps)), anew=anew)


def _swap(panel: Panel, i: int) -> None:
    steps = list(_draft().steps)
    steps[i : i + 2] = reversed(steps[i : i + 2])
    _keep(panel, replace(_draft(), steps=tuple(steps)))


def _remove(panel: Panel, i: int) -> None:
    steps = _draft().steps
    _keep(panel, replace(_draft(), steps=steps[:i] + steps[i + 1 :]))


def _entitle(panel: Panel, title: str) -> None:
    _keep(panel, replace(_draft(), title=title), anew=_LINK)


# Out and in --------------------------------------------------------------------------------------


def _hand_out(panel: Panel, panels: lesson.Panels) -> None:
    """The lesson as it is then; a note that was typed draws no more of this anew than the link."""
    with st.container(horizontal=True):
        st.button("Open the lesson", key="teach.open", on_click=_open, args=(panels,))
        context = get_script_run_ctx()
        assert context is not None  # a script runs here
        session = context.session_state
        page.file(
            "Lesson as a file",
            lambda: lesson.written(session[_DRAFT], panels),
            "lesson.json",
            "application/json",
        )
    values.fragment(_link, key=f"{panel.page}.{_LINK}")(panels)


def _link(panels: lesson.Panels) -> None:
    draft = _draft()
    packed = lesson.packed(draft, panels)
    if len(packed) > lesson.LONGEST_LINK:
        st.caption("This lesson is too long for a link. Give the file.")
        return
    link = address.here({"lesson": packed, "step": "1"}, draft.steps[0].page)
    st.code(link, language=None, wrap_lines=True)
    if qr.fits(link):
        st.image(qr.svg(link), width=400)


def _open(panels: lesson.Panels) -> None:
    packed = lesson.packed(_draft(), panels)
    go_on_in(Running(_draft(), packed if len(packed) <= lesson.LONGEST_LINK else ""))


def _from_file(panel: Panel, panels: lesson.Panels) -> None:
    key = "teach.upload"

    def take() -> None:
        if (file := st.session_state[key]) is None:
            return
        try:
            _replace(panel, lesson.read(file.getvalue(), panels))
        except lesson.NotALesson as wrong:
            st.session_state[_WRONG] = str(wrong)
            values.change(panel, {}, anew=f"{panel.page}.class")

    st.file_uploader("Go on with a lesson from a file", type="json", key=key, on_change=take)
    if wrong := st.session_state.pop(_WRONG, None):
        st.warning(wrong)
    if before := st.session_state.get(_BEFORE):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{theme.count(len(before.steps), 'step')} stood here before.")
            back = once("teach.back", partial(_replace, panel, before))
            st.button("Have them back", key="teach.back", on_click=back)


def _replace(panel: Panel, draft: Lesson) -> None:
    """What stood there can be had back, and then this."""
    before = _draft()
    st.session_state[_BEFORE] = before if before.steps else None
    _keep(panel, draft)
