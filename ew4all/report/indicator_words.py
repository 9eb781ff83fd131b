"""Values of indicators as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ew4all.indicator_results import Indicator

__all__ = ["ANSWER_SIGNS", "VIEWS", "number_words", "value_words"]

VIEWS: Final = {
    "sendai": "Sendai Framework, G-3",
    "multi": "Several channels (ITU)",
    "reach": "Theoretical coverage beside people reached",
    "pillar3": "Early Warnings for All, pillar 3",
}
"""Views in the order of the page."""

ANSWER_SIGNS: Final = {"yes": "● yes", "partly": "◐ partly", "no": "○ no", "unknown": "– not known"}
"""Answers told apart without colour."""


def number_words(value: float, unit: str) -> str:
    """Return a value in the words of its unit: what is not quite nothing or everything never reads as that.

    >>> number_words(93324.04, "people per 100,000"), number_words(0.7867, "share of people"), number_words(-0.0607, "share of people")
    ('93,300', '79 %', '−6 %')
    """
    if not unit.startswith("share"):
        return f"{float(f'{value:.3g}'):,.0f}" if value >= 1.0 or value == 0.0 else f"{value:.2g}"
    if 0.0 < value < 0.005:
        return "<1 %"
    if 0.995 <= value < 1.0:
        return ">99 %"
    said = f"{abs(value):.0%}".replace("%", " %")
    return f"−{said}" if value <= -0.005 else said


def value_words(one: Indicator) -> str:
    """Return the value of an indicator, its bounds, or that it cannot be told."""
    unit = one.definition.unit
    if one.value is not None:
        return number_words(one.value, unit)
    if one.low is not None and one.high is not None and math.isfinite(one.high):
        return f"{number_words(one.low, unit)} to {number_words(one.high, unit)}"
    return "cannot be told"
