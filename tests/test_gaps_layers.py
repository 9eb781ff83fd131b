"""Layers of gaps on their own: sirens by hand, and a network on a part of the people's cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from affine import Affine
from made_country import GRID
from numpy.testing import assert_allclose

from ew4all.coverage.sound import hearing_probability, siren_level_dbc
from ew4all.demo import CASE, folder
from ew4all.gap_assumptions import resolved
from ew4all.gap_sirens import SirenShare
from ew4all.grid import GEOID, Block, Grid
from ew4all.reach_network import open_network_coverage
from ew4all.readers.people import open_people
from ew4all.sim.siren_levels import Sirens


def heard_at(metres: float) -> float:
    """The share of people this far from a siren of 125 dB(C) who could hear it, by hand."""
    level = siren_level_dbc(125.0, metres)
    open_air = hearing_probability(level, 55.0, 0.0)
    window, wall = (hearing_probability(level, 32.0, loss) for loss in (13.0, 28.0))
    return float(0.2 * open_air + 0.8 * 0.25 * window + 0.8 * 0.75 * wall)


def test_who_hears_a_siren_by_hand() -> None:
    """Cells of 1.1 km: of each the mean over points inside it."""
    siren = Sirens(GRID, np.array([10.105]), np.array([4.895]), np.array([125.0]))
    values = resolved({"siren_outdoors": 0.2, "siren_windows_open": 0.25})
    found = SirenShare(siren, values).share(GRID.whole)
    # The cell east of it, whose middle is 1.1 km away; points that stand for no more than 300 m each.
    side = 4
    step = (np.arange(side) + 0.5) / side * 0.01
    far = [GEOID.inv(10.105, 4.895, 10.11 + x, 4.89 + y)[2] for y in step for x in step]
    wanted = np.mean([heard_at(metres) for metres in far])
    assert found[10, 11] == pytest.approx(wanted, rel=1e-9)
    assert 0.0 < found[10, 11] < found[10, 10] <= 1.0
    assert found[39, 59] == 0.0


def test_narrow_cells_are_taken_at_their_middle() -> None:
    grid = Grid(Affine(0.001, 0.0, 10.0, 0.0, -0.001, 5.0), 40, 60, GRID.crs)
    siren = Sirens(grid, np.array([10.0105]), np.array([4.9895]), np.array([125.0]))
    values = resolved({"siren_outdoors": 0.2, "siren_windows_open": 0.25})
    found = SirenShare(siren, values).share(grid.whole)
    far = GEOID.inv(10.0105, 4.9895, 10.0205, 4.9895)[2]
    assert found[10, 20] == pytest.approx(heard_at(far), rel=1e-9)


@pytest.fixture(scope="module")
def people() -> Any:
    return open_people(CASE.population)


def test_a_network_on_a_window_is_that_of_the_whole(people: Any) -> None:
    grid = people.grid
    window = Block(100, 300, 120, 260)
    sites = folder() / "sites.csv"
    whole = open_network_coverage(sites, people)
    # Surroundings at the rim of a window see less of the people around: a square of 1 km inside it they do not.
    part = open_network_coverage(sites, people, window=window)
    by_kind = {(one.technology, one.operator): one for one in whole.layers}
    inner = Block(130, 270, 150, 230)
    for one in part.layers:
        other = by_kind[one.technology, one.operator]
        assert_allclose(one.share(inner), other.share(inner), atol=0.02)
        around = one.share(Block(60, 330, 90, 300))
        at = np.s_[40:240, 30:170]
        assert np.array_equal(around[at], one.share(window))
        beyond = around.copy()
        beyond[at] = 0.0
        assert not beyond.any()
        assert not one.share(Block(0, 50, 0, 50)).any()
    assert grid.height > 330
    assert grid.width > 300
