"""What PyTorch does when nothing is said."""

import record
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)


def array(tensor):
    return tensor.detach().numpy()


def derivative(f):
    def at(z):
        x = torch.tensor([z], requires_grad=True)
        f(x).sum().backward()
        return x.grad.item()

    return at


def linear(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    return array(layer.weight), array(layer.bias)


record.dense("nn.Linear", linear)
record.depthwise("nn.Conv2d(groups)", lambda c: array(nn.Conv2d(c, c, 3, groups=c).weight))

for name, call, fill in (
    ("he_normal", "init.kaiming_normal_", nn.init.kaiming_normal_),
    ("xavier_normal", "init.xavier_normal_", nn.init.xavier_normal_),
    ("truncated_normal(1)", "init.trunc_normal_", nn.init.trunc_normal_),
    ("orthogonal", "init.orthogonal_", nn.init.orthogonal_),
):
    record.named(name, call, lambda n_in, n_out, f=fill: array(f(torch.empty(n_out, n_in))))


def lstm():
    return nn.LSTM(record.HIDDEN, record.HIDDEN)


record.lstm("nn.LSTM", lambda: array(lstm().weight_hh_l0).reshape(4, record.HIDDEN, record.HIDDEN))
one = (torch.zeros(1, 1, record.HIDDEN), torch.ones(1, 1, record.HIDDEN))
kept = [lstm()(torch.zeros(1, 1, record.HIDDEN), one)[1][1].mean().item() for _ in range(20)]
record.value("lstm keeps of its cell", "nn.LSTM", sum(kept) / len(kept))

x = torch.tensor([-1.0])
for call, f in (("nn.LeakyReLU", nn.LeakyReLU()), ("F.leaky_relu", F.leaky_relu)):
    record.value("leaky_relu slope left", call, -f(x).item())
    record.value("leaky_relu slope right", call, f(-x).item())
record.value("prelu slope left", "nn.PReLU", -nn.PReLU()(x).item())
record.value("gelu(-2)", "nn.GELU", nn.GELU()(2 * x).item())

for item, call, f, z in (
    ("relu'(0)", "F.relu", F.relu, 0.0),
    ("relu'(0)", "torch.clamp(min=0)", lambda z: torch.clamp(z, min=0), 0.0),
    ("max(x, 0)'(0)", "torch.maximum", lambda z: torch.maximum(z, torch.zeros(1)), 0.0),
    ("max(0, x)'(0)", "torch.maximum", lambda z: torch.maximum(torch.zeros(1), z), 0.0),
    ("leaky_relu'(0)", "F.leaky_relu", F.leaky_relu, 0.0),
    ("abs'(0)", "torch.abs", torch.abs, 0.0),
    ("hardtanh'(1)", "F.hardtanh", F.hardtanh, 1.0),
    ("relu6'(6)", "F.relu6", F.relu6, 6.0),
    ("elu'(0)", "F.elu", F.elu, 0.0),
    *((f"sigmoid'({z:g})", "torch.sigmoid", torch.sigmoid, z) for z in record.SIGMOIDS),
):
    record.slope(item, call, derivative(f), z)


# last of what is drawn, so that those before them keep their draws
for kind, call, layer, gates in (("gru", "nn.GRU", nn.GRU, 3), ("rnn", "nn.RNN", nn.RNN, 1)):

    def recurrent(layer=layer, gates=gates):
        made = layer(record.HIDDEN, record.HIDDEN).weight_hh_l0
        return array(made).reshape(gates, record.HIDDEN, record.HIDDEN)

    record.recurrent(kind, call, recurrent)


def clip(*arrays):
    parameters = [nn.Parameter(torch.zeros(a.shape)) for a in arrays]
    for p, a in zip(parameters, arrays, strict=True):
        p.grad = torch.tensor(a)
    nn.utils.clip_grad_norm_(parameters, record.LIMIT)
    return [p.grad.numpy() for p in parameters]


record.clip("nn.utils.clip_grad_norm_", clip)

rows = nn.Embedding(10, 4)
rows(torch.tensor(record.PICKED)).sum().backward()
nn.utils.clip_grad_norm_(rows.parameters(), record.LIMIT)
record.picked("nn.utils.clip_grad_norm_", rows.weight.grad)

drop, ones = nn.Dropout(0.5), torch.ones(record.MASKED, requires_grad=True)
out = checkpoint(drop, ones, use_reentrant=False)
((out - 1) ** 2 / 2).sum().backward()
record.recomputed("utils.checkpoint", array(out), ones.grad)
record.done(torch.__version__.partition("+")[0])
