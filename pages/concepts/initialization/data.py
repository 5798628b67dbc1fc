"""Tables of the page on weight initialization."""

from dataclasses import dataclass, replace
from functools import cache, partial
from math import log2, sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from core import diagnostics, network, theory, untrained
from core.activations import ACTIVATIONS, activation
from core.datasets import digits
from core.diagnostics import arrives
from core.initializers import INITIALIZERS
from core.network import NetSpec
from pages.concepts.initialization.charts import END, GHOSTS, HIGHEST, LOWEST, STEPS, TOP
from pages.concepts.initialization.panel import CURVES, DEEPEST, G
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

SCALES = tuple(2.0**g for g in STEPS)  # σ√n of every frame of the drag
_NUMBERS = tuple(map(G.shown, STEPS))
QUANTITIES = {"dz": "dJ/dz", "dW": "dJ/dW"}
RUNS_FILE = Path(__file__).with_name("runs.csv")


# Networks at every scale -------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Which networks a reader asks for: `draws` names a scheme of standard deviation 1/√n."""

    activation: str
    width: int
    depth: int
    draws: str
    bias: float  # standard deviation
    seed: int

    @property
    def spec(self) -> NetSpec:
        """One of them, at σ√n = 1."""
        spec = NetSpec(64, self.width, self.depth, 10, self.activation, bias_std=self.bias)
        return replace(spec, initializer=self.draws)


def setting(at) -> Setting:
    """The networks that the page's controls are set to."""
    return Setting(at.activation, int(at.width), at.depth, at.draws, at.bias, at.seed)


@dataclass(frozen=True)
class Typical:
    """log₁₀ of a ratio over S networks, each with its own: K scales × L layers.

    low, high: the middle half. first (K, S): of each network, at layer 1.
    """

    median: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class Measured:
    """Networks that differ in nothing but σ√n; K scales, S networks, L layers.

    dz, dW  ‖…‖ of a layer over the last layer's: 0 where nothing arrives
    h       ‖h‖ of a layer over the last layer's: ∞ where nothing comes out of the last
    slopes  ∏ φ′(z) from the last layer back to each
    """

    dz: Typical
    dW: Typical
    h: Typical
    slopes: Typical

    @property
    def members(self) -> int:
        """How many networks there are at each scale."""
        return self.dz.first.shape[1]

    def gain(self, center: str = "median") -> np.ndarray:
        """log₁₀ of what one layer does to ‖dJ/dz‖, the geometric mean over the layers: (K,)."""
        ratio = getattr(self.dz, center)
        return ratio[:, 0] / (ratio.shape[1] - 1)


@dataclass(frozen=True)
class AtLayer1:
    """log₁₀ of the ratios of `Measured` at layer 1 and one scale, and of which networks they are.

    only_living: whether dead networks are left out.
    """

    dz: float
    dW: float
    slopes: float
    gain: float
    only_living: bool


@dataclass(frozen=True)
class AtScale:
    """The networks at the σ√n of one row, and which `center` they are told by: median or mean."""

    nets: Measured
    center: str
    row: int

    def living(self, ratio: str = "dz") -> np.ndarray:
        """log₁₀ of a ratio at layer 1, in each network in which a gradient arrives there."""
        lives = ~np.isneginf(self.nets.dz.first[self.row])
        return getattr(self.nets, ratio).first[self.row, lives]

    @property
    def dead(self) -> int:
        """How many networks no gradient comes through."""
        return self.nets.members - len(self.living())

    @property
    def flat(self) -> int:
        """How many of these have a layer in which every slope is 0."""
        is_flat = np.isneginf(self.nets.slopes.first[self.row])
        return int((is_flat & np.isneginf(self.nets.dz.first[self.row])).sum())

    @property
    def told(self) -> str:
        """Of which networks: “median of 21 networks, 4 of them dead”."""
        if self.nets.members == 1:
            return "one network"
        dead = f", {self.dead} of them dead" if self.dead else ""
        return f"{self.center} of {self.nets.members} networks{dead}"

    @property
    def layer1(self) -> AtLayer1 | None:
        """The median or mean of all networks, dead ones with 0; where that is 0, the median of
        those that live. None where none does."""
        kinds = {kind: getattr(self.nets, kind) for kind in ("dz", "dW", "slopes")}
        found = {kind: float(getattr(of, self.center)[self.row, 0]) for kind, of in kinds.items()}
        if only_living := found["dz"] == -np.inf:
            if self.dead == self.nets.members:
                return None
            found = {kind: _middle(self.living(kind)) for kind in kinds}
        gain = found["dz"] / (self.nets.dz.median.shape[1] - 1)
        return AtLayer1(**found, gain=gain, only_living=only_living)


