"""Exact shares of cells inside polygons, and the compiled sums over them, against slow twins and exactextract."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import oracles
import pytest
import shapely
import strategies
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS

from ew4all.coverage import crossings, kernels, runs
from ew4all.coverage.exposure import Fractions, cell_fractions, edges_by_strip
from ew4all.geometry import ragged
from ew4all.grid import Block, Grid
from ew4all.reprojection import only_polygons

if TYPE_CHECKING:
    from numpy.typing import NDArray

UTM = CRS.from_epsg(32620)
UNIT = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 3.0), 3, 3, UTM)
"""Three by three cells of one metre; x runs from 0 to 3 and y, upward, too."""


def polygon(*points: tuple[float, float]) -> Any:
    return shapely.Polygon(points)


BY_HAND = {
    "middle of nine cells": (
        shapely.box(0.5, 0.5, 2.5, 2.5),
        [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]],
    ),
    "one whole cell, edges on its edges": (
        shapely.box(1, 1, 2, 2),
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    ),
    "whole raster": (shapely.box(0, 0, 3, 3), [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    "far beyond on all sides": (
        shapely.box(-100, -100, 100, 100),
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    ),
    "half of the raster along its diagonal": (
        polygon((0, 0), (3, 0), (3, 3)),
        [[0, 0, 0.5], [0, 0.5, 1], [0.5, 1, 1]],
    ),
    "diamond with its corners in the middle of edges": (
        polygon((1.5, 0), (3, 1.5), (1.5, 3), (0, 1.5)),
        [[0.125, 0.75, 0.125], [0.75, 1, 0.75], [0.125, 0.75, 0.125]],
    ),
    "ring around the middle cell": (
        shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2)),
        [[1, 1, 1], [1, 0, 1], [1, 1, 1]],
    ),
    "a hole of a quarter inside one cell": (
        shapely.box(1, 1, 2, 2).difference(shapely.box(1.25, 1.25, 1.75, 1.75)),
        [[0, 0, 0], [0, 0.75, 0], [0, 0, 0]],
    ),
    "two cells that touch at a corner": (
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)]),
        [[0, 0, 0], [0, 1, 0], [1, 0, 0]],
    ),
    "two strips in one cell": (
        shapely.MultiPolygon([shapely.box(1.0, 1, 1.25, 2), shapely.box(1.5, 1, 2.0, 1.5)]),
        [[0, 0, 0], [0, 0.5, 0], [0, 0, 0]],
    ),
    "sliver of a hundredth of a cell across the raster": (
        shapely.box(-1, 1.495, 4, 1.505),
        [[0, 0, 0], [0.01, 0.01, 0.01], [0, 0, 0]],
    ),
    "begins left of the raster": (
        shapely.box(-5, 1, 0.5, 2.5),
        [[0.25, 0, 0], [0.5, 0, 0], [0, 0, 0]],
    ),
    "slope that begins left of the raster and passes its corner of cells": (
        polygon((-1, 2), (1, 2), (1, 0)),
        [[0, 0, 0], [1, 0, 0], [0.5, 0, 0]],
    ),
    "left of the raster": (shapely.box(-5, 0, -1, 3), np.zeros((3, 3))),
    "left border only": (shapely.box(-5, 0, 0, 3), np.zeros((3, 3))),
    "right border only": (shapely.box(3, 0, 5, 3), np.zeros((3, 3))),
    "above": (shapely.box(0, 3, 3, 5), np.zeros((3, 3))),
    "below": (shapely.box(0, -5, 3, 0), np.zeros((3, 3))),
    "nothing": (shapely.Polygon(), np.zeros((3, 3))),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_shares_by_hand(name: str) -> None:
    shape, expected = BY_HAND[name]
    assert_allclose(cell_fractions([shape], UNIT), expected, rtol=0, atol=1e-15)


@given(strategies.on_grids())
def test_shares_are_those_of_intersected_cells(drawn: tuple[Grid, list[Any]]) -> None:
    grid, (shape,) = drawn
    # Coordinates of 1.3e6 m on cells of 8 mm: nothing better than 3e-8 of a cell is possible.
    assert_allclose(
        cell_fractions([shape], grid), oracles.fractions(shape, grid), rtol=0, atol=1e-7
    )


@given(strategies.on_grids(strategies.plain_grids))
def test_shares_on_round_cells_are_exact_to_rounding(drawn: tuple[Grid, list[Any]]) -> None:
    grid, (shape,) = drawn
    assert_allclose(
        cell_fractions([shape], grid), oracles.fractions(shape, grid), rtol=0, atol=1e-11
    )


@given(strategies.on_grids(strategies.plain_grids, strategies.plain_polygons))
def test_shares_are_those_of_exactextract(drawn: tuple[Grid, list[Any]]) -> None:
    grid, (shape,) = drawn
    assert_allclose(
        cell_fractions([shape], grid), oracles.peer_fractions(shape, grid), rtol=0, atol=1e-6
    )


def test_shares_with_vertices_on_corners_and_edges_are_those_of_exactextract() -> None:
    """Rings through points on quarters of cells: of 20,000 such 6 are counted wrongly there, none of these 500.

    Drawn freely, nearer to a corner than rounding, polygons make exactextract 0.3.0 raise or end the process.
    """
    grid = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 9.0), 9, 11, UTM)
    counted = 0
    for seed in range(500):
        noise = np.random.default_rng(seed)
        points = noise.integers(-8, 56, (noise.integers(3, 7), 2)) / 4.0
        if len(np.unique(points, axis=0)) < 3:
            continue
        shape = only_polygons(shapely.make_valid(shapely.Polygon(points)))
        got = cell_fractions([shape], grid)
        assert_allclose(got, oracles.peer_fractions(shape, grid), rtol=0, atol=1e-6)
        counted += got.any()
    assert counted > 450


@pytest.mark.parametrize("side", [60, 1500])
def test_coast_of_100_000_vertices_is_that_of_exactextract(side: int) -> None:
    """On the small grid some 500 edges lie in each cell on the way; on the large one each crosses a few cells."""
    grid = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, side), side, side, UTM)
    noise = np.random.default_rng(1)
    middle = side / 2 + 0.123
    shell = strategies.star(middle, middle, side * 0.55, 100_000, 0.004, noise)
    lake = strategies.star(middle, middle, side * 0.2, 1000, 0.1, noise)
    coast = shapely.Polygon(shell.exterior, [lake.exterior])
    got = cell_fractions([coast], grid)
    assert_allclose(got, oracles.peer_fractions(coast, grid), rtol=0, atol=1e-6)
    inside = shapely.clip_by_rect(coast, 0.0, 0.0, side, side).area
    assert math.fsum(got.ravel()) == pytest.approx(inside, rel=1e-12)


@given(strategies.on_grids(), st.data())
def test_shares_of_a_block_are_a_part_of_the_whole(
    drawn: tuple[Grid, list[Any]], data: st.DataObject
) -> None:
    grid, shapes = drawn
    row0 = data.draw(st.integers(0, grid.height - 1))
    col0 = data.draw(st.integers(0, grid.width - 1))
    row1 = data.draw(st.integers(row0 + 1, grid.height))
    col1 = data.draw(st.integers(col0 + 1, grid.width))
    whole = cell_fractions(shapes, grid)
    part = cell_fractions(shapes, grid, Block(row0, row1, col0, col1))
    assert_allclose(part, whole[row0:row1, col0:col1], rtol=0, atol=1e-7)


def test_shares_across_strips_of_rows_are_those_of_one_strip() -> None:
    """A grid of three strips and a ragged one, and a block that begins in the middle of a strip."""
    grid = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, 900.0), 900, 7, UTM)
    shape = strategies.star(3.3, 450.2, 600.0, 40, 0.99, np.random.default_rng(3))
    whole = cell_fractions([shape], grid)
    assert_allclose(whole, oracles.fractions(shape, grid), rtol=0, atol=1e-10)
    block = Block(200, 777, 1, 6)
    assert_allclose(cell_fractions([shape], grid, block), whole[200:777, 1:6], rtol=0, atol=1e-12)


def test_shares_of_several_polygons_are_added_with_their_weights() -> None:
    left, right = shapely.box(0, 0, 1.5, 3), shapely.box(1.5, 0, 3, 3)
    both = cell_fractions([left, None, right], UNIT)
    assert_allclose(both, np.ones((3, 3)), rtol=0, atol=1e-15)
    fractions = Fractions.of(ragged([left, right]), UNIT, np.array([10.0, 2.0]))
    expected = np.array([10.0, 6.0, 2.0]) * np.ones((3, 1))
    assert_allclose(fractions.read(UNIT.whole), expected, rtol=1e-15)


@given(strategies.on_grids(strategies.plain_grids), st.booleans())
def test_direction_of_rings_does_not_matter(drawn: tuple[Grid, list[Any]], ccw: bool) -> None:
    grid, (shape,) = drawn
    turned = shapely.orient_polygons(shape, exterior_cw=ccw)
    assert_allclose(
        cell_fractions([turned], grid), cell_fractions([shape], grid), rtol=0, atol=1e-12
    )
    assert_allclose(
        cell_fractions([shapely.reverse(shape)], grid),
        cell_fractions([shape], grid),
        rtol=0,
        atol=1e-12,
    )


# Crossings of one row, put in order.


def ordered(
    column: list[int], cover: list[float], area: list[float], width: int, *, compiled: bool = True
) -> tuple[list[int], list[float], list[float]]:
    words = (width + 63) >> 6
    touched = np.zeros(words, np.uint64)
    room = max(words << 6, crossings.FEW)
    at, cover_at, area_at = np.empty(room, np.int64), np.empty(2 * room), np.empty(2 * room)
    kernel = crossings.in_order if compiled else crossings.in_order.py_func
    arrays = np.array(column, np.int32), np.array(cover), np.array(area)
    n = kernel(*arrays, 0, len(column), at, cover_at, area_at, touched)
    assert not touched.any()
    return at[:n].tolist(), cover_at[:n].tolist(), area_at[:n].tolist()


def merged(
    column: list[int], cover: list[float], area: list[float]
) -> tuple[list[int], list[float], list[float]]:
    sums: dict[int, list[float]] = {}
    for j, c, a in zip(column, cover, area, strict=True):
        known = sums.setdefault(j, [0.0, 0.0])
        known[0] += c
        known[1] += a
    at = sorted(sums)
    return at, [sums[j][0] for j in at], [sums[j][1] for j in at]


@given(st.data(), st.sampled_from([1, 5, 63, 64, 65, 200]))
def test_crossings_are_sorted_and_merged_few_or_many(data: st.DataObject, width: int) -> None:
    """Up to FEW by insertion, more through a row of bits: both must add the same cells in the same order."""
    n = data.draw(st.integers(1, 4 * crossings.FEW))
    column = data.draw(st.lists(st.integers(0, width - 1), min_size=n, max_size=n))
    # Whole numbers, so that the order of additions does not show.
    cover = [float(k % 7 - 3) for k in range(n)]
    area = [float(k % 5) for k in range(n)]
    expected = merged(column, cover, area)
    assert ordered(column, cover, area, width) == expected
    with np.errstate(over="ignore"):  # the multiplication that finds a bit wraps round on purpose
        assert ordered(column, cover, area, width, compiled=False) == expected


def test_every_bit_of_a_word_is_found() -> None:
    column = list(range(191, -1, -1))
    values = [float(j) for j in column]
    assert ordered(column, values, values, 192)[0] == list(range(192))
    for j in range(64):
        # One bit alone, told FEW + 1 times so that it does not come by insertion.
        many = crossings.FEW + 1
        assert ordered([j] * many, [1.0] * many, [0.5] * many, 64) == ([j], [many], [many / 2])


# Sums over runs of cells.


def random_cells(
    shape: tuple[int, int], dtype: str, seed: int = 0
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    noise = np.random.default_rng(seed)
    people = noise.gamma(0.5, 20.0, shape).astype(dtype)
    people[noise.random(shape) < 0.3] = 0.0
    return people, noise.integers(0, 256, shape, dtype=np.uint8)


def sums_of(people: NDArray[Any], mask: NDArray[np.uint8], bits: int) -> list[float]:
    wide = people.astype(float)
    under = [wide * (mask >> k & 1) for k in range(bits)]
    return [math.fsum(values.ravel()) for values in (wide, *under)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bits", range(9))
def test_runs_sum_people_and_people_under_each_bit(bits: int, dtype: str) -> None:
    for n in (0, 1, 7, 64, 1000):
        people, mask = random_cells((1, n), dtype, bits)
        sums = np.full(9, 100.0)
        runs.run(people[0], mask[0], bits, 0.25, sums)
        expected = 100.0 + 0.25 * np.array(sums_of(people, mask, bits))
        assert_allclose(sums[: 1 + bits], expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bits", [0, 3, 8])
def test_whole_blocks_are_summed(bits: int, dtype: str) -> None:
    people, mask = random_cells((9, 33), dtype)
    shares = np.random.default_rng(9).random((2, 9, 33)).astype(np.float32)
    out = np.ones(1 + bits + 2)
    kernels.block_sums(people, mask, bits, shares, out)
    weighted = [math.fsum((people.astype(float) * share).ravel()) for share in shares]
    assert_allclose(out, 1.0 + np.array(sums_of(people, mask, bits) + weighted), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float32", "float64"])
def test_a_bit_is_set_where_a_layer_is_not_zero(dtype: str) -> None:
    layer = np.array([[0, 1, 0], [3, 0, 1]], dtype)
    mask = np.array([[0, 0, 1], [1, 255, 128]], np.uint8)
    kernels.set_bit(layer, 2, mask)
    assert_array_equal(mask, [[0, 4, 1], [5, 255, 132]])


def test_a_bit_is_set_where_one_of_others_is() -> None:
    mask = np.array([[0b000, 0b001, 0b010, 0b100, 0b1011]], np.uint8)
    kernels.unite_bits(0b011, 5, mask)
    assert_array_equal(mask, [[0, 0b100001, 0b100010, 0b100, 0b101011]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_somebody_is_found_in_the_last_cell_too(dtype: str) -> None:
    people = np.zeros((3, 70), dtype)
    assert not kernels.anybody(people)
    people[-1, -1] = 1e-30
    assert kernels.anybody(people)


def long_sums(
    rows: list[tuple[int, int, int, int]], bits: int, polygons: int, width: int, dtype: str
) -> tuple[Any, Any]:
    people, mask = random_cells((12, width), dtype, 5)
    out = np.zeros((polygons, 1 + bits))
    kernels.long_runs(np.array(rows, np.int32).reshape(-1, 4), people, mask, bits, out)
    expected = np.zeros_like(out)
    for row, owner, start, end in rows:
        expected[owner] += sums_of(people[row, start:end], mask[row, start:end], bits)
    return out, expected


LONG_RUNS = {
    "four alike": [(r, 0, 10, 1500) for r in range(4)],
    "four ragged": [(0, 0, 10, 1500), (1, 0, 0, 1400), (2, 0, 300, 1600), (3, 0, 299, 1450)],
    "three of four": [(0, 0, 10, 1500), (1, 0, 0, 1400), (3, 0, 299, 1450)],
    "two lots of four and a rest": [(r, 0, 5 * r, 1200 + r) for r in range(10)],
    "begins in the middle of four": [(r, 0, r, 1300) for r in range(2, 9)],
    "rows apart": [(0, 0, 0, 1400), (5, 0, 0, 1400), (11, 0, 0, 1400)],
    "two polygons beside each other": [
        (r, p, 1500 * p + 3 * r, 1500 * p + 1300 + r) for r in range(8) for p in range(2)
    ],
    "two polygons, one of them not in every row": [
        (r, p, 1500 * p + r, 1500 * p + 1300)
        for r in range(8)
        for p in range(2)
        if (r, p) != (2, 1)
    ],
    "another polygon in the last row": [
        (0, 0, 0, 1200), (1, 0, 0, 1200), (2, 0, 0, 1200), (3, 1, 0, 1200)
    ],
    "two runs of one polygon in each row": [
        (r, 0, s, s + 1200) for r in range(4) for s in (r, 1600 - r)
    ],
    "no column in common": [(0, 0, 0, 1100), (1, 0, 1200, 2400), (2, 0, 0, 1100), (3, 0, 9, 1150)],
    "common columns within none": [
        (0, 0, 0, 3000), (1, 0, 0, 1100), (2, 0, 1900, 3000), (3, 0, 500, 2000)
    ],
    "none": [],
}  # fmt: skip


@pytest.mark.parametrize("bits", [0, 1, 5])
@pytest.mark.parametrize("name", LONG_RUNS)
def test_long_runs_are_summed_four_rows_at_a_time_or_not(name: str, bits: int) -> None:
    for dtype in ("float32", "float64"):
        got, expected = long_sums(LONG_RUNS[name], bits, 2, 3000, dtype)
        assert_allclose(got, expected, rtol=1e-12)


def test_compiled_kernels_do_what_their_source_says() -> None:
    """The same calls with the plain Python functions, on a grid small enough for them."""
    grid = Grid(Affine(0.25, 0.0, 0.0, 0.0, -0.25, 3.0), 8, 30, UTM)
    noise = np.random.default_rng(4)
    shapes = [strategies.star(x, 1.5, 2.0, 80, 0.7, noise) for x in (1.0, 3.0, 6.0)]
    polygons = ragged(shapes)
    edges = edges_by_strip(polygons, grid, 256)
    part = edges.of_strip(0)
    block = tuple(grid.whole)
    crossed = kernels.crossings(edges.coords, edges.inverse, *part, block)
    plain = kernels.crossings.py_func(edges.coords, edges.inverse, *part, block)
    for one, other in zip(crossed, plain, strict=True):
        assert_allclose(one, other, rtol=1e-14, atol=1e-14)
    signs = np.empty(3), np.empty(3)
    arguments = polygons.coords, polygons.ring_offsets, polygons.ring_is_hole, edges.inverse
    kernels.ring_signs(*arguments, signs[0])
    kernels.ring_signs.py_func(*arguments, signs[1])
    assert_array_equal(*signs)
    people, mask = random_cells(grid.shape, "float32")
    shares = noise.random((1, *grid.shape)).astype(np.float32)
    for bits in (0, 4, 7):
        out = np.zeros((3, 2 + bits)), np.zeros((3, 2 + bits))
        kernels.sweep(*crossed, people, mask, bits, shares, out[0])
        with np.errstate(over="ignore"):
            kernels.sweep.py_func(*crossed, people, mask, bits, shares, out[1])
        assert_allclose(out[0], out[1], rtol=1e-12)
    shares_of_cells = np.zeros(grid.shape), np.zeros(grid.shape)
    kernels.cell_fractions(*crossed, np.ones(3), shares_of_cells[0])
    with np.errstate(over="ignore"):
        kernels.cell_fractions.py_func(*crossed, np.ones(3), shares_of_cells[1])
    assert_allclose(*shares_of_cells, rtol=1e-14, atol=1e-14)


@given(strategies.on_grids(strategies.plain_grids, most=3))
def test_tiles_are_wholly_inside_or_cut_or_apart(drawn: tuple[Grid, list[Any]]) -> None:
    """The cells of the grid stand for tiles."""
    grid, shapes = drawn
    edges = edges_by_strip(ragged(shapes), grid, grid.height)
    crossed = kernels.crossings(edges.coords, edges.inverse, *edges.of_strip(0), tuple(grid.whole))
    none = np.empty((0, 3), np.int32)
    counts = kernels.tiles_met(*crossed, grid.width, none, none)
    inner, cut = (np.empty((n, 3), np.int32) for n in counts)
    assert kernels.tiles_met(*crossed, grid.width, inner, cut) == counts
    state = np.zeros((len(shapes), *grid.shape), int)
    for number, tiles in ((1, cut), (2, inner)):
        for row, col, k in tiles:
            assert state[k, row, col] == 0, "a tile is told once"
            state[k, row, col] = number
    for k, shape in enumerate(shapes):
        share = oracles.fractions(shape, grid)
        assert (share[state[k] == 2] > 1.0 - 1e-9).all()
        assert (share[state[k] == 0] < 1e-9).all()
