"""Tables to read: what stands in a header and in a cell, and which rows are shown."""

import numpy as np
import pandas as pd
import pytest

from pages.kit import tables
from tests.app import open_page, set_value
from tests.panels import PANELS, PATHS


@pytest.mark.parametrize(
    "value,of_log10,text",
    [
        *((1e-300, False, "1.00×10⁻³⁰⁰"), (0.0004, False, "4.00×10⁻⁴"), (0.0, False, "0")),
        *((-0.25, False, "−0.250"), (12_345, False, "12,345"), (-3, False, "−3")),
        *((-400.5, True, "3.16×10⁻⁴⁰¹"), (0.0, True, "1.00"), (-np.inf, True, "0")),
        *((np.inf, True, "∞"), (np.inf, False, "∞"), (np.nan, True, tables.NONE)),
        *((None, False, tables.NONE), ("tanh", False, "tanh"), (True, False, "True")),
    ],
)
def test_a_cell_rounds_no_number_away(value, of_log10, text):
    assert tables.cell(value, of_log10=of_log10) == text


@pytest.mark.parametrize(
    "name,unit,says",
    [
        ("log10_product_of_slopes", "log10 of a ratio", "product of slopes (ratio)"),
        ("log10_dJ_dh_relative_to_last", "log10 of a ratio", "dJ/dh relative to last (ratio)"),
        ("log10_rms_dW", "log10 of loss per weight", "rms dJ/dW (loss per weight)"),
        ("log10_abs_w_to_the_n", "log10 of the size", "size of w to the n (size)"),
        ("sigma_sqrt_n", "number", "σ√n (number)"),
        ("held_out_loss", "nats", "held out loss (nats)"),
    ],
)
def test_a_header_is_words_and_a_unit(name, unit, says):
    assert tables.header(name, unit) == says


def test_a_column_without_a_unit_is_an_error():
    with pytest.raises(KeyError):
        tables.readable(pd.DataFrame({"n": [1]}), {})


def test_what_is_shown_now_is_without_what_the_controls_say():
    frame = pd.DataFrame(
        {"net": "relu", "depth": [2, 3, 3], "layer": [1, 1, 2], "size": [0.0, 0.5, 0.5]}
    )
    assert tables.present(frame, {"depth": 3}).to_dict("list") == {
        "layer": [1, 2],
        "size": [0.5, 0.5],  # data, though the same in all rows
    }


MOVES = {  # of pages whose table holds every place of the live control, or nothing at its lowest
    "activations": ("n", 3),
    "clipping": ("network", "shallow"),
    "training": ("step", 1),
}


def shown(at) -> list[pd.DataFrame]:
    """The page's tables of what its charts show, as they are read."""
    at.run()
    assert not at.exception
    found = [table.value for table in at.get("table")]
    return [rows for rows in found if str(rows.index.name).endswith(")")]


@pytest.mark.parametrize("path", PATHS)
def test_the_main_charts_data_are_a_table_that_follows_its_control(path):
    at = open_page(path)
    at.session_state[f"{path}.more"] = "The data"
    before = shown(at)
    assert before
    for rows in before:
        assert len(rows) and all(header.endswith(")") for header in rows.columns)
        assert "_" not in "".join(rows.columns)
        for text in rows.to_numpy().ravel():
            assert isinstance(text, str) and text
            assert not (text.strip("−0.") == "" and text != "0"), f"{text} was not 0"
    name, value = MOVES.get(path, (None, None))
    if name is None:
        live = next(c for c in PANELS[path].controls if getattr(c, "live", False))
        name, value = live.name, live.low
    set_value(at, PANELS[path].key(name), value)
    after = shown(at)
    same = all(a.equals(b) for a, b in zip(before, after, strict=True))
    assert not same, f"the table does not follow {name}: see now= of page.download, or MOVES above"
