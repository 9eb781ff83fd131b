"""Zones in three formats: the same numbers, the same bytes twice, and what other programs need."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from made_results import PEOPLE, UNKNOWN_COVERAGE, ZONES, made_reach

from ew4all.errors import WriteError
from ew4all.results import ZoneCount
from ew4all.writers.tables import write_zone_tables

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [
    "id", "name", "total", "at_risk", "in_area", "at_risk_in_area", "at_risk_outside",
    "at_risk_covered",
    "covered_2g", "covered_4g", "covered_any", "uncovered",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_zone_tables(tmp_path, made_reach())
    return tmp_path


def test_csv_has_all_zones_and_all_digits(folder: Path) -> None:
    with (folder / "zones.csv").open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == COLUMNS
    assert [row[0] for row in rows] == ["01", "02", "outside"]
    assert rows[0][1] == ZONES[0].name
    assert rows[1][1] == ZONES[1].name
    assert sum(float(row[2]) for row in rows) == PEOPLE.total
    third = replace(ZONES[0], people=replace(PEOPLE, total=1 / 3))
    write_zone_tables(folder, made_reach(zones=(third,)))
    assert repr(1 / 3) in (folder / "zones.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["zones.gpkg", "zones.parquet"])
def test_geometry_formats_hold_the_same_table(folder: Path, name: str) -> None:
    path = folder / name
    read = (
        gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path, layer="zones")
    )
    assert list(read.columns) == [*COLUMNS, "geometry"]
    assert read.crs.to_epsg() == 4326
    assert list(read["id"]) == ["01", "02", "outside"]  # no number, or the nought would be lost
    assert list(read["name"]) == [z.name for z in ZONES]
    assert {str(read[c].dtype) for c in COLUMNS[2:]} == {"float64"}
    for zone, row in zip(ZONES, read.itertuples(), strict=True):
        assert (row.total, row.covered_any, row.uncovered) == (
            zone.people.total,
            zone.people.covered["any"],
            zone.people.uncovered,
        )
        if zone.geometry is None:
            assert row.geometry is None
        else:
            assert shapely.equals(row.geometry, zone.geometry)


def test_geopackage_has_one_kind_of_geometry_and_an_index(folder: Path) -> None:
    facts = pyogrio.read_info(folder / "zones.gpkg", layer="zones")
    assert facts["geometry_type"] == "MultiPolygon"
    assert facts["features"] == 3
    with closing(sqlite3.connect(folder / "zones.gpkg")) as database:
        tables = {row[0] for row in database.execute("select name from sqlite_master")}
    assert "rtree_zones_geom" in tables


def test_parquet_can_be_read_by_a_box(folder: Path) -> None:
    path = folder / "zones.parquet"
    found = gpd.read_parquet(path, bbox=(5.2, 0.2, 5.8, 0.8))
    assert list(found["id"]) == ["02"]
    metadata = pq.read_schema(path).metadata[b"geo"].decode()
    assert '"version": "1.1.0"' in metadata
    assert '"covering"' in metadata


def test_unknown_is_absent_not_zero(tmp_path: Path) -> None:
    write_zone_tables(tmp_path, made_reach(people=UNKNOWN_COVERAGE, zones=_without_coverage()))
    heading = (tmp_path / "zones.csv").read_text(encoding="utf-8").splitlines()[0]
    assert heading == "id,name,total,at_risk,in_area,at_risk_in_area,at_risk_outside"
    assert set(gpd.read_file(tmp_path / "zones.gpkg")) == {*heading.split(","), "geometry"}


def _without_coverage() -> tuple[ZoneCount, ...]:
    return tuple(replace(z, people=UNKNOWN_COVERAGE) for z in ZONES)


def test_no_zones_give_tables_without_rows(tmp_path: Path) -> None:
    write_zone_tables(tmp_path, made_reach(zones=()))
    assert len(gpd.read_file(tmp_path / "zones.gpkg", layer="zones")) == 0
    assert len(gpd.read_parquet(tmp_path / "zones.parquet")) == 0
    assert len((tmp_path / "zones.csv").read_text().splitlines()) == 1


def test_notice_is_on_every_row_and_in_the_description(tmp_path: Path) -> None:
    write_zone_tables(tmp_path, made_reach(), notice="demo data")
    for line in (tmp_path / "zones.csv").read_text(encoding="utf-8").splitlines()[1:]:
        assert line.endswith(",demo data")
    assert set(gpd.read_parquet(tmp_path / "zones.parquet")["notice"]) == {"demo data"}
    facts = pyogrio.read_info(tmp_path / "zones.gpkg", layer="zones")
    assert facts["layer_metadata"]["DESCRIPTION"].endswith("demo data")


def test_same_result_gives_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        write_zone_tables(tmp_path / name, made_reach())
    for name in ("zones.gpkg", "zones.parquet", "zones.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_geopackage_does_not_hold_the_time(folder: Path) -> None:
    """Equal bytes twice in a second prove little."""
    with closing(sqlite3.connect(folder / "zones.gpkg")) as database:
        (changed,) = database.execute("select last_change from gpkg_contents").fetchone()
    assert changed == "2000-01-01T00:00:00.000Z"
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_many_zones_keep_their_order(tmp_path: Path) -> None:
    ids = [f"{k:04d}" for k in np.random.default_rng(3).permutation(2000)]
    zones = tuple(ZoneCount(i, i, PEOPLE, shapely.box(0.0, 0.0, 1.0, 1.0)) for i in ids)
    write_zone_tables(tmp_path, made_reach(zones=zones))
    assert list(gpd.read_parquet(tmp_path / "zones.parquet")["id"]) == ids
    assert list(gpd.read_file(tmp_path / "zones.gpkg", layer="zones")["id"]) == ids


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot write .*/zones\.gpkg: "):
        write_zone_tables(tmp_path / "nowhere", made_reach())


def test_at_risk_outside_is_what_the_warning_misses(folder: Path) -> None:
    for table in (gpd.read_file(folder / "zones.gpkg"), gpd.read_parquet(folder / "zones.parquet")):
        assert table["at_risk_outside"].tolist() == pytest.approx([1250.0, 750.0, 500.0])
    assert replace(PEOPLE, at_risk=3_499.999_999_999).at_risk_outside == 0.0
