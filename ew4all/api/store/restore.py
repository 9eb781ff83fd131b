"""A backup, restored into an empty place; every byte is checked before anything is put there."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ew4all.api.store import postgres_tools
from ew4all.api.store.backup import MANIFEST, SCHEMA, STORES, Hashed, sqlite_path
from ew4all.api.store.database import upgrade
from ew4all.errors import OptionError, ReadError
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from ew4all.api.settings import Settings

__all__ = ["restore"]

_CHUNK = 1 << 20


def restore(settings: Settings, archive: Path) -> dict[str, Any]:
    """Restore a backup, and bring its tables to this version of the package.

    Returns
    -------
    dict
        The manifest, without the list of contents, and their number and bytes.

    Raises
    ------
    OptionError
        Something is in the data folder or the database already, or the backup is of the other kind of database.
    ReadError
        It is no backup, or is damaged or incomplete; nothing was restored.
    WriteError
        The data folder cannot be written.
    """
    folder = settings.data_dir.resolve()
    _must_be_empty(settings, folder)
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ew4all-restore-", dir=folder.parent) as name:
            home = Path(name) / "data"
            home.mkdir()
            manifest = _unpacked(archive, home, Path(name))
            kind = "sqlite" if settings.is_sqlite else "postgresql"
            if manifest["kind"] != kind:
                msg = f"{archive} is a backup of {manifest['kind']}, and the settings name {kind}: set EW4ALL_DATABASE_URL as it was"
                raise OptionError(msg)
            store = Path(name) / STORES[kind]
            if kind == "sqlite":
                path = sqlite_path(settings)
                inside = path.is_relative_to(folder)
                to = home / path.relative_to(folder) if inside else path
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(store, to)
            else:
                postgres_tools.restore_dump(make_url(settings.store_url), store)
            if folder.exists():
                folder.rmdir()  # it is empty
            home.rename(folder)
    upgrade(settings)
    files = manifest.pop("files")
    return {**manifest, "files": len(files), "bytes": sum(int(f["bytes"]) for f in files)}


def _must_be_empty(settings: Settings, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is not empty; a backup is restored into a new folder, so that nothing is lost: name another with --data-dir"
        raise OptionError(msg)
    if settings.is_sqlite:
        if sqlite_path(settings).exists():
            msg = f"{sqlite_path(settings)} is there already; move it away, or name another with EW4ALL_DATABASE_URL"
            raise OptionError(msg)
        return
    engine = create_engine(settings.store_url)
    query = text("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'spatial_ref_sys'")  # fmt: skip
    try:
        with engine.connect() as connection:
            tables = connection.execute(query).scalar_one()
    except DBAPIError as error:
        msg = f"the database cannot be opened: {error.orig}"
        raise ReadError(msg) from error
    finally:
        engine.dispose()
    if tables:
        msg = f"the database has {tables} tables already; a backup is restored into an empty one: make another with createdb"
        raise OptionError(msg)


def _unpacked(archive: Path, home: Path, beside: Path) -> dict[str, Any]:
    """Write the contents under ``files`` of a folder and the store beside it; return the manifest."""
    try:
        with tarfile.open(archive, "r|") as tar:
            members = iter(tar)
            manifest = _manifest(tar, next(members, None), archive)
            expected = {
                f"files/{f['sha256'][:2]}/{f['sha256']}": (home, f) for f in manifest["files"]
            }
            expected[STORES[manifest["kind"]]] = (beside, manifest["store"])
            for member in members:
                # No name of an archive becomes a path that its manifest, which holds hashes alone, does not make.
                place, told = expected.pop(member.name, (None, None))
                if place is None or told is None or not member.isreg():
                    raise _damaged(archive, f"{member.name!r} does not belong in it")
                _write(tar, member, place / member.name, told, archive)
    except tarfile.TarError as error:
        raise _damaged(archive, str(error)) from error
    except OSError as error:
        if error.filename is not None and Path(error.filename) != archive:
            raise
        msg = f"the backup {archive} cannot be read: {error.strerror or error}"
        raise ReadError(msg) from error
    if expected:
        raise _damaged(archive, f"{len(expected)} of its files are missing: it was cut off")
    return manifest


def _manifest(
    tar: tarfile.TarFile, member: tarfile.TarInfo | None, archive: Path
) -> dict[str, Any]:
    file = None if member is None or member.name != MANIFEST else tar.extractfile(member)
    try:
        found = {} if file is None else json.loads(file.read())
    except ValueError:
        found = {}
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or found.get("kind") not in STORES:  # fmt: skip
        msg = f"{archive} is no backup of ew4all ({SCHEMA}): `ew4all db backup` writes one"
        raise ReadError(msg)
    for one in found["files"]:
        if not (isinstance(one["sha256"], str) and len(one["sha256"]) == 64 and one["sha256"].isalnum()):  # fmt: skip
            raise _damaged(archive, "its manifest holds what is no hash")
    return found


def _write(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path, told: Any, archive: Path
) -> None:
    file = tar.extractfile(member)
    assert file is not None  # a regular file
    path.parent.mkdir(parents=True, exist_ok=True)
    hashed = Hashed(file)
    with path.open("wb") as out:
        while chunk := hashed.read(_CHUNK):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if hashed.hexdigest() != told["sha256"]:
        raise _damaged(archive, f"{member.name} is not what it was")


def _damaged(archive: Path, why: str) -> ReadError:
    return ReadError(f"the backup {archive} is damaged ({why}): take another; nothing was restored")
