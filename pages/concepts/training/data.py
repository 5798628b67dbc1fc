"""Tables of the training lab: two networks side by side, step by step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from core import datasets, diagnostics, network, recording, training
from core.activations import activation
from core.initializers import INITIALIZERS
from core.network import NetSpec, Params
from core.recording import Recording, Test
from core.training import Halt, Step
from pages.concepts.training import networks
from pages.concepts.training.charts import HISTOGRAM_BINS, MAP_DOMAIN
from pages.concepts.training.networks import NORMS, Net
from pages.concepts.training.pairs import Pair, begin
from pages.kit import beside, frames, theme
from pages.kit.memoize import memoize

NETS = {name: theme.COMPARED[name] for name in "AB"}  # and the hue of each
CURVE_POINTS = 300
OVERLAP = 0.1  # of a cell over its neighbor: without it, seams show between them
GRID = 32  # cells a side behind the decision boundary
MOST_REPLAYED = 8e9  # of recording.work: half a second of steps run again


# The main chart ----------------------------------------------------------------------------------


def run_frame(pair: Pair, steps: int, running: bool) -> pd.DataFrame:
    """What the scrubber moves, one row per network and step; see `charts.run`.

    While it runs there is one frame, the newest step's, which shows wherever the scrubber stands;
    so does the only one of a pair that has taken no step.
    """
    one = running or not pair.step
    shown = [pair.step] if one else range(pair.step + 1)
    columns = [_frames(pair, name, shown, max(steps, pair.step)) for name in pair.runs]
    both = {key: [value for of in columns for value in of[key]] for key in columns[0]}
    at = [-1] if one else list(shown)
    return pd.DataFrame({"at": at * len(columns), "taken": pair.step, **both})


def ticks(steps: int) -> pd.DataFrame:
    """The numbers of steps below an axis of the run; see `charts.run`."""
    return pd.DataFrame([{"x": i / 5, "says": f"{round(i / 5 * steps):,}"} for i in range(6)])


def curves(pair: Pair, steps: int) -> dict[str, pd.DataFrame]:
    """What the scrubber leaves: curves, halts, ticks and guessing; see `charts.run`."""
    steps = max(steps, pair.step)
    losses = {_guessed(run) for run in pair.runs.values()}
    guess = {
        "x": 1.0,
        "loss_guessed": math.log10(losses.pop()) if len(losses) == 1 else None,
        "right_guessed": 1 / next(iter(pair.runs.values())).spec.n_out,
    }
    batches: list[dict] = []
    tests: list[dict] = []
    halts: list[dict] = []
    for name, run in pair.runs.items():
        own = {"name": name, "meaning": NETS[name]}
        if run.steps:
            every = max(1, math.ceil(run.step / CURVE_POINTS))
            batches.append(own | _curve(run.steps[::every], steps))
        finite = [test for test in run.tests if np.isfinite(test.loss[0])]
        tests.append(own | _curve(finite, steps))
        if halt := pair.halt(name):
            halts.append(own | _halt(name, run, halt, steps) | {"row": len(halts)})
    curve, halted = ("px", "loss", "right"), ("x", "last", "says", "row")
    return {
        "batches": _table(batches, *curve),
        "tests": _table(tests, *curve),
        "halts": _table(halts, *halted),
        "guess": pd.DataFrame([guess]),
        "ticks": ticks(steps),
    }


def _table(rows: list[dict], *columns: str) -> pd.DataFrame:
    """Rows of the networks by their columns: of rows themselves pandas makes one in twice the
    time."""
    return pd.DataFrame({c: [row[c] for row in rows] for c in ("name", "meaning", *columns)})


def _guessed(run: Recording) -> float:
    """The loss of the best answer that is the same for every example of K equally many classes:
    each with probability 1/K, or a K-th of the target in each output."""
    K, how = run.spec.n_out, run.train_spec
    if how.loss == "mean_squared_error":
        return how.target**2 * (K - 1) / K**2
    return math.log(K)


def _curve(shown: Sequence[Step] | Sequence[Test], steps: int) -> dict[str, str]:
    """Loss (log₁₀) and share right over the run, packed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "px": [one.step / steps for one in shown],
            "loss": np.log10([one.loss[0] for one in shown]),
            "right": [one.accuracy[0] for one in shown],
        }
    packed = frames.pack(np.array(list(columns.values()), dtype=float), ".4f")
    return dict(zip(columns, packed, strict=True))