def _middle(values: np.ndarray) -> float:
    return float(untrained.quartiles(values, axis=0)[1])


@dataclass(frozen=True)
class Scheme:
    """A named initialization at one width: its σ, and the networks drawn from it, if they were: the
    `row` of their scales."""

    label: str
    formula: str
    sigma: float
    nets: Measured | None
    row: int

    def gradients(self) -> np.ndarray:
        """log₁₀ ‖dJ/dz‖ by layer over that of the last layer, the networks' medians."""
        if self.nets is None:
            raise ValueError(f"no networks of {self.label} were drawn")
        return self.nets.dz.median[self.row]


def measured(of: Setting) -> Measured:
    """The main line's networks at each σ√n."""
    return _networks(of)[0]


def at_scale(at) -> AtScale:
    """The networks that the page's controls are set to, at the σ√n that they are set to."""
    return AtScale(measured(setting(at)), at.center, STEPS.index(at.g))


def named(of: Setting) -> dict[str, Scheme]:
    """The schemes that the main chart draws as ghosts, and orthogonal weights: dear to make, so
    with networks only where these are the main line's."""
    return _networks(of)[1]


@memoize(128)
def _networks(of: Setting) -> tuple[Measured, dict[str, Scheme]]:
    """Run the networks of a setting, the main line's and those of the schemes.

    The schemes' weights are normal: most often the main line's own draws.
    """
    width, draws = of.width, of.draws

    def run(weights: str, scales: tuple) -> np.ndarray:
        """log₁₀ of dJ/dz, dJ/dW, h and ∏ φ′(z) at these σ√n: (K, 4, S, L)."""
        drawn = replace(of.spec, initializer=weights)
        found = untrained.profile(drawn, of.seed, weight_scales=scales)
        sizes = (found.log10_dz, found.log10_dW[..., : of.depth], found.log10_h, found.slopes)
        return np.stack(sizes, axis=1)

    schemes_at = sqrt(width), sqrt(2), 1.0
    runs_at = {"lecun": schemes_at}
    runs_at[draws] = (*SCALES, *(s for s in runs_at.get(draws, ()) if s not in SCALES))
    runs = {weights: run(weights, scales) for weights, scales in runs_at.items()}
    line = _measured(runs[draws][: len(SCALES)])
    ghosts = _measured(runs["lecun"][[runs_at["lecun"].index(scale) for scale in schemes_at]])
    schemes = {
        "normal": Scheme("N(0, 1)", "1", 1.0, ghosts, 0),
        "he": Scheme("He", "√(2/n)", sqrt(2 / width), ghosts, 1),
        "xavier": Scheme("Xavier", "√(2/(n+n′))", sqrt(1 / width), ghosts, 2),
        "orthogonal": Scheme(
            "orthogonal",
            "√(1/n)",
            sqrt(1 / width),
            line if draws == "orthogonal" else None,
            STEPS.index(0.0),
        ),
    }
    return line, schemes


def _measured(sizes: np.ndarray) -> Measured:
    """log₁₀ of dJ/dz, dJ/dW, h and ∏ φ′(z), (K, 4, S, L), over the networks."""
    log10_dz, log10_dW, log10_h, slopes = sizes.swapaxes(0, 1)
    return Measured(
        dz=_typical(arrives(log10_dz, log10_dz[..., -1:])),
        dW=_typical(arrives(log10_dW, log10_dW[..., -1:])),
        h=_typical(-arrives(log10_h[..., -1:], log10_h)),
        slopes=_typical(slopes),
    )


def _typical(ratio: np.ndarray) -> Typical:
    """Of log₁₀ of each network's own ratio: (K, S, L)."""
    largest = np.clip(ratio.max(axis=1), -1e9, 1e9)
    with np.errstate(divide="ignore"):
        mean = largest + np.log10(np.mean(10 ** (ratio - largest[:, None]), axis=1))
    low, median, high = untrained.quartiles(ratio, axis=1)
    return Typical(median, mean, low, high, first=ratio[..., 0])


# The main chart ----------------------------------------------------------------------------------


