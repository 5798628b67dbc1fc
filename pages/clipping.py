"""Gradient clipping: what it caps, and what it cannot mend."""

import math

import streamlit as st

from core import clipping, scalar_chain, training
from pages.concepts.clipping import charts, data
from pages.concepts.clipping.networks import (
    NETWORKS,
    RUNS,
    Network,
)
from pages.concepts.clipping.panel import KINDS, LIMIT, PANEL
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


@page.part_later(PANEL)
def thresholds(at) -> None:
    now, free = data.runs(at.network, at.clip, at.limit), data.runs(at.network, "none")
    c = theme.number(10**at.limit, 2)
    live.show(
        charts.thresholds,
        data.thresholds(at.network, at.clip),
        at,
        panel=PANEL,
        live=("limit",),
        alt_text="Two panels. Left: share of held-out digits named right against the clipping "
        "threshold from 0.1 to 1,000, with the share of steps clipped, the same network with "
        "better weights, and guessing. Right: training loss over 200 steps at the current "
        "threshold. The numbers stand in the text below.",
    )
    page.write(
        f"{NETWORKS[at.network].label}, clipped {KINDS[at.clip].lower()} at *c* = {c}: "
        f"**{theme.percent(now.accuracy)}** of the held-out digits named right after 200 steps, "
        f"with {theme.percent(now.clipped)} of the steps clipped. "
        f"Without clipping: {_unclipped(free)}. Medians of {RUNS} networks."
    )


def _unclipped(free: data.Runs) -> str:
    if free.lost:
        return f"{free.lost} of {RUNS} end as “not a number”"
    return theme.percent(free.accuracy)


@page.part_later(PANEL)
def notes(at) -> None:
    first = data.first_step(at.network, at.clip, at.limit, at.seed)
    page.write(
        f"{theme.displayed(*_equations(at, first))}\n\n"
        "The first step of the network of the seed below: how far layer 1 moves, relative to its "
        "weights. *g* holds dJ/dW and dJ/db of all layers. The two products are inside dJ/dW₁."
    )
    page.notice(_notes(at))


def _equations(at, first: data.FirstStep) -> tuple[str, str]:
    """Layer 1's first step, and the products that are inside dJ/dW₁."""
    norm = at.clip == "norm"
    cut = r"\min(1, \tfrac{c}{\lVert g \rVert})" if norm else r"\text{share left}"
    over = rf"\prod_{{l=2}}^{{{NETWORKS[at.network].spec.depth}}}"
    moved = r"\frac{\lVert \Delta W_1 \rVert}{\lVert W_1 \rVert}"
    asked = r"\frac{\eta \, \lVert dJ/dW_1 \rVert}{\lVert W_1 \rVert}"
    step = (
        theme.term("dark", moved, theme.tex(first.after)),
        theme.term("dark", cut, theme.tex(first.after - first.before)),
        theme.term("reference", asked, theme.tex(first.before)),
    )
    inside = (
        theme.term("violet", rf"{over} W_l\,\varphi'(z_{{l-1}})", theme.tex(first.product)),
        theme.term("amber", rf"{over} \varphi'(z_{{l-1}})", theme.tex(first.slopes)),
    )
    return (
        rf"{step[0]} = {step[1]} \cdot {step[2]}",
        rf"{inside[0]} \qquad\quad {inside[1]}",
    )


