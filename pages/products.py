"""Repeated multiplication: why gradients vanish or explode exponentially."""

import math

import streamlit as st

from core import scalar_chain
from pages.concepts.products import charts, data
from pages.concepts.products.panel import LAYERS, PANEL
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


@page.part(PANEL)
def powers(at) -> None:
    power = scalar_chain.power(at.w, at.n)
    size, w = float(power.log10), theme.setting(at.w)
    live.show(
        charts.powers,
        data.powers(at.activation),
        at,
        panel=PANEL,
        live=("w",),
        mark=data.mark(at.n),
        alt_text="Line chart on a logarithmic scale: the size of w to the power n, for n from 0 "
        "to 60, between the lines of 0.6 and 1.6, with a band around 1. The numbers at the "
        "current w stand in the text below.",
    )
    page.write(
        f"At *w* = {w}, {theme.count(at.n, 'factor')} {'makes' if at.n == 1 else 'make'} "
        f"**{theme.from_log10(size, negative=power.sign < 0)}**: {_what_became(size)} "
        + (
            "Drag *w*; the line is straight, whatever you do."
            if at.w
            else "A log scale has no place for 0, so there is no line. Drag *w* away from it."
        )
    )


def _what_became(size: float) -> str:
    """One clause on the product of the marked number of factors."""
    if size == -math.inf:
        return "nothing is left."
    if abs(size) < 5e-4:
        return "its size is what it was."
    if -1 < size < 0:
        return f"{theme.percent(10**size)} of the size is left."
    if size < 0:
        return f"one part in {theme.from_log10(-size)}."
    return "that many times what went in."


@page.part(PANEL)
def product(at) -> None:
    chain, power = data.along(at.w, at.activation), scalar_chain.power(at.w, at.n)
    size, slopes, gradient = float(power.log10), chain.slopes[at.n], chain.gradient[at.n]
    equation = (
        theme.term(
            "violet",
            rf"\prod_{{l=1}}^{{{at.n}}} w\,\varphi'(z_l)",
            theme.tex(gradient, negative=chain.sign[at.n] < 0),
        )
        + r"\;=\;"
        + theme.term(
            theme.outcome(chain.weights[-1]),
            f"({at.w:g})^{{{at.n}}}",
            theme.tex(size, negative=power.sign < 0),
        )
        + r"\;\cdot\;"
        + theme.term("amber", rf"\prod_{{l=1}}^{{{at.n}}} \varphi'(z_l)", theme.tex(slopes))
    )
    page.write(
        f"{theme.displayed(equation)}\n\nA chain of {theme.count(at.n, 'layer')}, "
        r"$z_l = w\,a_{l-1}$ and $a_l = \varphi(z_l)$, with $a_0 = 1$. "
        "On the left the gradient of its output with respect to its input."
    )

    page.notice(_notes(at, chain))


def _notes(at, chain: data.Along) -> list[str]:
    w, rate = theme.setting(at.w), abs(chain.weights[1])
    low, high = 2 ** (-1 / LAYERS), 2 ** (1 / LAYERS)
    inside = low <= abs(at.w) <= high
    if not rate:
        pace = "|*w*| is exactly 1: no number of factors changes the size."
    elif math.isinf(rate):
        pace = "*w* is 0: the first factor ends it."
    else:
        verb = "take away" if abs(at.w) < 1 else "add"
        pace = (
            f"At *w* = {w} every {theme.number(1 / rate, 2)} factors {verb} a factor of ten, "
            "at the start as at the end. That is what exponential means: "
            "on a log scale, a straight line."
        )
    keeps = (
        f"To keep |*w*|⁶⁰ within a factor of 2 of 1, |*w*| has to lie between {low:.4f} and "
        f"{high:.4f}. {w} {'does' if inside else 'does not'}. Try to find that window by dragging."
    )
    slopes, gradient = chain.slopes[at.n], chain.gradient[at.n]
    label = PANEL["activation"].options[at.activation]
    if at.activation == "identity":
        activation = (
            "No activation means φ′ = 1 at every layer: the dotted line ∏φ′(z) stays at 1 and the "
            "gradient is *w*ⁿ alone. Choose Tanh, make *w* larger than 1, and see it bend."
        )
    else:
        activation = (
            f"With {label}, {theme.count(at.n, 'slope')} {'makes' if at.n == 1 else 'multiply to'} "
            f"{theme.from_log10(slopes)}, and the gradient is "
            f"{theme.from_log10(gradient, negative=chain.sign[at.n] < 0)} where *w*ⁿ alone is "
            f"{theme.from_log10(chain.weights[at.n], negative=at.w < 0 and at.n % 2 == 1)}. "
            "Slopes and weights are two factors of one product; the next pages take them apart."
        )
    sign = (
        "A negative *w* turns the sign of *w*ⁿ around with every factor. Its size does not care, "
        "so the axis shows sizes only."
        if at.w < 0
        else "Between 0 and 1 no *w* is safe for ever: near 1 the product vanishes slowly, near 0 "
        "it vanishes fastest."
    )
    return [pace, keeps, activation, sign]


