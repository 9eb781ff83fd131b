"""`ew4all outage`: which sites a disaster takes, why, and when they are back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, sources
from ew4all.cli.parameters import (
    Country,
    Dem,
    Json,
    MaxAgeYears,
    PopulationUnit,
    Quiet,
    Sites,
    SitesColumn,
    SitesTechnology,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from ew4all.outage_study import OutageResult

__all__ = ["outage"]


def outage(
    sites: Sites,
    hazard: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[:UNIT]=FILE",
            help="Raster or polygons of wind, flood, shaking (mmi=SHAKEMAP, pga=FILE), fire or power (areas without mains). "
            "FILE#COLUMN for the value of polygons. Repeatable.",
        ),
    ] = None,
    population: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="Raster of people: count those served over time; crews go to most people first. Repeat it for groups.",
        ),
    ] = None,
    population_unit: PopulationUnit = None,
    dem: Dem = None,
    observed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|baseline=FILE|current=FILE",
            help="In place of a hazard: sites that are down, or measurements or polygons before and now. Repeatable.",
        ),
    ] = None,
    observed_hours: Annotated[
        str | None,
        typer.Option(metavar="BASELINE,CURRENT", help="Hours in which measurements were taken."),
    ] = None,
    links: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Transport links: CSV of ends, or lines on a map. Without it they are laid out.",
        ),
    ] = None,
    roads: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Main roads: sites along them have fibre, where links are laid out.",
        ),
    ] = None,
    core: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NODE|LON,LAT", help="Node of the links that is the core. Repeatable."
        ),
    ] = None,
    power: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="CSV: site, battery_h, fuel_h, feeder, people, road_open_h, as far as known.",
        ),
    ] = None,
    feeder_out: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Feeder of --power without mains. Repeatable."),
    ] = None,
    cable_cut: Annotated[
        bool, typer.Option("--cable-cut", help="Submarine cables are cut (an island).")
    ] = False,
    kits: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="CSV of depots: depot, lon, lat, kind, count, role, transport_h, setup_h, by.",
        ),
    ] = None,
    repair: Annotated[
        str, typer.Option(metavar="mainland|island", help="Set of repair parameters.")
    ] = "mainland",
    relation: Annotated[
        str, typer.Option(metavar="worden2012|wald1999", help="From intensity to acceleration.")
    ] = "worden2012",
    days: Annotated[float, typer.Option(metavar="N", help="How far to look.")] = 14.0,
    at_hours: Annotated[
        float, typer.Option(metavar="H", help="When the sites off the air go to ensemble.csv.")
    ] = 12.0,
    members: Annotated[int, typer.Option(metavar="N", help="Possible courses of events.")] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the draws.")] = 0,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Replace a default of docs/outages.md. Repeatable."
        ),
    ] = None,
    within: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons: only sites inside them.")
    ] = None,
    column: SitesColumn = None,
    sites_technology: SitesTechnology = None,
    country: Country = None,
    max_age_years: MaxAgeYears = 5.0,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the picture.")] = None,
    workers: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Threads. The result is the same for any number."),
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for events, sites, curve and picture."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Work out which cell sites fail, why, and when they are back."""
    with reporting():
        arguments: dict[str, Any] = {
            "hazard": mapping("--hazard", hazard, "wind=FILE, mmi=FILE or flood:cm=FILE"),
            "within": within,
            "population": sources(population) if population else None,
            "population_unit": population_unit,
            "dem": dem,
            "observed": _observed(observed),
            "observed_hours": _hours(observed_hours),
            "links": links,
            "roads": roads,
            "core": tuple(core or ()),
            "power": power,
            "feeder_out": tuple(feeder_out or ()),
            "cable_cut": cable_cut,
            "kits": kits,
            "repair": repair,
            "relation": relation,
            "days": days,
            "members": members,
            "seed": seed,
            "assume": numbers("--assume", assume, "battery_median_h=8"),
            "title": title,
        }
        if not (math.isfinite(days) and days > 0.0):
            msg = f"--days must be above 0, but got {days:g}"
            raise OptionError(msg)
        if not 0.0 <= at_hours <= days * 24.0:
            msg = f"--at-hours {at_hours:g} is not within the {days:g} days that are computed (--days)"
            raise OptionError(msg)
        from ew4all.outage_study import study_outage
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        reading = {
            "columns": mapping("--column", column, "lon=LONGITUDE"),
            "technology": sites_technology,
            "country": country,
            "max_age_years": max_age_years,
        }
        if out is not None:
            from ew4all.writers.folder import must_be_folder

            must_be_folder(out)
        with progressing(quiet=quiet, what="Simulating outages") as progress:
            result = study_outage(
                sites, **arguments, read=reading, workers=workers, progress=progress
            )
        _show(result, as_json=as_json, quiet=quiet)
        if out is not None:
            from ew4all.report.outage_outputs import write_outage

            settings = {"sites": sites, **arguments, "at_hours": at_hours, **reading}
            write_outage(out, result, at_hours=at_hours, settings=settings)
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _observed(values: list[str] | None) -> Any:
    if not values:
        return None
    named = [value for value in values if value.startswith(("baseline=", "current="))]
    if not named:
        if len(values) > 1:
            msg = "--observed takes one list of sites, or baseline=FILE and current=FILE"
            raise OptionError(msg)
        return values[0]
    return mapping("--observed", values, "baseline=FILE and current=FILE")


def _hours(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        msg = f"--observed-hours wants two numbers as in 336,12, but got {text!r}"
        raise OptionError(msg) from None
    return first, second


def _show(result: OutageResult, *, as_json: bool, quiet: bool) -> None:
    document = result.to_dict()
    if as_json:
        print_json(document)
        return
    from ew4all.report.outage_table import outage_table

    console().print(outage_table(document))
    for note in result.notes:
        say(f"Note: {note}", quiet=quiet)
