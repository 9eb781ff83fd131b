"""Lists of injects that were sent (XLSX, CSV), as an exercise or into one; runs in a child.

A workbook that ew4all has written says itself which scenario it is played on: only one that is shipped is looked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import ExerciseError
from ew4all.exercises.csv_lists import read_csv
from ew4all.exercises.exercise_tables import is_of_ours, read_facts
from ew4all.exercises.importing import ListOptions, import_exercise
from ew4all.exercises.inject_columns import FIELDS, choose_columns, header_row
from ew4all.exercises.loading import yaml_of
from ew4all.exercises.xlsx_reading import read_workbook
from ew4all.scenario import shipped
from ew4all.scenario.findings import Finding, error_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.exercise import Exercise

__all__ = ["columns_of", "exercise_text", "read_into"]

_CALLED: Final = "the list"


def exercise_text(request: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a list that was sent as the text of an exercise file, and what was decided in reading it.

    Raises
    ------
    ExerciseError, ReadError, ColumnError, OptionError
        See `import_exercise`.
    """
    path = Path(request["table"])
    said = _named(path)
    for name in (request["scenario"] or said, said or request["scenario"]):
        if name not in shipped():
            msg = f"a list of injects is played on a scenario that comes with ew4all ({', '.join(shipped())}), not on {name[:80]!r}"
            raise error_of(_CALLED, [Finding(0, 0, "scenario", msg)], kind=ExerciseError)
    asked = ListOptions(
        request["columns"],
        scenario=request["scenario"] or said,
        title=request["title"],
        folder=_nowhere(path),
    )
    found = import_exercise(path, asked)
    return yaml_of(found.exercise), list(found.notes)


def read_into(path: Path, base: Exercise, columns: Mapping[str, str]) -> tuple[Exercise, list[str]]:
    """Return an exercise with the injects of a list in the place of its own, and what was decided in reading it; raises as `exercise_text`."""
    asked = ListOptions(columns, base=base, folder=_nowhere(path))
    found = import_exercise(path, asked)
    return found.exercise, list(found.notes)


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


def _named(path: Path) -> str:
    book = read_workbook(path) if path.suffix == ".xlsx" else read_csv(path)
    facts = is_of_ours(book)
    return "" if facts is None else str(read_facts(facts)[0].get("scenario", ""))


def _nowhere(path: Path) -> Path:
    """Return a folder in which no file of a scenario is: names alone are looked for."""
    empty = path.parent / "nothing"
    empty.mkdir(exist_ok=True)
    return empty
