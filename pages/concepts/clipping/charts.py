"""The charts of the page on gradient clipping."""

import altair as alt

from pages.concepts.clipping.panel import GX, GY, LIMIT, STEP
from pages.kit import beside, frames, grammar, theme

UNCLIPPED = 3.5  # where runs without clipping stand on the axis of thresholds
CLIFF_STEPS, CLIFF_LEFT, CLIFF_RIGHT = int(STEP.high), -2.5, -2.1

_NAME = {"fontSize": grammar.LABEL_SIZE}
_TEXT = grammar.text("says")


# Accuracy and loss -------------------------------------------------------------------------------

_ACCURACY = grammar.Pane(across=(0, 0.6), phone=(0, 0.52))
_LOSS = grammar.Pane(across=(0.71, 1), down=(0.12, 1), phone=(0.79, 1))
_LOUDEST = 6  # log₁₀ of the largest loss on the axis; above it the line runs along its end


def thresholds() -> alt.LayerChart:
    """Accuracy against the threshold, and beside it the loss over the steps at the live one.

    Rows, and the table `none` with one of the runs without clipping: `limit` (log₁₀ of the
    threshold, or UNCLIPPED); `accuracy`, `accuracy_low`, `accuracy_high`, `clipped` (shares) and
    what they say in `says`, `clipped_says`; the packed `steps`, `loss`, `loss_low`, `loss_high`
    (log₁₀), `loss_says` and the `meaning` of these runs; `lost`, how many ended in NaN; `cure` and
    `cure_says`.
    """
    now = frames.frame_of(LIMIT)
    return grammar.layered(
        _accuracy(now),
        _loss(now),
        params=(frames.param(LIMIT),),
        title=frames.reading(LIMIT),
        independent=["x", "y"],
        height=theme.MAIN_HEIGHT,
    )


def _accuracy(now: alt.Chart) -> alt.LayerChart:
    x = _ACCURACY.x(
        "limit",
        "threshold c",
        (-1.1, 3.75),
        [-1, 0, 1, 2, 3],
        labelExpr="format(pow(10, datum.value), ',~g')",
    )
    y = _ACCURACY.y(
        "accuracy",
        "held-out digits right",
        (0, 1.22),
        [0, 0.1, 0.25, 0.5, 0.75, 1],
        labelOverlap=False,
        labelExpr="datum.value == 0.1 ? 'guessing' : "
        f"{grammar.WIDE} || datum.value > 0 ? format(datum.value, '.0%') : ''",
    )
    swept, unclipped = alt.Chart(), alt.Chart(alt.NamedData("none"))
    tooltip = grammar.tooltip(says="median of 8")
    band = grammar.colored(swept, "dark").mark_area(opacity=0.16)
    band = band.encode(y=alt.Y(field="accuracy_low"), y2=alt.Y2("accuracy_high"))
    line = grammar.colored(swept, "dark").mark_line(strokeWidth=3).properties(name=beside.MAIN)
    points = grammar.colored(swept, "dark").mark_point(size=30, filled=True, opacity=1)
    whisker = grammar.colored(unclipped, "dark").mark_rule(strokeWidth=3, opacity=0.3)
    whisker = whisker.encode(y=alt.Y(field="accuracy_low"), y2=alt.Y2("accuracy_high"))
    none = unclipped.transform_calculate(words="'none'").mark_text(dy=-15, **_NAME)
    free = unclipped.mark_point(size=110, filled=True, opacity=1).encode(tooltip=tooltip)
    clipped = grammar.colored(swept, "reference").mark_line(strokeWidth=2, strokeDash=[4, 3])
    clipped_name = (
        grammar.colored(swept, "reference")
        .transform_filter(f"datum.limit == {LIMIT.low}")
        .transform_calculate(
            words=f"{grammar.WIDE} ? 'share of the steps clipped' : "
            f"{grammar.NARROW} ? 'clipped' : 'steps clipped'"
        )
        .mark_text(align="left", dx=4, dy=-10, **_NAME)
    )
    dot = now.mark_point(size=190, filled=True, opacity=1)
    readout = now.mark_text(
        align="right", baseline="top", fontSize=grammar.wide("22", "18"), fontWeight="bold"
    )
    *rules, cure = _references(now)
    layers = [
        *rules,
        band,
        clipped_name.encode(y=alt.Y(field="clipped"), text=grammar.text("words")),
        clipped.encode(y=alt.Y(field="clipped"), tooltip=grammar.tooltip(clipped_says="clipped")),
        line,
        points.encode(tooltip=tooltip),
        whisker,
        free,
        none.encode(text=grammar.text("words")),
        cure,
        dot,
        readout.encode(x=alt.value(_ACCURACY.right), y=alt.value(2), text=_TEXT),
    ]
    return alt.layer(*layers).encode(x=x, y=y)


