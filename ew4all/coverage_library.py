"""The function that the command line and a service call: `coverage`, from cell sites to maps of signal."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from ew4all.cells import split_assumed
from ew4all.errors import OptionError
from ew4all.network_intake import open_network
from ew4all.readers.given_cells import cells_of
from ew4all.readers.zones import read_zones
from ew4all.study import WORKERS
from ew4all.writers.folder import must_be_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ew4all.coverage.exposure import Progress
    from ew4all.network_maps import ServiceSummary

__all__ = ["coverage"]


def coverage(
    sites: Any,
    population: Any,
    *,
    out: str | os.PathLike[str],
    population_unit: str | None = None,
    population_column: str | None = None,
    dem: Any = None,
    landcover: Any = None,
    landcover_class: Mapping[str, str] | None = None,
    column: Mapping[str, str] | None = None,
    technology: str | Sequence[str] = (),
    sites_technology: str | None = None,
    country: Any = None,
    max_age_years: float = 5.0,
    zones: Any = None,
    zone_id: str | None = None,
    zone_name: str | None = None,
    resolution_m: float | None = None,
    assume: Mapping[str, float] | None = None,
    by_operator: bool = False,
    title: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ServiceSummary:
    """Map level, best server, margin and probability of service of each technology; count the people served.

    Parameters
    ----------
    sites, column, sites_technology, country, max_age_years
        List of cells and how to read it; see `ew4all.readers.sites.read_cells`.
    population, population_unit, population_column
        As for `ew4all.reach`.
    out
        Folder for rasters, tables, maps and record.
    dem, landcover, landcover_class
        Terrain heights in metres, land cover classes and what they mean; without them land is flat.
    technology
        Technologies to map; all by default.
    zones, zone_id, zone_name
        Polygons to count in, one by one, and their columns.
    resolution_m
        Width of a pixel; by default that of the population's, 250 at most.
    assume
        Values that replace assumptions on cells and on radio.
    by_operator
        Map the service of each operator by itself too.
    workers
        Threads; the result has the same bits for any number.
    progress
        Called with the number of blocks done and of all.

    Raises
    ------
    InputError, ReadError, WriteError
        An input is at fault, or a file cannot be read or written; nothing is left half-written.
    """
    # Pictures cost half a second to import.
    from ew4all.report.network_outputs import write_coverage

    technologies = (technology,) if isinstance(technology, str) else tuple(technology)
    settings = {
        k: v for k, v in locals().items()
        if k not in {"out", "workers", "progress", "technologies", "write_coverage"}
    } | {"technology": technologies}  # fmt: skip
    must_be_folder(out)
    if zones is None and (zone_id or zone_name):
        msg = "a column of zones was named, but no zones were given"
        raise OptionError(msg)
    of_cells, of_radio = split_assumed(assume or {})
    found = cells_of(
        sites,
        {
            "columns": column,
            "technology": sites_technology,
            "country": country,
            "assume": of_cells or None,
            "max_age_years": max_age_years,
        },
    )
    opened = open_network(
        found.cells,
        population,
        population_unit=population_unit,
        population_column=population_column,
        dem=dem,
        landcover=landcover,
        landcover_class=landcover_class,
        technology=technologies,
        zones=None if zones is None else read_zones(zones, zone_id, zone_name),
        resolution_m=resolution_m,
        assume=of_radio,
        assume_cells=of_cells,
        progress=progress,
    )
    opened = replace(
        opened,
        sources=(*found.sources, *opened.sources),
        notes=(*found.notes, *opened.notes),
    )
    return write_coverage(
        out,
        opened,
        population,
        settings=settings,
        account=tuple(asdict(row) for row in found.account),
        zones=zones,
        zone_id=zone_id,
        zone_name=zone_name,
        title=title,
        by_operator=by_operator,
        population_unit=population_unit,
        population_column=population_column,
        progress=progress,
        workers=WORKERS if workers is None else workers,
    )
