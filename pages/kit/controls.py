"""A page's controls and presets, declared once as data.

A `Panel` is the one table that drives everything: which widgets a page draws, what a link may
say, what a preset sets and what “copy link” writes. Values live in `st.session_state` under
`<page>_<name>`, which is also the name in the address. `read` is the one
place where a link becomes values.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

from pages.kit import parts

VERDICTS = {"good": "good", "bad": "bad", "trap": "a trap"}
_LONGEST = 40  # characters of a link's value; what is longer is none
_SET = "controls.set"  # what a callback has set and its widget has not been told of yet
_VISIT = "controls.visit"
_CORRECTED = "controls.corrected"


@dataclass(frozen=True)
class Range:
    """A number between low and high in equal steps: a slider, or a box to type into.

    A seed (`seed=True`) is typed into a box, with a button beside it that moves it on. A live range
    (`live=True`) is dragged inside its chart (see `live.py`); its widget is a box too, for an exact
    value and for the keyboard.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    default: float
    help: str | None = None
    seed: bool = False
    live: bool = False

    @cached_property
    def whole(self) -> bool:
        return all(isinstance(v, int) for v in (self.low, self.high, self.step, self.default))

    @cached_property
    def decimals(self) -> int:
        """Digits after the point that a step needs."""
        return 0 if self.whole else max(0, -Decimal(str(self.step)).as_tuple().exponent)

    def values(self) -> list[float]:
        """Every value the control can take, rounded as `nearest` rounds."""
        return list(self._values)

    @cached_property
    def _values(self) -> tuple[float, ...]:
        count = round((self.high - self.low) / self.step)
        return tuple(self.nearest(self.low + i * self.step) for i in range(count + 1))

    def nearest(self, value: float) -> float:
        """The allowed value nearest to this finite number."""
        clamped = min(max(value, self.low), self.high)
        snapped = self.low + round((clamped - self.low) / self.step) * self.step
        return round(snapped) if self.whole else round(snapped, self.decimals) + 0.0

    def parse(self, raw: Any) -> float:
        """An allowed value from whatever a link or a widget says; the default where it is none."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            return self.default
        try:
            value = float(raw)
        except (ValueError, OverflowError):
            return self.default
        return self.nearest(value) if math.isfinite(value) else self.default

    def text(self, value: float) -> str:
        """What an address says for this value."""
        return str(value)

    def means(self, raw: str, value: float) -> bool:
        """Whether an address's text asks for exactly this value."""
        try:
            return math.isclose(float(raw), value, abs_tol=1e-12)
        except ValueError:
            return False

    widget_reads = means

    def draw(self, key: str, on_change: Callable) -> None:
        # The default says which value the address may leave out; the value itself is the state's.
        shared = {"value": self.default, "key": key, "help": self.help, "bind": "query-params"}
        shared["on_change"] = on_change
        if self.seed or self.live:
            form = "%d" if self.whole else f"%.{self.decimals}f"
            st.number_input(self.label, self.low, self.high, step=self.step, format=form, **shared)
        else:
            st.slider(self.label, self.low, self.high, step=self.step, **shared)


@dataclass(frozen=True)
class Choice:
    """One of a few named options."""

    name: str
    label: str
    options: Mapping[str, str]  # name in the code -> what the reader and the address see
    default: str
    help: str | None = None
    menu: bool = False  # a drop-down list, for more options than fit in a row

    def parse(self, raw: Any) -> str:
        """The option that a name or a label stands for; the default where it is neither."""
        if isinstance(raw, str):
            for name, label in self.options.items():
                if raw in (name, label):
                    return name
        return self.default

    def text(self, value: str) -> str:
        """What an address says for this option: the label, as the bound widget writes it."""
        return self.options[value]

    def means(self, raw: str, value: str) -> bool:
        """Whether an address's text asks for this option."""
        return raw in (value, self.options[value])

    def widget_reads(self, raw: str, value: str) -> bool:
        """Whether the bound widget takes the text for this option: it knows labels only."""
        return raw == self.options[value]

    def draw(self, key: str, on_change: Callable) -> None:
        shared = {
            "key": key,
            "on_change": on_change,
            "help": self.help,
            "bind": "query-params",
            "format_func": self.options.get,
        }
        if self.menu:
            index = list(self.options).index(self.default)
            st.selectbox(self.label, list(self.options), index=index, **shared)
        else:
            shared |= {"default": self.default, "required": True}
            st.segmented_control(self.label, list(self.options), **shared)


