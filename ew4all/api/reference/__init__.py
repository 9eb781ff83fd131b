"""The API for people: a page that reads `/api`, from files that come with the package; it asks nothing of any other host."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FOLDER", "PAGE", "File", "files"]

FOLDER: Final = Path(__file__).resolve().parent / "static"
PAGE: Final = "index.html"

_MEDIA: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}


@dataclass(frozen=True)
class File:
    """A file of the page.

    Attributes
    ----------
    tag
        Entity tag.
    """

    body: bytes
    media_type: str
    tag: str


@cache
def files() -> Mapping[str, File]:
    """Return every file by its name; read once, when the page is first asked for."""
    out = {}
    for path in sorted(FOLDER.iterdir()):
        body = path.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        out[path.name] = File(body, _MEDIA.get(path.suffix, "text/plain; charset=utf-8"), tag)
    return out
