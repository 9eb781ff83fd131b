"""`ew4all plan measures`: the best next measures for a budget, and the curve of reach against money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, prices, sources, thresholds
from ew4all.cli.parameters import (
    Coverage,
    CoverageMin,
    Dem,
    Json,
    LandCover,
    MaxAgeYears,
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
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from ew4all.measure_results import MeasurePlan

__all__ = ["measures"]

_OF_THE_CASE = (
    "population", "population_unit", "population_column", "refine", "zones", "zone_id", "zone_name", "coverage", "coverage_min",
    "sites", "within",
)  # fmt: skip


def measures(
    budget: Annotated[
        float,
        typer.Option(
            metavar="USD", help="Money for capital and running costs over the years of the plan."
        ),
    ],
    population: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="Raster of people, or polygons with --population-column."
        ),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Take the embedded demo case in the place of your data.")
    ] = False,
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    refine: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Settlement points or a finer raster that place people in coarse cells.",
        ),
    ] = None,
    zones: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Polygons: device programmes and weights are by zone."),
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    within: Annotated[
        str | None, typer.Option(metavar="FILE", help="Study area: nobody beyond is counted.")
    ] = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    sites: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="List of cell sites, in the place of --coverage: needed for measures at sites.",
        ),
    ] = None,
    column: SitesColumn = None,
    sites_technology: SitesTechnology = None,
    max_age_years: MaxAgeYears = 5.0,
    dem: Dem = None,
    landcover: LandCover = None,
    outage: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Sites off the air (ensemble.csv of `ew4all outage`): the state without mains.",
        ),
    ] = None,
    operator_share: OperatorShare = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help="Channel that there is: radio, tv, satellite, wardens or any name with its layer; sms or app. Repeatable.",
        ),
    ] = None,
    channel_min: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LEVEL", help="Least level of a channel's raster. Repeatable."),
    ] = None,
    sirens: Annotated[
        str | None, typer.Option(metavar="FILE", help="Sirens that there are, with their level.")
    ] = None,
    hazard: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE[#MIN]",
            help="Hazard: only people at risk count. Repeatable.",
        ),
    ] = None,
    hazard_weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=W",
            help="What a person at risk counts, such as lives lost for each one not warned. Repeatable.",
        ),
    ] = None,
    zone_weight: Annotated[
        list[str] | None,
        typer.Option(metavar="ID=W", help="What people of a zone count. Repeatable."),
    ] = None,
    equity: Annotated[
        float,
        typer.Option(
            metavar="POWER",
            help="Above 0 people of zones that are left out more count more: (their share / share in all) to this power.",
        ),
    ] = 0.0,
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Measures to choose from (CSV or points): kind, lon, lat, cost, ...; by default they are proposed here.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only this kind of measure. Repeatable."),
    ] = None,
    per_kind: Annotated[
        int | None, typer.Option(metavar="N", help="Most places proposed for each kind (40).")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Replace a price of docs/measures.md, in its currency; nan: unpriced. Repeatable.",
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Replace an assumption: outage_share=0.4, network_broadcasts=0, has_phone=0.6, ... Repeatable.",
        ),
    ] = None,
    no_exact: Annotated[
        bool, typer.Option("--no-exact", help="Do not look for the exact optimum of small cases.")
    ] = False,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and pictures.")
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the plan, tables, map and curve."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Choose the measures that newly reach most people for a budget.

    New sites, technologies, batteries, generators, second backhauls, satellite
    kits, sirens, FM transmitters, community radios, wardens, device programmes
    and cell broadcast itself. People whom two measures reach count once.
    Without --candidates measures are proposed where people are left out.
    """
    with reporting():
        given: dict[str, Any] = {
            "population": None if population is None else sources(population),
            "population_unit": population_unit,
            "population_column": population_column,
            "refine": refine,
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "within": within,
            "coverage": mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
            "coverage_min": thresholds(coverage_min),
            "sites": sites,
            "sites_options": _sites_options(sites, column, sites_technology, max_age_years),
            "dem": dem,
            "landcover": landcover,
            "outage": outage,
            "operator_share": numbers("--operator-share", operator_share, "NAME=0.4"),
            "channels": _channels(channel),
            "channel_min": numbers("--channel-min", channel_min, "radio=54"),
            "sirens": sirens,
            "hazards": mapping("--hazard", hazard, "flood=FILE or flood=FILE#0.5"),
            "hazard_weight": numbers("--hazard-weight", hazard_weight, "flood=0.01"),
            "zone_weight": numbers("--zone-weight", zone_weight, "LS-A=2"),
            "equity": equity,
            "budget": budget,
            "candidates": candidates,
            "kinds": tuple(kind or ()),
            "per_kind": per_kind,
            "cost": prices(cost),
            "assume": numbers("--assume", assume, "outage_share=0.4"),
            "exact": not no_exact,
            "title": title,
            "out": out,
        }
        if demo:
            given = _demo(given)
        elif population is None:
            msg = "no population was given; give --population FILE, or --demo for the embedded demo case"
            raise OptionError(msg)
        _show(_run(given, workers, quiet=quiet), as_json=as_json, notice=given.get("notice"))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _channels(values: list[str] | None) -> dict[str, str | None] | None:
    if not values:
        return None
    bare = [v for v in values if "=" not in v]
    layers = mapping("--channel", [v for v in values if "=" in v], "radio=FILE, or sms") or {}
    twice = [v for v in bare if v in layers or bare.count(v) > 1]
    if twice:
        msg = f"--channel was given twice for {twice[0]!r}"
        raise OptionError(msg)
    return {**layers, **dict.fromkeys(bare)}


def _sites_options(
    sites: str | None, column: list[str] | None, technology: str | None, max_age_years: float
) -> dict[str, Any] | None:
    columns = mapping("--column", column, "azimuth=AZIMUT")
    options = {"columns": columns, "technology": technology}
    found = {name: value for name, value in options.items() if value}
    return {**found, "max_age_years": max_age_years} if sites is not None else found or None


def _demo(given: dict[str, Any]) -> dict[str, Any]:
    """Put the embedded case in the place of the user's data: its sites are the network."""
    from ew4all.demo import ATTRIBUTION, CASE, NOTICE, extra

    mine = next((key for key in _OF_THE_CASE if given[key] is not None), None)
    if mine is not None:
        msg = f"--demo brings its own data; leave --{mine.replace('_', '-')} out, or --demo"
        raise OptionError(msg)
    case = CASE.arguments()
    own = {key: case[key] for key in ("population", "zones", "zone_id", "zone_name")}
    return {
        **given, **own, "sites": extra("sites.csv"), "title": given["title"] or case["title"], "notice": NOTICE,
        "attribution": ATTRIBUTION,
    }  # fmt: skip


def _run(given: dict[str, Any], workers: int | None, *, quiet: bool) -> MeasurePlan:
    from ew4all.runtime import set_matplotlib_cache

    if given["out"] is not None:
        set_matplotlib_cache()
    from ew4all.plan_measures import choose_measures as choose

    with progressing(quiet=quiet, what="Working") as progress:
        return choose(**given, workers=workers, progress=progress)


def _show(plan: MeasurePlan, *, as_json: bool, notice: str | None) -> None:
    if as_json:
        document = plan.to_dict()
        print_json(document if notice is None else {**document, "notice": notice})
        return
    from ew4all.report.measure_table import measure_table

    screen: Any = console()
    screen.print(measure_table(plan, notice))
