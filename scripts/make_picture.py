"""Remake docs/products.png, the picture in the README: python -m scripts.make_picture"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import ROOT, launch, serving

PICTURE = ROOT / "docs" / "products.png"


def main() -> None:
    PICTURE.parent.mkdir(exist_ok=True)
    log = Path(tempfile.mkdtemp()) / "log"
    with serving(log) as address, sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/products?products_activation=Tanh&products_w=1.1")
        page.wait_for_selector("[data-testid=stVegaLiteChart] svg")
        page.wait_for_timeout(2000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
