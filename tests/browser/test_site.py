"""Every listed page in a real browser: opened cold, dragged, linked, on a phone, in the dark."""

import re
import urllib.request
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from pages.kit import predict, site
from pages.kit.address import query
from pages.kit.panels import Range
from tests.browser.conftest import CHART
from tests.panels import PANELS

PATHS = [page.path for page in site.PAGES]
DESKTOP = {"width": 1280, "height": 720}
PHONE, SMALLEST = {"width": 390, "height": 844}, {"width": 320, "height": 640}
SCROLLS = "scrollable-region-focusable"  # axe's name for what the keyboard might not reach
LIVE = {
    path: [c for c in panel.controls if isinstance(c, Range) and c.live]
    for path, panel in PANELS.items()
}
PRESSED = {"products", "initialization", "training", "memory"}  # keys and presets: one code for all
MAIN = {path: controls[0] for path, controls in LIVE.items()}


def title(reader) -> str:
    return reader.page.locator("h1").inner_text()


def await_address(tab, key: str, value) -> None:
    """Wait until the address carries this value: a number by its size, an option by its label."""
    for _ in range(100):
        told = parse_qs(urlsplit(tab.page.url).query).get(key, [None])[0]
        if told == str(value) or (told and _number(told) == pytest.approx(_number(value))):
            return
        tab.page.wait_for_timeout(100)
    raise AssertionError(f"{key}={value} is not in {tab.page.url}")


def _number(text) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def more(tab):
    """The titles of what a page has beyond its article."""
    return tab.page.locator("[data-testid=stButtonGroup]", has_text="More").locator("[role=radio]")


def live_input(tab, control):
    """The range input of a live control, opened if it is in what there is more."""
    handle = tab.page.locator(f"input[name={control.name}]").first
    titles = more(tab)
    for i in range(2 * titles.count()):  # once more: a busy browser draws later than it says
        if handle.count():
            break
        titles.nth(i % titles.count()).click()
        tab.settle(500 if i < titles.count() else 2000)
    handle.wait_for()
    handle.scroll_into_view_if_needed()
    return handle


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


def test_address_without_a_path_leads_to_the_first_page(server, reader):
    tab = reader().goto(server)
    assert title(tab) == site.PAGES[0].title
    tab.assert_sound()


@pytest.mark.parametrize("path", PATHS)
def test_every_page_on_desktop_and_phone_by_day_and_by_night(path, server, reader):
    """All in one visit, as a visit takes longer than what is tried in it.

    It begins with a link that has moved the main control, on the smallest phone by night; then the
    phone is a usual one, then it is day, and then the phone is a desktop.
    """
    control, key = MAIN[path], PANELS[path].key(MAIN[path].name)
    moved = control.low + control.step
    tab = reader(**SMALLEST, dark=True, touch=True).goto(f"{server}/{path}?{key}={moved:.10g}")
    assert not tab.page.evaluate(CUT)
    tab.page.set_viewport_size(PHONE)
    tab.settle()
    night = _ground(tab)
    _check_phone(tab)
    assert float(live_input(tab, control).input_value()) == pytest.approx(moved)
    tab.page.emulate_media(color_scheme="light")
    tab.settle()
    day = _ground(tab)
    assert sum(night) < 150 < 600 < sum(day), (night, day)
    _check_phone(tab, {"runOnly": ["color-contrast"]})  # by day only colors are others

    tab.page.set_viewport_size(DESKTOP)
    tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    tab.settle()
    _check_first_screen(tab)
    _check_charts(tab, path)
    for live in LIVE[path]:
        _check_number(tab, live)
        _check_drag(tab, path, live)
    if path in PRESSED:
        _check_keys(tab, path)
        _check_preset(tab, path)
    tab.assert_sound()


