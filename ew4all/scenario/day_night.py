"""People between where they are by day and where they are by night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import InputError
from ew4all.readers.population import open_population

if TYPE_CHECKING:
    from ew4all.sim.audience import Audience

__all__ = ["day_weight", "people_between"]

MOST_CELLS: Final = 1 << 27
"""A raster of half a gigabyte in memory."""


def day_weight(audience: Audience, hour: float) -> float:
    """Return the share of the way from the people of the night to those of the day, 0..1.

    Rasters of the day are of the hours of work: the share at work, from its least to its most of the day (chosen).
    """
    hours = audience.hourly["at_work"]
    least, most = float(hours.min()), float(hours.max())
    if most <= least:
        return 0.0
    return min(1.0, max(0.0, (audience.at("at_work", hour) - least) / (most - least)))


def people_between(
    day: str, night: str, weight: float, unit: str | None
) -> tuple[tuple[Any, Any, Any], list[str]]:
    """Return people per cell as an array, its transform and its CRS, and notes.

    Raises
    ------
    GridMismatchError
        The two rasters do not share their cells.
    InputError
        They are too large to be held in memory.
    EW4AllError
        See `open_population`.
    """
    both = open_population({"day": day, "night": night}, unit=unit)
    grid = both.grid
    if grid.height * grid.width > MOST_CELLS:
        msg = (
            f"{both.name} has {grid.height * grid.width:,} cells, but people by day and night are put together in memory, at most "
            f"{MOST_CELLS:,} cells; cut both rasters to the region"
        )
        raise InputError(msg)
    whole = grid.whole
    people = weight * np.asarray(both.people(whole, 0), np.float64)
    people += (1.0 - weight) * np.asarray(both.people(whole, 1), np.float64)
    notes = [
        *both.notes,
        f"{both.sum_people(0):,.0f} people by day, {both.sum_people(1):,.0f} by night",
    ]
    both.close()
    return (people, grid.transform, grid.crs), notes
