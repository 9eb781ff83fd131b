"""Shapes brought to another CRS or another turn around the Earth: edges stay where they were drawn.

Longitudes may leave -180..180: a shape that crosses the antimeridian runs on, and is shifted by whole turns to where a
grid lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from ew4all.errors import GeometryError
from ew4all.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from ew4all.units import F64

Geometries: TypeAlias = NDArray[Any]
"""One shapely geometry (or None) per element."""

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""

_CHORD_TOLERANCE_CELLS = 0.001
_MOST_HALVINGS = 12

NEAR_DEG = 10.0
"""How far beyond a projected grid shapes keep their course; projections such as UTM hold well beyond their zone, not for
a continent."""

_BORDER_PIECES = 64
_SEAM_STEPS = 20
_SEAM_DEG = 1e-8
_POLE_DEG = 1e-7


def only_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Drop points and lines from a collection; an empty polygon where nothing with an area is left."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in {"Polygon", "MultiPolygon"}]
    flat = [q for p in parts for q in shapely.get_parts(p) if not q.is_empty]
    if len(flat) == 1:
        return flat[0]
    return shapely.multipolygons(flat) if flat else shapely.Polygon()


def unwrap(geometry: BaseGeometry, *, over_pole: bool = False) -> BaseGeometry:
    """Return a lon/lat geometry whose rings run on across the antimeridian instead of jumping back.

    A step of more than 180 degrees of longitude between two vertices is read as crossing the antimeridian (GeoJSON
    writers that do not cut there leave such rings, RFC 7946 3.1.9). A step of exactly 360 degrees is the edge of a map
    of the whole world and is kept. Longitudes may leave -180..180.

    With `over_pole` a ring around a pole runs on over it; else it is refused, since it may mean either side.
    """
    parts = shapely.get_parts(geometry)
    rings, owner = shapely.get_rings(parts, return_index=True)
    coords, ring_of = shapely.get_coordinates(rings, return_index=True)
    step = np.abs(np.diff(coords[:, 0]))
    if not ((step > 180.0) & (step < 360.0 - 1e-9) & (ring_of[1:] == ring_of[:-1])).any():
        return geometry
    unwrapped = []
    for ring in rings:
        xy = shapely.get_coordinates(ring)
        jump = np.diff(xy[:, 0])
        turns = np.where(
            (np.abs(jump) > 180.0) & (np.abs(jump) < 360.0 - 1e-9), np.round(jump / 360.0), 0.0
        )
        xy[1:, 0] -= 360.0 * np.cumsum(turns)
        if abs(xy[0, 0] - xy[-1, 0]) > 180.0 and over_pole:
            pole = np.copysign(90.0, xy[:, 1].mean())
            xy = np.vstack([xy, [xy[-1, 0], pole], [xy[0, 0], pole], xy[:1]])
        elif abs(xy[0, 0] - xy[-1, 0]) > 180.0:
            msg = "a ring runs around a pole, so it encloses no area in longitude and latitude; cut it at the antimeridian"
            raise GeometryError(msg)
        unwrapped.append(xy)
    polygons = []
    for k in range(len(parts)):
        shell, *holes = [unwrapped[i] for i in np.flatnonzero(owner == k)]
        # A hole that lies wholly beyond the line was not moved with its shell.
        middle = shell[:, 0].mean()
        for hole in holes:
            hole[:, 0] += 360.0 * np.round((middle - hole[:, 0].mean()) / 360.0)
        polygons.append(shapely.Polygon(shell, holes))
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def in_frame(geometries: Geometries, grid: Grid) -> Geometries:
    """Shift lon/lat polygons by whole turns so that they lie where the grid's longitudes are.

    A grid may run from 177 to 182 or from -180 to 180; a polygon that crosses the antimeridian may be cut in two
    pieces there. Every turn of the polygon that meets the grid is kept.
    """
    west, _, east, _ = grid.bounds
    out = geometries.copy()
    for k, geometry in enumerate(geometries):
        if geometry is None or geometry.is_empty:
            continue
        left, bottom, right, top = geometry.bounds
        first, last = np.ceil((west - right) / 360.0), np.floor((east - left) / 360.0)
        turns = [
            t
            for t in np.arange(first, last + 1)
            if left + 360 * t < east and right + 360 * t > west
        ]
        if not turns or turns == [0.0]:
            continue
        if len(turns) == 1:
            # Nothing of it is there twice, and what lies beyond the grid is its own.
            by = np.array([360.0 * turns[0], 0.0])
            out[k] = shapely.transform(geometry, lambda xy, by=by: xy + by)
            continue
        out[k] = _turned(geometry, turns, shapely.box(west, bottom, east, top))
    return out


def _turned(geometry: BaseGeometry, turns: Iterable[float], window: BaseGeometry) -> BaseGeometry:
    """Return the parts of a lon/lat geometry inside a window, after so many whole turns of it."""
    pieces = [
        shapely.intersection(
            shapely.transform(geometry, lambda xy, t=t: xy + np.array([360.0 * t, 0.0])), window
        )
        for t in turns
    ]
    return only_polygons(shapely.union_all(pieces))


def neighbourhood(grid: Grid, crs: CRS) -> tuple[Bounds, Bounds] | None:
    """Return the extent of a projected grid, and a box `NEAR_DEG` wider, in the longitudes and latitudes of `crs`.

    Longitudes run on across the antimeridian. Around a pole, or around the whole Earth, those of the box are -inf..inf.
    None where the border of the grid has no place on Earth that leads back to it, as the corners of a map of the world
    have none.
    """
    corners = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    x, y = grid.xy(corners[0] * grid.width, corners[1] * grid.height)
    ring = shapely.Polygon(np.column_stack([x, y]))
    step = float(max(np.ptp(x), np.ptp(y))) / _BORDER_PIECES
    border = shapely.get_coordinates(shapely.segmentize(ring, step))
    back = Transformer.from_crs(grid.crs, crs, always_xy=True)
    lon, lat = back.transform(border[:, 0], border[:, 1], errcheck=False)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    again = np.column_stack(back.transform(lon, lat, direction="INVERSE", errcheck=False))
    if not np.hypot(*(again - border).T).max() < max(grid.cell_size):
        return None
    lon = np.unwrap(lon, period=360.0)
    south, north = float(lat.min()), float(lat.max())
    # Some projections have no place for a pole.
    low, high = (
        max(south - NEAR_DEG, (south - 90.0) / 2.0),
        min(north + NEAR_DEG, (north + 90.0) / 2.0),
    )
    if abs(lon[-1] - lon[0]) > 180.0:  # the border runs around a pole
        if north > 0.0:
            return (-180.0, south, 180.0, 90.0), (-np.inf, low, np.inf, 90.0)
        return (-180.0, -90.0, 180.0, north), (-np.inf, -90.0, np.inf, high)
    west, east = float(lon.min()), float(lon.max())
    if east - west + 2.0 * NEAR_DEG >= 360.0:
        return (west, south, east, north), (-np.inf, low, np.inf, high)
    lats = np.linspace(south, north, 3)
    edges = (_before_seam(back, west, -NEAR_DEG, lats), _before_seam(back, east, NEAR_DEG, lats))
    return (west, south, east, north), (edges[0], low, edges[1], high)


def _before_seam(back: Transformer, lon: float, step: float, lats: F64) -> float:
    """Return how far east or west of `lon` a projection is followed: `step`, or to where it begins anew on the other side.

    Across its seam, 180 degrees from its central meridian, a projection jumps to its far edge; so it would take a shape along.
    """
    far = np.linspace(0.0, step, _SEAM_STEPS + 1)
    at = np.concatenate(
        [
            np.stack(back.transform(lon + far, np.full(far.size, lat), direction="INVERSE", errcheck=False))
            for lat in lats
        ]
    )  # fmt: skip
    moved = np.abs(np.diff(at, axis=1))
    usual = np.nanmedian(moved, axis=1, keepdims=True) if np.isfinite(moved).any() else np.inf
    jumps = (~np.isfinite(moved) | (moved > 10.0 * usual + 1.0)).any(axis=0)
    if not jumps.any():
        return lon + step
    k = int(np.argmax(jumps))
    inside, outside = far[k], far[k + 1]
    lat = float(lats[len(lats) // 2])
    x0, y0 = back.transform(lon + inside, lat, direction="INVERSE", errcheck=False)
    largest = float(np.nanmax(np.where(np.isfinite(usual), usual, 0.0)))
    while abs(outside - inside) > _SEAM_DEG:
        middle = 0.5 * (inside + outside)
        x, y = back.transform(lon + middle, lat, direction="INVERSE", errcheck=False)
        if np.isfinite(x) and np.hypot(x - x0, y - y0) <= 10.0 * largest + 1.0:
            inside = middle
        else:
            outside = middle
    # Rounded where that is no farther, so that a shape which ends at 180 is not cut there.
    edge = round(lon + inside, 6)
    x, y = back.transform(edge, lat, direction="INVERSE", errcheck=False)
    return edge if np.hypot(x - x0, y - y0) <= 10.0 * largest + 1.0 else lon + float(inside)


def near(geometry: BaseGeometry, box: Bounds) -> BaseGeometry:
    """Return a lon/lat geometry as it is where it lies in a box, else the part in it; perhaps empty."""
    west, low, east, high = box
    left, bottom, right, top = geometry.bounds
    if not np.isfinite(west):
        if low <= bottom and top <= high:
            return geometry
        return only_polygons(shapely.intersection(geometry, shapely.box(left, low, right, high)))
    turns = np.arange(np.ceil((west - right) / 360.0), np.floor((east - left) / 360.0) + 1.0)
    inside = (west <= left + 360.0 * turns) & (right + 360.0 * turns <= east)
    if low <= bottom and top <= high and inside.any():
        return geometry
    return _turned(geometry, turns.tolist(), shapely.box(*box))


def to_crs(geometries: Geometries, source: CRS, grid: Grid) -> Geometries:
    """Bring lines drawn in `source` to the grid's CRS, with vertices added where a straight edge becomes a curve.

    Edges are halved until the middle of each is within a thousandth of a cell of its true place (an edge is a straight line in
    the CRS in which it was drawn).

    Raises
    ------
    GeometryError
        A vertex has no place in the grid's CRS.
    """
    if source == grid.crs:
        return geometries
    transformer = Transformer.from_crs(source, grid.crs, always_xy=True)
    tolerance = _CHORD_TOLERANCE_CELLS * min(grid.cell_size)

    def bend(xy: F64) -> F64:
        return _projected_line(xy, transformer, tolerance)

    return np.array([None if g is None else _rebuilt(g, bend) for g in geometries], dtype=object)


def to_lonlat(geometries: Geometries, grid: Grid) -> Geometries:
    """Bring shapes of the grid's CRS to longitude and latitude on WGS 84, cut at the antimeridian; None is kept."""
    transformer = Transformer.from_crs(grid.crs, 4326, always_xy=True)

    def project(xy: F64) -> F64:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    world = Grid(Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0), 180, 360, CRS.from_epsg(4326))
    drawn = np.empty(len(geometries), dtype=object)
    drawn[:] = [None if g is None else shapely.transform(g, project) for g in geometries]
    out = in_frame(drawn, world)
    if grid.is_geographic:
        return out
    # A long edge may span 180 degrees without crossing the antimeridian: its pieces do not.
    piece = max(grid.bounds[2] - grid.bounds[0], grid.bounds[3] - grid.bounds[1]) / _BORDER_PIECES
    for k, shape in enumerate(drawn):
        if shape is not None and (
            unwrap(shape, over_pole=True) is not shape or _at_pole(shape).any()
        ):
            fine = shapely.transform(shapely.segmentize(geometries[k], piece), project)
            out[k] = _ring_by_ring_in_frame(fine, world)
    return out


