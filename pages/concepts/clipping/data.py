"""Tables of the page on gradient clipping."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from core import clipping, datasets, diagnostics, losses, network, scalar_chain, training
from core.activations import ACTIVATIONS
from pages.concepts.clipping.charts import CLIFF_LEFT, CLIFF_RIGHT, CLIFF_STEPS, UNCLIPPED
from pages.concepts.clipping.networks import CURES, NETWORKS, RUNS, SLOW, Network
from pages.concepts.clipping.panel import LIMIT
from pages.kit import beside, grammar, theme
from pages.kit.memoize import memoize

RUNS_FILE = Path(__file__).with_name("runs.csv")
LEARNED = 0.5  # accuracy from which a run counts as one that learned


# The trained runs --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Runs:
    """What became of RUNS networks: medians, and the loss at step 200 as log₁₀ (∞ if lost)."""

    accuracy: float
    clipped: float  # share of the steps that were clipped
    most_clipped: float  # the same of the network that was clipped most
    lost: int  # networks that ended in what is not a number
    loss: float
    start: float  # log₁₀ of the loss before the first step


@dataclass(frozen=True)
class Compared:
    """The runs at one threshold, and those that the page compares them with."""

    network: Network
    clip: str  # of `panel.KINDS`
    limit: float  # log₁₀ of the threshold
    now: Runs
    free: Runs  # not clipped
    cured: Runs  # with the network's cure, not clipped
    slow: Runs | None  # at a tenth of the learning rate, not clipped, where that was tried
    tightest: Runs  # at the smallest threshold
    loosest: Runs  # at the largest
    best: Runs  # at the threshold of the highest median accuracy,
    best_limit: float  # log₁₀ of it
    rises: bool  # whether somewhere a larger threshold clips more steps


@memoize(256)
def compared(name: str, clip: str, limit: float) -> Compared:
    """The runs at one threshold, given as log₁₀, beside the others."""
    best_limit, at_best = best(name, clip)
    return Compared(
        network=NETWORKS[name],
        clip=clip,
        limit=limit,
        now=runs(name, clip, limit),
        free=runs(name, "none"),
        cured=runs(name, "cure"),
        slow=runs("slow", "none") if NETWORKS[name].spec == SLOW.spec else None,
        tightest=runs(name, clip, LIMIT.low),
        loosest=runs(name, clip, LIMIT.high),
        best=at_best,
        best_limit=best_limit,
        rises=rises(name, clip),
    )


@memoize(1)
def table() -> pd.DataFrame:
    """The committed file: one row per network, kind of clipping and threshold (`make_runs`)."""
    rows = pd.read_csv(RUNS_FILE)
    rows["meaning"] = [
        _meaning(*row)
        for row in zip(
            rows["network"], rows["accuracy"], rows["last_loss"], rows["clipped"], strict=True
        )
    ]
    return rows


def _meaning(name: str, accuracy: float, loss: float, clipped: float) -> str:
    """What became of a run: it learned, it hardly moved, or a step too long broke it."""
    if loss > 1:  # log₁₀: above 10, four times what guessing costs
        return "exploding"
    if accuracy >= LEARNED:
        return "healthy"
    return "vanishing" if clipped == 1 or name in ("small", "sigmoid") else "exploding"


def _rows(name: str, clip: str) -> pd.DataFrame:
    rows = table()
    return rows[(rows["network"] == name) & (rows["clip"] == clip)]


def _runs(row: pd.Series) -> Runs:
    return Runs(
        accuracy=row["accuracy"],
        clipped=row["clipped"],
        most_clipped=row["most_clipped"],
        lost=int(row["lost"]),
        loss=row["last_loss"],
        start=float(row["loss"].split()[0]),
    )


@memoize(256)
def runs(name: str, clip: str, limit: float = 0.0) -> Runs:
    """The runs at one threshold, given as log₁₀; at any for clip "none" and "cure"."""
    rows = _rows(name, clip)
    return _runs((rows if clip in ("none", "cure") else rows[rows["limit"] == limit]).iloc[0])


@memoize(16)
def best(name: str, clip: str) -> tuple[float, Runs]:
    """The threshold of the highest median accuracy, as log₁₀, and what became of its runs."""
    row = _rows(name, clip).sort_values("accuracy", ascending=False).iloc[0]
    return row["limit"], _runs(row)


def rises(name: str, clip: str) -> bool:
    """Whether somewhere a larger threshold clips more steps."""
    shares = _rows(name, clip).sort_values("limit")["clipped"]
    return bool((shares.diff() > 0).any())


@memoize(16)
def thresholds(name: str, clip: str) -> dict[str, pd.DataFrame]:
    """A row per threshold, and one for no clipping; see `charts.thresholds`."""
    rows = pd.concat([_rows(name, clip), _rows(name, "none")], ignore_index=True)
    rows["limit"] = rows["limit"].fillna(UNCLIPPED)
    unclipped = rows["clip"] == "none"
    cure = runs(name, "cure").accuracy
    rows["cure"] = cure
    rows["cure_says"] = f"{CURES[name].label}, not clipped: {theme.percent(cure)}"
    set_to = [f"c = {LIMIT.shown(limit)}" for limit in rows["limit"]]
    rows["says"] = [
        f"{'not clipped' if free else c}: {theme.percent(accuracy)}"
        for free, c, accuracy in zip(unclipped, set_to, rows["accuracy"], strict=True)
    ]
    rows["loss_says"] = [
        f"{lost} of {RUNS} not a number" if lost else f"final loss {theme.from_log10(loss, 2)}"
        for lost, loss in zip(rows["lost"], rows["last_loss"], strict=True)
    ]
    rows["clipped_says"] = [f"{theme.percent(share)} of steps" for share in rows["clipped"]]
    return {"frame": rows[~unclipped], "none": rows[unclipped]}


def main_line(at) -> pd.DataFrame:
    """Accuracy over the thresholds; see `beside`."""
    rows = _rows(at.network, at.clip).sort_values("limit")
    return beside.line(rows["limit"], rows["accuracy"], seen=(0, 1), name_share=0.6)


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of weights too small, by the threshold; None for the right."""
    rows = _rows("small", "norm").sort_values("limit")
    lifted = _rows("small", "lift").sort_values("limit")["accuracy"].to_numpy()
    cured = np.full(len(rows), runs("small", "cure").accuracy)
    idea_of = partial(
        beside.Idea,
        truth="He ×0.6 clipped by norm",
        so="He ×0.6, clipped",
        so_below=False,
        point=lambda x: f"*c* = {LIMIT.shown(x)}",
        x=rows["limit"].to_numpy(),
        measured=rows["accuracy"].to_numpy(),
        seen=(0, 1),
        by=beside.POINTS,
    )
    return {
        "repairs": idea_of(
            "whatever *c* is, it learns as He ×1 does",
            "as He ×1",
            y=cured,
            name_share=0.25,
            below=True,
        ),
        "lifts": idea_of(
            "every entry of the gradient is lifted to −*c* or *c*, and each weight moves by the "
            "learning rate times *c*",
            "entries lifted to c",
            y=lifted,
            name_share=0.22,
            align="left",
        ),
    }.get(option)


