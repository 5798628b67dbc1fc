"""The charts of the page on shortcuts."""

import altair as alt

from pages.concepts.shortcuts.panel import DEEP, R
from pages.kit import beside, frames, grammar, theme

MARKS = "marks"  # the table of 1/L, 1/√L and 1 on the ruler
LOW, HIGH, _ROOM, _RULER = -10, 10, 6.4, -12.8  # decades; room for words, and the ruler's height
_LINES = (
    ("slopes", "∏ φ′", "slopes", [2, 4], 2.5),
    ("stream", "‖h‖", "dark", [8, 4], 2),
    ("dW2", "‖dJ/dW₂‖", "one", [4, 2], 2.5),
    ("dh", "‖dJ/dh‖", None, [1, 0], 3.5),
)


def blocks() -> alt.LayerChart:
    """Sizes along the stack, live in r, and a ruler of r with 1/L, 1/√L and 1.

    Frames, one row per r: `r`; the number of blocks, `last`; packed log₁₀ over h₀ … h_L: `dh`,
    `dW2`, `stream`, `slopes`; what is said of each, `dh_says` and so on; `meaning_dh`. MARKS: `at`,
    `says`.
    """
    frame = frames.frame_of(R)
    x = grammar.whole_x(
        "i", grammar.toward_the_input("after block"), 0, grammar.from_frame("last", 1), format="d"
    )
    y = grammar.linear_y(
        None,
        "relative size",
        (_RULER - 2.6, HIGH + _ROOM),
        range(LOW, HIGH + 1, 5),
        labelExpr=grammar.power_of_ten("datum.value"),
    )
    return grammar.layered(
        grammar.healthy_area(frame.transform_calculate(left="0"), right="last"),
        *(_line(frame, *line) for line in _LINES),
        *_says(frame),
        *_ruler(frame),
        x=x,
        y=y,
        params=(frames.param(R),),
        title=frames.reading(R),
        height=theme.MAIN_HEIGHT + 20,
    )


def _line(frame: alt.Chart, field, name, meaning, dash, width) -> alt.Chart:
    rows = frames.unpack(frame, field)
    rows = rows.transform_filter(f"isValid(datum.{field}) && !isNaN(datum.{field})")
    rows = rows.transform_filter(f"datum.{field} >= {LOW - 0.5} && datum.{field} <= {HIGH + 0.5}")
    color = f"'{meaning}'" if meaning else "datum.meaning_dh"
    rows = rows.transform_calculate(meaning=color, value=grammar.number(f"datum.{field}"))
    line = rows.mark_line(strokeWidth=width, strokeDash=dash, clip=True).encode(
        y=alt.Y(field=field), tooltip=grammar.tooltip(i="after block", value=name)
    )
    return line.properties(name=beside.MAIN) if field == "dh" else line


def _says(frame: alt.Chart) -> list[alt.Chart]:
    words = []
    for i, (field, _, meaning, _, _) in enumerate(reversed(_LINES)):
        color = f"'{meaning}'" if meaning else "datum.meaning_dh"
        rows = frame.transform_calculate(meaning=color)
        words.append(
            rows.mark_text(
                align="left",
                baseline="top",
                fontWeight="bold",
                fontSize=grammar.wide("18", "15") if field == "dh" else grammar.LABEL_SIZE,
            )
            .encode(
                x=alt.value(10),
                y=alt.value(6 + (0 if i == 0 else 7 + 20 * i)),
                text=grammar.text(f"{field}_says"),
            )
            .properties(name=f"haloed_{field}")
        )
    return words


