"""Saturation, ReLU and leaky ReLU: what the slope of an activation does to a gradient."""

import math

import streamlit as st

from core import activations, diagnostics, network
from pages.concepts.activations import charts, data
from pages.concepts.activations.panel import (
    CROSSING,
    LABELS,
    NETWORKS_SEEN,
    PANEL,
    PAYS,
    SCHEMES,
    STEPS,
)
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


def _leak(at, *names: str) -> float:
    """The slope below 0, looked at only where one of these activations has it."""
    return at.leak if "leaky_relu" in names else PANEL["leak"].default


@page.part_later(PANEL)
def slopes(at) -> None:
    curves = (at.first, at.second, at.third)
    leak = _leak(at, *curves)
    live.show(
        charts.slopes,
        data.slopes(curves, leak, tuple(at.seen.split()), at.seed),
        at,
        panel=PANEL,
        live=("z",),
        multiplied=data.multiplied(curves, at.n, leak),
        alt_text="Two panels over the pre-activation z from −6 to 6. Above: the slopes of three "
        "activations, with a histogram of z inside a real network and the activations themselves "
        "as an inset. Below, on a logarithmic scale: the same slopes multiplied over n layers. "
        "The numbers at the current z stand in the text below.",
    )
    page.write(f"{_finding(at, _points(at))} Drag *z* to where a curve lets a gradient through.")


def _points(at) -> list[data.Point]:
    curves = (at.first, at.second, at.third)
    return [data.at(name, at.z, at.n, _leak(at, name)) for name in curves]


def _value(point: data.Point) -> str:
    return theme.from_log10(point.log10, negative=point.negative)


def _finding(at, points: list[data.Point]) -> str:
    said = ", ".join(
        f"{point.label} passes **{_value(point)}**"
        for point in {point.name: point for point in points}.values()
    )
    return f"At *z* = {theme.setting(at.z)}, over {theme.count(at.n, 'layer')}: {said}."


@page.part_later(PANEL)
def prediction(at) -> None:
    predict.size(
        PANEL,
        "In a sigmoid network of 15 layers with Xavier weights hardly a unit is saturated. "
        "What share of the gradient dJ/d*z* at layer 15 is left at layer 1?",
        truth=data.seen("sigmoid", "xavier", 0.01, at.seed).gradient,
        guesses=(0.0, -0.3, -1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0, -10.0, -12.0),
        replies=(
            (-1.0, 0.0, "“Not saturated” sounds safe. It only means: not much worse than ¼."),
            (-12.0, -11.0, "Not that little: the slopes are close to the best a sigmoid has."),
        ),
        because="Vanishing does not need saturation: a slope of at most ¼ per layer is enough, "
        "and Xavier's weights do not pay for it.",
    )


@page.part_later(PANEL)
def product(at) -> None:
    points = _points(at)
    page.write(
        f"{theme.displayed(_equation(at, points))}\n\n"
        f"The slope at *z* = {theme.setting(at.z)}, the same in each of the layers."
    )

    page.notice(_notes(at, points))


def _equation(at, points: list[data.Point]) -> str:
    names = {"sigmoid": r"\sigma", "tanh": r"\tanh"}
    rows = []
    for point, color in zip(points, charts.CURVES, strict=True):
        name = names.get(point.name, rf"\text{{{data.short(point.name)}}}")
        slope = theme.tex(
            math.log10(abs(point.slope)) if point.slope else -math.inf, negative=point.slope < 0
        )
        total = theme.tex(point.log10, negative=point.negative)
        left = rf"\textcolor{{{color}}}{{{name}'({at.z:g})^{{{at.n}}}}}"
        slope = f"({slope})" if point.slope < 0 or "times" in slope else slope
        rows.append(rf"{left} &= {slope}^{{{at.n}}} = {total}")
    return r"\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}"


