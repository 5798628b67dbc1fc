"""The networks of the page on optimizers, and how they are trained."""

from core.network import NetSpec
from core.optimizers import RULES, Adam, RMSProp, Rule

DRAWS = 8  # networks of each kind
STEPS = tuple(range(0, 201, 10))  # when they were tested on the held-out digits
EXPONENTS = tuple(range(-30, -1))  # of Adam's ε
WIDTHS = (32, 64, 128, 256, 512, 1024)
MOVES = 5  # steps after which the networks of several widths are looked at
WIDE_RATE = 1e-3  # their learning rate, at the width of the others


def _net(depth: int, activation: str, initializer: str, scale: float = 1.0) -> NetSpec:
    return NetSpec(
        64, 64, depth, 10, activation, initializer=initializer, weight_scale=scale, seeds=DRAWS
    )


NETWORKS = {
    "small": _net(16, "relu", "he", 0.6),
    "one": _net(16, "relu", "he"),
    "large": _net(16, "relu", "he", 1.6),
    "deep": _net(30, "relu", "he", 0.5),
    "sigmoid10": _net(10, "sigmoid", "xavier"),
    "sigmoid20": _net(20, "sigmoid", "xavier"),
}

# Learning rates tried. Plain descent has no size of step of its own, so its grid is wider.
_BY_GRADIENT = (1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_BY_STEP = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03)
RATES = {
    "sgd": _BY_GRADIENT,
    "momentum": _BY_GRADIENT,
    "sign": _BY_STEP,
    "rmsprop": _BY_STEP,
    "adam": _BY_STEP,
    "adamw": _BY_STEP,
    "muon": (1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3),
}


def rule(name: str, exponent: int = -8) -> Rule:
    """A rule at its defaults, the ε of those that divide by a size at 10 to this power."""
    record = RULES[name]
    if issubclass(record, Adam | RMSProp):
        return record(epsilon=10.0**exponent)
    return record()
