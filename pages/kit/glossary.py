"""The words of the site: each explained once, and linked where a page first uses it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Term:
    """A word, what it means in a sentence or two, and how a text may write it.

    `forms` are regular expressions. `says` is plain text: it also shows as help on the word.
    """

    name: str
    says: str
    forms: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        return "|".join(self.forms or (re.escape(self.name) + "s?",))


TERMS = (
    Term(
        "network",
        "Layers of units, one after another. Each unit adds up what the layer before sends it, "
        "each part times a weight, and bends the sum with an activation.",
        ("neural networks?", "networks?"),
    ),
    Term(
        "weight",
        "A number that a connection multiplies by. Training changes the weights; all that a "
        "network knows is in them.",
    ),
    Term(
        "bias",
        "A number that a unit adds to its sum. It moves the point where the activation bends.",
        ("bias(?:es)?",),
    ),
    Term(
        "activation",
        "The function φ that bends a unit's sum z into its output. Without it any number of layers "
        "would be one matrix.",
        ("activation functions?", "activations?"),
    ),
    Term(
        "slope",
        "φ′: by how much an activation's output moves when its input z moves a little. The "
        "gradient is multiplied by it at each unit.",
    ),
    Term(
        "sigmoid",
        "The activation σ, an S from 0 to 1. Its slope is ¼ at most, where z is 0.",
        ("[Ss]igmoids?",),
    ),
    Term("tanh", "The activation from −1 to 1, with slope 1 at 0 and flat ends."),
    Term(
        "ReLU",
        "The activation that passes on what is positive and makes the rest 0. Its slope is 1 or 0.",
        ("ReLUs?",),
    ),
    Term(
        "loss",
        "J, one number for how wrong a network is. Training makes it smaller.",
        ("loss(?:es)?",),
    ),
    Term(
        "gradient",
        "How the loss moves when something moves a little: dJ/dw for a weight, dJ/dz for a unit's "
        "sum. Training follows the gradient downhill, w ← w − η·dJ/dw, so a weight whose gradient "
        "is nearly 0 hardly learns.",
    ),
    Term(
        "backpropagation",
        "Computing the gradient from the loss back to the input, layer by layer, with the chain "
        "rule.",
    ),
    Term(
        "vanishes",
        "A gradient vanishes when it gets smaller with each layer on its way back: the first "
        "layers are hardly told anything.",
        ("vanish(?:es|ed|ing)?",),
    ),
    Term(
        "explodes",
        "A gradient explodes when it gets larger with each layer on its way back: one step throws "
        "the weights far away.",
        ("explod(?:es?|ed|ing)",),
    ),
    Term(
        "learning rate",
        "η, the factor from a gradient to a step of training: w ← w − η·dJ/dw.",
        ("learning rates?",),
    ),
    Term(
        "optimizer",
        "The rule that turns a gradient into a step. Plain SGD takes the gradient times the "
        "learning rate.",
        ("optimizers?",),
    ),
    Term(
        "SGD",
        "Stochastic gradient descent, the plainest optimizer: w ← w − η·dJ/dw, with the gradient "
        "of one batch.",
        ("SGD", "stochastic gradient descent"),
    ),
    Term(
        "Adam",
        "An optimizer that divides a weight's gradient by its own typical size, plus a small "
        "number ε, so that its steps have about the length of the learning rate.",
        ("Adam(?:'s)?",),
    ),
    Term(
        "norm",
        "‖v‖, the length of a list of numbers: the root of the sum of their squares.",
        ("norms?", "global norms?"),
    ),
    Term(
        "median",
        "The value in the middle: half of the draws lie below it. A few giants do not move it, as "
        "they move a mean.",
        ("medians?",),
    ),
    Term(
        "root mean square",
        "The root of the mean of the squares: a typical size, in which large values count most.",
        ("root mean squares?", "rms"),
    ),
    Term(
        "N(0, 1)",
        "The normal distribution with mean 0 and standard deviation 1: two thirds of its draws lie "
        "between −1 and 1.",
        (r"N\(0, 1\)",),
    ),
    Term(
        "standard deviation",
        "σ, how far draws typically lie from their mean.",
        ("standard deviations?",),
    ),
    Term(
        "initialization",
        "Drawing a network's weights before training begins.",
        ("[Ii]nitializations?", "initializers?"),
    ),
    Term(
        "He",
        "The initialization for ReLU: standard deviation √2/√n for a layer with n inputs. After "
        "Kaiming He and others, 2015.",
        (r"He's", r"He(?= scheme| initialization| weights)", r"He\b(?=[,.:;)]| [×x])"),
    ),
    Term(
        "Xavier",
        "The initialization for tanh: standard deviation 1/√n for a layer with as many inputs n as "
        "outputs. After Xavier Glorot and Yoshua Bengio, 2010.",
        ("Xavier(?:'s)?",),
    ),
    Term(
        "LeCun",
        "The initialization with standard deviation 1/√n for a layer with n inputs. After Yann "
        "LeCun and others, 1998.",
        ("LeCun(?:'s)?",),
    ),
    Term(
        "gain",
        "The factor by which one layer changes the typical size of what passes through it.",
        ("gains?",),
    ),
    Term(
        "saturated",
        "A unit is saturated where its activation is nearly flat: its slope is below 5 % of the "
        "largest, and hardly any gradient passes.",
        ("saturat(?:ed|es?|ion|ing)",),
    ),
    Term(
        "dead",
        "A ReLU unit is dead when it is off for every example: no gradient passes through it, so "
        "that its own weights do not learn.",
        ("dead units?", r"dead(?! networks?)"),
    ),
    Term(
        "singular value",
        "The factor by which a matrix stretches one of its own directions.",
        ("singular values?",),
    ),
    Term(
        "batch",
        "The examples that one step of training looks at.",
        ("batch(?:es)?",),
    ),
    Term(
        "held-out",
        "Examples that training never sees: they tell what a network has learned.",
        ("held-out", "held out"),
    ),
    Term(
        "seed",
        "A number that random draws start from: the same seed draws the same weights.",
        ("seeds?",),
    ),
    Term(
        "clipping",
        "Cutting a gradient to a threshold before a step: its length, or each entry by itself.",
        ("[Cc]lipping", "clipped", "clips?"),
    ),
    Term(
        "shortcut",
        "A connection around a layer: what comes in is added to what comes out, h plus r times "
        "what the layer makes of it.",
        ("shortcuts?", "residual connections?"),
    ),
    Term(
        "normalization",
        "Giving numbers mean 0 and standard deviation 1 on their way: over a layer's units for "
        "layer norm, over the examples for batch norm. RMS norm only divides by their root mean "
        "square.",
        ("normalizations?", "[Ll]ayer norm", "[Bb]atch norm", "RMS norm"),
    ),
)

ANCHOR = "term"  # of no heading: a page stays where it is
_BY_NAME = {term.name: term for term in TERMS}
_GROUPS = {f"t{i}": term.name for i, term in enumerate(TERMS)}
# What is no word of a text comes first, so that nothing is looked for within it.
_WORDS = re.compile(
    r"(?P<no>^#.*?$|^\|.*?$|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|\[[^\]]*\]\([^)]*\))|"
    r"(?<![\w‖/*-])(?:"
    + "|".join(f"(?P<{group}>{_BY_NAME[name].pattern})" for group, name in _GROUPS.items())
    + r")(?![\w*/-])",
    re.S | re.M,
)


def linked(text: str, is_first: Callable[[str], bool]) -> str:
    """The text with a link on each term that `is_first` says yes to, titled with what it means.

    The link leads nowhere: who touches it, or comes to it by Tab, sees its title (`style.css`).
    """
    parts, end = [], 0
    for start, stop, name in _terms(text):
        if is_first(name):
            parts += [text[end:start], f'[{text[start:stop]}](#{ANCHOR} "{_BY_NAME[name].says}")']
            end = stop
    return "".join([*parts, text[end:]])


@lru_cache(2000)
def _terms(text: str) -> list[tuple[int, int, str]]:
    """Where its terms are, from and to, and which: found once for all readers of the same text."""
    found = (
        (match.span(), _GROUPS.get(match.lastgroup or "no")) for match in _WORDS.finditer(text)
    )
    return [(*span, name) for span, name in found if name]


def section() -> str:
    """All terms and what they mean, as Markdown."""
    return "\n".join(f"- **{term.name}**: {term.says}" for term in TERMS)
