"""The floor: the least that a Streamlit page of one slider and one chart costs.

streamlit run benchmarks/floor.py

Tuned as far as it goes: a constant spec as a dict, the rows as an Arrow table, and the settings of
the site's own .streamlit/config.toml. The other benchmarks start it beside the site.
"""

import numpy as np
import pyarrow as pa
import streamlit as st

ROWS = 155
SPEC = {
    "mark": {"type": "line", "point": True},
    "encoding": {
        "x": {"field": "layer", "type": "quantitative"},
        "y": {
            "field": "size",
            "type": "quantitative",
            "scale": {"type": "log", "domain": [1e-40, 1e40]},
        },
    },
    "height": 440,
    "datasets": {},
    "data": {"name": "frame"},
}

n = st.slider("Slope", 1, 60, 15, key="floor_n", bind="query-params")
layer = np.arange(ROWS)
frame = pa.table({"layer": layer, "size": 10.0 ** (n / 60 * layer / 4)})
st.vega_lite_chart(spec=SPEC | {"datasets": {"frame": frame}}, key="floor")
