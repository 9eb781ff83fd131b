"""Tables for a terminal of 80 columns: words to the left, numbers to the right, and notes below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

__all__ = ["add_row", "notes_below", "titled_table"]


def titled_table(
    title: str | None, columns: Iterable[str], *, words: int = 1, widest: int = 36
) -> Table:
    """Return a table whose first columns are words and whose other columns are numbers.

    Parameters
    ----------
    words
        Columns of words.
    widest
        Characters of the first column before it is folded.
    """
    table = Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for k, name in enumerate(columns):
        table.add_column(
            Text(name),
            justify="left" if k < words else "right",
            no_wrap=k >= words,
            max_width=widest if k == 0 else None,
            overflow="fold",
        )
    return table


def add_row(table: Table, *cells: str, style: str | None = None) -> None:
    """Add cells as they are: a zone may be called "[bold]", which rich would take for a style."""
    table.add_row(*(Text(cell) for cell in cells), style=style)


def notes_below(notes: Sequence[str]) -> list[RenderableType]:
    """Return notes under a heading; nothing where there are none."""
    if not notes:
        return []
    table = Table.grid(padding=(0, 1))
    for note in notes:
        table.add_row(Text("-"), Text(note, overflow="fold"))
    return [Text("\nNotes", style="bold"), table]
