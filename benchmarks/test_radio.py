"""Radio coverage: masts of 35 km on pixels of 100 m, ours beside plain numpy and itmlogic, in turns."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import radio, settings
from benchmarks.race import Race, time_of
from benchmarks.report import number, seconds
from ew4all.network_maps import BLOCK

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.report import Report

JUDGED = settings.SIZE >= settings.FULL_SIZE
SECTION = "Radio coverage"
SIDE = 704
"""Pixels on a side of the map around a mast; 35 km are 350."""

MASTS = 200 if JUDGED else 40
COUNTRY = (7_000, 5_000) if JUDGED else (1_400, 200)
"""Pixels on a side of the country, and its sites."""

HILLY_MASTS = 12 if JUDGED else 3
ITMLOGIC_PROFILES = 300 if JUDGED else 60

_OUTSIDE = (
    "Figures from elsewhere for one mast, measured on a quiet machine of the same kind (pairs of mast and pixel a second): "
    "crc-covlib free space 1.7e5, extended Hata 1.1e5, Longley-Rice 8.7e4, ITU-R P.1812 6.4e4; pyitm in area mode 3.0e4; "
    "itmlogic 2.7e3; a numba prototype by table 1.5e9, with every logarithm computed 1.3e8, radial sweep over terrain 1.4e7."
)


def test_masts_without_terrain(report: Report, benchmark: BenchmarkFixture) -> None:
    network = radio.masts(radio.square(SIDE), MASTS, 0.02)
    count = radio.pairs(network)
    few = radio.masts(radio.square(SIDE), 8, 0.02)
    numpy_level = radio.plain_numpy(few)
    ours_level = few.signal(few.grid.whole, "2g", keep=1).level_dbm[0]
    far = np.isfinite(ours_level) & (ours_level < -30.0)
    # Some kilometres away, where Hata alone decides: nearer, ours takes TR 38.901 and the antenna into account as well.
    assert np.abs(numpy_level - ours_level)[far].max() < 0.3
    race = Race()
    race.enter("best", settings.OURS_PER_ROUND, ours=lambda: radio.strongest(network, 1))
    race.enter("four", settings.OURS_PER_ROUND, ours=lambda: radio.strongest(network, 4))
    race.enter("numpy", 1, numpy=lambda: radio.plain_numpy(few))
    benchmark.group = "radio, flat land"
    benchmark.pedantic(
        lambda: radio.strongest(network, 1), setup=race.round, rounds=max(settings.ROUNDS, 3)
    )
    rates = {
        name: (pairs / race[name].median_s, pairs / race[name].best_s)
        for name, pairs in (("best", count), ("four", count), ("numpy", radio.pairs(few)))
    }
    report.goal(
        SECTION, "best server by a table over the squared distance, 1 thread", rates["best"][0], best=rates["best"][1],
        least=1e9, unit="pairs/s", judged=JUDGED,
    )  # fmt: skip
    report.goal(
        SECTION, "four strongest servers, 1 thread", rates["four"][0], best=rates["four"][1], least=1e8,
        unit="pairs/s", judged=JUDGED,
    )  # fmt: skip
    times = rates["best"][0] / rates["numpy"][0]
    report.goal(
        SECTION, "best server over plain numpy", times, best=rates["best"][1] / rates["numpy"][1], least=3.0,
        unit="x", judged=JUDGED,
    )  # fmt: skip
    report.text(
        SECTION, "", f"One map of {SIDE} x {SIDE} pixels, {MASTS} masts (numpy: 8) near its middle."
    )
    report.table(
        SECTION,
        [
            "flat land, open country, 900 MHz",
            "pairs a second",
            "a country of 5,000 masts (1.92e9 pairs), s",
        ],
        [
            [name, f"{rates[key][0]:.2g}", seconds(1.92e9 / rates[key][0])]
            for name, key in (
                ("ew4all, best server", "best"),
                ("ew4all, four strongest", "four"),
                ("numpy, Hata and free space, best server", "numpy"),
            )
        ],
    )


def test_country(report: Report, benchmark: BenchmarkFixture) -> None:
    side, sites = COUNTRY
    network = radio.masts(radio.square(side), sites, 1.0)
    count = radio.pairs(network)
    radio.strongest(radio.masts(radio.square(BLOCK[0]), 2, 1.0), 4)
    benchmark.group = "radio, country"
    two: list[float] = []
    benchmark.pedantic(
        lambda: two.append(time_of(lambda: radio.strongest(network, 4, 2))[0]),
        rounds=3 if JUDGED else 1,
    )
    one, _ = time_of(lambda: radio.strongest(network, 4))
    report.goal(
        SECTION, f"country of {sites:,} sites, 35 km, 100 m, four strongest, 2 threads", statistics.median(two),
        best=min(two), most=15.0, unit="s", judged=JUDGED,
    )  # fmt: skip
    report.text(
        SECTION,
        "",
        f"A country of {side:,} x {side:,} pixels with {sites:,} masts ({count:.3g} pairs): {seconds(statistics.median(two))} s on "
        f"two threads, {seconds(one)} s on one, in blocks of {BLOCK[0]} pixels.",
    )


def test_terrain(report: Report, benchmark: BenchmarkFixture) -> None:
    pytest.importorskip("itmlogic")
    grid = radio.square(SIDE)
    flat = radio.masts(grid, HILLY_MASTS, 0.02)
    network = type(flat)(flat.cells, grid, flat.environment, radio.hills(grid), flat.radio)
    profiles = radio.profiles(network, ITMLOGIC_PROFILES)
    radio.over_terrain(network)
    losses = radio.itmlogic_losses(profiles)
    assert 60.0 < statistics.median(losses) < 250.0
    race = Race()
    race.enter("ours", 1, ours=lambda: radio.over_terrain(network))
    race.enter("itmlogic", 1, itmlogic=lambda: radio.itmlogic_losses(profiles))
    benchmark.group = "radio, terrain"
    benchmark.pedantic(
        lambda: radio.over_terrain(network), setup=race.round, rounds=max(settings.ROUNDS, 3)
    )
    pairs = radio.pairs(network)
    rate, best = (pairs / t for t in (race["ours"].median_s, race["ours"].best_s))
    theirs, best_theirs = (
        ITMLOGIC_PROFILES / t for t in (race["itmlogic"].median_s, race["itmlogic"].best_s)
    )
    report.goal(
        SECTION,
        "over terrain, radial sweep, 1 thread",
        rate,
        best=best,
        least=1e7,
        unit="pairs/s",
        judged=JUDGED,
    )
    report.goal(
        SECTION, "over terrain, over itmlogic 1.2", rate / theirs, best=best / best_theirs, least=1000.0, unit="x",
        judged=JUDGED,
    )  # fmt: skip
    report.text(
        SECTION,
        "",
        f"Over hills, {HILLY_MASTS} masts, every profile computed anew: {rate:.2g} pairs a second; itmlogic 1.2, point to point, "
        f"{ITMLOGIC_PROFILES} profiles of the same hills: {number(theirs)}. The models differ (Bullington's edge beside Longley-Rice), "
        "the task is the same: the loss of every pixel from its own profile.",
        "",
        _OUTSIDE,
    )