def _notes(at, points: list[data.Point]) -> list[str]:
    z = theme.setting(at.z)
    if abs(at.z) < CROSSING:
        steeper = "tanh is the steeper of the two"
    else:
        steeper = "the sigmoid is the steeper of the two, although tanh starts from 1"
    crossing = (
        f"The slopes of sigmoid and tanh cross at |*z*| = {CROSSING}. At *z* = {z} {steeper}."
    )
    sigmoid = data.at("sigmoid", 0.0, at.n, _leak(at))
    best = (
        f"The sigmoid's best, at *z* = 0, is ¼ per layer: {theme.from_log10(sigmoid.best)} over "
        f"{theme.count(at.n, 'layer')}. No *z* does better; only weights can pay for it."
    )
    flat = list(dict.fromkeys(point.label for point in points if point.saturated))
    if flat:
        verb = "is" if len(flat) == 1 else "are"
        names = " and ".join(filter(None, (", ".join(flat[:-1]), flat[-1])))
        saturated = f"At *z* = {z}, {names} {verb} flat"
    else:
        saturated = f"At *z* = {z} none of the three is flat"
    saturated += (
        ", in this sense: a slope below 5 % of the steepest. For the sigmoid that begins at "
        "|*z*| = 4.36, for tanh at 2.18."
    )
    return [crossing, best, saturated, _paid_by(at, points), _seen_note(at)]


def _paid_by(at, points: list[data.Point]) -> str:
    needs = ", ".join(
        f"{point.label} needs {theme.number(1 / abs(point.slope))}"
        if point.slope
        else f"for {point.label} no weight will do"
        for point in {point.name: point for point in points}.values()
    )
    return (
        f"With a weight *w* in every layer the product is ∏*w*·φ′(*z*). To hold |*w*·φ′| at 1 at "
        f"*z* = {theme.setting(at.z)}: {needs}."
    )


def _seen_note(at) -> str:
    seen = data.seen(*at.seen.split(), _leak(at), at.seed)
    outside = (
        f" ({theme.percent(seen.outside)} lie outside the chart)" if seen.outside > 0.01 else ""
    )
    outcome = {
        "vanishing": "it vanishes",
        "healthy": "it keeps its size",
        "exploding": "it explodes",
    }[theme.outcome(seen.gradient)]
    return (
        f"The grey network ({NETWORKS_SEEN[at.seen]}), layer {data.SEEN_LAYER} of {data.SEEN_DEPTH}"
        f"{outside}: {theme.percent(seen.saturated)} of its slopes are flat, their mean is "
        f"{theme.number(seen.mean_slope)}. ‖dJ/dz‖ changes by ×{theme.number(seen.gain, 2)} "
        f"per layer: {outcome}. Flat is one question, vanishing is another."
    )


@page.part_later(PANEL)
def layer_by_layer(at) -> None:
    curves = (at.first, at.second, at.third)
    shown = (curves, at.weights, at.depth, at.leak, at.seed)
    left, right = st.columns(2)
    with left:
        page.write("**Slopes alone, ∏ φ′(z)**")
        page.show(
            charts.by_layer,
            data.by_layer(*shown, "slopes"),
            key="activations.slopes_by_layer",
            alt_text="Line chart on a logarithmic scale over the layers: the product of measured "
            "slopes from the last layer back to each layer, one line per activation.",
        )
    with right:
        page.write("**With the weights: ‖dJ/dz‖**")
        page.show(
            charts.by_layer,
            data.by_layer(*shown, "gradient"),
            key="activations.gradient_by_layer",
            alt_text="Line chart on a logarithmic scale over the layers: the norm of dJ/dz "
            "relative to the last layer, one line per activation.",
        )
    measured = {
        name: data.products(name, at.weights, at.depth, at.leak, at.seed)
        for name in (*data.networks(curves), "relu")
    }
    page.write(
        f"From layer {at.depth} back to layer 1 (medians of {data.NETWORKS} networks):\n\n"
        + "\n".join(
            f"- {LABELS[name]}, {SCHEMES[data.scheme(name, at.weights)]}: "
            f"slopes {theme.from_log10(found.slopes[0])}, "
            f"weights {theme.from_log10(found.weights[0])}, "
            f"gradient **{theme.from_log10(found.gradient[0])}**"
            for name, found in measured.items()
            if name in data.networks(curves)
        )
    )
    relu, leaky = (measured[name].slopes[0] for name in ("relu", "leaky_relu"))
    page.write(
        "ReLU's slope is 1 only where a unit is on. Half are off, so each layer takes a factor of "
        f"about √½ (a root mean square): its slopes multiply to {theme.from_log10(relu)}, "
        f"not to 1. {PAYS[data.scheme('relu', at.weights)]} With the leaky ReLU's slope of "
        f"{theme.setting(at.leak)} below 0 they multiply to {theme.from_log10(leaky)}."
    )


