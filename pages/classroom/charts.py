"""How a class has answered, as bars."""

import altair as alt

from pages.kit import grammar


def counts() -> alt.LayerChart:
    """A bar for each answer, and on it what it `says`. Columns: answer, count, says, meaning."""
    rows = alt.Chart()
    bars = rows.mark_bar(height=alt.RelativeBandSize(0.8), opacity=0.3)
    words = grammar.colored(rows, "dark").mark_text(align="left", dx=6, fontSize=grammar.LABEL_SIZE)
    return grammar.layered(
        bars.encode(x=alt.X(field="count")),
        words.encode(x=alt.value(0), text=grammar.text("says")),
        height=160,
        x=alt.X("count", type="quantitative", axis=None),  # the words say how many
        y=alt.Y("answer", type="nominal", sort=None, axis=None),  # as the page offers them
    )
