"""Backpropagation as a product: one factor per step back, and what each can pay for."""

from functools import partial

import streamlit as st

from core import scalar_chain, sweeps
from core.activations import ACTIVATIONS
from core.diagnostics import slope_products, weight_products
from pages.concepts.chain_rule import charts, check, data, words
from pages.concepts.chain_rule.panel import PANEL
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


@page.part(PANEL)
def ledger(at) -> None:
    live.show(
        charts.ledger,
        data.ledger(data.example(at), at.gradient),
        at,
        panel=PANEL,
        live=("w2",),
        picks=("factor",),
        alt_text="""
            Waterfall chart on a logarithmic scale: one bar for each factor of the gradient, from
            the product before it to the product after it, above a drawing of the network from the
            loss J back to the weight. The numbers stand in the equation below.""",
        way=data.way(at.gradient, at.factor),
    )
    page.write(f"{words.finding(at)}\n\n{words.equation(at)}")


controls.draw(PANEL, ("factor",), ("gradient",))


@page.part(PANEL)
def step(at) -> None:
    path = data.FACTORS[at.gradient]
    following = words.following(at.factor, path)
    st.button(
        "All factors" if following == "all" else "One step back",
        key="chain_rule.step",
        on_click=partial(values.change, PANEL, {"factor": following}),
    )
    page.write(words.step(at, path))


predict.choice(
    PANEL,
    """A sigmoid's slope is at most ¼. Give every layer of a deep chain the weight *w* = 4. Does 4
    cancel ¼, so that the gradient keeps its size?""",
    options={
        "yes": "Yes, 4 · ¼ = 1",
        "vanishes": "No, it vanishes all the same",
        "explodes": "No, it explodes",
    },
    truth="vanishes",
    replies={
        "yes": "The slope is ¼ at z = 0 only, and a large weight carries z away from 0.",
        "explodes": "Even at their best, ¼, the slopes would only balance the 4.",
    },
    because=f"""After 15 layers dŷ/d*w*₁ is {words.cancelled()}: *z* = 4*a* saturates, and the slope
    falls much further than 4 can lift it.""",
)

page.write(
    """
    ## The idea

    **Forward**, the input is multiplied by *w*₁, goes through σ, is multiplied by *w*₂ and goes
    through σ again. **Backward**, the chain rule asks at each of these steps how much the result
    would change, and multiplies the answers. A weight answers with itself: that is why the same *w*
    appears in both directions, and why *w*ⁿ could stand for either on the page before. An
    activation answers with its slope, which appears only backward.

    $$
    \\frac{dJ}{dw_1} = \\frac{dJ}{d\\hat y}\\cdot\\frac{d\\hat y}{dz_2}\\cdot
    \\frac{dz_2}{da_1}\\cdot\\frac{da_1}{dz_1}\\cdot\\frac{dz_1}{dw_1}
    $$

    So a gradient is a ledger. A factor below 1 is a cost, a factor above 1 an income, and nothing
    else ever enters the book.
    """
)

controls.presets(PANEL, "w2")
controls.draw(PANEL, "w2", "w1", "x", "y")


@page.part(PANEL)
def notes(at) -> None:
    page.notice(words.notes(at))


page.write(
    """
    ## Fifteen, twenty, or even more layers

    Networks have “15, 20, or even more layers”, says the article. Here is its chain with *L* layers
    that all carry the same *w*, and what reaches the first of them: dŷ/d*w*₁ at *x* = 1, with no
    loss in front. Drag *w*: can any weight pay for the slopes?
    """
)


