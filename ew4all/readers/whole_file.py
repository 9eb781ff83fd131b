"""A small file, or standard input, read whole but never beyond a limit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ew4all.errors import ReadError

__all__ = ["MOST_BYTES", "whole_file"]

MOST_BYTES: Final = 10_000_000
"""More than any alert, certificate, table of parameters or template has."""


def whole_file(
    path: str | Path, what: str = "", *, name: str | None = None, most: int = MOST_BYTES
) -> bytes:
    """Read a file; ``-`` is standard input where it is given as text.

    Parameters
    ----------
    what
        Stands before the path in messages: an option, usually.
    name
        How messages name it, in the place of both.
    most
        Bytes beyond which it is refused, without being read.

    Raises
    ------
    ReadError
        It cannot be read, or is larger.
    """
    name = name or ("standard input" if path == "-" else f"{what} {path}".strip())
    try:
        if path == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        msg = f"{name} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    if len(data) > most:
        msg = f"{name} has more than {most:,} bytes, so it is refused; check that it is the right file"
        raise ReadError(msg)
    return data
