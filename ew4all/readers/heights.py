"""Terrain heights for a grid and the land around it, from a raster in any CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from affine import Affine
from pyproj import Transformer

from ew4all.coverage.terrain import Terrain
from ew4all.errors import InputError, NoIntersectionError
from ew4all.grid import Block, Grid
from ew4all.readers.rasters import Raster, open_raster

if TYPE_CHECKING:
    from ew4all.units import F32

__all__ = ["read_heights"]

MOST_CELLS: Final = 100_000_000
"""Beyond, heights are averaged over squares of cells: 400 MB are the most that they take."""

_STRIP_CELLS = 1 << 23
_DEEPEST_M, _HIGHEST_M = -12_000.0, 9_000.0
_LOWEST_LAND_M = -450.0  # the shore of the Dead Sea


def read_heights(
    source: Any, grid: Grid, margin_m: float, *, step_m: float = 100.0
) -> tuple[Terrain, tuple[str, ...]]:
    """Read the heights that a map needs.

    Parameters
    ----------
    source
        Raster of metres above sea level; see `open_raster`.
    grid
        Grid of the map.
    margin_m
        How far around the grid heights are needed.
    step_m
        Between the points of a profile.

    Returns
    -------
    terrain, notes
        Unknown heights (no data, or beyond the raster) are NaN; `Terrain.missing_share` says how many there are.

    Raises
    ------
    NoIntersectionError
        The raster lies somewhere else.
    InputError
        Values that are no heights in metres.
    ReadError, MissingCrsError
        See `open_raster`.
    """
    raster = open_raster(source, "the terrain raster")
    notes = list(raster.notes)
    window, turns = _window(raster, grid, margin_m)
    factor = 1
    while window.shape[0] * window.shape[1] > factor**2 * MOST_CELLS:
        factor += 1
    if factor > 1:
        notes.append(
            f"{raster.name}: heights are averaged over {factor} x {factor} cells, to fit into memory"
        )
    rows, cols = -(-window.shape[0] // factor), -(-window.shape[1] // factor)
    heights = np.full((rows, cols), np.nan, np.float32)
    found = _Found()
    for shift in turns:
        _fill(raster, window, shift, factor, heights, found)
    notes += found.notes(raster)
    if np.isnan(heights).all():
        msg = f"{raster.name} holds no height where the map lies; {_extents(raster, grid)}"
        raise NoIntersectionError(msg)
    high = float(np.nanmax(heights))
    if high > _HIGHEST_M:
        msg = (
            f"{raster.name} holds heights up to {high:g}, which are no metres; if it is in feet or decimetres scale it, and "
            "mark cells without data with `gdal_edit.py -a_nodata VALUE FILE`"
        )
        raise InputError(msg)
    a, b, c, d, e, f = tuple(raster.grid.transform)[:6]
    x, y = a * window.col0 + b * window.row0 + c, d * window.col0 + e * window.row0 + f
    placed = Grid(
        Affine(a * factor, b * factor, x, d * factor, e * factor, y), rows, cols, raster.grid.crs
    )
    return Terrain(heights, placed, step_m), tuple(notes)


def _window(raster: Raster, grid: Grid, margin_m: float) -> tuple[Block, list[int]]:
    """Return the cells of the raster's lattice that are needed (it may leave the raster), and turns in columns."""
    high = 111e3 if grid.is_geographic else 1.0
    west, south, east, north = grid.bounds
    dy = margin_m / high
    middle = np.radians(min(max(abs(south), abs(north)), 85.0)) if grid.is_geographic else 0.0
    dx = dy / float(np.cos(middle))
    x, y = np.meshgrid(
        np.linspace(west - dx, east + dx, 33), np.linspace(south - dy, north + dy, 33)
    )
    if grid.is_geographic:
        y = np.clip(y, -90.0, 90.0)
    u, v = (
        np.asarray(p)
        for p in Transformer.from_crs(grid.crs, raster.grid.crs, always_xy=True).transform(
            x, y, errcheck=False
        )
    )
    if raster.grid.is_geographic:
        # Longitudes may jump where the map crosses the antimeridian.
        u = u - 360.0 * np.round((u - u[16, 16]) / 360.0)
    known = np.isfinite(u) & np.isfinite(v)
    if not known.any():
        msg = f"{raster.name} does not meet the map; {_extents(raster, grid)}"
        raise NoIntersectionError(msg)
    a, b, c, d, e, f = raster.grid.inverse
    column, row = a * u[known] + b * v[known] + c, d * u[known] + e * v[known] + f
    window = Block(
        int(np.floor(row.min())) - 2,
        int(np.ceil(row.max())) + 2,
        int(np.floor(column.min())) - 2,
        int(np.ceil(column.max())) + 2,
    )
    turn = round(360.0 / raster.grid.cell_size[0]) if raster.grid.is_geographic else 0
    shifts = [k * turn for k in (-2, -1, 0, 1, 2)] if turn else [0]
    height, width = raster.grid.shape
    meets = [
        s for s in shifts
        if window.row1 > 0 and window.row0 < height and window.col1 > s and window.col0 < width + s
    ]  # fmt: skip
    if not meets:
        msg = f"{raster.name} does not meet the map; {_extents(raster, grid)}"
        raise NoIntersectionError(msg)
    first_row, last_row = max(window.row0, 0), min(window.row1, height)
    first, last = max(window.col0, min(meets)), min(window.col1, width + max(meets))
    return Block(first_row, last_row, first, last), meets


