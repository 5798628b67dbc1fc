#!/usr/bin/env bash
# Guess, written down first: NumPy sorts NaN to the end, and so it does for ml_dtypes' bfloat16 and
# float8, which are NumPy types: np.max and np.argmax find a NaN in them, and jax.numpy, which has
# the same formats, sorts them right. One NaN among a thousand gradients costs one place.
#
# Seen, ml_dtypes 0.6.0 with NumPy 2.4.6: one NaN, and the array is not sorted. ml_dtypes says
# "neither less nor greater" of NaN and any number, which NumPy takes for equal. So np.sort,
# np.argsort, np.partition and np.unique go wrong without a word: 3, 1, NaN, 2, 0.5, −1 is "sorted"
# to 1, 3, NaN, −1, 0.5, 2. Of 200 arrays of a hundred gradients, each with one NaN at a random
# place, 199 are not in order afterward in bfloat16, and 197 in float8. The ten largest, as a
# compression of gradients takes them from np.argsort, are the wrong ones in 17 and 13, and
# np.unique lists numbers twice. The functions that are there for NaN do not help: np.nanmax is
# right, np.nanmean and np.nansum are NaN, and np.nan_to_num leaves it (that last is known). In
# float16 and float32 all of these are right, and so is jax.numpy's sort of bfloat16.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet ml_dtypes==0.6.0 numpy==2.4.6 jax==0.10.2
JAX_PLATFORMS=cpu "$folder/env/bin/python" -W ignore - <<'PYTHON'
import jax.numpy as jnp
import ml_dtypes
import numpy as np

print("NumPy", np.__version__, "ml_dtypes", ml_dtypes.__version__)
few = np.array([3, 1, np.nan, 2, 0.5, -1])
rng = np.random.default_rng(0)
TIMES, COUNT = 200, 100


def is_sorted(x) -> bool:
    """As NumPy promises: rising, NaN last."""
    x = np.asarray(x).astype(np.float64)
    count = int(np.isnan(x).sum())
    numbers = x[: len(x) - count]
    return bool(np.all(numbers[1:] >= numbers[:-1]))


for form in (np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn):
    right = form in (np.float32, np.float16)
    unsorted, incomplete, twice = 0, 0, 0
    for _ in range(TIMES):
        at = rng.integers(COUNT)
        x = rng.standard_normal(COUNT).astype(form)
        assert is_sorted(np.sort(x)), "without a NaN"
        x[at] = np.nan
        unsorted += not is_sorted(np.sort(x))
        size = np.abs(np.delete(x, at).astype(np.float64))
        largest = [i for i in np.argsort(np.abs(x))[::-1] if i != at][:10]
        incomplete += min(abs(float(x[i])) for i in largest) < np.sort(size)[-10]
        numbers = [float(v) for v in np.unique(x) if v == v]
        twice += len(numbers) > len({*numbers})
        assert np.argmax(x) == at and np.isnan(float(np.max(x)))
        assert np.nanmax(x) == np.nanmax(x.astype(np.float32))
        assert np.isnan(float(np.nanmean(x))) != right and np.isnan(float(np.nansum(x))) != right
    in_order = np.sort(few.astype(form)).astype(float).tolist()
    print(f"{np.dtype(form).name:14} {in_order}; of {TIMES}: "
          f"{unsorted} not sorted, {incomplete} with a wrong ten largest, {twice} not unique")
    if right:
        assert unsorted == incomplete == twice == 0
    else:
        assert unsorted > TIMES / 2 and incomplete > 5 and twice > 10

sorted_few = np.sort(few.astype(ml_dtypes.bfloat16)).astype(float)
np.testing.assert_array_equal(sorted_few, [1, 3, np.nan, -1, 0.5, 2])
assert is_sorted(jnp.sort(jnp.asarray(few, jnp.bfloat16)))
PYTHON
