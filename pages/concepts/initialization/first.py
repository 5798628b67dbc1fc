"""What a first visit to the page `initialization` needs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from pages.concepts.initialization import data
from pages.concepts.initialization.panel import CURVES, PANEL


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield from _at_depth(at, at.depth)
    yield partial(data.named, data.ASKED)
    yield partial(data.saturated, data.ASKED, 8.0)


def slider(at) -> Iterator[Callable]:
    """What the slider of depths asks for, from where it stands outward."""
    for depth in sorted(PANEL["depth"].values(), key=lambda depth: abs(depth - at.depth)):
        yield from _at_depth(at, depth)


def _at_depth(at, depth: int) -> Iterator[Callable]:
    networks = replace(data.setting(at), depth=depth)
    yield partial(data.gradients, networks, at.quantity, at.center, at.beside)
    yield partial(data.table, networks)
    yield partial(data.gauge, networks, at.center, at.g)
    yield partial(data.window, at.window, depth, at.g)
    for name in CURVES:
        yield partial(data.scale_of_gain_one, name, depth, at.bias)
