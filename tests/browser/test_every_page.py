"""Every listed page in a real browser: dragged, linked, on a phone, in the dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from pages.kit.address import query
from pages.kit.panels import Range
from tests.browser.tabs import (
    DESKTOP,
    LIVE,
    MAIN,
    PATHS,
    PHONE,
    SMALLEST,
    await_address,
    ground,
    live_input,
)
from tests.panels import PANELS

SCROLLS = "scrollable-region-focusable"  # axe's name for what the keyboard might not reach
PRESSED = {"products", "initialization", "training", "memory"}  # keys and presets: one code for all


@pytest.mark.parametrize("path", PATHS)
def test_every_page_on_desktop_and_phone_by_day_and_by_night(path, server, reader):
    """All in one visit, as a visit takes longer than what is tried in it.

    It begins with a link that has moved the main control, on the smallest phone by night; then the
    phone is a usual one, then it is day, and then the phone is a desktop.
    """
    control, key = MAIN[path], PANELS[path].key(MAIN[path].name)
    moved = control.low + control.step
    tab = reader(**SMALLEST, dark=True, touch=True).goto(f"{server}/{path}?{key}={moved:.10g}")
    _check_cut(tab)
    tab.page.set_viewport_size(PHONE)
    tab.settle()
    night = ground(tab)
    _check_phone(tab)
    assert float(live_input(tab, control).input_value()) == pytest.approx(moved)
    tab.page.emulate_media(color_scheme="light")
    tab.settle()
    day = ground(tab)
    assert sum(night) < 150 < 600 < sum(day), (night, day)
    _check_phone(tab, runOnly=["color-contrast"])  # by day only colors are others

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


def _check_cut(tab) -> None:
    """No word of a chart is. A busy browser may rest before it has drawn one in its new width."""
    for _ in range(20):
        if not (cut := tab.page.evaluate(CUT)):
            break
        tab.page.wait_for_timeout(250)
    assert not cut


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


def _check_phone(tab, **options) -> None:
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
    options["resultTypes"] = ["violations"]  # to say of each node what it passes takes longest
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
