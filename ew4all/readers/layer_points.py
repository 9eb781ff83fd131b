"""What a raster layer says at points: its own cell there, with nothing averaged over the cells of the people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj import Transformer

from ew4all.grid import Block

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.grid import Grid
    from ew4all.readers.alignment import Aligned
    from ew4all.units import F64

__all__ = ["at_points", "share_at"]

_TILE: Final = 512
"""Rows and columns among which points are looked up together."""


def share_at(layer: Aligned, x: F64, y: F64) -> F64:
    """Return the share covered of the cell of a layer in which each point lies.

    Parameters
    ----------
    x, y
        In the CRS of the people, shape (points,).

    Returns
    -------
    array, shape (points,)
        0..1; 0 beyond the layer and where it holds no data.

    Raises
    ------
    CoverageValueError, ReadError
        See `Aligned.share`.
    """
    grid = layer.raster.grid
    to_layer = Transformer.from_crs(layer.grid.crs, grid.crs, always_xy=True)
    there = to_layer.transform(x, y, errcheck=False)
    there_x, there_y = (np.asarray(v, np.float64) for v in there)
    return at_points(grid, there_x, there_y, lambda block: layer.rule.share(layer.raster, block))


def at_points(grid: Grid, x: F64, y: F64, read: Callable[[Block], NDArray[Any]]) -> F64:
    """Return the value of the cell in which each point lies, 0 beyond the grid.

    Parameters
    ----------
    x, y
        In the CRS of the grid; infinite where a point has no place there.
    read
        Returns the values of a block, which is no larger than 512 x 512 cells.
    """
    if grid.is_geographic:
        # Longitudes that differ by a whole turn are the same place.
        west = grid.bounds[0]
        x = west + np.mod(x - west, 360.0, where=np.isfinite(x), out=np.full(x.size, np.inf))
    out = np.zeros(x.size)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    ia, ib, ic, id_, ie, if_ = grid.inverse
    col, row = np.floor(ia * x + ib * y + ic), np.floor(id_ * x + ie * y + if_)
    known &= (col >= 0) & (row >= 0) & (col < grid.width) & (row < grid.height)
    at = np.flatnonzero(known)
    r, c = row[at].astype(np.int64), col[at].astype(np.int64)
    tile = np.stack((r // _TILE, c // _TILE), axis=1)
    for down, across in np.unique(tile, axis=0).tolist():
        mine = (tile[:, 0] == down) & (tile[:, 1] == across)
        rows, cols = r[mine], c[mine]
        block = Block(int(rows.min()), int(rows.max()) + 1, int(cols.min()), int(cols.max()) + 1)
        out[at[mine]] = np.asarray(read(block), np.float64)[rows - block.row0, cols - block.col0]
    return out
