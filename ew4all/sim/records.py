"""What a run leaves behind: events as columns, and people by bin, channel and stage at every tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.sim.population import Totals

    F64 = NDArray[np.float64]

KINDS: Final = (
    "detected", "analysed", "decided", "authored", "approved", "sent",
    "issue", "update", "cancel", "switch", "network", "power",
    "on_air", "broadcast", "off_air", "queued", "delivered", "sounded", "restart",
)  # fmt: skip
"""Kinds of events; a column holds their indices."""


@dataclass(eq=False)
class Events:
    """Columns of events, in the order of their times."""

    time_s: list[float] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    subject: list[str] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def add(self, time_s: float, kind: str, subject: str = "", value: float = np.nan) -> None:
        """Append one; `subject` is a channel, zone or alert, `value` a count or share."""
        self.time_s.append(float(time_s))
        self.kind.append(KINDS.index(kind))
        self.subject.append(subject)
        self.value.append(float(value))


@dataclass(eq=False)
class Curves:
    """Totals at every tick."""

    time_s: list[float] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)

    def add(self, time_s: float, totals: Totals) -> None:
        """Append one tick."""
        self.time_s.append(float(time_s))
        self.totals.append(totals)

    def stack(self, stage: str) -> F64:
        """Return one field of `Totals` over time, shape (ticks, bins, channels) or (ticks, bins)."""
        return np.stack([getattr(t, stage) for t in self.totals])
