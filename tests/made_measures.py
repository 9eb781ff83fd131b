"""Random problems of choosing measures, as small or as large as a test wants them."""

from __future__ import annotations

import numpy as np

from ew4all.planning.greedy import Instance


def instance(
    measures: int, rows: int, per_measure: int, seed: int, *, certain: bool = False
) -> Instance:
    """Return measures of lognormal costs that each reach some rows of lognormal weights."""
    rng = np.random.default_rng(seed)
    row = np.concatenate(
        [np.sort(rng.choice(rows, per_measure, replace=False)) for _ in range(measures)]
    )
    size = row.size
    chance = np.ones(size) if certain else rng.random(size)
    return Instance(
        tuple(f"m{j:05d}" for j in range(measures)),
        rng.lognormal(0.0, 0.7, measures),
        np.arange(0, size + 1, per_measure, dtype=np.int64),
        row.astype(np.int32),
        chance.astype(np.float32),
        rng.lognormal(0.0, 1.0, rows),
    )


def of(costs: list[float], reach: list[dict[int, float]], weight: list[float]) -> Instance:
    """Return a problem written by hand: for each measure its rows and chances."""
    sizes = [len(rows) for rows in reach]
    return Instance(
        tuple(f"m{j}" for j in range(len(costs))),
        np.array(costs, np.float64),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([r for rows in reach for r in rows], np.int32),
        np.array([p for rows in reach for p in rows.values()], np.float32),
        np.array(weight, np.float64),
    )
