"""Tables of people by column: what cohorts and the rows made of them have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ew4all.errors import GridMismatchError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

__all__ = ["People", "kinds_of"]


@dataclass(frozen=True, eq=False)
class People:
    """Columns of one shape, (entries,), of which the first is `people`: numbers of people, not whole."""

    entry: ClassVar[str]
    """What an entry is called in messages."""

    people: F64

    def __post_init__(self) -> None:
        """Refuse columns of different length, and people that are no number of people."""
        sizes = {f.name: getattr(self, f.name).shape for f in fields(self)}
        if len(set(sizes.values())) != 1 or self.people.ndim != 1:
            msg = f"the columns of {self.entry}s differ in shape: {sizes}; each must have one value a {self.entry}"
            raise GridMismatchError(msg)
        wrong = ~(np.isfinite(self.people) & (self.people >= 0))
        if wrong.any():
            worst = int(np.flatnonzero(wrong)[0])
            msg = f"{self.entry} {worst} has {self.people[worst]} people; a {self.entry} has 0 or more"
            raise InputError(msg)

    def __len__(self) -> int:
        """Return the number of entries."""
        return int(self.people.size)

    def take(self, index: NDArray[Any]) -> Self:
        """Return some of the entries, or all in another order."""
        return type(self)(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def merged(self) -> Self:
        """Return them with those that are alike in every other column taken together."""
        kind, first = kinds_of([getattr(self, f.name) for f in fields(self) if f.name != "people"])
        people: F64 = np.bincount(kind, self.people, first.size).astype(np.float64)
        return replace(self.take(first), people=people)


def kinds_of(columns: Sequence[NDArray[Any]]) -> tuple[I32, NDArray[np.intp]]:
    """Give each entry the number of its kind: entries alike in every column are of one kind.

    Parameters
    ----------
    columns
        One or more arrays of shape (entries,).

    Returns
    -------
    kind of each entry, shape (entries,); one entry of each kind, shape (kinds,)
    """
    order = np.lexsort(columns[::-1])
    new = np.zeros(order.size, np.bool_)
    new[:1] = True
    for column in columns:
        new[1:] |= column[order][1:] != column[order][:-1]
    kind = np.empty(order.size, np.int32)
    kind[order] = np.cumsum(new) - 1
    return kind, order[new]
