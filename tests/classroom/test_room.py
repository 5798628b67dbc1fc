"""Rooms as a reader's session lives in them: see test_rooms.py for what a room is."""

import pytest
from streamlit.util import calc_hash

from pages.classroom import lesson, room
from pages.classroom.lesson import Lesson
from pages.kit import predict
from pages.kit.mode import Step
from tests.app import answer, open_page, prose, set_to, step_back, widget_of
from tests.panels import PANELS


@pytest.fixture
def rooms(monkeypatch):
    fresh = room.Rooms()
    monkeypatch.setattr(room, "_rooms", lambda: fresh)
    return fresh


@pytest.fixture
def led(rooms):
    """A room, its teacher's key, and what shows a page in it."""
    code, key = rooms.open()

    def show(page: str, **values) -> None:
        rooms.show(code, key, page, PANELS[page].defaults | values)

    return code, key, show


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
    at.session_state["products.class"] = "A room"
    at.run()
    at.button(key="room.open").click().run()
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


@pytest.mark.parametrize("guessed", [True, False])
def test_a_reveal_shows_the_answer_and_keeps_a_guess(guessed, rooms):
    at = open_page("clipping")
    if guessed:
        answer(at, "Yes, clipping repairs gradients")
    at.session_state["clipping.class"] = "A room"
    at.run()
    at.button(key="room.open").click().run()
    at.button(key="room.ask.clipping").click().run()
    at.button(key="room.reveal.").click().run()
    assert "The answer is:" in prose(at)
    assert ("Not “" in prose(at)) == guessed
    assert (at.session_state["clipping.predicted"] != predict._UNGUESSED) == guessed


def test_a_room_that_has_ended_says_so(rooms):
    at = open_page("clipping")
    at.session_state["clipping.class"] = "A room"
    at.run()
    at.button(key="room.open").click().run()
    at.button(key="room.ask.clipping").click().run()
    code, key = at.session_state[room.CODE], at.session_state[room._KEY]
    rooms.close(code, key)
    at.button(key="room.reveal.").click().run()
    assert "The room is closed." in [warning.value for warning in at.warning]
    assert "The answer is:" not in prose(at)


def test_letters_that_are_no_room_are_told_alone(rooms):
    at = open_page("products", room="1")
    assert [toast.value for toast in at.toast] == ["A room has four letters."]
