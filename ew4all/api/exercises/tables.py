"""Lists of injects that were sent (XLSX, CSV), as an exercise or into one; runs in a child.

A workbook that ew4all has written says itself which scenario it is played on: only one that is shipped is looked for.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ew4all.exercises.csv_lists import read_csv
from ew4all.exercises.importing import ListOptions, import_exercise
from ew4all.exercises.inject_columns import FIELDS, choose_columns, header_row
from ew4all.exercises.loading import yaml_of
from ew4all.exercises.xlsx_reading import read_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.exercise import Exercise

__all__ = ["columns_of", "exercise_text", "read_into"]


def exercise_text(request: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a list that was sent as the text of an exercise file, and what was decided in reading it.

    Raises
    ------
    ExerciseError, ReadError, ColumnError, OptionError
        See `import_exercise`.
    """
    asked = ListOptions(
        request["columns"], scenario=request["scenario"] or None, title=request["title"], shipped_only=True
    )  # fmt: skip
    found = import_exercise(Path(request["table"]), asked)
    return yaml_of(found.exercise), list(found.notes)


def read_into(
    path: Path, base: Exercise, columns: Mapping[str, str], files: Mapping[str, str]
) -> tuple[Exercise, list[str]]:
    """Return an exercise with the injects of a list in the place of its own, and what was decided in reading it; raises as `exercise_text`.

    Parameters
    ----------
    files
        Reference to path, of a stored scenario.
    """
    stored = files.get(base.scenario)
    if stored is None:
        found = import_exercise(path, ListOptions(columns, base=base, shipped_only=True))
        return found.exercise, list(found.notes)
    # The exercise is ours and the list cannot name another scenario: this path is the one that we laid out.
    here = replace(base, scenario=str(Path(stored).resolve()))
    found = import_exercise(path, ListOptions(columns, base=here, folder=Path.cwd()))
    return replace(found.exercise, scenario=base.scenario), list(found.notes)


def columns_of(path: Path, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return which column of a list is taken for what, those that are of nothing, and the fields that there are."""
    book = read_workbook(path) if path.suffix == ".xlsx" else read_csv(path)
    for sheet in book.sheets:
        at = header_row(sheet.rows, columns, least=1 if columns else 2)
        if at is not None and not sheet.hidden:
            chosen, unused = choose_columns(sheet.rows[at], columns, sheet.called)
            return {
                "sheet": sheet.name,
                "columns": [{"column": c.header, "field": field} for field, c in chosen.items()],
                "unmapped": [c.header for c in unused],
                "fields": list(FIELDS),
            }
    return {"columns": [], "unmapped": [], "fields": list(FIELDS)}
