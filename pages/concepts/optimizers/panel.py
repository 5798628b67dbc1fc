"""The controls and presets of the page `optimizers`."""

from core.optimizers import RULES
from pages.concepts.optimizers.networks import EXPONENTS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall, labels

E = Range("e", "ε", EXPONENTS[0], EXPONENTS[-1], 1, -8, live=True, base=10)
NETWORKS = {
    "small": "16 ReLU layers, He × 0.6",
    "one": "16 ReLU layers, He × 1",
    "large": "16 ReLU layers, He × 1.6",
    "deep": "30 ReLU layers, He × 0.5",
    "sigmoid10": "10 sigmoid layers, Xavier",
    "sigmoid20": "20 sigmoid layers, Xavier",
}

PANEL = Panel(
    "optimizers",
    controls=(
        E,
        Choice("network", "Network", NETWORKS, "sigmoid10", menu=True),
        Choice("rule", "Optimizer", labels(RULES), "adam", menu=True),
        Choice(
            "beta2",
            "Adam's β₂",
            {"0.9": "0.9", "0.95": "0.95", "0.99": "0.99", "0.999": "0.999"},
            "0.999",
            help="What a step keeps of the mean of squares; of the mean of gradients it keeps "
            "β₁ = 0.9.",
        ),
        Choice("quiet", "Quiet steps", {"50": "50", "300": "300", "1500": "1,500"}, "1500"),
        Choice("how", "Scaled with the width", {"standard": "nothing", "mup": "µP"}, "standard"),
    ),
    presets=(
        Preset(
            "Adam, ×0.6",
            "good",
            "Gradients of 10⁻⁵ lie far above ε. Divided by their own size they move every weight "
            "that gets one by about the learning rate, and what they say still differs from digit "
            "to digit.",
            {"network": "small", "rule": "adam", "e": -8},
        ),
        Preset(
            "SGD, ×0.6",
            "bad",
            "The step is as small as the gradient, and a larger learning rate is no way out: of "
            "fourteen up to 100, none gets far beyond guessing, and the largest three break.",
            {"network": "small", "rule": "sgd", "e": -8},
        ),
        Preset(
            "Below the floor",
            "bad",
            "Thirty layers at half size: the gradients are a thousand times smaller than "
            "PyTorch's ε. Adam divides by ε, and its steps vanish as those of SGD do.",
            {"network": "deep", "rule": "adam", "e": -8},
        ),
        Preset(
            "The floor removed",
            "good",
            "The same network with ε = 10⁻³⁰: each weight that gets a gradient moves by about the "
            "learning rate again, and training leaves guessing behind, slowly.",
            {"network": "deep", "rule": "adam", "e": -30},
        ),
        Preset(
            "Twenty sigmoids",
            "trap",
            "With a tiny ε the first step moves every weight that gets a gradient in full, and it "
            "leads nowhere: all digits look the same in the last layer, so there is nothing to be "
            "told apart.",
            {"network": "sigmoid20", "rule": "adam", "e": -30},
        ),
        Preset(
            "Weights too large",
            "trap",
            "SGD breaks at every learning rate from 0.001 on; with 10⁻⁵ it gets 26 % right. Adam's "
            "steps have the length of the rate, however large the gradient, and none of its rates "
            "breaks it. It gets 44 %, half as much as at He × 1: finite is not healthy.",
            {"network": "large", "rule": "adam", "e": -8},
        ),
    ),
    recall=Recall(
        "Two libraries build the same layers, and one's gradient vanishes. Where do you look?",
        "At what they start with when nothing is said: the default weights, and so the gain of a "
        "layer, which depth raises to a power.",
    ),
    pins=("rule", "network", "e"),
)
