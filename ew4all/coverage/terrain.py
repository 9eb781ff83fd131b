"""Terrain heights, and what they take from the signal of a cell along rays in all directions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj import Transformer

from ew4all.coverage.signal_kernels import RADIALS, UNITS_PER_DB
from ew4all.coverage.signal_tables import direction_angles_deg, step_distances_m
from ew4all.coverage.terrain_kernels import sample_heights, sweep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.placement import Placed
    from ew4all.grid import Block, Grid
    from ew4all.units import F32, F64, I32

__all__ = ["Terrain"]

_CACHE_BYTES: Final = 192 << 20


@dataclass(frozen=True, eq=False)
class Terrain:
    """Heights above sea level.

    Attributes
    ----------
    heights
        Shape (rows, columns), metres; NaN where nothing is known. There nothing stands in the way, and a phone there loses
        nothing to terrain.
    grid
        Their grid, in any CRS.
    step_m
        From point to point along a ray.
    """

    heights: F32
    grid: Grid
    step_m: float = 100.0
    _kept: OrderedDict[tuple[float, ...], NDArray[np.int16]] = field(
        default_factory=OrderedDict, repr=False
    )
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def at(self, lon_deg: F64, lat_deg: F64) -> F64:
        """Return the height at places; NaN where nothing is known."""
        column, row = self._pixels(
            Transformer.from_crs(4326, self.grid.crs, always_xy=True), lon_deg, lat_deg
        )
        out = np.full(column.size, np.nan)
        inside = (column >= 0) & (row >= 0) & (column < self.grid.width) & (row < self.grid.height)
        out[inside] = self.heights[row[inside].astype(int), column[inside].astype(int)]
        return out

    def missing_share(self, grid: Grid, block: Block) -> float:
        """Return the share of a block's pixels, or of a sample of them, of which no height is known."""
        rows = np.linspace(block.row0 + 0.5, block.row1 - 0.5, min(block.shape[0], 64))
        columns = np.linspace(block.col0 + 0.5, block.col1 - 0.5, min(block.shape[1], 64))
        c, r = (v.ravel() for v in np.meshgrid(columns, rows))
        lon, lat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(*grid.xy(c, r))
        return float(np.isnan(self.at(np.asarray(lon), np.asarray(lat))).mean())

    def profiles(
        self, placed: Placed, some: NDArray[np.int64]
    ) -> tuple[NDArray[np.int16], I32, I32]:
        """Return the losses along rays from some places, the row of each of them, and places along a ray.

        Returns
        -------
        polar : (profiles, RADIALS * samples)
        polar_of : (some,)
        sample : (STEPS,)
            For each entry of a table over the squared distance.
        """
        samples = int(np.ceil(placed.reach_m.max(initial=0.0) / self.step_m)) + 1
        distance, _ = step_distances_m()
        sample = np.minimum(np.round(distance / self.step_m), samples).astype(np.int32)
        rows: dict[tuple[float, ...], int] = {}
        of = np.empty(some.size, np.int32)
        found: list[NDArray[np.int16]] = []
        for k, number in enumerate(some):
            key = (
                placed.column[number],
                placed.row[number],
                float(round(placed.height_m[number])),
                float(round(placed.frequency_mhz[number])),
                placed.reach_m[number],
            )
            if key not in rows:
                rows[key] = len(found)
                found.append(self._profile(placed, int(number), key, samples))
            of[k] = rows[key]
        return np.stack(found) if found else np.zeros((1, RADIALS), np.int16), of, sample

    def _profile(
        self, placed: Placed, number: int, key: tuple[float, ...], samples: int
    ) -> NDArray[np.int16]:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._swept(placed, number, samples)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) * made.nbytes > _CACHE_BYTES:
                self._kept.popitem(last=False)
        return made

    def _swept(self, placed: Placed, number: int, samples: int) -> NDArray[np.int16]:
        """Sweep from one place; out to its own reach only."""
        own = min(samples, int(np.ceil(placed.reach_m[number] / self.step_m)) + 1)
        length_m = own * self.step_m
        column, row = _rays(placed, number, length_m)
        to_heights = Transformer.from_crs(placed.grid.crs, self.grid.crs, always_xy=True)
        c, r = self._pixels(to_heights, *placed.grid.xy(column.ravel(), row.ravel()))
        heights = np.empty((RADIALS, own + 1), np.float32)
        shape = (RADIALS, 3)
        sample_heights(self.heights, c.reshape(shape), r.reshape(shape), heights)
        out = np.zeros((RADIALS, samples + 1), np.int16)
        part = np.empty((RADIALS, own + 1), np.int16)
        slack = placed.slack_db(number, np.arange(own + 1, dtype=np.float64) * self.step_m)
        sweep(
            heights, self.step_m, float(round(placed.height_m[number])), placed.mobile_m,
            float(round(placed.frequency_mhz[number])), slack, float(UNITS_PER_DB), part,
        )  # fmt: skip
        out[:, : own + 1] = part
        return out.ravel()

    def _pixels(self, transformer: Transformer, x: F64, y: F64) -> tuple[F64, F64]:
        there_x, there_y = (
            np.asarray(v, np.float64) for v in transformer.transform(x, y, errcheck=False)
        )
        if self.grid.is_geographic:
            west, _, east, _ = self.grid.bounds
            there_x = there_x - 360.0 * np.round((there_x - 0.5 * (west + east)) / 360.0)
        a, b, c, d, e, f = self.grid.inverse
        column, row = a * there_x + b * there_y + c, d * there_x + e * there_y + f
        known = np.isfinite(column) & np.isfinite(row)
        return np.where(known, column, -1e9), np.where(known, row, -1e9)


def _rays(placed: Placed, number: int, length_m: float) -> tuple[F64, F64]:
    """Return columns and rows of the population grid at the base, half way and at the end of each ray, shape (rays, 3)."""
    each = direction_angles_deg().size // RADIALS
    angle = np.radians(direction_angles_deg().reshape(RADIALS, each).mean(axis=1))
    metric, frame = placed.metric, placed.frame[number : number + 1].repeat(RADIALS)
    column, row = (
        np.full((RADIALS, 3), placed.column[number]),
        np.full((RADIALS, 3), placed.row[number]),
    )
    for k, share in ((1, 0.5), (2, 1.0)):
        east, north = share * length_m * np.cos(angle), share * length_m * np.sin(angle)
        down = np.zeros(RADIALS)
        for _ in range(3):  # the metric is that of the middle of both ends
            a, shift, b = metric.at(frame, placed.row[number] + 0.5 * down)
            down = -metric.up * north / np.sqrt(b)
        row[:, k] += down
        column[:, k] += east / np.sqrt(a) - shift * down
    return column, row
