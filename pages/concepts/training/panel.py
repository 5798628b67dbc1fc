"""The controls and presets of the page `training`."""

from collections.abc import Mapping

from pages.concepts.training.networks import DATA, HE, LABELS, SETTINGS
from pages.kit.panels import Choice, Panel, Preset, Range, Recall

VIEWS = {
    "map": "Gradients over time",
    "activations": "Activations",
    "clipping": "Clipping",
    "boundary": "Boundary",
    "seeds": "Over seeds",
}
STEPS = {str(n): f"{n:,}" for n in (50, 200, 500, 1000, 2000)}
MOST = max(map(int, STEPS))  # steps that can be chosen
# Which step is shown. One that was not taken stands for the last one that was: so its default does.
STEP = Range("step", "step", 0, MOST, 1, MOST, live=True)
RATES = {
    text: text for text in ("0.0001", "0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1")
}
EPSILONS = {"1e-30": "10⁻³⁰", "1e-16": "10⁻¹⁶", "1e-8": "10⁻⁸", "1e-4": "10⁻⁴"}
TARGETS = {text: text for text in ("1", "3", "10", "30", "100")}
LIMITS = {text: text for text in ("0.01", "0.1", "0.3", "1", "3", "10", "100")}
# As the controls say it: they know thresholds and rates as texts.
_FIRST = {name: getattr(HE, name) for name in SETTINGS} | {
    "limit": "1",
    "rate": "0.03",
    "epsilon": "1e-8",
    "target": "1",
}


def _network(side: str, first: dict) -> tuple[Range | Choice, ...]:
    """What network A or B is made of, as it stands on the page, two by two."""
    return (
        Range(f"{side}_depth", "Depth", 1, 50, 1, first["depth"]),
        Range(f"{side}_width", "Width", 4, 128, 4, first["width"]),
        Choice(f"{side}_activation", "Activation", LABELS["activation"], "relu", menu=True),
        Choice(f"{side}_rate", "Learning rate", RATES, first["rate"], menu=True),
        Choice(
            f"{side}_initializer",
            "Initial weights",
            LABELS["initializer"],
            first["initializer"],
            menu=True,
            former={"Classic uniform": "uniform_classic"},
        ),
        Range(
            f"{side}_scale", "× weights", 0.1, 4.0, 0.1, 1.0, help="Multiplies all initial weights."
        ),
        Range(
            f"{side}_mean",
            "Mean of the weights × n",
            -2.0,
            2.0,
            0.1,
            0.0,
            help="Added to each initial weight, divided by the number n of a unit's inputs; then "
            "“× weights” multiplies both.",
        ),
    )


def _helps(side: str) -> tuple[Choice, ...]:
    """What may help network A or B, as it stands on the page, two by two."""
    return (
        Choice(
            f"{side}_shortcut",
            "Shortcut",
            LABELS["shortcut"],
            "none",
            menu=True,
            help="Each layer adds its output to its input; scaled by 1/√L where L is the depth.",
        ),
        Choice(f"{side}_norm", "Normalization", LABELS["norm"], "none", menu=True),
        Choice(f"{side}_clip", "Clip the gradient", LABELS["clip"], "none", menu=True),
        Choice(f"{side}_limit", "Threshold", LIMITS, "1", menu=True),
        Choice(
            f"{side}_rule",
            "Optimizer",
            LABELS["rule"],
            "sgd",
            menu=True,
            help="SGD with momentum: 0.9. The others as PyTorch sets them, where it has them; Muon "
            "without weight decay.",
        ),
        Choice(
            f"{side}_epsilon",
            "Its ε",
            EPSILONS,
            "1e-8",
            menu=True,
            help="Of Adam, AdamW and RMSProp: what is added to the root that they divide by.",
        ),
        Choice(f"{side}_loss", "Loss", LABELS["loss"], "softmax_cross_entropy", menu=True),
        Choice(
            f"{side}_target",
            "Its targets",
            TARGETS,
            "1",
            menu=True,
            help="Of the squared error: what the output of an example's class is to be. "
            "The other outputs are to be 0.",
        ),
        Choice(
            f"{side}_dtype",
            "Number format",
            LABELS["dtype"],
            "float64",
            menu=True,
            help="What all is computed in. float64 has 16 digits and ends at 1.8×10³⁰⁸; float32, "
            "which frameworks begin with, has 7 digits and ends at 3.4×10³⁸.",
        ),
    )


