"""The charts of the page on repeated multiplication."""

import altair as alt

from pages.concepts.products.panel import LAYERS, STREAMS, W
from pages.kit import beside, frames, grammar, theme

MARK = "mark"  # the table of the n to mark
LIMIT = 20  # its vertical axis: 10⁻²⁰ … 10²⁰
_ROOM = 12  # to the right of n = 60, for the lines' labels
_SIZE = "log(abs(w)) / LN10"  # log₁₀|w| of the live control
# The gradient is the slopes times wⁿ: above the slopes where |w| > 1, and so are their names.
_ABOVE = "abs(w) > 1 && isValid(datum.gradient)"
_NAME = 1.5  # decades that two names on one height need


def powers() -> alt.LayerChart:
    """|w|ⁿ over n, live in w, with the products along the scalar chain at the same w.

    Frames, one row per w: `w`; `slopes` and `gradient`, packed log₁₀ of ∏φ′(z) and |∏w·φ′(z)|
    over the first n layers, and what `became` of the latter; `fp16`, the n from which half
    precision has lost wⁿ (or null), and `fp16_says`, what it holds from there. A table of its own,
    MARK, has the `n` to mark.
    """
    frame = frames.frame_of(W)
    return grammar.layered(
        grammar.healthy_band(left=0, right=LAYERS + _ROOM, label="healthy"),
        *(_ghost(base, frame) for base in (0.6, 1.6)),
        _weights(),
        *_along_the_chain(frame),
        *_lost_in_half_precision(frame),
        *_marked(),
        x=grammar.count_x("n", "n, the number of factors (layers)", LAYERS, every=10, room=_ROOM),
        y=grammar.powers_y("log10", "size of the product", -LIMIT, LIMIT, every=5),
        params=(frames.param(W),),
        height=theme.MAIN_HEIGHT,
    )


def _powers_of_w(chart: alt.Chart) -> alt.Chart:
    """wⁿ at each row's n: `log10` of its size, `value` as text, and the whole line's meaning."""
    return chart.transform_calculate(
        log10=f"datum.n == 0 ? 0 : w == 0 ? null : datum.n * {_SIZE}",
        value=f"(pow(w, datum.n) < 0 ? '−' : '') + ({grammar.number(f'datum.n * {_SIZE}')})",
        meaning=grammar.outcome(f"{LAYERS} * {_SIZE}"),
    )


def _steps() -> alt.Chart:
    return alt.Chart(alt.sequence(0, LAYERS + 1, as_="n"))


def _ghost(base: float, frame: alt.Chart) -> alt.LayerChart:
    """The line of another base, and its name where no name of the chain's lines stands."""
    size = f"log({base}) / LN10"
    line = grammar.colored(_steps(), "reference").transform_calculate(log10=f"datum.n * {size}")
    name = grammar.colored(frame, "reference").transform_calculate(
        n=str(LAYERS), log10=f"{LAYERS} * {size}", name=f"'{base}ⁿ'"
    )
    name = name.transform_calculate(gradient=_last("gradient"), slopes=_last("slopes"))
    for field, above in (("slopes", f"!({_ABOVE})"), ("gradient", _ABOVE)):
        name = name.transform_filter(
            f"!(abs(datum.{field} + ({above} ? 1.2 : -1.1) - datum.log10) < {_NAME})"
        )
    name = name.mark_text(align="left", dx=6, fontSize=grammar.LABEL_SIZE)
    return line.mark_line(strokeWidth=1.2, opacity=0.75) + name.encode(text=grammar.text("name"))


def _last(field: str) -> str:
    return f"toNumber(split(datum.{field}, ' ')[{LAYERS}])"


def _weights() -> alt.Chart:
    return (
        _powers_of_w(_steps())
        .mark_line(strokeWidth=3.5, clip=True)
        .encode(tooltip=grammar.tooltip(n="factors n", value="wⁿ"))
        .properties(name=beside.MAIN)
    )


