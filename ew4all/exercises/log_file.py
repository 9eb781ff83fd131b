"""The log of an exercise in a file: read strictly, gone on with, each line on the disk before it counts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.errors import ReadError, WriteError
from ew4all.sim.exercise_log import ExerciseLog, ReadLog, read_log

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["open_log", "read_log_file"]


def read_log_file(path: str | os.PathLike[str]) -> ReadLog:
    """Read a log; nothing can be added to it.

    Raises
    ------
    ReadError
        There is no such file.
    ExerciseLogError
        The log does not hold together.
    """
    try:
        return read_log(Path(path).read_bytes())
    except OSError as error:
        msg = f"the log {os.fspath(path)} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error


def open_log(path: str | os.PathLike[str]) -> ReadLog:
    """Open a log to go on with it, or begin one. A line that was being written in a crash is cut off.

    Each event is appended and brought to the disk before it counts. One process writes a log at a time: whoever opens it sees to that.

    Raises
    ------
    ReadError, WriteError
        The file cannot be read or written.
    ExerciseLogError
        The log does not hold together; nothing was changed.
    """
    file = Path(path)
    raw = b""
    if file.exists():
        try:
            raw = file.read_bytes()
        except OSError as error:
            msg = f"the log {file} cannot be read ({error.strerror}); check the path"
            raise ReadError(msg) from error
    found = read_log(raw)
    whole = found.log.text().encode()
    if raw != whole:
        # The part of a line goes; a line that lacks its end gets it.
        with _telling(file), file.open("r+b") as out:
            out.truncate(min(len(raw), len(whole)))
            out.seek(0, os.SEEK_END)
            out.write(whole[out.tell() :])
            out.flush()
            os.fsync(out.fileno())
    return ReadLog(ExerciseLog(found.log, keep=_appending(file)), found.dropped)


def _appending(file: Path) -> Callable[[str], None]:
    def keep(line: str) -> None:
        data = line.encode()
        with _telling(file):
            # One write: a crash leaves a whole line or the beginning of one.
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                before = os.fstat(handle).st_size
                try:
                    _write_whole(handle, data)
                    os.fsync(handle)
                except OSError:
                    os.ftruncate(handle, before)
                    raise
            finally:
                os.close(handle)

    return keep


def _write_whole(handle: int, data: bytes) -> None:
    if os.write(handle, data) < len(data):
        msg = "no space left for a whole line"
        raise OSError(msg)


class _telling:
    """Turn what the operating system raises into a `WriteError` that names the file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Turn an OSError."""
        if isinstance(error, OSError) and not isinstance(error, WriteError):
            msg = f"the log {self.file} cannot be written ({error.strerror or error}); nothing was added: free space or check rights, and try again"
            raise WriteError(msg) from error
