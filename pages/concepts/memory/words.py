"""Sentences of the page on memory."""

import numpy as np

from core.activations import activation
from pages.concepts.memory import data
from pages.concepts.memory.panel import BACK, PANEL
from pages.kit import theme
from pages.kit.memoize import memoize
from pages.kit.prose import fill


def finding(at) -> str:
    """What is left of the gradient at the marked step."""
    gradient, slopes, bound = data.through_time(data.setting(at)).at(at.sigma)
    n = at.back
    return fill(
        """With σ₁ = {sigma}, {steps} back, the gradient is **{gradient}** times that of the last
        step: it {became}. The bound (γσ₁)ⁿ allows {bound}; the product of the activation's slopes
        is {slopes}.""",
        sigma=theme.setting(at.sigma),
        steps=theme.count(n, "step"),
        gradient=theme.from_log10(gradient[n]),
        became=theme.became(float(gradient[n])),
        bound=theme.from_log10(bound[n]),
        slopes=theme.from_log10(slopes[n]),
    )


def equation(at) -> str:
    """The gradient at the marked step below its bound."""
    gradient, _, bound = data.through_time(data.setting(at)).at(at.sigma)
    n = at.back
    left = rf"\frac{{\lVert dJ/dh_{{T-{n}}}\rVert}}{{\lVert dJ/dh_T\rVert}}"
    g = theme.term(theme.outcome(float(gradient[n])), left, theme.tex(float(gradient[n])))
    b = theme.term("reference", rf"(\gamma\sigma_1)^{{{n}}}", theme.tex(float(bound[n])))
    return theme.displayed(rf"{g}\;\le\;{b}")


def notes(at) -> list[str]:
    """What to notice: the bound's word, the radius, the slopes."""
    found = data.through_time(data.setting(at))
    gradient, slopes, _ = found.at(at.sigma)
    gamma = activation(at.activation).max_slope
    product, radius = gamma * at.sigma, found.radius * at.sigma
    if product < 1 - 1e-9:
        bound = "It is below 1, which is **sufficient** for the gradient to vanish."
    elif product < 1 + 1e-9:
        bound = "It is 1: no gradient through time can grow."
    elif at.activation == "identity" and found.radius >= 0.999:
        bound = "It is above 1, and here each step back multiplies by just that."
    else:
        bound = "It is above 1, which is **necessary** for exploding, and not sufficient."
    return [
        fill(
            "γ, the largest slope of the activation, times σ₁ is {product}. {bound}",
            product=theme.number(product),
            bound=bound,
        ),
        fill(
            """The spectral radius of this *W*, its largest eigenvalue in size, is {radius}.
            {so}""",
            radius=theme.number(radius),
            so="It says how powers of *W* grow in the long run, σ₁ what one step can do at most."
            if found.radius < 0.999
            else "That is σ₁ itself: this *W* stretches every direction alike.",
        ),
        fill(
            "{steps} back the slopes alone make {slopes}; {so}.",
            steps=theme.count(BACK, "step"),
            slopes=theme.from_log10(slopes[-1]),
            so=_matrix(at, float(gradient[-1]), float(slopes[-1])),
        ),
    ]


def _matrix(at, gradient: float, slopes: float) -> str:
    """What the matrix adds to the slopes over BACK steps."""
    if at.activation == "identity":
        return "without an activation nothing is lost to them"
    there = f"the gradient is {theme.from_log10(gradient)} times the last step's"
    if at.start == "gaussian":
        return (
            f"{there}: the same matrix, met again and again, and which of the slopes the gradient "
            "meets, do the rest"
        )
    power = BACK * float(np.log10(at.sigma))
    alone = "*W* alone, which stretches every direction alike, makes " + theme.from_log10(power)
    if abs(slopes + power - gradient) < 0.02:
        return f"{alone}, and {there}, the product of both"
    return (
        f"{alone}, and {there}. The slopes are a mean over the units, and what arrives has not "
        "come through all of them alike"
    )


