"""Sentences of the page on optimizers."""

from math import log10

import numpy as np
import pandas as pd

from core.optimizers import RULES, Adam, AdamW, Muon
from pages.concepts.optimizers import data
from pages.concepts.optimizers.data import FirstStep
from pages.concepts.optimizers.networks import DRAWS, EXPONENTS, NETWORKS, RATES, WIDE_RATE, WIDTHS
from pages.kit import theme
from pages.kit.prose import fill

_SENT = 1 - Muon().momentum ** 2  # of a gradient, at Muon's first step
_EVEN = 0.3  # decades: layers whose steps differ by less than a factor of 2 move alike


def label(by: str) -> str:
    """An optimizer's name in a sentence."""
    return RULES[by].label


def _begun(words: str) -> str:
    """The words at the beginning of a sentence."""
    return words[0].upper() + words[1:]


def power(exponent: int) -> str:
    """10 to a power: 10⁻⁸."""
    return f"10{theme.superscript(exponent)}"


def finding(at) -> str:
    """What the first step does in layer 1, and how far apart the digits are in the last one."""
    found = data.first_step(at.network, at.rule)
    return fill(
        """{begun} of {rule} moves a weight of layer 1 by **{move}** times the learning rate; its
        gradient is {gradient}. In layer {last} the digits differ by **{spread}** of the size of
        the activations. (Root mean squares, medians of {draws} draws.) At the
        learning rate {rate}, the best for He × 1, the step is {relative} of the weights' size (blue
        below 10⁻³, orange above a third). {floor}""",
        rate=theme.setting(data.good_rate(at.rule)),
        relative=theme.from_log10(float(data.relative(at.network, at.rule, at.e)[0]), 2),
        begun="The first step"
        if at.rule in data.NO_FLOOR
        else f"With ε = {power(at.e)} the first step",
        floor=f"{_begun(label(at.rule))} has no ε to move." if at.rule in data.NO_FLOOR else "",
        rule=label(at.rule),
        move=theme.from_log10(found.at(at.e)[0]),
        gradient=theme.from_log10(found.gradient[0]),
        last=len(found.spread),
        spread=theme.from_log10(found.spread[-1], 2),
        draws=data.DRAWN,
    )


def equation(at) -> str:
    """The first move at layer 1, with its numbers."""
    found = data.first_step(at.network, at.rule)
    moved, g = float(found.at(at.e)[0]), float(found.gradient[0])
    met = data.meaning(at.network, at.rule, at.e)
    left = theme.term(met, r"\frac{|\Delta w|}{\eta}", theme.tex(moved))
    size = theme.term("dark", r"|g|", theme.tex(g))
    if at.rule in ("sgd", "momentum"):
        return theme.displayed(rf"{left}\;=\;{size}")
    if at.rule == "sign":
        return theme.displayed(rf"{left}\;=\;|\operatorname{{sign}}(g)|")
    if at.rule == "muon":
        norm = log10(_SENT) + g + 0.5 * log10(64 * 64)
        sent = rf"{_SENT:.4f}\,"
        inner = theme.term("dark", rf"{sent}\lVert G\rVert", theme.tex(norm))
        divided = rf"\Bigl({sent}G\,/\max({inner},\;10^{{-7}})\Bigr)"
        return theme.displayed(rf"{left}\;=\;\Bigl|\operatorname{{NS}}{divided}\Bigr|")
    own = data.ROOT[at.rule]
    divided = r"\frac{1}{|g| + \varepsilon}" if own == 1 else r"\frac{1}{0.1\,|g| + \varepsilon}"
    right = rf"{size}\;\cdot\;{theme.term('reference', divided, theme.tex(_divided(at, g)))}"
    if at.rule == "adamw":
        decay = rf"{AdamW().decay}\,|w|"
        right += rf"\;+\;{theme.term('weights', decay, theme.tex(_decayed(found)))}"
    return theme.displayed(rf"{left}\;{theme.nearly(_miss(at))}\;{right}")


def caption(at) -> str:
    """What the equation is of; how far its sides are apart if root mean squares stand for *g*."""
    exact = at.rule in data.NO_FLOOR or abs(miss := _miss(at)) < log10(1.1)
    apart = "" if exact else f": the sides {theme.agreement(miss)}"
    return (
        f"The first step of a weight of layer 1, over the learning rate (root mean squares{apart})."
    )


