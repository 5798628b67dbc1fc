"""A room in the reader's session: the teacher's side, and the side of those who follow."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

from pages.classroom import charts, qr
from pages.classroom.rooms import LETTERS, NoRoom, Rooms, View
from pages.classroom.running import CODE, Running, lead_into, lead_to, say_in_address
from pages.kit import address, mode, page, predict, site, values, whole
from pages.kit.panels import Panel
from pages.kit.press import once

_KEY = "classroom.key"  # the teacher's right
_VOTER = "classroom.voter"  # tells one reader's votes from another's, in one room, and no more
_ROUNDS = "classroom.rounds"  # by page: the room and the round that the answer there is of
_SEEN = "classroom.seen"  # the room as the reader has been brought to it last
_FOLLOWS = "classroom.follows"
_WRONG = "classroom.room.wrong"
_NEWS = "classroom.news"  # a sentence that the next page begins with
_ASKS = "classroom.question"  # the question as the teacher's page shows it: its page, round, reveal
_ON_WALL = "classroom.wall"  # whether a projector shows what is asked, and then what all answered
_RESULT = "what-all-answered"  # leads to it
_DOOR = "classroom.door"  # whether the way in is shown beside the teacher's row
_FOUR = "A room has four letters."
_NOBODY = "Nobody has answered"
_OFTEN, _SELDOM = 2.0, 4.0  # seconds between two looks of a teacher who counts, and of a follower


@cache
def _rooms() -> Rooms:
    return Rooms()


def come(code: str) -> None:
    """Enter the room with these letters, if there is one; who is in it, or teaches, stays so."""
    code = code.strip().upper()
    if _is_teacher() or st.session_state.get(CODE) == code:
        return
    if len(code) != 4 or not set(code) <= set(LETTERS):
        st.session_state[_WRONG] = _FOUR
        return
    try:
        _rooms().look(code)
    except NoRoom:
        st.session_state[_WRONG] = "This room is closed, or the letters are wrong."
        return
    st.session_state.pop(_SEEN, None)  # of another room
    st.session_state[CODE] = code
    st.session_state.setdefault(_VOTER, _token("voter"))
    st.session_state[_FOLLOWS] = True


def _token(role: str) -> str:
    """This browser's own: the same after a reload, where it keeps Streamlit's cookie."""
    token, _ = decode_xsrf_token_string(st.context.cookies.get("_streamlit_xsrf", ""))
    return sha256(role.encode() + (token or secrets.token_bytes(16))).hexdigest()


def leave() -> None:
    """Be in no room."""
    _follow_no_more()
    for key in (CODE, _KEY, _SEEN, _ASKS, _DOOR):
        st.session_state.pop(key, None)
    mode.become(replace(mode.now(), awaited="", teaches=False, counted=("", "")))
    say_in_address()


def _follow_no_more() -> None:
    if voter := st.session_state.get(_VOTER):
        _rooms().go(st.session_state.get(CODE, ""), voter)


def _is_teacher() -> bool:
    return _KEY in st.session_state


# The teacher -------------------------------------------------------------------------------------


def teach() -> None:
    """In the row for a class: open a room, or enter one; then what a teacher does in it."""
    if wrong := st.session_state.pop(_WRONG, None):
        st.warning(wrong)
    code = st.session_state.get(CODE)
    if code is None:
        _door()
        return
    try:
        view = _rooms().look(code)
    except NoRoom as wrong:
        leave()
        st.warning(str(wrong))
        return
    if _is_teacher():
        _desk(view)
    else:
        st.markdown(f"You are in the room **{code}**.")


def _door() -> None:
    page.write(
        """
        A room lets a class answer this site's questions together and follow a teacher's page. It
        keeps counts and what its teacher shows, no names, and ends after two hours.
        """
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Four letters", key="room.letters", max_chars=4, width=140, on_change=_typed)
        st.button("Enter", key="room.enter", on_click=_enter, type="primary")
        st.button("Open a room", key="room.open", on_click=once("room", _open))


def _open() -> None:
    try:
        key = _token("teacher")
        st.session_state[CODE], st.session_state[_KEY] = _rooms().open(key), key
        st.session_state.pop(_WRONG, None)  # of letters that were typed before
    except NoRoom as wrong:
        st.session_state[_WRONG] = str(wrong)
    say_in_address()
    st.rerun()


def _typed() -> None:
    if len(letters := st.session_state["room.letters"]) == 4:
        _enter()
    elif letters:
        st.session_state[_WRONG] = _FOUR


def _enter() -> None:
    come(st.session_state["room.letters"])
    say_in_address()
    st.rerun()


def _desk(view: View) -> None:
    with _way_in(view.code):
        st.caption(
            "Whoever enters can follow to the page that you are on, as you have set it, and in the "
            "lesson that you are in. After a reload, this browser is asked whether it teaches here "
            "again."
        )
        _act("Close the room", "close")


def _way_in(code: str) -> DeltaGenerator:
    """The room's code, letters and link; what there is besides is drawn in what it gives."""
    link = address.here({"room": code})
    left, right = st.columns([1, 1 if mode.now().section else 2])
    left.image(qr.svg(link), width="stretch")
    right.markdown(f"# {code}")
    right.code(link, language=None, wrap_lines=True)
    return right


