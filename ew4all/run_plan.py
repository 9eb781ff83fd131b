"""What happens in a run, as plain values: a scenario file, an exercise and a test each make one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.errors import InputError
from ew4all.sim.audience import Audience
from ew4all.sim.coarsening import MOST_ROWS
from ew4all.sim.decisions import Issue, Update
from ew4all.sim.engine import TICK_S
from ew4all.sim.population import STEP_S
from ew4all.sim.records import after_issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.decisions import Decision
    from ew4all.sim.engine import ChannelUse
    from ew4all.sim.issuance import Timeline
    from ew4all.sim.protective_action import Response

__all__ = ["PowerCut", "RunPlan"]


class PowerCut(NamedTuple):
    """When the mains of a zone fail and come back, seconds after the scenario's zero, and the share of people it takes."""

    lost_s: float
    back_s: float = np.inf
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class RunPlan:
    """What happens in a run. Times are seconds after the scenario's zero.

    Attributes
    ----------
    uses
        The channels.
    decisions
        Times and what is decided then: issue, update, cancel, switch, network, power.
    alerts
        Alerts that are issued when a timeline of detection, decision and approval is over: at its typical moments, or drawn.
    zero_hour
        Local time of the scenario's zero, hours 0..24.
    from_s, until_s
        The run.
    audience
        What people do by hour.
    response
        How long people take to act once they are warned; None: as the audience has it.
    power_cuts
        By zone; ``"*"`` is every zone that is not named.
    seed, drawn, tick_s, step_s, mixing_within
        See `Engine`.
    most_rows
        See `ew4all.sim.coarsening`.
    """

    uses: tuple[ChannelUse, ...]
    decisions: tuple[tuple[float, Decision], ...] = ()
    alerts: tuple[tuple[Timeline, Issue | Update], ...] = ()
    zero_hour: float = 12.0
    from_s: float = 0.0
    until_s: float = 6 * 3600.0
    audience: Audience = field(default_factory=Audience.usual)
    response: Response | None = None
    power_cuts: Mapping[str, PowerCut] = field(default_factory=dict)
    seed: int | np.random.SeedSequence = 0
    drawn: bool = False
    tick_s: float = TICK_S
    step_s: float = STEP_S
    mixing_within: float = 0.9
    most_rows: int = MOST_ROWS

    def __post_init__(self) -> None:
        """Refuse a run that ends before it begins, and decisions outside it."""
        if not (
            np.isfinite(self.from_s) and np.isfinite(self.until_s) and self.until_s > self.from_s
        ):
            msg = f"a run from {self.from_s:g} s to {self.until_s:g} s is not possible; it must end after it begins"
            raise InputError(msg)
        if not 0.0 <= self.zero_hour <= 24.0:
            msg = (
                f"the scenario's zero is at {self.zero_hour:g} h local time, but a day has 0 to 24"
            )
            raise InputError(msg)
        for time_s, decision in self.decisions:
            if not self.from_s <= time_s <= self.until_s:
                msg = (
                    f"{type(decision).__name__} is decided at {time_s:g} s, outside the run from {self.from_s:g} s to "
                    f"{self.until_s:g} s; move it, or let the run be longer"
                )
                raise InputError(msg)

    def marks_s(self) -> list[float]:
        """Return points of the curves that all replicas have beside the ticks: after each alert, as it is usually issued."""
        issues = [t for t, decision in self.decisions if isinstance(decision, Issue | Update)]
        issues += [timeline.typical().sent_s for timeline, _ in self.alerts]
        times = (max(self.from_s, t) + after for t in issues for after in after_issue(self.tick_s))
        return sorted({t for t in times if t <= self.until_s})

    @property
    def issued_s(self) -> float:
        """When the first alert is usually issued; the end of the run where none is."""
        times = [t for t, decision in self.decisions if isinstance(decision, Issue | Update)]
        times += [max(self.from_s, timeline.typical().sent_s) for timeline, _ in self.alerts]
        return min(self.until_s, *times) if times else self.until_s
