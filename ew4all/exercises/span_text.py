"""Times as text, so that what is written is read as the same number of seconds."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["clock_text", "plain_number", "span_text"]


def plain_number(value: float) -> str:
    """Return a number without an exponent, exactly."""
    return format(Decimal(repr(float(value))), "f").removesuffix(".0")


def span_text(seconds: float) -> str:
    """Return a duration as files have it: ``1 h 30 min``, ``90 s``; `ew4all.scenario.values.duration_s` reads it exactly.

    >>> span_text(5400.0), span_text(0.0), span_text(45.5)
    ('1 h 30 min', '0 s', '45.5 s')
    """
    if seconds == 0 or seconds % 60 or seconds < 0:
        return f"{plain_number(seconds)} s"
    hours, minutes = divmod(int(seconds) // 60, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])


def clock_text(seconds: float) -> str:
    """Return an exercise time as screens and lists show it, ``T+1:30`` or ``T+0:00:45``."""
    whole = round(seconds)
    sign, whole = ("-", -whole) if whole < 0 else ("+", whole)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"T{sign}{hours}:{minutes:02}" + (f":{left:02}" if left else "")
