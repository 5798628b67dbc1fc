"""The buttons of the training lab, and what each does."""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import streamlit as st

from pages.concepts.training import data, networks, pairs
from pages.concepts.training import lab as labs
from pages.concepts.training.pairs import Pair
from pages.concepts.training.panel import MOST, PANEL, STEP, STEPS
from pages.kit import values
from pages.kit.press import is_soon

_TURNED = "training.turned"  # whether the lab trained when it was last drawn, and since when
WIDTH = 232  # px, of the button whose words change: what stands beside it stays


def _button(label: str, name: str, action: Callable, *args, **look) -> None:
    st.button(label, key=f"training.{name}", on_click=partial(_press, action, *args), **look)


def _press(action: Callable, *args) -> None:
    """Do something to the lab of the present values, and with them; then all of the page runs."""
    values.stay(PANEL.page)
    at = values.now(PANEL)
    lab = labs.lab(at)
    pair, jobs, refused = lab.pair, lab.running, lab.refused
    changes = action(lab, at, *args) or {}
    # the same, of which another step is shown
    is_same = lab.pair is pair and (lab.running, lab.refused) == (jobs, refused)
    values.change(PANEL, changes, anew=() if is_same else values.PAGE)


# Of the pair -------------------------------------------------------------------------------------


def start(lab: labs.Lab, steps: int, where: str) -> bool:
    """Start, go on or pause: what the runs at these settings allow now; whether they allow any.

    It is one button with another label: who has pressed it by the keyboard is still on it. While
    the reader may yet see the label before, a press on it would do the opposite: it does nothing.
    """
    pair, name, since = lab.pair, f"train.{where}", _turned(lab.running is not None)

    def button(label: str, action: Callable, *args) -> None:
        _button(f"**{label}**", name, partial(_unless_soon, since, action), *args, width=WIDTH)

    if lab.running:
        button("Pause training", _pause)
    elif not pair.done(steps):
        label = f"Continue to step {steps:,}" if pair.step else f"Train {steps:,} steps"
        button(label, _train)
    elif not pair.halted and steps < MOST:
        longer = _following(steps)
        button(f"Train on to step {longer:,}", _train_on, longer)
    else:
        return False
    return True


def _turned(trains: bool) -> float:
    """Since when the button pauses, or goes on: 0 where it has done so since it was first drawn."""
    trained, since = st.session_state.get(_TURNED, (trains, 0.0))
    if trained != trains:
        since = monotonic()
    st.session_state[_TURNED] = trains, since
    return since


def _unless_soon(since: float, action: Callable, lab: labs.Lab, at, *args) -> dict[str, Any] | None:
    return None if is_soon(since) else action(lab, at, *args)


def row(lab: labs.Lab, steps: int, shown: int) -> None:
    """Back, on, to the beginning, and train: always all of them, in their places."""
    pair, running = lab.pair, lab.running is not None
    at_the_end = shown == pair.step and (pair.halted or pair.step >= MOST)
    with st.container(horizontal=True, gap="xsmall"):
        _button("One step back", "back", _back, disabled=running or shown == 0)
        _button("One step", "step", _step, disabled=running or at_the_end)
        _button("Back to step 0", "rewind", _rewind, disabled=running or shown == 0)
        if not start(lab, steps, "top"):
            st.button("Trained to the end", key="training.train.top", width=WIDTH, disabled=True)


def _train(lab: labs.Lab, at) -> dict[str, Any]:
    """What is trained is looked at where it ends."""
    labs.start(lab, "pair", lab.pair.runs, int(at.steps))
    return {} if lab.refused else {"step": STEP.high}


def _train_on(lab: labs.Lab, _, steps: int) -> dict[str, Any]:
    """Go on beyond the last step: the number of steps moves up to what the button says."""
    labs.start(lab, "pair", lab.pair.runs, steps)
    return {} if lab.refused else {"steps": str(steps), "step": STEP.high}


def _following(steps: int) -> int:
    """The next larger number of steps that can be chosen, or the largest."""
    return next((n for n in map(int, STEPS) if n > steps), steps)


def _pause(lab: labs.Lab, _) -> None:
    labs.stop(lab)


def _step(lab: labs.Lab, at) -> dict[str, Any]:
    """Show the next step; after the last one that was taken, take it."""
    shown = lab.pair.shown_step(at.step)
    if shown < lab.pair.step:
        return {"step": shown + 1}
    labs.one_step(lab)
    beyond = lab.pair.step > int(at.steps)
    longer = {"steps": str(_following(int(at.steps)))} if beyond else {}
    return {"step": STEP.high, **longer}


def _back(lab: labs.Lab, at) -> dict[str, Any]:
    return {"step": max(0, lab.pair.shown_step(at.step) - 1)}


def _rewind(lab: labs.Lab, _) -> dict[str, int]:
    return {"step": 0}


def place(pair: Pair, at) -> None:
    """Which step is shown, in a box: for the keyboard, and far from the chart's scrubber."""
    shown, here = pair.shown_step(at.step), values.drawing()
    number = values.revision("place", shown)
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
        name: pairs.begin(net, duel.data, duel.seed, int(at.seeds))
        for name, net in duel.nets.items()
    }
    labs.start(lab, "seeds", runs, int(at.steps))


def try_changes(name: str, steps: int) -> None:
    """Train a network that broke with each change that might have helped."""
    _button(f"Try them on {name}, {steps} steps each", f"trials.{name}", _try, name, steps)


def _try(lab: labs.Lab, _, name: str, steps: int) -> None:
    duel = lab.pair.duel
    runs = {
        change: pairs.begin(net, duel.data, duel.seed)
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
