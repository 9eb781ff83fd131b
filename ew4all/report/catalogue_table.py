"""The catalogue of open inputs for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.catalogue.templates import MEANING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ew4all.catalogue.entries import Entry

__all__ = ["catalogue_table", "entry_text"]


def catalogue_table(rows: Sequence[Entry]) -> Group:
    """Return all rows by kind, each with its title, licence and what it needs."""
    parts: list[RenderableType] = []
    for kind in dict.fromkeys(row.kind for row in rows):
        parts.append(Text(f"\n{kind}", style="bold"))
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for row in rows:
            if row.kind == kind:
                needs = " ".join(f"{p}=" for p in row.parameters)
                what = Text.assemble(
                    row.title, "\n", (f"{row.licence}{'; needs ' if needs else ''}{needs}", "dim")
                )
                table.add_row(Text(row.name), what)
        parts.append(table)
    parts.append(Text("\n`ew4all data list NAME` tells everything of one row.", style="dim"))
    return Group(*parts)


def entry_text(row: Entry) -> Group:
    """Return everything that is known of one row, and whether it was read or recalled."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    facts = [
        ("provider", row.provider),
        ("page", row.page),
        ("licence", f"{row.licence} ({row.licence_url})"),
        ("attribution", row.attribution),
        ("cite", row.citation),
        *(("address", url) for url in row.urls),
        *(() if row.index is None else (("looked up in", row.index.url),)),
        *(("hands on to", host) for host in row.hosts),
        ("becomes", row.file),
        ("use", row.use),
    ]
    for name in row.parameters:
        default = f"; {row.defaults[name]} by default" if name in row.defaults else ""
        facts.append((f"{name}=", f"{MEANING[name]}{default}"))
    if row.years is not None:
        facts.append(("years", f"{row.years[0]} to {row.years[1]}, every {row.year_step}"))
    facts += [("sha256", f"{digest} {name}") for name, digest in row.sha256.items()]
    facts += [("remark", text) for text in row.remarks]
    facts += [(f"source: {name}", how) for name, how in row.known.items()]
    for key, value in facts:
        table.add_row(Text(key, style="dim"), Text(value))
    return Group(Text(f"{row.name}: {row.title}", style="bold"), table)
