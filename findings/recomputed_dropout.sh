#!/usr/bin/env bash
# Guess, written down first: a block whose activations are recomputed on the way back
# (checkpointing, "remat") gives the gradient that it gives without. Dropout in it is recomputed
# with the same mask: PyTorch keeps the state of its random numbers for that, and what a library
# offers for its own layers works with its own Dropout.
#
# Seen, Keras 3.15.1, TensorFlow 2.21.0, MLX 0.32.4: the way back draws another mask. So it is with
# mx.checkpoint and nn.utils.checkpoint, with tf.recompute_grad, in a tf.function too, and with
# keras.remat on TensorFlow. On PyTorch keras.remat is right for Dropout(0.5), and wrong for
# Dropout(0.5, seed=1): who asks for reproducible masks gets other ones. On JAX it is right. The
# documentation of keras.remat and of MLX's checkpoint does not say so, and nothing looks amiss:
# the loss is right. But the mean gradient is that of no dropout.
# What dropout adds to the mean gradient, its pull to small weights, comes from a mask that meets
# itself: for outputs m·w with the target 1 and w = 1, (m − 1)·m is 1 on average, and (m − 1)·m'
# with a second mask is 0. So a network is trained with the noise of dropout, and without what that
# is for. A batch norm in the block counts each batch twice: after one, the moving mean has gone
# 1.9 tenths of the way instead of 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/keras_on.py" <<'PYTHON'
import sys

import keras
import numpy as np
from keras import ops

COUNT = 100_000


def on_torch(block):
    import torch

    weights = torch.ones(1, COUNT, requires_grad=True)
    out = block(weights)
    ((out - 1) ** 2 / 2).sum().backward()
    return out, weights.grad


def on_tensorflow(block):
    import tensorflow as tf

    weights = tf.ones((1, COUNT))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        out = block(weights)
        loss = tf.reduce_sum((out - 1) ** 2 / 2)
    return out, tape.gradient(loss, weights)


def told(name, found, same) -> None:
    """The mean gradient: 1 with the mask of the forward pass, 0 with another one."""
    out, gradient = (np.asarray(ops.convert_to_numpy(a)) for a in found)
    kept = float(np.mean((out != 0) == (gradient != 0)))
    mean = float(gradient.mean())
    print(f"{name:44} masks agree at {kept:4.0%}, mean gradient {mean:5.2f}", flush=True)
    if same:
        assert kept == 1 and abs(mean - 1) < 0.02
    else:
        assert abs(kept - 0.5) < 0.01 and abs(mean) < 0.02


def dropout(seed=None):
    layer = keras.layers.Dropout(0.5, seed=seed)
    layer.build((1, COUNT))
    return layer, lambda x: layer(x, training=True)


library = keras.backend.backend()
print("Keras", keras.__version__, "on", library)
if library == "jax":
    import jax
    import jax.numpy as jnp

    layer, _ = dropout(1)
    state = [v.value for v in layer.non_trainable_variables]
    block = keras.remat(lambda x: layer.stateless_call([], state, x, training=True)[0])
    weights = jnp.ones((1, COUNT))
    gradient = jax.grad(lambda x: jnp.sum((block(x) - 1) ** 2 / 2))(weights)
    told("keras.remat", (block(weights), gradient), True)
    sys.exit()

found = {"torch": on_torch, "tensorflow": on_tensorflow}[library]
told("no recomputation", found(dropout(1)[1]), True)
told("keras.remat", found(keras.remat(dropout()[1])), library == "torch")
told("keras.remat, seed=1", found(keras.remat(dropout(1)[1])), False)
if library == "torch":
    from torch.utils.checkpoint import checkpoint

    drop = __import__("torch").nn.Dropout(0.5)
    told("PyTorch's own", found(lambda x: checkpoint(drop, x, use_reentrant=False)), True)
else:
    import tensorflow as tf

    own = tf.recompute_grad(lambda x: tf.nn.dropout(x, 0.5))
    told("tf.recompute_grad", found(own), False)
    told("tf.recompute_grad in a tf.function", tf.function(lambda: found(own))(), False)

norm = keras.layers.BatchNormalization(momentum=0.9)
norm.build((8, 3))
tens = ops.full((8, 3), 10.0)
block = keras.remat(lambda x: norm(x, training=True))
if library == "torch":
    tens.requires_grad_()
    block(tens).sum().backward()
else:
    with tf.GradientTape() as tape:
        tape.watch(tens)
        out = block(tens)
    tape.gradient(out, tens)
moved = float(ops.convert_to_numpy(norm.moving_mean)[0])
print(f"a batch norm's moving mean after one batch about 10: {moved:.2f}")
assert abs(moved - 1.9) < 1e-5
PYTHON
cat >"$folder/on_mlx.py" <<'PYTHON'
import mlx.core as mx
import mlx.nn as nn

mx.random.seed(0)
drop = nn.Dropout(0.5)
ones = mx.ones((100_000,))
for name, block, same in (
    ("MLX, no recomputation", drop, True),
    ("mx.checkpoint", mx.checkpoint(lambda x: drop(x)), False),
    ("mlx.nn.utils.checkpoint", nn.utils.checkpoint(drop), False),
):
    mean = mx.grad(lambda w: ((block(w) - 1) ** 2 / 2).sum())(ones).mean().item()
    print(f"{name:44} mean gradient {mean:5.2f}")
    assert abs(mean - (1 if same else 0)) < 0.02
PYTHON
run() { # a virtual environment of its own for each library, one at a time
  local script=$1 backend=$2
  shift 2
  python3 -m venv "$folder/env"
  "$folder/env/bin/pip" install --quiet "$@"
  KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" JAX_PLATFORMS=cpu \
    "$folder/env/bin/python" "$folder/$script"
  rm -rf "$folder/env"
}
run on_mlx.py none mlx==0.32.4 mlx-cpu==0.32.4
run keras_on.py jax keras==3.15.1 jax==0.10.2 numpy==2.4.6
run keras_on.py torch keras==3.15.1 torch==2.13.0 numpy==2.4.6
run keras_on.py tensorflow keras==3.15.1 tensorflow-cpu==2.21.0
