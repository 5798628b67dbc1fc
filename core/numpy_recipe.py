"""A run of `core.training` as one script in NumPy, with the backward pass by hand.

The texts are written as in `recipes.py`.
"""

from core.network import NetSpec
from core.recipes import LINEAR_FORWARD, MUON, ORTHOGONALIZED, choices, script
from core.training import TrainSpec

SIGMA = '''
def sigma(z):
    """The logistic function. Where exp(-z) is infinite, 1 / inf is 0, as it should be."""
    return 1 / (1 + np.exp(-z))
'''

NORMALIZE = '''
normed | def normalize(u):
layer  |     """x_hat, where each example (row) has mean 0 and variance 1, and the std it had."""
batch  |     """x_hat, where each feature (column) has mean 0 and variance 1, and the std it had."""
normed |     centered = u - u.mean(axis=$axis, keepdims=True)  # (N, WIDTH)
normed |     # Divided by the largest entry first: the square of $huge is infinite.
normed |     largest = np.maximum(np.abs(centered).max(axis=$axis, keepdims=True), 1)  # $std_shape
normed |     variance = np.mean((centered / largest) ** 2, axis=$axis, keepdims=True)
normed |     std = largest * np.sqrt(variance + EPSILON / largest**2)
normed |     return centered / std, std
normed |
normed |
normed | def normalize_backward(dx_hat, x_hat, std):
normed |     """du (N, WIDTH). The shift and the stretch that u lost are taken from du as well."""
normed |     shift = dx_hat.mean(axis=$axis, keepdims=True)  # $std_shape
normed |     stretch = x_hat * (dx_hat * x_hat).mean(axis=$axis, keepdims=True)  # (N, WIDTH)
normed |     return (dx_hat - shift - stretch) / std
'''

FORWARD = '''
            | def forward($parameters, x):
            |     """Every layer, from the input x (N, N_IN) to the output (N, N_OUT)."""
            |     h = [x]  # h[i] is what layer i reads
no-normed   |     z = []
normed      |     z, x_hat, std = [], [], []
            |     for i in range(DEPTH):
no-normed   |         z.append(h[i] @ W[i] + b[i])  # (N, D_in) @ (D_in, WIDTH) + (WIDTH,)
normed      |         u = h[i] @ W[i] + b[i]  # (N, D_in) @ (D_in, WIDTH) + (WIDTH,)
normed      |         normalized, spread = normalize(u)
normed      |         x_hat.append(normalized)  # (N, WIDTH)
normed      |         std.append(spread)  # $std_shape
normed      |         z.append(gamma[i] * x_hat[i] + beta[i])  # (N, WIDTH)
no-residual |         h.append(phi(z[i]))  # (N, WIDTH)
all-layers  |         h.append(h[i] + RESIDUAL * phi(z[i]))  # (N, WIDTH)
but-first   |         h.append(phi(z[i]))  # (N, WIDTH)
but-first   |         if i > 0:  # the first layer has no shortcut: N_IN is not WIDTH
but-first   |             h[-1] = h[i] + RESIDUAL * h[-1]
            |     output = h[-1] @ W[-1] + b[-1]  # (N, WIDTH) @ (WIDTH, N_OUT) + (N_OUT,)
            |     return $computed
'''

LOSS = '''
def softmax_cross_entropy(output, labels):
    """J = mean over N of -ln p_label with p = softmax(output), and dJ/d(output) (N, N_OUT)."""
    rows = np.arange(len(labels))
    # -ln p_label = ln(sum over k of exp(output_k - output_label)), without an overflow
    surprise = np.logaddexp.reduce(output - output[rows, labels][:, None], axis=1)  # (N,)
    p = np.exp(output - output.max(axis=1, keepdims=True))  # (N, N_OUT)
    p /= p.sum(axis=1, keepdims=True)
    p[rows, labels] = 0
    p[rows, labels] = -p.sum(axis=1)  # p - 1 at the label, to its last digit
    return surprise.mean(), p / len(labels)
'''

SQUARES = '''
def mean_squared_error(output, labels):
    """J = mean over N and N_OUT of (output - target)^2, and dJ/d(output) (N, N_OUT)."""
no-float32 |     error = output - TARGET * np.eye(N_OUT)[labels]  # (N, N_OUT)
float32    |     error = output - TARGET * np.eye(N_OUT, dtype=np.float32)[labels]  # (N, N_OUT)
    return np.mean(error * error), error * (2 / error.size)
'''

