"""What MXNet does when nothing is said."""

import mxnet as mx
import record
from mxnet import autograd, gluon, nd

mx.random.seed(0)
H = record.HIDDEN


def begun(layer, *inputs):
    layer.initialize()
    layer(*inputs)
    return layer


def dense(n_in, n_out):
    layer = begun(gluon.nn.Dense(n_out), nd.zeros((1, n_in)))
    return layer.weight.data().asnumpy(), layer.bias.data().asnumpy()


def groups(c):
    layer = begun(gluon.nn.Conv2D(c, 3, groups=c), nd.zeros((1, c, 8, 8)))
    return layer.weight.data().asnumpy()


record.dense("gluon.nn.Dense", dense)
record.depthwise("gluon.nn.Conv2D(groups)", groups)
for name, call, initializer in (
    ("he_normal", "init.MSRAPrelu", mx.init.MSRAPrelu()),
    ("xavier_uniform", "init.Xavier", mx.init.Xavier()),
    ("orthogonal", "init.Orthogonal", mx.init.Orthogonal()),
):

    def drawn(n_in, n_out, initializer=initializer):
        array = nd.zeros((n_out, n_in))
        initializer(mx.init.InitDesc("weight"), array)
        return array.asnumpy()

    record.named(name, call, drawn)

zero, one = nd.zeros((1, H)), nd.ones((1, H))


def lstm():
    return begun(gluon.rnn.LSTMCell(H), zero, [zero, zero])


record.lstm("gluon.rnn.LSTMCell", lambda: lstm().h2h_weight.data().asnumpy().reshape(4, H, H))
record.value(
    "lstm keeps of its cell",
    "gluon.rnn.LSTMCell",
    lstm()(zero, [zero, one])[1][1].mean().asscalar(),
)
for kind, cell, gates in (("gru", gluon.rnn.GRUCell, 3), ("rnn", gluon.rnn.RNNCell, 1)):

    def recurrent(cell=cell, gates=gates):
        made = begun(cell(H), zero, [zero]).h2h_weight
        return made.data().asnumpy().reshape(gates, H, H)

    record.recurrent(kind, f"gluon.rnn.{cell.__name__}", recurrent)

minus = nd.array([[-1.0]])
record.value("leaky_relu slope left", "nd.LeakyReLU", -nd.LeakyReLU(minus).asscalar())
record.value("leaky_relu slope right", "nd.LeakyReLU", nd.LeakyReLU(-minus).asscalar())
prelu = begun(gluon.nn.PReLU(), minus)
record.value("prelu slope left", "gluon.nn.PReLU", -prelu(minus).asscalar())
record.value("gelu(-2)", "gluon.nn.GELU", gluon.nn.GELU()(2 * minus).asscalar())


def derivative(f):
    def at(z):
        x = nd.array([z])
        x.attach_grad()
        with autograd.record():
            y = f(x)
        y.backward()
        return x.grad.asscalar()

    return at


nil = nd.zeros(1)
for item, call, f, z in (
    ("relu'(0)", "nd.relu", nd.relu, 0.0),
    ("max(x, 0)'(0)", "nd.maximum", lambda z: nd.maximum(z, nil), 0.0),
    ("max(0, x)'(0)", "nd.maximum", lambda z: nd.maximum(nil, z), 0.0),
    ("leaky_relu'(0)", "nd.LeakyReLU", lambda z: nd.LeakyReLU(z.reshape((1, 1))), 0.0),
    ("abs'(0)", "nd.abs", nd.abs, 0.0),
    ("elu'(0)", "gluon.nn.ELU", gluon.nn.ELU(), 0.0),
    *((f"sigmoid'({z:g})", "nd.sigmoid", nd.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)


def clip(*arrays):
    gradients = [nd.array(a) for a in arrays]
    gluon.utils.clip_global_norm(gradients, record.LIMIT)
    return [g.asnumpy() for g in gradients]


record.clip("gluon.utils.clip_global_norm", clip)
record.done(mx.__version__)
