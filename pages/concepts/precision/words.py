"""Sentences of the page on number formats."""

import numpy as np
import pandas as pd

from core.formats import FORMATS
from core.scalar_chain import PrecisionLimit
from pages.concepts.precision import data
from pages.concepts.precision.panel import PANEL, SCALE
from pages.kit import theme
from pages.kit.prose import fill

USUAL_SCALE = 16  # the power of two that frameworks begin with


def power(exponent: int) -> str:
    """2 to a power: 2¹⁶."""
    return f"2{theme.superscript(exponent)}"


def _share(share: float, verb: str) -> str:
    return f"{'none' if not share else 'all' if share == 1 else theme.percent(share)} {verb}"


def finding(at) -> str:
    """What the chosen format does to these gradients at this loss scale."""
    form, here = FORMATS[at.form], SCALE.values().index(at.scale)
    lost, subnormal, over = data.in_format(data.setting(at), at.form)[here]
    return fill(
        """Times a loss scale of {scale}, of the entries of {gradient} that are not 0, in {form}
        **{lost}**, {subnormal} and **{over}**.""",
        scale=power(at.scale),
        gradient=f"{PANEL['quantity'].options[at.quantity]} of {PANEL['layer'].options[at.layer]}",
        form=form.label,
        lost=_share(lost, "become 0"),
        subnormal=_share(subnormal, "are subnormal"),
        over=_share(over, "are too large"),
    )


def equation(at) -> str:
    """The typical entry, scaled, beside the ends of the chosen format."""
    entries, form = data.sizes(data.setting(at)), FORMATS[at.form]
    middle = float(np.median(np.log10(entries))) if len(entries) else -np.inf
    scaled = middle + at.scale * np.log10(2)
    typical = theme.term("dark", r"|g|", theme.tex(middle, 2))
    factor = theme.term("reference", rf"2^{{{at.scale}}}", theme.tex(at.scale * np.log10(2), 2))
    half = theme.term("vanishing", r"\tfrac12\min", theme.tex(np.log10(form.smallest / 2), 2))
    largest = theme.term("exploding", r"\max", theme.tex(np.log10(form.largest), 2))
    below = r"<" if np.log10(form.smallest / 2) < scaled else r"\not<"
    above = r"\le" if scaled <= np.log10(form.largest) else r"\not\le"
    return theme.displayed(rf"{half}\;{below}\;{typical}\cdot{factor}\;{above}\;{largest}")


def notes(at) -> list[str]:
    """What to notice: the spread, the best scale, subnormals, zeros."""
    entries, form = data.sizes(data.setting(at)), FORMATS[at.form]
    if not len(entries):
        return ["Every entry is 0 before any format has rounded it: the network is dead."]
    low, high = np.log2(entries.min()), np.log2(entries.max())
    room, fitting = np.log2(form.largest) - np.log2(form.smallest), data.fitting(entries, form)
    spread = fill(
        """The entries span {spread} powers of two; {form} has {room}, with its subnormal ones.
        {so}""",
        spread=f"{high - low:.0f}",
        form=form.label,
        room=f"{room:.0f}",
        so=_so(fitting),
    )
    scales = SCALE.values()
    shares = data.in_format(data.setting(at), at.form)[:, ::2].sum(axis=1)
    kept, best = np.flatnonzero(shares == 0), int(np.argmin(shares))
    ends = [power(int(scales[i])) for i in (kept[[0, -1]] if len(kept) else [best])]
    loses = "none" if len(kept) else theme.percent(float(shares[best]))
    scale = fill(
        """In {form} {best} of all from {low} to {high}: {share} of the entries become 0 or are too
        large. The gradients are divided by the scale again before the step, in float32.""",
        low=power(scales[0]),
        high=power(scales[-1]),
        best=f"a scale of {ends[0]} loses least"
        if len({*ends}) == 1
        else f"scales from {ends[0]} to {ends[-1]} lose least",
        form=form.label,
        share=loses,
    )
    subnormal = fill(
        """Below its smallest normal number, {normal}, {form} goes on with **subnormal** numbers of
        fewer and fewer digits, down to {smallest}. Half of that, and less, becomes 0.""",
        normal=theme.number(form.smallest_normal, 2),
        form=form.label,
        smallest=theme.number(form.smallest, 2),
    )
    over = "infinity" if np.isinf(form.overflow) else "not a number, as it has no infinity"
    edge, lost = data.too_large(form)
    edge_says, largest = (theme.number(x, 5) for x in (edge, form.largest))
    near = f"from {edge_says} on" if lost else f"above {edge_says}"
    beyond = f", {near}," if edge_says != largest else ""
    large = (
        f"The largest number of {form.label} is {largest}. What would round to more{beyond} "
        f"becomes {over}."
    )
    return [spread, scale, subnormal, large]


