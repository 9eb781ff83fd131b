"""The one set of numbers that all cases are played with: every default of the simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.coverage.outages.defaults import TABLE as OUTAGES
from ew4all.sim.audience_tables import BEHAVIOUR, GROUP_FACTORS, HOURLY
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.issuance import ISSUANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["changed", "parameters"]

_REPAIR: Final = ("mainland", "island", "cause", "link", "site", "work", "crew", "restart")


def parameters() -> dict[str, float]:
    """Return every default by name: ``OWNER.NAME``; of hourly tables one number an hour."""
    found = {f"behaviour.{row.name}": row.value for row in BEHAVIOUR}
    for table in HOURLY:
        found |= {f"hourly.{table.name}.{hour}": share for hour, share in enumerate(table.by_hour)}
    for (youngest, _), factors in GROUP_FACTORS.items():
        found |= {f"ages.{youngest:g}+.{name}": value for name, value in factors.items()}
    for name, channel in CHANNELS.items():
        found |= {f"{name}.{row.name}": row.value for row in channel.parameters}
    found |= {f"timeline.{row.name}": row.value for row in ISSUANCE}
    found |= {f"outage.{row.name}": row.value for row in OUTAGES if row.name.startswith(_REPAIR)}
    return {name: float(value) for name, value in found.items()}


def changed(frozen: Mapping[str, float]) -> list[str]:
    """Say in which numbers the code differs from a frozen set."""
    now = parameters()
    return [
        f"{name} is {now.get(name)}, was {frozen.get(name)}"
        for name in sorted(now.keys() | frozen.keys())
        if now.get(name) != frozen.get(name)
    ]
