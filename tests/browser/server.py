"""The app's server and a headless Chromium, for tests and for the picture in the README."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, BrowserType

ROOT = Path(__file__).parents[2]
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A new tab has the compiled scripts of the tab before: a visit costs 40 % less.
    "--process-per-site",
]


def launch(chromium: BrowserType, *arguments: str) -> Browser:
    """The machine's own Chromium if it has one, otherwise Playwright's.

    Debian's headless shell comes first: the same pages take it four fifths of the time.
    """
    installed = ("chromium-headless-shell", "chromium", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, installed)), None)
    return chromium.launch(executable_path=path, args=[*_ARGUMENTS, *arguments])


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def started(
    log: Path,
    script: str = "app.py",
    root: Path = ROOT,
    python: str | Path = sys.executable,
    precompute: bool = True,
):
    """A fresh server of a script; yields its address and its process, and stops it at the end.

    root: of the checkout that is served; python: which Python serves it; precompute: whether it
    computes what readers have not asked for yet, half a core for a minute.
    """
    port = _free_port()
    command = [str(python), "-m", "streamlit", "run", script]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.headless", "true"]
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=os.environ | {"SITE_PRECOMPUTE": "yes" if precompute else "no"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(2000):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                    break
                assert process.poll() is None, log.read_text()
                time.sleep(0.02)
            yield address, process
        finally:
            process.terminate()
            process.wait(10)


@contextlib.contextmanager
def serving(log: Path, precompute: bool = False):
    """A fresh server of the site; yields its address."""
    with started(log, precompute=precompute) as (address, _):
        yield address
