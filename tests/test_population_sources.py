"""Population sources compared: by hand, by properties, on rasters that go out and come in again, and on real files."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from command_line import Ended, command_line
from hypothesis import given
from hypothesis import strategies as st
from raster_files import transform_of, write_tif

import ew4all
from ew4all.errors import EW4AllError, OptionError
from ew4all.population_results import PopulationComparison, spread_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRS = "EPSG:4326"
CORNER = transform_of(10.0, 5.0, 0.01)
WEST, EAST = shapely.box(10.0, 4.96, 10.02, 5.0), shapely.box(10.02, 4.96, 10.04, 5.0)
ZONES = gpd.GeoDataFrame({"id": ["W", "E"], "name": ["west", "east"], "census": [400.0, 100.0]}, geometry=[WEST, EAST], crs=CRS)  # fmt: skip
EVEN = np.full((4, 4), 10.0)
"""Unconstrained: ten people in every cell, 80 in each zone."""

TOWN = np.zeros((4, 4))
TOWN[0, 0], TOWN[3, 3] = 150.0, 50.0
"""Constrained: two towns."""

SIGNAL = np.zeros((4, 4))
SIGNAL[:2] = 1
"""The north is covered."""


def raster(array: Any) -> Any:
    return (array, CORNER, CRS)


def compared(**more: Any) -> PopulationComparison:
    options: dict[str, Any] = {
        "zones": ZONES,
        "population_unit": {"even": "count", "town": "count"},
        "coverage": {"4g": raster(SIGNAL)},
    }
    sources = {"even": raster(EVEN), "town": raster(TOWN)}
    return ew4all.compare_populations(more.pop("population", sources), **(options | more))


def test_by_hand_as_given() -> None:
    found = compared()
    (stage,) = found.stages
    even, town = stage.counts["even"], stage.counts["town"]
    assert (even.people, even.covered, even.uncovered) == pytest.approx((160.0, 80.0, 80.0))
    assert (town.people, town.covered, town.uncovered) == pytest.approx((200.0, 150.0, 50.0))
    assert even.uncovered_share == pytest.approx(0.5)
    assert even.at_risk is None, "nobody asked"
    spread = stage.spread["uncovered"]
    assert (spread.low, spread.high) == pytest.approx((50.0, 80.0))
    assert (spread.low_source, spread.high_source) == ("town", "even")
    assert spread.relative == pytest.approx(30.0 / 65.0)
    (pair,) = found.pairs
    assert pair.dissimilarity == pytest.approx(0.25), (
        "half the even people, three quarters of the towns', are west"
    )
    assert pair.a_where_b_has_nobody == pytest.approx(14 / 16)
    assert pair.b_where_a_has_nobody == pytest.approx(0.0)
    even_km2, town_km2 = (s.settled_km2 for s in found.sources)
    assert even_km2 == pytest.approx(8 * town_km2, rel=1e-4)  # type: ignore[operator]


def test_by_hand_brought_to_official_figures() -> None:
    found = compared(official_column="census")
    given_, last = found.stages
    assert (given_.name, last.name) == ("as_given", "raked")
    for source in ("even", "town"):
        assert last.counts[source].people == pytest.approx(500.0, rel=1e-12)
    assert last.counts["even"].uncovered == pytest.approx(250.0)
    assert last.counts["town"].uncovered == pytest.approx(100.0), (
        "the town in the west is covered, that in the east is not"
    )
    assert found.official is not None
    assert found.official.to_dict() == {"people": 500.0, "unplaced": {}}
    west = found.zones[0]
    assert (west.official, west.given["town"].people, west.last["town"].people) == (
        400.0,
        150.0,
        400.0,
    )
    assert any("comes from where people are placed" in text for text in found.findings)


def test_zones_without_a_figure_are_not_in_the_comparison_with_official_figures() -> None:
    west = ZONES.assign(census=[400.0, np.nan])
    found = compared(zones=west, official_column="census")
    said = {text.split()[0]: text for text in found.findings if "official figures (those" in text}
    # 80 and 150 people where 400 are, whatever the east holds.
    assert said["even"].startswith("even has 80.0% fewer people than the official figures")
    assert said["town"].startswith("town has 62.5% fewer people than the official figures")
    assert "without one is 1 of 2 zones, where the source has 50 people" in said["town"]
    later = compared(
        zones=west, official_column="census", to_year=2021, year={"even": 2020, "town": 2020}, growth=0.1
    )  # fmt: skip
    # Brought to the year first: 88 in the place of 80.
    assert any(
        text.startswith("even, brought to one year, has 78.0% fewer") for text in later.findings
    )
    everywhere = compared(official_column="census").findings
    assert any(text.startswith("even has 68.0% fewer") for text in everywhere)
    assert not any("without one" in text for text in everywhere)
    assert any(text.startswith("even has 84.0% fewer") for text in compared(official_total=1000.0).findings)  # fmt: skip


def test_zones_with_official_people_and_nobody_are_told() -> None:
    empty_east = TOWN.copy()
    empty_east[3, 3] = 0.0
    found = compared(
        population={"even": raster(EVEN), "town": raster(empty_east)}, official_column="census"
    )
    assert found.official is not None
    assert found.official.unplaced == {"town": {"E": 100.0}}
    assert found.stages[-1].counts["town"].people == pytest.approx(400.0)
    assert any("source town has nobody in 1 zones with 100 people" in note for note in found.notes)


def test_one_total_for_all() -> None:
    found = compared(official_total=1000.0)
    assert [c.people for c in found.stages[-1].counts.values()] == pytest.approx([1000.0] * 2)
    assert found.stages[-1].counts["town"].covered == pytest.approx(750.0)
    with pytest.raises(OptionError, match="source none has nobody"):
        compared(
            population={"none": raster(TOWN * 0.0)},
            population_unit={"none": "count"},
            official_total=9.0,
        )


def test_years() -> None:
    year = {"even": 2010, "town": 2020}
    found = compared(year=year, to_year=2020, growth=0.01)
    last = found.stages[-1]
    assert last.name == "to_year"
    assert last.counts["even"].people == pytest.approx(160.0 * 1.01**10)
    assert last.counts["town"].people == pytest.approx(200.0)
    assert any("source even: 2010 to 2020, times 1.1046" in note for note in found.notes)


def test_years_by_a_series(tmp_path: Path) -> None:
    series = tmp_path / "totals.csv"
    series.write_text("year,people\n2010,100\n2020,400\n")
    year = {"even": 2010, "town": 2015}
    found = compared(year=year, to_year=2020, series=series)
    assert found.stages[-1].counts["even"].people == pytest.approx(640.0)
    assert found.stages[-1].counts["town"].people == pytest.approx(400.0)
    with pytest.raises(OptionError, match=r"run from 2010 to 2020 and do not tell 2024"):
        compared(year=year, to_year=2024, series=series)


def test_other_times(tmp_path: Path) -> None:
    table = tmp_path / "presence.csv"
    table.write_text("case,zone,factor,visitors\nday,W,1.5,\nday,E,0.5,\nseason,E,,40\n")
    found = compared(presence=table)
    day, season = found.cases
    assert day.counts["even"].people == pytest.approx(120.0 + 40.0)
    assert day.counts["town"].people == pytest.approx(225.0 + 25.0)
    assert season.counts["even"].people == pytest.approx(160.0 + 40.0)
    assert season.counts["town"].uncovered == pytest.approx(90.0), (
        "visitors stay where residents do"
    )
    assert any("day, source town: 250 people where 200 live" in text for text in found.findings)


@given(
    seed=st.integers(0, 2**32 - 1),
    west=st.floats(0.0, 1e6),
    east=st.floats(0.0, 1e6),
    border=st.floats(10.001, 10.039),
)
def test_official_figures_are_met_exactly_and_shares_kept(
    seed: int, west: float, east: float, border: float
) -> None:
    rng = np.random.default_rng(seed)
    people = rng.gamma(0.3, 30.0, (4, 4)) + 1e-3
    zones = gpd.GeoDataFrame(
        {"id": ["W", "E"], "figure": [west, east]},
        geometry=[shapely.box(10.0, 4.96, border, 5.0), shapely.box(border, 4.96, 10.04, 5.0)],
        crs=CRS,
    )
    found = compared(
        population={"a": raster(people)},
        population_unit={"a": "count"},
        zones=zones,
        official_column="figure",
        cells=False,
    )
    counts = found.stages[-1].counts["a"]
    assert counts.people == pytest.approx(west + east, rel=1e-9, abs=1e-9)
    assert counts.covered is not None
    assert counts.uncovered is not None
    assert counts.covered + counts.uncovered == pytest.approx(counts.people, rel=1e-6)
    for zone, figure in zip(found.zones, (west, east), strict=True):
        before, after = zone.given["a"], zone.last["a"]
        assert after.people == pytest.approx(figure, rel=1e-12)
        assert after.uncovered == pytest.approx(
            before.uncovered * figure / before.people, rel=1e-9, abs=1e-9
        )  # type: ignore[operator]


def test_spread_of_equal_answers_names_the_first() -> None:
    found = compared(
        population={"b": raster(EVEN), "a": raster(EVEN)},
        population_unit={"b": "count", "a": "count"},
    )
    spread = spread_of(found.stages[0].counts)["people"]
    assert (spread.low_source, spread.high_source, spread.relative) == ("b", "b", 0.0)


def test_the_folder_and_the_raster_that_comes_in_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = compared(official_column="census", out=out)
    names = {
        "comparison.json",
        "comparison.png",
        "raked_even.tif",
        "raked_town.tif",
        "run.json",
        "sources.csv",
        "zones.csv",
    }
    assert {p.name for p in out.iterdir()} == names
    document = json.loads((out / "comparison.json").read_text("utf-8"))
    assert document["schema"] == "ew4all/population-comparison/1"
    assert document["stages"] == json.loads(json.dumps(found.to_dict()["stages"]))
    with (out / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["stage"], r["source"]) for r in rows] == [
        ("as_given", "even"),
        ("as_given", "town"),
        ("raked", "even"),
        ("raked", "town"),
    ]
    assert float(rows[3]["uncovered"]) == pytest.approx(100.0)
    assert rows[0]["at_risk"] == ""
    with (out / "zones.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * 2 * 2
    with rasterio.open(out / "raked_town.tif") as file:
        people = file.read(1)
    assert people[people >= 0.0].sum() == pytest.approx(500.0, rel=1e-6)
    assert people[0, 0] == pytest.approx(400.0)
    again = ew4all.reach(
        out / "raked_town.tif",
        zones=ZONES,
        coverage={"4g": raster(SIGNAL)},
        population_unit="count",
    )
    assert again.people.uncovered == pytest.approx(100.0, rel=1e-6)


def test_without_official_figures_no_raster_is_written(tmp_path: Path) -> None:
    compared(out=tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.tif"))


def test_people_on_buildings_are_taken_as_they_are(tmp_path: Path) -> None:
    """A settlement layer: cells of one arc-second, float64, no data where no building stands."""
    people = np.full((72, 72), np.nan)
    people[3, 5], people[70, 70] = 3.25, 4.5
    layer = write_tif(
        tmp_path / "hrsl.tif", people, transform_of(10.0, 5.0, 1.0 / 3600.0), nodata=np.nan
    )
    found = compared(
        population={"even": raster(EVEN), "hrsl": layer},
        population_unit={"even": "count"},
        coverage=None,
    )
    hrsl = found.sources[1]
    assert (hrsl.people, hrsl.unit) == (7.75, "count")
    assert hrsl.settled_km2 == pytest.approx(2 * (1.0 / 3600.0 * 110.57) ** 2, rel=0.01)
    assert found.pairs[0].a_where_b_has_nobody == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"population": {}}, "name the sources"),
        ({"population": "people.tif"}, "name the sources"),
        ({"population": {"even": raster(EVEN)}, "population_unit": None}, "nothing to be compared with"),
        ({"population_unit": {"other": "count"}}, "names 'other', but the sources are even, town"),
        ({"official": "x.csv", "official_total": 5.0}, "give one of the two"),
        ({"zones": None, "official_column": "census"}, "give the zones too"),
        ({"official_where": {"a": "b"}}, "no table was given"),
        ({"official_total": -5.0}, "above 0"),
        ({"growth": 0.01}, "say to which"),
        ({"to_year": 2020}, "one of them"),
        ({"to_year": 2020, "growth": 1.2, "year": {"even": 1, "town": 1}}, "share by year"),
        ({"to_year": 2020, "growth": 0.01, "year": {"even": 2010}}, "--year town=2020"),
        ({"official": "nowhere.csv"}, "there is no table"),
        ({"population": {"even": raster(EVEN), "gone": "nowhere.tif"}, "population_unit": {"even": "count"}}, "source gone: "),
        ({"population": {"even": raster(EVEN), "far": (EVEN, transform_of(60.0, 5.0), CRS)}, "population_unit": {"even": "count", "far": "count"}}, "source far: "),
    ],
)  # fmt: skip
def test_what_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(EW4AllError, match=re.escape(said)):
        compared(**more)


# The command line.


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    even = write_tif(tmp_path / "even.tif", EVEN, CORNER)
    town = write_tif(tmp_path / "town.tif", TOWN, CORNER)
    zones = tmp_path / "zones.geojson"
    ZONES.to_file(zones)
    return ["--population", f"even={even}", "--population", f"town={town}", "--zones", str(zones), "--population-unit", "even=count", "--population-unit", "town=count"]  # fmt: skip


def test_command_line(run: Callable[..., Ended], files: list[str], tmp_path: Path) -> None:
    ended = run("data", "compare", *files, "--official-column", "census", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["stages"][1]["sources"][1]["people"] == pytest.approx(500.0)
    ended = run(
        "data", "compare", *files, "--official-column", "census", "--out", str(tmp_path / "o")
    )
    assert ended.code == 0, ended.err
    assert "brought to official figures: 500 by every source" in " ".join(ended.out.split())
    assert "raked_town.tif" in ended.err


def test_command_line_refuses(run: Callable[..., Ended], files: list[str]) -> None:
    for more, said in (
        (["--year", "even=2010.5"], "whole year"),
        (["--official-total", "5", "--official-column", "census"], "give one of the two"),
        (["--zones-where", "id=X"], "no shape has 'X'"),
    ):
        ended = run("data", "compare", *files, *more)
        assert ended.code == 2
        assert said in ended.err
        assert ended.err.count("\n") == 1
    assert run("data", "compare", "--population", files[1]).code == 2
