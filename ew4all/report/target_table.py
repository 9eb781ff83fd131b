"""A choice of cells as tables for a terminal of 80 columns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ew4all.target_results import Target

__all__ = ["target_table"]

MOST_ROWS = 12
"""Rows of a list; the rest is counted."""


_table = partial(titled_table, widest=40)


def target_table(target: Target) -> Group:
    """Return a result as something that rich prints; people with three significant digits."""
    parts: list[RenderableType] = []
    if target.title:
        parts.append(Text(target.title, style="bold"))
    parts += [_headline(target), _rules(target), *_operators(target), *_ensemble(target)]
    parts += [*_settlements(target), *_lists(target)]
    parts += notes_below(target.notes)
    parts.append(
        Text(
            "\nPeople rounded to three digits; --json gives all of them, --out the lists and maps.",
            style="dim",
        )
    )
    return Group(*parts)


def _headline(target: Target) -> Table:
    out, whole = target.outcome, target.in_area_people
    table = _table(None, ("", "people", "share", "km2"))
    area = target.in_area_km2
    rows = [
        ("In the warning area", whole, "", area, "bold"),
        ("  reached: on an addressed cell", out.reached, share_text(out.reached, whole), out.reached_km2, "bold"),
        ("  MISSED: their cell is not addressed", out.missed, share_text(out.missed, whole), out.missed_km2, "bold"),
        ("  no cell serves them", out.unserved, share_text(out.unserved, whole), out.unserved_km2, None),
        ("OVER-REACHED: outside, on such a cell", out.over_reach, "", out.over_reach_km2, "bold"),
    ]  # fmt: skip
    for words, people, share, km2, style in rows:
        add_row(table, words, people_text(people), share, people_text(km2), style=style)
    if "geofence" in target.rule:
        share = target.rule["geofence"]["share"]
        words = f"  shown it, as {share:.0%} of phones filter"
        less = share_text(out.shown_over_reach, out.over_reach)
        add_row(table, words, people_text(out.shown_over_reach), less, "")
        add_row(
            table,
            "  of those reached, shown it",
            people_text(out.shown_reached),
            share_text(out.shown_reached, out.reached),
            "",
        )
    add_row(table, f"Addressed cells, of {target.network_cells:,}", f"{out.cells:,}", "", "")
    return table


def _rules(target: Target) -> Table:
    names = {
        "chosen": "this choice",
        "threshold": f"share of {target.rule['threshold']:g} or more",
        "site_inside": "site stands in the area",
        "any_overlap": "likeliest server of a place in it",
        "coverage_touches": "signal touches it",
    }
    table = _table(
        "Beside other rules", ("rule", "cells", "missed", "share", "over-reach", "km2 outside")
    )
    for row in target.rules:
        out = row.outcome
        if row.rule == "threshold" and out == target.outcome:
            continue
        served = out.reached + out.missed
        add_row(
            table, names[row.rule], f"{out.cells:,}", people_text(out.missed), share_text(out.missed, served),
            people_text(out.over_reach), people_text(out.over_reach_km2),
            style="bold" if row.rule == "chosen" else None,
        )  # fmt: skip
    bleed = target.bleed
    add_row(
        table, f"GOV.UK's bleed of {bleed.bleed_m:,.0f} m", "", "", "", people_text(bleed.people),
        people_text(bleed.km2),
    )  # fmt: skip
    return table


def _operators(target: Target) -> list[RenderableType]:
    if not target.operators:
        return []
    columns = ("operator", "share", "cells", "reached", "missed", "no cell", "over-reach")
    table = _table("Operators, each for its own customers", columns)
    for row in target.operators:
        out = row.outcome
        add_row(
            table, row.name or "(unknown)", share_text(row.share, 1.0), f"{out.cells:,}", people_text(out.reached),
            people_text(out.missed), people_text(out.unserved), people_text(out.over_reach),
        )  # fmt: skip
    return [table]


def _ensemble(target: Target) -> list[RenderableType]:
    found = target.ensemble
    if found is None:
        return []
    table = _table(
        f"In {found.members} outages of the ensemble",
        ("", "missed, mean", "worst", "over-reach, mean"),
    )
    add_row(
        table, "this choice", people_text(found.missed_mean), people_text(found.missed_worst),
        people_text(found.over_reach_mean), style="bold",
    )  # fmt: skip
    add_row(
        table, "chosen with every cell on air", people_text(found.nominal_missed_mean),
        people_text(found.nominal_missed_worst), people_text(found.nominal_over_reach_mean),
    )  # fmt: skip
    add_row(table, "no cell on air serves them", people_text(found.unserved_mean), "", "")
    return [table]


def _settlements(target: Target) -> list[RenderableType]:
    if not target.settlements:
        return []
    # Those who fare worst first; without a cell there is no share.
    ranked = sorted(
        target.settlements, key=lambda s: (s.reached / s.served if s.served else -1.0, s.name)
    )
    inside = [s for s in ranked if s.people > 0.0]
    table = _table(
        "Settlements in the area, least reached first", ("settlement", "people", "served", "reached", "of served")
    )  # fmt: skip
    for row in inside[:MOST_ROWS]:
        add_row(
            table, row.name, people_text(row.people), people_text(row.served), people_text(row.reached),
            share_text(row.reached, row.served),
        )  # fmt: skip
    if len(inside) > MOST_ROWS:
        add_row(table, f"{len(inside) - MOST_ROWS} others", "", "", "", "")
    apart = len(ranked) - len(inside)
    if apart:
        add_row(table, f"{apart} without anybody in the area", "", "", "", "")
    return [table]


def _lists(target: Target) -> list[RenderableType]:
    if target.groups:
        table = _table(
            f"Codes to address ({len(target.groups):,})",
            ("code", "operator", "cells", "inside", "outside", "share"),
            words=2,
        )
        for group in target.groups[:MOST_ROWS]:
            code = group.code + (" (cell)" if group.is_cell else "")
            add_row(
                table, code, group.operator, f"{group.cells:,}", people_text(group.inside),
                people_text(group.outside), f"{group.share:.2f}",
            )  # fmt: skip
        rest = len(target.groups) - MOST_ROWS
    else:
        table = _table(
            f"Cells to address ({len(target.cells):,}), those that serve most first",
            ("cell", "tech", "operator", "inside", "outside", "share"),
            words=3,
        )
        for cell in target.cells[:MOST_ROWS]:
            add_row(
                table, cell.id, cell.technology, cell.operator, people_text(cell.inside),
                people_text(cell.outside), f"{cell.share:.2f}",
            )  # fmt: skip
        rest = len(target.cells) - MOST_ROWS
    if rest > 0:
        add_row(table, f"{rest:,} more: --out DIR or --json", *[""] * 5)
    return [table]
