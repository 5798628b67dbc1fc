"""What a first visit to the page `precision` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.precision import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    of = data.setting(at)
    yield partial(data.fates, of)
    yield partial(data.bars, of)
    yield partial(data.by_layer, of, at.form, at.scale, at.over)
    yield partial(data.slopes, at.form, at.slope)
    yield partial(data.walk_frames, at.form2, at.seed)
    yield data.sums
