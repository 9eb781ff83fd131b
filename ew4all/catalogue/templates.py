"""From what a user asks for (a country, a year, a box) to the files that are to be fetched."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.catalogue.entries import Entry

__all__ = ["MEANING", "MOST_TILES", "Wanted", "wanted"]

MEANING: Final = {
    "iso3": "country, three letters of ISO 3166-1 (GRD)",
    "year": "year (2025)",
    "quarter": "quarter of the year, 1 to 4",
    "level": "administrative level, 0 (country) to 5",
    "mcc": "mobile country code, three digits (651)",
    "bbox": "west,south,east,north in degrees (-61.9,11.9,-61.3,12.6)",
    "token": "access token of your own account",
}
"""What a parameter is."""

MOST_TILES: Final = 64
"""Tiles of one call; more is taken for a slip of the pen."""

_TOKEN_VARIABLE: Final = "EW4ALL_{name}_TOKEN"
_FORMS: Final = {
    "iso3": re.compile(r"[A-Za-z]{3}"),
    "year": re.compile(r"[0-9]{4}"),
    "quarter": re.compile(r"[1-4]"),
    "level": re.compile(r"[0-5]"),
    "mcc": re.compile(r"[2-7][0-9]{2}"),
    "token": re.compile(r"[A-Za-z0-9._-]{1,200}"),
}
# Upper left corner of the tiles of GHSL in EPSG:4326: rows are counted from 89.1 N, columns from 180 W (recalled; three
# tiles that public code names for places agree).
_GHSL_NORTH_DEG = 89.1
_GHSL_ROWS = 18


@dataclass(frozen=True)
class Wanted:
    """One file to fetch.

    Attributes
    ----------
    urls
        Addresses to try in order; empty where an index tells it.
    file
        Name here.
    index, find
        Address of the index, and the pattern that is looked for in it.
    shown
        Parameters as they may be shown and recorded, without secrets.
    secrets
        Texts that no message may contain.
    """

    urls: tuple[str, ...]
    file: str
    index: str
    find: str
    shown: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    def hidden(self, text: str) -> str:
        """Return a text without its secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def wanted(row: Entry, given: Mapping[str, str]) -> tuple[Wanted, ...]:
    """Return the files of a row for some parameters.

    Parameters
    ----------
    given
        Parameter to value, as text.

    Raises
    ------
    OptionError
        A parameter is missing, unknown or has not its form; or a box that holds too many tiles.
    """
    values = _checked(row, given)
    secrets = tuple(v for k, v in values.items() if k == "token")
    shown = {k: v for k, v in values.items() if k != "token"}
    fields = dict(values)
    if "iso3" in fields:
        fields["iso3"], fields["ISO3"] = fields["iso3"].lower(), fields["iso3"].upper()
    if "quarter" in fields:
        fields["date"] = f"{fields['year']}-{3 * int(fields['quarter']) - 2:02d}-01"
    tiles = [{}] if not row.tiling else list(_tiles(row.tiling, values["bbox"]))
    if len(tiles) > MOST_TILES:
        msg = f"bbox={values['bbox']} takes {len(tiles)} tiles of {row.name}, more than {MOST_TILES}; give smaller boxes"
        raise OptionError(msg)
    out = []
    for tile in tiles:
        all_fields = {**fields, **tile}
        index, find = "", ""
        if row.index is not None:
            index = row.index.url.format_map(all_fields)
            find = _filled(row.index.find, all_fields)
        urls = tuple(url.format_map(all_fields) for url in row.urls)
        file = row.file.format_map(all_fields)
        out.append(Wanted(urls, file, index, find, shown, secrets))
    return tuple(out)


def _filled(pattern: str, fields: Mapping[str, str]) -> str:
    """Fill a regular expression, whose own braces and brackets stay as they are."""
    for name, value in fields.items():
        pattern = pattern.replace("{" + name + "}", re.escape(value))
    return pattern


def _checked(row: Entry, given: Mapping[str, str]) -> dict[str, str]:
    needs = ", ".join(f"{p}= ({MEANING[p]})" for p in row.parameters) or "nothing"
    unknown = sorted(set(given) - set(row.parameters))
    if unknown:
        msg = f"{row.name} has no parameter {unknown[0]!r}; it needs {needs}"
        raise OptionError(msg)
    values: dict[str, str] = {}
    for name in row.parameters:
        value = given.get(name) or row.defaults.get(name)
        variable = _TOKEN_VARIABLE.format(name=row.name.upper().replace("-", "_"))
        if value is None and name == "token":
            value = os.environ.get(variable)
        if value is None:
            how = f", or set the variable {variable}" if name == "token" else ""
            msg = (
                f"{row.name} needs {name}: {MEANING[name]}; write {name}=VALUE behind its name{how}"
            )
            raise OptionError(msg)
        form = _FORMS.get(name)
        if form is not None and not form.fullmatch(value):
            told = "that is not of its form" if name == "token" else f"got {value!r}"
            msg = f"{name} of {row.name} is a {MEANING[name]}; {told}"
            raise OptionError(msg)
        values[name] = value
    if "year" in values and row.years is not None:
        first, last = row.years
        if (
            not first <= int(values["year"]) <= last
            or (int(values["year"]) - first) % row.year_step
        ):
            every = "" if row.year_step == 1 else f", every {row.year_step} years"
            msg = (
                f"{row.name} has the years {first} to {last}{every}, but got year={values['year']}"
            )
            raise OptionError(msg)
    return values


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0):
        msg = (
            f"bbox is {MEANING['bbox']}, west below east and south below north, but got {text!r}; across the "
            "antimeridian give two boxes"
        )
        raise OptionError(msg)
    return west, south, east, north


def _tiles(tiling: str, text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each tile that a box meets with its inside, from the north-west, row by row."""
    west, south, east, north = _box(text)
    if tiling == "ghsl":
        first, last = _slots(_GHSL_NORTH_DEG - north, _GHSL_NORTH_DEG - south, 10.0)
        left, right = _slots(west + 180.0, east + 180.0, 10.0)
        for row in range(max(first, 0), min(last, _GHSL_ROWS - 1) + 1):
            for col in range(left, right + 1):
                yield {"row": str(row + 1), "col": str(col + 1)}
        return
    size = 1 if tiling == "degree" else 10
    bottom, top = _slots(south, north, float(size))
    left, right = _slots(west, east, float(size))
    for lat in range(top * size, bottom * size - 1, -size):
        for lon in range(left * size, right * size + 1, size):
            yield {
                "lat": str(lat),
                "lon": str(lon),
                "ns": "S" if lat < 0 else "N",
                "ew": "W" if lon < 0 else "E",
                "abslat": f"{abs(lat):02d}",
                "abslon": f"{abs(lon):03d}",
            }


def _slots(low: float, high: float, size: float) -> tuple[int, int]:
    """Return the first and the last interval of a size that an open interval meets."""
    return math.floor(low / size), math.ceil(high / size) - 1
