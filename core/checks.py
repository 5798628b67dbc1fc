"""Whether a number has a meaning where it stands; if not, a ValueError that says so."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt


def whole(name: str, value: Any, least: int) -> int:
    """The value as an int: a whole number of at least `least`, and no bool."""
    try:
        is_whole = not isinstance(value, bool) and value == int(value) and value >= least
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return int(value)


def counts(of: Any, *names: str, least: int = 1) -> None:
    """Each of these attributes is an int of at least `least`: what is used as a size."""
    for name in names:
        value = getattr(of, name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")


def is_finite(value: Any) -> bool:
    """Whether a number is one of float64's: an int may be beyond them."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


def finite(of: Any, *names: str) -> None:
    """Each of these attributes is a finite number."""
    for name in names:
        if not is_finite(value := getattr(of, name)):
            raise ValueError(f"{name} must be finite, not {value!r}")


def one_of(of: Any, **known: Iterable[str]) -> None:
    """Each of these attributes is one of the names that are known for it."""
    for name, names in known.items():
        if (value := getattr(of, name)) not in names:
            raise ValueError(f"{name} must be one of {', '.join(names)}, not {value!r}")


def shapes(of: Any, **wanted: tuple[int, ...]) -> None:
    """Each of these arrays, and of a tuple each in it, has this shape, whatever stands before it:
    (S, D_in, D_out) has the shape (D_in, D_out)."""
    for name, shape in wanted.items():
        arrays = getattr(of, name)
        for array in arrays if isinstance(arrays, tuple) else (arrays,):
            if array.shape[-len(shape) :] != shape:
                ends = ", ".join(map(str, shape))
                raise ValueError(f"{name} must be of shape (…, {ends}), not {array.shape}")


def sequences(x: npt.ArrayLike, seeds: int, steps: int, n_in: int) -> np.ndarray:
    """x as (1 or S, N, T, n_in): a batch of sequences for all members, or one for each."""
    x = np.asarray(x, dtype=np.float64)
    x = x[None] if x.ndim == 3 else x
    fits = x.ndim == 4 and x.shape[2:] == (steps, n_in) and x.shape[1] > 0
    if not fits or x.shape[0] not in (1, seeds):
        raise ValueError(
            f"x must be (N, {steps}, {n_in}) or ({seeds}, N, {steps}, {n_in}) with N ≥ 1, "
            f"not {x.shape}"
        )
    return x


# One for all members, or one for each of them.
Generators: TypeAlias = np.random.Generator | Sequence[np.random.Generator]


def generators(rng: Generators, seeds: int) -> list[np.random.Generator]:
    """One generator for each of `seeds` members: the children of one, or those that are given."""
    members = rng.spawn(seeds) if isinstance(rng, np.random.Generator) else list(rng)
    if len(members) != seeds:
        raise ValueError(f"{len(members)} generators were given for {seeds} seeds")
    return members
