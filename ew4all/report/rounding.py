"""Numbers as people read them: people with no more digits than they are worth, things with their word."""

from __future__ import annotations

import math

__all__ = ["counted", "people_text", "share_text"]

_DIGITS = 3


def counted(number: int, thing: str) -> str:
    """Return how many things there are, the word in the plural where they are not one.

    >>> counted(1, "page"), counted(2, "page"), counted(0, "segment")
    ('1 page', '2 pages', '0 segments')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def people_text(people: float) -> str:
    """Return a count with three significant digits and thousands separators.

    A population grid is rarely better than some per cent. Less than one person, but not nobody, is ``"<1"``.

    >>> people_text(54614.2), people_text(98.4), people_text(0.2), people_text(0.0)
    ('54,600', '98', '<1', '0')
    """
    if not math.isfinite(people) or people < 0.0:
        return "?"
    if people == 0.0:
        return "0"
    if people < 1.0:
        return "<1"
    places = _DIGITS - 1 - math.floor(math.log10(people))
    return f"{round(people, min(places, 0)):,.0f}"


def share_text(part: float, whole: float) -> str:
    """Return a share in per cent; ``"-"`` where there is no whole.

    What is not quite nothing or everything never reads as 0 % or 100 %.

    >>> share_text(1.0, 3.0), share_text(0.001, 3.0), share_text(2.999, 3.0), share_text(0.0, 0.0)
    ('33 %', '<1 %', '>99 %', '-')
    """
    if not whole > 0.0 or not math.isfinite(part / whole):
        return "-"
    share = part / whole
    if 0.0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1.0:
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")
