"""A run of `core.training` as one script that a student can keep, read and change.

`numpy_script` has the backward pass by hand; `pytorch_recipe.py` has the same run with autograd,
and `keras_recipe.py` in layers. A script draws the same weights and the same batches as the core
and so prints the same losses. It needs no file, no network and nothing of this project.

The texts below are the scripts themselves. The margin left of the bar says when a line is in:
always where it is empty, else if every word in it was chosen, and the word of a no-word was not.
$name stands for a value: a number, or a text that stands here or in a record of the core. Nothing
else gets in.
"""

import base64
import zlib
from functools import cache
from string import Template

import numpy as np

from core.datasets import DATASETS, DIGITS_FILE
from core.initializers import INITIALIZERS
from core.network import EPSILON, NetSpec
from core.optimizers import SGD, Adam, AdamW, Momentum, Muon, RMSProp, Sign
from core.training import TrainSpec

LINE_LENGTH = 100
SUBJECTS = {
    "digits": "handwritten digits",
    "pixels": "handwritten digits",
    "spirals": "two spirals",
}

# What both scripts have ----------------------------------------------------------------------

HEADER = """
           | # A network learns $subject, in $how.
           | #
           | # Data: $subject, $n_train examples to train on and $n_test held out.
hidden     | # Hidden layers: $depth of $width units each, $phi_name.
no-hidden  | # Hidden layers: none, the model is linear.
leaky_relu | # Slope for negative z: $negative_slope.
           | # Weights: $scheme, times $weight_scale.
mean       | # To what is drawn $weight_mean is added, divided by the number of inputs.
no-bias    | # Biases: 0.
bias       | # Biases: normal, mean $bias_mean, standard deviation $bias_std.
layer      | # Normalizer: layer norm before the activation.
batch      | # Normalizer: batch norm before the activation, by the statistics of the batch at hand.
residual   | # Shortcuts: h + $residual * phi(z).
float32    | # Numbers: float32. Weights and data are drawn in float64 and rounded to it once.
           | # Training: $rule, learning rate $learning_rate, $steps steps of $batch_size examples.
mse        | # Loss: mean squared error from $target for an example's class, 0 for the others.
momentum   | # Momentum: $momentum.
value-clip | # Clipping: every entry of the gradient to $clip_limit.
norm-clip  | # Clipping: the whole gradient to norm $clip_limit.
           | # Seeds: $seed for the weights, $batch_seed for the order of the examples.
           | #
           | # It prints the loss of every batch before its update, and the held-out accuracy.
float32    | # Each library adds up in another order: in float32 losses agree to about six digits at
float32    | # first, and to fewer as the steps go on and what was rounded differently grows.
           | # It needs Python 3.10, $needs or newer, and nothing else.
keras no-float32 | # On other backends than TensorFlow, Keras 3.15 multiplies in float32.
"""

IMPORTS = """
digits | import base64
digits | import zlib
       | from itertools import pairwise
       |
keras  | import keras
       | import numpy as np
torch  | import torch
torch  | import torch.nn.functional as F
"""

SETTINGS = """
           | N_IN = $n_in  # features of an example
hidden     | WIDTH = $width  # units of a hidden layer
hidden     | DEPTH = $depth  # hidden layers; a linear output layer follows
           | N_OUT = $n_out  # units of the output layer, one for each class
leaky_relu | NEGATIVE_SLOPE = $negative_slope  # of the activation where z is not positive
           | WEIGHT_SCALE = $weight_scale  # multiplies the weights that are drawn
mean       | WEIGHT_MEAN = $weight_mean  # of the weights into a unit: their sum, before scaling
bias       | BIAS_MEAN = $bias_mean
bias       | BIAS_STD = $bias_std
normed     | EPSILON = $epsilon  # added to the variance
residual   | RESIDUAL = $residual  # factor of the branch in h + RESIDUAL * phi(z)
mse        | TARGET = $target  # what the output of an example's class is to be
           | LEARNING_RATE = $learning_rate
momentum   | MOMENTUM = $momentum
rmsprop    | ALPHA = $alpha  # of RMSProp's running mean
adam       | BETA1 = $beta1  # of Adam's running means
adam       | BETA2 = $beta2
floor      | FLOOR = $floor  # added to the root of a mean square
adamw      | DECAY = $decay  # of each parameter, times the learning rate
muon       | MUON_MOMENTUM = $muon_momentum
muon       | MUON_FLOOR = $muon_floor  # what a gradient is divided by at least
muon       | ITERATIONS = $iterations  # of Newton and Schulz
clip       | CLIP_LIMIT = $clip_limit
           | STEPS = $steps
           | BATCH_SIZE = $batch_size
           | SEED = $seed  # of the weights
           | BATCH_SEED = $batch_seed  # of the order of the examples
"""