# Words of a chart that end beyond its edge, where they are cut, or that it has cut itself.
CUT = """() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] svg')].flatMap(svg => {
    const edge = svg.getBoundingClientRect();
    const beyond = text => {
        const box = text.getBoundingClientRect();
        const cut = getComputedStyle(svg).overflow !== 'visible' || box.right > innerWidth;
        return box.width && (cut || box.right > edge.right + 2 || box.left < edge.left - 4);
    };
    return [...svg.querySelectorAll('text')]
        .filter(text => beyond(text) || text.textContent.endsWith('…'))
        .map(text => text.textContent);
})"""


def _check_first_screen(tab) -> None:
    """It holds the claim, the chart and its control."""
    main = tab.page.locator("[data-testid=stVegaLiteChart]").first.bounding_box()
    assert tab.page.locator("h1").bounding_box()["y"] > 0
    control = tab.page.locator(".vega-bindings input[type=range]").first.bounding_box()
    assert main["height"] >= 400
    assert control["y"] + control["height"] <= 720


def _check_charts(tab, path: str) -> None:
    charts = tab.page.locator("[data-testid=stVegaLiteChart]")
    assert charts.count() >= 1
    for chart in charts.all():
        drawn = chart.locator("svg .role-mark path, svg .role-mark text, canvas").count()
        assert drawn > 0, "an empty chart"
    slips = r"\bundefined\b|\bnull\b" if path == "precision" else r"\bNaN\b|\bundefined\b|\bnull\b"
    assert not re.search(slips, tab.text())  # that page says which casts make NaN


# The longest time in ms that a range input has stood still from here on; after 150 a move is sent.
TIME_RESTS = """node => {
    let last = performance.now(), longest = 0;
    node.oninput = () => { longest = node.longestRest(); last = performance.now(); };
    node.longestRest = () => Math.max(longest, performance.now() - last);
}"""


def _check_number(tab, control: Range) -> None:
    """A range input of exponents shows none: the chart says the power."""
    hidden = live_input(tab, control).evaluate(
        "node => [...node.closest('label').querySelectorAll('span')]"
        ".map(span => getComputedStyle(span).clipPath !== 'none')"
    )
    assert hidden and set(hidden) == {control.base is not None}, control.name


def _check_drag(tab, path: str, control: Range) -> None:
    """It needs no server, and ends in the address."""
    handle = live_input(tab, control)
    tab.settle()
    chart = tab.page.locator("[data-testid=stVegaLiteChart]", has=handle)
    chart.evaluate("node => node.querySelector('svg, canvas').setAttribute('data-same', 'yes')")
    before = chart.evaluate("node => node.querySelector('svg, canvas').outerHTML")
    box = handle.bounding_box()
    y = box["y"] + box["height"] / 2
    value = float(handle.input_value())
    share = (value - control.low) / (control.high - control.low)
    to = 0.25 if share > 0.5 else 0.8
    tab.page.mouse.move(box["x"] + share * (box["width"] - 16) + 8, y)
    handle.evaluate(TIME_RESTS)
    tab.page.mouse.down()  # which may move it too
    for place in (to, to + 0.1) * 3:
        sent = tab.sent
        tab.page.mouse.move(box["x"] + place * box["width"], y, steps=12)
        if tab.sent == sent:
            break  # a machine that stops for a moment makes a rest of a drag: then once more
        assert handle.evaluate("node => node.longestRest()") > 140, "a drag talked to the server"
    assert chart.evaluate("node => node.querySelector('svg, canvas').outerHTML") != before
    tab.page.mouse.up()
    tab.settle()
    rest = float(handle.input_value())
    assert rest != control.default
    await_address(tab, PANELS[path].key(control.name), rest)
    assert chart.locator("[data-same=yes]").count() == 1, "the chart was embedded anew"


def _ground(tab) -> list[int]:
    """Red, green and blue of what is behind the page."""
    color = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    return [int(part) for part in re.findall(r"\d+", tab.page.evaluate(color))[:3]]


