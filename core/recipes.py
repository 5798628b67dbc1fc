"""A run of `core.training` as one script that a student can keep, read and change.

What the scripts have in common, and how one is put together: `numpy_recipe.py` has the backward
pass by hand, `pytorch_recipe.py` has autograd, `keras_recipe.py` layers. A script draws the same
weights and the same batches as the core and so prints the same losses. It needs no file, no network
and nothing of this project.

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

from core.datasets import DATASETS, DIGITS_FILE, Dataset
from core.initializers import INITIALIZERS
from core.network import EPSILON, NetSpec
from core.optimizers import SGD, Adam, AdamW, Momentum, Muon, RMSProp, Rule, Sign
from core.training import TrainSpec

LINE_LENGTH = 100
SUBJECTS = {
    "digits": "handwritten digits",
    "pixels": "handwritten digits",
    "spirals": "two spirals",
}

# What all scripts have -----------------------------------------------------------------------

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

LINEAR_FORWARD = '''
def forward(W, b, x):
    """The output (N, N_OUT) of the input x (N, N_IN)."""
    return x @ W[0] + b[0]  # (N, N_IN) @ (N_IN, N_OUT) + (N_OUT,)
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

# Putting a script together -------------------------------------------------------------------


def script(
    spec: NetSpec, network: list[str], training: list[str], chosen: set[str], values: dict[str, str]
) -> str:
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


def _banner(title: str) -> str:
    return f"# {title} ".ljust(LINE_LENGTH - 4, "-") + "\n"


def _kept(block: str, chosen: set[str]) -> str:
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


def choices(
    spec: NetSpec, train_spec: TrainSpec, seed: int, dataset: str
) -> tuple[set[str], dict[str, str]]:
    """What was chosen, as the words of the margins, and the values, as the texts of a script."""
    data = _checked(spec, train_spec, seed, dataset)
    examples = len(data.x_train)
    batch_size = min(train_spec.batch_size, examples)
    phi, scheme = spec.phi, INITIALIZERS[spec.initializer]

    hidden = spec.depth > 0
    norm = spec.norm if hidden else "none"
    normed, clip, rule = norm != "none", train_spec.clip, train_spec.rule
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


def _settings(rule: Rule) -> dict[str, float]:
    """A rule's numbers by the names that a script has for them."""
    if isinstance(rule, Muon):  # what is no matrix is moved by Adam with its defaults
        own = {"muon_momentum": rule.momentum, "muon_floor": rule.epsilon}
        return own | _settings(Adam())
    numbers = {name: value for name, value in vars(rule).items() if name != "epsilon"}
    return numbers | ({"floor": rule.epsilon} if hasattr(rule, "epsilon") else {})


def _checked(spec: NetSpec, train_spec: TrainSpec, seed: int, dataset: str) -> Dataset:
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
def _packed_digits() -> str:
    """The pixels and labels of all digits, compressed and folded into lines of text."""
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        table = np.vstack([file["images"].T, file["labels"]])  # like pixels lie side by side
    packer = zlib.compressobj(9, strategy=zlib.Z_FILTERED)
    text = base64.b64encode(packer.compress(table.tobytes()) + packer.flush()).decode("ascii")
    return "\n".join(text[i : i + LINE_LENGTH] for i in range(0, len(text), LINE_LENGTH))
