"""Sentences and equations of the page on the chain rule."""

import math

import numpy as np

from pages.concepts.chain_rule import charts, data
from pages.concepts.chain_rule.panel import FACTOR, PANEL, W2
from pages.kit import theme

TEX = {  # of the factors, by the option that names them
    "loss": r"\frac{dJ}{d\hat y}",
    "slope2": r"\sigma'(z_2)",
    "a1": "a_1",
    "w2": "w_2",
    "slope1": r"\sigma'(z_1)",
    "x": "x",
}
WHY = {
    "loss": "how J responds to the output. For J = ½(ŷ − y)² it is ŷ − y",
    "slope2": "how ŷ = σ(z₂) responds to z₂: the sigmoid's slope, never more than ¼",
    "a1": "how z₂ = w₂·a₁ responds to w₂: by the value that w₂ was multiplied with",
    "w2": "how z₂ = w₂·a₁ responds to a₁: by the weight, the same that the signal met",
    "slope1": "how a₁ = σ(z₁) responds to z₁: a slope again, never more than ¼",
    "x": "how z₁ = w₁·x responds to w₁: by the input",
}


def finding(at) -> str:
    """The gradient at this w₂, and what the reader may try."""
    way = data.walk(data.example(at), at.w2, at.gradient)
    below = bool((way.levels[np.isfinite(way.levels)] < charts.FLOOR).any())
    return (
        f"At *w*₂ = {theme.setting(at.w2)}, *z*₂ is {_thousandths(float(way.values[2]))} and the "
        f"sigmoid's slope there is {theme.number(float(way.factors[1]), 2)}. Multiplied together, "
        f"dJ/d{_weight(at.gradient)} = **{_signed(way, -1)}**. "
        + (
            "A bar that ends in ▾ goes on below the chart."
            if below
            else "Drag *w*₂: can it outrun that slope?"
            if at.gradient == "w1"
            else "*w*₂ is no factor here. Drag it: it moves the slope."
        )
    )


def _thousandths(z: float) -> str:
    """z so finely that the sigmoid's slope at what is shown is the slope that is shown."""
    return f"{z:.3f}".replace("-", "−") if abs(z) >= 0.001 else theme.number(z)


def _weight(gradient: str) -> str:
    return PANEL["gradient"].shown(gradient)


def _signed(way: data.Walk, i: int) -> str:
    return theme.from_log10(float(way.levels[i]), negative=way.signs[i] < 0)


def _log10(factor: float) -> float:
    return math.log10(abs(factor)) if factor else -math.inf


def equation(at) -> str:
    """The gradient as the product of its factors, each with its value."""
    way = data.walk(data.example(at), at.w2, at.gradient)
    path, terms = data.FACTORS[at.gradient], []
    for option, value in zip(path, map(float, way.factors), strict=True):
        shown = theme.tex(_log10(value), negative=value < 0)
        term = theme.term(data.MEANING[option], TEX[option], shown)
        terms.append(rf"\boxed{{{term}}}" if option == at.factor else term)
    total, size = rf"\frac{{dJ}}{{d{at.gradient[0]}_{at.gradient[1]}}}", float(way.levels[-1])
    left = theme.term(_became(at), total, theme.tex(size, negative=way.signs[-1] < 0))
    relation = theme.relation(theme.tex(size), *(theme.tex(_log10(value)) for value in way.factors))
    return theme.displayed(rf"{left}\;{relation}\;" + r"\cdot".join(terms))


def _became(at) -> str:
    return data.became(data.example(at), at.gradient)[W2.values().index(at.w2)]


def following(factor: str, path: tuple[str, ...]) -> str:
    """The option one step further back; after the weight is reached, all of them again."""
    order = ("all", *path)
    return order[(order.index(factor) + 1) % len(order)] if factor in order else path[0]


def step(at, path: tuple[str, ...]) -> str:
    """What the factor is that the reader has walked back to."""
    names, weight = FACTOR.options, _weight(at.gradient)
    if at.factor == "all":
        return (
            f"{'Five' if len(path) == 5 else 'Three'} factors lie between J and {weight}. "
            "Click a bar or choose a factor to see what it is; or walk back, one step at a time."
        )
    if at.factor not in path:
        return (
            f"{names[at.factor]} is no factor of dJ/d{weight}: at z₂ the ways part. "
            "× a₁ leads to w₂ and ends there; × w₂ · σ′(z₁) · x leads to w₁."
        )
    i, way = path.index(at.factor) + 1, data.walk(data.example(at), at.w2, at.gradient)
    return (
        f"**Step {i} of {len(path)}: × {names[at.factor]}**, {WHY[at.factor]}. "
        f"So far: dJ/d{data.NODES[at.gradient][i]} = {_signed(way, i)}."
    )


