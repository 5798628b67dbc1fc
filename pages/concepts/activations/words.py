"""Sentences and equations of the page on activations."""

import math

from pages.concepts.activations import data
from pages.concepts.activations.panel import CROSSING, LABELS, NETWORKS_SEEN, PAYS, SCHEMES, STEPS
from pages.kit import theme


def _value(point: data.Point) -> str:
    return theme.from_log10(point.log10, negative=point.negative)


def finding(at, points: list[data.Point]) -> str:
    """What each of the three activations lets through at this z."""
    said = ", ".join(
        f"{point.label} passes **{_value(point)}**"
        for point in {point.name: point for point in points}.values()
    )
    return f"At *z* = {theme.setting(at.z)}, over {theme.count(at.n, 'layer')}: {said}."


def equation(at, points: list[data.Point]) -> str:
    """The same slope in each of n layers, for the three activations."""
    names = {"sigmoid": r"\sigma", "tanh": r"\tanh"}
    rows = []
    for point, color in zip(points, theme.hues([point.name for point in points]), strict=True):
        name = names.get(point.name, rf"\text{{{data.short(point.name)}}}")
        shown = theme.tex(
            math.log10(abs(point.slope)) if point.slope else -math.inf, negative=point.slope < 0
        )
        total = theme.tex(point.log10, negative=point.negative)
        left = rf"\textcolor{{{color}}}{{{name}'({at.z:g})^{{{at.n}}}}}"
        slope = f"({shown})" if point.slope < 0 or "times" in shown else shown
        relation = theme.relation(total, shown, power=at.n)
        rows.append(rf"{left} &= {slope}^{{{at.n}}} {relation} {total}")
    lines = r"\\".join(rows)
    return theme.displayed(rf"\begin{{aligned}}{lines}\end{{aligned}}")


def notes(at, points: list[data.Point]) -> list[str]:
    """What to notice: where the curves cross, the best, the flat, what pays, the gray network."""
    z, drawn = theme.setting(at.z), {point.name for point in points}
    found = []
    if {"sigmoid", "tanh"} <= drawn:
        steeper = "the sigmoid is the steeper of the two, although tanh starts from 1"
        if abs(at.z) < CROSSING:
            steeper = "tanh is the steeper of the two"
        found.append(
            f"The slopes of sigmoid and tanh cross at |*z*| = {CROSSING}. At *z* = {z} {steeper}."
        )
    if "sigmoid" in drawn:
        sigmoid = data.at("sigmoid", 0.0, at.n, data.leak_of(at))
        found.append(
            f"The sigmoid's best, at *z* = 0, is ¼ per layer: {theme.from_log10(sigmoid.best)} "
            f"over {theme.count(at.n, 'layer')}. No *z* does better; only weights can pay for it."
        )
    flat = list(dict.fromkeys(point.label for point in points if point.saturated))
    if flat:
        verb = "is" if len(flat) == 1 else "are"
        saturated = f"At *z* = {z}, {theme.listed(flat)} {verb} flat"
    else:
        saturated = f"At *z* = {z} none of the three is flat"
    saturated += ", in this sense: a slope below 5 % of the steepest."
    ends = {"sigmoid": "for the sigmoid at |*z*| = 4.36", "tanh": "for tanh at |*z*| = 2.18"}
    if begins := [says for name, says in ends.items() if name in drawn]:
        saturated += f" That begins {theme.listed(begins)}."
    return [*found, saturated, _paid_by(at, points), _seen_note(at)]


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
    seen = data.seen(*at.seen.split(), data.leak_of(at), at.seed)
    outside = (
        f" ({theme.percent(seen.outside)} lie outside the chart)" if seen.outside > 0.01 else ""
    )
    return (
        f"The gray network ({NETWORKS_SEEN[at.seen]}), layer {data.SEEN_LAYER} of {data.SEEN_DEPTH}"
        f"{outside}: {theme.percent(seen.saturated)} of its units are flat, and their mean slope "
        f"is {theme.number(seen.mean_slope)}. ‖dJ/dz‖ changes by ×{theme.number(seen.gain, 2)} "
        f"per layer, ×{theme.from_log10(seen.gradient, 2)} from layer {data.SEEN_DEPTH} to "
        f"layer 1: it {theme.became(seen.gradient)}. Flat is one question, vanishing is another."
    )


