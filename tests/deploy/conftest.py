"""The site behind nginx, two replicas of it, for the tests that need a reader's eyes.

Without nginx they are skipped, with the reason; REQUIRE_BROWSER=1 makes that a failure.
"""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from deploy import serve
from tests.browser.server import ROOT, _free_port


class Site:
    """The site that `python -m deploy` has started."""

    def __init__(self, port: int, process: subprocess.Popen):
        self.port, self.process = port, process
        self.address = f"http://127.0.0.1:{port}"

    def replicas(self) -> list[int]:
        """The process ids of the replicas that run now, in the order of their start."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [pid for pid in map(int, listed.split()) if "streamlit" in _command_of(pid)]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextlib.contextmanager
def deployed(log: Path, **settings: object):
    """The site by its one command, SITE_… set so; stopped at the end."""
    try:
        serve._binary()
    except serve.CannotServe as error:
        if os.environ.get("REQUIRE_BROWSER"):
            raise
        pytest.skip(str(error))
    port = _free_port()
    said = {"address": "127.0.0.1", "port": port, "replicas": 2, "precompute": "no"}
    said |= settings
    environ = os.environ | {f"SITE_{name.upper()}": str(value) for name, value in said.items()}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy"], cwd=ROOT, env=environ, stdout=out, stderr=out
        )
        try:
            for _ in range(1200):
                assert process.poll() is None, log.read_text()
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                    break
                time.sleep(0.1)
            yield Site(port, process)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):
    with deployed(tmp_path_factory.mktemp("site") / "log") as site:
        yield site
