"""What a network serves, as tables for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import notes_below, titled_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.network_maps import Served, ServiceSummary

__all__ = ["MOST_ZONES", "rendered"]

MOST_ZONES = 15
"""Zones that are listed; ``served.csv`` has all of them."""


def rendered(summary: ServiceSummary) -> Group:
    """Return the summary as something that rich prints; numbers of people have three significant digits."""
    parts: list[RenderableType] = []
    if summary.title:
        parts.append(Text(summary.title, style="bold"))
    parts += [_whole(summary), *_zones(summary), *_account(summary)]
    parts += notes_below(summary.notes)
    parts.append(Text("\nPeople rounded to three digits; --json gives all of them.", style="dim"))
    return Group(*parts)


def _whole(summary: ServiceSummary) -> Table:
    whole = summary.whole
    table = titled_table(
        f"{people_text(whole.people)} people on the map, and whom the network serves",
        ("", "cells", "outdoors", "in buildings", "usual mix", "camp on it"),
    )
    for technology in [*summary.technologies, "any"]:
        facts = summary.technologies.get(technology)
        counts = "" if facts is None else f"{facts['cells']:,}"
        camping = sum(whole.camping.values()) if facts is None else whole.camping[technology]
        table.add_row(
            Text(technology),
            counts,
            *(
                Text(_share(whole.served[s][technology], whole.people))
                for s in ("outdoors", "indoors", "usual")
            ),
            Text(_share(camping, whole.people, short=True)),
            style="bold" if facts is None else None,
        )
    return table


def _zones(summary: ServiceSummary) -> list[RenderableType]:
    if not summary.zones:
        return []
    names = [*summary.technologies, "any"]
    table = titled_table(
        "Served by zone, usual mix of places", ("zone", "people", *names), widest=30
    )
    for zone in summary.zones[:MOST_ZONES]:
        table.add_row(Text(zone.name), people_text(zone.people), *_of(zone, names))
    left = len(summary.zones) - MOST_ZONES
    more = [Text(f"and {left:,} zones more in served.csv", style="dim")] if left > 0 else []
    return [table, *more]


def _account(summary: ServiceSummary) -> list[RenderableType]:
    if not summary.account:
        return []
    table = Table(
        title="What became of the rows of the list", title_justify="left", title_style="bold", box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    table.add_column(Text("rows"), justify="right", no_wrap=True)
    table.add_column(Text(""), no_wrap=True)
    table.add_column(Text("why"), overflow="fold")
    for row in summary.account:
        table.add_row(f"{row['rows']:,}", Text(str(row["fate"])), Text(str(row["reason"])))
    return [table]


def _of(zone: Served, names: list[str]) -> list[Text]:
    return [Text(_share(zone.served["usual"][t], zone.people, short=True)) for t in names]


def _share(served: float, people: float, *, short: bool = False) -> str:
    if not people > 0.0:
        return "-"
    share = share_text(served, people)
    return share if short else f"{people_text(served)} {share}"
