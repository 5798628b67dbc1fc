"""The charts of the page on backpropagation as a product."""

import altair as alt

from pages.concepts.chain_rule.panel import FACTOR, LAYERS, W2, W
from pages.kit import beside, frames, grammar, theme

STEPS = 14  # factors between the first and the last of the real network's 15 layers

# The ledger: log₁₀ from FLOOR to _TOP, and beneath it room for the network itself.
FLOOR, _TOP = -5, 1
_NAMES, _NODES, _VALUES = -5.95, -6.5, -7.05  # heights of the network's three rows
DEEP, HIGH = -40, 20  # the depth chart's log₁₀
WAY = "way"  # the ledger's table of what stands on the gradient's way


def ledger() -> alt.LayerChart:
    """One bar per factor of a gradient, from the running product before it to the one after it.

    Beneath the bars stands the network: its quantities J, ŷ, z₂ … and, between them, the factors.
    Frames, one row per w2: `w2`; packed over the quantities, J first: `value` of the quantity,
    `times`, the factor that leads to it from its left neighbor (none to J), `level`, log₁₀ of
    |dJ/d(quantity)|, and `sign` of that gradient; and what `became` of it at the end.
    The table `way`, which no drag moves, one row per quantity `i`: `node`, its name; of the factor
    that leads to it its `name`, its `meaning`
    and its option of the control `factor`; `last`, the index of the
    last quantity; whether it is `faint`, as the walk has not come so far, `here`, where the walk
    has come to, or `mark`, if that factor is marked; and `chosen`, the option that is set.
    """
    y = grammar.powers_y("height", "gradient so far, |dJ/d…|", FLOOR, _TOP, every=1)
    y.scale = alt.Scale(domain=[-7.4, 1.3], nice=False, zero=False)
    x = grammar.linear_x(
        "i",
        # as the product is read
        ["the gradient travels toward the input →", "(charts of layers run the other way: ←)"],
        (-0.4, 5.4),
        ticks=False,
        labels=False,
        domain=False,
        titleFontSize=14,
    )
    frame = frames.frame_of(W2)
    points = frames.unpack(frame, "value", "times", "level", "sign").transform_window(
        [alt.WindowFieldDef(op="lag", field="level", **{"as": "before"})]
    )
    fields = ["node", "name", "meaning", FACTOR.name, "last", "faint", "here", "mark", "chosen"]
    way = alt.LookupData(data=alt.NamedData(WAY), key="i", fields=fields)
    points = points.transform_lookup(lookup="i", from_=way)
    points = points.transform_calculate(middle="datum.i - 0.5")
    return grammar.layered(
        _no_change(),
        *_bars(points),
        *_network(points),
        _reached(points),
        _columns(points).add_params(frames.pick(FACTOR)),
        x=x,
        y=y,
        params=(frames.param(W2),),
        height=theme.MAIN_HEIGHT,
    )


def _no_change() -> alt.Chart:
    base = grammar.once("reference", left=-0.4, right=5.4, one=0)
    return base.mark_rule(strokeDash=[3, 3], opacity=0.7).encode(**grammar.level("one"))


def _written(field: str) -> str:
    """A signed value as the page's words write it."""
    log10 = f"log(abs(datum.{field})) / LN10"
    return f"datum.{field} == 0 ? '0' : (datum.{field} < 0 ? '−' : '') + ({grammar.number(log10)})"


