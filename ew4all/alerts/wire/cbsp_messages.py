"""The messages of CBSP as data (TS 48.049 clause 8.1.3).

The order of the fields is the order on the wire, and what has a default of None or () may be
absent. A field that a caller cannot choose (`number_of_pages`) is on the wire all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, get_args

from ew4all.alerts.wire.cbsp_elements import (
    PAGE_OCTETS,
    BroadcastType,
    Category,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellLoad,
    Channel,
    MessageType,
    Recovery,
)
from ew4all.errors import MessageError

__all__ = [
    "CBSP_MESSAGES",
    "CbsWriteReplace",
    "CbspMessage",
    "EmergencyWriteReplace",
    "ErrorIndication",
    "Failure",
    "KeepAlive",
    "KeepAliveComplete",
    "Kill",
    "KillComplete",
    "KillFailure",
    "LoadQuery",
    "LoadQueryComplete",
    "LoadQueryFailure",
    "MessageStatusQuery",
    "MessageStatusQueryComplete",
    "MessageStatusQueryFailure",
    "Reset",
    "ResetComplete",
    "ResetFailure",
    "Restart",
    "WriteReplaceComplete",
    "WriteReplaceFailure",
]

_MAX_PAGES = 15
_SECURITY_OCTETS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CbsWriteReplace:
    """WRITE-REPLACE with a text (8.1.3.1).

    Parameters
    ----------
    old_serial_number
        The message that this one replaces; without it, a new message.
    repetition_period
        Between two broadcasts, in units of 1.883 s: 1 to 4095.
    broadcasts
        0 to 65535; 0 means until it is killed.
    pages
        1 to 15 pages: the number of useful octets, then 82 octets.

    Raises
    ------
    MessageError
        The pages are not that.
    """

    message_identifier: int
    new_serial_number: int
    old_serial_number: int | None = None
    cells: tuple[Cell, ...]
    channel: Channel = Channel.BASIC
    category: Category = Category.HIGH_PRIORITY
    repetition_period: int
    broadcasts: int
    number_of_pages: int = field(init=False)
    dcs: int
    pages: tuple[bytes, ...]

    TYPE: ClassVar = MessageType.WRITE_REPLACE

    def __post_init__(self) -> None:
        """Count the pages, and refuse what is no page."""
        object.__setattr__(self, "number_of_pages", len(self.pages))
        if not 1 <= len(self.pages) <= _MAX_PAGES:
            msg = f"{len(self.pages)} pages: a cell-broadcast message has 1 to {_MAX_PAGES}"
            raise MessageError(msg)
        for number, page in enumerate(self.pages, 1):
            if len(page) != PAGE_OCTETS or page[0] > PAGE_OCTETS - 1:
                msg = (
                    f"page {number} is no page of CBSP: it has {len(page)} octets of {PAGE_OCTETS}, "
                    f"of which the first counts the useful ones and is 82 at most"
                )
                raise MessageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyWriteReplace:
    """WRITE-REPLACE with an ETWS primary notification (8.1.3.1): a type of warning, no text.

    Parameters
    ----------
    warning_type
        16 bits (TS 23.041 9.3.24).
    security
        50 octets that networks ignore.
    warning_period_s
        How long the notification is broadcast, in seconds: 1 to 3600, rounded up to a step that
        the element can say; 0 means until it is killed.

    Raises
    ------
    MessageError
        The security information has not 50 octets.
    """

    message_identifier: int
    new_serial_number: int
    old_serial_number: int | None = None
    cells: tuple[Cell, ...]
    emergency_indicator: int = field(init=False, default=1)  # 1: ETWS; 0 is reserved
    warning_type: int
    security: bytes = bytes(_SECURITY_OCTETS)
    warning_period_s: int = 0

    TYPE: ClassVar = MessageType.WRITE_REPLACE

    def __post_init__(self) -> None:
        """Refuse security information of another length."""
        if len(self.security) != _SECURITY_OCTETS:
            msg = f"warning security information has {len(self.security)} octets instead of 50"
            raise MessageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReplaceComplete:
    """All cells took the message (8.1.3.2). `completed`: broadcasts of the message it replaced."""

    message_identifier: int
    new_serial_number: int
    old_serial_number: int | None = None
    completed: tuple[CellCount, ...] = ()
    cells: tuple[Cell, ...] = ()
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.WRITE_REPLACE_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReplaceFailure:
    """Some cells did not take the message (8.1.3.3); `cells` took it."""

    message_identifier: int
    new_serial_number: int
    old_serial_number: int | None = None
    failures: tuple[CellFailure, ...]
    completed: tuple[CellCount, ...] = ()
    cells: tuple[Cell, ...] = ()
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.WRITE_REPLACE_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Take a message off the air (8.1.3.4); with a channel a text, without one a notification."""

    message_identifier: int
    old_serial_number: int
    cells: tuple[Cell, ...]
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.KILL


