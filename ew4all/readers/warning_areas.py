"""The warning area as a user gives it: polygons, one CAP alert, or a thread of them at a time; with a table of geocodes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all.errors import OptionError
from ew4all.readers.cap_files import instant, read_cap_thread
from ew4all.readers.geocodes import read_geocodes
from ew4all.readers.provenance import SourceNote
from ew4all.readers.vector_files import LONLAT
from ew4all.readers.vectors import VectorLayer, polygon_layer, read_vector

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["WarningArea", "must_be_usable", "read_warning_area"]


@dataclass(frozen=True)
class WarningArea:
    """A layer, its role in messages (``"area"`` or ``"cap"``), and the files that it was read from."""

    layer: VectorLayer
    role: str
    sources: tuple[SourceNote, ...]


def must_be_usable(area: Any, cap: Any, geocodes: Any, at: Any) -> None:
    """Check options before anything is opened.

    Raises
    ------
    OptionError
        They contradict each other, or name no CAP file.
    """
    if area is not None and cap is not None:
        msg = "both a warning area and a CAP alert were given; the alert has its own area, so leave one of them out"
        raise OptionError(msg)
    for path in _paths(cap):
        if not _is_cap(path):
            msg = f"a CAP alert is a file that ends in .xml or .cap, but got {path}; give other polygons as the area"
            raise OptionError(msg)
    if isinstance(cap, list | tuple) and not cap:
        msg = "an empty list of CAP alerts was given; give one at least, or leave it out"
        raise OptionError(msg)
    if at is not None and cap is None:
        msg = "a time was given (--at), but no CAP alert whose state it could tell; give --cap, or leave it out"
        raise OptionError(msg)
    if geocodes is not None and cap is None and not _is_cap(area):
        msg = "a table of geocodes was given, but no CAP alert that could name one; give --cap, or leave it out"
        raise OptionError(msg)
    instant(at)


def read_warning_area(
    area: Any = None, cap: Any = None, *, geocodes: Any = None, at: datetime | str | None = None
) -> WarningArea:
    """Read the warning area.

    Parameters
    ----------
    area
        Whatever `ew4all.readers.vectors.read_vector` takes.
    cap
        A CAP file in its place, or several: a thread of alerts, updates and cancellations.
    geocodes
        Table for areas without a polygon; see `ew4all.readers.geocodes.read_geocodes`.
    at
        When the state of the thread is wanted; by default when the last message was sent. One file alone, without a time, is
        taken as it is: whether it has expired is not asked.

    Raises
    ------
    OptionError
        See `must_be_usable`.
    InputError, ReadError
        A file is at fault.
    """
    must_be_usable(area, cap, geocodes, at)
    table = None if geocodes is None else read_geocodes(geocodes)
    paths = _paths(cap)
    role = "area" if cap is None else "cap"
    if cap is not None and (len(paths) > 1 or at is not None):
        features = read_cap_thread([os.fspath(p) for p in paths], role, instant(at), table)
        layer = polygon_layer(features, role)
        files = list(paths)
    else:
        source = area if cap is None else paths[0]
        layer = read_vector(source, role, geocodes=table)
        files = [layer.path]
    sources = [SourceNote.of(role, path, layer.crs) for path in files]
    if table is not None:
        layer = layer.with_notes(*table.notes)
        given = geocodes if isinstance(geocodes, list | tuple) else [geocodes]
        sources += [SourceNote.of("geocodes", source, LONLAT) for source in given]
    return WarningArea(layer, role, tuple(sources))


def _paths(cap: Any) -> list[Any]:
    if cap is None:
        return []
    return list(cap) if isinstance(cap, list | tuple) else [cap]


def _is_cap(source: Any) -> bool:
    """Whether a source is named like a CAP alert."""
    return isinstance(source, str | os.PathLike) and os.fspath(source).lower().endswith(
        (".xml", ".cap")
    )
