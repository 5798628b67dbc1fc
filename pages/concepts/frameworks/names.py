"""One name, several numbers: what frameworks mean by it, and what that does over 20 layers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import erf, hypot, pi, sqrt
from statistics import median

import numpy as np
import pandas as pd

from core.activations import ACTIVATIONS
from pages.concepts.frameworks import networks, tables
from pages.kit import theme
from pages.kit.memoize import memoize
from pages.kit.prose import fill

LAYERS = 20
CHANNELS = (16, 256, 1000)  # those that were measured
_PER_FILTER = 9  # what one output of a depthwise 3 × 3 convolution adds up
_HIDDEN = 256  # of the recurrent layers that were measured


@dataclass(frozen=True)
class Meaning:
    """What a call means: the number as it is shown, and log₁₀ of the factor over LAYERS."""

    who: tuple[str, str]  # the framework and its call
    number: str
    log10: float


@dataclass(frozen=True)
class Topic:
    """A name: what its number is, what the last column says, and who means what."""

    number: str  # heading of the column
    effect: str  # heading of the last
    about: str  # a text for `fill`
    meanings: Callable[[], list[Meaning]]
    says: Callable[[], dict[str, str]] = dict  # what its blanks are filled with


def _who(row) -> tuple[str, str]:
    return row.framework, row.call


def _log10(factor: float, times: float = LAYERS) -> float:
    return times * float(np.log10(factor)) if factor > 0 else -np.inf


def _values(item: str) -> pd.DataFrame:
    found = tables.values()
    return found[found["item"] == item]


def _weights(*layers: str) -> list[tuple[pd.DataFrame, tuple[str, str]]]:
    """The rows of each framework, layer and call, and who that is."""
    found = tables.layers().items()
    return [(rows, (f, call)) for (f, layer, call), rows in found if layer in layers]


# Slopes ------------------------------------------------------------------------------------------


def _leaky() -> list[Meaning]:
    left, right = _values("leaky_relu slope left"), _values("leaky_relu slope right")
    both = left.merge(right, on=["framework", "call"], suffixes=("", "_right"))
    return [
        Meaning(
            _who(row),
            f"{row.value:g}"
            if row.value_right == 1
            else f"{row.value:g}; right {row.value_right:g}",
            _log10(hypot(row.value, row.value_right)),
        )
        for row in both.itertuples()
    ]


def _prelu() -> list[Meaning]:
    return [
        Meaning(_who(row), f"{abs(row.value):g}", _log10(hypot(row.value, 1)))
        for row in _values("prelu slope left").itertuples()
    ]


KINKS = {
    "leaky_relu'(0)": "leaky ReLU at 0",
    "relu'(0)": "ReLU at 0",
    "max(x, 0)'(0)": "max(x, 0) at 0",
    "max(0, x)'(0)": "max(0, x) at 0",
    "abs'(0)": "|x| at 0",
    "elu'(0)": "ELU at 0",
    "hardtanh'(1)": "hard tanh at 1",
    "relu6'(6)": "ReLU6 at 6",
}


def _kinks() -> list[Meaning]:
    return [
        Meaning(_who(row), f"{name}: {theme.setting(row.value)}", _log10(abs(row.value)))
        for item, name in KINKS.items()
        for row in _values(item).itertuples()
    ]


def _sigmoid() -> list[Meaning]:
    left, right = _values("sigmoid'(-40)"), _values("sigmoid'(40)")
    both = left.merge(right, on=["framework", "call"], suffixes=("", "_right"))
    return [
        Meaning(
            _who(row),
            f"{theme.number(row.value)} and {theme.number(row.value_right)}",
            _log10(row.value_right, 1),
        )
        for row in both.itertuples()
    ]


def _sigmoid_says() -> dict[str, str]:
    left = _values("sigmoid'(-40)")["value"]
    return {
        "exact": theme.number(float(ACTIVATIONS["sigmoid"].df(-40.0))),
        "keep": str(int((left > 0).sum())),
        "all": str(len(left)),
    }


# GELU --------------------------------------------------------------------------------------------


def _exact_gelu(z, h, slope) -> None:
    """z·Φ(z) and its slope, Φ being the normal distribution function."""
    below = 0.5 * (1 + np.vectorize(erf)(z / sqrt(2)))
    np.multiply(z, below, out=h)
    np.copyto(slope, below + z * np.exp(-0.5 * z * z) / sqrt(2 * pi))


@memoize(1)
def gelu_forms() -> tuple[float, ...]:
    """log₁₀ of what reaches layer 1 of LAYERS He layers, 16 wide: exact GELU, tanh form."""
    tanh_form = ACTIVATIONS["gelu"]
    exact = replace(tanh_form, name="exact gelu", into=_exact_gelu)
    runs = [networks.run_with(phi, tables.HE, tables.NOTHING, 16, 0) for phi in (exact, tanh_form)]
    return tuple(float(run.kept[LAYERS - 1, 0]) for run in runs)


def _gelu() -> list[Meaning]:
    at = -2.0
    exact = at * 0.5 * (1 + erf(at / sqrt(2)))
    tanh_form = float(ACTIVATIONS["gelu"].f(at))
    forms = {"exact": (exact, gelu_forms()[0]), "tanh form": (tanh_form, gelu_forms()[1])}
    meanings = []
    for row in _values("gelu(-2)").itertuples():
        form = min(forms, key=lambda name: abs(forms[name][0] - row.value))
        meanings.append(Meaning(_who(row), form, forms[form][1]))
    return meanings


# Weights -----------------------------------------------------------------------------------------


def _square(*layers: str, keeps: float) -> list[Meaning]:
    """Of 1,000 × 1,000 weights: σ√n, and that over the one that keeps a gradient's size."""
    meanings = []
    for rows, who in _weights(*layers):
        factor = tables.law(rows).at(1000, 1000)[1] * sqrt(1000)
        meanings.append(Meaning(who, f"{factor:.2f}", _log10(factor / keeps)))
    return meanings


