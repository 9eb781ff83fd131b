"""Terrain along rays from a cell: for every point the loss over free space, in one sweep outward.

Bullington's construction (P.1812, 4.3.1) needs the steepest slope from the base to any point of the profile, and from the
mobile to any point. In heights less half the square of the distance over the Earth's radius the bulge of the Earth drops out
of both, so that the first is a running maximum and the second a tangent from the mobile to the upper convex hull of the points
between, which a stack keeps and a binary search finds. A point costs the logarithm of the hull's size, instead of the length
of its profile. The result is that of `ew4all.coverage.propagation.loss_kernels.bullington_db` on the same points.

In line of sight the edge is sought point by point, but only where it can matter: without an edge above the line the loss is at
most 12.4 dB, mostly less than what buildings and ground take in any case.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ew4all.coverage.propagation.loss_kernels import C_M_S, EARTH_RADIUS_KM, knife_edge_db

__all__ = ["SIGHT_AT_MOST_DB", "sample_heights", "sweep"]

SIGHT_AT_MOST_DB = 12.4
MOST_DB = 120.0


@njit(nogil=True, cache=True)
def sample_heights(heights, column, row, out):
    """Look heights up along rays whose places are known at three distances: 0, half way and at the end.

    Parameters
    ----------
    heights : (rows, columns) float32
        NaN where nothing is known.
    column, row : (rays, 3) float64
        Places in pixels of `heights`; a parabola goes through the three.
    out : (rays, samples + 1) float32
        Heights at equal distances, the first at the base.
    """
    rays, points = out.shape
    for ray in range(rays):
        c0, c1, c2 = column[ray, 0], column[ray, 1], column[ray, 2]
        r0, r1, r2 = row[ray, 0], row[ray, 1], row[ray, 2]
        for k in range(points):
            t = k / (points - 1.0)
            w0 = (2.0 * t - 1.0) * (t - 1.0)
            w1 = 4.0 * t * (1.0 - t)
            w2 = t * (2.0 * t - 1.0)
            x = c0 * w0 + c1 * w1 + c2 * w2 - 0.5
            y = r0 * w0 + r1 * w1 + r2 * w2 - 0.5
            out[ray, k] = _between(heights, x, y)


@njit(nogil=True, cache=True)
def _between(heights, x, y):
    """Height between four centres; that of the nearest where one of them is unknown, NaN beyond the raster."""
    rows, columns = heights.shape
    if not (-0.5 <= x <= columns - 0.5 and -0.5 <= y <= rows - 0.5):
        return np.float32(np.nan)
    i = min(max(int(math.floor(y)), 0), max(rows - 2, 0))
    j = min(max(int(math.floor(x)), 0), max(columns - 2, 0))
    u = np.float32(min(max(y - i, 0.0), 1.0))
    v = np.float32(min(max(x - j, 0.0), 1.0))
    i1 = min(i + 1, rows - 1)
    j1 = min(j + 1, columns - 1)
    one = np.float32(1.0)
    found = (heights[i, j] * (one - v) + heights[i, j1] * v) * (one - u) + (
        heights[i1, j] * (one - v) + heights[i1, j1] * v
    ) * u
    if not math.isnan(found):
        return found
    return heights[i1 if u > 0.5 else i, j1 if v > 0.5 else j]


@njit(nogil=True, cache=True)
def _loss_db(nu, d):
    edge = knife_edge_db(nu)
    return edge + (1.0 - math.exp(-edge / 6.0)) * (10.0 + 0.02 * d)


@njit(nogil=True, cache=True)
def _edge_in_sight(flat, upto, g_base, g_mobile, d, step, wavelength_m):
    """Largest parameter of an edge below the line of sight."""
    nu = -np.inf
    slope = (g_mobile - g_base) / d
    for i in range(1, upto):
        g = flat[i]
        if math.isnan(g):
            continue
        di = i * step
        clear = g - (g_base + slope * di)
        nu = max(nu, clear * math.sqrt(0.002 * d / (wavelength_m * di * (d - di))))
    return nu


@njit(nogil=True, cache=True)
def sweep(heights, step_m, base_m, mobile_m, f_mhz, slack_db, units, out):
    """Loss by terrain over free space for every point of every ray.

    Parameters
    ----------
    heights : (rays, samples + 1) float32
        Terrain above sea level at equal distances, the first at the base. A point without a height is no obstacle, and a
        mobile there loses nothing.
    step_m : float
        From one point to the next.
    base_m, mobile_m : float
        Antennas above ground.
    f_mhz : float
        Frequency.
    slack_db : (samples + 1,) float64
        What everybody at a distance loses over free space in any case: less terrain than that need not be known.
    units : float
        Units of `out` in a decibel.
    out : (rays, samples + 1) int16
        Loss over free space between antennas at equal ground heights, 0 at the base and its neighbour.
    """
    rays, points = heights.shape
    step = step_m / 1000.0
    curve = 500.0 / EARTH_RADIUS_KM
    wavelength_m = C_M_S / (f_mhz * 1e6)
    flat = np.empty(points)
    hull = np.empty(points, np.int64)
    level = base_m - mobile_m
    for ray in range(rays):
        ground = heights[ray, 0]
        out[ray, :] = 0
        if math.isnan(ground):
            continue
        g_base = ground + base_m
        size = 0
        s_base = -np.inf
        for k in range(1, points):
            d = k * step
            h = np.float64(heights[ray, k])
            flat[k] = h - curve * d * d
            if math.isnan(h):
                continue
            if size > 0:
                g = flat[k] + mobile_m
                s_line = (g - g_base) / d
                # The mobile and the base may stand at very different heights.
                drop = g_base - (h + mobile_m)
                farther = 0.0
                if abs(drop) > 0.05 * d * 1000.0:
                    d_m = d * 1000.0
                    farther = 10.0 * math.log10(
                        (d_m * d_m + drop * drop) / (d_m * d_m + level * level)
                    )
                if s_base < s_line:
                    loss = 0.0
                    if SIGHT_AT_MOST_DB + 0.013 * d + farther > slack_db[k]:
                        nu = _edge_in_sight(flat, k, g_base, g, d, step, wavelength_m)
                        loss = _loss_db(nu, d)
                else:
                    low = 0
                    high = size - 1
                    while low < high:
                        middle = (low + high) // 2
                        i = hull[middle]
                        j = hull[middle + 1]
                        if (flat[i] - g) * (k - j) > (flat[j] - g) * (k - i):
                            high = middle
                        else:
                            low = middle + 1
                    i = hull[low]
                    s_mobile = (flat[i] - g) / (d - i * step)
                    if s_base + s_mobile <= 0.0:
                        nu = 0.0
                    else:
                        db = (g - g_base + s_mobile * d) / (s_base + s_mobile)
                        above = db * (s_base - s_line)
                        nu = above * math.sqrt(0.002 * d / (wavelength_m * db * (d - db)))
                    loss = _loss_db(nu, d)
                out[ray, k] = np.int16(min(max(loss + farther, 0.0), MOST_DB) * units + 0.5)
            s_base = max(s_base, (flat[k] - g_base) / d)
            while size > 1:
                i = hull[size - 2]
                j = hull[size - 1]
                if (flat[j] - flat[i]) * (k - i) <= (flat[k] - flat[i]) * (j - i):
                    size -= 1
                else:
                    break
            hull[size] = k
            size += 1
