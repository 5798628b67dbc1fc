"""What Paddle does when nothing is said."""

import paddle
import record
from paddle import nn
from paddle.nn import functional as F

paddle.seed(0)
H = record.HIDDEN


def linear(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    return layer.weight.numpy(), layer.bias.numpy()


record.dense("nn.Linear", linear)
record.depthwise("nn.Conv2D(groups)", lambda c: nn.Conv2D(c, c, 3, groups=c).weight.numpy())


def filled(initializer):
    return lambda *n: paddle.create_parameter(n, "float32", default_initializer=initializer).numpy()


for name, call, initializer in (
    ("he_normal", "KaimingNormal", nn.initializer.KaimingNormal()),
    ("he_uniform", "KaimingUniform", nn.initializer.KaimingUniform()),
    ("xavier_normal", "XavierNormal", nn.initializer.XavierNormal()),
    ("truncated_normal(1)", "TruncatedNormal", nn.initializer.TruncatedNormal()),
    ("orthogonal", "Orthogonal", nn.initializer.Orthogonal()),
):
    record.named(name, call, filled(initializer))

record.lstm("nn.LSTMCell", lambda: nn.LSTMCell(H, H).weight_hh.numpy().reshape(4, H, H))
zero, one = paddle.zeros((1, H)), paddle.ones((1, H))
kept = [nn.LSTMCell(H, H)(zero, (zero, one))[1][1].numpy().mean() for _ in range(20)]
record.value("lstm keeps of its cell", "nn.LSTMCell", sum(kept) / len(kept))
record.recurrent("gru", "nn.GRUCell", lambda: nn.GRUCell(H, H).weight_hh.numpy().reshape(3, H, H))
record.recurrent("rnn", "nn.SimpleRNNCell", lambda: [nn.SimpleRNNCell(H, H).weight_hh.numpy()])

minus = paddle.to_tensor([-1.0])
for call, f in (("nn.LeakyReLU", nn.LeakyReLU()), ("F.leaky_relu", F.leaky_relu)):
    record.value("leaky_relu slope left", call, -f(minus).item())
    record.value("leaky_relu slope right", call, f(-minus).item())
record.value("prelu slope left", "nn.PReLU", -nn.PReLU()(minus).item())
record.value("gelu(-2)", "nn.GELU", nn.GELU()(2 * minus).item())


def derivative(f):
    def at(z):
        x = paddle.to_tensor([z], stop_gradient=False)
        f(x).backward()
        return x.grad.item()

    return at


nil = paddle.zeros([1])
for item, call, f, z in (
    ("relu'(0)", "F.relu", F.relu, 0.0),
    ("max(x, 0)'(0)", "maximum", lambda z: paddle.maximum(z, nil), 0.0),
    ("max(0, x)'(0)", "maximum", lambda z: paddle.maximum(nil, z), 0.0),
    ("leaky_relu'(0)", "F.leaky_relu", F.leaky_relu, 0.0),
    ("abs'(0)", "abs", paddle.abs, 0.0),
    ("hardtanh'(1)", "F.hardtanh", F.hardtanh, 1.0),
    ("relu6'(6)", "F.relu6", F.relu6, 6.0),
    ("elu'(0)", "F.elu", F.elu, 0.0),
    *((f"sigmoid'({z:g})", "F.sigmoid", F.sigmoid, z) for z in record.SIGMOIDS),
    ("silu'(-100)", "F.silu", F.silu, -100.0),
    ("silu'(-100)", "F.swish", F.swish, -100.0),
):
    record.slope(item, call, derivative(f), z)


def clip(*arrays):
    clipper = nn.ClipGradByGlobalNorm(record.LIMIT)
    pairs = [(paddle.create_parameter(a.shape, "float32"), paddle.to_tensor(a)) for a in arrays]
    return [g.numpy() for _, g in clipper(pairs)]


record.clip("ClipGradByGlobalNorm", clip)

drop, ones = nn.Dropout(0.5), paddle.ones([record.MASKED])
ones.stop_gradient = False
out = paddle.distributed.fleet.utils.recompute(drop, ones)
((out - 1) ** 2 / 2).sum().backward()
record.recomputed("distributed.fleet.utils.recompute", out.numpy(), ones.grad.numpy())
record.done(paddle.__version__)
