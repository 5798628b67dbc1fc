"""Tables of the page on saturation, ReLU and leaky ReLU."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core import diagnostics, network, training, untrained
from core.activations import activation
from core.datasets import digits
from core.network import NetSpec
from core.training import TrainSpec
from pages.concepts.activations.charts import (
    ASKED,
    CORNER,
    DEAD,
    INSET,
    OFF,
    PRODUCTS,
    SATURATED,
    SEEN,
    SLOPES,
)
from pages.concepts.activations.panel import LEAK_SLOPES, PANEL, SEEN_DEPTH, STEPS, Z
from pages.kit import beside, grammar, theme
from pages.kit.memoize import memoize

WIDTH = 64
SEEN_LAYER = 8  # of the network behind the histogram
NETWORKS, _SEEN_EXAMPLES = 5, 64  # behind the histogram, and the digits that they see
TOGETHER = 3  # networks whose shares are averaged, before or after training
_EXAMPLES = 256
_PER_BIN = 5  # values of z per bar of the histogram
RUNS_FILE = Path(__file__).with_name("runs.csv")


def scheme(name: str, weights: str) -> str:
    """The initializer that `weights` means for an activation."""
    return activation(name).usual_initializer if weights == "usual" else weights


def short(name: str) -> str:
    """An activation's label without what stands in parentheses."""
    return activation(name).label.split(" (")[0]


def curves(at) -> tuple[str, str, str]:
    """The activations that the main chart compares."""
    return at.first, at.second, at.third


def leak_of(at, *names: str) -> float:
    """The slope below 0, looked at only where one of these activations has it."""
    return float(at.leak if "leaky_relu" in names else PANEL["leak"].default)


@dataclass(frozen=True)
class Setting:
    """Which networks are looked at, of any activation; `weights` as in `scheme`."""

    weights: str
    depth: int
    leak: float
    seed: int

    def spec(self, name: str, **more) -> NetSpec:
        """One of these networks, with this activation."""
        more |= {"initializer": scheme(name, self.weights), "negative_slope": self.leak}
        return NetSpec(64, WIDTH, self.depth, 10, name, **more)


def setting(at, *names: str) -> Setting:
    """What the page's controls are set to, for networks with these activations."""
    return Setting(at.weights, at.depth, leak_of(at, *names), at.seed)


# One z ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """An activation at one z: φ′(z), and log₁₀|φ′(z)ⁿ| with its sign."""

    name: str
    label: str
    slope: float
    log10: float
    negative: bool
    best: float  # log₁₀ of max_slopeⁿ
    saturated: bool


def at(name: str, z: float, n: int, leak: float) -> Point:
    """One activation at one z and over n layers."""
    record = activation(name, negative_slope=leak)
    slope = float(record.df(z))
    with np.errstate(divide="ignore"):
        log10 = n * float(np.log10(abs(slope)))
    return Point(
        name,
        record.label,
        slope,
        log10,
        negative=slope < 0 and n % 2 == 1,
        best=n * float(np.log10(record.max_slope)),
        saturated=abs(slope) < diagnostics.SATURATED * record.max_slope,
    )


def points(values) -> list[Point]:
    """The three activations at the page's z."""
    return [at(name, values.z, values.n, leak_of(values, name)) for name in curves(values)]


@dataclass(frozen=True)
class Seen:
    """The z of the middle layer of real networks, and what becomes of their gradients."""

    heights: np.ndarray  # of a histogram's bars over Z, the largest being 1
    outside: float  # share of z beyond the axis
    saturated: float
    mean_slope: float
    gain: float  # factor on ‖dJ/dz‖ per layer, toward the input
    by_layer: np.ndarray  # log₁₀ ‖dJ/dz_l‖/‖dJ/dz_L‖

    @property
    def gradient(self) -> float:
        """The same at layer 1."""
        return float(self.by_layer[0])


