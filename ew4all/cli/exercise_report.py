"""`ew4all exercise report`: what an exercise gave, as a report to be read and tables to be reckoned with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ew4all.cli.exercise_replay import Assume, Log, Of, opened
from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import contents, print_json, reporting, say

__all__ = ["report"]


def report(
    log: Log,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the report, its tables and exercise.gpkg."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="html,pdf,docx",
            help="Formats of the report, with commas between them. By default all.",
        ),
    ] = None,
    what_if: Annotated[
        bool,
        typer.Option(
            "--what-if/--no-what-if",
            help="Play it with an earlier alert, all channels and a larger area too; takes as long as playing it several times.",
        ),
    ] = True,
    exercise: Of = None,
    assume: Assume = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the report after an exercise: timeline against the plan, who was warned and missed, what if, scores, lessons."""
    with reporting():
        from ew4all.errors import OptionError
        from ew4all.exercises.after_action import after_action
        from ew4all.report.document import formats_of
        from ew4all.report.document_files import must_write_into
        from ew4all.report.exercise_outputs import write_report

        if out is None and not as_json:
            msg = "a report is written to a folder; give --out DIR, or --json for its numbers alone"
            raise OptionError(msg)
        wanted = formats_of(formats)
        if out is not None:
            must_write_into(out, wanted)
        session = opened(log, exercise, assume, quiet=quiet)
        found = after_action(session, with_what_ifs=what_if)
        if as_json:
            print_json(found.to_dict())
        if out is not None:
            settings = {"log": str(log), "exercise": exercise, "what_if": what_if}
            write_report(out, found, formats=wanted, settings=settings)
            say(f"Written to {out}: {contents(out)}", quiet=quiet)
