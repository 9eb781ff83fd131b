"""Numbers of a feasibility document as people read them, and the words for its parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ew4all.report.rounding import people_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ew4all.planning.feasibility_costs import Range

__all__ = ["ANSWER_WORDS", "STEP_WORDS", "count_text", "exact_text", "money_text", "number_text", "range_text"]  # fmt: skip

STEP_WORDS: Final = {
    "in_area": "live in the country",
    "covered": "have a signal of some technology",
    "network_broadcasts": "are on a cell that broadcasts",
    "has_phone": "have a phone with them",
    "device_capable": "have one that can show a warning",
    "device_on": "have it switched on",
    "not_opted_out": "have not switched warnings off",
    "received": "receive the message where they are",
    "noticed": "notice it",
}
"""Steps of the waterfall, as they follow 'of the people ...'."""

ANSWER_WORDS: Final = {"yes": "yes", "partly": "partly", "no": "no", "unknown": "not known"}


def number_text(value: float) -> str:
    """Return a number with three significant digits and thousands separators.

    >>> number_text(1_536_475.0), number_text(44.87), number_text(0.0), number_text(0.0421)
    ('1,540,000', '44.9', '0', '0.0421')
    """
    if value == 0.0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    # Rounding may have made a digit more: 99.96 is 100.
    places = 2 - math.floor(math.log10(abs(rounded)))
    text = f"{rounded:,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact_text(value: float) -> str:
    """Return a number with all its digits and thousands separators: what was put in stands there as it was put in.

    >>> exact_text(17_350.0), exact_text(0.765), exact_text(1_500_000.0)
    ('17,350', '0.765', '1,500,000')
    """
    return f"{value:,.12g}"


def range_text(found: Range | None, form: Callable[[float], str], none: str = "not known") -> str:
    """Return a figure and its range, as one number where both ends are the same."""
    if found is None:
        return none
    value, low, high = (form(v) for v in (found.value, found.low, found.high))
    return value if low == value == high else f"{value} ({low} to {high})"


def money_text(found: Range | None) -> str:
    """Return a sum of money with its range."""
    return range_text(found, number_text, "no price")


def count_text(found: Range | None) -> str:
    """Return people with their range."""
    return range_text(found, people_text)
