"""People gathered into the pixels of a map, in the same pass that writes them to a raster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine
from rasterio import features

from ew4all.coverage.workers import in_order
from ew4all.grid import Block
from ew4all.report.map import MAP_PIXELS, focus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.coverage.exposure import Progress
    from ew4all.grid import Grid
    from ew4all.readers.cells import Cells, MeanCells
    from ew4all.study import Study
    from ew4all.units import F64

BLOCK = (512, 1024)
"""Rows and columns read at once: eight blocks may wait to be written, and 768 MB are the most for 30,000 x 30,000 cells."""


@dataclass(frozen=True)
class View:
    """A window of the population grid seen in pixels of `factor` x `factor` cells.

    `people`, `uncovered` and, for a hazard raster, `endangered` (cells), shape (pixel rows, pixel columns), are filled by
    `blocks`.
    """

    study: Study
    cells: Cells | MeanCells
    window: Block
    factor: int
    people: F64
    uncovered: F64
    endangered: F64

    @classmethod
    def of(cls, study: Study, cells: Cells | MeanCells | None = None) -> View:
        """Choose the window: the warning area, some of the hazard, a margin. `cells` are those of the study by default."""
        grid = study.grid
        window = grid.block_of_bounds(focus(grid.bounds, study.area, study.hazard)) or grid.whole
        factor, shape = pixels_of(window)
        reader = cells or study.cells()
        return cls(study, reader, window, factor, np.zeros(shape), np.zeros(shape), np.zeros(shape))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the pixels, in the grid's CRS."""
        return extent_of(self.study.grid, self.window, self.factor, self.people.shape)

    def hazard(self) -> BaseGeometry | None:
        """Return the hazard as a shape; a hazard raster as the pixels of which at least half is endangered."""
        if self.study.hazard_raster is None:
            return self.study.hazard
        half = (self.endangered >= 0.5 * self.factor**2).astype(np.uint8)
        transform = self.study.grid.crop(self.window).transform @ Affine.scale(self.factor)
        found = features.shapes(half, mask=half == 1, transform=transform)
        shapes = [shapely.geometry.shape(shape) for shape, _ in found]
        return shapely.union_all(shapes) if shapes else None

    def blocks(
        self, progress: Progress | None = None
    ) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Yield the uncovered people of each block that may hold some, and gather the map on the way."""
        hazard = self.study.hazard_raster
        blocks = list(self.study.grid.blocks(*BLOCK, within=self.window))
        jobs = [(block,) for block in blocks]
        for done, counts in enumerate(in_order(self.cells.read, jobs, self.study.workers)):
            block = blocks[done]
            gather(block, counts.people, self.window, self.factor, self.people)
            if hazard is not None:
                shares = hazard.share(block).astype(np.float64)
                gather(block, shares, self.window, self.factor, self.endangered)
            if counts.uncovered is not None:
                gather(block, counts.uncovered, self.window, self.factor, self.uncovered)
                yield block, counts.uncovered.astype(np.float32)
            if progress:
                progress(done + 1, len(blocks))


def pixels_of(window: Block) -> tuple[int, tuple[int, int]]:
    """Return how many cells lie along the side of a pixel of a map of a window, and its rows and columns of pixels."""
    factor = max(1, -(-max(window.shape) // MAP_PIXELS))
    return factor, (-(-window.shape[0] // factor), -(-window.shape[1] // factor))


def extent_of(
    grid: Grid, window: Block, factor: int, shape: tuple[int, ...]
) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the pixels of a window, in the grid's CRS."""
    rows, cols = shape
    block = Block(
        window.row0, window.row0 + rows * factor, window.col0, window.col0 + cols * factor
    )
    return grid.crop(block).bounds


def north_up(grid: Grid, pixels: F64) -> F64:
    """Return pixels with the first row in the north, as a map draws them."""
    return pixels[::-1] if grid.transform.e > 0.0 else pixels


def gather(block: Block, counts: F64, window: Block, factor: int, pixels: F64) -> None:
    """Add the counts of a block to the pixels, of `factor` x `factor` cells, of a window."""
    top, left = max(block.row0, window.row0), max(block.col0, window.col0)
    bottom, right = min(block.row1, window.row1), min(block.col1, window.col1)
    if bottom <= top or right <= left:
        return
    part = counts[top - block.row0 : bottom - block.row0, left - block.col0 : right - block.col0]
    rows = (np.arange(top, bottom) - window.row0) // factor
    cols = (np.arange(left, right) - window.col0) // factor
    row_at, col_at = np.unique(rows, return_index=True), np.unique(cols, return_index=True)
    summed = np.add.reduceat(np.add.reduceat(part, row_at[1], axis=0), col_at[1], axis=1)
    pixels[np.ix_(row_at[0], col_at[0])] += summed