def _xavier() -> list[Meaning]:
    meanings = []
    for rows, who in _weights("xavier_normal", "xavier_uniform"):
        square, narrow = (
            tables.spread(rows[rows["n_out"] == n_out].iloc[0]) * sqrt(1000)
            for n_out in (1000, 250)
        )
        # back through both kinds of layers, whose weights have one σ: σ√1000 · σ√250
        both_ways = narrow * narrow * sqrt(250 / 1000)
        number = f"{square:.2f} and {narrow:.1f}"
        meanings.append(Meaning(who, number, _log10(both_ways, LAYERS / 2)))
    return meanings


def _rectangular() -> list[Meaning]:
    meanings = []
    for rows, who in _weights(*tables.DENSE):
        law = tables.law(rows)
        narrow, wide = (hypot(*law.at(*n)) * sqrt(n[0]) for n in ((1000, 250), (250, 1000)))
        meanings.append(
            Meaning(
                who,
                f"{narrow:.2f} and {wide:.2f} ({law.follows})",
                _log10(narrow * wide, LAYERS / 2),
            )
        )
    return meanings


def _truncated() -> list[Meaning]:
    drawn = [
        (float(np.mean([tables.spread(row) for _, row in rows.iterrows()])), who)
        for rows, who in _weights("truncated_normal(1)")
    ]
    return [Meaning(who, f"{std:.2f}", _log10(std)) for std, who in drawn]


def _orthogonal() -> list[Meaning]:
    meanings = []
    for rows, who in _weights("orthogonal"):
        factor = float(rows.iloc[0]["std"] * sqrt(rows.iloc[0]["n_in"]))
        meanings.append(Meaning(who, f"{factor:.2f}", _log10(factor)))
    return meanings


def _depthwise() -> list[Meaning]:
    meanings = []
    for rows, who in _weights("depthwise 3x3"):
        rows = rows.set_index("n_in")
        sizes = [tables.spread(rows.loc[c]) * sqrt(_PER_FILTER) for c in CHANNELS]
        number = ", ".join(f"{size:.2g}" for size in sizes)
        meanings.append(Meaning(who, number, _log10(sizes[-1])))
    return meanings


# LSTM --------------------------------------------------------------------------------------------


def _recurrent(kind: str) -> list[Meaning]:
    """kind: “lstm”, “gru” or “rnn”."""
    smallest, largest = (
        _values(f"{kind} gate, {which} singular value").set_index(["framework", "call"])
        for which in ("smallest", "largest")
    )
    meanings = []
    for rows, who in _weights(f"{kind} recurrent"):
        row = rows.iloc[0]
        factor, key = tables.spread(row) * sqrt(_HIDDEN), (row["framework"], row["call"])
        low, high = (float(of.loc[key, "value"]) for of in (smallest, largest))
        spread = f"{high:.2f} … {theme.number(low, 1)}" if high - low > 0.01 else f"{high:.2f}"
        meanings.append(Meaning(who, f"{factor:.2f} ({spread})", _log10(factor)))
    return meanings