def _notes(at) -> list[str]:
    network, now = NETWORKS[at.network], data.runs(at.network, at.clip, at.limit)
    best, there = data.best(at.network, at.clip)
    low, high = (data.runs(at.network, at.clip, end) for end in (-1.0, 3.0))
    cured = data.runs(at.network, "cure")
    if there.accuracy < 0.15:
        window = (
            f"No threshold helps: the best of {len(LIMIT.values())} reaches "
            f"{theme.percent(there.accuracy)}. These gradients are too small, not too large."
        )
    elif there.accuracy < data.LEARNED:
        window = (
            f"Even the best threshold, {theme.number(10**best, 2)}, reaches only "
            f"{theme.percent(there.accuracy)}. Every run stays finite, and none is of use."
        )
    else:
        window = (
            f"The best threshold here is {theme.number(10**best, 2)}, with "
            f"{theme.percent(there.accuracy)}; 0.1 reaches {theme.percent(low.accuracy)} and "
            f"1,000 reaches {theme.percent(high.accuracy)}. Where the window lies depends on the "
            "network and on the kind of clipping; it has to be searched."
        )
    return [window, _touched(at, now), _end(at, now), _rival(at, network, there, cured)]


def _touched(at, now: data.Runs) -> str:
    """A sentence on the steps that were clipped."""
    if now.most_clipped == 0:
        return (
            "At this threshold no step is clipped: training is what it is without clipping. "
            "The violet line lies at 0."
        )
    if now.clipped < 1:
        return (
            f"At this threshold {theme.percent(now.clipped)} of the steps are clipped; the others "
            "stay as they were. The violet line "
            + (
                "falls as *c* grows, but not all the way: where training breaks, steps get longer."
                if data.rises(at.network, at.clip)
                else "falls as *c* grows: fewer steps are that long."
            )
        )
    meaning = (
        "All steps then have one length, *c* times the learning rate: "
        "the gradient says where to go and no longer how far."
        if at.clip == "norm"
        else "An entry that is cut forgets its size: all cut entries move equally far."
    )
    return f"At this threshold every step of the median network is clipped. {meaning}"


def _end(at, now: data.Runs) -> str:
    """A sentence on the loss after the last step."""
    loss, guessing = theme.from_log10(now.loss), math.log10(math.log(10))
    ends = f"The loss ends at {loss}; guessing costs ln 10 = 2.30."
    if abs(now.loss - guessing) < 0.01 and now.accuracy > 0.15:
        return (
            f"{ends} That is the median: about half of the networks learned. In the others a step "
            "too long has switched most units of a layer off for good."
        )
    if abs(now.loss - guessing) < 0.01:
        how = (
            "Nothing broke and nothing was learned: the layers near the input hardly moved."
            if at.network in ("small", "sigmoid")
            else "No number overflowed, yet a step too long has switched most units of a layer "
            "off for good: a network can be finite and lost."
        )
        return f"{ends} {how}"
    if now.loss < guessing:
        learned = now.accuracy >= data.LEARNED
        return f"{ends} {'The network learned.' if learned else 'It learned a little.'}"
    if now.accuracy >= data.LEARNED:
        return (
            f"{ends} Accuracy asks only which output is the largest, so it can look good while "
            "the outputs are far too large."
        )
    return f"{ends} The outputs are still too large: 200 steps this short do not bring them down."


def _rival(at, network: Network, there: data.Runs, cured: data.Runs) -> str:
    line = (
        f"With {network.cure.label} instead and no clipping the same training reaches "
        f"{theme.percent(cured.accuracy)}; the best threshold, {theme.percent(there.accuracy)}."
    )
    if at.network == "large":
        slow = data.runs("slow", "none")
        line += (
            f" An honest rival: a tenth of the learning rate, without clipping, reaches "
            f"{theme.percent(slow.accuracy)}. Clipping shortens the bad steps only."
        )
    return line


@page.part_later(PANEL)
def unchanged(at) -> None:
    first = data.first_step(at.network, at.clip, at.limit, at.seed)
    page.show(
        charts.first_step,
        first.frame,
        key="clipping.first_step",
        alt_text="Line chart on a logarithmic scale over the layers of the untrained network: "
        "product of slopes, product of weights and slopes, and the relative size of the first "
        "step with and without clipping.",
    )
    page.write(_unchanged(at, first))


