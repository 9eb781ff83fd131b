"""Contents by their hash: each is written once, under a name that says what is in it."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Blobs", "TooLarge"]

_CHUNK = 1 << 20
_HEX = frozenset("0123456789abcdef")


class TooLarge(Exception):
    """More bytes came than may."""


class Blobs:
    """A folder ``ab/abcdef...`` of files that never change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "incoming").mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str, suffix: str = "") -> Path:
        """Return where a content is.

        `suffix` names a second, hard link with an ending such as ``.tif`` or ``.geojson``: drivers of GDAL look at it.

        Raises
        ------
        ReadError
            It is not there.
        """
        if len(sha256) != 64 or not _HEX.issuperset(sha256):
            msg = f"{sha256!r} is no SHA-256"
            raise ReadError(msg)
        plain = self.folder / sha256[:2] / sha256
        if not plain.is_file():
            msg = f"the content {sha256} is missing from the store: restore it from a backup"
            raise ReadError(msg)
        if not suffix:
            return plain
        named = plain.with_name(sha256 + suffix)
        if not named.exists():
            _link(plain, named)
        return named

    async def receive(self, chunks: AsyncIterator[bytes], most: int) -> tuple[str, int]:
        """Write what comes in, at most so many bytes; return its hash and size.

        Raises
        ------
        TooLarge
            More came; nothing is kept.
        """
        hashed, size = hashlib.sha256(), 0
        part = self.folder / "incoming" / secrets.token_hex(16)
        try:
            with part.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most:
                        raise TooLarge
                    hashed.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            return self._keep(part, hashed.hexdigest()), size
        finally:
            part.unlink(missing_ok=True)

    def take(self, path: Path) -> tuple[str, int]:
        """Move a file of the same disk into the store; return its hash and size."""
        hashed = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
            os.fsync(file.fileno())
        size = path.stat().st_size
        return self._keep(path, hashed.hexdigest()), size

    def _keep(self, part: Path, sha256: str) -> str:
        home = self.folder / sha256[:2]
        home.mkdir(exist_ok=True)
        part.replace(home / sha256)
        return sha256


def _link(plain: Path, named: Path) -> None:
    """Give a file a second name; another process may be doing the same."""
    part = named.with_name(f"{named.name}.{secrets.token_hex(8)}")
    try:
        os.link(plain, part)
    except OSError:  # a file system without hard links
        part.symlink_to(plain.name)
    part.replace(named)
