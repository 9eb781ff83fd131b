"""Small tables of numbers and words as CSV, kept as they were written, so that a wrong value can be named with its row."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ew4all.errors import ColumnError, EmptyLayerError, ReadError, TableValueError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["PlainTable", "read_plain_table"]

_DELIMITERS = ",;\t"


@dataclass(frozen=True, eq=False)
class PlainTable:
    """A header and rows of text; `lines` holds the line in the file on which each row ends."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str = ","

    def texts(self, column: str) -> list[str]:
        """Return a column without the blanks around its words.

        Raises
        ------
        ColumnError
            There is none of this name.
        """
        if column not in self.header:
            msg = f"{self.name} has no column {column!r}; it has {', '.join(self.header)}"
            raise ColumnError(msg)
        place = self.header.index(column)
        return [row[place].strip() for row in self.rows]

    def numbers(self, column: str, *, blank: bool = False) -> F64:
        """Return a column as finite numbers.

        Parameters
        ----------
        blank
            Whether a row may have none, which becomes NaN.

        Raises
        ------
        ColumnError
            There is no such column.
        TableValueError
            A row has something else there, or nothing; the message names the first such row.
        """
        texts = self.texts(column)
        values = np.array([math.nan if blank and not text else _number(text) for text in texts])
        wrong = [
            row
            for row, (text, value) in enumerate(zip(texts, values, strict=True))
            if not math.isfinite(value) and not (blank and not text)
        ]
        if wrong:
            self._refuse(wrong, column, texts[wrong[0]], "no number; write a plain one such as 0.8")
        return values

    def words(self, column: str, allowed: Sequence[str]) -> NDArray[np.str_]:
        """Return a column in lower case, each word one of those allowed.

        Raises
        ------
        ColumnError
            There is no such column.
        TableValueError
            A row has another word; the message names the first such row.
        """
        texts = [text.casefold() for text in self.texts(column)]
        wrong = [row for row, text in enumerate(texts) if text not in allowed]
        if wrong:
            said = self.texts(column)[wrong[0]]
            self._refuse(wrong, column, said, f"none of {', '.join(allowed)}; write one of them")
        return np.array(texts, dtype=np.str_)

    def _refuse(self, rows: list[int], column: str, said: str, why: str) -> None:
        first = rows[0]
        what = repr(said) if said else "nothing"
        others = f" ({len(rows) - 1:,} more rows are wrong in this column)" if rows[1:] else ""
        msg = f"{self.name}, row {first + 1} (line {self.lines[first]}): {column} is {what}, which is {why}{others}"
        raise TableValueError(msg)


def read_plain_table(
    path: str | os.PathLike[str], name: str | None = None, *, distinct: bool = True
) -> PlainTable:
    """Read a table with a header: UTF-8, delimited by commas, semicolons or tabs.

    Parameters
    ----------
    name
        What messages call it; the name of the file by default.
    distinct
        Whether two columns of one name are refused.

    Raises
    ------
    ReadError
        The file is missing or no text, or a row has not as many fields as the header.
    ColumnError
        Two columns have one name.
    EmptyLayerError
        There is no header, or no row below it.
    """
    missing, unread = f"there is no table at {path}", f"cannot read the table {path}"
    if name is not None:
        missing, unread = f"{name} cannot be read (there is no such file)", f"{name} cannot be read"
    name = name or Path(path).name
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        msg = f"{missing}; check the path"
        raise ReadError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{name} is no text in UTF-8 ({error.reason} at byte {error.start}); save it as CSV in UTF-8"
        raise ReadError(msg) from error
    except OSError as error:
        msg = f"{unread}: {error.strerror or error}"
        raise ReadError(msg) from error
    first, _, _ = text.lstrip("\r\n").partition("\n")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                rows.append(tuple(fields))
                lines.append(reader.line_num)
    except csv.Error as error:
        msg = f"{name}, line {reader.line_num}: {error}; check the quotes"
        raise ReadError(msg) from error
    if len(rows) < 2:
        what = "has no row below its header" if rows else "is empty"
        msg = f"{name} {what}; give a table with a header and at least one row"
        raise EmptyLayerError(msg)
    header = tuple(field.strip() for field in rows[0])
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice and distinct:
        msg = f"{name} has the column {twice[0]!r} twice; rename one of them"
        raise ColumnError(msg)
    for number, (row, line) in enumerate(zip(rows[1:], lines[1:], strict=True), 1):
        if len(row) != len(header):
            msg = (
                f"{name}, row {number} (line {line}) has {len(row)} fields and the header {len(header)}; "
                "complete the row, or put fields that hold the delimiter in quotes"
            )
            raise ReadError(msg)
    return PlainTable(name, header, tuple(rows[1:]), tuple(lines[1:]), delimiter)


def _number(text: str) -> float:
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
