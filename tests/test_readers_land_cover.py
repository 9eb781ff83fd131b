"""Land cover as surroundings: legends, classes of one's own, other projections."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from ew4all.coverage.surroundings import BUILT
from ew4all.errors import InputError, OptionError
from ew4all.grid import Block, Grid, lonlat
from ew4all.readers.land_cover import open_land_cover

GRID = Grid(Affine(0.01, 0.0, 28.0, 0.0, -0.01, -29.0), 10, 12, CRS.from_epsg(4326))


def held(
    values: np.ndarray, cell: float = 0.01, west: float = 28.0
) -> tuple[np.ndarray, Affine, str]:
    return values, Affine(cell, 0.0, west, 0.0, -cell, -29.0), "EPSG:4326"


def test_a_known_legend_is_found_by_its_classes() -> None:
    values = np.full((10, 12), 30, np.uint8)
    values[2, 3] = 50
    cover, notes = open_land_cover(held(values), GRID)
    assert "legend of ESA WorldCover: 50 is built, the rest is open" in notes[-1]
    codes = cover.read(Block(1, 4, 2, 6))
    assert codes[1, 1] == BUILT
    assert codes.sum() == BUILT
    smod = np.where(values == 50, 30, 11).astype(np.int16)
    smod[0, 0] = 21
    cover, notes = open_land_cover(held(smod), GRID)
    assert "GHS-SMOD" in notes[-1]
    assert cover.read(GRID.whole)[2, 3] == 2
    assert cover.read(GRID.whole)[0, 0] == 1


def test_classes_of_ones_own() -> None:
    values = np.arange(120, dtype=np.int32).reshape(10, 12) + 500
    cover, _ = open_land_cover(
        held(values), GRID, {"501": "urban", "502": "suburban", "503": "built"}
    )
    assert cover.read(GRID.whole)[0, :5].tolist() == [0, 2, 1, BUILT, 0]


def test_beyond_the_raster_is_open_country() -> None:
    cover, _ = open_land_cover(held(np.full((4, 4), 50, np.uint8), west=28.05), GRID)
    codes = cover.read(GRID.whole)
    assert (codes[:4, 5:9] == BUILT).all()
    assert codes.sum() == 16 * BUILT
    far, _ = open_land_cover(held(np.full((4, 4), 50, np.uint8), west=90.0), GRID)
    assert (far.read(GRID.whole) == 0).all()


def test_metres_and_a_turn_around_the_earth() -> None:
    utm = Grid(Affine(200.0, 0.0, 5.9e5, 0.0, -200.0, 6.80e6), 100, 100, CRS.from_epsg(32735))
    columns, rows = np.meshgrid(np.arange(100) + 0.5, np.arange(100) + 0.5)
    lon, _ = lonlat(utm.crs).transform(*utm.xy(columns, rows))
    values = np.where(lon > 28.05, 50, 10).astype(np.uint8)
    cover, _ = open_land_cover((values, utm.transform, "EPSG:32735"), GRID)
    codes = cover.read(GRID.whole)
    assert (codes[2:6, :4] == 0).all()
    assert (codes[2:6, 6:9] == BUILT).all()
    turned, _ = open_land_cover(held(np.full((10, 12), 50, np.uint8), west=28.0 - 360.0), GRID)
    assert (turned.read(GRID.whole) == BUILT).all()


def test_what_cannot_be_read() -> None:
    with pytest.raises(
        InputError, match=r"classes 777, which fit none of the legends .* --landcover-class"
    ):
        open_land_cover(held(np.full((10, 12), 777, np.int16)), GRID)
    with pytest.raises(InputError, match="float32; land cover is whole numbers"):
        open_land_cover(held(np.zeros((10, 12), np.float32)), GRID)
    with pytest.raises(OptionError, match="not 50=town"):
        open_land_cover(held(np.full((10, 12), 50, np.uint8)), GRID, {"50": "town"})
