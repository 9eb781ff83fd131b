"""The result of `ew4all plan feasibility` on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.report.feasibility_document import verdict
from ew4all.report.feasibility_words import (
    ANSWER_WORDS,
    STEP_WORDS,
    count_text,
    money_text,
    number_text,
)
from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from ew4all.feasibility_results import Feasibility

__all__ = ["rendered"]


def rendered(result: Feasibility) -> Group:
    """Return what the terminal shows: people, border, costs, readiness, and what was decided."""
    parts: list[Any] = []
    if result.notice:
        parts.append(Text(result.notice.upper(), style="bold red"))
    parts += [
        Text(f"Feasibility of cell broadcast: {result.country}", style="bold"),
        _people(result),
    ]
    if result.border is not None:
        parts.append(_border(result))
    else:
        parts.append(Text(result.border_note, style="dim"))
    parts += [_costs(result), Text(verdict(result))]
    counts = result.counts()
    parts.append(
        Text("Readiness: " + ", ".join(f"{n} {ANSWER_WORDS[a]}" for a, n in counts.items()))
    )
    parts += [Text(f"- {note}", style="dim") for note in result.notes]
    return Group(*parts)


def _people(result: Feasibility) -> Table:
    table = Table(title="Of the people", title_justify="left")
    table.add_column("")
    table.add_column("people", justify="right")
    table.add_column("share", justify="right")
    for row in result.reach.waterfall:
        table.add_row(
            STEP_WORDS[row.step], people_text(row.people), share_text(row.people, result.people)
        )
    if result.visitors is not None:
        table.add_row(
            "visitors who would receive it, besides", people_text(result.visitors.received), ""
        )
    return table


def _border(result: Feasibility) -> Table:
    table = Table(title="Across the border: best server", title_justify="left")
    for name in ("", "people", "in the country", "abroad", "no cell of the country", "nobody"):
        table.add_column(name, justify="right" if name else "left")
    border = result.border
    if border is not None:
        for spill in (border.inside, *([border.outside] if border.outside else [])):
            numbers = (spill.people, spill.home, spill.abroad, spill.only_abroad, spill.unserved)
            table.add_row(spill.name, *(people_text(n) for n in numbers))
    return table


def _costs(result: Feasibility) -> Table:
    years = result.known["horizon_years"].value
    table = Table(title=f"Cost over {years:g} years, USD", title_justify="left")
    for name in ("channel", "people reached", "once", "each year", "in all", "each reached"):
        table.add_column(name, justify="left" if name == "channel" else "right", overflow="fold")
    for channel in result.channels:
        table.add_row(
            channel.name, count_text(channel.reached),
            number_text(channel.capital.value) if channel.capital else "no price",
            number_text(channel.year.value) if channel.year else "no price",
            money_text(channel.whole), "not known" if channel.reached is None else money_text(channel.per_reached),
        )  # fmt: skip
    return table