def _divided(at, g: float) -> float:
    """log₁₀ of what Adam and its kin multiply a gradient of size 10**g by at the first step."""
    return -log10(data.ROOT[at.rule] * 10**g + 10.0**at.e)


def _decayed(found: FirstStep) -> float:
    """log₁₀ of what AdamW takes from a weight of layer 1, over the learning rate."""
    return log10(AdamW().decay) + float(found.weights[0])


def _miss(at) -> float:
    """log₁₀ of the left side of the equation of Adam and its kin over the right."""
    found = data.first_step(at.network, at.rule)
    g = float(found.gradient[0])
    right = 10 ** (g + _divided(at, g))
    right += 10 ** _decayed(found) if at.rule == "adamw" else 0
    return float(found.at(at.e)[0]) - log10(right)


def notes(at) -> list[str]:
    """What to notice: steps by layer, the floor, the digits, the slopes."""
    found = data.first_step(at.network, at.rule)
    return [_across(at, found), _under(at, found), _apart(at, found), _slopes(found)]


def _across(at, found: FirstStep) -> str:
    moves, last = found.at(at.e), len(found.spread)
    across = float(moves[0] - moves[-1])
    says = (
        "about equally far: within a factor of 2"
        if abs(across) < _EVEN
        else f"unequally: {theme.from_log10(abs(across), 2)} times as far in "
        f"layer {1 if across > 0 else last}"
    )
    sent = abs(float(found.gradient[0] - found.gradient[-1]))
    gradients = (
        "differ by less than a factor of 2"
        if sent < _EVEN
        else f"differ by a factor of {theme.from_log10(sent, 2)}"
    )
    return (
        f"{_begun(label(at.rule))} moves the weights of layers 1 and {last} {says}. "
        f"Their gradients {gradients}."
    )


def _under(at, found: FirstStep) -> str:
    if at.rule == "muon":
        norm = float(found.gradient[0]) + log10(64 * _SENT)  # of 64 × 64 weights
        return (
            f"Muon has a floor as well: at the first step it divides {_SENT:.4f} of a layer's "
            f"gradient by the norm of that, or by {power(-7)} if the norm is less. In layer 1 this "
            f"makes a step of {theme.from_log10(float(found.at(at.e)[0]))}"
            f"{'; far above the floor it would be about 0.08' if norm < -7 else ''}. A gradient of "
            "32 digits has at most 32 of the 64 directions."
        )
    if at.rule in data.NO_FLOOR:
        return {
            "sign": "Sign descent has no floor: every weight whose gradient is not exactly 0 moves "
            "by the learning rate. It also has nothing that tells a large gradient from a small "
            "one.",
        }.get(
            at.rule,
            f"{_begun(label(at.rule))} has no ε: its first step is the gradient times the learning "
            "rate, however small that is.",
        )
    own = data.ROOT[at.rule]
    under = int((found.gradient + log10(own) < at.e).sum())
    floor = f"ε = {power(at.e)}" if own == 1 else f"10ε = {power(at.e + 1)}"
    which = (
        "No layer's gradient lies"
        if under == 0
        else f"The gradients of {'all' if under == len(found.gradient) else under} of the "
        f"{theme.count(len(found.gradient), 'layer')} lie"
    )
    return (
        f"{which} below {floor}. Below that the rule divides by ε, the same for all, and "
        "the step is as small as the gradient says"
        f"{', but for the decay of the weights' if at.rule == 'adamw' else ''}."
    )


def _apart(at, found: FirstStep) -> str:
    first, last = float(found.spread[0]), float(found.spread[-1])
    if NETWORKS[at.network].activation == "relu":
        return (
            f"How far apart the digits are, {theme.from_log10(last, 2)} in the last layer, does "
            "not depend on the size of the weights: a ReLU network without biases passes a factor "
            "on, and what is relative stays. Smaller weights take away size, and nothing of what "
            "the digits have of their own."
        )
    each = 10 ** ((first - last) / (len(found.spread) - 1))
    return (
        f"From layer 1 to the last the digits come closer by a factor of {each:.1f} a layer, from "
        f"{theme.from_log10(first, 2)} to {theme.from_log10(last, 2)}. At the start the last layer "
        "sees nearly the same picture for all, and can learn little but how frequent each is."
    )


