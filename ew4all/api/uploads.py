"""Checks of an upload: what it says it is, and that it does not unpack to something enormous."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.jobs.drivers import sealed
from ew4all.api.layers.facts import NotOnEarth, facts_of_file, raster_facts
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.api.service import Service

__all__ = ["TYPES", "check", "facts_of"]

TYPES: Final[dict[str, tuple[bytes, ...]]] = {
    "tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "gpkg": (b"SQLite format 3\0",),
    "fgb": (b"fgb\x03",),
    "parquet": (b"PAR1",),
    "zip": (b"PK\x03\x04",),
    "gz": (b"\x1f\x8b",),
    "xlsx": (b"PK\x03\x04",),
    "geojson": (), "json": (), "csv": (), "wkt": (), "xml": (), "cap": (), "yaml": (), "yml": (), "txt": (),
}  # fmt: skip
"""Endings that are taken, and with what bytes such a file begins; texts begin as they like."""

_SECONDS: Final = 60


def check(service: Service, sha256: str, name: str, role: str) -> dict[str, Any]:
    """Return facts of an upload.

    Raises
    ------
    Problem
        415: an ending that is not taken, or a content that is something else; 413: too many cells, or a bomb; 400: broken.
    """
    suffix = name.rpartition(".")[2].lower()
    if suffix not in TYPES:
        told = f"{name!r} is of a type that is not taken; taken are {', '.join(sorted(TYPES))}"
        raise _refused(415, "wrong-type", told, "query:name")
    path = service.blobs.path(sha256, "." + suffix)
    with path.open("rb") as file:
        head = file.read(16)
    if TYPES[suffix] and not any(head.startswith(magic) for magic in TYPES[suffix]):
        told = f"{name!r} does not hold what its ending says: it begins with {head[:8]!r}"
        raise _refused(415, "wrong-type", told)
    limits = service.settings.limits
    command = [
        sys.executable,
        "-m",
        "ew4all.api.uploads",
        str(path),
        suffix,
        role,
        str(limits.unpacked_ratio),
        str(limits.cells),
    ]
    try:
        # In a process of its own: a file that crashes a decoder, or never ends, hurts nobody.
        ran = subprocess.run(
            command, capture_output=True, check=False, timeout=_SECONDS, env={**_environment(), **sealed()}
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        told = f"{name!r} could not be looked through within {_SECONDS} s"
        raise _refused(400, "unreadable-input", told) from None
    try:
        found: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        told = f"{name!r} cannot be read as .{suffix}"
        raise _refused(400, "unreadable-input", told) from None
    if "problem" in found:
        raise _refused(found["status"], found["code"], f"{name!r}: {found['problem']}")
    return found


def _refused(status: int, code: str, told: str, pointer: str = "#") -> Problem:
    """Return the problem with an upload: with its content, if no other place is told."""
    return Problem(status, code, told, errors=[{"pointer": pointer, "detail": told, "code": code}])


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def facts_of(path: Path, suffix: str, ratio: float, cells: int) -> dict[str, Any]:
    """Return what a file says of itself, or the problem with it."""
    if suffix in {"tif", "tiff"}:
        return _raster(path, ratio, cells)
    if suffix in {"zip", "xlsx"}:
        return _zip(path, ratio)
    if suffix == "gz":
        return _gzip(path, ratio)
    if suffix in {"geojson", "json", "csv", "wkt", "xml", "cap", "yaml", "yml", "txt"}:
        with path.open("rb") as file:
            head = file.read(65536)
        why = _no_text(head, suffix)
        if why is not None:
            return {"status": 415, "code": "wrong-type", "problem": why}
    try:
        facts = facts_of_file(path)
    except NotOnEarth as error:
        return _elsewhere(error)
    if not facts and suffix in _WHOLE:
        told = f"it cannot be read as {_WHOLE[suffix]}: it is broken, or a part of it is missing"
        return {"status": 400, "code": "unreadable-input", "problem": told}
    return facts


_WHOLE: Final = {
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "fgb": "FlatGeobuf",
    "parquet": "Parquet",
}
"""Endings of what is either read now, or never."""


def _elsewhere(error: NotOnEarth) -> dict[str, Any]:
    return {"status": 400, "code": "not-on-earth", "problem": str(error)}


_POINTERS: Final = re.compile(
    rb"<\s*(VRT|OGRVRT|GDAL|OGRWFS|WMS|WMTS|WCS|MRF_META|Product_|Dimap)", re.IGNORECASE
)
"""What can be told at once. That nothing is followed is not owed to this, but to the drivers that are allowed."""


def _no_text(head: bytes, suffix: str) -> str | None:
    """Return why a content is not what its ending says: GDAL goes by the content, and some only point elsewhere."""
    if b"\0" in head:
        return "it holds zero bytes, so it is no text"
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if suffix in {"geojson", "json"} and begins not in {b"{", b"["}:
        return "it is no JSON"
    if suffix not in {"xml", "cap", "geojson", "json"} and begins == b"<":
        return "it is XML"
    if _POINTERS.search(head):
        return "it points to other files"
    return None


def _raster(path: Path, ratio: float, cells: int) -> dict[str, Any]:
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path, driver="GTiff") as raster:
            count = raster.width * raster.height * raster.count
            decoded = raster.width * raster.height * sum(_bytes(t) for t in raster.dtypes)
            if count > cells:
                return {
                    "status": 413,
                    "code": "too-many-cells",
                    "problem": f"{count:,} cells, of {cells:,} that are taken",
                }
            if decoded > ratio * max(path.stat().st_size, 1) and decoded > 1 << 28:
                return {
                    "status": 413,
                    "code": "bomb",
                    "problem": f"it unpacks to {decoded:,} bytes, over {ratio:g} times its size",
                }
        return raster_facts(path)
    except NotOnEarth as error:
        return _elsewhere(error)
    except RasterioError as error:
        return {
            "status": 400,
            "code": "unreadable-input",
            "problem": f"it cannot be read as GeoTIFF ({type(error).__name__})",
        }


def _bytes(dtype: str) -> int:
    import numpy as np

    return int(np.dtype(dtype).itemsize)


def _zip(path: Path, ratio: float) -> dict[str, Any]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return {"status": 400, "code": "unreadable-input", "problem": "it is no ZIP archive"}
    if unpacked > _most(path, ratio):
        return _bomb(f"{unpacked:,} bytes", ratio)
    return {"unpacked_bytes": unpacked}


def _gzip(path: Path, ratio: float) -> dict[str, Any]:
    """Unpack to nowhere, a piece at a time, and no further than is allowed: what the file says of its size is not to be trusted."""
    import gzip
    import zlib

    most, unpacked = _most(path, ratio), 0
    try:
        with gzip.open(path) as file:
            while piece := file.read(1 << 20):
                unpacked += len(piece)
                if unpacked > most:
                    return _bomb(f"more than {most:,.0f} bytes", ratio)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return {"status": 400, "code": "unreadable-input", "problem": "it is no whole gzip file"}
    return {"unpacked_bytes": unpacked}


def _most(path: Path, ratio: float) -> float:
    return max(ratio * path.stat().st_size, 1 << 24)


def _bomb(size: str, ratio: float) -> dict[str, Any]:
    told = f"it unpacks to {size}, over {ratio:g} times its size"
    return {"status": 413, "code": "bomb", "problem": told}


if __name__ == "__main__":
    from pathlib import Path as _Path

    sys.stdout.write(
        json.dumps(facts_of(_Path(sys.argv[1]), sys.argv[2], float(sys.argv[4]), int(sys.argv[5])))
    )
