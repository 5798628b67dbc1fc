"""What one reader trains: runs extended tick by tick, and kept while other settings are on.

A `Lab` belongs to one setting of the page and lives in the reader's session. Recordings are never
changed, only replaced, so whatever interrupts a tick, nothing is half done.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import streamlit as st

from core import recording
from core.recording import Recording
from pages.concepts.training import networks
from pages.concepts.training.pairs import Pair, at_first, comes_trained, further, hand_on
from pages.concepts.training.panel import PANEL
from pages.concepts.training.turns import FORGOTTEN, period, turns, work
from pages.kit import values

_LABS, _READER = "training.labs", "training.reader"
# How the lab ticked when the page was last begun, and whether all of the page has been drawn since.
_TICKED, _DRAWN = "training.ticked", "training.drawn"
PATIENCE = 0.3  # seconds that a tick waits for its turn: a pause must not wait a second
_KEPT_LABS = 2  # settings whose runs a session keeps


@dataclass
class Job:
    """Runs that are trained together, by name, up to `steps` each."""

    runs: dict[str, Recording]
    steps: int
    from_step: int = 0  # how far it was when it was last started
    seconds: float = 0.0  # since then, but for those that the reader was away
    counted: float = field(default_factory=monotonic)  # when they were last counted

    @property
    def step(self) -> int:
        """Steps taken by all runs together."""
        return sum(run.step for run in self.runs.values())

    @property
    def steps_in_all(self) -> int:
        return sum(run.step if run.state.halted else self.steps for run in self.runs.values())

    @property
    def ended(self) -> bool:
        return all(run.state.halted or run.step >= self.steps for run in self.runs.values())

    def count(self) -> None:
        """Count the seconds since the last tick; of a reader who was away, a few."""
        now = monotonic()
        self.seconds += min(now - self.counted, FORGOTTEN)
        self.counted = now

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and a word on steps, seconds and what is left."""
        done, all_steps = self.step, max(1, self.steps_in_all)
        gone = done - self.from_step
        left = self.seconds / gone * (all_steps - done) if gone else None
        each = max(run.step for run in self.runs.values())
        words = f"step {each:,} of {self.steps:,} · {self.seconds:.1f} s"
        if left is not None and done < all_steps:
            words += f" · about {left:.0f} s to go" if left >= 1 else " · less than 1 s to go"
        return min(1.0, done / all_steps), words


@dataclass
class Lab:
    """All runs at one setting: those of the pair, over seeds, and of an autopsy's changes."""

    pair: Pair
    jobs: dict[str, Job] = field(default_factory=dict)
    running: str | None = None  # the name of the job that is being trained
    period: float = 0.0  # of its ticks, as last told to the browser
    refused: float | None = None  # times as much work as is allowed, if the last start was refused


def lab(at) -> Lab:
    """This session's lab for these values of the page."""
    duel, labs = networks.duel(at), st.session_state.setdefault(_LABS, {})
    for other, kept in labs.items():
        if other != duel and kept.running:  # the settings were changed while it ran
            stop(kept)
    found = labs.pop(duel, None) or _new(duel, int(at.steps))
    for other in [other for other, kept in labs.items() if not kept.pair.step]:
        del labs[other]  # never trained: it can be made again
    labs[duel] = found  # the last one used comes last
    while len(labs) > _KEPT_LABS:
        del labs[next(iter(labs))]
    return found


def later() -> Callable[[Any], Pair]:
    """What gives the pair at the page's values at a later moment, in a thread of its own."""
    labs = st.session_state[_LABS]

    def pair(at) -> Pair:
        duel = networks.duel(at)
        found = labs.get(duel)  # a script may drop it meanwhile
        return found.pair if found else at_first(duel)

    return pair


def _new(duel: networks.Duel, steps: int) -> Lab:
    """A lab as it is first met: a preset's comes trained, or at another seed begins to be."""
    found = Lab(at_first(duel))
    if not found.pair.step and comes_trained(duel):
        go_on(found, steps)
    return found


def go_on(lab: Lab, steps: int) -> None:
    """Train the pair up to `steps`, unless it is or something else is trained."""
    if not (lab.running or lab.pair.done(steps)):
        start(lab, "pair", lab.pair.runs, steps)