def _bars(points: alt.Chart) -> list[alt.LayerChart]:
    """The bars, the level between them, and what each factor multiplies by."""

    def clamped(field: str) -> str:
        return f"isValid({field}) ? {grammar.clamp(field, FLOOR, _TOP)} : {FLOOR}"

    size = "log(abs(datum.times)) / LN10"
    steps = points.transform_filter("datum.i > 0 && isValid(datum.before)").transform_calculate(
        start=clamped("datum.before"),
        end=clamped("datum.level"),
        left="datum.i - 0.72",
        right="datum.i - 0.28",
        falls=f"{size} <= -0.01",
        says=f"'× ' + ({_written('times')})",
        height="abs(datum.start - datum.end) < 0.02 ? datum.end + 0.02 : datum.end",
    )
    faded = steps.encode(opacity=alt.condition("datum.faint", alt.value(0.15), alt.value(1)))
    bars = faded.mark_rect().encode(**grammar.box("left", "right", "start", "height"))
    # marks that are not always there are hidden from readers of screens: an empty group has no name
    # a frame around the bar that is marked, with room for a bar without height
    around = grammar.colored(steps.transform_filter("datum.mark"), "dark").transform_calculate(
        left="datum.i - 0.76",
        right="datum.i - 0.24",
        over="max(datum.start, datum.end) + 0.09",
        under="min(datum.start, datum.end) - 0.09",
    )
    around = around.mark_rect(filled=False, strokeWidth=2).encode(
        **grammar.box("left", "right", "over", "under")
    )
    levels = grammar.colored(faded, "reference").transform_filter(
        f"isValid(datum.level) && datum.level >= {FLOOR}"
    )
    levels = levels.transform_calculate(
        left="datum.i - 0.28", right="datum.i < datum.last ? datum.i + 0.28 : datum.i + 0.1"
    )
    levels = levels.mark_rule(strokeWidth=1.5).encode(**grammar.level("end"))
    # the factor's value where its bar ends: beneath one that falls, above any other
    style = {"fontSize": grammar.LABEL_SIZE, "fontWeight": "bold"}
    values = faded.encode(x=alt.X(field="middle"), y=alt.Y(field="end"), text=grammar.text("says"))
    values = values.transform_filter(f"max(datum.start, datum.end) > {FLOOR}")
    falling = values.transform_filter("datum.falls").mark_text(dy=18, **style)
    rising = values.transform_filter("!datum.falls").mark_text(dy=-12, **style)
    # what goes on below the chart ends in a triangle, what is 0 in a cross and a word
    ends = faded.encode(x=alt.X(field="middle"), y=alt.Y(field="end"))
    below = ends.transform_filter(f"isValid(datum.level) && datum.level < {FLOOR}").mark_point(
        shape="triangle-down", size=180, filled=True, yOffset=4
    )
    lost = ends.transform_filter("!isValid(datum.level)")
    cross = grammar.colored(lost, "dark").mark_point(size=170, **grammar.CROSS)
    word = lost.encode(x=alt.X(field="left"), text=grammar.text("gone")).transform_calculate(
        gone="'nothing is left'", left="datum.i - 0.8"
    )
    word = word.mark_text(align="right", dy=-4, fontSize=grammar.LABEL_SIZE)
    return [levels, bars, around, below, cross, word, falling, rising]


def _network(points: alt.Chart) -> list[alt.LayerChart]:
    """The network from J back to the weight: quantities, their values, factors between them."""
    points = grammar.colored(points, "dark").transform_calculate(
        names_at=str(_NAMES),
        height=str(_NODES),
        values_at=str(_VALUES),
        left="datum.i - 0.72",
        right="datum.i - 0.28",
        # On a phone small values would run into each other: J, no factor, is bounded, and the
        # others have one digit.
        small="split(format(abs(datum.value), '.0e'), 'e')",
        power=grammar.superscript("toNumber(replace(datum.small[1], '\u2212', '-'))"),
        says="datum.value == 0 || abs(datum.value) >= 0.001 ? "
        f"({_written('value')}) : datum.i == 0 ? '< 0.001' : "
        "(datum.value < 0 ? '−' : '') + datum.small[0] + '×10' + datum.power",
    )
    fading = alt.condition("datum.faint", alt.value(0.35), alt.value(1))
    here = points.encode(opacity=fading)
    edges = points.transform_filter("datum.i > 0")
    line = grammar.colored(edges, "reference").mark_rule(strokeWidth=1.5)
    line = line.encode(x=alt.X(field="left"), x2=alt.X2("right"))
    arrow = grammar.colored(edges, "reference").mark_point(
        shape="triangle-right", size=90, filled=True, opacity=1
    )
    arrow = arrow.encode(x=alt.X(field="middle"))
    disk = grammar.colored(points, "reference").mark_point(
        shape="circle", size=700, strokeWidth=1.5, filled=False, fill="#88888833", opacity=1
    )
    symbol = here.mark_text(fontSize=15, fontWeight="bold", dy=1).encode(text=grammar.text("node"))
    value = here.mark_text(fontSize=13).encode(
        y=alt.Y(field="values_at"), text=grammar.text("says")
    )
    names = edges.encode(
        x=alt.X(field="middle"),
        y=alt.Y(field="names_at"),
        text=grammar.text("name"),
        opacity=fading,
    )
    name = names.transform_filter("!datum.mark").mark_text(fontSize=15)
    marked = names.transform_filter("datum.mark").mark_text(fontSize=16, fontWeight="bold")
    return [line, arrow, disk, symbol, value, name, marked]


