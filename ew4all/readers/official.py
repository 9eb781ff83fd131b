"""Official figures that population sources are compared with: people by zone, by year, and by time of the day or season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ew4all.errors import ColumnError, OptionError, TableValueError
from ew4all.readers.plain_table import PlainTable, read_plain_table

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.readers.zones import Zones
    from ew4all.units import F64

__all__ = [
    "Official",
    "Presence",
    "Series",
    "read_official",
    "read_presence",
    "read_series",
    "zones_official",
]

_PEOPLE_COLUMNS = (
    "people",
    "population",
    "pop",
    "total",
    "official",
    "value",
    "count",
    "residents",
)
_ZONE_COLUMNS = ("zone", "zone_id", "id", "code", "pcode", "placecode", "adm_pcode")
_FEW = 4


class Official(NamedTuple):
    """People of each zone, NaN where there is no figure, and what was decided."""

    people: F64
    notes: tuple[str, ...]


class Series(NamedTuple):
    """Totals by year, years rising."""

    years: NDArray[np.int64]
    people: F64


@dataclass(frozen=True)
class Presence:
    """A time at which others are there than live there.

    `factor` multiplies the residents of each zone; `visitors` come on top, people.
    """

    name: str
    factor: F64
    visitors: F64


def read_official(
    path: str | os.PathLike[str],
    zones: Zones,
    *,
    column: str | None = None,
    where: Mapping[str, Any] | None = None,
) -> Official:
    """Read people by zone from a table.

    The column of zones is the one most of whose values are identifiers of `zones`; rows that name no zone (other levels,
    totals) are left out and counted in a note.

    Parameters
    ----------
    column
        Column of people; by default the only one with a usual name, such as ``people``, ``population`` or ``value``.
    where
        From column to value: rows that are meant.

    Raises
    ------
    ReadError, EmptyLayerError
        See `read_plain_table`.
    ColumnError
        No column of people, or none that names zones.
    TableValueError
        A figure that is no number or negative, or a zone with two figures.
    OptionError
        No row is like `where`.
    """
    table = _rows_like(read_plain_table(path), where)
    zone_column = _zone_column(table, zones)
    people_column = _people_column(table, column, zone_column)
    place = {name: k for k, name in enumerate(zones.ids)}
    texts = table.texts(zone_column)
    mine = [k for k, text in enumerate(texts) if text in place]
    numbers = table.numbers(people_column, blank=True)
    people = np.full(len(zones.ids), np.nan)
    told: dict[int, int] = {}
    for k in mine:
        zone = place[texts[k]]
        if zone in told:
            msg = (
                f"{table.name}: zone {texts[k]!r} has a figure in line {table.lines[told[zone]]} and another in line "
                f"{table.lines[k]}; choose rows by another column (--official-where COLUMN=VALUE)"
            )
            raise TableValueError(msg)
        told[zone] = k
        if numbers[k] < 0.0:
            msg = f"{table.name}, line {table.lines[k]}: {people_column} of zone {texts[k]!r} is {numbers[k]:g}, but people are 0 or more"
            raise TableValueError(msg)
        people[zone] = numbers[k]
    notes = [
        f"{table.name}: {people_column!r} of {len(mine)} of its {len(texts)} rows are official figures, by {zone_column!r}; the "
        "other rows name no zone" if len(mine) < len(texts) else
        f"{table.name}: {people_column!r} are official figures, by {zone_column!r}"
    ]  # fmt: skip
    return Official(people, (*notes, *_missing(people, zones)))


def zones_official(zones: Zones, column: str) -> Official:
    """Take official figures from a column of the zones themselves.

    Raises
    ------
    ColumnError
        There is no such column, or it holds no numbers.
    TableValueError
        A figure is negative.
    """
    from ew4all.readers.zones import column_named

    name = column_named(zones.layer, column)
    values = zones.layer.table[name]
    if values.dtype.kind not in "iuf":
        msg = f"{zones.layer.name}: column {name!r} does not hold numbers; name one of people (--official-column)"
        raise ColumnError(msg)
    people = values.astype(np.float64)
    wrong = np.flatnonzero(people < 0.0)
    if wrong.size:
        msg = f"{zones.layer.name}: {name!r} of zone {zones.ids[wrong[0]]!r} is negative, but people are 0 or more"
        raise TableValueError(msg)
    notes = (f"{zones.layer.name}: {name!r} are official figures",)
    return Official(people, (*notes, *_missing(people, zones)))


def read_series(path: str | os.PathLike[str]) -> Series:
    """Read totals by year from a table with the columns ``year`` and ``people`` (or a usual name for it).

    Raises
    ------
    ReadError, EmptyLayerError, ColumnError
        See `read_plain_table`; or a column is missing.
    TableValueError
        A year is no whole number or comes twice, or a total is not more than 0.
    """
    table = read_plain_table(path)
    years = table.numbers("year")
    people = table.numbers(_people_column(table, None, "year"))
    for k, (year, total) in enumerate(zip(years, people, strict=True)):
        if year != int(year) or not 0 < total < np.inf:
            msg = f"{table.name}, line {table.lines[k]}: a whole year and more than 0 people are needed, but it has {year:g} and {total:g}"
            raise TableValueError(msg)
    order = np.argsort(years, kind="stable")
    if (np.diff(years[order]) == 0).any():
        msg = f"{table.name} has a year twice; keep one total for each"
        raise TableValueError(msg)
    return Series(years[order].astype(np.int64), people[order])


def read_presence(path: str | os.PathLike[str], zones: Zones | None) -> tuple[Presence, ...]:
    """Read who is there at other times: a table with ``case``, ``zone``, and ``factor`` or ``visitors`` or both.

    A row whose zone is ``*`` is for all zones that have no row of their own in the case; without zones every row is.

    Raises
    ------
    ReadError, EmptyLayerError, ColumnError
        See `read_plain_table`; or both numbers are missing.
    TableValueError
        A zone that does not exist or comes twice, or a number below 0.
    OptionError
        Visitors for all zones at once, where nothing says how they are shared.
    """
    table = read_plain_table(path)
    cases, names = table.texts("case"), table.texts("zone")
    if not {"factor", "visitors"} & set(table.header):
        msg = f"{table.name} has neither a column 'factor' nor one 'visitors'; it has {', '.join(table.header)}"
        raise ColumnError(msg)
    factor = _column_or(table, "factor", 1.0)
    visitors = _column_or(table, "visitors", 0.0)
    ids = ("*",) if zones is None else zones.ids
    place = {name: k for k, name in enumerate(ids)}
    out = []
    for case in dict.fromkeys(cases):
        rows = [k for k, name in enumerate(cases) if name == case]
        by_zone: dict[str, int] = {}
        for k in rows:
            where = f"{table.name}, line {table.lines[k]}"
            if names[k] not in place and names[k] != "*":
                msg = f"{where}: there is no zone {names[k]!r}; the zones are {_some(ids)}"
                raise TableValueError(msg)
            if names[k] in by_zone:
                msg = f"{where}: zone {names[k]!r} comes twice in the case {case!r}"
                raise TableValueError(msg)
            if factor[k] < 0.0 or visitors[k] < 0.0:
                msg = f"{where}: factor and visitors are 0 or more"
                raise TableValueError(msg)
            if names[k] == "*" and visitors[k] > 0.0 and len(ids) > 1:
                msg = f"{where}: visitors of all zones at once, and nothing says how they are shared; give a row for each zone"
                raise OptionError(msg)
            by_zone[names[k]] = k
        of = [by_zone.get(name, by_zone.get("*")) for name in ids]
        out.append(
            Presence(
                case,
                np.array([1.0 if k is None else factor[k] for k in of]),
                np.array([0.0 if k is None else visitors[k] for k in of]),
            )
        )
    return tuple(out)


def _column_or(table: PlainTable, name: str, default: float) -> F64:
    if name not in table.header:
        return np.full(len(table.rows), default)
    values = table.numbers(name, blank=True)
    return np.where(np.isnan(values), default, values)


def _rows_like(table: PlainTable, where: Mapping[str, Any] | None) -> PlainTable:
    if not where:
        return table
    keep = range(len(table.rows))
    for column, value in where.items():
        texts = table.texts(column)
        kept = [k for k in keep if texts[k] == str(value)]
        if not kept:
            there = _some(sorted({texts[k] for k in keep}))
            msg = f"{table.name}: no row has {value!r} in column {column!r}; there are: {there}"
            raise OptionError(msg)
        keep = kept  # type: ignore[assignment]
    return PlainTable(
        table.name,
        table.header,
        tuple(table.rows[k] for k in keep),
        tuple(table.lines[k] for k in keep),
        table.delimiter,
    )


def _zone_column(table: PlainTable, zones: Zones) -> str:
    ids = set(zones.ids)
    hits = {name: len(ids & set(table.texts(name))) for name in table.header}
    best = max(hits.values())
    if best == 0:
        msg = (
            f"{table.name}: no column names zones of {zones.layer.name}, whose identifiers are {_some(zones.ids)}; choose another "
            "column of the zones (--zone-id)"
        )
        raise ColumnError(msg)
    found = [name for name, n in hits.items() if n == best]
    return next((name for name in found if name.lower() in _ZONE_COLUMNS), found[0])


def _people_column(table: PlainTable, column: str | None, zone_column: str) -> str:
    if column is not None:
        table.texts(column)
        return column
    usual = [n for n in table.header if n.lower() in _PEOPLE_COLUMNS and n != zone_column]
    if len(usual) != 1:
        have = (
            f"{len(usual)} columns that may hold people"
            if usual
            else "no column with a usual name for people"
        )
        msg = f"{table.name} has {have}; name it (--official-column) of: {', '.join(table.header)}"
        raise ColumnError(msg)
    return usual[0]


def _missing(people: F64, zones: Zones) -> list[str]:
    gone = [zones.ids[k] for k in np.flatnonzero(np.isnan(people))]
    if not gone:
        return []
    return [
        f"{len(gone)} of {len(zones.ids)} zones have no official figure and stay as each source has them: {_some(gone)}"
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
