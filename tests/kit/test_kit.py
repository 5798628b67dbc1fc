"""Controls as data, number formats, packed frames."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.kit import frames, specs, theme
from pages.kit.panels import Choice, Range

W = Range("w", "w", -2.0, 2.0, 0.01, 0.6)
N = Range("n", "n", 1, 60, 1, 15)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.binary()))
def test_range_makes_an_allowed_value_of_anything(raw):
    for control in (W, N):
        value = control.parse(raw)
        assert control.low <= value <= control.high
        assert value in control.values()
        assert control.parse(value) == value
        assert isinstance(value, int) == control.whole


@given(st.one_of(st.text(), st.floats(), st.none()))
def test_choice_makes_an_option_of_anything(raw):
    control = Choice("a", "A", {"x": "X", "y": "Y"}, "x")
    assert control.parse(raw) in control.options


@pytest.mark.parametrize(
    "raw,value",
    [("1.333", 1.33), ("1e9", 2.0), ("-1e9", -2.0), ("nan", 0.6), ("1e400", 0.6), (" 1 ", 1.0)],
)
def test_range_snaps_and_clamps(raw, value):
    assert W.parse(raw) == value


def test_range_values_are_the_steps_of_the_browsers_range_input():
    values = W.values()
    assert len(values) == 401
    assert values[0] == -2 and values[-1] == 2 and 0.6 in values and 0.0 in values
    assert all(v == round(v, 2) for v in values)
    assert not any(math.copysign(1, v) < 0 for v in values if v == 0), "minus zero"


def test_a_quarter_is_a_step_like_any_other():
    values = Range("q", "q", -1.0, 1.0, 0.25, 0.0).values()
    assert values == [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize(
    "x,text",
    [
        (0.216, "0.216"),
        (4.70185e-4, "4.70×10⁻⁴"),
        (1152.92, "1,153"),
        (0.0, "0"),
        (-0.5, "−0.500"),
        (9.999e-4, "1.00×10⁻³"),
        (1e-300, "1.00×10⁻³⁰⁰"),
        (123456.0, "1.23×10⁵"),
        (math.inf, "∞"),
        (math.nan, "not a number"),
    ],
)
def test_number_for_prose(x, text):
    assert theme.number(x) == text


@given(st.floats(min_value=-1e300, max_value=1e300).filter(lambda x: abs(x) > 1e-300))
def test_no_number_is_rounded_to_nothing(x):
    text = theme.number(x)
    digits = text.replace("−", "").replace(",", "")
    mantissa = float(digits.split("×")[0])
    assert mantissa > 0
    assert (x < 0) == text.startswith("−")


def test_what_rounds_up_to_the_next_power_of_ten_keeps_its_digits():
    assert theme.number(0.99999) == "1.00" and theme.number(9.996, 3) == "10.0"
    assert theme.number(0.996, 2) == "1.0" and theme.number(99.96) == "100"


def test_a_factor_that_numbers_lie_within_is_rounded_up():
    found = [theme.within(math.log10(factor)) for factor in (1, 1 / 1.02, 1.1, 1.72, 3, 8.21)]
    assert found == ["1.1", "1.1", "1.1", "1.8", "3.0", "8.3"]


def test_an_equals_sign_joins_what_the_shown_digits_give():
    assert theme.relation("0.00393", "0.993", "0.00663", "5.68", "0.105", "1.00") == "="
    assert theme.relation("0.216", "0.600", power=3) == "="
    assert theme.relation(r"5.45 \times 10^{-18}", "0.0707", power=15) == r"\approx"
    assert theme.relation(r"5.51 \times 10^{-18}", "0.0707", power=15) == "="
    assert theme.relation("-32{,}768", "-32{,}768", "1.00") == "="
    assert theme.relation("0", "0", "12.0") == "="


def test_what_became_of_a_size():
    became = [theme.became(math.log10(ratio)) for ratio in (0.05, 0.12, 0.86, 1.9, 2.1, 11)]
    within = "stays within a factor of 10"
    assert became == ["vanishes", within, "keeps its size", "keeps its size", within, "explodes"]
    assert [theme.became(x, many=True) for x in (-2, -0.9, 0, 2)] == [
        "vanish",
        "stay within a factor of 10",
        "keep their size",
        "explode",
    ]


def test_from_log10_goes_where_floats_end():
    assert theme.from_log10(-400.0) == "1.00×10⁻⁴⁰⁰"
    assert theme.from_log10(400.5, negative=True) == "−3.16×10⁴⁰⁰"
    assert theme.tex(-400.0) == r"1.00 \times 10^{-400}"
    assert theme.tex(np.inf, negative=True) == r"-\infty"
    assert theme.from_log10(-math.inf) == "0"


@pytest.mark.parametrize(
    "share,text",
    [(0, "0 %"), (1, "100 %"), (0.682689, "68 %"), (0.9949, "99.5 %"), (0.99999, "over 99.99 %")],
)
def test_percent_says_all_or_nothing_only_when_it_is(share, text):
    assert theme.percent(share) == text


@pytest.mark.parametrize(
    "log10,meaning",
    [(-1.1, "vanishing"), (-0.9, "healthy"), (0, "healthy"), (1.1, "exploding")],
)
def test_outcome(log10, meaning):
    assert theme.outcome(log10) == meaning
    assert theme.outcome(math.nan) == "exploding"


def test_pack_keeps_numbers_and_marks_gaps():
    rows = frames.pack(np.array([[0.0, -1.23456, np.nan], [np.inf, -np.inf, 7.0]]))
    assert rows == ["0.000 -1.235 x", "x x 7.000"]


def test_a_kept_frame_is_converted_once_and_another_is_not_taken_for_it():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    assert specs.arrow(frame) is specs.arrow(frame)
    assert specs.arrow(frame.assign(x=3.0))["x"].to_pylist() == [3.0, 3.0]
    for x in range(20):  # one after another in the same place of memory
        frame = pd.DataFrame({"x": [x]})
        assert specs.arrow(frame)["x"].to_pylist() == [x]
    count = len(specs._tables())
    del frame
    assert len(specs._tables()) == count - 1
