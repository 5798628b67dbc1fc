"""What a first visit to the page `activations` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.activations import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    curves = (at.first, at.second, at.third)
    yield partial(data.slopes, curves, at.leak, tuple(at.seen.split()), at.seed)
    for quantity in ("slopes", "gradient"):
        shown = (curves, at.weights, at.depth, at.leak, at.seed)
        yield partial(data.by_layer, *shown, quantity)
    trained = (at.bias, float(at.rate), at.seed)
    yield partial(data.shares, at.network, at.weights, at.depth, at.leak, *trained)
    yield data.leak_sentence
