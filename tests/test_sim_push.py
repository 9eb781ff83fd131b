"""Warning apps and web push against closed forms, drawn devices, and what must never happen."""

from __future__ import annotations

from typing import Any

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
from ew4all.sim.channels.app import PARAMETERS, app
from ew4all.sim.channels.push import delay_of
from ew4all.sim.channels.web_push import web_push
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, Notice, PowerChange, Switch, Update
from ew4all.sim.parameters import resolve

APP, WEB = app(), web_push()
VALUES = resolve(PARAMETERS, {}, "")
ALL = {
    "installed": 1.0,
    "allowed": 1.0,
    "placed": 1.0,
    "data": 1.0,
    "data_2g": 0.0,
    "fixed_network": 0.0,
}
"""Everybody has it, and mobile data of 3G and above gets it through."""

LONG = Notice(duration_s=6 * 3600.0)
LOUD = CERTAIN | {"silent_awake": 0.0, "silent_asleep": 0.0}


def world(some: list[Some], **more: Any) -> Any:
    return world_of(some, values=LOUD, hourly=IDLE | ALWAYS_AWAKE, **more)


def drawn_s(rng: np.random.Generator, n: int, fan_out_s: float, values: Any) -> Any:
    """Draw delays, device by device."""
    delay_s = fan_out_s * rng.random(n)
    delay_s += values["delay_median_s"] * np.exp(values["delay_sigma"] * rng.standard_normal(n))
    return delay_s + (rng.random(n) < values["held_back"]) * rng.exponential(
        values["held_back_s"], n
    )


@pytest.mark.parametrize("fan_out_s", [0.0, 5.0, 600.0])
def test_the_delay_is_that_of_drawn_devices(fan_out_s: float) -> None:
    drawn = drawn_s(np.random.default_rng(4), 200_000, fan_out_s, VALUES)
    names = ("delay_median_s", "delay_sigma", "held_back", "held_back_s")
    delay = delay_of(fan_out_s, *(VALUES[name] for name in names))
    for edge_s, share in zip(delay.edges_s[1:-1], delay.share[1:-1], strict=True):
        assert_allclose((drawn <= edge_s).mean(), share, atol=0.006)


@pytest.mark.parametrize(("channel", "people"), [(APP, 2000.0), (APP, 1e7), (WEB, 1e6)])
def test_devices_one_by_one_get_it_as_soon(channel: Any, people: float) -> None:
    """2,000 devices drawn, of as many people as are handed messages at the rate of the channel."""
    values = resolve(channel.parameters, {}, "")
    engine = engine_of(world([Some(people=people)]), channel, {"data": 1.0}, LONG)
    can = values[channel.has] * values["allowed"] * values["placed"]
    rng, n = np.random.default_rng(8), 2000
    at_s = values["prepare_s"] + drawn_s(rng, n, people * can / values["rate_per_s"], values)
    if not channel.only_phones:
        # Of the computers a quarter is in use now; nobody comes or goes.
        idle = (rng.random(n) > values["on_phone"]) & (rng.random(n) > values["at_computer"])
        at_s[idle] = np.inf
    for until_s in (20.0, 40.0, 120.0, 900.0, 3600.0):
        engine.run(until_s)
        assert_allclose(reached(engine)[0] / (people * can), (at_s <= until_s).mean(), atol=0.035)


def test_whom_it_reaches_is_the_product_of_its_steps() -> None:
    some = [Some(service=(k,)) for k in range(4)] + [Some(service=(NONE,)), Some(in_area=False)]
    engine = engine_of(world(some), APP, {}, LONG)
    engine.run(6 * 3600.0)
    fixed = VALUES["fixed_network"]
    has = VALUES["installed"] * VALUES["allowed"]
    data = np.array([VALUES["data_2g"], *[VALUES["data"]] * 3, 0.0, VALUES["data"]])
    placed = np.array([VALUES["placed"]] * 5 + [VALUES["outside"]])
    assert_allclose(
        reached(engine) / 1000, has * placed * (1 - (1 - data) * (1 - fixed)), rtol=2e-3
    )
    assert_allclose(engine.totals().alerted[:, 0] / 1000, has * placed)


def test_what_cannot_be_delivered_is_kept_until_there_is_data() -> None:
    epochs = (-np.inf, 1800.0)
    some = [
        Some(service=(2, 2)),
        Some(service=(NONE, 2)),
        Some(service=(2, NONE)),
        Some(service=(NONE, NONE)),
    ]
    engine = engine_of(world(some, epochs_s=epochs), APP, ALL | {"held_back": 0.0}, LONG)
    engine.run(1799.0)
    assert_allclose(reached(engine), [1000, 0, 1000, 0], atol=0.2)
    engine.run(1800.0 + VALUES["resync_s"])
    assert_allclose(reached(engine)[1], 1000 * (1 - np.exp(-1)), atol=25.0)
    engine.run(2 * 3600.0)
    assert_allclose(reached(engine), [1000, 1000, 1000, 0], atol=0.5)
    short = engine_of(world(some, epochs_s=epochs), APP, ALL, Notice(duration_s=1700.0))
    short.run(2 * 3600.0)
    assert reached(short)[1] == 0.0  # the alert is over when the cell comes back