@memoize(32)
def seen(name: str, weights: str, leak: float, seed: int) -> Seen:
    """Run networks on real digits, and look at the z of their middle layer."""
    of, data = Setting(weights, SEEN_DEPTH, leak, seed), digits()
    spec = of.spec(name, seeds=NETWORKS)
    params = network.init(spec, rng=np.random.default_rng(seed))
    trace = network.forward(spec, params, data.x_train[:_SEEN_EXAMPLES])
    z, slope = trace.z[SEEN_LAYER - 1], trace.slope[SEEN_LAYER - 1]
    counts, _ = np.histogram(z, np.array(Z.values())[::_PER_BIN])
    by_layer = products(name, of).gradient
    return Seen(
        heights=counts / max(1, counts.max()),
        outside=float((np.abs(z) > Z.high).mean()),
        saturated=float(diagnostics.saturated_share((slope,), spec.phi.max_slope).mean()),
        mean_slope=float(slope.mean()),
        gain=float(10 ** (by_layer[0] / (SEEN_DEPTH - 1))),
        by_layer=by_layer,
    )


def asked(seed: int) -> Seen:
    """The networks of the page's question."""
    return seen("sigmoid", "xavier", 0.01, seed)


@memoize(64)
def slopes(
    curves: tuple[str, str, str], leak: float, network_seen: tuple[str, str], seed: int
) -> pd.DataFrame:
    """One row per z of the slider, and one on each side of 0; see `charts.slopes`."""
    columns: dict[str, Any] = _over_z()
    z, hues = columns["z"], theme.hues(curves)
    for i, name in enumerate(curves, start=1):
        f, slope = activation(name, negative_slope=leak).value_and_slope(z)
        columns |= {f"name{i}": short(name), f"hue{i}": hues[i - 1], f"s{i}": slope}
        columns[f"slope{i}"] = np.where(slope <= SLOPES[1], slope, np.nan)
        columns[f"f_in{i}"] = _in_inset(f, INSET, CORNER[2:])
    columns["z_in"] = _in_inset(z, (Z.low, Z.high), CORNER[:2])
    bars = seen(*network_seen, leak, seed).heights
    columns["seen"] = np.full(len(z), np.nan)
    columns["seen"][np.isin(z, Z.values()[::_PER_BIN])] = SEEN * np.append(bars, bars[-1])
    columns["seen_says"] = f"gray: z in layer {SEEN_LAYER} of a {short(network_seen[0])} network"
    return _in_single_precision(columns)


@memoize(64)
def multiplied(curves: tuple[str, str, str], n: int, leak: float) -> pd.DataFrame:
    """The slopes multiplied over n layers, in the same rows; see `charts.slopes`."""
    columns: dict[str, Any] = _over_z() | {"n": n}
    hues = theme.hues(curves)
    for i, name in enumerate(curves, start=1):
        slope = activation(name, negative_slope=leak).df(columns["z"])
        with np.errstate(divide="ignore"):
            product = n * np.log10(np.abs(slope))
        product = np.where(slope == 0, np.nan, product)
        columns |= {
            f"hue{i}": hues[i - 1],
            f"p{i}": product,
            f"minus{i}": (slope < 0) & (n % 2 == 1),
        }
        columns[f"product{i}"] = np.where(product <= PRODUCTS[1], product, np.nan)
    return _in_single_precision(columns)


def main_line(at) -> pd.DataFrame:
    """The slopes of the three activations, multiplied over n layers; see `beside`."""
    names = curves(at)
    rows = multiplied(names, at.n, leak_of(at, *names))
    rows = rows[rows["drawn"]]
    return pd.concat(
        [
            beside.line(rows["z"], rows[f"product{i}"], seen=PRODUCTS, series=str(i), named=i == 1)
            for i in (1, 2, 3)
        ],
        ignore_index=True,
    )


