"""Which cells to address: an example by hand, what must hold for any network, and a search over all subsets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sums import THREE, counts, naive_sums, networks, sums_of
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.coverage import target_kernels
from ew4all.coverage.cell_groups import group_sums, groups_of
from ew4all.coverage.targeting import (
    PlaceBlock,
    Served,
    cleaned,
    mean_of,
    share,
    sum_cells,
    threshold,
    union_of,
    weight_of,
)
from ew4all.coverage.tradeoff import curve_of, outcome_of
from ew4all.errors import GridMismatchError, OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray


# By hand


@pytest.mark.parametrize(
    ("tau", "reached", "over_reach", "cells"),
    [
        (0.0, 165.0, 135.0, [0, 1, 2]),
        (0.1, 160.0, 40.0, [0, 1]),
        (0.5, 160.0, 40.0, [0, 1]),
        (0.7, 100.0, 0.0, [0]),
    ],
)
def test_three_cells(tau: float, reached: float, over_reach: float, cells: list[int]) -> None:
    chosen = threshold(*THREE, tau)
    got = outcome_of(sums_of(*THREE), chosen)
    assert np.flatnonzero(chosen).tolist() == cells
    assert (got.reached, got.over_reach, got.cells) == (reached, over_reach, len(cells))
    assert got.missed == 165.0 - reached


def test_shares_of_the_three_cells() -> None:
    assert_allclose(share(*THREE), [1.0, 0.6, 0.05])
    # tau is included: "at least".
    assert threshold(*THREE, 0.6).tolist() == [True, True, False]
    assert threshold(*THREE, 0.05).tolist() == [True, True, True]
    assert threshold(*THREE, 1.0).tolist() == [True, False, False]


def test_who_has_no_service_is_apart_from_who_is_missed() -> None:
    got = outcome_of(sums_of(*THREE, in_area=200.0), threshold(*THREE, 0.1))
    assert (got.reached, got.missed, got.unserved) == (160.0, 5.0, 35.0)
    assert got.reached + got.missed + got.unserved == 200.0


def test_a_place_cut_by_the_edge_counts_on_both_sides() -> None:
    place = PlaceBlock.of(
        np.array([[100.0]]),
        np.array([[0.25]]),
        np.array([[4.0]]),
        (Served(np.array([[[0]], [[1]]], np.int32), np.array([[[0.5]], [[0.25]]], np.float32)),),
    )
    sums = sum_cells(None, [place], 2)
    assert sums.inside.tolist() == [12.5, 6.25]
    assert sums.outside.tolist() == [37.5, 18.75]
    assert sums.inside_km2.tolist() == [0.5, 0.25]
    assert sums.in_area_people == 25.0
    assert sums.unserved_people == 6.25
    assert sums.is_best.tolist() == [True, False]


def test_cells_that_are_equally_likely_are_all_best() -> None:
    served = Served(np.array([[[0]], [[1]], [[2]]], np.int32), np.array([[[0.3]], [[0.3]], [[0.2]]], np.float32))  # fmt: skip
    place = PlaceBlock.of(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)), (served,))
    assert sum_cells(None, [place], 3).is_best.tolist() == [True, True, False]


def test_rounding_of_shares_of_cells_is_cleaned() -> None:
    assert cleaned(np.array([1e-13, 1.0 - 1e-13, 0.5, -1e-16, 1.1])).tolist() == [0, 1, 0.5, 0, 1]


def test_traces_are_left_out_at_tau_0_on_request() -> None:
    inside, outside = np.array([100.0, 1e-9]), np.array([0.0, 500.0])
    assert threshold(inside, outside, 0.0).tolist() == [True, True]
    assert threshold(inside, outside, 0.0, epsilon=1e-6).tolist() == [True, False]


# For any network


@given(networks(show=True))
def test_kernel_equals_its_naive_twin(network: tuple[list[PlaceBlock], int]) -> None:
    blocks, cells = network
    got = sum_cells(None, blocks, cells)
    columns = (
        got.inside,
        got.outside,
        got.inside_km2,
        got.outside_km2,
        got.shown_inside,
        got.shown_outside,
    )
    assert_allclose(np.column_stack(columns), naive_sums(blocks, cells), rtol=1e-12, atol=1e-12)


@given(networks())
def test_best_servers_equal_their_naive_twin(network: tuple[list[PlaceBlock], int]) -> None:
    blocks, cells = network
    want = np.zeros(cells, np.bool_)
    for b in blocks:
        s = b.served[0]
        for r, c in product(*map(range, b.inside.shape)):
            p = np.where(s.cell[:, r, c] >= 0, s.probability[:, r, c], 0.0)
            if b.inside_km2[r, c] > 0.0 and p.max() > 0.0:
                want[s.cell[p >= p.max() * (1.0 - 1e-5), r, c]] = True
    assert_array_equal(sum_cells(None, blocks, cells).is_best, want)


@given(networks(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_sets_shrink_as_tau_grows(
    network: tuple[list[PlaceBlock], int], one: float, other: float
) -> None:
    sums = sum_cells(None, *network)
    low, high = sorted((one, other))
    few, many = threshold(*sums.counts(), high), threshold(*sums.counts(), low)
    assert not (few & ~many).any()
    a, b = outcome_of(sums, few), outcome_of(sums, many)
    assert a.reached <= b.reached
    assert a.over_reach <= b.over_reach
    assert a.missed >= b.missed


@given(networks())
def test_tau_0_misses_nobody_who_is_served(network: tuple[list[PlaceBlock], int]) -> None:
    blocks, cells = network
    sums = sum_cells(None, blocks, cells)
    chosen = threshold(*sums.counts(), 0.0)
    assert outcome_of(sums, chosen).missed == 0.0
    for b in blocks:
        for s in b.served:
            served = (s.cell >= 0) & (s.probability > 0.0) & (b.inside > 0.0)
            assert chosen[s.cell[served]].all()


@given(networks(), st.data())
def test_adding_a_cell_never_lowers_who_is_reached(
    network: tuple[list[PlaceBlock], int], data: st.DataObject
) -> None:
    sums = sum_cells(None, *network)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(sums), max_size=len(sums))))
    more = chosen.copy()
    more[data.draw(st.integers(0, len(sums) - 1))] = True
    assert outcome_of(sums, more).reached >= outcome_of(sums, chosen).reached


@given(networks(), st.integers(-6, 12), st.floats(0.0, 1.0))
def test_more_people_everywhere_change_nothing(
    network: tuple[list[PlaceBlock], int], power: int, tau: float
) -> None:
    # Powers of 2, which change no digit of a number.
    blocks, cells = network
    scaled = [
        replace(b, inside=b.inside * 2.0**power, outside=b.outside * 2.0**power) for b in blocks
    ]
    one, other = (threshold(*sum_cells(None, x, cells).counts(), tau) for x in (blocks, scaled))
    assert_array_equal(one, other)


@given(networks(), st.lists(st.floats(0.01, 1.0), min_size=2, max_size=4), st.floats(0.0, 1.0))
def test_operators_add_up_to_the_total(
    network: tuple[list[PlaceBlock], int], weights: list[float], tau: float
) -> None:
    sums = sum_cells(None, *network)
    parts = np.array(weights) / np.sum(weights)
    chosen = threshold(*sums.counts(), tau)
    each = [outcome_of(sums.scaled(p), chosen) for p in parts]
    whole = outcome_of(sums, chosen)
    for name in ("reached", "missed", "over_reach", "shown_over_reach"):
        assert np.isclose(sum(getattr(e, name) for e in each), getattr(whole, name), rtol=1e-9)
    # Scaling by a market share does not change the choice.
    assert_array_equal(threshold(*sums.scaled(0.25).counts(), tau), chosen)


@given(networks(), st.floats(0.0, 1.0))
def test_everybody_is_in_one_row(network: tuple[list[PlaceBlock], int], tau: float) -> None:
    sums = sum_cells(None, *network)
    got = outcome_of(sums, threshold(*sums.counts(), tau))
    assert np.isclose(got.reached + got.missed + got.unserved, sums.in_area_people, rtol=1e-5)
    assert np.isclose(
        got.reached_km2 + got.missed_km2 + got.unserved_km2, sums.in_area_km2, rtol=1e-5
    )


# Groups


def test_groups_by_hand() -> None:
    groups = groups_of(["a", "b", "a", "", "b", ""], ["1", "2", "3", "4", "5", "a"])
    assert groups.codes == ("a", "b", "4", "a")
    assert groups.is_single.tolist() == [False, False, True, True]
    sums = group_sums(sums_of([10, 0, 20, 5, 1, 2], [0, 50, 10, 5, 0, 9]), groups)
    assert sums.inside.tolist() == [30.0, 1.0, 5.0, 2.0]
    assert sums.outside.tolist() == [10.0, 50.0, 5.0, 9.0]
    chosen = groups.cells(threshold(*sums.counts(), 0.5))
    assert chosen.tolist() == [True, False, True, True, False, False]


@given(networks(), st.floats(0.0, 1.0), st.data())
def test_groups_keep_the_sums(
    network: tuple[list[PlaceBlock], int], tau: float, data: st.DataObject
) -> None:
    sums = sum_cells(None, *network)
    codes = data.draw(
        st.lists(st.sampled_from(["", "x", "y"]), min_size=len(sums), max_size=len(sums))
    )
    groups = groups_of(codes, [f"c{k}" for k in range(len(sums))])
    grouped = group_sums(sums, groups)
    assert_allclose(grouped.inside.sum(), sums.inside.sum())
    assert_allclose(grouped.outside.sum(), sums.outside.sum())
    chosen = threshold(*grouped.counts(), tau)
    by_group, by_cell = outcome_of(grouped, chosen), outcome_of(sums, groups.cells(chosen))
    assert_allclose(by_group.reached, by_cell.reached)
    assert_allclose(by_group.over_reach, by_cell.over_reach)
    # Addressing by group is never better than by cell.
    weight = weight_of(min(tau, 0.99))
    alone = outcome_of(sums, threshold(*sums.counts(), min(tau, 0.99)))
    grouped_choice = outcome_of(grouped, threshold(*grouped.counts(), min(tau, 0.99)))
    assert (
        weight * alone.over_reach - alone.reached
        <= weight * grouped_choice.over_reach - grouped_choice.reached + 1e-6
    )


# Ensembles


def test_mean_and_union_over_an_ensemble() -> None:
    with_site, without = sums_of([10.0, 0.0], [0.0, 10.0]), sums_of([0.0, 10.0], [0.0, 20.0])
    mean = mean_of([with_site, without])
    assert mean.inside.tolist() == [5.0, 5.0]
    assert mean.outside.tolist() == [0.0, 15.0]
    assert threshold(*mean.counts(), 0.3).tolist() == [True, False]
    assert union_of([with_site, without], 0.3).tolist() == [True, True]


@given(networks(), networks(), st.floats(0.0, 1.0))
def test_the_union_holds_the_set_of_every_member(
    one: tuple[list[PlaceBlock], int], other: tuple[list[PlaceBlock], int], tau: float
) -> None:
    cells = max(one[1], other[1])
    members = [sum_cells(None, blocks, cells) for blocks, _ in (one, other)]
    union = union_of(members, tau)
    for m in members:
        assert not (threshold(*m.counts(), tau) & ~union).any()
    assert_allclose(mean_of(members).inside, (members[0].inside + members[1].inside) / 2.0)


def test_the_mean_of_an_ensemble_is_that_of_its_blocks() -> None:
    rng = np.random.default_rng(5)
    shape = (4, 5)
    cell = [rng.integers(-1, 3, (2, *shape)).astype(np.int32) for _ in range(2)]
    p = [rng.random((2, *shape)).astype(np.float32) / 2 for _ in range(2)]
    people, fraction = rng.random(shape), rng.random(shape)
    km2 = np.ones(shape)
    both = PlaceBlock.of(
        people, fraction, km2, [Served(c, q, 0.5) for c, q in zip(cell, p, strict=True)]
    )
    each = [
        sum_cells(None, [PlaceBlock.of(people, fraction, km2, [Served(c, q)])], 3)
        for c, q in zip(cell, p, strict=True)
    ]
    got, want = sum_cells(None, [both], 3), mean_of(each)
    assert_allclose(got.inside, want.inside)
    assert_allclose(got.outside, want.outside)
    assert got.in_area_people == want.in_area_people


# Work in parts


def test_the_same_bits_for_any_workers() -> None:
    rng = np.random.default_rng(7)

    def read(block: Any) -> PlaceBlock:
        seeded = np.random.default_rng(block)
        shape = (20, 30)
        cell = seeded.integers(-1, 50, (4, *shape)).astype(np.int32)
        p = (seeded.random((4, *shape)) / 4).astype(np.float32)
        return PlaceBlock.of(
            seeded.random(shape), seeded.random(shape), np.ones(shape), (Served(cell, p),)
        )

    blocks: Any = [int(k) for k in rng.integers(0, 1000, 20)]
    one = sum_cells(read, blocks, 50)
    for workers in (2, ThreadPoolExecutor(3)):
        other = sum_cells(read, blocks, 50, workers=workers)
        for name in ("inside", "outside", "inside_km2", "outside_km2", "is_best"):
            assert_array_equal(getattr(one, name), getattr(other, name))
        assert one.in_area_people == other.in_area_people
    seen: list[tuple[int, int]] = []
    sum_cells(read, blocks, 50, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (20, 20)


def test_share_on_addressed_cells() -> None:
    cell = np.array([[[0, 1]], [[1, -1]]], np.int32)
    p = np.array([[[0.5, 0.25]], [[0.25, 0.5]]], np.float32)
    out = np.zeros((1, 2))
    target_kernels.add_share_on(cell, p, 1.0, np.array([False, True]), out)
    assert out.tolist() == [[0.25, 0.25]]


# Bad input


@pytest.mark.parametrize("tau", [-0.1, 1.1, np.nan])
def test_a_threshold_is_a_share(tau: float) -> None:
    with pytest.raises(OptionError, match="a share of 0 to 1"):
        threshold(*THREE, tau)


def test_blocks_that_do_not_fit() -> None:
    shape = (2, 3)
    ones, km2 = np.ones(shape), np.ones(shape)
    served = Served(np.zeros((1, *shape), np.int32), np.ones((1, *shape), np.float32))
    with pytest.raises(GridMismatchError, match="share of cells"):
        PlaceBlock.of(ones, np.ones((3, 2)), km2, (served,))
    wrong = Served(np.zeros((1, 3, 2), np.int32), np.ones((1, 3, 2), np.float32))
    with pytest.raises(GridMismatchError, match="serving cells"):
        sum_cells(None, [PlaceBlock.of(ones, ones, km2, (wrong,))], 1)
    far = Served(np.full((1, *shape), 7, np.int32), np.ones((1, *shape), np.float32))
    with pytest.raises(GridMismatchError, match="served by cell 7, but there are 1"):
        sum_cells(None, [PlaceBlock.of(ones, ones, km2, (far,))], 1)
    with pytest.raises(GridMismatchError, match="share of phones"):
        sum_cells(None, [PlaceBlock.of(ones, ones, km2, (served,), np.ones((2, 3, 2)))], 1)


@given(counts(), st.floats(0.0, 1.0))
def test_an_area_of_nobody_chooses_nobody(
    both: tuple[NDArray[np.float64], NDArray[np.float64]], tau: float
) -> None:
    nobody = np.zeros_like(both[0]), both[1]
    assert not threshold(*nobody, tau).any()
    assert len(curve_of(sums_of(*nobody))) == 1
