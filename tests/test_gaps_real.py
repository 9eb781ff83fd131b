"""Gaps of real countries: what each set of inputs can tell, and what it cannot."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from made_gaps import blocks

import ew4all
from ew4all.demo import CASE, folder

if TYPE_CHECKING:
    from pathlib import Path


def parted(found: dict[str, Any]) -> int:
    """Check that every block is the sum of its parts, and zones that of the whole; return how many blocks there are."""
    seen = list(blocks(found))
    for where, block in seen:
        parts = block["coverage_gap"] + block["usage_gap"] + block["reachable"]
        assert parts == pytest.approx(block["people"], abs=1e-6), where
        assert sum(block["channels"].values()) == pytest.approx(block["people"], abs=1e-6), where
    for key in ("people", "coverage_gap", "usage_gap", "reachable"):
        zones = sum(zone[key] for zone in found["zones"])
        assert zones == pytest.approx(found["total"][key], abs=1e-6), key
    return len(seen)


def test_the_demo_with_sites_off_the_air(tmp_path: Path) -> None:
    down = tmp_path / "down.csv"
    down.write_text("member,site\n1,A01\n1,A02\n1,A03\n2,B01\n2,A02\n", encoding="utf-8")
    sirens = tmp_path / "sirens.csv"
    sirens.write_text("lon,lat,rated_dbc\n-61.75,12.05,120\n-61.61,12.12,115\n", encoding="utf-8")
    found = ew4all.gaps(
        CASE.population, CASE.zones, zone_id="id", zone_name="name", sites=folder() / "sites.csv",
        outage=down, sirens=sirens, channels={"sms": None, "app": None}, hazards={"winds": CASE.hazard},
        operator_share=CASE.operator_share,
    ).to_dict()  # fmt: skip
    assert parted(found) == 2 * (1 + 8 + 1 + 8 + 4 * 9), (
        "whole and degraded: all, zones, a hazard, groups"
    )
    assert found["total"]["people"] == pytest.approx(111_454.0, abs=0.5)
    after = found["degraded"]
    assert after["members"] == 2
    assert after["sites_down"] == 2.5
    assert after["coverage_gap"] > found["total"]["coverage_gap"]
    assert after["by_channel"]["siren"] == pytest.approx(found["total"]["by_channel"]["siren"])
    assert 0.0 < found["total"]["by_channel"]["siren"] < 0.5 * found["total"]["people"]
    assert sorted(z["rank"] for z in found["zones"][:-1]) == list(range(1, 8))


def test_samoa_has_districts_and_floods_and_no_coverage(shared_data: Path) -> None:
    data = shared_data / "data"
    found = ew4all.gaps(
        data / "population/wsm_spc_popgrid_100m.tif",
        data / "admin/wsm_districts_with_flood_impacts.geojson",
        hazards={
            # District totals come without an outline of the flood: districts in which a school is hit stand for it.
            "schools hit": {
                "source": data / "admin/wsm_districts_with_flood_impacts.geojson",
                "where": {"ARI100_12hr.Exposed_Schools": 4},
            }
        },
    ).to_dict()
    assert found["total"] == {"people": pytest.approx(202_100, abs=1.0)}
    assert len(found["zones"]) == 44
    assert sum(z["people"] for z in found["zones"]) == pytest.approx(found["total"]["people"])
    assert 0.0 < found["hazards"][0]["people"] < found["total"]["people"]
    assert "coverage_gap" not in found["hazards"][0]
    assert any("neither coverage gap nor usage gap" in said for said in found["cannot"])
    by_name = {g["name"]: g["people"] for g in found["groups"]}
    assert by_name["urban"] + by_name["rural"] == pytest.approx(found["total"]["people"])
    assert 0.3 < by_name["rural"] / found["total"]["people"] < 0.7


def test_malawi_has_people_and_districts_alone(shared_data: Path) -> None:
    data = shared_data / "data"
    found = ew4all.gaps(
        data / "population/africa_worldpop_2020_density_20km.tif",
        data / "admin/mwi_adm2_cod.json",
        population_unit="per_km2",
        facilities={
            "schools": data / "facilities/mwi_schools.csv",
            "health sites": data / "facilities/mwi_health_sites.csv",
        },
    ).to_dict()
    # The README of the data: 15.6 million by the polygon of the country.
    assert found["total"]["people"] == pytest.approx(15.5e6, rel=0.02)
    assert set(found["total"]) == {"people"}
    assert len(found["zones"]) == 33
    assert any("study area is the zones" in note for note in found["notes"])
    assert any("town and country are not told apart" in note for note in found["notes"])
    assert len(found["cannot"]) == 2
    # Where they stand is known, what reaches them is not.
    places = {f["kind"]: f for f in found["facilities"]}
    assert (places["schools"]["count"], places["health sites"]["count"]) == (458, 185)
    districts = gpd.read_file(data / "admin/mwi_adm2_cod.json")
    for kind, file in (("schools", "mwi_schools.csv"), ("health sites", "mwi_health_sites.csv")):
        with (data / "facilities" / file).open(encoding="utf-8-sig", newline="") as rows:
            where = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(rows)]
        points = gpd.GeoDataFrame(geometry=shapely.points(where), crs=4326)
        joined = points.sjoin(districts).groupby("ADM2_PCODE").size()
        assert set(places[kind]) == {"kind", "count", "outside", "zones"}
        by_zone = {z["id"]: z["count"] for z in places[kind]["zones"] if z["id"] != "outside"}
        assert by_zone == joined.to_dict()


def test_ibiza_has_coverage_and_no_people(shared_data: Path) -> None:
    data = shared_data / "data/coverage"
    found = ew4all.gaps(
        None,
        data / "esp_ibiza_itu_area.gpkg",
        coverage={"4g": data / "esp_ibiza_itu_mobile_coverage.gpkg"},
    ).to_dict()
    assert set(found["total"]) == {"area_km2", "covered_km2"}
    assert 560.0 < found["total"]["area_km2"] < 600.0  # the island has 571 km2
    assert 0.0 < found["total"]["covered_km2"]["4g"] < found["total"]["area_km2"]
    assert found["cannot"][0].startswith("no population was given: nobody can be counted")
    assert "population" not in {i["role"] for i in found["inputs"]}


def lesotho(shared_data: Path) -> dict[str, Any]:
    """What is known of the country: settlements, towers, SMS."""
    data = shared_data / "data"
    return {
        "population_unit": "per_km2",
        "refine": data / "places/geonames_cities500_selected.csv",
        "sites": data / "towers/lso_opencellid.csv",
        "sites_options": {"max_age_years": 100.0},
        "channels": {"sms": None},
    }


@pytest.mark.slow
def test_lesotho_by_district_is_the_full_report(shared_data: Path) -> None:
    data, given = shared_data / "data", lesotho(shared_data)
    africa = data / "population/africa_worldpop_2020_density_20km.tif"
    found = ew4all.gaps(africa, data / "admin/lso_adm1_cod.json", **given).to_dict()
    assert parted(found) == (1 + 4) * 12
    assert len(found["zones"]) == 11
    # People by polygon are 1.33 million where they are spread evenly in cells of 20 km.
    assert found["total"]["people"] == pytest.approx(1.42e6, rel=0.02)
    assert {"2g", "3g", "4g", "any"} == set(found["total"]["covered"])
    by_name = {g["name"]: g for g in found["groups"]}
    urban, rural = by_name["urban"], by_name["rural"]
    assert urban["people"] + rural["people"] == pytest.approx(found["total"]["people"])
    # The cells of the census blocks overlap: real borders do.
    other = ew4all.gaps(africa, data / "admin/lso_adm2_cod.json", **given).to_dict()
    parted(other)
    quality = other["quality"]["zones"]
    assert quality["overlap_people"] > 10_000.0
    assert quality["gaps_people"] > 5_000.0
    assert any("zones overlap" in note for note in other["notes"])


@pytest.mark.slow
def test_lesotho_by_cells_of_h3(shared_data: Path) -> None:
    """The same country in cells of 36 km2: what is left out is less even than between districts."""
    data, given = shared_data / "data", lesotho(shared_data)
    africa, districts = (
        data / "population/africa_worldpop_2020_density_20km.tif",
        data / "admin/lso_adm1_cod.json",
    )
    coarse = ew4all.gaps(africa, districts, **given).to_dict()
    fine = ew4all.gaps(africa, None, within=districts, h3=6, **given).to_dict()
    parted(fine)
    assert fine["zones"][-1]["people"] == pytest.approx(0.0, abs=1e-6)
    # 30,355 km2 over 36 km2 are 840 cells and those that the border cuts, less or more by latitude.
    assert 650 < fine["zoning"]["count"] < 1_100
    for key in ("people", "coverage_gap", "usage_gap", "reachable"):
        assert fine["total"][key] == pytest.approx(coarse["total"][key], abs=1e-6)
    assert 0.2 < coarse["equity"]["left_out"]["gini"] < fine["equity"]["left_out"]["gini"] < 0.8
