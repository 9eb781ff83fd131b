"""Tiles and blocks of a raster: which parts of a block are wanted, and one pass over all blocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ew4all.errors import GridMismatchError
from ew4all.grid import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ew4all.readers.rasters import Raster

T = TypeVar("T")


def tiles_meeting(block: Block, tile: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns of tiles (anchored at cell 0, 0) meet a block."""
    rows, cols = tile
    return (
        -(-block.row1 // rows) - block.row0 // rows,
        -(-block.col1 // cols) - block.col0 // cols,
    )


def wanted(
    block: Block, tile: tuple[int, int], tiles: NDArray[np.bool_] | None = None
) -> list[Block]:
    """Return the parts of a block that lie in the tiles asked for, as few rectangles.

    Parameters
    ----------
    block
        Cells at hand.
    tile
        Rows and columns of a tile; tiles are anchored at cell (0, 0).
    tiles
        For each tile that meets the block (shape: `tiles_meeting`) whether it is wanted; None
        wants the whole block.

    Raises
    ------
    GridMismatchError
        `tiles` has another shape.
    """
    if tiles is None:
        return [block]
    shape = tiles_meeting(block, tile)
    if tiles.shape != shape:
        msg = f"the choice of tiles has shape {tiles.shape}, but {shape} tiles meet {block}"
        raise GridMismatchError(msg)
    first_row, first_col = block.row0 // tile[0], block.col0 // tile[1]
    found: list[tuple[int, int, int, int]] = []
    started: dict[tuple[int, int], int] = {}
    for row, line in enumerate([*tiles, np.zeros(shape[1], np.bool_)]):
        edges = np.flatnonzero(np.diff(line, prepend=False, append=False)).tolist()
        runs = set(zip(edges[::2], edges[1::2], strict=True))
        ended = [run for run in started if run not in runs]
        found.extend((started.pop(run), row, *run) for run in ended)
        for run in runs:
            started.setdefault(run, row)
    return [
        Block(
            max(block.row0, (first_row + row0) * tile[0]),
            min(block.row1, (first_row + row1) * tile[0]),
            max(block.col0, (first_col + col0) * tile[1]),
            min(block.col1, (first_col + col1) * tile[1]),
        )
        for row0, row1, col0, col1 in sorted(found)
    ]


def each_block(
    raster: Raster,
    work: Callable[[Block], T],
    *,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[T]:
    """Yield ``work(block)`` for every block of a raster, in the order of the blocks.

    Parameters
    ----------
    work
        Called from `workers` threads; what it returns should be small.
    progress
        Told how many blocks of how many are done.
    """
    blocks = list(raster.grid.blocks(*raster.block_shape()))
    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(blocks))))
    try:
        for done, result in enumerate(pool.map(work, blocks), start=1):
            if progress is not None:
                progress(done, len(blocks))
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
