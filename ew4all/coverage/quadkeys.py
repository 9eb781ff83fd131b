"""Square tiles of the web map, named by quadkey, and their outlines in longitude and latitude.

Speed tests are published by such tiles: one digit a level, which says in which quarter of the tile above it lies. Tile
(0, 0) of a level has its corner at 180° west and 85.05° north; x grows to the east and y to the south. Edges of
neighbours come from the same numbers, so that tiles of one level lie beside each other without gap or overlap.

Spherical Mercator as published by OGC (17-083r2, Two Dimensional Tile Matrix Set, WebMercatorQuad); quadkeys as Bing Maps defines
them, bits of x and y in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from ew4all.errors import TableValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.reprojection import Geometries
    from ew4all.units import F64, I64

__all__ = ["FINEST", "MOST_LAT_DEG", "boxes", "quadkeys_of", "tiles_at", "tiles_of"]

FINEST: Final = 23
"""Deepest level that quadkeys are used with; a tile is then 4.8 m wide at the equator."""

MOST_LAT_DEG: Final = float(np.degrees(np.arctan(np.sinh(np.pi))))
"""Latitude at which the square map of the world ends, 85.05 degrees."""


def tiles_of(
    quadkeys: Sequence[str], name: str = "quadkeys", rows: Sequence[int] | None = None
) -> tuple[int, I64, I64]:
    """Return the level and the tiles, x and y, of quadkeys of one length.

    Parameters
    ----------
    name, rows
        What begins messages, and the row that each stands in; by default counted from 1.

    Raises
    ------
    TableValueError
        A quadkey holds another character than 0 to 3, is empty or longer than `FINEST`, or they differ in length; the message
        names the row.
    """
    level = len(quadkeys[0]) if quadkeys else 0
    lines = range(1, len(quadkeys) + 1) if rows is None else rows
    for row, key in zip(lines, quadkeys, strict=True):
        if not 1 <= len(key) <= FINEST or not set(key) <= set("0123"):
            msg = (
                f"{name}, row {row}: {key!r} is no quadkey; it has 1 to {FINEST} digits, each 0, 1, 2 or 3 (16 of them in "
                "tiles of speed tests)"
            )
            raise TableValueError(msg)
        if len(key) != level:
            msg = (
                f"{name}, row {row}: the quadkey {key!r} has {len(key)} digits and that of row {lines[0]} has {level}; give tiles of one "
                "level, as text: spreadsheets drop zeros at the beginning of a number"
            )
            raise TableValueError(msg)
    if not quadkeys:
        return 0, np.zeros(0, np.int64), np.zeros(0, np.int64)
    digits = np.frombuffer("".join(quadkeys).encode("ascii"), np.uint8).reshape(-1, level) - 48
    weight = 1 << np.arange(level - 1, -1, -1, dtype=np.int64)
    return level, (digits & 1) @ weight, (digits >> 1) @ weight


def quadkeys_of(level: int, x: I64, y: I64) -> list[str]:
    """Return the quadkey of each tile of a level."""
    shifts = np.arange(level - 1, -1, -1)
    digits = ((x[:, None] >> shifts) & 1) + 2 * ((y[:, None] >> shifts) & 1)
    return ["".join(map(str, row)) for row in digits.tolist()]


def tiles_at(level: int, lon_deg: F64, lat_deg: F64) -> tuple[I64, I64]:
    """Return the tile in which each place lies: x and y. A place on an edge lies in the tile to its east and south.

    Parameters
    ----------
    lon_deg, lat_deg
        Finite; latitudes within `MOST_LAT_DEG`.
    """
    count = 1 << level
    across = np.floor((lon_deg + 180.0) / 360.0 * count)
    mercator = np.arcsinh(np.tan(np.radians(lat_deg))) / np.pi
    down = np.floor((1.0 - mercator) / 2.0 * count)
    return (
        across.astype(np.int64) % count,  # 180 degrees east is 180 degrees west
        np.clip(down, 0, count - 1).astype(np.int64),
    )


def boxes(level: int, x: I64, y: I64) -> Geometries:
    """Return the outline of each tile of a level, in longitude and latitude (EPSG:4326)."""
    return np.asarray(
        shapely.box(_lon(level, x), _lat(level, y + 1), _lon(level, x + 1), _lat(level, y)),
        dtype=object,
    )


def _lon(level: int, x: I64) -> F64:
    lon: F64 = x / float(1 << level) * 360.0 - 180.0
    return lon


def _lat(level: int, y: I64) -> F64:
    lat: F64 = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y / float(1 << level)))))
    return lat
