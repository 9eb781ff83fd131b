"""Scenario files: what is well is read, what is wrong is told, all at once and with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_scenarios import SMALL, text_of

from ew4all.errors import ReadError, ScenarioError
from ew4all.scenario import Scenario, load_scenario, scenario_from
from ew4all.sim.decisions import Cancel, Issue, NetworkChange, PowerChange, Switch, Update
from ew4all.sim.step_times import Fixed, LogNormal, NotBefore, Triangle, Uniform, Weibull

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path, *lines: str) -> Scenario:
    path = folder / "made.yaml"
    path.write_text(text_of(*lines), "utf-8")
    return load_scenario(path)


def faults(folder: Path, *lines: str) -> dict[str, Any]:
    """Return the findings of a scenario by path."""
    with pytest.raises(ScenarioError) as caught:
        load(folder, *lines)
    return {finding.path: finding for finding in caught.value.findings}


def test_ten_lines_are_enough(tmp_path: Path) -> None:
    scenario = load(tmp_path)
    assert scenario.name == "made"
    assert scenario.channel_names() == ("cell_broadcast",)
    assert scenario.population.raster is not None
    assert scenario.zones is not None
    plan = scenario.plan()
    assert plan.until_s == 6 * 3600
    assert plan.decisions[0][0] == 0.0
    assert not plan.drawn
    assert scenario.notice == "demo data, not for operations"


def test_all_faults_are_told_at_once_each_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "made.yaml").write_text(
        "schema: ew4all/scenario/1\n"
        "demo: grenada\n"
        "titel: Beryl\n"
        "zero: 2024-07-01T08:00-04:00\n"
        "hazard:\n"
        "  arrival: 3 parsecs\n"
        "population: nowhere.tif\n"
        "channels:\n"
        "  cell_broadcast: {repeat_s: -5}\n"
        "  smoke_signals:\n"
        "behaviour: {phone_owned: 1.3}\n"
        "run:\n"
        "  duration: 0\n",
        "utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "made.yaml")
    places = {finding.path: (finding.line, finding.column) for finding in caught.value.findings}
    assert places == {
        "titel": (3, 1),
        "hazard.arrival.at": (6, 3),
        "population.raster": (7, 1),
        "channels.cell_broadcast.repeat_s": (9, 30),
        "channels.smoke_signals": (10, 3),
        "behaviour.phone_owned": (11, 26),
        "run.duration": (13, 13),
    }
    text = str(caught.value)
    assert "7 faults" in text
    assert "did you mean title?" in text
    assert text.index("line 3") < text.index("line 13")


def test_findings_survive_a_process_boundary() -> None:
    import pickle

    with pytest.raises(ScenarioError) as caught:
        scenario_from({**SMALL, "channel": 1})
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.findings == caught.value.findings
    assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    ("lines", "path", "said"),
    [
        (["schema: ew4all/scenario/9"], "schema", "ew4all/scenario/1"),
        (["demo: atlantis"], "demo", "grenada"),
        (["zero: noon"], "zero", "local time"),
        (["zero: 2024-07-01T08:00"], "zero", "offset"),
        (["channels: []"], "channels", "needs a channel"),
        (["channels: [cell_broadcast, cell_broadcast]"], "channels", "named twice"),
        (["channels: [carrier_pigeon]"], "channels", "there is no channel"),
        (["channels: {siren: }"], "channels.siren", "where the sirens stand"),
        (["hazard: {min: high}"], "hazard.min", "a number"),
        (["hazard: {arrival: {at: 1 h, raster: made.yaml}}"], "hazard.arrival", "one of them"),
        (["hazard: {arrival: {front: [[0, 0], [1, 1]]}}"], "hazard.arrival", "speed"),
        (["hazard: {arrival: {front: [[0, 95], [1, 1]], speed_m_s: 1}}"], "hazard.arrival", "longitude"),
        (["hazard: {arrival: {front: [[0, 0]], speed_m_s: 1}}"], "hazard.arrival.front", "at least 2"),
        (["hazard: {arrival: {at: 1 h, speed_m_s: 3}}"], "hazard.arrival", "belong to a front"),
        (["hazard: {classes: [2 h, 1 h]}"], "hazard", "rise"),
        (["hazard: {arrival: 2024-07-01T08:00Z}"], "hazard.arrival.at", "zero has none"),
        (["population: {day: made.yaml}"], "population", "give both"),
        (["population: {raster: made.yaml, groups: {a: made.yaml}}"], "population", "one of them"),
        (["population: {raster: made.yaml, day_weight: 0.5}"], "population", "day and night"),
        (["network: {coverage: {6g: made.yaml}}"], "network.coverage.6g", "no layer"),
        (["network: {dem: made.yaml}"], "network", "need cell sites"),
        (["network: {sites: made.yaml, outage: {at: 1 h}}"], "network.outage", "nothing strikes"),
        (["network: {sites: made.yaml, outage: {cable_cut: true, member: 20}}"], "network.outage", "numbered from 0"),
        (["network: {operator_share: {Operator A: 0.7, Operator B: 0.7}}"], "network", "add up"),
        (["network: {operator_share: {Operator C: 0.7}}"], "network.operator_share.Operator C", "no layer of coverage"),
        (["alert: {cap: made.yaml, area: made.yaml}"], "alert", "one of them"),
        (["alert: {area: made.yaml, polygon: [[0, 0], [1, 0], [1, 1]]}"], "alert", "one of them"),
        (["alert: {polygon: [[12.1, 0], [12.2, 98], [1, 1]]}"], "alert", "longitude first"),
        (["behaviour: {languages: {fr: 0.9}}"], "alert.languages", "nobody would understand"),
        (["alert: {pages: 16}"], "alert.pages", "at most 15"),
        (["alert: {channels: [radio]}"], "alert.channels", "not used"),
        (["alert: {issued: 7 h}"], "alert.issued", "outside the run"),
        (["alert: {issued: -1 min}"], "alert.issued", "outside the run"),
        (["alert: {issued: 1 h}", "timeline: {}"], "alert.issued", "leave one"),
        (["timeline: {detection: 15 min, decision: {not_before: 5 min}}"], "timeline.decision", "cannot be decided"),
        (["timeline: {detection: -5 min}"], "timeline.detection.fixed", "negative"),
        (["timeline: {decision: {uniform: [9 min, 5 min]}}"], "timeline.decision", "rise"),
        (["timeline: {decision: {uniform: [5 min, 9 min], fixed: 1 min}}"], "timeline.decision", "one of them"),
        (["timeline: {decision: 9 h}"], "timeline", "the run is over"),
        (["timeline: {decison: 9 min}"], "timeline.decison", "did you mean decision?"),
        (["behaviour: {hourly: {asleep: [0.5]}}"], "behaviour.hourly.asleep", "24"),
        ([f"behaviour: {{hourly: {{asleep: {[0.99] * 24}}}}}"], "behaviour", "exclude each other|more people"),
        (["behaviour: {groups: {all: {phone: 0.5}}}"], "behaviour", "factor"),
        (["behaviour: {groups: {75 +: {phone_owned: 0.1}}}"], "behaviour.groups.75 +", "no group '75 [+]', .* are all$"),
        (["demo: valley", "behaviour: {groups: {75 +: {phone_owned: 0.1}}}"], "behaviour.groups.75 +", "are 0-74, 75[+]$"),
        (["behaviour: {languages: {en: 2}}"], "behaviour.languages.en", "at most 1"),
        (["behaviour: {action: panic}"], "behaviour.action", "weibull"),
        (["power: {GD-01: {lost: 2 h, back: 1 h}}"], "power.GD-01", "before they fail"),
        (["power: {GD-01: {lost: 2 h, share: 1.5}}"], "power.GD-01.share", "at most 1"),
        (["decisions: [{at: 1 h}]"], "decisions.0", "needs one of"),
        (["decisions: [{at: 1 h, cancel: alert, power: {on: true}}]"], "decisions.0", "one of them"),
        (["decisions: [{at: 9 h, cancel: alert}]"], "decisions.0.at", "outside the run"),
        (["decisions: [{at: 1 h, cancel: alarm}]"], "decisions.0.cancel", "there is no alert"),
        (["decisions: [{at: 1 h, switch: {channel: radio, on: false}}]"], "decisions.0.switch.channel", "not used"),
        (["decisions: [{at: 1 h, issue: {identifier: alert}}]"], "decisions.0.issue.identifier", "issued already"),
        (["run: {seed: -1}"], "run.seed", "at least 0"),
        (["run: {replicas: 2.5}"], "run.replicas", "a whole number"),
        (["run: {drawn: yes please}"], "run.drawn", "true or false"),
        (["run: {mixing_within: .nan}"], "run.mixing_within", "finite"),
        (["zones: {id: x}"], "zones.file", "missing"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path: Path, lines: list[str], path: str, said: str) -> None:
    import re

    found = faults(tmp_path, *lines)
    assert path in found, found
    assert re.search(said, found[path].message), found[path]
    assert len(found) == 1, found
    assert found[path].line > 0


def test_an_alert_is_not_updated_or_cancelled_before_it_is_issued(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "alert: {issued: 2 h}", "decisions:", "  - {at: 1 h, update: {identifier: alert}}", "  - {at: 90 min, cancel: alert}"
    )  # fmt: skip
    assert "updated 1 h after zero, but issued only at 2 h" in found["decisions.0.at"].message
    assert "cancelled 1.5 h after zero" in found["decisions.1.at"].message
    assert (found["decisions.1.at"].line, found["decisions.1.at"].column) == (7, 10)


def test_a_cancelled_alert_is_not_updated(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "decisions:", "  - {at: 1 h, update: {identifier: alert}}", "  - {at: 2 h, cancel: alert}",
        "  - {at: 2 h, update: {identifier: alert}}", "  - {at: 90 min, update: {identifier: alert}}",
    )  # fmt: skip
    assert set(found) == {"decisions.2.update"}
    assert "'alert' is cancelled 2 h after zero" in found["decisions.2.update"].message


def test_a_channel_of_phones_without_a_network_is_refused() -> None:
    given = {
        "schema": "ew4all/scenario/1", "population": "https://example.org/people.tif", "channels": ["cell_broadcast", "radio"]
    }  # fmt: skip
    with pytest.raises(
        ScenarioError, match=r"channels\.cell_broadcast: .*unknown coverage is not zero"
    ):
        scenario_from(given)
    assert scenario_from({**given, "channels": ["radio"]}).channel_names() == ("radio",)


def test_what_the_demo_fills_is_told_at_the_demo(tmp_path: Path) -> None:
    """A fault beside inputs of the demo stands where the user wrote something."""
    found = faults(tmp_path, "network: {operator_share: {Operator C: 1}}")
    assert found["network.operator_share.Operator C"].line == 4


def test_who_gives_an_input_gets_none_of_the_demo_in_its_place() -> None:
    scenario = scenario_from(
        {**SMALL, "network": {"sites": "demo:sites.csv"}, "alert": {"area": "demo:area.geojson"}}
    )
    assert scenario.network.coverage is None
    assert scenario.network.operator_share == {"Operator A": 0.55, "Operator B": 0.45}
    assert scenario.alert.cap is None
    with pytest.raises(ScenarioError, match="names none"):
        scenario_from(
            {
                "schema": "ew4all/scenario/1",
                "channels": ["radio"],
                "population": "demo:population.tif",
            }
        )


def test_files_that_are_no_scenarios(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="grenada-beryl"):
        load_scenario("no-such-scenario")
    (tmp_path / "latin.yaml").write_bytes(b"title: \xff\xfe")
    with pytest.raises(ReadError, match="UTF-8"):
        load_scenario(tmp_path / "latin.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n", "utf-8")
    with pytest.raises(ScenarioError, match="keys and values"):
        load_scenario(tmp_path / "list.yaml")


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "people.tif").write_bytes(b"")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert load(tmp_path, "population: people.tif").population.raster == str(
        tmp_path / "people.tif"
    )


def test_the_plan_says_what_the_file_says(tmp_path: Path) -> None:
    scenario = load(
        tmp_path,
        "zero: 2024-07-01T22:30-04:00",
        "channels: {radio: {audience: 0.9}, cell_broadcast: {gateway: 30 s}}",
        "alert: {identifier: a, national: true, languages: [en, fr], pages: 3, duration: 1 h, channels: [radio]}",
        "timeline:",
        "  begins: -1 h",
        "  detection: {triangle: [5 min, 10 min, 30 min]}",
        "  analysis: {uniform: [0, 10 min]}",
        "  decision: {lognormal: {median: 20 min, sigma: 0.4}}",
        "  authoring: {weibull: {scale_per_h: 2}}",
        "  approval: {not_before: 2024-07-01T23:00-04:00}",
        "  gateway: 7 s",
        "behaviour: {phone_owned: 0.8, languages: {en: 0.9}, action: rayleigh}",
        'power: {"*": {lost: 1 h, share: 0.4}}',
        "decisions:",
        "  - {at: 2 h, update: {identifier: a, pages: 1}}",
        "  - {at: 3 h, cancel: a}",
        "  - {at: 1 h, switch: {channel: radio, on: false}}",
        "  - {at: 1 h, network: {share: 0.5, technology: 4g}}",
        "  - {at: 4 h, power: {on: true, zone: GD-01}}",
        "run: {from: -30 min, duration: 8 h, seed: 5, replicas: 10, tick: 2 min}",
    )  # fmt: skip
    plan = scenario.plan()
    uses = {use.channel.name: use for use in plan.uses}
    assert list(uses) == ["cell_broadcast", "radio"]  # in the order of results, not of the file
    assert uses["radio"].values == {"audience": 0.9}
    assert uses["cell_broadcast"].gateway_s == 30.0
    ((timeline, alert),) = plan.alerts
    assert timeline.begins_s == -3600.0
    assert timeline.steps == {
        "detection": Triangle(300.0, 600.0, 1800.0), "analysis": Uniform(0.0, 600.0), "decision": LogNormal(1200.0, 0.4),
        "authoring": Weibull(2.0, 1.0, 21600.0), "approval": NotBefore(1800.0), "gateway": Fixed(7.0),
    }  # fmt: skip
    assert isinstance(alert, Issue)
    assert alert.channels == ("radio",)
    notice = alert.notice
    assert (notice.identifier, notice.national, notice.languages) == ("a", True, ("en", "fr"))
    assert (notice.pages, notice.duration_s) == (3, 3600.0)
    assert [time for time, _ in plan.decisions] == [7200.0, 10800.0, 3600.0, 3600.0, 14400.0]
    update, *others = [decision for _, decision in plan.decisions]
    assert isinstance(update, Update)
    assert update.notice.pages == 1
    assert others == [
        Cancel("a"), Switch("radio", False), NetworkChange(0.5, None, "4g", None), PowerChange(True, "GD-01")
    ]  # fmt: skip
    assert plan.power_cuts["*"] == (3600.0, np.inf, 0.4)
    assert (plan.from_s, plan.until_s, plan.tick_s, plan.seed, plan.drawn) == (
        -1800.0,
        27000.0,
        120.0,
        5,
        True,
    )
    assert plan.zero_hour == 22.5
    assert plan.audience.values["phone_owned"] == 0.8
    assert plan.audience.languages == {"en": 0.9}
    assert plan.response is not None
    usual = scenario_from(SMALL).plan().response
    assert usual is not None
    assert plan.response.within_s(0.5) > 2 * usual.within_s(0.5)  # the Rayleigh form is slower


def test_numbers_that_a_scenario_sets_are_known() -> None:
    scenario = scenario_from(
        {**SMALL, "channels": {"cell_broadcast": {"repeat_s": 30.0}}, "behaviour": {"opted_out": 0.1, "hourly": {"asleep": [0.1] * 24}}}
    )  # fmt: skip
    assert scenario.known() == {
        "cell_broadcast.repeat_s",
        "behaviour.opted_out",
        "behaviour.asleep_odds",
    }
    assert scenario.plan().uses[0].values == {"repeat_s": 30.0}


def test_replicas_draw_people_unless_somebody_says_otherwise() -> None:
    scenario = scenario_from({**SMALL, "run": {"replicas": 5, "seed": 3}})
    assert scenario.plan().drawn
    assert not scenario.plan(replicas=1).drawn
    assert not scenario.plan(drawn=False).drawn
    assert scenario.plan(seed=9).seed == 9
    assert scenario.plan().seed == 3
    assert not scenario_from({**SMALL, "run": {"replicas": 5, "drawn": False}}).plan().drawn


def test_zones_and_operators_that_no_input_has(tmp_path: Path) -> None:
    cut = "{lost: -1h}"
    found = faults(
        tmp_path,
        f"power: {{GD-10: {cut}, '*': {cut}, GD-99: {cut}}}",
        "decisions:",
        "  - {at: 1h, network: {share: 0, zone: Atlantis}}",
        "  - {at: 1h, power: {on: false, zone: outside}}",
        "  - {at: 2h, power: {on: false, zone: GD-98}}",
    )
    assert set(found) == {
        "power.GD-99",
        "decisions.0.network.zone",
        "decisions.2.power.zone",
    }
    assert (
        "there is no zone 'Atlantis'; zones are GD-01" in found["decisions.0.network.zone"].message
    )
    assert found["decisions.2.power.zone"].line


def test_operators_of_decisions_are_those_of_the_layers(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")
    found = faults(
        tmp_path,
        "network:",
        "  coverage: {'4g:North': a.tif, '4g:South': a.tif}",
        "  operator_share: {North: 0.6, South: 0.4}",
        "decisions:",
        "  - {at: 1h, network: {share: 0, operator: North}}",
        "  - {at: 1h, network: {share: 0, operator: East}}",
    )
    assert set(found) == {"decisions.1.network.operator"}
    assert "layers are of North, South" in found["decisions.1.network.operator"].message


def test_zones_that_cannot_be_read_are_left_to_the_run(tmp_path: Path) -> None:
    (tmp_path / "z.geojson").write_text("nothing")
    load(tmp_path, "zones: z.geojson", "power: {X: {lost: -1h}}")
