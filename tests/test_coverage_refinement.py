"""People placed by weights: each coarse cell keeps its count; compiled, and as the same code runs in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from ew4all.coverage import refinement

PEOPLE = np.array([[6.0, 8.0, 0.0]])
WEIGHTS = np.array([[1, 0, 0, 0, 5, 5], [1, 4, 0, 0, 5, 5]], np.float32)


@pytest.fixture(params=["compiled", "python"])
def form(request: pytest.FixtureRequest) -> Any:
    def pick(name: str) -> Any:
        kernel = getattr(refinement, name)
        return kernel if request.param == "compiled" else getattr(kernel, "py_func", kernel)

    return pick


def test_by_hand(form: Any) -> None:
    total, out = np.full((1, 3), np.nan), np.full((2, 6), np.nan)
    form("add_up")(WEIGHTS, total)
    assert_allclose(total, [[6, 0, 20]])
    form("place")(PEOPLE, WEIGHTS, total, out)
    assert_allclose(out, [[1, 0, 2, 2, 0, 0], [1, 4, 2, 2, 0, 0]])


@pytest.mark.parametrize("scale", [1e-40, 1e-10, 1.0, 1e29])
def test_the_size_of_weights_does_not_matter(form: Any, scale: float) -> None:
    rng = np.random.default_rng(1)
    people = rng.gamma(0.5, 1e4, (3, 2))
    weights = (rng.gamma(1.0, 1.0, (12, 10)) * scale).astype(np.float32)
    total, out = np.empty(people.shape), np.empty(weights.shape)
    form("add_up")(weights, total)
    form("place")(people, weights, total, out)
    assert np.isfinite(out).all()
    assert_allclose(out.reshape(3, 4, 2, 5).sum(axis=(1, 3)), people, rtol=1e-12)
