"""What a first visit to the page `clipping` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.clipping import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.first_step, at.network, at.clip, at.limit, at.seed)
    yield partial(data.compared, at.network, at.clip, at.limit)