def _halt(name: str, run: Recording, halt: Halt, steps: int) -> dict:
    before = [step.loss[0] for step in run.steps[:-1] if np.isfinite(step.loss[0])]
    return {
        "x": halt.step / steps,
        "last": float(np.log10(before[-1])) if before else 0.0,
        "says": f"{name}: no longer finite at step {halt.step}",
    }


def _frames(pair: Pair, name: str, shown: Sequence[int], steps: int) -> dict[str, Any]:
    """The columns of one network's rows, for these steps of so many."""
    run = pair.runs[name]
    records = [pair.at(name, step) for step in shown]
    gone = np.array([pair.broken(name, step) is not None for step in shown])  # (T,)
    log10_dz, log10_slope, log10_update = (  # (T, L), (T, L), (T, L + 1)
        np.array([getattr(record, field)[0] for record in records])
        for field in ("log10_dz", "log10_slope", "log10_update")
    )
    depth = log10_dz.shape[1]
    place = np.linspace(0, 1, depth) if depth > 1 else np.array([1.0])
    packed = {
        "place": frames.pack(np.array([place])) * len(records),
        "gradient": _drawn(_relative(log10_dz), gone),
        "slopes": _drawn(diagnostics.running_products(log10_slope[:, :-1]), gone),
        "update": _drawn(log10_update[:, :-1], gone),
    }
    return {
        "name": [name] * len(records),
        "meaning": [NETS[name]] * len(records),
        "own": [networks.lone_difference(pair.duel.a, pair.duel.b)[name == "B"]] * len(records),
        "x": [min(step, run.step) / steps for step in shown],
        "step_says": [
            f"step {step:,} of {steps:,}" if step else "before the first step" for step in shown
        ],
        "says": [
            f"{name}: no longer finite"
            if lost
            else f"{name}: {_in_short(pair.tested(name, step), record.loss[0])}"
            for step, record, lost in zip(shown, records, gone, strict=True)
        ],
    } | packed


def _in_short(test: Test, batch_loss: float) -> str:
    """What a network has come to, in a line beside its curves."""
    held_out, batch = "held-out loss no longer finite", "batch loss no longer finite"
    if np.isfinite(test.loss[0]):
        held_out = f"held-out {theme.percent(test.accuracy[0])} right"
    if np.isfinite(batch_loss):
        batch = f"batch loss {theme.number(batch_loss)}"
    return f"{held_out}, {batch}"


def _drawn(log10: np.ndarray, gone: np.ndarray) -> list[str]:
    """Rows (T, L), packed. 0, whose logarithm no axis has, as something far below every axis: it
    lies on their edge. Nothing of the step that broke: what it computed last is no network's.

    Two decimals are a fifth of a pixel, and there may be 4,000 rows of 50 numbers."""
    drawn = np.where(np.isneginf(log10), -999.0, log10)
    return frames.pack(np.where(gone[:, None], np.nan, drawn), ".2f")


def relative_gradient(record: Step) -> np.ndarray:
    """log₁₀ ‖dJ/dz_l‖/‖dJ/dz_L‖ of a lone run's step, (L,): ∏ W·φ′ from the last layer back. A
    gradient of 0 gives −inf, and NaN in all layers where the last one's is 0 already."""
    return _relative(record.log10_dz)[0]


def _relative(log10_dz: np.ndarray) -> np.ndarray:
    last = log10_dz[:, -1:]
    return np.where(np.isneginf(last), np.nan, diagnostics.arrives(log10_dz, last))


def slope_products(record: Step) -> np.ndarray:
    """log₁₀ ∏ φ′(z) over the layers l … L − 1, one rms slope per layer, (L,)."""
    slopes = record.log10_slope[0]
    return diagnostics.running_products(slopes[:-1]) if len(slopes) else slopes


# In two number formats ---------------------------------------------------------------------------

PARTED, POINTS_APART = 0.01, 0.05  # losses, relatively, and shares right


def twins(pair: Pair) -> tuple[str, str] | None:
    """The names of one network in float64 and in float32, in this order, where A and B are that."""
    if networks.differing(pair.duel.a, pair.duel.b) != ["dtype"]:
        return None
    wide, single = sorted(NETS, key=lambda name: pair.duel.nets[name].dtype, reverse=True)
    return wide, single


