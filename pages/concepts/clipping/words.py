"""Sentences of the page on gradient clipping."""

import math

from pages.concepts.clipping.data import LEARNED, Compared, Descent, FirstStep, Runs, Turned, turned
from pages.concepts.clipping.networks import CURES, RUNS
from pages.concepts.clipping.panel import KINDS, LIMIT
from pages.kit import theme
from pages.kit.prose import fill

HARDLY = 0.15  # accuracy that guessing reaches at most
GUESSING = math.log10(math.log(10))  # log₁₀ of the loss of ten equal shares


def finding(runs: Compared) -> str:
    """What became of the networks at this threshold, and without clipping."""
    return fill(
        """{network}, clipped {kind} at *c* = {c}: **{accuracy}** of the held-out digits right
        after 200 steps, with {clipped} of the steps clipped. Without clipping: {unclipped}. Medians
        of {runs} networks.""",
        network=runs.network.label,
        kind=KINDS[runs.clip].lower(),
        c=LIMIT.shown(runs.limit),
        accuracy=theme.percent(runs.now.accuracy),
        clipped=theme.percent(runs.now.clipped),
        unclipped=f"{runs.free.lost} of {RUNS} {'ends' if runs.free.lost == 1 else 'end'} as "
        "“not a number”"
        if runs.free.lost
        else theme.percent(runs.free.accuracy),
        runs=RUNS,
    )


def too_small_to_cut(runs: Compared) -> str:
    """Why clipping does nothing for weights that are too small."""
    return fill(
        """{clipped} of its steps are clipped, and it gets {accuracy} of the digits right: guessing.
        With He ×1 it gets {cured} right, without clipping.""",
        clipped=theme.percent(runs.now.clipped),
        accuracy=theme.percent(runs.now.accuracy),
        cured=theme.percent(runs.cured.accuracy),
    )


def equations(first: FirstStep) -> str:
    """Layer 1's first step, and the products that are inside dJ/dW₁."""
    norm = first.clip == "norm"
    cut = r"\min(1, \tfrac{c}{\lVert g \rVert})" if norm else r"\text{share left}"
    over = rf"\prod_{{l=2}}^{{{first.depth}}}"
    moved = r"\frac{\lVert \Delta W_1 \rVert}{\lVert W_1 \rVert}"
    asked = r"\frac{\eta \, \lVert dJ/dW_1 \rVert}{\lVert W_1 \rVert}"
    shown = [theme.tex(x) for x in (first.after, first.after - first.before, first.before)]
    relation = theme.relation(*shown)
    step = (
        theme.term("dark", moved, shown[0]),
        theme.term("dark", cut, shown[1]),
        theme.term("reference", asked, shown[2]),
    )
    inside = (
        theme.term(
            theme.outcome(first.product),
            rf"{over} W_l\,\varphi'(z_{{l-1}})",
            theme.tex(first.product),
        ),
        theme.term("slopes", rf"{over} \varphi'(z_{{l-1}})", theme.tex(first.slopes)),
    )
    return theme.displayed(
        rf"{step[0]} {relation} {step[1]} \cdot {step[2]}", rf"{inside[0]} \qquad\quad {inside[1]}"
    )


def notes(runs: Compared) -> list[str]:
    """What to notice: the window of thresholds, the clipped steps, the last loss, the rivals."""
    return [_window(runs), _clipped(runs), _end(runs), _rivals(runs)]


