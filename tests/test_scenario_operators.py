"""Operators that a scenario names, beside those of its list of cell sites: told before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_scenarios import text_of

from ew4all.errors import OptionError, ScenarioError
from ew4all.readers.sites import operators_in, read_cells
from ew4all.run_study import run_study
from ew4all.scenario import Scenario, load_scenario, place_names

if TYPE_CHECKING:
    from pathlib import Path

LIST = """lon,lat,technology,operator,updated
-61.70,12.10,4g,North,1700000000
-61.71,12.11,4g,north,1700000000
-61.70,12.12,4g,North,1700000000
-61.72,12.10,4g,South Tel,1700000000
-61.73,12.10,4g,Gone,1300000000
"""


def load(folder: Path, *lines: str, sites: str = LIST) -> Scenario:
    (folder / "sites.csv").write_text(sites, "utf-8")
    path = folder / "made.yaml"
    path.write_text(text_of(*lines), "utf-8")
    return load_scenario(path)


def faults(folder: Path, *lines: str, sites: str = LIST) -> dict[str, Any]:
    with pytest.raises(ScenarioError) as caught:
        load(folder, *lines, sites=sites)
    return {finding.path: finding for finding in caught.value.findings}


def decision(operator: str) -> str:
    return f"  - {{at: 1h, network: {{share: 0, operator: {operator}}}}}"


def test_operators_are_those_that_reading_the_list_gives(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text(LIST, "utf-8")
    found = operators_in(tmp_path / "sites.csv")
    assert found == ("North", "South Tel")
    assert set(read_cells(tmp_path / "sites.csv").cells.operator) == set(found)
    old = operators_in(tmp_path / "sites.csv", max_age_years=100)
    assert old == ("Gone", "North", "South Tel")


def test_operators_of_real_lists_are_those_of_their_cells(shared_data: Path) -> None:
    towers = shared_data / "data" / "towers"
    for name in ("lso_opencellid.csv", "fra_paris_operator_sites.csv"):
        found = operators_in(towers / name)
        assert set(found) == set(read_cells(towers / name).cells.operator)
        assert len(found) > 1


def test_unknown_operators_of_a_list_are_found_with_their_places(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        "network: {sites: sites.csv, operator_share: {North: 0.6, South: 0.3, Gone: 0.1}}",
        "decisions:",
        decision("North"),
        decision("West"),
        decision("South Tel"),
        decision("north"),
    )
    assert set(found) == {
        "network.operator_share.South",
        "network.operator_share.Gone",
        "decisions.1.network.operator",
        "decisions.3.network.operator",
    }
    assert "cells are of North, South Tel" in found["decisions.1.network.operator"].message
    assert (found["decisions.1.network.operator"].line, found["network.operator_share.South"].line) == (7, 4)  # fmt: skip


def test_what_is_found_is_what_the_run_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["network: {sites: sites.csv, operator_share: null}", "decisions:", decision("West")]
    assert faults(tmp_path, *lines)
    monkeypatch.setattr(place_names, "_of_sites", lambda _: iter(()))
    scenario = load(tmp_path, *lines)
    with pytest.raises(OptionError, match="no operator 'West'; it has North, South Tel"):
        run_study(scenario.plan(), scenario.inputs())


def test_one_network_has_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = "lon,lat,technology,operator\n-61.70,12.10,4g,North\n"
    lines = ["network: {sites: sites.csv, operator_share: null}", "decisions:", decision("North")]
    found = faults(tmp_path, *lines, sites=one)
    assert "one network" in found["decisions.0.network.operator"].message
    both = [
        "network: {sites: sites.csv, one_network: true, operator_share: null}",
        "decisions:",
        decision("North"),
    ]
    assert set(faults(tmp_path, *both)) == {"decisions.0.network.operator"}
    load(tmp_path, lines[0], "decisions:", decision("all"), sites=one)
    monkeypatch.setattr(place_names, "_of_sites", lambda _: iter(()))
    scenario = load(tmp_path, *lines, sites=one)
    with pytest.raises(OptionError, match="no operator 'North'; it has all"):
        run_study(scenario.plan(), scenario.inputs())


def test_a_list_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    lines = ["network: {sites: sites.csv, operator_share: {North: 1}}"]
    found = faults(tmp_path, *lines, sites="nothing,here\n1,2\n")
    assert set(found) == {"network.sites"}
    assert "its operators cannot be read" in found["network.sites"].message
    found = faults(tmp_path, "network: {sites: other.csv, operator_share: {North: 1}}")
    assert "other.csv" in found["network.sites"].message
    assert "not" in found["network.sites"].message or "no file" in found["network.sites"].message


def test_the_list_is_not_opened_where_no_operator_is_named(tmp_path: Path) -> None:
    load(tmp_path, "network: {sites: sites.csv, operator_share: null}", sites="nothing\n")


def test_columns_and_ages_of_the_scenario_hold(tmp_path: Path) -> None:
    network = "network: {sites: sites.csv, max_age_years: 100, operator_share: {Gone: 0.5, North: 0.3, South Tel: 0.2}}"
    assert load(tmp_path, network).network.sites is not None
    other = LIST.replace("operator,", "wem,")
    lines = ["network: {sites: sites.csv, columns: {operator: wem}, operator_share: {North: 1}}"]
    load(tmp_path, *lines, sites=other)
