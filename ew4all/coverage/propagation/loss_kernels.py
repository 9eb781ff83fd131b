"""Path loss as scalar kernels, for maps: what a pixel loop calls millions of times.

Formulas, ranges and sources stand with the models of the same name in this package (`hata`, `cost231`, `tr38901`,
`free_space`, `bullington`); a test holds both to the same numbers. Kernels check nothing: outside a model's range they
extrapolate, and the models tell so by flags.

Losses are in dB between isotropic antennas, frequencies in MHz, distances in km or m as the name says, antenna heights in
m above ground. Environments are 0 open, 1 suburban, 2 urban.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = [
    "OPEN",
    "SUBURBAN",
    "URBAN",
    "bullington_db",
    "cost231_db",
    "free_space_db",
    "hata_db",
    "knife_edge_db",
    "median_loss_db",
    "rma_db",
    "rma_los_db",
    "rma_nlos_db",
    "rma_p_los",
    "short_range_db",
    "terrain_loss_db",
    "uma_db",
    "uma_los_db",
    "uma_nlos_db",
    "uma_p_los",
]

OPEN = 0
SUBURBAN = 1
URBAN = 2

C_M_S = 299_792_458.0
# Median effective Earth radius of P.1812 with a refractivity gradient of 39 N/km, rounded as radio maps do.
EARTH_RADIUS_KM = 8500.0

# Where one model hands over to the next, see `median_loss_db`.
HATA_UP_TO_MHZ = 1500.0
COST231_UP_TO_MHZ = 2200.0
HATA_FROM_M = 1000.0

# TR 38.901, table 7.4.1-1: defaults of RMa.
BUILDING_HEIGHT_M = 5.0
STREET_WIDTH_M = 20.0


@njit(nogil=True, cache=True)
def free_space_db(f_mhz, d_km):
    """Loss in free space."""
    return 32.4478 + 20.0 * math.log10(f_mhz) + 20.0 * math.log10(max(d_km, 1e-6))


@njit(nogil=True, cache=True)
def _small_city_db(f_mhz, hm_m):
    """Correction for the height of the mobile in a small or medium city."""
    log_f = math.log10(f_mhz)
    return (1.1 * log_f - 0.7) * hm_m - (1.56 * log_f - 0.8)


@njit(nogil=True, cache=True)
def _environment_db(f_mhz, environment):
    """Hata's correction from a small city to suburbs or open country."""
    if environment == SUBURBAN:
        x = math.log10(f_mhz / 28.0)
        return -2.0 * x * x - 5.4
    if environment == OPEN:
        x = math.log10(f_mhz)
        return -4.78 * x * x + 18.33 * x - 40.94
    return 0.0


@njit(nogil=True, cache=True)
def hata_db(f_mhz, d_km, hb_m, hm_m, environment):
    """Okumura-Hata; urban is a small or medium city."""
    log_hb = math.log10(hb_m)
    return (
        69.55
        + 26.16 * math.log10(f_mhz)
        - 13.82 * log_hb
        - _small_city_db(f_mhz, hm_m)
        + (44.9 - 6.55 * log_hb) * math.log10(max(d_km, 1e-6))
        + _environment_db(f_mhz, environment)
    )


@njit(nogil=True, cache=True)
def cost231_db(f_mhz, d_km, hb_m, hm_m, environment):
    """COST 231-Hata, medium city; suburbs and open country by Hata's corrections, which COST 231 itself does not give."""
    log_hb = math.log10(hb_m)
    return (
        46.3
        + 33.9 * math.log10(f_mhz)
        - 13.82 * log_hb
        - _small_city_db(f_mhz, hm_m)
        + (44.9 - 6.55 * log_hb) * math.log10(max(d_km, 1e-6))
        + _environment_db(f_mhz, environment)
    )


@njit(nogil=True, cache=True)
def _slant_m(d_m, hb_m, hm_m):
    """Distance between the antennas."""
    dh = hb_m - hm_m
    return math.sqrt(d_m * d_m + dh * dh)


@njit(nogil=True, cache=True)
def _rma_near_db(f_ghz, slant_m):
    """RMa in line of sight, before the breakpoint."""
    h = BUILDING_HEIGHT_M
    power = h**1.72
    return (
        20.0 * math.log10(40.0 * math.pi * slant_m * f_ghz / 3.0)
        + min(0.03 * power, 10.0) * math.log10(slant_m)
        - min(0.044 * power, 14.77)
        + 0.002 * slant_m * math.log10(h)
    )


