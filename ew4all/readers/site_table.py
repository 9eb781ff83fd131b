"""Lists of sites as columns of text: CSV with any of the usual delimiters, gzip, with or without a header, and points.

Nothing is converted here, so that a wrong value can be named with its line.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import shapely

from ew4all.errors import EmptyLayerError, GeometryError, InputError, ReadError
from ew4all.readers.vector_files import LONLAT, feature_list, horizontal_crs, read_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray
    from pyproj import CRS

    from ew4all.units import F64

__all__ = ["OPENCELLID", "SiteTable", "read_site_table"]

OPENCELLID: Final = (
    "radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable", "created",
    "updated", "averageSignal",
)  # fmt: skip
"""Columns of OpenCelliD and of the Mozilla Location Service, which write files with and without this header."""

_TABLES: Final = {".csv", ".tsv", ".txt", ".gz"}
_DELIMITERS: Final = ",;\t|"
_NULLS: Final = ["", "NULL", "null", "NA", "N/A", "n/a", "nan", "NaN", "None", "none", "-", "\\N"]
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")
_NUMBER_ROW: Final = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
_COMMA_ROW: Final = r"^[-+]?\d+(,\d+)?$"
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class SiteTable:
    """Rows of a list; every column of `text` holds strings, null where a row has none.

    `points` is set where the rows came with shapes instead of columns of coordinates, in `crs`. `unit` is what the rows
    are counted in, for messages: lines of a text, or features.
    """

    name: str
    path: str | None
    text: Mapping[str, pa.Array]
    rows: int
    notes: tuple[str, ...]
    first_line: int = 1
    points: tuple[F64, F64] | None = None
    crs: CRS = LONLAT
    unit: str = "line"
    body: bytes = b""
    delimiter: str = ","

    @cached_property
    def _lines(self) -> NDArray[np.int64]:
        """Line in the file of every row."""
        # Lines are more than rows where some are blank, or where quotes hold line ends.
        if self.body.count(b"\n") + 1 in {1, self.rows}:
            return np.arange(self.rows) + self.first_line
        return np.array([line for line, _ in _rows(self.body, self.first_line, self.delimiter)])

    def lines(self, rows: Iterable[int]) -> list[int]:
        """Return the line in the file of each row."""
        return [int(line) for line in self._lines[np.fromiter(rows, np.int64)]]

    def where(self, rows: NDArray[Any]) -> str:
        """Return ``"line 7"`` or ``"lines 7, 9 and 12 more"``, of rows that count from 0."""
        named = [str(line) for line in self.lines(rows[:_MOST_NAMED])]
        if rows.size > _MOST_NAMED:
            return f"{self.unit}s {', '.join(named)} and {rows.size - _MOST_NAMED:,} more"
        if len(named) == 1:
            return f"{self.unit} {named[0]}"
        return f"{self.unit}s {', '.join(named[:-1])} and {named[-1]}"

    def strings(self, column: str) -> NDArray[Any]:
        """Return a column as strings, ``""`` where a row has none."""
        filled = pc.fill_null(self.text[column], "")
        return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=object)

    def distinct(self, column: str) -> tuple[list[str], NDArray[np.int32]]:
        """Return the different values of a column, and which of them each row has; ``""`` where it has none."""
        encoded = pc.dictionary_encode(pc.fill_null(self.text[column], ""))
        return encoded.dictionary.to_pylist(), np.asarray(encoded.indices, dtype=np.int32)

    def numbers(self, column: str) -> tuple[F64, NDArray[np.intp]]:
        """Return a column as numbers, NaN where a row has none, and the rows that hold something else (as NaN too)."""
        text = self.text[column]
        try:
            values = text.cast(pa.float64())
        except pa.ArrowInvalid:
            if pc.all(pc.match_substring_regex(text, _COMMA_ROW)).as_py():
                text = pc.replace_substring(
                    text, ",", "."
                )  # decimals as most of Europe writes them
            number = pc.match_substring_regex(text, _NUMBER_ROW)
            values = pc.if_else(number, text, pa.scalar(None, pa.string())).cast(pa.float64())
            wrong = np.flatnonzero(np.asarray(pc.fill_null(pc.invert(number), False)))
        else:
            wrong = np.zeros(0, np.intp)
        return np.asarray(pc.fill_null(values, np.nan), dtype=np.float64), wrong


def read_site_table(source: object, what: str, *, layer: str | None = None) -> SiteTable:
    """Read the rows of a list of sites.

    Parameters
    ----------
    source
        A path: a table (``.csv``, ``.tsv``, ``.txt``, each also ``.gz``) or a vector file with points; or a GeoDataFrame
        of points.
    what
        What it is, which begins messages.

    Raises
    ------
    ReadError
        The file is missing, no text, or its rows have different numbers of columns.
    EmptyLayerError
        No row.
    GeometryError
        Shapes that are no points.
    InputError
        A source of another kind.
    """
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        name = f"{what} {path}"
        if Path(path).suffix.lower() in _TABLES:
            return _read_text(path, name)
        path, _, named = path.partition("|")
        features = read_features(path, name, named.removeprefix("layername=") or layer)
        table = features.table
        return _from_shapes(
            name, path, features.geometries, features.crs or LONLAT, table, features.notes
        )
    if hasattr(source, "geometry") and hasattr(source, "crs"):
        name = f"{what} ({type(source).__name__})"
        columns = [c for c in getattr(source, "columns", ()) if c != source.geometry.name]
        table = {str(c): np.asarray(source[c], dtype=object) for c in columns}  # type: ignore[index]
        shapes = np.asarray(source.geometry, dtype=object)
        return _from_shapes(name, None, shapes, horizontal_crs(source.crs, name), table, ())
    msg = f"{what}: a {type(source).__name__} is no list of sites; give a path or a GeoDataFrame of points"
    raise InputError(msg)


def _from_shapes(
    name: str,
    path: str | None,
    shapes: NDArray[Any],
    crs: CRS,
    table: Mapping[str, NDArray[Any]],
    notes: tuple[str, ...],
) -> SiteTable:
    if not shapes.size:
        msg = f"{name} has no feature; give a layer with one point a site or cell"
        raise EmptyLayerError(msg)
    kind = shapely.get_type_id(shapes)
    other = np.flatnonzero((kind >= 0) & (kind != shapely.GeometryType.POINT))
    if other.size:
        msg = (
            f"{name}: {feature_list(other)} of type {shapes[other[0]].geom_type}; a site is one point: give points, or "
            "coverage polygons as coverage"
        )
        raise GeometryError(msg)
    text = {column: _as_text(values) for column, values in table.items()}
    points = (shapely.get_x(shapes), shapely.get_y(shapes))
    return SiteTable(
        name, path, text, shapes.size, notes, points=points, crs=crs, unit="feature"
    )  # fmt: skip


def _as_text(values: NDArray[Any]) -> pa.Array:
    """Return a column of a vector layer as a text file would hold it."""
    plain = values.tolist()
    texts = [None if v is None or v != v else str(v).strip() for v in plain]  # noqa: PLR0124 - NaN
    return pa.array([None if t in _NULLS else t for t in texts], pa.string())


def _read_text(path: str, name: str) -> SiteTable:
    data, notes = _decoded(path, name)
    head, body, first_line = _head_and_body(data)
    if not head:
        msg = f"{name} is empty; give a list with a header and one site or cell a row"
        raise EmptyLayerError(msg)
    delimiter = max(_DELIMITERS, key=head.count)
    fields = [field.strip() for field in next(csv.reader([head], delimiter=delimiter))]
    if len(fields) < 2:
        msg = (
            f"{name}: the first line has 1 column ({head[:60]!r}), whichever of comma, semicolon, tab and | separates "
            "them; a list of sites has at least a longitude and a latitude: separate its columns by one of these"
        )
        raise ReadError(msg)
    if delimiter != ",":
        said = {";": "semicolons", "\t": "tabs", "|": "|"}[delimiter]
        notes.append(f"{name}: columns are separated by {said}")
    if _is_headless(fields, name):
        notes.append(f"{name} has no header; its columns are read in the order of OpenCelliD")
        body = head.encode() + b"\n" + body
        first_line -= 1
        fields = [*OPENCELLID, *(f"column {k + 1}" for k in range(14, len(fields)))][: len(fields)]
    else:
        fields = [field or f"column {k + 1}" for k, field in enumerate(fields)]
        fields = [f if f not in fields[:k] else f"{f} ({k + 1})" for k, f in enumerate(fields)]
    body = body.rstrip()
    table = _parse(body, name, delimiter, fields, first_line)
    text = {
        column: pc.utf8_trim_whitespace(values.combine_chunks())
        for column, values in zip(table.column_names, table.columns, strict=True)
    }
    return SiteTable(
        name, path, text, table.num_rows, tuple(notes), first_line, body=body, delimiter=delimiter
    )


def _head_and_body(data: bytes) -> tuple[str, bytes, int]:
    """Return the first line that is not blank (more, where quotes hold line ends), the rest, and its first line."""
    body = data.lstrip()
    line = data[: len(data) - len(body)].count(b"\n") + 1
    head = b""
    while body:
        part, _, body = body.partition(b"\n")
        head += part + b"\n"
        line += 1
        if head.count(b'"') % 2 == 0:
            break
    return head.decode("utf-8").strip(), body, line


def _rows(body: bytes, line: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each row begins, and its values."""
    reader = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), delimiter=delimiter)
    before = 0
    for row in reader:
        if row:
            yield line + before, row
        before = reader.line_num