def _unchanged(at, first: data.FirstStep) -> str:
    before, after = (theme.from_log10(size, 2) for size in first.uneven)
    if not first.cut:
        effect = "The two lines of the step are one: at this threshold the first step is not cut."
    elif at.clip == "norm":
        effect = (
            "Norm clipping moves the whole line of the steps down and leaves its shape: layer 1 "
            f"moves {before} times as far as the last hidden layer, relative to its weights, "
            f"before, and {after} times after."
        )
    else:
        effect = (
            "Value clipping cuts each entry by itself. It turned this gradient by "
            f"{theme.number(first.angle, 2)}°, and the step of layer 1 relative to the last hidden "
            f"layer's went from {before} to {after}."
        )
    return (
        f"From the last hidden layer to the first, the slopes multiply to "
        f"{theme.from_log10(first.slopes)}, and weights with slopes make "
        f"‖dJ/dz‖ {theme.from_log10(first.product)} times as large. "
        f"No threshold moves these two lines. {effect} A healthy step is about 10⁻³."
    )


@page.part_later(PANEL)
def plane(at) -> None:
    live.show(
        charts.plane,
        data.plane(at.c),
        at,
        panel=PANEL,
        live=("gx", "gy"),
        handle=charts.HANDLE,
        alt_text="A plane with a gradient as an arrow from the origin, the square that value "
        "clipping cuts to and the circle that norm clipping cuts to, and the two clipped arrows. "
        "The numbers stand in the text below.",
    )
    left = data.turned(at.gx, at.gy, at.c)
    if at.gx == at.gy == 0:
        clipped = "A gradient of (0, 0) has no length to cut and no direction to lose: it stays."
    else:
        clipped = (
            f"Clipping ({_pair(at.gx, at.gy)}) at {theme.setting(at.c)} by value leaves "
            f"({_pair(*left.value)}) and turns it by **{left.angle:.1f}°**; by norm it leaves "
            f"({_pair(*left.norm)}) and turns it by 0°."
        )
    page.write(
        f"Drag *g*₁ and *g*₂, or the tip of the gradient itself. {clipped} "
        "The article's way turns (3, 4) at *c* = 1 into (1, 1), by only "
        f"{data.turned(3, 4, 1).angle:.1f}°; it turns (1, 4) into the same (1, 1), by "
        f"{data.turned(1, 4, 1).angle:.0f}°. Inside the square it changes nothing."
    )


def _pair(a: float, b: float) -> str:
    return ", ".join(f"{float(v):.3g}".replace("-", "−") for v in (a, b))


@page.part_later(PANEL)
def cliff(at) -> None:
    plain, clipped = data.descent(None), data.descent(at.cliff)
    fall = plain.b[1:] > 1
    live.show(
        charts.cliff,
        data.cliff(at.cliff),
        at,
        panel=PANEL,
        live=("step",),
        alt_text="Line chart of the loss J over one parameter b, with a cliff, and the points that "
        "gradient descent reaches with and without clipping up to the current step.",
    )
    thrown = int(fall.argmax())
    tail = clipped.loss[20:]
    page.write(
        f"Without clipping, the step after number {thrown} meets the slope "
        f"{theme.number(plain.slope[thrown])} and lands at *b* = "
        f"{theme.number(plain.b[thrown + 1])}, where the slope is {theme.number(plain.slope[-1])}: "
        f"J stays at {theme.number(plain.loss[-1], 2)} for good. Clipped at "
        f"{theme.setting(at.cliff)} it stays near, but it bounces: from step 20 on J is between "
        f"{theme.number(tail.min(), 2)} and {theme.number(tail.max(), 2)}."
    )