UNITS = {  # of the table for taking away
    **{"network": "name", "clip": "name", "log10_threshold": "log10 of the norm or the entry"},
    **{"accuracy": "share, median", "accuracy_low": "share", "accuracy_high": "share"},
    **{
        "clipped": "share of the steps",
        "lost": "count of runs",
        "log10_last_loss": "log10 of nats",
    },
    **{"step": "number", "log10_loss": "log10 of nats, to 0.01"},
}


def runs_table(at) -> pd.DataFrame:
    """The numbers behind the main chart, for taking away: a row per threshold and step."""
    columns = ["network", "clip", "limit", "accuracy", "accuracy_low", "accuracy_high"]
    rows = pd.concat([_rows(at.network, kind) for kind in (at.clip, "none", "cure")])
    rows = rows[[*columns, "clipped", "lost", "last_loss", "steps", "loss"]].rename(
        columns={"limit": "log10_threshold", "last_loss": "log10_last_loss", "steps": "step"}
    )
    rows["step"], rows["log10_loss"] = rows["step"].str.split(), rows.pop("loss").str.split()
    rows = rows.explode(["step", "log10_loss"], ignore_index=True)
    rows["step"] = rows["step"].astype(int)
    loss = pd.to_numeric(rows["log10_loss"], errors="coerce")
    rows["log10_loss"] = loss.fillna(np.inf)  # x: of a run that is lost
    return rows


def at_the_end(at) -> dict[str, int]:
    """Which rows of that the main chart shows."""
    return {"step": runs_table(at)["step"].max()}


