"""Sentences and equations of the page on initialization."""

import math

import pandas as pd

from core.activations import ACTIVATIONS
from pages.concepts.initialization import data
from pages.concepts.initialization.panel import CURVES
from pages.kit import theme


def finding(at, nets: data.Measured, here: int) -> str:
    """What each layer does at this scale, and what is left at layer 1."""
    gain, ratio = nets.gain(at.center)[here], getattr(nets.dz, at.center)[here, 0]
    if math.isinf(ratio):
        dead, target = int(nets.dead[here]), data.gain_one(nets, at.center)
        return (
            f"At σ√*n* = {theme.number(2**at.g)}, {dead} of {theme.count(nets.members, 'network')} "
            "are dead: nothing arrives at layer 1. "
            + ("No scale helps." if target is None else "At another scale more of them live.")
        )
    return (
        f"At σ√*n* = {theme.number(2**at.g)} each layer multiplies ‖dJ/dz‖ by "
        f"{theme.from_log10(gain)}. Layer 1 gets **{theme.from_log10(ratio, 2)}** times "
        f"the gradient of layer {at.depth} (at initialization, {nets.told(at.center)})."
    )


def through_sigmoids(*schemes: str) -> list[str]:
    """What each scheme lets through twenty sigmoid layers of width 64."""
    nets = data.named(data.Setting("sigmoid", 64, 20, "lecun", 0.0, 0))
    found = (nets[scheme] for scheme in schemes)
    return [theme.from_log10(scheme.nets.dz.median[scheme.at, 0], 2) for scheme in found]


def equation(at, nets: data.Measured, here: int) -> str:
    """The gradient at layer 1 beside weights times slopes, and how far they agree."""
    n = at.depth - 1
    ratio, slopes = getattr(nets.dz, at.center)[here, 0], nets.slopes[here, 0]
    weights = n * at.g * math.log10(2)
    product = (
        theme.term(
            theme.outcome(ratio),
            rf"\frac{{\lVert dJ/dz_1\rVert}}{{\lVert dJ/dz_{{{at.depth}}}\rVert}}",
            theme.tex(ratio),
        )
        + r"\;\approx\;"
        + theme.term("dark", rf"(\sigma\sqrt{{n}})^{{{n}}}", theme.tex(weights))
        + r"\;\cdot\;"
        + theme.term("amber", rf"\prod_{{l=1}}^{{{n}}} \varphi'(z_l)", theme.tex(slopes))
    )
    if math.isfinite(ratio) and math.isfinite(slopes):
        miss = abs(weights + slopes - ratio)
        verdict = "agree within" if miss < 0.5 else "differ by"
        says = (
            f"On the right {theme.from_log10(weights + slopes)}, on the left measured: they "
            f"{verdict} a factor of {theme.from_log10(max(miss, 0.005), 2)}. φ′ is the root mean "
            "square over a layer. The rule takes slopes and weights to be independent."
        )
    else:
        says = "A dead network has slopes of 0 in some layer: nothing to multiply."
    return f"{theme.displayed(product)}\n\n{says}"


def notes(at, nets: data.Measured, here: int) -> list[str]:
    """What to notice: how gains compound, where they are 1, which gradient, the spread."""
    n, gain = at.depth - 1, nets.gain(at.center)[here]
    reach = 10 ** (theme.BAND / n)
    inside = abs(gain) * n <= theme.BAND
    compound = (
        f"Over {theme.count(n, 'layer')} the gradient stays within a factor of 10 only if the gain "
        f"is between {1 / reach:.3f} and {reach:.3f}. {theme.from_log10(gain)} "
        f"{'is' if inside else 'is not'}. The deeper the network, the narrower the range."
    )
    ones = []
    for name in CURVES:
        one = data.scale_of_gain_one(name, at.depth, at.bias)
        label = ACTIVATIONS[name].label
        ones.append(f"{label} {'nowhere up to 32' if one is None else theme.number(one)}")
    biases = f" and biases of σ = {theme.setting(at.bias)}" if at.bias else ""
    where = (
        f"In wide layers, at depth {at.depth}{biases}, the gain is 1 at a σ√*n* of: "
        f"{', '.join(ones)}. No single scheme fits all."
    )
    dz, dW, h = (getattr(getattr(nets, of), at.center)[here, 0] for of in ("dz", "dW", "h"))
    slopes = nets.slopes[here, 0]
    if math.isinf(dz):
        which = "Nothing arrives here, whichever gradient you ask for."
    else:
        which = (
            f"*Which* gradient matters. ‖dJ/dz‖ of layer 1 is {theme.from_log10(dz, 2)} times the "
            f"last one's, ‖dJ/dW‖ {theme.from_log10(dW, 2)} times. dJ/dW is dJ/dz times the "
            f"layer's input, and ‖h‖ changes by a factor of {theme.from_log10(-h, 2)} from layer 1 "
            f"to layer {at.depth}. "
            + (
                "Here both tell one story."
                if theme.outcome(dz) == theme.outcome(dW)
                else "dJ/dW alone would tell another story."
            )
        )
    alone, together = theme.outcome(slopes), theme.outcome(dz)
    verbs = {"vanishing": "vanish", "healthy": "hold", "exploding": "explode"}
    product = f"The slopes alone, ∏ φ′(*z*), make {theme.from_log10(slopes, 2)}: "
    if math.isinf(dz):
        product += "in a dead network some layer has no slope left."
    elif alone == together:
        product += f"they {verbs[alone]}, and so does the gradient."
    else:
        product += f"they {verbs[alone]}, the gradient does not. The weights make the difference."
    return [compound, where, which, product, _spread(nets, here)]