@dataclass(frozen=True)
class Parted:
    """The first step at which two networks' batch losses differ by more than PARTED of the larger,
    and the first test at which the shares that they name right differ by more than POINTS_APART;
    None where there is none. `compared`: up to which step."""

    loss: int | None
    right: int | None
    compared: int


def parted(pair: Pair, step: int) -> Parted:
    """Where A and B have parted, up to a step and as long as both are finite."""
    last = [run.step - (run.state.halts[0] is not None) for run in pair.runs.values()]
    compared = min(step, *last)
    a, b = (
        np.array([record.loss[0] for record in run.steps[:compared]]) for run in pair.runs.values()
    )
    with np.errstate(all="ignore"):
        apart = np.flatnonzero(np.abs(a - b) > PARTED * np.maximum(a, b))
    tests = zip(*(run.tests for run in pair.runs.values()), strict=False)
    points = [
        one.step
        for one, other in tests
        if one.step <= compared and abs(one.accuracy[0] - other.accuracy[0]) > POINTS_APART
    ]
    return Parted(
        int(apart[0]) + 1 if len(apart) else None, points[0] if points else None, compared
    )


@dataclass(frozen=True)
class Faint:
    """A network's gradients dJ/dW in one step, (L + 1,): log₁₀ of the root mean square entry, as it
    is and as clipping gives it to the optimizer, at most; the share of entries that are exactly 0,
    and log₁₀ of the step that the weights took, relatively."""

    step: int
    log10: np.ndarray
    given: np.ndarray
    zero: np.ndarray
    log10_update: np.ndarray


def faint(pair: Pair, name: str, step: int) -> Faint | None:
    """The gradients of this step, or of the last one with finite numbers; None if there is none."""
    run = pair.runs[name]
    if halt := pair.broken(name, step):
        step = halt.step - 1
        if not step:
            return None
    record = pair.at(name, step)
    return Faint(
        record.step,
        _entry(run, record.log10_dW[0]),
        _given(run, record.log10_dW[0], record.clip_factor),
        record.zero_dW[0],
        record.log10_update[0],
    )


def loudest(pair: Pair, name: str, step: int) -> np.ndarray:
    """log₁₀ of the largest root mean square entry of dJ/dW up to this step that clipping gave to
    the optimizer, at most, (L + 1,)."""
    run = pair.runs[name]
    if not run.steps:  # the other one has begun: its first step is looked at before it is taken
        first = pair.first[name]
        return _given(run, first.log10_dW[0], first.clip_factor)
    log10, factor = run.history.log10_dW[:step, 0], run.history.clip_factor[:step]
    return _given(run, log10, factor).max(axis=0)


def _given(run: Recording, log10_dW: np.ndarray, clip_factor: np.ndarray) -> np.ndarray:
    """What clipping leaves of `_entry`: of a clip by value no more than its limit is known."""
    how, entry = run.train_spec, _entry(run, log10_dW)
    if how.clip == "value":
        return np.minimum(entry, np.log10(how.clip_limit))
    with np.errstate(divide="ignore"):
        return entry + np.log10(clip_factor)


def _entry(run: Recording, log10_norm: np.ndarray) -> np.ndarray:
    """log₁₀ of the root mean square entry of matrices with these norms."""
    sizes = [W.shape[1] * W.shape[2] for W in run.state.params.W]
    return log10_norm - 0.5 * np.log10(sizes)


# Look inside -------------------------------------------------------------------------------------