# The first step ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstStep:
    """One untrained network's gradient of the first batch, and what clipping makes of it."""

    tables: dict[str, pd.DataFrame]  # see `charts.first_step`
    depth: int  # hidden layers
    clip: str  # of `panel.KINDS`
    norm: float  # log₁₀ of the global norm
    angle: float  # degrees between the gradient and the clipped one
    cut: bool  # whether clipping changed any entry of any layer
    slopes: float  # log₁₀ ∏ φ′(z) from the last layer's dJ/dz back to the first's
    product: float  # log₁₀ ‖dJ/dz₁‖/‖dJ/dz_L‖
    before: float  # log₁₀ ‖ΔW₁‖/‖W₁‖ as it would be
    after: float  # and clipped
    uneven: tuple[float, float]  # log₁₀ of layer 1's ‖ΔW‖/‖W‖ over layer L's, before and after


@memoize(128)
def first_step(name: str, clip: str, limit: float, seed: int) -> FirstStep:
    """Backpropagate the first batch through one untrained network, then clip at 10**limit."""
    net, (x, y) = NETWORKS[name], training.first_batch(SLOW.training, datasets.digits())
    spec = replace(net.spec, seeds=1)
    params = network.init(spec, rng=[np.random.default_rng(seed)])
    trace = network.forward(spec, params, x)
    _, d_output = losses.LOSSES[net.training.loss](trace.output, y)
    gradients = network.backward(spec, params, trace, d_output)
    by = clipping.clip_by_value if clip == "value" else clipping.clip_by_global_norm
    clipped = by(gradients, 10**limit)

    rate, log10_W = np.log10(net.training.learning_rate), diagnostics.log10_norms(params.W)[0]
    series = {
        "slopes": diagnostics.slope_products(trace)[0],
        "product": diagnostics.jacobian_products(gradients)[0],
        "before": rate + diagnostics.log10_norms(gradients.dW)[0] - log10_W,
        "after": rate + diagnostics.log10_norms(clipped.gradients.dW)[0] - log10_W,
    }
    ends = {
        key: (float(values[0]), float(values[spec.depth - 1])) for key, values in series.items()
    }
    return FirstStep(
        tables=_by_layer(series),
        depth=spec.depth,
        clip=clip,
        norm=float(np.log10(clipped.norm[0])),
        angle=_angle(gradients, clipped.gradients),
        cut=bool(clipped.factor[0] < 1),
        **{key: first for key, (first, _) in ends.items()},
        uneven=(ends["before"][0] - ends["before"][1], ends["after"][0] - ends["after"][1]),
    )


def _angle(before, after) -> float:
    """Degrees between a gradient and what clipping left of it."""
    dot = sum(
        float(np.vdot(a, b))
        for name in clipping.TENSORS
        for a, b in zip(getattr(before, name), getattr(after, name), strict=True)
    )
    cosine = dot / (clipping.global_norm(before) * clipping.global_norm(after))[0]
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


_NAMES = {
    "slopes": ("∏ φ′(z)", "slopes"),
    "product": ("∏ W·φ′(z)", None),  # by what became of it
    "before": ("step", "reference"),
    "after": ("step, clipped", "dark"),
}


def _by_layer(series: dict[str, np.ndarray]) -> dict[str, pd.DataFrame]:
    """The lines over the layers, named at their right ends."""
    depth = len(series["slopes"])  # the output layer's step is left out
    parts = []
    for key, values in series.items():
        finite = np.isfinite(values[:depth])
        part = pd.DataFrame({"layer": np.arange(1, depth + 1)})
        part["log10"] = np.where(finite, values[:depth], np.nan)
        part["beyond"] = np.where(finite, np.nan, values[:depth])
        part["depth"], part["right"] = depth, 1.45 * depth
        part["series"], part["meaning"] = key, _NAMES[key][1] or theme.outcome(values[0])
        part["says"] = [theme.from_log10(value) for value in values[:depth]]
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    frame["low"], frame["high"] = _seen(frame)
    drawn = frame.fillna({"log10": 0.0})
    ends = drawn[drawn["layer"] == depth]
    ends = ends.assign(name=[_NAMES[key][0] for key in ends["series"]])
    gap = 0.09 * max(5.0, np.ptp(drawn["log10"]))  # between names: of what the axis spans
    return {"frame": frame, "names": grammar.line_names(ends, "log10", gap=gap)}


