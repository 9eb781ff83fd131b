"""A CAP alert or a text as the cell-broadcast messages of every interface, for analysis.

Everything here is plain data: nothing that it returns is accepted by a transport, which takes only
what the gateway has authorised.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap import Status
from ew4all.alerts.cbs import (
    MAX_BROADCASTS,
    EtwsWarning,
    GeographicalScope,
    SerialAllocator,
    SerialNumber,
    additional_language,
    broadcasts,
    cb_data,
    encode_text,
    etws_code,
    is_etws,
)
from ew4all.alerts.cbs.identifiers import IDENTIFIERS
from ew4all.alerts.device_area import device_area
from ew4all.alerts.drill import DrillIdentifier
from ew4all.alerts.encode_parameters import Parameters
from ew4all.alerts.life import DEFAULT_LIFE, DEFAULT_REPETITION_S, schedule
from ew4all.alerts.mapping import Action, Mapped, SerialRelation, map_alert, stopped
from ew4all.alerts.phone import Broadcast, show
from ew4all.alerts.wire.pdus import pdus_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.alerts.cap import Alert, Info
    from ew4all.alerts.geocodes import GeocodeTable
    from ew4all.alerts.mapping_profile import Profile

__all__ = ["Encoded", "encode_alert", "encode_message"]

# Where `--text` has no alert, its time only orders serial numbers.
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)

_LAST_YEAR = 9999


@dataclass(frozen=True)
class Encoded:
    """One message as it would go out.

    `text` is what is shown, which may differ from the mapped text in characters that the alphabet
    lacks. `pages` have 82 octets each. `pdus` are by interface; `without` says why one is missing.
    """

    mapped: Mapped
    message_identifier: int | None = None
    serial_number: int | None = None
    dcs: int | None = None
    pages: tuple[bytes, ...] = ()
    text: str = ""
    repetition_s: int | None = None
    broadcasts: int | None = None
    request: WriteReplace | Stop | None = None
    pdus: Mapping[str, bytes | tuple[bytes, ...]] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    phone: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return plain data for JSON, octets in hexadecimal digits."""
        return {
            "message_identifier": self.message_identifier,
            "serial_number": self.serial_number,
            "language": self.mapped.language,
            "dcs": self.dcs,
            "pages": [page.hex() for page in self.pages],
            "text": self.text,
            "action": str(self.mapped.action),
            "reason": self.mapped.reason,
            "pdus": {
                name: pdu.hex() if isinstance(pdu, bytes) else [part.hex() for part in pdu]
                for name, pdu in self.pdus.items()
            },
            "without_pdu": dict(self.without),
            "short_text": self.mapped.short_text,
            "event_class": self.mapped.event_class,
            "serial_relation": str(self.mapped.serial),
            "repetition_s": self.repetition_s,
            "broadcasts": self.broadcasts,
            "other_channels": list(self.mapped.other_channels),
            "area_coordinates": None if (area := _area(self.request)) is None else area.hex(),
            "phone": None if self.phone is None else dict(self.phone),
            "notes": [*self.mapped.notes, *self.notes],
        }


def _area(request: WriteReplace | Stop | None) -> bytes | None:
    return request.area_coordinates if isinstance(request, WriteReplace) else None


def encode_alert(
    alert: Alert,
    rules: Profile,
    parameters: Parameters | None = None,
    *,
    previous: Sequence[Encoded] | None = None,
    geofence: bool = False,
    geocodes: GeocodeTable | None = None,
) -> tuple[Encoded, ...]:
    """Encode the messages of an alert.

    Parameters
    ----------
    alert
        Any alert.
    rules
        The mapping profile.
    parameters
        Values that replace those of profile and alert.
    previous
        What this function gave for the alert that this one updates or cancels. None: not known.
    geofence
        Put the alert's area into the messages, for phones to compare with their own place.
    geocodes
        Table for areas that have no polygon.

    Raises
    ------
    MessageError
        A parameter is out of range, a test would get an identifier that is not one of tests, or the
        alert begins where no calendar has room for what follows it.
    CapError, GeocodeError, GeometryError
        With `geofence`: the area is not known, or cannot be written.
    """
    given = Parameters() if parameters is None else parameters
    begins = [alert.sent, *(info.effective for info in alert.infos if info.effective is not None)]
    if any(moment.year >= _LAST_YEAR for moment in begins):
        msg = f"the alert begins at {max(begins).isoformat()}, the end of the calendar; correct it"
        raise MessageError(msg)
    on_air = None if previous is None else [item.mapped for item in previous]
    mapped = map_alert(alert, rules, previous=on_air)
    serials = _Serials(alert.sent, given, previous or ())

    def area(item: Mapped) -> tuple[bytes | None, tuple[str, ...]]:
        if not geofence or item.info is None or item.action is not Action.WRITE_REPLACE:
            return None, ()
        if item.warning_type is not None:
            return None, ("no area goes with ETWS: its messages have no place for it",)
        return device_area(alert, item.info, geocodes=geocodes)

    out: list[Encoded] = []
    for item in mapped:
        encoded = _encoded(item, alert, rules, given, serials, area(item))
        out.append(encoded)
        if encoded.mapped.action is Action.NONE and item.previous is not None:
            # An update that is over already replaces nothing; what it was to replace is over too.
            stop = stopped(item.previous, "Update that is not broadcast")
            out.append(_encoded(stop, alert, rules, given, serials))
    return tuple(out)


