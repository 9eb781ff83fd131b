"""Refine a coarse population: people of each cell are placed inside it by weights on finer cells.

Each population cell is divided into whole finer cells and keeps its count exactly; only where inside it people live is
changed. Weights come from a finer raster (a population, building density: any values of 0 or more) or from settlement
points. The finer cells are those of the raster where these fit into the population's, else cells of about its size,
which take its weights by area. Where a population cell has people and no weight at all they are spread evenly.

Nothing is held but one window: each block is worked out from a window of the population and one of the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from affine import Affine

from ew4all import __version__
from ew4all.coverage import refinement
from ew4all.coverage.workers import in_order
from ew4all.errors import EmptyLayerError, OptionError
from ew4all.grid import Block, Grid
from ew4all.readers.alignment import coarseness
from ew4all.readers.fingerprint import recall, remember
from ew4all.readers.layers import is_raster
from ew4all.readers.rasters import open_raster
from ew4all.readers.settlements import Settlements, read_settlements
from ew4all.readers.weights import PointWeights, RasterWeights, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from ew4all.coverage.exposure import Progress
    from ew4all.readers.population import Population
    from ew4all.readers.rasters import Raster
    from ew4all.units import F32, F64, People

MOST_PARTS: Final = 2048
"""Parts of a population cell a side: a cell is divided as a whole, and 4,000 a side take 1 GB."""

MOST_CELLS: Final = 1 << 32
"""Finer cells in all; beyond it they are made larger."""

TILE_SIDE: Final = 512
"""Least rows and columns of a tile, about, in finer cells."""

MOST_TILE_CELLS: Final = 1 << 21
"""Most finer cells of a tile, where one population cell has no more."""

POINT_CELL_DEG: Final = 1.0 / 1200.0
POINT_CELL_M: Final = 100.0
"""Width of finer cells for points where no coverage raster tells which is of use."""

_AS_WIDE = 1.01
_FITS = 1e-3


@dataclass(frozen=True, eq=False)
class Refined:
    """A population whose cells are divided; see `Population` for what is the same.

    Attributes
    ----------
    population
        The coarse one.
    grid
        Finer cells.
    parts
        Finer cells in a population cell, down and across.
    weights
        Where in a population cell its people live.
    notes
        Decisions, those about the population first.
    """

    population: Population
    grid: Grid
    parts: tuple[int, int]
    weights: Weights
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return self.population.groups

    @property
    def unit(self) -> str:
        """Unit of the stored values."""
        return self.population.unit

    @property
    def rasters(self) -> tuple[Raster, ...]:
        """The coarse rasters, one for each group."""
        return self.population.rasters

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Blocks of whole population cells, as high as suits the tiles of the weights.

        Blocks and tiles rarely have edges in common. Neighbours in a row of blocks are read one after the other, while
        GDAL still holds the tiles between them; those in a column are not, so that blocks are high and end where
        tiles do.
        """
        (down, across), (height, width) = self.parts, self.grid.shape
        rows, cols = self.weights.tile or (TILE_SIDE, TILE_SIDE)
        wide = min(-(-max(cols, TILE_SIDE) // across) * across, width)
        high = math.lcm(rows, down)
        if high * wide > MOST_TILE_CELLS:
            high = max(1, MOST_TILE_CELLS // wide // down) * down
        return min(max(high, TILE_SIDE // down * down), height), wide

    def sum_people(self, group: int = 0) -> float:
        """Everybody of one group."""
        return self.population.sum_people(group)

    def people(self, block: Block, group: int = 0) -> People:
        """Return people per finer cell of a block; see `Population.people`."""
        out = np.zeros(block.shape)
        for coarse in self._pieces(block):
            people = np.ascontiguousarray(self.population.people(coarse, group))
            if not people.any():
                continue
            weights, total = self._weights(coarse)
            placed = np.empty(weights.shape)
            refinement.place(people, weights, total, placed)
            there = self._fine(coarse)
            row0, row1 = max(block.row0, there.row0), min(block.row1, there.row1)
            col0, col1 = max(block.col0, there.col0), min(block.col1, there.col1)
            out[row0 - block.row0 : row1 - block.row0, col0 - block.col0 : col1 - block.col0] = (
                placed[row0 - there.row0 : row1 - there.row0, col0 - there.col0 : col1 - there.col0]
            )
        return out

    def unplaced(self, block: Block) -> tuple[float, int]:
        """Return people, of all groups, and number of the cells in a block that have people and no weight."""
        lost_people, lost_cells = 0.0, 0
        for coarse in self._pieces(block):
            people = np.zeros(coarse.shape)
            for group in range(len(self.rasters)):
                people += self.population.people(coarse, group)
            if people.any():
                lost = (people > 0.0) & (self._weights(coarse)[1] <= 0.0)
                lost_people += float(people[lost].sum())
                lost_cells += int(np.count_nonzero(lost))
        return lost_people, lost_cells

    def close(self) -> None:
        """Close the population's files."""
        self.population.close()

    def _pieces(self, block: Block) -> Iterator[Block]:
        """Yield the population cells that meet a block, few enough at a time for their finer cells to be held."""
        down, across = self.parts
        rows, cols = (max(1, 2 * TILE_SIDE // k) for k in self.parts)
        row1, col1 = -(-block.row1 // down), -(-block.col1 // across)
        for row in range(block.row0 // down, row1, rows):
            for col in range(block.col0 // across, col1, cols):
                yield Block(row, min(row + rows, row1), col, min(col + cols, col1))

    def _fine(self, coarse: Block) -> Block:
        (down, across), (row0, row1, col0, col1) = self.parts, coarse
        return Block(row0 * down, row1 * down, col0 * across, col1 * across)

    def _weights(self, coarse: Block) -> tuple[F32, F64]:
        """Return the weights of the finer cells, and their sum in each population cell."""
        weights = np.ascontiguousarray(self.weights.read(self._fine(coarse)))
        total = np.empty(coarse.shape)
        refinement.add_up(weights, total)
        return weights, total


@dataclass(frozen=True, eq=False)
class Weightless:
    """1 in the finer cells of population cells without any weight, whose people are spread evenly; a layer of shares."""

    refined: Refined

    binary: Final = True

    def share(self, block: Block) -> NDArray[np.uint8]:
        """Return 0 and 1 for the cells of a block."""
        refined = self.refined
        down, across = refined.parts
        out = np.zeros(block.shape, np.uint8)
        for coarse in refined._pieces(block):
            lost = (refined._weights(coarse)[1] <= 0.0).astype(np.uint8)
            fine = np.repeat(np.repeat(lost, down, axis=0), across, axis=1)
            there = refined._fine(coarse)
            row0, row1 = max(block.row0, there.row0), min(block.row1, there.row1)
            col0, col1 = max(block.col0, there.col0), min(block.col1, there.col1)
            out[row0 - block.row0 : row1 - block.row0, col0 - block.col0 : col1 - block.col0] = (
                fine[row0 - there.row0 : row1 - there.row0, col0 - there.col0 : col1 - there.col0]
            )
        return out


def refine_population(
    population: Population,
    source: Any,
    *,
    coverage: Mapping[str, Any] | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Refined:
    """Divide the cells of a population by a finer raster or by settlement points.

    Parameters
    ----------
    population
        The coarse one.
    source
        What `open_raster` takes, or `read_settlements`. Which of them is decided as for coverage layers.
    coverage
        Coverage layers, whose finest raster tells how wide the finer cells must be for points.
    workers
        Threads that look for people without a weight.
    progress
        Told how many blocks of how many are done.

    Raises
    ------
    OptionError
        The raster is not finer than the population.
    NoIntersectionError
        It does not meet the population, or no point lies in it.
    PopulationValueError
        A negative or infinite weight.
    EmptyLayerError
        No weight where people live.
    ReadError, InputError
        See `open_raster` and `read_settlements`.
    """
    what = "the refinement"
    if is_raster(source):
        raster = open_raster(source, what)
        grid, parts, notes = _cells_of_raster(population, raster)
        weights: Weights = RasterWeights.of(raster, grid)
        notes = [*raster.notes, *notes]
        token = raster.identity
    else:
        points = read_settlements(source, what)
        grid, parts, notes = _cells_for_points(population, points, coverage or {})
        weights, left_out = PointWeights.of(points, grid)
        notes = [*points.notes, *notes, *left_out]
        token = None
    refined = Refined(population, grid, parts, weights, population.notes)
    notes.append(_told(refined, *_unplaced(refined, token, workers, progress)))
    return Refined(population, grid, parts, weights, (*population.notes, *notes))


def _cells_of_raster(
    population: Population, raster: Raster
) -> tuple[Grid, tuple[int, int], list[str]]:
    coarse, fine = population.grid, raster.grid
    if fine.crs == coarse.crs and fine.is_north_up and coarse.is_north_up:
        ratios = tuple(c / f for c, f in zip(coarse.cell_size, fine.cell_size, strict=True))
        across, down = ratios
    else:
        across = down = coarseness(coarse, fine)
    if min(across, down) < 1.0 / _AS_WIDE or max(across, down) < _AS_WIDE:
        msg = (
            f"{raster.name} is not finer than {population.name}: a population cell is {across:.3g} times as wide and "
            f"{down:.3g} times as high as one of its cells; refine with a raster of smaller cells, or leave it out"
        )
        raise OptionError(msg)
    return _divided(coarse, down, across)


def _cells_for_points(
    population: Population, points: Settlements, coverage: Mapping[str, Any]
) -> tuple[Grid, tuple[int, int], list[str]]:
    coarse = population.grid
    finest = max(
        (coarseness(coarse, open_raster(s, "coverage").grid) for s in _rasters(coverage)),
        default=0.0,
    )
    across = down = finest
    if finest == 0.0:
        width = POINT_CELL_DEG if coarse.is_geographic else POINT_CELL_M
        across, down = (size / width for size in coarse.cell_size)
    if max(across, down) <= 1.0:
        msg = (
            f"{points.name} cannot place people more closely than {population.name} does: its cells are no wider than "
            "those of the finest coverage raster, or than 100 m; leave the refinement out"
        )
        raise OptionError(msg)
    return _divided(coarse, down, across)


def _rasters(coverage: Mapping[str, Any]) -> Iterator[Any]:
    for given in coverage.values():
        several = isinstance(given, list | tuple) and not is_raster(given)
        yield from (s for s in (given if several else [given]) if is_raster(s))


def _divided(coarse: Grid, down: float, across: float) -> tuple[Grid, tuple[int, int], list[str]]:
    """Divide the cells of a grid into at least so many, each a whole number of them down and across."""
    notes = []
    wanted = [max(1, int(np.ceil(k - _FITS))) for k in (down, across)]
    rows, cols = (min(k, MOST_PARTS) for k in wanted)
    if [rows, cols] != wanted:
        notes.append(
            f"a population cell is divided into {rows} x {cols} cells, {MOST_PARTS} a side at the most; the refinement "
            f"would allow {wanted[0]} x {wanted[1]}"
        )
    cells = coarse.height * coarse.width * rows * cols
    if cells > MOST_CELLS:
        shrink = float(np.sqrt(cells / MOST_CELLS))
        rows, cols = (max(1, int(k / shrink + _FITS)) for k in (rows, cols))
        notes.append(
            f"the cells on which people are placed are {shrink:.1f} times as wide as is called for: there would be "
            f"{cells:.3g} of them, and {MOST_CELLS:.3g} are the most"
        )
    a, b, c, d, e, f = tuple(coarse.transform)[:6]
    transform = Affine(a / cols, b / rows, c, d / cols, e / rows, f)
    grid = Grid(transform, coarse.height * rows, coarse.width * cols, coarse.crs)
    return grid, (rows, cols), notes


def _unplaced(
    refined: Refined, token: Any, workers: int, progress: Progress | None
) -> tuple[float, int]:
    """Return people and cells without a weight, in all; kept in the cache until a file changes."""
    population = refined.population
    tokens = [raster.identity for raster in population.rasters]
    both = (
        None if token is None or None in tokens else (*token, *(t for k in tokens for t in k or ()))
    )
    more: tuple[str | int, ...] = (
        refined.weights.name,
        population.unit,
        *(raster.band for raster in population.rasters),
        *refined.parts,
        __version__,
    )
    kept = recall("refinement", both, *more)
    if kept is not None:
        return float(kept[0]), int(kept[1])
    blocks = [(block,) for block in refined.grid.blocks(*refined.tile)]
    people, cells = 0.0, 0
    for done, found in enumerate(in_order(refined.unplaced, blocks, workers)):
        people, cells = people + found[0], cells + found[1]
        if progress is not None:
            progress(done + 1, len(blocks))
    everybody = sum(population.sum_people(g) for g in range(len(population.rasters)))
    if people >= everybody * (1.0 - 1e-9) > 0.0:
        msg = (
            f"{refined.weights.name} has no weight in any cell of {population.name} with people, so it cannot place "
            "anybody; check that it is the right layer, and its value for 'no data'"
        )
        raise EmptyLayerError(msg)
    remember("refinement", both, (people, cells), *more)
    return people, cells


def _told(refined: Refined, people: float, cells: int) -> str:
    (down, across), (height, width) = refined.parts, refined.grid.shape
    note = (
        f"people of {refined.population.name} were placed inside its cells by {refined.weights.name}: each cell is "
        f"divided into {down} x {across} ({height:,} x {width:,} in all) and keeps its count"
    )
    if cells:
        note += f". {people:,.0f} people live in {cells:,} cells without any weight and are spread evenly over them"
    return note