thresholds()
small, cured = data.runs("small", "norm", 0.0), data.runs("small", "cure")
predict.choice(
    PANEL,
    "Weights too small (He ×0.6, 16 layers): the gradient vanishes and the network stays at "
    "guessing. Now clip its gradient by norm, at *c* = 1. Does it learn?",
    options={
        "repairs": "Yes, clipping repairs gradients",
        "lifts": "Yes, slowly: small gradients are lifted to the lower bound",
        "no": "No, nothing changes",
    },
    truth="no",
    replies={
        "repairs": "It only ever shortens a step, and these are not long.",
        "lifts": "The lower bound is −*c*: a floor for negative entries, "
        "not a least size. 0.001 stays 0.001.",
    },
    because=f"{theme.percent(small.clipped)} of its steps are clipped, and it names "
    f"{theme.percent(small.accuracy)} of the digits right: guessing. With He ×1 it names "
    f"{theme.percent(cured.accuracy)} right, without clipping.",
)

page.write(
    "## The idea\n\n"
    "An exploded gradient asks for a step that is far too long. **Clipping** shortens the "
    "gradient before the weights move. The article cuts every entry to an interval, −*c* to "
    "*c*: that is clipping **by value**. The usual kind is clipping **by norm**: if the whole "
    "gradient *g* is longer than *c*, it is scaled down to length *c*.\n\n"
    "Either way backpropagation is over by then. The product of weights and slopes that made "
    "the gradient vanish or explode has been multiplied already; clipping changes the result "
    "and none of its factors."
)
controls.presets(PANEL)
controls.draw(PANEL, "network", "clip", "limit")
notes()

page.write("## What clipping cannot change")
unchanged()
controls.draw(PANEL, "seed")

page.write("## By value or by norm")
plane()
controls.draw(PANEL, "gx", "gy", "c")

page.write(
    "## The fine print\n\n"
    "- The article's “lower bound” is −*c*. It stops large negative entries; it does not lift "
    "small ones. An entry of 0.001 is inside the interval, and stays.\n"
    "- Value clipping turns the gradient, and yet in these runs it trains about as well as norm "
    "clipping does. It never turns by 90°, so a short enough step "
    "still goes downhill.\n"
    f"- Each point is the median of {RUNS} networks (seeds 0 to {RUNS - 1}), the "
    "band their middle half: width 64, batches of 32 digits, learning rate 0.03. "
    "A run that ends as “not a number” counts as guessing."
)


def _cliff() -> None:
    page.write(
        "One parameter *b*, fifty layers that share it: *h* ← σ(4.5·*h* + *b*), from "
        "*h* = σ(0.5), and J = (*h* − 0.7)². Between two plains stands a cliff, because the "
        "slope is a sum of products of fifty factors. Drag the step."
    )
    cliff()
    controls.draw(PANEL, "step", "cliff")


def _why() -> None:
    st.latex(
        r"\hat g = \min\!\left(1, \frac{c}{\lVert g \rVert}\right) g"
        r"\qquad\text{against}\qquad \hat g_i = \min(\max(g_i, -c), c)"
    )
    page.write(
        "One number multiplies all entries, so every ratio between two of them stays, and with "
        "them every ratio between two layers. By value each entry has a factor of its own, "
        "*c*/|*g*ᵢ| or 1. Pascanu, Mikolov and Bengio (2013) clip by norm. "
        "A gradient that holds ∞ or “not a number” cannot be clipped either way."
    )


def _data() -> None:
    at = values.read(PANEL)
    page.download(data.runs_table(at.network, at.clip), "clipping")


page.more(
    PANEL,
    {
        "Where clipping comes from: the cliff": _cliff,
        "Why norm clipping keeps the direction": _why,
    },
    source=(
        clipping.clip_by_value,
        clipping.clip_by_global_norm,
        training.advance,
        scalar_chain.chain,
    ),
    data=_data,
)

page.recall(
    PANEL,
    "Which number has to be near 1, so that a gradient survives twenty layers?",
    "The layer's gain: what a layer does to the size of a signal on average, its weights and its "
    "slopes together. Not the weights themselves, which are about 0.1 in a wide layer.",
)
page.footer(PANEL)
