"""Messages as osmo-cbc takes them from a cell-broadcast entity: its ECBE interface, in JSON.

osmo-cbc is an open cell-broadcast centre. ``POST /api/ecbe/v1/message`` puts a message on air, and
``DELETE /api/ecbe/v1/message/<message identifier>`` takes it off. What it accepts differs from the
schema that it ships: a serial number, a warning type and the payload each stand in an object that
names their form (`serial_nr_encoded`, `payload_encoded`, ...). That is what is written here, and
both are read. Known limits of osmo-cbc 0.5: it knows one area, the whole network; of its own
encodings only one page of GSM-7 is right, so texts are written as pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from ew4all.alerts import gsm7
from ew4all.alerts.cbs import (
    GSM7_PAGE,
    GSM_UNIT_S,
    PAGE_OCTETS,
    Alphabet,
    Coding,
    Dcs,
    EtwsWarning,
    GeographicalScope,
    Interface,
    Page,
    SerialNumber,
    cb_data,
    encode_text,
    pages_of,
    repetition_units,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError

__all__ = ["MESSAGE_PATH", "OsmoMessage", "delete_path", "from_json", "to_json"]

MESSAGE_PATH = "/api/ecbe/v1/message"
"""Where a message is posted."""

CATEGORIES = ("normal", "high_priority", "background")
SCOPES = {
    GeographicalScope.CELL_IMMEDIATE: "cell_wide_immediate",
    GeographicalScope.PLMN: "plmn_wide",
    GeographicalScope.AREA: "lac_sac_tac_wide",
    GeographicalScope.CELL: "cell_wide",
}
_KINDS = {"earthquake": 0, "tsunami": 1, "earthquake_and_tsunami": 2, "test": 3, "other": 4}
# The source of osmo-cbc 0.5 spells it so; its schema does not.
_KINDS_AS_READ = {**_KINDS, "earthquake_and_tsuname": 2}
_CR_UNIT = b"\x00\x0d"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_CHARACTER_SETS: dict[str, Coding] = {"gsm": "gsm7", "ucs2": "ucs2"}


@dataclass(frozen=True)
class OsmoMessage:
    """A message as osmo-cbc knows it: the request, and what only osmo-cbc asks for.

    Parameters
    ----------
    request
        For the whole network, which is the only area that osmo-cbc knows.
    cbe_name
        Name of the entity that sends it.
    category
        ``normal``, ``high_priority`` or ``background``.
    warning_period_s
        How long a notification is broadcast, in seconds; None where there is no limit.
    """

    request: WriteReplace
    cbe_name: str = "ew4all"
    category: str = "high_priority"
    warning_period_s: int | None = None


def to_json(message: OsmoMessage) -> dict[str, Any]:
    """Return the body of a POST.

    Texts are written as pages of 82 octets with their filling, and the repetition period in units
    of 1.883 s, rounded up.

    Raises
    ------
    MessageError
        osmo-cbc cannot be asked for it: an area, a text together with a notification, a category.
    """
    request = message.request
    if request.tac or request.cells or request.emergency_areas:
        msg = (
            "osmo-cbc knows one area, the whole network, and the message names cells or areas; it "
            "would warn everybody. Send it through another interface"
        )
        raise MessageError(msg)
    if message.category not in CATEGORIES:
        msg = f"category {message.category!r} is none of {', '.join(CATEGORIES)}"
        raise MessageError(msg)
    payload, pages = _payload(request)
    serial = SerialNumber.from_value(request.serial_number)
    period_s = request.repetition_s or pages * GSM_UNIT_S
    body: dict[str, Any] = {
        "cbe_name": message.cbe_name,
        "category": message.category,
        "repetition_period": repetition_units(Interface.CBSP, period_s, pages),
        "num_of_bcast": request.broadcasts,
        "scope": {"scope_plmn": {}},
        "smscb_message": {
            "message_id": request.message_identifier,
            "serial_nr": {
                "serial_nr_decoded": {
                    "geo_scope": SCOPES[serial.scope],
                    "msg_code": serial.message_code,
                    "update_nr": serial.update_number,
                }
            },
            "payload": payload,
        },
    }
    if message.warning_period_s is not None:
        body["warning_period_sec"] = message.warning_period_s
    return body


def delete_path(stop: Stop) -> str:
    """Return the path of the DELETE that stops a message.

    osmo-cbc goes by the message identifier alone: every message that it holds under it stops.

    Raises
    ------
    MessageError
        The stop names an area, or every message.
    """
    if stop.tac or stop.cells or stop.emergency_areas or stop.stop_all:
        msg = "osmo-cbc stops one message in the whole network, and not in an area or all messages"
        raise MessageError(msg)
    return f"{MESSAGE_PATH}/{stop.message_identifier}"


def from_json(data: bytes) -> OsmoMessage:
    """Read the body of a POST.

    Texts that are given as words are put on pages as `encode_text` does. The repetition period
    comes back in whole seconds, rounded down; it gives the same number of units again.

    Raises
    ------
    DecodeError
        It is no such body: what is wrong, and where in it.
    MessageError
        The message cannot be: the text does not fit, say.
    """
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"this is no JSON: {error}"
        raise DecodeError(msg) from error
    top = _object(body, "the message")
    scope = _object(top.get("scope"), "scope")
    if set(scope) != {"scope_plmn"}:
        _refuse("scope", "an object with scope_plmn, the only area that osmo-cbc knows")
    category = top.get("category", "normal")
    if category not in CATEGORIES:
        _refuse("category", f"one of {', '.join(CATEGORIES)}")
    units = _number(top, "repetition_period", 0, 4095)
    period_s = None
    if top.get("warning_period_sec") is not None:
        period_s = _number(top, "warning_period_sec", 0, 65535)
    message = _object(top.get("smscb_message"), "smscb_message")
    payload = _object(message.get("payload"), "smscb_message.payload")
    request = WriteReplace(
        _number(message, "message_id", 0, 0xFFFF),
        _serial(message.get("serial_nr")),
        repetition_s=int(units * GSM_UNIT_S),
        broadcasts=_number(top, "num_of_bcast", 0, 0xFFFF) if "num_of_bcast" in top else 0,
        **_content(payload),
    )
    return OsmoMessage(request, _words(top, "cbe_name"), category, period_s)


def _payload(request: WriteReplace) -> tuple[dict[str, Any], int]:
    """Return the payload, and how many pages it has."""
    if request.warning_type is not None and request.contents is not None:
        msg = "osmo-cbc takes a notification and a text as two messages; make one of each"
        raise MessageError(msg)
    if request.warning_type is not None:
        warning = EtwsWarning.from_value(request.warning_type)
        etws: dict[str, Any] = {
            "warning_type": {"warning_type_encoded": warning.kind},
            "emergency_user_alert": warning.emergency_user_alert,
            "popup_on_display": warning.popup,
        }
        if request.security_information is not None:
            etws["warning_sec_info"] = request.security_information.hex()
        return {"payload_etws": etws}, 1
    pages = pages_of(request.contents or b"")
    encoded = {"dcs": request.dcs, "pages": [page.octets.hex() for page in pages]}
    return {"payload_encoded": encoded}, len(pages)


def _content(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a request that say what is broadcast."""
    if len(payload) != 1:
        _refuse("payload", "one of payload_encoded, payload_decoded, payload_etws")
    ((form, inside),) = payload.items()
    parts = _object(inside, form)
    if form == "payload_encoded":
        dcs = _number(parts, "dcs", 0, 0xFF)
        return {"dcs": dcs, "contents": cb_data(_pages(parts.get("pages"), dcs))}
    if form == "payload_decoded":
        return _text(parts)
    if form != "payload_etws":
        _refuse("payload", "one of payload_encoded, payload_decoded, payload_etws")
    warning = EtwsWarning(
        _kind(parts.get("warning_type")),
        emergency_user_alert=_flag(parts, "emergency_user_alert"),
        popup=_flag(parts, "popup_on_display"),
    )
    security = None
    if "warning_sec_info" in parts:
        security = _octets(parts["warning_sec_info"], "warning_sec_info", 50)
        security += bytes(50 - len(security))
    return {
        "dcs": None,
        "contents": None,
        "warning_type": warning.value,
        "security_information": security,
    }


