"""Files of the pages, as they come with the package: found by name in a list, never by a path that a client gives."""

from __future__ import annotations

import gzip
import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FOLDER", "Asset", "assets", "policy_of"]

FOLDER: Final = Path(__file__).resolve().parent / "static"

_MEDIA: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Written here, as the table of the machine may not know `.mjs`, and a browser runs no module of another type."""

_INLINE: Final = re.compile(r"<script[^>]*>(.+?)</script>", re.DOTALL)


@dataclass(frozen=True)
class Asset:
    """A file of the pages.

    Attributes
    ----------
    name
        Path within the folder of the pages.
    """

    name: str
    path: Path

    @property
    def media_type(self) -> str:
        """Media type by its ending; plain text of what is none of ours, such as a licence."""
        return _MEDIA.get(self.path.suffix, _MEDIA[".txt"])

    @property
    def is_vendored(self) -> bool:
        """Whether its folder names its version, so that it never changes under its address."""
        return self.name.startswith("vendor/") and self.name.count("/") > 1

    @cached_property
    def body(self) -> bytes:
        """The file."""
        return self.path.read_bytes()

    @cached_property
    def packed(self) -> bytes:
        """The same as gzip; made once, as the map library alone takes some 50 ms."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def tag(self) -> str:
        """Entity tag; weak, as the same goes for both forms."""
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@cache
def assets(folder: Path = FOLDER) -> Mapping[str, Asset]:
    """Return every file of a folder of pages by its name; those of the first page by default."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file())
    names = {p.relative_to(folder).as_posix(): p for p in found}
    return {name: Asset(name, path) for name, path in names.items()}


def policy_of(page: bytes) -> str:
    """Return the Content-Security-Policy of a page: only this service, and of scripts within the page only its own.

    The one script within a page is its import map, which browsers take from nowhere else; it is named by its hash.
    """
    hashes = [
        "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in _INLINE.findall(page.decode())
    ]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src", "'self'", *hashes)),
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
