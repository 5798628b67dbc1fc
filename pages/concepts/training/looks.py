"""What can be looked at inside the networks of the training lab."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.concepts.training import buttons, charts, data, words
from pages.concepts.training.lab import Lab
from pages.concepts.training.pairs import Pair
from pages.kit import page
from pages.kit.values import Reading


def _gradients(lab: Lab, at) -> None:
    pair, steps = lab.pair, int(at.steps)
    page.show(
        charts.gradient_map,
        pair.once(data.gradient_map, steps, at.gradient),
        key="training.map",
        alt_text="""
            Two heat maps, for A and B, by hidden layer and by training step: the size of the
            gradient as a color on a log scale, from blue for small over green to orange for
            large.""",
    )
    page.write(words.gradients(pair, at.gradient))
    if equations := words.equations(pair, pair.shown_step(at.step)):
        page.write(equations)


def _activations(lab: Lab, at) -> None:
    pair = lab.pair
    step = pair.shown_step(at.step)
    page.show(
        charts.histograms,
        pair.once(data.histograms, step),
        key="training.histograms",
        alt_text="""
            Two panels, for A and B: by hidden layer, how many activations have which size, as the
            strength of a color, on an axis of powers of ten.""",
    )
    page.write(words.activations(pair, pair.once(data.states, step)))


def _clipping(lab: Lab, at) -> None:
    pair = lab.pair
    if pair.step and data.clipped(pair):
        page.show(
            charts.clip_factors,
            pair.once(data.clip_factors, int(at.steps)),
            key="training.clip",
            alt_text="""
                Line chart over the training steps: the norm of the gradient after clipping relative
                to the norm before, for A and B.""",
        )
    page.write(words.clipping(pair))


def boundary(pair: Pair, step: int) -> None:
    """The plane of the spirals, as both networks divide it after a step."""
    page.show(
        charts.boundary,
        **pair.once(data.boundary, step),
        key="training.boundary",
        alt_text="""
            Two planes, for A and B: how sure the network is of the dark class, as a shade of gray,
            and training examples of two interleaved spirals as light and dark points.""",
    )


def _boundary(lab: Lab, at) -> None:
    if lab.pair.duel.data != "spirals":
        page.write(
            """
            Digits have 64 pixels, so their boundary cannot be drawn. The spirals have two
            coordinates: choose them as the data.
            """
        )
        return
    boundary(lab.pair, lab.pair.shown_step(at.step))
    page.write(words.boundary(lab.pair))


def _seeds(lab: Lab, at) -> None:
    page.write(
        """
        Was it luck? One run is one draw of the weights. Here are the same two networks over several
        seeds, each with draws of its own.
        """
    )
    buttons.repeat(lab, at)
    if lab.running == "seeds":
        st.caption("They train now; the bar below the first chart says how far they are.")
        return
    job = lab.jobs.get("seeds")
    if job and job.step:
        page.show(
            charts.seeds,
            **data.seeds(job.runs, job.steps),
            key="training.seeds",
            alt_text="""
                Line chart of the share of held-out examples right over the training steps,
                for A and B: the median over the seeds and a band for the middle half.""",
        )
        page.write(words.seeds(job.runs))


@dataclass(frozen=True)
class Look:
    """What is drawn of a lab at the page's values, and the controls that it has."""

    draw: Callable[[Lab, Reading], None]
    controls: tuple[str, ...] = ()
    of_a_step: bool = True  # the one that the scrubber shows


LOOKS = {  # by the options of the control `view`
    "map": Look(_gradients, ("gradient",)),
    "activations": Look(_activations),
    "clipping": Look(_clipping, of_a_step=False),
    "boundary": Look(_boundary),
    "seeds": Look(_seeds, ("seeds",), of_a_step=False),
}