def _along_the_chain(frame: alt.Chart) -> list[alt.Chart]:
    along = frames.unpack(frame, "slopes", "gradient", index="n")
    lines = (
        ("slopes", "∏ φ′(z)", "'slopes'", [2, 4], f"!({_ABOVE})"),
        ("gradient", "∏ w·φ′(z)", "datum.became", [9, 4], _ABOVE),
    )
    layers = []
    for corner, (field, name, color, dash, name_above) in zip((-16.8, -19), lines, strict=True):
        rows = along.transform_calculate(meaning=color, corner=str(corner))
        line = rows.mark_line(strokeDash=dash, strokeWidth=2.5, clip=True)
        layers.append(line.encode(y=alt.Y(field=field)))
        # the line's name stands at the last of its points that the axis shows
        seen = rows.transform_filter(f"isValid(datum.{field}) && abs(datum.{field}) < {LIMIT}")
        end = seen.transform_joinaggregate(last="max(n)").transform_filter("datum.n == datum.last")
        text = grammar.text("name")
        lost = end.transform_filter("datum.last == 0").transform_calculate(name=f"'{name} is 0'")
        end = end.transform_filter("datum.last > 0").transform_calculate(name=f"'{name}'")
        end = end.encode(y=alt.Y(field=field), text=text)
        style = {"align": "left", "dx": 6, "fontSize": grammar.LABEL_SIZE}
        layers += [
            end.transform_filter(name_above).mark_text(dy=-13, **style),
            end.transform_filter(f"!({name_above})").mark_text(dy=12, **style),
            # 0 from the first factor on: no line, so its name stands in a corner without lines
            lost.mark_text(align="right", dx=-6, fontSize=grammar.LABEL_SIZE).encode(
                x=alt.value("width"), y=alt.Y(field="corner"), text=text
            ),
        ]
    return layers


def _marked() -> list[alt.Chart]:
    power = f"(w < 0 ? '(−' + abs(w) + ')' : w) + ({grammar.superscript('datum.n')})"
    base = _powers_of_w(alt.Chart(alt.NamedData(MARK))).transform_calculate(
        at=f"datum.log10 == null ? {-LIMIT} : "
        + grammar.clamp("datum.log10", -LIMIT + 0.5, LIMIT - 0.5),
        says=f"{power} + ' = ' + datum.value",
    )
    dot = base.mark_point(size=130, filled=True, opacity=1).encode(y=alt.Y(field="at"))
    # In the one corner that no line reaches: all of them start at 1.
    size = alt.ExprRef("width < 400 ? 18 : 24")  # on a phone a large one would reach the line
    readout = base.mark_text(fontSize=size, fontWeight="bold", align="left", baseline="top").encode(
        x=alt.value(12), y=alt.value(10), text=grammar.text("says")
    )
    return [dot, readout]


def _lost_in_half_precision(frame: alt.Chart) -> list[alt.Chart]:
    rows = frame.transform_filter(f"isValid(datum.fp16) && datum.fp16 <= {LAYERS}")
    rows = _powers_of_w(rows.transform_calculate(n="datum.fp16"))
    base = grammar.colored(rows.transform_filter(f"abs(datum.log10) < {LIMIT}"), "dark")
    tick = base.mark_point(size=150, **grammar.CROSS)
    says = base.encode(text=grammar.text("fp16_says"))
    # Below a falling line and a steep rising one; above one that comes near to the lines' names.
    places = (
        ("falling", "datum.log10 < 0", {"align": "right", "dx": -12, "dy": 4}),
        ("steep", "datum.log10 > 0 && datum.n < 30", {"align": "left", "dx": 10, "dy": 14}),
        ("rising", "datum.log10 > 0 && datum.n >= 30", {"align": "right", "dx": -10, "dy": -22}),
    )
    return [
        tick,
        *(
            says.transform_filter(where)
            .mark_text(fontSize=grammar.LABEL_SIZE - 1, lineBreak="\n", **style)
            .properties(name=f"haloed_{name}")
            for name, where, style in places
        ),
    ]


