"""Tables of the page on optimizers."""

from dataclasses import dataclass, replace
from functools import cache, partial
from math import ceil, log, sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from core import datasets, network, optimizers, untrained
from core.clipping import clip_by_global_norm
from core.diagnostics import log10_rms, log10_spread, slope_products
from core.losses import LOSSES
from core.network import Params
from core.optimizers import RULES, Adam, RMSProp
from core.training import TrainSpec, first_batch
from pages.concepts.optimizers.charts import HIGH, LOW
from pages.concepts.optimizers.networks import EXPONENTS, NETWORKS, RATES, STEPS, rule
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

HERE = Path(__file__).parent
DRAWN = 4  # of the trained networks, whose first step is computed as the reader looks
HELD_OUT = 360  # digits
ASKED = ("sigmoid20", "sigmoid10", "small")  # networks that the question tells of
GUESSED = 0.11  # share of the held-out digits that a network gets right which names one for all
LEARNED = 0.4  # share of them from which on a network counts as having learned: guessing has 0.1
SHORT = {"momentum": "momentum", "sign": "sign"}  # names beside a line
# log₁₀ of a step over the weights: networks that learned here stepped by 10⁻³ to 10⁻¹.
SMALL_STEP, LARGE_STEP = -3.0, -0.5
NO_FLOOR = ("sgd", "momentum", "sign", "muon")  # rules that ε is no setting of, here
# What of |g| is under the root at the first step of the others.
ROOT = {"rmsprop": sqrt(1 - RMSProp().alpha), "adam": 1.0, "adamw": 1.0}


# The first step ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstStep:
    """A network before its first step, by hidden layer; log₁₀, medians of DRAWN draws.

    gradient (L,): rms of dJ/dW; spread (L,): how far apart the examples are, relative to h;
    slopes (L,): ∏ φ′(z) from the last layer back; weights (L,): rms of W; moves (E, L): rms of what
    the rule makes of dJ/dW, in learning rates, at each of EXPONENTS.
    """

    gradient: np.ndarray
    spread: np.ndarray
    slopes: np.ndarray
    weights: np.ndarray
    moves: np.ndarray

    def at(self, exponent: int) -> np.ndarray:
        """The moves by layer at ε = 10 to this power."""
        return self.moves[EXPONENTS.index(exponent)]


def generators() -> list[np.random.Generator]:
    """The generators of the first DRAWN of the trained networks."""
    return untrained.generators(0, DRAWN)


@memoize(64)
def first_step(name: str, by: str) -> FirstStep:
    """One network's gradients, and what the optimizer makes of them."""
    spec = replace(NETWORKS[name], seeds=DRAWN)
    x, y = first_batch(TrainSpec(0.0), datasets.digits())
    params = network.init(spec, rng=generators())
    trace = network.forward(spec, params, x)
    _, d_output = LOSSES["softmax_cross_entropy"](trace.output, y)
    gradients = network.backward(spec, params, trace, d_output)
    weights = Params(params.W[:-1], params.b[:-1])  # of the hidden layers
    sent = Params(gradients.dW[:-1], gradients.db[:-1])
    moves = []
    for exponent in EXPONENTS[:1] if by in NO_FLOOR else EXPONENTS:
        moved, _ = optimizers.move(weights, sent, optimizers.begin(rule(by, exponent), weights))
        moves.append(np.median(log10_rms(moved.W), axis=0))
    return FirstStep(
        gradient=np.median(log10_rms(sent.W), axis=0),
        spread=np.median(log10_spread(trace.h), axis=0),
        slopes=np.median(slope_products(trace), axis=0),
        weights=np.median(log10_rms(weights.W), axis=0),
        moves=np.broadcast_to(moves, (len(EXPONENTS), spec.depth)),
    )


def good_rate(by: str) -> float:
    """The learning rate at which the network of He × 1 learned best: every step is judged at it."""
    return trained("one", by).rate


def relative(name: str, by: str, exponent: int) -> np.ndarray:
    """log₁₀ of the first step by layer at that rate, over the weights (root mean squares)."""
    found = first_step(name, by)
    return np.log10(good_rate(by)) + found.at(exponent) - found.weights


def meaning(name: str, by: str, exponent: int) -> str:
    """What the first step of layer 1 is, by its size over the weights."""
    step = relative(name, by, exponent)[0]
    if step < SMALL_STEP:
        return "vanishing"
    return "exploding" if step > LARGE_STEP else "healthy"


