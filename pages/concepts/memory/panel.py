"""The controls and presets of the page `memory`."""

from pages.kit.panels import Choice, Panel, Preset, Range, Recall

BACK = 100  # steps back at most
SIGMA = Range("sigma", "σ₁", low=0.1, high=4.0, step=0.05, default=0.9, live=True)
BIAS = Range("bias", "forget bias", low=-3.0, high=6.0, step=0.25, default=0.0, live=True)
REACH = Range("reach", "1/(1 − λ)", 0.1, 3.0, 0.1, 1.0, live=True, base=10)

PANEL = Panel(
    "memory",
    controls=(
        SIGMA,
        Choice(
            "start",
            "Recurrent weights",
            {"gaussian": "Gaussian", "orthogonal": "orthogonal", "identity": "identity"},
            "orthogonal",
        ),
        Choice(
            "activation",
            "Activation",
            {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "identity": "None"},
            "tanh",
        ),
        Choice("inputs", "Size of the inputs", {"0.1": "0.1", "1": "1"}, "0.1"),
        Range("back", "Steps back to read", 1, BACK, 1, 50),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        BIAS,
        Choice(
            "cell",
            "Cell",
            {"lstm": "LSTM", "after": "GRU, reset after", "before": "GRU, reset before"},
            "lstm",
            menu=True,
        ),
        REACH,
        Choice("clip", "Gradient in training", {"no": "as it is", "yes": "clipped"}, "yes"),
    ),
    presets=(
        Preset(
            "σ₁ = 0.9",
            "bad",
            "Below 1/γ the bound alone decides: whatever the inputs are, the gradient vanishes.",
            {"sigma": 0.9, "start": "orthogonal", "activation": "tanh", "inputs": "0.1"},
        ),
        Preset(
            "Orthogonal, σ₁ = 1, no activation",
            "good",
            "Every singular value is 1, so every gradient keeps its length, for any number of "
            "steps.",
            {"sigma": 1.0, "start": "orthogonal", "activation": "identity", "inputs": "0.1"},
        ),
        Preset(
            "σ₁ = 1.6, no activation",
            "bad",
            "The article's 1.6, through time: each step back multiplies by it.",
            {"sigma": 1.6, "start": "orthogonal", "activation": "identity", "inputs": "0.1"},
        ),
        Preset(
            "Gaussian, σ₁ = 1.3",
            "trap",
            "The bound explodes and the gradient does not: σ₁ above 1/γ is necessary for "
            "exploding, not sufficient. In the long run the spectral radius counts.",
            {"sigma": 1.3, "start": "gaussian", "activation": "identity", "inputs": "0.1"},
        ),
        Preset(
            "Orthogonal, inputs of size 1",
            "trap",
            "The same good weights. Inputs push the sums to where tanh is flatter, and its slopes "
            "take the gradient.",
            {"sigma": 1.0, "start": "orthogonal", "activation": "tanh", "inputs": "1"},
        ),
        Preset(
            "Identity, ReLU",
            "good",
            "The identity with ReLU (Le, Jaitly and Hinton 2015): a unit that stays on hands its "
            "gradient through unchanged. What goes through units that switch off is lost, so that "
            "after 100 steps less than all arrives.",
            {"sigma": 1.0, "start": "identity", "activation": "relu", "inputs": "0.1"},
        ),
    ),
    recall=Recall(
        "Each of *L* blocks adds 1/√*L* of its branch. How much can the gradient grow through all?",
        "In wide layers each multiplies its size by about √(1 + 1/*L*), and *L* of them by less "
        "than √e ≈ 1.65, however many they are.",
    ),
    pins=("sigma", "start", "activation", "inputs", "seed"),
)
