"""The whole count on made-up countries whose people can be added up by other means."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import oracles
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_allclose
from pyproj import CRS, Geod, Transformer
from raster_files import transform_of, write_tif

from ew4all.errors import (
    EmptyLayerError,
    GeometryError,
    NoIntersectionError,
    OptionError,
    SwappedAxesError,
)
from ew4all.grid import Grid
from ew4all.reprojection import to_crs
from ew4all.results import OUTSIDE, PeopleCount, Reach
from ew4all.study import Study, open_study

if TYPE_CHECKING:
    from pathlib import Path

BOX = shapely.box
GEOD = Geod(ellps="WGS84")
SHAPE = (40, 60)
TRANSFORM = transform_of()
"""Cells of 0.01 degrees from 10 E, 5 N."""

GRID = Grid(TRANSFORM, *SHAPE, CRS.from_epsg(4326))
NOISE = np.random.default_rng(7)
PEOPLE = np.where(NOISE.random(SHAPE) < 0.4, 0.0, NOISE.gamma(0.7, 60.0, SHAPE)).astype(np.float32)
SHARES = {k: NOISE.random(SHAPE).astype(np.float32) for k in "ab"}

AREA = shapely.Polygon([(10.033, 4.971), (10.412, 4.926), (10.371, 4.683), (10.087, 4.634)])
SWATH = shapely.Point(10.35, 4.8).buffer(0.131)
SITES_A = shapely.union_all(
    [shapely.Point(x, y).buffer(0.06) for x, y in ((10.1, 4.9), (10.2, 4.8))]
)
SITES_B = shapely.union_all(
    [shapely.Point(x, y).buffer(0.05) for x, y in ((10.2, 4.85), (10.4, 4.7))]
)


def raster(array: Any) -> tuple[Any, Affine, str]:
    return array, TRANSFORM, "EPSG:4326"


def study(*args: Any, population: Any = None, **options: Any) -> Study:
    given = raster(PEOPLE) if population is None else population
    options.setdefault("population_unit", "count")
    return open_study(given, *args, **options)


def count(*args: Any, **options: Any) -> Reach:
    return study(*args, **options).reach()


def people_in(shape: Any, by_cell: Any = 1.0) -> float:
    return float((oracles.fractions(shape, GRID) * PEOPLE * by_cell).sum())


def numbers(people: PeopleCount) -> dict[str, float]:
    """Every number of a count under one name each."""
    flat = people.to_dict()
    covered = flat.pop("covered")
    return flat | {f"covered {t}": n for t, n in covered.items()}


def zones_add_up(found: Reach, rel: float = 1e-9) -> None:
    whole = numbers(found.people)
    for key, value in whole.items():
        parts = math.fsum(numbers(zone.people)[key] for zone in found.zones)
        assert parts == pytest.approx(value, rel=rel, abs=1e-6), key


# Area and hazard.


def test_an_area_alone_is_the_hazard_too() -> None:
    found = count([AREA])
    inside = people_in(AREA)
    assert found.people.total == pytest.approx(PEOPLE.sum(dtype=float), rel=1e-12)
    for value in (found.people.in_area, found.people.at_risk, found.people.at_risk_in_area):
        assert value == pytest.approx(inside, rel=1e-9)
    assert found.people.covered == {}
    assert found.people.uncovered is found.people.at_risk_covered is None
    assert [step.step for step in found.waterfall] == ["in_area"]
    only_hazard = count(hazard=[AREA])
    assert numbers(only_hazard.people) == numbers(found.people)
    assert only_hazard.area_km2 == found.area_km2


def test_area_and_hazard_differ() -> None:
    found = count([AREA], hazard=[SWATH], coverage={"4g": [SITES_A]})
    assert found.people.in_area == pytest.approx(people_in(AREA), rel=1e-9)
    assert found.people.at_risk == pytest.approx(people_in(SWATH), rel=1e-9)
    assert found.people.at_risk_in_area == pytest.approx(
        people_in(AREA.intersection(SWATH)), rel=1e-9
    )
    assert found.people.covered["4g"] == pytest.approx(
        people_in(AREA.intersection(SITES_A)), rel=1e-9
    )
    assert found.people.at_risk_covered == pytest.approx(
        people_in(SWATH.intersection(SITES_A)), rel=1e-9
    )


def test_without_area_and_hazard_everybody_is_in_area_and_a_note_says_so() -> None:
    found = count()
    assert found.people.in_area == pytest.approx(found.people.total, rel=1e-12)
    assert any("neither a hazard nor a warning area was given" in note for note in found.notes)
    assert found.area_km2 == pytest.approx(float(GRID.cell_area_km2().sum()) * GRID.width, rel=1e-9)


def test_a_hazard_raster_endangers_from_its_threshold_on() -> None:
    intensity = np.round(NOISE.random(SHAPE) * 9, 1).astype(np.float32)
    intensity[5, 5] = 6.0
    at_risk = intensity >= np.float32(6.0)
    expected = float(PEOPLE[at_risk].sum(dtype=float))
    alone = count(hazard=raster(intensity), hazard_min=6.0)
    assert alone.people.at_risk == pytest.approx(expected, rel=1e-9)
    assert alone.people.in_area == pytest.approx(expected, rel=1e-9)
    assert alone.area_km2 == pytest.approx(float((GRID.cell_area_km2() * at_risk).sum()), rel=1e-9)
    both = count([AREA], hazard=raster(intensity), hazard_min=6.0, coverage={"2g": [SITES_B]})
    assert both.people.in_area == pytest.approx(people_in(AREA), rel=1e-9)
    assert both.people.at_risk == pytest.approx(expected, rel=1e-9)
    assert both.people.at_risk_in_area == pytest.approx(people_in(AREA, at_risk), rel=1e-9)
    assert both.people.at_risk_covered == pytest.approx(people_in(SITES_B, at_risk), rel=1e-9)
    assert both.people.covered["2g"] == pytest.approx(
        people_in(AREA.intersection(SITES_B)), rel=1e-9
    )


def test_a_hazard_raster_smaller_than_the_population_endangers_nobody_beside_it() -> None:
    small = np.full((7, 9), 8.0)
    there = Affine(0.02, 0.0, 10.153, 0.0, -0.02, 4.887)
    found = count(hazard=(small, there, "EPSG:4326"), hazard_min=6.0)
    extent = BOX(10.153, 4.887 - 0.14, 10.153 + 0.18, 4.887)
    assert found.people.at_risk == pytest.approx(people_in(extent), rel=1e-6)


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


def test_a_hazard_without_anybody_is_zero_and_not_unknown() -> None:
    empty = PEOPLE.copy()
    empty[:, 30:] = 0.0
    found = count(
        population=raster(empty), area=[BOX(10.35, 4.7, 10.5, 4.9)], coverage={"4g": [SITES_B]}
    )
    assert numbers(found.people) == {
        **dict.fromkeys(numbers(found.people), 0.0),
        "total": found.people.total,
    }
    assert [step.people for step in found.waterfall] == [0.0] * len(found.waterfall)
    assert len(found.waterfall) > 2


# Coverage.


def test_the_same_polygon_in_every_role_is_counted_once() -> None:
    """A cell that its border cuts gives its share of people, not the square or the cube of it."""
    found = count(
        [SWATH], hazard=[SWATH.reverse()], coverage={"3g": [SWATH], "4g:X": [SWATH]}, zones=[SWATH]
    )
    once = people_in(SWATH)
    for key, value in numbers(found.people).items():
        expected = {"total": found.people.total, "uncovered": 0.0}.get(key, once)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-6), key
    zone = numbers(found.zones[0].people)
    assert zone == pytest.approx(numbers(found.people) | {"total": once}, rel=1e-9, abs=1e-6)


def test_polygons_of_operators_that_overlap_are_counted_once() -> None:
    found = count([AREA], coverage={"4g:A": [SITES_A], "4g:B": [SITES_B], "2g:B": [SITES_B]})
    both = AREA.intersection(SITES_A.union(SITES_B))
    assert found.people.covered["4g"] == pytest.approx(people_in(both), rel=1e-9)
    assert found.people.covered["any"] == pytest.approx(people_in(both), rel=1e-9)
    by_name = {operator.name: operator.covered for operator in found.operators}
    expected = {"A": AREA.intersection(SITES_A), "B": AREA.intersection(SITES_B)}
    for name, shape in expected.items():
        assert by_name[name]["4g"] == pytest.approx(people_in(shape), rel=1e-9)
        assert by_name[name]["any"] == pytest.approx(people_in(shape), rel=1e-9)
    assert found.people.covered["4g"] < by_name["A"]["4g"] + by_name["B"]["4g"] - 1.0
    uncovered = found.people.in_area - found.people.covered["any"]
    assert found.people.uncovered == pytest.approx(uncovered, rel=1e-12)


def test_rasters_are_joined_by_the_larger_share_of_each_cell() -> None:
    coverage = {"4g:A": raster(SHARES["a"]), "4g:B": raster(SHARES["b"]), "2g": raster(SHARES["b"])}
    found = count([AREA], coverage=coverage)
    most = np.maximum(*(s.astype(float) for s in SHARES.values()))
    assert found.people.covered["4g"] == pytest.approx(people_in(AREA, most), rel=1e-9)
    assert found.people.covered["any"] == pytest.approx(people_in(AREA, most), rel=1e-9)
    assert found.people.covered["2g"] == pytest.approx(people_in(AREA, SHARES["b"]), rel=1e-9)


def test_polygons_and_rasters_are_joined_inside_and_outside_the_polygons() -> None:
    found = count([AREA], coverage={"4g:A": [SITES_A], "4g:B": raster(SHARES["a"])})
    inside = people_in(AREA.intersection(SITES_A))
    outside = people_in(AREA.difference(SITES_A), SHARES["a"])
    assert found.people.covered["4g"] == pytest.approx(inside + outside, rel=1e-9)


@pytest.mark.parametrize("more", [{"2g": [SITES_B]}, {"3g:C": raster(SHARES["b"])}])
def test_a_layer_more_covers_no_fewer(more: dict[str, Any]) -> None:
    coverage = {"4g:A": [SITES_A], "4g:B": raster(SHARES["a"])}
    before, after = (count([AREA], coverage=c) for c in (coverage, coverage | more))
    assert after.people.covered["4g"] == pytest.approx(before.people.covered["4g"], rel=1e-12)
    assert after.people.covered["any"] > before.people.covered["any"]
    assert after.people.uncovered is not None
    assert before.people.uncovered is not None
    assert after.people.uncovered < before.people.uncovered
    for people in (before.people, after.people):
        assert max(people.covered.values()) == people.covered["any"] <= people.in_area


def test_the_waterfall_adds_up_and_shares_enter_it_alone() -> None:
    coverage = {"4g:A": [SITES_A], "4g:B": [SITES_B]}
    plain = count([AREA], coverage=coverage)
    shared = count([AREA], coverage=coverage, operator_share={"A": 0.3, "B": 0.7})
    assert numbers(plain.people) == numbers(shared.people)
    for found in (plain, shared):
        people = [step.people for step in found.waterfall]
        assert people[0] == found.people.in_area
        assert people == sorted(people, reverse=True)
        lost = math.fsum(step.lost for step in found.waterfall)
        assert lost + people[-1] == pytest.approx(people[0], rel=1e-12)
    by_name = {o.name: o for o in shared.operators}
    assert (by_name["A"].share, by_name["B"].share) == (0.3, 0.7)
    own = 0.3 * by_name["A"].covered["any"] + 0.7 * by_name["B"].covered["any"]
    factor = own / shared.people.covered["any"]
    received = [
        step.people for f in (plain, shared) for step in f.waterfall if step.step == "received"
    ]
    assert received[1] / received[0] == pytest.approx(factor, rel=1e-9)


def test_a_share_of_an_operator_without_a_layer_is_refused() -> None:
    with pytest.raises(OptionError, match="'Digicell', which has no coverage layer.*: Digicel"):
        count([AREA], coverage={"4g:Digicel": [SITES_A]}, operator_share={"Digicell": 0.5})


def test_people_much_coarser_than_coverage_get_bounds() -> None:
    """Cells of people 10 times as wide as those of coverage: people may all live in the best part of a cell."""
    rows, cols = 6, 8
    noise = np.random.default_rng(1)
    people = noise.gamma(1.0, 5000.0, (rows, cols))
    fine = np.kron(noise.random((rows, cols)), np.ones((10, 10))) > noise.random((60, 80))
    fine[:10, :10], fine[10:20, :10] = True, False
    coarse = (people, transform_of(cell=0.1), "EPSG:4326")
    layer = (fine.astype(np.uint8), transform_of(cell=0.01), "EPSG:4326")
    found = count(population=coarse, coverage={"4g": layer})
    share = fine.reshape(rows, 10, cols, 10).mean(axis=(1, 3))
    assert found.people.covered["4g"] == pytest.approx((people * share).sum(), rel=1e-6)
    bounds = found.bounds["4g"]
    assert bounds.fewest == pytest.approx(people[share == 1.0].sum(), rel=1e-9)
    assert bounds.most == pytest.approx(people[share > 0.0].sum(), rel=1e-9)
    assert 0.0 < bounds.fewest < found.people.covered["4g"] < bounds.most
    assert found.bounds["any"] == bounds
    assert any("10 times as wide as a coverage cell" in note for note in found.notes)
    same_cells = (share.astype(np.float32), coarse[1], "EPSG:4326")
    assert count(population=coarse, coverage={"4g": same_cells}).bounds == {}


# Zones.


def test_zones_and_outside_add_up_to_the_whole() -> None:
    zones = gpd.GeoDataFrame(
        {"id": ["w", "e"], "name": ["West", "East"]},
        geometry=[BOX(10.05, 4.5, 10.2, 5.2), BOX(10.2, 4.5, 10.31, 5.2)],
        crs=4326,
    )
    coverage = {"2g": raster(SHARES["a"]), "4g:A": [SITES_A]}
    found = count([AREA], hazard=[SWATH], coverage=coverage, zones=zones)
    assert [(z.id, z.name) for z in found.zones][:2] == [("w", "West"), ("e", "East")]
    assert found.zones[-1].id == OUTSIDE
    zones_add_up(found)
    west = zones.geometry[0]
    assert found.zones[0].people.total == pytest.approx(people_in(west), rel=1e-9)
    assert found.zones[0].people.in_area == pytest.approx(
        people_in(west.intersection(AREA)), rel=1e-9
    )
    assert found.zones[-1].people.total > 0.0


def test_zones_that_fill_the_raster_leave_nobody_outside() -> None:
    edges = [10.0, 10.137, 10.333, 10.6]
    zones = [BOX(a, 4.6, b, 5.0) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    found = count([AREA], coverage={"2g": raster(SHARES["b"])}, zones=zones)
    zones_add_up(found)
    assert set(numbers(found.zones[-1].people).values()) == {0.0}


def test_zones_that_overlap_a_little_are_cut_and_still_add_up() -> None:
    zones = [BOX(10.0, 4.6, 10.3002, 5.0), BOX(10.3, 4.6, 10.6, 5.0)]
    found = count([AREA], coverage={"4g": [SITES_A]}, zones=zones)
    zones_add_up(found)
    assert any("1 pairs of neighbouring zones overlap" in note for note in found.notes)
    assert found.zones[0].people.total == pytest.approx(people_in(zones[0]), rel=1e-9)


def test_zones_over_each_other_are_refused() -> None:
    zones = [BOX(10.0, 4.6, 10.4, 5.0), BOX(10.3, 4.6, 10.6, 5.0)]
    with pytest.raises(GeometryError, match="zones '1' and '2' overlap by 33%"):
        study([AREA], zones=zones)


def test_a_zone_off_the_raster_holds_nobody() -> None:
    found = count([AREA], zones=[BOX(10.1, 4.7, 10.2, 4.8), BOX(50, 4, 51, 5)])
    assert set(numbers(found.zones[1].people).values()) == {0.0}
    zones_add_up(found)
    with pytest.raises(NoIntersectionError, match="zones"):
        study([AREA], zones=[BOX(50, 4, 51, 5)])


# Groups, census areas.


def test_groups_add_up_to_the_whole() -> None:
    parts = {"0-14": PEOPLE * np.float32(0.25), "15+": PEOPLE * np.float32(0.75)}
    coverage = {"2g": raster(SHARES["a"]), "4g": [SITES_A]}
    options = {"hazard": [SWATH], "coverage": coverage, "zones": [BOX(10.1, 4.6, 10.3, 5.0)]}
    whole = count([AREA], **options)
    found = count([AREA], population={k: raster(v) for k, v in parts.items()}, **options)
    assert list(found.groups) == ["0-14", "15+"]
    assert numbers(found.people) == pytest.approx(numbers(whole.people), rel=1e-6)
    for key, value in numbers(found.people).items():
        groups = [numbers(group)[key] for group in found.groups.values()]
        assert math.fsum(groups) == pytest.approx(value, rel=1e-9)
        assert groups[0] == pytest.approx(0.25 * value, rel=1e-9)
    zones_add_up(found)


def census_of_cells() -> gpd.GeoDataFrame:
    """A census area for each cell of the raster that holds people."""
    rows, cols = np.nonzero(PEOPLE)
    x, y = 10.0 + 0.01 * cols, 5.0 - 0.01 * rows
    boxes = shapely.box(x, y - 0.01, x + 0.01, y)
    return gpd.GeoDataFrame({"pop": PEOPLE[rows, cols].astype(float)}, geometry=boxes, crs=4326)


def test_census_areas_give_the_people_of_a_raster_of_the_same_cells() -> None:
    """The same people twice: as cells of a raster and as polygons with a column."""
    options = {
        "hazard": [SWATH],
        "coverage": {"2g": raster((SHARES["a"] < 0.5).astype(np.uint8)), "4g:A": [SITES_A]},
        "zones": [BOX(10.05, 4.5, 10.2, 5.2), BOX(10.2, 4.5, 10.31, 5.2)],
    }
    cells = count([AREA], **options)
    census = count(
        [AREA],
        population=census_of_cells(),
        population_column="pop",
        population_unit=None,
        **options,
    )
    assert numbers(census.people) == pytest.approx(numbers(cells.people), rel=1e-5)
    zones_add_up(census)
    for one, other in zip(census.zones, cells.zones, strict=True):
        assert numbers(one.people) == pytest.approx(numbers(other.people), rel=1e-5, abs=1e-3)


# Other coordinate systems, the antimeridian.

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


# One result, however it is come by.


def everything(tmp_path: Path | None) -> dict[str, Any]:
    """Inputs of every kind, in memory or as files."""
    intensity = np.linspace(3.0, 9.0, PEOPLE.size).reshape(SHAPE)
    arrays = {"people": PEOPLE, "2g": SHARES["a"], "3g": (SHARES["b"] < 0.5).astype(np.uint8)}
    given = {k: raster(v) for k, v in (arrays | {"mmi": intensity}).items()}
    if tmp_path is not None:
        given = {
            k: write_tif(tmp_path / f"{k}.tif", v[0], tiled=True, blockxsize=16, blockysize=16)
            for k, v in given.items()
        }
    return {
        "population": given["people"],
        "area": [AREA],
        "hazard": given["mmi"],
        "hazard_min": 6.0,
        "coverage": {"2g": given["2g"], "3g:A": given["3g"], "4g:A": [SITES_A], "4g:B": [SITES_B]},
        "zones": [BOX(10.05, 4.5, 10.2, 5.2), BOX(10.2, 4.5, 10.31, 5.2)],
        "operator_share": {"A": 0.6},
        "population_unit": "count",
    }


def test_files_give_the_numbers_of_arrays_and_any_worker_the_same_bits(tmp_path: Path) -> None:
    arrays, files = everything(None), everything(tmp_path)
    texts = {
        json.dumps(open_study(**files, workers=workers).reach().to_dict(), sort_keys=True)
        for workers in (1, 2, 3)
    }
    assert len(texts) == 1
    in_memory = open_study(**arrays).reach()
    on_disk = open_study(**files).reach()
    assert numbers(on_disk.people) == pytest.approx(numbers(in_memory.people), rel=1e-12)
    zones_add_up(on_disk)
    for one, other in zip(on_disk.zones, in_memory.zones, strict=True):
        assert numbers(one.people) == pytest.approx(numbers(other.people), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("warned", ["area", "hazard raster", "everywhere"])
def test_people_by_cell_add_up_to_the_counts(warned: str) -> None:
    given = everything(None)
    if warned != "area":
        given["area"] = None
    if warned == "everywhere":
        del given["hazard"], given["hazard_min"]
    whole = open_study(**given)
    found, cells = whole.reach(), whole.cells()
    people = uncovered = 0.0
    for block in whole.grid.blocks(16, 16):
        part = cells.read(block)
        assert part.uncovered is not None
        assert (part.uncovered >= 0.0).all()
        assert (part.uncovered <= part.people * (1 + 1e-9)).all()
        people += float(part.people.sum())
        uncovered += float(part.uncovered.sum())
    assert people == pytest.approx(found.people.total, rel=1e-9)
    assert uncovered == pytest.approx(found.people.uncovered, rel=1e-9)


def test_the_result_is_the_json_of_the_contract() -> None:
    found = open_study(**everything(None), title="Exercise").reach().to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["schema"] == "ew4all/reach/1"
    assert found["title"] == "Exercise"
    keys = [
        "total",
        "at_risk",
        "in_area",
        "at_risk_in_area",
        "at_risk_covered",
        "covered",
        "uncovered",
    ]
    for people in (found["people"], *(zone["people"] for zone in found["zones"])):
        assert list(people) == keys
        assert list(people["covered"]) == ["2g", "3g", "4g", "any"]
    assert {o["name"]: o["share"] for o in found["operators"]} == {"A": 0.6, "B": None}
    roles = [
        "population",
        "hazard",
        "coverage 2g",
        "coverage 3g:A",
        "coverage 4g:A",
        "coverage 4g:B",
    ]
    assert [i["role"] for i in found["inputs"]] == ["population", "area", *roles[1:], "zones"]
    assert len(found["notes"]) == len(set(found["notes"]))


def test_progress_ends_with_the_last_block() -> None:
    told: list[tuple[int, int]] = []
    study([AREA], progress=lambda done, of: told.append((done, of))).reach()
    assert told
    assert told[-1][0] == told[-1][1]


# What is refused.


def test_options_that_do_not_fit_are_refused() -> None:
    intensity = raster(np.ones(SHAPE))
    with pytest.raises(OptionError, match="hazard is a raster; say from which value"):
        study(hazard=intensity)
    with pytest.raises(OptionError, match="the hazard is no raster"):
        study(hazard=[AREA], hazard_min=3.0)
    with pytest.raises(OptionError, match="the hazard is no raster"):
        study([AREA], hazard_min=3.0)
    with pytest.raises(OptionError, match="both a warning area and a CAP alert"):
        study([AREA], cap="alert.xml")
    with pytest.raises(OptionError, match="no zones were given"):
        study([AREA], zone_id="id")


@pytest.mark.parametrize("role", ["area", "hazard", "zones", "coverage"])
def test_layers_that_lie_elsewhere_are_refused_by_name(role: str) -> None:
    def given(shape: Any) -> dict[str, Any]:
        return {role: {"4g": [shape]} if role == "coverage" else [shape]}

    with pytest.raises(
        NoIntersectionError, match=f"{role}.*x 20.*the population raster spans x 10"
    ):
        study(**given(BOX(20, 4, 21, 5)))
    with pytest.raises(SwappedAxesError, match=f"{role}.*latitude and longitude exchanged"):
        study(**given(BOX(4.7, 10.1, 4.9, 10.3)))
    with pytest.raises(EmptyLayerError, match=role):
        study(**given(shapely.Polygon()))


def test_a_ring_that_crosses_itself_is_mended_and_noted() -> None:
    bow_tie = shapely.Polygon([(10.1, 4.7), (10.3, 4.9), (10.3, 4.7), (10.1, 4.9)])
    found = count([bow_tie])
    expected = people_in(
        shapely.MultiPolygon(
            [
                shapely.Polygon([(10.1, 4.7), (10.2, 4.8), (10.1, 4.9)]),
                shapely.Polygon([(10.3, 4.7), (10.3, 4.9), (10.2, 4.8)]),
            ]
        )
    )
    assert found.people.in_area == pytest.approx(expected, rel=1e-9)
    assert any("area" in note and "mended" in note for note in found.notes)


def test_bent_edges_of_the_area_follow_the_lines_that_were_drawn() -> None:
    """A parallel 4 degrees long bows by 600 m in UTM; its chord would miss that strip."""
    transform = Affine(1000.0, 0.0, 200_000.0, 0.0, -1000.0, 5_600_000.0)
    flat = (np.full((300, 600), 3.0), transform, "EPSG:32632")
    area = BOX(7.0, 48.5, 11.0, 50.0)
    found = open_study(flat, gpd.GeoSeries([area], crs=4326), population_unit="per_km2").reach()
    grid = Grid(Affine(4.0, 0.0, 7.0, 0.0, -1.5, 50.0), 1, 1, CRS.from_epsg(4326))
    assert found.people.in_area == pytest.approx(3.0 * grid.cell_area_km2()[0, 0], rel=2e-5)
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


def test_the_smallest_study_is_one_cell() -> None:
    one = (np.array([[12.0]]), Affine(0.01, 0.0, 10.0, 0.0, -0.01, 5.0), "EPSG:4326")
    found = count([BOX(10.0, 4.99, 10.005, 5.0)], population=one, zones=[BOX(9, 4, 11, 6)])
    assert_allclose([found.people.total, found.people.in_area], [12.0, 6.0], rtol=1e-9)