def encode_message(
    text: str,
    rules: Profile,
    parameters: Parameters | None = None,
    *,
    language: str | None = None,
) -> tuple[Encoded, ...]:
    """Encode a text that belongs to no alert: under the profile's identifier of tests by default.

    Raises
    ------
    MessageError
        The text or a parameter cannot be encoded, or the profile has no identifier of tests.
    """
    given = Parameters() if parameters is None else parameters
    identifier = given.message_identifier
    reason = "a text without an alert, under the identifier that was given"
    if identifier is None:
        tests = [kind for kind in rules.classes if Status.TEST in kind.statuses and kind.always]
        if not tests or tests[0].identifier is None:
            msg = f"{rules.title} has no identifier of tests; give message_identifier in --params"
            raise MessageError(msg)
        identifier = tests[0].identifier
        reason = f"a text without an alert: {tests[0].name} ({rules.title})"
    if identifier in IDENTIFIERS and not IDENTIFIERS[identifier].displays:
        msg = (
            f"message_identifier {identifier} carries no text for a display "
            f"({IDENTIFIERS[identifier].name}); give one that does"
        )
        raise MessageError(msg)
    mapped = Mapped(
        Action.WRITE_REPLACE,
        reason,
        message_identifier=identifier,
        language=language,
        text=text,
        serial=SerialRelation.NEW,
        warning_type=identifier - 4352 if 4352 <= identifier <= 4356 else None,
    )
    return (_encoded(mapped, None, rules, given, _Serials(_SOME_TIME, given, ())),)


class _Serials:
    """Serial numbers of the messages of one alert."""

    def __init__(self, at: datetime, given: Parameters, previous: Sequence[Encoded]) -> None:
        self._at = at
        self._given = given.serial_number
        self._previous = previous
        self._allocator = SerialAllocator()
        for item in previous:
            if item.message_identifier is not None and item.serial_number is not None:
                serial = SerialNumber.from_value(item.serial_number)
                self._allocator.record(item.message_identifier, serial, at)

    def of(self, mapped: Mapped, identifier: int | None) -> int | None:
        """Return the number of a message; None where that of the message on air is not known."""
        if mapped.previous is not None:
            # The one on air is known, and its number decides.
            for item in self._previous:
                if item.mapped == mapped.previous and item.serial_number is not None:
                    serial = SerialNumber.from_value(item.serial_number)
                    update = mapped.serial is SerialRelation.UPDATE
                    return (serial.next_update() if update else serial).value
        if self._given is not None and identifier is not None:
            given = SerialNumber.from_value(self._given)
            serials = [
                use.serial for use in self._allocator.uses if use.message_identifier == identifier
            ]
            if given not in serials:
                self._allocator.record(identifier, given, self._at)
                return given.value
        if mapped.serial is SerialRelation.SAME or identifier is None:
            return None
        etws = is_etws(identifier)
        flags = etws_code(0, emergency_user_alert=True, popup=True) if etws else 0
        serial = self._allocator.start(identifier, GeographicalScope.PLMN, self._at, flags=flags)
        if mapped.serial is SerialRelation.UPDATE:
            # What it replaces is not known; a first update is what can be shown of it.
            serial = serial.next_update()
            self._allocator.record(identifier, serial, self._at)
        return serial.value


