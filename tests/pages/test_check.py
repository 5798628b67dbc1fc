"""A reader's calculation, checked: what is right, and the slip behind what is wrong."""

from math import exp
from random import Random
from types import SimpleNamespace

import pytest

from core import scalar_chain
from pages.concepts.chain_rule import check, data
from pages.concepts.chain_rule.panel import PANEL
from pages.kit import theme
from tests.app import open_page, set_value


def at(**changes) -> SimpleNamespace:
    return SimpleNamespace(
        **{**PANEL.defaults, "w2": 3.04, "w1": 2.0, "x": 0.7, "y": 0.2, **changes}
    )


def sigma(z: float) -> float:
    return 1 / (1 + exp(-z))


def slope(z: float) -> float:
    return sigma(z) * (1 - sigma(z))


Z1 = 2.0 * 0.7
A1 = sigma(Z1)
Z2 = 3.04 * A1
Y_HAT = sigma(Z2)
FACTORS = {
    "loss": Y_HAT - 0.2,
    "slope2": slope(Z2),
    "w2": 3.04,
    "slope1": slope(Z1),
    "x": 0.7,
}
DW1 = (Y_HAT - 0.2) * slope(Z2) * 3.04 * slope(Z1) * 0.7
DW2 = (Y_HAT - 0.2) * slope(Z2) * A1


def texts(digits: int = 4, **changes: float | str) -> dict[str, str]:
    numbers = {**FACTORS, check.PRODUCT: DW1, **changes}
    return {n: v if isinstance(v, str) else f"{v:.{digits}g}" for n, v in numbers.items()}


@pytest.mark.parametrize("digits", [2, 3, 6, 12])
def test_a_right_calculation_is_right_at_the_digits_that_were_typed(digits):
    assert check.verdict(at(), texts(digits)).startswith("**All of it is right**")


def test_a_product_of_rounded_factors_follows_from_them():
    rough = {name: float(f"{value:.2g}") for name, value in FACTORS.items()}
    product = 1.0
    for value in rough.values():
        product *= value
    assert f"{product:.6g}" != f"{DW1:.6g}"
    typed = {name: f"{value:.2g}" for name, value in rough.items()}
    verdict = check.verdict(at(), typed | {check.PRODUCT: f"{product:.6g}"})
    assert verdict.startswith("**All factors are right**")
    assert verdict.endswith(f"with all digits dJ/dw₁ is {theme.number(DW1)}.")
    assert "wrong" in check.verdict(at(), {check.PRODUCT: f"{product:.6g}"})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("loss", 0.2 - Y_HAT, "its sign is not"),
        ("loss", (Y_HAT - 0.2) ** 2 / 2, "This is J itself"),
        ("loss", (Y_HAT - 0.2) ** 2, "This is (ŷ − y)²"),
        ("loss", Z2 - 0.2, "z stands for a"),
        ("loss", Y_HAT, "This is ŷ."),
        ("slope2", Y_HAT, "σ stands for σ′"),
        ("slope2", slope(Y_HAT), "a stands for z"),
        ("slope2", slope(Z1), "This is σ′(z₁)"),
        ("slope2", Z2, "This is z₂ itself"),
        ("w2", -3.04, "its sign is not"),
        ("w2", 2.0, "This is w₁"),
        ("w2", A1, "This is a₁"),
        ("slope1", A1, "σ stands for σ′"),
        ("slope1", slope(A1), "a stands for z"),
        ("slope1", slope(Z2), "This is σ′(z₂)"),
        ("slope1", Z1, "This is z₁ itself"),
        ("x", 2.0, "This is w₁"),
        ("x", Z1, "This is z₁."),
        ("product", -DW1, "its sign is not"),
        (
            "product",
            (Y_HAT - 0.2) * Y_HAT * 3.04 * A1 * 0.7,
            "with σ for σ′",
        ),
        ("product", sum(FACTORS.values()), "the sum of the factors"),
        ("product", DW2, "This is dJ/dw₂"),
        *(
            ("product", DW1 / value, "the product without")
            for value in FACTORS.values()
        ),
        ("slope1", 0.3333, "none of the usual slips"),
        ("product", "0", "It is not 0"),
    ],
)  # fmt: skip
def test_the_slip_behind_a_wrong_number_is_named(name, value, says):
    verdict = check.verdict(at(), texts(**{name: value}))
    label = check.labels("w1")[name]
    assert verdict.startswith(f"**{label} is the first that is wrong.**")
    assert says in verdict


