"""A reader's calculation: what is right is found right, and the usual slips are named."""

from types import SimpleNamespace

import pytest

from pages.concepts.chain_rule import check
from pages.concepts.chain_rule.panel import PANEL
from tests.app import open_page, prose

AT = SimpleNamespace(**PANEL.defaults)
RIGHT = {name: f"{value:.3g}" for name, value in check.asked(AT).items()}


def test_a_right_calculation_is_right_to_the_digits_that_were_typed():
    assert check.verdict(AT, RIGHT) == "All of it is right."
    assert check.verdict(AT, {**RIGHT, "product": ""}).startswith("Right so far; 1 of 6")
    two = {name: f"{value:.2g}" for name, value in check.asked(AT).items()}
    assert check.verdict(AT, two) == "All of it is right."


def test_few_digits_do_not_make_a_wrong_number_right():
    name = min(check.asked(AT), key=lambda name: abs(check.asked(AT)[name]))
    assert "not right" in check.verdict(AT, {name: "0"})


@pytest.mark.parametrize("gradient", ["w1", "w2"])
def test_every_slip_is_named(gradient):
    at = SimpleNamespace(**PANEL.defaults | {"gradient": gradient, "w2": 2.0, "x": 0.7, "y": 0.3})
    right = check.asked(at)
    for name in right:
        named = 0
        for value, why in check.slips(at, name):
            if value and not any(
                check.agrees(check.read(f"{value:.6g}"), right[n]) for n in [name]
            ):
                said = check.verdict(at, {name: f"{value:.6g}"})
                assert "not right" in said and ("It is" in said or "sign" in said), (name, why)
                named += why in said
        assert named >= 1, name


def test_the_usual_slips_by_name():
    net = check.chain(AT)
    for name, typed, word in (
        ("φ′(z₁)", net.a1, "σ′ is σ·(1 − σ)"),
        ("dJ/dŷ", -check.asked(AT)["dJ/dŷ"], "sign"),
        ("product", sum(v for k, v in check.asked(AT).items() if k != "product"), "sum"),
    ):
        assert word in check.verdict(AT, {name: f"{float(typed):.4g}"})
    at = SimpleNamespace(**PANEL.defaults | {"gradient": "w2"})
    assert "It is z₁" in check.verdict(at, {"a₁": f"{float(net.z1):.4g}"})


def test_the_first_wrong_one_is_named():
    first, second, *_ = RIGHT
    said = check.verdict(AT, RIGHT | {first: "77", second: "88"})
    assert first in said and second not in said


@pytest.mark.parametrize(
    "text", ["x", "1/0", "nan", "inf", "1e999", "<b>", "9" * 1000, "１e", "--1"]
)
def test_what_is_no_number_is_a_word(text):
    name = next(iter(RIGHT))
    said = check.verdict(AT, {name: text})
    assert said == f"What stands at {name} is no number."


def test_a_comma_and_a_minus_sign_are_read():
    assert float(check.read(" −0,5 ")) == -0.5 and float(check.read("1.2×10^-3")) == 0.0012


def test_it_is_checked_on_the_page():
    at = open_page("chain_rule")
    at.session_state["chain_rule.more"] = "Check my calculation"
    at.run()
    at.text_input(key="chain_rule.check.product").set_value("77").run()
    assert "The first that is not right is the product." in prose(at) and not at.exception
