#!/usr/bin/env bash
# Guess, written down first: GELU of a large number is that number, and its slope is 1. Its tanh form
# takes x³, which float16 does not hold from 41 on; but the tanh of infinity is 1, so nothing is lost,
# neither forward nor back.
#
# Seen, JAX 0.10.2 on a processor: forward it is so. The slope is 1 up to 147, and from 148 on, and
# from −148 down, it is not a number, compiled or not: 3x² has become infinite there, and is multiplied
# by the slope of tanh, which is 0. In float16 jax.nn.gelu, whose tanh form is the default, so passes
# an activation of 200 on as 200 and makes its gradient NaN; a loss scale that adapts is halved for
# it, and again, though no gradient was too large. With approximate=False it is 1 up to the format's
# end.
# In bfloat16 and float32, where x² has room, all is well. PyTorch 2.13.0 computes GELU of float16 in
# float32, in both forms, and its slope is 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet jax==0.10.2 numpy==2.4.6
"$folder/env/bin/pip" install --quiet torch==2.13.0
JAX_PLATFORMS=cpu "$folder/env/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np
import torch


def slopes(x, dtype, **form):
    """Slopes at x, as a batch and compiled, and as a batch and not compiled."""
    slope = jax.vmap(jax.grad(lambda z: jax.nn.gelu(z, **form)))
    batch = jnp.full(8, x, dtype)
    return np.array([jax.jit(slope)(batch), slope(batch)], float)


for x in (41, 147, 148, 200, 1000, -148):
    print(f"{x:5}: gelu {float(jax.nn.gelu(jnp.float16(x))):g}, slope {slopes(x, jnp.float16)[0, 0]:g}")
assert all(float(jax.nn.gelu(jnp.float16(x))) == x for x in (41, 147, 148, 200, 1000))
assert np.all(slopes(41, jnp.float16) == 1) and np.all(slopes(147, jnp.float16) == 1)
assert all(np.isnan(slopes(x, jnp.float16)).all() for x in (148, 200, 1000, -148))
assert np.all(slopes(10_000, jnp.float16, approximate=False) == 1)
assert np.all(slopes(10_000, jnp.bfloat16) == 1) and np.all(slopes(10_000, jnp.float32) == 1)

for form in ("tanh", "none"):
    z = torch.tensor([200.0, 10_000.0], dtype=torch.float16, requires_grad=True)
    torch.nn.functional.gelu(z, approximate=form).sum().backward()
    print("PyTorch,", form, z.grad.tolist())
    assert z.grad.tolist() == [1, 1]
PYTHON
