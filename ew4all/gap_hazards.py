"""Hazards of a gap analysis: several layers by name, such as return periods, each a raster with a threshold or polygons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ew4all.errors import OptionError
from ew4all.gap_ground import Hazard
from ew4all.intake import footprint, window_of
from ew4all.readers.layers import is_raster
from ew4all.readers.levels import open_hazard_raster
from ew4all.readers.provenance import SourceNote

if TYPE_CHECKING:
    from ew4all.grid import Grid

__all__ = ["open_hazards"]


def open_hazards(
    hazards: Mapping[str, Any], grid: Grid, notes: list[str], sources: list[SourceNote]
) -> tuple[Hazard, ...]:
    """Open hazards.

    Parameters
    ----------
    hazards
        Name to a layer; or to a mapping of ``source`` and ``min`` (rasters), ``band``, ``where`` (polygons: column to value).
        A text may end in ``#MIN``, ``#BAND:MIN`` or ``#COLUMN=VALUE``.
    notes, sources
        Added to.

    Raises
    ------
    OptionError
        A raster without a threshold, or a threshold for polygons.
    InputError, ReadError
        See `open_hazard_raster` and `ew4all.intake.footprint`.
    """
    return tuple(_opened(name, given, grid, notes, sources) for name, given in hazards.items())


def _opened(
    name: str, given: Any, grid: Grid, notes: list[str], sources: list[SourceNote]
) -> Hazard:
    asked = dict(given) if isinstance(given, Mapping) else _parsed(given)
    unknown = sorted(set(asked) - {"source", "min", "band", "where"})
    if unknown or "source" not in asked:
        msg = f"hazard {name!r} has {unknown[0] if unknown else 'no source'}; it is made of source, min, band and where"
        raise OptionError(msg)
    source, least, where = asked["source"], asked.get("min"), asked.get("where")
    role = f"hazard {name}"
    if not is_raster(source):
        if least is not None or asked.get("band") is not None:
            msg = f"the hazard {name!r} is polygons, which have no threshold; choose features with #COLUMN=VALUE"
            raise OptionError(msg)
        return Hazard(name, footprint(source, role, grid, notes, sources, where))
    if where is not None:
        msg = f"the hazard {name!r} is a raster, which has no columns; write #MIN behind it"
        raise OptionError(msg)
    if least is None:
        msg = f"the hazard {name!r} is a raster; say from which value on it endangers people: --hazard {name}=FILE#MIN"
        raise OptionError(msg)
    raster = open_hazard_raster(source, float(least), grid, band=int(asked.get("band") or 1))
    notes += raster.notes
    sources.append(SourceNote.of(role, source, raster.raster.grid.crs, unit=f">= {least:g}"))
    return Hazard(name, window_of(raster, grid), raster)


def _parsed(given: Any) -> dict[str, Any]:
    if not isinstance(given, str) or "#" not in given or Path(given).exists():
        return {"source": given}
    source, _, rest = given.rpartition("#")
    if "=" in rest:
        column, _, value = rest.partition("=")
        return {"source": source, "where": {column.strip(): value.strip()}}
    band, colon, least = rest.rpartition(":")
    try:
        minimum = float(least)
        number = int(band) if colon else 1
    except ValueError:
        minimum, number = math.nan, 1
    if not math.isfinite(minimum) or number < 1:
        msg = f"behind # stands a least value (#0.5), a band and a least value (#3:0.5) or a choice (#RP=100), but got {rest!r}"
        raise OptionError(msg)
    return {"source": source, "min": minimum, "band": number}
