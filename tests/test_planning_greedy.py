"""The choice of measures: near the exact optimum, never worse for more money, the same each time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_measures import instance, of

from ew4all.errors import OptionError
from ew4all.planning.exact import exact_choice
from ew4all.planning.greedy import Instance, choose, gains_in_order, reached_by, upper_bound

GREEDY_ONLY = 0
"""Work that leaves no time for beginnings with one or two measures."""


def brute(problem: Instance, budget: float) -> float:
    """The optimum by trying everything."""
    best = 0.0
    for number in range(1 << len(problem)):
        some = [j for j in range(len(problem)) if number >> j & 1]
        if problem.cost[some].sum() <= budget:
            best = max(best, reached_by(problem, some))
    return best


def test_people_whom_two_measures_reach_count_once() -> None:
    # Row 0 has 10 people: measures 0 and 1 each reach half of them, independently; row 1 has 4, all by measure 2.
    problem = of([1.0, 1.0, 1.0], [{0: 0.5}, {0: 0.5}, {1: 1.0}], [10.0, 4.0])
    assert reached_by(problem, [0]) == 5.0
    assert reached_by(problem, [0, 1]) == 7.5
    found = choose(problem, 2.0)
    assert found.chosen == (0, 2)
    assert found.gain == (5.0, 4.0)
    assert found.reached == 9.0
    assert found.cost == 2.0
    assert choose(problem, 3.0).gain == (5.0, 4.0, 2.5)


def test_a_dear_measure_is_not_lost_behind_a_cheap_one() -> None:
    # By people a unit of money the small one comes first, and then the large one no longer fits.
    problem = of([1.0, 10.0], [{0: 1.0}, {1: 1.0}], [2.0, 10.0])
    for work in (GREEDY_ONLY, 10**9):
        found = choose(problem, 10.0, work=work)
        assert found.chosen == (1,)
        assert found.reached == 10.0


def test_equals_are_taken_in_the_order_of_their_names() -> None:
    problem = of([2.0] * 5, [{j: 1.0} for j in range(5)], [3.0] * 5)
    assert choose(problem, 4.0).chosen == (0, 1)
    assert choose(problem, 4.0, work=GREEDY_ONLY).chosen == (0, 1)


def test_no_money_buys_what_costs_nothing_only() -> None:
    problem = of([0.0, 1.0, 0.0], [{0: 0.5}, {0: 1.0}, {}], [8.0])
    found = choose(problem, 0.0)
    assert found.chosen == (0,)
    assert found.reached == 4.0
    assert found.bound == pytest.approx(4.0)


def test_what_adds_nothing_is_not_bought() -> None:
    problem = of([1.0, 1.0, 1.0], [{0: 1.0}, {0: 1.0}, {0: 0.3}], [5.0])
    assert choose(problem, 100.0).chosen == (0,)


@pytest.mark.parametrize("work", [GREEDY_ONLY, 10**9])
@pytest.mark.parametrize("certain", [False, True])
def test_fifty_random_problems_against_the_exact_optimum(work: int, certain: bool) -> None:
    shares = []
    for seed in range(25):
        problem = instance(16, 80, 12, seed, certain=certain)
        budget = (0.15 + 0.3 * (seed % 3) / 2.0) * problem.cost.sum()
        exact = exact_choice(problem, budget)
        assert exact is not None
        assert exact.is_proven, seed
        found = choose(problem, budget, work=work)
        assert found.cost <= budget
        assert found.reached <= exact.reached * (1.0 + 1e-6), seed
        assert exact.reached <= found.bound * (1.0 + 1e-6), seed
        shares.append(found.reached / exact.reached)
    assert min(shares) >= 1.0 - 1.0 / math.e
    near = np.mean(np.array(shares) >= 0.98)
    if work:
        assert near == 1.0  # begun with pairs, all of them
    assert near >= 0.7


@pytest.mark.parametrize("seed", range(6))
def test_the_exact_optimum_is_that_of_trying_everything(seed: int) -> None:
    problem = instance(9, 30, 6, seed, certain=seed % 2 == 0)
    for part in (0.1, 0.35, 0.7):
        budget = part * problem.cost.sum()
        found = exact_choice(problem, budget)
        assert found is not None
        assert found.is_proven
        assert found.reached == pytest.approx(brute(problem, budget), rel=1e-5)
        assert problem.cost[list(found.chosen)].sum() <= budget * (1.0 + 1e-6)


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([GREEDY_ONLY, 6_000, 10**9]))
def test_more_money_never_reaches_fewer(seed: int, certain: bool, work: int) -> None:
    problem = instance(12, 25, 5, seed, certain=certain)
    budgets = np.sort(np.random.default_rng(seed).random(40)) * problem.cost.sum()
    reached = [choose(problem, float(b), work=work).reached for b in budgets]
    assert all(a <= b * (1.0 + 1e-12) + 1e-12 for a, b in itertools.pairwise(reached))


@given(st.integers(0, 10_000))
def test_bounds_hold_and_gains_add_up(seed: int) -> None:
    problem = instance(9, 20, 5, seed)
    budget = 0.4 * float(problem.cost.sum())
    found = choose(problem, budget)
    best = brute(problem, budget)
    assert found.cost <= budget
    assert found.proven * best <= found.reached * (1.0 + 1e-9)
    assert best <= found.bound * (1.0 + 1e-9)
    assert sum(found.gain) == pytest.approx(found.reached)
    assert found.reached == pytest.approx(reached_by(problem, found.chosen))
    assert gains_in_order(problem, found.chosen) == pytest.approx(list(found.gain))
    assert upper_bound(problem, budget, ()) >= best * (1.0 - 1e-9)


@given(st.integers(0, 10_000))
def test_lazy_is_the_same_as_eager(seed: int) -> None:
    """The naive twin computes every gain anew, and takes the best a unit of money that fits."""
    problem = instance(10, 30, 6, seed)
    budget = 0.5 * float(problem.cost.sum())
    left, best, some = budget, 0.0, []
    while True:
        here = reached_by(problem, some)
        gain = [reached_by(problem, [*some, j]) - here for j in range(10)]
        fits = [j for j in range(10) if j not in some and problem.cost[j] <= left]
        best = max([best, here, *(here + gain[j] for j in fits)])
        if not fits:
            break
        some.append(max(fits, key=lambda j: gain[j] / problem.cost[j]))
        left -= problem.cost[some[-1]]
    assert choose(problem, budget, work=GREEDY_ONLY).reached == pytest.approx(best, rel=1e-9)


def test_the_order_of_rows_and_a_second_run_change_nothing() -> None:
    problem = instance(40, 500, 60, 3)
    order = np.random.default_rng(1).permutation(500)
    back = np.argsort(order).astype(np.int32)
    other = Instance(
        problem.ids, problem.cost, problem.start, back[problem.row], problem.chance, problem.weight[order]
    )  # fmt: skip
    first, again, moved = choose(problem, 8.0), choose(problem, 8.0), choose(other, 8.0)
    assert first.chosen == again.chosen == moved.chosen
    assert first.reached == again.reached


def test_a_problem_with_some_of_its_measures() -> None:
    problem = instance(6, 20, 5, 0)
    some = problem.take([1, 4])
    assert some.ids == ("m00001", "m00004")
    assert reached_by(some, [0, 1]) == reached_by(problem, [1, 4])


@pytest.mark.parametrize("cost", [math.nan, -1.0, math.inf])
def test_an_unknown_cost_is_refused_and_not_free(cost: float) -> None:
    with pytest.raises(OptionError, match="unpriced"):
        of([cost], [{0: 1.0}], [1.0])


@pytest.mark.parametrize("budget", [-1.0, math.nan])
def test_a_budget_is_a_sum_of_money(budget: float) -> None:
    with pytest.raises(OptionError, match="budget"):
        choose(of([1.0], [{0: 1.0}], [1.0]), budget)


def test_names_out_of_order_are_refused() -> None:
    problem = of([1.0, 1.0], [{0: 1.0}, {0: 1.0}], [1.0])
    with pytest.raises(OptionError, match="names"):
        Instance(("b", "a"), problem.cost, problem.start, problem.row, problem.chance, problem.weight)  # fmt: skip
