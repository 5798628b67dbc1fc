"""The site as a whole: opened cold, its addresses and links, and the way back."""

import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from pages.kit import site
from pages.kit.panels import Range
from tests.browser.conftest import CHART
from tests.browser.tabs import PATHS, await_address, live_input, more, title
from tests.panels import PANELS


def offered(tab) -> set[str]:
    """The pages that the navigation offers, those in its sections too."""
    links = tab.page.locator("[data-testid=stTopNavLink], [data-testid=stTopNavDropdownLink]")
    paths = []
    for section in [None, *tab.page.locator("[data-testid=stTopNavSection]").all()]:
        if section:
            section.click()
            links.last.wait_for()
        paths += [urlsplit(link.get_attribute("href")).path.strip("/") for link in links.all()]
    if section:
        tab.page.keyboard.press("Escape")
    return set(paths)


def test_three_who_open_a_server_that_has_served_nothing_see_their_pages(cold_server, reader):
    """Each imports what the others do, at the same time; the last comes by a deep link."""
    others, path = {other: reader() for other in ("training", "products")}, "initialization"
    for other, tab in others.items():
        tab.page.goto(f"{cold_server}/{other}", wait_until="commit")
    panel = PANELS[path]
    control = next(c for c in panel.controls if isinstance(c, Range))
    value = control.high if control.high != control.default else control.low
    tab = reader().goto(f"{cold_server}/{path}?{panel.key(control.name)}={value}")
    assert title(tab) == site.info(path).title
    assert tab.page.title() == f"{site.info(path).menu} · {site.NAME}"
    assert urlsplit(tab.page.url).path == f"/{path}"
    assert float(parse_qs(urlsplit(tab.page.url).query)[panel.key(control.name)][0]) == value
    assert not tab.page.locator("[role=dialog]").count()
    assert offered(tab) == set(PATHS)
    # the first touch is not forgotten, and the value that the link set stays
    more(tab).first.click()
    tab.settle()
    assert more(tab).first.get_attribute("aria-checked") == "true"
    assert float(parse_qs(urlsplit(tab.page.url).query)[panel.key(control.name)][0]) == value
    for one in (tab, *others.values()):
        one.page.wait_for_selector(CHART, timeout=60_000)
        one.assert_sound()


def test_a_server_that_is_asked_for_its_health_has_run_the_script(cold_server):
    with urllib.request.urlopen(f"{cold_server}/_stcore/script-health-check", timeout=60) as said:
        assert (said.status, said.read()) == (200, b"ok")


def test_address_without_a_path_leads_to_the_first_page(server, reader):
    tab = reader().goto(server)
    assert title(tab) == site.PAGES[0].title
    tab.assert_sound()


def test_back_leads_away_from_the_address_without_a_path(server, reader):
    tab = reader()
    tab.page.goto(f"{server}/_stcore/health")
    tab.goto(f"{server}/")
    assert title(tab) == site.PAGES[0].title
    tab.page.go_back()
    assert tab.page.url == f"{server}/_stcore/health"


def test_first_option_and_lowest_value_stay_in_the_address(server, reader):
    """A widget leaves its default out of the address: it has to be the control's default."""
    tab = reader().goto(f"{server}/products")
    group = tab.page.locator("[data-testid=stButtonGroup]", has_text="Width of the layers")
    group.get_by_role("radio", name="2", exact=True).click()
    await_address(tab, "products_width", "2")
    slider = tab.page.get_by_role("slider", name="Factors in the product")
    slider.focus()
    tab.page.keyboard.press("Home")
    await_address(tab, "products_factors", 4)
    group.get_by_role("radio", name="64", exact=True).click()
    tab.settle()
    assert "products_width" not in tab.page.url  # the default again


def test_back_undoes_a_move_and_leads_to_the_page_before(server, reader):
    tab = reader().goto(f"{server}/products")
    slider = tab.page.get_by_role("slider", name="Factors n to mark")
    marked = tab.page.get_by_role("radiogroup", name="Presets").get_by_role("radio", checked=True)

    def stands(n: int, w: float, preset: list[str]) -> None:
        # the answer to a step through history begins after the page has looked quiet
        tab.page.locator(f"input[aria-label='Factors n to mark'][value='{n}']").wait_for(
            state="attached"
        )
        tab.settle()
        assert float(live_input(tab, PANELS["products"]["w"]).input_value()) == w
        assert marked.all_inner_texts() == preset

    stands(15, 0.6, ["0.6: vanishes"])
    slider.press("ArrowRight")
    await_address(tab, "products_n", 16)
    tab.page.get_by_role("radio", name="−1: flips").click()
    await_address(tab, "products_w", -1)
    stands(15, -1, ["−1: flips"])
    tab.page.go_back()
    stands(16, 0.6, [])
    tab.page.get_by_role("link", name="Backpropagation is a product →").click()
    tab.page.wait_for_url("**/chain_rule*")
    tab.settle()
    tab.page.go_back()
    stands(16, 0.6, [])
    tab.page.go_back()
    stands(15, 0.6, ["0.6: vanishes"])
    tab.page.go_forward()
    stands(16, 0.6, [])
    tab.assert_sound()


@pytest.mark.parametrize("path", ["chain_rule", "training"])
def test_hostile_link_ends_on_a_clean_page(path, server, reader):
    panel = PANELS[path]
    hostile = "&".join(f"{panel.key(c.name)}=<img src=x onerror=alert(1)>" for c in panel.controls)
    tab = reader().goto(f"{server}/{path}?{hostile}&evil=1")
    assert "The link asked for a value that this page does not have." in tab.text()
    assert "onerror" not in tab.page.url and "evil" not in tab.page.url
    tab.assert_sound()


def test_previous_and_next_walk_the_site(server, reader):
    """From the end of the article into what is beyond it: a link is made alike on every page."""
    paths = PATHS[4:9]
    tab = reader().goto(f"{server}/{paths[0]}")
    for path in paths[1:]:
        tab.page.get_by_role("link", name=f"{site.info(path).title} →").click()
        tab.page.wait_for_url(f"**/{path}*")
        tab.settle()
        assert title(tab) == site.info(path).title
    tab.assert_sound()


def test_links_to_pages_have_no_icon_beside_their_arrow(server, reader):
    tab = reader().goto(f"{server}/activations")
    links = tab.page.locator("[data-testid=stPageLink]")
    assert links.all_inner_texts() == ["← Backpropagation is a product", "Weight initialization →"]
