"""A document as files: which formats can be written here, and writing them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ew4all.errors import OptionError
from ew4all.report.document import FORMATS
from ew4all.report.document_docx import must_write_docx, write_docx
from ew4all.report.document_html import must_print_pdf, write_html, write_pdf
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from ew4all.report.document import Document

__all__ = ["must_write_into", "possible_formats", "write_document"]

_WRITERS: Final = {"html": write_html, "pdf": write_pdf, "docx": write_docx}
_NEEDS: Final = {"pdf": must_print_pdf, "docx": must_write_docx}


def _must_write(formats: Iterable[str]) -> None:
    """Raise where a format cannot be written here: ask before anything long is computed.

    Raises
    ------
    OptionError
        What writes a format is not installed.
    """
    for name in formats:
        if name in _NEEDS:
            _NEEDS[name]()


def must_write_into(folder: str | os.PathLike[str], formats: Iterable[str]) -> None:
    """Raise where a folder cannot be filled with a document: ask before anything long is computed.

    Raises
    ------
    OptionError
        It is a file, or what writes a format is not installed.
    """
    must_be_folder(folder)
    _must_write(formats)


def possible_formats() -> tuple[str, ...]:
    """Return the formats that can be written here: without WeasyPrint no PDF, without python-docx no DOCX."""
    found = []
    for name in FORMATS:
        with suppress(OptionError):
            _must_write((name,))
            found.append(name)
    return tuple(found)


def write_document(folder: Path, stem: str, document: Document, formats: Iterable[str]) -> None:
    """Write a document into a folder, as ``STEM.FORMAT`` for each format.

    Raises
    ------
    WriteError
        A file cannot be written.
    """
    for name in formats:
        _WRITERS[name](folder / f"{stem}.{name}", document)
