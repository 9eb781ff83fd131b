"""Sirens: level with distance, how far a level carries, and who hears it, as closed forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import cdf
from ew4all.coverage.reception_defaults import value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = [
    "REFERENCE_M",
    "USEFUL_DBC",
    "hearing_probability",
    "siren_level_dbc",
    "siren_range_m",
    "two_slope_level_dbc",
]

REFERENCE_M: Final = 30.48
"""Sirens are rated at 100 ft."""

USEFUL_DBC: Final = 70.0
"""Level down to which FEMA counts an outdoor siren as useful."""

# 10 dB for each doubling of distance.
_SLOPE_DB: Final = 33.22


def siren_level_dbc(rated_dbc: ArrayLike, distance_m: ArrayLike) -> F64:
    """Return the level of a siren outdoors, C-weighted: 10 dB less for each doubling of distance.

    Parameters
    ----------
    rated_dbc
        Level at 30.48 m.
    distance_m
        Nearer than 30.48 m the rule says nothing: NaN.

    References
    ----------
    FEMA, Outdoor Warning Systems, CPG 1-17.
    """
    distance = np.asarray(distance_m, np.float64)
    beyond = np.where(distance >= REFERENCE_M, distance, np.nan)
    result: F64 = np.asarray(rated_dbc, np.float64) - _SLOPE_DB * np.log10(beyond / REFERENCE_M)
    return result


def siren_range_m(rated_dbc: ArrayLike, wanted_dbc: ArrayLike = USEFUL_DBC) -> F64:
    """Return how far a level carries, by the rule of `siren_level_dbc`; 0 where a siren is no louder than that at 30.48 m."""
    over = np.asarray(rated_dbc, np.float64) - np.asarray(wanted_dbc, np.float64)
    return np.where(
        over >= 0.0, REFERENCE_M * 10.0 ** (over / _SLOPE_DB), np.where(over < 0.0, 0.0, over)
    )


def two_slope_level_dbc(rated_dbc: ArrayLike, distance_m: ArrayLike) -> F64:
    """Return the level by a vendor's form: 20 dB a decade from 30 m to 800 m, 33.3 dB beyond; NaN nearer than 30 m."""
    distance = np.asarray(distance_m, np.float64)
    beyond = np.where(distance >= 30.0, distance, np.nan)
    near = 20.0 * np.log10(np.minimum(beyond, 800.0) / 30.0)
    far = 33.3 * np.log10(np.maximum(beyond, 800.0) / 800.0)
    result: F64 = np.asarray(rated_dbc, np.float64) - near - far
    return result


def hearing_probability(
    level_dbc: ArrayLike,
    ambient_db: ArrayLike,
    entry_loss_db: ArrayLike = 0.0,
    above_db: float = value("siren_above_noise_db"),
    sigma_db: float = value("siren_spread_db"),
) -> F64:
    """Return the probability that somebody awake hears a siren.

    Parameters
    ----------
    level_dbc
        Outdoors, at the place.
    ambient_db
        Noise at the ear: about 45 at night in the country, 55 in suburbs, 65 to 70 in towns.
    entry_loss_db
        Of the building: about 12 with an open window, 25 closed, 33 with modern glazing.
    above_db, sigma_db
        By how much it must exceed the noise, and the spread over people and weather. The values named above are from
        general knowledge; no measurement was read.
    """
    level, ambient, entry = (
        np.asarray(x, np.float64) for x in (level_dbc, ambient_db, entry_loss_db)
    )
    over = level - entry - ambient - above_db
    result: F64 = cdf(over / sigma_db)
    return result
