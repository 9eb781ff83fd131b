"""Exercises from spreadsheets: a workbook that was written here, or somebody's own list of injects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import ColumnError, ExerciseError, OptionError, ReadError
from ew4all.exercises.checking import checked
from ew4all.exercises.csv_lists import read_csv
from ew4all.exercises.document import SCHEMA
from ew4all.exercises.exercise_tables import is_of_ours, read_facts, read_table
from ew4all.exercises.inject_columns import header_row
from ew4all.exercises.inject_list import identifier_from, read_injects
from ew4all.exercises.inject_times import Clock
from ew4all.exercises.plain import plain_of
from ew4all.exercises.sheets import CellFinding
from ew4all.exercises.span_text import span_text
from ew4all.exercises.stage import scenario_known
from ew4all.exercises.tables import TABLES
from ew4all.exercises.xlsx_reading import read_workbook
from ew4all.scenario.findings import Finding, error_of, path_text
from ew4all.scenario.values import duration_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.inject_list import InjectList
    from ew4all.exercises.sheets import Sheet, Workbook
    from ew4all.sim.exercise import Exercise

__all__ = ["SPREADSHEETS", "Imported", "ListOptions", "import_exercise"]

SPREADSHEETS: Final = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt")
"""Endings of files that are read as tables."""

_SPARE_S: Final = 1800.0
_LATE_S: Final = 10_800.0
"""No list begins so late after the start of its exercise."""


@dataclass(frozen=True)
class ListOptions:
    """How somebody's own list is read.

    Attributes
    ----------
    columns
        Field to the header of its column.
    sheet
        Name of the sheet; the first that names columns of injects where None.
    clock
        How times are meant.
    base
        The exercise into which the injects go, in the place of its own.
    scenario, title, identifier
        Of an exercise that is made anew.
    folder
        What a scenario's file is relative to; the folder of the list where None.
    shipped_only
        As for somebody who is not at this machine: no file of a scenario may be named, only one that comes with the package.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    clock: Clock = field(default_factory=Clock)
    base: Exercise | None = None
    scenario: str | None = None
    title: str | None = None
    identifier: str | None = None
    folder: Path | None = None
    shipped_only: bool = False


@dataclass(frozen=True)
class Imported:
    """An exercise that was read from a spreadsheet, what was decided in reading it, and what is advised."""

    exercise: Exercise
    notes: tuple[str, ...] = ()
    advice: tuple[Finding, ...] = ()