def _act(label: str, name: str, *how: str, at: str = "room") -> None:
    def act() -> None:
        try:
            getattr(_rooms(), name)(st.session_state[CODE], st.session_state[_KEY], *how)
        except (NoRoom, KeyError):
            return _closed()
        if name == "close":
            st.session_state[_NEWS] = f"The room {st.session_state[CODE]} is closed."
            leave()
        else:
            st.session_state[_ON_WALL] = True
            _take_up(view := _rooms().look(st.session_state[CODE]))
            if name == "reveal" and not mode.now().section:  # the wall shows it
                all_see = "Everyone in the room sees the answer now"
                st.session_state[_NEWS] = f"{all_see}. {_result(view)}."
        st.rerun()

    st.button(label, key=f"{at}.{name}.{'-'.join(how)}", on_click=once("room", act))


def _take_up(view: View) -> bool:
    """The teacher's page shows the question as the room has it; whether that was news to it. There
    may be two windows of a teacher, on the wall and on the desk, and either one asks."""
    here = view.question, view.round, view.revealed
    if st.session_state.get(_ASKS, ("", 0, False)) == here:
        return False
    st.session_state[_ASKS] = here
    awaited = "" if view.revealed else view.question
    mode.become(replace(mode.now(), awaited=awaited, teaches=True, counted=("", "")))
    if awaited:  # what is on the wall must not say what is so
        predict.forget(awaited)
    elif view.question:
        predict.tell(view.question)
    return True


def _leads(panel: Panel) -> None:
    """The teacher's row, drawn anew while answers come: to ask, to count, to reveal."""
    try:
        view = _rooms().look(st.session_state.get(CODE, ""))
    except NoRoom:
        return
    if _take_up(view):
        st.rerun()
    presented = mode.now().section > 0
    with st.container(
        key="answers" if presented else "room", horizontal=True, vertical_alignment="center"
    ):
        here = f", {view.here} here" if view.here and not view.question else ""
        st.markdown(f"Room **{view.code}**{here}", width="content")
        if view.question != panel.page:
            if view.question:
                state = "is shown" if view.revealed else "is asked"
                says = f"“{site.info(view.question).menu}” {state}: {_in(view)}"
                st.markdown(says, width="content")
            _act("Ask this page's question", "ask", panel.page)
        elif not view.revealed:
            st.markdown(_in(view), width="content")
            _act("Reveal the answers", "reveal")
        else:
            says = _result(view)
            st.markdown(says if presented else f"[{says}](#{_RESULT})", width="content")
            _act("Ask again", "ask", panel.page)
        if view.question:
            _act("End the question", "ask", "")
        bars = st.session_state.get(_ON_WALL, True)
        if presented and view.question == panel.page:
            _toggle("bars" if view.revealed else "question", _ON_WALL, bars)
        door = st.session_state.get(_DOOR, False)
        if not mode.now().is_site:  # elsewhere it is in the row for a class
            _toggle("way in", _DOOR, door)
    if door and not mode.now().is_site:
        with st.container(key="answers-door" if presented else "room-door"), _way_in(view.code):
            _act("Close the room", "close", at="door")
    elif bars and presented and view.question == panel.page:
        with st.container(key="answers-counts"):
            if view.revealed:
                _counts(view)
                whole.say(predict.asked(panel.page).so)
            else:
                whole.say(predict.asked(panel.page).in_full)


def _toggle(label: str, what: str, shown: bool) -> None:
    says = f"{'Hide' if shown else 'Show'} the {label}"
    turn = partial(_show_or_hide, what, shown)
    st.button(says, key=f"{what}.turn", type="tertiary", on_click=once(what, turn))


def _show_or_hide(what: str, shown: bool) -> None:
    st.session_state[what] = not shown


def _result(view: View) -> str:
    right = sum(view.counts.get(a, 0) for a in predict.asked(view.question).right)
    return f"{right} of {sum(view.counts.values())} right" if view.counts else _NOBODY


