"""A changed control runs anew what has read it, and nothing else."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.kit import controls, parts
from pages.kit.turnstile import Turnstile
from tests.app import (
    ask_for_more_controls,
    charts,
    choose_preset,
    folded,
    link,
    link_shown,
    open_page,
    prose,
    tables,
)
from tests.test_pages import PANELS, PATHS

# in what there is more, or for another view of the lab
ELSEWHERE = {path: () for path in PATHS} | {
    "activations": ("runs",),
    "initialization": ("against",),
    "clipping": ("step", "cliff"),
    "training": ("gradient", "seeds"),
}
WIDGETS = ("number_input", "slider", "selectbox", "button_group")


def script():
    import streamlit as st

    from pages.kit import controls, page
    from pages.kit.controls import Choice, Panel, Preset, Range

    panel = Panel(
        "trial",
        (
            Range("n", "n", 0, 10, 1, 5),
            Range("m", "m", 0.0, 1.0, 0.1, 0.5, live=True),
            Range("k", "k", 0, 9, 1, 9, seed=True),
            Choice("how", "How", {"plain": "plain", "with_m": "with m"}, "plain"),
            Range("unread", "u", 0, 10, 1, 5),
            Range("deep", "d", 0, 10, 1, 5),
        ),
        (
            Preset("small", "good", "All small.", {"n": 0, "m": 0.0}),
            Preset("deep", "good", "All deep.", {"deep": 9}),
        ),
    )
    runs = st.session_state.setdefault("runs", [])
    runs.append("page")
    controls.begin(panel)

    @page.part(panel)
    def first(at):
        runs.append("first")
        st.markdown(f"first {at.n}" + (f" {at.m}" if at.how == "with_m" else ""))

    @page.part(panel)
    def second(at, word):
        runs.append("second")
        st.markdown(f"second {word} {at.m} {at.k}")

    first()
    controls.presets(panel)
    controls.draw(panel, "n", "m", "how")
    controls.draw(panel, ("k",), ("unread",))
    controls.more(panel, "Deeper", ["deep"], lambda: controls.draw(panel, "deep"))
    second("says")
    if st.checkbox("details", key="details"):
        st.markdown(f"page {controls.read(panel).n}")


@pytest.fixture
def at():
    at = AppTest.from_function(script).run()
    at.session_state["runs"].clear()
    return at


def ran(at) -> list[str]:
    assert not at.exception
    runs = list(at.session_state["runs"])
    at.session_state["runs"].clear()
    return runs


def words(at) -> list[str]:
    return [block.value for block in at.markdown]


def test_only_what_has_read_a_control_runs_and_the_rest_stays(at):
    at.slider(key="trial_n").set_value(7).run()
    assert ran(at) == ["first"]
    assert words(at) == ["first 7", "second says 0.5 9"]


def test_what_is_read_can_depend_on_what_was_read_before(at):
    at.number_input(key="trial_m").set_value(0.3).run()
    assert ran(at) == ["second"]
    at.get("button_group")[1].set_value("with_m").run()
    assert ran(at) == ["first"]
    at.number_input(key="trial_m").set_value(0.8).run()
    assert ran(at) == ["first", "second"]
    assert words(at) == ["first 5 0.8", "second says 0.8 9"]
    at.get("button_group")[1].set_value("plain").run()
    at.session_state["runs"].clear()
    at.number_input(key="trial_m").set_value(0.1).run()
    assert ran(at) == ["second"]


def test_what_nobody_has_read_runs_nothing(at):
    at.slider(key="trial_unread").set_value(7).run()
    assert ran(at) == []
    assert at.session_state["trial_unread"] == 7


def test_what_the_page_itself_has_read_runs_all_of_it(at):
    at.checkbox(key="details").set_value(True).run()
    assert ran(at) == ["page", "first", "second"]
    at.slider(key="trial_n").set_value(7).run()
    assert ran(at) == ["page", "first", "second"] and "page 7" in words(at)
    at.checkbox(key="details").set_value(False).run()
    at.session_state["runs"].clear()
    at.slider(key="trial_n").set_value(8).run()
    assert ran(at) == ["first"]


def test_a_number_typed_between_two_steps_becomes_an_allowed_one_in_its_box_too(at):
    at.number_input(key="trial_m").set_value(0.3333).run()
    assert ran(at) == ["second"]
    box = at.number_input(key="trial_m").proto
    assert at.session_state["trial_m"] == box.value == 0.3 and box.set_value


def test_the_row_of_a_moved_control_is_not_drawn_again(at, monkeypatch):
    drawn, rows = [], controls._rows
    monkeypatch.setattr(
        controls, "_rows", lambda panel, *of: (drawn.append(of[0][0]), rows(panel, *of))
    )
    at.run()
    assert drawn == [("n", "m", "how"), ("k",)]
    at.slider(key="trial_n").set_value(7).run()
    assert len(drawn) == 2
    choose_preset(at, "small")
    assert drawn[2:] == [("n", "m", "how")], "what else has moved it"
    told = at.session_state["controls.set"]
    assert told == {"trial_deep"}, "what a widget was told is told again, once it is drawn"


def test_a_seed_moves_on_from_the_one_in_the_address():
    at = open_page("products", products_seed="5")
    assert at.number_input(key="products_seed").value == 5
    for seed in (6, 7, 8):
        at.number_input(key="products_seed").set_value(seed).run()
        assert at.session_state["products_seed"] == seed
        assert at.query_params == {"products_seed": str(seed)}
        at.run()
        assert at.session_state["products_seed"] == seed


def test_a_preset_moves_controls_parts_and_its_comment(at):
    choose_preset(at, "small")
    assert "**small** (good). All small." in words(at)
    assert "first 0" in words(at) and "second says 0.0 9" in words(at)
    assert at.slider(key="trial_n").value == 0
    assert at.get("button_group")[0].value == "small"
    at.slider(key="trial_n").set_value(1).run()
    assert at.get("button_group")[0].value is None, "a preset that is no longer set"
    assert "**small** (good). All small." not in words(at)


def deeper(at):
    """The row that asks for more controls, and the control if it is drawn."""
    (row,) = folded(at)
    return row, next((slider for slider in at.slider if slider.key == "trial_deep"), None)


def test_more_controls_are_drawn_while_they_are_asked_for(at):
    assert deeper(at)[1] is None
    deeper(at)[0].set_value("Deeper").run()
    assert deeper(at)[1].value == 5
    deeper(at)[1].set_value(7).run()
    deeper(at)[0].set_value(None).run()
    assert deeper(at)[1] is None, "closed though it is set"
    at.slider(key="trial_n").set_value(7).run()
    at.run()
    assert deeper(at)[1] is None, "it opens once"
    deeper(at)[0].set_value("Deeper").run()
    assert deeper(at)[1].value == 7, "what is not drawn keeps its value"


def test_more_controls_show_by_themselves_when_one_of_them_is_set(at):
    choose_preset(at, "deep")
    assert deeper(at)[0].value == "Deeper" and deeper(at)[1].value == 9
    deeper(at)[1].set_value(5).run()
    assert deeper(at)[1].value == 5, "taken away under the reader's hand"
    deeper(at)[0].set_value(None).run()
    choose_preset(at, "deep")
    assert deeper(at)[1].value == 9


def test_more_controls_show_on_a_page_whose_link_sets_one():
    assert not menu_of(open_page("training"), "training_b_norm")
    at = open_page("training", training_b_norm="batch")
    assert menu_of(at, "training_b_norm").value == "batch"
    assert at.session_state["training_b_norm"] == "batch"


def test_the_link_follows_a_control_while_it_is_open():
    at = open_page("products")
    assert link(at, "products")["products_n"] == "15"
    at.slider(key="products_n").set_value(20).run()
    assert link_shown(at)["products_n"] == "20"


def menu_of(at, key: str):
    return next((menu for menu in at.selectbox if menu.key == key), None)


@pytest.mark.parametrize("path", PATHS)
def test_after_any_control_has_moved_the_whole_page_says_the_same(path):
    """What a part says and draws comes from what it has read, and from nothing else."""
    at, panel = ask_for_more_controls(open_page(path)), PANELS[path]
    for control in panel.controls:
        key = panel.key(control.name)
        widget = next((w for k in WIDGETS for w in at.get(k) if w.key == key), None)
        if widget is None:
            assert control.name in ELSEWHERE[path], "a control without a widget"
            continue
        ends = (
            (control.high, control.low) if isinstance(control, controls.Range) else control.options
        )
        value = next(v for v in ends if v != at.session_state[key])
        widget.set_value(value).run()
        assert not at.exception
        assert at.session_state[key] == value, key
        said, drawn, embedded = prose(at), tables(at), embeddings(at)
        at.run()
        assert prose(at) == said, key
        assert embeddings(at) == embedded, key
        for now, before in zip(tables(at), drawn, strict=True):
            assert now.equals(before), key


def test_a_control_that_is_not_drawn_for_a_while_keeps_its_value():
    """Streamlit forgets a widget that a run has not drawn; the page and its address do not."""
    at = open_page("activations")
    for opened in ("leak", None, "leak"):
        at.session_state["activations.more"] = opened
        at.run()
        if opened and "activations_runs" not in at.query_params:
            runs = next(w for w in at.get("button_group") if w.key == "activations_runs")
            runs.set_value("0.1").run()
        assert not at.exception
        assert at.query_params == {"activations_runs": "0.1"}
        at.slider(key="activations_n").set_value(16).run()
        at.slider(key="activations_n").set_value(15).run()
        assert at.query_params == {"activations_runs": "0.1"}
    runs = next(w for w in at.get("button_group") if w.key == "activations_runs")
    assert runs.value == "0.1"


def embeddings(at) -> list[tuple[str, str]]:
    """How charts stand in the browser: under which identity, and where their controls begin."""
    return [(chart.id, chart.spec) for chart in charts(at)]


def test_the_first_chart_of_a_move_is_sent_before_the_rest(monkeypatch):
    pauses = []
    monkeypatch.setattr(parts, "runtime", SimpleNamespace(exists=lambda: True))
    monkeypatch.setattr(Turnstile, "pause", lambda self, seconds: pauses.append(seconds))
    at = open_page("products")
    assert not pauses, "nobody waits for an opening"
    at.slider(key="products_n").set_value(20).run()
    assert pauses == [parts.GLIMPSE]
    at.run()
    assert pauses == [parts.GLIMPSE], "nothing has moved"
    at.slider(key="products_sigma").set_value(1.5).run()
    assert pauses == [parts.GLIMPSE] * 2
