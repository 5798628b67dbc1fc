"""What holds of every sentence and equation, wherever a page stands: here at its controls' ends.

Numbers do not run into each other or round to nothing, and an equals sign joins only what the
digits that are shown give.
"""

import math
import re
from collections.abc import Iterator

import pytest

from pages.kit import address
from pages.kit.panels import Choice
from tests.app import open_page, prose, set_to, widget_of
from tests.panels import PANELS, PATHS

# Where networks are dead, lines are one point, or a median has one network.
CORNERS = {
    "initialization": [
        {"g": 0.5, "width": "5", "seed": seed, "depth": depth, "center": center}
        for seed in (0, 3)
        for depth in (2, 30)
        for center in ("median", "mean")
    ],
    "products": [
        {"w": 2.0, "n": 60, "activation": "tanh"},
        {"w": 0.01, "n": 1, "activation": "sigmoid"},
        {"w": 0.1},
        {"width": "2", "scale": "gain"},
    ],
    "clipping": [{"network": "small", "limit": -1.0}, {"clip": "value", "limit": -1.0}],
    "activations": [{"seen": "sigmoid normal", "rate": rate} for rate in ("0.1", "0.3", "1")],
}


def ends(path: str) -> Iterator[dict]:
    """All as it is first; one control at an end, or at another of its options.

    Of the lab's networks A stands for both.
    """
    yield {}
    for control in PANELS[path].controls:
        if control.name.startswith("b_"):
            continue
        ends = control.options if isinstance(control, Choice) else (control.low, control.high)
        yield from ({control.name: end} for end in ends if end != control.default)


def words_at(path: str, values: dict) -> str:
    return prose(open_page(path, **address.query(PANELS[path], values)))


def check(words: str, where: object) -> None:
    for sentence in sentences(words):
        for name, slip in SLIPS.items():
            assert not slip.search(sentence), (name, where, sentence)
        for number, noun in COUNTED.findall(sentence):
            one = number == "1"
            assert one != noun.endswith("s"), ("number of the noun", where, sentence)
        for number, verb in OF_NETWORKS.findall(sentence):
            assert (number == "1") == (verb == "is"), ("number of the verb", where, sentence)
    for line in words.splitlines():
        check_equation(line, where)


# Sentences ---------------------------------------------------------------------------------------

NUMBER = r"[−-]?\d[\d,.]*(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(?<![,.])"
SLIPS = {
    "two numbers side by side": re.compile(rf"(?<![\w.,]){NUMBER}(?: %)?[  ]+[−-]?\d"),
    "an interval of one number": re.compile(
        rf"(?<![\w.,−-])({NUMBER}(?: %)?)(?: to | … | and )\1(?![\w.,×]*\d)"
    ),
    "a factor of nothing": re.compile(r"factor of 1(?:\.0+)?(?![\d×]|[.,]\d)"),
    "a part of one": re.compile(r"every (?:1(?:\.0+)?|0\.\d+) "),
}
COUNTED = re.compile(
    r"(?<![\w.,×⁻−/-])(?<!layer )(?<!step )(?<!at )(\d[\d,]*)(?<!,)"
    r" (layers?|networks?|factors?|steps?|slopes?|draws?|seeds?|units?|matrices|weights)\b"
)
OF_NETWORKS = re.compile(r"(\d+) of the \d+ networks (is|are) ")


def sentences(words: str) -> Iterator[str]:
    """The words without equations and marks of emphasis."""
    words = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "…", words, flags=re.DOTALL)
    for line in words.replace("*", "").splitlines():
        yield from re.split(r"(?<=[.:;]) ", line)


# Equations ---------------------------------------------------------------------------------------

TEX_NUMBER = r"-?[\d.]+(?:\{,\}\d+)*(?: \\times 10\^\{-?\d+\})?"
POWER = re.compile(
    rf"(?:&(?:=|\\approx)) \(?({TEX_NUMBER})\)?\^\{{(\d+)\}} (=|\\approx) ({TEX_NUMBER})"
)


def log10(text: str) -> float:
    """log₁₀ of the size of a number as an equation writes it."""
    mantissa, _, exponent = text.replace("{,}", "").lstrip("-").partition(r" \times 10^{")
    size = float(mantissa)
    return (math.log10(size) if size else -math.inf) + int(exponent.rstrip("}") or 0)