def _reached(points: alt.Chart) -> alt.Chart:
    """The gradient that the walk has reached, large."""
    zero = "datum.sign == 0 ? '0' : "
    at = points.transform_filter("datum.here").transform_calculate(
        meaning="datum.i == datum.last ? datum.became : 'dark'",
        says=f"'dJ/d' + datum.node + ' = ' + ({zero}(datum.sign < 0 ? '−' : '') + "
        f"({grammar.number('datum.level')}))",
    )
    readout = at.mark_text(fontSize=24, fontWeight="bold", align="right", baseline="top")
    return readout.encode(x=alt.value("width"), y=alt.value(0), text=grammar.text("says"))


def _columns(points: alt.Chart) -> alt.Chart:
    """Over each factor an unseen column to point at and to click."""
    columns = points.transform_filter("datum.i > 0").transform_calculate(
        left="datum.i - 1",
        right="datum.i",
        low="-7.4",
        high="0.75",
        says=f"datum.name + ' = ' + ({_written('times')})",
        after="'dJ/d' + datum.node + ' = ' + (datum.sign == 0 ? '0' : "
        f"(datum.sign < 0 ? '−' : '') + ({grammar.number('datum.level')}))",
    )
    return columns.mark_rect(opacity=0, cursor="pointer").encode(
        **grammar.box("left", "right", "low", "high"),
        color=alt.value("black"),  # no meaning
        tooltip=grammar.tooltip(says="factor", after="so far"),
    )


# Depth -------------------------------------------------------------------------------------------


def depth() -> alt.LayerChart:
    """Output's gradient for the first weight of a chain of 2…60 layers, live in w, with its bound.

    Frames, one row per w: `w`; `slopes`, packed log₁₀ of ∏φ′(z) for chains of 2, 3, … layers;
    `steepest`, log₁₀ of the largest |φ′|; `mark`, the depth to mark, and there `sign` of dŷ/dw₁ and
    `log10` of its size. At other depths that is the slopes times |w|ᴸ⁻¹.
    """
    frame = frames.frame_of(W)
    weights = "(datum.i + 1) * log(abs(w)) / LN10"
    along = frames.unpack(frame, "slopes").transform_calculate(
        L="datum.i + 2",
        bound=f"w == 0 ? null : {weights} + (datum.i + 2) * datum.steepest",
        gradient=f"w == 0 || !isValid(datum.slopes) ? null : {weights} + datum.slopes",
    )
    bound, *its_name = _named(
        along, "bound", "bound", "reference", [1, 0], on_top=">= datum.slopes"
    )
    slopes, *their_name = _named(
        along, "slopes", "∏ φ′(z)", "slopes", [2, 4], on_top="> datum.bound"
    )
    return grammar.layered(
        grammar.healthy_band(left=0, right=LAYERS + 14, label="healthy", names=14),
        bound,
        *_gradient_by_depth(along, frame),
        slopes,
        *its_name,
        *their_name,
        x=grammar.count_x("L", "L, the number of layers in the chain", LAYERS, every=10, room=14),
        y=grammar.powers_y("log10", "size of the product", DEEP, HIGH, every=10),
        params=(frames.param(W),),
        height=theme.SMALL_HEIGHT + 50,
    )


def _named(along, field, name, color, dash, *, on_top: str) -> list[alt.Chart]:
    """A line with its name at the last of its points that the axis shows, on its free side."""
    rows = grammar.colored(along, color)
    line = rows.mark_line(strokeDash=dash, strokeWidth=2, clip=True)
    seen = rows.transform_filter(
        f"isValid(datum.{field}) && datum.{field} > {DEEP} && datum.{field} < {HIGH}"
    )
    end = seen.transform_joinaggregate(last="max(L)").transform_filter("datum.L == datum.last")
    end = end.transform_calculate(name=f"'{name}'").encode(
        y=alt.Y(field=field), text=grammar.text("name")
    )
    on_top = f"datum.{field} {on_top}"
    style = {"align": "left", "dx": 7, "fontSize": grammar.LABEL_SIZE}
    return [
        line.encode(y=alt.Y(field=field)),
        *(
            end.transform_filter(side)
            .mark_text(dy=dy, **style)
            .properties(name=f"haloed_{field}_{word}")
            for side, dy, word in ((on_top, -9, "above"), (f"!({on_top})", 10, "below"))
        ),
    ]


