"""A training run that is kept: each step's record, tests on held-out examples, states to return to.

A `Recording` is never changed; `extend` returns a longer one. Paused and continued, or rewound and
run again, it holds the same numbers, bit for bit. Between the states that are kept, `state_at` runs
the steps again and so finds the very state that was there.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core import training
from core.checks import Generators, whole
from core.datasets import Dataset
from core.losses import LOSSES
from core.network import NetSpec, Params, output
from core.optimizers import Muon
from core.training import Examples, History, Run, State, Step, TrainSpec

KEPT_BYTES = 5_000_000  # of states to return to
MAX_WORK = 600e9  # multiply-adds or what takes as long: about a minute of one core
# What a step costs beside its matrix products, in multiply-adds, as measured: by weight, by layer
# for calls that do little each, and by element of a layer's activations.
PER_WEIGHT, PER_LAYER = 14, 400_000
PER_KEPT = 10  # by weight and array that an optimizer keeps
PER_ELEMENT, PER_SMOOTH_ELEMENT, PER_NORMALIZED_ELEMENT = 80, 450, 450


@dataclass(frozen=True)
class Test:
    """Loss and accuracy (S,) on the held-out examples after `step` steps, NaN once halted."""

    step: int
    loss: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True)
class Recording:
    """A run up to `state`: `steps` 1 … state.step, its tests, and the states that were kept, the
    first of them from before the first step."""

    spec: NetSpec
    train_spec: TrainSpec
    state: State
    steps: tuple[Step, ...]
    tests: tuple[Test, ...]
    kept: tuple[State, ...]
    every: int  # steps between two kept states

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.state.step

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to do: all steps taken, or every member halted."""
        return self.state.halted or self.step >= self.train_spec.steps

    @cached_property
    def history(self) -> History:
        """The steps' records stacked. Raises ValueError before the first step."""
        return training.record(self.steps)


class TooMuchWork(ValueError):
    """A run that would take more than MAX_WORK; raised before anything is computed."""

    def __init__(self, asked: float):
        super().__init__(
            f"this run needs {asked:.2g} multiply-adds; at most {MAX_WORK:.2g} are done"
        )
        self.asked = asked


def work(spec: NetSpec, train_spec: TrainSpec) -> float:
    """What a run costs in multiply-adds, elementwise work and calls included, with batches as
    large as they are asked for."""
    N, D, L = train_spec.batch_size, spec.width, spec.depth
    weights = spec.n_in * D + max(0, L - 1) * D * D + D * spec.n_out
    per_element = (
        PER_ELEMENT
        + PER_SMOOTH_ELEMENT * (not spec.phi.homogeneous)
        + PER_NORMALIZED_ELEMENT * (spec.norm != "none")
    )
    rule = train_spec.rule
    per_weight = PER_WEIGHT + PER_KEPT * rule.keeps
    if isinstance(rule, Muon):
        per_weight += 3 * rule.iterations * D
    step = (3 * N + per_weight) * weights + per_element * N * D * L
    return float(train_spec.steps * (spec.seeds * step + PER_LAYER * (L + 1)))


def begin(
    spec: NetSpec,
    train_spec: TrainSpec,
    data: Dataset,
    *,
    rng: Generators | None = None,
    params: Params | None = None,
) -> Recording:
    """The recording before the first step, of `params` or what `network.init` draws from `rng`.

    Raises TooMuchWork where the whole run would cost more than MAX_WORK.
    """
    if (asked := work(spec, train_spec)) > MAX_WORK:
        raise TooMuchWork(asked)
    state = training.start(spec, train_spec, rng=rng, params=params)
    tests = (_test(spec, train_spec, data, state),)
    return Recording(spec, train_spec, state, (), tests, (state,), every=1)


def extend(recording: Recording, data: Dataset, *, steps: int | None = None) -> Recording:
    """The recording after `steps` more steps, no further than `train_spec.steps`; `recording`
    stays as it is."""
    if recording.ended:
        return recording
    spec, train_spec = recording.spec, recording.train_spec
    last = train_spec.steps if steps is None else min(train_spec.steps, recording.step + steps)
    run = Run(spec, train_spec, data, recording.state)
    taken, tests, kept, every = [], [], recording.kept, recording.every
    while run.number < last and not all(run.halts):
        taken.append(run.step())
        if is_tested(run.number) or all(run.halts):
            tests.append(_test(spec, train_spec, data, run))
        if run.number % every == 0:
            kept, every = _thinned((*kept, run.state()), every)
    return replace(
        recording,
        state=run.state(),
        steps=(*recording.steps, *taken),
        tests=(*recording.tests, *tests),
        kept=kept,
        every=every,
    )


def lengthen(recording: Recording, steps: int) -> Recording:
    """The same recording with another number of steps to go to; what it has, it keeps.

    Raises TooMuchWork where that would cost more than MAX_WORK.
    """
    train_spec = replace(recording.train_spec, steps=steps)
    if (asked := work(recording.spec, train_spec)) > MAX_WORK:
        raise TooMuchWork(asked)
    return replace(recording, train_spec=train_spec)


def nearest_kept(recording: Recording, step: int) -> State:
    """The last kept state that is not after this step."""
    states = (*recording.kept, recording.state)
    return max((s for s in states if s.step <= step), key=lambda s: s.step)


def state_at(recording: Recording, data: Examples, step: int) -> State:
    """The state after `step` steps, 0 … recording.step: kept, or run again from one that was."""
    if whole("step", step, 0) > recording.step:
        raise ValueError(f"there are states at steps 0 to {recording.step}, none at {step}")
    state = nearest_kept(recording, step)
    if state.step == step:
        return state
    run = Run(recording.spec, recording.train_spec, data, state)
    while run.number < step:
        run.step()
    return run.state()


def is_tested(step: int) -> bool:
    """Whether a run is tested on the held-out examples after this step."""
    return step in (0, 1, 2, 5, 10, 50) or step % 20 == 0


def _thinned(kept: tuple[State, ...], every: int) -> tuple[tuple[State, ...], int]:
    """Every second of the kept states where they take more than KEPT_BYTES; the first one stays."""
    params = kept[0].params
    size = sum(a.nbytes for arrays in vars(params).values() for a in arrays)
    size *= 1 + len(kept[0].memory.kept)
    if len(kept) > 2 and len(kept) * size > KEPT_BYTES:
        every *= 2
        kept = tuple(state for state in kept if state.step % every == 0)
    return kept, every


def _test(spec: NetSpec, train_spec: TrainSpec, data: Dataset, run: State | Run) -> Test:
    with np.errstate(all="ignore"):
        found = output(spec, run.params, data.x_test)
        loss, _ = LOSSES[train_spec.loss](
            found, training.targets(train_spec, data.y_test, spec.n_out)
        )
        right = training.share_right(found, data.y_test, train_spec.loss)
    number = run.step if isinstance(run, State) else run.number
    gone = np.array([halt is not None for halt in run.halts])
    lost = np.where(gone, np.nan, 0.0)  # float64, whatever the loss is in
    return Test(number, lost + loss, lost + right)
