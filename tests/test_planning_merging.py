"""Cells taken together for a plan: nobody is lost, what a measure brings alone stays, sites and zones stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ew4all.planning.greedy import choose
from ew4all.planning.measures import Effect, Measure
from ew4all.planning.merging import Merging, merging_of
from ew4all.planning.rows import Crowd, Outage, instance_of

SIDE = 12


def country(seed: int, side: int = SIDE) -> tuple[Crowd, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    row, col = np.divmod(np.arange(side * side), side)
    n = row.size
    signal = draw.random(n)
    crowd = Crowd(
        draw.lognormal(3.0, 1.5, n), draw.choice([1.0, 2.0], n), draw.uniform(0.5, 1.0, n), draw.random(n), signal,
        signal * draw.random(n), 0.6, 0.5, 0.9,
    )  # fmt: skip
    return crowd, row, col


def some_measures(seed: int, cells: int) -> tuple[list[Measure], list[Effect]]:
    draw = np.random.default_rng(seed + 1)
    kinds = ("device_programme", "fm_transmitter", "new_site", "siren", "warden")
    measures = [Measure(f"{k:02d}", kinds[k % 5], "") for k in range(15)]
    effects = []
    for _ in measures:
        first = int(draw.integers(0, cells // 2))
        some = np.arange(first, first + cells // 3, dtype=np.int32)
        effects.append(Effect(some, draw.random(some.size).astype(np.float32)))
    return measures, effects


def test_few_cells_stay_as_they_are() -> None:
    crowd, row, col = country(0)
    merging = merging_of(row, col, crowd.people)
    assert merging.side == 1
    assert merging.crowd(crowd) is crowd
    measures, effects = some_measures(0, len(row))
    assert merging.effects(measures, effects, crowd) == effects


def test_squares_end_at_zones() -> None:
    row, col = np.divmod(np.arange(16), 4)
    people = np.arange(16.0)
    merging = merging_of(row, col, people, most=4)
    assert merging.side == 2
    assert merging.of.tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]
    assert merging.busiest.tolist() == [5, 7, 13, 15]
    # The first column is a zone of its own.
    zone = (col == 0).astype(np.int64)
    parted = merging_of(row, col, people, zone, most=6)
    assert (parted.side, len(parted)) == (2, 6)
    for k in range(len(parted)):
        assert len(set(zone[parted.of == k].tolist())) == 1


def test_an_effect_by_hand() -> None:
    # Two cells: 30 and 10 people whom nothing of the place reaches, none of them by phone; a siren is heard by all of the 10.
    crowd = Crowd(
        np.array([30.0, 10.0]), np.ones(2), np.ones(2), np.zeros(2), np.array([1.0, 0.0]), np.zeros(2), 0.5, 0.5, 0.5
    )  # fmt: skip
    both = Merging(2, np.zeros(2, np.int64), np.array([0]))
    effect = Effect(np.array([1], np.int32), np.array([1.0], np.float32))
    (siren, site) = both.effects(
        [Measure("a", "siren", ""), Measure("b", "new_site", "")], [effect, effect], crowd
    )
    assert siren.chance == pytest.approx([0.25])
    # A new site acts on those without a signal, who all live in the second cell.
    assert site.chance == pytest.approx([1.0])
    small = both.crowd(crowd)
    assert small.people.tolist() == [40.0]
    assert small.signal == pytest.approx([0.75])


def test_the_sites_of_most_people_stand_for_all() -> None:
    outage = Outage(
        0.5, np.array([[3, 3], [1, 2]], np.int32), np.array([[0.9, 0.5], [0.1, 0.2]]), np.ones(4)
    )
    both = Merging(2, np.zeros(2, np.int64), np.array([1]))
    small = both.outage(outage)
    assert small is not None
    assert small.site.tolist() == [[3], [2]]
    assert both.outage(None) is None


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.integers(10, 100))
def test_people_and_what_one_measure_brings_are_kept(seed: int, most: int) -> None:
    crowd, row, col = country(seed)
    merging = merging_of(row, col, crowd.people, (col > 5).astype(np.int64), most=most)
    assert merging.side > 1
    assert len(merging) <= most
    measures, effects = some_measures(seed, len(row))
    cost = np.ones(len(measures))
    fine = instance_of(crowd, measures, effects, cost)
    small = merging.crowd(crowd)
    coarse = instance_of(small, measures, merging.effects(measures, effects, crowd), cost)
    assert small.people.sum() == pytest.approx(crowd.people.sum())
    assert coarse.people is not None
    assert fine.people is not None
    assert coarse.people.sum() == pytest.approx(fine.people.sum(), rel=1e-6)
    assert coarse.weight.sum() == pytest.approx(fine.weight.sum(), rel=0.05)
    assert coarse.alone() == pytest.approx(fine.alone(), rel=1e-4)


def test_the_choice_is_nearly_that_of_the_cells() -> None:
    crowd, row, col = country(3, side=60)
    merging = merging_of(row, col, crowd.people, most=900)
    measures, effects = some_measures(3, len(row))
    cost = np.linspace(1.0, 2.0, len(measures))
    fine = instance_of(crowd, measures, effects, cost)
    coarse = instance_of(
        merging.crowd(crowd), measures, merging.effects(measures, effects, crowd), cost
    )
    of_cells, of_squares = choose(fine, 6.0), choose(coarse, 6.0)
    from ew4all.planning.greedy import reached_by

    assert reached_by(fine, of_squares.chosen) > 0.99 * of_cells.reached
    assert of_squares.reached == pytest.approx(of_cells.reached, rel=0.03)
