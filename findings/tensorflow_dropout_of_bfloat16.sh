#!/usr/bin/env bash
# Guess, written down first: dropout sets the share of the outputs to 0 that it is told, in any
# format, and scales the others so that their mean stays: a mask is zeros and ones, and those every
# format has. In bfloat16 at most the factor 1/(1 − rate) is rounded, by a thousandth or two.
#
# Seen, TensorFlow 2.21.0 and Keras 3.15.1 on it: the random numbers that are compared with the rate
# are drawn in the format of the input. In bfloat16 there are 128 of them, in float16 1,024. So the
# share is the rate rounded up to 1/128: a rate of 0.01 drops 1.6 %, and 0.001 and 0.0001 drop
# 0.8 %, eight and eighty times what was asked. The factor is by the rate that was asked. So the
# mean falls, to 0.992 in one layer, and the gradient, which has the same mask, with it: twenty
# layers at rate 0.01 leave 0.84 of both, and inference, without dropout, has 1. tf.nn.dropout, its
# stateless twin and Keras's layer, also where a mixed policy runs it, are alike. In float32 all is
# as told. Keras on JAX drops the right share in every format; there the factor, rounded twice, is
# 1.0156 instead of 1.0101 in bfloat16, and twenty layers make 1.07 of 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/drop.py" <<'PYTHON'
import keras
import numpy as np
from keras import ops

COUNT = 2_000_000
STEPS = {"bfloat16": 128, "float16": 1024}
library = keras.backend.backend()
print("Keras", keras.__version__, "on", library)


def told(name, form, rate, out, coarse):
    out = np.asarray(ops.convert_to_numpy(ops.cast(out, "float32")), np.float64)
    dropped, mean = float(np.mean(out == 0)), float(out.mean())
    print(f"{name:32} {form:8} rate {rate:6g}: dropped {dropped:8.5f}, mean {mean:.4f}")
    share = np.ceil(rate * STEPS[form]) / STEPS[form] if coarse else rate
    assert abs(dropped - share) < 6 * np.sqrt(share / COUNT), (dropped, share)


for form in ("bfloat16", "float16", "float32"):
    ones = ops.ones(COUNT, form)
    coarse = library == "tensorflow" and form in STEPS
    for rate in (0.5, 0.1, 0.01, 0.005, 0.001, 0.0001):
        layer = keras.layers.Dropout(rate, seed=1, dtype=form)
        told("Keras's Dropout", form, rate, layer(ones, training=True), coarse)
        if library == "tensorflow":
            import tensorflow as tf

            tf.random.set_seed(0)
            stateless = tf.nn.experimental.stateless_dropout(ones, rate, seed=(1, 2))
            told("tf.nn.dropout", form, rate, tf.nn.dropout(ones, rate), coarse)
            told("tf.nn.experimental.stateless_…", form, rate, stateless, coarse)

mixed = keras.Sequential(
    [keras.layers.Dropout(0.01, seed=s, dtype="mixed_bfloat16") for s in range(20)]
)
through = ops.convert_to_numpy(ops.cast(mixed(ops.ones((1, COUNT)), training=True), "float32"))
print(f"through 20 layers at rate 0.01 in mixed_bfloat16: mean {through.mean():.3f}")
assert abs(through.mean() - (0.84 if library == "tensorflow" else 1.07)) < 0.01
PYTHON
run() { # a virtual environment of its own for each library
  local backend=$1
  shift
  python3 -m venv "$folder/env"
  "$folder/env/bin/pip" install --quiet "$@"
  KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" JAX_PLATFORMS=cpu \
    "$folder/env/bin/python" "$folder/drop.py"
  rm -rf "$folder/env"
}
run jax keras==3.15.1 jax==0.10.2 numpy==2.4.6
run tensorflow keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.4.6
