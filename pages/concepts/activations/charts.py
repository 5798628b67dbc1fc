"""The charts of the page on saturation, ReLU and leaky ReLU."""

import altair as alt

from pages.concepts.activations.panel import DEEPEST, LEAK_SLOPES, SEEN_DEPTH, Z
from pages.kit import beside, frames, grammar, theme

CURVES = (1, 2, 3)  # of the main chart
SATURATED, OFF, DEAD = "flat, not zero", "off", "dead"

# The main chart is one view, so that it fills its container and one drag moves all of it: a table
# of the current numbers, the slopes, and below them the slopes multiplied over n layers, both over
# the same z.
_HEIGHT = 490
_UPPER, _LOWER = grammar.Pane(down=(0.255, 0.68)), grammar.Pane(down=(0.71, 1))
SLOPES = (-0.15, 1.16)  # from the most negative slope of GELU to its largest
PRODUCTS = (-24, 2)  # decades
ASKED = (-12, 1)  # of the question's gradient
CORNER = (-5.9, -1.7, 0.3, 1.06)  # the inset with φ: left, right, bottom, top
MULTIPLIED = "multiplied"  # the table of the lower pane
INSET = (-1.2, 2.0)  # the values of φ that it shows
SEEN = 0.3  # the height of the histogram's largest bar


def slopes() -> alt.LayerChart:
    """φ′ of three activations over z, and φ′(z)ⁿ below, with dots at the live z; φ as an inset.

    Two tables of one row per z, for the curves i = 1, 2, 3, both with the curve's color `hue{i}`.
    The frame: `z`; `s{i}` φ′(z); `name{i}`; `seen`, where a bar of the histogram of a real
    network's z begins, its height (the largest being SEEN), and `seen_says`. And MULTIPLIED, so
    that another n leaves the other marks as they are: `z`; `n`; `p{i}` log₁₀|φ′(z)|ⁿ (null where
    that is 0), `minus{i}` whether φ′(z)ⁿ is negative. What lines need is in the rows: `drawn`,
    whether they have a point here, and where it is, or null beyond their pane: `slope{i}`,
    `product{i}`, and φ(z) in the inset, `z_in` and `f_in{i}`.
    """
    x = grammar.linear_x("z", "pre-activation z", (Z.low, Z.high), range(-6, 7, 2))
    return grammar.layered(
        _slopes_pane(),
        _products_pane(),
        x=x,
        params=(frames.param(Z),),
        independent=["y"],
        height=_HEIGHT,
    )


def _multiplied() -> alt.Chart:
    return alt.Chart(alt.NamedData(MULTIPLIED))


_BARE = {"domain": False, "ticks": False}  # an axis without its line


def _slopes_pane() -> alt.LayerChart:
    y = _UPPER.y(
        None,
        "slope φ′(z)",
        SLOPES,
        [0, 0.25, 0.5, 0.75, 1],
        labelExpr="['0', '¼', '½', '¾', '1'][round(4 * datum.value)]",
        grid=True,
        **_BARE,
    )
    seen = grammar.colored(alt.Chart().transform_filter("isValid(datum.seen)"), "reference")
    seen = seen.mark_area(interpolate="step-after", opacity=0.35, line=False).encode(
        y=alt.Y(field="seen"), y2=alt.Y2Datum(0)
    )
    now = frames.frame_of(Z)
    layers = [seen, _rule(now), *_inset_frame()]
    for i in CURVES:
        layers += _curve(i, now)
    return alt.layer(*layers, *_table()).encode(y=y)


def _rule(now: alt.Chart) -> alt.Chart:
    """A line at the live z through both panes, not through the inset."""
    left, right, bottom, _ = CORNER
    base = grammar.colored(now, "reference").transform_calculate(
        top=f"datum.z > {left} && datum.z < {right} ? {bottom - 0.03} : {SLOPES[1]}"
    )
    return base.mark_rule(strokeWidth=1.2).encode(y=alt.Y(field="top"), y2=alt.value("height"))


def _hued(chart: alt.Chart, i: int) -> alt.Chart:
    """The chart with its marks in the color of the activation of curve i."""
    return chart.transform_calculate(meaning=f"datum.hue{i}")


def _curve(i: int, now: alt.Chart) -> list[alt.Chart]:
    """One activation: φ′ as a line with its dot, and φ in the inset with its dot."""
    inset = {"x": alt.X(field="z_in"), "y": alt.Y(field=f"f_in{i}")}
    lines = _hued(alt.Chart().transform_filter("datum.drawn"), i)
    dots = _hued(now, i)
    at = dots.transform_calculate(at=f"min(datum.s{i}, {SLOPES[1]})")
    return [
        lines.mark_line(strokeWidth=3).encode(y=alt.Y(field=f"slope{i}")),
        lines.mark_line(strokeWidth=1.8).encode(**inset),
        at.mark_point(size=130, filled=True, opacity=1).encode(y=alt.Y(field="at")),
        dots.transform_filter(f"isValid(datum.f_in{i})")
        .mark_point(size=50, filled=True, opacity=1)
        .encode(**inset),
    ]


