"""The whole count on a made-up country whose people can be added up by other means."""

from __future__ import annotations

import itertools
import json
import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from made_country import (
    AREA,
    BOX,
    GRID,
    NOISE,
    PEOPLE,
    SHAPE,
    SHARES,
    SITES_A,
    SITES_B,
    SWATH,
    count,
    numbers,
    people_in,
    raster,
    study,
    zones_add_up,
)  # fmt: skip
from numpy.testing import assert_allclose
from raster_files import transform_of, write_tif

from ew4all.errors import (
    NoIntersectionError,
)
from ew4all.intake import open_study
from ew4all.results import OUTSIDE

if TYPE_CHECKING:
    from pathlib import Path


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
    zones = [BOX(a, 4.6, b, 5.0) for a, b in itertools.pairwise(edges)]
    found = count([AREA], coverage={"2g": raster(SHARES["b"])}, zones=zones)
    zones_add_up(found)
    assert set(numbers(found.zones[-1].people).values()) == {0.0}


def test_zones_that_overlap_a_little_are_cut_and_still_add_up() -> None:
    zones = [BOX(10.0, 4.6, 10.3002, 5.0), BOX(10.3, 4.6, 10.6, 5.0)]
    found = count([AREA], coverage={"4g": [SITES_A]}, zones=zones)
    zones_add_up(found)
    assert any("1 pairs of neighbouring zones overlap" in note for note in found.notes)
    assert found.zones[0].people.total == pytest.approx(people_in(zones[0]), rel=1e-9)


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
        assert groups[0] == pytest.approx(0.25 * value, rel=1e-6)
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


@pytest.mark.slow
def test_other_processes_give_the_same_bits(tmp_path: Path) -> None:
    files = everything(tmp_path)
    alone = open_study(**files, workers=1).reach().to_dict()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert open_study(**files, workers=executor).reach().to_dict() == alone


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


def test_the_smallest_study_is_one_cell() -> None:
    one = (np.array([[12.0]]), Affine(0.01, 0.0, 10.0, 0.0, -0.01, 5.0), "EPSG:4326")
    found = count([BOX(10.0, 4.99, 10.005, 5.0)], population=one, zones=[BOX(9, 4, 11, 6)])
    assert_allclose([found.people.total, found.people.in_area], [12.0, 6.0], rtol=1e-9)
