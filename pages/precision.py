"""Number formats: where a right gradient vanishes in the number that holds it."""

import streamlit as st

from core import formats, rounded
from pages.concepts.precision import charts, data, words
from pages.concepts.precision.panel import PANEL
from pages.kit import controls, live, page, predict, values, whole

page.header(PANEL)


@page.part(PANEL)
def held(at) -> None:
    of = data.setting(at)
    live.show(
        charts.formats,
        data.fates(of),
        at,
        panel=PANEL,
        live=("scale",),
        alt_text="""
            Histogram of the sizes of a gradient's entries as powers of two, above one ruler for
            each number format: what becomes 0, what is subnormal, normal, and too large. The shares
            at the current loss scale stand in the text below.""",
        bars=data.bars(of),
        rulers=data.rulers(at.form),
    )
    page.write(words.finding(at))


predict.choice(
    PANEL,
    """0.6 times 0.6 times 0.6 …, each product rounded to float16. The true power falls below
    everything that float16 has. Does the product ever reach 0?""",
    options={"zero": "Yes, it becomes 0", "stuck": "No, it sticks above 0", "up": "It grows again"},
    truth="stuck",
    replies={
        "zero": "That is so if the true power is rounded once. Step by step it is not.",
        "up": "Rounding can hold a number, but 0.6 times it is never larger.",
    },
    because=words.stuck(),
)
if idea := predict.idea(PANEL, data.idea):
    page.show(
        charts.asked,
        data.asked(),
        key="precision.asked",
        alt_text="Lines, log scale: 1 times 0.6 in float16, up to 40 times, and a wrong answer's.",
        idea=idea,
    )

page.write(
    """
    ## The idea

    A computer keeps a number as a few digits and an exponent. {formats} A gradient that is smaller
    than half of the smallest number becomes 0. One that is too large becomes infinite, not a
    number, or the largest number.

    **Loss scaling** multiplies the loss by a power of two. The chain rule hands the factor on, so
    every gradient is multiplied by it, and no digit changes.
    """,
    formats=words.digits(),
)
controls.presets(PANEL)
controls.draw(PANEL, ("form", "scale", "over"), ("quantity", "layer"))
controls.draw(PANEL, "activation", "weights", "depth", "width", "seed")


@page.part(PANEL)
def ends(at) -> None:
    page.write(
        """
        {equation}

        The median nonzero entry |*g*| times the loss scale, beside the ends of the format.
        """,
        equation=words.equation(at),
    )
    page.notice(words.notes(at))


page.write(
    """
    ## Rounded once, rounded throughout

    A network wholly in half precision rounds every result of both passes. (Mixed precision, the
    usual way, keeps weights, norms and the loss in float32.) Here are both, without the loss scale.
    """
)


@page.part(PANEL)
def by_layer(at) -> None:
    page.show(
        charts.layers,
        **data.layers(data.setting(at), at.form, at.scale, at.over),
        key="precision.layers",
        alt_text="Lines by layer, log scale: how far from the exact dJ/dz two roundings are.",
    )
    page.write(words.layers(at))


page.write(
    """
    ## The same slope, two formulas

    σ′(*z*) is *s*(1 − *s*) with *s* = σ(*z*), and σ(*z*)·σ(−*z*) as well. Most frameworks use the
    first: the forward pass has *s* at hand.
    """
)


@page.part(PANEL)
def two_formulas(at) -> None:
    page.show(
        charts.slopes,
        data.slopes(at.form, at.slope),
        key="precision.slopes",
        alt_text="Lines over z, log scale: a slope by two formulas, with crosses where it is 0.",
    )
    page.write(words.slopes(at))


controls.draw(PANEL, "slope")

page.write(
    """
    ## The step that rounds away

    A gradient may arrive and change nothing: if the update is less than half of the way to the
    weight's next number, the weight rounds back.
    """
)


@page.part(PANEL)
def one_weight(at) -> None:
    live.show(
        charts.walks,
        data.walk_frames(at.form2, at.seed),
        at,
        panel=PANEL,
        live=("update",),
        alt_text="""
            Line chart over a hundred steps: a weight of 1 that equal updates move down and up, in
            the format, with a copy in float32, and with rounding by chance.""",
    )
    page.write(words.walks(at))


controls.draw(PANEL, "form2", "update")

page.write("## After training\n\n" + words.trained_so())


@page.part(PANEL)
def trained(at) -> None:
    page.show(
        charts.training,
        data.trained(float(at.rate)),
        key="precision.training",
        alt_text="Dots: held-out digits right of each network, a row per way of keeping numbers.",
    )
    page.write(words.training(float(at.rate)))
    whole.table(data.still_by_layer(float(at.rate)))


controls.draw(PANEL, "rate")
page.write("## Seldom guessed")


@page.part(PANEL)
def seldom(at) -> None:
    page.write(words.seldom_casts())
    whole.table(data.casts(at.over))
    page.write(words.seldom(at.form, at.over))
    page.show(
        charts.log_axis,
        data.log_axis(),
        key="precision.log_axis",
        alt_text="Dots on a log axis: ¼ⁿ in float16 falls, then stands at the top, where it is 0.",
    )


def _power() -> None:
    w = values.read(PANEL).w
    st.table(data.power_table(w).set_index("format"))
    controls.draw(PANEL, "w")
    page.show(
        charts.power,
        **data.power(w),
        key="precision.power",
        alt_text="Line chart, log scale: |w|ⁿ over n, with a cross where each format loses it.",
    )
    page.write(words.powers(w))


def _adaptive() -> None:
    says = "Line chart, log scale: a loss scale over 300 steps, a cross at each skipped one."
    page.show(charts.scales, data.scales(), key="precision.scales", alt_text=says)
    page.write(words.scales())


def _sums() -> None:
    st.table(data.sums().set_index("format"))
    page.write(words.sums())
    page.write(words.norm_of_a_large_mean())


def _devices() -> None:
    st.table(words.devices())
    page.write(words.about_devices())
    page.write(words.no_way_back())
    page.write(words.rate_rounded_up())


def _data() -> None:
    page.download(data.table, "precision", data.UNITS, now={})

    @page.part(PANEL)
    def sizes(at) -> None:
        page.table(data.histogram(at), data.UNITS, of="The sizes of its entries")

    page.download(data.seldom_table(), "seldom", data.SELDOM_UNITS, label="Seldom guessed as CSV")


page.write(
    """
    ## The fine print

    Matrix products are added up in full here and rounded once, much as accelerators do.
    """
)
page.more(
    PANEL,
    {
        "Where a power ends": _power,
        "A loss scale that adapts": _adaptive,
        "Sums end too": _sums,
        "What devices and compilers do": _devices,
    },
    source=(formats.rounded, formats.stochastic, rounded.passes),
    data=_data,
)
page.recall(PANEL)
page.footer(PANEL)
