"""Numbers as a table to read: words for headers, their units beside them, no number rounded away.

What is taken away as CSV has one name and one number for each column, and log₁₀ of what may be too
small for a number. A reader, of a screen or with ears, gets the sizes themselves.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pages.kit import theme

NONE = "no number"  # where there is none: not measured, or not a number
_LOG = "log10_", "log10 of "
_WORDS = (
    (r"^abs_", "size of "),
    (r"_abs_", " size of "),
    (r"dJ_?d(\w+?)(?=_|$)", r"dJ/d\1"),
    (r"(?<![A-Za-z/])d([zWh])(?=_|$)", r"dJ/d\1"),
    (r"sigma_sqrt_n", "σ√n"),
    (r"sigma_1\b", "σ₁"),
    ("_", " "),
)


def readable(frame: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """The frame's rows as texts, each column under its name in words and its unit.

    A column `log10_…` shows the sizes. KeyError where a column has no unit.
    """
    return pd.DataFrame(
        {
            header(name, units[name]): [cell(value, of_log10=_is_log(name)) for value in column]
            for name, column in frame.items()
        }
    )


def header(name: str, unit: str) -> str:
    """A column's name and unit: “product of slopes (ratio)”."""
    if _is_log(name):
        name, unit = name.removeprefix(_LOG[0]), unit.removeprefix(_LOG[1])
        unit = unit.removeprefix("a ").removeprefix("the ")
    for pattern, word in _WORDS:
        name = re.sub(pattern, word, name)
    return f"{name} ({unit})"


def _is_log(name: str) -> bool:
    return name.startswith(_LOG[0])


def cell(value: Any, *, of_log10: bool = False) -> str:
    """A value as it stands in a table: a size from its log₁₀, a number to three digits."""
    if isinstance(value, str | bool | np.bool_):
        return str(value)
    if pd.isna(value):
        return NONE
    if of_log10:
        return theme.from_log10(float(value))
    if isinstance(value, int | np.integer):
        return f"{value:,}".replace("-", "−")
    return theme.number(float(value))


def present(frame: pd.DataFrame, now: Mapping[str, Any]) -> pd.DataFrame:
    """The rows that have these values, without what is the same in all of them by that, or by name.

    The page's controls say it.
    """
    kept: Any = np.ones(len(frame), dtype=bool)
    for name, value in now.items():
        kept &= np.isclose(frame[name], value)
    rows = frame[kept].drop(columns=list(now))
    named = rows.select_dtypes(exclude="number")
    return rows.drop(
        columns=[name for name in named if len(rows) > 1 and rows[name].nunique() == 1]
    )
