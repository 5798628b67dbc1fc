"""What a first visit to the page `frameworks` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.frameworks import clips, data, names


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    networks = at.activation, int(at.width), at.seed
    yield partial(data.gradients, at.framework, at.against, *networks)
    yield partial(data.gauge, at.framework, at.activation, int(at.width), at.depth, at.seed)
    yield partial(names.table, at.name)
    yield clips.matrix
