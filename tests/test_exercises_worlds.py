"""Drawn areas in the world of an exercise: as in a run with one, apart with several, and the past stays what it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_sessions import EAST, PLAYER, WEST, alert, begun, box, made, wall, worlds

from ew4all.errors import GridMismatchError, OptionError
from ew4all.exercises.areas import OWN, DrawnArea, area_of
from ew4all.exercises.drawing import Sketchpad
from ew4all.exercises.network_course import CourseChange
from ew4all.run_study import begin, collect, play, prepare
from ew4all.scenario import load_scenario
from ew4all.scenario.document import Scenario
from ew4all.sim.alert_areas import AlertAreas
from ew4all.sim.decisions import Issue, Notice, Update

VALLEY = made(scenario="valley-flash-flood", length_s=4800.0)
OWN_AREA = DrawnArea(OWN)


def valley(left: float, low: float, right: float, high: float) -> DrawnArea:
    """Return a part of the valley's warning area, by shares of its bounds."""
    from ew4all.reprojection import to_lonlat

    found = worlds(VALLEY).inputs
    lonlat = to_lonlat(np.array([found.study.area], dtype=object), found.study.grid)[0]
    west, south, east, north = lonlat.bounds
    wide, tall = east - west, north - south
    return area_of(
        box(west + left * wide, south + low * tall, west + right * wide, south + high * tall)
    )


def issued(name: str, area: str, **options) -> Issue:
    given = {"national": True, "duration_s": 3600.0, **options}
    return Issue(Notice(name, area=area, **given))


def engine_at(found, prepared, decisions, until_s: float):
    engine = begin(found.plan, prepared)
    for time_s, decision in decisions:
        engine.run(time_s)
        engine.decide(decision)
    engine.run(until_s)
    return engine


def warned(engine) -> tuple[float, dict[str, float]]:
    totals = engine.totals()
    each = {n: float(totals.noticed[:, k].sum()) for k, n in enumerate(engine.names)}
    return float(engine.population.people.sum() - totals.none.sum()), each


@pytest.mark.parametrize("name", ["national-test", "valley-flash-flood"])
def test_the_alert_of_the_scenario_at_its_moment_is_the_run_of_the_scenario(name: str) -> None:
    exercise = VALLEY if name != "national-test" else made()
    found = worlds(exercise)
    # Between two points of curves, so that nothing else happens at that very moment.
    issue = (1217.0, Issue(Notice("a", national=True, duration_s=3600.0)))
    plan = replace(found.plan, decisions=(issue,), until_s=4800.0)
    wanted = play(plan, prepare(plan, found.inputs))
    made_of = found.prepared([OWN_AREA], 1217.0)
    engine = engine_at(found, made_of, [(1217.0, issued("a", OWN))], 4800.0)
    got = collect(replace(plan, decisions=()), made_of, engine)
    for field in ("alerted", "reached", "noticed", "first", "only", "none", "several"):
        assert np.array_equal(getattr(got.totals, field), getattr(wanted.totals, field)), field
    assert np.array_equal(got.in_time, wanted.in_time)
    assert np.array_equal(got.losses.lost, wanted.losses.lost)


def test_everybody_is_in_the_areas_that_were_drawn_by_their_exact_share() -> None:
    found, pad = worlds(VALLEY), Sketchpad(worlds(VALLEY))
    a, b = valley(0.0, 0.2, 0.6, 0.7), valley(0.4, 0.5, 1.0, 1.0)
    prepared = found.prepared([a, b, OWN_AREA], 600.0)
    rows, areas = prepared.world.rows, prepared.world.areas
    everybody = found.prepared([], 600.0).world.rows.people.sum()
    assert rows.people.sum() == pytest.approx(everybody, rel=1e-12)
    for area in (a, b, OWN_AREA):
        inside = areas.holds(area.name)
        shape = None if area.shape is None else area.shape.__geo_interface__
        count = pad.count(shape)
        assert rows.people[inside].sum() == pytest.approx(count.in_area, rel=1e-9)
        both = rows.people[inside & rows.at_risk].sum()
        assert both == pytest.approx(count.at_risk_in_area, rel=1e-9)
        assert rows.people[rows.at_risk].sum() == pytest.approx(count.at_risk, rel=1e-9)
        assert count.over_reach == pytest.approx(count.in_area - count.at_risk_in_area)
        assert count.left_out == pytest.approx(count.at_risk - count.at_risk_in_area)
        zone = np.bincount(rows.zone, rows.people)
        alone = found.prepared([area], 600.0).world.rows
        assert np.allclose(zone, np.bincount(alone.zone, alone.people), rtol=1e-9)
    union = np.any([areas.holds(one.name) for one in (a, b, OWN_AREA)], axis=0)
    assert np.array_equal(rows.in_area, union)
    assert prepared.world.zones == found.inputs.zones


@pytest.mark.parametrize("exercise", [made(), VALLEY], ids=["layers", "cells"])
def test_an_area_that_is_drawn_later_changes_nothing_of_before(exercise) -> None:
    found = worlds(exercise)
    a, b = (area_of(WEST), area_of(EAST)) if exercise is not VALLEY else (
        valley(0.0, 0.2, 0.6, 0.7), valley(0.4, 0.5, 1.0, 1.0),
    )  # fmt: skip
    first = [(600.0, issued("a", a.name))]
    total, each = warned(engine_at(found, found.prepared([a], 600.0), first, 2400.0))
    again, parts = warned(engine_at(found, found.prepared([a, b], 600.0), first, 2400.0))
    assert total > 0
    assert again == pytest.approx(total, rel=2e-6)
    for name, value in each.items():
        assert parts[name] == pytest.approx(value, rel=1e-5, abs=1.0), name
    assert parts["cell_broadcast"] == pytest.approx(each["cell_broadcast"], rel=1e-9)
    # The second alert reaches whom the first did not, and takes nobody back.
    both = [*first, (2400.0, issued("b", b.name))]
    more, later = warned(engine_at(found, found.prepared([a, b], 600.0), both, 4800.0))
    alone, _ = warned(engine_at(found, found.prepared([a, b], 600.0), first, 4800.0))
    assert more > alone >= again
    assert all(later[name] >= parts[name] - 1e-6 for name in parts)


