"""One Chromium for all tests of a process: a second one could not start beside it."""

import pytest

import core  # noqa: F401  before the tests' own NumPy: two workers would wait for each other's threads
from tests.browser.conftest import profile_pool, readers, start_chromium

chromium = pytest.fixture(scope="session", name="chromium")(start_chromium)
profiles = pytest.fixture(scope="session", name="profiles")(profile_pool)
reader = pytest.fixture(name="reader")(readers)
