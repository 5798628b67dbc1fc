"""Rooms as a reader's session lives in them: see test_rooms.py for what a room is."""

from types import SimpleNamespace

import pytest
from streamlit.util import calc_hash
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from pages.classroom import lesson, room
from pages.classroom.lesson import Lesson
from pages.classroom.running import Running
from pages.kit import predict
from pages.kit.mode import Step
from tests.app import answer, open_page, proceed, prose, set_to, step_back, widget_of
from tests.panels import PANELS


@pytest.fixture
def rooms(monkeypatch):
    fresh = room.Rooms()
    monkeypatch.setattr(room, "_rooms", lambda: fresh)
    return fresh


@pytest.fixture
def led(rooms):
    """A room, its teacher's key, and what shows a page in it."""
    code, key = rooms.open("a teacher's"), "a teacher's"

    def show(page: str, **values) -> None:
        rooms.show(code, key, page, PANELS[page].defaults | values)

    return code, key, show


def go_to_room(at, page: str) -> None:
    """In the row for a class."""
    at.session_state[f"{page}.class"] = "A room"
    at.run()


def open_room(at, page: str) -> None:
    go_to_room(at, page)
    at.button(key="room.open").click().run()


def test_history_does_not_make_a_reader_follow(led, monkeypatch):
    code, _, show = led
    show("products", w=1.2)
    at = open_page("products", room=code)
    assert set_to(at, "products_w") == 1.2
    at.checkbox(key="products.follows").uncheck().run()
    widget_of(at, "products_n").set_value(20).run()
    step_back(at, monkeypatch, room=code)
    show("products", w=1.5)
    at.run()
    assert not at.checkbox(key="products.follows").value and set_to(at, "products_w") != 1.5
    at.checkbox(key="products.follows").check().run()
    at.run()
    assert set_to(at, "products_w") == 1.5, "who follows again is led to the teacher"


def test_a_teacher_stays_in_the_own_room(rooms, led, monkeypatch):
    at = open_page("products")
    open_room(at, "products")
    own = at.query_params["room"]
    step_back(at, monkeypatch, room=led[0])
    assert at.query_params["room"] == own != led[0]


def test_a_page_that_a_teacher_led_away_from_comes_back_as_it_was_left(led, monkeypatch):
    code, _, show = led
    show("products", w=1.6)
    at = open_page("products", room=code)
    show("clipping")
    at.run()
    assert "Gradient clipping" in prose(at)
    at._page_hash = calc_hash("products")
    step_back(at, monkeypatch, room=code)
    assert set_to(at, "products_w") == 1.6
    assert at.query_params == {"room": code, "products_w": "1.6"}


def test_a_lessons_lock_is_above_a_room(led):
    code, _, show = led
    show("products", w=1.5, n=40)
    held = Step("products", PANELS["products"].defaults | {"w": 0.5}, frozenset({"w"}))
    packed = lesson.packed(Lesson("", (held,)), PANELS)
    at = open_page("products", lesson=packed, room=code)
    assert (set_to(at, "products_w"), set_to(at, "products_n")) == (0.5, 40)
    assert "This lesson holds w = 0.50" in prose(at)


PRODUCTS = PANELS["products"].defaults
LESSON = Lesson(
    "Powers",
    (
        Step("products", PRODUCTS | {"w": 1.6}, frozenset({"n"}), False, note="Which end grows?"),
        Step("products", PRODUCTS | {"w": -0.9}, frozenset({"w"}), note="Now it is negative."),
        Step("clipping", PANELS["clipping"].defaults, answers="hidden"),
    ),
)
PACKED = lesson.packed(LESSON, PANELS)


def at_step(i: int) -> Running:
    return Running(LESSON, PACKED, i)


def texts(at) -> str:
    return "\n".join(text.value for text in at.text)


