"""Weight initialization: the scale that keeps a layer's gain at 1."""

import math
from functools import partial

import streamlit as st

from core import diagnostics, network, theory
from pages.concepts.initialization import charts, data, words
from pages.concepts.initialization.panel import PANEL, SCHEMES
from pages.kit import controls, live, page, predict, theme, values, whole

page.header(PANEL)


@page.part(PANEL)
def scale(at) -> None:
    live.show(
        charts.gradients,
        data.gradients(data.setting(at), at.quantity, at.center, at.beside),
        at,
        panel=PANEL,
        live=("g",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Line chart on a logarithmic scale: the gradient by layer relative to the last layer's,
            between the lines of N(0, 1), He and Xavier, with the dotted line that is set and a band
            around 1. The numbers at the current scale stand in the text below.""",
    )
    page.write(words.finding(at))
    target, is_one = data.gain_one(at)
    st.button(
        f"Set the gain {'to 1' if is_one else 'nearest to 1'}",
        key="initialization.gain_one",
        disabled=target is None or target == at.g,
        on_click=partial(values.change, PANEL, {"g": at.g if target is None else target}),
    )


normal, xavier = words.through_sigmoids("normal", "xavier")
predict.choice(
    PANEL,
    """Twenty sigmoid layers, 64 units wide. Which weights let more of the gradient ‖dJ/dz‖ through
    from layer 20 to layer 1: N(0, 1) or Xavier?""",
    options={"normal": "N(0, 1)", "xavier": "Xavier", "same": "Much the same"},
    truth="normal",
    replies={
        "xavier": "It is the cure for tanh, not for everything.",
        "same": "σ′ is at most ¼ in both, but the weights are not the same.",
    },
    because=f"""It lets {normal} through, Xavier {xavier}. Slopes of at most ¼ need weights with
    σ√*n* of 4 or more. N(0, 1) saturates {words.saturated_by_n01()} of the units, and those that it
    leaves carry the gradient.""",
)

page.write(
    """
    ## The idea

    A unit adds up *n* inputs, each times a random weight of standard deviation σ (not the sigmoid
    here). Random signs cancel in part, so the sum grows like σ√*n*, not like σ*n*; *n* is the
    **fan-in**. Going back, a unit's gradient is such a sum too, times the slope φ′. Together they
    are the layer's **gain**, about σ√*n* times the root mean square of φ′. Below 1 the gradient
    vanishes, above 1 it explodes.

    Half of all ReLUs are off, so the slopes cost √½ and σ√*n* has to be √2: that is **He**. The
    slope of tanh is near 1 for small inputs, so σ√*n* = 1 will do: **LeCun**, and **Xavier**
    between layers of equal width. N(0, 1) ignores *n*.
    """
)


@page.part(PANEL)
def schemes(at) -> None:
    page.write(f"For {PANEL['activation'].shown(at.activation)}:")
    whole.table(data.table(data.setting(at)).set_index("scheme"))


st.caption(
    "n is the fan-in, n′ the fan-out; the gain is a median over networks, and the last column "
    "is ‖dJ/dz‖ of layer 1 over the last layer's. σ√n is the same in every layer (of orthogonal "
    "weights it is smaller in the first layer of more than 64 units); the first has 64 inputs, so "
    "at another width its weights are not from N(0, 1). Orthogonal weights are computed only when "
    "you choose them. The article says that these schemes keep the weights “close to 1”. The third "
    "column says no. What should be close to 1 is the gain."
)
controls.presets(PANEL)
controls.draw(PANEL, "activation", "width", "depth", "g")
rows = (("quantity", "center", "beside"), ("draws", "bias", "seed"))
controls.more(
    PANEL,
    "Other lines, draws, biases, seed",
    [name for row in rows for name in row],
    partial(controls.draw, PANEL, *rows),
)


@page.part(PANEL)
def measured_gain(at) -> None:
    page.write(words.equation(at))
    page.notice(words.notes(at))
    page.write("## The gain gauge\n\nWhat one layer does to the gradient, at each σ√*n*.")
    page.show(
        charts.gauge,
        **data.gauge(data.setting(at), at.center, at.g),
        key="initialization.gauge",
        alt_text="""
            Chart of the gain of a layer against σ√n, both on logarithmic scales: one curve each for
            ReLU, tanh, sigmoid and the activation that is set, points measured in the networks
            above, and a band of gains that keep the gradient's size.""",
    )
    page.write(words.gauge(at))


page.write(
    "## The trainable window\n\nThe deeper a network, the fewer scales of its weights let it learn."
)


@page.part(PANEL)
def trainable_window(at) -> None:
    cells = data.window(at.window, at.depth, at.g if data.in_window(at) else None)
    page.show(
        charts.window,
        cells,
        key="initialization.window",
        alt_text="""
            Grid of networks by number of hidden layers and σ√n: the percentage of held-out digits
            right after training, colored by whether the network learned, stalled or broke.""",
    )
    page.write(words.window(at, cells))


controls.draw(PANEL, "window")

page.write(
    """
    ## The fine print

    - The article gives two formulas for He. He is √(2/*n*), with *n* the fan-in; √(1/*n*) is
      LeCun's. Its weights are not near 1: at a fan-in of 100 they have σ = {he}, those of LeCun and
      Xavier {lecun}.
    - For plain SGD, without shortcuts or normalization, a gain near 1 is necessary, and the deeper
      the network, the nearer. It is not sufficient.
      Sigmoid layers at σ√*n* = 11.3, 16 deep, get only {accuracy} of the digits right: small
      differences grow on the way forward, those between pictures of one digit too.
    - He preserves an average. A typical network that is deep and narrow falls short of it.
    - All this is said of the first step. Training moves the weights, and nothing here keeps the
      gain at 1 after that.
    """,
    he=theme.number(data.std("he", 100)),
    lecun=theme.number(data.std("lecun", 100)),
    accuracy=theme.percent(data.accuracy("sigmoid", 16, 11.3)),
)


def _pictures() -> None:
    at = values.read(PANEL)
    controls.draw(PANEL, "against")
    other = {"normal": math.sqrt(int(at.width)), "he": math.sqrt(2), "xavier": 1.0}[at.against]
    columns = st.columns(2)
    for side, column, size in (("left", columns[0], 2**at.g), ("right", columns[1], other)):
        with column:
            whose = ", as set above" if side == "left" else f", {SCHEMES[at.against]}"
            page.write(f"**σ√*n* = {theme.number(size)}**{whose}")
            page.show(
                charts.activations,
                data.activations(data.setting(at), size),
                key=f"initialization.activations.{side}",
                alt_text="""
                    Histograms of one network's activations side by side, a column of shades per
                    layer, for 64 digits.""",
            )
    page.write(
        """
        One network, its activations for 64 digits: each layer is a histogram seen from above. The
        draws are the same on both sides; only the scale differs. Look for layers that shrink to 0,
        pile up at the ends of the activation, or leave the picture. (The dark row at 0 in ReLU
        layers is the units that are off.)
        """
    )


def _weights() -> None:
    width = int(values.read(PANEL).width)
    page.show(
        charts.weights,
        data.weights(width),
        key="initialization.weights",
        alt_text="Three bell curves of single weights: N(0, 1), He, and LeCun or Xavier.",
    )
    page.write(
        """
        Of N(0, 1), {share} of the weights lie between −3 and 3, as the article says. At
        n = {fan_in} the other schemes draw smaller ones. None aims at 1: every mean is 0.
        """,
        share=theme.percent(math.erf(3 / math.sqrt(2))),
        fan_in=width,
    )


def _derivation() -> None:
    st.latex(
        r"\frac{\partial J}{\partial z_l} = \varphi'(z_l)\odot"
        r"\Bigl(W_{l+1}\frac{\partial J}{\partial z_{l+1}}\Bigr)"
    )
    st.latex(r"\text{gain}^2 = n\,\sigma^2 \cdot \operatorname{E}\varphi'(z)^2")
    page.write(
        """
        A sum of *n* independent terms of mean 0 has *n* times the variance of one. For ReLU φ′² is
        1 in half of the cases, so the gain is 1 at *n*σ² = 2 (He et al. 2015). For tanh near 0 it
        is 1 at *n*σ² = 1 (LeCun et al. 1998; Glorot and Bengio 2010, who average the fan-in of the
        way forward and the fan-out of the way back). Going forward, the same sum gives the mean
        square *q* of *z*: *q* ← *n*σ²·E φ(*z*)² + σ²(*b*). From it the curves of the gauge take the
        spread of *z* in each layer (Poole et al. 2016; Schoenholz et al. 2017).
        """
    )


def _data() -> None:
    page.download(data.profile_table, "initialization", data.UNITS, now=data.at_this_scale)
    st.caption(
        "The gradient of every layer at every scale. The window's runs are in "
        "`pages/concepts/initialization/runs.csv`, remade by "
        "`python -m pages.concepts.initialization.make_runs`."
    )


page.more(
    PANEL,
    {
        "Same network, one change": _pictures,
        "The weights themselves: −3 … 3": _weights,
        "Where √2 comes from": _derivation,
    },
    source=(
        network.init,
        diagnostics.backward_gains,
        theory.depth_profile,
    ),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
