"""Areas with fewer vertices that hold every point of the area they are made from.

A warning area may grow when it is simplified, and never shrink: whoever was in it must stay in it.
Usual simplification cuts corners off on both sides. Here a vertex goes in one of two ways, both of
which only add: a dent is filled, or an edge is taken out and its neighbours run on until they meet.
The way that adds the least area comes first. Holes are filled, since neither CAP nor the
warning-area coordinates can write them. That the result covers the input is checked at the end, on
the coordinates that are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS

from ew4all.alerts.cap import Polygon as CapPolygon
from ew4all.alerts.cbs.area import (
    LAT_STEP_DEG,
    LON_STEP_DEG,
    MAX_OCTETS,
    MAX_VERTICES,
    outward,
    polygon_octets,
    warning_area_coordinates,
)
from ew4all.alerts.simplify_rings import merged, reduced
from ew4all.errors import GeometryError
from ew4all.geometry import area_km2
from ew4all.reprojection import only_polygons, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

__all__ = ["CAP_VERTICES", "Simplified", "for_cap", "for_device"]

CAP_VERTICES = 100
"""Most pairs of an alert's polygons, the repeated one of each counted (IPAWS for WEA, from memory)."""

_LONLAT = CRS.from_epsg(4326)
_DECIMALS = 6  # 0.1 m; what a CAP file needs
_FINEST = 10.0**-_DECIMALS
_FEWEST = 5  # a quadrangle and its repeated vertex: what every area can be brought to
# How many vertices a part has on average, at least, in the numbers of parts that are tried.
_VERTICES_PER_PART = (_FEWEST, 8, 14, 30)
# Beyond this many vertices a quick thinning comes first: the exact one looks at all for each it takes.
_EXACT_VERTICES = 2500


@dataclass(frozen=True)
class Simplified:
    """An area of few vertices.

    `polygons` have no holes, lie within -180..180, may overlap, and together cover the input.
    `vertices` counts repeated ones as they are written; `added_km2` is by how much the area grew.
    """

    polygons: tuple[BaseGeometry, ...]
    vertices: int
    added_km2: float
    notes: tuple[str, ...]


def for_cap(
    geometry: BaseGeometry, most_vertices: int = CAP_VERTICES
) -> tuple[tuple[CapPolygon, ...], Simplified]:
    """Return polygons for a CAP area: latitude first, closed, at most so many pairs in all.

    An area that is within the limit and has no holes keeps its coordinates.

    Parameters
    ----------
    geometry
        Polygons in degrees, longitude before latitude; it may cross the antimeridian.
    most_vertices
        Pairs of all polygons together, 5 at least for each side of the antimeridian.

    Raises
    ------
    GeometryError
        There is no area, or it cannot be brought within the limit.
    """
    if most_vertices < 2 * _FEWEST:
        msg = f"{most_vertices} vertices are too few: an area needs {2 * _FEWEST} at least"
        raise GeometryError(msg)
    whole = _continuous(geometry)
    kept = _within_range(_filled(whole))
    if not _has_holes(whole) and _count(kept) <= most_vertices:
        return _cap_polygons(kept), _result(kept, whole, [])

    def write(parts: Sequence[BaseGeometry]) -> list[BaseGeometry] | None:
        rounded = [
            shapely.transform(part, lambda xy: xy.round(_DECIMALS)) for part in _within_range(parts)
        ]
        return rounded if _count(rounded) <= most_vertices else None

    polygons = _fitted(whole, most_vertices, _FINEST, write)
    return _cap_polygons(polygons), _result(polygons, whole, _notes(whole, polygons))


