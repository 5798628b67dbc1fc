"""A chart's spec as the browser gets it: made once, with its tables beside it."""

import weakref
from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd
import pyarrow as pa

from pages.kit import projector
from pages.kit.memoize import memoize

_FRAME = "frame"  # the name of the data in every spec
# By themselves marks tell their raw columns: to who points at one as Streamlit's theme would have
# it, and each to readers of screens, who have the chart's description and the words below it. So
# would axes, which call one of powers of ten linear.
_CONFIG = {
    "mark": {"tooltip": None, "aria": False},
    "axis": {"aria": False},
    "legend": {"aria": False},
}


@memoize(256)
def built(builder: Callable, scale: float = 1.0) -> dict:
    """A builder's chart as a dict that draws the frame, made once per process.

    Altair takes 0.1 to 0.4 s for one; validation, which the tests do, would add as much. With a
    `scale` it is for a projector (see `projector.py`).
    """
    if scale != 1:
        return projector.enlarged(built(builder), scale)
    spec = builder().to_dict(validate=False)
    own = spec.get("config", {})
    config = {"config": own | {part: own.get(part, {}) | _CONFIG[part] for part in _CONFIG}}
    return inheriting(spec) | {"data": {"name": _FRAME}} | config


def inheriting(spec: dict) -> dict:
    """The spec without Altair's marks for absent data, so that its layers draw the frame."""
    rest = {key: part for key, part in spec.items() if (key, part) != ("data", {"name": "empty"})}
    if "layer" in rest:
        rest["layer"] = [inheriting(layer) for layer in rest["layer"]]
    return rest


def with_tables(spec: dict, tables: Mapping[str, pd.DataFrame | pa.Table]) -> dict:
    """A chart's spec with the tables that it draws beside it, by their names.

    A spec that never changes keeps the drawing in the reader's browser while its data change, and a
    table that does not change keeps its marks.
    """
    return spec | {"datasets": {name: arrow(table) for name, table in tables.items()}}


@cache
def _tables() -> dict[int, tuple[weakref.ref, pa.Table]]:
    """What became of frames that are still kept somewhere, by their identity."""
    return {}


def arrow(frame: pd.DataFrame | pa.Table) -> pa.Table:
    """The frame's columns as they travel to the browser, without the index, which no chart reads.

    A text that most rows share is sent once: a packed line that every frame of a drag repeats
    would otherwise be most of the message. A frame that is kept, as cached frames are, is
    converted once; so it must not be changed in place.
    """
    if isinstance(frame, pa.Table):
        return frame
    tables, me = _tables(), id(frame)
    if me not in tables:
        table = pa.table({name: _compact(pa.array(column)) for name, column in frame.items()})
        tables[me] = weakref.ref(frame, lambda _: tables.pop(me, None)), table
    return tables[me][1]


def _compact(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    if column.null_count == len(column) or len(column.unique()) > len(column) / 2:
        return column
    return column.dictionary_encode()