def idea(guess: float, seed: int) -> beside.Idea | None:
    """What each layer would leave if the guess, log₁₀, were left; None where that is close."""
    return beside.guessed(
        guess,
        asked(seed).by_layer[::-1],
        "each layer leaves {}",
        truth="the sigmoid networks",
        so="sigmoid, Xavier",
        point=lambda x: f"layer {x:g}",
        x=np.arange(SEEN_DEPTH, 0, -1),
        seen=ASKED,
        align="left",
    )


def asked_by_layer(seed: int) -> pd.DataFrame:
    """The gradient that the question asks about, at each layer; see `charts.asked`."""
    return pd.DataFrame({"layer": range(1, SEEN_DEPTH + 1), "log10": asked(seed).by_layer})


def _over_z() -> dict[str, Any]:
    """The rows of the main chart: `z`, and whether lines have a point there."""
    at, jump = np.array(Z.values()), 1e-9  # where slopes jump, at 0, a line stands upright
    z = np.sort(np.append(at, (-jump, jump)))
    # every second z is as fine as such a line can show
    return {"z": z, "drawn": np.isin(z, at[::2]) | (np.abs(z) == jump)}


def _in_single_precision(columns: dict) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    sizes = frame.select_dtypes("floating").columns.drop("z")  # z is found by its exact value
    return frame.astype(dict.fromkeys(sizes, np.float32))


def _in_inset(values, shown: tuple[float, float], place: tuple[float, float]) -> np.ndarray:
    """Where values stand along one side of the inset; NaN for what it does not show."""
    (low, high), (start, end) = shown, place
    at = start + (values - low) / (high - low) * (end - start)
    return np.where((values >= low) & (values <= high), at, np.nan)


# Real networks, layer by layer --------------------------------------------------------------------


@dataclass(frozen=True)
class Products:
    """Medians over the networks of log₁₀ products from the last layer back to each layer."""

    members: int
    slopes: np.ndarray
    weights: np.ndarray
    gradient: np.ndarray


@memoize(128)
def products(name: str, of: Setting) -> Products:
    """Measure ∏φ′(z), ∏W and what both did to dJ/dz, at initialization, on real digits."""
    found = untrained.profile(of.spec(name), of.seed)
    parts = (found.slopes[0], found.weights[0], found.products[0])
    return Products(len(parts[0]), *(untrained.quartiles(part, axis=0)[1] for part in parts))


def networks(curves: tuple[str, str, str]) -> tuple[str, ...]:
    """The activations of the measured networks: the curves, and leaky ReLU beside them."""
    return tuple(dict.fromkeys((*curves, "leaky_relu")))


@memoize(64)
def by_layer(curves: tuple[str, str, str], of: Setting, what: str) -> dict[str, pd.DataFrame]:
    """The chosen product of each network; see `charts.by_layer`."""
    parts, hues = [], dict(zip(curves, theme.hues(curves), strict=True))
    for name in networks(curves):
        log10 = getattr(products(name, of), what)
        part = pd.DataFrame({"layer": np.arange(1, of.depth + 1), "log10": log10})
        part["says"] = [theme.from_log10(value) for value in log10]
        part["name"] = short(name)
        part["meaning"] = hues.get(name, hues[curves[-1]])
        part["dashed"] = int(name not in curves)
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    ends = frame[frame["layer"] == 1].fillna({"log10": -12})
    ends["log10"] = ends["log10"].clip(-11.5, 11.5)
    names = grammar.line_names(ends, "log10", gap=1.6, within=(-11.5, 11.5))
    return {"frame": frame, "names": names}


# Saturated, off, dead -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Shares:
    """Shares of the units × examples per layer, means over the networks that still compute.

    dead ⊂ off ⊂ flat: flat is φ′ below 5 % of its maximum, off is φ′ = 0, dead is off for every
    example. Empty where every network broke; `broke` holds the steps at which they did.
    """

    tables: dict[str, pd.DataFrame]  # the shares on top of each other; see `charts.shares`
    flat: np.ndarray
    off: np.ndarray
    dead: np.ndarray
    broke: tuple[int, ...]
    ran: np.ndarray  # whether each network still computes, (TOGETHER,)
    dead_of_each: np.ndarray  # (TOGETHER, depth)

    def of_the_same(self, before: "Shares") -> np.ndarray:
        """What was dead before, by layer, of the networks that still compute here."""
        return before.dead_of_each[self.ran].mean(axis=0)


