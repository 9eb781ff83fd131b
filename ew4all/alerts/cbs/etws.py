"""ETWS: the earthquake and tsunami warning system's type, and its primary notification.

The primary notification carries no text and no area: two octets tell the kind of danger, and phones
show words of their own. It is on air within seconds; the text follows as a secondary notification
under the same identifier and serial number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ew4all.errors import DecodeError, MessageError

__all__ = [
    "PRIMARY_OCTETS",
    "EtwsWarning",
    "PrimaryNotification",
    "WarningType",
    "decode_primary_notification",
]

PRIMARY_OCTETS = 56
"""Serial number 2, message identifier 2, warning type 2, security information 50."""

_SECURITY_OCTETS = 50


class WarningType(IntEnum):
    """Kind of danger (TS 23.041 9.3.24)."""

    EARTHQUAKE = 0
    TSUNAMI = 1
    EARTHQUAKE_AND_TSUNAMI = 2
    TEST = 3
    OTHER = 4

    @property
    def message_identifier(self) -> int:
        """The identifier that goes with it: 4352 to 4356."""
        return 4352 + self


@dataclass(frozen=True)
class EtwsWarning:
    """The warning type of sixteen bits: kind (7), two flags, seven bits of 0.

    `kind` is a number beyond `WarningType` where a later standard gave it a meaning.
    """

    kind: int
    emergency_user_alert: bool = True
    popup: bool = True

    def __post_init__(self) -> None:
        """Check the range of TS 23.041 9.3.24."""
        if not 0 <= self.kind <= 0x7F:
            msg = f"an ETWS warning type is 0 to 127, not {self.kind}"
            raise MessageError(msg)

    @property
    def value(self) -> int:
        """The sixteen bits: an earthquake with both flags is 0x0180."""
        return self.kind << 9 | self.emergency_user_alert << 8 | self.popup << 7

    @classmethod
    def from_value(cls, value: int) -> EtwsWarning:
        """Take sixteen bits apart.

        Raises
        ------
        DecodeError
            The number has more than sixteen bits, or is negative.
        """
        if not 0 <= value <= 0xFFFF:
            msg = f"an ETWS warning type has 16 bits; {value} is not between 0 and 65535"
            raise DecodeError(msg)
        return cls(value >> 9, bool(value & 0x100), bool(value & 0x80))


@dataclass(frozen=True)
class PrimaryNotification:
    """An ETWS primary notification as GSM and Android carry it.

    `security` is a time stamp and a signature that no network uses; 50 octets of 0 by default.
    """

    serial_number: int
    message_identifier: int
    warning: EtwsWarning
    security: bytes = bytes(_SECURITY_OCTETS)

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not (0 <= self.serial_number <= 0xFFFF and 0 <= self.message_identifier <= 0xFFFF):
            msg = (
                f"serial number {self.serial_number} and message identifier "
                f"{self.message_identifier} must lie between 0 and 65535"
            )
            raise MessageError(msg)
        if len(self.security) != _SECURITY_OCTETS:
            msg = f"security information has {_SECURITY_OCTETS} octets, not {len(self.security)}"
            raise MessageError(msg)

    @property
    def octets(self) -> bytes:
        """The 56 octets."""
        parts = (self.serial_number, self.message_identifier, self.warning.value)
        return b"".join(part.to_bytes(2, "big") for part in parts) + self.security


def decode_primary_notification(octets: bytes) -> PrimaryNotification:
    """Take a primary notification apart.

    Raises
    ------
    DecodeError
        There are not 56 octets.
    """
    if len(octets) != PRIMARY_OCTETS:
        msg = f"an ETWS primary notification has {PRIMARY_OCTETS} octets, these are {len(octets)}"
        raise DecodeError(msg)
    serial, identifier, warning = (int.from_bytes(octets[k : k + 2], "big") for k in (0, 2, 4))
    return PrimaryNotification(serial, identifier, EtwsWarning.from_value(warning), octets[6:])