def _slopes(found: FirstStep) -> str:
    return (
        f"The slopes alone, ∏ φ′(*z*) from the last layer back to the first, make "
        f"{theme.from_log10(float(found.slopes[0]))}, for the digits of training's first batch, "
        "which are not those of other pages. No optimizer changes that product at the first step."
    )


# Training ----------------------------------------------------------------------------------------


def learners(network: str) -> list[str]:
    """The optimizers with which a network counts as having learned."""
    return [by for by in RATES if data.trained(network, by).middle[-1] >= data.LEARNED]


def best(network: str) -> str:
    """The largest share that is right, over the optimizers."""
    return theme.percent(max(float(data.trained(network, by).middle[-1]) for by in RATES))


def trained(at) -> str:
    """What came of the chosen optimizer, and of all of them."""
    run, learned = data.trained(at.network, at.rule), learners(at.network)
    right = theme.percent(float(run.middle[-1]))
    count = len(RATES)
    least = theme.percent(data.LEARNED)
    told = (
        f"All of the {count} optimizers get at least {least} right."
        if len(learned) == count
        else f"None of the {count} optimizers gets {least} right."
        if not learned
        else f"At least {least} right with {theme.listed([label(by) for by in learned])}."
    )
    halted = f" Of {len(run.share)} draws {run.halted} broke." * bool(run.halted)
    rates = len(RATES[at.rule])
    guesses = data.tried(at.network, at.rule)["right"].max() <= data.GUESSED * data.HELD_OUT
    how = (
        f"and no more at any of {rates} learning rates"
        if guesses
        else f"with the learning rate {theme.setting(run.rate)}, the best of {rates}"
    )
    return fill(
        """After 200 steps **{rule}**{usual} gets **{right}** of the held-out digits right,
        {how}.{more} {told}""",
        usual="" if at.rule in data.NO_FLOOR else f" with ε = {power(-8)}, PyTorch's,",
        rule=label(at.rule),
        right=right,
        how=how,
        more=halted + _healthy(at) + _other_floor(at),
        told=told,
    )


def epsilons(at) -> str:
    """What came of Adam at the dragged ε, or the nearest that was trained."""
    lines = []
    for name, (what, _) in data.SWEPT.items():
        found = data.swept(name)
        row = found.nearest(at.e)
        right, least = (theme.percent(float(found.middle[i])) for i in (row, 0))
        smallest = f", and {least} at the smallest ε" if row else ""
        lines.append(f"- **{what}**: {right} right{smallest}.")
        near = found.exponents[row]
    which = f"At ε = {power(near)}" + (
        "" if near == at.e else f", the nearest to {power(at.e)} that was trained"
    )
    return "\n".join([f"{which}, each at the best of its learning rates:", "", *lines])


def _other_floor(at) -> str:
    """What Adam gets right at the ε that is set, where others than the usual one were trained."""
    if at.rule != "adam" or at.network not in data.SWEPT:
        return ""
    found = data.swept(at.network)
    row = found.nearest(at.e)
    near, right = found.exponents[row], theme.percent(float(found.middle[row]))
    nearest = "" if near == at.e else f", the nearest to {power(at.e)} that was trained,"
    return "" if near == -8 else f" With ε = {power(near)}{nearest} it gets {right}."


def _healthy(at) -> str:
    """What the same optimizer makes of the network whose weights have the right size."""
    if at.network not in ("small", "large"):
        return ""
    right = theme.percent(float(data.trained("one", at.rule).middle[-1]))
    return f" With weights at He × 1 it gets {right}."


# After a quiet time, and with the width ----------------------------------------------------------


