"""The controls and presets of the page `shortcuts`."""

from core.activations import ACTIVATIONS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

R = Range("r", "branch factor r", -2.5, 0.5, 0.1, -0.7, live=True, base=10)
DEEP = Range("deep", "blocks of the two stacks", 2, 50, 4, 26, live=True)
PLACES = {
    "plain": "plain, F(h)",
    "shortcut": "shortcut, h + r·F(h)",
    "zero": "shortcut, W₂ = 0",
    "post": "post-norm",
    "pre": "pre-norm",
    "peri": "peri-norm",
    "deep": "DeepNorm",
}
_SOME = {name: ACTIVATIONS[name] for name in ("relu", "tanh", "sigmoid", "gelu")}

PANEL = Panel(
    "shortcuts",
    controls=(
        R,
        Choice("place", "Stack", PLACES, "shortcut", menu=True),
        Range("blocks", "Blocks L", 1, 60, 1, 24),
        Choice("activation", "Activation", labels(_SOME), "relu", menu=True),
        Choice("norm", "Norm", {"rms": "RMS", "layer": "layer"}, "rms"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        DEEP,
        Choice(
            "trained",
            "Blocks of the trained stacks",
            {n: n for n in ("10", "20", "30", "60")},
            "30",
        ),
    ),
    presets=(
        Preset(
            "h + F",
            "bad",
            "Each branch adds as much as the stream has: the squares of both double at every "
            "block.",
            {"place": "shortcut", "r": 0.0, "blocks": 24, "activation": "relu"},
        ),
        Preset(
            "h + F/√L",
            "good",
            "All branches together add about as much as the stream has. At another depth, move *r* "
            "to the mark 1/√L again.",
            {"place": "shortcut", "r": -0.7, "blocks": 24, "activation": "relu"},
        ),
        Preset(
            "Pre-norm",
            "good",
            "The stream grows, the branch reads it at size 1: each further branch adds a smaller "
            "part of it. The gradient grows like the square root of the depth.",
            {"place": "pre", "r": 0.0, "blocks": 24, "activation": "relu"},
        ),
        Preset(
            "DeepNorm",
            "good",
            "The norm stands on the sum, and the stream counts for more than the branch.",
            {"place": "deep", "r": 0.0, "blocks": 24, "activation": "relu"},
        ),
        Preset(
            "Zero branch",
            "good",
            "The whole stack is the identity at first. W₂ gets a gradient, W₁ none until W₂ has "
            "moved.",
            {"place": "zero", "r": 0.0, "blocks": 24, "activation": "relu"},
        ),
        Preset(
            "Plain, He",
            "trap",
            "No shortcut, and as a rule the gradient's size is fine: He's weights see to that. "
            "But its direction usually changes faster from one input to the next.",
            {"place": "plain", "r": 0.0, "blocks": 24, "activation": "relu"},
            see="the first chart, and “The right size, and no direction”",
        ),
        Preset(
            "Plain sigmoid",
            "bad",
            "The product of the slopes is all that there is, beside the weights.",
            {"place": "plain", "r": 0.0, "blocks": 24, "activation": "sigmoid"},
        ),
        Preset(
            "Sigmoid, shortcut",
            "good",
            "The slopes are no larger, and their product is smaller still. The gradient goes past "
            "them.",
            {"place": "shortcut", "r": -0.7, "blocks": 24, "activation": "sigmoid"},
        ),
    ),
    recall=Recall(
        "Adam gives a small gradient its size back. Why does it not save twenty sigmoid layers?",
        "Because they erase what tells the examples apart, on the way forward. The step has a size "
        "again, and nothing to say.",
    ),
    pins=("r", "place", "blocks", "activation", "norm", "seed"),
)
