"""Lines beside a chart's own: the one that a reader has pinned, and what an idea would give.

A builder names the layer of its main line MAIN. A line beside it is a table of its own, with the
same columns for every chart, and is drawn dashed on that layer's scales. Without such a line the
table is empty, so that the chart's spec never changes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pages.kit.grammar import LABEL_SIZE

MAIN = "main"
PINNED, IDEA = "pinned", "idea"
TABLES = (PINNED, IDEA)
CLOSE = 0.5  # decades: a guess within a factor of three is right
_APART = math.log10(2)  # two lines part where they differ by more
_DASHES = {PINNED: [8, 5], IDEA: [4, 4]}
_MEANINGS = {PINNED: "reference", IDEA: "dark"}


def line(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    seen: tuple[float, float],
    name_at: float = 0.6,
    series: str = "",
    named: bool = True,
) -> pd.DataFrame:
    """A line of N points, in the order of its way, as a table. `seen` are the ends of its axis.

    The line's name stands at this share of the points that the axis shows. Where the line goes on
    without a place on any axis, the name stands at its last point, and `end` tells why: −∞ is the
    logarithm of 0. NaN is a gap.
    """
    up = np.asarray(y, dtype=float)
    rows = pd.DataFrame({"at_x": np.asarray(x, dtype=float), "at_y": up, "series": series})
    gone = up[np.isinf(up)]
    rows["at_y"] = np.where(np.isfinite(up), up, np.nan)
    rows["named"], rows["end"] = (
        False,
        "" if not len(gone) else ", then 0" if gone[0] < 0 else ", then ∞",
    )
    shown = np.flatnonzero((up >= seen[0]) & (up <= seen[1]))
    rows["align"] = _side(rows, seen)
    if named and len(shown):
        rows.loc[shown[-1] if len(gone) else shown[int(name_at * (len(shown) - 1))], "named"] = True
    return rows


def _side(rows: pd.DataFrame, seen: tuple[float, float]) -> str:
    """How the line's name is aligned above it: on the free side of a line that is steep."""
    known = rows.dropna()
    if len(known) < 2:
        return "left"
    rise = np.polyfit(known["at_x"], known["at_y"].clip(*seen), 1)[0]
    steep = rise * np.ptp(known["at_x"]) / (seen[1] - seen[0])
    return "center" if abs(steep) < 0.1 else "right" if steep > 0 else "left"


def nothing() -> pd.DataFrame:
    """No line."""
    return named(line([], [], seen=(0, 0)), "").assign(**_NO_PARTING)


_NO_PARTING = {"measured": False, "parts": False}


def named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The lines with a name, where each has a place for it."""
    return rows.assign(says=np.where(rows["named"], name + rows["end"], ""))


@dataclass(frozen=True)
class Idea:
    """What an idea would give at N points, in the order of the way, and what is so; sizes log₁₀.

    rule: the idea's, in words. truth: the name of what it is held against. across: the name of a
    point, as “n = ” in “n = 5”. seen: the ends of the chart's axis.
    """

    rule: str
    truth: str
    across: str
    x: np.ndarray
    y: np.ndarray
    measured: np.ndarray
    seen: tuple[float, float]

    @property
    def parts(self) -> int | None:
        """The first point at which the two differ by more than a factor of 2; None if at none."""
        apart = np.flatnonzero(~(np.abs(self.y - self.measured) <= _APART))
        return int(apart[0]) if len(apart) else None

    @property
    def says(self) -> str:
        """Idea and parting in one sentence."""
        if self.parts is None:
            return f"{self.rule}. Here it stays within a factor of 2 of {self.truth}."
        where = f"{self.across}{self.x[self.parts]:g}"
        return f"{self.rule}. It parts from {self.truth} at {where}, by more than a factor of 2."


def held_against(idea: Idea) -> pd.DataFrame:
    """The idea's line and what is measured, as a table, with a mark where they part."""
    own = named(line(idea.x, idea.y, seen=idea.seen, name_at=0.8), f"your idea: {idea.rule}")
    truth = line(idea.x, idea.measured, seen=idea.seen, series="measured", named=False)
    rows = [own.assign(**_NO_PARTING), named(truth, "").assign(measured=True, parts=False)]
    if idea.parts is not None:
        at = own.iloc[[idea.parts]].assign(measured=False, parts=True, named=False, series="parts")
        rows.append(at.assign(says=f"parts at {idea.across}{idea.x[idea.parts]:g}"))
    return pd.concat(rows, ignore_index=True)


def drawn(spec: dict, tables: Iterable[str], scale: float) -> dict:
    """The chart's spec with the lines of these tables beneath its main one.

    `scale` is how much larger they are than on a page by itself.
    """
    if "layer" not in spec:
        return spec
    layers: list[dict] = []
    for layer in spec["layer"]:
        if layer.get("name", "").split("_")[0] == MAIN:  # Altair numbers names in inner layers
            layers += [part for table in tables for part in _layers(table, scale)]
        layers.append(drawn(layer, tables, scale))
    return spec | {"layer": layers}


def _layers(table: str, scale: float) -> list[dict[str, Any]]:
    """Line and name. What is not always there is hidden from readers of screens, who are told of
    it in words: an empty group has no name."""
    shared = {
        "data": {"name": table},
        "transform": [{"calculate": f"'{_MEANINGS[table]}'", "as": "meaning"}],
    }
    at = {"x": {"field": "at_x"}, "y": {"field": "at_y"}}
    stroke = {
        "type": "line",
        "strokeWidth": 2.2 * scale,
        "strokeDash": [part * scale for part in _DASHES[table]],
        "clip": True,
        "aria": False,
    }
    name = {
        "type": "text",
        "fontSize": LABEL_SIZE * scale,
        "dy": -12 * scale,
        "lineBreak": "\n",
        "aria": False,
    }
    texts = [
        shared
        | {
            "transform": [
                *shared["transform"],
                {"filter": f"datum.named && datum.align == '{align}'"},
            ],
            "mark": name | {"align": align},
            "encoding": at | {"text": _nominal("says")},
        }
        for align in ("left", "center", "right")
    ]
    lined = {"encoding": at | {"detail": _nominal("series")}}
    if table == PINNED:
        return [shared | {"mark": stroke} | lined, *texts]

    def only(mark: dict[str, Any], which: str, meaning: str, **more: Any) -> dict[str, Any]:
        kept: list[dict[str, str]] = [
            {"calculate": f"'{meaning}'", "as": "meaning"},
            {"filter": which},
        ]
        return shared | {"transform": kept, "mark": mark} | more

    truth = {"type": "line", "strokeWidth": 1.5 * scale, "clip": True, "aria": False}
    mark = {"type": "point", "size": 110 * scale**2, "filled": False, "aria": False}
    where = name | {"align": "center", "dy": 20 * scale}
    return [
        only(truth, "datum.measured", "reference", **lined),
        only(stroke, "!datum.measured && !datum.parts", _MEANINGS[table], **lined),
        only(mark, "datum.parts", _MEANINGS[table], encoding=at),
        only(where, "datum.parts", _MEANINGS[table], encoding=at | {"text": _nominal("says")}),
        *texts,
    ]


def _nominal(field: str) -> dict[str, str]:
    return {"field": field, "type": "nominal"}