def spike(at) -> str:
    """What one large gradient does, with its equation."""
    beta2, quiet = float(at.beta2), int(at.quiet)
    plain, limit = data.moves_around(beta2, quiet)["none"], data.bound(beta2, quiet)
    large, beta1 = plain[data.BEFORE :], Adam().beta1
    first = (1 - beta1) / np.sqrt(1 - beta2)
    begun = np.sqrt(1 - beta2 ** (quiet + 1)) / (1 - beta1 ** (quiet + 1))
    terms = [
        theme.term("exploding", r"\frac{|\Delta w|}{\eta}", theme.tex(log10(limit))),
        theme.term("dark", r"\frac{1-\beta_1}{\sqrt{1-\beta_2}}", theme.tex(log10(first))),
        theme.term(
            "reference",
            r"\frac{\sqrt{1-\beta_2^{\,t}}}{1-\beta_1^{\,t}}",
            theme.tex(log10(begun)),
        ),
    ]
    relation = theme.relation(
        theme.tex(log10(limit)), theme.tex(log10(first)), theme.tex(log10(begun))
    )
    return fill(
        """{equation}

        After {quiet} small gradients, one that is {times} times as large moves the layer by
        **{move}** times the learning rate, {bound} at most: the mean follows a tenth of the way at
        once, the mean of squares by {share}. The root stays more than twice what it was for {long}
        steps: {later} after the large one the small gradients move the layer by {after}, where they
        moved it by {before}.""",
        equation=theme.displayed(rf"{terms[0]}\;{relation}\;{terms[1]}\;\cdot\;{terms[2]}"),
        quiet=f"{quiet:,}",
        times=f"{data.SPIKE:,.0f}",
        move=f"{large[0]:.2f}",
        bound=f"{limit:.2f}",
        share=theme.percent(1 - beta2) if 1 - beta2 >= 0.0099 else "a thousandth",
        long=f"{data.long_root(beta2, quiet):,}",
        later=theme.count(data.AFTER, "step"),
        after=theme.number(float(large[-1]), 2),
        before=theme.number(float(plain[: data.BEFORE].mean()), 2),
    )


def width(at) -> str:
    """How far layers move at the smallest and at the largest width."""
    (a, b), (c, d) = data.moved(at.how, 4), data.moved(at.how, 5)
    moved = [theme.from_log10(size, 2) for size in (a, b, c, d)]
    return fill(
        """From width {narrow} to width {wide}, five steps of Adam move a unit of layer 4 by
        {a} and {b}, an output by {c} and {d}. {why}""",
        narrow=WIDTHS[0],
        wide=f"{WIDTHS[-1]:,}",
        a=moved[0],
        b=moved[1],
        c=moved[2],
        d=moved[3],
        why="The rate is the same, no gradient explodes, and yet the step does: each of a unit's "
        "inputs adds a change of the same size and sign, and there are more of them."
        if at.how == "standard"
        else f"Here the rate, {theme.setting(WIDE_RATE)} at width {NETWORKS['one'].width}, is "
        "divided by the width's growth for the weights of all layers but the first, whose inputs "
        "are as many at every width; biases keep it, and the output's weights begin divided by the "
        "growth's root. So one rate moves every width about as far.",
    )


def question() -> dict[str, str]:
    """The numbers of the prediction's answer, and of the idea."""
    found, ten, relu = (data.first_step(name, "adam") for name in data.ASKED)
    return {
        "relu": theme.from_log10(float(relu.spread[-1]), 2),
        "ten": theme.from_log10(float(ten.spread[-1]), 2),
        "move": theme.from_log10(float(found.at(EXPONENTS[0])[0]), 2),
        "gradient": theme.from_log10(float(found.gradient[0]), 2),
        "spread": theme.from_log10(float(found.spread[-1]), 2),
        "right": theme.percent(float(data.swept("sigmoid20").middle[0])),
    }


# Beyond the article ------------------------------------------------------------------------------

_MOVES = {
    "sgd": "g",
    "momentum": "v ← 0.9·v + g; v",
    "sign": "sign(g)",
    "rmsprop": "v ← 0.99·v + 0.01·g²; g/(√v + ε)",
    "adam": "m̂/(√v̂ + ε), β₁ = 0.9, β₂ = 0.999",
    "adamw": "Adam's, and 0.01·w (in PyTorch)",
    "muon": "B ← 0.95·B + 0.05·G; NS(0.05·G + 0.95·B)·√max(1, outputs/inputs)",
}


def rules() -> pd.DataFrame:
    """The optimizers: what each steps by, and who published it."""
    rows = [
        {"optimizer": RULES[by].label, "step over η": says, "published": RULES[by].source}
        for by, says in _MOVES.items()
    ]
    return pd.DataFrame(rows).set_index("optimizer")


def grid(at) -> pd.DataFrame:
    """What the chosen optimizer got right at each learning rate, of the chosen network."""
    rows = data.tried(at.network, at.rule)
    shown = {
        "learning rate": [theme.setting(rate) for rate in rows["rate"]],
        "right": [theme.percent(right / data.HELD_OUT) for right in rows["right"]],
        "broke": [f"{halted} of {DRAWS}" for halted in rows["halted"]],
    }
    return pd.DataFrame(shown).set_index("learning rate")
