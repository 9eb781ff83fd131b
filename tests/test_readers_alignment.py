"""A raster layer seen through the population grid: its share of each population cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS, Transformer
from raster_files import transform_of, write_tif

from ew4all.errors import NoIntersectionError
from ew4all.grid import Block, Grid
from ew4all.readers import alignment
from ew4all.readers.alignment import Aligned, coarseness
from ew4all.readers.levels import AtLeast, Fraction
from ew4all.readers.rasters import open_raster

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WGS84 = CRS.from_epsg(4326)
ZERO_ONE = Fraction("4g", "4g", np.dtype(np.uint8))
SHARE = Fraction("4g", "4g", np.dtype(np.float32))


def lonlat_grid(west: float, north: float, cell: float, rows: int, cols: int) -> Grid:
    return Grid(transform_of(west, north, cell), rows, cols, WGS84)


def aligned(array: Any, transform: Affine, crs: Any, grid: Grid, rule: Any = ZERO_ONE) -> Aligned:
    return Aligned(open_raster((array, transform, crs), "coverage"), grid, (16, 16), rule)


def patches(rows: int, cols: int, seed: int = 5) -> NDArray[np.uint8]:
    """0 and 1 in patches of a few cells."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 2, (-(-rows // 3), -(-cols // 4)), np.uint8)
    return np.kron(coarse, np.ones((3, 4), np.uint8))[:rows, :cols].copy()


def sampled(
    array: NDArray[Any], transform: Affine, crs: Any, grid: Grid, points: int = 40
) -> NDArray[np.float64]:
    """Share of each cell by looking the layer up at points x points places in it."""
    place = (np.arange(points) + 0.5) / points
    rows = (np.arange(grid.height)[:, None] + place).ravel()
    cols = (np.arange(grid.width)[:, None] + place).ravel()
    x, y = grid.xy(*np.meshgrid(cols, rows))
    x, y = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(x, y)
    a, b, c, d, e, f = Grid(transform, *array.shape, CRS.from_user_input(crs)).inverse
    if CRS.from_user_input(crs).is_geographic:
        x = transform.c + np.mod(x - transform.c, 360.0)
    col = np.floor(a * x + b * y + c).astype(int)
    row = np.floor(d * x + e * y + f).astype(int)
    inside = (row >= 0) & (row < array.shape[0]) & (col >= 0) & (col < array.shape[1])
    found = np.where(inside, array[row.clip(0, len(array) - 1), col.clip(0, array.shape[1] - 1)], 0)
    return found.reshape(grid.height, points, grid.width, points).mean(axis=(1, 3))


def test_the_same_cells_are_a_window() -> None:
    covered = patches(40, 50)
    layer = aligned(covered, transform_of(), 4326, lonlat_grid(10.0, 5.0, 0.01, 40, 50))
    assert layer.on_same_cells
    assert layer.binary
    assert np.shares_memory(layer.share(Block(3, 20, 4, 30)), covered)
    assert_array_equal(layer.share(Block(3, 20, 4, 30)), covered[3:20, 4:30])


def test_beyond_a_layer_on_the_same_cells_nothing_is_covered() -> None:
    covered = np.ones((10, 12), np.uint8)
    grid = lonlat_grid(10.0, 5.0, 0.01, 40, 50)
    layer = aligned(covered, transform_of(10.05, 4.97), 4326, grid)
    assert layer.binary
    expected = np.zeros(grid.shape, np.uint8)
    expected[3:13, 5:17] = 1
    assert_array_equal(layer.share(grid.whole), expected)
    assert_array_equal(layer.share(Block(10, 40, 0, 9)), expected[10:40, 0:9])
    assert_array_equal(layer.share(Block(20, 40, 0, 9)), 0)


@pytest.mark.parametrize("cell", [0.01 / 4, 0.01 / 3.7, 0.01, 0.037], ids=str)
@pytest.mark.parametrize("south_up", [False, True])
def test_the_share_is_the_exact_overlap(cell: float, south_up: bool) -> None:
    size = int(0.3 / cell)
    covered = patches(size, size)
    transform = transform_of(10.0033, 4.9961, cell)
    if south_up:
        transform = Affine(cell, 0.0, 10.0033, 0.0, cell, 4.9961 - cell * size)
    grid = lonlat_grid(10.0, 5.0, 0.01, 32, 33)
    layer = aligned(covered, transform, 4326, grid)
    share = layer.share(grid.whole)
    assert share.dtype == np.float32
    assert not layer.binary

    def overlap(edges: Any, cells: Any) -> Any:
        low, high = np.minimum(cells[:-1], cells[1:]), np.maximum(cells[:-1], cells[1:])
        first, last = np.sort([edges[:-1], edges[1:]], axis=0)
        meet = np.minimum(last[:, None], high) - np.maximum(first[:, None], low)
        return meet.clip(0.0) / (last - first)[:, None]

    x, y = 10.0 + 0.01 * np.arange(34), 5.0 - 0.01 * np.arange(33)
    rows = overlap(y, transform.f + transform.e * np.arange(size + 1))
    cols = overlap(x, transform.c + transform.a * np.arange(size + 1))
    assert_allclose(share, rows @ covered @ cols.T, atol=1e-6)
    assert share.max() == 1.0