def _references(now: alt.Chart) -> list[alt.Chart]:
    """Lines across the pane, the cure and guessing, which the axis names; last the cure's name."""
    ends = now.transform_calculate(left="-1.1", right="3.75", guess="0.1")
    rules = [
        grammar.colored(ends, meaning)
        .mark_rule(strokeDash=[6, 4], strokeWidth=1.6)
        .encode(**grammar.level(at))
        for at, meaning in (("cure", "healthy"), ("guess", "reference"))
    ]
    name = grammar.colored(ends, "healthy").mark_text(align="right", dy=-10, **_NAME)
    name = name.encode(
        x=alt.X(field="right"), y=alt.Y(field="cure"), text=grammar.text("cure_says")
    )
    return [*rules, name.properties(name="haloed_cure")]


def _loss(now: alt.Chart) -> alt.LayerChart:
    x = _LOSS.x("steps", "training step", (0, 200), [0, 50, 100, 150, 200])
    y = _LOSS.y(
        "loss",
        "training loss",
        (-1, _LOUDEST),
        range(0, _LOUDEST + 1, 2),
        labelExpr=grammar.power_of_ten("datum.value"),
    )
    points = frames.unpack(now, "steps", "loss", "loss_low", "loss_high").transform_calculate(
        **{
            field: f"isValid(datum.{field}) ? min(datum.{field}, {_LOUDEST}) : {missing}"
            for field, missing in (("loss", "null"), ("loss_low", "null"), ("loss_high", _LOUDEST))
        }
    )
    shown = points.transform_filter("isValid(datum.loss)")
    last = shown.transform_joinaggregate(last="max(steps)").transform_filter(
        "datum.steps == datum.last"
    )
    guess = grammar.colored(
        now.transform_calculate(
            left="0", right="200", guess="log(log(10)) / LN10", words="'guessing'"
        ),
        "reference",
    )
    beyond = last.transform_filter(f"datum.loss == {_LOUDEST}").transform_calculate(
        words="'above the axis ↑'"
    )
    layers = [
        guess.mark_rule(strokeDash=[6, 4], strokeWidth=1.6).encode(**grammar.level("guess")),
        shown.mark_area(opacity=0.2).encode(y=alt.Y(field="loss_low"), y2=alt.Y2("loss_high")),
        points.mark_line(strokeWidth=2.5),
        last.transform_filter("datum.last < 200").mark_point(size=220, **grammar.CROSS),
        guess.mark_text(align="right", dx=-4, dy=-9, **_NAME)
        .encode(x=alt.X(field="right"), y=alt.Y(field="guess"), text=grammar.text("words"))
        .properties(name="haloed_guessing"),
        beyond.mark_text(align="right", dy=16, **_NAME).encode(text=grammar.text("words")),
        now.transform_calculate(end="200")
        .mark_text(align="right", baseline="top", fontSize=18, fontWeight="bold")
        .encode(
            x=alt.X(field="end"),
            y=alt.value(grammar.wide("6", "0.79 * height - 20")),
            text=grammar.text("loss_says"),
        ),
    ]
    return alt.layer(*layers).encode(x=x, y=y)


# The first step by layer -------------------------------------------------------------------------


def first_step() -> alt.LayerChart:
    """Over the layers: ∏φ′(z), ∏W·φ′(z), and the first step before and after clipping.

    Rows: `layer`, `series` ("slopes", "product", "before", "after"), `log10`, or −∞ and ∞ in
    `beyond`, `says`, `meaning`; `depth`, the last layer; `right`, up to where names have room; the
    vertical axis's ends, `low`, `high`. The table `names` has those of the last layer, `log10`
    being the height of the `name`.
    """
    # as far as the lines reach: some networks' stay within three decades, others' span thirty
    last = f"({grammar.from_frame('depth', 0)['expr']})"
    is_layer = f"datum.value >= 1 && datum.value <= {last} && datum.value == floor(datum.value)"
    x = grammar.whole_x(
        "layer",
        grammar.toward_the_input("layer"),
        0,
        grammar.from_frame("right", 2),
        tickCount=8,
        labelExpr=f"{is_layer} ? datum.value : ''",
    )
    y = grammar.linear_y(
        "log10",
        "relative size",
        (grammar.from_frame("low", -4), grammar.from_frame("high", 1)),
        tickMinStep=1,
        tickCount=8,
        labelExpr=grammar.power_of_ten("datum.value"),
    )
    rows = alt.Chart()
    one = alt.Chart().transform_filter("datum.series == 'slopes' && datum.layer == datum.depth")
    one = grammar.colored(one.transform_calculate(left="0", one="0"), "reference")
    one = one.mark_rule(strokeWidth=1.2, opacity=0.7).encode(**grammar.level("one"))
    styles = (
        ("slopes", [2, 4], 2.5),
        ("product", [9, 4], 2.5),
        ("before", [1, 0], 5),
        ("after", [1, 0], 2.5),
    )
    lines = [
        rows.transform_filter(f"datum.series == '{series}'").mark_line(
            strokeDash=dash, strokeWidth=width, clip=True, opacity=0.55 if width > 3 else 1
        )
        for series, dash, width in styles
    ]
    points = rows.mark_point(size=28, filled=True, opacity=1).encode(
        tooltip=grammar.tooltip(layer="layer", says="size")
    )
    ends = grammar.off_the_axis("beyond", -15.3, 15.3, along="layer")
    marks = (one, *lines, points, grammar.names(dx=8), *ends)
    return grammar.layered(*marks, x=x, y=y, height=theme.SMALL_HEIGHT)