@page.part_later(PANEL)
def flat_off_dead(at) -> None:
    measured = _shares(at, float(at.rate))
    page.show(
        charts.shares,
        measured.frame,
        key="activations.shares",
        alt_text="Stacked bars over the layers: the share of units that are dead, off without "
        "being dead, and flat without being off.",
    )
    page.write("\n\n".join(_shares_read(at, measured)))


def _shares(at, rate: float) -> data.Shares:
    leak = _leak(at, at.network)
    return data.shares(at.network, at.weights, at.depth, leak, at.bias, rate, at.seed)


def _shares_read(at, measured: data.Shares) -> list[str]:
    broke = ""
    if measured.broke:
        steps = " and ".join(str(step) for step in sorted(set(measured.broke)))
        broke = (
            f"{len(measured.broke)} of {data.TOGETHER} networks broke: not a number from "
            f"step {steps} on. "
        )
    if not len(measured.dead):
        return [broke + "None is left to measure. Choose a smaller rate, or no training."]
    last = at.depth - 1
    flat, off, dead = (float(share[last]) for share in (measured.flat, measured.off, measured.dead))
    when = "before training" if at.rate == "0" else f"after {STEPS} steps at rate {at.rate}"
    left = data.TOGETHER - len(measured.broke)
    whose = f"means of {left} networks" if left > 1 else "one network"
    first = (
        f"{LABELS[at.network]}, biases around {theme.setting(at.bias)}, {when}: in layer "
        f"{at.depth} {theme.percent(flat)} are flat, {theme.percent(off)} off, "
        f"{theme.percent(dead)} dead. Over all layers {theme.percent(float(measured.dead.mean()))} "
        f"are dead ({whose})."
    )
    killed = 0.0
    if at.rate != "0":
        before = _shares(at, 0.0).dead.mean()
        first += f" Before training it was {theme.percent(float(before))}."
        killed = float(measured.dead.mean() - before)
    return [broke + first, _why(at, measured, killed)]


def _why(at, measured: data.Shares, killed: float) -> str:
    if at.network in ("sigmoid", "tanh") and measured.off.max() > 0:
        return (
            f"{LABELS[at.network]} is never off in exact arithmetic. Here *z* is so far out that "
            "its slope is rounded to 0."
        )
    if at.network in ("sigmoid", "tanh"):
        return (
            f"{LABELS[at.network]} is never off: its slope is small, but not 0. "
            "A saturated unit still learns, slowly."
        )
    if at.network == "leaky_relu" and at.leak > 0:
        return (
            "With a leak no unit is off, and none can die. Below 0 its slope is "
            f"{theme.setting(at.leak)}, "
            + ("flat by the 5 % rule." if at.leak < 0.05 else "not even flat by the 5 % rule.")
        )
    if at.bias < 0 and measured.dead[-1] > 0.5:
        return (
            "The biases push every *z* down. What is off passes nothing on, so the next layer has "
            "even less to lift its own *z* with, until nothing is left but the biases. "
            "A dead unit gets no gradient from any example."
        )
    if killed > 0.01:
        return (
            "A step that was too long moved the weights and biases of many units to where *z* is "
            "below 0 for every digit. From then on no example gives such a unit a gradient; only "
            "the layers before it can still bring it back."
        )
    if measured.dead.max() > 0:
        return (
            "Off is not dead: a unit that is off for one digit is on for another. But the deeper "
            "the layer, the more alike all digits look to it, and a unit that is off for one "
            "tends to be off for all. A dead unit gets no gradient from any example."
        )
    return "Off is not dead: every unit that is off for one digit is on for another."


slopes()
prediction()

page.write(
    "## The idea\n\n"
    "Going back through a layer, a gradient is multiplied by the slope φ′(*z*) of the "
    "activation. Where φ is flat, little gets through: the unit is **saturated**. Sigmoid and "
    "tanh are flat on both sides, and a sigmoid's slope is never above ¼.\n\n"
    "**ReLU**, max(0, *z*), has slope 1 for every *z* above 0: the article's way out, since "
    "1·1·1 = 1. Below 0 it is flat, with slope 0: a unit there is **off**, and passes nothing. "
    "A unit that is off for every example learns nothing more: it is **dead**. "
    "**Leaky ReLU** keeps a small slope below 0, so that no unit is ever off."
)
controls.presets(PANEL, "z")
controls.draw(PANEL, "z", "n", "leak")
controls.draw(PANEL, "first", "second", "third", "seen")
product()

