"""A changed control runs anew what has read it, and nothing else."""

import asyncio
import json
from threading import Thread
from time import sleep
from types import SimpleNamespace

import pyarrow as pa
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.kit import controls, run_lock, values
from tests.app import (
    App,
    ask_for_more_controls,
    charts,
    choose_preset,
    folded,
    link,
    link_shown,
    open_page,
    prose,
    send,
    set_to,
    tables,
    widget_of,
)
from tests.panels import PANELS, PATHS

# in what there is more, for another view of the lab, or in a box that ends where the training does
ELSEWHERE = {path: () for path in PATHS} | {
    "activations": ("runs",),
    "initialization": ("against",),
    "clipping": ("step", "cliff"),
    "precision": ("w",),
    "training": ("gradient", "seeds", "step"),
}


def script():
    import streamlit as st

    from pages.kit import controls, page, values
    from pages.kit.panels import Choice, Panel, Preset, Range

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
    values.begin(panel)

    @page.part(panel)
    def first(at):
        runs.append("first")
        st.markdown(f"first {at.n}" + (f" {at.m}" if at.how == "with_m" else ""))

    controls.presets(panel)
    controls.draw(panel, "n", "m", "how")
    controls.draw(panel, ("k",), ("unread",))
    controls.more(panel, "Deeper", ["deep"], lambda: controls.draw(panel, "deep"))

    @page.part(panel)
    def second(at):
        runs.append("second")
        st.markdown(f"second says {at.m} {at.k}")

    if st.checkbox("details", key="details"):
        st.markdown(f"page {values.read(panel).n}")
    values.end()


@pytest.fixture
def at():
    at = App.from_function(script).run()
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
    widget_of(at, "trial_n").set_value(7).run()
    assert ran(at) == ["first"]
    assert words(at) == ["first 7", "second says 0.5 9"]


def test_what_is_read_can_depend_on_what_was_read_before(at):
    widget_of(at, "trial_m").set_value(0.3).run()
    assert ran(at) == ["second"]
    at.get("button_group")[1].set_value("with_m").run()
    assert ran(at) == ["first"]
    widget_of(at, "trial_m").set_value(0.8).run()
    assert ran(at) == ["first", "second"]
    assert words(at) == ["first 5 0.8", "second says 0.8 9"]
    at.get("button_group")[1].set_value("plain").run()
    at.session_state["runs"].clear()
    widget_of(at, "trial_m").set_value(0.1).run()
    assert ran(at) == ["second"]


def test_what_nobody_has_read_runs_nothing(at):
    widget_of(at, "trial_unread").set_value(7).run()
    assert ran(at) == []
    assert set_to(at, "trial_unread") == 7


def test_what_the_page_itself_has_read_runs_all_of_it(at):
    at.checkbox(key="details").set_value(True).run()
    assert ran(at) == ["page", "first", "second"]
    widget_of(at, "trial_n").set_value(7).run()
    assert ran(at) == ["page", "first", "second"] and "page 7" in words(at)
    at.checkbox(key="details").set_value(False).run()
    at.session_state["runs"].clear()
    widget_of(at, "trial_n").set_value(8).run()
    assert ran(at) == ["first"]


def test_a_number_typed_between_two_steps_becomes_an_allowed_one_in_its_box_too(at):
    widget_of(at, "trial_m").set_value(0.3333).run()
    assert ran(at) == ["second"]
    assert set_to(at, "trial_m") == widget_of(at, "trial_m").value == 0.3


def test_the_row_of_a_moved_control_is_not_drawn_again(at, monkeypatch):
    drawn, rows = [], controls._rows
    monkeypatch.setattr(
        controls, "_rows", lambda panel, *of: (drawn.append(of[0][0]), rows(panel, *of))
    )
    at.run()
    assert drawn == [("n", "m", "how"), ("k",)]
    slider, box = (widget_of(at, key).key for key in ("trial_n", "trial_m"))
    widget_of(at, "trial_n").set_value(7).run()
    assert len(drawn) == 2
    choose_preset(at, "small")
    assert drawn[2:] == [("n", "m", "how")], "what else has moved it"
    assert widget_of(at, "trial_n").key != slider, "a widget that is told something is another one"
    assert widget_of(at, "trial_m").key != box
    assert [widget_of(at, key).value for key in ("trial_n", "trial_m")] == [0, 0.0]


