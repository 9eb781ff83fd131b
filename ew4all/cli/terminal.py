"""What commands share: errors as one sentence and an exit code, workers, progress, the terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from ew4all.errors import EW4AllError, InputError, ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor
    from pathlib import Path


@contextmanager
def reporting() -> Iterator[None]:
    """Turn errors of ours, of GEOS and of a full memory into one sentence and an exit code."""
    try:
        yield
    except EW4AllError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, InputError | ReadError) else 1) from error
    except MemoryError as error:
        typer.echo("Error: not enough memory; give a smaller area or a coarser raster", err=True)
        raise typer.Exit(1) from error
    # What stands in an except clause is worked out when something was raised, so that --help loads no shapely.
    except _of_geos() as error:
        said = (
            f"an operation on shapes failed ({error}); mend the layers (QGIS: Fix geometries), or simplify them, and run "
            "again"
        )
        typer.echo(f"Error: {said}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as interrupt:
        typer.echo("Interrupted; nothing was written.", err=True)
        raise typer.Exit(130) from interrupt


def _of_geos() -> tuple[type[Exception], ...]:
    """Return what GEOS raises where it fails on valid input; nothing as long as nobody has loaded shapely."""
    loaded = sys.modules.get("shapely.errors")
    return () if loaded is None else (loaded.GEOSException,)


@contextmanager
def working(
    workers: int | None, cluster: str | None, *, processes: bool = False
) -> Iterator[int | Executor | None]:
    """Give what `workers=` takes: a number of threads, processes, or the executor of a Dask cluster."""
    from ew4all.executors import opened

    with opened(workers, cluster, processes=processes) as hands:
        yield hands


@contextmanager
def progressing(*, quiet: bool, what: str = "Counting people") -> Iterator[Any]:
    """Give a callback that draws a bar, where somebody is there to see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from ew4all.report.progress import Bar

    with Bar(what=what) as bar:
        yield bar


def console() -> Any:
    """Return the terminal that tables are printed on."""
    from rich.console import Console

    # Markup and highlighting would read signs into names of places.
    return Console(markup=False, highlight=False, emoji=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on standard output."""
    from ew4all.writers.records import json_text

    typer.echo(json_text(document), nl=False)


def contents(folder: Path) -> str:
    """Return the names of the outputs in a folder."""
    from ew4all.writers.folder import outputs_of

    return ", ".join(outputs_of(folder))


def say(text: str, *, quiet: bool) -> None:
    """Tell on standard error, which is no data."""
    if not quiet:
        typer.echo(text, err=True)
