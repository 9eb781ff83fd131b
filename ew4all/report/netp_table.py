"""The annex in short, for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.report.feasibility_words import ANSWER_WORDS, number_text
from ew4all.report.netp_document import people_words, readiness_words
from ew4all.report.terminal_table import add_row, notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.netp_results import Netp

__all__ = ["netp_table"]


def netp_table(result: Netp) -> Group:
    """Return the recommendations, the readiness and what is missing as something that rich prints."""
    parts: list[RenderableType] = []
    if result.notice:
        parts.append(Text(result.notice.upper(), style="bold red"))
    parts.append(Text(result.country, style="bold"))
    table = titled_table("Recommendations", ("", "people", "USD", "ready"), widest=34)
    for one in result.recommendations:
        cost = one.advice.cost.value
        add_row(
            table, f"{one.rank} {one.advice.name}", people_words(one.advice), "no price" if cost is None else number_text(cost),
            readiness_words(one.advice.readiness),
        )  # fmt: skip
    if result.recommendations:
        parts.append(table)
    counts = result.counts()
    words = ", ".join(f"{n} {ANSWER_WORDS[a]}" for a, n in counts.items())
    parts.append(Text(f"Readiness checklist, {sum(counts.values())} items: {words}."))
    if result.missing:
        parts.append(Text("\nMissing", style="bold"))
        parts += notes_below(result.missing)[1:]
    parts += notes_below(result.notes)
    return Group(*parts)
