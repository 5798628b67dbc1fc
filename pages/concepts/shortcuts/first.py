"""What a first visit to the page `shortcuts` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.shortcuts import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    of = data.setting(at)
    yield partial(data.lines, of)
    yield partial(data.path_squares, of, at.r)
    yield partial(data.curves, at.seed)
