"""A calculation by hand, checked: the first number that is wrong, and the slip that gives it.

The core computes every slip at the page's settings. A typed number is right if the true one rounds
to it at the digits that were typed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from core.activations import ACTIVATIONS
from pages.concepts.chain_rule import data
from pages.concepts.chain_rule.panel import FACTOR, PANEL
from pages.kit import theme

PRODUCT = "product"  # beside the options that name the factors
LONGEST = 24  # characters of a number
_FORMAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_EXACT = Decimal("1e-9")  # relative: what a float's last digits must not decide


@dataclass(frozen=True)
class Typed:
    """A number as it was typed, and half a unit of its last digit."""

    value: Decimal
    half: Decimal

    def rounds(self, true: float | Decimal) -> bool:
        """Whether a true number rounds to this one. To 0 rounds only 0: it has no digits."""
        true = Decimal(true)
        if not self.value:
            return not true
        return abs(self.value - true) <= self.half + _EXACT * abs(true)


def typed(text: str) -> Typed | None:
    """What a text says, 0.235, −.5 or 1.2e-3; None where it is no such number."""
    text = text.strip().replace("−", "-")
    if len(text) > LONGEST or not _FORMAT.fullmatch(text):
        return None
    value = Decimal(text)
    return Typed(value, Decimal((0, (5,), int(value.as_tuple().exponent) - 1)))


def labels(gradient: str) -> dict[str, str]:
    """What is typed, in its order: the factors by their options, then the product."""
    names = {option: FACTOR.options[option] for option in data.FACTORS[gradient]}
    return names | {PRODUCT: f"dJ/d{PANEL['gradient'].shown(gradient)}"}


def settings(at) -> str:
    """What the calculation starts from."""
    w1, w2, x, y = map(theme.setting, (at.w1, at.w2, at.x, at.y))
    return f"At *w*₁ = {w1}, *w*₂ = {w2}, *x* = {x} and *y* = {y}, with J = ½(ŷ − y)²."


def verdict(at, texts: Mapping[str, str]) -> str:
    """The first wrong number and its usual slip; else what is right, and what is still missing.

    `texts` are what was typed, by the names of `labels`; a blank one is missing.
    """
    names = labels(at.gradient)
    given = {name: text for name in names if (text := texts.get(name, "").strip())}
    numbers = {name: typed(text) for name, text in given.items()}
    true = _true(at)
    for name, number in numbers.items():
        if number is None:
            return f"**{names[name]}** is not a number that can be read. {_unread(given[name])}"
        if number.rounds(true[name]) or (name == PRODUCT and _follows(number, at, numbers)):
            continue
        return f"**{names[name]} is the first that is wrong.** {_slip(name, number, at, true)}"
    missing = [names[name] for name in names if name not in given]
    if not given:
        return "Type what you have: a number that is missing is passed over."
    if missing:
        return f"Right so far, to the digits that you typed. Still missing: {', '.join(missing)}."
    product = numbers[PRODUCT]
    if product and not product.rounds(true[PRODUCT]):
        return (
            f"**All factors are right**, to the digits that you typed. Their product is what you "
            f"typed; with all digits {names[PRODUCT]} is {theme.number(true[PRODUCT])}."
        )
    return "**All of it is right**, to the digits that you typed."


def _unread(text: str) -> str:
    """Why a text is no number, and how one is written."""
    if len(text) > LONGEST:
        return f"It has {len(text)} characters. Write at most {LONGEST}."
    if "," in text:
        return "Write a point where it has a comma, as in 0.235, and nothing between thousands."
    return "Write it like 0.235 or 1.2e-3."


def _true(at) -> dict[str, float]:
    """Every factor, and their product."""
    factors = data.walk(data.example(at), at.w2, at.gradient).factors.tolist()
    return dict(zip(data.FACTORS[at.gradient], factors, strict=True)) | {PRODUCT: prod(factors)}


def _follows(product: Typed, at, numbers: Mapping[str, Typed | None]) -> bool:
    """Whether the product is that of the typed factors, rounded as they are."""
    path = data.FACTORS[at.gradient]
    factors = [number.value for option in path if (number := numbers.get(option))]
    return len(factors) == len(path) and product.rounds(prod(factors, start=Decimal(1)))


def _slip(name: str, number: Typed, at, true: Mapping[str, float]) -> str:
    """The first usual slip that gives this number at its digits."""
    if not number.value:
        return "It is not 0. Type its first digits that are not 0."
    if number.rounds(-true[name]):
        return "Its size is right, its sign is not."
    usual = _product_slips(at, true) if name == PRODUCT else _factor_slips(at)[name]
    for says, value in usual.items():
        if number.rounds(value):
            return says
    # two units of its last digit, rounded; a number of one digit is all that
    near = 5 * number.half
    if abs(number.value - Decimal(true[name])) <= near < abs(number.value) / 5:
        return "Only its last digit is off: carry one digit more on the way."
    return "It is none of the usual slips."


def _factor_slips(at) -> dict[str, dict[str, float]]:
    """Of each factor: a word on a usual slip, and what it gives."""
    net = data.example(at).chain(at.w2)
    slope = ACTIVATIONS["sigmoid"].df
    z1, a1, z2, y_hat, loss = map(float, (net.z1, net.a1, net.z2, net.y_hat, net.loss))
    return {
        "loss": {
            "This is J itself. Its derivative is asked for.": loss,
            "This is (ŷ − y)². The derivative of ½(ŷ − y)² is ŷ − y.": 2 * loss,
            "This is z₂ − y: z stands for a. The output is ŷ = σ(z₂).": z2 - at.y,
            "This is ŷ. The target y is not taken away.": y_hat,
        },
        "slope2": {
            "This is σ(z₂): σ stands for σ′.": y_hat,
            "This is σ′(ŷ): a stands for z. The slope is taken where σ was, at z₂.": float(
                slope(y_hat)
            ),
            "This is σ′(z₁): the slope of the other layer.": float(slope(z1)),
            "This is z₂ itself, not the slope there.": z2,
        },
        "w2": {
            "This is w₁: the weight of the other layer.": at.w1,
            "This is a₁, by which z₂ responds to w₂. Asked for is its response to a₁.": a1,
        },
        "slope1": {
            "This is σ(z₁): σ stands for σ′.": a1,
            "This is σ′(a₁): a stands for z. The slope is taken where σ was, at z₁.": float(
                slope(a1)
            ),
            "This is σ′(z₂): the slope of the other layer.": float(slope(z2)),
            "This is z₁ itself, not the slope there.": z1,
        },
        "a1": {
            "This is z₁: z stands for a. What w₂ was multiplied with is a₁ = σ(z₁).": z1,
            "This is σ′(z₁): σ′ stands for σ.": float(slope(z1)),
            "This is w₂, by which z₂ responds to a₁. Asked for is its response to w₂.": at.w2,
        },
        "x": {
            "This is w₁, by which z₁ responds to x. Asked for is its response to w₁.": at.w1,
            "This is z₁. It responds to w₁ by the input x.": z1,
        },
    }


def _product_slips(at, true: Mapping[str, float]) -> dict[str, float]:
    """Of the product: a word on a usual slip, and what it gives."""
    net = data.example(at).chain(at.w2)
    of = {name: value for name, value in true.items() if name != PRODUCT}
    levels = {"slope2": float(net.y_hat), "slope1": float(net.a1)}
    sigmas = prod(levels.get(name, value) for name, value in of.items())
    other, there = ("w₂", net.dw2) if at.gradient == "w1" else ("w₁", net.dw1)
    slips = {
        "This is the product with σ for σ′.": sigmas,
        "This is the sum of the factors. They are multiplied.": sum(of.values()),
        f"This is dJ/d{other}: the gradient of the other weight.": float(there),
    }
    for left_out in of:
        others = prod(value for name, value in of.items() if name != left_out)
        slips[f"This is the product without {FACTOR.options[left_out]}."] = others
    return slips
