"""A gap analysis as tables for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table
from ew4all.results import OUTSIDE
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from ew4all.gap_results import GapBlock, Gaps, GapZone

__all__ = ["MOST_ZONES", "rendered_gaps"]

MOST_ZONES: Final = 15
"""Zones that are listed; the others share one row."""

_PARTS: Final = (
    ("  coverage gap: no mobile signal", "coverage_gap"),
    ("  usage gap: signal, but no broadcast or no phone for it", "usage_gap"),
    ("  reachable by cell broadcast", "reachable"),
)
_WAYS: Final = (
    ("  reached by NO channel", "none"),
    ("  by one only (fragile)", "one"),
    ("  by two or more", "two_or_more"),
)


def rendered_gaps(result: Gaps, *, notice: str | None = None) -> Group:
    """Return a result as something that rich prints; people have three significant digits, ``--json`` has all."""
    parts: list[RenderableType] = []
    if notice:
        parts.append(Text(notice.upper(), style="bold reverse"))
    if result.title:
        parts.append(Text(result.title, style="bold"))
    parts.append(_total(result))
    if result.zones and result.total.people is not None:
        parts.append(_zones(result.zones))
    elif result.zones:
        parts.append(_extents(result.zones))
    named = [(group.name, group.block) for group in result.groups]
    parts += _blocks("Groups", named)
    parts += _blocks("Hazards", [(hazard.name, hazard.block) for hazard in result.hazards])
    if result.cannot:
        parts.append(Text("\nWhat these inputs cannot tell", style="bold"))
        parts += [Text(f"- {said}") for said in result.cannot]
    parts += notes_below(result.notes)
    parts.append(Text("\nPeople rounded to three digits; --json gives all of them.", style="dim"))
    return Group(*parts)


def _total(result: Gaps) -> Table:
    block = result.total
    after = None if result.degraded is None else result.degraded.total
    then = {} if after is None else _flat(after)
    columns = ["", "people", "share"] if block.people is not None else ["", "km2", "share"]
    table = titled_table("", [*columns, "degraded"] if after else columns, widest=44)
    table.title = None

    def row(words: str, value: float | None, key: str, style: str | None = None) -> None:
        if value is None:
            return
        whole = block.people if block.people is not None else block.area_km2
        cells = [words, people_text(value), share_text(value, whole or 0.0)]
        if after:
            cells.append(people_text(then[key]) if key in then else "")
        add_row(table, *cells, style=style)

    if block.people is None:
        row("Extent of the study area", block.area_km2, "", "bold")
        for technology in (*TECHNOLOGIES, "any"):
            row(f"  covered by {technology}", block.covered_km2.get(technology), "")
        return table
    now = _flat(block)
    row("Everybody in the study area", block.people, "people", "bold")
    for words, key in _PARTS:
        row(words, now.get(key), key)
    for technology in TECHNOLOGIES:
        row(f"  with a {technology} signal", now.get(technology), technology)
    if len(result.channels) > 1:
        for words, key in _WAYS:
            row(words, now.get(key), key)
        for name in block.by_channel:
            row(f"  reachable by {name}", now.get(f"by {name}"), f"by {name}")
    return table


def _flat(block: GapBlock) -> dict[str, float]:
    """Return all numbers of a block in one mapping."""
    found = block.to_dict()
    flat = {key: value for key, value in found.items() if isinstance(value, float)}
    flat |= found.get("covered", {}) | found.get("channels", {})
    return flat | {f"by {name}": people for name, people in block.by_channel.items()}


def _zones(zones: Sequence[GapZone]) -> Table:
    known = any(zone.rank is not None for zone in zones)
    title = "Zones, most people left out first" if known else "Zones"
    own = [zone for zone in zones if zone.id != OUTSIDE]
    own.sort(key=lambda z: (z.rank or 0, -(z.block.people or 0.0)))
    columns = ["zone", "people", "left out", "share", "no signal"] if known else ["zone", "people"]
    table = titled_table(title, columns)
    for zone in own[:MOST_ZONES]:
        _zone_row(table, zone.name, [zone.block], known=known)
    if len(own) > MOST_ZONES:
        rest = [zone.block for zone in own[MOST_ZONES:]]
        _zone_row(table, f"{len(rest)} other zones", rest, known=known)
    for zone in zones:
        if zone.id == OUTSIDE and zone.block.people:
            _zone_row(table, zone.name, [zone.block], known=known)
    return table


def _zone_row(table: Table, name: str, blocks: Sequence[GapBlock], *, known: bool) -> None:
    people = sum(b.people or 0.0 for b in blocks)
    cells = [name, people_text(people)]
    if known:
        out = sum(b.left_out or 0.0 for b in blocks)
        gaps = [b.coverage_gap for b in blocks]
        silent = "" if None in gaps else people_text(sum(g or 0.0 for g in gaps))
        cells += [people_text(out), share_text(out, people), silent]
    add_row(table, *cells)


def _extents(zones: Sequence[GapZone]) -> Table:
    table = titled_table("Zones", ("zone", "km2", "covered"))
    own = [zone for zone in zones if zone.id != OUTSIDE or zone.block.area_km2]
    for zone in own[:MOST_ZONES]:
        whole, covered = zone.block.area_km2 or 0.0, zone.block.covered_km2.get("any")
        share = "" if covered is None else share_text(covered, whole)
        add_row(table, zone.name, people_text(whole), share)
    if len(own) > MOST_ZONES:
        add_row(table, f"{len(own) - MOST_ZONES} other zones: see --json", "", "")
    return table


def _blocks(title: str, blocks: Sequence[tuple[str, GapBlock]]) -> list[RenderableType]:
    if not blocks:
        return []
    known = any(block.left_out is not None for _, block in blocks)
    columns = ["", "people", "left out", "share", "no signal"] if known else ["", "people"]
    table = titled_table(title, columns)
    for name, block in blocks:
        _zone_row(table, name, [block], known=known)
    return [table]
