"""On paper: A4 pages in black and white, with what is on the screen and none of its controls."""

import re
import tomllib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from pages.classroom import around, lesson
from pages.classroom.lesson import Lesson
from pages.kit import site
from pages.kit.mode import Step

A4 = (595, 842)  # points
MARGIN_X, MARGIN_Y = 42, 39  # points: `@page` in style.css

# What is read: what a question may be answered with, and a title that is open, are no controls.
CONTROLS = """() => [...document.querySelectorAll(
        '[data-testid=stMain] :is(button, [data-testid=stWidgetLabel], .vega-bind-name)')]
    .filter(node => !node.closest('[class*="-guess"], [class*="-recall"]'))
    .filter(node => node.getAttribute('aria-checked') !== 'true')"""
TEXTS = f"({CONTROLS})().map(node => node.innerText.trim()).filter(Boolean)"
SEEN = f"({CONTROLS})().filter(node => node.checkVisibility()).map(node => node.outerHTML)"
COLORS = """[...document.querySelectorAll(
        '[data-testid=stMain] :is(h1, h2, p, li, strong, a, td, th, code, code span, .katex *)')]
    .filter(node => node.checkVisibility()).map(node => getComputedStyle(node).color)"""


CONFIG = tomllib.loads(Path(".streamlit/config.toml").read_text("utf-8"))["theme"]
SECOND = [CONFIG[kind]["chartCategoricalColors"][8] for kind in ("light", "dark")]
DASHES = """hues => [...document.querySelectorAll('.stVegaLiteChart svg .mark-line path')]
    .filter(path => hues.includes(path.getAttribute('stroke')))
    .map(path => getComputedStyle(path).strokeDasharray)"""


@dataclass(frozen=True)
class Sheet:
    """A printed page: its size, its lines, and its charts with their places, all in points."""

    size: tuple[int, int]
    lines: list[str]
    charts: list[np.ndarray]  # (height, width, 3), 0 to 255
    boxes: list[tuple[float, float, float, float]]  # left, bottom, right, top


def printed(tab) -> list[Sheet]:
    """As Chromium prints it. It draws what has a filter, as charts have, as a picture."""
    pdf = tab.page.pdf(prefer_css_page_size=True, print_background=False)
    sheets = []
    for page in PdfReader(BytesIO(pdf)).pages:
        boxes = []

        def drawn(operator, _, at, __, boxes=boxes):
            if operator == b"Do":
                width, _, _, height, left, bottom = at
                boxes.append((left, bottom, left + width, bottom + height))

        text = page.extract_text(visitor_operand_before=drawn)
        lines = [line.strip() for line in text.replace("ﬀ", "ff").splitlines()]
        size = round(page.mediabox.width), round(page.mediabox.height)
        charts = [on_white(file.image) for file in page.images if file.image]
        sheets.append(Sheet(size, lines, charts, boxes))
    return sheets


def packed(text: str) -> str:
    """Without spaces: what stands between two words in a PDF, each kind of Chromium says its own
    way."""
    return re.sub(r"\s", "", text)


def on_white(chart: Image.Image) -> np.ndarray:
    white = Image.new("RGBA", chart.size, "white")
    return np.asarray(Image.alpha_composite(white, chart.convert("RGBA")).convert("RGB"))


def open_entry(tab, title: str) -> None:
    tab.page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).last.click()
    tab.settle()


