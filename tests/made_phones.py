"""Small worlds for channels of phones: rows by service, state and operator, and runs over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.sim.audience import Audience
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.rows import Rows
from ew4all.sim.world import Mains, Service, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.sim.channels.contract import Channel

NONE = -1

CERTAIN = {
    "phone_owned": 1.0, "phone_on_awake": 1.0, "phone_on_asleep": 1.0, "opted_out": 0.0,
    "capable_2g": 1.0, "capable_3g": 1.0, "capable_4g": 1.0, "capable_5g": 1.0,
}  # fmt: skip
"""Everybody has a phone that is on and shows whatever is broadcast."""

IDLE = {name: [0.0] * 24 for name in ("radio", "tv", "at_work", "outdoors", "driving")}

ALWAYS_AWAKE = {"asleep": [0.0] * 24}


@dataclass(frozen=True)
class Some:
    """People of one row; `service` is a history: technology in each epoch, `NONE` without."""

    people: float = 1000.0
    service: tuple[int, ...] = (2,)
    addressed: tuple[bool, ...] | bool = True
    zone: int = 0
    operator: int = 0
    in_area: bool = True
    awake: bool = True
    phone_on: bool = True
    indoors: bool = True
    mains_lost: bool = False


def world_of(
    some: Sequence[Some],
    *,
    epochs_s: Sequence[float] = (-np.inf,),
    values: Mapping[str, float] | None = None,
    hourly: Mapping[str, Sequence[float]] | None = None,
    groups: tuple[str, ...] = ("all",),
    hour: float = 12.0,
) -> World:
    """Return a world with one history of service a row."""
    n, epochs = len(some), len(epochs_s)
    technology = np.array([s.service for s in some], np.int8).reshape(n, epochs)
    told = np.array([np.broadcast_to(s.addressed, epochs) for s in some]).reshape(n, epochs)

    def flags(name: str) -> Any:
        return np.array([getattr(s, name) for s in some], bool)

    rows = Rows(
        people=np.array([s.people for s in some]),
        zone=np.array([s.zone for s in some], np.int32),
        group=np.zeros(n, np.int32),
        in_area=flags("in_area"),
        at_risk=flags("in_area"),
        arrival_s=np.full(n, 3600.0),
        settlement=np.zeros(n, np.int8),
        siren=np.full(n, -1, np.int32),
        operator=np.array([s.operator for s in some], np.int32),
        service=np.arange(n, dtype=np.int32),
        indoors=flags("indoors"),
        awake=flags("awake"),
        phone_on=flags("phone_on"),
        mains_lost=flags("mains_lost"),
    )
    zones = tuple(f"z{k}" for k in range(int(rows.zone.max()) + 1))
    operators = tuple(f"op{k}" for k in range(int(rows.operator.max()) + 1))
    audience = Audience.usual(values=CERTAIN if values is None else values, hourly=hourly)
    service = Service(technology, told & (technology >= 0), np.array(epochs_s, np.float64))
    return World(
        rows, zones, groups, operators, service, np.empty(0), Mains.never_lost(len(zones)), audience, hour
    )  # fmt: skip


def engine_of(
    world: World,
    channel: Channel,
    values: Mapping[str, float] | None = None,
    notice: Notice | None = None,
    **options: Any,
) -> Engine:
    """Return a run of one channel with an alert just issued; people are counted row by row."""
    n = len(world.rows)
    options.setdefault("bins", (np.arange(n, dtype=np.int32), n))
    engine = Engine(world, [ChannelUse(channel, values or {})], **options)
    engine.decide(Issue(notice or Notice()))
    return engine


def reached(engine: Engine) -> Any:
    """Return people reached, row by row."""
    return engine.totals().reached[:, 0]


def noticed(engine: Engine) -> Any:
    """Return people who noticed, row by row."""
    return engine.totals().noticed[:, 0]
