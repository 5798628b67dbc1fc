"""What a tab shows, and where to take hold of it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from pages.kit import site
from pages.kit.panels import Range
from tests.panels import PANELS

PATHS = [page.path for page in site.PAGES]
DESKTOP = {"width": 1280, "height": 720}
PHONE, SMALLEST = {"width": 390, "height": 844}, {"width": 320, "height": 640}
LIVE = {
    path: [c for c in panel.controls if isinstance(c, Range) and c.live]
    for path, panel in PANELS.items()
}
MAIN = {path: controls[0] for path, controls in LIVE.items()}


def title(reader) -> str:
    return reader.page.locator("h1").inner_text()


def await_address(tab, key: str, value) -> None:
    """Wait until the address carries this value: a number by its size, an option by its label."""
    for _ in range(100):
        told = parse_qs(urlsplit(tab.page.url).query).get(key, [None])[0]
        if told == str(value) or (told and _number(told) == pytest.approx(_number(value))):
            return
        tab.page.wait_for_timeout(100)
    raise AssertionError(f"{key}={value} is not in {tab.page.url}")


def _number(text) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def more(tab):
    """The titles of what a page has beyond its article."""
    return tab.page.locator("[data-testid=stButtonGroup]", has_text="More").locator("[role=radio]")


def live_input(tab, control):
    """The range input of a live control, opened if it is in what there is more."""
    handle = tab.page.locator(f"input[name={control.name}]").first
    titles = more(tab)
    for i in range(2 * titles.count()):  # once more: a busy browser draws later than it says
        if handle.count():
            break
        titles.nth(i % titles.count()).click()
        tab.settle(500 if i < titles.count() else 2000)
    handle.wait_for()
    handle.scroll_into_view_if_needed()
    return handle


def ground(tab) -> list[int]:
    """Red, green and blue of what is behind the page."""
    color = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    return [int(part) for part in re.findall(r"\d+", tab.page.evaluate(color))[:3]]
