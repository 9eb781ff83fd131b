"""Which measures to take: 10,000 of them over a million cells of people, in a process of its own."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks import settings
from benchmarks.measures import MEASURES, SIDE
from benchmarks.one_process import measured
from benchmarks.report import seconds

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

SECTION = "Measures"
GOAL_S, GOAL_MB = 60.0, 2000.0


def test_ten_thousand_measures(report: Report, benchmark: BenchmarkFixture) -> None:
    found = []
    benchmark.group = "measures"
    benchmark.pedantic(lambda: found.append(measured("measures")), rounds=settings.ROUNDS)
    times = [one["choose_s"] for one in found]
    first = found[0]
    assert all(one["reached"] == first["reached"] for one in found)
    what = f"{MEASURES:,} measures over {SIDE * SIDE / 1e6:.0f} million cells of people"
    report.goal(SECTION, f"{what}, chosen", statistics.median(times), best=min(times), most=GOAL_S, unit="s")  # fmt: skip
    report.goal(SECTION, f"{what}, the whole process", max(one["peak_mb"] for one in found), most=GOAL_MB, unit="MB")  # fmt: skip
    report.table(
        SECTION,
        ["", "measured"],
        [
            ["entries (a measure reaches a cell)", f"{first['entries']:,}"],
            ["measures chosen", f"{first['chosen']:,}"],
            ["gains computed; without the lazy heap: measures x choices", f"{first['evaluations']:,}; {MEASURES * first['chosen']:,}"],
            ["seconds to choose", seconds(statistics.median(times))],
            ["of the optimum, proven", f"{first['proven']:.1%}"],
        ],
    )  # fmt: skip
    report.must_hold()
