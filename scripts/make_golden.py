"""Make tests/golden/golden.npz with PyTorch: `python -m scripts.make_golden`.

PyTorch builds each network of tests/golden/recipe.py from the same arrays, in float64 on one
thread, and autograd differentiates it. What is stored are digests (see the recipe), one array per
case and kind of tensor. It needs PyTorch (2.x); the tests read the file.
"""

import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.golden import recipe  # noqa: E402

EPS = 1e-5  # of both normalizers
PARAMETERS = ("W", "b", "gamma", "beta")


def activation(case):
    return {
        "identity": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": lambda z: F.leaky_relu(z, case.negative_slope),
        "elu": F.elu,
        "selu": F.selu,
        # PyTorch's softplus returns z itself above its threshold, 2e-9 short of the truth at 20.
        "softplus": lambda z: F.softplus(z, threshold=700.0),
        "silu": F.silu,
        "gelu": lambda z: F.gelu(z, approximate="tanh"),
    }[case.activation]


def loss_of(case, output, target):
    return {
        "mean_squared_error": F.mse_loss,
        "softmax_cross_entropy": F.cross_entropy,
        "binary_cross_entropy": F.binary_cross_entropy_with_logits,
    }[case.loss](output, target)


def leaf(a):
    return torch.tensor(a, requires_grad=True)


def kept(tensor):
    """The tensor, told to keep its gradient."""
    tensor.retain_grad()
    return tensor


def forward(case, inputs, parameters):
    """One member of the ensemble: its output and the tensors whose gradients are wanted."""
    phi = activation(case)
    W, b, gamma, beta = (parameters[name] for name in PARAMETERS)
    h = torch.tensor(inputs.x)
    values = {"h": [], "u": [], "z": []}
    for layer in range(case.depth):
        u = kept(h @ W[layer] + b[layer])
        z = u
        if case.norm == "layer":
            z = F.layer_norm(u, (case.width,), gamma[layer][0], beta[layer][0], EPS)
        elif case.norm == "batch":
            z = F.batch_norm(u, None, None, gamma[layer][0], beta[layer][0], True, eps=EPS)
        z = kept(z)
        branch = phi(z)
        shortcut = case.residual != 0.0 and h.shape == branch.shape
        h = kept(h + case.residual * branch if shortcut else branch.clone())
        for name, value in (("h", h), ("u", u), ("z", z)):
            values[name].append(value)
    return h @ W[-1] + b[-1], values


def leaves(inputs, member):
    return {name: [leaf(a[member]) for a in getattr(inputs, name)] for name in PARAMETERS}


def clip(case, parameters):
    """Clip the gradients in place. PyTorch's own norm clipping divides by norm + 1e-6."""
    everything = [p for name in PARAMETERS for p in parameters[name]]
    if case.clip == "value":
        torch.nn.utils.clip_grad_value_(everything, case.clip_limit)
    elif case.clip == "norm":
        norm = torch.nn.utils.get_total_norm([p.grad for p in everything])
        for p in everything:
            p.grad.mul_(min(1.0, case.clip_limit / norm.item()))


def run(case, inputs, member):
    """Values, gradients, clipped gradients and training of one member, as lists of arrays."""
    parameters = leaves(inputs, member)
    target = torch.tensor(inputs.target)
    output, values = forward(case, inputs, parameters)
    loss = loss_of(case, output, target)
    loss.backward()
    found = {"output": [output], "loss": [loss], **values}
    found |= {f"d{name}": [p.grad for p in parameters[name]] for name in PARAMETERS}
    found |= {"dz": [z.grad for z in values["z"]], "dh": [h.grad for h in values["h"]]}
    found = {name: [t.detach().numpy().copy() for t in ts] for name, ts in found.items()}
    if case.clip != "none":
        clip(case, parameters)
        found |= {
            f"clipped d{name}": [p.grad.numpy().copy() for p in parameters[name]]
            for name in PARAMETERS
        }
    return found | train(case, inputs, member)


class Sign(torch.optim.Optimizer):
    """W ← W − η·sign(g). PyTorch has no such rule by itself."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * torch.sign(p.grad)


def optimizers(case, weights, others):
    """PyTorch's optimizers for the weights, (D_out, D_in) as its layers have them, and the rest."""
    everything, lr = [*weights, *others], case.learning_rate
    if case.rule == "muon":  # for matrices only
        muon = torch.optim.Muon(weights, lr=lr, weight_decay=0.0)
        return [muon, torch.optim.Adam(others, lr=lr)]
    made = {
        "sgd": lambda: torch.optim.SGD(everything, lr=lr, momentum=case.momentum),
        "sign": lambda: Sign(everything, {"lr": lr}),
        "rmsprop": lambda: torch.optim.RMSprop(everything, lr=lr, eps=case.epsilon),
        "adam": lambda: torch.optim.Adam(everything, lr=lr, eps=case.epsilon),
        "adamw": lambda: torch.optim.AdamW(
            everything, lr=lr, eps=case.epsilon, weight_decay=case.decay
        ),
    }
    return [made[case.rule]()]


