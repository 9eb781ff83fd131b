"""Arrival of the hazard: fronts, rasters and isochrones against distances and areas worked out otherwise; siren levels."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Geod

from ew4all.errors import (
    ColumnError,
    GeometryError,
    InputError,
    NoIntersectionError,
    OptionError,
)
from ew4all.grid import Block, Grid
from ew4all.readers.arrival import open_arrival_raster, read_isochrones
from ew4all.run_hazard import Arrival, arrival_of
from ew4all.sim.arrival import AtOnce, MovingFront
from ew4all.sim.siren_levels import CLASS_DB, Sirens, class_middle_db, siren_classes

N = 30
GRID = Grid(Affine(0.02, 0, 30.0, 0, -0.02, -14.4), N, N, CRS.from_epsg(4326))
GEOD = Geod(ellps="WGS84")
LON, LAT = GRID.xy(*np.meshgrid(np.arange(N) + 0.5, np.arange(N) + 0.5))


def test_a_front_without_bearing_spreads_by_distance() -> None:
    front = MovingFront(GRID, shapely.Point(30.3, -14.7), 5.0, start_s=100.0)
    _, _, far = GEOD.inv(np.full_like(LON, 30.3), np.full_like(LAT, -14.7), LON, LAT)
    assert front.read(GRID.whole) == pytest.approx(100.0 + far / 5.0, rel=1e-4, abs=0.1)
    part = Block(3, 9, 5, 20)
    assert np.array_equal(front.read(part), front.read(GRID.whole)[3:9, 5:20])


def test_a_front_with_a_bearing_moves_that_way() -> None:
    line = shapely.LineString([(30.1, -15.2), (30.1, -14.2)])
    arrival = MovingFront(GRID, line, 10.0, bearing_deg=90.0).read(GRID.whole)
    _, _, far = GEOD.inv(np.full_like(LON, 30.1), LAT, LON, LAT)
    ahead = LON > 30.1
    assert arrival[ahead] == pytest.approx(far[ahead] / 10.0, rel=5e-3)
    assert np.all(arrival[~ahead] < 2.0)  # behind the line the hazard is there already


def test_a_bent_front_keeps_its_shape() -> None:
    """Moving north from a line that is 0.1 degrees farther north on its eastern half."""
    line = shapely.LineString([(29.9, -15.0), (30.3, -15.0), (30.3, -14.9), (30.7, -14.9)])
    arrival = MovingFront(GRID, line, 1.0, bearing_deg=0.0).read(GRID.whole)
    east, west = arrival[0, 25], arrival[0, 5]
    assert west - east == pytest.approx(11_063.0, rel=0.01)


@pytest.mark.parametrize(
    ("line", "speed", "error", "match"),
    [
        (shapely.box(30, -15, 31, -14), 5.0, GeometryError, "begins at one line"),
        (shapely.LineString([(500_000, 0), (600_000, 0)]), 5.0, GeometryError, "in degrees"),
        (shapely.Point(30, -14), 0.0, InputError, "speed above 0"),
    ],
)
def test_fronts_that_are_none(line: Any, speed: float, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        MovingFront(GRID, line, speed)


def test_a_raster_of_minutes_is_read_at_the_middle_of_pixels() -> None:
    minutes = np.arange(60.0).reshape(6, 10)
    minutes[2, 3], minutes[1, 1] = -1.0, np.nan
    transform = Affine(0.1, 0, 29.9, 0, -0.1, -14.3)
    found = open_arrival_raster((minutes, transform, "EPSG:4326"), GRID, unit="min", start_s=30.0)
    got = found.read(GRID.whole)
    row = np.floor((-14.3 - LAT) / 0.1).astype(int)
    col = np.floor((LON - 29.9) / 0.1).astype(int)
    inside = (row < 6) & (col < 10)
    want = np.full(got.shape, np.nan)
    want[inside] = 30.0 + 60.0 * np.where(minutes < 0, np.nan, minutes)[row[inside], col[inside]]
    np.testing.assert_allclose(got, want)
    assert np.isnan(got).any()


def test_wide_pixels_over_a_fine_raster_read_little_at_once(monkeypatch: Any) -> None:
    fine = np.random.default_rng(0).random((600, 600))
    source = (fine, Affine(0.001, 0, 30.0, 0, -0.001, -14.4), "EPSG:4326")
    whole = open_arrival_raster(source, GRID, unit="s").read(GRID.whole)
    monkeypatch.setattr("ew4all.readers.arrival._MOST_CELLS", 5000)
    assert np.array_equal(open_arrival_raster(source, GRID, unit="s").read(GRID.whole), whole)


def test_units_are_never_guessed() -> None:
    source = (np.ones((5, 5)), Affine(0.1, 0, 30.0, 0, -0.1, -14.4), "EPSG:4326")
    with pytest.raises(OptionError, match="nobody says the unit"):
        open_arrival_raster(source, GRID)
    with pytest.raises(OptionError, match="'parsec' is no unit"):
        open_arrival_raster(source, GRID, unit="parsec")
    away = (np.ones((5, 5)), Affine(0.1, 0, 80.0, 0, -0.1, -14.4), "EPSG:4326")
    with pytest.raises(NoIntersectionError):
        open_arrival_raster(away, GRID, unit="s")


def rings(times: Any) -> Any:
    shapes = [shapely.Point(30.3, -14.7).buffer(0.1 * k) for k in (3, 1, 2)]
    return gpd.GeoDataFrame({"hours": times, "name": list("abc")}, geometry=shapes, crs=4326)


def test_isochrones_are_read_in_the_order_of_their_times() -> None:
    found, _ = read_isochrones(rings([3.0, 1.0, 2.0]), GRID, unit="h", start_s=60.0)
    assert [one.arrival_s for one in found] == [3660.0, 7260.0, 10860.0]
    assert found[0].shape.area < found[1].shape.area < found[2].shape.area


def test_isochrones_that_say_too_little() -> None:
    with pytest.raises(OptionError, match="nobody says the unit"):
        read_isochrones(rings([3.0, 1.0, 2.0]), GRID)
    with pytest.raises(ColumnError, match="no column 'when'; it has hours, name"):
        read_isochrones(rings([3.0, 1.0, 2.0]), GRID, column="when", unit="h")
    with pytest.raises(InputError, match="no time"):
        read_isochrones(rings([3.0, 1.0, 2.0]), GRID, column="name", unit="h")
    with pytest.raises(InputError, match="feature 2: the time of arrival is -1"):
        read_isochrones(rings([3.0, -1.0, 2.0]), GRID, unit="h")


def test_one_way_of_arriving_is_given() -> None:
    assert isinstance(arrival_of(600.0, GRID, [], []).field, AtOnce)
    with pytest.raises(OptionError, match="not raster and isochrones"):
        arrival_of(Arrival(raster="a.tif", isochrones="b.gpkg"), GRID, [], [])
    with pytest.raises(OptionError, match="needs its speed"):
        arrival_of(Arrival(front=shapely.Point(30, -14)), GRID, [], [])


def test_the_loudest_siren_counts() -> None:
    """70 dBC at 690 m of a siren of 115 dBC (radio.md 6), 10 dB for a doubling."""
    sirens = Sirens(
        GRID, np.array([30.3, 30.31]), np.array([-14.7, -14.7]), np.array([115.0, 105.0])
    )
    level = sirens.read(GRID.whole)
    far = [
        GEOD.inv(np.full_like(LON, x), np.full_like(LAT, -14.7), LON, LAT)[2] for x in (30.3, 30.31)
    ]
    each = [
        r - 33.22 * np.log10(np.maximum(d, 30.48) / 30.48)
        for r, d in zip((115, 105), far, strict=True)
    ]
    want = np.maximum(*each)
    heard = want >= 40.0
    assert level[heard] == pytest.approx(want[heard])
    assert np.all(np.isneginf(level[~heard]))
    assert 115 - 33.22 * np.log10(690 / 30.48) == pytest.approx(70.0, abs=0.05)


def test_classes_hold_their_levels() -> None:
    level = np.array([-np.inf, 39.9, 40.0, 43.1, 70.0, 200.0])
    found = siren_classes(level)
    assert found.tolist() == [-1, -1, 0, 1, 10, CLASS_DB.size - 1]
    assert np.all(np.abs(class_middle_db()[found[2:5]] - level[2:5]) <= 1.5)


def test_sirens_that_are_none() -> None:
    one = np.array([30.0])
    with pytest.raises(InputError, match="nowhere on Earth"):
        Sirens(GRID, one, np.array([95.0]), np.array([110.0]))
    with pytest.raises(InputError, match="outdoor sirens have 90 to 130"):
        Sirens(GRID, one, np.array([-14.0]), np.array([11.0]))
