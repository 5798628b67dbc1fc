"""A chart's spec as the browser gets it: made once, short, with its tables beside it."""

import weakref
from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd
import pyarrow as pa

from pages.kit.kept import kept

_FRAME = "frame"  # the name of the data in every spec
_LOOKS = ("scale", "axis", "legend")  # of a channel, for all layers that share them
# Of an axis, for each layer: without them its marks would be described in another format, and the
# axis would count its ticks.
_OF_EACH = ("format", "values")


@kept(64)
def built(builder: Callable) -> dict:
    """A builder's chart as a dict that draws the frame, made once per process.

    Altair takes 0.1 to 0.4 s for one; validation, which the tests do, would add as much.
    """
    return said_once(inheriting(builder().to_dict(validate=False))) | {"data": {"name": _FRAME}}


def inheriting(spec: dict) -> dict:
    """The spec without Altair's marks for absent data, so that its layers draw the frame."""
    rest = {key: part for key, part in spec.items() if (key, part) != ("data", {"name": "empty"})}
    if "layer" in rest:
        rest["layer"] = [inheriting(layer) for layer in rest["layer"]]
    return rest


def said_once(spec: dict, said: dict[str, dict] | None = None) -> dict:
    """The spec with each scale and axis in the first layer that has it, and not in all that share
    it: it is drawn the same, and a third to a half shorter whenever it is sent.

    `said` is what the layers before have said, by channel.
    """
    said = {} if said is None else said
    if "layer" in spec:
        apart = spec.get("resolve", {}).get("scale", {})  # no layer shares these
        layers = []
        for layer in spec["layer"]:
            inside = {channel: look for channel, look in said.items() if channel not in apart}
            layers.append(said_once(layer, inside))
            said |= {channel: look for channel, look in inside.items() if channel not in apart}
        return spec | {"layer": layers}
    shortened = {}
    for channel, definition in spec.get("encoding", {}).items():
        look = {key: definition[key] for key in _LOOKS if key in definition}
        if isinstance((look.get("scale") or {}).get("domain"), list):  # else of the layer's data
            if channel in said and said[channel] == look:
                definition = {key: v for key, v in definition.items() if key not in _LOOKS}
                axis = look.get("axis") or {}
                if axis := {key: axis[key] for key in _OF_EACH if key in axis}:
                    definition["axis"] = axis
            else:
                said.setdefault(channel, look)
        shortened[channel] = definition
    return spec | ({"encoding": shortened} if shortened else {})


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
