"""Where the people of an exercise live, pixel by pixel, and in squares that a map can show. Runs in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.coverage.exposure import Fractions
from ew4all.geometry import ragged
from ew4all.grid import lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.exercises.worlds import Worlds
    from ew4all.grid import Block, Grid

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

__all__ = ["PeopleMap", "Squares"]

MOST_SQUARES: Final = 2000
_SIDE: Final = 512
_EARTH_M_PER_DEG: Final = 111_320.0


@dataclass(frozen=True, eq=False)
class Squares:
    """Squares in which somebody lives; arrays of shape (squares,).

    Attributes
    ----------
    side_m
        Their side, about.
    zone
        Index of the zone of most of their pixels.
    at_risk
        People at risk.
    """

    side_m: float
    lon: F64
    lat: F64
    people: F64
    at_risk: F64
    zone: I64


class PeopleMap:
    """Pixels in which somebody lives; arrays of shape (pixels,).

    Attributes
    ----------
    row, col
        Of the grid on which people are folded.
    at_risk
        Share of each pixel at risk.
    zone
        Index of the zone that holds most of it.
    """

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        inputs = worlds.inputs
        self.grid: Grid = inputs.ground.division.grid
        parts = [p for block in inputs.ground.blocks(_SIDE, _SIDE) for p in self._of_block(block)]
        columns = list(zip(*parts, strict=True)) if parts else [[np.empty(0)]] * 5
        self.row, self.col = (np.concatenate(c).astype(np.int64) for c in columns[:2])
        self.people, self.at_risk = (np.concatenate(c).astype(np.float64) for c in columns[2:4])
        self.zone = np.concatenate(columns[4]).astype(np.int64)
        x, y = self.grid.xy(self.col.astype(np.float64) + 0.5, self.row.astype(np.float64) + 0.5)
        self.lon, self.lat = (
            np.asarray(v, np.float64) for v in lonlat(self.grid.crs).transform(x, y)
        )

    def _of_block(self, block: Block) -> list[tuple[Any, ...]]:
        inputs = self.worlds.inputs
        people = np.nan_to_num(inputs.ground.people.read(block)).sum(axis=0)
        row, col = np.nonzero(people > 0.0)
        if not row.size:
            return []
        study = inputs.study
        risk = np.ones(block.shape)
        if inputs.ground.risk is not None:
            risk = np.nan_to_num(inputs.ground.risk.read(block))
        elif study.hazard is not None:
            risk = self.fraction(study.hazard, block)
        zone = np.full(block.shape, len(inputs.zones) - 1)
        best = np.zeros(block.shape)
        for k, shape in enumerate(study.zone_shapes):
            if shape is None or not self._meets(shape, block):
                continue
            share = self.fraction(shape, block)
            zone[share > best] = k
            best = np.maximum(best, share)
        return [
            (row + block.row0, col + block.col0, people[row, col], risk[row, col], zone[row, col])
        ]

    def fraction(self, shape: BaseGeometry, block: Block) -> F64:
        """Return the share of each pixel of a block in a shape, which is in the CRS of the grid."""
        found: F64 = np.clip(Fractions.of(ragged([shape]), self.grid).read(block), 0.0, 1.0)
        return found

    def inside(self, shape: BaseGeometry) -> F64:
        """Return the share of each pixel with people in a shape, which is in the CRS of the grid."""
        out = np.zeros(self.row.size)
        window = self.grid.block_of_bounds(shape.bounds)
        if window is None:
            return out
        fractions = Fractions.of(ragged([shape]), self.grid)
        here = (
            (self.row >= window.row0) & (self.row < window.row1) & (self.col >= window.col0) & (self.col < window.col1)
        )  # fmt: skip
        at = np.flatnonzero(here)
        if not at.size:
            return out
        # By stripes, so that a drawing over a large country takes little memory.
        for first in range(window.row0, window.row1, _SIDE):
            last = min(first + _SIDE, window.row1)
            some = at[(self.row[at] >= first) & (self.row[at] < last)]
            if some.size:
                block = type(window)(first, last, window.col0, window.col1)
                part = fractions.read(block)
                out[some] = part[self.row[some] - first, self.col[some] - window.col0]
        return np.clip(out, 0.0, 1.0)

    def _meets(self, shape: BaseGeometry, block: Block) -> bool:
        window = self.grid.block_of_bounds(shape.bounds)
        return window is not None and (
            window.row0 < block.row1 and block.row0 < window.row1 and window.col0 < block.col1 and block.col0 < window.col1
        )  # fmt: skip

    def squares(self) -> Squares:
        """Return squares of pixels, as small as `MOST_SQUARES` allow."""
        side = 1
        while True:
            code = (self.row // side) * (self.grid.width // side + 1) + self.col // side
            codes, of = np.unique(code, return_inverse=True)
            if codes.size <= MOST_SQUARES:
                break
            side = max(side + 1, int(side * np.sqrt(codes.size / MOST_SQUARES)))
        count = codes.size

        def mean(values: F64) -> F64:
            total = np.bincount(of, self.people, count)
            found: F64 = np.bincount(of, self.people * values, count) / np.where(
                total > 0.0, total, 1.0
            )
            return found

        last = np.zeros(count, np.int64)
        last[of] = self.zone
        middle = float(np.mean(self.lat)) if self.lat.size else 0.0
        return Squares(
            self._side_m(middle) * side, mean(self.lon), mean(self.lat), np.bincount(of, self.people, count).astype(np.float64),
            np.bincount(of, self.people * self.at_risk, count).astype(np.float64), last,
        )  # fmt: skip

    def _side_m(self, lat: float) -> float:
        step = abs(self.grid.transform.e)
        return float(step * _EARTH_M_PER_DEG if self.grid.is_geographic else step) + 0.0 * lat

    @property
    def bbox(self) -> list[float]:
        """Return where people live: west, south, east, north."""
        if not self.lon.size:
            return [-180.0, -90.0, 180.0, 90.0]
        box = shapely.box(self.lon.min(), self.lat.min(), self.lon.max(), self.lat.max())
        west, south, east, north = box.buffer(0.03).bounds
        return [round(v, 4) for v in (west, south, east, north)]
