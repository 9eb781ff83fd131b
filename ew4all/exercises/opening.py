"""An exercise from whatever file it lies in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ew4all.exercises.importing import SPREADSHEETS, import_exercise
from ew4all.exercises.loading import ExerciseFile, load_exercise

if TYPE_CHECKING:
    import os

    from ew4all.exercises.importing import ListOptions

__all__ = ["is_spreadsheet", "open_exercise"]


def is_spreadsheet(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is read as a table, by its ending."""
    return Path(path).suffix.lower() in SPREADSHEETS


def open_exercise(
    path_or_name: str | os.PathLike[str], options: ListOptions | None = None
) -> ExerciseFile:
    """Return an exercise from YAML, XLSX or CSV, or one of those that come with the package.

    Raises
    ------
    ReadError, OptionError, ColumnError, ExerciseError
        See `load_exercise` and `import_exercise`.
    """
    if not is_spreadsheet(path_or_name):
        return load_exercise(path_or_name)
    path = Path(path_or_name)
    found = import_exercise(path, options)
    return ExerciseFile(found.exercise, path.resolve().parent, path, "", found.advice)