def train(case, inputs, member):
    """Losses of `steps` full-batch steps and the weights they end with."""
    if not case.steps:
        return {}
    parameters = leaves(inputs, member)
    parameters["W"] = [leaf(np.ascontiguousarray(a[member].T)) for a in inputs.W]
    others = [p for name in PARAMETERS[1:] for p in parameters[name]]
    rules, losses = optimizers(case, parameters["W"], others), []
    for _ in range(case.steps):
        for rule in rules:
            rule.zero_grad()
        turned = parameters | {"W": [W.T for W in parameters["W"]]}
        output, _ = forward(case, inputs, turned)
        loss = loss_of(case, output, torch.tensor(inputs.target))
        loss.backward()
        clip(case, parameters)
        # Muon multiplies in bfloat16, whatever the parameters are: here it keeps their digits.
        with patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
            for rule in rules:
                rule.step()
        losses.append(loss.item())
    parameters["W"] = [W.T for W in parameters["W"]]
    final = {f"trained {n}": [p.detach().numpy() for p in parameters[n]] for n in PARAMETERS}
    return final | {"losses": [np.array([value]) for value in losses]}


def run_recurrent(case, inputs, member):
    phi = activation(case)
    W_x, W_h, W_out = (leaf(a[member]) for a in inputs.W)
    b, b_out = (leaf(a[member]) for a in inputs.b)
    x = torch.tensor(inputs.x[0])  # (N, T, n_in)
    h = torch.zeros(case.examples, case.width, dtype=torch.float64)
    hs, zs = [], []
    for t in range(case.steps):
        z = kept(x[:, t] @ W_x + h @ W_h + b)
        h = kept(phi(z).clone())
        zs.append(z)
        hs.append(h)
    output = h @ W_out + b_out
    loss = loss_of(case, output, torch.tensor(inputs.target))
    loss.backward()
    found = {"output": [output], "loss": [loss], "h": hs, "z": zs}
    found |= {"dW": [W_x.grad, W_h.grad, W_out.grad], "db": [b.grad, b_out.grad]}
    found |= {"dh": [h.grad for h in hs], "dz": [z.grad for z in zs]}
    return {name: [t.detach().numpy() for t in ts] for name, ts in found.items()}


def run_stack(case, inputs, member):
    """A stack of blocks, written plainly; the gradients of (output · d_output)."""
    phi = activation(case)
    x, d_output = torch.tensor(inputs.x), torch.tensor(inputs.d_output[member])
    W_in, W_out = leaf(inputs.W_in[member]), leaf(inputs.W_out[member])
    W1, W2 = ([leaf(W[member]) for W in Ws] for Ws in (inputs.W1, inputs.W2))

    def norm(a):
        if case.norm == "rms":
            return F.rms_norm(a, (case.width,), eps=EPS)
        return F.layer_norm(a, (case.width,), eps=EPS)

    h, r, place = kept(x @ W_in), case.branch, case.place
    hs = [h]
    for first, second in zip(W1, W2, strict=True):

        def branch(a, first=first, second=second):
            return phi(a @ first) @ second

        h = {
            "plain": lambda h: branch(h),
            "shortcut": lambda h: h + r * branch(h),
            "post": lambda h: norm(h + r * branch(h)),
            "pre": lambda h: h + r * branch(norm(h)),
            "peri": lambda h: h + r * norm(branch(norm(h))),
            "deep": lambda h: norm(case.blocks**0.25 * h + r * branch(h)),
        }[place](h)
        hs.append(kept(h))
    output = (norm(h) if place in ("pre", "peri") else h) @ W_out
    (output * d_output).sum().backward()
    found = {"output": [output], "h": hs, "dh": [h.grad for h in hs]}
    found |= {"dW1": [W.grad for W in W1], "dW2": [W.grad for W in W2]}
    found |= {"ends": [W_in.grad, W_out.grad]}
    return {name: [t.detach().numpy() for t in ts] for name, ts in found.items()}


def cell_of(case, W_x, W_h, b, b_h):
    """PyTorch's own cell with these weights, or the GRU of the paper in plain operations: a
    function of x_t, h and c."""
    if case.cell == "gru" and case.reset == "before":

        def gru(x, h, c):
            r, z = (torch.sigmoid(x @ W_x[g] + h @ W_h[g] + b[g]) for g in (0, 1))
            n = torch.tanh(x @ W_x[2] + (r * h) @ W_h[2] + b[2])
            return (z * h + (1 - z) * n,) * 2

        return gru
    # PyTorch keeps an LSTM's gates as i, f, g, o, and matrices the other way around.
    order = (0, 1, 3, 2) if case.cell == "lstm" else (0, 1, 2)
    ih, hh = (torch.cat([W[g].T for g in order]) for W in (W_x, W_h))
    b_ih = torch.cat([b[g][0] for g in order])
    if case.cell == "lstm":
        b_hh = torch.zeros_like(b_ih)
        return lambda x, h, c: torch.lstm_cell(x, (h, c), ih, hh, b_ih, b_hh)
    b_hh = torch.cat([torch.zeros(2 * case.width), b_h[0]])
    return lambda x, h, c: (torch.gru_cell(x, h, ih, hh, b_ih, b_hh),) * 2


