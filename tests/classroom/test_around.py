"""What stands around a page: presentations, what was answered, cards, codes, frames."""

import csv
import re
from io import StringIO
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from pages.classroom import around, progress, qr, room, take_away
from pages.kit import page, predict, projector, site, specs, values
from tests.app import answer, open_page, proceed, prose, widget_of
from tests.panels import PANELS, PATHS


def _has_heading(node) -> bool:
    inside = getattr(node, "children", {}).values()
    text = getattr(node, "value", "") if getattr(node, "type", "") == "markdown" else ""
    return "\n## " in f"\n{text}" or any(_has_heading(child) for child in inside)


@pytest.mark.parametrize("path", PATHS)
def test_a_presented_page_has_no_menus_and_knows_its_sections(path):
    at = open_page(path, present="2")
    keys = {button.key for button in at.button}
    assert {"projector.on.0", "projector.back.0", "projector.end"} <= keys
    (where,) = [c.value for c in at.caption if c.value.startswith("2 of ")]
    # as the stylesheet counts: what stands on the page and has a heading
    headed = [top for top in at.main.children.values() if _has_heading(top)]
    assert int(where.removeprefix("2 of ")) == 1 + len(headed)
    assert not [way for way in at.get("page_link") if way.proto.label.startswith("←")]


@pytest.mark.parametrize("said", ["0", "-1", "x", "999", "²"])
def test_a_section_that_is_none_is_the_page_by_itself(said):
    at = open_page("products", present=said)
    assert "projector.begin" in {button.key for button in at.button}


def test_a_section_beyond_the_last_is_the_last():
    at = open_page("products", present="99")
    (where,) = [c.value for c in at.caption if " of " in c.value]
    first, last = where.split(" of ")
    assert first == last
    assert at.query_params == {"present": last}


def _sizes(part, names, found):
    if isinstance(part, dict):
        for key, inner in part.items():
            if key in names and isinstance(inner, int | float):
                found.append(inner)
            elif key in names and isinstance(inner, dict) and "expr" in inner:
                # of all that it can be where it is drawn, the smallest, and how much larger
                sizes, _, scale = inner["expr"].rpartition(" * ")
                drawn = filter(None, map(int, re.findall(r"[?:] (\d+)", sizes)))
                found.append(min(drawn) * float(scale))
            _sizes(inner, names, found)
    elif isinstance(part, list):
        for inner in part:
            _sizes(inner, names, found)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_type_on_a_projector_is_large(path):
    for builder in site.builders(path):
        large = specs.built(builder, 1.6)
        assert min(_sizes(large, {"labelFontSize", "titleFontSize"}, [])) >= 20
        assert min(_sizes(large, {"fontSize"}, [99])) >= 17
        for part, limits in (("axis", {"labelLimit", "maxExtent"}), ("legend", {"titleLimit"})):
            found = _sizes(large["config"][part], limits, [])
            assert len(found) == len(limits) and min(found) >= 180 * 1.6, "words are cut"
        assert large["height"] <= max(projector.TALLEST, specs.built(builder)["height"])


def test_cards_are_all_questions_tab_separated():
    rows = list(csv.reader(StringIO(take_away.cards(PANELS)), dialect="excel-tab"))
    asked = [p.recall.question.replace("*", "") for p in PANELS.values() if p.recall]
    assert [row[0] for row in rows] == asked
    assert all(len(row) == 3 and all(row) and "*" not in "".join(row) for row in rows)


def test_a_code_is_a_picture_and_too_long_a_link_has_none():
    assert qr.svg("http://localhost/products?room=ABCD").startswith("<svg ")
    assert not qr.fits("x" * 2000)


def test_what_was_answered_elsewhere_counts():
    at = open_page("products", done="clipping-p.clipping-r.nowhere-p.<b>")
    assert f"2 of {len(PATHS) + sum(p.recall is not None for p in PANELS.values())}" in prose(at)
    assert at.session_state["classroom.done"] == {"clipping-p", "clipping-r"}
    assert "questions answered" not in prose(open_page("products"))


def test_asking_to_be_told_is_no_answer():
    at = open_page("products")
    proceed(at, "products")
    assert "questions answered" not in prose(at)
    proceed(at, "products")
    label = at.button("products.proceed").label
    assert label == "Just tell me", "where the guess begins, it is none"
    answer(at, -0.3)
    assert "1 of" in prose(at)


