"""The controls and presets of the page `precision`."""

from dataclasses import replace

from core.activations import ACTIVATIONS
from core.formats import FORMATS, room
from pages.concepts.products.panel import W
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

SCALE = Range("scale", "loss scale", low=-8, high=24, step=1, default=0, live=True, base=2)
UPDATE = Range("update", "update η·g", low=0.0005, high=0.01, step=0.0005, default=0.002, live=True)
DEPTH = 20  # hidden layers at most
SHOWN = labels(FORMATS)
LAYERS = {str(i): f"layer {i}" for i in range(1, DEPTH + 1)} | {"all": "all layers"}

_SMALL = FORMATS["float8_e4m3fn"]
_SIGMOID = {
    **{"form": "float16", "activation": "sigmoid", "weights": "xavier", "depth": 10},
    **{"width": "64", "quantity": "dz", "layer": "1", "over": "lost"},
}
_WIDE = {
    **{"activation": "relu", "weights": "normal", "depth": DEPTH, "width": "64"},
    **{"quantity": "dz", "layer": "all", "scale": 0, "over": "lost"},
}

PANEL = Panel(
    "precision",
    controls=(
        SCALE,
        Choice("form", "Format", SHOWN, "float16", menu=True),
        Choice("activation", "Activation", labels(ACTIVATIONS), "sigmoid", menu=True),
        Choice(
            "weights",
            "Weights",
            {
                "xavier": "Xavier",
                "he": "He",
                "normal": "N(0, 1)",
                "uniform_classic": "PyTorch's default",
            },
            "xavier",
        ),
        Range("depth", "Hidden layers", 2, DEPTH, 1, 10),
        Choice("width", "Width", {"16": "16", "64": "64", "128": "128"}, "64"),
        Choice("quantity", "Gradient", {"dz": "dJ/dz", "dW": "dJ/dW"}, "dz"),
        Choice("layer", "Of", LAYERS, "1", menu=True),
        Choice("over", "What is too large", {"lost": "is lost", "cut": "is cut"}, "lost"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        UPDATE,
        Choice("slope", "Activation", {"sigmoid": "Sigmoid", "tanh": "Tanh"}, "sigmoid"),
        Choice("rate", "Learning rate", {"0.03": "0.03", "0.003": "0.003"}, "0.003"),
        Choice("form2", "Format of the weight", SHOWN, "bfloat16", menu=True),
        replace(W, live=False),
    ),
    presets=(
        Preset(
            "Sigmoid, unscaled",
            "bad",
            "The gradients are right, and too small for float16.",
            _SIGMOID | {"scale": 0},
        ),
        Preset(
            "Sigmoid, scaled",
            "good",
            "The loss times 2¹⁶, so every gradient times 2¹⁶. Divided again in float32 before the "
            "step, nearly all have their own size.",
            _SIGMOID | {"scale": 16},
        ),
        Preset(
            "ReLU, N(0, 1)",
            "trap",
            "A bad initialization spreads the gradients of its layers over more powers of two than "
            "float16 has. The scale shifts them all: one end or the other is lost.",
            _WIDE | {"form": "float16"},
        ),
        Preset(
            "The same in bfloat16",
            "good",
            "bfloat16 has the range of float32 and needs no scale. It pays in digits: "
            f"{FORMATS['bfloat16'].precision} binary ones where float16 has "
            f"{FORMATS['float16'].precision}.",
            _WIDE | {"form": "bfloat16"},
        ),
        Preset(
            "float8 e4m3",
            "trap",
            f"Room for {room(_SMALL):.1f} powers of two. Through {DEPTH} "
            "layers of PyTorch's default the gradient shrinks by more: no scale holds all layers. "
            "Its sibling e5m2 has more range and fewer digits.",
            {
                **{"form": "float8_e4m3fn", "activation": "relu", "weights": "uniform_classic"},
                **{"depth": DEPTH, "width": "64", "quantity": "dz", "layer": "all"},
                **{"scale": 12, "over": "lost"},
            },
        ),
        Preset(
            "0 by algebra",
            "trap",
            "In float32 the usual formula for σ′, as PyTorch and JAX compute it, is exactly 0 from "
            "*z* = 17 on, where the slope is 4×10⁻⁸.",
            {"form": "float32", "slope": "sigmoid"},
            see="“The same slope, two formulas”",
        ),
        Preset(
            "Updates of 0.001",
            "trap",
            "A weight of 1 in bfloat16, and updates of 0.001: it moves in neither direction.",
            {"form": "bfloat16", "form2": "bfloat16", "update": 0.001},
            see="“The step that rounds away”",
        ),
    ),
    recall=Recall(
        "Two networks differ in one setting. How do you find out which layer's gradient vanishes?",
        "Look at ‖dJ/dz‖ by layer, at the first step and later: the lab shows both.",
    ),
)
