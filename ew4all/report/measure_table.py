"""A plan of measures as tables for a terminal of 80 columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.planning.measures import KINDS
from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.measure_results import MeasurePlan, PlannedMeasure

__all__ = ["measure_table", "optimum_words"]

MOST_ROWS = 15
"""Rows of a list; the rest is counted."""

_table = partial(titled_table, widest=34)


def measure_table(plan: MeasurePlan, notice: str | None = None) -> Group:
    """Return a plan as something that rich prints; people with three significant digits."""
    parts: list[RenderableType] = []
    if notice:
        parts.append(Text(notice.upper(), style="bold red"))
    if plan.title:
        parts.append(Text(plan.title, style="bold"))
    head = _table(None, ("", "people", "share"))
    after = max(plan.unreached - plan.reached, 0.0)
    for words, people, style in (
        ("In the study area", plan.people, "bold"),
        ("  reached by no channel now", plan.unreached, None),
        ("  NEWLY REACHED by the plan", plan.reached, "bold"),
        ("  still reached by no channel", after, None),
    ):
        add_row(head, words, people_text(people), share_text(people, plan.people), style=style)
    parts.append(head)
    each = f", {plan.cost / plan.reached:,.1f} a person" if plan.reached > 0.0 else ""
    parts.append(
        Text(f"Budget {plan.budget:,.0f} {plan.currency}, used {plan.cost:,.0f}{each}; capital and {plan.years:g} years of running")
    )  # fmt: skip
    if plan.chosen:
        parts.append(_chosen(plan))
    parts.append(Text(optimum_words(plan), style="dim"))
    if plan.others:
        parts.append(_list("Not chosen, cheapest a person first (each alone)", plan.others))
    if plan.unpriced:
        parts.append(_list("UNPRICED: of unknown cost, never chosen (each alone)", plan.unpriced))
    parts += notes_below(plan.notes)
    parts.append(
        Text("\nPeople rounded to three digits; --json gives all of them, --out the tables, map and curve.", style="dim")
    )  # fmt: skip
    return Group(*parts)


def optimum_words(plan: MeasurePlan) -> str:
    """Say how far the plan is from the best there is."""
    found = plan.optimum
    if found.exact is not None:
        share = found.reached / found.exact if found.exact > 0.0 else 1.0
        return f"The exact optimum (HiGHS) reaches {people_text(found.exact)}: the plan has {share:.1%} of it."
    return f"No plan for this money reaches more than {people_text(found.bound)}: the plan has at least {found.proven:.0%} of the optimum."


def _chosen(plan: MeasurePlan) -> RenderableType:
    table = _table(
        f"The plan ({len(plan.chosen):,} measures), most people for the money first",
        ("measure", "cost", "people", "a person"),
    )
    for row in plan.chosen[:MOST_ROWS]:
        add_row(table, _name(row), _money(row.measure.cost), people_text(row.added or 0.0), _money(row.cost_per_person))  # fmt: skip
    if len(plan.chosen) > MOST_ROWS:
        add_row(table, f"{len(plan.chosen) - MOST_ROWS:,} more: --out DIR or --json", "", "", "")
    return table


def _list(title: str, rows: tuple[PlannedMeasure, ...]) -> RenderableType:
    table = _table(f"{title}: {len(rows):,}", ("measure", "cost", "people", "a person"))
    for row in rows[:5]:
        add_row(table, _name(row), _money(row.measure.cost), people_text(row.alone), _money(row.cost_per_person_alone))  # fmt: skip
    if len(rows) > 5:
        add_row(table, f"{len(rows) - 5:,} more", "", "", "")
    return table


def _name(row: PlannedMeasure) -> str:
    label = KINDS[row.measure.kind].label
    return (
        row.measure.name if row.measure.name.startswith(label) else f"{label}: {row.measure.name}"
    )


def _money(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100.0 else f"{value:.2f}"
