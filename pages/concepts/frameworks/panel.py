"""The controls and presets of the page `frameworks`."""

from core.activations import ACTIVATIONS
from pages.concepts.frameworks.tables import frameworks
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

DEEPEST = 60  # hidden layers
DEPTH = Range("depth", "Layers", 2, DEEPEST, 1, 30, live=True)
WIDTHS = ("16", "64", "256")
NAMES = {  # what the reader can look up; see names.py
    "leaky": "leaky ReLU's slope",
    "prelu": "PReLU's first slope",
    "he": "He",
    "lecun": "LeCun",
    "xavier": "Xavier, for a rectangle",
    "rectangular": "a dense layer by default",
    "truncated": "truncated normal, σ = 1",
    "orthogonal": "orthogonal",
    "gelu": "GELU",
    "kinks": "slopes at kinks",
    "sigmoid": "slopes of the sigmoid far out",
    "depthwise": "depthwise convolution",
    "recurrent": "LSTM's recurrent weights",
    "gru": "GRU's recurrent weights",
    "rnn": "plain RNN's recurrent weights",
    "forget": "LSTM's forget gate",
    "recomputed": "dropout, recomputed",
}
CASES = {  # what is clipped; see clips.py
    "norms 3 and 4": "norms 3 and 4",
    "at the limit": "a norm of 1",
    "below the limit": "a norm of 0.5",
    "huge entries": "entries of 10²⁰",
    "an infinity": "an infinity",
    "a NaN": "not a number",
    "all zeros": "all zeros",
}
_EACH = {name: name for name in frameworks()}

PANEL = Panel(
    "frameworks",
    controls=(
        DEPTH,
        Choice("framework", "Your framework", _EACH, "PyTorch", menu=True),
        Choice("against", "Beside it", _EACH, "Keras", menu=True),
        Choice("activation", "Activation", labels(ACTIVATIONS), "relu", menu=True),
        Choice("width", "Width", {width: width for width in WIDTHS}, "64"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        Choice("name", "The name", NAMES, "leaky", menu=True),
        Choice("case", "What is clipped", CASES, "norms 3 and 4", menu=True),
    ),
    presets=(
        Preset(
            "PyTorch, ReLU",
            "bad",
            "Weights of up to ±1/√*n* have a third of the variance that keeps a sum's size, and "
            "ReLU halves what is left.",
            {"framework": "PyTorch", "against": "Keras", "activation": "relu", "depth": 30},
        ),
        Preset(
            "Keras, tanh",
            "good",
            "Xavier's weights with the activation that they were made for.",
            {
                "framework": "Keras",
                "against": "PyTorch",
                "activation": "tanh",
                "width": "64",
                "depth": 30,
            },
        ),
        Preset(
            "BrainState, ReLU",
            "good",
            "The one library here whose plain dense layer starts with He's weights by itself.",
            {
                "framework": "BrainState",
                "against": "Flax",
                "activation": "relu",
                "width": "64",
                "depth": 30,
            },
        ),
        Preset(
            "Haiku against Flax",
            "trap",
            "Both draw from a normal distribution cut at 2σ. Flax's σ is 1/√*n* after the cut, "
            "Haiku's before it: 12 percent less, at every layer.",
            {"framework": "Haiku", "against": "Flax", "activation": "tanh", "depth": 30},
        ),
        Preset(
            "Brain.js, width 64",
            "trap",
            "±0.2 at any width. At 64 σ√*n* is 0.92, near 1 by luck and still too small for 30 "
            "layers; 16 and 256 are far from it.",
            {
                "framework": "Brain.js",
                "against": "Keras",
                "activation": "tanh",
                "depth": 30,
                "width": "64",
            },
        ),
        Preset(
            "MXNet, ±0.07",
            "bad",
            "Between ±0.07 at any width: too small for all three widths here. With ReLU the gain "
            "would be 1 at a width of about 1,200.",
            {
                "framework": "MXNet",
                "against": "Keras",
                "activation": "relu",
                "depth": 30,
                "width": "64",
            },
        ),
        Preset(
            "ml-fnn, only positive",
            "trap",
            "No weight is negative, so nothing cancels: a sum of *n* inputs grows like *n*, "
            "not like √*n*.",
            {"framework": "ml-fnn", "against": "PyTorch", "activation": "relu", "depth": 30},
        ),
        Preset(
            "Two slopes",
            "trap",
            "Keras's leaky ReLU is one function as a layer and another as a string.",
            {"name": "leaky"},
        ),
        Preset(
            "He by name",
            "trap",
            "MLX's has no √2 in it. TensorFlow.js's normal one is cut off at 2σ and not corrected; "
            "its uniform one is right.",
            {"name": "he"},
        ),
        Preset(
            "Depthwise",
            "trap",
            "In some libraries the first weights shrink with every channel, though no output sees "
            "more than nine inputs.",
            {"name": "depthwise"},
        ),
        Preset(
            "Twin LSTMs",
            "trap",
            "Flax has two cells for one arithmetic, and the optimized one starts with half the "
            "recurrent weights.",
            {"name": "recurrent"},
        ),
        Preset(
            "One kink, five slopes",
            "trap",
            "Leaky ReLU at exactly 0: some take the slope on the right, some that on the left, one "
            "goes halfway. The left one, the leak, is not the same in all of them either.",
            {"name": "kinks"},
        ),
        Preset(
            "Another mask",
            "trap",
            "A block that is computed anew on the way back, to save memory, draws its dropout "
            "anew. Some libraries then use another mask, and the loss looks as it did.",
            {"name": "recomputed"},
        ),
    ),
    recall=Recall(
        "A gradient is 0 in float16 that float32 still holds. What brings it back, and what may go "
        "wrong?",
        "A loss scale: the loss times a power of two, and the gradient divided by it before the "
        "step. Scaled too far, the large entries become infinite.",
    ),
    pins=("framework", "activation", "width", "depth", "seed"),
)
