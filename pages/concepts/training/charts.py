"""The charts of the training lab."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial, wraps
from typing import Any

import altair as alt
import numpy as np

from pages.concepts.training.networks import FIRST_STEPS
from pages.concepts.training.panel import STEP
from pages.kit import beside, frames, grammar, theme

HISTOGRAM_BINS = np.arange(-9.0, 4.01, 0.5)  # log₁₀|h|; the first bin also holds 0
MAP_DOMAIN = (-8, 6)  # log₁₀ of the sizes that the map's colors tell apart

# Play: through all steps in ten seconds, or a little more; then it stands at the last one.
_TAKEN = "data('frame')[0].taken"
PLAY = frames.Clock(
    STEP.name,
    milliseconds=50,
    update=f"min({STEP.name} + max(1, ceil({_TAKEN} / 200)), {_TAKEN})",
    plays="play",
    begins=f"{STEP.name} < {_TAKEN} ? {STEP.name} : 0",
    lasts=f"{STEP.name} < {_TAKEN}",
)
_HEIGHT, _PHONE = 500, 710  # pixels
_LOSS, _PRODUCT, _UPDATE = (-2, 1), (-8, 8), (-9, 3)  # log₁₀ domains
_LEFT, _RIGHT = (0, 0.52), (0.63, 1)  # columns, where there are two
_PANES = {
    "loss": grammar.Pane(_LEFT, (0.16, 0.51), phone=(0.132, 0.302)),
    "right": grammar.Pane(_LEFT, (0.62, 1), phone=(0.341, 0.513)),
    "product": grammar.Pane(_RIGHT, (0.16, 0.51), phone=(0.603, 0.775)),
    "update": grammar.Pane(_RIGHT, (0.62, 1), phone=(0.828, 1)),
}
_TEXT = grammar.text("says")
_NAME = {"fontSize": grammar.LABEL_SIZE - 1}


def _open_ended(low: int, high: int) -> str:
    """Labels in powers of ten, of an axis along whose ends lies what is beyond them."""
    power = grammar.power_of_ten("datum.value")
    return f"(datum.value <= {low} ? '≤ ' : datum.value >= {high} ? '≥ ' : '') + ({power})"


def _x(name: str, title: str | None) -> alt.X:
    """A pane's horizontal axis from 0 to 1, at its bottom where it has a title."""
    axis: dict[str, Any] = {}
    if name in ("loss", "right"):
        # the numbers of steps stand in the frame: see _ticks
        axis = {"labelOpacity": 0, "titlePadding": 8, "titleOpacity": grammar.wide("1", "0")}
    labels = "datum.value == 0 ? 'first' : datum.value == 1 ? 'last' : ''"
    x = _PANES[name].x("x", title, (0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1], labelExpr=labels, **axis)
    if title is None:
        x.axis = None
    return x


def _y(name: str, field: str, title: str, domain, values, labels: str) -> alt.Y:
    """A pane's vertical axis, its title above it."""
    y = _PANES[name].y(
        field,
        title,
        domain,
        values,
        labelExpr=labels,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="bottom",
        titleX=-30,
        titleY=_PANES[name].top(-7),
    )
    y["scale"].clamp = True  # what lies beyond an end is drawn along it
    return y


def run() -> alt.LayerChart:
    """Two runs: loss and accuracy over the steps, products and updates over the layers.

    Frames, a row per network and step, with `name` ("A", "B") and `meaning`, its hue: `at` (the
    step; −1 shows at every one), `taken` (the last step there is), `x`, `says`, `own` (in what
    alone it differs), `step_says`, and packed over the layers `place` (0 … 1), `gradient`,
    `slopes`, `update` (log₁₀).
    Tables that the scrubber leaves as they are, all but the last two with `name` and `meaning`:
    `batches` and `tests`, packed `px` (share of the run), `loss` (log₁₀), `right`; `halts`: `x`,
    `last` (log₁₀ loss), `says`, its `row`; `ticks`: `x`, `says`; and `guess`, one row: `x`,
    `loss_guessed` (log₁₀, or none), `right_guessed`.
    """
    return _run(FIRST_STEPS)