def _inset_frame() -> list[alt.Chart]:
    """The axes of the inset and its name."""
    left, right, bottom, top = CORNER
    zero = bottom - INSET[0] / (INSET[1] - INSET[0]) * (top - bottom)
    ends = {"left": left, "right": right, "bottom": bottom, "top": top}
    base = grammar.once("reference", middle=(left + right) / 2, zero=zero, name="'φ(z)'", **ends)
    across = base.mark_rule(opacity=0.6).encode(**grammar.level("zero"))
    up = base.mark_rule(opacity=0.6).encode(
        x=alt.X(field="middle"), y=alt.Y(field="bottom"), y2=alt.Y2("top")
    )
    name = base.mark_text(align="left", baseline="top", fontSize=grammar.LABEL_SIZE).encode(
        x=alt.X(field="left"), y=alt.Y(field="top"), text=grammar.text("name")
    )
    return [across, up, name]


def _table() -> list[alt.Chart]:
    """The numbers at the live z, above the panes: a row per curve in its color, and the gray."""
    now, over_layers = frames.frame_of(Z), frames.frame_of(Z, _multiplied())
    wide = "width > 500"

    def px(desktop: float, phone: float, small: float):
        return alt.expr(f"{wide} ? {desktop} : {grammar.NARROW} ? {small} : {phone}")

    columns = (px(8, 2, 0), px(150, 96, 82), px(260, 168, 146))

    def cell(chart: alt.Chart, column: int, row: int, field: str, **style) -> alt.Chart:
        style = {"align": "left", "baseline": "middle", "fontSize": px(16, 14, 12)} | style
        return chart.mark_text(**style).encode(
            x=alt.value(columns[column]), y=alt.value(9 + 20 * row), text=grammar.text(field)
        )

    head = grammar.colored(now, "reference").transform_calculate(
        at="'at z = ' + replace(format(datum.z, '.2~f'), '-', '−')", slope="'slope φ′'"
    )
    over = grammar.colored(over_layers, "reference").transform_calculate(
        product=f"({wide} ? 'over ' + datum.n + (datum.n == 1 ? ' layer: ' : ' layers: ') : '') + "
        f"'φ′' + ({grammar.superscript('datum.n')})"
    )
    cells = [cell(head, 0, 0, "at"), cell(head, 1, 0, "slope"), cell(over, 2, 0, "product")]
    for i in CURVES:
        one = f"log(abs(datum.s{i})) / LN10"
        row = _hued(now, i).transform_calculate(
            slope=f"(datum.s{i} < 0 ? '−' : '') + ({grammar.number(one)})"
        )
        power = _hued(over_layers, i).transform_calculate(
            product=f"(datum.minus{i} ? '−' : '') + "
            f"(isValid(datum.p{i}) ? ({grammar.number(f'datum.p{i}')}) : '0')"
        )
        cells += [
            cell(row, 0, i, f"name{i}", fontWeight="bold"),
            cell(row, 1, i, "slope"),
            cell(power, 2, i, "product", fontWeight="bold"),
        ]
    gray = grammar.colored(now, "reference")
    return [*cells, cell(gray, 0, 4, "seen_says", fontSize=px(15, 13, 11))]


def _products_pane() -> alt.LayerChart:
    low, high = PRODUCTS
    y = _LOWER.y(
        None,
        "φ′(z)ⁿ, n layers",
        PRODUCTS,
        range(low, 1, 6),
        labelExpr=grammar.power_of_ten("datum.value"),
        **_BARE,
    )
    layers = [grammar.healthy_band(left=Z.low, right=Z.high, label="healthy")]
    for i in CURVES:
        line = _hued(_multiplied().transform_filter("datum.drawn"), i)
        dot = _hued(frames.frame_of(Z, _multiplied()), i)
        dot = dot.transform_calculate(
            at=f"isValid(datum.p{i}) ? "
            f"{grammar.clamp(f'datum.p{i}', low + 0.6, high)} : {low + 0.6}",
            gone=f"!isValid(datum.p{i}) || datum.p{i} < {low}",
        )
        shape = alt.condition("datum.gone", alt.value("triangle-down"), alt.value("circle"))
        line = line.mark_line(strokeWidth=3, clip=True).encode(y=alt.Y(field=f"product{i}"))
        layers += [
            line.properties(name=beside.MAIN) if i == 1 else line,
            dot.mark_point(size=130, filled=True, opacity=1).encode(
                y=alt.Y(field="at"), shape=shape
            ),
        ]
    return alt.layer(*layers).encode(y=y)


