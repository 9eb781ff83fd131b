"""The word that everything made in an exercise carries, and what nothing made in one may say."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MARK", "claims_to_be_real", "marked"]

MARK: Final = "EXERCISE"
"""Stands on every screen, message and file of an exercise, in this form in every language."""

_AT_START: Final = re.compile(rf"\s*\W*{MARK}\b")
_AT_END: Final = re.compile(rf"\b{MARK}\W*\s*$")
_LIVE: Final = re.compile(r"status\W{0,12}actual\b", re.IGNORECASE)


def marked(text: str, *, at_end: bool = False) -> str:
    """Return a text that begins with the mark and, where asked for, ends with it; what carries it already stays as it is.

    >>> marked("The river is rising.", at_end=True)
    'EXERCISE: The river is rising. EXERCISE'
    """
    out = text if _AT_START.match(text) else f"{MARK}: {text}"
    return out if not at_end or _AT_END.search(out) else f"{out.rstrip()} {MARK}"


def claims_to_be_real(text: str) -> bool:
    """Return whether a text gives an alert the CAP status of real ones, as XML, JSON or in words.

    >>> claims_to_be_real("<status>Actual</status>"), claims_to_be_real("the actual level of the river")
    (True, False)
    """
    return _LIVE.search(text) is not None
