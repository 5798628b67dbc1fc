"""What a reader's system asks for: its own colors, and less motion."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.server import launch

EYES = Path(__file__).with_name("seen.js").read_text()
TABS = 14  # controls that the keyboard goes through


def look(tab, what: str):
    return tab.page.evaluate(f"seen.{what}()")


# One stylesheet for all pages: these stand for them.
COLORED = ["chain_rule", "training"]


@pytest.mark.parametrize("path", COLORED)
def test_in_the_systems_own_colors_all_can_be_seen(path, server, reader):
    """By day and by night: WCAG's contrasts of 3 for marks and 4.5 for words."""
    tab = reader(1280, 900)
    tab.page.add_init_script(EYES)
    tab.page.emulate_media(forced_colors="active")
    tab.goto(f"{server}/{path}")
    _check_colors(tab)
    tab.page.emulate_media(forced_colors="active", color_scheme="dark")
    tab.settle()
    _check_colors(tab)
    tab.page.locator("[data-testid=stMain] :is(button, input)").first.focus()
    seen = set()
    for _ in range(TABS):
        tab.page.keyboard.press("Tab")
        tab.page.wait_for_timeout(30)
        what, edged = look(tab, "focus")
        assert edged, f"no edge around what has the focus: {what}"
        seen.add(what)
    assert len(seen) > TABS / 2
    tab.assert_sound()


def _check_colors(tab) -> None:
    assert tab.page.evaluate("matchMedia('(forced-colors: active)').matches")
    least = {"sliders": 3, "chosen": 3, "text": 4.5, "lines": 3, "labels": 3}
    for what, wanted in least.items():
        found = look(tab, what)
        assert min(found, default=wanted) >= wanted, (what, sorted(found)[:3])
        assert found or what in ("sliders", "lines"), f"no {what} to be seen"

    # The parts of a range input have no style to ask.
    handle = tab.page.locator(".vega-bind input[type=range]").first
    darkest, lightest = Image.open(BytesIO(handle.screenshot())).convert("L").getextrema()
    assert lightest - darkest > 150, "a live control that cannot be seen"


@pytest.mark.parametrize("path", ["home", "training"])  # which play for everyone else
def test_nothing_moves_for_who_has_asked_for_less_motion(path, server, reader):
    tab = reader(1280, 900)
    tab.page.add_init_script(EYES)
    tab.page.emulate_media(reduced_motion="reduce")
    tab.goto(f"{server}/{path}")
    chart = tab.page.locator("[data-testid=stVegaLiteChart] svg, canvas").first
    before = chart.evaluate("node => node.outerHTML")
    for option in tab.page.locator("button[role=radio]").all()[:4]:
        if option.is_visible():
            option.hover()
            assert look(tab, "moving") == 0
    tab.page.wait_for_timeout(600)
    assert chart.evaluate("node => node.outerHTML") == before
    assert not tab.page.locator("input[name=play]").is_visible()
    tab.assert_sound()


def test_letters_are_as_much_larger_as_the_browser_is_told(server, chromium):
    """A second browser, as this is no page's to set."""
    with launch(chromium.browser_type, "--blink-settings=defaultFontSize=32") as browser:
        page = browser.new_page()
        page.goto(f"{server}/clipping")
        size = "getComputedStyle(document.documentElement).fontSize"
        page.wait_for_function(f"{size} == '34px'", timeout=60_000)  # the stylesheet may come late


# What is cut at the edge of its box, or stands beyond the screen's: rows of options, links to
# pages, and equations in rows (those whose sides are aligned scroll).
CUT = """() => [
    ...[...document.querySelectorAll('[data-testid=stButtonGroup] :is([role=radio], button)')]
        .filter(option => option.getBoundingClientRect().right > innerWidth
            || option.scrollHeight > option.clientHeight + 1),
    ...[...document.querySelectorAll('[data-testid=stPageLink] a, [data-testid=stPageLink] a p')]
        .filter(link => link.scrollWidth > link.clientWidth + 1),
    ...[...document.querySelectorAll('.katex-display:not(:has(.mtable))')]
        .filter(equation => equation.scrollWidth > equation.clientWidth + 1),
].map(cut => cut.textContent.slice(0, 40))"""


@pytest.mark.parametrize("path", ["chain_rule", "memory", "training"])
def test_on_a_small_phone_large_letters_cut_nothing(path, server, reader):
    tab = reader(360, 740).goto(f"{server}/{path}")
    tab.page.add_style_tag(content="html { font-size: 138% !important; }")
    tab.settle(800)
    assert tab.page.evaluate(CUT) == []


# How many pieces of the page's first equation stand in each of its lines.
LINES = """() => {
    const pieces = [...document.querySelectorAll('.katex-display')[0].querySelectorAll('.base')];
    const lines = [];
    let before = Infinity;
    for (const { left } of pieces.map(piece => piece.getBoundingClientRect())) {
        left > before ? lines[lines.length - 1]++ : lines.push(1);
        before = left;
    }
    return lines;
}"""


@pytest.mark.parametrize("width", [390, 360, 320])
def test_on_a_phone_no_factor_of_an_equation_is_left_alone_on_its_line(width, server, reader):
    tab = reader(width, 844).goto(f"{server}/chain_rule")
    lines = tab.page.evaluate(LINES)
    assert sum(lines) == 6, "the gradient and its five factors"
    assert min(lines) > 1, lines
    if width > 320:
        factors = tab.page.get_by_role("radiogroup").first.get_by_role("radio").all()
        assert len(factors) == 7 and len({one.bounding_box()["y"] for one in factors}) == 1


# Words of a chart that stand on others of it, with the words that they stand on.
UPON = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] svg')].flatMap(svg => {
    const words = [...svg.querySelectorAll('text')]
        .map(text => ({says: text.textContent, ...text.getBoundingClientRect().toJSON()}));
    const shared = (one, two) =>
        Math.min(one.right, two.right) - Math.max(one.left, two.left) > 2 &&
        Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 5;
    return words.flatMap((one, i) =>
        words.slice(i + 1).filter(two => shared(one, two)).map(two => [one.says, two.says]));
})"""


def test_on_a_small_phone_a_lines_name_is_not_on_the_word_healthy(server, reader):
    """Where all is healthy, the lines end at that word's height."""
    chain = "chain_rule_w=1&chain_rule_layers=60&chain_rule_activation=ReLU"
    network = "chain_rule_network=ReLU&chain_rule_scheme=He"
    tab = reader(360, 740).goto(f"{server}/chain_rule?{chain}&{network}")
    assert tab.page.evaluate(UPON) == []


def test_the_keyboards_place_is_seen_on_links_to_pages_and_on_a_charts_tools(server, reader):
    tab = reader(1280, 900).goto(f"{server}/products")
    tab.page.locator("[data-testid=stTopNavLink]").first.focus()
    outline = "getComputedStyle(document.activeElement).outlineWidth"
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate(outline) == "3px"
    tools = tab.page.locator("[data-testid=stElementToolbar]").first
    tools.locator("[aria-label^='Download as PNG']").focus()
    tab.page.keyboard.press("Tab")
    tab.page.wait_for_timeout(300)
    assert tools.evaluate("tools => getComputedStyle(tools).opacity") == "1"
    assert tab.page.evaluate(outline) == "3px"
