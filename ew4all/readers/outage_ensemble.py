"""Ensembles of outages: which sites or cells are off the air in each member, from a table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import ColumnError, InputError
from ew4all.readers.plain_table import read_plain_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.cells import Cells

__all__ = ["OutageEnsemble", "read_ensemble"]

_MEMBER: Final = ("member", "replica", "run", "scenario")
_SITE: Final = ("site", "site_id")
_CELL: Final = ("cell", "cell_id", "id")


@dataclass(frozen=True, eq=False)
class OutageEnsemble:
    """Cells on air: `alive`, shape (members, cells), and the names of the members."""

    alive: NDArray[np.bool_]
    names: tuple[str, ...]
    notes: tuple[str, ...]


def read_ensemble(path: str | os.PathLike[str], cells: Cells) -> OutageEnsemble:
    """Read an ensemble.

    Parameters
    ----------
    path
        Table with a header and one row for each site (or cell) that is *off the air* in a member: columns ``member`` and
        ``site`` or ``cell``. A member in which nothing fails is one row with an empty site. Without ``member`` all rows are one.
    cells
        The network.

    Raises
    ------
    ReadError
        The file is missing or no text, or a row has another number of columns than the header.
    ColumnError
        No column of sites or cells.
    EmptyLayerError
        No row.
    InputError
        A site or cell that the network does not have.
    """
    name = f"ensemble {os.fspath(path)}"
    table = read_plain_table(path, name, distinct=False)
    header = [column.lower() for column in table.header]
    member = _column(header, _MEMBER)
    site, cell = _column(header, _SITE), _column(header, _CELL)
    key = site if site is not None else cell
    if key is None:
        msg = f"{name} needs a column site (or cell), one row for each that is off the air, and a column member where there are several courses of events; its columns are: {', '.join(table.header)}"
        raise ColumnError(msg)
    known = cells.site_id if site is not None else cells.id
    place: dict[str, int] = {}
    down: list[tuple[int, str, int]] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        who = place.setdefault("" if member is None else row[member].strip(), len(place))
        if row[key].strip():
            down.append((who, row[key].strip(), line))
    return OutageEnsemble(
        _alive(down, known, len(place), name, "site" if site is not None else "cell"),
        tuple(place),
        (f"{name}: {len(place)} members, {len(down)} outages in all",),
    )


def _alive(
    down: Sequence[tuple[int, str, int]],
    known: NDArray[np.str_],
    members: int,
    name: str,
    what: str,
) -> NDArray[np.bool_]:
    order = np.argsort(known, kind="stable")
    alive = np.ones((members, known.size), np.bool_)
    unknown = sorted({(key, line) for _, key, line in down if key not in set(known.tolist())})
    if unknown:
        key, line = unknown[0]
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        msg = f"{name}, line {line}: the network has no {what} {key!r}{more}; name the {what}s as in the list of cells, for instance {str(known[0])!r}"
        raise InputError(msg)
    ranked = known[order]
    for who, key, _ in down:
        first, last = np.searchsorted(ranked, key, "left"), np.searchsorted(ranked, key, "right")
        alive[who, order[first:last]] = False
    return alive


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(n) for n in names if n in header), None)