@cache
def run_of(steps: int) -> Callable[[], alt.LayerChart]:
    """`run` with a scrubber that ends at so many steps: it stands below the axis of the steps."""
    return run if steps == FIRST_STEPS else wraps(run)(partial(_run, steps))


def _run(steps: int) -> alt.LayerChart:
    now = alt.Chart().transform_filter(f"datum.at < 0 || datum.at == min({STEP.name}, datum.taken)")
    return grammar.layered(
        _losses(now),
        *_readout(now),
        _accuracies(now),
        _products(now),
        _updates(now),
        params=(
            frames.param(replace(STEP, high=steps, default=steps)),
            # Vega's own signal, which the chart's number of pixels is the first value of
            alt.param(name="height", expr=f"{grammar.WIDE} ? {_HEIGHT} : {_PHONE}"),
            alt.param(name=PLAY.plays, value=False, bind=alt.binding_checkbox(name="Play ")),
        ),
        independent=["x", "y"],
        height=_HEIGHT,
    )


def _by_network(chart: alt.Chart) -> alt.Chart:
    return chart.encode(detail=alt.Detail("name", type="nominal"))


def _over_steps() -> list[alt.Chart]:
    """Each batch as a thin line, the held-out examples as a bold one."""
    layers = []
    for table, style in (
        ("batches", {"strokeWidth": 1, "opacity": 0.45}),
        ("tests", {"strokeWidth": 3, "point": {"size": 28, "filled": True, "opacity": 1}}),
    ):
        rows = frames.unpack(alt.Chart(alt.NamedData(table)), "px", "loss", "right")
        layers.append(_by_network(rows.mark_line(**style)).encode(x=alt.X(field="px")))
    return layers


def _guess(field: str, below: int) -> list[alt.Chart]:
    """What guessing would get: a rule beneath the lines, and its name, which breaks them."""
    rows = grammar.colored(alt.Chart(alt.NamedData("guess")), "reference")
    rows = rows.transform_filter(f"isValid(datum.{field}_guessed)")  # losses of two kinds have none
    rows = rows.transform_calculate(left="0", words="'guessing'")
    level = f"{field}_guessed"
    rule = rows.mark_rule(strokeDash=[6, 4], strokeWidth=1.3).encode(
        **grammar.level(level, right="x")
    )
    # on a phone, below its line, it would stand on the axis
    seen = 1.0 if below < 0 else grammar.wide("1", "0")
    name = rows.mark_text(align="right", dx=-3, dy=below, opacity=seen, **_NAME).encode(
        y=alt.Y(field=level), text=grammar.text("words")
    )
    return [rule, name.properties(name=f"haloed_{field}_guessed")]


def _cursor(now: alt.Chart, name: str) -> alt.Chart:
    """Where the scrubber stands."""
    rule = grammar.colored(now, "reference").mark_rule(strokeWidth=1.5, opacity=0.8)
    pane = _PANES[name]
    return rule.encode(y=alt.value(pane.top()), y2=alt.value(pane.bottom()))


def _losses(now: alt.Chart) -> alt.LayerChart:
    high = _LOSS[1]
    y = _y(
        "loss",
        "loss",
        "loss (bold: held out, thin: each batch)",
        _LOSS,
        [-2, -1, 0, 1],
        _open_ended(*_LOSS),
    )
    halts = _by_network(alt.Chart(alt.NamedData("halts")))
    cross = halts.mark_point(size=200, **grammar.CROSS)
    words = halts.mark_text(align="left", dx=12, fontWeight="bold", **_NAME).transform_calculate(
        height=f"{high - 0.3} - 0.5 * datum.row"
    )
    words = words.properties(name="haloed_halts")
    rule, guessing = _guess("loss", -10)
    layers = [
        rule,
        *_over_steps(),
        _cursor(now, "loss"),
        guessing,
        cross.encode(y=alt.Y(field="last")),
        words.encode(y=alt.Y(field="height"), text=_TEXT),
    ]
    return alt.layer(*layers).encode(x=_x("loss", None), y=y)


