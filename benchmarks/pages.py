"""What a page costs the server: CPU of its script, for a new session and for a moved control.

    python -m benchmarks.pages [--runs 15]

Runs every listed page in-process and measures the CPU of a script run in its own thread, medians.
Compiled pages are kept, as the server keeps them. A new session finds every cache filled by readers
before it. A control is moved through its widget, as a reader moves it, so that what has read it
runs anew: “seen” is the page's first committed control moved to where readers have been, “unseen”
the dearest control moved to where none has; “whole” is a run of the whole page, as for a preset.
"""

import argparse
import logging
import statistics
import time

from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from benchmarks.reader import mover
from pages.kit import site
from pages.kit.panels import Choice
from tests.app import open_page, widget_of

SPENT = []  # ms of CPU of every script run, in order of their ends


def _measured(run_script):
    """A script run, its CPU noted, through app.py: AppTest takes every run for a server's first."""

    def measured(self, rerun_data):
        if site.STARTED in self._session_state:
            PagesManager.uses_pages_directory = False
        start = time.thread_time()
        try:
            run_script(self, rerun_data)
        finally:
            SPENT.append(1000 * (time.thread_time() - start))

    return measured


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
    ScriptRunner._run_script = _measured(ScriptRunner._run_script)
    ScriptCache.get_bytecode = _kept(ScriptCache.get_bytecode)

    print("ms of CPU       | new session | whole | moved, seen       | dearest control, unseen")
    for info in site.PAGES:
        panel = site.panel(info.path)
        first = []
        for _ in range(runs + 1):
            at = open_page(info.path)
            first.append(SPENT[-1])
        whole = []
        for _ in range(runs):
            at.run()
            whole.append(SPENT[-1])

        def move(control, value, at=at, panel=panel):
            key = panel.key(control.name)
            widget = widget_of(at, key)
            if widget is None:  # in what is not open
                return None
            widget.set_value(value).run()
            return SPENT[-1]

        control = mover(info.path)
        values = [other_value(control, control.default), control.default]
        seen = [move(control, values[i % 2]) for i in range(runs * 2)][2:]
        unseen = {}
        for other in panel.controls:
            spent = move(other, other_value(other, other.default))
            if spent is not None:
                unseen[other.name] = spent
                move(other, other.default)
        dearest = max(unseen, key=unseen.get)
        print(
            f"{info.path:15} | {statistics.median(first[1:]):11.0f} | "
            f"{statistics.median(whole):5.0f} | "
            f"{statistics.median(seen):3.0f} {f'({control.name})':13} | "
            f"{unseen[dearest]:5.0f} ({dearest})",
            flush=True,
        )


if __name__ == "__main__":
    main()
