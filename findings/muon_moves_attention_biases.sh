#!/usr/bin/env bash
# Guess, written down first: Muon is for matrices, and biases go to its Adam. A library that sorts them
# for the user sends the four kernels of an attention layer to Muon and its four biases to Adam, as it
# does with those of a dense layer.
#
# Seen, Keras 3.15.1 and optax 0.2.8 with Flax 0.12.8: the other way round. Both sort by the number of
# axes, and both libraries keep attention by heads: a kernel has three axes, (64, 4, 16), so Adam moves
# it; the biases of query, key and value have two, (4, 16), so Muon takes each for a matrix and brings
# its singular values near one size. The key's bias is moved as far as the query's, though the softmax
# takes out all that it does: its gradient is rounding, less than a millionth of the query's. The dense
# layer beside it is sorted as guessed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 optax==0.2.8 flax==0.12.8 numpy==2.4.6
KERAS_BACKEND=jax "$folder/env/bin/python" - <<'PYTHON'
import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax

x = np.random.default_rng(0).standard_normal((8, 16, 64)).astype("float32")


def by(move):
    """Which rule made a first move: Adam's has entries of one length, Muon's has not."""
    length = np.abs(np.asarray(move))
    return "Adam" if np.ptp(np.quantile(length, [0.2, 0.8])) < 0.02 * length.max() else "Muon"


def rms(a):
    return float(np.sqrt(np.mean(np.square(np.asarray(a)))))


def in_keras():
    """(move, gradient) of each parameter by its path."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 64))
    h = keras.layers.MultiHeadAttention(4, 16, name="attention")(inputs, inputs)
    model = keras.Model(inputs, keras.layers.Dense(64, name="dense")(h))
    variables, others = model.trainable_variables, model.non_trainable_variables

    def loss(values):
        y, _ = model.stateless_call(values, [v.value for v in others], x)
        return jnp.mean((y - x) ** 2)

    before = [v.value for v in variables]
    gradients = jax.grad(loss)(before)
    rule = keras.optimizers.Muon(1.0, weight_decay=None, adam_weight_decay=None)
    rule.apply(gradients, variables)
    moves = [v.value - b for v, b in zip(variables, before)]
    return {v.path: (m, g) for v, m, g in zip(variables, moves, gradients)}


def in_flax():
    """The same, by optax."""

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            h = nn.MultiHeadDotProductAttention(num_heads=4, name="attention")(x, x)
            return nn.Dense(64, name="dense")(h)

    net = Net()
    params = net.init(jax.random.key(0), x)["params"]
    gradients = jax.grad(lambda p: jnp.mean((net.apply({"params": p}, x) - x) ** 2))(params)
    rule = optax.contrib.muon(1.0, weight_decay=0.0, adam_weight_decay=0.0)
    moves, _ = rule.update(gradients, rule.init(params), params)
    flat = jax.tree_util.tree_leaves_with_path(moves)
    paths = ["/".join(key.key for key in path) for path, _ in flat]
    return {p: (m, g) for p, (_, m), g in zip(paths, flat, jax.tree.leaves(gradients))}


for name, found in (("Keras", in_keras()), ("Flax", in_flax())):
    print(name)
    for path, (move, gradient) in found.items():
        print(f"  {path:30} {str(move.shape):12} gradient {rms(gradient):.0e}  {by(move)}")
    kinds = {path: by(move) for path, (move, _) in found.items()}
    for which in ("query", "key", "value"):
        assert kinds[f"attention/{which}/kernel"] == "Adam", which
        assert kinds[f"attention/{which}/bias"] == "Muon", which
    assert kinds["dense/kernel"] == "Muon" and kinds["dense/bias"] == "Adam"
    key, query = found["attention/key/bias"], found["attention/query/bias"]
    assert rms(key[1]) < 1e-5 * rms(query[1]), "the gradient of the key's bias is rounding"
    assert 0.5 < rms(key[0]) / rms(query[0]) < 2, "and its move is as long as the query's"
print("as stated")
PYTHON
