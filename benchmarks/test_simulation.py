"""A warning over six hours through eight channels: rows of people against the naive twin of one SimPy process a person.

The twin is that of tests/twin.py, with which the engine agrees there. Steps of word of mouth are 30 s, all else is exact between
events; the difference to steps of 1 s is told.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from made_replicas import prepared_from
from twin import Twin
from twin_people import GROUPS, SERVICES, world_of

from benchmarks import settings
from benchmarks.race import time_of
from benchmarks.report import seconds
from ew4all.executors import opened
from ew4all.run_ensemble import replicate
from ew4all.run_plan import RunPlan
from ew4all.sim import population_kernels as kernels
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.decisions import Issue, Notice
from ew4all.sim.engine import ChannelUse, Engine
from ew4all.sim.parameters import resolve

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report
    from ew4all.sim.world import World

SECTION = "Simulation"
UNTIL_S = 6 * 3600.0
NAMES = tuple(name for name in CHANNELS if name != "web_push")
FULL = settings.SIZE >= settings.FULL_SIZE
TWIN_PEOPLE = 100_000 if FULL else 5_000
REPLICAS = 1000 if FULL else 4
REPLICA_GOAL_S = 600.0

COUNTRY = """
schema: ew4all/scenario/1
demo: country
channels: [cell_broadcast, location_sms, address_sms, app, web_push, radio, tv, word_of_mouth]
run: {duration: 6 h}
"""


def world_with(rows: int, people: float = 1e7) -> World:
    """Return so many rows in all, of groups, zones, operators, services, sirens and states."""
    cohorts_of_zone = len(GROUPS) * 2 * len(SERVICES) * 3
    world = world_of(people, zones=-(-rows // (cohorts_of_zone * 6)))
    chosen = world.rows.take(np.linspace(0, len(world.rows) - 1, rows).astype(int))
    found: World = replace(
        world, rows=replace(chosen, people=chosen.people * people / chosen.people.sum())
    )
    return found


def engine_of(world: World, **options: Any) -> Engine:
    options.setdefault("bins", (world.rows.zone, len(world.zones)))
    engine = Engine(world, [ChannelUse(CHANNELS[name]) for name in NAMES], **options)
    engine.decide(Issue(Notice()))
    return engine


def played(world: World, **options: Any) -> Engine:
    engine = engine_of(world, **options)
    engine.run(UNTIL_S)
    return engine


def rounds(world: World, count: int = settings.ROUNDS, **options: Any) -> list[float]:
    """Time some runs; the first one, which compiles, is not counted."""
    played(world, **options)
    return [time_of(lambda: played(world, **options))[0] for _ in range(count)]


def in_kernel(world: World, monkeypatch: pytest.MonkeyPatch, **options: Any) -> float:
    """Return the seconds that one run spends in the kernel."""
    spent, kernel = [0.0], kernels.expect

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        kernel(*arguments)
        spent[0] += time.perf_counter() - began

    with monkeypatch.context() as patch:
        patch.setattr(kernels, "expect", timed)
        played(world, **options)
    return spent[0]


def missed(engine: Engine) -> float:
    return float(engine.totals().none.sum())


def test_rows_are_played(
    benchmark: BenchmarkFixture, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = world_with(1000), world_with(16_000)
    few, many = rounds(small), rounds(large)
    drawn = rounds(small, drawn=True)
    kernel = [in_kernel(small, monkeypatch) for _ in range(settings.ROUNDS)]
    fine = [in_kernel(small, monkeypatch, step_s=1.0) for _ in range(settings.ROUNDS)]
    coarse_curve, fine_curve = (
        played(small, step_s=step).curves.stack("none").sum(axis=1) for step in (30.0, 1.0)
    )
    apart = float(np.abs(coarse_curve - fine_curve).max()) / 1e7
    assert apart < 1e-3
    benchmark.pedantic(lambda: played(small), rounds=1)
    report.goal(SECTION, "kernel, 1,000 rows, expected", statistics.median(kernel), best=min(kernel), most=0.15, unit="s")  # fmt: skip
    report.goal(SECTION, "kernel, 1,000 rows, expected, steps of 1 s", statistics.median(fine), best=min(fine), most=0.15, unit="s")  # fmt: skip
    report.goal(SECTION, "16,000 rows, expected, whole engine", statistics.median(many), best=min(many), most=2.0, unit="s")  # fmt: skip
    report.table(
        SECTION,
        ["six hours, eight channels", "seconds"],
        [
            ["1,000 rows, whole engine, expected", seconds(statistics.median(few))],
            ["1,000 rows, whole engine, drawn", seconds(statistics.median(drawn))],
            ["1,000 rows, kernel, steps of 30 s", seconds(statistics.median(kernel))],
            ["1,000 rows, kernel, steps of 1 s", seconds(statistics.median(fine))],
            ["16,000 rows, whole engine, expected", seconds(statistics.median(many))],
        ],
    )
    report.text(
        SECTION,
        f"Steps of 30 s differ from steps of 1 s by {apart:.1e} of the people at most, at any tick.",
    )


def test_time_does_not_grow_with_people_and_at_most_linearly_with_rows(report: Report) -> None:
    sizes = (1e4, 1e6, 1e8)
    took = [min(rounds(world_with(1000, people))) for people in sizes]
    people = float(np.polyfit(np.log(sizes), np.log(took), 1)[0])
    rows = (2000, 8000, 16_000)
    by_rows = [min(rounds(world_with(n))) for n in rows]
    exponent = float(np.polyfit(np.log(rows), np.log(by_rows), 1)[0])
    report.goal(SECTION, "exponent of time in people", people, most=0.05)
    report.goal(SECTION, "exponent of time in rows", exponent, most=1.0)


def test_replicas_on_two_cores(report: Report) -> None:
    prepared = prepared_from(world_with(1000))
    uses = tuple(ChannelUse(CHANNELS[name]) for name in NAMES)
    plan = RunPlan(uses, ((0.0, Issue(Notice())),), until_s=UNTIL_S, seed=1)
    with opened(2, processes=True) as pool:
        replicate(plan, [prepared], 2, workers=pool)  # both workers have begun and compiled
        took = time_of(lambda: replicate(plan, [prepared], REPLICAS, workers=pool))[0]
    report.goal(
        SECTION,
        f"{REPLICAS:,} replicas of 1,000 rows, all numbers and people drawn, 2 processes",
        took,
        most=REPLICA_GOAL_S,
        stretch=180.0,
        unit="s",
        judged=FULL,
    )


def test_the_twin_is_far_behind(report: Report) -> None:
    world = world_with(1000, TWIN_PEOPLE)
    expected, drawn = rounds(world), rounds(world, drawn=True)
    values = {name: resolve(CHANNELS[name].parameters, {}, name) for name in NAMES}

    def live() -> Twin:
        twin = Twin(world, values, Notice(), seed=1)
        twin.run(UNTIL_S)
        return twin

    twin_s, twin = time_of(live)
    ours = played(world)
    apart = abs(sum(p.first_s < UNTIL_S for p in twin.people) - (TWIN_PEOPLE - missed(ours)))
    assert apart < 0.01 * TWIN_PEOPLE + 4.0 * TWIN_PEOPLE**0.5
    middle, middle_drawn = statistics.median(expected), statistics.median(drawn)
    report.goal(SECTION, f"twin of {TWIN_PEOPLE:,} people over ours, expected", twin_s / middle, best=twin_s / min(expected), least=100.0, unit="x", judged=FULL)  # fmt: skip
    report.goal(SECTION, f"twin of {TWIN_PEOPLE:,} people over ours, drawn", twin_s / middle_drawn, best=twin_s / min(drawn), least=40.0, unit="x", judged=FULL)  # fmt: skip
    ten_million = 1e7 / TWIN_PEOPLE * twin_s
    report.table(
        SECTION,
        ["the same rows and people", "seconds", "of people warned"],
        [
            [f"SimPy, a process a person, {TWIN_PEOPLE:,} people", seconds(twin_s), f"{1 - sum(p.first_s >= UNTIL_S for p in twin.people) / TWIN_PEOPLE:.4f}"],
            ["ours, expected", seconds(middle), f"{1 - missed(ours) / TWIN_PEOPLE:.4f}"],
            ["ours, drawn", seconds(middle_drawn), ""],
            ["SimPy, ten million people, **extrapolated**", seconds(ten_million), f"{ten_million / middle:,.0f} x ours, expected"],
        ],
    )  # fmt: skip


def test_the_whole_command(report: Report, tmp_path: Path) -> None:
    """``ew4all run`` of 1,300 rows and eight channels, everything but figures, from the start of Python to the last file."""
    file = tmp_path / "country.yaml"
    file.write_text(COUNTRY, "utf-8")
    command = [sys.executable, "-m", "ew4all", "run", str(file), "--no-figures", "--quiet", "--out"]

    # Modules as an installation keeps them, compiled; Python may have been told not to, and then compiles 300 of ours each time.
    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    compiled["PYTHONPYCACHEPREFIX"] = str(tmp_path / "compiled")

    def whole(name: str) -> None:
        subprocess.run(
            [*command, str(tmp_path / name)], check=True, capture_output=True, env=compiled
        )

    whole("warm")
    took = [time_of(lambda k=k: whole(f"run{k}"))[0] for k in range(max(1, settings.ROUNDS - 2))]  # type: ignore[misc]
    report.goal(SECTION, "`ew4all run` without figures, process and all", statistics.median(took), best=min(took), most=3.0, unit="s")  # fmt: skip
