"""Golden vectors: PDUs of independent encoders that tshark accepts, and what they hold.

``tests/golden/*.hex``: those of the issue (standards.md 4.3: pycrate with the ASN.1 of 3GPP), and
answers of SBc-AP made likewise from the ASN.1 of TS 29.168 V15.1.0, which pycrate does not hold.
"""

from __future__ import annotations

from pathlib import Path

from ew4all.alerts.wire.answers import (
    Answer,
    BaseStation,
    Cause,
    Cell,
    CellReport,
    Diagnostics,
    ElementFault,
    ErrorIndication,
    Failure,
    Indication,
    Procedure,
    Restart,
    TrackingArea,
)
from ew4all.alerts.wire.request import Stop, WriteReplace

__all__ = ["CONTENTS", "SBCAP", "SBCAP_REQUEST", "TAI_REQUEST", "golden"]


def golden(name: str) -> bytes:
    """The octets of one vector."""
    return bytes.fromhex((Path(__file__).parent / "golden" / f"{name}.hex").read_text())


# CB data of the text, packed by an independent encoder: two pages and their useful octets.
CONTENTS = golden("cb_data")

SBCAP_REQUEST = WriteReplace(
    message_identifier=4370,
    serial_number=0x4010,
    repetition_s=30,
    broadcasts=10,
    dcs=0x0F,
    contents=CONTENTS,
    plmn="00101",
    tac=(1, 2),
    cells=(0x1234501,),
    concurrent=True,
    send_indication=True,
)
TAI_REQUEST = WriteReplace(
    message_identifier=4370,
    serial_number=0x4010,
    repetition_s=30,
    broadcasts=10,
    dcs=0x0F,
    contents=CONTENTS,
    plmn="00101",
    tac=(1,),
    concurrent=True,
)

_CELL = Cell("310260", 0x1234501)
_AREA = TrackingArea("310260", 0xBEEF)
_STATION = BaseStation("310260", 0x12345, 20)
_WRITE_REPLACE = (Procedure.WRITE_REPLACE, 4370, 0x4010)
_STOP = (Procedure.STOP, 4370, 0x4010)
_FAULTS = (ElementFault(16, "ignore", "not-understood"), ElementFault(3, "reject", "missing"))
_DIAGNOSTICS = Diagnostics(0, "initiating-message", "reject", _FAULTS)

SBCAP = {
    "sbcap_write_replace": SBCAP_REQUEST,
    "sbcap_etws_primary": WriteReplace(
        4352, 0x7000, 0, 1, None, None, 0x0180, security_information=bytes(range(50))
    ),
    "sbcap_hours_between_and_coordinates": WriteReplace(
        4371,
        0x4021,
        86_400,
        0,
        0x0F,
        CONTENTS,
        plmn="310260",
        tac=(1,),
        area_coordinates=bytes.fromhex("1008a1b2c3d4e5f60718"),
    ),
    "sbcap_emergency_areas": WriteReplace(
        4371, 0x4021, 60, 30, 0x0F, CONTENTS, emergency_areas=(1, 0xABCDEF)
    ),
    "sbcap_stop": Stop(4370, 0x4010, tac=(1, 2), cells=(0x1234501,), send_indication=True),
    "sbcap_stop_all": Stop(0, 0, stop_all=True),
    "sbcap_accepted": Answer(*_WRITE_REPLACE, Cause.MESSAGE_ACCEPTED),
    "sbcap_area_not_valid": Answer(
        *_WRITE_REPLACE, Cause.TRACKING_AREA_NOT_VALID, (_AREA,), diagnostics=_DIAGNOSTICS
    ),
    "sbcap_not_identified": Answer(*_STOP, Cause.VALID_MESSAGE_NOT_IDENTIFIED),
    "sbcap_on_air": Indication(
        *_WRITE_REPLACE,
        (
            CellReport(_CELL),
            CellReport(_CELL, tracking_area=_AREA),
            CellReport(_CELL, emergency_area=7),
        ),
    ),
    "sbcap_stopped": Indication(
        *_STOP,
        (CellReport(_CELL, 12, tracking_area=_AREA), CellReport(_CELL, 0, tracking_area=_AREA)),
        (_STATION, BaseStation("00101", 0x3FFFF, 18), BaseStation("00101", 1, 21)),
    ),
    "sbcap_restart": Restart(_STATION, (_CELL,), (_AREA,), (7,)),
    "sbcap_failure": Failure(BaseStation("00101", 0xABCDEF1, 28), (_CELL,)),
    "sbcap_error": ErrorIndication(Cause.TRANSFER_SYNTAX_ERROR, Diagnostics(255)),
}
"""SBc-AP, each beside its vector of the same name."""
