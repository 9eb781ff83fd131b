"""Population, coverage and hazard as one source: which columns come out, and where they stand."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS
from raster_files import transform_of, write_tif

from ew4all.coverage.queries import FEWEST, MOST, Column
from ew4all.errors import CoverageValueError
from ew4all.grid import Block, Grid
from ew4all.readers.layers import open_layers
from ew4all.readers.levels import open_hazard_raster
from ew4all.readers.population import open_population
from ew4all.readers.stack import LEAST_TILE_CELLS, RasterStack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (4, 5)
GRID = Grid(transform_of(), *SHAPE, CRS.from_epsg(4326))
NOISE = np.random.default_rng(3)
PEOPLE = NOISE.gamma(1.0, 50.0, SHAPE).astype(np.float32)


@dataclass
class Layer:
    """A layer that counts how often it is read."""

    values: NDArray[Any]
    reads: list[Block] = field(default_factory=list)

    @property
    def binary(self) -> bool:
        return self.values.dtype == np.uint8

    def share(self, block: Block) -> NDArray[Any]:
        self.reads.append(block)
        return self.values[block.row0 : block.row1, block.col0 : block.col1]


@dataclass
class People:
    grid: Grid = GRID
    tile: tuple[int, int] = SHAPE
    values: NDArray[Any] = field(default_factory=lambda: PEOPLE)

    def people(self, block: Block, group: int = 0) -> Any:
        return self.values[block.row0 : block.row1, block.col0 : block.col1] * (group + 1)


def on_off(seed: int) -> Layer:
    return Layer((np.random.default_rng(seed).random(SHAPE) < 0.5).astype(np.uint8))


def shares(seed: int) -> Layer:
    values = np.random.default_rng(seed).random(SHAPE).astype(np.float32)
    values[0, :2], values[1, :2] = 0.0, 1.0
    return Layer(values)


def column_of(stack: RasterStack, column: Column, block: Block = GRID.whole) -> NDArray[Any]:
    """A column as numbers, found where `place` says that it stands."""
    found, place = stack.read(block), stack.place[column] - 1
    if place < stack.bits:
        return found.planes[place // 8] >> place % 8 & 1
    return found.shares[place - stack.bits]


def test_a_column_of_several_layers_is_their_union() -> None:
    layers = [on_off(0), on_off(1), shares(2), shares(3)]
    columns = (Column((0, 1)), Column((1,)), Column((0, 2)), Column((2, 3)))
    stack = RasterStack(People(), layers, None, columns)
    assert (stack.bits, stack.shares) == (2, 2)
    assert stack.place == {columns[0]: 1, columns[1]: 2, columns[2]: 3, columns[3]: 4}
    a, b, c, d = (layer.values for layer in layers)
    assert_array_equal(column_of(stack, columns[0]), a | b)
    assert_array_equal(column_of(stack, columns[1]), b)
    assert_array_equal(column_of(stack, columns[2]), np.maximum(a, c))
    assert_array_equal(column_of(stack, columns[3]), np.maximum(c, d))
    assert_array_equal(stack.read(GRID.whole).people, PEOPLE)


def test_bits_come_before_shares_whatever_the_order_of_the_question() -> None:
    layers = [shares(0), on_off(1)]
    columns = (Column((0,)), Column((1,)))
    stack = RasterStack(People(), layers, None, columns)
    assert stack.place == {columns[1]: 1, columns[0]: 2}
    assert_array_equal(column_of(stack, columns[0]), layers[0].values)
    assert_array_equal(column_of(stack, columns[1]), layers[1].values)


def test_more_than_eight_bits_go_to_further_planes() -> None:
    layers = [on_off(k) for k in range(19)]
    columns = tuple(Column((k,)) for k in range(19))
    stack = RasterStack(People(), layers, None, columns)
    assert stack.read(GRID.whole).planes.shape == (3, *SHAPE)
    for k, column in enumerate(columns):
        assert_array_equal(column_of(stack, column), layers[k].values)


@given(
    st.lists(st.sets(st.integers(0, 11), min_size=1, max_size=4), min_size=1, max_size=20),
    st.sets(st.integers(0, 11)),
)
@example([{k} for k in range(9)], {8})
def test_unions_of_any_layers_in_any_order(asked: list[set[int]], of_shares: set[int]) -> None:
    """A union of bits that stand in one plane is made from these bits; it must not show."""
    layers = [shares(k) if k in of_shares else on_off(k) for k in range(12)]
    columns = tuple(dict.fromkeys(Column(tuple(sorted(chosen))) for chosen in asked))
    stack = RasterStack(People(), layers, None, columns)
    for column in columns:
        expected = np.max([layers[k].values for k in column.rasters], axis=0)
        assert_array_equal(column_of(stack, column), expected)


@pytest.mark.parametrize("hazard", [on_off(7), shares(8)], ids=["0/1", "shares"])
def test_a_hazard_is_a_factor(hazard: Layer) -> None:
    layers = [on_off(0), shares(2)]
    asked = ((), (0,), (1,), (0, 1))
    columns = (*(Column(r, hazard=True) for r in asked), Column((0,)))
    stack = RasterStack(People(), layers, hazard, columns)
    a, b = (layer.values for layer in layers)
    for column, expected in zip(columns, (1, a, b, np.maximum(a, b)), strict=False):
        assert_allclose(column_of(stack, column), hazard.values * expected, rtol=1e-6)
    assert_array_equal(column_of(stack, columns[-1]), a)
    assert stack.bits == (3 if hazard.binary else 1)


def test_bounds_take_a_cell_whole_or_not_at_all() -> None:
    values = np.array([[1e-12, 1e-7, 0.5, 1.0 - 1e-7, 1.0]] * 4, np.float32)
    layers = [Layer(values), Layer(np.eye(*SHAPE, 1, np.uint8))]
    columns = tuple(Column(r, bound=b) for r in ((0,), (0, 1)) for b in (FEWEST, MOST))
    stack = RasterStack(People(), layers, None, columns)
    assert (stack.bits, stack.shares) == (4, 0)
    assert_array_equal(column_of(stack, columns[0]), [[0, 0, 0, 1, 1]] * 4)
    assert_array_equal(column_of(stack, columns[1]), [[0, 1, 1, 1, 1]] * 4)
    other = layers[1].values
    assert_array_equal(column_of(stack, columns[2]), np.array([[0, 0, 0, 1, 1]]) | other)
    assert_array_equal(column_of(stack, columns[3]), np.array([[0, 1, 1, 1, 1]]) | other)


def test_coverage_polygons_count_in_bounds_as_shares() -> None:
    rasters, polygons = [on_off(0)], [shares(1), shares(2)]
    column = Column((0, -1, -2), bound=MOST)
    stack = RasterStack(People(), rasters, None, (column,), polygons=polygons)
    any_of = rasters[0].values.astype(bool)
    for polygon in polygons:
        any_of |= polygon.values > 0
    assert_array_equal(column_of(stack, column), any_of)


def test_a_bound_with_a_hazard_of_shares_is_a_share() -> None:
    layer, hazard = shares(1), shares(2)
    column = Column((0,), hazard=True, bound=MOST)
    stack = RasterStack(People(), [layer], hazard, (column,))
    assert (stack.bits, stack.shares) == (0, 1)
    assert_array_equal(column_of(stack, column), (layer.values > 0) * hazard.values)


def test_blocks_are_parts_of_the_whole_and_groups_are_told_apart() -> None:
    layers = [on_off(0), shares(1)]
    columns = (Column((0,)), Column((1,)))
    stack = RasterStack(People(), layers, None, columns, group=1)
    block = Block(1, 3, 2, 5)
    assert_array_equal(stack.read(block).people, 2 * PEOPLE[1:3, 2:5])
    for column in columns:
        whole = column_of(stack, column)
        assert_array_equal(column_of(stack, column, block), whole[1:3, 2:5])


def test_each_layer_is_read_once_and_only_where_somebody_lives() -> None:
    layers, hazard = [on_off(0), shares(1), on_off(2)], on_off(4)
    columns = (Column((0,)), Column((0, 1)), Column((0,), hazard=True), Column((), hazard=True))
    RasterStack(People(), layers, hazard, columns).read(GRID.whole)
    assert [len(layer.reads) for layer in (*layers, hazard)] == [1, 1, 0, 1]
    empty = People(values=np.zeros(SHAPE, np.float32))
    found = RasterStack(empty, layers, hazard, columns).read(GRID.whole)
    assert [len(layer.reads) for layer in (*layers, hazard)] == [1, 1, 0, 1]
    assert not found.people.any()


def test_a_hazard_that_nobody_asks_for_is_not_read() -> None:
    hazard = on_off(4)
    RasterStack(People(), [on_off(0)], hazard, (Column((0,)),)).read(GRID.whole)
    assert hazard.reads == []


@pytest.mark.parametrize(
    ("tile", "shape", "expected"),
    [
        ((512, 512), (5000, 5000), (512, 512)),
        ((1, 5000), (5000, 5000), (14, 5000)),
        ((256, 256), (5000, 5000), (256, 256)),
        ((64, 64), (5000, 5000), (256, 256)),
        ((8, 8), (5000, 5000), (256, 256)),
        ((512, 512), (100, 90), (300, 270)),
    ],
)
def test_blocks_are_whole_tiles_of_enough_cells(
    tile: tuple[int, int], shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    grid = Grid(Affine(0.001, 0.0, 10.0, 0.0, -0.001, 20.0), *shape, CRS.from_epsg(4326))
    stack = RasterStack(People(grid, tile), [], None, ())
    rows, cols = stack.tile or (0, 0)
    assert (rows, cols) == expected
    assert rows % min(tile[0], shape[0]) == cols % min(tile[1], shape[1]) == 0
    assert rows * cols >= min(LEAST_TILE_CELLS, shape[0] * shape[1])
    assert RasterStack(People(grid, tile), [], None, (), in_memory=True).tile is None


def test_real_readers_fit_and_can_be_sent_to_another_process(tmp_path: Path) -> None:
    people = write_tif(tmp_path / "people.tif", PEOPLE)
    lte = write_tif(tmp_path / "lte.tif", on_off(0).values)
    signal = write_tif(
        tmp_path / "signal.tif", np.where(on_off(1).values, -90, -130).astype(np.int16)
    )
    intensity = write_tif(tmp_path / "mmi.tif", np.linspace(4, 9, 20).reshape(SHAPE))
    population = open_population(people, unit="count")
    rasters, _ = open_layers(
        {"4g": lte, "3g": signal}, population.grid, coverage_min={"3g": -100.0}
    )
    hazard = open_hazard_raster(intensity, 6.0, population.grid)
    columns = (Column((0, 1)), Column((1,), hazard=True), Column((), hazard=True))
    stack = RasterStack(population, rasters, hazard, columns)
    found = stack.read(GRID.whole)
    for other in (pickle.loads(pickle.dumps(stack)), stack):
        for one, again in zip(found, other.read(GRID.whole), strict=True):
            assert_array_equal(one, again)
    assert (stack.bits, stack.shares) == (3, 0)
    assert_array_equal(column_of(stack, columns[0]), on_off(0).values | on_off(1).values)
    at_risk = np.linspace(4, 9, 20).reshape(SHAPE) >= 6.0
    assert_array_equal(column_of(stack, columns[1]), on_off(1).values * at_risk)


def test_a_wrong_value_in_a_layer_is_told_when_it_is_read() -> None:
    rasters, _ = open_layers(
        {"4g": (np.full(SHAPE, 7, np.uint8), transform_of(), "EPSG:4326")}, GRID
    )
    stack = RasterStack(People(), rasters, None, (Column((0,)),))
    with pytest.raises(CoverageValueError, match=r"7\.\.7"):
        stack.read(GRID.whole)
