"""`ew4all plan netp`: the annex of a national emergency telecommunication plan, from the folders of earlier commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import console, contents, print_json, reporting, say

__all__ = ["netp"]


def netp(
    folders: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Folder of `ew4all gaps`, `plan measures`, `plan feasibility` or `plan indicators`. Repeatable.",
        ),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Filled checklist (TOML); every run writes one to fill in, checklist.toml.",
        ),
    ] = None,
    country: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of the country, for titles.")
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="LIST", help="Of html, pdf, docx, with commas; all by default."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the annex, the checklist and the numbers."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put gaps, measures, feasibility and indicators together to an annex, with a checklist and ranked recommendations."""
    with reporting():
        from ew4all.plan_netp import netp as put_together

        result = put_together(
            folders or (), answers=answers, country=country, formats=formats, out=out
        )
        if as_json:
            print_json(result.to_dict())
        else:
            from ew4all.report.netp_table import netp_table

            console().print(netp_table(result))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)
