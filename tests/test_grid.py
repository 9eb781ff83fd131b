"""Cells on Earth: their place, their area, and how they are cut into blocks."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from odc.geo.geobox import GeoBox
from pyproj import CRS, Geod, Transformer

from ew4all.errors import GridMismatchError, InputError, MissingCrsError
from ew4all.grid import Block, Grid, crs_of, lonlat, must_match

WGS84 = CRS.from_epsg(4326)
GEOD = Geod(ellps="WGS84")


def lonlat_grid(west: float, north: float, cell: float, rows: int, cols: int) -> Grid:
    return Grid(Affine(cell, 0.0, west, 0.0, -cell, north), rows, cols, WGS84)


def utm_grid(rows: int = 60, cols: int = 80, cell: float = 1000.0) -> Grid:
    return Grid(Affine(cell, 0.0, 600_000.0, 0.0, -cell, 1_400_000.0), rows, cols, CRS(32620))


def geodesic_km2(grid: Grid, row: int, col: int) -> float:
    """Area of one cell from PROJ: its sides follow the grid's lines, by 200 steps each."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], dtype=float)
    steps = np.linspace(0.0, 1.0, 201)[:-1, None]
    line = np.concatenate([a + (b - a) * steps for a, b in itertools.pairwise(corners)])
    x, y = grid.xy(line[:, 0] + col, line[:, 1] + row)
    lon, lat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(x, y)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6


@pytest.mark.parametrize("north", [89.5, 60.0, 12.6, 0.25, -14.0, -80.0])
def test_area_between_parallels_is_that_of_the_geodesic_polygon(north: float) -> None:
    grid = lonlat_grid(-61.8, north, 0.5, 1, 3)
    assert grid.cell_area_km2().shape == (1, 1)
    assert_allclose(grid.cell_area_km2()[0, 0], geodesic_km2(grid, 0, 1), rtol=1e-6)


def test_cells_of_the_whole_world_add_up_to_the_ellipsoid() -> None:
    grid = lonlat_grid(-180.0, 90.0, 1.0, 180, 360)
    a, b = GEOD.a, GEOD.b
    e = math.sqrt(GEOD.es)
    ellipsoid_km2 = 2 * math.pi * (a**2 + b**2 / e * math.atanh(e)) / 1e6
    assert_allclose(grid.cell_area_km2().sum() * grid.width, ellipsoid_km2, rtol=1e-12)


def test_area_of_projected_cells_is_that_of_the_geodesic_polygon() -> None:
    grid = utm_grid()
    area = grid.cell_area_km2()
    assert area.shape == grid.shape
    for row, col in ((0, 0), (59, 79), (30, 7)):
        assert_allclose(area[row, col], geodesic_km2(grid, row, col), rtol=1e-7)


def test_area_of_a_block_is_a_part_of_the_whole() -> None:
    for grid in (utm_grid(), lonlat_grid(-62.0, 13.0, 0.01, 60, 80)):
        block = Block(20, 33, 5, 60)
        whole = np.broadcast_to(grid.cell_area_km2(), grid.shape)
        part = np.broadcast_to(grid.cell_area_km2(block), block.shape)
        assert_allclose(part, whole[20:33, 5:60], rtol=1e-8)


@pytest.mark.parametrize("crs", [3413, 3031])
@pytest.mark.parametrize("cell", [20e3, 1e3])
def test_area_around_a_pole_is_that_of_the_geodesic_polygon(crs: int, cell: float) -> None:
    grid = Grid(Affine(cell, 0.0, -100 * cell, 0.0, -cell, 100 * cell), 200, 200, CRS(crs))
    area = grid.cell_area_km2()
    # Beside the pole, near it, and to either side of latitude 76 where cells are large.
    for at in ((100, 101), (103, 91), (173, 100), (179, 100), (0, 0)):
        assert area[at] == pytest.approx(geodesic_km2(grid, *at), rel=1e-5)


def test_area_in_web_mercator_shrinks_with_the_latitude() -> None:
    crs = CRS(3857)
    y = Transformer.from_crs(4326, crs, always_xy=True).transform(0.0, 60.0)[1]
    grid = Grid(Affine(1000.0, 0.0, 0.0, 0.0, -1000.0, y), 2, 2, crs)
    assert_allclose(grid.cell_area_km2()[1, 1], geodesic_km2(grid, 1, 1), rtol=1e-6)
    assert grid.cell_area_km2()[0, 0] == pytest.approx(0.25, rel=0.01)


