"""Zones that nobody drew: cells of H3, squares of equal area, levels of a file. They part the people whatever they are."""

from __future__ import annotations

import sys
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from affine import Affine
from made_country import BOX, GRID, PEOPLE, SHARES, people_in, raster
from made_gaps import ZONES, blocks, gaps, numbers
from pyproj import Geod
from raster_files import write_tif

import ew4all
from ew4all.errors import ColumnError, OptionError
from ew4all.gap_zonings import ZoneChoice, cells_over

if TYPE_CHECKING:
    from pathlib import Path

GEOD = Geod(ellps="WGS84")
COVERAGE = {"4g": raster(SHARES["a"])}


def zone_shapes(found: gpd.GeoDataFrame) -> dict[str, Any]:
    return dict(zip(found["id"], found.geometry, strict=True))


@pytest.mark.parametrize("zoning", [{"h3": 5}, {"h3": 7}, {"grid_km": 7.0}])
def test_people_are_parted_and_each_zone_is_counted_exactly(zoning: dict[str, Any]) -> None:
    found = gaps(zones=None, coverage=COVERAGE, channels={"sms": None}, **zoning)
    total = found["total"]
    assert found["zones"][-1]["id"] == "outside"
    assert found["zones"][-1]["people"] == 0.0
    for key in ("people", "coverage_gap", "usage_gap", "reachable"):
        assert sum(z[key] for z in found["zones"]) == pytest.approx(total[key], abs=1e-6)
    for where, block in blocks(found):
        parts = block["coverage_gap"] + block["usage_gap"] + block["reachable"]
        assert parts == pytest.approx(block["people"], abs=1e-6), where
    area = shapely.box(*GRID.bounds)
    drawn = zone_shapes(cells_over(ZoneChoice(**zoning), area, GRID))
    assert len(found["zones"]) - 1 == found["zoning"]["count"] <= len(drawn)
    for zone in found["zones"][:-1:7]:
        assert zone["people"] == pytest.approx(people_in(drawn[zone["id"]]), rel=1e-6), zone["id"]
        assert zone["people"] > 0.0


def test_cells_of_h3_are_those_of_points() -> None:
    area = shapely.box(10.1, 4.7, 10.4, 4.9)
    found = cells_over(ZoneChoice(h3=6), area, GRID)
    noise = np.random.default_rng(1)
    drawn = zone_shapes(found)
    for lon, lat in zip(noise.uniform(10.1, 10.4, 50), noise.uniform(4.7, 4.9, 50), strict=True):
        name = h3.latlng_to_cell(lat, lon, 6)
        assert drawn[name].buffer(1e-6).contains(shapely.Point(lon, lat))


def test_squares_have_one_area_and_tile() -> None:
    area = shapely.box(10.1, 4.7, 10.4, 4.9)
    found = cells_over(ZoneChoice(grid_km=5.0), area, GRID)
    for shape in found.geometry:
        km2 = abs(GEOD.geometry_area_perimeter(shapely.segmentize(shape, 0.001))[0]) / 1e6
        assert km2 == pytest.approx(25.0, rel=1e-4)
    assert shapely.union_all(found.geometry).covers(area)
    for one, other in combinations(found.geometry, 2):
        assert shapely.intersection(one, other).area < 1e-12


def test_squares_lie_the_same_in_every_study() -> None:
    west = cells_over(ZoneChoice(grid_km=5.0), shapely.box(10.1, 4.7, 10.25, 4.9), GRID)
    both = cells_over(ZoneChoice(grid_km=5.0), shapely.box(10.1, 4.7, 10.4, 4.9), GRID)
    drawn = zone_shapes(both)
    for name, shape in zone_shapes(west).items():
        assert drawn[name].equals_exact(shape, 1e-9)


