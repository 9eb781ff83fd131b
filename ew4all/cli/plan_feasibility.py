"""`ew4all plan feasibility`: can a country have cell broadcast, whom does it reach, what does it cost; as a document."""

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
    from ew4all.feasibility_results import Feasibility

__all__ = ["feasibility"]

_DEMO_NAME = "Grenada"
_OF_THE_CASE = (
    "population", "population_unit", "population_column", "refine", "country", "zones", "zone_id", "zone_name", "coverage",
    "coverage_min", "sites", "operator_share",
)  # fmt: skip


def feasibility(
    population: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="Raster of people, or polygons with --population-column. Repeat it for groups (age, sex).",
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
    country: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Outline of the country: polygons. By default the zones together."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of the country, for titles.")
    ] = None,
    zones: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons to count in, one by one.")
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    sites: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="List of cell sites: coverage, where --coverage is not given, and who is served across the border.",
        ),
    ] = None,
    column: SitesColumn = None,
    sites_technology: SitesTechnology = None,
    max_age_years: MaxAgeYears = 5.0,
    foreign_sites: Annotated[
        str | None, typer.Option(metavar="FILE", help="List of the neighbours' cell sites.")
    ] = None,
    home: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATOR|MCC",
            help="Network whose cells are the country's own wherever they stand; by default those in the country. Repeatable.",
        ),
    ] = None,
    dem: Dem = None,
    landcover: LandCover = None,
    operator_share: OperatorShare = None,
    readiness: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Filled questionnaire (TOML); every run writes one to fill in, readiness.toml.",
        ),
    ] = None,
    roamers: Annotated[
        float | None,
        typer.Option(metavar="N", help="Visitors with a phone on a usual day.", min=0.0),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Replace a figure of the comparison: cell_broadcast, siren, horizon_years, ...; siren=nan: no price. Repeatable.",
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Replace a default of `ew4all assumptions`, or of the radio model. Repeatable.",
        ),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="LIST", help="Of html, pdf, docx, with commas; all by default."
        ),
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the document, maps, tables and record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the feasibility of cell broadcast for a country: coverage, phones, border, readiness, costs, rules, requirements."""
    with reporting():
        given: dict[str, Any] = {
            "population": None if population is None else sources(population),
            "population_unit": population_unit,
            "population_column": population_column,
            "refine": refine,
            "country": country,
            "name": name,
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "coverage": mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
            "coverage_min": thresholds(coverage_min),
            "sites": sites,
            "sites_options": _sites_options(sites, column, sites_technology, max_age_years),
            "foreign_sites": foreign_sites,
            "home": tuple(home or ()),
            "dem": dem,
            "landcover": landcover,
            "operator_share": numbers("--operator-share", operator_share, "NAME=0.4"),
            "readiness": readiness,
            "roamers": roamers,
            "cost": prices(cost),
            "assume": numbers("--assume", assume, "device_capable=0.62"),
            "formats": formats,
            "out": out,
        }
        if demo:
            given = _demo(given)
        elif population is None:
            msg = "no population was given; give --population FILE, or --demo for the embedded demo case"
            raise OptionError(msg)
        result = _run(given, workers, quiet=quiet)
        if as_json:
            print_json(result.to_dict())
        else:
            from ew4all.report.feasibility_table import rendered

            console().print(rendered(result))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _sites_options(
    sites: str | None, column: list[str] | None, technology: str | None, max_age_years: float
) -> dict[str, Any] | None:
    columns = mapping("--column", column, "azimuth=AZIMUT")
    options = {"columns": columns, "technology": technology}
    found = {name: value for name, value in options.items() if value}
    return {**found, "max_age_years": max_age_years} if sites is not None else found or None


def _demo(given: dict[str, Any]) -> dict[str, Any]:
    """Put the embedded case in the place of the user's data."""
    from ew4all.demo import ATTRIBUTION, CASE, NOTICE, extra

    mine = next((key for key in _OF_THE_CASE if given[key] is not None), None)
    if mine is not None:
        msg = f"--demo brings its own data; leave --{mine.replace('_', '-')} out, or --demo"
        raise OptionError(msg)
    case = {key: value for key, value in CASE.arguments().items() if key in _OF_THE_CASE}
    return {
        **given,
        **case,
        "sites": extra("sites.csv"),
        "name": given["name"] or _DEMO_NAME,
        "notice": NOTICE,
        "attribution": ATTRIBUTION,
    }


def _run(given: dict[str, Any], workers: int | None, *, quiet: bool) -> Feasibility:
    from ew4all.runtime import set_matplotlib_cache

    if given["out"] is not None:
        set_matplotlib_cache()
    from ew4all.plan_feasibility import feasibility as work_out

    with progressing(quiet=quiet, what="Working") as progress:
        return work_out(**given, workers=workers, progress=progress)
