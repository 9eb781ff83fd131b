"""The function that a notebook and the command line call: `compare_populations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.library import as_given
from ew4all.population_given import Given
from ew4all.population_sources import compare_sources
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.coverage.exposure import Progress
    from ew4all.population_results import PopulationComparison

__all__ = ["compare_populations"]


def compare_populations(
    population: Mapping[str, Any],
    *,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    zones_where: Mapping[str, Any] | None = None,
    official: Any = None,
    official_column: str | None = None,
    official_where: Mapping[str, Any] | None = None,
    official_total: float | None = None,
    year: Mapping[str, int] | None = None,
    to_year: int | None = None,
    growth: float | None = None,
    series: Any = None,
    presence: Any = None,
    area: Any = None,
    hazard: Any = None,
    hazard_min: float | None = None,
    coverage: Mapping[str, Any] | None = None,
    coverage_min: Mapping[str, float] | float | None = None,
    sites: Any = None,
    sites_options: Mapping[str, Any] | None = None,
    dem: Any = None,
    population_unit: Mapping[str, str] | None = None,
    population_column: Mapping[str, str] | None = None,
    refine: Mapping[str, Any] | None = None,
    cells: bool = True,
    workers: int | Executor | None = None,
    progress: Progress | None = None,
    title: str | None = None,
    out: str | os.PathLike[str] | None = None,
) -> PopulationComparison:
    """Ask several population sources the same, and say how much the answer depends on the source.

    Parameters
    ----------
    population
        From a name to a source: a raster of counts or densities, or polygons with people.
    zones, zone_id, zone_name, zones_where
        Places that are compared, their columns, and which features of the layer are meant. Who lives in no zone is told
        and not compared. Without zones everybody is one place.
    official, official_column, official_where
        Table of official people by zone, its column and its rows; or `official_column` alone: a column of the zones. Each
        source is then also brought to these figures, zone by zone.
    official_total
        In their place, one figure for all zones together.
    year, to_year, growth, series
        Year of each source, the year to bring them to, and by what: a share by year (0.012 is 1.2 %), or a table of totals
        by year.
    presence
        Table of other times (day and night, a season with tourists): ``case``, ``zone``, ``factor``, ``visitors``.
    area, hazard, hazard_min, coverage, coverage_min, sites, sites_options, dem
        What is counted, as in `ew4all.reach`; the same for every source.
    population_unit, population_column, refine
        As in `ew4all.reach`, by source.
    cells
        Whether rasters are also compared cell by cell: who lives where the other source has nobody.
    out
        Folder for comparison.json, sources.csv, zones.csv, comparison.png, run.json and, with official figures, one raster of
        each raster source brought to them (``raked_NAME.tif``).

    Returns
    -------
    PopulationComparison
        ``to_dict()`` is the JSON ``ew4all/population-comparison/1``; `findings` says it in sentences.

    Raises
    ------
    InputError, ReadError
        An input is at fault; the message begins with the source where it is one's own.
    WriteError
        A file cannot be written; nothing is left half-written.
    """
    if out is not None:
        must_be_folder(out)
    asked: dict[str, Any] = {
        "zones": zones,
        "zone_id": zone_id,
        "zone_name": zone_name,
        "zones_where": zones_where,
        "official": official,
        "official_column": official_column,
        "official_where": official_where,
        "official_total": official_total,
        "year": year,
        "to_year": to_year,
        "growth": growth,
        "series": series,
        "presence": presence,
        "population_unit": population_unit,
        "population_column": population_column,
        "refine": refine,
        "cells": cells,
        "title": title,
    }
    counted: dict[str, Any] = {
        "area": area,
        "hazard": hazard,
        "hazard_min": hazard_min,
        "coverage": coverage,
        "coverage_min": coverage_min,
        "sites": sites,
        "sites_options": sites_options,
        "dem": dem,
    }
    given = Given(population, **asked)
    found = compare_sources(given, counted, workers=workers, progress=progress)
    if out is not None:
        from ew4all.report.population_outputs import write_comparison

        settings = {"population": population, **asked, **counted}
        used = {k: as_given(v) for k, v in settings.items() if v is not None}
        write_comparison(out, found, settings=used)
    return found.result