def test_a_south_up_population_gets_the_layer_the_right_way_up() -> None:
    covered = patches(60, 60)
    north_up = lonlat_grid(10.0, 5.0, 0.01, 20, 20)
    south_up = Grid(Affine(0.01, 0.0, 10.0, 0.0, 0.01, 4.8), 20, 20, WGS84)
    transform = transform_of(10.001, 4.999, 0.003)
    one = aligned(covered, transform, 4326, north_up).share(north_up.whole)
    other = aligned(covered, transform, 4326, south_up).share(south_up.whole)
    assert_allclose(other[::-1], one, atol=1e-6)


def test_blocks_tiles_windows_and_threads_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = lonlat_grid(10.0, 5.0, 0.01, 70, 64)
    options: dict[str, Any] = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    path = write_tif(
        tmp_path / "a.tif", patches(230, 230), transform_of(10.01, 4.99, 0.003), **options
    )
    layer = Aligned(open_raster(path, "coverage"), grid, (16, 16), ZERO_ONE)
    whole = layer.share(grid.whole)
    monkeypatch.setattr(alignment, "WINDOW_CELLS", 512)
    monkeypatch.setattr(alignment, "STRIP_ROWS", 7)
    assert_allclose(layer.share(grid.whole), whole, atol=1e-6)
    blocks = list(grid.blocks(13, 20))
    with ThreadPoolExecutor(4) as pool:
        for block, found in zip(blocks, pool.map(layer.share, blocks), strict=True):
            expected = whole[block.row0 : block.row1, block.col0 : block.col1]
            assert_allclose(found, expected, atol=1e-6)
    tiles = np.zeros((5, 4), bool)
    tiles[1, 1:3] = tiles[4, 0] = True
    chosen = np.kron(tiles, np.ones((16, 16), bool))[:70]
    assert_allclose(layer.share(grid.whole, tiles), np.where(chosen, whole, 0), atol=1e-6)


def test_a_level_meets_its_threshold_before_anything_is_averaged() -> None:
    level = np.array([[-60.0, -130.0], [-130.0, -np.inf]], np.float32)
    level[1, 1] = np.nan
    grid = lonlat_grid(10.0, 5.0, 0.02, 1, 1)
    layer = aligned(level, transform_of(), 4326, grid, AtLeast(-100.0, is_level_dbm=True))
    assert layer.share(grid.whole)[0, 0] == 0.25
    layer = aligned(level, transform_of(), 4326, grid, AtLeast(-130.0, is_level_dbm=True))
    assert layer.share(grid.whole)[0, 0] == 0.75