def gradient_map(pair: Pair, steps: int, kind: str) -> pd.DataFrame:
    """Cells of layer × time; see `charts.gradient_map`. kind: "dz" or "dW"."""
    steps, parts = max(steps, pair.step), []
    for name, run in pair.runs.items():
        records = run.steps or (pair.first[name],)
        depth = run.spec.depth
        bins = min(40, len(records), max(8, 3000 // (2 * depth)))
        edges = np.linspace(0, len(records), bins + 1).round().astype(int)
        values = np.array([getattr(records[i], f"log10_{kind}")[0, :depth] for i in edges[:-1]])
        values = values.ravel()
        at, layer = (i.ravel() for i in np.indices((bins, depth)))
        here = ~np.isnan(values)
        at, layer, values = at[here], layer[here], values[here]
        parts.append(
            {
                "name": [name] * len(values),
                "x": edges[at] / steps,
                "x2": np.minimum(edges[at + 1] + OVERLAP * edges[1], edges[-1]) / steps,
                "y": layer / depth,
                "y2": np.minimum(layer + 1 + OVERLAP, depth) / depth,
                "log10": np.clip(values, *MAP_DOMAIN),
                "says": [
                    f"layer {lay + 1}, step {edges[i] + 1}: {theme.from_log10(v, 2)}"
                    for i, lay, v in zip(at, layer, values, strict=True)
                ],
            }
        )
    return pd.DataFrame({key: np.concatenate([part[key] for part in parts]) for key in parts[0]})


def first_layer(pair: Pair, kind: str) -> dict[str, list[float]]:
    """log₁₀ of layer 1's gradient in each step whose loss is finite. kind: "dz" or "dW"."""
    return {
        name: [
            float(getattr(record, f"log10_{kind}")[0, 0])
            for record in run.steps or (pair.first[name],)
            if math.isfinite(record.loss[0])
        ]
        for name, run in pair.runs.items()
    }


def looked_at(pair: Pair, name: str, step: int) -> training.State:
    """The state after this step; where running there again would take long, the last kept one."""
    run = pair.runs[name]
    step = min(step, run.step)
    near = recording.nearest_kept(run, step)
    again = replace(run.train_spec, steps=step - near.step)
    if recording.work(run.spec, again) > MOST_REPLAYED:
        return near
    return recording.state_at(run, pair.duel.dataset, step)


def states(pair: Pair, step: int) -> dict[str, training.State]:
    """`looked_at` of both networks."""
    return {name: looked_at(pair, name, step) for name in pair.runs}


def _as_tested(pair: Pair, name: str, state: training.State) -> tuple[NetSpec, Params]:
    """A network as a test sees it, whatever it is shown: what batch normalization takes from a
    batch, it takes from all held-out examples."""
    spec = pair.runs[name].spec
    if spec.norm != "batch":
        return spec, state.params
    return network.folded(spec, state.params, pair.duel.dataset.x_test)


def histograms(pair: Pair, step: int) -> pd.DataFrame:
    """Shares of a layer's activations by their size after a step; see `charts.histograms`.

    Of 64 held-out examples. The first bin holds what is exactly 0, or below the axis.
    """
    parts, edges = [], HISTOGRAM_BINS
    x = pair.duel.dataset.x_test[:64]
    for name, state in pair.once(states, step).items():
        spec, params = _as_tested(pair, name, state)
        trace = network.forward(spec, params, x)
        with np.errstate(all="ignore"):
            sizes = [np.log10(np.abs(h[0])).ravel() for h in trace.h]
        shares = np.array([_shares(size, edges) for size in sizes])  # (L, bins)
        layer, at = np.nonzero(shares)
        share = shares[layer, at]
        parts.append(
            pd.DataFrame(
                {
                    "name": name,
                    "x": edges[at],
                    "x2": edges[at + 1],
                    "y": layer / spec.depth,
                    "y2": (layer + 1) / spec.depth,
                    "share": share,
                    "meaning": NETS[name],
                    "says": [
                        f"layer {lay + 1}: {theme.percent(s)} " + _bin_in_words(int(i))
                        for lay, i, s in zip(layer, at, share, strict=True)
                    ],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _bin_in_words(i: int) -> str:
    """What a bin of the histogram holds; the first and the last also what lies beyond them."""
    if i == 0:
        return f"are 0, or below {theme.from_log10(HISTOGRAM_BINS[1], 1)}"
    if i == len(HISTOGRAM_BINS) - 2:
        return f"are above {theme.from_log10(HISTOGRAM_BINS[-2], 1)}"
    return f"near {theme.from_log10(HISTOGRAM_BINS[i] + 0.25, 1)}"


def _shares(log10_sizes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    finite = log10_sizes[~np.isnan(log10_sizes)]
    inside = np.clip(finite, edges[0], edges[-1] - 1e-9)
    return np.histogram(inside, bins=edges)[0] / max(1, len(log10_sizes))


def clip_factors(pair: Pair, steps: int) -> pd.DataFrame:
    """What clipping left of each step's gradient; see `charts.clip_factors`."""
    steps, parts = max(steps, pair.step), []
    for name, run in pair.runs.items():
        if run.train_spec.clip == "none":
            continue
        every = max(1, math.ceil(run.step / CURVE_POINTS))
        picked = [step for step in run.steps[::every] if not step.halts[0]]
        factor = np.array([step.clip_factor[0] for step in picked])
        with np.errstate(divide="ignore"):
            log10 = np.log10(factor)
        parts.append(
            pd.DataFrame(
                {
                    "name": name,
                    "meaning": NETS[name],
                    "x": [(step.step - 1) / steps for step in picked],
                    "log10": np.where(np.isfinite(log10), np.clip(log10, -16, 0), log10),
                    "says": [
                        f"step {step.step}: {theme.from_log10(v, 2)}"
                        for step, v in zip(picked, log10, strict=True)
                    ],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def clipped(pair: Pair) -> dict[str, tuple[float, int]]:
    """Of each network that clips, the share of its steps that were cut, and how many it took."""
    found = {}
    for name, run in pair.runs.items():
        if run.train_spec.clip != "none":
            factors = np.array([step.clip_factor[0] for step in run.steps if not step.halts[0]])
            found[name] = float((factors < 1).mean()) if len(factors) else 0.0, len(factors)
    return found


def boundary(pair: Pair, step: int) -> dict[str, pd.DataFrame]:
    """The second class's probability over the plane after a step, and the examples; see
    `charts.boundary`."""
    side = np.linspace(-2.2, 2.2, GRID + 1)
    middle = (side[:-1] + side[1:]) / 2
    gx, gy = (grid.ravel() for grid in np.meshgrid(middle, middle))
    half = (side[1] - side[0]) / 2
    data, parts = pair.duel.dataset, []
    for name, state in pair.once(states, step).items():
        spec, params = _as_tested(pair, name, state)
        with np.errstate(all="ignore"):
            logits = network.output(spec, params, np.stack([gx, gy], axis=1))[0]
            p = 1 / (1 + np.exp(np.clip(logits[:, 0] - logits[:, 1], -700, 700)))
        parts.append(
            pd.DataFrame(
                {
                    "name": name,
                    "x": gx - half,
                    "x2": np.minimum(gx + half * (1 + OVERLAP), side[-1]),
                    "y": gy - half,
                    "y2": np.minimum(gy + half * (1 + OVERLAP), side[-1]),
                    "p": p.astype(np.float32),
                }
            )
        )
    half_of_them = slice(len(data.x_train) // 2)  # classes alternate
    x, y = data.x_train[half_of_them].T
    points = pd.DataFrame({"x": x, "y": y, "p": data.y_train[half_of_them]})
    return {"frame": pd.concat(parts, ignore_index=True), "points": points}


# Over seeds --------------------------------------------------------------------------------------


def seeds(runs: dict[str, Recording], steps: int) -> dict[str, pd.DataFrame]:
    """Held-out accuracy over the seeds; see `charts.seeds`. A network that has halted
    gets nothing right."""
    parts, ends = [], []
    steps = max(steps, *(run.step for run in runs.values()))
    for name, run in runs.items():
        right = np.nan_to_num(np.array([test.accuracy for test in run.tests]))  # (T, S)
        low, median, high = np.quantile(right, [0.25, 0.5, 0.75], axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "name": name,
                    "meaning": NETS[name],
                    "x": [test.step / steps for test in run.tests],
                    "low": low,
                    "median": median,
                    "high": high,
                    "says": [
                        f"{name}, step {test.step}: {theme.percent(m)}"
                        for test, m in zip(run.tests, median, strict=True)
                    ],
                }
            )
        )
        ends.append({**parts[-1].iloc[-1], "name": f"{name}: {theme.percent(median[-1])}"})
    frame = pd.concat(parts, ignore_index=True)
    return {"frame": frame, "names": pd.DataFrame(ends), "ticks": ticks(steps)}


@dataclass(frozen=True)
class OverSeeds:
    """Held-out accuracy at a run's last test; `lost` members had no numbers then and count as 0."""

    low: float
    median: float
    high: float
    seeds: int
    lost: int


def over_seeds(run: Recording) -> OverSeeds:
    end = run.tests[-1]
    right, gone = np.nan_to_num(end.accuracy), np.isnan(end.accuracy) | np.isnan(end.loss)
    low, median, high = (float(f(right)) for f in (np.min, np.median, np.max))
    return OverSeeds(low, median, high, len(right), int(gone.sum()))


# The autopsy -------------------------------------------------------------------------------------


def changes(net: Net) -> dict[str, Net]:
    """What a reader may change in a network that broke, each alone."""
    found = {}
    fitting = activation(net.activation).usual_initializer
    if (net.initializer, net.scale) != (fitting, 1.0):
        label = f"{INITIALIZERS[fitting].label} weights at scale 1"
        label += " and mean 0" if net.mean else ""
        found[label] = replace(net, initializer=fitting, scale=1.0, mean=0.0)
    if net.mean:
        found["weights of mean 0"] = replace(net, mean=0.0)
    if net.rate > 1e-4:
        rate = net.rate / 10
        found[f"a learning rate of {theme.number(rate, 1)}"] = replace(net, rate=rate)
    if net.shortcut == "plain":
        found["the branch scaled by 1/√L"] = replace(net, shortcut="scaled")
    if net.clip == "none":
        found["clipping by norm at 1"] = replace(net, clip="norm", limit=1.0)
    if net.has_targets and net.target > 1:
        found["targets of size 1"] = replace(net, target=1.0)
    if net.norm == "none":
        found["batch normalization"] = replace(net, norm="batch")
    if networks.has_epsilon(net.rule) and net.epsilon < 1e-8:
        found["an ε of 10⁻⁸"] = replace(net, epsilon=1e-8)
    if net.dtype != "float64":
        found["numbers in float64"] = replace(net, dtype="float64")
    return found


def trial_steps(halt: Halt) -> int:
    """Steps that a changed network is tried for: beyond the one that broke."""
    return max(200, halt.step + 20)


def last_steps(run: Recording) -> pd.DataFrame:
    """The five steps before the one that broke, as a table in words."""
    rows = []
    for record in run.steps[-6:-1]:
        layer = int(np.argmax(record.log10_dz[0])) if record.log10_dz.size else 0
        moved = int(np.argmax(record.log10_update[0]))
        where = f"layer {moved + 1}" if moved < len(record.log10_dz[0]) else "output layer"
        rows.append(
            {
                "step": record.step,
                "loss": theme.number(record.loss[0]),
                "largest ‖dJ/dz‖": f"{theme.from_log10(record.log10_dz[0, layer], 2)} "
                f"(layer {layer + 1})",
                "largest ‖ΔW‖/‖W‖": f"{theme.from_log10(record.log10_update[0, moved], 2)} "
                f"({where})",
            }
        )
    return pd.DataFrame(rows)


# Taken away --------------------------------------------------------------------------------------


UNITS = {  # of the table for taking away
    **{"network": "A or B", "layer": "number, from the input", "step": "number"},
    **{"batch_loss": "nats, or squared size of outputs", "batch_accuracy": "share"},
    **{"held_out_loss": "nats, or squared size of outputs", "held_out_accuracy": "share"},
    **{"clip_factor": "factor on the gradient", "log10_dJdW": "log10 of the norm"},
    **{"log10_relative_update": "log10 of a ratio", "zeros_of_dJdW": "share of the entries"},
    **{"log10_dJdz": "log10 of the norm", "log10_rms_slope": "log10 of the slope"},
    "log10_product_of_slopes": "log10 of the product",
    "log10_dJdz_relative_to_last_layer": "log10 of a ratio",
}


def table(pair: Pair) -> pd.DataFrame:
    """The run as it was recorded: a row for each network, step and layer."""
    parts = []
    for name, run in pair.runs.items():
        if not run.steps:
            continue
        history, layers = run.history, run.spec.depth + 1
        steps = len(history.step)
        tests = {test.step: (test.loss[0], test.accuracy[0]) for test in run.tests}
        held_out = np.array([tests.get(step, (np.nan, np.nan)) for step in history.step])
        slopes = history.log10_slope[:, 0]  # (T, L)
        products = diagnostics.running_products(slopes[:, :-1])[:, : run.spec.depth]
        by_step = {
            "step": history.step,
            "batch_loss": history.loss[:, 0],
            "batch_accuracy": history.accuracy[:, 0],
            "held_out_loss": held_out[:, 0],
            "held_out_accuracy": held_out[:, 1],
            "clip_factor": history.clip_factor[:, 0],
        }
        hidden = {
            "log10_dJdz": history.log10_dz[:, 0],
            "log10_rms_slope": slopes,
            "log10_product_of_slopes": products,
        }
        by_layer = {
            "log10_dJdW": history.log10_dW[:, 0],
            "log10_relative_update": history.log10_update[:, 0],
            "zeros_of_dJdW": history.zero_dW[:, 0],
        } | {key: np.pad(a, ((0, 0), (0, 1)), constant_values=np.nan) for key, a in hidden.items()}
        columns = {"network": name, "layer": np.tile(np.arange(1, layers + 1), steps)}
        columns |= {key: np.repeat(values, layers) for key, values in by_step.items()}
        columns |= {key: values.ravel() for key, values in by_layer.items()}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def table_of_step(pair: Pair, step: int) -> pd.DataFrame:
    """What the main chart shows at one step: a row for each network and hidden layer."""
    parts = []
    for name in pair.runs:
        record = pair.at(name, step)
        part = pd.DataFrame({"network": name, "layer": np.arange(1, len(record.log10_dz[0]) + 1)})
        part["batch_loss"] = record.loss[0]
        part["held_out_accuracy"] = pair.tested(name, step).accuracy[0]
        part["log10_dJdz_relative_to_last_layer"] = relative_gradient(record)
        part["log10_product_of_slopes"] = slope_products(record)
        part["log10_relative_update"] = record.log10_update[0, :-1]
        if pair.broken(name, step):  # what it computed last is no network's
            part.iloc[:, 2:] = np.nan
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


# The prediction ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Normalized:
    """Ten sigmoid layers with one normalizer, trained: after which steps it was tested, and the
    held-out share right then; and at the first step log₁₀ of the share of z² in layer 10 that
    differs between examples."""

    steps: np.ndarray
    right: np.ndarray
    differs: float

    @property
    def accuracy(self) -> float:
        """After the last step."""
        return float(self.right[-1])


@memoize(1)
def normalized() -> dict[str, Normalized]:
    """The prediction's three networks: no normalizer, layer and batch normalization."""
    data, found = datasets.DATASETS["digits"](), {}
    for norm in NORMS:
        sigmoid = Net(10, 64, "sigmoid", "xavier", 1.0, "none", norm, "none", 1.0, 0.1)
        run = begin(sigmoid, "digits", seed=0)
        z = network.forward(run.spec, run.state.params, data.x_train[:32]).z[-1][0]  # (N, D)
        with np.errstate(divide="ignore"):
            differs = np.log10(z.var(axis=0).mean()) - np.log10((z * z).mean())
        run = recording.extend(recording.lengthen(run, 200), data)
        steps, right = zip(*((test.step, test.accuracy[0]) for test in run.tests), strict=True)
        found[norm] = Normalized(np.array(steps), np.array(right), float(differs))
    return found


def idea(option: str, data: str, steps: int) -> beside.Idea | None:
    """What a wrong answer would make of these networks, on a chart of so many steps; None for the
    right answer, and where the chart is of other data than the question."""
    found = normalized()

    def as_if(rule: str, of: str, like: str, **how: Any) -> beside.Idea:
        """One normalizer's network, if it learned as another's."""
        shown = found[of].steps <= steps
        return beside.Idea(
            rule=rule,
            name="as without" if like == "none" else f"as {like}",
            truth=f"the network with {of} normalization",
            so=f"{of} norm",
            so_below=False,
            point=lambda x: f"step {x * steps:.0f}",
            x=found[of].steps[shown] / steps,
            y=found[like].right[shown],
            measured=found[of].right[shown],
            seen=(0, 1),
            by=beside.POINTS,
            **how,
        )

    layer_as_batch = partial(as_if, of="layer", like="batch", below=True, align="left")
    return {
        "none": as_if("batch normalization changes nothing", "batch", "none"),
        "layer": layer_as_batch("layer normalization does what batch normalization does"),
        "both": layer_as_batch("layer normalization does as much as batch normalization"),
    }.get(option if data == "digits" else "")
