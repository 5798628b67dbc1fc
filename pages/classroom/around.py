"""What stands around every page for a class: the projector, a lesson's step, a room.

`arrive` hears what the address asks for, before the page runs; `draw` draws what belongs to it,
after the page. The page itself does not know.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import streamlit as st

from pages.classroom import lesson, progress, room, take_away, teach
from pages.classroom.running import (
    Running,
    draw_arrival,
    go_on_in,
    lead_to,
    leave_lesson,
    open_lesson,
    say_in_address,
)
from pages.kit import address, mode, page, site, values
from pages.kit.panels import Panel
from pages.kit.values import Reading

_STYLE = Path(__file__).with_name("style.css")
_PROJECTOR = Path(__file__).with_name("projector.css")
_ARRIVED = "classroom.arrived"
_TO_STEP = "classroom.to_step"  # whether a lesson's link was come to just now
_WRONG = "classroom.wrong"  # what was wrong with a link, for the reader


@cache
def panels() -> Mapping[str, Panel]:
    """The panels of all pages, by path."""
    return {info.path: site.panel(info.path) for info in site.PAGES}


def arrive() -> None:
    """Take up what the address asks for: at the start of a session, and going through history."""
    draw_arrival()
    stepped = address.stepped_through_history()
    if _ARRIVED in st.session_state and not stepped:
        return
    st.session_state[_ARRIVED] = True
    asks = st.query_params.to_dict()
    shown = replace(mode.now(), embedded=bool(st.context.is_embedded), section=0)
    mode.become(replace(shown, section=_number(asks.get("present"))))
    if packed := asks.get("lesson"):
        try:
            found = lesson.unpacked(packed, panels())
            at = min(_number(asks.get("step")) or 1, len(found.steps)) - 1
            open_lesson(Running(found, packed, at))
            st.session_state[_TO_STEP] = not stepped
        except lesson.NotALesson as wrong:
            st.session_state[_WRONG] = str(wrong)
    elif stepped and (running := Running.now()) and running.packed:
        leave_lesson()  # one from a file is in no address
    if "done" in asks:
        progress.take_over(asks["done"])
    if "room" in asks:
        room.come(asks["room"])
    say_in_address()


def _number(text: str | None) -> int:
    """A whole number from 1 to 99 that an address says; 0 if it does not."""
    return int(text) if text and text.isascii() and text.isdigit() and 0 < len(text) <= 2 else 0


def draw() -> None:
    """After the page: what was wrong with its link, the bars, and the row for a class."""
    if wrong := st.session_state.pop(_WRONG, None):
        st.toast(f"{wrong} The page is shown as it is.", icon=None, duration="long")
    panel = site.panel(values.open_page())
    running, opened = Running.now(), st.session_state.pop(_TO_STEP, False)
    if opened and running and running.step.page != panel.page:
        lead_to(running.step.page)
    shown = mode.now()
    st.html(_STYLE)
    if shown.section:
        st.html(_PROJECTOR)
    if not (shown.section or shown.embedded):
        page.opened(panel, "class", "With a class", _entries(panel), stays=True)
    values.fragment(_projector, key=f"{panel.page}.projector")(panel)
    room.follow(panel)
    with st.container(key="bars"):
        if running := Running.now():
            values.fragment(_lesson, key=f"{panel.page}.lesson")(panel, running)
        room.bar(panel)
    if mark := progress.mark():
        with st.container(key="progress"):
            st.caption(mark)
    if shown.embedded:
        _in_full(panel)
    values.end()


def _entries(panel: Panel) -> Mapping[str, Callable[[], None]]:
    """All that there is for a class; in a lesson what one teaches it with."""
    entries: dict[str, Callable[[], None]] = {
        "Present": partial(_how_to_present, panel),
        "Teach": partial(teach.compose, panel, panels()),
        "A room": room.teach,
        "Take away": partial(take_away.draw, panel, panels()),
        "Embed this": partial(_embed, panel),
    }
    titles = ("Present", "A room") if mode.now().step else entries
    return {title: entries[title] for title in titles}


# The projector -----------------------------------------------------------------------------------

# No letter: by voice, or a slip of the hand, readers press letters without meaning a page's keys.
_BEGIN_AND_END = "F2"


def _how_to_present(panel: Panel) -> None:
    page.write(
        """
        The page for a projector: one section at a time, large, without menus. → and Page Down go
        on, ← and Page Up go back, F2 ends it. A slider or box that you have just used keeps these
        keys to itself: click beside it first. A lesson is presented in the same way.
        """
    )
    label = f"Present this page ({_BEGIN_AND_END})"
    st.button(label, key=f"{panel.page}.present_now", on_click=_present)


def _present() -> None:
    _to_section(0 if mode.now().section else 1)
    st.rerun()


def _to_section(section: int) -> None:
    mode.become(replace(mode.now(), section=section))
    say_in_address()


def _projector(panel: Panel) -> None:
    """Buttons that keys press; the section that is on the screen is a class of their box."""
    section = mode.now().section
    if not section:
        with st.container(key="projector-off"):
            st.button("Present", key="projector.begin", on_click=_present, shortcut=_BEGIN_AND_END)
        return
    last, running = values.sections(), Running.now()
    if section > last:
        section = last
        _to_section(section)
        address.say(panel)
    if section in values.sections_without_what_they_steer():
        st.container(key="first-chart", height=1, border=False)  # an empty one is not sent
    with st.container(key=f"section-{section}", horizontal=True, vertical_alignment="center"):
        st.caption(f"{section} of {last}")
        for name, label, by, keys in _TURNS:
            turn: Callable[[], None] | None = None
            if 0 < section + by <= last:
                turn = partial(_turn, panel, section + by)
            elif running and 0 <= running.index + by < len(running.lesson.steps):
                turn = partial(
                    _go, replace(running, index=running.index + by), 1 if by > 0 else _LAST
                )
            for n, key in enumerate(keys):
                st.button(
                    label,
                    key=f"projector.{name}.{n}",
                    disabled=turn is None,
                    on_click=turn,
                    shortcut=key,
                )
        st.button(
            "End", key="projector.end", on_click=_present, shortcut=_BEGIN_AND_END, type="tertiary"
        )


_LAST = 99  # a section beyond the last is the last
_TURNS = (("back", "Back", -1, ("Left", "PageUp")), ("on", "Next", 1, ("Right", "PageDown")))


def _turn(panel: Panel, section: int) -> None:
    _to_section(section)
    anew = (f"{panel.page}.projector", address.fragment(panel.page))
    values.change(panel, {}, anew=anew)


# A lesson ----------------------------------------------------------------------------------------


def _lesson(panel: Panel, running: Running) -> None:
    def go(index: int) -> Callable[[], None]:
        return partial(_go, replace(running, index=index))

    with st.container(key="lesson"):
        says = [text for text in (running.lesson.title, running.where) if text]
        if mode.now().section:  # in the bar a long title is cut
            says.reverse()
        st.text("  ·  ".join(says))  # text, never markup
        if running.step.note:
            with st.container(key="lesson-note"):
                st.text(running.step.note)
        if room.leads_through(running):
            return
        with st.container(key="lesson-steps", horizontal=True):
            if panel.page != running.step.page:
                st.button("Back to the lesson", key="lesson.here", on_click=go(running.index))
            st.button(
                "← Step before",
                key="lesson.before",
                disabled=running.index == 0,
                on_click=go(running.index - 1),
            )
            st.button(
                "Next step →",
                key="lesson.next",
                disabled=running.index + 1 == len(running.lesson.steps),
                on_click=go(running.index + 1),
            )
            st.button("Leave the lesson", key="lesson.leave", type="tertiary", on_click=_leave)


def _go(running: Running, section: int = 1) -> None:
    """To a step; on a projector to this section of it."""
    if mode.now().section:
        _to_section(section)
    go_on_in(running)


def _leave() -> None:
    leave_lesson()
    say_in_address()
    st.rerun()


# Within another site -----------------------------------------------------------------------------


def _embed(panel: Panel) -> None:
    page.write(
        """
        For a page of a course. It shows this page without menus, as it is set now. Whoever hosts
        this site decides which other sites may do so.
        """
    )

    @page.part(panel)
    def frame(at: Reading) -> None:
        link = address.link(panel, at, answer=False)
        joined = "&" if "?" in link else "?"
        st.code(
            f'<iframe src="{link}{joined}embed=true" width="100%" height="900" '
            f'style="border: 0" title="{site.info(panel.page).title}"></iframe>',
            language="html",
            wrap_lines=True,
        )


def _in_full(panel: Panel) -> None:
    def link() -> None:
        at = values.read(panel)
        page.write("[Open in full]({link})", link=address.link(panel, at, answer=False))

    values.fragment(link, key=f"{panel.page}.in_full")()
