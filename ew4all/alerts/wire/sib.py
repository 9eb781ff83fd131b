"""System information blocks that carry a warning on air: SIB12 of LTE, SIB8 of 5G.

A base station cuts the CB data into segments, each in a message of its own (BCCH-DL-SCH, unaligned
packed encoding rules; TS 36.331 and TS 38.331, 6.3.1). Segments carry a number from 0 on; the first
tells the coding of the text, the last that it is the last. Warning-area coordinates are cut along.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ew4all.alerts.wire.per_kinds import (
    Bits,
    Choice,
    Enumerated,
    Field,
    Kind,
    Listed,
    Octets,
    Record,
    Refused,
    Whole,
    decoded,
    encoded,
)
from ew4all.alerts.wire.request import WriteReplace
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MAX_SEGMENTS", "SIB8", "SIB12", "Reassembled", "WarningBlock"]

MAX_SEGMENTS = 64
"""Segment numbers run from 0 to 63 in both standards."""

_NOT_LAST, _LAST = "notLastSegment", "lastSegment"
_GROUP = "group"
_FREE = Octets(0, None)


@dataclass(frozen=True)
class Reassembled:
    """A warning put together from its segments; `contents` is CB data."""

    message_identifier: int
    serial_number: int
    dcs: int
    contents: bytes
    area_coordinates: bytes | None = None


@dataclass(frozen=True)
class WarningBlock:
    """The block of one radio technology.

    Parameters
    ----------
    name
        SIB12 or SIB8, for messages.
    kind
        The whole message around one block.
    octets, most_octets
        What a message may hold so that every base station can send it, and what the radio carries
        at most: 217 octets (DCI format 1C) and 277 (1A) in LTE, TS 36.331 5.2.1.1; 2976 bits in 5G,
        TS 38.331 5.2.1.
    area_in_group
        Whether coordinates came to the block later, in a group of their own (SIB12, release 15).
    """

    name: str
    kind: Kind
    octets: int
    most_octets: int
    area_in_group: bool

    def segments(
        self,
        contents: bytes,
        dcs: int,
        message_identifier: int,
        serial_number: int,
        octets: int | None = None,
        *,
        area_coordinates: bytes | None = None,
    ) -> tuple[bytes, ...]:
        """Return the messages that carry a warning, one for each segment.

        Parameters
        ----------
        contents
            CB data (TS 23.041 9.4.2.2.5).
        dcs, message_identifier, serial_number
            As in `ew4all.alerts.wire.request.WriteReplace`.
        octets
            Most octets of text in a segment. A message never outgrows what the radio carries, so
            that fewer may be in it. Without it, as many as any base station can send.
        area_coordinates
            Warning-area coordinates, cut into as many parts.

        Raises
        ------
        MessageError
            A value is out of range, or 64 segments are too few.
        """
        whole = WriteReplace(  # which checks them
            message_identifier,
            serial_number,
            0,
            1,
            dcs,
            contents,
            area_coordinates=area_coordinates,
        )
        if octets is not None and octets < 1:
            msg = f"{self.name}: a segment of {octets} octets holds no text; 1 at least is needed"
            raise MessageError(msg)
        limit = self.octets if octets is None else self.most_octets
        room = limit
        while len(self._message(whole, 0, 1, bytes(room), None)) > limit:
            room -= 1
        chunk = room if octets is None else min(octets, room)
        if area_coordinates is None:
            return self._cut(whole, _pieces(contents, chunk), [])
        fewest = max(-(-len(contents) // chunk), -(-len(area_coordinates) // chunk))
        for count in range(fewest, MAX_SEGMENTS + 1):
            texts, areas = _shares(contents, count), _shares(area_coordinates, count)
            messages = self._cut(whole, texts, areas)
            if max(map(len, messages)) <= limit:
                return messages
        raise self._too_many()

    def join(self, messages: Iterable[bytes]) -> Reassembled:
        """Return the warning of which these are all the segments, in any order.

        A segment may come more than once, as it does on air.

        Raises
        ------
        DecodeError
            A message cannot be read, segments are missing, or they are of different warnings.
        """
        blocks: dict[int, dict[str, Any]] = {}
        for k, message in enumerate(messages, 1):
            block = self._block(message, f"{self.name} message {k}")
            number = block["segment_number"]
            if blocks.setdefault(number, block) != block:
                msg = f"{self.name}: two different segments bear the number {number}"
                raise DecodeError(msg)
        if not blocks:
            msg = f"{self.name}: no segments to put together"
            raise DecodeError(msg)
        self._check_whole(blocks)
        ordered = [blocks[number] for number in sorted(blocks)]
        first = ordered[0]
        areas = [block["area_coordinates"] for block in ordered if "area_coordinates" in block]
        joined = Reassembled(
            first["message_identifier"],
            first["serial_number"],
            first["dcs"][0],
            b"".join(block["segment"] for block in ordered),
            b"".join(areas) or None,
        )
        try:
            WriteReplace(
                joined.message_identifier,
                joined.serial_number,
                0,
                1,
                joined.dcs,
                joined.contents,
                area_coordinates=joined.area_coordinates,
            )
        except MessageError as error:
            msg = f"{self.name}: {error}"
            raise DecodeError(msg) from error
        return joined

    def _check_whole(self, blocks: dict[int, dict[str, Any]]) -> None:
        warnings = {
            (block["message_identifier"], block["serial_number"]) for block in blocks.values()
        }
        if len(warnings) > 1:
            named = ", ".join(
                f"{one} with serial number {serial:#06x}" for one, serial in sorted(warnings)
            )
            msg = f"{self.name}: segments of {len(warnings)} warnings are mixed: {named}"
            raise DecodeError(msg)
        ends = [number for number, block in blocks.items() if block["segment_type"] == _LAST]
        if ends != [max(blocks)]:
            what = "the last segment is missing" if not ends else "segments follow behind the last"
            msg = f"{self.name}: {what}; there are {sorted(blocks)}"
            raise DecodeError(msg)
        missing = sorted(set(range(ends[0])) - set(blocks))
        if missing:
            msg = (
                f"{self.name}: of the segments 0 to {ends[0]}, {missing} are missing; a device "
                f"shows nothing until it has them all"
            )
            raise DecodeError(msg)
        coded = [number for number in sorted(blocks) if "dcs" in blocks[number]]
        if coded != [0]:
            msg = (
                f"{self.name}: the data coding scheme stands in the segments {coded}; it belongs "
                f"into segment 0 alone"
            )
            raise DecodeError(msg)
        areas = [number for number in sorted(blocks) if "area_coordinates" in blocks[number]]
        if areas != list(range(len(areas))):
            msg = f"{self.name}: segments {areas} hold coordinates, and some before them do not"
            raise DecodeError(msg)

    def _block(self, message: bytes, name: str) -> dict[str, Any]:
        blocks = decoded(self.kind, message, aligned=False, name=name)
        for _ in range(_DEPTH):
            blocks = blocks[1]
        blocks = blocks["blocks"]
        if len(blocks) > 1:
            msg = f"{name}: {len(blocks)} blocks in one message; one warning segment is read from each"
            raise DecodeError(msg)
        block: dict[str, Any] = blocks[0][1]
        block |= block.pop(_GROUP, {})
        return block

    def _cut(
        self, whole: WriteReplace, texts: Sequence[bytes], areas: Sequence[bytes]
    ) -> tuple[bytes, ...]:
        if len(texts) > MAX_SEGMENTS:
            raise self._too_many()
        return tuple(
            self._message(whole, k, len(texts), text, areas[k] if k < len(areas) else None)
            for k, text in enumerate(texts)
        )

    def _too_many(self) -> MessageError:
        return MessageError(
            f"{self.name}: the warning needs more than {MAX_SEGMENTS} segments; allow more octets in "
            f"each, or shorten the text or the area"
        )

    def _message(
        self, whole: WriteReplace, number: int, count: int, text: bytes, area: bytes | None
    ) -> bytes:
        block: dict[str, Any] = {
            "message_identifier": whole.message_identifier,
            "serial_number": whole.serial_number,
            "segment_type": _LAST if number == count - 1 else _NOT_LAST,
            "segment_number": number,
            "segment": text,
        }
        if number == 0 and whole.dcs is not None:
            block["dcs"] = bytes([whole.dcs])
        if area:
            part = {"area_coordinates": area}
            block |= {_GROUP: part} if self.area_in_group else part
        value: Any = {"blocks": [(self.name, block)]}
        for name in _WRAPPERS:
            value = (name, value)
        return encoded(self.kind, value, aligned=False)


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _shares(data: bytes, count: int) -> list[bytes]:
    """Cut octets into parts of nearly one size; the longer ones come first, so no gap is left."""
    size, longer = divmod(len(data), count)
    ends = [size * k + min(k, longer) for k in range(count + 1)]
    return [data[a:b] for a, b in pairwise(ends)]


_WRAPPERS = ("SystemInformation-IEs", "systemInformation", "c1")  # from the inside
_DEPTH = len(_WRAPPERS)
_BLOCK = (
    Field("message_identifier", Bits(16)),
    Field("serial_number", Bits(16)),
    Field("segment_type", Enumerated((_NOT_LAST, _LAST))),
    Field("segment_number", Whole(0, MAX_SEGMENTS - 1)),
    Field("segment", _FREE),
    Field("dcs", Octets(1, 1), optional=True),
)
_AREA = Field("area_coordinates", _FREE, optional=True)
_LATE = Field("late", _FREE, optional=True)


def _around(blocks: Choice, *extensions: Field) -> Kind:
    """Return the message around blocks: BCCH-DL-SCH, system information, a list of blocks."""
    kind: Kind = Record((Field("blocks", Listed(blocks, 1, 32)), *extensions))
    others = (
        "positioning information or that of a later version",
        "SIB1, which carries no warning",
        "a message of a later version",
    )
    for name, other in zip(_WRAPPERS, others, strict=True):
        kind = Choice((Field(name, kind), Field("other", Refused(f"this is {other}"))))
    return kind


_SIB12 = Record(
    (*_BLOCK, _LATE),
    extensible=True,
    additions=(Field(_GROUP, Record((_AREA,))),),
)
_OTHER = Refused("a block that carries no warning text stands in front; one block is read only")
_LTE_BLOCKS = Choice(
    tuple(Field(f"SIB{number}", _OTHER) for number in range(2, 12)),
    extensible=True,
    additions=(Field("SIB12", _SIB12),),
)
_NR_BLOCKS = Choice(
    tuple(
        Field(
            f"SIB{number}",
            Record((*_BLOCK, _AREA, _LATE), extensible=True) if number == 8 else _OTHER,
        )
        for number in range(2, 10)
    ),
    extensible=True,
)
_NON_CRITICAL = Field("later", Refused("an extension of a later version"), optional=True)

SIB12 = WarningBlock(
    "SIB12",
    _around(_LTE_BLOCKS, _NON_CRITICAL),
    octets=217,
    most_octets=277,
    area_in_group=True,
)
"""The block of LTE (messages 4370 and up; ETWS has blocks of its own)."""

SIB8 = WarningBlock(
    "SIB8",
    _around(_NR_BLOCKS, _LATE, Field("more", Record(()), optional=True)),
    octets=372,
    most_octets=372,
    area_in_group=False,
)
"""The block of 5G."""
