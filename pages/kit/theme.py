"""The only colors, sizes and number formats of the site."""

import math
import re
from collections.abc import Sequence

# What each color means, on all pages: the names on the color scale of every chart, in the order of
# `chartCategoricalColors` in .streamlit/config.toml, where light and dark mode each have their own
# values for them.
MEANINGS = {
    "vanishing": "far smaller than it should be, or becomes 0; blue",
    "healthy": "of the size that it should have; green",
    "exploding": "far larger than it should be, or broken; vermillion",
    "reference": "what the rest is held against, and axes drawn by hand; gray",
    "slopes": "the product of slopes, or a slope in a product; amber",
    "weights": "the product of weights, or a weight in a product; violet",
    "dark": "what is measured or set, or a third thing that is compared; nearly black",
    "one": "the first of things that are compared; magenta",
    "two": "the second of things that are compared; olive",
}
# Things that are compared have the same color wherever they are.
COMPARED = {
    **{"sigmoid": "one", "tanh": "two", "relu": "dark"},
    **{"A": "one", "B": "two"},  # networks
    **{"by value": "one", "by norm": "two"},
    **{"rounded once": "one", "rounded throughout": "two"},
    **{"He": "one", "LeCun, Xavier": "two", "N(0, 1)": "dark"},
}


def hues(names: Sequence[str]) -> tuple[str, ...]:
    """The colors of up to three things that are compared: their own, or one that is left."""
    found = {name: COMPARED[name] for name in names if name in COMPARED}
    left = [hue for hue in ("one", "two", "dark") if hue not in found.values()]
    for name in names:
        if name not in found:
            found[name] = left.pop(0)
    return tuple(found[name] for name in names)


# Colors of a quantity, the same in light and in dark: a gradient's size, blue over the healthy
# green to vermillion; and the probability of one class of two.
SMALL_TO_LARGE = ("#08306b", "#0072B2", "#009E73", "#E69F00", "#D55E00")
TWO_CLASSES = ("#ffffff", "#3a3a3a")

MAIN_HEIGHT = 440  # px, the one main chart of a page, with axes
SMALL_HEIGHT = 330  # px

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def superscript(n: int) -> str:
    """The integer n in raised digits: -12 is ⁻¹²."""
    return str(n).translate(_SUPERSCRIPTS)


def _mantissa_and_exponent(log10: float, digits: int) -> tuple[str, int]:
    exponent = math.floor(log10)
    mantissa = f"{10 ** (log10 - exponent):.{digits - 1}f}"
    if mantissa.startswith("10"):  # 9.996 rounds to 10.00
        return f"{1:.{digits - 1}f}", exponent + 1
    return mantissa, exponent


def _plain(x: float, digits: int) -> str:
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(x))))
    if decimals and abs(round(x, decimals)) >= 10 ** (digits - decimals):
        decimals -= 1  # 0.9996 rounds to 1.00
    return f"{x:,.{decimals}f}".replace("-", "−")


def number(x: float, digits: int = 3) -> str:
    """A number for prose: 0.216, 4.70×10⁻⁴, 1,150, 0, ∞ or “not a number”.

    A small number is never rounded to 0.00. Plain notation from 0.001 up to 100,000.
    """
    if math.isnan(x):
        return "not a number"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == 0:
        return "0"
    return from_log10(math.log10(abs(x)), digits, negative=x < 0)


def from_log10(log10: float, digits: int = 3, *, negative: bool = False) -> str:
    """The number ±10**log10 for prose, also where it would over- or underflow as a float."""
    if log10 == -math.inf:
        return "0"
    if not math.isfinite(log10):
        return "not a number" if math.isnan(log10) else ("−∞" if negative else "∞")
    sign = "−" if negative else ""
    if -3 <= log10 < 5:
        return sign + _plain(10**log10, digits)
    mantissa, exponent = _mantissa_and_exponent(log10, digits)
    return f"{sign}{mantissa}×10{superscript(exponent)}"


def within(log10: float) -> str:
    """A factor that two numbers lie within, rounded up: 1.1 where they agree to less than that."""
    factor = 10 ** abs(log10)
    return from_log10(math.log10(max(1.1, math.ceil(10 * factor - 1e-9) / 10)), 2)


def tex(log10: float, digits: int = 3, *, negative: bool = False) -> str:
    r"""The number ±10**log10 for an equation: 4.70 \times 10^{-4}."""
    if log10 == -math.inf:
        return "0"
    sign = "-" if negative else ""
    if not math.isfinite(log10):
        return r"\text{not a number}" if math.isnan(log10) else rf"{sign}\infty"
    if -3 <= log10 < 5:
        return sign + _plain(10**log10, digits).replace(",", r"{,}")
    mantissa, exponent = _mantissa_and_exponent(log10, digits)
    return rf"{sign}{mantissa} \times 10^{{{exponent}}}"


def percent(share: float) -> str:
    """A share in percent that says 0 or 100 only when it is: 68 %, 99.5 %, 0.03 %."""
    if math.isnan(share):
        return "not a number"
    if share in (0, 1) or 0.01 <= share <= 0.99:
        return f"{100 * share:.0f} %"
    if 0.0001 < share < 0.01:
        return f"{100 * share:.2g} %"
    if 0.99 < share < 0.9999:
        return f"{100 * share:.1f} %" if share < 0.999 else f"{100 * share:.2f} %"
    return "under 0.01 %" if share < 0.5 else "over 99.99 %"


