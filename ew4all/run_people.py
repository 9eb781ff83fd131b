"""People of a run by group, and shares of coarse cells, on the grid that is folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.surroundings import FinerPeople
from ew4all.readers.people import RasterPeople

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.grid import Block
    from ew4all.study import Study

    F64 = NDArray[np.float64]

__all__ = ["EVERYBODY", "FinerShare", "GroupPeople"]

EVERYBODY: Final = "all"
"""Name of the one group where the population knows none."""


@dataclass(frozen=True, eq=False)
class GroupPeople:
    """People of each group on a grid whose cells are `factor` x `factor` parts of those of the population."""

    readers: tuple[FinerPeople, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, study: Study, factor: int) -> GroupPeople:
        """Take the groups of a population, or everybody as one."""
        people = study.people
        if isinstance(people, RasterPeople) and people.groups:
            found = [_OneGroup(people, g) for g in range(len(people.groups))]
            return cls(tuple(FinerPeople(one, 0, 0, factor) for one in found), tuple(people.groups))
        return cls((FinerPeople(people.cells(None), 0, 0, factor),), (EVERYBODY,))

    def read(self, block: Block) -> F64:
        """Return people of a block, shape (groups, rows, columns)."""
        return np.stack([reader.read(block) for reader in self.readers])


@dataclass(frozen=True)
class _OneGroup:
    people: RasterPeople
    group: int

    def read(self, block: Block) -> F64:
        return np.asarray(self.people.population.people(block, self.group), np.float64)


@dataclass(frozen=True, eq=False)
class FinerShare:
    """Shares of cells, repeated for their `factor` x `factor` parts."""

    coarse: Any
    factor: int

    def read(self, block: Block) -> F64:
        """Return the shares of a block."""
        f = self.factor
        above = block._replace(
            row0=block.row0 // f, row1=-(-block.row1 // f), col0=block.col0 // f, col1=-(-block.col1 // f)
        )  # fmt: skip
        share = np.asarray(self.coarse.share(above), np.float64)
        fine = share.repeat(f, axis=0).repeat(f, axis=1)
        top, left = block.row0 % f, block.col0 % f
        return fine[top : top + block.shape[0], left : left + block.shape[1]]
