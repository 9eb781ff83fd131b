"""Tables that tell of outages: power of sites, stocks in depots, sites that are down, measurements."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.coverage.outages.kits import KINDS, ROLES, Stock
from ew4all.coverage.outages.power import Plant
from ew4all.errors import ColumnError, EmptyLayerError, GeometryError, InputError, ReadError
from ew4all.readers.plain_table import PlainTable, read_plain_table
from ew4all.readers.vector_files import LONLAT, read_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["read_down", "read_measurements", "read_plant", "read_stocks"]

_TABLES: Final = {".csv", ".tsv", ".txt"}
_SITE: Final = ("site", "site_id", "id", "name")
_LON: Final = ("lon", "longitude", "lon_deg", "x")
_LAT: Final = ("lat", "latitude", "lat_deg", "y")
_DOWN_WORDS: Final = {"down", "out", "0", "false", "no", "off", "inactive"}
_UP_WORDS: Final = {"up", "on", "1", "true", "yes", "active", "in service"}


def column_of(table: PlainTable, names: tuple[str, ...], needed: str | None = None) -> str | None:
    """Return the header of the first of some names that a table has.

    Raises
    ------
    ColumnError
        It has none, and `needed` says what it is needed for.
    """
    by_lower = {header.casefold(): header for header in table.header}
    for name in names:
        if name in by_lower:
            return by_lower[name]
    if needed is not None:
        msg = f"{table.name} has no column {' or '.join(names)} ({needed}); it has {', '.join(table.header)}"
        raise ColumnError(msg)
    return None


def read_plant(path: str | os.PathLike[str], site_id: NDArray[np.str_]) -> Plant:
    """Read what is known of sites: ``site`` and any of ``battery_h``, ``fuel_h`` (0: no generator), ``feeder``, ``people``, ``road_open_h``.

    Raises
    ------
    ColumnError
        No column of sites, or none of the others.
    InputError
        A site that does not exist or is named twice; a value that is no number or negative.
    """
    table = read_plain_table(path)
    key = column_of(table, _SITE, "which site a row is about")
    assert key is not None
    names = table.texts(key)
    number = {str(name): k for k, name in enumerate(site_id)}
    at = []
    seen: set[str] = set()
    for row, name in enumerate(names):
        if name not in number or name in seen:
            what = (
                "is named twice"
                if name in seen
                else f"does not exist; sites are called like {str(site_id[0])!r}"
            )
            msg = f"{table.name}, line {table.lines[row]}: site {name!r} {what}"
            raise InputError(msg)
        seen.add(name)
        at.append(number[name])
    columns: dict[str, F64] = {}
    for name in ("battery_h", "fuel_h", "people", "road_open_h"):
        if name in table.header:
            values = np.full(site_id.size, 0.0 if name == "people" else np.nan)
            given = table.numbers(name, blank=name != "people")
            if (given < 0.0).any():
                row = int(np.flatnonzero(given < 0.0)[0])
                msg = f"{table.name}, line {table.lines[row]}: {name} is {given[row]:g}; it cannot be negative"
                raise InputError(msg)
            values[at] = given
            columns[name] = values
    feeder = None
    if "feeder" in table.header:
        texts = table.texts("feeder")
        feeder = np.zeros(site_id.size, f"<U{max(1, *(len(t) for t in texts))}")
        feeder[at] = texts
    if not columns and feeder is None:
        msg = f"{table.name} has none of battery_h, fuel_h, feeder, people, road_open_h; it has {', '.join(table.header)}"
        raise ColumnError(msg)
    return Plant(
        columns.get("people"),
        columns.get("battery_h"),
        columns.get("fuel_h"),
        feeder,
        columns.get("road_open_h"),
    )


def read_stocks(path: str | os.PathLike[str]) -> tuple[Stock, ...]:
    """Read stocks: ``depot, lon, lat, kind, count`` and, if wanted, ``role, transport_h, setup_h, by``.

    Raises
    ------
    ColumnError, TableValueError, InputError, OptionError
        A column is missing, a word or number cannot be; see `Stock`.
    """
    table = read_plain_table(path)
    lon, lat = (
        table.numbers(str(column_of(table, names, "where the depot is"))) for names in (_LON, _LAT)
    )
    kind, count = table.words("kind", KINDS), table.numbers("count")
    depot = table.texts("depot")
    optional: dict[str, list[float | None]] = {}
    for name in ("transport_h", "setup_h"):
        values = (
            table.numbers(name, blank=True) if name in table.header else np.full(len(depot), np.nan)
        )
        optional[name] = [None if np.isnan(v) else float(v) for v in values]
    words = {
        name: table.texts(name) if name in table.header else [""] * len(depot)
        for name in ("role", "by")
    }
    roles = {role for some in ROLES.values() for role in some}
    stocks = []
    for k, name in enumerate(depot):
        role, by = words["role"][k].casefold(), words["by"][k].casefold() or "road"
        if count[k] != int(count[k]):
            msg = f"{table.name}, line {table.lines[k]}: count is {count[k]:g}; half a kit helps nobody"
            raise InputError(msg)
        if role and role not in roles:
            msg = f"{table.name}, line {table.lines[k]}: there is no role {role!r}; use {', '.join(sorted(roles))}"
            raise InputError(msg)
        stocks.append(
            Stock(
                name, float(lon[k]), float(lat[k]), str(kind[k]), int(count[k]), role,
                optional["transport_h"][k], optional["setup_h"][k], by,
            )
        )  # fmt: skip
    return tuple(stocks)


def read_down(path: str | os.PathLike[str]) -> list[str]:
    """Read a list of sites that are down: one name a line, or a table with a column of sites and, if wanted, ``state``.

    Raises
    ------
    ReadError, EmptyLayerError
        The file is missing, no text, or empty.
    InputError
        A state that says neither up nor down.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except OSError as error:
        msg = (
            f"the list of sites {os.fspath(path)} cannot be read ({error.strerror}); check the path"
        )
        raise ReadError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the list of sites {os.fspath(path)} is no text in UTF-8; save it as such"
        raise ReadError(msg) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        msg = f"the list of sites {os.fspath(path)} is empty"
        raise EmptyLayerError(msg)
    first = names[0].casefold()
    if not any(mark in first for mark in ",;\t"):
        return names[1:] if first in _SITE else names
    table = read_plain_table(path)
    key = str(column_of(table, _SITE, "which site a row is about"))
    state = column_of(table, ("state", "status", "service"))
    if state is None:
        return table.texts(key)
    down = []
    for row, (name, word) in enumerate(zip(table.texts(key), table.texts(state), strict=True)):
        if word.casefold() in _DOWN_WORDS:
            down.append(name)
        elif word.casefold() not in _UP_WORDS:
            msg = f"{table.name}, line {table.lines[row]}: {state} is {word!r}; write up or down"
            raise InputError(msg)
    return down


