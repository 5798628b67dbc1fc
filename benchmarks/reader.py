"""A reader without a browser: the websocket that Streamlit's own page speaks, and nothing else.

It sends what a browser sends (the address's query, the hash of the open page, every widget's
value, the fragment of the widget that moved, the hashes of large messages it has kept) and waits
for the run to finish. It draws nothing, so that a hundred of them fit beside the server.
"""

import asyncio
import re
from dataclasses import dataclass, field
from time import perf_counter

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.kit import site
from pages.kit.panels import Choice, Range


class Failed(Exception):
    """The server answered with an error."""


@dataclass
class Widget:
    """A control as the server drew it: what to send back to move it."""

    id: str
    fragment: str
    kind: str
    values: list  # that it can take, in order


def mover(path: str) -> Range | Choice:
    """The control that a page is measured by: its first committed slider, or what it has."""
    committed = [c for c in site.panel(path).controls if isinstance(c, Choice) or not c.live]
    sliders = (c for c in committed if isinstance(c, Range) and not c.seed)
    return next(sliders, committed[0])


@dataclass
class Reader:
    """One open page: `control` is the key of the control that will be moved."""

    address: str
    path: str
    control: str
    query: str = ""  # of the link that leads here, and then what the address says
    limit: float = 60  # seconds until a run counts as lost
    bytes: int = 0
    charts: int = 0  # in the last run
    _page: str = ""
    _widgets: dict = field(default_factory=dict)
    _states: dict = field(default_factory=dict)
    _kept: list = field(default_factory=list)
    _socket: websockets.ClientConnection | None = None

    @property
    def widget(self) -> Widget | None:
        """The control that will be moved, if it is drawn: its id ends in the key that the page gave
        it, and a word on the drawing perhaps."""
        ours = re.compile(rf"-{re.escape(self.control)}(\W.*)?$")
        return next((w for w in reversed(self._widgets.values()) if ours.search(w.id)), None)

    async def open(self) -> float:
        """Connect and wait for the whole page; seconds."""
        start = perf_counter()
        self._socket = await websockets.connect(
            f"{self.address.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=self.limit,
            ping_interval=None,
        )
        await self._run("")
        if self.widget is None or not self.charts:
            raise Failed(f"{self.path}: no {self.control} or no chart")
        return perf_counter() - start

    async def move(self, value) -> float:
        """Move the control and wait for what it changes; seconds."""
        start, widget = perf_counter(), self.widget
        before = self._states.get(widget.id)
        self._states[widget.id] = after = _state(widget.id, widget.kind, value)
        await self._run(widget.fragment)
        if not self.charts and after != before:
            raise Failed(f"{self.path}: a move without a chart")
        return perf_counter() - start

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _run(self, fragment: str) -> None:
        asked = BackMsg()
        rerun = asked.rerun_script
        rerun.query_string, rerun.fragment_id = self.query, fragment
        rerun.page_script_hash = self._page
        rerun.page_name = "" if self._page else self.path
        rerun.widget_states.widgets.extend(self._states.values())
        rerun.cached_message_hashes.extend(self._kept)
        context = rerun.context_info
        context.timezone, context.locale, context.color_scheme = "UTC", "en-US", "light"
        context.url = f"{self.address}/{self.path}"
        self.charts = 0
        async with asyncio.timeout(self.limit):
            await self._socket.send(asked.SerializeToString())
            while not self._take(await self._socket.recv()):
                pass

    def _take(self, received: bytes) -> bool:
        """Whether this message ends the run."""
        self.bytes += len(received)
        message = ForwardMsg.FromString(received)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
        elif kind == "navigation":  # the page that the address led to
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "ref_hash":
            self.charts += 1  # charts are all that is large enough to be kept
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            if message.metadata.cacheable:
                self._kept.append(message.hash)
            self._element(message.delta.new_element, message.delta.fragment_id)
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise Failed(f"{self.path}: does not compile")
            return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return False

    def _element(self, element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise Failed(f"{self.path}: {element.exception.type} {element.exception.message}")
        if kind == "vega_lite_chart":
            self.charts += 1
        elif kind in ("slider", "number_input", "selectbox", "button_group"):
            drawn = getattr(element, kind)
            if kind == "slider" and drawn.type == drawn.SELECT_SLIDER:
                return  # a guess, which nobody here makes
            self._widgets.pop(drawn.id, None)  # the one drawn last comes last
            self._widgets[drawn.id] = Widget(drawn.id, fragment, kind, _values(kind, drawn))
            if drawn.set_value:
                self._states[drawn.id] = _state(drawn.id, kind, _drawn_value(kind, drawn))
            elif drawn.id not in self._states:
                self._states[drawn.id] = _state(drawn.id, kind, _first_value(kind, drawn))


def _values(kind: str, drawn) -> list:
    if kind in ("slider", "number_input"):
        steps = round((drawn.max - drawn.min) / drawn.step)
        return [round(drawn.min + i * drawn.step, 9) for i in range(steps + 1)]
    return list(drawn.options if kind == "selectbox" else (o.content for o in drawn.options))


def _drawn_value(kind: str, drawn):
    if kind == "slider":
        return drawn.value[0]
    if kind == "number_input":
        return int(drawn.value) if drawn.data_type == drawn.INT else drawn.value
    return drawn.raw_value if kind == "selectbox" else next(iter(drawn.raw_values), None)


def _first_value(kind: str, drawn):
    """What a widget that is drawn for the first time shows, and so says."""
    if kind == "slider":
        return drawn.default[0]
    if kind == "number_input":
        return int(drawn.default) if drawn.data_type == drawn.INT else drawn.default
    if kind == "selectbox":
        return drawn.options[drawn.default]
    return next((drawn.options[i].content for i in drawn.default), None)


def _state(id: str, kind: str, value) -> WidgetState:
    state = WidgetState(id=id)
    if kind == "slider":
        state.double_array_value.data.append(value)
    elif kind == "button_group":
        state.string_array_value.data.extend([] if value is None else [value])
    elif kind == "selectbox":
        state.string_value = value
    elif isinstance(value, int):
        state.int_value = value
    else:
        state.double_value = value
    return state