@memoize(64)
def gradients(of: Setting, quantity: str, center: str, second: str) -> pd.DataFrame:
    """One row per σ√n; see `charts.gradients`."""
    nets, depth = measured(of), of.depth
    typical = getattr(nets, quantity)
    line = getattr(typical, center)
    scales = [AtScale(nets, center, row) for row in range(len(STEPS))]
    last = line[:, 0]  # where the gradient arrives: at layer 1
    alive = np.isfinite(line)
    extra, name_of_extra = {
        "slopes": (getattr(nets.slopes, center), "∏ φ′(z)"),
        # one dead network makes the mean infinite
        "h": (nets.h.median, "‖h‖" if center == "median" else "‖h‖, median"),
    }[second]
    schemes = named(of)
    lines = {"beside": (name_of_extra, extra)} | {
        key: (schemes[key].label, getattr(getattr(schemes[key].nets, quantity), center)[[at]])
        for at, key in enumerate(GHOSTS)
    }
    columns = {
        "g": STEPS,
        "line": frames.pack(line, frames.READ),
        "low": frames.pack(np.where(alive, np.clip(typical.low, -2 * TOP, 2 * TOP), np.nan)),
        "high": frames.pack(np.where(alive, np.clip(typical.high, -2 * TOP, 2 * TOP), np.nan)),
        "beside_meaning": {"slopes": "slopes", "h": "dark"}[second],
        "end": _within(last),
        "beyond": [theme.beyond(v, -TOP, TOP) or None if np.isfinite(v) else None for v in last],
        "steep": np.where(np.isfinite(last) & (np.abs(last) > 20), np.sign(last), 0),
        "meaning": [theme.outcome(v) for v in last],
        "says_scale": [f"σ√n = {scale}" for scale in _NUMBERS],
        "says_gain": [f"×{theme.from_log10(v / (depth - 1))} a layer" for v in last],
        "says_end": [f"{theme.from_log10(v, 2)} in all" for v in last],
        "says_what": f"‖{QUANTITIES[quantity]}‖ by layer",
        "says_networks": [here.told for here in scales],
        "dead": [
            f"{here.dead} of {theme.count(nets.members, 'network')} dead: nothing gets through"
            if np.isneginf(v)
            else None
            for v, here in zip(last, scales, strict=True)
        ],
        "first": 1,
        "left": 1 - 0.22 * (depth - 1),
        "right": depth,
    }
    ends = [np.broadcast_to(values[:, 0], last.shape) for _, values in lines.values()]
    heights = grammar.apart(_within(np.stack(ends)), gap=1.7, within=(-END, END))
    for (key, (label, values)), at in zip(lines.items(), heights, strict=True):
        every = len(STEPS) // len(values)  # a ghost stands where it is in all frames
        columns[key] = frames.pack(values) * every
        columns[f"{key}_at"] = at
        columns[f"{key}_name"] = [
            f"{label} {theme.beyond(v, -TOP, TOP)}".strip() for v in values[:, 0]
        ] * every
    return pd.DataFrame(columns)


def main_line(at) -> pd.DataFrame:
    """The line at one σ√n, from the last layer back; see `beside`."""
    of = setting(at)
    size = getattr(getattr(measured(of), at.quantity), at.center)[STEPS.index(at.g)]
    return beside.line(np.arange(of.depth, 0, -1), size[::-1], seen=(-END, END))