def test_area_of_a_turned_lonlat_cell_is_that_of_the_geodesic_polygon() -> None:
    transform = Affine(0.01, 0.002, 10.0, 0.002, -0.01, 45.0)
    grid = Grid(transform, 20, 30, WGS84)
    area = grid.cell_area_km2()
    assert area.shape == grid.shape
    assert_allclose(area[7, 11], geodesic_km2(grid, 7, 11), rtol=1e-6)


def test_area_at_the_edge_of_a_world_map_is_zero_beyond_it() -> None:
    crs = CRS("ESRI:54009")
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(179.9, -17.0)
    grid = Grid(Affine(1000.0, 0.0, x - 40_000, 0.0, -1000.0, y), 70, 90, crs)
    area = grid.cell_area_km2()
    rows, cols = np.indices(grid.shape) + 0.5
    lon, _ = Transformer.from_crs(crs, 4326, always_xy=True).transform(*grid.xy(cols, rows))
    # Cells that the edge cuts may go either way.
    inside = np.isfinite(lon)
    deep = inside & np.roll(inside, 4, axis=1) & np.roll(inside, -4, axis=1)
    assert 0 < inside.sum() < inside.size
    assert (area[deep] > 0.99).all()
    assert (area[~inside] == 0.0).all()
    assert_allclose(area[5, 3], geodesic_km2(grid, 5, 3), rtol=1e-6)


def test_area_over_the_antimeridian_is_that_of_the_geodesic_polygon() -> None:
    crs = CRS(32601)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(180.0, 52.0)
    grid = Grid(Affine(500.0, 0.0, x - 20_250, 0.0, -500.0, y), 50, 80, crs)
    assert_allclose(grid.cell_area_km2()[20, 40], geodesic_km2(grid, 20, 40), rtol=1e-6)


def test_area_in_feet_is_in_square_kilometres() -> None:
    feet = CRS.from_epsg(2263)
    grid = Grid(Affine(1000.0, 0.0, 980_000.0, 0.0, -1000.0, 210_000.0), 2, 2, feet)
    assert_allclose(grid.cell_area_km2()[0, 0], geodesic_km2(grid, 0, 0), rtol=1e-6)


def test_rows_beyond_a_pole_are_refused() -> None:
    grid = lonlat_grid(10.0, 120.0, 1.0, 10, 10)
    with pytest.raises(InputError, match="latitude 120"):
        grid.cell_area_km2()


def test_bounds_and_cells_agree_with_odc_geo() -> None:
    for grid in (utm_grid(), lonlat_grid(177.0, -12.0, 0.25, 30, 20)):
        part = Block(3, 9, 4, 11)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # of affine, in odc-geo
            box = GeoBox(grid.shape, grid.transform, grid.crs.to_wkt())
            whole, cut = tuple(box.boundingbox), tuple(box[3:9, 4:11].boundingbox)
        assert_allclose(grid.bounds, whole)
        assert_allclose(grid.crop(part).bounds, cut)
        assert grid.crop(part).shape == part.shape == (6, 7)


def test_bounds_of_a_south_up_grid_are_in_order() -> None:
    grid = Grid(Affine(0.5, 0.0, 10.0, 0.0, 0.5, -4.0), 8, 2, WGS84)
    assert grid.bounds == (10.0, -4.0, 11.0, 0.0)
    assert (grid.cell_area_km2() > 0).all()


def test_coarse_cells_hold_whole_fine_cells() -> None:
    grid = lonlat_grid(0.0, 10.0, 0.1, 25, 31)
    coarse = grid.coarsen(10, 4)
    assert coarse.shape == (3, 8)
    assert coarse.cell_size == pytest.approx((0.4, 1.0))
    assert coarse.bounds[0] == 0.0
    assert coarse.bounds[3] == 10.0


@given(
    rows=st.integers(1, 40),
    cols=st.integers(1, 40),
    height=st.integers(1, 100),
    width=st.integers(1, 100),
)
def test_blocks_hold_every_cell_once(rows: int, cols: int, height: int, width: int) -> None:
    grid = lonlat_grid(0.0, 50.0, 0.1, height, width)
    seen = np.zeros(grid.shape, dtype=int)
    for block in grid.blocks(rows, cols):
        seen[block.row0 : block.row1, block.col0 : block.col1] += 1
        assert block.row0 % rows == 0
        assert block.col0 % cols == 0
    assert (seen == 1).all()


