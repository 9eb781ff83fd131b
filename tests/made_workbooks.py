"""Workbooks as people make them, and as they should not be."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HEADER = ("No.", "Time", "From", "To", "Method", "Inject", "Expected action")
ROW = ("1", "0:05", "Gauge", "Duty officers", "Phone", "The gauge rises.", "Call the mayor.")


def workbook(
    path: Path,
    rows: Sequence[Sequence[Any]],
    *,
    sheet: str = "MSEL",
    change: Callable[[Any, Any], None] | None = None,
) -> Path:
    """Write rows as a workbook; `change` gets the book and the sheet before it is saved."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    if change is not None:
        change(book, page)
    book.save(path)
    return path


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Change the members of a workbook, which is a ZIP archive."""
    with zipfile.ZipFile(path) as read:
        members = {name: read.read(name) for name in read.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name, change(name, content))
    return path
