"""What must hold for any mix of inputs: rasters on four grids, polygons, census areas, groups, zones, hazards."""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import strategies
from affine import Affine
from made_country import BOX, PEOPLE, SHAPE, TRANSFORM, raster, zones_add_up

from ew4all.intake import open_study

GRIDS = (
    (TRANSFORM, SHAPE, "EPSG:4326"),
    (Affine(0.007, 0.0, 9.9, 0.0, -0.006, 5.1), (90, 110), "EPSG:4326"),
    (Affine(0.03, 0.0, 10.05, 0.0, -0.03, 4.95), (8, 12), "EPSG:4326"),
    (Affine(900.0, 0.0, 600_000.0, 0.0, -900.0, 560_000.0), (70, 90), "EPSG:32632"),
)
CENSUS = [
    BOX(10 + i / 10, 4.6 + j / 10, 10.1 + i / 10, 4.7 + j / 10) for i in range(6) for j in range(4)
]


def drawn_raster(noise: np.random.Generator, kind: str) -> tuple[Any, Affine, str]:
    transform, shape, crs = GRIDS[noise.integers(len(GRIDS))]
    values = noise.random(shape)
    if kind == "0/1":
        return (values < 0.5).astype(np.uint8), transform, crs
    return (values * (9 if kind == "level" else 1)).astype(np.float32), transform, crs


def drawn_polygons(noise: np.random.Generator) -> list[Any]:
    def one() -> Any:
        x, y, radius = 10 + 0.6 * noise.random(), 4.6 + 0.4 * noise.random(), noise.random()
        vertices = int(noise.integers(4, 40))
        return strategies.star(x, y, 0.02 + 0.3 * radius, vertices, 0.5 * noise.random(), noise)

    return [one() for _ in range(noise.integers(1, 4))]


def drawn_inputs(noise: np.random.Generator) -> dict[str, Any]:
    populations: list[dict[str, Any]] = [
        {"population": raster(PEOPLE), "population_unit": "count"},
        {
            "population": {"women": raster(PEOPLE), "men": raster(PEOPLE * np.float32(0.9))},
            "population_unit": "count",
        },
        {
            "population": gpd.GeoDataFrame(
                {"people": noise.gamma(1.0, 3000.0, len(CENSUS))}, geometry=CENSUS, crs=4326
            ),
            "population_column": "people",
        },
    ]
    given = populations[noise.integers(3)]
    if noise.random() < 0.6:
        given["area"] = drawn_polygons(noise)
    hazard = noise.integers(3)
    if hazard == 1:
        given["hazard"] = drawn_polygons(noise)
    elif hazard == 2:
        given |= {"hazard": drawn_raster(noise, "level"), "hazard_min": 9.0 * noise.random()}
    coverage = {}
    for key in ("2g", "3g:A", "4g:A", "4g:B", "any", "5g:B"):
        kind = noise.choice(["none", "none", "0/1", "share", "polygons"])
        if kind == "polygons":
            coverage[key] = drawn_polygons(noise)
        elif kind != "none":
            coverage[key] = drawn_raster(noise, str(kind))
    edges = np.sort([9.9, *(10.0 + 0.6 * noise.random(3)), 10.7])
    if noise.random() < 0.5:
        given["zones"] = [BOX(a, 4.5, b, 5.2) for a, b in itertools.pairwise(edges)]
    return given | {"coverage": coverage}


def check(given: dict[str, Any]) -> None:
    study = open_study(**given)
    found = study.reach()
    people = found.people
    rounding = 1e-9 * people.total
    assert people.at_risk_in_area <= min(people.at_risk, people.in_area) + rounding
    assert max(people.at_risk, people.in_area) <= people.total + rounding
    zones = [zone.people for zone in found.zones]
    for count in (people, *zones, *found.groups.values()):
        assert min(count.total, count.at_risk, count.in_area) >= 0.0
        if given["coverage"]:
            assert count.uncovered is not None
            assert count.at_risk_covered is not None
            assert max(count.covered.values()) <= count.covered["any"] + rounding
            assert count.uncovered + count.covered["any"] == pytest.approx(
                count.in_area, abs=10 * rounding
            )
            assert count.at_risk_covered <= count.at_risk + rounding
    for operator in found.operators:
        for technology, covered in operator.covered.items():
            assert covered <= people.covered[technology] + rounding
    for technology, bounds in found.bounds.items():
        # A share of 1 - 1e-6 counts as all of a cell.
        assert bounds.fewest <= people.covered[technology] + 1e-5 * people.total
        assert people.covered[technology] <= bounds.most + 1e-5 * people.total
        assert bounds.most <= people.in_area + rounding
    if found.groups:
        total = sum(group.in_area for group in found.groups.values())
        assert total == pytest.approx(people.in_area, rel=1e-9, abs=1e-9)
    if found.zones:
        zones_add_up(found, rel=1e-8)
    cells = study.cells()
    parts = [cells.read(block) for block in study.grid.blocks(256, 256)]
    assert sum(p.people.sum() for p in parts) == pytest.approx(people.total, rel=1e-9)
    if given["coverage"]:
        uncovered = sum(p.uncovered.sum() for p in parts if p.uncovered is not None)
        assert uncovered == pytest.approx(people.uncovered, abs=10 * rounding)


@pytest.mark.parametrize("seed", range(20))
def test_counts_of_any_mix_of_inputs_agree_with_each_other(seed: int) -> None:
    check(drawn_inputs(np.random.default_rng(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1400, 100))
def test_counts_of_many_mixes_of_inputs_agree_with_each_other(start: int) -> None:
    for seed in range(start, start + 100):
        check(drawn_inputs(np.random.default_rng(seed)))
