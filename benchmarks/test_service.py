"""The service under load: many clients at a fixed rate, a long run beside them, listeners to events; titiler and a bare route beside."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import settings
from benchmarks.load import begun, measured, result
from benchmarks.report import number
from benchmarks.service import Running, Shown, rivals, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.report import Report

SECTION = "Service"
FULL = settings.LOAD
RATE, SECONDS, CLIENTS = (300, 60.0, 500) if FULL else (100, 2.0, 50)
STEPS, STEP_S = (range(300, 3001, 100), 8.0) if FULL else (range(150, 301, 150), 0.5)
LISTENERS = 500 if FULL else 50
BESIDE_S = 30.0 if FULL else 1.0
ROUNDS = 5 if FULL else 1
TILES, DOCUMENTS = (200, 3000) if FULL else (15, 150)
HEALTH = "/healthz"
CACHED = ("picture tiles, cached", "vector tiles, cached", "pages of features", "TileJSON")
MOST_MS = 250.0


@dataclass(frozen=True)
class Served:
    """The service, what there is to see in it, and where its data is."""

    running: Running
    shown: Shown
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder) as running:
        assert running.wait(running.reach()) == "successful"
        yield Served(running, Shown(running, folder / "data"), folder)


def under_load(
    served: Served, mix: Any, rate: float, seconds: float, clients: int = CLIENTS
) -> dict[str, Any]:
    return measured(
        "open_loop", port=served.running.port, mix=mix, rate=rate, seconds=seconds, connections=clients
    )  # fmt: skip


def ms(value: float) -> str:
    return f"{value:.1f}"


def goal(report: Report, name: str, found: float, **bounds: Any) -> None:
    report.goal(SECTION, name, found, judged=FULL, **bounds)


def test_events_reach_all_listeners(served: Served, report: Report) -> None:
    running = served.running
    before_mb = (
        running.memory_mb()
    )  # first of all tests: what others let go of would hide what listeners take
    listening = begun(
        "listen", port=running.port, path="/v1/events?topic=job", listeners=LISTENERS, last="successful", within_s=60.0
    )  # fmt: skip
    assert listening.stdout is not None
    assert listening.stdout.readline() == "ready\n"
    with_mb = running.memory_mb()
    job = running.reach()
    found = result(listening)
    assert running.wait(job) == "successful"
    assert found["heard_by"] == LISTENERS
    assert len(found["events"]) == 1, "some heard more than others"
    ages = found["ages"]
    goal(report, f"an event to {LISTENERS} listeners, the last of them", ages["max"] / 1000.0, most=1.0, unit="s")  # fmt: skip
    report.text(
        SECTION,
        f"Events: {found['events'][0]} of a job to each of {LISTENERS} listeners, {ages['count']:,} in all: p50 {ages['p50']:.0f} ms, p99 "
        f"{ages['p99']:.0f} ms, the latest {ages['max']:.0f} ms after it was written (the store is looked at each 200 ms). The process "
        f"took {before_mb:.0f} MB before and {with_mb:.0f} MB with them, {1000 * (with_mb - before_mb) / LISTENERS:.0f} kB each.",
        "",
    )


def test_clients_at_a_fixed_rate(served: Served, report: Report) -> None:
    found = under_load(served, served.shown.mix, RATE, SECONDS)
    assert found["faults"] == 0, found["first_faults"]
    kinds = found["kinds"]
    worst = max(kinds[name]["p99"] for name in CACHED if "tiles" in name)
    what = f"{CLIENTS} clients, {RATE} requests/s in all for {SECONDS:.0f} s"
    goal(report, f"{what}: errors", found["faults"], most=0)
    goal(report, f"{what}: p99 of cached tiles", worst, most=MOST_MS, unit="ms")
    report.table(
        SECTION,
        [f"{what}; ms", "share", "requests", "p50", "p99", "largest"],
        [
            [name, f"{served.shown.mix[name][0]:.0%}", f"{k['count']:,}", ms(k["p50"]), ms(k["p99"]), ms(k["max"])]
            for name, k in kinds.items()
        ],
    )  # fmt: skip
    load = os.getloadavg()[0]
    report.text(
        SECTION,
        f"Times count from when a request was due. Whoever measures runs on the same {os.cpu_count()} cores, and sent 99 % of the "
        f"requests within {ms(found['late']['p99'])} ms of that. Load average of the last minute after it: {load:.1f}.",
        "",
    )


def test_rate_that_it_bears(served: Served, report: Report) -> None:
    """Raise the rate until an error, or until a hundredth of the answers take too long; twice, as others use the machine, too."""
    rows, borne = [], 0.0
    for rate in STEPS:
        found = under_load(served, served.shown.mix, rate, STEP_S)
        if found["faults"] or found["all"]["p99"] > MOST_MS:
            found = under_load(served, served.shown.mix, rate, STEP_S)
        p99, answered = found["all"]["p99"], found["answered_per_s"]
        rows.append([f"{rate:,}", f"{answered:,.0f}", ms(found["all"]["p50"]), ms(p99), str(found["faults"])])  # fmt: skip
        if not FULL:
            assert found["faults"] == 0, found["first_faults"]
        if FULL and (found["faults"] or p99 > MOST_MS):
            break
        borne = answered
    report.table(
        SECTION, [f"requests/s sent, {STEP_S:.0f} s each", "answered/s", "p50, ms", "p99, ms", "errors"], rows
    )  # fmt: skip
    if FULL:
        report.text(
            SECTION,
            f"One process of `ew4all serve` bears {number(borne)} requests/s of this mix: at the step after it, tried twice, over a "
            f"hundredth of the answers took more than {MOST_MS:.0f} ms.",
            "",
        )


def test_health_beside_a_long_run(served: Served, report: Report) -> None:
    running = served.running
    sent = {"scenario": "grenada-beryl", "replicas": 10_000, "seed": 1}
    job = running.http.post("/v1/runs", json=sent).raise_for_status().json()["id"]
    assert running.wait(job, until=("running",)) == "running"
    only = {HEALTH: (1.0, [HEALTH])}
    alone = under_load(served, only, 50, BESIDE_S, clients=50)
    mixed = under_load(served, served.shown.mix, RATE, BESIDE_S)
    status = running.get(f"/jobs/{job}")["status"]
    running.http.delete(f"/jobs/{job}").raise_for_status()
    assert running.wait(job) == "dismissed"
    assert alone["faults"] + mixed["faults"] == 0, alone["first_faults"] + mixed["first_faults"]
    assert status == "running"
    goal(report, "p99 of /healthz beside a long run", alone["all"]["p99"], most=100.0, unit="ms")
    rows = [["/healthz alone, 50/s", alone["all"]]]
    rows += [[f"{name}, of {RATE}/s in all", k] for name, k in mixed["kinds"].items() if name in {HEALTH, CACHED[0]}]  # fmt: skip
    report.table(
        SECTION,
        ["beside a run in 2 processes; ms", "p50", "p99", "largest"],
        [[name, ms(k["p50"]), ms(k["p99"]), ms(k["max"])] for name, k in rows],
    )


def test_tiles_beside_titiler_and_json_beside_a_bare_route(served: Served, report: Report) -> None:
    running, shown = served.running, served.shown
    document = running.get(shown.tilejson)
    rates: dict[str, list[float]] = {}
    middles: dict[str, list[float]] = {}

    def turn(name: str, port: int, paths: list[str], connections: int) -> None:
        found = measured("closed_loop", port=port, paths=paths, connections=connections)
        assert found["faults"] == 0, (name, found["first_faults"])
        rates.setdefault(name, []).append(found["per_s"])
        middles.setdefault(name, []).append(found["all"]["p50"])

    with rivals(served.folder, document) as others:
        for path in (shown.titilers(0), shown.ours(0)):  # what is heavy is imported
            (others if path.startswith("/tiles") else running).http.get(path).raise_for_status()
        for number_of_round in range(ROUNDS):
            numbers = range(1 + number_of_round * TILES, 1 + (number_of_round + 1) * TILES)
            ours = [shown.ours(n) for n in numbers]
            turn("a tile: titiler alone", others.port, [shown.titilers(n) for n in numbers], 4)
            turn("a tile: ours, drawn", running.port, ours, 4)
            turn("a tile: ours, cached", running.port, ours * 5, 4)
            turn("JSON: a bare route of FastAPI", others.port, ["/json"] * DOCUMENTS, 8)
            turn("JSON: our TileJSON", running.port, [shown.tilejson] * DOCUMENTS, 8)
            turn("JSON: our /healthz", running.port, [HEALTH] * DOCUMENTS, 8)
            turn("JSON: our list of jobs", running.port, ["/jobs"] * (DOCUMENTS // 5), 8)
    found = {name: statistics.median(several) for name, several in rates.items()}
    drawn, theirs = rates["a tile: ours, drawn"], rates["a tile: titiler alone"]
    ratios = [b / a for a, b in zip(drawn, theirs, strict=True)]
    goal(
        report, "time of a tile that is drawn, over titiler's alone", statistics.median(ratios), best=min(ratios), most=1.3, unit="x"
    )  # fmt: skip
    report.table(
        SECTION,
        [f"as fast as they come, medians of {ROUNDS} rounds", "requests/s", "p50, ms"],
        [[name, f"{rate:,.0f}", ms(statistics.median(middles[name]))] for name, rate in found.items()],
    )  # fmt: skip
