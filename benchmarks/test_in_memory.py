"""The full task in memory: six totals of every polygon, ours and the peers in turns."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from numba import njit
from rasterio.features import geometry_mask

from benchmarks import data, rivals, settings
from benchmarks.gdal_zonal import LentRasters, LentZones
from benchmarks.race import Race, time_of
from benchmarks.report import Report, number, seconds
from benchmarks.rivals import OURS, OURS_2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.rivals import Country
    from ew4all.reprojection import Geometries
    from ew4all.units import F64

GOALS = {"a": (90.0, 150.0), "b": (30.0, 40.0), "c": (30.0, 60.0), "d": (11.0, 25.0)}
"""Times faster than exactextract's best formulation, and the further goal."""

TWO_THREADS = 1.45
FLOOR_SHARE = (0.35, 0.5)
BYTES_PER_CELL = 5
"""People as float32 and one byte of packed layers."""

JUDGED = settings.SIZE >= settings.FULL_SIZE
STREAM = "stream"
FULL_TASK = "In memory, full task"

STRATEGIES = ("feature-sequential", "raster-sequential")


@njit(nogil=True, fastmath=True)
def _stream(people):  # type: ignore[no-untyped-def]
    total = np.float32(0.0)
    for k in range(people.size):
        total += people[k]
    return total


@pytest.fixture(scope="module")
def races(country: Country, report: Report) -> Iterator[dict[str, Race]]:
    """Hold the times of all cases; the tables are made when all have run."""
    made = country.source, country.products
    assert all(len(part) for part in (made[0].planes, made[1]))
    found: dict[str, Race] = {}
    yield found
    if found:
        _tables(country, found, report)


@pytest.fixture(scope="module")
def lent(country: Country) -> Iterator[LentRasters | None]:
    """The products as GDAL sees them; None where pyogrio's wheel has no GDAL >= 3.12."""
    if not rivals.HAS_GDAL:
        yield None
        return
    rasters = LentRasters(country.grid, country.products)
    yield rasters
    rasters.close()


@pytest.mark.parametrize("case", list(data.CASES))
def test_full_task(
    case: str,
    country: Country,
    lent: LentRasters | None,
    races: dict[str, Race],
    benchmark: BenchmarkFixture,
) -> None:
    shapes = country.cases[case]
    assert shapely.is_valid(shapes).all()
    zones = LentZones(shapes) if lent else None
    race = races[case] = Race()
    flat = country.people.ravel()
    _stream(flat[:10])
    rivals.ours(country, shapes)
    race.enter(STREAM, settings.OURS_PER_ROUND, numba=lambda: _stream(flat))
    race.enter(OURS, settings.OURS_PER_ROUND, exact=lambda: rivals.ours(country, shapes))
    race.enter(OURS_2, settings.OURS_PER_ROUND, exact=lambda: rivals.ours(country, shapes, 2))
    for name, make in (
        (rivals.EXACTEXTRACT, rivals.exactextract_documented),
        (rivals.EXACTEXTRACT_WKB, rivals.exactextract_wkb),
        (rivals.EXACTEXTRACT_WEIGHTS, rivals.exactextract_weights),
    ):
        race.enter(name, **{s: make(country, shapes, s) for s in STRATEGIES})
    if lent and zones:
        ways = {s: rivals.gdal(lent, zones, s) for s in ("feature", "raster")}
        race.enter(rivals.GDAL, **ways)
    race.enter(rivals.RASTERIO, mask=partial(rivals.rasterio_mask, country, shapes))
    if case != "d":  # it takes a minute even for the small raster
        race.enter(rivals.RASTERSTATS, sums=partial(rivals.rasterstats, country, shapes))
        race[rivals.RASTERSTATS].once = True
    benchmark.group = f"full task, {data.CASES[case]}"
    found = benchmark.pedantic(
        lambda: rivals.ours(country, shapes), setup=race.round, rounds=settings.ROUNDS
    )
    benchmark.extra_info.update(
        {name: runner.median_s for name, runner in race.runners.items() if name != STREAM}
    )
    if zones:
        zones.close()
    _agree(found, race, case)


def _agree(found: F64, race: Race, case: str) -> None:
    """Exact peers give the same totals; those that look at centres of cells come near."""
    assert (race[OURS].result == found).all()
    assert (race[OURS_2].result == found).all(), "the number of threads changes bits"
    for name in filter(race.runners.__contains__, rivals.EXACT):
        theirs = race[name].result
        np.testing.assert_allclose(theirs.sum(axis=0), found.sum(axis=0), rtol=1e-9, err_msg=name)
        # Their fractions of cells are of single precision.
        np.testing.assert_allclose(
            theirs, found, rtol=1e-6, atol=1e-6 * found[:, 0].mean(), err_msg=name
        )
    for name in filter(race.runners.__contains__, (rivals.RASTERIO, rivals.RASTERSTATS)):
        theirs = race[name].result.sum(axis=0)
        np.testing.assert_allclose(theirs, found.sum(axis=0), rtol=0.01, err_msg=f"{name}, {case}")


def _bytes_read(country: Country, shapes: Geometries) -> float:
    """Bytes of the cells that a polygon meets."""
    met = geometry_mask(
        list(shapes), country.grid.shape, country.grid.transform, all_touched=True, invert=True
    )
    return float(np.count_nonzero(met)) * BYTES_PER_CELL


