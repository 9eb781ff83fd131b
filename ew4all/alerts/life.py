"""How often a message is broadcast in the life of its alert, where nobody says it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from ew4all.alerts.cbs import MAX_BROADCASTS, broadcasts

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["DEFAULT_LIFE", "DEFAULT_REPETITION_S", "schedule"]

DEFAULT_REPETITION_S = 60
"""Repetition period where nobody gives one. No standard names a value; ours."""

DEFAULT_LIFE = timedelta(hours=1)
"""How long an alert without `expires` is broadcast. CAP 1.2 leaves it to the recipient; ours."""


def schedule(start: datetime, end: datetime) -> tuple[int, int]:
    """Return the repetition period in seconds and the number of broadcasts of a life.

    The period is the default, or longer where more broadcasts would be needed than can be asked for.

    Raises
    ------
    MessageError
        The end is not after the beginning, or a time has no zone.
    """
    life_s = (end - start).total_seconds()
    period_s = max(DEFAULT_REPETITION_S, math.ceil(life_s / (MAX_BROADCASTS - 1)))
    return period_s, broadcasts(period_s, start, end)
