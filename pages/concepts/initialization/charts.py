"""The charts of the page on weight initialization."""

import altair as alt

from pages.concepts.initialization.panel import G
from pages.kit import frames, grammar, theme

STEPS = tuple(G.values())
TOP = 16  # the main chart's axis: 10⁻¹⁶ … 10¹⁶
LOWEST, HIGHEST = -4.7, 5.2  # log₂ of a gain that the gauge can mark
END = 15.3  # how far out a name or a dot may stand
GHOSTS = ("normal", "he", "xavier")  # of the main chart
_NARROW = "width < 420"  # a phone: less is written into the plot
_NAME = {"align": "right", "dx": -10, "fontSize": grammar.LABEL_SIZE}


def gradients() -> alt.LayerChart:
    """A size by layer relative to the last layer's, live in g = log₂ σ√n, with named ghosts.

    Frames, one row per g: `g`; packed over the layers, log₁₀: `line`, the middle half of the
    networks `low`, `high`, the line `beside`, the ghosts `normal`, `he`, `xavier`; of these four
    the names and their heights, `beside_name`, `beside_at` and so on, and `beside_meaning`; `end`
    of the line, an arrow `beyond` where it has left the axis, and its `meaning`; the texts
    `says_scale`, `says_gain`, `says_end`, `says_what`, `says_networks`, and `dead`, a word or
    nothing; `steep`, 1 or −1 where the line leaves the axis early, above or below; the first layer
    `first`, the last one `right`, and `left`, where the axis begins.
    """
    frame = frames.frame_of(G)
    return grammar.layered(
        grammar.healthy_area(frame),
        *(part for key in GHOSTS for part in _ghost(frame, key)),
        *_beside(frame),
        *_line(frame),
        *_readout(frame),
        x=_layers_x(
            "layer",
            grammar.toward_the_input("layer"),
            grammar.from_frame("left", 1),
            grammar.from_frame("right", 2),
        ),
        y=grammar.powers_y("line", "size, relative to the last layer's", -TOP, TOP, every=4),
        params=(frames.param(G),),
        title=frames.reading(G),
        height=theme.MAIN_HEIGHT,
    )


def _layers_x(field: str, title: str | list[str], *ends: float | alt.ExprRef) -> alt.X:
    """Layers, as many as the frame has: a drag does not change their number."""
    labels = "datum.value >= 1 && datum.value == floor(datum.value) ? datum.value : ''"
    return grammar.whole_x(field, title, *ends, labelExpr=labels, ticks=False)


def _ghost(frame: alt.Chart, key: str) -> list[alt.Chart]:
    line = grammar.colored(frames.by_layer(frame, key), "reference").mark_line(
        strokeWidth=1.3, opacity=0.8, clip=True
    )
    name = (
        grammar.colored(frame, "reference")
        .mark_text(**_NAME)
        .encode(
            x=alt.X(field="first"), y=alt.Y(field=f"{key}_at"), text=grammar.text(f"{key}_name")
        )
    )
    return [line.encode(y=alt.Y(field=key)), name]


def _beside(frame: alt.Chart) -> list[alt.Chart]:
    line = frames.by_layer(frame, "beside").mark_line(strokeDash=[2, 4], strokeWidth=2.5, clip=True)
    name = frame.mark_text(**_NAME).encode(
        x=alt.X(field="first"), y=alt.Y(field="beside_at"), text=grammar.text("beside_name")
    )
    return [
        part.encode(color=alt.Color(field="beside_meaning"))
        for part in (line.encode(y=alt.Y(field="beside")), name)
    ]


def _line(frame: alt.Chart) -> list[alt.Chart]:
    end = frame.encode(x=alt.X(field="first"), y=alt.Y(field="end"))
    return frames.main_line(frame, end)


