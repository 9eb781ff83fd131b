"""The function that a notebook, the command line and a service call: `reach`."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ew4all.intake import open_study
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.results import Reach


def reach(
    population: Any,
    area: Any = None,
    *,
    hazard: Any = None,
    hazard_min: float | None = None,
    hazard_band: int | None = None,
    hazard_where: Mapping[str, Any] | None = None,
    cap: Any = None,
    at: datetime | str | None = None,
    geocodes: Any = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    dem: Any = None,
    landcover: Any = None,
    outage: Any = None,
    operator_share: Mapping[str, float] | None = None,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    population_unit: str | None = None,
    population_column: str | None = None,
    refine: Any = None,
    assume: Mapping[str, float] | None = None,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
    out: str | os.PathLike[str] | None = None,
    notice: str | None = None,
    attribution: str | None = None,
) -> Reach:
    """Count the people at risk, in the warning area, covered by each technology and operator, and not covered.

    Parameters
    ----------
    population
        Raster of people (a path, an open rasterio dataset, or ``(array, transform, crs)``); a mapping from group to
        such rasters (age and sex bands); or polygons with a number of people each.
    area
        Warning area: a path (GeoJSON, GeoPackage, Shapefile, FlatGeobuf, WKT, CAP), a GeoDataFrame, or shapely
        geometries, which are taken to be in the population's CRS.
    hazard, hazard_min
        Hazard footprint, as for `area`; or a raster with the value from which on it endangers people. Where only one
        of area and hazard is given they are the same; without both, everybody is in the area.
    hazard_band
        Band of a hazard raster, from 1; by default the first.
    hazard_where
        From column to value: which features of a hazard layer are meant. By default all.
    cap, at
        CAP 1.2 alert, in the place of `area`; or several files, a thread of alerts, updates and cancellations. What is in
        force at the time `at` (with its zone, or ``"now"``; by default when the last message was sent) then is the warning area.
    geocodes
        Table of codes (``.csv`` with columns name, value, geometry; or a polygon layer) for alerts that name places by
        geocode; see `ew4all.readers.geocodes.read_geocodes`.
    coverage, coverage_min
        From ``"4g"`` or ``"4g:Operator"`` to a raster of 0/1 or shares 0..1, polygons, or a raster of levels with the
        threshold in `coverage_min` (by the same keys, dBm or the raster's unit).
    sites, sites_options
        List of cell sites in the place of `coverage`, or `ew4all.cells.Cells`, and what
        `ew4all.readers.sites.read_cells` takes (``columns``, ``technology``, ``country``, ``max_age_years``). Coverage
        is then modelled.
    dem, landcover
        Heights and land cover for the model of `sites`.
    outage
        Table of sites or cells that are off the air (``ensemble.csv`` of ``ew4all outage``, or a column ``site``): people
        are counted before and after it.
    operator_share
        From operator to its share of the subscribers, 0..1. It enters the device steps of the waterfall only.
    zones, zone_id, zone_name
        Polygons for which results are given one by one, and their columns.
    population_unit
        ``count``, ``per_km2`` or ``per_ha``; needed where the raster does not tell and its values are implausible as
        counts.
    population_column
        Column of polygons with their people.
    refine
        Settlement points or a finer raster that place people inside the cells of a coarse population raster.
    assume
        Values that replace defaults of `ew4all.assumptions`, by name.
    workers
        Threads, or an executor; the result has the same bits for any.
    progress
        Called with the number of blocks done and of all blocks.
    title
        Title of maps and tables.
    out
        Folder for zones.gpkg, zones.parquet, zones.csv, uncovered.tif, map.png, reach.json and run.json.
    notice
        Words that every output must carry.
    attribution
        Whose data they are, for the map.

    Returns
    -------
    Reach
        ``to_dict()`` is the JSON ``ew4all/reach/1``.

    Raises
    ------
    InputError
        An input is at fault; the message says what, where, why and what to do.
    ReadError, WriteError
        A file cannot be read or written; nothing is left half-written.

    Examples
    --------
    >>> import ew4all
    >>> from ew4all.demo import CASE
    >>> result = ew4all.reach(**CASE.arguments())
    >>> round(result.people.total)
    111454
    """
    if out is not None:
        must_be_folder(out)
    given = {
        "hazard": hazard,
        "hazard_min": hazard_min,
        "hazard_band": hazard_band,
        "hazard_where": hazard_where,
        "cap": cap,
        "at": at,
        "geocodes": geocodes,
        "coverage": coverage,
        "coverage_min": coverage_min,
        "sites": sites,
        "sites_options": sites_options,
        "dem": dem,
        "landcover": landcover,
        "outage": outage,
        "operator_share": operator_share,
        "zones": zones,
        "zone_id": zone_id,
        "zone_name": zone_name,
        "population_unit": population_unit,
        "population_column": population_column,
        "refine": refine,
        "assume": assume,
        "title": title,
    }
    study = open_study(population, area, **given, workers=workers, progress=progress)
    result = study.reach()
    if out is not None:
        # Tables and maps cost half a second to import, which a run without a folder need not pay.
        from ew4all.report.outputs import write_outputs

        settings = {"population": population, "area": area, **given}
        used = {k: as_given(v) for k, v in settings.items() if v is not None}
        write_outputs(
            out,
            study,
            result,
            settings=used,
            notice=notice,
            attribution=attribution,
            progress=progress,
        )
    return result


def as_given(value: Any) -> Any:
    """Return an option as run.json can hold it: paths and numbers as they are, data in memory by their kind."""
    if isinstance(value, Mapping):
        return {str(k): as_given(v) for k, v in value.items()}
    if isinstance(value, list | tuple) and all(
        isinstance(v, str | int | float | os.PathLike) for v in value
    ):
        return [as_given(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return "nan"  # a price taken away: JSON has no word for it
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return f"{type(value).__name__} in memory"
