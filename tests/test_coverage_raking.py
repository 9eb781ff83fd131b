"""Sources brought to official figures: exact, shares kept, and who cannot be placed is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.coverage.raking import dissimilarity, raked, total_of_year

PEOPLE = st.lists(st.sampled_from([0.0, 0.5, 1.0, 30.0, 1e6]), min_size=1, max_size=8)


def test_by_hand() -> None:
    found = raked(np.array([100.0, 50.0, 0.0, 10.0]), np.array([150.0, 0.0, 70.0, math.nan]))
    assert found.factor.tolist() == [1.5, 0.0, 1.0, 1.0]
    assert found.unplaced.tolist() == [0.0, 0.0, 70.0, 0.0]


@given(people=PEOPLE, data=st.data())
def test_figures_are_met_or_told(people: list[float], data: st.DataObject) -> None:
    official = np.array(
        data.draw(
            st.lists(
                st.one_of(st.floats(0.0, 1e7), st.just(math.nan)),
                min_size=len(people),
                max_size=len(people),
            )
        )
    )
    source = np.array(people)
    found = raked(source, official)
    got = source * found.factor + found.unplaced
    known = ~np.isnan(official)
    np.testing.assert_allclose(got[known], official[known], rtol=1e-12)
    assert (got[~known] == source[~known]).all()
    assert (found.factor >= 0.0).all()
    assert (found.unplaced[source > 0.0] == 0.0).all()


@given(people=PEOPLE, other=PEOPLE, factor=st.floats(0.01, 100.0))
def test_dissimilarity(people: list[float], other: list[float], factor: float) -> None:
    n = min(len(people), len(other))
    a, b = np.array(people[:n]), np.array(other[:n])
    found = dissimilarity(a, b)
    if a.sum() == 0.0 or b.sum() == 0.0:
        assert math.isnan(found)
        return
    assert 0.0 <= found <= 1.0
    assert found == dissimilarity(b, a)
    assert dissimilarity(a, a * factor) == pytest.approx(0.0, abs=1e-12), "totals do not matter"
    naive = sum(max(p / a.sum() - q / b.sum(), 0.0) for p, q in zip(a, b, strict=True))
    assert found == pytest.approx(naive, abs=1e-12), "people who leave are people who arrive"


def test_dissimilarity_by_hand() -> None:
    assert dissimilarity(np.array([3.0, 1.0]), np.array([1.0, 3.0])) == 0.5
    assert dissimilarity(np.array([1.0, 0.0]), np.array([0.0, 9.0])) == 1.0


def test_totals_grow_by_the_same_share_in_between() -> None:
    years, people = np.array([2010, 2020]), np.array([100.0, 400.0])
    assert total_of_year(2010, years, people) == pytest.approx(100.0)
    assert total_of_year(2015, years, people) == pytest.approx(200.0)
    assert total_of_year(2020, years, people) == pytest.approx(400.0)