def _encoded(
    mapped: Mapped,
    alert: Alert | None,
    rules: Profile,
    given: Parameters,
    serials: _Serials,
    area: tuple[bytes | None, tuple[str, ...]] = (None, ()),
) -> Encoded:
    if mapped.action is Action.NONE:
        return Encoded(mapped)
    identifier = _identifier(mapped, alert, given)
    serial = serials.of(mapped, identifier)
    if mapped.action is Action.STOP:
        return _stop(mapped, identifier, serial, given)
    assert identifier is not None
    assert serial is not None
    info = alert.infos[mapped.info] if alert is not None and mapped.info is not None else None
    times = _times(alert, info, given)
    if isinstance(times, str):
        refused = replace(
            mapped, action=Action.NONE, reason=times, other_channels=rules.other_channels
        )
        return Encoded(refused)
    repetition_s, number, notes = times
    text = encode_text(mapped.text, mapped.language, transliterate=rules.text.transliterate)
    concurrent = given.concurrent if given.concurrent is not None else True
    if is_etws(identifier):
        if given.concurrent:
            notes.append("concurrent is left out: it never goes with ETWS (TS 23.041 9.3.32)")
        concurrent = False
    warning = None if mapped.warning_type is None else EtwsWarning(mapped.warning_type).value
    request = WriteReplace(
        message_identifier=identifier,
        serial_number=serial,
        repetition_s=repetition_s,
        broadcasts=number,
        dcs=text.dcs,
        contents=cb_data(text.pages),
        warning_type=warning,
        plmn=given.plmn,
        tac=given.tac,
        cells=given.cells,
        concurrent=concurrent,
        send_indication=given.send_indication,
        area_coordinates=area[0],
    )
    pdus, without = pdus_of(request, segment_octets=given.segment_octets)
    heard = Broadcast(
        identifier, serial, text.dcs, request.contents, warning, area[0], plmn=given.plmn
    )
    return Encoded(
        mapped,
        message_identifier=identifier,
        serial_number=serial,
        dcs=text.dcs,
        pages=tuple(page.octets for page in text.pages),
        text=text.text,
        repetition_s=repetition_s,
        broadcasts=number,
        request=request,
        pdus=pdus,
        without=without,
        phone=show(heard).as_dict(),
        notes=(*notes, *text.notes, *area[1]),
    )


def _identifier(mapped: Mapped, alert: Alert | None, given: Parameters) -> int | None:
    """Return the identifier: that of the parameters where there is one, or its additional language."""
    if given.message_identifier is None:
        return mapped.message_identifier
    identifier = given.message_identifier
    if mapped.message_identifier is not None and mapped.additional:
        identifier = additional_language(identifier)
    if alert is not None and alert.status is not Status.ACTUAL and identifier not in _DRILLS:
        msg = (
            f"an alert of status {alert.status} can have the identifiers "
            f"{', '.join(map(str, sorted(_DRILLS)))} only, and message_identifier is {identifier}"
        )
        raise MessageError(msg)
    return identifier


# 4393, the monthly test in an additional language, is no identifier that may be made here, but an
# alert of somebody else may have it.
_DRILLS = {*map(int, DrillIdentifier), 4393}


def _stop(mapped: Mapped, identifier: int | None, serial: int | None, given: Parameters) -> Encoded:
    if identifier is None or serial is None:
        unknown = "identifier" if identifier is None else "serial number"
        note = (
            f"the {unknown} of the message on air is not known, so no message can be built; give "
            f"the alert on air (--previous), or message_identifier and serial_number in --params"
        )
        return Encoded(mapped, message_identifier=identifier, notes=(note,))
    request = Stop(
        identifier,
        serial,
        plmn=given.plmn,
        tac=given.tac,
        cells=given.cells,
        send_indication=given.send_indication,
    )
    pdus, without = pdus_of(request)
    return Encoded(
        mapped,
        message_identifier=identifier,
        serial_number=serial,
        request=request,
        pdus=pdus,
        without=without,
    )


def _times(
    alert: Alert | None, info: Info | None, given: Parameters
) -> tuple[int, int, list[str]] | str:
    """Return the repetition period in seconds and the number of broadcasts, or why there are none."""
    period_s = DEFAULT_REPETITION_S if given.repetition_s is None else given.repetition_s
    if given.broadcasts is not None:
        return period_s, given.broadcasts, []
    notes: list[str] = []
    start = _SOME_TIME
    end = start + DEFAULT_LIFE
    if alert is not None:
        start = (info.effective if info else None) or alert.sent
        end = start + DEFAULT_LIFE
        if info is not None and info.expires is not None:
            end = info.expires
        else:
            notes.append(f"the alert has no expires; it is taken to last {DEFAULT_LIFE}")
        if info is not None and info.onset is not None and info.onset > start:
            notes.append(f"the event begins at {info.onset.isoformat()}, after the alert")
    if end <= start:
        return (
            f"the alert expires at {end.isoformat()}, which is not after {start.isoformat()}: "
            f"nothing is left to broadcast"
        )
    if given.repetition_s is None:
        period_s, number = schedule(start, end)
        if period_s > DEFAULT_REPETITION_S:
            notes.append(f"repeated every {period_s} s, so that {MAX_BROADCASTS} times are enough")
        return period_s, number, notes
    if period_s == 0:
        return 0, 1, [*notes, "a repetition period of 0 is one broadcast"]
    return period_s, broadcasts(period_s, start, end), notes
