"""Types of the elements that SBc-AP, S1AP and NGAP have in common.

Sizes and bounds are those of the ASN.1 in TS 29.168, TS 36.413 and TS 38.413; all three agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.wire.areas import EmergencyAreaKind, ReportKind
from ew4all.alerts.wire.frame import CRITICALITY, record
from ew4all.alerts.wire.per_kinds import (
    Bits,
    Choice,
    Enumerated,
    Field,
    Kind,
    Listed,
    Octets,
    Record,
    Whole,
)
from ew4all.alerts.wire.request import MAX_AREA_COORDINATES, MAX_REPETITION_S

if TYPE_CHECKING:
    from ew4all.alerts.wire.areas import CellKind, TrackingAreaKind

__all__ = [
    "BROADCASTS",
    "CONTENTS",
    "COORDINATES",
    "DCS",
    "EMERGENCY_AREAS",
    "EXTENDED_REPETITION",
    "IDENTIFIER",
    "SECURITY",
    "WARNING_TYPE",
    "area_choice",
    "cell_lists",
    "diagnostics",
    "many",
]

_MOST = 65_535  # cells, tracking areas and emergency areas of a list in all three standards

IDENTIFIER: Kind = Bits(16)  # of the message, and its serial number
BROADCASTS: Kind = Whole(0, 65_535)
EXTENDED_REPETITION: Kind = Whole(4096, MAX_REPETITION_S)
DCS: Kind = Bits(8)
CONTENTS: Kind = Octets(1, 9600)
COORDINATES: Kind = Octets(1, MAX_AREA_COORDINATES)
WARNING_TYPE: Kind = Octets(2, 2)
SECURITY: Kind = Octets(50, 50)


def many(kind: Kind, most: int = _MOST) -> Listed:
    """Return a list of one or more."""
    return Listed(kind, 1, most)


EMERGENCY_AREAS: Kind = many(EmergencyAreaKind())


def cell_lists(
    cell: CellKind, tracking_area: TrackingAreaKind, *, stopped: bool, prefix: str = ""
) -> tuple[Field, Field, Field]:
    """Return the three ways of listing cells: bare, by tracking area, by emergency area."""
    report = ReportKind(cell, stopped)
    by_tracking_area = record(Field("area", tracking_area), Field("cells", many(report)))
    by_emergency_area = record(Field("area", EmergencyAreaKind()), Field("cells", many(report)))
    return (
        Field(f"{prefix}cells", many(report)),
        Field(f"{prefix}tracking-areas", many(by_tracking_area)),
        Field(f"{prefix}emergency-areas", many(by_emergency_area)),
    )


def diagnostics(*triggering: str) -> Record:
    """Return what tells the faults of a request; `triggering` names the outcomes it can name."""
    error = Enumerated(("not-understood", "missing"), extensible=True)
    fault = record(
        Field("criticality", CRITICALITY), Field("number", Whole(0, 65_535)), Field("error", error)
    )
    return record(
        Field("procedure_code", Whole(0, 255), optional=True),
        Field("triggering_message", Enumerated(triggering), optional=True),
        Field("procedure_criticality", CRITICALITY, optional=True),
        Field("elements", many(fault, 256), optional=True),
    )


def area_choice(cell: CellKind, tracking_area: TrackingAreaKind) -> Choice:
    """Return the warning area of LTE: a list of cells, tracking areas or emergency areas."""
    return Choice(
        (
            Field("cells", many(cell)),
            Field("tracking-areas", many(tracking_area)),
            Field("emergency-areas", EMERGENCY_AREAS),
        ),
        extensible=True,
    )
