"""From one kind of exercise file to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.errors import OptionError, WriteError
from ew4all.exercises.csv_lists import csv_of
from ew4all.exercises.importing import ListOptions, import_exercise
from ew4all.exercises.inject_times import clock_of
from ew4all.exercises.loading import files_missing, load_exercise, yaml_of
from ew4all.exercises.opening import is_spreadsheet
from ew4all.exercises.xlsx_writing import workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ew4all.sim.exercise import Exercise

__all__ = ["content_of", "convert_exercise"]

_WRITERS: Final[Mapping[str, Callable[[Exercise], bytes]]] = {
    ".yaml": lambda one: yaml_of(one).encode(),
    ".yml": lambda one: yaml_of(one).encode(),
    ".xlsx": workbook_bytes,
    ".csv": lambda one: csv_of(one).encode("utf-8-sig"),
}


def content_of(exercise: Exercise, ending: str) -> bytes:
    """Return an exercise as the content of a file: ``.yaml``, ``.xlsx``, or its injects as ``.csv``.

    Raises
    ------
    OptionError
        Another ending.
    """
    write = _WRITERS.get(ending.lower())
    if write is None:
        msg = f"a file that ends in {ending or 'nothing'} cannot be written; write {', '.join(_WRITERS)}"
        raise OptionError(msg)
    return write(exercise)


def convert_exercise(
    source: str,
    target: Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    starts: str | None = None,
    time_unit: str | None = None,
    into: str | None = None,
    scenario: str | None = None,
    title: str | None = None,
    force: bool = False,
) -> list[str]:
    """Read an exercise or a list of injects, write it as the ending of `target` says, and return what was decided.

    Raises
    ------
    OptionError
        The target is there already or has another ending, or options that do not fit.
    ReadError, ColumnError, ExerciseError
        See `load_exercise` and `import_exercise`.
    WriteError
        The target cannot be written.
    """
    if target.suffix.lower() not in _WRITERS:
        content_of(None, target.suffix)  # type: ignore[arg-type] # says which endings there are
    if target.exists() and not force:
        msg = f"{target} is there already; give another name, or --force to write over it"
        raise OptionError(msg)
    if is_spreadsheet(source):
        base = None if into is None else load_exercise(into)
        options = ListOptions(
            dict(columns or {}), sheet, clock_of(starts, time_unit), None if base is None else base.exercise,
            scenario, title, folder=None if base is None else base.folder,
        )  # fmt: skip
        found = import_exercise(source, options)
        exercise, notes = found.exercise, list(found.notes)
    else:
        of_lists = {"--column": columns, "--sheet": sheet, "--starts": starts, "--time-unit": time_unit, "--into": into, "--scenario": scenario, "--title": title}  # fmt: skip
        given = [name for name, value in of_lists.items() if value]
        if given:
            msg = f"{' and '.join(given)} say how a spreadsheet is read, and {source} is none; leave them out"
            raise OptionError(msg)
        exercise, notes = load_exercise(source).exercise, []
    content = content_of(exercise, target.suffix)
    try:
        target.write_bytes(content)
    except OSError as error:
        msg = f"{target} cannot be written ({error.strerror}); check the folder"
        raise WriteError(msg) from error
    return notes + _left_out(exercise, target)


def _left_out(exercise: Exercise, target: Path) -> list[str]:
    ending = target.suffix.lower()
    if ending == ".csv":
        return [
            "a CSV file has the injects alone; teams, objectives and the rest are in YAML and XLSX"
        ]
    missing = files_missing(exercise, target.resolve().parent) if ending != ".xlsx" else []
    files = list(
        dict.fromkeys(
            message.split(" beside ")[0].removeprefix("there is no file ")
            for _, message, _ in missing
        )
    )
    return (
        [
            f"hand-outs and attachments are files of their own; put them beside it: {', '.join(files)}"
        ]
        if files
        else []
    )
