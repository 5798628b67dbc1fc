"""Sentences and equations of the page on initialization."""

import math

import numpy as np
import pandas as pd

from core.activations import ACTIVATIONS
from pages.concepts.initialization import data
from pages.concepts.initialization.data import AtLayer1, AtScale
from pages.concepts.initialization.panel import CURVES, G
from pages.kit import theme


def finding(at) -> str:
    """What each layer does at this scale, and what is left at layer 1."""
    here, scale = data.at_scale(at), f"σ√*n* = {G.shown(at.g)}"
    found = here.layer1
    if found is None or found.only_living:
        lost = f"At {scale}, {_dead(here)}: nothing arrives at layer 1. "
        lost += (
            "No scale has most of them live."
            if data.gain_one(at)[0] is None
            else "At another scale more of them live."
        )
        if found is None:
            return lost
        begins = f"{lost} {_living(here)},"
        whose = "their median" if len(here.living()) > 1 else "one network"
    else:
        begins, whose = f"At {scale}", here.told
    return (
        f"{begins} a layer multiplies ‖dJ/dz‖ by {theme.from_log10(found.gain)} on average. "
        f"Layer 1 gets **{theme.from_log10(found.dz, 2)}** times the gradient of layer {at.depth} "
        f"(at initialization, {whose}).{_drawn(at, found)}"
    )


def _drawn(at, found: AtLayer1) -> str:
    """What the chart's line is, where it is not of dJ/dz."""
    if at.quantity == "dz":
        return ""
    times = theme.from_log10(found.dW, 2)
    return f" The chart shows ‖dJ/dW‖: that of layer 1 is {times} times the last one's."


def _dead(here: AtScale) -> str:
    """How many are dead: “4 of the 21 networks are dead”."""
    dead, members = here.dead, here.nets.members
    if members == 1:
        return f"the network {'is' if dead else 'is not'} dead"
    of = f"all {dead}" if dead == members else f"{dead or 'none'} of the {members}"
    return f"{of} networks {'is' if dead == 1 else 'are'} dead"


def _living(here: AtScale) -> str:
    n = len(here.living())
    return "In the one that lives" if n == 1 else f"In the {n} that live"


def through_sigmoids(*schemes: str) -> list[str]:
    """What each scheme lets through twenty sigmoid layers of width 64."""
    found = (data.named(data.ASKED)[scheme] for scheme in schemes)
    return [theme.from_log10(scheme.gradients()[0], 2) for scheme in found]


def saturated_by_n01() -> str:
    """The share of saturated units in twenty sigmoid layers of width 64 with N(0, 1)."""
    return theme.percent(data.saturated(data.ASKED, 8.0))


def equation(at) -> str:
    """The gradient at layer 1 beside weights times slopes, and how far they agree."""
    n, found = at.depth - 1, data.at_scale(at).layer1
    ratio, slopes = (found.dz, found.slopes) if found else (-math.inf, -math.inf)
    weights = n * at.g * math.log10(2)
    product = theme.weights_times_slopes(ratio, weights, slopes, depth=at.depth)
    if found and math.isfinite(slopes):
        verdict = theme.agreement(weights + slopes - ratio)
        says = (
            f"On the right {theme.from_log10(weights + slopes)}, on the left measured"
            f"{' in those that live' if found.only_living else ''}: they {verdict}. φ′ is the root "
            "mean square over a layer. The rule takes slopes and weights to be independent."
        )
    else:
        says = "A dead network lets nothing through: there is nothing to compare."
    return f"{product}\n\n{says}"


def notes(at) -> list[str]:
    """What to notice: how gains compound, where they are 1, which gradient, the spread."""
    n, here = at.depth - 1, data.at_scale(at)
    found = here.layer1
    reach = 10 ** (theme.BAND / n)
    compound = (
        f"Over {theme.count(n, 'layer')} the gradient stays within a factor of 10 only if the gain "
        f"is between {1 / reach:.3f} and {reach:.3f}. "
    )
    if found:
        gain = round(10**found.gain, 3)  # as it is printed, beside a range that is printed so
        shown = f"{gain:.3f}" if 0.01 < gain < 100 else theme.from_log10(found.gain)
        inside = round(1 / reach, 3) <= gain <= round(reach, 3)
        compound += f"{shown} {'is' if inside else 'is not'}. "
    compound += "The deeper the network, the narrower the range."
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
    nothing = "Nothing arrives here, whichever gradient you ask for."
    which = _which_gradient(here, found) if found else nothing
    product = "Nothing arrives at layer 1, so slopes and gradient cannot be compared."
    if found:
        product = _product(found, n * at.g * math.log10(2))
    return [compound, where, which, product, _spread(at, here)]


def _which_gradient(here: AtScale, found: AtLayer1) -> str:
    apart = found.dW - found.dz
    factor = "makes little difference here"
    if abs(apart) >= math.log10(1.06):
        factor = f"accounts for the factor of {theme.from_log10(apart, 2)} between the two"
    story, outcome = "dJ/dW alone would tell another story.", theme.outcome(found.dz)
    if outcome == theme.outcome(found.dW) != "healthy":
        story = f"Here both {theme.became(found.dz, many=True)}."
    elif abs(apart) < theme.CLOSE:
        story = "Here both tell one story."
    return (
        f"*Which* gradient matters. {_living(here) + ', ' if found.only_living else ''}"
        f"‖dJ/dz‖ of layer 1 is {theme.from_log10(found.dz, 2)} times the "
        f"last one's, ‖dJ/dW‖ {theme.from_log10(found.dW, 2)} times. dJ/dW is the layer's input "
        f"times dJ/dz, and that input {factor}. {story}"
    )


