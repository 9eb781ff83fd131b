"""`ew4all gaps`: who is left out, where, and by what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ew4all.cli.options import (
    mapping,
    named_groups,
    named_hazards,
    named_layers,
    numbers,
    sources,
    thresholds,
)
from ew4all.cli.parameters import (
    Country,
    Coverage,
    CoverageMin,
    Dem,
    Json,
    LandCover,
    OperatorShare,
    PopulationColumn,
    PopulationUnit,
    Quiet,
    SitesColumn,
    SitesTechnology,
    Workers,
    ZoneId,
    ZoneName,
)
from ew4all.cli.reach import given_options
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say, working
from ew4all.errors import OptionError

_OF_THE_CASE = {
    "population": "--population", "zones": "--zones", "coverage": "--coverage", "sites": "--sites", "hazards": "--hazard",
    "operator_share": "--operator-share",
}  # fmt: skip
"""Options that `--demo` answers itself."""


def gaps(
    population: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="Raster of people, or polygons with --population-column. Without it, square kilometres.",
        ),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Take the embedded demo case in the place of your data.")
    ] = False,
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    zones: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons to count in, one by one.")
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    level: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Administrative level of --zones, where the file has columns of several.",
        ),
    ] = None,
    h3: Annotated[
        int | None,
        typer.Option(metavar="RES", help="Zones are cells of H3: 6 of 36 km2, 8 of 0.74 km2."),
    ] = None,
    grid_km: Annotated[
        float | None,
        typer.Option(metavar="KM", help="Zones are squares of an equal-area grid, with this side."),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Polygons of the study area; nobody beyond is counted."),
    ] = None,
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
            help="Sites off the air (ensemble.csv of `ew4all outage`, or a column site): the network degraded.",
        ),
    ] = None,
    coverage_after: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TECH[:OPERATOR]=FILE",
            help="The layers of --coverage with the network degraded, by the same keys. Repeatable.",
        ),
    ] = None,
    operator_share: OperatorShare = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help="Channel that there is: radio=FILE, tv=FILE, wardens=FILE, ..., sms, app. Repeatable.",
        ),
    ] = None,
    channel_min: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LEVEL", help="Least level of a channel's raster of levels. Repeatable."
        ),
    ] = None,
    sirens: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Sirens: points with their level at 30.48 m, dBC."),
    ] = None,
    hazard: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE[#MIN]",
            help="Hazard: polygons (FILE#COLUMN=VALUE for some), or a raster with its threshold (#MIN, #BAND:MIN). Repeatable.",
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE", help="People of a group, on the cells of --population. Repeatable."
        ),
    ] = None,
    group_share: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="Group as a raster of the share of people who belong to it, 0 to 1, on any cells. Repeatable.",
        ),
    ] = None,
    facilities: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=FILE",
            help="Schools, health sites, shelters, ...: with and without each channel. Points, or CSV with lon and lat. Repeatable.",
        ),
    ] = None,
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
            metavar="NAME=VALUE",
            help="Replace a default (docs/gaps.md): device_capable_3g=0.33, radio_owned=0.6. Repeatable.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table, the map and the report.")
    ] = None,
    notice: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Words that every output carries, as for data of an exercise."
        ),
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
        typer.Option(metavar="DIR", help="Folder for tables, rasters, map, report and record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Count people whom no signal, no phone or no channel reaches; by zone, group and hazard."""
    with reporting(), working(workers, cluster) as hands:
        arguments: dict[str, Any] = {
            "population": sources(population) if population else None,
            "population_unit": population_unit,
            "population_column": population_column,
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "within": within,
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
            "coverage_after": mapping("--coverage-after", coverage_after, "4g=FILE"),
            "operator_share": numbers("--operator-share", operator_share, "NAME=0.4"),
            "channels": named_layers("--channel", channel),
            "channel_min": numbers("--channel-min", channel_min, "radio=54"),
            "sirens": sirens,
            "hazards": named_hazards(hazard),
            "groups": named_groups(group, group_share),
            "facilities": mapping("--facilities", facilities, "schools=FILE"),
            "h3": h3,
            "grid_km": grid_km,
            "level": level,
            "refine": refine,
            "assume": numbers("--assume", assume, "device_capable_3g=0.33"),
            "title": title,
            "notice": notice,
            "out": out,
        }
        if demo:
            arguments = _demo(arguments)
        notice = arguments["notice"]
        from ew4all.gap_library import gaps as count_gaps
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        with progressing(quiet=quiet) as progress:
            result = count_gaps(**arguments, workers=hands, progress=progress)
        if as_json:
            document = result.to_dict()
            print_json(document if notice is None else {**document, "notice": notice})
        else:
            from ew4all.report.gap_table import rendered_gaps

            console().print(rendered_gaps(result, notice=notice))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _demo(given: dict[str, Any]) -> dict[str, Any]:
    """Put the embedded case in the place of the user's data; channels, groups and facilities may be added to it."""
    from ew4all.demo import ATTRIBUTION, CASE, NOTICE

    mine = next((key for key in _OF_THE_CASE if given[key] is not None), None)
    if mine is not None:
        msg = f"--demo brings its own data; leave {_OF_THE_CASE[mine]} out, or --demo"
        raise OptionError(msg)
    case = CASE.arguments()
    own = {key: case[key] for key in ("population", "coverage", "operator_share", "zone_id", "zone_name", "zones")}  # fmt: skip
    if given["h3"] is not None or given["grid_km"] is not None:
        own |= {"zones": None, "zone_id": None, "zone_name": None}
    return {
        **given, **own, "hazards": {"winds": case["hazard"]}, "title": given["title"] or case["title"], "notice": NOTICE,
        "attribution": ATTRIBUTION,
    }  # fmt: skip
