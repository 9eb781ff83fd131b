"""Folders of engines that play exercises, and whether somebody still works in one."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOG", "PREFIX", "hold", "is_in_use", "name_of"]

PREFIX: Final = "exercise-"
LOG: Final = "log.txt"


def name_of(exercise: str, purpose: str) -> str:
    """Return the name of a folder of this process."""
    return f"{PREFIX}{exercise}-{purpose}-{os.getpid()}"


def hold(folder: Path) -> BinaryIO:
    """Open the log of an engine; while it is open here, or in the engine that inherits it, the folder is in use.

    A lock of the file system ends with whoever holds it, a SIGKILL too; a number of a process would be somebody else's one day, and
    mean nothing to a service in another container.
    """
    log = (folder / LOG).open("wb")
    fcntl.flock(log, fcntl.LOCK_SH)
    return log


def is_in_use(folder: Path) -> bool:
    """Whether an engine works in a folder, or is about to."""
    try:
        with (folder / LOG).open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        # It is made before its log is.
        return True
    except BlockingIOError:
        return True
    return False