@pytest.mark.parametrize("cell", [1.0, 0.4])
def test_longitudes_0_to_360_are_the_same_places(cell: float) -> None:
    height, width = int(180 / cell), int(360 / cell)
    covered = patches(height, width)
    frame = aligned(
        covered, transform_of(0.0, 90.0, cell), 4326, lonlat_grid(-180.0, 90.0, 1.0, 180, 360)
    )
    turned = np.roll(covered, width // 2, axis=1)
    plain = aligned(
        turned, transform_of(-180.0, 90.0, cell), 4326, lonlat_grid(-180.0, 90.0, 1.0, 180, 360)
    )
    assert frame.binary == (cell == 1.0)
    whole = frame.grid.whole
    assert_allclose(frame.share(whole), plain.share(whole), atol=1e-6)
    assert_allclose(
        frame.share(Block(40, 60, 170, 190)), plain.share(whole)[40:60, 170:190], atol=1e-6
    )


def test_a_population_over_the_antimeridian_sees_both_ends_of_the_world() -> None:
    covered = patches(180, 360)
    grid = lonlat_grid(177.0, -12.0, 1.0, 8, 6)
    layer = aligned(covered, transform_of(-180.0, 90.0, 1.0), 4326, grid)
    expected = np.concatenate([covered[102:110, 357:], covered[102:110, :3]], axis=1)
    assert layer.binary
    assert_array_equal(layer.share(grid.whole), expected)


def test_a_layer_in_another_crs_is_looked_up_all_over_the_cell() -> None:
    transform = Affine(400.0, 0.0, 585_000.0, 0.0, -400.0, 1_397_000.0)
    covered = patches(90, 90)
    grid = lonlat_grid(-62.3, 12.7, 0.02, 30, 35)
    layer = aligned(covered, transform, 32620, grid)
    assert not layer.on_same_cells
    share = layer.share(grid.whole)
    truth = sampled(covered, transform, 32620, grid)
    assert share.dtype == np.float32
    assert np.abs(share - truth).max() < 0.12
    assert np.abs(share - truth).mean() < 0.01
    assert share.sum() == pytest.approx(truth.sum(), rel=2e-3)
    assert (share[truth == 0.0] < 0.05).all()


def test_a_coarse_layer_in_another_crs_is_looked_up_all_over_the_cell() -> None:
    transform = Affine(9000.0, 0.0, 580_000.0, 0.0, -9000.0, 1_397_000.0)
    covered = patches(7, 7)
    grid = lonlat_grid(-62.3, 12.7, 0.01, 70, 80)
    share = aligned(covered, transform, 32620, grid).share(grid.whole)
    truth = sampled(covered, transform, 32620, grid, 10)
    assert np.abs(share - truth).mean() < 0.01
    assert share.sum() == pytest.approx(truth.sum(), rel=5e-3)


def test_looked_up_blocks_and_windows_agree_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    transform = Affine(100.0, 0.0, 585_000.0, 0.0, -100.0, 1_397_000.0)
    grid = lonlat_grid(-62.3, 12.7, 0.02, 30, 35)
    layer = aligned(patches(360, 360), transform, 32620, grid)
    whole = layer.share(grid.whole)
    monkeypatch.setattr(alignment, "PART_CELLS", 9)
    monkeypatch.setattr(alignment, "WINDOW_CELLS", 5000)
    assert_allclose(layer.share(grid.whole), whole, atol=1e-6)
    assert_allclose(layer.share(Block(4, 20, 7, 31)), whole[4:20, 7:31], atol=1e-6)


@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_a_projected_population_over_the_antimeridian_is_covered(west: float) -> None:
    crs = CRS(32601)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(180.0, -17.0)
    grid = Grid(Affine(5000.0, 0.0, x - 100_000, 0.0, -5000.0, y), 30, 40, crs)
    covered = patches(1800, 3600)
    transform = transform_of(west, 90.0, 0.1)
    share = aligned(covered, transform, 4326, grid).share(grid.whole)
    truth = sampled(covered, transform, 4326, grid, 20)
    assert np.abs(share - truth).mean() < 0.02
    assert share.sum() == pytest.approx(truth.sum(), rel=0.01)


def test_a_turned_population_is_covered() -> None:
    grid = Grid(Affine(0.02, 0.005, 10.0, 0.005, -0.02, 5.0), 20, 25, WGS84)
    covered = patches(200, 200)
    transform = transform_of(10.05, 5.05, 0.004)
    share = aligned(covered, transform, 4326, grid).share(grid.whole)
    truth = sampled(covered, transform, 4326, grid)
    assert share.sum() == pytest.approx(truth.sum(), rel=0.02)
    same = aligned(patches(20, 25), grid.transform, 4326, grid)
    assert same.binary
    assert_array_equal(same.share(grid.whole), patches(20, 25))


def test_fully_covered_cells_are_exactly_one() -> None:
    grid = lonlat_grid(-62.2, 12.6, 0.013, 20, 20)
    for array, transform, crs in (
        (np.ones((300, 300), np.uint8), transform_of(-62.3, 12.7, 0.0017), 4326),
        (np.ones((400, 400), np.uint8), Affine(100, 0, 580_000, 0, -100, 1_400_000), 32620),
    ):
        assert_array_equal(aligned(array, transform, crs, grid).share(grid.whole), 1.0)


def test_shares_of_a_share_layer_keep_the_people_they_cover() -> None:
    share = np.random.default_rng(2).random((60, 60), dtype=np.float32)
    grid = lonlat_grid(10.0, 5.0, 0.03, 20, 20)
    layer = aligned(share, transform_of(), 4326, grid, SHARE)
    assert_allclose(
        layer.share(grid.whole), share.reshape(20, 3, 20, 3).mean(axis=(1, 3)), atol=1e-6
    )
    assert aligned(share, transform_of(), 4326, grid.crop(grid.whole), SHARE).binary is False


@pytest.mark.parametrize("crs", [4326, 32620])
def test_a_layer_somewhere_else_is_refused_with_both_extents(crs: int) -> None:
    transform = transform_of(-40.0, 50.0) if crs == 4326 else Affine(100, 0, 9e5, 0, -100, 5e6)
    grid = lonlat_grid(10.0, 5.0, 0.01, 40, 50)
    with pytest.raises(NoIntersectionError, match=r"coverage .*spans x .*does not meet.*10\.0000"):
        aligned(np.ones((5, 5), np.uint8), transform, crs, grid)


def test_coarseness_is_the_ratio_of_widths() -> None:
    people = lonlat_grid(-62.0, 12.5, 1 / 120, 50, 50)
    assert coarseness(people, lonlat_grid(-62.0, 12.5, 1 / 1200, 400, 400)) == pytest.approx(
        10.0, rel=1e-3
    )
    utm = Grid(Affine(100, 0, 600_000, 0, -100, 1_380_000), 900, 900, CRS(32620))
    assert coarseness(people, utm) == pytest.approx(9.1, abs=0.1)
