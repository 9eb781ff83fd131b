"""What must be true of an XLSX file before a library opens it: no bomb, no entity, no millions of empty cells."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from ew4all.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Inside", "look_into"]

_MOST_BYTES: Final = 32 * 2**20
"""Of the file itself."""
_MOST_XML_BYTES: Final = 64 * 2**20
"""Of all its XML together, unpacked: an exercise of a thousand injects has one or two million."""
_MOST_MEMBERS: Final = 2_000
_MOST_RATIO: Final = 300.0
_MOST_CELLS: Final = 300_000
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGED: Final = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)[\"']"
)
_DOCTYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MAIN_STRICT: Final = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"


@dataclass(frozen=True)
class Inside:
    """Merged ranges of each sheet, by its name: first row, first column, last row, last column, from 0."""

    merged: dict[str, tuple[tuple[int, int, int, int], ...]] = field(default_factory=dict)


def look_into(path: Path) -> Inside:
    """Return what a library that streams rows does not tell of a workbook, after it was found to be safe to open.

    Raises
    ------
    ReadError
        It is no XLSX file, is protected by a password, is damaged, or would unpack to far more than a list of injects holds.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); check the path"
        raise ReadError(msg) from error
    if head == _OLE:
        msg = f"{path} is an old .xls file or protected by a password; open it in a spreadsheet program and save it as .xlsx without a password"
        raise ReadError(msg)
    if size > _MOST_BYTES:
        msg = f"{path} has {size / 2**20:,.0f} MB, and a list of injects at most {_MOST_BYTES // 2**20} MB; take pictures out of it"
        raise ReadError(msg)
    try:
        with zipfile.ZipFile(path) as archive:
            return _looked(archive, path)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        RuntimeError,
        OSError,
        ET.ParseError,
        zlib.error,
    ) as error:
        if isinstance(error, ReadError):
            raise
        msg = f"{path} is no XLSX file, or it is damaged ({error}); open it in a spreadsheet program and save it again as .xlsx"
        raise ReadError(msg) from error
    except ValueError as error:  # zlib and names that are no text
        msg = f"{path} is damaged ({error}); open it in a spreadsheet program and save it again as .xlsx"
        raise ReadError(msg) from error


def _looked(archive: zipfile.ZipFile, path: Path) -> Inside:
    members = archive.infolist()
    xml = [m for m in members if m.filename.lower().endswith((".xml", ".rels", ".vml"))]
    unpacked = sum(m.file_size for m in xml)
    ratio = max(
        (m.file_size / max(m.compress_size, 1) for m in xml if m.file_size > 2**20), default=0.0
    )
    if len(members) > _MOST_MEMBERS or unpacked > _MOST_XML_BYTES or ratio > _MOST_RATIO:
        msg = (
            f"{path} would unpack to {unpacked / 2**20:,.0f} MB in {len(members):,} parts, far more than a list of injects holds, and was "
            "not opened; copy the rows that matter into a new workbook"
        )
        raise ReadError(msg)
    names = {m.filename for m in members}
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        msg = f"{path} is a ZIP archive but no XLSX workbook; save the list as .xlsx or .csv"
        raise ReadError(msg)
    merged: dict[str, tuple[tuple[int, int, int, int], ...]] = {}
    cells = 0
    for member in xml:
        content = _content(archive, member)
        if _DOCTYPE.search(content):
            msg = f"{path} declares a document type in {member.filename}, which no spreadsheet program writes and an attack may; it was not opened"
            raise ReadError(msg)
        if member.filename.startswith("xl/worksheets/"):
            cells += sum(1 for _ in _CELL.finditer(content))
            if cells > _MOST_CELLS:
                msg = (
                    f"{path} has more than {_MOST_CELLS:,} cells; a list of injects has some thousand. Delete empty rows that are only "
                    "formatted, and save it again"
                )
                raise ReadError(msg)
            merged[member.filename] = tuple(
                (int(r0) - 1, _column(c0), int(r1) - 1, _column(c1))
                for c0, r0, c1, r1 in _MERGED.findall(content)
            )
    return Inside(_by_sheet(archive, merged) if "xl/workbook.xml" in names else {})


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return a member: no more of it is unpacked than its directory says, and the check of its sum fails where that lies."""
    with archive.open(member) as opened:
        return opened.read(member.file_size + 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _by_sheet(
    archive: zipfile.ZipFile, merged: dict[str, tuple[tuple[int, int, int, int], ...]]
) -> dict[str, tuple[tuple[int, int, int, int], ...]]:
    """Return merged ranges by the name of the sheet, in the place of its file."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in archive.namelist():
        return {}
    targets = {
        one.get("Id", ""): one.get("Target", "").lstrip("/").removeprefix("xl/")
        for one in ET.fromstring(_content(archive, archive.getinfo(relations))).iter(
            f"{_RELATIONS}Relationship"
        )
    }
    out = {}
    root = ET.fromstring(_content(archive, archive.getinfo("xl/workbook.xml")))
    for sheet in root.iter():
        if sheet.tag in (f"{_MAIN}sheet", f"{_MAIN_STRICT}sheet"):
            target = next(
                (targets.get(v, "") for k, v in sheet.attrib.items() if k.endswith("}id")), ""
            )
            out[sheet.get("name", "")] = merged.get(f"xl/{target}", ())
    return out
