"""Compiled loops that lay out a transport network where none is given. Plain arrays in, `out` last."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["attach", "crowds", "gather", "great_circle_km", "spanning"]

_EARTH_KM = 6371.0088


@njit(nogil=True, cache=True)
def great_circle_km(lon_a, lat_a, lon_b, lat_b):
    """Distance of two places in degrees on a sphere of the mean radius; within 0.6 % of the geodesic."""
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    s = math.sin((phi_b - phi_a) / 2.0)
    t = math.sin(math.radians(lon_b - lon_a) / 2.0)
    return (
        2.0
        * _EARTH_KM
        * math.asin(min(1.0, math.sqrt(s * s + math.cos(phi_a) * math.cos(phi_b) * t * t)))
    )


@njit(nogil=True, cache=True)
def crowds(lon, lat, radius_km, out):
    """Write how many sites lie within `radius_km` of each, itself included."""
    n = lon.size
    # Chords between unit vectors: 30 times as quick as a haversine for each pair.
    xyz = np.empty((n, 3))
    for i in range(n):
        phi, lam = math.radians(lat[i]), math.radians(lon[i])
        xyz[i, 0] = math.cos(phi) * math.cos(lam)
        xyz[i, 1] = math.cos(phi) * math.sin(lam)
        xyz[i, 2] = math.sin(phi)
    half = math.sin(min(0.5 * radius_km / _EARTH_KM, 0.5 * math.pi))
    limit = 4.0 * half * half
    out[:] = 1
    for i in range(n):
        for j in range(i):
            dx, dy, dz = xyz[i, 0] - xyz[j, 0], xyz[i, 1] - xyz[j, 1], xyz[i, 2] - xyz[j, 2]
            if dx * dx + dy * dy + dz * dz <= limit:
                out[i] += 1
                out[j] += 1


@njit(nogil=True, cache=True)
def gather(lon, lat, order, size, out):
    """Write which sites are hubs: in `order`, each that is free takes its nearest size - 1 free sites with it."""
    n = lon.size
    taken = np.zeros(n, np.bool_)
    far = np.empty(n)
    out[:] = False
    for hub in order:
        if taken[hub]:
            continue
        taken[hub] = True
        out[hub] = True
        for j in range(n):
            far[j] = np.inf if taken[j] else great_circle_km(lon[hub], lat[hub], lon[j], lat[j])
        for _ in range(size - 1):
            best = np.argmin(far)
            if far[best] == np.inf:
                break
            taken[best] = True
            far[best] = np.inf


@njit(nogil=True, cache=True)
def attach(lon, lat, hubs, on_fibre, fibre_km, chain_hops, parent, kind):
    """Write for each site the node that it hangs on (-1: it is a hub) and whether by fibre (0) or microwave (1).

    A site belongs to its nearest hub. With fibre it hangs on the hub; otherwise on the nearest node of that hub which is nearer
    to it and has fewer than `chain_hops` microwave hops behind it.
    """
    n = lon.size
    owner = np.empty(n, np.int64)
    far = np.zeros(n)
    hops = np.zeros(n, np.int64)
    is_hub = np.zeros(n, np.bool_)
    for h in hubs:
        is_hub[h] = True
    for i in range(n):
        owner[i], far[i] = i, np.inf
        if is_hub[i]:
            far[i] = 0.0
            continue
        for h in hubs:
            d = great_circle_km(lon[i], lat[i], lon[h], lat[h])
            if d < far[i]:
                owner[i], far[i] = h, d
    # Hub by hub, from the hub outwards.
    inwards = np.argsort(far, kind="mergesort")
    order = inwards[np.argsort(owner[inwards], kind="mergesort")]
    start = 0
    for k in range(n):
        i = order[k]
        if owner[i] != owner[order[start]]:
            start = k
        if is_hub[i]:
            parent[i], kind[i] = -1, 0
        elif on_fibre[i] or far[i] <= fibre_km:
            parent[i], kind[i] = owner[i], 0
        else:
            best, nearest = owner[i], far[i]
            for m in range(start, k):
                j = order[m]
                if hops[j] < chain_hops:
                    d = great_circle_km(lon[i], lat[i], lon[j], lat[j])
                    if d < nearest:
                        best, nearest = j, d
            parent[i], kind[i] = best, 1
            hops[i] = hops[best] + 1


@njit(nogil=True, cache=True)
def spanning(lon, lat, out):
    """Write for each node but the first the one that it joins in the shortest tree (Prim); shape (nodes,), -1 for the first."""
    n = lon.size
    out[:] = -1
    near = np.full(n, np.inf)
    inside = np.zeros(n, np.bool_)
    now = 0
    for _ in range(n - 1):
        inside[now] = True
        for j in range(n):
            if not inside[j]:
                d = great_circle_km(lon[now], lat[now], lon[j], lat[j])
                if d < near[j]:
                    near[j] = d
                    out[j] = now
        near[now] = np.inf
        now = int(np.argmin(near))
