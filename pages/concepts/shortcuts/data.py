"""Tables of the page on shortcuts."""

from dataclasses import dataclass, replace
from functools import cache
from math import lgamma
from pathlib import Path

import numpy as np
import pandas as pd

from core import datasets, diagnostics, network, residual, theory, untrained
from core.diagnostics import arrives, log10_norms, log10_rms, running_products
from core.losses import LOSSES
from core.network import NetSpec
from core.residual import StackParams, StackSpec
from pages.concepts.shortcuts.charts import HIGH, LOW, PEAK, POINTS
from pages.concepts.shortcuts.panel import DEEP, R
from pages.kit import beside, frames, theme
from pages.kit.memoize import memoize

WIDTH, EXAMPLES, NETWORKS = 32, 8, 5
WIDER, NEAR = 64, 3  # of the stacks that a circle of POINTS is sent through; 3 of them are 11°
CIRCLED = 3  # such stacks of each kind
RUNS_FILE = Path(__file__).with_name("runs.csv")
GUESSING = 0.15  # no more than about this share of ten digits is right by guessing


# Sizes by block ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Which stacks are looked at; r is swept."""

    place: str
    blocks: int
    activation: str
    norm: str
    seed: int

    @property
    def spec(self) -> StackSpec:
        """One of these stacks, of r = 1."""
        return StackSpec(
            *(64, WIDTH, self.blocks, 10, self.place),
            norm=self.norm,
            activation=self.activation,
        )


def setting(at) -> Setting:
    """What the page's controls are set to."""
    return Setting(at.place, at.blocks, at.activation, at.norm, at.seed)


@dataclass(frozen=True)
class Sizes:
    """Medians over NETWORKS stacks as log₁₀, (K, L + 1) for K values of r and h₀ … h_L.

    dh      ‖dJ/dh_l‖ over that of the last, dJ/dh_L
    dW2     ‖dJ/dW2‖ of block l over that of block L; there is no block 0: NaN
    stream  ‖h_l‖ over ‖h₀‖
    slopes  ∏ of the rms φ′ of the blocks after h_l
    """

    dh: np.ndarray
    dW2: np.ndarray
    stream: np.ndarray
    slopes: np.ndarray


def _digits() -> tuple[np.ndarray, np.ndarray]:
    digits = datasets.digits()
    return digits.x_train[:EXAMPLES], digits.y_train[:EXAMPLES]


def _d_output(trace, labels: np.ndarray) -> np.ndarray:
    """dJ/d(output) of the cross-entropy."""
    return LOSSES["softmax_cross_entropy"](trace.output, labels)[1]


def _members(of: Setting) -> list[StackParams]:
    rngs = untrained.generators(of.seed, NETWORKS)
    return [residual.init(of.spec, rng=[rng]) for rng in rngs]


@memoize(32)
def sizes(of: Setting) -> Sizes:
    """All frames of the drag of r."""
    (x, y), r = _digits(), 10.0 ** np.array(R.values())
    found: dict[str, list[np.ndarray]] = {"dh": [], "dW2": [], "stream": [], "slopes": []}
    for params in _members(of):
        trace = residual.forward(of.spec, params, x, branch=r)
        gradients = residual.backward(of.spec, params, trace, _d_output(trace, y))
        dh, dW2, stream = map(log10_norms, (gradients.dh, gradients.dW2, trace.h))
        slope = log10_rms([block.slope for block in trace.blocks])
        found["dh"].append(arrives(dh, dh[:, -1:]))
        none = np.full((len(r), 1), np.nan)
        found["dW2"].append(np.concatenate([none, arrives(dW2, dW2[:, -1:])], axis=1))
        found["stream"].append(arrives(stream, stream[:, :1]))
        found["slopes"].append(running_products(slope))
    return Sizes(**{name: np.median(arrays, axis=0) for name, arrays in found.items()})


def at_r(of: Setting, r: float) -> Sizes:
    """The sizes at one log₁₀ r, (L + 1,)."""
    found, k = sizes(of), R.values().index(r)
    return Sizes(*(getattr(found, name)[k] for name in ("dh", "dW2", "stream", "slopes")))


