"""Information elements of CBSP, the protocol between a CBC and the BSC of a GSM network.

Source: TS 48.049 clause 8.2, as far as public decoders tell it (Wireshark's, whose reading of the
repetition period follows the text of 8.2.8; libosmocore's for the rest). The text itself was not
at hand. An element is its identifier, then a value whose length the identifier fixes; lists carry
two octets of length. So an unknown element ends all decoding: nobody can tell where it stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ew4all.alerts.wire.plmn import check_plmn, plmn_from_octets, plmn_octets
from ew4all.errors import DecodeError, MessageError

__all__ = [
    "ALL_CELLS",
    "PAGE_OCTETS",
    "BroadcastType",
    "Category",
    "Cause",
    "Cell",
    "CellCount",
    "CellFailure",
    "CellKind",
    "CellLoad",
    "Channel",
    "CountInfo",
    "Element",
    "ElementError",
    "MessageType",
    "Reader",
    "Recovery",
    "period_code",
    "period_of_code",
    "period_s",
]

PAGE_OCTETS = 83
"""A page of text: one octet that counts the useful ones, then 82 (8.2.3)."""


class MessageType(IntEnum):
    """Message types (8.2.2). SET-DRX is listed to be named when it arrives; nothing makes it."""

    WRITE_REPLACE = 0x01
    WRITE_REPLACE_COMPLETE = 0x02
    WRITE_REPLACE_FAILURE = 0x03
    KILL = 0x04
    KILL_COMPLETE = 0x05
    KILL_FAILURE = 0x06
    LOAD_QUERY = 0x07
    LOAD_QUERY_COMPLETE = 0x08
    LOAD_QUERY_FAILURE = 0x09
    MESSAGE_STATUS_QUERY = 0x0A
    MESSAGE_STATUS_QUERY_COMPLETE = 0x0B
    MESSAGE_STATUS_QUERY_FAILURE = 0x0C
    SET_DRX = 0x0D
    SET_DRX_COMPLETE = 0x0E
    SET_DRX_FAILURE = 0x0F
    RESET = 0x10
    RESET_COMPLETE = 0x11
    RESET_FAILURE = 0x12
    RESTART = 0x13
    FAILURE = 0x14
    ERROR_INDICATION = 0x15
    KEEP_ALIVE = 0x16
    KEEP_ALIVE_COMPLETE = 0x17


class Element(IntEnum):
    """Information element identifiers (8.2.1)."""

    MESSAGE_CONTENT = 0x01
    OLD_SERIAL_NUMBER = 0x02
    NEW_SERIAL_NUMBER = 0x03
    CELL_LIST = 0x04
    CATEGORY = 0x05
    REPETITION_PERIOD = 0x06
    BROADCASTS_REQUESTED = 0x07
    BROADCASTS_COMPLETED_LIST = 0x08
    FAILURE_LIST = 0x09
    LOADING_LIST = 0x0A
    CAUSE = 0x0B
    DATA_CODING_SCHEME = 0x0C
    RECOVERY_INDICATION = 0x0D
    MESSAGE_IDENTIFIER = 0x0E
    EMERGENCY_INDICATOR = 0x0F
    WARNING_TYPE = 0x10
    WARNING_SECURITY_INFORMATION = 0x11
    CHANNEL_INDICATOR = 0x12
    NUMBER_OF_PAGES = 0x13
    SCHEDULE_PERIOD = 0x14
    RESERVED_SLOTS = 0x15
    BROADCAST_MESSAGE_TYPE = 0x16
    WARNING_PERIOD = 0x17
    KEEP_ALIVE_PERIOD = 0x18


class Cause(IntEnum):
    """Why a BSC refuses or fails (8.2.13)."""

    PARAMETER_NOT_RECOGNISED = 0x0
    PARAMETER_VALUE_INVALID = 0x1
    MESSAGE_REFERENCE_NOT_IDENTIFIED = 0x2
    CELL_IDENTITY_NOT_VALID = 0x3
    UNRECOGNISED_MESSAGE = 0x4
    MISSING_MANDATORY_ELEMENT = 0x5
    BSC_CAPACITY_EXCEEDED = 0x6
    CELL_MEMORY_EXCEEDED = 0x7
    BSC_MEMORY_EXCEEDED = 0x8
    CELL_BROADCAST_NOT_SUPPORTED = 0x9
    CELL_BROADCAST_NOT_OPERATIONAL = 0xA
    INCOMPATIBLE_DRX_PARAMETER = 0xB
    EXTENDED_CHANNEL_NOT_SUPPORTED = 0xC
    MESSAGE_REFERENCE_ALREADY_USED = 0xD
    UNSPECIFIED_ERROR = 0xE
    LAI_OR_LAC_NOT_VALID = 0xF


class Category(IntEnum):
    """How urgent a text is beside others on the same channel (8.2.7)."""

    HIGH_PRIORITY = 0
    BACKGROUND = 1
    NORMAL = 2


class Channel(IntEnum):
    """Basic or extended cell-broadcast channel (8.2.20); every phone listens to the basic one."""

    BASIC = 0
    EXTENDED = 1


class BroadcastType(IntEnum):
    """Texts or ETWS primary notifications (8.2.24)."""

    CBS = 0
    EMERGENCY = 1


class Recovery(IntEnum):
    """Whether cells that start again still hold their messages (8.2.15)."""

    DATA_AVAILABLE = 0
    DATA_LOST = 1


class CountInfo(IntEnum):
    """What a number of broadcasts is worth (8.2.10)."""

    VALID = 0
    OVERFLOW = 1
    UNKNOWN = 2


class CellKind(IntEnum):
    """How a list names its cells (8.2.6; the values of TS 48.008 3.2.2.17)."""

    CGI = 0
    LAC_CI = 1
    CI = 2
    LAI = 4
    LAC = 5
    BSS = 6


_PLMN = {CellKind.CGI, CellKind.LAI}
_LAC = {CellKind.CGI, CellKind.LAC_CI, CellKind.LAI, CellKind.LAC}
_CI = {CellKind.CGI, CellKind.LAC_CI, CellKind.CI}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, a location area or the whole BSC, as one entry of a list.

    Parameters
    ----------
    kind
        Which of the other parts it has.
    plmn
        Country and network code, 5 or 6 digits: CGI and LAI.
    lac
        Location area code, 16 bits: all but CI and BSS.
    ci
        Cell identity, 16 bits: CGI, LAC_CI and CI.

    Raises
    ------
    MessageError
        A part is out of range, missing, or too much for the kind.
    """

    kind: CellKind
    plmn: str | None = None
    lac: int | None = None
    ci: int | None = None

    def __post_init__(self) -> None:
        """Refuse parts that the kind does not carry."""
        for name, part, kinds in (
            ("plmn", self.plmn, _PLMN),
            ("lac", self.lac, _LAC),
            ("ci", self.ci, _CI),
        ):
            if (part is None) == (self.kind in kinds):
                state = "lacks its" if part is None else "cannot have a"
                msg = f"a cell of kind {self.kind.name} {state} {name}"
                raise MessageError(msg)
        if self.plmn is not None:
            check_plmn(self.plmn)
        for name, number in (("location area code", self.lac), ("cell identity", self.ci)):
            if number is not None and not 0 <= number <= 0xFFFF:
                msg = f"{name} {number} is no GSM value: 0 to 65535"
                raise MessageError(msg)

    def __str__(self) -> str:
        """Name the cell as records and messages do, such as ``001-01-12-345``."""
        if self.kind is CellKind.BSS:
            return "all cells of the BSC"
        plmn = [self.plmn[:3], self.plmn[3:]] if self.plmn else []
        numbers = [str(part) for part in (self.lac, self.ci) if part is not None]
        kind = [] if self.kind in _PLMN else [self.kind.name.lower().replace("_", "-")]
        return " ".join([*kind, "-".join([*plmn, *numbers])])

    def covers(self, other: Cell) -> bool:
        """Whether every cell that `other` names is named by this one too, by what both tell."""
        if self.kind is CellKind.BSS:
            return True
        pairs = ((self.plmn, other.plmn), (self.lac, other.lac), (self.ci, other.ci))
        return all(mine is None or mine == theirs for mine, theirs in pairs)

    def octets(self) -> bytes:
        """Return its entry in a list of its kind."""
        plmn = b"" if self.plmn is None else plmn_octets(self.plmn)
        numbers = (part for part in (self.lac, self.ci) if part is not None)
        return plmn + b"".join(part.to_bytes(2) for part in numbers)


