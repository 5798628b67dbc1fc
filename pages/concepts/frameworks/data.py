"""Tables of the page on what frameworks start with."""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import pandas as pd

from core import theory
from core.activations import ACTIVATIONS
from core.datasets import digits
from pages.concepts.frameworks import networks, tables
from pages.concepts.frameworks.charts import BOTTOM, END_HIGH, END_LOW, LEFT, TOP
from pages.concepts.frameworks.networks import Run, Setting
from pages.concepts.frameworks.panel import DEEPEST, DEPTH
from pages.concepts.frameworks.tables import HE, NOTHING, Default, Law
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

DEPTHS = DEPTH.values()


def default_run(framework: str, of: Setting) -> Run:
    """The networks of one framework's default."""
    default = tables.default(framework, of.activation)
    return networks.run(default.weights, default.biases or NOTHING, of)


def he_run(of: Setting) -> Run:
    """The networks of He's weights, without biases."""
    return networks.run(HE, NOTHING, of)


def scale(default: Default, width: int) -> float:
    """σ√n between layers of this width, the mean counted in where it is not 0."""
    return hypot(*default.weights.at(width, width)) * sqrt(width)


def told(width: int) -> str:
    """Of which networks a number is: “median of 9 networks”."""
    members = networks.MEMBERS[width]
    return f"median of {members} networks" if members > 1 else "one network"


# The main chart ----------------------------------------------------------------------------------


@memoize(64)
def gradients(framework: str, against: str, of: Setting) -> pd.DataFrame:
    """One row per depth; see `charts.gradients`."""
    run, other, he = default_run(framework, of), default_run(against, of), he_run(of)
    at = np.array(DEPTHS) - 1
    values = {"line": run.kept, "other": other.kept, "he": he.kept, "slopes": run.slopes}
    named = {"line": framework, "other": against, "he": "He", "slopes": "∏ φ′(z)"}
    if framework == against:
        values["other"] = np.full_like(run.kept, np.nan)
    last = run.kept[at, 0]  # where the gradient arrives: at layer 1
    columns = {
        "depth": DEPTHS,
        "low": frames.pack(_shown(run.low[at]), ".2f"),
        "high": frames.pack(_shown(run.high[at]), ".2f"),
        "meaning": [theme.outcome(v) for v in last],
        "beyond": [theme.beyond(v, BOTTOM, TOP) or None for v in last],
        "says_depth": [theme.count(depth, "layer") for depth in DEPTHS],
        "says_gain": [
            f"×{theme.from_log10(v / (depth - 1))} a layer"
            for v, depth in zip(last, DEPTHS, strict=True)
        ],
        "says_end": [f"{theme.from_log10(v, 2)} in all" for v in last],
    }
    ends = np.stack([_within(v[at, 0]) for v in values.values()])
    places = grammar.apart(np.nan_to_num(ends, nan=0.0), gap=2.3, within=(END_LOW, END_HIGH))
    for i, (key, v) in enumerate(values.items()):
        columns[key] = frames.pack(_shown(v[at]), frames.READ if key == "line" else ".2f")
        columns[f"{key}_end"] = ends[i]
        columns[f"{key}_at"] = places[i]
        columns[f"{key}_name"] = [
            None
            if np.isnan(end)
            else f"{named[key]} {theme.beyond(end, BOTTOM, TOP) * (key != 'line')}".strip()
            for end in v[at, 0]
        ]
    return pd.DataFrame(columns)


def main_line(at) -> pd.DataFrame:
    """One framework's gradient by layer, from the last one back; see `beside`."""
    size = default_run(at.framework, networks.setting(at)).kept[at.depth - 1, at.depth - 1 :: -1]
    layers, seen = np.arange(at.depth, 0, -1), (BOTTOM, TOP)
    if not BOTTOM + 4 < size[-1] < TOP - 4:
        return beside.line(layers, size, seen=seen)
    # All lines begin at one point: the name stands at the other end, away from the healthy ones.
    return beside.line(layers, size, seen=seen, name_share=1.0, below=bool(size[-1] < 0))


ASKED = Setting("relu", 64, 0)  # the networks of the page's question
ASKED_FRAMEWORK, ASKED_DEPTH = "PyTorch", 20


def asked() -> np.ndarray:
    """log₁₀ of what reaches each layer there, from the last one back."""
    return default_run(ASKED_FRAMEWORK, ASKED).kept[ASKED_DEPTH - 1, ASKED_DEPTH - 1 :: -1]


def idea(guess: float) -> beside.Idea | None:
    """What each layer would leave if the guess, log₁₀, were left; None where that is close."""
    return beside.guessed(
        guess,
        asked(),
        "each layer leaves {}",
        truth=f"{ASKED_FRAMEWORK}'s {ASKED_DEPTH} layers",
        so=f"{ASKED_FRAMEWORK}, {ASKED_DEPTH} layers",
        point=lambda x: f"layer {x:g}",
        x=np.arange(ASKED_DEPTH, 0, -1),
        seen=(BOTTOM, TOP),
        name_share=0.0,
        align="left",
    )


def _shown(log10: np.ndarray) -> np.ndarray:
    """What the chart draws: a little beyond its axis at most, and a gap where nothing is."""
    return np.where(np.isfinite(log10), np.clip(log10, BOTTOM - 5, TOP + 5), np.nan)


def _within(ends: np.ndarray) -> np.ndarray:
    """Heights at which a dot may stand."""
    return np.clip(np.where(np.isneginf(ends), END_LOW, ends), END_LOW, END_HIGH)


