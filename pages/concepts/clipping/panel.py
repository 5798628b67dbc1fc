"""The controls and presets of the page `clipping`."""

from pages.concepts.clipping.networks import NETWORKS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

LIMIT = Range("limit", "threshold c", -1.0, 3.0, 0.2, 1.0, live=True, base=10)
GX = Range("gx", "g₁", -5.0, 5.0, 0.1, 1.0, live=True)
GY = Range("gy", "g₂", -5.0, 5.0, 0.1, 4.0, live=True)
STEP = Range("step", "step", 0, 40, 1, 6, live=True)
KINDS = {"norm": "By norm", "value": "By value"}

PANEL = Panel(
    "clipping",
    controls=(
        LIMIT,
        Choice(
            "network",
            "Network",
            labels(NETWORKS),
            "large",
            menu=True,
        ),
        Choice("clip", "Clip", KINDS, "norm"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        GX,
        GY,
        Range("c", "Threshold c", 0.5, 4.0, 0.1, 1.0),
        STEP,
        Range("cliff", "Threshold on the cliff", 0.1, 1.0, 0.1, 0.3),
    ),
    presets=(
        Preset(
            "It helps",
            "good",
            "Weights a little too large throw a few steps too far. "
            "Clipping takes those steps' length away, and the network learns.",
            {"network": "large", "clip": "norm", "limit": 1.2},
        ),
        Preset(
            "Too tight",
            "bad",
            "Every step is cut to the same small length. Nothing breaks, and nothing gets far.",
            {"network": "large", "clip": "norm", "limit": -1.0},
        ),
        Preset(
            "Too loose",
            "bad",
            "A step as long as the cap is already too long. Cut to it or taken in full, bad steps "
            "still leave half of the networks at guessing.",
            {"network": "large", "clip": "norm", "limit": 3.0},
        ),
        Preset(
            "Bad scale",
            "bad",
            "Finite at every threshold, useful at none. The output is too large by many powers "
            "of ten, and steps that are safe are too short to bring it down.",
            {"network": "normal", "clip": "norm", "limit": 0.0},
        ),
        Preset(
            "Weights too small",
            "bad",
            "The gradient vanished, so there is nothing to cut. Clipping never lifts.",
            {"network": "small", "clip": "norm", "limit": 0.0},
        ),
        Preset(
            "Sigmoid",
            "bad",
            "Nineteen slopes of at most ¼, and Xavier's weights do not pay for them: next to "
            "nothing is left for layer 1. A cap does not give it back.",
            {"network": "sigmoid", "clip": "norm", "limit": 0.0},
        ),
        Preset(
            "Right, but far too sure",
            "trap",
            "The accuracy looks mended. The loss, in the hundreds, says that it is not.",
            {"network": "shallow", "clip": "value", "limit": 0.0},
        ),
    ),
    recall=Recall(
        "Which number has to be near 1, so that a gradient survives twenty layers?",
        "The layer's gain: what a layer does to the size of a signal on average, its weights and "
        "its slopes together. Not the weights themselves, which are about 0.1 in a wide layer.",
    ),
    pins=("network", "clip"),
)
