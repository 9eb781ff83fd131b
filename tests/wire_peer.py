"""The same requests and answers through pycrate's ASN.1 of 3GPP: an independent encoder.

pycrate holds S1AP, NGAP and RRC, not SBc-AP. It is LGPL and stays a tool of the tests.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any

from ew4all.alerts.wire.answers import Answer, BaseStation, Cell, Failure, Restart, TrackingArea
from ew4all.alerts.wire.request import Stop, WriteReplace

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ngap", "plmn", "s1ap"]

OUTCOMES = ("initiating-message", "successful-outcome", "unsuccessful-outcome")


@cache
def _module(name: str) -> Any:
    return importlib.import_module(f"pycrate_asn1dir.{name}")


def plmn(digits: str) -> bytes:
    """BCD digits, halves exchanged, written out the long way."""
    mcc, mnc = digits[:3], digits[3:]
    third = mnc[2] if len(mnc) == 3 else "f"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def _ie(number: int, criticality: str, name: str, value: Any) -> dict[str, Any]:
    return {"id": number, "criticality": criticality, "value": (name, value)}


def _pdu(code: int, criticality: str, outcome: int, name: str, elements: list[Any]) -> Any:
    kind = ("initiatingMessage", "successfulOutcome", "unsuccessfulOutcome")[outcome]
    body = {
        "procedureCode": code,
        "criticality": criticality,
        "value": (name, {"protocolIEs": elements}),
    }
    return kind, body


def s1ap(message: Any) -> bytes:
    """A message in pycrate's S1AP."""
    pdu = _module("S1AP").S1AP_PDU_Descriptions.S1AP_PDU
    pdu.set_val(_s1ap(message))
    return bytes(pdu.to_aper())


def ngap(message: Any) -> bytes:
    """A message in pycrate's NGAP."""
    pdu = _module("NGAP").NGAP_PDU_Descriptions.NGAP_PDU
    pdu.set_val(_ngap(message))
    return bytes(pdu.to_aper())


def _lte_tai(area: TrackingArea) -> dict[str, Any]:
    return {"pLMNidentity": plmn(area.plmn), "tAC": area.tac.to_bytes(2, "big")}


def _lte_cgi(cell: Cell, key: str = "pLMNidentity") -> dict[str, Any]:
    name = "cell-ID" if key == "pLMNidentity" else "eUTRACellIdentity"
    return {key: plmn(cell.plmn), name: (cell.identity, 28)}


def _enb(station: BaseStation) -> dict[str, Any]:
    sorts = {20: "macroENB-ID", 28: "homeENB-ID", 18: "short-macroENB-ID", 21: "long-macroENB-ID"}
    identity = (sorts[station.bits], (station.identity, station.bits))
    return {"pLMNidentity": plmn(station.plmn), "eNB-ID": identity}


def _lte_areas(request: WriteReplace | Stop) -> tuple[str, Any] | None:
    if request.cells:
        return "cellIDList", [_lte_cgi(Cell(request.plmn, cell)) for cell in request.cells]
    if request.emergency_areas:
        return "emergencyAreaIDList", [eai.to_bytes(3, "big") for eai in request.emergency_areas]
    if request.tac:
        tais = [_lte_tai(TrackingArea(request.plmn, tac)) for tac in request.tac]
        return "trackingAreaListforWarning", tais
    return None


def _reported(answer: Answer, tai: Any, cgi: Any, names: tuple[str, str]) -> Any:
    """The one list of an answer: (which of the three, its items) with the peer's own names."""
    stopped = answer.procedure == "stop"
    inner_tai, inner_eai = names

    def item(report: Any) -> dict[str, Any]:
        return cgi(report.cell) | ({"numberOfBroadcasts": report.broadcasts} if stopped else {})

    first = answer.cells[0]
    if first.tracking_area is None and first.emergency_area is None:
        return 0, [item(report) for report in answer.cells]
    by_tai = first.tracking_area is not None
    groups: dict[Any, list[Any]] = {}
    for report in answer.cells:
        area = report.tracking_area if by_tai else report.emergency_area
        groups.setdefault(area, []).append(item(report))
    if by_tai:
        return 1, [{"tAI": tai(area), inner_tai: cells} for area, cells in groups.items()]
    return 2, [
        {"emergencyAreaID": area.to_bytes(3, "big"), inner_eai: cells}
        for area, cells in groups.items()
    ]