def _tables(country: Country, races: dict[str, Race], report: Report) -> None:
    cases = list(races)
    names = [name for name in races[cases[0]].runners if name != STREAM]
    section = FULL_TASK
    report.text(
        section,
        "",
        *(f"- **{case}**: {data.CASES[case]}" for case in cases),
        "",
        f"Seconds, medians of {settings.ROUNDS} rounds (the quickest in brackets); six totals a polygon. "
        f"A peer over {settings.SLOW_S:.0f} s, and rasterstats, had one round (-: not run, too slow).",
    )

    def cell(race: Race, name: str) -> str:
        if name not in race.runners:
            return "-"
        return f"{seconds(race[name].median_s)} ({seconds(race[name].best_s)})"

    def ratio(race: Race, name: str) -> str:
        if name not in race.runners:
            return "-"
        return number(race[name].median_s / race[OURS].median_s)

    report.table(
        section,
        ["", *cases, "exact"],
        [
            [name, *(cell(races[c], name) for c in cases), "no" if _inexact(name) else "yes"]
            for name in names
        ],
    )
    report.text(section, "", "Times faster than it, one thread:")
    report.table(
        section,
        ["", *cases],
        [
            [name, *(ratio(races[c], name) for c in cases)]
            for name in names
            if name not in (OURS, OURS_2)
        ],
    )
    report.text(section, "", _made_ready(country))
    for case in cases:
        _goals(races[case], case, report)
    if "a" in races:
        _floor(country, races["a"], report)
    _everything(country, races, report)


def _inexact(name: str) -> bool:
    return name in (rivals.RASTERIO, rivals.RASTERSTATS)


def _made_ready(country: Country) -> str:
    took = country.took_s
    return (
        "Made ready once for the raster and not counted above: no data to 0 "
        f"{seconds(took['nodata'])} s and the union of the layers {seconds(took['any'])} s, for all; packed layers "
        f"(ours; rasterio + numpy use them too) {seconds(took['packing'])} s; five products (exactextract, GDAL, "
        f"rasterstats) {seconds(took['products'])} s."
    )


def _goals(race: Race, case: str, report: Report) -> None:
    best = min(rivals.BEST, key=lambda name: race[name].median_s)
    goal, stretch = GOALS[case]
    report.goal(
        FULL_TASK,
        f"{case}: over exactextract's best ({best.split(', ')[1]}, {race[best].way}), 1 thread",
        race[best].median_s / race[OURS].median_s,
        best=race[best].best_s / race[OURS].best_s,
        least=goal,
        stretch=stretch,
        unit="x",
        judged=JUDGED,
    )
    report.goal(
        FULL_TASK,
        f"{case}: two threads over one",
        race[OURS].median_s / race[OURS_2].median_s,
        best=race[OURS].best_s / race[OURS_2].best_s,
        least=TWO_THREADS,
        unit="x",
        judged=JUDGED,
    )


def _floor(country: Country, race: Race, report: Report) -> None:
    """Bytes of the layout that polygon a reads, at the rate at which this machine streams an array."""
    read = _bytes_read(country, country.cases["a"])
    size = country.people.nbytes
    rate, quickest = size / race[STREAM].median_s, size / race[STREAM].best_s
    share = read / rate / race[OURS].median_s
    report.text(
        "Memory floor",
        "",
        f"One thread sums the float32 raster at {rate / 1e9:.1f} GB/s (best round {quickest / 1e9:.1f}). Polygon a "
        f"reads {read / 1e6:.1f} MB ({BYTES_PER_CELL} bytes a cell), which at that rate take "
        f"{read / rate * 1e3:.2f} ms; it took {race[OURS].median_s * 1e3:.2f} ms "
        f"({race[OURS].best_s * 1e3:.2f} in the best round). At size 2,000 everything lies in the cache.",
    )
    goal, stretch = FLOOR_SHARE
    report.goal(
        "Memory floor",
        "a: share of the memory floor",
        share,
        best=read / quickest / race[OURS].best_s,
        least=goal,
        stretch=stretch,
        judged=JUDGED,
    )


def _everything(country: Country, races: dict[str, Race], report: Report) -> None:
    """Count what is made ready, and the check of the polygons, on both sides."""
    common = ("nodata", "any")
    sides = {
        OURS: (*common, "packing"),
        rivals.EXACTEXTRACT: (*common, "products"),
        rivals.EXACTEXTRACT_WKB: (*common, "products"),
        rivals.GDAL: (*common, "products"),
        rivals.RASTERIO: (*common, "packing"),
    }
    cases = list(races)
    sides = {name: parts for name, parts in sides.items() if name in races[cases[0]].runners}
    check_s = {
        case: statistics.median(
            time_of(partial(shapely.is_valid, country.cases[case]))[0] for _ in range(3)
        )
        for case in cases
    }

    def whole(name: str, case: str) -> float:
        checked = check_s[case] if name == OURS else 0.0
        return country.prepared_s(*sides[name]) + checked + races[case][name].median_s

    section = "In memory, everything counted"
    checks = ", ".join(f"{case} {seconds(check_s[case])}" for case in cases)
    report.text(
        section,
        "",
        "From the raster with its no-data value, four uint8 layers and shapely geometries: no data to 0, union of the "
        f"layers, packing or products, and for ours the check that polygons are valid ({checks} s). Seconds, and in "
        "brackets the times that ours is faster.",
    )
    report.table(
        section,
        ["", *cases],
        [
            [name]
            + [
                f"{seconds(whole(name, case))} ({number(whole(name, case) / whole(OURS, case))})"
                for case in cases
            ]
            for name in sides
        ],
    )
