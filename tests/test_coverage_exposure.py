"""People inside polygons by layer: tables that a reader can check by eye, a slow twin, and what must hold for any input."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import oracles
import pytest
import shapely
import strategies
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS
from raster_files import write_tif

from ew4all.coverage.exposure import (
    MANY_POLYGONS,
    cell_fractions,
    lattice_of,
    totals,
    whole_tile_sums,
)
from ew4all.coverage.queries import Column
from ew4all.coverage.sources import ArraySource, Stack, columns_of
from ew4all.errors import GeometryError, GridMismatchError
from ew4all.grid import Block, Grid
from ew4all.readers.layers import open_layers
from ew4all.readers.population import open_population
from ew4all.readers.stack import RasterStack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

UTM = CRS.from_epsg(32620)
UNIT = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 3.0), 3, 3, UTM)
PEOPLE = np.arange(1.0, 10.0).reshape(3, 3)
"""1 2 3 / 4 5 6 / 7 8 9: 45 in all."""
LEFT = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], np.uint8)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
SHARE = np.array([[0.0, 0.5, 1.0], [0.0, 0.5, 1.0], [0.0, 0.5, 1.0]], np.float32)


def grid_of(rows: int, cols: int, cell: float = 1.0) -> Grid:
    return Grid(Affine(cell, 0.0, 0.0, 0.0, -cell, rows * cell), rows, cols, UTM)


def random_people(shape: tuple[int, int], dtype: str = "float32", seed: int = 0) -> NDArray[Any]:
    noise = np.random.default_rng(seed)
    return np.where(noise.random(shape) < 0.3, 0.0, noise.gamma(0.5, 20.0, shape)).astype(dtype)


def random_source(
    grid: Grid, bits: int = 0, shares: int = 0, dtype: str = "float32", seed: int = 0
) -> tuple[ArraySource, tuple[Any, list[Any], list[Any]]]:
    """A source, and the arrays it was made of."""
    noise = np.random.default_rng(seed + 1)
    people = random_people(grid.shape, dtype, seed)
    layers = [noise.random(grid.shape) < 0.6 for _ in range(bits)]
    fractions = [noise.random(grid.shape).astype(np.float32) for _ in range(shares)]
    return ArraySource.of(grid, people, layers, fractions), (people, layers, fractions)


BY_HAND = {
    # (people, left column, cross, share)
    "everything": (shapely.box(0, 0, 3, 3), (45, 12, 25, 2.5 * 3 + 18)),
    "the middle cell": (shapely.box(1, 1, 2, 2), (5, 0, 5, 2.5)),
    # A quarter of 1 3 7 9, half of 2 4 6 8, all of 5: people; 1 4 7; 2 4 5 6 8; half of 2 5 8 and all of 3 6 9.
    "a cell's half around the middle": (
        shapely.box(0.5, 0.5, 2.5, 2.5),
        (5 + 10 + 5, 2 + 2, 10 + 5, 5 + 6),
    ),
    # Half of 3 5 7 and all of 6 8 9.
    "below the diagonal": (
        shapely.Polygon([(0, 0), (3, 0), (3, 3)]),
        (0.5 * 15 + 23, 3.5, 2.5 + 14, 1.25 + 4 + 1.5 + 6 + 9),
    ),
    "all but the middle cell": (
        shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2)),
        (40, 12, 20, 5 + 18),
    ),
    "two corners and much of the sea": (
        shapely.MultiPolygon([shapely.box(-9, 2, 1, 9), shapely.box(2, -9, 9, 1)]),
        (10, 1, 0, 9),
    ),
    "a hundredth of the middle row": (
        shapely.box(-1, 1.495, 4, 1.505),
        (0.15, 0.04, 0.15, 0.025 + 0.06),
    ),
    "beside the raster": (shapely.box(3, 0, 5, 3), (0, 0, 0, 0)),
    "nothing": (shapely.Polygon(), (0, 0, 0, 0)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BY_HAND)
def test_totals_by_hand(name: str, dtype: str) -> None:
    shape, expected = BY_HAND[name]
    source = ArraySource.of(UNIT, PEOPLE.astype(dtype), [LEFT, CROSS], [SHARE])
    assert_allclose(totals([shape], source)[0], expected, rtol=1e-14, atol=1e-14)


def test_every_polygon_has_its_row_and_those_without_a_shape_hold_nobody() -> None:
    shapes = [BY_HAND[name][0] for name in BY_HAND]
    source = ArraySource.of(UNIT, PEOPLE, [LEFT, CROSS], [SHARE])
    expected = np.array([BY_HAND[name][1] for name in BY_HAND], float)
    assert_allclose(totals([*shapes, None], source)[:-1], expected, rtol=1e-14, atol=1e-14)
    assert_array_equal(totals([*shapes, None], source)[-1], np.zeros(4))
    assert totals([], source).shape == (0, 4)


@given(
    strategies.on_grids(strategies.plain_grids, most=4),
    st.sampled_from([0, 1, 5, 6, 8, 9, 17]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=150)
def test_totals_are_those_of_the_slow_twin(
    drawn: tuple[Grid, list[Any]], bits: int, shares: int, dtype: str
) -> None:
    grid, shapes = drawn
    source, arrays = random_source(grid, bits, shares, dtype)
    people = arrays[0]
    expected = oracles.totals(shapes, grid, *arrays)
    assert_allclose(totals(shapes, source), expected, rtol=1e-9, atol=1e-11 * float(people.max()))


@given(strategies.on_grids(most=3))
@settings(max_examples=50)
def test_totals_on_turned_grids_are_those_of_the_slow_twin(drawn: tuple[Grid, list[Any]]) -> None:
    grid, shapes = drawn
    source, arrays = random_source(grid, 2, 1)
    expected = oracles.totals(shapes, grid, *arrays)
    # Coordinates of 1.3e6 m on cells of 8 mm are good to 3e-8 of a cell.
    atol = 1e-7 * max(1.0, float(arrays[0].sum()))
    assert_allclose(totals(shapes, source), expected, rtol=1e-9, atol=atol)


@pytest.mark.parametrize(("rows", "cols"), [(600, 2500), (3, 5000), (300, 90)])
@pytest.mark.parametrize("bits", [0, 4, 6, 11])
def test_large_polygons_are_those_of_numpy_over_their_shares(
    rows: int, cols: int, bits: int
) -> None:
    """Long runs in groups of four rows, several strips of rows, several planes of layers."""
    grid = grid_of(rows, cols)
    noise = np.random.default_rng(2)
    middle = (cols / 2, rows / 2)
    shapes = [
        strategies.star(*middle, 0.7 * cols, 60, 0.6, noise),
        strategies.star(*middle, 0.45 * min(rows, cols), 5000, 0.02, noise),
        shapely.box(-5, 0.25, cols - 7.5, rows + 3).difference(shapely.box(99.5, 1, 101.5, 2)),
        shapely.box(0, 0, cols, rows),
    ]
    source, (people, layers, _) = random_source(grid, bits, 0)
    got = totals(shapes, source)
    for k, shape in enumerate(shapes):
        inside = cell_fractions([shape], grid) * people
        expected = [inside.sum(), *(inside[layer].sum() for layer in layers)]
        assert_allclose(got[k], expected, rtol=1e-11)


def test_totals_are_those_of_exactextract() -> None:
    """It keeps shares in float32, so that totals differ by what its boundary cells are rounded to."""
    grid = grid_of(400, 400)
    people = random_people(grid.shape, "float64")
    noise = np.random.default_rng(8)
    source = ArraySource.of(grid, people)
    # Edges along half cells: shares of 0.25, 0.5 and 1 are exact in float32 too.
    boxes = [shapely.box(x, y, x + 120.5, y + 99.5) for x in (0.5, 140) for y in (3.0, 200.5)]
    expected = [oracles.peer_sum(box, grid, people) for box in boxes]
    assert_allclose(totals(boxes, source)[:, 0], expected, rtol=1e-12)
    stars = [strategies.star(200.1, 190.2, r, 3000, 0.01, noise) for r in (150.0, 60.0)]
    expected = [oracles.peer_sum(star, grid, people) for star in stars]
    assert_allclose(totals(stars, source)[:, 0], expected, rtol=1e-9)


def test_many_polygons_are_swept_in_other_strips_with_the_same_result() -> None:
    grid = grid_of(200, 90)
    noise = np.random.default_rng(5)
    centres = noise.random((MANY_POLYGONS + 200, 2)) * [90.0, 200.0]
    shapes = [strategies.star(x, y, 2.3, 9, 0.5, noise) for x, y in centres]
    source, _ = random_source(grid, 3, 1)
    many, few = totals(shapes, source), np.concatenate([totals([s], source) for s in shapes])
    assert_allclose(many, few, rtol=1e-12, atol=1e-12)


# What must hold for any input.


def pieces(grid: Grid, number: int, seed: int) -> list[Any]:
    """Polygons with common borders that fill the raster."""
    noise = np.random.default_rng(seed)
    west, south, east, north = grid.bounds
    points = shapely.MultiPoint(noise.random((number, 2)) * [east - west, north - south])
    whole = shapely.box(0.0, 0.0, east - west, north - south)
    cells = shapely.voronoi_polygons(points, extend_to=whole)
    return [shapely.intersection(c, whole) for c in shapely.get_parts(cells)]


@pytest.mark.parametrize("number", [2, 40, 1500])
def test_zones_that_fill_the_raster_add_up_to_it(number: int) -> None:
    grid = grid_of(300, 250)
    source, (people, layers, shares) = random_source(grid, 3, 1)
    got = totals(pieces(grid, number, 1), source)
    wide = people.astype(float)
    expected = [wide.sum(), *(wide[layer].sum() for layer in layers), (wide * shares[0]).sum()]
    assert_allclose(got.sum(axis=0), expected, rtol=1e-10)


@given(strategies.on_grids(strategies.plain_grids))
def test_a_polygon_and_the_rest_add_up_to_everybody(drawn: tuple[Grid, list[Any]]) -> None:
    grid, (shape,) = drawn
    source, (people, _, _) = random_source(grid)
    rest = shapely.box(*grid.bounds).difference(shape)
    got = totals([shape, rest], source)[:, 0]
    everybody = people.sum(dtype=float)
    assert got.sum() == pytest.approx(everybody, rel=1e-9, abs=1e-9)
    assert (got >= -1e-9).all()


@given(strategies.on_grids(strategies.plain_grids), st.floats(0.01, 5.0))
def test_a_larger_polygon_never_holds_fewer(
    drawn: tuple[Grid, list[Any]], cells_wider: float
) -> None:
    grid, (shape,) = drawn
    larger = shape.union(shape.buffer(cells_wider * grid.cell_size[0]))
    source, (people, _, _) = random_source(grid, 2)
    got = totals([shape, larger], source)
    assert (got[1] >= got[0] - 1e-9 * people.sum(dtype=float)).all()
    assert (got[1] <= people.sum(dtype=float) * (1 + 1e-9)).all()


@given(strategies.on_grids(strategies.plain_grids))
def test_a_layer_more_changes_no_other_number(drawn: tuple[Grid, list[Any]]) -> None:
    grid, shapes = drawn
    people = random_people(grid.shape)
    noise = np.random.default_rng(0)
    layers = [noise.random(grid.shape) < 0.5 for _ in range(10)]
    everything = totals(shapes, ArraySource.of(grid, people, layers))[0]
    for k in range(len(layers)):
        fewer = totals(shapes, ArraySource.of(grid, people, layers[:k]))[0]
        # A sum of six and one of nine columns take their cells in different lanes.
        assert_allclose(fewer, everything[: 1 + k], rtol=1e-12, atol=1e-12)
    assert (everything[1:] <= everything[0] * (1 + 1e-12) + 1e-12).all()


# Tiles, workers, stored sums.


@dataclass(frozen=True)
class Tiled:
    """A source in memory that is read in tiles, and remembers which."""

    inner: ArraySource
    tile: tuple[int, int]
    seen: list[Block] = field(default_factory=list)

    @property
    def grid(self) -> Grid:
        return self.inner.grid

    @property
    def bits(self) -> int:
        return self.inner.bits

    @property
    def shares(self) -> int:
        return self.inner.shares

    def read(self, block: Block) -> Stack:
        self.seen.append(block)
        return Stack(*(np.ascontiguousarray(part) for part in self.inner.read(block)))


@dataclass(frozen=True)
class Stored:
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, source: Tiled) -> Stored:
        lattice = lattice_of(source.grid, source.tile)
        sums = np.zeros((*lattice.shape, columns_of(source)))
        for block in source.grid.blocks(*source.tile):
            at = block.row0 // source.tile[0], block.col0 // source.tile[1]
            sums[at] = whole_tile_sums(source, block)
        return cls(sums)


def mixed_shapes(grid: Grid) -> list[Any]:
    """Large, small, with holes, over each other, without a shape, and off the raster."""
    noise = np.random.default_rng(6)
    west, south, east, north = grid.bounds
    x, y, side = (west + east) / 2, (south + north) / 2, min(east - west, north - south)
    ring = strategies.star(x, y, 0.6 * side, 700, 0.1, noise)
    return [
        ring.difference(strategies.star(x, y, 0.1 * side, 20, 0.0, noise)),
        strategies.star(x + side / 3, y, 0.02 * side, 7, 0.5, noise),
        None,
        shapely.box(west - 9, south - 9, east + 9, north + 9),
        shapely.box(west - 9, south, west - 1, north),
        shapely.MultiPolygon([shapely.box(west, y, x, north), shapely.box(x, south, east, y)]),
    ]


@pytest.mark.parametrize("tile", [(64, 64), (1, 220), (300, 1), (37, 53), (512, 512), (256, 100)])
@pytest.mark.parametrize(("bits", "shares"), [(0, 0), (4, 0), (10, 2)])
def test_tiles_of_any_size_give_the_same_totals(
    tile: tuple[int, int], bits: int, shares: int
) -> None:
    grid = grid_of(300, 220, 0.5)
    source, _ = random_source(grid, bits, shares)
    shapes = mixed_shapes(grid)
    expected = totals(shapes, source)
    assert_allclose(totals(shapes, Tiled(source, tile)), expected, rtol=1e-12, atol=1e-12)


@given(strategies.on_grids(strategies.plain_grids, most=3), st.integers(1, 5), st.integers(1, 5))
def test_tiles_give_the_totals_of_the_slow_twin(
    drawn: tuple[Grid, list[Any]], rows: int, cols: int
) -> None:
    grid, shapes = drawn
    source, arrays = random_source(grid, 2, 1)
    expected = oracles.totals(shapes, grid, *arrays)
    tiled = Tiled(source, (rows, cols))
    got = totals(shapes, tiled)
    assert_allclose(got, expected, rtol=1e-9, atol=1e-8)
    stored = totals(shapes, tiled, stored=Stored.of(tiled))
    assert stored.tobytes() == got.tobytes(), "a prepared raster gives the same bits"


def test_only_tiles_that_a_polygon_meets_are_read() -> None:
    source, _ = random_source(grid_of(100, 100))
    tiled = Tiled(source, (10, 10))
    totals([shapely.box(12, 62, 18, 68)], tiled)
    assert tiled.seen == [Block(30, 40, 10, 20)]
    tiled.seen.clear()
    totals([shapely.box(200, 200, 300, 300)], tiled)
    assert tiled.seen == []


def test_stored_sums_leave_only_the_tiles_on_the_edge_to_be_read() -> None:
    grid = grid_of(100, 100)
    source, _ = random_source(grid, 2, 1)
    tiled = Tiled(source, (10, 10))
    stored = Stored.of(tiled)
    tiled.seen.clear()
    shapes = [shapely.box(5.5, 5.5, 94.5, 94.5)]
    got = totals(shapes, tiled, stored=stored)
    cells = sum(block.shape[0] * block.shape[1] for block in tiled.seen)
    assert cells == 36 * 100, "the ring of tiles along the border"
    assert len(tiled.seen) < 36, "tiles one above the other are read together"
    assert_allclose(got, totals(shapes, source), rtol=1e-12)


@pytest.mark.parametrize("tile", [None, (50, 64)])
def test_any_number_of_workers_gives_the_same_bits(tile: tuple[int, int] | None) -> None:
    grid = grid_of(900, 220)
    inner, _ = random_source(grid, 6, 2)
    source = inner if tile is None else Tiled(inner, tile)
    shapes = mixed_shapes(grid)
    alone = totals(shapes, source)
    for workers in (2, 3, 7):
        assert totals(shapes, source, workers=workers).tobytes() == alone.tobytes()
    with ThreadPoolExecutor(2) as executor:
        assert totals(shapes, source, workers=executor).tobytes() == alone.tobytes()


def test_other_processes_give_the_same_bits_from_files(tmp_path: Path) -> None:
    """What a worker gets is pickled: the population, its layers and the polygons."""
    rows, cols = 300, 260
    transform = Affine(0.01, 0.0, 10.0, 0.0, -0.01, 5.0)
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    people = write_tif(
        tmp_path / "people.tif", random_people((rows, cols)), transform, nodata=-1.0, **tiles
    )
    noise = np.random.default_rng(0)
    on_off = (noise.random((rows, cols)) < 0.5).astype(np.uint8)
    half = noise.random((rows, cols)).astype(np.float32)
    paths = {
        "2g": write_tif(tmp_path / "2g.tif", on_off, transform, **tiles),
        "4g": write_tif(tmp_path / "4g.tif", half, transform, **tiles),
    }
    population = open_population(people, unit="count")
    rasters, _ = open_layers(paths, population.grid)
    columns = (Column((0,)), Column((1,)), Column((0, 1)))
    stack = RasterStack(population, rasters, None, columns)
    assert stack.tile is not None
    shapes = mixed_shapes(population.grid)
    alone = totals(shapes, stack)
    assert alone[:, 0].max() > 1000.0
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert totals(shapes, stack, workers=executor).tobytes() == alone.tobytes()


def test_progress_is_told_for_every_block() -> None:
    source, _ = random_source(grid_of(600, 20))
    for workers in (1, 2):
        told: list[tuple[int, int]] = []
        totals(
            [shapely.box(0, 0, 20, 600)],
            source,
            workers=workers,
            progress=lambda done, of: told.append((done, of)),  # noqa: B023
        )
        assert told == [(1, 3), (2, 3), (3, 3)]


@dataclass(frozen=True)
class Broken(Tiled):
    def read(self, block: Block) -> Stack:
        if block.row0 >= 20:
            msg = "the file is cut short"
            raise OSError(msg)
        return super().read(block)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_tile_that_cannot_be_read_stops_the_count(workers: int) -> None:
    source = Broken(random_source(grid_of(100, 100))[0], (10, 10))
    with pytest.raises(OSError, match="cut short"):
        totals([shapely.box(0, 0, 100, 100)], source, workers=workers)


# What cannot be counted.


def test_lines_have_no_inside() -> None:
    source, _ = random_source(UNIT)
    with pytest.raises(GeometryError, match="LineString has no area"):
        totals([shapely.LineString([(0, 0), (1, 1)])], source)


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(GridMismatchError, match=r"people has shape \(2, 3\).*\(3, 3\)"):
        ArraySource.of(UNIT, np.ones((2, 3)))
    with pytest.raises(GridMismatchError, match="coverage layer"):
        ArraySource.of(UNIT, PEOPLE, [np.ones((3, 4))])
    with pytest.raises(GridMismatchError, match="coverage layer"):
        ArraySource.of(UNIT, PEOPLE, [], [np.ones((4, 3))])


def test_people_in_the_order_of_columns_are_people_too() -> None:
    """Arrays that are not contiguous (a slice, a transpose) are taken as they are meant."""
    grid = grid_of(60, 40)
    wide = random_people((40, 120), "float64")
    people = wide[:, ::2].T
    shape = shapely.box(3.5, 2.25, 39.0, 51.0)
    expected = math.fsum((cell_fractions([shape], grid) * people).ravel())
    got = totals([shape], ArraySource.of(grid, people))[0, 0]
    assert got == pytest.approx(expected, rel=1e-12)
