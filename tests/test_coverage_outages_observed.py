"""Outages that are observed, how soon they show, and coverage as a function of time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from ew4all.cells import Cells, Sites
from ew4all.coverage.network import Network
from ew4all.coverage.outages.backhaul import lay_out
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.detector import area_outages, delay_h, detect, silence_chance
from ew4all.coverage.outages.draws import Draws
from ew4all.coverage.outages.observed import areas_out, named_down, silent_squares
from ew4all.coverage.outages.served import over_time
from ew4all.coverage.outages.simulation import simulate
from ew4all.coverage.outages.threats import Threat
from ew4all.coverage.outages.timeline import Timeline
from ew4all.errors import InputError, OptionError
from ew4all.grid import Grid

H = 3600.0
IDS = np.array(["a", "b", "c"])


def timeline(sites: int, rows: list[tuple[float, int, int, int]]) -> Timeline:
    columns = np.array(rows, np.float64).reshape(-1, 4).T
    return Timeline(
        sites,
        columns[0],
        columns[1].astype(np.int32),
        columns[2].astype(np.int8),
        columns[3].astype(np.int8),
    )


def test_a_list_of_sites() -> None:
    found = named_down(IDS, ["c", "a", "c"], "the list")
    assert found.down.tolist() == [True, False, True]
    assert found.known.all()
    assert found.notes == ("the list: 1 names are repeated and count once",)
    with pytest.raises(
        InputError, match="the list names 'x', 'y', which are no sites; sites are called like 'a'"
    ):
        named_down(IDS, ["a", "y", "x"], "the list")
    with pytest.raises(InputError, match="and 2 more"):
        named_down(IDS, [f"x{k}" for k in range(7)], "the list")
    with pytest.raises(InputError, match="names no site"):
        named_down(IDS, [], "the list")


def test_polygons_before_and_now() -> None:
    found = areas_out(np.array([True, True, False]), np.array([True, False, False]))
    assert found.down.tolist() == [False, True, False]
    assert found.known.tolist() == [True, True, False]
    assert found.notes == ("nothing is known of 1 of 3 sites; they count as up",)
    with pytest.raises(InputError, match="no site lies in the baseline polygons"):
        areas_out(np.zeros(3, np.bool_), np.ones(3, np.bool_))


def test_squares_that_went_silent() -> None:
    """Squares of 11 km: two measurements an hour in the first, 0.1 in the second, none in the third."""
    lon, lat = np.array([0.05, 0.25, 0.45]), np.full(3, 0.05)
    baseline = np.concatenate((np.full(200, 0.05), np.full(10, 0.25))), np.full(210, 0.05)
    none = np.zeros(0), np.zeros(0)
    settings: dict[str, Any] = {"baseline_h": 100.0, "square_km": 11.1195, "alpha": 0.01}
    found = silent_squares(lon, lat, baseline, none, current_h=12.0, **settings)
    assert found.down.tolist() == [True, False, False]  # exp(-24) < 0.01 < exp(-1.2)
    assert found.known.tolist() == [True, False, False]
    assert "1 are in squares that are silent, but not for long enough" in found.notes[1]
    later = silent_squares(lon, lat, baseline, none, current_h=47.0, **settings)
    assert later.down.tolist() == [True, True, False]  # exp(-4.7) < 0.01
    fled = silent_squares(lon, lat, baseline, none, current_h=47.0, remaining=0.5, **settings)
    assert fled.down.tolist() == [True, False, False]
    seen = silent_squares(
        lon, lat, baseline, (np.array([0.05]), np.array([0.05])), current_h=47.0, **settings
    )
    assert seen.down.tolist() == [False, True, False]
    with pytest.raises(InputError, match="the baseline holds no measurement"):
        silent_squares(lon, lat, none, baseline, current_h=1.0, **settings)
    with pytest.raises(InputError, match="do the measurements belong to this place"):
        silent_squares(lon + 50.0, lat, baseline, none, current_h=1.0, **settings)
    with pytest.raises(InputError, match="both must be above 0"):
        silent_squares(lon, lat, baseline, none, current_h=0.0, **settings)


def test_the_delay_is_four_point_six_over_the_rate() -> None:
    assert_allclose(delay_h(2.0, 0.5), 4.605170, rtol=1e-6)
    assert delay_h(0.0) == math.inf
    assert_allclose(silence_chance(2.0, 3.0, 0.5), math.exp(-3.0))
    with pytest.raises(OptionError, match="alpha is a chance"):
        delay_h(1.0, 1.0, 0.0)


def test_false_alarms_at_full_presence_are_alpha_and_grow_when_people_leave() -> None:
    areas = 40_000
    rate, never = np.full(areas, 0.7), np.full(areas, np.inf)
    keys = np.arange(areas, dtype=np.uint64)

    def alarms(**settings: Any) -> float:
        found = detect(rate, never, never, keys, Draws(1), **settings)
        assert_array_equal(found.false_alarm, np.isfinite(found.flagged_s))
        return float(found.false_alarm.mean())

    for alpha in (0.01, 0.1):
        assert abs(alarms(alpha=alpha) - alpha) < 4 * math.sqrt(alpha / areas)
    # Half of the people have left and the watcher does not know: alpha ** 0.5.
    assert abs(alarms(alpha=0.01, remaining=0.5) - 0.1) < 4 * math.sqrt(0.1 / areas)
    # He knows: alpha again.
    assert abs(alarms(alpha=0.01, remaining=0.5, assumed_remaining=0.5) - 0.01) < 4 * math.sqrt(
        0.01 / areas
    )


def test_an_outage_from_the_start_is_flagged_after_the_delay() -> None:
    rate = np.array([1.0, 4.0])
    found = detect(
        rate, np.zeros(2), np.array([np.inf, 0.5 * H]), np.arange(2, dtype=np.uint64), Draws(0)
    )
    assert_allclose(found.flagged_s[0], 4.605170 * H, rtol=1e-6)
    assert not found.false_alarm[0]
    # Back after half an hour: a measurement, drawn from the return on, comes before 1.15 h or not.
    assert found.seen_s[1] >= 0.5 * H
    assert np.isfinite(found.flagged_s[1]) == (found.seen_s[1] > delay_h(4.0) * H)


def test_an_area_is_out_when_its_last_site_is() -> None:
    rows = [(1.0, 0, 2, 0), (2.0, 1, 2, 0), (3.0, 1, 5, 12), (4.0, 2, 3, 0), (9.0, 0, 0, 12)]
    out_s, back_s = area_outages(timeline(3, rows), np.array([0, 0, 1]), 3)
    assert out_s.tolist() == [2.0, 4.0, math.inf]
    assert back_s.tolist() == [3.0, math.inf, math.inf]


def test_a_timeline_by_hand() -> None:
    found = timeline(
        3, [(1.0, 0, 5, 0), (2.0, 0, 2, 0), (2.0, 1, 3, 0), (4.0, 1, 1, 0), (8.0, 0, 0, 12)]
    )
    assert found.alive_at(1.5).tolist() == [True, True, True]
    assert found.on_backup_at(1.5).tolist() == [True, False, False]
    assert found.alive_at(2.0).tolist() == [False, False, True]
    assert found.first_state().tolist() == [2, 3, 0]
    assert found.cause.tolist() == ["backup", "power", "transport", "damage", "mains"]
    assert_allclose(found.hours_out(12.0) * H, [6.0, 10.0, 0.0])
    assert_array_equal(found.changed(1.5, 9.0), [1])
    steps = list(found.steps([0.0, 2.0, 3.0, 9.0]))
    assert [changed.tolist() for _, _, changed in steps] == [[0, 1, 2], [0, 1], [], [0]]
    with pytest.raises(InputError, match="in order of time"):
        timeline(1, [(2.0, 0, 1, 0), (1.0, 0, 0, 11)])
    with pytest.raises(InputError, match="differ in length"):
        Timeline(1, np.zeros(2), np.zeros(1, np.int32), np.zeros(2, np.int8), np.zeros(2, np.int8))


@given(st.integers(0, 1000))
def test_coverage_over_time_is_that_of_computing_every_block_each_time(seed: int) -> None:
    """Blocks of a line; a cell touches its own block and its neighbours."""
    rng = np.random.default_rng(seed)
    count = 12
    cell_site = np.arange(count)
    events = sorted(
        (float(rng.integers(1, 9)), int(rng.integers(count)), int(rng.choice([0, 1, 2, 3])), 0)
        for _ in range(15)
    )
    found = timeline(count, events)
    blocks = [f"block {k}" for k in range(count)]

    class Line:
        def touched(self, which: Any, blocks: Any) -> list[str]:
            near = which | np.roll(which, 1) | np.roll(which, -1)
            return [block for k, block in enumerate(blocks) if near[k]]

    def measure(block: str, alive: Any) -> Any:
        k = blocks.index(block)
        near = alive[[k - 1, k, (k + 1) % count]]
        return np.array([near.any(), near.sum() * 0.1])

    times = [0.0, *np.arange(0.5, 10.0)]
    quick = over_time(Line(), blocks, measure, cell_site, found, times)
    for row, t in zip(quick.totals, times, strict=True):
        assert_array_equal(row, np.sum([measure(b, found.alive_at(t)) for b in blocks], axis=0))
    assert quick.computed[0] == count
    assert quick.computed[1:].sum() <= 3 * 2 * 15
    with pytest.raises(InputError, match="must rise"):
        over_time(Line(), blocks, measure, cell_site, found, [2.0, 1.0])


def test_coverage_over_time_of_a_real_network() -> None:
    """Where the cells of the network itself decide which tiles are done again."""
    rng = np.random.default_rng(2)
    cells = Cells.of(20.0 + rng.uniform(0, 2.0, 25), rng.uniform(-1.0, 1.0, 25), ["4g"] * 25)
    from affine import Affine
    from pyproj import CRS

    grid = Grid(Affine(0.01, 0.0, 20.0, 0.0, -0.01, 1.0), 200, 200, CRS.from_epsg(4326))
    network = Network.of(cells, grid)
    sites: Sites = cells.sites
    outage = simulate(
        lay_out(sites, resolve()), [Threat("wind", rng.uniform(20.0, 55.0, 25))], seed=3
    ).timeline
    blocks = list(grid.blocks(50, 50))

    def measure(block: Any, alive: Any) -> Any:
        return np.array([float(network.service_probability(block, "4g", alive=alive).sum())])

    times = [-1.0, 0.0, 4 * H, 24 * H, 200 * H]
    quick = over_time(network, blocks, measure, cells.site, outage, times)
    for row, t in zip(quick.totals, times, strict=True):
        alive = outage.alive_at(t)[cells.site]
        assert_allclose(row, np.sum([measure(b, alive) for b in blocks], axis=0), rtol=1e-12)
    assert quick.totals[1, 0] < quick.totals[0, 0]
    assert quick.computed[0] == 16
    assert (quick.computed[1:] < 16).any()
