"""Weight initialization: the scale that keeps a layer's gain at 1."""

import math
from functools import partial

import streamlit as st

from core import diagnostics, network, theory
from core.activations import ACTIVATIONS
from pages.concepts.initialization import charts, data
from pages.concepts.initialization.panel import CURVES, PANEL, SCHEMES
from pages.kit import controls, live, page, predict, theme, values

page.header(PANEL)


def _networks(at) -> tuple:
    """What the core needs to know of the networks."""
    return at.activation, int(at.width), at.depth, at.draws, at.bias, at.seed


@page.part_later(PANEL)
def scale(at) -> None:
    live.show(
        charts.gradients,
        data.gradients(*_networks(at), at.quantity, at.center, at.beside),
        at,
        panel=PANEL,
        live=("g",),
        alt_text="Line chart on a logarithmic scale: the gradient by layer relative to the last "
        "layer's, between the lines of N(0, 1), He and Xavier, with the product of the slopes and "
        "a band around 1. The numbers at the current scale stand in the text below.",
    )
    _finding(at)


def _finding(at) -> None:
    nets, here = data.measured(*_networks(at)), charts.STEPS.index(at.g)
    gain, ratio = nets.gain(at.center)[here], getattr(nets.dz, at.center)[here, 0]
    target = data.gain_one(nets, at.center)
    if math.isinf(ratio):
        dead = int(nets.dead[here])
        words = (
            f"At σ√*n* = {theme.number(2**at.g)}, {dead} of {theme.count(nets.members, 'network')} "
            "are dead: nothing arrives at layer 1. "
            + ("No scale helps." if target is None else "At another scale more of them live.")
        )
    else:
        words = (
            f"At σ√*n* = {theme.number(2**at.g)} each layer multiplies ‖dJ/dz‖ by "
            f"{theme.from_log10(gain)}. Layer 1 gets **{theme.from_log10(ratio, 2)}** times "
            f"the gradient of layer {at.depth} (at initialization, {nets.told(at.center)})."
        )
    page.write(words)
    st.button(
        "Set the gain to 1",
        key="initialization.gain_one",
        disabled=target is None or target == at.g,
        on_click=partial(values.change, PANEL, {"g": at.g if target is None else target}),
    )


@page.part_later(PANEL)
def schemes(at) -> None:
    page.write(f"For {PANEL['activation'].options[at.activation]}:")
    st.table(data.table(*_networks(at)).set_index("scheme"))


@page.part_later(PANEL)
def measured_gain(at) -> None:
    nets, here = data.measured(*_networks(at)), charts.STEPS.index(at.g)
    _equation(at, nets, here)

    page.notice(_notes(at, nets, here))
    _gauge(at, nets, here)


def _equation(at, nets: data.Measured, here: int) -> None:
    n = at.depth - 1
    ratio, slopes = getattr(nets.dz, at.center)[here, 0], nets.slopes[here, 0]
    weights = n * at.g * math.log10(2)
    equation = (
        theme.term(
            theme.outcome(ratio),
            rf"\frac{{\lVert dJ/dz_1\rVert}}{{\lVert dJ/dz_{{{at.depth}}}\rVert}}",
            theme.tex(ratio),
        )
        + r"\;\approx\;"
        + theme.term("dark", rf"(\sigma\sqrt{{n}})^{{{n}}}", theme.tex(weights))
        + r"\;\cdot\;"
        + theme.term("amber", rf"\prod_{{l=1}}^{{{n}}} \varphi'(z_l)", theme.tex(slopes))
    )
    if math.isfinite(ratio) and math.isfinite(slopes):
        miss = abs(weights + slopes - ratio)
        verdict = "agree within" if miss < 0.5 else "differ by"
        words = (
            f"On the right {theme.from_log10(weights + slopes)}, on the left measured: they "
            f"{verdict} a factor of {theme.from_log10(max(miss, 0.005), 2)}. φ′ is the root mean "
            "square over a layer. The rule takes slopes and weights to be independent."
        )
    else:
        words = "A dead network has slopes of 0 in some layer: nothing to multiply."
    page.write(f"{theme.displayed(equation)}\n\n{words}")