def test_what_is_right_is_marked_among_a_class_s_answers():
    for path, of in (("clipping", "No, nothing changes"), ("products", None)):
        state = open_page(path).session_state
        asked = state[f"{path}.question"]
        assert of in asked.right if of else len(asked.right) >= 1
        wrong = next(answer for answer in asked.offered if answer not in asked.right)
        marked = room._bars({wrong: 3}, asked).set_index("answer")
        assert marked["says"][wrong] == f"3 × “{wrong}”" and marked["meaning"][wrong] == "reference"
        right, several = asked.right[0], len(asked.right) > 1  # which nobody has given
        says = f"“{right}” to “{asked.right[-1]}”" if several else f"“{right}”"
        assert marked["says"][right] == f"0 × {says}, right"
        assert marked["meaning"][right] == "healthy"
        few = len(asked.offered) <= 6
        assert list(marked.index) == [a for a in asked.offered if few or a in (right, wrong)]
        assert few == (path == "clipping")
    assert list(room._bars({"No": 2}, predict.Question())["says"]) == ["2 × “No”"]


def test_every_page_has_a_question_that_counts():
    at = open_page("products", done=".".join(progress.questions()))
    assert f"{len(progress.questions())} of {len(progress.questions())} questions" in prose(at)
    for path in PATHS:
        assert f"{path}-p" in progress.questions() and f"{path}.predict" in _notes(path)


def _notes(path: str):
    return open_page(path).session_state["values"].notes


@pytest.mark.parametrize("path", PATHS)
def test_a_page_s_link_fits_a_code(path):
    """With every control at the end that is longest to say, as the page's link says it."""
    panel = PANELS[path]
    ends = {
        panel.key(c.name): max(
            map(c.text, c.options if hasattr(c, "options") else c.values()), key=len
        )
        for c in panel.controls
    }
    link = (
        f"https://a-longer-name-than-most.streamlit.app/{path}?{urlencode(ends, quote_via=quote)}"
    )
    assert not qr.fits(link) or qr.svg(link)


def _press(at, row: str, title: str) -> None:
    next(group for group in at.get("button_group") if group.key == row).set_value(title).run()


@pytest.mark.parametrize("title", ["Take away", "Embed this"])
def test_all_links_that_a_page_shows_follow_its_controls(title):
    at = open_page("products")
    _press(at, "products.recall", "The answer")  # then one says what was answered
    _press(at, "products.more", page.LINK)
    _press(at, "products.class", title)
    widget_of(at, "products_n").set_value(7).run()
    links = [code.value for code in at.code]
    assert len(links) == (3 if title == "Take away" else 2)
    assert all("products_n=7&" in link for link in links), links


def test_no_rule_of_the_projector_looks_at_every_mark_of_a_chart():
    """A tab was lost so when the window changed: a rule is tried from its end, at each element."""
    css = Path(around.__file__).with_name("projector.css").read_text("utf-8")
    assert not re.findall(r"^:(?:has|is|not|nth)|[>+] :\w+\([^\n{]*", css, re.M)


@pytest.mark.parametrize(("path", "sections"), [("home", {3}), ("frameworks", {2, 5})])
def test_sections_have_controls_and_no_chart(path, sections, monkeypatch):
    """On home a chart stands above the heading of its fragment, and belongs to that section."""
    session = open_page(path).session_state["values"]
    monkeypatch.setattr(values, "_session", lambda: session)
    assert values.sections_without_what_they_steer() == sections


def test_the_stylesheet_has_a_rule_for_every_section():
    css = Path(around.__file__).with_name("projector.css").read_text("utf-8")
    rules = {int(n) for n in re.findall(r"st-key-section-(\d+)\)", css)}
    for path in PATHS:
        (where,) = [
            c.value
            for c in open_page(path, present="1").caption
            if re.fullmatch(r"1 of \d+", c.value)
        ]
        assert int(where.split(" of ")[1]) in rules, path


def test_the_address_goes_on_saying_how_a_page_is_shown():
    at = open_page("products", present="2", products_w="0.9")
    assert at.query_params == {"present": "2", "products_w": "0.9"}
    at.button(key="projector.end").click().run()
    assert at.query_params == {"products_w": "0.9"}


def test_within_another_site_a_link_leads_out_of_it():
    """In its place the page that it leads to would have no way back."""
    at = open_page("optimizers")
    (way,) = (way for way in at.get("page_link") if "side by side" in way.proto.label)
    at = open_page("optimizers", embedded=True)
    assert not at.get("page_link")
    assert f"[{way.proto.label}](training?training_" in prose(at)


def test_the_rules_of_all_sections_are_one_rule_with_other_numbers():
    css = Path(around.__file__).with_name("projector.css").read_text("utf-8")
    rules = {
        int(n): rule
        for rule, n in re.findall(r"^(\[.*:has\(\.st-key-section-(\d+)\) > .*\})$", css, re.M)
    }
    assert sorted(rules) == list(range(1, 13))
    second = rules[2].replace("nth-child(2 ", "nth-child({here} ")
    second = second.replace("nth-child(1 ", "nth-child({before} ")
    for n in range(2, 13):
        wanted = second.replace("section-2)", f"section-{n})")
        assert rules[n] == wanted.replace("{here}", f"{n}").replace("{before}", f"{n - 1}")
