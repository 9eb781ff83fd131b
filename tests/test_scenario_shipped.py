"""The shipped scenarios: they are read, fit the JSON Schema, and give the reviewed results."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from made_scenarios import GOLDEN, changed, played, summary

from ew4all.run_study import run_study
from ew4all.scenario import Scenario, file_of, load_scenario, shipped
from ew4all.scenario.demos import SHIPPED
from ew4all.scenario.json_schema import json_schema
from ew4all.scenario.template import TEMPLATE
from ew4all.scenario.yaml_text import read_marked

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("grenada-beryl", "national-test", "valley-flash-flood")


def test_names_work_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tuple(shipped()) == NAMES
    assert file_of("grenada-beryl").parent == SHIPPED
    assert load_scenario("grenada-beryl").origin.name == "grenada-beryl"


@pytest.mark.parametrize("name", NAMES)
def test_each_tells_its_story_its_sources_and_what_is_assumed(name: str) -> None:
    scenario = load_scenario(name)
    assert len(scenario.story or "") > 300
    assert scenario.sources
    assert len(scenario.assumed or []) >= 3
    assert scenario.notice == "demo data, not for operations"


def test_the_schema_file_is_generated() -> None:
    """After a change: ``ew4all scenario schema > ew4all/scenario/data/scenario.schema.json``."""
    written = json.loads((SHIPPED / "scenario.schema.json").read_text("utf-8"))
    assert written == json_schema()


@pytest.mark.parametrize("name", [*NAMES, "template"])
def test_an_editor_finds_no_fault(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = TEMPLATE if name == "template" else file_of(name).read_text("utf-8")
    check = jsonschema.Draft202012Validator(json_schema())
    check.check_schema(json_schema())
    given: dict[str, Any] = read_marked(text).value
    assert [error.message for error in check.iter_errors(given)] == []
    for path, value in (
        (("titel",), "x"),
        (("run", "seed"), -1),
        (("channels", "cell_broadcast"), {"repeat_s": -5}),
        (("demo",), "atlantis"),
        (("hazard", "arival"), "3 h"),
    ):
        wrong = copy.deepcopy(given)
        *sections, last = path
        inner = wrong
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = value
        assert list(check.iter_errors(wrong)), path


@pytest.mark.parametrize("name", NAMES)
def test_results_are_those_that_were_reviewed(name: str) -> None:
    """After a change that is meant: ``python -m tests.made_scenarios`` writes them anew; read the difference."""
    golden = json.loads(GOLDEN.read_text("utf-8"))[name]
    got = summary(played(name))
    _same(got, golden, name)


def _same(got: Any, want: Any, where: str) -> None:
    if isinstance(want, dict):
        assert set(got) == set(want), where
        for key, value in want.items():
            _same(got[key], value, f"{where}.{key}")
    else:
        assert got == pytest.approx(want, rel=1e-6, abs=1e-3), where


def in_time(scenario: Scenario) -> float:
    return float(run_study(scenario.plan(), scenario.inputs()).played.in_time.sum())


def test_people_add_up_in_each() -> None:
    for name in NAMES:
        result = played(name)
        totals = result.played.totals
        told = totals.first.sum(axis=1) + totals.none
        assert told == pytest.approx(result.played.people, rel=1e-9, abs=1e-6)
        assert result.played.people.sum() == pytest.approx(result.prepared.bins.people.sum())


def test_a_late_decision_costs_people_in_the_valley() -> None:
    """The story says so: with five minutes in the place of half an hour more are warned in time."""
    late = summary(played("valley-flash-flood"))
    early = in_time(
        changed(load_scenario("valley-flash-flood"), timeline__decision="5 min", run__tick="1 min")
    )
    assert early > 1.05 * late["at_risk_in_time"]


def test_the_dying_network_takes_people_from_the_broadcast_of_beryl() -> None:
    late = summary(played("grenada-beryl"))
    scenario = load_scenario("grenada-beryl")
    whole = copy.deepcopy(scenario.origin.given["network"])
    del whole["outage"]
    intact = changed(scenario, network=whole, power={}, decisions=[])
    found = summary(run_study(intact.plan(), intact.inputs()))
    assert found["at_risk_in_time"] > late["at_risk_in_time"]
    reached = [one["channels"]["cell_broadcast"]["reached"] for one in (found, late)]
    assert reached[0] > 1.03 * reached[1]


@pytest.mark.slow
def test_three_hours_earlier_saves_those_of_whom_the_story_tells() -> None:
    told = re.search(
        r"three hours are (\d+) of 100",
        " ".join((load_scenario("grenada-beryl").story or "").split()),
    )
    assert told is not None
    late = summary(played("grenada-beryl"))
    early = in_time(changed(load_scenario("grenada-beryl"), alert__issued="2024-07-01T06:00-04:00"))
    saved = (early - late["at_risk_in_time"]) / late["at_risk"]
    assert round(100 * saved) == int(told[1])


def test_most_notice_a_national_test_and_nobody_is_outside_its_area() -> None:
    found = summary(played("national-test"))
    assert found["over_reach"] == 0.0
    assert 0.75 < found["at_risk_warned"] / found["people"] < 0.97


def test_the_story_of_beryl_tells_when_the_winds_come_by_its_own_front() -> None:
    """Three quarters of an hour after the warning in Petite Martinique, soon after that in Carriacou."""
    import shapely
    from affine import Affine
    from pyproj import CRS

    from ew4all.grid import Block, Grid
    from ew4all.sim.arrival import MovingFront

    scenario = load_scenario("grenada-beryl")
    story, front = " ".join((scenario.story or "").split()), scenario.hazard.arrival
    after_s = {}
    for place, lon, lat in (("Petite Martinique", -61.385, 12.521), ("Carriacou", -61.455, 12.480)):
        pixel = Grid(
            Affine(0.001, 0, lon - 0.0005, 0, -0.001, lat + 0.0005), 1, 1, CRS.from_epsg(4326)
        )
        line = shapely.LineString(front.front)
        moving = MovingFront(pixel, line, front.speed_m_s, front.since, front.bearing_deg)
        after_s[place] = float(moving.read(Block(0, 1, 0, 1))[0, 0]) - (scenario.alert.issued or 0)
    assert 40 * 60 < after_s["Petite Martinique"] < 50 * 60
    assert 0 < after_s["Carriacou"] - after_s["Petite Martinique"] < 15 * 60
    assert "three quarters of an hour later winds of 64 knots reach Petite Martinique" in story
    assert "soon after Carriacou" in story