def test_who_follows_is_in_the_teachers_lesson_with_its_note_and_its_locks(led, rooms):
    code, key, _ = led
    rooms.show(code, key, "products", PRODUCTS | {"w": 1.2}, at_step(0))
    at = open_page("home", room=code)
    assert "Powers  ·  Step 1 of 3" in texts(at) and "Which end grows?" in texts(at)
    assert widget_of(at, "products_n").disabled and not widget_of(at, "products_w").disabled
    assert set_to(at, "products_w") == 1.2, "as the teacher has moved it"
    assert not [row for row in at.get("button_group") if ".preset" in row.key]
    assert not [button for button in at.button if button.key.startswith("lesson.")]
    assert at.query_params["step"] == "1" and at.query_params["lesson"] == PACKED
    rooms.show(code, key, "products", PRODUCTS | {"w": -0.9}, at_step(1))
    at.run()
    assert "Now it is negative." in texts(at) and "Which end grows?" not in texts(at)
    assert widget_of(at, "products_w").disabled and set_to(at, "products_w") == -0.9
    rooms.show(code, key, "products", PRODUCTS | {"w": -0.9})
    at.run()
    assert not at.text and "lesson" not in at.query_params
    assert not widget_of(at, "products_w").disabled


def test_who_goes_on_alone_walks_the_lesson_and_comes_back_to_the_teachers_step(led, rooms):
    code, key, _ = led
    rooms.show(code, key, "products", PRODUCTS | {"w": 1.6}, at_step(0))
    at = open_page("products", room=code)
    at.checkbox(key="products.follows").uncheck().run()
    at.button(key="lesson.next").click().run()
    assert "Step 2 of 3" in texts(at)
    rooms.show(code, key, "clipping", PANELS["clipping"].defaults, at_step(2))
    at.run()
    assert "Step 2 of 3" in texts(at), "alone"
    at.checkbox(key="products.follows").check().run()
    assert "Step 3 of 3" in texts(at) and "Gradient clipping" in prose(at)
    at.button(key="room.leave").click().run()
    assert "Step 3 of 3" in texts(at) and at.button(key="lesson.before")


def test_a_teachers_room_has_the_lesson_that_is_open_and_no_more(rooms):
    at = open_page("clipping", lesson=PACKED, step="3")
    rooms_code = rooms.open("a teacher's")
    at.session_state[room.CODE], at.session_state[room._KEY] = rooms_code, "a teacher's"
    at.run()
    assert rooms.look(rooms_code).running == at_step(2)
    at.button(key="lesson.leave").click().run()
    assert rooms.look(rooms_code).running is None


def test_who_is_in_a_lesson_of_their_own_stays_in_it_where_the_teacher_is_in_none(led):
    code, _, show = led
    show("products", w=1.5)
    at = open_page("products", lesson=PACKED, step="2", room=code)
    assert "Step 2 of 3" in texts(at) and at.button(key="lesson.next")
    show("products", w=1.4)
    assert "Step 2 of 3" in texts(at.run())


def test_who_asks_has_no_button_that_gives_the_answer_away_until_it_is_revealed(rooms):
    at = open_page("clipping")
    answer(at, "Yes, clipping repairs gradients")
    open_room(at, "clipping")
    at.button(key="room.ask.clipping").click().run()
    assert "The answer is:" not in prose(at), "not on the wall while a class answers"
    assert "Asked now" in [heading.value for heading in at.subheader]
    assert "- Yes, clipping repairs gradients" in prose(at)
    assert not widget_of(at, "clipping.guess")
    assert "clipping.proceed" not in [button.key for button in at.button]
    at.button(key="room.reveal.").click().run()
    assert "The answer is:" in prose(at) and "Not “" not in prose(at)
    assert at.session_state["clipping.answer"] == predict.TOLD


