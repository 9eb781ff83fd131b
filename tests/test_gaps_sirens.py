"""Sirens over a population of wide cells: as many hear them as of the same people on fine ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from affine import Affine

from ew4all import gaps
from ew4all.grid import Grid
from ew4all.sim.siren_levels import Sirens

SIDE, FINE = 0.2, 80
"""Width of a wide cell, degrees (about 21 km), and fine cells along it."""

PEOPLE = 10_000.0


def heard(lon: float, lat: float, divided: int) -> float:
    step = SIDE / divided
    transform = Affine(step, 0.0, 28.0, 0.0, -step, -29.0)
    side = 3 * divided
    people: tuple[Any, ...] = (np.full((side, side), PEOPLE / divided**2), transform, "EPSG:4326")
    grid = Grid(transform, side, side, "EPSG:4326")
    found = gaps(
        people, population_unit="count", zones=None, sirens=Sirens(grid, np.array([lon]), np.array([lat]), np.array([120.0]))
    )  # fmt: skip
    return float(found.total.by_channel["siren"])


@pytest.mark.parametrize(("lon", "lat"), [(28.3, -29.3), (28.21, -29.3), (28.2, -29.2)])
def test_a_siren_is_heard_in_a_part_of_a_wide_cell(lon: float, lat: float) -> None:
    """In the middle of a cell it was heard by all of it, beside an edge by nobody."""
    wide, fine = heard(lon, lat, 1), heard(lon, lat, FINE)
    assert wide == pytest.approx(fine, rel=0.04)
    assert 0 < wide < 0.1 * PEOPLE
