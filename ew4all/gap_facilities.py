"""Facilities of a gap analysis, looked up in the layers of signal, channels and hazards.

A facility has a signal or a channel where the layer covers its point: polygons that hold it, or a cell of the layer
itself that is covered by half or more, however wide the cells of the population are; a siren where half of those awake
outdoors would hear it. Whether anybody there has a phone or a receiver is not asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.coverage.gaps import CELL_BROADCAST, DATA, PHONE
from ew4all.coverage.queries import ANY
from ew4all.coverage.sound import hearing_probability
from ew4all.errors import SwappedAxesError
from ew4all.facility_results import Facilities, Reached
from ew4all.gap_sirens import SirenShare
from ew4all.grid import lonlat
from ew4all.readers.alignment import Aligned
from ew4all.readers.layer_points import share_at
from ew4all.readers.modelled import ModelledLayer
from ew4all.results import OUTSIDE
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ew4all.gap_ground import Ground, Layer
    from ew4all.gap_intake import GapStudy
    from ew4all.grid import Grid
    from ew4all.readers.facilities import FacilityPoints
    from ew4all.units import F64

    Flags = NDArray[np.bool_]

__all__ = ["facilities_of"]

_HALF: Final = 0.5


def facilities_of(
    opened: GapStudy, after: Iterable[Ground] = ()
) -> tuple[tuple[Facilities, ...], list[str]]:
    """Look facilities up in the layers of the study.

    Parameters
    ----------
    after
        The ground with the network degraded, one for each member; a facility has what half of them give it.

    Returns
    -------
    facilities, notes

    Raises
    ------
    SwappedAxesError
        None lies in the study area, and all would with longitude and latitude exchanged.
    """
    ground = opened.ground
    notes: list[str] = []
    placed = [_placed(points, opened, notes) for points in opened.facilities]
    members: list[list[Reached]] = []
    if placed:
        # Each of a hundred members holds the columns of its cells: one at a time.
        members = [[_reached(one, x, y) for _, x, y in placed] for one in after]
    found = []
    for k, (points, x, y) in enumerate(placed):
        found.append(
            Facilities(
                points.kind,
                points.ids,
                points.names,
                points.lon_deg,
                points.lat_deg,
                opened.facilities[k].lon_deg.size - x.size,
                _zones(opened, x, y),
                _reached(ground, x, y),
                {h.name: _inside(h.shape, h.raster, ground, x, y) for h in ground.hazards},
                _mostly([one[k] for one in members]) if members else None,
            )
        )
    return tuple(found), notes


def _placed(
    points: FacilityPoints, opened: GapStudy, notes: list[str]
) -> tuple[FacilityPoints, F64, F64]:
    """Return the facilities in the study area, and their coordinates on its grid."""
    x, y = _on_grid(points.lon_deg, points.lat_deg, opened.study.grid)
    inside = shapely.intersects_xy(opened.ground.within, x, y)
    beyond = int((~inside).sum())
    if beyond == inside.size:
        _must_not_be_swapped(points, opened)
    if beyond:
        notes.append(
            f"{points.label}: {beyond:,} of {inside.size:,} lie outside the study area and are not counted"
        )
    kept = replace(
        points,
        ids=tuple(np.array(points.ids, dtype=object)[inside]),
        names=tuple(np.array(points.names, dtype=object)[inside]),
        lon_deg=points.lon_deg[inside],
        lat_deg=points.lat_deg[inside],
    )
    return kept, x[inside], y[inside]


def _must_not_be_swapped(points: FacilityPoints, opened: GapStudy) -> None:
    if np.abs(points.lon_deg).max() > 90.0:
        return
    x, y = _on_grid(points.lat_deg, points.lon_deg, opened.study.grid)
    if shapely.intersects_xy(opened.ground.within, x, y).all():
        msg = f"{points.label} has latitude and longitude exchanged: none lies in the study area, and all do the other way round"
        raise SwappedAxesError(msg)


def _on_grid(lon: F64, lat: F64, grid: Grid) -> tuple[F64, F64]:
    """Return coordinates in the CRS of a grid, longitudes by whole turns to where it lies."""
    x, y = lonlat(grid.crs).transform(lon, lat, direction="INVERSE")
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if grid.is_geographic:
        west, _, east, _ = grid.bounds
        x = x + 360.0 * np.round((0.5 * (west + east) - x) / 360.0)
    return x, y


def _zones(opened: GapStudy, x: F64, y: F64) -> tuple[str, ...] | None:
    study = opened.study
    if study.zones is None:
        return None
    shapes = study.zone_shapes
    drawn = np.flatnonzero(~shapely.is_missing(shapes))
    place, zone = shapely.STRtree(shapes[drawn]).query(shapely.points(x, y), predicate="intersects")
    first = np.full(x.size, len(shapes))
    # On a border between two zones the one that comes first, as with people in overlaps.
    np.minimum.at(first, place, drawn[zone])
    names = [*study.zones.ids, OUTSIDE]
    return tuple(names[k] for k in first)


def _reached(ground: Ground, x: F64, y: F64) -> Reached:
    places = ground.places
    n = len(places.signals)
    here = [_covered(layer, ground, x, y) for layer in ground.layers]
    nowhere = np.zeros(x.size, np.bool_)
    signal: dict[str, Flags] = {t: nowhere.copy() for t in places.technologies}
    broadcast, data = nowhere.copy(), nowhere.copy()
    for one, has in zip(places.signals, here[:n], strict=True):
        signal[one.technology] |= has
        signal[ANY] |= has
        if places.rates.broadcast[one.technology] > 0.0:
            broadcast |= has
        if one.technology != TECHNOLOGIES[0]:
            data |= has
    channels: dict[str, Flags] = {CELL_BROADCAST: broadcast} if n else {}
    for channel in places.channels:
        if channel.needs == PHONE:
            channels[channel.name] = signal[ANY].copy()
        elif channel.needs == DATA:
            channels[channel.name] = data
        else:
            assert channel.layer is not None
            channels[channel.name] = here[n + channel.layer]
    return Reached(signal, channels)


def _mostly(members: Sequence[Reached]) -> Reached:
    def half(flags: list[Flags]) -> Flags:
        found: Flags = np.mean(flags, axis=0) >= _HALF
        return found

    first = members[0]
    return Reached(
        {t: half([m.signal[t] for m in members]) for t in first.signal},
        {name: half([m.channels[name] for m in members]) for name in first.channels},
    )


def _covered(layer: Layer, ground: Ground, x: F64, y: F64) -> Flags:
    return _inside(layer.shape, layer.reader, ground, x, y)


def _inside(shape: Any, reader: Any, ground: Ground, x: F64, y: F64) -> Flags:
    """Whether each point lies in a shape and, where there is a raster, in a cell of it that is covered by half or more."""
    found: Flags = np.ones(x.size, np.bool_)
    if shape is not None:
        found &= shapely.intersects_xy(shape, x, y)
    if reader is None or not found.any():
        return found
    here = x[found], y[found]
    if isinstance(reader, SirenShare):
        lon, lat = (
            np.asarray(v, np.float64) for v in lonlat(ground.people.grid.crs).transform(*here)
        )
        level = reader.sirens.level_at(lon, lat)
        share = np.zeros(level.size)
        near = np.isfinite(level)
        ambient = reader.values["siren_ambient_outdoors_db"]
        share[near] = hearing_probability(level[near], ambient)
    elif isinstance(reader, ModelledLayer):
        share = reader.share_at(*here)
    else:
        share = share_at(reader if isinstance(reader, Aligned) else reader.aligned, *here)
    found[found] = share >= _HALF
    return found