ASKED = Setting("sigmoid", 64, 20, "lecun", 0.0, 0)  # the networks of the page's question


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of ‖dJ/dz‖ in twenty sigmoid layers; None for the right."""
    nets = named(ASKED)
    normal, xavier = (nets[name].gradients() for name in ("normal", "xavier"))
    idea_of = partial(
        beside.Idea,
        point=lambda x: f"layer {x:g}",
        x=np.arange(ASKED.depth, 0, -1),
        seen=(-END, END),
    )
    layers = "20 sigmoid layers of 64"
    return {
        "xavier": idea_of(
            "Xavier keeps every layer's size",
            "×1 a layer",
            f"Xavier's {layers}",
            "Xavier, sigmoid",
            y=0 * xavier[::-1],
            measured=xavier[::-1],
        ),
        "same": idea_of(
            "N(0, 1) loses what Xavier loses",
            "as Xavier",
            f"N(0, 1)'s {layers}",
            "N(0, 1), sigmoid",
            y=xavier[::-1],
            measured=normal[::-1],
        ),
    }.get(option)


def _within(heights: np.ndarray) -> np.ndarray:
    """Heights at which a name or a dot may stand."""
    return np.clip(np.nan_to_num(heights, neginf=-TOP), -END, END)


@memoize(64)
def table(of: Setting) -> pd.DataFrame:
    """The named schemes in numbers: one weight, and what a layer of them does."""
    found = named(of)
    schemes = list(found.values())
    # between layers of equal width Xavier's networks are LeCun's too
    schemes.insert(2, replace(found["xavier"], label="LeCun", formula="√(1/n)"))
    drawn = [(s.nets.gain()[s.row], s.gradients()[0]) if s.nets else None for s in schemes]
    return pd.DataFrame(
        {
            "scheme": [scheme.label for scheme in schemes],
            "σ": [scheme.formula for scheme in schemes],
            f"n = {of.width}": [theme.number(scheme.sigma) for scheme in schemes],
            "σ√n": [theme.number(scheme.sigma * sqrt(of.width)) for scheme in schemes],
            "gain": [theme.from_log10(nets[0], 2) if nets else "–" for nets in drawn],
            f"{of.depth} layers": [_short(nets[1]) if nets else "–" for nets in drawn],
        }
    )


def _short(log10: float) -> str:
    """A number in a narrow column: one digit before a power of ten."""
    return theme.from_log10(log10, 2 if -3 <= log10 < 5 else 1)


_TAKEN = {  # for taking away: what of `Measured`, and as which columns
    (quantity, center): f"log10_{name}_{center}"
    for quantity, name in (
        *((quantity, f"{quantity}_over_last") for quantity in (*QUANTITIES, "h")),
        ("slopes", "product_of_slopes"),
    )
    for center in ("median", "mean")
}
UNITS = {"sigma_sqrt_n": "number", "layer": "number, from the input"} | dict.fromkeys(
    _TAKEN.values(), "log10 of a ratio"
)


def at_this_scale(at) -> dict[str, float]:
    """Which rows of that the main chart shows."""
    return {"sigma_sqrt_n": 2.0**at.g}


def profile_table(at) -> pd.DataFrame:
    """Every frame of the main chart as numbers, for the download."""
    nets = measured(setting(at))
    columns = {
        "sigma_sqrt_n": np.repeat(SCALES, at.depth),
        "layer": np.tile(np.arange(1, at.depth + 1), len(SCALES)),
    }
    for (quantity, center), column in _TAKEN.items():
        columns[column] = getattr(getattr(nets, quantity), center).ravel()
    return pd.DataFrame(columns)


# The gauge ---------------------------------------------------------------------------------------


def gain_one(at) -> tuple[float | None, bool]:
    """The g at which the measured gain is nearest to 1, None where no gradient gets through; and
    whether it is 1 there, as nearly as the slider's steps allow."""
    miss = np.abs(measured(setting(at)).gain(at.center))
    if np.isinf(miss).all():
        return None, False
    return STEPS[int(miss.argmin())], bool(miss.min() < np.log10(1.05))


def in_window(at) -> bool:
    """Whether the page's networks are of the kind that the grid of runs has, at some scale."""
    plain = at.width == "64" and not at.bias and at.draws == "lecun"
    return at.activation == at.window and plain


def _input_square() -> float:
    return float(np.mean(untrained.digits() ** 2))


@memoize(256)
def _gains(name: str, bias: float) -> np.ndarray:
    """log₁₀ of the gain of each layer of a wide network, at each of SCALES: (K, L).

    A layer's does not depend on the layers above it, so one depth has those of all.
    """
    profile = theory.depth_profile(
        activation(name),
        depth=DEEPEST,
        sigma_w2=np.square(SCALES),
        sigma_b2=bias**2,
        input_square=_input_square(),
    )
    return np.log10(profile.gain)


@memoize(192)
def gain_in_theory(name: str, depth: int, bias: float) -> np.ndarray:
    """log₁₀ of the gain of a layer in wide networks, at each of SCALES."""
    return _gains(name, bias)[:, : depth - 1].mean(axis=1)


@memoize(256)
def scale_of_gain_one(name: str, depth: int, bias: float) -> float | None:
    """The σ√n at which a wide layer's gain is 1; None where the range has none."""
    return theory.scale_of_gain_one(
        activation(name), SCALES[::4], depth=depth, sigma_b2=bias**2, input_square=_input_square()
    )


@memoize(192)
def _curve(name: str, depth: int, bias: float) -> dict[str, list]:
    """The gain of a layer of wide networks at each of STEPS, log₂, and in words."""
    gain = (gain_in_theory(name, depth, bias) / np.log10(2)).tolist()
    return {
        "g": STEPS,
        "gain": gain,
        "series": [name] * len(STEPS),
        "says": [theme.number(2**v) for v in gain],
        "scale": _NUMBERS,
    }


