"""Shared states: shares at the issue, and rows over time that always add up to what the tables say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_audience import GROUPS, world_at

from ew4all.errors import OptionError
from ew4all.sim.audience import Audience
from ew4all.sim.cohorts import STATE_CODES
from ew4all.sim.states import Change, chances, charge, state_shares
from ew4all.sim.world import HOUR_S, Mains, World

HOURS = st.floats(0.0, 24.0, exclude_max=True)
SPANS_S = st.floats(-24 * HOUR_S, 72 * HOUR_S)


def mean(world: World, shares: np.ndarray) -> float:
    return float(np.average(shares, weights=world.rows.people))


@given(hour=HOURS, mains_lost=st.floats(0.0, 1.0), out_s=st.floats(0.0, 1e6))
def test_shares_of_states_add_up_to_the_tables(
    hour: float, mains_lost: float, out_s: float
) -> None:
    audience = Audience.usual()
    shares = state_shares(
        audience, np.array([0, 1, 0]), GROUPS, hour, mains_lost=mains_lost, without_mains_s=out_s
    )
    assert shares.shape == (3, STATE_CODES)
    assert shares.min() >= 0
    assert shares.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    code = np.arange(STATE_CODES)
    asleep = audience.at("asleep", hour)
    assert shares[:, code & 2 == 0].sum(axis=1) == pytest.approx(asleep)
    outside = shares[:, code & 1 == 0]
    assert outside.sum(axis=1) == pytest.approx(
        audience.at("outdoors", hour) + audience.at("driving", hour)
    )
    assert shares[:, code & 3 == 0].sum() == 0.0, "nobody sleeps outdoors"
    assert shares[:, code & 8 > 0].sum(axis=1) == pytest.approx(mains_lost)
    left = 1 - mains_lost * (1 - charge(audience, np.array(out_s)))
    on = 0.97 * (asleep * 0.85 + (1 - asleep) * 0.98) * left
    assert shares[:, code & 4 > 0].sum(axis=1) == pytest.approx([on, 0.92 * on, on])


@settings(max_examples=60)
@given(hour=HOURS, span_s=SPANS_S)
def test_rows_together_are_always_what_the_tables_say(hour: float, span_s: float) -> None:
    world = world_at(hour, states_s=1800.0)
    audience, time_s = world.audience, 1800.0 + span_s
    now = world.hour(time_s)
    asleep = audience.at("asleep", now)
    for shares in (
        world.awake_now(time_s),
        world.indoors_now(time_s),
        world.phone_on_now(time_s),
        world.silent_now(time_s),
    ):
        assert shares.min() >= -1e-12
        assert shares.max() <= 1 + 1e-12
    assert mean(world, world.awake_now(time_s)) == pytest.approx(1 - asleep, abs=1e-9)
    assert mean(world, 1 - world.indoors_now(time_s)) == pytest.approx(
        audience.at("outdoors", now) + audience.at("driving", now), abs=1e-9
    )
    on = 0.97 * (asleep * 0.85 + (1 - asleep) * 0.98) * (1 + 0.92) / 2
    assert mean(world, world.phone_on_now(time_s)) == pytest.approx(on, abs=1e-9)
    for name in ("radio", "tv", "driving", "outdoors", "at_work", "asleep"):
        assert mean(world, world.activity_now(name, time_s)) == pytest.approx(
            audience.at(name, now), abs=1e-9
        )


@settings(max_examples=40)
@given(hour=HOURS, lost_s=st.floats(-48 * HOUR_S, 24 * HOUR_S), span_s=st.floats(0, 72 * HOUR_S))
def test_phones_without_mains_are_together_what_their_batteries_say(
    hour: float, lost_s: float, span_s: float
) -> None:
    mains = Mains(np.array([lost_s]), np.array([np.inf]))
    world = world_at(hour, mains=mains, mains_lost=1.0)
    asleep = world.audience.at("asleep", world.hour(span_s))
    left = charge(world.audience, np.array(max(0.0, span_s - lost_s)))
    on = 0.97 * (asleep * 0.85 + (1 - asleep) * 0.98) * (1 + 0.92) / 2 * left
    assert mean(world, world.phone_on_now(span_s)) == pytest.approx(on, abs=1e-9)


def test_now_rows_are_what_they_are() -> None:
    mains = Mains(np.array([-20 * HOUR_S]), np.array([np.inf]))
    world = world_at(22.5, mains=mains, mains_lost=0.5)
    rows = world.rows
    assert np.array_equal(world.awake_now(0.0), rows.awake)
    there = rows.people > 0
    assert world.indoors_now(0.0)[there] == pytest.approx(rows.indoors[there].astype(float))
    assert world.phone_on_now(0.0)[there] == pytest.approx(
        rows.phone_on[there].astype(float), abs=1e-12
    )


def test_sleepers_wake_by_the_falling_curve_and_nobody_else_falls_asleep() -> None:
    world = world_at(3.0)
    audience, asleep = world.audience, ~world.rows.awake
    for hour in (3.5, 5.0, 7.25, 9.0):
        awake = world.awake_now((hour - 3.0) * HOUR_S)
        assert awake[asleep] == pytest.approx(1 - audience.at("asleep", hour) / 0.95)
        assert np.all(awake[~asleep] == 1.0)


def test_in_the_evening_only_those_awake_fall_asleep() -> None:
    world = world_at(18.0)
    awake = world.awake_now(5 * HOUR_S)
    assert np.all(awake[~world.rows.awake] == 0.0)
    assert awake[world.rows.awake] == pytest.approx((1 - 0.63) / (1 - 0.03))


def test_people_mill_about_so_that_indoors_is_forgotten() -> None:
    world = world_at(12.0)
    up = world.rows.awake
    inside = up & world.rows.indoors
    for hours, most in ((0.5, 1.0), (2.0, 0.5), (6.0, 0.2)):
        now = world.indoors_now(hours * HOUR_S)
        gap = now[inside].mean() - now[up & ~world.rows.indoors].mean()
        assert gap == pytest.approx(np.exp(-hours / 2), abs=0.25)
        assert gap < most


def test_a_phone_that_is_off_because_its_owner_sleeps_comes_back_in_the_morning() -> None:
    world = world_at(3.0)
    rows = world.rows
    morning = world.phone_on_now(9 * HOUR_S)
    off = ~rows.phone_on & ~rows.awake & (rows.group == 0)
    # of 1 - 0.97 x 0.85 without a phone that is on, 0.97 x 0.13 switch it on as they wake
    up = world.awake_now(9 * HOUR_S)[off]
    assert morning[off] == pytest.approx(up * 0.97 * 0.13 / (1 - 0.97 * 0.85))
    assert np.all(morning[rows.phone_on & ~rows.awake] == 1.0)


def test_batteries_run_down_only_without_mains_and_fill_up_again() -> None:
    mains = Mains(np.array([0.0]), np.array([60 * HOUR_S]))
    world = world_at(12.0, mains=mains, mains_lost=0.5)
    rows = world.rows
    lost = rows.mains_lost & rows.phone_on & rows.awake
    kept = ~rows.mains_lost & rows.phone_on & rows.awake
    for hours, left in ((12, 1.0), (42, np.exp(-1.0)), (59, np.exp(-47 / 30)), (61, 1.0)):
        now = world.phone_on_now(hours * HOUR_S)
        assert now[lost] == pytest.approx(left * now[kept])
    assert np.all(world.mains_now(HOUR_S) == ~rows.mains_lost)
    assert np.all(world.mains_now(61 * HOUR_S) == 1.0)


def test_batteries_that_are_quite_empty_come_back_too() -> None:
    audience = Audience.usual({"battery_full_s": 0.0, "battery_run_down_s": 1.0})
    mains = Mains(np.array([-30 * HOUR_S]), np.array([HOUR_S]))
    world = world_at(12.0, audience=audience, mains=mains, mains_lost=1.0)
    assert mean(world, world.phone_on_now(0.0)) == 0.0
    back = world.phone_on_now(2 * HOUR_S)
    kept = world_at(12.0, audience=audience).phone_on_now(2 * HOUR_S)
    assert mean(world, back) == pytest.approx(mean(world_at(12.0), kept))


def test_a_supply_cut_by_a_decision_counts_from_there() -> None:
    world = world_at(12.0, mains_lost=1.0)
    cut = Mains(np.array([HOUR_S]), np.array([np.inf]))
    usual, without = world.phone_on_now(43 * HOUR_S), world.phone_on_now(43 * HOUR_S, cut)
    on = world.rows.phone_on & world.rows.awake & world.rows.mains_lost
    assert without[on] == pytest.approx(usual[on] * np.exp(-1.0))
    assert np.all(world.mains_now(2 * HOUR_S, cut) == ~world.rows.mains_lost)
    assert np.all(world.mains_now(2 * HOUR_S) == 1.0)


def test_kinds_by_the_columns_of_a_state_are_fine_enough() -> None:
    mains = Mains(np.array([0.0]), np.array([np.inf]))
    world = world_at(21.0, mains=mains, mains_lost=0.3)
    late = 30 * HOUR_S
    for state, shares in (
        ("awake", world.awake_now(late)),
        ("indoors", world.indoors_now(late)),
        ("activity", world.activity_now("tv", late)),
        ("phone_on", world.phone_on_now(late)),
        ("mains", world.mains_now(late)),
    ):
        kind, row = world.rows.kinds(*world.columns(state))
        assert np.array_equal(shares[row][kind], shares)
    with pytest.raises(OptionError, match="no state 'hungry'; they have awake"):
        world.columns("awake", "hungry")


def test_chances_of_a_chain_are_those_of_people_who_change_as_little_as_they_can() -> None:
    """A naive twin: of 1,000 people the last to come are not the first to go."""
    shares = [0.2, 0.5, 0.3, 0.9, 0.0, 0.4]
    stay, come = chances(shares[:2])
    assert (stay, come) == pytest.approx((1.0, 0.3 / 0.8))
    rng = np.random.default_rng(5)
    state = rng.random(200_000) < shares[0]
    first = state.copy()
    for before, after in itertools.pairwise(shares[:-1]):
        if after > before:
            state |= rng.random(state.size) < (after - before) / (1 - before)
        else:
            state &= rng.random(state.size) < after / before
    stay, come = chances(shares[:-1])
    assert state[first].mean() == pytest.approx(stay, abs=0.01)
    assert state[~first].mean() == pytest.approx(come, abs=0.01)


@settings(max_examples=40)
@given(start=HOURS, span=st.floats(0.0, 48.0))
def test_back_in_time_is_the_same_change_from_the_other_side(start: float, span: float) -> None:
    """Of all people, who sleeps at both times does not depend on where one begins (Bayes)."""
    audience = Audience.usual()
    forth = Change.between(audience, start, start + span)
    back = Change.between(audience, start + span, start)
    both = audience.at("asleep", start) * forth.asleep_still
    assert audience.at("asleep", start + span) * back.asleep_still == pytest.approx(both, abs=1e-9)