@dataclass(frozen=True, slots=True, kw_only=True)
class KillComplete:
    """The message is off the air in all cells (8.1.3.5), after so many broadcasts."""

    message_identifier: int
    old_serial_number: int
    completed: tuple[CellCount, ...] = ()
    cells: tuple[Cell, ...] = ()
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.KILL_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class KillFailure:
    """Some cells did not kill the message (8.1.3.6); `cells` did."""

    message_identifier: int
    old_serial_number: int
    failures: tuple[CellFailure, ...]
    completed: tuple[CellCount, ...] = ()
    cells: tuple[Cell, ...] = ()
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.KILL_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQuery:
    """How busy is the channel? (8.1.3.7)."""

    cells: tuple[Cell, ...]
    channel: Channel = Channel.BASIC

    TYPE: ClassVar = MessageType.LOAD_QUERY


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQueryComplete:
    """How busy it is (8.1.3.8)."""

    loads: tuple[CellLoad, ...]
    channel: Channel = Channel.BASIC

    TYPE: ClassVar = MessageType.LOAD_QUERY_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQueryFailure:
    """Some cells cannot tell (8.1.3.9)."""

    failures: tuple[CellFailure, ...]
    channel: Channel = Channel.BASIC
    loads: tuple[CellLoad, ...] = ()

    TYPE: ClassVar = MessageType.LOAD_QUERY_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatusQuery:
    """How often was the message broadcast so far? (8.1.3.10)."""

    message_identifier: int
    old_serial_number: int
    cells: tuple[Cell, ...]
    channel: Channel = Channel.BASIC

    TYPE: ClassVar = MessageType.MESSAGE_STATUS_QUERY


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatusQueryComplete:
    """So many times in each cell (8.1.3.11)."""

    message_identifier: int
    old_serial_number: int
    completed: tuple[CellCount, ...]
    channel: Channel = Channel.BASIC

    TYPE: ClassVar = MessageType.MESSAGE_STATUS_QUERY_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatusQueryFailure:
    """Some cells cannot tell (8.1.3.12)."""

    message_identifier: int
    old_serial_number: int
    failures: tuple[CellFailure, ...]
    channel: Channel = Channel.BASIC
    completed: tuple[CellCount, ...] = ()

    TYPE: ClassVar = MessageType.MESSAGE_STATUS_QUERY_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Take every message off the air in these cells (8.1.3.16)."""

    cells: tuple[Cell, ...]

    TYPE: ClassVar = MessageType.RESET


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetComplete:
    """Nothing is on air in these cells (8.1.3.17)."""

    cells: tuple[Cell, ...]

    TYPE: ClassVar = MessageType.RESET_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetFailure:
    """Some cells were not reset (8.1.3.18); `cells` were."""

    failures: tuple[CellFailure, ...]
    cells: tuple[Cell, ...] = ()

    TYPE: ClassVar = MessageType.RESET_FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """Are you there? (8.1.3.18a). The next one follows within `period_s`, 1 to 120 s."""

    period_s: int

    TYPE: ClassVar = MessageType.KEEP_ALIVE

    def __post_init__(self) -> None:
        """Refuse a period that no BSC waits for."""
        if not 1 <= self.period_s <= 120:
            msg = f"a keep-alive period of {self.period_s} s: 1 to 120 s are possible"
            raise MessageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAliveComplete:
    """Yes (8.1.3.18b)."""

    TYPE: ClassVar = MessageType.KEEP_ALIVE_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Cells are back, with or without the messages they had (8.1.3.19)."""

    cells: tuple[Cell, ...]
    broadcast_type: BroadcastType
    recovery: Recovery

    TYPE: ClassVar = MessageType.RESTART


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Cells cannot broadcast any more (8.1.3.20); their messages were not killed."""

    failures: tuple[CellFailure, ...]
    broadcast_type: BroadcastType

    TYPE: ClassVar = MessageType.FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorIndication:
    """What came was not understood (8.1.3.21)."""

    cause: Cause
    message_identifier: int | None = None
    new_serial_number: int | None = None
    old_serial_number: int | None = None
    channel: Channel | None = None

    TYPE: ClassVar = MessageType.ERROR_INDICATION


CbspMessage: TypeAlias = (
    CbsWriteReplace
    | EmergencyWriteReplace
    | WriteReplaceComplete
    | WriteReplaceFailure
    | Kill
    | KillComplete
    | KillFailure
    | LoadQuery
    | LoadQueryComplete
    | LoadQueryFailure
    | MessageStatusQuery
    | MessageStatusQueryComplete
    | MessageStatusQueryFailure
    | Reset
    | ResetComplete
    | ResetFailure
    | KeepAlive
    | KeepAliveComplete
    | Restart
    | Failure
    | ErrorIndication
)

CBSP_MESSAGES: tuple[type[CbspMessage], ...] = get_args(CbspMessage)
"""Every class of message; two of them are WRITE-REPLACE."""
