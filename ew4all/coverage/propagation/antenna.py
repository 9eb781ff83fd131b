"""Pattern of a sector antenna: what is lost away from its main beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["OMNI_LOSS_DB", "SectorAntenna", "below_horizon_deg"]

OMNI_LOSS_DB: Final = 3.0
"""A cell whose azimuth is unknown radiates all around with 3 dB less than its sector's gain (chosen for this project)."""


def below_horizon_deg(distance_m: ArrayLike, base_m: ArrayLike, mobile_m: ArrayLike) -> F64:
    """Return the angle of a mobile below the horizon of the antenna, both heights over one level."""
    drop = np.asarray(base_m, np.float64) - np.asarray(mobile_m, np.float64)
    return np.degrees(np.arctan2(drop, np.maximum(distance_m, 1e-3)))


@dataclass(frozen=True)
class SectorAntenna:
    """Parabolic main beam in both planes with a floor, as 3GPP draws it.

    Attributes
    ----------
    beamwidth_deg, vertical_beamwidth_deg
        Width between the points 3 dB below the maximum.
    downtilt_deg
        Of the main beam below the horizon.
    floor_db
        Greatest loss in each plane and in all. TR 38.901, table 7.3-1, has 30; 20 leaves room for reflections.

    References
    ----------
    3GPP TR 38.901, table 7.3-1.
    """

    beamwidth_deg: float = 65.0
    vertical_beamwidth_deg: float = 10.0
    downtilt_deg: float = 0.0
    floor_db: float = 20.0

    def loss_db(self, off_azimuth_deg: ArrayLike, below_deg: ArrayLike | None = None) -> F64:
        """Return the loss against the maximum gain, 0 to `floor_db`.

        Parameters
        ----------
        off_azimuth_deg
            Direction of the mobile less the azimuth of the sector; any number of turns. NaN (the azimuth is unknown)
            gives `OMNI_LOSS_DB` in this plane.
        below_deg
            Direction of the mobile below the horizon; None leaves the vertical plane out.
        """
        off = np.asarray(off_azimuth_deg, np.float64)
        off = (off + 180.0) % 360.0 - 180.0
        loss = np.minimum(12.0 * (off / self.beamwidth_deg) ** 2, self.floor_db)
        loss = np.where(np.isnan(off), OMNI_LOSS_DB, loss)
        if below_deg is not None:
            tilt = (
                np.asarray(below_deg, np.float64) - self.downtilt_deg
            ) / self.vertical_beamwidth_deg
            loss = loss + np.minimum(12.0 * tilt**2, self.floor_db)
        return np.minimum(loss, self.floor_db)
