"""People of a run by group, and shares of coarse cells, on the grid that is folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.coverage.surroundings import FinerPeople
from ew4all.readers.people import RasterPeople

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.surroundings import PeopleOfCells
    from ew4all.grid import Block
    from ew4all.network_window import Looked
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
    def of(cls, study: Study, looked: Looked | None = None) -> GroupPeople:
        """Take the groups of a population, or everybody as one.

        Parameters
        ----------
        looked
            Cells of people that are looked at pixel by pixel: these people alone, on the grid of the pixels. None: everybody, on
            the population's own grid.
        """
        found, names = _by_group(study)
        if looked is None:
            return cls(tuple(FinerPeople(one, 0, 0, 1) for one in found), names)
        row0, _, col0, _ = looked.window
        here = [_Part(one, looked, is_looked=True) for one in found]
        return cls(tuple(FinerPeople(one, row0, col0, looked.factor) for one in here), names)

    @classmethod
    def elsewhere(cls, study: Study, looked: Looked) -> GroupPeople:
        """Take those in the cells that are not looked at pixel by pixel, on the population's own grid."""
        found, names = _by_group(study)
        rest = [_Part(one, looked, is_looked=False) for one in found]
        return cls(tuple(FinerPeople(one, 0, 0, 1) for one in rest), names)

    def read(self, block: Block) -> F64:
        """Return people of a block, shape (groups, rows, columns)."""
        return np.stack([reader.read(block) for reader in self.readers])


def _by_group(study: Study) -> tuple[list[PeopleOfCells], tuple[str, ...]]:
    people = study.people
    if isinstance(people, RasterPeople) and people.groups:
        return [_OneGroup(people, g) for g in range(len(people.groups))], tuple(people.groups)
    return [people.cells(None)], (EVERYBODY,)


@dataclass(frozen=True, eq=False)
class _Part:
    """People of the cells that are looked at pixel by pixel, or of the others."""

    everybody: PeopleOfCells
    looked: Looked
    is_looked: bool

    def read(self, block: Block) -> F64:
        mine = self.looked.cells(block) == self.is_looked
        if not mine.any():
            return np.zeros(block.shape)
        people = np.asarray(self.everybody.read(block), np.float64)
        return people if mine.all() else np.where(mine, people, 0.0)


@dataclass(frozen=True)
class _OneGroup:
    people: RasterPeople
    group: int

    def read(self, block: Block) -> F64:
        return np.asarray(self.people.population.people(block, self.group), np.float64)


@dataclass(frozen=True, eq=False)
class FinerShare:
    """Shares of cells, from one on, repeated for their `factor` x `factor` parts."""

    coarse: Any
    factor: int
    row0: int = 0
    col0: int = 0

    def read(self, block: Block) -> F64:
        """Return the shares of a block."""
        f = self.factor
        above = block._replace(
            row0=self.row0 + block.row0 // f, row1=self.row0 - (-block.row1 // f),
            col0=self.col0 + block.col0 // f, col1=self.col0 - (-block.col1 // f),
        )  # fmt: skip
        share = np.asarray(self.coarse.share(above), np.float64)
        fine = share.repeat(f, axis=0).repeat(f, axis=1)
        top, left = block.row0 % f, block.col0 % f
        return fine[top : top + block.shape[0], left : left + block.shape[1]]
