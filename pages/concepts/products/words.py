"""Sentences of the page on repeated multiplication."""

import math
from collections.abc import Callable

from core.scalar_chain import SignedLog
from pages.concepts.products import data
from pages.concepts.products.data import DRAWS, MIXED, Along, Draws, Matrices, Streams
from pages.concepts.products.panel import LAYERS, PANEL
from pages.kit import theme
from pages.kit.prose import fill


def finding(at) -> str:
    """What n factors of w make, and what the slopes leave of it where there are any."""
    n, along = at.n, data.along(at.w, at.activation)
    alone = at.activation == "identity"
    return fill(
        "At *w* = {w}, {factors} {make} **{power}**{chain} {line}",
        w=theme.setting(at.w),
        factors=theme.count(n, "factor"),
        make="makes" if n == 1 else "make",
        power=_over(n, along.weights),
        chain=f": {_what_became(along.weights.log10[n])}"
        if alone
        else fill(
            ". With {slopes} of {label} {place} the gradient is **{gradient}**: {became}",
            slopes="the slope" if n == 1 else "the slopes",
            place="after it" if n == 1 else "between them",
            label=PANEL["activation"].shown(at.activation),
            gradient=_over(n, along.gradient),
            became=_what_became(along.gradient.log10[n]),
        ),
        line=_line(at.w, alone),
    )


def _over(n: int, product: SignedLog, write: Callable[..., str] = theme.from_log10) -> str:
    """A product over the first n layers, as a number."""
    return write(float(product.log10[n]), negative=product.sign[n] < 0)


def _line(w: float, alone: bool) -> str:
    if not w:
        return "A log scale has no place for 0, so *w*ⁿ has no line. Drag *w* away from it."
    if alone:
        return "Drag *w*; the line is straight, whatever you do."
    return (
        "Drag *w*; the line of *w*ⁿ is straight, whatever you do, and the gradient's need not be."
    )


def _what_became(size: float) -> str:
    """One clause on the product of the marked number of factors."""
    if size == -math.inf:
        return "nothing is left."
    if abs(size) < 2e-4:  # 1.00, in three digits
        return "its size is what it was."
    if -1 < size < 0:
        return f"{theme.percent(10**size)} of the size is left."
    if size < 0:
        return f"one part in {theme.from_log10(-size)}."
    return "that many times what went in."


def equation(at) -> str:
    """The gradient of the chain as the power of w times the product of slopes."""
    n, along = at.n, data.along(at.w, at.activation)
    shown = [_over(n, of, theme.tex) for of in (along.gradient, along.weights, along.slopes)]
    became = theme.outcome(along.gradient.log10[-1])
    gradient = theme.term(became, rf"\prod_{{l=1}}^{{{n}}} w\,\varphi'(z_l)", shown[0])
    power = theme.outcome(along.weights.log10[-1])
    weights = theme.term(power, f"({at.w:g})^{{{n}}}", shown[1])
    slopes = theme.term("slopes", rf"\prod_{{l=1}}^{{{n}}} \varphi'(z_l)", shown[2])
    relation = theme.relation(*shown)
    return theme.displayed(rf"{gradient}\;{relation}\;{weights}\;\cdot\;{slopes}")


def notes(at) -> list[str]:
    """What to notice: the pace, the window around 1, the slopes, the sign."""
    along = data.along(at.w, at.activation)
    pace = _pace(at.w, abs(along.weights.log10[1]))
    return [pace, _window(at.w), _slopes(at, along), _sign(at.w)]


def _pace(w: float, rate: float) -> str:
    if not rate:
        return "|*w*| is exactly 1: no number of factors changes the size."
    if math.isinf(rate):
        return "*w* is 0: the first factor ends it."
    few = theme.number(1 / rate, 2)
    one = 1 / rate < 1.05
    shrinks, grows = ("divides", "multiplies") if one else ("divide", "multiply")
    return fill(
        """At *w* = {w} every {few} {verb} the product by {times}, at the start as at the end. That
        is what exponential means: on a log scale, a straight line.""",
        w=theme.setting(w),
        few="single factor" if one else f"{few} factors",
        verb=shrinks if abs(w) < 1 else grows,
        times=theme.from_log10(rate) if one else "ten",
    )


def _window(w: float) -> str:
    low, high = 2 ** (-1 / LAYERS), 2 ** (1 / LAYERS)
    return fill(
        """To keep |*w*|⁶⁰ within a factor of 2 of 1, |*w*| has to lie between {low} and {high}. {w}
        {does}.""",
        low=f"{low:.4f}",
        high=f"{high:.4f}",
        w=theme.setting(w),
        does="does: you are in that window"
        if low <= abs(w) <= high
        else "does not. Try to find that window by dragging",
    )


