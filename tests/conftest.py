"""One Chromium for all tests of a process: a second one could not start beside it."""

import pytest

from tests.browser.conftest import profile_pool, readers, start_chromium

chromium = pytest.fixture(scope="session", name="chromium")(start_chromium)
profiles = pytest.fixture(scope="session", name="profiles")(profile_pool)
reader = pytest.fixture(name="reader")(readers)