LOAD = '''
        | def load_data():
digits  |     """1,797 digits of 8 x 8 pixels, the first $n_train of them to train on."""
digits  |     table = np.frombuffer(zlib.decompress(base64.b64decode(DIGITS)), np.uint8)
digits  |     table = table.reshape(N_IN + 1, -1)  # a row per pixel, and one of the labels
digits  |     x, y = table[:-1].T.astype(np.float64), table[-1].astype(np.int64)
spirals |     """Two spiral arms of 1.25 turns, the first $n_train points to train on."""
spirals |     rng = np.random.default_rng(0)
spirals |     y = np.arange(600) % 2
spirals |     radius = np.sqrt(rng.random(600))  # even in area
spirals |     angle = 2 * np.pi * 1.25 * radius + np.pi * y
spirals |     x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
spirals |     x += 0.03 * rng.standard_normal(x.shape)
        |     n = $n_train
pixels  |     # Pixels from 0 to 16 as they are: not standardized.
scaled  |     # Mean 0 and standard deviation 1 for each feature, by the training examples.
scaled  |     mean, std = x[:n].mean(axis=0), x[:n].std(axis=0)
blanks  |     std[np.ptp(x[:n], axis=0) == 0] = np.inf  # a pixel that is always blank stays 0
scaled  |     x = (x - mean) / std
float32 |     x = x.astype(np.float32)
        |     return x[:n], y[:n], x[n:], y[n:]
'''

INIT = '''
          | def init():
          |     """W (D_in, D_out) and b (D_out,) of every layer, from the first to the last."""
          |     rng = np.random.default_rng(SEED).spawn(1)[0]
hidden    |     widths = [N_IN, *[WIDTH] * DEPTH, N_OUT]
no-hidden |     widths = [N_IN, N_OUT]
no-mean   |     W = [WEIGHT_SCALE * draw(rng, n_in, n_out) for n_in, n_out in pairwise(widths)]
mean      |     W = [draw(rng, n, n_out) + WEIGHT_MEAN / n for n, n_out in pairwise(widths)]
mean      |     W = [WEIGHT_SCALE * W_l for W_l in W]
no-bias   |     b = [np.zeros(n_out) for n_out in widths[1:]]
bias      |     b = [BIAS_MEAN + BIAS_STD * rng.standard_normal(n) for n in widths[1:]]
float32   |     W = [W_l.astype(np.float32) for W_l in W]
float32   |     b = [b_l.astype(np.float32) for b_l in b]
          |     return W, b
'''

DIGITS_AT_THE_END = '''
digits | # The handwritten digits: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten
digits | # Digits", UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49,
digits | # CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). Changes: reordered into
digits | # training and held-out examples; values 0 to 16 as bytes, compressed by zlib, in base64.
digits | DIGITS = """
digits | $packed
digits | """
'''

START = """
if __name__ == "__main__":
    main()
"""

# What a choice brings along ------------------------------------------------------------------

SIGMA = '''
def sigma(z):
    """The logistic function. Where exp(-z) is infinite, 1 / inf is 0, as it should be."""
    return 1 / (1 + np.exp(-z))
'''

# The network in NumPy ------------------------------------------------------------------------

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

NUMPY_FORWARD = '''
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

NUMPY_LOSS = '''
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

NUMPY_SQUARES = '''
def mean_squared_error(output, labels):
    """J = mean over N and N_OUT of (output - target)^2, and dJ/d(output) (N, N_OUT)."""
no-float32 |     error = output - TARGET * np.eye(N_OUT)[labels]  # (N, N_OUT)
float32    |     error = output - TARGET * np.eye(N_OUT, dtype=np.float32)[labels]  # (N, N_OUT)
    return np.mean(error * error), error * (2 / error.size)
'''

NUMPY_BACKWARD = '''
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
LINEAR_FORWARD = '''
def forward(W, b, x):
    """The output (N, N_OUT) of the input x (N, N_IN)."""
    return x @ W[0] + b[0]  # (N, N_IN) @ (N_IN, N_OUT) + (N_OUT,)
'''

LINEAR_BACKWARD = '''
def backward(x, d_output):
    """dJ/dW and dJ/db."""
    dW = x.T @ d_output  # (N_IN, N) @ (N, N_OUT) = (N_IN, N_OUT)
    db = d_output.sum(axis=0)  # (N_OUT,)
    return [dW, db]
'''

# Training in NumPy ---------------------------------------------------------------------------

NUMPY_CLIP = '''
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

NUMPY_FINITE = '''
def finite(arrays):
    """Whether there is neither an infinity nor a NaN."""
    return all(np.isfinite(a).all() for a in arrays)
'''

