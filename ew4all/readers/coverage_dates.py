"""Coverage layers by date: ``4g@2024-07-01=FILE``, or a folder or a list of dated files that is read anew each time."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import EmptyLayerError, OptionError, ReadError, TableValueError
from ew4all.readers.layers import ANY, parse_key
from ew4all.readers.plain_table import PlainTable, read_plain_table
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Dated", "date_text", "dated_layers", "parse_date", "read_feed"]

_DATE: Final = re.compile(
    r"(?<![0-9])[0-9]{4}-?[0-9]{2}-?[0-9]{2}(T[0-9]{2}:?[0-9]{2}(:?[0-9]{2})?Z)?(?![0-9])"
)
_BESIDE: Final = {".aux", ".cpg", ".csvt", ".dbf", ".md", ".ovr", ".prj", ".qix", ".qmd", ".sbn", ".sbx", ".shx", ".tfw", ".xml"}  # fmt: skip
"""Files that stand beside a layer and are none."""


@dataclass(frozen=True, eq=False)
class Dated:
    """One layer as it was given. `key` is ``"4g"`` or ``"4g:Operator"``; `when` is in UTC."""

    key: str
    technology: str
    operator: str | None
    when: datetime
    source: Any


def parse_date(text: str, where: str) -> datetime:
    """Return a date (its first moment in UTC) or a time with its zone.

    Raises
    ------
    OptionError
        It is neither, or a time without a zone; the message begins with `where`.
    """
    written = text.strip()
    try:
        if len(written) <= 10 and "T" not in written:
            day = date.fromisoformat(written)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        when = datetime.fromisoformat(written)
    except ValueError as error:
        msg = f"{where}: {written!r} is no date; write 2024-07-01, or 2024-07-01T12:00Z"
        raise OptionError(msg) from error
    if when.tzinfo is None:
        msg = f"{where}: the time {written!r} has no zone; write {written}Z if it is UTC"
        raise OptionError(msg)
    return when.astimezone(UTC)


def date_text(when: datetime) -> str:
    """Return a date as results write it: the time only where it is not the beginning of a day in UTC."""
    if (when.hour, when.minute, when.second, when.microsecond) == (0, 0, 0, 0):
        return when.date().isoformat()
    return when.isoformat(timespec="seconds" if when.second else "minutes").replace("+00:00", "Z")


def dated_layers(coverage: Mapping[str, Any]) -> tuple[list[Dated], list[str]]:
    """Return layers given as ``TECHNOLOGY[:OPERATOR]@DATE`` in order of time, and notes.

    Raises
    ------
    UnknownTechnologyError
        See `ew4all.readers.layers.parse_key`.
    OptionError
        A key without a date, or the same layer twice for one date.
    """
    found = []
    for key, source in coverage.items():
        layer, sign, written = key.rpartition("@")
        if not sign or not layer.strip():
            msg = f"coverage {key!r} has no date; write {key.strip('@ ') or '4g'}@2024-07-01=FILE"
            raise OptionError(msg)
        technology, operator = parse_key(layer)
        when = parse_date(written, f"coverage {key!r}")
        found.append(Dated(_key(technology, operator), technology, operator, when, source))
    return _in_order(found, [str(key) for key in coverage])


def read_feed(source: str | os.PathLike[str]) -> tuple[list[Dated], list[str]]:
    """Read a folder of dated files, or a list of them; whatever is there now.

    Parameters
    ----------
    source
        A folder, whose files carry a date and a technology in their names, parted by ``_`` (``4g_2024-07-01.tif``); without a
        technology the layer is ``any``. Or a table (CSV) with columns ``date``, ``technology``, ``file``, and ``operator`` if
        wanted; files are looked for beside it.

    Raises
    ------
    ReadError, ColumnError, EmptyLayerError
        There is nothing of the name, or no dated layer in it.
    OptionError, UnknownTechnologyError
        See `dated_layers`.
    """
    path = Path(source)
    if not os.fspath(source) or not path.exists():
        msg = f"there is no folder and no list of dated coverage at {os.fspath(source)!r}; check the path"
        raise ReadError(msg)
    if path.is_dir():
        return _of_folder(path)
    return _of_list(path, read_plain_table(path))


def _of_folder(folder: Path) -> tuple[list[Dated], list[str]]:
    try:
        files = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        msg = f"cannot read the folder {folder}: {error.strerror or error}"
        raise ReadError(msg) from error
    found, names, left = [], [], []
    for file in files:
        if file.suffix.lower() in _BESIDE or (file.is_dir() and file.suffix.lower() != ".gdb"):
            continue
        written = _DATE.search(file.stem)
        if written is None:
            left.append(file.name)
            continue
        words = {word.lower() for word in re.split(r"[_ ]+", file.stem)}
        technologies = [t for t in TECHNOLOGIES if t in words] or [ANY]
        if len(technologies) > 1:
            msg = f"{file.name} names the technologies {' and '.join(technologies)}; give one file for each"
            raise OptionError(msg)
        when = parse_date(written.group(), file.name)
        found.append(Dated(technologies[0], technologies[0], None, when, file))
        names.append(file.name)
    if not found:
        msg = f"the folder {folder} holds no dated layer; files are called like 4g_2024-07-01.tif"
        raise EmptyLayerError(msg)
    layers, _ = _in_order(found, names)  # files in a folder have no order
    notes = []
    if left:
        some = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        notes.append(f"{folder.name}: without a date in the name and left out: {some}")
    return layers, notes


def _of_list(path: Path, table: PlainTable) -> tuple[list[Dated], list[str]]:
    days, technologies, files = (table.texts(c) for c in ("date", "technology", "file"))
    operators = table.texts("operator") if "operator" in table.header else [""] * len(days)
    found, names = [], []
    for row, (day, word, operator, file) in enumerate(
        zip(days, technologies, operators, files, strict=True)
    ):
        where = f"{table.name}, row {row + 1} (line {table.lines[row]})"
        if not file:
            msg = f"{where}: file is empty; name the layer of {day}"
            raise TableValueError(msg)
        technology, _ = parse_key(word.partition(":")[0])
        when = parse_date(day, where)
        key = _key(technology, operator or None)
        found.append(Dated(key, technology, operator or None, when, path.parent / file))
        names.append(where)
    return _in_order(found, names)


def _key(technology: str, operator: str | None) -> str:
    return technology if operator is None else f"{technology}:{operator}"


def _in_order(found: list[Dated], names: Iterable[str]) -> tuple[list[Dated], list[str]]:
    seen: dict[tuple[str, datetime], str] = {}
    for layer, name in zip(found, names, strict=True):
        one = (layer.key, layer.when)
        if one in seen:
            msg = (
                f"{layer.key} is given twice for {date_text(layer.when)} ({seen[one]} and {name}); give one layer a date, or name "
                "the operator of each (4g:NAME@DATE, or a list with a column operator)"
            )
            raise OptionError(msg)
        seen[one] = name
    ordered = sorted(found, key=lambda layer: layer.when)
    notes = []
    if [layer.when for layer in found] != [layer.when for layer in ordered]:
        notes.append("coverage was not given in order of time; it was put in order")
    return ordered, notes
