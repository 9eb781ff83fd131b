"""`ew4all data compare`: population sources side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, sources, thresholds
from ew4all.cli.parameters import (
    Coverage,
    CoverageMin,
    Dem,
    Json,
    Quiet,
    Workers,
    ZoneId,
    ZoneName,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say
from ew4all.errors import OptionError

__all__ = ["compare"]


def compare(
    population: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FILE",
            help="Source: raster of people, or polygons with --population-column. Give it for each source.",
        ),
    ],
    population_unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=count|per_km2|per_ha", help="What the raster of a source holds."
        ),
    ] = None,
    population_column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Column of people of a source of polygons."),
    ] = None,
    refine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE", help="Settlements or a finer raster for a coarse source."
        ),
    ] = None,
    zones: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons in which they are compared.")
    ] = None,
    zone_id: ZoneId = None,
    zone_name: ZoneName = None,
    zones_where: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Features of --zones that count. Repeatable."),
    ] = None,
    official: Annotated[
        str | None,
        typer.Option(metavar="CSV", help="Official people by zone; sources are brought to them."),
    ] = None,
    official_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of people of --official; without it, of the zones."
        ),
    ] = None,
    official_where: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="Rows of --official that count. Repeatable."),
    ] = None,
    official_total: Annotated[
        float | None,
        typer.Option(metavar="PEOPLE", help="One official figure for all zones together."),
    ] = None,
    year: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=YEAR", help="Year that a source is for. Repeatable."),
    ] = None,
    to_year: Annotated[
        int | None, typer.Option(metavar="YEAR", help="Year to bring the sources to.")
    ] = None,
    growth: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Growth a year: 0.012 is 1.2 %.")
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            metavar="CSV", help="Totals by year (year, people), in the place of --growth."
        ),
    ] = None,
    presence: Annotated[
        str | None,
        typer.Option(
            metavar="CSV",
            help="Who is there by day, at night or in a season: case, zone, factor, visitors.",
        ),
    ] = None,
    area: Annotated[
        str | None, typer.Option(metavar="FILE", help="Warning area, for people in it.")
    ] = None,
    hazard: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Hazard: polygons, or a raster with --hazard-min."),
    ] = None,
    hazard_min: Annotated[
        float | None, typer.Option(metavar="X", help="Value from which on people are at risk.")
    ] = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    sites: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="List of cell sites, in the place of --coverage."),
    ] = None,
    max_age_years: Annotated[
        float | None,
        typer.Option(metavar="YEARS", help="Rows of --sites last seen longer ago are dropped."),
    ] = None,
    dem: Dem = None,
    cells: Annotated[
        bool,
        typer.Option(
            "--cells/--no-cells",
            help="Compare rasters cell by cell: people where the other has nobody.",
        ),
    ] = True,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the picture.")] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for tables, picture and rasters.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask several population sources the same, and say how much the answer depends on the source."""
    with reporting():
        from ew4all.population_library import compare_populations
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        with progressing(quiet=quiet) as progress:
            result = compare_populations(
                _named(population),
                zones=zones,
                zone_id=zone_id,
                zone_name=zone_name,
                zones_where=mapping("--zones-where", zones_where, "COLUMN=VALUE"),
                official=official,
                official_column=official_column,
                official_where=mapping("--official-where", official_where, "COLUMN=VALUE"),
                official_total=official_total,
                year=_years(year),
                to_year=to_year,
                growth=growth,
                series=series,
                presence=presence,
                area=area,
                hazard=hazard,
                hazard_min=hazard_min,
                coverage=mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
                coverage_min=thresholds(coverage_min),
                sites=sites,
                sites_options=None if max_age_years is None else {"max_age_years": max_age_years},
                dem=dem,
                population_unit=mapping("--population-unit", population_unit, "NAME=per_km2"),
                population_column=mapping("--population-column", population_column, "NAME=COLUMN"),
                refine=mapping("--refine", refine, "NAME=FILE"),
                cells=cells,
                workers=workers,
                progress=progress,
                title=title,
                out=out,
            )
        if as_json:
            print_json(result.to_dict())
        else:
            from ew4all.report.population_table import comparison_table

            console().print(comparison_table(result))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _named(values: list[str]) -> dict[str, Any]:
    found = sources(values)
    return found if isinstance(found, dict) else {Path(found).name.partition(".")[0]: found}


def _years(values: list[str] | None) -> dict[str, int] | None:
    found = numbers("--year", values, "NAME=2020")
    for name, year in (found or {}).items():
        if year != int(year):
            msg = f"--year wants a whole year as in NAME=2020, but got {year:g} for {name}"
            raise OptionError(msg)
    return None if found is None else {name: int(year) for name, year in found.items()}
