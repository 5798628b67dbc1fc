"""What a first visit to the page `home` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.home import data
from pages.concepts.home.panel import PANEL


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.gradients, at.network, None)
    yield data.landmarks


def slider(at) -> Iterator[Callable]:
    """What the row of networks asks for."""
    for name in PANEL["network"].values():
        yield partial(data.gradients, name, None)
