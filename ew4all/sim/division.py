"""A map divided by zones, warning area, hazard footprint and isochrones: which part of a pixel lies where, exactly.

Shapes are laid over each other before any pixel is looked at, so that people are in the warning area *and* at risk to
exactly the share of their pixel in which both hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.coverage import kernels
from ew4all.coverage.exposure import STRIP_ROWS, Crossed, Edges, edges_by_strip
from ew4all.coverage.overlay import clip, union, without
from ew4all.geometry import ragged
from ew4all.grid import Block
from ew4all.sim.fold_kernels import BY_RASTER, shape_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid
    from ew4all.reprojection import Geometries

    F64 = NDArray[np.float64]
    I32 = NDArray[np.int32]

__all__ = ["Division", "Isochrone", "Shares"]


class Isochrone(NamedTuple):
    """A polygon that the hazard has reached `arrival_s` seconds after the scenario's zero, in the grid's CRS."""

    shape: BaseGeometry
    arrival_s: float


class Shares(NamedTuple):
    """Share of a pixel in a shape, for each pair of which there is one; pixels are numbered in their block."""

    pixel: I32
    shape: I32
    share: F64


@dataclass(frozen=True, eq=False)
class Division:
    """Shapes that lie beside each other and cover the whole grid; arrays of shape (shapes,).

    Attributes
    ----------
    zone
        Index of the zone; the last zone is whatever lies outside all others.
    in_area, at_risk
        0, 1, or `BY_RASTER`: the share of each pixel that the hazard raster gives.
    arrival_s
        When the hazard arrives, NaN where a field says so pixel by pixel.
    """

    grid: Grid
    edges: Edges
    zone: I32
    in_area: NDArray[np.int8]
    at_risk: NDArray[np.int8]
    arrival_s: F64

    def __len__(self) -> int:
        """Return the number of shapes."""
        return int(self.zone.size)

    @classmethod
    def of(
        cls,
        grid: Grid,
        outline: BaseGeometry,
        zones: Geometries,
        area: BaseGeometry | None,
        hazard: BaseGeometry | None,
        *,
        hazard_raster: bool = False,
        isochrones: Sequence[Isochrone] = (),
    ) -> Division:
        """Lay shapes over each other; all are in the grid's CRS.

        Parameters
        ----------
        outline
            Border of the grid.
        zones
            Beside one another; None for one that lies elsewhere.
        area, hazard
            Warning area and footprint; None is everywhere. Where both are the same object they are one.
        hazard_raster
            The footprint is a raster inside `hazard`; without an area it is the warning area too.
        isochrones
            Where the hazard has arrived by when: the earliest that holds a place counts. They cut what is at risk.
        """
        whole = np.array([outline], dtype=object)
        drawn = [z for z in zones if z is not None]
        rest = without(whole, union(drawn)) if drawn else whole
        places = np.empty(len(zones) + 1, dtype=object)
        places[:-1], places[-1] = clip(zones, outline), rest[0]
        both_raster = hazard_raster and area is None
        risk = BY_RASTER if hazard_raster else 1
        cuts: list[tuple[Geometries, int, int]] = []
        if both_raster:
            cuts = [
                (clip(places, hazard), BY_RASTER, BY_RASTER),
                (_rest(places, hazard), 0, 0),
            ]
        else:
            inside, beyond = clip(places, area), _rest(places, area)
            if hazard is area and not hazard_raster:
                cuts = [(inside, 1, 1), (beyond, 0, 0)]
            else:
                for shapes, flag in ((inside, 1), (beyond, 0)):
                    cuts += [(clip(shapes, hazard), flag, risk), (_rest(shapes, hazard), flag, 0)]
        found: list[tuple[BaseGeometry, int, int, int, float]] = []
        for shapes, in_area, at_risk in cuts:
            for zone, shape in enumerate(shapes):
                if shape is None or shape.is_empty:
                    continue
                if at_risk and isochrones:
                    parts = _by_time(shape, isochrones)
                    found += [(part, zone, in_area, at_risk, t) for part, t in parts]
                else:
                    found.append((shape, zone, in_area, at_risk, np.nan))
        polygons = ragged(np.array([f[0] for f in found], dtype=object))
        columns = list(zip(*(f[1:] for f in found), strict=True))
        return cls(
            grid,
            edges_by_strip(polygons, grid, STRIP_ROWS),
            np.array(columns[0], np.int32),
            np.array(columns[1], np.int8),
            np.array(columns[2], np.int8),
            np.array(columns[3], np.float64),
        )

    def shares(self, block: Block) -> Shares:
        """Return the share of each pixel of a block in each shape."""
        parts = []
        cols = block.shape[1]
        step = self.edges.strip_rows
        none_i, none_f = np.empty(0, np.int32), np.empty(0)
        for strip in range(block.row0 // step, -(-block.row1 // step)):
            part = Block(
                max(block.row0, strip * step),
                min(block.row1, (strip + 1) * step),
                block.col0,
                block.col1,
            )
            edge, sign, owner = self.edges.of_strip(strip)
            if not edge.size:
                continue
            crossed: Crossed = kernels.crossings(
                self.edges.coords, self.edges.inverse, edge, sign, owner, tuple(part)
            )
            first = (part.row0 - block.row0) * cols
            count = shape_shares(*crossed, cols, first, none_i, none_i, none_f)
            pixel, shape, share = (
                np.empty(count, np.int32),
                np.empty(count, np.int32),
                np.empty(count),
            )
            shape_shares(*crossed, cols, first, pixel, shape, share)
            parts.append(Shares(pixel, shape, share))
        if not parts:
            return Shares(none_i, none_i, none_f)
        return (
            parts[0] if len(parts) == 1 else Shares(*map(np.concatenate, zip(*parts, strict=True)))
        )


def _rest(shapes: Geometries, mask: BaseGeometry | None) -> Geometries:
    """Return what of the shapes lies outside a mask; a mask of None is everywhere."""
    return np.full(len(shapes), None, dtype=object) if mask is None else without(shapes, mask)


def _by_time(
    shape: BaseGeometry, isochrones: Sequence[Isochrone]
) -> list[tuple[BaseGeometry, float]]:
    """Cut a shape by the earliest isochrone that holds each place; what none holds comes last, never reached."""
    left = np.array([shape], dtype=object)
    parts = []
    for one in sorted(isochrones, key=lambda i: i.arrival_s):
        if left[0] is None:
            break
        inside = clip(left, one.shape)[0]
        if inside is not None and not inside.is_empty:
            parts.append((inside, one.arrival_s))
            left = without(left, one.shape)
    if left[0] is not None and not left[0].is_empty:
        parts.append((left[0], np.inf))
    return parts
