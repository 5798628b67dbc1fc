"""Tables of the page on number formats."""

import math
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from core import datasets, network, scalar_chain
from core.diagnostics import log10_norm
from core.formats import FORMATS, Format, rounded, stochastic, too_large
from core.losses import LOSSES
from core.network import NetSpec
from core.rounded import passes, unscaled
from core.scalar_chain import MOST_STEPS, PowerEnd, power_end
from pages.concepts.precision.charts import (
    BIN,
    HIGH,
    LOW,
    POWERS,
    POWERS_SEEN,
    QUARTERS,
    STEPS,
    TIMES,
)
from pages.concepts.precision.panel import PANEL, SCALE, SHOWN, UPDATE
from pages.kit import beside, frames, theme
from pages.kit.memoize import memoize

EXAMPLES = 32
RUNS_FILE = Path(__file__).with_name("runs.csv")
SCALES_FILE = Path(__file__).with_name("scales.csv")
DEVICES_FILE = Path(__file__).with_name("devices.csv")
SELDOM_FILE = Path(__file__).with_name("seldom.csv")
DEVICES_COMMITTED = "2026-11-27"  # when devices.csv was; it has no dates itself


# Gradients and what a format keeps of them -------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Which network's gradients are looked at, and which of them: of one layer, or of all."""

    activation: str
    weights: str
    depth: int
    width: int
    seed: int
    quantity: str
    layer: int | None


def setting(at) -> Setting:
    """What the page's controls are set to. A layer that the network has not is its last one."""
    layer = None if at.layer == "all" else min(int(at.layer), at.depth)
    return Setting(at.activation, at.weights, at.depth, int(at.width), at.seed, at.quantity, layer)


def _spec(of: Setting) -> NetSpec:
    return NetSpec(64, of.width, of.depth, 10, of.activation, initializer=of.weights)


def _begun(of: Setting) -> tuple:
    """The network, a batch, and dJ/d(output) of the cross-entropy there."""
    spec, digits = _spec(of), datasets.digits()
    params = network.init(spec, rng=np.random.default_rng(of.seed))
    x = digits.x_train[:EXAMPLES]
    trace = network.forward(spec, params, x)
    return spec, params, x, trace, _d_output(trace.output)


def _d_output(output: np.ndarray) -> np.ndarray:
    """dJ/d(output) of the cross-entropy on that batch."""
    labels = datasets.digits().y_train[:EXAMPLES]
    return LOSSES["softmax_cross_entropy"](output, labels)[1]


@memoize(32)
def sizes(of: Setting) -> np.ndarray:
    """The gradient's entries that are not 0, as their absolute values, finite ones only."""
    spec, params, _, trace, d_output = _begun(of)
    by_layer = getattr(network.backward(spec, params, trace, d_output), of.quantity)
    by_layer = by_layer[: of.depth] if of.layer is None else by_layer[of.layer - 1 : of.layer]
    entries = np.abs(np.concatenate([a.ravel() for a in by_layer]))
    return entries[np.isfinite(entries) & (entries > 0)]


def fate(entries: np.ndarray, form: Format) -> tuple[float, float, float]:
    """Shares of the entries that the format makes 0, keeps as subnormal, and cannot hold."""
    if not len(entries):
        return 0.0, 0.0, 0.0
    held = rounded(entries, form)
    over = ~np.isfinite(held)
    subnormal = (held > 0) & (held < form.smallest_normal)
    return float(np.mean(held == 0)), float(np.mean(subnormal)), float(np.mean(over))


@memoize(32)
def shares(of: Setting) -> np.ndarray:
    """What each format makes of the entries at each loss scale, as `fate`: (scales, formats, 3)."""
    entries = sizes(of)
    return np.array(
        [[fate(entries * 2.0**scale, FORMATS[name]) for name in SHOWN] for scale in SCALE.values()]
    )


def in_format(of: Setting, form: str) -> np.ndarray:
    """The same for one format: (scales, 3)."""
    return shares(of)[:, list(SHOWN).index(form)]


