"""A page's controls and presets, declared once as data.

A `Panel` is the one table that drives everything: which widgets a page draws, what a link may
say, what a preset sets and what “Link to this state” says. Nothing here knows how a control is
drawn (`controls.py`) or what it is set to (`values.py`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from pages.kit import theme

VERDICTS = {"good": "good", "bad": "bad", "trap": "a trap"}
_HALF_A_PHONE = 18  # characters of a menu's option


@dataclass(frozen=True)
class Range:
    """A number between low and high in equal steps: a slider, or a box to type into.

    A seed (`seed=True`) is typed into a box, whose + moves it on. A live range (`live=True`) is
    dragged inside its chart (see `live.py`); its widget is a box too, for an exact value and for
    the keyboard.

    With a `base` the number is an exponent, and the reader sees the power: its steps are factors.
    Its box is a list then. Addresses say the exponent.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    default: float
    help: str | None = None
    seed: bool = False
    live: bool = False
    base: int | None = None

    @cached_property
    def whole(self) -> bool:
        return all(isinstance(v, int) for v in (self.low, self.high, self.step, self.default))

    @cached_property
    def decimals(self) -> int:
        """Digits after the point that a step needs."""
        return 0 if self.whole else max(0, -int(Decimal(str(self.step)).as_tuple().exponent))

    def values(self) -> list[Any]:
        """Every value the control can take, rounded as `nearest` rounds."""
        return list(self._values)

    @cached_property
    def _values(self) -> tuple[float, ...]:
        count = round((self.high - self.low) / self.step)
        return tuple(self.nearest(self.low + i * self.step) for i in range(count + 1))

    def nearest(self, value: float) -> float:
        """The allowed value nearest to this finite number."""
        clamped = min(max(value, self.low), self.high)
        snapped = self.low + round((clamped - self.low) / self.step) * self.step
        return round(snapped) if self.whole else round(snapped, self.decimals) + 0.0

    def parse(self, raw: Any) -> float:
        """An allowed value from whatever a link or a widget says; the default where it is none."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            return self.default
        try:
            value = float(raw)
        except (ValueError, OverflowError):
            return self.default
        return self.nearest(value) if math.isfinite(value) else self.default

    def text(self, value: float) -> str:
        """What an address says for this value."""
        return str(value)

    def shown(self, value: Any) -> str:
        """What the reader sees for this value: of a whole exponent the exact power."""
        if self.base is None:
            return f"{value:.{self.decimals}f}".replace("-", "−")
        if self.whole and self.base == 10:
            return f"10{theme.superscript(round(value))}" if value else "1"
        if self.whole:
            return f"1/{self.base**-value:,}" if value < 0 else f"{self.base**value:,}"
        return f"{float(f'{self.base**value:.3g}'):,g}"

    @property
    def joint(self) -> str:
        """What stands between label and value: w = 0.60, but weights × 0.60."""
        return " " if self.label.endswith("×") else " = "

    is_wide = False  # as a menu can be

    def means(self, raw: str, value: Any) -> bool:
        """Whether an address's text asks for exactly this value."""
        try:
            return math.isclose(float(raw), value, abs_tol=1e-12)
        except ValueError:
            return False


@dataclass(frozen=True)
class Choice:
    """One of a few named options."""

    name: str
    label: str
    options: Mapping[str, str]  # name in the code -> what the reader and the address see
    default: str
    help: str | None = None
    menu: bool = False  # a drop-down list, for more options than fit in a row
    former: Mapping[str, str] = field(default_factory=dict)  # labels of old links -> names

    def values(self) -> list[Any]:
        """Every value the control can take: the names of its options."""
        return list(self.options)

    def parse(self, raw: Any) -> str:
        """The option that a name or a label stands for; the default where it is neither."""
        if isinstance(raw, str):
            for name, label in self.options.items():
                if raw in (name, label) or self.former.get(raw) == name:
                    return name
        return self.default

    def text(self, value: str) -> str:
        """What an address says for this option: its label."""
        return self.options[value]

    joint = " "  # what stands between label and option: Activation Tanh

    @property
    def is_wide(self) -> bool:
        """Whether it is a menu with an option that wants more than half a phone."""
        return self.menu and max(map(len, self.options.values())) > _HALF_A_PHONE

    def shown(self, value: Any) -> str:
        """What the reader sees for this option."""
        return self.options[value]

    def means(self, raw: str, value: Any) -> bool:
        """Whether an address's text asks for this option."""
        return raw in (value, self.options[value]) or self.former.get(raw) == value