SMALLEST, LARGEST = -30, 18  # powers of ten of the products of random numbers


def random_products() -> alt.LayerChart:
    """How log₁₀|w₁⋯w_n| is distributed: sampled bars, the exact density, median and rms.

    Rows, the bars: `left`, `right`, `density`, `says`. The table `theory`: `log10`, `density`. The
    table `rules`: `log10`, `says`, the `side` its label is on. All with `meaning`.
    """
    x = grammar.powers_x("log10", "size of the product |w₁ ⋯ wₙ|", SMALLEST, LARGEST, every=6)
    y = grammar.linear_y(None, "draws per decade", (0, 0.5), format="%", tickCount=4)
    bars = alt.Chart().mark_rect(opacity=0.5, clip=True)
    bars = bars.encode(
        x=alt.X(field="left"),
        x2=alt.X2("right"),
        y=alt.Y(field="density"),
        y2=alt.Y2Datum(0),
        tooltip=[
            alt.Tooltip("says", type="nominal", title="size of the product"),
            alt.Tooltip("density", type="quantitative", format=".1%", title="draws per decade"),
        ],
    )
    curve = alt.Chart(alt.NamedData("theory")).mark_line(strokeWidth=2, clip=True)
    curve = curve.encode(y=alt.Y(field="density"))
    rules = alt.Chart(alt.NamedData("rules"))
    lines = rules.mark_rule(strokeWidth=2, strokeDash=[5, 3], clip=True)
    sides = (("left", "right", -6), ("right", "left", 6))
    names = [
        rules.transform_filter(f"datum.side == '{side}'")
        .mark_text(align=align, dx=dx, dy=14, fontSize=grammar.LABEL_SIZE)
        .encode(y=alt.value(0), text=grammar.text("says"))
        for side, align, dx in sides
    ]
    return grammar.layered(bars, curve, lines, *names, x=x, y=y, height=theme.SMALL_HEIGHT)


def matrix_products() -> alt.LayerChart:
    """Growth of a random vector and singular values of W_k⋯W₁ over k, with the gain's law.

    Rows: `k`, `series` ("vector", "largest", "median", "law"), `log10`, `low`, `high` (the middle
    half of the trials), `says`. The table `names`: the last `k`, the height `log10`, `name`. Both
    with `meaning`.
    """
    x = grammar.count_x("k", "number of matrices multiplied", 30, every=5, room=9)
    y = grammar.powers_y("log10", "factor on a vector's length", -30, 30, every=10)
    dash = alt.condition("datum.series == 'law'", alt.value([4, 3]), alt.value([1, 0]))
    return _growing("factor", -29, 29, x=x, y=y, strokeDash=dash)


def streams() -> alt.LayerChart:
    """What mixing matrices make of four streams over k, free ones and doubly stochastic ones.

    Tables as of `matrix_products`, with `series` ("free", "sum", "difference"), draws for trials.
    """
    low, high = STREAMS
    x = grammar.count_x("k", "number of matrices multiplied", LAYERS, every=10, room=22)
    y = grammar.powers_y("log10", "size over that at the start", low, high, every=10)
    return _growing("size", low + 1, high - 1, x=x, y=y)


def _growing(what: str, low: float, high: float, *, x: alt.X, y: alt.Y, **line) -> alt.LayerChart:
    """Bands, lines and names over k; `what` its numbers are, which end at `low` and `high`."""
    rows = alt.Chart()
    band = rows.mark_area(opacity=0.2, clip=True).encode(y=alt.Y(field="low"), y2=alt.Y2("high"))
    lines = rows.mark_line(strokeWidth=2.5, clip=True).encode(
        tooltip=grammar.tooltip(k="matrices", says=what), **line
    )
    ends = grammar.off_the_axis("log10", low, high, along="k")
    return grammar.layered(band, lines, grammar.names(), *ends, x=x, y=y, height=theme.SMALL_HEIGHT)
