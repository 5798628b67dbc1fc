"""Two networks as far as they have come: what readers of the lab share, each computed once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from core import datasets, recording, training
from core.network import NetSpec, Params
from core.recording import Recording, Test
from core.training import Halt, Step, TrainSpec
from pages.concepts.training import networks
from pages.concepts.training.networks import FIRST, Duel, Net
from pages.concepts.training.panel import PANEL
from pages.kit.memoize import Once, memoize

FOUND = 12  # of the latest findings about a pair are kept
MOST_KEPT = 64_000_000  # bytes of networks before their first step that nobody has on the page


def begin(net: Net, data: str, seed: int, seeds: int = 1) -> Recording:
    """A run before its first step. The draws depend on the seed alone."""
    rng = np.random.default_rng(seed)
    return recording.begin(net.spec(data, seeds), net.how(1), datasets.DATASETS[data](), rng=rng)


@cache
def _in_use() -> WeakValueDictionary[tuple, Recording]:
    """Networks before their first step that somebody has on the page."""
    return WeakValueDictionary()


def _begun(net: Net, data: str, seed: int) -> Recording:
    """One network before its first step, the same in all pairs: nothing writes to it.

    Who moves a control of A still has B, and who changes how A is trained still has its weights: a
    class with networks of their own would need too much memory to have all of them kept.
    """
    how = net.how(1)
    of = net.spec(data), data, seed, how.loss, how.target, how.dtype
    run = _in_use().get(of) or _untrained(*of)
    if run.train_spec != how:
        run = replace(run, train_spec=how)
    _in_use()[of] = run
    return run


def _bytes(run: Recording) -> int:
    """Of a network before its first step."""
    return sum(a.nbytes for arrays in vars(run.state.params).values() for a in arrays)


@memoize(128, size=_bytes, most=MOST_KEPT)
def _untrained(
    spec: NetSpec, data: str, seed: int, loss: str, target: float, dtype: str
) -> Recording:
    """A network before its first step, its weights held once."""
    rng = np.random.default_rng(seed)
    how = TrainSpec(0.0, steps=1, loss=loss, target=target, dtype=dtype)
    run = recording.begin(spec, how, datasets.DATASETS[data](), rng=rng)
    arrays = vars(run.state.params).values()
    state = replace(run.state, params=Params(*(tuple(map(_held, a)) for a in arrays)))
    return replace(run, state=state, kept=(state,))


@cache
def _arrays() -> WeakValueDictionary[tuple, np.ndarray]:
    """What networks before their first step are made of, by type, shape and first numbers."""
    return WeakValueDictionary()


def _held(array: np.ndarray) -> np.ndarray:
    """This array, held once however many networks have it.

    Layers are drawn in order, so networks that differ in depth alone begin with the same ones: of
    all the depths that a class tries, the deepest needs memory.
    """
    key = array.dtype, array.shape, array.ravel()[:4].tobytes()
    held = _arrays().get(key)
    if held is None or not np.array_equal(held, array):
        held = _arrays()[key] = array.copy()
    return held


@memoize(1024)  # they are small
def _first_step(net: Net, data: str, seed: int) -> Step:
    """Its first step, looked at and not taken."""
    run = _begun(net, data, seed)
    return training.Run(run.spec, run.train_spec, datasets.DATASETS[data](), run.state).step()


@dataclass(frozen=True)
class Pair:
    """The runs of A and B as far as they have come, and what they were before the first step."""

    duel: Duel
    runs: dict[str, Recording]

    @property
    def step(self) -> int:
        return max(run.step for run in self.runs.values())

    @property
    def taken(self) -> int:
        """Steps taken by both together."""
        return sum(run.step for run in self.runs.values())

    @property
    def first(self) -> dict[str, Step]:
        """Each network's first step, looked at and not taken where it was not."""
        # No cached_property: in Python 3.11 it holds a lock, as making a result does, and two
        # threads that take them in turn would wait for each other for ever.
        return {
            name: run.steps[0]
            if run.steps
            else _first_step(self.duel.nets[name], self.duel.data, self.duel.seed)
            for name, run in self.runs.items()
        }

    @cached_property
    def _found(self) -> dict[tuple, Once]:
        return {}

    def once(self, function: Callable[..., Any], *args) -> Any:
        """`function(self, *args)`, made once of these runs, for all readers who look at them."""
        what = function, *args
        found = self._found.get(what)
        if found is None:
            for oldest in list(self._found)[: 1 - FOUND]:
                self._found.pop(oldest, None)
            found = self._found[what] = Once(partial(function, self, *args))
        return found.result()

    def at(self, name: str, step: int) -> Step:
        """The record of this step, or of the last one taken; of the first one for step 0."""
        run = self.runs[name]
        return run.steps[min(step, run.step) - 1] if run.steps and step else self.first[name]

    def tested(self, name: str, step: int) -> Test:
        """The last test that was not after this step."""
        return max((t for t in self.runs[name].tests if t.step <= step), key=lambda t: t.step)

    def halt(self, name: str) -> Halt | None:
        return self.runs[name].state.halts[0]

    def broken(self, name: str, step: int) -> Halt | None:
        """What halted a network, if that was not after this step."""
        halt = self.halt(name)
        return halt if halt and step >= halt.step else None

    @property
    def halted(self) -> bool:
        return all(run.state.halted for run in self.runs.values())

    def done(self, steps: int) -> bool:
        """Whether both have come to this step, or can come no further."""
        return all(run.state.halted or run.step >= steps for run in self.runs.values())

    def shown_step(self, step: int) -> int:
        """The step that the scrubber shows: no further than was taken."""
        return min(step, self.step)


