"""What JAX and Optax do when nothing is said: the functions that the layers of others stand on."""

from itertools import count

import jax
import jax.numpy as jnp
import numpy as np
import optax
import record

seeds = count()


def key():
    return jax.random.key(next(seeds))


init = jax.nn.initializers
for name, call, made in (
    ("he_normal", "initializers.he_normal", init.he_normal()),
    ("he_uniform", "initializers.he_uniform", init.he_uniform()),
    ("xavier_normal", "initializers.glorot_normal", init.glorot_normal()),
    ("lecun_normal", "initializers.lecun_normal", init.lecun_normal()),
    ("truncated_normal(1)", "initializers.truncated_normal(1)", init.truncated_normal(1.0)),
    ("orthogonal", "initializers.orthogonal", init.orthogonal()),
    ("uniform", "initializers.uniform", init.uniform()),
):
    record.named(name, call, lambda *n, m=made: np.array(m(key(), n)))

record.value("leaky_relu slope left", "nn.leaky_relu", -jax.nn.leaky_relu(-1.0))
record.value("leaky_relu slope right", "nn.leaky_relu", jax.nn.leaky_relu(1.0))
record.value("gelu(-2)", "nn.gelu", jax.nn.gelu(-2.0))

for item, call, f, z in (
    ("relu'(0)", "nn.relu", jax.nn.relu, 0.0),
    ("max(x, 0)'(0)", "numpy.maximum", lambda z: jnp.maximum(z, 0.0), 0.0),
    ("max(0, x)'(0)", "numpy.maximum", lambda z: jnp.maximum(0.0, z), 0.0),
    ("leaky_relu'(0)", "nn.leaky_relu", jax.nn.leaky_relu, 0.0),
    ("abs'(0)", "numpy.abs", jnp.abs, 0.0),
    ("hardtanh'(1)", "nn.hard_tanh", jax.nn.hard_tanh, 1.0),
    ("relu6'(6)", "nn.relu6", jax.nn.relu6, 6.0),
    ("elu'(0)", "nn.elu", jax.nn.elu, 0.0),
    *((f"sigmoid'({z:g})", "nn.sigmoid", jax.nn.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, jax.grad(f), z)


def clip(*arrays):
    clipper = optax.clip_by_global_norm(record.LIMIT)
    return clipper.update([jnp.array(a) for a in arrays], clipper.init(None))[0]


record.clip("clip_by_global_norm", clip)


def masked(w):
    out = jnp.where(jax.random.bernoulli(mask, shape=w.shape), 2 * w, 0.0)
    return jnp.sum((out - 1) ** 2 / 2), out


mask, ones = key(), jnp.ones(record.MASKED)
(_, out), gradient = jax.value_and_grad(jax.checkpoint(masked), has_aux=True)(ones)
record.recomputed("checkpoint", out, gradient)
record.done(f"{jax.__version__} + {optax.__version__}")
