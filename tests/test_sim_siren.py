"""Sirens against closed forms, drawn people, and what must never happen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_phones import ALWAYS_AWAKE, IDLE, Some, engine_of, noticed, reached, world_of
from numpy.testing import assert_allclose

from ew4all.coverage.normal import cdf
from ew4all.errors import AssumptionError, EmptyLayerError
from ew4all.sim.channels.siren import PARAMETERS, Siren
from ew4all.sim.decisions import Cancel, Issue, Notice, PowerChange, Switch, Update
from ew4all.sim.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ew4all.sim.world import World

CHANNEL = Siren()
VALUES = resolve(PARAMETERS, {}, "")
SURE = {"works": 1.0, "battery_share": 0.0, "soundings": 1.0}

INDOORS = IDLE | ALWAYS_AWAKE
OUTDOORS = IDLE | ALWAYS_AWAKE | {"outdoors": [1.0] * 24}
DRIVING = IDLE | ALWAYS_AWAKE | {"driving": [1.0] * 24}
ASLEEP = IDLE | {"asleep": [1.0] * 24}


def heard_in(
    some: Sequence[Some],
    level_db: ArrayLike,
    settlement: int = 1,
    hourly: Any = INDOORS,
    hour: float = 12.0,
) -> World:
    """Return a world with a siren level a row, NaN for none."""
    world = world_of(some, hourly=hourly, hour=hour)
    level = np.asarray(level_db, np.float64)
    siren = np.where(np.isnan(level), -1, np.arange(level.size)).astype(np.int32)
    kind = np.full(level.size, settlement, np.int8)
    return replace(world, rows=replace(world.rows, siren=siren, settlement=kind), siren_db=level)


def chance(over_db: Any) -> Any:
    return cdf((over_db - VALUES["above_noise_db"]) / VALUES["spread_db"])


LEVELS = np.array([45.0, 55.0, 65.0, 75.0, 85.0, 100.0])


def test_indoors_it_is_heard_through_open_and_closed_windows() -> None:
    engine = engine_of(heard_in([Some()] * 6, LEVELS), CHANNEL, SURE)
    engine.run(600.0)
    over = LEVELS - VALUES["ambient_indoors_db"]
    opened = VALUES["windows_open"]
    through = opened * chance(over - VALUES["loss_open_db"])
    through += (1.0 - opened) * chance(over - VALUES["loss_closed_db"])
    assert_allclose(reached(engine) / 1000, through, rtol=1e-6)
    assert_allclose(noticed(engine), reached(engine) * VALUES["noticed_awake"])


@pytest.mark.parametrize(("settlement", "name"), list(enumerate(("rural", "suburban", "urban"))))
@pytest.mark.parametrize("hour", [12.0, 3.0])
def test_outdoors_noise_is_that_of_the_settlement_and_the_hour(
    settlement: int, name: str, hour: float
) -> None:
    world = heard_in([Some(indoors=False)] * 6, LEVELS, settlement, OUTDOORS, hour)
    engine = engine_of(world, CHANNEL, SURE)
    engine.run(600.0)
    noise = VALUES[f"ambient_{name}_db"] - VALUES["night_quieter_db"] * (hour < 6.0)
    assert_allclose(reached(engine) / 1000, chance(LEVELS - noise), rtol=1e-6)


def test_in_a_vehicle_it_is_hardly_heard() -> None:
    engine = engine_of(heard_in([Some(indoors=False)] * 6, LEVELS, hourly=DRIVING), CHANNEL, SURE)
    engine.run(600.0)
    over = LEVELS - VALUES["loss_vehicle_db"] - VALUES["ambient_vehicle_db"]
    assert_allclose(reached(engine) / 1000, chance(over), rtol=1e-6, atol=1e-12)


def test_sleepers_take_note_sounding_by_sounding() -> None:
    world = heard_in([Some(awake=False)], [130.0], hourly=ASLEEP)
    engine = engine_of(world, CHANNEL, SURE | {"soundings": 3.0})
    at_once, again = VALUES["noticed_asleep"], VALUES["again"]
    length_s = VALUES["start_from_s"] + VALUES["start_over_s"] + VALUES["sound_s"]
    each_s = VALUES["start_over_s"] + VALUES["sound_s"] + VALUES["pause_s"]
    for k in range(3):
        engine.run(length_s + k * each_s)
        asleep = (1.0 - at_once) * (1.0 - again * at_once) ** k
        assert_allclose(noticed(engine)[0] / 1000, 1.0 - asleep, atol=1e-6)
    engine.run(7200.0)
    assert_allclose(noticed(engine)[0] / 1000, 1.0 - asleep, atol=1e-6)
    assert_allclose(reached(engine)[0], 1000.0, rtol=1e-6)


def test_drawn_people_hear_it_as_often() -> None:
    """2,000 people, each in a room or in the open, with an ear and a siren of their own."""
    world = heard_in(
        [Some(), Some(indoors=False)], [62.0, 62.0], hourly=INDOORS | {"outdoors": [0.5] * 24}
    )
    engine = engine_of(world, CHANNEL, {"battery_share": 0.0, "soundings": 1.0})
    rng, n = np.random.default_rng(3), 2000
    for row, noise in ((0, VALUES["ambient_indoors_db"]), (1, VALUES["ambient_suburban_db"])):
        loss = np.where(
            rng.random(n) < VALUES["windows_open"], VALUES["loss_open_db"], VALUES["loss_closed_db"]
        )
        level = 62.0 - (loss if row == 0 else 0.0) + VALUES["spread_db"] * rng.standard_normal(n)
        heard = (level > noise + VALUES["above_noise_db"]) & (rng.random(n) < VALUES["works"])
        begin_s = VALUES["start_from_s"] + VALUES["start_over_s"] * rng.random(n)
        notes = heard & (rng.random(n) < VALUES["noticed_awake"])
        for until_s in (12.0, 20.0, 300.0):
            engine = engine_of(world, CHANNEL, {"battery_share": 0.0, "soundings": 1.0})
            engine.run(until_s)
            assert_allclose(
                reached(engine)[row] / 1000, (heard & (begin_s <= until_s)).mean(), atol=0.03
            )
            assert_allclose(
                noticed(engine)[row] / 1000, (notes & (begin_s <= until_s)).mean(), atol=0.03
            )


def test_without_mains_only_batteries_sound_and_later_soundings_find_whom_power_returns_to() -> (
    None
):
    some = [Some(), Some(mains_lost=True)]
    engine = engine_of(
        heard_in(some, [130.0, 130.0]), CHANNEL, SURE | {"battery_share": 0.4, "soundings": 3.0}
    )
    engine.decide(PowerChange(on=False))
    engine.at(200.0, PowerChange(on=True))
    engine.run(199.0)
    assert_allclose(reached(engine), [1000.0, 400.0], atol=1e-3)
    engine.run(3600.0)
    assert_allclose(reached(engine), [1000.0, 1000.0], atol=1e-3)
    old = engine_of(
        heard_in(some, [130.0, 130.0]),
        CHANNEL,
        SURE | {"battery_share": 0.4},
        Notice("none", duration_s=1.0),
    )
    old.decide(Cancel("none"))
    old.decide(PowerChange(on=False))
    old.at(VALUES["battery_s"] + 60.0, Issue(Notice()))
    old.run(VALUES["battery_s"] + 600.0)
    assert_allclose(reached(old), [1000.0, 0.0], atol=1e-3)


def test_outside_the_area_few_sound_and_without_a_siren_nobody_is_alerted() -> None:
    some = [Some(), Some(in_area=False), Some()]
    engine = engine_of(heard_in(some, [130.0, 130.0, np.nan]), CHANNEL, SURE)
    engine.run(600.0)
    told = [1000.0, 1000.0 * VALUES["outside_sounds"], 0.0]
    assert_allclose(reached(engine), told, atol=1e-3)
    assert_allclose(engine.totals().alerted[:, 0], told, atol=1e-3)


def test_people_who_go_out_hear_a_later_alert() -> None:
    hourly = INDOORS | {"outdoors": [0.0] * 12 + [0.0, 1.0] + [1.0] * 10}
    engine = engine_of(heard_in([Some()], [66.0], 0, hourly), CHANNEL, SURE)
    engine.at(4000.0, Issue(Notice("again")))
    engine.run(3500.0)
    inside = reached(engine)[0]
    engine.run(5000.0)
    assert inside < 700.0
    assert_allclose(reached(engine)[0] / 1000, chance(66.0 - VALUES["ambient_rural_db"]), atol=0.01)


@pytest.mark.parametrize("stop", [Cancel("alert"), Switch("siren", on=False)])
def test_what_is_cancelled_sounds_no_more(stop: Cancel | Switch) -> None:
    engine = engine_of(heard_in([Some()], [130.0]), CHANNEL, SURE)
    engine.at(20.0, stop)
    engine.run(25.0)
    before = reached(engine)[0]
    assert 400.0 < before < 700.0
    engine.run(3600.0)
    assert_allclose(reached(engine)[0], before, rtol=1e-9)
    if isinstance(stop, Cancel):
        engine.decide(Issue(Notice("second")))
        engine.run(4000.0)
        assert_allclose(reached(engine)[0], 1000.0, rtol=1e-6)


def test_an_update_replaces_what_sounds() -> None:
    engine = engine_of(heard_in([Some()], [130.0]), CHANNEL, SURE | {"soundings": 3.0})
    engine.at(100.0, Update(Notice()))
    engine.run(7200.0)
    assert engine.events.subject.count("siren") == 2 + 4 + 2
    assert_allclose(reached(engine)[0], 1000.0, rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    level=st.floats(30.0, 130.0),
    louder=st.floats(0.0, 20.0),
    hour=st.floats(0.0, 24.0),
    soundings=st.integers(1, 4),
)
def test_a_louder_siren_reaches_no_fewer_and_people_are_conserved(
    level: float, louder: float, hour: float, soundings: int
) -> None:
    some = [Some(), Some(indoors=False), Some(awake=False), Some(mains_lost=True)]
    for values in ({"soundings": float(soundings)},):
        engines = [
            engine_of(heard_in(some, [db] * 4, hourly={}, hour=hour), CHANNEL, values)
            for db in (level, level + louder)
        ]
        for until_s in (30.0, 400.0, 7200.0):
            for engine in engines:
                engine.run(until_s)
                totals = engine.totals()
                assert np.all(totals.noticed <= totals.reached + 1e-9)
                assert np.all(totals.reached <= totals.alerted + 1e-6)
                assert_allclose(totals.first.sum() + totals.none.sum(), 4000.0)
            assert np.all(reached(engines[1]) >= reached(engines[0]) - 1e-6)


def test_bad_input_is_named() -> None:
    with pytest.raises(EmptyLayerError, match="siren: no siren carries to anybody"):
        engine_of(world_of([Some()]), CHANNEL)
    with pytest.raises(AssumptionError, match="did you mean soundings"):
        engine_of(heard_in([Some()], [80.0]), CHANNEL, {"sounding": 2.0})
