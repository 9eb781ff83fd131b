"""Groups of cells that are addressed by one code: tracking areas (TAI) and emergency areas, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.targeting import CellSums
    from ew4all.units import F64, I64

__all__ = ["Groups", "group_sums", "groups_of"]


@dataclass(frozen=True, eq=False)
class Groups:
    """Codes, and the group of each cell, shape (cells,).

    A cell without a code is a group of its own, called by its own identifier; `is_single` marks those groups. They cannot
    be addressed by a code and need a second request that lists cells.
    """

    codes: tuple[str, ...]
    of_cell: I64
    is_single: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.codes)

    def cells(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the cells on which the chosen groups, shape (groups,), broadcast."""
        out: NDArray[np.bool_] = chosen[self.of_cell]
        return out

    def together(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return all cells of the groups in which some cells are."""
        some = np.zeros(len(self), np.bool_)
        some[self.of_cell[cells]] = True
        return self.cells(some)


def groups_of(
    codes: Sequence[str], ids: Sequence[str], operators: Sequence[str] | None = None
) -> Groups:
    """Group cells by their code, in the order in which codes come up.

    Parameters
    ----------
    codes
        Code of each cell; an empty one is unknown.
    ids
        Identifier of each cell, for those without a code.
    operators
        Operator of each cell: the same code of two operators is two groups, as each addresses its own.
    """
    place: dict[tuple[bool, str, str], int] = {}
    of_cell = np.empty(len(codes), np.int64)
    owner = [""] * len(codes) if operators is None else operators
    for k, (code, name, operator) in enumerate(zip(codes, ids, owner, strict=True)):
        key = (not code, str(code) if code else str(name), str(operator))
        of_cell[k] = place.setdefault(key, len(place))
    single = np.array([is_single for is_single, _, _ in place], np.bool_)
    return Groups(tuple(name for _, name, _ in place), of_cell, single)


def group_sums(sums: CellSums, groups: Groups) -> CellSums:
    """Return the sums of groups in the place of cells: the threshold rule then holds for groups."""

    def of(values: F64) -> F64:
        return np.asarray(np.bincount(groups.of_cell, values, minlength=len(groups)), np.float64)

    best = np.zeros(len(groups), np.bool_)
    best[groups.of_cell[sums.is_best]] = True
    return replace(
        sums,
        inside=of(sums.inside),
        outside=of(sums.outside),
        inside_km2=of(sums.inside_km2),
        outside_km2=of(sums.outside_km2),
        shown_inside=of(sums.shown_inside),
        shown_outside=of(sums.shown_outside),
        is_best=best,
    )
