"""Whether a number has a meaning where it stands; if not, a ValueError that says so."""

from math import isfinite
from typing import Any


def whole(name: str, value: Any, least: int) -> int:
    """The value as an int: a whole number of at least `least`, and no bool."""
    is_number = isinstance(value, int | float) or hasattr(value, "__index__")
    if isinstance(value, bool) or not (
        is_number and isfinite(value) and value == int(value) and value >= least
    ):
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return int(value)
