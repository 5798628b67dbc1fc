"""Sentences of the page on shortcuts."""

import numpy as np

from pages.concepts.shortcuts import data
from pages.concepts.shortcuts.charts import PEAK, POINTS
from pages.concepts.shortcuts.data import GUESSING
from pages.concepts.shortcuts.panel import DEEP, PANEL, R
from pages.kit import theme
from pages.kit.memoize import memoize
from pages.kit.prose import fill


def branch(at) -> str:
    """r as the page writes it."""
    return R.shown(at.r)


def finding(at) -> str:
    """What the stack does to the gradient, the stream and the slopes."""
    found = data.at_r(data.setting(at), at.r)
    return fill(
        """Through {blocks} ({stack}) the gradient of the stream **{became}**: at the input
        it is **{dh}** times what it is at the end (two matrices a block, width 32). At the end the
        stream is {stream} times its size at the input, and the slopes alone multiply to
        {slopes}. {branch}""",
        blocks=theme.count(at.blocks, "block"),
        stack=PANEL["place"].shown(at.place)
        + ("" if at.place == "plain" else f", *r* = {branch(at)}"),
        became=theme.became(float(found.dh[0])),
        dh=theme.from_log10(float(found.dh[0])),
        stream=theme.from_log10(float(found.stream[-1])),
        slopes=theme.from_log10(float(found.slopes[0])),
        branch="A plain stack has no *r* to move." if at.place == "plain" else "",
    )


def equation(at) -> str:
    """The gradient's growth beside what wide ReLU stacks do; measured alone otherwise."""
    ratio = float(data.at_r(data.setting(at), at.r).dh[0])
    left = r"\frac{\lVert dJ/dh_0\rVert}{\lVert dJ/dh_L\rVert}"
    measured = theme.term(theme.outcome(ratio), left, theme.tex(ratio))
    if at.activation != "relu" and at.place != "zero":
        return theme.displayed(measured)
    law = data.predicted(at.place, at.blocks, at.r)
    formula = {"shortcut": r"(1+r^2)^{L/2}", "pre": r"\sqrt{1+L\,r^2}", "peri": r"\sqrt{1+L\,r^2}"}
    right = theme.term("dark", formula.get(at.place, "1^L"), theme.tex(law))
    return theme.displayed(rf"{measured}\;{theme.nearly(law - ratio)}\;{right}")


def about_equation(at) -> str:
    """Where the law on the right comes from."""
    why = {
        "plain": "In wide stacks He's weights let a ReLU branch keep the mean square, going "
        "forward and back.",
        "shortcut": "Stream and branch add their squares, 1 + *r*² at each block.",
        "zero": "A branch that is 0 adds nothing, going forward or back.",
        "post": "The normalization divides the gradient by what the sum has grown by.",
        "pre": "The stream's square grows by *r*² at each block, and a branch that reads it at "
        "size 1 counts for less and less.",
        "peri": "Each branch adds *r*² to the stream's square; what it hands back is divided by "
        "the stream's size.",
        "deep": "The normalization divides the gradient by what the sum has grown by.",
    }[at.place]
    if at.place == "zero":
        return why
    if at.activation != "relu":
        return "Measured. There is a law for ReLU blocks only, and it need not hold here."
    return f"{why} The law on the right is that of wide ReLU stacks."


def notes(at) -> list[str]:
    """What to notice: the slopes, W₂, the two marks, the norm's place."""
    of = data.setting(at)
    found = data.at_r(of, at.r)
    slopes = fill(
        """The product of the slopes is {slopes}, whichever way the gradient takes: it is what a
        path through *all* branches meets. {so}""",
        slopes=theme.from_log10(float(found.slopes[0])),
        so="Here there is no other path."
        if at.place == "plain"
        else "All other paths go past some of them.",
    )
    first = float(found.dW2[1])
    weights = (
        f"‖dJ/dW₂‖ of block 1 is {theme.from_log10(first)} times that of the last block."
        if at.blocks > 1
        else "With one block there is nothing to compare dJ/dW₂ with."
    )
    marks = fill(
        """With *r* = 1/√L, {root} here, {blocks} of h + r·F {multiply} the gradient by {at_root} in
        theory, which is below √e ≈ 1.65 at any L; with 1/L by {at_inverse}.""",
        root=theme.number(at.blocks**-0.5),
        blocks=theme.count(at.blocks, "wide ReLU block"),
        multiply="multiplies" if at.blocks == 1 else "multiply",
        at_root=theme.number((1 + 1 / at.blocks) ** (at.blocks / 2)),
        at_inverse=theme.number((1 + 1 / at.blocks**2) ** (at.blocks / 2)),
    )
    post = _other(of, "post", at.r)
    said = fill(
        """Post-norm gradients are often said to vanish toward the input. In these blocks,
        before training and at *r* = {r}, post-norm multiplies the gradient by {post}, pre-norm by
        {pre}.""",
        r=branch(at),
        post=theme.from_log10(post, 2)
        + (" (here it does vanish)" if theme.outcome(post) == "vanishing" else ""),
        pre=theme.from_log10(_other(of, "pre", at.r), 2),
    )
    return [slopes, weights, marks, said]


