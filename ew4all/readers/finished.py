"""Results of earlier commands as they stand on the disk: read whole, known by their schema and SHA-256, never computed again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import OptionError, ReadError
from ew4all.readers.result_shapes import must_hold
from ew4all.readers.whole_file import whole_file
from ew4all.results import InputFile

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["MOST_BYTES", "NAMES", "Finished", "finished", "input_of", "number_in", "schema_of"]

MOST_BYTES: Final = 1_000_000_000

NAMES: Final = {
    "ew4all/gaps/1": "gaps.json",
    "ew4all/reach/1": "reach.json",
    "ew4all/run/1": "summary.json",
    "ew4all/plan-measures/1": "plan.json",
    "ew4all/feasibility/1": "feasibility.json",
    "ew4all/plan-indicators/1": "indicators.json",
}
"""Schema of a result to the file that holds it in the folder of its command."""


@dataclass(frozen=True, eq=False)
class Finished:
    """One result.

    Attributes
    ----------
    document
        What the file holds.
    folder
        Where it lies, with its pictures.
    file
        The file itself as an input: its path and SHA-256.
    notice
        Words that everything computed from it must carry.
    """

    schema: str
    document: Mapping[str, Any]
    folder: Path
    file: InputFile
    notice: str | None = None


def finished(path: str | os.PathLike[str], schema: str, what: str) -> Finished:
    """Read a result: its JSON file, or the folder that holds it.

    Parameters
    ----------
    schema
        Which result is wanted.
    what
        Stands before the path in messages: an option, usually.

    Raises
    ------
    ReadError
        There is no such file, or it is no JSON.
    OptionError
        It is another result (the message says which), or not as its command writes it.
    """
    place = Path(path)
    if place.is_dir():
        place /= NAMES[schema]
    document, file = _read(place, what)
    there = document.get("schema")
    if there != schema:
        said = f"has the schema {there!r}" if there else "has no schema"
        msg = f"{what} {place} {said}, but what is wanted is {schema!r} ({NAMES[schema]} of that command)"
        raise OptionError(msg)
    must_hold(document, schema, f"{what} {place}")
    return Finished(schema, document, place.parent, file, _notice(document, place.parent))


def schema_of(folder: Path) -> list[str]:
    """Return the schemas of the results that lie in a folder, in the order of `NAMES`."""
    return [schema for schema, name in NAMES.items() if (folder / name).is_file()]


def input_of(path: Path, role: str) -> InputFile:
    """Return a file as an input, with its SHA-256.

    Raises
    ------
    ReadError
        It cannot be read.
    """
    data = whole_file(path, role, most=MOST_BYTES)
    return InputFile(role, str(path), hashlib.sha256(data).hexdigest(), None)


def number_in(document: Mapping[str, Any], *keys: str) -> float | None:
    """Return a number in nested tables; None where one of the keys is not there: unknown is absent."""
    here: Any = document
    for key in keys:
        if here is None:
            return None
        here = here.get(key)
    return None if here is None else float(here)


def _read(place: Path, what: str) -> tuple[dict[str, Any], InputFile]:
    data = whole_file(place, what, most=MOST_BYTES)
    try:
        document = json.loads(data)
    except (UnicodeDecodeError, ValueError) as error:
        msg = f"{what} {place} is no JSON ({error}); give a result of ew4all"
        raise ReadError(msg) from error
    if not isinstance(document, dict):
        msg = f"{what} {place} is no result of ew4all: it holds no table"
        raise OptionError(msg)
    role = str(document.get("schema", what)).split("/")[1] if "/" in str(document.get("schema", "")) else what  # fmt: skip
    return document, InputFile(role, str(place), hashlib.sha256(data).hexdigest(), None)


def _notice(document: Mapping[str, Any], folder: Path) -> str | None:
    """Return the notice of a result: its own, else that of the record beside it."""
    found: Any = document.get("notice")
    record = folder / "run.json"
    if found is None and record.is_file():
        try:
            beside = json.loads(record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        found = beside.get("notice") if isinstance(beside, dict) else None
    return found if isinstance(found, str) else None
