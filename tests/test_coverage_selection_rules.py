"""Rules of others: sites in the area, coverage that touches it, and GOV.UK's estimate of over-reach."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.testing import assert_allclose
from pyproj import CRS

from ew4all.coverage.selection_rules import (
    KM2_PER_SQUARE_MILE,
    bleed_m,
    bleed_of,
    coverage_touches,
    site_inside,
)
from ew4all.grid import Grid

WGS84 = CRS.from_epsg(4326)
UTM = CRS.from_epsg(32630)


def test_bleed_of_the_console() -> None:
    # Anchors of its authors: remote Highlands about 5 km, Crewe about 1.5 km, a dense city 500 m.
    assert bleed_m(5.0) == 5000.0
    assert_allclose(bleed_m(3_300.0), 1502.0, atol=1.0)
    assert bleed_m(30_000.0) == 500.0
    assert bleed_m(0.0) == 1500.0
    assert bleed_m(0.99) == 1500.0
    assert_allclose(bleed_m(100.0), 3400.0)


def test_bleed_counts_the_ring() -> None:
    # 100 people a km2 everywhere, in a square of 10 km: 259 a square mile, so 2,883 m.
    grid = Grid(Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 6_030_000.0), 300, 300, UTM)
    area = shapely.box(510_000.0, 6_010_000.0, 520_000.0, 6_020_000.0)
    km2 = 100.0
    got = bleed_of(area, grid, 100.0 * km2, km2, lambda b: np.ones(b.shape))
    width = 5900.0 - 1250.0 * math.log10(100.0 * KM2_PER_SQUARE_MILE)
    assert_allclose(got.bleed_m, width)
    # A ring of that width: four sides and four quarter circles. UTM shrinks by 0.04 % at its middle.
    ring = (4 * 10_000.0 * width + math.pi * width**2) / 1e6
    assert_allclose(got.people, ring * 100.0, rtol=2e-3)
    assert_allclose(got.km2, ring, rtol=2e-3)


def test_bleed_near_the_antimeridian() -> None:
    grid = Grid(Affine(0.01, 0.0, 179.0, 0.0, -0.01, -17.0), 200, 200, WGS84)
    area = shapely.box(179.9, -18.2, 180.3, -17.8)
    got = bleed_of(area, grid, 0.0, 0.0, lambda b: np.ones(b.shape))
    assert got.bleed_m == 1500.0
    # About a perimeter of 42.3 + 44.3 km on either side, times 1.5 km.
    assert_allclose(got.km2, 2 * (42.3 + 44.3) * 1.5 + math.pi * 1.5**2, rtol=0.02)


def test_sites_in_the_area() -> None:
    area = shapely.box(179.0, -18.0, 181.0, -17.0)
    lon = np.array([179.5, -179.5, 178.9, -178.9, 180.5])
    got = site_inside(area, WGS84, lon, np.full(5, -17.5))
    assert got.tolist() == [True, True, False, False, True]
    projected = shapely.box(500_000.0, 5_540_000.0, 510_000.0, 5_560_000.0)
    # Longitude -3 is the central meridian of zone 30, at easting 500 km.
    got = site_inside(projected, UTM, np.array([-2.95, -3.05]), np.array([50.1, 50.1]))
    assert got.tolist() == [True, False]


def test_coverage_that_touches() -> None:
    cell = np.array([[[0, 1]], [[2, -1]]], np.int32)
    margin = np.array([[[1.0, -1.0]], [[0.0, 5.0]]])
    inside = np.array([[True, True]])
    assert coverage_touches([(cell, margin, inside)], 4).tolist() == [True, False, True, False]
    assert not coverage_touches([(cell, margin, ~inside)], 4).any()


@pytest.mark.parametrize("per_mile", [1.0, 10.0, 1e3, 1e6])
def test_bleed_is_held_between_its_bounds(per_mile: float) -> None:
    assert 500.0 <= bleed_m(per_mile) <= 5000.0
