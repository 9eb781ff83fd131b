"""A request as the PDUs of every interface that can carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.cbs import is_etws
from ew4all.alerts.wire import cbsp, ngap, s1ap, sbcap
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.alerts.wire.sib import SIB8, SIB12
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pdus_of"]

_INTERFACES: dict[str, Callable[[WriteReplace | Stop], bytes]] = {
    "ngap": ngap.encode,
    "s1ap": s1ap.encode,
    "sbcap": sbcap.encode,
    "cbsp": cbsp.encode,
}
_BLOCKS = {"sib12": SIB12, "sib8": SIB8}


def pdus_of(
    request: WriteReplace | Stop, *, segment_octets: int | None = None
) -> tuple[dict[str, bytes | tuple[bytes, ...]], dict[str, str]]:
    """Return the PDU of each interface, and why those that are missing cannot be.

    ``ngap``, ``s1ap``, ``sbcap`` and ``cbsp`` are one PDU each; ``cbsp_notification`` is the other one that
    CBSP needs for ETWS with a text, and goes first. ``sib12`` and ``sib8`` are the messages on air, one a
    segment. A stop is not on air, and ETWS has blocks of its own.
    """
    pdus: dict[str, bytes | tuple[bytes, ...]] = {}
    without: dict[str, str] = {}
    for name, encode in _INTERFACES.items():
        try:
            pdus[name] = encode(request)
        except MessageError as error:
            without[name] = str(error)
    if "cbsp" in pdus:
        others = [pdu for pdu in cbsp.encode_all(request) if pdu != pdus["cbsp"]]
        if others:
            (pdus["cbsp_notification"],) = others
    if isinstance(request, Stop) or request.contents is None or request.dcs is None:
        return pdus, without
    for name, block in _BLOCKS.items():
        if is_etws(request.message_identifier):
            own = "SIB10 and SIB11" if name == "sib12" else "SIB6 and SIB7"
            without[name] = f"a message of ETWS is on air as {own}"
            continue
        try:
            pdus[name] = block.segments(
                request.contents,
                request.dcs,
                request.message_identifier,
                request.serial_number,
                segment_octets,
                area_coordinates=request.area_coordinates,
            )
        except MessageError as error:
            without[name] = str(error)
    return pdus, without
