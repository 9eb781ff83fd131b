"""Polygons and circles as CAP writes them: latitude first, radius in kilometres."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all.alerts.cap_tangle import Patience, is_tangled
from ew4all.errors import CapError, GeometryError
from ew4all.geometry import circle
from ew4all.mending import repaired
from ew4all.reprojection import unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from ew4all.units import F64

__all__ = [
    "CapCircle",
    "checked_circle",
    "circle_of",
    "plain_shapes",
    "polygon_of",
    "ring_of",
    "short",
]

_SHORT = 1_000
"""Vertices of a ring that can be asked at once whether it is valid; that takes time with their square."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class CapCircle:
    """A circle as the alert writes it; a radius of 0 marks a point."""

    lon_deg: float
    lat_deg: float
    radius_km: float


def polygon_of(
    text: str, where: str, notes: list[str], patience: Patience | None = None
) -> BaseGeometry:
    """Return the polygon of ``"lat,lon lat,lon ..."``: valid, lon before lat.

    It runs on across the antimeridian (`ew4all.geometry.unwrap`). What is mended is added to
    `notes`; `where` begins messages.

    Raises
    ------
    CapError
        The text breaks the rules of the standard, or its rings cross so that the area is in doubt.
    """
    tokens = text.split()
    if any(token.endswith(",") for token in tokens):
        # One real producer ends some pairs with a comma; a whole pair stands before it, so nothing
        # is in doubt.
        stray = {token for token in tokens if token.count(",") == 2 and token.endswith(",")}
        if stray:
            first = next(token for token in tokens if token in stray)
            notes.append(f"{where}: a comma after the pair {first!r} is passed over")
        tokens = [token[:-1] if token in stray else token for token in tokens]
    return ring_of(
        [_pair(token, f"{where}, pair {k}") for k, token in enumerate(tokens, 1)],
        where,
        notes,
        tokens,
        patience,
    )


def ring_of(
    ring: Sequence[tuple[float, float]] | F64,
    where: str,
    notes: list[str],
    written: Sequence[str] | None = None,
    patience: Patience | None = None,
) -> BaseGeometry:
    """Return the polygon of a ring of (lon, lat), degrees; see `polygon_of`.

    `written` are its pairs as the alert has them, for messages; `patience` is shared by the rings of one alert.

    Raises
    ------
    CapError
        Fewer than four pairs, an open ring, rings that cross, or no area.
    """
    xy = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    far = np.flatnonzero(~((np.abs(xy[:, 1]) <= 90.0) & (np.abs(xy[:, 0]) <= 360.0)))
    if far.size:
        lon, lat = map(float, xy[far[0]])
        pair = written[far[0]] if written else f"{lat},{lon}"
        _must_be_on_earth(lon, lat, pair, f"{where}, pair {far[0] + 1}")
    if len(xy) < 4:
        msg = f"{where} has {len(xy)} pairs; four at least are needed, the last equal to the first"
        raise CapError(msg)
    if (xy[0] != xy[-1]).any():
        pairs = written or [f"{lat},{lon}" for lon, lat in xy[[0, -1]].tolist()]
        msg = (
            f"{where} is not closed: its first pair is {pairs[0]!r} and its last {pairs[-1]!r}. "
            f"Whether a pair is missing cannot be told; repeat the first pair at the end if the "
            f"shape is whole"
        )
        raise CapError(msg)
    try:
        whole = unwrap(shapely.polygons(xy)) if _jumps(xy) else shapely.polygons(xy)
        if len(xy) <= _SHORT and shapely.is_valid(whole):
            return whole
        if is_tangled(shapely.get_coordinates(whole), patience or Patience()):
            msg = (
                f"{where}, a ring of {len(xy)} pairs, crosses or touches itself (or the polygons of the alert do together) "
                f"too often for its area to be told; correct it"
            )
            raise CapError(msg)
        shape, note = repaired(whole, where)
    except GeometryError as error:
        text = str(error)
        msg = text if text.startswith(where) else f"{where}: {text}"
        raise CapError(msg) from error
    if shape.area == 0.0:
        msg = f"{where} encloses no area: all its pairs lie on one line"
        raise CapError(msg)
    if note:
        notes.append(note)
    return shape


