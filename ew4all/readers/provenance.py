"""Where an input came from: path, hash, CRS, unit, as results list them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all.readers.fingerprint import Identity, identity, is_local, must_be_named, sha256
from ew4all.readers.wkt import is_wkt
from ew4all.results import InputFile

if TYPE_CHECKING:
    from pyproj import CRS


@dataclass(frozen=True)
class SourceNote:
    """An input as it was opened; `read` hashes it. A source in memory has no path and no hash."""

    role: str
    path: str | None
    crs: str | None
    unit: str | None
    provenance: str | None
    sum: float | None
    token: Identity | None

    @classmethod
    def of(
        cls,
        role: str,
        source: Any,
        crs: CRS | None,
        *,
        unit: str | None = None,
        provenance: str | None = None,
        total: float | None = None,
    ) -> SourceNote:
        """Note an input, and which state of its file was opened."""
        path = _path(source)
        if path is not None:
            must_be_named(path)
        token = identity(path) if path is not None and is_local(path) else None
        return cls(role, path, _name(crs), unit, provenance, total, token)

    def read(self) -> InputFile:
        """Return the entry for the results.

        Raises
        ------
        ReadError
            The file was changed since it was opened.
        """
        digest = None if self.path is None else sha256(self.path, self.token)
        return InputFile(
            self.role, self.path, digest, self.crs, self.unit, self.sum, self.provenance
        )


def _path(source: Any) -> str | None:
    """File behind a source; a layer named behind ``|`` is no part of it."""
    if isinstance(source, str | os.PathLike):
        text = os.fspath(source)
        return None if is_wkt(text) else text.partition("|")[0]
    name = getattr(source, "name", None)
    if hasattr(source, "block_shapes") and isinstance(name, str) and os.path.exists(name):  # noqa: PTH110
        return name
    return None


def _name(crs: CRS | None) -> str | None:
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code is not None else str(crs.name)
