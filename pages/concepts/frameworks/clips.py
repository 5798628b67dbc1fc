"""Clipping by norm, in each framework: what came out, beside what should have."""

import numpy as np
import pandas as pd

from core import clipping
from pages.concepts.frameworks import tables
from pages.concepts.frameworks.panel import CASES
from pages.kit import theme
from pages.kit.memoize import memoize

LIMIT = 1.0
NEARLY = 5e-7  # of single precision's rounding: 1 in 10⁷ a step, a few steps
GIVEN = {  # as the probes clip them: two parameters' gradients
    "norms 3 and 4": ((3.0,), (4.0,)),
    "at the limit": ((0.6,), (0.8,)),
    "below the limit": ((0.3,), (0.4,)),
    "huge entries": ((1e20,) * 4, (3.0, 4.0)),
    "an infinity": ((np.inf, 1.0, 2.0), (3.0,)),
    "a NaN": ((np.nan, 1.0, 2.0), (3.0,)),
    "all zeros": ((0.0,), (0.0, 0.0)),
}
VERDICTS = {"right": "✓", "changed": "~", "destroyed": "✕"}
MEANINGS = {"right": "healthy", "changed": "one", "destroyed": "exploding"}


def right(case: str) -> np.ndarray | None:
    """The gradient clipped to LIMIT as a whole, in exact arithmetic; None where it has no norm."""
    given = np.concatenate(GIVEN[case])
    if not np.isfinite(given).all():
        return None
    return clipping.clip_by_global_norm(given, LIMIT).gradients


def verdict(case: str, result: str) -> str:
    """“right”: the whole gradient shortened, within rounding. “changed”: its direction or its
    length is another, or what has no norm went through unclipped. “destroyed”: entries that were
    finite and not 0 are gone."""
    given, came = np.concatenate(GIVEN[case]), _numbers(result)
    should = right(case)
    if should is not None and np.allclose(came, should, rtol=NEARLY, atol=1e-12):
        return "right"
    alive = np.isfinite(given) & (given != 0)
    lost = ~np.isfinite(came) | (came == 0)
    return "destroyed" if lost[alive].any() else "changed"


def _numbers(result: str) -> np.ndarray:
    return np.array([float(x) for x in result.replace(";", " ").split()])


def _said(result: str) -> str:
    """A result for a table, the parameters apart, each number as the page writes it."""
    return "; ".join(
        ", ".join(_entry(float(x)) for x in part.split()) for part in result.split(";")
    )


def _entry(x: float) -> str:
    if abs(x) > 1e7:
        return theme.number(x, 1)  # ∞ too
    return "not a number" if np.isnan(x) else f"{x:.7g}"


@memoize(8)
def matrix() -> pd.DataFrame:
    """One row per call and case; see `charts.clips`."""
    rows = tables.clips()
    verdicts = [
        verdict(case, result) for case, result in zip(rows["case"], rows["result"], strict=True)
    ]
    return pd.DataFrame(
        {
            "who": rows["framework"] + " " + rows["call"],
            "framework": rows["framework"],
            "version": rows["version"],
            "call": rows["call"],
            "case": rows["case"].map(CASES),
            "verdict": verdicts,
            "mark": [VERDICTS[v] for v in verdicts],
            "meaning": [MEANINGS[v] for v in verdicts],
            "says": [_said(result) for result in rows["result"]],
        }
    )


def given(case: str) -> str:
    """What is clipped, in words."""
    return "; ".join(
        ", ".join(theme.setting(x) if abs(x) < 1e7 else theme.number(x, 1) for x in part)
        for part in GIVEN[case]
    )


@memoize(16)
def table(case: str) -> pd.DataFrame:
    """What came out of one case, who does the same in one row."""
    rows = matrix()
    rows = rows[rows["case"] == CASES[case]]
    return pd.DataFrame(
        [
            (
                f"{of['mark'].iloc[0]} {says}",
                tables.calls(zip(of["framework"], of["call"], strict=True)),
            )
            for says, of in rows.groupby("says", sort=False)
        ],
        columns=["comes out", "by"],
    )


def split_as(case: str, whole: np.ndarray) -> str:
    """A whole gradient in words, the parameters apart as they are in the case."""
    ends = np.cumsum([len(part) for part in GIVEN[case]])[:-1]
    return "; ".join(
        ", ".join(theme.number(float(x), 2) for x in part) for part in np.split(whole, ends)
    )


def entries() -> pd.DataFrame:
    """Every entry that was clipped, one row each, for the download."""
    rows = []
    for of in tables.clips().itertuples():
        came = [part.split() for part in of.result.split(";")]
        rows += [
            (of.framework, of.version, of.date, of.call, of.case, p, i, f"{x:g}", result)
            for p, (given, results) in enumerate(zip(GIVEN[of.case], came, strict=True), 1)
            for i, (x, result) in enumerate(zip(given, results, strict=True), 1)
        ]
    return pd.DataFrame(rows, columns=list(UNITS))


UNITS = dict.fromkeys(("framework", "version"), "name") | {
    **{"date": "year-month-day", "call": "name", "case": "name"},
    **{"parameter": "number", "entry": "number in its parameter"},
    **{"given": "gradient", "result": "gradient"},
}
