"""Town and country: clusters beside scipy's, and squares that can be counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_country import raster
from made_gaps import gaps
from pyproj import CRS
from raster_files import transform_of
from scipy import ndimage

from ew4all.coverage.cluster_kernels import label
from ew4all.coverage.urbanisation import CITY, RURAL, TOWN, degree_of_urbanisation
from ew4all.gap_people import settlements_of
from ew4all.grid import Block, Grid
from ew4all.readers.people import open_people

masks = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.booleans())


@given(masks, st.booleans())
def test_clusters_are_those_of_scipy(mask: Any, corners: bool) -> None:
    out = np.empty(mask.shape, np.int32)
    count = label(mask, corners, out)
    wanted, many = ndimage.label(mask, np.ones((3, 3)) if corners else None)
    assert count == many
    assert np.array_equal(out, wanted)


def test_a_city_a_town_and_what_is_too_small() -> None:
    people = np.zeros((12, 12))
    people[1:6, 1:8] = 1600.0  # 35 squares, 56,000 people: a city
    people[6, 8] = 4000.0  # touches the city by a corner alone: no part of it, but of its town
    people[9, 1:4] = 2000.0  # 6,000 people: a town
    people[9, 9] = 4900.0  # dense, and too few: rural
    people[11, 5:9] = 200.0
    found = degree_of_urbanisation(people, np.ones((12, 12)))
    assert (found[1:6, 1:8] == CITY).all()
    assert found[6, 8] == TOWN
    assert (found[9, 1:4] == TOWN).all()
    assert found[9, 9] == RURAL
    assert (found == CITY).sum() == 35
    assert (found == TOWN).sum() == 4


def test_density_is_by_the_size_of_the_square() -> None:
    people = np.full((3, 3), 1000.0)
    assert (degree_of_urbanisation(people, np.full((3, 3), 1.0)) == TOWN).all()
    assert (degree_of_urbanisation(people, np.full((3, 3), 4.0)) == RURAL).all()
    assert (degree_of_urbanisation(np.zeros((3, 3)), np.zeros((3, 3))) == RURAL).all()


def made(cell: float) -> tuple[Any, Grid]:
    shape = (60, 80)
    draws = np.random.default_rng(3)
    people = np.where(draws.random(shape) < 0.5, 0.0, draws.gamma(0.5, 200.0, shape))
    people = people.astype(np.float32)
    return people, Grid(transform_of(cell=cell), *shape, CRS.from_epsg(4326))


@pytest.mark.parametrize("window", [Block(0, 60, 0, 80), Block(13, 60, 20, 77)])
def test_squares_are_cells_taken_together(window: Block) -> None:
    people, grid = made(0.003)  # 333 m: three by three cells a square
    source = open_people((people, grid.transform, "EPSG:4326"), unit="count")
    found = settlements_of(source, window)
    assert (found.down, found.across) == (3, 3)
    km2 = np.broadcast_to(grid.cell_area_km2(grid.whole), grid.shape)
    top, left = window.row0 // 3 * 3, window.col0 // 3 * 3
    bottom, right = -(-window.row1 // 3) * 3, min(-(-window.col1 // 3) * 3, 80)
    sums = [
        np.add.reduceat(
            np.add.reduceat(v[top:bottom, left:right], np.arange(0, bottom - top, 3), axis=0),
            np.arange(0, right - left, 3),
            axis=1,
        )
        for v in (people.astype(float), km2)
    ]
    assert np.array_equal(found.codes, degree_of_urbanisation(sums[0], sums[1]))
    shares = np.stack([found.of(code).share(window) for code in (RURAL, TOWN, CITY)])
    assert (shares.sum(axis=0) == 1).all()


def test_coarse_cells_tell_no_town_from_country() -> None:
    people, grid = made(0.1)
    found = gaps((people, grid.transform, "EPSG:4326"), zones=None)
    assert found["groups"] == []
    assert any("town and country are not told apart" in note for note in found["notes"])
    fine = gaps(raster(people), zones=None)
    assert [g["name"] for g in fine["groups"]] == ["urban", "city", "town", "rural"]