@memoize(64)
def floors(name: str, by: str) -> pd.DataFrame:
    """One row per ε; see `charts.floors`."""
    found, rows = first_step(name, by), len(EXPONENTS)
    constant = {
        key: frames.pack(np.tile(getattr(found, key), (rows, 1)))
        for key in ("gradient", "spread", "slopes")
    }
    return pd.DataFrame(
        {
            "e": EXPONENTS,
            "ground": np.array(EXPONENTS) - np.log10(ROOT.get(by, 1.0)),
            "move": frames.pack(found.moves, frames.READ),
            "meaning": [meaning(name, by, exponent) for exponent in EXPONENTS],
            "depth": len(found.gradient),
            "floor": by not in NO_FLOOR,
            "rule": RULES[by].label,
            **constant,
        }
    )


def main_line(at) -> pd.DataFrame:
    """The first step by layer at one ε, from the last layer back; see `beside`."""
    move = first_step(at.network, at.rule).at(at.e)
    return beside.line(np.linspace(1, 0, len(move)), move[::-1], seen=(LOW, HIGH))


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of twenty sigmoid layers and Adam; None for the right."""
    found = first_step("sigmoid20", "adam")
    move = found.at(EXPONENTS[0])
    depth = len(move)
    along = np.linspace(0, 1, depth)
    idea_of = partial(
        beside.Idea,
        truth=f"what is measured in {depth} sigmoid layers",
        so=f"{depth} sigmoid layers",
        point=lambda x: f"layer {1 + round(x * (depth - 1))}",
        seen=(LOW, HIGH),
    )
    spread = {"x": along, "measured": found.spread}
    return {
        "yes": idea_of(
            "the digits differ by as much as the weights move", "as the step", y=move, **spread
        ),
        "late": idea_of(
            "the last layers see the digits as different as the first does",
            "as layer 1",
            y=np.full_like(move, found.spread[0]),
            **spread,
        ),
        "nan": idea_of(
            "a step is as many learning rates as 1/|*g*|",
            "1/|g|",
            x=along[::-1],
            y=-found.gradient[::-1],
            measured=move[::-1],
            align="right",
        ),
    }.get(option)


# Training ----------------------------------------------------------------------------------------


@cache
def runs() -> pd.DataFrame:
    """The committed runs, each rule at the best of its rates: see make_runs.py."""
    return pd.read_csv(HERE / "runs.csv", dtype={"right": str})


@cache
def rates() -> pd.DataFrame:
    """The median result at each rate that was tried."""
    return pd.read_csv(HERE / "rates.csv")


def tried(name: str, by: str) -> pd.DataFrame:
    """Those of one network and rule, a row for each rate."""
    return rates()[(rates()["network"] == name) & (rates()["rule"] == by)]


@dataclass(frozen=True)
class Trained:
    """A network trained by one rule: its best rate, and the share of held-out digits right
    after each of STEPS, (draws, tests), NaN once halted."""

    rate: float
    share: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        """The median draw's share; a draw that has halted gets none."""
        return np.median(np.nan_to_num(self.share), axis=0)

    @property
    def halted(self) -> int:
        return int(np.isnan(self.share[:, -1]).sum())


@memoize(64)
def trained(name: str, by: str) -> Trained:
    """What came of one network and rule."""
    rows = runs()[(runs()["network"] == name) & (runs()["rule"] == by)]
    return Trained(float(rows["rate"].iloc[0]), frames.unpacked(rows["right"]) / HELD_OUT)


@memoize(16)
def curves(name: str, chosen: str) -> dict[str, pd.DataFrame]:
    """Accuracy over the steps by rule, and the rules' names; see `charts.curves`."""
    lines, ends = [], []
    failed = "exploding" if name == "large" else "vanishing"
    for by in RATES:
        run, rule = trained(name, by), SHORT.get(by, RULES[by].label)
        end = float(run.middle[-1])
        meaning = "healthy" if end >= LEARNED else failed
        shared = {"rule": rule, "meaning": meaning, "yours": by == chosen}
        line = pd.DataFrame({"step": STEPS, "share": run.middle, **shared})
        line[["low", "high"]] = np.quantile(np.nan_to_num(run.share), [0.25, 0.75], axis=0).T
        line["says"] = [theme.percent(float(share)) for share in run.middle]
        lines.append(line)
        says = f"{rule}: {theme.percent(end)}"
        ends.append({"step": STEPS[-1], "share": end, "says": says} | shared)
    names = grammar.line_names(ends, "share", gap=0.06, within=(0.03, np.inf))  # above the axis
    return {"frame": pd.concat(lines, ignore_index=True), "names": names}


