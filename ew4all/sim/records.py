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
    "on_air", "broadcast", "off_air", "queued", "delivered", "sounded", "restart", "held",
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


NEAR_S: Final = 1e-6
"""Points closer than that are one."""

_FINEST_S: Final = 1.0
_GROWTH: Final = 0.15


def after_issue(tick_s: float) -> list[float]:
    """Return when to look after an issue, seconds: every second at first, then further and further apart, up to a tick.

    Two looks are at most 15 % of the time since the issue apart, so that a time until somebody is warned is known to a few percent.
    """
    found = [0.0]
    while (step := max(_FINEST_S, _GROWTH * found[-1])) < tick_s:
        found.append(found[-1] + step)
    return found


@dataclass(eq=False)
class Curves:
    """Totals at every tick, and at times between, in their order.

    Attributes
    ----------
    shared
        Whether all replicas of a run have this point. The others follow an issue whose moment was drawn or not foreseen.
    """

    time_s: list[float] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)
    shared: list[bool] = field(default_factory=list)

    def add(self, time_s: float, totals: Totals, *, shared: bool = True) -> None:
        """Append a point."""
        self.time_s.append(float(time_s))
        self.totals.append(totals)
        self.shared.append(shared)

    def has(self, time_s: float) -> bool:
        """Whether the last point is this one."""
        return bool(self.time_s) and time_s - self.time_s[-1] < NEAR_S

    def common(self) -> Curves:
        """Return the points that all replicas of a run have."""
        index = [k for k, is_shared in enumerate(self.shared) if is_shared]
        return Curves(
            [self.time_s[k] for k in index], [self.totals[k] for k in index], [True] * len(index)
        )

    def stack(self, stage: str) -> F64:
        """Return one field of `Totals` over time, shape (ticks, bins, channels) or (ticks, bins)."""
        return np.stack([getattr(t, stage) for t in self.totals])
