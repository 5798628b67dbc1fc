#!/usr/bin/env bash
# Guess, written down first: after keras.config.set_floatx("float64") a Keras network computes in
# float64, whatever library is below it; at worst a number that the user makes stays in float32. So
# a gradient of 1e-48, the end of eighty sigmoid layers, arrives as in NumPy.
#
# Seen, Keras 3.15.1 on PyTorch 2.13.0: weights, inputs and the compute_dtype of each layer say
# float64, and the products of a Dense layer are in float32, both ways. The gradients of the first
# layers are exactly 0, without a word. (On TensorFlow 2.21 all is in float64.) And the getter sets: who reads keras.config.dtype_policy() before set_floatx has
# float32 weights in every layer made afterward, and float64 in the optimizer's learning rate.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet keras==3.15.1 torch==2.13.0 numpy==2.4.6
export KERAS_BACKEND=torch KERAS_HOME="$folder" DEPTH=80
"$folder/env/bin/python" - <<'PYTHON'
import os

import keras
import numpy as np

depth = int(os.environ["DEPTH"])
keras.config.set_floatx("float64")
layers = [
    keras.layers.Dense(1, activation="sigmoid", use_bias=False, kernel_initializer="ones")
    for _ in range(depth)
]
network = keras.Sequential([keras.Input((1,)), *layers])
output = network(np.array([[0.5]]))
output.sum().backward()
found = [float(layer.kernel.value.grad) for layer in layers]

a = [np.float64(0.5)]
for _ in range(depth):
    a.append(1 / (1 + np.exp(-a[-1])))
g, right = 1.0, [0.0] * depth
for i in reversed(range(depth)):
    g *= a[i + 1] * (1 - a[i + 1])
    right[i] = g * a[i]  # dJ/dw of layer i; the weights are 1

print("kernel", layers[0].kernel.dtype, "compute_dtype", layers[0].compute_dtype)
print("layers whose gradient is 0:", sum(g == 0 for g in found), "of", depth)
for i in (depth - 1, depth // 2, 0):
    print(f"layer {i + 1}: Keras {found[i]:.3g}, NumPy {right[i]:.3g}")
assert layers[0].kernel.dtype == layers[0].compute_dtype == "float64"
assert 0 < right[0] < 1e-45 and found[:5] == [0.0] * 5 and found[-1] != right[-1]
PYTHON
"$folder/env/bin/python" - <<'PYTHON'
import keras

keras.config.dtype_policy()
keras.config.set_floatx("float64")
dense = keras.layers.Dense(1)
dense.build((None, 1))
rate = keras.optimizers.SGD(0.1).learning_rate
print("after a look at the policy: kernel", dense.kernel.dtype, "learning rate", rate.dtype)
assert (dense.kernel.dtype, rate.dtype) == ("float32", "float64")
PYTHON
