"""The app as AppTest sees it: open a page, by a link or without one, and read what it says."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakKeyDictionary

import pandas as pd
import pyarrow as pa
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.state.session_state import WStates
from streamlit.testing.v1 import AppTest, app_test
from streamlit.testing.v1.element_tree import parse_tree_from_messages
from streamlit.testing.v1.local_script_runner import LocalScriptRunner
from streamlit.util import calc_hash

from pages.kit import address, background, page, press

ROOT = Path(__file__).parents[1]

_shown: WeakKeyDictionary = WeakKeyDictionary()  # the messages that make up a session's page


class App(AppTest):
    """A page that answers a move as in a browser.

    AppTest runs all of the page and shows what its last run sent. A browser asks for the fragment
    of the widget that moved, and keeps what did not run again.

    double: seconds in which a second press is of a double click. Each press of a test is meant.
    """

    double = 0.0

    @classmethod
    def from_function(cls, script: Callable, **kwargs: Any) -> "App":
        made = AppTest.from_function(script, **kwargs)
        return cls(made._script_path, default_timeout=made.default_timeout)

    def _run(self, *args, **kwargs):
        self._bidi_component_manager = _components()
        threads = patch.object(background, "begin")  # app.py begins some that no test waits for
        runner = patch.object(app_test, "LocalScriptRunner", _Runner)
        with threads, runner, patch.object(press, "DOUBLE", self.double):
            return super()._run(*args, **kwargs)


@cache
def _components() -> BidiComponentManager:
    """What installed packages bring for pages. AppTest looks for it anew for each page that it
    opens, through the metadata of them all, which is half of the time that a page takes."""
    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    return manager


class _Runner(LocalScriptRunner):
    def run(self, widget_state=None, *args, **kwargs):
        before = _shown.get(self.session_state, [])
        request, asked = self.request_rerun, _fragment_of_what_moved(self, widget_state)
        PagesManager.uses_pages_directory = False  # as in a server that has run app.py
        self._requests = ScriptRequests()  # without the run of all that AppTest begins with
        self.request_rerun = lambda data: request(replace(data, fragment_id=asked))
        super().run(widget_state, *args, **kwargs)
        for key, drawn in self._fragment_storage._ids_by_target_key.items():
            assert len(drawn) == 1, f"two fragments have the key {key}: a change runs one of them"
        sent = self.forward_msgs()
        started = [
            told["fragment_ids_this_run"]
            for event, told in zip(self.events, self.event_data, strict=True)
            if event == ScriptRunnerEvent.SCRIPT_STARTED
        ]
        if ran := started[-1]:
            places = [_place(message) for message in before if message.delta.fragment_id in ran]
            kept = [
                message
                for message in before
                if not any(_place(message)[: len(place)] == place for place in places)
            ]
            sent = sorted([*kept, *sent], key=_place)  # a tree lists what came first first
        _shown[self.session_state] = sent
        return parse_tree_from_messages(sent)


def _fragment_of_what_moved(runner: LocalScriptRunner, widget_state) -> str | None:
    state = runner.session_state._state
    known, sent = state._new_widget_state.widget_metadata, WStates()
    sent.widget_metadata = known
    for widget in widget_state.widgets if widget_state else ():
        sent.set_widget_from_proto(widget)
    moved = {known[id].fragment_id for id in sent if id in known and sent[id] != _was(state, id)}
    return moved.pop() if len(moved) == 1 else None


def _was(state, id: str):
    try:
        return state[id]
    except KeyError:
        return None


def _place(message: ForwardMsg) -> tuple[int, ...]:
    return tuple(message.metadata.delta_path)


def open_page(path: str, *, embedded: bool = False, **query: str | list[str]) -> AppTest:
    """The page at this path after its first run, its address carrying `query`; `embedded` within
    another site."""
    at = App(ROOT / "app.py", default_timeout=60)
    at.context["is_embedded"] = embedded
    for key, value in query.items():
        at.query_params[key] = value
    at._page_hash = calc_hash(path)  # as a browser asks for it; `switch_page` would go past app.py
    at.run()
    assert not at.exception, at.exception
    return at


def values_of(at: AppTest, path: str) -> dict[str, Any]:
    """What every control of the page is set to."""
    return at.session_state["values"].values[path]


def set_to(at: AppTest, key: str) -> Any:
    """What a control is set to: `products_w`."""
    path, name = _split(at, key)
    return values_of(at, path)[name]


def set_value(at: AppTest, key: str, value: Any) -> None:
    """Set a control whether it is drawn or not, before the whole page runs."""
    path, name = _split(at, key)
    values_of(at, path)[name] = value


def _split(at: AppTest, key: str) -> tuple[str, str]:
    pages = at.session_state["values"].values
    return next((p, key.removeprefix(f"{p}_")) for p in pages if key.startswith(f"{p}_"))


def widget_of(at: AppTest, key: str) -> Any:
    """The widget of a control, a preset row or a fold, whatever its number; None if not drawn."""
    numbered = re.compile(rf"{re.escape(key)}(-wide)?-\d+")
    return next((w for w in widgets(at) if w.key == key or numbered.fullmatch(w.key)), None)


def widgets(at: AppTest) -> list:
    """All that the page has to set something, but for its buttons and charts."""
    return [w for kind in _KINDS for w in at.get(kind) if w.key]


_KINDS = ("number_input", "slider", "selectbox", "button_group", "radio", "select_slider")


# A term with its explanation on it, which is a word like any other.
TERM = re.compile(r'\[([^\]]*)\]\(#term "([^"]*)"\)')


def prose(at: AppTest) -> str:
    """All the words of the page, in order."""
    return TERM.sub(r"\1", with_terms(at))


def with_terms(at: AppTest) -> str:
    """All the words of the page, its terms with their explanations; lines may break at spaces."""
    return "\n".join(
        block.value for kind in ("markdown", "caption", "latex", "error") for block in at.get(kind)
    ).translate({0xA0: " ", 0x2060: None})


def says(path: str, **values: Any) -> str:
    """All the words of the page by a link with these values of its controls."""
    return prose(open_page(path, **{f"{path}_{name}": str(to) for name, to in values.items()}))


def title(at: AppTest) -> str:
    """The page's title: the one heading of the first level."""
    (heading,) = re.findall("^# (.+)$", prose(at), re.M)
    return heading