@page.part(PANEL)
def depth(at) -> None:
    live.show(
        charts.depth,
        data.depth(at.activation, at.layers),
        at,
        panel=PANEL,
        live=("w",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Line chart on a logarithmic scale over the number of layers: the gradient of the output
            with respect to the first weight, the product of the slopes alone, and the bound that
            holds if every slope were the largest possible.""",
    )
    page.write(words.depth(at, data.depths(at.activation)))


controls.presets(PANEL, "w", see="the chart above")
controls.draw(PANEL, "w", "layers", "activation")

page.write(
    """
    ## Slopes are half of the story

    In a real network of {layers} layers a gradient of many numbers is multiplied by slopes and by
    matrices. Take the two apart: the product of the slopes φ′(*z*), the product of the weights'
    factors, and ‖dJ/d*z*‖ itself, relative to the last layer's, at initialization, on real digits.
    """,
    layers=charts.STEPS + 1,
)


@page.part(PANEL)
def split(at) -> None:
    net = data.split(at.width, at.network, at.scheme, at.seed)
    page.show(
        charts.split,
        **net.tables,
        key="chain_rule.split",
        alt_text="""
            Line chart on a logarithmic scale over the layers, from the last one back: the product
            of the slopes, the product of the weights' factors and the gradient, median over seeds
            with a band.""",
    )
    page.write(words.split(net))


controls.presets(PANEL, "network", see="the chart above")
controls.draw(PANEL, "width", "network", "scheme", "seed")

page.write(
    r"""
    ## The fine print

    - Erratum: the article prints $\sigma(z) = 1/(1 + e^{z})$. It is $1/(1 + e^{-z})$. Since σ′ is
      the same at *z* and −*z*, its σ′(5) ≈ 0.0066 survives: it is {slope}.
    - The article calls *z*₂ “a product of *w*₂ and *a*₂”, and once writes *u*₂. It is *w*₂·*a*₁, as
      drawn here.
    - It leaves J open. J = ½(ŷ − y)² is our choice; another J changes the first factor only.
    - (¼)ᴸ bounds the slopes, not the gradient: with |*w*| above 1 the gradient can lie above it.
      The bound that holds has |*w*|ᴸ⁻¹ in it.
    - In a layer of width *n* the slopes' factor is their root mean square over units and examples,
      the weights' is ‖W‖/√*n*, where ‖W‖ is the root of the sum of all squared entries. A gradient
      of random direction changes by their product.
    """,
    slope=theme.number(float(ACTIVATIONS["sigmoid"].df(5.0)), 6),
)


def _derivation() -> None:
    st.latex(r"z_1 = w_1 x,\quad a_1 = \sigma(z_1),\quad z_2 = w_2 a_1,\quad \hat y = \sigma(z_2)")
    st.latex(
        r"\frac{dJ}{dw_1} = \frac{dJ}{d\hat y}\cdot\frac{d\hat y}{dz_2}\cdot"
        r"\frac{dz_2}{da_1}\cdot\frac{da_1}{dz_1}\cdot\frac{dz_1}{dw_1}"
        r" = (\hat y - y)\,\sigma'(z_2)\,w_2\,\sigma'(z_1)\,x"
    )
    st.latex(r"\sigma'(z) = \sigma(z)\,(1-\sigma(z)) \le \tfrac14")
    page.write(
        r"""
        Why a weight cannot outrun a slope: for large $z$ the slope is about $e^{-z}$, so
        $w_2\,\sigma'(w_2 a_1) \approx w_2\,e^{-w_2 a_1}$. A line times a falling exponential rises,
        then falls, and tends to 0.
        """
    )


def _negative() -> None:
    page.write(
        """
        Along the chain *a* settles where *a* = σ(*wa*). A positive *w* pushes that point out toward
        the flat part: at *w* = 1.6, the best positive weight for 15 layers, the factors *w*·σ′
        settle near 0.28. A negative *w* pulls it back: whatever is large is turned around and made
        small at the next layer. At *w* = −4.8 the factors settle near −0.88. They would reach −1 at
        *w* = −5.87, but it takes the chain longer than 15 layers to settle there; beyond that the
        point is not stable, and the chain jumps between a high value and a low one.
        """
    )


def _check() -> None:
    @page.part(PANEL)
    def calculation(at) -> None:
        page.write(check.settings(at))
        with st.container(horizontal=True):
            texts = {
                name: st.text_input(
                    label, key=f"chain_rule.check.{name}", max_chars=check.LONGEST, width=156
                )
                for name, label in check.labels(at.gradient).items()
            }
        page.write(check.verdict(at, texts))


def _data() -> None:
    page.download(data.ledger_table, "chain_rule", data.UNITS, now=lambda at: {"w₂": at.w2})


page.more(
    PANEL,
    {
        "The chain rule, step by step": _derivation,
        "Check my calculation": _check,
        "Why w = −4.8 does so well": _negative,
    },
    source=(
        scalar_chain.two_layer_chain,
        scalar_chain.chain,
        slope_products,
        weight_products,
        sweeps.profile,
    ),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