def _readout(frame: alt.Chart) -> list[alt.Chart]:
    # In the corners that the lines leave free: all of them end at 1 on the right. A line so steep
    # that it crosses one of the corners has all of the words in the other. Heights in decades.
    up, down = "datum.steep > 0", "datum.steep < 0"
    lines = (
        ("says_scale", alt.expr(f"{_NARROW} ? 18 : 24"), "bold", f"{up} ? -5.4 : 15.3"),
        ("says_gain", alt.expr(f"{_NARROW} ? 14 : 16"), "bold", f"{up} ? -8.3 : 12.4"),
        ("says_end", alt.expr(f"{_NARROW} ? 0 : 16"), 400, f"{up} ? -10.3 : 10.5"),
        ("says_what", 16, "bold", f"{down} ? 8.2 : -12.6"),
        ("says_networks", 13, 400, f"{down} ? 6.5 : -14.3"),
    )
    says = grammar.readout(frame, "datum.right", lines)
    dead = frame.transform_filter("isValid(datum.dead)").mark_text(
        align="left", dx=12, fontSize=grammar.LABEL_SIZE
    )
    dead = dead.encode(x=alt.X(field="first"), y=alt.Y(field="end"), text=grammar.text("dead"))
    return [*says, dead]


def gauge() -> alt.LayerChart:
    """Gain of a layer against σ√n, both as log₂: wide layers in theory, and these networks.

    Rows, the theory: `g`, `gain`, `series`, `scale`, `says`. The table `names`: the last `g`, the
    height `gain`, `name`. The tables `measured` and `here`: `g`, `gain`, `scale`, `says`. The table
    `rules`: `g`, `name`. The table `band`: `low`, `high`. All with `meaning`. Where `here` is not
    on the axis, `gain` is its end, and below LOWEST the point an arrow.
    """
    label = "datum.value < 0 ? '1/' + pow(2, -datum.value) : pow(2, datum.value)"
    # both of no field, as the band has no left and right and the rules have no height
    x = grammar.linear_x(None, "σ√n", (G.low, G.high + 1.4), range(-2, 6), labelExpr=label)
    y = grammar.linear_y(
        None, "gain of a layer", (LOWEST - 0.3, HIGHEST + 0.3), range(-4, 6, 2), labelExpr=label
    )
    band = alt.Chart(alt.NamedData("band")).mark_rect(opacity=0.16, clip=True)
    rules = alt.Chart(alt.NamedData("rules")).encode(x=alt.X(field="g"))
    told = grammar.tooltip(scale="σ√n", says="gain")
    point = {"x": alt.X(field="g"), "y": alt.Y(field="gain")}
    lines = alt.Chart().mark_line(strokeWidth=2, clip=True)
    dots = alt.Chart(alt.NamedData("measured")).encode(tooltip=told, **point)
    here = alt.Chart(alt.NamedData("here")).encode(tooltip=told, **point)
    return grammar.layered(
        band.encode(y=alt.Y(field="low"), y2=alt.Y2("high")),
        rules.mark_rule(strokeDash=[4, 3], opacity=0.8),
        rules.mark_text(align="left", angle=270, dx=6, dy=-8, fontSize=12).encode(
            y=alt.datum(LOWEST - 0.3, type="quantitative"), text=grammar.text("name")
        ),
        lines.encode(detail=alt.Detail("series", type="nominal"), **point),
        grammar.names().encode(**point),
        dots.mark_point(size=26, filled=True, opacity=0.9, clip=True),
        here.mark_point(size=200, filled=True, opacity=1).encode(
            shape=alt.condition(
                f"datum.gain <= {LOWEST}", alt.value("triangle-down"), alt.value("circle")
            )
        ),
        x=x,
        y=y,
        height=theme.SMALL_HEIGHT,
    )


