"""The charts of the page on optimizers."""

import altair as alt

from pages.concepts.optimizers.networks import EXPONENTS, STEPS, WIDTHS
from pages.concepts.optimizers.panel import E
from pages.kit import beside, frames, grammar, theme

LOW, HIGH = -32, 4  # powers of ten of the main chart
_EDGE = 0.03  # beside the first and the last layer, of the way from one to the other


def floors() -> alt.LayerChart:
    """Gradient, first move, slopes and spread by layer, above the floor that is dragged.

    Frames, one row per ε: `e`, and `ground`, below which it rules; `gradient`, `move`, `slopes`,
    `spread`, packed log₁₀ by layer; `meaning`, of the move at layer 1; `depth`; `floor`, whether
    the rule has an ε; `rule`, its name.
    """
    x = grammar.linear_x(
        "way",
        grammar.toward_the_input("hidden layer"),
        (-_EDGE, 1 + _EDGE),
        [0, 1],
        labelExpr="datum.value ? 'last' : 'first'",
    )
    y = grammar.powers_y("size", "size (root mean square)", LOW, HIGH, every=4)
    frame = frames.frame_of(E)
    *ground, epsilon = _floor(frame)
    return grammar.layered(
        *ground,
        _line(frame, "slopes", "slopes", dash=[2, 4], width=2.5),
        _line(frame, "spread", "two", dash=[6, 3], width=2.5),
        _line(frame, "gradient", "dark", dash=[1, 0], width=2.5),
        *_move(frame),
        epsilon,
        *_names(frame),
        x=x,
        y=y,
        params=(frames.param(E),),
        title=frames.reading(E),
        height=theme.MAIN_HEIGHT,
    )


def _by_layer(frame: alt.Chart, *columns: str) -> alt.Chart:
    """Points by layer, each at its part of the way from the first layer, 0, to the last, 1."""
    return frames.by_layer(frame, *columns).transform_calculate(way="datum.i / (datum.depth - 1)")


def _line(frame: alt.Chart, field: str, meaning: str, *, dash, width) -> alt.Chart:
    rows = grammar.colored(_by_layer(frame, field), meaning)
    line = rows.mark_line(strokeDash=dash, strokeWidth=width, clip=True)
    return line.encode(y=alt.Y(field=field))


def _move(frame: alt.Chart) -> list[alt.Chart]:
    rows = _by_layer(frame, "move").transform_calculate(says=grammar.number("datum.move"))
    line = rows.mark_line(strokeWidth=4, clip=True).encode(y=alt.Y(field="move"))
    dots = rows.mark_point(size=45, filled=True, opacity=1, clip=True).encode(
        y=alt.Y(field="move"),
        tooltip=grammar.tooltip(layer="layer", says="step, in learning rates"),
    )
    return [line.properties(name=beside.MAIN), dots]


def _floor(frame: alt.Chart) -> list[alt.Chart]:
    """What lies below ε, as the rule takes it, shaded, with its value on it."""
    rows = frame.transform_filter("datum.floor").transform_calculate(
        meaning="'reference'",
        low=str(LOW),
        left=str(-_EDGE),
        right=str(1 + _EDGE),
        name="(datum.ground > datum.e + 0.5 ? '10ε = ' : 'ε = ') + "
        f"({grammar.power_of_ten('round(datum.ground)')})",
    )
    area = rows.mark_rect(opacity=0.15, clip=True).encode(
        **grammar.box("left", "right", "ground", "low")
    )
    edge = rows.mark_rule(strokeDash=[3, 3]).encode(**grammar.level("ground"))
    name = rows.mark_text(
        align="right", baseline="top", dx=-8, dy=5, fontSize=17, fontWeight="bold"
    )
    name = name.encode(x=alt.X(field="right"), y=alt.Y(field="ground"), text=grammar.text("name"))
    return [area, edge, name.properties(name="haloed_floor")]


def _names(frame: alt.Chart) -> list[alt.Chart]:
    """The lines' names, in the corner below all of them."""
    names = (
        ("'━ gradient dJ/dW'", "dark"),
        ("'╍ how far apart the digits are'", "two"),
        ("'··· ∏ φ′(z), the slopes alone'", "slopes"),
    )
    of_the_step = "'━ step of ' + datum.rule + ', in learning rates'"
    return grammar.in_corner(
        frame.transform_calculate(text=of_the_step),
        *(
            grammar.colored(frame, meaning).transform_calculate(text=name)
            for name, meaning in names
        ),
    )


