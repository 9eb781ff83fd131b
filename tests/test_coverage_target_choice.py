"""Everything that may be asked of a choice at once: operators, groups, limits, floors, budgets, ensembles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sums import counts, sums_of
from numpy.testing import assert_allclose, assert_array_equal
from test_coverage_floors import service

from ew4all.coverage.cell_groups import groups_of
from ew4all.coverage.target_choice import Demand, best_share, choose, tau_of_weight
from ew4all.coverage.targeting import threshold, weight_of
from ew4all.coverage.tradeoff import outcome_of
from ew4all.errors import OptionError

SIX = sums_of([100, 60, 5, 40, 30, 0], [0, 40, 95, 10, 90, 7])
OPERATOR = np.array([0, 0, 0, 1, 1, 1])


def chosen(*args: Any, **keywords: Any) -> list[int]:
    return np.flatnonzero(choose(*args, **keywords).cells).tolist()


def test_operators_are_chosen_alone_by_the_same_threshold() -> None:
    got = choose([SIX], Demand(tau=0.3), operator=OPERATOR)
    assert np.flatnonzero(got.cells).tolist() == [0, 1, 3]
    assert_array_equal(got.cells, threshold(*SIX.counts(), 0.3))


def test_a_limit_holds_for_each_operator() -> None:
    assert chosen([SIX], Demand(tau=0.0, limit=1), operator=OPERATOR) == [0, 3]
    assert chosen([SIX], Demand(tau=0.0, limit=1)) == [0]
    assert chosen([SIX], Demand(tau=0.0, limit=2), operator=OPERATOR) == [0, 1, 3, 4]


def test_a_budget_holds_for_each_operator() -> None:
    assert chosen([SIX], Demand(budget=10.0), operator=OPERATOR) == [0, 3]
    assert chosen([SIX], Demand(budget=50.0)) == [0, 1, 3]


def test_groups_take_cells_along() -> None:
    groups = groups_of(["a", "b", "a", "c", "", ""], list("123456"), list("xxxyyy"))
    got = choose([SIX], Demand(tau=0.5), operator=OPERATOR, groups=groups)
    # a: 105 of 200; b: 60 of 100; c: 40 of 50.
    assert np.flatnonzero(got.cells).tolist() == [0, 1, 2, 3]
    assert [groups.codes[k] for k in np.flatnonzero(got.units)] == ["a", "b", "c"]
    assert outcome_of(got.sums, got.cells).over_reach == 145.0


def test_the_same_code_of_two_operators_is_two_groups() -> None:
    groups = groups_of(["a", "a"], ["1", "2"], ["x", "y"])
    assert groups.codes == ("a", "a")
    assert len(groups) == 2
    mixed = groups_of(["a", "a"], ["1", "2"])
    with pytest.raises(OptionError, match="'a' names cells of two operators"):
        choose([sums_of([1, 1], [1, 1])], Demand(), operator=np.array([0, 1]), groups=mixed)


def test_floors_add_and_name() -> None:
    places = service([(0, 0, 100.0), (1, 2, 5.0)], [100.0, 10.0, 50.0], 6)
    got = choose([SIX], Demand(tau=0.3, floor=0.9), settlements=places)
    assert np.flatnonzero(got.added).tolist() == [2]
    assert got.unserved == ("place 2",)
    with pytest.raises(OptionError, match="no settlements were given"):
        choose([SIX], Demand(floor=0.9))


def test_floors_in_groups() -> None:
    groups = groups_of(["a", "b", "c", "a", "b", "c"], list("123456"))
    places = service([(0, 2, 5.0)], [5.0], 6)
    got = choose([SIX], Demand(tau=0.9, floor=1.0), groups=groups, settlements=places)
    assert [groups.codes[k] for k in np.flatnonzero(got.added)] == ["c"]
    assert got.cells[[2, 5]].all()


def test_a_floor_that_breaks_the_limit_is_told() -> None:
    places = service([(0, 0, 100.0), (1, 2, 5.0)], [100.0, 10.0], 6)
    with pytest.raises(OptionError, match=r"takes 2 entries .* the limit is 1"):
        choose([SIX], Demand(tau=0.3, limit=1, floor=0.9), settlements=places)


def test_an_ensemble_by_mean_and_by_union() -> None:
    members = [sums_of([10.0, 0.0, 1.0], [0.0, 10.0, 9.0]), sums_of([0.0, 9.0, 1.0], [0, 1, 9])]
    assert chosen(members, Demand(tau=0.5)) == [0]
    assert chosen(members, Demand(tau=0.4)) == [0, 1]
    assert chosen(members, Demand(tau=0.5, robust="union")) == [0, 1]
    assert chosen(members, Demand(tau=0.5, robust="union", limit=1)) == [0]


def test_area_in_the_place_of_people() -> None:
    nobody = sums_of([0.0, 0.0], [0.0, 5.0])
    from dataclasses import replace

    land = replace(nobody, inside_km2=np.array([3.0, 1.0]), outside_km2=np.array([1.0, 9.0]))
    assert chosen([land], Demand(tau=0.5)) == []
    assert chosen([land], Demand(tau=0.5, measure="area")) == [0]
    assert best_share(choose([land], Demand(measure="area")), "area") == (0, 0.75)


@given(counts(), st.floats(0.0, 1e6))
def test_a_weight_is_a_threshold(both: Any, weight: float) -> None:
    tau = tau_of_weight(weight)
    assert_allclose(weight_of(tau), weight, rtol=1e-6)
    got = choose([sums_of(*both)], Demand(tau=tau)).cells
    sure = np.abs(both[0] - weight * both[1]) > 1e-6 * (both[0] + weight * both[1])
    assert_array_equal(got[sure], (both[0] > weight * both[1])[sure])


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ({"measure": "houses"}, "'people' or 'area'"),
        ({"robust": "best"}, "'mean' or 'union'"),
        ({"budget": 1.0, "limit": 3}, "exclude each other"),
        ({"budget": 1.0, "robust": "union"}, "exclude each other"),
    ],
)
def test_words_that_are_none(words: dict[str, Any], match: str) -> None:
    with pytest.raises(OptionError, match=match):
        Demand(**words)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_that_are_none(weight: float) -> None:
    with pytest.raises(OptionError, match="0 people reached or more"):
        tau_of_weight(weight)
