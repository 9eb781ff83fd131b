"""Kits and roaming: what is asked for comes after its delay, to sites that it can mend, and is told where it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from made_sessions import BOSS, PLAYER, alert

from ew4all.errors import AssumptionError, OptionError
from ew4all.exercises.delays import DELAYS
from ew4all.exercises.network_course import CourseChange, NetworkCourse
from ew4all.exercises.requests import Relief, RequestBook, site_zones
from ew4all.exercises.session import Session
from ew4all.exercises.worlds import Worlds
from ew4all.scenario import load_scenario
from ew4all.sim.epochs import Epochs
from ew4all.sim.exercise import Exercise
from ew4all.sim.exercise_events import (
    PowerRequested,
    RequestRefused,
    RoamingRequested,
    SatelliteRequested,
    Started,
)
from ew4all.sim.exercise_log import ExerciseLog

START = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
STORM = Exercise("storm", "Storm", 5 * 3600.0, "grenada-beryl", scenario_start_s=3600.0)
SOON = {"satellite_delay_s": 1800.0, "generator_delay_s": 1800.0, "generator_sites": 2.0, "roaming_delay_s": 600.0}  # fmt: skip


@cache
def storm() -> Worlds:
    return Worlds.of(STORM, load_scenario("grenada-beryl"))


def begun(**options) -> Session:
    session = Session(STORM, storm(), ExerciseLog(), assume={**SOON, **options})
    session.do(START, BOSS, Started("storm", session.digest, 10.0))
    return session


def at(time_s: float) -> datetime:
    return START + timedelta(seconds=time_s / 10.0)


def test_the_table_of_delays_says_where_numbers_are_from() -> None:
    assert {row.name for row in DELAYS} >= {"satellite_delay_s", "generator_sites"}
    assert all(row.source and row.confidence == "judgement" for row in DELAYS)
    with pytest.raises(AssumptionError):
        RequestBook.of([], {"satelite_delay_s": 1.0})


@pytest.mark.slow
def test_generators_go_to_sites_without_power_and_satellite_kits_to_those_cut_off() -> None:
    session = begun()
    time_s = 4 * 3600.0
    for request in (
        PowerRequested("g", None, 3),
        SatelliteRequested("s", None, 2),
        SatelliteRequested("z", "GD-10", 1000),
    ):
        session.do(at(time_s), PLAYER, request)
    worlds, book = session.worlds, session.requests
    relief = Relief.of(book, worlds)
    outage = worlds.inputs.outage
    state = outage.timeline.state_at(3600.0 + time_s + 1800.0 - outage.zero_s)
    by_then = 3600.0 + time_s + 1800.0
    sites = {name: list(relief.served(name, by_then)) for name in ("g", "s", "z")}
    assert 0 < len(sites["g"]) <= 6
    assert np.all(state[sites["g"]] == 2)
    assert np.all(state[sites["s"] + sites["z"]] == 3)
    assert not set(sites["s"]) & set(sites["z"])
    zone = worlds.inputs.zones.index("GD-10")
    assert np.all(site_zones(worlds, state.size)[sites["z"]] == zone)
    before, after = (session.facts(t).value("sites_out") for t in (time_s, time_s + 1800.0))
    came = sum(len(one) for one in sites.values())
    more = session.at(time_s - 1.0).facts(time_s + 1800.0).value("sites_out")
    assert after == more - came
    assert before == session.at(time_s - 1.0).facts(time_s).value("sites_out")


@pytest.mark.slow
def test_roaming_and_kits_change_who_is_warned_after_they_came() -> None:
    found = {}
    for name, requests in (
        ("none", ()),
        ("all", (RoamingRequested("r"), PowerRequested("g", None, 20))),
    ):
        session = begun()
        for request in requests:
            session.do(at(4800.0), PLAYER, request)
        session.do(at(2 * 3600.0), PLAYER, alert("a"))
        found[name] = session.facts(3 * 3600.0).value("people_warned")
    assert found["all"] > found["none"] * 1.001


def test_who_asks_before_batteries_are_empty_has_not_asked_in_vain() -> None:
    """Generators that come while sites still live on batteries go to those that fail first; they used to go nowhere, for good."""
    session = begun()
    session.do(at(60.0), PLAYER, PowerRequested("g", None, 2))
    worlds = session.worlds
    relief = Relief.of(session.requests, worlds)
    comes_s = 3600.0 + 60.0 + 1800.0
    assert relief.served("g", comes_s) == ()
    assert len(relief.served("g", np.inf)) == 4
    outage, site = worlds.inputs.outage, worlds.inputs.network.cells.site
    assert worlds.epochs is not None
    course = worlds.course(relief.changes)
    for one, from_s in relief.sites["g"]:
        assert from_s in worlds.epochs.start_s
        since = [
            outage.timeline.state_at(t - outage.zero_s)[one] for t in np.arange(0.0, from_s, 60.0)
        ]
        assert outage.timeline.state_at(from_s - outage.zero_s)[one] == 2
        assert 3 not in since  # one that is cut off too would stay silent
        assert not worlds.course().alive_at(from_s)[site == one].any()
        assert course.alive_at(from_s)[site == one].all()


def test_what_was_mended_is_lost_where_something_else_happens_to_it() -> None:
    """A site on a generator whose link is cut later is silent: cells came back for good."""
    cells = np.array([True, False])
    epochs = Epochs(np.array([-np.inf, 10.0, 20.0]), np.zeros((3, 2), bool), np.zeros((3, 2), bool))
    course = NetworkCourse.of(epochs, (CourseChange(5.0, cells, until_s=20.0),))
    assert course.start_s.tolist() == [-np.inf, 5.0, 10.0, 20.0]
    assert course.alive[:, 0].tolist() == [False, True, True, False]


def test_requests_that_cannot_be_made_or_refused() -> None:
    session = begun()
    session.do(at(60.0), PLAYER, SatelliteRequested("s", "GD-10", 1))
    for payload, said in (
        (SatelliteRequested("s"), "made already"),
        (PowerRequested("p", "GD-99"), "no zone 'GD-99'"),
        (PowerRequested("p", None, 0), "1 to 1000"),
        (RequestRefused("q"), "is not there"),
    ):
        with pytest.raises(OptionError, match=said):
            session.do(at(70.0), PLAYER, payload)
    session.do(at(80.0), BOSS, RequestRefused("s", "none left"))
    assert session.requests.requests["s"].refused_s == 80.0
    assert Relief.of(session.requests, session.worlds).changes == ()
    with pytest.raises(OptionError, match="was refused"):
        session.do(at(90.0), BOSS, RequestRefused("s"))
