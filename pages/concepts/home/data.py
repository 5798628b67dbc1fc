"""Tables of the home page: three networks that differ in the size of their weights only."""

from dataclasses import dataclass, replace
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core import datasets, network, optimizers, scalar_chain, untrained
from core.activations import activation
from core.clipping import clip_by_value
from core.diagnostics import arrives
from core.losses import LOSSES
from core.network import NetSpec
from core.optimizers import Adam
from core.training import TrainSpec, first_batch
from pages.concepts.home.charts import SEEN, THREE
from pages.concepts.home.panel import DRAWS, SEEN_UNITS, C
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

FACTORS = tuple(round(0.5 + 0.1 * i, 1) for i in range(13))  # the factors c that were trained
STEPS = (0, 1, 2, 3, 4, 5, *range(10, 201, 10))  # when they were tested on the held-out digits
HELD_OUT = 360  # digits
SEED = 0  # of the draws, as on all pages that open
RUNS_FILE = Path(__file__).with_name("runs.csv")


@dataclass(frozen=True)
class Network:
    """One kind of network at c = 1, how it is trained, and how many digits its picture is of."""

    spec: NetSpec
    training: TrainSpec
    pictured: int


def _network(learning_rate: float, pictured: int, **spec) -> Network:
    trained = TrainSpec(learning_rate=learning_rate, steps=STEPS[-1])
    return Network(NetSpec(n_in=64, width=64, n_out=10, **spec), trained, pictured)


# For tanh every factor is a run of its own; for ReLU without biases all follow from one.
NETWORKS = {
    "relu_he": _network(0.03, 32, depth=16, activation="relu", initializer="he"),
    "tanh_xavier": _network(0.1, 8, depth=15, activation="tanh", initializer="xavier"),
    "tanh_normal": _network(0.03, 8, depth=15, activation="tanh", initializer="normal"),
}


def generators(*draws: int) -> list[np.random.Generator]:
    """The generators of these draws, from 0 on: the same for every network and factor."""
    children = untrained.generators(SEED, max(draws) + 1)
    return [children[draw] for draw in draws]


def draw(at) -> int | None:
    """Which random draw is shown; None for all of them, by their median."""
    return at.seed if at.show == "one" else None


# The drag ----------------------------------------------------------------------------------------


class AtLayer1(NamedTuple):
    """What reaches layer 1 of the last layer's gradient, and its two factors; sizes are log₁₀."""

    gradient: float
    slopes: float
    weights: float


@dataclass(frozen=True)
class Drag:
    """Gradients of one kind of network at every factor; sizes are log₁₀.

    c (K,); low, median, high (K, L): ‖dJ/dz_l‖/‖dJ/dz_L‖ over the networks, low and high the middle
    half of them; slopes (K, L): ∏ φ′(z) from the last layer back; weights (K, L): the same of the
    weights' gains; dW (K, L): ‖dJ/dW_l‖/‖dJ/dW_L‖; inputs (K,): the size of what enters layer L
    over that of what enters layer 1. From slopes on they are medians. members: of how many
    networks.
    """

    c: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    slopes: np.ndarray
    weights: np.ndarray
    dW: np.ndarray
    inputs: np.ndarray
    members: int

    def at(self, c: float) -> int:
        """The row of a factor."""
        return int(np.abs(self.c - c).argmin())

    def at_layer_1(self, c: float) -> AtLayer1:
        """The medians at layer 1 and one factor."""
        sizes = (self.median, self.slopes, self.weights)
        return AtLayer1(*(float(size[self.at(c), 0]) for size in sizes))


@memoize(64)
def drag(name: str, draw: int | None) -> Drag:
    """Measure one kind of network, all (None) or one draw of 1 … DRAWS, at every factor.

    The gradient starts in the same way at every factor: so what differs on its way is the size of
    the weights.
    """
    found = untrained.profile(
        NETWORKS[name].spec,
        SEED,
        weight_scales=C.values(),
        draw=None if draw is None else draw - 1,
    )
    low, median, high = untrained.quartiles(found.products, axis=1)
    dW = found.log10_dW[..., :-1]
    dW = arrives(dW, dW[..., -1:])
    inputs = found.log10_h[..., -2] - np.log10(np.linalg.norm(untrained.digits()))
    parts = (found.slopes, found.weights, dW, inputs)
    slopes, weights, dW, inputs = (untrained.quartiles(a, axis=1)[1] for a in parts)
    return Drag(
        found.weight_scales,
        low,
        median,
        high,
        slopes=slopes,
        weights=weights,
        dW=dW,
        inputs=inputs,
        members=found.products.shape[1],
    )


