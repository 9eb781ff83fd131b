"""Groups of people that come from one and the same file, so that somebody is counted twice."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.errors import OptionError
from ew4all.readers.fingerprint import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.readers.rasters import Raster

__all__ = ["copies_among"]


def copies_among(groups: Sequence[str], rasters: Sequence[Raster]) -> tuple[str, ...]:
    """Return a note for every two groups whose files hold the same bytes.

    Raises
    ------
    OptionError
        Two groups are one file: everybody in it would be counted twice.
    """
    notes = []
    for (first, one), (second, other) in combinations(zip(groups, rasters, strict=True), 2):
        if one.path is None or other.path is None:
            continue
        if Path(one.path).resolve() == Path(other.path).resolve():
            msg = (
                f"the groups '{first}' and '{second}' are one file, {one.path}, so that everybody in it would be counted "
                "twice; give each group its own raster, or the file once"
            )
            raise OptionError(msg)
        if _same_bytes(one, other):
            notes.append(
                f"the files of the groups '{first}' and '{second}' are copies of each other ({one.path}, {other.path}): if "
                "they are the same people, they are counted twice"
            )
    return tuple(notes)


def _same_bytes(one: Raster, other: Raster) -> bool:
    """Compare sizes first: a digest reads the whole file, unless the cache knows it."""
    if one.identity is None or other.identity is None:
        return False
    if [part.size for part in one.identity] != [part.size for part in other.identity]:
        return False
    return sha256(str(one.path)) == sha256(str(other.path))
