"""One Chromium for all tests of a process: a second one could not start beside it."""

import pytest

from tests.browser.conftest import readers, start_chromium

chromium = pytest.fixture(scope="session", name="chromium")(start_chromium)
reader = pytest.fixture(name="reader")(readers)
