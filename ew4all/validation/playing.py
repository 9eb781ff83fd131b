"""A case played: its people in one place, under the frozen defaults and what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.outages.repair import restore
from ew4all.coverage.sound import siren_level_dbc, siren_range_m
from ew4all.sim.audience import Audience
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.cohorts import Cohorts, explode
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.delay import Delay
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.issuance import Timeline
from ew4all.sim.population import Exposure
from ew4all.sim.states import state_shares
from ew4all.sim.world import HOUR_S, Mains, Service, World
from ew4all.units import TECHNOLOGIES
from ew4all.validation.cases import BEHAVIOUR, OF_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.parameters import Parameter
    from ew4all.sim.stage import Stage
    from ew4all.validation.cases import Case, Target

    F64 = NDArray[np.float64]

__all__ = ["outcome"]

PEOPLE: Final = 1e6
AFTER_S: Final = 3 * HOUR_S
"""A test is over, and asked for, this long after it: what is on a screen has been looked at."""

SUBURBAN: Final = 1
"""Where nobody says what kind of place it is: the middle of three."""

_RINGS: Final = 40
_SITES: Final = 2000
_MEMBERS: Final = 20
_DRAWS: Final = 20_000
_DAY_S: Final = 86400.0

PHONES: Final = ("cell_broadcast", "location_sms", "address_sms", "app")
"""Channels whose published shares need a phone that is on."""


@dataclass(frozen=True)
class Given:
    """A channel of which only its share of all people is known."""

    name: str
    share: float
    parameters: tuple[Parameter, ...] = ()

    def exposure(self, world: World, values: Mapping[str, float]) -> Exposure:  # noqa: ARG002 - as above
        """Reach the share: on phones that are on, for a channel of phones."""
        rows = world.rows
        own = rows.phone_on if self.name in PHONES else np.ones(len(rows), bool)
        share = self.share * rows.people.sum() / rows.people[own].sum()
        kind, row = rows.kinds(own)
        return Exposure(kind, np.minimum(1.0, share) * own[row], row)

    def play(self, stage: Stage, notice: Notice) -> Process:  # noqa: ARG002 - one contract for all channels
        """Reach them within a minute."""
        everybody = np.ones(stage.exposure.row.size)
        stage.alert(everybody)
        stage.burst(everybody, Delay.uniform(0.0, 60.0))
        yield stage.wait(0.0)


def outcome(case: Case, target: Target) -> float:
    """Return what the model says of one target, as a share, seconds or minutes."""
    if case.kind == "outage":
        return _sites_out(case, target.day)
    if case.kind == "issuance":
        return _issuance(target.what)
    engine = _play(case, target.group)
    totals, people = engine.totals(), engine.population.people.sum()
    what, _, channel = target.what.partition(" of ")
    if what == "any":
        return float(1.0 - totals.none.sum() / people)
    if what == "none":
        return float(totals.none.sum() / people)
    if what == "two_or_more":
        return float(totals.several.sum() / people)
    if what in {"median_s", "last_min"}:
        k = engine.names.index(channel)
        reached = engine.curves.stack("reached")[:, :, k].sum(axis=1)
        wanted = 0.5 if what == "median_s" else _FIRST_ATTEMPTS
        at = np.interp(wanted * reached[-1], reached, engine.curves.time_s)
        return float(at if what == "median_s" else at / 60.0)
    return float(totals.noticed[:, engine.names.index(what)].sum() / people)


_FIRST_ATTEMPTS: Final = 0.94
"""Part of the messages that a first attempt delivers: when it is reached the server has gone through all once."""


def _play(case: Case, group: str) -> Engine:
    hour = float(case.get("hour", 12.0))
    until = case.get("until_hour")
    notice = Notice() if until is None else Notice(duration_s=(float(until) - hour) % 24.0 * HOUR_S)
    shares = case.get("channel_shares", {})
    named = case.get("channels", list(shares))
    uses = [
        ChannelUse(Given(name, shares[name])) if name in shares else ChannelUse(CHANNELS[name], _values(case, name))
        for name in CHANNELS
        if name in named
    ]  # fmt: skip
    world = _world(case, group, hour)
    bins = np.zeros(len(world.rows), np.int32), 1
    tick_s = 1.0 if any(t.what.startswith("median_s") for t in case.targets) else 60.0
    engine = Engine(world, uses, bins=bins, tick_s=tick_s)
    engine.decide(Issue(notice))
    engine.run(max(AFTER_S, notice.duration_s) if tick_s == 60.0 else 900.0)
    return engine


def _values(case: Case, channel: str) -> dict[str, float]:
    return {
        parameter: float(case.get(name))
        for name, (owner, parameter) in OF_CHANNELS.items()
        if owner == channel and name in case.known
    }


def _world(case: Case, group: str, hour: float) -> World:
    known = {name: float(case.get(name)) for name in BEHAVIOUR if name in case.known}
    audience = Audience.usual(known)
    coverage: dict[str, float] = case.get("coverage", {"4g": 1.0})
    served = [(TECHNOLOGIES.index(name), share) for name, share in coverage.items()]
    served.append((-1, max(0.0, 1.0 - sum(coverage.values()))))
    levels, weights = _levels(case)
    table = [(s, c) for s in range(len(served)) for c in range(weights.size)]
    service, siren = np.array(table, np.int32).T
    share = np.array([served[s][1] for s in service]) * weights[siren]
    n = share.size
    zero, yes = np.zeros(n, np.int32), np.ones(n, bool)
    cohorts = Cohorts(
        people=float(case.get("people", PEOPLE)) * share / share.sum(),
        zone=zero,
        group=zero,
        in_area=yes,
        at_risk=yes,
        arrival_s=np.full(n, np.inf),
        settlement=np.full(n, SUBURBAN, np.int8),
        siren=siren if levels.size else np.full(n, -1, np.int32),
        operator=zero,
        service=service,
        service_indoors=service,
    )
    technology = np.array([[t] for t, _ in served], np.int8)
    states = state_shares(audience, zero, (group,), hour)
    return World(
        explode(cohorts, states),
        ("place",),
        (group,),
        ("all",),
        Service(technology, technology >= 0, np.array([-np.inf])),
        levels,
        Mains.never_lost(1),
        audience,
        hour,
    )


def _levels(case: Case) -> tuple[F64, F64]:
    """Return levels at people's places, dBC, and the share of people at each.

    Where only ratings and the area are known: sirens share it in proportion to the area in which each is useful, and stand
    where people are: of the people of a part as many live at any distance from its siren as at any other.
    """
    sirens = case.get("sirens")
    if sirens is None:
        return np.empty(0), np.ones(1)
    rated = np.array([float(level) for level in sirens["ratings"]])
    count = np.array([float(number) for number in sirens["ratings"].values()])
    useful_m = siren_range_m(rated)
    part_m = useful_m * np.sqrt(float(sirens["area_km2"]) * 1e6 / (np.pi * count @ useful_m**2))
    rings = (np.arange(_RINGS) + 0.5) / _RINGS
    level = np.asarray(siren_level_dbc(rated[:, None], np.maximum(30.48, part_m[:, None] * rings)))
    weight = np.repeat(count * part_m**2, _RINGS)
    return level.ravel(), weight / weight.sum()


def _sites_out(case: Case, day: float) -> float:
    down = np.arange(_SITES) < round(_SITES * float(case.get("sites_out")))
    lives = [restore(down, replica=k) for k in range(_MEMBERS)]
    return float(np.mean([1.0 - life.alive_at(day * _DAY_S).mean() for life in lives]))


def _issuance(what: str) -> float:
    """Return when a tenth, or nine tenths, of all agencies have warned, minutes since they know of the hazard."""
    rng = np.random.default_rng(0)
    sent = [Timeline.usual().draw(rng).sent_s for _ in range(_DRAWS)]
    quantile = {"early_min": 0.1, "median_min": 0.5, "late_min": 0.9}[what]
    return float(np.quantile(sent, quantile)) / 60.0
