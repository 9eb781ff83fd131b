"""Free space: the lower bound of every loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.propagation.link import Link, Loss, Range, beyond

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["FreeSpace", "free_space_db"]


def free_space_db(frequency_mhz: ArrayLike, distance_m: ArrayLike) -> F64:
    """Return the loss in free space.

    References
    ----------
    Recommendation ITU-R P.525, with the constant to four digits.
    """
    kilometres = np.maximum(np.asarray(distance_m, np.float64) / 1000.0, 1e-6)
    return 32.4478 + 20.0 * np.log10(frequency_mhz) + 20.0 * np.log10(kilometres)


@dataclass(frozen=True)
class FreeSpace:
    """Loss in free space over the distance along the ground."""

    name: str = "free_space"
    source: str = "Recommendation ITU-R P.525"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss."""
        distance, frequency, *_ = link.columns()
        with np.errstate(divide="ignore", invalid="ignore"):
            db = free_space_db(frequency, distance)
        flags = beyond(Range.FREQUENCY, frequency, 1e-9, np.inf)
        flags = flags | beyond(Range.DISTANCE, distance, 1e-9, np.inf)
        return Loss.of(db, flags, db, 0.0)
