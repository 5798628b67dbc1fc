"""A page's question: answered, compared, hidden, and the wrong ideas that it draws."""

import re

import pytest
from playwright.sync_api import expect

from pages.kit.press import DOUBLE
from tests.browser.tabs import await_address, live_input
from tests.panels import PANELS


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
    tab.page.wait_for_timeout(1000 * DOUBLE)  # till then it might be a double click
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
    places = []
    for button in (tell, hide):  # once slowly: between two quick clicks nothing is asked
        button.scroll_into_view_if_needed()
        places.append(button.bounding_box())
        tab.settle(1000 * DOUBLE)
        button.click()
    tell.wait_for()
    tab.settle()
    for place in places:
        tab.page.mouse.click(place["x"] + 20, place["y"] + 10)
        tab.page.wait_for_timeout(200)
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
