"""Cells as a user gives them: a list to be read, or `Cells`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all.cells import Cells
from ew4all.readers.provenance import SourceNote
from ew4all.readers.sites import AccountRow, read_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GivenCells", "cells_of"]


@dataclass(frozen=True, eq=False)
class GivenCells:
    """Cells, the account and notes of the list that they were read from, and that list; all empty where none was read."""

    cells: Cells
    account: tuple[AccountRow, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[SourceNote, ...] = ()


def cells_of(
    sites: Any,
    read: Mapping[str, Any],
    *,
    unit: str | None = "cells",
    provenance: str | None = None,
) -> GivenCells:
    """Return cells that are given, or read their list.

    Parameters
    ----------
    sites
        `Cells`, or what `read_cells` takes.
    read
        Options of `read_cells`.
    unit, provenance
        Of the list, for the record of the inputs.

    Raises
    ------
    ReadError, InputError
        See `read_cells`.
    """
    if isinstance(sites, Cells):
        return GivenCells(sites)
    found = read_cells(sites, **read)
    note = SourceNote.of("sites", sites, None, unit=unit, provenance=provenance)
    return GivenCells(found.cells, found.account, found.notes, (note,))