def _readout(now: alt.Chart) -> list[alt.Chart]:
    """The step, and beside or below it what A and B are there, one above the other."""
    first = grammar.colored(now.transform_filter("datum.name == 'A'"), "reference")
    step = first.mark_text(align="left", baseline="top", fontSize=18, fontWeight="bold")
    step = step.encode(x=alt.value(0), y=alt.value(0), text=grammar.text("step_says"))
    layers = [step]
    for name, top, on_a_phone in (("A", "0", 20), ("B", "0.042 * height", 38)):
        row = _by_network(now.transform_filter(f"datum.name == '{name}'")).transform_calculate(
            called=f"{grammar.WIDE} && datum.own ? '{name}, ' + datum.own : '{name}'",
            text="datum.called + substring(datum.says, 1)",
        )
        size = alt.expr(f"{grammar.NARROW} ? 12 : 15")
        words = row.mark_text(align="left", baseline="top", fontSize=size, fontWeight="bold")
        layers.append(
            words.encode(
                x=alt.value(grammar.wide("0.33 * width", "0")),
                y=alt.value(grammar.wide(top, f"{on_a_phone}")),
                text=grammar.text("text"),
            )
        )
    return layers


def _accuracies(now: alt.Chart) -> alt.LayerChart:
    y = _y("right", "right", "share right", (0, 1.0), [0, 0.5, 1], "format(datum.value, '.0%')")
    batches, tests = _over_steps()
    tests = tests.properties(name=beside.MAIN)
    rule, guessing = _guess("right", 9)
    ticks = _ticks(_PANES["right"].bottom(9))
    layers = [rule, batches, tests, _cursor(now, "right"), guessing, ticks]
    return alt.layer(*layers).encode(x=_x("right", "training step"), y=y)


def _ticks(height: alt.ExprRef) -> alt.Chart:
    """The numbers of steps, at this height beneath an axis of shares of the run."""
    ticks = grammar.colored(alt.Chart(alt.NamedData("ticks")), "reference")
    return ticks.mark_text(baseline="top", fontSize=13).encode(y=alt.value(height), text=_TEXT)


def _by_layer(now: alt.Chart, field: str, **style) -> alt.Chart:
    rows = frames.unpack(now, "place", "gradient", "slopes", "update")
    if "strokeDash" not in style:  # points, since a network of one layer has no line
        style["point"] = {"size": 14, "filled": True, "opacity": 1}
    return _by_network(rows.mark_line(**style)).encode(x=alt.X(field="place"), y=alt.Y(field=field))


def _band(low: float, high: float) -> alt.Chart:
    base = grammar.once("healthy", left=0, right=1, low=low, high=high)
    return base.mark_rect(opacity=0.15).encode(**grammar.box("left", "right", "low", "high"))


def _products(now: alt.Chart) -> alt.LayerChart:
    y = _y(
        "product",
        "gradient",
        "‖dJ/dz‖, last layer = 1 (dots: ∏ φ′)",
        _PRODUCT,
        [-8, -4, 0, 4, 8],
        _open_ended(*_PRODUCT),
    )
    layers = [
        _band(-theme.BAND, theme.BAND),
        _by_layer(now, "slopes", strokeWidth=2, strokeDash=[2, 4]),
        _by_layer(now, "gradient", strokeWidth=3),
    ]
    return alt.layer(*layers).encode(x=_x("product", None), y=y)


def _updates(now: alt.Chart) -> alt.LayerChart:
    y = _y(
        "update",
        "update",
        "one step's ‖ΔW‖/‖W‖",
        _UPDATE,
        [-9, -6, -3, 0, 3],
        _open_ended(*_UPDATE),
    )
    named = grammar.once("healthy", x=0, healthy=-3, words="'about 10⁻³ is healthy'")
    name = named.mark_text(align="left", baseline="bottom", dx=4, dy=-14, **_NAME).encode(
        y=alt.Y(field="healthy"), text=grammar.text("words")
    )
    layers = [
        _band(-4, -2),
        _by_layer(now, "update", strokeWidth=3),
        name.properties(name="haloed_healthy"),
    ]
    return alt.layer(*layers).encode(x=_x("update", "hidden layer   ← the gradient's way"), y=y)