# More than depths to choose from: else a class would hold the same pair many times. A network that
# is in many pairs, as B is while A changes, counts in each.
@memoize(64, size=lambda pair: sum(map(_bytes, pair.runs.values())), most=2 * MOST_KEPT)
def pair(duel: Duel) -> Pair:
    """Both networks before their first step, the same for all readers."""
    nets = duel.nets.items()
    return Pair(duel, {name: _begun(net, duel.data, duel.seed) for name, net in nets})


@memoize(16)  # all presets
def finished(duel: Duel, steps: int) -> Pair:
    """Both networks after all their steps: what a preset shows.

    Of their states the first and the last are kept, a third of the memory: there are many presets,
    and a state between is less than half a second away.
    """
    runs = {}
    for name, run in pair(duel).runs.items():
        run = recording.extend(recording.lengthen(run, steps), duel.dataset)
        runs[name] = replace(run, kept=run.kept[:1], every=steps)
    return Pair(duel, runs)


@cache
def presets() -> dict[Duel, int]:
    """The presets' networks, each with the steps that it comes trained for."""
    settings = [SimpleNamespace(**PANEL.defaults | dict(preset.values)) for preset in PANEL.presets]
    return {networks.duel(at): int(at.steps) for at in settings}


def comes_trained(duel: Duel) -> int:
    """The steps that networks come trained for: none but those of a preset, at any seed."""
    return presets().get(replace(duel, seed=FIRST.seed), 0)


def at_first(duel: Duel) -> Pair:
    """What a visit begins with: trained already where it is a preset, at the seed of all pages."""
    steps = comes_trained(duel) if duel.seed == FIRST.seed else 0
    return finished(duel, steps) if steps else pair(duel)


@cache
def _trained() -> WeakValueDictionary[tuple[Duel, int], Pair]:
    """How far the pairs have come that readers have, by the step that they are trained to."""
    return WeakValueDictionary()


def further(pair: Pair, steps: int) -> Pair:
    """This pair, or the same one if another reader has it trained further on its way to `steps`.

    So what a class trains together is trained once.
    """
    other = _trained().get((pair.duel, steps))
    return other if other is not None and other.taken > pair.taken else pair


def hand_on(pair: Pair, steps: int) -> None:
    """Let others who train this pair to `steps` begin where it is now."""
    _trained()[pair.duel, steps] = pair
