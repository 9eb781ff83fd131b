"""Ages in the names of groups: ``75+``, ``18-34``, ``women_75_plus``, ``f_75``."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPAN: Final = re.compile(r"(?<!\d)(\d{1,3})\s*(?:-|\u2013|_|to)\s*(\d{1,3})(?!\d)")
_OPEN: Final = re.compile(r"(?<!\d)(\d{1,3})\s*(?:\+|_?plus\b|_and_over\b)")


def ages_of(name: str) -> tuple[float, float] | None:
    """Return the youngest age and the age that nobody has reached yet, years; None where the name tells no ages."""
    span = _SPAN.search(name)
    if span and int(span[1]) < int(span[2]):
        return float(span[1]), float(span[2]) + 1.0
    over = _OPEN.search(name)
    return (float(over[1]), math.inf) if over else None


def factors_of(
    name: str, table: Mapping[tuple[float, float], Mapping[str, float]]
) -> Mapping[str, float]:
    """Return the factors of the ages that a group lies in; none where its name tells no ages, or ages of several rows."""
    ages = ages_of(name)
    if ages is not None:
        for (youngest, beyond), factors in table.items():
            if youngest <= ages[0] and ages[1] <= beyond:
                return factors
    return {}
