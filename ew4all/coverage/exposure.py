"""People inside polygons, by layer: exact cell fractions x people x coverage, summed block by block.

A `Source` gives people and layers of one block. Arrays in memory are swept in strips of rows over their full width;
a raster on disk is read tile by tile, and only the tiles that a polygon meets. Tiles wholly inside a polygon need no
geometry: their sums are added as they are, and a prepared raster (`TileSums`) has them stored, so that only the tiles
that an edge crosses are decoded. Blocks depend on the grid alone and their sums are added in a fixed order, so that
the result has the same bits for any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from ew4all.coverage import kernels
from ew4all.coverage.sources import BITS_PER_PLANE, Source, Stack, columns_of, planes_for
from ew4all.coverage.workers import in_order
from ew4all.geometry import Polygons, ragged
from ew4all.grid import Block, Grid

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ew4all.reprojection import Geometries
    from ew4all.units import F64, I32, I64

STRIP_ROWS = 256
"""Rows of a strip."""

STRIP_ROWS_MANY = 64
"""Rows of a strip for many polygons, whose crossings then stay in the L2 cache (256 rows cost 1.4x the time for 10,000
small polygons; for one large polygon 64 rows cost 2 ms of calls more)."""

MANY_POLYGONS = 1000

PAIR_CELLS = 1 << 19
"""Two tiles one above the other are read by one call where both are met and have no more cells than this together: a call
of GDAL's for each of five rasters costs 4 % of decoding a tile, and four tiles together are no longer in the L2 cache."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of blocks done and the number of all blocks."""

Crossed: TypeAlias = tuple[Any, Any, Any, Any, Any]
"""What `kernels.crossings` returns."""


class TileSums(Protocol):
    """Stored sums of whole tiles, one row of `columns_of(source)` numbers for each tile of the lattice."""

    @property
    def sums(self) -> F64:
        """Shape (tile rows, tile columns, numbers)."""


@dataclass(frozen=True)
class Edges:
    """Edges of polygons by strip of rows; made once, used by every block."""

    coords: F64
    inverse: tuple[float, float, float, float, float, float]
    strip_rows: int
    strip_start: I64
    edge: I32
    sign: F64
    owner: I32
    count: int

    def of_strip(self, strip: int) -> tuple[I32, F64, I32]:
        """Edge, sign and polygon of the edges that meet one strip."""
        part = slice(self.strip_start[strip], self.strip_start[strip + 1])
        return self.edge[part], self.sign[part], self.owner[part]