@memoize(64)
def shares(name: str, of: Setting, bias: float, rate: float) -> Shares:
    """Measure three networks before training (rate 0), or after STEPS steps of SGD."""
    spec, data = of.spec(name, bias_mean=bias, seeds=TOGETHER), digits()
    how = TrainSpec(rate, steps=STEPS if rate else 0)
    begun = training.start(spec, how, rng=np.random.default_rng(of.seed))
    state, _ = training.train(spec, how, data, begun)
    trace = network.forward(spec, state.params, data.x_train[:_EXAMPLES])
    runs = np.array([halt is None for halt in state.halts])
    measured = (
        diagnostics.saturated_share(trace.slope, spec.phi.max_slope),
        diagnostics.off_share(trace.slope),
        diagnostics.dead_share(trace.slope),
    )
    flat, off, dead = (
        share[runs].mean(axis=0) if runs.any() else np.empty(0) for share in measured
    )
    broke = tuple(halt.step for halt in state.halts if halt)
    return Shares(_stacked(flat, off, dead), flat, off, dead, broke, runs, dead_of_each=measured[2])


def shares_at(at, rate: float) -> Shares:
    """What is flat, off and dead in the page's network, trained at this rate."""
    return shares(at.network, setting(at, at.network), at.bias, rate)


def _stacked(flat: np.ndarray, off: np.ndarray, dead: np.ndarray) -> dict[str, pd.DataFrame]:
    if not len(dead):
        return _word("every network broke: not a number", "exploding")
    parts, ends = [], []
    edges = (np.zeros_like(dead), dead, off, flat)
    kinds = ((DEAD, "dark"), (OFF, "reference"), (SATURATED, "one"))
    for (kind, color), (low, high) in zip(kinds, pairwise(edges), strict=True):
        if (high - low).max() < 0.005:
            continue
        part = pd.DataFrame({"layer": np.arange(1, len(low) + 1), "low": low, "high": high})
        part["kind"], part["meaning"] = kind, color
        part["says"] = [theme.percent(share) for share in high - low]
        parts.append(part)
        middle = (low[-1] + high[-1]) / 2
        ends.append({"layer": len(low), "low": middle, "name": kind, "meaning": color})
    if not parts:
        return _word("no unit is flat, off or dead: under 0.5 % in every layer", "dark")
    names = grammar.line_names(ends, "low", gap=0.08, within=(0.03, 0.97))
    return {"frame": pd.concat(parts, ignore_index=True), "names": names}


def _word(name: str, meaning: str) -> dict[str, pd.DataFrame]:
    """A word where there are no bars."""
    row = {"layer": 1, "kind": "", "low": 0.0, "high": 0.0, "says": "", "meaning": meaning}
    return {"frame": pd.DataFrame([row]), "names": pd.DataFrame([row | {"low": 0.5, "name": name}])}


# Does a leak help? ------------------------------------------------------------------------------


@memoize(1)
def leak_runs() -> pd.DataFrame:
    """Every run of make_runs.py."""
    return pd.read_csv(RUNS_FILE)


@dataclass(frozen=True)
class Leak:
    """What became of the runs with one slope for z < 0, at one rate."""

    slope: float
    runs: int
    broke: int
    median: float  # accuracy, 0 of those that broke; NaN where most did
    dead: float  # the others' median share of dead units


