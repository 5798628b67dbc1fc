"""What a first visit to the page `optimizers` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.optimizers import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.floors, at.network, at.rule)
    yield from (partial(data.first_step, name, "adam") for name in data.ASKED)
    yield partial(data.curves, at.network, at.rule)
    yield data.epsilons
    yield partial(data.spikes, float(at.beta2), int(at.quiet))
    yield partial(data.coordinates, at.how)
