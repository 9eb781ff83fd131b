"""A document as data, from which every format is written: the same words, tables and pictures in HTML, PDF and DOCX.

::

    Document("Title", sections=(Section("What was found", (Paragraph("..."), Table("People", ("zone", "people"), rows))),))

Texts are plain: no markup is read in them, so that a zone called ``<b>`` or ``a_b`` is shown as it is called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "FORMATS",
    "Bullets",
    "Document",
    "Figure",
    "Heading",
    "Item",
    "Paragraph",
    "Section",
    "Table",
    "formats_of",
    "headings_of",
    "items_of",
]

FORMATS: Final = ("html", "pdf", "docx")
"""What a document can be written as."""

# What XML 1.0 has no place for: a name with such a character must not stop a document.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is ``"body"``, ``"lead"`` (what a reader in a hurry needs) or ``"small"``."""

    text: str
    style: str = "body"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with its heading.

    Parameters
    ----------
    title
        What it shows; the number before it is made by `items_of`.
    columns, rows
        Texts; every row as long as `columns`.
    align
        ``l`` or ``r`` for each column; by default the first to the left, the others to the right.
    widths
        Share of the width of each column; by default what the content needs.
    note
        Below it: what a reader must know.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str = ""
    widths: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse rows that do not fit the columns."""
        count = len(self.columns)
        ragged = [row for row in self.rows if len(row) != count]
        if ragged or len(self.align) not in {0, count} or len(self.widths) not in {0, count}:
            msg = f"the table {self.title!r} has {count} columns, and a row, alignment or width of another number"
            raise ValueError(msg)

    @property
    def alignment(self) -> str:
        """``l`` or ``r`` for each column."""
        return self.align or "l" + "r" * (len(self.columns) - 1)


@dataclass(frozen=True)
class Figure:
    """A picture (PNG), in words for who cannot see it, and the numbers behind it."""

    title: str
    png: bytes
    alt: str
    table: Table | None = None


Block = Paragraph | Bullets | Table | Figure


@dataclass(frozen=True)
class Section:
    """A section: its blocks, then its parts."""

    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document.

    Parameters
    ----------
    notice
        Words that must stand on every page, for instance that the data are not real.
    about
        Lines below the title: for whom, of when, made with what.
    attribution
        Whose data they are.
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    notice: str | None = None
    about: tuple[str, ...] = ()
    attribution: str | None = None
    version: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        """Leave out characters that no format has a place for."""
        for name in ("title", "subtitle", "notice", "attribution"):
            text = getattr(self, name)
            object.__setattr__(self, name, None if text is None else _plain(text))
        object.__setattr__(self, "about", tuple(_plain(line) for line in self.about))


@dataclass(frozen=True)
class Heading:
    """The title of a section with its number; `anchor` is unique in the document."""

    level: int
    number: str
    title: str
    anchor: str

    @property
    def text(self) -> str:
        """Number and title."""
        return f"{self.number} {self.title}"


Item = Heading | Block


def items_of(document: Document) -> Iterator[Item]:
    """Yield what stands in a document, in order, numbered: the one list that every writer follows.

    A figure's table follows it as a table of its own.
    """
    counts = {"Figure": 0, "Table": 0}
    yield from _items(document.sections, "", 1, counts)


def headings_of(document: Document) -> tuple[Heading, ...]:
    """Return the table of contents."""
    return tuple(item for item in items_of(document) if isinstance(item, Heading))


def _items(
    sections: Sequence[Section], prefix: str, level: int, counts: dict[str, int]
) -> Iterator[Item]:
    for k, section in enumerate(sections, 1):
        number = f"{prefix}{k}"
        anchor = "s" + number.replace(".", "-")
        yield Heading(level, number, _plain(section.title), anchor)
        for block in section.blocks:
            yield from _numbered(block, counts)
        yield from _items(section.parts, f"{number}.", level + 1, counts)


def _numbered(block: Block, counts: dict[str, int]) -> Iterator[Item]:
    if isinstance(block, Paragraph):
        yield replace(block, text=_plain(block.text))
    elif isinstance(block, Bullets):
        yield Bullets(tuple(_plain(item) for item in block.items))
    elif isinstance(block, Table):
        counts["Table"] += 1
        yield replace(
            block,
            title=f"Table {counts['Table']}. {_plain(block.title)}",
            columns=tuple(_plain(name) for name in block.columns),
            rows=tuple(tuple(_plain(cell) for cell in row) for row in block.rows),
            note=_plain(block.note),
        )
    else:
        counts["Figure"] += 1
        title = f"Figure {counts['Figure']}. {_plain(block.title)}"
        yield replace(block, title=title, alt=_plain(block.alt), table=None)
        if block.table is not None:
            yield from _numbered(block.table, counts)


def _plain(text: str) -> str:
    # A number and its per cent stay on one line.
    return _UNPRINTABLE.sub(" ", text).replace(" %", "\u00a0%")


def formats_of(wanted: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the formats to write, in the order of `FORMATS`; all of them where nothing is asked for.

    Parameters
    ----------
    wanted
        Names, or one text with commas between them.

    Raises
    ------
    OptionError
        A format that does not exist, or none at all.
    """
    if wanted is None:
        return FORMATS
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    asked = {name.strip().lower() for name in names if name.strip()}
    unknown = sorted(asked - set(FORMATS))
    if unknown or not asked:
        what = f"there is no format {unknown[0]!r}" if unknown else "no format was named"
        msg = f"{what}; --format takes {', '.join(FORMATS)}, or several with commas between them"
        raise OptionError(msg)
    return tuple(name for name in FORMATS if name in asked)