def cancelled() -> str:
    """What 15 sigmoid layers leave at w = 4."""
    return theme.from_log10(data.depths("sigmoid").at(4.0, 15)[0], 2)


def notes(at) -> list[str]:
    """What to notice: the slopes, how far w₂ can go, where the ways part, the sign."""
    of = data.example(at)
    way, short = (data.walk(of, at.w2, gradient) for gradient in ("w1", "w2"))
    loss, slope2, w2, slope1, x = map(float, way.factors)
    a1 = float(short.factors[2])
    slopes = (
        f"The two slopes multiply to σ′(z₂)·σ′(z₁) = {theme.number(slope2 * slope1)}, and could "
        f"at best make 1/16 = 0.0625. All the rest, dJ/dŷ·w₂·x, is {theme.number(loss * w2 * x)}. "
    )
    if w2 * x * loss == 0:
        slopes += "With a factor of 0 there no slope can help."
    elif abs(w2 * x) > 1:
        paid = abs(w2 * x * slope2 * slope1)
        slopes += f"w₂·x pays for a part: the slopes with it make {theme.number(paid)}."
    else:
        slopes += "Nothing here pays for them: |w₂·x| is not above 1."

    (best, most), share = data.largest(of), 0.0
    if most:
        share = 10 ** float(way.levels[-1]) / most
        here = "You are there" if math.isclose(share, 1) else f"Here it is {theme.percent(share)}"
        where = f"±{abs(best):g}" if at.y == 0.5 else theme.setting(best)  # ŷ − ½ is odd in w₂
        outrun = (
            f"|dJ/dw₁| is largest at w₂ = {where}: {theme.number(most)}. {here}"
            f"{'' if here.startswith('You') else ' of that'}. "
        )
        if abs(best) < W2.high:
            outrun += (
                "Go beyond, and it shrinks: z₂ = w₂·a₁ grows too, and σ′ falls faster than "
                "|w₂| rises."
            )
        else:
            outrun += (
                f"That is the slider's end: a₁ = {theme.number(a1)} is so small that z₂ = w₂·a₁ "
                "does not reach the flat part."
            )
    else:
        outrun = "With x = 0 no w₂ gives w₁ a gradient: the last factor is 0."

    parting = (
        "dJ/dw₂ and dJ/dw₁ share their first two factors. Then dJ/dw₂ takes "
        f"a₁ = {theme.number(a1)} and is done, at {_signed(short, -1)}; dJ/dw₁ goes on and ends "
        f"at {_signed(way, -1)}. What is computed for a late layer is used again for every "
        "earlier one."
    )
    below = sum(value < 0 for value in (loss, w2, x))
    if not loss * w2 * x:
        sign = "A gradient of 0 has no direction: w₁ would not move at all."
    else:
        sign = (
            f"{('No factor is', 'One factor is', 'Two factors are', 'Three factors are')[below]} "
            f"negative, so dJ/dw₁ is {'negative' if below % 2 else 'positive'}: a step of gradient "
            f"descent {'raises' if below % 2 else 'lowers'} w₁. Slopes of a sigmoid never "
            "change the sign."
        )
    return [slopes, outrun, parting, sign]


