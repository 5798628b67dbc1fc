"""Tables of the page on memory."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from core import gates, linear_recurrence, recurrent
from core.activations import activation
from core.diagnostics import arrives
from core.gates import GateSpec
from core.recurrent import RnnSpec
from pages.concepts.memory.charts import HIGH, LOW
from pages.concepts.memory.panel import BACK, BIAS, REACH, SIGMA
from pages.kit import beside, frames, theme
from pages.kit.memoize import memoize

EXAMPLES, WIDTH, INPUTS = 4, 32, 4
GATED = 16  # units of the networks with gates
DRAWS, STEPS = 120, 6000  # of the linear recurrence
RUNS_FILE = Path(__file__).with_name("runs.csv")
LEARNED = 0.95  # share of new sequences right


# One matrix at every step ------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """Which vanilla network is looked at."""

    start: str
    activation: str
    inputs: float
    seed: int


def setting(at) -> Setting:
    """What the page's controls are set to."""
    return Setting(at.start, at.activation, float(at.inputs), at.seed)


ROUNDING = 1e-9  # as near, log₁₀, a gradient is at its bound


@dataclass(frozen=True)
class ThroughTime:
    """All log₁₀, by σ₁ and steps back from the last, (sigmas, BACK + 1); and the spectral radius
    of W_h as a share of σ₁."""

    gradient: np.ndarray  # ‖dJ/dh_t‖ over ‖dJ/dh_T‖
    slopes: np.ndarray
    bound: np.ndarray
    radius: float

    def at(self, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gradient, slopes and bound at one σ₁."""
        row = SIGMA.values().index(sigma)
        return self.gradient[row], self.slopes[row], self.bound[row]


@memoize(32)
def through_time(of: Setting) -> ThroughTime:
    """The networks of all σ₁ at once: one draw, its W_h scaled."""
    kind = "orthogonal" if of.start == "orthogonal" else "singular_value"
    spec = RnnSpec(INPUTS, WIDTH, BACK + 1, 1, of.activation, recurrent=kind)
    rng = np.random.default_rng(of.seed)
    one = recurrent.init(spec, rng=[rng])
    W_h = np.eye(WIDTH)[None] if of.start == "identity" else one.W_h
    sigmas = np.array(SIGMA.values())
    params = replace(
        one,
        W_h=sigmas[:, None, None] * W_h,
        **{n: np.repeat(getattr(one, n), len(sigmas), 0) for n in ("W_x", "b", "W_out", "b_out")},
    )
    spec = replace(spec, seeds=len(sigmas))
    x = of.inputs * rng.standard_normal((EXAMPLES, BACK + 1, INPUTS))
    trace = recurrent.forward(spec, params, x)
    found = recurrent.backward(spec, params, trace, rng.standard_normal((EXAMPLES, 1)))
    norms = recurrent.step_norms(found)[:, ::-1]
    gradient = arrives(norms, norms[:, :1])
    bound = np.arange(BACK + 1) * np.log10(activation(of.activation).max_slope * sigmas)[:, None]
    return ThroughTime(
        np.where(np.abs(gradient - bound) < ROUNDING, bound, gradient),
        recurrent.slope_products(trace)[:, ::-1],
        bound,
        float(np.abs(np.linalg.eigvals(W_h[0])).max()),
    )


@memoize(64)
def time_frames(of: Setting, back: int) -> pd.DataFrame:
    """One row per σ₁; see `charts.through_time`."""
    found = through_time(of)
    return pd.DataFrame(
        {
            "sigma": SIGMA.values(),
            "back": back,
            "gradient": frames.pack(found.gradient, frames.READ),
            "slopes": frames.pack(found.slopes, frames.READ),
            "bound": frames.pack(found.bound, frames.READ),
            "became": [theme.outcome(last) for last in found.gradient[:, -1]],
        }
    )


def main_line(at) -> pd.DataFrame:
    """The gradient over the steps back at one σ₁; see `beside`."""
    gradient, _, _ = through_time(setting(at)).at(at.sigma)
    found = beside.line(np.arange(BACK + 1), gradient, seen=(LOW, HIGH))
    # the axis runs the other way, and so does a steep line
    return found.assign(align=found["align"].replace({"left": "right", "right": "left"}))


def asked() -> np.ndarray:
    """log₁₀ of what an LSTM with a forget bias of 1 has kept after 0 … BACK steps."""
    return np.arange(BACK + 1) * np.log10(keeps(1.0))


def idea(guess: float) -> beside.Idea | None:
    """What each step would keep if the guess, log₁₀, were left; None where that is close."""
    return beside.guessed(
        guess,
        asked(),
        "each step leaves {} of an LSTM's memory",
        truth="0.731ⁿ",
        so="0.731ⁿ",
        so_share=0.35,
        so_align="left",
        point=lambda x: f"*n* = {x:g}",
        x=np.arange(BACK + 1),
        seen=(LOW, HIGH),
        name_share=0.85,
        align="left",
        below=True,
    )


# Gates -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gated:
    """All log₁₀, by forget bias and steps back, (biases, BACK + 1); `slopes`, (BACK + 1,), of a
    vanilla network with tanh that reads the same."""

    kept: np.ndarray  # the product of the gate that keeps
    gradient: np.ndarray  # ‖dJ/dc_t‖ over ‖dJ/dc_T‖
    alone: np.ndarray  # σ(bias) to the power of the steps
    slopes: np.ndarray

    def at(self, bias: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Product of the gates, gradient and σ(bias)ⁿ at one forget bias."""
        row = BIAS.values().index(bias)
        return self.kept[row], self.gradient[row], self.alone[row]


@memoize(16)
def gated(cell: str, seed: int) -> Gated:
    """The networks of all forget biases at once: one draw, inputs from N(0, 1)."""
    biases = np.array(BIAS.values())
    kind, reset = ("lstm", "after") if cell == "lstm" else ("gru", cell)
    spec = GateSpec(kind, INPUTS, GATED, BACK + 1, 1, reset)
    rng = np.random.default_rng(seed)
    one = gates.init(spec, rng=[rng])
    by_gate = {name: np.repeat(getattr(one, name), len(biases), 1) for name in ("W_x", "W_h", "b")}
    rest = {
        name: np.repeat(getattr(one, name), len(biases), 0) for name in ("b_h", "W_out", "b_out")
    }
    by_gate["b"][gates.KEEPS] = biases[:, None, None]
    params, spec = gates.GateParams(**by_gate, **rest), replace(spec, seeds=len(biases))
    x = rng.standard_normal((EXAMPLES, BACK + 1, INPUTS))
    d_output = rng.standard_normal((EXAMPLES, 1))
    trace = gates.forward(spec, params, x)
    norms = gates.memory_norms(gates.backward(spec, params, trace, d_output))[:, ::-1]
    vanilla = RnnSpec(INPUTS, GATED, BACK + 1, 1)
    run = recurrent.forward(vanilla, recurrent.init(vanilla, rng=[rng]), x)
    return Gated(
        gates.keep_products(trace)[:, ::-1],
        norms - norms[:, :1],
        np.arange(BACK + 1) * np.log10(keeps(biases))[:, None],
        recurrent.slope_products(run)[0, ::-1],
    )


def keeps(bias):
    """σ(bias): what a gate with nothing to read keeps of a memory at each step."""
    return activation("sigmoid").f(bias)


@memoize(32)
def gate_frames(cell: str, seed: int) -> pd.DataFrame:
    """One row per forget bias; see `charts.gates`."""
    found = gated(cell, seed)
    return pd.DataFrame(
        {
            "bias": BIAS.values(),
            "kept": frames.pack(found.kept, frames.READ),
            "gradient": frames.pack(found.gradient, frames.READ),
            "alone": frames.pack(found.alone, frames.READ),
            "slopes": frames.pack(np.tile(found.slopes, (len(BIAS.values()), 1)), frames.READ),
        }
    )


# The curse ---------------------------------------------------------------------------------------


def lam(reach) -> np.ndarray:
    """λ from log₁₀ 1/(1 − λ)."""
    return 1 - 10.0 ** -np.asarray(reach, dtype=float)


@dataclass(frozen=True)
class Touchy:
    """log₁₀ rms of how the state moves with λ, with λ and scaled inputs, and with ν and scaled
    inputs: (3, reaches) each."""

    theory: np.ndarray
    measured: np.ndarray


@memoize(8)
def touchy(seed: int) -> Touchy:
    """At every reach: the exact law, and DRAWS white inputs of STEPS steps."""
    at, rng = lam(REACH.values()), np.random.default_rng(seed)
    theory = [linear_recurrence.sensitivity_theory(at, scaled=scaled) for scaled in (False, True)]
    measured = [
        linear_recurrence.sensitivity(at, STEPS, rng, draws=DRAWS, scaled=scaled)
        for scaled in (False, True)
    ]
    nu = np.abs(linear_recurrence.of_nu(at))
    return Touchy(*(np.log10([*found, found[1] * nu]) for found in (theory, measured)))


@memoize(8)
def touchy_frames(seed: int) -> pd.DataFrame:
    """One row per reach; see `charts.touchy`."""
    found = touchy(seed)
    columns = {
        name: row for name, row in zip(("plain", "scaled", "nu"), found.measured, strict=True)
    }
    return pd.DataFrame({"reach": REACH.values()} | columns)


@memoize(8)
def touchy_curves(seed: int) -> pd.DataFrame:
    """The theory's three curves; see `charts.touchy`."""
    found, parts = touchy(seed), []
    for row, meaning in zip(found.theory, ("dark", "two", "one"), strict=True):
        parts.append(pd.DataFrame({"at": REACH.values(), "log10": row, "meaning": meaning}))
    return pd.concat(parts, ignore_index=True)


# Learning to remember ----------------------------------------------------------------------------


@cache
def runs() -> pd.DataFrame:
    """The committed training runs: see make_runs.py."""
    return pd.read_csv(RUNS_FILE)


@memoize(2)
def learned(clip: str) -> pd.DataFrame:
    """How many seeds learned, each cell and length at its best learning rate of those tried: where
    most learned, or else where the median is best; see `charts.learned`."""
    rows = runs()[runs()["clipped"] == (clip == "yes")]
    rows = rows.assign(right=rows["accuracy"] > LEARNED)
    at = rows.groupby(["cell", "length", "rate"], sort=False)
    found = at.agg(learned=("right", "sum"), seeds=("right", "size"), median=("accuracy", "median"))
    found = found.reset_index().sort_values(["learned", "median"], ascending=False, kind="stable")
    best = found.groupby(["cell", "length"]).head(1).sort_index()
    says = [f"{a} of {b}" for a, b in zip(best["learned"], best["seeds"], strict=True)]
    right = [f"{theme.percent(median)} right" for median in best["median"]]
    return best.assign(says=says, right=right, meaning="dark").reset_index(drop=True)


RUNS_UNITS = {
    **{"cell": "name", "length": "steps", "clipped": "True or False", "rate": "learning rate"},
    **{"seed": "number", "accuracy": "share of new sequences"},
}
UNITS = {  # of the table for taking away
    **{"steps_back": "number, from the last", "sigma_1": "singular value"},
    **{"log10_gradient_over_last": "log10 of a ratio", "log10_bound": "log10 of a ratio"},
    "log10_product_of_slopes": "log10 of a ratio",
}


def table(at) -> pd.DataFrame:
    """The numbers behind the main chart at one σ₁."""
    gradient, slopes, bound = through_time(setting(at)).at(at.sigma)
    return pd.DataFrame(
        {
            "steps_back": np.arange(BACK + 1),
            "sigma_1": at.sigma,
            "log10_gradient_over_last": gradient,
            "log10_product_of_slopes": slopes,
            "log10_bound": bound,
        }
    )