# The plane ---------------------------------------------------------------------------------------

_EDGE = 6  # the plane shown, −6 … 6 both ways, as a square with room for words
_HEIGHT = 420
_SIDE = f"({grammar.WIDE} ? height : min(width, height - 126))"
_CELL = 0.5  # a drag in the plane snaps to these
# The clipped vectors, from the live g and the frame's c; the norm's factor first.
_CLIPPED = {
    "norm": "sqrt(gx * gx + gy * gy)",
    "factor": "datum.norm > datum.c ? datum.c / datum.norm : 1",
    "vx": f"{grammar.clamp('gx', '-datum.c', 'datum.c')}",
    "vy": f"{grammar.clamp('gy', '-datum.c', 'datum.c')}",
    "nx": "gx * datum.factor",
    "ny": "gy * datum.factor",
    "cosine": "(gx * datum.vx + gy * datum.vy) "
    "/ max(1e-12, datum.norm * sqrt(datum.vx * datum.vx + datum.vy * datum.vy))",
    "turn": "datum.norm == 0 ? 0 : acos(min(1, datum.cosine)) * 180 / PI",
}


def plane() -> alt.LayerChart:
    """A gradient g = (g₁, g₂), live, and what clipping by value and by norm leave of it.

    One row: `c`, the threshold.
    """
    row = alt.Chart().transform_calculate(g0="0", c="isValid(datum.c) ? datum.c : 1")
    for name, formula in _CLIPPED.items():
        row = row.transform_calculate(**{name: formula})
    cells = (
        alt.Chart(alt.sequence(0, 441, as_="cell"))
        .transform_calculate(
            gx=f"(datum.cell % 21) * {_CELL} - 5", gy=f"floor(datum.cell / 21) * {_CELL} - 5"
        )
        .mark_point(shape="square", size=460, filled=True, opacity=0, cursor="grab", tooltip=None)
        .encode(x=alt.X(field="gx"), y=alt.Y(field="gy"), color=alt.value("black"))  # no meaning
    )
    side, below = alt.ExprRef(_SIDE), alt.ExprRef(f"{_SIDE} - height")
    return grammar.layered(
        *_limits(row),
        *_arrow(row.transform_calculate(px="gx", py="gy"), "dark", 3),
        *_arrow(row.transform_calculate(px="datum.vx", py="datum.vy"), "one", 5),
        *_arrow(row.transform_calculate(px="datum.nx", py="datum.ny"), "two", 5),
        *_words(row),
        cells,
        x=_plane_axis("g₁", grammar.linear_x, [0, side], orient="bottom", offset=below),
        y=_plane_axis("g₂", grammar.linear_y, [side, 0]),
        params=(frames.param(GX), frames.param(GY)),
        height=_HEIGHT,
    )


# What moves the gradient in the plane itself, besides its two range inputs.
HANDLE = "click, [pointerdown, window:pointerup] > pointermove"


def _plane_axis(title: str, linear, span: list, **axis):
    """An axis of a square: its side is no share of the view's width, as a pane's is."""
    values = range(-_EDGE, _EDGE + 1, 2)
    labels = "replace(datum.label, '-', '−')"
    return linear(
        "g0", title, (-_EDGE, _EDGE), values, span=span, labelExpr=labels, grid=False, **axis
    )


