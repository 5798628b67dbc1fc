"""The data sets: real handwritten digits, shipped with the code, and generated spirals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core.checks import whole

DIGITS_FILE = Path(__file__).parent / "data" / "digits.npz"
TRAINING_DIGITS = 1437


@dataclass(frozen=True)
class Dataset:
    """Examples with labels; but for `pixels`, standardized per feature by the training set.

    x_train (N, D), x_test (M, D) float64; y_train (N,), y_test (M,) class numbers from 0.  Those
    made here are read-only, since they are shared. Raises ValueError where a part is empty or
    holds what is not finite.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def __post_init__(self) -> None:
        for x in (self.x_train, self.x_test):
            if not len(x):
                raise ValueError("a data set needs an example to train on and one held out")
            if not np.isfinite(x).all():
                raise ValueError("the examples of a data set must be finite numbers")


@cache
def digits() -> Dataset:
    """1,797 real handwritten digits of 8 × 8 pixels: 1,437 to train on, 360 held out.

    The split is stratified by class and fixed: the file holds the images in its order, training
    images first (scripts/make_digits.py), so that it depends on no random number generator.
    Pixels that are constant over the training set are 0 in both parts.  Source: Alpaydin and
    Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0; see core/data/README.md.
    """
    return _standardized(*_images(), TRAINING_DIGITS)


@cache
def pixels() -> Dataset:
    """The same digits as they are in the file, not standardized: 0 to 16, half of them 0.

    Split as `digits`. What all examples share is then far larger than what tells them apart (LeCun
    et al. 1998, Efficient BackProp, section 4.3).
    """
    return _split(*_images(), TRAINING_DIGITS)


def spirals(n: int, *, turns: float, noise: float, rng: np.random.Generator) -> Dataset:
    """Two interleaved spiral arms in the plane: n examples to train on, n // 4 held out.

    Each arm winds `turns` times from the center to radius 1; `noise` is the standard deviation
    added to both coordinates, in units of that radius.  Labels alternate between 0 and 1.

    Raises ValueError for n below 8, or turns or noise negative or not finite.
    """
    n = whole("n", n, 8)
    for name, value in (("turns", turns), ("noise", noise)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be finite and not negative, not {value!r}")
    total = n + n // 4
    y = np.arange(total) % 2
    radius = np.sqrt(rng.random(total))  # even in area, so that the outer winding is not sparse
    angle = 2 * np.pi * turns * radius + np.pi * y
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (total, 2)
    x += noise * rng.standard_normal((total, 2))
    return _standardized(x, y, n)


@cache
def two_spirals() -> Dataset:
    """The spirals that a page trains on: 480 examples and 120 held out, always the same draw."""
    return spirals(480, turns=1.25, noise=0.03, rng=np.random.default_rng(0))


DATASETS: Mapping[str, Callable[[], Dataset]] = MappingProxyType(
    {"digits": digits, "pixels": pixels, "spirals": two_spirals}
)


def _images() -> tuple[np.ndarray, np.ndarray]:
    """The digits' pixels, (1797, 64), and their labels, as the file holds them."""
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        return file["images"].astype(np.float64), file["labels"].astype(np.int64)


def _standardized(x: np.ndarray, y: np.ndarray, n_train: int) -> Dataset:
    mean, std = x[:n_train].mean(axis=0), x[:n_train].std(axis=0)
    constant = np.ptp(x[:n_train], axis=0) == 0
    x = (x - mean) * np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, std))
    return _split(x, y, n_train)


def _split(x: np.ndarray, y: np.ndarray, n_train: int) -> Dataset:
    parts = x[:n_train], y[:n_train], x[n_train:], y[n_train:]
    for part in parts:
        part.setflags(write=False)
    return Dataset(*parts)
