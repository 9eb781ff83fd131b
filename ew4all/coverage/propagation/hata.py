"""Okumura-Hata: the measured medians of Tokyo and around it, as formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.propagation.free_space import free_space_db
from ew4all.coverage.propagation.link import Link, Loss, Range, beyond

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.propagation.link import Codes
    from ew4all.units import F64

__all__ = ["Hata", "environment_db", "hata_flags", "large_city_db", "log_km", "small_city_db"]

# Hata's large-city correction has a low and a high form. The original paper ends the first at 200 MHz and begins the
# second at 400; practice splits at 300, as does this package.
LARGE_CITY_SPLIT_MHZ = 300.0


def small_city_db(frequency_mhz: F64, mobile_m: F64) -> F64:
    """Return the correction for the height of the mobile in a small or medium city."""
    log_f = np.log10(frequency_mhz)
    return (1.1 * log_f - 0.7) * mobile_m - (1.56 * log_f - 0.8)


def large_city_db(frequency_mhz: F64, mobile_m: F64) -> F64:
    """Return the correction for the height of the mobile in a large city."""
    low = 8.29 * np.log10(1.54 * mobile_m) ** 2 - 1.1
    high = 3.2 * np.log10(11.75 * mobile_m) ** 2 - 4.97
    return np.where(frequency_mhz <= LARGE_CITY_SPLIT_MHZ, low, high)


def environment_db(frequency_mhz: F64, environments: Codes) -> F64:
    """Return Hata's correction from a small city to suburbs or open country."""
    log_f = np.log10(frequency_mhz)
    suburban = -2.0 * np.log10(frequency_mhz / 28.0) ** 2 - 5.4
    open_country = -4.78 * log_f**2 + 18.33 * log_f - 40.94
    return np.where(environments == 0, open_country, np.where(environments == 1, suburban, 0.0))


def log_km(distance_m: F64) -> F64:
    """Return the decimal logarithm of a distance in km; 1 mm where there is none."""
    return np.log10(np.maximum(distance_m / 1000.0, 1e-6))


def hata_flags(distance_m: F64, base_m: F64, mobile_m: F64) -> NDArray[np.uint8]:
    """Return the flags of distance and heights that both Hata models share."""
    return (
        beyond(Range.DISTANCE, distance_m, 1000.0, 20_000.0)
        | beyond(Range.BASE_HEIGHT, base_m, 30.0, 200.0)
        | beyond(Range.MOBILE_HEIGHT, mobile_m, 1.0, 10.0)
    )


@dataclass(frozen=True)
class Hata:
    """Okumura-Hata, 150 to 1500 MHz, 1 to 20 km, base 30 to 200 m, mobile 1 to 10 m.

    References
    ----------
    M. Hata, "Empirical formula for propagation loss in land mobile radio services", IEEE Transactions on Vehicular
    Technology VT-29(3), 1980.
    """

    name: str = "hata"
    source: str = "M. Hata, IEEE Transactions on Vehicular Technology VT-29(3), 1980"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss."""
        distance, frequency, base, mobile = link.columns()
        environments = link.environments
        with np.errstate(divide="ignore", invalid="ignore"):
            log_base = np.log10(base)
            # Suburbs and open country are stated as corrections to the small city.
            large = np.asarray(link.large_city, bool) & (environments == 2)
            by_mobile = np.where(
                large, large_city_db(frequency, mobile), small_city_db(frequency, mobile)
            )
            db = (
                69.55
                + 26.16 * np.log10(frequency)
                - 13.82 * log_base
                - by_mobile
                + (44.9 - 6.55 * log_base) * log_km(distance)
                + environment_db(frequency, environments)
            )
            free = free_space_db(frequency, distance)
        flags = hata_flags(distance, base, mobile) | beyond(
            Range.FREQUENCY, frequency, 150.0, 1500.0
        )
        return Loss.of(db, flags, free)