def _notes(at, nets: data.Measured, here: int) -> list[str]:
    n, gain = at.depth - 1, nets.gain(at.center)[here]
    reach = 10 ** (theme.BAND / n)
    inside = abs(gain) * n <= theme.BAND
    compound = (
        f"Over {theme.count(n, 'layer')} the gradient stays within a factor of 10 only if the gain "
        f"is between {1 / reach:.3f} and {reach:.3f}. {theme.from_log10(gain)} "
        f"{'is' if inside else 'is not'}. The deeper the network, the narrower the range."
    )
    ones = []
    for name in CURVES:
        one = data.scale_of_gain_one(name, at.depth, at.bias)
        label = ACTIVATIONS[name].label
        ones.append(f"{label} {'nowhere up to 32' if one is None else theme.number(one)}")
    biases = f" and biases of σ = {theme.setting(at.bias)}" if at.bias else ""
    where = (
        f"In wide layers, at depth {at.depth}{biases}, the gain is 1 at a σ√*n* of: "
        f"{', '.join(ones)}. No single scheme fits all."
    )
    dz, dW, h = (getattr(getattr(nets, of), at.center)[here, 0] for of in ("dz", "dW", "h"))
    slopes = nets.slopes[here, 0]
    if math.isinf(dz):
        which = "Nothing arrives here, whichever gradient you ask for."
    else:
        which = (
            f"*Which* gradient matters. ‖dJ/dz‖ of layer 1 is {theme.from_log10(dz, 2)} times the "
            f"last one's, ‖dJ/dW‖ {theme.from_log10(dW, 2)} times. dJ/dW is dJ/dz times the "
            f"layer's input, and ‖h‖ changes by a factor of {theme.from_log10(-h, 2)} from layer 1 "
            f"to layer {at.depth}. "
            + (
                "Here both tell one story."
                if theme.outcome(dz) == theme.outcome(dW)
                else "dJ/dW alone would tell another story."
            )
        )
    alone, together = theme.outcome(slopes), theme.outcome(dz)
    verbs = {"vanishing": "vanish", "healthy": "hold", "exploding": "explode"}
    product = f"The slopes alone, ∏ φ′(*z*), make {theme.from_log10(slopes, 2)}: "
    if math.isinf(dz):
        product += "in a dead network some layer has no slope left."
    elif alone == together:
        product += f"they {verbs[alone]}, and so does the gradient."
    else:
        product += f"they {verbs[alone]}, the gradient does not. The weights make the difference."
    return [compound, where, which, product, _spread(nets, here)]


def _spread(nets: data.Measured, here: int) -> str:
    if nets.members == 1:
        return "At this width one network is run, to keep the drag quick. Try another seed."
    dead, median = int(nets.dead[here]), nets.dz.median[here, 0]
    died = f"{dead or 'None'} of the {nets.members} networks {'is' if dead == 1 else 'are'} dead."
    if math.isinf(median):
        return f"{died} A layer in which every unit is off for every example ends the network."
    apart = nets.dz.mean[here, 0] - median
    mean = f"{died} Their mean is {theme.from_log10(apart, 2)} times their median"
    if apart > math.log10(2):
        return f"{mean}: a few networks make that mean."
    return f"{mean}: they are much alike." if not dead and apart > -math.log10(2) else f"{mean}."


def _gauge(at, nets: data.Measured, here: int) -> None:
    page.write("## The gain gauge")
    page.show(
        charts.gauge,
        data.gauge(*_networks(at), at.center, at.g),
        key="initialization.gauge",
        alt_text="Chart of the gain of a layer against σ√n, both on logarithmic scales: one curve "
        "each for ReLU, tanh and sigmoid, points measured in the networks above, and a band of "
        "gains that keep the gradient's size.",
    )
    measured = nets.gain(at.center)[here]
    predicted = data.gain_in_theory(at.activation, at.depth, at.bias)[here]
    if math.isinf(measured):
        comparison = "Most of these networks are dead, so there is no gain to mark."
    else:
        comparison = (
            f"At σ√*n* = {theme.number(2**at.g)} the theory says {theme.from_log10(predicted)}, "
            f"your networks {theme.from_log10(measured)}. "
            + (
                "The theory is about the mean square in ever wider layers; these networks differ."
                if abs(measured - predicted) > math.log10(1.05)
                else "Theory and networks agree within 5 percent."
            )
        )
    page.write(
        f"Curves: wide layers in theory. Points: the networks above, the large one at your "
        f"scale. Green band: gains that {theme.count(at.depth, 'layer')} can bear. {comparison}"
    )


