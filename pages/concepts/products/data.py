"""Tables of the page on repeated multiplication."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import products, scalar_chain, theory
from core.formats import FORMATS
from core.scalar_chain import SignedLog
from pages.concepts.products.charts import LARGEST, LIMIT, SMALLEST
from pages.concepts.products.panel import LAYERS, W
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

DRAWS = 20_000
MATRICES = 30
MIXED = 100  # draws of mixed streams
_TRIALS = {"2": 400, "5": 200, "10": 100, "20": 40, "64": 10}  # dear at 64: 0.3 s for 10


# The chain ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Along:
    """The products over the first n = 0…LAYERS layers of the chain with one w."""

    weights: SignedLog
    slopes: SignedLog
    gradient: SignedLog


def _from_the_input(factors: np.ndarray) -> SignedLog:
    """Running products with the empty product in front: entry n is over n layers."""
    ones = np.ones((*factors.shape[:-1], 1))
    return scalar_chain.running_product(np.concatenate([ones, factors], axis=-1))


@memoize(64)
def along(w: float, activation: str) -> Along:
    """The chain at one w: the first n of its layers are the chain of n layers."""
    chain = scalar_chain.chain(scalar_chain.tied(w, LAYERS), activation=activation)
    return Along(
        weights=_from_the_input(chain.weights),
        slopes=_from_the_input(chain.slope),
        gradient=_from_the_input(chain.weights * chain.slope),
    )


@memoize(16)
def powers(activation: str) -> pd.DataFrame:
    """One row per w; see `charts.powers`."""
    w = np.array(W.values())
    chain = scalar_chain.chain(scalar_chain.tied(w, LAYERS), activation=activation)
    slopes = _from_the_input(chain.slope).log10
    gradient = _from_the_input(chain.weights * chain.slope).log10
    if activation == "identity":  # the line of wⁿ itself
        gradient = np.full_like(gradient, np.nan)
    packed = {"slopes": frames.pack(slopes), "gradient": frames.pack(gradient)}
    packed["became"] = [theme.outcome(line[-1]) for line in gradient]
    return pd.DataFrame({"w": w} | packed | _half_precision())


@memoize(1)
def _half_precision() -> dict[str, list]:
    ends = [scalar_chain.power_end(w, FORMATS["float16"], most=0) for w in W.values()]
    says = [
        f"rounded once to\nfloat16: {theme.number(end.once)} from n = {end.n}" if end.n else None
        for end in ends
    ]
    return {"fp16": [end.n for end in ends], "fp16_says": says}


@memoize(64)
def mark(n: int) -> pd.DataFrame:
    """The n to mark, as a table of its own."""
    return pd.DataFrame({"n": [n]})


def main_line(at) -> pd.DataFrame:
    """The gradient along the chain, which is wⁿ where there is no activation; see `beside`."""
    size = along(at.w, at.activation).gradient.log10
    return beside.line(np.arange(LAYERS + 1), size, seen=(-LIMIT, LIMIT))


ASKED = (0.9, 50)  # the power that the page's question asks for


def asked() -> np.ndarray:
    """log₁₀ of it, and of all lower powers."""
    w, factors = ASKED
    return scalar_chain.power(w, np.arange(factors + 1)).log10


def idea(guess: float) -> beside.Idea | None:
    """What each factor would leave if 0.9⁵⁰ were the guess, log₁₀; None where that is close."""
    return beside.guessed(
        guess,
        asked(),
        "each factor leaves {}",
        truth=f"{ASKED[0]:g}ⁿ",
        so=f"{ASKED[0]:g}ⁿ",
        so_share=1.0,
        point=lambda x: f"*n* = {x:g}",
        x=np.arange(ASKED[1] + 1),
        seen=(-LIMIT, LIMIT),
        name_share=0.7,
        below=bool(guess < asked()[-1]),
    )


def exact(w: float, n: int) -> str:
    """wⁿ to six digits, for the article's own numbers."""
    text = theme.number(float(scalar_chain.power(w, n).exact), 6)
    return text.rstrip("0") if "×" not in text else text


_SIZE = "log10 of the size"
UNITS = {  # of the table for taking away
    **{"n": "count", "w": "number", "activation": "name", "log10_abs_w_to_the_n": _SIZE},
    **{"log10_product_of_slopes": _SIZE, "log10_abs_product_of_w_times_slope": _SIZE},
}


def powers_table(at) -> pd.DataFrame:
    """The numbers behind the main chart at one w."""
    found = along(at.w, at.activation)
    return pd.DataFrame(
        {
            "n": np.arange(LAYERS + 1),
            "w": at.w,
            "activation": at.activation,
            "log10_abs_w_to_the_n": found.weights.log10,
            "log10_product_of_slopes": found.slopes.log10,
            "log10_abs_product_of_w_times_slope": found.gradient.log10,
        }
    )


# Random weights ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draws:
    """Products of n draws from N(0, σ²), beside their exact law; sizes are log₁₀."""

    tables: dict[str, pd.DataFrame]  # see `charts.random_products`
    median: float
    median_theory: float
    share_below_one: float
    below_one_theory: float
    weights_below_one: float  # exact share of single weights with |w| < 1
    rms_sampled: float
    rms_theory: float


@memoize(64)
def sigma_for_median(n: int) -> float:
    """The σ at which the median product of n factors is 1."""
    return float(theory.sigma_for_median_one(n))


