"""What is counted in time does not depend on the ticks of curves: nobody is warned before the alert, and quantiles are fine."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ew4all.run_ensemble import play_replica
from ew4all.run_library import play_scenario
from ew4all.run_measure import measure
from ew4all.run_study import RunResult, play, run_study
from ew4all.scenario import scenario_from
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import TICK_S, Engine
from ew4all.sim.records import after_issue

VALLEY: dict[str, Any] = {
    "schema": "ew4all/scenario/1",
    "demo": "valley",
    "zero": "12:00",
    "channels": {
        "cell_broadcast": {}, "radio": {}, "siren": {"points": "demo:sirens.csv"}, "word_of_mouth": {},
    },
}  # fmt: skip


@cache
def played(arrival: str, issued: str, tick: str, duration: str = "90 min") -> RunResult:
    given = {
        **VALLEY,
        "hazard": {"arrival": arrival},
        "alert": {"issued": issued},
        "run": {"duration": duration, "tick": tick},
    }
    scenario = scenario_from(given, name="test")
    return run_study(scenario.plan(), scenario.inputs())


def measured(result: RunResult) -> dict[str, Any]:
    return measure(result.plan, result.prepared, result.played)


@pytest.mark.parametrize("tick", ["10 s", "1 min", "10 min", "1 h"])
@pytest.mark.parametrize(("arrival", "issued"), [("25 min", "30 min"), ("30 min 45 s", "30 min 50 s")])  # fmt: skip
def test_nobody_is_in_time_where_the_hazard_comes_before_the_alert(
    arrival: str, issued: str, tick: str
) -> None:
    result = played(arrival, issued, tick)
    found = measured(result)
    assert result.played.in_time.sum() == 0.0
    assert found["lead"][1:].sum() == pytest.approx(0.0, abs=1e-9)
    assert found["lead"][0] > 10_000


@pytest.mark.parametrize("tick", ["1 min", "10 min", "1 h"])
def test_who_is_in_time_does_not_depend_on_the_tick(tick: str) -> None:
    fine, coarse = played("31 min", "30 min", "5 s"), played("31 min", "30 min", tick)
    assert coarse.played.in_time.sum() == pytest.approx(fine.played.in_time.sum(), rel=0.01)
    assert measured(coarse)["lead"] == pytest.approx(measured(fine)["lead"], rel=1e-4, abs=1.0)


def test_the_time_until_half_are_warned_is_known_to_a_few_percent() -> None:
    """At a tick of a minute it was 34 s, in a straight line from nobody to those warned after a minute."""
    times = {tick: measured(played("31 min", "30 min", tick))["times_s"] for tick in ("5 s", "1 min", "1 h")}  # fmt: skip
    fine = run_study_at_one_second()
    for tick, found in times.items():
        assert found[:3] == pytest.approx(fine[:3], rel=0.05), tick
    assert 10.0 < fine[1] < 20.0


@cache
def run_study_at_one_second() -> Any:
    return measured(played("31 min", "30 min", "1 s", "41 min"))["times_s"]


def test_points_lie_a_second_apart_after_an_issue_and_up_to_a_tick_later() -> None:
    points = np.array(after_issue(TICK_S))
    steps = np.diff(points)
    assert points[:7].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.all(np.diff(steps) >= -1e-9)
    assert 0.8 * TICK_S < steps[-1] < TICK_S
    assert points.size < 40
    assert after_issue(1.0) == [0.0]


def test_an_alert_that_nobody_foresaw_is_followed_as_closely() -> None:
    from made_phones import ALWAYS_AWAKE, Some, world_of

    from ew4all.sim.channels.registry import CHANNELS
    from ew4all.sim.engine import ChannelUse

    engine = Engine(world_of([Some()], hourly=ALWAYS_AWAKE), [ChannelUse(CHANNELS["radio"])])
    engine.run(90.0)
    engine.decide(Issue(Notice()))
    engine.run(600.0)
    times = engine.curves.time_s
    assert {90.0, 91.0, 92.0, 96.0} <= set(times)
    assert np.all(np.diff(times) > 0)
    assert engine.curves.common().time_s == [60.0 * k for k in range(11)]


def test_replicas_have_the_same_points_and_each_is_measured_by_its_own() -> None:
    given = {
        **VALLEY,
        "hazard": {"arrival": "1 h"},
        "timeline": {"decision": {"uniform": ["2 min", "50 min"]}},
        "run": {"duration": "2 h", "tick": "30 min"},
    }
    scenario = scenario_from(given, name="test")
    run = play_scenario(scenario, replicas=3)
    ticks = [one["time_s"].tolist() for one in run.outcomes]
    assert ticks[0] == ticks[1] == ticks[2]
    assert {0.0, 1800.0, 3600.0, 7200.0} <= set(ticks[0])
    sent = [float(one["issued_s"]) for one in run.outcomes]
    assert len(set(sent)) == 3
    for one, issued_s in zip(run.outcomes, sent, strict=True):
        # A quarter of the people hear of it within a minute, whenever that is.
        assert 0.0 < one["times_s"][0] < 60.0
        before = one["time_s"] <= issued_s
        assert np.all(one["curve_warned"][before] == 0.0)


def test_looking_more_often_changes_nothing_but_by_rounding() -> None:
    result = played("31 min", "30 min", "1 min")
    without = play(result.plan, result.prepared)
    assert without.totals.none.tobytes() == result.played.totals.none.tobytes()
    coarse = played("31 min", "30 min", "1 h").played
    assert coarse.totals.none.sum() == pytest.approx(result.played.totals.none.sum(), rel=1e-3)
    plan, prepared, drawn = play_replica(result.plan, [result.prepared], 1)
    assert drawn.people.sum() == drawn.totals.none.sum() + drawn.totals.first.sum()
    assert plan.tick_s == TICK_S
    assert len(prepared.bins) == len(drawn.people)
