"""Sirens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from ew4all.coverage.sound import (
    hearing_probability,
    siren_level_dbc,
    siren_range_m,
    two_slope_level_dbc,
)


def test_ten_decibels_for_each_doubling() -> None:
    level = siren_level_dbc(120.0, 30.48 * 2.0 ** np.arange(6))
    assert_allclose(np.diff(level), -10.0, atol=0.001)
    assert np.isnan(siren_level_dbc(120.0, [30.0, np.nan])).all()


@pytest.mark.parametrize(("rated", "metres"), [(115.0, 690.0), (120.0, 975.0), (127.0, 1584.0)])
def test_ranges_of_the_note(rated: float, metres: float) -> None:
    assert siren_range_m(rated) == pytest.approx(metres, abs=0.8)


@given(rated=st.floats(71.0, 140.0))
def test_range_is_where_the_level_is(rated: float) -> None:
    assert siren_level_dbc(rated, siren_range_m(rated) * (1 + 1e-12)) == pytest.approx(
        70.0, abs=1e-6
    )


def test_too_quiet_carries_nowhere() -> None:
    assert siren_range_m([60.0, 70.0]).tolist() == [0.0, 30.48]
    assert np.isnan(siren_range_m(np.nan))


def test_vendor_form_has_no_step() -> None:
    near, far = two_slope_level_dbc(120.0, [799.999, 800.001])
    assert near == pytest.approx(far, abs=1e-4)
    assert two_slope_level_dbc(120.0, [30.0, 300.0, 8000.0]).tolist() == pytest.approx(
        [120.0, 100.0, 58.18], abs=0.01
    )


def test_walls_and_noise_hide_a_siren() -> None:
    assert hearing_probability(69.0, 60.0) == pytest.approx(0.5)
    outside, inside, glazed = (
        float(hearing_probability(80.0, 45.0, wall)) for wall in (0.0, 25.0, 33.0)
    )
    assert outside > inside > glazed