def _seen(frame: pd.DataFrame) -> tuple[float, float]:
    """The ends of the axis: whole decades around the lines, and what stands off the axis."""
    beyond = 16 * np.sign(frame["beyond"])
    low, high = (np.nanmin([frame["log10"], beyond]), np.nanmax([frame["log10"], beyond]))
    return float(np.floor(min(low, -4))), float(np.ceil(max(high, 1)))


# The plane ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turned:
    """A vector, and what is left of it after clipping by value and by norm."""

    value: np.ndarray
    norm: np.ndarray
    angle: float  # degrees that value clipping turned it by


def turned(gx: float, gy: float, limit: float) -> Turned:
    """Clip one gradient of two entries, both ways."""
    gradient = np.array([gx, gy])
    value = clipping.clip_by_value(gradient, limit).gradients
    shorter = clipping.clip_by_global_norm(gradient, limit).gradients
    turn = np.arctan2(value[1], value[0]) - np.arctan2(gy, gx)
    return Turned(value, shorter, float(abs(np.degrees(turn))))


@memoize(64)
def plane(limit: float) -> pd.DataFrame:
    """The one number that the plane's chart does not drag; see `charts.plane`."""
    return pd.DataFrame({"c": [limit]})


# The cliff ---------------------------------------------------------------------------------------

# h ← σ(4.5·h + b), fifty times from σ(0.5), should end at 0.7: the one recurrent unit of Pascanu,
# Mikolov and Bengio 2013.
_W, _DEPTH, _X, _TARGET = 4.5, 50, float(ACTIVATIONS["sigmoid"].f(0.5)), 0.7
CLIFF_START, CLIFF_RATE = -2.35, 0.3


@dataclass(frozen=True)
class Descent:
    """Gradient descent on the cliff: entry k after k steps. J = (h − 0.7)²."""

    b: np.ndarray
    loss: np.ndarray
    slope: np.ndarray  # dJ/db

    @property
    def thrown(self) -> int:
        """The first entry whose step lands far beyond the cliff, at b > 1."""
        return int((self.b[1:] > 1).argmax())


def objective(b) -> tuple[np.ndarray, np.ndarray]:
    """J(b) and dJ/db of the chain whose layers share w = 4.5 and b."""
    b = np.atleast_1d(np.asarray(b, dtype=float))
    weights = scalar_chain.tied(np.full(len(b), _W), _DEPTH)
    chain = scalar_chain.chain(weights, x=_X, bias=b[:, None], target=_TARGET)
    return (chain.a[:, -1] - _TARGET) ** 2, 2 * chain.dz.value.sum(axis=-1)  # dz is of ½(…)²


@memoize(32)
def descent(limit: float | None) -> Descent:
    """CLIFF_STEPS steps down from b = −2.35, clipped by norm unless `limit` is None."""
    b, rows = CLIFF_START, []
    for _ in range(CLIFF_STEPS + 1):
        loss, slope = objective(b)
        rows.append((b, loss[0], slope[0]))
        step = slope if limit is None else clipping.clip_by_global_norm(slope, limit).gradients
        b = b - CLIFF_RATE * float(step[0])
    return Descent(*np.array(rows).T)


@memoize(32)
def cliff(limit: float) -> dict[str, pd.DataFrame]:
    """The curve J(b) and both descents; see `charts.cliff`."""
    grid = np.concatenate(
        [np.linspace(CLIFF_LEFT, CLIFF_RIGHT, 161), np.linspace(-2.305, -2.299, 60)]
    )
    grid.sort()
    tables = {"frame": pd.DataFrame({"b": grid, "loss": objective(grid)[0]})}
    for name, path in (("plain", descent(None)), ("clipped", descent(limit))):
        held = np.clip(path.b, CLIFF_LEFT, CLIFF_RIGHT)
        says = [
            f"J = {theme.number(loss, 2)}, slope {theme.number(slope, 2)}"
            for loss, slope in zip(path.loss, path.slope, strict=True)
        ]
        columns = {"b": held, "loss": path.loss, "gone": path.b != held, "says": says}
        columns["b_says"] = [f"b = {theme.number(b, 4)}" for b in path.b]
        tables[name] = pd.DataFrame(columns | {"step": np.arange(CLIFF_STEPS + 1)})
    return tables