def test_the_other_gradient_has_slips_of_its_own():
    here = at(gradient="w2")
    right = {"loss": Y_HAT - 0.2, "slope2": slope(Z2), "a1": A1, "product": DW2}
    right = {name: f"{value:.4g}" for name, value in right.items()}
    assert "All of it is right" in check.verdict(here, right)
    for value, says in ((Z1, "z stands for a"), (slope(Z1), "σ′ stands for σ"), (3.04, "is w₂")):
        assert says in check.verdict(here, right | {"a1": f"{value:.4g}"})
    assert "This is dJ/dw₁" in check.verdict(here, right | {"product": f"{DW1:.4g}"})


def test_the_first_wrong_one_is_named_and_what_is_missing():
    both = texts(slope2=Y_HAT, slope1=A1)
    assert "**σ′(z₂) is the first" in check.verdict(at(), both)
    assert "Still missing: w₂, dJ/dw₁." in check.verdict(at(), texts(w2="", product=" "))
    assert check.verdict(at(), {}).startswith("Type what you have")


@pytest.mark.parametrize("text", ["0.235", "+.235", "2.35e-1", "235E-3", " 0.235 "])
def test_a_number_may_be_written_in_many_ways(text):
    assert float(check.typed(text).value) == 0.235


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "inf", "1e9999", "1_0", "--1", "1e", ".", "٣", "0x1p3", "1\n2"),
        *("<script>a()</script>", "$x$", "**a**", "__import__('os')", "\x00", "½", "1e-3; x"),
    ],
)
def test_what_is_no_number_is_a_clear_word_and_not_echoed(text):
    verdict = check.verdict(at(), {"w2": text})
    assert verdict == check.verdict(at(), {"w2": "?"})
    assert verdict.startswith("**w₂** is not a number that can be read.")


@pytest.mark.parametrize("off", [-2, -1, 1, 2])
def test_a_last_digit_that_is_off_is_told_from_a_slip(off):
    near = f"{round(Y_HAT - 0.2, 4) + off / 10_000:.4f}"
    assert "Only its last digit is off" in check.verdict(at(), texts(loss=near))
    far = f"{Y_HAT - 0.2 + off / 100:.4f}"
    assert "none of the usual slips" in check.verdict(at(), texts(loss=far))


def test_a_comma_and_a_text_too_long_hear_what_the_trouble_is():
    assert "Write a point where it has a comma" in check.verdict(at(), {"w2": "0,235"})
    assert "It has 25 characters. Write at most 24." in check.verdict(at(), {"w2": "1" * 25})


def test_no_text_raises():
    rng, signs = Random(0), "0123456789.eE+-−,_ $<&nif½٣\n"
    for _ in range(2000):
        wild = {n: "".join(rng.choices(signs, k=rng.randrange(9))) for n in check.labels("w1")}
        assert check.verdict(at(), wild)
    for huge in ("1e999", "-9e-999", "9" * 20 + "e999"):
        assert "none of the usual slips" in check.verdict(at(), texts(product=huge))


@pytest.mark.parametrize("gradient", ["w1", "w2"])
def test_the_cores_own_numbers_are_right_at_every_position(gradient):
    for w2 in PANEL["w2"].values():
        for w1, x, y in ((2.0, 1.0, 0.0), (-1.3, 0.0, 0.4), (0.0, -2.0, 1.0), (6.0, 2.0, 0.5)):
            here = at(gradient=gradient, w1=w1, w2=w2, x=x, y=y)
            net = scalar_chain.two_layer_chain(w1=w1, w2=w2, x=x, y=y)
            factors = net.dw1_factors if gradient == "w1" else net.dw2_factors
            whole = net.dw1 if gradient == "w1" else net.dw2
            numbers = [*(factor.value for factor in factors), whole]
            names = (*data.FACTORS[gradient], check.PRODUCT)
            typed = {n: f"{float(v):.3g}" for n, v in zip(names, numbers, strict=True)}
            assert "All of it is right" in check.verdict(here, typed), (here, typed)


def test_the_page_checks_at_its_present_settings():
    page = open_page("chain_rule", chain_rule_w2="3.04", chain_rule_x="0.7", chain_rule_y="0.2")
    pills = next(group for group in page.button_group if group.key == "chain_rule.more")
    pills.set_value("Check my calculation").run()
    box = {b.key.rpartition(".")[2]: b for b in page.text_input}
    assert list(box) == list(check.labels("w1"))
    assert "*w*₂ = 3.04, *x* = 0.7 and *y* = 0.2" in " ".join(b.value for b in page.markdown)
    box["slope1"].set_value(f"{A1:.4g}").run()
    assert not page.exception
    assert any("σ stands for σ′" in block.value for block in page.markdown)
    set_value(page, "chain_rule_w1", 0.0)  # σ(z₁) is ½ now, and z₁ is 0
    page.run()
    assert any("none of the usual slips" in block.value for block in page.markdown)