def _window(runs: Compared) -> str:
    best, accuracy = LIMIT.shown(runs.best_limit), theme.percent(runs.best.accuracy)
    if runs.best.accuracy <= HARDLY:
        return fill(
            """No threshold helps: the best of {tried} reaches {accuracy}. What is too small here is
            the gradient of {small}, and no cut makes it larger.""",
            tried=len(LIMIT.values()),
            accuracy=accuracy,
            small="every layer" if runs.network.name == "small" else "layer 1",
        )
    if runs.best.accuracy < LEARNED:
        return fill(
            """Even the best threshold, {best}, reaches only {accuracy}. Every run stays finite, and
            none is of use.""",
            best=best,
            accuracy=accuracy,
        )
    return fill(
        """The best threshold here is {best}, with {accuracy}; {low} reaches {tightest} and {high}
        reaches {loosest}. Where the window lies depends on the network and on the kind of clipping;
        you have to search for it.""",
        best=best,
        accuracy=accuracy,
        low=LIMIT.shown(LIMIT.low),
        tightest=theme.percent(runs.tightest.accuracy),
        high=LIMIT.shown(LIMIT.high),
        loosest=theme.percent(runs.loosest.accuracy),
    )


def _clipped(runs: Compared) -> str:
    now = runs.now
    if now.most_clipped == 0:
        return fill(
            """At this threshold no step is clipped: training is what it is without clipping. The
            line of the steps clipped lies at 0."""
        )
    if now.clipped == 0:
        return fill(
            """At this threshold no step of the median network is clipped, {most} of the most
            clipped one's.""",
            most=theme.percent(now.most_clipped),
        )
    if now.clipped < 1:
        return fill(
            """At this threshold {clipped} of the steps are clipped; the others stay as they were.
            The line of the steps clipped falls as *c* {grows}""",
            clipped=theme.percent(now.clipped),
            grows="grows, but not at every threshold."
            if runs.rises
            else "grows: fewer steps are that long.",
        )
    return fill(
        "At this threshold every step of the median network is clipped. {meaning}",
        meaning="All steps then have one length, *c* times the learning rate: the gradient says "
        "where to go and no longer how far."
        if runs.clip == "norm"
        else "An entry that is cut forgets its size: all cut entries move equally far.",
    )


def _end(runs: Compared) -> str:
    return fill(
        "The loss ends at {loss}; guessing costs ln 10 = 2.30. {meaning}",
        loss=theme.from_log10(runs.now.loss),
        meaning=_what_the_loss_means(runs.now, runs.network.name),
    )


def _what_the_loss_means(now: Runs, network: str) -> str:
    if abs(now.loss - GUESSING) < 0.01 and now.accuracy > HARDLY:
        return fill(
            """That is the median: some of the networks learned, some stayed at guessing, where a
            step too long has switched most units of a layer off for good."""
        )
    if abs(now.loss - GUESSING) < 0.01 and network == "small":
        return "Nothing broke and nothing was learned: no layer moves by more than a trifle a step."
    if abs(now.loss - GUESSING) < 0.01 and network == "sigmoid":
        return fill(
            """Nothing broke and nothing was learned: the layers near the input hardly moved, and to
            the last ones all digits look alike."""
        )
    if abs(now.loss - GUESSING) < 0.01:
        return fill(
            """No number overflowed, yet a step too long has switched most units of a layer off for
            good: a network can be finite and lost."""
        )
    if now.loss < GUESSING and now.accuracy <= HARDLY:
        return "So few right digits are no more than guessing finds."
    if now.loss < GUESSING:
        return "The network learned." if now.accuracy >= LEARNED else "It learned a little."
    if now.accuracy >= LEARNED:
        return fill(
            """Accuracy asks only which output is the largest, so it can look good while the outputs
            are far too large."""
        )
    if now.start - now.loss < theme.CLOSE:
        return "The outputs are still too large: 200 steps this short hardly bring them down."
    return fill(
        """The outputs are still too large, though 200 steps this short have brought the loss down
        from {start}.""",
        start=theme.from_log10(now.start),
    )


def _rivals(runs: Compared) -> str:
    line = fill(
        """With {cure} instead and no clipping the same training reaches {cured}; the best
        threshold, {best}.""",
        cure=CURES[runs.network.name].label,
        cured=theme.percent(runs.cured.accuracy),
        best=theme.percent(runs.best.accuracy),
    )
    if runs.slow is None:
        return line
    rival = fill(
        """An honest rival: a tenth of the learning rate, without clipping, reaches {slow}. It
        shortens every step, clipping only those beyond the threshold.""",
        slow=theme.percent(runs.slow.accuracy),
    )
    return f"{line} {rival}"


