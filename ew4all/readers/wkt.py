"""Well-known text, plain (WKT) or with its CRS (EWKT: ``SRID=32758;POLYGON((...))``)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import shapely
from shapely.errors import ShapelyError

from ew4all.errors import EmptyLayerError, GeometryError, MissingCrsError, ReadError
from ew4all.readers.vector_files import LONLAT, Features, horizontal_crs

__all__ = ["is_wkt", "read_wkt", "read_wkt_file"]

_START = re.compile(
    r"\s*(SRID\s*=\s*(?P<srid>\d+)\s*;\s*)?"
    r"(?P<shape>(MULTI)?(POINT|LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION|CURVEPOLYGON)"
    r"\s*(Z|M|ZM)?\s*(\(|EMPTY)",
    re.IGNORECASE,
)


def is_wkt(text: str) -> bool:
    """Whether a text starts like a geometry, so that it cannot be meant as a path."""
    return _START.match(text) is not None


def read_wkt_file(path: str, label: str) -> Features:
    """Read a text file with one geometry, or one a line.

    Raises
    ------
    ReadError
        The file cannot be read, or holds no well-known text.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"{label} cannot be read ({reason}); check the path, and that the file is UTF-8 text"
        raise ReadError(msg) from error
    if not is_wkt(text):
        msg = (
            f"{label} holds no well-known text: it should start like 'POLYGON((' or "
            f"'SRID=4326;POLYGON(('"
        )
        raise ReadError(msg)
    return read_wkt(text, label)


def read_wkt(text: str, label: str) -> Features:
    """Read one geometry, or several with one a line. Without SRID they are longitude and latitude.

    Raises
    ------
    ReadError
        The text is no valid well-known text.
    MissingCrsError
        No SRID, and the coordinates are not degrees; or the lines have different SRIDs.
    GeometryError
        A curve, which has to be drawn with straight edges first; or a ring of one point.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    # One geometry may run over many lines; several geometries start one line each.
    pieces = lines if all(is_wkt(line) for line in lines) else [text]
    starts = [_START.match(piece) for piece in pieces]
    srids = {match["srid"] for match in starts if match}
    if len(srids) > 1:
        msg = (
            f"{label} mixes SRIDs ({', '.join(sorted(map(str, srids)))}); write all lines in one "
            f"of them"
        )
        raise MissingCrsError(msg)
    geometries = np.empty(len(pieces), dtype=object)
    closed = []
    for k, (piece, match) in enumerate(zip(pieces, starts, strict=True)):
        body = piece[match.start("shape") :] if match else piece
        geometries[k], was_open = _geometry(body, f"{label}, feature {k + 1}")
        if was_open:
            closed.append(k)
    srid = next(iter(srids), None)
    if srid is not None:
        return Features(geometries, horizontal_crs(f"EPSG:{srid}", label), {}, (), tuple(closed))
    _must_be_degrees(geometries, label)
    note = f"{label}: no SRID, so the coordinates are taken as longitude, latitude (EPSG:4326)"
    return Features(geometries, LONLAT, {}, (note,), tuple(closed))


def _geometry(body: str, label: str) -> tuple[shapely.Geometry, bool]:
    # A NaN coordinate is reported with its feature later; numpy would warn of it here.
    with np.errstate(invalid="ignore"):
        try:
            return shapely.from_wkt(body), False
        except NotImplementedError as error:
            msg = f"{label} is a curve; draw it with straight edges first"
            raise GeometryError(msg) from error
        except ShapelyError as error:
            if "closed" in str(error):
                mended = shapely.from_wkt(body, on_invalid="fix")
                if mended is not None:
                    return mended, True
            reason = str(error).partition(": ")[2] or str(error)
            msg = f"{label} is no valid well-known text ({reason}); correct it"
            raise ReadError(msg) from error


def _must_be_degrees(geometries: np.ndarray[tuple[int], np.dtype[np.object_]], label: str) -> None:
    coordinates = np.abs(shapely.get_coordinates(geometries))
    if coordinates.size == 0:
        msg = f"{label} has no coordinates; give a polygon"
        raise EmptyLayerError(msg)
    x, y = np.nanmax(coordinates, axis=0) if np.isfinite(coordinates).any() else (0.0, 0.0)
    # A latitude beyond 90 with a possible longitude is left to the check on exchanged axes.
    if x > 360.0 or y > 360.0:
        msg = (
            f"{label} has no coordinate reference system and its coordinates (up to x {x:.6g}, y "
            f"{y:.6g}) are not degrees; write it as 'SRID=<EPSG code>;POLYGON((...))'"
        )
        raise MissingCrsError(msg)