@pytest.mark.parametrize("zoning", [{"h3": 4}, {"grid_km": 40.0}])
def test_over_the_antimeridian_nobody_is_lost(zoning: dict[str, Any]) -> None:
    """A raster from 177 to 182 degrees east, as Fiji's."""
    noise = np.random.default_rng(3)
    people = noise.gamma(1.0, 9.0, (60, 100)).astype(np.float32)
    given = (people, Affine(0.05, 0.0, 177.0, 0.0, -0.05, -16.0), "EPSG:4326")
    found = gaps(given, zones=None, **zoning)
    named = [z for z in found["zones"] if z["id"] != "outside"]
    assert found["zones"][-1]["people"] == pytest.approx(0.0, abs=1e-6)
    assert sum(z["people"] for z in named) == pytest.approx(
        float(people.sum(dtype=np.float64)), rel=1e-9
    )
    assert len({z["id"] for z in named}) == len(named)
    if "h3" in zoning:
        beyond = h3.latlng_to_cell(-17.0, -179.0, 4)
        assert beyond in {z["id"] for z in named}


def test_cells_at_the_edge_of_the_data_are_whole_over_the_antimeridian_too() -> None:
    """A raster from 177 to 182 degrees east: cells that reach beyond -178 were cut there, and drawn too small."""
    given = (
        np.ones((20, 100), np.float32),
        Affine(0.05, 0.0, 177.0, 0.0, -0.05, -16.0),
        "EPSG:4326",
    )
    found = ew4all.gaps(given, h3=5, population_unit="count")
    for zone in found.zones[:-1]:
        km2 = abs(GEOD.geometry_area_perimeter(zone.geometry)[0]) / 1e6
        assert km2 == pytest.approx(h3.cell_area(zone.id, "km^2"), rel=0.01), zone.id


@pytest.mark.parametrize("zoning", [{"h3": 6}, {"grid_km": 9.0}])
def test_workers_and_places_where_nobody_lives(zoning: dict[str, Any]) -> None:
    people = PEOPLE.copy()
    people[:, :30] = 0.0
    one = gaps(raster(people), zones=None, coverage=COVERAGE, workers=1, **zoning)
    two = gaps(raster(people), zones=None, coverage=COVERAGE, workers=2, **zoning)
    assert one == two
    whole = gaps(zones=None, coverage=COVERAGE, **zoning)
    assert 0 < one["zoning"]["count"] < whole["zoning"]["count"]


@pytest.mark.parametrize("zoning", [{"h3": 6}, {"grid_km": 9.0}])
@pytest.mark.parametrize("tile", [16, 32])
def test_tiles_change_nothing(zoning: dict[str, Any], tile: int, tmp_path: Path) -> None:
    path = write_tif(tmp_path / "people.tif", PEOPLE, tiled=True, blockxsize=tile, blockysize=tile)
    want = gaps(zones=None, coverage=COVERAGE, **zoning)
    found = gaps(path, zones=None, coverage=COVERAGE, workers=3, **zoning)
    assert [z["id"] for z in found["zones"]] == [z["id"] for z in want["zones"]]
    for one, other in zip(found["zones"], want["zones"], strict=True):
        assert numbers(one) == pytest.approx(numbers(other), rel=1e-7, abs=1e-7)
        assert one.get("rank") == other.get("rank")
    assert found["equity"]["left_out"]["gini"] == pytest.approx(want["equity"]["left_out"]["gini"])


@pytest.mark.parametrize("zoning", [{"h3": 4}, {"grid_km": 40.0}])
def test_either_way_of_writing_longitudes(zoning: dict[str, Any]) -> None:
    """One raster around the world, people at both of its ends; the same in one piece, from 177 to 182 degrees."""
    noise = np.random.default_rng(3)
    world = np.zeros((60, 3600), np.float32)
    world[:, :20] = noise.gamma(1.0, 9.0, (60, 20))
    world[:, -30:] = noise.gamma(1.0, 9.0, (60, 30))
    joined = np.hstack([world[:, -30:], world[:, :20]])
    there = [
        gaps((people, Affine(0.1, 0.0, west, 0.0, -0.1, -14.0), "EPSG:4326"), zones=None, **zoning)
        for people, west in ((world, -180.0), (joined, 177.0))
    ]
    one, other = ({z["id"]: z["people"] for z in found["zones"]} for found in there)
    assert one == pytest.approx(other, rel=1e-9, abs=1e-9)
    assert one["outside"] == 0.0
    assert sum(one.values()) == pytest.approx(float(world.sum(dtype=np.float64)), rel=1e-9)


