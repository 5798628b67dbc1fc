"""Shortcuts: how a gradient gets past the layers, and what the place of a norm does to it."""

from functools import partial

import streamlit as st

from core import residual
from pages.concepts.shortcuts import charts, data, words
from pages.concepts.shortcuts.panel import PANEL
from pages.concepts.training.panel import PANEL as LAB
from pages.kit import address, controls, live, page, predict, site

page.header(PANEL)


@page.part(PANEL)
def blocks(at) -> None:
    live.show(
        charts.blocks,
        data.lines(data.setting(at)),
        at,
        panel=PANEL,
        live=("r",),
        main=data.main_line,
        idea=partial(data.idea, blocks=at.blocks),
        marks=data.marks(at.blocks),
        alt_text="""
            Line chart on a logarithmic scale over the blocks of a stack: the size of dJ/dh, of
            dJ/dW₂, of the stream h, and the product of the slopes. Below it a ruler of the branch
            factor r with 1 and, from 4 blocks on, 1/L and 1/√L. The text below has the numbers.""",
    )
    page.write(words.finding(at))


predict.size(
    PANEL,
    """Now *r* = 1: each of 24 blocks adds its whole branch, h + F(h). The shortcut passes the
    gradient on unchanged. How many times larger is it at the input than at the end?""",
    truth=data.asked(),
    guesses=(-4, -3, -2, -1, 0, 1, 2, 3, 3.6, 4, 5, 6, 8),
    replies=(
        (-4, -1, "Vanishing needs factors below 1; the shortcut alone is a factor of 1."),
        (0, 0, "That would be so without branches. Each branch adds a gradient of its own."),
        (7, 8, "That would be doubling at each block. It is the square that doubles."),
    ),
    because="""That is the theory, √2 to the 24th: two parts of the same size and of unrelated
    direction add their squares. The median of five networks of 24 ReLU blocks with *r* = 1 comes
    within a factor of 2 of it.""",
)

page.write(
    """
    ## The idea

    A **block** makes F(h) = φ(h·W₁)·W₂ of the **stream** h that runs through all of them. Without a
    shortcut F(h) is all that is passed on, and the gradient meets every slope and every matrix.
    With one, h + *r*·F(h) is: going back, the gradient is multiplied by 1 plus *r* times the
    branch's own factor. That 1 is what lets it past.

    What the branch adds makes stream and gradient grow. A small *r* keeps that small. A
    **normalization** slows or stops it, as it divides by the size of what it gets: **post-norm**
    after the sum, **pre-norm** on what the branch reads, **peri-norm** on what it makes as well.
    **DeepNorm** is post-norm with a larger factor on the stream. Or W₂ starts at 0, and the branch
    with it.
    """
)
controls.presets(PANEL)
controls.draw(PANEL, "place", "r", "blocks")
controls.draw(PANEL, "activation", "norm", "seed")


@page.part(PANEL)
def growth(at) -> None:
    page.write(
        """
        {equation}

        {about}
        """,
        equation=words.equation(at),
        about=words.about_equation(at),
    )
    page.notice(words.notes(at))


page.write(
    """
    ## Two to the power of L paths

    At each block the gradient goes along the stream or through the branch. What arrives is the sum
    over all ways of choosing. Multiply each branch by a letter *t*: a path through *k* branches
    then carries *t*ᵏ, so the gradient is a polynomial in *t*, and what stands before *t*ᵏ is the
    sum of all such paths. That is exact, with the slopes and normalizations of this one forward
    pass.
    """
)


@page.part(PANEL)
def lengths(at) -> None:
    page.show(
        charts.paths,
        data.path_lengths(data.setting(at), at.r),
        key="shortcuts.paths",
        alt_text="""
            Bars over the number of branches on a path: the share of the gradient's squares that
            paths of this length carry.""",
    )
    page.write(words.paths(at))


page.write(
    """
    ## The right size, and no direction

    A gradient of the right size helps only if it still holds a small step further on. Balduzzi and
    others (2017) saw it turn into noise with depth. Here is the slope of one output along a circle
    of inputs through a digit, at width 64; in narrower stacks the plain one keeps a little more.
    """
)


@page.part(PANEL)
def along_a_circle(at) -> None:
    live.show(
        charts.noise,
        data.curves(at.seed),
        at,
        panel=PANEL,
        live=("deep",),
        alt_text="""
            Two curves of a gradient along a circle through a digit, of a plain stack and one with
            shortcuts. How alike each is to itself a little further on stands below.""",
    )
    page.write(words.noise(at))


controls.draw(PANEL, "deep")

page.write(
    """
    ## After training

    The same stacks on the digits, 200 steps of plain SGD, each way at the best of the learning
    rates tried, down to 10⁻⁶ where it needed them. Green gets more than half right; orange is h + F
    where it gets less, as its gradient explodes; gray is another way that gets less.
    """
)


@page.part(PANEL)
def trained(at) -> None:
    page.show(
        charts.training,
        data.trained(at.trained),
        key="shortcuts.training",
        alt_text="""
            Dots: held-out accuracy of eight networks for each way of joining the blocks, with the
            median as a bar.""",
    )
    page.write(words.training(at.trained))


controls.draw(PANEL, "trained")
duel = next(preset for preset in LAB.presets if preset.name == "Scaled shortcut")
site.link(
    site.info("training"),
    "Train thirty layers with an unscaled and with a scaled shortcut in the lab",
    address.query(LAB, duel.values),
)


def _rescaled() -> None:
    st.table(data.rescaled().set_index("hidden weights ×").round(4))
    page.write(
        """
        A peri-norm stack of ReLU blocks, its hidden weights multiplied by a number *c*. The norms
        divide it out again, so the output stays. The gradient falls as 1/*c*, and the step relative
        to the weights as 1/*c*²: the scale of the weights has become a learning rate. Weights that
        grow in training slow themselves down, and weight decay speeds them up.
        """
    )


def _norms() -> None:
    page.write(words.norm_gains())


def _data() -> None:
    page.download(data.table, "shortcuts", data.UNITS, now={})


page.write(
    """
    ## The fine print

    - The normalizations have no weights of their own here, and there are no biases. Where nothing
      else is said, width 32; sizes are over eight digits together, the median of five networks;
      He's weights for W₁, LeCun's for W₂.
    - Laws are those of very wide stacks: ≈ stands where the measured gradient is within a factor of
      3 of them, ≠ where it is not. Deep narrow stacks often miss them by more.
    - All of it is before training, but for the last chart. A right size at the start is not enough:
      deep post-norm stacks show that, and the usual remedy, a learning rate that rises from tiny
      ones (warm-up), was not tried.
    - DeepNorm counts sublayers. A block is taken for one: the stream is multiplied by
      $L^{1/4}$, the weights are drawn smaller by $(4L)^{1/4}$.
    - Shares of paths are shares of a sum of squares, over five networks together, without cross
      terms between lengths.
    """
)
page.more(
    PANEL,
    {"The scale becomes a learning rate": _rescaled, "Batch norm's own factor": _norms},
    source=(residual.forward, residual.backward, residual.paths),
    data=_data,
)
page.recall(PANEL)
page.footer(PANEL)
