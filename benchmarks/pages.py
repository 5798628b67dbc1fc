"""What a page costs the server: CPU of its script, for a new session and for a moved control.

    python -m benchmarks.pages [--runs 15]

Runs every listed page in-process and measures the CPU of app.py in the script's own thread,
medians. Compiled pages are kept, as the server keeps them. A new session finds every cache filled
by readers before it; “seen” is a control moved to where readers have been, “unseen” the dearest
control moved to where none has. A moved control reruns the whole page here; on the server, inside a
fragment, only that part.
"""

import argparse
import logging
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from pages.kit import site
from pages.kit.controls import Choice, Range
from tests.app import open_page
from tests.test_pages import panel_of

SPENT = []  # ms of CPU of every script run, in order of their ends


def _measured(run):
    """What app.py does, its CPU noted."""

    def measured():
        start = time.thread_time()
        try:
            run()
        finally:
            SPENT.append(1000 * (time.thread_time() - start))

    return measured


def _through_app(run_script):
    """AppTest takes every run for the first of a server, which would not go through app.py."""

    def through_app(self, rerun_data):
        if site.STARTED in self._session_state:
            PagesManager.uses_pages_directory = False
        run_script(self, rerun_data)

    return through_app


def _kept(get):
    kept = {}

    def get_bytecode(self, path):
        if path not in kept:
            kept[path] = get(self, path)
        return kept[path]

    return get_bytecode


def other_value(control, now):
    """A setting next to this one."""
    if isinstance(control, Choice):
        names = list(control.options)
        return names[(names.index(now) + 1) % len(names)]
    return control.parse(now + control.step if now < control.high else now - control.step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    logging.disable(logging.WARNING)
    site.run = _measured(site.run)
    ScriptRunner._run_script = _through_app(ScriptRunner._run_script)
    ScriptCache.get_bytecode = _kept(ScriptCache.get_bytecode)

    print("ms of CPU       | new session | moved, seen | dearest control, unseen")
    for info in site.PAGES:
        panel = panel_of(info.path)
        first = []
        for _ in range(runs + 1):
            at = open_page(info.path)
            first.append(SPENT[-1])

        def moved(name, value, at=at, panel=panel):
            at.session_state[panel.key(name)] = value
            at.run()
            return SPENT[-1]

        mover = next(c for c in panel.controls if isinstance(c, Range) and not c.live)
        values = [other_value(mover, mover.default), mover.default]
        seen = [moved(mover.name, values[i % 2]) for i in range(runs * 2)][2:]
        unseen = {}
        for control in panel.controls:
            unseen[control.name] = moved(control.name, other_value(control, control.default))
            moved(control.name, control.default)
        dearest = max(unseen, key=unseen.get)
        print(
            f"{info.path:15} | {statistics.median(first[1:]):11.0f} | "
            f"{statistics.median(seen):11.0f} | {unseen[dearest]:5.0f} ({dearest})",
            flush=True,
        )


if __name__ == "__main__":
    main()
