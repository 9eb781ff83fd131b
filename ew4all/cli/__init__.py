"""The command line. Data go to standard output, messages and progress to standard error.

Exit code 0: done; 1: the run failed; 2: the input or an option is at fault; 130: interrupted. Everything heavy is
imported inside the commands, so that ``--help`` stays quick.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all import __version__
from ew4all.cli.coverage import coverage as coverage_command
from ew4all.cli.loss import loss
from ew4all.cli.options import mapping, numbers, once_only, repeatable, sources, thresholds
from ew4all.cli.outage import outage
from ew4all.cli.target import target
from ew4all.cli.terminal import console, contents, progressing, reporting, say, working

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from ew4all.results import Reach

app = typer.Typer(
    name="ew4all",
    help="Who at risk does a public warning reach, through which channel, and who is left out?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data = typer.Typer(help="Inputs: make them quicker to use.", no_args_is_help=True)
app.add_typer(data, name="data")

Population = Annotated[
    list[str],
    typer.Option(
        metavar="[NAME=]FILE",
        help="Raster of people, or polygons with --population-column. Repeat it for groups (age, sex).",
    ),
]
Unit = Annotated[
    str | None,
    typer.Option(
        metavar="count|per_km2|per_ha",
        help="What the population raster holds, where it does not say so.",
    ),
]
Coverage = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TECH[:OPERATOR]=FILE",
        help="Coverage layer of 2g, 3g, 4g, 5g or any: raster of 0/1, shares or levels, or polygons. Repeatable.",
    ),
]
CoverageMin = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[TECH[:OPERATOR]=]LEVEL",
        help="Level from which on a coverage raster counts as covered, in its unit (dBm). Repeatable.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Threads. The result is the same for any number."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document with all digits.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no messages, errors only.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ew4all {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def reach(
    population: Population,
    population_unit: Unit = None,
    population_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of people, where the population is polygons."),
    ] = None,
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
    cap: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="CAP 1.2 alert whose area is the warning area."),
    ] = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    sites: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="List of cell sites, in the place of --coverage."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Column of --sites that holds NAME. Repeatable."),
    ] = None,
    sites_technology: Annotated[
        str | None,
        typer.Option(
            metavar="2g|3g|4g|5g", help="Technology of rows of --sites that do not say it."
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Outline: cells of --sites far outside are dropped."),
    ] = None,
    max_age_years: Annotated[
        float | None,
        typer.Option(
            metavar="YEARS", help="Rows of --sites last seen longer ago are dropped; 5 by default."
        ),
    ] = None,
    dem: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Terrain heights for --sites. Without it, flat land."),
    ] = None,
    landcover: Annotated[
        str | None, typer.Option(metavar="FILE", help="Land cover for --sites.")
    ] = None,
    outage: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Sites off the air (ensemble.csv of `ew4all outage`, or a column site): before and after.",
        ),
    ] = None,
    operator_share: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SHARE", help="Market share of an operator, 0 to 1. Repeatable."),
    ] = None,
    zones: Annotated[
        str | None, typer.Option(metavar="FILE", help="Polygons to count in, one by one.")
    ] = None,
    zone_id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their identifiers.")
    ] = None,
    zone_name: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of their names.")
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
            metavar="NAME=VALUE", help="Replace a default of `ew4all assumptions`. Repeatable."
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the table and the map.")
    ] = None,
    workers: Workers = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler to work on, instead of threads."),
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
            "cap": cap,
            "coverage": mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
            "coverage_min": thresholds(coverage_min),
            "sites": sites,
            "sites_options": _given(
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
        result = _run(arguments, hands, quiet=quiet)
        _show(result, as_json=as_json)
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path(
        "ew4all-demo"
    ),
    workers: Workers = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the main job on an embedded case: Grenada, Hurricane Beryl, 1 July 2024. Needs no network."""
    with reporting():
        from ew4all.demo import ATTRIBUTION, CASE, NOTICE, folder

        words = {"notice": NOTICE, "attribution": ATTRIBUTION}
        result = _run({**CASE.arguments(), **words, "out": out}, workers, quiet=quiet)
        _show(result, as_json=as_json, notice=NOTICE)
        say(
            f"{NOTICE}\n"
            f"Map: {out / 'map.png'}\n"
            f"All files, in {out}: {contents(out)}\n"
            "Try next:\n"
            f"  ew4all reach --population {folder() / 'population.tif'} \\\n"
            f"      --hazard {folder() / 'hazard.geojson'} --coverage 4g={folder() / 'coverage_4g_a.tif'}\n"
            "  ew4all assumptions     what is assumed of phones and people, with sources\n"
            "  ew4all reach --help    your own population, hazard or CAP alert, coverage and zones",
            quiet=quiet,
        )


