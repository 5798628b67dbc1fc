#!/usr/bin/env bash
# Guess, written down first: optax sums a gradient's squares in the gradient's own format, so large
# float16 gradients overflow. In bfloat16, which has the range of float32, the global norm is only as
# coarse as the format: off by half a percent, and clipping by it as well.
#
# Seen, optax 0.2.8 with JAX 0.10.2: each array is summed well, but the arrays' sums are added one
# after another in bfloat16, with its 8 bits. The norm of n arrays of norm 1 is √n up to 256 of them,
# and 16 for ever after: of 1,000 it says 16 instead of 31.6, compiled or not, and
# clip_by_global_norm(1) leaves a norm of 1.98. The deeper a network, the less of it is clipped. The
# order counts too: behind one array of norm 16, 300 of norm 1 weigh nothing; before it, 256 do.
# PyTorch 2.13.0 says 31.6: it puts the arrays' norms into one tensor and takes the norm of that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet optax==0.2.8 jax==0.10.2 torch==2.13.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch


def norm(tree) -> float:
    return float(np.sqrt(sum((np.asarray(a, np.float64) ** 2).sum() for a in tree)))


def ones(count, size=1):
    return [jnp.ones(size, jnp.bfloat16)] * count


print("optax", optax.__version__, "JAX", jax.__version__, "PyTorch", torch.__version__)
for count in (100, 256, 300, 1000):
    tree = ones(count)
    said = float(optax.global_norm(tree)), float(jax.jit(optax.global_norm)(tree))
    theirs = [torch.ones(1, dtype=torch.bfloat16)] * count
    torch_said = float(torch.nn.utils.get_total_norm(theirs))
    print(f"{count} arrays of norm 1: {norm(tree):.4g}; optax {said[0]}, compiled {said[1]}; "
          f"PyTorch {torch_said}")
    assert said == (min(count, 256) ** 0.5,) * 2
    assert abs(torch_said / norm(tree) - 1) < 2**-8

large, small = ones(1, 256), ones(300)
behind, before = float(optax.global_norm(large + small)), float(optax.global_norm(small + large))
print(f"one of norm 16 and 300 of norm 1: {norm(large + small):.4g}; behind it {behind}, "
      f"before it {before}")
assert (behind, before) == (16.0, 22.625)

clip = optax.clip_by_global_norm(1.0)
clipped, _ = clip.update(ones(1000), clip.init(None))
print(f"1,000 arrays, clipped to a norm of 1: {norm(clipped):.3f}")
assert 1.97 < norm(clipped) < 1.98
PYTHON
