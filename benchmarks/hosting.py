"""What deploy/ changes: the site by its one command beside a bare process, in turn in one run.

    python -m benchmarks.hosting [--short] [--pages home products] [--readers 100] [--rounds 3]

A first visit, with an empty cache: bytes on the wire, files and messages together, and seconds
until the first chart, over this machine's own network and over a line of 10 Mbit/s with 40 ms there
and back. Both sides have been asked before. Then a class that opens a page at once: one process,
and two behind nginx. Medians over the rounds.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from benchmarks.classroom import CONTROLS
from benchmarks.cold import CHART
from benchmarks.link import Link
from benchmarks.reader import Reader
from pages.kit import site
from tests.browser.server import launch, started
from tests.deploy.conftest import deployed

MEGABITS, ONE_WAY = 10, 0.02


def visit(browser: Browser, port: int, path: str, **line: float) -> tuple[float, float]:
    """Seconds to the first chart of a browser without anything, and megabytes on the wire."""
    with Link(port, **line) as link:
        context = browser.new_context()
        page = context.new_page()
        start = perf_counter()
        page.goto(f"http://127.0.0.1:{link.port}/{path}", wait_until="commit")
        page.wait_for_selector(CHART, timeout=120_000)
        seconds = perf_counter() - start
        page.wait_for_timeout(2000)
        context.close()
        return seconds, link.received / 1e6


async def opened(port: int, path: str, count: int) -> float:
    """Seconds until all of a class that comes at once have the page."""
    address = f"http://127.0.0.1:{port}"
    everyone = [Reader(address, path, CONTROLS[path]) for _ in range(count)]
    seconds = await asyncio.gather(*(reader.open() for reader in everyone))
    await asyncio.gather(*(reader.close() for reader in everyone))
    return max(seconds)


def visits(browser: Browser, ports: tuple[int, int], path: str, rounds: int) -> None:
    """First visits of a page on both sides in turn."""
    line = {"megabits": MEGABITS, "delay": ONE_WAY}
    for port in ports * 2:  # both of the two processes have been asked
        visit(browser, port, path)
    wide, narrow = [], []
    for _ in range(rounds):
        wide.append([visit(browser, port, path) for port in ports])
        narrow.append([visit(browser, port, path, **line) for port in ports])
    for which, what, unit in ((1, "bytes of a first visit", "MB"), (0, "first chart", "s")):
        row(f"{path}: {what}", *([pair[i][which] for pair in wide] for i in (0, 1)), unit)
    how = f"first chart, {MEGABITS} Mbit/s, {2000 * ONE_WAY:.0f} ms"
    row(f"{path}: {how}", *([pair[i][0] for pair in narrow] for i in (0, 1)), "s")


def row(what: str, bare: Sequence[float], ours: Sequence[float], unit: str) -> None:
    one, two = statistics.median(bare), statistics.median(ours)
    print(f"| {what} | {one:.2f} {unit} | {two:.2f} {unit} | {two / one:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", default=[page.path for page in site.PAGES])
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--short", action="store_true", help="one page and a small class, for a first look"
    )
    asked = parser.parse_args()
    if asked.short:
        asked.pages, asked.readers, asked.rounds = asked.pages[:1], 10, 1
    with (
        tempfile.TemporaryDirectory() as logs,
        started(Path(logs) / "bare") as (address, _),
        deployed(Path(logs) / "deploy", replicas=2) as ours,
    ):
        ports = urlsplit(address).port, ours.port
        print("| | a bare process | deploy/, two processes | × |\n|---|---|---|---|")
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium)
            for path in asked.pages:
                visits(browser, ports, path, asked.rounds)
            browser.close()
        for path in asked.pages[:2]:
            times = [
                [asyncio.run(opened(port, path, asked.readers)) for port in ports]
                for _ in range(asked.rounds)
            ]
            row(f"{path}: {asked.readers} open it at once", *zip(*times, strict=True), "s")


if __name__ == "__main__":
    main()
