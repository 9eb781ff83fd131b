"""The whole trade-off, budgets and limits: by hand, and against a search over all subsets."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sums import THREE, counts, sums_of
from numpy.testing import assert_allclose

from ew4all.coverage.targeting import mean_of, threshold, union_of, weight_of
from ew4all.coverage.tradeoff import curve_of, limited, within_budget
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_the_whole_curve_of_the_three_cells() -> None:
    curve = curve_of(sums_of(*THREE))
    assert curve.cells.tolist() == [0, 1, 2, 3]
    assert curve.missed.tolist() == [165.0, 65.0, 5.0, 0.0]
    assert curve.over_reach.tolist() == [0.0, 0.0, 40.0, 135.0]
    assert_allclose(curve.tau[1:], [1.0, 0.6, 0.05])
    assert [curve.at(tau) for tau in (1.0, 0.7, 0.6, 0.5, 0.05, 0.0)] == [1, 1, 2, 2, 3, 3]
    assert curve.chosen(2, 3).tolist() == [True, True, False]


def test_equal_shares_join_together() -> None:
    curve = curve_of(sums_of([1.0, 10.0, 3.0], [1.0, 10.0, 0.0]))
    assert curve.cells.tolist() == [0, 1, 3]


# Optimal: against every subset


def every_subset(n: int) -> NDArray[np.bool_]:
    return np.array(list(product([False, True], repeat=n)), np.bool_)


@given(counts(), st.floats(0.0, 0.99))
def test_no_subset_is_better_than_the_threshold(
    both: tuple[NDArray[np.float64], NDArray[np.float64]], tau: float
) -> None:
    inside, outside = both
    weight = weight_of(tau)
    chosen = threshold(inside, outside, tau)
    subsets = every_subset(inside.size)
    cost = subsets @ (weight * outside - inside)
    mine = float((weight * outside - inside)[chosen].sum())
    assert mine <= cost.min() + 1e-9 * (1.0 + (weight * outside + inside).sum())


@given(counts())
def test_corners_of_the_curve_are_the_convex_frontier(
    both: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    curve = curve_of(sums_of(*both))
    subsets = every_subset(both[0].size)
    reached, spent = subsets @ both[0], subsets @ both[1]
    got = both[0].sum() - curve.missed
    scale = 1.0 + both[0].sum()
    # Nothing lies above the line through two neighbouring corners.
    bound = [_on_the_curve(curve.over_reach, got, s) for s in spent]
    assert (reached <= np.array(bound) + 1e-9 * scale).all()
    slopes = np.diff(got) / np.maximum(np.diff(curve.over_reach), 1e-300)
    assert (np.diff(slopes) <= 1e-6 * np.abs(slopes[:-1])).all()


def _on_the_curve(x: NDArray[np.float64], y: NDArray[np.float64], spent: float) -> float:
    """Height of the line through the corners, of which several may lie above each other."""
    last = int(np.flatnonzero(x <= spent)[-1])
    if last + 1 == x.size:
        return float(y[last])
    step = (spent - x[last]) / (x[last + 1] - x[last])
    return float(y[last] + (y[last + 1] - y[last]) * step)


def test_one_cell_alone_may_beat_those_that_came_first() -> None:
    got = within_budget(np.array([2.0, 100.0]), np.array([1.0, 100.0]), 100.0)
    assert got.chosen.tolist() == [False, True]
    assert got.bound == 101.0


@given(counts(), st.floats(0.0, 2e4))
def test_a_budget_is_kept_and_misses_the_best_by_one_cell_at_most(
    both: tuple[NDArray[np.float64], NDArray[np.float64]], budget: float
) -> None:
    inside, outside = both
    got = within_budget(inside, outside, budget)
    subsets = every_subset(inside.size)
    fits = subsets @ outside <= budget * (1.0 + 1e-12)
    best = float((subsets @ inside)[fits].max())
    scale = 1e-9 * (1.0 + inside.sum())
    assert got.over_reach <= budget * (1.0 + 1e-9)
    assert got.reached <= best + scale
    assert best <= got.bound + scale
    assert got.reached >= best / 2.0 - scale
    assert got.reached >= got.bound - inside.max() - scale


@given(counts(), st.floats(0.0, 0.99), st.integers(1, 9))
def test_the_best_set_of_so_many_cells(
    both: tuple[NDArray[np.float64], NDArray[np.float64]], tau: float, most: int
) -> None:
    inside, outside = both
    chosen = limited(inside, outside, tau, most)
    weight = weight_of(tau)
    subsets = every_subset(inside.size)
    gain = inside - weight * outside
    small = subsets[subsets.sum(axis=1) <= most]
    assert chosen.sum() <= most
    assert not (chosen & ~threshold(inside, outside, tau)).any()
    scale = 1e-9 * (1.0 + (weight * outside + inside).sum())
    assert gain[chosen].sum() >= (small @ gain).max() - scale


def test_a_limit_by_share_may_prefer_a_hamlet() -> None:
    inside, outside = np.array([1.0, 900.0]), np.array([0.0, 100.0])
    assert limited(inside, outside, 0.05, 1).tolist() == [False, True]
    assert limited(inside, outside, 0.05, 1, order="share").tolist() == [True, False]


def test_limits_and_budgets_that_are_none() -> None:
    with pytest.raises(OptionError, match="at least one"):
        limited(*THREE, 0.0, 0)
    with pytest.raises(OptionError, match="'gain' or 'share'"):
        limited(*THREE, 0.0, 1, order="size")
    with pytest.raises(OptionError, match="0 people or more"):
        within_budget(*THREE, np.nan)
    with pytest.raises(OptionError, match="no member"):
        mean_of([])
    with pytest.raises(OptionError, match="no member"):
        union_of([], 0.0)