def off_the_axis(of: Setting, scale: float) -> float:
    """The share of the entries, so scaled, that the chart's horizontal axis has no place for."""
    exponents = np.log2(sizes(of)) + scale
    return float(np.mean((exponents < LOW) | (exponents > HIGH))) if len(exponents) else 0.0


def fitting(entries: np.ndarray, form: Format) -> np.ndarray:
    """The powers of two, of the scales that hold all entries: none lost to 0 and none too large."""
    scales = np.arange(-400, 401)
    with np.errstate(over="ignore", under="ignore"):
        least, most = (rounded(x * 2.0**scales, form) for x in (entries.min(), entries.max()))
    return scales[(least > 0) & np.isfinite(most)]


@memoize(32)
def fates(of: Setting) -> pd.DataFrame:
    """One row per loss scale; see `charts.formats`."""
    says = ["|".join(map(_fate, row[:, 0], row[:, 2])) for row in shares(of)]
    return pd.DataFrame({"scale": SCALE.values(), "fates": says})


def _fate(lost: float, over: float) -> str:
    """What a format does to the entries, in words."""
    parts = (f"{theme.percent(lost)} becomes 0", lost), (f"{theme.percent(over)} too large", over)
    return ", ".join(says for says, share in parts if share) or "holds all"


@memoize(32)
def bars(of: Setting) -> pd.DataFrame:
    """The histogram of log₂|gradient|, unscaled: `left`; `height`, 1 for the highest bar."""
    top = HIGH - SCALE.low  # what the smallest scale brings onto the axis
    exponents = np.clip(np.log2(sizes(of)), 2 * LOW, top + BIN / 2)
    edges = np.arange(2 * LOW, top + 2 * BIN, BIN)
    counts, _ = np.histogram(exponents, edges)
    found = pd.DataFrame({"left": edges[:-1], "height": counts / max(1, counts.max())})
    return found[found["height"] > 0].reset_index(drop=True)


@memoize(8)
def rulers(chosen: str) -> pd.DataFrame:
    """What each format holds: a row per format and stretch of the axis; see `charts.formats`."""
    rows = []
    for i, (name, label) in enumerate(SHOWN.items()):
        form = FORMATS[name]
        half = np.log2(form.smallest) - 1  # below it, to 0
        ends = (LOW, half, form.lowest, np.log2(form.largest), HIGH)
        meanings = ("vanishing", "reference", "healthy", "exploding")
        says = ("becomes 0", "subnormal", "normal", "too large")
        for left, right, meaning, word in zip(ends, ends[1:], meanings, says, strict=False):
            rows.append(
                {
                    "row": i,
                    "from": max(LOW, left),
                    "to": max(LOW, right),
                    "meaning": meaning,
                    "says": word,
                    "label": label,
                    "chosen": name == chosen,
                }
            )
    return pd.DataFrame(rows)


ASKED = 0.6  # the page's question: its powers, in float16