@dataclass(frozen=True)
class Preset:
    """A named setting, good, bad or a trap, with what it teaches."""

    name: str
    verdict: str  # "good", "bad" or "trap"
    comment: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Panel:
    """The controls and presets of one page."""

    page: str
    controls: tuple[Range | Choice, ...]
    presets: tuple[Preset, ...] = ()

    def __getitem__(self, name: str) -> Range | Choice:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Range | Choice]:
        return {control.name: control for control in self.controls}

    def key(self, name: str) -> str:
        return f"{self.page}_{name}"


def begin(panel: Panel) -> None:
    """A run of the page begins: every control has an allowed value, or the nearest to it.

    A visit begins with what its link says; afterward the widgets decide.
    """
    parts.begin()
    visit = st.session_state.get(_VISIT)
    if visit is None or visit.page != panel.page:
        _arrive(panel, {key: _told(key) for key in st.query_params})
    for control in panel.controls:
        _value(panel, control.name)


def read(panel: Panel, reader: str = parts.PAGE) -> parts.Values:
    """The value of every control, as attributes, for the page or one of its parts."""
    return parts.reading(reader, partial(_value, panel))


def now(panel: Panel) -> SimpleNamespace:
    """The values, read by nobody in particular: for callbacks."""
    return SimpleNamespace(**{c.name: _value(panel, c.name) for c in panel.controls})


def _value(panel: Panel, name: str) -> Any:
    """An allowed value; what is none is made one, in the widget and in the address too."""
    key = panel.key(name)
    raw = st.session_state.get(key)
    value = panel[name].parse(raw)
    if value != raw:
        st.session_state[key] = value
    return value


def _told(key: str) -> str:
    """What the address says for a key: nothing where it says it twice, as widgets differ in which
    of two they take, and nothing where it goes on and on."""
    said = st.query_params.get_all(key)
    return said[0] if len(said) == 1 and len(said[0]) <= _LONGEST else ""


@dataclass(frozen=True)
class _Visit:
    """How the reader came to the page that is open."""

    page: str
    by_link: bool  # the address carried values of this page
    corrected: bool  # and at least one of them was not allowed


def _arrive(panel: Panel, link: Mapping[str, str]) -> None:
    told = {c.name: link[panel.key(c.name)] for c in panel.controls if panel.key(c.name) in link}
    values = {name: panel[name].parse(raw) for name, raw in told.items()}
    if _CORRECTED not in st.session_state and not all(
        panel[name].widget_reads(raw, values[name]) for name, raw in told.items()
    ):
        # A widget takes its first value straight from the address, whatever that says: so go to
        # the corrected address first.
        st.session_state[_CORRECTED] = not all(
            panel[name].means(raw, values[name]) for name, raw in told.items()
        )
        st.switch_page(f"pages/{panel.page}.py", query_params=query(panel, values))
    for stranger in link.keys() - {panel.key(c.name) for c in panel.controls}:
        del st.query_params[stranger]
    for control in panel.controls:
        st.session_state[panel.key(control.name)] = values.get(control.name, control.default)
    corrected = st.session_state.pop(_CORRECTED, False)
    st.session_state[_VISIT] = _Visit(panel.page, bool(told), corrected)


def came_by_link() -> bool:
    """Whether this visit's address carried values of the page."""
    return st.session_state[_VISIT].by_link


def link_was_corrected() -> bool:
    """Whether this visit's address asked for a value that the page does not have."""
    return st.session_state[_VISIT].corrected


def draw(panel: Panel, *names: str | tuple[str, ...], disabled: bool = False) -> None:
    """A row of controls, side by side where there is room, that stays as it is when they move.

    Several rows, if each is a tuple. `disabled` speaks of buttons: seeds cannot be moved on.
    """
    rows = names if isinstance(names[0], tuple) else (names,)
    key = f"{panel.page}.row.{rows[0][0]}"
    parts.fragment(_rows, key=key)(panel, rows, key, disabled)


