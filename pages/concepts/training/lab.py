"""What one reader trains: runs extended tick by tick, and kept while other settings are on.

A `Lab` belongs to one setting of the page and lives in the reader's session. Recordings are never
changed, only replaced, so whatever interrupts a tick, nothing is half done.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic

import streamlit as st

from core import recording
from core.recording import Recording
from pages.concepts.training.data import Pair
from pages.concepts.training.networks import Duel
from pages.concepts.training.turns import period, turns, work

_LABS, _READER = "training.labs", "training.reader"
PATIENCE = 0.3  # seconds that a tick waits for its turn: a pause must not wait a second
_KEPT_LABS = 2  # settings whose runs a session keeps


@dataclass
class Job:
    """Runs that are trained together, by name, up to `steps` each."""

    runs: dict[str, Recording]
    steps: int
    begun: float = 0.0  # when it was last started, and how far it was then
    from_step: int = 0

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

    @property
    def progress(self) -> tuple[float, str]:
        """The share that is done, and a word on steps, seconds and what is left."""
        done, all_steps = self.step, max(1, self.steps_in_all)
        seconds = monotonic() - self.begun
        gone = done - self.from_step
        left = seconds / gone * (all_steps - done) if gone else None
        each = max(run.step for run in self.runs.values())
        words = f"step {each:,} of {self.steps:,} · {seconds:.1f} s"
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
    refused: str = ""  # why the last start was refused


def lab(duel: Duel, begin) -> Lab:
    """This session's lab for this setting; `begin()` gives the pair of a new one."""
    labs = st.session_state.setdefault(_LABS, {})
    for other, kept in labs.items():
        if other != duel and kept.running:  # the settings were changed while it ran
            stop(kept)
    found = labs.pop(duel, None) or Lab(begin())
    for other in [other for other, kept in labs.items() if not kept.pair.step]:
        del labs[other]  # never trained: it can be made again
    labs[duel] = found  # the last one used comes last
    while len(labs) > _KEPT_LABS:
        del labs[next(iter(labs))]
    return found


def start(lab: Lab, name: str, runs: Mapping[str, Recording], steps: int) -> None:
    """Train these runs up to `steps` from now on, a tick at a time.

    Raises TooMuchWork, before anything is changed, where all of them together would take too long.
    """
    longer = {key: recording.lengthen(run, max(steps, run.step)) for key, run in runs.items()}
    asked = sum(recording.work(run.spec, run.train_spec) for run in longer.values())
    if asked > recording.MAX_WORK:
        raise recording.TooMuchWork(asked)
    taken = sum(run.step for run in runs.values())
    lab.jobs[name] = Job(longer, steps, begun=monotonic(), from_step=taken)
    lab.running = name
    lab.period = period(turns().seen(_reader()))


def stop(lab: Lab) -> None:
    """Train no further; everything so far stays."""
    lab.running = None
    turns().gone(_reader())


def tick(lab: Lab, data) -> None:
    """Work for a moment. The training may have ended then, or tick with another period."""
    job, here = lab.jobs[lab.running], turns()
    readers = here.seen(_reader())
    with here.turn(PATIENCE) as mine:
        if mine:
            _advance(job, data, work(readers))
    if lab.running == "pair":
        lab.pair = Pair(lab.pair.duel, dict(job.runs))
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
