"""Rooms: who may do what, how long they last, and that they hold counts and a state only."""

import random

import pytest

from pages.classroom import room
from pages.classroom.rooms import HERE, LASTS, MOST, NoRoom, Rooms
from pages.classroom.running import CODE
from tests.app import open_page, widget_of

KEY = "the teacher's"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_question_is_asked_answered_and_revealed():
    rooms = Rooms()
    code, key = rooms.open(KEY), KEY
    rooms.ask(code, key, "clipping")
    assert rooms.vote(code, "clipping", "a", "Yes") and rooms.look(code).round == 1
    rooms.vote(code, "clipping", "b", "No")
    rooms.vote(code, "clipping", "b", "Yes")
    rooms.vote(code, "products", "c", "Yes")  # another page's question
    assert rooms.look(code).counts == {"Yes": 2} and not rooms.look(code).revealed
    rooms.reveal(code, key)
    assert not rooms.vote(code, "clipping", "c", "No")  # too late
    assert rooms.look(code).counts == {"Yes": 2} and rooms.look(code).revealed
    rooms.ask(code, key, "products")
    assert rooms.look(code).counts == {}


def test_who_goes_is_not_there_and_has_answered_all_the_same():
    rooms = Rooms()
    code, key = rooms.open(KEY), KEY
    for voter in "ab":
        rooms.look(code, voter)
    rooms.go(code, "a")
    assert rooms.look(code).here == 1
    rooms.ask(code, key, "clipping")
    rooms.vote(code, "clipping", "b", "Yes")
    rooms.go(code, "b")
    rooms.go("none", "b")
    assert rooms.look(code).here == 1 and rooms.look(code).counts == {"Yes": 1}


def test_only_the_teacher_leads():
    rooms = Rooms()
    code, key = rooms.open(KEY), KEY
    for act in (
        lambda: rooms.show(code, "wrong", "products", {}),
        lambda: rooms.ask(code, "", "products"),
        lambda: rooms.reveal(code, "wrong"),
        lambda: rooms.close(code, "wrong"),
    ):
        with pytest.raises(NoRoom, match="another teacher"):
            act()
    assert rooms.is_of(code, key) and not rooms.is_of(code, "wrong")
    rooms.show(code, key, "products", {"w": 1.6})
    before = rooms.look(code)
    rooms.show(code, key, "products", {"w": 1.6})
    assert rooms.look(code) == before and before.values == {"w": 1.6}
    rooms.close(code, key)
    assert not rooms.is_of(code, key)
    with pytest.raises(NoRoom, match="no room"):
        rooms.look(code)


def test_a_room_ends_after_two_hours_and_there_are_at_most_so_many():
    clock = Clock()
    rooms = Rooms(clock)
    codes = {rooms.open(KEY) for _ in range(MOST)}
    assert len(codes) == MOST
    with pytest.raises(NoRoom, match="taken"):
        rooms.open(KEY)
    clock.now = LASTS
    with pytest.raises(NoRoom):
        rooms.look(codes.pop())
    assert rooms.open(KEY)


def test_a_teacher_whose_room_has_ended_is_told_and_goes_on():
    at = open_page("products")
    at.session_state[CODE], at.session_state[room._KEY] = room._rooms().open(KEY), KEY
    at.run()
    room._rooms().close(at.session_state[CODE], at.session_state[room._KEY])
    for n in (7, 8, 9):
        widget_of(at, "products_n").set_value(n).run()
        assert not at.exception and CODE not in at.session_state
        assert at.toast[0].value == "The room is closed."


def test_two_thousand_hostile_calls_raise_nothing_but_a_word():
    rng, rooms = random.Random(0), Rooms()
    code, key = rooms.open(KEY), KEY
    texts = [code, key, "", "ABCD", "<script>", "\x00", "x" * 10_000]
    for _ in range(2000):
        say = [rng.choice(texts) for _ in range(4)]
        act = rng.choice(
            [
                lambda s: rooms.vote(s[0], s[1], s[2], s[3]),
                lambda s: rooms.ask(s[0], s[1], s[2]),
                lambda s: rooms.reveal(s[0], s[1]),
                lambda s: rooms.show(s[0], s[1], s[2], {s[3]: 1}),
                lambda s: rooms.look(s[0]),
            ]
        )
        try:
            act(say)
        except NoRoom as wrong:
            assert "script" not in str(wrong)
    assert sum(rooms.look(code).counts.values()) <= 5


def test_who_has_looked_lately_or_answered_is_in_the_room():
    clock = Clock()
    rooms = Rooms(clock)
    code = rooms.open(KEY)
    rooms.ask(code, KEY, "clipping")
    for voter in "abc":
        rooms.look(code, voter)
    assert rooms.look(code).here == 3
    rooms.vote(code, "clipping", "a", "Yes")
    clock.now = HERE / 2
    rooms.look(code, "b")
    clock.now = HERE + 1
    assert rooms.look(code).here == 2, "who has answered, and who still looks"
