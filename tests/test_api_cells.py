"""Cells as features: nobody is lost when they are joined, and what leaves the map is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from ew4all.api.features.cells import cells_of
from ew4all.api.features.wrapping import wrapped
from ew4all.errors import ReadError
from ew4all.grid import Grid
from ew4all.writers.rasters import write_cog

if TYPE_CHECKING:
    from pathlib import Path


def raster(path: Path, values: np.ndarray, epsg: int = 4326, cell: float = 0.1) -> Path:
    height, width = values.shape
    corner = (10.0, 5.0) if epsg == 4326 else (500_000.0, 1_000_000.0)
    grid = Grid(Affine(cell, 0.0, corner[0], 0.0, -cell, corner[1]), height, width, CRS(epsg))
    write_cog(path, grid, [(b, values) for b in grid.blocks(height, width)], description="people")
    return path


@pytest.mark.parametrize(("most", "side"), [(10_000, 1), (400, 2), (120, 4), (13, 16), (1, 64)])
def test_joined_squares_hold_all_people(tmp_path: Path, most: int, side: int) -> None:
    rng = np.random.default_rng(7)
    values = rng.gamma(0.5, 4.0, (37, 41)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = -1.0
    values[rng.random(values.shape) < 0.2] = 0.0
    table = cells_of(raster(tmp_path / "a.tif", values), most)
    assert len(table) <= most
    assert table.columns["side_cells"][0] == side
    assert sum(table.columns["people"]) == pytest.approx(float(values[values > 0].sum()), rel=1e-6)
    assert sum(table.columns["cells"]) == int((values > 0).sum())
    # The naive twin: each square against the cells that lie in it.
    for shape, people in zip(table.shapes, table.columns["people"], strict=True):
        west, _, _, north = shape.bounds
        row, column = round((5.0 - north) / 0.1), round((west - 10.0) / 0.1)
        part = values[row : row + side, column : column + side]
        assert people == pytest.approx(float(part[part > 0].sum(dtype=np.float64)), abs=1e-5)
    assert len(set(table.ids)) == len(table)


def test_cells_in_metres_lie_where_they_should(tmp_path: Path) -> None:
    values = np.array([[0.0, 3.0], [-1.0, 0.0]], dtype=np.float32)
    table = cells_of(raster(tmp_path / "a.tif", values, 32620, 100.0), 10)
    (shape,) = table.shapes
    lon, lat = Transformer.from_crs(32620, 4326, always_xy=True).transform(500_150.0, 999_950.0)
    assert shape.contains(shapely.Point(lon, lat))
    assert shape.exterior.is_ccw


def test_an_empty_raster_has_no_cells(tmp_path: Path) -> None:
    table = cells_of(raster(tmp_path / "a.tif", np.full((4, 4), -1.0, dtype=np.float32)), 10)
    assert len(table) == 0
    assert table.geojson(np.arange(0)) == []


def test_what_is_no_raster_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0 and then nothing")
    with pytest.raises(ReadError, match="cannot be read as GeoTIFF"):
        cells_of(tmp_path / "a.tif", 10)


@given(
    west=st.floats(-720, 720),
    width=st.floats(0.5, 300),
    south=st.floats(-80, 70),
    turns=st.booleans(),
)
def test_shapes_come_back_between_180_and_180(
    west: float, width: float, south: float, *, turns: bool
) -> None:
    shape = shapely.box(west, south, west + width, south + 5.0)
    if turns:
        shape = shapely.MultiPolygon([shape])
    (back,) = wrapped(np.array([shape, None], dtype=object))[:1]
    left, _, right, _ = back.bounds
    assert left >= -180.0 - 1e-9
    assert right <= 180.0 + 1e-9
    assert back.area == pytest.approx(width * 5.0, rel=1e-6)
    # Each longitude of the old shape, turned, is in the new one.
    for share in (0.1, 0.5, 0.9):
        lon = (west + share * width + 180.0) % 360.0 - 180.0
        assert back.distance(shapely.Point(lon, south + 2.5)) < 1e-6


def test_cells_beyond_180_degrees_are_put_back(tmp_path: Path) -> None:
    grid = Grid(Affine(1.0, 0.0, 178.0, 0.0, -1.0, 5.0), 1, 4, CRS(4326))
    values = np.array([[1.0, 2.0, 3.0, 4.0]], dtype=np.float32)
    path = tmp_path / "a.tif"
    write_cog(path, grid, [(b, values) for b in grid.blocks(1, 4)], description="people")
    found = cells_of(path, 10)
    wests = [shape.bounds[0] for shape in found.shapes]
    assert dict(zip(wests, found.columns["people"], strict=True)) == {
        178.0: 1.0,
        179.0: 2.0,
        -180.0: 3.0,
        -179.0: 4.0,
    }