ALL_CELLS = Cell(CellKind.BSS)
"""Every cell of the BSC, which a list names without an entry."""


@dataclass(frozen=True, slots=True)
class CellFailure:
    """A cell that refuses or fails, and why (8.2.11)."""

    cell: Cell
    cause: Cause


@dataclass(frozen=True, slots=True)
class CellCount:
    """How often a message was broadcast in a cell (8.2.10); `info` says what the number is worth."""

    cell: Cell
    broadcasts: int
    info: CountInfo = CountInfo.VALID


@dataclass(frozen=True, slots=True)
class CellLoad:
    """The load of the channel in a cell, in percent, as two figures of the BSC (8.2.12)."""

    cell: Cell
    first_percent: int
    second_percent: int


class ElementError(DecodeError):
    """Octets that are not CBSP; `cause` is what an ERROR INDICATION says of them."""

    def __init__(self, message: str, cause: Cause) -> None:
        super().__init__(message)
        self.cause = cause


class Reader:
    """Octets that are taken from the front; every error names the octet where it arose.

    Positions count from 0 at the first octet of the message.
    """

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    @property
    def left(self) -> int:
        """Octets that are not taken yet."""
        return len(self._data) - self.at

    def take(self, octets: int, what: str) -> bytes:
        """Take the next octets.

        Raises
        ------
        ElementError
            Fewer are left.
        """
        if octets > self.left:
            msg = f"octet {self.at}: {what} needs {octets} octets and {self.left} are left"
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
        self.at += octets
        return self._data[self.at - octets : self.at]

    def number(self, octets: int, what: str) -> int:
        """Take an unsigned number, most significant octet first."""
        return int.from_bytes(self.take(octets, what))

    def part(self, octets: int, what: str) -> Reader:
        """Take octets as a reader of their own, whose positions go on counting."""
        start = self.at
        self.take(octets, what)
        return Reader(self._data[: self.at], start)

    def member(self, kind: type[IntEnum], what: str) -> IntEnum:
        """Take one octet that must be a value of an enum."""
        at = self.at
        value = self.number(1, what)
        try:
            return kind(value)
        except ValueError:
            msg = f"octet {at}: {value} is no {what}"
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID) from None

    def cell(self, kind: CellKind) -> Cell:
        """Take one entry of a list whose kind is known."""
        at = self.at
        plmn = self.take(3, "the network of a cell") if kind in _PLMN else None
        lac = self.number(2, "a location area code") if kind in _LAC else None
        ci = self.number(2, "a cell identity") if kind in _CI else None
        try:
            return Cell(kind, None if plmn is None else plmn_from_octets(plmn), lac, ci)
        except (DecodeError, MessageError) as error:
            msg = f"octet {at}: {error}"
            raise ElementError(msg, Cause.CELL_IDENTITY_NOT_VALID) from error

    def kind(self) -> CellKind:
        """Take the discriminator of a list: the lower half of an octet whose upper half is spare."""
        at = self.at
        value = self.number(1, "the kind of a cell list") & 0x0F
        try:
            return CellKind(value)
        except ValueError:
            msg = f"octet {at}: {value} is no kind of cell identity"
            raise ElementError(msg, Cause.CELL_IDENTITY_NOT_VALID) from None


