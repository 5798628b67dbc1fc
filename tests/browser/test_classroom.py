"""A class in the browser: a presentation by keys, a lesson from its link, a room of three."""

import re
from dataclasses import replace
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from pages.classroom import around, lesson
from pages.classroom.lesson import Lesson
from pages.kit import site
from pages.kit.mode import Step


def asked(tab) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.page.url).query)


def press(tab, name: str):
    tab.page.get_by_role("button", name=name, exact=True).first.click()
    tab.settle()


def choose(tab, title: str):
    tab.page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).last.click()
    tab.settle()


def link_of(*steps: Step) -> str:
    packed = lesson.packed(Lesson("A trial", steps), around.panels())
    return f"{steps[0].page}?lesson={packed}&step=1"


def view(page: str, **values) -> Step:
    return Step(page, site.panel(page).defaults | values)


def test_every_section_of_a_presentation_begins_at_its_top(server, reader):
    """Wherever the page stood, and wherever the section before was left."""
    tab = reader(1280, 720).goto(f"{server}/training")
    tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop = 1e5")
    choose(tab, "Present")
    press(tab, "Present this page (F2)")
    for section in (1, 2, 3, 4):
        tab.page.wait_for_selector(f".st-key-section-{section}")
        tab.settle()
        title = tab.page.locator("h1").bounding_box()
        assert 0 <= title["y"] < 40, f"section {section} is scrolled"
        tab.page.mouse.move(640, 300)
        tab.page.mouse.wheel(0, 3000)
        tab.settle(300)
        tab.page.keyboard.press("ArrowRight")


