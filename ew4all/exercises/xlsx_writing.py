"""An exercise as an XLSX workbook: a sheet for each part, marked EXERCISE, ready to be edited and read back."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ew4all.exercises.exercise_tables import facts_rows, rows_of
from ew4all.exercises.plain import plain_of
from ew4all.exercises.sheets import column_letters
from ew4all.exercises.tables import TABLES, TableColumn
from ew4all.exercises.xlsx_reading import must_have_openpyxl

if TYPE_CHECKING:
    from ew4all.sim.exercise import Exercise

__all__ = ["workbook_bytes"]

_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)
_SPAN_FORMAT: Final = "[h]:mm:ss"
_FONT: Final = "Calibri"
_LINE_PT: Final = 15.0
_MOST_PT: Final = 400.0  # a spreadsheet shows no row of more than 409
_FACTS: Final = (TableColumn("key", "key", width=18), TableColumn("value", "value", width=110))


def workbook_bytes(exercise: Exercise) -> bytes:
    """Return a workbook; the same exercise gives the same bytes.

    Raises
    ------
    ReadError
        openpyxl is not installed.
    """
    openpyxl = must_have_openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    plain = plain_of(exercise)
    _sheet(book, "Exercise", exercise, _FACTS, [list(row) for row in facts_rows(plain)])
    for table, columns in TABLES.items():
        _sheet(book, table.capitalize(), exercise, columns, rows_of(plain, table))
    book.active = book.sheetnames.index("Injects")
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == "Injects"
    book.properties.title = exercise.shown_title
    book.properties.creator = "ew4all"
    out = io.BytesIO()
    book.save(out)
    return _undated(out.getvalue())


def _sheet(
    book: Any,
    name: str,
    exercise: Exercise,
    columns: tuple[TableColumn, ...],
    rows: list[list[Any]],
) -> None:
    styles = import_module("openpyxl.styles")
    sheet = book.create_sheet(name)
    banner = f"{exercise.shown_title} - not for operations"
    _put(sheet.cell(1, 1), banner).font = styles.Font(
        name=_FONT, bold=True, color="FFB00020", size=13
    )
    head = styles.PatternFill("solid", fgColor="FF1F3A5F")
    for j, column in enumerate(columns, 1):
        cell = _put(sheet.cell(2, j), column.header)
        cell.font, cell.fill = styles.Font(name=_FONT, bold=True, color="FFFFFFFF"), head
        sheet.column_dimensions[column_letters(j - 1)].width = column.width
    for k, row in enumerate(rows, 3):
        for j, value in enumerate(row, 1):
            if value is not None:
                cell = _put(sheet.cell(k, j), value)
                cell.alignment = styles.Alignment(wrap_text=True, vertical="top", horizontal="left")
        sheet.row_dimensions[k].height = _height_pt(row, columns)
    sheet.freeze_panes = "B3" if name == "Injects" else "A3"
    if rows and name != "Exercise":
        sheet.auto_filter.ref = f"A2:{column_letters(len(columns) - 1)}{len(rows) + 2}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8 if name == "Injects" else 9  # A3, A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:2"
    sheet.oddHeader.center.text = "EXERCISE EXERCISE EXERCISE"
    sheet.oddFooter.center.text = "EXERCISE - not for operations - &P / &N"


def _height_pt(row: list[Any], columns: tuple[TableColumn, ...]) -> float:
    """Return how high a row must be to show its texts: not every program works that out on opening."""
    lines = [
        sum(-(-len(part) // max(int(column.width * 0.95), 1)) or 1 for part in value.split("\n"))
        for value, column in zip(row, columns, strict=True)
        if isinstance(value, str)
    ]
    return min(_LINE_PT * max(lines, default=1), _MOST_PT)


def _put(cell: Any, value: Any) -> Any:
    """Fill a cell; a text is never a formula, whatever it begins with."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = value[:1] in "=+-@"
    elif isinstance(value, timedelta):
        cell.number_format = _SPAN_FORMAT
    return cell


def _undated(content: bytes) -> bytes:
    """Return a workbook without the moment at which it was written."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in read.namelist():
            data = read.read(name)
            if name == "docProps/core.xml":
                data = re.sub(
                    rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*",
                    rb"\g<1>1980-01-01T00:00:00Z",
                    data,
                )
            written.writestr(zipfile.ZipInfo(name, _WRITTEN), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