UNITS = {  # of the table for taking away
    **{"framework": "name", "activation": "name", "width": "units"},
    **{"depth": "hidden layers", "layer": "number, from the input"},
    **{"log10_dz_over_last": "log10 of a ratio", "log10_product_of_slopes": "log10 of a ratio"},
}
WEIGHTS_UNITS = dict.fromkeys(("framework", "version", "layer", "call"), "name") | {
    **{"date": "year-month-day", "n_in": "units", "n_out": "units"},
    **dict.fromkeys(("mean", "std", "smallest", "largest"), "weight"),
    "kurtosis": "ratio of moments",
}
VALUES_UNITS = dict.fromkeys(("framework", "version", "item", "call"), "name") | {
    **{"date": "year-month-day", "value": "a pure number, of the item"},
}


def profile_table(framework: str, of: Setting) -> pd.DataFrame:
    """Every frame of the main chart as numbers, for the download."""
    run = default_run(framework, of)
    depth, layer = np.tril_indices(DEEPEST)
    return pd.DataFrame(
        {
            "framework": framework,
            "activation": of.activation,
            "width": of.width,
            "depth": depth + 1,
            "layer": layer + 1,
            "log10_dz_over_last": run.kept[depth, layer],
            "log10_product_of_slopes": run.slopes[depth, layer],
        }
    )


def values_table() -> pd.DataFrame:
    """Every measured single value, for the download: what is not a number is named."""
    found = tables.values()
    return found.assign(value=[f"{x:.6g}" for x in found["value"]])


# The gauge ---------------------------------------------------------------------------------------


@memoize(64)
def gauge(framework: str, of: Setting, depth: int) -> pd.DataFrame:
    """One row per framework, by its gain; see `charts.gauge`."""
    rows: list[tuple[str, float, tables.Default | None]] = [
        (f, default_run(f, of).gain(depth), tables.default(f, of.activation))
        for f in tables.frameworks()
    ]
    rows.append(("He", he_run(of).gain(depth), None))
    rows.sort(key=lambda row: row[1])
    reach = theme.BAND / (depth - 1)
    return pd.DataFrame(
        {
            "name": [f for f, _, _ in rows],
            "log10": [max(gain, LEFT) for _, gain, _ in rows],
            "meaning": [
                "reference" if f == "He" else theme.outcome(gain * (depth - 1))
                for f, gain, _ in rows
            ],
            "says": ["◂ " * (gain < LEFT) + theme.from_log10(gain) for _, gain, _ in rows],
            "in_all": [theme.from_log10(gain * (depth - 1), 2) for _, gain, _ in rows],
            "call": [d.call if d else "√(2/n), without biases" for _, _, d in rows],
            "version": [d.version if d else "none: by formula" for _, _, d in rows],
            "here": [f == framework for f, _, _ in rows],
            "low": -reach,
            "high": reach,
        }
    )


@memoize(64)
def groups(of: Setting, depth: int) -> tuple[list[str], ...]:
    """The frameworks whose gradient vanishes, holds and explodes over these layers."""
    rows = gauge("", of, depth)
    return tuple(
        list(rows.loc[rows["meaning"] == meaning, "name"])
        for meaning in ("vanishing", "healthy", "exploding")
    )


# Gain 1 ------------------------------------------------------------------------------------------

_SCALES = 2.0 ** np.arange(-2, 5.01, 0.1)


@memoize(128)
def scale_of_gain_one(activation: str, width: int, depth: int) -> float | None:
    """The σ√n at which wide layers without biases have a gain of 1 on average, fed with the
    examples that the networks of this width see; None where up to 32 none has."""
    square = float(np.mean(digits().x_train[: networks.EXAMPLES[width]] ** 2))
    phi = ACTIVATIONS[activation]
    return theory.scale_of_gain_one(phi, _SCALES, depth=depth, input_square=square)


def gain_one_run(of: Setting, depth: int) -> Run | None:
    """The networks of that scale, at this width; None where there is none."""
    scale = scale_of_gain_one(of.activation, of.width, depth)
    if scale is None:
        return None
    return networks.run(Law("normal", "fan-in", 0.0, scale), NOTHING, of)


# The whole table ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """How many frameworks were measured, and how many of them have a dense layer."""

    frameworks: int
    dense: int


@memoize(1)
def counted() -> Counted:
    found = pd.concat([tables.weights(), tables.values(), tables.clips()])
    return Counted(found["framework"].nunique(), len(tables.frameworks()))


@memoize(8)
def defaults_table() -> pd.DataFrame:
    """Dense layers as they start when nothing is said, one row each."""
    found = []
    for (framework, layer, call), of in tables.layers().items():
        if layer not in tables.DENSE:
            continue
        law = tables.law(of)
        found.append(
            {
                "framework": f"{framework} {of['version'].iloc[0]}",
                "layer": f"`{call}`",
                "weights": tables.FAMILIES[law.family],
                "σ√n at 1,000": theme.number(hypot(*law.at(1000, 1000)) * sqrt(1000)),
                "follows": law.follows,
                "biases": _biases(tables.law_of_biases(framework, layer, call)),
            }
        )
    return pd.DataFrame(found)


def _biases(law: Law | None) -> str:
    if law is None:
        return "none"
    if law == NOTHING:
        return "0"
    if law.family == "constant":
        return theme.number(law.mean, 1)
    return f"{tables.FAMILIES[law.family]}, {law.follows}"
