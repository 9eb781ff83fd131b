"""What became of every row of a list of sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.readers.site_table import SiteTable

__all__ = ["AccountRow", "Fate", "Ledger", "account_lines"]

Fate: TypeAlias = Literal["kept", "merged", "dropped"]

_OPEN: Final = -1


@dataclass(frozen=True)
class AccountRow:
    """So many rows of the list had one fate for one reason; `where` names the first of them."""

    fate: Fate
    reason: str
    rows: int
    where: str

    def to_text(self) -> str:
        """Return the row as a sentence for notes."""
        return f"{self.rows:,} {'row' if self.rows == 1 else 'rows'} {self.fate}: {self.reason} ({self.where})"


def account_lines(account: Sequence[AccountRow]) -> list[str]:
    """Return an account for people: first the rows that were read, then what became of them, one line a fate and reason."""
    read = sum(row.rows for row in account)
    return [f"{read:,} {'row' if read == 1 else 'rows'} read", *(row.to_text() for row in account)]


@dataclass(eq=False)
class Ledger:
    """Decides rows one after the other; a row that was decided keeps its fate."""

    table: SiteTable
    _of: NDArray[np.int16] = field(init=False)
    _entries: list[tuple[Fate, str]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Begin with every row undecided."""
        self._of = np.full(self.table.rows, _OPEN, np.int16)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Rows that nothing was decided about."""
        return np.asarray(self._of == _OPEN)

    def drop(self, rows: NDArray[Any], reason: str) -> None:
        """Drop rows, given as a mask or by number, that are still open."""
        self._decide(rows, "dropped", reason)

    def merge(self, rows: NDArray[Any], reason: str) -> None:
        """Merge rows into others."""
        self._decide(rows, "merged", reason)

    def close(self, rows: NDArray[Any], reason: str) -> None:
        """Keep rows."""
        self._decide(rows, "kept", reason)

    def _decide(self, rows: NDArray[Any], fate: Fate, reason: str) -> None:
        mask = np.zeros(self._of.size, np.bool_)
        mask[rows] = True
        mask &= self.open
        if mask.any():
            if (fate, reason) not in self._entries:
                self._entries.append((fate, reason))
            self._of[mask] = self._entries.index((fate, reason))

    def dropped(self, reason: str) -> NDArray[np.intp]:
        """Return the numbers of the rows that were dropped for a reason."""
        entry = ("dropped", reason)
        if entry not in self._entries:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self._of == self._entries.index(("dropped", reason)))

    def account(self) -> tuple[AccountRow, ...]:
        """Return one row for each fate and reason: kept first, then merged, then dropped; rows add up to the list's."""
        found = [
            AccountRow(fate, reason, int(rows.size), self.table.where(rows))
            for k, (fate, reason) in enumerate(self._entries)
            if (rows := np.flatnonzero(self._of == k)).size
        ]
        order: list[Fate] = ["kept", "merged", "dropped"]
        return tuple(sorted(found, key=lambda row: order.index(row.fate)))
