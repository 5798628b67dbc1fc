"""Sentences and tables that are replaced whole.

A browser that translates a page wraps its texts in elements of its own. React, which draws the
page, still writes into the texts that it made, and these are not there any more: of a sentence that
changes, pieces would stay in the old language and with the old numbers, others vanish. So a
sentence with other words is another element: it stands in a block whose key is made of its place
and its words. Such a block is nothing in the browser's page, only a name in React's.
"""

import re
from typing import Any, Literal
from zlib import crc32

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.delta_generator_singletons import get_dg_singleton_instance
from streamlit.proto.Block_pb2 import Block

from pages.kit import glossary, values

# Where a browser would break a line: within φ′(z), 1/√L and |w|ⁿ. A heading is an address, too.
_HEADING_OR_WITHIN = re.compile(
    r"^#.*|(?<=′)(?=\()|(?<=/)(?=[√∂φσ∏‖])|(?<=\|)(?=[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᴸ])", re.M
)
_JOINED, _NO_BREAK = "\u2060", "\u00a0"


def say(
    text: str,
    *,
    caption: bool = False,
    aloud: bool = False,
    width: int | Literal["stretch"] = "stretch",
) -> None:
    """Draw Markdown that may change: as a caption, if it is one. Outside of fragments none does.

    A term that the page has not used before is explained on the word. What is said `aloud` is an
    alert, which readers of screens read out as soon as it is there; it looks like any other words.
    """
    element: Any = st.caption if caption else st.error if aloud else st.markdown
    text = unbroken(glossary.linked(text, values.first_mention))
    if values.drawing() == values.PAGE:
        element(text, width=width)
        return
    with _named(text):
        element(text, width=width)


def table(frame: pd.DataFrame) -> None:
    """Draw a table that may change."""
    frame = frame.map(lambda cell: unbroken(cell) if isinstance(cell, str) else cell)
    with _named(frame.to_csv()):
        st.table(frame)


def unbroken(text: str) -> str:
    """A number stays on one line with its percent sign, and a short formula with itself."""
    return _HEADING_OR_WITHIN.sub(
        lambda found: found[0] or _JOINED, text.replace(" %", f"{_NO_BREAK}%")
    )


def _named(text: str) -> DeltaGenerator:
    """A block without a box."""
    block, inside = Block(allow_empty=True), get_dg_singleton_instance().main_dg
    block.transparent.SetInParent()
    cursor = inside._active_dg._cursor
    block.id = f"{cursor.index if cursor else 0}-{crc32(text.encode()):08x}"
    return inside._block(block)
