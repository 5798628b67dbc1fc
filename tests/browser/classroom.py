"""What the tabs of a teacher and of a class are pressed on, and the link of a lesson."""

import time
from urllib.parse import parse_qs, urlsplit

from pages.classroom import around, lesson
from pages.classroom.lesson import Lesson
from pages.kit import site
from pages.kit.mode import Step
from pages.kit.press import DOUBLE


def asked(tab) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.page.url).query)


def press(tab, name: str):
    """Press a button, later than the second click of a double click on another would be."""
    tab.page.wait_for_timeout(max(0.0, 1000 * (tab.pressed + DOUBLE - time.monotonic())))
    told = tab.told
    tab.page.get_by_role("button", name=name, exact=True).first.click()
    for _ in range(300):  # a busy server answers late
        if tab.told > told:
            break
        tab.page.wait_for_timeout(50)
    tab.settle()  # what the button does is done by now, and its second has begun
    tab.pressed = time.monotonic()


def open_room(tab) -> str:
    """The letters of a room that this tab's reader opens: its address has them once it is open."""
    choose(tab, "A room")
    press(tab, "Open a room")
    tab.page.wait_for_url(lambda url: "room=" in url, timeout=15_000)
    tab.pressed = time.monotonic()
    return asked(tab)["room"][0]


def choose(tab, title: str):
    tab.page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).last.click()
    tab.settle()


def link_of(*steps: Step) -> str:
    packed = lesson.packed(Lesson("A trial", steps), around.panels())
    return f"{steps[0].page}?lesson={packed}&step=1"


def view(page: str, **values) -> Step:
    return Step(page, site.panel(page).defaults | values)


def bottom(tab, box: str) -> float:
    """Where it ends on the screen, the page at its top."""
    tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    found = tab.page.locator(box).bounding_box()
    return found["y"] + found["height"]
