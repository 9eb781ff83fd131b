"""The same people in other coordinate systems, from other corners, and on both sides of the antimeridian."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import oracles
import pytest
import shapely
from affine import Affine
from made_country import (
    AREA,
    BOX,
    PEOPLE,
    SHAPE,
    SHARES,
    SITES_A,
    SWATH,
    TRANSFORM,
    count,
    numbers,
    raster,
    study,
)  # fmt: skip
from pyproj import CRS, Geod, Transformer

from ew4all.grid import Grid
from ew4all.intake import open_study
from ew4all.reprojection import to_crs

GEOD = Geod(ellps="WGS84")

WORLDS = {
    "longitudes": (Affine(0.5, 0.0, -180.0, 0.0, -0.5, 90.0), "EPSG:4326"),
    "longitudes from 0": (Affine(0.5, 0.0, 0.0, 0.0, -0.5, 90.0), "EPSG:4326"),
    "Mollweide": (Affine(50_200.0, 0.0, -18_072_000.0, 0.0, -50_200.0, 9_036_000.0), "ESRI:54009"),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("metres", [False, True], ids=["degrees", "UTM"])
def test_a_hazard_raster_of_the_world_meets_any_population(name: str, metres: bool) -> None:
    """Its corners lie nowhere in other projections."""
    transform, crs = WORLDS[name]
    world = np.full((360, 720), 7, np.uint8)
    population = (PEOPLE, Affine(1000.0, 0.0, 600_000.0, 0.0, -1000.0, 600_000.0), "EPSG:32632")
    found = count(
        population=population if metres else None, hazard=(world, transform, crs), hazard_min=6
    )
    assert found.people.at_risk == pytest.approx(found.people.total, rel=1e-6)


UTM = CRS.from_epsg(32632)


def moved(shape: Any, crs: Any, cell: float = 0.001) -> gpd.GeoSeries:
    """A lon/lat shape drawn anew in another CRS, its edges bent."""
    fine = shapely.segmentize(shape, cell)
    return gpd.GeoSeries([fine], crs=4326).to_crs(crs)


def test_layers_in_other_crs_give_the_same_people() -> None:
    plain = count(
        [AREA], hazard=[SWATH], coverage={"4g": [SITES_A]}, zones=[BOX(10.1, 4.6, 10.3, 5.0)]
    )
    other = count(
        moved(AREA, UTM),
        hazard=moved(SWATH, 3857),
        coverage={"4g": moved(SITES_A, "ESRI:54009")},
        zones=moved(BOX(10.1, 4.6, 10.3, 5.0), 32633),
    )
    assert numbers(other.people) == pytest.approx(numbers(plain.people), rel=1e-6)
    assert other.area_km2 == pytest.approx(plain.area_km2, rel=1e-6)
    for one, again in zip(plain.zones, other.zones, strict=True):
        assert numbers(again.people) == pytest.approx(numbers(one.people), rel=1e-5)


def test_a_population_in_metres_under_layers_in_degrees() -> None:
    """Uniform density: people are area, whatever the grid."""
    transform = Affine(500.0, 0.0, 600_000.0, 0.0, -500.0, 560_000.0)
    metres = (np.full((100, 120), 40.0), transform, UTM)
    area = shapely.Polygon([(10.02, 5.02), (10.33, 4.95), (10.22, 4.72)])
    site = shapely.Point(10.2, 4.9).buffer(0.07)
    found = open_study(
        metres,
        gpd.GeoSeries([area], crs=4326),
        coverage={"4g": gpd.GeoSeries([site], crs=4326)},
        population_unit="per_km2",
    ).reach()
    for people, shape in (
        (found.people.in_area, area),
        (found.people.covered["4g"], area.intersection(site)),
    ):
        lon, lat = shapely.get_coordinates(shapely.segmentize(shape, 0.01)).T
        km2 = abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6
        assert people == pytest.approx(40.0 * km2, rel=1e-4)
    assert found.area_km2 == pytest.approx(found.people.in_area / 40.0, rel=1e-6)


@pytest.mark.parametrize("flip", ["rows", "columns", "both"])
def test_a_raster_written_from_another_corner_holds_the_same_people(flip: str) -> None:
    array, transform = PEOPLE, TRANSFORM
    a, e, x, y = transform.a, transform.e, transform.c, transform.f
    if flip in {"rows", "both"}:
        array, y, e = array[::-1], y + e * SHAPE[0], -e
    if flip in {"columns", "both"}:
        array, x, a = array[:, ::-1], x + a * SHAPE[1], -a
    turned = (np.ascontiguousarray(array), Affine(a, 0.0, x, 0.0, e, y), "EPSG:4326")
    options = {"hazard": [SWATH], "coverage": {"2g": raster(SHARES["a"]), "4g": [SITES_A]}}
    plain, other = (count([AREA], population=p, **options) for p in (None, turned))
    assert numbers(other.people) == pytest.approx(numbers(plain.people), rel=1e-6)
    assert other.area_km2 == pytest.approx(plain.area_km2, rel=1e-9)


def test_a_turned_raster_is_as_large_as_its_cells() -> None:
    turned = (PEOPLE, Affine(0.01, 0.002, 10.0, 0.002, -0.01, 5.0), "EPSG:4326")
    whole = study(population=turned)
    assert whole.reach().area_km2 == pytest.approx(
        float(whole.grid.cell_area_km2().sum()), rel=1e-6
    )
    assert whole.reach().people.in_area == pytest.approx(PEOPLE.sum(dtype=float), rel=1e-9)


FIJI = shapely.Polygon([(178.53, -18.77), (181.67, -18.33), (181.2, -16.1), (179.1, -15.97)])


def wrapped(xy: Any) -> Any:
    return np.column_stack([(xy[:, 0] + 180.0) % 360.0 - 180.0, xy[:, 1]])


ACROSS = {
    "runs on to 182": FIJI,
    "jumps back": shapely.transform(FIJI, wrapped),
    "cut in two": shapely.MultiPolygon(
        [
            FIJI.intersection(BOX(170, -30, 180, 0)),
            shapely.transform(
                FIJI.intersection(BOX(180, -30, 190, 0)), lambda xy: xy - [360.0, 0.0]
            ),
        ]
    ),
    "lies one turn west": shapely.transform(FIJI, lambda xy: xy - [360.0, 0.0]),
}


def fiji(frame: str) -> tuple[Any, Affine, str]:
    people = np.random.default_rng(2).gamma(0.5, 900.0, (60, 60)).astype(np.float32)
    if frame == "177 to 183":
        return people, Affine(0.1, 0.0, 177.0, 0.0, -0.1, -15.0), "EPSG:4326"
    world = np.zeros((60, 3600), np.float32)
    world[:, 3570:], world[:, :30] = people[:, :30], people[:, 30:]
    return world, Affine(0.1, 0.0, -180.0, 0.0, -0.1, -15.0), "EPSG:4326"


@pytest.mark.parametrize("frame", ["177 to 183", "-180 to 180"])
@pytest.mark.parametrize("name", ACROSS)
def test_an_area_over_the_antimeridian_is_counted_on_both_sides(name: str, frame: str) -> None:
    people, transform, _ = fiji("177 to 183")
    grid = Grid(transform, *people.shape, CRS.from_epsg(4326))
    expected = float((oracles.fractions(FIJI, grid) * people).sum())
    shape = ACROSS[name]
    found = count([shape], population=fiji(frame), coverage={"4g": [shape]}, zones=[shape])
    assert found.people.in_area == pytest.approx(expected, rel=1e-9)
    assert found.people.covered["4g"] == pytest.approx(expected, rel=1e-9)
    assert found.zones[0].people.total == pytest.approx(expected, rel=1e-9)
    lon, lat = shapely.get_coordinates(shapely.segmentize(FIJI, 0.01)).T
    km2 = abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6
    assert found.area_km2 == pytest.approx(km2, rel=1e-6)


def test_an_area_beyond_the_raster_is_measured_inside_it_in_any_frame() -> None:
    ocean = [BOX(170, -30, 190, 0)]
    parts = [shapely.MultiPolygon([BOX(170, -30, 180, 0), BOX(-180, -30, -170, 0)])]
    for frame in ("177 to 183", "-180 to 180"):
        one, other = (count(area, population=fiji(frame)) for area in (ocean, parts))
        assert one.area_km2 == pytest.approx(other.area_km2, rel=1e-9)
        assert one.people.in_area == pytest.approx(one.people.total, rel=1e-9)
        assert other.people.in_area == pytest.approx(one.people.total, rel=1e-9)


def test_bent_edges_of_the_area_follow_the_lines_that_were_drawn() -> None:
    """A parallel 4 degrees long bows by 600 m in UTM; its chord would miss that strip."""
    transform = Affine(1000.0, 0.0, 200_000.0, 0.0, -1000.0, 5_600_000.0)
    flat = (np.full((300, 600), 3.0), transform, "EPSG:32632")
    area = BOX(7.0, 48.5, 11.0, 50.0)
    found = open_study(flat, gpd.GeoSeries([area], crs=4326), population_unit="per_km2").reach()
    grid = Grid(Affine(4.0, 0.0, 7.0, 0.0, -1.5, 50.0), 1, 1, CRS.from_epsg(4326))
    assert found.people.in_area == pytest.approx(3.0 * grid.cell_area_km2()[0, 0], rel=1e-4)
    x, y = Transformer.from_crs(4326, 32632, always_xy=True).transform(
        *shapely.get_coordinates(area).T
    )
    chords = shapely.Polygon(np.column_stack([x, y]))
    (drawn,) = to_crs(
        np.array([area], dtype=object),
        CRS.from_epsg(4326),
        Grid(transform, 300, 600, CRS.from_epsg(32632)),
    )
    assert drawn.symmetric_difference(chords).area / 1e6 > 100.0
