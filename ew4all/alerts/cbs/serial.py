"""Serial numbers of cell-broadcast messages, and who may use which one.

Sixteen bits: geographical scope (2), message code (10), update number (4); TS 23.041 9.4.1.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from ew4all.errors import DecodeError, MessageError

__all__ = [
    "MEMORY",
    "GeographicalScope",
    "SerialAllocator",
    "SerialNumber",
    "SerialUse",
    "etws_code",
    "newer",
]

MEMORY = timedelta(hours=24)
"""How long a device takes the same identifier and serial number for a repeat (AOSP's default)."""

_CODES = 1024
_UPDATES = 16
_ETWS_USER_ALERT = 0x200  # bit 13 of the serial number (AOSP SmsCbConstants)
_ETWS_POPUP = 0x100  # bit 12


class GeographicalScope(IntEnum):
    """Where a serial number is unique, and how urgently it is shown (TS 23.041 9.4.1.2.1).

    A device shows a public warning at once whatever the scope says.
    """

    CELL_IMMEDIATE = 0
    PLMN = 1
    AREA = 2  # location area (GSM), service area (UMTS), tracking area (LTE, 5G)
    CELL = 3


@dataclass(frozen=True)
class SerialNumber:
    """Scope, message code (0 to 1023) and update number (0 to 15) of one message.

    Raises
    ------
    MessageError
        A part is outside its range.
    """

    scope: GeographicalScope
    message_code: int
    update_number: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of TS 23.041 9.4.1.2.1."""
        object.__setattr__(self, "scope", GeographicalScope(self.scope))
        for name, value, end in (
            ("message code", self.message_code, _CODES),
            ("update number", self.update_number, _UPDATES),
        ):
            if not 0 <= value < end:
                msg = f"a serial number's {name} is 0 to {end - 1}, not {value}"
                raise MessageError(msg)

    @property
    def value(self) -> int:
        """The sixteen bits as a number."""
        return self.scope << 14 | self.message_code << 4 | self.update_number

    @classmethod
    def from_value(cls, value: int) -> SerialNumber:
        """Take sixteen bits apart.

        Raises
        ------
        DecodeError
            The number has more than sixteen bits, or is negative.
        """
        if not 0 <= value <= 0xFFFF:
            msg = f"a serial number has 16 bits; {value} is not between 0 and 65535"
            raise DecodeError(msg)
        return cls(GeographicalScope(value >> 14), value >> 4 & 0x3FF, value & 0xF)

    def next_update(self) -> SerialNumber:
        """Return the serial number of this message's next version: the update number turns at 16."""
        return replace(self, update_number=(self.update_number + 1) % _UPDATES)

    @property
    def emergency_user_alert(self) -> bool:
        """In an ETWS message: the device shall alert its user."""
        return bool(self.message_code & _ETWS_USER_ALERT)

    @property
    def popup(self) -> bool:
        """In an ETWS message: the text shall pop up on the display."""
        return bool(self.message_code & _ETWS_POPUP)


def newer(a: SerialNumber, b: SerialNumber) -> bool:
    """Return whether `a` is a later version of the message `b`.

    The update number is cyclic: 1 to 8 steps onward are later, the rest earlier. Different scope or
    message code are different messages, and neither is later.
    """
    if (a.scope, a.message_code) != (b.scope, b.message_code):
        return False
    return 1 <= (a.update_number - b.update_number) % _UPDATES <= 8


def etws_code(code: int, *, emergency_user_alert: bool, popup: bool) -> int:
    """Return the message code of an ETWS message: two flags, then a code of 0 to 255.

    Raises
    ------
    MessageError
        The code does not fit into the eight bits below the flags.
    """
    if not 0 <= code < _ETWS_POPUP:
        msg = f"the message code of an ETWS message is 0 to 255 below its two flags, not {code}"
        raise MessageError(msg)
    return code | _ETWS_USER_ALERT * emergency_user_alert | _ETWS_POPUP * popup


@dataclass(frozen=True)
class SerialUse:
    """A serial number that was given out, and until when devices may remember it."""

    message_identifier: int
    serial: SerialNumber
    remembered_until: datetime


class SerialAllocator:
    """Gives out serial numbers so that no device takes a new warning for a repeat.

    A number stays taken for 24 hours after the message's last broadcast, for its identifier and
    scope: the additional language of a warning has another identifier and so its own numbers. Time
    is passed in, so that a simulation and a real centre use the same allocator.
    """

    def __init__(self, uses: tuple[SerialUse, ...] = (), *, memory: timedelta = MEMORY) -> None:
        """Begin with the numbers that are remembered from before (see `uses`)."""
        self._memory = memory
        self._taken: dict[tuple[int, SerialNumber], datetime] = {}
        self._last_code: dict[tuple[int, GeographicalScope], int] = {}
        for use in uses:
            self._remember(use.message_identifier, use.serial, use.remembered_until)

    @property
    def uses(self) -> tuple[SerialUse, ...]:
        """What is remembered, oldest first: what to store when the centre stops."""
        return tuple(SerialUse(key[0], key[1], until) for key, until in self._taken.items())

    def record(
        self,
        message_identifier: int,
        serial: SerialNumber,
        at: datetime,
        *,
        on_air_until: datetime | None = None,
    ) -> None:
        """Remember a number that somebody else chose."""
        last = at if on_air_until is None else max(at, on_air_until)
        self._remember(message_identifier, serial, last + self._memory)

    def start(
        self,
        message_identifier: int,
        scope: GeographicalScope,
        at: datetime,
        *,
        on_air_until: datetime | None = None,
        flags: int = 0,
    ) -> SerialNumber:
        """Return the number of a new warning: a message code that nobody remembers, update 0.

        Parameters
        ----------
        message_identifier, scope
            The space in which the code must be new.
        at
            The present, with a time zone.
        on_air_until
            When the last broadcast ends, if that is later.
        flags
            For ETWS: what `etws_code` makes of code 0. The code then has eight bits.

        Raises
        ------
        MessageError
            Every code is still remembered by devices.
        """
        free = _CODES if flags == 0 else _ETWS_POPUP
        remembered = {
            serial.message_code & (free - 1)
            for (identifier, serial), until in self._taken.items()
            if identifier == message_identifier and serial.scope == scope and until > at
        }
        # Onward from the last one rather than from 0: the code used longest ago comes back first.
        first = self._last_code.get((message_identifier, scope), -1) + 1
        for step in range(free):
            code = (first + step) % free
            if code not in remembered:
                serial = SerialNumber(scope, code | flags)
                self.record(message_identifier, serial, at, on_air_until=on_air_until)
                return serial
        msg = (
            f"all {free} message codes of identifier {message_identifier} and scope {scope.name} "
            f"were used within {self._memory}; a device would take another warning for a repeat. "
            f"Update one that is on air, or use another scope"
        )
        raise MessageError(msg)

    def update(
        self,
        message_identifier: int,
        serial: SerialNumber,
        at: datetime,
        *,
        on_air_until: datetime | None = None,
    ) -> SerialNumber:
        """Return the number of the next version of a warning that is known here.

        Raises
        ------
        MessageError
            The number was never given out for this identifier, is not its newest version, or its
            sixteen update numbers have all been used while devices still remember them.
        """
        if (message_identifier, serial) not in self._taken:
            msg = (
                f"serial number {serial.value:#06x} was never given out for identifier "
                f"{message_identifier}, so there is nothing to update; start a new warning"
            )
            raise MessageError(msg)
        following = serial.next_update()
        until = self._taken.get((message_identifier, following))
        if until is not None and until > at:
            msg = (
                f"update number {following.update_number} of identifier {message_identifier}, "
                f"message code {serial.message_code} is remembered by devices until {until}: "
                f"either serial number {serial.value:#06x} is not the newest version, or it was "
                f"updated 16 times; start a new warning"
            )
            raise MessageError(msg)
        self.record(message_identifier, following, at, on_air_until=on_air_until)
        return following

    def _remember(self, message_identifier: int, serial: SerialNumber, until: datetime) -> None:
        if until.utcoffset() is None:
            msg = f"{until} has no time zone, so it cannot be told whether 24 hours have passed"
            raise MessageError(msg)
        key = (message_identifier, serial)
        self._taken[key] = max(until, self._taken.get(key, until))
        code = serial.message_code
        self._last_code[message_identifier, serial.scope] = code
