"""Folders of gap analyses of real countries: files agree with each other, and pages say what cannot be told."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import rasterio

import ew4all
from ew4all.demo import CASE, NOTICE, folder
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from pathlib import Path

PARTS = (
    "people",
    "coverage_gap",
    "usage_gap",
    "reachable",
    "channels_none",
    "channels_one",
    "by_channel_sms",
)


def agreeing(out: Path) -> dict[str, Any]:
    """Check that totals of all files are those of gaps.json; return it."""
    document = json.loads((out / "gaps.json").read_text(encoding="utf-8"))
    total = document["total"]
    flat = {**total, **{f"channels_{k}": v for k, v in total.get("channels", {}).items()}}
    flat |= {f"by_channel_{k}": v for k, v in total.get("by_channel", {}).items()}
    with (out / "zones.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parquet = pq.read_table(out / "zones.parquet").to_pydict()
    assert [r["id"] for r in rows] == [z["id"] for z in document["zones"]] == parquet["id"]
    checked = 0
    with closing(sqlite3.connect(out / "zones.gpkg")) as gpkg:
        for name in (*PARTS, "area_km2"):
            if name not in flat:
                assert name not in rows[0], name
                continue
            whole = pytest.approx(flat[name], rel=1e-9, abs=1e-6)
            assert sum(float(r[name]) for r in rows) == whole
            assert sum(parquet[name]) == whole
            assert gpkg.execute(f"select sum({name}) from zones").fetchone()[0] == whole
            checked += 1
    assert checked
    for name, lost in (
        ("left_out", total.get("coverage_gap", 0.0) + total.get("usage_gap", 0.0)),
        ("no_channel", flat.get("channels_none")),
    ):
        path = out / f"{name}.tif"
        if path.is_file():
            with rasterio.open(path) as raster:
                cells = raster.read(1, masked=True).astype(float)
                assert raster.profile["driver"] == "GTiff"
                assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert float(cells.sum()) == pytest.approx(lost, rel=1e-6)
    page = (out / "report.html").read_text(encoding="utf-8")
    for said in document["cannot"]:
        assert said.split(";")[0].split(":")[0] in page
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert set(record["outputs"]) == {path.name for path in out.iterdir()}
    return dict(document)


def has(out: Path, *names: str) -> set[str]:
    return {name for name in names if (out / name).is_file()}


KNOWING = (
    "left_out.tif",
    "no_channel.tif",
    "lorenz.png",
    "facilities.csv",
    "groups.csv",
    "hazards.csv",
)


def test_the_demo_has_every_file(tmp_path: Path) -> None:
    table = tmp_path / "schools.csv"
    table.write_text("id,name,lon,lat\n1,One,-61.75,12.05\n2,Two,-61.62,12.12\n", encoding="utf-8")
    out = tmp_path / "out"
    ew4all.gaps(
        CASE.population, CASE.zones, zone_id="id", zone_name="name", coverage=CASE.coverage,
        operator_share=CASE.operator_share, channels={"sms": None, "radio": folder() / "coverage_2g_a.tif"},
        hazards={"winds": CASE.hazard}, facilities={"schools": table}, out=out, notice=NOTICE,
    )  # fmt: skip
    document = agreeing(out)
    assert has(out, *KNOWING) == set(KNOWING)
    assert document["notice"] == NOTICE
    assert NOTICE in (out / "report.html").read_text(encoding="utf-8")
    with rasterio.open(out / "left_out.tif") as raster:
        assert raster.tags()["EW4ALL_NOTE"] == NOTICE


def test_samoa_by_district_with_floods(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    districts = data / "admin/wsm_districts_with_flood_impacts.geojson"
    flood = {"source": districts, "where": {"ARI100_12hr.Exposed_Schools": 4}}
    ew4all.gaps(
        data / "population/wsm_spc_popgrid_100m.tif", districts, hazards={"schools hit": flood}, out=tmp_path
    )  # fmt: skip
    document = agreeing(tmp_path)
    assert has(tmp_path, *KNOWING) == {"groups.csv", "hazards.csv"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "cannot be told: neither coverage nor a channel was given" in page
    assert f"in the hazard {document['hazards'][0]['name']}" in page


def test_malawi_with_schools_and_health_sites(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    ew4all.gaps(
        data / "population/africa_worldpop_2020_density_20km.tif", data / "admin/mwi_adm2_cod.json",
        population_unit="per_km2", out=tmp_path,
        facilities={"schools": data / "facilities/mwi_schools.csv", "health_sites": data / "facilities/mwi_health_sites.csv"},
    )  # fmt: skip
    document = agreeing(tmp_path)
    assert has(tmp_path, *KNOWING) == {"facilities.csv"}
    with (tmp_path / "facilities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for kind in document["facilities"]:
        assert sum(r["kind"] == kind["kind"] for r in rows) == kind["count"]
    assert "what reaches them cannot be told" in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )


def test_ibiza_in_square_kilometres(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data/coverage"
    ew4all.gaps(
        None, data / "esp_ibiza_itu_area.gpkg", coverage={"4g": data / "esp_ibiza_itu_mobile_coverage.gpkg"}, out=tmp_path
    )  # fmt: skip
    document = agreeing(tmp_path)
    assert not has(tmp_path, *KNOWING)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "How many people live there, and without one, cannot be told" in page
    assert "people</span>" not in page
    outside = next(z for z in document["zones"] if z["id"] == OUTSIDE)
    assert outside["area_km2"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.slow
def test_lesotho_is_the_full_report(shared_data: Path, tmp_path: Path) -> None:
    data = shared_data / "data"
    ew4all.gaps(
        data / "population/africa_worldpop_2020_density_20km.tif", data / "admin/lso_adm1_cod.json",
        population_unit="per_km2", refine=data / "places/geonames_cities500_selected.csv",
        sites=data / "towers/lso_opencellid.csv", sites_options={"max_age_years": 100.0}, channels={"sms": None},
        out=tmp_path, title="Lesotho",
    )  # fmt: skip
    document = agreeing(tmp_path)
    assert has(tmp_path, *KNOWING) == {"left_out.tif", "no_channel.tif", "lorenz.png", "groups.csv"}
    assert 0.0 < document["equity"]["left_out"]["gini"] < 1.0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in (
        "What keeps a warning from them",
        "Where they live",
        "How many channels reach them",
        "How unequal it is",
    ):
        assert words in page
