"""What a first visit to the page `training` needs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from pages.concepts.training import charts, data, networks, pairs
from pages.concepts.training.panel import PANEL
from pages.kit import specs


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(pairs.finished, networks.FIRST, networks.FIRST_STEPS)
    yield data.normalized


def presets() -> Iterator[Callable]:
    """What the presets show."""
    for steps in set(pairs.presets().values()):
        yield partial(specs.built, charts.run_of(steps), 1.0)  # the key that pages ask by
    for duel, steps in pairs.presets().items():
        yield partial(pairs.finished, duel, steps)


def slider(at) -> Iterator[Callable]:
    """What the slider of A's depth asks for, from where it stands outward."""
    first = networks.duel(at)
    for depth in sorted(PANEL["a_depth"].values(), key=lambda depth: abs(depth - first.a.depth)):
        yield partial(_begun, replace(first, a=replace(first.a, depth=depth)))


def _begun(duel: networks.Duel) -> dict:
    return pairs.pair(duel).first