@pytest.mark.parametrize(
    ("path", "width", "dark"), [("training", 1280, True), ("home", 390, False)]
)
def test_a_page_on_paper(path, width, dark, server, reader):
    tab = reader(width, 900, dark=dark).goto(f"{server}/{path}")
    charts = tab.page.locator("[data-testid=stVegaLiteChart] svg").count()
    controls = set(tab.page.evaluate(TEXTS))
    open_entry(tab, "Take away")
    link = tab.page.locator(".st-key-paper code").inner_text()
    sheets = printed(tab)

    lines = [line for sheet in sheets for line in sheet.lines]
    assert lines[0] == site.info(path).title
    assert len(controls) > 10 and not controls & set(lines)
    assert not {"Network A", "Network B"} & set(lines), "a label whose controls are not printed"
    assert not re.search("On paper|As cards|Presets set", " ".join(lines))
    text = packed(" ".join(lines))
    assert text.endswith(link) and text.count(link) == 1
    panel = site.panel(path)
    for control in panel.controls:
        assert packed(panel.says(control.name, control.default)) in text

    assert sum(len(sheet.boxes) for sheet in sheets) == charts > 1, "a chart is cut, or missing"
    assert sheets[0].boxes, "the main chart is not on the first page"
    for sheet in sheets:
        assert sheet.size == pytest.approx(A4, abs=1)
        assert any(sheet.lines), "an empty page"
        for left, bottom, right, top in sheet.boxes:
            assert MARGIN_X - 1 < left < right < A4[0] - MARGIN_X + 1
            assert MARGIN_Y - 1 < bottom < top < A4[1] - MARGIN_Y + 1
        assert len(sheet.charts) == len(sheet.boxes)
        for chart in sheet.charts:
            assert np.ptp(chart, axis=-1).max() <= 2, "a color"
            assert chart.max() == 255 and np.median(chart) > 230, "no white paper"
            assert chart.min() < 110, "no dark ink"

    tab.page.emulate_media(media="print")
    assert set(tab.page.evaluate(COLORS)) == {"rgb(0, 0, 0)"}
    assert tab.page.evaluate(SEEN) == []
    dashes = tab.page.evaluate(DASHES, SECOND)
    assert not {"none", "1px, 0px"} & set(dashes), "as solid as the first of two, in one gray"
    assert len(dashes) > 3 or path != "training"
    tab.assert_sound()


def test_what_is_open_is_printed_with_its_title(server, reader):
    tab = reader(1280, 900).goto(f"{server}/products")
    tab.page.get_by_text("Just tell me").click()
    tab.settle()
    open_entry(tab, "The data")
    open_entry(tab, "The answer")
    sheets = printed(tab)
    assert all(any(sheet.lines) for sheet in sheets), "an empty page"
    text = packed(" ".join(line for sheet in sheets for line in sheet.lines))
    recall = site.panel("products").recall
    asked, told = packed(recall.question), packed(recall.answer.replace("*", ""))
    assert packed("The answer is 0.0052.") in text and packed("Hide the answer") not in text
    assert text.count(packed("The data")) == 1 and packed("The NumPy that ran") not in text
    rest = text.partition(packed("The data"))[2]
    rows = tab.page.locator("[data-testid=stTable] tbody tr").all_inner_texts()
    assert len(rows) > 12, "a table that the screen does not scroll"
    assert all(packed(row) in rest for row in rows)
    assert asked in rest and told[:17] in rest.partition(asked)[2]
    tab.page.emulate_media(media="print")
    out_of_sight = "node => node.scrollHeight - node.clientHeight"
    assert tab.page.locator("[data-testid=stTable] > div").evaluate(out_of_sight) <= 1


def test_a_long_note_of_a_lesson_is_printed_whole(server, reader):
    step = Step("products", site.panel("products").defaults, note="Look at the slope. " * 30)
    packed_up = lesson.packed(Lesson("", (step,)), around.panels())
    tab = reader(1280, 900).goto(f"{server}/products?lesson={packed_up}&step=1")
    note = tab.page.get_by_text("Look at the slope.").locator("..")
    out_of_sight = "node => node.scrollHeight - node.clientHeight"
    assert note.evaluate(out_of_sight) > 20
    tab.page.set_viewport_size({"width": 680, "height": 900})  # as wide as paper
    tab.page.emulate_media(media="print")
    assert note.evaluate(out_of_sight) <= 1
