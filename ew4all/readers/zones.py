"""Zones: polygons with an identifier and a name, for which results are given one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ew4all.coverage.overlay import apart
from ew4all.errors import ColumnError, OptionError, ZoneIdError
from ew4all.geometry import must_meet, on_grid
from ew4all.readers.vector_files import feature_list
from ew4all.readers.vectors import VectorLayer, read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.grid import Grid
    from ew4all.reprojection import Geometries

__all__ = [
    "OUTSIDE", "Zones", "chosen", "column_named", "level_columns", "read_zones", "zone_shapes",
]  # fmt: skip

OUTSIDE = "outside"
"""Identifier of the rest of the raster in results; no zone may have it."""

# Compared in lower case and without what stands before the last dot or colon ("Region.ID",
# "wof:id"); finest administrative level first.
_LEVELS = tuple(range(5, -1, -1))
_ID_COLUMNS = (
    "zone_id", "zoneid", "id", "zone", "code", "pcode",
    *(f"adm{k}_pcode" for k in _LEVELS), *(f"gid_{k}" for k in _LEVELS),
    *(f"id_{k}" for k in _LEVELS),
    "shapeid", "geoid", "geocode", "pid", "wof_id", "gid", "uid", "iso_3166_2", "objectid", "fid",
)  # fmt: skip
_NAME_COLUMNS = (
    "zone_name", "zonename", "name", "name_en",
    *(f"adm{k}_en" for k in _LEVELS), *(f"adm{k}_name" for k in _LEVELS),
    *(f"adm{k}_{language}" for k in _LEVELS for language in ("fr", "es", "pt", "ar")),
    *(f"name_{k}" for k in _LEVELS),
    "shapename", "pname", "region", "district", "label", "title",
)  # fmt: skip
_MOST_NAMED = 5
_MOST_LISTED = 12
_EXACT_FLOAT = 2.0**53


@dataclass(frozen=True)
class Zones:
    """Zones in the order of their file, each with a polygon; `ids` are unique."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    layer: VectorLayer


def read_zones(
    source: object,
    zone_id: str | None = None,
    zone_name: str | None = None,
    where: Mapping[str, Any] | None = None,
) -> Zones:
    """Read zones.

    Parameters
    ----------
    source
        Anything that `ew4all.readers.vectors.read_vector` takes.
    zone_id, zone_name
        Columns. By default one of the usual names, which a note tells; a source without any column
        is numbered from 1.
    where
        From column to value: features that are zones; see `chosen`.

    Returns
    -------
    Zones
        Features without a polygon are left out, and a note says so; their identifiers are not
        checked.

    Raises
    ------
    ColumnError
        A column that does not exist, or no column that looks like an identifier.
    ZoneIdError
        An identifier that is null, repeated, or ``outside``.
    """
    whole = read_vector(source, "zones")
    if where:
        whole = chosen(whole, where)
    drawn = ~shapely.is_missing(whole.geometries)
    layer = whole.take(drawn)
    numbers = np.flatnonzero(drawn)
    notes: list[str] = []
    if not layer.table and zone_id is None and zone_name is None:
        ids = tuple(str(k + 1) for k in range(len(layer.geometries)))
        notes.append(f"{layer.name}: no columns, so the zones are numbered 1 to {len(ids)}")
        return Zones(ids, ids, layer.with_notes(*notes))
    id_column = column_named(layer, zone_id) if zone_id is not None else _usual_id(layer, notes)
    found = [_identifier(value, layer, id_column) for value in layer.table[id_column]]
    ids = _checked(found, layer, id_column, numbers)
    if zone_name is not None:
        name_column: str | None = column_named(layer, zone_name)
    else:
        name_column = next(iter(_candidates(layer, _NAME_COLUMNS)), None)
        told = f"column {name_column!r}" if name_column else f"the identifiers ({id_column!r})"
        notes.append(f"{layer.name}: names of the zones are taken from {told}")
    if name_column is None:
        return Zones(ids, ids, layer.with_notes(*notes))
    names = [_text(value) for value in layer.table[name_column]]
    names = [name or ids[k] for k, name in enumerate(names)]
    return Zones(ids, tuple(names), layer.with_notes(*notes))


def column_named(layer: VectorLayer, name: str) -> str:
    """Return the column of that name; another case will do where it fits one column only.

    Raises
    ------
    ColumnError
        There is none; the message lists the columns.
    """
    if name in layer.table:
        return name
    close = [column for column in layer.table if column.lower() == name.lower()]
    if len(close) == 1:
        return close[0]
    msg = (
        f"{layer.name} has no column {name!r}; its columns are: {', '.join(layer.table) or 'none'}"
    )
    raise ColumnError(msg)


def chosen(layer: VectorLayer, where: Mapping[str, Any]) -> VectorLayer:
    """Return a layer in which only features with these values in these columns keep their shapes, and so their numbers.

    Values are compared as identifiers are; in a column of numbers 3 is also ``"3.0"``.

    Raises
    ------
    ColumnError
        There is no such column.
    OptionError
        No shape has the value; the message lists the values there are.
    """
    drawn = ~shapely.is_missing(layer.geometries)
    keep = drawn.copy()
    told: list[str] = []
    for name, value in where.items():
        column = column_named(layer, name)
        text = _number_text if layer.table[column].dtype.kind in "iuf" else _text
        wanted, held = text(value), [text(v) for v in layer.table[column]]
        there = sorted({v for v, kept in zip(held, keep, strict=True) if kept})
        keep &= np.array([v == wanted for v in held], dtype=bool)
        if not keep.any():
            among = f" where {' and '.join(told)}" if told else ""
            more = f" and {len(there) - _MOST_LISTED} more" if len(there) > _MOST_LISTED else ""
            some = ", ".join(v or "null" for v in there[:_MOST_LISTED])
            msg = f"{layer.name}: no shape has {wanted!r} in column {column!r}{among}; there are: {some}{more}"
            raise OptionError(msg)
        told.append(f"{column} = {wanted}")
    shapes = layer.geometries.copy()
    shapes[~keep] = None
    kept = replace(layer, geometries=shapes)
    return kept.with_notes(
        f"{layer.name}: {keep.sum()} of its {drawn.sum()} shapes are taken, those with {' and '.join(told)}"
    )