@memoize(128)
def gauge(of: Setting, center: str, g: float) -> dict[str, pd.DataFrame]:
    """Gain against σ√n; see `charts.gauge`."""
    name, width, depth, bias = of.activation, of.width, of.depth, of.bias
    curves = CURVES | ({} if name in CURVES else {name: "reference"})
    parts = [
        _curve(curve, depth, bias) | {"meaning": [meaning] * len(STEPS)}
        for curve, meaning in curves.items()
    ]
    # pandas' own `concat` takes several times as long for tables this small
    rows = {column: [v for part in parts for v in part[column]] for column in parts[0]}
    gain = measured(of).gain(center) / np.log10(2)
    dots = [i for i in range(0, len(STEPS), 2) if np.isfinite(gain[i])]
    rules = [0.0, 0.5, log2(width) / 2]
    reach = theme.BAND / (depth - 1) / np.log10(2)
    here = [gain[STEPS.index(g)]] if np.isfinite(gain[STEPS.index(g)]) else []
    tables: dict[str, dict] = {
        "frame": rows,
        "names": {
            "g": STEPS[-1],
            "gain": grammar.apart([part["gain"][-1] for part in parts], gap=0.75),
            "name": [ACTIVATIONS[curve].label for curve in curves],
            "meaning": list(curves.values()),
        },
        "measured": {
            "g": [STEPS[i] for i in dots],
            "gain": gain[dots],
            "meaning": curves[name],
            "says": [theme.number(2**v) for v in gain[dots]],
            "scale": [_NUMBERS[i] for i in dots],
        },
        "rules": {
            "g": rules,
            "name": ["Xavier", "He", "N(0, 1)"],
            "meaning": "reference",
            "scale": [theme.number(2**at) for at in rules],
        },
        "band": {"low": [-reach], "high": [reach], "meaning": "healthy"},
        "here": {
            "g": [g for _ in here],
            "gain": [float(np.clip(v, LOWEST, HIGHEST)) for v in here],
            "meaning": [theme.outcome(v * np.log10(2) * (depth - 1)) for v in here],
            "says": [theme.from_log10(v * np.log10(2)) for v in here],
            "scale": [G.shown(g) for _ in here],
        },
    }
    return {name: pd.DataFrame(columns) for name, columns in tables.items()}


# The trainable window ----------------------------------------------------------------------------

LEARNS, GUESSING = 0.5, 0.2  # held-out accuracy; one digit in ten is guessed


@cache
def runs() -> pd.DataFrame:
    """The trained networks: see make_runs.py."""
    return pd.read_csv(RUNS_FILE)


@memoize(8)
def _cells(name: str) -> pd.DataFrame:
    """One row per depth and σ√n: median accuracy of the seeds, or when they ended.

    A network that broke gets no digit right: its accuracy is 0.
    """
    rows = runs()[runs()["activation"] == name].fillna({"accuracy": 0.0})
    cells = rows.groupby(["depth", "scale"], as_index=False).agg(
        accuracy=("accuracy", "median"),
        ended=("halted", "count"),
        step=("halted", "max"),
        seeds=("seed", "count"),
    )
    lost = 2 * cells["ended"] > cells["seeds"]
    # which side of the window: by the gain of a wide layer
    at_one = scale_of_gain_one(name, int(cells["depth"].max()), 0.0)
    below = cells["scale"] < at_one
    side = np.where(below & ~lost, "vanishing", "exploding")
    return cells.assign(
        meaning=np.where((cells["accuracy"] >= GUESSING + 0.1) & ~lost, "healthy", side),
        learns=(cells["accuracy"] >= LEARNS) & ~lost,
        lost=lost,
        column=[theme.number(scale, 3 if scale >= 1 else 2) for scale in cells["scale"]],
        text=[
            "✕" if gone else f"{100 * share:.0f}"
            for gone, share in zip(lost, cells["accuracy"], strict=True)
        ],
        says=[
            f"not a number by step {step:.0f}" if gone else f"{100 * share:.0f} % right"
            for gone, share, step in zip(lost, cells["accuracy"], cells["step"], strict=True)
        ],
    )