def window() -> alt.LayerChart:
    """Accuracy after training over depth and σ√n: one cell per pair.

    Rows: `column` and `depth` place a cell; `text` in it, `says`, `meaning`; `learns` and `here`
    are true or false; `scheme`, a name above the cell, on the first depth only.
    """
    axis = grammar.AXIS | {"ticks": False, "domain": False}
    scale = alt.Scale(paddingInner=0.04, paddingOuter=0)
    x = alt.X(
        "column",
        type="ordinal",
        sort=None,
        scale=scale,
        axis=alt.Axis(title="σ√n", labelAngle=0, labelFlush=False, labelOverlap="greedy", **axis),
    )
    y = alt.Y("depth", type="ordinal", scale=scale, axis=alt.Axis(title="hidden layers", **axis))
    rows = alt.Chart()
    cells = rows.mark_rect(cornerRadius=2).encode(
        opacity=alt.condition(
            "datum.learns || datum.meaning != 'healthy'", alt.value(0.9), alt.value(0.7)
        ),
        tooltip=grammar.tooltip(depth="hidden layers", column="σ√n", says="after 200 steps"),
    )
    # black reads on all three hues, in light and in dark
    numbers = rows.mark_text(fontSize=14, fontWeight=600).encode(
        text=grammar.text("text"), color=alt.value("#111111")
    )
    here = grammar.colored(rows.transform_filter("datum.here"), "dark")
    outline = here.mark_rect(filled=False, strokeWidth=3.5, cornerRadius=2, opacity=1, aria=False)
    names = grammar.colored(rows.transform_filter("isValid(datum.scheme)"), "reference")
    names = names.mark_text(fontSize=13, baseline="bottom", dy=-3).encode(
        y=alt.value(0), text=grammar.text("scheme")
    )
    return grammar.layered(cells, numbers, outline, names, x=x, y=y, height=theme.SMALL_HEIGHT)


def activations() -> alt.LayerChart:
    """How a network's activations are distributed in each layer: a column of shades per layer.

    Rows: `left`, `right` of the layer's column, `layer`, `low`, `high` of a bin, the `share` of
    the activations in it as `says`, and `strength`, its square root; `end` of the axis.
    """
    y = grammar.linear_y(
        "low",
        "activation h",
        (-3.125, 3.125),
        [-3, -2, -1, 0, 1, 2, 3],
        labelExpr="datum.value == 3 ? '3 or more' : datum.value == -3 ? '−3 or less' :"
        " datum.value < 0 ? '−' + (-datum.value) : datum.value",
    )
    return grammar.layered(
        grammar.colored(alt.Chart(), "dark")
        .mark_rect(clip=True)
        .encode(
            x2=alt.X2("right"),
            y2=alt.Y2("high"),
            opacity=alt.Opacity(
                "strength",
                type="quantitative",
                scale=alt.Scale(domain=[0, 0.8], range=[0.04, 1], clamp=True),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("layer", type="quantitative"),
                alt.Tooltip("low", type="quantitative", title="from"),
                alt.Tooltip("says", type="nominal", title="share"),
            ],
        ),
        x=_layers_x("left", "layer", 0.5, grammar.from_frame("end", 2.5)),
        y=y,
        height=theme.SMALL_HEIGHT,
    )


def weights() -> alt.LayerChart:
    """How single weights are distributed, each density relative to its peak.

    Rows: `w`, `density`, `series`, its name `says` and `meaning`.
    """
    x = grammar.linear_x("w", "one weight", (-3.5, 3.5), tickCount=7)
    y = grammar.linear_y(
        "density",
        "how often, relative to the peak",
        (0, 1.02),
        labels=False,
        ticks=False,
        grid=False,
    )
    rows = alt.Chart()
    lines = rows.mark_line(strokeWidth=2.5).encode(detail=alt.Detail("series", type="nominal"))
    # one name per curve, under each other on the side that no curve fills
    names = rows.transform_filter("datum.w == -3.5").transform_calculate(
        height="0.95 - 0.1 * datum.series"
    )
    names = names.mark_text(align="left", fontSize=grammar.LABEL_SIZE).encode(
        y=alt.Y(field="height"), text=grammar.text("says")
    )
    return grammar.layered(lines, names, x=x, y=y, height=theme.SMALL_HEIGHT)