BACKWARD = '''
            | def backward($backward):
            |     """dJ/d(parameter) of every parameter, from the output back to the input."""
            |     dW, db = [None] * (DEPTH + 1), [None] * (DEPTH + 1)
normed      |     dgamma, dbeta = [None] * DEPTH, [None] * DEPTH
            |     dW[-1] = h[-1].T @ d_output  # (WIDTH, N) @ (N, N_OUT) = (WIDTH, N_OUT)
            |     db[-1] = d_output.sum(axis=0)  # (N_OUT,)
            |     $du = d_output
residual    |     dh = 0.0  # no shortcut goes around the output layer
            |     for i in reversed(range(DEPTH)):
            |         # The layer above read h: (N, D_out) @ (D_out, WIDTH) = (N, WIDTH).
no-residual |         dh = $du @ W[i + 1].T
residual    |         dh = dh + $du @ W[i + 1].T  # its shortcut hands dh on as it is
no-residual |         dz = dh * phi_prime(z[i])  # (N, WIDTH)
all-layers  |         dz = RESIDUAL * dh * phi_prime(z[i])  # (N, WIDTH)
but-first   |         dz = dh * phi_prime(z[i])  # (N, WIDTH)
but-first   |         if i > 0:
but-first   |             dz = RESIDUAL * dz
normed      |         dgamma[i] = (dz * x_hat[i]).sum(axis=0)  # (WIDTH,)
normed      |         dbeta[i] = dz.sum(axis=0)  # (WIDTH,)
normed      |         du = normalize_backward(dz * gamma[i], x_hat[i], std[i])  # (N, WIDTH)
            |         dW[i] = h[i].T @ $du  # (D_in, N) @ (N, WIDTH) = (D_in, WIDTH)
            |         db[i] = $du.sum(axis=0)  # (WIDTH,)
            |     return [$gradient]
'''

# Depth 0: a lone output layer. Its forward pass is the same in PyTorch.
LINEAR_BACKWARD = '''
def backward(x, d_output):
    """dJ/dW and dJ/db."""
    dW = x.T @ d_output  # (N_IN, N) @ (N, N_OUT) = (N_IN, N_OUT)
    db = d_output.sum(axis=0)  # (N_OUT,)
    return [dW, db]
'''

CLIP = '''
value-clip | def clip(gradient):
value-clip |     """Cut every entry to -CLIP_LIMIT ... CLIP_LIMIT. This turns the gradient."""
value-clip |     return [np.clip(g, -CLIP_LIMIT, CLIP_LIMIT) for g in gradient]
norm-clip  | def clip(gradient):
norm-clip  |     """Shorten the whole gradient to norm CLIP_LIMIT where it is longer."""
norm-clip  |     # Divided by the largest entry first: the square of $huge is infinite.
norm-clip  |     largest = max(np.abs(g).max() for g in gradient) or 1.0
norm-clip  |     norm = np.sqrt(sum(np.sum((g / largest) ** 2) for g in gradient))
norm-clip  |     factor = min(1.0, CLIP_LIMIT / largest / norm)
norm-clip  |     return [g * factor for g in gradient]
'''

FINITE = '''
def finite(arrays):
    """Whether there is neither an infinity nor a NaN."""
    return all(np.isfinite(a).all() for a in arrays)
'''

RULE = '''
rmsprop | def rmsprop(squares, gradient):
rmsprop |     """The gradient over the root of the running mean of its square."""
rmsprop |     for v, g in zip(squares, gradient, strict=True):
rmsprop |         v *= ALPHA
rmsprop |         v += (1 - ALPHA) * g * g
rmsprop |     return [g / (np.sqrt(v) + FLOOR) for g, v in zip(gradient, squares, strict=True)]
adam    | def adam(means, squares, gradient, step):
adam    |     """A running mean of the gradient over the root of that of its square."""
adam    |     for m, v, g in zip(means, squares, gradient, strict=True):
adam    |         m *= BETA1
adam    |         m += (1 - BETA1) * g
adam    |         v *= BETA2
adam    |         v += (1 - BETA2) * g * g
adam    |     # Divided by what they lack for having begun at 0.
adam    |     m_hat = [m / (1 - BETA1**step) for m in means]
adam    |     v_hat = [v / (1 - BETA2**step) for v in squares]
adam    |     return [m / (np.sqrt(v) + FLOOR) for m, v in zip(m_hat, v_hat, strict=True)]
'''

