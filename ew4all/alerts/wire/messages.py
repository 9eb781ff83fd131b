"""Requests and answers as the elements of messages, and back.

SBc-AP, S1AP and NGAP name their messages and elements alike here (a stop is S1AP's kill and NGAP's
PWS cancel), so that one translation serves all three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.alerts.wire.answers import (
    Answer,
    Cell,
    CellReport,
    Diagnostics,
    ElementFault,
    ErrorIndication,
    Failure,
    Indication,
    Procedure,
    Restart,
    TrackingArea,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "CELLS",
    "EMERGENCY_AREAS",
    "ERROR",
    "FAILURE",
    "INDICATION",
    "LTE",
    "REQUEST",
    "RESPONSE",
    "RESTART",
    "TRACKING_AREAS",
    "AnyMessage",
    "area_list",
    "message_of",
    "name_of",
    "request_of",
    "tracking_areas",
    "values_of",
]

AnyMessage = WriteReplace | Stop | Answer | Indication | Restart | Failure | ErrorIndication

REQUEST, RESPONSE, INDICATION = "request", "response", "indication"
RESTART, FAILURE, ERROR = "PWS restart indication", "PWS failure indication", "error indication"

CELLS, TRACKING_AREAS, EMERGENCY_AREAS = "cells", "tracking-areas", "emergency-areas"
LTE = "lte-"
"""Before the name of a list of LTE cells where cells are those of 5G (NGAP)."""

_PLAIN = (
    "dcs",
    "contents",
    "security_information",
    "area_coordinates",
)


def name_of(message: AnyMessage) -> str:
    """Return the name of the message that carries something."""
    match message:
        case WriteReplace():
            return f"{Procedure.WRITE_REPLACE} {REQUEST}"
        case Stop():
            return f"{Procedure.STOP} {REQUEST}"
        case Answer():
            return f"{message.procedure} {RESPONSE}"
        case Indication():
            return f"{message.procedure} {INDICATION}"
        case Restart():
            return RESTART
        case Failure():
            return FAILURE
        case ErrorIndication():
            return ERROR


def values_of(message: AnyMessage, *, nr: bool = False) -> dict[str, Any]:
    """Return the elements of a message, but for the areas of a request.

    `nr` says that the interface is one of 5G, where the repetition period is one element.
    """
    match message:
        case WriteReplace() | Stop():
            return _request_values(message, nr=nr)
        case Answer() | Indication():
            return _answer_values(message, nr=nr)
        case Restart() | Failure():
            values: dict[str, Any] = {"base_station": message.base_station}
            values["cells"] = list(message.cells)
            if isinstance(message, Restart):
                values["tracking_areas"] = list(message.tracking_areas)
                values |= _unless_empty("emergency_areas", message.emergency_areas)
            return values
        case ErrorIndication():
            values = {} if message.cause is None else {"cause": message.cause}
            return values | _diagnostics_values(message.diagnostics)


def _request_values(request: WriteReplace | Stop, *, nr: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "message_identifier": request.message_identifier,
        "serial_number": request.serial_number,
    }
    if request.send_indication:
        values["send_indication"] = "true"
    if isinstance(request, Stop):
        return values | ({"stop_all": "true"} if request.stop_all else {})
    _check_schedule(request)
    values["broadcasts"] = request.broadcasts
    values["repetition"] = request.repetition_s
    if request.repetition_s > 4095 and not nr:
        # The first element must be there; a receiver that knows the second ignores it.
        values |= {"repetition": 4095, "extended_repetition": request.repetition_s}
    if request.warning_type is not None:
        values["warning_type"] = request.warning_type.to_bytes(2, "big")
    if request.concurrent:
        values["concurrent"] = "true"
    plain = {name: getattr(request, name) for name in _PLAIN}
    return values | {name: value for name, value in plain.items() if value is not None}


def _check_schedule(request: WriteReplace) -> None:
    """Refuse what TS 29.168 4.4.5 calls no broadcast, or invalid, where there is a text."""
    if request.contents is None or request.repetition_s > 0 or request.broadcasts == 1:
        return
    what = "is never broadcast" if request.broadcasts == 0 else "has no valid schedule"
    msg = (
        f"a message with {request.broadcasts} broadcasts and a repetition period of 0 s {what} "
        f"(TS 29.168 4.4.5); give a period of 1 s or more, or 1 broadcast"
    )
    raise MessageError(msg)


def area_list(request: WriteReplace | Stop) -> tuple[str, list[Any]] | None:
    """Return the one list that says where a request applies, or None for everywhere.

    Cells are the closest, so they win over the tracking areas that hold them.
    """
    if request.cells:
        return CELLS, [Cell(request.plmn, identity) for identity in request.cells]
    if request.emergency_areas:
        return EMERGENCY_AREAS, list(request.emergency_areas)
    if request.tac:
        return TRACKING_AREAS, tracking_areas(request)
    return None


def tracking_areas(request: WriteReplace | Stop) -> list[Any]:
    """Return the tracking areas of a request."""
    return [TrackingArea(request.plmn, tac) for tac in request.tac]


def request_of(
    name: str, values: Mapping[str, Any], areas: Mapping[str, Sequence[Any]]
) -> WriteReplace | Stop:
    """Return the request that elements tell; `areas` are lists by the names of `area_list`.

    Raises
    ------
    DecodeError
        They break a rule of `WriteReplace` or `Stop`, or name more than one network.
    """
    tracking, cells = areas.get(TRACKING_AREAS, ()), areas.get(CELLS, ())
    networks = sorted({area.plmn for area in (*tracking, *cells)})
    if len(networks) > 1:
        msg = (
            f"{name}: its areas lie in the networks {', '.join(networks)}; a request is read here "
            f"for one network only"
        )
        raise DecodeError(msg)
    arguments: dict[str, Any] = {
        "message_identifier": values["message_identifier"],
        "serial_number": values["serial_number"],
        "send_indication": "send_indication" in values,
        "tac": tuple(area.tac for area in tracking),
        "cells": tuple(cell.identity for cell in cells),
        "emergency_areas": tuple(areas.get(EMERGENCY_AREAS, ())),
    }
    if networks:
        arguments["plmn"] = networks[0]
    try:
        if "broadcasts" not in values:
            return Stop(stop_all="stop_all" in values, **arguments)
        warning_type = values.get("warning_type")
        plain: dict[str, Any] = {key: values.get(key) for key in _PLAIN}
        return WriteReplace(
            repetition_s=values.get("extended_repetition", values["repetition"]),
            broadcasts=values["broadcasts"],
            warning_type=None if warning_type is None else int.from_bytes(warning_type, "big"),
            concurrent="concurrent" in values,
            **plain,
            **arguments,
        )
    except MessageError as error:
        msg = f"{name}: {error}"
        raise DecodeError(msg) from error


def message_of(name: str, values: Mapping[str, Any]) -> AnyMessage:
    """Return the answer or indication that elements tell; lists of cells come by their names."""
    if name == FAILURE:
        return Failure(values["base_station"], tuple(values["cells"]))
    if name == RESTART:
        return Restart(
            values["base_station"],
            tuple(values["cells"]),
            tuple(values["tracking_areas"]),
            tuple(values.get("emergency_areas", ())),
        )
    diagnostics = _diagnostics_of(values)
    if name == ERROR:
        return ErrorIndication(values.get("cause"), diagnostics)
    procedure, _, sort = name.rpartition(" ")
    identity = Procedure(procedure), values["message_identifier"], values["serial_number"]
    reports = _reports(values.get("cells", {}))
    if sort == INDICATION:
        return Indication(*identity, reports, tuple(values.get("without", ())))
    return Answer(
        *identity,
        values.get("cause"),
        tuple(values.get("unknown_tracking_areas", ())),
        reports,
        diagnostics,
    )


def _answer_values(answer: Answer | Indication, *, nr: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        "message_identifier": answer.message_identifier,
        "serial_number": answer.serial_number,
    }
    values |= _unless_empty("cells", _lists_of(answer.cells, nr=nr))
    if isinstance(answer, Indication):
        return values | _unless_empty("without", answer.without)
    if answer.cause is not None:
        values["cause"] = answer.cause
    values |= _unless_empty("unknown_tracking_areas", answer.unknown_tracking_areas)
    return values | _diagnostics_values(answer.diagnostics)


def _unless_empty(name: str, value: Any) -> dict[str, Any]:
    if not value:
        return {}
    return {name: value if isinstance(value, dict) else list(value)}


def _lists_of(reports: Iterable[CellReport], *, nr: bool) -> dict[str, Any]:
    """Return the lists that hold reports, by name."""
    bare: dict[str, list[CellReport]] = {}
    by_area: dict[str, dict[Any, list[CellReport]]] = {}
    for report in reports:
        prefix = LTE if nr and not report.cell.nr else ""
        if report.tracking_area is not None:
            lists = by_area.setdefault(prefix + TRACKING_AREAS, {})
            lists.setdefault(report.tracking_area, []).append(report)
        elif report.emergency_area is not None:
            lists = by_area.setdefault(prefix + EMERGENCY_AREAS, {})
            lists.setdefault(report.emergency_area, []).append(report)
        else:
            bare.setdefault(prefix + CELLS, []).append(report)
    grouped = {
        name: [{"area": area, "cells": cells} for area, cells in areas.items()]
        for name, areas in by_area.items()
    }
    return bare | grouped


def _reports(lists: Mapping[str, Any]) -> tuple[CellReport, ...]:
    """Return the reports of all lists."""
    reports: list[CellReport] = []
    for name in lists:
        plain = name.removeprefix(LTE)
        if plain == CELLS:
            reports += lists[name]
        elif plain in (TRACKING_AREAS, EMERGENCY_AREAS):
            key = "tracking_area" if plain == TRACKING_AREAS else "emergency_area"
            reports += (
                CellReport(report.cell, report.broadcasts, **{key: group["area"]})
                for group in lists[name]
                for report in group["cells"]
            )
    return tuple(reports)


def _diagnostics_of(values: Mapping[str, Any]) -> Diagnostics | None:
    if "diagnostics" not in values:
        return None
    told = values["diagnostics"]
    faults = (
        ElementFault(fault["number"], fault["criticality"], fault["error"])
        for fault in told.get("elements", ())
    )
    return Diagnostics(
        told.get("procedure_code"),
        told.get("triggering_message"),
        told.get("procedure_criticality"),
        tuple(faults),
    )


def _diagnostics_values(diagnostics: Diagnostics | None) -> dict[str, Any]:
    if diagnostics is None:
        return {}
    values = {name: value for name, value in vars(diagnostics).items() if value is not None}
    del values["elements"]
    if diagnostics.elements:
        values["elements"] = [vars(fault) for fault in diagnostics.elements]
    return {"diagnostics": values}
