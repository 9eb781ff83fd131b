"""Tables of geocodes: CSV with well-known text, or a polygon layer with columns of codes."""

from __future__ import annotations

import csv
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine

from ew4all.alerts.geocodes import Geocode, GeocodeTable
from ew4all.errors import (
    ColumnError,
    GeocodeError,
    GeometryError,
    SwappedAxesError,
    TableValueError,
)
from ew4all.grid import Grid
from ew4all.mending import repaired
from ew4all.readers.plain_table import read_plain_table
from ew4all.readers.vector_files import LONLAT
from ew4all.readers.vectors import read_vector
from ew4all.readers.wkt import read_wkt
from ew4all.reprojection import only_polygons, to_crs, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_geocodes"]

# Column of the list beside the column of the code. CAP calls them valueName and value.
_PAIRS = (("name", "value"), ("valuename", "value"), ("list", "code"), ("type", "code"))
_SHAPE = ("geometry", "wkt", "geom", "the_geom")
_TABLES = {".csv", ".tsv"}
_REPEATING = "*"
# Edges that are straight in another CRS are bent to a thousandth of its cells: about a metre.
_WORLD = Grid(Affine(0.01, 0.0, -180.0, 0.0, -0.01, 90.0), 18_000, 36_000, LONLAT)


def read_geocodes(source: Any) -> GeocodeTable:
    """Read a table of geocodes.

    Parameters
    ----------
    source
        A ``.csv`` or ``.tsv`` with columns ``name`` (of the list, as CAP's valueName), ``value`` (the code) and
        ``geometry`` (well-known text, longitude first, or with an SRID); a polygon layer (see
        `ew4all.readers.vectors.read_vector`) with columns ``name`` and ``value``, or ``type`` and ``code``, or one column for
        each list, called like it; a `GeocodeTable`; or a sequence of such sources, which are taken together.

        A code on several rows is the union of their shapes. A row with the value ``*`` and no geometry says that the codes of
        its list only repeat those of another list of the same area.

    Raises
    ------
    GeocodeError
        No row with a code.
    ColumnError, TableValueError, ReadError, GeometryError, SwappedAxesError
        See `read_vector` and `read_plain_table`; a row without a code or without a shape.
    """
    if isinstance(source, GeocodeTable):
        return source
    if isinstance(source, list | tuple):
        return _together([read_geocodes(one) for one in source])
    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in _TABLES:
        return _from_csv(os.fspath(source))
    return _from_layer(source)


def _from_csv(path: str) -> GeocodeTable:
    name = f"geocodes {path}"
    with _long_fields():
        table = read_plain_table(path)
    held = {column.casefold(): column for column in table.header}
    pair = _pair(held)
    shape = next((held[column] for column in _SHAPE if column in held), None)
    if pair is None or shape is None:
        msg = (
            f"{name} needs the columns name, value and geometry (well-known text); it has "
            f"{', '.join(table.header)}"
        )
        raise ColumnError(msg)
    texts = table.texts(shape)
    codes = zip(table.texts(pair[0]), table.texts(pair[1]), strict=True)
    rows = list(zip(codes, texts, table.lines, strict=True))
    for row, ((listed, value), text, line) in enumerate(rows, 1):
        if not (listed and value) or (not text and value != _REPEATING):
            lacks = "geometry" if listed and value else "name of the list or no code"
            msg = f"{name}, row {row} (line {line}) has no {lacks}; complete it, or remove the row"
            raise TableValueError(msg)
        if text and value == _REPEATING:
            msg = f"{name}, row {row} (line {line}): * stands for no place, so it has no geometry; write each code"
            raise TableValueError(msg)
    notes: list[str] = []
    found = (
        (code, _drawn(text, f"{name}, row {k} ({' '.join(code)})", notes) if text else None)
        for k, (code, text, _) in enumerate(rows, 1)
    )
    return _table(name, found, notes)


def _drawn(text: str, label: str, notes: list[str]) -> BaseGeometry:
    features = read_wkt(text, label)
    shape = only_polygons(features.geometries[0])
    if len(features.geometries) != 1 or shape.is_empty or features.crs is None:
        msg = f"{label}: one polygon or multipolygon is needed; correct the geometry"
        raise GeometryError(msg)
    return _lonlat(shape, features.crs, label, notes)


