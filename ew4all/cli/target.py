"""`ew4all target`: the cells that should carry a warning, whom they miss, and whom they wake for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, one_or_all
from ew4all.cli.parameters import (
    AssumeRadio,
    At,
    Cap,
    Country,
    Dem,
    Geocodes,
    Json,
    LandCover,
    LandCoverClass,
    MaxAgeYears,
    OperatorShare,
    PopulationColumn,
    PopulationUnit,
    Quiet,
    ResolutionM,
    Sites,
    SitesColumn,
    SitesTechnology,
    Workers,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from ew4all.target_results import Target

__all__ = ["target"]


def target(
    sites: Sites,
    population: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="Raster of people, or polygons with --population-column."
        ),
    ],
    area: Annotated[
        str | None, typer.Option(metavar="FILE", help="Warning area: polygons.")
    ] = None,
    cap: Cap = None,
    at: At = None,
    geocodes: Geocodes = None,
    dem: Dem = None,
    landcover: LandCover = None,
    landcover_class: LandCoverClass = None,
    urgency: Annotated[
        str | None,
        typer.Option(
            metavar="evacuation|imminent",
            help="Least share of a cell's people inside: 0.05 (the default), or 0, which misses nobody.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="TAU", help="Least share of a cell's people inside, 0 to 1."),
    ] = None,
    weight: Annotated[
        float | None,
        typer.Option(
            metavar="W", help="People reached that one person disturbed weighs as much as."
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(metavar="PEOPLE", help="Most people disturbed, instead of a threshold."),
    ] = None,
    measure: Annotated[
        str, typer.Option(metavar="people|area", help="What shares are counted in.")
    ] = "people",
    epsilon: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="At a threshold of 0: leave out cells that serve less of those inside.",
        ),
    ] = 0.0,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Most entries of each operator's list.")
    ] = None,
    limit_order: Annotated[
        str,
        typer.Option(
            metavar="gain|share",
            help="Which entries --limit keeps: those that gain most, or the largest shares.",
        ),
    ] = "gain",
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="tai|emergency_area", help="Address these codes in the place of cells."
        ),
    ] = None,
    settlements: Annotated[
        str | None, typer.Option(metavar="FILE", help="Points or polygons, told one by one.")
    ] = None,
    settlement_radius_m: Annotated[
        float, typer.Option(metavar="M", help="Radius of a settlement given as a point.")
    ] = 1000.0,
    floor: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Share of the served people of each settlement to reach."
        ),
    ] = None,
    operator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this operator's cells and customers. Repeatable."),
    ] = None,
    operator_share: OperatorShare = None,
    one_network: Annotated[
        bool,
        typer.Option(
            "--one-network", help="All cells as one network: every phone may camp on any."
        ),
    ] = False,
    geofence_share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of phones that filter by place (WEA 3.0)."),
    ] = None,
    geofence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="tolerance_m, error_m, no_fix or inside_error of such phones. Repeatable.",
        ),
    ] = None,
    ensemble: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Outages: rows of member and site (or cell) off the air, as `ew4all outage` writes.",
        ),
    ] = None,
    robust: Annotated[
        str,
        typer.Option(
            metavar="mean|union",
            help="Choose for the mean of the ensemble, or all that any member needs.",
        ),
    ] = "mean",
    column: SitesColumn = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(
            metavar="2g|3g|4g|5g", help="Technology to address; all by default. Repeatable."
        ),
    ] = None,
    sites_technology: SitesTechnology = None,
    country: Country = None,
    max_age_years: MaxAgeYears = 5.0,
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    resolution_m: ResolutionM = None,
    assume: AssumeRadio = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and pictures.")
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for lists, curve, rasters, pictures and record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose the cells that should carry a warning; count whom they reach, miss and disturb.

    A cell is addressed where at least a share of its people is inside the
    area. That is the best choice there is for whoever accepts to disturb so
    many for one reached; the whole trade-off is told and drawn, beside other
    rules.
    """
    with reporting():
        from ew4all.runtime import set_matplotlib_cache
        from ew4all.target_library import target as choose

        if out is not None:
            set_matplotlib_cache()
        if geofence and geofence_share is None:
            msg = "--geofence tells how phones filter, but not how many: give --geofence-share too"
            raise OptionError(msg)
        with progressing(quiet=quiet) as progress:
            result = choose(
                sites,
                population,
                area,
                cap=one_or_all(cap),
                at=at,
                geocodes=one_or_all(geocodes),
                dem=dem,
                landcover=landcover,
                landcover_class=mapping("--landcover-class", landcover_class, "50=built"),
                columns=mapping("--column", column, "azimuth=AZIMUT"),
                sites_technology=sites_technology,
                technology=tuple(technology or ()),
                country=country,
                max_age_years=max_age_years,
                urgency=urgency,
                threshold=threshold,
                weight=weight,
                measure=measure,
                limit=limit,
                limit_order=limit_order,
                budget=budget,
                epsilon=epsilon,
                groups=groups,
                settlements=settlements,
                settlement_radius_m=settlement_radius_m,
                floor=floor,
                operator=tuple(operator or ()),
                operator_share=numbers("--operator-share", operator_share, "NAME=0.4"),
                one_network=one_network,
                geofence_share=geofence_share,
                geofence=numbers("--geofence", geofence, "error_m=50"),
                ensemble=ensemble,
                robust=robust,
                population_unit=population_unit,
                population_column=population_column,
                resolution_m=resolution_m,
                assume=numbers("--assume", assume, "height_m=35"),
                workers=workers,
                progress=progress,
                title=title,
                out=out,
            )
        _show(result, as_json=as_json)
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _show(result: Target, *, as_json: bool) -> None:
    if as_json:
        print_json(result.to_dict())
        return
    from ew4all.report.target_table import target_table

    screen: Any = console()
    screen.print(target_table(result))
