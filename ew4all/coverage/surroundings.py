"""What surrounds each pixel, from the density of people or from land cover: open country, suburbs, towns.

Density is the mean over squares of about a kilometre, on a lattice of the grid, as the degree of urbanisation has it: a lone
house is no town, however small the pixel.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from ew4all.coverage.ground_metric import frame_at
from ew4all.grid import Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.signal_defaults import Radio
    from ew4all.grid import Grid
    from ew4all.units import F64

__all__ = ["BUILT", "FinerPeople", "FromDensity", "FromLandCover", "PeopleOfCells", "codes_at"]

BUILT: Final = 3
"""Code of land that is built over, suburb or town as people live there."""

_SQUARE_M = 1000.0
_KEPT = 24


class PeopleOfCells(Protocol):
    """People of each cell, block by block."""

    def read(self, block: Block) -> F64:
        """Return the people of a block."""


class CodesOfCells(Protocol):
    """Codes of land cover, block by block: 0 open, 1 suburban, 2 urban or `BUILT`."""

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return the codes of a block."""


@dataclass(frozen=True)
class FinerPeople:
    """People of a grid whose cells are `factor` x `factor` parts of those of another, from a cell of that one on.

    People of a cell are spread evenly over its parts, so that none is lost.
    """

    coarse: PeopleOfCells
    row0: int
    col0: int
    factor: int

    def read(self, block: Block) -> F64:
        """Return the people of a block."""
        f = self.factor
        above = Block(
            self.row0 + block.row0 // f,
            self.row0 - (-block.row1 // f),
            self.col0 + block.col0 // f,
            self.col0 - (-block.col1 // f),
        )
        people = np.nan_to_num(np.asarray(self.coarse.read(above), np.float64))
        if f == 1:
            return people
        fine = (people / f**2).repeat(f, axis=0).repeat(f, axis=1)
        top, left = block.row0 % f, block.col0 % f
        return fine[top : top + block.shape[0], left : left + block.shape[1]]


@dataclass(frozen=True, eq=False)
class _Kept:
    """The blocks that were asked for last: each technology asks for them anew."""

    blocks: OrderedDict[Block, NDArray[np.uint8]] = field(default_factory=OrderedDict)
    lock: Any = field(default_factory=threading.Lock)

    def get(self, block: Block) -> NDArray[np.uint8] | None:
        with self.lock:
            return self.blocks.get(block)

    def put(self, block: Block, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        with self.lock:
            self.blocks[block] = codes
            while len(self.blocks) > _KEPT:
                self.blocks.popitem(last=False)
        return codes


@dataclass(frozen=True, eq=False)
class FromDensity:
    """Surroundings from the people who live there."""

    people: PeopleOfCells
    grid: Grid
    radio: Radio
    _kept: _Kept = field(default_factory=_Kept, repr=False)

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return 0 open, 1 suburban, 2 urban for each pixel."""
        known = self._kept.get(block)
        return known if known is not None else self._kept.put(block, self._made(block))

    def _made(self, block: Block) -> NDArray[np.uint8]:
        down, across = square(self.grid)
        whole = Block(
            block.row0 // down * down,
            min(-(-block.row1 // down) * down, self.grid.height),
            block.col0 // across * across,
            min(-(-block.col1 // across) * across, self.grid.width),
        )
        people = self.people.read(whole)
        area = np.broadcast_to(self.grid.cell_area_km2(whole), whole.shape)
        rows, cols = (
            np.arange(0, n, step) for n, step in zip(whole.shape, (down, across), strict=True)
        )
        sums = [
            np.add.reduceat(np.add.reduceat(v, rows, axis=0), cols, axis=1) for v in (people, area)
        ]
        density = np.divide(sums[0], sums[1], out=np.zeros_like(sums[0]), where=sums[1] > 0.0)
        limits = self.radio.suburban_from_per_km2, self.radio.urban_from_per_km2
        codes = np.searchsorted(limits, density, side="right").astype(np.uint8)
        fine = codes.repeat(down, axis=0).repeat(across, axis=1)
        top, left = block.row0 - whole.row0, block.col0 - whole.col0
        return np.ascontiguousarray(fine[top : top + block.shape[0], left : left + block.shape[1]])


@dataclass(frozen=True, eq=False)
class FromLandCover:
    """Surroundings from land cover; what is built over is a town where people live densely, else a suburb."""

    cover: CodesOfCells
    density: FromDensity
    _kept: _Kept = field(default_factory=_Kept, repr=False)

    def read(self, block: Block) -> NDArray[np.uint8]:
        """Return 0 open, 1 suburban, 2 urban for each pixel."""
        known = self._kept.get(block)
        if known is not None:
            return known
        codes = self.cover.read(block)
        built = codes == BUILT
        if built.any():
            codes = np.where(built, np.maximum(self.density.read(block), 1), codes).astype(np.uint8)
        return self._kept.put(block, np.ascontiguousarray(codes))


def codes_at(environment: Any, grid: Grid, column: F64, row: F64) -> NDArray[np.uint8]:
    """Return the surroundings at places given in cells of a grid; 0 beyond it."""
    out = np.zeros(column.size, np.uint8)
    inside = (column >= 0) & (row >= 0) & (column < grid.width) & (row < grid.height)
    side = 256
    tile = np.where(inside, row // side * 100_000 + column // side, -1).astype(np.int64)
    for number in np.unique(tile[inside]):
        mine = np.flatnonzero(tile == number)
        r, c = int(number // 100_000) * side, int(number % 100_000) * side
        block = Block(r, min(r + side, grid.height), c, min(c + side, grid.width))
        codes = environment.read(block)
        out[mine] = codes[row[mine].astype(int) - r, column[mine].astype(int) - c]
    return out


def square(grid: Grid) -> tuple[int, int]:
    """Return the rows and columns of a square of about a kilometre in the middle of a grid."""
    middle = frame_at(grid, np.array([0.5 * grid.width]), np.array([0.5 * grid.height])).metric
    along, down = float(np.sqrt(middle[0, 0])), float(np.sqrt(middle[2, 0]))
    return max(1, round(_SQUARE_M / down)), max(1, round(_SQUARE_M / along))
