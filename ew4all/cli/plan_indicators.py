"""`ew4all plan indicators`: what a country reports of early warning, over dates, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import console, contents, print_json, reporting, say
from ew4all.errors import OptionError

__all__ = ["indicators"]

_FORM = "[DATE=]FILE"


def indicators(
    gaps: Annotated[
        list[str] | None,
        typer.Option(
            metavar=_FORM,
            help="Result of `ew4all gaps` (gaps.json or its folder) and of when it is. Repeatable.",
        ),
    ] = None,
    reach: Annotated[
        list[str] | None,
        typer.Option(
            metavar=_FORM, help="Result of `ew4all reach` (reach.json or its folder). Repeatable."
        ),
    ] = None,
    run: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[DATE=]DIR", help="Folder of `ew4all run` (or its summary.json). Repeatable."
        ),
    ] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option(
            metavar=_FORM,
            help="What the country states: TOML or CSV, see --write-facts. Repeatable.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Of every input without a date: 2024-07-01."),
    ] = None,
    country: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of the country, for titles.")
    ] = None,
    write_facts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the facts to fill in (TOML, or CSV by its name), and end."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for numbers, tables and the dashboard (HTML, PDF)."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Work out Sendai G-3, the view of EW4All pillar 3 and multi-channel reach from results, over dates; one page and tables."""
    with reporting():
        if write_facts is not None:
            _write_facts(write_facts, country, date, quiet=quiet)
            return
        from ew4all.runtime import set_matplotlib_cache

        if out is not None:
            set_matplotlib_cache()
        from ew4all.plan_indicators import indicators as work_out

        result = work_out(
            gaps=_dated("--gaps", gaps),
            reach=_dated("--reach", reach),
            run=_dated("--run", run),
            facts=_dated("--facts", facts),
            date=date,
            country=country,
            out=out,
        )
        if as_json:
            print_json(result.to_dict())
        else:
            from ew4all.report.indicator_table import indicator_table

            console().print(indicator_table(result))
        if out is not None:
            say(f"Written to {out}: {contents(out)}", quiet=quiet)


def _dated(option: str, values: list[str] | None) -> list[tuple[str | None, str]]:
    """Return dates and files; a name with a sign of equality in it needs a date before it."""
    found: list[tuple[str | None, str]] = []
    for value in values or ():
        when, sign, path = value.partition("=")
        if not sign:
            found.append((None, value.strip()))
        elif when.strip() and path.strip():
            found.append((when.strip(), path.strip()))
        else:
            msg = f"{option} wants the form 2024-07-01=FILE, but got {value!r}"
            raise OptionError(msg)
    return found


def _write_facts(path: Path, country: str | None, date: str | None, *, quiet: bool) -> None:
    from ew4all.planning.indicator_facts import blank_facts, blank_facts_csv
    from ew4all.writers.folder import writing

    if path.exists():
        msg = f"--write-facts {path}: there is such a file, which may be filled in; name another"
        raise OptionError(msg)
    blank = blank_facts_csv if path.suffix.lower() == ".csv" else blank_facts
    with writing(path):
        path.write_text(blank(country or "", date or ""), encoding="utf-8", newline="\n")
    say(f"Written to {path}; give it back with --facts {path}", quiet=quiet)