MAIN = '''
            | def main():
            |     """Train, and print the losses and the held-out accuracy."""
            |     np.seterr(all="ignore")  # finite() looks for an overflow and says so in words
            |     x_train, y_train, x_test, y_test = load_data()
            |     W, b = init()
normed      |     gamma = [np.ones(WIDTH$typed) for _ in range(DEPTH)]
normed      |     beta = [np.zeros(WIDTH$typed) for _ in range(DEPTH)]
            |     parameters = [$starred]
momentum    |     velocity = [np.zeros_like(p) for p in parameters]
adam        |     means = [np.zeros_like(p) for p in parameters]
floor       |     squares = [np.zeros_like(p) for p in parameters]
            |     batches = len(x_train) // BATCH_SIZE  # per epoch; the remainder is left out
            |
            |     for step in range(1, STEPS + 1):
            |         epoch, batch = divmod(step - 1, batches)
            |         if batch == 0:
            |             rng = np.random.default_rng((BATCH_SEED, epoch))
            |             order = rng.permutation(len(x_train))
            |         rows = order[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            |         x, labels = x_train[rows], y_train[rows]
            |
            |         $computed = forward($parameters, x)
no-mse      |         loss, d_output = softmax_cross_entropy(output, labels)
mse         |         loss, d_output = mean_squared_error(output, labels)
            |         print(f"step {step}: loss {float(loss)!r}")
            |         gradient = backward($backward)
            |
no-clip     |         move = gradient
clip        |         move = clip(gradient)
momentum    |         for v, g in zip(velocity, move, strict=True):
momentum    |             v *= MOMENTUM
momentum    |             v += g
momentum    |         move = velocity
sign        |         move = [np.sign(g) for g in move]
rmsprop     |         move = rmsprop(squares, move)
adam no-muon |         move = adam(means, squares, move, step)
adamw       |         move = [m + DECAY * p for m, p in zip(move, parameters, strict=True)]
muon        |         n = len(W)  # the matrices come first; what else there is, Adam moves
muon        |         others = adam(means[n:], squares[n:], move[n:], step)
muon        |         move = muon(means[:n], move[:n]) + others
            |         for p, m in zip(parameters, move, strict=True):
            |             p -= LEARNING_RATE * m
            |
            |         checks = {
            |             "forward pass": [$checked],
            |             "loss": [loss],
            |             "gradient": gradient,
            |             "update": parameters,
            |         }
            |         for name, arrays in checks.items():
            |             if not finite(arrays):
            |                 print(f"Stopped at step {step}: infinity or NaN in the {name}.")
            |                 return
            |
hidden      |     *_, output = forward($parameters, x_test)
no-hidden   |     output = forward($parameters, x_test)
            |     if not finite([output]):
            |         print("Stopped: infinity or NaN in the held-out outputs.")
            |         return
            |     accuracy = np.mean(output.argmax(axis=1) == y_test)
            |     print(f"held-out accuracy: {float(accuracy)!r}")
'''


def numpy_script(spec: NetSpec, train_spec: TrainSpec, *, seed: int, dataset: str) -> str:
    """The run of `training.start` and `training.advance` on DATASETS[dataset], for NumPy alone.

    It computes in `train_spec.dtype`. The weights are those that `training.start` draws from
    `np.random.default_rng(seed)`. The script prints the loss of every step to its last digit, then
    the held-out accuracy. Where something is not finite it stops, with a line in words and exit
    status 0.

    Raises ValueError for more than one network in `spec`, a binary cross-entropy, a data
    set that is unknown or does not fit the network, and a seed that is not a whole number of at
    least 0.
    """
    chosen, values = choices(spec, train_spec, seed, dataset)
    values |= {"how": "NumPy with its backpropagation by hand", "needs": "NumPy 1.25"}
    phi = spec.phi.numpy
    sigma = SIGMA if "sigma(" in phi else ""
    loss = SQUARES if "mse" in chosen else LOSS
    network = [sigma, phi, NORMALIZE, FORWARD, loss, BACKWARD]
    if spec.depth == 0:
        network = [LINEAR_FORWARD, loss, LINEAR_BACKWARD]
    values |= {"norm_of_G": "np.linalg.norm(G)"}
    training = [CLIP, RULE, ORTHOGONALIZED, MUON, FINITE, MAIN]
    return script(spec, network, training, chosen, values)
