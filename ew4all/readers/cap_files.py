"""CAP files as features: the areas of one alert, or of what is in force of a thread of messages at a time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all.alerts.cap_areas import areas_of, read_areas
from ew4all.alerts.findings import Level
from ew4all.alerts.threads import thread
from ew4all.errors import CapError, GeocodeError, OptionError
from ew4all.geometry import circle
from ew4all.readers.vector_files import LONLAT, Features
from ew4all.readers.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.alerts.cap import Alert, Reference
    from ew4all.alerts.cap_areas import CapArea
    from ew4all.alerts.geocodes import GeocodeTable
    from ew4all.alerts.threads import State

__all__ = ["POINT_RADIUS_M", "instant", "read_cap_file", "read_cap_thread"]

POINT_RADIUS_M = 1.0
"""Radius of what stands for a CAP circle of radius 0: the place of an event, such as an epicentre, is no warning area."""

_MOST_NAMED = 3


def read_cap_file(path: str, name: str, geocodes: GeocodeTable | None = None) -> Features:
    """Return one feature an area, with its number and description.

    Raises
    ------
    ReadError
        The file cannot be opened.
    CapError, GeocodeError
        See `ew4all.alerts.cap_areas.read_areas`.
    """
    alert = read_areas(whole_file(path, name=name), name, geocodes=geocodes)
    return _features(alert.areas, name, list(alert.notes))


def read_cap_thread(
    paths: Sequence[str],
    what: str,
    at: datetime | None = None,
    geocodes: GeocodeTable | None = None,
) -> Features:
    """Return the areas that are warned at a time, one feature each, by messages in any number of files and any order.

    Parameters
    ----------
    what
        Begins messages, before a path: ``"cap"``.
    at
        When, with its zone; by default when the last of the messages was sent.

    Raises
    ------
    ReadError
        A file cannot be opened.
    CapError
        A message cannot be used, the thread contradicts itself, or nothing is in force at that time.
    GeocodeError
        The table lacks codes; the message lists all of them.
    """
    messages: list[Alert] = []
    names: dict[Reference, str] = {}
    faults: list[str] = []
    for path in paths:
        for alert in _alerts(path, f"{what} {path}", faults):
            names.setdefault(alert.reference, f"{what} {path}")
            messages.append(alert)
    found = thread(messages)
    moment = at or max(alert.sent for alert in found.alerts)
    state = found.state(moment)
    errors = [f for f in state.findings if f.severity is Level.ERROR]
    if errors:
        more = f" ({len(errors) - 1} more faults)" if errors[1:] else ""
        msg = f"{what}: {errors[0].message}, so the thread has no certain state: {errors[0].hint}{more}"
        raise CapError(msg)
    notes = [_account(state, names, what, is_last=at is None), *faults]
    notes += [f"{what}: {f.message}: {f.hint}" for f in state.findings]
    if not state.active:
        last = max(alert.sent for alert in found.alerts)
        msg = (
            f"{notes[0]}, so nobody is warned at that time; give another one (--at; the last message was sent at "
            f"{last.isoformat()}), or the area with a polygon (--area)"
        )
        raise CapError(msg)
    areas = _areas(state, names, geocodes, notes)
    return _features(areas, what, notes)


def instant(value: datetime | str | None) -> datetime | None:
    """Return a moment that a user gave; ``"now"`` is that of the clock.

    Raises
    ------
    OptionError
        It is none, or lacks its zone.
    """
    if value is None:
        return None
    if isinstance(value, str) and value.strip().casefold() == "now":
        return datetime.now(UTC).replace(microsecond=0)
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        msg = f"at is a time such as 2024-07-01T10:30:00+00:00, or now, but got {value!r}"
        raise OptionError(msg) from error
    if found.tzinfo is None:
        msg = f"at={value} has no zone, and alerts are told apart by seconds; write it as in 2024-07-01T10:30:00+00:00"
        raise OptionError(msg)
    return found


def _alerts(path: str, name: str, notes: list[str]) -> list[Alert]:
    """Return the messages of a file; one that cannot be read whole stops, since it may be the one that counts."""
    from ew4all.alerts.cap_xml import read_alerts

    alerts = []
    for reading in read_alerts(whole_file(path, name=name), os.fspath(path)):
        faults = [f for f in reading.findings if f.severity is Level.ERROR]
        if reading.alert is None:
            fault = faults[0]
            where = "" if fault.line is None else f", line {fault.line}"
            msg = (
                f"{name}{where}: {fault.message} ({fault.code}); {fault.hint}. `ew4all alert check` tells all that is wrong "
                "with it"
            )
            raise CapError(msg)
        alerts.append(reading.alert)
        if faults:
            codes = ", ".join(dict.fromkeys(f.code for f in faults))
            notes.append(
                f"{name}: {reading.alert.identifier} is not valid CAP ({codes}), and is counted as it reads"
            )
    return alerts


def _areas(
    state: State, names: Mapping[Reference, str], geocodes: GeocodeTable | None, notes: list[str]
) -> list[CapArea]:
    areas: list[CapArea] = []
    lacking: list[str] = []
    for alert in state.active:
        label = f"{names[alert.reference]} ({alert.identifier})"
        chosen = state.warning_infos(alert)
        if len(chosen) < len(alert.infos):
            notes.append(
                f"{label}: {len(alert.infos) - len(chosen)} of its {len(alert.infos)} info blocks do not warn at that time"
            )
        try:
            found = areas_of(alert, label, infos=chosen, geocodes=geocodes)
        except GeocodeError as error:
            lacking.append(str(error))
            continue
        areas += found.areas
        notes += found.notes
    if lacking:
        raise GeocodeError("; ".join(lacking))
    return areas


def _features(areas: Sequence[CapArea], name: str, notes: list[str]) -> Features:
    geometries = np.empty(len(areas), dtype=object)
    geometries[:] = [area.geometry for area in areas]
    if all(shape is None for shape in geometries):
        lon, lat = areas[0].points[0]
        geometries[:] = [
            shapely.union_all([circle(x, y, POINT_RADIUS_M) for x, y in area.points])
            for area in areas
        ]
        notes.append(
            f"{name}: the alert marks a point (lon {lon}, lat {lat}, a circle of radius 0) and no area, so whom it "
            f"concerns is not said; a circle of {POINT_RADIUS_M:g} m is counted, which holds next to nobody: give the "
            "place that is warned as a polygon (--area)"
        )
    table = {
        "id": np.array([str(k + 1) for k in range(len(areas))], dtype=object),
        "name": np.array([area.description for area in areas], dtype=object),
    }
    return Features(geometries, LONLAT, table, tuple(notes))


def _account(state: State, names: Mapping[Reference, str], what: str, *, is_last: bool) -> str:
    """Say which messages count at that time, and what became of the others."""
    when = state.at.isoformat() + (" (when the last message was sent)" if is_last else "")
    told = [f"in force at {when}: {_list(state.active)}"]
    for word, alerts in (
        ("superseded", state.superseded),
        ("cancelled", state.cancelled),
        ("expired", state.expired),
        ("all-clear", state.all_clear),
        ("not yet effective", state.scheduled),
        ("not yet sent", state.later),
    ):
        if alerts:
            told.append(f"{word}: {_list(alerts)}")
    files = len(set(names.values()))
    count = "1 file" if files == 1 else f"{files} files"
    return f"{what}: {len(names)} messages in {count}; {'; '.join(told)}"


def _list(alerts: Sequence[Alert]) -> str:
    named = [alert.identifier for alert in alerts[:_MOST_NAMED]]
    more = f" and {len(alerts) - _MOST_NAMED} more" if len(alerts) > _MOST_NAMED else ""
    return (", ".join(named) + more) or "none"
