"""What Equinox does when nothing is said."""

from itertools import count

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import record

seeds = count()
H = record.HIDDEN


def key():
    return jax.random.key(next(seeds))


def linear(n_in, n_out):
    layer = eqx.nn.Linear(n_in, n_out, key=key())
    return np.array(layer.weight), np.array(layer.bias)


record.dense("nn.Linear", linear)
record.depthwise(
    "nn.Conv2d(groups)", lambda c: np.array(eqx.nn.Conv2d(c, c, 3, groups=c, key=key()).weight)
)


def cell():
    return eqx.nn.LSTMCell(H, H, key=key())


record.lstm("nn.LSTMCell", lambda: np.split(np.array(cell().weight_hh), 4))
kept = [cell()(jnp.zeros(H), (jnp.zeros(H), jnp.ones(H)))[1].mean() for _ in range(20)]
record.value("lstm keeps of its cell", "nn.LSTMCell", np.mean(kept))
record.value("prelu slope left", "nn.PReLU", -eqx.nn.PReLU()(jnp.array([-1.0]))[0])
record.recurrent(
    "gru",
    "nn.GRUCell",
    lambda: np.split(np.array(eqx.nn.GRUCell(H, H, key=key()).weight_hh), 3),
)

drop, ones, mask = eqx.nn.Dropout(0.5), jnp.ones(record.MASKED), key()


def masked(w):
    out = eqx.filter_checkpoint(lambda x: drop(x, key=mask))(w)
    return jnp.sum((out - 1) ** 2 / 2), out


(_, out), gradient = jax.value_and_grad(masked, has_aux=True)(ones)
record.recomputed("filter_checkpoint", out, gradient)
record.done(eqx.__version__)
