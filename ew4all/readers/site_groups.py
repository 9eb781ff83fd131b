"""Which cells stand on one site, and where it is: by the eNodeB, by the name of the site, else by distance.

Positions of crowd-sourced lists are averages of where phones were, which lie tens to hundreds of metres from the antenna.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from ew4all.grid import GEOID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.units import F64, I32

__all__ = ["SAME_MAST_M", "SITE_DISTANCE_M", "SPREAD_KM", "Sited", "azimuths", "put_on_sites"]

SITE_DISTANCE_M: Final = 100.0
"""Cells of one network at most so far apart share a site, unless the list names sites (radio.md 2.4: 50 to 150 m)."""

SAME_MAST_M: Final = 25.0
"""Sites of different networks at most so far apart are one place with one power supply; chosen for this project."""

SPREAD_KM: Final = 5.0
"""A cell farther than this from the middle of its eNodeB's or site's cells stands elsewhere; chosen for this project."""

_LOW_WEIGHT = 0.25
_KM_PER_DEG = 111.195
_AZIMUTH_FROM_M = 100.0
_AZIMUTH_SAMPLES = 10.0


class Sited(NamedTuple):
    """Site of each cell, its place, the number of cells that stand elsewhere than their group, and each site's first cell."""

    site: I32
    lon_deg: F64
    lat_deg: F64
    stray: int
    leader: NDArray[np.intp]


def put_on_sites(
    lon: F64,
    lat: F64,
    group: NDArray[np.int64],
    network: NDArray[np.int64],
    samples: F64,
    *,
    is_named: bool,
    distance_m: float = SITE_DISTANCE_M,
) -> Sited:
    """Put cells on sites.

    Parameters
    ----------
    lon, lat
        Places of the cells, degrees.
    group
        Number of the eNodeB or named site, -1 for cells without one.
    network
        Number of the network (operator) of each cell.
    samples
        Measurements behind each place; places with fewer than 2 weigh little. NaN: 1.
    is_named
        The list names its sites: only those at one place are merged.
    """
    weight = np.where(np.nan_to_num(samples, nan=2.0) < 2.0, _LOW_WEIGHT, np.nan_to_num(samples, nan=2.0))  # fmt: skip
    own = np.arange(lon.size) + int(group.max(initial=-1)) + 1
    label = np.where(group < 0, own, group)
    _, node = np.unique(label, return_inverse=True)
    x, y = _medians(lon, node), _medians(lat, node)
    _, _, away = GEOID.inv(lon, lat, x[node], y[node])
    stray = np.asarray(away) > 1000.0 * SPREAD_KM
    label = np.where(stray, own, label)
    _, node = np.unique(label, return_inverse=True)
    if not is_named:
        node = _gathered(lon, lat, node, weight, distance_m, network)
    node = _gathered(lon, lat, node, weight, SAME_MAST_M, None)
    _, first, site = np.unique(node, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.intp)
    rank[np.argsort(first)] = np.arange(first.size)
    site = rank[site.ravel()]
    x, y = _means(lon, lat, site, weight)
    return Sited(site.astype(np.int32), x[site], y[site], int(stray.sum()), np.sort(first))


def _medians(values: F64, node: NDArray[np.intp]) -> F64:
    order = np.lexsort((values, node))
    count = np.bincount(node)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    return values[order][start + (count - 1) // 2]


def _means(lon: F64, lat: F64, node: NDArray[np.intp], weight: F64) -> tuple[F64, F64]:
    total = np.bincount(node, weight)
    # From the first place of each site, so that the antimeridian does not fall between.
    first = np.unique(node, return_index=True)[1]
    step = (lon - lon[first][node] + 180.0) % 360.0 - 180.0
    x = lon[first] + np.bincount(node, weight * step) / total
    x = (x + 180.0) % 360.0 - 180.0
    y = lat[first] + np.bincount(node, weight * (lat - lat[first][node])) / total
    return x, y


def _gathered(
    lon: F64,
    lat: F64,
    node: NDArray[np.intp],
    weight: F64,
    distance_m: float,
    network: NDArray[np.int64] | None,
) -> NDArray[np.intp]:
    """Merge nodes that lie near a heavier one, of the same network if given; no chains: only its own neighbours."""
    _, first, node = np.unique(node, return_index=True, return_inverse=True)
    node = node.ravel()
    count = first.size
    x, y = _means(lon, lat, node, weight)
    total = np.bincount(node, weight)
    of = np.zeros(count, np.int64) if network is None else network[first]
    high = distance_m / 1000.0 / _KM_PER_DEG * 1.01
    wide = high / np.maximum(np.cos(np.radians(y)), 0.01)
    tree = shapely.STRtree(shapely.points(x, y))
    here, there = tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
    pairs = (here != there) & (of[here] == of[there])
    here, there = here[pairs], there[pairs]
    _, _, away = GEOID.inv(x[here], y[here], x[there], y[there])
    near = np.asarray(away) <= distance_m
    here, there = here[near], there[near]
    order = np.argsort(here, kind="stable")
    here, there = here[order], there[order]
    start = np.searchsorted(here, np.arange(count + 1))
    leader = np.full(count, -1, np.intp)
    # Of the same weight, by place: the order of the rows decides nothing.
    for k in np.lexsort((np.round(y, 9), np.round(x, 9), -total)).tolist():
        if leader[k] >= 0:
            continue
        leader[k] = k
        around = there[start[k] : start[k + 1]]
        leader[around[leader[around] < 0]] = k
    return leader[node]


def azimuths(lon: F64, lat: F64, sited: Sited, group: NDArray[np.int64], samples: F64) -> F64:
    """Guess the direction of sectors of one eNodeB: from its site to where phones were served.

    NaN for cells whose phones were within 100 m, with fewer than 10 samples, or on an eNodeB of fewer than three cells: the
    middle of two lies between them, whatever their directions (radio.md 2.4).
    """
    bearing, _, away = GEOID.inv(sited.lon_deg, sited.lat_deg, lon, lat)
    away = np.asarray(away)
    several = np.zeros(lon.size, np.bool_)
    grouped = group >= 0
    several[grouped] = np.bincount(group[grouped])[group[grouped]] > 2
    known = several & (away > _AZIMUTH_FROM_M) & (away <= 1000.0 * SPREAD_KM)
    known &= np.nan_to_num(samples) >= _AZIMUTH_SAMPLES
    return np.where(known, np.asarray(bearing) % 360.0, np.nan)