def curves() -> alt.LayerChart:
    """Held-out digits right over the steps, a line per optimizer.

    Rows: `step`, `share`, `low` and `high` (the middle half of the draws), `says`; `yours`, whether
    it is the chosen one. The table `names`: `step`, its height `share`, `says`. Both with `rule`,
    `meaning`.
    """
    last = STEPS[-1]
    x = grammar.count_x("step", ["step of training", "(32 digits each)"], last, every=50, room=142)
    rule, guessing = grammar.guessing(0, last, "left")
    band = alt.Chart().transform_filter("datum.yours").mark_area(opacity=0.2, clip=True)
    return grammar.layered(
        rule,
        band.encode(y=alt.Y(field="low"), y2=alt.Y2("high")),
        grammar.right_by_step("rule", "optimizer"),
        guessing,
        grammar.names("says", fontSize=grammar.LABEL_SIZE - 1),
        x=x,
        y=grammar.shares_y("share", "held-out digits right", room=0.05),
        height=theme.SMALL_HEIGHT + 40,
    )


def epsilons() -> alt.LayerChart:
    """Held-out digits right after training with Adam, over ε.

    Rows: `exponent`, `share`, `low`, `high` (the middle half of the draws), `says`. The table
    `names`: `exponent`, its height `share`. Both with `name`, `meaning`.
    """
    x = grammar.powers_x("exponent", "Adam's ε", EXPONENTS[0], EXPONENTS[-1], every=4)
    rows = alt.Chart()
    band = rows.mark_area(opacity=0.15, clip=True).encode(y=alt.Y(field="low"), y2=alt.Y2("high"))
    line = rows.mark_line(strokeWidth=2.5, clip=True, point=alt.OverlayMarkDef(size=40)).encode(
        tooltip=[
            alt.Tooltip("name", type="nominal", title="network"),
            alt.Tooltip("exponent", type="quantitative", title="log₁₀ of ε"),
            alt.Tooltip("says", type="nominal", title="right"),
        ]
    )
    rule, guessing = grammar.guessing(EXPONENTS[0], EXPONENTS[-1], "left")
    return grammar.layered(
        rule,
        band,
        line,
        guessing,
        grammar.names(dx=8),
        x=x,
        y=grammar.shares_y("share", "held-out digits right", room=0.05),
        height=theme.SMALL_HEIGHT,
    )


def spikes() -> alt.LayerChart:
    """Adam's moves around one large gradient, with and without what is done about it.

    Rows: `step` from the large gradient, `move` in learning rates, `series`, `name`, `meaning`,
    `says`.
    """
    x = grammar.linear_x("step", "steps after the large gradient", (-10, 90))
    y = grammar.linear_y("move", "move, in learning rates", (0, 3.2))
    rows = alt.Chart().encode(detail=alt.Detail("series", type="nominal"))
    line = rows.mark_line(strokeWidth=2.5, clip=True).encode(
        tooltip=[
            alt.Tooltip("name", type="nominal", title="gradient"),
            alt.Tooltip("step", type="quantitative", title="step"),
            alt.Tooltip("says", type="nominal", title="move"),
        ]
    )
    order = "['none', 'norm', 'adaptive', 'z']"
    names = rows.transform_filter("datum.step == 0").transform_calculate(
        at=f"3.0 - 0.22 * indexof({order}, datum.series)"
    )
    names = names.mark_text(align="right", dx=-10, fontSize=grammar.LABEL_SIZE).encode(
        x=alt.value("width"), y=alt.Y(field="at"), text=grammar.text("name")
    )
    return grammar.layered(line, names, x=x, y=y, height=theme.SMALL_HEIGHT)


def coordinates() -> alt.LayerChart:
    """How far each layer's numbers have moved after a few steps of Adam, over the width.

    Rows: `log2` of the width, log₁₀ `moved`, `layer`, `name`, `meaning`, `says`. The table `names`
    has those at the largest width, `moved` being the name's height.
    """
    low, high = (width.bit_length() - 1 for width in (WIDTHS[0], WIDTHS[-1]))
    x = grammar.linear_x(
        "log2", "width", (low, high + 1.0), range(low, high + 1), labelExpr="pow(2, datum.value)"
    )
    y = grammar.powers_y("moved", "change after five steps", -2, 2, every=1)
    rows = alt.Chart().encode(detail=alt.Detail("layer", type="nominal"))
    line = rows.mark_line(strokeWidth=2.5, clip=True, point=alt.OverlayMarkDef(size=40)).encode(
        tooltip=grammar.tooltip(name="of", width="width", says="change")
    )
    ends = grammar.off_the_axis("moved", -1.8, 1.8, along="log2")
    return grammar.layered(line, grammar.names(dx=8), *ends, x=x, y=y, height=theme.SMALL_HEIGHT)