def level_columns(layer: VectorLayer, level: int) -> tuple[str | None, str | None]:
    """Return the columns with identifiers and names of an administrative level; a name serves as identifier too."""
    codes = tuple(
        c.format(level) for c in ("adm{}_pcode", "adm{}_code", "admin{}pcode", "gid_{}", "id_{}")
    )
    names = tuple(
        c.format(level)
        for c in (
            "adm{}_en",
            "adm{}_name",
            "admin{}name_en",
            "admin{}name",
            "name_{}",
            "adm{}_fr",
            "adm{}_es",
            "adm{}_pt",
            "adm{}_ar",
        )
    )
    name = next(iter(_candidates(layer, names)), None)
    return next(iter(_candidates(layer, codes)), name), name


def _number_text(value: Any) -> str:
    """Return a value as an identifier, a number alike however it was written."""
    text = _text(value)
    try:
        return _text(float(text)) if abs(float(text)) < _EXACT_FLOAT else text
    except ValueError:
        return text


def _candidates(layer: VectorLayer, usual: tuple[str, ...]) -> list[str]:
    """Return the columns with a usual name, the most usual first."""
    by_name: dict[str, str] = {}
    for column in layer.table:
        plain = column.lower()
        by_name.setdefault(plain, column)
        by_name.setdefault(plain.replace(":", ".").rpartition(".")[2], column)
    return list(dict.fromkeys(by_name[name] for name in usual if name in by_name))


def _usual_id(layer: VectorLayer, notes: list[str]) -> str:
    candidates = _candidates(layer, _ID_COLUMNS)
    if not candidates:
        msg = (
            f"{layer.name}: no column looks like an identifier of zones; name one (--zone-id "
            f"COLUMN) of: {', '.join(layer.table) or 'none'}"
        )
        raise ColumnError(msg)
    chosen = next((c for c in candidates if _is_key(layer.table[c])), candidates[0])
    notes.append(f"{layer.name}: identifiers of the zones are taken from column {chosen!r}")
    return chosen


def _is_key(values: NDArray[Any]) -> bool:
    texts = [_text(value) for value in values]
    return all(texts) and len(set(texts)) == len(texts)


def _checked(
    found: list[str], layer: VectorLayer, column: str, numbers: NDArray[np.intp]
) -> tuple[str, ...]:
    null = [int(numbers[k]) for k, value in enumerate(found) if not value]
    if null:
        msg = (
            f"{layer.name}: column {column!r} is null or empty in {feature_list(null)}, so that "
            f"their people could not be told apart; fill it, or name another column (--zone-id)"
        )
        raise ZoneIdError(msg)
    places: dict[str, list[int]] = {}
    for k, value in enumerate(found):
        places.setdefault(value, []).append(int(numbers[k]))
    repeated = {value: where for value, where in places.items() if len(where) > 1}
    if repeated:
        some = [
            f"{v!r} ({feature_list(where)})" for v, where in list(repeated.items())[:_MOST_NAMED]
        ]
        more = f" and {len(repeated) - len(some)} more" if len(repeated) > len(some) else ""
        msg = (
            f"{layer.name}: column {column!r} repeats {', '.join(some)}{more}; people would be "
            f"counted twice or under the wrong zone. Merge these features, or name a column that "
            f"is unique (--zone-id)"
        )
        raise ZoneIdError(msg)
    if OUTSIDE in places:
        msg = (
            f"{layer.name}, {feature_list(places[OUTSIDE])}: {OUTSIDE!r} is the name of the rest "
            f"in the results and cannot be the identifier of a zone; rename it"
        )
        raise ZoneIdError(msg)
    return tuple(found)


def _identifier(value: Any, layer: VectorLayer, column: str) -> str:
    if isinstance(value, (float, np.floating)) and abs(float(value)) >= _EXACT_FLOAT:
        msg = (
            f"{layer.name}: column {column!r} holds {value:.17g}, which is too large to be read "
            f"exactly; store the identifiers as text"
        )
        raise ZoneIdError(msg)
    return _text(value)


def _text(value: Any) -> str:
    """Return a value as an identifier: whole numbers without a decimal point, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return ""
        return str(int(value)) if np.isfinite(value) and value == int(value) else str(value)
    return str(value).strip()


def zone_shapes(zones: Zones, grid: Grid, notes: list[str]) -> Geometries:
    """Return the zones in a grid's CRS, beside one another, and note what was mended.

    Raises
    ------
    GeometryError
        They overlap.
    NoIntersectionError
        They lie somewhere else.
    """
    layer = zones.layer
    shapes, mended = on_grid(layer.geometries, layer.crs or grid.crs, grid, layer.name)
    must_meet(shapes, grid, layer.name)
    shapes, cut = apart(shapes, zones.ids, grid)
    notes += [*layer.notes, *mended, *cut]
    return shapes
