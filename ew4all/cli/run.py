"""`ew4all run` and `ew4all compare`: a scenario over time, and two of them side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import console, contents, print_json, progressing, reporting, say

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compare", "run"]

Replicas = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Draws of what is not known, for bands; 1: expected numbers. By default as the scenario says.",
    ),
]
Seed = Annotated[
    int | None, typer.Option(min=0, metavar="S", help="Of the draws. By default the scenario's.")
]
Processes = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Processes for replicas. The result is the same for any number."
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Dask scheduler for replicas; local:N starts N processes here."
    ),
]


def run(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO", help="Scenario file, or the name of one that comes with ew4all."
        ),
    ],
    replicas: Replicas = None,
    seed: Seed = None,
    workers: Processes = None,
    cluster: Cluster = None,
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="Write pictures and report.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for summary, curves, zones, map, report, record."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario over time: who is warned by when, through which channel, in time or not, and who is missed."""
    with reporting():
        import ew4all
        from ew4all.executors import opened
        from ew4all.run_library import REPLICAS
        from ew4all.runtime import set_matplotlib_cache

        if out is not None and figures:
            set_matplotlib_cache()
        with (
            opened(workers, cluster, processes=True) as hands,
            progressing(quiet=quiet, what="Playing") as progress,
        ):
            try:
                results = ew4all.run(
                    scenario,
                    out=out,
                    replicas=replicas,
                    seed=seed,
                    workers=hands,
                    figures=figures,
                    progress=progress,
                )
            except KeyboardInterrupt:
                kept = None if out is None else out / REPLICAS
                if kept is not None and kept.is_dir():
                    say(
                        f"Finished replicas wait in {kept}: the same command goes on from there.",
                        quiet=quiet,
                    )
                raise
        if as_json:
            print_json(results.to_dict())
        else:
            from ew4all.report.run_table import run_table

            console().print(run_table(results))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Scenario file or name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Scenario file or name.")],
    replicas: Replicas = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="S", help="Of the draws of both. By default A's.")
    ] = None,
    workers: Processes = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for compare.json and compare.png.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play two scenarios on the same draws and show what B changes."""
    with reporting():
        import ew4all
        from ew4all.executors import opened
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        with (
            opened(workers, cluster, processes=True) as hands,
            progressing(quiet=quiet, what="Playing") as progress,
        ):
            found = ew4all.compare(
                first,
                second,
                out=out,
                replicas=replicas,
                seed=seed,
                workers=hands,
                progress=progress,
            )
        if as_json:
            document: Mapping[str, object] = found.to_dict()
            print_json(document)
        else:
            from ew4all.report.run_table import comparison_table

            console().print(comparison_table(found))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)
