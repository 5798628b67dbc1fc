"""A drag in a live chart that is left at once, by a link, Back, or a reload: the value stays."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError as Late

from tests.browser.tabs import MAIN, live_input
from tests.panels import PANELS

TRIED = ["products"]  # one way of leaving for all pages
SOON = (60, 200, 600)  # ms after the pointer was let go, at each try
LAST_LINK = "[...document.querySelectorAll('[data-testid=stPageLink-NavLink]')].at(-1).click()"


def drag(tab, control) -> float:
    """Move the handle and let it go: its value then."""
    handle = live_input(tab, control)
    tab.settle()
    box, low, high = handle.bounding_box(), control.low, float(handle.get_attribute("max"))
    share = (float(handle.input_value()) - low) / (high - low)
    y = box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), y)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + (0.3 if share > 0.5 else 0.7) * box["width"], y, steps=5)
    tab.page.mouse.up()
    return float(handle.input_value())


def in_address(tab, path: str) -> float | None:
    """The dragged control's value there; None where the address has its first one."""
    said = parse_qs(urlsplit(tab.page.url).query)
    value = said.get(PANELS[path].key(MAIN[path].name))
    return float(value[0]) if value else None


def stands(tab, path: str, value: float) -> None:
    """The chart and the address have it."""
    tab.settle()
    assert float(live_input(tab, MAIN[path]).input_value()) == pytest.approx(value)
    assert in_address(tab, path) == pytest.approx(value)
    tab.assert_sound()


@pytest.mark.parametrize("path", TRIED)
def test_a_reload_has_what_was_dragged(path, server, reader):
    """It begins a new session, so the server has to have answered: then the address has it."""
    for soon in (300, 900, 2700):  # a machine that stops for a moment answers late: then once more
        tab = reader().goto(f"{server}/{path}")
        value = drag(tab, MAIN[path])
        tab.page.wait_for_timeout(soon)
        told = in_address(tab, path)  # a value before the last, if the drag stood still on its way
        tab.page.reload()
        tab.page.wait_for_selector("h1")
        if told == pytest.approx(value):
            break
    stands(tab, path, value)


@pytest.mark.parametrize("path", TRIED)
@pytest.mark.parametrize("how", ["link", "back"])
def test_what_was_dragged_is_there_when_the_reader_comes_back(path, how, server, reader):
    for soon in SOON:  # a machine that stops for a moment tells too late: then once more
        try:
            return leave_and_come_back(reader().goto(f"{server}/{path}"), path, how, soon)
        except (AssertionError, Late):
            if soon == SOON[-1]:
                raise


def back_to(tab, path: str) -> None:
    """Back, and once more where the server's answer came when the next page was there already: the
    browser has then noted it as an entry of that one."""
    for _ in range(2):
        tab.page.go_back()
        try:
            return tab.page.wait_for_url(f"**/{path}*", timeout=2_500)
        except Late:
            continue


def leave_and_come_back(tab, path: str, how: str, soon: int) -> None:
    if how == "back":  # a page before it, in the same visit
        tab.page.evaluate(LAST_LINK)
        tab.page.wait_for_timeout(300)
        tab.settle()
        tab.page.go_back()
        tab.page.wait_for_url(f"**/{path}*")
        tab.settle()
    value = drag(tab, MAIN[path])
    tab.page.wait_for_timeout(soon)
    if how == "link":
        tab.page.evaluate(LAST_LINK)
        tab.page.wait_for_timeout(300)
        tab.settle()
        back_to(tab, path)
    else:
        tab.page.go_back()
        tab.page.wait_for_timeout(300)
        tab.settle()
        tab.page.go_forward()
        tab.page.wait_for_url(f"**/{path}*", timeout=5_000)
    stands(tab, path, value)
