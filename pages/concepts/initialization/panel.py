"""The controls and presets of the page `initialization`."""

from core.activations import ACTIVATIONS
from pages.kit import theme
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

G = Range("g", "σ√n", low=-2.0, high=5.0, step=0.1, default=3.0, live=True, base=2)
DEEPEST = 30  # hidden layers that can be chosen
CURVES = {name: theme.COMPARED[name] for name in ("relu", "tanh", "sigmoid")}  # of the gauge
WIDTHS = ("5", "10", "16", "64", "100", "256")
SCHEMES = {"normal": "N(0, 1)", "he": "He", "xavier": "Xavier"}
PLAIN = {  # what every preset speaks of
    "depth": 20,
    "quantity": "dz",
    "center": "median",
    "draws": "lecun",
    "bias": 0.0,
}

PANEL = Panel(
    "initialization",
    controls=(
        G,
        Choice(
            "activation",
            "Activation",
            labels(ACTIVATIONS),
            "relu",
            menu=True,
        ),
        Choice("width", "Width n", {width: width for width in WIDTHS}, "64"),
        Range("depth", "Hidden layers", 2, DEEPEST, 1, 20),
        Choice("quantity", "Which gradient", {"dz": "dJ/dz", "dW": "dJ/dW"}, "dz"),
        Choice("center", "Over the networks", {"median": "median", "mean": "mean"}, "median"),
        Choice(
            "beside", "Dotted line", {"slopes": "slopes ∏ φ′(z)", "h": "activations ‖h‖"}, "slopes"
        ),
        Choice(
            "draws",
            "Weights drawn",
            {"lecun": "Gaussian", "lecun_uniform": "uniform", "orthogonal": "orthogonal"},
            "lecun",
        ),
        Range("bias", "Bias σ", 0.0, 2.0, 0.1, 0.0),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        Choice(
            "window",
            "Activation of the window",
            {name: ACTIVATIONS[name].label for name in CURVES},
            "relu",
        ),
        Choice("against", "On the right, the same draws with", SCHEMES, "he"),
    ),
    presets=(
        Preset(
            "ReLU, N(0, 1)",
            "bad",
            "The weights look modest, 99.7 % of them within −3 … 3. A sum of sixty-four is not.",
            PLAIN | {"g": 3.0, "activation": "relu", "width": "64", "window": "relu"},
        ),
        Preset(
            "ReLU, He",
            "good",
            "σ√n = √2 makes up for the half of the units that are off. The line is flat.",
            PLAIN | {"g": 0.5, "activation": "relu", "width": "64", "window": "relu"},
        ),
        Preset(
            "ReLU, Xavier",
            "bad",
            "Made for tanh: each ReLU layer loses a factor √½, and nothing gives it back.",
            PLAIN | {"g": 0.0, "activation": "relu", "width": "64", "window": "relu"},
        ),
        Preset(
            "ReLU, PyTorch's default",
            "bad",
            "`nn.Linear` draws from ±1/√*n*, so that σ√*n* is 1/√3, or 0.58: a third of the "
            "variance that keeps a sum's size, of which ReLU leaves half. The slider's nearest is "
            "0.574.",
            PLAIN
            | {"g": -0.8, "activation": "relu", "width": "64", "window": "relu"}
            | {"draws": "lecun_uniform"},
        ),
        Preset(
            "Tanh, Xavier",
            "good",
            "What it was made for. Most of the gradient is lost on the way; what is left is enough "
            "to train.",
            PLAIN | {"g": 0.0, "activation": "tanh", "width": "64", "window": "tanh"},
        ),
        Preset(
            "Sigmoid, Xavier",
            "bad",
            "Hardly a unit is saturated, and the gradient is gone: slopes of ¼ need weights to "
            "match.",
            PLAIN | {"g": 0.0, "activation": "sigmoid", "width": "64", "window": "sigmoid"},
        ),
        Preset(
            "Sigmoid, N(0, 1)",
            "trap",
            "It lets far more through than Xavier, and seems to prove N(0, 1) right. That is "
            "luck: √*n* happens to fit. Try width 10 with σ√*n* = 3.25, and width 256 with 16.",
            PLAIN | {"g": 3.0, "activation": "sigmoid", "width": "64", "window": "sigmoid"},
        ),
        Preset(
            "He, 5 units wide",
            "trap",
            "The right scale, but layers too narrow to average over: with nearly every seed some "
            "networks die outright.",
            PLAIN | {"g": 0.5, "activation": "relu", "width": "5", "window": "relu"},
        ),
    ),
    recall=Recall(
        "No unit of a sigmoid network is saturated. Is its gradient safe?",
        "No. Even the steepest slope of a sigmoid is ¼, so the product of the slopes vanishes "
        "without any saturation. Unsaturated is not the same as safe.",
    ),
    pins=("g", "activation", "width", "depth", "quantity", "center", "draws", "bias", "seed"),
)