def _ruler(frame: alt.Chart) -> list[alt.Chart]:
    base = grammar.colored(frame, "reference").transform_calculate(
        left="0", height=str(_RULER), at=f"(r - {R.low}) / {R.high - R.low} * datum.last"
    )
    line = base.mark_rule().encode(**grammar.level("height", right="last"))
    stands = grammar.colored(alt.Chart(alt.NamedData(MARKS)), "reference").transform_calculate(
        height=str(_RULER)
    )
    stands = stands.encode(x=alt.X(field="at"), y=alt.Y(field="height"))
    ticks = stands.mark_tick(orient="vertical", size=12, thickness=2)
    names = stands.mark_text(dy=-14, fontSize=grammar.LABEL_SIZE).encode(text=grammar.text("says"))
    dot = grammar.colored(base, "dark").encode(x=alt.X(field="at"), y=alt.Y(field="height"))
    now = dot.transform_calculate(now="'r = ' + format(pow(10, r), '.3~r')")
    title = base.transform_calculate(title=f"{grammar.WIDE} ? 'branch factor r' : 'r'")
    title = title.mark_text(align="left", dy=-14, fontSize=grammar.LABEL_SIZE)
    return [
        line,
        title.encode(x=alt.X(field="left"), y=alt.Y(field="height"), text=grammar.text("title")),
        ticks,
        names,
        dot.mark_point(size=110, filled=True, opacity=1),
        now.mark_text(dy=14, fontSize=grammar.LABEL_SIZE).encode(text=grammar.text("now")),
    ]


def paths() -> alt.LayerChart:
    """Which lengths of path carry the gradient: a bar per number of branches, and the law.

    Rows: `k`, `share`, `law` (or nothing), `says`, `meaning`; `end` of the axis.
    """
    end = grammar.from_frame("end", 1.5)
    x = grammar.whole_x("k", "branches on the path", -0.5, end, format="d")
    y = grammar.linear_y("share", "share of the squares", (0, 1), format="%")
    rows = alt.Chart()
    bars = rows.transform_calculate(left="datum.k - 0.4", right="datum.k + 0.4").mark_rect(
        opacity=0.6
    )
    bars = bars.encode(
        x=alt.X(field="left"),
        x2=alt.X2("right"),
        y2=alt.Y2Datum(0),
        tooltip=grammar.tooltip(k="branches", says="share"),
    )
    law = grammar.colored(rows.transform_filter("isValid(datum.law)"), "dark")
    law = law.mark_line(strokeDash=[4, 3], strokeWidth=2).encode(y=alt.Y(field="law"))
    return grammar.layered(bars, law, x=x, y=y, height=theme.SMALL_HEIGHT)


PEAK = 7  # times its rms: what is larger is cut
POINTS = 96  # of the circle


def noise() -> alt.LayerChart:
    """A gradient along a circle through a digit, without shortcuts and with, live in the depth.

    Frames, one row per depth: `deep`; packed `plain` and `shortcut`.
    """
    x = grammar.linear_x("t", "degrees from the digit", (-180, 180), range(-180, 181, 60))
    y = grammar.linear_y(None, "gradient, over its rms", (-PEAK - 0.5, 17), [])
    frame, marks = frames.frame_of(DEEP), []
    for field, name, meaning, up in (
        ("plain", "plain", "dark", 0),
        ("shortcut", "h + F/√L", "one", 9.5),
    ):
        rows = grammar.colored(frames.unpack(frame, field), meaning).transform_calculate(
            t=f"-180 + datum.i * 360 / {POINTS - 1}", height=f"datum.{field} + {up}"
        )
        line = rows.mark_line(strokeWidth=1.8, clip=True).encode(y=alt.Y(field="height"))
        label = grammar.colored(frame, meaning).transform_calculate(
            name=f"'{name}'", height=str(up + 6)
        )
        text = label.mark_text(align="left", dx=8, fontSize=grammar.LABEL_SIZE, fontWeight="bold")
        marks += [
            line,
            text.encode(x=alt.value(0), y=alt.Y(field="height"), text=grammar.text("name")),
        ]
    return grammar.layered(
        *marks, x=x, y=y, params=(frames.param(DEEP),), height=theme.SMALL_HEIGHT
    )


def training() -> alt.LayerChart:
    """How well networks have learned, by where shortcut and norm stand: see the rows there."""
    return grammar.right_by_way("kind of stack")
