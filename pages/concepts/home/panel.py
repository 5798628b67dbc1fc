"""The controls and presets of the page `home`."""

from pages.kit.panels import Choice, Panel, Preset, Range

C = Range("c", "weights ×", low=0.5, high=1.7, step=0.02, default=0.8, live=True)
LAYERS = 16  # on the main chart; a network may have fewer
SEEN_UNITS = 6  # of each layer that the picture shows
DRAWS = 20  # networks of each kind: the seeds of an ensemble

PANEL = Panel(
    "home",
    controls=(
        C,
        Choice(
            "network",
            "Network",
            {
                "relu_he": "ReLU, He",
                "tanh_xavier": "tanh, Xavier",
                "tanh_normal": "tanh, N(0, 1)",
            },
            "relu_he",
            help="The activation, and how weights are drawn; the factor multiplies their spread.",
        ),
        Choice("show", "Random draws", {"all": "All, median", "one": "One"}, "all"),
        Range("seed", "Seed of “One”", 1, DRAWS, 1, 1, seed=True),
    ),
    presets=(
        Preset(
            "×0.6",
            "bad",
            "Each layer passes on six tenths of the gradient. Layer 1 receives one part in 2,500, "
            "and after 200 steps the network still guesses.",
            {"c": 0.6, "network": "relu_he", "show": "all"},
        ),
        Preset(
            "×1",
            "good",
            "He's scheme as it is. The gradient reaches layer 1 at about its size in layer 16, "
            "and all layers learn together.",
            {"c": 1.0, "network": "relu_he", "show": "all"},
        ),
        Preset(
            "×1.6",
            "bad",
            "The gradient grows about a thousandfold. In the median the first update of layer 1 is "
            "five to six times as large as its weights; one or two updates later the loss on "
            "held-out digits is no longer finite.",
            {"c": 1.6, "network": "relu_he", "show": "all"},
        ),
        Preset(
            "×1.2: nearly 1",
            "trap",
            "It looks harmless, yet the gradient grows 13-fold on its way. Sixteen of the twenty "
            "networks break by step 6.",
            {"c": 1.2, "network": "relu_he", "show": "all"},
        ),
        Preset(
            "tanh, Xavier",
            "good",
            "The remedy made for tanh. It also forgives large weights: where they saturate tanh, "
            "small slopes pay for their size.",
            {"c": 1.0, "network": "tanh_xavier"},
        ),
        Preset(
            "tanh, N(0, 1)",
            "bad",
            "The gradient explodes, yet nothing overflows, as tanh stays between −1 and 1. "
            "Training goes on and leads nowhere.",
            {"c": 1.0, "network": "tanh_normal"},
        ),
    ),
    pins=("c", "network", "show", "seed"),
)
