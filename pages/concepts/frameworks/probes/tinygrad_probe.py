"""What tinygrad does when nothing is said. It needs clang, and has no clipping by norm."""

from importlib.metadata import version

import record
from tinygrad import Tensor, nn

Tensor.manual_seed(0)
H = record.HIDDEN


def linear(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    return layer.weight.numpy(), layer.bias.numpy()


record.dense("nn.Linear", linear)
record.depthwise("nn.Conv2d(groups)", lambda c: nn.Conv2d(c, c, 3, groups=c).weight.numpy())
for name, call, draw in (
    ("he_normal", "Tensor.kaiming_normal", Tensor.kaiming_normal),
    ("he_uniform", "Tensor.kaiming_uniform", Tensor.kaiming_uniform),
    ("xavier_uniform", "Tensor.glorot_uniform", Tensor.glorot_uniform),
):
    record.named(name, call, lambda n_in, n_out, d=draw: d(n_out, n_in).numpy())

record.lstm("nn.LSTMCell", lambda: nn.LSTMCell(H, H).weight_hh.numpy().reshape(4, H, H))
state = Tensor.zeros(1, H), Tensor.ones(1, H)
kept = [nn.LSTMCell(H, H)(Tensor.zeros(1, H), state)[1].numpy().mean() for _ in range(5)]
record.value("lstm keeps of its cell", "nn.LSTMCell", sum(kept) / len(kept))

minus = Tensor([-1.0])
record.value("leaky_relu slope left", "Tensor.leaky_relu", -minus.leaky_relu().item())
record.value("leaky_relu slope right", "Tensor.leaky_relu", (-minus).leaky_relu().item())
record.value("gelu(-2)", "Tensor.gelu", (2 * minus).gelu().item())


def derivative(f):
    def at(z):
        x = Tensor([z])
        return f(x).sum().gradient(x)[0].item()

    return at


for item, call, f, z in (
    ("relu'(0)", "Tensor.relu", Tensor.relu, 0.0),
    ("max(x, 0)'(0)", "Tensor.maximum", lambda z: z.maximum(0), 0.0),
    ("leaky_relu'(0)", "Tensor.leaky_relu", Tensor.leaky_relu, 0.0),
    ("abs'(0)", "Tensor.abs", Tensor.abs, 0.0),
    ("hardtanh'(1)", "Tensor.hardtanh", Tensor.hardtanh, 1.0),
    ("relu6'(6)", "Tensor.relu6", Tensor.relu6, 6.0),
    ("elu'(0)", "Tensor.elu", Tensor.elu, 0.0),
    *((f"sigmoid'({z:g})", "Tensor.sigmoid", Tensor.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)
record.done(version("tinygrad"))