@page.part(PANEL)
def random_weights(at) -> None:
    drawn = data.random_products(at.factors, at.sigma, at.seed)
    page.write(
        "## But weights are random\n\n"
        "Networks start from random weights. The article draws them from N(0, 1) and remarks that "
        "two thirds of them are between −1 and 1. "
        f"At σ = {theme.setting(at.sigma)} that share is {theme.percent(drawn.weights_below_one)}. "
        "It is not the share that counts, but the product:"
    )
    page.show(
        charts.random_products,
        drawn.frame,
        key="products.random",
        alt_text="Histogram on a logarithmic axis of the size of a product of random weights, with "
        "the exact density, the median and the true root mean square.",
    )
    page.write(
        f"Of {data.DRAWS:,} products of {at.factors} weights, "
        f"{theme.percent(drawn.share_below_one)} are below 1 in size "
        f"(exactly: {theme.percent(drawn.below_one_theory)}). "
        f"The median is {theme.from_log10(drawn.median, 2)} "
        f"(exactly: {theme.from_log10(drawn.median_theory, 2)}), "
        f"yet the root mean square is σⁿ = {theme.from_log10(drawn.rms_theory, 2)}, "
        f"{theme.from_log10(drawn.rms_theory - drawn.median_theory, 2)} times as much. "
        "A few giants make that mean; it is not what happens. "
        f"These {data.DRAWS:,} draws give an rms of {theme.from_log10(drawn.rms_sampled, 2)}: "
        "the more factors, the surer a sample misses the giants, so the chart draws the true rms. "
        f"The median product of {at.factors} factors is 1 at "
        f"σ = {data.sigma_for_median(at.factors):.3f}."
    )


@page.part(PANEL)
def random_matrices(at) -> None:
    drawn = data.matrix_products(at.width, at.scale, at.seed)
    page.write(
        "## And layers are wide\n\n"
        "A real layer multiplies by a matrix. A vector then meets a sum of many random numbers at "
        "each layer, and chance evens out: its length changes by about the **gain** σ√width."
    )
    page.show(
        charts.matrix_products,
        drawn.frame,
        key="products.matrices",
        alt_text="Line chart on a logarithmic scale over the number of matrices multiplied: "
        "growth of a random vector, largest and median singular value, and the gain's law.",
    )
    n = 15
    page.write(
        f"After {n} matrices of width {at.width} a random vector has changed by a factor of "
        f"{theme.from_log10(drawn.vector[n], 2)} (median of {drawn.trials} draws); the gain's law "
        f"says {theme.from_log10(drawn.law[n], 2)}. "
        f"{_law_holds(drawn.vector[n], drawn.law[n])} "
        f"The largest singular value is {theme.from_log10(drawn.largest[n], 2)}, the median one "
        f"{theme.from_log10(drawn.median[n], 2)}, smaller by a factor of "
        f"{theme.from_log10(drawn.largest[n] - drawn.median[n], 2)}: "
        f"{_stretched(drawn.largest[n], drawn.median[n])}"
    )


def _stretched(largest: float, median: float) -> str:
    if largest > 0 > median:
        return "the product stretches some directions and flattens others."
    both = "grow" if median >= 0 else "shrink"
    return f"both {both}, yet some directions leave the others far behind."


def _law_holds(vector: float, law: float) -> str:
    miss = law - vector
    if abs(miss) < 0.3:
        return "They agree within a factor of 2: the law is a wide layer's."
    return (
        f"It is off by a factor of {theme.from_log10(abs(miss), 2)}. The law is about the mean "
        "square; a narrow layer has rare giants too, and its typical vector falls short."
    )


