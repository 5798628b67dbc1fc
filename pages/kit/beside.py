"""Lines beside a chart's own: the one that a reader has pinned, and what an idea would give.

A builder names the layer of its main line MAIN. A line beside it is a table of its own, with the
same columns for every chart, and is drawn dashed on that layer's scales. Without such a line the
table is empty, so that the chart's spec never changes.
"""

import math
from collections.abc import Callable, Iterable
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
_ABOVE, _BELOW = -12, 16  # pixels from a line to its name
_DASHES = {PINNED: [8, 5], IDEA: [4, 4]}
# How far apart two lines are where they part, and how that is said: of log₁₀ sizes, of shares.
FACTOR = (math.log10(2), "a factor of 2")
POINTS = (0.1, "10 percentage points")


def line(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    seen: tuple[float, float],
    name_at: float = 0.6,
    series: str = "",
    named: bool = True,
    below: bool = False,
) -> pd.DataFrame:
    """A line of N points, in the order of its way, as a table. `seen` are the ends of its axis.

    The line's name stands at this share of the points that the axis shows, above the line or
    `below` it, on the side that is free of it. Where the line goes on without a place on any axis,
    the name stands at its last point, and `end` tells why: −∞ is the logarithm of 0. NaN is a gap.
    """
    up = np.asarray(y, dtype=float)
    rows = pd.DataFrame({"at_x": np.asarray(x, dtype=float), "at_y": up, "series": series})
    gone = up[np.isinf(up)]
    rows["at_y"] = np.where(np.isfinite(up), up, np.nan)
    rows["way"] = np.arange(len(rows))
    rows["named"], rows["end"] = (
        False,
        "" if not len(gone) else ", then 0" if gone[0] < 0 else ", then ∞",
    )
    shown = np.flatnonzero((up >= seen[0]) & (up <= seen[1]))
    rows["align"], rows["dy"] = _side(rows, seen, below), _BELOW if below else _ABOVE
    if named and len(shown):
        rows.loc[shown[-1] if len(gone) else shown[int(name_at * (len(shown) - 1))], "named"] = True
    return rows


def _side(rows: pd.DataFrame, seen: tuple[float, float], below: bool) -> str:
    """How the line's name is aligned: on the free side of a line that is steep."""
    known = rows.dropna()
    if len(known) < 2:
        return "left"
    rise = np.polyfit(known["at_x"], known["at_y"].clip(*seen), 1)[0]
    steep = rise * np.ptp(known["at_x"]) / (seen[1] - seen[0])
    return "center" if abs(steep) < 0.1 else "right" if (steep > 0) != below else "left"


def nothing() -> pd.DataFrame:
    """No line."""
    return named(line([], [], seen=(0, 0)), "")


def named(rows: pd.DataFrame, name: str, meaning: str = "reference") -> pd.DataFrame:
    """The lines with a name, where each has a place for it, in the color of a meaning."""
    says = np.where(rows["named"], name + rows["end"], "")
    return rows.assign(says=says, kind="own", meaning=meaning)


@dataclass(frozen=True)
class Idea:
    """What an idea would give at N points, in the order of the way, and what is so.

    rule: the idea's, in words; name: the same in a word or a formula, beside the line. truth: what
    it is held against. at: what a point is called, by its x: “n = 5”. seen: the ends of the chart's
    axis. by: see FACTOR. name_at: see `line`; align, below: of the name, where it does not stand
    free above the line by itself. across: where the chart's horizontal axis is another one, a rule
    across it is drawn at the last of the sizes. upright: the sizes lie along the horizontal axis.
    """

    rule: str
    name: str
    truth: str
    at: Callable[[float], str]
    x: np.ndarray
    y: np.ndarray
    measured: np.ndarray
    seen: tuple[float, float]
    by: tuple[float, str] = FACTOR
    name_at: float = 0.5
    align: str | None = None
    below: bool = False
    across: tuple[float, float] | None = None
    upright: bool = False

    @property
    def parts(self) -> int | None:
        """The first point at which the two differ by more than `by`; None if at none."""
        with np.errstate(invalid="ignore"):
            near = np.abs(self.y - self.measured) <= self.by[0]
        apart = np.flatnonzero(~near & (self.y != self.measured))
        return int(apart[0]) if len(apart) else None

    @property
    def says(self) -> str:
        """Idea and parting in a paragraph."""
        _, apart = self.by
        met = f"here the two stay within {apart}"
        if self.parts is not None:
            met = f"the two part at {self.at(float(self.x[self.parts]))}, by more than {apart}"
        return (
            f"**Your idea, dashed on the chart:** {self.rule}. "
            f"The thin grey line shows {self.truth}; {met}."
        )


