"""The file of prepared sums: what it says of each raster, and how it is written and read.

It is a zip (``numpy.load`` opens it) of ``header.json`` and ``sums.npy``, shape (groups, tile rows, tile columns, 1 +
columns), float64; the same inputs give the same bytes. The header names each raster with the size and SHA-256 of
its files, what GDAL says about its values, and the threshold that was applied.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import ReadError, WriteError
from ew4all.readers.fingerprint import sha256
from ew4all.readers.levels import AtLeast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.readers.fingerprint import Identity
    from ew4all.readers.layers import RasterLayer
    from ew4all.readers.rasters import Raster
    from ew4all.units import F64

SUFFIX: Final = ".ew4all-tiles.npz"
SCHEMA: Final = "ew4all/tiles/1"

_BESIDE: Final = (".ovr", ".aux.xml")
"""Files of a raster that hold none of its cells: overviews, and what is compared as facts or is mere statistics."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def cell_files(raster: Raster) -> Identity | None:
    """State of the files with a raster's cells, its own file first; None in memory."""
    if raster.identity is None or raster.path is None:
        return None
    own = str(Path(raster.path).absolute())
    cells = [f for f in raster.identity if not f.path.lower().endswith(_BESIDE) or f.path == own]
    return tuple(sorted(cells, key=lambda f: (f.path != own, f.path)))


def facts_of(raster: Raster) -> dict[str, Any]:
    """Return what GDAL says about the values, which may stand outside the file itself."""
    return {
        "transform": list(raster.grid.transform)[:6],
        "shape": list(raster.grid.shape),
        "crs": raster.grid.crs.to_wkt(),
        "dtype": str(raster.dtype),
        "nodata": None if raster.nodata is None else str(raster.nodata),
        "mask": raster.has_mask,
        "scale": raster.scale,
        "offset": raster.offset,
    }


def rule_of(layer: RasterLayer) -> dict[str, Any]:
    """Return what the layer's values were taken to mean."""
    rule = layer.aligned.rule
    return {"at_least": rule.minimum} if isinstance(rule, AtLeast) else {"share": str(rule.dtype)}


def entry_of(raster: Raster, rule: Mapping[str, Any] | None, folder: Path) -> dict[str, Any]:
    """Return what the header says of a raster; paths are relative, so that a folder may be moved."""
    files = cell_files(raster) or ()
    return {
        "path": _relative(Path(files[0].path), folder),
        "band": raster.band,
        "files": [
            {
                "name": Path(file.path).name,
                "bytes": file.size,
                "sha256": sha256(file.path, (file,)),
            }
            for file in files
        ],
        "facts": facts_of(raster),
        "rule": rule,
    }


def content_of(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes two entries the same raster, wherever and whenever its files were written."""
    return (
        [file["sha256"] for file in entry["files"]],
        entry["band"],
        entry["facts"],
        entry["rule"],
    )


def read_sums(path: Path) -> tuple[Mapping[str, Any], F64]:
    """Return header and sums of a prepared file.

    Raises
    ------
    ReadError
        It is damaged, or of another version's format.
    """
    fix = "make it again with `ew4all data prepare`, or delete it"
    try:
        with zipfile.ZipFile(path) as file:
            header = json.loads(file.read("header.json"))
            stored = np.lib.format.read_array(io.BytesIO(file.read("sums.npy")), allow_pickle=False)
        schema = header["schema"]
        if schema == SCHEMA:
            wanted = len(header["population"]), 1 + len(header["columns"])
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        msg = f"{path} cannot be read as the sums of a raster's tiles ({error}); {fix}"
        raise ReadError(msg) from error
    if schema != SCHEMA:
        msg = f"{path} is written as {schema}, and this version reads {SCHEMA}; {fix}"
        raise ReadError(msg)
    if stored.ndim != 4 or (stored.shape[0], stored.shape[3]) != wanted:
        msg = f"{path} holds sums of shape {stored.shape}, which its header contradicts; {fix}"
        raise ReadError(msg)
    return header, np.asarray(stored, np.float64)


def write_sums(target: Path, header: Mapping[str, Any], sums: F64) -> None:
    """Write a prepared file, whole or not at all.

    Raises
    ------
    WriteError
        It cannot be written.
    """
    array = io.BytesIO()
    np.lib.format.write_array(array, sums, version=(1, 0), allow_pickle=False)
    text = json.dumps(header, indent=1, sort_keys=True, allow_nan=False)
    try:
        with tempfile.TemporaryDirectory(prefix=".ew4all-", dir=target.parent) as folder:
            whole = Path(folder) / target.name
            with zipfile.ZipFile(whole, "w") as file:
                for name, content in (("header.json", text), ("sums.npy", array.getvalue())):
                    file.writestr(zipfile.ZipInfo(name, _EPOCH), content)
            whole.replace(target)
    except OSError as error:
        msg = (
            f"cannot write the prepared sums {target}: {error.strerror or error}; link the raster into a folder that can "
            "be written and use it there, or name another place for the sums (--out, out=)"
        )
        raise WriteError(msg) from error


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return str(path)