@dataclass
class _Given:
    """Keys and values so far, with the cell of each path."""

    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[tuple[str | int, ...], tuple[Sheet, int, int | None]] = field(default_factory=dict)
    faults: list[CellFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_exercise(path: str | Path, options: ListOptions | None = None) -> Imported:
    """Read an exercise from XLSX or CSV.

    Raises
    ------
    ReadError
        The file cannot be read; see `read_workbook` and `read_csv`.
    ColumnError
        No sheet has columns of injects, or one that was named is not there.
    OptionError
        Neither a scenario nor an exercise was named for somebody's own list, or an option that does not fit.
    ExerciseError
        Everything that is wrong, each with sheet, row and column.
    """
    file, chosen = Path(path), options or ListOptions()
    if not file.is_file():
        msg = f"there is no file {file}; check the path"
        raise ReadError(msg)
    is_workbook = file.suffix.lower() in (".xlsx", ".xlsm")
    book = read_workbook(file) if is_workbook else read_csv(file)
    clock = chosen.clock
    if book.epoch is not None:
        clock = Clock(clock.starts, clock.unit, book.epoch)
    ours = is_of_ours(book)
    if ours is not None and chosen.sheet is None and chosen.base is None:
        given = _of_ours(book, ours, clock, chosen.columns)
    else:
        given = _of_others(file, book, clock, chosen)
    folder = None if chosen.shipped_only else chosen.folder or file.resolve().parent
    known, missing = scenario_known(given.values, folder)
    found = checked(given.values, known)
    faults: list[Finding] = list(given.faults)
    told = {(one.line, one.column, one.path.rpartition(" (")[0]) for one in given.faults}
    for where, message, _ in (*missing, *found.faults):
        one = _placed(given, where, message)
        if (one.line, one.column, one.path.rpartition(" (")[0]) not in told or not one.line:
            faults.append(one)
    if faults or found.exercise is None:
        raise error_of(str(file), faults, found.more, ExerciseError)
    advice = tuple(dict.fromkeys(_placed(given, where, said) for where, said, _ in found.advice))
    return Imported(found.exercise, tuple(given.notes), advice)


def _placed(given: _Given, where: tuple[str | int, ...], message: str) -> Finding:
    """Return a fault at the cell of its path, or of the nearest part around it."""
    for length in range(len(where), 0, -1):
        cell = given.cells.get(where[:length])
        if cell is not None:
            sheet, row, column = cell
            return sheet.finding(row, column, message, path_text(where[2:3] or where))
    return CellFinding(0, 0, path_text(where), message)


def _of_ours(book: Workbook, facts: Sheet, clock: Clock, columns: Mapping[str, str]) -> _Given:
    """Return what a workbook holds that was written here, and perhaps edited since."""
    out = _Given()
    out.values, cells, out.faults = read_facts(facts)
    out.cells |= {(key,): (facts, *cell) for key, cell in cells.items()}
    by_name = {sheet.name.casefold(): sheet for sheet in book.sheets}
    for table in TABLES:
        sheet = by_name.get(table)
        if sheet is None or table == "injects":
            continue
        rows, placed, faults = read_table(sheet, table)
        out.values[table] = rows
        out.faults += faults
        out.cells |= {(table, k, key): (sheet, *cell) for (k, key), cell in placed.items()}
        for (k, _), cell in placed.items():
            out.cells.setdefault((table, k), (sheet, cell[0], None))
    injects = by_name.get("injects")
    if injects is None:
        out.faults.append(
            CellFinding(
                0,
                0,
                "",
                "the workbook has no sheet Injects any more; add it, or name another with --sheet",
            )
        )
        return out
    teams = [t for t in out.values.get("teams", ()) if "id" in t]
    _take(out, injects, read_injects(injects, clock, columns, teams))
    others = [s.name for s in book.sheets if s.name.casefold() not in ("exercise", *TABLES)]
    if others:
        out.notes.append(
            f"these sheets are of no part of an exercise and were not read: {', '.join(others)}"
        )
    return out


def _take(out: _Given, sheet: Sheet, found: InjectList) -> None:
    out.values["injects"] = found.injects
    out.faults += found.faults
    out.notes += found.notes
    out.cells |= {("injects", k, key): (sheet, *cell) for (k, key), cell in found.cells.items()}
    out.cells |= {("injects", k): (sheet, row, None) for k, row in enumerate(found.rows)}


def _of_others(file: Path, book: Workbook, clock: Clock, options: ListOptions) -> _Given:
    """Return somebody's own list, within the exercise that was named, or within one made for it."""
    sheet, notes = _chosen_sheet(book, options)
    out = _Given(notes=notes)
    if options.base is not None:
        out.values = plain_of(options.base)
        found = read_injects(sheet, clock, options.columns, out.values.get("teams", []))
        _take(out, sheet, found)
        _must_begin(out, sheet, found)
        return out
    if options.scenario is None:
        msg = (
            f"{file} is a list of injects alone: say on which scenario it is played, as in `--scenario national-test` (`ew4all scenario "
            "list`), or into which exercise it goes, as in `--into exercise.yaml`"
        )
        raise OptionError(msg)
    found = read_injects(sheet, clock, options.columns, None)
    teams = found.teams or [{"id": "players", "name": "Players"}]
    last = max((duration_s(row["at"]) for row in found.injects if "at" in row), default=0.0)
    length_s = max(3600.0, -(-(last + 1.0) // _SPARE_S) * _SPARE_S)
    title = options.title or file.stem
    out.values = {
        "schema": SCHEMA,
        "id": options.identifier or identifier_from(file.stem) or "exercise",
        "title": title,
        "scenario": options.scenario,
        "length": span_text(length_s),
        "teams": teams,
        "roles": [
            {"id": "lead", "name": "Facilitator", "kind": "facilitator"},
            *({"id": f"{t['id'][:70]}-player", "name": t["name"], "kind": "player", "team": t["id"]} for t in teams),
            {"id": "evaluator", "name": "Evaluator", "kind": "evaluator"},
        ],
    }  # fmt: skip
    _take(out, sheet, found)
    _must_begin(out, sheet, found)
    out.notes.append(
        f"the exercise lasts {span_text(length_s)}, has {len(teams)} teams from the list, and no objectives yet: edit the file that was written"
    )
    return out


def _must_begin(out: _Given, sheet: Sheet, found: InjectList) -> None:
    """Tell where times of a list were taken as after the start, and nothing happens for hours: they are rather times of the day."""
    timed = [duration_s(row["at"]) for row in found.injects if "at" in row]
    if not found.times_of_day or min(timed) < _LATE_S:
        return
    number = min(found.times_of_day, key=lambda k: found.times_of_day[k])
    hours, minutes = divmod(round(found.times_of_day[number] / 60.0), 60)
    row, column = found.cells[number, "at"]
    said = (
        f"the first inject would come {hours} h {minutes:02} min after the start; if these are times of the day, say when the exercise begins, as "
        f"in --starts {hours % 24:02}:{minutes:02}, and if not, write T+{hours}:{minutes:02}"
    )
    out.faults.append(sheet.finding(row, column, said, "at"))


def _chosen_sheet(book: Workbook, options: ListOptions) -> tuple[Sheet, list[str]]:
    if options.sheet is not None:
        for sheet in book.sheets:
            if sheet.name.casefold() == options.sheet.casefold():
                return sheet, []
        msg = f"--sheet {options.sheet}: there is none of that name; there are {', '.join(s.name for s in book.sheets) or 'none'}"
        raise OptionError(msg)
    least = 1 if options.columns else 2
    fitting = [
        s
        for s in book.sheets
        if not s.hidden and header_row(s.rows, options.columns, least=least) is not None
    ]
    if not fitting:
        if len(book.sheets) == 1:
            return book.sheets[0], []  # its own message says more
        msg = (
            f"no sheet of {book.name} names columns of injects (time, title, text, from, to, ...); there are "
            f"{', '.join(s.name for s in book.sheets) or 'no sheets'}. Say which with --sheet, and columns as in `--column text=HEADER`"
        )
        raise ColumnError(msg)
    best = max(fitting, key=lambda s: len(s.rows)) if len(fitting) > 1 else fitting[0]
    others = [s.name for s in book.sheets if s is not best]
    said = f"sheet {best.name} was read, not {', '.join(others)}; --sheet chooses another"
    return best, [said] if others else []