def gates(at) -> str:
    """What the gate keeps over all steps, beside the vanilla network."""
    found = data.gated(at.cell, at.seed)
    kept, gradient, alone = found.at(at.bias)
    each = float(data.keeps(at.bias))
    return fill(
        """A forget bias of {bias} {gate}keeps {each} of the memory at each step: halved {half}.
        Over {steps} that alone is {alone}; the gates of this network, which read and vary, multiply
        to **{kept}**, and the gradient of its memory arrives, by both ways, with {gradient}. The
        slopes of a plain recurrent network with the same inputs make {slopes}, before its matrix is
        counted.""",
        bias=theme.setting(at.bias),
        gate="" if at.cell == "lstm" else "(in a GRU, of the update gate) ",
        each=theme.percent(each),
        half=_half(each),
        steps=theme.count(BACK, "step"),
        alone=theme.from_log10(alone[-1]),
        kept=theme.from_log10(kept[-1]),
        gradient=theme.from_log10(gradient[-1]),
        slopes=theme.from_log10(found.slopes[-1]),
    )


def _half(each: float) -> str:
    steps = np.log(0.5) / np.log(each)
    if abs(steps - 1) < 0.005:
        return "at every step"
    if steps < 1:
        return "more than once a step"
    return f"after about {theme.number(steps, 2)} steps"


def touchy(at) -> str:
    """How touchy the state is at this λ, measured over theory."""
    found = data.touchy(at.seed)
    row = PANEL["reach"].values().index(at.reach)
    theory, measured = found.theory[:, row], found.measured[:, row]
    ratio = 10 ** (measured[:2] - theory[:2])
    square = r"\mathbb{E}\Bigl(\frac{\partial h}{\partial\lambda}\Bigr)^{2}"
    law = r"\frac{1+\lambda^2}{(1-\lambda^2)^3}"
    left = theme.term("dark", square, theme.tex(2 * measured[0]))
    right = theme.term("dark", law, theme.tex(2 * theory[0]))
    return fill(
        """{equation}

        At λ = {lam} a gradient {steps} back is {left}. The root of the left side says how far the
        state moves (rms): **{plain}** times as far as λ does, {scaled} times with scaled inputs,
        and then {nu} times as far as ν does, measured on {draws} sequences. Over theory the first
        is {first}, the second {second}.""",
        equation=theme.displayed(
            rf"{left}\;{theme.nearly(2 * (measured[0] - theory[0]))}\;{right}"
        ),
        lam=theme.number(float(data.lam(at.reach)), 4),
        steps=theme.count(BACK, "step"),
        left=theme.from_log10(BACK * np.log10(data.lam(at.reach))),
        plain=theme.from_log10(measured[0]),
        scaled=theme.from_log10(measured[1]),
        nu=theme.from_log10(measured[2]),
        draws=data.DRAWS,
        first=theme.number(ratio[0]),
        second=theme.number(ratio[1]),
    )


@memoize(2)
def learned(clip: str) -> str:
    """At which lengths more than half of the seeds of each cell learned, a line for each."""
    lines = []
    for cell, rows in data.learned(clip).groupby("cell", sort=False):
        most = rows.loc[rows["learned"] > rows["seeds"] / 2, "length"].tolist()
        if len(most) == len(rows):
            where = f"at every length, {most[-1]} steps too"
        else:
            where = f"at {theme.listed([*map(str, most)])} steps" if most else "at no length"
        lines.append(f"- **{cell}**: most seeds learned {where}.")
    return "\n".join(lines)


def kept_over(steps: int) -> str:
    """What gates that read nothing keep over some steps, for the biases of the runs."""
    left = [theme.from_log10(steps * np.log10(data.keeps(bias)), 2) for bias in (0.0, 1.0, 4.0)]
    return f"{left[0]} with a bias of 0, {left[1]} with 1, {left[2]} with 4"


@memoize(1)
def clipping() -> str:
    """How many networks learned with clipping and without, over all cells and lengths."""
    (with_, of), (without, _) = (
        data.learned(clip)[["learned", "seeds"]].sum() for clip in ("yes", "no")
    )
    return fill(
        "Over all cells and lengths {with_} of {of} networks learned with clipping, {without} did "
        "without.",
        with_=with_,
        of=of,
        without=without,
    )
