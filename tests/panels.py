"""The controls of every page, for tests that go through all of them."""

from pages.kit import site

PATHS = [page.path for page in site.PAGES]
PANELS = {path: site.panel(path) for path in PATHS}