def test_two_areas_that_are_alike_are_one() -> None:
    """But for phones that moved since the first alert: with one area the text that looks last says who can receive."""
    found = worlds(made())
    a = area_of(WEST)
    same = DrawnArea("twin", a.shape)
    script = [(600.0, issued("a", a.name)), (1500.0, issued("b", "twin"))]
    once = [(600.0, issued("a", a.name)), (1500.0, issued("b", a.name))]
    total, each = warned(engine_at(found, found.prepared([a, same], 600.0), script, 3000.0))
    wanted, parts = warned(engine_at(found, found.prepared([a], 600.0), once, 3000.0))
    assert total == pytest.approx(wanted, rel=5e-5)
    for name, value in parts.items():
        assert each[name] == pytest.approx(value, rel=2e-4), name


def test_an_update_may_widen_the_area() -> None:
    found = worlds(made())
    a, b = area_of(WEST), area_of(EAST)
    prepared = found.prepared([a, b], 600.0)
    wider = (1200.0, Update(Notice("a", national=True, duration_s=3600.0, area=b.name)))
    before, _ = warned(engine_at(found, prepared, [(600.0, issued("a", a.name))], 3000.0))
    after, _ = warned(engine_at(found, prepared, [(600.0, issued("a", a.name)), wider], 3000.0))
    assert after > before * 1.2


def test_an_area_that_the_run_does_not_have_is_refused_before_anything_is_sent() -> None:
    found = worlds(made())
    engine = begin(found.plan, found.prepared([area_of(WEST)], 600.0))
    with pytest.raises(OptionError, match="no warning area 'drawn-nothing'"):
        engine.decide(issued("a", "drawn-nothing"))
    assert not [k for k in engine.events.kind if k == 6]
    engine = begin(found.plan, prepare(found.plan, found.inputs))
    with pytest.raises(OptionError, match="one warning area"):
        engine.decide(issued("a", "x"))


def test_tables_of_areas_that_do_not_belong_together() -> None:
    world = worlds(made()).prepared([area_of(WEST)], 600.0).world
    good = world.areas
    with pytest.raises(GridMismatchError, match="2 areas were named"):
        AlertAreas(("a", "b"), good.code, good.inside, good.services)
    with pytest.raises(GridMismatchError, match="code 0"):
        AlertAreas(("a",), good.code, ~good.inside, good.services)


def test_worlds_are_folded_once() -> None:
    found, a, b = worlds(made()), area_of(WEST), area_of(EAST)
    assert found.prepared([a, b], 60.0) is found.prepared([a, b, a], 60.0)
    assert found.prepared([a, b], 60.0) is not found.prepared([b, a], 60.0)
    assert found.prepared([a], 60.0) is not found.prepared([a], 61.0)
    # Another moment of issue is another split of the same people.
    assert found.prepared([a], 60.0).folded is found.prepared([a], 61.0).folded
    session = begun(made())
    session.get_ready(EAST)
    folded = found.prepared([b], 99.0).folded
    session.do(wall(600.0), PLAYER, alert("a", EAST))
    assert session.moment(700.0).prepared.folded is folded


def test_cells_that_come_back_and_roaming_warn_more_people_from_then_on() -> None:
    found = worlds(VALLEY)
    cells = found.inputs.network.cells
    out = np.isin(cells.site, np.unique(cells.site)[:6])
    epochs = found.epochs
    dark = replace(epochs, alive=epochs.alive & ~out)
    broken = replace(found, epochs=dark)
    # The inputs' own ground has every cell: a change of nothing folds with the dark ones.
    nothing = (CourseChange(0.0, np.zeros(len(cells), bool)),)
    back = (CourseChange(1800.0, out),)
    roam = (CourseChange(1800.0, None, roaming=True),)
    script = [(600.0, issued("a", OWN, duration_s=4000.0))]
    results = {}
    for name, changes in (("dark", nothing), ("back", back), ("roam", roam)):
        prepared = broken.prepared([OWN_AREA], 600.0, changes)
        results[name] = [
            warned(engine_at(broken, prepared, script, until))[1]["cell_broadcast"]
            for until in (1799.0, 4000.0)
        ]
    for name in ("back", "roam"):
        # More histories: a repetition that reaches too few of a kind waits, here and there, for the next one.
        assert results[name][0] == pytest.approx(results["dark"][0], rel=1e-4)
        assert results[name][1] > results["dark"][1] * 1.001


def test_the_scenario_keeps_its_alerts_only_where_the_exercise_says_so() -> None:
    scenario = load_scenario("national-test")
    assert isinstance(scenario, Scenario)
    free, kept = worlds(made()), worlds(made(keeps_alerts=True))
    assert not any(isinstance(d, Issue) for _, d in free.plan.decisions)
    assert any(isinstance(d, Issue) for _, d in kept.plan.decisions) or kept.plan.alerts
