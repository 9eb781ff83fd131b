"""Gaps cell by cell, as measures take them: the same sums as the whole, whatever the blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_country import GRID, PEOPLE, SHAPE, SHARES, SITES_A, SITES_B, SWATH, raster
from numpy.testing import assert_allclose

from ew4all.gap_cells import cells_of
from ew4all.gap_intake import open_gaps
from ew4all.gap_study import gaps_of

GIVEN: dict[str, Any] = {
    "coverage": {"4g": [SITES_A], "2g": raster(SHARES["a"])},
    "channels": {"sms": None, "radio": [SITES_B], "wardens": raster(SHARES["b"])},
    "within": [SWATH.union(SITES_A)],
}


def opened(**options: Any) -> Any:
    return open_gaps(raster(PEOPLE), None, population_unit="count", **{**GIVEN, **options})


def on_a_map(study: Any, **size: int) -> dict[Any, Any]:
    out: dict[Any, Any] = {}
    for cells in cells_of(study, **size):
        for name, values in (
            ("people", cells.people),
            ("lon", cells.lon_deg),
            ("lat", cells.lat_deg),
            ("unreached", cells.unreached),
            *cells.shares.items(),
        ):
            field = out.setdefault(name, np.zeros(SHAPE))
            assert (field[cells.row, cells.col] == 0).all()
            field[cells.row, cells.col] = values
    return out


def test_sums_over_cells_are_the_totals() -> None:
    study = opened()
    total = gaps_of(study).total
    cells = on_a_map(study)
    assert cells["people"].sum() == pytest.approx(total.people, rel=1e-9)
    assert (cells["people"] * cells["unreached"]).sum() == pytest.approx(total.none, rel=1e-6)
    for name, people in total.by_channel.items():
        found = (cells["people"] * cells["channel", name]).sum()
        assert found == pytest.approx(people, rel=1e-6)
    for technology, people in total.covered.items():
        found = (cells["people"] * cells["covered", technology]).sum()
        assert found == pytest.approx(people, rel=1e-6)


@pytest.mark.parametrize("size", [{"rows": 7, "cols": 11}, {"rows": 1, "cols": 60}])
def test_blocks_change_no_cell(size: dict[str, int]) -> None:
    whole, parts = on_a_map(opened()), on_a_map(opened(), **size)
    assert whole.keys() == parts.keys()
    for name, values in whole.items():
        # Shares of cells are running sums from the edge of a block.
        assert_allclose(values, parts[name], rtol=1e-9, atol=1e-12, err_msg=str(name))


def test_cells_stand_where_people_live() -> None:
    cells = on_a_map(opened())
    row, col = np.nonzero(cells["people"])
    assert cells["lon"][row, col] == pytest.approx(10.0 + 0.01 * (col + 0.5))
    assert cells["lat"][row, col] == pytest.approx(5.0 - 0.01 * (row + 0.5))
    assert (cells["people"] <= PEOPLE.astype(float) * (1 + 1e-9)).all()
    assert not cells["people"][PEOPLE == 0].any()
    assert GRID.shape == SHAPE


def test_without_any_channel_nobody_is_reached() -> None:
    study = open_gaps(raster(PEOPLE), None, population_unit="count")
    cells = on_a_map(study)
    assert (cells["unreached"][PEOPLE > 0] == 1.0).all()
    assert cells["people"].sum() == pytest.approx(PEOPLE.sum(dtype=float))
