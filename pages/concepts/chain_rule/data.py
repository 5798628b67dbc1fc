"""Tables of the page on backpropagation as a product."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from core import scalar_chain, untrained
from core.activations import activation as find_activation
from core.network import NetSpec
from pages.concepts.chain_rule.charts import DEEP, HIGH, STEPS
from pages.concepts.chain_rule.panel import FACTOR, LAYERS, W2, W
from pages.kit import beside, frames, grammar, theme
from pages.kit.memoize import memoize

# Each gradient's way back: the quantities, and the options of the control that name its factors.
NODES = {"w1": ("J", "ŷ", "z₂", "a₁", "z₁", "w₁"), "w2": ("J", "ŷ", "z₂", "w₂")}
FACTORS = {"w1": ("loss", "slope2", "w2", "slope1", "x"), "w2": ("loss", "slope2", "a1")}
MEANING = {  # of each factor: what it is, not what it costs
    **{"slope1": "slopes", "slope2": "slopes", "w2": "weights"},
    **{"loss": "dark", "a1": "dark", "x": "dark"},
}
_EVERY_W2 = np.array(W2.values())  # of the slider


# The article's network ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """The article's network with any w₂: its first weight, its input and its target."""

    w1: float
    x: float
    y: float

    def chain(self, w2) -> scalar_chain.TwoLayerChain:
        """The network with one w₂ or with many."""
        return scalar_chain.two_layer_chain(w1=self.w1, w2=w2, x=self.x, y=self.y)


def example(at) -> Example:
    """What the page's controls are set to."""
    return Example(at.w1, at.x, at.y)


@dataclass(frozen=True)
class Walk:
    """A gradient's way back: K factors and, J first, K + 1 quantities; sizes are log₁₀."""

    factors: np.ndarray  # (…, K)
    values: np.ndarray  # (…, K + 1)
    levels: np.ndarray  # (…, K + 1) of |dJ/d(quantity)|
    signs: np.ndarray  # (…, K + 1)


def walk(of: Example, w2, gradient: str) -> Walk:
    """From J to the weight, for one w₂ or for many."""
    net = of.chain(w2)
    weight2 = np.asarray(w2, dtype=float)
    if gradient == "w1":
        path, on_it = net.dw1_factors, [net.z2, net.a1, net.z1, np.full_like(weight2, of.w1)]
    else:
        path, on_it = net.dw2_factors, [net.z2, weight2]
    factors = np.stack([factor.value for factor in path], axis=-1)
    ones = np.ones((*weight2.shape, 1))  # dJ/dJ
    product = scalar_chain.running_product(np.concatenate([ones, factors], axis=-1))
    values = np.stack([net.loss, net.y_hat, *on_it], axis=-1)
    return Walk(factors, values, product.log10, product.sign)


@memoize(64)
def became(of: Example, gradient: str) -> tuple[str, ...]:
    """The color of the gradient at each w₂: “vanishing” far below the best that a w₂ can do here.

    J itself is no measure: the best w₂ leaves less than a tenth of it, and nothing has vanished.
    """
    sizes = walk(of, _EVERY_W2, gradient).levels[:, -1]
    far = ~(sizes > sizes.max() - theme.CLOSE)  # 0 where all are 0
    return tuple(np.where(far, "vanishing", "healthy").tolist())


@memoize(64)
def ledger(of: Example, gradient: str) -> pd.DataFrame:
    """One row per w₂; see `charts.ledger`."""
    along = walk(of, _EVERY_W2, gradient)
    none = np.full((len(_EVERY_W2), 1), np.nan)
    return pd.DataFrame(
        {
            "w2": _EVERY_W2,
            "value": frames.pack(along.values, ".6g"),
            "times": frames.pack(np.concatenate([none, along.factors], axis=-1), ".6g"),
            "level": frames.pack(along.levels, frames.READ),
            "sign": frames.pack(along.signs, ".0f"),
            "became": became(of, gradient),
        }
    )


