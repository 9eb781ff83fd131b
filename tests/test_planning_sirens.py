"""Sirens counted on squares of people, by hand and against a naive twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.planning.sirens import need, side_of

SMALL = np.full(4, 0.5)
"""Squares of half a km2: one siren of 1 km reach covers 2 km2."""


def test_the_squares_with_most_people_come_first() -> None:
    people = np.array([10.0, 60.0, 0.0, 30.0])
    assert need(people, SMALL, 1000.0, 0.5) == (1.0, 60.0)
    assert need(people, SMALL, 1000.0, 0.6) == (1.0, 60.0)
    assert need(people, SMALL, 1000.0, 0.61) == (2.0, 90.0)
    assert need(people, SMALL, 1000.0, 1.0) == (3.0, 100.0)


def test_a_square_larger_than_a_sirens_reach_takes_several() -> None:
    # 400 km2 and 2 km2 a siren.
    assert need(np.array([100.0]), np.array([400.0]), 1000.0, 0.5) == (200.0, 100.0)
    # A dense small square is worth more than a large one with more people.
    both = need(np.array([100.0, 50.0]), np.array([400.0, 1.0]), 1000.0, 0.3)
    assert both == (1.0, 50.0)


def test_nobody_needs_none() -> None:
    assert need(np.zeros(3), np.ones(3), 1000.0, 0.8) == (0.0, 0.0)
    assert need(np.ones(3), np.ones(3), 1000.0, 0.0) == (0.0, 0.0)


def test_a_siren_in_the_middle_reaches_the_corners() -> None:
    assert side_of(1000.0) == pytest.approx(1414.2135623)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.floats(0.01, 1.0))
def test_a_naive_twin(people: list[int], share: float) -> None:
    lived = np.array(people, float)
    found = need(lived, np.ones(lived.size), 1000.0, share)
    left, count, wanted = sorted(people, reverse=True), 0, share * sum(people) * (1.0 - 1e-9)
    reached = 0
    while reached < wanted:
        reached += left[count]
        count += 1
    assert found.sirens == count
    assert found.people == pytest.approx(reached)