def _preset(
    name: str, verdict: str, comment: str, both: dict, a: dict, b: dict, **shared
) -> Preset:
    """Every setting of both networks, so that a preset means the same wherever one comes from."""
    shared = {"data": "digits", "steps": "200"} | shared
    sides = {"a": _FIRST | both | a, "b": _FIRST | both | b}
    values = {f"{side}_{key}": v for side, net in sides.items() for key, v in net.items()}
    return Preset(name, verdict, comment, values | shared)


NETWORKS = {"a": _network("a", _FIRST | {"initializer": "xavier"}), "b": _network("b", _FIRST)}
HELPS = {"a": _helps("a"), "b": _helps("b")}


def _step_of(share: str, told: Mapping[str, str]) -> dict[str, str]:
    """The step of an old link, which said it in percent of the steps."""
    steps = int(Choice("steps", "Steps", STEPS, "200").parse(told.get("steps")))
    percent = Range("at", "training", 0, 100, 1, 100).parse(share)
    return {"step": str(round(percent / 100 * steps))} if percent < 100 else {}


PANEL = Panel(
    "training",
    former={"at": _step_of},
    controls=(
        STEP,
        Choice("data", "Data", DATA, "digits"),
        Choice("steps", "Steps", STEPS, "200"),
        Range("seed", "Seed", 0, 9999, 1, 0, seed=True),
        *(control for side in "ab" for control in (*NETWORKS[side], *HELPS[side])),
        Choice("view", "Look at", VIEWS, "map"),
        Choice("gradient", "Gradient", {"dz": "dJ/dz", "dW": "dJ/dW"}, "dz"),
        Choice("seeds", "Seeds", {"5": "5", "10": "10", "20": "20"}, "5"),
    ),
    presets=(
        _preset(
            "Xavier or He",
            "good",
            "Half of the ReLUs are off, and only He's weights pay for that. With Xavier's a "
            "layer leaves about 0.7 of the signal and of the gradient, and in 200 steps A gets "
            "little further than guessing.",
            {},
            {"initializer": "xavier"},
            {},
        ),
        _preset(
            "Ten sigmoid layers",
            "bad",
            "Slopes of at most ¼, ten times over: A's first layers hardly move. On the way forward "
            "the same slopes wipe out what tells the digits apart, so that its last layers, which "
            "do move, have nothing to learn from. The same network with tanh learns.",
            {"depth": 10, "initializer": "xavier", "rate": "0.1"},
            {"activation": "sigmoid"},
            {"activation": "tanh"},
        ),
        _preset(
            "Tanh with Xavier",
            "good",
            "At depth 20 tanh with Xavier weights gets further in 200 steps than ReLU with He's, "
            "though its gain is a little further from 1: nearly all of its units pass a gradient, "
            "and half of the ReLUs pass none.",
            {},
            {},
            {"activation": "tanh", "initializer": "xavier"},
        ),
        _preset(
            "N(0, 1) weights",
            "bad",
            "Each layer of 64 multiplies by more than 5. In size A's outputs begin at "
            "10¹⁵ or more, and at about the third step a layer's numbers overflow.",
            {},
            {"initializer": "normal"},
            {},
        ),
        _preset(
            "Clipping's rescue",
            "trap",
            "B is A with its gradient clipped. It stays finite, and it is no use: the outputs "
            "are too large by many powers of ten, and in 200 steps that short they lose about one.",
            {"initializer": "normal"},
            {},
            {"clip": "norm"},
        ),
        _preset(
            "Scaled shortcut",
            "good",
            "A plain shortcut adds a whole layer's output each time: thirty layers, and A breaks. "
            "With the branch scaled by 1/√L the sum stays in bounds, and B learns.",
            {"depth": 30},
            {"shortcut": "plain"},
            {"shortcut": "scaled"},
        ),
        _preset(
            "Batch norm, sigmoid",
            "good",
            "The sigmoids that never left guessing, with their inputs normalized over the batch: "
            "what differs between the digits is stretched again in every layer, and B learns.",
            {"depth": 10, "activation": "sigmoid", "initializer": "xavier", "rate": "0.1"},
            {},
            {"norm": "batch"},
        ),
        _preset(
            "PyTorch's default",
            "bad",
            "What a plain `nn.Linear` draws its weights from, ±1/√*n*: a third of the variance "
            "that keeps a sum's size, and ReLU halves what is left. Each layer passes 0.4 of the "
            "gradient.",
            {},
            {"initializer": "uniform_classic"},
            {},
        ),
        _preset(
            "Weights with a mean",
            "trap",
            "A is B with 1/*n* added to each weight, too little to see in one of them. But all "
            "units of a layer now share a part that grows from layer to layer, and the outputs "
            "with it: A breaks within the first steps.",
            {},
            {"mean": 1.0},
            {},
        ),
        _preset(
            "Inputs not normalized",
            "trap",
            "Pixels from 0 to 16 as they are. He's weights keep their size, which is far too "
            "large: the first steps are too long, and A breaks. B brings what goes into each ReLU "
            "to size 1. With normalized digits A learns too.",
            {"depth": 8, "rate": "0.1"},
            {},
            {"norm": "batch"},
            data="pixels",
        ),
        _preset(
            "SGD or Adam",
            "good",
            "Weights at 0.6 of He's size. A's gradients are tiny, and so are its steps. Adam "
            "divides each by its own size: B moves as if they were not.",
            {"depth": 16, "scale": 0.6},
            {},
            {"rule": "adam", "rate": "0.003"},
        ),
        _preset(
            "Float64 or float32",
            "trap",
            "One network, twice. Small weights leave gradients near 10⁻²⁴, and Adam divides each "
            "by the root of its mean square. In float64 that works, and at nearly every seed A "
            "learns. In float32 the squares are exactly 0: B divides by ε alone, 10⁻³⁰, and its "
            "first step throws the weights away.",
            {
                "depth": 20,
                "width": 32,
                "activation": "gelu",
                "scale": 0.1,
                "rule": "adam",
                "epsilon": "1e-30",
                "rate": "0.003",
            },
            {},
            {"dtype": "float32"},
            steps="500",
        ),
        _preset(
            "Large targets",
            "trap",
            "Squared error, and one rate for both. B's outputs are to be 3 or 0, and it learns. "
            "A's are to be 100 or 0: the errors, and with them gradients and steps, are many "
            "times as large. What was a good rate is too high, and A breaks in its first steps.",
            {"depth": 4, "rate": "0.1", "loss": "mean_squared_error"},
            {"target": "100"},
            {"target": "3"},
        ),
        _preset(
            "Spirals",
            "bad",
            "Four layers are few, and four sigmoid layers are already too many: A ends with "
            "one answer for the whole plane while B winds its boundary between the arms.",
            {"depth": 4, "width": 32, "rate": "0.1"},
            {"activation": "sigmoid", "initializer": "xavier"},
            {},
            data="spirals",
            steps="500",
            view="boundary",
        ),
    ),
    recall=Recall(
        "What does clipping by norm change about a gradient, and what does it leave?",
        "Its length, where that is above the threshold. It leaves its direction, every ratio "
        "between two layers, and every factor that made it large.",
    ),
)