def _in(view: View) -> str:
    """How many answers are in; while the others are awaited, of how many."""
    number = sum(view.counts.values())
    of = f"of {view.here} " if view.here and not view.revealed else ""
    is_one = (view.here if of else number) == 1
    return f"{number} {of}{'answer is' if is_one else 'answers are'} in."


def _counts(view: View) -> None:
    """How many have given each answer."""
    if not view.counts:
        st.markdown(f"{_NOBODY}.")
        return
    page.show(
        charts.counts,
        _bars(view.counts, predict.asked(view.question)),
        key=f"room.counts.{view.version}",
        alt_text="Bars: how many have given each answer. The words on a bar say how many.",
    )


def _bars(counts: Mapping[str, int], asked: predict.Question) -> pd.DataFrame:
    """A row per answer, the right ones marked; see `charts.counts`. Of many that are offered, those
    that somebody has given, or should have."""
    few = len(asked.offered) <= predict.FEW
    shown = [answer for answer in asked.offered if few or answer in (*asked.right[:1], *counts)]
    shown += [answer for answer in counts if answer not in asked.offered]  # of an older page
    right, all_right = asked.right, sum(counts.get(answer, 0) for answer in asked.right)
    rows = []
    for answer in shown:
        if answer not in right:
            rows.append((answer, counts.get(answer, 0), f"“{answer}”", "reference"))
        elif answer == next(one for one in shown if one in right):  # several are one answer
            says = f"“{answer}”" if len(right) == 1 else f"“{right[0]}” to “{right[-1]}”"
            rows.append((answer, all_right, f"{says}, right", "healthy"))
    table = pd.DataFrame(rows, columns=["answer", "count", "says", "meaning"])
    return table.assign(says=[f"{n} × {says}" for _, n, says, _ in rows])


# Those who follow --------------------------------------------------------------------------------


def follow(panel: Panel) -> None:
    """After the page, in a room: a teacher's page is told to it, a follower goes there."""
    if wrong := st.session_state.get(_WRONG) if CODE not in st.session_state else None:
        st.toast(wrong, duration="long")
        del st.session_state[_WRONG]
    is_in = CODE in st.session_state
    if is_in and _is_teacher():
        values.fragment(partial(_lead, panel), key=f"{panel.page}.lead")()
    elif is_in:
        look = values.fragment(partial(_look, panel), key=f"{panel.page}.look", run_every=_SELDOM)
        look()
    if news := st.session_state.pop(_NEWS, None):
        st.toast(news)
    if not is_in:
        return
    values.fragment(partial(_answered, panel), key=f"{panel.page}.answered")()


def bar(panel: Panel) -> None:
    """The room's row: a teacher asks and reveals, who follows sees what is asked."""
    if CODE not in st.session_state:
        return
    if _is_teacher():
        leads = partial(_leads, panel)
        values.fragment(leads, key=f"{panel.page}.leads", run_every=_OFTEN)()
        return
    values.fragment(partial(_row, panel), key=f"{panel.page}.room")()
    if _rooms().is_of(st.session_state[CODE], _token("teacher")):
        values.fragment(_again, key=f"{panel.page}.again")()


def _lead(panel: Panel) -> None:
    at = values.read(panel)
    shows = address.values_of(panel, at)
    try:
        code, key = st.session_state[CODE], st.session_state[_KEY]
        _rooms().show(code, key, panel.page, shows, Running.now())
    except NoRoom:
        _closed()


def _closed() -> None:
    """Out of a room that is no more, with a word."""
    leave()
    st.session_state[_WRONG] = "The room is closed."
    st.rerun()


def _look(panel: Panel) -> None:
    """See what is new in the room. It draws nothing: most looks find nothing, and a class takes
    many."""
    code, voter = st.session_state[CODE], st.session_state[_VOTER]
    before: View | None = st.session_state.get(_SEEN)
    try:
        view = _rooms().look(code, voter)
        anew = _is_of_another_round(view)
        if anew:  # the same question once more: who has answered it is asked again
            predict.forget(view.question)
        text = predict.given_as_text(panel.page)
        if text and _rooms().vote(code, panel.page, voter, text):
            view = _rooms().look(code, voter)
    except NoRoom:
        _closed()
    st.session_state[_SEEN] = view
    awaited = "" if view.revealed else view.question
    mode.become(replace(mode.now(), awaited=awaited, counted=(view.question, view.mine)))
    led = before is None or _shown(before) != _shown(view)
    led = led and bool(view.page) and st.session_state[_FOLLOWS]
    if led:
        own = Running.now()  # stays, where the teacher is in no lesson and has not been in one
        running = view.running if view.running or (before and before.running) else own
        if view.page != panel.page or running != own:
            lead_into(running, view.page, view.values)
        else:
            values.prepare(site.panel(view.page), view.values)
    seen = (before.question, before.round, before.revealed) if before else ("", 0, False)
    if led or anew or seen != (view.question, view.round, view.revealed):
        if awaited and not view.mine and seen[:2] != (view.question, view.round):
            st.session_state[_NEWS] = "Your teacher asks a question."
        st.rerun()


