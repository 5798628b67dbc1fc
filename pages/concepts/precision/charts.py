"""The charts of the page on number formats."""

import altair as alt

from pages.concepts.precision.panel import DEPTH, SCALE, SHOWN, UPDATE
from pages.kit import beside, frames, grammar, theme

BARS, RULERS = "bars", "rulers"  # tables besides the frame
LOW, HIGH, BIN = -160, 64, 2  # powers of two on the axis, and a bar's width
TALL, _ROW = 4.2, 1.0  # of the highest bar and of a ruler, on the vertical axis
STEPS = 100  # of the weight that is moved up and down
WEIGHTS = -0.1, 2.1  # that its chart has a place for
POWERS = 1600  # the largest n of a power wⁿ that is drawn
QUARTERS = 16  # the largest n of ¼ⁿ
TIMES, POWERS_SEEN = 40, (-9, 0)  # of the question's product: multiplications, decades


def asked() -> alt.LayerChart:
    """The product of the page's question, over its multiplications.

    Rows: `n`, `log10`.
    """
    line = grammar.colored(alt.Chart(), "reference").mark_line(strokeWidth=1.5)
    return grammar.layered(
        line.properties(name=beside.MAIN),
        x=grammar.count_x("n", "multiplications by 0.6", TIMES, every=10, room=6),
        y=grammar.powers_y("log10", "what is left of 1", *POWERS_SEEN, every=3),
        height=theme.SMALL_HEIGHT,
    )


def formats() -> alt.LayerChart:
    """The histogram of a gradient's sizes above what each format can hold, live in the scale.

    Frames, one row per scale: `scale`; `fates`, words by format, joined by |. BARS: `left`,
    `height`. RULERS: `row`, `from`, `to`, `meaning`, `says`, `label`, `chosen`.
    """
    x = grammar.linear_x(
        "from",
        ["size of a gradient's entry,", "times the loss scale"],
        (LOW, HIGH),
        range(LOW, HIGH + 1, 32),
        labelExpr=f"'2' + {grammar.superscript('datum.value')}",
    )
    y = grammar.linear_y(None, "entries, by size", (-len(SHOWN) * _ROW - 0.2, TALL + 0.7), [])
    return grammar.layered(
        *_rulers(),
        *_bars(),
        *_fates(),
        x=x,
        y=y,
        params=(frames.param(SCALE),),
        title=frames.reading(SCALE),
        height=theme.MAIN_HEIGHT,
    )


def _bars() -> list[alt.Chart]:
    rows = alt.Chart(alt.NamedData(BARS)).transform_calculate(
        start="datum.left + scale",
        end=f"datum.left + scale + {BIN * 0.9}",
        top=f"datum.height * {TALL}",
        meaning="'dark'",
    )
    rows = rows.transform_filter(f"datum.start < {HIGH}")
    bars = rows.mark_rect(clip=True, opacity=0.75).encode(
        x=alt.X(field="start"), x2=alt.X2("end"), y=alt.Y(field="top"), y2=alt.Y2Datum(0)
    )
    return [bars]


def _rulers() -> list[alt.Chart]:
    rows = alt.Chart(alt.NamedData(RULERS)).transform_calculate(
        top=f"-datum.row * {_ROW} - 0.45", bottom=f"-datum.row * {_ROW} - 0.85"
    )
    stretch = rows.mark_rect(clip=True).encode(
        x2=alt.X2("to"),
        y=alt.Y(field="top"),
        y2=alt.Y2("bottom"),
        opacity=alt.condition("datum.chosen", alt.value(0.95), alt.value(0.4)),
        tooltip=grammar.tooltip(label="format", says="an entry here"),
    )
    # the chosen format's stretch of normal and subnormal numbers, up through the histogram
    held = rows.transform_filter(
        "datum.chosen && datum.says != 'becomes 0' && datum.says != 'too large'"
    )
    light = (
        held.transform_calculate(high=f"{TALL}")
        .mark_rect(clip=True, opacity=0.12)
        .encode(x2=alt.X2("to"), y=alt.Y(field="high"), y2=alt.Y2Datum(0))
    )
    return [light, stretch]


