"""A server and a Chromium for the tests that need a reader's eyes.

Without Chromium these tests are skipped, with the reason; REQUIRE_BROWSER=1 makes that a failure.
"""

import os
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from tests.browser.server import launch, serving

CHART = "[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas"
BUSY = "[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]"
# Looked for within the page: asked from here, it would take a fifth of a core.
RESTS = """async ([busy, quiet, left]) => {
    const end = performance.now() + left;
    for (let since = performance.now(); performance.now() < Math.min(end, since + quiet);) {
        await new Promise(later => setTimeout(later, 50));
        if (document.querySelector(busy)) since = performance.now();
    }
}"""


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def start_chromium():
    with sync_playwright() as playwright:
        try:
            # Visits are short: code that is compiled once more for speed costs an eighth of them.
            browser = launch(playwright.chromium, "--js-flags=--no-turbofan")
        except Exception as error:
            if os.environ.get("REQUIRE_BROWSER"):
                raise
            pytest.skip(f"no Chromium to test with: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """The address of a server that all tests share."""
    with serving(tmp_path_factory.mktemp("server") / "log") as address:
        yield address


@pytest.fixture
def cold_server(chromium, tmp_path):
    """The address of a server that has served nothing yet, and all of whose threads run."""
    with serving(tmp_path / "log", precompute=True) as address:
        yield address


class Reader:
    """One reader's browser tab: the page, and what went wrong on it."""

    def __init__(self, page: Page):
        self.page = page
        self.errors: list[str] = []
        self.pressed = 0.0  # when a class's button was, by the monotonic clock
        self.sent = 0  # websocket frames from the browser to the server
        self.told = 0  # and from the server to the browser
        self.strangers: list[str] = []  # requests to any other host
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", self._socket)
        page.on("request", self._request)

    def _console(self, message):
        # a deep link probes <page>/_stcore/ first and falls back: Streamlit's own 404s
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)
        # Vega's, of an axis that layers pull in several directions, or that has nothing to follow
        if re.search("Conflicting scale|Infinite extent", message.text):
            self.errors.append(message.text)

    def _socket(self, socket):
        socket.on("framesent", lambda _: self._count(sent=1))
        socket.on("framereceived", lambda _: self._count(told=1))

    def _count(self, sent: int = 0, told: int = 0):
        self.sent += sent
        self.told += told

    def _request(self, request):
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws:")):
            self.strangers.append(request.url)

    def goto(self, address: str) -> "Reader":
        self.page.goto(address)
        self.page.wait_for_selector(CHART, timeout=60_000)
        return self.settle()

    def settle(self, quiet_ms: float = 500, limit_s: float = 30) -> "Reader":
        """Wait until nothing has been busy for a while."""
        end = time.time() + limit_s
        while (left := end - time.time()) > 0:
            with suppress(PlaywrightError):  # another page has come meanwhile
                self.page.evaluate(RESTS, [BUSY, quiet_ms, 1000 * left])
                break
        return self

    def text(self) -> str:
        return self.page.locator("[data-testid=stMain]").inner_text()

    def assert_sound(self):
        assert not self.page.locator("[data-testid=stException]").count(), self.text()
        assert not self.errors, self.errors
        assert not self.strangers, self.strangers


def profile_pool():
    """Browser profiles to use again, without and with touch, emptied by `readers`."""
    return {False: [], True: []}


def _profile(chromium, touch: bool):
    """A browser profile with an empty tab, for which the process of the site lives on.

    The next tab has the scripts that the last one has compiled.
    """
    context = chromium.new_context(has_touch=touch)
    page = context.new_page()
    page.route("**", lambda route: route.fulfill(body=""))
    page.goto("http://127.0.0.1")
    return context


def readers(chromium, profiles):
    """Make a reader: `reader(width=390, dark=True)`.

    Each has a profile without anything stored. Only the browser's cache stays in it for the next
    test, and an empty tab: Streamlit's own files are half of a visit's time.
    """
    taken = []

    def make(width: int = 1280, height: int = 720, dark: bool = False, touch: bool = False):
        free = profiles[touch]
        context = free.pop() if free else _profile(chromium, touch)
        taken.append((touch, context))
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        return Reader(page)

    yield make
    for touch, context in taken:
        for page in context.pages[1:]:
            if page.url.startswith("http"):
                page.evaluate("localStorage.clear()")
            page.close()
        context.clear_cookies()
        profiles[touch].append(context)