def plain_shapes(
    rings: Sequence[Sequence[tuple[float, float]]],
) -> list[BaseGeometry | None]:
    """Return polygons of those rings of (lat, lon), degrees, of which nothing is in doubt; None for all others.

    All at once, which takes a tenth of the time of `ring_of`; that function says what is the matter with the others.
    """
    counts = np.array([len(ring) for ring in rings])
    fine = (counts >= 4) & (counts <= _SHORT)
    found: list[BaseGeometry | None] = [None] * len(rings)
    chosen = np.flatnonzero(fine)
    if not chosen.size:
        return found
    xy = np.array([pair for k in chosen.tolist() for pair in rings[k]], dtype=np.float64)[:, ::-1]
    owner = np.repeat(np.arange(chosen.size), counts[chosen])
    last = np.cumsum(counts[chosen]) - 1
    first = last - counts[chosen] + 1
    doubtful = (xy[first] != xy[last]).any(axis=1)
    far = ~((np.abs(xy[:, 1]) <= 90.0) & (np.abs(xy[:, 0]) <= 360.0))
    step = np.append(np.abs(np.diff(xy[:, 0])) > 180.0, [False])
    step[last] = False
    doubtful[owner[far | step]] = True
    left = ~doubtful[owner]
    number = np.cumsum(~doubtful) - 1
    drawn = shapely.polygons(shapely.linearrings(xy[left], indices=number[owner[left]]))
    for k, shape in zip(chosen[~doubtful], drawn, strict=True):
        found[k] = shape
    for k in chosen[~doubtful][~shapely.is_valid(drawn)]:
        found[k] = None
    return found


def _jumps(xy: F64) -> bool:
    """Whether a step between two vertices is over 180 degrees, so that it is one across the antimeridian."""
    return bool((np.abs(np.diff(xy[:, 0])) > 180.0).any())


def circle_of(text: str, where: str, notes: list[str]) -> CapCircle:
    """Return the circle of ``"lat,lon radius"``, radius in kilometres.

    Raises
    ------
    CapError
        The text breaks the rules of the standard, or the circle holds a pole.
    """
    tokens = text.split()
    if len(tokens) != 2 or not _NUMBER.fullmatch(tokens[1]):
        msg = f"{where}: {short(text)} is not a pair and a radius in kilometres ('lat,lon radius')"
        raise CapError(msg)
    lon, lat = _pair(tokens[0], where)
    _must_be_on_earth(lon, lat, tokens[0], where)
    return checked_circle(lon, lat, float(tokens[1]), where, notes)


def checked_circle(
    lon: float, lat: float, radius_km: float, where: str, notes: list[str]
) -> CapCircle:
    """Return a circle that has a place; one of radius 0 is a point, which is noted.

    Raises
    ------
    CapError
        The radius is negative or infinite, or the circle holds a pole.
    """
    _must_be_on_earth(lon, lat, f"{lat},{lon}", where)
    if not 0.0 <= radius_km < math.inf:
        msg = f"{where}: a radius of {radius_km:g} km is not possible"
        raise CapError(msg)
    if radius_km == 0.0:
        notes.append(
            f"{where}: its radius is 0 km, so it marks the point lon {lon}, lat {lat} and has no "
            f"extent"
        )
        return CapCircle(lon, lat, 0.0)
    try:
        circle(lon, lat, radius_km * 1e3)
    except GeometryError as error:
        msg = f"{where}: {error}"
        raise CapError(msg) from error
    return CapCircle(lon, lat, radius_km)


def _pair(token: str, where: str) -> tuple[float, float]:
    """Return (lon, lat) of ``"lat,lon"``."""
    parts = token.split(",")
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):
        msg = f"{where}: {short(token)} is not a pair of numbers 'lat,lon' without a blank inside"
        raise CapError(msg)
    return float(parts[1]), float(parts[0])


def _must_be_on_earth(lon: float, lat: float, token: str, where: str) -> None:
    if abs(lat) > 90.0 and abs(lon) <= 90.0 and abs(lat) <= 180.0:
        msg = (
            f"{where}: {short(token)} has a latitude beyond 90 degrees, so latitude and longitude "
            f"are exchanged; CAP writes latitude first"
        )
        raise CapError(msg)
    # A producer that runs on across the antimeridian writes 181 for -179.
    if not (abs(lat) <= 90.0 and abs(lon) <= 360.0):
        msg = f"{where}: {short(token)} is not a latitude and a longitude in degrees"
        raise CapError(msg)


def short(text: str) -> str:
    """Quote a text for a message, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
