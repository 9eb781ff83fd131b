"""`ew4all coverage`: from cell sites to signal, best server and coverage layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.options import mapping, numbers, sources
from ew4all.cli.terminal import console, contents, progressing, reporting, say
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from ew4all.network_maps import ServiceSummary

__all__ = ["coverage"]


def coverage(
    sites: Annotated[
        str,
        typer.Argument(
            metavar="SITES", help="List of cells or sites: OpenCelliD, operator or regulator table."
        ),
    ],
    population: Annotated[
        list[str],
        typer.Option(
            metavar="[NAME=]FILE",
            help="Raster of people, or polygons with --population-column. Repeat it for groups.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for rasters, tables, maps and record.")
    ],
    population_unit: Annotated[
        str | None,
        typer.Option(
            metavar="count|per_km2|per_ha",
            help="What the population raster holds, where it does not say so.",
        ),
    ] = None,
    population_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of people, where the population is polygons."),
    ] = None,
    dem: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Terrain heights, metres. Without it, flat land."),
    ] = None,
    landcover: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Land cover raster for towns and open country. Without it, by density of people.",
        ),
    ] = None,
    landcover_class: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS=open|suburban|urban|built",
            help="What a class of --landcover means, where its legend is not known. Repeatable.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Column of the list that holds lon, lat, radio, azimuth, height, power, band, ... Repeatable.",
        ),
    ] = None,
    technology: Annotated[
        list[str] | None,
        typer.Option(metavar="2g|3g|4g|5g", help="Technology to map; all by default. Repeatable."),
    ] = None,
    sites_technology: Annotated[
        str | None,
        typer.Option(
            metavar="2g|3g|4g|5g", help="Technology of every row, where the list does not say."
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Outline of the country: cells far outside are dropped."),
    ] = None,
    max_age_years: Annotated[
        float, typer.Option(metavar="YEARS", help="Rows last seen longer ago are dropped.")
    ] = 5.0,
    zones: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Polygons to count in, one by one; the map shows their extent."
        ),
    ] = None,
    zone_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their identifiers.")
    ] = None,
    zone_name: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their names.")
    ] = None,
    resolution_m: Annotated[
        float | None,
        typer.Option(
            metavar="M", help="Width of a pixel; by default that of a population cell, 250 at most."
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Replace a default: height_m, power_dbm, decode_4g_dbm, shadowing_sd_db, ... Repeatable.",
        ),
    ] = None,
    by_operator: Annotated[
        bool, typer.Option("--by-operator", help="Map the service of each operator by itself too.")
    ] = False,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and the maps.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Threads. The result is the same for any number."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document with all digits.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no messages, errors only.")
    ] = False,
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
    from dataclasses import replace

    from ew4all.cells import ASSUMABLE
    from ew4all.network_intake import open_network
    from ew4all.readers.provenance import SourceNote
    from ew4all.readers.sites import read_cells
    from ew4all.readers.zones import read_zones
    from ew4all.report.network_outputs import write_coverage
    from ew4all.study import WORKERS
    from ew4all.writers.folder import must_be_folder

    must_be_folder(out)
    if given["zones"] is None and (given["zone_id"] or given["zone_name"]):
        msg = "a column of zones was named, but no zones were given"
        raise OptionError(msg)
    assume = given["assume"] or {}
    of_cells = {k: v for k, v in assume.items() if k in ASSUMABLE}
    of_radio = {k: v for k, v in assume.items() if k not in ASSUMABLE}
    found = read_cells(
        given["sites"],
        columns=given["column"],
        technology=given["sites_technology"],
        country=given["country"],
        assume=of_cells or None,
        max_age_years=given["max_age_years"],
    )
    zones = given["zones"]
    with progressing(quiet=quiet, what="Computing signal") as progress:
        opened = open_network(
            found.cells,
            given["population"],
            population_unit=given["population_unit"],
            population_column=given["population_column"],
            dem=given["dem"],
            landcover=given["landcover"],
            landcover_class=given["landcover_class"],
            technology=given["technology"],
            zones=None
            if zones is None
            else read_zones(zones, given["zone_id"], given["zone_name"]),
            resolution_m=given["resolution_m"],
            assume=of_radio,
            assume_cells=of_cells,
            progress=progress,
        )
        opened = replace(
            opened,
            sources=(SourceNote.of("sites", given["sites"], None, unit="cells"), *opened.sources),
            notes=(*found.notes, *opened.notes),
        )
        return write_coverage(
            out,
            opened,
            given["population"],
            settings=given,
            account=tuple(_row(row) for row in found.account),
            zones=zones,
            zone_id=given["zone_id"],
            zone_name=given["zone_name"],
            title=given["title"],
            by_operator=given["by_operator"],
            population_unit=given["population_unit"],
            population_column=given["population_column"],
            progress=progress,
            workers=WORKERS if workers is None else workers,
        )


def _row(row: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row)


def _show(summary: ServiceSummary, *, as_json: bool) -> None:
    if as_json:
        from ew4all.writers.records import json_text

        typer.echo(json_text(summary.to_dict()), nl=False)
        return
    from ew4all.report.service_table import rendered

    screen = console()
    screen.print(rendered(summary, ascii_only=screen.options.ascii_only))