def test_what_a_message_says_of_a_widget_that_was_drawn_anew_since_does_not_count(at):
    """It was sent before the reader saw what a preset had set."""
    state = WidgetState(id=widget_of(at, "trial_n").id, double_array_value={"data": [8]})
    choose_preset(at, "small")
    send(at, state)
    assert set_to(at, "trial_n") == widget_of(at, "trial_n").value == 0
    assert "first 0" in words(at)


def test_a_preset_pressed_in_the_moment_in_which_its_row_is_drawn_anew_counts(at):
    choose_preset(at, "small")
    was = at.get("button_group")[0].proto
    widget_of(at, "trial_n").set_value(7).run()
    assert at.get("button_group")[0].proto.id != was.id, "no preset is set any more"

    def tell(name: str) -> None:  # of the row as it was
        send(at, WidgetState(id=was.id, string_array_value={"data": [name]}))

    tell("small")  # which another message only repeats
    assert set_to(at, "trial_n") == 7
    tell("deep")
    assert set_to(at, "trial_deep") == 9 and at.get("button_group")[0].value == "deep"


def _plane(at) -> dict[str, float]:
    """What the live chart of the clipping page's arrow is told."""
    (row,) = [t.to_pylist()[0] for t in tables(at, "present") if "gx" in t.column_names]
    return row


def _drag(at, report: dict[str, float]) -> None:
    (plane,) = [c for c in charts(at) if any("gx" in t.column_names for t in _tables(c))]
    selection = json.dumps({"selection": {"report": report}})
    send(at, WidgetState(id=plane.id, string_value=selection))


def _tables(chart) -> list[pa.Table]:
    return [pa.ipc.open_stream(table.data.data).read_all() for table in chart.datasets]


def test_a_drag_that_the_answer_to_another_move_has_overtaken_counts():
    at = open_page("clipping")
    before = _plane(at)
    widget_of(at, "clipping_gy").set_value(-4.4).run()
    typed = _plane(at)
    assert typed == before | {"gy": -4.4, "told": typed["told"]} and typed["told"] > before["told"]
    for gx in (-2.8, -3.1):  # and as it goes on
        _drag(at, before | {"gx": gx})
        assert (set_to(at, "clipping_gx"), set_to(at, "clipping_gy")) == (gx, -4.4)
        assert widget_of(at, "clipping_gx").value == gx
        assert _plane(at) == {"gx": gx, "gy": -4.4, "told": _plane(at)["told"]}
        assert _plane(at)["told"] > typed["told"], "in the browser chart and slider may be apart"


def test_a_drag_takes_nothing_back_that_was_set_since():
    at = open_page("clipping")
    before = _plane(at)
    widget_of(at, "clipping_gy").set_value(-4.4).run()
    typed = _plane(at)
    _drag(at, before | {"gy": 2.0})
    assert set_to(at, "clipping_gy") == -4.4
    assert _plane(at) == typed | {"told": _plane(at)["told"]}, "as the page says"
    assert _plane(at)["told"] > typed["told"], "which the browser is told again"
    _drag(at, {"gx": 1.0, "gy": 2.0, "told": -1})  # of a page that is gone
    assert _plane(at)["gx"] == typed["gx"]


def test_a_click_on_a_mark_is_no_drag():
    at = open_page("chain_rule")
    (curve,) = [c for c in charts(at) if any("w2" in t.column_names for t in _tables(c))]
    (before,) = [t.to_pylist()[0] for t in tables(at, "present") if "w2" in t.column_names]

    def tell(**selection) -> None:
        state = json.dumps({"selection": selection})
        send(at, WidgetState(id=curve.id, string_value=state))

    tell(pick_factor=[{"factor": "slope2", "chosen": "all"}])
    assert set_to(at, "chain_rule_factor") == "slope2"
    tell(report=before | {"w2": 2.48})  # a drag that the answer to the click overtakes
    assert set_to(at, "chain_rule_w2") == 2.48


def test_what_was_interrupted_is_drawn_by_the_next_change(at):
    at.session_state["values"].notes["trial.second"].drawn = False
    widget_of(at, "trial_n").set_value(7).run()
    assert ran(at) == ["first", "second"]
    widget_of(at, "trial_n").set_value(8).run()
    assert ran(at) == ["first"]