def guessed(
    guess: float,
    measured: np.ndarray,
    rule: str,
    *,
    right: float | None = None,
    **how: Any,
) -> Idea | None:
    """What equal factors would give if they made up the guess, log₁₀; None where that is close.

    It is the guess of the last of what is measured (N,), or of what is `right`. `rule` has a place
    for the factor.
    """
    if abs(guess - (measured[-1] if right is None else right)) < CLOSE:
        return None
    each = guess / (len(measured) - 1)
    sizes = each * np.arange(len(measured))
    factor = f"{10**each:.3g}"
    return Idea(rule.format(factor), f"{factor}ⁿ", y=sizes, measured=measured, **how)


def held_against(idea: Idea) -> pd.DataFrame:
    """The idea's line and what is measured, as a table, with a mark where they part."""

    def lined(sizes: np.ndarray, **more: Any) -> pd.DataFrame:
        if idea.across:
            return line(np.linspace(*idea.across, 9), [sizes[-1]] * 9, seen=idea.seen, **more)
        return line(idea.x, sizes, seen=idea.seen, **more)

    own = named(lined(idea.y, name_at=idea.name_at), f"your idea: {idea.name}", "dark")
    own = own.assign(align=idea.align or own["align"], dy=_BELOW if idea.below else own["dy"])
    truth = named(lined(idea.measured, named=False), "").assign(kind="measured")
    rows = [own, truth]
    if idea.parts is not None and not idea.across:
        both = own["at_y"].fillna(truth["at_y"])
        rows.append(own.assign(at_y=both, says="", kind="parts").iloc[[idea.parts]])
    drawn = pd.concat(rows, ignore_index=True)
    return drawn.rename(columns={"at_x": "at_y", "at_y": "at_x"}) if idea.upright else drawn


def drawn(spec: dict, tables: Iterable[str], scale: float) -> dict:
    """The chart's spec with the lines of these tables: a pinned one beneath its main one.

    `scale` is how much larger they are than on a page by itself.
    """
    if "layer" not in spec:
        return spec
    layers: list[dict] = []
    for layer in spec["layer"]:
        if layer.get("name", "").split("_")[0] == MAIN:  # Altair numbers names in inner layers
            own = {table: _layers(table, scale) for table in tables}
            layers += [*own.get(PINNED, ()), layer, *own.get(IDEA, ())]
        else:
            layers.append(drawn(layer, tables, scale))
    return spec | {"layer": layers}


def _layers(table: str, scale: float) -> list[dict[str, Any]]:
    """Lines, mark and name. What is not always there is hidden from readers of screens, who are
    told of it in words: an empty group has no name."""
    at = {"x": {"field": "at_x"}, "y": {"field": "at_y"}}

    def marks(which: str, mark: dict, **channels: Any) -> dict[str, Any]:
        return {
            "data": {"name": table},
            "transform": [{"filter": which}],
            "mark": mark | {"aria": False},
            "encoding": at | channels,
        }

    lines = {"detail": _nominal("series"), "order": {"field": "way", "type": "quantitative"}}
    dash = {"strokeWidth": 2.2 * scale, "strokeDash": [part * scale for part in _DASHES[table]]}
    own = marks("datum.kind == 'own'", {"type": "line", "clip": True} | dash, **lines)
    name = marks(
        "datum.says != ''",
        {"type": "text", "fontSize": LABEL_SIZE * scale, "lineBreak": "\n"}
        | {"align": {"expr": "datum.align"}, "dy": {"expr": f"datum.dy * {scale}"}},
        text=_nominal("says"),
    )
    if table == PINNED:
        return [own, name]
    thin = {"type": "line", "strokeWidth": 1.5 * scale, "clip": True}
    ring = {"type": "point", "size": 110 * scale**2, "filled": False, "clip": True}
    return [
        marks("datum.kind == 'measured'", thin, **lines),
        own,
        marks("datum.kind == 'parts'", ring),
        name,
    ]


def _nominal(field: str) -> dict[str, str]:
    return {"field": field, "type": "nominal"}
