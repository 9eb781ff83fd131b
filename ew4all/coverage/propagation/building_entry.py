"""Loss into buildings, as a distribution over buildings and places in them: ITU-R P.2109."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.normal import quantile
from ew4all.coverage.propagation.link import Range, beyond, no_share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ew4all.units import F64

__all__ = ["BUILDING_CLASSES", "Entry", "entry_loss_at", "entry_loss_db"]

BUILDING_CLASSES: Final = ("traditional", "efficient")
"""Their places plus one are the classes of the tables: 1 traditional, 2 thermally efficient (metallised glass, foil)."""

# r s t u v w x y z of table 1.
_COEFFICIENTS: Final = np.array(
    [
        [12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0],
        [28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1],
    ]
)


@dataclass(frozen=True, eq=False)
class Entry:
    """Building entry loss in dB, and bits of `Range` where the Recommendation does not hold."""

    db: F64
    flags: NDArray[np.uint8]


def entry_loss_at(
    z: ArrayLike,
    frequency_mhz: ArrayLike,
    building_class: ArrayLike = 1,
    elevation_deg: ArrayLike = 0.0,
) -> F64:
    """Return the loss at a standard normal deviate `z` of the distribution, see `entry_loss_db`."""
    kind = np.clip(np.asarray(building_class, np.int64), 1, len(BUILDING_CLASSES)) - 1
    r, s, t, u, v, w, x, y, last = np.moveaxis(_COEFFICIENTS[kind], -1, 0)
    log_f = np.log10(np.asarray(frequency_mhz, np.float64) / 1000.0)
    z = np.asarray(z, np.float64)
    horizontal = r + s * log_f + t * log_f**2 + 0.212 * np.abs(elevation_deg)
    a = z * (u + v * log_f) + horizontal
    b = z * (y + last * log_f) + w + x * log_f
    # The third term, C = -3 dB, is the same for every building.
    loss: F64 = 10.0 * np.log10(10.0 ** (0.1 * a) + 10.0 ** (0.1 * b) + 10.0**-0.3)
    return loss


def entry_loss_db(
    frequency_mhz: ArrayLike,
    probability: ArrayLike = 0.5,
    building_class: ArrayLike = 1,
    elevation_deg: ArrayLike = 0.0,
) -> Entry:
    """Return the loss that this share of places inside buildings does not exceed.

    Parameters
    ----------
    frequency_mhz
        80 to 100,000.
    probability
        Between 0 and 1.
    building_class
        1 traditional, 2 thermally efficient.
    elevation_deg
        Of the path at the facade, above (or below) the horizon.

    References
    ----------
    Recommendation ITU-R P.2109-2, Annex 1 and table 1.
    """
    p = np.asarray(probability, np.float64)
    kind = np.asarray(building_class, np.float64)
    known = np.isin(kind, (1.0, 2.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        db = entry_loss_at(
            quantile(p), frequency_mhz, np.where(known, kind, 1.0).astype(np.int64), elevation_deg
        )
    flags = (
        beyond(Range.FREQUENCY, frequency_mhz, 80.0, 100_000.0)
        | no_share(p)
        | beyond(Range.SURROUNDINGS, elevation_deg, -90.0, 90.0)
        | np.where(known, np.uint8(0), np.uint8(Range.SURROUNDINGS))
    )
    return Entry(db, np.broadcast_to(flags, db.shape))
