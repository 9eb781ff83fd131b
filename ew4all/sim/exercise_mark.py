"""The word that everything made in an exercise carries, and what nothing made in one may say."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

__all__ = ["MARK", "claims_to_be_real", "marked"]

MARK: Final = "EXERCISE"
"""Stands on every screen, message and file of an exercise, in this form in every language."""

_AT_START: Final = re.compile(rf"\s*\W*{MARK}\b")
_AT_END: Final = re.compile(rf"\b{MARK}\W*\s*$")
_LIVE: Final = re.compile(
    r"(?:status[\W_]{0,12}|<(?:\w+:)?status\b[^>]{0,200}>\s?)actual(?![a-z])", re.IGNORECASE
)
_ESCAPE: Final = re.compile(r"\\u\{?([0-9A-Fa-f]{4})\}?|\\x([0-9A-Fa-f]{2})")
_UNREAD: Final = re.compile(r"<!\[CDATA\[|\]\]>|<!--.*?-->", re.DOTALL)
_READINGS: Final = 3
"""How often a text is unpacked: an escape of an escape of an escape is nobody's alert any more."""


def marked(text: str, *, at_end: bool = False) -> str:
    """Return a text that begins with the mark and, where asked for, ends with it; what carries it already stays as it is.

    >>> marked("The river is rising.", at_end=True)
    'EXERCISE: The river is rising. EXERCISE'
    """
    out = text if _AT_START.match(text) else f"{MARK}: {text}"
    return out if not at_end or _AT_END.search(out) else f"{out.rstrip()} {MARK}"


def claims_to_be_real(text: str) -> bool:
    r"""Return whether a text gives an alert the CAP status of real ones, as XML, JSON or in words.

    >>> claims_to_be_real("<status>Actual</status>"), claims_to_be_real("the actual level of the river")
    (True, False)
    >>> claims_to_be_real("<status>&#65;ctual</status>"), claims_to_be_real(r'{"status": "\u0041ctual"}')
    (True, True)
    """
    return any(_LIVE.search(one) is not None for one in _readings(text))


def _readings(text: str) -> list[str]:
    """Return a text as it stands, and as whoever reads XML or JSON has it: no escapes, comments, or letters that nobody sees."""
    found = [text]
    for _ in range(_READINGS):
        plain = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), html.unescape(found[-1]))
        plain = unicodedata.normalize("NFKC", _UNREAD.sub("", plain))
        plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
        plain = " ".join(plain.split())
        if plain == found[-1]:
            break
        found.append(plain)
    return found