def setting(x: float) -> str:
    """A control's value as the reader set it: 0.6, −1.25, 3×10⁻⁵."""
    digits, _, power = f"{x:g}".partition("e")
    digits = digits.replace("-", "−")
    if not power:
        return digits
    return ("" if digits == "1" else f"{digits}×") + f"10{superscript(int(power))}"


def count(n: int, noun: str) -> str:
    """1 factor, 15 factors."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def listed(parts: Sequence[str]) -> str:
    """A, B and C; nothing for none."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


_TEX_NUMBER = re.compile(r"-?([\d.]+)(?: \\times 10\^\{(-?\d+)\})?")


def _log10_shown(text: str) -> float:
    """log₁₀ of the size of a number that `tex` wrote; NaN of what is no number."""
    found = _TEX_NUMBER.fullmatch(text.replace("{,}", ""))
    if not found:
        return math.nan
    size = float(found[1])
    return math.log10(size) + int(found[2] or 0) if size else -math.inf


def relation(result: str, *factors: str, power: int = 1) -> str:
    r"""= if the numbers as `tex` wrote them multiply to the result as it stands, else \approx."""
    given = power * sum(_log10_shown(factor) for factor in factors)
    return "=" if tex(given) == result.lstrip("-") else r"\approx"


CLOSE = math.log10(3)  # decades: within a factor of 3 of each other


def nearly(miss: float) -> str:
    r"""\approx where two log₁₀ sizes are `miss` apart, within a factor of 3; \neq beyond."""
    return r"\approx" if abs(miss) < CLOSE else r"\neq"


def agreement(miss: float) -> str:
    """The same in words: “agree within a factor of 1.1” or “differ by a factor of 40”."""
    if abs(miss) < CLOSE:
        return f"agree within a factor of {within(miss)}"
    return f"differ by a factor of {from_log10(abs(miss), 2)}"


def beyond(log10: float, low: float, high: float) -> str:
    """Where a line goes that leaves an axis from `low` to `high`: ↑, ↓, or nothing."""
    return "" if math.isnan(log10) or low <= log10 <= high else "↑" if log10 > 0 else "↓"


# Outcomes: what became of a quantity that should have kept its size.

BAND = 1.0  # decades on either side of 1 that count as healthy
HEALTHY_STEP = (
    "By a rule of thumb a step of about 10⁻³ of the weights' size is healthy; networks here have "
    "learned from first steps of up to 10⁻¹."
)


def outcome(log10_ratio: float) -> str:
    """“vanishing”, “healthy” or “exploding” for the log₁₀ of a ratio that is 1 when all is well."""
    if log10_ratio < -BAND:
        return "vanishing"
    return "exploding" if log10_ratio > BAND or math.isnan(log10_ratio) else "healthy"


def became(log10_ratio: float, *, many: bool = False) -> str:
    """What a size did: “vanishes”, “explodes”, and between them “keeps its size” only if it is
    within a factor of 2 of what it was. `many`: of several, “vanish”."""
    found = outcome(log10_ratio)
    if found == "healthy" and abs(log10_ratio) < math.log10(2):
        return "keep their size" if many else "keeps its size"
    verb, rest = {
        "vanishing": ("vanish", ""),
        "healthy": ("stay", " within a factor of 10"),
        "exploding": ("explode", ""),
    }[found]
    ending = "" if many else "es" if verb.endswith("sh") else "s"
    return f"{verb}{ending}{rest}"


def span(low: str, high: str) -> str:
    """“0.71 to 2.26”, or the one number that both are."""
    return low if low == high else f"{low} to {high}"


# Equations: terms in the colors of their marks, with their values beneath.


def term(meaning: str, formula: str, value: str) -> str:
    """A term of an equation in the color of its mark, over its current value.

    The color stands there by the name of its meaning; `page.write` puts the reader's own in.
    """
    return rf"\underbrace{{\textcolor{{{meaning}}}{{{formula}}}}}_{{{value}}}"


def weights_times_slopes(ratio: float, weights: float, slopes: float, *, depth: int) -> str:
    """What is left of a gradient at layer 1, beside (σ√n)ⁿ times the product of the slopes.

    All log₁₀; displayed. The rule takes weights and slopes to be independent, so that the two sides
    may be apart.
    """
    n, finite = depth - 1, math.isfinite(ratio) and math.isfinite(slopes)
    left = rf"\frac{{\lVert dJ/dz_1\rVert}}{{\lVert dJ/dz_{{{depth}}}\rVert}}"
    terms = (
        term(outcome(ratio), left, tex(ratio)),
        term("weights", rf"(\sigma\sqrt{{n}})^{{{n}}}", tex(weights)),
        term("slopes", rf"\prod_{{l=1}}^{{{n}}} \varphi'(z_l)", tex(slopes)),
    )
    equals = nearly(weights + slopes - ratio if finite else 0.0)
    return displayed(rf"{terms[0]}\;{equals}\;{terms[1]}\;\cdot\;{terms[2]}")


def displayed(*formulas: str) -> str:
    """Equations, a line each, as a paragraph of a text.

    As elements of their own they would cost the reader's browser more at each move of a control.
    """
    return "\n\n".join(f"$$\n{formula}\n$$" for formula in formulas)
