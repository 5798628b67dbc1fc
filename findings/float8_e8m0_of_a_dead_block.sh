#!/usr/bin/env bash
# Guess, written down first: float8_e8m0fnu, the scale of a block in the microscaling formats, holds
# powers of two alone. It has no 0, so 0 becomes its smallest, 2⁻¹²⁷, as in any format a number below
# the range would; and as it has no sign, a negative number is NaN. PyTorch and JAX share the
# format's name, and so its casts.
#
# Seen, PyTorch 2.13.0 and ml_dtypes 0.6.0, whose casts JAX 0.10.2 has too, compiled or not: in
# ml_dtypes 0 is NaN, and so is what is negative, −0 included. In PyTorch 0 is 2⁻¹²⁷, and −3 is 4: the
# sign is dropped without a word. All round to the nearest power of two, and 1.5 up. So a block of
# gradients that are all 0, as behind a dead unit, scaled by its largest entry, comes back as zeros
# from PyTorch's cast and as NaN from JAX's, and from there all of the network is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 jax==0.10.2 ml_dtypes==0.6.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import torch

x = np.array([0.0, -0.0, -3.0, 1.49, 1.5, 3.0, 1e-45], np.float32)
by = {
    "ml_dtypes": x.astype(ml_dtypes.float8_e8m0fnu).astype(np.float32),
    "JAX": np.asarray(jnp.asarray(x).astype(jnp.float8_e8m0fnu).astype(jnp.float32)),
    "JAX, compiled": np.asarray(
        jax.jit(lambda a: a.astype(jnp.float8_e8m0fnu).astype(jnp.float32))(x)
    ),
    "PyTorch": torch.tensor(x).to(torch.float8_e8m0fnu).float().numpy(),
}
print("PyTorch", torch.__version__, "ml_dtypes", ml_dtypes.__version__, "JAX", jax.__version__)
print(f"{'of':14}", *(f"{value:>9.3g}" for value in x))
for name, found in by.items():
    print(f"{name:14}", *(f"{value:9.3g}" for value in found))
least = np.float32(2.0**-127)
positive = [1.0, 2.0, 4.0, least]
for name in ("ml_dtypes", "JAX", "JAX, compiled"):
    np.testing.assert_array_equal(by[name], [np.nan] * 3 + positive)
np.testing.assert_array_equal(by["PyTorch"], [least, least, 4.0, *positive])

dead = np.zeros(32, np.float32)
largest = np.abs(dead).max()
scales = {
    "PyTorch": torch.tensor(largest).to(torch.float8_e8m0fnu).float().numpy(),
    "JAX": np.asarray(jnp.asarray(largest).astype(jnp.float8_e8m0fnu).astype(jnp.float32)),
}
back = {name: (dead / scale).astype(ml_dtypes.float8_e4m3fn).astype(np.float32) * scale
        for name, scale in scales.items()}
for name, block in back.items():
    print(f"a block of 32 zeros, scaled by {name}'s cast and back: {np.unique(block)}")
assert (back["PyTorch"] == 0).all() and np.isnan(back["JAX"]).all()
PYTHON
