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
    "slope that begins left of the raster": (
        polygon((-1, 2), (1, 2), (1, 0)),
        [[0, 0, 0], [0.5, 0, 0], [0, 0, 0]][::1],
    ),
    "left of the raster": (shapely.box(-5, 0, -1, 3), np.zeros((3, 3))),
    "left border only": (shapely.box(-5, 0, 0, 3), np.zeros((3, 3))),
    "right border only": (shapely.box(3, 0, 5, 3), np.zeros((3, 3))),
    "above": (shapely.box(0, 3, 3, 5), np.zeros((3, 3))),
    "below": (shapely.box(0, -5, 3, 0), np.zeros((3, 3))),
    "nothing": (shapely.Polygon(), np.zeros((3, 3))),
}
BY_HAND["slope that begins left of the raster"] = (
    polygon((-1, 2), (1, 2), (1, 0)),
    # The edge runs from (-1, 2) to (1, 0) through (0, 1).
    [[0, 0, 0], [1, 0, 0], [0.5, 0, 0]],
)


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
        cell_fractions([shape], grid), oracles.fractions(shape, grid), rtol=0, atol=1e-9
    )


@given(strategies.on_grids(strategies.plain_grids, strategies.plain_polygons))
def test_shares_are_those_of_exactextract(drawn: tuple[Grid, list[Any]]) -> None:
    grid, (shape,) = drawn
    assert_allclose(
        cell_fractions([shape], grid), oracles.peer_fractions(shape, grid), rtol=0, atol=1e-6
    )


@given(strategies.on_grids(strategies.plain_grids))
def test_shares_with_vertices_on_corners_are_those_of_exactextract(
    drawn: tuple[Grid, list[Any]],
) -> None:
    """Where an edge grazes a corner exactextract 0.3.0 may count a cell wrongly; shapely is the judge then."""
    grid, (shape,) = drawn
    got, peer = cell_fractions([shape], grid), oracles.peer_fractions(shape, grid)
    apart = np.abs(got - peer) > 1e-6
    if apart.any():
        exact = oracles.fractions(shape, grid)
        assert_allclose(got, exact, rtol=0, atol=1e-9)
        assert (np.abs(peer - exact)[apart] > 1e-6).all()


@pytest.mark.parametrize("steps", [1, 5, 60])
def test_coast_of_100_000_vertices_is_that_of_exactextract(steps: int) -> None:
    """About `steps` vertices in each cell on the way, so that hundreds of edges cross a row."""
    side = 100_000 // (steps * 25)
    grid = Grid(Affine(1.0, 0.0, 0.0, 0.0, -1.0, side), side, side, UTM)
    noise = np.random.default_rng(1)
    coast = strategies.star(
        side / 2 + 0.123, side / 2 - 0.456, side * 0.6, 100_000, 0.3, noise
    ).difference(strategies.star(side / 2, side / 2, side * 0.2, 1000, 0.5, noise))
    if side > 500:
        # The peer holds a raster of all that is met: a window is enough.
        coast = coast.intersection(shapely.box(0, side - 500, side, side))
        grid = grid.crop(Block(0, 500, 0, side))
    assert shapely.get_num_coordinates(coast) > 10_000
    got, peer = cell_fractions([coast], grid), oracles.peer_fractions(coast, grid)
    assert_allclose(got, peer, rtol=0, atol=1e-6)
    inside = shapely.box(*grid.bounds).intersection(coast).area
    assert math.fsum(got.ravel()) == pytest.approx(inside, rel=1e-12)
