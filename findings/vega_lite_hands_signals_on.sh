#!/usr/bin/env bash
# Guess, written down first: Vega-Lite knows the properties of a parameter (name, value, expr, bind,
# react); what else stands there is dropped, or an error. A parameter takes no `on`, so that nothing
# but its input can move it.
#
# Seen, Vega-Lite 6.4 in vl-convert-python 1.9.0.post1 (and in the browser, as Streamlit 1.67 ships
# it): whatever stands beside `bind` is handed on to the Vega signal as it is. With `on`, a bound
# parameter follows other signals and data, and its range input moves with it; with `expr`, it
# begins with what that says, from a table too, whenever the chart is drawn. And in a layered chart
# the key `spec` is not read: a parameter in there does not exist for Vega-Lite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet vl-convert-python==1.9.0.post1
"$folder/env/bin/python" - <<'PYTHON'
import json

import vl_convert

spec = {
    "params": [
        {
            "name": "w",
            "bind": {"input": "range", "min": 0, "max": 2, "step": 0.1},
            "expr": "data('present')[0].w",
            "on": [{"events": {"signal": "told"}, "update": "data('present')[0].w"}],
        },
        {"name": "told", "expr": "data('present')[0].told"},
    ],
    "spec": {"params": [{"name": "unread", "select": "point"}]},
    "layer": [{"data": {"name": "present", "values": [{"w": 1.5, "told": 1}]}, "mark": "point"}],
}
vega = vl_convert.vegalite_to_vega(json.dumps(spec))
signals = {signal["name"]: signal for signal in vega["signals"]}
print(json.dumps(signals["w"], indent=1))
assert signals["w"]["on"] == spec["params"][0]["on"], "no `on` handed on"
assert signals["w"]["init"] == "data('present')[0].w" and "update" not in signals["w"]
assert not any("unread" in name for name in signals), sorted(signals)
print("handed on: on, bind and init; `spec` is not read")
PYTHON
