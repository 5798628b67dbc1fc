"""The controls and presets of the page `activations`."""

from core.activations import ACTIVATIONS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

Z = Range("z", "z", low=-6.0, high=6.0, step=0.05, default=2.0, live=True)
DEEPEST = 20  # layers that the charts of networks have room for
STEPS = 50  # of training, where the networks of the shares are trained
SEEN_DEPTH = 15  # of the networks behind the histogram, which the question asks about
LEAK_SLOPES = (0.0, 0.01, 0.1, 0.3)  # below 0, of the networks that make_runs.py trains
LABELS = labels(ACTIVATIONS)
CROSSING = 1.663  # |z| at which the slopes of sigmoid and tanh are equal
NETWORKS_SEEN = {  # the network behind the histogram
    "sigmoid xavier": "Sigmoid, Xavier weights",
    "sigmoid normal": "Sigmoid, N(0, 1) weights",
    "tanh xavier": "Tanh, Xavier weights",
    "tanh normal": "Tanh, N(0, 1) weights",
    "relu he": "ReLU, He weights",
}
SCHEMES = {"xavier": "Xavier", "he": "He", "lecun": "LeCun", "normal": "N(0, 1)"}
PAYS = {  # what each scheme does about the half of the units that are off
    "xavier": "Xavier's weights do not pay for that.",
    "he": "He's √2 pays for exactly that.",
    "normal": "N(0, 1) weights pay far too much for that: those of a layer of 64 multiply by 8.",
}
_SHOWN = {"first": "sigmoid", "second": "tanh", "third": "relu"}
_CURVES = _SHOWN | {"n": 15}
UNTRAINED = _SHOWN | {"weights": "usual", "depth": 15, "network": "relu", "bias": 0.0, "rate": "0"}

PANEL = Panel(
    "activations",
    controls=(
        Z,
        Range("n", "Layers n", 1, 30, 1, 15),
        Choice("first", "First curve", LABELS, "sigmoid", menu=True),
        Choice("second", "Second curve", LABELS, "tanh", menu=True),
        Choice("third", "Third curve", LABELS, "relu", menu=True),
        Range("leak", "Slope of leaky ReLU below 0", 0.0, 0.5, 0.01, 0.01),
        Choice("seen", "Gray: z inside the network", NETWORKS_SEEN, "sigmoid xavier", menu=True),
        Choice(
            "weights",
            "Weights",
            {"usual": "the usual", "xavier": "Xavier", "he": "He", "normal": "N(0, 1)"},
            "usual",
            help="The usual: LeCun for SELU, Xavier for sigmoid, tanh and the identity, "
            "He for the others.",
        ),
        Range("depth", "Depth", 2, DEEPEST, 1, 15),
        Choice(
            "network",
            "Network",
            {name: LABELS[name] for name in ("sigmoid", "tanh", "relu", "leaky_relu")},
            "relu",
        ),
        Range("bias", "Mean of the biases", -2.0, 2.0, 0.1, 0.0),
        Choice(
            "rate",
            f"Trained for {STEPS} steps at rate",
            {"0": "untrained", "0.1": "0.1", "0.3": "0.3", "1": "1"},
            "0",
        ),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        Choice("runs", "Trained at rate", {r: r for r in ("0.03", "0.1", "0.3")}, "0.3"),
    ),
    presets=(
        Preset(
            "z = 2",
            "bad",
            "None of the three is flat here by the 5 % rule, and yet fifteen such layers leave "
            "next to nothing of a gradient, except with ReLU.",
            _CURVES | {"z": 2.0},
        ),
        Preset(
            "z = 5: saturated",
            "bad",
            "The article's example: σ′(5) = 0.0066. Both S-shaped curves are flat, tanh far "
            "more so.",
            _CURVES | {"z": 5.0},
        ),
        Preset(
            "z = 0: at their best",
            "trap",
            "The sigmoid cannot do better, and it is not enough. Tanh passes everything, at this "
            "one point. ReLU has a kink here, and its slope counts as 0.",
            _CURVES | {"z": 0.0},
        ),
        Preset(
            "Leaky, below 0",
            "trap",
            "ReLU passes nothing. The leak passes 1 %: not zero, so a unit can recover, "
            "but over fifteen layers it is 10⁻³⁰.",
            _CURVES | {"z": -2.0, "second": "leaky_relu", "leak": 0.01},
        ),
        Preset(
            "ReLU, He",
            "good",
            "Half of the units are off, and He's weights are large enough to pay for them: "
            "the gradient keeps its size. With most seeds a sixth to a third of the last layer's "
            "units are dead all the same.",
            UNTRAINED,
        ),
        Preset(
            "Tanh, N(0, 1)",
            "trap",
            "Most units are saturated, so the slopes multiply to almost nothing. Large weights "
            "outdo them: the gradient explodes.",
            UNTRAINED | {"weights": "normal", "network": "tanh"},
        ),
        Preset(
            "ReLU, biases −1",
            "bad",
            "Every z is pushed down by 1. After the first layers nearly every unit is dead.",
            UNTRAINED | {"bias": -1.0},
        ),
        Preset(
            "ReLU, rate 0.1",
            "good",
            "With most seeds training revives more units than it kills: the layers before a dead "
            "unit still learn.",
            UNTRAINED | {"rate": "0.1"},
        ),
        Preset(
            "ReLU, rate 0.3",
            "bad",
            "Larger steps throw units to where they are off for every example: with most seeds "
            "more die than before.",
            UNTRAINED | {"rate": "0.3"},
        ),
    ),
    recall=Recall(
        "A sigmoid's slope is at most ¼. Why can a weight of 4 in every layer not cancel it?",
        "Because *z* = *w*·*a* + *b* contains the weight too. With *w* = 4 and no bias it moves to "
        "3.9, where the slope is 0.019: 4 times that is 0.08 a layer.",
    ),
    pins=("n", "first", "second", "third", "leak"),
)
