"""`ew4all change`: who has gained or lost a signal between dates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, sources, thresholds
from ew4all.cli.parameters import (
    CoverageMin,
    Json,
    Population,
    PopulationColumn,
    PopulationUnit,
    Quiet,
    Workers,
    ZoneId,
    ZoneName,
)
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say

if TYPE_CHECKING:
    from ew4all.change_results import Change

__all__ = ["change"]


def change(
    population: Population,
    population_unit: PopulationUnit = None,
    population_column: PopulationColumn = None,
    coverage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TECH[:OPERATOR]@DATE=FILE",
            help="Coverage on a date (2024-07-01 or 2024-07-01T06:00Z): raster, polygons, or speed tests by quadkey or place. "
            "Repeat it, for two dates at least.",
        ),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|LIST",
            help="In its place: a folder of files like 4g_2024-07-01.tif, or a CSV of date, technology, file; read as it is now.",
        ),
    ] = None,
    coverage_min: CoverageMin = None,
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
            metavar="NAME=VALUE",
            help="For speed tests: zoom, min_tests or min_kbps (docs/change.md). Repeatable.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table, the map and the page.")
    ] = None,
    notice: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Words that every output carries, as for data of an exercise."
        ),
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for tables, rasters, map, page and record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Count people who gained or lost a signal between dates, by zone, and the series over all dates."""
    with reporting():
        arguments: dict[str, Any] = {
            "population": sources(population),
            "population_unit": population_unit,
            "population_column": population_column,
            "coverage": mapping("--coverage", coverage, "4g@2024-07-01=FILE"),
            "feed": feed,
            "coverage_min": thresholds(coverage_min),
            "zones": zones,
            "zone_id": zone_id,
            "zone_name": zone_name,
            "refine": refine,
            "assume": numbers("--assume", assume, "min_kbps=256"),
            "title": title,
            "notice": notice,
            "out": out,
        }
        import ew4all
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        with progressing(quiet=quiet) as progress:
            result = ew4all.change(**arguments, workers=workers, progress=progress)
        _show(result, as_json=as_json, notice=notice, quiet=quiet)
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _show(result: Change, *, as_json: bool, notice: str | None, quiet: bool) -> None:
    if as_json:
        document = result.to_dict()
        print_json(document if notice is None else {**document, "notice": notice})
        return
    from ew4all.report.change_table import change_tables

    screen = console()
    for table in change_tables(result, notice=notice):
        screen.print(table)
    for note in result.notes:
        say(f"Note: {note}", quiet=quiet)