def _product(found: AtLayer1, weights: float) -> str:
    alone, together = theme.outcome(found.slopes), theme.outcome(found.dz)
    product = f"The slopes alone, ∏ φ′(*z*), make {theme.from_log10(found.slopes, 2)}: "
    product += f"they {theme.became(found.slopes, many=True)}, "
    if alone == together:
        same = theme.became(found.slopes) == theme.became(found.dz)
        return product + (
            "and so does the gradient." if same else f"the gradient {theme.became(found.dz)}."
        )
    if theme.outcome(found.slopes + weights) == together:
        return product + "the gradient does not. The weights make the difference."
    return product + "the gradient does not, and σ√*n* at each step does not explain it."


def _spread(at, here: AtScale) -> str:
    if here.nets.members == 1:
        return "At this width one network is run, to keep the drag quick. Try another seed."
    died = _dead(here)
    died = f"{died[0].upper()}{died[1:]}."
    if here.dead and at.activation != "relu":
        died += f" {_rounded_to_0(here, ACTIVATIONS[at.activation].label)}"
    median = here.nets.dz.median[here.row, 0]
    if math.isinf(median):
        ended = "A layer in which every unit is off for every example ends the network."
        says = [died, *([ended] if at.activation == "relu" else []), *_living_range(here)]
        return " ".join(says)
    apart = here.nets.dz.mean[here.row, 0] - median
    alike = not here.dead and float(np.ptp(here.living())) < theme.CLOSE
    if abs(apart) < 0.02:
        return f"{died} The mean is about as large as the median.{ALIKE if alike else ''}"
    mean = f"{died} The mean is {theme.from_log10(apart, 2)} times the median"
    if apart > math.log10(2):
        return f"{mean}: {_who_makes(here.living())} nine tenths of it or more."
    return f"{mean}.{ALIKE if alike else ''}"


def _rounded_to_0(here: AtScale, label: str) -> str:
    """What ends a gradient where no slope is 0 in mathematics."""
    small = "the gradient is so small that float64 rounds it to 0"
    far = f"a layer has all its *z* so far out that float64 rounds the slopes of {label} to 0"
    if not here.flat:
        return f"No slope is 0 there: {small}."
    if here.flat == here.dead:
        return f"In {'that one' if here.dead == 1 else 'each of them'} {far}."
    return f"In {here.flat} of them {far}; in the others {small}."


def _who_makes(sizes: np.ndarray) -> str:
    """How few networks make nine tenths of the mean of these sizes, log₁₀."""
    largest_first = 10 ** np.sort(sizes - sizes.max())[::-1]
    shares = np.cumsum(largest_first) / largest_first.sum()
    few = 1 + int((shares < 0.9).sum())
    return "one network makes" if few == 1 else f"{few} networks make"


ALIKE = " All networks are alike within a factor of 3."


def _living_range(here: AtScale) -> list[str]:
    """From which size to which the gradient arrives in those that live."""
    living, sizes = _living(here), here.living()
    if not len(sizes):
        return []
    low, high = (theme.from_log10(float(size), 2) for size in (sizes.min(), sizes.max()))
    return [f"{living}, the gradient of layer 1 is {theme.span(low, high)} times the last layer's."]


def gauge(at) -> str:
    """What the gauge shows, and whether theory and networks agree."""
    here = data.at_scale(at)
    measured, found = here.nets.gain(at.center)[here.row], here.layer1
    predicted = data.gain_in_theory(at.activation, at.depth, at.bias)[here.row]
    if math.isinf(measured):
        share = "All" if here.dead == here.nets.members else "Most"
        comparison = f"{share} of these networks are dead, so there is no gain to mark."
        if found:
            comparison += (
                f" {_living(here)} it is {theme.from_log10(found.gain)}; the theory says "
                f"{theme.from_log10(predicted)}."
            )
    else:
        comparison = (
            f"At σ√*n* = {G.shown(at.g)} the theory says {theme.from_log10(predicted)}, "
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
    ranges = [f"{theme.span(*ends)} ({depth} layers)" for depth, ends in found.items() if ends]
    too_deep = [str(depth) for depth, ends in found.items() if not ends]
    nowhere = f", nowhere ({', '.join(too_deep)})" if too_deep else ""
    one, (scale, share) = data.scale_of_gain_one(at.window, 16, 0.0), data.best(at.window, 16)
    return (
        "Every cell is a training run: the percentage of held-out digits right after 200 steps "
        f"(plain SGD at rate {theme.setting(data.rate(at.window))}, width 64, median of three "
        "seeds). Guessing gives 10; ✕ marks runs that broke. Blue lies below the scale of gain 1, "
        "orange above it.\n\n"
        f"In this picture {label} networks get at least half of the digits right at σ√*n* of "
        f"{', '.join(ranges)}{nowhere}. "
        f"The deeper, the narrower. At 16 layers the best is {theme.percent(share)}, at "
        f"{scale}, and the gain is 1 at {theme.number(one)}. "
        f"{_outlined(at, cells)}"
    )


def _outlined(at, cells) -> str:
    if at.activation != at.window:
        return ""
    if cells["here"].any():
        return "The cell nearest to your setting is outlined."
    if not data.in_window(at):
        return "Your networks have another width, biases or draws: none of these cells is theirs."
    return f"Your σ√*n* = {G.shown(at.g)} lies outside the picture."