def _check_phone(tab, options: dict | None = None) -> None:
    main = "document.querySelector('[data-testid=stMain]')"
    assert tab.page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 1
    for menu in tab.page.locator("[class*='st-key-'][class*='-wide-']").all():
        assert menu.bounding_box()["width"] >= 240, "half a phone, for words that want it all"
    for icon in tab.page.locator("[data-testid=stTooltipIcon] button").all():
        box = icon.bounding_box()
        assert min(box["width"], box["height"]) >= 24, "too small for a finger (WCAG 2.5.8)"
    for group in tab.page.get_by_role("radiogroup").all():
        hidden = group.evaluate("node => node.scrollWidth - node.clientWidth")
        assert hidden <= 1, f"options out of sight: {group.text_content()}"
    # the navigation's own markup is Streamlit's, not ours
    context = {"exclude": [["[data-testid=stSidebarNav]"], ["[data-testid=stHeader]"]]}
    found = Axe().run(tab.page, context=context, options=options).response["violations"]
    serious = [
        (fault["id"], node["html"])
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
        # a long equation may scroll: Chromium and Firefox let the keyboard reach what scrolls
        if not (fault["id"] == SCROLLS and "katex-display" in node["html"])
    ]
    assert not serious


def _check_keys(tab, path: str) -> None:
    """They move the live control from end to end, and the address with it."""
    control, key = MAIN[path], PANELS[path].key(MAIN[path].name)
    handle = live_input(tab, control)
    handle.focus()
    tab.page.keyboard.press("Home")
    await_address(tab, key, control.low)
    tab.page.keyboard.press("End")
    high = float(handle.get_attribute("max"))  # the lab's: as many steps as it has
    if high == control.default:  # which the address leaves out
        tab.page.wait_for_url(lambda url: key not in url)
    else:
        await_address(tab, key, high)
    tab.page.keyboard.press("ArrowLeft")
    await_address(tab, key, high - control.step)


def _check_preset(tab, path: str) -> None:
    """The last one moves the live chart and the address."""
    panel = PANELS[path]
    tab.settle()
    preset = panel.presets[-1]
    presets = tab.page.get_by_role("radiogroup", name="Presets")
    presets.get_by_role("radio", name=preset.name, exact=True).click()
    tab.settle()
    changed = {n: v for n, v in preset.values.items() if v != panel[n].default}
    for key, text in query(panel, changed).items():
        await_address(tab, key, text)
    for name, value in preset.values.items():
        if isinstance(panel[name], Range) and panel[name].live:
            handle = tab.page.locator(f"input[name={name}]").first
            assert float(handle.input_value()) == pytest.approx(value)
            filled = "getComputedStyle(node).getPropertyValue('--vega-range-progress')"
            assert handle.evaluate(f"node => {filled}").strip() == "0%", "of its track"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_term_says_what_it_means_where_it_is_touched(size, server, reader):
    tab = reader(**size, touch=size is PHONE).goto(f"{server}/products")
    sent, term = tab.sent, tab.page.locator("[data-testid=stMarkdown] a[title]").nth(2)
    entries = tab.page.evaluate("history.length")
    by_hand = (term.click, lambda: term.press("Tab"), term.focus)
    for press in (term.tap,) if size is PHONE else by_hand:
        press()
        told = term.evaluate("a => getComputedStyle(a, '::after').content")
        is_told = term.evaluate("a => a === document.activeElement")
        assert told == (f'"{term.get_attribute("title")}"' if is_told else "none")
    assert tab.page.evaluate("history.length") == entries, "Back would seem to do nothing"
    assert tab.sent == sent and len(tab.page.context.pages) == 2  # and the profile's empty one
    tab.page.locator("input[name=w]").first.press("ArrowRight")
    await_address(tab, "products_w", 0.61)
    tab.assert_sound()


