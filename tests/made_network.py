"""A network as in the synthetic experiment of the radio planning note (3.4): sites on a hexagonal lattice, three sectors each.

What the note says: Hata suburban at 800 MHz, shadowing of 8 dB that is not correlated in space but half shared by the
sectors of a site, a circular target, uniform people. What it does not say was inferred from the counts of its table:
sites up to five spacings beyond the target's box, places up to four, and a site near the middle of the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.targeting import CellSums, PlaceBlock, Served, sum_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Experiment", "experiment"]

SIGMA_DB = 8.0
JITTER = 0.12
"""Standard deviation of a site's place along each axis, in spacings: inferred."""
PLACES = 160
"""Places along each side of the domain: inferred."""
LEVEL_DB = -115.0
"""Level of a 4G signal that counts: that of the radii worked out in the note (2.1)."""


@dataclass(frozen=True)
class Experiment:
    """One seed: what each cell serves, which sites stand in the target, which cells can be decoded there."""

    sums: CellSums
    site_inside: NDArray[np.bool_]
    touches: NDArray[np.bool_]
    covered_inside: float
    target_area: float


def hata_suburban_800(distance_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Loss, dB: 800 MHz, antenna at 30 m, phone at 1.5 m."""
    lf, lb = np.log10(800.0), np.log10(30.0)
    a = (1.1 * lf - 0.7) * 1.5 - (1.56 * lf - 0.8)
    at_1_km = 69.55 + 26.16 * lf - 13.82 * lb - a - 2.0 * np.log10(800.0 / 28.0) ** 2 - 5.4
    slope = np.float32(44.9 - 6.55 * lb)
    far = np.maximum(distance_m, np.float32(50.0))
    return np.float32(at_1_km) + slope * np.log10(far / np.float32(1000.0))


def experiment(spacing_m: float, radius_m: float, seed: int) -> Experiment:
    """Draw a network and its shadowing, and find the best server of every place."""
    rng = np.random.default_rng(seed)
    x, y = _sites(spacing_m, radius_m + 5.0 * spacing_m, rng)
    turn = rng.uniform(0.0, 2.0 * np.pi / 3.0)
    half = radius_m + 4.0 * spacing_m
    side = 2.0 * half / PLACES
    axis = (-half + side * (np.arange(PLACES) + 0.5)).astype(np.float32)
    px, py = np.meshgrid(axis, axis)
    inside = np.hypot(px, py) <= radius_m
    best = np.full(px.shape, -np.inf, np.float32)
    server = np.full(px.shape, -1, np.int32)
    touches = np.zeros(3 * x.size, np.bool_)
    for s in range(x.size):
        dx, dy = px - np.float32(x[s]), py - np.float32(y[s])
        median = _EIRP_DB - hata_suburban_800(np.hypot(dx, dy))
        bearing = np.arctan2(dy, dx)
        shared = rng.standard_normal(px.shape, np.float32)
        for k in range(3):
            away = np.degrees(
                (bearing - turn - 2.0 * np.pi * k / 3.0 + np.pi) % (2.0 * np.pi) - np.pi
            )
            own = rng.standard_normal(px.shape, np.float32)
            shadow = np.float32(SIGMA_DB * np.sqrt(0.5)) * (shared + own)
            level = median - np.minimum(12.0 * (away / 65.0) ** 2, 20.0).astype(np.float32)
            level = level + shadow
            touches[3 * s + k] = bool((level[inside] >= LEVEL_DB).any())
            higher = level > best
            server[higher] = 3 * s + k
            best[higher] = level[higher]
    covered = best >= LEVEL_DB
    people = np.ones(px.shape)
    place = PlaceBlock.of(
        people,
        inside.astype(float),
        np.full(px.shape, side**2 / 1e6),
        (Served(server[None], covered[None].astype(np.float32)),),
    )
    sums = sum_cells(None, [place], 3 * x.size)
    return Experiment(
        sums=sums,
        site_inside=np.repeat(np.hypot(x, y) <= radius_m, 3),
        touches=touches,
        covered_inside=float(sums.inside.sum()),
        target_area=float(inside.sum()),
    )


_EIRP_DB = np.float32(46.0 - 10.0 * np.log10(600.0) + 17.0 - 2.0)


def _sites(
    spacing_m: float, half: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = int(half / spacing_m) + 2
    col, row = np.meshgrid(np.arange(-2 * n, 2 * n + 1), np.arange(-2 * n, 2 * n + 1))
    x = (col + 0.5 * (row % 2)) * spacing_m
    y = row * spacing_m * np.sqrt(0.75)
    x, y = (v + rng.normal(0.0, JITTER * spacing_m, v.shape) for v in (x, y))
    keep = (np.abs(x) <= half) & (np.abs(y) <= half)
    return x[keep], y[keep]