page.write(
    "## The same in real networks\n\n"
    "Now let *z* be what it is: networks of width 64 on real digits, before training, all on "
    "the same random draws. On the left their measured slopes multiplied, ∏φ′(*z*); on the "
    "right what slopes **and weights** do to dJ/dz, ∏*w*·φ′(*z*)."
)
layer_by_layer()
controls.presets(PANEL, "network")
controls.draw(PANEL, "weights", "depth", "seed")

page.write(
    "## Flat, off, dead\n\n"
    "Three things that are easily confused. **Flat**: φ′ is below 5 % of its maximum. **Off**: "
    "φ′ is exactly 0, for this example. **Dead**: off for all of 256 examples. What is dead "
    "is off, and what is off is flat: the bars add up to all that is flat. Find two "
    "culprits: biases that push *z* down, and a learning rate that throws it there."
)
flat_off_dead()
controls.draw(PANEL, "network", "bias", "rate")

page.write(
    "## The fine print\n\n"
    "- The article's formula gives ReLU the slope 1 at *z* = 0, its prose only above 0. At the "
    "kink there is no derivative: every number from 0 to 1 is a subgradient. "
    "PyTorch and this site use 0.\n"
    "- “You cannot differentiate the negative section of the ReLU because it is 0”: one can. "
    "A constant has a derivative, 0. It is that 0 which stops the gradient.\n"
    "- ReLU “effectively addresses” vanishing, since 1 times 1 is 1: along a path of units that "
    "are all on. The weights still multiply, and units can die.\n"
    "- A leak prevents death; it promises no more. "
    f"{data.leak_sentence()}"
)


def _open_leak() -> None:
    at = values.read(PANEL)
    controls.draw(PANEL, "runs")
    page.show(
        charts.leaks,
        data.leaks(float(at.runs)),
        key="activations.leaks",
        alt_text="Dots: held-out accuracy of twenty trained networks for each slope below 0, "
        "with the median as a bar and the number of networks that broke below.",
    )
    page.write(
        "Depth 10, width 64, He's weights, 200 steps on the digits, the same draws for every "
        "slope. The bar is the median of those that did not break (become not a number). At "
        "rates 0.03 and 0.1 all train, larger leaks a little better. At 0.3 a leak of 0.01 "
        "differs from ReLU by less than its runs differ among themselves, one of 0.1 helps, "
        "and with 0.3 every network breaks: what passes below 0 also lets the numbers grow."
    )


def _derivation() -> None:
    st.latex(r"\sigma'(z) = \sigma(z)\,\sigma(-z) \le \tfrac14, \qquad \tanh' z = 1 - \tanh^2 z")
    page.write(
        "With *s* = σ(*z*), the slope is *s*(1 − *s*), largest at *s* = ½. It is below 5 % of "
        "¼ where *s*(1 − *s*) < 1/80, that is |*z*| > 4.36. Since tanh *z* = 2σ(2*z*) − 1, its "
        "slope is 4σ′(2*z*): four times as high and half as wide, so flat from 2.18 on. "
        "The two are equal where σ′(*z*) = 4σ′(2*z*): at |*z*| = 1.663."
    )


def _data() -> None:
    at = values.read(PANEL)
    page.download(data.table((at.first, at.second, at.third), at), "activations")


page.more(
    PANEL,
    {
        "Does a leak help? Twenty networks each": _open_leak,
        "Where flat begins": _derivation,
    },
    source=(
        activations._sigmoid,
        activations._relu,
        activations._leaky_relu,
        diagnostics.saturated_share,
        diagnostics.off_share,
        diagnostics.dead_share,
        diagnostics.slope_products,
        network.backward,
    ),
    data=_data,
)

page.recall(
    PANEL,
    "A sigmoid's slope is at most ¼. Why can a weight of 4 in every layer not cancel it?",
    "Because *z* = *w*·*a* + *b* contains the weight too. With *w* = 4 it moves to where the "
    "sigmoid is flat, and the slope falls far below ¼.",
)
page.footer(PANEL)
