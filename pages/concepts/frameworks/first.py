"""What a first visit to the page `frameworks` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.frameworks import clips, data, names, networks


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    of = networks.setting(at)
    yield partial(data.gradients, at.framework, at.against, of)
    yield partial(data.gauge, at.framework, of, at.depth)
    yield partial(names.table, at.name)
    yield clips.matrix
