"""States of people that all channels share: how many are in each when the alert goes out, and how rows leave them.

Asleep or awake follows the hourly table with as few changes as it allows: where it falls, sleepers wake, and nobody
falls asleep. Whoever sleeps is indoors. Of those awake some are indoors; where somebody is, is forgotten with time
(`indoors_turnover_s`). A phone is one of four kinds: there is none; it is on day and night; it is off while its owner
sleeps; it is off. Without mains batteries run down. The shares of a state over all rows are at any time what the
tables say (to rounding): rows only say who is in it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.sim.cohorts import STATE_CODES, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.sim.audience import Audience

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

HOUR_S: Final = 3600.0


def state_shares(
    audience: Audience,
    group: NDArray[np.integer[Any]],
    groups: Sequence[str],
    hour: float,
    *,
    mains_lost: F64 | float = 0.0,
    without_mains_s: F64 | float = 0.0,
) -> F64:
    """Return which share of each cohort is in which combination of states at a time of day.

    Parameters
    ----------
    group, groups
        Group of each cohort, shape (cohorts,), and the names that it has indices into.
    hour
        Local time of day, hours.
    mains_lost
        Share whose supply fails when that of the zone does; 0 where it never does in this run. Shape (cohorts,) or one.
    without_mains_s
        How long that supply has been out by now, seconds; phones of those who lost it have run down.

    Returns
    -------
    array, shape (cohorts, 16); each row adds up to 1. Bit k of a column says whether the k-th of `cohorts.STATES` holds;
    people who sleep outdoors there are none
    """
    lost = np.broadcast_to(np.asarray(mains_lost, np.float64), group.shape)
    charged = np.broadcast_to(np.asarray(without_mains_s, np.float64), group.shape)
    left = charge(audience, charged)
    asleep = audience.at("asleep", hour)
    inside = audience.indoors_when_awake(hour)
    owned = audience.of_groups("phone_owned", groups)[group]
    out = np.zeros((group.size, STATE_CODES))
    for code in range(STATE_CODES):
        holds = {state: bool(code >> bit & 1) for bit, state in enumerate(STATES)}
        if holds["awake"]:
            where = (1.0 - asleep) * (inside if holds["indoors"] else 1.0 - inside)
        else:
            where = asleep if holds["indoors"] else 0.0
        habit = "phone_on_awake" if holds["awake"] else "phone_on_asleep"
        phone = owned * audience.values[habit] * (left if holds["mains_lost"] else 1.0)
        supply = lost if holds["mains_lost"] else 1.0 - lost
        out[:, code] = where * (phone if holds["phone_on"] else 1.0 - phone) * supply
    return out


def charge(audience: Audience, without_mains_s: F64) -> F64:
    """Return the share of phones not run down after some time without mains, seconds."""
    past = np.maximum(0.0, without_mains_s - audience.values["battery_full_s"])
    left: F64 = np.exp(-past / audience.values["battery_run_down_s"])
    return left


def chances(shares: Sequence[float]) -> tuple[float, float]:
    """Return the chance to be in a state at the end for those who were in it at the start, and for those who were not.

    Parameters
    ----------
    shares
        Share of all people in the state at the start, at moments between, and at the end. From one to the next no
        more people change than the shares ask for; the order may also be that of going back in time.
    """
    stay, come = 1.0, 0.0
    for before, after in itertools.pairwise(shares):
        if after <= before:
            keep, gain = (after / before if before > 0 else 0.0), 0.0
        else:
            keep, gain = 1.0, (after - before) / (1.0 - before)
        stay, come = stay * keep + (1.0 - stay) * gain, come * keep + (1.0 - come) * gain
    return stay, come


@dataclass(frozen=True, eq=False)
class Change:
    """What became of the states of rows between two times of day.

    Attributes
    ----------
    asleep_still, asleep_now
        Chance to sleep at the end for those who slept at the start, and for those who were awake.
    inside_still, inside_now
        Chance to be in a building, of those awake at both times, who were in one at the start, and who were not.
    inside_fresh
        The same for whoever slept at the start.
    """

    asleep_still: float
    asleep_now: float
    inside_still: float
    inside_now: float
    inside_fresh: float

    @classmethod
    def between(cls, audience: Audience, from_hour: float, to_hour: float) -> Change:
        """Compare two local times, hours that may go beyond 24 or below 0; the second may be the earlier."""
        hours = _hours(from_hour, to_hour)
        asleep = chances([audience.at("asleep", hour) for hour in hours])
        inside = [audience.indoors_when_awake(hour) for hour in hours]
        still, now = chances(inside)
        kept = np.exp(-abs(to_hour - from_hour) * HOUR_S / audience.values["indoors_turnover_s"])
        fresh = inside[-1]
        return cls(*asleep, fresh + kept * (still - fresh), fresh + kept * (now - fresh), fresh)

    def awake(self, awake: Flags) -> F64:
        """Return the chance to be awake now by who was awake then."""
        return np.where(awake, 1.0 - self.asleep_now, 1.0 - self.asleep_still)

    def indoors(self, awake: Flags, indoors: Flags) -> F64:
        """Return the chance to be indoors now by who was awake and indoors then."""
        stayed = np.where(indoors, self.inside_still, self.inside_now)
        up = self.awake(awake)
        found: F64 = 1.0 - up * (1.0 - np.where(awake, stayed, self.inside_fresh))
        return found

    def phone_on(
        self,
        audience: Audience,
        awake: Flags,
        phone_on: Flags,
        owned: F64,
        charged: tuple[F64, F64],
    ) -> F64:
        """Return the chance that a phone is on now by what was then.

        Parameters
        ----------
        awake, phone_on
            Then.
        owned
            Share of people with a phone.
        charged
            Share of phones not run down then, and now.
        """
        by_day, by_night = audience.values["phone_on_awake"], audience.values["phone_on_asleep"]
        always = min(by_day, by_night)
        up = self.awake(awake)
        usual = always + (by_day - always) * up + (by_night - always) * (1.0 - up)
        then = np.where(awake, by_day, by_night)
        # Of the phones that were on, the kinds that are on in the other state too.
        same = np.where(awake, up, 1.0 - up)
        stay = np.where(then > 0, (always + (then - always) * same) / np.maximum(then, 1e-300), 0.0)
        stay = stay * np.minimum(1.0, charged[1] / np.maximum(charged[0], 1e-300))
        on_then, on_now = owned * then * charged[0], owned * usual * charged[1]
        # Whatever was off then makes up what all people have on now.
        rest = np.maximum(0.0, on_now - on_then * stay)
        come = np.where(on_then < 1.0, rest / np.maximum(1.0 - on_then, 1e-300), 0.0)
        return np.where(phone_on, stay, np.minimum(1.0, come))


def _hours(first: float, last: float) -> list[float]:
    """Return two times and the full hours between them, in their order."""
    low, high = min(first, last), max(first, last)
    between = np.arange(np.floor(low) + 1.0, high)
    hours = [low, *between.tolist(), high]
    return hours if first <= last else hours[::-1]