def half_a_digit(text: str) -> float:
    """How far a shown number may be from what it stands for, as a share of it."""
    digits = re.sub(r"\D", "", text.partition(r" \times")[0]).lstrip("0")
    return 0.5 / int(digits) if digits else 0.0


def agree(result: str, given: float, *, exactly: bool, slack: float) -> bool:
    """Whether what the shown numbers give is the shown result: to half of its last digit, or, where
    it is said to be about that, to what the digits left out may be too."""
    shown = log10(result)
    if math.isinf(shown) or math.isinf(given):
        return shown == given
    apart = abs(math.expm1((given - shown) * math.log(10)))
    return apart <= half_a_digit(result) * (1 + 1e-6) + (0 if exactly else slack)


def terms(line: str) -> tuple[list[str], list[str]]:
    """The values under an equation's braces, and what stands between the terms."""
    values, between, end = [], [], None
    for found in re.finditer(r"\\underbrace\{", line):
        if end is not None and found.start() < end:
            continue
        if end is not None:
            between.append(re.sub(r"\\[;,]|\\boxed\{|\}|\s", "", line[end : found.start()]))
        end = closing(line, found.end())
        value_end = closing(line, end + 2)
        values.append(line[end + 2 : value_end - 1])
        end = value_end
    return values, between


def closing(line: str, at: int) -> int:
    """Where the brace that was opened before `at` is closed."""
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(line[at], 0)
        at += 1
    return at


def check_equation(line: str, where: object) -> None:
    for base, n, relation, result in POWER.findall(line):
        slack, given = int(n) * half_a_digit(base) * 1.1, int(n) * log10(base)
        told = (where, line)
        assert agree(result, given, exactly=relation == "=", slack=math.expm1(slack)), told
        assert relation == "=" or not agree(result, given, exactly=True, slack=0), told
    values, between = terms(line)
    if not between or any(not re.fullmatch(TEX_NUMBER, value) for value in values):
        return
    relation, *dots = between
    if relation not in ("=", r"\approx", r"\neq") or any(dot != r"\cdot" for dot in dots):
        return
    result, *factors = values
    given = sum(map(log10, factors))
    if relation == "=":
        assert agree(result, given, exactly=True, slack=0), (where, line)
    elif math.isfinite(given):
        rounding = sum(map(half_a_digit, factors))
        beyond = abs(given - log10(result)) - 0.5
        if abs(beyond) > rounding:  # nearer to the limit, the digits left out decide
            assert (beyond < 0) == (relation == r"\approx"), (where, line)


@pytest.mark.parametrize("path", PATHS)
def test_as_a_page_opens_and_in_corners(path):
    for values in [{}, *CORNERS.get(path, [])]:
        check(words_at(path, values), values)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_at_the_ends_of_every_control(path):
    """A page opens there, has that value, and says nothing that is not so."""
    for values in ends(path):
        at = open_page(path, **address.query(PANELS[path], values))
        words = prose(at)
        check(words, values)
        for name, value in values.items():
            assert set_to(at, PANELS[path].key(name)) == value
        assert not re.search(r"\bnan\b|\binf\b", words.lower()), words
        assert "does not have" not in words  # an end of a control is an allowed value


@pytest.mark.parametrize("path", PATHS)
def test_beyond_the_article(path):
    at = open_page(path)
    for name in widget_of(at, f"{path}.more").options:
        if name != "The NumPy that ran":
            widget_of(at, f"{path}.more").set_value(name).run()
            check(prose(at), name)


def test_slips_are_found():
    for bad in (
        "in layer 15 53 % are flat",
        "a leak of 0.01 72 % in the median",
        "from 8.00 to 8.00 (16 layers)",
        "they agree within a factor of 1.0. φ′ is",
        "every 0.50 factors take away",
        "Over 1 layers",
        "over 15 layer back",
        "1 of the 21 networks are dead.",
        r"&= 0.0707^{15} = 5.45 \times 10^{-18}",
        r"\underbrace{a}_{0.00785} = \underbrace{b}_{0.00131} \cdot \underbrace{c}_{5.96}",
    ):
        with pytest.raises(AssertionError):
            check(bad, "a made-up page")
    check("Over 1 layer it is 1.0 to 1.01; a factor of 1.05, every 4.5 factors.", "")
    check(r"&= 0.0707^{15} \approx 5.45 \times 10^{-18}", "")