def _so(fitting: np.ndarray) -> str:
    """Whether a scale holds all entries: the powers of two that do."""
    if not len(fitting):
        return "So no scale holds them all: scaling is a shift, not a cure for a wide spread."
    here = np.isin(fitting, SCALE.values()).any()
    return "So some scale holds them all" + ("." if here else ", though none of those here.")


def layers(at) -> str:
    """Rounding once against rounding throughout, at layer 1."""
    found = data.by_layer(data.setting(at), at.form, at.scale)
    if not np.isfinite(found.exact[0]):
        return "No gradient reaches layer 1, so there is nothing to round."
    return fill(
        """At layer 1 the exact ‖dJ/dz‖ is {exact}. Rounded once, at the end, to {form} it {once};
        with every result of both passes rounded on the way, weights and activations too,
        {throughout}.""",
        exact=theme.from_log10(found.exact[0]),
        form=FORMATS[at.form].label,
        once=_away(found.once[0]),
        throughout=f"it {_away(found.throughout[0])}"
        if found.finite
        else "the output is no number any more or infinite, and there is no loss to start from",
    )


def _away(log10: float) -> str:
    if log10 == np.inf:
        return "is beyond what the format has"
    if log10 == -np.inf:
        return "is what it was"
    if abs(log10) < 1e-9:
        return "is 0: all of it is lost"
    return f"differs by {theme.percent(10**log10)}" if log10 < 0 else "is more than doubled"


def slopes(at) -> str:
    """Where the usual formula is 0, and what fifteen layers there make of it."""
    zero = data.first_zero(at.form, at.slope)
    form, name = FORMATS[at.form], {"sigmoid": "σ′", "tanh": "tanh′"}[at.slope]
    other = float(data.slope_without_loss(np.float64(zero), form, at.slope))
    usual = {"sigmoid": "s(1 − s)", "tanh": "1 − t²"}[at.slope]
    mirrored = float(data.slope_as_frameworks(np.float64(-zero), form, at.slope))
    mirror = {
        "sigmoid": f"At *z* = −{zero} the same formula gives {theme.number(mirrored)}, and it is "
        f"above 0 down to *z* = −{-data.last_above_zero(at.form, at.slope)}: one "
        "side goes blind first.",
        "tanh": f"At *z* = −{zero} it is {theme.number(mirrored)} too.",
    }[at.slope]
    return fill(
        """In {form} {usual} is exactly 0 from *z* = {zero} on, in whole numbers: {value} rounds to
        1 there. {mirror} The true {name}({zero}) is {true}; {other_formula} gives {other}. Over
        fifteen layers at this *z* the first makes 0, the second {product}: vanishing by
        algebra.""",
        form=form.label,
        usual=usual,
        zero=zero,
        value={"sigmoid": "s", "tanh": "t"}[at.slope],
        mirror=mirror,
        name=name,
        true=theme.number(_true(zero, at.slope)),
        other_formula={"sigmoid": "σ(z)·σ(−z)", "tanh": "4σ(2z)·σ(−2z)"}[at.slope],
        other=theme.number(other),
        product=theme.from_log10(15 * np.log10(other)) if other else "0 as well",
    )


