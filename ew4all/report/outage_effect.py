"""Before and after an outage of cell sites, as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, titled_table
from ew4all.results import OUTSIDE
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ew4all.results import OutageEffect, PeopleCount, Reach

__all__ = ["outage_tables"]

_MOST_ZONES = 15
_ROUNDING = 1e-12


def outage_tables(result: Reach, outage: OutageEffect) -> list[RenderableType]:
    """Return who has a signal before and after, by technology and by zone."""
    after = outage.after
    whole = titled_table(
        "Before and after the outage", ("in the warning area", "before", "after", "change")
    )
    for technology in (*TECHNOLOGIES, "any"):
        if technology in result.people.covered:
            words = "covered by any" if technology == "any" else f"covered by {technology.upper()}"
            _row(whole, words, result.people.covered[technology], after.people.covered[technology])
    _row(whole, "NOT covered", result.people.uncovered, after.people.uncovered)
    _row(whole, "expected to notice", _noticed(result), _noticed(after))
    told = f"{outage.sites_down:,.10g} of {outage.sites:,} sites and {outage.cells_down:,.10g} of {outage.cells:,} cells are off the air"
    if outage.members > 1:
        told = (
            f"{outage.sites_down:,.1f} of {outage.sites:,} sites and {outage.cells_down:,.1f} of {outage.cells:,} cells are off "
            f"the air on average over {outage.members} courses of events, over which people are averaged too"
        )
    parts: list[RenderableType] = [whole, Text(f"{told}.")]
    if result.zones:
        parts.append(_zones(result, after))
    return parts


def _noticed(result: Reach) -> float | None:
    last = result.waterfall[-1] if result.waterfall else None
    return last.people if last is not None and last.step == "noticed" else None


def _zones(result: Reach, after: Reach) -> Table:
    pairs = [
        (before.name or before.id, before.people, then.people)
        for before, then in zip(result.zones, after.zones, strict=True)
        if before.id != OUTSIDE
    ]
    pairs.sort(key=lambda pair: -_lost(pair[1], pair[2]))
    table = titled_table(
        "People NOT covered, by zone, most loss first", ("zone", "before", "after", "change")
    )
    for name, before, then in pairs[:_MOST_ZONES]:
        _row(table, name, before.uncovered, then.uncovered)
    if len(pairs) > _MOST_ZONES:
        rest = pairs[_MOST_ZONES:]
        before_all = sum(before.uncovered or 0.0 for _, before, _ in rest)
        after_all = sum(then.uncovered or 0.0 for _, _, then in rest)
        _row(table, f"{len(rest)} other zones", before_all, after_all)
    return table


def _lost(before: PeopleCount, after: PeopleCount) -> float:
    return (after.uncovered or 0.0) - (before.uncovered or 0.0)


def _row(table: Table, name: str, before: float | None, after: float | None) -> None:
    if before is None or after is None:
        return
    change = after - before
    if abs(change) <= _ROUNDING * max(
        before, after
    ):  # a mean of equal numbers is not always that number
        change = 0.0
    sign = "+" if change > 0.0 else "-" if change < 0.0 else ""
    # A share of what was hardly there before says little.
    share = f" ({share_text(-change, before)})" if change < 0.0 < before else ""
    cells = (
        name,
        people_text(before),
        people_text(after),
        f"{sign}{people_text(abs(change))}{share}",
    )
    add_row(table, *cells)
