"""A lesson: composed, opened from its link, presented, followed by a class."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from pages.kit import site
from pages.kit.mode import Step
from tests.browser.classroom import asked, bottom, choose, link_of, open_room, press, view


def test_a_lesson_opens_from_its_link_and_what_is_locked_stays(server, reader):
    first = Step("products", site.panel("products").defaults | {"w": 1.6}, frozenset({"w"}), False)
    tab = reader(1280, 900).goto(f"{server}/{link_of(first, view('clipping'))}&products_w=0.9")
    assert tab.page.get_by_text("Step 1 of 2").is_visible()
    assert bottom(tab, ".st-key-lesson") == pytest.approx(900, abs=2), "not on the screen"
    box = tab.page.get_by_label("w", exact=True)
    assert box.input_value() == "1.60" and box.is_disabled()
    assert tab.page.locator(".vega-bind input").count() == 0
    assert tab.page.get_by_text("Presets", exact=True).count() == 0
    press(tab, "Next step →")
    tab.page.wait_for_url(lambda url: "/clipping?" in url and "step=2" in url, timeout=10_000)
    tab.page.reload()
    tab.page.get_by_text("Step 2 of 2").wait_for()
    tab.settle()
    press(tab, "Leave the lesson")
    tab.page.wait_for_url(lambda url: "lesson=" not in url, timeout=10_000)
    assert not tab.errors


def test_a_lesson_is_presented_with_its_steps_in_the_bar(server, reader):
    link = link_of(view("products"), view("clipping"))
    tab = reader(1280, 720).goto(f"{server}/{link}&present=2")
    bar = tab.page.locator(".st-key-section-2").bounding_box()
    on, further = (
        tab.page.get_by_role("button", name=re.compile(f"^{name}")).first.bounding_box()
        for name in ("Next step →", "Back")
    )
    assert bar["y"] <= on["y"] and on["y"] + on["height"] <= 720
    assert on["x"] + on["width"] < further["x"], "one over the other"
    press(tab, "Next step →")
    tab.page.wait_for_url(lambda url: "/clipping?" in url and "present=1" in url, timeout=10_000)
    assert tab.page.get_by_role("button", name="Next step →").is_disabled()
    tab.settle()
    tab.page.keyboard.press("ArrowLeft")  # to the end of the step before
    tab.page.wait_for_url(lambda url: "/products?" in url, timeout=10_000)
    tab.settle()
    tab.page.keyboard.press("PageDown")
    tab.page.wait_for_url(lambda url: "/clipping?" in url and "present=1" in url, timeout=10_000)
    tab.assert_sound()


def test_a_presented_lesson_shows_its_note_and_its_step_above_the_control(server, reader):
    link = link_of(replace(view("clipping"), note="Which of the two changes first? " * 18))
    tab = reader(1920, 1080).goto(f"{server}/{link}&present=1")
    for width, height in ((1920, 1080), (1280, 720), (1024, 768)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.settle(1000)
        bar = tab.page.locator(".st-key-section-1").bounding_box()["y"]
        note = tab.page.get_by_text("Which of the two").bounding_box()
        control = tab.page.locator(".vega-bindings").first.bounding_box()
        assert note["y"] < control["y"] and control["y"] + control["height"] <= bar + 1
        step = tab.page.get_by_text("Step 1 of 1").bounding_box()
        before = tab.page.get_by_role("button", name="← Step before").bounding_box()
        assert bar < step["y"] < height and step["x"] + step["width"] <= before["x"]


def test_a_note_that_goes_on_has_a_shade_at_its_end(server, reader):
    link = link_of(replace(view("clipping"), note="Which of the two changes first? " * 18))
    tab = reader(390, 844).goto(f"{server}/{link}")
    note = tab.page.locator(".st-key-lesson-note [data-testid=stText]")
    assert _shade(note.screenshot())
    note.evaluate("note => note.scrollTop = 1e4")
    tab.settle(300)
    assert not _shade(note.screenshot())


def _shade(png: bytes) -> bool:
    """Whether it is darker at the end of its right edge than at the beginning."""
    picture = Image.open(BytesIO(png)).convert("L")
    right, last = picture.width - 4, picture.height - 4
    return picture.getpixel((right, last)) < picture.getpixel((right, 3)) - 10


def test_a_lesson_is_composed_and_opened_in_a_fresh_profile(server, reader):
    teacher = reader(1280, 900).goto(f"{server}/products?products_w=1.2")
    choose(teacher, "Teach")
    press(teacher, "Add this view")
    note = teacher.page.get_by_label("Note")
    note.fill("Look at **the slope** <b>first</b>")
    with teacher.page.expect_download() as download:  # what is typed last is in the file
        teacher.page.get_by_role("button", name="Lesson as a file").click(delay=80)
    assert "Look at **the slope**" in download.value.path().read_text("utf-8")
    teacher.settle()
    link = teacher.page.get_by_text(re.compile("lesson=")).first.text_content()
    student = reader(1280, 900).goto(link)
    assert student.page.get_by_text("Look at **the slope** <b>first</b>").is_visible()
    assert student.page.get_by_label("w", exact=True).input_value() == "1.20"
    assert set(asked(student)) == {"lesson", "step"}, "without values it is as the step says"
    assert not teacher.errors and not student.errors


def test_a_damaged_lesson_is_a_word_and_the_ordinary_page(server, reader):
    tab = reader(1280, 900).goto(f"{server}/{link_of(view('products'))[:-20]}")
    assert tab.page.get_by_text("was it cut?").is_visible()
    assert tab.page.get_by_role("heading", level=1).is_visible() and "lesson" not in asked(tab)


def test_a_class_follows_a_lesson_and_on_a_phone_its_bars_leave_the_page_room(server, reader):
    first = Step("clipping", site.panel("clipping").defaults, frozenset({"limit"}), False, note="A")
    teacher = reader(390, 844).goto(f"{server}/clipping")
    code = open_room(teacher)
    pupil = reader(390, 844).goto(f"{server}/clipping?room={code}")
    teacher.goto(f"{server}/{link_of(first, view('products'))}&room={code}")
    press(teacher, "Teach here again")
    pupil.page.get_by_text("Step 1 of 2").wait_for(timeout=15_000)
    pupil.settle()
    assert pupil.page.get_by_role("combobox", name="threshold c").is_disabled()
    assert not pupil.page.get_by_role("button", name="Next step →").count()
    assert pupil.page.locator(".st-key-bars").bounding_box()["height"] < 180
    press(teacher, "Ask this page's question")
    teacher.page.get_by_role("button", name="Reveal the answers").wait_for()
    assert teacher.settle().page.locator(".st-key-room").bounding_box()["height"] < 120
    press(teacher, "Reveal the answers")
    teacher.page.get_by_role("button", name="Ask again").wait_for()
    assert teacher.settle().page.locator(".st-key-room").bounding_box()["height"] < 120
    press(teacher, "Next step →")
    pupil.page.wait_for_url("**/products**", timeout=15_000)
    pupil.page.get_by_text("Step 2 of 2").wait_for(timeout=15_000)
    assert not teacher.errors and not pupil.errors
