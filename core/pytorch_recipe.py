"""The run of `numpy_recipe.numpy_script` in PyTorch: tensors, and autograd.

The texts are written as in `recipes.py`.
"""

from core.network import NetSpec
from core.recipes import LINEAR_FORWARD, MUON, ORTHOGONALIZED, choices, script
from core.training import TrainSpec

PHI = '''
def phi(z):
    """$phi_name."""
    return $torch_phi
'''

FORWARD = '''
              | def forward($parameters, x):
              |     """z of every hidden layer (N, WIDTH), and the output (N, N_OUT)."""
              |     h, z = x, []
              |     for i in range(DEPTH):
no-normed     |         z.append(h @ W[i] + b[i])  # (N, D_in) @ (D_in, WIDTH) + (WIDTH,)
normed        |         u = h @ W[i] + b[i]  # (N, D_in) @ (D_in, WIDTH) + (WIDTH,)
layer         |         # It squares u: from about $root on, the run is another than in NumPy.
layer         |         z.append(F.layer_norm(u, (WIDTH,), gamma[i], beta[i], EPSILON))
batch no-lone |         # True: by the statistics of the batch at hand, also when it is held out.
batch no-lone |         # It squares u: from about $root on, the run is another than in NumPy.
batch no-lone |         z.append(F.batch_norm(u, None, None, gamma[i], beta[i], True, eps=EPSILON))
batch lone    |         # By hand: F.batch_norm refuses a batch of one example.
batch lone    |         std = torch.sqrt(u.var(dim=0, correction=0) + EPSILON)
batch lone    |         z.append(gamma[i] * (u - u.mean(dim=0)) / std + beta[i])
no-residual   |         h = phi(z[i])
all-layers    |         h = h + RESIDUAL * phi(z[i])
but-first     |         # The first layer has no shortcut: N_IN is not WIDTH.
but-first     |         h = h + RESIDUAL * phi(z[i]) if i > 0 else phi(z[i])
              |     return z, h @ W[-1] + b[-1]
'''

CLIP = '''
norm-clip | def clip_norm(tensors):
norm-clip |     """Shorten the whole gradient to norm CLIP_LIMIT where it is longer.
norm-clip |
norm-clip |     torch.nn.utils.clip_grad_norm_ does so too, but adds 1e-6 to the norm.
norm-clip |     """
norm-clip |     # Divided by the largest entry first: the square of $huge is infinite.
norm-clip |     largest = max(t.abs().max().item() for t in tensors) or 1.0
norm-clip |     norm = torch.sqrt(sum(torch.sum((t / largest) ** 2) for t in tensors))
norm-clip |     factor = torch.clamp(CLIP_LIMIT / largest / norm, max=1.0)
norm-clip |     for t in tensors:
norm-clip |         t *= factor
'''

FINITE = '''
def finite(tensors):
    """Whether there is neither an infinity nor a NaN."""
    return all(t.isfinite().all() for t in tensors)
'''

