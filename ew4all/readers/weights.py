"""Where in the cells of a coarse population people live: weights of finer cells, from a raster or from points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from pyproj import Transformer

from ew4all.errors import NoIntersectionError, PopulationValueError
from ew4all.readers.alignment import Aligned
from ew4all.readers.population import swept
from ew4all.readers.rasters import HUGE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from ew4all.grid import Block, Grid
    from ew4all.readers.rasters import Raster
    from ew4all.readers.settlements import Settlements
    from ew4all.units import F32, F64, I64


class Weights(Protocol):
    """Weights of the finer cells."""

    @property
    def name(self) -> str:
        """How messages name them."""

    @property
    def crs(self) -> CRS | None:
        """CRS of the source; None for shapes in memory, which are in that of the population."""

    @property
    def tile(self) -> tuple[int, int] | None:
        """Rows and columns of finer cells that are decoded together; None where there is no such thing."""

    def read(self, block: Block) -> F32:
        """Return the weight of each finer cell of a block, 0 or more."""


@dataclass(frozen=True)
class _Weight:
    """What the cells of a refining raster mean: the value, 0 where there is no data."""

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32)

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        found = swept(raster, block)
        if found is not None:
            return found[0].astype(np.float32, copy=False)
        values, valid = raster.values(block)
        if valid is not None:
            values = np.where(valid, values, values.dtype.type(0))
        low, high = values.min(), values.max()
        if low < 0 or high >= HUGE:
            row, col = np.unravel_index(
                values.argmin() if low < 0 else values.argmax(), values.shape
            )
            lon, lat = raster.lonlat(block.row0 + int(row), block.col0 + int(col))
            msg = (
                f"{raster.name} holds {values[row, col]:g} at longitude {lon:.5f}, latitude {lat:.5f}; weights must be 0 "
                f"or more: if it marks cells without data say so with `gdal_edit.py -a_nodata {values[row, col]:.10g} "
                f"{raster.path or 'FILE'}`, else correct it"
            )
            raise PopulationValueError(msg)
        return values.astype(np.float32, copy=False)


@dataclass(frozen=True, eq=False)
class RasterWeights:
    """Weights from a raster: its mean over each finer cell, weighted by area."""

    aligned: Aligned

    @classmethod
    def of(cls, raster: Raster, grid: Grid) -> RasterWeights:
        """Bring the raster to the finer cells."""
        return cls(Aligned(raster, grid, raster.tile, _Weight(), most=np.inf))

    @property
    def name(self) -> str:
        """How messages name them."""
        return self.aligned.raster.name

    @property
    def crs(self) -> CRS:
        """CRS of the raster."""
        return self.aligned.raster.grid.crs

    @property
    def tile(self) -> tuple[int, int] | None:
        """Tiles of the file where its cells are the finer cells."""
        return self.aligned.raster.tile if self.aligned.on_same_cells else None

    def read(self, block: Block) -> F32:
        """Return the weight of each finer cell of a block."""
        return cast("F32", self.aligned.share(block))


@dataclass(frozen=True, eq=False)
class PointWeights:
    """Weights from points; `row`, `col` and `weight` of each, sorted by row."""

    name: str
    crs: CRS | None
    row: I64
    col: I64
    weight: F64

    @property
    def tile(self) -> None:
        """Points are in memory."""
        return None

    @classmethod
    def of(cls, points: Settlements, grid: Grid) -> tuple[PointWeights, list[str]]:
        """Find the finer cell of each point; the notes say how many lie outside.

        Raises
        ------
        NoIntersectionError
            All of them do.
        """
        x, y = points.x, points.y
        if points.crs is not None and points.crs != grid.crs:
            transformer = Transformer.from_crs(points.crs, grid.crs, always_xy=True)
            x, y = transformer.transform(x, y, errcheck=False)
        west, south, east, north = grid.bounds
        extents = (
            f"{points.name} spans x {np.nanmin(x):.4f}..{np.nanmax(x):.4f}, y {np.nanmin(y):.4f}..{np.nanmax(y):.4f} "
            f"and does not meet the population: x {west:.4f}..{east:.4f}, y {south:.4f}..{north:.4f} ({grid.crs.name})"
        )
        if grid.is_geographic:
            x = west + (x - west) % 360.0
        ia, ib, ic, id_, ie, if_ = grid.inverse
        known = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
        col, row = np.floor(ia * x + ib * y + ic), np.floor(id_ * x + ie * y + if_)
        inside = known & (row >= 0) & (row < grid.height) & (col >= 0) & (col < grid.width)
        if not inside.any():
            msg = f"{extents}; no settlement lies in the population raster"
            raise NoIntersectionError(msg)
        notes = []
        outside = inside.size - int(np.count_nonzero(inside))
        if outside:
            notes.append(
                f"{points.name}: {outside:,} of {inside.size:,} points lie outside the population"
            )
        order = np.lexsort((col[inside], row[inside]))
        row, col = (a[inside][order].astype(np.int64) for a in (row, col))
        return cls(points.name, points.crs, row, col, points.weight[inside][order]), notes

    def read(self, block: Block) -> F32:
        """Return the weight of each finer cell of a block."""
        out = np.zeros(block.shape, np.float32)
        first, last = np.searchsorted(self.row, (block.row0, block.row1))
        here = slice(int(first), int(last))
        inside = (self.col[here] >= block.col0) & (self.col[here] < block.col1)
        row, col = self.row[here][inside] - block.row0, self.col[here][inside] - block.col0
        np.add.at(out, (row, col), self.weight[here][inside].astype(np.float32))
        return out
