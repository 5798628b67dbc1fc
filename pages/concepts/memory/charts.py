"""The charts of the page on memory."""

import altair as alt

from pages.concepts.memory.panel import BACK, BIAS, REACH, SIGMA
from pages.kit import beside, frames, grammar, theme

CURVES = "curves"  # a table besides the frame
LOW, HIGH = -30, 15


def _steps_back() -> alt.X:
    return grammar.linear_x(
        "i",
        ["steps back from the last", "← the gradient travels toward the past"],
        (BACK, 0),
        range(0, BACK + 1, 20),
    )


def _lines(frame: alt.Chart, lines, *, read: str, high: float) -> list[alt.Chart]:
    """Lines over the steps back, and over them their names and values in the upper right corner.

    An arrow after a value says that it is beyond the axis, which ends at LOW and `high`.
    """
    marks: list[alt.Chart] = []
    words: list[alt.Chart] = []
    for place, (field, name, meaning, dash, width) in enumerate(lines):
        rows = frames.unpack(frame, field)
        rows = rows.transform_calculate(meaning=meaning)
        line = rows.mark_line(strokeDash=dash, strokeWidth=width, clip=True)
        line = line.properties(name=beside.MAIN) if field == "gradient" else line
        marks.append(line.encode(y=alt.Y(field=field)))
        here = rows.transform_filter(f"datum.i == {read}").transform_calculate(
            says=f"'{name}: ' + (isValid(datum.{field}) && isFinite(datum.{field}) ? "
            f"({grammar.number(f'datum.{field}')}) + "
            f"({grammar.beyond(f'datum.{field}', LOW, high)}) : '0')"
        )
        marks.append(
            here.mark_point(filled=True, size=70, opacity=1, clip=True).encode(y=alt.Y(field=field))
        )
        says = here.mark_text(
            align="right", dx=-6, fontSize=grammar.LABEL_SIZE, fontWeight="bold"
        ).encode(x=alt.value("width"), y=alt.value(14 + 20 * place), text=grammar.text("says"))
        words.append(says.properties(name=f"haloed_{field}"))
    return [*marks, *words]


def through_time() -> alt.LayerChart:
    """A vanilla network's gradient through time, its slopes and its bound, live in σ₁.

    Frames, one row per σ₁: `sigma`, `back`; packed log₁₀ `gradient`, `slopes`, `bound` over the
    steps back; `became`, the outcome of the gradient over all of them.
    """
    frame = frames.frame_of(SIGMA)
    lines = (
        ("bound", "bound (γσ₁)ⁿ", "'reference'", [5, 3], 2),
        ("slopes", "slopes ∏φ′", "'slopes'", [1, 0], 2),
        ("gradient", "gradient", "datum.became", [1, 0], 3),
    )
    return grammar.layered(
        *_lines(frame, lines, read="datum.back", high=HIGH),
        x=_steps_back(),
        y=grammar.powers_y("gradient", "part of ‖dJ/dh‖ at the last step", LOW, HIGH, every=5),
        params=(frames.param(SIGMA),),
        height=theme.MAIN_HEIGHT,
    )


def gates() -> alt.LayerChart:
    """What a memory's gradient keeps over the steps back, live in the forget bias.

    Frames, one row per bias: `bias`; packed log₁₀ `kept`, `gradient`, `alone`, `slopes`.
    """
    frame = frames.frame_of(BIAS)
    lines = (
        ("alone", "σ(bias)ⁿ", "'reference'", [5, 3], 2),
        ("slopes", "a plain network, ∏φ′", "'slopes'", [1, 0], 2),
        ("kept", "∏ of the gates", "'one'", [1, 0], 3),
        ("gradient", "gradient of the memory", "'dark'", [2, 2], 2),
    )
    return grammar.layered(
        *_lines(frame, lines, read=str(BACK), high=0),
        x=_steps_back(),
        y=grammar.powers_y("kept", "part of the last step's", LOW, 0, every=5, room=18),
        params=(frames.param(BIAS),),
        height=theme.SMALL_HEIGHT,
    )


def touchy() -> alt.LayerChart:
    """How the state moves with its one number of memory, by theory and measured, live in λ.

    Frames, one row per reach: `reach`; measured log₁₀ `plain`, `scaled`, `nu`. CURVES: `at`,
    `log10`, `meaning`, by theory.
    """
    x = grammar.powers_x("at", "1/(1 − λ), about the steps remembered", 0, 3, every=1)
    y = grammar.powers_y("log10", "rms change of the state, per change", -2, 5, every=1, room=1)
    curves = alt.Chart(alt.NamedData(CURVES)).mark_line(strokeWidth=2, clip=True)
    marks: list[alt.Chart] = [curves]
    names = (
        ("plain", "λ, inputs as they are", "dark"),
        ("scaled", "λ, inputs × √(1 − λ²)", "two"),
        ("nu", "ν, inputs × √(1 − λ²)", "one"),
    )
    for place, (field, name, meaning) in enumerate(names):
        here = grammar.colored(frames.frame_of(REACH), meaning).transform_calculate(
            at="datum.reach", says=f"'{name}: ' + ({grammar.number(f'datum.{field}')})"
        )
        marks.append(
            here.mark_point(filled=True, size=110, opacity=1, clip=True).encode(
                y=alt.Y(field=field)
            )
        )
        marks.append(
            here.mark_text(align="left", fontSize=grammar.LABEL_SIZE, fontWeight="bold").encode(
                x=alt.value(10), y=alt.value(14 + 20 * place), text=grammar.text("says")
            )
        )
    return grammar.layered(
        *marks,
        x=x,
        y=y,
        params=(frames.param(REACH),),
        title=frames.reading(REACH),
        height=theme.SMALL_HEIGHT,
    )


def learned() -> alt.LayerChart:
    """How many seeds learned to remember: a dot for each cell and length, larger for more.

    Rows: `cell`, `length`, `learned`, `says`, `meaning`; `right`, the median seed's new sequences.
    """
    x = alt.X(
        "length",
        type="ordinal",
        axis=alt.Axis(title="steps to remember", labelAngle=0, **grammar.AXIS),
    )
    y = alt.Y(
        "cell",
        type="nominal",
        sort=None,
        axis=alt.Axis(title="network", labelLimit=200, **grammar.AXIS),
    )
    size = alt.Size(
        "learned", type="quantitative", scale=alt.Scale(domain=[0, 8], range=[20, 420]), legend=None
    )
    rows = alt.Chart()
    dots = rows.mark_point(filled=True, opacity=0.9, yOffset=-9).encode(
        size=size,
        tooltip=grammar.tooltip(cell="network", length="steps", says="learned", right="median"),
    )
    says = rows.mark_text(dy=15, fontSize=grammar.LABEL_SIZE - 1)
    says = says.encode(text=grammar.text("says"))
    return grammar.layered(dots, says, x=x, y=y, height=theme.MAIN_HEIGHT)