def presets(at: AppTest) -> list[str]:
    """The presets that the page offers now."""
    return [name for row in _preset_rows(at) for name in row.options]


def choose_preset(at: AppTest, name: str) -> None:
    """Press a preset, in whichever row of the page it stands."""
    row = next(row for row in _preset_rows(at) if name in row.options)
    row.set_value(name).run()


def _preset_rows(at: AppTest) -> list:
    return [group for group in at.get("button_group") if ".preset" in group.key]


def folded(at: AppTest) -> list:
    """The rows of what the page draws only while it is asked for."""
    kinds = (".more", ".recall", ".asked.")
    return [row for row in at.get("button_group") if any(kind in row.key for kind in kinds)]


def ask_for_more_controls(at: AppTest) -> AppTest:
    """Have the page draw all the controls that it draws only when they are asked for."""
    for row in folded(at):
        if ".asked." in row.key:
            row.set_value(row.options[0]).run()
    return at


def answer(at: AppTest, guess: Any) -> None:
    """Answer the page's question, and compare."""
    widget = next(widget for widget in widgets(at) if widget.key.endswith(".guess"))
    widget.set_value(guess).run()
    proceed(at, widget.key.removesuffix(".guess"))


def proceed(at: AppTest, path: str) -> None:
    """Press the button of the page's question: it compares, tells or hides."""
    at.button(key=f"{path}.proceed").click().run()


def link(at: AppTest, path: str) -> dict[str, str]:
    """What the page's “Link to this state” says, opened below the article."""
    at.session_state[f"{path}.more"] = page.LINK
    at.run()
    return link_shown(at)


def link_shown(at: AppTest) -> dict[str, str]:
    (shown,) = at.code
    return dict(parse_qsl(urlsplit(shown.value).query))


def charts(at: AppTest) -> list:
    """The page's charts as the browser gets them."""
    return [element.proto for element in at.get("vega_lite_chart")]


def tables(at: AppTest, name: str = "") -> list[pa.Table]:
    """The data of the page's charts as the browser gets them; of one name only, if it is given."""
    return [
        pa.ipc.open_stream(dataset.data.data).read_all()
        for chart in charts(at)
        for dataset in chart.datasets
        if name in ("", dataset.name)
    ]


def frame_with(at: AppTest, *columns: str, name: str = "") -> pd.DataFrame:
    """The data of the first chart whose data, or whose table of this name, have these columns."""
    found = (table for table in tables(at, name) if set(columns) <= set(table.column_names))
    return next(found).to_pandas()


def send(at: AppTest, state: WidgetState) -> None:
    """Run with a widget's state as the browser sends it, for what AppTest cannot set itself."""
    states = at._tree.get_widget_states()
    others = [other for other in states.widgets if other.id != state.id]
    at._run(WidgetStates(widgets=[*others, state]))


def step_back(at, monkeypatch, **query) -> None:
    """To an address by the browser's history."""
    with monkeypatch.context() as patch:
        patch.setattr(address, "stepped_through_history", lambda: True)
        at.query_params = query
        at.run()