def _forget() -> list[Meaning]:
    return [
        Meaning(_who(row), f"{row.value:.2f}", _log10(row.value))
        for row in _values("lstm keeps of its cell").itertuples()
    ]


# Dropout -----------------------------------------------------------------------------------------


def _recomputed() -> list[Meaning]:
    """At rate 0.5 the mean gradient is 2·share − 1, share being that of one mask both times."""
    return [
        Meaning(
            _who(row),
            "the same" if row.value == 1 else "another",
            _log10(round(2 * row.value - 1, 1), 1),
        )
        for row in _values("dropout recomputed, share of one mask").itertuples()
    ]


TOPICS = {
    "leaky": Topic(
        "slope for z < 0",
        f"{LAYERS} layers",
        """What {layers} layers of He weights with this slope do to the gradient: a wide layer
        multiplies it by √(*a*² + *b*²), *a* being the slope on the left and *b* that on the right,
        1 where nothing is said.""",
        _leaky,
    ),
    "prelu": Topic(
        "first slope for z < 0",
        f"{LAYERS} layers",
        """PReLU learns its slope; this is where it starts. Over {layers} layers of He weights it
        does what a leaky ReLU of that slope does.""",
        _prelu,
    ),
    "he": Topic(
        "σ√n",
        f"{LAYERS} layers",
        """He asks for σ√*n* = √2 = 1.41, which keeps the gradient through ReLU layers. What
        1,000 × 1,000 weights by that name have, and what {layers} ReLU layers of them do.""",
        partial(_square, "he_normal", "he_uniform", keeps=sqrt(2)),
    ),
    "lecun": Topic(
        "σ√n",
        f"{LAYERS} layers",
        """LeCun asks for σ√*n* = 1, which keeps a sum's size. What 1,000 × 1,000 weights by that
        name have, and what {layers} layers of them do without an activation.""",
        partial(_square, "lecun_normal", keeps=1.0),
    ),
    "xavier": Topic(
        "σ√n, 1,000 → 1,000 and 1,000 → 250",
        f"{LAYERS} layers",
        """Xavier's σ is √(2/(*n* + *n*′)), a compromise between the fan-in *n*, which the signal
        asks for, and the fan-out *n*′, which the gradient's root mean square asks for. Between
        layers of 1,000 and 250 units in turn, without an activation, the gradient's norm pays for
        it.""",
        _xavier,
    ),
    "rectangular": Topic(
        "σ√n, 1,000 → 250 and 250 → 1,000",
        f"{LAYERS} layers",
        """Layers of 1,000 and 250 units in turn, weights as each dense layer draws them by itself,
        no activation: on its way back the gradient is multiplied by σ√*n* once for each layer, *n*
        being its fan-in. Weights that follow the fan-in treat both kinds alike.""",
        _rectangular,
    ),
    "truncated": Topic(
        "σ that was drawn",
        f"{LAYERS} layers",
        """A normal distribution of σ = 1, cut off at ±2: what is left has a smaller σ.
        Initializers that build on it make up for that, or do not. Over {layers} layers the
        shortfall compounds.""",
        _truncated,
    ),
    "orthogonal": Topic(
        "scale",
        f"{LAYERS} layers",
        """An orthogonal matrix changes no length. What {layers} of them do, without an activation,
        by the scale that they are given when nothing is said.""",
        _orthogonal,
    ),
    "gelu": Topic(
        "form",
        f"{LAYERS} layers",
        """GELU is *z*·Φ(*z*). The tanh form approximates it, and comes within 0.0005 of it
        everywhere. What reaches layer 1 of {layers} layers of He weights, run with each form from
        the same draws: here the other number hardly matters.""",
        _gelu,
    ),
    "kinks": Topic(
        "the slope there",
        f"{LAYERS} layers",
        """At a kink any slope between those on its two sides is right. It matters where *z* is
        exactly there: an example of zeros through layers without biases has *z* = 0 in each of
        them, and {layers} slopes multiply. The last column says so of every kink, without the sign.
        An ELU of α = 1 has no kink at all: its slope at 0 is 1.""",
        _kinks,
    ),
    "sigmoid": Topic(
        "σ′(−40) and σ′(40)",
        "of one layer, at 40",
        """In exact arithmetic both are {exact}. In float32 σ(40) rounds to 1, and σ·(1 − σ) to 0.
        σ(−40) is a small number, which {keep} of the {all} functions here keep. In those, a unit
        that is far off on the left can come back; on the right its gradient is exactly 0.""",
        _sigmoid,
        _sigmoid_says,
    ),
    "depthwise": Topic(
        "σ√9 at 16, 256 and 1,000 channels",
        f"{LAYERS} layers",
        """One output of a depthwise 3 × 3 convolution adds up nine inputs, however many channels
        there are. Some initializers count the channels into the fans all the same. Over {layers}
        layers of 1,000 channels, without an activation, it compounds.""",
        _depthwise,
    ),
    "recurrent": Topic(
        "σ√n (singular values of a gate)",
        f"{LAYERS} steps",
        """The weights from an LSTM's hidden state to one gate, 256 × 256: their σ√*n*, and their
        largest and smallest singular values. An orthogonal matrix has all of them at 1. Cut out of
        a larger one that is orthogonal, a gate's are anywhere below. The last column is
        (σ√*n*){power}.""",
        partial(_recurrent, "lstm"),
    ),
    "gru": Topic(
        "σ√n (singular values of a gate)",
        f"{LAYERS} steps",
        """A gated recurrent unit is an LSTM's simpler relative. The weights from its hidden state
        to one of its three gates, 256 × 256: their σ√*n*, and their largest and smallest singular
        values. A third of an orthogonal block has σ√*n* = 1/√3, and so has a uniform draw between
        ±1/√*n*. The last column is (σ√*n*){power}.""",
        partial(_recurrent, "gru"),
    ),
    "rnn": Topic(
        "σ√n (singular values)",
        f"{LAYERS} steps",
        """The weights from a plain RNN's hidden state to itself, 256 × 256: their σ√*n*, and their
        largest and smallest singular values. The last column is (σ√*n*){power}, what {layers}
        steps back in time do to the gradient where the slopes are 1 and every step's weights are
        drawn anew; an RNN's are the same at each step.""",
        partial(_recurrent, "rnn"),
    ),
    "forget": Topic(
        "kept of a cell of 1",
        f"{LAYERS} steps",
        """An LSTM with nothing to read and a cell of 1: what the forget gate keeps of it, on
        average. 0.73 is a bias of 1, 0.50 one of 0 or random ones around it, whatever the stored
        biases say. Over {layers} steps it compounds.""",
        _forget,
    ),
    "recomputed": Topic(
        "mask on the way back",
        "mean gradient",
        """To save memory, a block can be computed anew on the way back instead of being kept:
        checkpointing, or remat. Dropout in it sets half of the outputs to 0 and doubles the others,
        by a random mask *m* of zeros and twos. A weight of 1 whose output *m* should be 1, with the
        loss (*m* − 1)²/2, has the gradient *m*(*m* − 1), which is 1 on average: dropout pulls
        weights toward 0. Computed anew with another mask *m*′ it is *m*′(*m* − 1), on average 0.
        The noise is there, the pull is not, and the loss shows nothing of it.""",
        _recomputed,
    ),
}


@memoize(16)
def about(name: str) -> str:
    """What a name's table shows, with its numbers, and when they were measured."""
    topic = TOPICS[name]
    who = {meaning.who[0] for meaning in topic.meanings()}
    rows = pd.concat([tables.weights(), tables.values()])
    measured = tables.measured(rows[rows["framework"].isin(who)])
    of_all = {"layers": LAYERS, "power": theme.superscript(LAYERS)}
    says = {blank: x for blank, x in of_all.items() if f"{{{blank}}}" in topic.about}
    return f"{fill(topic.about, **says, **topic.says())} {measured}"


@memoize(16)
def table(name: str) -> pd.DataFrame:
    """Who means what by a name, the same numbers in one row."""
    topic = TOPICS[name]
    by_number: dict[str, list[Meaning]] = {}
    for meaning in topic.meanings():
        by_number.setdefault(meaning.number, []).append(meaning)
    rows = [
        (
            number,
            tables.calls(meaning.who for meaning in same),
            theme.from_log10(median(meaning.log10 for meaning in same), 2),
        )
        for number, same in by_number.items()
    ]
    return pd.DataFrame(rows, columns=[topic.number, "by", topic.effect])
