"""One network at three sizes of its weights: the question that the site answers."""

import math

import streamlit as st

from core import network, sweeps, training
from pages.concepts.home import charts, data, picture
from pages.concepts.home.panel import PANEL
from pages.kit import controls, live, page, predict, site, theme, values

page.header(PANEL)


def _draw_of(at) -> int | None:
    """Which random draw is shown; None for all of them, by their median."""
    return at.seed if at.show == "one" else None


@page.part_later(PANEL)
def gradients(at) -> None:
    live.show(
        charts.gradients,
        data.gradients(at.network, _draw_of(at)),
        at,
        panel=PANEL,
        live=("c",),
        clock=picture.CLOCK,
        alt_text="Line chart on a logarithmic scale: the size of the gradient at each hidden "
        "layer, relative to the last layer's, for the networks with weights times 0.6, 1 and "
        "1.6 and for the dragged factor. The numbers stand in the text below.",
    )


@page.part_later(PANEL)
def accuracies(at) -> None:
    page.show(
        charts.accuracies,
        data.accuracies(at.network, _draw_of(at), at.c),
        key="home.accuracies",
        alt_text="Line chart: share of held-out digits named right over 200 steps of "
        "training, one line per size of the weights, and the step at which a network's "
        "numbers ended. The numbers stand in the text below.",
    )


@page.part_later(PANEL)
def finding(at, told: bool) -> None:
    draw = _draw_of(at)
    page.write(_finding(at, draw, data.drag(at.network, draw), told))


@page.part_later(PANEL)
def slopes_and_weights(at, told: bool) -> None:
    draw = _draw_of(at)
    found = data.drag(at.network, draw)
    row, layers = found.at(at.c), found.median.shape[1]
    equation = (
        theme.term(
            theme.outcome(found.median[row, 0]),
            rf"\frac{{\|dJ/dz_1\|}}{{\|dJ/dz_{{{layers}}}\|}}",
            theme.tex(found.median[row, 0]),
        )
        + (r"\;\approx\;" if abs(_met(found, row)) < 0.5 else r"\;\neq\;")
        + theme.term("amber", r"\prod \varphi'(z)", theme.tex(found.slopes[row, 0]))
        + r"\;\cdot\;"
        + theme.term("violet", r"\prod g_W", theme.tex(found.weights[row, 0]))
    )
    page.write(f"{theme.displayed(equation)}\n\n{_product(found, row)}")
    page.show(
        charts.ledger,
        data.ledger(at.network, draw, at.c),
        key="home.ledger",
        alt_text="Bar chart on a logarithmic axis, one row per size of the weights: the factor of "
        "the slopes, the factor of the weights, and a point for the gradient they leave.",
    )

    page.notice(_notes(at, draw, found, told))


def _vote() -> None:
    three = [data.trained("relu_he", None, c) for c in charts.THREE]
    small, one, _ = (run.middle[-1] for run in three)
    predict.choice(
        PANEL,
        "One ReLU network at ×0.6, ×1 and ×1.6: same digits, same random draws, same 200 steps of "
        "training. Only the size of its weights differs. Which of the three learns?",
        options={
            "one": "Only ×1",
            "large": "×1.6, and fastest: its gradients are the largest",
            "slow": "×1, and ×0.6 too, just more slowly",
            "all": "All three: training corrects the size",
        },
        truth="one",
        replies={
            "large": "A gradient says which way, for a small step. A thousand times too large, "
            "it throws the weights away.",
            "slow": "×0.6 hardly moves: after 200 steps it has not left chance.",
            "all": "Training would have to reach the weights first.",
        },
        because=f"After 200 steps ×1 names {theme.percent(one)} of the held-out digits right, "
        f"×0.6 {theme.percent(small)}, and guessing gives 10 %. ×1.6 is no longer a number at step "
        f"{three[2].end:.0f}.",
    )


def _first(found: data.Drag, c: float) -> float:
    """log₁₀ of what reaches layer 1, at one factor."""
    return float(found.median[found.at(c), 0])


def _met(found: data.Drag, row: int) -> float:
    """log₁₀ of what slopes and weights together leave unexplained of the gradient at layer 1."""
    return float(found.median[row, 0] - found.slopes[row, 0] - found.weights[row, 0])


def _finding(at, draw: int | None, found: data.Drag, told: bool) -> str:
    size, layers = _first(found, at.c), found.median.shape[1]
    per_layer = 10 ** (size / (layers - 1))
    whose = f"draw {draw}" if draw else f"median of {found.draws} draws"
    lines = [
        f"With weights ×{theme.setting(at.c)}, the gradient at layer 1 is "
        f"**{theme.from_log10(size)}** times that at layer {layers} ({whose}): "
        f"{layers - 1} layers, each by about {theme.number(per_layer)}."
    ]
    if told:
        lines.append(_trained(at, draw))
    return " ".join(lines)


