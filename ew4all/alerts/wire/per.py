"""Packed encoding rules of ASN.1 (ITU-T X.691): the bits, in both variants.

Aligned as S1AP, NGAP and SBc-AP write it, unaligned as radio resource control does. Only what
write-replace, stop and their answers need; `ew4all.alerts.wire.per_kinds` builds types of it.
"""

from __future__ import annotations

from typing import NoReturn

from ew4all.errors import DecodeError, MessageError

__all__ = ["Reader", "Writer"]

_FRAGMENT = 16_384
"""Lengths from here on are cut into pieces of 1 to 4 times this (X.691 11.9.3.8)."""


class Writer:
    """Bits, most significant first.

    Parameters
    ----------
    aligned
        Whether the aligned variant is written: longer fields then begin at an octet.
    """

    def __init__(self, *, aligned: bool) -> None:
        self.aligned = aligned
        self._octets = bytearray()
        self._rest = 0  # bits that do not fill an octet yet
        self._count = 0

    def bits(self, value: int, count: int) -> None:
        """Append the lowest `count` bits of a number."""
        self._rest = self._rest << count | value
        self._count += count
        whole, self._count = divmod(self._count, 8)
        if whole:
            self._octets += (self._rest >> self._count).to_bytes(whole, "big")
            self._rest &= (1 << self._count) - 1

    def align(self) -> None:
        """Fill the octet with zeros in the aligned variant; do nothing in the other."""
        if self.aligned and self._count:
            self.bits(0, 8 - self._count)

    def octets(self, data: bytes) -> None:
        """Append octets where the bits are, on an octet or not."""
        if self._count == 0:
            self._octets += data
        elif data:
            self.bits(int.from_bytes(data, "big"), 8 * len(data))

    def whole_number(self, value: int, least: int, most: int) -> None:
        """Append a number between two bounds (X.691 11.5).

        Raises
        ------
        MessageError
            It is not between them.
        """
        if not least <= value <= most:
            msg = f"{value} does not fit into its field: {least} to {most}"
            raise MessageError(msg)
        span, offset = most - least, value - least
        if not self.aligned or span < 255:
            self.bits(offset, span.bit_length())
        elif span < 65_536:
            self.align()
            self.bits(offset, 8 if span == 255 else 16)
        else:
            size = max(1, _octets_of(offset))
            self.whole_number(size, 1, _octets_of(span))
            self.align()
            self.bits(offset, 8 * size)

    def counted(self, data: bytes) -> None:
        """Append octets behind a length without bounds, in fragments where needed."""
        at = 0
        while len(data) - at >= _FRAGMENT:
            pieces = min(4, (len(data) - at) // _FRAGMENT)
            self.align()
            self.bits(0b11 << 6 | pieces, 8)
            self.octets(data[at : at + pieces * _FRAGMENT])
            at += pieces * _FRAGMENT
        left = len(data) - at
        self.align()
        self.bits(left if left < 128 else 0b10 << 14 | left, 8 if left < 128 else 16)
        self.octets(data[at:])

    def complete(self) -> bytes:
        """Return the octets, the last one filled with zeros; never none (X.691 11.1.3)."""
        if not self._count:
            return bytes(self._octets) or b"\0"
        return bytes(self._octets) + (self._rest << 8 - self._count).to_bytes(1, "big")


class Reader:
    """The bits of some octets, most significant first.

    Parameters
    ----------
    data
        The octets.
    aligned
        Whether they are of the aligned variant.
    name
        What is read, for messages.
    start
        Where `data` begins in the whole message, in octets, for messages.
    """

    def __init__(self, data: bytes, *, aligned: bool, name: str, start: int = 0) -> None:
        self.aligned = aligned
        self.name = name
        self._data = data
        self._start = start
        self._at = 0  # in bits

    def fault(self, what: str) -> DecodeError:
        """Return an error that says where the reader stands."""
        octet, bit = divmod(self._at, 8)
        place = f"octet {self._start + octet}" + (f", bit {bit}" if bit else "")
        return DecodeError(f"{self.name}: {what} (at {place})")

    def fail(self, what: str) -> NoReturn:
        """Raise that error."""
        raise self.fault(what)

    def bits(self, count: int) -> int:
        """Read a number of `count` bits."""
        end = self._at + count
        if end > 8 * len(self._data):
            left = 8 * len(self._data) - self._at
            self.fail(f"{count} bits are due and {left} are left: the message is cut")
        first, last = self._at // 8, -(-end // 8)
        held = int.from_bytes(self._data[first:last], "big")
        self._at = end
        return held >> 8 * last - end & (1 << count) - 1

    def align(self) -> None:
        """Go to the next octet in the aligned variant; the bits passed over are zero."""
        if self.aligned and self._at % 8 and self.bits(8 - self._at % 8):
            self.fail("bits that fill an octet are not zero")

    def octets(self, count: int) -> bytes:
        """Read octets, on an octet or not."""
        left = len(self._data) - -(-self._at // 8)
        if count > left:
            self.fail(f"{count} octets are due and {left} are left: the message is cut")
        return self.bits(8 * count).to_bytes(count, "big")

    def whole_number(self, least: int, most: int) -> int:
        """Read a number between two bounds."""
        span = most - least
        if not self.aligned or span < 255:
            offset = self.bits(span.bit_length())
        elif span < 65_536:
            self.align()
            offset = self.bits(8 if span == 255 else 16)
        else:
            size = self.whole_number(1, _octets_of(span))
            self.align()
            offset = self.bits(8 * size)
            if size > max(1, _octets_of(offset)):
                self.fail(f"the number {least + offset} is written in too many octets")
        if offset > span:
            self.fail(f"{least + offset} is outside {least} to {most}")
        return least + offset

    def counted(self) -> tuple[bytes, int]:
        """Read octets behind a length without bounds; return them and where they begin."""
        parts: list[bytes] = []
        while True:
            self.align()
            begin = self._start + self._at // 8
            size, more = self._length()
            if not parts:
                start = begin + (2 if size >= 128 and not more else 1)
            parts.append(self.octets(size))
            if not more:
                return b"".join(parts), start

    def _length(self) -> tuple[int, bool]:
        first = self.bits(8)
        if first < 128:
            return first, False
        if first < 192:
            size = (first & 0x3F) << 8 | self.bits(8)
            if size < 128:
                self.fail(f"a length of {size} is written in two octets instead of one")
            return size, False
        pieces = first & 0x3F
        if not 1 <= pieces <= 4:
            self.fail(f"a length of {pieces} fragments is not possible")
        return pieces * _FRAGMENT, True

    def end(self) -> None:
        """Check that nothing but the zeros of the last octet is left.

        Raises
        ------
        DecodeError
            There is more.
        """
        left = 8 * len(self._data) - self._at
        if left > 7 and not (left == 8 and self._at == 0):
            self.fail(f"{left // 8} octets are left over")
        if self.bits(left):
            self.fail("bits that fill the last octet are not zero")


def _octets_of(number: int) -> int:
    return -(-number.bit_length() // 8)
