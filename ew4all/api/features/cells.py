"""Cells of a raster of people as features: those in which somebody is, joined where they would be too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import shapely
from rasterio.windows import Window

from ew4all.api.features.table import Table
from ew4all.api.features.wrapping import wrapped
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["cells_of"]

_SIDE = 2048
"""Side of what is read at a time, cells."""


def cells_of(path: Path, most: int) -> Table:
    """Return the cells with people as polygons, with ``people`` and ``cells``, how many cells each stands for.

    Where more than `most` have people, squares of 2, 4, 8, ... cells a side are joined until no more than that are left.
    Nobody is lost: the people of a square are the sum of those of its cells.

    Parameters
    ----------
    path
        GeoTIFF of people per cell.

    Raises
    ------
    ReadError
        The file cannot be read, or does not say in what coordinates it is.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            if raster.crs is None:
                msg = f"{path.name} has no coordinate reference system: give it one"
                raise ReadError(msg)
            width, transform, crs = raster.width, raster.transform, raster.crs
            side, keys, people, counts = _gathered(_blocks(raster), width, most)
    except rasterio.errors.RasterioError as error:
        msg = f"the layer cannot be read as GeoTIFF ({type(error).__name__}): make it again"
        raise ReadError(msg) from error
    across = -(-width // side)
    rows, columns = np.divmod(keys, across)
    shapes = _squares(rows * side, columns * side, side, transform, crs)
    ids = tuple(f"r{r}c{c}" for r, c in zip(rows * side, columns * side, strict=True))
    table: dict[str, list[Any]] = {
        "people": [round(float(v), 6) for v in people],
        "cells": [int(v) for v in counts],
        "side_cells": [side] * len(ids),
    }
    return Table(ids, wrapped(shapes), table)


def _blocks(raster: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]]:
    """Yield rows, columns and people of the cells with people."""
    for top in range(0, raster.height, _SIDE):
        for left in range(0, raster.width, _SIDE):
            window = Window(
                left, top, min(_SIDE, raster.width - left), min(_SIDE, raster.height - top)
            )
            values = raster.read(1, window=window, masked=True).filled(0)
            rows, columns = np.nonzero(np.nan_to_num(values) > 0)
            yield rows + top, columns + left, values[rows, columns].astype(np.float64)


def _gathered(
    blocks: Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]],
    width: int,
    most: int,
) -> tuple[int, NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return side of the squares, and key, people and cells of each; the key is row times squares across, plus column."""
    side = 1
    keys, people, counts = np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    for rows, columns, values in blocks:
        new = (rows // side) * -(-width // side) + columns // side
        keys, people, counts = _joined(
            np.concatenate((keys, new)),
            np.concatenate((people, values)),
            np.concatenate((counts, np.ones(len(new), np.int64))),
        )
        while len(keys) > most:
            before, side = -(-width // side), side * 2
            row, column = np.divmod(keys, before)
            keys, people, counts = _joined(
                (row // 2) * -(-width // side) + column // 2, people, counts
            )
    return side, keys, people, counts


def _joined(
    keys: NDArray[np.int64], people: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    found, where = np.unique(keys, return_inverse=True)
    cells = np.zeros(len(found), np.int64)
    np.add.at(cells, where, counts)
    summed = np.zeros(len(found), np.float64)
    np.add.at(summed, where, people)
    return found, summed, cells


def _squares(
    rows: NDArray[np.int64], columns: NDArray[np.int64], side: int, transform: Any, crs: Any
) -> NDArray[np.object_]:
    from pyproj import CRS, Transformer

    # Anticlockwise, as RFC 7946 wants outer rings, where north is up.
    corners = ((side, 0), (side, side), (0, side), (0, 0), (side, 0))
    down = np.stack([rows + d for d, _ in corners], axis=1).astype(np.float64)
    right = np.stack([columns + r for _, r in corners], axis=1).astype(np.float64)
    x = transform.a * right + transform.b * down + transform.c
    y = transform.d * right + transform.e * down + transform.f
    source = CRS.from_user_input(crs.to_wkt())
    if not source.is_geographic:
        x, y = Transformer.from_crs(source, 4326, always_xy=True).transform(x, y)
    if not len(rows):
        return np.empty(0, dtype=object)
    out: NDArray[np.object_] = shapely.polygons(np.stack((x, y), axis=2))
    return out
