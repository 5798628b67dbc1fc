"""The training lab: two networks side by side, trained in front of the reader's eyes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace

import streamlit as st

from core import keras_recipe, network, numpy_recipe, pytorch_recipe, recording, training
from pages.concepts.training import autopsy, buttons, charts, data, looks, networks, words
from pages.concepts.training import lab as labs
from pages.concepts.training.panel import HELPS, NETWORKS, PANEL, STEP
from pages.kit import controls, live, page, predict, values, whole
from pages.kit.panels import Choice, Range

page.header(PANEL)


@page.part(PANEL, run_every=labs.page_begins())
def run_view(at) -> None:
    """All that moves with the scrubber or with training; while a job runs it reruns by itself."""
    lab, steps = labs.lab(at), int(at.steps)
    if lab.running:
        labs.tick(lab)
    pair, running = lab.pair, lab.running == "pair"
    shown, last = pair.step if running else pair.shown_step(at.step), max(steps, pair.step)
    # Where the reader has put the scrubber, though there may be no such step yet: the chart knows.
    # STEP.high is wherever the end is.
    is_put = not running and at.step <= last and at.step != STEP.high
    place = at.step if is_put else shown
    live.show(
        charts.run_of(last),
        pair.once(data.run_frame, steps, running),
        SimpleNamespace(step=place),
        panel=PANEL,
        live=("step",),
        idea=partial(data.idea, data=pair.duel.data, steps=last),
        clock=charts.PLAY,
        alt_text="""
            Four panels for the networks A and B, all but the second on log scales. Over the
            training steps: loss, and share of examples right. Over the hidden layers, at the step
            of the scrubber: the gradient dJ/dz relative to the last layer with the product of
            slopes, and the relative size of the step. The numbers stand in the text below.""",
        **pair.once(data.curves, steps),
    )
    with st.container(key="training.transport", gap="xxsmall"):  # its look stands in style.css
        if lab.running:
            share, progress = lab.jobs[lab.running].progress
            st.progress(share, text=progress)
        else:
            whole.say(words.place(pair, shown))
        buttons.row(lab, steps, shown)
    if lab.refused:
        st.warning(words.refused(lab.refused))
    if running and pair.duel.data == "spirals":
        looks.boundary(pair, shown)
    page.write(words.reading(pair, shown))
    if in_formats := words.formats(pair, shown):
        page.write(in_formats)
    if not lab.running:
        autopsy.draw(lab)
    labs.redraw_if_it_ticks_otherwise()


predict.choice(
    PANEL,
    """Ten sigmoid layers with Xavier weights stay at guessing. Put a normalization before each
    sigmoid. Which one lets the network learn?""",
    options={
        "none": "None: σ′ stays at most ¼",
        "layer": "Layer normalization only",
        "batch": "Batch normalization only",
        "both": "Both",
    },
    truth="batch",
    replies={
        "none": "The slope is one factor. A normalizer divides by the spread of the sums, and that "
        "factor is in the product too.",
        "layer": "It normalizes each digit by itself, and so leaves all digits alike.",
        "both": "They normalize along different axes, and here that is the whole difference.",
    },
    because=words.normalizers(data.normalized()) if predict.answered(PANEL) else "",
)

page.write(
    """
    ## The idea

    The pages before this one look at networks before their first step, or at a few in training.
    The claim behind them is about training: a gradient that has vanished cannot teach the layers
    near the input, and one that has exploded throws them away. Here it is put to the test.

    A and B see the same examples in the same order. Their weights come from one seed: with the same
    width and depth, and schemes of one family (normal, uniform or orthogonal), they are the same
    draws, layer by layer, scaled differently. Then any difference in what they do comes from their
    settings, and from nothing else.
    """
)


def _beside(settings: Mapping[str, Sequence[Range | Choice]]) -> None:
    """Settings of A beside those of B."""
    for (side, mine), column in zip(settings.items(), st.columns(2, gap="large"), strict=True):
        with column:
            page.write(f"### Network {side.upper()}")
            controls.draw(PANEL, *(control.name for control in mine), pairs=True)


page.write("## The two networks")
controls.presets(PANEL)
controls.draw(PANEL, "data", "steps", "seed")
_beside(NETWORKS)
controls.more(
    PANEL,
    "Shortcuts, normalization, clipping, optimizer, loss, float32",
    [control.name for side in HELPS.values() for control in side],
    partial(_beside, HELPS),
)
buttons.copy()


@page.part(PANEL)
def look_inside(at) -> None:
    lab, look = labs.lab(at), looks.LOOKS[at.view]
    buttons.start(lab, int(at.steps), "settings")
    if lab.running and at.view != "seeds":
        return
    page.write("## Look inside\n\nBoth networks once more, one thing at a time.")
    controls.draw(PANEL, *filter(None, (("view",), look.controls)))
    if look.of_a_step and lab.pair.step:
        buttons.place(lab.pair, at)
    look.draw(lab, at)


@page.part(PANEL)
def notes(at) -> None:
    page.notice(words.notes(labs.lab(at).pair))


page.write(
    """
    ## The fine print

    - Batches of 32, float64, and plain SGD unless another rule is chosen. Biases from 0, the output
      layer's weights scaled like the others. Batch normalization uses each batch's own statistics;
      tests, the plane and the histograms use those of all held-out examples.
    - The squared error is the mean over examples and outputs of (output − target)². Right is the
      class of the largest output, with either loss.
    - The gradients at a step are those of its batch, before the weights move. Two networks of
      different widths, or schemes of different families, have other draws; of different depths, in
      the layers that only one of them has and in the output layer. A difference between them may be
      luck.
    - In float32 weights and examples are drawn in float64 and rounded once; all that follows is
      computed in it, but for the sizes that are shown. Adam here keeps sums, whose squares are 0
      for gradients below 10⁻²³; a library that multiplies by 1 − β₂ first loses them at 10⁻²¹.
    - A learning rate that suits one network need not suit the other. To compare fairly, search the
      best rate of each.
    - 360 digits (or 120 points of the spirals) are held out: the standard error of an accuracy is
      up to 2.6 points (4.6).
    """
)


def _scripts() -> None:
    page.write(
        """
        Each script is this network, its data and its training in one file, and prints the losses of
        this page, as long as rounding makes no difference. The NumPy script needs NumPy alone. Each
        library adds up in a different order: at first the losses agree to ten digits and more, in
        float32 to about six. Differences in rounding grow with the steps, soonest where the network
        is deep, the rate large, or the step made of signs, as sign descent's and Muon's nearly are.
        Where φ is flat to the last digit, a framework's slope is exactly 0 and the page's is not: a
        rule that divides by a gradient's size shows it.
        """
    )
    at = values.later(PANEL)

    def script(write: Callable, name: str) -> str:
        now = at()
        duel = networks.duel(now)
        net = duel.nets[name]
        how = net.how(int(now.steps))
        return write(net.spec(duel.data), how, seed=duel.seed, dataset=duel.data)

    for name in ("A", "B"):
        with st.container(horizontal=True, gap="small"):
            for kind, write in {
                "NumPy": numpy_recipe.numpy_script,
                "PyTorch": pytorch_recipe.pytorch_script,
                "Keras": keras_recipe.keras_script,
            }.items():
                page.file(
                    f"{name} as a {kind} script",
                    partial(script, write, name),
                    f"network_{name.lower()}_{kind.lower()}.py",
                    "text/x-python",
                )


def _data() -> None:
    page.write("The run as it was recorded: a row for each network, step and layer.")
    pair = labs.later()
    page.download(lambda at: data.table(pair(at)), "training", data.UNITS)

    @page.part(PANEL)
    def one_step(at) -> None:
        here = labs.lab(at).pair
        page.table(data.table_of_step(here, here.shown_step(at.step)), data.UNITS)


page.more(
    PANEL,
    {"Take it away: scripts": _scripts},
    source=(network.forward, network.backward, training.Run.step, recording.extend),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
labs.page_ends()