def _diagnostics(answer: Answer, outcomes: Sequence[str]) -> dict[str, Any]:
    told = answer.diagnostics
    assert told is not None
    value: dict[str, Any] = {}
    if told.procedure_code is not None:
        value["procedureCode"] = told.procedure_code
    if told.triggering_message is not None:
        value["triggeringMessage"] = outcomes[OUTCOMES.index(told.triggering_message)]
    if told.procedure_criticality is not None:
        value["procedureCriticality"] = told.procedure_criticality
    if told.elements:
        value["iEsCriticalityDiagnostics"] = [
            {"iECriticality": fault.criticality, "iE-ID": fault.number, "typeOfError": fault.error}
            for fault in told.elements
        ]
    return value


def _write_replace(request: WriteReplace, ids: dict[str, Any]) -> dict[str, Any]:
    """Elements of a request but for areas and repetition, by our names."""
    found: dict[str, Any] = {
        "message_identifier": (request.message_identifier, 16),
        "serial_number": (request.serial_number, 16),
        "broadcasts": request.broadcasts,
    }
    if request.warning_type is not None:
        found["warning_type"] = request.warning_type.to_bytes(2, "big")
    if request.security_information is not None:
        found["security_information"] = request.security_information
    if request.dcs is not None:
        found |= {"dcs": (request.dcs, 8), "contents": request.contents}
    if request.concurrent:
        found["concurrent"] = "true"
    if request.area_coordinates is not None:
        found["area_coordinates"] = request.area_coordinates
    assert set(found) <= set(ids)
    return found


_S1AP = {
    "message_identifier": (111, "reject", "MessageIdentifier"),
    "serial_number": (112, "reject", "SerialNumber"),
    "areas": (113, "ignore", "WarningAreaList"),
    "repetition": (114, "reject", "RepetitionPeriod"),
    "extended_repetition": (144, "reject", "ExtendedRepetitionPeriod"),
    "broadcasts": (115, "reject", "NumberofBroadcastRequest"),
    "warning_type": (116, "ignore", "WarningType"),
    "security_information": (117, "ignore", "WarningSecurityInfo"),
    "dcs": (118, "ignore", "DataCodingScheme"),
    "contents": (119, "ignore", "WarningMessageContents"),
    "concurrent": (142, "reject", "ConcurrentWarningMessageIndicator"),
    "area_coordinates": (286, "ignore", "WarningAreaCoordinates"),
    "stop_all": (191, "reject", "KillAllWarningMessages"),
}


def _listed(table: Any, found: dict[str, Any]) -> list[Any]:
    return [_ie(*row, found[name]) for name, row in table.items() if name in found]


