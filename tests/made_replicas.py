"""A small prepared run for replicas, with a channel that another process can find."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from made_audience import world_at

from ew4all.run_plan import RunPlan
from ew4all.run_study import Bins, Prepared, Sizes
from ew4all.sim.cohorts import Cohorts
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.delay import Delay
from ew4all.sim.engine import ChannelUse
from ew4all.sim.folding import Folded
from ew4all.sim.parameters import Parameter
from ew4all.sim.population import Exposure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import simpy

    from ew4all.sim.stage import Stage
    from ew4all.sim.world import World


@dataclass(frozen=True)
class Signal:
    """Reaches a share of those whose phone is on, once."""

    name: str = "signal"
    parameters: tuple[Parameter, ...] = (
        Parameter("hit", 0.5, "share", 0.2, 0.9, "made up", "judgement", most=1.0),
        Parameter("mean_s", 120.0, "s", 30.0, 600.0, "made up", "judgement", least=1.0),
    )

    def exposure(self, world: World, _: Mapping[str, float]) -> Exposure:
        kind, row = world.rows.kinds(world.rows.phone_on)
        return Exposure(kind, world.rows.phone_on[row].astype(float), row)

    def play(self, stage: Stage, _: Notice) -> Iterator[simpy.Event]:
        kinds = np.ones(stage.exposure.row.size)
        stage.alert(kinds)
        stage.burst(kinds * stage.values["hit"], Delay.exponential(stage.values["mean_s"]))
        yield stage.wait(0.0)


def boxes() -> list[Any]:
    return [np.arange(3), {"a": (1, 2.5)}, np.random.SeedSequence(4, spawn_key=(1,)), Signal]


def prepared_of(hour: float = 12.0, people: float = 1000.0) -> Prepared:
    """Return two groups of `people` in all states."""
    return prepared_from(world_at(hour, people=people))


def prepared_from(world: World) -> Prepared:
    """Return a world as if it had been folded."""
    rows = world.rows
    bin_of, first = rows.kinds(rows.zone, rows.group, rows.in_area, rows.at_risk, rows.arrival_s)
    columns = {name: getattr(rows, name)[first] for name in ("zone", "group", "in_area", "at_risk", "arrival_s")}  # fmt: skip
    bins = Bins(**columns, people=np.bincount(bin_of, rows.people, first.size).astype(np.float64))
    sizes = Sizes(2, 2, len(rows), len(bins), 1, 1)
    folded = Folded(cohorts_of(world), world.service, world.siren_db, 2, 0.0)
    return Prepared(world, bins, bin_of, sizes, (), 0.0, (), {"fold": 0.1}, folded)


def cohorts_of(world: World) -> Cohorts:
    rows, one = world.rows, np.zeros(1, np.intp)
    names = {f.name for f in fields(Cohorts)} - {"service_indoors"}
    return Cohorts(service_indoors=rows.service[one], **{n: getattr(rows, n)[one] for n in names})


def plan_of(*channels: Any, values: Mapping[str, float] | None = None) -> RunPlan:
    """Return an hour in which an alert goes out at once."""
    uses = tuple(ChannelUse(channel, values or {}) for channel in channels)
    return RunPlan(uses, ((0.0, Issue(Notice())),), until_s=3600.0, seed=1)
