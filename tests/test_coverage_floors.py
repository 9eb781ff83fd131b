"""No settlement is left behind: by hand, and against every set of cells that keeps the floor."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ew4all.coverage.floors import SettlementService, raise_to_floor
from ew4all.coverage.targeting import threshold, weight_of
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn
    from numpy.typing import NDArray


def service(entries: list[tuple[int, int, float]], total: Any, cells: int) -> SettlementService:
    s, c, n = zip(*entries, strict=True)
    names = [f"place {k}" for k in range(len(total))]
    return SettlementService.of(
        names, np.asarray(total, float), np.array(s), np.array(c), np.array(n, float), cells
    )


@st.composite
def places(draw: DrawFn) -> tuple[SettlementService, NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells, settlements = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    n = int(rng.integers(1, 12))
    entries = [
        (int(rng.integers(settlements)), int(rng.integers(cells)), float(rng.integers(0, 50)))
        for _ in range(n)
    ]
    found = service(entries, rng.integers(50, 700, settlements), cells)
    inside = np.bincount(found.cell, found.people, minlength=cells)
    return found, inside, rng.integers(0, 300, cells).astype(float)


def test_a_village_behind_the_ridge() -> None:
    # A town of 900 on cell 0; a village of 10 on cell 1, which disturbs 500, or half of it on cell 2, which disturbs 40.
    found = service([(0, 0, 900.0), (1, 1, 10.0), (1, 2, 5.0)], [900.0, 20.0], 3)
    inside, outside = np.array([900.0, 10.0, 5.0]), np.array([10.0, 500.0, 40.0])
    start = threshold(inside, outside, 0.2)
    assert start.tolist() == [True, False, False]
    third = raise_to_floor(start, found, inside, outside, floor=1 / 3, tau=0.2)
    assert third.added.tolist() == [False, False, True]
    assert_allclose(found.share(third.chosen), [1.0, 1 / 3])
    most = raise_to_floor(start, found, inside, outside, floor=0.9, tau=0.2)
    assert most.added.tolist() == [False, True, True]
    # Two thirds: the cheap cell is tried first, and taken out again as the other one is enough.
    some = raise_to_floor(start, found, inside, outside, floor=0.6, tau=0.2)
    assert some.added.tolist() == [False, True, False]


def test_a_settlement_without_service_is_named_and_does_not_stop_the_others() -> None:
    found = service([(0, 0, 10.0)], [10.0, 30.0], 1)
    got = raise_to_floor(
        np.array([False]), found, np.array([10.0]), np.array([99.0]), floor=1.0, tau=0.5
    )
    assert got.unserved == ("place 1",)
    assert got.chosen.tolist() == [True]
    assert np.isnan(found.share(got.chosen)[1])


def test_entries_of_one_settlement_and_cell_add_up() -> None:
    found = service([(0, 1, 3.0), (0, 0, 1.0), (0, 1, 2.0)], [9.0], 2)
    assert found.people.tolist() == [1.0, 5.0]
    assert found.served.tolist() == [6.0]
    assert found.reached(np.array([False, True])).tolist() == [5.0]


@given(places(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_floor_holds_and_is_near_the_cheapest(
    case: tuple[SettlementService, NDArray[np.float64], NDArray[np.float64]],
    floor: float,
    tau: float,
) -> None:
    found, inside, outside = case
    start = threshold(inside, outside, tau)
    got = raise_to_floor(start, found, inside, outside, floor=floor, tau=tau)
    wanted = floor * found.served * (1.0 - 1e-9)
    assert (found.reached(got.chosen) >= wanted).all()
    assert not (start & ~got.chosen).any()
    # No added cell can be left out, unless it is worth it by itself.
    weight = weight_of(tau)
    for c in np.flatnonzero(got.added):
        less = got.chosen.copy()
        less[c] = False
        is_needed = (found.reached(less) < wanted).any()
        assert is_needed or inside[c] >= weight * outside[c]
    # Against every set that holds the start and keeps the floor.
    free = np.flatnonzero(~start)
    best = np.inf
    for bits in product([False, True], repeat=free.size):
        chosen = start.copy()
        chosen[free] = bits
        if (found.reached(chosen) >= wanted).all():
            best = min(best, float(outside[chosen].sum()))
    # The greedy choice for a cover of m settlements costs at most H(m) times the cheapest; here far less.
    assert outside[got.chosen].sum() >= best - 1e-9


@given(places(), st.floats(0.0, 1.0))
def test_a_higher_floor_reaches_no_fewer_in_the_worst_place(
    case: tuple[SettlementService, NDArray[np.float64], NDArray[np.float64]], floor: float
) -> None:
    found, inside, outside = case
    start = np.zeros(inside.size, np.bool_)
    got = raise_to_floor(start, found, inside, outside, floor=floor, tau=1.0)
    share = found.share(got.chosen)
    assert (share[found.served > 0.0] >= floor * (1.0 - 1e-9)).all()


@pytest.mark.parametrize("floor", [-0.1, 1.5, np.nan])
def test_a_floor_is_a_share(floor: float) -> None:
    found = service([(0, 0, 10.0)], [10.0], 1)
    with pytest.raises(OptionError, match="a share of 0 to 1"):
        raise_to_floor(np.array([True]), found, np.ones(1), np.ones(1), floor=floor, tau=0.0)
