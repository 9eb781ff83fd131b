"""What a cell-broadcast centre asks of a network: put a message on air, or take it off.

One pair of dataclasses serves every interface, so that a message is described once. What an
interface cannot carry (a 24-bit tracking area code in LTE, say) is refused by its own module.
Ranges: TS 23.041, and the ASN.1 of TS 29.168, TS 36.413 and TS 38.413.
"""

from __future__ import annotations

from dataclasses import dataclass

from ew4all.alerts.wire.plmn import check_plmn
from ew4all.errors import MessageError

__all__ = [
    "MAX_AREA_COORDINATES",
    "MAX_REPETITION_S",
    "PAGE_OCTETS",
    "Stop",
    "WriteReplace",
]

MAX_REPETITION_S = 131_071
"""Longest repetition period of the packet networks, in seconds (ExtendedRepetitionPeriod)."""

MAX_AREA_COORDINATES = 1024
"""Most octets of warning-area coordinates (TS 36.413, TS 38.413)."""

PAGE_OCTETS = 83
"""A page inside CB data: 82 octets of text and one that counts the useful ones (TS 23.041 9.4.2.2.5)."""

_MAX_PAGES = 15
_SECURITY_OCTETS = 50
_MAX_CELLS = 65_535  # maxnoofCellID of TS 36.413


@dataclass(frozen=True)
class WriteReplace:
    """Put a message on air, or replace the one with the same identifier.

    Parameters
    ----------
    message_identifier, serial_number
        16 bits each (TS 23.041 9.4.1.2).
    repetition_s
        Time between two broadcasts of the message, in seconds, 0 to 131071.
    broadcasts
        How many times it is broadcast, 0 to 65535; **0 means until it is stopped** (but a base
        station of LTE broadcasts an ETWS text with 0 not at all, TS 29.168 4.4.5).
    dcs, contents
        Data coding scheme and CB data: the number of pages, then 83 octets for each page
        (TS 23.041 9.4.2.2.5). Both or neither.
    warning_type
        The 16 bits of an ETWS primary notification (TS 23.041 9.3.24).
    plmn
        Country and network code, 5 or 6 digits: the network of `tac` and `cells`.
    tac
        Tracking area codes where the message goes (16 bits in LTE, 24 bits in 5G).
    cells
        Cell identities where it goes (28 bits in LTE, 36 bits in 5G). With neither `tac`, `cells`
        nor `emergency_areas` it goes everywhere.
    concurrent
        It is broadcast beside those already on air instead of replacing them all.
    send_indication
        The network shall say where it is on air (SBc-AP, and AMF to CBC).
    area_coordinates
        Warning-area coordinates for the device, 1 to 1024 octets (TS 23.041 9.3.38).
    emergency_areas
        Emergency area identities, 24 bits each; not together with `cells`.
    security_information
        50 octets that accompany an ETWS primary notification; networks ignore them.

    Raises
    ------
    MessageError
        A value is outside its range, or there is neither a text nor a warning type.
    """

    message_identifier: int
    serial_number: int
    repetition_s: int
    broadcasts: int
    dcs: int | None
    contents: bytes | None
    warning_type: int | None = None
    plmn: str = "00101"
    tac: tuple[int, ...] = ()
    cells: tuple[int, ...] = ()
    concurrent: bool = False
    send_indication: bool = False
    area_coordinates: bytes | None = None
    emergency_areas: tuple[int, ...] = ()
    security_information: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what no interface can carry."""
        _check_identity(self.message_identifier, self.serial_number)
        _check("repetition period in seconds", self.repetition_s, MAX_REPETITION_S)
        _check("number of broadcasts", self.broadcasts, 0xFFFF)
        _check_area(self.plmn, self.tac, self.cells, self.emergency_areas)
        if (self.dcs is None) != (self.contents is None):
            missing = "data coding scheme" if self.dcs is None else "contents"
            msg = f"a message has no {missing}; a text needs both its contents and their coding"
            raise MessageError(msg)
        if self.dcs is not None:
            _check("data coding scheme", self.dcs, 0xFF)
        if self.warning_type is not None:
            _check("warning type", self.warning_type, 0xFFFF)
        if self.contents is None and self.warning_type is None:
            msg = "a message has neither contents nor an ETWS warning type: nothing would be warned"
            raise MessageError(msg)
        if self.contents is not None:
            _check_contents(self.contents)
        if self.area_coordinates is not None:
            octets = len(self.area_coordinates)
            if not 1 <= octets <= MAX_AREA_COORDINATES:
                msg = (
                    f"warning-area coordinates of {octets} octets: 1 to {MAX_AREA_COORDINATES} are "
                    f"possible; simplify the area"
                )
                raise MessageError(msg)
        if self.security_information is not None:
            octets = len(self.security_information)
            if octets != _SECURITY_OCTETS:
                msg = f"warning security information has {octets} octets instead of 50"
                raise MessageError(msg)


@dataclass(frozen=True)
class Stop:
    """Take a message off the air; it does not recall what devices have shown.

    Parameters
    ----------
    message_identifier, serial_number
        Those of the message on air, 16 bits each.
    plmn, tac, cells, emergency_areas
        Where it stops, as in `WriteReplace`; with none of them everywhere.
    send_indication
        The network shall say where it was stopped, and after how many broadcasts.
    stop_all
        Every message stops there; identifier and serial number are then ignored by the network.

    Raises
    ------
    MessageError
        A value is outside its range.
    """

    message_identifier: int
    serial_number: int
    plmn: str = "00101"
    tac: tuple[int, ...] = ()
    cells: tuple[int, ...] = ()
    send_indication: bool = False
    stop_all: bool = False
    emergency_areas: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no interface can carry."""
        _check_identity(self.message_identifier, self.serial_number)
        _check_area(self.plmn, self.tac, self.cells, self.emergency_areas)