def test_a_double_click_on_what_reveals_does_not_ask_again(rooms):
    """The button that asks again stands in its place, and would empty the counts."""
    at = open_page("clipping")
    open_room(at, "clipping")
    at.double = 60.0
    at.button(key="room.ask.clipping").click().run()
    assert not rooms.look(at.session_state["classroom.room"]).question, "of the one that opened it"
    at.double = 0.0
    at.button(key="room.ask.clipping").click().run()
    at.button(key="room.reveal.").click().run()
    at.double = 60.0
    for key in ("room.ask.clipping", "room.ask."):
        at.button(key=key).click().run()
        view = rooms.look(at.session_state["classroom.room"])
        assert view.revealed and view.question == "clipping" and view.round == 1


def test_a_question_that_ends_without_a_reveal_is_the_pages_own_again(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    at.button(key="room.ask.clipping").click().run()
    at.button(key="room.ask.").click().run()
    assert widget_of(at, "clipping.guess") and "The answer is:" not in prose(at)


def test_two_windows_of_a_teacher_show_the_same(rooms, monkeypatch):
    """One on the wall, one on the desk: whichever asks and reveals."""
    monkeypatch.setattr(room, "_token", lambda role: "one browser's" + role)
    wall = open_page("clipping")
    open_room(wall, "clipping")
    desk = open_page("clipping", room=wall.session_state[room.CODE])
    desk.button(key="room.again").click().run()
    desk.button(key="room.ask.clipping").click().run()
    wall.run()
    assert "Asked now" in [heading.value for heading in wall.subheader]
    desk.button(key="room.reveal.").click().run()
    wall.run()
    for window in (wall, desk):
        assert "The answer is:" in prose(window)
        assert "What all answered" in [heading.value for heading in window.subheader]
    wall.button(key="room.ask.clipping").click().run()
    desk.run()
    assert "The answer is:" not in prose(desk)


@pytest.mark.parametrize(("path", "says"), [("clipping", "- Yes, clip"), ("products", "From 1 to")])
def test_what_is_asked_stands_on_the_projector(path, says, rooms):
    at = open_page(path)
    open_room(at, path)
    at.button(key="projector.begin").click().run()
    at.button(key=f"room.ask.{path}").click().run()
    question = at.session_state[f"{path}.question"].in_full
    assert says in question and prose(at).count(question) == 2, "on the page, and above the row"
    at.button(key="classroom.wall.turn").click().run()
    assert prose(at).count(question) == 1, "put away"


def test_a_second_window_that_teaches_is_not_counted_among_who_is_there(rooms, monkeypatch):
    monkeypatch.setattr(room, "_token", lambda role: "one browser's" + role)
    wall = open_page("clipping")
    open_room(wall, "clipping")
    code = wall.session_state[room.CODE]
    desk = open_page("clipping", room=code)
    assert rooms.look(code).here == 1, "it follows"
    desk.button(key="room.again").click().run()
    assert rooms.look(code).here == 0


def test_a_room_is_opened_within_a_lesson(rooms):
    at = open_page("products", lesson=PACKED, step="1")
    (row,) = (row for row in at.get("button_group") if row.key == "products.class")
    assert row.options == ["Present", "A room"]
    row.set_value("A room").run()
    at.button(key="room.open").click().run()
    code = at.session_state[room.CODE]
    assert rooms.look(code).running == at_step(0) and f"# {code}" in prose(at)


def test_a_room_that_has_ended_says_so(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    at.button(key="room.ask.clipping").click().run()
    code, key = at.session_state[room.CODE], at.session_state[room._KEY]
    rooms.close(code, key)
    at.button(key="room.reveal.").click().run()
    assert "The room is closed." in [warning.value for warning in at.warning]
    assert "The answer is:" not in prose(at)


def test_a_question_is_asked_and_revealed_on_the_projector(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    code = at.session_state[room.CODE]
    at.button(key="projector.begin").click().run()
    at.button(key="room.ask.clipping").click().run()
    assert "0 answers are in." in prose(at)
    for voter, given in (("a", "Yes, clipping repairs gradients"), ("b", "No")):
        rooms.vote(code, "clipping", voter, given)
    at.run()
    assert "2 answers are in." in prose(at) and "of 2 right" not in prose(at)
    (right,) = at.session_state["clipping.question"].right
    rooms.vote(code, "clipping", "b", right)
    at.button(key="room.reveal.").click().run()
    assert "1 of 2 right" in prose(at)
    charts_then = len(at.get("vega_lite_chart"))
    at.button(key="classroom.wall.turn").click().run()
    assert len(at.get("vega_lite_chart")) == charts_then - 1, "put away"
    at.button(key="classroom.wall.turn").click().run()
    assert len(at.get("vega_lite_chart")) == charts_then


def test_a_question_that_is_asked_once_more_is_asked_of_who_has_answered(led, rooms):
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    answer(at, "Yes, clipping repairs gradients")
    assert sum(rooms.look(code).counts.values()) == 1 and "Your answer is in" in prose(at)
    rooms.reveal(code, key)
    at.run()
    assert "Not “" in prose(at) and "not among these" not in prose(at)
    rooms.ask(code, key, "clipping")
    at.run()
    assert rooms.look(code).counts == {} and "Your answer is in" not in prose(at)
    assert at.button(key="clipping.proceed").label == "Send the answer"


def test_an_answer_that_comes_after_the_others_are_shown_is_told(led, rooms):
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    widget = widget_of(at, "clipping.guess")
    widget.set_value("Yes, clipping repairs gradients").run()
    rooms.reveal(code, key)
    proceed(at, "clipping")
    assert rooms.look(code).counts == {}
    assert "Your answer is not among these: they were shown before it came." in prose(at)


def test_who_loads_the_page_anew_has_answered(led, rooms, monkeypatch):
    """The vote is a browser's: a new session of it knows what was answered."""
    code, key, _ = led
    monkeypatch.setattr(room, "_token", lambda role: "the same browser's" + role)
    rooms.ask(code, key, "clipping")
    answer(open_page("clipping", room=code), "Yes, clipping repairs gradients")
    again = open_page("clipping", room=code)
    assert "Your answer is in." in prose(again) and not widget_of(again, "clipping.guess")
    rooms.reveal(code, key)
    again.run()
    assert "Not “Yes, clipping repairs gradients”" in prose(again)
    assert "not among these" not in prose(again)
    proceed(again, "clipping")
    assert "The answer is:" not in prose(again), "what is hidden stays so"


def assert_asked_anew(at, led, rooms) -> None:
    """The same question once more is asked of this reader, and no earlier answer counts."""
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at.run()
    at.run()  # a look that comes later
    assert rooms.look(code).counts == {} and widget_of(at, "clipping.guess")


def test_who_loads_the_page_anew_is_asked_again_all_the_same(led, rooms, monkeypatch):
    code, key, _ = led
    monkeypatch.setattr(room, "_token", lambda role: "the same browser's" + role)
    rooms.ask(code, key, "clipping")
    answer(open_page("clipping", room=code), "Yes, clipping repairs gradients")
    rooms.reveal(code, key)
    again = open_page("clipping", room=code)
    assert "Not “Yes, clipping repairs gradients”" in prose(again)
    assert not again.toast, "it has answered"
    assert_asked_anew(again, led, rooms)


def test_who_answered_too_late_is_asked_again(led, rooms):
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    rooms.reveal(code, key)
    at.run()
    answer(at, "Yes, clipping repairs gradients")
    assert_asked_anew(at, led, rooms)


def test_a_new_round_is_news_to_who_has_not_answered(led, rooms):
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    rooms.ask(code, key, "clipping")
    at.run()
    assert [toast.value for toast in at.toast] == ["Your teacher asks a question."]


def test_an_answer_is_in_on_whichever_page_its_reader_is(led, rooms, monkeypatch):
    code, key, show = led
    rooms.ask(code, key, "clipping")
    show("clipping")
    at = open_page("clipping", room=code)
    answer(at, "Yes, clipping repairs gradients")
    show("products")
    at.run()
    assert "Your answer is in." in prose(at)
    assert not [button for button in at.button if "is asked" in button.label]


def test_a_teacher_on_another_page_is_told_whether_a_question_is_open(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    code, key = at.session_state[room.CODE], at.session_state[room._KEY]
    rooms.ask(code, key, "products")
    at.run()
    assert "“Repeated multiplication” is asked: 0 answers are in." in prose(at)
    rooms.reveal(code, key)
    at.run()
    assert "“Repeated multiplication” is shown: 0 answers are in." in prose(at)


def test_an_answer_counts_for_the_page_that_it_was_given_on(led, rooms, monkeypatch):
    code, key, _ = led
    monkeypatch.setattr(room, "_token", lambda role: "the same browser's" + role)
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    answer(at, "Yes, clipping repairs gradients")
    elsewhere = open_page("products", room=code)
    assert widget_of(elsewhere, "products.guess")


def test_a_follower_on_another_page_is_led_to_the_question(led, rooms):
    code, key, _ = led
    at = open_page("products", room=code)
    assert not [button for button in at.button if "is asked" in button.label]
    rooms.ask(code, key, "clipping")
    at.run()
    assert at.button(key="room.question").label == "A question is asked: Clipping"
    assert [toast.value for toast in at.toast] == ["Your teacher asks a question."]
    at.button(key="room.question").click().run()
    assert at.query_params["room"] == code
    at._page_hash = calc_hash("clipping")
    assert "[A question is asked](#asked)" in prose(at)
    assert "Asked now" in [heading.value for heading in at.subheader]
    answer(at, "Yes, clipping repairs gradients")
    assert "[A question is asked]" not in prose(at) and "Your answer is in." in prose(at)
    rooms.reveal(code, key)
    at.run()
    assert "[What all answered](#what-all-answered)" in prose(at)
    assert "What all answered" in [heading.value for heading in at.subheader]


def test_a_teacher_in_a_lesson_has_the_rooms_row(rooms):
    held = Step("clipping", PANELS["clipping"].defaults)
    at = open_page("clipping")
    open_room(at, "clipping")
    packed = lesson.packed(Lesson("", (held,)), PANELS)
    code, key = at.session_state[room.CODE], at.session_state[room._KEY]
    taught = open_page("clipping", lesson=packed)
    taught.session_state[room.CODE], taught.session_state[room._KEY] = code, key
    taught.run()
    taught.button(key="room.ask.clipping").click().run()
    assert rooms.look(code).question == "clipping" and "0 answers are in." in prose(taught)
    taught.button(key="room.reveal.").click().run()
    assert "[Nobody has answered](#what-all-answered)" in prose(taught)
    taught.button(key="room.ask.clipping").click().run()  # again
    assert not rooms.look(code).revealed and rooms.look(code).round == 2
    assert "The answer is:" not in prose(taught)
    taught.button(key="room.reveal.").click().run()
    taught.button(key="room.ask.").click().run()
    assert rooms.look(code).question == "" and "The answer is:" in prose(taught)


def test_a_reader_has_one_vote_whatever_the_mask_of_the_cookie(monkeypatch):
    """Streamlit masks its cookie anew with each page that it sends."""
    masked = [generate_xsrf_token_string(b"0" * 16, 1_700_000_000) for _ in range(2)]
    monkeypatch.setattr(room, "st", SimpleNamespace(context=SimpleNamespace(cookies={})))
    voters = [room._token("voter") for _ in range(2)]
    assert voters[0] != voters[1], "without a cookie each visit is another's"
    for cookie in masked:
        room.st.context.cookies["_streamlit_xsrf"] = cookie
        voters.append(room._token("voter"))
    assert masked[0] != masked[1] and voters[2] == voters[3] != voters[0]
    assert room._token("teacher") == room._token("teacher") != voters[2]


@pytest.mark.parametrize("presented", [False, True])
def test_a_teacher_who_has_reloaded_the_page_takes_the_room_back(presented, rooms, monkeypatch):
    """And only who has opened it: a reload is a new session of the same browser."""
    cookies = ["a teacher's"]
    monkeypatch.setattr(room, "_token", lambda role: cookies[-1] + role)
    at = open_page("clipping")
    open_room(at, "clipping")
    code = at.session_state[room.CODE]
    at.button(key="room.ask.clipping").click().run()

    says = {"room": code} | ({"present": "2"} if presented else {})
    again = open_page("clipping", **says)
    assert again.session_state["mode"].awaited == "clipping"
    again.button(key="room.again").click().run()
    assert again.session_state["mode"].teaches and not again.exception
    with pytest.raises(KeyError):
        again.button(key="room.again")
    if not presented:
        go_to_room(again, "clipping")
    again.button(key="room.reveal.").click().run()
    assert rooms.look(code).revealed and "The answer is:" in prose(again)

    cookies.append("a pupil's")
    pupil = open_page("clipping", room=code)
    with pytest.raises(KeyError):
        pupil.button(key="room.again")


def test_letters_that_are_no_room_are_told_alone(rooms):
    at = open_page("products", room="1")
    assert [toast.value for toast in at.toast] == ["A room has four letters."]


def test_in_a_lesson_and_on_a_projector_a_teacher_shows_the_way_in_and_closes_the_room(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    code = at.session_state[room.CODE]
    with pytest.raises(KeyError):
        at.button(key="classroom.door.turn")  # it is in the row for a class
    at.button(key="projector.begin").click().run()
    assert not at.code
    at.button(key="classroom.door.turn").click().run()
    (shown,) = at.code
    assert f"room={code}" in shown.value and f"# {code}" in prose(at)
    at.button(key="door.close.").click().run()
    assert not rooms.is_of(code, "") and room.CODE not in at.session_state
    with pytest.raises(room.NoRoom):
        rooms.look(code)


def test_who_follows_and_has_gone_elsewhere_is_shown_where_the_teacher_is(led):
    code, _, show = led
    show("clipping", limit=2.0)
    at = open_page("clipping", room=code)
    at._page_hash = calc_hash("products")  # by the menu
    at.query_params = {"room": code}
    at.run()
    assert at.checkbox(key="products.follows").value and "Why gradients vanish" in prose(at)
    there = at.button(key="room.there")
    assert there.label == "The teacher is at “Clipping”"
    there.click().run()
    assert "Gradient clipping" in prose(at) and set_to(at, "clipping_limit") == 2.0
    with pytest.raises(KeyError):
        at.button(key="room.there")


@pytest.mark.parametrize(
    ("path", "guess"), [("clipping", "Yes, clipping repairs gradients"), ("products", -0.3)]
)
def test_a_guess_that_was_not_sent_is_there_again_after_a_pull_to_another_page(path, guess, led):
    code, _, show = led
    show(path)
    at = open_page(path, room=code)
    widget_of(at, f"{path}.guess").set_value(guess).run()
    was = widget_of(at, f"{path}.guess").value
    for elsewhere in ("memory", path):
        show(elsewhere)
        at.run()
        assert (widget_of(at, f"{path}.guess") is not None) == (elsewhere == path)
    assert widget_of(at, f"{path}.guess").value == was is not None
    assert at.button(key=f"{path}.proceed").label == "Compare with the answer"
    answer(at, guess)
    proceed(at, path)
    label = at.button(key=f"{path}.proceed").label
    assert label == "Just tell me", "what was compared is not unsent"


def test_a_teacher_sees_how_many_are_in_the_room_and_have_answered(rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    code = at.session_state[room.CODE]
    for voter in "abc":
        rooms.look(code, voter)
    at.run()
    assert f"Room **{code}**, 3 here" in prose(at)
    at.button(key="room.ask.clipping").click().run()
    rooms.vote(code, "clipping", "a", "Yes, clipping repairs gradients")
    rooms.vote(code, "clipping", "b", "Yes, clipping repairs gradients")
    at.run()
    assert "2 of 3 answers are in." in prose(at)
    at.button(key="room.reveal.").click().run()
    assert "2 answers are in." in prose(at)


@pytest.mark.parametrize("presented", [False, True])
def test_a_reveal_of_no_answers_says_so_and_draws_none(presented, rooms):
    at = open_page("clipping")
    open_room(at, "clipping")
    if presented:
        at.button(key="projector.begin").click().run()
    charts_then = len(at.get("vega_lite_chart"))
    at.button(key="room.ask.clipping").click().run()
    at.button(key="room.reveal.").click().run()
    assert "Nobody has answered." in prose(at) and "0 of 0" not in prose(at)
    assert len(at.get("vega_lite_chart")) == charts_then


def test_of_a_scale_all_that_is_right_is_one_bar():
    asked = predict.Question("", tuple("abcdefgh"), ("c", "d", "e"))
    rows = room._bars({"d": 2, "e": 1, "a": 1}, asked)
    assert list(rows["says"]) == ["1 × “a”", "3 × “c” to “e”, right"]
    assert list(room._bars({"a": 1}, asked)["count"]) == [1, 0]


def test_who_leaves_can_come_back_and_is_not_told_what_is_asked(led, rooms, monkeypatch):
    code, key, _ = led
    monkeypatch.setattr(room, "_token", lambda role: "the same browser's" + role)
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    answer(at, "Yes, clipping repairs gradients")
    at.button(key="room.leave").click().run()
    assert [t.value for t in at.toast] == [f"You have left the room. Its letters are {code}."]
    assert "The answer is:" not in prose(at) and "room" not in at.query_params
    go_to_room(at, "clipping")
    at.text_input(key="room.letters").set_value(code.lower()).run()
    assert "Your answer is in." in prose(at)
    rooms.reveal(code, key)
    at.run()
    assert "Not “" in prose(at), "the answer that was given before"
    at.button(key="room.leave").click().run()
    assert "Not “" in prose(at), "what all have seen stays"


def test_letters_of_no_room_are_told_in_a_short_sentence(rooms):
    at = open_page("products", room="ABCD")
    told = "This room is closed, or the letters are wrong."
    assert [toast.value for toast in at.toast] == [told]


@pytest.mark.parametrize("typed", ["AB", "ABC"])
def test_fewer_than_four_letters_are_told_apart(typed, rooms):
    at = open_page("products")
    go_to_room(at, "products")
    at.text_input(key="room.letters").set_value(typed).run()
    assert [warning.value for warning in at.warning] == ["A room has four letters."]


def test_what_was_typed_before_is_no_word_to_who_opens_a_room(rooms):
    at = open_page("products")
    go_to_room(at, "products")
    at.text_input(key="room.letters").set_value("AB")
    at.button(key="room.open").click().run()  # both come with one press
    assert not at.warning and room.CODE in at.session_state


def test_to_enter_comes_before_to_open(rooms):
    at = open_page("products")
    go_to_room(at, "products")
    doors = [button for button in at.button if button.key in ("room.enter", "room.open")]
    assert [button.key for button in doors] == ["room.enter", "room.open"]
    assert [button.proto.type for button in doors] == ["primary", "secondary"]


def test_who_closes_a_room_is_told(rooms):
    at = open_page("products")
    open_room(at, "products")
    code = at.session_state[room.CODE]
    at.button(key="room.close.").click().run()
    assert [toast.value for toast in at.toast] == [f"The room {code} is closed."]


def test_the_question_is_first_in_a_followers_row(led, rooms):
    code, key, _ = led
    rooms.ask(code, key, "clipping")
    at = open_page("clipping", room=code)
    said = prose(at)
    assert said.index("[A question is asked]") < said.index(f"Room **{code}**")
