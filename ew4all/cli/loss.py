"""`ew4all loss`: a radio planner's calculator, for tables and for one link."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import print_json, reporting, say
from ew4all.errors import ColumnError, OptionError

if TYPE_CHECKING:
    from ew4all.coverage.calculator import Answer, Sheet
    from ew4all.readers.plain_table import PlainTable

__all__ = ["loss"]

_LINK = ("--model", "--distance-km", "--frequency-mhz")


def loss(
    table: Annotated[
        Path | None,
        typer.Option(metavar="IN.csv", help="Table of rows to compute, recognised by its header."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="The rows of --table with value and note."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Model for one link: free_space, hata, cost231, rma, rma_los, rma_nlos, uma, uma_los, uma_nlos, "
            "median (what maps use); with --profile terrain or combined.",
        ),
    ] = None,
    distance_km: Annotated[
        float | None, typer.Option(metavar="KM", help="Distance along the ground.")
    ] = None,
    frequency_mhz: Annotated[
        float | None, typer.Option(metavar="MHZ", help="Frequency of the carrier.")
    ] = None,
    base_height_m: Annotated[
        float, typer.Option(metavar="M", help="Antenna of the site above ground.")
    ] = 30.0,
    mobile_height_m: Annotated[float, typer.Option(metavar="M", help="Phone above ground.")] = 1.5,
    environment: Annotated[
        str, typer.Option(metavar="open|suburban|urban", help="What surrounds the phone.")
    ] = "urban",
    large_city: Annotated[
        bool, typer.Option("--large-city", help="Hata and COST 231: a large city.")
    ] = False,
    building_height_m: Annotated[
        float, typer.Option(metavar="M", help="RMa: mean height of buildings.")
    ] = 5.0,
    street_width_m: Annotated[
        float, typer.Option(metavar="M", help="RMa: mean width of streets.")
    ] = 20.0,
    profile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Terrain from site to phone: columns distance_m, height_m. Instead of --distance-km.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compute path loss, clutter, building entry, reception, batteries or sirens: of a table, or of one link.

    Rows outside the range of a model get NaN and a note.

    Tables: hata_cost231, tr38901_rma_uma, tr38901_plos, p2109, p2108 (both clauses),
    battery_survival, reception_static, reception_repeats, siren_level.

    For example:

    ew4all loss --table hata_cost231.csv --out mine.csv

    ew4all loss --model hata --distance-km 5 --frequency-mhz 900 --environment suburban
    """
    with reporting():
        single = {"--model": model, "--distance-km": distance_km, "--frequency-mhz": frequency_mhz}
        given = [name for name, value in single.items() if value is not None]
        if table is not None:
            if given or profile is not None:
                msg = f"--table takes its links from the table, so it excludes {(given or ['--profile'])[0]}"
                raise OptionError(msg)
            _of_table(table, out, as_json=as_json, quiet=quiet)
            return
        if out is not None:
            msg = "--out is for --table; the loss of one link is printed"
            raise OptionError(msg)
        wanted = [name for name in _LINK if name not in given]
        if profile is not None and "--distance-km" in wanted:
            wanted.remove("--distance-km")
        if wanted:
            msg = f"name a --table, or for one link also {' and '.join(wanted)}; see ew4all loss --help"
            raise OptionError(msg)
        _of_link(
            str(model),
            profile,
            {
                "distance_m": None if distance_km is None else distance_km * 1000.0,
                "frequency_mhz": frequency_mhz,
                "base_height_m": base_height_m,
                "mobile_height_m": mobile_height_m,
                "environment": environment,
                "large_city": large_city,
                "building_height_m": building_height_m,
                "street_width_m": street_width_m,
            },
            as_json=as_json,
            quiet=quiet,
        )


def _of_table(path: Path, out: Path | None, *, as_json: bool, quiet: bool) -> None:
    from ew4all.coverage.calculator import recognise
    from ew4all.readers.plain_table import read_plain_table
    from ew4all.writers.plain_table import ANSWERS, answered, write_text

    if as_json and out is None:
        msg = "--json with --table needs --out: the rows themselves go to standard output otherwise"
        raise OptionError(msg)
    rows = read_plain_table(path)
    try:
        sheet = recognise(rows.header)
    except ColumnError as error:
        msg = f"{rows.name}: {error}"
        raise ColumnError(msg) from error
    there = [name for name in ANSWERS if name in rows.header]
    if there:
        msg = f"{rows.name} has a column {there[0]!r} already, which is what this command adds; rename or remove it"
        raise ColumnError(msg)
    if out is not None and out.exists() and out.samefile(path):
        msg = f"--out is the table itself ({path}); name another file"
        raise OptionError(msg)
    answer = sheet.compute(
        {name: rows.numbers(name, blank=name in sheet.blank) for name in sheet.numbers},
        {name: rows.words(name, allowed) for name, allowed in sheet.words.items()},
    )
    text = answered(rows.header, rows.rows, answer.value, answer.note, delimiter=rows.delimiter)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
    summary = _summary(sheet, rows, answer)
    if as_json:
        print_json({"schema": "ew4all/loss-table/1", **summary})
    say(_sentence(summary, out), quiet=quiet or as_json)


