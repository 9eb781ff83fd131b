"""Which of GDAL's drivers a process of the service may have: a list of the allowed; all others are off before any file is opened.

GDAL goes by the content of a file, not by its name, and most of its drivers follow a path that the file holds. Whoever may
upload could so read any file of the host.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Final

from ew4all.errors import OptionError

__all__ = ["ALLOWED", "TILES", "lock_down", "locked_down", "registered", "sealed"]

ALLOWED: Final = frozenset(
    {"COG", "ESRI Shapefile", "FlatGeobuf", "GPKG", "GTiff", "GeoJSON", "MEM", "Memory"}
)
"""What is documented for inputs and results, and lies in one file; memory, for what is made on the way. Parquet, CSV and tables
are read without GDAL."""

TILES: Final = frozenset({"PNG", "WEBP"})
"""Formats of tiles, which titiler writes with GDAL."""

_OF_THE_SERVICE: Final = TILES | {"VRT"}
_FIXED: Final = {
    # A GeoJSON may name its coordinates by an address, which is fetched past all drivers: only a dead proxy keeps it in.
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "no_proxy": "",
    "NO_PROXY": "",
    "PROJ_NETWORK": "OFF",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    # No driver from elsewhere, no extension of SQLite, and no table in a GeoPackage that is another file.
    "GDAL_DRIVER_PATH": "disable",
    "OGR_SQLITE_STATIC_VIRTUAL_OGR": "NO",
    "OGR_SQLITE_LIST_VIRTUAL_OGR": "NO",
}
_LOOSE: Final = ("GDAL_SKIP", "OGR_SKIP", "OGR_SQLITE_LOAD_EXTENSIONS", "GDAL_VRT_ENABLE_PYTHON")
_SECONDS: Final = 60
_LIST: Final = """
import json, pyogrio
from rasterio.env import Env
with Env() as env:
    raster = sorted(env.drivers())
print(json.dumps([raster, sorted(pyogrio.list_drivers())]))
"""


def registered(environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the drivers that a process with this environment has: those of rasterio and those of pyogrio.

    Each brings a GDAL of its own.
    """
    ran = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", _LIST],
        env=environment, capture_output=True, check=True, timeout=_SECONDS,
    )  # fmt: skip
    raster, vector = json.loads(ran.stdout)
    return raster, vector


@cache
def _free() -> tuple[frozenset[str], frozenset[str]]:
    """Return what `registered` finds where nothing is forbidden."""
    free = {k: v for k, v in os.environ.items() if k not in _LOOSE}
    raster, vector = registered({**free, "GDAL_DRIVER_PATH": "disable"})
    return frozenset(raster), frozenset(vector)


def sealed() -> dict[str, str]:
    """Return the environment of processes that open what was uploaded: no driver but the allowed, no network."""
    return _with(ALLOWED)


def locked_down() -> dict[str, str]:
    """Return the environment of the service itself, which opens rasters as GeoTIFF alone.

    It has virtual rasters besides, as tiles are warped by them, and the formats that tiles are sent in.
    """
    return _with(ALLOWED | _OF_THE_SERVICE)


def lock_down() -> None:
    """Lock this process down, whoever started it: for the beginning of the service, before it opens anything.

    Raises
    ------
    OptionError
        Somebody has loaded GDAL before with other drivers, which stay.
    """
    os.environ.update(locked_down())
    _load()
    # GDAL complains, in lines by the hundred, of each driver that it is to let go and has not: what is gone does not come back.
    os.environ["GDAL_SKIP"] = os.environ["OGR_SKIP"] = ""
    here = _raster() | _vector()
    strange = sorted(here - ALLOWED - _OF_THE_SERVICE)
    if strange:
        msg = (
            f"GDAL was loaded in this process before the service began, with {len(strange)} drivers that it does not allow "
            f"({', '.join(strange[:3])}, ...), and they cannot be taken away any more: start the service in a process of its "
            "own, or before anything opens a raster or a vector file"
        )
        raise OptionError(msg)


@cache
def _load() -> None:
    """Load each GDAL, once, with a list of its own: one complains of the drivers that only the other has, too."""
    for drivers, load in zip(_free(), (_raster, _vector), strict=True):
        # Not OGR_SKIP, too: what the one has let go the other would miss.
        os.environ.update(GDAL_SKIP=_names(drivers - ALLOWED - _OF_THE_SERVICE), OGR_SKIP="")
        load()


def _raster() -> set[str]:
    from rasterio.env import Env

    with Env() as env:
        return set(env.drivers())


def _vector() -> set[str]:
    import pyogrio

    return set(pyogrio.list_drivers())


def _with(allowed: frozenset[str]) -> dict[str, str]:
    raster, vector = _free()
    names = _names((raster | vector) - allowed)
    return {
        **_FIXED, "GDAL_SKIP": names, "OGR_SKIP": names,
        "OGR_SQLITE_LOAD_EXTENSIONS": "", "GDAL_VRT_ENABLE_PYTHON": "NO",
    }  # fmt: skip


def _names(drivers: frozenset[str]) -> str:
    return ",".join(sorted(drivers))
