"""Delays of cell broadcast against closed forms and drawn phones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from ew4all.coverage.reception import mean_cycles, segments_probability
from ew4all.sim.channels.cb_delay import (
    PAGE_2G_S,
    collected,
    first_wave,
    repeat_wave,
    repetition_s,
    segments,
)
from ew4all.sim.channels.cell_broadcast import PARAMETERS
from ew4all.sim.parameters import resolve
from ew4all.units import TECHNOLOGIES

VALUES = resolve(PARAMETERS, {}, "cell_broadcast")


def draw_4g(rng: np.random.Generator, n: int, pages: int, v: dict[str, float]) -> np.ndarray:
    """Return the delay of phones one by one, each segment drawn on its own."""
    count = segments("4g", pages, v)
    time_s = v["core_median_s"] * np.exp(v["core_sigma"] * rng.standard_normal(n))
    for most_s in (v["fan_out_4g_s"], v["paging_cycle_s"], v["sib1_s"], v["si_period_s"]):
        time_s += most_s * rng.random(n)
    # Segment j is sent in periods j, j + count, ...; the last one that arrives decides.
    rounds = rng.geometric(v["segment_received"], (n, count)) - 1
    last = (rounds * count + np.arange(count)).max(axis=1)
    return time_s + last * v["si_period_s"] + v["show_s"]


@pytest.mark.parametrize("pages", [1, 4, 15])
def test_a_first_broadcast_in_4g_is_that_of_drawn_phones(pages: int) -> None:
    values = VALUES | {"segment_received": 0.7}
    wave = first_wave(pages, values, geofenced=False)
    drawn = draw_4g(np.random.default_rng(1), 200_000, pages, values)
    share = (drawn[None, :] <= wave.edges_s[:, None]).mean(axis=1)
    assert_allclose(wave.share[:, 2], share, atol=0.004)
    assert_allclose(wave.mean_s[2], drawn.mean(), atol=0.05)


@pytest.mark.parametrize(
    ("technology", "mean_s"), [("2g", 3.5 * PAGE_2G_S + 1.0), ("3g", 3.0 + 0.5 + 1.0)]
)
def test_pages_take_their_time_in_2g_and_3g(technology: str, mean_s: float) -> None:
    wave = repeat_wave(3, VALUES, geofenced=False)
    assert_allclose(wave.mean_s[TECHNOLOGIES.index(technology)], mean_s, atol=0.03)


def test_the_median_is_that_of_san_diego_and_nearly_all_have_it_within_two_minutes() -> None:
    wave = first_wave(4, VALUES, geofenced=False)
    median_s = np.interp(0.5, wave.share[:, 2], wave.edges_s)
    assert median_s == pytest.approx(13.0, abs=0.5)
    assert np.interp(4.0, wave.edges_s, wave.share[:, 2]) < 0.05  # the fastest phones: about 4 s
    assert wave.edges_s[-1] < 120.0


def test_segments_collected_are_those_of_whole_rounds() -> None:
    for received in (0.2, 0.7, 1.0):
        for rounds in (1, 2, 5):
            whole = collected(4, received, 4 * rounds)
            assert whole == pytest.approx(float(segments_probability(received, 4, rounds)))
    # Mean of rounds begun until all are there: one segment a round is the geometric distribution.
    grown = np.array([collected(1, 0.3, k) for k in range(200)])
    assert (1 - grown).sum() == pytest.approx(float(mean_cycles([0.3], 1)[0]))


def test_a_message_of_fifteen_pages_needs_seven_segments_in_4g() -> None:
    assert segments("4g", 15, VALUES) == 7
    assert segments("4g", 4, VALUES) == 2
    assert segments("5g", 15, VALUES) == 4
    assert repetition_s(2, VALUES) == 60.0
    assert repetition_s(15, VALUES | {"repeat_s": 10.0}) == pytest.approx(28.2465, abs=1e-3)


def test_phones_that_look_for_their_place_are_later() -> None:
    plain, fenced = (first_wave(2, VALUES, geofenced=g) for g in (False, True))
    filtering = 0.7 * 0.85
    late = 0.7 * 0.15 + filtering * 0.3
    more_s = filtering * 0.7 * 10.0 / 2 + late * 45.0 / 2
    assert_allclose(fenced.mean_s[2:] - plain.mean_s[2:], more_s, atol=0.05)
    assert_allclose(fenced.mean_s[:2], plain.mean_s[:2], rtol=1e-12)


@pytest.mark.parametrize("geofenced", [False, True])
def test_waves_rise_from_0_to_1(geofenced: bool) -> None:
    extremes = {row.name: row.high for row in PARAMETERS}
    for values in (VALUES, {row.name: row.low for row in PARAMETERS}, extremes):
        for wave in (
            first_wave(9, values, geofenced=geofenced),
            repeat_wave(9, values, geofenced=geofenced),
        ):
            assert np.all(np.diff(wave.edges_s) > 0)
            assert np.all(np.diff(wave.share, axis=0) >= 0)
            assert np.all(wave.share[0] == 0)
            assert np.all(wave.share[-1] == 1)