def _from_layer(source: Any) -> GeocodeTable:
    layer = read_vector(source, "geocodes")
    crs = layer.crs or LONLAT
    notes = list(layer.notes)
    shapes = [
        None if shape is None else _lonlat(shape, crs, f"{layer.name}, feature {k}", notes)
        for k, shape in enumerate(layer.geometries, 1)
    ]
    held = {column.casefold(): column for column in layer.table}
    pair = _pair(held)
    if pair is not None:
        listed, values = ([_text(v) for v in layer.table[column]] for column in pair)
        codes = [list(zip(listed, values, strict=True))]
    else:
        # One column for each list, called like it. Numbers with a fraction are measures, no codes.
        columns = {column: [_text(v) for v in values] for column, values in layer.table.items()}
        codes = [
            [(column, value) for value in values]
            for column, values in columns.items()
            if not _is_measured(layer.table[column])
        ]
    found = (
        (code, shape)
        for column in codes
        for code, shape in zip(column, shapes, strict=True)
        if all(code) and (shape is not None or code[1] == _REPEATING)
    )
    return _table(layer.name, found, notes)


def _pair(held: dict[str, str]) -> tuple[str, str] | None:
    """Return the columns of lists and codes, as the file spells them."""
    return next(((held[a], held[b]) for a, b in _PAIRS if a in held and b in held), None)


def _is_measured(values: Any) -> bool:
    """Whether a column holds numbers with fractions."""
    column = np.asarray(values)
    if column.dtype.kind != "f":
        return False
    finite = column[np.isfinite(column)]
    return bool((finite != np.floor(finite)).any())


def _text(value: Any) -> str:
    """Return a code as text; a column of integers with gaps is read as floats."""
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _table(
    name: str,
    rows: Iterable[tuple[Geocode, BaseGeometry | None]],
    notes: list[str],
) -> GeocodeTable:
    spelled: dict[str, str] = {}
    drawn: dict[Geocode, list[BaseGeometry]] = {}
    repeating = set()
    for (listed, value), shape in rows:
        if shape is None:
            repeating.add(listed.casefold())
            continue
        code = spelled.setdefault(listed.casefold(), listed), value
        drawn.setdefault(code, []).append(shape)
    if not drawn:
        msg = f"{name} has no row with a code and a shape; give a table of geocodes"
        raise GeocodeError(msg)
    # They are united when they are asked for: a layer may have many columns that nobody asks for.
    shapes = {c: s[0] if len(s) == 1 else shapely.geometrycollections(s) for c, s in drawn.items()}
    return GeocodeTable(name, shapes, frozenset(repeating), tuple(notes))


def _lonlat(shape: BaseGeometry, crs: CRS, what: str, notes: list[str]) -> BaseGeometry:
    if not crs.equals(LONLAT):
        try:
            shape = to_crs(np.array([shape], dtype=object), crs, _WORLD)[0]
        except GeometryError as error:
            msg = f"{what} has no place in longitude and latitude ({error})"
            raise GeometryError(msg) from error
    _, south, _, north = shape.bounds
    if south < -90.0 or north > 90.0:
        msg = (
            f"{what} has a latitude of {south if south < -90.0 else north:g}; write longitude first"
        )
        raise SwappedAxesError(msg)
    mended, note = repaired(unwrap(shapely.force_2d(shape)), what)
    if mended.area == 0.0:
        msg = f"{what} encloses no area; correct or remove it"
        raise GeometryError(msg)
    if note:
        notes.append(note)
    return mended


def _together(tables: Sequence[GeocodeTable]) -> GeocodeTable:
    if not tables:
        msg = "an empty list of tables of geocodes was given; give one, or leave it out"
        raise GeocodeError(msg)
    if len(tables) == 1:
        return tables[0]
    shapes: dict[Geocode, BaseGeometry] = {}
    for table in tables:
        before = GeocodeTable("", shapes)
        for listed, value in table.shapes:
            if before.knows((listed, value)) and not before.resolve(listed, value).equals(
                table.resolve(listed, value)
            ):
                msg = f"{table.name} has another shape for {listed} {value} than the tables before it; keep one of the two"
                raise GeocodeError(msg)
        shapes = {**shapes, **table.shapes}
    return GeocodeTable(
        " and ".join(table.name for table in tables),
        shapes,
        frozenset().union(*(table.repeating for table in tables)),
        tuple(note for table in tables for note in table.notes),
    )


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let a field be longer than 131,072 characters, as the outline of a coast is."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