def test_a_cut_network_holds_messages_back_and_loses_none() -> None:
    engine = engine_of(world([Some()]), APP, ALL | {"held_back": 0.0}, LONG)
    engine.at(22.0, NetworkChange(0.0))
    engine.at(3600.0, NetworkChange(1.0))
    engine.run(3599.0)
    assert 50.0 < reached(engine)[0] < 600.0
    engine.run(5 * 3600.0)
    assert_allclose(reached(engine)[0], 1000.0, rtol=1e-3)
    untaken = engine.stages[0].kept["untaken"]
    assert_allclose(1000 * untaken.unreached, 1000.0 - reached(engine), atol=0.5)


def test_a_fixed_network_needs_mains() -> None:
    some = [Some(service=(NONE,)), Some(service=(NONE,), mains_lost=True)]
    values = ALL | {"fixed_network": 0.8, "held_back": 0.0}
    engine = engine_of(world(some), APP, values, LONG)
    engine.decide(PowerChange(on=False))
    engine.run(600.0)
    assert_allclose(reached(engine), [800.0, 0.0], atol=0.1)
    engine.decide(PowerChange(on=True))
    engine.run(3600.0)
    assert_allclose(reached(engine), [800.0, 800.0], atol=0.5)


def test_silent_phones_sound_where_the_app_breaks_silence() -> None:
    habits = CERTAIN | {"silent_awake": 0.4, "silent_asleep": 0.9}
    quiet = world_of([Some()], values=habits, hourly=IDLE | ALWAYS_AWAKE)
    values = ALL | {"breaks_silence": 0.25, "looks_every_s": 1e9, "noticed_awake": 0.8}
    engine = engine_of(quiet, APP, values, LONG)
    engine.run(3 * 3600.0)
    assert_allclose(noticed(engine) / reached(engine), 0.8 * (1 - 0.4 * 0.75), rtol=1e-4)


def test_an_update_sounds_again_and_reaches_nobody_twice() -> None:
    values = ALL | {"looks_every_s": 1e9, "noticed_awake": 0.6, "held_back": 0.0}
    engine = engine_of(world([Some()]), APP, values, LONG)
    engine.at(3600.0, Update(LONG))
    engine.run(3599.0)
    assert_allclose(noticed(engine)[0], 600.0, rtol=2e-3)
    engine.run(2 * 3600.0)
    assert_allclose(reached(engine)[0], 1000.0, rtol=1e-3)
    assert_allclose(noticed(engine)[0], 1000.0 * (1 - 0.4 * 0.4), rtol=5e-3)


@pytest.mark.parametrize("stop", [Cancel("alert"), Switch("app", on=False)])
def test_what_is_cancelled_is_delivered_no_more(stop: Cancel | Switch) -> None:
    engine = engine_of(world([Some(people=1e7)]), APP, ALL, LONG)
    engine.at(300.0, stop)
    engine.run(300.0)
    engine.run(420.0)  # a piece of the wave that had begun
    before = reached(engine)[0]
    engine.run(5 * 3600.0)
    assert_allclose(reached(engine)[0], before, rtol=1e-9)
    assert before < 5e6
    if isinstance(stop, Cancel):
        engine.decide(Issue(Notice("second", duration_s=4 * 3600.0)))
        engine.run(8.9 * 3600.0)
        assert_allclose(reached(engine)[0], 1e7, rtol=2e-3)


@settings(max_examples=15, deadline=None)
@given(
    share=st.floats(0.0, 1.0),
    at_s=st.floats(0.0, 3000.0),
    hour=st.floats(0.0, 24.0),
)
def test_an_outage_never_helps_and_people_are_conserved(
    share: float, at_s: float, hour: float
) -> None:
    some = [
        Some(),
        Some(awake=False),
        Some(phone_on=False),
        Some(mains_lost=True),
        Some(in_area=False),
    ]
    place = world_of(some, values={}, hour=hour)
    for channel in (APP, WEB):
        whole, cut = (engine_of(place, channel, {}, LONG) for _ in range(2))
        cut.at(at_s, NetworkChange(share))
        cut.at(at_s, PowerChange(on=False))
        for until_s in (30.0, 900.0, 7200.0):
            for engine in (whole, cut):
                engine.run(until_s)
                totals = engine.totals()
                assert np.all(totals.noticed <= totals.reached + 1e-9)
                assert np.all(totals.reached <= totals.alerted + 1e-6)
                assert_allclose(totals.first.sum() + totals.none.sum(), 5000.0)
            assert np.all(reached(cut) <= reached(whole) + 0.5)


def test_bad_input_is_named() -> None:
    with pytest.raises(EmptyLayerError, match="app: no cell or coverage layer gives anybody data"):
        engine_of(world([Some(service=(NONE,))]), APP, {"fixed_network": 0.0})
    with pytest.raises(EmptyLayerError, match="web_push: nobody has it"):
        engine_of(world([Some()]), WEB, {"subscribed": 0.0})
    with pytest.raises(AssumptionError, match="did you mean installed"):
        engine_of(world([Some()]), APP, {"instaled": 0.5})