def test_a_finger_scrolls_over_a_slider_and_drags_its_thumb(server, reader):
    tab = reader(**PHONE, touch=True).goto(f"{server}/initialization")
    touch = tab.page.context.new_cdp_session(tab.page)

    def swipe(x: float, y: float, right: float, down: float) -> None:
        ways = [("touchStart", 0), *(("touchMove", step / 10) for step in range(1, 11))]
        for kind, part in ways:
            point = {"x": x + part * right, "y": y + part * down}
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        tab.settle()

    slider = tab.page.get_by_test_id("stSlider").filter(has_text="Hidden layers")
    value, thumb = slider.locator("input"), slider.locator("[data-rac]:has(> div > input)")
    slider.evaluate("node => node.scrollIntoView({block: 'center'})")
    top = "document.querySelector('[data-testid=stMain]').scrollTop"
    before, box = tab.page.evaluate(top), slider.bounding_box()
    swipe(box["x"] + 15, box["y"] + 0.6 * box["height"], 0, -150)
    assert tab.page.evaluate(top) > before + 50 and value.input_value() == "20"
    box = thumb.bounding_box()
    swipe(box["x"] + 6, box["y"] + 6, -50, 0)
    assert int(value.input_value()) < 20
    range_input = tab.page.locator(".vega-bindings input[type=range]").first
    assert range_input.bounding_box()["height"] >= 44


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_a_table_that_goes_on_to_the_right_has_a_shadow_there_until_its_end(dark, server, reader):
    tab = reader(**PHONE, dark=dark, touch=True).goto(f"{server}/chain_rule")
    more(tab).filter(has_text="The data").click()
    table = tab.page.locator("[data-testid=stTable] > div")

    def bare() -> int:
        """How many pixels of its right edge are as the page's ground."""
        picture = Image.open(BytesIO(table.screenshot())).convert("RGB")
        edge = [picture.getpixel((picture.width - 4, y)) for y in range(picture.height)]
        return edge.count(tuple(_ground(tab)))

    assert bare() < 5
    table.evaluate("table => table.scrollLeft = table.scrollWidth")
    tab.settle()
    assert bare() > 20


def test_words_keep_their_place_when_what_draws_charts_comes_late(server, reader):
    tab, held = reader(**PHONE), []
    tab.page.route(re.compile(r"/ArrowVegaLiteChart\b"), lambda route: held.append(route))
    tab.page.goto(f"{server}/products")
    words = tab.page.get_by_text("Predict first.")
    words.wait_for(timeout=60_000)
    place = "document.querySelector('.stPrintGraphic').getBoundingClientRect().height"
    tab.page.wait_for_function(f"{place} > 300")  # the stylesheet, too, may come late
    tab.page.wait_for_timeout(500)
    before = words.bounding_box()["y"]
    assert len(held) == 1 and not tab.page.locator(CHART).count()
    held.pop().continue_()
    tab.page.wait_for_selector(CHART, timeout=60_000)
    tab.settle()
    assert abs(words.bounding_box()["y"] - before) < 60


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


def test_the_preset_that_is_set_is_marked(server, reader):
    tab = reader().goto(f"{server}/products")
    presets = tab.page.get_by_role("radiogroup", name="Presets")
    marked = presets.get_by_role("radio", checked=True)
    assert marked.all_inner_texts() == ["0.6: vanishes"]
    tab.page.get_by_role("slider", name="Factors n to mark").press("ArrowRight")
    await_address(tab, "products_n", 16)
    tab.settle()
    assert not marked.all_inner_texts(), "a control has moved away from it"
    for _ in range(2):
        presets.get_by_text("1.6: explodes").click()
        tab.settle()
        assert marked.all_inner_texts() == ["1.6: explodes"], "pressed again, it stays"
    tab.assert_sound()


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


