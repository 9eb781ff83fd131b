"""Files of exercises that come with ew4all: hand-outs and attachments. An exercise that somebody sent has none."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from ew4all.api.problems import Problem
from ew4all.exercises.loading import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.api.exercises.invitations import Seat

__all__ = ["file_of", "is_for", "media_type_of"]


def is_for(handout: Mapping[str, Any], seat: Seat) -> bool:
    """Say whether a hand-out is for somebody: by role and team; facilitators have all."""
    if seat.role == "facilitator":
        return True
    is_mine = handout["reader"] in {"everybody", seat.role}
    return is_mine and (not handout["teams"] or seat.team in handout["teams"])


def file_of(options: Mapping[str, Any], name: str) -> Path:
    """Return where a file of an exercise of the library is.

    Raises
    ------
    Problem
        404: it has none of this name.
    """
    home = shipped().get(options.get("library", ""))
    if home is not None:
        folder = home.parent.resolve()
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file():
            return path
    raise Problem(404, "unknown-file", f"this exercise has no file {name[:80]!r}")


def media_type_of(path: Path) -> str:
    """Return the media type of a file; texts are UTF-8."""
    if path.suffix.lower() in {".md", ".txt"}:
        return (
            "text/markdown; charset=utf-8"
            if path.suffix.lower() == ".md"
            else "text/plain; charset=utf-8"
        )
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