@njit(nogil=True, cache=True)
def rma_los_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 RMa in line of sight, with its default buildings and streets."""
    f_ghz = f_mhz / 1000.0
    slant = max(_slant_m(d_m, hb_m, hm_m), 1.0)
    breakpoint_m = 2.0 * math.pi * hb_m * hm_m * f_mhz * 1e6 / C_M_S
    if d_m <= breakpoint_m:
        return _rma_near_db(f_ghz, slant)
    return _rma_near_db(f_ghz, breakpoint_m) + 40.0 * math.log10(slant / breakpoint_m)


@njit(nogil=True, cache=True)
def rma_nlos_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 RMa without line of sight, with its default buildings and streets."""
    h = BUILDING_HEIGHT_M
    log_hb = math.log10(hb_m)
    slant = max(_slant_m(d_m, hb_m, hm_m), 1.0)
    mobile = math.log10(11.75 * hm_m)
    loss = (
        161.04
        - 7.1 * math.log10(STREET_WIDTH_M)
        + 7.5 * math.log10(h)
        - (24.37 - 3.7 * (h / hb_m) ** 2) * log_hb
        + (43.42 - 3.1 * log_hb) * (math.log10(slant) - 3.0)
        + 20.0 * math.log10(f_mhz / 1000.0)
        - (3.2 * mobile * mobile - 4.97)
    )
    return max(loss, rma_los_db(f_mhz, d_m, hb_m, hm_m))


@njit(nogil=True, cache=True)
def rma_p_los(d_m):
    """Probability of line of sight in RMa."""
    return 1.0 if d_m <= 10.0 else math.exp(-(d_m - 10.0) / 1000.0)


@njit(nogil=True, cache=True)
def rma_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 RMa, mean over line of sight and none."""
    p = rma_p_los(d_m)
    return p * rma_los_db(f_mhz, d_m, hb_m, hm_m) + (1.0 - p) * rma_nlos_db(f_mhz, d_m, hb_m, hm_m)


@njit(nogil=True, cache=True)
def uma_los_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 UMa in line of sight."""
    slant = max(_slant_m(d_m, hb_m, hm_m), 1.0)
    base = 28.0 + 20.0 * math.log10(f_mhz / 1000.0)
    breakpoint_m = 4.0 * max(hb_m - 1.0, 0.1) * max(hm_m - 1.0, 0.1) * f_mhz * 1e6 / C_M_S
    if d_m <= breakpoint_m:
        return base + 22.0 * math.log10(slant)
    dh = hb_m - hm_m
    return base + 40.0 * math.log10(slant) - 9.0 * math.log10(breakpoint_m * breakpoint_m + dh * dh)


