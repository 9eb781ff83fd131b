"""`ew4all data`: inputs found, fetched, made quicker to use, and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.data_compare import compare
from ew4all.cli.options import mapping, sources, thresholds
from ew4all.cli.parameters import (
    Coverage,
    CoverageMin,
    Json,
    Population,
    PopulationUnit,
    Quiet,
    Workers,
)
from ew4all.cli.terminal import console, print_json, progressing, reporting, say

if TYPE_CHECKING:
    from ew4all.catalogue.entries import Entry
    from ew4all.catalogue.shelf import Fetched

__all__ = ["data"]

data = typer.Typer(
    help="Inputs: find, fetch and compare them, make them quicker to use.", no_args_is_help=True
)


@data.command("list")
def list_(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One row, with everything known of it.")
    ] = None,
    as_json: Json = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a table in Markdown.")
    ] = False,
) -> None:
    """List open inputs with licence and citation: population, boundaries, terrain, cell sites, speed tests."""
    with reporting():
        from ew4all.catalogue.entries import catalogue, entry, markdown

        rows = catalogue() if name is None else (entry(name),)
        if as_json:
            print_json({"schema": "ew4all/data-list/1", "datasets": [r.to_dict() for r in rows]})
        elif as_markdown:
            typer.echo(markdown(), nl=False)
        else:
            from ew4all.report.catalogue_table import catalogue_table, entry_text

            console().print(catalogue_table(rows) if name is None else entry_text(rows[0]))


@data.command("get")
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A row of `ew4all data list`.")],
    parameters: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...",
            help="What the row needs: iso3=GRD year=2025 level=1 bbox=W,S,E,N mcc=651 quarter=2.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files.")] = Path(),
    mirror: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Server that holds HOST/PATH for each https://HOST/PATH, in the place of the providers.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="Another host that the provider may hand on to. Repeatable."
        ),
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="Digest that the file, as sent, must have.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Fetch also what is there.")] = False,
    attempts: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Times that a file is asked for.")
    ] = 5,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fetched, and ask nobody.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch an input: goes on where it was cut, checks what arrives, and gives it a name that is ready to use."""
    with reporting():
        from ew4all.catalogue import shelf
        from ew4all.catalogue.entries import entry

        given = mapping("what stands behind the name", parameters, "KEY=VALUE") or {}
        row = entry(name)
        if dry_run:
            found = shelf.plan(name, given)
            if as_json:
                print_json({"schema": "ew4all/data-plan/1", "dataset": name, "files": found})
            else:
                for file in found:
                    typer.echo(f"{file['file']}  {' or '.join(file['urls'] or [file['index']])}")
            return
        with progressing(quiet=quiet, what=f"Fetching {name}") as progress:
            fetched = shelf.get(
                name,
                given,
                folder=out,
                mirror=mirror,
                allow_hosts=allow_host or (),
                sha256=sha256,
                again=again,
                attempts=attempts,
                progress=progress,
            )
        _show_fetched(row, fetched, as_json=as_json, quiet=quiet)


def _show_fetched(row: Entry, fetched: list[Fetched], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {
            "schema": "ew4all/data-get/1",
            "dataset": row.name,
            "citation": row.citation,
            "attribution": row.attribution,
            "files": [f.to_dict() for f in fetched],
        }
        print_json(facts)
        return
    for file in fetched:
        if file.path is not None:
            typer.echo(file.path)
        for note in file.notes:
            say(f"{'' if file.path is None else file.path.name + ': '}{note}", quiet=quiet)
    licences = ", ".join(dict.fromkeys(f.licence for f in fetched))
    # Tiles come first, and the raster of all of them last.
    last = next((f.path for f in reversed(fetched) if f.path is not None), None)
    say(f"Licence: {licences}\nCite: {row.citation}", quiet=quiet)
    if last is not None:
        say(f"Use it: {row.use.replace('{file}', str(last))}", quiet=quiet)


@data.command()
def prepare(
    population: Population,
    population_unit: PopulationUnit = None,
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
            print_json({"schema": "ew4all/prepared/1", "path": str(path)})
        else:
            typer.echo(path)


data.command()(compare)