def test_all_that_a_message_with_two_changes_asks_for_is_handed_over_at_its_end(at, monkeypatch):
    """As after a lost connection, when the browser tells at once what was moved meanwhile."""
    handed = []
    monkeypatch.setattr(values, "_hand_over", lambda: handed.append([*at.session_state["runs"]]))
    widget_of(at, "trial_m").set_value(0.3)
    at.get("button_group")[1].set_value("with_m")
    at.run()
    assert handed == [["second", "first"]], "the second change adds what the first did not ask for"


@pytest.fixture
def queue(monkeypatch):
    """A reader's queue of messages in a server whose loop runs: `full` for so many looks."""

    class Queue:
        looks, full = 0, 0

        def is_empty(self) -> bool:
            self.looks += 1
            return self.looks > self.full

    queue, loop = Queue(), asyncio.new_event_loop()
    reader = SimpleNamespace(session=SimpleNamespace(_browser_queue=queue))
    server = SimpleNamespace(
        _get_async_objs=lambda: SimpleNamespace(eventloop=loop),
        _session_mgr=SimpleNamespace(get_active_session_info={"one": reader}.get),
    )
    served = SimpleNamespace(exists=lambda: True, get_instance=lambda: server)
    monkeypatch.setattr(values, "runtime", served)
    monkeypatch.setattr(values, "get_script_run_ctx", lambda: SimpleNamespace(session_id="one"))
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield queue
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.mark.parametrize("full", [0, 3])
def test_a_run_ends_when_its_messages_are_gone(queue, full):
    queue.full = full
    values._hand_over()
    assert queue.looks == full + 1


def test_a_run_does_not_wait_for_ever(queue, monkeypatch):
    monkeypatch.setattr(values, "LONGEST", 0.2)
    queue.full = 10**9
    values._hand_over()
    sleep(0.3)
    looks = queue.looks
    sleep(0.3)
    assert 1 < looks == queue.looks, "nobody looks any more"


def test_a_fragment_within_another_is_drawn_with_it_and_forgotten_with_it():
    def script():
        import streamlit as st

        from pages.kit import values
        from pages.kit.panels import Panel, Range

        panel = Panel("nest", (Range("a", "a", 0, 9, 1, 1), Range("b", "b", 0, 9, 1, 1)))
        runs = st.session_state.setdefault("runs", [])
        values.begin(panel)

        def inner():
            runs.append("inner")
            st.markdown(f"b {values.read(panel).b}")

        def outer():
            runs.append("outer")
            if values.read(panel).a:
                values.fragment(inner, key="inner")()

        values.fragment(outer, key="outer")()
        for name in "ab":
            st.button(name, key=name, on_click=values.change, args=(panel, {name: 0}))
        values.fragment(
            lambda: st.button(
                "both", on_click=lambda: values.change(panel, {"a": 3, "b": 3}), key="both"
            ),
            key="buttons",
        )()
        values.fragment(
            lambda: st.button("b2", on_click=lambda: values.change(panel, {"b": 5}), key="b2"),
            key="other",
        )()
        values.end()

    at = App.from_function(script).run()
    at.session_state["runs"].clear()
    at.button(key="both").click().run()
    assert ran(at) == ["outer", "inner"], "once, with what is around it"
    at.button(key="b2").click().run()
    assert ran(at) == ["inner"], "alone"
    at.button(key="b2").click().run()
    assert ran(at) == [], "nothing is stale"
    at.button(key="a").click().run()
    at.session_state["runs"].clear()
    assert "inner" not in at.session_state["values"].notes
    at.button(key="both").click().run()
    assert ran(at) == ["outer", "inner"]


def test_a_seed_moves_on_from_the_one_in_the_address():
    at = open_page("products", products_seed="5")
    assert widget_of(at, "products_seed").value == 5
    for seed in (6, 7, 8):
        widget_of(at, "products_seed").set_value(seed).run()
        assert set_to(at, "products_seed") == seed
        assert at.query_params == {"products_seed": str(seed)}
        at.run()
        assert set_to(at, "products_seed") == seed


