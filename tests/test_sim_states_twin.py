"""Shared states against a naive twin: people one by one, with a night, a place, a phone and a battery each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_audience import world_at

from ew4all.sim.audience import Audience
from ew4all.sim.world import HOUR_S, Mains

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

PEOPLE = 400_000
STEP_H = 0.25


@dataclass
class Person:
    """Columns of people: state, kind of phone, and when the battery would be empty after a cut."""

    asleep: Flags
    indoors: Flags
    always_on: Flags
    on_when_awake: Flags
    lasts_s: NDArray[np.float64]
    mains_lost: Flags

    def phone_on(self, without_mains_s: float) -> Flags:
        usual = self.always_on | (self.on_when_awake & ~self.asleep)
        return usual & (~self.mains_lost | (self.lasts_s > without_mains_s))


def follow(state: Flags, before: float, after: float, rng: np.random.Generator) -> Flags:
    """Change as few as a share asks for, chosen by chance."""
    chance = rng.random(state.size)
    if after > before:
        return state | (chance < (after - before) / (1 - before))
    return state & (chance < after / before)


def people_at(
    audience: Audience, hour: float, mains_lost: float, rng: np.random.Generator
) -> Person:
    asleep = rng.random(PEOPLE) < audience.at("asleep", hour)
    values, kind = audience.values, rng.random(PEOPLE)
    always = values["phone_owned"] * values["phone_on_asleep"]
    return Person(
        asleep=asleep,
        indoors=asleep | (rng.random(PEOPLE) < audience.indoors_when_awake(hour)),
        always_on=kind < always,
        on_when_awake=(kind >= always) & (kind < values["phone_owned"] * values["phone_on_awake"]),
        lasts_s=values["battery_full_s"] + rng.exponential(values["battery_run_down_s"], PEOPLE),
        mains_lost=rng.random(PEOPLE) < mains_lost,
    )


def live(
    people: Person, audience: Audience, hour: float, hours: float, rng: np.random.Generator
) -> None:
    turnover_h = audience.values["indoors_turnover_s"] / HOUR_S
    for k in range(round(hours / STEP_H)):
        now, later = hour + k * STEP_H, hour + (k + 1) * STEP_H
        was_up = ~people.asleep
        people.asleep = follow(
            people.asleep, audience.at("asleep", now), audience.at("asleep", later), rng
        )
        inside = audience.indoors_when_awake(later)
        place = follow(people.indoors, audience.indoors_when_awake(now), inside, rng)
        anew = ~was_up | (rng.random(PEOPLE) > np.exp(-STEP_H / turnover_h))
        place = np.where(anew, rng.random(PEOPLE) < inside, place)
        people.indoors = people.asleep | place


@pytest.mark.parametrize(("hour", "hours"), [(3.0, 5.0), (12.0, 3.0), (20.0, 4.0), (22.0, 10.0)])
def test_rows_are_what_people_do_one_by_one(hour: float, hours: float) -> None:
    audience, rng = Audience.usual(), np.random.default_rng(17)
    lost_s = -8 * HOUR_S
    mains = Mains(np.array([lost_s]), np.array([np.inf]))
    world = world_at(hour, mains=mains, mains_lost=0.5)
    people = people_at(audience, hour, 0.5, rng)
    rows = world.rows
    state = (
        people.indoors * 1 + ~people.asleep * 2 + people.phone_on(-lost_s) * 4
        + people.mains_lost * 8
    )  # fmt: skip
    live(people, audience, hour, hours, rng)
    time_s = hours * HOUR_S
    on = people.phone_on(time_s - lost_s)
    awake, indoors, phone = (
        world.awake_now(time_s), world.indoors_now(time_s), world.phone_on_now(time_s),
    )  # fmt: skip
    for r in np.flatnonzero((rows.group == 0) & (rows.people > 5.0)):
        code = (
            rows.indoors[r] * 1 + rows.awake[r] * 2 + rows.phone_on[r] * 4 + rows.mains_lost[r] * 8
        )
        mine = state == code
        n = int(mine.sum())
        assert n / PEOPLE == pytest.approx(rows.people[r] / 1000, rel=0.05)
        tolerance = 4 * 0.5 / np.sqrt(n) + 0.01
        assert (~people.asleep[mine]).mean() == pytest.approx(awake[r], abs=tolerance)
        assert indoors[r] == pytest.approx(people.indoors[mine].mean(), abs=tolerance)
        assert phone[r] == pytest.approx(on[mine].mean(), abs=tolerance)
