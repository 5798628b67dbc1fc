"""Memory: the gradient's way through time, in recurrent networks and in cells with gates."""

from core import gates, linear_recurrence, recurrent
from pages.concepts.frameworks.panel import PANEL as FRAMEWORKS
from pages.concepts.memory import charts, data, words
from pages.concepts.memory.panel import PANEL
from pages.kit import address, controls, live, page, predict, site

page.header(PANEL)


@page.part(PANEL)
def through_time(at) -> None:
    live.show(
        charts.through_time,
        data.time_frames(data.setting(at), at.back),
        at,
        panel=PANEL,
        live=("sigma",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Line chart on a logarithmic scale over the steps back from the last: the gradient of a
            recurrent network, the product of its slopes, and the bound. The numbers at the marked
            step stand in the text below.""",
    )
    page.write(words.finding(at))


predict.size(
    PANEL,
    """An LSTM is a recurrent network that keeps a memory; its forget gate says what part of it
    stays at each step. With a bias of 1, and nothing to read, that is 73 %. How much is left after
    100 steps?""",
    truth=float(data.asked()[-1]),
    guesses=(0, -1, -2, -3, -4, -6, -8, -10, -12, -14, -16, -20, -30),
    replies=(
        (-2, 0, "A bias of 1 is the usual remedy, but it is not a memory of a hundred steps."),
        (-30, -29, "That is a forget bias of 0, which halves the memory at each step."),
    ),
    because="""0.731¹⁰⁰: a gate that is not fully open leaks at every step. To keep a third
    of a memory for *n* steps, the bias has to be about ln *n*.""",
)

page.write(
    """
    ## The idea

    A recurrent network reads a sequence. At each step it mixes what it reads with its own state,
    $h_t = \\varphi(x_t W_x + h_{t-1} W)$. Unrolled, it is a network as deep as the sequence is
    long, with **the same weights in every layer**. So its gradient is multiplied by the same matrix
    at each step back, and by the slopes φ′ of that step.

    A matrix makes no vector longer than its largest singular value σ₁ times, and no slope is above
    γ. Hence the bound (γσ₁)ⁿ over *n* steps (Pascanu, Mikolov and Bengio 2013).
    """
)
controls.presets(PANEL)
controls.draw(PANEL, "sigma", "back")
controls.draw(PANEL, "start", "activation")
controls.draw(PANEL, "inputs", "seed")


@page.part(PANEL)
def bound(at) -> None:
    page.write(words.equation(at))
    page.notice(words.notes(at))


page.write(
    """
    ## A gate in the way

    An LSTM has a memory *c* beside its state: $c_t = f_t c_{t-1} + i_t g_t$, where *i* and *g* say
    what is written. On the memory's own way back there is no matrix and no slope, only the forget
    gate *f*, between 0 and 1. The gradient has a second way, through the state and the gates: where
    the gates close, most of what arrives has come by it. A GRU, a simpler cell, does the same with
    its update gate, on the state itself. The bias of that gate decides how open it starts. A GRU
    has a reset gate too, before or after the product with the weights: libraries differ.
    """
)


@page.part(PANEL)
def forget(at) -> None:
    live.show(
        charts.gates,
        data.gate_frames(at.cell, at.seed),
        at,
        panel=PANEL,
        live=("bias",),
        alt_text="""
            Line chart on a logarithmic scale over the steps back: the product of the gates that
            keep the memory, its gradient, and the product of slopes of a plain network.""",
    )
    page.write(words.gates(at))


controls.draw(PANEL, "bias", "cell")
for name, label in (
    ("forget", "What each framework's LSTM keeps at the start"),
    ("recurrent", "What each framework's recurrent weights are at the start"),
):
    query = address.query(FRAMEWORKS, {"name": name})
    site.link(site.info("frameworks"), label, query)

page.write(
    """
    ## The curse of memory

    Take the simplest memory, $h_t = \\lambda h_{t-1} + x_t$. With λ just below 1 nothing explodes
    through time. But the longer the memory, the more the state depends on λ itself, so that a small
    step of training changes all that is remembered (Zucchet and Orvieto 2024). Two remedies of
    Orvieto et al. (2023): inputs scaled by √(1 − λ²), and learning ν in λ = exp(−exp ν), of which a
    step moves λ less the nearer it is to 1. Lines are theory, dots are measured.
    """
)


@page.part(PANEL)
def curse(at) -> None:
    live.show(
        charts.touchy,
        data.touchy_frames(at.seed),
        at,
        panel=PANEL,
        live=("reach",),
        curves=data.touchy_curves(at.seed),
        alt_text="""
            Line chart, both axes logarithmic: how far the state of a linear recurrence moves with
            its weight, against the length of its memory, plain, with scaled inputs, and with an
            exponential in between.""",
    )
    page.write(words.touchy(at))


controls.draw(PANEL, "reach")

page.write(
    """
    ## Learning to remember

    One of four symbols is shown at the first step. Noise follows. At the last step the network has
    to say which symbol it was; chance is 25 %. A dot counts the seeds, of eight, that get over 95 %
    of new sequences right after 500 steps of Adam, at the better of two learning rates, 0.01 and
    0.03. Each network has 16 units. “Bias” is the forget bias that it begins with, “orthogonal” its
    recurrent weights, and “clipped” means to norm 1.
    """
)


@page.part(PANEL)
def remember(at) -> None:
    page.show(
        charts.learned,
        data.learned(at.clip),
        key="memory.learned",
        alt_text="""
            Grid of dots: for each cell and length of the sequence, how many of eight seeds learned
            to remember. The lengths at which most did stand in the text below.""",
    )
    page.write(words.learned(at.clip))


controls.draw(PANEL, "clip")
page.write(
    """
    At the start, what gates that read nothing keep of the memory, and of its gradient, over 50
    steps is {kept}. Of the cells with gates, only the LSTM that begins with a bias of 4 learned 50
    steps in most of its seeds. No cell learned 100 or 200 steps in more than half of its seeds. At
    50 steps and more the counts are partly luck: on another CPU some seeds may end differently.
    {clipping}
    """,
    kept=words.kept_over(50),
    clipping=words.clipping(),
)

page.write(
    """
    ## The fine print

    - The charts show the start of training. Weights move, and σ₁ with them. A gradient that arrives
      makes a memory possible; it is not yet one that is learned.
    - More steps of training, another width or another task would give other counts.
    - The law of the curse is for inputs independent from step to step, and a long past. The dots
      are from 6,000 steps of 120 sequences; nearly all lie within 25 % of its root.
    """
)


def _laws() -> None:
    page.write(
        """
        $$
        \\mathbb{E}\\Big(\\frac{\\partial h}{\\partial\\lambda}\\Big)^2
        = \\sum_{k\\ge1} k^2\\lambda^{2(k-1)} = \\frac{1+\\lambda^2}{(1-\\lambda^2)^3}
        $$

        With inputs times √(1 − λ²) it is 1/(1 − λ²)². Times (dλ/dν)² = (λ ln λ)² that stays below
        ¼ for every λ between 0 and 1.
        """
    )


def _data() -> None:
    page.download(data.table, "memory", data.UNITS, now=lambda at: {"sigma_1": at.sigma})
    page.download(data.runs(), "memory-training", data.RUNS_UNITS, label="Training runs as CSV")


page.more(
    PANEL,
    {"The curse as a sum": _laws},
    source=(recurrent.backward, gates.backward, linear_recurrence.sensitivity),
    data=_data,
)
page.recall(PANEL)
page.footer(PANEL)
