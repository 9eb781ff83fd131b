"""What a network says back to a cell-broadcast centre.

An answer says that a request was understood; an indication says where the message is on air, or
where it was stopped. Neither says that a device received it, still less that a person saw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = [
    "Answer",
    "BaseStation",
    "Cause",
    "Cell",
    "CellReport",
    "Diagnostics",
    "ElementFault",
    "ErrorIndication",
    "Failure",
    "Indication",
    "Procedure",
    "Restart",
    "TrackingArea",
]


class Procedure(StrEnum):
    """What was asked for."""

    WRITE_REPLACE = "write-replace"
    STOP = "stop"


class Cause(IntEnum):
    """Why the core network answers as it does (TS 29.168 4.4.5)."""

    MESSAGE_ACCEPTED = 0
    PARAMETER_NOT_RECOGNISED = 1
    PARAMETER_VALUE_INVALID = 2
    VALID_MESSAGE_NOT_IDENTIFIED = 3
    TRACKING_AREA_NOT_VALID = 4
    UNRECOGNISED_MESSAGE = 5
    MISSING_MANDATORY_ELEMENT = 6
    MME_CAPACITY_EXCEEDED = 7
    MME_MEMORY_EXCEEDED = 8
    WARNING_BROADCAST_NOT_SUPPORTED = 9
    WARNING_BROADCAST_NOT_OPERATIONAL = 10
    MESSAGE_REFERENCE_ALREADY_USED = 11
    UNSPECIFIED_ERROR = 12
    TRANSFER_SYNTAX_ERROR = 13
    SEMANTIC_ERROR = 14
    MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE = 15
    ABSTRACT_SYNTAX_ERROR_REJECT = 16
    ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY = 17
    ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE = 18


@dataclass(frozen=True)
class TrackingArea:
    """A tracking area: 16 bits of code in LTE, 24 bits in 5G."""

    plmn: str
    tac: int


@dataclass(frozen=True)
class Cell:
    """A cell: 28 bits of identity in LTE, 36 bits in 5G (`nr`)."""

    plmn: str
    identity: int
    nr: bool = False


@dataclass(frozen=True)
class BaseStation:
    """A base station, and how many bits its identity has (18, 20, 21, 28; 22 to 32 in 5G)."""

    plmn: str
    identity: int
    bits: int
    nr: bool = False


@dataclass(frozen=True)
class CellReport:
    """A cell where a message is on air or was stopped.

    Parameters
    ----------
    cell
        The cell.
    broadcasts
        How many times it was broadcast, where a message was stopped; else None.
    tracking_area, emergency_area
        The area that the network names it under, if it does.
    """

    cell: Cell
    broadcasts: int | None = None
    tracking_area: TrackingArea | None = None
    emergency_area: int | None = None


@dataclass(frozen=True)
class ElementFault:
    """An element of a request that the network could not use, by its number in the standard."""

    number: int
    criticality: str
    error: str


@dataclass(frozen=True)
class Diagnostics:
    """What the network found wrong with a request, in the words of the standard."""

    procedure_code: int | None = None
    triggering_message: str | None = None
    procedure_criticality: str | None = None
    elements: tuple[ElementFault, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The response to a request.

    Parameters
    ----------
    procedure, message_identifier, serial_number
        What it answers.
    cause
        Of SBc-AP, 0 to 255, see `Cause`; None in S1AP and NGAP, which have none.
    unknown_tracking_areas
        Areas that the core network does not know (SBc-AP).
    cells
        Where the base station took it (S1AP, NGAP), with the broadcasts done where it stopped.
    diagnostics
        What was wrong with the request, if anything.
    """

    procedure: Procedure
    message_identifier: int
    serial_number: int
    cause: int | None = None
    unknown_tracking_areas: tuple[TrackingArea, ...] = ()
    cells: tuple[CellReport, ...] = ()
    diagnostics: Diagnostics | None = None

    @property
    def accepted(self) -> bool:
        """Whether the core network accepted it, or (S1AP, NGAP) at least one cell did."""
        return bool(self.cells) if self.cause is None else self.cause == Cause.MESSAGE_ACCEPTED


@dataclass(frozen=True)
class Indication:
    """Where a message is on air, or where it was stopped (SBc-AP).

    Several may come for one request: what holds is their union. `without` are base stations where
    nothing was stopped.
    """

    procedure: Procedure
    message_identifier: int
    serial_number: int
    cells: tuple[CellReport, ...] = ()
    without: tuple[BaseStation, ...] = ()


@dataclass(frozen=True)
class Restart:
    """Cells that started anew and have lost their messages: load again what is still valid."""

    base_station: BaseStation
    cells: tuple[Cell, ...]
    tracking_areas: tuple[TrackingArea, ...]
    emergency_areas: tuple[int, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Cells that cannot broadcast warnings now."""

    base_station: BaseStation
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ErrorIndication:
    """The core network could not read what it received (SBc-AP)."""

    cause: int | None = None
    diagnostics: Diagnostics | None = None
