"""Lines beside a chart's own: the one that a reader has pinned, and what an idea would give.

A builder names the layer of its main line MAIN. A line beside it is drawn dashed on that layer's
scales, from tables of its own, one for each of its marks, with the same columns for every chart.
Without such a line the tables are empty, so that the chart's spec never changes.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pages.kit import theme
from pages.kit.grammar import LABEL_SIZE

MAIN = "main"
PINNED, IDEA = "pinned", "idea"
LINES = (PINNED, IDEA)
MEASURED, PARTS = "idea_measured", "idea_parts"
NAMES = {PINNED: "pinned_name", IDEA: "idea_name", MEASURED: "idea_measured_name"}
Tables = dict[str, pd.DataFrame]
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
    name_share: float = 0.6,
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
        place = -1 if len(gone) else int(name_share * (len(shown) - 1))
        rows.loc[shown[place], "named"] = True
    return rows


def _side(rows: pd.DataFrame, seen: tuple[float, float], below: bool) -> str:
    """How the line's name is aligned: on the free side of a line that is steep."""
    known = rows.dropna()
    if len(known) < 2:
        return "left"
    rise = np.polyfit(known["at_x"], known["at_y"].clip(*seen), 1)[0]
    steep = rise * np.ptp(known["at_x"]) / (seen[1] - seen[0])
    return "center" if abs(steep) < 0.1 else "right" if (steep > 0) != below else "left"


def pinned(rows: pd.DataFrame, name: str) -> Tables:
    """The tables of a pinned line, and of its name where it has a place."""
    return {PINNED: _drawn(rows, "reference"), NAMES[PINNED]: _names(rows, name, "reference")}


def _drawn(rows: pd.DataFrame, meaning: str) -> pd.DataFrame:
    """The lines in the color of a meaning."""
    return rows[["at_x", "at_y", "series", "way"]].assign(meaning=meaning)


def _names(rows: pd.DataFrame, name: str, meaning: str) -> pd.DataFrame:
    """Their names."""
    there = rows[rows["named"]]
    places = there[["at_x", "at_y", "align", "dy"]]
    return places.assign(says=name + there["end"], meaning=meaning)


