"""The command line. Data go to standard output, messages and progress to standard error.

Exit code 0: done; 1: the run failed; 2: the input or an option is at fault; 130: interrupted. Everything heavy is
imported inside the commands, so that ``--help`` stays quick.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ew4all import __version__
from ew4all.cli.alert import alert
from ew4all.cli.change import change
from ew4all.cli.coverage import coverage as coverage_command
from ew4all.cli.data import data
from ew4all.cli.db import db
from ew4all.cli.exercise import exercise
from ew4all.cli.gaps import gaps
from ew4all.cli.loss import loss
from ew4all.cli.options import must_be_text, must_name_output, once_only, repeatable
from ew4all.cli.outage import outage
from ew4all.cli.parameters import Json, Quiet, Workers
from ew4all.cli.plan import plan
from ew4all.cli.reach import reach, show
from ew4all.cli.reach import run as count_people
from ew4all.cli.run import compare, run
from ew4all.cli.scenario import scenario
from ew4all.cli.serve import serve, worker
from ew4all.cli.target import target
from ew4all.cli.terminal import console, contents, print_json, reporting, say

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    name="ew4all",
    help="Who at risk does a public warning reach, through which channel, and who is left out?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data, name="data")
app.add_typer(plan, name="plan")
app.add_typer(scenario, name="scenario")
app.add_typer(exercise, name="exercise")
app.add_typer(alert, name="alert")
app.add_typer(db, name="db")


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


app.command()(reach)
app.command()(gaps)


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
        result = count_people({**CASE.arguments(), **words, "out": out}, workers, quiet=quiet)
        show(result, as_json=as_json, notice=NOTICE)
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

            rows = [asdict(row) for row in TABLE]
            print_json({"schema": "ew4all/assumptions/1", "assumptions": rows})
        elif as_markdown:
            typer.echo(markdown(), nl=False)
        else:
            from ew4all.report.table import assumptions_table

            console().print(assumptions_table(TABLE))


app.command("coverage")(coverage_command)
app.command()(loss)
app.command()(outage)
app.command()(target)
app.command()(run)
app.command()(compare)
app.command()(change)
app.command()(serve)
app.command()(worker)


def main() -> None:
    """Run the command line."""
    import gc
    import logging
    import os

    # Of a run of 2.8 s 0.4 s went into 560 collections, which found nothing: the 2,000 modules behind a command are some
    # 200,000 objects that stay.
    gc.set_threshold(50_000, 20, 100)
    # To look for plugins pydantic reads the metadata of every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
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
        must_be_text(sys.argv[1:])
        must_name_output(sys.argv[1:])
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