def test_zones_finer_than_people_are_told() -> None:
    """Cells of the population are 1.1 km wide."""
    fine = gaps(zones=None, grid_km=0.7)
    assert any("finer than what is known of people: 0.7 km wide" in n for n in fine["notes"])
    assert any("finer than" in n for n in gaps(zones=None, h3=8)["notes"])
    for zoning in ({"grid_km": 2.0}, {"h3": 6}):
        assert not any("finer than" in n for n in gaps(zones=None, **zoning)["notes"])


def test_without_people_zones_are_square_kilometres() -> None:
    within = gpd.GeoDataFrame(geometry=[BOX(10.0, 4.6, 10.3, 5.0)], crs=4326)
    found = gaps_of_nobody(within=within, grid_km=10.0)
    km2 = abs(GEOD.geometry_area_perimeter(shapely.segmentize(BOX(10.0, 4.6, 10.3, 5.0), 0.01))[0]) / 1e6  # fmt: skip
    assert sum(z["area_km2"] for z in found["zones"]) == pytest.approx(km2, rel=1e-3)


def gaps_of_nobody(**options: Any) -> dict[str, Any]:
    import ew4all

    return ew4all.gaps(None, None, **options).to_dict()


LEVELS = gpd.GeoDataFrame(
    {
        "ADM2_PCODE": ["A1", "A2", "B1"],
        "ADM2_EN": ["a one", "a two", "b one"],
        "ADM1_PCODE": ["A", "A", "B"],
        "ADM1_EN": ["Alpha", "Alpha", "Beta"],
    },
    geometry=[BOX(10.0, 4.6, 10.2, 4.8), BOX(10.0, 4.8, 10.2, 5.0), BOX(10.2, 4.6, 10.6, 5.0)],
    crs=4326,
)


def test_a_level_merges_the_features_of_a_file() -> None:
    fine = gaps(zones=LEVELS, level=2, coverage=COVERAGE)
    coarse = gaps(zones=LEVELS, level=1, coverage=COVERAGE)
    assert coarse["zoning"] == {"kind": "polygons", "count": 2, "level": 1}
    assert [(z["id"], z["name"]) for z in coarse["zones"][:2]] == [("A", "Alpha"), ("B", "Beta")]
    two = [numbers(z) for z in fine["zones"][:2]]
    merged = numbers(coarse["zones"][0])
    for key in ("people", "coverage_gap", "usage_gap", "reachable"):
        assert merged[key] == pytest.approx(two[0][key] + two[1][key], abs=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"zones": None, "h3": 16}, "resolutions 0 .* to 15"),
        ({"zones": None, "h3": -1}, "resolutions 0"),
        ({"zones": None, "h3": 14}, "zones of the study area, and 50,000 are the most; give a lower resolution"),
        ({"zones": None, "grid_km": 0.0}, "side of a square"),
        ({"zones": None, "grid_km": float("nan")}, "side of a square"),
        ({"zones": None, "grid_km": 0.05}, "larger squares"),
        ({"zones": None, "h3": 5, "grid_km": 5.0}, "not both"),
        ({"zones": ZONES, "h3": 5}, "one of --zones, --h3 and --grid-km"),
        ({"zones": None, "level": 1}, "give --zones with --level"),
        ({"zones": LEVELS, "level": -2}, "no administrative level -2"),
        ({"zones": LEVELS, "level": 1, "zone_id": "ADM1_PCODE"}, "--level or --zone-id"),
    ],
)  # fmt: skip
def test_bad_zonings_are_refused(options: dict[str, Any], words: str) -> None:
    import ew4all

    with pytest.raises(OptionError, match=words):
        ew4all.gaps(raster(PEOPLE), population_unit="count", **options)


def test_a_level_that_the_file_does_not_have() -> None:
    with pytest.raises(ColumnError, match=r"level 3 .* its columns are: ADM2_PCODE"):
        gaps(zones=LEVELS, level=3)
    holes = LEVELS.assign(ADM1_PCODE=["A", None, "B"])
    with pytest.raises(ColumnError, match="is empty in 1 features"):
        gaps(zones=holes, level=1)


def test_without_the_package_h3_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(OptionError, match=r"pip install 'ew4all\[h3\]'"):
        gaps(zones=None, h3=6)
