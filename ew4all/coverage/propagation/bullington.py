"""Diffraction over terrain by Bullington's construction: one edge that stands for all of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.propagation.clutter import knife_edge_db
from ew4all.coverage.propagation.free_space import free_space_db
from ew4all.coverage.propagation.link import Link, Loss, Range, beyond
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ew4all.units import F64

__all__ = ["Terrain", "diffraction_db"]

C_M_S = 299_792_458.0
# Median effective Earth radius of P.1812; a gradient of refractivity of 39 N/km gives 8473.
EARTH_RADIUS_KM = 8500.0


def diffraction_db(
    distance_m: F64,
    height_m: F64,
    base_m: ArrayLike,
    mobile_m: ArrayLike,
    frequency_mhz: ArrayLike,
    *,
    earth_radius_km: float = EARTH_RADIUS_KM,
) -> F64:
    """Return the loss by terrain over free space.

    Parameters
    ----------
    distance_m : (points,)
        Distances from the base, rising; the first and the last are the two ends.
    height_m : (..., points)
        Terrain above sea level along one or many paths with these distances. The two ends are no obstacles.
    base_m, mobile_m, frequency_mhz
        Antennas above sea level, and the carrier; they broadcast against the paths.
    earth_radius_km
        Effective radius of the Earth.

    Returns
    -------
    (...)
        dB, at least 0; the base is free space.

    Raises
    ------
    OptionError
        Distances do not rise, or there are not as many as heights.

    References
    ----------
    Recommendation ITU-R P.1812, Annex 1, 4.3.1.
    """
    kilometres = np.asarray(distance_m, np.float64) / 1000.0
    height = np.asarray(height_m, np.float64)
    if kilometres.ndim != 1 or kilometres.size < 2 or height.shape[-1] != kilometres.size:
        msg = f"a profile needs a distance for each height, at least two: got {kilometres.shape} and {height.shape}"
        raise OptionError(msg)
    if not (np.diff(kilometres) > 0.0).all() or kilometres[0] != 0.0:
        msg = "the distances of a profile begin at 0 and rise from point to point"
        raise OptionError(msg)
    base = np.asarray(base_m, np.float64)[..., None]
    mobile = np.asarray(mobile_m, np.float64)[..., None]
    wavelength_m = C_M_S / (np.asarray(frequency_mhz, np.float64)[..., None] * 1e6)
    if kilometres.size == 2:
        return np.zeros(np.broadcast_shapes(height[..., 0].shape, base[..., 0].shape))
    d = kilometres[-1]
    di = kilometres[1:-1]
    bulge = height[..., 1:-1] + 500.0 / earth_radius_km * di * (d - di)
    slope_base = ((bulge - base) / di).max(axis=-1, keepdims=True)
    slope_mobile = ((bulge - mobile) / (d - di)).max(axis=-1, keepdims=True)
    clear = bulge - (base * (d - di) + mobile * di) / d
    nu_seen = (clear * np.sqrt(0.002 * d / (wavelength_m * di * (d - di)))).max(axis=-1)
    seen = slope_base < (mobile - base) / d
    total = np.where(seen, 1.0, slope_base + slope_mobile)
    touching = total <= 0.0
    edge = (mobile - base + slope_mobile * d) / np.where(touching, 1.0, total)
    # The edge lies between the points that are touched; rounding must not put it on an antenna, where nu has no value.
    edge = np.clip(np.where(seen | touching, 0.5 * d, edge), di[0], di[-1])
    above = base + slope_base * edge - (base * (d - edge) + mobile * edge) / d
    nu_hidden = (above * np.sqrt(0.002 * d / (wavelength_m * edge * (d - edge))))[..., 0]
    nu_hidden = np.where(touching[..., 0], 0.0, nu_hidden)
    loss = knife_edge_db(np.where(seen[..., 0], nu_seen, nu_hidden))
    whole: F64 = loss + (1.0 - np.exp(-loss / 6.0)) * (10.0 + 0.02 * d)
    return whole


@dataclass(frozen=True)
class Terrain:
    """Free space and diffraction over a profile: no clutter, no atmosphere."""

    name: str = "terrain"
    source: str = "Recommendation ITU-R P.1812, Annex 1, 4.3.1"

    def loss_db(self, link: Link) -> Loss:
        """Return the loss of one path; the profile's end counts, not `distance_m`."""
        _, frequency, base, mobile = link.columns()
        if link.profile_distance_m is None or link.profile_height_m is None:
            msg = f"the model {self.name} needs the terrain profile of the link"
            raise OptionError(msg)
        distance, height = link.profile_distance_m, link.profile_height_m
        base_asl, mobile_asl = height[0] + base, height[-1] + mobile
        with np.errstate(divide="ignore", invalid="ignore"):
            free = free_space_db(frequency, np.hypot(distance[-1], base_asl - mobile_asl))
            db = free + diffraction_db(distance, height, base_asl, mobile_asl, frequency)
        flags = beyond(Range.FREQUENCY, frequency, 30.0, 6000.0)
        return Loss.of(db, flags, free)
