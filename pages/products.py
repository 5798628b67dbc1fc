"""Repeated multiplication: why gradients vanish or explode exponentially."""

import streamlit as st

from core import products, scalar_chain
from pages.concepts.products import charts, data, words
from pages.concepts.products.panel import PANEL
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


@page.part(PANEL)
def powers(at) -> None:
    live.show(
        charts.powers,
        data.powers(at.activation),
        at,
        panel=PANEL,
        live=("w",),
        main=data.main_line,
        idea=data.idea,
        mark=data.mark(at.n),
        alt_text="""
            Line chart on a logarithmic scale: the size of w to the power n, for n from 0 to 60,
            between the lines of 0.6 and 1.6, with a band around 1. The numbers at the current w
            stand in the text below.""",
    )
    page.write(words.finding(at))


predict.size(
    PANEL,
    """A layer that keeps nine tenths of a signal sounds harmless. How much is left after fifty of
    them: what is 0.9⁵⁰?""",
    truth=float(data.asked()[-1]),
    guesses=(0, -0.3, -0.6, -1, -1.3, -1.6, -2, -2.3, -2.6, -3, -4, -6, -8, -10),
    replies=(
        (-0.6, 0, "That is the usual guess: nearly 1 should stay nearly 1. It does, once."),
        (-10, -5, "Not that fast: 0.9 needs 22 factors to lose a factor of ten; 0.6 needs five."),
    ),
    because="Each layer takes a tenth of what is left, and the losses compound.",
)

page.write(
    """
    ## The idea

    Training a network sends a gradient from the loss back to the first layer. At each layer it is
    multiplied by something: a weight *w*, and the slope φ′(*z*) of the activation. After *n* layers
    it has been multiplied *n* times.

    Take the article's simplest case: one unit per layer, every weight the same, no activation. Then
    the gradient is multiplied by *w*ⁿ. If |*w*| is below 1 it **vanishes**: the first layers hardly
    move. If |*w*| is above 1 it **explodes**: they are thrown about. The article's own numbers are
    0.6³ = {few}, 0.6¹⁵ = {small} and 1.6¹⁵ = {large}.
    """,
    few=data.exact(0.6, 3),
    small=data.exact(0.6, 15),
    large=data.exact(1.6, 15),
)

controls.presets(PANEL)
controls.draw(PANEL, "w", "n", "activation")


@page.part(PANEL)
def product(at) -> None:
    page.write(
        """
        {equation}

        A chain of {layers}, $z_l = w\\,a_{l-1}$ and $a_l = \\varphi(z_l)$, with $a_0 = 1$. On the
        left the gradient of its output with respect to its input.
        """,
        equation=words.equation(at),
        layers=theme.count(at.n, "layer"),
    )
    page.notice(words.notes(at))


@page.part(PANEL)
def random_weights(at) -> None:
    drawn = data.random_products(at.factors, at.sigma, at.seed)
    page.write(
        """
        ## But weights are random

        Networks start from random weights. The article draws them from N(0, 1) and remarks that two
        thirds of them are between −1 and 1. At σ = {sigma} that share is {share}. It is not the
        share that counts, but the product:
        """,
        sigma=theme.setting(at.sigma),
        share=theme.percent(drawn.weights_below_one),
    )
    page.show(
        charts.random_products,
        **drawn.tables,
        key="products.random",
        alt_text="""
            Histogram on a logarithmic axis of the size of a product of random weights, with the
            exact density, the median and the true root mean square.""",
    )
    page.write(words.random_weights(at.factors, drawn))


controls.draw(PANEL, "factors", "sigma", "seed")


@page.part(PANEL)
def random_matrices(at) -> None:
    drawn = data.matrix_products(at.width, at.scale, at.seed)
    page.write(
        """
        ## And layers are wide

        A real layer multiplies by a matrix. Each entry of the new vector is then a sum of many
        random numbers, and chance evens out: its length changes by about the **gain** σ√width.
        These are matrices alone, so their numbers are not those of the networks on other pages.
        """
    )
    page.show(
        charts.matrix_products,
        **drawn.tables,
        key="products.matrices",
        alt_text="""
            Line chart on a logarithmic scale over the number of matrices multiplied: growth of a
            random vector, largest and median singular value, and the gain's law.""",
    )
    page.write(words.random_matrices(at.width, 15, drawn))


controls.draw(PANEL, "width", "scale")

page.write(
    """
    ## The fine print

    - The article says that gradients vanish or explode the more quickly, the further the weight is
      “from 1 or 0”. Only 1 is special. Further from 1 on a log scale is faster, and near 0 is the
      fastest of all.
    - Its 0.6³ = 0.21 is 0.216, cut short.
    - Equal weights, no biases and one unit per layer make the arithmetic visible. Real layers
      differ from each other, and a bias shifts *z*, so that it acts through φ′(*z*).
    - In mathematics *wⁿ* never reaches 0. On a computer it does, and multiplied step by step it
      ends elsewhere: [Number formats](precision), “Where a power ends”.
    - The number *w* is an analogy. In a real layer the matrix of weights times the slopes takes its
      place, and it has one factor for each direction: its singular values.
    """
)


def _derivation() -> None:
    st.latex(r"\log_{10} |w^n| = n \, \log_{10} |w|")
    page.write(
        """
        The logarithm of a product is the sum of the logarithms: every factor adds the same step.
        For random factors the steps are random, so their sum is a random walk with drift
        n·(ln σ − (γ + ln 2)/2) and variance n·π²/8 in natural logarithms, γ being Euler's constant.
        The drift is 0 only at σ = 1.887.
        """
    )


def _streams() -> None:
    at = values.read(PANEL)
    mixed = data.streams(at.scale, at.seed)
    page.write(
        """
        Some networks carry several streams side by side and mix them at every layer by a small
        matrix: hyper-connections (Zhu et al. 2025). If the matrix is free, the product can explode.
        If it is **doubly stochastic** (Xie et al. 2025), no entry below 0 and each row and column
        with sum 1, no product of such matrices makes any vector longer. Sinkhorn's iteration makes
        a matrix so: it divides rows and columns by their sums in turn (Sinkhorn and Knopp 1967).
        Here are four numbers, mixed by random 4 × 4 matrices of both kinds.
        """
    )
    page.show(
        charts.streams,
        **mixed.tables,
        key="products.streams",
        alt_text="""
            Line chart on a logarithmic scale over the number of matrices multiplied: the length of
            a vector under free matrices, and its sum and its differences under doubly stochastic
            ones.""",
    )
    page.write(words.streams(mixed))
    page.write(
        """
        That is a trap: a sum that stays looks healthy, and what told the streams apart has
        vanished. The gradient fares alike, as it goes back through the same matrices transposed,
        and these are doubly stochastic too. Matrices near the identity mix more slowly, and each
        layer adds something new to its streams.
        """
    )


def _data() -> None:
    page.download(data.powers_table, "products", data.UNITS, now=lambda at: {"w": at.w})


page.more(
    PANEL,
    {
        "Why a straight line": _derivation,
        "Products that cannot explode": _streams,
    },
    source=(
        scalar_chain.power,
        scalar_chain.chain,
        scalar_chain.running_product,
        products.sinkhorn,
    ),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