def for_device(
    geometry: BaseGeometry, most_octets: int = MAX_OCTETS, *, max_wait_s: int | None = None
) -> tuple[bytes, Simplified]:
    """Return warning-area coordinates for devices within so many octets, rounded outward.

    The step of 9.5 m west of the antimeridian, which the coding cannot write, is left out.

    Raises
    ------
    GeometryError
        There is no area, or it cannot be brought within the limit.
    """
    if not 40 <= most_octets <= MAX_OCTETS:
        msg = f"warning-area coordinates have 40 to {MAX_OCTETS} octets here, not {most_octets}"
        raise GeometryError(msg)
    whole = _continuous(geometry)
    writable = shapely.box(-180.0, -90.0, 180.0 - LON_STEP_DEG, 90.0 - LAT_STEP_DEG)

    def write(parts: Sequence[BaseGeometry]) -> list[BaseGeometry] | None:
        inside = [part for part in _within_range(parts) if part.intersection(writable).area]
        coded = [_coded(part) for part in inside]
        sizes = [len(part.exterior.coords) - 1 for part in coded]
        octets = sum(map(polygon_octets, sizes)) + (3 if max_wait_s is not None else 0)
        return coded if coded and octets <= most_octets and max(sizes) <= MAX_VERTICES else None

    most = min(MAX_VERTICES, (most_octets - 2) * 8 // 44)
    polygons = _fitted(whole, most, 0.0, write, within=writable)
    rings = [list(part.exterior.coords) for part in polygons]
    octets = warning_area_coordinates(rings, max_wait_s=max_wait_s)
    return octets, _result(polygons, whole, _notes(whole, polygons))


def _coded(part: BaseGeometry) -> BaseGeometry:
    """Return a polygon of the coding that covers one; where details are finer than its steps, a plainer one."""
    count = len(part.exterior.coords)
    for fewer in (count, count * 2 // 3, count // 2, count // 4):
        (plain,) = reduced([part], max(fewer, _FEWEST))
        try:
            return outward(plain)
        except GeometryError:
            continue
    try:
        return outward(part.convex_hull)
    except GeometryError:
        return outward(shapely.box(*part.bounds))


def _fitted(
    whole: BaseGeometry,
    most: int,
    margin: float,
    write: Callable[[Sequence[BaseGeometry]], list[BaseGeometry] | None],
    within: BaseGeometry | None = None,
) -> list[BaseGeometry]:
    """Reduce until what is written fits, and enlarge until it covers the input.

    `margin` is in degrees, and how far rounding can move a vertex.
    """
    budget = most
    while budget >= _FEWEST:
        for times in (1.0, 2.0, 5.0, 20.0) if margin else (0.0,):
            distance = margin * times
            parts = _filled(_grown(whole, distance))
            polygons = write(_fewer(parts, budget))
            if polygons is None:
                break
            if all(part.is_valid for part in polygons) and _covers(polygons, whole, within):
                return polygons
        # What is cut at the antimeridian or rounded outward has some vertices more.
        budget = min(budget - 1, int(budget * 0.9))
    msg = (
        f"the area of {shapely.get_num_geometries(whole)} parts cannot be written with {most} "
        f"vertices without losing some of it; give fewer or simpler parts"
    )
    raise GeometryError(msg)


def _fewer(parts: Sequence[BaseGeometry], budget: int) -> list[BaseGeometry]:
    """Bring polygons without holes to a number of vertices, the repeated ones counted.

    Many parts leave few vertices for each, few parts must hold the sea between them: the number of
    parts that adds the least is found by trying.
    """
    best: list[BaseGeometry] = []
    few = _thin_enough(parts, 2 * _EXACT_VERTICES)
    for each in _VERTICES_PER_PART:
        if best and len(few) <= budget // each:
            continue
        few = merged(few, budget // each)
        tried = reduced(_thin_enough(few, max(_EXACT_VERTICES, budget)), budget)
        if not best or _area(tried) < _area(best):
            best = tried
    return best


def _thin_enough(parts: Sequence[BaseGeometry], most: int) -> list[BaseGeometry]:
    few = list(parts)
    while (total := _count(few)) > most:
        tolerance = float(np.sqrt(_area(few))) * 1e-5 * total / most
        few = _thinned(few, tolerance)
        if _count(few) > 0.7 * total:
            few = _thinned(few, 10.0 * tolerance)
            if _count(few) > 0.7 * total:
                break
    return few


def _area(parts: Sequence[BaseGeometry]) -> float:
    return float(sum(part.area for part in parts))


def _thinned(parts: Sequence[BaseGeometry], tolerance: float) -> list[BaseGeometry]:
    """Take vertices out that lie close to a line, and enlarge by as much as that can have cost."""
    out = []
    for part in parts:
        simple = part.simplify(tolerance, preserve_topology=True)
        out += _filled(simple.buffer(tolerance * 1.001, join_style="mitre", mitre_limit=2.0))
    return out


def _grown(whole: BaseGeometry, distance: float) -> BaseGeometry:
    if distance == 0.0:
        return whole
    return whole.buffer(distance, join_style="mitre", mitre_limit=4.0)


def _continuous(geometry: BaseGeometry) -> BaseGeometry:
    """Return the area as polygons that run on across the antimeridian."""
    flat = only_polygons(geometry)
    if flat.is_empty:
        msg = "there is no area to simplify: no polygon is in it"
        raise GeometryError(msg)
    whole = unwrap(flat)
    if not whole.is_valid:
        msg = f"the area is not valid ({shapely.is_valid_reason(whole)}); mend it first"
        raise GeometryError(msg)
    south, north = whole.bounds[1], whole.bounds[3]
    if south < -90.0 or north > 90.0:
        msg = f"the area reaches from latitude {south} to {north}, beyond the poles"
        raise GeometryError(msg)
    parts = shapely.get_parts(whole)
    west = np.array([part.bounds[0] for part in parts])
    # Parts that a file has cut at the antimeridian belong together on one side of it.
    if west.size > 1 and np.ptp(west) > 180.0:
        moved = [
            shapely.transform(part, _a_turn_east) if part.bounds[2] <= 0.0 else part
            for part in parts
        ]
        together = shapely.union_all(moved)
        if np.ptp(together.bounds[::2]) < np.ptp(whole.bounds[::2]):
            return only_polygons(together)
    return only_polygons(shapely.union_all(parts))


def _a_turn_east(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([xy[:, 0] + 360.0, xy[:, 1]])


def _filled(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(geometry)]
    if len(parts) > 1:
        parts = [
            shapely.Polygon(part.exterior)
            for part in shapely.get_parts(only_polygons(shapely.union_all(parts)))
        ]
    return parts


def _has_holes(geometry: BaseGeometry) -> bool:
    return any(len(part.interiors) for part in shapely.get_parts(geometry))


def _within_range(parts: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Cut polygons at the antimeridian and bring the pieces into -180..180."""
    out: list[BaseGeometry] = []
    for part in parts:
        west, south, east, north = part.bounds
        if west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0:
            out.append(part)
            continue
        first = int(np.floor((west + 180.0) / 360.0))
        for turn in range(first, int(np.ceil((east + 180.0) / 360.0))):
            window = shapely.box(360.0 * turn - 180.0, -90.0, 360.0 * turn + 180.0, 90.0)
            piece = only_polygons(shapely.intersection(part, window))
            out += [
                shapely.transform(p, lambda xy, turn=turn: xy - [360.0 * turn, 0.0])
                for p in shapely.get_parts(piece)
                if not p.is_empty
            ]
    return out


def _covers(
    polygons: Sequence[BaseGeometry], whole: BaseGeometry, within: BaseGeometry | None
) -> bool:
    wanted = shapely.union_all(_within_range(list(shapely.get_parts(whole))))
    if within is not None and not within.covers(wanted):
        wanted = only_polygons(wanted.intersection(within))
    return bool(shapely.union_all(list(polygons)).covers(wanted))


def _count(parts: Sequence[BaseGeometry]) -> int:
    return sum(len(part.exterior.coords) for part in parts)


def _result(
    polygons: Sequence[BaseGeometry], whole: BaseGeometry, notes: Sequence[str]
) -> Simplified:
    union = shapely.union_all(list(polygons))
    before, after = area_km2(np.array([whole, union], dtype=object), _LONLAT)
    added = max(0.0, float(after - before))
    return Simplified(tuple(polygons), _count(polygons), added, tuple(notes))


def _notes(whole: BaseGeometry, polygons: Sequence[BaseGeometry]) -> list[str]:
    before = int(shapely.get_num_coordinates(whole))
    notes = [f"the area is simplified outward from {before:,} to {_count(polygons)} vertices"]
    if holes := sum(len(part.interiors) for part in shapely.get_parts(whole)):
        notes.append(f"{holes} holes are filled: they cannot be written")
    return notes


def _cap_polygons(parts: Sequence[BaseGeometry]) -> tuple[CapPolygon, ...]:
    return tuple(
        CapPolygon(tuple((float(lat), float(lon)) for lon, lat in part.exterior.coords))
        for part in parts
    )
