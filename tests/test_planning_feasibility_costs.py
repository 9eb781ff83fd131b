"""Costs side by side: worked by hand, whole under change, and nothing free that has no price."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ew4all.errors import AssumptionError
from ew4all.planning.costs import COSTS
from ew4all.planning.feasibility_costs import (
    SETTINGS,
    Channel,
    Range,
    channels,
    figures,
    present_value,
    settings_markdown,
    used_costs,
)

PLAIN = {"usd_per_gbp": 1.0, "usd_per_eur": 1.0, "discount_rate": 0.0, "horizon_years": 10.0}


def by_id(
    people: float, cost: dict[str, float] | None = None, **more: Range | None
) -> dict[str, Channel]:
    reached = more.get("reached", Range(0.5 * people, 0.4 * people, 0.6 * people))
    sms = more.get("sms", Range(0.8 * people, 0.8 * people, 0.8 * people))
    found = channels(
        people, cell_broadcast=reached, sms=sms, sirens=more.get("sirens", Range(10.0, 8.0, 20.0)),
        in_siren_range=0.8 * people, known=figures({**PLAIN, **(cost or {})}),
    )  # fmt: skip
    return {one.id: one for one in found}


def test_cell_broadcast_by_hand() -> None:
    cost = {"cell_broadcast": 0.5, "cell_broadcast_least": 1e6, "cell_broadcast_year": 2e5}
    large = by_id(4e6, cost)["cell_broadcast"]
    assert large.capital == Range(2e6, 2e6, 2e6)
    assert large.whole == Range(4e6, 4e6, 4e6)
    per_reached = large.per_reached
    assert per_reached is not None
    assert per_reached.value == pytest.approx(2.0)
    # A small country pays no less than the least.
    small = by_id(1e5, cost)["cell_broadcast"]
    assert small.capital == Range(1e6, 1e6, 1e6)


def test_other_currencies_are_brought_to_dollars() -> None:
    found = by_id(1e5, {"siren": 100.0, "siren_year": 10.0, "usd_per_eur": 2.0})["sirens"]
    assert found.capital == Range(2000.0, 1600.0, 4000.0)
    assert found.year == Range(200.0, 160.0, 400.0)
    assert found.whole == Range(4000.0, 3200.0, 8000.0)
    assert found.reached is not None
    assert found.reached.value == pytest.approx(0.8e5 * 0.765)


def test_what_has_no_price_is_unpriced_not_free() -> None:
    sms = by_id(1e5)["lb_sms"]
    assert not sms.is_priced
    assert sms.whole is None
    assert sms.per_reached is None
    assert "whole" not in sms.to_dict()
    # Half a price is no price.
    half = by_id(1e5, {"lb_sms": 1000.0})["lb_sms"]
    assert half.capital == Range(1000.0, 1000.0, 1000.0)
    assert not half.is_priced
    both = by_id(1e5, {"lb_sms": 1000.0, "lb_sms_year": 50.0})["lb_sms"]
    assert both.whole == Range(1500.0, 1500.0, 1500.0)
    # A price can be taken away.
    without = by_id(1e5, {"siren": math.nan})["sirens"]
    assert not without.is_priced


def test_minutes_until_the_last_message() -> None:
    sms = by_id(1e5, {"sms_per_s": 100.0})["lb_sms"]
    assert sms.minutes is not None
    assert sms.minutes.value == pytest.approx(0.8e5 / 100.0 / 60.0)
    default = by_id(1e5)["lb_sms"].minutes
    assert default is not None
    assert default.low == default.value < default.high == pytest.approx(5.0 * default.low)


def test_without_coverage_nobody_is_counted_as_reached() -> None:
    found = by_id(1e5, reached=None, sms=None)
    assert found["cell_broadcast"].reached is None
    assert found["cell_broadcast"].per_reached is None
    assert "reached" not in found["cell_broadcast"].to_dict()
    assert found["lb_sms"].minutes is None


def test_present_value_by_hand() -> None:
    assert present_value(100.0, 10.0, 3.0, 0.0) == pytest.approx(130.0)
    assert present_value(0.0, 110.0, 1.0, 0.10) == pytest.approx(100.0)
    assert present_value(0.0, 1.0, 2.5, 0.0) == pytest.approx(2.5)


@given(
    st.floats(0, 1e9), st.floats(0, 1e8), st.floats(0.1, 40), st.floats(0, 1), st.floats(0.0, 5.0)
)
def test_present_value_is_monotone(
    capital: float, year: float, years: float, rate: float, more: float
) -> None:
    value = present_value(capital, year, years, rate)
    assert capital <= value <= (capital + year * years) * (1 + 1e-9) + 1e-9
    assert present_value(capital, year, years + more, rate) >= value * (1 - 1e-9)
    assert present_value(capital, year, years, min(rate + more, 1.0)) <= value * (1 + 1e-9)


@given(st.floats(1.0, 1e9))
def test_ranges_hold_their_value(people: float) -> None:
    for channel in by_id(people, {"usd_per_eur": 1.18}).values():
        for field in fields(channel):
            found = getattr(channel, field.name)
            if isinstance(found, Range):
                assert found.low <= found.value * (1 + 1e-12)
                assert found.value <= found.high * (1 + 1e-12)


def test_nobody_costs_nothing_a_head() -> None:
    channel = by_id(1e5)["cell_broadcast"]
    assert channel.per_head(0.0) is None


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ({"sirens": 1.0}, "no cost called 'sirens'.*did you mean siren"),
        ({"new_site": 1.0}, r"it is a cost of `plan measures`"),
        ({"siren": -1.0}, "siren is a number of 0 or more, but got -1"),
        ({"siren": math.inf}, "siren is a number of 0 or more"),
        ({"horizon_years": 0.0}, "horizon_years is a number of 0 to 100, not 0"),
        ({"horizon_years": 1e6}, "horizon_years is a number of 0 to 100"),
        ({"discount_rate": 5.0}, "discount_rate is a number of 0 to 1, but got 5"),
        ({"app_installed": 16.0}, "app_installed is a number of 0 to 1"),
        ({"siren_radius_m": math.nan}, "siren_radius_m must have a value"),
        ({"usd_per_eur": math.nan}, "usd_per_eur must have a value"),
        ({"usd_per_eur": 0.0}, "usd_per_eur is a number of 0 or more, not 0"),
    ],
)
def test_figures_that_cannot_be(cost: dict[str, float], said: str) -> None:
    with pytest.raises(AssumptionError, match=said):
        figures(cost)


def test_every_row_has_a_source_and_a_range_that_holds_it() -> None:
    names = [row.name for row in (*used_costs(), *SETTINGS)]
    assert len(set(names)) == len(names)
    assert {row.name for row in used_costs()} <= {row.name for row in COSTS}
    for row in (*used_costs(), *SETTINGS):
        assert row.source
        assert row.confidence in {"published", "derived", "judgement"}
        if row.value is not None and row.low is not None and row.high is not None:
            assert row.low <= row.value <= row.high
    assert all(f"`{row.name}`" in settings_markdown() for row in SETTINGS)