def _fates() -> list[alt.Chart]:
    """Each format's name at its ruler, and what it does to these entries."""
    labels = [f"'{label}'" for label in SHOWN.values()]
    rows = frames.frame_of(SCALE).transform_calculate(
        row=f"sequence({len(labels)})", fate="split(datum.fates, '|')"
    )
    rows = rows.transform_flatten(["row", "fate"]).transform_calculate(
        height=f"-datum.row * {_ROW} - 0.22",
        meaning="'dark'",
        name=f"[{', '.join(labels)}][datum.row]",
    )
    size = {"fontSize": grammar.LABEL_SIZE - 1, "baseline": "middle"}
    names = rows.mark_text(align="left", dx=4, fontWeight="bold", **size).encode(
        x=alt.value(0), y=alt.Y(field="height"), text=grammar.text("name")
    )
    fates = rows.mark_text(align="right", dx=-4, **size).encode(
        x=alt.value("width"), y=alt.Y(field="height"), text=grammar.text("fate")
    )
    return [names.properties(name=beside.MAIN), fates]


def layers() -> alt.LayerChart:
    """How far a layer's gradient is from the exact one, rounded once and rounded throughout.

    Rows: `layer`, `log10` of the relative difference (or nothing), `says`. The table `names`: the
    last `layer`, the height `log10`, `name`. Both with `meaning`.
    """
    x = grammar.linear_x(
        "layer",
        grammar.toward_the_input("hidden layer"),
        (0.5, DEPTH + 5),
        [1, *range(5, DEPTH + 1, 5)],
    )
    y = grammar.powers_y("log10", "relative difference", -18, 1, every=3)
    rows = alt.Chart()
    lines = rows.mark_line(strokeWidth=2.5, clip=True, point=alt.OverlayMarkDef(size=45)).encode(
        tooltip=grammar.tooltip(layer="layer", says="relative difference")
    )
    ends = grammar.off_the_axis("log10", -17.5, 0.5, along="layer")
    return grammar.layered(lines, grammar.names(dx=8), *ends, x=x, y=y, height=theme.SMALL_HEIGHT)


def slopes() -> alt.LayerChart:
    """One slope by two formulas over z; an exact 0 is a cross at the foot.

    Rows: `z`, `log10`, `series`, `meaning`, `says`.
    """
    x = grammar.linear_x("z", "z", (-40, 40))
    y = grammar.powers_y("log10", "slope", -18, 0, every=3)
    rows = alt.Chart()
    lines = rows.mark_line(clip=True).encode(
        strokeWidth=alt.condition("datum.series == 'other'", alt.value(5), alt.value(2)),
        opacity=alt.condition("datum.series == 'other'", alt.value(0.45), alt.value(1)),
        tooltip=grammar.tooltip(z="z", says="slope"),
    )
    names = rows.transform_filter("datum.z == 0").transform_calculate(
        word="datum.series == 'usual' ? 'as frameworks compute it' : 'without loss'",
        row="datum.series == 'usual' ? 0 : 1",
    )
    # below the peak there is room, on a phone too
    names = names.mark_text(
        dy=alt.ExprRef("20 * datum.row"), fontSize=grammar.LABEL_SIZE, fontWeight="bold"
    ).encode(y=alt.value(alt.ExprRef("height * 0.6")), text=grammar.text("word"))
    ends = grammar.off_the_axis("log10", -17.5, -0.5, along="z")
    return grammar.layered(lines, names, *ends, x=x, y=y, height=theme.SMALL_HEIGHT)


def walks() -> alt.LayerChart:
    """A weight of 1 that a hundred equal updates move down, or up, live in their size.

    Frames, one row per update: `update`; packed `down`, `up`, `chance`, `copy`, `right_down` and
    `right_up` over the steps.
    """
    x = grammar.count_x("step", "step", STEPS, every=20, room=34)
    y = grammar.linear_y(None, "weight", WEIGHTS, [0, 0.5, 1, 1.5, 2])
    frame = frames.frame_of(UPDATE)
    lines = (
        ("right_down", "right", "reference", [2, 3], 1.5),
        ("right_up", "right", "reference", [2, 3], 1.5),
        ("down", "down", "one", [1, 0], 3),  # its name stands below its end, and the other's above
        ("up", "up", "one", [1, 0], 3),
        ("copy", "with a float32 copy", "two", [6, 3], 2),
        ("chance", "rounded by chance", "dark", [1, 0], 1.5),
    )
    marks = []
    for field, name, meaning, dash, width in lines:
        rows = frames.unpack(frame, field, index="step")
        rows = grammar.colored(rows, meaning).encode(y=alt.Y(field=field))
        marks.append(rows.mark_line(strokeDash=dash, strokeWidth=width, clip=True))
        if field in ("down", "up"):
            end = rows.transform_filter(f"datum.step == {STEPS}").transform_calculate(
                name=f"'{name}'"
            )
            marks.append(
                end.mark_text(
                    align="left",
                    baseline="top" if field == "down" else "bottom",
                    dx=6,
                    fontSize=grammar.LABEL_SIZE - 1,
                ).encode(text=grammar.text("name"))
            )
    # the others end too near each other
    keys = (("··· right", "reference"), ("╍ with a float32 copy", "two"), ("━ by chance", "dark"))
    marks += grammar.in_corner(*(grammar.once(hue, text=f"'{name}'") for name, hue in keys))
    return grammar.layered(
        *marks, x=x, y=y, params=(frames.param(UPDATE),), height=theme.SMALL_HEIGHT
    )


