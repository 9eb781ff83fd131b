"""Names of cells, of the sites on which they stand, and of their areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ew4all.readers.site_table import SiteTable

    Repeats: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
    """Which of the distinct names each is, and how often each distinct name stands."""

__all__ = ["ENODEB", "FOUR_G", "areas_of", "joined", "names_of", "site_names"]

ENODEB: Final = 256
"""Cells of one eNodeB differ in the lowest eight bits of their identity (3GPP TS 23.003, 19.6)."""

FOUR_G: Final = TECHNOLOGIES.index("4g")


def joined(*parts: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return whole numbers joined by hyphens."""
    text = parts[0].astype(np.str_)
    for part in parts[1:]:
        text = np.char.add(np.char.add(text, "-"), part.astype(np.str_))
    return text


def names_of(
    table: SiteTable,
    chosen: Mapping[str, str],
    codes: Mapping[str, NDArray[np.int64]],
    row: NDArray[np.intp],
    kind: NDArray[np.int8],
) -> NDArray[np.str_]:
    """Return a name for each cell that no other has."""
    parts = [codes[k][row] for k in ("mcc", "mnc", "area", "cell")]
    numbered = parts[-1] >= 0
    whole = np.all([part >= 0 for part in parts], axis=0)
    names = np.where(whole, joined(*(np.maximum(part, 0) for part in parts)), "")
    for field in ("id", "site"):
        if field in chosen:
            names = np.where(names == "", table.strings(chosen[field])[row].astype(np.str_), names)
    names = np.where((names == "") & numbered, np.char.add("cell ", parts[-1].astype(np.str_)), names)  # fmt: skip
    names = np.where(names == "", np.char.add("row ", (row + 1).astype(np.str_)), names)
    for told in (lambda _: np.array(TECHNOLOGIES)[kind], _nth, lambda _: np.char.add("row ", (row + 1).astype(np.str_))):  # fmt: skip
        before, names = names, _told_apart(names, " ", told)
        if names is before:  # all differ
            break
    return names.astype(np.str_)


def _told_apart(
    names: NDArray[np.str_], sign: str, told: Callable[[Repeats], NDArray[np.str_]]
) -> NDArray[np.str_]:
    """Return names with something more behind those that several have; `told` gives it for all of them."""
    _, of, count = np.unique(names, return_inverse=True, return_counts=True)
    again = count[of.ravel()] > 1
    if not again.any():
        return names
    longer = np.char.add(np.char.add(names, sign), told((of.ravel(), count)))
    return np.where(again, longer, names)


def _nth(repeats: Repeats) -> NDArray[np.str_]:
    """Return for each name how often it has come so far, from 1."""
    of, count = repeats
    order = np.argsort(of, kind="stable")
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    nth = np.empty(of.size, np.int64)
    nth[order] = np.arange(of.size) - np.repeat(start, count) + 1
    return nth.astype(np.str_)


def site_names(
    table: SiteTable,
    chosen: Mapping[str, str],
    codes: Mapping[str, NDArray[np.int64]],
    row: NDArray[np.intp],
    kind: NDArray[np.int8],
    names: NDArray[np.str_],
    leader: NDArray[np.intp],
) -> NDArray[np.str_]:
    """Name each site after what its first cell stands on: the list's site, the eNodeB, or that cell."""
    first = row[leader]
    found = np.char.add("site of ", names[leader])
    lte = (kind[leader] == FOUR_G) & (codes["cell"][first] >= ENODEB)
    network = joined(*(np.maximum(codes[k][first], 0) for k in ("mcc", "mnc")))
    enodeb = np.char.add(np.char.add(np.char.add("eNB ", network), "-"), (codes["cell"][first] // ENODEB).astype(np.str_))  # fmt: skip
    found = np.where(lte, enodeb, found)
    if "site" in chosen:
        given = table.strings(chosen["site"])[first].astype(np.str_)
        found = np.where(given != "", given, found)
    # Strays of one eNodeB, or one name at two operators.
    return _told_apart(found, " / ", lambda _: names[leader]).astype(np.str_)


def areas_of(
    table: SiteTable,
    chosen: Mapping[str, str],
    codes: Mapping[str, NDArray[np.int64]],
    row: NDArray[np.intp],
    kind: NDArray[np.int8],
) -> NDArray[np.str_]:
    """Return the tracking area (4g, 5g) or location area (2g, 3g) of each cell: as the list writes it, else from its codes."""
    known = np.all([codes[k][row] >= 0 for k in ("mcc", "mnc", "area")], axis=0)
    text = joined(*(np.maximum(codes[k][row], 0) for k in ("mcc", "mnc", "area")))
    text = np.where(kind >= FOUR_G, text, np.char.add("LAI ", text))
    text = np.where(known, text, "")
    if "tai" in chosen:
        given = table.strings(chosen["tai"])[row].astype(np.str_)
        text = np.where(given != "", given, text)
    return text.astype(np.str_)