def dragged(at) -> Drag:
    """The gradients of the network that is shown."""
    return drag(at.network, draw(at))


def _start(kind: Network) -> tuple[np.ndarray, np.ndarray]:
    """The batch (N, n_in), and the loss's gradient at an output that prefers no digit."""
    x, y = pictured(kind)
    _, start = LOSSES["softmax_cross_entropy"](np.zeros((1, len(y), kind.spec.n_out)), y)
    return x, start[0]


def pictured(kind: Network) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels at the start of the training's first batch, as many as are pictured."""
    x, y = first_batch(kind.training, datasets.digits())
    return x[: kind.pictured], y[: kind.pictured]


@memoize(64)
def units(name: str, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and signal in SEEN_UNITS units of each layer at every factor: (K, L, SEEN_UNITS).

    log₁₀ of root mean squares over the examples: of dJ/dz relative to the last layer's, and of h
    relative to the first layer's at c = 1. −∞ where a unit is off for every example.
    """
    spec, c = NETWORKS[name].spec, np.array(C.values())
    one = network.init(replace(spec, seeds=1), rng=generators(draw - 1))
    params = network.scale_weights(one, c)
    x, start = _start(NETWORKS[name])
    trace = network.forward(replace(spec, seeds=len(c)), params, x)
    dz = network.backward(replace(spec, seeds=len(c)), params, trace, start).dz
    gradient, signal = (np.array([np.mean(a**2, axis=1) for a in rows]) for rows in (dz, trace.h))
    gradient /= gradient[-1].mean(axis=-1)[:, None]
    signal /= signal[0, np.abs(c - 1).argmin()].mean()
    with np.errstate(divide="ignore"):
        both = (np.log10(a[..., :SEEN_UNITS].swapaxes(0, 1)) / 2 for a in (gradient, signal))
        return next(both), next(both)


@memoize(64)
def gradients(name: str, draw: int | None) -> pd.DataFrame:
    """One row per factor; see `charts.gradients`."""
    found = drag(name, draw)
    gradient, signal = units(name, draw or 1)
    return pd.DataFrame(
        {
            "c": found.c,
            "first": found.median[:, 0],
            "median": frames.pack(found.median, frames.READ),
            "low": frames.pack(found.low),
            "high": frames.pack(found.high),
            "slopes": frames.pack(found.slopes),
            "units": frames.pack(gradient.reshape(len(found.c), -1), ".1f"),
            "signal": frames.pack(signal.reshape(len(found.c), -1), ".1f"),
            "depth": found.median.shape[1],
        }
    )


_RATIO = "log10 of a ratio"
UNITS = {  # units of the tables for taking away
    **{"network": "name", "c": "factor on the weights", "layer": "number, from the input"},
    "log10_dJdz_relative_to_last_layer": f"{_RATIO}, median",
    **{"log10_lower_quartile": _RATIO, "log10_upper_quartile": _RATIO},
    **{"log10_product_of_slopes": _RATIO, "log10_product_of_weight_gains": _RATIO},
    "log10_dJdW_relative_to_last_layer": f"{_RATIO}, median",
    **{"draw": "number", "step": "number", "named_right": "share", "held_out_loss": "nats"},
}


def gradients_table(at) -> pd.DataFrame:
    """The numbers behind the main chart, of the three networks and the dragged one."""
    found = dragged(at)
    parts = [
        pd.DataFrame(
            {
                "network": at.network,
                "c": factor,
                "layer": np.arange(1, found.median.shape[1] + 1),
                "log10_dJdz_relative_to_last_layer": found.median[row],
                "log10_lower_quartile": found.low[row],
                "log10_upper_quartile": found.high[row],
                "log10_product_of_slopes": found.slopes[row],
                "log10_product_of_weight_gains": found.weights[row],
                "log10_dJdW_relative_to_last_layer": found.dW[row],
            }
        )
        for factor in sorted({*THREE, at.c})
        for row in [found.at(factor)]
    ]
    return pd.concat(parts, ignore_index=True)


def main_line(at) -> pd.DataFrame:
    """The gradients by layer at one factor, from the last layer back; see `beside`.

    Its name stands on the side where the next of the three lines is farther away.
    """
    found = dragged(at)
    size = found.median[found.at(at.c)]
    half = len(size) // 2
    rises = [found.median[found.at(factor), half] - size[half] for factor in THREE]
    above = min((rise for rise in rises if rise > 0), default=inf)
    below = min((-rise for rise in rises if rise < 0), default=inf)
    layers = np.arange(len(size), 0, -1)
    return beside.line(layers, size[::-1], seen=SEEN, name_share=0.5, below=below > above)


# Two factors of one product ----------------------------------------------------------------------


def ledger(at) -> pd.DataFrame:
    """What slopes and weights made of the gradient; see `charts.ledger`."""
    found = dragged(at)
    rows: list[dict[str, Any]] = []
    for factor in sorted({*THREE, at.c}):
        gradient, slopes, weights = found.at_layer_1(factor)
        shared = {"network": f"×{factor:g}"}
        bars = (
            ("slopes", 0.0, slopes, "slopes", slopes),
            ("weights", slopes, slopes + weights, "weights", weights),
            ("gradient", gradient, gradient, theme.outcome(gradient), gradient),
        )
        rows += [
            shared
            | {"part": part, "start": start, "end": end, "meaning": meaning}
            # the first row also says what the colors are
            | {"says": f"{'' if rows else part + ' '}× {theme.from_log10(size, 2)}"}
            for part, start, end, meaning, size in bars
        ]
    return pd.DataFrame(rows)


# Training ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """How the draws of one network at one factor trained; `steps` × draws, NaN once halted."""

    share: np.ndarray  # (T, S) of the held-out digits right
    loss: np.ndarray  # (T, S) held-out
    halted: np.ndarray  # (S,) the step that met the first non-finite number, or NaN
    update: np.ndarray  # (S,) log₁₀ ‖ΔW₁‖/‖W₁‖ of the first step
    grew: np.ndarray  # (S,) log₁₀ ‖dJ/dz₁‖/‖dJ/dz_L‖ at the first step

    @property
    def middle(self) -> np.ndarray:
        """Median share after each of STEPS, (T,): NaN once half of the networks have halted.

        A network that has halted gets no digit right, so it counts as 0.
        """
        return np.where(self.running > 0.5, np.median(np.nan_to_num(self.share), axis=1), np.nan)

    @property
    def running(self) -> np.ndarray:
        """Share of the networks whose numbers are still finite, (T,)."""
        return np.isfinite(self.share).mean(axis=1)

    @property
    def end(self) -> float | None:
        """The median step at which the networks halted; None where at least half did not."""
        steps = np.sort(np.nan_to_num(self.halted, nan=np.inf))
        middle = steps[(len(steps) - 1) // 2] if self.running[-1] <= 0.5 else np.inf
        return float(middle) if np.isfinite(middle) else None


@cache
def _file() -> dict[tuple[str, float], dict[str, np.ndarray]]:
    table = pd.read_csv(RUNS_FILE)
    columns = {}
    for (name, c), part in table.groupby(["network", "c"]):
        part = part.sort_values("draw")
        right, loss = (frames.unpacked(part[column]).T for column in ("right", "loss"))
        columns[name, c] = {"share": right / HELD_OUT, "loss": loss} | {
            column: part[column].to_numpy(float) for column in ("halted", "update", "grew")
        }
        for values in columns[name, c].values():
            values.setflags(write=False)
    return columns


def trained(name: str, draw: int | None, c: float) -> Run:
    """The committed runs at the trained factor nearest to c: all draws (None), or one."""
    columns = _file()[name, nearest(c)]
    if draw is None:
        return Run(**columns)
    return Run(**{column: values[..., draw - 1 : draw] for column, values in columns.items()})


def nearest(c: float) -> float:
    """The trained factor nearest to c."""
    return min(FACTORS, key=lambda factor: abs(factor - c))


def median(sizes: np.ndarray) -> float:
    """The median over the draws, one that has no number being beyond all that have: NaN where half
    of them have none."""
    in_order = np.sort(sizes)  # NaN comes last
    return float(in_order[[(len(sizes) - 1) // 2, len(sizes) // 2]].mean())


def learners(name: str, draw: int | None) -> list[float]:
    """The trained factors that named more than half of the held-out digits right in the end."""
    return [c for c in FACTORS if trained(name, draw, c).middle[-1] > 0.5]


def first_step() -> list[float]:
    """log₁₀ ‖dJ/dz₁‖/‖dJ/dz_L‖ in the first step of the three ReLU networks' training."""
    return [median(trained("relu_he", None, c).grew) for c in THREE]


def trained_table(at) -> pd.DataFrame:
    """One kind of network's committed runs: a row per factor, draw and test."""
    parts = []
    for c in FACTORS:
        run = trained(at.network, None, c)
        draw, step = np.meshgrid(np.arange(1, DRAWS + 1), STEPS)
        table = {"draw": draw, "step": step, "named_right": run.share, "held_out_loss": run.loss}
        flat = {column: values.ravel() for column, values in table.items()}
        parts.append(pd.DataFrame({"network": at.network, "c": c, **flat}))
    return pd.concat(parts, ignore_index=True)


def accuracies(at) -> dict[str, pd.DataFrame]:
    """The curves of the three networks, and of the trained one nearest to c; their names, and where
    they halted. See `charts.accuracies`."""
    return _accuracies(at.network, draw(at), nearest(at.c))


@memoize(64)
def _accuracies(name: str, draw: int | None, yours: float) -> dict[str, pd.DataFrame]:
    found, lines, names = drag(name, draw), [], []
    halts: list[dict] = []
    for factor in sorted({*THREE, yours}):
        run = trained(name, draw, factor)
        shared = {
            "network": f"×{factor:g}",
            "meaning": theme.outcome(found.at_layer_1(factor).gradient),
        }
        low, high = np.quantile(np.nan_to_num(run.share), [0.25, 0.75], axis=1)
        going = np.isfinite(run.middle)
        line = pd.DataFrame({"step": STEPS, "share": run.middle, **shared})
        line["low"], line["high"], line["yours"] = low, high, factor == yours
        line["says"] = [theme.percent(share) for share in np.nan_to_num(run.middle)]
        lines.append(line[going])
        if run.end is None:
            share = float(run.middle[-1])
            says = f"×{factor:g}: {theme.percent(share)}"
            names.append({"step": STEPS[-1], "share": share, "says": says} | shared)
        else:
            says = f"×{factor:g}: breaks at step {run.end:.0f}"
            last = float(run.middle[going][-1])
            halt = {"step": run.end, "share": last, "says": says, "row": len(halts)}
            halts.append(halt | shared)
    return {
        "frame": pd.concat(lines, ignore_index=True),
        "names": grammar.line_names(names, "share", gap=0.055),
        "halts": pd.DataFrame(halts, columns=["step", "share", "says", "row", *shared]),
    }


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of a ReLU network's training; None for the right one."""
    steps, middle = np.array(STEPS), trained("relu_he", None, 1.0).middle

    def paced(rule: str, c: float, pace: float) -> beside.Idea:
        """The network ×c, if one of its steps were worth so many of ×1."""
        name = f"×{c:g}"
        return beside.Idea(
            rule=f"{name} {rule}",
            name=name,
            truth=f"{name} as it was trained",
            so="",
            point=lambda x: f"step {x:g}",
            x=steps,
            y=np.interp(pace * steps, steps, middle),
            measured=trained("relu_he", None, c).middle,
            seen=(0, 1),
            by=beside.POINTS,
            name_share=0.75,
        )

    return {
        "large": paced("learns as ×1 does, 1.6 times as fast", 1.6, 1.6),
        "slow": paced("learns as ×1 does, at 0.6 of its pace", 0.6, 0.6),
        "all": paced("learns as ×1 does", 0.6, 1.0),
    }.get(option)


# The map -----------------------------------------------------------------------------------------


@memoize(1)
def landmarks() -> dict[str, float]:
    """The map's numbers, each from the core; sizes are log₁₀."""
    deep = scalar_chain.chain(scalar_chain.tied(1.0, 15), activation="sigmoid")
    sigmoid = activation("sigmoid").df(np.float64(2.0))
    spec, reached = NetSpec(64, 64, 20, 10), {}
    for scheme in ("normal", "he"):
        found = untrained.profile(replace(spec, initializer=scheme), SEED)
        reached[scheme] = float(untrained.quartiles(found.products[0, :, 0], axis=0)[1])
    turned = clip_by_value(np.array([1.0, 4.0]), 1.0).gradients
    cosine = turned @ [1.0, 4.0] / (np.linalg.norm(turned) * np.hypot(1.0, 4.0))
    small = network.Params((np.full((1, 1, 1), 1e-6),), ())  # one weight's gradient
    adam, _ = optimizers.move(small, small, optimizers.begin(Adam(), small))
    return {
        "0.6": float(scalar_chain.power(0.6, 15).log10),
        "1.6": float(scalar_chain.power(1.6, 15).log10),
        "chain_rule": float(deep.dw.log10[0]),
        "activations": 15 * float(np.log10(sigmoid)),
        "normal": reached["normal"],
        "he": reached["he"],
        "turn": float(np.log10(np.degrees(np.arccos(cosine)))),
        "adam": float(np.log10(adam.W[0].item())),
        # wide stacks: a shortcut multiplies squares by 1 + r² at each block
        "added": 48 * float(np.log10(2)) / 2,
        "scaled": 48 * float(np.log10(1 + 1 / 48)) / 2,
        "kept": float(np.log10(activation("sigmoid").f(np.float64(1.0)))),
    }