powers()
predict.size(
    PANEL,
    "A layer that keeps nine tenths of a signal sounds harmless. "
    "How much is left after fifty of them: what is 0.9⁵⁰?",
    truth=float(scalar_chain.power(0.9, 50).log10),
    guesses=(
        0.0,
        -0.3,
        -0.6,
        -1.0,
        -1.3,
        -1.6,
        -2.0,
        -2.3,
        -2.6,
        -3.0,
        -4.0,
        -6.0,
        -8.0,
        -10.0,
    ),
    replies=(
        (-0.6, 0.0, "That is the usual guess: nearly 1 should stay nearly 1. It does, once."),
        (-10.0, -5.0, "Not that fast: 0.9 needs 22 factors for each decade, 0.6 needs five."),
    ),
    because="Each layer takes a tenth of what is left, and the losses compound.",
)

page.write(
    "## The idea\n\n"
    "Training a network sends a gradient from the loss back to the first layer. At each layer "
    "it is multiplied by something: a weight *w*, and the slope φ′(*z*) of the activation. "
    "After *n* layers it has been multiplied *n* times.\n\n"
    "Take the article's simplest case: one neuron per layer, every weight the same, no "
    "activation. Then the gradient is multiplied by *w*ⁿ. If |*w*| is below 1 it **vanishes**: "
    "the first layers hardly move. If |*w*| is above 1 it **explodes**: they are thrown about. "
    "The article's own numbers are "
    f"0.6³ = {data.exact(0.6, 3)}, 0.6¹⁵ = {data.exact(0.6, 15)} "
    f"and 1.6¹⁵ = {data.exact(1.6, 15)}."
)
controls.presets(PANEL)
controls.draw(PANEL, "w", "n", "activation")
product()

random_weights()
controls.draw(PANEL, "factors", "sigma", "seed")

random_matrices()
controls.draw(PANEL, "width", "scale")

page.write(
    "## The fine print\n\n"
    "- The article says that gradients vanish or explode the more quickly, the further the weight "
    "is “from 1 or 0”. Only 1 is special. Further from 1 on a log scale is faster, and near 0 is "
    "the fastest of all.\n"
    "- Its 0.6³ = 0.21 is 0.216, cut short.\n"
    "- Equal weights, no biases and one neuron per layer make the arithmetic visible. Real "
    "layers differ from each other, and a bias shifts *z*, so that it acts through φ′(*z*).\n"
    "- The number *w* is an analogy. In a real layer the matrix of weights times the slopes takes "
    "its place, and it has one factor for each direction: its singular values."
)


def _precision() -> None:
    w = values.read(PANEL).w
    page.write(
        "A gradient that is small but not zero can still train a network. "
        f"One that is rounded to 0 cannot. For *w* = {theme.setting(w)}:"
    )
    st.table(data.precision_lost(w).set_index("format"))
    page.show(
        charts.precision,
        data.precision(w),
        key="products.precision",
        alt_text="Line chart of the size of w to the power n up to n = 1600, with the points "
        "at which half, single and double precision lose it.",
    )
    page.write(
        "“Rounded once” rounds the true *w*ⁿ to the format. Multiplying step by step *in* the "
        "format can end differently: when |*w*| is between ½ and 1, a number near the smallest "
        "that the format has, times *w*, rounds back to itself."
    )


def _derivation() -> None:
    st.latex(r"\log_{10} |w^n| = n \, \log_{10} |w|")
    page.write(
        "The logarithm of a product is the sum of the logarithms: "
        "every factor adds the same step. For random factors the steps are random, "
        "so their sum is a random walk with drift n·(ln σ − (γ + ln 2)/2) and variance n·π²/8 "
        "in natural logarithms, γ being Euler's "
        "constant. The drift is 0 only at σ = 1.887."
    )


def _data() -> None:
    at = values.read(PANEL)
    page.download(data.powers_table(at.w, at.activation), "products")


page.more(
    PANEL,
    {
        "Where a computer loses the number": _precision,
        "Why a straight line": _derivation,
    },
    source=(
        scalar_chain.power,
        scalar_chain.chain,
        scalar_chain.running_product,
    ),
    data=_data,
)

page.recall(
    PANEL,
    "Three networks were trained on the same digits. What differed between them?",
    "Only the size of their weights.",
)
page.footer(PANEL)