@memoize(64)
def way(gradient: str, factor: str) -> pd.DataFrame:
    """One row per quantity on the gradient's way; see `charts.ledger`."""
    factors = FACTORS[gradient]
    i = np.arange(len(factors) + 1)
    lit = factor in factors
    at = factors.index(factor) + 1 if lit else len(factors)
    return pd.DataFrame(
        {
            "i": i,
            "node": NODES[gradient],
            "name": ["", *(FACTOR.options[option] for option in factors)],
            FACTOR.name: ["all", *factors],
            "meaning": ["dark", *(MEANING[option] for option in factors)],
            "last": len(factors),
            "faint": i > at,
            "here": i == at,
            "mark": lit & (i == at),
            "chosen": factor,
        }
    )


@memoize(64)
def largest(of: Example) -> tuple[float, float]:
    """The w₂ of the slider at which |dJ/dw₁| is largest, and |dJ/dw₁| there."""
    sizes = np.abs(of.chain(_EVERY_W2).dw1)
    at = int(sizes.argmax())
    return float(_EVERY_W2[at]), float(sizes[at])


def ledger_table(at) -> pd.DataFrame:
    """Every factor of both gradients at every w₂."""
    net = example(at).chain(_EVERY_W2)
    factors = {factor.name: factor.value for factor in (*net.dw1_factors, *net.dw2_factors)}
    return pd.DataFrame(
        {"w₂": _EVERY_W2, "w₁": at.w1, "y": at.y, "z₂": net.z2, "ŷ": net.y_hat, "J": net.loss}
        | factors
        | {"dJ/dw₁": net.dw1, "dJ/dw₂": net.dw2}
    )


_COLUMNS = "w₂ w₁ y z₂ ŷ J dJ/dŷ φ′(z₂) φ′(z₁) x a₁ dJ/dw₁ dJ/dw₂"
UNITS = dict.fromkeys(_COLUMNS.split(), "number")


# Depth -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Depths:
    """Chains of 2…LAYERS layers that share w, for x = 1; sizes are log₁₀, (W, LAYERS − 1)."""

    w: np.ndarray
    gradient: np.ndarray  # |dŷ/dw₁|
    sign: np.ndarray
    slopes: np.ndarray  # ∏ φ′(z)
    slopes_sign: np.ndarray
    steepest: float  # of the largest |φ′|

    def at(self, w: float, layers: int) -> tuple[float, ...]:
        """Gradient, its sign, the slopes, and their product's sign, at one w and one depth."""
        row, column = int(np.abs(self.w - w).argmin()), layers - 2
        here = (self.gradient, self.sign, self.slopes, self.slopes_sign)
        return tuple(float(values[row, column]) for values in here)

    def bound(self, w: float, layers: int) -> float:
        """What |dŷ/dw₁| cannot exceed: |w|^(L−1) times the largest slope to the power L."""
        weights = float(scalar_chain.power(abs(w), layers - 1).log10)
        return weights + layers * self.steepest

    def nearest_to_one(self, layers: int, *, sign: int) -> tuple[float, float]:
        """The w of one sign that keeps |dŷ/dw₁| nearest to 1, and log₁₀ |dŷ/dw₁| there."""
        sizes = self.gradient[:, layers - 2]
        distance = np.where(np.isfinite(sizes) & (np.sign(self.w) == sign), np.abs(sizes), np.inf)
        row = int(distance.argmin())
        return float(self.w[row]), float(sizes[row])


@memoize(16)
def depths(activation: str) -> Depths:
    """The first L layers of the deepest chain are the chain of L layers."""
    w = np.array(W.values())
    chain = scalar_chain.chain(scalar_chain.tied(w, LAYERS), activation=activation)
    slopes = scalar_chain.running_product(chain.slope)
    # dŷ/dw₁ = φ′(z₁)·x, then w·φ′(z) for each later layer
    factors = chain.slope * np.concatenate([np.ones((len(w), 1)), chain.weights[:, 1:]], axis=-1)
    gradient = scalar_chain.running_product(factors)
    return Depths(
        w=w,
        gradient=gradient.log10[:, 1:],
        sign=gradient.sign[:, 1:],
        slopes=slopes.log10[:, 1:],
        slopes_sign=slopes.sign[:, 1:],
        steepest=float(np.log10(find_activation(activation).max_slope)),
    )


@memoize(16)
def _packed_depths(activation: str) -> pd.DataFrame:
    chain = depths(activation)
    return pd.DataFrame({"w": chain.w, "slopes": frames.pack(chain.slopes)})


