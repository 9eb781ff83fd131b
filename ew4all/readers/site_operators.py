"""Whose the cells of a list are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ew4all.readers.site_names import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.readers.site_table import SiteTable

__all__ = ["operators_of_rows"]


def operators_of_rows(
    table: SiteTable,
    chosen: Mapping[str, str],
    codes: Mapping[str, NDArray[np.int64]],
    row: NDArray[np.intp],
) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Return the operator of each cell, and the number of its network."""
    mcc, mnc = codes["mcc"][row], codes["mnc"][row]
    numbered = (mcc >= 0) & (mnc >= 0)
    names = np.where(numbered, joined(mcc, mnc), "").astype(np.str_)
    if "operator" in chosen:
        given = table.strings(chosen["operator"])[row].astype(np.str_)
        # One operator in different spellings: the commonest stands for it.
        spelled, of, count = np.unique(given, return_inverse=True, return_counts=True)
        folded = np.array([s.casefold() for s in spelled])
        best = {f: spelled[folded == f][np.argmax(count[folded == f])] for f in set(folded)}
        given = np.array([best[f] for f in folded])[of.ravel()]
        names = np.where(given != "", given, names)
    _, network = np.unique(names, return_inverse=True)
    return names, network.ravel().astype(np.int64)
