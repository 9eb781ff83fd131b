"""Indicators as tables for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.report.indicator_words import VIEWS, value_words
from ew4all.report.rounding import counted
from ew4all.report.terminal_table import add_row, notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.indicator_results import Indicators

__all__ = ["indicator_table"]


def indicator_table(result: Indicators) -> Group:
    """Return indicators as something that rich prints."""
    parts: list[RenderableType] = []
    if result.notice:
        parts.append(Text(result.notice.upper(), style="bold red"))
    parts.append(Text(f"{result.country}, {result.date}", style="bold"))
    for view, title in VIEWS.items():
        rows = [one for one in result.latest if one.definition.view == view and one.is_known]
        if not rows:
            continue
        table = titled_table(title, ("", "value", "date"), widest=42)
        for one in rows:
            add_row(table, one.definition.name, value_words(one), one.date)
        parts.append(table)
    said = [s for s in result.status if s.answer != "unknown"]
    if said:
        table = titled_table("Stated by the country", ("", "answer"), widest=60)
        for status in said:
            add_row(table, status.text, status.answer)
        parts.append(table)
    unknown = len(result.status) - len(said)
    if unknown:
        parts.append(Text(f"{counted(unknown, 'fact')} nobody stated: --write-facts FILE writes them to fill in, --facts reads them.", style="dim"))  # fmt: skip
    conditions = dict.fromkeys(one.condition for one in result.latest if one.condition)
    said_of = [
        f"cannot be told: {'; '.join(names)} ({why})" for why, names in result.reasons().items()
    ]
    notes = [*said_of, *conditions, *result.notes]
    parts += notes_below(notes)
    return Group(*parts)