def predicted(place: str, blocks: int, r: float) -> float:
    """log₁₀ of ‖dJ/dh₀‖/‖dJ/dh_L‖ of wide ReLU stacks whose branch keeps the mean square.

    A shortcut multiplies squares by 1 + r² at each block. Where the branch reads the stream at size
    1, block l multiplies them by 1 + r²/(1 + (l − 1)·r²), which makes 1 + L·r² of all. A norm on
    the sum divides by what the sum has grown by.
    """
    square = (10.0**r) ** 2
    if place == "shortcut":
        return 0.5 * blocks * float(np.log10(1 + square))
    return 0.5 * float(np.log10(1 + blocks * square)) if place in ("pre", "peri") else 0.0


@memoize(32)
def lines(of: Setting) -> pd.DataFrame:
    """One row per r; see `charts.blocks`."""
    found, columns = sizes(of), {"r": R.values(), "last": of.blocks}
    for name in ("dh", "dW2", "stream", "slopes"):
        at_block = getattr(found, name)
        columns[name] = frames.pack(at_block, frames.READ)
    reads = {
        "dh": ("‖dJ/dh‖ at the input", found.dh[:, 0]),
        "dW2": ("‖dJ/dW₂‖ of block 1", found.dW2[:, 1]),
        "stream": ("‖h‖ at the end", found.stream[:, -1]),
        "slopes": ("∏ φ′ of all blocks", found.slopes[:, 0]),
    }
    for name, (words, log10) in reads.items():
        columns[f"{name}_says"] = [
            f"{words}: {theme.from_log10(v)} {theme.beyond(v, LOW, HIGH)}".strip()
            for v in log10.tolist()
        ]
    columns["meaning_dh"] = [theme.outcome(float(v)) for v in found.dh[:, 0]]
    return pd.DataFrame(columns)


def main_line(at) -> pd.DataFrame:
    """The gradient along the stack at one r, from the last block back; see `beside`."""
    size = at_r(setting(at), at.r).dh
    drawn = np.where(np.isfinite(size) & ((size < LOW) | (size > HIGH)), np.nan, size)
    return beside.line(np.arange(at.blocks, -1, -1), drawn[::-1], seen=(LOW, HIGH))


ASKED = Setting("shortcut", 24, "relu", "rms", 0)  # the stacks of the page's question, r = 1


def asked() -> float:
    """log₁₀ of how many times the gradient grows there, by theory."""
    return predicted(ASKED.place, ASKED.blocks, 0.0)


def idea(guess: float, blocks: int) -> beside.Idea | None:
    """What each block would do if the guess, log₁₀, were right; None where that is close.

    Drawn from the last block back, as far as a chart of so many blocks goes.
    """
    found = beside.guessed(
        guess,
        at_r(ASKED, 0.0).dh[::-1],
        "each block multiplies by {}",
        right=asked(),
        truth=f"the {ASKED.blocks} blocks with *r* = 1",
        so="r = 1",
        point=lambda x: f"{theme.count(round(blocks - x), 'block')} before the last",
        x=np.arange(blocks, blocks - ASKED.blocks - 1, -1),
        seen=(LOW, HIGH),
    )
    seen = slice(blocks + 1)
    return found and replace(found, x=found.x[seen], y=found.y[seen], measured=found.measured[seen])


@memoize(64)
def marks(blocks: int) -> pd.DataFrame:
    """Where 1/L, 1/√L and 1 stand on the ruler of r, as shares of its length."""
    log10 = float(np.log10(blocks))
    stands = [(-log10, "1/L"), (-log10 / 2, "1/√L"), (0.0, "1")]
    apart = stands if blocks >= 4 else stands[-1:]  # too close to be read
    return pd.DataFrame(
        [{"at": (v - R.low) / (R.high - R.low) * blocks, "says": says} for v, says in apart]
    )


# Paths -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PathSquares:
    """‖g_k‖² of the sums g_k of all paths through k branches, of five networks together.

    shares: of each length 0 … L in Σ_k ‖g_k‖². own: ‖Σ_k g_k‖², the gradient's own, over that sum;
    1 where the g_k are at right angles.
    """

    shares: np.ndarray
    own: float


