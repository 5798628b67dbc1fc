"""Saturation, ReLU and leaky ReLU: what the slope of an activation does to a gradient."""

from functools import partial

import streamlit as st

from core import activations, diagnostics, network
from pages.concepts.activations import charts, data, words
from pages.concepts.activations.panel import PANEL
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


@page.part(PANEL)
def slopes(at) -> None:
    curves = data.curves(at)
    leak = data.leak_of(at, *curves)
    live.show(
        charts.slopes,
        data.slopes(curves, leak, tuple(at.seen.split()), at.seed),
        at,
        panel=PANEL,
        live=("z",),
        main=data.main_line,
        multiplied=data.multiplied(curves, at.n, leak),
        alt_text="""
            Two panels over the pre-activation z. Above: the slopes of three activations, with a
            histogram of z inside a real network and the activations as an inset. Below, log scale:
            the same slopes multiplied over n layers. The text has the numbers at the current z.""",
    )
    found = words.finding(at, data.points(at))
    page.write(f"{found} Drag *z* to where a curve lets a gradient through.")


@page.part(PANEL)
def prediction(at) -> None:
    predict.size(
        PANEL,
        """In a sigmoid network of 15 layers with Xavier weights hardly a unit is saturated. What
        share of the gradient dJ/d*z* at layer 15 is left at layer 1?""",
        truth=data.asked(at.seed).gradient,
        guesses=(0, -0.3, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -12),
        replies=(
            (-1, 0, "“Not saturated” sounds safe. It only means: at least a twentieth of ¼."),
            (-12, -11, "Not that little: the slopes are close to the best a sigmoid has."),
        ),
        because="""Vanishing does not need saturation: a slope of at most ¼ per layer is enough, and
        Xavier's weights do not pay for it.""",
    )
    if idea := predict.idea(PANEL, partial(data.idea, seed=at.seed)):
        page.show(
            charts.asked,
            data.asked_by_layer(at.seed),
            key="activations.asked",
            alt_text="Lines, log scale: the gradient at 15 layers, and what the guess would give.",
            idea=idea,
        )


page.write(
    """
    ## The idea

    Going back through a layer, a gradient is multiplied by the slope φ′(*z*) of the activation.
    Where φ is flat, little gets through: the unit is **saturated**. Sigmoid and tanh are flat on
    both sides: a sigmoid tends to 0 on the left and to 1 on the right, and its slope is never above
    ¼.

    $$
    \\begin{aligned}
    \\text{ReLU}(z) &= \\begin{cases} z & z > 0 \\\\ 0 & z \\le 0 \\end{cases} \\\\
    \\text{ReLU}'(z) &= \\begin{cases} 1 & z > 0 \\\\ 0 & z < 0 \\end{cases}
    \\end{aligned}
    $$

    **ReLU**, max(0, *z*), has slope 1 for every *z* above 0: the article's way out, since
    1·1·1 = 1. Below 0 it is flat, with slope 0: a unit there is **off**, and passes nothing. A unit
    that is off for every example gets no gradient: it is **dead**. **Leaky ReLU** keeps a small
    slope below 0, so that no unit is ever off.
    """
)
controls.presets(PANEL, "z")
controls.draw(PANEL, "z", "n", "leak")
controls.draw(PANEL, "first", "second", "third", "seen")


@page.part(PANEL)
def product(at) -> None:
    points = data.points(at)
    page.write(
        """
        {equation}

        The slope at *z* = {z}, the same in each of the layers.
        """,
        equation=words.equation(at, points),
        z=theme.setting(at.z),
    )
    page.notice(words.notes(at, points))


page.write(
    """
    ## The same in real networks

    Now let *z* be what it is: networks of width 64 on real digits, before training, all on the same
    random draws. On the left their measured slopes multiplied, ∏φ′(*z*); on the right what slopes
    **and weights** do to dJ/dz, ∏*w*·φ′(*z*).
    """
)