def _gradient_by_depth(along, frame) -> list[alt.Chart]:
    # colored by what has become of it at the depth that is marked
    meaning = f"isValid(datum.log10) ? ({grammar.outcome('datum.log10')}) : 'vanishing'"
    rows = along.transform_calculate(meaning=meaning, says=grammar.number("datum.gradient"))
    line = rows.mark_line(strokeWidth=3.5, clip=True).encode(
        y=alt.Y(field="gradient"), tooltip=grammar.tooltip(L="layers", says="|dŷ/dw₁|")
    )
    line = line.properties(name=beside.MAIN)
    base = frame.transform_calculate(
        L="datum.mark",
        at=f"isValid(datum.log10) ? {grammar.clamp('datum.log10', DEEP, HIGH)} : {DEEP}",
        meaning=meaning,
        says="'dŷ/dw₁ = ' + (datum.sign < 0 ? '−' : '') + "
        f"(datum.sign == 0 ? '0' : {grammar.number('datum.log10')})",
        layers="'at w = ' + (w < 0 ? '−' : '') + format(abs(w), '.1f') + ', ' + datum.mark"
        " + ' layers'",
    )
    dot = base.mark_point(size=130, filled=True, opacity=1)
    big = base.mark_text(fontSize=24, fontWeight="bold", align="left", baseline="top")
    small = grammar.colored(base, "reference").mark_text(
        fontSize=grammar.LABEL_SIZE, align="left", baseline="top"
    )
    return [
        line,
        dot.encode(y=alt.Y(field="at")),
        big.encode(x=alt.value(12), y=alt.value(6), text=grammar.text("says")),
        small.encode(x=alt.value(12), y=alt.value(36), text=grammar.text("layers")),
    ]


# The split ---------------------------------------------------------------------------------------


def split() -> alt.LayerChart:
    """Slopes, weights and gradient of a real network, from its last layer back to each.

    Rows: `layer`, `series` ("slopes", "weights", "gradient"), `log10`, `low`, `high` (the middle
    half of the seeds), `says`. The table `names`: the first `layer`, the height `log10`, `name`.
    Both with `meaning`. The table `lost`: the `layer` at which a median is 0, instead of a size.
    """
    left, right = -4.5, STEPS + 1.5
    layers = [1, *range(5, STEPS + 2, 5)]
    x = grammar.linear_x("layer", grammar.toward_the_input("hidden layer"), (left, right), layers)
    y = grammar.powers_y("log10", "product so far", -16, 16, every=4)
    band = grammar.healthy_band(left=left, right=right, label="healthy")
    rows = alt.Chart()
    spread = rows.mark_area(opacity=0.22, clip=True).encode(
        y=alt.Y(field="low"), y2=alt.Y2("high"), detail=alt.Detail("series", type="nominal")
    )
    main = "datum.series == 'gradient'"
    lines = rows.mark_line(clip=True).encode(
        detail=alt.Detail("series", type="nominal"),
        strokeWidth=alt.condition(main, alt.value(4), alt.value(2.5)),
        strokeDash=alt.condition(main, alt.value([1, 0]), alt.value([3, 4])),
        tooltip=grammar.tooltip(series="product of", layer="back to layer", says="size"),
    )
    # only a text can be broken into lines
    names = grammar.names(align="right", dx=-8, dy=-8, fontWeight="bold", lineBreak="\n")
    names = names.transform_calculate(name="'' + datum.name")
    lost = alt.Chart(alt.NamedData("lost")).transform_calculate(log10="-15.5")
    cross = grammar.colored(lost, "dark").mark_point(size=120, **grammar.CROSS)
    return grammar.layered(
        band, spread, lines, names, cross, x=x, y=y, height=theme.SMALL_HEIGHT + 50
    )