def _rows(panel: Panel, rows: tuple[tuple[str, ...], ...], key: str, disabled: bool) -> None:
    at, set_anew = read(panel, key), st.session_state.setdefault(_SET, set())
    for names in rows:
        # Alone, a control needs no row; and in one, options that are too many for a phone would be
        # scrolled out of sight, not go on in a second line.
        with (
            st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
            if len(names) > 1
            else nullcontext()
        ):
            for name in names:
                value = getattr(at, name)  # what else moves this control has to draw it anew
                if panel.key(name) in set_anew:  # a rerun that a callback asks for forgets that
                    st.session_state[panel.key(name)] = value
                _draw(panel, name, partial(_moved, panel, name, key), disabled)
    set_anew.difference_update(panel.key(name) for names in rows for name in names)


def _draw(panel: Panel, name: str, on_change: Callable, disabled: bool) -> None:
    control, key = panel[name], panel.key(name)
    if isinstance(control, Choice) or not control.seed:
        control.draw(key, on_change)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        with st.container(width=180):
            control.draw(key, on_change)
        st.button(
            "Another seed",
            key=f"{key}.next",
            help="New random draws. The same seed always gives the same draws again.",
            on_click=partial(_next, panel, name),
            disabled=disabled,
        )


def _moved(panel: Panel, name: str, row: str | None) -> None:
    key, control = panel.key(name), panel[name]
    raw = st.session_state[key]
    value = control.parse(raw)
    if value != raw:  # typed between two steps: the box has to show what it has become
        set_values(panel, {name: value})
        row = None
    parts.moved({name}, by=row)


def _next(panel: Panel, name: str) -> None:
    control, seed = panel[name], st.session_state[panel.key(name)]
    move(panel, {name: control.low if seed >= control.high else seed + control.step})


def set_values(panel: Panel, values: Mapping[str, Any]) -> None:
    """Move controls from a callback, before the page runs anew."""
    for name, value in values.items():
        st.session_state[panel.key(name)] = panel[name].parse(value)
        st.session_state.setdefault(_SET, set()).add(panel.key(name))


def move(panel: Panel, values: Mapping[str, Any]) -> None:
    """Move controls from a callback, and run what has read them: that ends the callback."""
    set_values(panel, values)
    parts.moved(values)


def presets(panel: Panel, *about: str, disabled: bool = False) -> None:
    """The presets as one row of options, and the comment of the one that is set.

    With names of controls: only the presets that set one of them, for a page in several parts. One
    row and not a button for each, as every button of a page costs the reader's browser half a
    millisecond whenever a control moves.
    """
    shown = [p for p in panel.presets if not about or p.values.keys() & set(about)]
    key = ".".join((panel.page, "preset", *about))
    parts.fragment(_presets, key=f"{key}.row")(panel, shown, key, disabled)


def _presets(panel: Panel, shown: list[Preset], key: str, disabled: bool) -> None:
    at = read(panel, f"{key}.row")
    # all are looked at: each of these controls can take a preset away or complete one
    values = {name: getattr(at, name) for preset in shown for name in preset.values}
    preset = next((p for p in shown if p.values.items() <= values.items()), None)
    st.session_state[key] = preset and preset.name
    by_name = {preset.name: preset for preset in shown}
    st.pills(
        "Presets",
        list(by_name),
        key=key,
        required=True,
        on_change=lambda: move(panel, by_name[st.session_state[key]].values),
        disabled=disabled,
    )
    if preset:
        st.markdown(f"**{preset.name}** ({VERDICTS[preset.verdict]}). {preset.comment}")
    else:
        st.caption("Presets set the controls; each comes with a word on what it shows.")


def query(panel: Panel, values: Mapping[str, Any]) -> dict[str, str]:
    """What an address says to open the page with these values."""
    return {panel.key(name): panel[name].text(value) for name, value in values.items()}


def link(panel: Panel) -> str:
    """This page's address with the value of every control, defaults too."""
    values = {c.name: st.session_state[panel.key(c.name)] for c in panel.controls}
    here = urlsplit(st.context.url or "")
    says = urlencode(query(panel, values), quote_via=quote)
    return urlunsplit((here.scheme, here.netloc, here.path or panel.page, says, ""))
