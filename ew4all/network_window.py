"""The part of a population in which pixels are to be looked at one by one: where sites, sirens, areas and footprints are.

A raster of a continent has some hundred million pixels; a network and an alert are of a small part of them. Beyond the reach of
every cell nobody has service, and that needs no radio model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pyproj import Transformer

from ew4all.cells import ENVIRONMENTS
from ew4all.coverage.ground_metric import Metric
from ew4all.coverage.network import Network
from ew4all.coverage.placement import boxes_within
from ew4all.grid import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.cells import Cells
    from ew4all.coverage.signal_defaults import Radio
    from ew4all.grid import Grid

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Looked", "reach_window", "sites_window", "within_m"]

_TILE_PIXELS: Final = 128
"""Rows and columns of pixels that are looked at together, or are not."""


@dataclass(frozen=True, eq=False)
class Looked:
    """Which cells of people are looked at pixel by pixel; a pixel is one of `factor` x `factor` parts of a cell.

    Attributes
    ----------
    window
        Cells of people that hold all of them; the grid of the pixels begins at its first one.
    step
        Cells along a side of a tile, all of which are looked at or none.
    tiles
        Which tiles of the window are, shape (rows, columns).
    """

    window: Block
    factor: int
    step: int
    tiles: Flags

    @classmethod
    def of(cls, window: Block, factor: int, boxes: Iterable[Block]) -> Looked:
        """Look at the tiles that some boxes of pixels meet."""
        step = max(1, _TILE_PIXELS // factor)
        shape = tuple(-(-n // step) for n in window.shape)
        tiles = np.zeros(shape, bool)
        wide = step * factor
        for box in boxes:
            tiles[
                max(0, box.row0 // wide) : max(0, -(-box.row1 // wide)),
                max(0, box.col0 // wide) : max(0, -(-box.col1 // wide)),
            ] = True
        return cls(window, factor, step, tiles)

    def __len__(self) -> int:
        """Return the number of cells that are looked at."""
        high, wide = (
            np.minimum(self.step, n - self.step * np.arange(m))
            for n, m in zip(self.window.shape, self.tiles.shape, strict=True)
        )
        return int(high @ self.tiles.astype(np.int64) @ wide)

    def is_all(self, grid: Grid) -> bool:
        """Whether every cell of a grid of people is looked at."""
        return self.window == grid.whole and bool(self.tiles.all())

    def meets(self, block: Block) -> bool:
        """Whether some pixels of a block are looked at."""
        wide = self.step * self.factor
        return bool(
            self.tiles[
                block.row0 // wide : -(-block.row1 // wide),
                block.col0 // wide : -(-block.col1 // wide),
            ].any()
        )

    def cells(self, block: Block) -> Flags:
        """Say which cells of a block of people are looked at, shape (rows, columns)."""
        row = (np.arange(block.row0, block.row1) - self.window.row0) // self.step
        col = (np.arange(block.col0, block.col1) - self.window.col0) // self.step
        rows, cols = self.tiles.shape
        inside = ((row >= 0) & (row < rows))[:, None] & ((col >= 0) & (col < cols))[None, :]
        found = self.tiles[np.clip(row, 0, rows - 1)][:, np.clip(col, 0, cols - 1)]
        # The last tiles may overhang the window.
        inside &= (np.arange(block.row0, block.row1) < self.window.row1)[:, None]
        inside &= (np.arange(block.col0, block.col1) < self.window.col1)[None, :]
        return np.asarray(inside & found)


def sites_window(
    grid: Grid,
    warned: BaseGeometry | None,
    endangered: BaseGeometry | None,
    *,
    in_area: bool = False,
    near: Callable[[Grid], Block | None] | None = None,
) -> Block | None:
    """Return the cells of people in which the signal of sites is wanted, whether the sites reach them or not; None: all.

    Parameters
    ----------
    in_area
        The warning area, where there is one.
    near
        The warning area, the hazard's footprint and what this gives; all where nobody knows of an area or a footprint.
    """
    shapes = [one for one in (warned, endangered) if one is not None]
    if near is None:
        shapes = [] if warned is None or not in_area else [warned]
    if not shapes:
        return None
    blocks = [grid.block_of_bounds(one.bounds) for one in shapes]
    if near is not None:
        blocks.append(near(grid))
    found = [one for one in blocks if one is not None]
    return found[0].around(*found[1:]) if found else None


def reach_window(
    cells: Cells, grid: Grid, radio: Radio, assume: Mapping[str, float] | None = None
) -> Block:
    """Return the cells of a grid of people that some network may reach, whatever surrounds its sites.

    Parameters
    ----------
    cells
        Some of them reach the grid; see `ew4all.network_intake.must_reach`.
    assume
        See `Cells.in_environment`.
    """
    found = []
    for code in range(len(ENVIRONMENTS)):
        placed = Network.of(cells.in_environment(code, assume), grid, radio=radio).placed
        if placed.owner.size:
            found.append(_of_boxes(placed.box, grid))
    return found[0].around(*found[1:]) if found else grid.whole


def within_m(grid: Grid, lon_deg: F64, lat_deg: F64, reach_m: F64) -> list[Block]:
    """Return the cells of a grid that lie within a distance of each place, a few more at its corners; of those that have any."""
    with np.errstate(invalid="ignore"):
        x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
            lon_deg, lat_deg, errcheck=False
        )
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    metric = Metric.of(grid, float(np.max(reach_m, initial=0.0)))
    a, b, c, d, e, f = grid.inverse
    out = []
    for turns in (0.0, -360.0, 360.0) if grid.is_geographic else (0.0,):
        column, row = a * (x + turns) + b * y + c, d * (x + turns) + e * y + f
        box = boxes_within(metric, column, row, reach_m)
        out += [one for one in map(_block(grid), box.T.tolist()) if min(one.shape) > 0]
    return out


def _of_boxes(box: NDArray[np.int64], grid: Grid) -> Block:
    row0, row1, col0, col1 = box
    return _block(grid)((row0.min(), row1.max(), col0.min(), col1.max()))


def _block(grid: Grid) -> Callable[[Iterable[int]], Block]:
    def cut(box: Iterable[int]) -> Block:
        row0, row1, col0, col1 = (int(v) for v in box)
        return Block(max(0, row0), min(grid.height, row1), max(0, col0), min(grid.width, col1))

    return cut
