"""Gradient clipping: what it caps, and what it cannot mend."""

import streamlit as st

from core import clipping, scalar_chain, training
from pages.concepts.clipping import charts, data, words
from pages.concepts.clipping.networks import RUNS
from pages.concepts.clipping.panel import PANEL
from pages.kit import controls, live, page, predict

page.header(PANEL)


@page.part(PANEL)
def thresholds(at) -> None:
    live.show(
        charts.thresholds,
        **data.thresholds(at.network, at.clip),
        at=at,
        panel=PANEL,
        live=("limit",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Two panels. Left: share of held-out digits right over the clipping threshold, from 0.1
            to 1,000 on a log scale, with the share of steps clipped, the same network with what
            cures it, and guessing. Right, on a log scale: training loss over 200 steps at the
            current threshold. The numbers stand in the text below.""",
    )
    page.write(words.finding(data.compared(at.network, at.clip, at.limit)))


predict.choice(
    PANEL,
    """Weights too small (He ×0.6, 16 layers): the gradient vanishes and the network stays at
    guessing. Now clip its gradient by norm, at *c* = 1. Does it learn?""",
    options={
        "repairs": "Yes, clipping repairs gradients",
        "lifts": "Yes, slowly: small gradients are lifted to the lower bound",
        "no": "No, nothing changes",
    },
    truth="no",
    replies={
        "repairs": "It only ever shortens a step, and these are not long.",
        "lifts": "The lower bound is −*c*: a floor for negative entries, not a least size. "
        "0.001 stays 0.001.",
    },
    because=words.too_small_to_cut(data.compared("small", "norm", 0.0)),
)

page.write(
    """
    ## The idea

    An exploded gradient asks for a step that is far too long. **Clipping** shortens the gradient
    before the weights move. The article cuts every entry to an interval, −*c* to *c*: that is
    clipping **by value**. The usual kind is clipping **by norm**: if the whole gradient *g* is
    longer than *c*, it is scaled down to length *c*.

    Either way backpropagation is over by then. The product of weights and slopes that made the
    gradient vanish or explode has been multiplied already; clipping changes the result and none of
    its factors.
    """
)

controls.presets(PANEL)
controls.draw(PANEL, "network", "clip", "limit")


@page.part(PANEL)
def notes(at) -> None:
    page.write(
        """
        {equations}

        The first step of the network of the seed below: how far layer 1 moves, relative to its
        weights. *g* holds dJ/dW and dJ/db of all layers. The two products are inside dJ/dW₁.
        """,
        equations=words.equations(data.first_step(at.network, at.clip, at.limit, at.seed)),
    )
    page.notice(words.notes(data.compared(at.network, at.clip, at.limit)))


page.write(
    """
    ## What clipping cannot change

    The first step of one network, layer by layer, with the cut and without it; and the two products
    that were made before there was anything to cut.
    """
)


@page.part(PANEL)
def unchanged(at) -> None:
    first = data.first_step(at.network, at.clip, at.limit, at.seed)
    page.show(
        charts.first_step,
        **first.tables,
        key="clipping.first_step",
        alt_text="""
            Line chart on a logarithmic scale over the layers of the untrained network: product of
            slopes, product of weights and slopes, and the relative size of the first step with and
            without clipping.""",
    )
    page.write(words.unchanged(first))


controls.draw(PANEL, "seed")

page.write(
    """
    ## By value or by norm

    A gradient of two entries is an arrow. Value clipping cuts it to the square, norm clipping to
    the circle.
    """
)


@page.part(PANEL)
def plane(at) -> None:
    live.show(
        charts.plane,
        data.plane(at.c),
        at,
        panel=PANEL,
        live=("gx", "gy"),
        handle=charts.HANDLE,
        alt_text="""
            A plane with a gradient as an arrow from the origin, the square that value clipping cuts
            to and the circle that norm clipping cuts to, and the two clipped arrows. The numbers
            stand in the text below.""",
    )
    page.write(words.plane(at.gx, at.gy, at.c, data.turned(at.gx, at.gy, at.c)))


controls.draw(PANEL, "gx", "gy", "c")

page.write(
    """
    ## The fine print

    - The article's “lower bound” is −*c*. It stops large negative entries; it does not lift small
      ones. An entry of 0.001 is inside the interval, and stays.
    - Value clipping turns the gradient, and yet in these runs it trains about as well as norm
      clipping does, each at its best threshold. It never turns by 90°, so a short enough step still
      goes downhill.
    - Each point is the median of {runs} networks (seeds 0 to {last}), the band their middle half:
      width 64, batches of 32 digits, learning rate 0.03. A run that ends as “not a number” counts
      as guessing, 10 %; other pages count it as 0 %.
    """,
    runs=RUNS,
    last=RUNS - 1,
)


def _cliff() -> None:
    page.write(
        """
        One parameter *b*, fifty layers that share it: *h* ← σ(4.5·*h* + *b*), from *h* = σ(0.5),
        and J = (*h* − 0.7)². Between two plains stands a cliff, because the slope is a sum of
        fifty products, the longest of fifty slopes. Drag the step.
        """
    )

    @page.part(PANEL)
    def cliff(at) -> None:
        live.show(
            charts.cliff,
            at=at,
            panel=PANEL,
            live=("step",),
            **data.cliff(at.cliff),
            alt_text="""
                Line chart of the loss J over one parameter b, with a cliff, and the points that
                gradient descent reaches with and without clipping up to the current step.""",
        )
        page.write(words.cliff(at.cliff, data.descent(None), data.descent(at.cliff)))

    controls.draw(PANEL, "step", "cliff")


def _why() -> None:
    st.latex(
        r"\hat g = \min\!\left(1, \frac{c}{\lVert g \rVert}\right) g"
        r"\qquad\text{against}\qquad \hat g_i = \min(\max(g_i, -c), c)"
    )
    page.write(
        """
        One number multiplies all entries, so every ratio between two of them stays, and with them
        every ratio between two layers. By value each entry has a factor of its own, *c*/|*g*ᵢ| or
        1. Mikolov (2012) clipped by value; Pascanu, Mikolov and Bengio (2013) clip by norm. A
        gradient that holds ∞ has no length to be cut to; by value the ∞ becomes *c* and hides that
        it was one. “Not a number” stays so either way.
        """
    )


def _data() -> None:
    page.download(data.runs_table, "clipping", data.UNITS, now=data.at_the_end)


page.more(
    PANEL,
    {
        "Where clipping comes from: the cliff": _cliff,
        "Why norm clipping keeps the direction": _why,
    },
    source=(
        clipping.clip_by_value,
        clipping.clip_by_global_norm,
        training.train,
        scalar_chain.chain,
    ),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