def training() -> alt.LayerChart:
    """How well networks have learned, by what their numbers are kept in: see the rows there."""
    return grammar.right_by_way("kept in")


def scales() -> alt.LayerChart:
    """The loss scale that adapts, over the steps; a cross where a step was skipped.

    Rows: `step`, `log2`, `skipped`, `meaning`.
    """
    x = grammar.count_x("step", "step", 300, every=50)
    y = grammar.linear_y(
        "log2",
        "loss scale",
        (14, 25),
        labelExpr=f"'2' + {grammar.superscript('datum.value')}",
        tickMinStep=1,
    )
    rows = alt.Chart()
    line = grammar.colored(rows, "dark").mark_line(interpolate="step-after", strokeWidth=2)
    skipped = rows.transform_filter("datum.skipped").mark_point(size=90, **grammar.CROSS)
    return grammar.layered(line, skipped, x=x, y=y, height=theme.SMALL_HEIGHT - 80)


def power() -> alt.LayerChart:
    """log₁₀|wⁿ| up to n = POWERS with the n at which each format loses it.

    Rows, the line: `n`, `log10`. The tables `lost` and, of those that are named, `names`: `n`,
    `log10`, `says`; of a name what the format `holds` then, and whether it is the `first`, which
    stands higher. All with `meaning`.
    """
    x = grammar.count_x("n", "n, the number of factors (layers)", POWERS, every=200, room=250)
    y = grammar.powers_y("log10", "|w|ⁿ", -400, 400, every=100)
    line = alt.Chart().mark_line(clip=True, strokeWidth=3)
    lost = alt.Chart(alt.NamedData("lost")).mark_point(size=150, **grammar.CROSS)
    lost = lost.encode(tooltip=grammar.tooltip(says="format", n="from n ="))
    names = grammar.names(
        "lines",
        dx=alt.ExprRef("datum.first ? 0 : 12"),
        dy=alt.ExprRef("datum.first ? -34 : -18"),
    ).transform_calculate(lines="[datum.says, datum.holds]")
    names = names.properties(name="haloed_names")
    ends = grammar.off_the_axis("log10", -390, 390, along="n")
    return grammar.layered(line, lost, names, *ends, x=x, y=y, height=theme.SMALL_HEIGHT)


def log_axis() -> alt.LayerChart:
    """Numbers on Vega-Lite's own logarithmic axis, which draws an exact 0 at the top.

    All other charts here draw logarithms on a linear axis. Rows: `n`, `held`, `says`, `meaning`.
    """
    y = alt.Y(
        "held",
        type="quantitative",
        scale=alt.Scale(type="log", domain=[1e-9, 1], nice=False),
        axis=alt.Axis(
            title="¼ⁿ in float16", format="~e", tickCount=9, gridOpacity=0.5, **grammar.AXIS
        ),
    )
    rows = alt.Chart()
    points = rows.mark_point(filled=True, size=60, opacity=1).encode(
        tooltip=grammar.tooltip(n="n", says="¼ⁿ in float16")
    )
    zeros = rows.transform_filter("datum.held === 0").mark_text(
        dy=18, fontSize=grammar.LABEL_SIZE, fontWeight="bold"
    )
    x = grammar.count_x("n", "n", QUARTERS, every=4, room=1)
    zeros = zeros.encode(text=grammar.text("says"))
    return grammar.layered(points, zeros, x=x, y=y, height=theme.SMALL_HEIGHT - 80)
