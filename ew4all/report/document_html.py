"""A document as one HTML file that needs no other file, and the same printed as PDF."""

from __future__ import annotations

import base64
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError
from ew4all.report.document import Bullets, Figure, Heading, Paragraph, Table, headings_of, items_of
from ew4all.report.pages import template
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.report.document import Document, Item

__all__ = ["html_text", "must_print_pdf", "write_html", "write_pdf"]

_PANGO: Final = (
    "PDF needs the library Pango, which this system lacks ({}); install it (Debian, Ubuntu: apt-get install libpango-1.0-0 "
    "libpangoft2-1.0-0; macOS: brew install pango), or leave PDF out: --format html,docx"
)
_WEASYPRINT: Final = (
    "PDF needs the Python package weasyprint, which is not installed; install it with ew4all: pip install 'ew4all[report]', or "
    "leave PDF out: --format html"
)


def html_text(document: Document) -> str:
    """Return a document as HTML, its pictures inside; nothing is asked of the network when it is opened."""
    return template("document.html", trim=True).render(
        d=document,
        contents=headings_of(document),
        items=[_as_fields(item) for item in items_of(document)],
    )


def write_html(path: Path, document: Document) -> None:
    """Write a document as HTML.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    text = html_text(document)
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def must_print_pdf() -> Any:
    """Return what prints PDF, or say what is missing; ask before anything long is computed.

    Raises
    ------
    OptionError
        WeasyPrint is not installed, or Pango is not; the message says what to install and how to do without.
    """
    try:
        return import_module("weasyprint").HTML
    except ModuleNotFoundError as error:
        raise OptionError(_WEASYPRINT) from error
    except OSError as error:  # of cffi, which finds no shared library of that name
        raise OptionError(
            _PANGO.format(str(error).partition("\n")[0].partition(": ")[0])
        ) from error


def write_pdf(path: Path, document: Document) -> None:
    """Print a document as PDF, tagged for screen readers, with bookmarks and page numbers.

    Raises
    ------
    OptionError
        See `must_print_pdf`.
    WriteError
        The file cannot be written.
    """
    html = must_print_pdf()
    # Pictures are inside the text and every name in it is escaped: nothing is fetched from anywhere.
    printed = html(string=html_text(document))
    with writing(path):
        printed.write_pdf(path, pdf_tags=True)


def _as_fields(item: Item) -> dict[str, Any]:
    """Return what the template asks of an item; `kind` says what it is."""
    if isinstance(item, Heading):
        tag = f"h{min(item.level + 1, 6)}"
        return {"kind": "heading", "tag": tag, "anchor": item.anchor, "text": item.text}
    if isinstance(item, Paragraph):
        return {"kind": "paragraph", "style": item.style, "text": item.text}
    if isinstance(item, Bullets):
        return {"kind": "bullets", "rows": item.items}
    if isinstance(item, Table):
        sides = ["left" if letter == "l" else "right" for letter in item.alignment]
        return {
            "kind": "table",
            "title": item.title,
            "columns": list(zip(item.columns, sides, strict=True)),
            "rows": [list(zip(row, sides, strict=True)) for row in item.rows],
            "widths": [f"{100.0 * w / sum(item.widths):.1f}%" for w in item.widths],
            "note": item.note,
        }
    assert isinstance(item, Figure)
    source = base64.b64encode(item.png).decode("ascii")
    return {"kind": "figure", "title": item.title, "alt": item.alt, "png": source}
