"""`pg_dump` and `pg_restore`: PostgreSQL's own programs copy its databases; they come with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from sqlalchemy import URL

from ew4all.errors import OptionError, ReadError, WriteError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["dump", "restore_dump"]


def dump(url: URL, path: Path, snapshot: str) -> None:
    """Write a database into a file, as it was when the snapshot was exported.

    Raises
    ------
    OptionError
        The program is not on this machine.
    WriteError
        It failed; it says why.
    """
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"]  # fmt: skip
    failed = _ran("pg_dump", url, *words)
    if failed is not None:
        msg = f"the database could not be copied: {failed}"
        raise WriteError(msg)


def restore_dump(url: URL, path: Path) -> None:
    """Read such a file into an empty database, all of it or nothing.

    Raises
    ------
    OptionError
        The program is not on this machine.
    ReadError
        It failed; it says why.
    """
    words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(path)]
    failed = _ran("pg_restore", url, *words)
    if failed is not None:
        msg = f"the database could not be restored, and is as it was: {failed}"
        raise ReadError(msg)


def _ran(program: str, url: URL, *words: str) -> str | None:
    """Run a program; return what it says where it fails."""
    found = shutil.which(program)
    if found is None:
        msg = (
            f"{program} is not on this machine, and PostgreSQL is copied by it alone: install the client programs of "
            "PostgreSQL, of the server's version or a later one (Debian: postgresql-client)"
        )
        raise OptionError(msg)
    # Without its driver and password it is an address that PostgreSQL's own programs read.
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    to = plain.render_as_string(hide_password=False)
    # By the environment: everybody on the machine sees the words of a command.
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    ran = subprocess.run(
        [found, f"--dbname={to}", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **secret},
    )
    if ran.returncode == 0:
        return None
    said = [line for line in ran.stderr.strip().splitlines() if line]
    return "; ".join(said[:3]) or f"{program} ended with {ran.returncode}"