def _trained(at, draw: int | None) -> str:
    c = data.nearest(at.c)
    run = data.trained(at.network, draw, c)
    which = f"Trained at ×{c:g}" + ("" if c == at.c else ", the nearest size that was")
    halted, tried = int((run.halted > 0).sum()), len(run.halted)
    if run.end is not None:
        if draw:
            return f"{which}, it is not a number from step {run.end:.0f} on."
        return (
            f"{which}, {halted} of {tried} stop being numbers, the first {(tried + 1) // 2} "
            f"by step {run.end:.0f}."
        )
    right = f"{which}, it names {theme.percent(run.middle[-1])} of the held-out digits right."
    return right if not halted else f"{right} Of {tried}, {halted} stop being numbers."


def _notes(at, draw: int | None, found: data.Drag, told: bool) -> list[str]:
    notes = [_slopes(at, found), _which_gradient(at, found)]
    if not told:
        return [*notes, "More stands here once you have guessed which of the three learns."]
    return [*notes, _window(at, draw), _updates(at, draw), _losses(at, draw)]


def _slopes(at, found: data.Drag) -> str:
    small, large = (found.slopes[found.at(c), 0] for c in (0.6, 1.6))
    if at.network == "relu_he":
        return (
            "The dotted line ∏ φ′(*z*) does not move when you drag. A ReLU is on for half of its "
            "inputs at any size of the weights, so the slopes' product is "
            f"{theme.from_log10(small)} in all three networks. What differs is the weights' factor."
        )
    return (
        f"With tanh the slopes answer: ∏ φ′(*z*) is {theme.from_log10(small)} at ×0.6 and "
        f"{theme.from_log10(large)} at ×1.6. Larger weights saturate more units, and the "
        "smaller slopes take back a part of what the weights add."
    )


def _product(found: data.Drag, row: int) -> str:
    both = found.slopes[row, 0] + found.weights[row, 0]
    return (
        "From the last layer back to the first; φ′ and the weight matrix's gain $g_W$ are root "
        f"mean squares of a layer. Together they make {theme.from_log10(both)}. The rest, a factor "
        f"of {theme.from_log10(_met(found, row))}, is what this gradient met: neither "
        "slopes nor weights treat all directions alike."
    )


def _which_gradient(at, found: data.Drag) -> str:
    sizes = found.dW[found.at(at.c)]
    first, last, layers = float(sizes[0]), float(sizes[-1]), len(sizes)
    across, back = first - last, _first(found, at.c)
    says = (
        f"Another gradient, another story: ‖dJ/d*W*‖ is {theme.from_log10(first)} in layer 1 and "
        f"{theme.from_log10(last)} in layer {layers}. "
    )
    if abs(across) < 0.15:
        return says + (
            "It is about the same everywhere, as it multiplies dJ/d*z* by the layer's input, and "
            "the signal on its way forward changed as the gradient did on its way back."
        )
    if abs(across - back) < 0.15:
        return says + (
            "It follows dJ/d*z*: the other factor, the layer's input, does not grow along the way, "
            "as tanh stays between −1 and 1."
        )
    return says + (
        "From the last layer to the first it changed by a factor of "
        f"{theme.from_log10(across, 2)}, dJ/d*z* by {theme.from_log10(back, 2)}: it multiplies "
        "dJ/d*z* by the layer's input, and the signal changed on its way forward too."
    )


def _window(at, draw: int | None) -> str:
    learned = data.learners(at.network, draw)
    tried = f"Of {len(data.FACTORS)} sizes from ×0.5 to ×1.7,"
    if not learned:
        return f"{tried} none makes this network name half of the held-out digits right."
    return (
        f"{tried} those from ×{learned[0]:g} to ×{learned[-1]:g} make it name more than half of "
        "the held-out digits right."
    )


def _updates(at, draw: int | None) -> str:
    sizes = [data.median(data.trained(at.network, draw, c).update) for c in charts.THREE]
    moves = [
        f"{theme.from_log10(size, 2)} at ×{c:g}"
        for c, size in zip(charts.THREE, sizes, strict=True)
    ]
    return (
        "The first step changes the weights of layer 1, relative to their size, by "
        f"{moves[0]}, {moves[1]} and {moves[2]}. About 10⁻³ is healthy."
    )


def _losses(at, draw: int | None) -> str:
    small, _, large = (data.trained(at.network, draw, c).loss for c in charts.THREE)
    start = [data.median(row) for row in large[:4]]
    ended = next((i + 1 for i, loss in enumerate(start) if math.isnan(loss)), len(start))
    return (
        "The held-out loss of ×1.6, before training and after each of its first steps: "
        f"{' → '.join(theme.number(loss) for loss in start[:ended])}. "
        f"That of ×0.6, after all {data.STEPS[-1]}: {theme.number(data.median(small[-1]))}; "
        "to call ten digits equally likely costs ln 10 = 2.303."
    )


