"""A clone of this repository, requirements.txt in an environment of its own, and the site from it.

As Streamlit Cloud has it: nothing besides what is committed and what requirements.txt names, and
`streamlit run app.py` from the root. With Python 3.12, which Cloud is told to take, or this one.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.classroom import CONTROLS
from benchmarks.reader import Reader
from tests.browser.server import ROOT, started
from tests.panels import PATHS

pytestmark = pytest.mark.slow


def run(*command: str | Path, reason: str) -> None:
    """Run a command; skip, with the reason, where this machine cannot."""
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if found.returncode:
        pytest.skip(f"{reason}: {(found.stderr or found.stdout).strip().splitlines()[-1]}")


def python() -> str:
    """Python 3.12 if it can be started here, otherwise the one of this test."""
    if found := shutil.which("python3.12"):
        asked = subprocess.run([found, "-c", "import ensurepip"], capture_output=True)
        if not asked.returncode:
            return found
    return sys.executable


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> tuple[Path, Path]:
    """The clone, and the Python of its environment."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of a repository")
    place = tmp_path_factory.mktemp("clean")
    site, own = place / "site", place / "environment"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", site, reason="no clone")
    run(python(), "-m", "venv", "--without-pip", own, reason="no environment")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        own / "bin/python",
        "install",
        "--quiet",
        "--no-compile",
    )
    needed = "--requirement", site / "requirements.txt"
    run(*pip, "--prefer-binary", *needed, reason="requirements.txt cannot be installed here")
    return site, own / "bin/python"


@pytest.fixture(scope="module")
def served(clone, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The address of the clone's site, and its log."""
    (site, own), log = clone, tmp_path_factory.mktemp("served") / "log"
    with started(log, root=site, python=own) as (address, _):
        yield address, log


@pytest.mark.parametrize("path", PATHS)
def test_the_site_from_a_clean_clone_opens_every_page(path, served):
    address, log = served

    async def visit() -> None:
        reader = Reader(address, path, CONTROLS[path])
        await reader.open()  # raises where the page says an exception, or has no chart
        await reader.close()

    # in a thread of its own: tests of the browser leave a running loop in this one
    with ThreadPoolExecutor() as pool:
        pool.submit(asyncio.run, visit()).result()
    assert "Traceback" not in log.read_text(), log.read_text()
