#!/usr/bin/env bash
# Guess, written down first: a compiled JAX function may keep more digits than bfloat16 has where it
# converts there and back, as XLA is known to do on a TPU. A float8 it rounds to as NumPy does: who
# converts to float8 and back does so to see what is lost.
#
# Seen, JAX 0.11.2 on an H200: under jit a conversion to float16, float8_e4m3fn or float8_e5m2 and
# back is removed, whether the value passes an addition of 0, a concatenation or a scan in between.
# 500 stays 500 where it is NaN in e4m3fn, 70,000 is finite in float16, a test with isfinite passes,
# and a network that is trained with simulated float8 is trained without it. On a processor the same
# function rounds, and on the GPU it does without jit. reduce_precision rounds everywhere, but not
# as the formats with a "fn" end: it gives infinity where those have NaN.
#
# Needs an NVIDIA GPU. PYTHON may name an interpreter that has this JAX already.
set -euo pipefail
nvidia-smi -L >/dev/null || { echo "no NVIDIA GPU here" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$folder/env"
  "$folder/env/bin/pip" install --quiet "jax[cuda13]==0.11.2"
  PYTHON="$folder/env/bin/python"
fi
XLA_PYTHON_CLIENT_PREALLOCATE=false "$PYTHON" - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np

x = jnp.array([500.0, 1.06, 70_000.0], jnp.float32)
print(jax.__version__, jax.devices()[0].device_kind)
for name in ("float16", "float8_e4m3fn", "float8_e5m2"):
    dtype = getattr(jnp, name)

    def there_and_back(x, dtype=dtype):
        y = jnp.concatenate([x.astype(dtype), x.astype(dtype)]) + jnp.zeros((), dtype)
        return y[:3].astype(jnp.float32)

    rounded = np.asarray(x).astype(dtype).astype(np.float32)
    eager, compiled = there_and_back(x), jax.jit(there_and_back)(x)
    with jax.default_device(jax.devices("cpu")[0]):
        on_a_processor = jax.jit(there_and_back)(np.asarray(x))
    print(f"{name:14} NumPy {rounded}, compiled for the GPU {np.asarray(compiled)}")
    np.testing.assert_array_equal(eager, rounded)
    np.testing.assert_array_equal(on_a_processor, rounded)
    np.testing.assert_array_equal(compiled, x)
    assert bool(jnp.isfinite(compiled).all()) and not np.isfinite(rounded).all()
PYTHON