@memoize(64)
def depth(activation: str, layers: int) -> pd.DataFrame:
    """One row per w; see `charts.depth`."""
    chain = depths(activation)
    log10 = chain.gradient[:, layers - 2]
    return _packed_depths(activation).assign(
        steepest=chain.steepest,
        mark=layers,
        sign=np.nan_to_num(chain.sign[:, layers - 2]),
        log10=np.where(np.isfinite(log10), log10, np.nan),
    )


def main_line(at) -> pd.DataFrame:
    """The gradient by depth at one w; see `beside`."""
    chain = depths(at.activation)
    size = chain.gradient[int(np.abs(chain.w - at.w).argmin())]
    return beside.line(np.arange(2, LAYERS + 1), size, seen=(DEEP, HIGH))


ASKED = 4.0  # the weight that the page's question asks for


def idea(option: str) -> beside.Idea | None:
    """What a wrong answer would make of dŷ/dw₁ in sigmoid chains with w = 4; None for the right."""
    layers = np.arange(2, LAYERS + 1)
    weights = (layers - 1) * np.log10(ASKED)
    chain = depths("sigmoid")
    idea_of = partial(
        beside.Idea,
        truth="the sigmoid chain with *w* = 4",
        so="sigmoid, w = 4",
        point=lambda x: f"L = {x:g}",
        x=layers,
        measured=chain.gradient[int(np.abs(chain.w - ASKED).argmin())],
        seen=(DEEP, HIGH),
        name_share=0.3,
        align="left",
        below=True,
    )
    slopes = layers * chain.steepest
    return {
        "yes": idea_of(
            "every slope is ¼, so that it is 4ᴸ⁻¹ · ¼ᴸ", "4ᴸ⁻¹ · ¼ᴸ", y=weights + slopes
        ),
        "explodes": idea_of("the weights alone count", "4ᴸ⁻¹", y=weights),
    }.get(option)


# The split ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Split:
    """Medians over the networks, log₁₀, of their products from the last layer back to the first."""

    tables: dict[str, pd.DataFrame]  # see `charts.split`
    slopes: np.ndarray
    weights: np.ndarray
    gradient: np.ndarray
    members: int
    dead: int  # of these, through which no gradient comes at all


@memoize(64)
def split(width: str, activation: str, scheme: str, seed: int) -> Split:
    """A network of STEPS + 1 layers on digits, each member with draws of its own."""
    spec = NetSpec(
        n_in=64,
        width=int(width),
        depth=STEPS + 1,
        n_out=10,
        activation=activation,
        initializer=scheme,
    )
    measured = untrained.profile(spec, seed)
    gradient = measured.products[0]
    series = {"slopes": measured.slopes[0], "weights": measured.weights[0], "gradient": gradient}
    series = {name: values[:, ::-1] for name, values in series.items()}  # the last layer first
    dead = int((series["gradient"][:, -1] == -np.inf).sum())
    middles, parts, ends = {}, [], []
    for name, values in series.items():
        low, middle, high = untrained.quartiles(values, axis=0)
        end = float(middle[-1])
        meaning = theme.outcome(end) if name == "gradient" else name
        middles[name] = middle
        parts.append(_line(name, meaning, low, middle, high))
        says = f"{name}\n{theme.from_log10(end, 2)}"
        ends.append({"layer": 1, "log10": np.clip(end, -14, 14), "name": says, "meaning": meaning})
    frame = pd.concat(parts, ignore_index=True)
    tables = {
        "frame": frame,
        "names": grammar.line_names(ends, "log10", gap=4.0, within=(-15, 15)),
        "lost": frame.loc[frame["log10"].isna(), ["layer"]],
    }
    return Split(tables, members=len(gradient), dead=dead, **middles)


def _line(name: str, meaning: str, low, middle, high) -> pd.DataFrame:
    drawn = np.isfinite(middle)
    part = pd.DataFrame({"layer": np.arange(STEPS + 1, 0, -1), "series": name, "meaning": meaning})
    part["log10"] = np.where(drawn, middle, np.nan)
    part["low"] = np.where(drawn & np.isfinite(low), low, np.nan)
    part["high"] = np.where(drawn & np.isfinite(high), high, np.nan)
    part["says"] = [theme.from_log10(value) for value in middle]
    return part
