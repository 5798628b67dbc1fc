"""A reader's own calculation of the article's gradient, checked factor by factor."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite, prod

from core.activations import ACTIVATIONS
from core.scalar_chain import TwoLayerChain, two_layer_chain
from pages.kit import theme

PRODUCT = "product"
_LONGEST = 30  # characters that are read
_NEAR = 0.05  # a number that is typed with few digits must be at least this near


def chain(at) -> TwoLayerChain:
    """The article's network as the page is set."""
    return two_layer_chain(w1=at.w1, w2=at.w2, x=at.x, y=at.y)


def asked(at) -> dict[str, float]:
    """What there is to calculate, by name: the gradient's factors in order, then the product."""
    net = chain(at)
    factors = net.dw1_factors if at.gradient == "w1" else net.dw2_factors
    return {f.name: float(f.value) for f in factors} | {
        PRODUCT: float(net.dw1 if at.gradient == "w1" else net.dw2)
    }


def read(text: str) -> Decimal | None:
    """The number that a reader has typed, with the digits typed; None if it is none."""
    plain = text.strip().replace("−", "-").replace(",", ".").replace("×10^", "e")
    try:
        number = Decimal(plain) if len(plain) <= _LONGEST else Decimal("nan")
    except InvalidOperation:
        return None
    return number if number.is_finite() and isfinite(float(number)) else None


def agrees(typed: Decimal, right: float) -> bool:
    """Whether it is the right number to the digits that were typed, one off in the last at most."""
    value, exponent = float(typed), int(typed.as_tuple().exponent)
    return abs(value - right) <= min(1.0001 * 10.0**exponent, _NEAR * abs(right))


def verdict(at, typed: Mapping[str, str]) -> str:
    """What is right, and the first that is not, with the usual slip that gives it."""
    right = asked(at)
    given = {name: text for name in right if (text := typed.get(name, "")).strip()}
    if not given:
        return "Type what you have: each factor, then the product. What is left empty is left out."
    for name, text in given.items():
        number = read(text)
        if number is None:
            return f"What stands at {_named(name)} is no number."
        if not agrees(number, right[name]):
            return f"The first that is not right is {_named(name)}. {_slip(at, name, number)}"
    left = len(right) - len(given)
    return "All of it is right." if not left else f"Right so far; {left} of {len(right)} are empty."


def _named(name: str) -> str:
    return "the product" if name == PRODUCT else name


def _slip(at, name: str, typed: Decimal) -> str:
    for value, why in slips(at, name):
        if isfinite(value) and value and agrees(typed, value):
            return why
    return "None of the usual slips gives that number: calculate it once more."


def slips(at, name: str) -> Iterator[tuple[float, str]]:
    """Numbers that usual slips give for a factor or the product, and what to say of each."""
    net, right, phi = chain(at), asked(at), ACTIVATIONS["sigmoid"]
    z = {"φ′(z₁)": net.z1, "φ′(z₂)": net.z2}
    if name in z:
        own, index = float(z[name]), name[-2]
        out = float(phi.f(own))
        yield out, f"It is σ(z{index}): the slope σ′ is σ·(1 − σ)."
        yield float(phi.df(out)), f"It is the slope at a{index}: it is taken at z{index}."
        yield own * (1 - own), f"It is z·(1 − z): σ′ is a·(1 − a), with a{index} and not z{index}."
        other = next(other for other in z if other != name)
        yield float(phi.df(z[other])), f"It is {other}, the slope of the other layer."
    if name == "dJ/dŷ":
        yield float(net.y_hat), "It is ŷ: the target y is missing."
        yield float(net.loss), "It is J itself: its derivative is ŷ − y."
    if name == "a₁":
        yield float(net.z1), "It is z₁: the weight w₂ multiplies a₁ = σ(z₁)."
        yield at.x, "It is x: the weight w₂ multiplies a₁."
    if name == "x":
        yield float(net.z1), "It is z₁: dz₁/dw₁ is what w₁ multiplies, the input x."
        yield float(net.a1), "It is a₁: w₁ multiplies the input x."
    if name == "w₂":
        yield at.w1, "It is w₁: dz₂/da₁ is w₂."
        yield float(net.a1), "It is a₁: z₂ = w₂·a₁, and its derivative by a₁ is w₂."
    factors = [value for key, value in right.items() if key != PRODUCT]
    if name == PRODUCT:
        yield sum(factors), "It is the factors' sum: the chain rule multiplies."
        for key, value in right.items():
            if key != PRODUCT and value:
                rest = prod(v for other, v in right.items() if other not in (key, PRODUCT))
                yield rest, f"It is the product without {key}."
    yield -right[name], f"The size is right, the sign is not: {theme.number(right[name])}."