# Look inside: A on the left and B on the right, or one above the other on a phone ---------------

_SIDES = {
    "A": grammar.Pane((0, 0.46), phone=(0, 0.45), head=24),
    "B": grammar.Pane((0.54, 1), phone=(0.55, 1), head=24),
}


def _side_x(name: str, title: str, domain, values, labels: str) -> alt.X:
    if name == "A":  # on a phone B's name stands there, and B beneath it has the same labels
        labels = f"{grammar.WIDE} ? ({labels}) : ''"
    title_here = title if name == "B" else None
    return _SIDES[name].x("x", title_here, domain, values, labelExpr=labels)


def _side_y(name: str, title: str, domain, values, labels: str) -> alt.Y:
    return _SIDES[name].y("y", title if name == "A" else None, domain, values, labelExpr=labels)


def _side_name(name: str) -> alt.Chart:
    side = _SIDES[name]
    return (
        grammar.once(theme.COMPARED[name], words=f"'{name}'")
        .mark_text(align="left", baseline="top", fontSize=18, fontWeight="bold")
        .encode(
            x=alt.value(side.left), y=alt.value(side.top(-side.head)), text=grammar.text("words")
        )
    )


_LAYER_VALUES, _LAYER_LABELS = [0.0, 1.0], "datum.value == 0 ? 'first' : 'last'"
_STEP_LABELS = "format(datum.value, '.0%')"


def _two(side, height: int = theme.SMALL_HEIGHT) -> alt.LayerChart:
    return grammar.layered(side("A"), side("B"), independent=["x", "y"], height=height)


def gradient_map() -> alt.LayerChart:
    """The size of the gradient by layer and time, as colors.

    Rows: `name`, `x`, `x2` (shares of the run), `y`, `y2` (shares of the depth), `log10`, `says`.
    """
    low, high = MAP_DOMAIN

    def side(name: str) -> alt.LayerChart:
        x = _side_x(name, "share of the run", (0, 1), [0, 0.25, 0.5, 0.75, 1], _STEP_LABELS)
        y = _side_y(name, "hidden layer", (0, 1), _LAYER_VALUES, _LAYER_LABELS)
        cells = (
            alt.Chart()
            .transform_filter(f"datum.name == '{name}'")
            .mark_rect()
            .encode(
                x2=alt.X2("x2"),
                y2=alt.Y2("y2"),
                color=alt.Color(
                    "log10",
                    type="quantitative",
                    scale=alt.Scale(
                        domain=[low, -4, -1, 2.5, high],
                        range=list(theme.SMALL_TO_LARGE),
                        clamp=True,
                    ),
                    legend=None
                    if name == "B"
                    else alt.Legend(
                        title="size of the gradient",
                        orient="bottom",
                        gradientLength=220,
                        values=[low, -4, -1, 2, high],
                        labelExpr=_open_ended(low, high),
                        labelFontSize=13,
                        titleFontSize=14,
                    ),
                ),
                tooltip=grammar.tooltip(says=name),
            )
        )
        layers = alt.layer(cells, _side_name(name)).encode(x=x, y=y)
        return layers.resolve_scale(color="independent")

    return _two(side)


def histograms() -> alt.LayerChart:
    """The sizes of the activations by layer: the darker, the more units × examples.

    Rows: `name`, `meaning`, `x`, `x2` (log₁₀|h|), `y`, `y2` (shares of the depth), `share`, `says`.
    """
    low, high = float(HISTOGRAM_BINS[0]), float(HISTOGRAM_BINS[-1])

    def side(name: str) -> alt.LayerChart:
        x = _side_x(
            name,
            "size of the activation |h|",
            (low, high),
            [low + 0.25, -6, -3, 0, 3],
            f"datum.value < -7 ? '0' : {grammar.power_of_ten('datum.value')}",
        )
        y = _side_y(name, "hidden layer", (0, 1), _LAYER_VALUES, _LAYER_LABELS)
        cells = (
            alt.Chart()
            .transform_filter(f"datum.name == '{name}'")
            .transform_calculate(strength="min(1, 0.12 + 1.6 * datum.share)")
            .mark_rect()
            .encode(
                x2=alt.X2("x2"),
                y2=alt.Y2("y2"),
                opacity=alt.Opacity(
                    "strength", type="quantitative", scale=alt.Scale(domain=[0, 1]), legend=None
                ),
                tooltip=grammar.tooltip(says=name),
            )
        )
        return alt.layer(cells, _side_name(name)).encode(x=x, y=y)

    return _two(side)


