"""How a run's channels, steps and reasons are called in tables and pictures."""

from __future__ import annotations

import math
from typing import Final

__all__ = [
    "CHANNEL_WORDS",
    "LOSS_WORDS",
    "STEP_WORDS",
    "channel_word",
    "clock_text",
    "duration_text",
]

CHANNEL_WORDS: Final = {
    "any": "Any channel",
    "cell_broadcast": "Cell broadcast",
    "location_sms": "SMS by place",
    "address_sms": "SMS to numbers",
    "sms": "SMS",
    "siren": "Sirens",
    "radio": "Radio",
    "tv": "Television",
    "app": "Warning app",
    "web_push": "Web push",
    "word_of_mouth": "Word of mouth",
}

STEP_WORDS: Final = {
    "at_risk": "At risk",
    "in_area": "In the warning area",
    "has_signal": "With a signal",
    "on_air": "Message on air",
    "has_receiver": "With a receiver",
    "received": "Received",
    "noticed": "Warned",
    "in_time": "Warned in time",
}
"""Who is left at each step of the waterfall."""

LOSS_WORDS: Final = {
    "outside_area": "outside the warning area, and nothing on air there",
    "no_signal": "no mobile signal, and no other channel on air there",
    "not_on_air": "signal, but the message was not on air there",
    "no_receiver": "on air, but no device that takes it",
    "not_received": "device off or out of service, or not listening",
    "not_noticed": "received, but not noticed",
    "too_late": "warned, but too late to act before the hazard arrives",
}
"""Why people are lost, in the order of the waterfall."""


def channel_word(name: str) -> str:
    """Return a channel as people call it.

    >>> channel_word("location_sms"), channel_word("town_crier")
    ('SMS by place', 'Town crier')
    """
    return CHANNEL_WORDS.get(name, name.replace("_", " ").capitalize())


def duration_text(seconds: float) -> str:
    """Return a time span as people say it.

    >>> duration_text(47.0), duration_text(95.0), duration_text(5850.0), duration_text(math.inf)
    ('47 s', '2 min', '1 h 38 min', 'never')
    """
    if not math.isfinite(seconds):
        return "never"
    if seconds < 60.0:
        return f"{seconds:.0f} s" if round(seconds) < 60 else "1 min"
    minutes = round(seconds / 60.0)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{minutes / 1440:.1f} days"
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def clock_text(zero_hour: float, seconds: float) -> str:
    """Return the local time of day; the day is added where it is not the first.

    >>> clock_text(6.0, 7200.0), clock_text(22.5, 7200.0)
    ('08:00', '00:30 (day 2)')
    """
    minutes = math.floor(zero_hour * 60.0 + seconds / 60.0 + 0.5)
    day, rest = divmod(minutes, 1440)
    text = f"{rest // 60:02d}:{rest % 60:02d}"
    return text if day == 0 else f"{text} (day {day + 1})"
