"""What MLX does when nothing is said."""

from importlib.metadata import version

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import record
from mlx import optimizers

mx.random.seed(0)
H = record.HIDDEN


def linear(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    return np.array(layer.weight), np.array(layer.bias)


record.dense("nn.Linear", linear)
record.depthwise("nn.Conv2d(groups)", lambda c: np.array(nn.Conv2d(c, c, 3, groups=c).weight))
for name, call in (
    ("he_normal", "he_normal"),
    ("he_uniform", "he_uniform"),
    ("xavier_normal", "glorot_normal"),
    ("orthogonal", "orthogonal"),
):
    fill = getattr(nn.init, call)()
    record.named(name, f"init.{call}", lambda i, o, f=fill: np.array(f(mx.zeros((o, i)))))

record.lstm("nn.LSTM", lambda: np.split(np.array(nn.LSTM(H, H).Wh), 4))
zero, one = mx.zeros((1, H)), mx.ones((1, H))


def kept():
    _, cells = nn.LSTM(H, H)(mx.zeros((1, 1, H)), hidden=zero, cell=one)
    return np.array(cells).mean()


record.value("lstm keeps of its cell", "nn.LSTM", np.mean([kept() for _ in range(20)]))

minus = mx.array([-1.0])
for call, f in (("nn.LeakyReLU", nn.LeakyReLU()), ("nn.leaky_relu", nn.leaky_relu)):
    record.value("leaky_relu slope left", call, -f(minus).item())
    record.value("leaky_relu slope right", call, f(-minus).item())
record.value("prelu slope left", "nn.PReLU", -nn.PReLU()(minus).item())
record.value("gelu(-2)", "nn.GELU", nn.GELU()(2 * minus).item())


def derivative(f):
    return lambda z: mx.grad(lambda x: f(x).sum())(mx.array([z])).item()


for item, call, f, z in (
    ("relu'(0)", "nn.relu", nn.relu, 0.0),
    ("max(x, 0)'(0)", "maximum", lambda z: mx.maximum(z, 0.0), 0.0),
    ("max(0, x)'(0)", "maximum", lambda z: mx.maximum(0.0, z), 0.0),
    ("leaky_relu'(0)", "nn.leaky_relu", nn.leaky_relu, 0.0),
    ("abs'(0)", "abs", mx.abs, 0.0),
    ("hardtanh'(1)", "nn.hard_tanh", nn.HardTanh(), 1.0),
    ("relu6'(6)", "nn.relu6", nn.relu6, 6.0),
    ("elu'(0)", "nn.elu", nn.elu, 0.0),
    *((f"sigmoid'({z:g})", "sigmoid", mx.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)


def clip(*arrays):
    clipped, _ = optimizers.clip_grad_norm([mx.array(a) for a in arrays], record.LIMIT)
    return [np.array(g) for g in clipped]


record.clip("clip_grad_norm", clip)

drop = nn.Dropout(0.5)
for call, block in (
    ("mx.checkpoint", mx.checkpoint(lambda x: drop(x))),
    ("nn.utils.checkpoint", nn.utils.checkpoint(drop)),
):

    def loss(w, block=block):
        out = block(w)
        return ((out - 1) ** 2 / 2).sum(), out

    (_, out), gradient = mx.value_and_grad(loss)(mx.ones(record.MASKED))
    record.recomputed(call, np.array(out), np.array(gradient))
record.done(version("mlx"))
