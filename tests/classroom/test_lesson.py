"""A lesson comes back as it was written; what is no lesson is refused in words."""

import json
import random
import re
import zlib
from base64 import urlsafe_b64encode

import pytest
from streamlit.util import calc_hash

from pages.classroom import around, lesson
from pages.classroom.lesson import Lesson, NotALesson
from pages.kit import predict, site
from pages.kit.mode import Step
from tests.app import open_page, prose, set_to, step_back, widget_of
from tests.panels import PANELS

FULL = Lesson(
    "Vanishing",
    (
        Step("products", PANELS["products"].defaults | {"w": 1.6}, frozenset({"w", "n"}), False),
        Step("clipping", PANELS["clipping"].defaults, note="Look at the norm.", answers="hidden"),
    ),
)


def begun(step: Step):
    """The page of a lesson of one step."""
    return open_page(step.page, lesson=lesson.packed(Lesson("", (step,)), PANELS))


def test_a_state_that_is_the_pages_own_is_in_a_lessons_address():
    """Without a value it means the step's."""
    at = begun(Step("products", PANELS["products"].defaults | {"w": 0.9, "n": 50}))
    assert set(at.query_params) == {"lesson", "step", "products_w", "products_n"}
    widget_of(at, "products_n").set_value(15).run()
    assert at.query_params["products_n"] == "15"
    again = open_page("products", **at.query_params)
    assert widget_of(again, "products_n").value == 15
    again.button(key="products.reset_all").click().run()
    assert widget_of(again, "products_n").value == 50, "the lesson's"
    assert widget_of(again, "products_w").value == 0.9


def test_history_in_a_lesson_means_the_values_of_its_step(monkeypatch):
    """An address without a value does not mean another step's, nor what an own visit left."""
    defaults = PANELS["products"].defaults
    steps = (Step("products", defaults | {"w": 0.5}), Step("products", defaults | {"w": 1.3}))
    link = {"lesson": lesson.packed(Lesson("", steps), PANELS), "step": "1"}
    at = open_page("products", **link)
    at.button(key="lesson.next").click().run()
    assert set_to(at, "products_w") == 1.3
    step_back(at, monkeypatch, **link)
    assert set_to(at, "products_w") == 0.5 and "Step 1 of 2" in " ".join(t.value for t in at.text)
    step_back(at, monkeypatch, **link | {"step": "2"})
    assert set_to(at, "products_w") == 1.3
    step_back(at, monkeypatch, **link | {"products_w": "0.9"})
    assert set_to(at, "products_w") == 0.9
    step_back(at, monkeypatch, **link | {"products_n": "20"})
    assert (set_to(at, "products_w"), set_to(at, "products_n")) == (0.5, 20)


def test_a_page_that_a_step_led_away_from_comes_back_as_it_was_left(monkeypatch):
    """Streamlit has the browser keep the next step's address for the page of the step before."""
    packed = lesson.packed(FULL, PANELS)
    at = open_page("products", lesson=packed, step="1")
    assert at.query_params == {"lesson": packed, "step": "1"}, "it opens as its step says"
    at.button(key="lesson.next").click().run()
    assert "Step 2 of 2" in " ".join(text.value for text in at.text)
    at._page_hash = calc_hash("products")
    step_back(at, monkeypatch, lesson=packed, step="2")
    assert "Step 1 of 2" in " ".join(text.value for text in at.text)
    assert set_to(at, "products_w") == 1.6
    assert at.query_params == {"lesson": packed, "step": "1", "products_w": "1.6"}


def test_a_page_that_was_opened_as_a_lesson_comes_back_without_it(monkeypatch):
    at = open_page("clipping", clipping_limit="2.0")
    widget_of(at, "clipping.class").set_value("Teach").run()
    at.session_state["classroom.draft"] = FULL
    at.run()
    at.button(key="teach.open").click().run()
    assert set_to(at, "products_w") == 1.6
    at._page_hash = calc_hash("clipping")
    step_back(at, monkeypatch, lesson=lesson.packed(FULL, PANELS), step="1")
    assert at.query_params == {"clipping_limit": "2.0"}


def test_the_way_to_the_next_step_says_the_lesson_in_its_address(monkeypatch):
    """Back leads to an address: one without the lesson would leave it."""
    asked = []
    real = site.st.switch_page
    monkeypatch.setattr(
        site.st, "switch_page", lambda *a, **b: (asked.append(b["query_params"]), real(*a, **b))
    )
    packed = lesson.packed(FULL, PANELS)
    at = open_page("products", lesson=packed, step="1", present="1")
    at.button(key="lesson.next").click().run()
    assert {"lesson": packed, "step": "2", "present": "1"} in asked


