"""Sentences of the home page."""

import math

from core.formats import FORMATS
from pages.concepts.home import charts, data
from pages.kit import theme

ALIKE = 0.15  # log₁₀ of the factor up to which two sizes are about the same: 1.4


def finding(at, *, told: bool) -> str:
    """What is left of the gradient at layer 1, and what came of training once that may be told."""
    draw, found = data.draw(at), data.dragged(at)
    size, layers = found.at_layer_1(at.c).gradient, found.median.shape[1]
    per_layer = 10 ** (size / (layers - 1))
    whose = f"draw {draw}" if draw else f"median of {found.members} draws"
    lines = [
        f"With weights ×{theme.setting(at.c)}, the gradient at layer 1 is "
        f"**{theme.from_log10(size)}** times that at layer {layers} ({whose}): "
        f"{layers - 1} layers, each by about {theme.number(per_layer)}."
    ]
    if told:
        lines.append(_trained(at))
    return " ".join(lines)


def _trained(at) -> str:
    draw, c = data.draw(at), data.nearest(at.c)
    run = data.trained(at.network, draw, c)
    which = f"Trained at ×{c:g}" + ("" if c == at.c else ", the nearest size that was")
    halted, tried = int((run.halted > 0).sum()), len(run.halted)
    if run.end is not None:
        if draw:
            return f"{which}, it breaks at step {run.end:.0f}: its numbers are no longer finite."
        return (
            f"{which}, {halted} of {tried} break, the first {(tried + 1) // 2} "
            f"by step {run.end:.0f}."
        )
    right = f"{which}, it gets {theme.percent(run.middle[-1])} of the held-out digits right."
    breaks = "breaks" if halted == 1 else "break"
    return right if not halted else f"{right} Of {tried}, {halted} {breaks}."


def notes(at, *, told: bool) -> list[str]:
    """What to notice; what would give the vote away only once that may be told."""
    notes = [_slopes(at), _which_gradient(at)]
    if not told:
        return [*notes, "More stands here once you have guessed which of the three learns."]
    return [*notes, _window(at), _updates(at), _losses(at)]


def _slopes(at) -> str:
    small, large = (data.dragged(at).at_layer_1(c).slopes for c in (0.6, 1.6))
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


def product(at) -> str:
    """Slopes and weights together, and what they leave unexplained."""
    gradient, slopes, weights = data.dragged(at).at_layer_1(at.c)
    both, rest = slopes + weights, gradient - slopes - weights
    left = (
        "What they leave over, less than 1 percent,"
        if abs(rest) < 0.0025
        else f"The rest, a factor of {theme.from_log10(rest)},"
    )
    return (
        "Both products run from the last layer back to the first. ‖·‖ is the root of the sum of "
        "the squares; φ′ and the weight matrix's factor $g_W$ are root mean squares over a layer. "
        f"Together they make {theme.from_log10(both)}. {left} comes from this gradient's "
        "direction: neither slopes nor weights treat all directions alike."
    )


def _which_gradient(at) -> str:
    found = data.dragged(at)
    sizes = found.dW[found.at(at.c)]
    across, back = float(sizes[0]), found.at_layer_1(at.c).gradient
    signal = float(found.inputs[found.at(at.c)])
    says = (
        f"A second gradient: ‖dJ/d*W*‖ of layer 1 is {theme.from_log10(across)} times that of "
        f"layer {len(sizes)}. dJ/d*W* is dJ/d*z* times the layer's input. On the way "
        f"back to layer 1 dJ/d*z* changed by a factor of {theme.from_log10(back, 2)}; on the way "
        f"forward to layer {len(sizes)} the input changed by a factor of "
        f"{theme.from_log10(signal, 2)}."
    )
    if abs(across) < ALIKE:
        return f"{says} What they make is about the same at both ends."
    if abs(signal) < ALIKE and abs(across - back) < ALIKE:
        bounded = ", as tanh stays between −1 and 1" if at.network == "tanh_normal" else ""
        return f"{says} The input is about as large at both ends{bounded}: it follows dJ/d*z*."
    return says


