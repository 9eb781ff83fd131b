"""An exercise as tables of plain cells, and back: what XLSX and CSV hold, whatever writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ew4all.exercises.inject_times import span_of
from ew4all.exercises.span_text import plain_number, span_text
from ew4all.exercises.tables import ONE_BY_ONE, TABLES, Kind
from ew4all.scenario.values import duration_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.exercises.sheets import CellFinding, Sheet, Workbook
    from ew4all.exercises.tables import TableColumn

__all__ = ["cell_of", "facts_rows", "is_of_ours", "read_facts", "read_table", "rows_of"]

_SPANS = frozenset({"length", "scenario_start"})
_LISTS = frozenset({"sources", "assumed", "delays"})


def facts_rows(plain: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the rows of the sheet `exercise`: key and value, each item of a list in a row of its own."""
    rows: list[tuple[str, Any]] = []
    for key in ONE_BY_ONE:
        value = plain.get(key)
        if value is None:
            continue
        if key in _LISTS:
            rows += [(key, one) for one in value]
        elif key == "languages":
            rows.append((key, ", ".join(value)))
        elif key in _SPANS:
            rows.append((key, cell_of(value, Kind.SPAN)))
        elif key == "speed":
            rows.append((key, cell_of(value, Kind.NUMBER)))
        elif isinstance(value, bool):
            rows.append((key, "yes" if value else "no"))
        else:
            rows.append((key, value))
    return rows


def rows_of(plain: Mapping[str, Any], table: str) -> list[list[Any]]:
    """Return the cells of a table, a list for each row in the order of its columns."""
    return [
        [cell_of(row.get(column.key), column.kind) for column in TABLES[table]]
        for row in plain.get(table, ())
    ]


def cell_of(value: Any, kind: str) -> Any:
    """Return what a cell holds of a value: whole seconds as a duration, which spreadsheets can reckon with."""
    if value is None:
        return None
    if kind == Kind.SPAN:
        seconds = duration_s(value)
        return timedelta(seconds=seconds) if seconds % 1 == 0 else span_text(seconds)
    if kind == Kind.WORDS:
        return ", ".join(value)
    if kind == Kind.LINES:
        return "\n".join(value)
    if kind == Kind.NUMBER and float(f"{value:.15g}") != value:
        return plain_number(value)  # spreadsheets keep fifteen digits
    return value


def is_of_ours(book: Workbook) -> Sheet | None:
    """Return the sheet `exercise` of a workbook that was written here; None where it is somebody's own list."""
    for sheet in book.sheets:
        if sheet.name.casefold() == "exercise":
            for row in sheet.rows:
                if len(row) > 1 and (row[0] == "schema" or tuple(row[:2]) == ("key", "value")):
                    return sheet
    return None


def read_facts(
    sheet: Sheet,
) -> tuple[dict[str, Any], dict[str, tuple[int, int]], list[CellFinding]]:
    """Return keys and values of the sheet `exercise`, the cell of each, and what is wrong."""
    given: dict[str, Any] = {}
    cells: dict[str, tuple[int, int]] = {}
    faults: list[CellFinding] = list(sheet.faults)
    for k, row in enumerate(sheet.rows):
        key = str(row[0]).strip() if row and row[0] is not None else ""
        value = row[1] if len(row) > 1 else None
        if value is None or key not in ONE_BY_ONE:
            if key and value is not None and key != "key":
                faults.append(
                    sheet.finding(
                        k,
                        0,
                        f"there is no key {key[:60]!r} of an exercise; there are {', '.join(ONE_BY_ONE)}",
                    )
                )
            continue
        if key in given and key not in _LISTS:
            faults.append(
                sheet.finding(k, 0, f"{key} stands here a second time; leave one of them", key)
            )
            continue
        cells.setdefault(key, (k, 1))
        try:
            if key in _LISTS:
                given.setdefault(key, []).append(str(value))
            else:
                given[key] = _fact(key, value)
        except (ValueError, OverflowError) as error:
            faults.append(sheet.finding(k, 1, str(error), key))
    return given, cells, faults


def _fact(key: str, value: Any) -> Any:
    if key in _SPANS:
        return span_text(span_of(value))
    if key == "languages":
        return [part.strip() for part in str(value).split(",") if part.strip()]
    if key == "keeps_alerts":
        word = str(value).strip().lower()
        if word not in ("yes", "no", "true", "false"):
            msg = f"{word[:60]!r} is not possible; write yes or no"
            raise ValueError(msg)
        return word in ("yes", "true")
    if key == "speed":
        return _number(value)
    return _plain(value)


def read_table(
    sheet: Sheet, table: str
) -> tuple[list[dict[str, Any]], dict[tuple[int, str], tuple[int, int]], list[CellFinding]]:
    """Return rows of a table as keys and values, the cell of each (number of the row and key), and what is wrong."""
    columns = {column.header: column for column in TABLES[table]}
    at = next(
        (k for k, row in enumerate(sheet.rows) if row and row[0] == TABLES[table][0].header), None
    )
    given: list[dict[str, Any]] = []
    cells: dict[tuple[int, str], tuple[int, int]] = {}
    faults: list[CellFinding] = list(sheet.faults)
    if at is None:
        if any(v is not None for row in sheet.rows for v in row):
            faults.append(
                sheet.finding(0, None, f"no row names the columns; they are {', '.join(columns)}")
            )
        return given, cells, faults
    there: dict[int, TableColumn] = {}
    for j, header in enumerate(sheet.rows[at]):
        if header is None:
            continue
        if header in columns:
            there[j] = columns[header]
        else:
            faults.append(
                sheet.finding(
                    at,
                    j,
                    f"there is no column {str(header)[:60]!r} here; there are {', '.join(columns)}",
                )
            )
    for k in range(at + 1, len(sheet.rows)):
        if all(v is None or not str(v).strip() for v in sheet.rows[k]):
            continue
        row: dict[str, Any] = {}
        for j, column in there.items():
            value = sheet.value(k, j)
            cells[len(given), column.key] = (k, j)
            if value is None or not str(value).strip():
                continue
            try:
                row[column.key] = _read(value, column.kind)
            except (ValueError, OverflowError) as error:
                faults.append(sheet.finding(k, j, str(error), column.key))
        given.append(row)
    return given, cells, faults


def _read(value: Any, kind: str) -> Any:
    if kind == Kind.SPAN:
        return span_text(span_of(value))
    if kind == Kind.NUMBER:
        return _number(value)
    text = str(_plain(value))
    if kind == Kind.WORDS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind == Kind.LINES:
        return [part.strip() for part in text.split("\n") if part.strip()]
    return text


def _number(value: Any) -> float:
    try:
        return float(str(value).strip())
    except ValueError:
        msg = f"{str(value)[:60]!r} is no number"
        raise ValueError(msg) from None


def _plain(value: Any) -> str:
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")