@memoize(1)
def asked() -> pd.DataFrame:
    """What is left of 1 after so many multiplications in float16; see `charts.asked`."""
    held = [1.0]
    for _ in range(TIMES):
        held.append(float(rounded(held[-1] * ASKED, FORMATS["float16"])))
    return pd.DataFrame({"n": range(TIMES + 1), "log10": np.log10(held)})


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of it; None for the right one."""
    n, held = (asked()[column].to_numpy() for column in ("n", "log10"))
    with np.errstate(divide="ignore"):
        once = np.log10(rounded(ASKED**n, FORMATS["float16"]))
    turn = int(held.argmin())
    back = np.append(held[: turn + 1], held[turn - 1 :: -1])[: len(n)]
    idea_of = partial(
        beside.Idea,
        truth="the product in float16",
        so="in float16",
        so_share=1.0,
        point=lambda x: f"*n* = {x:g}",
        x=n,
        measured=held,
        seen=POWERS_SEEN,
        align="right",
    )
    return {
        "zero": idea_of("each 0.6ⁿ is rounded once", "rounded once", y=once, below=True),
        "up": idea_of("at the smallest number it turns", "it turns", y=back, name_share=1.0),
    }.get(option)


@dataclass(frozen=True)
class ByLayer:
    """log₁₀ of ‖rounded − exact‖/‖exact‖ of dJ/dz by layer, (L,): infinite where a number is lost
    to infinity. `exact` is log₁₀ ‖dJ/dz‖; `once_lost`, `throughout_lost` say where all is 0."""

    exact: np.ndarray
    once: np.ndarray  # the exact gradient, rounded at the end
    throughout: np.ndarray  # every result of both passes rounded
    once_lost: np.ndarray
    throughout_lost: np.ndarray
    finite: bool  # the rounded forward pass ends in numbers: else there is no loss either


def by_layer(of: Setting, form: str, scale: int, over: str) -> ByLayer:
    """How far the format is from each layer's gradient, the loss scale divided away again."""
    return _by_layer(replace(of, quantity="dz", layer=None), form, scale, over == "cut")


@memoize(64)
def _by_layer(of: Setting, form: str, scale: int, cut: bool) -> ByLayer:
    spec, params, x, trace, d_output = _begun(of)
    own, factor = network.backward(spec, params, trace, d_output), 2.0**scale
    rounded_trace, _ = passes(spec, params, x, d_output, FORMATS[form], saturate=cut)
    finite = bool(np.isfinite(rounded_trace.output).all())
    none = np.full_like(d_output, np.nan)
    own_d_output = _d_output(rounded_trace.output) if finite else none
    _, within = passes(spec, params, x, own_d_output, FORMATS[form], scale=factor, saturate=cut)
    once = [rounded(dz * factor, FORMATS[form], saturate=cut) / factor for dz in own.dz]
    exact = np.array([float(log10_norm(dz)[0]) for dz in own.dz])
    throughout = unscaled(within, factor).dz
    return ByLayer(
        exact,
        once=_apart(once, own.dz, exact),
        throughout=_apart(throughout, own.dz, exact),
        once_lost=np.array([not dz.any() for dz in once]),
        throughout_lost=np.array([not dz.any() for dz in throughout]),
        finite=finite,
    )


