"""Kinds of values in a scenario: durations, moments, shares, files."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "InputFile",
    "Moment",
    "Name",
    "Positive",
    "Seconds",
    "Share",
    "Zero",
    "date_of",
    "duration_s",
]

UNITS_S: Final = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip
_PART: Final = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]+)\s*")
_DURATION: Final = (
    r"^\s*[+-]?(\s*\d+(\.\d*)?\s*(s|sec|seconds?|min|mins|minutes?|h|hours?|d|days?))+\s*$"
)
_DEMO_FILE: Final = re.compile(r"demo:[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z0-9]+")
_CLOCK: Final = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_HOW: Final = "write a duration with its unit, such as 90 s, 15 min, 1 h 30 min or 2 d"


def duration_s(value: Any) -> float:
    """Return the seconds in a text such as ``1 h 30 min``; a bare 0 is 0, other bare numbers have no unit and are refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        msg = f"{value!r} is no duration; {_HOW}"
        raise ValueError(msg)  # noqa: TRY004 - pydantic collects errors of values
    if isinstance(value, int | float):
        if value == 0:
            return 0.0
        msg = f"{value:g} has no unit of time; {_HOW}"
        raise ValueError(msg)
    text = value.strip()
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text.lstrip("+-")
    if rest.strip() in {"0", "0.0"}:
        return 0.0
    total, at = 0.0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or part[2].lower() not in UNITS_S:
            msg = f"{value!r} is no duration; {_HOW}"
            raise ValueError(msg)
        total += float(part[1]) * UNITS_S[part[2].lower()]
        at = part.end()
    if not rest:
        msg = f"an empty text is no duration; {_HOW}"
        raise ValueError(msg)
    return sign * total


def date_of(value: Any) -> datetime:
    """Return a moment on the calendar; its offset from UTC must be told."""
    try:
        moment = datetime.fromisoformat(str(value).strip().replace(" -", "-").replace(" +", "+"))
    except ValueError as error:
        msg = f"{value!r} is no date and time; write 2024-07-01T08:00-04:00"
        raise ValueError(msg) from error
    if moment.tzinfo is None:
        msg = f"{value!r} does not say the offset from UTC; write 2024-07-01T08:00-04:00, or end it with Z for UTC"
        raise ValueError(msg)
    return moment


def _span(value: Any) -> float:
    seconds = duration_s(value)
    if seconds < 0:
        msg = f"{value!r} is negative; a duration is 0 or more"
        raise ValueError(msg)
    return seconds


def _positive(value: Any) -> float:
    seconds = _span(value)
    if seconds <= 0:
        msg = f"{value!r} is not possible here; it must be longer than 0"
        raise ValueError(msg)
    return seconds


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"^\s*\d{4}-\d\d-\d\d", value) is not None


def _moment(value: Any, info: ValidationInfo) -> float:
    if _is_date(value):
        zero = (info.context or {}).get("zero")
        moment = date_of(value)
        if zero is None:
            msg = f"{value!r} is a date, but the scenario's zero has none; give run.zero a date, or write a time after zero such as 2 h"
            raise ValueError(msg)
        return float((moment - zero).total_seconds())
    try:
        return duration_s(value)
    except ValueError as error:
        msg = f"{value!r} is no moment; write a time after the scenario's zero such as 2 h or -30 min, or a date such as 2024-07-01T08:00-04:00"
        raise ValueError(msg) from error


def _zero(value: Any) -> str:
    if isinstance(value, str) and _CLOCK.match(value.strip()):
        return value.strip()
    if _is_date(value):
        return date_of(value).isoformat()
    msg = f'{value!r} is no moment; write a local time of day such as "09:00", or a date with its offset such as 2024-07-01T08:00-04:00'
    raise ValueError(msg)


def zero_date(value: str) -> datetime | None:
    """Return the date of a scenario's zero, in UTC; None where it is only a time of day."""
    return None if _CLOCK.match(value) else date_of(value).astimezone(UTC)


def zero_hour(value: str) -> float:
    """Return the local time of day of a scenario's zero, hours 0..24."""
    clock = _CLOCK.match(value)
    if clock:
        return int(clock[1]) + int(clock[2]) / 60.0
    moment = date_of(value)
    return moment.hour + moment.minute / 60.0 + moment.second / 3600.0


def _file(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not value.strip():
        msg = f"{value!r} is no file; write its path, relative to this file"
        raise ValueError(msg)
    text = value.strip()
    context = info.context or {}
    if context.get("files") is not None:
        return _of_service(text, context)
    if text.startswith("demo:"):
        folder = context.get("demo")
        if folder is None:
            msg = f"{text!r} is a file of a demo, but the scenario names none; add `demo: grenada`"
            raise ValueError(msg)
        return _existing(Path(folder) / text.removeprefix("demo:").strip(), text)
    if "://" in text or text.startswith("/vsi"):
        return text
    path = Path(text).expanduser()
    folder = context.get("folder")
    if not path.is_absolute() and folder is not None:
        path = Path(folder) / path
    return _existing(path, text)


def _of_service(text: str, context: Mapping[str, Any]) -> str:
    """Return the path of a reference. No text of a client becomes a path: it is a key, or the plain name of a file of the demo."""
    reference = re.split(r"[|#]", text, maxsplit=1)[0].strip()
    rest = text[len(reference) :]
    known: Mapping[str, str] = context["files"]
    folder = context.get("demo")
    if reference in known:
        return known[reference] + rest
    if folder is not None and _DEMO_FILE.fullmatch(reference):
        return _existing(Path(folder) / reference.removeprefix("demo:"), text)
    msg = f"{text!r} is no file of this service; write upload:ID, layer:ID or demo:NAME of one that is there"
    raise ValueError(msg)


def _existing(path: Path, given: str) -> str:
    # A layer is named behind `|`, a column behind `#`.
    file = Path(str(path).partition("|")[0])
    if not file.exists() and not Path(str(file).partition("#")[0]).exists():
        msg = f"there is no file {given} (looked for {os.fspath(file)}); paths are relative to the scenario's file"
        raise ValueError(msg)
    return os.path.normpath(path)


Seconds = Annotated[
    float, BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"const": 0}, {"type": "string", "pattern": _DURATION}], "examples": ["15 min", "1 h 30 min"]}),
]  # fmt: skip
"""A duration, in seconds once it is read."""

Positive = Annotated[
    float, BeforeValidator(_positive),
    WithJsonSchema({"type": "string", "pattern": _DURATION, "examples": ["60 s", "6 h"]}),
]  # fmt: skip
"""A duration longer than 0."""

Moment = Annotated[
    float, BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": 0},
                {"type": "string", "pattern": _DURATION},
                {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[T ]"},
            ],
            "examples": ["2 h", "-30 min", "2024-07-01T08:00-04:00"],
        }
    ),
]  # fmt: skip
"""A time after the scenario's zero or a date, in seconds after zero once it is read."""

Zero = Annotated[
    str, BeforeValidator(_zero),
    WithJsonSchema({"type": "string", "examples": ["09:00", "2024-07-01T08:00-04:00"]}),
]  # fmt: skip
"""The scenario's zero: a local time of day, or a date with its offset from UTC."""

InputFile = Annotated[
    str, BeforeValidator(_file),
    WithJsonSchema({"type": "string", "minLength": 1, "description": "path, relative to the scenario's file; demo:NAME is a file of the demo"}),
]  # fmt: skip
"""A file that exists, as a path that is good anywhere once it is read."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A fraction 0..1."""

Name = Annotated[str, Field(min_length=1)]
