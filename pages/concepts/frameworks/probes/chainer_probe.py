"""What Chainer does when nothing is said."""

import chainer
import numpy as np
import record
from chainer import functions as F
from chainer import links as L
from chainer import optimizer_hooks

np.random.seed(0)
H = record.HIDDEN


def linear(n_in, n_out):
    layer = L.Linear(n_in, n_out)
    return layer.W.array, layer.b.array


record.dense("links.Linear", linear)
record.depthwise(
    "links.DepthwiseConvolution2D", lambda c: L.DepthwiseConvolution2D(c, 1, 3).W.array
)
record.depthwise(
    "links.Convolution2D(groups)", lambda c: L.Convolution2D(c, c, 3, groups=c).W.array
)
for name, call, initializer in (
    ("he_normal", "HeNormal", chainer.initializers.HeNormal()),
    ("he_uniform", "HeUniform", chainer.initializers.HeUniform()),
    ("xavier_normal", "GlorotNormal", chainer.initializers.GlorotNormal()),
    ("lecun_normal", "LeCunNormal", chainer.initializers.LeCunNormal()),
    ("orthogonal", "Orthogonal", chainer.initializers.Orthogonal()),
):

    def drawn(n_in, n_out, initializer=initializer):
        return chainer.initializers.generate_array(initializer, (n_out, n_in), np, np.float32)

    record.named(name, call, drawn)

zero, one = np.zeros((1, H), "f"), np.ones((1, H), "f")


def lstm():
    layer = L.StatelessLSTM(H, H)
    return layer, layer(one, zero, zero)[0].array  # of a cell of ones


# gates lie beside each other, unit by unit
record.lstm(
    "links.StatelessLSTM", lambda: lstm()[0].lateral.W.array.reshape(H, 4, H).swapaxes(0, 1)
)
record.value("lstm keeps of its cell", "links.StatelessLSTM", lstm()[1].mean())
kept = []
for _ in range(20):
    layer = L.NStepLSTM(1, H, H, 0.0)
    _, cell, _ = layer(zero[None], one[None], [zero])
    kept.append(cell.array.mean())
record.value("lstm keeps of its cell", "links.NStepLSTM", np.mean(kept))


def gru_gates():
    layer = L.StatelessGRU(H, H)
    return [link.W.array for link in (layer.U_r, layer.U_z, layer.U)]


record.recurrent("gru", "links.StatelessGRU", gru_gates)
record.recurrent("rnn", "links.NStepRNNTanh", lambda: [L.NStepRNNTanh(1, H, H, 0.0)[0].w1.array])

minus = np.array([-1.0], "f")
record.value("leaky_relu slope left", "functions.leaky_relu", -F.leaky_relu(minus).array[0])
record.value("leaky_relu slope right", "functions.leaky_relu", F.leaky_relu(-minus).array[0])
record.value("prelu slope left", "links.PReLU", -L.PReLU()(minus[None]).array[0, 0])


def derivative(f):
    def at(z):
        x = chainer.Variable(np.array([z], "f"))
        y = f(x)
        y.grad = np.ones_like(y.array)
        y.backward()
        return x.grad[0]

    return at


nil = np.zeros(1, "f")
for item, call, f, z in (
    ("relu'(0)", "functions.relu", F.relu, 0.0),
    ("max(x, 0)'(0)", "functions.maximum", lambda z: F.maximum(z, nil), 0.0),
    ("max(0, x)'(0)", "functions.maximum", lambda z: F.maximum(nil, z), 0.0),
    ("leaky_relu'(0)", "functions.leaky_relu", F.leaky_relu, 0.0),
    ("abs'(0)", "functions.absolute", F.absolute, 0.0),
    ("hardtanh'(1)", "functions.clip", lambda z: F.clip(z, -1.0, 1.0), 1.0),
    ("relu6'(6)", "functions.relu6", F.relu6, 6.0),
    ("elu'(0)", "functions.elu", F.elu, 0.0),
    *((f"sigmoid'({z:g})", "functions.sigmoid", F.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)


def clip(*arrays):
    link = chainer.Link()
    with link.init_scope():
        link.a, link.b = (chainer.Parameter(np.zeros_like(a)) for a in arrays)
    link.a.grad, link.b.grad = (a.copy() for a in arrays)
    optimizer = chainer.optimizers.SGD(1.0).setup(link)
    optimizer_hooks.GradientClipping(record.LIMIT)(optimizer)
    return [link.a.grad, link.b.grad]


record.clip("GradientClipping", clip)

ones = chainer.Variable(np.ones(record.MASKED, "f"))
out = F.forget(lambda x: F.dropout(x, 0.5), ones)
F.sum((out - 1) ** 2 / 2).backward()
record.recomputed("functions.forget", out.array, ones.grad)
record.done(chainer.__version__)
