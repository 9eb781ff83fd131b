"""Cell broadcast against closed forms, drawn phones, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
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
from ew4all.sim.channels.cell_broadcast import PARAMETERS, CellBroadcast
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, PowerChange, Switch, Update
from ew4all.sim.parameters import resolve

CHANNEL = CellBroadcast()
STILL = {"moves_per_h": 0.0, "network_broadcasts": 1.0}
"""Nobody moves, and all cells do what they are told."""

END_S = 1800.0 + 120.0


@pytest.mark.parametrize("decoded", [0.1, 0.5, 0.9])
def test_repetition_is_geometric(decoded: float) -> None:
    """Each broadcast finds a share of those left: after n of them 1 - (1 - r)^n have it."""
    world = world_of([Some()], hourly=ALWAYS_AWAKE)
    engine = engine_of(
        world, CHANNEL, STILL | {"decoded_4g": decoded, "repeat_s": 60.0}, Notice(duration_s=900.0)
    )
    # Repetition k begins 60 k after the first broadcast, which comes some 11 s after the issue.
    for n in (2, 3, 10):
        engine.run(60.0 * n + 10.0)
        share = 1.0 - (1.0 - decoded) ** n
        assert_allclose(reached(engine)[0] / 1000, share, atol=2e-4)
    engine.run(900.0 + 60.0)
    assert_allclose(reached(engine)[0] / 1000, 1.0 - (1.0 - decoded) ** 15, atol=2e-4)
    engine.run(7200.0)
    assert_allclose(reached(engine)[0] / 1000, 1.0 - (1.0 - decoded) ** 15, atol=2e-4)


def test_whom_it_reaches_is_the_product_of_the_device_steps() -> None:
    world = world_of([Some(service=(k,)) for k in range(4)], values={}, hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNEL, STILL | {"network_broadcasts": 0.95})
    engine.run(END_S)
    capable = world.audience.capable(world.groups)[0]
    assert_allclose(reached(engine) / 1000, 0.95 * 0.99 * capable, atol=3e-5)
    national = engine_of(world, CHANNEL, STILL, Notice(national=True))
    national.run(END_S)
    assert_allclose(reached(national) / 1000, capable, atol=3e-5)


def test_who_has_no_service_no_phone_or_another_cell_gets_nothing() -> None:
    some = [Some(), Some(service=(NONE,)), Some(phone_on=False), Some(addressed=False)]
    engine = engine_of(world_of(some, hourly=ALWAYS_AWAKE), CHANNEL, STILL)
    engine.run(END_S)
    assert_allclose(reached(engine), [1000, 0, 0, 0], atol=0.05)
    assert_allclose(engine.totals().alerted[:, 0], [1000, 0, 1000, 0])


def test_drawn_phones_take_as_long() -> None:
    """One phone after another, as in test_sim_cb_delay, with repetitions: the share reached over time is the same."""
    values = resolve(PARAMETERS, STILL | {"decoded_4g": 0.7}, "")
    rng, n = np.random.default_rng(5), 100_000
    start_s = values["core_median_s"] * np.exp(values["core_sigma"] * rng.standard_normal(n))
    start_s += values["fan_out_4g_s"] * rng.random(n)
    lead_s = values["core_median_s"] * np.exp(values["core_sigma"] ** 2 / 2) + 2.5
    repeat = rng.geometric(0.7, n) - 1
    begin_s = np.where(repeat == 0, start_s, lead_s + 60.0 * repeat)
    radio_s = sum(values[k] * rng.random(n) for k in ("paging_cycle_s", "sib1_s", "si_period_s"))
    missed = rng.geometric(values["segment_received"], n) - 1
    reached_s = begin_s + radio_s + missed * values["si_period_s"] + values["show_s"]
    engine = engine_of(
        world_of([Some()], hourly=ALWAYS_AWAKE), CHANNEL, STILL | {"decoded_4g": 0.7}
    )
    for until_s in (5.0, 8.0, 12.0, 16.0, 25.0, 40.0, 74.0, 120.0, 300.0):
        engine.run(until_s)
        assert_allclose(reached(engine)[0] / 1000, (reached_s <= until_s).mean(), atol=0.01)


def test_a_cell_that_fails_stops_and_one_that_comes_back_is_loaded_anew() -> None:
    service = {"epochs_s": (-np.inf, 300.0, 600.0), "hourly": ALWAYS_AWAKE}
    some = [
        Some(service=(2, NONE, NONE)),
        Some(service=(NONE, 2, NONE)),
        Some(service=(NONE, NONE, 0)),
    ]
    engine = engine_of(world_of(some, **service), CHANNEL, STILL | {"reload_s": 90.0})
    for until_s, lit in (
        (299.0, [1, 0, 0]),
        (390.0, [1, 0, 0]),
        (450.0, [1, 1, 0]),
        (690.0, [1, 1, 0]),
    ):
        engine.run(until_s)
        assert_allclose(reached(engine) / 1000, lit, atol=0.04)
    engine.run(END_S)
    assert_allclose(reached(engine) / 1000, 1.0, atol=1e-3)
    assert engine.events.time_s[-1] < 1801.0


def test_cells_that_come_back_begin_anew_with_the_first_repetition() -> None:
    some = [Some(1e6, service=(2, 2)), Some(service=(NONE, 2))]
    world = world_of(some, epochs_s=(-np.inf, 1000.0), hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNEL, STILL | {"decoded_4g": 0.5, "reload_s": 5.0})
    for n, until_s in ((1, 1040.0), (2, 1100.0), (3, 1160.0)):
        engine.run(until_s)  # repetitions at 12 s past every minute
        assert_allclose(reached(engine)[1] / 1000, 1 - 0.5**n, atol=2e-3)


def test_a_cut_network_gives_back_whom_it_took_and_nobody_twice() -> None:
    world = world_of([Some()], hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNEL, STILL | {"decoded_4g": 0.5})
    engine.at(20.0, NetworkChange(0.0))
    engine.at(900.0, NetworkChange(0.5))
    engine.run(890.0)
    assert_allclose(reached(engine)[0], 500.0 * 0.85, atol=60.0)  # the wave stops where it was
    engine.run(END_S)
    # The half with service has all of its people, of the others whoever got it before.
    assert_allclose(reached(engine)[0], 500.0 + 0.5 * reached_at(890.0), atol=2.0)
    untaken = engine.stages[0].kept["untaken"]
    assert_allclose(untaken.unreached * 1000, 1000.0 - reached(engine), atol=1.0)


def reached_at(until_s: float) -> float:
    engine = engine_of(
        world_of([Some()], hourly=ALWAYS_AWAKE), CHANNEL, STILL | {"decoded_4g": 0.5}
    )
    engine.at(20.0, NetworkChange(0.0))
    engine.run(until_s)
    return float(reached(engine)[0])


def test_people_without_service_who_move_find_that_of_their_zone() -> None:
    some = [Some(), Some(service=(NONE,)), Some(service=(NONE,), zone=1)]
    values = STILL | {"moves_per_h": 0.6, "decoded_4g": 1.0}
    engine = engine_of(world_of(some, hourly=ALWAYS_AWAKE), CHANNEL, values)
    engine.run(END_S)
    moved = 1.0 - np.exp(-0.6 * 0.5)
    assert_allclose(reached(engine)[1] / 1000, 0.5 * moved, atol=0.01)
    assert reached(engine)[2] == 0.0


def test_phones_whose_network_failed_show_it_on_another() -> None:
    """Only where the other one is, only those that had service before, and not all of them."""
    some = [
        Some(service=(2, NONE)), Some(service=(NONE, NONE)), Some(operator=1, service=(2, 2)),
        Some(operator=1, service=(NONE, NONE)), Some(service=(2, NONE), zone=1),
    ]  # fmt: skip
    world = world_of(some, epochs_s=(-np.inf, -60.0), hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNEL, STILL | {"limited_service": 0.6})
    engine.run(END_S)
    assert_allclose(reached(engine) / 1000, [0.6 * 0.5, 0, 1, 0, 0], atol=1e-4)
    assert_allclose(engine.totals().alerted[:, 0] / 1000, [0.5, 0, 1, 0, 0])
    engine = engine_of(world_of([Some(), Some(operator=1)], hourly=ALWAYS_AWAKE), CHANNEL, STILL)
    engine.at(0.0, NetworkChange(0.0, operator="op0"))
    engine.run(END_S)
    assert_allclose(reached(engine) / 1000, [0.7, 1], atol=1e-4)


def test_a_fence_in_phones_spares_who_lives_outside() -> None:
    some = [Some(), Some(in_area=False)]
    engine = engine_of(
        world_of(some, hourly=ALWAYS_AWAKE), CHANNEL, STILL, Notice(device_geofenced=True)
    )
    engine.run(END_S)
    outside = 1.0 - 0.7 * 0.85 * (1.0 - 0.05)
    assert_allclose(reached(engine) / 1000, [1.0, outside], atol=3e-5)


def test_notice_follows_who_is_awake() -> None:
    night = IDLE | {"asleep": [1.0] * 6 + [0.0] * 18}
    some = [Some(), Some(awake=False)]
    engine = engine_of(world_of(some, hourly=night, hour=2.0), CHANNEL, STILL | {"decoded_4g": 1.0})
    engine.run(120.0)
    assert_allclose(noticed(engine)[1] / 1000, 0.6, atol=1e-3)
    engine.run(3.5 * 3600.0)
    assert_allclose(noticed(engine)[1] / 1000, 0.6, atol=0.08)  # the first ones wake after 5
    engine.run(9 * 3600.0)
    assert_allclose(noticed(engine)[1] / 1000, 1.0, atol=1e-3)


def test_an_update_alerts_again_whoever_overheard_the_first() -> None:
    asleep = IDLE | {"asleep": [1.0] * 24}
    engine = engine_of(
        world_of([Some(awake=False)], hourly=asleep, hour=2.0), CHANNEL, STILL, Notice()
    )
    engine.at(600.0, Update(Notice()))
    engine.run(599.0)
    assert_allclose(noticed(engine)[0] / 1000, 0.6, atol=1e-3)
    engine.run(1200.0)
    assert_allclose(noticed(engine)[0] / 1000, 1.0 - 0.4 * 0.4, atol=5e-3)
    assert reached(engine)[0] <= 1000.0


def test_a_second_alert_reaches_nobody_anew_under_the_same_conditions() -> None:
    world = world_of([Some(service=(k,)) for k in range(4)], values={}, hourly=ALWAYS_AWAKE)
    once = engine_of(world, CHANNEL, STILL)
    twice = engine_of(world, CHANNEL, STILL)
    twice.at(900.0, Issue(Notice("second")))
    for engine in (once, twice):
        engine.run(7200.0)
    assert_allclose(reached(twice), reached(once), atol=0.02)


@pytest.mark.parametrize(
    "stop", [Cancel("alert"), Switch("cell_broadcast", on=False), Update(Notice())]
)
def test_what_is_taken_off_air_reaches_nobody_more(stop: Cancel | Switch | Update) -> None:
    world = world_of([Some()], hourly=ALWAYS_AWAKE)
    engine = engine_of(world, CHANNEL, STILL | {"decoded_4g": 0.5})
    engine.at(15.0, stop)
    if isinstance(stop, Update):
        engine.at(15.0, Cancel("alert"))
    engine.run(15.0)
    before = reached(engine)[0]
    assert 100.0 < before < 450.0
    engine.run(3600.0)
    assert_allclose(reached(engine)[0], before, atol=45.0)  # the piece of the wave that had begun


def test_phones_run_down_without_mains_and_late_alerts_miss_them() -> None:
    some = [Some(), Some(mains_lost=True)]
    world = world_of(some, hourly=ALWAYS_AWAKE, values=CERTAIN)
    engine = engine_of(world, CHANNEL, STILL, Notice("early", duration_s=60.0))
    engine.run(0.0)
    late = engine_of(world, CHANNEL, STILL, Notice("none", duration_s=0.001))
    late.decide(Cancel("none"))
    late.decide(PowerChange(on=False))
    late.at(42 * 3600.0, Issue(Notice()))
    late.run(43 * 3600.0)
    assert_allclose(reached(late) / 1000, [1.0, np.exp(-1.0)], atol=0.02)


@settings(max_examples=15, deadline=None)
@given(
    share=st.floats(0.0, 1.0),
    at_s=st.floats(0.0, 2000.0),
    decoded=st.floats(0.3, 1.0),
    pages=st.integers(1, 15),
)
def test_an_outage_never_helps_and_people_are_conserved(
    share: float, at_s: float, decoded: float, pages: int
) -> None:
    some = [Some(service=(k,)) for k in range(4)] + [Some(service=(NONE,)), Some(awake=False)]
    world = world_of(some, values={}, hour=3.0)
    whole, cut = (
        engine_of(world, CHANNEL, {"decoded_4g": decoded}, Notice(pages=pages)) for _ in range(2)
    )
    cut.at(at_s, NetworkChange(share))
    for until_s in (30.0, 600.0, 3600.0):
        for engine in (whole, cut):
            engine.run(until_s)
            totals = engine.totals()
            assert np.all(totals.noticed <= totals.reached + 1e-9)
            assert np.all(totals.reached <= totals.alerted + 1e-9)
            assert_allclose(totals.first.sum() + totals.none.sum(), 6000.0)
        assert np.all(reached(cut) <= reached(whole) + 0.5)


def test_whole_people_scatter_around_what_is_expected() -> None:
    world = world_of([Some()], values={}, hourly=ALWAYS_AWAKE)
    expected = engine_of(world, CHANNEL)
    expected.run(60.0)
    drawn = []
    for seed in range(60):
        engine = engine_of(world, CHANNEL, drawn=True, seed=seed)
        engine.run(60.0)
        drawn.append(1000.0 - engine.totals().none.sum())
    assert np.mean(drawn) == pytest.approx(noticed(expected)[0], abs=5.0)
    assert drawn[0] == int(drawn[0])


def test_bad_input_is_named() -> None:
    with pytest.raises(
        EmptyLayerError, match="cell_broadcast: no cell and no coverage layer serves"
    ):
        engine_of(world_of([Some(service=(NONE,))]), CHANNEL)
    with pytest.raises(AssumptionError, match="did you mean decoded_4g"):
        engine_of(world_of([Some()]), CHANNEL, {"decode_4g": 0.5})
    with pytest.raises(AssumptionError, match=r"must lie in 0\.\.1"):
        engine_of(world_of([Some()]), CHANNEL, {"decoded_4g": 97.0})