NUMPY_RULE = '''
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

ORTHOGONALIZED = '''
muon | def orthogonalized(G):
muon |     """G with its singular values brought near 1, after Newton and Schulz."""
muon |     X = G.T if G.shape[0] > G.shape[1] else G
muon |     X = X / max($norm_of_G, MUON_FLOOR)
muon |     for _ in range(ITERATIONS):
muon |         A = X @ X.T
muon |         X = 3.4445 * X + (-4.775 * A + 2.0315 * (A @ A)) @ X
muon |     return X.T if G.shape[0] > G.shape[1] else X
'''

MUON = '''
muon | def muon(means, gradient):
muon |     """The moves of the weight matrices."""
muon |     moves = []
muon |     for B, G in zip(means, gradient, strict=True):
muon |         B *= MUON_MOMENTUM
muon |         B += (1 - MUON_MOMENTUM) * G
muon |         X = orthogonalized((1 - MUON_MOMENTUM) * G + MUON_MOMENTUM * B)
muon |         moves.append(max(1, G.shape[1] / G.shape[0]) ** 0.5 * X)
muon |     return moves
'''

NUMPY_MAIN = '''
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

# Putting a script together -------------------------------------------------------------------


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
    loss = NUMPY_SQUARES if "mse" in chosen else NUMPY_LOSS
    network = [sigma, phi, NORMALIZE, NUMPY_FORWARD, loss, NUMPY_BACKWARD]
    if spec.depth == 0:
        network = [LINEAR_FORWARD, loss, LINEAR_BACKWARD]
    values |= {"norm_of_G": "np.linalg.norm(G)"}
    training = [NUMPY_CLIP, NUMPY_RULE, ORTHOGONALIZED, MUON, NUMPY_FINITE, NUMPY_MAIN]
    return script(spec, network, training, chosen, values)


def script(spec, network, training, chosen, values):
    """The text of a script: what all have, with these blocks for the network and its training."""
    draw = INITIALIZERS[spec.initializer].script
    head = [HEADER, IMPORTS, _banner("Settings") + SETTINGS]
    data = [_banner("Data"), LOAD]
    network = [_banner("The network"), draw, INIT, *network]
    training = [_banner("Training"), *training]
    blocks = [*data, *network, *training, DIGITS_AT_THE_END, START]

    opening = "\n\n".join(_kept(block, chosen) for block in head)
    rest = filter(None, (_kept(block, chosen) for block in blocks))
    return Template("\n\n\n".join([opening, *rest]) + "\n").substitute(values)


def _banner(title):
    return f"# {title} ".ljust(LINE_LENGTH - 4, "-") + "\n"


def _kept(block, chosen):
    """The lines of a block whose margin asks for nothing but what was chosen."""
    lines = []
    for line in block.strip("\n").splitlines():
        margin, bar, code = line.partition("|")
        if not bar:  # a block without a margin
            margin, code = "", " " + line
        wanted = [word for word in margin.split() if not word.startswith("no-")]
        refused = [word.removeprefix("no-") for word in margin.split() if word not in wanted]
        if chosen.issuperset(wanted) and chosen.isdisjoint(refused):
            lines.append(code[1:])
    return "\n".join(lines)


