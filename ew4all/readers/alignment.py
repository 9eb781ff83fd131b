"""Bring a raster layer to the cells of the population grid, block by block.

People stay where they are: it is the layer that moves. Three cases, from cheap to dear:

- the cells coincide: a window of the layer is a window of the population;
- same CRS, rows and columns along its axes: each population cell gets the exact share of its area
  that the layer covers, whether the layer is finer or coarser;
- anything else: the layer is looked up at some hundred places, or more, in each population cell.

A level (signal, intensity) is compared with its threshold on the layer's own cells, before
anything is averaged. Beyond the layer nothing is covered. Longitudes that differ by a whole turn
are the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from affine import Affine
from pyproj import Transformer

from ew4all.coverage.alignment import add_area_share, add_sampled_share
from ew4all.errors import NoIntersectionError
from ew4all.grid import Block, Grid, nodes_of
from ew4all.readers.tiles import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ew4all.readers.rasters import Raster
    from ew4all.units import F64

WINDOW_CELLS: Final = 1 << 21
"""Most cells of a layer that are held at once."""

STRIP_ROWS: Final = 256
PART_CELLS: Final = 512
"""Rows and columns of population cells that are brought to another CRS at once."""

DIRECT_CELLS: Final = 16
"""Parts no larger than this are not cut any further; each of their corners is transformed."""

SAMPLES: Final = (8, 64)
"""Fewest and most places along each side of a cell; between them two for each layer cell."""

PLACE_TOLERANCE: Final = 0.02
"""How far, in layer cells, an interpolated corner may lie from its true place."""


class Rule(Protocol):
    """What a layer's values mean: the share of each of its own cells that is covered."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 where the share is 0 or 1, else float32."""

    def share(self, raster: Raster, block: Block) -> NDArray[Any]:
        """Return the share of each cell of a block of the layer."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """A raster layer seen through the population grid.

    Attributes
    ----------
    raster
        The layer.
    grid
        Population grid.
    tile
        Lattice of the `tiles` that `share` is given; that of the population raster.
    rule
        What the layer's values mean.
    most
        Largest value there is; means of cells that all hold it exceed it by rounding, which is cut off.
    """

    raster: Raster
    grid: Grid
    tile: tuple[int, int]
    rule: Rule
    most: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a layer that lies somewhere else.

        Raises
        ------
        NoIntersectionError
            The layer does not meet the population raster; the message holds both extents.
        """
        if self._same_axes:
            meets = bool(self._turned)
        else:
            x, y = self._corners_at(
                np.linspace(0.0, self.grid.height, 65), np.linspace(0.0, self.grid.width, 65)
            )
            known = np.isfinite(x) & np.isfinite(y)
            meets = bool(known.any()) and any(
                _meet(
                    (x[known].min(), y[known].min(), x[known].max(), y[known].max()), turned.bounds
                )
                for turned in _turns(self.raster.grid)
            )
        if not meets:
            extents = [
                f"{name} spans x {g.bounds[0]:.4f}..{g.bounds[2]:.4f}, y {g.bounds[1]:.4f}.."
                f"{g.bounds[3]:.4f} ({g.crs.name})"
                for name, g in (
                    (self.raster.name, self.raster.grid),
                    ("the population raster", self.grid),
                )
            ]
            msg = f"{extents[0]} and does not meet the population: {extents[1]}"
            raise NoIntersectionError(msg)

    @property
    def on_same_cells(self) -> bool:
        """Whether the layer's cells are the population's, so that nothing is averaged."""
        return self._offsets is not None

    @property
    def binary(self) -> bool:
        """Whether `share` holds only 0 and 1, as uint8; else it is float32 in 0..1."""
        return self.on_same_cells and self.rule.dtype == np.uint8

    @cached_property
    def coarseness(self) -> float:
        """Width of a population cell over that of a layer cell, in the middle of the population."""
        return coarseness(self.grid, self.raster.grid)

    def share(self, block: Block, tiles: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """Return the share of each population cell of a block that is covered.

        Parameters
        ----------
        block
            Cells of the population grid.
        tiles
            For each tile (`tile`, anchored at the first cell) that meets the block whether it is
            needed; the cells of the others hold 0.

        Returns
        -------
        array, shape of the block
            uint8 of 0 and 1 where `binary`, else float32 in 0..1. Do not write to it: it may be the
            caller's own array.

        Raises
        ------
        CoverageValueError
            The layer holds a value that its rule does not know.
        ReadError
            The file is damaged.
        """
        parts = wanted(block, self.tile, tiles)
        if parts == [block]:
            return self._share(block)
        out = np.zeros(block.shape, np.uint8 if self.binary else np.float32)
        for part in parts:
            out[
                part.row0 - block.row0 : part.row1 - block.row0,
                part.col0 - block.col0 : part.col1 - block.col0,
            ] = self._share(part)
        return out

    @cached_property
    def _same_axes(self) -> bool:
        north_up = self.raster.grid.is_north_up and self.grid.is_north_up
        return self.raster.grid.crs == self.grid.crs and (
            north_up or self.raster.grid.aligned_offset(self.grid) is not None
        )

    @cached_property
    def _turned(self) -> tuple[Grid, ...]:
        """The layer's grid in each frame of longitudes in which it meets the population's."""
        return tuple(
            turned for turned in _turns(self.raster.grid) if _meet(turned.bounds, self.grid.bounds)
        )

    @cached_property
    def _offsets(self) -> tuple[tuple[int, int], ...] | None:
        """Place of the population's first cell in the layer, for each frame; None if cells differ."""
        if not self._same_axes:
            return None
        offsets = [turned.aligned_offset(self.grid) for turned in self._turned]
        known = tuple(offset for offset in offsets if offset is not None)
        return known if len(known) == len(offsets) else None

    @cached_property
    def _to_layer(self) -> Transformer:
        return Transformer.from_crs(self.grid.crs, self.raster.grid.crs, always_xy=True)

    def _share(self, block: Block) -> NDArray[Any]:
        if self._offsets is not None:
            return self._by_window(block, self._offsets)
        out = np.zeros(block.shape, np.float32)
        step = (STRIP_ROWS, self.grid.width) if self._same_axes else (PART_CELLS, PART_CELLS)
        for part in _cut(block, *step):
            found = self._by_area(part) if self._same_axes else self._by_samples(part)
            out[
                part.row0 - block.row0 : part.row1 - block.row0,
                part.col0 - block.col0 : part.col1 - block.col0,
            ] = np.minimum(found, self.most)
        return out

    def _by_window(self, block: Block, offsets: tuple[tuple[int, int], ...]) -> NDArray[Any]:
        out = None
        for row, col in offsets:
            there = Block(block.row0 + row, block.row1 + row, block.col0 + col, block.col1 + col)
            inside = _clip(there, self.raster.grid)
            if inside is None:
                continue
            found = self.rule.share(self.raster, inside)
            if inside == there:
                return found
            if out is None:
                out = np.zeros(block.shape, self.rule.dtype)
            view = out[
                inside.row0 - there.row0 : inside.row1 - there.row0,
                inside.col0 - there.col0 : inside.col1 - there.col0,
            ]
            np.maximum(view, found, out=view)
        return np.zeros(block.shape, self.rule.dtype) if out is None else out

    def _by_area(self, block: Block) -> F64:
        out = np.zeros(block.shape)
        for layer in self._turned:
            ia, _, ic, _, ie, if_ = layer.inverse
            at_col = np.arange(block.col0, block.col1 + 1.0)
            at_row = np.arange(block.row0, block.row1 + 1.0)
            x, _ = self.grid.xy(at_col, np.zeros(at_col.size))
            _, y = self.grid.xy(np.zeros(at_row.size), at_row)
            cols, rows = ia * x + ic, ie * y + if_
            # Rows or columns that run the other way are read from their other end.
            target = out[:: 1 if rows[1] > rows[0] else -1, :: 1 if cols[1] > cols[0] else -1]
            _add(self, layer, np.sort(rows), np.sort(cols), target)
        return out

    def _by_samples(self, block: Block) -> F64:
        out = np.zeros(block.shape)
        corners = self._corners(block)
        if corners is None:
            return self._by_samples_of_halves(block)
        samples = int(np.clip(np.ceil(2.0 * self.coarseness), *SAMPLES))
        known = np.isfinite(corners[0]) & np.isfinite(corners[1])
        if not known.any():
            return out
        for layer in _turns(self.raster.grid):
            ia, ib, ic, id_, ie, if_ = layer.inverse
            cols = ia * corners[0] + ib * corners[1] + ic
            rows = id_ * corners[0] + ie * corners[1] + if_
            window = _clip(
                Block(
                    int(np.floor(rows[known].min())),
                    int(np.ceil(rows[known].max())),
                    int(np.floor(cols[known].min())),
                    int(np.ceil(cols[known].max())),
                ),
                layer,
            )
            if window is None:
                continue
            if window.shape[0] * window.shape[1] > WINDOW_CELLS and max(block.shape) > 1:
                return self._by_samples_of_halves(block)
            values = np.ascontiguousarray(self.rule.share(self.raster, window))
            add_sampled_share(values, rows - window.row0, cols - window.col0, samples, out)
        return out

    def _by_samples_of_halves(self, block: Block) -> F64:
        out = np.zeros(block.shape)
        for part in _cut(block, *(-(-side // 2) for side in block.shape)):
            out[
                part.row0 - block.row0 : part.row1 - block.row0,
                part.col0 - block.col0 : part.col1 - block.col0,
            ] = self._by_samples(part)
        return out

    def _corners(self, block: Block) -> tuple[F64, F64] | None:
        """Return the corners of a block's cells in the layer's CRS, NaN where they have no place.

        None where the block is too large to be interpolated: the map is not smooth over it (a pole
        or the edge of a projection lies inside).
        """
        if max(block.shape) <= DIRECT_CELLS:
            return self._corners_at(
                np.arange(block.row0, block.row1 + 1.0), np.arange(block.col0, block.col1 + 1.0)
            )
        row, to_rows = nodes_of(block.row0, block.row1 + 1)
        col, to_cols = nodes_of(block.col0, block.col1 + 1)
        x, y = (to_rows @ at @ to_cols.T for at in self._corners_at(row - 0.5, col - 0.5))
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return None
        check_row = np.unique(np.linspace(0, block.shape[0], 32).astype(np.int64))
        check_col = np.unique(np.linspace(0, block.shape[1], 32).astype(np.int64))
        true_x, true_y = self._corners_at(check_row + block.row0, check_col + block.col0)
        at = np.ix_(check_row, check_col)
        off = np.hypot(x[at] - true_x, y[at] - true_y) / min(self.raster.grid.cell_size)
        return (x, y) if off.max() < PLACE_TOLERANCE else None

    def _corners_at(self, row: NDArray[Any], col: NDArray[Any]) -> tuple[F64, F64]:
        """Return places of the population grid in the layer's CRS, on one turn of the Earth."""
        x, y = self.grid.xy(*np.meshgrid(col, row))
        x, y = (np.asarray(a) for a in self._to_layer.transform(x, y, errcheck=False))
        lost = ~(np.isfinite(x) & np.isfinite(y))
        x[lost] = y[lost] = np.nan
        if self.raster.grid.is_geographic and not lost.all():
            first = x[~lost][0]
            x = first + np.mod(x - first + 180.0, 360.0) - 180.0
        return x, y


def coarseness(people: Grid, layer: Grid) -> float:
    """Return how many times wider a population cell is than a layer cell.

    It is the root of the ratio of their areas, at the middle of the population grid.
    """
    middle = (people.height // 2, people.width // 2)
    x, y = people.xy(np.array([middle[1] + 0.5]), np.array([middle[0] + 0.5]))
    x, y = Transformer.from_crs(people.crs, layer.crs, always_xy=True).transform(x, y)
    ia, ib, ic, id_, ie, if_ = layer.inverse
    col, row = (ia * x + ib * y + ic)[0], (id_ * x + ie * y + if_)[0]
    row = int(np.clip(row, 0, layer.height - 1)) if np.isfinite(row) else layer.height // 2
    col = int(np.clip(col, 0, layer.width - 1)) if np.isfinite(col) else layer.width // 2
    cells = (people, *middle), (layer, row, col)
    large, small = (float(g.cell_area_km2(Block(r, r + 1, c, c + 1))[0, 0]) for g, r, c in cells)
    return float(np.sqrt(large / small))


def _add(aligned: Aligned, layer: Grid, rows: F64, cols: F64, out: F64) -> None:
    """Add the shares of cells given by ascending edges, one window of the layer after the other."""
    # A window grown by rounding alone costs a read and adds nothing.
    touched = _clip(
        Block(
            int(np.floor(rows[0] + 1e-9)),
            int(np.ceil(rows[-1] - 1e-9)),
            int(np.floor(cols[0] + 1e-9)),
            int(np.ceil(cols[-1] - 1e-9)),
        ),
        layer,
    )
    if touched is None:
        return
    shape = aligned.raster.block_shape(WINDOW_CELLS)
    for lattice in layer.blocks(*shape, within=touched):
        window = Block(
            max(lattice.row0, touched.row0),
            min(lattice.row1, touched.row1),
            max(lattice.col0, touched.col0),
            min(lattice.col1, touched.col1),
        )
        values = aligned.rule.share(aligned.raster, window)
        r = _between(rows, window.row0, window.row1)
        c = _between(cols, window.col0, window.col1)
        found = np.zeros((r.stop - r.start, c.stop - c.start))
        add_area_share(
            np.ascontiguousarray(values),
            rows[r.start : r.stop + 1] - window.row0,
            cols[c.start : c.stop + 1] - window.col0,
            np.empty(values.shape[1]),
            found,
        )
        out[r, c] += found


def _between(edges: F64, first: int, last: int) -> slice:
    """Return the cells, given by ascending edges, that meet first..last."""
    start = max(0, int(np.searchsorted(edges, first, side="right")) - 1)
    stop = min(edges.size - 1, int(np.searchsorted(edges, last, side="left")))
    return slice(start, max(start, stop))


def _turns(grid: Grid) -> Iterator[Grid]:
    """Yield a grid as it is and, in longitudes, one turn to either side."""
    yield grid
    if grid.is_geographic:
        a, b, c, d, e, f = tuple(grid.transform)[:6]
        for turn in (-360.0, 360.0):
            yield Grid(Affine(a, b, c + turn, d, e, f), grid.height, grid.width, grid.crs)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _clip(block: Block, grid: Grid) -> Block | None:
    out = Block(
        max(block.row0, 0),
        min(block.row1, grid.height),
        max(block.col0, 0),
        min(block.col1, grid.width),
    )
    return out if out.row1 > out.row0 and out.col1 > out.col0 else None


def _cut(block: Block, rows: int, cols: int) -> Iterator[Block]:
    for row in range(block.row0, block.row1, rows):
        for col in range(block.col0, block.col1, cols):
            yield Block(row, min(row + rows, block.row1), col, min(col + cols, block.col1))
