"""Lorenz curves and the Gini coefficient: by hand, against pairs of people, and what must hold always."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.planning.equity import lorenz, ratio

PLACES = st.lists(
    st.tuples(st.floats(0.1, 1e6), st.floats(0.0, 1.0)), min_size=1, max_size=12
).filter(lambda places: sum(p * s for p, s in places) > 1e-3)


def test_three_places_by_hand() -> None:
    """Shares left out 0.1, 0.5 and 0.2: in order 10 of 100, 40 of 200, 50 of 100."""
    curve = lorenz([100.0, 100.0, 200.0], [10.0, 50.0, 40.0])
    assert curve is not None
    assert curve.points == pytest.approx(
        np.array([[0.0, 0.0], [0.25, 0.1], [0.75, 0.5], [1.0, 1.0]]), abs=1e-15
    )
    # Trapezoids: 0.0125 + 0.15 + 0.1875 = 0.35.
    assert curve.gini == pytest.approx(0.3)


def test_nobody_left_out_has_no_curve() -> None:
    assert lorenz([100.0, 5.0], [0.0, 0.0]) is None
    assert lorenz([], []) is None
    assert lorenz([0.0], [0.0]) is None


def test_all_in_one_small_place_is_close_to_one() -> None:
    curve = lorenz([1.0, 999.0], [1.0, 0.0])
    assert curve is not None
    assert curve.gini == pytest.approx(0.999)


@pytest.mark.parametrize(
    ("people", "out"),
    [([1.0], [2.0]), ([1.0], [-1.0]), ([np.nan], [0.0]), ([np.inf], [0.0]), ([1.0], [np.nan]), ([1.0, 2.0], [1.0])],
)  # fmt: skip
def test_what_cannot_be_is_refused(people: list[float], out: list[float]) -> None:
    with pytest.raises(ValueError, match="people"):
        lorenz(people, out)


def by_pairs(people: np.ndarray, out: np.ndarray) -> float:
    """Mean difference of shares between two people, over twice the mean share: the definition."""
    share = out / people
    weight = people / people.sum()
    differences = np.abs(share[:, None] - share[None, :]) * weight[:, None] * weight[None, :]
    return float(differences.sum() / (2.0 * (weight * share).sum()))


@given(PLACES)
def test_it_is_the_mean_difference_of_pairs(places: list[tuple[float, float]]) -> None:
    people, share = np.array(places).T
    curve = lorenz(people, people * share)
    assert curve is not None
    assert curve.gini == pytest.approx(by_pairs(people, people * share), abs=1e-9)
    assert 0.0 <= curve.gini <= 1.0
    # Places are sorted, so that the curve hangs below the diagonal and bends upwards.
    assert (curve.left_out <= curve.people + 1e-9).all()
    slopes = np.diff(curve.left_out) / np.diff(curve.people)
    assert (np.diff(slopes) >= -1e-6 * np.abs(slopes[:-1]) - 1e-9).all()


@given(PLACES, st.floats(0.01, 100.0), st.floats(0.01, 1.0))
def test_neither_units_nor_the_level_change_it(
    places: list[tuple[float, float]], unit: float, level: float
) -> None:
    people, share = np.array(places).T
    one = lorenz(people, people * share)
    other = lorenz(people * unit, people * unit * share * level)
    assert one is not None
    assert other is not None
    assert other.gini == pytest.approx(one.gini, abs=1e-9)


@given(st.lists(st.floats(1.0, 1e6), min_size=1, max_size=9), st.floats(0.01, 1.0))
def test_the_same_share_everywhere_is_equal(people: list[float], share: float) -> None:
    curve = lorenz(people, np.array(people) * share)
    assert curve is not None
    assert curve.gini == pytest.approx(0.0, abs=1e-9)


@given(PLACES)
def test_a_place_in_two_alike_halves_changes_nothing(places: list[tuple[float, float]]) -> None:
    people, share = np.array(places).T
    halves = np.concatenate([people[:1] / 2, people[:1] / 2, people[1:]])
    shares = np.concatenate([share[:1], share])
    one, other = lorenz(people, people * share), lorenz(halves, halves * shares)
    assert one is not None
    assert other is not None
    assert other.gini == pytest.approx(one.gini, abs=1e-9)


def test_ratio_of_a_group() -> None:
    assert ratio(100.0, 30.0, 1000.0, 150.0) == pytest.approx(2.0)
    assert ratio(100.0, 0.0, 1000.0, 150.0) == 0.0
    assert ratio(0.0, 0.0, 1000.0, 150.0) is None
    assert ratio(100.0, 3.0, 1000.0, 0.0) is None