def _shown(view: View) -> tuple[str, Mapping[str, Any], Running | None]:
    return view.page, view.values, view.running


def leads_through(running: Running) -> bool:
    """Whether this reader follows a teacher through this lesson, at this step."""
    follows = CODE in st.session_state and not _is_teacher() and st.session_state[_FOLLOWS]
    view: View | None = st.session_state.get(_SEEN)
    return follows and view is not None and view.running == running


def _is_of_another_round(view: View) -> bool:
    """Whether this reader's answer to the question was given in an earlier round, or in another
    room; true once. An answer that was there before anybody asked is of the first round."""
    rounds, here = st.session_state.setdefault(_ROUNDS, {}), (view.code, view.round)
    if not view.question or predict.given(view.question) is None:
        return False
    if rounds.setdefault(view.question, here) == here:
        return False
    del rounds[view.question]
    return True


def _answered(panel: Panel) -> None:
    """What all have answered, once it is shown; on a projector it stands above the bar."""
    try:
        voter = "" if _is_teacher() else st.session_state.get(_VOTER, "")
        view = _rooms().look(st.session_state.get(CODE, ""), voter)
    except NoRoom:
        return
    if not (view.revealed and view.question == panel.page) or mode.now().section:
        return
    st.subheader("What all answered", anchor=_RESULT)
    if view.counts:
        st.markdown(_in(view))
    _counts(view)
    if predict.given_as_text(panel.page) and not (view.mine or _is_teacher()):
        st.markdown("Your answer is not among these: they were shown before it came.")


def _row(panel: Panel) -> None:
    view: View = st.session_state[_SEEN]
    with st.container(key="room", horizontal=True, vertical_alignment="center"):
        here, open_still = view.question == panel.page, bool(view.question) and not view.revealed
        if open_still and view.mine:
            st.markdown("**Your answer is in.**")
        elif open_still and here:
            st.markdown(f"**[A question is asked](#{predict.ASKED})**")
        elif open_still:
            says = f"A question is asked: {site.info(view.question).menu}"
            ask = partial(lead_to, view.question, at="question")
            st.button(says, key="room.question", type="tertiary", on_click=ask)
        elif here:
            st.markdown(f"**[What all answered](#{_RESULT})**")
        st.markdown(f"Room **{view.code}**")
        key = f"{panel.page}.follows"
        st.checkbox(
            "Follow the teacher",
            value=st.session_state[_FOLLOWS],
            key=key,
            on_change=partial(_follow_or_not, key),
        )
        if st.session_state[_FOLLOWS] and view.page not in ("", panel.page):
            label = f"The teacher is at “{site.info(view.page).menu}”"
            st.button(label, key="room.there", type="tertiary", on_click=_go_there)
        st.button("Leave the room", key="room.leave", type="tertiary", on_click=_go_out)


def _again() -> None:
    """Whose browser has opened the room, and has lost it by a reload, can take it back. It is not
    done without asking: another tab of the same browser may want to see what the class sees."""
    with st.container(key="answers" if mode.now().section else "again", horizontal=True):
        st.markdown("This browser opened the room. It does not teach now.", width="content")
        st.button("Teach here again", key="room.again", on_click=_teach_again)


def _teach_again() -> None:
    _follow_no_more()
    st.session_state[_KEY] = _token("teacher")
    st.session_state.pop(_ASKS, None)
    mode.become(replace(mode.now(), awaited=""))
    st.rerun()


def _follow_or_not(key: str) -> None:
    st.session_state[_FOLLOWS] = st.session_state[key]
    if st.session_state[key]:
        _go_there()
    elif Running.now():
        st.rerun()  # whoever goes on alone has the lesson's own buttons


def _go_there() -> None:
    """The next look leads to where the teacher is, now or in some seconds."""
    if view := st.session_state.get(_SEEN):  # or the room has been closed meanwhile
        st.session_state[_SEEN] = replace(view, page="")
    st.rerun()


def _go_out() -> None:
    """With a word by which one comes back. Who leaves while a question is open is not told what is
    so; what was answered is known again to who comes back (`mode.counted`)."""
    view: View | None = st.session_state.get(_SEEN)
    if view and view.question and not view.revealed:
        predict.forget(view.question)
    if view:
        st.session_state[_NEWS] = f"You have left the room. Its letters are {view.code}."
    leave()
    st.rerun()