def test_nothing_fades_while_it_is_run_and_a_chart_that_waits_has_an_edge(server, reader):
    tab = reader().goto(f"{server}/products")
    tab.page.evaluate("""() => {
        window.begun = []; window.stale = 0;
        document.addEventListener('transitionrun', event => {
            if (event.target.matches('[data-testid=stElementContainer]'))
                window.begun.push(event.propertyName);
        });
        new MutationObserver(() => {
            window.stale += document.querySelectorAll('[data-stale=true]').length;
        }).observe(document.body, {subtree: true, attributeFilter: ['data-stale']});
    }""")
    tab.page.get_by_role("slider", name="Factors n to mark").press("ArrowRight")
    await_address(tab, "products_n", 16)
    tab.settle()
    assert tab.page.evaluate("window.stale") > 1, "several parts were run anew"
    assert set(tab.page.evaluate("window.begun")) <= {"outline-color"}
    chart = tab.page.locator("[data-testid=stElementContainer]", has=tab.page.locator(CHART)).first
    edge = "element => getComputedStyle(element).outlineColor"
    assert chart.evaluate(edge) == "rgba(0, 0, 0, 0)"
    chart.evaluate("element => element.setAttribute('data-stale', 'true')")
    tab.page.wait_for_timeout(1200)
    assert chart.evaluate(edge) == "rgb(136, 136, 136)"


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


def test_a_server_that_is_asked_for_its_health_has_run_the_script(cold_server):
    with urllib.request.urlopen(f"{cold_server}/_stcore/script-health-check", timeout=60) as said:
        assert (said.status, said.read()) == (200, b"ok")


def test_what_both_halves_of_the_activations_depend_on_moves_both(server, reader):
    tab = reader().goto(f"{server}/activations")
    leak = tab.page.locator("[data-testid=stSlider]", has_text="Slope of leaky ReLU below 0")
    leak.locator("input[type=range]").press("ArrowRight")
    await_address(tab, "activations_leak", 0.02)
    tab.page.get_by_text("With the leaky ReLU's slope of 0.02 below 0").wait_for()
    before = tab.page.get_by_text("The gray network").inner_text()
    seed = tab.page.locator("[data-testid=stNumberInput]", has_text="Seed")
    seed.get_by_test_id("stNumberInputStepUp").click()
    await_address(tab, "activations_seed", 1)
    tab.settle()
    assert tab.page.get_by_text("The gray network").inner_text() != before
    tab.assert_sound()


def test_links_to_pages_have_no_icon_beside_their_arrow(server, reader):
    tab = reader().goto(f"{server}/activations")
    links = tab.page.locator("[data-testid=stPageLink]")
    assert links.all_inner_texts() == ["← Backpropagation is a product", "Weight initialization →"]


def test_the_answer_is_shown_wherever_the_page_has_waited_for_it(server, reader):
    tab = reader().goto(f"{server}/home")
    charts = tab.page.locator("[data-testid=stVegaLiteChart]")
    before = charts.count()
    tab.page.get_by_role("button", name="Just tell me").click()
    tab.page.get_by_text("More stands here once you have guessed").wait_for(state="detached")
    tab.settle()
    assert charts.count() == before + 1 and "of the held-out digits right" in tab.text()
    tab.assert_sound()


LOOK = """node => (({font, lineHeight, color, marginBottom}) =>
    [font, lineHeight, color, marginBottom, node.getBoundingClientRect().left]
)(getComputedStyle(node))"""


@pytest.mark.parametrize("path", ["products", "chain_rule"])  # a size is asked for, and a choice
def test_who_answers_by_the_keyboard_stays_on_the_button_and_hears_the_verdict(
    path, server, reader
):
    tab = reader().goto(f"{server}/{path}")
    alert = tab.page.get_by_role("alert")

    def press(says: str, then: str, told: str | None) -> None:
        tab.page.get_by_role("button", name=says).focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_role("button", name=then)).to_be_focused()
        expect(alert).to_contain_text(told) if told else expect(alert).to_have_count(0)
        tab.settle()

    press("Just tell me", "Hide the answer", "The answer is")
    verdict = alert.locator("p").evaluate(LOOK)
    assert verdict == tab.page.locator("p", has_text="Predict first.").evaluate(LOOK)
    tab.page.wait_for_timeout(1000 * predict.DOUBLE)  # till then it might be a double click
    press("Hide the answer", "Just tell me", None)
    if path == "products":
        tab.page.get_by_role("slider", name="Your guess").press("ArrowRight")
        told = "Your guess, 1, is 194 times too large."
    else:
        asked = re.compile(r"the weight w = 4\. Does 4 cancel ¼")
        tab.page.get_by_role("radiogroup", name=asked).get_by_text("Yes, 4 · ¼ = 1").click()
        told = "Not “Yes, 4 · ¼ = 1”."
    press("Compare with the answer", "Hide the answer", told)
    tab.assert_sound()


