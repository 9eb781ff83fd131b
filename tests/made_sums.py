"""Cells and what they serve, for tests of the choice: the example by hand, random sums, random small countries."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from ew4all.coverage.targeting import CellSums, PlaceBlock, Served

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn
    from numpy.typing import NDArray

THREE = np.array([100.0, 60.0, 5.0]), np.array([0.0, 40.0, 95.0])
"""People inside and outside of three cells: the example of the radio planning note."""


def sums_of(inside: Any, outside: Any, in_area: float | None = None) -> CellSums:
    b, o = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    total = float(b.sum()) if in_area is None else in_area
    return CellSums(b, o, b / 10.0, o / 10.0, b.copy(), o.copy(), b > 0.0, total, total / 10.0)


@st.composite
def counts(
    draw: DrawFn, least: int = 1, most: int = 9
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """People inside and outside, with zeros, equal shares and giants."""
    value = st.one_of(
        st.sampled_from([0.0, 0.0, 1.0, 2.0, 10.0, 1e6]),
        st.integers(0, 10**7).map(lambda thousandths: thousandths / 1000.0),
    )
    n = draw(st.integers(least, most))
    return tuple(np.array(draw(st.lists(value, min_size=n, max_size=n))) for _ in range(2))  # type: ignore[return-value]


@st.composite
def networks(draw: DrawFn, show: bool = False) -> tuple[list[PlaceBlock], int]:
    """Windows of a small country with up to three servers a place, the probabilities of which sum to 1 at most."""
    cells, k = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        shape = tuple(rng.integers(1, 5, 2))
        cell = rng.integers(-1, cells, (k, *shape)).astype(np.int32)
        p = rng.random((k, *shape)).astype(np.float32) * np.float32(rng.random() > 0.1)
        p /= np.maximum(p.sum(axis=0), 1.0)
        people = rng.gamma(0.5, 20.0, shape) * (rng.random(shape) > 0.3)
        fraction = np.clip(rng.normal(0.5, 0.8, shape), 0.0, 1.0)
        shown = rng.random((2, *shape)) if show else None
        blocks.append(
            PlaceBlock.of(people, fraction, np.full(shape, 0.5), (Served(cell, p),), shown)
        )
    return blocks, cells


def naive_sums(blocks: list[PlaceBlock], cells: int) -> NDArray[np.float64]:
    """Add up place by place, in the order of `target_kernels.COLUMNS`."""
    out = np.zeros((cells, 6))
    for b in blocks:
        for s in b.served:
            for k, r, c in product(*map(range, s.cell.shape)):
                n = s.cell[k, r, c]
                if n < 0:
                    continue
                p = s.weight * float(s.probability[k, r, c])
                row = [
                    b.inside[r, c],
                    b.outside[r, c],
                    b.inside_km2[r, c],
                    b.outside_km2[r, c],
                ]
                shown = (1.0, 1.0) if b.show is None else b.show[:, r, c]
                out[n] += p * np.array([*row, row[0] * shown[0], row[1] * shown[1]])
    return out