@memoize(64)
def path_squares(of: Setting, r: float) -> PathSquares:
    """What paths of each length carry."""
    spec, (x, y) = replace(of.spec, branch=10.0**r), _digits()
    params = _stacked(_members(of))
    trace = residual.forward(spec, params, x)
    paths = residual.paths(spec, params, trace, _d_output(trace, y))
    *log10, log10_own = 2 * log10_norms([g.reshape(1, 1, -1) for g in (*paths, paths.sum(0))])[0]
    least = np.where(np.isneginf(log10), -np.inf, -300.0)  # next to nothing is not nothing
    squares = 10.0 ** np.maximum(np.subtract(log10, max(log10)), least)
    own = 10.0 ** (log10_own - max(log10))
    return PathSquares(squares / squares.sum(), float(own / squares.sum()))


def _stacked(members: list[StackParams]) -> StackParams:
    def joined(arrays):
        return np.concatenate(arrays)

    return StackParams(
        joined([m.W_in for m in members]),
        tuple(joined(W) for W in zip(*(m.W1 for m in members), strict=True)),
        tuple(joined(W) for W in zip(*(m.W2 for m in members), strict=True)),
        joined([m.W_out for m in members]),
    )


def binomial(blocks: int, r: float) -> np.ndarray:
    """The law of independent branches that keep the mean square: C(L, k)·r^(2k)/(1 + r²)^L."""
    k = np.arange(blocks + 1)
    logs = np.array([lgamma(blocks + 1) - lgamma(i + 1) - lgamma(blocks - i + 1) for i in k])
    logs += 2 * k * r * np.log(10)
    shares = np.exp(logs - logs.max())
    return shares / shares.sum()


def path_lengths(of: Setting, r: float) -> pd.DataFrame:
    """See `charts.paths`."""
    shares = path_squares(of, r).shares
    found = pd.DataFrame({"k": np.arange(of.blocks + 1), "share": shares, "meaning": "one"})
    found["law"] = binomial(of.blocks, r) if of.place == "shortcut" else np.nan
    found["says"] = [theme.percent(share) for share in shares]
    return found.assign(end=of.blocks + 0.5)


# Noise -------------------------------------------------------------------------------------------


@memoize(8)
def gradients_on_a_circle(seed: int) -> dict[str, np.ndarray]:
    """The slope of the first output along a circle through a digit, divided by its rms, by kind of
    stack: a row per depth, of CIRCLED stacks, (K, CIRCLED, POINTS). The kinds share their draws.
    """
    digit = _digits()[0][0]
    other = np.random.default_rng([2, seed]).standard_normal(64)
    other -= digit * (other @ digit) / (digit @ digit)
    axes = np.stack([8 * a / np.linalg.norm(a) for a in (digit, other)])  # (2, 64), of rms 1
    angle = np.linspace(-np.pi, np.pi, POINTS)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes  # (POINTS, 64)
    along = np.stack([-np.sin(angle), np.cos(angle)], axis=1) @ axes
    found: dict[str, list[np.ndarray]] = {"plain": [], "shortcut": []}
    for blocks in DEEP.values():
        shape, r = (64, WIDER, int(blocks), 10), float(blocks) ** -0.5
        one = StackSpec(*shape, "plain", r, seeds=CIRCLED)
        params = residual.init(one, rng=untrained.generators(seed, CIRCLED))
        for place, rows in found.items():
            spec = replace(one, place=place)
            trace = residual.forward(spec, params, x)
            slope = np.vecdot(residual.to_input(spec, params, trace, np.eye(10)[0]), along)
            rows.append(slope / np.sqrt(np.mean(slope**2, axis=1, keepdims=True)))
    return {place: np.array(rows) for place, rows in found.items()}


def autocorrelation(curve: np.ndarray, lag: int) -> float:
    """Correlation of a curve with itself, `lag` points on; NaN of a constant."""
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(curve[lag:], curve[:-lag])[0, 1])


@memoize(8)
def alike(seed: int) -> dict[str, np.ndarray]:
    """How alike the curves are to themselves NEAR points on, by kind of stack, (K, CIRCLED)."""
    return {
        place: np.array([[autocorrelation(curve, NEAR) for curve in of] for of in found])
        for place, found in gradients_on_a_circle(seed).items()
    }


