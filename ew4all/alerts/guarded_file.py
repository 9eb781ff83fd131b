"""Files that decide whether something is sent: read only where nobody else could have written them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["guarded_bytes", "must_be_guarded"]

MOST_BYTES = 1_000_000
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def guarded_bytes(path: Path, *, secret: bool) -> bytes:
    """Read a file of the operator.

    It must be a plain file of this user or of root that nobody else can change, in folders that
    nobody else can change; if `secret`, nobody else may read it.

    Raises
    ------
    RefusedError
        It is not, it is missing, or this system cannot tell.
    """
    if not hasattr(os, "geteuid"):
        msg = "this system does not tell who can change a file, so nothing is sent from it"
        raise RefusedError(msg)
    try:
        _must_be_closed(path)
        # What is checked is what is read: the open file, not the name.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            _must_be_ours(os.fstat(handle), path, secret=secret)
            with os.fdopen(handle, "rb", closefd=False) as file:
                content = file.read(MOST_BYTES + 1)
        finally:
            os.close(handle)
    except OSError as error:
        msg = (
            f"{path} cannot be read ({error.strerror or error}); a link in its place is refused too"
        )
        raise RefusedError(msg) from error
    if len(content) > MOST_BYTES:
        msg = f"{path} has more than {MOST_BYTES:,} bytes"
        raise RefusedError(msg)
    return content


def must_be_guarded(path: Path) -> None:
    """Check a file of the operator that is also written, such as the audit log.

    Raises
    ------
    RefusedError
        It is missing, a link, or others can change it, or read it.
    """
    if not hasattr(os, "geteuid"):
        msg = "this system does not tell who can change a file, so nothing is sent from it"
        raise RefusedError(msg)
    try:
        _must_be_closed(path)
        _must_be_ours(path.lstat(), path, secret=True)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or error})"
        raise RefusedError(msg) from error


def _must_be_ours(status: os.stat_result, path: Path, *, secret: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        msg = f"{path} is no plain file"
        raise RefusedError(msg)
    if status.st_uid not in (os.geteuid(), 0):
        msg = f"{path} belongs to somebody else; chown it"
        raise RefusedError(msg)
    if secret and status.st_mode & _OTHERS:
        msg = f"{path} is a secret that other users can reach; chmod 600 it, and make a new key"
        raise RefusedError(msg)
    if status.st_mode & _OTHERS_WRITE:
        msg = f"{path} can be changed by other users; chmod 644 it, and check what it says"
        raise RefusedError(msg)


def _must_be_closed(path: Path) -> None:
    """Refuse folders in which somebody else could put another file in the place of this one."""
    for folder in path.resolve(strict=True).parents:
        status = folder.stat()
        sticky = status.st_mode & stat.S_ISVTX and folder != path.parent
        if status.st_mode & _OTHERS_WRITE and not sticky:
            msg = (
                f"{path} lies in {folder}, where other users can exchange it; chmod 755 that folder"
            )
            raise RefusedError(msg)
        if status.st_uid not in (os.geteuid(), 0):
            msg = f"{path} lies in {folder}, which belongs to somebody else"
            raise RefusedError(msg)