def _limits(row: alt.Chart) -> list[alt.Chart]:
    """The value box and the norm circle of threshold c, and the axes through 0."""
    corners = row.transform_calculate(low="-datum.c", high="datum.c", left="-6", right="6")
    fill = grammar.colored(corners, "one").mark_rect(opacity=0.1)
    round_the_box = row.transform_calculate(
        at="[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]", t="sequence(0, 5)"
    ).transform_flatten(["at", "t"])
    round_the_box = round_the_box.transform_calculate(
        cx="datum.c * datum.at[0]", cy="datum.c * datum.at[1]"
    )
    box = grammar.colored(round_the_box, "one").mark_line(strokeWidth=1.8)
    turn = row.transform_calculate(t="sequence(0, 73)").transform_flatten(["t"])
    turn = turn.transform_calculate(
        cx="datum.c * cos(datum.t * PI / 36)", cy="datum.c * sin(datum.t * PI / 36)"
    )
    circle = grammar.colored(turn, "two").mark_line(strokeWidth=1.8)
    zero = grammar.colored(corners, "reference")
    rule = {"strokeWidth": 1, "opacity": 0.5}
    return [
        zero.mark_rule(**rule).encode(x=alt.X(field="left"), x2=alt.X2("right")),
        zero.mark_rule(**rule).encode(y=alt.Y(field="left"), y2=alt.Y2("right")),
        fill.encode(**grammar.box("low", "high", "low", "high")),
        *(
            outline.encode(
                x=alt.X(field="cx"), y=alt.Y(field="cy"), order=alt.Order("t", type="quantitative")
            )
            for outline in (box, circle)
        ),
    ]


def _arrow(row: alt.Chart, meaning: str, width: float) -> list[alt.Chart]:
    row = grammar.colored(
        row.transform_calculate(angle="atan2(datum.px, datum.py) * 180 / PI"), meaning
    )
    shaft = row.mark_rule(strokeWidth=width, opacity=0.85)
    head = row.mark_point(shape="triangle", size=40 * width, filled=True, opacity=1)
    return [
        shaft.encode(x2=alt.X2("px"), y2=alt.Y2("py")),
        head.encode(
            x=alt.X(field="px"),
            y=alt.Y(field="py"),
            angle=alt.Angle("angle", type="quantitative", scale=None),
        ),
    ]


def _words(row: alt.Chart) -> list[alt.Chart]:
    """Beside the square, or below it on a phone: the three vectors as numbers."""

    def pair(a, b):
        return (
            f"'(' + replace(format({a}, '.2~f'), '-', '−') + ', ' + "
            f"replace(format({b}, '.2~f'), '-', '−') + ')'"
        )

    lines = (
        ("dark", f"'gradient ' + ({pair('gx', 'gy')})"),
        (
            "one",
            f"'by value ' + ({pair('datum.vx', 'datum.vy')}) + ', turned ' "
            "+ format(datum.turn, '.1f') + '°'",
        ),
        ("two", f"'by norm ' + ({pair('datum.nx', 'datum.ny')}) + ', turned 0°'"),
    )
    layers = []
    for i, (meaning, words) in enumerate(lines):
        text = grammar.colored(row.transform_calculate(words=words), meaning)
        layers.append(
            text.mark_text(align="left", fontSize=17, fontWeight="bold").encode(
                x=alt.value(grammar.wide("height + 48", "0")),
                y=alt.value(grammar.wide(f"0.4 * height + {32 * i}", f"{_SIDE} + {76 + 22 * i}")),
                text=grammar.text("words"),
            )
        )
    return layers


# The cliff ---------------------------------------------------------------------------------------


def cliff() -> alt.LayerChart:
    """J(b) with a cliff in it, and two descents by gradient, up to the live step.

    Rows, the curve: `b`, `loss`. The tables `plain` and `clipped`, a row per step: `b`, held to the
    axis, `loss`, `step`, `gone` (whether b is beyond the axis), `says`, and `b_says` where there is
    room.
    """
    x = grammar.linear_x("b", "the parameter b", (CLIFF_LEFT, CLIFF_RIGHT), tickCount=5)
    y = grammar.linear_y("loss", "loss J", (0, 0.42), tickCount=5)
    curve = grammar.colored(alt.Chart(), "reference")
    layers = [curve.mark_line(strokeWidth=2.5, clip=True)]
    for i, (name, meaning, word) in enumerate(
        (("plain", "exploding", "not clipped"), ("clipped", "healthy", "clipped"))
    ):
        path = grammar.colored(alt.Chart(alt.NamedData(name)), meaning)
        trail = path.transform_filter("datum.step <= step && !datum.gone")
        here = path.transform_filter("datum.step == step").transform_calculate(
            number="datum.gone ? datum.step + ' →' : datum.step",
            words=f"({grammar.WIDE} ? 'step ' + datum.step + ', {word}: ' + datum.b_says + ', ' "
            f": '{word}: ') + datum.says",
        )
        side = -13 if name == "plain" else 16
        layers += [
            trail.mark_point(size=55, filled=True, opacity=0.4),
            here.mark_point(size=170, filled=True, opacity=1),
            here.mark_text(dy=side, dx=-6, align="right", fontWeight="bold", **_NAME).encode(
                text=grammar.text("number")
            ),
            here.mark_text(align="left", baseline="top", fontSize=15, fontWeight="bold").encode(
                x=alt.value(10), y=alt.value(2 + 22 * i), text=grammar.text("words")
            ),
        ]
    return grammar.layered(
        *layers, x=x, y=y, params=(frames.param(STEP),), height=theme.SMALL_HEIGHT
    )
