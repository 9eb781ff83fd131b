"""When the hazard of a run arrives, from what a user gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ew4all.errors import OptionError
from ew4all.readers.arrival import open_arrival_raster, read_isochrones
from ew4all.readers.provenance import SourceNote
from ew4all.sim.arrival import AtOnce, MovingFront

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid
    from ew4all.readers.arrival import ArrivalRaster
    from ew4all.sim.division import Isochrone

__all__ = ["Arrival", "OpenedArrival", "arrival_of"]


@dataclass(frozen=True, eq=False)
class Arrival:
    """When the hazard arrives; one of `raster`, `isochrones` and `front`.

    Attributes
    ----------
    raster
        Of times.
    isochrones
        Polygons with a column of times.
    front
        A line (longitude, latitude) from which the hazard moves at `speed_m_s`, towards `bearing_deg` or to both sides.
    unit, column, band
        See `ew4all.readers.arrival`.
    start_s
        What times count from, or when the front is at its line; seconds after the scenario's zero.
    """

    raster: Any = None
    isochrones: Any = None
    front: BaseGeometry | None = None
    speed_m_s: float | None = None
    bearing_deg: float | None = None
    unit: str | None = None
    column: str | None = None
    band: int = 1
    start_s: float = 0.0


class OpenedArrival(NamedTuple):
    """A field of times, or isochrones that cut the map."""

    field: AtOnce | MovingFront | ArrivalRaster | None
    isochrones: tuple[Isochrone, ...] = ()


def arrival_of(
    given: Arrival | float, grid: Grid, notes: list[str], sources: list[SourceNote]
) -> OpenedArrival:
    """Open what says when the hazard arrives; notes and sources are added to.

    Raises
    ------
    OptionError
        None or several of raster, isochrones and front; a front without a speed.
    """
    if not isinstance(given, Arrival):
        return OpenedArrival(AtOnce(float(given)))
    said = [name for name in ("raster", "isochrones", "front") if getattr(given, name) is not None]
    if len(said) != 1:
        msg = f"the hazard's arrival is a raster, isochrones or a front: give one of them, not {' and '.join(said) or 'none'}"
        raise OptionError(msg)
    if given.raster is not None:
        field = open_arrival_raster(
            given.raster, grid, unit=given.unit, band=given.band, start_s=given.start_s
        )
        notes += field.notes
        sources.append(
            SourceNote.of("arrival", given.raster, field.raster.grid.crs, unit=given.unit or field.raster.unit)
        )  # fmt: skip
        return OpenedArrival(field)
    if given.isochrones is not None:
        found, told = read_isochrones(
            given.isochrones, grid, column=given.column, unit=given.unit, start_s=given.start_s
        )
        notes += told
        sources.append(SourceNote.of("arrival", given.isochrones, grid.crs, unit=given.unit))
        return OpenedArrival(None, found)
    if given.speed_m_s is None:
        msg = "a front needs its speed in metres a second (speed_m_s)"
        raise OptionError(msg)
    assert given.front is not None
    front = MovingFront(grid, given.front, given.speed_m_s, given.start_s, given.bearing_deg)
    return OpenedArrival(front)