def drawn(seed: int) -> dict[str, np.ndarray]:
    """The curves of each depth, (K, POINTS): of the network whose plain stack is the median."""
    middle = np.argsort(alike(seed)["plain"], axis=1)[:, CIRCLED // 2]
    each = np.arange(len(middle))
    return {place: of[each, middle] for place, of in gradients_on_a_circle(seed).items()}


@memoize(8)
def curves(seed: int) -> pd.DataFrame:
    """One row per depth; see `charts.noise`."""
    return pd.DataFrame(
        {"deep": DEEP.values()}
        | {
            place: frames.pack(np.clip(rows, -PEAK, PEAK), ".2f")
            for place, rows in drawn(seed).items()
        }
    )


# Normalization -----------------------------------------------------------------------------------


@memoize(1)
def rescaled() -> pd.DataFrame:
    """A peri-norm ReLU stack whose hidden weights are multiplied by c: what that changes."""
    spec = StackSpec(64, WIDTH, 12, 10, "peri")
    start, (x, y) = residual.init(spec, rng=np.random.default_rng(0)), _digits()
    found = {}
    for c in (1, 2, 4, 8):
        params = replace(
            start, W1=tuple(c * W for W in start.W1), W2=tuple(c * W for W in start.W2)
        )
        trace = residual.forward(spec, params, x)
        dW = residual.backward(spec, params, trace, _d_output(trace, y)).dW2
        found[c] = trace.output, np.linalg.norm(dW), np.linalg.norm(params.W2)
    output, gradient, weights = found[1]
    return pd.DataFrame(
        [
            {
                "hidden weights ×": c,
                "output moves by": theme.percent(
                    float(np.linalg.norm(out - output) / np.linalg.norm(output))
                ),
                "gradient ×": theme.number(float(g / gradient)),
                "relative step ×": theme.number(float(g / w * weights / gradient)),
            }
            for c, (out, g, w) in found.items()
        ]
    )


@memoize(1)
def norm_gains() -> dict[str, float]:
    """Factor of a gradient per ReLU layer going back, by the norm before the activation: the
    geometric mean over the middle layers of five networks, at width 128 and 128 digits."""
    x, y = datasets.digits().x_train[:128], datasets.digits().y_train[:128]
    found = {}
    for norm in network.NORMS:
        spec = NetSpec(64, 128, 16, 10, "relu", initializer="he", norm=norm, seeds=5)
        params = network.init(spec, rng=np.random.default_rng(0))
        trace = network.forward(spec, params, x)
        gradients = network.backward(spec, params, trace, _d_output(trace, y))
        gains = np.log(diagnostics.backward_gains(gradients)[:, 4:-1])
        found[norm] = float(np.exp(gains.mean()))
    return found | {"theory": theory.BATCH_NORM_RELU_GAIN}


# Training ----------------------------------------------------------------------------------------


@cache
def runs() -> pd.DataFrame:
    """The committed training runs: see make_runs.py."""
    return pd.read_csv(RUNS_FILE)


@memoize(4)
def trained(blocks: str) -> pd.DataFrame:
    """Each way at its best learning rate of those tried; see `charts.training`."""
    rows = runs()[runs()["blocks"] == int(blocks)]
    middle = rows.groupby(["way", "rate"], sort=False)["accuracy"].median().rename("median")
    best = middle.groupby("way", sort=False).idxmax().tolist()
    found = rows.set_index(["way", "rate"]).loc[best].join(middle).reset_index()
    failed = np.where(found["way"] == "h + F", "exploding", "reference")
    found["meaning"] = np.where(found["median"] > 0.5, "healthy", failed)
    found["says"] = [theme.percent(share) for share in found["accuracy"]]
    return found[["way", "rate", "seed", "accuracy", "median", "meaning", "says"]]


UNITS = {  # of the table for taking away
    "block": "number, from the input",
    **dict.fromkeys(
        (
            "log10_dJ_dh_relative_to_last",
            "log10_dJ_dW2_relative_to_last",
            "log10_h_relative_to_first",
            "log10_product_of_slopes",
        ),
        "log10 of a ratio",
    ),
}


def table(at) -> pd.DataFrame:
    """The numbers behind the main chart."""
    found = at_r(setting(at), at.r)
    return pd.DataFrame(
        {
            "block": np.arange(at.blocks + 1),
            "log10_dJ_dh_relative_to_last": found.dh,
            "log10_dJ_dW2_relative_to_last": found.dW2,
            "log10_h_relative_to_first": found.stream,
            "log10_product_of_slopes": found.slopes,
        }
    )
