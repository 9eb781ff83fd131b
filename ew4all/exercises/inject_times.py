"""Times in lists of injects: after the start, of the day, as dates, as numbers of a spreadsheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from ew4all.errors import OptionError
from ew4all.scenario.values import duration_s

__all__ = ["Clock", "clock_of", "may_be_of_day", "seconds_of", "span_of"]

_UNIT_S: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
_DAY_S: Final = 86400.0
_COLON: Final = re.compile(r"(\d{1,3})\s*[:hH]\s*([0-5]\d)(?:\s*:\s*([0-5]\d(?:\.\d+)?))?")
_AFTER: Final = re.compile(r"^\s*(?:[TtHh]\s*\+|\+)\s*")
_OF_DAY: Final = re.compile(r"([01]\d|2[0-3])([0-5]\d)")
_SERIAL_DATE: Final = 20_000.0
"""Days since 1899 or 1904 from which on a bare number looks like a date: 1954."""

_YEAR_OF_SPANS: Final = 1900


@dataclass(frozen=True, slots=True)
class Clock:
    """How times of a list are meant.

    Attributes
    ----------
    starts
        Time of day, or date and time, at which the exercise begins; where it is None, times such as 1:30 are after the start.
    unit
        Of bare numbers, where their column does not say: ``s``, ``min`` or ``h``.
    epoch
        Day 0 of the spreadsheet's dates.
    """

    starts: time | datetime | None = None
    unit: str | None = None
    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zones


def clock_of(starts: str | None, unit: str | None = None) -> Clock:
    """Return how times are meant, from options of the command line.

    Raises
    ------
    OptionError
        A start that is no time, or a unit that is none.
    """
    if unit is not None and unit not in _UNIT_S:
        msg = f"--time-unit {unit}: bare numbers are s, min or h"
        raise OptionError(msg)
    if starts is None:
        return Clock(unit=unit)
    text = starts.strip()
    for read in (time.fromisoformat, datetime.fromisoformat):
        try:
            found = read(text)
        except ValueError:
            continue
        return Clock(found.replace(tzinfo=None), unit)
    msg = f"--starts {starts}: write the time of day at which the exercise begins, such as 08:30, or a date with it, such as 2026-11-27T08:30"
    raise OptionError(msg)


def seconds_of(value: Any, clock: Clock, unit: str | None = None) -> float:
    """Return an exercise time, seconds after the start.

    Parameters
    ----------
    value
        What a cell holds: text, number, time, date or duration.
    unit
        Of bare numbers, as the header of the column says.

    Raises
    ------
    ValueError
        It cannot be told which moment is meant; the message says what to do.
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return _on(value, clock)
    if isinstance(value, date):
        return _on(datetime(value.year, value.month, value.day), clock)  # noqa: DTZ001
    if isinstance(value, time):
        return _at(_of_day(value), clock)
    if isinstance(value, bool):
        msg = f"{value} is no time; write 1:30, T+1:30 or 90 min"
        raise ValueError(msg)  # noqa: TRY004 - told with its cell
    if isinstance(value, int | float):
        return _number(float(value), clock, unit)
    return _text(str(value).strip(), clock, unit)


def may_be_of_day(value: Any, clock: Clock) -> bool:
    """Return whether a value, such as 09:00, may be a time of the day that was taken for one after the start, as no start is known."""
    if clock.starts is not None:
        return False
    return isinstance(value, time) or (
        isinstance(value, str) and bool(_COLON.fullmatch(value.strip()))
    )


def span_of(value: Any, unit: str | None = None) -> float:
    """Return a duration, seconds: as `seconds_of`, but never a time of day."""
    if isinstance(value, time):
        return _of_day(value)
    return seconds_of(value, Clock(), unit)


def _text(text: str, clock: Clock, unit: str | None) -> float:
    after = _AFTER.match(text)
    rest = text[after.end() :] if after else text
    found = _COLON.fullmatch(rest)
    if found:
        seconds = int(found[1]) * 3600.0 + int(found[2]) * 60.0 + float(found[3] or 0.0)
        return seconds if after or clock.starts is None else _at(seconds, clock)
    if re.fullmatch(r"\d+(\.\d+)?", rest):
        if after and text.lstrip()[0] in "hH":
            return float(rest) * 3600.0
        of_day = _OF_DAY.fullmatch(rest)
        if of_day and clock.starts is not None and not after:
            return _at(int(of_day[1]) * 3600.0 + int(of_day[2]) * 60.0, clock)
        return _number(float(rest), clock, unit)
    if (moment := _date(rest)) is not None:
        return _on(moment, clock)
    try:
        return duration_s(rest)
    except ValueError:
        msg = f"{text[:60]!r} is no time; write it after the start, as 1:30, T+1:30, 90 min or 1 h 30 min"
        raise ValueError(msg) from None


def _date(text: str) -> datetime | None:
    """Return the local date and time that a text says; None where it says none."""
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _number(value: float, clock: Clock, unit: str | None) -> float:
    known = unit or clock.unit
    if known is not None:
        return value * _UNIT_S[known]
    if value == 0:
        return 0.0
    if value >= _SERIAL_DATE:
        return _on(clock.epoch + timedelta(days=value), clock)
    if 0 < value < 1:
        msg = (
            f"{value:g} may be a share of a day without the format of a time; format the column as a time (h:mm), or name its unit in the "
            "header, as in `Time (min)`, or with --time-unit"
        )
        raise ValueError(msg)
    msg = f"{value:g} has no unit of time; name it in the header, as in `Time (min)`, or with --time-unit s, min or h"
    raise ValueError(msg)


def _of_day(value: time) -> float:
    return value.hour * 3600.0 + value.minute * 60.0 + value.second + value.microsecond / 1e6


def _at(seconds: float, clock: Clock) -> float:
    """Return the exercise time of a time of day, the next after the start; or after the start itself where no start is known."""
    if clock.starts is None:
        return seconds
    starts = clock.starts.time() if isinstance(clock.starts, datetime) else clock.starts
    return (seconds - _of_day(starts)) % _DAY_S


def _on(moment: datetime, clock: Clock) -> float:
    if moment.year <= _YEAR_OF_SPANS:  # a duration of over a day that is shown as a time of day
        return (moment - datetime(1899, 12, 31)).total_seconds()  # noqa: DTZ001
    if not isinstance(clock.starts, datetime):
        msg = f"{moment.isoformat(' ', 'minutes')} is a date; say when the exercise begins with --starts {moment.date().isoformat()}T08:00"
        raise ValueError(msg)  # noqa: TRY004 - told with its cell
    seconds = (moment - clock.starts).total_seconds()
    if seconds < 0:
        msg = f"{moment.isoformat(' ', 'minutes')} lies before the start of the exercise, {clock.starts.isoformat(' ', 'minutes')}"
        raise ValueError(msg)
    return seconds
