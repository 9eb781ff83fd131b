"""Memory above the inputs, each method in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import data, settings
from benchmarks.one_process import measured
from benchmarks.report import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

JUDGED = settings.SIZE >= settings.FULL_SIZE
BYTES_PER_CELL = 1.0
SECTION = "Memory in core"


@pytest.fixture(scope="module")
def rows(report: Report) -> Iterator[dict[str, list[float]]]:
    """Extra memory of each method; the table is made at the end."""
    found: dict[str, list[float]] = {}
    yield found
    report.text(SECTION, "", "Peak resident size above inputs and imports, MB (and bytes a cell).")
    cells = settings.SIZE**2
    report.table(
        SECTION,
        ["", *data.CASES],
        [
            [name, *(f"{mb:.0f} ({number(mb * 1e6 / cells)})" for mb in values)]
            for name, values in found.items()
        ],
    )


def test_extra_memory(
    rows: dict[str, list[float]], report: Report, benchmark: BenchmarkFixture
) -> None:
    def all_cases(who: str) -> list[float]:
        return [
            measured("in_core", size=settings.SIZE, case=case, who=who)["extra_mb"]
            for case in data.CASES
        ]

    benchmark.group = "memory"
    ours = rows["ew4all (beside the packed layers, 1 byte a cell)"] = benchmark.pedantic(
        lambda: all_cases("ew4all"), rounds=1
    )
    rows["exactextract, people as weights"] = all_cases("exactextract")
    worst = max(ours) * 1e6 / settings.SIZE**2
    report.goal(
        SECTION,
        "extra memory in core, worst case",
        worst,
        most=BYTES_PER_CELL,
        unit="bytes a cell",
        judged=JUDGED,
    )
