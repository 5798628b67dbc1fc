"""What a first visit to the page `activations` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.activations import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    curves = data.curves(at)
    of = data.setting(at, *data.networks(curves))
    yield partial(data.slopes, curves, at.leak, tuple(at.seen.split()), at.seed)
    for quantity in ("slopes", "gradient"):
        yield partial(data.by_layer, curves, of, quantity)
    yield partial(data.shares_at, at, float(at.rate))
    yield data.leak_sentence
