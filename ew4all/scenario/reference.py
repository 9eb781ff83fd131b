"""The keys of a scenario as Markdown, for its document."""

from __future__ import annotations

from typing import Any, Final

from ew4all.scenario.actions import AlertText, Decision, Sent, ServiceLeft, Step, Timeline
from ew4all.scenario.document import Scenario
from ew4all.scenario.inputs import (
    Arrival,
    Hazard,
    Network,
    Outage,
    Population,
    PowerCut,
    Run,
    Zones,
)
from ew4all.scenario.section import Section

__all__ = ["markdown"]

_SECTIONS: Final[tuple[tuple[str, Any], ...]] = (
    ("top", Scenario), ("hazard", Hazard), ("hazard.arrival", Arrival), ("alert", AlertText), ("population", Population),
    ("network", Network), ("network.outage", Outage), ("timeline", Timeline), ("a step of timeline", Step),
    ("power.ZONE", PowerCut), ("a row of decisions", Decision), ("issue, update", Sent), ("network of a decision", ServiceLeft),
    ("zones", Zones), ("run", Run),
)  # fmt: skip


def markdown() -> str:
    """Return a table for each section but channels and behaviour, whose numbers have tables of their own."""
    lines: list[str] = []
    for name, section in _SECTIONS:
        lines += [
            f"**{name}**: {_plain(section.__doc__)}",
            "",
            "| key | default | meaning |",
            "| --- | --- | --- |",
        ]
        lines += [_row(section, key) for key in section.model_fields]
        lines.append("")
    return "\n".join(lines)


def _row(section: type[Section], key: str) -> str:
    field = section.model_fields[key]
    default = "needed"
    if not field.is_required():
        value = field.get_default(call_default_factory=True)
        is_empty = value is None or isinstance(value, Section) or value in ({}, [])
        default = "" if is_empty else f"`{_shown(key, value)}`"
    return f"| `{field.alias or key}` | {default} | {_plain(field.description)} |"


_TIMES: Final = frozenset({"since", "duration", "tick", "begins", "at"})


def _shown(key: str, value: Any) -> str:
    if key in _TIMES and isinstance(value, float):
        for unit, seconds in (("h", 3600.0), ("min", 60.0)):
            if value and value % seconds == 0.0:
                return f"{value / seconds:g} {unit}"
        return "0" if value == 0 else f"{value:g} s"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).replace("``", "`").replace("|", "\\|")
