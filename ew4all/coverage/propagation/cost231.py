"""COST 231-Hata: Hata's formula carried on to 2 GHz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ew4all.coverage.propagation.free_space import free_space_db
from ew4all.coverage.propagation.hata import environment_db, hata_flags, log_km, small_city_db
from ew4all.coverage.propagation.link import Link, Loss, Range, beyond

__all__ = ["Cost231"]


@dataclass(frozen=True)
class Cost231:
    """COST 231-Hata, 1500 to 2000 MHz (to 2200 stretched), heights and distances as Hata.

    It knows the medium city, whose formula also holds for suburban centres, and the metropolis (3 dB more). Open country
    it does not know: Hata's correction is used there and the loss flagged as stretched.

    References
    ----------
    COST 231 final report, "Digital mobile radio towards future generation systems", chapter 4 (1999).
    """

    name: str = "cost231"
    source: str = "COST 231 final report, chapter 4"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss."""
        distance, frequency, base, mobile = link.columns()
        environments = link.environments
        with np.errstate(divide="ignore", invalid="ignore"):
            log_base = np.log10(base)
            metropolis = np.asarray(link.large_city, bool) & (environments == 2)
            db = (
                46.3
                + 33.9 * np.log10(frequency)
                - 13.82 * log_base
                - small_city_db(frequency, mobile)
                + (44.9 - 6.55 * log_base) * log_km(distance)
                + np.where(metropolis, 3.0, 0.0)
                + np.where(environments == 0, environment_db(frequency, environments), 0.0)
            )
            free = free_space_db(frequency, distance)
        stretched = beyond(Range.STRETCHED, frequency, 0.0, 2000.0) | np.where(
            environments == 0, np.uint8(Range.STRETCHED), np.uint8(0)
        )
        flags = (
            hata_flags(distance, base, mobile)
            | beyond(Range.FREQUENCY, frequency, 1500.0, 2200.0)
            | stretched
        )
        return Loss.of(db, flags, free)