def choices(spec, train_spec, seed, dataset):
    """What was chosen, as the words of the margins, and the values, as the texts of a script."""
    data = _checked(spec, train_spec, seed, dataset)
    examples = len(data.x_train)
    batch_size = min(train_spec.batch_size, examples)
    phi, scheme = spec.phi, INITIALIZERS[spec.initializer]

    hidden = spec.depth > 0
    norm = spec.norm if hidden else "none"
    normed, clip, rule = norm != "none", train_spec.clip, train_spec.optimizer
    single = train_spec.dtype == "float32"
    residual = any(spec.shortcut(i) for i in range(spec.depth))
    words = {
        "digits": dataset != "spirals",
        "spirals": dataset == "spirals",
        "pixels": dataset == "pixels",
        "scaled": dataset != "pixels",
        "blanks": dataset == "digits",
        "hidden": hidden,
        "leaky_relu": hidden and spec.activation == "leaky_relu",
        "mean": spec.weight_mean != 0,
        "bias": spec.bias_mean != 0 or spec.bias_std != 0,
        "normed": normed,
        "layer": norm == "layer",
        "batch": norm == "batch",
        "lone": batch_size == 1,
        "residual": residual,
        "all-layers": residual and spec.shortcut(0),
        "but-first": residual and not spec.shortcut(0),
        "mse": train_spec.loss == "mean_squared_error",
        "float32": single,
        "clip": clip != "none",
        "value-clip": clip == "value",
        "norm-clip": clip == "norm",
        "sgd": isinstance(rule, SGD),
        "momentum": isinstance(rule, Momentum),
        "sign": isinstance(rule, Sign),
        "rmsprop": isinstance(rule, RMSProp),
        "adam": isinstance(rule, Adam | Muon),
        "adamw": isinstance(rule, AdamW),
        "muon": isinstance(rule, Muon),
        "floor": isinstance(rule, RMSProp | Adam | Muon),
    }
    parameters = ["W", "b", *(["gamma", "beta"] if normed else [])]
    computed = ["h", "z", *(["x_hat", "std"] if normed else []), "output"]
    checked = ["*z", *(["*std"] if normed else []), "output"]
    backward = ["W", *(["gamma"] if normed else []), *computed[:-1], "d_output"]
    if not hidden:
        computed, checked, backward = ["output"], ["output"], ["x", "d_output"]
    lists = {
        "parameters": parameters,
        "starred": [f"*{name}" for name in parameters],
        "gradient": [f"*d{name}" for name in parameters],
        "computed": computed,
        "checked": checked,
        "backward": backward,
    }
    texts = {
        "subject": SUBJECTS[dataset],
        "phi_name": phi.label,
        "torch_phi": Template(phi.torch).substitute(far="80.0" if single else "700.0"),
        "rule": "SGD" if isinstance(rule, Momentum) else rule.label,
        "scheme": scheme.label,
        "source": scheme.source,
        "spread": scheme.spread,
        "axis": "0" if norm == "batch" else "1",
        "std_shape": "(1, WIDTH)" if norm == "batch" else "(N, 1)",
        "du": "du" if normed else "dz",
        "packed": _packed_digits(),
        "dtype": train_spec.dtype,
        "typed": ", np.float32" if single else "",
        "torch_type": "float" if single else "double",
        "huge": "1e20" if single else "1e200",  # no square of it
        "root": "1e19" if single else "1e154",  # of the largest number
    }
    whole = {
        "n_in": spec.n_in,
        "width": spec.width,
        "depth": spec.depth,
        "n_out": spec.n_out,
        "steps": train_spec.steps,
        "batch_size": batch_size,
        "batch_seed": train_spec.batch_seed,
        "seed": seed,
        "iterations": getattr(rule, "iterations", 0),
        "n_train": examples,
        "n_test": len(data.x_test),
    }
    real = {
        "negative_slope": spec.negative_slope,
        "weight_scale": spec.weight_scale,
        "weight_mean": spec.weight_mean,
        "bias_mean": spec.bias_mean,
        "bias_std": spec.bias_std,
        "residual": spec.residual,
        "epsilon": EPSILON,
        "learning_rate": train_spec.learning_rate,
        "target": train_spec.target,
        "clip_limit": train_spec.clip_limit,
        **_settings(rule),
    }
    texts |= {name: ", ".join(names) for name, names in lists.items()}
    texts |= {name: repr(int(value)) for name, value in whole.items()}
    texts |= {name: repr(float(value)) for name, value in real.items()}
    return {word for word, holds in words.items() if holds}, texts


def _settings(rule):
    """A rule's numbers by the names that a script has for them."""
    if isinstance(rule, Muon):  # what is no matrix is moved by Adam with its defaults
        own = {"muon_momentum": rule.momentum, "muon_floor": rule.epsilon}
        return own | _settings(Adam())
    numbers = {name: value for name, value in vars(rule).items() if name != "epsilon"}
    return numbers | ({"floor": rule.epsilon} if hasattr(rule, "epsilon") else {})


def _checked(spec, train_spec, seed, dataset):
    """The data set. Raises ValueError for a run that a script cannot be."""
    if spec.seeds != 1:
        raise ValueError(f"a script trains one network, not {spec.seeds}")
    if train_spec.loss == "binary_cross_entropy":
        raise ValueError("a script has a loss of several classes, not the binary cross-entropy")
    if dataset not in SUBJECTS:
        raise ValueError(f"unknown data set {dataset!r}; known are {', '.join(SUBJECTS)}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, not {seed!r}")
    data = DATASETS[dataset]()
    features, classes = data.x_train.shape[1], int(data.y_train.max()) + 1
    if spec.n_in != features or spec.n_out < classes:
        raise ValueError(
            f"{dataset} want n_in {features} and n_out of at least {classes}, "
            f"not {spec.n_in} and {spec.n_out}"
        )
    return data


@cache
def _packed_digits():
    """The pixels and labels of all digits, compressed and folded into lines of text."""
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        table = np.vstack([file["images"].T, file["labels"]])  # like pixels lie side by side
    packer = zlib.compressobj(9, strategy=zlib.Z_FILTERED)
    text = base64.b64encode(packer.compress(table.tobytes()) + packer.flush()).decode("ascii")
    return "\n".join(text[i : i + LINE_LENGTH] for i in range(0, len(text), LINE_LENGTH))
