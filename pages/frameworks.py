"""What frameworks start with: defaults, names and clipping, as measured."""

import streamlit as st

from core import depths
from pages.concepts.frameworks import charts, clips, data, lines, names, networks, tables, words
from pages.concepts.frameworks.panel import PANEL
from pages.kit import controls, live, page, predict, theme, values, whole

page.header(PANEL)


@page.part(PANEL)
def gradients(at) -> None:
    of = networks.setting(at)
    live.show(
        charts.gradients,
        data.gradients(at.framework, at.against, of),
        at,
        panel=PANEL,
        live=("depth",),
        main=data.main_line,
        idea=data.idea,
        alt_text="""
            Line chart on a logarithmic scale: the gradient by layer relative to the last layer's,
            for the default weights of one or two frameworks and for He's, with the product of the
            slopes and a band around 1. The numbers at the current depth stand in the text
            below.""",
    )
    page.write(words.finding(at.framework, of, at.depth))


predict.size(
    PANEL,
    words.asks(),
    truth=float(data.asked()[-1]),
    guesses=(0, -0.3, -0.6, -1, -1.3, -1.6, -2, -3, -4, -5, -6, -6.5, -7, -7.5, -8, -9, -10, -12),
    replies=(
        (-0.6, 0, "One expects defaults to work. This one was there before ReLU came into use."),
        (-4, -1, words.glorot()),
    ),
    because=words.because(),
)

page.write(
    """
    ## The idea

    Say nothing about a layer's weights, and the library chooses. What a layer does to the gradient
    at the start is its **gain**: for weights without a mean about σ√*n* times the root mean square
    of φ′, where σ is the standard deviation of one weight and *n* the layer's **fan-in**. Most
    gains differ by a few tenths. Depth raises them to a power.

    The numbers were measured by running {frameworks} libraries, {dense} of which have a dense
    layer, each in an environment of its own. Every default gets the same draws, through its own
    distribution; other pages draw theirs directly, and get other numbers for He's weights.
    """,
    frameworks=data.counted().frameworks,
    dense=data.counted().dense,
)

controls.presets(PANEL, "framework")
controls.draw(PANEL, ("framework", "against"), ("activation", "width", "depth", "seed"))


@page.part(PANEL)
def in_numbers(at) -> None:
    of = networks.setting(at)
    page.write(words.equation(at.framework, of, at.depth))
    page.notice(words.notes(at.framework, of, at.depth))


@page.part(PANEL)
def gauge(at) -> None:
    of = networks.setting(at)
    page.write(
        """
        ## Where does my default stand?

        {drawn} Below: the gain of every default, at your settings.
        Green is what {depth} can bear; the large dot is {framework}. {one}
        """,
        drawn=words.drawn(tables.default(at.framework, of.activation)),
        depth=theme.count(at.depth, "layer"),
        framework=at.framework,
        one=words.gain_one(of, at.depth),
    )
    page.show(
        charts.gauge,
        data.gauge(at.framework, of, at.depth),
        key="frameworks.gauge",
        alt_text="""
            Dot chart on a logarithmic scale: the gain of a layer for each framework's default
            weights, by size, with a band of gains that keep the gradient's size; a gain that is
            smaller than the axis shows has an arrow before its number.""",
    )


page.write("## The same name, a different number")
controls.presets(PANEL, "name", see="the table below")
controls.draw(PANEL, "name")


@page.part(PANEL)
def same_name(at) -> None:
    page.write(names.about(at.name))
    whole.table(names.table(at.name).set_index(names.TOPICS[at.name].number))


page.write(
    """
    ## Clipped by name

    The same gradients through libraries' clipping by norm, at threshold {limit}: ✓ right to
    float32, ~ changed, ✕ destroyed.
    """,
    limit=theme.setting(clips.LIMIT),
)
page.show(
    charts.clips,
    clips.matrix(),
    key="frameworks.clips",
    alt_text="""
        Grid of clipping functions by what they were given: whether the result was right, changed or
        destroyed. The results of one case stand in the table below.""",
)
controls.draw(PANEL, "case")


@page.part(PANEL)
def clipping(at) -> None:
    page.write(words.clipped(at.case))
    whole.table(clips.table(at.case).set_index("comes out"))


page.write("## Seldom guessed\n\n" + words.traps())


@page.part(PANEL)
def fine_print(at) -> None:
    page.write(
        """
        ## The fine print

        - A measurement is of one version, which the tables name, on one CPU.
        - {counted}
        - A measured σ is right to half a percent, over {layers} layers to ten. Where the ends of a
          distribution say it better, they were taken.
        - The networks on this page are ours, in float64, with the frameworks' weights and biases.
          Most of theirs compute in float32, where 10⁻⁴⁶ is 0.
        - A gain of 1 at the start is not a trained network. Normalization and shortcuts, which most
          deep networks have, hide what a default does.
        """,
        layers=names.LAYERS,
        counted=words.factors(at.framework, networks.setting(at), at.depth),
    )


def _take_away() -> None:
    at = values.read(PANEL)
    of = networks.setting(at)
    page.write(words.take_away(at.framework, of, at.depth))
    if found := lines.lines(at.framework, of, at.depth):
        language = "javascript" if at.framework == "TensorFlow.js" else "python"
        st.code(found, language=language, wrap_lines=True)


def _defaults() -> None:
    page.write(
        """
        The dense layers of {dense} libraries. {measured} σ√*n* is that of a layer of 1,000 inputs
        and outputs, *n* being its fan-in, with the mean counted in; the column after it says which
        fans σ follows at other shapes. Where only smaller layers were measured it is by that.
        """,
        dense=data.counted().dense,
        measured=tables.measured(tables.weights()),
    )
    st.table(data.defaults_table().set_index("framework"))


def _data() -> None:
    page.download(
        lambda at: data.profile_table(at.framework, networks.setting(at)),
        "frameworks",
        data.UNITS,
        now=lambda at: {"width": int(at.width), "depth": at.depth},
    )
    page.download(tables.weights(), "weights", data.WEIGHTS_UNITS, label="Measured weights as CSV")
    page.download(data.values_table(), "values", data.VALUES_UNITS, label="Measured values as CSV")
    page.download(clips.entries(), "clips", clips.UNITS, label="Clipped gradients as CSV")


page.more(
    PANEL,
    {"Lines for a gain of 1": _take_away, "All dense layers": _defaults},
    source=(depths.by_depth,),
    data=_data,
)

page.recall(PANEL)
page.footer(PANEL)