def _apart(found, own, exact: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        norms = [
            float(log10_norm(a - b)[0]) if np.isfinite(a).all() else np.inf
            for a, b in zip(found, own, strict=True)
        ]
    return np.where(np.isfinite(exact), np.array(norms) - exact, np.nan)


@memoize(64)
def layers(of: Setting, form: str, scale: int, over: str) -> dict[str, pd.DataFrame]:
    """See `charts.layers`."""
    found, parts, ends = by_layer(of, form, scale, over), [], []
    for name, log10, aside in (
        ("rounded once", found.once, -0.9),
        ("rounded throughout", found.throughout, 0.9),
    ):
        part = pd.DataFrame({"layer": np.arange(1, of.depth + 1), "says": map(_relative, log10)})
        part["log10"] = np.where(np.isfinite(log10), np.clip(log10, -18, 1), log10)
        part["meaning"] = meaning = theme.COMPARED[name]
        parts.append(part)
        end = np.clip(log10[-1], -18, 1) + aside
        ends.append({"layer": of.depth, "log10": end, "name": name, "meaning": meaning})
    names = pd.DataFrame(ends).dropna()
    return {"frame": pd.concat(parts, ignore_index=True), "names": names}


def _relative(log10: float) -> str:
    return "beyond the format" if log10 == np.inf else theme.from_log10(log10, 2)


# The same slope by two formulas ------------------------------------------------------------------


def slope_as_frameworks(z, form: Format, activation: str) -> np.ndarray:
    """σ′ as s(1 − s), tanh′ as 1 − t², from the value that the forward pass has kept.

    The value itself is computed in float32, for float64 in float64, each step rounded, and then
    rounded to the format, as PyTorch does on a processor.
    """
    if activation == "sigmoid":
        s = rounded(_sigmoid(z, form), form)
        return rounded(s * (1 - s), form)
    with np.errstate(over="ignore"):
        t = np.copysign(1 - 2 / (np.exp(2 * np.abs(z)) + 1), z)  # NumPy's tanh(19) is 1 too soon
    t = rounded(t, form)
    return rounded(1 - t * t, form)


def _sigmoid(z, form: Format) -> np.ndarray:
    within = FORMATS["float64" if form.name == "float64" else "float32"]
    with np.errstate(over="ignore"):
        return rounded(1 / rounded(1 + rounded(np.exp(-z), within), within), within)


def slope_without_loss(z, form: Format, activation: str) -> np.ndarray:
    """σ′ as σ(z)·σ(−z), tanh′ as 4σ(2z)·σ(−2z), rounded to the format at the end."""
    k = 1.0 if activation == "sigmoid" else 2.0
    return rounded(k * k * _sigmoid(k * z, form) * _sigmoid(-k * z, form), form)


def first_zero(form: str, activation: str) -> int:
    """The first whole z from 0 on at which the usual formula is exactly 0."""
    z = np.arange(0.0, 800.0)
    return int(z[slope_as_frameworks(z, FORMATS[form], activation) == 0][0])


def last_above_zero(form: str, activation: str) -> int:
    """The last whole z, from 0 down, at which the usual formula is above 0."""
    z = np.arange(0.0, -800.0, -1.0)
    return int(z[slope_as_frameworks(z, FORMATS[form], activation) > 0][-1])


@memoize(16)
def slopes(form: str, activation: str) -> pd.DataFrame:
    """See `charts.slopes`."""
    z = np.arange(-40, 40.5, 0.5)
    parts = []
    for name, function, meaning in (
        ("other", slope_without_loss, "two"),
        ("usual", slope_as_frameworks, "one"),
    ):
        found = function(z, FORMATS[form], activation)
        with np.errstate(divide="ignore"):
            log10 = np.log10(found)
        parts.append(
            pd.DataFrame(
                {
                    "z": z,
                    "log10": log10,
                    "series": name,
                    "meaning": meaning,
                    "says": [theme.number(value) for value in found],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


# The step that rounds away -----------------------------------------------------------------------


@dataclass(frozen=True)
class Walks:
    """A weight of 1 after 0 … STEPS equal steps: (updates, STEPS + 1), or those of one update.

    down, up: kept in the format. copy: down, kept in float32 and read in the format. chance: down,
    rounded up or down by chance.
    """

    down: np.ndarray
    up: np.ndarray
    copy: np.ndarray
    chance: np.ndarray

    def at(self, update: float) -> "Walks":
        """The walks of this update."""
        i = UPDATE.values().index(update)
        return Walks(*(found[i] for found in vars(self).values()))


@memoize(8)
def walks(form: str, seed: int) -> Walks:
    """The walks of every update in the format; `seed` is chance's."""
    rng, updates, fmt = np.random.default_rng(seed), np.array(UPDATE.values()), FORMATS[form]
    down, up, copy, chance = np.ones((4, len(updates), STEPS + 1))
    for i in range(STEPS):
        down[:, i + 1] = rounded(down[:, i] - updates, fmt)
        up[:, i + 1] = rounded(up[:, i] + updates, fmt)
        copy[:, i + 1] = rounded(copy[:, i] - updates, FORMATS["float32"])
        chance[:, i + 1] = stochastic(chance[:, i] - updates, fmt, rng)
    return Walks(down, up, rounded(copy, fmt), chance)


@memoize(8)
def walk_frames(form: str, seed: int) -> pd.DataFrame:
    """One row per size of the update; see `charts.walks`."""
    updates = UPDATE.values()
    right = 1 + np.outer(updates, np.arange(STEPS + 1))
    lines = vars(walks(form, seed)) | {"right_down": 2 - right, "right_up": right}
    packed = {name: frames.pack(found, ".4f") for name, found in lines.items()}
    return pd.DataFrame({"update": updates} | packed)


def _plain(value) -> str:
    return f"{float(value):g}" if np.isfinite(value) else theme.number(float(value))


# Sums --------------------------------------------------------------------------------------------

COUNTS = 1000, 5000  # of ones that are added one by one
ONES = 100_000  # whose norm is 316.2


@memoize(8)
def added_up(form: str, count: int) -> float:
    """What `count` ones make, added one by one in the format."""
    total = 0.0
    for _ in range(count):
        total = float(rounded(total + 1.0, FORMATS[form]))
    return total


@memoize(1)
def sums() -> pd.DataFrame:
    """Ones added one by one; the norm of ONES ones, rounded at the end, or with the sum of their
    squares held in the format."""
    rows = []
    for name, label in SHOWN.items():
        form, squares = FORMATS[name], np.float64(ONES)
        rows.append(
            {
                "format": label,
                **{f"{n:,} ones": f"{added_up(name, n):,.0f}" for n in COUNTS},
                f"norm of {ONES:,} ones, added exactly": _plain(rounded(np.sqrt(squares), form)),
                "its squares in the format": _plain(rounded(np.sqrt(rounded(squares, form)), form)),
            }
        )
    return pd.DataFrame(rows)


def last_count(form: Format) -> float:
    """The largest count of rows that is a number in the format: the next whole one is none."""
    edge, lost = too_large(form)
    if np.isinf(edge):
        return form.largest
    return min(edge - lost, float(np.nextafter(edge, 0))) if lost else edge


# Training ----------------------------------------------------------------------------------------

TRAINED_STEPS = 300  # of each training run
WAIT = 20  # good steps until the scale that adapts is doubled; the usual rule waits USUAL_WAIT
USUAL_WAIT = 2000


@cache
def runs() -> pd.DataFrame:
    """The committed training runs: see make_runs.py."""
    return pd.read_csv(RUNS_FILE)


@cache
def devices() -> pd.DataFrame:
    """What real devices and compilers were seen to do: see measure_devices.py."""
    return pd.read_csv(DEVICES_FILE)


def seeds() -> int:
    """How many networks were trained in each way."""
    return runs()["seed"].nunique()


@memoize(8)
def trained(rate: float) -> pd.DataFrame:
    """Accuracy of each way and seed at a learning rate; see `charts.training`."""
    found = (
        runs()[runs()["rate"] == rate]
        .groupby(["way", "seed"], sort=False)["accuracy"]
        .first()
        .reset_index()
    )
    found["median"] = found.groupby("way")["accuracy"].transform("median")
    right = found["median"].iloc[0]  # of float32, which comes first
    found["meaning"] = ["healthy" if m > right - 0.05 else "vanishing" for m in found["median"]]
    found["says"] = [theme.percent(share) for share in found["accuracy"]]
    return found


def still(rate: float) -> pd.Series:
    """Share of updates that changed nothing, the mean over layers and seeds, by way."""
    return runs()[runs()["rate"] == rate].groupby("way", sort=False)["still"].mean()


@memoize(8)
def still_by_layer(rate: float) -> pd.DataFrame:
    """The same in some layers, in percent as a table to read: a row for each way."""
    found = runs()[runs()["rate"] == rate].groupby(["way", "layer"], sort=False)["still"].mean()
    found = found.unstack()
    last = int(found.columns.max())  # the output layer
    some = found[[1, last // 2, last - 1, last]].map(lambda share: theme.percent(float(share)))
    names = [*(f"layer {i}" for i in some.columns[:-1]), "output"]
    return some.set_axis(names, axis="columns").rename_axis("changed nothing")


def halvings(exponent: int, form: Format) -> int:
    """How often 2 to this power can be halved in a format until it is 0."""
    scale, count = rounded(np.array(2.0**exponent), form), 0
    while scale > 0:
        scale, count = rounded(scale / 2, form), count + 1
    return count


@cache
def scales() -> pd.DataFrame:
    """The loss scale that adapts, by step: see make_runs.py."""
    return pd.read_csv(SCALES_FILE).assign(
        log2=lambda rows: rows["log2_scale"],
        meaning=lambda rows: np.where(rows["skipped"], "exploding", "healthy"),
    )


UNITS = {  # of the table for taking away
    **{"format": "name", "loss_scale": "factor"},
    **{f"percent_{fate}": "%" for fate in ("becomes_0", "subnormal", "too_large")},
    **{"from_2_to_the": "exponent, with the loss scale", "below_2_to_the": "exponent"},
    "entries": "share",
}


def table(at) -> pd.DataFrame:
    """The numbers behind the main chart: shares by format at this loss scale, in percent."""
    entries = sizes(setting(at)) * 2.0**at.scale
    return pd.DataFrame(
        [
            {
                "format": label,
                "loss_scale": 2**at.scale,
                "percent_becomes_0": 100 * (found := fate(entries, FORMATS[name]))[0],
                "percent_subnormal": 100 * found[1],
                "percent_too_large": 100 * found[2],
            }
            for name, label in SHOWN.items()
        ]
    )


def histogram(at) -> pd.DataFrame:
    """The main chart's bars at this loss scale, as shares of the entries; the lowest one holds all
    that is below it, the highest one, which the chart has no place for, all that is above."""
    scale = int(at.scale)  # which moves the bars' edges too
    lowest, highest = LOW - (LOW - scale) % BIN, HIGH + (scale - HIGH) % BIN
    left = BIN * np.floor(np.log2(sizes(setting(at))) / BIN).astype(int) + scale
    found, counts = np.unique(np.clip(left, lowest, highest), return_counts=True)
    return pd.DataFrame(
        {
            "from_2_to_the": [-math.inf if edge == lowest else edge for edge in found.tolist()],
            "below_2_to_the": [
                math.inf if edge == highest else edge + BIN for edge in found.tolist()
            ],
            "entries": counts / max(1, counts.sum()),
        }
    )


SELDOM_UNITS = dict.fromkeys(("library", "version", "item"), "name") | {
    **{"date": "year-month-day", "value": "a pure number, of the item"},
}


# Where a power ends ------------------------------------------------------------------------------


def flushed(w: float, form: Format) -> int:
    """From which n on wⁿ, multiplied step by step in a format whose subnormal numbers are made 0,
    is 0; |w| < 1."""
    power, n = 1.0, 0
    while power != 0:
        power, n = float(rounded(power * w, form, subnormals=False)), n + 1
    return n


@memoize(16)
def power_ends(w: float) -> tuple[PowerEnd, ...]:
    """Where each format loses |w|ⁿ."""
    return tuple(power_end(w, FORMATS[name]) for name in SHOWN)


def power_table(w: float) -> pd.DataFrame:
    """The same, to read."""

    def said(n: int | None, becomes: float) -> str:
        if n is None:
            return f"above 0 and finite up to n = {MOST_STEPS:,}"
        return f"{_becomes(becomes)} from n = {n} on"

    return pd.DataFrame(
        {
            "format": end.form.label,
            "|w|ⁿ rounded once": "never lost" if end.n is None else said(end.n, end.once),
            "|w| multiplied step by step": said(end.steps_n, end.steps),
        }
        for end in power_ends(w)
    )


def _becomes(x: float) -> str:
    if x == 1:
        return "stays at 1"
    return theme.number(x) if x == 0 or not np.isfinite(x) else f"stuck at {theme.number(x)}"


_NAMED = ("float16", "float32", "float64")  # in the chart: the others' crosses are close to these


def power(w: float) -> dict[str, pd.DataFrame]:
    """|w|ⁿ up to n = POWERS; see `charts.power`."""
    n = np.arange(0, POWERS + 1, 8)
    log10 = scalar_chain.power(w, n).log10
    line = pd.DataFrame({"n": n, "log10": log10, "meaning": theme.outcome(float(log10[-1]))})
    lost, names = [], []
    for end in power_ends(w):
        if end.n and end.n <= POWERS and w != 0:  # 0ⁿ is nowhere on the axis, and nowhere lost
            size = float(scalar_chain.power(w, end.n).log10)
            lost.append({"n": end.n, "log10": size, "meaning": "dark", "says": end.form.label})
            if end.form.name in _NAMED:
                first, holds = end.form.name == _NAMED[0], f"holds {theme.number(end.once)}"
                names.append(lost[-1] | {"holds": holds, "first": first})
    columns = ["n", "log10", "meaning", "says"]
    return {
        "frame": line,
        "lost": pd.DataFrame(lost, columns=columns),
        "names": pd.DataFrame(names, columns=[*columns, "holds", "first"]),
    }


# Seldom guessed ----------------------------------------------------------------------------------


@cache
def seldom() -> pd.DataFrame:
    """What libraries were seen to do where numbers end: see measure_seldom.py."""
    return pd.read_csv(SELDOM_FILE)


def seen(library: str, item: str) -> float:
    """One measured number."""
    rows = seldom()
    (value,) = rows.loc[(rows["library"] == library) & (rows["item"] == item), "value"]
    return float(value)


def version(library: str) -> str:
    """Library and version, as they were measured."""
    return f"{library} {seldom().set_index('library').loc[[library], 'version'].iloc[0]}"


def seldom_table() -> pd.DataFrame:
    """All that was measured, for the download: what is not a number is named."""
    return seldom().assign(value=[f"{x:.6g}" for x in seldom()["value"]])


def rows_seen() -> tuple[int, int]:
    """The two numbers of rows whose loss was measured."""
    found = seldom()["item"].str.extract(r"^loss of (\d+) rows in float16$")[0].dropna()
    few, many = sorted(map(int, found))
    return few, many


CASTS = {  # as measured: what the column says, the format, and the number
    "500 as e4m3": ("500 as e4m3", "float8_e4m3fn", 500.0),
    "inf as e4m3": ("∞ as e4m3", "float8_e4m3fn", np.inf),
    "1e+06 as e5m2": ("1,000,000 as e5m2", "float8_e5m2", 1e6),
    "inf as e5m2": ("∞ as e5m2", "float8_e5m2", np.inf),
}


@memoize(4)
def casts(over: str) -> pd.DataFrame:
    """What is too large for a float8, by library, and on this page as the reader has set it."""
    rows = seldom()
    rows = rows[rows["item"].isin(CASTS)]
    rows = rows.assign(
        who=rows["library"] + " " + rows["version"], says=rows["value"].map(cast_says)
    )
    found = rows.pivot(index="who", columns="item", values="says").loc[rows["who"].unique()]
    found = found[list(CASTS)].fillna("–")  # not measured
    found.loc[f"this page: what is too large {PANEL['over'].shown(over)}"] = [
        cast_says(float(rounded(x, FORMATS[form], saturate=over == "cut")))
        for _, form, x in CASTS.values()
    ]
    return found.set_axis([name for name, _, _ in CASTS.values()], axis=1).rename_axis("a cast of")


def cast_says(x: float) -> str:
    """A number after a cast: not a number, ∞, 448."""
    return "not a number" if np.isnan(x) else theme.number(x, 5) if np.isinf(x) else f"{x:,.0f}"


@memoize(1)
def log_axis() -> pd.DataFrame:
    """Powers of ¼, the most that a sigmoid lets through, rounded to float16; see
    `charts.log_axis`."""
    n = np.arange(QUARTERS + 1)
    held = rounded(0.25**n, FORMATS["float16"])
    return pd.DataFrame(
        {"n": n, "held": held, "meaning": np.where(held == 0, "vanishing", "dark")}
    ).assign(says=[theme.number(x) for x in held])