def test_blocks_within_are_those_of_the_lattice_that_meet_it() -> None:
    grid = lonlat_grid(0.0, 50.0, 0.1, 100, 100)
    inside = list(grid.blocks(30, 40, within=Block(29, 31, 40, 41)))
    assert inside == [Block(0, 30, 40, 80), Block(30, 60, 40, 80)]


def test_block_of_bounds_holds_the_touched_cells() -> None:
    grid = lonlat_grid(10.0, 5.0, 0.25, 20, 20)
    assert grid.block_of_bounds((10.3, 4.3, 10.6, 4.9)) == Block(0, 3, 1, 3)
    assert grid.block_of_bounds((0.0, -90.0, 40.0, 90.0)) == grid.whole
    assert grid.block_of_bounds((16.0, 4.0, 17.0, 4.5)) is None


def test_aligned_offset_finds_the_first_cell() -> None:
    grid = lonlat_grid(10.0, 5.0, 1 / 1200, 900, 900)
    assert grid.aligned_offset(grid.crop(Block(7, 50, 13, 80))) == (7, 13)
    assert grid.crop(Block(7, 50, 13, 80)).aligned_offset(grid) == (-7, -13)
    assert grid.same_cells(lonlat_grid(10.0, 5.0, 1 / 1200, 900, 900))


@pytest.mark.parametrize(
    "transform",
    [
        Affine(0.01, 0.0, 10.005, 0.0, -0.01, 5.0),  # half a cell to the east
        Affine(0.0101, 0.0, 10.0, 0.0, -0.01, 5.0),  # wider cells
        Affine(0.01, 0.0, 10.0, 0.0, 0.01, 4.0),  # south up
        Affine(0.0, 0.01, 10.0, -0.01, 0.0, 5.0),  # rows and columns exchanged
    ],
)
def test_other_cells_are_not_aligned(transform: Affine) -> None:
    grid = lonlat_grid(10.0, 5.0, 0.01, 100, 100)
    other = Grid(transform, 100, 100, WGS84)
    assert grid.aligned_offset(other) is None
    assert not grid.same_cells(other)
    assert not grid.same_cells(Grid(grid.transform, 100, 100, CRS(4258)))


def test_a_grid_needs_cells_and_a_transform_that_can_be_inverted() -> None:
    with pytest.raises(InputError, match="0 x 5"):
        Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 0.0), 0, 5, WGS84)
    with pytest.raises(InputError, match="cannot be inverted"):
        Grid(Affine(1.0, 2.0, 0.0, 2.0, 4.0, 0.0), 5, 5, WGS84)


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_inverse_undoes_the_transform(column: float, row: float) -> None:
    grid = Grid(Affine(0.01, 0.004, 10.0, 0.003, -0.02, 45.0), 20, 30, WGS84)
    x, y = grid.xy(np.array([column]), np.array([row]))
    a, b, c, d, e, f = grid.inverse
    assert_allclose([a * x[0] + b * y[0] + c, d * x[0] + e * y[0] + f], [column, row], atol=1e-9)


def test_crs_of_names_what_has_none() -> None:
    with pytest.raises(MissingCrsError, match=r"hazard\.geojson"):
        crs_of(None, "hazard.geojson")
    with pytest.raises(InputError, match="PROJ does not know"):
        crs_of("EPSG:99999999", "hazard.geojson")
    assert crs_of("OGC:CRS84", "x") == crs_of(4326, "x") == WGS84
    assert crs_of(32620, "x").name == "WGS 84 / UTM zone 20N"


def test_lonlat_gives_longitude_first() -> None:
    lon, lat = lonlat(CRS(32620)).transform(500_000.0, 0.0)
    assert (lon, lat) == pytest.approx((-63.0, 0.0))


def test_must_match_says_both_shapes() -> None:
    must_match("coverage", (3, 4), (3, 4))
    with pytest.raises(GridMismatchError, match=r"\(3, 4\).*\(4, 3\)"):
        must_match("coverage", (3, 4), (4, 3))


def test_area_of_a_box_is_its_cells() -> None:
    grid = lonlat_grid(-61.8, 12.6, 0.0008983153, 100, 50)
    box = shapely.segmentize(shapely.box(*grid.bounds), 0.001)
    exact = abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(box))[0]) / 1e6
    assert_allclose(grid.cell_area_km2().sum() * 50, exact, rtol=1e-7)