# (last code, seconds from one code to the next), 8.2.25: 1 to 10 s, then to 30 s, 2 min, 10 min, 1 h.
_STEPS = ((10, 1), (20, 2), (38, 5), (86, 10), (186, 30))


def period_of_code(code: int) -> int | None:
    """Return the seconds that a code of a warning or keep-alive period stands for; 0 is unlimited.

    None where the code is reserved.
    """
    seconds = last = 0
    for end, step in _STEPS:
        if code <= end:
            return seconds + (code - last) * step
        seconds, last = seconds + (end - last) * step, end
    return None


def period_code(seconds: int) -> int:
    """Return the code of the shortest period that is not shorter; 0 s, unlimited, is 0.

    Raises
    ------
    MessageError
        The period is negative or longer than an hour, which the element cannot say.
    """
    for code in range(_STEPS[-1][0] + 1):
        held = period_of_code(code)
        if held is not None and held >= seconds >= 0 and (code > 0) == (seconds > 0):
            return code
    msg = f"a period of {seconds} s cannot be said in CBSP: 1 to 3600 s, or 0 for unlimited"
    raise MessageError(msg)


def period_s(seconds: int) -> int:
    """Return the period that a BSC understands when it is told `seconds`: rounded up to a step."""
    return period_of_code(period_code(seconds)) or 0
