"""`ew4all alert mapping`: which CAP alert gets which message identifier, as a table."""

from __future__ import annotations

from typing import Annotated

import typer

from ew4all.cli.alert.inputs import mapping_rules
from ew4all.cli.terminal import reporting
from ew4all.errors import OptionError

__all__ = ["mapping"]


def mapping(
    profiles: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROFILE...]",
            help="Profiles, countries or files of your own; all that are shipped by default.",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", help="Every triple with every class: 125 rows for each class."),
    ] = False,
    triples: Annotated[
        bool, typer.Option("--triples", help="The 125 triples side by side, in Markdown.")
    ] = False,
) -> None:
    """Print the classes of the mapping profiles in Markdown: how an alert is recognised, and its identifier."""
    with reporting():
        from ew4all.alerts.mapping_profile import profile_names
        from ew4all.alerts.mapping_table import as_csv as csv_of
        from ew4all.alerts.mapping_table import classes_markdown, triples_markdown

        if as_csv and triples:
            msg = "--csv and --triples exclude each other"
            raise OptionError(msg)
        wanted = [mapping_rules(name) for name in profiles or profile_names()]
        make = csv_of if as_csv else triples_markdown if triples else classes_markdown
        typer.echo(make(wanted), nl=False)
