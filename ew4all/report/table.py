"""The result as tables for a terminal of 80 columns; every sign has words beside it, none is told by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.report.outage_effect import outage_tables
from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table
from ew4all.results import OUTSIDE
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from ew4all.assumptions import Assumption
    from ew4all.results import PeopleCount, Reach, ZoneCount

__all__ = ["MOST_ZONES", "assumptions_table", "rendered"]

MOST_ZONES = 15
"""Zones that are listed; the others share one row."""

_BAR_CHARACTERS = 22

STEPS: Mapping[str, str] = {
    "in_area": "in the warning area",
    "covered": "covered by a signal",
    "network_broadcasts": "their network broadcasts it",
    "has_phone": "have a phone",
    "device_capable": "their phone can show it",
    "device_on": "it is switched on",
    "not_opted_out": "they have not opted out",
    "received": "it receives the message",
    "noticed": "they notice it",
}
"""Steps of the waterfall in words."""


def rendered(result: Reach, *, notice: str | None = None, ascii_only: bool = False) -> Group:
    """Return a result as something that rich prints.

    Numbers of people have three significant digits; ``--json`` has all of them.

    Parameters
    ----------
    notice
        Words that must not be overlooked.
    ascii_only
        Draw bars with ``#`` where the terminal knows no other signs.
    """
    parts: list[RenderableType] = []
    if notice:
        parts.append(Text(notice.upper(), style="bold reverse"))
    if result.title:
        parts.append(Text(result.title, style="bold"))
    parts += [_headline(result), *_coverage(result), *_groups(result), *_zones(result.zones)]
    if result.outage:
        parts += outage_tables(result, result.outage)
    parts += _waterfall(result, "#" if ascii_only else "█")
    parts += notes_below(result.notes)
    parts.append(Text("\nPeople rounded to three digits; --json gives all of them.", style="dim"))
    return Group(*parts)


def assumptions_table(rows: Sequence[Assumption]) -> Group:
    """Return the table of assumptions, and below it where each of them comes from."""
    table = titled_table(
        "What is assumed of networks, phones and people", ("step", "default", "range")
    )
    table.add_column(Text("share of those left who"))
    sources = Table.grid(padding=(0, 1))
    for row in rows:
        add_row(table, row.name, f"{row.value:g}", f"{row.low:g} - {row.high:g}", row.meaning)
        sources.add_row(
            Text(row.name), Text(f"{row.confidence}: {row.source}. Range: {row.range_source}.")
        )
    hint = Text("\nReplace a default: ew4all reach ... --assume device_capable=0.62", style="dim")
    return Group(table, Text("Sources", style="bold"), sources, hint)


def _headline(result: Reach) -> Table:
    people = result.people
    table = titled_table("", ("", "people", "share"))
    table.show_header = False
    table.title = None
    has_hazard = any(i.role == "hazard" for i in result.inputs)
    add_row(table, "In the population data", people_text(people.total), "")
    add_row(
        table,
        "At risk: in the hazard" if has_hazard else "At risk: all in the area",
        people_text(people.at_risk),
        _of(people.at_risk, people.total, "of all"),
    )
    add_row(
        table, "In the warning area", people_text(people.in_area), _of(people.in_area, people.total, "of all"),
        style="bold",
    )  # fmt: skip
    if people.at_risk_in_area != people.at_risk:
        add_row(
            table,
            "  at risk, but outside it",
            people_text(people.at_risk_outside),
            _of(people.at_risk_outside, people.at_risk, "of those at risk"),
        )
    if people.uncovered is not None:
        covered = people.covered.get("any", people.in_area - people.uncovered)
        add_row(
            table,
            "  covered by a signal",
            people_text(covered),
            _of(covered, people.in_area, "of the area"),
        )
        add_row(
            table, "  NOT covered by any", people_text(people.uncovered),
            _of(people.uncovered, people.in_area, "of the area"), style="bold",
        )  # fmt: skip
    if people.at_risk_covered is not None and people.at_risk_covered != people.covered.get("any"):
        add_row(
            table, "  at risk and covered", people_text(people.at_risk_covered),
            _of(people.at_risk_covered, people.at_risk, "of those at risk"),
        )  # fmt: skip
    if result.waterfall and result.waterfall[-1].step == "noticed":
        last = result.waterfall[-1].people
        add_row(
            table,
            "  expected to notice the warning",
            people_text(last),
            _of(last, people.in_area, "of the area"),
        )
    add_row(table, "Size of the warning area", f"{people_text(result.area_km2)} km2", "")
    return table


def _of(part: float, whole: float, words: str) -> str:
    share = share_text(part, whole)
    return share if share == "-" else f"{share} {words}"


def _coverage(result: Reach) -> list[RenderableType]:
    """Rows: everybody, then each operator; columns: technologies."""
    covered = result.people.covered
    if not covered:
        return [Text("No coverage layer was given: who has a signal is unknown.", style="italic")]
    shown = [t for t in (*TECHNOLOGIES, "any") if t in covered]
    with_share = any(o.share is not None for o in result.operators)
    names = [
        "covered in the area",
        *(["share"] if with_share else []),
        *(t.upper() if t != "any" else "any" for t in shown),
    ]
    table = titled_table("Covered people by technology", names)

    def cells(counts: Mapping[str, float]) -> list[str]:
        return [people_text(counts[t]) if t in counts else "-" for t in shown]

    blank = [""] if with_share else []
    add_row(table, "All operators", *blank, *cells(covered), style="bold")
    add_row(
        table,
        "  of the area",
        *blank,
        *(share_text(covered[t], result.people.in_area) for t in shown),
    )
    for operator in result.operators:
        share = (
            ["-" if operator.share is None else share_text(operator.share, 1.0)]
            if with_share
            else []
        )
        add_row(table, operator.name, *share, *cells(operator.covered))
    parts: list[RenderableType] = [table]
    for technology, bounds in result.bounds.items():
        parts.append(
            Text(
                f"{technology}: between {people_text(bounds.fewest)} and {people_text(bounds.most)} are covered, "
                "depending on where in the coarse cells people live."
            )
        )
    return parts


def _groups(result: Reach) -> list[RenderableType]:
    if not result.groups:
        return []
    return [_people_table("Population groups", "group", list(result.groups.items()))]


def _zones(zones: Sequence[ZoneCount]) -> list[RenderableType]:
    if not zones:
        return []
    inside = [z for z in zones if z.id != OUTSIDE]

    def weight(zone: ZoneCount) -> float:
        people = zone.people
        return people.in_area if people.uncovered is None else people.uncovered

    ranked = sorted(inside, key=lambda z: (-weight(z), -z.people.in_area, z.id))
    first, others = ranked[:MOST_ZONES], ranked[MOST_ZONES:]
    rows = [(z.name or z.id, z.people) for z in first]
    order = "in the area" if all(z.people.uncovered is None for z in zones) else "not covered"
    title = f"Zones, most people {order} first" if len(first) > 1 else "Zones"
    table = _people_table(title, "zone", rows)
    if others:
        _people_row(table, f"{len(others)} other zones", [z.people for z in others])
    for zone in zones:
        if zone.id == OUTSIDE and zone.people.total > 0.0:
            _people_row(table, zone.name, [zone.people])
    return [table]


def _people_table(title: str, what: str, rows: Sequence[tuple[str, PeopleCount]]) -> Table:
    has_coverage = any(p.uncovered is not None for _, p in rows)
    names = [what, "at risk", "in area", *(["covered", "NOT covered"] if has_coverage else [])]
    table = titled_table(title, names)
    for name, people in rows:
        _people_row(table, name, [people])
    return table


def _people_row(table: Table, name: str, several: Sequence[PeopleCount]) -> None:
    in_area = sum(p.in_area for p in several)
    cells = [people_text(sum(p.at_risk for p in several)), people_text(in_area)]
    if len(table.columns) > 3:
        cells.append(people_text(sum(p.covered.get("any", 0.0) for p in several)))
        missed = sum(p.uncovered or 0.0 for p in several)
        cells.append(f"{people_text(missed)} {f'({share_text(missed, in_area)})':>7}")
    add_row(table, name, *cells)


def _waterfall(result: Reach, block: str) -> list[RenderableType]:
    steps = result.waterfall
    if len(steps) < 2:
        return []
    table = titled_table(
        "From the warning area to the people who notice the warning", ("step", "left", "lost")
    )
    table.add_column(Text("share of the area"), no_wrap=True)
    whole = steps[0].people
    for step in steps:
        share = step.people / whole if whole > 0.0 else 0.0
        bar = block * round(_BAR_CHARACTERS * share)
        add_row(
            table,
            STEPS.get(step.step, step.step),
            people_text(step.people),
            people_text(step.lost) if step.lost else "",
            f"{bar:<{_BAR_CHARACTERS}} {share_text(step.people, whole):>6}",
        )
    assumed = ", ".join(f"{k} {v:g}" for k, v in result.assumptions.items())
    return [
        table,
        Text(f"Assumed: {assumed} (see `ew4all assumptions`; replace with --assume).", style="dim"),
    ]