@pytest.mark.parametrize("said", ["0.9", "9999"])
def test_an_address_is_not_corrected_where_the_lesson_holds_its_control(said):
    step = Step("products", PANELS["products"].defaults | {"w": 0.5}, frozenset({"w"}))
    packed = lesson.packed(Lesson("", (step,)), PANELS)
    at = open_page("products", lesson=packed, products_w=said)
    assert set_to(at, "products_w") == 0.5 and "does not have" not in prose(at)


def test_a_preset_that_would_move_what_is_locked_is_not_offered():
    values = PANELS["products"].defaults | {"w": 1.6}
    at = begun(Step("products", values, frozenset({"w"})))
    offered = {preset.name for preset in PANELS["products"].presets if preset.values["w"] == 1.6}
    (row,) = [group for group in at.get("button_group") if group.label == "Presets"]
    assert offered and {option.content for option in row.proto.options} == offered
    assert "This lesson holds w = 1.60: no drag moves it." in prose(at)
    nothing = begun(Step("products", values | {"w": 0.77}, frozenset({"w"})))
    assert not [group for group in nothing.get("button_group") if group.label == "Presets"]


def test_a_lesson_without_answers_asks_for_no_guess():
    at = begun(Step("products", PANELS["products"].defaults, answers="hidden"))
    assert "Keep your guess in mind: this lesson does not show the answer." in prose(at)
    assert widget_of(at, "products.guess") is None
    assert not [button for button in at.button if button.key == "products.proceed"]
    at.session_state["products.answer"] = predict.Answer(-3.0, "10⁻³")
    assert "Your guess was 10⁻³: this lesson does not show the answer." in prose(at.run())


def says(**changes) -> dict:
    return {"version": 1, "title": "", "steps": [{"page": "products"}]} | changes


def test_a_lesson_comes_back_from_file_and_link():
    assert lesson.read(lesson.written(FULL, PANELS), PANELS) == FULL
    packed = lesson.packed(FULL, PANELS)
    assert lesson.unpacked(packed, PANELS) == FULL
    assert len(packed) < lesson.LONGEST_LINK


def test_a_link_is_short_and_one_that_says_every_value_opens_the_same():
    whole = lesson.written(FULL, PANELS).encode()
    longer = urlsafe_b64encode(zlib.compress(whole, 9)).decode().rstrip("=")
    assert lesson.unpacked(longer, PANELS) == FULL
    assert all(name in whole.decode() for name in PANELS["products"].defaults)
    everything = Lesson("", tuple(Step(path, panel.defaults) for path, panel in PANELS.items()))
    assert len(lesson.packed(everything, PANELS)) < 300
    moved = {"w": 1.6, "n": 20}
    one = Lesson("", (Step("products", PANELS["products"].defaults | moved),))
    (says,) = json.loads(lesson.written(one, PANELS, short=True))["steps"]
    assert says == {"page": "products", "set": {"w": "1.6", "n": "20"}}


def test_a_step_that_says_little_is_the_page_as_it_opens():
    (step,) = lesson.read(json.dumps(says()), PANELS).steps
    assert step == Step("products", PANELS["products"].defaults)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("", "no lesson"),
        ("[]", "no lesson"),
        ("[" * 100_000, "no lesson"),
        ('{"version":1,"steps":[]}', "1 to"),
        (json.dumps(says(version=2)), "another version"),
        (json.dumps(says(version=True)), "another version"),
        (json.dumps(says(version=1.0)), "another version"),
        (json.dumps(says(steps=[{"page": "nowhere"}])), "does not have"),
        (json.dumps(says(steps=[{"page": ["products"]}])), "does not have"),
        (json.dumps(says(steps=[{"page": "products", "set": {"q": "1"}}])), "does not have"),
        (
            json.dumps(says(steps=[{"page": "products", "set": {"w": "99"}}])),
            "“w” to what it cannot be",
        ),
        (
            json.dumps(says(steps=[{"page": "products", "set": {"w": "nan"}}])),
            "“w” to what it cannot be",
        ),
        (
            json.dumps(says(steps=[{"page": "products", "set": {"w": {}}}])),
            "“w” to what it cannot be",
        ),
        (json.dumps(says(steps=[{"page": "products", "set": {"w": 1.2}}])), "is a text"),
        (json.dumps(says(steps=[{"page": "products", "lock": "w"}])), "as a list"),
        (json.dumps(says(steps=[{"page": "products", "lock": ["q"]}])), "locks"),
        (json.dumps(says(steps=[{"page": "products", "answers": "x"}])), "hides"),
        (json.dumps(says(steps=[{"page": "products", "script": "x"}])), "does not know"),
        (json.dumps(says(steps=[{"page": "products", "note": "x" * 601}])), "too long"),
        (json.dumps(says(steps=[{"page": "products"}] * 41)), "1 to"),
        ("x" * 1_000_000, "too large"),
    ],
)
def test_what_is_no_lesson_is_refused_in_words(wrong, word):
    with pytest.raises(NotALesson, match=word):
        lesson.read(wrong, PANELS)