MAIN = '''
            | def leaves(arrays):
            |     """Tensors ($dtype, as the arrays are) for which autograd finds gradients."""
            |     return [torch.tensor(a, requires_grad=True) for a in arrays]
            |
            |
            | def main():
            |     """Train, and print the losses and the held-out accuracy."""
            |     x_train, y_train, x_test, y_test = map(torch.from_numpy, load_data())
            |     W, b = map(leaves, init())
normed      |     gamma = leaves([np.ones(WIDTH$typed)] * DEPTH)
normed      |     beta = leaves([np.zeros(WIDTH$typed)] * DEPTH)
            |     parameters = [$starred]
no-sign     |     # Every setting is said: what a library does unasked may change.
no-sign no-adamw |     settings = {"lr": LEARNING_RATE, "weight_decay": 0.0}
adamw       |     settings = {"lr": LEARNING_RATE, "weight_decay": DECAY}
sgd         |     settings |= {"momentum": 0.0, "dampening": 0.0, "nesterov": False}
momentum    |     settings |= {"momentum": MOMENTUM, "dampening": 0.0, "nesterov": False}
rmsprop     |     settings |= {"alpha": ALPHA, "eps": FLOOR, "momentum": 0.0, "centered": False}
adam        |     settings |= {"betas": (BETA1, BETA2), "eps": FLOOR, "amsgrad": False}
sgd         |     optimizer = torch.optim.SGD(parameters, **settings)
momentum    |     optimizer = torch.optim.SGD(parameters, **settings)
rmsprop     |     optimizer = torch.optim.RMSprop(parameters, **settings)
adam no-adamw no-muon |     optimizer = torch.optim.Adam(parameters, **settings)
adamw       |     optimizer = torch.optim.AdamW(parameters, **settings)
muon        |     # torch.optim.Muon multiplies in bfloat16; by hand the digits stay.
muon        |     means = [torch.zeros_like(p) for p in W]
muon        |     optimizer = torch.optim.Adam(parameters[len(W) :], **settings)
            |     batches = len(x_train) // BATCH_SIZE  # per epoch; the remainder is left out
            |
            |     for step in range(1, STEPS + 1):
            |         epoch, batch = divmod(step - 1, batches)
            |         if batch == 0:
            |             rng = np.random.default_rng((BATCH_SEED, epoch))
            |             order = torch.from_numpy(rng.permutation(len(x_train)))
            |         rows = order[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            |         x, labels = x_train[rows], y_train[rows]
            |
hidden      |         z, output = forward($parameters, x)
no-hidden   |         output = forward($parameters, x)
no-mse      |         loss = F.cross_entropy(output, labels, reduction="mean", label_smoothing=0.0)
mse         |         targets = TARGET * F.one_hot(labels, num_classes=N_OUT).$torch_type()
mse         |         loss = F.mse_loss(output, targets, reduction="mean")
            |         print(f"step {step}: loss {loss.item()!r}")
no-sign no-muon |         optimizer.zero_grad()
sign        |         for p in parameters:
sign        |             p.grad = None
muon        |         for p in parameters:
muon        |             p.grad = None
            |         loss.backward()
            |
no-clip     |         gradient = [p.grad for p in parameters]
clip        |         gradient = [p.grad.clone() for p in parameters]  # before clipping
value-clip  |         torch.nn.utils.clip_grad_value_(parameters, CLIP_LIMIT)
norm-clip   |         clip_norm([p.grad for p in parameters])
no-sign     |         optimizer.step()
sign        |         with torch.no_grad():
sign        |             for p in parameters:
sign        |                 p -= LEARNING_RATE * torch.sign(p.grad)
muon        |         with torch.no_grad():
muon        |             for p, m in zip(W, muon(means, [p.grad for p in W]), strict=True):
muon        |                 p -= LEARNING_RATE * m
            |
            |         checks = {
hidden      |             "forward pass": [*z, output],
no-hidden   |             "forward pass": [output],
            |             "loss": [loss],
            |             "gradient": gradient,
            |             "update": parameters,
            |         }
            |         for name, tensors in checks.items():
            |             if not finite(tensors):
            |                 print(f"Stopped at step {step}: infinity or NaN in the {name}.")
            |                 return
            |
            |     with torch.no_grad():
hidden      |         _, output = forward($parameters, x_test)
no-hidden   |         output = forward($parameters, x_test)
            |     if not finite([output]):
            |         print("Stopped: infinity or NaN in the held-out outputs.")
            |         return
            |     accuracy = (output.argmax(dim=1) == y_test).double().mean()
            |     print(f"held-out accuracy: {accuracy.item()!r}")
'''


def pytorch_script(spec: NetSpec, train_spec: TrainSpec, *, seed: int, dataset: str) -> str:
    """The run of `numpy_script` for PyTorch, with autograd; raises as it does."""
    chosen, values = choices(spec, train_spec, seed, dataset)
    values |= {"how": "PyTorch with autograd", "needs": "NumPy 1.25, PyTorch 2.0"}
    network = [PHI, FORWARD] if spec.depth else [LINEAR_FORWARD]
    values |= {"norm_of_G": "G.norm().item()"}
    training = [CLIP, ORTHOGONALIZED, MUON, FINITE, MAIN]
    return script(spec, network, training, chosen | {"torch"}, values)
