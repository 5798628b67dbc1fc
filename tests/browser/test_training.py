"""The training lab in a real browser: it trains in front of the reader, and stops at once."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from pages.concepts.training import charts
from pages.kit.press import DOUBLE

CHART = "[data-testid=stVegaLiteChart] svg"
LONG = "training_steps=2%2C000&training_a_depth=30&training_b_depth=30"
SEEDS = itertools.count(1)  # what another test has trained would not be trained anew


def step_shown(tab) -> int:
    """The step that the main chart says it shows; 0 before the first one."""
    words = tab.page.locator(CHART).first.text_content()
    found = re.search(r"step ([\d,]+) of", words)
    return int(found[1].replace(",", "")) if found else 0


def button(tab, name: str):
    return tab.page.get_by_role("button", name=re.compile(name)).first


def await_step(tab, beyond: int, tries: int = 150) -> int:
    for _ in range(tries):
        if (step := step_shown(tab)) > beyond:
            return step
        tab.page.wait_for_timeout(100)
    raise AssertionError(f"no step beyond {beyond} after {tries / 10:.0f} s")


def no_longer_ticks(tab) -> bool:
    """Whether the browser leaves the server alone. One tick may have been under way."""
    for _ in range(2):
        sent = tab.sent
        tab.page.wait_for_timeout(2000)
    return tab.sent == sent


@pytest.fixture
def training(server, reader):
    """A lab that has begun a long run: that of a link."""

    def begin(seed: int | None = None):
        tab = reader()
        tab.page.goto(f"{server}/training?{LONG}&training_seed={seed or next(SEEDS)}")
        button(tab, "Pause training").wait_for(timeout=30_000)
        await_step(tab, 0)
        tab.page.locator(CHART).first.evaluate("node => node.setAttribute('data-same', 'yes')")
        return tab

    return begin


def test_it_trains_by_itself_in_the_same_chart(training):
    tab = training()
    await_step(tab, step_shown(tab))
    assert tab.page.locator("[data-same=yes]").count() == 1, "the chart was embedded anew"
    words = tab.page.locator("[data-testid=stProgress]").inner_text()
    assert re.search(r"step [\d,]+ of 2,000 · [\d.]+ s · about \d+ s to go", words)
    button(tab, "Pause training").click()
    tab.assert_sound()


def test_paused_it_takes_no_step_more_and_goes_on_from_there(training):
    tab = training()
    await_step(tab, 0)
    button(tab, "Pause training").click()
    button(tab, "Continue to step 2,000").wait_for(timeout=10_000)
    tab.settle()
    held = step_shown(tab)
    assert no_longer_ticks(tab) and step_shown(tab) == held, "it still asks for ticks"
    button(tab, "Continue to step 2,000").click()
    await_step(tab, held)
    button(tab, "Pause training").click()
    tab.assert_sound()


def test_who_starts_it_by_the_keyboard_is_on_the_button_that_pauses_it(training):
    tab = training()
    assert tab.page.title().startswith("Training lab · ")
    button(tab, "Pause training").focus()
    for name in ("Continue to step", "Pause training"):
        tab.page.keyboard.press("Enter")
        expect(button(tab, name)).to_be_focused(timeout=20_000)
        tab.page.wait_for_timeout(1000 * DOUBLE)  # till then it might be a double click
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Enter")
    button(tab, "Continue to step").wait_for(timeout=20_000)
    tab.settle()
    held = step_shown(tab)
    tab.page.wait_for_timeout(1500)
    assert step_shown(tab) == held, "two presses on what pauses go on"


def test_settings_changed_while_it_trains_end_the_training(training):
    tab = training()
    await_step(tab, 0)
    slider = tab.page.get_by_role("slider", name="Depth").first
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    button(tab, "Train 2,000 steps").wait_for(timeout=15_000)
    tab.settle()
    assert no_longer_ticks(tab) and step_shown(tab) == 0
    assert "training_a_depth=31" in tab.page.url and "depth (31 in A, 30 in B)" in tab.text()
    tab.assert_sound()


def test_a_preset_chosen_while_it_trains_stays_and_ends_the_training(training):
    """The ticks under way bring the widgets' values from before."""
    tab = training()
    await_step(tab, 0)
    preset = tab.page.get_by_role("radio", name="Ten sigmoid layers")
    preset.click()
    expect(preset).to_be_checked()
    button(tab, "Train on to step 500").wait_for(timeout=60_000)  # it comes trained
    tab.settle()
    expect(preset).to_be_checked()
    assert step_shown(tab) == 200
    assert "training_a_activation=Sigmoid" in tab.page.url
    assert "activation (Sigmoid in A, Tanh in B)" in tab.text()
    tab.assert_sound()


def test_two_readers_train_at_the_same_time(training):
    tabs = [training(), training()]
    for tab in tabs:
        await_step(tab, step_shown(tab))
    for tab in tabs:
        button(tab, "Pause training").click()
        tab.assert_sound()


def test_what_breaks_is_explained(server, reader):
    tab = reader().goto(f"{server}/training")
    tab.page.get_by_role("radio", name="N(0, 1) weights", exact=True).click()
    tab.page.get_by_text("Autopsy of A.").wait_for(timeout=40_000)
    tab.settle()
    assert "broke at step" in tab.text() and "Autopsy of B" not in tab.text()
    tab.assert_sound()


def test_the_boundary_is_drawn_while_it_forms(server, reader):
    tab = reader()
    tab.page.goto(f"{server}/training?training_data=Spirals&{LONG}")
    await_step(tab, 0)
    tab.page.locator("[data-testid=stVegaLiteChart]").nth(1).wait_for()
    button(tab, "Pause training").click()
    tab.assert_sound()