told = predict.answered(PANEL)
left, right = st.columns([5, 4])
with left:
    gradients()
with right:
    if told:
        accuracies()
    else:
        _vote()
finding(told)
if told:
    _vote()

small, large = (data.landmarks()[name] for name in ("0.6", "1.6"))
relu = data.drag("relu_he", None)
page.write(
    "## The idea\n\n"
    "Training sends a gradient from the loss back toward the input. Each layer multiplies it "
    "on the way: by its weights, and by the slopes φ′(*z*) of its activation.\n\n"
    "- It **vanishes** when it gets smaller with each layer, until the weights near the input "
    "hardly change.\n"
    "- It **explodes** when it gets larger with each layer, until an update throws the weights "
    "far from anything useful.\n\n"
    "Both are one thing: a product of many factors on the same side of 1. The article "
    f"multiplies fifteen times: 0.6¹⁵ = {theme.from_log10(small)} and "
    f"1.6¹⁵ = {theme.from_log10(large)}. From layer 16 to layer 1 is fifteen times too: "
    f"the real networks measure {theme.from_log10(_first(relu, 0.6))} "
    f"and {theme.from_log10(_first(relu, 1.6))}."
)

controls.presets(PANEL)
controls.draw(PANEL, "c", "network", "show", "seed")
slopes_and_weights(told)

page.write(
    "## The map\n\nEach page takes one part of the question. The numbers are computed as you read."
)


def _landmarks() -> dict[str, tuple[dict, str]]:
    """What each page shows: the state to open it in, and a line with a number of the core's."""
    size = {name: theme.from_log10(log10, 2) for name, log10 in data.landmarks().items()}
    return {
        "products": (
            {"products_w": "0.6", "products_n": "15"},
            f"The law behind it: 0.6, fifteen times, is **{size['0.6']}**.",
        ),
        "chain_rule": (
            {
                "chain_rule_w": "4.0",
                "chain_rule_layers": "15",
                "chain_rule_activation": "Sigmoid",
            },
            "Where the factors come from: at *w* = 4 against slopes of at most ¼, fifteen sigmoid "
            f"layers leave **{size['chain_rule']}**.",
        ),
        "activations": (
            {
                "activations_z": "2.0",
                "activations_n": "15",
                "activations_first": "Sigmoid",
            },
            f"What slopes do: fifteen of a sigmoid's, at *z* = 2, make **{size['activations']}**.",
        ),
        "initialization": (
            {
                "initialization_g": "3.0",
                "initialization_activation": "ReLU",
                "initialization_width": "64",
                "initialization_depth": "20",
            },
            "How large weights should be: through 20 ReLU layers N(0, 1) multiplies the gradient "
            f"by **{size['normal']}**, He by **{size['he']}**.",
        ),
        "clipping": (
            {},
            f"What a cap can do: clipping (1, 4) by value to 1 turns it by **{size['turn']}°**.",
        ),
    }


for path, (query, line) in _landmarks().items():
    if path in {listed.path for listed in site.PAGES}:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            there = site.info(path)
            site.link(there, there.title, query, width=330)
            page.write(line, width=540)

small, one, large = map(theme.from_log10, data.first_step())
page.write(
    "## The fine print\n\n"
    "- The article says that a good initialization keeps the weights “close to 1”. He's ×1 is a "
    "standard deviation of √(2/64) = 0.177. What is close to 1 is a layer's effect on the size of "
    "the gradient.\n"
    "- While you drag, the gradient starts as the loss's at an output that prefers no digit, the "
    "same for every size. In the first step of training it starts at each network's own output; "
    "at ×0.6, ×1 and ×1.6 the ReLU networks then measure "
    f"{small}, {one} and {large}.\n"
    "- The factor multiplies the weights of every layer, the output's too. Biases start at 0. "
    "Bands hold the middle half of the draws. A network that has stopped being numbers names no "
    "digit."
)


def _training() -> None:
    page.write(
        "1,437 digits of 8 × 8 pixels to train on, 360 held out, standardized per pixel. "
        "Width 64; ReLU 16 layers deep, tanh 15. Plain stochastic gradient descent on the "
        "cross-entropy, 200 steps of 32 digits; learning rate 0.03, and 0.1 for tanh with "
        "Xavier. Twenty random draws for each of thirteen sizes, the same draws and batches at "
        "every size. The curves come from a file that "
        "`python -m pages.concepts.home.make_runs` remakes."
    )


def _data() -> None:
    at = values.read(PANEL)
    page.download(data.gradients_table(at.network, _draw_of(at), at.c), "home-gradients")
    page.download(data.trained_table(at.network), "home-training")


page.words()

page.more(
    PANEL,
    {
        "How the networks were trained": _training,
    },
    source=(
        sweeps.profile,
        network.forward,
        network.backward,
        training.train,
    ),
    data=_data,
)

page.footer(PANEL)
