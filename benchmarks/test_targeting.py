"""Which cells to address: 10,000 cells over 10 million places, the whole curve; and the same in plain numpy."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS

from benchmarks import settings
from benchmarks.race import time_of
from benchmarks.report import seconds
from ew4all.coverage.targeting import TARGET_BLOCK, PlaceBlock, Served, sum_cells, threshold
from ew4all.coverage.tradeoff import curve_of, outcome_of
from ew4all.grid import Block, Grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

SECTION = "Targeting"
GOAL_S = 5.0
CELLS = 10_000
SERVERS = 4
SIDE = 3163
"""Ten million places; at full size in every run, as it takes some seconds."""


class Country:
    """People, an area of a sixteenth of the land, and four servers a place, as a network of hexagons would have them."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.grid = Grid(
            Affine(100.0, 0.0, 5e5, 0.0, -100.0, 1e6), SIDE, SIDE, CRS.from_epsg(32620)
        )
        self.people = rng.gamma(0.5, 10.0, (SIDE, SIDE)).astype(np.float32)
        across = int(CELLS**0.5)
        near = (np.arange(SIDE) * across) // SIDE
        first = near[:, None] * across + near[None, :]
        beside = np.array([0, 1, across, across + 1])
        self.cell = np.minimum(first[None] + beside[:, None, None], CELLS - 1).astype(np.int32)
        share = rng.random((SERVERS, SIDE, SIDE), np.float32)
        self.probability = share / np.maximum(share.sum(axis=0), 1.0)
        self.inside = np.zeros((SIDE, SIDE))
        self.inside[SIDE // 4 : SIDE // 2, SIDE // 4 : SIDE // 2] = 1.0

    def read(self, block: Block) -> PlaceBlock:
        """Return one window."""
        rows, cols = slice(block.row0, block.row1), slice(block.col0, block.col1)
        served = Served(self.cell[:, rows, cols], self.probability[:, rows, cols])
        area = np.broadcast_to(0.01, block.shape)
        return PlaceBlock.of(self.people[rows, cols], self.inside[rows, cols], area, (served,))

    def blocks(self) -> Iterator[Block]:
        """Return all windows."""
        return self.grid.blocks(*TARGET_BLOCK)


def _ours(country: Country, workers: int) -> Any:
    sums = sum_cells(country.read, country.blocks(), CELLS, workers=workers)
    curve = curve_of(sums)
    return sums, curve, outcome_of(sums, threshold(*sums.counts(), 0.05))


def _numpy(country: Country) -> Any:
    inside, outside = np.zeros(CELLS), np.zeros(CELLS)
    for cell, p in zip(country.cell, country.probability, strict=True):
        people = p * country.people
        of = cell.ravel()
        inside += np.bincount(of, (people * country.inside).ravel(), minlength=CELLS)
        outside += np.bincount(of, (people * (1.0 - country.inside)).ravel(), minlength=CELLS)
    return inside, outside


def test_whole_curve(report: Report, benchmark: BenchmarkFixture) -> None:
    country = Country()
    _ours(country, 1)  # compiled
    times: dict[int, list[float]] = {1: [], 2: []}
    rival: list[float] = []
    benchmark.group = "targeting"

    def turn() -> None:
        for workers, found in times.items():
            took, (sums, curve, _) = time_of(lambda n=workers: _ours(country, n))
            found.append(took)
            assert len(curve) > 1
        took, (inside, outside) = time_of(lambda: _numpy(country))
        rival.append(took)
        np.testing.assert_allclose(sums.inside, inside, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(sums.outside, outside, rtol=1e-4, atol=1e-3)

    benchmark.pedantic(turn, rounds=settings.ROUNDS)
    median = {n: statistics.median(t) for n, t in times.items()}
    plain = statistics.median(rival)
    report.goal(
        SECTION,
        f"{CELLS:,} cells over {SIDE * SIDE / 1e6:.0f} million places with {SERVERS} servers each, whole curve, 1 thread",
        median[1],
        best=min(times[1]),
        most=GOAL_S,
        unit="s",
    )
    report.table(
        SECTION,
        ["", "seconds", "places x servers a second"],
        [
            [name, seconds(took), f"{SIDE * SIDE * SERVERS / took:,.0f}"]
            for name, took in (
                ("ours, people, areas and best servers, 1 thread", median[1]),
                ("ours, 2 threads", median[2]),
                ("numpy.bincount, people alone", plain),
            )
        ],
    )
