"""The network itself, above its gradients: the signal goes forward, the gradient comes back."""

import altair as alt

from pages.concepts.home.panel import LAYERS, SEEN_UNITS, C
from pages.kit import frames, grammar

FLOOR, CEILING = 8.6, 13.4  # where it stands on the chart's vertical axis, above the gradients
_DEPTH = "data('frame')[0].depth"  # of the network: its hidden layers
_HEIGHT = f"{CEILING} - (datum.unit + 0.5) * {(CEILING - FLOOR) / SEEN_UNITS}"  # of a unit
_END = 2 * LAYERS + 2  # the last stage: all of the gradient has come back
# the layer nearest to the input that the gradient has come back to
_REACHED = f"(datum.depth + {LAYERS + 2} - stage)"
CLOCK = frames.Clock(
    "stage",
    160,
    f"play ? (stage + 1) % {_END + 1} : stage",
    after=C.name,
    then=f"play ? stage : {_END}",  # stopped midway it would not show what the drag does
)


def params() -> list[alt.Parameter]:
    """The stage that the picture shows, moved by hand or, while it plays, by a clock.

    Stage 0 is a network that has computed nothing. At stage l the signal has reached layer l, at
    LAYERS + 1 there is a loss, and from there on the gradient goes back a layer at each stage.
    Nothing moves by itself before a reader asks for it.
    """
    play = alt.binding_checkbox(name="Play: forward, loss, back ")
    by_hand = alt.binding_range(min=0, max=_END, step=1, name="one stage at a time ")
    return [
        alt.param(name="play", value=False, bind=play),
        alt.param(name="stage", value=_END, bind=by_hand),
    ]


def layers(frame: alt.Chart) -> list[alt.Chart]:
    """The connections, the units, the signal in them, and their gradients.

    Frames, one row per factor: `units` and `signal`, packed log₁₀ by layer and unit: the size of
    dJ/dz relative to the last layer's, and of h relative to the first's; `depth`.
    """
    units = frames.unpack(frame, "units", "signal").transform_calculate(
        layer=f"floor(datum.i / {SEEN_UNITS}) + 1",
        unit=f"datum.i % {SEEN_UNITS}",
        meaning=grammar.outcome("datum.units"),
    )
    units = units.transform_calculate(height=_HEIGHT).encode(y=alt.Y(field="height"))
    gray = grammar.colored(units, "reference")
    rings = gray.mark_point(
        size=alt.ExprRef(f"110 * {_ROOM}"), strokeWidth=1, opacity=0.5, filled=False
    )
    forward = gray.transform_filter("datum.layer <= stage && isValid(datum.signal)")
    forward = forward.transform_filter(f"datum.layer < {_REACHED}")
    backward = units.transform_filter(f"datum.layer >= {_REACHED} && isValid(datum.units)")
    return [
        _connections(),
        rings,
        forward.transform_calculate(area=_area("datum.signal"))
        .mark_circle(opacity=0.6)
        .encode(size=_SIZE),
        backward.transform_calculate(area=_area("datum.units"))
        .mark_circle(opacity=1)
        .encode(size=_SIZE, tooltip=grammar.tooltip(layer="layer")),
        *_loss(frame),
    ]


_SIZE = alt.Size("area", type="quantitative", scale=None)
_ROOM = "min(1, width / 520)"  # on a phone all is smaller


def _area(log10: str) -> str:
    """A dot's area in px²: the larger the quantity the larger, within its ring and around it."""
    return f"pow({grammar.clamp(f'8 + 2 * {log10}', 2, 15)}, 2) * {_ROOM}"


def _connections() -> alt.Chart:
    """From each unit to those of the next layer: a star of lines for each, drawn in one go."""
    points = LAYERS * SEEN_UNITS * 2 * SEEN_UNITS
    lines = alt.Chart(alt.sequence(0, points, as_="k")).transform_calculate(
        star=f"floor(datum.k / {2 * SEEN_UNITS})", end="datum.k % 2", meaning="'reference'"
    )
    lines = lines.transform_calculate(
        from_layer=f"floor(datum.star / {SEEN_UNITS}) + 1",
        unit=f"datum.end ? floor(datum.k % {2 * SEEN_UNITS} / 2) : datum.star % {SEEN_UNITS}",
    )
    lines = lines.transform_filter(f"datum.from_layer < {_DEPTH}").transform_calculate(
        layer="datum.from_layer + datum.end", height=_HEIGHT
    )
    return lines.mark_line(strokeWidth=0.5, opacity=0.2).encode(
        y=alt.Y(field="height"),
        detail=alt.Detail("star", type="nominal"),
        order=alt.Order("k", type="quantitative"),
    )


def _loss(frame: alt.Chart) -> list[alt.Chart]:
    """The loss J at the network's end, and the stage in words."""
    once = frame.transform_calculate(
        layer="datum.depth + 0.95",
        height=str((FLOOR + CEILING) / 2),
        meaning="'dark'",
        loss="'J'",
        says=_says(),
    )
    loss = once.transform_filter(f"stage > {LAYERS}").mark_text(fontSize=22, fontStyle="italic")
    says = once.mark_text(align="left", baseline="top", fontSize=grammar.LABEL_SIZE)
    return [
        loss.encode(y=alt.Y(field="height"), text=grammar.text("loss")),
        says.encode(x=alt.value(4), y=alt.value(2), text=grammar.text("says")),
    ]


def _says() -> str:
    back = f"'back: the gradient is in layer ' + max(1, {_REACHED})"
    return (
        f"stage == {_END} ? 'dots: gradients, colored as below' : "
        "stage == 0 ? 'a network that has computed nothing yet'"
        " : stage <= datum.depth ? 'forward: the signal is in layer ' + stage"
        f" : stage <= {LAYERS + 1} ? 'the loss J' : {back}"
    )