def test_a_double_click_does_not_hide_what_its_first_click_has_shown(server, reader):
    tab = reader().goto(f"{server}/products")
    tell, hide = (tab.page.get_by_role("button", name=n) for n in ("Just tell me", "Hide the"))
    tell.scroll_into_view_if_needed()
    box = tell.bounding_box()
    tab.page.mouse.click(box["x"] + 20, box["y"] + 10)
    tab.page.wait_for_timeout(200)
    box = tell.or_(hide).bounding_box()
    tab.page.mouse.click(box["x"] + 20, box["y"] + 10)
    tab.settle(1000)
    hide.click()
    tell.wait_for()
    tab.assert_sound()


def test_a_wrong_idea_stays_as_it_is_while_a_control_moves(server, reader):
    tab = reader().goto(f"{server}/products")
    tab.page.get_by_role("slider", name="Your guess").press("ArrowRight")
    tab.page.get_by_role("button", name="Compare with the answer").click()
    tab.page.get_by_text("Your idea, dashed on the chart").wait_for()
    tab.settle()
    handle = live_input(tab, PANELS["products"]["w"])
    chart = tab.page.locator("[data-testid=stVegaLiteChart]", has=handle)
    idea = chart.locator('path[stroke-dasharray="4,4"]')
    drawn = idea.get_attribute("d")
    idea.evaluate("node => node.setAttribute('data-same', 'yes')")
    handle.press("ArrowRight")
    await_address(tab, PANELS["products"].key("w"), 0.61)
    tab.settle()
    assert idea.get_attribute("d") == drawn
    assert idea.get_attribute("data-same") == "yes", "the mark was made anew"
    style = "node => ((found = getComputedStyle(node)) => [found.paintOrder, found.stroke])()"
    name = chart.locator("svg text", has_text="your idea")
    assert name.evaluate(style) == ["stroke", "rgb(255, 255, 255)"], "lines run through its name"
    tab.assert_sound()


def test_the_network_plays_forward_and_back_and_by_single_stages(server, reader):
    tab = reader().goto(f"{server}/home")
    sent = tab.sent
    chart = tab.page.locator("[data-testid=stVegaLiteChart]").first
    stage = chart.locator("input[type=range][name=stage]")

    def says(words: str) -> None:  # at each frame, as a stage is over quickly
        texts = "[...document.querySelectorAll('svg text')].map(node => node.textContent)"
        tab.page.wait_for_function(
            f"{texts}.some(text => text.includes('{words}'))", timeout=10_000
        )

    says("dots: gradients, colored as below")
    stage.fill("3")
    says("forward: the signal is in layer 3")
    play = chart.locator("input[type=checkbox]")
    play.check()
    says("the loss J")
    says("back: the gradient is in layer 15")
    play.uncheck()
    rests = stage.input_value()
    tab.page.wait_for_timeout(500)
    assert stage.input_value() == rests
    assert tab.sent == sent, "the server was asked"
    tab.assert_sound()


def test_the_network_shows_what_a_drag_does_wherever_it_was_stopped(server, reader):
    """A picture that was left midway would show no gradient of the dragged size."""
    tab = reader().goto(f"{server}/home")
    stage = tab.page.locator("input[name=stage]")
    end = stage.input_value()
    stage.fill("3")
    assert stage.input_value() == "3"
    live_input(tab, MAIN["home"]).fill("0.6")
    tab.page.wait_for_function(
        f"document.querySelector('input[name=stage]').value == {end}", timeout=5_000
    )
    # while it plays, a drag does not stop it
    tab.page.locator("input[name=play]").check()
    live_input(tab, MAIN["home"]).fill("1.6")
    tab.page.wait_for_function(
        "[5, 6, 7].includes(+document.querySelector('input[name=stage]').value)", timeout=10_000
    )
    tab.assert_sound()


