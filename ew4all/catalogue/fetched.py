"""A file that `ew4all data get` has put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fetched"]


@dataclass(frozen=True)
class Fetched:
    """One file that is now there.

    Attributes
    ----------
    path
        The file; None where there is none because the tile is sea.
    url
        Address it came from, without secrets.
    size, sha256
        Of `path`, in bytes.
    state
        ``"fetched"``, ``"resumed"``, ``"there"`` (nothing was fetched), ``"sea"``, ``"made"`` (tiles as one raster) or
        ``"none"`` (they make no one raster).
    licence
        Of this very file.
    checked
        What was checked: ``"sha256"``, ``"md5"`` (against the server's), ``"archive"`` or ``"length"``.
    """

    path: Path | None
    url: str
    size: int
    sha256: str
    state: str
    licence: str
    checked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the JSON document."""
        return {
            "path": None if self.path is None else self.path.as_posix(),
            "url": self.url,
            "bytes": self.size,
            "sha256": self.sha256,
            "state": self.state,
            "licence": self.licence,
            "checked": list(self.checked),
            "notes": list(self.notes),
        }