def _check_identity(message_identifier: int, serial_number: int) -> None:
    _check("message identifier", message_identifier, 0xFFFF)
    _check("serial number", serial_number, 0xFFFF)


def _check_area(
    plmn: str, tac: tuple[int, ...], cells: tuple[int, ...], emergency_areas: tuple[int, ...]
) -> None:
    check_plmn(plmn)
    if cells and emergency_areas:
        msg = (
            "a message names both cells and emergency areas; networks take one kind of list, so "
            "send two messages"
        )
        raise MessageError(msg)
    for name, values, most in (
        ("tracking area code", tac, (1 << 24) - 1),
        ("cell identity", cells, (1 << 36) - 1),
        ("emergency area identity", emergency_areas, (1 << 24) - 1),
    ):
        if len(values) > _MAX_CELLS:
            msg = f"{len(values)} values of {name}: {_MAX_CELLS} at most fit into one message"
            raise MessageError(msg)
        if len(set(values)) < len(values):
            twice = next(value for k, value in enumerate(values) if value in values[:k])
            msg = f"{name} {twice} is given more than once; name each area once"
            raise MessageError(msg)
        for value in values:
            _check(name, value, most)


def _check_contents(contents: bytes) -> None:
    pages = contents[0] if contents else 0
    if not 1 <= pages <= _MAX_PAGES or len(contents) != 1 + PAGE_OCTETS * pages:
        msg = (
            f"contents of {len(contents)} octets are not CB data: the first octet says {pages} "
            f"pages; 1 to {_MAX_PAGES} are possible, with {PAGE_OCTETS} octets for each"
        )
        raise MessageError(msg)
    for page in range(1, pages + 1):
        useful = contents[PAGE_OCTETS * page]
        if useful > PAGE_OCTETS - 1:
            msg = f"page {page} of the contents says that {useful} of its 82 octets are useful"
            raise MessageError(msg)


def _check(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        msg = f"{name} {value!r} is not a whole number of 0 to {most}"
        raise MessageError(msg)
