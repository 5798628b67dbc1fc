"""A teacher builds a lesson."""

import pytest

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


def test_a_lesson_has_the_title_that_it_was_given():
    at = teaching("products")
    (box,) = (box for box in at.text_input if box.label == "Title of the lesson")
    box.set_value("My lesson").run()
    assert not at.exception
    assert at.session_state["classroom.draft"].title == "My lesson"
