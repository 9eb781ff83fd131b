"""When the hazard arrives, from files: a raster of times, or isochrones, polygons with a column of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.coverage.overlay import union
from ew4all.errors import ColumnError, InputError, OptionError
from ew4all.geometry import must_meet, on_grid
from ew4all.grid import Block
from ew4all.readers.rasters import open_raster
from ew4all.readers.vectors import read_vector
from ew4all.sim.division import Isochrone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.grid import Grid
    from ew4all.readers.rasters import Raster
    from ew4all.units import F64

__all__ = ["UNITS_S", "ArrivalRaster", "open_arrival_raster", "read_isochrones"]

UNITS_S: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds in a unit of time."""

_NAMES: Final = {
    "second": "s", "seconds": "s", "sec": "s", "minute": "min", "minutes": "min", "m": "min", "hour": "h", "hours": "h",
    "hr": "h", "hrs": "h", "day": "d", "days": "d",
}  # fmt: skip
_MOST_CELLS: Final = 1 << 22


@dataclass(frozen=True, eq=False)
class ArrivalRaster:
    """A raster of times of arrival seen through a grid: the cell in which each pixel's middle lies."""

    raster: Raster
    grid: Grid
    scale_s: float
    start_s: float
    notes: tuple[str, ...]

    def read(self, block: Block) -> F64:
        """Return seconds after the scenario's zero, NaN where the raster says nothing, shape of the block."""
        rows, cols = np.mgrid[block.row0 : block.row1, block.col0 : block.col1] + 0.5
        to_raster = Transformer.from_crs(self.grid.crs, self.raster.grid.crs, always_xy=True)
        x, y = to_raster.transform(*self.grid.xy(cols, rows))
        a, b, c, d, e, f = self.raster.grid.inverse
        with np.errstate(invalid="ignore"):
            column, row = np.floor(a * x + b * y + c), np.floor(d * x + e * y + f)
            height, width = self.raster.grid.shape
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        out = np.full(block.shape, np.nan)
        if inside.any():
            self._look_up(row, column, inside, out)
        return self.start_s + self.scale_s * out

    def _look_up(self, row: F64, column: F64, inside: NDArray[np.bool_], out: F64) -> None:
        r, c = row[inside].astype(np.int64), column[inside].astype(np.int64)
        window = Block(int(r.min()), int(r.max()) + 1, int(c.min()), int(c.max()) + 1)
        if window.shape[0] * window.shape[1] > _MOST_CELLS and r.size > 1:
            # Pixels are much wider than the raster's cells: in halves, so that little is held at once.
            at = np.argwhere(inside)
            axis = int(np.argmax(np.ptp(at, axis=0)))
            middle = at[:, axis].min() + (np.ptp(at[:, axis]) + 1) // 2
            index = np.indices(inside.shape)[axis]
            self._look_up(row, column, inside & (index < middle), out)
            self._look_up(row, column, inside & (index >= middle), out)
            return
        values, valid = self.raster.values(window)
        found = values[r - window.row0, c - window.col0].astype(np.float64)
        if valid is not None:
            found[~valid[r - window.row0, c - window.col0]] = np.nan
        found[found < 0.0] = np.nan
        out[inside] = found


def open_arrival_raster(
    source: Any, grid: Grid, *, unit: str | None = None, band: int = 1, start_s: float = 0.0
) -> ArrivalRaster:
    """Open a raster of times of arrival.

    Parameters
    ----------
    source
        What `open_raster` takes. Negative values are no time: nothing arrives there.
    unit
        ``s``, ``min``, ``h`` or ``d``; None: as the file says.
    start_s
        What its times count from, seconds after the scenario's zero.

    Raises
    ------
    OptionError
        Neither the caller nor the file says the unit.
    NoIntersectionError
        The raster does not meet the grid.
    ReadError, MissingCrsError, InputError
        See `open_raster`.
    """
    raster = open_raster(source, "the raster of arrival times", band=band)
    said = unit_s(unit, raster.unit, raster.name)
    west, south, east, north = raster.grid.bounds
    box = np.array([shapely.box(west, south, east, north)], dtype=object)
    shapes, _ = on_grid(box, raster.grid.crs, grid, raster.name)
    must_meet(shapes, grid, raster.name)
    return ArrivalRaster(raster, grid, said, start_s, raster.notes)


def read_isochrones(
    source: Any,
    grid: Grid,
    *,
    column: str | None = None,
    unit: str | None = None,
    start_s: float = 0.0,
) -> tuple[tuple[Isochrone, ...], tuple[str, ...]]:
    """Read isochrones: polygons that the hazard has reached by the time in a column, one within another or side by side.

    Parameters
    ----------
    column
        With the times; may be left out where a layer has one column of numbers only.
    unit
        ``s``, ``min``, ``h`` or ``d``; it must be given.
    start_s
        See `open_arrival_raster`.

    Returns
    -------
    isochrones, earliest first; notes

    Raises
    ------
    ColumnError
        No such column, or several columns of numbers of which none was named.
    InputError
        A time that is missing, negative or no number.
    OptionError
        No unit.
    ReadError, NoIntersectionError
        See `read_vector`.
    """
    layer = read_vector(source, "isochrones")
    numeric = [name for name, held in layer.table.items() if held.dtype.kind in "iuf"]
    if column is None and len(numeric) != 1:
        msg = f"{layer.name}: name the column with the times of arrival; its columns of numbers are {', '.join(numeric) or 'none'}"
        raise ColumnError(msg)
    name = numeric[0] if column is None else column
    if name not in layer.table:
        msg = f"{layer.name} has no column {name!r}; it has {', '.join(layer.table) or 'none'}"
        raise ColumnError(msg)
    scale = unit_s(unit, "", layer.name)
    try:
        times = np.asarray(layer.table[name], np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{layer.name}: column {name!r} holds {layer.table[name][0]!r}, which is no time"
        raise InputError(msg) from error
    wrong = ~(np.isfinite(times) & (times >= 0.0))
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        msg = f"{layer.name}, feature {k + 1}: the time of arrival is {times[k]}; give a number of {unit} of 0 or more"
        raise InputError(msg)
    shapes, mended = on_grid(layer.geometries, layer.crs or grid.crs, grid, layer.name)
    must_meet(shapes, grid, layer.name)
    found = []
    for time in np.unique(times):
        here = [s for s, t in zip(shapes, times, strict=True) if t == time and s is not None]
        if here:
            found.append(Isochrone(union(here), start_s + scale * float(time)))
    return tuple(found), (*layer.notes, *mended)


def unit_s(given: str | None, said: str, name: str) -> float:
    """Return the seconds in a unit of time, the caller's or else the file's.

    Raises
    ------
    OptionError
        Neither is one.
    """
    word = (given or said).strip().lower()
    word = _NAMES.get(word, word)
    if word not in UNITS_S:
        what = f"{given or said!r} is no unit of time" if given or said else "nobody says the unit"
        msg = f"{name}: {what} of its times of arrival; give one of {', '.join(UNITS_S)}"
        raise OptionError(msg)
    return UNITS_S[word]
