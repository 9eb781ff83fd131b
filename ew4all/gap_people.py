"""Some of the people of each cell: of a class of settlement, or of a group of which the share is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.exposure import Progress, totals
from ew4all.coverage.surroundings import square
from ew4all.coverage.urbanisation import degree_of_urbanisation
from ew4all.geometry import ragged
from ew4all.grid import Block
from ew4all.readers.people import Inside, Layers, RasterPeople
from ew4all.readers.stack import RasterStack

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.grid import Grid
    from ew4all.readers.people import CellReader, PeopleSource
    from ew4all.readers.stack import ShareReader
    from ew4all.reprojection import Geometries
    from ew4all.units import F64

__all__ = ["PartOfPeople", "Settlements", "settlements_of", "side_km"]

_ROWS = 512


@dataclass(frozen=True, eq=False)
class PartOfPeople:
    """A share of the people of each cell; what `Ground.count` asks of a source."""

    whole: PeopleSource
    share: ShareReader

    @property
    def grid(self) -> Grid:
        """Grid of the people."""
        return self.whole.grid

    @property
    def tile(self) -> tuple[int, int]:
        """Blocks that are cheap to read."""
        whole = self.whole
        return whole.population.tile if isinstance(whole, RasterPeople) else (_ROWS, _ROWS)

    def people(self, block: Block, group: int = 0) -> F64:
        """People of each cell of a block."""
        del group
        found: F64 = self.cells(None).read(block)
        return found

    def cells(self, shape: Any) -> CellReader:
        """People of each cell inside a shape; None is everywhere."""
        return _Shared(self.whole.cells(shape), self.share)

    def inside(
        self,
        shapes: Geometries,
        layers: Layers,
        *,
        workers: int | Executor = 1,
        progress: Progress | None = None,
    ) -> Inside:
        """People inside each shape."""
        stack = RasterStack(self, layers.coverage, layers.hazard, layers.columns)
        sums = totals(ragged(shapes), stack, workers=workers, progress=progress)
        return Inside([sums], stack.place, ())


@dataclass(frozen=True)
class _Shared:
    reader: CellReader
    part: ShareReader

    def read(self, block: Block) -> F64:
        # A copy: what the reader gives may be its own.
        people: F64 = np.array(self.reader.read(block), np.float64)
        if people.any():
            people *= self.part.share(block)
        return people


@dataclass(frozen=True, eq=False)
class Settlements:
    """Classes of squares of `down` x `across` cells, see `ew4all.coverage.urbanisation`; `codes` begins at `row0`, `col0`."""

    codes: NDArray[np.uint8]
    down: int
    across: int
    row0: int
    col0: int

    def of(self, code: int) -> ShareReader:
        """Return the cells of one class, as a layer of 0 and 1."""
        return _Class(self, code)


@dataclass(frozen=True, eq=False)
class _Class:
    settlements: Settlements
    code: int

    binary = True

    def share(self, block: Block) -> NDArray[Any]:
        known = self.settlements
        rows, cols = known.codes.shape
        row = (np.arange(block.row0, block.row1) - known.row0) // known.down
        col = (np.arange(block.col0, block.col1) - known.col0) // known.across
        inside = ((row >= 0) & (row < rows))[:, None] & ((col >= 0) & (col < cols))[None, :]
        here = known.codes[np.clip(row, 0, rows - 1)[:, None], np.clip(col, 0, cols - 1)[None, :]]
        found: NDArray[np.uint8] = ((here == self.code) & inside).astype(np.uint8)
        return found


def side_km(grid: Grid, window: Block) -> float:
    """Return how wide a cell is in the middle of a window."""
    row, col = (window.row0 + window.row1) // 2, (window.col0 + window.col1) // 2
    row, col = min(row, grid.height - 1), min(col, grid.width - 1)
    return float(np.ravel(grid.cell_area_km2(Block(row, row + 1, col, col + 1)))[0] ** 0.5)


def settlements_of(people: PeopleSource, window: Block) -> Settlements:
    """Tell town from country in a window of the people's grid."""
    grid = people.grid
    down, across = square(grid.crop(window))
    # Squares lie alike for every window.
    row0, col0 = window.row0 // down * down, window.col0 // across * across
    rows, cols = -(-(window.row1 - row0) // down), -(-(window.col1 - col0) // across)
    sums = np.zeros((2, rows, cols))
    reader = people.cells(None)
    high, wide = max(1, _ROWS // down) * down, max(1, _ROWS // across) * across
    for top in range(row0, window.row1, high):
        for left in range(col0, window.col1, wide):
            bottom, right = min(top + high, grid.height), min(left + wide, grid.width)
            block = Block(top, bottom, left, right)
            here = np.asarray(reader.read(block), np.float64)
            area = np.broadcast_to(grid.cell_area_km2(block), block.shape)
            first, begin = (top - row0) // down, (left - col0) // across
            for k, values in enumerate((here, area)):
                found = np.add.reduceat(values, np.arange(0, block.shape[0], down), axis=0)
                found = np.add.reduceat(found, np.arange(0, block.shape[1], across), axis=1)
                into = sums[k, first : first + found.shape[0], begin : begin + found.shape[1]]
                into += found[: into.shape[0], : into.shape[1]]
    return Settlements(degree_of_urbanisation(sums[0], sums[1]), down, across, row0, col0)
