"""A page's controls and presets, declared once as data.

A `Panel` is the one table that drives everything: which widgets a page draws, what a link may
say, what a preset sets and what “copy link” writes. Values live in `st.session_state` under
`<page>_<name>`, which is also the name in the address (see `address.py`).
"""

import math
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import streamlit as st

from pages.kit import parts

VERDICTS = {"good": "good", "bad": "bad", "trap": "a trap"}
_SEED = "Another seed is other random draws. The same seed always gives the same draws again."
_KEPT = "controls.kept"  # what each control is set to, whether its widget is drawn or not
_SET = "controls.set"  # what has been set and its widget has not been told of yet


@dataclass(frozen=True)
class Range:
    """A number between low and high in equal steps: a slider, or a box to type into.

    A seed (`seed=True`) is typed into a box, whose + moves it on. A live range (`live=True`) is
    dragged inside its chart (see `live.py`); its widget is a box too, for an exact value and for
    the keyboard.
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

    def draw(self, key: str, on_change: Callable) -> None:
        shared = {"key": key, "help": _SEED if self.seed else self.help, "on_change": on_change}
        if self.seed or self.live:
            form = "%d" if self.whole else f"%.{self.decimals}f"
            shared |= {"step": self.step, "format": form, "width": 180 if self.seed else "stretch"}
            st.number_input(self.label, self.low, self.high, **shared)
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
        """What an address says for this option: its label."""
        return self.options[value]

    def means(self, raw: str, value: str) -> bool:
        """Whether an address's text asks for this option."""
        return raw in (value, self.options[value])

    def draw(self, key: str, on_change: Callable) -> None:
        shared = {"key": key, "help": self.help, "on_change": on_change}
        shared["format_func"] = self.options.get
        if self.menu:
            st.selectbox(self.label, list(self.options), **shared)
        else:
            st.segmented_control(self.label, list(self.options), required=True, **shared)


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
    """A run of the page begins: every control has an allowed value, or the nearest to it."""
    parts.begin()
    for control in panel.controls:
        _value(panel, control.name)


def read(panel: Panel, reader: str = parts.PAGE) -> parts.Values:
    """The value of every control, as attributes, for the page or one of its parts."""
    return parts.reading(reader, partial(_value, panel))


def now(panel: Panel) -> SimpleNamespace:
    """The values, read by nobody in particular: for callbacks."""
    return SimpleNamespace(**{c.name: _value(panel, c.name) for c in panel.controls})


def _value(panel: Panel, name: str) -> Any:
    """An allowed value; what is none is made one, in the widget too."""
    key, kept = panel.key(name), st.session_state.setdefault(_KEPT, {})
    # a widget that was not drawn, as in a part of the page that is closed, has forgotten its value
    raw = st.session_state.get(key, kept.get(key))
    kept[key] = value = panel[name].parse(raw)
    if value != st.session_state.get(key):
        _set(key, value)
    return value


def _set(key: str, value: Any) -> None:
    st.session_state[key] = value
    st.session_state.setdefault(_SET, set()).add(key)


def draw(panel: Panel, *names: str | tuple[str, ...], pairs: bool = False) -> None:
    """A row of controls, side by side where there is room, that stays as it is when they move.

    Several rows, if each is a tuple; or rows of two, with `pairs`, in one box: each box of a page
    costs the reader's browser as much as a control.
    """
    rows = names if isinstance(names[0], tuple) else (names,)
    key = f"{panel.page}.row.{rows[0][0]}"
    parts.fragment(_rows, key=key)(panel, rows, key, pairs)


def more(panel: Panel, title: str, names: Collection[str], drawing: Callable[[], None]) -> None:
    """Controls that not every reader needs, which `drawing` draws: only while they are asked for.

    They show by themselves when one of them leaves its default. In a closed box they would cost
    the reader's browser as much at each move of any control as in an open one.
    """
    key = f"{panel.page}.asked.{next(iter(names))}"
    parts.fragment(_more, key=f"{key}.part")(panel, title, names, drawing, key)


def _more(
    panel: Panel, title: str, names: Collection[str], drawing: Callable[[], None], key: str
) -> None:
    at, seen = read(panel, f"{key}.part"), f"{key}.set"
    is_set = [getattr(at, n) for n in names] != [panel[n].default for n in names]
    if is_set and not (key in st.session_state and st.session_state[seen]):
        st.session_state[key] = title
    st.session_state[seen] = is_set
    if st.pills("More controls", [title], key=key):
        drawing()


def _rows(panel: Panel, rows: tuple[tuple[str, ...], ...], key: str, pairs: bool) -> None:
    at, set_anew = read(panel, key), st.session_state.setdefault(_SET, set())
    for names in rows:
        # Alone, a control needs no row; and in one, options that are too many for a phone would be
        # scrolled out of sight, not go on in a second line.
        with (
            st.container(
                horizontal=True,
                vertical_alignment="bottom",
                gap="medium",
                key=f"{key}.pairs" if pairs else None,  # its look stands in style.css
            )
            if len(names) > 1
            else nullcontext()
        ):
            for name in names:
                value = getattr(at, name)  # what else moves this control has to draw it anew
                if (widget := panel.key(name)) in set_anew:
                    # A rerun that a callback asks for forgets that it was set; and what was set
                    # while there was no widget would come back when there is none again.
                    del st.session_state[widget]
                    st.session_state[widget] = value
                panel[name].draw(widget, partial(_moved, panel, name, key))
    set_anew.difference_update(panel.key(name) for names in rows for name in names)


def _moved(panel: Panel, name: str, row: str | None) -> None:
    key, control = panel.key(name), panel[name]
    raw = st.session_state[key]
    value = control.parse(raw)
    if value != raw:  # typed between two steps: the box has to show what it has become
        set_values(panel, {name: value})
        row = None
    parts.moved({name}, by=row)


def set_values(panel: Panel, values: Mapping[str, Any]) -> None:
    """Move controls from a callback, before the page runs anew."""
    for name, value in values.items():
        _set(panel.key(name), panel[name].parse(value))


def move(panel: Panel, values: Mapping[str, Any]) -> None:
    """Move controls from a callback, and run what has read them: that ends the callback."""
    set_values(panel, values)
    parts.moved(values)


def presets(panel: Panel, *about: str, disabled: bool = False) -> None:
    """The presets as one row of options, and the comment of the one that is set.

    With names of controls: only the presets that set one of them, for a page in several parts. One
    row and not a button for each, as every button of a page costs the reader's browser time
    whenever a control moves.
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