_BARE = {"None", "One", "All"}  # labels that say nothing without their control's


def _within(control: Range | Choice, value: Any) -> str:
    """What the reader sees for a value within a sentence; names of things keep their capitals."""
    said = control.shown(value)
    if isinstance(control, Choice) and not said[0].isdigit() and said not in _BARE:
        return said
    joint = " = " if isinstance(control, Choice) else control.joint
    said = f"{control.label}{joint}{said}"
    return said[0].lower() + said[1:] if said[1].islower() else said


def labels(records: Mapping[str, Any]) -> dict[str, str]:
    """The options of a `Choice` of named records, each of which has a label."""
    return {name: record.label for name, record in records.items()}


@dataclass(frozen=True)
class Preset:
    """A named setting, good, bad or a trap, with what it teaches, and where that is to be seen, if
    not where the others of its row are."""

    name: str
    verdict: str  # "good", "bad" or "trap"
    comment: str
    values: Mapping[str, Any]
    see: str = ""


@dataclass(frozen=True)
class Recall:
    """A question about the page before, and its answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class Panel:
    """The controls and presets of one page, and what it asks about the page before.

    `pins` are the controls that the main line of its main chart depends on: a pinned line is said
    by their values. `former` are controls of old links that are no more, each with what turns its
    text, beside the texts of the others, into texts of controls that there are.
    """

    page: str
    controls: tuple[Range | Choice, ...]
    presets: tuple[Preset, ...] = ()
    recall: Recall | None = None
    pins: tuple[str, ...] = ()
    former: Mapping[str, Callable[[str, Mapping[str, str]], dict[str, str]]] = field(
        default_factory=dict
    )

    def __getitem__(self, name: str) -> Range | Choice:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Range | Choice]:
        return {control.name: control for control in self.controls}

    def key(self, name: str) -> str:
        return f"{self.page}_{name}"

    def label(self, name: str) -> str:
        """A control's label; of two with one label, whose it is: “A: Depth”."""
        label = self[name].label
        twins = [control for control in self.controls if control.label == label]
        return f"{name.partition('_')[0].upper()}: {label}" if len(twins) > 1 else label

    def says(self, name: str, value: Any) -> str:
        """Control and value for who sees neither: “A: Depth = 20”, “Activation Tanh”."""
        control = self[name]
        return f"{self.label(name)}{control.joint}{control.shown(value)}"

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each control on a page that nobody has touched."""
        return {control.name: control.default for control in self.controls}

    def pin_text(self, pin: Mapping[str, Any]) -> str:
        """What an address says for a pinned line: w:0.6,activation:tanh."""
        return ",".join(f"{name}:{pin[name]}" for name in self.pins)

    def parse_pin(self, text: str) -> dict[str, Any] | None:
        """The values of a pinned line from what an address says; None where it is not one.

        Each of `pins` is there once, with a value that its control has.
        """
        said = [part.partition(":") for part in text.split(",")]
        if not self.pins or sorted(name for name, _, _ in said) != sorted(self.pins):
            return None
        pin = {name: self[name].parse(raw) for name, _, raw in said}
        return pin if all(self[name].means(raw, pin[name]) for name, _, raw in said) else None

    def pin_shown(self, pin: Mapping[str, Any], at: Any) -> str:
        """What the reader sees for a pinned line: the first of `pins`, and what differs now.

        `at` has the present values as attributes.
        """
        differs = [name for name in self.pins if getattr(at, name) != pin[name]]
        told = [name for name in self.pins if name == self.pins[0] or name in differs]
        return ", ".join(_within(self[name], pin[name]) for name in told)
