"""Folders of exercises on the disk: of engines that play them, of reports, and whether somebody still works in one."""

from __future__ import annotations

import fcntl
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["LOG", "PREFIX", "hold", "is_held", "is_in_use", "made", "reports_in"]

PREFIX: Final = "exercise-"
LOG: Final = "log.txt"
_YOUNG_S: Final = 3600.0
"""How long a folder without a log may be one that is just being made."""


def made(work_dir: Path, exercise: str, purpose: str) -> Path:
    """Make a folder for an engine, with a name that nobody else has: two services may share a disk, and even their numbers of processes."""
    work_dir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{exercise}-{purpose}-", dir=work_dir))


def reports_in(work_dir: Path) -> Path:
    """Return the folder of reports, which has one for each exercise, by its identifier."""
    return work_dir.parent / "reports"


def hold(folder: Path, name: str = LOG, *, alone: bool = False) -> BinaryIO:
    """Open a file of a folder, the log of an engine by default; while it is open here, or in whoever inherits it, the folder is in use.

    A lock of the file system ends with whoever holds it, a SIGKILL too; a number of a process would be somebody else's one day, and
    mean nothing to a service in another container.

    Raises
    ------
    BlockingIOError
        It is wanted alone, and somebody else has it.
    """
    file = (folder / name).open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except OSError:
        file.close()
        raise
    return file


def is_held(file: Path) -> bool:
    """Whether somebody holds a file alone.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    with file.open("rb") as there:
        try:
            fcntl.flock(there, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_in_use(folder: Path) -> bool:
    """Whether an engine works in a folder, or is about to."""
    try:
        with (folder / LOG).open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        # It is made before its log is.
        return folder.exists() and time.time() - folder.stat().st_mtime < _YOUNG_S
    except BlockingIOError:
        return True
    return False