@njit(nogil=True, cache=True)
def uma_nlos_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 UMa without line of sight."""
    slant = max(_slant_m(d_m, hb_m, hm_m), 1.0)
    loss = (
        13.54 + 39.08 * math.log10(slant) + 20.0 * math.log10(f_mhz / 1000.0) - 0.6 * (hm_m - 1.5)
    )
    return max(loss, uma_los_db(f_mhz, d_m, hb_m, hm_m))


@njit(nogil=True, cache=True)
def uma_p_los(d_m, hm_m):
    """Probability of line of sight in UMa."""
    if d_m <= 18.0:
        return 1.0
    near = 18.0 / d_m
    p = near + math.exp(-d_m / 63.0) * (1.0 - near)
    if hm_m > 13.0:
        x = d_m / 100.0
        higher = (min(hm_m, 23.0) - 13.0) / 10.0
        p *= 1.0 + 1.25 * higher**1.5 * x * x * x * math.exp(-d_m / 150.0)
    return min(p, 1.0)


@njit(nogil=True, cache=True)
def uma_db(f_mhz, d_m, hb_m, hm_m):
    """TR 38.901 UMa, mean over line of sight and none."""
    p = uma_p_los(d_m, hm_m)
    return p * uma_los_db(f_mhz, d_m, hb_m, hm_m) + (1.0 - p) * uma_nlos_db(f_mhz, d_m, hb_m, hm_m)


@njit(nogil=True, cache=True)
def short_range_db(f_mhz, d_m, hb_m, hm_m, environment):
    """Loss within 1 km of a site below 2.2 GHz: UMa in towns, RMa elsewhere."""
    if environment == URBAN:
        return uma_db(f_mhz, d_m, hb_m, hm_m)
    return rma_db(f_mhz, d_m, hb_m, hm_m)


@njit(nogil=True, cache=True)
def median_loss_db(f_mhz, d_m, hb_m, hm_m, environment):
    """Median loss that the maps use; it never falls with distance and never lies below free space.

    Up to 1.5 GHz Okumura-Hata, to 2.2 GHz COST 231-Hata, both not below what TR 38.901 gives at the same distance or,
    farther away, at 1 km, where Hata's range begins. Above 2.2 GHz TR 38.901 at every distance: RMa in open country, UMa
    in suburbs and towns. TR 38.901 enters as the mean over line of sight and none.
    """
    floor = free_space_db(f_mhz, _slant_m(d_m, hb_m, hm_m) / 1000.0)
    if f_mhz > COST231_UP_TO_MHZ:
        if environment == OPEN:
            return max(floor, rma_db(f_mhz, d_m, hb_m, hm_m))
        return max(floor, uma_db(f_mhz, d_m, hb_m, hm_m))
    if f_mhz > HATA_UP_TO_MHZ:
        loss = cost231_db(f_mhz, d_m / 1000.0, hb_m, hm_m, environment)
    else:
        loss = hata_db(f_mhz, d_m / 1000.0, hb_m, hm_m, environment)
    near = short_range_db(f_mhz, min(d_m, HATA_FROM_M), hb_m, hm_m, environment)
    return max(floor, loss, near)


@njit(nogil=True, cache=True)
def knife_edge_db(nu):
    """Loss J of a single knife edge; 0 where the path is clear (P.1812, 4.3)."""
    if nu <= -0.78:
        return 0.0
    x = nu - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(x * x + 1.0) + x)


@njit(nogil=True, cache=True)
def bullington_db(distance_m, height_m, base_m, mobile_m, f_mhz):
    """Loss by terrain over free space: Bullington's construction of P.1812, 4.3.1.

    Parameters
    ----------
    distance_m : (points,) float
        Distances from the base, rising, first and last at the two ends.
    height_m : (points,) float
        Terrain there, above sea level; the two ends are not obstacles.
    base_m, mobile_m
        Antennas, above sea level.
    f_mhz
        Frequency.

    Returns
    -------
    float
        dB, at least 0.
    """
    last = distance_m.size - 1
    d = distance_m[last] / 1000.0
    if last < 2 or d <= 0.0:
        return 0.0
    curve = 500.0 / EARTH_RADIUS_KM
    wavelength_m = C_M_S / (f_mhz * 1e6)
    slope_base = -np.inf
    slope_mobile = -np.inf
    for i in range(1, last):
        di = distance_m[i] / 1000.0
        if not 0.0 < di < d:
            continue
        bulge = height_m[i] + curve * di * (d - di)
        slope_base = max(slope_base, (bulge - base_m) / di)
        slope_mobile = max(slope_mobile, (bulge - mobile_m) / (d - di))
    slope = (mobile_m - base_m) / d
    nu = -np.inf
    if slope_base < slope:
        for i in range(1, last):
            di = distance_m[i] / 1000.0
            if not 0.0 < di < d:
                continue
            clear = height_m[i] + curve * di * (d - di) - (base_m * (d - di) + mobile_m * di) / d
            nu = max(nu, clear * math.sqrt(0.002 * d / (wavelength_m * di * (d - di))))
    elif slope_base + slope_mobile <= 0.0:
        nu = 0.0  # the line just touches the ground
    else:
        # The edge lies between the points that are touched; rounding must not put it on an antenna.
        db = (mobile_m - base_m + slope_mobile * d) / (slope_base + slope_mobile)
        db = min(max(db, distance_m[1] / 1000.0), distance_m[last - 1] / 1000.0)
        above = base_m + slope_base * db - (base_m * (d - db) + mobile_m * db) / d
        nu = above * math.sqrt(0.002 * d / (wavelength_m * db * (d - db)))
    edge = knife_edge_db(nu)
    return edge + (1.0 - math.exp(-edge / 6.0)) * (10.0 + 0.02 * d)


@njit(nogil=True, cache=True)
def terrain_loss_db(distance_m, height_m, hb_m, hm_m, f_mhz, environment, clutter_db):
    """Median loss over a terrain profile: the larger of the empirical model and of free space, terrain and clutter.

    The larger and not the sum, because the average terrain is already inside the empirical models.

    Parameters
    ----------
    distance_m, height_m, f_mhz
        As for `bullington_db`.
    hb_m, hm_m
        Antennas, above ground.
    environment
        0 open, 1 suburban, 2 urban, at the mobile.
    clutter_db
        Loss by what stands around the mobile.
    """
    last = distance_m.size - 1
    d_m = distance_m[last]
    base_m = height_m[0] + hb_m
    mobile_m = height_m[last] + hm_m
    free = free_space_db(f_mhz, _slant_m(d_m, base_m, mobile_m) / 1000.0)
    terrain = bullington_db(distance_m, height_m, base_m, mobile_m, f_mhz)
    return max(median_loss_db(f_mhz, d_m, hb_m, hm_m, environment), free + terrain + clutter_db)
