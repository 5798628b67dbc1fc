"""A teacher builds a lesson."""

import pytest
from streamlit.util import calc_hash

from pages.classroom import lesson
from pages.kit.mode import Step
from tests.app import open_page, prose, widget_of
from tests.panels import PANELS


def teaching(path: str, **query: str):
    """A page with its view added to a lesson."""
    at = open_page(path, **query)
    widget_of(at, f"{path}.class").set_value("Teach").run()
    next(button for button in at.button if button.label == "Add this view").click().run()
    return at


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("clipping", {"clipping_limit": "2.0"}, "threshold c = 100."),
        ("initialization", {"initialization_g": "0.0"}, "σ√n = 1"),
        ("products", {"products_w": "1.3"}, "w = 1.30."),
        ("training", {"training_a_depth": "7"}, "A: Depth = 7."),
    ],
)
def test_a_view_is_said_as_the_page_shows_it(path, query, said):
    assert said in prose(teaching(path, **query))


def test_what_two_networks_have_is_locked_by_name():
    at = teaching("training")
    (locked,) = (box for box in at.multiselect if box.label == "Locked")
    assert len(set(locked.options)) == len(locked.options) == len(PANELS["training"].controls)
    assert {"A: Depth", "B: Depth", "Steps"} <= set(locked.options)


def test_what_is_open_for_a_class_stays_open_on_the_next_page():
    at = teaching("products")
    at._page_hash = calc_hash("clipping")
    at.run()
    assert "A lesson is a row of views" in prose(at) and "Gradient clipping" in prose(at)
    pressed(at, "teach.add")
    assert [step.page for step in at.session_state["classroom.draft"].steps] == [
        "products",
        "clipping",
    ]
    widget_of(at, "clipping.class").set_value(None).run()
    at._page_hash = calc_hash("products")
    at.run()
    assert "A lesson is a row of views" not in prose(at)


def test_a_lesson_has_the_title_that_it_was_given():
    at = teaching("products")
    (box,) = (box for box in at.text_input if box.label == "Title of the lesson")
    box.set_value("My lesson").run()
    assert not at.exception
    assert at.session_state["classroom.draft"].title == "My lesson"


def test_a_double_click_adds_one_view_and_removes_one():
    at = teaching("products")
    for key, left in (("teach.add", 2), ("teach.add", 3), ("teach.remove.0", 2)):
        at.double = 0.0
        pressed(at, key)
        at.double = 60.0
        pressed(at, key)
        assert len(at.session_state["classroom.draft"].steps) == left


def handed_in(at, said: str | bytes):
    """A file that a teacher goes on with."""
    data = said.encode() if isinstance(said, str) else said
    (box,) = at.file_uploader
    box.set_value(("lesson.json", data, "application/json")).run()
    assert not at.exception
    return at


def pressed(at, key: str) -> None:
    next(button for button in at.button if button.key == key).click().run()


def order(at) -> list[str]:
    """What kinds of elements the page has, in their order."""
    return [node.type for node in at.main]


@pytest.mark.parametrize("said", ["", "[1", b"\xff\xfe\x00", "[" * 50, " " * 5000, "{}"])
def test_what_is_no_lesson_is_told_beside_its_file_and_loses_nothing(said):
    at = handed_in(teaching("products"), said)
    (told,) = at.warning
    assert "no lesson" in told.value
    assert order(at).index("warning") == order(at).index("file_uploader") + 1
    assert len(at.session_state["classroom.draft"].steps) == 1


def test_a_file_that_takes_a_lessons_place_gives_it_back():
    at = teaching("products", products_w="0.7")
    mine = at.session_state["classroom.draft"]
    other = lesson.Lesson("Another", (Step("clipping", PANELS["clipping"].defaults),) * 2)
    handed_in(at, lesson.written(other, PANELS))
    assert at.session_state["classroom.draft"] == other
    assert "1 step stood here before." in prose(at)
    pressed(at, "teach.back")
    assert at.session_state["classroom.draft"] == mine and not at.exception
    assert "2 steps stood here before." in prose(at)
    pressed(at, "teach.back")
    assert at.session_state["classroom.draft"] == other


def test_a_file_for_an_empty_draft_has_nothing_to_give_back():
    at = open_page("products")
    widget_of(at, "products.class").set_value("Teach").run()
    other = lesson.Lesson("", (Step("clipping", PANELS["clipping"].defaults),))
    handed_in(at, lesson.written(other, PANELS))
    assert at.session_state["classroom.draft"] == other
    assert "before." not in prose(at)


def test_a_note_has_more_than_one_line():
    at = teaching("products")
    (box,) = (box for box in at.text_area if box.label == "Note")
    box.set_value("First this.\nThen that.").run()
    assert at.session_state["classroom.draft"].steps[0].note == "First this.\nThen that."
