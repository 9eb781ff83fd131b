"""What is asked of features: where, when, how many; and which of them that is."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from ew4all.api.answers import bad_parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.api.features.table import Table

__all__ = ["BBOX", "DATETIME", "Box", "Span", "boxes_of", "selected", "span_of"]

_NUMBER: Final = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
BBOX: Final = rf"^\s*{_NUMBER}(\s*,\s*{_NUMBER}){{3}}((\s*,\s*{_NUMBER}){{2}})?\s*$"
_INSTANT: Final = r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[-+]\d\d:\d\d))?"
DATETIME: Final = rf"^({_INSTANT}|({_INSTANT}|\.\.)?/({_INSTANT}|\.\.)?)$"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Span:
    """Both ends belong to it; seconds since 1970, infinite where it is open."""

    begins: float
    ends: float


def boxes_of(text: str | None) -> list[Box] | None:
    """Return the boxes of a parameter `bbox`: two where it goes over the 180th meridian, None where there is none.

    Heights, of which six numbers tell, are not looked at: features lie on the ground.

    Raises
    ------
    Problem
        400: not four or six numbers, or no place on Earth.
    """
    if text is None:
        return None
    if not re.fullmatch(BBOX, text):
        raise bad_parameter(
            name="bbox", told=f"{text!r} is no box: write west,south,east,north in degrees"
        )
    numbers = [float(part) for part in text.split(",")]
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    if not all(math.isfinite(v) for v in numbers):
        raise bad_parameter(name="bbox", told=f"{text!r} holds a number that is too large")
    if max(abs(south), abs(north)) > 90.0 or max(abs(west), abs(east)) > 180.0:
        raise bad_parameter(
            name="bbox", told=f"{text!r} is not on Earth: longitudes go to 180 and latitudes to 90"
        )
    if south > north:
        raise bad_parameter(name="bbox", told=f"{text!r} has its south above its north")
    if west <= east:
        return [(west, south, east, north)]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def span_of(text: str | None) -> Span | None:
    """Return the span of a parameter `datetime`: an instant, or two with a stroke between, of which one may be open.

    A day without a time is that whole day, UTC.

    Raises
    ------
    Problem
        400: it is none.
    """
    if text is None:
        return None
    if not re.fullmatch(DATETIME, text) or text in {"/", "../..", "/..", "../"}:
        raise bad_parameter(name="datetime", told=_HOW.format(text))
    first, stroke, last = text.partition("/")
    begins, _ = _instant(first, -math.inf)
    _, ends = _instant(last if stroke else first, math.inf)
    if begins > ends:
        raise bad_parameter(name="datetime", told=f"{text!r} ends before it begins")
    return Span(begins, ends)


_HOW: Final = "{!r} is no time: write 2024-07-01T12:00:00Z, two of them with `/` between, or `..` for an open end"


def _instant(text: str, otherwise: float) -> tuple[float, float]:
    """Return the first and last second that are meant."""
    if text in {"", ".."}:
        return otherwise, otherwise
    try:
        time = dt.datetime.fromisoformat(text.upper())
        if time.tzinfo is not None:
            return time.timestamp(), time.timestamp()
        first = time.replace(tzinfo=dt.UTC).timestamp()
    except (ValueError, OverflowError):
        raise bad_parameter(name="datetime", told=_HOW.format(text)) from None
    return first, first + 86400.0 - 1e-6


def selected(
    table: Table, boxes: list[Box] | None, span: Span | None, own: Span | None = None
) -> NDArray[np.int64]:
    """Return the rows that are meant, in their order.

    Parameters
    ----------
    boxes
        A feature that is nowhere is in no box.
    own
        Time of all features together where they have no time of their own; None: they have none, and all are meant.
    """
    rows = np.arange(len(table), dtype=np.int64)
    if boxes is not None:
        hit = np.zeros(len(table), dtype=bool)
        for box in boxes:
            hit[table.tree.query(shapely.box(*box), predicate="intersects")] = True
        rows = rows[hit]
    if span is None:
        return rows
    if table.begins is not None and table.ends is not None:
        return rows[(table.begins[rows] <= span.ends) & (table.ends[rows] >= span.begins)]
    if own is not None and (own.begins > span.ends or own.ends < span.begins):
        return rows[:0]
    return rows
