"""`ew4all reach`, and the options that other commands share with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, one_or_all, sources, thresholds
from ew4all.cli.parameters import (
    At,
    Cap,
    Country,
    Coverage,
    CoverageMin,
    Dem,
    Geocodes,
    Json,
    LandCover,
    OperatorShare,
    Population,
    PopulationColumn,
    PopulationUnit,
    Quiet,
    SitesColumn,
    SitesTechnology,
    Workers,
    ZoneId,
    ZoneName,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say, working

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from ew4all.results import Reach


def reach(
    population: Population,
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    hazard: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Hazard footprint: polygons, or a raster with --hazard-min."
        ),
    ] = None,
    hazard_min: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="Value of the hazard raster from which on people are at risk."
        ),
    ] = None,
    hazard_band: Annotated[
        int | None,
        typer.Option(metavar="N", help="Band of the hazard raster, from 1."),
    ] = None,
    hazard_where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE", help="Features of the hazard layer that count. Repeatable."
        ),
    ] = None,
    area: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Warning area: polygons. Without it, the hazard's."),
    ] = None,
    cap: Cap = None,
    at: At = None,
    geocodes: Geocodes = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    sites: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="List of cell sites, in the place of --coverage."),
    ] = None,
    column: SitesColumn = None,
    sites_technology: SitesTechnology = None,
    country: Country = None,
    max_age_years: Annotated[
        float | None,
        typer.Option(
            metavar="YEARS", help="Rows of --sites last seen longer ago are dropped; 5 by default."
        ),
    ] = None,
    dem: Dem = None,
    landcover: LandCover = None,
    outage: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Sites off the air (ensemble.csv of `ew4all outage`, or a column site): before and after.",
        ),
    ] = None,
    operator_share: OperatorShare = None,
    zones: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons to count in, one by one.")
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    refine: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Settlement points or a finer raster that place people in coarse cells.",
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Replace a default of `ew4all assumptions`. Repeatable."
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and the map.")
    ] = None,
    workers: Workers = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler to work on, instead of threads; local:N starts N processes here.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for zones, uncovered people, map and record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Count people at risk, in the warning area, covered, and not covered; by technology, operator and zone."""
    with reporting(), working(workers, cluster) as hands:
        arguments: dict[str, Any] = {
            "population": sources(population),
            "population_unit": population_unit,
            "population_column": population_column,
            "hazard": hazard,
            "hazard_min": hazard_min,
            "hazard_band": hazard_band,
            "hazard_where": mapping("--hazard-where", hazard_where, "COLUMN=VALUE"),
            "area": area,
            "cap": one_or_all(cap),
            "at": at,
            "geocodes": one_or_all(geocodes),
            "coverage": mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
            "coverage_min": thresholds(coverage_min),
            "sites": sites,
            "sites_options": given_options(
                columns=mapping("--column", column, "azimuth=AZIMUT"),
                technology=sites_technology,
                country=country,
                max_age_years=max_age_years,
            ),
            "dem": dem,
            "landcover": landcover,
            "outage": outage,
            "operator_share": numbers("--operator-share", operator_share, "NAME=0.4"),
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "refine": refine,
            "assume": numbers("--assume", assume, "device_capable=0.62"),
            "title": title,
            "out": out,
        }
        result = run(arguments, hands, quiet=quiet)
        show(result, as_json=as_json)
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def given_options(**options: Any) -> dict[str, Any] | None:
    """Return the options that were given; None where none was."""
    return {name: value for name, value in options.items() if value} or None


def run(arguments: Mapping[str, Any], workers: int | Executor | None, *, quiet: bool) -> Reach:
    """Count people, with a bar where somebody watches."""
    import ew4all
    from ew4all.runtime import set_matplotlib_cache

    if arguments["out"] is not None:
        set_matplotlib_cache()
    with progressing(quiet=quiet) as progress:
        return ew4all.reach(**arguments, workers=workers, progress=progress)


def show(result: Reach, *, as_json: bool, notice: str | None = None) -> None:
    """Print a result as tables or as JSON."""
    if as_json:
        document = result.to_dict()
        print_json(document if notice is None else {**document, "notice": notice})
        return
    from ew4all.report.table import rendered

    screen = console()
    screen.print(rendered(result, notice=notice, ascii_only=screen.options.ascii_only))
