"""Texts of a CAP file as values: times, numbers, words, references, polygons, circles.

Each function gets the text with blanks at its ends removed and a `report` that takes a code of
`ew4all.alerts.cap_codes` and a message. It returns None where the text cannot be read at all; a
value that breaks a rule but can be read one way only is returned.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from ew4all.alerts.cap import Circle, Polygon, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float64
    from numpy.typing import NDArray

    Report = Callable[[str, str], None]

__all__ = [
    "Pairs",
    "circle",
    "number",
    "polygon",
    "quoted",
    "references",
    "short",
    "time",
    "whole_number",
]

# Characters of a list of references, addresses or incidents: 2,000 references have about as many.
MOST_CHARACTERS = 200_000

# xs:dateTime with the pattern of the CAP schema, and what else people write.
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}:[0-9]{2})(\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)
# As it must be; whether such a moment exists is seen by datetime.
_PLAIN_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-](?:0[0-9]|1[0-3]):[0-5][0-9]"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r'"([^"]*)"(?=\s|$)|([^\s"]+)(?=\s|$)')
# Characters from which on a polygon is read as an array: shorter ones are quicker one by one.
_LONG = 4_000
_OF_NUMBERS = b"0123456789+-.eE"
# Half the circumference of a sphere with the equatorial radius of WGS 84.
_HALF_EARTH_KM = 20_037.6


class Pairs(NamedTuple):
    """Points as (latitude, longitude), and the least and largest of both, in degrees.

    `points` is an array (n, 2) where there are many.
    """

    points: tuple[tuple[float, float], ...] | NDArray[float64]
    lats: tuple[float, float]
    lons: tuple[float, float]


def short(text: str) -> str:
    """Quote a text for a message, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def time(text: str, report: Report, *, version: str = "1.2") -> datetime | None:
    """Return a time with its offset. CAP 1.0 and 1.1 allow fractions of a second, 1.0 the letter Z.

    References
    ----------
    CAP 1.2 section 3.3.2: offset in digits, never a letter; the schema: whole seconds.
    """
    if _PLAIN_TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    match = _TIME.fullmatch(text)
    if match is None:
        report("cap.time.form", f"{short(text)} is no time with seconds and an offset from UTC")
        return None
    date, hours, rest, fraction, zone = match.groups()
    if zone is None:
        report("cap.time.zone", f"{short(text)} does not say its offset from UTC")
        return None
    try:
        moment = datetime.fromisoformat(f"{date}T{'00' if hours == '24' else hours}:{rest}")
        if hours == "24":  # the end of a day in xs:dateTime
            if rest != "00:00" or (fraction or "").strip(".0"):
                raise ValueError  # noqa: TRY301
            moment += timedelta(days=1)
        offset = _offset(zone)
    except (ValueError, OverflowError):
        report("cap.time.form", f"{short(text)} is not a time that exists")
        return None
    if zone == "Z":
        code = "cap.time.letter_old" if version == "1.0" else "cap.time.letter"
        report(code, f"{short(text)} ends in Z")
    if fraction is not None:
        if version == "1.2":
            report("cap.time.fraction", f"{short(text)} has a fraction of a second")
        moment = moment.replace(microsecond=int(fraction[1:7].ljust(6, "0")))
    return moment.replace(tzinfo=offset)


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    # xs:dateTime knows offsets of up to 14 hours.
    if int(zone[4:6]) > 59 or minutes > 14 * 60:
        raise ValueError
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))


def number(text: str, report: Report) -> float | None:
    """Return a decimal number (xs:decimal: no exponent)."""
    # The smallest double has 1,100 characters without an exponent.
    if len(text) <= 2_000 and _NUMBER.fullmatch(text):
        return float(text)
    report("cap.number", f"{short(text)} is no number")
    return None


def whole_number(text: str, report: Report) -> int | None:
    """Return a whole number (xs:integer)."""
    if re.fullmatch(r"[+-]?[0-9]{1,300}", text):
        return int(text)
    report("cap.number", f"{short(text)} is no whole number")
    return None


def quoted(text: str, report: Report) -> tuple[str, ...] | None:
    """Return words that are separated by blanks; a word with blanks stands in quotation marks."""
    if _too_long(text, report):
        return None
    if '"' not in text:
        return tuple(text.split())
    words, at = [], 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            report("cap.quotes", f"the quotation marks of {short(text)} do not match")
            return None
        words.append(match[2] if match[1] is None else match[1])
        at = match.end()
        while at < len(text) and text[at].isspace():
            at += 1
    return tuple(words)


def _too_long(text: str, report: Report) -> bool:
    if len(text) > MOST_CHARACTERS:
        report("limit.list", f"the list has {len(text):,} characters")
    return len(text) > MOST_CHARACTERS


def references(text: str, report: Report, *, version: str = "1.2") -> tuple[Reference, ...] | None:
    """Return the messages named by ``sender,identifier,sent``, separated by blanks."""
    if _too_long(text, report):
        return None
    found = []
    lost = False
    for token in text.split():
        parts = token.split(",")
        if len(parts) != 3 or not all(parts):
            report("cap.references.syntax", f"{short(token)} is not sender,identifier,sent")
            lost = True
            continue
        sent = time(parts[2], report, version=version)
        if sent is None:
            lost = True
        else:
            found.append(Reference(parts[0], parts[1], sent))
    return None if lost else tuple(found)