def test_a_link_is_not_unpacked_beyond_its_bounds():
    bomb = urlsafe_b64encode(zlib.compress(b"0" * 3_000_000, 9)).decode().rstrip("=")
    assert len(bomb) < lesson.LONGEST_LINK
    with pytest.raises(NotALesson, match="damaged"):
        lesson.unpacked(bomb, PANELS)
    with pytest.raises(NotALesson, match="carries no lesson"):
        lesson.unpacked("A" * (lesson.LONGEST_LINK + 1), PANELS)


def test_two_thousand_damaged_lessons_are_all_refused_or_read():
    rng = random.Random(0)
    text, packed = lesson.written(FULL, PANELS), lesson.packed(FULL, PANELS)
    refused = 0
    for i in range(2000):
        take, original = ((lesson.read, text), (lesson.unpacked, packed))[i % 2]
        letters = list(original)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(letters))
            letters[at : at + rng.randint(0, 3)] = rng.choice(
                ['"', "{", "é", "-", "9", "\ud800", ""]
            )
        try:
            lesson.read(lesson.written(take("".join(letters), PANELS), PANELS), PANELS)
        except NotALesson as wrong:
            refused += 1
            assert str(wrong).endswith((".", "?"))
    assert refused > 1500


def test_text_keeps_its_letters_and_loses_what_is_not_seen():
    steps = [{"page": "products", "note": "a\u202eb\x00<b>c</b>\nd\ud800"}]
    (step,) = lesson.read(json.dumps(says(steps=steps)), PANELS).steps
    assert step.note == "ab<b>c</b>\nd"


def test_neither_widget_nor_link_nor_preset_moves_what_is_locked():
    packed = lesson.packed(FULL, PANELS)
    at = open_page("products", lesson=packed, step="1", products_w="0.9", products_n="20")
    assert set_to(at, "products_w") == 1.6 and set_to(at, "products_n") == 15
    assert widget_of(at, "products_w").disabled and widget_of(at, "products_n").disabled
    assert not widget_of(at, "products_activation").disabled
    assert not [row for row in at.get("button_group") if ".preset" in row.key]
    assert "Step 1 of 2" in " ".join(block.value for block in at.text)


def test_an_answer_that_a_lesson_hides_cannot_be_asked_for():
    only = Lesson("", (FULL.steps[1],))
    at = open_page("clipping", lesson=lesson.packed(only, PANELS))
    assert not [b for b in at.button if b.key == "clipping.proceed"]
    at = open_page("clipping", lesson=lesson.packed(only, PANELS), answer="shown")
    assert "The answer is:" not in prose(at)
    shown = Lesson("", (Step("clipping", PANELS["clipping"].defaults, answers="shown"),))
    at = open_page("clipping", lesson=lesson.packed(shown, PANELS))
    assert "The answer is:" in prose(at)


def test_all_pages_can_be_steps():
    everything = Lesson("", tuple(Step(path, panel.defaults) for path, panel in PANELS.items()))
    assert lesson.unpacked(lesson.packed(everything, PANELS), around.panels()) == everything


def test_a_presented_lesson_goes_on_by_its_sections_to_the_next_step_and_back():
    def where(at) -> str:
        return next(c.value for c in at.caption if re.fullmatch(r"\d+ of \d+", c.value))

    packed = lesson.packed(FULL, PANELS)
    at = open_page("products", lesson=packed, step="1", present="99")
    last = where(at)
    assert last.split(" of ")[0] == last.split(" of ")[1] and last != "1 of 1"
    at.button(key="projector.on.0").click().run()
    assert "Gradient clipping" in prose(at) and where(at).startswith("1 of ")
    assert "Look at the norm." in [text.value for text in at.text]
    at.button(key="projector.back.0").click().run()
    assert "Why gradients vanish" in prose(at) and where(at) == last
    first = open_page("products", lesson=packed, step="1", present="1")
    assert first.button(key="projector.back.0").disabled, "there is no step before"


def test_a_lessons_link_with_another_path_opens_its_steps_page():
    at = open_page("clipping", lesson=lesson.packed(FULL, PANELS), step="1")
    assert "Why gradients vanish" in prose(at) and set_to(at, "products_w") == 1.6
    assert "Step 1 of 2" in " ".join(text.value for text in at.text)
    at._page_hash = calc_hash("memory")  # by a link of the page: that is no arrival
    at.run()
    assert at.session_state["values"].page == "memory"
