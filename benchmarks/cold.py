"""What the first visitor waits for: a server's start, and the first chart on it cold and warm.

    python -m benchmarks.cold [--short] [--pages home products]

Each page gets a server that has served nothing yet. A browser with an empty cache opens the page,
then another with an empty cache opens it again. A third one is the first visitor of a server whose
health was asked for at /_stcore/script-health-check a while before. Beside them the floor app's
figures. Bytes are what the second browser received in all, over HTTP and the websocket.
"""

import argparse
import tempfile
import urllib.request
from pathlib import Path
from time import perf_counter, sleep

from playwright.sync_api import Browser, sync_playwright

from pages.kit import site
from tests.browser.server import launch, started

AWAKE = 10  # seconds between the question for a server's health and its first visitor
CHART = "[data-testid=stVegaLiteChart] :is(svg, canvas)"


def visit(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until an empty-handed browser shows the first chart, and the megabytes it took."""
    context = browser.new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    received = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda data: received.append(len(data))),
    )
    start = perf_counter()
    page.goto(address)
    page.wait_for_selector(CHART, timeout=60_000)
    seconds = perf_counter() - start
    page.wait_for_timeout(1000)
    context.close()
    return seconds, sum(received) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", default=[page.path for page in site.PAGES])
    parser.add_argument(
        "--short", action="store_true", help="the first page alone, for a first look"
    )
    asked = parser.parse_args()
    begun = perf_counter()
    print(
        "first chart      | started s |       cold s    × | asked before s    × | warm s    × | MB"
    )
    cases = [("floor", "benchmarks/floor.py")]
    cases += [(path, "app.py") for path in (asked.pages[:1] if asked.short else asked.pages)]
    floor = None
    with tempfile.TemporaryDirectory() as logs, sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        visit(browser, "data:text/html,<i data-testid=stVegaLiteChart><svg></svg></i>")
        for name, script in cases:
            start = perf_counter()
            with started(Path(logs) / name, script) as (address, _):
                healthy = perf_counter() - start
                open_at = address if name == "floor" else f"{address}/{name}"
                (cold, _), (warm, megabytes) = (visit(browser, open_at) for _ in range(2))
            with started(Path(logs) / name, script) as (address, _):
                urllib.request.urlopen(f"{address}/_stcore/script-health-check", timeout=30)
                sleep(AWAKE)
                awake, _ = visit(browser, address if name == "floor" else f"{address}/{name}")
            floor = floor or (cold, awake, warm)
            print(
                f"{name:16} | {healthy:9.2f} | {cold:12.2f} {cold / floor[0]:4.2f} | "
                f"{awake:14.2f} {awake / floor[1]:4.2f} | {warm:6.2f} {warm / floor[2]:4.2f} | "
                f"{megabytes:.1f}",
                flush=True,
            )
        browser.close()
    print(f"took {perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
