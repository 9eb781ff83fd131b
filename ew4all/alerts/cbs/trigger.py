"""The geo-fencing trigger: tells devices to compare their place with alerts that they hold.

WEA Handset Action Message, identifier 4400, one page. The layout is that of Android's decoder,
which cites ATIS-0700041 5.1.6; the text of that standard is not public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts.cbs.bits import BitReader, BitWriter
from ew4all.alerts.cbs.pages import PAGE_OCTETS, Page
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_REFERENCES", "SHARE_AREAS", "GeofencingTrigger", "decode_trigger", "trigger_page"]

MAX_REFERENCES = 20
"""Alerts that one page can name: a header of 2 octets and 4 for each."""

SHARE_AREAS = 2
"""The trigger's type: the alerts that it names share the union of their areas."""

_HEADER_OCTETS = 2


@dataclass(frozen=True)
class GeofencingTrigger:
    """The alerts that a device shall check: message identifier and serial number of each."""

    kind: int
    messages: tuple[tuple[int, int], ...]


def trigger_page(messages: Sequence[tuple[int, int]], kind: int = SHARE_AREAS) -> Page:
    """Return the page of a trigger for alerts, each a message identifier and a serial number.

    Raises
    ------
    MessageError
        There are no alerts, more than 20, or a number has more than 16 bits.
    """
    if not 1 <= len(messages) <= MAX_REFERENCES:
        msg = f"a geo-fencing trigger names 1 to {MAX_REFERENCES} alerts, not {len(messages)}"
        raise MessageError(msg)
    if not 0 <= kind <= 0xF:
        msg = f"the type of a geo-fencing trigger is 0 to 15, not {kind}"
        raise MessageError(msg)
    out = BitWriter()
    octets = _HEADER_OCTETS + 4 * len(messages)
    out.put(kind, 4)
    out.put(octets, 7)
    out.put(0, 5)
    for identifier, serial in messages:
        if not (0 <= identifier <= 0xFFFF and 0 <= serial <= 0xFFFF):
            msg = f"identifier {identifier} and serial number {serial} must lie between 0 and 65535"
            raise MessageError(msg)
        out.put(identifier, 16)
        out.put(serial, 16)
    return Page(out.octets().ljust(PAGE_OCTETS, b"\0"), octets)


def decode_trigger(content: bytes) -> GeofencingTrigger:
    """Read the page of a trigger, with or without its filling.

    Raises
    ------
    DecodeError
        The page was cut, or its length cannot be that of a list of alerts.
    """
    bits = BitReader(content, "geo-fencing trigger")
    kind, octets, _ = bits.take(4), bits.take(7), bits.take(5)
    count, rest = divmod(octets - _HEADER_OCTETS, 4)
    if octets < _HEADER_OCTETS or rest or count > MAX_REFERENCES:
        msg = (
            f"geo-fencing trigger: a length of {octets} octets is not {_HEADER_OCTETS} and 4 for "
            f"each of at most {MAX_REFERENCES} alerts"
        )
        raise DecodeError(msg)
    return GeofencingTrigger(kind, tuple((bits.take(16), bits.take(16)) for _ in range(count)))