@dataclass(frozen=True)
class Swept:
    """Adam at several ε: its exponents, and the shares right, (exponents, draws)."""

    exponents: tuple[int, ...]
    share: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        return np.median(np.nan_to_num(self.share), axis=1)

    def nearest(self, exponent: int) -> int:
        """The row of the trained ε nearest to this one."""
        return int(np.abs(np.array(self.exponents) - exponent).argmin())


@memoize(4)
def swept(name: str) -> Swept:
    """What came of Adam at several ε, each at the best of its rates."""
    rows = pd.read_csv(HERE / "epsilon.csv", dtype={"right": str})
    rows = rows[rows["network"] == name].sort_values("exponent")
    return Swept(tuple(rows["exponent"].tolist()), frames.unpacked(rows["right"]) / HELD_OUT)


SWEPT = {
    "small": ("16 ReLU layers, × 0.6", "dark"),
    "deep": ("30 ReLU layers, × 0.5", "one"),
    "sigmoid20": ("20 sigmoid layers", "two"),
}


@memoize(1)
def epsilons() -> dict[str, pd.DataFrame]:
    """See `charts.epsilons`."""
    parts, ends = [], []
    for name, (label, meaning) in SWEPT.items():
        found, shared = swept(name), {"name": label, "meaning": meaning}
        low, high = np.quantile(np.nan_to_num(found.share), [0.25, 0.75], axis=1)
        part = pd.DataFrame({"exponent": found.exponents, "share": found.middle})
        part = part.assign(low=low, high=high, **shared)
        part["says"] = [theme.percent(float(share)) for share in found.middle]
        parts.append(part)
        # above the line as far as a name reaches on a phone
        top = found.middle[np.array(found.exponents) <= -14].max() + 0.05
        ends.append({"exponent": found.exponents[0], "share": top} | shared)
    names = grammar.line_names(ends, "share", gap=0.07)
    return {"frame": pd.concat(parts, ignore_index=True), "names": names}


# After a quiet time ------------------------------------------------------------------------------

WIDTH, SIZE, SPIKE = (
    16,
    1e-3,
    1000.0,
)  # a layer of 16 × 16, its gradients, and how much larger one is
BEFORE, AFTER = 10, 90  # steps around the large gradient that are shown
SHIELDS = {
    "none": ("as it comes", "exploding"),
    "norm": ("clipped by norm", "two"),
    "adaptive": ("clipped by the weights", "one"),
    "z": ("clipped by z-score", "dark"),
}


def limit_by_norm() -> float:
    """Twice the norm of a quiet gradient."""
    return 2 * SIZE * WIDTH


