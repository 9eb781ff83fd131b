"""A comparison of population sources for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.population_findings import STAGES
from ew4all.population_results import spread_of
from ew4all.report.rounding import people_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.population_results import Case, PopulationComparison

__all__ = ["MOST_ZONES", "comparison_table"]

MOST_ZONES = 12
"""Zones that are listed, those on which the sources differ most."""


def comparison_table(result: PopulationComparison) -> Group:
    """Return findings, answers by stage and source, and the zones that differ most."""
    parts: list[RenderableType] = []
    if result.title:
        parts.append(Text(result.title, style="bold"))
    parts += [Text(f"* {finding}") for finding in result.findings]
    parts.append(Text(""))
    for stage in result.stages:
        parts.append(_stage(stage, f"People by source, {STAGES[stage.name]}"))
    parts += [_stage(case, f"People by source, {case.name}") for case in result.cases]
    if result.zones:
        parts.append(_zones(result))
    parts += notes_below(result.notes)
    parts.append(Text("\nPeople rounded to three digits; --json gives all of them.", style="dim"))
    return Group(*parts)


def _stage(stage: Case, title: str) -> RenderableType:
    counts = list(stage.counts.values())
    columns = [
        ("people", "people"), ("at_risk", "at risk"), ("covered", "covered"), ("uncovered", "not covered"),
    ]  # fmt: skip
    columns = [c for c in columns if getattr(counts[0], c[0]) is not None]
    table = titled_table(title, ("source", *(words for _, words in columns)))
    for name, count in stage.counts.items():
        add_row(table, name, *(people_text(getattr(count, key)) for key, _ in columns))
    return table


def _zones(result: PopulationComparison) -> RenderableType:
    ranked = sorted(result.zones, key=lambda z: -(spread_of(z.given)["people"].relative or 0.0))[
        :MOST_ZONES
    ]
    names = list(result.stages[0].counts)
    official = any(zone.official is not None for zone in result.zones)
    heads = ("zone", *names, *(("official",) if official else ()), "apart")
    more = "" if len(ranked) == len(result.zones) else f", {len(ranked)} of {len(result.zones)}"
    table = titled_table(f"Zones on which they differ most{more}", heads, widest=24)
    for zone in ranked:
        apart = spread_of(zone.given)["people"].relative
        figure = ("-" if zone.official is None else people_text(zone.official),) if official else ()
        add_row(
            table,
            zone.name,
            *(people_text(zone.given[name].people) for name in names),
            *figure,
            "-" if apart is None or len(names) == 1 else f"{apart:.0%}",
        )
    return table
