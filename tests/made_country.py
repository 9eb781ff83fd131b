"""A small made-up country, and its people added up by other means than the package's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import oracles
import pytest
import shapely
from pyproj import CRS
from raster_files import transform_of

from ew4all.grid import Grid
from ew4all.intake import open_study

if TYPE_CHECKING:
    from affine import Affine

    from ew4all.results import PeopleCount, Reach
    from ew4all.study import Study

BOX = shapely.box
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