def _spread(nets: data.Measured, here: int) -> str:
    if nets.members == 1:
        return "At this width one network is run, to keep the drag quick. Try another seed."
    dead, median = int(nets.dead[here]), nets.dz.median[here, 0]
    died = f"{dead or 'None'} of the {nets.members} networks {'is' if dead == 1 else 'are'} dead."
    if math.isinf(median):
        return f"{died} A layer in which every unit is off for every example ends the network."
    apart = nets.dz.mean[here, 0] - median
    mean = f"{died} Their mean is {theme.from_log10(apart, 2)} times their median"
    if apart > math.log10(2):
        return f"{mean}: a few networks make that mean."
    return f"{mean}: they are much alike." if not dead and apart > -math.log10(2) else f"{mean}."


def gauge(at, nets: data.Measured, here: int) -> str:
    """What the gauge shows, and whether theory and networks agree."""
    measured = nets.gain(at.center)[here]
    predicted = data.gain_in_theory(at.activation, at.depth, at.bias)[here]
    if math.isinf(measured):
        comparison = "Most of these networks are dead, so there is no gain to mark."
    else:
        comparison = (
            f"At σ√*n* = {theme.number(2**at.g)} the theory says {theme.from_log10(predicted)}, "
            f"your networks {theme.from_log10(measured)}. "
            + (
                "The theory is about the mean square in ever wider layers; these networks differ."
                if abs(measured - predicted) > math.log10(1.05)
                else "Theory and networks agree within 5 percent."
            )
        )
    return (
        f"Curves: wide layers in theory. Points: the networks above, the large one at your "
        f"scale. Green band: gains that {theme.count(at.depth, 'layer')} can bear. {comparison}"
    )


def window(at, cells: pd.DataFrame) -> str:
    """Where networks of each depth learn."""
    label = ACTIVATIONS[at.window].label
    found = data.learns(at.window)
    ranges = [f"{ends[0]} to {ends[1]} ({depth} layers)" for depth, ends in found.items() if ends]
    too_deep = [str(depth) for depth, ends in found.items() if not ends]
    nowhere = f", nowhere ({', '.join(too_deep)})" if too_deep else ""
    one = data.scale_of_gain_one(at.window, 16, 0.0)
    return (
        "Every cell is a training run: the percentage of held-out digits right after 200 steps "
        f"(plain SGD at rate {theme.setting(data.rate(at.window))}, width 64, median of three "
        "seeds). Guessing gives 10; ✕ stopped being a number. Blue lies below the scale of gain 1, "
        "orange above it.\n\n"
        f"With {label}, networks get at least half of the digits right at σ√*n* from "
        f"{', '.join(ranges)}{nowhere}. "
        f"The deeper, the narrower. At 16 layers the best of them is {data.best(at.window, 16)}, "
        f"and the gain is 1 at {theme.number(one)}. {_outlined(at, cells)}"
    )


def _outlined(at, cells) -> str:
    if at.activation != at.window:
        return ""
    if cells["here"].any():
        return "The cell nearest to your setting is outlined."
    if at.width != "64" or at.bias:
        return "Your networks have another width or biases, so none of these cells is theirs."
    return f"Your σ√*n* = {theme.number(2**at.g)} lies outside the picture."