@page.part(PANEL)
def layer_by_layer(at) -> None:
    curves = data.curves(at)
    names = data.networks(curves)
    of = data.setting(at, *names)
    left, right = st.columns(2)
    with left:
        page.write("**Slopes alone, ∏ φ′(z)**")
        page.show(
            charts.by_layer,
            **data.by_layer(curves, of, "slopes"),
            key="activations.slopes_by_layer",
            alt_text="""
                Line chart on a logarithmic scale over the layers: the product of measured slopes
                from the last layer back to each layer, one line per activation.""",
        )
    with right:
        page.write("**With the weights: ‖dJ/dz‖**")
        page.show(
            charts.by_layer,
            **data.by_layer(curves, of, "gradient"),
            key="activations.gradient_by_layer",
            alt_text="""
                Line chart on a logarithmic scale over the layers: the norm of dJ/dz relative to the
                last layer, one line per activation.""",
        )
    measured = {name: data.products(name, of) for name in (*names, "relu")}
    page.write(words.layer_by_layer(at, measured))


controls.draw(PANEL, "weights", "depth", "seed")

page.write(
    """
    ## Flat, off, dead

    Three things that are easily confused. **Flat**: φ′ is below 5 % of its maximum. **Off**: φ′ is
    exactly 0, for this example. **Dead**: off for all of 256 examples. What is dead is off, and
    what is off is flat: the bars add up to all that is flat. Find two culprits: biases that push
    *z* down, and a learning rate that throws it there.
    """
)


@page.part(PANEL)
def flat_off_dead(at) -> None:
    measured, untrained = (data.shares_at(at, rate) for rate in (float(at.rate), 0.0))
    page.show(
        charts.shares,
        **measured.tables,
        key="activations.shares",
        alt_text="""
            Stacked bars over the layers: the share of units that are dead, off without being dead,
            and flat without being off.""",
    )
    page.write("\n\n".join(words.shares(at, measured, untrained)))


controls.presets(PANEL, "network", see="the chart above")
controls.draw(PANEL, "network", "bias", "rate")

page.write(
    """
    ## The fine print

    - The article's formula gives ReLU the slope 1 at *z* = 0, its prose only above 0. At the kink
      there is no derivative: every number from 0 to 1 is a subgradient. PyTorch and this site use
      0.
    - “You cannot differentiate the negative section of the ReLU because it is 0”: one can. A
      constant has a derivative, 0. It is that 0 which stops the gradient.
    - ReLU “effectively addresses” vanishing, since 1 times 1 is 1: along a path of units that are
      all on. The weights still multiply, and units can die.
    - A leak prevents death; it promises no more. {leaks}
    """,
    leaks=data.leak_sentence(),
)


def _leaks() -> None:
    controls.draw(PANEL, "runs")
    page.show(
        charts.leaks,
        **data.leaks(float(values.read(PANEL).runs)),
        key="activations.leaks",
        alt_text="""
            Dots: held-out accuracy of twenty trained networks for each slope below 0, with the
            median as a bar and the number of networks that broke below.""",
    )
    page.write(
        """
        Depth 10, width 64, He's weights, 200 steps on the digits, the same draws for every slope.
        The bar is the median; a network that broke (its numbers no longer finite) gets no digit
        right. At rates 0.03 and 0.1 all train, a little better with leaks of 0.1 and 0.3. At 0.3 a
        leak of 0.01 differs from ReLU by less than its runs differ among themselves, one of 0.1
        helps, and with 0.3 every network breaks: what passes below 0 also lets the numbers grow.
        """
    )


def _derivation() -> None:
    st.latex(r"\sigma'(z) = \sigma(z)\,\sigma(-z) \le \tfrac14, \qquad \tanh' z = 1 - \tanh^2 z")
    page.write(
        """
        With *s* = σ(*z*), the slope is *s*(1 − *s*), largest at *s* = ½. It is below 5 % of ¼ where
        *s*(1 − *s*) < 1/80, that is |*z*| > 4.36. Since tanh *z* = 2σ(2*z*) − 1, its slope is
        4σ′(2*z*): four times as high and half as wide, so flat from 2.18 on. The two are equal
        where σ′(*z*) = 4σ′(2*z*): at |*z*| = 1.663.
        """
    )


def _data() -> None:
    page.download(data.table, "activations", data.UNITS)

    @page.part(PANEL)
    def over_z(at) -> None:
        page.table(*data.table_over_z(at))


page.more(
    PANEL,
    {"Does a leak help? Twenty networks each": _leaks, "Where flat begins": _derivation},
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

page.recall(PANEL)
page.footer(PANEL)
