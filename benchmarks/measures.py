"""A country of a million cells and ten thousand measures to choose from, the same in every run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ew4all.planning.greedy import Choice, Instance, choose

SIDE = 1000
MEASURES = 10_000
RADII = (4, 12, 22, 40)
"""In cells: a warden, a siren, a site, a station."""
BUDGET_SHARE = 0.08


def country() -> Instance:
    """Return people in clusters, and discs of four sizes around people, dearer the larger they are."""
    rng = np.random.default_rng(0)
    people = rng.gamma(0.3, 20.0, (SIDE, SIDE))
    for _ in range(300):
        r, c = rng.integers(0, SIDE, 2)
        people[max(r - 8, 0) : r + 8, max(c - 8, 0) : c + 8] *= 6.0
    at = rng.choice(SIDE * SIDE, MEASURES, replace=False, p=people.ravel() / people.sum())
    kind = rng.integers(0, len(RADII), MEASURES)
    cost = np.array([4e3, 2.6e4, 3e5, 2.5e5])[kind] * rng.lognormal(0.0, 0.2, MEASURES)
    rows, chances = [], []
    for place, k in zip(at.tolist(), kind.tolist(), strict=True):
        radius = RADII[k]
        r, c = divmod(place, SIDE)
        r0, r1, c0, c1 = max(r - radius, 0), min(r + radius + 1, SIDE), max(c - radius, 0), min(c + radius + 1, SIDE)  # fmt: skip
        y, x = np.mgrid[r0:r1, c0:c1]
        away = ((y - r) ** 2 + (x - c) ** 2) / (radius + 0.5) ** 2
        inside = away <= 1.0
        rows.append((y * SIDE + x)[inside].astype(np.int32))
        chances.append((0.95 - 0.5 * away[inside]).astype(np.float32))
    start = np.concatenate([[0], np.cumsum([r.size for r in rows])]).astype(np.int64)
    return Instance(
        tuple(f"m{j:05d}" for j in range(MEASURES)), cost, start, np.concatenate(rows), np.concatenate(chances), people.ravel()
    )  # fmt: skip


def chosen() -> dict[str, Any]:
    """Choose, and tell what was measured; compiling (or loading what was compiled) is counted apart."""
    problem = country()
    small = problem.take(range(10))
    begun = time.perf_counter()
    choose(small, float(small.cost.sum()))
    compiled = time.perf_counter()
    found: Choice = choose(problem, BUDGET_SHARE * float(problem.cost.sum()))
    ended = time.perf_counter()
    return {
        "compile_s": compiled - begun,
        "choose_s": ended - compiled,
        "entries": int(problem.row.size),
        "chosen": len(found.chosen),
        "evaluations": found.evaluations,
        "proven": found.proven,
        "reached": found.reached,
    }
