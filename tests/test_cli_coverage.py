"""`ew4all coverage` as it is typed: what it prints and writes, and how it fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from raster_files import write_tif
from typer.testing import CliRunner

import ew4all
from ew4all.cli import app
from ew4all.cli.options import once_only, repeatable
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEADER = (
    "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
)
ROWS = (
    "LTE,651,01,117,11201,-1,28.05,-29.06,1000,20,1,1600000000,1700000000,0",
    "LTE,651,02,117,11457,-1,28.20,-29.12,1000,20,1,1600000000,1700000000,0",
    "GSM,651,01,3,4411,-1,28.05,-29.06,1000,9,1,1600000000,1690000000,0",
    "GSM,651,01,3,4411,-1,28.05,-29.06,1000,4,1,1600000000,1690000000,0",
)


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    path = tmp_path / "cells.csv"
    path.write_text("\n".join((HEADER, *ROWS)) + "\n")
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    values = np.random.default_rng(1).exponential(6.0, (60, 80)).astype(np.float32)
    return write_tif(
        tmp_path / "people.tif", values, Affine(0.003, 0, 28.0, 0, -0.003, -29.0), unit="people"
    )


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["coverage", *(str(a) for a in arguments)])


def test_a_map_from_a_list(sites: Path, people: Path, tmp_path: Path) -> None:
    done = run(
        sites,
        "--population",
        people,
        "--out",
        tmp_path / "out",
        "--title",
        "A place",
        "--by-operator",
    )
    assert done.exit_code == 0, done.output
    for words in (
        "A place",
        "in buildings",
        "What became of the rows",
        "no terrain was given",
        "Written to",
    ):
        assert words in done.output
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert {
        "level_4g.tif",
        "server_2g.tif",
        "map_4g_level.png",
        "cells.csv",
        "account.csv",
        "run.json",
    } <= written
    assert {"service_4g_651-1.tif", "service_4g_651-2.tif"} <= written
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["settings"]["sites"] == str(sites)
    assert {i["role"] for i in record["inputs"]} == {"sites", "population"}
    assert all(i["sha256"] for i in record["inputs"])
    covered = ew4all.reach(str(people), coverage={"4g": str(tmp_path / "out" / "service_4g.tif")})
    assert covered.people.covered["4g"] > 0.0


def test_json_alone_on_standard_output(sites: Path, people: Path, tmp_path: Path) -> None:
    done = run(
        sites, "--population", people, "--out", tmp_path / "out", "--json", "--quiet", "--workers", 1,
        "--technology", "4g", "--assume", "height_m=20", "--assume", "decode_4g_dbm=-110", "--resolution-m", 400,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document == json.loads((tmp_path / "out" / "coverage.json").read_text())
    assert [t["technology"] for t in document["technologies"]] == ["4g"]
    assert document["technologies"][0]["served_from_dbm"] == -107.0
    assert sum(row["rows"] for row in document["account"]) == len(ROWS)
    heights = (tmp_path / "out" / "cells.csv").read_text().splitlines()
    assert all(",20.0," in row for row in heights[1:])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--technology", "5g"], "no cell is of 5g; the list holds 2g, 4g"),
        (["--assume", "hight_m=20"], "there is no assumption called 'hight_m'"),
        (["--zone-id", "id"], "a column of zones was named, but no zones were given"),
        (["--landcover-class", "50=built"], "classes of land cover were given without land cover"),
        (["--resolution-m", "0"], "width of a pixel is a number of metres above 0"),
        (["--dem", "/nowhere/dem.tif"], "/nowhere/dem.tif"),
    ],
)
def test_bad_options_end_with_a_sentence(
    sites: Path, people: Path, tmp_path: Path, more: list[str], words: str
) -> None:
    done = run(sites, "--population", people, "--out", tmp_path / "out", *more)
    assert done.exit_code == 2
    assert done.output.startswith("Error: ")
    assert words in done.output.replace("\n", " ")
    assert not (tmp_path / "out").exists()


def test_options_that_may_be_repeated() -> None:
    coverage = [
        "coverage",
        "list.csv",
        "--technology",
        "4g",
        "--technology",
        "2g",
        "--column",
        "a=b",
        "--column",
        "c=d",
    ]
    once_only(coverage, repeatable(coverage))
    twice = ["coverage", "list.csv", "--dem", "a.tif", "--dem", "b.tif"]
    with pytest.raises(OptionError, match="--dem"):
        once_only(twice, repeatable(twice))
