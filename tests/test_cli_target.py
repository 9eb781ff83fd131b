"""`ew4all target`: what it hands on, what it prints where, and how it ends."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import shapely
from made_sites import AREA, PEOPLE, TRANSFORM, made_cells, write_opencellid
from raster_files import write_tif

from ew4all import cli, target_intake
from ew4all.readers.given_cells import GivenCells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ew4all", "target", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, said.out, said.err)

    return run


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Cells of the made-up country whatever list is named; what was asked of its reader."""
    asked: dict[str, Any] = {}

    def cells(sites: Any, read: dict[str, Any]) -> GivenCells:
        asked.update(read, sites=sites)
        return GivenCells(made_cells(), notes=("two rows of the list were dropped",))

    monkeypatch.setattr(target_intake, "cells_of", cells)
    return asked


@pytest.fixture
def given(tmp_path: Path) -> list[object]:
    """The options that every run needs."""
    people = write_tif(tmp_path / "people.tif", PEOPLE, TRANSFORM)
    area = tmp_path / "area.wkt"
    area.write_text(AREA.wkt, "utf-8")
    return ["sites.csv", "--population", people, "--population-unit", "count", "--area", area]


def test_the_table(run: Callable[..., Ended], made: dict[str, Any], given: list[object]) -> None:
    ended = run(*given)
    assert ended.code == 0, ended.err
    assert "OVER-REACHED" in ended.out
    assert "two rows of the list were dropped" in ended.out
    assert ended.err == ""
    assert made["sites"] == "sites.csv"


def test_json_and_every_option(
    run: Callable[..., Ended], made: dict[str, Any], given: list[object], tmp_path: Path
) -> None:
    villages = tmp_path / "villages.csv"
    villages.write_text("name,lon,lat\nMiddle,10.16,4.88\n", "utf-8")
    outages = tmp_path / "ensemble.csv"
    outages.write_text("member,site\n0,\n1,site 3\n", "utf-8")
    ended = run(
        *given, "--threshold", 0.02, "--limit", 40, "--limit-order", "share", "--groups", "tai",
        "--settlements", villages, "--settlement-radius-m", 800, "--floor", 0.9, "--operator", "Delta",
        "--operator", "Echo", "--operator-share", "Delta=0.7", "--operator-share", "Echo=0.3",
        "--geofence-share", 0.5, "--geofence", "error_m=30", "--geofence", "no_fix=0.1",
        "--ensemble", outages, "--robust", "union", "--column", "height_m=H", "--column", "radio=R",
        "--sites-technology", "4g", "--max-age-years", 3, "--assume", "height_m=35",
        "--assume", "shadowing_sd_db=7", "--title", "Drill", "--workers", 2, "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    rule = document["rule"]
    assert rule["threshold"] == 0.02
    assert rule["limit"] == 40
    assert rule["robust"] == "union"
    assert rule["geofence"]["error_m"] == 30.0
    assert rule["addressed_by"] == "tai"
    assert {o["name"]: o["share"] for o in document["operators"]} == {"Delta": 0.7, "Echo": 0.3}
    assert document["settlements"][0]["name"] == "Middle"
    assert document["ensemble"]["members"] == 2
    assert document["groups"]
    assert made["columns"] == {"height_m": "H", "radio": "R"}
    assert made["technology"] == "4g"
    assert made["max_age_years"] == 3.0
    assert made["assume"] == {"height_m": 35.0}


def test_the_folder(
    run: Callable[..., Ended], made: dict[str, Any], given: list[object], tmp_path: Path
) -> None:
    assert made == {}
    ended = run(*given, "--out", tmp_path / "out", "--urgency", "imminent")
    assert ended.code == 0, ended.err
    assert "Written to" in ended.err
    assert "cells.csv" in ended.err
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["settings"]["urgency"] == "imminent"
    assert run(*given, "--out", tmp_path / "out", "--quiet").err == ""


def test_no_cell_serves_the_area(
    run: Callable[..., Ended], made: dict[str, Any], given: list[object], tmp_path: Path
) -> None:
    assert made == {}
    far = tmp_path / "far.wkt"
    far.write_text(shapely.box(10.313, 4.762, 10.318, 4.767).wkt, "utf-8")
    ended = run(*given[:-1], far, "--assume", "reach_km=1", "--out", tmp_path / "out", "--json")
    assert ended.code == 2
    assert ended.out == ""
    assert "no cell serves this area: the nearest site, site 25" in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threshold", "2"], "0 to 1"),
        (["--threshold", "0.1", "--weight", "1"], "give one of them"),
        (["--floor", "0.9"], "--settlements"),
        (["--limit", "0"], "at least one"),
        (["--geofence", "error_m=3"], "--geofence-share"),
        (["--geofence-share", "1.5"], "share is a share of 0 to 1"),
        (["--groups", "county"], "tai or emergency_area"),
        (["--operator", "Foxtrot"], "no cell belongs to the operator 'Foxtrot'"),
        (["--measure", "money"], "'people' or 'area'"),
        (["--cap", "alert.xml"], "not both"),
        (["--limit", "3", "--limit", "4"], "--limit"),
        (["--assume", "colour=3"], "no assumption called 'colour'"),
    ],
)
def test_bad_input_ends_with_one_sentence(
    run: Callable[..., Ended],
    made: dict[str, Any],
    given: list[object],
    arguments: list[str],
    said: str,
) -> None:
    assert made == {}
    ended = run(*given, *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_list_as_it_is_downloaded(
    run: Callable[..., Ended], given: list[object], tmp_path: Path
) -> None:
    sites = write_opencellid(tmp_path / "901.csv")
    ended = run(sites, *given[1:], "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["network_cells"] == 50
    assert {o["name"] for o in document["operators"]} == {"901-1", "901-2"}
