"""Surroundings of pixels from people and land cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from ew4all.coverage.signal_defaults import Radio
from ew4all.coverage.surroundings import BUILT, FinerPeople, FromDensity, FromLandCover, codes_at
from ew4all.grid import Block, Grid

UTM = Grid(Affine(100.0, 0.0, 5e5, 0.0, -100.0, 6.7e6), 47, 63, CRS.from_epsg(32735))


@dataclass(frozen=True)
class Held:
    """An array as a source of blocks."""

    values: np.ndarray

    def read(self, block: Block) -> np.ndarray:
        return self.values[block.row0 : block.row1, block.col0 : block.col1]


def test_density_counts_over_a_square_of_a_kilometre() -> None:
    """10 x 10 pixels of a hectare: 299, 300, 1500 people in a square of 1 km2 (0.1 % off by the projection's scale)."""
    people = np.zeros(UTM.shape)
    people[3, 4] = 290.0
    people[5, 14] = 310.0
    people[12:15, 21] = 600.0
    people[46, 62] = 200.0  # the last square has 7 x 3 pixels: 0.21 km2
    codes = FromDensity(Held(people), UTM, Radio()).read(UTM.whole)
    expected = np.zeros(UTM.shape)
    expected[:10, 10:20] = 1
    expected[10:20, 20:30] = 2
    expected[40:, 60:] = 1
    assert np.array_equal(codes, expected)


def test_blocks_do_not_matter() -> None:
    people = np.random.default_rng(1).exponential(8.0, UTM.shape)
    density = FromDensity(Held(people), UTM, Radio())
    whole = density.read(UTM.whole)
    assert {0, 1} <= set(np.unique(whole).tolist()) | {0}
    for block in UTM.blocks(7, 11):
        assert np.array_equal(
            density.read(block), whole[block.row0 : block.row1, block.col0 : block.col1]
        )


def test_pixels_wider_than_a_kilometre_stand_for_themselves() -> None:
    grid = Grid(Affine(0.05, 0.0, 20.0, 0.0, -0.05, 0.0), 4, 4, CRS.from_epsg(4326))
    people = np.zeros((4, 4))
    people[1, 2] = 30.9 * 400.0
    codes = FromDensity(Held(people), grid, Radio()).read(grid.whole)
    assert codes[1, 2] == 1
    assert codes.sum() == 1


def test_built_land_is_a_town_where_people_live_densely() -> None:
    people = np.zeros(UTM.shape)
    people[:10, :10] = 20.0
    cover = np.zeros(UTM.shape, np.uint8)
    cover[:20, :20] = BUILT
    cover[30, 30] = 2
    environment = FromLandCover(Held(cover), FromDensity(Held(people), UTM, Radio()))
    codes = environment.read(UTM.whole)
    assert (codes[:10, :10] == 2).all()
    assert (codes[10:20, :20] == 1).all()
    assert codes[30, 30] == 2
    assert codes[25, 25] == 0
    found = codes_at(
        environment, UTM, np.array([5.5, 15.5, -1.0, 62.9]), np.array([5.5, 15.5, 3.0, 46.9])
    )
    assert found.tolist() == [2, 1, 0, 0]


@pytest.mark.parametrize("factor", [1, 3])
def test_people_of_finer_cells_are_none_lost(factor: int) -> None:
    people = np.random.default_rng(2).exponential(5.0, (9, 8))
    people[0, 0] = np.nan
    finer = FinerPeople(Held(people), 2, 3, factor)
    whole = finer.read(Block(0, 5 * factor, 0, 4 * factor))
    assert whole.sum() == pytest.approx(people[2:7, 3:7].sum())
    part = finer.read(Block(1, 4, 1, 4))
    assert np.array_equal(part, whole[1:4, 1:4])
