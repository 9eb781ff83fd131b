"""How often a message is broadcast in the life of its alert, where nobody says it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from ew4all.alerts.cbs import MAX_BROADCASTS, broadcasts
from ew4all.alerts.wire.request import MAX_REPETITION_S
from ew4all.errors import MessageError

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
        The end is not after the beginning, a time has no zone, or the life is longer than can be
        asked for (272 years).
    """
    life_s = (end - start).total_seconds()
    period_s = max(DEFAULT_REPETITION_S, math.ceil(life_s / (MAX_BROADCASTS - 1)))
    if period_s > MAX_REPETITION_S:
        msg = (
            f"the alert lasts from {start.isoformat()} until {end.isoformat()}, which is {life_s / 86400.0:,.0f} days: "
            f"{MAX_BROADCASTS} broadcasts, at most {MAX_REPETITION_S} s apart, cannot fill them; correct expires"
        )
        raise MessageError(msg)
    return period_s, broadcasts(period_s, start, end)
