"""Batteries, fuel and phones after the mains are gone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ew4all.coverage.autonomy import PRESETS, Autonomy, lognormal_survival, phones_on, share_up
from ew4all.coverage.outages.defaults import resolve
from ew4all.errors import AssumptionError

times = st.floats(0.0, 500.0)


def test_half_are_left_at_the_median() -> None:
    assert lognormal_survival(4.0, 4.0, 0.6) == pytest.approx(0.5)
    assert lognormal_survival(4.0 * math.exp(0.6), 4.0, 0.6) == pytest.approx(0.158655, abs=1e-6)


def test_survival_at_the_ends() -> None:
    found = lognormal_survival(
        [0.0, -1.0, 1.0, 3.0, 5.0, np.inf],
        [4.0, 4.0, 0.0, 4.0, 4.0, 4.0],
        [0.6, 0.6, 0.6, 0.0, 0.0, 0.6],
    )
    assert found.tolist() == [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]
    assert np.isnan(
        lognormal_survival([np.nan, 1.0, 1.0], [4.0, -1.0, 4.0], [0.6, 0.6, -0.1])
    ).all()
    assert np.isnan(share_up(1.0, 4.0, 0.6, 1.1, 48.0, 0.3))


@given(
    time=times,
    later=times,
    battery=st.floats(0.1, 72.0),
    beta=st.floats(0.0, 2.0),
    share=st.floats(0.0, 1.0),
)
def test_power_is_only_lost(
    time: float, later: float, battery: float, beta: float, share: float
) -> None:
    site = Autonomy(median_battery_h=battery, beta_battery=beta, generator_share=share)
    first, last = sorted((time, later))
    assert 0.0 <= site.share_up(last) <= site.share_up(first) + 1e-12 <= 1.0 + 1e-11


def test_draws_agree_with_the_closed_form() -> None:
    rng = np.random.default_rng(11)
    n = 200_000
    life = np.where(
        rng.random(n) < 0.15,
        48.0 * np.exp(0.3 * rng.standard_normal(n)),
        4.0 * np.exp(0.6 * rng.standard_normal(n)),
    )
    time = np.array([1.0, 4.0, 12.0, 48.0])
    assert_allclose(
        PRESETS["default"].share_up(time), (life > time[:, None]).mean(axis=1), atol=0.004
    )


def test_presets_are_in_order_and_have_sources() -> None:
    day = {name: float(preset.share_up(12.0)) for name, preset in PRESETS.items()}
    assert day["basic"] < day["default"] < day["hub"] < day["high_readiness"]
    assert all(
        preset.source and preset.confidence in {"judgement", "published"}
        for preset in PRESETS.values()
    )


def test_the_simulated_outages_assume_the_same() -> None:
    assumed = resolve()
    site, hub = PRESETS["default"], PRESETS["hub"]
    names = ("battery_median_h", "battery_beta", "generator_share", "fuel_median_h", "fuel_beta")
    assert [assumed[name] for name in names] == [
        site.median_battery_h,
        site.beta_battery,
        site.generator_share,
        site.median_fuel_h,
        site.beta_fuel,
    ]
    assert assumed["hub_battery_median_h"] == hub.median_battery_h
    assert assumed["hub_generator_share"] == hub.generator_share


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"generator_share": 15.0},
            "generator_share of a class of sites is a share, 0 to 1, but got 15.0",
        ),
        (
            {"median_battery_h": -1.0},
            "median_battery_h of a class of sites is at least 0, but got -1.0",
        ),
        ({"beta_fuel": math.nan}, "beta_fuel of a class of sites is at least 0, but got nan"),
    ],
)
def test_reserves_that_cannot_be(arguments: dict[str, float], words: str) -> None:
    with pytest.raises(AssumptionError, match=words):
        Autonomy(**arguments)


def test_phones_run_down_after_half_a_day() -> None:
    assert_allclose(phones_on([0.0, 12.0, 42.0]), [0.95, 0.95, 0.95 / math.e])