def boundary() -> alt.LayerChart:
    """Which class each network would name over the plane, and half of the training examples.

    Rows, the cells: `name`, `x`, `x2`, `y`, `y2` and `p`, the probability of the dark class. The
    table `points`: `x`, `y` and `p`, its class.
    """

    def side(name: str) -> alt.LayerChart:
        ticks = [-2, -1, 0, 1, 2]
        x = _side_x(name, "x₁", (-2.2, 2.2), ticks, "datum.label")
        y = _side_y(name, "x₂", (-2.2, 2.2), ticks, "datum.label")
        grays = alt.Scale(domain=[0, 1], range=list(theme.TWO_CLASSES))
        color = alt.Color("p", type="quantitative", scale=grays, legend=None)
        cells = alt.Chart().transform_filter(f"datum.name == '{name}'")
        points = alt.Chart(alt.NamedData("points"))
        layers = alt.layer(
            cells.mark_rect().encode(x2=alt.X2("x2"), y2=alt.Y2("y2"), color=color),
            points.mark_point(
                filled=True, size=26, opacity=1, stroke="#8a8a8a", strokeWidth=0.7
            ).encode(color=color),
            _side_name(name),
        )
        return layers.encode(x=x, y=y).resolve_scale(color="independent")

    return _two(side, height=420)


def clip_factors() -> alt.LayerChart:
    """What clipping left of each step's gradient: the norm after over the norm before.

    Rows: `name`, `meaning`, `x` (share of the run), `log10`, `says`.
    """
    x = alt.X(
        "x",
        type="quantitative",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(title="share of the run", format="%", grid=False, **grammar.AXIS),
    )
    y = grammar.powers_y("log10", "norm after clipping, before = 1", -16, 1, every=4)
    rows = _by_network(alt.Chart())
    line = rows.mark_line(strokeWidth=2)
    points = rows.mark_point(size=20, filled=True, opacity=0.8).encode(
        tooltip=grammar.tooltip(name="network", says="left of it")
    )
    ends = map(_by_network, grammar.off_the_axis("log10", -15.6, 0.6, along="x"))
    return grammar.layered(line, points, *ends, x=x, y=y, height=theme.SMALL_HEIGHT)


def seeds() -> alt.LayerChart:
    """Held-out accuracy of A and B over several seeds: the median and the middle half.

    Rows: `x` (share of the run), `low`, `median`, `high`, `says`. The table `names`: the last `x`
    and `median`. Both with `name`, `meaning`. The table `ticks`: `x`, `says`.
    """
    x = grammar.linear_x(
        "x", "training step", (0, 1.18), [0, 0.2, 0.4, 0.6, 0.8, 1], labels=False, titlePadding=22
    )
    y = grammar.linear_y("median", "held-out examples right", (0, 1), format="%")
    rows = _by_network(alt.Chart())
    band = rows.mark_area(opacity=0.2).encode(y=alt.Y(field="low"), y2=alt.Y2("high"))
    line = rows.mark_line(strokeWidth=3, point={"size": 30, "filled": True, "opacity": 1})
    line = line.encode(tooltip=grammar.tooltip(says="median"))
    return grammar.layered(
        band,
        line,
        grammar.names(dx=8, fontWeight="bold"),
        _ticks(alt.ExprRef("height + 9")),
        x=x,
        y=y,
        height=theme.SMALL_HEIGHT,
    )
