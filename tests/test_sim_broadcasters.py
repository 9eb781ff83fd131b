"""Radio and television against closed forms, people who switch on and off, and what must never happen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_phones import ALWAYS_AWAKE, IDLE, Some, engine_of, noticed, reached, world_of
from numpy.testing import assert_allclose

from ew4all.errors import AssumptionError, EmptyLayerError
from ew4all.sim.audience import Audience
from ew4all.sim.channels.radio import PARAMETERS, radio
from ew4all.sim.channels.tv import tv
from ew4all.sim.decisions import Cancel, Issue, Notice, PowerChange, Switch, Update
from ew4all.sim.parameters import resolve

RADIO, TV = radio(), tv()
VALUES = resolve(PARAMETERS, {}, "")
ALL = {"carries": 1.0, "audience": 1.0}
"""Everybody listens at some time, to a station that carries it."""

LONG = Notice(duration_s=6 * 3600.0)


def listening(radio_share: float = 0.0, tv_share: float = 0.0, **more: list[float]) -> Any:
    return IDLE | ALWAYS_AWAKE | {"radio": [radio_share] * 24, "tv": [tv_share] * 24} | more


@pytest.mark.parametrize("channel", [RADIO, TV])
def test_the_break_in_reaches_whoever_has_a_set_on(channel: Any) -> None:
    engine = engine_of(world_of([Some()], hourly=listening(0.2, 0.2)), channel, {"carries": 0.9})
    from_s, over_s = VALUES["break_in_from_s"], VALUES["break_in_over_s"]
    for part in (0.0, 0.5, 1.0):
        engine.run(from_s + part * over_s)
        assert_allclose(reached(engine)[0], 1000 * 0.2 * 0.9 * part, rtol=1e-2, atol=1e-9)
    values = resolve(channel.parameters, {}, "")
    assert_allclose(noticed(engine)[0], reached(engine)[0] * values["noticed"], rtol=1e-6)
    assert_allclose(engine.totals().alerted[0, 0], 900.0)


def test_repetitions_find_who_has_switched_on_since() -> None:
    """Between two repetitions a share 1 - exp(-R / (S (1 - s))) of the balance comes back to the set."""
    values = ALL | {"repeat_s": 1200.0, "session_s": 3600.0}
    engine = engine_of(world_of([Some()], hourly=listening(0.25)), RADIO, values, LONG)
    left, on = 1.0, 0.25
    for k in range(10):
        left *= 1.0 - on
        on = 0.25 * -np.expm1(-1200.0 / (3600.0 * 0.75))
        engine.run(300.0 + 1200.0 * k)
        assert_allclose(reached(engine)[0] / 1000, 1.0 - left, rtol=1e-6)


def test_whoever_overheard_it_notices_later() -> None:
    """Nobody switches on or off: each repetition has the same chance with those who took no note."""
    values = ALL | {"repeat_s": 600.0, "session_s": 1e12, "noticed": 0.5}
    engine = engine_of(world_of([Some()], hourly=listening(0.25)), RADIO, values, LONG)
    for k in range(5):
        engine.run(300.0 + 600.0 * k + (360.0 if k else 0.0))
        assert_allclose(reached(engine)[0], 250.0, rtol=1e-6)
        assert_allclose(noticed(engine)[0], 250.0 * (1.0 - 0.5 ** (k + 1)), rtol=1e-6)


def test_people_who_switch_on_and_off_hear_it_as_often() -> None:
    """20,000 listeners, each with a station, second by second, over an hour in which more and more switch on."""
    rng, n, step_s, session_s = np.random.default_rng(2), 20_000, 20.0, 3600.0
    table = [0.1] * 12 + [0.1, 0.3] + [0.3] * 10
    values = ALL | {"repeat_s": 900.0, "session_s": session_s, "noticed": 0.7}
    on = rng.random(n) < 0.1
    phase_s = 60.0 + 240.0 * rng.random(n)
    has, knows = np.zeros(n, bool), np.zeros(n, bool)
    world = world_of([Some()], hourly=listening(radio=table))
    engine = engine_of(world, RADIO, values, LONG)
    before = 0.1
    for step in range(1, 541):
        t = step * step_s
        share = float(np.interp(t / 3600.0, [0, 1, 3], [0.1, 0.3, 0.3]))
        starts = rng.random(n) < (share - before) / (1 - before)
        turn = rng.random(n)
        off = turn < step_s / session_s
        begin = turn < step_s / session_s * share / (1 - share)
        on = np.where(on, ~off, begin | starts)
        before = share
        due = (t >= phase_s) & ((t - phase_s) % 900.0 < step_s)
        hears = due & on
        knows |= hears & (rng.random(n) < 0.7)
        has |= hears
        if step % 60 == 0:
            engine.run(t)
            assert_allclose(reached(engine)[0] / 1000, has.mean(), atol=0.02)
            assert_allclose(noticed(engine)[0] / 1000, knows.mean(), atol=0.02)
    assert has.mean() > 0.6


def test_the_hour_decides() -> None:
    shares = {}
    for hour in (4.0, 8.0, 20.0):
        asleep = Audience.usual().at("asleep", hour)
        some = [Some(people=1e3 * (1.0 - asleep)), Some(people=1e3 * asleep, awake=False)]
        inside = {name: [0.0] * 24 for name in ("outdoors", "driving")}
        world = world_of(some, values={}, hour=hour, hourly=inside)
        for channel in (RADIO, TV):
            engine = engine_of(world, channel)
            engine.run(300.0)
            shares[channel.name, hour] = float(reached(engine).sum())
            carries = resolve(channel.parameters, {}, "")["carries"]
            table = Audience.usual().at(channel.activity, hour)
            assert_allclose(shares[channel.name, hour], 1e3 * table * carries, rtol=0.06)
    assert shares["radio", 4.0] < shares["radio", 20.0] < shares["radio", 8.0]
    assert shares["tv", 4.0] < shares["tv", 8.0] < shares["tv", 20.0]


def test_sleepers_hear_only_sets_that_wake_up() -> None:
    asleep = IDLE | {"asleep": [1.0] * 24}
    world = world_of([Some(awake=False)], hourly=asleep, hour=2.0)
    plain, wakes = engine_of(world, RADIO, ALL), engine_of(world, RADIO, ALL | {"wakes_up": 0.2})
    for engine in (plain, wakes):
        engine.run(3600.0)
    assert reached(plain)[0] == 0.0
    assert_allclose(reached(wakes)[0], 200.0, rtol=1e-6)
    assert_allclose(noticed(wakes)[0], 200.0 * VALUES["noticed_asleep"], rtol=1e-6)


def test_without_mains_television_is_dark_and_radio_runs_on_batteries() -> None:
    some = [Some(), Some(mains_lost=True), Some(mains_lost=True, indoors=False)]
    hourly = listening(0.2, 0.2, driving=[0.2] * 24)
    values = ALL | {"transmitter_backup": 0.8}
    for channel in (RADIO, TV):
        battery = resolve(channel.parameters, {}, "")["battery_set"]
        engine = engine_of(world_of(some, hourly=hourly), channel, values)
        engine.decide(PowerChange(on=False))
        engine.run(300.0)
        lit = reached(engine)
        assert_allclose(lit[1] / lit[0], battery, rtol=2e-3, atol=2e-3)  # some have gone out
        if channel is RADIO:
            assert_allclose(lit, [160.0, 160.0 * battery, 160.0], rtol=5e-3)


def test_after_two_hours_without_mains_people_turn_to_the_radio() -> None:
    world = world_of([Some(mains_lost=True)], hourly=listening(0.05))
    engine = engine_of(world, RADIO, ALL, Notice("none", duration_s=1.0))
    engine.decide(PowerChange(on=False))
    engine.at(7300.0, Issue(Notice()))
    engine.run(7600.0)
    powered = VALUES["battery_set"] * VALUES["transmitter_backup"]
    assert_allclose(reached(engine)[0] / 1000, powered * VALUES["turn_to"], rtol=1e-6)


def test_power_that_returns_brings_the_same_people_back() -> None:
    world = world_of([Some(mains_lost=True)], hourly=listening(0.3))
    values = ALL | {"session_s": 1e12, "battery_set": 0.25}
    engine = engine_of(world, RADIO, values, LONG)
    for minutes in range(10, 100, 20):
        engine.at(60.0 * minutes, PowerChange(on=False))
        engine.at(60.0 * minutes + 600.0, PowerChange(on=True))
    engine.run(4 * 3600.0)
    untaken = engine.stages[0].kept["audience"].untaken
    assert_allclose(untaken.unreached * 1000, 1000.0 - reached(engine), atol=1e-6)
    assert reached(engine)[0] <= 1000.0


@pytest.mark.parametrize("stop", [Cancel("alert"), Switch("radio", on=False)])
def test_what_is_cancelled_is_heard_no_more(stop: Cancel | Switch) -> None:
    engine = engine_of(world_of([Some()], hourly=listening(0.3)), RADIO, ALL, LONG)
    engine.at(180.0, stop)
    engine.run(230.0)
    before = reached(engine)[0], noticed(engine)[0]
    assert 100.0 < before[0] < 200.0
    engine.run(4 * 3600.0)
    assert_allclose((reached(engine)[0], noticed(engine)[0]), before, rtol=1e-9)


def test_an_update_reaches_nobody_anew_who_has_not_switched_on() -> None:
    values = ALL | {"session_s": 1e12}
    engine = engine_of(world_of([Some()], hourly=listening(0.3)), RADIO, values, LONG)
    engine.at(900.0, Update(LONG))
    engine.run(3600.0)
    assert_allclose(reached(engine)[0], 300.0, rtol=1e-6)


def test_people_outside_hear_the_same_programme() -> None:
    engine = engine_of(world_of([Some(in_area=False)], hourly=listening(0.3)), RADIO, ALL)
    engine.run(300.0)
    assert_allclose(reached(engine)[0], 300.0 * VALUES["outside"], rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    hour=st.floats(0.0, 24.0),
    more=st.floats(0.0, 0.1),
    cut_s=st.floats(0.0, 7200.0),
    repeat_s=st.floats(120.0, 1800.0),
)
def test_power_never_harms_and_people_are_conserved(
    hour: float, more: float, cut_s: float, repeat_s: float
) -> None:
    some = [Some(), Some(awake=False), Some(indoors=False), Some(mains_lost=True)]
    for channel in (RADIO, TV):
        given_values = {"repeat_s": repeat_s, "carries": 0.6 + more}
        world = world_of(some, values={}, hour=hour)
        whole, cut = (engine_of(world, channel, given_values, LONG) for _ in range(2))
        cut.at(cut_s, PowerChange(on=False))
        for until_s in (120.0, 2000.0, 9000.0):
            for engine in (whole, cut):
                engine.run(until_s)
                totals = engine.totals()
                assert np.all(totals.noticed <= totals.reached + 1e-9)
                assert np.all(totals.reached <= totals.alerted + 1e-6)
                assert_allclose(totals.first.sum() + totals.none.sum(), 4000.0)
            if until_s < cut_s + 7200.0:  # then people turn to the radio
                assert np.all(reached(cut) <= reached(whole) + 0.5)


def test_bad_input_is_named() -> None:
    with pytest.raises(EmptyLayerError, match="radio: no station carries the alert"):
        engine_of(world_of([Some()]), RADIO, {"carries": 0.0})
    with pytest.raises(AssumptionError, match="did you mean repeat_s"):
        engine_of(world_of([Some()]), TV, {"repeats_s": 60.0})