def start(lab: Lab, name: str, runs: Mapping[str, Recording], steps: int) -> None:
    """Train these runs up to `steps` from now on, a tick at a time.

    Where all of them together would take too long, nothing is started, and `lab.refused` says so.
    """
    asked = sum(
        recording.work(run.spec, replace(run.train_spec, steps=max(steps, run.step)))
        for run in runs.values()
    )
    lab.refused = asked / recording.MAX_WORK if asked > recording.MAX_WORK else None
    if lab.refused:
        return
    longer = {key: recording.lengthen(run, max(steps, run.step)) for key, run in runs.items()}
    taken = sum(run.step for run in runs.values())
    lab.jobs[name] = Job(longer, steps, from_step=taken)
    lab.running = name
    lab.period = period(turns().seen(_reader()))


def stop(lab: Lab) -> None:
    """Train no further; everything so far stays."""
    lab.running = None
    turns().gone(_reader())


def one_step(lab: Lab) -> None:
    """Take the pair's next step, at once."""
    runs = {
        name: recording.extend(
            recording.lengthen(run, max(run.step + 1, run.train_spec.steps)),
            lab.pair.duel.dataset,
            steps=1,
        )
        for name, run in lab.pair.runs.items()
    }
    lab.pair = Pair(lab.pair.duel, runs)


def tick(lab: Lab) -> None:
    """Work for a moment. The training may have ended then, or tick with another period."""
    if lab.running is None:
        return
    job, here = lab.jobs[lab.running], turns()
    readers = here.seen(_reader())
    with here.turn(PATIENCE) as mine:
        if mine:
            together = lab.running == "pair"
            if together:
                lab.pair = further(Pair(lab.pair.duel, dict(job.runs)), job.steps)
                job.runs = dict(lab.pair.runs)
            _advance(job, lab.pair.duel.dataset, work(readers))
            if together and job.step > lab.pair.taken:
                lab.pair = Pair(lab.pair.duel, dict(job.runs))
                hand_on(lab.pair, job.steps)
    job.count()
    wanted = period(readers)
    if job.ended:
        stop(lab)
    elif not lab.period / 2 < wanted < 1.25 * lab.period:  # telling it draws the whole page
        lab.period = wanted


def _advance(job: Job, data, seconds: float) -> None:
    """Work on a job for about so long. Its runs go side by side, in blocks of steps that double
    while there is time: what goes on is level in the end."""
    begun, block = monotonic(), 1
    while going := [name for name, run in job.runs.items() if not run.ended]:
        goal = max(job.runs[name].step for name in going) + block
        for name in going:
            steps = goal - job.runs[name].step
            job.runs[name] = recording.extend(job.runs[name], data, steps=steps)
        spent = monotonic() - begun
        if spent > seconds:
            return
        block = block * 2 if spent < seconds / 4 else block


def _reader() -> str:
    return st.session_state.setdefault(_READER, secrets.token_hex(8))


# The page, which asks for the ticks ---------------------------------------------------------------


def page_begins() -> float | None:
    """The whole page is being drawn: every so many seconds it has to ask for a tick, if at all.

    What a link, a lesson or a room has set is trained from now on.
    """
    if values.take_handed(PANEL.page):
        at = values.now(PANEL)
        go_on(lab(at), int(at.steps))
    st.session_state[_DRAWN] = False
    _, seconds = st.session_state[_TICKED] = _ticking()
    return seconds


def page_ends() -> None:
    """All of the page is drawn."""
    st.session_state[_DRAWN] = True
    redraw_if_it_ticks_otherwise()


def redraw_if_it_ticks_otherwise() -> None:
    """Run the whole page where a training has begun or ended, or has another period, since then.

    Only once all is drawn: a widget that is not would forget its value.
    """
    if st.session_state[_DRAWN] and st.session_state[_TICKED] != _ticking():
        st.rerun()


def _ticking() -> tuple[str | None, float | None]:
    """What is being trained, and the seconds between two of its ticks."""
    now = lab(values.now(PANEL))
    return now.running, now.period if now.running else None
