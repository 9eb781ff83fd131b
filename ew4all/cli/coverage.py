"""`ew4all coverage`: from cell sites to signal, best server and coverage layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, sources
from ew4all.cli.parameters import (
    AssumeRadio,
    Country,
    Dem,
    Json,
    LandCover,
    LandCoverClass,
    MaxAgeYears,
    Population,
    PopulationColumn,
    PopulationUnit,
    Quiet,
    ResolutionM,
    Sites,
    SitesColumn,
    SitesTechnology,
    Workers,
    ZoneId,
    ZoneName,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say

if TYPE_CHECKING:
    from ew4all.network_maps import ServiceSummary

__all__ = ["coverage"]


def coverage(
    sites: Sites,
    population: Population,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for rasters, tables, maps and record.")
    ],
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    dem: Dem = None,
    landcover: LandCover = None,
    landcover_class: LandCoverClass = None,
    column: SitesColumn = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(metavar="2g|3g|4g|5g", help="Technology to map; all by default. Repeatable."),
    ] = None,
    sites_technology: SitesTechnology = None,
    country: Country = None,
    max_age_years: MaxAgeYears = 5.0,
    zones: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Polygons to count in, one by one; the map shows their extent."
        ),
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    resolution_m: ResolutionM = None,
    assume: AssumeRadio = None,
    by_operator: Annotated[
        bool, typer.Option("--by-operator", help="Map the service of each operator by itself too.")
    ] = False,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and the maps.")
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Map level, best server, margin and probability of service of each technology; count the people served."""
    with reporting():
        settings = {
            "sites": sites,
            "population": sources(population),
            "population_unit": population_unit,
            "population_column": population_column,
            "dem": dem,
            "landcover": landcover,
            "landcover_class": mapping("--landcover-class", landcover_class, "50=built"),
            "column": mapping("--column", column, "azimuth=AZIMUT"),
            "technology": tuple(technology or ()),
            "sites_technology": sites_technology,
            "country": country,
            "max_age_years": max_age_years,
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "resolution_m": resolution_m,
            "assume": numbers("--assume", assume, "height_m=35"),
            "by_operator": by_operator,
            "title": title,
        }
        summary = _run(settings, out, workers, quiet=quiet)
        _show(summary, as_json=as_json)
        say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _run(given: dict[str, Any], out: Path, workers: int | None, *, quiet: bool) -> ServiceSummary:
    from ew4all.runtime import set_matplotlib_cache

    set_matplotlib_cache()
    from ew4all.coverage_library import coverage as computed

    with progressing(quiet=quiet, what="Computing signal") as progress:
        return computed(**given, out=out, workers=workers, progress=progress)


def _show(summary: ServiceSummary, *, as_json: bool) -> None:
    if as_json:
        print_json(summary.to_dict())
        return
    from ew4all.report.service_table import rendered

    console().print(rendered(summary))
