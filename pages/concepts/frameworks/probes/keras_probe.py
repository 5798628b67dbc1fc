"""What Keras does when nothing is said, with JAX below it."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import record

keras.utils.set_random_seed(0)


def dense(n_in, n_out):
    layer = keras.layers.Dense(n_out)
    layer.build((None, n_in))
    return np.asarray(layer.kernel), np.array(layer.bias)


def depthwise(c):
    layer = keras.layers.DepthwiseConv2D(3)
    layer.build((None, 8, 8, c))
    return np.asarray(layer.kernel)


def groups(c):
    layer = keras.layers.Conv2D(c, 3, groups=c)
    layer.build((None, 8, 8, c))
    return np.asarray(layer.kernel)


record.dense("layers.Dense", dense)
record.depthwise("layers.DepthwiseConv2D", depthwise)
record.depthwise("layers.Conv2D(groups)", groups)

for name, call in (
    ("he_normal", "he_normal"),
    ("he_uniform", "he_uniform"),
    ("xavier_normal", "glorot_normal"),
    ("lecun_normal", "lecun_normal"),
    ("orthogonal", "orthogonal"),
):
    # a new object for each draw: one draws the same numbers again and again
    record.named(name, call, lambda *n, c=call: np.array(keras.initializers.get(c)(n)))
record.named(
    "truncated_normal(1)",
    "TruncatedNormal(stddev=1)",
    lambda *n: np.array(keras.initializers.TruncatedNormal(stddev=1.0)(n)),
)


def cell():
    made = keras.layers.LSTMCell(record.HIDDEN)
    made.build((None, record.HIDDEN))
    return made


record.lstm("layers.LSTM", lambda: np.split(np.asarray(cell().recurrent_kernel), 4, axis=1))
zero, one = np.zeros((1, record.HIDDEN), "f"), np.ones((1, record.HIDDEN), "f")
record.value("lstm keeps of its cell", "layers.LSTM", np.mean(cell()(zero, [zero, one])[1][1]))

x = np.array([-1.0], "f")
for call, f in (
    ("layers.LeakyReLU", keras.layers.LeakyReLU()),
    ("'leaky_relu'", keras.activations.get("leaky_relu")),
    ("ops.leaky_relu", keras.ops.leaky_relu),
):
    record.value("leaky_relu slope left", call, -np.array(f(x))[0])
    record.value("leaky_relu slope right", call, np.array(f(-x))[0])
prelu = keras.layers.PReLU()
record.value("prelu slope left", "layers.PReLU", -np.array(prelu(x[None]))[0, 0])
for call, f in (("'gelu'", keras.activations.get("gelu")), ("ops.gelu", keras.ops.gelu)):
    record.value("gelu(-2)", call, np.array(f(2 * x))[0])


# last of what is drawn, so that those before them keep their draws
for kind, call, layer, gates in (
    ("gru", "layers.GRU", keras.layers.GRUCell, 3),
    ("rnn", "layers.SimpleRNN", keras.layers.SimpleRNNCell, 1),
):

    def recurrent(layer=layer, gates=gates):
        made = layer(record.HIDDEN)
        made.build((None, record.HIDDEN))
        return np.split(np.asarray(made.recurrent_kernel), gates, axis=1)

    record.recurrent(kind, call, recurrent)


def clip(**how):
    def clipped(*arrays):
        variables = [keras.Variable(np.zeros_like(a)) for a in arrays]
        optimizer = keras.optimizers.SGD(1.0, **how)
        optimizer.build(variables)
        optimizer.apply([keras.ops.convert_to_tensor(a) for a in arrays], variables)
        return [0 - np.array(v) for v in variables]

    return clipped


record.clip("SGD(clipnorm)", clip(clipnorm=record.LIMIT))
record.clip("SGD(global_clipnorm)", clip(global_clipnorm=record.LIMIT))


def by_muon(variable):
    """How far Muon moves it at its first step, a gradient of noise given."""
    optimizer = keras.optimizers.Muon(1.0, weight_decay=None, adam_weight_decay=None)
    optimizer.build([variable])
    before = np.array(variable)
    noise = np.random.default_rng(0).standard_normal(before.shape).astype("f")
    optimizer.apply([keras.ops.convert_to_tensor(noise)], [variable])
    return np.array(variable) - before


attention = keras.layers.MultiHeadAttention(4, 16)
attention.build((None, 8, 64), (None, 8, 64))
for weight in ("kernel", "bias"):
    of_query = next(v for v in attention.weights if v.path.endswith(f"query/{weight}"))
    record.first_move(f"MultiHeadAttention, {weight}", by_muon(of_query))
square = keras.layers.Dense(64)
square.build((None, 64))
record.first_move("Dense, kernel", by_muon(square.kernel))

drop = keras.layers.Dropout(0.5, seed=1)
drop.build((record.MASKED,))
state = [v.value for v in drop.non_trainable_variables]
block = keras.remat(lambda x: drop.stateless_call([], state, x, training=True)[0])


def masked(w):
    out = block(w)
    return jnp.sum((out - 1) ** 2 / 2), out


(_, out), gradient = jax.value_and_grad(masked, has_aux=True)(jnp.ones(record.MASKED))
record.recomputed("remat, on JAX", out, gradient)
record.done(keras.__version__)
