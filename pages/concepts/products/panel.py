"""The controls and presets of the page `products`."""

from core.activations import ACTIVATIONS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

W = Range("w", "w", low=-2.0, high=2.0, step=0.01, default=0.6, live=True)
LAYERS = 60  # n = 0 … 60 on the main chart
STREAMS = (-40, 20)  # powers of ten on the chart of mixed streams

PANEL = Panel(
    "products",
    controls=(
        W,
        Range("n", "Factors n to mark", 1, LAYERS, 1, 15),
        Choice(
            "activation",
            "Activation of the chain",
            labels(ACTIVATIONS),
            "identity",
            menu=True,
        ),
        Range("factors", "Factors in the product", 4, 30, 1, 15),
        Range("sigma", "Standard deviation σ", 0.5, 2.5, 0.01, 1.0),
        Choice("width", "Width of the layers", {w: w for w in ("2", "5", "10", "20", "64")}, "64"),
        Choice("scale", "Size of the entries", {"one": "σ = 1", "gain": "σ = 1/√width"}, "one"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
    ),
    presets=(
        Preset(
            "0.6: vanishes",
            "bad",
            "The article's example. Nothing about 0.6 is small; fifteen of it are.",
            {"w": 0.6, "n": 15, "activation": "identity"},
        ),
        Preset(
            "0.6³",
            "trap",
            "The article's first example: after three factors a fifth is left, which looks "
            "harmless. Mark more of them.",
            {"w": 0.6, "n": 3, "activation": "identity"},
        ),
        Preset(
            "1.6: explodes",
            "bad",
            "The same distance from 1 in the other direction, more or less: "
            "on a log scale the two lines are near mirror images.",
            {"w": 1.6, "n": 15, "activation": "identity"},
        ),
        Preset(
            "0.9: nearly 1",
            "trap",
            "It looks harmless. Ten layers keep a third of the gradient, "
            "fifty keep half a percent of it.",
            {"w": 0.9, "n": 50, "activation": "identity"},
        ),
        Preset(
            "0.99: holds",
            "good",
            "Close enough for sixty layers: more than half is left. "
            "It would not do for six hundred.",
            {"w": 0.99, "n": 60, "activation": "identity"},
        ),
        Preset(
            "−1: flips",
            "good",
            "The sign changes with each factor, the size never does. "
            "Size is what this site is about.",
            {"w": -1.0, "n": 15, "activation": "identity"},
        ),
    ),
    recall=Recall(
        "Three networks were trained on the same digits. What differed between them?",
        "Only the size of their weights.",
    ),
    pins=("w", "activation"),
)
