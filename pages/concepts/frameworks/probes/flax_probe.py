"""What Flax does when nothing is said: its newer layers (nnx) and its older ones (linen)."""

from itertools import count

import flax
import jax
import jax.numpy as jnp
import numpy as np
import record
from flax import linen, nnx

seeds = count()


def rngs():
    return nnx.Rngs(next(seeds))


def linear(n_in, n_out):
    layer = nnx.Linear(n_in, n_out, rngs=rngs())
    return np.array(layer.kernel[...]), np.array(layer.bias[...])


def linen_dense(n_in, n_out):
    made = linen.Dense(n_out).init(jax.random.key(next(seeds)), np.zeros((1, n_in), "f"))["params"]
    return np.array(made["kernel"]), np.array(made["bias"])


def groups(c):
    layer = nnx.Conv(c, c, (3, 3), feature_group_count=c, rngs=rngs())
    return np.array(layer.kernel[...])


record.dense("nnx.Linear", linear)
record.dense("linen.Dense", linen_dense)
record.depthwise("nnx.Conv(groups)", groups)

H = record.HIDDEN
zero, one = np.zeros((1, H), "f"), np.ones((1, H), "f")
x = np.zeros((1, H), "f")


def linen_gates():
    made = linen.LSTMCell(H).init(jax.random.key(next(seeds)), (zero, zero), x)["params"]
    return [np.array(made[name]["kernel"]) for name in ("hi", "hf", "hg", "ho")]


record.lstm("linen.LSTMCell", linen_gates)
plain = linen.LSTMCell(H)
made = plain.init(jax.random.key(0), (one, zero), x)
record.value(
    "lstm keeps of its cell", "linen.LSTMCell", np.mean(plain.apply(made, (one, zero), x)[0][0])
)

for name in ("LSTMCell", "OptimizedLSTMCell"):

    def gates(name=name):
        cell = getattr(nnx, name)(H, H, rngs=rngs())
        if name == "OptimizedLSTMCell":  # one layer for all gates
            return np.split(np.array(cell.dense_h.kernel[...]), 4, axis=1)
        return [np.array(getattr(cell, gate).kernel[...]) for gate in ("hi", "hf", "hg", "ho")]

    record.lstm(f"nnx.{name}", gates)
    cell = getattr(nnx, name)(H, H, rngs=rngs())
    record.value("lstm keeps of its cell", f"nnx.{name}", np.mean(cell((one, zero), x)[0][0]))

prelu = linen.PReLU()
minus = np.array([-1.0], "f")
record.value(
    "prelu slope left", "linen.PReLU", -prelu.apply(prelu.init(jax.random.key(0), minus), minus)[0]
)


def gru_gates():
    cell = nnx.GRUCell(H, H, rngs=rngs())
    return np.split(np.array(cell.dense_h.kernel[...]), 3, axis=1)


def rnn_gates():
    return [np.array(nnx.SimpleCell(H, H, rngs=rngs()).dense_h.kernel[...])]


record.recurrent("gru", "nnx.GRUCell", gru_gates)
record.recurrent("rnn", "nnx.SimpleCell", rnn_gates)

drop = nnx.Dropout(0.5, rngs=nnx.Rngs(0))
block = nnx.remat(lambda drop, x: drop(x))


def masked(w, drop):
    out = block(drop, w)
    return jnp.sum((out - 1) ** 2 / 2), out


gradient, out = nnx.grad(masked, has_aux=True)(jnp.ones(record.MASKED), drop)
record.recomputed("nnx.remat", out, gradient)
record.done(flax.__version__)
