"""Polygons laid over each other: which part of a zone is warned, at risk, covered. Exact, no grid involved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all.errors import GeometryError
from ew4all.geometry import area_km2
from ew4all.reprojection import Geometries, only_polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid
    from ew4all.units import F64, I64

_NO_OVERLAP = 1e-9
_MOST_OVERLAP = 0.05


def union(geometries: Geometries | Sequence[BaseGeometry | None]) -> BaseGeometry:
    """Union of polygons; None and empty ones are left out."""
    array = np.asarray(geometries, dtype=object)
    array = array[~(shapely.is_missing(array) | shapely.is_empty(array))]
    return array[0] if array.size == 1 else only_polygons(shapely.union_all(array))


def clip(geometries: Geometries, mask: BaseGeometry | None) -> Geometries:
    """Part of each polygon inside `mask`; None where nothing is left. A mask of None cuts nothing."""
    if mask is None:
        return geometries
    return _cut(geometries, mask, inside=True)


def without(geometries: Geometries, mask: BaseGeometry | None) -> Geometries:
    """Part of each polygon outside `mask`; None where nothing is left. A mask of None takes nothing away."""
    if mask is None:
        return geometries
    return _cut(geometries, mask, inside=False)


def _cut(geometries: Geometries, mask: BaseGeometry, *, inside: bool) -> Geometries:
    out = np.empty(len(geometries), dtype=object)
    there = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    if inside:
        # The whole raster holds most masks: no need to trace 100,000 vertices.
        around = _boxes_around(geometries, mask)
        out[around] = mask
        there &= ~around
        if not there.any():
            return out
    shapely.prepare(mask)
    whole = there & shapely.contains_properly(mask, geometries)
    apart = there & ~whole & ~shapely.intersects(mask, geometries)
    kept, rest = (whole, there & ~whole & ~apart) if inside else (apart, there & ~whole & ~apart)
    out[kept] = geometries[kept]
    if inside:
        holds = rest.copy()
        holds[rest] = shapely.covers(geometries[rest], mask)
        out[holds] = mask
        rest &= ~holds
    if rest.any():
        operation = shapely.intersection if inside else shapely.difference
        pieces = [only_polygons(g) for g in operation(geometries[rest], mask)]
        out[rest] = [None if g.is_empty else g for g in pieces]
    return out


def _boxes_around(geometries: Geometries, mask: BaseGeometry) -> NDArray[np.bool_]:
    """Which of the geometries are upright rectangles that hold the bounds of a mask."""
    west, south, east, north = shapely.bounds(geometries).T
    left, bottom, right, top = mask.bounds
    is_box = shapely.area(geometries) == (east - west) * (north - south)
    held = (west <= left) & (south <= bottom) & (right <= east) & (top <= north)
    found: NDArray[np.bool_] = held & is_box & (shapely.get_num_coordinates(geometries) == 5)
    return found


def pieces_of(shapes: Geometries, areas: Geometries) -> tuple[Geometries, I64, I64]:
    """Every non-empty intersection of a shape with an area.

    Returns
    -------
    piece, shape, area
        Intersections, and the position of the shape and of the area that made each.
    """
    tree = shapely.STRtree(areas)
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    shape, area = tree.query(shapes[drawn], predicate="intersects")
    shape = drawn[shape]
    order = np.lexsort((area, shape))
    shape, area = shape[order], area[order]
    found = np.empty(shape.size, dtype=object)
    found[:] = [only_polygons(g) for g in shapely.intersection(shapes[shape], areas[area])]
    some = ~shapely.is_empty(found) if found.size else np.zeros(0, np.bool_)
    return found[some], shape[some], area[some]


def apart(
    zones: Geometries, names: Sequence[str], grid: Grid, most: float = _MOST_OVERLAP
) -> tuple[Geometries, list[str]]:
    """Take overlaps of zones from the later zone, so that nobody is counted twice.

    Parameters
    ----------
    most
        Largest overlap, as a share of the smaller zone, that is taken for a fault of the borders.

    Returns
    -------
    zones, notes
        One note that names the overlaps that were cut.

    Raises
    ------
    GeometryError
        Two zones share more than `most` (5 %) of the smaller one, so that they are not zones beside each other.
    """
    drawn: NDArray[np.bool_] = ~shapely.is_missing(zones)
    index = np.flatnonzero(drawn)
    tree = shapely.STRtree(zones[index])
    one, other = tree.query(zones[index], predicate="intersects")
    one, other = index[one], index[other]
    one, other = one[other > one], other[other > one]
    shared = shapely.intersection(zones[one], zones[other])
    area: F64 = shapely.area(shared)
    smaller = np.minimum(shapely.area(zones[one]), shapely.area(zones[other]))
    real = area > _NO_OVERLAP * smaller
    if not real.any():
        return zones, []
    worst = int(np.argmax(np.where(real, area / smaller, 0.0)))
    if area[worst] > most * smaller[worst]:
        a, b = names[one[worst]], names[other[worst]]
        msg = (
            f"the zones {a!r} and {b!r} overlap by {area[worst] / smaller[worst]:.0%} of the smaller one, and people "
            "there would be counted twice; give zones of one level that lie beside each other"
        )
        raise GeometryError(msg)
    out = zones.copy()
    for a, b in zip(one[real], other[real], strict=True):
        cut = only_polygons(shapely.difference(out[b], zones[a]))
        out[b] = None if cut.is_empty else cut
    km2 = area_km2(np.array([only_polygons(g) for g in shared[real]], dtype=object), grid.crs).sum()
    return out, [
        f"{int(real.sum())} pairs of neighbouring zones overlap, by {km2:.3g} km2 in all; people there are counted in "
        "the zone that comes first in the file"
    ]
