"""Messages to numbers against closed forms, a queue of single people in SimPy, and what must never happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from made_phones import (
    ALWAYS_AWAKE,
    CERTAIN,
    IDLE,
    NONE,
    Some,
    engine_of,
    noticed,
    reached,
    world_of,
)
from numpy.testing import assert_allclose

from ew4all.errors import AssumptionError, EmptyLayerError
from ew4all.sim.channels.address_sms import AddressSms
from ew4all.sim.channels.location_sms import LocationSms
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, PowerChange, Update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.sim.channels.contract import Channel

BY_PLACE, BY_ADDRESS = LocationSms(), AddressSms()

SURE = {"deliverable": 1.0, "attempt_delivers": 1.0, "transit_s": 0.0}
"""Every attempt at a phone in service succeeds, at once."""

PLACE = SURE | {"query_s": 0.0, "stale": 0.0}
ADDRESS = SURE | {"prepare_s": 0.0, "enrolled": 1.0, "up_to_date": 1.0, "away": 0.0}


@pytest.mark.parametrize(("channel", "values"), [(BY_PLACE, PLACE), (BY_ADDRESS, ADDRESS)])
def test_a_million_messages_at_500_a_second_take_33_minutes(
    channel: Channel, values: dict[str, float]
) -> None:
    """delivered by t: min(N, 500 t)."""
    engine = engine_of(world_of([Some(1e6)], hourly=ALWAYS_AWAKE), channel, values)
    for minutes in (5, 10, 20, 28, 31, 33, 34):
        engine.run(60.0 * minutes)
        assert_allclose(reached(engine)[0], min(1e6, 500 * 60.0 * minutes), atol=2500.0)
    assert reached(engine)[0] == pytest.approx(1e6, rel=1e-9)


def test_a_queue_is_straight_in_time_to_a_quarter_of_a_percent() -> None:
    engine = engine_of(world_of([Some(1e5)], hourly=ALWAYS_AWAKE), BY_PLACE, PLACE)
    for until_s in np.arange(1.0, 210.0, 2.0):
        engine.run(float(until_s))
        assert_allclose(reached(engine)[0], min(1e5, 500.0 * until_s), atol=0.0025 * 1e5)


def test_congestion_and_the_delays_before_stretch_it() -> None:
    values = PLACE | {"congestion": 0.2, "query_s": 300.0, "transit_s": 60.0}
    engine = engine_of(world_of([Some(1e5)], hourly=ALWAYS_AWAKE), BY_PLACE, values)
    for until_s in (359.0, 860.0, 1361.0):
        engine.run(until_s)
        assert_allclose(reached(engine)[0], np.clip(100 * (until_s - 360.0), 0, 1e5), atol=400.0)


def test_operators_work_beside_each_other_and_a_gateway_serves_all() -> None:
    some = [Some(3e5, operator=0), Some(6e5, operator=1)]
    beside = engine_of(world_of(some, hourly=ALWAYS_AWAKE), BY_PLACE, PLACE)
    one = engine_of(world_of(some, hourly=ALWAYS_AWAKE), BY_ADDRESS, ADDRESS)
    for engine in (beside, one):
        engine.run(480.0)
    assert_allclose(reached(beside), [2.4e5, 2.4e5], rtol=0.005)
    assert_allclose(reached(one), [0.8e5, 1.6e5], rtol=0.005)


def test_attempts_that_fail_are_tried_again() -> None:
    """After k attempts 1 - (1 - p)^k have it, at 0, 300, 900 and 2,100 s."""
    values = PLACE | {"attempt_delivers": 0.6, "tries": 4.0, "retry_s": 300.0}
    engine = engine_of(world_of([Some(1000.0)], hourly=ALWAYS_AWAKE), BY_PLACE, values)
    for k, until_s in ((1, 299.0), (2, 899.0), (3, 2099.0), (4, 2110.0), (4, 9000.0)):
        engine.run(until_s)
        assert_allclose(reached(engine)[0] / 1000, 1 - 0.4**k, atol=1e-6)
    assert engine.events.kind.count(engine.events.kind[-1]) < 100


class People:
    """The same queue, person by person: an oracle in SimPy."""

    def __init__(
        self, n: int, rate_per_s: float, p: float, values: dict[str, float], on: np.ndarray
    ) -> None:
        self.env = simpy.Environment()
        self.server = simpy.Resource(self.env, capacity=5)
        self.each_s = 5 / rate_per_s
        self.rng = np.random.default_rng(3)
        self.p, self.values, self.on = p, values, on
        self.reached_s = np.full(n, np.inf)
        for person in self.rng.permutation(n):
            self.env.process(self.message(person))

    def message(self, person: int) -> Iterator[simpy.Event]:
        for attempt in range(round(self.values["tries"])):
            with self.server.request() as turn:
                yield turn
                yield self.env.timeout(self.each_s)
            if self.on[person] and self.rng.random() < self.p:
                self.reached_s[person] = self.env.now
                return
            yield self.env.timeout(self.values["retry_s"] * 2.0**attempt)


@pytest.mark.parametrize("rate_per_s", [1.0, 20.0])
def test_a_queue_of_single_people_takes_as_long(rate_per_s: float) -> None:
    """2,000 people, of whom 10 % have their phone off: slower than the pauses, and quicker."""
    values = PLACE | {
        "tries": 3.0,
        "retry_s": 600.0,
        "attempt_delivers": 0.7,
        "rate_per_s": rate_per_s,
    }
    on = np.arange(2000) >= 200
    people = People(2000, rate_per_s, 0.7, values, on)
    people.env.run()
    audience = CERTAIN | {"phone_on_awake": 0.9}
    some = [Some(1800.0), Some(200.0, phone_on=False)]
    engine = engine_of(world_of(some, hourly=ALWAYS_AWAKE, values=audience), BY_PLACE, values)
    for until_s in np.array([200.0, 500, 900, 1500, 2200, 2800, 3500, 4500, 6000]):
        engine.run(float(until_s))
        drawn = (people.reached_s <= until_s).sum() / 2000
        assert_allclose(reached(engine).sum() / 2000, drawn, atol=0.02)
        assert reached(engine)[1] < 1e-9


def test_a_stale_location_misses_some_and_disturbs_as_many_elsewhere() -> None:
    some = [Some(4e4), Some(6e4, addressed=False, in_area=False)]
    engine = engine_of(world_of(some, hourly=ALWAYS_AWAKE), BY_PLACE, PLACE | {"stale": 0.1})
    engine.run(7200.0)
    missed, over = 4e4 * 0.1 * 0.6, 6e4 * 0.1 * 0.4
    assert missed == over
    assert_allclose(reached(engine), [4e4 - missed, over], rtol=1e-6)


def test_a_phone_whose_cell_failed_is_listed_where_it_was_and_gets_it_later() -> None:
    history = {"epochs_s": (-np.inf, -3600.0, 400.0), "hourly": ALWAYS_AWAKE}
    some = [
        Some(service=(2, NONE, 2)),
        Some(service=(NONE, NONE, 2)),
        Some(service=(2, NONE, NONE)),
    ]
    engine = engine_of(world_of(some, **history), BY_PLACE, PLACE)
    engine.run(399.0)
    assert_allclose(reached(engine), 0.0)
    engine.run(7200.0)
    assert_allclose(reached(engine), [1000.0, 0.0, 0.0], atol=1e-6)
    forgot = engine_of(world_of(some, **history), BY_PLACE, PLACE | {"location_kept_s": 1800.0})
    forgot.run(7200.0)
    assert_allclose(reached(forgot), 0.0)


def test_addresses_find_residents_not_visitors() -> None:
    some = [Some(1e4), Some(9e4, in_area=False, addressed=False)]
    values = ADDRESS | {"enrolled": 0.3, "up_to_date": 0.9, "away": 0.2}
    engine = engine_of(world_of(some, hourly=ALWAYS_AWAKE), BY_ADDRESS, values)
    engine.run(7200.0)
    assert_allclose(reached(engine), [1e4 * 0.27 * 0.8, 1e4 * 0.27 * 0.2], rtol=1e-6)


def test_service_that_goes_and_comes_back_delays_the_rest() -> None:
    world = world_of([Some(1e5)], hourly=ALWAYS_AWAKE)
    engine = engine_of(world, BY_PLACE, PLACE)
    engine.at(100.0, NetworkChange(0.0))
    engine.at(250.0, NetworkChange(1.0))
    engine.run(249.0)
    half = reached(engine)[0]
    assert_allclose(half, 5e4, rtol=0.005)
    engine.run(7200.0)
    assert_allclose(reached(engine)[0], 1e5, rtol=1e-6)


def test_tries_go_on_for_people_without_service() -> None:
    """Attempts at 0, 300, 900 and 2,100 s: whoever lost service at 100 s gets the fourth."""
    engine = engine_of(world_of([Some(1e5)], hourly=ALWAYS_AWAKE), BY_PLACE, PLACE)
    engine.at(100.0, NetworkChange(0.0))
    engine.at(2000.0, NetworkChange(1.0))
    engine.run(2099.0)
    assert_allclose(reached(engine)[0], 5e4, rtol=0.005)
    engine.run(2320.0)
    assert_allclose(reached(engine)[0], 1e5, rtol=1e-6)


def test_phones_that_are_off_take_their_turn_and_people_without_one_do_not() -> None:
    audience = CERTAIN | {"phone_owned": 0.95, "phone_on_awake": 0.9}
    some = [Some(9e4), Some(1e4, phone_on=False)]
    world = world_of(some, hourly=ALWAYS_AWAKE, values=audience)
    engine = engine_of(world, BY_PLACE, PLACE)
    messages = 9e4 + 1e4 * 0.95 * 0.1 / (1 - 0.95 * 0.9)
    for share in (0.28, 0.56, 0.97):
        engine.run(share * messages / 500.0)
        assert_allclose(reached(engine)[0], share * 9e4, rtol=5e-3)


def test_phones_without_mains_miss_a_late_message() -> None:
    world = world_of([Some(mains_lost=True)], hourly=ALWAYS_AWAKE)
    engine = engine_of(world, BY_PLACE, PLACE, Notice("none"))
    engine.decide(Cancel("none"))
    engine.decide(PowerChange(on=False))
    engine.at(42 * 3600.0, Issue(Notice()))
    engine.run(42.05 * 3600.0)
    assert_allclose(reached(engine)[0] / 1000, np.exp(-1.0), atol=0.02)


@pytest.mark.parametrize("stop", [Cancel("alert"), Update(Notice())])
def test_a_cancelled_queue_stops_and_an_update_begins_anew(stop: Cancel | Update) -> None:
    engine = engine_of(world_of([Some(1e5)], hourly=ALWAYS_AWAKE), BY_PLACE, PLACE)
    engine.at(100.0, stop)
    engine.run(100.0)
    assert_allclose(reached(engine)[0], 5e4, rtol=0.005)
    engine.run(200.0)
    # The update goes to all again: half of its first messages are for people who have one.
    assert_allclose(reached(engine)[0], 5e4 if isinstance(stop, Cancel) else 7.5e4, rtol=0.01)
    engine.run(7200.0)
    assert_allclose(reached(engine)[0], 5e4 if isinstance(stop, Cancel) else 1e5, rtol=0.005)


def test_silent_phones_are_noticed_when_somebody_looks() -> None:
    world = world_of([Some()], hourly=ALWAYS_AWAKE, values=CERTAIN | {"silent_awake": 0.3})
    engine = engine_of(world, BY_PLACE, PLACE | {"noticed_awake": 0.8, "looks_every_s": 1200.0})
    engine.run(10.0)
    assert_allclose(noticed(engine)[0] / 1000, 0.8 * 0.7, atol=0.005)
    engine.run(1205.0)
    assert_allclose(noticed(engine)[0] / 1000, 1 - 0.44 * np.exp(-1), atol=0.005)


def test_an_update_sounds_again() -> None:
    night = IDLE | {"asleep": [1.0] * 24}
    engine = engine_of(
        world_of([Some(awake=False)], hourly=night, hour=2.0, values=CERTAIN | {"silent_asleep": 0.0}),
        BY_PLACE, PLACE | {"noticed_asleep": 0.2},
    )  # fmt: skip
    engine.at(600.0, Update(Notice()))
    engine.run(599.0)
    assert_allclose(noticed(engine)[0] / 1000, 0.2, atol=0.002)
    engine.run(1200.0)
    assert_allclose(noticed(engine)[0] / 1000, 1 - 0.8**2, atol=0.005)


@settings(max_examples=15, deadline=None)
@given(
    share=st.floats(0.0, 1.0),
    at_s=st.floats(0.0, 1500.0),
    delivers=st.floats(0.1, 1.0),
    rate_per_s=st.floats(1.0, 500.0),
)
@pytest.mark.parametrize("channel", [BY_PLACE, BY_ADDRESS])
def test_an_outage_never_helps_and_people_are_conserved(
    channel: Channel, share: float, at_s: float, delivers: float, rate_per_s: float
) -> None:
    some = [
        Some(),
        Some(operator=1),
        Some(service=(NONE,)),
        Some(awake=False),
        Some(phone_on=False),
    ]
    some.append(Some(in_area=False, addressed=False))
    world = world_of(some, values={}, hour=3.0)
    values = {"attempt_delivers": max(0.1, delivers), "rate_per_s": rate_per_s}
    whole, cut = (engine_of(world, channel, values) for _ in range(2))
    cut.at(at_s, NetworkChange(share))
    for until_s in (200.0, 1600.0, 40_000.0):
        for engine in (whole, cut):
            engine.run(until_s)
            totals = engine.totals()
            assert np.all(totals.noticed <= totals.reached + 1e-9)
            assert np.all(totals.reached <= totals.alerted + 1e-6)
            assert_allclose(totals.first.sum() + totals.none.sum(), 6000.0)
            if until_s > 30_000.0:  # nothing is under way
                left = engine.population.unreached[0] / 0.98
                stage = engine.stages[0]
                assert_allclose(stage.kept["unreached"][stage.exposure.kind], left, atol=1e-9)
        # A change ends a step of the queue early, even one that changes nothing: a thousandth of the people under way.
        assert np.all(reached(cut) <= 1.002 * reached(whole) + 0.5)


def test_bad_input_is_named() -> None:
    nowhere = world_of([Some(service=(NONE,))])
    for channel in (BY_PLACE, BY_ADDRESS):
        with pytest.raises(EmptyLayerError, match=f"{channel.name}: no cell and no coverage layer"):
            engine_of(nowhere, channel)
        with pytest.raises(AssumptionError, match="rate_per_s is 0 1/s, but must lie in"):
            engine_of(world_of([Some()]), channel, {"rate_per_s": 0.0})