@memoize(64)
def random_products(n: int, sigma: float, seed: int) -> Draws:
    """Draw, count in half decades, and put the exact density and the marks beside them."""
    draws = products.scalar_products(n, trials=DRAWS, rng=np.random.default_rng(seed), sigma=sigma)
    edges = np.arange(SMALLEST, LARGEST + 0.5, 0.5)
    # the rare one beyond an end counts in the last bar there
    counts, _ = np.histogram(np.clip(draws.log10, edges[0], edges[-1]), edges)
    bars = pd.DataFrame(
        {
            "left": edges[:-1],
            "right": edges[1:],
            "density": counts / DRAWS / 0.5,
            "meaning": [theme.outcome(center) for center in edges[:-1] + 0.25],
            "says": [
                f"{theme.from_log10(low, 2)} to {theme.from_log10(low + 0.5, 2)}"
                for low in edges[:-1]
            ],
        }
    )
    bars = bars[bars["density"] > 0]
    grid = np.linspace(SMALLEST, LARGEST, 400)
    curve = pd.DataFrame(
        {
            "log10": grid,
            "density": theory.log10_product_density(grid, n, sigma=sigma),
            "meaning": "dark",
        }
    )
    median, rms = float(draws.median[-1]), float(draws.log10_rms[-1])
    rms_theory = float(draws.log10_rms_theory[-1])
    rules = pd.DataFrame(
        {
            "log10": [median, rms_theory],
            "side": ["left", "right"],
            "says": [
                f"median {theme.from_log10(median, 2)}",
                f"true rms {theme.from_log10(rms_theory, 2)}",
            ],
            "meaning": [theme.outcome(median), "reference"],
        }
    )
    return Draws(
        tables={"frame": bars, "theory": curve, "rules": rules},
        median=median,
        median_theory=float(theory.log10_product_median(n, sigma=sigma)),
        share_below_one=float(draws.share_below_one[-1]),
        below_one_theory=float(theory.probability_below_one(n, sigma=sigma)),
        weights_below_one=float(theory.probability_below_one(1, sigma=sigma)),
        rms_sampled=rms,
        rms_theory=rms_theory,
    )


# Random matrices ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matrices:
    """Products of up to MATRICES random matrices; sizes are log₁₀ after k = 0…MATRICES."""

    tables: dict[str, pd.DataFrame]  # see `charts.matrix_products`
    vector: np.ndarray  # medians over the trials
    largest: np.ndarray
    median: np.ndarray
    apart: np.ndarray  # the largest singular value over the median one of the same product
    law: np.ndarray
    trials: int


@memoize(64)
def matrix_products(width: str, scale: str, seed: int) -> Matrices:
    """Draw products of width × width matrices with σ = 1, or with σ = 1/√width (gain 1)."""
    sigma = 1.0 if scale == "one" else 1 / np.sqrt(int(width))
    drawn = products.matrix_products(
        MATRICES,
        width=int(width),
        trials=_TRIALS[width],
        rng=np.random.default_rng(seed),
        sigma=sigma,
    )
    series = {
        "vector": ("a vector", "dark", drawn.log10_growth),
        "largest": ("largest", "one", drawn.log10_largest),
        "median": ("median", "two", drawn.log10_median),
        "law": ("gain's law", "reference", drawn.log10_predicted[None]),
    }
    tables, middles = _over_k(series, gap=3.6, within=(-28.5, 28.5))
    apart = np.median(drawn.log10_largest - drawn.log10_median, axis=0)
    return Matrices(tables, trials=_TRIALS[width], apart=apart, **middles)


def _over_k(
    series: dict[str, tuple[str, str, np.ndarray]], **places
) -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray]]:
    """Tables of a chart, and the medians of each series, from its name, its color and log₁₀ of its
    trials (trials, k); `places` says where names may stand: see `grammar.apart`."""
    middles, parts, ends = {}, [], []
    for kind, (name, meaning, values) in series.items():
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        middles[kind] = middle
        part = pd.DataFrame({"k": np.arange(len(middle)), "series": kind, "log10": middle})
        part["low"], part["high"], part["meaning"] = low, high, meaning
        part["says"] = [theme.from_log10(value) for value in middle]
        parts.append(part)
        ends.append({"k": len(middle) - 1, "log10": middle[-1], "name": name, "meaning": meaning})
    names = grammar.line_names(ends, "log10", **places)
    return {"frame": pd.concat(parts, ignore_index=True), "names": names}, middles


# Mixed streams -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Streams:
    """Four streams mixed LAYERS times; `free` and `difference` are medians of log₁₀ at the end."""

    tables: dict[str, pd.DataFrame]  # see `charts.streams`
    sigma: float
    free: float
    difference: float
    sum_off: float  # the largest miss of the sum in any draw, as a share of it


@memoize(16)
def streams(scale: str, seed: int) -> Streams:
    """Mix by free matrices, σ as for `matrix_products` of width 4, and by doubly stochastic."""
    sigma = 1.0 if scale == "one" else 0.5
    rng = np.random.default_rng(seed)
    drawn = products.stream_products(LAYERS, width=4, trials=MIXED, rng=rng, sigma=sigma)
    series = {
        "free": ("length, free", "dark", drawn.log10_free),
        "sum": ("sum", "one", drawn.log10_sum),
        "difference": ("differences", "two", drawn.log10_difference),
    }
    tables, middles = _over_k(series, gap=8)
    return Streams(
        tables,
        sigma=sigma,
        free=float(middles["free"][-1]),
        difference=float(middles["difference"][-1]),
        sum_off=float(np.abs(10.0**drawn.log10_sum - 1).max()),
    )
