"""Number formats: what a float of few bits can hold, and rounding to it.

Sources: IEEE 754-2019 (float64, float32, float16); Google's bfloat16, as in Kalamkar et al. 2019;
"FP8 formats for deep learning", Micikevicius et al. 2022, and the OCP 8-bit floating point
specification (OFP8), 2023 (float8_e4m3fn, float8_e5m2).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Format:
    """A binary floating-point format, as `source` defines it.

    precision: significand bits with the leading one. lowest, highest: the exponents of the smallest
    and the largest binade of normal numbers. largest: the largest number. overflow: what a larger
    one becomes. native: the NumPy type that is this format, if there is one.
    """

    name: str
    label: str
    bits: int
    precision: int
    lowest: int
    highest: int
    largest: float
    overflow: float  # infinity or NaN
    source: str
    native: type | None = None

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.lowest

    @property
    def smallest(self) -> float:
        """The smallest number above 0, a subnormal."""
        return 2.0 ** (self.lowest - self.precision + 1)

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number."""
        return 2.0 ** (1 - self.precision)


def _ieee(
    name: str,
    label: str,
    bits: int,
    precision: int,
    highest: int,
    source: str = "IEEE 754-2019",
    native: type | None = None,
) -> Format:
    largest = (2 - 2.0 ** (1 - precision)) * 2.0**highest
    lowest = 1 - highest
    return Format(name, label, bits, precision, lowest, highest, largest, np.inf, source, native)


_BRAIN, _OFP8 = "Kalamkar et al. 2019", "Micikevicius et al. 2022; OCP OFP8, 2023"


FORMATS = {
    f.name: f
    for f in (
        _ieee("float64", "float64", 64, 53, 1023, native=np.float64),
        _ieee("float32", "float32", 32, 24, 127, native=np.float32),
        _ieee("float16", "float16", 16, 11, 15),  # NumPy's own takes twice as long
        _ieee("bfloat16", "bfloat16", 16, 8, 127, _BRAIN),
        _ieee("float8_e5m2", "float8 e5m2", 8, 3, 15, _OFP8),
        # No infinity: its place, but for one pattern that is NaN, holds numbers.
        Format("float8_e4m3fn", "float8 e4m3", 8, 4, -6, 8, 448.0, np.nan, _OFP8),
    )
}


def as_floats(a: npt.ArrayLike) -> np.ndarray:
    """The numbers of `a` in the format that they are computed in: float32 where they come in it,
    float64 whatever else they come in."""
    a = np.asarray(a)
    return a if a.dtype == np.float32 else np.asarray(a, dtype=np.float64)


def rounded(
    x: npt.ArrayLike, form: Format, *, subnormals: bool = True, saturate: bool = False
) -> np.ndarray:
    """x in another format, as float64: to the nearest number, halfway cases to the even one.

    subnormals: whether the format keeps numbers below its smallest normal one; some processors and
    libraries make them 0. saturate: what is too large, infinity too, becomes the largest number.
    """
    x = np.asarray(x, dtype=np.float64)
    if form.native is np.float64:
        y = x
    elif form.native is not None:
        with np.errstate(over="ignore"):
            y = x.astype(form.native).astype(np.float64)
    else:
        y = _to_precision(x, form)
    if saturate:
        y = np.where(
            np.isnan(x), x, np.clip(np.where(np.isnan(y), x, y), -form.largest, form.largest)
        )
    if not subnormals:
        y = np.where(np.abs(y) < form.smallest_normal, np.copysign(0.0, y), y)
    return y


def _to_precision(x: np.ndarray, form: Format) -> np.ndarray:
    size = np.abs(x)
    # Normal numbers: to the bits that are kept, on the integers that float64 numbers are in order.
    cut, bits = 53 - form.precision, size.view(np.int64)
    kept = bits >> cut
    kept &= 1  # halfway to the even one
    kept += bits
    kept += (1 << (cut - 1)) - 1
    kept &= -(1 << cut)
    y = kept.view(np.float64)
    small = size < form.smallest_normal
    if small.any():  # subnormal numbers are multiples of the smallest, as is what is near `shift`
        shift = 1.5 * 2.0**52 * form.smallest
        y = np.where(small, (size + shift) - shift, y)
    if not size.max(initial=0.0) <= form.largest:  # too large, infinite or NaN
        y = np.where(y > form.largest, form.overflow, y)
        y = np.where(np.isnan(x), x, y)
    return np.copysign(y, x)


def too_large(form: Format) -> tuple[float, bool]:
    """Halfway from the largest number to what would be the next, and whether that is too large."""
    edge = np.float64(form.largest)
    with np.errstate(over="ignore"):  # of float64 there is nothing between
        edge += 2.0 ** (form.highest - form.precision)
    return float(edge), not np.isfinite(rounded(edge, form))


def room(form: Format) -> float:
    """The powers of two between what becomes 0 in a format and what is too large for it."""
    edge, _ = too_large(form)
    top = form.largest if np.isinf(edge) else edge
    return float(np.log2(top) - np.log2(form.smallest) + 1)  # half the smallest is rounded up to it


def stochastic(x: npt.ArrayLike, form: Format, rng: np.random.Generator) -> np.ndarray:
    """x in another format, up or down by chance so that the mean is x (Gupta et al. 2015, in fixed
    point).

    For finite numbers within the format's range.
    """
    x = np.asarray(x, dtype=np.float64)
    if form.native is np.float64:
        return x.copy()  # it has no neighbors that are nearer
    exponent = np.maximum(np.frexp(x)[1] - 1, form.lowest)
    step = np.ldexp(1.0, exponent - form.precision + 1)
    return np.floor(x / step + rng.random(x.shape)) * step