def run_gates(case, inputs, member):
    W_x, W_h = (leaf(a[:, member]) for a in inputs.W[:2])
    W_out, b = leaf(inputs.W[2][member]), leaf(inputs.b[0][:, member])
    b_h, b_out = (leaf(a[member]) for a in inputs.b[1:])
    step = cell_of(case, W_x, W_h, b, b_h)
    x = torch.tensor(inputs.x[0])  # (N, T, n_in)
    h = c = torch.zeros(case.examples, case.width)
    hs, cs = [], []
    for t in range(case.steps):
        h, c = step(x[:, t], h, c)
        hs.append(kept(h))
        cs.append(kept(c))
    output = h @ W_out + b_out
    loss = loss_of(case, output, torch.tensor(inputs.target))
    loss.backward()
    found = {"output": [output], "loss": [loss], "h": hs, "c": cs}
    found |= {"dW_x": [W_x.grad], "dW_h": [W_h.grad], "dW_out": [W_out.grad], "db": [b.grad]}
    found |= {"db_out": [b_out.grad], "dh": [h.grad for h in hs], "dc": [c.grad for c in cs]}
    if b_h.grad is not None:
        found["db_h"] = [b_h.grad]
    return {name: [t.detach().numpy() for t in ts] for name, ts in found.items()}


def run_linear(case, inputs):
    """Of each λ the root mean square of ∂h_T/∂λ, and dλ/dν of those that are exp(−exp ν)."""
    lam = leaf(np.repeat(np.array(case.lam)[:, None], case.draws, axis=1))
    s = torch.sqrt(1 - lam * lam) if case.scaled else 1.0
    h = torch.zeros_like(lam)
    for x in torch.tensor(inputs):
        h = lam * h + s * x
    (moves,) = torch.autograd.grad(h.sum(), lam)
    found = {"sensitivity": torch.sqrt(torch.mean(moves * moves, dim=1))}
    if (between := lam.detach()[:, 0] > 0).any():
        nu = torch.log(-torch.log(lam.detach()[between, 0])).requires_grad_()
        found["of_nu"] = torch.autograd.grad(torch.exp(-torch.exp(nu)).sum(), nu)[0]
    return {name: [t.numpy()] for name, t in found.items()}


def digests(prefix, members):
    """Stack the members of the ensemble again and digest each kind of tensor."""
    for kind in members[0]:
        stacked = [np.stack(layer) for layer in zip(*(m[kind] for m in members), strict=True)]
        if stacked:
            yield f"{prefix}/{kind}", recipe.digest(stacked)


def _moved(now, before):
    if now.shape != before.shape:
        return np.inf
    return float(np.abs(now - before).max() / (np.abs(before).max() or 1.0))


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    golden = {}
    for case in recipe.CASES:
        inputs = recipe.network_inputs(case)
        members = [run(case, inputs, s) for s in range(case.seeds)]
        golden |= digests(case.name, members)
    for case in recipe.RECURRENT_CASES:
        inputs = recipe.recurrent_inputs(case)
        members = [run_recurrent(case, inputs, s) for s in range(case.seeds)]
        golden |= digests(f"rnn {case.name}", members)
    for case in recipe.STACK_CASES:
        inputs = recipe.stack_inputs(case)
        members = [run_stack(case, inputs, s) for s in range(case.seeds)]
        golden |= digests(f"stack {case.name}", members)
    for case in recipe.GATE_CASES:
        inputs = recipe.gate_inputs(case)
        members = [run_gates(case, inputs, s) for s in range(case.seeds)]
        golden |= digests(f"gates {case.name}", members)
    for case in recipe.LINEAR_CASES:
        golden |= digests(f"linear {case.name}", [run_linear(case, recipe.linear_inputs(case))])
    broken = [name for name, value in golden.items() if not np.isfinite(value).all()]
    if broken:
        raise SystemExit(f"not finite: {broken}")
    path = ROOT / "tests" / "golden" / "golden.npz"
    with np.load(path) as before:  # another PyTorch rounds otherwise
        kept = golden.keys() & set(before.files)
        moved = max(_moved(golden[name], before[name]) for name in kept)
        print(f"{len(golden) - len(kept)} new; the others moved by {moved:.1g} of their size")
    np.savez_compressed(path, **golden)
    print(f"{path.relative_to(ROOT)}: {len(recipe.CASES)} networks,", end=" ")
    cases = (recipe.RECURRENT_CASES, recipe.GATE_CASES, recipe.LINEAR_CASES)
    recurrent = sum(map(len, cases))
    print(f"{recurrent} recurrent,", end=" ")
    print(f"{len(recipe.STACK_CASES)} stacks, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