def unchanged(first: FirstStep) -> str:
    """The products of the first step, and what clipping made of it beside them."""
    return fill(
        """From the last hidden layer to the first, the slopes multiply to {slopes}, and weights
        with slopes make ‖dJ/dz‖ {product} times as large: in this one network and on its own batch,
        where other pages take the median of several. No threshold moves these two lines. {effect}
        {healthy}""",
        slopes=theme.from_log10(first.slopes),
        product=theme.from_log10(first.product),
        effect=_effect(first),
        healthy=theme.HEALTHY_STEP,
    )


def _effect(first: FirstStep) -> str:
    before, after = (theme.from_log10(size, 2) for size in first.uneven)
    if not first.cut:
        return "The two lines of the step are one: at this threshold the first step is not cut."
    if first.clip == "norm":
        return fill(
            """Norm clipping moves the whole line of the steps down and leaves its shape: layer 1
            moves {before} times as far as the last hidden layer, relative to its weights, before,
            and {after} times after.""",
            before=before,
            after=after,
        )
    return fill(
        """Value clipping cuts each entry by itself. It turned this gradient by {angle}°, and the
        step of layer 1 relative to the last hidden layer's {moved}.""",
        angle=theme.number(first.angle, 2),
        moved=f"stayed at {before}" if before == after else f"went from {before} to {after}",
    )


def plane(gx: float, gy: float, limit: float, left: Turned) -> str:
    """What is left of one gradient of two entries, and of the article's."""
    return fill(
        """Drag *g*₁ and *g*₂, or the tip of the gradient itself. {clipped} The article's way, at
        *c* = 1, makes (1, 1) of (3, 4), a turn of only {articles}°, and the same (1, 1) of (1, 4),
        a turn of {steeper}°. Inside the square it changes nothing.""",
        clipped=_what_is_left(gx, gy, limit, left),
        articles=f"{turned(3, 4, 1).angle:.1f}",
        steeper=f"{turned(1, 4, 1).angle:.0f}",
    )


def _what_is_left(gx: float, gy: float, limit: float, left: Turned) -> str:
    if gx == gy == 0:
        return "A gradient of (0, 0) has no length to cut and no direction to lose: it stays."
    return fill(
        """Clipping ({gradient}) at {limit} by value leaves ({value}) and turns it by **{angle}°**;
        by norm it leaves ({norm}) and turns it by 0°.""",
        gradient=_pair(gx, gy),
        limit=theme.setting(limit),
        value=_pair(*left.value),
        angle=f"{left.angle:.1f}",
        norm=_pair(*left.norm),
    )


def _pair(a: float, b: float) -> str:
    return ", ".join(f"{float(v):.3g}".replace("-", "−") for v in (a, b))


def cliff(limit: float, plain: Descent, clipped: Descent) -> str:
    """Where descent on the cliff ends without clipping, and with it."""
    thrown, tail = plain.thrown, clipped.loss[20:]
    return fill(
        """Without clipping, the step after number {thrown} meets the slope {slope} and lands at
        *b* = {b}, where the slope is {flat}: J stays at {loss} for good. Clipped at {limit} it
        stays near, but it bounces: from step 20 on J is {bounds}.""",
        thrown=thrown,
        slope=theme.number(plain.slope[thrown]),
        b=theme.number(plain.b[thrown + 1]),
        flat=theme.number(plain.slope[-1]),
        loss=theme.number(plain.loss[-1], 2),
        limit=theme.setting(limit),
        bounds=_bounds(theme.number(tail.min(), 2), theme.number(tail.max(), 2)),
    )


def _bounds(low: str, high: str) -> str:
    return f"about {low}" if low == high else f"between {low} and {high}"
