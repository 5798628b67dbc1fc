"""A chart's spec for the last row of a lecture hall: type, marks and distances as much larger."""

from typing import Any

TALLEST = 620  # px: what a projector has left below a title and above a sentence

# What a chart looks like where its spec says nothing.
_DEFAULTS: dict[str, Any] = {
    "line": {"strokeWidth": 2.5},
    "rule": {"strokeWidth": 1.5},
    "point": {"size": 40},
    "circle": {"size": 40},
    "tick": {"thickness": 2},
    "text": {"fontSize": 13},
    "axis": {
        **{"labelFontSize": 13, "titleFontSize": 14, "labelPadding": 4, "tickSize": 5},
        **{"labelLimit": 180, "maxExtent": 200},
    },
    "legend": {
        **{"labelFontSize": 13, "titleFontSize": 14, "symbolSize": 80},
        **{"labelLimit": 160, "titleLimit": 180},
    },
}
_LENGTHS = {
    *("fontSize", "labelFontSize", "titleFontSize", "lineHeight", "strokeWidth", "strokeDash"),
    *("dx", "dy", "offset", "labelPadding", "titlePadding", "labelOffset", "yOffset", "xOffset"),
    *("labelLimit", "titleLimit", "limit", "thickness", "tickSize", "cornerRadius", "titleX"),
    *("gradientLength", "gradientThickness", "maxExtent"),
}
_AREAS = {"size", "symbolSize"}
_VERTICAL = {"y", "y2"}
_VALUES = {"data", "datasets", "transform", "params", "domain", "values", "datum"}


def enlarged(spec: dict, scale: float) -> dict:
    """The spec with all that is measured in pixels `scale` times as large.

    Heights, and what is placed by height, grow by less where the chart would not fit.
    """
    upright = min(scale, TALLEST / spec["height"]) if "height" in spec else scale
    own = spec.get("config", {})
    config = {"config": own | {part: _DEFAULTS[part] | own.get(part, {}) for part in _DEFAULTS}}
    grown = _grown(spec | config, scale, upright, "")
    params = [
        param | {"expr": f"({param['expr']}) * {upright}"}  # of a view that is taller on a phone
        if param["name"] == "height"
        else param
        for param in spec.get("params", ())
    ]
    return grown | ({"params": params} if params else {})


def _grown(part: Any, scale: float, upright: float, key: str, channel: str = "") -> Any:
    if isinstance(part, dict):
        if key in _LENGTHS - {"offset"} and "expr" in part:  # a pane's axes stand at its edges
            return part | {"expr": f"({part['expr']}) * {scale}"}
        return {
            name: inner
            if name in _VALUES
            else _grown(inner, scale, upright, name, name if key == "encoding" else channel)
            for name, inner in part.items()
        }
    if isinstance(part, list):
        return [_grown(inner, scale, upright, key, channel) for inner in part]
    if isinstance(part, bool) or not isinstance(part, int | float):
        return part
    if key == "value":  # of a channel
        key = channel
    if key in _AREAS:
        return part * scale**2
    if key in _LENGTHS or key == "x":
        return part * scale
    if key in ("titleY", *_VERTICAL) or (key == "range" and channel in _VERTICAL):
        return part * upright
    if key == "height":
        return part * (scale if channel or part < 100 else upright)
    return part