@dataclass
class _Found:
    """What was found below any land."""

    marks: int = 0
    lowest: float = 0.0
    depths: int = 0

    def clean(self, heights: F32) -> None:
        """Make marks that the file does not declare unknown, and the floor of the sea its surface."""
        with np.errstate(invalid="ignore"):
            marks, depths = heights < _DEEPEST_M, heights < _LOWEST_LAND_M
        if depths.any():
            self.lowest = min(self.lowest, float(heights[depths].min()))
            self.marks += int(marks.sum())
            self.depths += int((depths & ~marks).sum())
            heights[depths] = 0.0
            heights[marks] = np.nan

    def notes(self, raster: Raster) -> list[str]:
        """Say what was done."""
        told = []
        if self.marks:
            told.append(
                f"{raster.name}: {self.marks:,} cells below {_DEEPEST_M:,.0f} m (the lowest {self.lowest:g}) are taken as cells "
                "without data, which the file does not say"
            )
        if self.depths:
            told.append(
                f"{raster.name}: {self.depths:,} cells below {_LOWEST_LAND_M:,.0f} m are taken as sea, at a height of 0"
            )
        return told


def _fill(raster: Raster, window: Block, shift: int, factor: int, out: F32, found: _Found) -> None:
    """Put the part of the raster that lies `shift` columns away into its place in the window."""
    col0, col1 = max(window.col0 - shift, 0), min(window.col1 - shift, raster.grid.width)
    if col1 <= col0:
        return
    rows = max(1, _STRIP_CELLS // (col1 - col0) // factor) * factor
    for row in range(window.row0, window.row1, rows):
        part = Block(row, min(row + rows, window.row1), col0, col1)
        values, valid = raster.values(part)
        strip = np.full((part.shape[0], window.shape[1]), np.nan, np.float32)
        place = strip[:, col0 + shift - window.col0 : col1 + shift - window.col0]
        place[:] = values
        if valid is not None:
            place[~valid] = np.nan
        found.clean(strip)
        if factor > 1:
            strip = _averaged(strip, factor)
        top = (row - window.row0) // factor
        target = out[top : top + strip.shape[0]]
        np.copyto(target, strip, where=~np.isnan(strip))


def _averaged(values: F32, factor: int) -> F32:
    rows, cols = (-(-n // factor) * factor for n in values.shape)
    whole = np.full((rows, cols), np.nan, np.float32)
    whole[: values.shape[0], : values.shape[1]] = values
    parts = whole.reshape(rows // factor, factor, cols // factor, factor)
    known = ~np.isnan(parts)
    count = known.sum(axis=(1, 3))
    total = np.where(known, parts, 0.0).sum(axis=(1, 3), dtype=np.float64)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    out: F32 = mean.astype(np.float32)
    return out


def _extents(raster: Raster, grid: Grid) -> str:
    (w, s, e, n), (w2, s2, e2, n2) = raster.grid.bounds, grid.bounds
    return (
        f"it spans x {w:.4f}..{e:.4f}, y {s:.4f}..{n:.4f} ({raster.grid.crs.name}), the map x {w2:.4f}..{e2:.4f}, "
        f"y {s2:.4f}..{n2:.4f} ({grid.crs.name})"
    )
