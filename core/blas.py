"""Memory and matrix products as OpenBLAS, the library beneath NumPy's `@`, likes them.

Nothing here changes a number by more than rounding; it is what keeps network.py, which reads as the
mathematics, within reach of PyTorch.
"""

from collections.abc import Iterable
from itertools import groupby
from math import gcd, prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

CACHE_LINE = 64  # bytes
BLOCK = 4_000_000  # numbers: in float64 32 MB
TILE = 32
WORTHWHILE, UNPACKED, PACKED = 100_000, 1_000_000, 10_000_000  # n·k·m, see matmul
HAS_AVX512 = not {"X86_V4", "AVX512_SKX"}.isdisjoint(
    np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", ())
)


Product: TypeAlias = tuple[np.ndarray, ...]  # a, b, out: what np.matmul(*product) is called with


def empty(
    *groups: Iterable[tuple[int, ...]], dtype: npt.DTypeLike = np.float64
) -> list[list[np.ndarray]]:
    """Uninitialized arrays: for every group of shapes the list of its arrays.

    They are cut from few large blocks, because memory fresh from the system costs 0.1 to 0.3 ms
    per MB, often more than the arithmetic: an allocator (here glibc's) keeps blocks of up to 32 MB
    for the next call, up to twice the largest in all. Blocks begin on a cache line, where matrix
    products of 512-bit vectors are up to a quarter faster.
    """
    runs = [[(shape, len(list(run))) for shape, run in groupby(group)] for group in groups]
    missing = sum(count * prod(shape) for group in runs for shape, count in group)
    memory, result = np.empty(0, dtype), []
    for group in runs:
        arrays: list[np.ndarray] = []
        for shape, count in group:
            size = prod(shape)
            while count > 0:
                if len(memory) < size:
                    memory = _block(max(size, min(missing, BLOCK)), dtype)
                fits = min(count, len(memory) // size) if size else count
                arrays.extend(memory[: fits * size].reshape(fits, *shape))
                memory = memory[fits * size :]
                missing -= fits * size
                count -= fits
        result.append(arrays)
    return result


def empty_like(
    *groups: Iterable[np.ndarray], dtype: npt.DTypeLike = np.float64
) -> list[list[np.ndarray]]:
    """`empty` for the shapes of other arrays."""
    return empty(*([array.shape for array in group] for group in groups), dtype=dtype)


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a @ b for stacks (…, n, k) and (…, k, m), as np.matmul(a, b, out=out)."""
    np.matmul(*prepared(a, b, out))


def prepared(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Product:
    """The views that np.matmul(*views) is to be called with, for out = a @ b; the same ones again
    and again where only the numbers in the arrays change.

    On AVX-512 processors OpenBLAS multiplies small matrices without repacking them, 1.2 to 1.7
    times as fast, but only up to n·k·m = UNPACKED, and where a and b are both contiguous along
    the axis summed over, as in dz @ W.T, only up to 1200 outputs. Beyond that, tiles of at most
    32 × 32 outputs meet its conditions, until from PACKED on packing pays; below WORTHWHILE
    cutting them costs more than it saves. The stack plays no part: a member's result does not
    depend on who else is computed.
    """
    (n, k), m = a.shape[-2:], out.shape[-1]
    size = n * m * k
    if HAS_AVX512 and WORTHWHILE < size < PACKED:
        dots = a.strides[-1] == b.strides[-2] == out.itemsize
        rows, columns = gcd(n, TILE), gcd(m, TILE)
        if (size > UNPACKED or (dots and n * m > 1200)) and rows * columns >= 256:
            a = a.reshape(*a.shape[:-2], n // rows, 1, rows, k)
            b = b.reshape(*b.shape[:-2], 1, k, m // columns, columns).swapaxes(-3, -2)
            out = out.reshape(*out.shape[:-2], n // rows, rows, m // columns, columns)
            out = out.swapaxes(-3, -2)
    return a, b, out


def _block(size: int, dtype: npt.DTypeLike) -> np.ndarray:
    line = CACHE_LINE // np.dtype(dtype).itemsize
    memory = np.empty(size + line, dtype)
    start = -(memory.__array_interface__["data"][0] // memory.itemsize) % line
    return memory[start : start + size]