def depth(at, chain: data.Depths) -> str:
    """The gradient through all layers, the bound on it, and the w that keeps it nearest to 1."""
    size, sign, slopes, slopes_sign = chain.at(at.w, at.layers)
    bound, w = chain.bound(at.w, at.layers), theme.setting(at.w)
    label = PANEL["activation"].shown(at.activation)
    equation = (
        theme.term(
            theme.outcome(size),
            r"\left|\tfrac{d\hat y}{dw_1}\right|",
            theme.tex(size),
        )
        + r"\;\le\;"
        + theme.term(
            "reference",
            rf"|w|^{{{at.layers - 1}}}\cdot \max|\varphi'|^{{{at.layers}}}",
            theme.tex(bound),
        )
    )
    if at.activation == "sigmoid":
        bounded = f"For the sigmoid the bound is |*w*|ᴸ⁻¹/4ᴸ = {theme.from_log10(bound)}."
    else:
        steepest = theme.number(10**chain.steepest)
        bounded = (
            f"With {label}, whose largest slope is {steepest}, the bound is "
            f"{theme.from_log10(bound)}."
        )
    positive, negative = (chain.nearest_to_one(at.layers, sign=sign) for sign in (1, -1))
    return (
        f"{theme.displayed(equation)}\n\n"
        f"At *w* = {w} and {at.layers} layers dŷ/d*w*₁ is "
        f"**{theme.from_log10(size, negative=sign < 0)}**; "
        f"the slopes alone make {theme.from_log10(slopes, 2, negative=slopes_sign < 0)}. "
        f"{bounded} "
        + _missed(size, bound)
        + " Of the slider's values, the positive *w* that keeps the gradient's size nearest to 1 "
        + f"is {_with_size(positive)}; "
        + (
            f"the negative one {_with_size(negative)}."
            if math.isfinite(negative[1])
            else "every negative one gives 0."
        )
    )


def _missed(size: float, bound: float) -> str:
    if size == -math.inf:
        return "Nothing gets through: a factor is 0."
    if bound - size < 0.3:
        return (
            "The gradient stays within a factor of 2 of it: no slope is below half of its largest."
        )
    return (
        f"The gradient is {theme.from_log10(bound - size, 2)} times smaller than that, because the "
        "slopes are not at their largest where the chain puts its *z*."
    )


def _with_size(found: tuple[float, float]) -> str:
    w, size = found
    return f"{theme.setting(w)}, with {theme.from_log10(size, 2)}"


def split(net: data.Split) -> str:
    """Slopes, weights and gradient after all steps, and which of them predicts which."""
    slopes, weights, gradient = (
        float(values[-1]) for values in (net.slopes, net.weights, net.gradient)
    )
    predicted = math.isfinite(gradient) and abs(gradient - slopes - weights) < theme.CLOSE
    equation = (
        theme.term(
            theme.outcome(gradient),
            rf"\frac{{\|dJ/dz_1\|}}{{\|dJ/dz_{{{charts.STEPS + 1}}}\|}}",
            theme.tex(gradient, 2),
        )
        + (r"\;\approx\;" if predicted else r"\;\neq\;")
        + theme.term("slopes", r"\prod \varphi'(z)", theme.tex(slopes, 2))
        + r"\cdot"
        + theme.term("weights", r"\prod \|W\|/\sqrt{n}", theme.tex(weights, 2))
    )
    return (
        f"{theme.displayed(equation)}\n\n"
        f"From layer {charts.STEPS + 1} back to layer 1 the slopes make "
        f"{theme.from_log10(slopes, 2)}, the weights {theme.from_log10(weights, 2)}, and the "
        "gradient is "
        f"**{theme.from_log10(gradient, 2)}** (medians of {net.members} networks; the bands "
        f"hold the middle half). {_verdict(slopes, weights, gradient)} "
        f"{_independence(slopes, weights, gradient)}"
        + (f" In {net.dead} of {net.members} networks nothing comes through." if net.dead else "")
    )


def _verdict(slopes: float, weights: float, gradient: float) -> str:
    says = f"The slopes alone would say that the gradient {theme.became(slopes)}."
    if theme.outcome(slopes) == theme.outcome(gradient):
        right = theme.became(slopes) == theme.became(gradient)
        return f"{says} {'Here they are right.' if right else f'It {theme.became(gradient)}.'}"
    if theme.outcome(slopes + weights) == theme.outcome(gradient):
        left_out = ": they leave out the weights"
    elif abs(gradient - slopes - weights) < theme.CLOSE:  # predicted, beyond the end of a color
        left_out = ""
    else:
        left_out = ", and weights do not explain it"
    return f"{says} It {theme.became(gradient)}{left_out}."


def _independence(slopes: float, weights: float, gradient: float) -> str:
    if not math.isfinite(gradient):
        return ""
    miss = gradient - slopes - weights
    both = f"Slopes times weights, {theme.from_log10(slopes + weights, 2)},"
    if abs(miss) < theme.CLOSE:
        return f"{both} predicts the gradient within a factor of 3."
    return (
        f"{both} misses it by a factor of {theme.from_log10(abs(miss), 2)}: "
        "slopes, weights and gradient are not independent of each other."
    )
