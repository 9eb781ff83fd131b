"""Polygons on a grid: read in one way only, brought to the grid's CRS, and handed to numba as ragged arrays.

Ragged arrays (the layout of GeoArrow): `coords`, shape (vertices, 2); `ring_offsets`, shape (rings + 1,), where ring
``k`` is ``coords[ring_offsets[k]:ring_offsets[k + 1]]`` with its first vertex repeated at the end; `ring_polygon` and
`ring_is_hole`, shape (rings,). A polygon's rings are consecutive. No shapely object goes below this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np
import shapely

from ew4all.errors import EmptyLayerError, GeometryError, NoIntersectionError, SwappedAxesError
from ew4all.grid import GEOID, POLE_KM2, Grid, equal_area_km2, lonlat
from ew4all.mending import repaired
from ew4all.reprojection import (
    NEAR_DEG,
    Bounds,
    Geometries,
    in_frame,
    near,
    neighbourhood,
    to_crs,
    unwrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from ew4all.units import F64, I32, I64

_Shape = TypeVar("_Shape")

CIRCLE_VERTICES = 360
_AREA_STEP_DEG = 1.0
_AREA_STEP_M = 1000.0


@dataclass(frozen=True)
class Polygons:
    """Polygons as ragged arrays; see the module's description.

    `count` is the number of polygons, of which some may have no ring at all.
    """

    coords: F64
    ring_offsets: I64
    ring_polygon: I32
    ring_is_hole: NDArray[np.bool_]
    count: int


def ragged(geometries: Sequence[BaseGeometry] | Geometries) -> Polygons:
    """Return polygons and multipolygons as ragged arrays.

    Parameters
    ----------
    geometries
        Valid polygons or multipolygons; None and empty ones have no ring.

    Raises
    ------
    GeometryError
        A geometry is neither a polygon nor a multipolygon.
    """
    array = np.asarray(geometries, dtype=object)
    kind = shapely.get_type_id(array)
    if not np.isin(kind, (-1, 3, 6)).all():
        wrong = array[~np.isin(kind, (-1, 3, 6))][0]
        msg = f"a {wrong.geom_type} has no area; polygons are needed"
        raise GeometryError(msg)
    if (kind == 3).all() and not shapely.get_num_interior_rings(array).any():
        # Plain polygons are the common case of many small zones; taking their rings apart costs as much as the sweep.
        coords = shapely.get_coordinates(array)
        counts = shapely.get_num_coordinates(array)
        owner = np.arange(array.size)
        owner, counts = owner[counts > 0], counts[counts > 0]
        hole = np.zeros(counts.size, dtype=np.bool_)
    else:
        parts, part_polygon = shapely.get_parts(array, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        coords = shapely.get_coordinates(rings)
        counts = shapely.get_num_coordinates(rings)
        owner = part_polygon[ring_part]
        hole = np.zeros(ring_part.size, dtype=np.bool_)
        hole[1:] = ring_part[1:] == ring_part[:-1]
    offsets = np.zeros(counts.size + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Polygons(coords, offsets, owner.astype(np.int32), hole, int(array.size))


def circle(lon_deg: float, lat_deg: float, radius_m: float) -> BaseGeometry:
    """Geodesic circle on WGS 84 as a polygon of the same area, lon before lat.

    The vertices stand slightly outside the circle, so that the polygon has the circle's area instead of that of the
    inscribed polygon. The longitudes may leave -180..180 where the circle crosses the antimeridian. A circle that
    holds a pole is refused.

    Raises
    ------
    GeometryError
        The radius is not positive, or the circle holds a pole.
    """
    if (
        not np.isfinite([lon_deg, lat_deg, radius_m]).all()
        or radius_m <= 0.0
        or abs(lat_deg) > 90.0
    ):
        msg = f"a circle around lon {lon_deg}, lat {lat_deg} with a radius of {radius_m} m has no area"
        raise GeometryError(msg)
    step = 2.0 * np.pi / CIRCLE_VERTICES
    swollen_m = radius_m * np.sqrt(step / np.sin(step))
    to_pole_m = min(abs(GEOID.inv(lon_deg, lat_deg, lon_deg, pole)[2]) for pole in (90.0, -90.0))
    if swollen_m >= to_pole_m:
        msg = (
            f"a circle around lon {lon_deg}, lat {lat_deg} with a radius of {radius_m / 1e3:.0f} km holds a pole and "
            "cannot be drawn in longitude and latitude; give a polygon instead"
        )
        raise GeometryError(msg)
    azimuth = np.arange(CIRCLE_VERTICES) * (360.0 / CIRCLE_VERTICES)
    full = np.full(CIRCLE_VERTICES, 1.0)
    lon, lat, _ = GEOID.fwd(full * lon_deg, full * lat_deg, azimuth, full * swollen_m)
    lon = lon_deg + (np.asarray(lon) - lon_deg + 180.0) % 360.0 - 180.0
    return shapely.polygons(np.column_stack([lon, lat]))


def on_grid(
    geometries: Iterable[BaseGeometry | None], crs: CRS, grid: Grid, what: str
) -> tuple[Geometries, list[str]]:
    """Make shapes ready for the grid: unwrapped, mended, projected, in the grid's frame of longitudes.

    Parameters
    ----------
    geometries
        Polygons, multipolygons or None, in `crs`.
    what
        How messages name the layer.

    Returns
    -------
    geometries, notes
        In the grid's CRS, None kept in place; one note for each thing that was mended.

    Raises
    ------
    GeometryError
        See `repaired`, `unwrap` and `to_crs`.
    NoIntersectionError, SwappedAxesError
        Shapes in longitude and latitude of which none comes near a projected grid.
    """
    notes: list[str] = []
    given = list(geometries)
    array = np.empty(len(given), dtype=object)
    array[:] = given
    array[shapely.is_empty(array)] = None
    # Only a shape more than half the Earth wide can jump back across the antimeridian.
    doubtful = ~shapely.is_missing(array) & ~shapely.is_valid(array)
    if crs.is_geographic:
        bounds = shapely.bounds(array)
        doubtful |= bounds[:, 2] - bounds[:, 0] > 180.0
    for k in np.flatnonzero(doubtful).tolist():
        geometry = array[k]
        name = f"{what}, feature {k + 1}"
        if crs.is_geographic:
            drawn, geometry = geometry, _named(unwrap, geometry, name)
            if geometry is not drawn:
                notes.append(
                    f"{name}: a step of more than 180 degrees of longitude is read as crossing the "
                    "antimeridian"
                )
        geometry, note = repaired(geometry, name)
        if note:
            notes.append(note)
        array[k] = None if geometry.is_empty else geometry
    if crs.is_geographic and not grid.is_geographic:
        array, cut = _near_grid(array, crs, grid, what)
        notes += cut
    if crs != grid.crs:
        array = _named(lambda shapes: to_crs(shapes, crs, grid), array, what)
        for k, moved in enumerate(array):
            if moved is None:
                continue
            name = f"{what}, feature {k + 1}"
            if grid.is_geographic:
                moved = _named(unwrap, moved, name)
            # Edges that nearly touch may cross once they are bent.
            moved, note = repaired(moved, f"{name} in the CRS of the population raster")
            if note:
                notes.append(note)
            array[k] = None if moved.is_empty else moved
    if grid.is_geographic:
        array = in_frame(array, grid)
    return array, notes


FAR = "beyond the population raster"
"""Words in the note on shapes that were cut because a projection has no place for all of them."""


def _near_grid(shapes: Geometries, crs: CRS, grid: Grid, what: str) -> tuple[Geometries, list[str]]:
    """Cut lon/lat shapes to the surroundings of a projected grid: a projection holds for a part of the Earth only."""
    around = neighbourhood(grid, crs)
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    if around is None or not drawn.size:
        return shapes, []
    extent, box = around
    out = shapes.copy()
    out[drawn] = [near(shape, box) for shape in shapes[drawn]]
    cut = [k for k in drawn if out[k] is not shapes[k]]
    out[drawn[shapely.is_empty(out[drawn])]] = None
    if shapely.is_missing(out).all():
        _refuse_apart(shapes, extent, what, crs)
    if not cut:
        return shapes, []
    return out, [
        f"{what}: {len(cut)} of its {drawn.size} shapes reach more than {NEAR_DEG:g} degrees {FAR}, farther than its "
        "projection holds; they were cut there, where nobody is counted"
    ]


def _named(change: Callable[[_Shape], _Shape], shape: _Shape, name: str) -> _Shape:
    """Apply a change whose errors do not know what they are about."""
    try:
        return change(shape)
    except GeometryError as error:
        msg = f"{name}: {error}"
        raise GeometryError(msg) from error


def within(bounds: tuple[float, ...], extent: Bounds) -> bool:
    """Whether bounds lie in an extent, edges included."""
    return bool(
        bounds[0] >= extent[0]
        and bounds[1] >= extent[1]
        and bounds[2] <= extent[2]
        and bounds[3] <= extent[3]
    )


def must_meet(geometries: Geometries, grid: Grid, what: str) -> None:
    """Raise where no shape of a layer meets the grid.

    Raises
    ------
    EmptyLayerError
        There is no shape at all.
    SwappedAxesError
        The layer would meet the grid with its two axes exchanged.
    NoIntersectionError
        Otherwise; the message holds both extents.
    """
    bounds = shapely.total_bounds(geometries) if len(geometries) else np.full(4, np.nan)
    if not np.isfinite(bounds).all():
        msg = f"{what} holds no polygon with an area"
        raise EmptyLayerError(msg)
    if within(tuple(bounds), grid.bounds):
        return
    window = shapely.box(*grid.bounds)
    if shapely.intersects(geometries, window).any():
        return
    _refuse_apart(geometries, grid.bounds, what, grid.crs)


def _refuse_apart(geometries: Geometries, extent: Bounds, what: str, crs: CRS) -> NoReturn:
    """Raise with both extents in one CRS."""
    left, bottom, right, top = (float(v) for v in shapely.total_bounds(geometries))
    west, south, east, north = extent
    window = shapely.box(*extent)
    extents = (
        f"{what} spans x {left:.4f}..{right:.4f}, y {bottom:.4f}..{top:.4f}; the population raster spans x "
        f"{west:.4f}..{east:.4f}, y {south:.4f}..{north:.4f} ({crs.name})"
    )
    if shapely.box(bottom, left, top, right).intersects(window):
        msg = f"{what} does not meet the population raster, but it would with latitude and longitude exchanged: {extents}; write longitude first"
        raise SwappedAxesError(msg)
    msg = f"{what} does not meet the population raster: {extents}"
    raise NoIntersectionError(msg)


def _is_fine(shapes: Geometries) -> bool:
    """Whether no edge calls for another vertex: a coast of 100,000 need not be copied, which takes 15 ms."""
    step = np.abs(np.diff(shapely.get_coordinates(shapes), axis=0))
    return bool(step.size) and float(step.max()) <= _AREA_STEP_DEG / 2.0


def area_km2(geometries: Geometries, crs: CRS) -> F64:
    """Area of each shape on the WGS 84 ellipsoid, shape (n,), square kilometres; 0 for None.

    Edges are followed as they were drawn in `crs`, not as geodesics between vertices, so that the
    areas of the cells of a geographic grid add up to that of a polygon around them.

    Notes
    -----
    The ellipsoid's area to the equator (Snyder 1987, eq. 3-12; see `Grid.cell_area_km2`), integrated
    over longitude along each edge by Simpson's rule, on pieces of one degree or one kilometre at
    most.
    """
    shapes = np.asarray(geometries, dtype=object)
    if crs.is_geographic:
        fine = shapes if _is_fine(shapes) else shapely.segmentize(shapes, _AREA_STEP_DEG)
    else:
        unit_m = crs.axis_info[0].unit_conversion_factor
        transformer = lonlat(crs)
        fine = shapely.transform(
            shapely.segmentize(shapes, _AREA_STEP_M / unit_m),
            lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])),
        )
    rings = ragged(fine)
    if len(rings.coords) == 0:
        return np.zeros(rings.count)
    lon, lat = np.radians(rings.coords[:, 0]), rings.coords[:, 1]
    height = equal_area_km2(lat)
    middle = equal_area_km2((lat[:-1] + lat[1:]) / 2.0)
    step, edge = np.zeros(lon.size), np.zeros(lon.size)
    step[:-1] = np.diff(lon)
    step[rings.ring_offsets[1:] - 1] = 0.0  # from the end of one ring to the start of the next
    step -= 2.0 * np.pi * np.round(step / (2.0 * np.pi))  # across the antimeridian
    edge[:-1] = step[:-1] * (height[:-1] + 4.0 * middle + height[1:]) / 6.0
    starts = rings.ring_offsets[:-1]
    # A ring around a pole holds what lies between the pole and the ring, not between the ring and the equator.
    around = np.abs(np.round(np.add.reduceat(step, starts) / (2.0 * np.pi)))
    inside = np.abs(around * (2.0 * np.pi * POLE_KM2) - np.abs(np.add.reduceat(edge, starts)))
    signed = np.where(rings.ring_is_hole, -inside, inside)
    total = np.bincount(rings.ring_polygon, signed, minlength=rings.count)
    return np.asarray(total, dtype=np.float64)
