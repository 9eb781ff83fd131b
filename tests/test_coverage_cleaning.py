"""Cells without data, found and replaced: compiled, and as the same code runs in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ew4all.coverage import cleaning

HUGE = 1e30
VALUES = [
    [0.0, 1.5, np.nan, -9999.0],
    [3.0, np.inf, -0.5, 1e29],
    [2e30, 7.0, -9999.5, -np.inf],
]


@pytest.fixture(params=["compiled", "python"])
def form(request: pytest.FixtureRequest) -> Any:
    def pick(name: str) -> Any:
        kernel = getattr(cleaning, name)
        return kernel if request.param == "compiled" else getattr(kernel, "py_func", kernel)

    return pick


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_people_are_finite_and_not_negative(form: Any, dtype: Any) -> None:
    values = np.array([[0.0, 1.5, 3.0], [1e29, 7.0, 2.0]], dtype)
    assert form("are_people")(values, dtype(HUGE))
    for other in (np.nan, -0.5, -9999.0, np.inf, -np.inf, 2e30):
        for cell in np.ndindex(values.shape):
            spoilt = values.copy()
            spoilt[cell] = other
            assert not form("are_people")(spoilt, dtype(HUGE))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("low", "high", "missing", "wrong"),
    [
        (np.nan, np.nan, {(0, 2)}, 6),
        (-9999.0, -9999.0, {(0, 2), (0, 3)}, 5),
        (-np.inf, -5000.0, {(0, 2), (0, 3), (2, 2), (2, 3)}, 3),
        (1e30, np.inf, {(0, 2), (1, 1), (2, 0)}, 4),
    ],
)
def test_marks_become_nobody(
    form: Any, dtype: Any, low: float, high: float, missing: set[tuple[int, int]], wrong: int
) -> None:
    values = np.array(VALUES, dtype)
    expected = values.copy()
    for cell in missing:
        expected[cell] = 0.0
    found = form("fill_missing")(values, dtype(low), dtype(high), dtype(HUGE))
    assert tuple(found) == (values.size - len(missing), wrong)
    assert_array_equal(values, expected)
    assert values.dtype == dtype