def _s1ap(message: Any) -> Any:
    if isinstance(message, WriteReplace):
        found = _write_replace(message, _S1AP)
        found["repetition"] = min(message.repetition_s, 4095)
        if message.repetition_s > 4095:
            found["extended_repetition"] = message.repetition_s
        found |= {"areas": _lte_areas(message)} if _lte_areas(message) else {}
        return _pdu(36, "reject", 0, "WriteReplaceWarningRequest", _listed(_S1AP, found))
    if isinstance(message, Stop):
        found = {
            "message_identifier": (message.message_identifier, 16),
            "serial_number": (message.serial_number, 16),
        }
        found |= {"areas": _lte_areas(message)} if _lte_areas(message) else {}
        found |= {"stop_all": "true"} if message.stop_all else {}
        return _pdu(43, "reject", 0, "KillRequest", _listed(_S1AP, found))
    if isinstance(message, Restart | Failure):
        return _s1ap_trouble(message)
    assert isinstance(message, Answer)
    elements = [
        _ie(111, "reject", "MessageIdentifier", (message.message_identifier, 16)),
        _ie(112, "reject", "SerialNumber", (message.serial_number, 16)),
    ]
    stopped = message.procedure == "stop"
    word, done = ("cancelled", "Cancelled") if stopped else ("completed", "Broadcast")
    if message.cells:
        which, items = _reported(
            message,
            _lte_tai,
            lambda cell: {"eCGI": _lte_cgi(cell)},
            (f"{word}CellinTAI", f"{word}CellinEAI"),
        )
        name = (f"cellID-{done}", f"tAI-{done}", f"emergencyAreaID-{done}")[which]
        number, kind = (141, "Cancelled") if stopped else (120, "Completed")
        elements.append(_ie(number, "ignore", f"Broadcast{kind}AreaList", (name, items)))
    if message.diagnostics is not None:
        outcomes = (*OUTCOMES[:2], "unsuccessfull-outcome")  # its own spelling
        elements.append(
            _ie(58, "ignore", "CriticalityDiagnostics", _diagnostics(message, outcomes))
        )
    code, kind = (43, "KillResponse") if stopped else (36, "WriteReplaceWarningResponse")
    return _pdu(code, "reject", 1, kind, elements)


def _s1ap_trouble(message: Restart | Failure) -> Any:
    station = _ie(59, "reject", "Global-ENB-ID", _enb(message.base_station))
    cells = [_lte_cgi(cell) for cell in message.cells]
    if isinstance(message, Failure):
        elements = [_ie(222, "reject", "PWSfailedECGIList", cells), station]
        return _pdu(51, "ignore", 0, "PWSFailureIndication", elements)
    elements = [
        _ie(182, "reject", "ECGIListForRestart", cells),
        station,
        _ie(188, "reject", "TAIListForRestart", [_lte_tai(tai) for tai in message.tracking_areas]),
    ]
    if message.emergency_areas:
        areas = [eai.to_bytes(3, "big") for eai in message.emergency_areas]
        elements.append(_ie(190, "reject", "EmergencyAreaIDListForRestart", areas))
    return _pdu(49, "ignore", 0, "PWSRestartIndication", elements)


_NGAP = {
    "message_identifier": (35, "reject", "MessageIdentifier"),
    "serial_number": (95, "reject", "SerialNumber"),
    "areas": (122, "ignore", "WarningAreaList"),
    "repetition": (87, "reject", "RepetitionPeriod"),
    "broadcasts": (47, "reject", "NumberOfBroadcastsRequested"),
    "warning_type": (125, "ignore", "WarningType"),
    "security_information": (124, "ignore", "WarningSecurityInfo"),
    "dcs": (20, "ignore", "DataCodingScheme"),
    "contents": (123, "ignore", "WarningMessageContents"),
    "concurrent": (17, "reject", "ConcurrentWarningMessageInd"),
    "area_coordinates": (141, "ignore", "WarningAreaCoordinates"),
    "stop_all": (14, "reject", "CancelAllWarningMessages"),
}


def _nr_tai(area: TrackingArea) -> dict[str, Any]:
    return {"pLMNIdentity": plmn(area.plmn), "tAC": area.tac.to_bytes(3, "big")}


def _nr_cgi(cell: Cell) -> dict[str, Any]:
    if not cell.nr:
        return _lte_cgi(cell, "pLMNIdentity")
    return {"pLMNIdentity": plmn(cell.plmn), "nRCellIdentity": (cell.identity, 36)}


def _ng_station(station: BaseStation) -> Any:
    network = {"pLMNIdentity": plmn(station.plmn)}
    number = (station.identity, station.bits)
    if station.nr:
        return "globalGNB-ID", network | {"gNB-ID": ("gNB-ID", number)}
    sorts = {20: "macroNgENB-ID", 18: "shortMacroNgENB-ID", 21: "longMacroNgENB-ID"}
    return "globalNgENB-ID", network | {"ngENB-ID": (sorts[station.bits], number)}


