"""Speed tests as coverage: tiles named by quadkey, or points that are gathered in tiles.

A tile with enough tests is known, and covered where they worked; a tile without one says nothing, and is neither covered nor
uncovered. Files are tables (CSV, Parquet) or whatever GDAL reads, with a column ``quadkey``, columns of longitude and latitude, or
points as shapes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ew4all.coverage.quadkeys import MOST_LAT_DEG, boxes, quadkeys_of, tiles_at, tiles_of
from ew4all.errors import ColumnError, EmptyLayerError, GeometryError, ReadError, TableValueError
from ew4all.readers.layers import VECTOR_SUFFIXES
from ew4all.readers.plain_table import read_plain_table
from ew4all.readers.vector_files import read_features
from ew4all.readers.wkt import is_wkt
from ew4all.reprojection import only_polygons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.reprojection import Geometries
    from ew4all.units import F64

__all__ = ["SpeedTests", "holds_tests", "read_tests"]

LONLAT: Final = CRS.from_epsg(4326)
_QUADKEY: Final = ("quadkey", "quad_key")
_LON: Final = ("lon", "longitude", "lng", "long", "x")
_LAT: Final = ("lat", "latitude", "y")
_TESTS: Final = ("tests", "n_tests", "samples", "count")
_KBPS: Final = ("avg_d_kbps", "download_kbps", "d_kbps", "kbps")
_TABLES: Final = {".csv", ".tsv"}
_PARQUET: Final = {".parquet", ".pq"}


@dataclass(frozen=True, eq=False)
class SpeedTests:
    """Tests by tile.

    Attributes
    ----------
    name
        How messages name the file.
    level
        Level of the tiles.
    quadkey, tests, kbps
        One a tile with at least one test, in order of quadkeys; `kbps` is the mean download, weighted by tests, NaN where no
        speed was told.
    known, covered
        Union of the tiles with enough tests, and of those among them where tests worked (None: nowhere); EPSG:4326.
    """

    name: str
    level: int
    quadkey: tuple[str, ...]
    tests: F64
    kbps: F64
    is_known: NDArray[np.bool_]
    is_covered: NDArray[np.bool_]
    known: BaseGeometry
    covered: BaseGeometry | None
    notes: tuple[str, ...]


def holds_tests(source: Any) -> bool:
    """Whether a source is a file of speed tests: a column of quadkeys, coordinates in columns, or points as shapes."""
    if not isinstance(source, str | os.PathLike) or is_wkt(os.fspath(source)):
        return False
    path = os.fspath(source).partition("|")[0]
    suffix = Path(path).suffix.lower()
    if suffix in _TABLES:
        return _is_of_tests(_header(path))
    if suffix in _PARQUET:
        names = _parquet_names(path)
        return _is_of_tests(names) and (
            "geometry" not in names or _column(dict.fromkeys(names), _QUADKEY) is not None
        )
    if suffix in VECTOR_SUFFIXES and Path(path).exists() and suffix not in {".txt", ".wkt"}:
        import pyogrio
        from pyogrio.errors import DataLayerError, DataSourceError

        try:
            facts = pyogrio.read_info(path)
        except (DataSourceError, DataLayerError):
            return False  # the reader of polygons says what is wrong
        named = _column(dict.fromkeys(str(name) for name in facts["fields"]), _QUADKEY)
        return named is not None or str(facts["geometry_type"]).endswith("Point")
    return False


def read_tests(
    source: str | os.PathLike[str], values: Mapping[str, float], what: str
) -> SpeedTests:
    """Read speed tests.

    Parameters
    ----------
    source
        See the module's description.
    values
        ``zoom``, ``min_tests`` and ``min_kbps``, see `ew4all.coverage.change_defaults`.
    what
        What begins messages.

    Raises
    ------
    ReadError
        The file is missing or cannot be decoded.
    ColumnError
        Neither quadkeys nor coordinates.
    TableValueError
        A quadkey or a number that is none, or coordinates beyond the Earth.
    EmptyLayerError
        No row with a place and a test.
    """
    path = os.fspath(source)
    name = f"{what} {path}"
    columns, places = _columns(path, name)
    notes: list[str] = []
    key = _column(columns, _QUADKEY)
    if key is not None:
        texts = [_digits(v, name, row) for row, v in enumerate(columns[key], 1)]
        there = np.array([bool(text) for text in texts], np.bool_)
    else:
        lon, lat = _coordinates(columns, places, name)
        there = np.isfinite(lon) & np.isfinite(lat)
    tests = _tests(columns, name, there, notes)
    kbps = _numbers(columns, _KBPS, name, there)
    if not there.all():
        column = f"column {key}" if key is not None else "coordinates"
        notes.append(
            f"{name}: {int((~there).sum())} of {there.size} rows have no place ({column}) and are left out"
        )
    used = there & (tests > 0.0)
    if (there & ~used).any():
        notes.append(
            f"{name}: {int((there & ~used).sum())} rows have no test; nothing is known there"
        )
    if not used.any():
        msg = f"{name} has no row with a place and a test, so that nothing is known of any place; check its columns"
        raise EmptyLayerError(msg)
    if key is not None:
        level, x, y = tiles_of(
            [text for text in texts if text], name, (np.flatnonzero(there) + 1).tolist()
        )
        x, y = x[used[there]], y[used[there]]
    else:
        level = int(values["zoom"])
        x, y = tiles_at(level, lon[used], lat[used])
    if kbps is None:
        notes.append(
            f"{name}: no column of download speeds; each tile with a test counts as covered"
        )
    return _gathered(
        name, level, x, y, tests[used], None if kbps is None else kbps[used], values, notes
    )


def _gathered(
    name: str, level: int, x: Any, y: Any, tests: F64, kbps: F64 | None, values: Mapping[str, float],
    notes: list[str],
) -> SpeedTests:  # fmt: skip
    """Add rows up by tile."""
    count = 1 << level
    distinct, of = np.unique(x * count + y, return_inverse=True)
    total = np.bincount(of, tests)
    mean = np.full(distinct.size, np.nan)
    if kbps is not None:
        told = np.isfinite(kbps)
        weight = np.bincount(of[told], tests[told], minlength=distinct.size)
        summed = np.bincount(of[told], (tests * kbps)[told], minlength=distinct.size)
        mean = np.divide(summed, weight, out=mean, where=weight > 0.0)
    if distinct.size < of.size and level:
        notes.append(
            f"{name}: {of.size} rows lie in {distinct.size} tiles of level {level}; speeds are means weighted by tests"
        )
    known = total >= values["min_tests"]
    if not known.all():
        notes.append(
            f"{name}: {int((~known).sum())} of {known.size} tiles have fewer than {values['min_tests']:g} tests and are unknown"
        )
    if not known.any():
        msg = f"{name}: no tile has {values['min_tests']:g} tests; nothing is known of any place (--assume min_tests=1)"
        raise EmptyLayerError(msg)
    # Without a speed a test is taken to have worked.
    covered = known & (np.isnan(mean) | ((mean > 0.0) & (mean >= values["min_kbps"])))
    tx, ty = distinct // count, distinct % count
    keys = quadkeys_of(level, tx, ty)
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
    squares = boxes(level, tx, ty)
    return SpeedTests(
        name=name,
        level=level,
        quadkey=tuple(keys[k] for k in order),
        tests=total[order],
        kbps=mean[order],
        is_known=known[order],
        is_covered=covered[order],
        known=_together(squares[known]),
        covered=_together(squares[covered]) if covered.any() else None,
        notes=tuple(notes),
    )


def _together(squares: Geometries) -> BaseGeometry:
    """Union of tiles of one level: they share whole edges and do not overlap, which is ten times as fast to unite."""
    return only_polygons(shapely.coverage_union_all(squares))


def _columns(path: str, name: str) -> tuple[dict[str, Any], Any]:
    """Return columns, and points as shapes with their CRS where the file has such."""
    suffix = Path(path).suffix.lower()
    if suffix in _TABLES:
        table = read_plain_table(path)
        return {c: table.texts(c) for c in table.header}, None
    if suffix in _PARQUET:
        wanted = [
            c
            for c in _parquet_names(path)
            if c.casefold() in {*_QUADKEY, *_LON, *_LAT, *_TESTS, *_KBPS}
        ]
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(path, columns=wanted)
        except (OSError, pa.ArrowException) as error:
            msg = f"{name} cannot be read: {error}"
            raise ReadError(msg) from error
        return {c: table[c].to_pylist() for c in wanted}, None
    features = read_features(path.partition("|")[0], name, path.partition("|")[2] or None)
    return dict(features.table), features


def _coordinates(columns: Mapping[str, Any], places: Any, name: str) -> tuple[F64, F64]:
    lon, lat = _column(columns, _LON), _column(columns, _LAT)
    if lon is not None and lat is not None:
        x, y = (_as_numbers(columns[c], c, name) for c in (lon, lat))
        for column, values, most in ((lon, x, 180.0), (lat, y, 90.0)):
            far = np.flatnonzero(np.abs(values) > most)
            if far.size:
                msg = f"{name}, row {int(far[0]) + 1}: {column} is {values[far[0]]:g}, which is beyond {most:g} degrees"
                raise TableValueError(msg)
    elif places is None:
        some = ", ".join(columns) or "none"
        msg = (
            f"{name} has neither a column quadkey nor columns lon and lat; its columns are: {some}"
        )
        raise ColumnError(msg)
    else:
        shapes = places.geometries
        wrong = ~np.isin(shapely.get_type_id(shapes), (-1, 0))
        if wrong.any():
            msg = f"{name}: speed tests are points, but feature {int(np.argmax(wrong)) + 1} is a {shapes[wrong][0].geom_type}"
            raise GeometryError(msg)
        x, y = shapely.get_x(shapes), shapely.get_y(shapes)
        if places.crs is not None and places.crs != LONLAT:
            to_lonlat = Transformer.from_crs(places.crs, LONLAT, always_xy=True)
            x, y = (np.asarray(v, np.float64) for v in to_lonlat.transform(x, y))
            x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
    return x, np.where(np.abs(y) <= MOST_LAT_DEG, y, np.nan)


def _tests(
    columns: Mapping[str, Any], name: str, there: NDArray[np.bool_], notes: list[str]
) -> F64:
    tests = _numbers(columns, _TESTS, name, there)
    if tests is None:
        notes.append(f"{name}: no column of tests; each row counts as one test")
        return np.ones(there.size)
    return np.nan_to_num(tests)


def _numbers(
    columns: Mapping[str, Any], names: tuple[str, ...], name: str, there: NDArray[np.bool_]
) -> F64 | None:
    """Return a column of numbers that are not negative, NaN where it has none; None where there is no such column."""
    column = _column(columns, names)
    if column is None:
        return None
    values = _as_numbers(columns[column], column, name)
    wrong = np.flatnonzero(there & ((values < 0.0) | np.isinf(values)))
    if wrong.size:
        msg = f"{name}, row {int(wrong[0]) + 1}: {column} is {values[wrong[0]]:g}; it is 0 or more"
        raise TableValueError(msg)
    return values


def _as_numbers(values: Any, column: str, name: str) -> F64:
    out = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        text = "" if value is None else str(value).strip()
        if text.lower() in {"", "nan", "na", "null", "none"}:
            continue
        try:
            out[row] = float(text)
        except ValueError as error:
            msg = f"{name}, row {row + 1}: {column} is {text!r}, which is no number; write a plain one such as 12.5"
            raise TableValueError(msg) from error
    return out


def _digits(value: Any, name: str, row: int) -> str:
    """Return a quadkey as text, nothing where there is none; a number has lost its zeros and is refused."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if not isinstance(value, str):
        msg = f"{name}, row {row}: the quadkey {value} is stored as a number, which drops zeros at its beginning; store it as text"
        raise TableValueError(msg)
    return value.strip()


def _column(columns: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    by_lower = {c.casefold(): c for c in columns}
    return next((by_lower[n] for n in names if n in by_lower), None)


def _is_of_tests(header: list[str]) -> bool:
    columns = dict.fromkeys(header)
    if _column(columns, _QUADKEY) is not None:
        return True
    return _column(columns, _LON) is not None and _column(columns, _LAT) is not None


def _header(path: str) -> list[str]:
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            first = file.readline().strip()
    except (OSError, UnicodeDecodeError):
        return []  # whoever reads it says what is wrong
    delimiter = max(",;\t", key=first.count)
    return [word.strip().strip('"') for word in first.split(delimiter)]


def _parquet_names(path: str) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (OSError, pa.ArrowException):
        return []
