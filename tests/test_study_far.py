"""Polygons far larger than the part of the Earth for which a projected population raster holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Transformer

from ew4all.errors import NoIntersectionError, SwappedAxesError
from ew4all.intake import open_study

if TYPE_CHECKING:
    from ew4all.results import Reach

BOX = shapely.box
WORLD = BOX(-180, -90, 180, 90)
HALF_WORLD = BOX(-180, 0, 180, 90)
PEOPLE = np.random.default_rng(3).gamma(0.7, 60.0, (40, 30)).astype(np.float32)

PLACES = {
    32616: (-87.0, 15.0),  # UTM 16 N, Honduras
    32760: (179.95, -17.0),  # UTM 60 S, across the antimeridian
    3857: (-0.01, 51.5),  # Web Mercator has no place for a pole
    3413: (-45.0, 75.0),  # polar stereographic, beside the pole
    3031: (0.0, -90.0),  # polar stereographic, around the pole
    5070: (-96.0, 38.0),  # Albers
    6933: (179.5, -17.0),  # equal area, beside the seam at which it begins anew
    8857: (179.0, -17.0),
    3832: (-32.0, 0.0),  # Mercator whose seam lies at 30 W
    2193: (178.5, -38.0),  # New Zealand, which runs on across the antimeridian
}


def population(crs: int) -> tuple[Any, Affine, str]:
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(*PLACES[crs])
    size = 1000.0
    return PEOPLE, Affine(size, 0.0, x - 15 * size, 0.0, -size, y + 20 * size), f"EPSG:{crs}"


def frame(*shapes: Any) -> gpd.GeoDataFrame:
    table = {"id": [str(k) for k in range(len(shapes))]}
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=4326)


def count(crs: int, *args: Any, **options: Any) -> Reach:
    return open_study(population(crs), *args, population_unit="count", **options).reach()


@pytest.mark.parametrize("crs", PLACES)
def test_the_whole_world_holds_everybody_in_every_role(crs: int) -> None:
    everybody = float(PEOPLE.sum(dtype=float))
    found = count(
        crs, frame(WORLD), hazard=frame(WORLD), zones=frame(WORLD), coverage={"4g": frame(WORLD)}
    )
    people = found.people
    for number in (
        people.in_area,
        people.at_risk,
        people.covered["4g"],
        found.zones[0].people.total,
    ):
        assert number == pytest.approx(everybody, rel=1e-9)
    for role in ("area", "hazard", "zones", "coverage"):
        told = [note for note in found.notes if note.startswith(role) and "degrees beyond" in note]
        assert len(told) == 1
    assert not any("of its extent lies outside" in note for note in found.notes)


def test_a_part_of_the_world_counts_as_the_part_near_the_raster() -> None:
    lon, lat = PLACES[32616]
    far = frame(BOX(-180, -60, lon, lat))
    nearby = frame(BOX(lon - 5, lat - 5, lon, lat))
    assert count(32616, far).people.in_area == pytest.approx(
        count(32616, nearby).people.in_area, rel=1e-6
    )


def test_a_hemisphere_over_the_antimeridian_is_found_on_both_sides() -> None:
    east, west = frame(BOX(0, -90, 180, 90)), frame(BOX(-180, -90, 0, 90))
    both = count(32760, east).people.in_area + count(32760, west).people.in_area
    assert both == pytest.approx(float(PEOPLE.sum(dtype=float)), rel=1e-9)
    assert 0.0 < count(32760, west).people.in_area < both


def test_the_cap_around_a_pole_is_counted_on_a_polar_raster() -> None:
    polar = Affine(20e3, 0.0, -2e6, 0.0, -20e3, 2e6)
    everywhere = np.ones((200, 200), np.float32), polar, 3413
    cap = frame(BOX(-180, 80, 180, 90))
    found = open_study(everywhere, cap, zones=cap, population_unit="per_km2").reach()
    assert found.area_km2 == pytest.approx(3_908_573, rel=1e-4)
    assert found.people.in_area == pytest.approx(found.area_km2, rel=1e-3)
    assert found.zones[0].people.in_area == pytest.approx(found.people.in_area)
    assert shapely.area(found.zones[0].geometry) == pytest.approx(3600)


def test_zones_far_away_hold_nobody_and_are_told() -> None:
    lon, lat = PLACES[32616]
    here, there = BOX(lon - 1, lat - 1, lon + 1, lat + 1), BOX(100, -60, 120, -40)
    found = count(32616, zones=frame(there, here))
    assert [zone.people.total > 0.0 for zone in found.zones] == [False, True, False]
    assert found.zones[0].geometry is None
    assert any("1 of its 2 shapes" in note for note in found.notes)


def test_shapes_that_do_not_reach_far_are_left_as_they_are() -> None:
    lon, lat = PLACES[32616]
    found = count(32616, frame(BOX(lon - 6, lat - 6, lon + 6, lat + 6)))
    assert not any("degrees beyond" in note for note in found.notes)
    assert any("of its extent lies outside" in note for note in found.notes)


def test_a_polygon_that_lies_apart_is_refused_with_both_extents_in_degrees() -> None:
    with pytest.raises(
        NoIntersectionError, match=r"x 20\.0.*the population raster spans x -87\..*WGS 84"
    ):
        count(32616, frame(BOX(20, 4, 150, 5)))
    with pytest.raises(NoIntersectionError, match=r"y -80\.0.*raster spans x -87\."):
        count(32616, frame(BOX(-180, -80, 180, -10)))
    with pytest.raises(SwappedAxesError, match="latitude and longitude exchanged"):
        count(32616, frame(BOX(14.9, -87.1, 15.1, -86.9)))


@pytest.mark.parametrize("lon", [-179.5, 172.0, 179.5, 179.99])
def test_shapes_do_not_run_across_the_seam_of_a_projection(lon: float) -> None:
    """Mercator begins anew at 180: a shape that is followed beyond comes back at the far edge of the map, inside out."""
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, -17.0)
    people = (
        np.ones((40, 30), np.float32),
        Affine(10.0, 0.0, x - 150.0, 0.0, -10.0, y + 200.0),
        "EPSG:3857",
    )
    zones = frame(BOX(-180, -80, 180, -17.0), BOX(lon - 0.2, -17.0, min(lon + 0.2, 180.0), -16.0))
    found = open_study(people, frame(WORLD), zones=zones, population_unit="count").reach()
    assert [zone.people.total for zone in found.zones] == pytest.approx(
        [600.0, 600.0, 0.0], abs=1e-3
    )
    assert found.people.in_area == pytest.approx(1200.0, abs=1e-3)
