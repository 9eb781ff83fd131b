"""Ten million pixels to cohorts: zones, area, footprint, arrival, settlements, two operators with five layers."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from benchmarks import settings
from benchmarks.race import time_of
from benchmarks.report import seconds
from ew4all.grid import Block, Grid
from ew4all.sim.division import Division
from ew4all.sim.folding import Ground, fold
from ew4all.sim.service_histories import Customers, LayerService

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

SECTION = "Folding"
GOAL_S = 2.0
SIDE = 3163
"""Ten million pixels; at full size in every run, as it takes some seconds."""

BLOCK = (512, 512)


class Held:
    """Values in memory, as what folding reads and as a coverage layer."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def read(self, block: Block) -> Any:
        return self.values[..., block.row0 : block.row1, block.col0 : block.col1]

    share = read


def country() -> Ground:
    """Everybody lives somewhere: no pixel can be passed over."""
    rng = np.random.default_rng(0)
    grid = Grid(Affine(100.0, 0, 0, 0, -100.0, SIDE * 100.0), SIDE, SIDE, CRS.from_epsg(32735))
    people = rng.gamma(0.5, 20.0, (1, SIDE, SIDE)).astype(np.float32)
    side, middle = SIDE * 25.0, SIDE * 50.0
    zones = np.array(
        [
            shapely.box(i * side, j * side, (i + 1) * side, (j + 1) * side)
            for i in range(4)
            for j in range(4)
        ],
        dtype=object,
    )
    area = shapely.Point(middle, middle).buffer(side)
    hazard = shapely.Point(1.2 * middle, middle).buffer(side)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    layers = [
        (technology, operator, Held(((x + k * y) % 0.37 < wide).astype(np.float32)))
        for k, (technology, operator, wide) in enumerate(
            [
                ("2g", "A", 0.34),
                ("3g", "A", 0.3),
                ("4g", "A", 0.2),
                ("2g", "B", 0.3),
                ("4g", "B", 0.15),
            ]
        )
    ]
    return Ground(
        Division.of(grid, shapely.box(*grid.bounds), zones, area, hazard),
        Held(people),
        1,
        LayerService(layers, (Customers("A", 0.6), Customers("B", 0.4))),
        Held((people[0] > 20).astype(np.int8)),
        arrival=Held(np.hypot(x, y) * 7200.0),
    )


def test_ten_million_pixels_are_folded(benchmark: BenchmarkFixture, report: Report) -> None:
    ground = country()
    folded = fold(ground, block=BLOCK)
    assert folded.people == pytest.approx(ground.people.values.sum(dtype=float), rel=1e-9)  # type: ignore[attr-defined]
    rounds = settings.ROUNDS
    times = {
        workers: [
            time_of(partial(fold, ground, block=BLOCK, workers=workers))[0] for _ in range(rounds)
        ]
        for workers in (1, 2)
    }
    benchmark.pedantic(lambda: fold(ground, block=BLOCK), rounds=1)
    median = {workers: statistics.median(took) for workers, took in times.items()}
    report.goal(
        SECTION,
        f"{folded.pixels:,} pixels with people to {len(folded.cohorts):,} cohorts, 1 thread",
        median[1],
        best=min(times[1]),
        most=GOAL_S,
        unit="s",
    )
    report.table(
        SECTION,
        ["", "seconds", "pixels a second"],
        [
            [
                f"ours, {workers} thread{'s' if workers > 1 else ''}",
                seconds(took),
                f"{folded.pixels / took:,.0f}",
            ]
            for workers, took in median.items()
        ],
    )
