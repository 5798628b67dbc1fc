"""One network at three sizes of its weights: the question that the site answers."""

import streamlit as st

from core import network, sweeps, training, untrained
from pages.concepts.home import charts, data, picture, words
from pages.concepts.home.panel import PANEL
from pages.kit import controls, live, page, predict, site, theme

page.header(PANEL)

told = predict.answered(PANEL)
left, right = st.columns([5, 4])

with left:

    @page.part(PANEL)
    def gradients(at) -> None:
        live.show(
            charts.gradients,
            data.gradients(at.network, data.draw(at)),
            at,
            panel=PANEL,
            live=("c",),
            clock=picture.CLOCK,
            main=data.main_line,
            alt_text="""
                A network of layers of units, each with a dot as large as its gradient. Below it a
                line chart on a logarithmic scale: the size of the gradient at each hidden layer,
                relative to the last layer's, for the networks with weights times 0.6, 1 and 1.6
                and for the dragged factor. The numbers stand in the text below.""",
        )


with right:
    three = [data.trained("relu_he", None, c) for c in charts.THREE]
    predict.choice(
        PANEL,
        """One ReLU network at ×0.6, ×1 and ×1.6: same digits, same random draws, same 200 steps of
        training. Only the size of its weights differs. Which of the three learns?""",
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
        because=f"""After 200 steps ×1 gets {theme.percent(three[1].middle[-1])} of the held-out
        digits right, ×0.6 {theme.percent(three[0].middle[-1])}, and guessing gives 10 %. ×1.6
        breaks at step {three[2].end:.0f}: its numbers are no longer finite.""",
    )
    if told:

        @page.part(PANEL)
        def accuracies(at) -> None:
            page.show(
                charts.accuracies,
                **data.accuracies(at),
                key="home.accuracies",
                alt_text="""
                    Line chart: share of held-out digits right over 200 steps of training, one
                    line per size of the weights, and the step at which a network's numbers ended.
                    The numbers stand in the text below.""",
                idea=predict.idea(PANEL, data.idea) if at.network == "relu_he" else None,
            )


@page.part(PANEL)
def finding(at) -> None:
    page.write(words.finding(at, told=predict.answered(PANEL)))


landmark = data.landmarks()
relu = data.drag("relu_he", None)
page.write(
    """
    ## What this is about

    A network computes forward: each unit adds up what the layer before sends it, each part times a
    weight, and bends the sum *z* with an activation φ. One number says how wrong the result is: the
    loss *J*. The gradient d*J*/d*w* says how *J* responds when a weight moves a little, and
    training moves each weight against it, by a learning rate *η*: *w* ← *w* − *η*·d*J*/d*w*. That
    is plain SGD, stochastic gradient descent. So a weight whose gradient is nearly 0 hardly learns,
    and one whose gradient is huge is thrown far off. Press “Play” under the picture, and see the
    signal go forward and the gradient come back.

    These pages follow the article “Understanding The Exploding and Vanishing Gradients Problem”
    ([programmathically.com](https://programmathically.com), 2021) concept by concept, and go on
    from there. They are for anyone who has met a neural network once. An evening is enough for all
    of them; the first six take 45 minutes in class.
    """
)
page.write(
    """
    ## The idea

    Training sends a gradient from the loss back toward the input. Each layer multiplies it on the
    way: by its weights, and by the slopes φ′(*z*) of its activation.

    - It **vanishes** when it gets smaller with each layer, until the weights near the input hardly
      change.
    - It **explodes** when it gets larger with each layer, until an update throws the weights far
      from anything useful.

    Both have one cause: a product of many factors on the same side of 1. The article multiplies
    fifteen times: 0.6¹⁵ = {small} and 1.6¹⁵ = {large}. From layer 16 to layer 1 is fifteen times
    too: the real networks measure {small_measured} and {large_measured}.
    """,
    small=theme.from_log10(landmark["0.6"]),
    large=theme.from_log10(landmark["1.6"]),
    small_measured=theme.from_log10(relu.at_layer_1(0.6).gradient),
    large_measured=theme.from_log10(relu.at_layer_1(1.6).gradient),
)

controls.presets(PANEL)
controls.draw(PANEL, "c", "network", "show")


@page.part(PANEL)
def which(at) -> None:
    if at.show == "one":
        controls.draw(PANEL, "seed")


@page.part(PANEL)
def slopes_and_weights(at) -> None:
    page.write(f"{words.equation(at)}\n\n{words.product(at)}")
    page.show(
        charts.ledger,
        data.ledger(at),
        key="home.ledger",
        alt_text="""
            Bar chart on a logarithmic axis, one row per size of the weights: the factor of the
            slopes, the factor of the weights, and a point for the gradient they leave.""",
    )
    page.notice(words.notes(at, told=predict.answered(PANEL)))


page.write(
    """
    ## The map

    Each page takes one part of the question. Gradients are computed as you read; most networks
    were trained before, and what frameworks do was measured.
    """
)
for path, (query, line) in words.landmarks().items():
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        there = site.info(path)
        site.link(there, there.title, query, width=330)
        page.write(line, width=540)

small, one, large = map(theme.from_log10, data.first_step())
page.write(
    """
    ## The fine print

    - The article says that a good initialization keeps the weights “close to 1”. He's ×1 is a
      standard deviation of √(2/64) = 0.177. What is close to 1 is a layer's effect on the size of
      the gradient.
    - The gradient that you drag is that of eight digits. It starts as random numbers at the output,
      the same for every size, so most pages give a network the same number. In training it is that
      of 32 digits and starts as the loss's, at each network's own output. In the first step the
      ReLU networks at ×0.6, ×1 and ×1.6 then measure {small}, {one} and {large}.
    - The picture's dots are of one draw, the first where all are shown. Their gradient starts as
      the loss's would at an output that prefers no digit.
    - Other pages train eight such networks, not twenty: their medians differ by a point or two.
    - The factor multiplies the weights of every layer, the output's too. Biases start at 0. Bands
      hold the middle half of the draws. A network that breaks, its numbers no longer finite, gets
      no digit right.
    """,
    small=small,
    one=one,
    large=large,
)
page.all_terms()


def _training() -> None:
    page.write(
        """
        1,437 digits of 8 × 8 pixels to train on, 360 held out, standardized per pixel. Width 64;
        ReLU 16 layers deep, tanh 15. Plain SGD on the cross-entropy, 200 steps of 32 digits;
        learning rate 0.03, and 0.1 for tanh with Xavier. Twenty random draws for each of thirteen
        sizes, the same draws and batches at every size. The drag measures {tanh} of these draws for
        tanh; for ReLU all of them and one more, as the median of an odd number is one of the
        networks. The curves come from a file that `python -m pages.concepts.home.make_runs`
        remakes.
        """,
        tanh=untrained.count(data.NETWORKS["tanh_xavier"].spec),
    )


def _data() -> None:
    page.download(data.gradients_table, "home-gradients", data.UNITS, now={})
    page.download(data.trained_table, "home-training", data.UNITS)


page.more(
    PANEL,
    {"How the networks were trained": _training},
    source=(sweeps.profile, network.forward, network.backward, training.Run.step),
    data=_data,
)
page.footer(PANEL)
