"""What the reader sets of two networks."""

import math
from dataclasses import dataclass, fields, replace

from core import datasets
from core.activations import ACTIVATIONS
from core.formats import FORMATS
from core.initializers import INITIALIZERS
from core.network import NetSpec
from core.optimizers import RULES, Adam, RMSProp
from core.training import DTYPES, TrainSpec
from pages.kit import theme
from pages.kit.panels import labels

SHORTCUTS = {"none": "none", "plain": "h + φ", "scaled": "h + φ/√L"}

NORMS = {"none": "none", "layer": "layer", "batch": "batch"}

CLIPS = {"none": "none", "value": "by value", "norm": "by norm"}

DATA = {"digits": "Digits", "pixels": "Digits, pixels 0–16", "spirals": "Spirals"}

THINGS = {"digits": "digits", "pixels": "digits", "spirals": "points"}


def has_epsilon(rule: str) -> bool:
    """Whether the optimizer of this name divides by a size to which the ε of a control is added."""
    return issubclass(RULES[rule], RMSProp | Adam)


@dataclass(frozen=True)
class Net:
    """What the reader sets of one network: it hashes, and it names a run."""

    depth: int
    width: int
    activation: str
    initializer: str
    scale: float
    shortcut: str  # of SHORTCUTS
    norm: str
    clip: str
    limit: float
    rate: float
    mean: float = 0.0  # of the weights, times the number of inputs
    rule: str = "sgd"
    epsilon: float = 1e-8
    loss: str = "softmax_cross_entropy"
    target: float = 1.0  # of the squared error, for the output of an example's class
    dtype: str = "float64"  # the format of its numbers

    @property
    def has_targets(self) -> bool:
        """Whether its loss compares the outputs with numbers, not with a class."""
        return self.loss == "mean_squared_error"

    def spec(self, data: str, seeds: int = 1) -> NetSpec:
        held = datasets.DATASETS[data]()
        return NetSpec(
            n_in=held.x_train.shape[1],
            width=self.width,
            depth=self.depth,
            n_out=int(held.y_train.max()) + 1,
            activation=self.activation,
            initializer=self.initializer,
            weight_scale=self.scale,
            weight_mean=self.mean,
            residual={"none": 0.0, "plain": 1.0, "scaled": 1 / math.sqrt(self.depth)}[
                self.shortcut
            ],
            norm=self.norm,
            seeds=seeds,
        )

    def how(self, steps: int) -> TrainSpec:
        settings = {"epsilon": self.epsilon} if has_epsilon(self.rule) else {}
        rule = RULES[self.rule](**settings)
        return TrainSpec(
            self.rate,
            steps=steps,
            clip=self.clip,
            clip_limit=self.limit,
            rule=rule,
            loss=self.loss,
            target=self.target if self.has_targets else 1.0,
            dtype=self.dtype,
        )


@dataclass(frozen=True)
class Duel:
    """Two networks, what they are trained on, and the seed of their draws."""

    a: Net
    b: Net
    data: str
    seed: int

    @property
    def nets(self) -> dict[str, Net]:
        return {"A": self.a, "B": self.b}

    @property
    def dataset(self) -> datasets.Dataset:
        return datasets.DATASETS[self.data]()


NUMBERS = ("limit", "rate", "epsilon", "target")  # which the controls know as texts

SETTINGS = tuple(field.name for field in fields(Net))

# The page's own settings: a ReLU network with He's weights, and with Xavier's.
HE = Net(20, 64, "relu", "he", 1.0, "none", "none", "none", 1.0, 0.03)

FIRST, FIRST_STEPS = Duel(replace(HE, initializer="xavier"), HE, "digits", 0), 200


def net(at, side: str) -> Net:
    """The network that the controls of one side describe: a_depth, a_width …"""
    values = {name: getattr(at, f"{side}_{name}") for name in SETTINGS}
    values |= {name: float(values[name]) for name in NUMBERS}
    return Net(**values)


def duel(at) -> Duel:
    return Duel(net(at, "a"), net(at, "b"), at.data, at.seed)


LABELS = {
    "activation": labels(ACTIVATIONS),
    "initializer": labels(INITIALIZERS) | {"uniform_classic": "PyTorch's default"},
    "shortcut": SHORTCUTS,
    "norm": NORMS,
    "clip": CLIPS,
    "rule": labels(RULES),
    "loss": {"softmax_cross_entropy": "cross-entropy", "mean_squared_error": "squared error"},
    "dtype": {name: FORMATS[name].label for name in DTYPES},
}

NAMES = {
    "depth": "depth",
    "width": "width",
    "activation": "activation",
    "initializer": "initial weights",
    "scale": "weight scale",
    "shortcut": "shortcut",
    "norm": "normalization",
    "clip": "clipping",
    "limit": "clipping threshold",
    "rate": "learning rate",
    "mean": "mean of the weights",
    "rule": "optimizer",
    "epsilon": "the optimizer's ε",
    "loss": "loss",
    "target": "size of the targets",
    "dtype": "number format",
}


def lone_difference(a: Net, b: Net) -> tuple[str, str]:
    """What each has in the one setting in which they differ, as the reader sees it; nothing where
    there is more to say."""
    if len(names := differing(a, b)) != 1:
        return "", ""
    return _in_short(names[0], a), _in_short(names[0], b)


def _in_short(name: str, net: Net) -> str:
    value = getattr(net, name)
    says = LABELS[name][value] if name in LABELS else theme.setting(value)
    if says == "none":
        return f"no {NAMES[name]}"
    speaks = name in ("activation", "initializer", "rule", "dtype", "shortcut")
    return says if speaks else f"{NAMES[name]} {says}"


def differing(a: Net, b: Net) -> list[str]:
    """The settings that differ and matter: a threshold does only where something is clipped, an ε
    only where both optimizers have one, targets only where both losses do."""
    names = [name for name in SETTINGS if getattr(a, name) != getattr(b, name)]
    if "none" in (a.clip, b.clip) and "limit" in names:
        names.remove("limit")
    if "epsilon" in names and not (has_epsilon(a.rule) and has_epsilon(b.rule)):
        names.remove("epsilon")
    if "target" in names and not (a.has_targets and b.has_targets):
        names.remove("target")
    return names
