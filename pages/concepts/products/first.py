"""What a first visit to the page `products` needs."""

from collections.abc import Callable, Iterator
from functools import partial

from pages.concepts.products import data


def visit(at) -> Iterator[Callable]:
    """What the page computes at these values, those that it opens with."""
    yield partial(data.powers, at.activation)
    yield partial(data.random_products, at.factors, at.sigma, at.seed)
    yield partial(data.matrix_products, at.width, at.scale, at.seed)
