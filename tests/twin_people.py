"""People of the naive twin, one object each, and the world that the engine plays for the same people."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.sim.audience import Audience
from ew4all.sim.cohorts import Cohorts, explode
from ew4all.sim.states import state_shares
from ew4all.sim.world import Mains, Service, World

if TYPE_CHECKING:
    import random

GROUPS = ("all", "75+")
HOUR = 12.0

FLAT = {
    name: [share] * 24
    for name, share in {
        "asleep": 0.25, "outdoors": 0.10, "driving": 0.08, "radio": 0.20, "tv": 0.25, "at_work": 0.2,
    }.items()
}  # fmt: skip
"""The same at every hour, with people in every state at once."""

SERVICES = ((2, True), (0, True), (2, False), (-1, False))
"""Technology and whether the cell is addressed: 4g, 2g, 4g of a cell that is not, and none."""


@dataclass(slots=True)
class Person:
    """Somebody, with what is drawn once and stays."""

    group: int
    zone: int
    operator: int
    technology: int
    addressed: bool
    settlement: int
    siren_db: float
    inside: bool
    awake: bool
    phone_on: bool
    number: int = 0
    place_s: float = 0.0
    silent: bool = False
    drives: bool = False
    first_s: float = math.inf
    first_by: str = ""
    reached: dict[str, float] = field(default_factory=dict)
    noticed: dict[str, float] = field(default_factory=dict)


def world_of(people: float, zones: int = 2) -> World:
    """Return rows by group, zone, operator, service and siren, in the states of a day that stays as it is."""
    audience = Audience.usual(hourly=FLAT)
    cases = [
        (group, zone, operator, service, siren)
        for group in range(len(GROUPS))
        for zone in range(zones)
        for operator in range(2)
        for service in range(len(SERVICES))
        for siren in range(-1, 2)
    ]
    table = np.array(cases, np.int32)
    weight = np.array([0.85, 0.15])[table[:, 0]] * np.array([0.5, 0.2, 0.2, 0.1])[table[:, 3]]
    weight *= np.where(table[:, 1] == 0, 1.5, 1.0) * np.array([0.3, 0.3, 0.4])[table[:, 4]]
    n = len(cases)
    cohorts = Cohorts(
        people=people * weight / weight.sum(),
        zone=table[:, 1].copy(),
        group=table[:, 0].copy(),
        in_area=np.ones(n, bool),
        at_risk=np.ones(n, bool),
        arrival_s=np.full(n, 3600.0),
        settlement=((table[:, 1] + 1) % 3).astype(np.int8),
        siren=table[:, 4].copy(),
        operator=table[:, 2].copy(),
        service=table[:, 3].copy(),
        service_indoors=table[:, 3].copy(),
    )
    service = Service(
        np.array([[t] for t, _ in SERVICES], np.int8), np.array([[a] for _, a in SERVICES]), np.array([-np.inf])
    )  # fmt: skip
    return World(
        explode(cohorts, state_shares(audience, cohorts.group, GROUPS, HOUR)),
        tuple(f"z{k}" for k in range(zones)),
        GROUPS,
        ("A", "B"),
        service,
        np.array([78.0, 92.0]),
        Mains.never_lost(zones),
        audience,
        HOUR,
    )


def persons_of(world: World, rng: random.Random) -> list[Person]:
    """Return the people of the rows, rounded so that they add up, in random order."""
    rows = world.rows
    total = round(float(rows.people.sum()))
    count = np.diff(np.floor(np.cumsum(rows.people) + 0.5), prepend=0.0).astype(int)
    count[-1] += total - int(count.sum())
    found: list[Person] = []
    audience = world.audience
    vehicles = audience.at("driving", HOUR)
    driving = vehicles / (vehicles + audience.at("outdoors", HOUR))
    for r in range(len(rows)):
        history = int(rows.service[r])
        siren = int(rows.siren[r])
        awake = bool(rows.awake[r])
        silent = audience.values["silent_awake" if awake else "silent_asleep"]
        found.extend(
                Person(
                    int(rows.group[r]), int(rows.zone[r]), int(rows.operator[r]),
                    int(world.service.technology[history, 0]), bool(world.service.addressed[history, 0]),
                    int(rows.settlement[r]), float(world.siren_db[siren]) if siren >= 0 else -math.inf,
                    bool(rows.indoors[r]), awake, bool(rows.phone_on[r]),
                    silent=rng.random() < silent, drives=rng.random() < driving,
                )
                for _ in range(int(count[r]))
        )  # fmt: skip
    rng.shuffle(found)
    for number, person in enumerate(found):
        person.number = number
    return found


def by_time(times: list[float], at: Any) -> Any:
    """Return how many times lie up to each of some moments."""
    return np.searchsorted(np.sort(np.asarray(times)), np.asarray(at), side="right")
