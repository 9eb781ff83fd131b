"""How the cost grows with vertices, cells and polygons: slopes of log time over log size, the last three sizes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import data, rivals, settings
from benchmarks.race import Race
from benchmarks.report import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report
    from benchmarks.rivals import Country

JUDGED = settings.SIZE >= settings.FULL_SIZE
SECTION = "Scaling"
MOST = {"vertices": 0.6, "cells": 1.0, "polygons": 1.05}

SIDES = [settings.SIZE // 5, 2 * settings.SIZE // 5, 4 * settings.SIZE // 5]
VERTICES = [10_000, 100_000, 1_000_000] if JUDGED else [1_000, 10_000, 100_000]
POLYGONS = [100, 1_000, 10_000]


@pytest.fixture(scope="module")
def table(report: Report) -> Iterator[dict[str, tuple[list[int], Race, float]]]:
    """Hold what was measured; the table is made when all have run."""
    found: dict[str, tuple[list[int], Race, float]] = {}
    yield found
    report.text(SECTION, "", "One thread, medians, seconds.")
    report.table(
        SECTION,
        ["with", "sizes", "seconds", "exponent"],
        [
            [
                name,
                " / ".join(f"{size:,}" for size in sizes),
                " / ".join(seconds(race[str(size)].median_s) for size in sizes),
                f"{slope:.2f}",
            ]
            for name, (sizes, race, slope) in found.items()
        ],
    )


def _small(side: int) -> Country:
    from benchmarks.rivals import Country

    return Country(side)


@pytest.mark.parametrize("name", list(MOST))
def test_exponent(
    name: str,
    table: dict[str, tuple[list[int], Race, float]],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    race = Race()
    if name == "cells":
        sizes = SIDES
        for side in sizes:
            country = _small(side)
            race.enter(
                str(side**2),
                settings.OURS_PER_ROUND,
                exact=partial(rivals.ours, country, country.cases["a"]),
            )
        sizes = [side**2 for side in sizes]
    elif name == "vertices":
        sizes = VERTICES
        country = _small(min(settings.SIZE, 4_000))
        for count in sizes:
            shapes = np.array([data.on_raster(data.coast(count), country.size)], dtype=object)
            race.enter(
                str(count), settings.OURS_PER_ROUND, exact=partial(rivals.ours, country, shapes)
            )
    else:
        sizes = POLYGONS
        country = _small(settings.SIZE)
        for count in sizes:
            shapes = country.cases["d"][:count]
            race.enter(
                str(count), settings.OURS_PER_ROUND, exact=partial(rivals.ours, country, shapes)
            )
    for runner in race.runners.values():
        runner.ways["exact"]()
    largest = race[str(sizes[-1])].ways["exact"]
    benchmark.group = f"scaling with {name}"
    benchmark.pedantic(largest, setup=race.round, rounds=max(settings.ROUNDS, 3))
    slope = _slope(sizes, [race[str(size)].median_s for size in sizes])
    best = _slope(sizes, [race[str(size)].best_s for size in sizes])
    table[name] = (sizes, race, slope)
    report.goal(
        SECTION, f"exponent of cost with {name}", slope, best=best, most=MOST[name], judged=JUDGED
    )


def _slope(sizes: list[int], times_s: list[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(times_s), 1)[0])