def asked() -> alt.LayerChart:
    """The gradient of the page's question, by layer.

    Rows: `layer`, `log10` of what is left of the last layer's.
    """
    line = grammar.colored(alt.Chart(), "reference").mark_line(strokeWidth=1.5)
    low, high = ASKED
    return grammar.layered(
        line.properties(name=beside.MAIN),
        x=grammar.whole_x("layer", grammar.toward_the_input("layer"), 1, SEEN_DEPTH),
        y=grammar.powers_y("log10", f"part of ‖dJ/dz‖ at layer {SEEN_DEPTH}", low, high, every=4),
        height=theme.SMALL_HEIGHT,
    )


def by_layer() -> alt.LayerChart:
    """A product from the last layer back to each layer, one line per network.

    Rows: `layer`, `log10`, `says`, `name`, `meaning`, `dashed` (0 or 1). The table `names` has
    those of the first layer, `log10` being the name's height.
    """
    x = grammar.linear_x(
        "layer",
        grammar.toward_the_input("layer"),
        (-7.5, DEEPEST + 0.5),
        [1, 5, 10, 15, 20],
    )
    y = grammar.powers_y("log10", "relative to the last layer", -12, 12, every=4)
    rows = alt.Chart()
    lines = rows.mark_line(strokeWidth=2.5, clip=True).encode(
        detail=alt.Detail("name", type="nominal"),
        strokeDash=alt.condition("datum.dashed == 1", alt.value([5, 4]), alt.value([1, 0])),
        tooltip=grammar.tooltip(name="network", layer="layer", says="product"),
    )
    names = grammar.names(align="right", dx=-7)
    # its name is on the main chart; here every place for it is crossed by a line at some depth
    band = grammar.healthy_band(left=-7.5, right=DEEPEST + 0.5, label="")
    ends = grammar.off_the_axis("log10", -11.5, 11.5, along="layer")
    return grammar.layered(band, lines, names, *ends, x=x, y=y, height=theme.SMALL_HEIGHT)


def shares() -> alt.LayerChart:
    """Which part of the units × examples is dead, off or flat in each layer, stacked.

    Rows: `layer`, `kind`, `low`, `high` (shares, 0 to 1), `says`. The table `names`: the last
    `layer`, the height `low`, `name`; where there is nothing to stack, a word on that. Both with
    `meaning`.
    """
    x = grammar.linear_x(
        "left",
        grammar.toward_the_input("layer"),
        (0.4, DEEPEST + 6),
        [1, 5, 10, 15, 20],
    )
    y = grammar.shares_y("low", "share of units × examples", digits=".0")
    rows = alt.Chart().transform_calculate(left="datum.layer - 0.42", right="datum.layer + 0.42")
    bars = rows.mark_rect().encode(
        opacity=alt.condition(f"datum.kind == '{OFF}'", alt.value(0.45), alt.value(1)),
        x2=alt.X2("right"),
        y2=alt.Y2("high"),
        tooltip=grammar.tooltip(layer="layer", kind="what", says="share"),
    )
    names = grammar.names().transform_calculate(left="datum.layer + 0.42")
    return grammar.layered(bars, names, x=x, y=y, height=theme.SMALL_HEIGHT)


def leaks() -> alt.LayerChart:
    """Held-out accuracy after training, one dot per network, over the leak of its ReLU.

    Rows: `place` (of the slope in LEAK_SLOPES), `spread` (sideways), `accuracy`. The tables
    `medians` and `broke`: `place`, and what its runs have of that, `median` or `broke`, a count.
    """
    x = grammar.linear_x(
        "x",
        "slope for z < 0   (0 is ReLU)",
        (-0.5, len(LEAK_SLOPES) - 0.5),
        range(len(LEAK_SLOPES)),
        labelExpr=f"{[f'{slope:g}' for slope in LEAK_SLOPES]}[datum.value]",
    )
    y = grammar.linear_y(
        "accuracy", "held-out accuracy", (-0.12, 1), [0, 0.25, 0.5, 0.75, 1], format=".0%"
    )
    dots = grammar.colored(alt.Chart(), "dark").transform_calculate(x="datum.place + datum.spread")
    medians = grammar.colored(alt.Chart(alt.NamedData("medians")), "dark")
    medians = medians.transform_calculate(left="datum.place - 0.3", right="datum.place + 0.3")
    broke = grammar.colored(alt.Chart(alt.NamedData("broke")), "dark")
    broke = broke.transform_calculate(x="datum.place", floor="-0.07", says="datum.broke + ' broke'")
    broke = broke.mark_text(fontSize=grammar.LABEL_SIZE)
    return grammar.layered(
        dots.mark_point(filled=True, size=45, opacity=0.55),
        medians.mark_rule(strokeWidth=3).encode(**grammar.level("median")),
        broke.encode(y=alt.Y(field="floor"), text=grammar.text("says")),
        x=x,
        y=y,
        height=theme.SMALL_HEIGHT,
    )
