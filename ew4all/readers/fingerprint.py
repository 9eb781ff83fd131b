"""Which file was read: its digest, whether it changed meanwhile, and what was worked out about it before.

A file is known by the state of all its parts (`FileState`). What takes a pass over the file (its
SHA-256, the sum of a raster) is kept in the cache folder under that identity, so that a second run
need not read it again. Without a cache folder that can be written nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from ew4all.errors import ReadError, WriteError
from ew4all.runtime import cache_dir


class FileState(NamedTuple):
    """One file as it was at a moment.

    The time of modification can be set, and ``cp -p``, ``rsync -t`` and archives do so: other content of the same size
    would pass for the old one. No program can set the time of the last change of the entry itself (`ctime_ns`).
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


Identity: TypeAlias = tuple[FileState, ...]
"""State of each part of a file."""

SHAPEFILE_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Files that make one Shapefile, in the order in which they are hashed."""


def is_local(path: str | os.PathLike[str]) -> bool:
    """Whether a path names a file of this machine, not a web address or a GDAL virtual file."""
    text = os.fspath(path)
    return not text.startswith("/vsi") and "://" not in text


def must_be_named(path: str | os.PathLike[str]) -> None:
    """Raise where a name is no UTF-8: GDAL cannot open such a file, and no result could tell its name.

    Raises
    ------
    ReadError
        The name, and what to do.
    """
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError as error:
        shown = os.fspath(path).encode("utf-8", "backslashreplace").decode()
        msg = f"the name of the file {shown} is not UTF-8, so that it cannot be opened; rename it"
        raise ReadError(msg) from error


def parts(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Return the files that hold the content of `path`, in the order in which they are hashed.

    A Shapefile is several files (`SHAPEFILE_PARTS`), a folder all files in it by name; anything
    else is one file.
    """
    path = Path(path).absolute()
    if path.is_dir():
        return tuple(sorted(p for p in path.rglob("*") if p.is_file()))
    if path.suffix.lower() != ".shp":
        return (path,)
    by_suffix = {p.suffix.lower(): p for p in path.parent.glob(f"{_literal(path.stem)}.*")}
    by_suffix[".shp"] = path
    return tuple(by_suffix[suffix] for suffix in SHAPEFILE_PARTS if suffix in by_suffix)


def identity(path: str | os.PathLike[str]) -> Identity:
    """Return the identity of a file now.

    Raises
    ------
    ReadError
        The file, or a part of it, is not there.
    """
    return identity_of(parts(path))


def identity_of(files: tuple[str | os.PathLike[str], ...]) -> Identity:
    """Return the identity of files that belong together; see `identity`."""
    out = []
    for file in files:
        try:
            stat = Path(file).stat()
        except OSError as error:
            msg = f"{file} cannot be read ({error.strerror}); check the path and its permissions"
            raise ReadError(msg) from error
        out.append(
            FileState(
                str(Path(file).absolute()),
                stat.st_size,
                stat.st_mtime_ns,
                stat.st_ctime_ns,
                stat.st_ino,
                stat.st_dev,
            )
        )
    return tuple(out)


def must_be_unchanged(token: Identity) -> None:
    """Raise where a file is not what it was when `token` was taken.

    Raises
    ------
    ReadError
        The file was changed or removed.
    """
    for state in token:
        if identity_of((state.path,)) != (state,):
            msg = (
                f"{state.path} was changed while it was being read, so results and file do not belong "
                "together; run again when nothing writes to it"
            )
            raise ReadError(msg)


def sha256(path: str | os.PathLike[str], token: Identity | None = None) -> str | None:
    """SHA-256 of a file in hexadecimal, from the cache where the file is as it was then.

    A Shapefile's digest is that of its parts one after the other (`SHAPEFILE_PARTS`, those that
    exist), as ``cat a.shp a.shx a.dbf a.prj a.cpg | sha256sum`` prints it.

    Parameters
    ----------
    path
        File or folder.
    token
        Its `identity` when its content was read.

    Returns
    -------
    str or None
        None for what is no file of this machine.

    Raises
    ------
    ReadError
        The file cannot be read, or differs from `token`.
    """
    if not is_local(path):
        return None
    now = identity(path)
    if token is not None:
        must_be_unchanged(token)
    known = recall("sha256", now)
    if isinstance(known, str):
        return known
    digest = hashlib.sha256()
    for file in parts(path):
        try:
            with file.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            msg = f"{file} cannot be read ({error.strerror}); check its permissions"
            raise ReadError(msg) from error
    must_be_unchanged(now)
    remember("sha256", now, digest.hexdigest())
    return digest.hexdigest()


def recall(kind: str, token: Identity | None, *more: str | int) -> Any:
    """Return what `remember` kept for files that have not changed since, else None."""
    if not token:
        return None
    place = _place(kind, token, more)
    if place is None:
        return None
    try:
        entry = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not there, or cut short by a full disk: it is worked out again
    return (
        entry.get("value")
        if isinstance(entry, dict) and entry.get("key") == _key(token, more)
        else None
    )


def remember(kind: str, token: Identity | None, value: object, *more: str | int) -> None:
    """Keep what was worked out about files, as JSON; nothing happens where no cache can be written.

    Parameters
    ----------
    kind
        What it is, a folder of the cache.
    token
        Identity of the files; None keeps nothing.
    value
        Anything JSON can hold.
    *more
        Whatever else the value depends on: a band, a version.
    """
    if not token:
        return
    place = _place(kind, token, more)
    if place is None:
        return
    text = json.dumps({"key": _key(token, more), "value": value})
    temporary = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=place.parent, delete=False, encoding="utf-8"
        ) as stream:
            temporary = Path(stream.name)
            stream.write(text)
        temporary.replace(place)
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _key(token: Identity, more: tuple[str | int, ...]) -> list[Any]:
    return [[list(part) for part in token], list(more)]


def _place(kind: str, token: Identity, more: tuple[str | int, ...]) -> Path | None:
    name = hashlib.sha256(json.dumps(_key(token, more)).encode()).hexdigest()[:32]
    try:
        return cache_dir() / kind / f"{name}.json"
    except WriteError:
        return None


def _literal(stem: str) -> str:
    """Return a file name in which no character means a pattern to glob."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)