def _decoded(path: str, name: str) -> tuple[bytes, list[str]]:
    """Return the text in UTF-8 without a byte order mark."""
    try:
        data = Path(path).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"{name}: the compressed file is damaged or cut short ({error}); get it again"
        raise ReadError(msg) from error
    except OSError as error:
        msg = f"{name} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace").encode(), [f"{name} is in UTF-16"]
    if b"\0" in data[:4096]:
        msg = f"{name} is no text (it holds zero bytes); give a CSV, or a GeoPackage or GeoJSON of points"
        raise ReadError(msg)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        said = f"{name} is not in UTF-8 (byte {error.start}) and is read as Windows-1252"
        return data.decode("cp1252", errors="replace").encode(), [said]
    return data, []


def _is_headless(fields: list[str], name: str) -> bool:
    """Tell whether the first line is data; a first line of numbers in another order is an error."""
    numbers = [bool(_NUMBER.fullmatch(field)) for field in fields]
    if not any(numbers[1:]):
        return False
    if len(fields) >= 10 and not numbers[0] and all(numbers[1:5]) and all(numbers[6:8]):
        return True
    msg = (
        f"{name} has no header (its first line holds numbers: {', '.join(fields)[:70]}) and not the 14 columns of "
        f"OpenCelliD ({', '.join(OPENCELLID)}); write a header as its first line"
    )
    raise ReadError(msg)


def _parse(body: bytes, name: str, delimiter: str, header: list[str], line: int) -> pa.Table:
    uneven: list[Any] = []

    def noticed(row: Any) -> str:
        uneven.append(row)
        return "skip"

    if not body:
        msg = f"{name} has a header and no row; give a list with one site or cell a row"
        raise EmptyLayerError(msg)
    quoted = b'"' in body
    try:
        table = pacsv.read_csv(
            io.BytesIO(body),
            read_options=pacsv.ReadOptions(column_names=header, use_threads=False),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, invalid_row_handler=noticed, newlines_in_values=quoted
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                strings_can_be_null=True,
                null_values=_NULLS,
            ),
        )
    except pa.ArrowInvalid as error:
        msg = f"{name} cannot be read as a table: {error}; correct it"
        raise ReadError(msg) from error
    if uneven:
        lengths = ((at, len(row)) for at, row in _rows(body, line, delimiter))
        at, length = next(
            (x for x in lengths if x[1] != len(header)), (line, uneven[0].actual_columns)
        )
        msg = (
            f"{name}, line {at} has {length} columns and the first line {len(header)}: a cut or damaged file, or a "
            "delimiter inside a value that is not in quotes; correct it"
        )
        raise ReadError(msg)
    return table
