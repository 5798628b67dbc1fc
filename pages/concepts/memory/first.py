"""What a first visit to the page `memory` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.memory import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.time_frames, data.setting(at), at.back)
    yield partial(data.gate_frames, at.cell, at.seed)
    yield partial(data.touchy_frames, at.seed)
    yield partial(data.learned, at.clip)
