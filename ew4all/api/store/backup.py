"""A backup: one archive with the database and every content, each with its hash; made while the service runs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ew4all import __version__
from ew4all.api.store import postgres_tools
from ew4all.api.store.blobs import Blobs
from ew4all.api.store.database import now
from ew4all.api.store.tables import EXERCISES, FILES, JOBS, LAYERS, UPLOADS
from ew4all.errors import OptionError, ReadError
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ew4all.api.settings import Settings

__all__ = ["MANIFEST", "SCHEMA", "STORES", "Hashed", "back_up", "sqlite_path"]

SCHEMA: Final = "ew4all/backup/1"
MANIFEST: Final = "manifest.json"
STORES: Final = {"sqlite": "store.sqlite", "postgresql": "store.pgdump"}
"""Kind of database to the name of its copy in the archive."""

_ENDED: Final = ("successful", "failed", "dismissed")


class Hashed:
    """A file that is read, or written, and the hash of what went through."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read, as a file does."""
        data = self._file.read(size)
        self._sha256.update(data)
        return data

    def hexdigest(self) -> str:
        """Return the SHA-256."""
        return self._sha256.hexdigest()


def back_up(settings: Settings, archive: Path) -> dict[str, Any]:
    """Write everything that the service keeps into a tar archive; the service may run.

    Returns
    -------
    dict
        The manifest of the archive, without the list of contents, and their number and bytes.

    Raises
    ------
    OptionError
        The archive is there already, or a program of PostgreSQL is not.
    ReadError
        There is no store, or a content in it is missing or damaged.
    WriteError
        The archive cannot be written; there is none then.
    """
    if archive.exists():
        msg = f"{archive} is there already; name another file, or remove it"
        raise OptionError(msg)
    with (
        writing(archive, tarfile.TarError),
        tempfile.TemporaryDirectory(prefix=".ew4all-backup-", dir=archive.resolve().parent) as name,
    ):
        kind = "sqlite" if settings.is_sqlite else "postgresql"
        copy, part = Path(name) / STORES[kind], Path(name) / "archive.tar"
        with _copied(settings, copy) as connection:
            migration = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()  # fmt: skip
            contents = _contents(connection, Blobs(settings.data_dir.resolve() / "files"))
        head: dict[str, Any] = {
            "schema": SCHEMA, "version": __version__, "created": now().isoformat(timespec="seconds"), "kind": kind,
            "migration": migration, "store": {"sha256": _sha256(copy), "bytes": copy.stat().st_size},
        }  # fmt: skip
        files: list[dict[str, Any]] = [
            {"sha256": sha256, "bytes": path.stat().st_size} for sha256, path in contents
        ]
        part.touch(mode=0o600)  # it holds everything: for whoever made it alone
        with part.open("wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
                whole = json.dumps({**head, "files": files}).encode()
                _add(tar, MANIFEST, io.BytesIO(whole), len(whole))
                with copy.open("rb") as file:
                    _add(tar, copy.name, file, copy.stat().st_size)
                for sha256, path in contents:
                    _add_content(tar, sha256, path)
            out.flush()
            os.fsync(out.fileno())
        part.replace(archive)
    return {**head, "files": len(files), "bytes": sum(int(f["bytes"]) for f in files)}


def sqlite_path(settings: Settings) -> Path:
    """Return the file of a SQLite store."""
    return Path(make_url(settings.store_url).database or "")


@contextmanager
def _copied(settings: Settings, copy: Path) -> Iterator[Connection]:
    """Copy the database; give a connection that sees what the copy has."""
    if settings.is_sqlite:
        _copy_sqlite(sqlite_path(settings), copy)
        engine = create_engine(f"sqlite:///{copy}")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()
        return
    engine = create_engine(settings.store_url, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            postgres_tools.dump(make_url(settings.store_url), copy, snapshot)
            yield connection
    except DBAPIError as error:
        msg = f"the store cannot be read: {error.orig}"
        raise ReadError(msg) from error
    finally:
        engine.dispose()


def _copy_sqlite(path: Path, copy: Path) -> None:
    if not path.is_file():
        msg = f"there is no store at {path}: name its folder with --data-dir or EW4ALL_DATA_DIR"
        raise ReadError(msg)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            # In one step: it sees one state, and writers go on in the log beside it.
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            (said,) = target.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        msg = f"the store {path} cannot be copied: {error}"
        raise ReadError(msg) from error
    if said != "ok":
        msg = f"the store {path} is damaged ({said}): restore an earlier backup"
        raise ReadError(msg)


def _contents(connection: Connection, blobs: Blobs) -> list[tuple[str, Path]]:
    """Return the contents that are there; all that something names must be."""
    needed = {
        *connection.execute(select(UPLOADS.c.sha256).where(UPLOADS.c.deleted.is_(None))).scalars(),
        *connection.execute(select(LAYERS.c.sha256)).scalars(),
    }
    waiting = select(JOBS.c.files).where(JOBS.c.status.notin_(_ENDED))
    for files in connection.execute(waiting).scalars():
        needed |= {content["sha256"] for content in files.values() if "sha256" in content}
    played = select(EXERCISES.c.files).where(EXERCISES.c.deleted.is_(None))
    for files in connection.execute(played).scalars():
        needed |= {content["sha256"] for content in files.values() if "sha256" in content}
    found = []
    for sha256 in connection.execute(select(FILES.c.sha256).order_by(FILES.c.sha256)).scalars():
        try:
            found.append((sha256, blobs.path(sha256)))
        except ReadError:
            # What nothing names may be cleared away at this very moment.
            if sha256 in needed:
                raise
    return found


def _add_content(tar: tarfile.TarFile, sha256: str, path: Path) -> None:
    with path.open("rb") as file:
        hashed = Hashed(file)
        _add(tar, f"files/{sha256[:2]}/{sha256}", hashed, path.stat().st_size)
    if hashed.hexdigest() != sha256:
        msg = f"the content {sha256} of the store is damaged: restore it from an earlier backup"
        raise ReadError(msg)


def _add(tar: tarfile.TarFile, name: str, file: Any, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(now().timestamp())
    tar.addfile(info, file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
