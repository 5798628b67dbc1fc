"""To take away: the page on paper, and all questions as cards."""

import csv
from collections.abc import Mapping
from functools import partial
from io import StringIO

import streamlit as st

from pages.classroom import progress, qr
from pages.kit import address, page, site
from pages.kit.panels import Panel
from pages.kit.values import Reading


def cards(panels: Mapping[str, Panel]) -> str:
    """All recall questions, tab-separated, for a deck of cards: question, answer, page."""
    out = StringIO()
    rows = csv.writer(out, dialect="excel-tab", lineterminator="\n")
    for path, panel in panels.items():
        if panel.recall:
            said = (text.replace("*", "") for text in (panel.recall.question, panel.recall.answer))
            rows.writerow([*said, site.info(path).menu])
    return out.getvalue()


def draw(panel: Panel, panels: Mapping[str, Panel]) -> None:
    """In the row for a class: paper and cards."""
    page.write(
        """
        **On paper.** Print this page from the browser's menu, while this is open: black on white,
        without controls; what they are set to, its link and the code of it at the end.
        """
    )

    @page.part(panel)
    def paper(at: Reading) -> None:
        here = address.link(panel, at, answer=False)
        set_to = (panel.says(name, getattr(at, name)) for name in panel.defaults)
        with st.container(key="paper"):
            page.write(f"Set to: {'; '.join(set_to)}.")
            st.code(here, language=None, wrap_lines=True)
            if qr.fits(here):
                st.image(qr.svg(here), width=180)

    if told := progress.in_link():
        page.write("**What you have answered** counts elsewhere too, with this link.")

        @page.part(panel)
        def done(at: Reading) -> None:
            here = address.link(panel, at, answer=False)
            st.code(f"{here}&done={told}", language=None, wrap_lines=True)

    page.write("**As cards.** All questions about the pages before, with their answers.")
    make = partial(cards, panels)
    page.file("Questions as cards", make, "cards.tsv", "text/tab-separated-values")
