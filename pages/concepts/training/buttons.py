"""The buttons of the training lab, and what each does."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.concepts.training import data, networks
from pages.concepts.training import lab as labs
from pages.concepts.training.data import Pair
from pages.concepts.training.panel import MOST, PANEL, STEPS
from pages.kit import values

WIDTH = 232  # px, of the button whose words change: what stands beside it stays


def _button(label: str, name: str, action: Callable, *args, **look) -> None:
    st.button(label, key=f"training.{name}", on_click=partial(_press, action, *args), **look)


def _press(action: Callable, *args) -> None:
    """Do something to the lab of the present values, and with them; then all of the page runs."""
    values.stay(PANEL.page)
    at = values.now(PANEL)
    values.change(PANEL, action(labs.lab(at), at, *args) or {}, anew=values.PAGE)


# Of the pair -------------------------------------------------------------------------------------


def start(lab: labs.Lab, steps: int, where: str) -> None:
    """Start, go on or pause: what the runs at these settings allow now, if anything."""
    pair = lab.pair
    if lab.running:
        _button("**Pause training**", f"pause.{where}", _pause)
    elif not pair.done(steps):
        label = f"Continue to step {steps:,}" if pair.step else f"Train {steps:,} steps"
        _button(f"**{label}**", f"start.{where}", _train, width=WIDTH)
    elif not pair.halted and steps < MOST:
        _button(
            f"**Train on to step {_following(steps):,}**", f"more.{where}", _train_on, width=WIDTH
        )


def row(lab: labs.Lab, steps: int) -> None:
    """Start, pause, step, rewind."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        start(lab, steps, "top")
        if lab.running:
            return
        _button("One step", "step", _step, disabled=lab.pair.halted or lab.pair.step >= MOST)
        _button(
            "Back to step 0",
            "rewind",
            _rewind,
            disabled=lab.pair.step == 0,
            help="The same weights again; trained again, the same numbers come out.",
        )


def _train(lab: labs.Lab, at) -> None:
    labs.start(lab, "pair", lab.pair.runs, int(at.steps))


def _train_on(lab: labs.Lab, at) -> dict[str, str]:
    """Go on beyond the last step: the number of steps moves up, and the training goes on."""
    following = _following(int(at.steps))
    labs.start(lab, "pair", lab.pair.runs, following)
    return {} if lab.refused else {"steps": str(following)}


def _following(steps: int) -> int:
    """The next larger number of steps that can be chosen, or the largest."""
    return next((n for n in map(int, STEPS) if n > steps), steps)


def _pause(lab: labs.Lab, _) -> None:
    labs.stop(lab)


def _step(lab: labs.Lab, _) -> None:
    labs.one_step(lab)


def _rewind(lab: labs.Lab, _) -> None:
    labs.rewind(lab)


def place(pair: Pair, at) -> None:
    """Which step is shown, in a box: for the keyboard, and far from the chart's scrubber."""
    shown, here = pair.shown_step(at.step), values.drawing()
    number = values.shown("place", shown)
    key = f"training.place-{number}"

    def moved() -> None:
        step = st.session_state[key]
        said = values.said(here, "place", number, step)
        values.change(PANEL, {"step": step} if said else {})

    label = f"Step, of {pair.step:,}"
    st.number_input(label, 0, pair.step, shown, key=key, on_change=moved, width=180)


# Of other runs -----------------------------------------------------------------------------------


def repeat(lab: labs.Lab, at) -> None:
    """Train both networks over several seeds."""
    _button(
        f"Train {at.seeds} of each, {int(at.steps):,} steps",
        "repeat",
        _repeat,
        disabled=lab.running is not None,
    )


def _repeat(lab: labs.Lab, at) -> None:
    duel = lab.pair.duel
    runs = {
        name: data.begin(net, duel.data, duel.seed, int(at.seeds))
        for name, net in duel.nets.items()
    }
    labs.start(lab, "seeds", runs, int(at.steps))


def try_changes(name: str, steps: int) -> None:
    """Train a network that broke with each change that might have helped."""
    _button(f"Try them on {name}, {steps} steps each", f"trials.{name}", _try, name, steps)


def _try(lab: labs.Lab, _, name: str, steps: int) -> None:
    duel = lab.pair.duel
    runs = {
        change: data.begin(net, duel.data, duel.seed)
        for change, net in data.changes(duel.nets[name]).items()
    }
    labs.start(lab, f"trials {name}", runs, steps)


# Of the settings ---------------------------------------------------------------------------------


def copy() -> None:
    """Set B to what A is set to."""
    st.button("Copy A to B", key="training.copy", on_click=_copy)


def _copy() -> None:
    at = values.now(PANEL)
    values.change(PANEL, {f"b_{name}": getattr(at, f"a_{name}") for name in networks.SETTINGS})
