"""Notes as people read them: files by their names, and what is true of several layers said once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ew4all.results import InputFile

__all__ = ["brief"]


def brief(notes: Iterable[str], inputs: Sequence[InputFile]) -> tuple[str, ...]:
    """Return notes without repetition, shorter where nothing is lost.

    A path becomes the name of the file, unless another input has that name in another folder: `inputs` tell the whole
    paths. Notes that say the same of several layers of one role are joined at the place of the first.

    Examples
    --------
    >>> from ew4all.results import InputFile
    >>> layers = [InputFile(f"coverage {t}", f"/far/away/{t}.tif", None, None) for t in ("3g", "4g")]
    >>> brief([f"{i.role} {i.path} is turned" for i in layers], layers)
    ('coverage 3g 3g.tif, 4g 4g.tif: each is turned',)
    """
    names = _names({i.path for i in inputs if i.path is not None})
    known = {f"{i.role} {i.path}" for i in inputs if i.path is not None}
    joined: dict[tuple[str, str], list[str]] = {}
    for note in dict.fromkeys(notes):
        # The longest, since a path may be the beginning of another.
        layer = max((k for k in known if note.startswith(k)), key=len, default="")
        role, _, which = layer.partition(" ")
        joined.setdefault((role, note.removeprefix(layer)), []).append(which)
    return tuple(
        _short(_joined(role, layers, said), names) for (role, said), layers in joined.items()
    )


def _joined(role: str, layers: list[str], said: str) -> str:
    if not role:
        return said
    each = ": each" if len(layers) > 1 and said.startswith(" ") else ""
    return f"{role} {', '.join(layers)}{each}{said}"


def _names(paths: Iterable[str]) -> dict[str, str]:
    """Return the name of each path that is not also the name of another, longest paths first."""
    names = {path: Path(path).name for path in sorted(paths, key=len, reverse=True)}
    every = list(names.values())
    return {path: name for path, name in names.items() if name and every.count(name) == 1}


def _short(note: str, names: dict[str, str]) -> str:
    for path, name in names.items():
        note = note.replace(path, name)
    return note
