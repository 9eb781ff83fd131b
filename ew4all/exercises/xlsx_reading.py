"""XLSX workbooks as plain rows: stored values of formulas, merged cells filled, dates and times as Python has them."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from ew4all.errors import ReadError
from ew4all.exercises.sheets import Sheet, Workbook, column_letters
from ew4all.exercises.xlsx_guard import look_into

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.exercises.sheets import CellFinding

__all__ = ["must_have_openpyxl", "read_workbook"]

MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 100
_MOST_TOLD: Final = 20
_MOST_LOOKED_AT: Final = 50_000


def must_have_openpyxl() -> Any:
    """Return the library that reads and writes XLSX.

    Raises
    ------
    ReadError
        openpyxl is not installed.
    """
    try:
        return import_module("openpyxl")
    except ImportError as error:
        msg = (
            "XLSX needs the Python package openpyxl, which is not installed; install it with ew4all: pip install "
            "'ew4all[exercise]', or save the list as CSV"
        )
        raise ReadError(msg) from error


def read_workbook(path: Path) -> Workbook:
    """Read the sheets of a workbook.

    Merged cells give their value to each row and column that they span. Of a formula the value is read that the spreadsheet program
    stored; where it stored none, the cell is a fault.

    Raises
    ------
    ReadError
        openpyxl is not installed, or the file is no workbook that can be opened; see `look_into`.
    """
    openpyxl = must_have_openpyxl()
    inside = look_into(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles, checks and extensions that hold no value
            values = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(path, read_only=True, keep_links=False)
            try:
                sheets = tuple(
                    _sheet(path, one, formulas[one.title], inside.merged.get(one.title, ()))
                    for one in values.worksheets
                )
                epoch = values.epoch
            finally:
                values.close()
                formulas.close()
    except (
        KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, ET.ParseError, zipfile.BadZipFile,
        zlib.error,
    ) as error:  # fmt: skip
        if isinstance(error, ReadError):
            raise
        # openpyxl says nothing of what it raises on files that are not as the standard has them.
        msg = f"{path} cannot be read as an XLSX workbook ({type(error).__name__}: {str(error)[:200]}); open it in a spreadsheet program and save it again"
        raise ReadError(msg) from error
    return Workbook(path.name, sheets, epoch)


def _sheet(
    path: Path, values: Any, formulas: Any, merged: tuple[tuple[int, int, int, int], ...]
) -> Sheet:
    rows: list[list[Any]] = []
    faults: list[CellFinding] = []
    called = Sheet(values.title, ())
    notes: list[str] = []
    both = zip(
        values.iter_rows(max_col=MOST_COLUMNS, values_only=True),
        formulas.iter_rows(max_col=MOST_COLUMNS, values_only=True),
        strict=False,
    )
    for k, (row, said) in enumerate(both):
        if k >= MOST_ROWS:
            if any(v is not None for v in row):
                msg = f"{path}, sheet {values.title}, row {k + 1}: a list has at most {MOST_ROWS:,} rows; split it"
                raise ReadError(msg)
            if k >= _MOST_LOOKED_AT:
                break
            continue
        rows.append(list(row))
        for j, (value, formula) in enumerate(zip(row, said, strict=False)):
            if (
                value is None
                and isinstance(formula, str)
                and formula.startswith("=")
                and len(formula) > 1
            ):
                faults.append(
                    called.finding(
                        k,
                        j,
                        "this formula has no stored value; open the file in a spreadsheet program and save it, or paste the value",
                    )
                )
            elif isinstance(value, str) and value.startswith("#") and value in _ERRORS:
                faults.append(
                    called.finding(
                        k, j, f"the formula gives the error {value}; mend it, or paste the value"
                    )
                )
    if (values.max_column or 0) > MOST_COLUMNS:
        notes.append(
            f"columns after {column_letters(MOST_COLUMNS - 1)} of sheet {values.title} are not read"
        )
    while rows and all(v is None for v in rows[-1]):
        rows.pop()
    notes += _filled(rows, merged)
    hidden = getattr(values, "sheet_state", "visible") != "visible"
    return Sheet(values.title, rows, tuple(faults[:_MOST_TOLD]), tuple(notes), hidden)


_ERRORS: Final = frozenset({"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!"})


def _filled(rows: list[list[Any]], merged: tuple[tuple[int, int, int, int], ...]) -> list[str]:
    """Give each row of cells that are merged downwards their value; what is merged across stays where it begins."""
    notes = []
    for r0, c0, r1, c1 in merged:
        if r1 == r0 or r0 >= len(rows) or c0 >= len(rows[r0]) or rows[r0][c0] is None:
            continue
        last = min(r1, len(rows) - 1)
        for r in range(r0 + 1, last + 1):
            rows[r] += [None] * (c0 + 1 - len(rows[r]))
            rows[r][c0] = rows[r0][c0]
        notes.append(
            f"cells {column_letters(c0)}{r0 + 1}:{column_letters(c1)}{r1 + 1} are merged: their value was taken for each of these rows"
        )
    return notes