def _summary(sheet: Sheet, rows: PlainTable, answer: Answer) -> dict[str, Any]:
    """Count rows, and compare with the table's own values where it has a column of them."""
    computed = [not math.isnan(value) for value in answer.value.tolist()]
    summary: dict[str, Any] = {
        "table": sheet.name,
        "source": sheet.source,
        "rows": len(computed),
        "without_value": computed.count(False),
        "with_note": sum(map(bool, answer.note)),
        "compared_with": None,
        "compared": 0,
        "largest_difference": None,
        "at_row": None,
    }
    if sheet.expected in rows.header:
        differences = []
        for row, text in enumerate(rows.texts(sheet.expected)):
            try:
                difference = abs(float(text) - float(answer.value[row]))
            except ValueError:
                continue
            if math.isfinite(difference):
                differences.append((difference, row + 1))
        if differences:
            largest, at_row = max(differences)
            summary.update(
                compared_with=sheet.expected,
                compared=len(differences),
                largest_difference=largest,
                at_row=at_row,
            )
    return summary


def _sentence(summary: dict[str, Any], out: Path | None) -> str:
    parts = [f"{summary['table']}: {summary['rows']:,} rows"]
    if summary["without_value"]:
        parts.append(f"{summary['without_value']:,} of them out of range (NaN, see note)")
    if summary["largest_difference"] is not None:
        parts.append(
            f"largest difference from {summary['compared_with']} {summary['largest_difference']:.3g}, "
            f"in row {summary['at_row']:,}"
        )
    where = "" if out is None else f"\nWritten to {out}"
    return ", ".join(parts) + where


def _of_link(
    name: str, profile: Path | None, link: dict[str, Any], *, as_json: bool, quiet: bool
) -> None:
    import difflib

    from ew4all.coverage.propagation import MODELS, Link, Range

    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        msg = f"there is no model {name!r}{guess}; there are {', '.join(MODELS)}"
        raise OptionError(msg)
    if profile is not None:
        link = {**link, **_profile(profile, link["distance_m"])}
    elif name in {"terrain", "combined"}:
        msg = f"the model {name} needs the terrain: give --profile FILE.csv with distance_m and height_m"
        raise OptionError(msg)
    answer = MODELS[name].loss_db(Link(**link))
    meaning, sd = Range(int(answer.flags)), float(answer.sd_db)
    value = math.nan if meaning.outside else float(answer.db)
    if as_json:
        document = {
            "schema": "ew4all/loss/1",
            "model": name,
            "source": MODELS[name].source,
            "loss_db": None if math.isnan(value) else value,
            "sd_db": sd if math.isfinite(sd) else None,
            "note": meaning.words(),
        }
        print_json(document)
        return
    typer.echo("NaN" if math.isnan(value) else f"{value:.3f} dB")
    words = [MODELS[name].source]
    if math.isfinite(sd):
        words.append(f"standard deviation {sd:.1f} dB")
    if meaning:
        words.append(f"note: {meaning.words()}")
    if meaning.outside and math.isfinite(float(answer.db)):
        words.append(f"outside its range the formula gives {float(answer.db):.3f} dB")
    say("; ".join(words), quiet=quiet)


def _profile(path: Path, distance_m: float | None) -> dict[str, Any]:
    from ew4all.readers.plain_table import read_plain_table

    rows = read_plain_table(path)
    distance, height = rows.numbers("distance_m"), rows.numbers("height_m")
    if distance_m is not None:
        msg = "--distance-km and --profile exclude each other: the profile ends at the phone"
        raise OptionError(msg)
    if distance.size < 2 or distance[0] != 0.0 or not (distance[1:] > distance[:-1]).all():
        msg = f"{rows.name}: distance_m must begin at 0 at the site and rise from row to row to the phone"
        raise OptionError(msg)
    return {
        "distance_m": float(distance[-1]),
        "profile_distance_m": distance,
        "profile_height_m": height,
    }
