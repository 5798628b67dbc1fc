#!/usr/bin/env bash
# Guess, written down first: an embedding's gradient holds the rows that were picked, which saves memory
# and changes no number. A token that occurs a hundred times gives one row, the sum of a hundred, and
# clipping treats it as the gradient that it is: after clipping to 1 its norm is 1 at most.
#
# Seen, TensorFlow 2.21.0 and Keras 3.15.1 on it: the row is kept a hundred times and summed only when
# the weights are moved, after the clipping. tf.linalg.global_norm says 20 of a gradient of norm 200
# (√100 times the norm of one row instead of 100 times), and clipped to 1 its norm is 10, by
# clip_by_global_norm, clip_by_norm, global_clipnorm and clipnorm alike: the more often a token occurs,
# the less it is clipped. By value nothing at all happens: each of the hundred is within ±1, their sum
# of 100 passes. Where occurrences cancel it is the reverse: of a gradient of norm 0.2 the norm is said
# to be 2,828, and clipped to 1 it is 0.00007. Made dense first, the gradient is clipped as guessed.
# PyTorch's gradient of an embedding is dense; the sparse one, which one has to ask for, its clipping
# refuses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet tensorflow-cpu==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" "$folder/env/bin/python" - <<'PYTHON'
import keras
import numpy as np
import tensorflow as tf

print("TensorFlow", tf.__version__, "Keras", keras.__version__)
TOKEN = tf.constant([3] * 100)


def norm(gradient) -> float:
    """Of what the weights are moved by: rows of one token summed."""
    return float(np.linalg.norm(tf.convert_to_tensor(gradient).numpy()))


def gradient(of_picked, tokens=TOKEN):
    weights = tf.Variable(tf.zeros((10, 4)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(weights, tokens) * of_picked)
    return tape.gradient(loss, weights)


g = gradient(1.0)
dense = tf.convert_to_tensor(g)
(clipped,), said = tf.clip_by_global_norm([g], 1.0)
(right,), said_dense = tf.clip_by_global_norm([dense], 1.0)
print(f"norm {norm(g):.1f}, said {float(said):.1f}, clipped to 1: {norm(clipped):.2f}; "
      f"made dense first: said {float(said_dense):.1f}, clipped to {norm(right):.2f}")
assert (norm(g), float(said), float(said_dense)) == (200.0, 20.0, 200.0)
assert abs(norm(clipped) - 10) < 1e-4 and abs(norm(right) - 1) < 1e-5
assert abs(norm(tf.clip_by_norm(g, 1.0)) - 10) < 1e-4
by_value = tf.convert_to_tensor(tf.clip_by_value(g, -1.0, 1.0))
print(f"clipped to ±1: largest entry {float(tf.reduce_max(by_value)):.0f}")
assert float(tf.reduce_max(by_value)) == 100.0

opposite = gradient(tf.constant([[1000.0] * 4, [-999.9] * 4]), [3, 3])
(clipped,), said = tf.clip_by_global_norm([opposite], 1.0)
print(f"two that cancel: norm {norm(opposite):.2f}, said {float(said):.0f}, "
      f"clipped to 1: {norm(clipped):.5f}")
assert 0.19 < norm(opposite) < 0.21 and 2828 < float(said) < 2829 and norm(clipped) < 1e-4

for how, moved in (("global_clipnorm", 10), ("clipnorm", 10), ("clipvalue", 200)):
    layer = keras.layers.Embedding(10, 4, embeddings_initializer="zeros")
    layer.build()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(TOKEN))
    g = tape.gradient(loss, [layer.embeddings.value])
    keras.optimizers.SGD(1.0, **{how: 1.0}).apply(g, [layer.embeddings])
    move = float(np.linalg.norm(layer.embeddings.numpy()))
    print(f"Keras, SGD of rate 1 with {how}=1: moved by {move:.2f}")
    assert abs(move - moved) < 1e-3 * moved
print("as stated")
PYTHON