def edges_by_strip(polygons: Polygons, grid: Grid, strip_rows: int) -> Edges:
    """Sort the edges of polygons into strips of rows.

    Within a strip polygons come in the order of their left ends, so that a row is read nearly from left to right (it
    halves the time for 10,000 scattered polygons).
    """
    rings = polygons.ring_polygon.size
    inverse = grid.inverse
    sign = np.empty(rings)
    kernels.ring_signs(polygons.coords, polygons.ring_offsets, polygons.ring_is_hole, inverse, sign)
    strips = -(-grid.height // strip_rows)
    counts = np.zeros(strips, np.int64)
    kernels.strip_counts(polygons.coords, polygons.ring_offsets, inverse, strip_rows, counts)
    start = np.zeros(strips + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    edge, edge_sign = np.empty(start[-1], np.int32), np.empty(start[-1])
    owner = np.empty(start[-1], np.int32)
    kernels.strip_edges(
        polygons.coords, polygons.ring_offsets, _left_to_right(polygons), sign, polygons.ring_polygon, inverse,
        strip_rows, start[:-1].copy(), edge, edge_sign, owner,
    )  # fmt: skip
    return Edges(
        polygons.coords, inverse, strip_rows, start, edge, edge_sign, owner, polygons.count
    )


def _left_to_right(polygons: Polygons) -> I64:
    if polygons.count < 2 or not polygons.ring_polygon.size:
        return np.arange(polygons.ring_polygon.size)
    left = np.full(polygons.count, np.inf)
    of_ring = np.minimum.reduceat(polygons.coords[:, 0], polygons.ring_offsets[:-1])
    np.minimum.at(left, polygons.ring_polygon, of_ring)
    # A stable sort keeps a polygon's rings together only if equal left ends of two polygons do not mix.
    return np.lexsort((polygons.ring_polygon, left[polygons.ring_polygon]))


def totals(
    polygons: Polygons | Geometries | Sequence[Any],
    source: Source,
    *,
    workers: int | Executor = 1,
    stored: TileSums | None = None,
    progress: Progress | None = None,
) -> F64:
    """People, people under each 0/1 layer and people x share inside each polygon.

    Parameters
    ----------
    polygons
        Valid polygons in the grid's CRS (see `ew4all.geometry.on_grid`); parts outside the grid hold nobody.
    source
        People and layers.
    workers
        Threads to use, or an executor (threads, processes, a cluster). The result has the same bits for any.
    stored
        Sums of whole tiles from a prepared raster.
    progress
        Called after each block.

    Returns
    -------
    array, shape (polygons, 1 + bits + layers)
    """
    if not isinstance(polygons, Polygons):
        polygons = ragged(polygons)
    # Rows for what edges cut, then rows for whole tiles: each is added up in the order of blocks, so that stored sums of
    # whole tiles give the same bits as decoded ones.
    cut, whole = out = np.zeros((2, polygons.count, columns_of(source)))
    if source.tile is None:
        edges = edges_by_strip(
            polygons, source.grid, STRIP_ROWS_MANY if polygons.count > MANY_POLYGONS else STRIP_ROWS
        )
        strips = [int(s) for s in np.flatnonzero(np.diff(edges.strip_start))]
        jobs: list[Any] = [(source, edges, s) for s in strips]
        work: Callable[..., list[tuple[I64, F64]]] = _sweep_strip
    else:
        jobs, work = _tile_jobs(polygons, source, stored, whole), _sweep_tiles
    rows = out.reshape(2 * polygons.count, out.shape[2])
    for done, found in enumerate(in_order(work, jobs, workers)):
        for ids, sums in found:
            rows[ids] += sums
        if progress:
            progress(done + 1, len(jobs))
    return cut + whole


def cell_fractions(
    polygons: Polygons | Geometries | Sequence[Any],
    grid: Grid,
    block: Block | None = None,
    weight: F64 | None = None,
) -> F64:
    """Share of each cell inside polygons, summed over them.

    Parameters
    ----------
    polygons
        Valid polygons in the grid's CRS.
    block
        Cells asked for; all by default.
    weight
        Factor of each polygon, shape (polygons,); 1 by default.

    Returns
    -------
    array, shape of the block
        0..1 for polygons that do not overlap.
    """
    if not isinstance(polygons, Polygons):
        polygons = ragged(polygons)
    block = block or grid.whole
    return Fractions.of(polygons, grid, weight).read(block)


@dataclass(frozen=True)
class Fractions:
    """Cell fractions of fixed polygons, read block by block."""

    edges: Edges
    weight: F64

    @classmethod
    def of(cls, polygons: Polygons, grid: Grid, weight: F64 | None = None) -> Fractions:
        """Sort the edges once."""
        edges = edges_by_strip(polygons, grid, STRIP_ROWS)
        return cls(edges, np.ones(polygons.count) if weight is None else weight)

    def read(self, block: Block) -> F64:
        """Share of each cell of the block inside the polygons, times their weight."""
        out = np.zeros(block.shape)
        for strip, part in _strips_of(block, self.edges.strip_rows):
            edge, sign, owner = self.edges.of_strip(strip)
            if edge.size:
                crossed: Crossed = kernels.crossings(
                    self.edges.coords, self.edges.inverse, edge, sign, owner, tuple(part)
                )
                kernels.cell_fractions(
                    *crossed, self.weight, out[part.row0 - block.row0 : part.row1 - block.row0]
                )
        return out


def whole_tile_sums(source: Source, block: Block) -> F64:
    """Return the sums of everything in one block, shape (1 + bits + layers,)."""
    return _sums_of_stack(source.read(block), source)


def lattice_of(grid: Grid, tile: tuple[int, int]) -> Grid:
    """Return the grid whose cells are the tiles of a raster."""
    return grid.coarsen(*tile)


def _strips_of(block: Block, strip_rows: int) -> Iterator[tuple[int, Block]]:
    for strip in range(block.row0 // strip_rows, -(-block.row1 // strip_rows)):
        yield (
            strip,
            Block(
                max(block.row0, strip * strip_rows),
                min(block.row1, (strip + 1) * strip_rows),
                block.col0,
                block.col1,
            ),
        )


def _local(owner: I32) -> tuple[I64, I32]:
    """Polygons in the order of their edges, and each edge's place among them."""
    place, ids = np.empty_like(owner), np.empty(owner.size, np.int64)
    return ids[: kernels.local_places(owner, place, ids)], place


def _sweep(
    edges: Edges, edge: I32, sign: F64, owner: I32, block: Block, stack: Stack, bits: int, out: F64
) -> None:
    """Add one strip of a block to `out`, shape (polygons of the strip, numbers)."""
    crossed: Crossed = kernels.crossings(
        edges.coords, edges.inverse, edge, sign, owner, tuple(block)
    )
    if not crossed[1].size:
        return
    layers = stack.shares.shape[0]
    for plane in range(planes_for(bits)):
        done = plane * BITS_PER_PLANE
        here = min(bits - done, BITS_PER_PLANE)
        last = done + here >= bits
        # Kernels are compiled for contiguous arrays alone.
        shares = np.ascontiguousarray(stack.shares if last else stack.shares[:0])
        part = np.zeros((out.shape[0], 1 + here + (layers if last else 0)))
        runs = kernels.sweep(*crossed, stack.people, stack.planes[plane], here, shares, part)
        if len(runs):
            kernels.long_runs(runs, stack.people, stack.planes[plane], here, part)
        _place(part, done, here, bits, layers if last else 0, out)


def _place(part: F64, done: int, here: int, bits: int, layers: int, out: F64) -> None:
    """Add what one plane gave; the people themselves are counted with the first plane only."""
    if done == 0:
        out[..., 0] += part[..., 0]
    out[..., 1 + done : 1 + done + here] += part[..., 1 : 1 + here]
    if layers:
        out[..., 1 + bits :] += part[..., 1 + here :]


def _sums_of_stack(stack: Stack, source: Source) -> F64:
    out = np.zeros(columns_of(source))
    for plane in range(planes_for(source.bits)):
        done = plane * BITS_PER_PLANE
        here = min(source.bits - done, BITS_PER_PLANE)
        last = done + here >= source.bits
        shares = np.ascontiguousarray(stack.shares if last else stack.shares[:0])
        part = np.zeros(1 + here + shares.shape[0])
        kernels.block_sums(stack.people, stack.planes[plane], here, shares, part)
        _place(part, done, here, source.bits, shares.shape[0], out)
    return out


def _sweep_strip(source: Source, edges: Edges, strip: int) -> list[tuple[I64, F64]]:
    grid = source.grid
    rows = edges.strip_rows
    block = Block(strip * rows, min(grid.height, (strip + 1) * rows), 0, grid.width)
    edge, sign, owner = edges.of_strip(strip)
    ids, local = _local(owner)
    sums = np.zeros((ids.size, columns_of(source)))
    _sweep(edges, edge, sign, local, block, source.read(block), source.bits, sums)
    return [(ids, sums)]


def _tile_jobs(polygons: Polygons, source: Source, stored: TileSums | None, out: F64) -> list[Any]:
    """Sort the tiles that polygons meet; add stored sums of inner tiles to `out`; return the tiles to decode."""
    assert source.tile is not None
    lattice = lattice_of(source.grid, source.tile)
    inner, cut = _tiles_met(polygons, lattice)
    if stored is not None:
        np.add.at(out, inner[:, 2], stored.sums[inner[:, 0], inner[:, 1]])
        inner = inner[:0]
    edges = edges_by_strip(polygons, source.grid, STRIP_ROWS)
    rows, cols = source.tile
    height, width = source.grid.shape
    inner_of, cut_of = _by_tile(inner, lattice), _by_tile(cut, lattice)
    none = np.empty(0, np.int64)
    paired = 2 * rows * cols <= PAIR_CELLS
    jobs: list[Any] = []
    pair = None
    for row, col in sorted(
        (divmod(tile, lattice.width) for tile in {*inner_of, *cut_of}), key=_in_pairs
    ):
        bottom, right = min((row + 1) * rows, height), min((col + 1) * cols, width)
        block = Block(row * rows, bottom, col * cols, right)
        met = (block, *(of.get(row * lattice.width + col, none) for of in (inner_of, cut_of)))
        if paired and pair == (row // 2, col):
            jobs[-1][2].append(met)
        else:
            jobs.append((source, edges, [met]))
        pair = (row // 2, col)
    return jobs


def _in_pairs(tile: tuple[int, int]) -> tuple[int, int, int]:
    """Order of tiles in which the two of a pair, one above the other, are neighbours."""
    return tile[0] // 2, tile[1], tile[0]


def _by_tile(met: I32, lattice: Grid) -> dict[int, I64]:
    """Polygons of each tile that is met; in `met` the rows of a tile stand together, sorted by polygon."""
    tile = met[:, 0].astype(np.int64) * lattice.width + met[:, 1]
    first = np.flatnonzero(np.diff(tile, prepend=-1))
    parts = np.split(met[:, 2].astype(np.int64), first[1:])
    return dict(zip(tile[first].tolist(), parts, strict=False))


def _tiles_met(polygons: Polygons, lattice: Grid) -> tuple[I32, I32]:
    """Rows of (tile row, tile column, polygon): tiles wholly inside, and tiles that an edge cuts."""
    edges = edges_by_strip(polygons, lattice, lattice.height)
    edge, sign, owner = edges.of_strip(0)
    crossed: Crossed = kernels.crossings(
        edges.coords, edges.inverse, edge, sign, owner, tuple(lattice.whole)
    )
    none = np.empty((0, 3), np.int32)
    sizes = kernels.tiles_met(*crossed, lattice.width, none, none)
    inner, cut = (np.empty((n, 3), np.int32) for n in sizes)
    kernels.tiles_met(*crossed, lattice.width, inner, cut)
    # Polygons come in the order of their left ends; sums are added by tile (as `_in_pairs`) and then by polygon.
    return (
        inner[np.lexsort((inner[:, 2], inner[:, 0], inner[:, 1], inner[:, 0] // 2))],
        cut[np.lexsort((cut[:, 2], cut[:, 0], cut[:, 1], cut[:, 0] // 2))],
    )


def _sweep_tiles(
    source: Source, edges: Edges, tiles: list[tuple[Block, I64, I64]]
) -> list[tuple[I64, F64]]:
    first, last = tiles[0][0], tiles[-1][0]
    stack = source.read(Block(first.row0, last.row1, first.col0, first.col1))
    found = []
    for block, whole, cut in tiles:
        rows = slice(block.row0 - first.row0, block.row1 - first.row0)
        here = Stack(stack.people[rows], stack.planes[:, rows], stack.shares[:, rows])
        found.append(_sweep_tile(source, edges, block, here, whole, cut))
    return found


def _sweep_tile(
    source: Source, edges: Edges, block: Block, stack: Stack, whole: I64, cut: I64
) -> tuple[I64, F64]:
    sums = np.zeros((whole.size + cut.size, columns_of(source)))
    if whole.size:
        sums[: whole.size] = _sums_of_stack(stack, source)
    if cut.size < edges.count:
        # A table: looking the owners up in a list took as long as sweeping them.
        asked = np.zeros(edges.count, np.bool_)
        asked[cut] = True
    for strip, part in _strips_of(block, edges.strip_rows) if cut.size else ():
        edge, sign, owner = edges.of_strip(strip)
        if cut.size < edges.count:
            mine = asked[owner]
            edge, sign, owner = edge[mine], sign[mine], owner[mine]
        if edge.size:
            ids, local = _local(owner)
            here = np.zeros((ids.size, sums.shape[1]))
            rows = slice(part.row0 - block.row0, part.row1 - block.row0)
            view = Stack(stack.people[rows], stack.planes[:, rows], stack.shares[:, rows])
            _sweep(edges, edge, sign, local, part, view, source.bits, here)
            sums[whole.size + np.searchsorted(cut, ids)] += here
    return np.concatenate([whole + edges.count, cut]), sums
