"""An outage as a table for a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.report.rounding import people_text, share_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["outage_table"]

_SHOWN_H = (0.0, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 720.0)
_CAUSES = {
    "damage": "damaged",
    "power": "without power",
    "transport": "cut off from the core",
    "never_out": "never out",
}


def outage_table(document: Mapping[str, Any]) -> Group:
    """Return the document of `ew4all outage --json` as something that rich prints: means over the members."""
    sites, members = document["sites"], document["members"]
    of = f"mean of {members:,} courses of events" if members > 1 else "one course of events"
    causes = Table(
        box=SIMPLE_HEAD,
        title=f"{sites:,} sites by first cause of failure, {of}",
        title_justify="left",
    )
    for name, justify in (
        ("Sites", "left"),
        ("mean", "right"),
        ("5 to 95 %", "right"),
        ("share", "right"),
    ):
        causes.add_column(name, justify=justify)  # type: ignore[arg-type]
    for key, words in _CAUSES.items():
        row = document["first_cause"][key]
        span = f"{row['p05']:,.0f} to {row['p95']:,.0f}" if members > 1 else ""
        causes.add_row(words, f"{row['mean']:,.1f}", span, f"{row['mean'] / sites:.1%}")
    curve = Table(box=SIMPLE_HEAD, title="Sites over time", title_justify="left")
    for name in (
        "hours",
        "serving",
        "of which on backup",
        "temporary",
        "damaged",
        "no power",
        "cut off",
    ):
        curve.add_column(name, justify="right")
    last = document["curve"][-1]["time_h"]
    for row in document["curve"]:
        if row["time_h"] in _SHOWN_H or row["time_h"] == last:
            columns = ("serving", "backup", "temporary", "damage", "power", "transport")
            curve.add_row(f"{row['time_h']:g}", *(f"{row[c]:,.1f}" for c in columns))
    parts: list[Any] = [causes, curve]
    if "people" in document:
        people = document["people"]
        served = Table(
            box=SIMPLE_HEAD, title="People served, typical course of events", title_justify="left"
        )
        for name in ("hours", "people", "of those before"):
            served.add_column(name, justify="right")
        for label, row in (
            ("before", people["before"]),
            *((f"{r['time_h']:g}", r) for r in people["curve"]),
        ):
            served.add_row(
                label, people_text(row["any"]), share_text(row["any"], people["before"]["any"])
            )
        parts.append(served)
    if "deployed" in document:
        words = ", ".join(
            f"{n:g} {name.replace('_', ' for ')}" for name, n in document["deployed"].items()
        )
        parts.append(Text(f"Sent on average: {words}"))
    worst = document["worst"]
    parts.append(
        Text(f"Worst at {worst['time_h']:g} h: {worst['serving']:,.1f} of {sites:,} sites serve.")
    )
    return Group(*parts)
