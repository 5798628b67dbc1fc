"""One Chromium for all tests of a process: a second one could not start beside it."""

import pytest
from hypothesis import HealthCheck, settings

import core  # noqa: F401  before the tests' own NumPy: two workers would wait for each other's threads
from tests.browser.conftest import profile_pool, readers, start_chromium

# A machine that stops for a moment makes an example late, and is no fault of what is tested.
settings.register_profile("site", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("site")

chromium = pytest.fixture(scope="session", name="chromium")(start_chromium)
profiles = pytest.fixture(scope="session", name="profiles")(profile_pool)
reader = pytest.fixture(name="reader")(readers)