@dataclass(frozen=True)
class Idea:
    """What an idea would give at N points, in the order of the way, and what is so.

    rule: the idea's, in words; name: the same in a word or a formula, beside the line. truth: what
    it is held against; so: its name beside the line, none where the chart has that line and its
    name. point: what a point is called, by its x: “n = 5”. seen: the ends of the chart's axis.
    by: see FACTOR. name_share: see `line`; align, below: of the name, where it does not stand free
    above the line by itself; so_share, so_align, so_below: of the other name, which keeps away from
    the idea.
    """

    rule: str
    name: str
    truth: str
    so: str
    point: Callable[[float], str]
    x: np.ndarray
    y: np.ndarray
    measured: np.ndarray
    seen: tuple[float, float]
    by: tuple[float, str] = FACTOR
    name_share: float = 0.5
    align: str | None = None
    below: bool = False
    so_share: float = 0.8
    so_align: str | None = None
    so_below: bool | None = None

    @property
    def parting(self) -> int | None:
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
        if self.parting is not None:
            met = f"the two part at {self.point(float(self.x[self.parting]))}, in the circle"
            breaks = np.isnan(self.measured[self.parting])
            met += ", where the gray one is not a number" if breaks else f", by more than {apart}"
        return (
            f"**Your idea, dashed on the chart:** {self.rule}. "
            f"The thin gray line shows {self.truth}; {met}."
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
    if abs(guess - (measured[-1] if right is None else right)) < theme.CLOSE:
        return None
    each = guess / (len(measured) - 1)
    sizes = each * np.arange(len(measured))
    factor = f"{10**each:.3g}"
    return Idea(rule.format(factor), f"{factor}ⁿ", y=sizes, measured=measured, **how)


def held_against(idea: Idea) -> Tables:
    """The tables of an idea's line and its name, of what is measured, and of where they part."""
    own = line(idea.x, idea.y, seen=idea.seen, name_share=idea.name_share)
    below = idea.so_below
    if below is None:
        with np.errstate(invalid="ignore"):
            below = bool(np.nanmean(idea.measured - idea.y) < 0)
    truth = line(
        idea.x,
        idea.measured,
        seen=idea.seen,
        name_share=idea.so_share,
        named=bool(idea.so),
        below=below,
    )
    own = own.assign(align=idea.align or own["align"], dy=_BELOW if idea.below else own["dy"])
    truth = truth.assign(align=idea.so_align or truth["align"])
    parting = [] if idea.parting is None else [idea.parting]
    both = own.assign(at_y=own["at_y"].fillna(truth["at_y"])).iloc[parting]
    return {
        MEASURED: _drawn(truth, "reference"),
        IDEA: _drawn(own, "dark"),
        PARTS: _drawn(both, "dark"),
        NAMES[IDEA]: _names(own, f"your idea: {idea.name}", "dark"),
        NAMES[MEASURED]: _names(truth, idea.so, "reference"),
    }


@cache
def nothing(which: str) -> Tables:
    """The tables of PINNED or IDEA where there is no such line."""
    none = np.empty(0)
    if which == PINNED:
        return pinned(line(none, none, seen=(0, 0)), "")
    return held_against(Idea("", "", "", "", str, none, none, none, seen=(0, 0), so_below=False))


def drawn(spec: dict, lines: Iterable[str], scale: float) -> dict:
    """The chart's spec with PINNED or IDEA or both: a pinned line beneath its main one,
    the names of both over it, and an axis that follows the frame as long as they are.

    `scale` is how much larger they are than on a page by itself.
    """
    made, x = _with_lines(spec, lines, scale), spec.get("encoding", {}).get("x", {})
    first, last = x.get("scale", {}).get("domain", (None, None))
    if not isinstance(last, dict) or not lines:
        return made
    ends = [f"({last['expr']})"]
    ends += [f"extent(pluck(data('{name}'), 'at_x'))[1] || 0" for name in lines]
    furthest = {"expr": f"max({', '.join(ends)})"}
    longer = x | {"scale": x["scale"] | {"domain": [first, furthest]}}
    return made | {"encoding": spec["encoding"] | {"x": longer}}


def _with_lines(spec: dict, lines: Iterable[str], scale: float) -> dict:
    if "layer" not in spec:
        return spec
    layers: list[dict] = []
    for layer in spec["layer"]:
        if layer.get("name", "").split("_")[0] == MAIN:  # Altair numbers names in inner layers
            own = {which: _lines(which, scale) for which in lines}
            names = [_name(which, scale) for which in LINES if which in own]
            names += [_name(MEASURED, scale)] if IDEA in own else []
            layers += [*own.get(PINNED, ()), layer, *own.get(IDEA, ()), *names]
        else:
            layers.append(_with_lines(layer, lines, scale))
    return spec | {"layer": layers}


def _lines(which: str, scale: float) -> list[dict[str, Any]]:
    """The lines and their mark."""
    channels = {"detail": _nominal("series"), "order": {"field": "way", "type": "quantitative"}}
    dash = {"strokeWidth": 2.2 * scale, "strokeDash": [part * scale for part in _DASHES[which]]}
    own = _marks(which, {"type": "line", "clip": True} | dash, **channels)
    if which == PINNED:
        return [own]
    thin = {"type": "line", "strokeWidth": 1.5 * scale, "clip": True}
    ring = {"type": "point", "size": 110 * scale**2, "filled": False, "clip": True}
    return [_marks(MEASURED, thin, **channels), own, _marks(PARTS, ring)]


def _name(which: str, scale: float) -> dict[str, Any]:
    """Their name, which breaks the lines beneath it (`style.css`: haloed)."""
    mark = {"type": "text", "fontSize": LABEL_SIZE * scale, "lineBreak": "\n"} | {
        "align": {"expr": "datum.align"},
        "dy": {"expr": f"datum.dy * {scale}"},
    }
    if which == PINNED:  # on a phone its settings would leave the lines no room: they stand below
        mark["text"] = {"expr": "width > 400 ? datum.says : split(datum.says, ':')[0]"}
        return {"name": f"haloed_{which}"} | _marks(NAMES[which], mark)
    return {"name": f"haloed_{which}"} | _marks(NAMES[which], mark, text=_nominal("says"))


def _marks(table: str, mark: dict[str, Any], **channels: Any) -> dict[str, Any]:
    """A layer of the points of a table."""
    at = {"x": {"field": "at_x"}, "y": {"field": "at_y"}}
    return {"data": {"name": table}, "mark": mark, "encoding": at | channels}


def _nominal(field: str) -> dict[str, str]:
    return {"field": field, "type": "nominal"}