def layer_by_layer(at, measured: dict[str, data.Products]) -> str:
    """Slopes, weights and gradient of each network from its last layer back to the first."""
    names = data.networks(data.curves(at))
    lines = f"From layer {at.depth} back to layer 1 ({_medians(names, measured)}):\n\n" + "\n".join(
        f"- {LABELS[name]}, {SCHEMES[data.scheme(name, at.weights)]}: "
        f"slopes {theme.from_log10(found.slopes[0])}, "
        f"weights {theme.from_log10(found.weights[0])}, "
        f"gradient **{theme.from_log10(found.gradient[0])}**"
        for name, found in measured.items()
        if name in names
    )
    relu, leaky = (measured[name].slopes[0] for name in ("relu", "leaky_relu"))
    relu_and_leaky = (
        "ReLU's slope is 1 only where a unit is on. Half are off, so each layer takes a factor of "
        f"about √½ (a root mean square): its slopes multiply to {theme.from_log10(relu)}, "
        f"not to 1. {PAYS[data.scheme('relu', at.weights)]} With the leaky ReLU's slope of "
        f"{theme.setting(at.leak)} below 0 they multiply to {theme.from_log10(leaky)}."
    )
    return f"{lines}\n\n{relu_and_leaky}"


def _medians(networks: tuple[str, ...], measured: dict[str, data.Products]) -> str:
    """Of how many networks the medians are: more where one run serves all scales elsewhere."""
    counts: dict[int, list[str]] = {}
    for name in networks:
        counts.setdefault(measured[name].members, []).append(data.short(name))
    if len(counts) == 1:
        return f"medians of {theme.count(min(counts), 'network')}"
    most, names = max(counts.items())
    rest = min(counts)
    return f"medians of {rest} networks, of {most} with {theme.listed(names)}"


def shares(at, measured: data.Shares, untrained: data.Shares) -> list[str]:
    """How many units are flat, off and dead, and why."""
    broke = ""
    if measured.broke:
        numbers = [str(step) for step in sorted(set(measured.broke))]
        steps = f"{'step' if len(numbers) == 1 else 'steps'} {theme.listed(numbers)}"
        broke = (
            f"{len(measured.broke)} of {data.TOGETHER} networks broke: not a number from "
            f"{steps} on. "
        )
    if not len(measured.dead):
        return [broke + "None is left to measure. Choose a smaller rate, or no training."]
    last = at.depth - 1
    flat, off, dead = (float(share[last]) for share in (measured.flat, measured.off, measured.dead))
    when = "before training" if at.rate == "0" else f"after {STEPS} steps at rate {at.rate}"
    left = data.TOGETHER - len(measured.broke)
    whose = f"means of {left} networks" if left > 1 else "one network"
    first = (
        f"{LABELS[at.network]}, biases around {theme.setting(at.bias)}, {when}: "
        f"{theme.percent(flat)} of layer {at.depth} are flat, {theme.percent(off)} off, "
        f"{theme.percent(dead)} dead. Over all layers {theme.percent(float(measured.dead.mean()))} "
        f"are dead ({whose})."
    )
    if at.rate != "0":
        before = theme.percent(float(measured.of_the_same(untrained).mean()))
        first += f" Before training it was {before}."
    return [broke + first, _why(at, measured, untrained)]


def _why(at, measured: data.Shares, untrained: data.Shares) -> str:
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
    more = measured.dead.mean() - measured.of_the_same(untrained).mean()
    killed = (
        "A step that was too long moved the weights and biases of many units to where *z* is below "
        "0 for every digit. From then on no example gives such a unit a gradient; only the layers "
        "before it can still bring it back."
    )
    if at.bias < 0 and untrained.dead[-1] > 0.5:
        trained = ""
        if more > 0.01:
            trained = f" Training killed more of them. {killed}"
        elif more < -0.01:
            trained = " Training brought some of them back."
        return (
            "The biases push every *z* down. What is off passes nothing on, so that the next layer "
            "has less to lift its own *z* with: before training "
            f"{theme.percent(float(untrained.dead[0]))} of layer 1 are dead and "
            f"{theme.percent(float(untrained.dead[-1]))} of layer {at.depth}. A dead unit gets no "
            f"gradient from any example.{trained}"
        )
    if more > 0.01:
        return killed
    if measured.dead.max() > 0:
        return (
            "Off is not dead: a unit that is off for one digit may be on for another. But the "
            "deeper the layer, the more alike all digits look to it, and a unit that is off for "
            "one tends to be off for all. "
            + ("Biases below 0 push every *z* that way. " if at.bias < 0 else "")
            + "A dead unit gets no gradient from any example."
        )
    return "Off is not dead: every unit that is off for one digit is on for another."