@page.part_later(PANEL)
def trainable_window(at) -> None:
    label = ACTIVATIONS[at.window].label
    same = at.activation == at.window and at.width == "64" and not at.bias
    cells = data.window(at.window, at.depth, at.g if same else None)
    page.show(
        charts.window,
        cells,
        key="initialization.window",
        alt_text="Grid of networks by number of hidden layers and σ√n: the percentage of held-out "
        "digits right after training, colored by whether the network learned, stalled or broke.",
    )
    found = data.learns(at.window)
    ranges = [f"{ends[0]} to {ends[1]} ({depth} layers)" for depth, ends in found.items() if ends]
    too_deep = [str(depth) for depth, ends in found.items() if not ends]
    nowhere = f", nowhere ({', '.join(too_deep)})" if too_deep else ""
    one = data.scale_of_gain_one(at.window, 16, 0.0)
    page.write(
        "Every cell is a training run: the percentage of held-out digits right after 200 steps "
        f"(plain SGD at rate {theme.setting(data.rate(at.window))}, width 64, median of three "
        "seeds). Guessing gives 10; ✕ stopped being a number. Blue lies below the scale of gain 1, "
        "orange above it.\n\n"
        f"With {label}, networks get at least half of the digits right at σ√*n* from "
        f"{', '.join(ranges)}{nowhere}. "
        f"The deeper, the narrower. At 16 layers the best of them is {data.best(at.window, 16)}, "
        f"and the gain is 1 at {theme.number(one)}. {_outlined(at, cells)}"
    )


def _outlined(at, cells) -> str:
    if at.activation != at.window:
        return ""
    if cells["here"].any():
        return "The cell nearest to your setting is outlined."
    if at.width != "64" or at.bias:
        return "Your networks have another width or biases, so none of these cells is theirs."
    return f"Your σ√*n* = {theme.number(2**at.g)} lies outside the picture."


scale()
kept = data.named("sigmoid", 64, 20, "lecun", 0.0, 0)
normal, xavier = (kept[key].nets.dz.median[kept[key].at, 0] for key in ("normal", "xavier"))
predict.choice(
    PANEL,
    "Twenty sigmoid layers, 64 units wide. Which weights let more of the gradient ‖dJ/dz‖ "
    "through from layer 20 to layer 1: N(0, 1) or Xavier?",
    options={"normal": "N(0, 1)", "xavier": "Xavier", "same": "Much the same"},
    truth="normal",
    replies={
        "xavier": "It is the cure for tanh, not for everything.",
        "same": "σ′ is at most ¼ in both, but the weights are not the same.",
    },
    because=f"It lets {theme.from_log10(normal, 2)} through, Xavier "
    f"{theme.from_log10(xavier, 2)}. Slopes of at most ¼ need weights with a gain of 4 or "
    "more. N(0, 1) saturates most units, and the few that it leaves carry the gradient.",
)

