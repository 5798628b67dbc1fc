"""What Haiku does when nothing is said."""

from itertools import count

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import record

seeds = count()
H = record.HIDDEN


def made(module, *inputs):
    """A new module's parameters, by their names, and what it makes of the inputs."""
    parts = hk.transform(lambda *inputs: module()(*inputs))
    parameters = parts.init(jax.random.PRNGKey(next(seeds)), *inputs)
    named = {name: np.array(w) for group in parameters.values() for name, w in group.items()}
    return named, parts.apply(parameters, None, *inputs)


def linear(n_in, n_out):
    found, _ = made(lambda: hk.Linear(n_out), jnp.zeros((1, n_in)))
    return found["w"], found["b"]


record.dense("hk.Linear", linear)
record.depthwise(
    "hk.DepthwiseConv2D",
    lambda c: made(lambda: hk.DepthwiseConv2D(1, 3), jnp.zeros((1, 8, 8, c)))[0]["w"],
)
for name, call, draw in (
    ("truncated_normal(1)", "TruncatedNormal", hk.initializers.TruncatedNormal),
    ("lecun_normal", "VarianceScaling", hk.initializers.VarianceScaling),
    ("orthogonal", "Orthogonal", hk.initializers.Orthogonal),
):

    def drawn(n_in, n_out, draw=draw):
        parts = hk.transform(lambda: draw()((n_in, n_out), jnp.float32))
        return np.array(parts.apply({}, jax.random.PRNGKey(next(seeds))))

    record.named(name, call, drawn)

state = hk.LSTMState(hidden=jnp.zeros((1, H)), cell=jnp.ones((1, H)))


def lstm():
    return made(lambda: hk.LSTM(H), jnp.zeros((1, H)), state)


# rows: the inputs, then the hidden units; columns: the gates
record.lstm("hk.LSTM", lambda: np.split(lstm()[0]["w"][H:], 4, axis=1))
found, (_, after) = lstm()
record.value("lstm keeps of its cell", "hk.LSTM", np.mean(after.cell))
record.value("lstm biases, largest", "hk.LSTM", np.abs(found["b"]).max())


def gru_gates():
    found, _ = made(lambda: hk.GRU(H), jnp.zeros((1, H)), jnp.zeros((1, H)))
    return np.split(found["w_h"], 3, axis=1)


def rnn_gates():
    parts = hk.transform(lambda *inputs: hk.VanillaRNN(H)(*inputs))
    found = parts.init(jax.random.PRNGKey(next(seeds)), jnp.zeros((1, H)), jnp.zeros((1, H)))
    return [np.array(found["vanilla_rnn/linear_1"]["w"])]  # the first one reads the inputs


record.recurrent("gru", "hk.GRU", gru_gates)
record.recurrent("rnn", "hk.VanillaRNN", rnn_gates)


def dropped(w):
    out = hk.remat(lambda x: hk.dropout(hk.next_rng_key(), 0.5, x))(w)
    return jnp.sum((out - 1) ** 2 / 2), out


masked = hk.transform(dropped).apply
ones = jnp.ones(record.MASKED)
(_, out), gradient = jax.value_and_grad(
    lambda w: masked({}, jax.random.PRNGKey(0), w), has_aux=True
)(ones)
record.recomputed("hk.remat", out, gradient)
record.done(hk.__version__)
