"""Gradient clipping, by value (Mikolov 2012) and by global norm (Pascanu, Mikolov and Bengio 2013).

Both take the Gradients of S networks, where the parameters' gradients dW, db, dgamma and dbeta of
a member are clipped together and dz, dh stay, or a plain array, which is one gradient as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from core.checks import is_finite
from core.formats import as_floats
from core.network import Gradients

SMALLEST_LIMIT = float(np.finfo(float).tiny)  # below it a number has fewer digits
TENSORS = ("dW", "db", "dgamma", "dbeta")

Clippable = TypeVar("Clippable", Gradients, np.ndarray)


@dataclass(frozen=True)
class Clipped(Generic[Clippable]):
    """What clipping returned. norm: the global norm before; factor: the norm after divided by the
    norm before, 1 where nothing was clipped. Both (S,), or () for a plain array."""

    gradients: Clippable
    factor: np.ndarray
    norm: np.ndarray


class NonFiniteGradient(ValueError):
    """A gradient with an infinity or NaN: clipping would hide it, so it is refused."""

    def __init__(self, tensor: str, layer: int, value: float):
        where = f"{tensor} of layer {layer}" if layer else tensor
        super().__init__(f"cannot clip: {where} holds {value}")
        self.tensor, self.layer, self.value = tensor, layer, value


def clip_by_value(gradients: Clippable, limit: float) -> Clipped[Clippable]:
    """Cut every entry to −limit … limit. This turns the gradient: (3, 4) at limit 1 is (1, 1)."""
    arrays = _arrays(gradients, limit)
    clipped = [np.clip(a, -limit, limit) for a in arrays]
    scale, root = _norm_parts(arrays, gradients)
    scale_after, root_after = _norm_parts(clipped, gradients)
    with np.errstate(all="ignore"):
        factor = np.where(root > 0, scale_after / scale * (root_after / root), 1.0)
        return Clipped(_like(gradients, clipped), factor[()], (scale * root)[()])


def clip_by_global_norm(gradients: Clippable, limit: float) -> Clipped[Clippable]:
    """Shorten the whole gradient to norm `limit` where it is longer; its direction stays.

    The factor is limit/norm. (PyTorch adds 1e-6 to the norm.)
    """
    arrays = _arrays(gradients, limit)
    scale, root = _norm_parts(arrays, gradients)
    with np.errstate(all="ignore"):
        clips = limit / scale < root
        # (g/scale)·(limit/root) rather than g·(limit/norm): a norm of 1e308·√n is infinite.
        divisor = np.where(clips, scale, 1.0)
        multiplier = np.where(clips, limit / root, 1.0)
        clipped = [a / _wide(divisor, a) * _wide(multiplier, a) for a in arrays]
        return Clipped(_like(gradients, clipped), (multiplier / divisor)[()], (scale * root)[()])


def global_norm(gradients: Gradients | np.ndarray) -> np.ndarray:
    """√Σg² over dW, db, dgamma, dbeta of each member, (S,); of a plain array, ().

    Divided by max|g| before squaring: a gradient of size 1e200 has a norm, its square has none.
    """
    arrays = [as_floats(a) for _, _, a in _tensors(gradients)]
    scale, root = _norm_parts(arrays, gradients)
    with np.errstate(all="ignore"):
        return np.where(np.isinf(scale), np.inf, scale * root)[()]


def _tensors(gradients: Gradients | np.ndarray) -> Iterator[tuple[str, int, np.ndarray]]:
    """(name, layer, array) of each parameter's gradient; layer 0 for a plain array."""
    if not isinstance(gradients, Gradients):
        yield "the gradient", 0, as_floats(gradients)
        return
    for name in TENSORS:
        for i, array in enumerate(getattr(gradients, name)):
            yield name, i + 1, array


def _arrays(gradients: Gradients | np.ndarray, limit: float) -> list[np.ndarray]:
    if not (is_finite(limit) and limit >= SMALLEST_LIMIT):
        raise ValueError(
            f"the limit of clipping must be positive and finite, not {limit!r}: "
            f"at least {SMALLEST_LIMIT:.2g}"
        )
    arrays = []
    for name, layer, array in _tensors(gradients):
        finite = np.isfinite(array)
        if not finite.all():
            raise NonFiniteGradient(name, layer, float(array[~finite].flat[0]))
        arrays.append(array)
    return arrays


def _norm_parts(
    arrays: Sequence[np.ndarray], gradients: Gradients | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(scale, root) with norm = scale·root: scale = max|g| (1 where all is zero), per member."""
    first = 1 if isinstance(gradients, Gradients) else 0
    axes = [tuple(range(first, a.ndim)) for a in arrays]
    largest = [np.max(np.abs(a), ax, initial=0.0) for a, ax in zip(arrays, axes, strict=True)]
    scale = np.max(largest, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    with np.errstate(all="ignore"):
        squares = [
            np.sum((a / _wide(scale, a)) ** 2, axis) for a, axis in zip(arrays, axes, strict=True)
        ]
    return scale, np.sqrt(np.sum(squares, axis=0))


def _wide(per_member: np.ndarray, array: np.ndarray) -> np.ndarray:
    """(S,) shaped to multiply (S, …)."""
    return per_member.reshape(per_member.shape + (1,) * (array.ndim - per_member.ndim))


def _like(gradients: Clippable, arrays: Sequence[np.ndarray]) -> Clippable:
    if not isinstance(gradients, Gradients):
        return arrays[0]
    rest = iter(arrays)
    return replace(
        gradients, **{name: tuple(next(rest) for _ in getattr(gradients, name)) for name in TENSORS}
    )