page.write(
    "## The idea\n\n"
    "A unit adds up *n* inputs, each times a random weight. Random signs cancel in part, so "
    "the sum grows like σ√*n*, not like σ*n*; *n* is the **fan-in**. The slopes φ′ then take "
    "their share. Together they are the layer's **gain**, about σ√*n* times the root mean "
    "square of φ′. Below 1 the gradient vanishes, above 1 it explodes.\n\n"
    "Half of all ReLUs are off, so the slopes cost √½ and σ√*n* has to be √2: that is **He**. "
    "The slope of tanh is near 1 for small inputs, so σ√*n* = 1 will do: **LeCun**, and "
    "**Xavier** between layers of equal width. N(0, 1) ignores *n*."
)
schemes()
st.caption(
    "n is the fan-in, n′ the fan-out; the gain is a median over networks, and the last column "
    "is ‖dJ/dz‖ of layer 1 over the last layer's. Orthogonal weights are run where you draw them. "
    "The article says that these schemes keep the "
    "weights “close to 1”. The third column says no. What should be close to 1 is the gain."
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
measured_gain()

page.write("## The trainable window")
trainable_window()
controls.draw(PANEL, "window")

page.write(
    "## The fine print\n\n"
    "- The article gives two formulas for He. He is √(2/*n*), with *n* the fan-in; √(1/*n*) is "
    "LeCun's. Its weights are not near 1: at a fan-in of 100 they have σ = "
    f"{theme.number(data.std('he', 100))}, those of LeCun and Xavier "
    f"{theme.number(data.std('lecun', 100))}.\n"
    "- Gain 1 is necessary, not sufficient. Sigmoid layers at σ√*n* = 11.3, 16 deep, get only "
    f"{theme.percent(data.accuracy('sigmoid', 16, 11.3))} of the digits right: by the last "
    "layer, different digits look nearly alike.\n"
    "- He preserves an average. A typical network that is deep and narrow falls short of it.\n"
    "- All this is said of the first step. Training moves the weights, and nothing here keeps the "
    "gain at 1 after that."
)


def _pictures() -> None:
    at = values.read(PANEL)
    controls.draw(PANEL, "against")
    other = {"normal": math.sqrt(int(at.width)), "he": math.sqrt(2), "xavier": 1.0}[at.against]
    columns = st.columns(2)
    for side, column, size in (("left", columns[0], 2**at.g), ("right", columns[1], other)):
        with column:
            page.write(
                f"**σ√*n* = {theme.number(size)}**"
                + (", as set above" if side == "left" else f", {SCHEMES[at.against]}")
            )
            page.show(
                charts.activations,
                data.activations(*_networks(at), size),
                key=f"initialization.activations.{side}",
                alt_text="Histograms of one network's activations side by side, a column of "
                "shades per layer, for 64 digits.",
            )
    page.write(
        "One network, its activations for 64 digits: each layer is a histogram seen from "
        "above. The draws are the same on both sides; only the scale differs. Look for layers "
        "that shrink to 0, pile up at the ends of the activation, or leave the picture. "
        "(The dark row at 0 in ReLU layers is the units that are off.)"
    )


def _weights() -> None:
    at = values.read(PANEL)
    page.show(
        charts.weights,
        data.weights(int(at.width)),
        key="initialization.weights",
        alt_text="Three bell curves of single weights: N(0, 1), He, and LeCun or Xavier.",
    )
    page.write(
        f"Of N(0, 1), {theme.percent(0.9973)} of the weights lie between −3 and 3, as the "
        f"article says. At n = {at.width} the other schemes draw smaller ones. None aims "
        "at 1: every mean is 0."
    )


def _derivation() -> None:
    st.latex(
        r"\frac{\partial J}{\partial z_l} = \varphi'(z_l)\odot"
        r"\Bigl(W_{l+1}\frac{\partial J}{\partial z_{l+1}}\Bigr)"
        r"\quad\Rightarrow\quad \text{gain}^2 = n\,\sigma^2 \cdot"
        r"\operatorname{E}\varphi'(z)^2"
    )
    page.write(
        "A sum of *n* independent terms of mean 0 has *n* times the variance of one. For ReLU "
        "φ′² is 1 in half of the cases, so the gain is 1 at *n*σ² = 2 (He et al. 2015). For "
        "tanh near 0 it is 1 at *n*σ² = 1 (LeCun et al. 1998; Glorot and Bengio 2010, who "
        "average the fan-in of the way forward and the fan-out of the way back). Going "
        "forward the same sum gives *q* ← *n*σ²·E φ(*z*)² + σ_b², from which the curves of "
        "the gauge take the spread of *z* in each layer (Schoenholz et al. 2017)."
    )


def _data() -> None:
    at = values.read(PANEL)
    page.download(data.profile_table(data.measured(*_networks(at))), "initialization")
    st.caption(
        "The gradient of every layer at every scale. At widths of 100 and 256 most activations "
        "are run at every second or fifth scale; the others lie on straight lines between "
        "them. The window's runs are in "
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

page.recall(
    PANEL,
    "No unit of a sigmoid network is saturated. Is its gradient safe?",
    "No. Even the steepest slope of a sigmoid is ¼, so the product of the slopes vanishes "
    "without any saturation. Unsaturated is not the same as safe.",
)
page.footer(PANEL)