def test_a_preset_moves_controls_parts_and_its_comment(at):
    choose_preset(at, "small")
    assert "**small** (good). All small. See the first chart." in words(at)
    assert "first 0" in words(at) and "second says 0.0 9" in words(at)
    assert widget_of(at, "trial_n").value == 0
    assert at.get("button_group")[0].value == "small"
    widget_of(at, "trial_n").set_value(1).run()
    assert at.get("button_group")[0].value is None, "a preset that is no longer set"
    assert "**small** (good). All small." not in words(at)


def deeper(at):
    """The row that asks for more controls, and the control if it is drawn."""
    (row,) = folded(at)
    return row, widget_of(at, "trial_deep")


def test_more_controls_are_drawn_while_they_are_asked_for(at):
    assert deeper(at)[1] is None
    deeper(at)[0].set_value("Deeper").run()
    assert deeper(at)[1].value == 5
    deeper(at)[1].set_value(7).run()
    deeper(at)[0].set_value(None).run()
    assert deeper(at)[1] is None, "closed though it is set"
    widget_of(at, "trial_n").set_value(7).run()
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
    assert not widget_of(open_page("training"), "training_b_norm")
    at = open_page("training", training_b_norm="batch")
    assert widget_of(at, "training_b_norm").value == "batch"
    assert set_to(at, "training_b_norm") == "batch"


def test_the_link_follows_a_control_while_it_is_open():
    at = open_page("products")
    assert link(at, "products")["products_n"] == "15"
    widget_of(at, "products_n").set_value(20).run()
    assert link_shown(at)["products_n"] == "20"


@pytest.mark.parametrize("path", PATHS)
def test_after_any_control_has_moved_the_whole_page_says_the_same(path):
    """What a part says and draws comes from what it has read, and from nothing else."""
    at, panel = ask_for_more_controls(open_page(path)), PANELS[path]
    for control in panel.controls:
        key = panel.key(control.name)
        widget = widget_of(at, key)
        if widget is None:
            assert control.name in ELSEWHERE[path], "a control without a widget"
            continue
        ends = (
            (control.high, control.low) if isinstance(control, controls.Range) else control.options
        )
        value = next(v for v in ends if v != set_to(at, key))
        widget.set_value(value).run()
        assert not at.exception
        assert set_to(at, key) == value, key
        said, drawn, embedded = prose(at), tables(at), embeddings(at)
        at.run()
        assert prose(at) == said, key
        assert embeddings(at) == embedded, key
        for now, before in zip(tables(at), drawn, strict=True):
            assert now.equals(before), key


# Of what there is beyond the article: it has a control of its own.
LEAK = "Does a leak help? Twenty networks each"


def test_a_control_that_is_not_drawn_for_a_while_keeps_its_value():
    """Streamlit forgets a widget that a run has not drawn; the page and its address do not."""
    at = open_page("activations")
    for opened in (LEAK, None, LEAK):
        at.session_state["activations.more"] = opened
        at.run()
        if opened and "activations_runs" not in at.query_params:
            runs = widget_of(at, "activations_runs")
            runs.set_value("0.1").run()
        assert not at.exception
        assert at.query_params == {"activations_runs": "0.1"}
        widget_of(at, "activations_n").set_value(16).run()
        widget_of(at, "activations_n").set_value(15).run()
        assert at.query_params == {"activations_runs": "0.1"}
    runs = widget_of(at, "activations_runs")
    assert runs.value == "0.1"


def test_what_was_interrupted_is_finished_by_a_word_that_does_not_count():
    at = open_page("products")
    session = at.session_state["values"]
    session.views["products.row.w", "n"].revision = -1  # what the widget says is of another one
    session.notes["products.product"].drawn = False
    widget_of(at, "products_n").set_value(20).run()
    assert set_to(at, "products_n") == 15
    assert session.notes["products.product"].drawn


def test_only_the_first_chart_of_a_change_is_ahead(monkeypatch):
    waits = []
    at = open_page("products")
    monkeypatch.setattr(run_lock.LOCK, "sleep", waits.append)
    at.run()
    assert not waits
    widget_of(at, "products_n").set_value(20).run()
    assert waits == [values.AHEAD]
    at.session_state["values"].awaited = True  # by a change that has drawn no chart
    at.run()
    assert waits == [values.AHEAD]


def embeddings(at) -> list[tuple[str, str]]:
    """How charts stand in the browser: under which identity, and what they are drawn by."""
    return [(chart.id, chart.spec) for chart in charts(at)]
