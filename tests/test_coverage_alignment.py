"""The share of a cell that a layer on other cells covers: an exact sum of overlaps."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from ew4all.coverage import alignment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Share = Callable[[Any, Any, Any], NDArray[np.float64]]
    Sampled = Callable[[Any, Any, Any, int], NDArray[np.float64]]


@pytest.fixture(scope="module", params=["compiled", "python"])
def share(request: pytest.FixtureRequest) -> Share:
    kernel = alignment.add_area_share
    if request.param == "python":
        kernel = getattr(kernel, "py_func", kernel)

    def run(values: Any, rows: Any, cols: Any) -> NDArray[np.float64]:
        out = np.zeros((len(rows) - 1, len(cols) - 1))
        line = np.full(values.shape[1], np.nan)
        kernel(values, np.asarray(rows, float), np.asarray(cols, float), line, out)
        return out

    return run


def overlaps(edges: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Share of each target cell that each of `cells` unit cells fills: one cell after the other."""
    weights = np.zeros((len(edges) - 1, cells))
    for i, (first, last) in enumerate(itertools.pairwise(edges)):
        for k in range(cells):
            weights[i, k] = max(0.0, min(last, k + 1) - max(first, k)) / (last - first)
    return weights


def test_by_hand(share: Share) -> None:
    values = np.array([[1, 0], [0, 0]], np.uint8)
    assert_allclose(share(values, [0, 2], [0, 2]), [[0.25]])
    assert_allclose(share(values, [0.5, 1.5], [0.25, 1.25]), [[0.5 * 0.75]])
    assert_allclose(share(values, [-1, 1], [-1, 1]), [[0.25]])
    assert_allclose(share(values, [0, 0.5, 1, 1.5], [0, 0.5, 1, 2]), [[1, 1, 0]] * 2 + [[0, 0, 0]])
    assert_allclose(share(values, [2, 3], [0, 1]), [[0]])
    assert_allclose(share(values, [-2, -1], [-3, -1]), [[0]])


edges = st.lists(st.floats(0.05, 5.0), min_size=1, max_size=8)
starts = st.floats(-6.0, 12.0)


@given(
    values=hnp.arrays("u1", hnp.array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 1)),
    row0=starts,
    col0=starts,
    rows=edges,
    cols=edges,
)
def test_is_the_product_of_overlaps(
    share: Share,
    values: NDArray[np.uint8],
    row0: float,
    col0: float,
    rows: list[float],
    cols: list[float],
) -> None:
    row_edges, col_edges = row0 + np.cumsum([0, *rows]), col0 + np.cumsum([0, *cols])
    expected = (
        overlaps(row_edges, values.shape[0]) @ values @ overlaps(col_edges, values.shape[1]).T
    )
    for kind in (np.uint8, np.float32):
        assert_allclose(share(values.astype(kind), row_edges, col_edges), expected, atol=1e-12)


@pytest.fixture(scope="module", params=["compiled", "python"])
def sampled(request: pytest.FixtureRequest) -> Sampled:
    kernel = alignment.add_sampled_share
    if request.param == "python":
        kernel = getattr(kernel, "py_func", kernel)

    def run(values: Any, rows: Any, cols: Any, samples: int) -> NDArray[np.float64]:
        out = np.zeros((rows.shape[0] - 1, rows.shape[1] - 1))
        kernel(values, rows, cols, samples, out)
        return out

    return run


def looked_up(values: Any, rows: Any, cols: Any, samples: int) -> NDArray[np.float64]:
    """Mean of the layer at places spread over each cell: one place after the other."""
    out = np.zeros((rows.shape[0] - 1, rows.shape[1] - 1))
    place = (np.arange(samples) + 0.5) / samples
    for (i, j), _ in np.ndenumerate(out):
        for v in place:
            for u in place:
                weights = np.array([[(1 - v) * (1 - u), (1 - v) * u], [v * (1 - u), v * u]])
                r = int(np.floor((weights * rows[i : i + 2, j : j + 2]).sum()))
                c = int(np.floor((weights * cols[i : i + 2, j : j + 2]).sum()))
                if 0 <= r < values.shape[0] and 0 <= c < values.shape[1]:
                    out[i, j] += values[r, c] / samples**2
    return out


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_turned_cells_are_looked_up_all_over(sampled: Sampled, kind: type) -> None:
    rng = np.random.default_rng(11)
    values = np.kron(rng.integers(0, 2, (4, 4)), np.ones((3, 3))).astype(kind)
    row, col = np.meshgrid(np.arange(9.0), np.arange(8.0), indexing="ij")
    # Irrational steps: no place falls on the border of a cell, where rounding would decide.
    rows = -2.0 + row * np.sqrt(2.6) + col * np.sqrt(0.21)
    cols = 13.0 - col * np.sqrt(3.1) + row * np.sqrt(0.07)
    found = sampled(values, rows, cols, 5)
    assert_allclose(found, looked_up(values, rows, cols, 5), atol=1e-6)
    assert found.max() == 1.0


def test_cells_without_a_place_are_left_as_they_are(sampled: Sampled) -> None:
    row, col = np.meshgrid(np.arange(3.0), np.arange(3.0), indexing="ij")
    row[0, 0] = col[0, 0] = np.nan
    found = sampled(np.ones((4, 4), np.uint8), row, col, 4)
    assert_allclose(found, [[0, 1], [1, 1]])