@memoize(16)
def leak(slope: float, rate: float) -> Leak:
    """Summarize the runs of one slope at one rate."""
    runs = leak_runs()
    runs = runs[np.isclose(runs["slope"], slope) & np.isclose(runs["rate"], rate)]
    whole = runs[runs["broke_at"].isna()]
    broke, accuracy = len(runs) - len(whole), runs["accuracy"].fillna(0.0)
    return Leak(
        slope,
        runs=len(runs),
        broke=broke,
        median=float(accuracy.median()) if 2 * broke <= len(runs) else np.nan,
        dead=float(whole["dead"].median()),
    )


def leaks(rate: float) -> dict[str, pd.DataFrame]:
    """The runs of one rate; see `charts.leaks`."""
    runs = leak_runs()
    runs = runs[np.isclose(runs["rate"], rate)].copy()
    runs["place"] = runs["slope"].map({slope: i for i, slope in enumerate(LEAK_SLOPES)})
    count = runs["seed"].nunique()
    runs["spread"] = (runs["seed"] / max(1, count - 1) - 0.5) * 0.5
    found = pd.DataFrame([leak(slope, rate) for slope in LEAK_SLOPES])
    found["place"] = found.index
    return {
        "frame": runs.loc[runs["broke_at"].isna(), ["place", "spread", "accuracy"]],
        "medians": found[["place", "median"]].dropna(),
        "broke": found.loc[found["broke"] > 0, ["place", "broke"]],
    }


@memoize(1)
def leak_sentence() -> str:
    """What the committed runs say about a leak at their highest rate, in a sentence."""
    rate = float(leak_runs()["rate"].max())
    relu, small, large = (leak(slope, rate) for slope in (0.0, 0.01, 0.1))
    said = "; ".join(
        f"{name}: {theme.percent(found.median)} in the median, {found.broke} broke"
        for name, found in (("ReLU", relu), ("a leak of 0.01", small), ("one of 0.1", large))
    )
    return f"{relu.runs} networks of each kind, 10 layers deep, trained at rate {rate:g}: {said}."


_RATIO = "log10 of a ratio to the last layer"
UNITS = {  # of the table for taking away
    **{"activation": "name", "layer": "number, from the input", "weights": "scheme"},
    **{"log10_product_of_slopes": _RATIO, "log10_product_of_weights": _RATIO},
    "log10_dz_relative_to_last_layer": _RATIO,
    **{"bias_mean": "number", "learning_rate": "number"},
    **{"share_flat": "share of units × examples", "share_off": "share of units × examples"},
    "share_dead": "share of units",
}


def table_over_z(at) -> tuple[pd.DataFrame, dict[str, str]]:
    """What the main chart shows, at every half of z, and the units of its columns."""
    z = np.arange(Z.low, Z.high + 0.25, 0.5)
    columns, units = {"z": z}, {"z": "number"}
    for name in dict.fromkeys(curves(at)):
        slope, label = activation(name, negative_slope=leak_of(at, name)).df(z), short(name)
        with np.errstate(divide="ignore"):
            columns |= {f"slope_of_{label}": slope, f"log10_{label}": at.n * np.log10(abs(slope))}
        units |= {
            f"slope_of_{label}": "φ′(z)",
            f"log10_{label}": f"log10 of the size of φ′(z) multiplied over {at.n} layers",
        }
    return pd.DataFrame(columns), units


def table(at) -> pd.DataFrame:
    """The numbers behind the charts of real networks: a row per network and layer."""
    parts, names = [], networks(curves(at))
    of = setting(at, *names)
    for name in names:
        found, share = products(name, of), shares(name, of, at.bias, float(at.rate))
        part = pd.DataFrame({"activation": name, "layer": np.arange(1, of.depth + 1)})
        part["weights"] = scheme(name, of.weights)
        part["log10_product_of_slopes"] = found.slopes
        part["log10_product_of_weights"] = found.weights
        part["log10_dz_relative_to_last_layer"] = found.gradient
        part["bias_mean"], part["learning_rate"] = at.bias, float(at.rate)
        for column in ("flat", "off", "dead"):
            values = getattr(share, column)
            part[f"share_{column}"] = values if len(values) else np.nan
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
