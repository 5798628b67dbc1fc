#!/usr/bin/env bash
# Guess, written down first: layer norm is there so that the size of its input does not matter. In
# float16 a very small input ends in ε, 1e-5, under the root: forward and back it fades away together.
# What comes out right has a gradient, and libraries that share a formula share that.
#
# Seen, dm-haiku 0.0.17 and jax.nn.standardize of JAX 0.10.2, on a processor: an input whose
# standard deviation is 0.02 is normalized well, to 0.99, and no entry of its gradient is finite. The
# slope of 1/√(v + ε) is (v + ε)^(−3/2)/2, which is beyond 65,504 as soon as v + ε is less than 0.0004;
# that it is multiplied by something as small only afterward does not help. So a norm behind weights
# that are a little small is a loss scale that falls to 0. Equinox 0.13.8 takes the same formula in
# float32 and has the gradient. (So does Flax 0.12.8, unless force_float32_reductions=False.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet jax==0.10.2 dm-haiku==0.0.17 equinox==0.13.8 numpy==2.4.6
JAX_PLATFORMS=cpu "$folder/env/bin/python" - <<'PYTHON'
import equinox
import haiku
import jax
import jax.numpy as jnp
import numpy as np

WIDTH = 64
rng = np.random.default_rng(0)
x = rng.standard_normal(WIDTH)
x = (x - x.mean()) / x.std()  # exactly of standard deviation 1
ahead = rng.standard_normal(WIDTH).astype(np.float16)  # the gradient that comes from ahead

norm = haiku.without_apply_rng(haiku.transform(lambda z: haiku.LayerNorm(-1, True, True)(z)))
params = jax.tree.map(
    lambda p: p.astype(jnp.float16), norm.init(jax.random.key(0), jnp.zeros(WIDTH, jnp.float16))
)
NORMS = {
    "jax.nn.standardize": jax.nn.standardize,
    "Haiku's LayerNorm": lambda z: norm.apply(params, z),
    "Equinox's LayerNorm": equinox.nn.LayerNorm(WIDTH, dtype=jnp.float16),
}
for name, normalized in NORMS.items():
    for size in (1.0, 0.03, 0.018, 0.01):
        z = jnp.array(size * x, jnp.float16)
        out = normalized(z)
        gradient = jax.jit(jax.grad(lambda z: jnp.sum(normalized(z) * ahead)))(z)
        finite = float(np.mean(np.isfinite(np.asarray(gradient, float))))
        said = float(np.std(np.asarray(out, float)))
        print(f"{name:20} input {size:5}: out {said:.3f} as {out.dtype}, finite {finite:.0%}")
        assert out.dtype == jnp.float16 and 0.95 < said < 1.01
        assert finite == (1.0 if size >= 0.03 or name.startswith("Equinox") else 0.0)
PYTHON
