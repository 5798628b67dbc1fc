"""The controls and presets of the page `chain_rule`."""

from core.activations import ACTIVATIONS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

W2 = Range("w2", "w₂", low=-12.0, high=12.0, step=0.08, default=5.68, live=True)
W = Range("w", "w", low=-6.0, high=6.0, step=0.1, default=1.0, live=True)
FACTOR = Choice(
    "factor",
    "Factor",
    {
        "all": "all",
        "loss": "dJ/dŷ",
        "slope2": "σ′(z₂)",
        "a1": "a₁",
        "w2": "w₂",
        "slope1": "σ′(z₁)",
        "x": "x",
    },
    "all",
)
LAYERS = 60  # the deepest chain
_EXAMPLE = {"gradient": "w1", "w1": 2.0, "x": 1.0, "y": 0.0}  # the article's, whose w₂ it moves

PANEL = Panel(
    "chain_rule",
    controls=(
        W2,
        Choice("gradient", "Gradient of", {"w1": "w₁", "w2": "w₂"}, "w1"),
        FACTOR,
        Range("w1", "w₁", -6.0, 6.0, 0.1, 2.0),
        Range("x", "Input x", -2.0, 2.0, 0.1, 1.0),
        Range("y", "Target y", 0.0, 1.0, 0.1, 0.0),
        W,
        Range("layers", "Layers L", 2, LAYERS, 1, 15),
        Choice(
            "activation",
            "Activation of the chain",
            labels(ACTIVATIONS),
            "sigmoid",
            menu=True,
        ),
        Choice("width", "Width", {w: w for w in ("5", "10", "32", "64", "128")}, "64"),
        Choice(
            "network",
            "Activation of the network",
            labels(ACTIVATIONS),
            "tanh",
            menu=True,
        ),
        Choice(
            "scheme",
            "Weights",
            {
                "normal": "N(0, 1)",
                "xavier": "Xavier",
                "he": "He",
                "lecun": "LeCun",
                "orthogonal": "Orthogonal",
            },
            "normal",
            menu=True,
            help="How the first weights are drawn. The page on initialization compares these.",
        ),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
    ),
    presets=(
        Preset(
            "z₂ = 5",
            "bad",
            "The article's example. The slope is 0.0066, and one such factor costs "
            "more than a factor of 100. The weight gives back less than a factor of 10.",
            _EXAMPLE | {"w2": 5.68},
        ),
        Preset(
            "w₂ = 0",
            "trap",
            "z₂ = 0, so the slope is at its best, ¼. But w₂ is a factor too: nothing reaches w₁.",
            _EXAMPLE | {"w2": 0.0},
        ),
        Preset(
            "The best w₂",
            "good",
            "No other w₂ on this slider gives w₁ more: weight and slope share the bill.",
            _EXAMPLE | {"w2": 2.0},
        ),
        Preset(
            "Already right",
            "trap",
            "The gradient is tiny although nothing went wrong: the output is close to its target. "
            "Small need not mean vanished.",
            _EXAMPLE | {"w2": 5.68, "y": 1.0},
        ),
        Preset(
            "w = 4 against ¼",
            "bad",
            "The bound stays at ¼, and the gradient falls away beneath it: z saturates.",
            {"w": 4.0, "layers": 15, "activation": "sigmoid"},
        ),
        Preset(
            "w = −4.8",
            "trap",
            "The best of all weights here: the activations settle where the sigmoid is steep, "
            "and in the end each w·σ′ is near −0.9. Until then some are far smaller. A real "
            "network has no such weight to give.",
            {"w": -4.8, "layers": 15, "activation": "sigmoid"},
        ),
        Preset(
            "ReLU, w = 1",
            "good",
            "Every factor is 1, and so is the product, exactly, at any depth.",
            {"w": 1.0, "layers": 60, "activation": "relu"},
        ),
        Preset(
            "tanh with N(0, 1)",
            "trap",
            "The slopes vanish, the gradient explodes. "
            "To look at the slopes alone is to fear the wrong thing.",
            {"width": "64", "network": "tanh", "scheme": "normal"},
        ),
        Preset(
            "Sigmoid with Xavier",
            "bad",
            "The weights neither help nor harm; the slopes decide, and the gradient vanishes.",
            {"width": "64", "network": "sigmoid", "scheme": "xavier"},
        ),
        Preset(
            "ReLU with He",
            "good",
            "About half of the slopes are 0, at every layer, and He's weights are sized to pay "
            "for it.",
            {"width": "64", "network": "relu", "scheme": "he"},
        ),
    ),
    recall=Recall(
        "A signal is multiplied by 0.6 at each of 15 layers. How much of it is left?",
        "0.6¹⁵ = 4.7×10⁻⁴: about one part in 2,000. Nothing about 0.6 is small; fifteen of it are.",
    ),
    pins=("w", "activation"),
)
