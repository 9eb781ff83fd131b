"""A table as CSV with the columns it came with and what was computed beside them."""

from __future__ import annotations

import csv
import io
import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.writers.folder import writing

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ew4all.units import F64

__all__ = ["ANSWERS", "answered", "write_text"]

ANSWERS = ("value", "note")
"""Columns that `answered` adds."""


def answered(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    value: F64,
    note: Sequence[str],
    *,
    delimiter: str = ",",
) -> str:
    """Return rows as CSV, their fields as they were read, with a number (NaN where there is none) and a note on each."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow((*header, *ANSWERS))
    for row, number, text in zip(rows, value.tolist(), note, strict=True):
        writer.writerow((*row, "NaN" if math.isnan(number) else f"{number:.10g}", text))
    return out.getvalue()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file whole or not at all, UTF-8; a file that is there is replaced.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    final = Path(path)
    with writing(final):
        if final.is_dir():
            raise IsADirectoryError(None, "it is a folder; name a file")
        part = final.with_name(f".{final.name}.part")
        try:
            part.write_text(text, encoding="utf-8", newline="")
            part.replace(final)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
