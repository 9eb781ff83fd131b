"""What `change` found as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.terminal_table import add_row, titled_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from ew4all.change_results import Change, Flow, Series

__all__ = ["change_tables", "signed_text"]


def signed_text(people: float) -> str:
    """Return a change with its sign: ``"+1,200"``, ``"-98"``, ``"0"`` where it is less than half a person."""
    if abs(people) < 0.5:
        return "0"
    return ("+" if people > 0.0 else "-") + people_text(max(abs(people), 1.0))


def change_tables(result: Change, *, notice: str | None = None) -> Iterator[RenderableType]:
    """Yield a table of people covered by date, and one of people gained and lost by zone from the first date to the last."""
    if notice:
        yield Text(notice, style="bold red")
    yield _over_time(result)
    yield _by_zone(result)


def _over_time(result: Change) -> RenderableType:
    table = titled_table(
        result.title or "People covered by date",
        ("", "date", "covered", "share", "unknown", "gained", "lost"),
        words=2,
    )
    for series in _told(result):
        for k, (date, count) in enumerate(zip(series.dates, series.total, strict=True)):
            flow = series.since_previous[k - 1].total if k else None
            add_row(
                table,
                series.name if k == 0 else "",
                date,
                people_text(count.covered),
                share_text(count.covered, count.covered + count.uncovered),
                people_text(count.unknown),
                people_text(flow.gained) if flow else "",
                people_text(flow.lost) if flow else "",
            )
    return table


def _by_zone(result: Change) -> RenderableType:
    series = result.main
    between = series.whole
    heading = f"{series.name}, {between.before} to {between.after}"
    table = titled_table(heading, ("", "people", "before", "gained", "lost", "after", "change"))
    for zone, flow in zip(result.zones, between.zones, strict=True):
        if zone.geometry is None and flow.people < 0.5:
            continue
        add_row(table, zone.name, *_numbers(flow))
    add_row(table, "all", *_numbers(between.total), style="bold")
    return table


def _numbers(flow: Flow) -> tuple[str, ...]:
    return (
        people_text(flow.known),
        people_text(flow.covered_before),
        people_text(flow.gained),
        people_text(flow.lost),
        people_text(flow.covered_after),
        signed_text(flow.change),
    )


def _told(result: Change) -> list[Series]:
    """Every series, but not the one technology a second time as ``any``."""
    return list(result.series[:1] if len(result.series) == 2 and result.series[0].layers == result.series[1].layers else result.series)  # fmt: skip
