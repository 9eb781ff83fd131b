"""Whole processes: the command line on the embedded demo, its help, and the first call of the kernels."""

from __future__ import annotations

import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks import settings
from benchmarks.one_process import ROOT, measured
from benchmarks.race import time_of
from benchmarks.report import seconds
from ew4all.demo import CASE

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

DEMO_S = 2.0
HELP_S = 0.5
COLD_S = 10.0
CACHED_S = 0.5
JUDGED = settings.SIZE >= settings.FULL_SIZE
SECTION = "Whole processes"


def _run(*arguments: str) -> float:
    command = [sys.executable, "-m", "ew4all", *arguments]
    took_s, done = time_of(
        lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    )
    assert done.returncode == 0, done.stderr
    return took_s


def _times(benchmark: BenchmarkFixture, *arguments: str) -> list[float]:
    found: list[float] = []
    benchmark.group = "whole process"
    benchmark.pedantic(
        lambda: found.append(_run(*arguments)), rounds=max(settings.ROUNDS, 3), warmup_rounds=1
    )
    return found[1:] if len(found) > 1 else found


def test_demo(report: Report, benchmark: BenchmarkFixture) -> None:
    """`ew4all reach --json` on the demo's files, after a first run that compiled."""
    arguments = [
        "reach",
        f"--population={CASE.population}",
        f"--hazard={CASE.hazard}",
        f"--cap={CASE.cap}",
        *(f"--coverage={name}={path}" for name, path in CASE.coverage.items()),
        *(f"--operator-share={name}={share}" for name, share in CASE.operator_share.items()),
        f"--zones={CASE.zones}",
        f"--zone-id={CASE.zone_id}",
        f"--zone-name={CASE.zone_name}",
        "--json",
    ]
    times = _times(benchmark, *arguments)
    took_s = statistics.median(times)
    report.text(
        SECTION, "", f"- `ew4all reach --json` on the demo, second run: {seconds(took_s)} s"
    )
    report.goal(
        SECTION,
        "`reach --json` on the demo, second run",
        took_s,
        best=min(times),
        most=DEMO_S,
        unit="s",
        judged=JUDGED,
    )


def test_help(report: Report, benchmark: BenchmarkFixture) -> None:
    times = _times(benchmark, "--help")
    took_s = statistics.median(times)
    report.text(SECTION, f"- `ew4all --help`: {seconds(took_s)} s")
    report.goal(
        SECTION, "`ew4all --help`", took_s, best=min(times), most=HELP_S, unit="s", judged=JUDGED
    )


def test_first_call(
    report: Report, benchmark: BenchmarkFixture, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Kernels compiled anew, and read from numba's cache."""
    cache: Path = tmp_path_factory.mktemp("kernels")
    benchmark.group = "first call"
    cold = benchmark.pedantic(lambda: measured("first_call", cache=cache), rounds=1)["first_s"]
    warm = [measured("first_call", cache=cache)["first_s"] for _ in range(max(settings.ROUNDS, 3))]
    cached = statistics.median(warm)
    report.text(
        SECTION,
        f"- first `totals` of a process: compiled {seconds(cold)} s, from the cache {seconds(cached)} s",
    )
    report.goal(SECTION, "first call, compiled", cold, most=COLD_S, unit="s", judged=JUDGED)
    report.goal(
        SECTION,
        "first call, kernels from the cache",
        cached,
        best=min(warm),
        most=CACHED_S,
        unit="s",
        judged=JUDGED,
    )