@memoize(64)
def window(name: str, depth: int, g: float | None) -> pd.DataFrame:
    """The trainable window, with the cell nearest to a setting; see `charts…window`."""
    cells = _cells(name)
    here = pd.Series(False, index=cells.index)
    if g is not None:
        far = np.abs(np.log2(cells["scale"]) - g).round(6)
        deep = np.abs(np.log2(cells["depth"] / depth)).round(6)
        if far.min() <= 0.3:
            here = (far == far.min()) & (deep == deep.min())
            here &= here.cumsum() == 1
    marks = {1.0: "Xavier", sqrt(2): "He", 8.0: "N(0, 1)"}
    names = [
        next((mark for at, mark in marks.items() if abs(scale / at - 1) < 0.02), None)
        for scale in cells["scale"]
    ]
    first = cells["depth"] == cells["depth"].min()
    return cells.assign(here=here, scheme=pd.Series(names).where(first, None))


@memoize(8)
def learns(name: str) -> dict[int, tuple[str, str] | None]:
    """Smallest and largest σ√n, as the chart names them, at which each depth reaches LEARNS."""
    cells = _cells(name)
    found = {}
    for depth, rows in cells.groupby("depth"):
        columns = list(rows.loc[rows["learns"], "column"])
        found[int(depth)] = (columns[0], columns[-1]) if columns else None
    return found


@memoize(8)
def best(name: str, depth: int) -> tuple[str, float]:
    """The σ√n, as the chart names it, at which networks of this depth learned most, and the share
    that they got right."""
    cells = _cells(name)
    row = cells.loc[cells.loc[cells["depth"] == depth, "accuracy"].idxmax()]
    return row["column"], float(row["accuracy"])


def rate(name: str) -> float:
    """The learning rate of the trained networks."""
    return float(runs().loc[runs()["activation"] == name, "rate"].iloc[0])


@memoize(8)
def accuracy(name: str, depth: int, scale: float) -> float:
    """Median held-out accuracy of one cell, at the σ√n nearest to `scale`."""
    rows = _cells(name)
    rows = rows[rows["depth"] == depth]
    return float(rows.iloc[int(np.abs(rows["scale"] - scale).argmin())]["accuracy"])


@memoize(4)
def saturated(of: Setting, scale: float) -> float:
    """The share of the units × examples of all layers that are saturated, at one σ√n."""
    spec = replace(of.spec, weight_scale=scale)
    spec = replace(spec, seeds=untrained.count(spec))
    params = network.init(spec, rng=untrained.generators(of.seed, spec.seeds))
    trace = network.forward(spec, params, untrained.digits())
    return float(diagnostics.saturated_share(trace.slope, spec.phi.max_slope).mean())


# Activations, layer by layer ---------------------------------------------------------------------

EDGE, BIN = 3.0, 0.125


@memoize(16)
def activations(of: Setting, scale: float) -> pd.DataFrame:
    """How h is distributed in each layer of one network; see `charts…activations`."""
    x = digits().x_train[:64]
    spec = replace(of.spec, weight_scale=scale)
    params = network.init(spec, rng=np.random.default_rng(of.seed))
    trace = network.forward(spec, params, x)
    # bins around multiples of their width, 0 and ±1 among them; the outermost hold what is beyond
    edges = np.arange(-EDGE - BIN / 2, EDGE + BIN, BIN)
    parts = []
    for layer, h in enumerate(trace.h, start=1):
        inside = np.clip(h, -EDGE, EDGE)
        counts, _ = np.histogram(inside, edges)
        part = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": counts / h.size})
        parts.append(part[part["share"] > 0].assign(layer=layer))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(
        left=frame["layer"] - 0.46,
        right=frame["layer"] + 0.46,
        end=of.depth + 0.5,
        strength=np.sqrt(frame["share"]),
        says=[theme.percent(share) for share in frame["share"]],
    )


def weights(width: int) -> pd.DataFrame:
    """Densities of single weights, each relative to its peak; see `charts…weights`."""
    w = np.linspace(-3.5, 3.5, 281)
    rows = (
        ("N(0, 1)", 1.0),
        ("He", sqrt(2 / width)),
        ("LeCun, Xavier", sqrt(1 / width)),
    )
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "w": w,
                    "density": np.exp(-0.5 * (w / sigma) ** 2),
                    "says": f"{label}: σ = {theme.number(sigma)}",
                    "series": i,
                    "meaning": theme.COMPARED[label],
                }
            )
            for i, (label, sigma) in enumerate(rows)
        ],
        ignore_index=True,
    )


def std(scheme: str, fan_in: int) -> float:
    """σ of one weight of a scheme, between layers of equal width."""
    return INITIALIZERS[scheme].std(fan_in, fan_in)