def _ring_by_ring_in_frame(geometry: BaseGeometry, world: Grid) -> BaseGeometry:
    """Cut each ring by itself: around a pole it runs on over it, while a hole of its shell may not."""
    parts = []
    for part in shapely.get_parts(geometry):
        rings = [shapely.Polygon(_along_pole(ring)) for ring in shapely.get_rings(part)]
        drawn = np.array([unwrap(ring, over_pole=True) for ring in rings], dtype=object)
        shell, *holes = in_frame(drawn, world)
        parts.append(shapely.difference(shell, shapely.union_all(holes)))
    return only_polygons(shapely.union_all(parts))


def _at_pole(geometry: BaseGeometry) -> NDArray[np.bool_]:
    latitude = shapely.get_coordinates(geometry)[:, 1]
    return np.asarray(np.abs(latitude) > 90.0 - _POLE_DEG)


def _along_pole(ring: BaseGeometry) -> F64:
    """Return a ring whose vertices at a pole are two each, on the meridians of their neighbours: a pole has every longitude."""
    xy: F64 = shapely.get_coordinates(ring)
    polar = _at_pole(ring)
    if not polar.any() or polar.all():
        return xy
    first = int(np.argmin(polar))
    xy, polar = np.roll(xy[:-1], -first, axis=0), np.roll(polar[:-1], -first)
    at, own = np.arange(len(xy)), np.flatnonzero(~polar)
    before = own[np.searchsorted(own, at, side="right") - 1]
    after = own[np.searchsorted(own, at) % own.size]
    lon = xy[np.column_stack([before, after]), 0]
    twice = np.column_stack([lon.ravel(), np.repeat(xy[:, 1], 2)])
    keep = np.column_stack([np.ones_like(polar), polar]).ravel()
    closed: F64 = np.vstack([twice[keep], twice[:1]])
    return closed


def _rebuilt(geometry: BaseGeometry, change: Any) -> BaseGeometry:
    polygons = []
    for part in shapely.get_parts(geometry):
        shell, *holes = (change(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part))
        polygons.append(shapely.Polygon(shell, holes))
    if not polygons:
        return shapely.Polygon()
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _projected_line(xy: F64, transformer: Transformer, tolerance: float) -> F64:
    def project(points: F64) -> F64:
        out = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
        if not np.isfinite(out).all():
            lost = points[~np.isfinite(out).all(axis=1)][0]
            msg = (
                f"the vertex ({lost[0]}, {lost[1]}) has no place in the population raster's CRS; cut the polygon to "
                "the country, or use a population raster in geographic coordinates"
            )
            raise GeometryError(msg)
        return out

    there = project(xy)
    for _ in range(_MOST_HALVINGS):
        middle = (xy[:-1] + xy[1:]) / 2.0
        true_middle = project(middle)
        off = np.hypot(*(true_middle - (there[:-1] + there[1:]) / 2.0).T) > tolerance
        if not off.any():
            break
        at = np.flatnonzero(off) + 1
        xy = np.insert(xy, at, middle[off], axis=0)
        there = np.insert(there, at, true_middle[off], axis=0)
    return there
