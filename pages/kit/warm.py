"""What readers ask for first, computed before they do.

A class that opens a link together, or tries the first slider of a page together, would otherwise
make the server compute the same results, and many of them, at one time. One thread of the process
does it once, a little at a time, from the first visit on and while no reader waits. What there is
to do, each concept says in its `first.py`. A host may do without: SITE_PRECOMPUTE=no in the
environment.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import perf_counter, sleep
from types import SimpleNamespace

from pages.kit import run_lock, site, specs

PAUSE = 2.0  # seconds before it begins: the first reader's own page comes first
QUIET = 0.25  # seconds without a script of a reader's: then the next call
REST = 1.0  # times as long as a call took: half a core at the most
LATER = 60.0  # seconds after all else before the presets: a new process has better to do


def first_charts() -> Iterator[Callable]:
    """The charts of the pages, without their data."""
    for page in site.PAGES:
        for builder in site.builders(page.path):
            yield partial(specs.built, builder, 1.0)  # the key that pages ask by


def first_visits() -> Iterator[Callable]:
    """What the pages show at their defaults."""
    for page in site.PAGES:
        yield from site.concept(page.path, "first").visit(_defaults(page.path))


def first_sliders() -> Iterator[Callable]:
    """What the first slider of a page asks for, where that takes long, at each of its values."""
    for page in site.PAGES:
        first = site.concept(page.path, "first")
        if hasattr(first, "slider"):
            yield from first.slider(_defaults(page.path))


def first_presets() -> Iterator[Callable]:
    """What the presets of a page ask for, where that takes long."""
    for page in site.PAGES:
        first = site.concept(page.path, "first")
        if hasattr(first, "presets"):
            yield from first.presets()


def _defaults(path: str) -> SimpleNamespace:
    return SimpleNamespace(**site.panel(path).defaults)


def compute(calls: Iterable[Callable], rest: float = REST) -> None:
    """Make the calls one after another, resting after each, and none while readers come first."""
    for call in calls:
        while run_lock.LOCK.quiet() < QUIET:
            sleep(QUIET)
        start = perf_counter()
        call()
        sleep(rest * (perf_counter() - start))


def in_turn() -> None:
    """All of it, what readers ask for soonest first."""
    if os.environ.get("SITE_PRECOMPUTE") == "no":
        return
    sleep(PAUSE)
    compute(first_charts())
    compute(first_visits())
    compute(first_sliders())
    sleep(LATER)
    compute(first_presets())
