"""The measured tables, and what follows from a row: how weights are drawn, and from which fans.

The tables hold what `measure.py` found in each framework: statistics of weights, single values,
and gradients after clipping. Nothing here is quoted from a manual.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

_HERE = Path(__file__).parent
CUT = 0.8796256610342397  # standard deviation of N(0, 1) cut off at ±2
KURTOSIS = {"uniform": 1.8, "cut": 2.3656, "normal": 3.0}  # of a normal one “cut” off at ±2σ
CHANCE = 0.005  # share by which a measured standard deviation may miss the one that was meant
FAMILIES = {
    "uniform": "uniform",
    "cut": "normal, cut at 2σ",
    "normal": "normal",
    "constant": "all equal",
}
FANS = {
    "fan-in": lambda n_in, n_out: n_in,
    "fan-out": lambda n_in, n_out: n_out,
    "both fans": lambda n_in, n_out: (n_in + n_out) / 2,
    "neither fan": lambda n_in, n_out: np.ones_like(n_in),
}


@cache
def weights() -> pd.DataFrame:
    """Statistics of weights and biases: a row per framework, layer and shape."""
    return pd.read_csv(_HERE / "weights.csv")


@cache
def layers() -> dict[tuple[str, str, str], pd.DataFrame]:
    """The rows of each layer, one per shape, by its framework, layer and call."""
    return dict(list(weights().groupby(["framework", "layer", "call"], sort=False)))


@cache
def values() -> pd.DataFrame:
    """Single values: slopes, kinks, what an LSTM keeps; a row per framework, item and call."""
    return pd.read_csv(_HERE / "values.csv")


@cache
def clips() -> pd.DataFrame:
    """Gradients after clipping by norm at limit 1: a row per framework, call and case."""
    return pd.read_csv(_HERE / "clips.csv", keep_default_na=False)


@dataclass(frozen=True)
class Law:
    """How the numbers of a layer are drawn between any two widths.

    family: of FAMILIES. follows: of FANS. mean, std: those of one number, times the root of the
    fan that they follow.
    """

    family: str
    follows: str
    mean: float
    std: float

    def at(self, n_in: int, n_out: int) -> tuple[float, float]:
        """Mean and standard deviation of one number between these widths."""
        root = sqrt(FANS[self.follows](n_in, n_out))
        return self.mean / root, self.std / root


NOTHING = Law("constant", "neither fan", 0.0, 0.0)
HE = Law("normal", "fan-in", 0.0, sqrt(2))  # He et al. 2015


def law(rows: pd.DataFrame) -> Law:
    """The law of one layer's rows, of several shapes each."""
    mean, std = rows["mean"].to_numpy(), rows["std"].to_numpy()
    sizes = np.hypot(mean, std)
    if not sizes.any():
        return NOTHING
    n = rows["n_in"].to_numpy(), rows["n_out"].to_numpy()
    # The fan whose root makes one number of the sizes at all shapes.
    off = {name: np.std(np.log(sizes * np.sqrt(fan(*n)))) for name, fan in FANS.items()}
    # Of fans that do so as well as the best, up to what chance does to a sample: the first.
    follows = next(name for name in FANS if off[name] <= min(off.values()) + CHANCE)
    widest = rows.iloc[int((n[0] * n[1]).argmax())]
    root = sqrt(FANS[follows](widest["n_in"], widest["n_out"]))
    family = _family(widest)
    average = widest["mean"] if abs(widest["mean"]) > widest["std"] / 20 else 0.0
    return Law(
        family,
        follows,
        round(float(average * root), 4),
        round(float(spread(widest) * root), 4),
    )


def law_of_biases(framework: str, layer: str, call: str) -> Law | None:
    """The law of a layer's biases; None where it has none."""
    rows = layers().get((framework, f"{layer} bias", call))
    return None if rows is None else law(rows)


def _family(row: pd.Series) -> str:
    if row["std"] < 1e-6 * abs(row["mean"]):
        return "constant"
    return min(KURTOSIS, key=lambda name: abs(KURTOSIS[name] - row["kurtosis"]))


def spread(row: pd.Series) -> float:
    """The standard deviation. Ends are surer than a sample's: these belong to a distribution."""
    width = row["largest"] - row["smallest"]
    return {"uniform": width / sqrt(12), "cut": width / 4 * CUT}.get(_family(row), row["std"])


@cache
def frameworks() -> tuple[str, ...]:
    """Those of which a dense layer was measured, in the order of the table."""
    rows = weights()
    return tuple(rows.loc[rows["layer"].str.startswith("dense"), "framework"].unique())


_OWN = {
    "relu": "dense relu",
    "gelu": "dense gelu",
    "silu": "dense silu",
    "sigmoid": "dense logistic",
}
DENSE = ("dense", *_OWN.values(), "dense maxout")


@dataclass(frozen=True)
class Default:
    """What a framework's dense layer starts with when nothing is said."""

    framework: str
    version: str
    date: str
    call: str
    weights: Law
    biases: Law | None  # None where it has none


@cache
def default(framework: str, activation: str) -> Default:
    """Its dense layer; where it has one of its own for the activation, that."""
    own = [which for which in layers() if which[:2] == (framework, _OWN.get(activation))]
    plain = [which for which in layers() if which[:2] == (framework, "dense")]
    which, *_ = own or plain
    rows = layers()[which]
    first = rows.iloc[0]
    return Default(
        framework,
        version=first["version"],
        date=first["date"],
        call=first["call"],
        weights=law(rows),
        biases=law_of_biases(*which),
    )


@cache
def versions() -> dict[str, str]:
    """The version of each framework: all that it has in the tables was measured in one go."""
    of = pd.concat([weights(), values(), clips()])[["framework", "version"]].drop_duplicates()
    return dict(zip(of["framework"], of["version"], strict=True))


def measured(rows: pd.DataFrame) -> str:
    """On which day, or days, the rows were measured."""
    first, last = rows["date"].min(), rows["date"].max()
    return f"Measured on {first}." if first == last else f"Measured between {first} and {last}."


def calls(who: Iterable[tuple[str, str]]) -> str:
    """Frameworks with their versions and calls for a cell of a table, each framework once."""
    by_framework: dict[str, list[str]] = {}
    for framework, call in who:
        by_framework.setdefault(framework, []).append(f"`{call}`")
    return "; ".join(
        f"{name} {versions()[name]} {', '.join(own)}" for name, own in by_framework.items()
    )