def _true(z: float, activation: str) -> float:
    k = 1.0 if activation == "sigmoid" else 2.0
    return float(k * k / ((1 + np.exp(-k * z)) * (1 + np.exp(k * z))))


def walks(at) -> str:
    """Where a hundred updates have led, in the format and with the remedies."""
    form = FORMATS[at.form2]
    down, up = (data.walk(form, at.update, up=way) for way in (False, True))
    right = data.STEPS * at.update
    return fill(
        """A weight of 1 in {form}, {steps} updates of {update}. Down it goes to {down}, where
        {right} is right; up to {up}, where {right_up} is right. {why} A copy in float32 that is
        rounded only to be used goes down to {copy}, and rounding up or down by chance is right on
        average.""",
        form=form.label,
        steps=data.STEPS,
        update=_plain(at.update),
        down=_plain(float(down[-1])),
        right=_plain(1 - right),
        up=_plain(float(up[-1])),
        right_up=_plain(1 + right),
        copy=_plain(data.copied(form, at.update)),
        why=_why(form, at.update, float(down[1]), float(up[1])),
    )


def _plain(x: float) -> str:
    """A number of four digits, without the zeros at its end."""
    text = theme.number(x, 4)
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def _why(form, update: float, down: float, up: float) -> str:
    gap = f"The next number above 1 is {_plain(form.epsilon)} away, the next below it half of that."
    if down == 1 and up == 1:
        return (
            f"{gap} Less than half of the way rounds back: the weight never moves. Adam's updates "
            f"are about as large as its learning rate; at {_plain(update)} it stands still "
            "too."
        )
    if up == 1:
        return f"{gap} So the same update moves it down and not up."
    return f"{gap} Each update lands on the nearest number, not where it aims."


def training(rate: float) -> str:
    """Accuracy and still updates of each way of keeping the numbers."""
    found, still = data.trained(rate).groupby("way", sort=False)["median"].first(), data.still(rate)
    return "\n".join(
        f"- **{way}**: {theme.percent(float(right))} right (median of five seeds); "
        f"{theme.percent(float(still[way]))} of the updates changed nothing."
        for way, right in found.items()
    )


def scales() -> str:
    """How the scale that adapts went."""
    rows = data.scales()
    skipped, settled = int(rows["skipped"].sum()), rows["log2"].iloc[-1]
    start = int(rows["log2"].iloc[0])
    return fill(
        """A run that begins at {start}, halves the scale and skips the step when a gradient is not
        finite, and doubles it after 20 good steps (the usual rule waits 2,000). {skipped} of
        {steps} steps were skipped; at the end the scale is {end}.

        Clip after the scale is divided away: at {start} a gradient of norm 0.01 looks like one of
        norm {seen}. And if every step fails, a scale in float32 that began at the usual {usual}
        is 0 after {halvings} halvings, or after {flushed} where subnormal numbers are made 0. The
        next good step divides by it, and the weights become infinite or not numbers.""",
        start=power(start),
        seen=theme.number(0.01 * 2.0**start),
        usual=power(USUAL_SCALE),
        halvings=data.halvings(USUAL_SCALE, FORMATS["float32"]),
        flushed=USUAL_SCALE - FORMATS["float32"].lowest + 1,
        skipped=skipped,
        steps=len(rows),
        end=power(int(settled)),
    )


def devices() -> pd.DataFrame:
    """What devices and compilers did, as a table to read."""
    found = data.devices().set_index("what")
    return found.map(lambda value: theme.number(float(value), 5 if value > 1e4 else 3))


def stuck(limit: PrecisionLimit) -> str:
    """Where a power that is multiplied step by step ends above 0."""
    return (
        f"It sticks at {theme.number(limit.repeated_value)}, the smallest number that float16 has, "
        f"from *n* = {limit.repeated_n} on: {data.ASKED} of that is more than half of it, and is "
        "rounded back. Where subnormal numbers are made 0, as JAX does on a processor, float32 is "
        f"0 from *n* = {data.flushed(data.ASKED, FORMATS['float32'])} on."
    )
