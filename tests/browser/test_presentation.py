"""A page on a projector: its sections, its keys, its bar."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.classroom import asked, choose, press


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


def test_a_page_within_a_course_has_no_menus_and_a_way_out(server, reader):
    tab = reader(1000, 900).goto(f"{server}/products?embed=true&products_w=1.2")
    assert tab.page.get_by_role("navigation").count() == 0
    assert tab.page.get_by_text("With a class").count() == 0
    assert tab.page.get_by_role("link", name=re.compile("[←→]")).count() == 0
    out = tab.page.get_by_role("link", name="Open in full").get_attribute("href")
    assert parse_qs(urlsplit(out).query)["products_w"] == ["1.2"] and "embed" not in out