def test_a_presentation_is_walked_by_keys(server, reader):
    tab = reader(1920, 1080).goto(f"{server}/products")
    for letter in "abdefghijklmnopqstuvwxyz":
        tab.page.keyboard.press(letter)
    assert not tab.settle().page.locator(".st-key-section-1").count(), "a letter is no shortcut"
    tab.page.keyboard.press("F2")
    tab.page.wait_for_selector(".st-key-section-1")
    tab.settle()
    assert tab.page.get_by_role("navigation").count() == 0
    axis = tab.page.evaluate(
        "Math.min(...[...document.querySelectorAll('[data-testid=stVegaLiteChart] text')]"
        ".filter(text => /^\\d/.test(text.textContent))"
        ".map(text => parseFloat(getComputedStyle(text).fontSize)))"
    )
    assert axis >= 20
    for width, height in ((1024, 768), (1280, 650), (1920, 950)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.settle(1000)
        _check_low_screen(tab, width)
    assert tab.page.get_by_text("The idea", exact=True).is_hidden()
    for key, section in (("ArrowRight", 2), ("PageDown", 3), ("PageUp", 2), ("ArrowLeft", 1)):
        tab.page.keyboard.press(key)
        tab.page.wait_for_selector(f".st-key-section-{section}")
        tab.settle()
        assert tab.page.get_by_text("The idea", exact=True).is_visible() == (section == 2)
    assert asked(tab)["present"] == ["1"]
    tab.page.keyboard.press("F2")
    tab.page.wait_for_selector(".st-key-section-1", state="detached")
    tab.settle()
    assert asked(tab) == {} and not tab.errors


def _check_low_screen(tab, width: int) -> None:
    """The chart is as wide as its page, and its control stands above the bar."""
    bar = tab.page.locator(".st-key-section-1").bounding_box()
    control = tab.page.locator(".vega-bindings").first.bounding_box()
    drawn = tab.page.locator("[data-testid=stVegaLiteChart] svg").first.bounding_box()
    assert control["y"] + control["height"] <= bar["y"] + 1
    for box in (control, drawn):
        assert 0.9 * width < box["x"] + box["width"] <= width
    main = "document.querySelector('[data-testid=stMain]')"
    assert tab.page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 1


def test_a_slide_has_its_heading_above_its_chart_and_both_above_the_bar(server, reader):
    tab = reader(1024, 768).goto(f"{server}/activations?present=4")
    title, heading = (tab.page.locator(h).first.bounding_box() for h in ("h1", "h2:visible"))
    assert title["y"] + title["height"] <= heading["y"] + 5, "one over the other"
    tops = [
        tab.page.get_by_text(text, exact=True).last.bounding_box()["y"]
        for text in ("The same in real networks", "Slopes alone, ∏ φ′\u2060(z)")
    ]
    charts = tab.page.locator("[data-testid=stVegaLiteChart]:visible").all()
    boxes = [chart.bounding_box() for chart in charts]
    assert len(boxes) == 2 and sorted([*tops, boxes[0]["y"]]) == [*tops, boxes[0]["y"]]
    bar = tab.page.locator(".st-key-section-4").bounding_box()["y"]
    assert all(box["y"] + box["height"] < bar for box in boxes)


@pytest.mark.parametrize("slide", ["home?present=4", "initialization?present=3"])
def test_a_chart_below_words_stands_above_the_bar_of_an_old_projector(slide, server, reader):
    tab = reader(1024, 768)
    tab.page.goto(f"{server}/{slide}")
    tab.page.wait_for_selector("[class*=st-key-section-]", timeout=60_000)  # the page's end
    tab.page.locator("[data-testid=stVegaLiteChart] svg:visible").wait_for(timeout=60_000)
    chart = tab.settle().page.locator("[data-testid=stVegaLiteChart]:visible").bounding_box()
    bar = tab.page.locator("[class*=st-key-section-]").bounding_box()
    assert chart["y"] + chart["height"] <= bar["y"]


def test_a_presentation_lives_when_its_window_changes_and_has_a_chart_beside_controls(
    server, reader
):
    tab = reader(1280, 720).goto(f"{server}/training?present=4")
    for height in (760, 720):
        tab.page.set_viewport_size({"width": 1280, "height": height})
        tab.settle()
    tab.page.keyboard.press("ArrowLeft")
    tab.page.wait_for_selector(".st-key-section-3")
    tab.settle()
    assert tab.page.locator("[data-testid=stVegaLiteChart]:visible").count() == 1
    tab.assert_sound()


def test_a_lesson_opens_from_its_link_and_what_is_locked_stays(server, reader):
    first = Step("products", site.panel("products").defaults | {"w": 1.6}, frozenset({"w"}), False)
    tab = reader(1280, 900).goto(f"{server}/{link_of(first, view('clipping'))}&products_w=0.9")
    assert tab.page.get_by_text("Step 1 of 2").is_visible()
    assert _bottom(tab, ".st-key-lesson") == pytest.approx(900, abs=2), "not on the screen"
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


def _bottom(tab, box: str) -> float:
    """Where it ends on the screen, the page at its top."""
    tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    found = tab.page.locator(box).bounding_box()
    return found["y"] + found["height"]


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


def test_a_room_of_three(server, reader):
    teacher = reader(1280, 900).goto(f"{server}/chain_rule")
    choose(teacher, "A room")
    press(teacher, "Open a room")
    code = asked(teacher)["room"][0]
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
    assert _bottom(stays, ".st-key-room") == pytest.approx(900, abs=2), "not on the screen"
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
    choose(teacher, "A room")
    press(teacher, "Open a room")
    code = asked(teacher)["room"][0]
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

    choose(tab, "A room")
    press(tab, "Open a room")
    press(tab, "Ask this page's question")
    lesson = link_of(view("clipping"), view("products"))
    tab.page.goto(f"{server}/{lesson}&room={asked(tab)['room'][0]}&present=1")
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
    choose(tab, "A room")
    press(tab, "Open a room")
    pupil = reader(390, 844).goto(f"{server}/{path}?room={asked(tab)['room'][0]}")
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
    choose(tab, "A room")
    press(tab, "Open a room")
    press(tab, "Ask this page's question")
    tab.page.get_by_role("button", name="Reveal the answers").click()
    told = "Everyone in the room sees the answer now. Nobody has answered."
    tab.page.get_by_text(told).wait_for(timeout=15_000)


def test_a_class_follows_a_lesson_and_on_a_phone_its_bars_leave_the_page_room(server, reader):
    first = Step("clipping", site.panel("clipping").defaults, frozenset({"limit"}), False, note="A")
    teacher = reader(390, 844).goto(f"{server}/clipping")
    choose(teacher, "A room")
    press(teacher, "Open a room")
    code = asked(teacher)["room"][0]
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


def test_a_page_within_a_course_has_no_menus_and_a_way_out(server, reader):
    tab = reader(1000, 900).goto(f"{server}/products?embed=true&products_w=1.2")
    assert tab.page.get_by_role("navigation").count() == 0
    assert tab.page.get_by_text("With a class").count() == 0
    assert tab.page.get_by_role("link", name=re.compile("[←→]")).count() == 0
    out = tab.page.get_by_role("link", name="Open in full").get_attribute("href")
    assert parse_qs(urlsplit(out).query)["products_w"] == ["1.2"] and "embed" not in out
