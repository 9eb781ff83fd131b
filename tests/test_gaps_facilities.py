"""Facilities with and without each signal and channel, looked up by hand; and files of them that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from made_country import BOX, PEOPLE, SHAPE, raster
from made_gaps import gaps
from pyproj import CRS

from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    GeometryError,
    InputError,
    ReadError,
    SwappedAxesError,
)
from ew4all.grid import Grid
from ew4all.readers.layer_points import at_points

if TYPE_CHECKING:
    from pathlib import Path

WEST = gpd.GeoDataFrame(geometry=[BOX(10.0, 4.6, 10.2, 5.0)], crs=4326)
EVERYWHERE = gpd.GeoDataFrame(geometry=[BOX(10.0, 4.6, 10.6, 5.0)], crs=4326)
NORTH = np.zeros(SHAPE, np.float32)
NORTH[:20] = 1.0
"""Half of the raster, down to 4.8 N."""

SCHOOLS = """school_id,school_name,lon,lat
s1,West and north,10.105,4.9
s2,East and north,10.305,4.9
s3,East and south,10.305,4.7
s4,In no zone,10.58,4.9
s5,Far away,12.0,4.9
"""


def table(folder: Path, text: str = SCHOOLS, name: str = "schools.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def look_up(file: Path, **options: Any) -> dict[str, Any]:
    found = gaps(facilities={"schools": file}, **options)
    (kind,) = found["facilities"]
    return {**kind, "notes": found["notes"]}


def test_five_schools_by_hand(tmp_path: Path) -> None:
    """2G everywhere, 4G in the west, radio in the north; winds in the east."""
    found = look_up(
        table(tmp_path),
        coverage={"2g": EVERYWHERE, "4g": WEST},
        channels={"sms": None, "app": None, "radio": raster(NORTH)},
        hazards={"winds": gpd.GeoDataFrame(geometry=[BOX(10.25, 4.6, 10.6, 5.0)], crs=4326)},
    )
    assert found["count"] == 4
    assert found["outside"] == 1
    assert any("1 of 5 lie outside the study area" in note for note in found["notes"])
    assert found["signal"] == {"2g": 4, "4g": 1, "any": 4, "none": 0}
    assert found["by_channel"] == {
        "cell_broadcast": {"with": 4, "without": 0},
        "sms": {"with": 4, "without": 0},
        "app": {"with": 1, "without": 3},
        "radio": {"with": 3, "without": 1},
    }
    assert found["channels"] == {"none": 0, "one": 0, "two_or_more": 4}
    assert found["hazards"] == {"winds": 3}
    in_zones = [(z["id"], z["count"], z["signal"]["4g"]) for z in found["zones"]]
    assert in_zones == [("m", 2, 0), ("w", 1, 1), ("outside", 1, 0)]


def test_a_phone_that_cannot_is_not_the_facility_but_a_network_that_cannot_is(tmp_path: Path) -> None:  # fmt: skip
    found = look_up(
        table(tmp_path),
        coverage={"2g": EVERYWHERE, "4g": WEST},
        assume={"network_broadcasts_2g": 0.0, "device_capable_4g": 0.1},
    )
    assert found["by_channel"]["cell_broadcast"] == {"with": 1, "without": 3}
    assert found["channels"] == {"none": 3, "one": 1, "two_or_more": 0}


def test_a_network_degraded(tmp_path: Path) -> None:
    found = look_up(table(tmp_path), coverage={"4g": EVERYWHERE}, coverage_after={"4g": WEST})
    assert found["signal"]["any"] == 4
    assert found["degraded"]["signal"] == {"4g": 1, "any": 1, "none": 3}


def test_a_siren_counts_where_half_hear_it_outdoors(tmp_path: Path) -> None:
    sirens = table(tmp_path, "lon,lat,rated_dbc\n10.105,4.9,115\n", "sirens.csv")
    found = look_up(table(tmp_path), sirens=sirens)
    assert found["by_channel"]["siren"] == {"with": 1, "without": 3}
    assert "signal" not in found


def test_without_coverage_only_places_are_told(tmp_path: Path) -> None:
    found = look_up(table(tmp_path))
    assert set(found) == {"kind", "count", "outside", "zones", "notes"}


def test_layers_of_points_and_outlines_and_other_crs(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"name": ["a", None], "osm_id": [7, 8]},
        geometry=[shapely.Point(10.105, 4.9), BOX(10.3, 4.69, 10.31, 4.71)],
        crs=4326,
    )
    points.to_crs(32632).to_file(tmp_path / "clinics.gpkg")
    found = look_up(tmp_path / "clinics.gpkg", coverage={"4g": WEST})
    assert found["count"] == 2
    assert found["signal"] == {"4g": 1, "any": 1, "none": 1}
    assert any("1 outlines by their middle" in note for note in found["notes"])


def test_zones_of_facilities_add_up(tmp_path: Path) -> None:
    noise = np.random.default_rng(5)
    rows = "".join(
        f"{x},{y}\n" for x, y in zip(noise.uniform(10.0, 10.6, 300), noise.uniform(4.6, 5.0, 300), strict=True)
    )  # fmt: skip
    file = table(tmp_path, "lon,lat\n" + rows)
    for zoning in ({}, {"zones": None, "h3": 5}, {"zones": None, "grid_km": 9.0}):
        found = look_up(file, coverage={"4g": raster(NORTH)}, **zoning)
        assert sum(z["count"] for z in found["zones"]) == found["count"] == 300
        assert sum(z["signal"]["any"] for z in found["zones"]) == found["signal"]["any"]
        assert 100 < found["signal"]["any"] < 200


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("name,lon\na,10\n", ColumnError, "longitude .* latitude"),
        ("lon,lat\n", EmptyLayerError, "no row below its header"),
        ("", EmptyLayerError, "is empty"),
        ("lon,lat\n10,x\n", GeometryError, "line 2: lat is 'x'"),
        ("lon,lat\n10,nan\n", GeometryError, "NaN or infinite"),
        ("lon,lat\n4.9,10.1\n4.7,10.3\n", SwappedAxesError, "latitude and longitude exchanged"),
        ("lon,lat\n-18.5,178.0\n", SwappedAxesError, "exchanged"),
        ("lon,lat\n500000,9450000\n", InputError, "says that its coordinates are degrees"),
    ],
)  # fmt: skip
def test_bad_files_are_refused(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        look_up(table(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"schools.*no such file"):
        look_up(tmp_path / "none.csv")


def test_people_do_not_change_with_facilities(tmp_path: Path) -> None:
    options: dict[str, Any] = {"coverage": {"4g": raster(NORTH)}}
    plain = gaps(raster(PEOPLE), **options)
    assert gaps(raster(PEOPLE), facilities={"schools": table(tmp_path)}, **options)["total"] == plain["total"]  # fmt: skip


def test_a_border_belongs_to_the_zone_that_comes_first(tmp_path: Path) -> None:
    """West and Middle meet at 10.153 degrees."""
    found = look_up(table(tmp_path, "lon,lat\n10.153,4.9\n"))
    assert [(z["id"], z["count"]) for z in found["zones"]] == [("w", 1)]


def test_a_facility_is_looked_up_in_the_cells_of_the_layer_not_in_those_of_the_people(
    tmp_path: Path,
) -> None:
    """People in 2 x 3 cells of 0.2 degrees: a layer of 0.01 degrees covers a third of each, and two of four schools."""
    fine = np.zeros(SHAPE, np.uint8)
    fine[:, ::3] = 1
    schools = table(tmp_path, "lon,lat\n10.005,4.9\n10.015,4.9\n10.365,4.705\n10.375,4.705\n")
    coarse = np.full((2, 3), 1000.0, np.float32), Affine(0.2, 0, 10.0, 0, -0.2, 5.0), "EPSG:4326"
    flood = np.zeros(SHAPE, np.float32)
    flood[:, 36:] = 2.0
    found = gaps(
        coarse, zones=None, coverage={"4g": raster(fine)}, channels={"radio": raster(fine)},
        hazards={"flood": {"source": raster(flood), "min": 1.0}}, facilities={"schools": schools},
    )["facilities"][0]  # fmt: skip
    assert found["signal"] == {"4g": 2, "any": 2, "none": 2}
    assert found["by_channel"]["radio"] == {"with": 2, "without": 2}
    assert found["hazards"] == {"flood": 2}


def test_a_siren_is_heard_at_the_facility_not_in_the_middle_of_a_wide_cell(tmp_path: Path) -> None:
    sirens = table(tmp_path, "lon,lat,rated_dbc\n10.005,4.995,115\n", "sirens.csv")
    schools = table(tmp_path, "lon,lat\n10.005,4.994\n10.1,4.9\n")
    coarse = np.full((2, 3), 1000.0, np.float32), Affine(0.2, 0, 10.0, 0, -0.2, 5.0), "EPSG:4326"
    found = gaps(coarse, zones=None, sirens=sirens, facilities={"schools": schools})
    assert found["facilities"][0]["by_channel"]["siren"] == {"with": 1, "without": 1}


def test_a_facility_is_looked_up_in_the_pixels_of_a_modelled_network(tmp_path: Path) -> None:
    """In a cell 55 km wide a site serves its surroundings, which are less than half of the cell."""
    sites = table(tmp_path, "site,lon,lat,technology\na,10.005,4.995,4g\n", "sites.csv")
    schools = table(tmp_path, "lon,lat\n10.006,4.994\n10.48,4.52\n")
    coarse = np.full((2, 2), 1000.0, np.float32), Affine(0.5, 0, 10.0, 0, -0.5, 5.0), "EPSG:4326"
    found = gaps(coarse, zones=None, sites=sites, facilities={"schools": schools})
    assert found["total"]["covered"]["any"] < 0.5 * 1000.0
    assert found["facilities"][0]["signal"]["any"] == 1


def test_points_beyond_a_layer_and_a_turn_of_the_earth_away() -> None:
    """A layer of longitudes 178 to 182 knows a point at -179."""
    values = np.arange(8.0).reshape(2, 4)
    grid = Grid(Affine(1, 0, 178, 0, -1, 0), 2, 4, CRS.from_epsg(4326))
    x = np.array([178.5, -179.5, -178.5, 177.0, np.inf, 178.5])
    y = np.array([-0.5, -0.5, -1.5, -0.5, 0.0, 0.5])
    got = at_points(grid, x, y, lambda b: values[b.row0 : b.row1, b.col0 : b.col1])
    assert got.tolist() == [0.0, 2.0, 7.0, 0.0, 0.0, 0.0]