def _nr_areas(request: WriteReplace | Stop) -> tuple[str, Any] | None:
    if request.cells:
        cells = [_nr_cgi(Cell(request.plmn, cell, nr=True)) for cell in request.cells]
        return "nR-CGIListForWarning", cells
    if request.emergency_areas:
        return "emergencyAreaIDList", [eai.to_bytes(3, "big") for eai in request.emergency_areas]
    if request.tac:
        return "tAIListForWarning", [
            _nr_tai(TrackingArea(request.plmn, tac)) for tac in request.tac
        ]
    return None


def _ngap(message: Any) -> Any:
    if isinstance(message, WriteReplace):
        found = _write_replace(message, _NGAP) | {"repetition": message.repetition_s}
        found |= {"areas": _nr_areas(message)} if _nr_areas(message) else {}
        return _pdu(51, "reject", 0, "WriteReplaceWarningRequest", _listed(_NGAP, found))
    if isinstance(message, Stop):
        found = {
            "message_identifier": (message.message_identifier, 16),
            "serial_number": (message.serial_number, 16),
        }
        found |= {"areas": _nr_areas(message)} if _nr_areas(message) else {}
        found |= {"stop_all": "true"} if message.stop_all else {}
        return _pdu(32, "reject", 0, "PWSCancelRequest", _listed(_NGAP, found))
    if isinstance(message, Restart | Failure):
        return _ngap_trouble(message)
    assert isinstance(message, Answer)
    elements = [
        _ie(35, "reject", "MessageIdentifier", (message.message_identifier, 16)),
        _ie(95, "reject", "SerialNumber", (message.serial_number, 16)),
    ]
    stopped = message.procedure == "stop"
    if message.cells:
        radio = "NR" if message.cells[0].cell.nr else "EUTRA"
        key = "nR-CGI" if radio == "NR" else "eUTRA-CGI"
        word, done = ("cancelled", "Cancelled") if stopped else ("completed", "Broadcast")
        which, items = _reported(
            message,
            _nr_tai,
            lambda cell: {key: _nr_cgi(cell)},
            (f"{word}CellsInTAI-{radio}", f"{word}CellsInEAI-{radio}"),
        )
        name = ("cellID", "tAI", "emergencyAreaID")[which] + done + radio
        number, kind = (12, "Cancelled") if stopped else (13, "Completed")
        elements.append(_ie(number, "ignore", f"Broadcast{kind}AreaList", (name, items)))
    if message.diagnostics is not None:
        elements.append(
            _ie(19, "ignore", "CriticalityDiagnostics", _diagnostics(message, OUTCOMES))
        )
    code, kind = (32, "PWSCancelResponse") if stopped else (51, "WriteReplaceWarningResponse")
    return _pdu(code, "reject", 1, kind, elements)


def _ngap_trouble(message: Restart | Failure) -> Any:
    station = _ie(27, "reject", "GlobalRANNodeID", _ng_station(message.base_station))
    nr = message.cells[0].nr
    cells = [_nr_cgi(cell) for cell in message.cells]
    if isinstance(message, Failure):
        name = "nR-CGI-PWSFailedList" if nr else "eUTRA-CGI-PWSFailedList"
        elements = [_ie(81, "reject", "PWSFailedCellIDList", (name, cells)), station]
        return _pdu(33, "ignore", 0, "PWSFailureIndication", elements)
    name = "nR-CGIListforRestart" if nr else "eUTRA-CGIListforRestart"
    tais = [_nr_tai(tai) for tai in message.tracking_areas]
    elements = [
        _ie(16, "reject", "CellIDListForRestart", (name, cells)),
        station,
        _ie(104, "reject", "TAIListForRestart", tais),
    ]
    if message.emergency_areas:
        areas = [eai.to_bytes(3, "big") for eai in message.emergency_areas]
        elements.append(_ie(23, "reject", "EmergencyAreaIDListForRestart", areas))
    return _pdu(34, "ignore", 0, "PWSRestartIndication", elements)
