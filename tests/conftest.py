"""One Chromium for all tests of a process, and how the tests are dealt out to processes."""

import os
from itertools import groupby

import pytest
from hypothesis import HealthCheck, settings

import core  # noqa: F401  before the tests' own NumPy: two workers would wait for each other's threads
from tests.browser.conftest import profile_pool, readers, start_chromium

# A machine that stops for a moment makes an example late, and is no fault of what is tested.
settings.register_profile("site", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("site")

# A second one could not start beside it.
chromium = pytest.fixture(scope="session", name="chromium")(start_chromium)
profiles = pytest.fixture(scope="session", name="profiles")(profile_pool)
reader = pytest.fixture(name="reader")(readers)


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: a test with a browser waits half of its time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait for a browser evenly among those that compute.

    A process takes whole files in this order: all cores have work then, until the end. So those
    that take long come first: the pages' before the core's, and those with most visits.
    """
    files = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    waits = [file for file in files if file[0].path.parent.name in ("browser", "deploy")]
    computes = [file for file in reversed(files) if file not in waits]
    waits.sort(key=len, reverse=True)
    placed = [(i / len(kind), file) for kind in (waits, computes) for i, file in enumerate(kind)]
    placed.sort(key=lambda place: place[0])
    items[:] = [item for _, file in placed for item in file]
