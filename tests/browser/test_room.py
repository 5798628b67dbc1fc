"""A room: a class that is asked, led on, and seen on a projector."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.browser.classroom import bottom, choose, link_of, open_room, press, view


def test_a_room_of_three(server, reader):
    teacher = reader(1280, 900).goto(f"{server}/chain_rule")
    code = open_room(teacher)
    students = [reader(1280, 900).goto(f"{server}/products?room={code}") for _ in range(2)]
    for student in students:
        student.page.wait_for_url("**/chain_rule**", timeout=15_000)
        student.settle()
    press(teacher, "Ask this page's question")
    for student in students:
        student.page.get_by_role("link", name="A question is asked").wait_for(timeout=15_000)
        student.page.locator("[data-testid=stRadio] label").nth(1).click()
        student.settle()
        press(student, "Send the answer")
        student.page.get_by_text("Your answer is in").last.wait_for(timeout=15_000)
    students[0].page.reload()  # who loads the page anew has answered
    students[0].page.get_by_text("Your teacher shows what all have").wait_for(timeout=30_000)
    students[0].settle()
    teacher.page.get_by_text("2 of 2 answers are in").wait_for(timeout=15_000)
    press(teacher, "Reveal the answers")
    for student in students:
        student.page.get_by_text("The answer is").first.wait_for(timeout=15_000)
        bars = student.page.locator("[data-testid=stVegaLiteChart]").last.locator("svg text")
        bars.get_by_text(re.compile(r"^2 × ")).last.wait_for(timeout=15_000)
    stays, goes = students
    stays.page.get_by_text("Follow the teacher").click()
    stays.settle()
    teacher.page.get_by_role("link", name=re.compile("→$")).first.click()
    goes.page.wait_for_url("**/activations**", timeout=15_000)
    goes.page.wait_for_timeout(5000)  # longer than a follower waits between two looks
    assert not goes.page.get_by_text("2 answers are in").count()
    assert urlsplit(stays.page.url).path == "/chain_rule"
    assert bottom(stays, ".st-key-room") == pytest.approx(900, abs=2), "not on the screen"
    box = stays.page.locator("[data-testid=stNumberInputField]").last
    box.focus()
    seen, row = box.bounding_box(), stays.page.locator(".st-key-room").bounding_box()
    assert seen["y"] + seen["height"] <= row["y"], "the keyboard is beneath the room's row"
    teacher.page.reload()
    teacher.page.get_by_role("button", name="Teach here again").wait_for(timeout=30_000)
    teacher.settle()
    press(teacher, "Teach here again")
    teacher.page.get_by_role("link", name=re.compile("→$")).first.click()
    goes.page.wait_for_url("**/initialization**", timeout=15_000)
    assert not stays.page.get_by_role("button", name="Teach here again").count()
    assert not teacher.errors and not any(student.errors for student in students)


def test_who_is_led_to_another_page_arrives_at_its_top_and_scrolls_as_before(server, reader):
    teacher = reader(1280, 900).goto(f"{server}/chain_rule")
    code = open_room(teacher)
    student = reader(390, 844).goto(f"{server}/chain_rule?room={code}")
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    for way, path in (("→$", "activations"), ("^←", "chain_rule"), ("→$", "activations")):
        student.page.evaluate(f"{scrolled} = 1500")
        teacher.page.get_by_role("link", name=re.compile(way)).first.click()
        student.page.wait_for_url(f"**/{path}**", timeout=15_000)
        teacher.settle()
        assert student.settle().page.evaluate(scrolled) == 0
    student.page.evaluate(f"{scrolled} = 1500")
    press(teacher, "Ask this page's question")
    student.page.get_by_role("link", name="A question is asked").wait_for(timeout=15_000)
    assert student.settle().page.evaluate(scrolled) > 1000, "the same page stays where it is"
    student.page.goto(f"{server}/memory?room={code}")
    student.page.wait_for_url("**/activations**", timeout=15_000)
    student.settle()
    teacher.page.get_by_role("link", name=re.compile("→$")).first.click()
    student.page.wait_for_url("**/initialization**", timeout=15_000)
    student.settle()
    press(student, "A question is asked: Activations")  # on a page that it has left
    student.page.wait_for_url("**/activations**", timeout=15_000)
    heading = student.settle(1000).page.get_by_role("heading", name="Asked now").bounding_box()
    assert 0 < heading["y"] < 300, "it arrives at the question"
    student.page.evaluate(f"{scrolled} = 0")
    student.page.wait_for_timeout(300)
    assert student.page.evaluate(scrolled) == 0, "and is free to go on"
    assert not teacher.errors and not student.errors


# Of each button on the screen, whether something else lies over a part of it.
COVERED = """() => [...document.querySelectorAll('button')].flatMap(button => {
    const box = button.getBoundingClientRect();
    const seen = box.width && button.textContent && box.top >= 0 && box.bottom <= innerHeight;
    const rows = '.st-key-answers, [class*="st-key-section-"], .st-key-lesson-steps';
    const within = button.closest(rows), y = (box.top + box.bottom) / 2;
    const hit = share => document.elementFromPoint(box.x + share * box.width, y);
    return seen && within && ![0.1, 0.5, 0.9].every(share => button.contains(hit(share)))
        ? [button.textContent] : [];
})"""


def test_on_a_projector_no_button_of_a_room_a_lesson_or_the_bar_lies_over_another(server, reader):
    tab = reader(1280, 900).goto(f"{server}/clipping")

    def covered():
        found = []
        for width, height in ((1024, 768), (1920, 1080), (1280, 720)):  # the lowest last
            tab.page.set_viewport_size({"width": width, "height": height})
            found += tab.settle().page.evaluate(COVERED)
        return found

    code = open_room(tab)
    press(tab, "Ask this page's question")
    lesson = link_of(view("clipping"), view("products"))
    tab.page.goto(f"{server}/{lesson}&room={code}&present=1")
    tab.page.get_by_role("button", name="Teach here again").wait_for(timeout=60_000)
    press(tab, "Teach here again")
    for name in ("Reveal the answers", "End the question"):
        tab.page.get_by_role("button", name=name).wait_for(timeout=15_000)
        assert not covered()
        press(tab, "Show the way in")
        door = tab.page.locator(".st-key-answers-door")
        assert not covered() and door.bounding_box()["y"] > 0
        press(tab, "Hide the way in")
        press(tab, name)
    press(tab, "Ask this page's question")
    press(tab, "Next step →")  # with the question of another page open
    tab.page.wait_for_url(lambda url: "/products?" in url, timeout=15_000)
    tab.page.get_by_text("is asked: 0 ").wait_for(timeout=15_000)
    assert not covered()
    assert not tab.errors


@pytest.mark.parametrize("path", ["products", "clipping"])
def test_on_a_projector_what_is_asked_covers_no_control_and_what_is_so_stands_beside_the_bars(
    path, server, reader
):
    lesson = link_of(replace(view(path), note="A note, above it all."))
    tab = reader(1280, 900).goto(f"{server}/{lesson}")
    code = open_room(tab)
    pupil = reader(390, 844).goto(f"{server}/{path}?room={code}")
    choose(tab, "Present")
    press(tab, "Present this page (F2)")
    tab.page.wait_for_selector(".st-key-section-1")
    press(tab, "Ask this page's question")
    for size in ((1024, 768), (1280, 720), (1920, 1080)):
        tab.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        tab.settle(1000)
        box = tab.page.locator(".st-key-answers-counts").bounding_box()
        slider = tab.page.locator(".vega-bindings input").first.bounding_box()
        row = tab.page.locator(".st-key-answers").bounding_box()
        assert box["y"] + box["height"] < slider["y"]
        assert slider["y"] + slider["height"] <= row["y"] + 1
    pupil.page.get_by_role("link", name="A question is asked").wait_for(timeout=15_000)
    if path == "clipping":
        pupil.page.locator("[data-testid=stRadio] label").nth(1).click()
        pupil.settle()
        press(pupil, "Send the answer")
        tab.page.get_by_text("1 of 1 answer is in").wait_for(timeout=15_000)
    press(tab, "Reveal the answers")
    shown = tab.settle(1000).page.locator(".st-key-answers-counts")
    says = {"products": "The answer is 0.0052", "clipping": "No, nothing changes."}[path]
    told = shown.locator("p", has_text=says)
    assert told.bounding_box()["height"] and tab.page.get_by_text("Reveal").count() == 0
    within, last = shown.bounding_box(), told.bounding_box()
    assert last["y"] + last["height"] <= within["y"] + within["height"], "beyond its frame"
    note = tab.page.get_by_text("A note, above it all.").bounding_box()
    assert note["y"] + note["height"] <= within["y"]
    if path == "clipping":
        marked = shown.locator("svg text", has_text="right").last.bounding_box()
        assert 0 < last["y"] - marked["y"] < 120, "far from the bars"
    assert not tab.errors and not pupil.errors


def test_who_reveals_on_the_desk_is_told(server, reader):
    tab = reader(1280, 900).goto(f"{server}/chain_rule")
    open_room(tab)
    press(tab, "Ask this page's question")
    press(tab, "Reveal the answers")
    told = "Everyone in the room sees the answer now. Nobody has answered."
    tab.page.get_by_text(told).wait_for(timeout=15_000)