def _text(parts: dict[str, Any]) -> dict[str, Any]:
    name = _words(parts, "character_set")
    if name not in _CHARACTER_SETS:
        _refuse("character_set", "gsm or ucs2; 8bit data are no text")
    if "dcs_class" in parts:
        _refuse("dcs_class", "absent: a public warning has no message class")
    language = _words(parts, "language") if "language" in parts else None
    encoded = encode_text(_words(parts, "data_utf8"), language, _CHARACTER_SETS[name])
    return {"dcs": encoded.dcs, "contents": cb_data(encoded.pages)}


def _pages(given: Any, dcs: int) -> list[Page]:
    if not isinstance(given, list) or not 1 <= len(given) <= 15:
        _refuse("payload_encoded.pages", "a list of 1 to 15 pages in hex digits")
    pages = []
    for number, text in enumerate(given, 1):
        octets = _octets(text, f"payload_encoded.pages, page {number}", PAGE_OCTETS)
        pages.append(_page(octets, dcs))
    return pages


def _page(octets: bytes, dcs: int) -> Page:
    """Return a page: a short one is filled; of a whole one the filling is told from the text."""
    alphabet = Dcs.from_value(dcs).alphabet
    short = len(octets) < PAGE_OCTETS
    if alphabet is Alphabet.DATA:
        return Page(octets + bytes(PAGE_OCTETS - len(octets)), len(octets))
    if alphabet is Alphabet.UCS2:
        if len(octets) % 2:
            _refuse("payload_encoded.pages", "of whole UCS-2 characters, two octets each")
        if short:
            return Page(octets + _CR_UNIT * ((PAGE_OCTETS - len(octets)) // 2), len(octets))
        used = PAGE_OCTETS
        while used and octets[used - 2 : used] == _CR_UNIT:
            used -= 2
        return Page(octets, used)
    codes = gsm7.unpack(octets)
    filling = bytes([gsm7.CARRIAGE_RETURN])
    if short:
        return Page(gsm7.pack(codes + filling * (GSM7_PAGE - len(codes))), len(octets))
    return Page(octets, (7 * len(codes.rstrip(filling)) + 7) // 8)


def _serial(given: Any) -> int:
    where = "smscb_message.serial_nr"
    if isinstance(given, int) and not isinstance(given, bool):
        given = {"serial_nr_encoded": given}
    parts = _object(given, where)
    if "serial_nr_encoded" in parts:
        return _number(parts, "serial_nr_encoded", 0, 0xFFFF)
    inside = _object(parts.get("serial_nr_decoded", parts), where)
    names = {name: scope for scope, name in SCOPES.items()}
    scope = names.get(inside.get("geo_scope", ""))
    if scope is None:
        _refuse(f"{where}.geo_scope", f"one of {', '.join(names)}")
    code, update = _number(inside, "msg_code", 0, 1023), _number(inside, "update_nr", 0, 15)
    return SerialNumber(scope, code, update).value


def _kind(given: Any) -> int:
    where = "payload_etws.warning_type"
    parts = given if isinstance(given, dict) else {_form_of(given): given}
    if "warning_type_encoded" in parts:
        return _number(parts, "warning_type_encoded", 0, 0x7F)
    kind = _KINDS_AS_READ.get(parts.get("warning_type_decoded", ""))
    if kind is None:
        _refuse(where, f"a number of 0 to 127, or one of {', '.join(_KINDS)}")
    return kind


def _form_of(warning_type: Any) -> str:
    return "warning_type_decoded" if isinstance(warning_type, str) else "warning_type_encoded"


def _object(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        _refuse(where, "an object")
    return given


def _number(parts: dict[str, Any], name: str, least: int, most: int) -> int:
    value = parts.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        _refuse(name, f"a whole number of {least} to {most}")
    return value


def _words(parts: dict[str, Any], name: str) -> str:
    value = parts.get(name)
    if not isinstance(value, str):
        _refuse(name, "a text")
    return value


def _flag(parts: dict[str, Any], name: str) -> bool:
    value = parts.get(name, False)
    if not isinstance(value, bool):
        _refuse(name, "true or false")
    return value


def _octets(given: Any, where: str, most: int) -> bytes:
    if not isinstance(given, str) or not _HEX.fullmatch(given) or len(given) > 2 * most:
        _refuse(where, f"at most {most} octets in hex digits")
    return bytes.fromhex(given)


def _refuse(where: str, wanted: str) -> NoReturn:
    msg = f"{where} of the osmo-cbc message is not {wanted}"
    raise DecodeError(msg)
