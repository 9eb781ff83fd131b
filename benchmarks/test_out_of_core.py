"""Rasters on disk: the share of GDAL's own rate of decoding, the prepared sums, and the peers."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import settings
from benchmarks.one_process import measured
from benchmarks.report import number, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.on_disk import Files
    from benchmarks.report import Report

JUDGED = settings.OUT_OF_CORE_SIZE >= settings.FULL_OUT_OF_CORE_SIZE
DECODING_SHARE = 0.85
OVER_EXACTEXTRACT = 40.0
INTERACTIVE_S = 0.5
PEAK_MB = 512.0
PEAK_OUT_MB = 768.0

SECTION = "Out of core"

OURS = "`ew4all reach --json`, first run (surveys and hashes the rasters)"
OURS_AGAIN = "`ew4all reach --json`, second run"
OURS_OUT = "`ew4all reach --out`, second run"
OURS_PREPARED = "`ew4all reach --json`, prepared"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of its own: what is remembered of files that will be gone must not stay with the user."""
    folder: Path = tmp_path_factory.mktemp("cache")
    measured("first_call", cache=folder)
    return folder


@pytest.fixture(scope="module")
def rows(report: Report) -> Iterator[dict[str, dict[str, dict[str, Any]]]]:
    """What each method took, by case; the table is made at the end."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    yield found
    size = settings.OUT_OF_CORE_SIZE
    report.text(
        SECTION,
        "",
        f"{size:,} x {size:,}: people float32 and four coverage layers as COGs (deflate, tiles of 512), one polygon; "
        "each method in a process of its own. Seconds of the work (for the command line: without the start of the "
        "interpreter), and the peak resident size of the process, interpreter included.",
    )
    cases = ("a", "b")
    report.table(
        SECTION,
        ["", *(f"{case} {what}" for case in cases for what in ("s", "peak MB"))],
        [
            [name]
            + [
                cell
                for case in cases
                for cell in (
                    (seconds(by_case[case]["seconds"]), f"{by_case[case]['peak_mb']:.0f}")
                    if case in by_case
                    else ("-", "-")
                )
            ]
            for name, by_case in found.items()
        ],
    )


def _arguments(files: Files, case: str) -> list[str]:
    coverage = [f"--coverage={name}={path}" for name, path in files.coverage.items()]
    return [
        "reach",
        f"--population={files.people}",
        "--population-unit=count",
        f"--area={files.area(case)}",
        *coverage,
        "--json",
        "--quiet",
    ]


def _totals(document: dict[str, Any]) -> list[float]:
    people = document["people"]
    return [people["in_area"], *(people["covered"][k] for k in ("2g", "3g", "4g", "5g", "any"))]


@pytest.mark.parametrize("case", ["a", "b"])
def test_reach_from_disk(
    case: str,
    files: Files,
    cache: Path,
    tmp_path: Path,
    rows: dict[str, dict[str, dict[str, Any]]],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    """The command line, and its memory; the peers once."""
    arguments = _arguments(files, case)
    if case == "a":
        rows.setdefault(OURS, {})[case] = measured("command", cache=cache, arguments=arguments)
    benchmark.group = "out of core"
    again = benchmark.pedantic(
        lambda: measured("command", cache=cache, arguments=arguments), rounds=1
    )
    rows.setdefault(OURS_AGAIN, {})[case] = again
    out = measured("command", cache=cache, arguments=[*arguments, f"--out={tmp_path / 'out'}"])
    rows.setdefault(OURS_OUT, {})[case] = out
    where = {"folder": files.folder, "size": files.size, "case": case}
    for name, method in (
        ("exactextract, people and 4 layers", "exactextract"),
        ("exactextract, people only", "exactextract_people"),
        ("rasterio mask + numpy", "rasterio_mask"),
    ):
        theirs = rows.setdefault(name, {})[case] = measured(method, **where)
        exact = method != "rasterio_mask"
        for ours, other in zip(_totals(again["output"]), theirs["totals"], strict=False):
            assert other == pytest.approx(ours, rel=1e-9 if exact else 1e-2)
    for name, run, limit in (("--json", again, PEAK_MB), ("--out", out, PEAK_OUT_MB)):
        report.goal(
            SECTION,
            f"{case}: peak resident size, `reach {name}`",
            run["peak_mb"],
            most=limit,
            unit="MB",
            judged=JUDGED,
        )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", ["a", "b"])
def test_share_of_decoding(
    case: str, threads: int, files: Files, cache: Path, report: Report, benchmark: BenchmarkFixture
) -> None:
    """GDAL alone, decoding the tiles that are needed, and our whole answer, with as many threads."""
    benchmark.group = "out of core"
    found = benchmark.pedantic(
        lambda: measured(
            "shares_of_decoding",
            cache=cache,
            folder=files.folder,
            size=files.size,
            case=case,
            rounds=settings.ROUNDS,
            threads=threads,
        ),
        rounds=1,
    )
    gdal_s, ours_s = (statistics.median(found[name]) for name in ("gdal", "ours"))
    rate = found["bytes"] / gdal_s / 1e6
    said = "one thread" if threads == 1 else f"{threads} threads"
    report.text(
        SECTION,
        "",
        f"{case}: GDAL alone decodes the {found['tiles']:,} tiles of each raster that the polygon meets, with "
        f"{said}, in {seconds(gdal_s)} s ({rate:,.0f} MB/s decoded); `ew4all.reach` from files and a shapely polygon to the "
        f"result, {said}, second call: {seconds(ours_s)} s.",
    )
    report.goal(
        SECTION,
        f"{case}: share of GDAL's rate of decoding the tiles needed, {said} each",
        gdal_s / ours_s,
        best=min(found["gdal"]) / min(found["ours"]),
        least=DECODING_SHARE,
        judged=JUDGED,
    )


@pytest.mark.parametrize("case", ["a", "b"])
def test_prepared(
    case: str,
    files: Files,
    cache: Path,
    rows: dict[str, dict[str, dict[str, Any]]],
    report: Report,
    benchmark: BenchmarkFixture,
) -> None:
    """With sums of whole tiles in a file, only tiles that an edge cuts are decoded; the bits are the same."""
    coverage = [f"--coverage={name}={path}" for name, path in files.coverage.items()]
    if case == "a":
        made = measured(
            "command",
            cache=cache,
            arguments=[
                "data",
                "prepare",
                f"--population={files.people}",
                "--population-unit=count",
                *coverage,
                "--json",
                "--quiet",
            ],
        )
        rows.setdefault("`ew4all data prepare`, once", {})[case] = made
    plain = rows[OURS_AGAIN][case]["output"]["people"]
    again = measured("command", cache=cache, arguments=_arguments(files, case))
    rows.setdefault(OURS_PREPARED, {})[case] = again
    benchmark.group = "out of core"
    found = benchmark.pedantic(
        lambda: measured(
            "prepared",
            cache=cache,
            folder=files.folder,
            size=files.size,
            case=case,
            rounds=max(settings.ROUNDS, 3),
        ),
        rounds=1,
    )
    assert found["people"] == plain, "prepared sums change bits"
    assert any("sums of whole tiles were taken" in note for note in found["notes"])
    exactextract = rows["exactextract, people and 4 layers"][case]["seconds"]
    took_s = statistics.median(found["seconds"])
    report.text(
        SECTION,
        "",
        f"{case}: prepared, `ew4all.reach` from files and a shapely polygon to the result, two threads: {seconds(took_s)} s, "
        f"{number(exactextract / took_s)} times faster than exactextract (people and 4 layers).",
    )
    report.goal(
        SECTION,
        f"{case}: prepared, over exactextract",
        exactextract / took_s,
        best=exactextract / min(found["seconds"]),
        least=OVER_EXACTEXTRACT,
        unit="x",
        judged=JUDGED,
    )
    if case == "a":
        report.goal(
            SECTION,
            "a: prepared, from files to result",
            took_s,
            best=min(found["seconds"]),
            most=INTERACTIVE_S,
            unit="s",
            judged=JUDGED,
        )