def read_measurements(path: str | os.PathLike[str]) -> tuple[F64, F64] | None:
    """Read places of measurements: a table with ``lon`` and ``lat``, or points of a vector file.

    Returns
    -------
    Longitudes and latitudes; None where the file holds polygons.

    Raises
    ------
    ColumnError, TableValueError, ReadError, EmptyLayerError
        See `read_plain_table` and `read_features`.
    GeometryError
        Shapes that are neither all points nor all polygons.
    """
    name = os.fspath(path)
    suffix = Path(name).suffix.lower()
    if suffix in _TABLES:
        table = read_plain_table(path)
        lon = table.numbers(str(column_of(table, _LON, "longitude of a measurement")))
        lat = table.numbers(str(column_of(table, _LAT, "latitude of a measurement")))
        return lon, lat
    if suffix == ".wkt":
        return None
    features = read_features(name, f"measurements {name}")
    shapes = features.geometries[~shapely.is_missing(features.geometries)]
    kinds = {shape.geom_type.removeprefix("Multi") for shape in shapes}
    if kinds == {"Polygon"}:
        return None
    if kinds != {"Point"}:
        msg = f"measurements {name} are neither points nor polygons, but {', '.join(sorted(kinds)) or 'nothing'}"
        raise GeometryError(msg)
    x, y = shapely.get_coordinates(shapes).T
    if features.crs is not None and features.crs != LONLAT:
        x, y = Transformer.from_crs(features.crs, LONLAT, always_xy=True).transform(x, y)
    return np.asarray(x, np.float64), np.asarray(y, np.float64)
