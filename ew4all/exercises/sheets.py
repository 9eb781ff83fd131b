"""Tables as they were read, whatever the file: rows of values, and how a cell is called in a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ew4all.scenario.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["CellFinding", "Sheet", "Workbook", "column_letters"]


class CellFinding(Finding):
    """A fault of a table: its row and column, from 1, stand in `line` and `column`; its path says them in words."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return it with its sheet, row and column."""
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes
    ----------
    name
        Of the sheet; empty for a CSV file.
    rows
        Values of each row, the first row first; None where a cell is empty.
    faults
        Cells that could not be read.
    notes
        What was decided in reading it.
    hidden
        Whether the sheet is hidden.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    faults: tuple[CellFinding, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def called(self) -> str:
        """How it is called in messages."""
        return f"sheet {self.name}" if self.name else "the table"

    def value(self, row: int, column: int) -> Any:
        """Return what a cell holds, both from 0; None beyond the end of its row."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None

    def finding(self, row: int, column: int | None, message: str, key: str = "") -> CellFinding:
        """Return a fault of a cell, row and column from 0; of the row where there is no column."""
        return CellFinding(
            row + 1, 0 if column is None else column + 1, self.place(row, column, key), message
        )

    def place(self, row: int, column: int | None, key: str = "") -> str:
        """Return how a cell is called: its sheet, row and column."""
        parts = [self.called] if self.name else []
        parts.append(f"row {row + 1}")
        if column is not None:
            parts.append(f"column {column_letters(column)}")
        return ", ".join(parts) + (f" ({key})" if key else "")


@dataclass(frozen=True)
class Workbook:
    """The sheets of a file, in its order; `epoch` is the day 0 of its dates."""

    name: str
    sheets: tuple[Sheet, ...]
    epoch: datetime | None = None
    notes: tuple[str, ...] = field(default=())


def column_letters(column: int) -> str:
    """Return what spreadsheets call a column, from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    out = ""
    at = column + 1
    while at:
        at, rest = divmod(at - 1, 26)
        out = chr(ord("A") + rest) + out
    return out
