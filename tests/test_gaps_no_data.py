"""Cells without data in the rasters of a gap analysis: counted by hand, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from made_country import BOX, PEOPLE, raster
from made_gaps import gaps
from raster_files import write_tif

from ew4all.geometry import area_km2

if TYPE_CHECKING:
    from pathlib import Path

ONES = np.ones(PEOPLE.shape, np.float32)
NORTH = BOX(10.0, 4.8, 10.6, 5.0)


def km2(*shapes: Any) -> float:
    return float(
        area_km2(np.array(shapes, dtype=object), gpd.GeoSeries([NORTH], crs=4326).crs).sum()
    )


def of(found: dict[str, Any], word: str) -> dict[str, Any]:
    (one,) = (entry for entry in found["quality"]["no_data"] if word in entry["layer"])
    return one


def test_nan_in_people_and_groups_is_counted_in_the_zones(tmp_path: Path) -> None:
    people, group = PEOPLE.copy(), PEOPLE.copy()
    people[0, :] = np.nan
    people[39, 0:5] = -9.0
    group[:, 59] = np.nan
    zones = gpd.GeoDataFrame({"id": ["n"]}, geometry=[NORTH], crs=4326)
    file = write_tif(tmp_path / "people.tif", people, nodata=-9.0)
    found = gaps(file, zones, groups={"women": raster(group)}, within=[BOX(10.0, 4.6, 10.6, 5.0)])
    # The cells that are marked lie in the south, in no zone.
    mine = of(found, "population raster")
    assert (mine["in"], mine["cells"], mine["of_cells"], mine["nan_cells"]) == ("zones", 60, 1200, 60)  # fmt: skip
    assert mine["km2"] == pytest.approx(km2(BOX(10.0, 4.99, 10.6, 5.0)), rel=1e-6)
    assert of(found, "'women'")["cells"] == 20
    (note,) = (n for n in found["notes"] if "people.tif" in n and "hold no data" in n)
    assert "60 of 1,200 cells in the zones hold no data" in note
    assert "60 of them NaN" in note
    assert note.endswith("nobody is counted there")


def test_people_where_a_signal_is_not_told_are_counted(tmp_path: Path) -> None:
    """One layer with NaN, one that ends, one whole; and a hazard and a channel with cells without data."""
    holes = ONES.copy()
    holes[:, 30] = np.nan
    marked = np.where(np.arange(60)[None, :] < 50, ONES, np.float32(-1.0))
    flood = write_tif(tmp_path / "flood.tif", marked, nodata=-1.0)
    found = gaps(
        zones=None,
        coverage={"2g": raster(holes), "3g": raster(ONES[:, :45]), "4g": raster(ONES)},
        hazards={"flood": {"source": flood, "min": 0.5}}, channels={"radio": raster(holes)},
    )  # fmt: skip
    assert len(found["quality"]["no_data"]) == 4, "4g has data everywhere"
    nan = of(found, "coverage 2g")
    assert (nan["cells"], nan["nan_cells"], nan["beyond_edge_km2"]) == (40, 40, 0.0)
    assert nan["people_there"] == pytest.approx(PEOPLE[:, 30].sum(dtype=float), rel=1e-6)
    assert of(found, "channel radio")["people_there"] == pytest.approx(nan["people_there"])
    short = of(found, "coverage 3g")
    assert short["cells"] == 0
    assert short["km2"] == 0.0
    assert short["beyond_edge_km2"] == pytest.approx(km2(BOX(10.45, 4.6, 10.6, 5.0)), rel=1e-6)  # fmt: skip
    assert short["people_there"] == pytest.approx(PEOPLE[:, 45:].sum(dtype=float), rel=1e-6)
    dry = of(found, "hazard")
    assert dry["nan_cells"] == 0
    assert dry["people_there"] == pytest.approx(PEOPLE[:, 50:].sum(dtype=float), rel=1e-6)
    said = " ".join(found["notes"])
    assert "lie beyond its edge" in said
    assert "they count as without it" in said
    assert "they count as not at risk" in said


def test_cells_of_another_size_and_projection_and_a_share_of_a_group() -> None:
    """A layer in UTM is looked at in its own cells; a share of a group without data takes people out of it."""
    side = np.ones((60, 80), np.float32)
    side[:30] = np.nan
    utm = side, Affine(1000.0, 0.0, 600_000.0, 0.0, -1000.0, 560_000.0), "EPSG:32632"
    share = np.where(np.arange(60)[None, :] < 6, np.float32(np.nan), ONES)
    poor = {"source": raster(share), "share": True}
    found = gaps(zones=None, coverage={"4g": utm}, groups={"poor": poor})
    mine = of(found, "coverage 4g")
    lost = found["total"]["coverage_gap"]
    assert mine["people_there"] == pytest.approx(lost, rel=1e-6), (
        "the rest of the layer covers everybody"
    )
    assert of(found, "group poor")["people_there"] == pytest.approx(PEOPLE[:, :6].sum(dtype=float), rel=1e-6)  # fmt: skip


def test_without_anything_missing_nothing_is_said_and_over_the_sea_no_note() -> None:
    assert "no_data" not in gaps(coverage={"4g": raster(ONES)})["quality"]
    people = PEOPLE.copy()
    people[:, :10] = 0.0
    sea = ONES.copy()
    sea[:, :10] = np.nan
    found = gaps(raster(people), coverage={"4g": raster(sea)})
    assert of(found, "coverage 4g")["people_there"] == 0.0
    assert not any("no data" in note for note in found["notes"])


def test_people_whom_a_refinement_does_not_place_are_counted_in_the_study_area(
    tmp_path: Path,
) -> None:
    """Cells of people of 0.1 degrees; a village in one of them; the study area holds that one and half of the next."""
    people = (
        np.array([[100.0, 200.0, 400.0]], np.float32),
        Affine(0.1, 0, 10.0, 0, -0.1, 5.0),
        "EPSG:4326",
    )
    towns = tmp_path / "towns.csv"
    towns.write_text("name,lon,lat,population\nA,10.05,4.95,900\n", encoding="utf-8")
    found = gaps(people, zones=None, refine=towns, within=[BOX(10.0, 4.9, 10.15, 5.0)])
    assert found["total"]["people"] == pytest.approx(200.0, rel=1e-6)
    assert found["quality"]["people_spread_evenly"] == pytest.approx(100.0, rel=1e-6)
    assert any("of 200 people in the study area 100 (50%)" in note for note in found["notes"])
    assert "people_spread_evenly" not in gaps(people, zones=None)["quality"]
