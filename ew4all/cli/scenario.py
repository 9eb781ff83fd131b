"""`ew4all scenario`: write, check, describe and upgrade scenario files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import print_json, reporting, say

if TYPE_CHECKING:
    from ew4all.scenario import Scenario

__all__ = ["scenario"]

scenario = typer.Typer(
    help="Scenario files: what happens, to whom, and how people are warned.", no_args_is_help=True
)


@scenario.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path(
        "scenario.yaml"
    ),
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="Copy a scenario that comes with ew4all."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write a commented scenario that runs as it is."""
    with reporting():
        from ew4all.errors import OptionError, WriteError
        from ew4all.scenario import file_of
        from ew4all.scenario.template import TEMPLATE

        text = TEMPLATE if start is None else file_of(start).read_text("utf-8")
        if file.exists() and not force:
            msg = f"{file} is there already; give another name, or --force to write over it"
            raise OptionError(msg)
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            msg = f"{file} cannot be written ({error.strerror}); check the folder"
            raise WriteError(msg) from error
        say(f"{file} is written. Next: ew4all scenario check {file}", quiet=quiet)


@scenario.command()
def check(
    file: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A file, or the name of one that is shipped.")
    ],
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a scenario, with line and column; exit code 2 where anything is."""
    with reporting():
        from ew4all.errors import ScenarioError
        from ew4all.scenario import load_scenario

        try:
            found = load_scenario(file)
        except ScenarioError as error:
            if not as_json:
                raise
            told = [f._asdict() for f in error.findings]
            print_json({**_head(file), "ok": False, "findings": told, "more": error.more})
            raise typer.Exit(2) from error
        if as_json:
            print_json({**_head(file), "ok": True, "findings": [], "more": 0, **_summary(found)})
            return
        typer.echo(f"{file}: no fault found")
        for name, value in _summary(found).items():
            typer.echo(f"  {name}: {', '.join(value) if isinstance(value, list) else value}")


@scenario.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    with reporting():
        from ew4all.scenario.json_schema import json_schema

        print_json(json_schema())


@scenario.command("list")
def list_() -> None:
    """Print the scenarios that come with ew4all."""
    with reporting():
        from ew4all.scenario import load_scenario, shipped

        for name, path in shipped().items():
            typer.echo(f"{name}\t{load_scenario(path).name}\t{path}")


@scenario.command()
def upgrade(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write here, in the place of FILE itself."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Bring a scenario of an earlier version to this one; comments stay."""
    with reporting():
        from ew4all.errors import ReadError, WriteError
        from ew4all.scenario.upgrades import upgraded

        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the scenario {file} cannot be read ({error}); check the path"
            raise ReadError(msg) from error
        newer, done = upgraded(text, str(file))
        if not done and out is None:
            say(f"{file} is of the newest version already; nothing was written", quiet=quiet)
            return
        target = file if out is None else out
        try:
            target.write_text(newer, "utf-8")
        except OSError as error:
            msg = f"{target} cannot be written ({error.strerror}); check the folder"
            raise WriteError(msg) from error
        said = "; ".join(done) or "it was of the newest version already"
        say(f"{target} is written: {said}", quiet=quiet)


def _head(file: str) -> dict[str, Any]:
    return {"schema": "ew4all/scenario-check/1", "scenario": file}


def _summary(found: Scenario) -> dict[str, Any]:
    run = found.run
    return {
        "title": found.name,
        "channels": list(found.channel_names()),
        "hours": f"{run.since / 3600.0:g} to {(run.since + run.duration) / 3600.0:g}",
        "replicas": run.replicas,
        "seed": run.seed,
    }
