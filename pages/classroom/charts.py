"""How a class has answered, as bars."""

import altair as alt

from pages.kit import grammar


def counts() -> alt.LayerChart:
    """A bar for each answer, at its end what it `says`. Columns: answer, count, says, meaning."""
    rows = alt.Chart()
    bars = rows.mark_bar(height=18).encode(x=alt.X(field="count"))
    numbers = rows.mark_text(align="left", dx=6, fontSize=grammar.LABEL_SIZE).encode(
        x=alt.X(field="count"), text=grammar.text("says")
    )
    return grammar.layered(
        bars,
        numbers,
        height=250,
        x=alt.X(
            "count",
            type="quantitative",
            axis=alt.Axis(title="answers", tickMinStep=1, grid=False, **grammar.AXIS),
        ),
        y=alt.Y(
            "answer",
            type="nominal",
            sort=None,  # as the page offers them
            axis=alt.Axis(title=None, labelLimit=320, **grammar.AXIS),
        ),
    )
