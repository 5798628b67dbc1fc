"""Optimizers: they give a small gradient its size back, not what was lost on the way forward."""

import streamlit as st

from core import diagnostics, optimizers
from core.optimizers import Adam
from pages.concepts.optimizers import charts, data, words
from pages.concepts.optimizers.panel import PANEL
from pages.concepts.training.panel import PANEL as LAB
from pages.kit import address, controls, live, page, predict, site, theme, values

page.header(PANEL)


@page.part(PANEL)
def first_step(at) -> None:
    live.show(
        charts.floors,
        data.floors(at.network, at.rule),
        at,
        panel=PANEL,
        live=("e",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Line chart on a logarithmic scale over the hidden layers, before training: the size of
            the gradient, of the optimizer's first step, of the product of the slopes, and how far
            apart the examples are; below the ε of a rule that has one the ground is shaded.""",
    )
    page.write(words.finding(at))


asked = words.question()
predict.choice(
    PANEL,
    """Twenty sigmoid layers with Xavier's weights: next to nothing of the gradient reaches layer 1.
    With an ε small enough Adam still moves each weight that gets a gradient by the learning rate.
    Does the network learn the digits in 200 steps?""",
    options={
        "yes": "Yes: the steps have their size back",
        "late": "Only its last layers learn, and that is enough",
        "no": "No: it goes on guessing",
        "nan": "No: steps that large make it explode",
    },
    truth="no",
    replies={
        "yes": "The steps have. But a step in a direction that says nothing leads nowhere.",
        "late": "They get full gradients. But what they are given to look at is one and the same "
        "picture.",
        "nan": "Adam's steps have a known length, and nothing overflows here.",
    },
    because=f"""At the first step the weights of layer 1 move by {asked["move"]} times the learning
    rate, though their gradient is {asked["gradient"]}. In layer 20 the digits differ by
    {asked["spread"]} of the activations' size. After training Adam gets {asked["right"]} of the
    held-out digits right; guessing gives 10 %.""",
)

page.write(
    """
    ## The idea

    The step of plain SGD vanishes with the gradient. Most networks train with **Adam**. It keeps
    running means of a weight's gradient *g* and of *g*², and steps by the first over the root of
    the second. At the first step that is *g*/(|*g*| + ε): whatever the size of *g*, the step is the
    learning rate. ε keeps it from dividing by 0. Where *g* stays far below ε, Adam is plain SGD on
    the first mean, at rate *η*/ε.

    That is the size. A longer step does not give back the difference between the examples. After
    sixteen ReLU layers the digits differ by {relu} of the activations' size, however small the
    weights. After ten sigmoid layers it is {ten}, and only Muon, which lifts small singular values
    of a step up to 485 times, still learns. After twenty it is {twenty}, and no rule gets over
    {best} right.
    """,
    relu=asked["relu"],
    ten=asked["ten"],
    twenty=asked["spread"],
    best=words.best("sigmoid20"),
)
controls.presets(PANEL)
controls.draw(PANEL, "network", "rule", "e")


@page.part(PANEL)
def in_numbers(at) -> None:
    page.write("{equation}\n\n{caption}", equation=words.equation(at), caption=words.caption(at))
    page.notice(words.notes(at))


page.write(
    """
    ## After training

    Every optimizer has the same draws and batches, and its best learning rate. Green gets at least
    40 % of the held-out digits right; guessing gets 10 %.
    """
)


@page.part(PANEL)
def by_rule(at) -> None:
    page.show(
        charts.curves,
        **data.curves(at.network, at.rule),
        key="optimizers.curves",
        alt_text="""
            Line chart: share of held-out digits right over 200 steps of training, one line
            for each of seven optimizers, the chosen one thick.""",
    )
    page.write(words.trained(at))


duel = next(preset for preset in LAB.presets if preset.name == "SGD or Adam")
site.link(
    site.info("training"),
    "Train SGD and Adam side by side in the lab",
    address.query(LAB, duel.values),
)

page.write(
    """
    ## ε is a floor

    Adam on networks with small gradients, trained anew at each ε. Where the digits are still apart,
    a floor below the gradients brings some learning back.
    """
)


@page.part(PANEL)
def over_epsilon(at) -> None:
    page.show(
        charts.epsilons,
        **data.epsilons(),
        key="optimizers.epsilons",
        alt_text="""
            Line chart: share of held-out digits right after training with Adam, over ε on a
            logarithmic scale, for two ReLU networks with small weights and a sigmoid network.""",
    )
    page.write(words.epsilons(at))


page.write(
    """
    ## After a quiet time

    After many small gradients, a large one is divided by a root that is still small. If the mean
    of squares is slow, the step exceeds the learning rate. Clipping shortens it:
    by norm; by the weights, each unit's to a hundredth of their norm (Brock et al. 2021); by
    z-score, here to four deviations above the running mean of the norm (after Kumar et al. 2025).
    """
)


@page.part(PANEL)
def one_large_gradient(at) -> None:
    page.show(
        charts.spikes,
        data.spikes(float(at.beta2), int(at.quiet)),
        key="optimizers.spikes",
        alt_text="""
            Line chart over the steps around a large gradient: Adam's move in learning rates, as the
            gradient comes and clipped in 3 ways.""",
    )
    page.write(words.spike(at))


controls.draw(PANEL, "beta2", "quiet")

page.write(
    """
    ## A step that grows with the width

    Four ReLU layers, five steps of Adam: how far has each layer moved? µP scales the learning
    rate with the width (Yang et al. 2022).
    """
)


@page.part(PANEL)
def over_width(at) -> None:
    page.show(
        charts.coordinates,
        **data.coordinates(at.how),
        key="optimizers.coordinates",
        alt_text="""
            Line chart on a logarithmic scale: how far each layer has moved after five steps of
            Adam, for networks of width 32 to 1,024.""",
    )
    page.write(words.width(at))


controls.draw(PANEL, "how")


def _rules() -> None:
    st.table(words.rules())
    page.write(
        """
        *g* is the gradient; hats make up for a running mean's having begun at 0. Muon moves a
        weight matrix by its gradient with its singular values brought toward 1 (NS, five steps of
        Newton and Schulz), and biases by Adam. Its author leaves the first layer and the output to
        AdamW; here Muon moves them too. Each is checked against PyTorch, step by step; Muon, which
        multiplies in bfloat16 there, with that rounding taken out.
        """
    )


def _grid() -> None:
    st.table(words.grid(values.read(PANEL)))
    page.write(
        """
        Held-out digits right after 200 steps, the median of eight draws, at each learning
        rate that was tried for this network. The curves show the best one, chosen by these same
        held-out digits, so they flatter every optimizer a little. The runs come from files that
        `python -m pages.concepts.optimizers.make_runs` remakes.
        """
    )


def _data() -> None:
    page.download(data.table, "optimizers", data.UNITS, now={})


page.write(
    """
    ## The fine print

    - {healthy} Later ones are shorter where gradients point both ways.
    - In float32 the square of a gradient below 10⁻²³ is 0, and Adam divides by ε alone.
    - “How far apart” is the root mean square of what differs from the mean over a batch of 32
      digits, over that of the layer. It does not say that the classes can be told apart.
    - What still guesses after 200 steps may learn later.
    """,
    healthy=theme.HEALTHY_STEP,
)
page.more(
    PANEL,
    {"The seven rules": _rules, "Every learning rate": _grid},
    source=(Adam.turn, optimizers.orthogonalized, optimizers.step, diagnostics.log10_spread),
    data=_data,
)
page.recall(PANEL)
page.footer(PANEL)