def _slopes(at, along: Along) -> str:
    if at.activation == "identity":
        return fill(
            """No activation means φ′ = 1 at every layer: the dotted line ∏φ′(z) stays at 1 and the
            gradient is *w*ⁿ alone. Choose Tanh, make *w* larger than 1, and see it bend."""
        )
    return fill(
        """With {label}, {slopes} {multiply} {product}, and the gradient is {gradient} where *w*ⁿ
        alone is {weights}. Slopes and weights are two factors of one product; the next pages take
        them apart.""",
        label=PANEL["activation"].shown(at.activation),
        slopes=theme.count(at.n, "slope"),
        multiply="makes" if at.n == 1 else "multiply to",
        product=_over(at.n, along.slopes),
        gradient=_over(at.n, along.gradient),
        weights=_over(at.n, along.weights),
    )


def _sign(w: float) -> str:
    if w < 0:
        return fill(
            """A negative *w* turns the sign of *w*ⁿ around with every factor. Its size is that of
            |*w*|ⁿ, and the axis shows sizes only."""
        )
    return fill(
        """Between 0 and 1 no *w* is safe forever: near 1 the product vanishes slowly, near 0 it
        vanishes fastest."""
    )


def random_weights(factors: int, drawn: Draws) -> str:
    """What products of random weights come to, beside their exact law."""
    return fill(
        """Of {draws} products of {factors} weights, {below} are below 1 in size (exactly:
        {below_exactly}). The median is {median} (exactly: {median_exactly}), yet the root mean
        square is σⁿ = {rms}, {apart} times as much. {mean} These {draws} draws give an rms of
        {rms_sampled}: {giants}, so the chart draws the true rms. The median product of {factors}
        factors is 1 at σ = {sigma}.""",
        draws=f"{DRAWS:,}",
        giants=_giants(drawn.rms_sampled - drawn.rms_theory),
        factors=factors,
        below=theme.percent(drawn.share_below_one),
        below_exactly=theme.percent(drawn.below_one_theory),
        median=theme.from_log10(drawn.median, 2),
        median_exactly=theme.from_log10(drawn.median_theory, 2),
        rms=theme.from_log10(drawn.rms_theory, 2),
        apart=theme.from_log10(drawn.rms_theory - drawn.median_theory, 2),
        mean="A few giants make up that mean; the typical product is far smaller."
        if drawn.rms_theory - drawn.median_theory > 1
        else "It is not the typical product.",
        rms_sampled=theme.from_log10(drawn.rms_sampled, 2),
        sigma=f"{data.sigma_for_median(factors):.3f}",
    )


def _giants(apart: float) -> str:
    """What a sample's rms, `apart` decades from the true one, has of the largest products."""
    missed = "the more factors, the more surely a sample misses the giants"
    if apart > math.log10(1.02):
        return f"this sample has caught more giants than its share. But {missed}"
    return missed


def _between(width: int) -> str:
    """What the median of an even number of singular values is."""
    if width % 2:
        return ""
    return f" (the geometric mean of the {'middle ' if width > 2 else ''}two)"


def random_matrices(width: str, n: int, drawn: Matrices) -> str:
    """What a product of n random matrices does to a vector, and in its extreme directions."""
    largest, median = drawn.largest[n], drawn.median[n]
    return fill(
        """After {n} matrices of width {width} a random vector is {vector} times as long (median of
        {trials} draws); the gain's law says {law}. {law_holds} The largest singular value is
        {largest}, the median one {median}; within one product they differ by a factor of {apart}:
        {stretched}""",
        n=n,
        width=width,
        vector=theme.from_log10(drawn.vector[n], 2),
        trials=drawn.trials,
        law=theme.from_log10(drawn.law[n], 2),
        law_holds=_law_holds(drawn.vector[n], drawn.law[n]),
        largest=theme.from_log10(largest, 2),
        median=theme.from_log10(median, 2) + _between(int(width)),
        apart=theme.from_log10(drawn.apart[n], 2),
        stretched=_stretched(largest, median),
    )


def _stretched(largest: float, median: float) -> str:
    if largest > 0 > median:
        return "the product stretches some directions and flattens others."
    both = "grow" if median >= 0 else "shrink"
    return f"both {both}, yet some directions leave the others far behind."


def _law_holds(vector: float, law: float) -> str:
    miss = law - vector
    if abs(miss) < 0.3:
        return "They agree within a factor of 2: the law is a wide layer's."
    return fill(
        """It is off by a factor of {miss}. The law is about the mean square; a narrow layer has
        rare giants too, and its typical vector falls short.""",
        miss=theme.from_log10(abs(miss), 2),
    )


def streams(mixed: Streams) -> str:
    """What free and doubly stochastic matrices leave of four streams."""
    return fill(
        """After {layers} free matrices with σ = {sigma} a vector is {free} times as long (median of
        {draws} draws): its length {became}. The doubly stochastic ones keep its sum, in all draws
        to {off} of it. But the differences between its four numbers come to **{difference}** of
        what they were: far below the 16 digits that float64 keeps of each.""",
        layers=LAYERS,
        sigma=theme.setting(mixed.sigma),
        free=theme.from_log10(mixed.free, 2),
        became=theme.became(mixed.free),
        draws=MIXED,
        off=_at_most(mixed.sum_off),
        difference=theme.from_log10(mixed.difference, 2),
    )


def _at_most(share: float) -> str:
    """A power of ten that a share does not exceed."""
    return f"10{theme.superscript(math.ceil(math.log10(share)))}" if share else "every digit"
