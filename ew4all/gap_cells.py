"""A gap analysis cell by cell: people, where they are, and how likely a channel reaches each of them there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.gap_ground import Ground
from ew4all.grid import lonlat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.coverage.gaps import Column
    from ew4all.gap_intake import GapStudy
    from ew4all.grid import Block
    from ew4all.units import F64, I64

__all__ = ["GapCells", "cells_of"]

BLOCK: Final = (512, 512)

_NOBODY: Final = 1e-9
"""People of a cell that are the rounding of its share of the study area."""


@dataclass(frozen=True, eq=False)
class GapCells:
    """Cells of one block in which somebody lives; arrays of shape (cells,), row by row.

    Attributes
    ----------
    row, col
        Of the population grid.
    people
        People of the cell inside the study area.
    lon_deg, lat_deg
        Middle of the cell.
    shares
        Share of these people, 0..1, for each of `ew4all.coverage.gaps.Places.columns`: ``("covered", "any")`` have a signal,
        ``("channel", "cell_broadcast")`` can be reached by it, and so on.
    """

    block: Block
    row: I64
    col: I64
    people: F64
    lon_deg: F64
    lat_deg: F64
    shares: Mapping[Column, F64]

    @cached_property
    def unreached(self) -> F64:
        """Probability that no channel reaches a person there; 1 where no channel is known at all."""
        return self.shares.get(("channels", "none"), np.ones(self.people.size))


def cells_of(
    opened: GapStudy | Ground, rows: int = BLOCK[0], cols: int = BLOCK[1]
) -> Iterator[GapCells]:
    """Yield the inhabited cells of the study area, block by block, row by row.

    Sums of people, and of people x shares, are those of `ew4all.gaps`. Blocks without anybody are left out.

    Parameters
    ----------
    opened
        From `ew4all.gap_intake.open_gaps`, or its `ground` (also with sites off the air, see `Ground.on_air`).
    rows, cols
        Of a block; what is yielded for a cell does not depend on them.

    Raises
    ------
    PopulationValueError, CoverageValueError, ReadError
        A cell that had to be read is not usable.
    """
    ground = opened if isinstance(opened, Ground) else opened.ground
    grid = ground.people.grid
    readers = [ground.people.cells(atom.shape) for atom in ground.atoms]
    names = ground.places.columns
    transformer = lonlat(grid.crs)
    for block in grid.blocks(rows, cols, within=ground.window):
        parts = [np.asarray(reader.read(block), np.float64) for reader in readers]
        people = np.sum(parts, axis=0)
        row, col = np.nonzero(people > _NOBODY)
        if not row.size:
            continue
        here = people[row, col]
        sums = np.zeros((len(names), row.size))
        for part, derived in zip(parts, ground.derived, strict=True):
            mine = part[row, col]
            if not mine.any():
                continue
            for k, value in enumerate(derived.values(block)):
                sums[k] += mine * value[row, col]
        x, y = grid.xy(
            (col + block.col0 + 0.5).astype(np.float64), (row + block.row0 + 0.5).astype(np.float64)
        )
        lon, lat = transformer.transform(x, y)
        yield GapCells(
            block, row + block.row0, col + block.col0, here, np.asarray(lon), np.asarray(lat),
            {name: sums[k] / here for k, name in enumerate(names)},
        )  # fmt: skip
