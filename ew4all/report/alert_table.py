"""Checked and compared alerts as tables for a terminal; every colour has its word beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ew4all.alerts.findings import Level
from ew4all.report.rounding import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ew4all.alerts.cap_diff import Difference
    from ew4all.alerts.checking import Checked
    from ew4all.alerts.findings import Finding

__all__ = ["check_report", "diff_report"]

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.INFO: "dim"}
_MOST_OF_A_CODE = 5
_LONGEST = 300


def check_report(checked: Sequence[Checked]) -> Group:
    """Return the findings of each alert, and how many alerts are valid."""
    parts: list[RenderableType] = []
    several = {each.name for each in checked if each.reading.index > 0}
    for each in checked:
        title = each.name
        if each.name in several:
            title += f", alert {each.reading.index + 1}"
        version = f"CAP {each.reading.cap_version}" if each.reading.cap_version else "not CAP"
        verdict = "valid" if each.valid else "NOT VALID"
        schema = {True: "valid", False: "not valid", None: "does not apply"}
        parts.append(
            Text.assemble(
                (title, "bold"),
                f": {version}, schema {schema[each.reading.xsd_valid]}, "
                f"signature {each.signature}, ",
                (verdict, "green" if each.valid else "bold red"),
            )
        )
        if each.reading.findings:
            parts.append(_findings(each.reading.findings))
    valid = sum(each.valid for each in checked)
    parts.append(Text(f"{valid} of {len(checked)} alerts valid", style="bold"))
    return Group(*parts)


def _findings(findings: Sequence[Finding]) -> Table:
    """Return the findings, those of one code at most five times."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("line", justify="right")
    table.add_column("what", overflow="fold")
    counts: dict[str, int] = {}
    for found in findings:
        counts[found.code] = counts.get(found.code, 0) + 1
        if counts[found.code] > _MOST_OF_A_CODE:
            continue
        style = _STYLES[found.severity]
        what = Text.assemble(
            (f"{found.severity} {found.code}", style),
            f" {found.path}\n" if found.path else "\n",
            f"{found.message}; {found.hint}",
        )
        table.add_row(Text("" if found.line is None else str(found.line)), what)
    for code, count in counts.items():
        if count > _MOST_OF_A_CODE:
            table.add_row(Text(""), Text(f"{code}: {count - _MOST_OF_A_CODE} more"))
    return table


def diff_report(found: Sequence[Difference]) -> Group:
    """Return what differs, or that nothing does."""
    if not found:
        return Group(Text("The two alerts say the same."))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "before", "after"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(
            Text(f"{each.path}\n{each.change}"), Text(_cut(each.before)), Text(_cut(each.after))
        )
    return Group(table, Text(counted(len(found), "difference")))


def _cut(text: str | None) -> str:
    if text is None:
        return "-"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
