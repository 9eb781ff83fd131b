"""How large an exercise may be: far more than anybody has played, and little enough for one page."""

from __future__ import annotations

from typing import Final

__all__ = ["LONGEST_LINE", "LONGEST_S", "LONGEST_TEXT", "MOST_INJECTS", "MOST_SPEED", "MOST_TEAMS"]

MOST_SPEED: Final = 120.0
"""Seconds of exercise time in a second of the room."""

LONGEST_S: Final = 7 * 86400.0
"""Exercise time, seconds."""

MOST_INJECTS: Final = 1000
MOST_TEAMS: Final = 60

LONGEST_LINE: Final = 300
"""Characters of a title, name or identifier."""

LONGEST_TEXT: Final = 20_000
"""Characters of a text."""
