"""What a first visit to the page `chain_rule` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.chain_rule import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.depth, at.activation, at.layers)
    yield partial(data.split, at.width, at.network, at.scheme, at.seed)
