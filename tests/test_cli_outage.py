"""`ew4all outage` as a command: what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from ew4all.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["outage", *arguments])


@pytest.fixture
def sites(tmp_path: Path) -> str:
    """Twenty cells of one operator, as OpenCelliD lists them."""
    rng = np.random.default_rng(0)
    header = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
    rows = [
        f"LTE,651,1,100,{256 * (k + 1) + 1},0,{27.5 + x:.5f},{-29.5 + y:.5f},1000,10,1,1700000000,1760000000,0"
        for k, (x, y) in enumerate(rng.normal(0, 0.1, (20, 2)))
    ]
    path = tmp_path / "sites.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def dark(tmp_path: Path) -> str:
    path = tmp_path / "dark.wkt"
    path.write_text("POLYGON((27 -30, 28 -30, 28 -29, 27 -29, 27 -30))", encoding="utf-8")
    return f"power={path}"


def test_json_and_folder(tmp_path: Path, sites: str, dark: str) -> None:
    out = tmp_path / "out"
    result = run(
        sites,
        "--hazard",
        dark,
        "--members",
        "4",
        "--seed",
        "5",
        "--days",
        "3",
        "--out",
        str(out),
        "--json",
        "--quiet",
    )
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["schema"] == "ew4all/outage/1"
    assert (document["sites"], document["members"], document["seed"]) == (20, 4, 5)
    assert result.stderr == ""
    assert {p.name for p in out.iterdir()} >= {
        "timeline.csv",
        "sites.csv",
        "curve.csv",
        "ensemble.csv",
        "outage.png",
        "run.json",
    }
    assert json.loads((out / "outage.json").read_text("utf-8")) == document


def test_the_table_for_people(sites: str, dark: str) -> None:
    result = run(sites, "--hazard", dark, "--members", "4", "--days", "3")
    assert result.exit_code == 0, result.stderr
    assert "by first cause of failure" in result.stdout
    assert "Worst at" in result.stdout
    assert "Note: no links were given" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing strikes"),
        (["--hazard", "wind"], "--hazard wants the form wind=FILE"),
        (["--hazard", "hail=x.tif"], "no kind of hazard 'hail'"),
        (["--hazard", "wind=absent.tif"], "absent.tif"),
        (["--cable-cut", "--observed", "x.txt"], "takes the place of a hazard"),
        (
            ["--cable-cut", "--days", "0"],
            "--days must be above 0, but got 0",
        ),
        (
            ["--cable-cut", "--days", "2", "--at-hours", "60"],
            "--at-hours 60 is not within the 2 days",
        ),
        (["--cable-cut", "--members", "0"], "at least one member"),
        (["--cable-cut", "--assume", "battery=3"], "no outage assumption 'battery'"),
        (["--cable-cut", "--repair", "moon"], "no repair class 'moon'"),
        (["--cable-cut", "--relation", "x", "--links", "absent.csv"], "absent.csv"),
        (["--observed", "a.txt", "--observed", "b.txt"], "--observed takes one list of sites"),
        (
            ["--observed", "baseline=a.csv", "--observed-hours", "12"],
            "--observed-hours wants two numbers",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(
    sites: str, arguments: list[str], words: str
) -> None:
    result = run(sites, *arguments)
    assert result.exit_code == 2, result.stdout
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    assert result.stdout == ""


def test_a_hazard_may_be_given_twice_here_and_not_to_reach(sites: str, dark: str) -> None:
    command = [sys.executable, "-m", "ew4all"]
    twice = ["--hazard", dark, "--hazard", dark.replace("power", "fire")]
    done = subprocess.run(
        [*command, "outage", sites, *twice, "--members", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    refused = subprocess.run(
        [*command, "reach", "--hazard", "a", "--hazard", "b"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "--hazard was given twice" in refused.stderr


def test_west_sumatra_from_the_list_and_the_shakemap(tmp_path: Path, shared_data: Path) -> None:
    """As a user would: the list as it was downloaded, a polygon, the ShakeMap."""
    area = tmp_path / "west_sumatra.wkt"
    area.write_text("POLYGON((98 -4, 101.9 -4, 101.9 0.2, 98 0.2, 98 -4))", encoding="utf-8")
    towers = shared_data / "data" / "towers" / "idn_opencellid_510_no_jakarta.csv"
    shakemap = shared_data / "data" / "hazards" / "idn_padang_shakemap_20090930_mmi.tif"
    result = run(
        str(towers),
        "--within",
        str(area),
        "--hazard",
        f"mmi={shakemap}",
        "--members",
        "50",
        "--json",
        "--quiet",
    )
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert 600 < document["cells"] <= 660
    assert 150 < document["sites"] < document["cells"]
    share = {name: row["mean"] / document["sites"] for name, row in document["first_cause"].items()}
    assert 0.02 < share["damage"] < 0.12
    assert 0.02 < share["power"] < 0.12
    assert 0.05 < share["transport"] < 0.35
    assert "people" not in document