def clipped_by_weights(g: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Each unit's gradient, a column, at most 0.01 of its weights' norm (Brock et al. 2021)."""
    limits = 0.01 * np.maximum(np.linalg.norm(W, axis=0), 1e-3)
    return g * np.minimum(1.0, limits / np.maximum(np.linalg.norm(g, axis=0), 1e-300))


@memoize(16)
def moves_around(beta2: float, quiet: int) -> dict[str, np.ndarray]:
    """Adam's moves, rms in learning rates, in the steps around one large gradient after `quiet`
    small ones, (BEFORE + 1 + AFTER,), by what is done about it: an ensemble of one layer each."""
    rng, shields, rule = np.random.default_rng(0), list(SHIELDS), Adam(beta2=beta2)
    W = sqrt(2 / WIDTH) * rng.standard_normal((WIDTH, WIDTH))
    params = Params((np.tile(W, (len(shields), 1, 1)),), ())
    weights, _ = optimizers.packed(params)  # (S, WIDTH²)
    kept, found = [np.zeros_like(weights) for _ in range(rule.keeps)], []
    mean, square = SIZE * WIDTH, (SIZE * WIDTH) ** 2  # running, of the gradient's norm
    for step in range(quiet + 1 + AFTER):
        g = SIZE * rng.standard_normal((WIDTH, WIDTH)) * (SPIKE if step == quiet else 1.0)
        limit = max(mean + 4 * sqrt(max(square - mean**2, 0.0)), 1.05 * mean)
        by = {
            "none": g,
            "norm": clip_by_global_norm(g, limit_by_norm()).gradients,
            "adaptive": clipped_by_weights(g, W),
            "z": clip_by_global_norm(g, limit).gradients,
        }
        norm = float(np.linalg.norm(by["z"]))
        mean, square = 0.97 * mean + 0.03 * norm, 0.97 * square + 0.03 * norm**2
        moves = np.array([by[shield].ravel() for shield in shields])  # (S, WIDTH²)
        moves *= rule.turn(moves, weights, kept, step + 1, params)
        if step >= quiet - BEFORE:
            found.append(np.sqrt(np.mean(moves**2, axis=1)))
    return dict(zip(shields, np.array(found).T, strict=True))


def long_root(beta2: float, quiet: int) -> int:
    """For how many steps after one large gradient the root of Adam's mean square is more than
    twice what it was, the small ones being of one size."""
    square = beta2 * (1 - beta2**quiet) + (1 - beta2) * SPIKE**2
    # k steps later it is β₂ᵏ·square + 1 − β₂ᵏ, over 1 − β₂ᵗ for what it lacks from the beginning
    return ceil(log((square - 1 + 4 * beta2 ** (quiet + 1)) / 3) / -log(beta2))


def bound(beta2: float, quiet: int) -> float:
    """The longest move after `quiet` gradients of next to nothing, in learning rates."""
    t, beta1 = quiet + 1, Adam().beta1
    return (1 - beta1) / sqrt(1 - beta2) * sqrt(1 - beta2**t) / (1 - beta1**t)


@memoize(16)
def spikes(beta2: float, quiet: int) -> pd.DataFrame:
    """See `charts.spikes`."""
    steps, around = np.arange(-BEFORE, AFTER + 1), moves_around(beta2, quiet)
    parts = [
        pd.DataFrame(
            {
                "step": steps,
                "move": around[shield],
                "series": shield,
                "name": label,
                "meaning": meaning,
            }
        )
        for shield, (label, meaning) in SHIELDS.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(says=[f"{move:.2f}" for move in rows["move"]])


# Width -------------------------------------------------------------------------------------------


@cache
def widths() -> pd.DataFrame:
    """How far layers of several widths moved in a few steps of Adam: see make_runs.py."""
    found = pd.read_csv(HERE / "width.csv")
    return found.groupby(["how", "layer", "width"])["moved"].median().reset_index()


@memoize(2)
def coordinates(how: str) -> dict[str, pd.DataFrame]:
    """See `charts.coordinates`."""
    rows = widths()[widths()["how"] == how].reset_index(drop=True)
    last = rows["layer"].max()
    rows["log2"] = np.log2(rows["width"])
    rows["says"] = [theme.from_log10(moved, 2) for moved in rows["moved"]]
    rows["name"] = ["output" if layer == last else f"layer {layer}" for layer in rows["layer"]]
    grown = rows.groupby("layer")["moved"].transform("last") - rows.groupby("layer")[
        "moved"
    ].transform("first")
    rows["meaning"] = ["exploding" if g > 0.5 else "healthy" for g in grown]
    ends = rows[rows["width"] == rows["width"].max()]
    return {"frame": rows, "names": grammar.line_names(ends, "moved", gap=0.26)}


@memoize(32)
def moved(how: str, layer: int) -> tuple[float, float]:
    """log₁₀ of how far a layer's numbers moved, at the smallest and the largest width."""
    rows = widths()[(widths()["how"] == how) & (widths()["layer"] == layer)]["moved"]
    return float(rows.iloc[0]), float(rows.iloc[-1])


UNITS = {  # of the table for taking away
    **{"layer": "number, from the input", "log10_rms_dW": "log10 of loss per weight"},
    **{"log10_rms_move": "log10 of learning rates", "log10_spread": "log10 of a ratio"},
    "log10_move_over_weights": "log10 of a ratio, at the best learning rate of He × 1",
    "log10_slopes": "log10 of a ratio",
}


def table(at) -> pd.DataFrame:
    """The numbers behind the main chart at this ε, by layer; sizes are log₁₀."""
    found = first_step(at.network, at.rule)
    return pd.DataFrame(
        {
            "layer": np.arange(1, len(found.gradient) + 1),
            "log10_rms_dW": found.gradient,
            "log10_rms_move": found.at(at.e),
            "log10_move_over_weights": relative(at.network, at.rule, at.e),
            "log10_spread": found.spread,
            "log10_slopes": found.slopes,
        }
    )
