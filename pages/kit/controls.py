"""How controls are drawn: rows of widgets, presets, and what not every reader needs."""

from collections.abc import Callable, Collection
from contextlib import nullcontext
from functools import partial
from typing import Any

import streamlit as st

from pages.kit import mode, values, whole
from pages.kit.panels import VERDICTS, Choice, Panel, Preset, Range

_SEED = "Another seed is other random draws. The same seed always gives the same draws again."


def draw(panel: Panel, *names: str | tuple[str, ...], pairs: bool = False) -> None:
    """A row of controls, side by side where there is room, that stays as it is when they move.

    Several rows, if each is a tuple; or rows of two, with `pairs`, in one box: each box of a page
    costs the reader's browser as much as a control.
    """
    rows = names if isinstance(names[0], tuple) else (names,)
    key = f"{panel.page}.row.{rows[0][0]}"
    values.fragment(_rows, key=key)(panel, rows, key, pairs)


def _rows(panel: Panel, rows: tuple[tuple[str, ...], ...], key: str, pairs: bool) -> None:
    at = values.now(panel)
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
                value = getattr(at, name)
                revision = values.revision(name, value, control=name)
                look = "-wide" if panel[name].is_wide else ""  # see style.css
                widget = f"{panel.key(name)}{look}-{revision}"
                moved = partial(_moved, panel, name, key, revision, widget)
                locked = name in mode.now().on(panel.page).locked
                _widget(panel[name], value, widget, moved, locked)


def _widget(
    control: Range | Choice, value: Any, key: str, on_change: Callable, locked: bool
) -> None:
    """A control's widget. It begins with the value: what is drawn anew shows the present one."""
    shared: dict[str, Any] = {"key": key, "on_change": on_change, "help": control.help}
    shared["disabled"] = locked
    if isinstance(control, Choice):
        options = list(control.options)
        shared["format_func"] = control.options.get
        if control.menu:
            st.selectbox(control.label, options, index=options.index(value), **shared)
        else:
            st.segmented_control(control.label, options, default=value, required=True, **shared)
        return
    if control.base:
        steps = control.values()
        shared["format_func"] = control.shown
        st.selectbox(control.label, steps, index=steps.index(value), **shared)
        return
    shared |= {"min_value": control.low, "max_value": control.high, "step": control.step}
    if control.seed or control.live:
        shared["help"] = _SEED if control.seed else control.help
        form = "%d" if control.whole else f"%.{control.decimals}f"
        width: Any = 180 if control.seed else "stretch"
        st.number_input(control.label, value=value, format=form, width=width, **shared)
    else:
        st.slider(control.label, value=value, **shared)


def _moved(panel: Panel, name: str, row: str, revision: int, widget: str) -> None:
    raw = st.session_state[widget]
    moved = values.said(row, name, revision, raw)
    values.change(panel, {name: raw} if moved else {})  # what was interrupted is finished anyway


def more(panel: Panel, title: str, names: Collection[str], drawing: Callable[[], None]) -> None:
    """Controls that not every reader needs, which `drawing` draws: only while they are asked for.

    They show by themselves when one of them leaves its default. In a closed box they would cost
    the reader's browser as much at each move of any control as in an open one.
    """
    key = f"{panel.page}.asked.{next(iter(names))}"
    values.fragment(_more, key=key)(panel, title, names, drawing, key)


def _more(
    panel: Panel, title: str, names: Collection[str], drawing: Callable[[], None], key: str
) -> None:
    at = values.read(panel)
    is_set = any([getattr(at, n) != panel[n].default for n in names])  # all are looked at
    opened, was_set = values.last_shown("asked"), values.last_shown("set")
    if is_set and not was_set:
        opened = title
    values.revision("set", is_set)
    revision = values.revision("asked", opened)
    widget = f"{key}-{revision}"

    def ask() -> None:
        moved = values.said(key, "asked", revision, st.session_state[widget])
        values.change(panel, {}, anew=key if moved else ())

    st.pills("More controls", [title], default=opened, key=widget, on_change=ask)
    if opened:
        drawing()


def presets(panel: Panel, *about: str, see: str = "the first chart") -> None:
    """The presets as one row of options, and the comment of the one that is set, with where to
    `see` what it shows: on a phone at least that is out of sight.

    With names of controls: only the presets that set one of them, for a page in several parts. One
    row and not a button for each, as every button of a page costs the reader's browser time
    whenever a control moves.
    """
    step, stands = mode.now().on(panel.page), values.opening(panel)
    if not step.presets:
        return
    offered = [
        preset
        for preset in panel.presets
        if (not about or preset.values.keys() & set(about))
        and all(preset.values[name] == stands[name] for name in preset.values.keys() & step.locked)
    ]
    if not offered:
        return
    key = ".".join((panel.page, "preset", *about))
    values.fragment(_presets, key=key)(panel, offered, key, see)


def _presets(panel: Panel, offered: list[Preset], key: str, see: str) -> None:
    at = values.read(panel)
    # all are looked at: each of these controls can take a preset away or complete one
    set_now = {name: getattr(at, name) for preset in offered for name in preset.values}
    preset = next((p for p in offered if p.values.items() <= set_now.items()), None)
    by_name = {preset.name: preset for preset in offered}
    chosen = preset and preset.name
    revision = values.revision("preset", chosen)
    widget = f"{key}-{revision}"

    def choose() -> None:
        name = st.session_state[widget]
        moved = values.said(key, "preset", revision, name, late=True)
        values.change(panel, by_name[name].values if moved else {})

    st.pills(
        "Presets",
        list(by_name),
        default=chosen,
        key=widget,
        required=True,
        on_change=choose,
    )
    if preset:
        where = f"See {preset.see or see}."
        whole.say(f"**{preset.name}** ({VERDICTS[preset.verdict]}). {preset.comment} {where}")
    else:
        whole.say(
            "Presets set the controls; each comes with a word on what it shows.", caption=True
        )
