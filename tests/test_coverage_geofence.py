"""Handsets that filter: distances by hand, Monte Carlo of fixes, and what a share of such phones changes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pyproj import CRS

from ew4all.coverage import target_kernels
from ew4all.coverage.exposure import cell_fractions
from ew4all.coverage.geofence import DEFAULTS, Geofence, GeofenceField
from ew4all.errors import OptionError
from ew4all.grid import GEOID, Block, Grid

if TYPE_CHECKING:
    from pathlib import Path

UTM = CRS.from_epsg(32620)
GRID = Grid(Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 1_004_000.0), 40, 60, UTM)
SQUARE = shapely.box(500_000.0, 1_001_000.0, 502_000.0, 1_003_000.0)


def field(geofence: Geofence, grid: Grid = GRID, shape: shapely.Geometry = SQUARE) -> np.ndarray:
    return GeofenceField.of(shape, grid, geofence).read(
        grid.whole, cell_fractions([shape], grid, grid.whole)
    )


def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def test_far_outside_only_phones_that_do_not_filter_sound() -> None:
    got = field(Geofence(share=0.7, no_fix=0.15))
    assert_allclose(got[1, 20, 59], 0.3 + 0.7 * 0.15)
    assert_allclose(got[0, 20, 5], 1.0)


def test_just_outside_the_error_of_the_fix_decides() -> None:
    # A fix without much error: shown up to 161 m, not beyond.
    got = field(Geofence(share=1.0, no_fix=0.0, error_m=0.5))
    row = 20  # between the northern and the southern edge, 2 km east of the western one
    assert_allclose(got[1, row, 20], 1.0)  # 0..100 m outside
    assert_allclose(got[1, row, 22], 0.0, atol=1e-12)  # 200..300 m outside
    # 100..200 m: parts of 33 m, whose centres lie at 117, 150 and 183 m.
    assert_allclose(got[1, row, 21], 2.0 / 3.0, atol=0.01)


def test_equals_fixes_drawn_at_random() -> None:
    geofence = Geofence(share=1.0, no_fix=0.0, error_m=80.0)
    got = field(geofence)
    rng = np.random.default_rng(3)
    for col in (19, 20, 21, 22):
        # Far from corners only the error across the edge counts: shown where the fix lies within 161 m of the area.
        x = 500_000.0 + 100.0 * (col + rng.random(200_000))
        fix = x + rng.normal(0.0, 80.0, x.size)
        want = float((fix - 502_000.0 <= 161.0).mean())
        side = 0 if col < 20 else 1
        assert_allclose(got[side, 20, col], want, atol=0.01)


def test_distance_to_the_nearest_edge_in_degrees_is_that_on_the_ellipsoid() -> None:
    # Far north, where a degree of longitude is a third of one of latitude.
    grid = Grid(Affine(0.001, 0.0, 20.0, 0.0, -0.001, 70.0), 80, 200, CRS.from_epsg(4326))
    shape = shapely.box(20.0, 69.9, 20.1, 70.1)
    one = field(Geofence(share=1.0, no_fix=0.0, error_m=100.0), grid, shape)
    for col in range(100, 112):
        lon = 20.0 + 0.001 * (col + 0.5)
        lat = 70.0 - 0.0405
        far = GEOID.inv(20.1, lat, lon, lat)[2]
        # Within a cell of 38 m the mean over its parts is near the value in its middle.
        assert_allclose(one[1, 40, col], normal_cdf((161.0 - far) / 100.0), atol=0.01)


def test_nearest_edge_equals_shapely() -> None:
    rng = np.random.default_rng(1)
    polygon = shapely.convex_hull(shapely.MultiPoint(rng.random((6, 2)) * 30.0))
    xy = shapely.get_coordinates(polygon)
    out = np.full((30, 30), np.inf)
    metres = np.tile([50.0, 0.0, 0.0, -50.0], (30, 1))
    target_kernels.nearest_edge(xy[:-1], xy[1:], metres, np.array([99.0, 99.0]), out)
    cols, rows = np.meshgrid(np.arange(30) + 0.5, np.arange(30) + 0.5)
    want = shapely.distance(polygon.exterior, shapely.points(cols, rows)) * 50.0
    assert_allclose(out, want, atol=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(1.0, 200.0))
def test_more_filtering_phones_show_less_outside(one: float, other: float, error_m: float) -> None:
    low, high = sorted((one, other))
    small = Grid(Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 1_004_000.0), 12, 30, UTM)
    less = field(Geofence(share=high, error_m=error_m), small)
    more = field(Geofence(share=low, error_m=error_m), small)
    assert (less <= more + 1e-12).all()
    assert ((less >= 0.0) & (less <= 1.0)).all()


def test_parts_are_the_same_whichever_window_is_read() -> None:
    geofence = Geofence(share=1.0)
    whole = field(geofence)
    prepared = GeofenceField.of(SQUARE, GRID, geofence)
    fraction = cell_fractions([SQUARE], GRID, GRID.whole)
    block = Block(5, 33, 11, 47)
    part = prepared.read(block, fraction[5:33, 11:47])
    assert_allclose(part, whole[:, 5:33, 11:47], atol=1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [("share", 1.2), ("share", -0.1), ("no_fix", np.nan), ("error_m", 0.0), ("tolerance_m", -1.0)],
)
def test_shares_and_lengths_that_are_none(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=name):
        Geofence(**{name: value})


def test_defaults_say_where_they_come_from() -> None:
    assert [row.name for row in DEFAULTS] == [
        "share",
        "tolerance_m",
        "error_m",
        "no_fix",
        "inside_error",
    ]
    assert all(row.source and row.unit and row.confidence for row in DEFAULTS)
    assert Geofence().tolerance_m == 161.0


def test_the_document_lists_the_defaults(repository: Path) -> None:
    text = (repository / "docs/targeting.md").read_text(encoding="utf-8")
    for row in DEFAULTS:
        if row.name != "share":
            line = next(k for k in text.splitlines() if k.startswith(f"| `{row.name}` |"))
            assert f"| {row.value:g}" in line
            assert row.confidence in line
