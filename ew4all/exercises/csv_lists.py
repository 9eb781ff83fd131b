"""Lists of injects as CSV: read with whatever separator they have, written so that no spreadsheet takes text for a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from ew4all.errors import ReadError
from ew4all.exercises.plain import plain_of
from ew4all.exercises.sheets import Sheet, Workbook
from ew4all.exercises.span_text import clock_text
from ew4all.exercises.tables import BANNER, TABLES, Kind
from ew4all.exercises.xlsx_reading import MOST_COLUMNS, MOST_ROWS
from ew4all.scenario.values import duration_s

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from ew4all.exercises.tables import TableColumn
    from ew4all.sim.exercise import Exercise

__all__ = ["csv_of", "read_csv"]

_MOST_BYTES: Final = 16 * 2**20
_TIMES: Final = frozenset({"at", "until"})
_FORMULA: Final = re.compile(r"'*[=+\-@\t]")


def csv_of(exercise: Exercise) -> str:
    """Return the injects of an exercise as CSV; each row says that it is an exercise. What is not of injects stays out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = TABLES["injects"]
    writer.writerow(["status", *(column.header for column in columns)])
    for row in plain_of(exercise)["injects"]:
        writer.writerow([BANNER, *(_guarded(_cell(row.get(c.key), c)) for c in columns)])
    return out.getvalue()


def _cell(value: Any, column: TableColumn) -> str:
    kind = column.kind
    if value is None:
        return ""
    if kind == Kind.SPAN:
        seconds = duration_s(value)
        if seconds % 1:
            return str(value)
        # T+ tells a time after the start from one of the day.
        return clock_text(seconds).removeprefix("" if column.key in _TIMES else "T+")
    if kind == Kind.WORDS:
        return ", ".join(value)
    return "\n".join(value) if kind == Kind.LINES else str(value)


def _guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; `_unguarded` takes it off."""
    return f"'{text}" if _FORMULA.match(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def read_csv(path: Path) -> Workbook:
    """Read a CSV file as the one sheet of a workbook; comma, semicolon and tab may separate.

    Raises
    ------
    ReadError
        It cannot be read, is no text in UTF-8 or UTF-16, or is no table.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            msg = f"{path} has more than {_MOST_BYTES // 2**20} MB, which no list of injects has"
            raise ReadError(msg)
        content = path.read_bytes()
    except OSError as error:
        if isinstance(error, ReadError):
            raise
        msg = f"{path} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is no text in UTF-8 (byte {error.start:,}); save it as `CSV UTF-8`, or as .xlsx"
        raise ReadError(msg) from error
    if "\0" in text:
        msg = (
            f"{path} holds zero bytes and is no CSV file; save the list as `CSV UTF-8`, or as .xlsx"
        )
        raise ReadError(msg)
    return Workbook(path.name, (_sheet(text, path),))


def _sheet(text: str, path: Path) -> Sheet:
    rows: list[list[str | None]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for k, row in enumerate(reader):
            if k >= MOST_ROWS or len(row) > MOST_COLUMNS:
                msg = f"{path}, row {k + 1}: a list has at most {MOST_ROWS:,} rows and {MOST_COLUMNS} columns; split it"
                raise ReadError(msg)
            rows.append([_unguarded(cell) or None for cell in row])
    except csv.Error as error:
        msg = f"{path}, line {reader.line_num}: this is no CSV ({error}); check the quotes there"
        raise ReadError(msg) from error
    return Sheet("", rows)


def _delimiter(text: str) -> str:
    """Return the separator that stands most often, outside quotes, in the first lines."""
    head = re.sub(r'"(?:[^"]|"")*"', "", text[:4000])
    lines = head.splitlines()[:5]
    return max(",;\t", key=lambda sign: (sum(line.count(sign) for line in lines), sign == ","))
