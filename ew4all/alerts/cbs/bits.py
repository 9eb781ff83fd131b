"""Bits, the highest first: what warning-area coordinates and the geo-fencing trigger are made of."""

from __future__ import annotations

from ew4all.errors import DecodeError

__all__ = ["BitReader", "BitWriter"]


class BitWriter:
    """Puts numbers of any width one behind the other."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._value = 0
        self._width = 0

    def put(self, value: int, width: int) -> None:
        """Append the lowest `width` bits of a number that fits into them."""
        if not 0 <= value < 1 << width:
            # The callers check ranges and name what is wrong; this only guards the layout.
            msg = f"{value} does not fit into {width} bits"
            raise OverflowError(msg)
        self._value = self._value << width | value
        self._width += width

    def octets(self) -> bytes:
        """Return the bits, zeros to the end of the last octet."""
        spare = -self._width % 8
        return (self._value << spare).to_bytes((self._width + spare) // 8, "big")


class BitReader:
    """Takes numbers of any width from octets."""

    def __init__(self, octets: bytes, where: str) -> None:
        """Begin at the first bit; `where` begins messages."""
        self._value = int.from_bytes(octets, "big")
        self._left = 8 * len(octets)
        self._where = where

    @property
    def left(self) -> int:
        """How many bits are still there."""
        return self._left

    def take(self, width: int) -> int:
        """Return the next `width` bits as a number.

        Raises
        ------
        DecodeError
            There are not so many.
        """
        if width > self._left:
            msg = f"{self._where}: {width} bits are needed and {self._left} are there; it was cut"
            raise DecodeError(msg)
        self._left -= width
        return self._value >> self._left & ((1 << width) - 1)