def test_a_cleared_box_goes_back_and_a_packed_table_is_not_shown(server, reader):
    tab = reader().goto(f"{server}/products?products_w=0.9")
    box = tab.page.locator("[data-testid=stNumberInput] input").first
    box.fill("")
    box.press("Enter")
    tab.settle()
    assert tab.page.locator("[data-testid=stNumberInput] input").first.input_value() == "0.90"
    await_address(tab, "products_w", 0.9)
    tab.page.locator("[data-testid=stVegaLiteChart]").first.hover()
    tab.page.locator("[aria-label^='Download as PNG']").first.wait_for()
    assert not tab.page.locator("[aria-label^='Show data']").first.is_visible()
    tab.assert_sound()


def test_words_on_axes_can_be_read(server, reader):
    """Contrast of 4.5 at least (WCAG 2.2, 1.4.3), blended over the page's background."""
    tab = reader().goto(f"{server}/products")
    _check_axes(tab)
    tab.page.emulate_media(color_scheme="dark")
    tab.settle()
    assert sum(_ground(tab)) < 150
    _check_axes(tab)


def _check_axes(tab) -> None:
    colors = tab.page.evaluate(
        """() => {
            const draw = document.createElement('canvas').getContext('2d');
            const behind = getComputedStyle(document.querySelector('.stApp')).backgroundColor;
            const texts = document.querySelectorAll(
                'svg.marks :is([class*="role-axis-"], [class*="role-legend-"]) text');
            return [behind, ...Array.from(texts, t => getComputedStyle(t).fill)].map(color => {
                for (const one of [behind, color]) {
                    draw.fillStyle = one;
                    draw.fillRect(0, 0, 1, 1);
                }
                return Array.from(draw.getImageData(0, 0, 1, 1).data).slice(0, 3);
            });
        }"""
    )
    background, *words = (_luminance(color) for color in colors)
    assert len(words) > 10
    for word in words:
        low, high = sorted((background, word))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def _luminance(color: list[int]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_file_has_what_was_typed_just_before_it_was_asked_for(server, reader):
    """The press leaves the box, and what was typed then draws the page anew while it lasts."""
    tab = reader(1280, 900).goto(f"{server}/products")
    tab.page.get_by_test_id("stButtonGroup").get_by_text("The data", exact=True).click()
    tab.settle()
    for typed, pressed in (("0.9", 30), ("1.1", 80), ("0.7", 150)):
        tab.page.get_by_label("w", exact=True).first.fill(typed)
        with tab.page.expect_download(timeout=10_000) as download:
            tab.page.get_by_role("button", name="Data as CSV").click(delay=pressed)
        text = download.value.path().read_text("utf-8-sig")
        assert f"{float(typed):g}," in text
    tab.assert_sound()


def test_back_leads_away_from_the_address_without_a_path(server, reader):
    tab = reader()
    tab.page.goto(f"{server}/_stcore/health")
    tab.goto(f"{server}/")
    assert title(tab) == site.PAGES[0].title
    tab.page.go_back()
    assert tab.page.url == f"{server}/_stcore/health"


def test_one_step_stays_under_the_pointer(server, reader):
    tab = reader(1280, 900).goto(f"{server}/training")
    tab.page.get_by_role("button", name="Back to step 0").click()
    tab.settle()
    places = []
    for _ in range(3):
        button = tab.page.get_by_role("button", name="One step", exact=True)
        places.append([button.bounding_box()[axis] for axis in "xy"])
        button.click()
        tab.settle()
    assert all(max(at) - min(at) < 2 for at in zip(*places, strict=True))
