"""JSON files: the result, and the record of how it came about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ew4all.errors import WriteError
from ew4all.writers.folder import RECORD, RECORD_SCHEMA, writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.results import InputFile

__all__ = ["json_text", "write_json", "write_record"]


class Recorded(Protocol):
    """What every result says of how it came about."""

    @property
    def version(self) -> str:
        """Version of ew4all."""

    @property
    def inputs(self) -> Sequence[InputFile]:
        """Inputs as they were read."""

    @property
    def assumptions(self) -> Mapping[str, float]:
        """Values of what was assumed."""

    @property
    def notes(self) -> Sequence[str]:
        """Decisions that were taken."""


def json_text(document: Mapping[str, Any]) -> str:
    """Return one JSON document, floats with all their digits, ended by a line break.

    Raises
    ------
    WriteError
        A number is NaN or infinite, or a value has no place in JSON.
    """
    try:
        return (
            json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
            + "\n"
        )
    except (TypeError, ValueError) as error:
        msg = f"the result cannot be written as JSON: {error}"
        raise WriteError(msg) from error


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write one JSON document, UTF-8.

    Raises
    ------
    WriteError
        See `json_text`; or the file cannot be written.
    """
    text = json_text(document)
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def write_record(
    folder: Path,
    result: Recorded,
    *,
    command: str,
    settings: Mapping[str, Any],
    sizes: Mapping[str, Any],
    notice: str | None = None,
) -> None:
    """Write ``run.json``: what is needed to repeat a run, and nothing that would differ when it is repeated.

    Call it last: it lists the files that are in the folder by then.

    Parameters
    ----------
    folder
        Folder of the run, as `output_folder` gives it.
    command
        Name of what was run, for instance ``"reach"``.
    settings
        Options as they were given; paths as they were given.
    sizes
        How large the job was (cells, polygons, layers).
    """
    outputs = sorted({RECORD, *(p.name for p in folder.iterdir())})
    document: dict[str, Any] = {
        "schema": RECORD_SCHEMA,
        "version": result.version,
        "command": command,
        "settings": dict(settings),
        "inputs": [i.to_dict() for i in result.inputs],
        "assumptions": dict(result.assumptions),
        "sizes": dict(sizes),
        "outputs": outputs,
        "notes": list(result.notes),
    }
    if notice is not None:
        document["notice"] = notice
    write_json(folder / RECORD, document)


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, Mapping):
        return dict(value)
    msg = f"a {type(value).__name__} has no place in JSON"
    raise TypeError(msg)