def _window(at) -> str:
    learned = data.learners(at.network, data.draw(at))
    tried = f"Of {len(data.FACTORS)} sizes from ×0.5 to ×1.7,"
    if not learned:
        return f"{tried} none makes this network get half of the held-out digits right."
    return f"{tried} {_sizes(learned)} it get more than half of the held-out digits right."


def _sizes(learned) -> str:
    if len(learned) == 1:
        return f"×{learned[0]:g} alone makes"
    return f"those from ×{learned[0]:g} to ×{learned[-1]:g} make"


def _three(at) -> list[data.Run]:
    return [data.trained(at.network, data.draw(at), c) for c in charts.THREE]


def _updates(at) -> str:
    moves = [
        f"{theme.from_log10(data.median(run.update), 2)} at ×{c:g}"
        for c, run in zip(charts.THREE, _three(at), strict=True)
    ]
    return (
        "The first step changes the weights of layer 1, relative to their size, by "
        f"{theme.listed(moves)}. {theme.HEALTHY_STEP}"
    )


def _losses(at) -> str:
    small, _, large = (run.loss for run in _three(at))
    start = [data.median(row) for row in large[:4]]
    ended = next((i + 1 for i, loss in enumerate(start) if math.isnan(loss)), len(start))
    return (
        "The held-out loss of ×1.6, before training and after each of its first steps: "
        f"{' → '.join(theme.number(loss) for loss in start[:ended])}"
        f"{', and the next step stops' if math.isnan(start[ended - 1]) else ''}. "
        f"That of ×0.6, after all {data.STEPS[-1]}: {theme.number(data.median(small[-1]))}; "
        "to call ten digits equally likely costs ln 10 = 2.303."
    )


def equation(at) -> str:
    """The gradient at layer 1 as the product of slopes and weights, if it is that."""
    found = data.dragged(at)
    gradient, slopes, weights = found.at_layer_1(at.c)
    left = rf"\frac{{\|dJ/dz_1\|}}{{\|dJ/dz_{{{found.median.shape[1]}}}\|}}"
    g = theme.term(theme.outcome(gradient), left, theme.tex(gradient))
    s = theme.term("slopes", r"\prod \varphi'(z)", theme.tex(slopes))
    w = theme.term("weights", r"\prod g_W", theme.tex(weights))
    equals = theme.nearly(gradient - slopes - weights)
    return theme.displayed(rf"{g}\;{equals}\;{s}\;\cdot\;{w}")


def landmarks() -> dict[str, tuple[dict, str]]:
    """What each page shows: the state to open it in, and a line with a number of the core's."""
    size = {name: theme.from_log10(log10, 2) for name, log10 in data.landmarks().items()}
    return {
        "products": (
            {"products_w": "0.6", "products_n": "15"},
            f"The law behind it: 0.6, fifteen times, is **{size['0.6']}**.",
        ),
        "chain_rule": (
            {
                "chain_rule_w": "1.0",
                "chain_rule_layers": "15",
                "chain_rule_activation": "Sigmoid",
            },
            "Where the factors come from: at *w* = 1, with slopes of at most ¼, fifteen sigmoid "
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
        "training": (
            {},
            "All of it together: two networks of your own, side by side, trained as you watch.",
        ),
        "precision": (
            {"precision_form": "float16", "precision_scale": "0"},
            "Where the number ends: float16 makes 0 of what is below "
            f"**{theme.number(FORMATS['float16'].smallest / 2, 2)}**.",
        ),
        "frameworks": (
            {},
            "What your framework starts with, when you say nothing: measured, one by one.",
        ),
        "optimizers": (
            {},
            "What another optimizer than plain SGD makes of it: from a gradient of 10⁻⁶ Adam's "
            f"first step is **{size['adam']}** times the learning rate.",
        ),
        "shortcuts": (
            {},
            "A way past the layers: 48 blocks that add their whole branch multiply a gradient by "
            f"about √2⁴⁸ = **{size['added']}**; if each adds 1/√48 of it, by **{size['scaled']}**.",
        ),
        "memory": (
            {},
            "The same weights at every step: a forget gate with bias 1, and nothing to read, keeps "
            f"**{theme.percent(10 ** data.landmarks()['kept'])}** of the memory a step, and half "
            "with bias 0.",
        ),
    }