@app.command()
def assumptions(
    as_json: Json = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a table in Markdown.")
    ] = False,
) -> None:
    """Print the defaults of the device steps, with their sources; `reach --assume` replaces them."""
    with reporting():
        from ew4all.assumptions import TABLE, markdown

        if as_json:
            from dataclasses import asdict

            from ew4all.writers.records import json_text

            rows = [asdict(row) for row in TABLE]
            typer.echo(json_text({"schema": "ew4all/assumptions/1", "assumptions": rows}), nl=False)
        elif as_markdown:
            typer.echo(markdown(), nl=False)
        else:
            from ew4all.report.table import assumptions_table

            console().print(assumptions_table(TABLE))


app.command("coverage")(coverage_command)
app.command()(loss)
app.command()(outage)
app.command()(target)


@data.command()
def prepare(
    population: Population,
    population_unit: Unit = None,
    coverage: Coverage = None,
    coverage_min: CoverageMin = None,
    workers: Workers = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder or file; by default beside the population raster."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Work out totals per tile once, so that later runs decode only the tiles on the edge of a polygon."""
    with reporting():
        from ew4all.readers.sidecar import prepare as prepared

        with progressing(quiet=quiet) as progress:
            path = prepared(
                sources(population),
                population_unit=population_unit,
                coverage=mapping("--coverage", coverage, "4g=FILE or 4g:OPERATOR=FILE"),
                coverage_min=thresholds(coverage_min),
                out=out,
                **({} if workers is None else {"workers": workers}),
                progress=progress,
            )
        if as_json:
            from ew4all.writers.records import json_text

            typer.echo(json_text({"schema": "ew4all/prepared/1", "path": str(path)}), nl=False)
        else:
            typer.echo(path)


def main() -> None:
    """Run the command line."""
    import logging

    for stream in (sys.stdout, sys.stderr):
        # JSON is UTF-8 wherever it goes, and a place name must not end a run on a terminal that cannot show it.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    for name in (
        "rasterio",
        "pyogrio",
        "matplotlib",
    ):  # what matters of theirs arrives as an exception
        logging.getLogger(name).addHandler(logging.NullHandler())
    with _standalone():
        once_only(sys.argv[1:], repeatable(sys.argv[1:]))
    app(prog_name="ew4all")


@contextmanager
def _standalone() -> Iterator[None]:
    """Leave with the exit code of an error that arises before a command runs."""
    try:
        with reporting():
            yield
    except typer.Exit as end:
        sys.exit(end.exit_code)


def _given(**options: Any) -> dict[str, Any] | None:
    """Return the options that were given; None where none was."""
    return {name: value for name, value in options.items() if value} or None


def _run(arguments: Mapping[str, Any], workers: int | Executor | None, *, quiet: bool) -> Reach:
    import ew4all
    from ew4all.runtime import set_matplotlib_cache

    if arguments["out"] is not None:
        set_matplotlib_cache()
    with progressing(quiet=quiet) as progress:
        return ew4all.reach(**arguments, workers=workers, progress=progress)


def _show(result: Reach, *, as_json: bool, notice: str | None = None) -> None:
    if as_json:
        from ew4all.writers.records import json_text

        document = result.to_dict()
        typer.echo(
            json_text(document if notice is None else {**document, "notice": notice}), nl=False
        )
        return
    from ew4all.report.table import rendered

    screen = console()
    screen.print(rendered(result, notice=notice, ascii_only=screen.options.ascii_only))