def polygon(text: str, report: Report) -> Polygon | None:
    """Return the ring of ``"lat,lon lat,lon ..."``, in degrees."""
    pairs = _quick(text) or _slow(text, report)
    if pairs is None:
        return None
    points, (south, north), (west, east) = pairs
    if isinstance(points, tuple):
        ring, few = Polygon(points), points
    else:
        # The first three, and the last, mostly say all that is asked.
        ring = Polygon.of_array(points)
        few = tuple((lat, lon) for lat, lon in [*points[:3].tolist(), *points[-1:].tolist()])
    if max(north, -south) > 90.0 or max(east, -west) > 180.0:
        _range(ring.points, pairs, report)
    if ring.vertices < 4:
        message = f"{ring.vertices} pairs; four are needed, the last the first"
        report("cap.polygon.pairs", message)
    elif few[0] != few[-1]:
        first, last = (f"{lat},{lon}" for lat, lon in (few[0], few[-1]))
        report("cap.polygon.open", f"the first pair is {first} and the last {last}")
    elif _flat(few) and (few is points or _flat(ring.points)):
        report("cap.polygon.flat", "all pairs lie on one line")
    return ring


def _quick(text: str) -> Pairs | None:
    """Return the points of a text that is written as it must be; None if in doubt."""
    if not text.isascii():
        return None
    letters = text.encode()
    if len(letters) >= _LONG:
        from ew4all.alerts.cap_numbers import quick_pairs

        pairs = quick_pairs(letters)
        if pairs is not None:
            return pairs
    count = text.count(",")
    # As many tokens as commas; and what is left without the signs of numbers is a comma in each.
    if not count or len(letters.split()) != count:
        return None
    if letters.translate(None, _OF_NUMBERS).split() != [b","] * count:
        return None
    texts = text.replace(",", " ").split()
    if len(texts) != 2 * count:
        return None
    try:
        return _pairs(list(map(float, texts)))
    except ValueError:
        return None


def _pairs(numbers: list[float]) -> Pairs:
    lats, lons = numbers[0::2], numbers[1::2]
    return Pairs(
        tuple(zip(lats, lons, strict=True)), (min(lats), max(lats)), (min(lons), max(lons))
    )


def _slow(text: str, report: Report) -> Pairs | None:
    """Return the points, or report the first token that is no pair."""
    numbers: list[float] = []
    stray = None
    for k, token in enumerate(re.split(r"[ \t\r\n]+", text), 1):
        parts = token.split(",")
        # One real producer ends some pairs with a comma; a whole pair stands before it.
        if len(parts) == 3 and not parts[2]:
            stray = stray or f"pair {k}, {short(token)}, ends with a comma"
            parts.pop()
        if len(parts) != 2 or not all(_FLOAT.fullmatch(part) for part in parts):
            report("cap.polygon.syntax", f"pair {k}, {short(token)}, is not latitude,longitude")
            return None
        numbers.extend(map(float, parts))
    if stray is not None:
        report("cap.polygon.comma", stray)
    return _pairs(numbers)


def _range(points: Sequence[tuple[float, float]], pairs: Pairs, report: Report) -> None:
    _, (south, north), (west, east) = pairs
    if north > 90.0 or south < -90.0:
        fit = max(north, -south) <= 180.0 and max(east, -west) <= 90.0
        k, (lat, lon) = next((k, p) for k, p in enumerate(points, 1) if not abs(p[0]) <= 90.0)
        code = "cap.polygon.swapped" if fit else "cap.polygon.latitude"
        report(code, f"pair {k}, {lat},{lon}, has a latitude of {lat} degrees")
    if east > 180.0 or west < -180.0:
        k, (lat, lon) = next((k, p) for k, p in enumerate(points, 1) if not abs(p[1]) <= 180.0)
        code = "cap.polygon.far" if max(east, -west) > 360.0 else "cap.polygon.longitude"
        report(code, f"pair {k}, {lat},{lon}, has a longitude of {lon} degrees")


def _flat(points: tuple[tuple[float, float], ...]) -> bool:
    """Whether all points lie on one line, exactly."""
    lat, lon = points[0]
    base = next((p for p in points if p != points[0]), None)
    if base is None:
        return True
    y, x = base[0] - lat, base[1] - lon
    return all((p[0] - lat) * x == (p[1] - lon) * y for p in points)


def circle(text: str, report: Report) -> Circle | None:
    """Return the circle of ``"lat,lon radius"``, in degrees and kilometres."""
    numbers = re.fullmatch(r"([^\s,]+),([^\s,]+)[ \t\r\n]+([^\s,]+)", text)
    if numbers is None or not all(_FLOAT.fullmatch(part) for part in numbers.groups()):
        report("cap.circle.syntax", f"{short(text)} is not lat,lon radius")
        return None
    lat, lon, radius_km = map(float, numbers.groups())
    if abs(lat) > 90.0 or abs(lon) > 360.0:
        report("cap.circle.range", f"the centre of {short(text)} is no place on Earth")
    elif abs(lon) > 180.0:
        report("cap.circle.longitude", f"the centre of {short(text)} lies beyond 180 degrees")
    if not 0.0 <= radius_km <= _HALF_EARTH_KM:
        report("cap.circle.radius", f"a radius of {numbers[3]} km is not possible")
    elif radius_km == 0.0:
        report("cap.circle.point", f"the circle is the point latitude {lat}, longitude {lon}")
    return Circle(lat, lon, radius_km)