def _other(of, place: str, r: float) -> float:
    """log₁₀ of what the same stack, its norm at another place, multiplies the gradient by."""
    other = data.Setting(place, of.blocks, of.activation, of.norm, of.seed)
    return float(data.at_r(other, r).dh[0])


def paths(at) -> str:
    """Which lengths of path carry the gradient."""
    found = data.path_squares(data.setting(at), at.r)
    shares = found.shares
    k = np.arange(len(shares))
    cumulative = np.cumsum(shares)
    low, high = (int(k[cumulative >= q][0]) for q in (0.05, 0.95))
    span = f"length **{low}**" if low == high else f"lengths **{low} to {high}**"
    law = (
        "The dashed line is the law of independent branches that each keep the size, "
        r"$\tbinom Lk\,r^{2k}/(1+r^2)^L$. Where they keep less, the paths go through fewer."
        if at.place == "shortcut"
        else ""
    )
    return fill(
        """Of {branches} the paths that carry the gradient go through {mean} on average; nine tenths
        of the sum of squares lies at {span}. One path through all of them, the only one
        of a plain stack, carries {all}. {angles} {law}""",
        branches="1 branch" if at.blocks == 1 else f"{at.blocks} branches",
        mean=theme.number(float(np.sum(k * shares)), 2),
        span=span,
        all=theme.percent(float(shares[-1])) if shares[-1] else "nothing",
        angles=_angles(found.own) if np.count_nonzero(shares) > 1 else "",
        law=law,
    )


def _angles(own: float) -> str:
    """What the cross terms between lengths come to."""
    if abs(own - 1) <= 0.1:
        return (
            "The gradient's own square is within 10 % of their sum: the parts of different lengths "
            "are nearly at right angles."
        )
    return (
        "The parts of different lengths are not at right angles: the gradient's own square is "
        f"{theme.number(own, 2)} times their sum."
    )


def noise(at) -> str:
    """How alike a gradient is to itself a little further on."""
    i = DEEP.values().index(at.deep)
    curves = {place: of[i] for place, of in data.drawn(at.seed).items()}
    near = {place: data.autocorrelation(curve, data.NEAR) for place, curve in curves.items()}
    step = data.NEAR * 360 / (POINTS - 1)
    return fill(
        """Both curves are drawn at the same size. {step}° further on, the gradient of the
        plain stack of {blocks} correlates with what it was by {plain}, that of the stack with
        shortcuts by {shortcut}: at 1 it still points the same way, at 0 it says nothing about the
        next point. Of {networks} networks the one is drawn whose plain stack is the median.
        {cut}""",
        networks=data.CIRCLED,
        cut=f"Peaks beyond {PEAK} times the root mean square are cut."
        if max(np.abs(curve).max() for curve in curves.values()) > PEAK
        else "",
        step=f"{step:.0f}",
        blocks=theme.count(at.deep, "block"),
        plain=_correlation(near["plain"]),
        shortcut=_correlation(near["shortcut"]),
    )


def _correlation(x: float) -> str:
    return f"{round(x, 2) + 0.0:.2f}".replace("-", "−")  # no −0.00


@memoize(8)
def training(blocks: str) -> str:
    """Medians at each way's best rate."""
    found = data.trained(blocks)
    lines = []
    for way, rows in found.groupby("way", sort=False):
        rate, median = rows["rate"].iloc[0], float(rows["median"].iloc[0])
        learns = median > GUESSING
        at = f"(η = {theme.setting(rate)})" if learns else "(no more at any rate tried)"
        lines.append(f"**{way}** {theme.percent(median)} {at}")
    post = float(found.loc[found["way"] == "post-norm", "median"].iloc[0])
    later = (
        " Post-norm's gradient had the right size before training, and that was not enough."
        if post < 0.7
        else ""
    )
    return "Medians of eight seeds, each way at its best rate: " + "; ".join(lines) + "." + later


def norm_gains() -> str:
    """Batch norm's own factor beside theory, and what layer norm does."""
    found = data.norm_gains()
    return fill(
        """In a plain ReLU stack with a norm before each activation, a gradient is multiplied on its
        way back, per layer, by {none} without a norm, by {layer} with layer norm, and by {batch}
        with **batch norm**. Theory says √(π/(π − 1)) = {theory} for batch norm in wide layers and
        large batches (Yang et al. 2019): a norm that repairs the forward pass explodes the backward
        one, until a shortcut carries it past.""",
        none=theme.number(found["none"]),
        layer=theme.number(found["layer"]),
        batch=theme.number(found["batch"]),
        theory=theme.number(found["theory"], 4),
    )
