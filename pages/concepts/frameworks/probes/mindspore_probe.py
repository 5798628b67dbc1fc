"""What MindSpore does when nothing is said."""

import mindspore as ms
import numpy as np
import record
from mindspore import Tensor, nn, ops
from mindspore.common import initializer as init

ms.set_seed(0)
H = record.HIDDEN


def dense(n_in, n_out):
    layer = nn.Dense(n_in, n_out)
    return layer.weight.asnumpy(), layer.bias.asnumpy()


record.dense("nn.Dense", dense)
record.depthwise("nn.Conv2d(groups)", lambda c: nn.Conv2d(c, c, 3, group=c).weight.asnumpy())
for name, call, draw in (
    ("he_normal", "HeNormal", init.HeNormal),
    ("he_uniform", "HeUniform", init.HeUniform),
    ("xavier_normal", "XavierNormal", init.XavierNormal),
    ("truncated_normal(1)", "TruncatedNormal(1.0)", lambda: init.TruncatedNormal(1.0)),
    ("orthogonal", "Orthogonal", init.Orthogonal),
):

    def drawn(n_in, n_out, draw=draw):
        return init.initializer(draw(), [n_out, n_in], ms.float32).init_data().asnumpy()

    record.named(name, call, drawn)

record.lstm("nn.LSTMCell", lambda: nn.LSTMCell(H, H).weight_hh.asnumpy().reshape(4, H, H))
zero, one = Tensor(np.zeros((1, H), "f")), Tensor(np.ones((1, H), "f"))
kept = [nn.LSTMCell(H, H)(zero, (zero, one))[1].asnumpy().mean() for _ in range(20)]
record.value("lstm keeps of its cell", "nn.LSTMCell", np.mean(kept))
record.recurrent("gru", "nn.GRUCell", lambda: nn.GRUCell(H, H).weight_hh.asnumpy().reshape(3, H, H))
record.recurrent("rnn", "nn.RNNCell", lambda: [nn.RNNCell(H, H).weight_hh.asnumpy()])

minus = Tensor(np.array([-1.0], "f"))
for call, f in (("nn.LeakyReLU", nn.LeakyReLU()), ("ops.leaky_relu", ops.leaky_relu)):
    record.value("leaky_relu slope left", call, -f(minus).asnumpy()[0])
    record.value("leaky_relu slope right", call, f(-minus).asnumpy()[0])
prelu = nn.PReLU()(Tensor(np.array([[-1.0]], "f")))
record.value("prelu slope left", "nn.PReLU", -prelu.asnumpy()[0, 0])
for call, f in (("nn.GELU", nn.GELU()), ("ops.gelu", ops.gelu)):
    record.value("gelu(-2)", call, f(2 * minus).asnumpy()[0])

nil = Tensor(np.zeros(1, "f"))
for item, call, f, z in (
    ("relu'(0)", "ops.relu", ops.relu, 0.0),
    ("max(x, 0)'(0)", "ops.maximum", lambda z: ops.maximum(z, nil), 0.0),
    ("max(0, x)'(0)", "ops.maximum", lambda z: ops.maximum(nil, z), 0.0),
    ("leaky_relu'(0)", "ops.leaky_relu", ops.leaky_relu, 0.0),
    ("abs'(0)", "ops.abs", ops.abs, 0.0),
    ("hardtanh'(1)", "ops.hardtanh", ops.hardtanh, 1.0),
    ("relu6'(6)", "ops.relu6", ops.relu6, 6.0),
    ("elu'(0)", "ops.elu", ops.elu, 0.0),
    *((f"sigmoid'({z:g})", "ops.sigmoid", ops.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, lambda z, f=f: ms.grad(f)(Tensor([z], ms.float32)).asnumpy()[0], z)


def clip(*arrays):
    return [g.asnumpy() for g in ops.clip_by_global_norm([Tensor(a) for a in arrays], record.LIMIT)]


record.clip("ops.clip_by_global_norm", clip)

drop = nn.Dropout(p=0.5).set_train()


def masked(w):
    out = ms.recompute(drop, w)
    return ((out - 1) ** 2 / 2).sum(), out


ones = Tensor(np.ones(record.MASKED, "f"))
(_, out), gradient = ms.value_and_grad(masked, has_aux=True)(ones)
record.recomputed("recompute", out.asnumpy(), gradient.asnumpy())
record.done(ms.__version__)
