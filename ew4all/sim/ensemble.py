"""What differs between the replicas of a run: values of channels and of behaviour, drawn; and people under other habits.

Each number has a draw of its own, by replica and name. So two scenarios share the draws of all they have in common
(common random numbers: their difference is that of the scenarios, not of chance), a channel more or less changes no
other, and replica 17 is the same whether it is one of 20 or of 1,000.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ew4all.sim.audience import Audience
from ew4all.sim.audience_tables import BEHAVIOUR, ODDS
from ew4all.sim.cohorts import STATES
from ew4all.sim.states import HOUR_S, state_shares

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from ew4all.sim.parameters import Parameter
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

__all__ = ["draw", "habits", "quantiles", "seeds_of", "triangle", "under"]


def triangle(low: float, mode: float, high: float, chance: float) -> float:
    """Return a quantile of the triangular distribution over low..high with its top at `mode`; `chance` 0..1."""
    span, rise = high - low, mode - low
    if span <= 0.0:
        return mode
    if chance * span <= rise:
        return low + math.sqrt(chance * span * rise)
    return high - math.sqrt((1.0 - chance) * span * (high - mode))


def seeds_of(seed: int | np.random.SeedSequence, replica: int) -> np.random.SeedSequence:
    """Return the seeds of a replica."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, replica))


def draw(
    table: Iterable[Parameter],
    known: Mapping[str, float],
    seeds: np.random.SeedSequence,
    owner: str,
) -> dict[str, float]:
    """Draw each parameter of a table from its triangle; what is known stays.

    Parameters
    ----------
    known
        Values that the scenario gives: it knows them.
    seeds
        Of the replica.
    owner
        Channel, or ``behaviour``.
    """
    drawn = {}
    for row in table:
        if row.name in known:
            drawn[row.name] = float(known[row.name])
            continue
        key = (*seeds.spawn_key, *f"{owner}.{row.name}".encode())
        rng = np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key))
        drawn[row.name] = triangle(row.low, row.value, row.high, float(rng.random()))
    return drawn


def habits(
    audience: Audience, seeds: np.random.SeedSequence, known: Collection[str] = ()
) -> Audience:
    """Draw the behaviour of a replica: what an audience has other than by default is known and stays.

    Parameters
    ----------
    known
        Further names that stay as they are.
    """
    odds = {row.name for row in ODDS}
    values = audience.values
    stay = {
        row.name: values[row.name]
        for row in BEHAVIOUR
        if row.name in known or values[row.name] != row.value
    }
    # The hourly tables have their odds already.
    stay |= dict.fromkeys(odds & stay.keys(), 1.0)
    drawn = draw(BEHAVIOUR, stay, seeds, "behaviour")
    tables = {name: table.tolist() for name, table in audience.hourly.items()}
    return Audience.usual(drawn, tables, audience.groups, audience.languages)


def under(world: World, audience: Audience) -> World:
    """Return a world whose people live by another audience: the rows are the same, the people in each are not.

    Exact, since a cohort's rows differ in nothing but the state, and the shares of states depend on group and supply alone.
    """
    rows = world.rows
    hour = world.zero_hour + world.states_s / HOUR_S
    without_s = world.mains.out_for_s(world.states_s)
    # Of those who lost their supply and of the others, whose shares do not depend on how many they are.
    zone, group = rows.zone, rows.group
    kind, first = rows.kinds(zone, group)
    code = sum(
        (getattr(rows, name).astype(np.int64) << bit for bit, name in enumerate(STATES)),
        start=np.zeros(len(rows), np.int64),
    )

    def shares(of: Audience) -> F64:
        found = state_shares(
            of, group[first], world.groups, hour, mains_lost=0.5, without_mains_s=without_s[zone[first]]
        )  # fmt: skip
        here: F64 = found[kind, code]
        return here

    before, after = shares(world.audience), shares(audience)
    people = rows.people * after / np.where(before > 0.0, before, 1.0)
    return replace(world, rows=replace(rows, people=people), audience=audience)


def quantiles(each: ArrayLike, shares: Iterable[float]) -> F64:
    """Return quantiles over replicas, the first axis, straight between the values in order; shape (shares, ...)."""
    found: F64 = np.quantile(np.asarray(each, np.float64), list(shares), axis=0)
    return found
