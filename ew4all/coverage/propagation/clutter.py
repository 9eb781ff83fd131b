"""Clutter: what buildings and trees around one end of a path take, as ITU-R P.2108 has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import quantile
from ew4all.coverage.propagation.link import Range, beyond, no_share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ew4all.units import F64

__all__ = [
    "CLUTTER_TYPES",
    "DEFAULT_LOSS_DB",
    "Clutter",
    "height_gain_db",
    "knife_edge_db",
    "statistical_db",
]

CLUTTER_TYPES: Final = ("water", "open", "suburban", "urban", "forest", "dense_urban")
"""Types of P.2108, table 3, in the order in which NTIA numbers them from 1."""

REPRESENTATIVE_HEIGHT_M: Final = (10.0, 10.0, 10.0, 15.0, 15.0, 20.0)
"""Heights of the types where nobody knows better (P.2108, table 3)."""

STREET_WIDTH_M: Final = 27.0
"""Width of streets where nobody knows better (P.2108, 3.1)."""

DEFAULT_LOSS_DB: Final = (0.0, 6.0, 12.0)
"""Loss in open country, suburbs and towns without clutter data, for the rule over terrain; forest 10 (chosen)."""


@dataclass(frozen=True, eq=False)
class Clutter:
    """Clutter loss in dB, and bits of `Range` where the Recommendation does not hold."""

    db: F64
    flags: NDArray[np.uint8]


def knife_edge_db(nu: ArrayLike) -> F64:
    """Return the loss of a single knife edge (P.526, 4.1); 0 where the path is clear."""
    x = np.maximum(np.asarray(nu, np.float64), -0.78) - 0.1
    return np.where(np.asarray(nu) > -0.78, 6.9 + 20.0 * np.log10(np.sqrt(x * x + 1.0) + x), 0.0)


def height_gain_db(
    frequency_mhz: ArrayLike,
    antenna_m: ArrayLike,
    clutter_m: ArrayLike,
    street_m: ArrayLike = STREET_WIDTH_M,
    clutter_type: ArrayLike = 3,
) -> Clutter:
    """Return the loss at a terminal that stands lower than what surrounds it.

    Parameters
    ----------
    frequency_mhz
        30 to 3000.
    antenna_m, clutter_m
        Heights of the antenna and, as a representative, of what surrounds it; above ground.
    street_m
        Width of the street.
    clutter_type
        1 water, 2 open, 3 suburban, 4 urban, 5 forest, 6 dense urban.

    References
    ----------
    Recommendation ITU-R P.2108-1, Annex 1, 3.1.
    """
    frequency, antenna, clutter, street = (
        np.asarray(x, np.float64) for x in (frequency_mhz, antenna_m, clutter_m, street_m)
    )
    kind = np.asarray(clutter_type, np.float64)
    f_ghz = frequency / 1000.0
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = np.maximum(clutter - antenna, 0.0)
        angle_deg = np.degrees(np.arctan(missing / street))
        nu = 0.342 * np.sqrt(f_ghz) * np.sqrt(missing * angle_deg)
        towards_roofs = knife_edge_db(nu) - 6.03
        by_height = -(21.8 + 6.2 * np.log10(f_ghz)) * np.log10(antenna / clutter)
        db = np.where(kind <= 2.0, by_height, towards_roofs)
        db = np.where(antenna >= clutter, 0.0, db)
    flags = (
        beyond(Range.FREQUENCY, frequency, 30.0, 3000.0)
        | beyond(Range.MOBILE_HEIGHT, antenna, 1e-9, np.inf)
        | beyond(Range.SURROUNDINGS, street, 1e-9, np.inf)
        | beyond(Range.SURROUNDINGS, clutter, 1e-9, np.inf)
        | beyond(Range.SURROUNDINGS, kind, 1.0, len(CLUTTER_TYPES))
        | np.where(kind == np.floor(kind), np.uint8(0), np.uint8(Range.SURROUNDINGS))
    )
    return Clutter(np.asarray(db), np.broadcast_to(flags, db.shape))


def statistical_db(
    frequency_mhz: ArrayLike, distance_m: ArrayLike, locations: ArrayLike = 0.5
) -> Clutter:
    """Return the loss at one end of a path through a town that this share of locations does not exceed.

    It must not be added to Hata or to UMa without line of sight, which hold clutter already.

    Parameters
    ----------
    frequency_mhz
        500 to 67,000.
    distance_m
        At least 250; from 2 km on the loss grows no further.
    locations
        Share of locations, between 0 and 1.

    References
    ----------
    Recommendation ITU-R P.2108-1, Annex 1, 3.2.
    """
    frequency, distance, share = (
        np.asarray(x, np.float64) for x in (frequency_mhz, distance_m, locations)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        log_f = np.log10(frequency / 1000.0)
        z = quantile(share)
        db = np.minimum(_at(log_f, distance / 1000.0, z), _at(log_f, np.asarray(2.0), z))
    flags = (
        beyond(Range.FREQUENCY, frequency, 500.0, 67_000.0)
        | beyond(Range.DISTANCE, distance, 250.0, np.inf)
        | no_share(share)
    )
    return Clutter(db, np.broadcast_to(flags, db.shape))


def _at(log_f: F64, kilometres: F64, z: F64) -> F64:
    long_term = -2.0 * np.log10(10.0 ** (-5.0 * log_f - 12.5) + 10.0**-16.5)
    short_term = 32.98 + 23.9 * np.log10(kilometres) + 3.0 * log_f
    weight_l, weight_s = 10.0 ** (-0.2 * long_term), 10.0 ** (-0.2 * short_term)
    spread = np.sqrt((16.0 * weight_l + 36.0 * weight_s) / (weight_l + weight_s))
    result: F64 = -5.0 * np.log10(weight_l + weight_s) + spread * z
    return result
