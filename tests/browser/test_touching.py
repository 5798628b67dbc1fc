"""What is read, touched and pressed beside a page's own controls."""

import re
from io import BytesIO

import pytest
from PIL import Image

from tests.browser.conftest import CHART
from tests.browser.tabs import DESKTOP, MAIN, PHONE, await_address, ground, live_input, more


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
        return edge.count(tuple(ground(tab)))

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
    assert sum(ground(tab)) < 150
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