def test_what_a_button_does_is_seen_in_every_part(server, reader):
    tab = reader().goto(f"{server}/training?training_a_depth=3&training_b_depth=3")
    for name, said in (
        ("Back to step 0", "Before the first step, from the last hidden"),
        ("One step$", "At step 1, from the last hidden"),
        ("One step$", "At step 2, from the last hidden"),
        ("One step back", "At step 1, from the last hidden"),
    ):
        button(tab, name).click()
        tab.page.get_by_text(said).wait_for(timeout=15_000)
    assert step_shown(tab) == 1
    tab.assert_sound()


def scrubber(tab) -> int:
    return int(tab.page.locator("input[name=step]").input_value())


def test_play_goes_through_all_steps_and_stops_at_the_last(server, reader):
    tab = reader().goto(f"{server}/training?training_step=50")
    play = tab.page.get_by_role("checkbox", name="Play")
    play.click()
    seen = []
    while play.is_checked() and len(seen) < 300:
        seen.append(step_shown(tab))
        tab.page.wait_for_timeout(40)
    assert seen == sorted(seen) and len(set(seen)) > 5 and seen[0] < 150
    tab.settle()
    assert step_shown(tab) == scrubber(tab) == 200
    assert "Step 200 of the 200 trained." in tab.text(), "where it stands is said back"
    play.click()
    tab.page.wait_for_timeout(500)
    assert 0 < step_shown(tab) < 100, "from the beginning again"
    play.click()
    tab.settle()
    stands = step_shown(tab)
    assert f"Step {stands} of the 200 trained." in tab.text()
    play.click()
    tab.page.wait_for_timeout(300)
    button(tab, "Back to step 0").click()
    tab.settle()
    assert not play.is_checked(), "what a button has said is not played on from"
    assert step_shown(tab) == scrubber(tab) == 0
    tab.assert_sound()


def test_nothing_plays_for_who_has_asked_for_less_motion(server, reader):
    tab = reader()
    tab.page.emulate_media(reduced_motion="reduce")
    tab.goto(f"{server}/training")
    expect(tab.page.get_by_role("checkbox", name="Play")).to_be_hidden()
    tab.page.locator("input[name=step]").focus()
    for _ in range(3):
        tab.page.keyboard.press("ArrowLeft")
    tab.settle()
    assert step_shown(tab) == scrubber(tab) == 197
    assert "training_step=197" in tab.page.url


@pytest.mark.parametrize("width,height", [(390, 844), (1280, 720)])
def test_what_moves_the_chart_stands_still_and_in_sight_of_it(width, height, server, reader):
    tab = reader(width, height)
    seed = next(SEEDS)
    small = "training_a_depth=6&training_b_depth=6&training_steps=200"
    tab.page.goto(f"{server}/training?{small}&training_seed={seed}")
    button(tab, "Pause training").wait_for(timeout=30_000)
    names = ("One step back", "One step$", "Back to step 0")

    def look():
        boxes = [button(tab, name).bounding_box() for name in names]
        return [(round(box["x"]), round(box["y"])) for box in boxes]

    def at_rest():  # the page may still grow above them as it opens
        before, now = None, look()
        while now != before:
            tab.page.wait_for_timeout(300)
            before, now = now, look()
        return now

    button(tab, names[0]).evaluate("node => node.scrollIntoView({block: 'end'})")
    places = [at_rest()]
    chart = tab.page.locator(CHART).first.bounding_box()
    assert chart["y"] + chart["height"] > 300, "the chart is out of sight"
    button(tab, "Train on to step 500").wait_for(timeout=90_000)
    places.append(look())
    for name in ("One step back", "Back to step 0", "One step$", "One step$", "One step back"):
        button(tab, name).click()
        tab.settle()
        places.append(look())
    assert all(0 < y < height for place in places for _, y in place), "out of sight"
    assert all(place == places[0] for place in places), places


def test_the_panels_are_tall_enough_on_a_phone_and_the_settings_two_by_two(server, reader):
    tab = reader(390, 844).goto(f"{server}/training")
    tall = tab.page.locator(CHART).first.bounding_box()["height"]
    for top, bottom in (pane.phone for pane in charts._PANES.values()):
        assert (bottom - top) * tall >= 120
    tab.page.get_by_role(
        "radio", name="Shortcuts, normalization, clipping, optimizer, loss, float32"
    ).click()
    tab.page.get_by_text("Threshold").first.wait_for()
    for width, height in ((390, 844), (1280, 720)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.settle()
        for first, count in (("depth", 7), ("shortcut", 9)):
            _stand_two_by_two(tab, f".st-key-training-row-a_{first}-pairs > [data-testid]", count)


def _stand_two_by_two(tab, settings: str, count: int) -> None:
    boxes = [setting.bounding_box() for setting in tab.page.locator(settings).all()]
    assert len(boxes) == count
    for left, right in zip(boxes[::2], boxes[1::2], strict=False):  # an odd one stands alone
        bottoms = [box["y"] + box["height"] for box in (left, right)]
        assert bottoms[0] == pytest.approx(bottoms[1], abs=1), "of one row"
        assert left["x"] + left["width"] < right["x"]
        assert left["width"] == pytest.approx(right["width"], abs=1)
    lefts = {round(box["x"]) for box in boxes}
    assert len(lefts) == 2, "columns"


def test_the_chart_names_what_alone_differs_where_there_is_room(server, reader):
    for width, name in ((1280, "A, Xavier (Glorot): held-out"), (390, "A: held-out")):
        tab = reader(width, 844).goto(f"{server}/training")
        said = tab.page.locator("[data-testid=stVegaLiteChart] svg text", has_text=": held-out")
        assert said.first.text_content().startswith(name)
