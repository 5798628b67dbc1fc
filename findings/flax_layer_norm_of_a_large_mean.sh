#!/usr/bin/env bash
# Guess, written down first: a layer norm takes the mean away, so where its input stands does not
# matter. At a mean of 2,000 and a standard deviation of 1, float32 keeps three digits of what
# differs: each library's output has the deviation 1 within a percent, and its gradient the right size.
#
# Seen, Flax 0.12.8 (Linen) on JAX 0.10.2, on a processor: the output of LayerNorm and of GroupNorm is
# 1,000 times as large, and the gradient nearly 10⁸ times. At a mean of 4,000 and 10,000 both come out too
# small, at 30,000 1,000 times too large again. They take the variance as the mean of the squares
# less the square of the mean. The squares are 4 million, where float32 goes in steps of ¼ to ½: the
# difference is 0 or a few steps, and where it is 0 only ε = 10⁻⁶ is left under the root.
# jax.nn.standardize does the same with its ε of 10⁻⁵: 316 times, and 3×10⁶ times the gradient.
# Haiku 0.0.17 and Equinox 0.13.8 are right at all of these, and so is Flax where it is told
# use_fast_variance=False. So in one framework a stack behind a bias that drifts explodes at its norm,
# the layer that is there to prevent that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet \
  jax==0.10.2 flax==0.12.8 dm-haiku==0.0.17 equinox==0.13.8 numpy==2.4.6
JAX_PLATFORMS=cpu "$folder/env/bin/python" - <<'PYTHON'
import equinox
import flax.linen
import haiku
import jax
import jax.numpy as jnp
import numpy as np

WIDTH = 64
rng = np.random.default_rng(0)
x = rng.standard_normal(WIDTH)
x = (x - x.mean()) / x.std()  # exactly of mean 0 and standard deviation 1
ahead = rng.standard_normal(WIDTH)  # the gradient that comes from ahead
exact = np.linalg.norm(ahead - ahead.mean() - x * (ahead @ x) / WIDTH)


def flax_norm(layer):
    params = layer.init(jax.random.key(0), jnp.zeros((1, WIDTH)))
    return lambda z: layer.apply(params, z[None])[0]


def haiku_norm():
    norm = haiku.without_apply_rng(haiku.transform(lambda z: haiku.LayerNorm(-1, True, True)(z)))
    params = norm.init(jax.random.key(0), jnp.zeros(WIDTH))
    return lambda z: norm.apply(params, z)


NORMS = {
    "Flax LayerNorm": flax_norm(flax.linen.LayerNorm()),
    "Flax GroupNorm of one group": flax_norm(flax.linen.GroupNorm(num_groups=1)),
    "Flax, use_fast_variance=False": flax_norm(flax.linen.LayerNorm(use_fast_variance=False)),
    "jax.nn.standardize": jax.nn.standardize,
    "Haiku LayerNorm": haiku_norm(),
    "Equinox LayerNorm": equinox.nn.LayerNorm(WIDTH),
}
LARGE = {"Flax LayerNorm": (1000, 8), "Flax GroupNorm of one group": (1000, 8)}
LARGE["jax.nn.standardize"] = (316, 6)
for name, normalized in NORMS.items():
    for mean in (100, 2_000, 4_000, 10_000, 30_000):
        z = jnp.array(mean + x, jnp.float32)
        back = jax.grad(lambda z: jnp.sum(normalized(z) * jnp.array(ahead, jnp.float32)))
        out = float(np.std(np.asarray(normalized(z), float)))
        gradient = float(np.linalg.norm(np.asarray(back(z), float))) / exact
        print(f"{name:30} mean {mean:6,}: deviation {out:8.3f}, gradient × {gradient:.3g}")
        if name not in LARGE or mean == 100:
            assert abs(out - 1) < 0.01 and abs(gradient - 1) < 0.01
        elif mean in (2_000, 30_000):
            times, decades = LARGE[name]
            assert abs(out / times - 1) < 0.02 and 10**decades / 2 < gradient < 10 ** (decades + 1)
        else:
            assert out < 0.75 and gradient < 0.75
PYTHON
